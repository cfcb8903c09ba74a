/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the registry and the plans say, in memory: units, bodies, offices, cut-offs, plans with
 * their parts, and who holds which fund. What it is for: verdicts (core/permit), contributions
 * (core/contribute), duties (core/calendar), names for people. Filled from the standing events of
 * registry and plan records by the fold, rebuilt at start from the ledger. A few thousand rows.
 * Pure. Not for: beneficiaries, needs, money; those stay in the store.
 */
#ifndef TS_CORE_CATALOG_H
#define TS_CORE_CATALOG_H

#include "base/err.h"
#include "base/id.h"
#include "base/time.h"
#include "core/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ts_catalog ts_catalog_t;

/* Serial of the newest registrar that the registry names; 1 when the first is the only one. */
uint32_t ts_catalog_registrar(const ts_catalog_t *self);
/* The tips behind which a later registrar cuts off what the one of this serial wrote, row by row;
 * *position begins with 0. False at the end. */
bool ts_catalog_registrar_cut(const ts_catalog_t *self,
                              uint32_t serial,
                              size_t *position,
                              const ts_tip_t **ret_tips,
                              size_t *ret_count);

/* Owned text inside the catalog lives until the record is put again or removed. Dates: days since
 * 1970, 0 = open. */
typedef struct ts_unit {
    ts_record_id_t id;
    const char *code;
    const char *name;
    const char *type_name;
    const char *aliases;
    int level; /* UnitLevel */
    ts_record_id_t parent;
    ts_record_id_t successor;
    int32_t from;
    int32_t to;
} ts_unit_t;

typedef struct ts_body {
    ts_record_id_t id;
    const char *code;
    const char *name;
    const char *aliases;
    int level;
    int type;
    ts_record_id_t unit;
    ts_record_id_t parent;
    ts_record_id_t successor;
    int32_t from;
    int32_t to;
} ts_body_t;

typedef struct ts_office {
    ts_record_id_t id;
    uint32_t number;
    const char *name;
    int role; /* OfficeRole */
    ts_record_id_t unit;
    ts_record_id_t body;
    uint32_t parent_number;
    uint32_t predecessor_number; /* installation that this one replaces; 0 = none */
    ts_hash_t invite_key;
    ts_hash_t invite_curve_key;
    ts_hash_t gate_curve_key;
    ts_hash_t node_key; /* zero until it has joined */
    ts_hash_t node_curve_key;
    const char *endpoints;
    const char *topics;
    bool keeper; /* keeps copies of the province's own logs that it cannot read */
    int32_t from;
    int32_t to;
    bool cut_off;
    ts_tip_t *cut_tips;   /* last positions that count; a log not named is cut at its beginning */
    size_t cut_tip_count; /* of several cut-offs the strictest counts, log by log */
} ts_office_t;

typedef struct ts_plan {
    ts_record_id_t id;
    const char *code;
    const char *title;
    ts_record_id_t unit;
    ts_record_id_t lead_body;
    uint32_t from_year; /* both included; 0 = not in the plan */
    uint32_t to_year;
} ts_plan_t;

typedef struct ts_line {
    ts_record_id_t id;
    ts_record_id_t plan;
    const char *code;
    const char *name;
    const char *unit_of_measure; /* key: "set" */
    const char *unit_name;       /* what people write: "bộ" */
    int common;
    int target_kind;
    uint32_t order_no;
} ts_line_t;

typedef struct ts_band {
    ts_record_id_t id;
    ts_record_id_t plan;
    const char *code;
    const char *name;
    const char *purpose;
    uint32_t from_month;
    uint32_t to_month;
} ts_band_t;

typedef struct ts_duty {
    ts_record_id_t id;
    ts_record_id_t plan;
    const char *code;
    ts_record_id_t from_body;
    ts_record_id_t to_body;
    int relation;
    int period_kind;
    uint32_t due_month;
    uint32_t due_day;
} ts_duty_t;

typedef struct ts_period {
    ts_record_id_t id;
    ts_record_id_t plan;
    const char *code;
    int kind;
    uint32_t year;
    int32_t data_from; /* as in the plan, 0 = not in the plan */
    int32_t cutoff;
    int32_t due;
    int32_t grace;
    int32_t lock;
    int32_t used_from; /* what is used: the plan's, else the proposed one; both 0 when neither is
                          known */
    int32_t used_to;   /* inclusive */
    bool proposed;     /* used_from/used_to are proposed, not in the plan */
} ts_period_t;

typedef struct ts_target {
    ts_record_id_t id;
    ts_record_id_t plan;
    const char *code;
    const char *text;
    const char *measure;
    const char *lines;
    const char *bands;
    uint32_t percent;
} ts_target_t;

ts_catalog_t *ts_catalog_new(void);
void ts_catalog_destroy(ts_catalog_t **self_p);

/* Takes over a standing registry, plan or fund record (Kind UNIT … ACTIVITY, FUND); `record` is the
 * generated struct of that kind, `plan` the header's plan. Replaces what was there under this id.
 * Kinds that the catalog does not hold are ignored. Several offices under one number: the one with
 * the smallest record id counts, the others are findings. */
void ts_catalog_put(
    ts_catalog_t *self, uint32_t kind, ts_record_id_t id, ts_record_id_t plan, const void *record);
void ts_catalog_remove(ts_catalog_t *self, uint32_t kind, ts_record_id_t id);
/* True when the catalog holds records of this kind (so the fold knows that a change may touch
 * verdicts). */
bool ts_catalog_holds(uint32_t kind);

const ts_unit_t *ts_catalog_unit(const ts_catalog_t *self, ts_record_id_t id);
const ts_body_t *ts_catalog_body(const ts_catalog_t *self, ts_record_id_t id);
const ts_office_t *ts_catalog_office(const ts_catalog_t *self, uint32_t number);
const ts_plan_t *ts_catalog_plan(const ts_catalog_t *self, ts_record_id_t id);
const ts_line_t *ts_catalog_line(const ts_catalog_t *self, ts_record_id_t id);
const ts_band_t *ts_catalog_band(const ts_catalog_t *self, ts_record_id_t id);
const ts_duty_t *ts_catalog_duty(const ts_catalog_t *self, ts_record_id_t id);
const ts_period_t *ts_catalog_period(const ts_catalog_t *self, ts_record_id_t id);
/* Does this unit of measure count what the line counts? By its key or by the word people write. */
bool ts_line_measured_in(const ts_line_t *line, const char *unit_of_measure);
/* Holder body of a fund; 0 when unknown. */
ts_record_id_t ts_catalog_fund_holder(const ts_catalog_t *self, ts_record_id_t fund);
/* True when an event prefix was let in by a Release. */
bool ts_catalog_released(const ts_catalog_t *self, uint64_t event);
/* Is the unit in the plan's scope? A plan without any scope row has no list: *ret_listed = false.
 */
bool ts_catalog_in_scope(const ts_catalog_t *self,
                         ts_record_id_t plan,
                         ts_record_id_t unit,
                         bool *ret_listed);

/* By code: the unit version in force on `day` (0 = newest); plan and body by code; line, band,
 * period, duty by code within a plan. NULL when none. */
const ts_unit_t *ts_catalog_unit_coded(const ts_catalog_t *self, const char *code, int32_t day);
const ts_body_t *ts_catalog_body_coded(const ts_catalog_t *self, const char *code);
const ts_plan_t *ts_catalog_plan_coded(const ts_catalog_t *self, const char *code);
const ts_line_t *
ts_catalog_line_coded(const ts_catalog_t *self, ts_record_id_t plan, const char *code);
const ts_band_t *
ts_catalog_band_coded(const ts_catalog_t *self, ts_record_id_t plan, const char *code);
const ts_period_t *
ts_catalog_period_coded(const ts_catalog_t *self, ts_record_id_t plan, const char *code);

/* Is `unit` the same as `above` or below it? Follows parents; a unit that has ended also counts
 * where its successor lies. Bounded depth. */
bool ts_catalog_below(const ts_catalog_t *self, ts_record_id_t unit, ts_record_id_t above);
/* The plan's "report" band for an age in months; 0 when none. */
ts_record_id_t
ts_catalog_band_for_age(const ts_catalog_t *self, ts_record_id_t plan, int age_months);
/* A day that stands for all days lying in the same periods of the plan: the last border at or
 * before `day`; INT32_MIN before the first. */
int32_t ts_catalog_period_class(const ts_catalog_t *self, ts_record_id_t plan, int32_t day);
/* Periods of the plan whose used window contains the day: at most `max` into `out`; returns how
 * many. */
size_t ts_catalog_periods_on(const ts_catalog_t *self,
                             ts_record_id_t plan,
                             int32_t day,
                             const ts_period_t **out,
                             size_t max);

/* Walks all rows of a kind in a stable order (by record id): start with *position = 0; NULL at the
 * end. Cast to the row type of the kind. */
const void *ts_catalog_next(const ts_catalog_t *self, uint32_t kind, size_t *position);

#endif
