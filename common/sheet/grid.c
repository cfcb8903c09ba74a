/* SPDX-License-Identifier: MPL-2.0 */
#include "sheet/grid.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "sheet/text.h"

#include <stdbool.h>
#include <string.h>

#define GRID_ROWS_MAX (TS_SHEET_ROWS_MAX + TS_GRID_TITLE_ROWS_MAX + 2u)

typedef struct ts_grid_row {
    uint32_t line;  /* where it begins */
    uint32_t count; /* cells up to the last that is not empty */
    uint32_t given; /* cells as in the file, empty ones at the end too */
    size_t first;   /* index in `cells` */
} ts_grid_row_t;

struct ts_grid {
    ts_buf_t text;   /* all cells, each with its NUL; offset 0 is the empty one */
    uint32_t *cells; /* offsets in `text` */
    size_t cell_count;
    size_t cell_capacity;
    ts_grid_row_t *rows;
    size_t row_count;
    size_t row_capacity;
    size_t top;     /* first data row; 0 before set_header */
    size_t heading; /* index of the heading row, when has_header */
    bool has_header;
    bool in_row;
    size_t columns;
};

ts_grid_t *
ts_grid_new(void)
{
    ts_grid_t *self = ts_xcalloc(1, sizeof *self);
    ts_buf_put_u8(&self->text, 0);
    return self;
}

void
ts_grid_destroy(ts_grid_t **self_p)
{
    if (*self_p == NULL) {
        return;
    }
    ts_buf_free(&(*self_p)->text);
    ts_xfree((*self_p)->cells);
    ts_xfree((*self_p)->rows);
    ts_xfree(*self_p);
    *self_p = NULL;
}

ts_err_t
ts_grid_begin_row(ts_grid_t *self, uint32_t line)
{
    TS_CHECK(!self->in_row && !self->has_header);
    if (self->row_count >= GRID_ROWS_MAX) {
        return TS_ERR_LIMIT;
    }
    self->rows = ts_xgrow(self->rows, self->row_count + 1, &self->row_capacity, sizeof *self->rows);
    self->rows[self->row_count] = (ts_grid_row_t){.line = line, .first = self->cell_count};
    self->in_row = true;
    return TS_ERR_OK;
}

/* Stores a cleaned cell and returns its offset. */
static uint32_t
store_text(ts_grid_t *self, const char *text)
{
    size_t offset = self->text.length;
    TS_CHECK(offset <= UINT32_MAX);
    ts_buf_put(&self->text, text, strlen(text) + 1);
    return (uint32_t)offset;
}

ts_err_t
ts_grid_put_cell(ts_grid_t *self, const char *text, size_t bytes)
{
    TS_CHECK(self->in_row);
    ts_grid_row_t *row = &self->rows[self->row_count];
    row->given += row->given < UINT32_MAX ? 1 : 0;
    if (bytes == 0) {
        return TS_ERR_OK;
    }
    char *clean = ts_text_clean(text, bytes);
    if (clean == NULL) {
        return TS_ERR_INVALID;
    }
    ts_err_t err = TS_ERR_OK;
    if (clean[0] != '\0') {
        if (row->given > TS_SHEET_COLUMNS_MAX) {
            err = TS_ERR_LIMIT;
        } else if (strlen(clean) > TS_TEXT_BYTES_MAX) {
            err = TS_ERR_TOOBIG;
        } else {
            self->cells = ts_xgrow(self->cells, self->cell_count + TS_SHEET_COLUMNS_MAX,
                                   &self->cell_capacity, sizeof *self->cells);
            while (row->count + 1 < row->given) {
                self->cells[self->cell_count++] = 0;
                row->count++;
            }
            self->cells[self->cell_count++] = store_text(self, clean);
            row->count++;
        }
    }
    ts_xfree(clean);
    return err;
}

void
ts_grid_end_row(ts_grid_t *self)
{
    TS_CHECK(self->in_row);
    self->in_row = false;
    size_t count = self->rows[self->row_count].count;
    if (count > 0) {
        self->row_count++;
        self->columns = count > self->columns ? count : self->columns;
    }
}

static const char *
grid_cell(const ts_grid_t *self, size_t index, size_t column)
{
    const ts_grid_row_t *row = &self->rows[index];
    uint32_t offset = column < row->count ? self->cells[row->first + column] : 0;
    return (const char *)self->text.data + offset;
}

/* "(1) (2) (3)" or "#adm2+code": each filled cell in brackets and short, or a hashtag. */
static bool
is_marker_row(const ts_grid_t *self, size_t index)
{
    bool numbers = true;
    bool tags = true;
    for (size_t column = 0; column < self->rows[index].count; column++) {
        const char *cell = grid_cell(self, index, column);
        size_t length = strlen(cell);
        if (length == 0) {
            continue;
        }
        tags = tags && cell[0] == '#' && length > 1 && cell[1] >= 'a' && cell[1] <= 'z';
        numbers =
            numbers && cell[0] == '(' && cell[length - 1] == ')' && length >= 3 && length <= 4;
    }
    return numbers || tags;
}

static void
warn_skipped(const ts_grid_t *self, size_t index, ts_sheet_issues_t *issues)
{
    ts_sheet_place_t place = {.line = self->rows[index].line};
    ts_msg_t message = {0};
    ts_msg_make(&message,
                N_("the row right below the heading holds column numbers or tags and is skipped"),
                NULL);
    ts_sheet_issues_add(issues, TS_SHEET_WARNING, &place, &message);
}

static void
warn_above(const ts_grid_t *self, ts_sheet_issues_t *issues)
{
    ts_sheet_place_t place = {.line = self->rows[self->heading].line};
    ts_msg_t message = {0};
    ts_msg_set(&message, N_("{1} rows above the heading are skipped, from “{2}”"));
    ts_msg_arg_number(&message, (int64_t)self->heading);
    size_t column = 0;
    while (grid_cell(self, 0, column)[0] == '\0') {
        column++;
    }
    ts_msg_arg(&message, grid_cell(self, 0, column));
    ts_sheet_issues_add(issues, TS_SHEET_WARNING, &place, &message);
}

static void
check_width(const ts_grid_t *self, size_t row, ts_sheet_issues_t *issues)
{
    const ts_grid_row_t *heading = &self->rows[self->heading];
    const ts_grid_row_t *given = &self->rows[self->top + row];
    bool more = given->count > heading->count;
    /* Some programs leave out empty cells at the end; that is worth a look, not a refusal. */
    bool fewer = given->given < heading->count;
    /* A row longer than every other is a separator inside a value; a filled column without heading
     * is header.c's matter. */
    if (!fewer && !(more && given->given > heading->given)) {
        return;
    }
    ts_sheet_place_t place = {.line = given->line, .row = (uint32_t)row + 1};
    ts_msg_t message = {0};
    ts_msg_set(&message, more ? N_("the row has {1} cells, the heading has {2}: put quotation "
                                   "marks around a value that holds the "
                                   "separator, or remove what is too much")
                              : N_("the row has {1} cells, the heading has {2}: the missing ones "
                                   "are taken as empty"));
    ts_msg_arg_number(&message, more ? given->count : given->given);
    ts_msg_arg_number(&message, heading->count);
    ts_sheet_issues_add(issues, more ? TS_SHEET_ERROR : TS_SHEET_WARNING, &place, &message);
}

ts_err_t
ts_grid_set_header(ts_grid_t *self, size_t index, ts_sheet_issues_t *issues)
{
    TS_CHECK(!self->in_row && !self->has_header);
    if (index >= self->row_count) {
        return TS_ERR_INVALID;
    }
    self->heading = index;
    self->top = index + 1;
    self->has_header = true;
    if (index > 0) {
        warn_above(self, issues);
    }
    if (self->top < self->row_count && is_marker_row(self, self->top)) {
        warn_skipped(self, self->top, issues);
        self->top++;
    }
    if (ts_grid_rows(self) > TS_SHEET_ROWS_MAX) {
        return TS_ERR_LIMIT;
    }
    self->columns = self->rows[index].count;
    for (size_t row = 0; row < ts_grid_rows(self); row++) {
        size_t count = self->rows[self->top + row].count;
        self->columns = count > self->columns ? count : self->columns;
        check_width(self, row, issues);
    }
    return TS_ERR_OK;
}

size_t
ts_grid_rows(const ts_grid_t *self)
{
    return self->row_count - self->top;
}

size_t
ts_grid_columns(const ts_grid_t *self)
{
    return self->columns;
}

const char *
ts_grid_header(const ts_grid_t *self, size_t column)
{
    return self->has_header ? grid_cell(self, self->heading, column) : "";
}

const char *
ts_grid_cell(const ts_grid_t *self, size_t row, size_t column)
{
    TS_CHECK(row < ts_grid_rows(self));
    return grid_cell(self, self->top + row, column);
}

uint32_t
ts_grid_line(const ts_grid_t *self, size_t row)
{
    TS_CHECK(row < ts_grid_rows(self));
    return self->rows[self->top + row].line;
}

uint32_t
ts_grid_header_line(const ts_grid_t *self)
{
    return self->has_header ? self->rows[self->heading].line : 0;
}

ts_sheet_place_t
ts_grid_place(const ts_grid_t *self, size_t row, size_t column)
{
    return (ts_sheet_place_t){
        .line = ts_grid_line(self, row),
        .row = self->has_header ? (uint32_t)row + 1 : 0,
        .column = ts_grid_header(self, column),
        .value = ts_grid_cell(self, row, column),
    };
}

ts_sheet_place_t
ts_grid_header_place(const ts_grid_t *self, size_t column)
{
    return (ts_sheet_place_t){.line = ts_grid_header_line(self),
                              .column = ts_grid_header(self, column)};
}
