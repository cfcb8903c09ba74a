/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside of core/report_tables: how a row of a table is made of figures.
 * - report_tables.c: which tables there are, sheets, tags
 * - report_rows.c: tables of children
 * - report_lists.c: the other tables
 * - report_words.c: words for codes
 */
#ifndef TS_CORE_REPORT_LAYOUT_H
#define TS_CORE_REPORT_LAYOUT_H

#include "core/report_tables.h"

/* A column; titles are msgids. tag: HXL, "" = none. */
typedef struct ts_layout_column {
    const char *name;
    const char *title;
    const char *format;
    const char *tag;
} ts_layout_column_t;

/* Codes of one kind of name, in the order in which they are shown. Borrowed from the report. */
typedef struct ts_codes {
    const char **codes;
    size_t count;
} ts_codes_t;

typedef struct ts_layout {
    const ts_report_t *report;
    const char *check_code;
    ts_codes_t lines;
    ts_codes_t bands; /* "unknown" last, when it is used */
    ts_codes_t units;
} ts_layout_t;

/* A figure by its parts, NULL = "". */
typedef struct ts_pick {
    const char *section;
    const char *measure;
    const char *unit;
    const char *line;
    const char *band;
    const char *sex;
    const char *of;
} ts_pick_t;
const ts_figure_t *ts_pick(const ts_layout_t *self, ts_pick_t at);
/* Text of a figure; "" when there is none. */
const char *ts_pick_text(const ts_layout_t *self, ts_pick_t at);
/* Number of a figure; 0 when there is none. */
int64_t ts_pick_number(const ts_layout_t *self, ts_pick_t at);
/* The name that the report gives to a code ("line", "unit" …); the code itself when it gives none.
 */
const char *ts_pick_name(const ts_layout_t *self, const char *what, const char *code);

/* Adds a cell: number, sentence for missing, nil and not applicable, nothing when there is no
 * figure. */
void ts_cell_figure(ts_table_t *table, const ts_figure_t *figure);
void ts_cell_say(ts_table_t *table, const char *id);
void ts_cell_text(ts_table_t *table, const char *text);
/* ISO day or moment of a text figure as a number of days or seconds; "" = nothing. */
void ts_cell_day(ts_table_t *table, const char *iso);
void ts_cell_moment(ts_table_t *table, const char *iso);

/* Codes named `what` in the report; order: measure of their number, NULL = as they stand. */
ts_codes_t ts_codes_named(const ts_report_t *report, const char *what, const char *order);
void ts_codes_free(ts_codes_t *codes);

/* ---- report_words.c: msgids for codes; never NULL */
const char *ts_word_timeliness(const char *name);
const char *ts_word_donor_class(const char *name);
const char *ts_word_relation(const char *name);
const char *ts_word_sex(const char *sex);
const char *ts_word_section(const char *section);
/* Of "needs.quantity". */
const char *ts_word_measure(const char *measure);
const char *ts_word_reason(const char *reason);
const char *ts_word_finding(const char *measure);

/* ---- tables: each fills the rows of one, whose columns are there */
typedef void (*ts_layout_fn)(const ts_layout_t *self, ts_table_t *table);
/* report_rows.c */
void ts_rows_living(const ts_layout_t *self, ts_table_t *table);
void ts_rows_needs(const ts_layout_t *self, ts_table_t *table);
void ts_rows_support(const ts_layout_t *self, ts_table_t *table);
void ts_rows_units(const ts_layout_t *self, ts_table_t *table);
void ts_rows_chart(const ts_layout_t *self, ts_table_t *table);
/* report_lists.c */
void ts_rows_cover(const ts_layout_t *self, ts_table_t *table);
void ts_rows_completeness(const ts_layout_t *self, ts_table_t *table);
void ts_rows_duties(const ts_layout_t *self, ts_table_t *table);
void ts_rows_resources(const ts_layout_t *self, ts_table_t *table);
void ts_rows_funds(const ts_layout_t *self, ts_table_t *table);
void ts_rows_budget(const ts_layout_t *self, ts_table_t *table);
void ts_rows_targets(const ts_layout_t *self, ts_table_t *table);
void ts_rows_corrections(const ts_layout_t *self, ts_table_t *table);
void ts_rows_findings(const ts_layout_t *self, ts_table_t *table);

#endif
