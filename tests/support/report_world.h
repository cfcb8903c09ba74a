/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A small ledger in memory for reports: real plan tables, made-up records that go through the real
 * contributions, sums over a window as the store would give them. Only for tests.
 */
#ifndef TS_TESTS_SUPPORT_REPORT_WORLD_H
#define TS_TESTS_SUPPORT_REPORT_WORLD_H

#include "core/report.h"

typedef struct report_world report_world_t;

report_world_t *report_world_new(const char *plan);
void report_world_destroy(report_world_t **self_p);
ts_catalog_t *report_world_catalog(report_world_t *self);
ts_record_id_t report_world_plan(const report_world_t *self);

int32_t report_world_day(const char *iso);
/* By code, of the plan; a unit in force on 1/1/2020. */
ts_record_id_t report_world_unit(const report_world_t *self, const char *code);
ts_record_id_t report_world_line(const report_world_t *self, const char *code);
ts_record_id_t report_world_band(const report_world_t *self, const char *code);

/* What contributions ask for. */
ts_record_id_t report_world_child(report_world_t *self, int year, int month, int sex);
ts_record_id_t report_world_donor(report_world_t *self, int donor_class);
ts_record_id_t report_world_fund(report_world_t *self, const char *code, const char *name);
/* A record of that kind on that day; its id. An allocation is remembered with its fund. */
ts_record_id_t
report_world_put(report_world_t *self, uint32_t kind, const char *day, const void *record);

/* A year of made-up work in two communes of the Hà Nội plan; test_report.c says what comes of it.
 */
void report_world_fill(report_world_t *self);
/* A handover that comes after the report of 2019 was filed: one more coat on 2019-10-20. */
void report_world_late_entry(report_world_t *self);

/* Input for one period over the whole world: rows live until the next call. Change what you like
 * before computing. */
ts_report_input_t report_world_input(report_world_t *self, const char *period);
/* The same limited to some units of a larger ledger. */
ts_report_input_t report_world_input_units(report_world_t *self,
                                           const char *period,
                                           const ts_record_id_t *units,
                                           size_t count);

#endif
