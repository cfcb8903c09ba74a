/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ts_grid_t: an owned table of cells with the line each row came from. A reader (csv.c) fills it
 * as a plain grid; then ts_grid_set_header chooses the heading row, drops what stands above it and
 * checks the shape of the rest. Cells are UTF-8 in NFC without white space at the ends; an absent
 * cell is "". Bounds: TS_SHEET_ROWS_MAX data rows, TS_SHEET_COLUMNS_MAX columns, TS_TEXT_BYTES_MAX
 * bytes in a cell.
 */
#ifndef TS_SHEET_GRID_H
#define TS_SHEET_GRID_H

#include "base/err.h"
#include "sheet/issues.h"

#include <stddef.h>
#include <stdint.h>

/* Rows above the heading that are looked through: letterhead, title, unit of money. */
#define TS_GRID_TITLE_ROWS_MAX 20u

typedef struct ts_grid ts_grid_t;

ts_grid_t *ts_grid_new(void);
void ts_grid_destroy(ts_grid_t **self_p);

/* -- filling, by a reader -- */

/* Starts a row that begins on physical line `line`. LIMIT beyond TS_SHEET_ROWS_MAX and the rows for
 * titles and heading. */
TS_MUST_USE ts_err_t ts_grid_begin_row(ts_grid_t *self, uint32_t line);
/* Adds the next cell of the row; empty ones cost nothing at the end of a row. `text` is cleaned
 * (ts_text_clean). LIMIT: a cell that is not empty beyond the last column; TOOBIG: longer than a
 * cell may be; INVALID: not UTF-8. */
TS_MUST_USE ts_err_t ts_grid_put_cell(ts_grid_t *self, const char *text, size_t bytes);
/* Ends the row; a row with nothing in it is forgotten. */
void ts_grid_end_row(ts_grid_t *self);

/* -- choosing the heading -- */

/* Makes row `index` the heading: rows above go (with a warning when there are any), a row of column
 * numbers "(1) (2)" or of hashtags right below it goes too, columns count up to the last heading or
 * filled cell. Reports rows with more cells than the heading has (error) and rows with fewer
 * (warning). INVALID when `index` is no row; LIMIT when too many rows are left. */
TS_MUST_USE ts_err_t ts_grid_set_header(ts_grid_t *self, size_t index, ts_sheet_issues_t *issues);

/* -- reading -- */

/* Rows: all before set_header, data rows after. */
size_t ts_grid_rows(const ts_grid_t *self);
size_t ts_grid_columns(const ts_grid_t *self);
/* The heading of a column, "" before set_header or when absent. Borrowed until the table goes. */
const char *ts_grid_header(const ts_grid_t *self, size_t column);
/* A cell by data row and column from 0; "" when absent. Borrowed until the table goes. */
const char *ts_grid_cell(const ts_grid_t *self, size_t row, size_t column);
/* The physical line on which the row begins, from 1. */
uint32_t ts_grid_line(const ts_grid_t *self, size_t row);
/* The line of the heading, 0 before set_header. */
uint32_t ts_grid_header_line(const ts_grid_t *self);
/* The place of a cell for an issue (borrows from the table). */
ts_sheet_place_t ts_grid_place(const ts_grid_t *self, size_t row, size_t column);
/* The place of a heading for an issue. */
ts_sheet_place_t ts_grid_header_place(const ts_grid_t *self, size_t column);

#endif
