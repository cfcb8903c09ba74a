/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside of core/report: what the files that compute a report share.
 * - report.c: figures, text form, comparing
 * - report_compute.c: children, needs, support
 * - report_money.c: resources, funds, budget
 * - report_parts.c: head, names, duties, findings
 * - report_target.c: targets against results
 * - report_code.c: codes of records
 */
#ifndef TS_CORE_REPORT_P_H
#define TS_CORE_REPORT_P_H

#include "base/map.h"
#include "core/report.h"

#define TS_REPORT_CODE_BYTES 96

/* A sum in the making. No padding: a map key. */
typedef struct ts_sum_key {
    uint64_t unit;    /* 0: over the whole scope */
    uint64_t line;    /* 0: over all lines */
    uint64_t band;    /* TS_SUM_ANY: over all bands; 0: age not known */
    uint64_t of;      /* fund or donor class + 1; TS_SUM_ANY: no fund named; 0: whoever paid */
    uint32_t measure; /* ts_measure_t */
    uint32_t sex;     /* TS_SUM_ANY_SEX: over all */
} ts_sum_key_t;

#define TS_SUM_ANY UINT64_MAX
#define TS_SUM_ALL_FUNDS (UINT64_MAX - 1)
#define TS_SUM_ANY_SEX UINT32_MAX

typedef struct ts_sum {
    int64_t value;
    uint64_t source; /* unit whose cells were added */
    bool mixed;      /* of several units: a distinct number is an upper bound */
} ts_sum_t;

typedef struct ts_computing {
    const ts_report_input_t *in;
    const ts_catalog_t *catalog;
    const ts_plan_t *plan;
    const ts_period_t *period;
    ts_report_t *report;
    ts_map_t *window; /* ts_sum_key_t → ts_sum_t */
    ts_map_t *to_date;
    ts_map_t *distinct;
    ts_map_t *living;
    ts_map_t *units;   /* units that are named: id → nothing */
    ts_map_t *codes;   /* kind and record → code that stands for it here … */
    ts_map_t *by_code; /* … and back, so that no two records share one */
} ts_computing_t;

/* ---- report_compute.c */
void ts_sum_add(ts_map_t *map, const ts_sum_key_t *key, int64_t value, uint64_t source);
/* NULL when nothing was added under this key. */
const ts_sum_t *ts_sum_get(const ts_map_t *map, const ts_sum_key_t *key);
/* The unit under which figures of `unit` are shown: on the boundary day. */
ts_record_id_t ts_report_unit_shown(const ts_computing_t *self, ts_record_id_t unit);

/* Short ways to add one figure. Parts NULL = "". */
typedef struct ts_at {
    const char *section;
    const char *measure;
    const char *unit;
    const char *line;
    const char *band;
    const char *sex;
    const char *of;
} ts_at_t;
void ts_put_number(ts_computing_t *self, ts_at_t at, int64_t value);
void ts_put_text(ts_computing_t *self, ts_at_t at, const char *text);
void ts_put_state(ts_computing_t *self, ts_at_t at, ts_figure_state_t state);
/* A number, or the upper bound when it was added over units and is a distinct one. */
void ts_put_sum(ts_computing_t *self, ts_at_t at, const ts_sum_t *sum, bool distinct);

/* ---- report_code.c */
void ts_codes_open(ts_computing_t *self);
void ts_codes_close(ts_computing_t *self);
/* The code under which a record stands in this report: `wanted`, or the record's short code behind
 * it when another record of the kind has taken that. `out` holds TS_REPORT_CODE_BYTES and is
 * returned. */
const char *
ts_code_of(ts_computing_t *self, uint32_t kind, ts_record_id_t id, const char *wanted, char *out);
/* A unit: "09709", of a later version "123@2025-02-01". Not in the catalog: the short code. */
const char *ts_code_unit(ts_computing_t *self, ts_record_id_t unit, char *out);
const char *ts_code_line(ts_computing_t *self, ts_record_id_t line, char *out);
/* 0: "unknown". */
const char *ts_code_band(ts_computing_t *self, ts_record_id_t band, char *out);
const char *ts_code_fund(ts_computing_t *self, ts_record_id_t fund, char *out);
const char *ts_code_body(ts_computing_t *self, const ts_body_t *body, char *out);
const char *ts_code_sex(uint32_t sex);

void ts_report_children(ts_computing_t *self);

/* ---- report_money.c */
/* Of DonorClass: "enterprise"; "unknown" for none. */
const char *ts_donor_class_name(uint64_t donor_class);
void ts_report_money(ts_computing_t *self);
void ts_report_signed_budget(ts_computing_t *self);

/* ---- report_target.c */
void ts_report_targets(ts_computing_t *self);

/* ---- report_parts.c */
void ts_report_head_figures(ts_computing_t *self);
void ts_report_names(ts_computing_t *self);
void ts_report_duties(ts_computing_t *self);
void ts_report_corrections(ts_computing_t *self);
void ts_report_finding_figures(ts_computing_t *self);

#endif
