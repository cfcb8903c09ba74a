/* SPDX-License-Identifier: MPL-2.0 */
#include "base/buf.h"
#include "base/check.h"
#include "base/xalloc.h"
#include "shared/listing_p.h"
#include "shared/term.h"

#include <string.h>

#define GAP_CELLS 2u
/* A text column is not made narrower than this (or its title, when that is shorter). */
#define TEXT_CELLS_MIN 8u
/* The same where text goes on below: narrower columns are hard to read. */
#define WRAP_CELLS_MIN 10u
/* … nor than its longest word, up to this: a code of 16 digits stays whole. */
#define WORD_CELLS_MAX 24u

static const char *
shown_of(const cell_t *cell)
{
    return cell->shown != NULL ? cell->shown : "—";
}

/* Takes columns away from the widest text column until the table fits or none can give. */
static void
squeeze(const ts_listing_t *self, size_t *widths, size_t columns)
{
    size_t total = GAP_CELLS * (self->column_count - 1);
    for (size_t c = 0; c < self->column_count; c++) {
        total += widths[c];
    }
    while (total > columns) {
        size_t widest = self->column_count;
        for (size_t c = 0; c < self->column_count; c++) {
            if (self->columns[c].kind == TS_LISTING_TEXT && widths[c] > TEXT_CELLS_MIN &&
                (widest == self->column_count || widths[c] > widths[widest])) {
                widest = c;
            }
        }
        if (widest == self->column_count) {
            return;
        }
        widths[widest]--;
        total--;
    }
}

static size_t
width_of_cells(const ts_listing_t *self, size_t column)
{
    size_t cells = 1;
    for (size_t r = 0; r < ts_listing_rows(self); r++) {
        size_t here = ts_term_cells(shown_of(&self->cells[r * self->column_count + column]));
        cells = here > cells ? here : cells;
    }
    return cells;
}

static size_t
width_full(const ts_listing_t *self, size_t column)
{
    size_t title = ts_term_cells(self->columns[column].title);
    size_t cells = width_of_cells(self, column);
    return title > cells ? title : cells;
}

static void
measure(const ts_listing_t *self, size_t *widths, size_t columns)
{
    for (size_t c = 0; c < self->column_count; c++) {
        widths[c] = width_full(self, c);
    }
    squeeze(self, widths, columns);
}

static void
put_repeated(ts_buf_t *line, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ts_buf_put_text(line, text);
    }
}

static void
put_cell(ts_buf_t *line, const char *text, size_t width, bool to_right)
{
    ts_buf_t cell = {.length = 0};
    size_t used = ts_term_put(&cell, text, width);
    if (to_right) {
        put_repeated(line, " ", width - used);
    }
    ts_buf_put(line, cell.data, cell.length);
    if (!to_right) {
        put_repeated(line, " ", width - used);
    }
    ts_buf_free(&cell);
}

static void
end_line(ts_buf_t *line, FILE *out)
{
    while (line->length > 0 && line->data[line->length - 1] == ' ') {
        line->length--;
    }
    ts_buf_put_u8(line, '\n');
    (void)fwrite(line->data, 1, line->length, out);
    ts_buf_clear(line);
}

static void
print_rule(const ts_listing_t *self, const size_t *widths, FILE *out)
{
    ts_buf_t line = {.length = 0};
    for (size_t c = 0; c < self->column_count; c++) {
        put_repeated(&line, " ", c == 0 ? 0 : GAP_CELLS);
        put_repeated(&line, "─", widths[c]);
    }
    end_line(&line, out);
    ts_buf_free(&line);
}

static void
print_head(const ts_listing_t *self, const size_t *widths, FILE *out)
{
    ts_buf_t line = {.length = 0};
    for (size_t c = 0; c < self->column_count; c++) {
        put_repeated(&line, " ", c == 0 ? 0 : GAP_CELLS);
        put_cell(&line, self->columns[c].title, widths[c],
                 self->columns[c].kind == TS_LISTING_NUMBER);
    }
    end_line(&line, out);
    print_rule(self, widths, out);
    ts_buf_free(&line);
}

void
ts_listing_print(const ts_listing_t *self, FILE *out, size_t columns)
{
    TS_CHECK(self->column_count > 0);
    size_t widths[TS_LISTING_COLUMNS_MAX];
    ts_buf_t line = {.length = 0};
    measure(self, widths, columns == 0 ? ts_term_columns(out) : columns);
    print_head(self, widths, out);
    for (size_t r = 0; r < ts_listing_rows(self); r++) {
        for (size_t c = 0; c < self->column_count; c++) {
            const cell_t *cell = &self->cells[r * self->column_count + c];
            put_repeated(&line, " ", c == 0 ? 0 : GAP_CELLS);
            put_cell(&line, shown_of(cell), widths[c], self->columns[c].kind == TS_LISTING_NUMBER);
        }
        end_line(&line, out);
    }
    ts_buf_free(&line);
}

/* ---- nothing cut -------------------------------------------------------------------------------
 */

/* The longest word: a title is not cut inside one. */
static size_t
longest_word(const char *text)
{
    size_t longest = 1;
    while (*text != '\0') {
        size_t bytes = strcspn(text, " ");
        char *word = ts_xstrndup(text, bytes);
        size_t cells = ts_term_cells(word);
        longest = cells > longest ? cells : longest;
        ts_xfree(word);
        text += bytes + strspn(text + bytes, " ");
    }
    return longest;
}

/* A number in a column of them: "no figures yet" may go on below, digits never. */
static bool
begins_with_digit(const char *text)
{
    text += text[0] == '-' ? 1 : 0;
    return text[0] >= '0' && text[0] <= '9';
}

/* Words in place of numbers break; a number stands on one line. */
static size_t
narrowest_number(const ts_listing_t *self, size_t column)
{
    size_t content = 1;
    for (size_t r = 0; r < ts_listing_rows(self); r++) {
        const char *text = shown_of(&self->cells[r * self->column_count + column]);
        size_t here = begins_with_digit(text) ? ts_term_cells(text) : longest_word(text);
        content = here > content ? here : content;
    }
    return content;
}

/* The narrowest that a column may become: titles go on below, and so does text. */
static size_t
narrowest(const ts_listing_t *self, size_t column)
{
    bool number = self->columns[column].kind == TS_LISTING_NUMBER;
    size_t content = number ? narrowest_number(self, column) : width_of_cells(self, column);
    size_t word = longest_word(self->columns[column].title);
    if (self->columns[column].kind == TS_LISTING_TEXT && content > WRAP_CELLS_MIN) {
        content = WRAP_CELLS_MIN;
        for (size_t r = 0; r < ts_listing_rows(self); r++) {
            size_t here = longest_word(shown_of(&self->cells[r * self->column_count + column]));
            here = here > WORD_CELLS_MAX ? WORD_CELLS_MAX : here;
            content = here > content ? here : content;
        }
    }
    return content > word ? content : word;
}

/* Which column gives way first: the widest, and one of numbers (only its title breaks) before one
 * of text of up to twice its width. */
static size_t
weight_of(const ts_listing_t *self, const size_t *widths, size_t column)
{
    return widths[column] * (self->columns[column].kind == TS_LISTING_NUMBER ? 2 : 1);
}

/* Widths with text going on below; false when the screen is too narrow for that. */
static bool
measure_wrapped(const ts_listing_t *self, size_t *widths, size_t columns)
{
    size_t *least = ts_xcalloc(self->column_count, sizeof *least);
    size_t total = GAP_CELLS * (self->column_count - 1);
    for (size_t c = 0; c < self->column_count; c++) {
        widths[c] = width_full(self, c);
        least[c] = narrowest(self, c);
        total += widths[c];
    }
    size_t widest = 0;
    while (total > columns && widest < self->column_count) {
        widest = self->column_count;
        for (size_t c = 0; c < self->column_count; c++) {
            if (widths[c] > least[c] &&
                (widest == self->column_count ||
                 weight_of(self, widths, c) > weight_of(self, widths, widest))) {
                widest = c;
            }
        }
        if (widest < self->column_count) {
            widths[widest]--;
            total--;
        }
    }
    ts_xfree(least);
    return total <= columns;
}

/* One row, on as many lines as its longest text takes. `rest`: the texts, used up. */
static void
print_wrapped(const ts_listing_t *self, const size_t *widths, const char **rest, FILE *out)
{
    ts_buf_t line = {.length = 0};
    bool more = true;
    while (more) {
        more = false;
        for (size_t c = 0; c < self->column_count; c++) {
            size_t next;
            size_t bytes = ts_term_line(rest[c], widths[c], &next);
            char *part = ts_xstrndup(rest[c], bytes);
            put_repeated(&line, " ", c == 0 ? 0 : GAP_CELLS);
            put_cell(&line, part, widths[c], self->columns[c].kind == TS_LISTING_NUMBER);
            ts_xfree(part);
            rest[c] += next;
            more = more || *rest[c] != '\0';
        }
        end_line(&line, out);
    }
    ts_buf_free(&line);
}

void
ts_listing_print_rows(const ts_listing_t *self, FILE *out, size_t columns)
{
    size_t titles = 0;
    columns = columns == 0 ? ts_term_columns(out) : columns;
    for (size_t c = 0; c < self->column_count; c++) {
        size_t cells = ts_term_cells(self->columns[c].title);
        titles = cells > titles ? cells : titles;
    }
    titles = titles > columns / 2 ? columns / 2 : titles;
    size_t room = columns - titles - GAP_CELLS;
    for (size_t r = 0; r < ts_listing_rows(self); r++) {
        if (r > 0) {
            (void)fputc('\n', out);
        }
        for (size_t c = 0; c < self->column_count; c++) {
            const char *rest = self->cells[r * self->column_count + c].shown;
            for (bool first = true; rest != NULL && (first || *rest != '\0'); first = false) {
                ts_buf_t line = {.length = 0};
                size_t next;
                size_t bytes = ts_term_line(rest, room, &next);
                char *part = ts_xstrndup(rest, bytes);
                put_cell(&line, first ? self->columns[c].title : "", titles == 0 ? 1 : titles,
                         false);
                put_repeated(&line, " ", GAP_CELLS);
                put_cell(&line, part, room, false);
                end_line(&line, out);
                ts_buf_free(&line);
                ts_xfree(part);
                rest += next;
            }
        }
    }
}

size_t
ts_listing_width(const ts_listing_t *self)
{
    size_t total = self->column_count == 0 ? 0 : GAP_CELLS * (self->column_count - 1);
    for (size_t c = 0; c < self->column_count; c++) {
        total += width_full(self, c);
    }
    return total;
}

bool
ts_listing_fits(const ts_listing_t *self, size_t columns)
{
    size_t *widths = ts_xcalloc(self->column_count + 1, sizeof *widths);
    bool fits = self->column_count > 0 && measure_wrapped(self, widths, columns);
    ts_xfree(widths);
    return fits;
}

void
ts_listing_print_whole(const ts_listing_t *self, FILE *out, size_t columns)
{
    TS_CHECK(self->column_count > 0);
    size_t *widths = ts_xcalloc(self->column_count, sizeof *widths);
    const char **rest = ts_xcalloc(self->column_count, sizeof *rest);
    columns = columns == 0 ? ts_term_columns(out) : columns;
    if (measure_wrapped(self, widths, columns)) {
        for (size_t c = 0; c < self->column_count; c++) {
            rest[c] = self->columns[c].title;
        }
        print_wrapped(self, widths, rest, out);
        print_rule(self, widths, out);
        for (size_t r = 0; r < ts_listing_rows(self); r++) {
            for (size_t c = 0; c < self->column_count; c++) {
                rest[c] = shown_of(&self->cells[r * self->column_count + c]);
            }
            print_wrapped(self, widths, rest, out);
        }
    } else {
        ts_listing_print_rows(self, out, columns);
    }
    ts_xfree(rest);
    ts_xfree(widths);
}
