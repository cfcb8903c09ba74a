/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside of the catalog: its rows that no one else sees, the table of row kinds, what is derived.
 * For catalog*.c only: catalog.c has rows in and out and what is derived from them, catalog_rows.c
 * how a record of each kind becomes a row, catalog_ask.c the questions.
 */
#ifndef TS_CORE_CATALOG_P_H
#define TS_CORE_CATALOG_P_H

#include "base/map.h"
#include "core/catalog.h"

#define TS_CATALOG_KINDS 13
#define TS_CATALOG_TEXTS_MAX 6

typedef struct ts_fund_row {
    ts_record_id_t id;
    ts_record_id_t holder;
} ts_fund_row_t;

typedef struct ts_scope_row {
    ts_record_id_t id;
    ts_record_id_t plan;
    ts_record_id_t unit;
} ts_scope_row_t;

typedef struct ts_cutoff_row {
    ts_record_id_t id;
    ts_record_id_t office;
    uint32_t serial; /* of the registrar that cuts earlier ones off; 0 = an office is cut off */
    ts_tip_t *tips;  /* owned */
    size_t tip_count;
} ts_cutoff_row_t;

typedef struct ts_release_row {
    ts_record_id_t id;
    uint64_t *events; /* owned */
    size_t event_count;
} ts_release_row_t;

typedef void (*ts_fill_fn)(void *row, ts_record_id_t plan, const void *record);

/* One kind of row: an array sorted by record id. Every row type begins with its id. */
typedef struct ts_row_kind {
    uint32_t kind;
    size_t row_bytes;
    ts_fill_fn fill;
    size_t texts[TS_CATALOG_TEXTS_MAX]; /* offsets of owned strings; 0 ends (offset 0 is the id) */
    size_t owned;                       /* offset of an owned array, 0 = none */
} ts_row_kind_t;

typedef struct ts_row_table {
    uint8_t *rows;
    size_t count;
    size_t capacity; /* bytes */
} ts_row_table_t;

/* What verdicts and figures ask of one plan again and again. Pointers go into the tables; made anew
 * with every change of bands or periods. */
typedef struct ts_plan_parts {
    ts_record_id_t plan;
    const ts_period_t **periods; /* with a used window, in order of id */
    size_t period_count;
    const ts_band_t **bands; /* of the purpose "report", in order of id */
    size_t band_count;
    int32_t *borders; /* first days of windows and days after their ends, ascending */
    size_t border_count;
} ts_plan_parts_t;

struct ts_catalog {
    ts_row_table_t tables[TS_CATALOG_KINDS];
    ts_map_t *office_by_number; /* uint32_t → record id of the office that counts */
    ts_map_t *released;         /* event prefix → nothing */
    ts_plan_parts_t *parts;
    size_t part_count;
};

extern const ts_row_kind_t ts_catalog_kinds[TS_CATALOG_KINDS];

/* Index into the tables; TS_CATALOG_KINDS when the catalog does not hold the kind. */
size_t ts_catalog_kind_index(uint32_t kind);
/* NULL when absent. */
void *ts_catalog_row(const ts_catalog_t *self, uint32_t kind, ts_record_id_t id);
/* NULL when the plan has neither bands nor periods. */
const ts_plan_parts_t *ts_catalog_parts(const ts_catalog_t *self, ts_record_id_t plan);
/* After a change of bands or periods; ts_catalog_parts_free also ends them. */
void ts_catalog_parts_make(ts_catalog_t *self);
void ts_catalog_parts_free(ts_catalog_t *self);

#endif
