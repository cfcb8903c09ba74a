/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From the bytes of a file to a table whose columns are known: decode (encoding.h), cut (csv.h),
 * find and match the heading (header.h). What the importer calls first; it then reads each column
 * with number.h, date.h and match.h, adds to the same `issues`, and imports only when issues.errors
 * is 0.
 */
#ifndef TS_SHEET_SHEET_H
#define TS_SHEET_SHEET_H

#include "base/buf.h"
#include "base/err.h"
#include "sheet/grid.h"
#include "sheet/header.h"
#include "sheet/issues.h"

#include <stddef.h>

/* OK: *ret_table (the caller destroys) has its heading, and columns[i] is the column of
 * form->specs[i] or TS_HEADER_NONE. There may still be errors in `issues` about single rows. Else
 * no table; `issues` has the reason. Errors as of the parts. */
TS_MUST_USE ts_err_t ts_sheet_read(ts_bytes_t file,
                                   const ts_header_form_t *form,
                                   ts_sheet_issues_t *issues,
                                   ts_grid_t **ret_table,
                                   size_t *columns);

#endif
