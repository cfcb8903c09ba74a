/* SPDX-License-Identifier: MPL-2.0 */
/* Inside of the XLSX renderer: the workbook being made, its formats. For render_xlsx*.c only. */
#ifndef TS_SERVICES_REPORTER_XLSX_P_H
#define TS_SERVICES_REPORTER_XLSX_P_H

#include "reporter/render.h"

#include <xlsxwriter.h>

/* Decree 30/2020: Times New Roman. */
#define TS_XLSX_FONT "Times New Roman"

typedef enum ts_xlsx_format {
    TS_XLSX_TEXT,
    TS_XLSX_TEXT_BOLD,
    TS_XLSX_NUMBER,
    TS_XLSX_NUMBER_BOLD,
    TS_XLSX_SHARE,
    TS_XLSX_DATE,
    TS_XLSX_TIME,
    TS_XLSX_WORDS, /* no figures yet, not applicable, nothing occurred */
    TS_XLSX_HEADING,
    TS_XLSX_TAG,
    TS_XLSX_TITLE,
    TS_XLSX_NOTE,
    TS_XLSX_BANNER,
    TS_XLSX_COVER_CAPITALS, /* body above */
    TS_XLSX_COVER_BOLD,     /* issuing body, name of the state */
    TS_XLSX_COVER_MOTTO,
    TS_XLSX_COVER_ITALIC, /* place and date */
    TS_XLSX_COVER_CENTRE,
    TS_XLSX_COVER_TITLE,
    TS_XLSX_COVER_LABEL,
    TS_XLSX_COVER_VALUE,
    TS_XLSX_COVER_WARNING,
    TS_XLSX_COVER_FINE,
    TS_XLSX_FORMATS
} ts_xlsx_format_t;

typedef struct ts_xlsx {
    const ts_reply_t *report;
    lxw_workbook *book;
    lxw_format *formats[TS_XLSX_FORMATS];
} ts_xlsx_t;

void ts_xlsx_formats(ts_xlsx_t *self);
/* Name of a sheet: at most 31 characters, none of those that are not allowed. The caller frees. */
char *ts_xlsx_sheet_name(size_t number, const char *title);
/* Columns that a text takes on paper. */
double ts_xlsx_width(const char *text);
/* Text in capitals as they are written in Viet Nam. The caller frees. */
char *ts_xlsx_capitals(const char *text);
/* render_xlsx_cover.c */
void ts_xlsx_cover(ts_xlsx_t *self, const char *sheet);
/* Bar chart and its rows on a sheet of their own; nothing when there is nothing to show. */
void ts_xlsx_chart(ts_xlsx_t *self, const char *sheet);

#endif
