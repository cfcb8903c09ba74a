/* SPDX-License-Identifier: MPL-2.0 */
/*
 * CSV as Excel, LibreOffice and people make it, into a ts_grid_t grid: comma, semicolon or tab
 * (found out or told by Excel's first line "sep=;"), quoted cells with line ends and doubled
 * quotation marks, CR, LF or CRLF, empty rows and columns at the end. Excel's ="03748" and '03748
 * lose their wrapping; a cell that Excel shows as an error (#REF!, #####) is an error with its
 * place.
 */
#ifndef TS_SHEET_CSV_H
#define TS_SHEET_CSV_H

#include "base/err.h"
#include "sheet/grid.h"
#include "sheet/issues.h"

#include <stddef.h>

/* Reads valid UTF-8 without byte order mark (ts_encoding_decode). `separator`: ',', ';', '\t', or 0
 * to find out. OK: *ret_table (the caller destroys) is a grid without heading; cells that could not
 * be taken are empty and are in `issues` as errors. Else no table, and `issues` says why: INVALID
 * nothing in it, or an open quotation mark; LIMIT too many rows or columns. */
TS_MUST_USE ts_err_t ts_csv_read(const char *text,
                                 size_t bytes,
                                 char separator,
                                 ts_sheet_issues_t *issues,
                                 ts_grid_t **ret_table);

/* The separator that cuts the first rows most evenly; ',' when none cuts at all (one column). */
char ts_csv_separator(const char *text, size_t bytes);

#endif
