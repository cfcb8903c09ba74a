/* SPDX-License-Identifier: MPL-2.0 */
#include "cli/errorsheet.h"

#include "shared/say.h"
#include "sheet/csv.h"
#include "sheet/encoding.h"

#include <stdlib.h>
#include <string.h>

/* A cell that a table program would run as a formula gets a mark that our importer takes away. */
static bool
is_formula(const char *text)
{
    return text[0] == '=' || text[0] == '@' || text[0] == '+' ||
           (text[0] == '-' && strspn(text + 1, "0123456789.,") != strlen(text + 1));
}

static void
put_cell(ts_buf_t *out, const char *text, char separator)
{
    char special[] = {'"', '\n', '\r', separator, '\0'};
    bool quoted = strpbrk(text, special) != NULL;
    if (quoted) {
        ts_buf_put_u8(out, '"');
    }
    if (is_formula(text)) {
        ts_buf_put_u8(out, '\'');
    }
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            ts_buf_put_u8(out, '"');
        }
        ts_buf_put_u8(out, (uint8_t)*text);
    }
    if (quoted) {
        ts_buf_put_u8(out, '"');
    }
}

static bool
is_error_at(const ts_issue_t *issue, uint32_t line)
{
    return issue->severity == TS_SEVERITY_ERROR && issue->line == line && line != 0;
}

/* The row that holds the heading named by an error's column; else the one with most cells among the
 * first. */
static size_t
find_heading(const ts_reply_t *reply, const ts_grid_t *grid)
{
    size_t best = 0;
    size_t best_filled = 0;
    size_t rows = ts_grid_rows(grid);
    for (size_t r = 0; r < rows && r <= TS_GRID_TITLE_ROWS_MAX; r++) {
        size_t filled = 0;
        for (size_t c = 0; c < ts_grid_columns(grid); c++) {
            const char *cell = ts_grid_cell(grid, r, c);
            filled += cell[0] != '\0' ? 1 : 0;
            for (size_t i = 0; cell[0] != '\0' && i < reply->issue_count; i++) {
                if (reply->issues[i].column != NULL && strcmp(reply->issues[i].column, cell) == 0) {
                    return r;
                }
            }
        }
        if (filled > best_filled) {
            best = r;
            best_filled = filled;
        }
    }
    return best;
}

/* Every mistake of the row at that line, "; " between them. */
static void
put_reasons(ts_buf_t *out, const ts_reply_t *reply, uint32_t line)
{
    bool first = true;
    for (size_t i = 0; i < reply->issue_count; i++) {
        const ts_issue_t *issue = &reply->issues[i];
        if (!is_error_at(issue, line)) {
            continue;
        }
        char *say = ts_say_msg(&issue->say);
        ts_buf_put_text(out, first ? "" : "; ");
        ts_buf_put_text(out, issue->column == NULL ? "" : issue->column);
        ts_buf_put_text(out, issue->column == NULL ? "" : ": ");
        ts_buf_put_text(out, say);
        free(say);
        first = false;
    }
}

static void
put_row(ts_buf_t *out,
        const ts_grid_t *grid,
        size_t row,
        char separator,
        const char *line,
        const char *reasons)
{
    for (size_t c = 0; c < ts_grid_columns(grid); c++) {
        put_cell(out, ts_grid_cell(grid, row, c), separator);
        ts_buf_put_u8(out, (uint8_t)separator);
    }
    put_cell(out, line, separator);
    ts_buf_put_u8(out, (uint8_t)separator);
    put_cell(out, reasons, separator);
    ts_buf_put_text(out, "\r\n");
}

static size_t
put_rows(const ts_reply_t *reply, const ts_grid_t *grid, char separator, ts_buf_t *out)
{
    size_t heading = find_heading(reply, grid);
    size_t wrong = 0;
    ts_buf_put_text(out, "\xef\xbb\xbf");
    put_row(out, grid, heading, separator, _("Line in the old file"), _("Mistake"));
    for (size_t r = heading + 1; r < ts_grid_rows(grid); r++) {
        ts_buf_t reasons = {.length = 0};
        char line[16];
        put_reasons(&reasons, reply, ts_grid_line(grid, r));
        if (reasons.length > 0) {
            ts_buf_put_u8(&reasons, '\0');
            (void)snprintf(line, sizeof line, "%u", (unsigned)ts_grid_line(grid, r));
            put_row(out, grid, r, separator, line, (const char *)reasons.data);
            wrong++;
        }
        ts_buf_free(&reasons);
    }
    return wrong;
}

size_t
ts_error_sheet(const ts_reply_t *reply, ts_bytes_t sheet, ts_buf_t *out)
{
    ts_buf_t text = {.length = 0};
    ts_encoding_t encoding;
    ts_msg_t why = {.id = NULL};
    ts_sheet_issues_t issues = {.count = 0};
    ts_grid_t *grid = NULL;
    size_t wrong = 0;
    ts_err_t err = ts_encoding_decode(sheet, &text, &encoding, &why);
    if (err == TS_ERR_OK) {
        err = ts_csv_read((const char *)text.data, text.length, 0, &issues, &grid);
    }
    if (err == TS_ERR_OK && ts_grid_rows(grid) > 0) {
        ts_buf_t csv = {.length = 0};
        wrong = put_rows(reply, grid, ts_csv_separator((const char *)text.data, text.length), &csv);
        if (wrong > 0) {
            ts_buf_put(out, csv.data, csv.length);
        }
        ts_buf_free(&csv);
    }
    ts_grid_destroy(&grid);
    ts_sheet_issues_free(&issues);
    ts_msg_free(&why);
    ts_buf_free(&text);
    return wrong;
}
