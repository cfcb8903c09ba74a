/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A report's tables (core/report_tables.h) as files that people open: CSV, one file per section,
 * and one XLSX workbook with a cover in the spirit of Decree 30/2020. The same tables in the same
 * language give the same bytes. Text, sheet names and words in the language of the program
 * (Vietnamese by default).
 */
#ifndef TS_SERVICES_REPORTER_RENDER_H
#define TS_SERVICES_REPORTER_RENDER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/msg.h"
#include "core/control.h"

#include <stdbool.h>

typedef struct ts_render_file {
    char *name; /* without folder */
    ts_buf_t data;
} ts_render_file_t;

typedef struct ts_render_files {
    ts_render_file_t *rows;
    size_t count;
    size_t capacity;
} ts_render_files_t;

void ts_render_files_free(ts_render_files_t *files);
/* Takes the bytes. */
void ts_render_files_add(ts_render_files_t *files, const char *name, ts_buf_t *data);

/* "ha-noi-588_2020-year_sl-ubnd-116": plan, period, body of the cover; what is no letter, digit or
 * hyphen becomes a hyphen. The caller frees. */
char *ts_render_stem(const ts_reply_t *report);

/* Adds <stem>_01-completeness.csv and so on: UTF-8 with byte order mark, comma, CRLF; titles in the
 * first row, HXL tags in the second; dates and times in ISO 8601, numbers plain. A first row more
 * says so when the data is made up. */
void ts_render_csv(const ts_reply_t *report, const char *stem, ts_render_files_t *files);
/* Adds <stem>.xlsx. `folder` is where the workbook may be written for a moment. IO with *ret_why.
 */
TS_MUST_USE ts_err_t ts_render_xlsx(const ts_reply_t *report,
                                    const char *stem,
                                    const char *folder,
                                    ts_render_files_t *files,
                                    ts_msg_t *ret_why);

/* ---- shared by the renderers */

/* The cover's cell of that key, in words; "" when there is none. The caller frees. */
char *ts_render_cover(const ts_reply_t *report, const char *key);
/* The cover's day of that key; 0 = none. */
int32_t ts_render_cover_day(const ts_reply_t *report, const char *key);
/* A cell in words as on paper, by the column's format. The caller frees; "" for nothing. */
char *ts_render_cell(const ts_cell_t *cell, const char *format);
/* What stands first in every file when the data is made up; NULL when it is not. */
const char *ts_render_banner(const ts_reply_t *report);
/* Index of the table among the sections, from 1; 0 when it is none. Sheet title and note
 * translated. */
size_t ts_render_sections(const ts_reply_t *report);
typedef struct ts_render_section {
    const ts_table_t *table;
    const char *title; /* translated */
    const char *note;  /* translated; "" = none */
} ts_render_section_t;
/* Section by its place from 0; table NULL: it has none. */
ts_render_section_t ts_render_section(const ts_reply_t *report, size_t index);
/* HXL tag of a column; "" = none. */
const char *ts_render_tag(const ts_reply_t *report, const char *table, const char *column);

#endif
