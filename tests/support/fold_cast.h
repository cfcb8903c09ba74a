/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A province in small for tests of the fold: one district, three communes, a union; an office of
 * each; a plan with lines, bands and periods; a fund. Only for tests.
 *
 *   offices: 1 province, 2 district, 3 4 5 communes, 6 union          logs of an office: see the
 * fields bands: 0–35, 36–71, 72–131, 132–191 months                        lines: measured in "set"
 * (people write "bộ") periods: half 2018-12-15 … 2019-06-14, year 2018-12-15 … 2019-12-14, next
 * 2019-12-15 … 2020-12-14
 */
#ifndef TS_TESTS_SUPPORT_FOLD_CAST_H
#define TS_TESTS_SUPPORT_FOLD_CAST_H

#include "support/fold_world.h"

enum { CAST_COMMUNES = 3, CAST_LINES = 4, CAST_BANDS = 4, CAST_PERIODS = 3, CAST_OFFICES = 7 };

typedef struct fold_cast {
    fold_world_t *world;
    size_t registry;
    size_t down;                  /* of the province */
    size_t secret;                /* its private log */
    size_t records[CAST_OFFICES]; /* by office number */
    size_t acts[CAST_OFFICES];
    ts_record_id_t province;
    ts_record_id_t district;
    ts_record_id_t commune[CAST_COMMUNES];
    ts_record_id_t body[CAST_OFFICES]; /* by office number */
    ts_record_id_t office[CAST_OFFICES];
    uint64_t office_event[CAST_OFFICES];
    ts_record_id_t plan;
    ts_record_id_t line[CAST_LINES];
    ts_record_id_t band[CAST_BANDS];
    ts_record_id_t period[CAST_PERIODS];
    ts_record_id_t fund; /* held by the province's body */
} fold_cast_t;

/* Writes the registry, the plan and the fund. */
fold_cast_t fold_cast_make(fold_world_t *world);

/* Short forms; each returns the record's id and, through ret_event (may be NULL), the event's
 * prefix. */
ts_event_header_t fold_cast_header(const fold_cast_t *cast, ts_record_id_t record, const char *day);
ts_record_id_t fold_cast_child(
    fold_cast_t *cast, uint32_t office, size_t commune, int year, int month, uint64_t *ret_event);
ts_record_id_t fold_cast_need(fold_cast_t *cast,
                              size_t commune,
                              size_t line,
                              ts_record_id_t child,
                              int64_t quantity,
                              uint64_t *ret_event);
/* One set of 100 000 đồng to one child, out of nothing. */
ts_record_id_t fold_cast_handover(fold_cast_t *cast,
                                  size_t commune,
                                  size_t line,
                                  ts_record_id_t child,
                                  const char *day,
                                  uint64_t *ret_event);
/* Writes the office's record anew with these changes. */
uint64_t
fold_cast_office(fold_cast_t *cast, uint32_t number, ts_record_id_t unit, uint64_t revises);

/* 2019 unless the test says otherwise. */
#define CAST_DAY "2019-05-10"

#endif
