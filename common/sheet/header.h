/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Finds which column holds what, from a table of accepted headings that the caller gives as data.
 * Headings are compared by ts_text_key without a closing "*", ":" or "(*)"; a heading that would
 * fit without its accents is only suggested.
 */
#ifndef TS_SHEET_HEADER_H
#define TS_SHEET_HEADER_H

#include "base/err.h"
#include "sheet/grid.h"
#include "sheet/issues.h"

#include <stdbool.h>
#include <stddef.h>

#define TS_HEADER_NONE SIZE_MAX

/* One field and the headings it goes by; only `aliases` may be NULL. */
typedef struct ts_header_spec {
    const char *field;          /* our own name, accepted too: "unit_code" */
    const char *header_vi;      /* "Mã xã" */
    const char *header_en;      /* "Commune code" */
    const char *const *aliases; /* up to 29 more headings, ended by NULL; NULL: none */
    bool required;
} ts_header_spec_t;

typedef struct ts_header_form {
    const ts_header_spec_t *specs;
    size_t count;          /* 1 … TS_SHEET_COLUMNS_MAX */
    bool unknown_is_error; /* else unknown columns are ignored with a warning */
} ts_header_form_t;

/* The row, among the first TS_GRID_TITLE_ROWS_MAX + 1 of a grid without heading, that has most of
 * the accepted headings; the first of equals, 0 when none has any. */
size_t ts_header_locate(const ts_grid_t *table, const ts_header_form_t *form);

/* Fills columns[i] with the column of specs[i] or TS_HEADER_NONE. INVALID, each reason an error in
 * `issues`: a required column is missing (the accepted headings are listed), two columns answer to
 * one field, or a column is unknown and the form forbids that. Unknown columns and filled columns
 * without heading are warnings otherwise. */
TS_MUST_USE ts_err_t ts_header_match(const ts_grid_t *table,
                                     const ts_header_form_t *form,
                                     ts_sheet_issues_t *issues,
                                     size_t *columns);

#endif
