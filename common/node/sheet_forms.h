/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The columns that an imported sheet may have: deploy/plans/sheets.csv, compiled in. Its columns
 * are described in deploy/plans/README.md.
 */
#ifndef TS_NODE_SHEET_FORMS_H
#define TS_NODE_SHEET_FORMS_H

#include "sheet/header.h"

#include <stdbool.h>
#include <stddef.h>

/* How a cell of the column is read. */
typedef enum ts_cell_format {
    TS_FORMAT_ID,
    TS_FORMAT_UNIT,
    TS_FORMAT_LINE,
    TS_FORMAT_CODE,
    TS_FORMAT_MONTH,
    TS_FORMAT_DATE,
    TS_FORMAT_INTEGER,
    TS_FORMAT_COUNT,
    TS_FORMAT_VND,
    TS_FORMAT_SEX,
    TS_FORMAT_PERSONAL,
    TS_FORMAT_TEXT
} ts_cell_format_t;

#define TS_SHEET_FIELDS_MAX 64u

/* The form of one sheet. */
typedef struct ts_sheet_form {
    char *name; /* "need" */
    ts_header_spec_t
        specs[TS_SHEET_FIELDS_MAX]; /* for the heading; the row id is not required there */
    ts_cell_format_t formats[TS_SHEET_FIELDS_MAX];
    bool filled[TS_SHEET_FIELDS_MAX]; /* every row must fill it */
    size_t count;
} ts_sheet_form_t;

typedef struct ts_sheet_forms ts_sheet_forms_t;

/* From the compiled table; a mistake in it is our bug. */
ts_sheet_forms_t *ts_sheet_forms_new(void);
void ts_sheet_forms_destroy(ts_sheet_forms_t **self_p);
/* NULL when there is no such sheet. */
const ts_sheet_form_t *ts_sheet_forms_get(const ts_sheet_forms_t *self, const char *name);
/* Names of all sheets with ", " between them; the caller frees. */
char *ts_sheet_forms_names(const ts_sheet_forms_t *self);
/* Index of a field in a form; SIZE_MAX when it has none. */
size_t ts_sheet_form_field(const ts_sheet_form_t *form, const char *field);

#endif
