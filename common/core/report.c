/* SPDX-License-Identifier: MPL-2.0 */
#include "core/report.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define PARTS 7
#define FIRST_DIGITS 20

/* A figure and its key as it stands in the text, "=" included. */
typedef struct row {
    ts_figure_t figure;
    char *key;
    char *block; /* parts and text, each with its NUL */
} row_t;

struct ts_report {
    row_t *rows;
    size_t count;
    size_t capacity;
    bool sorted;
};

ts_report_t *
ts_report_new(void)
{
    return ts_xcalloc(1, sizeof(ts_report_t));
}

void
ts_report_destroy(ts_report_t **self_p)
{
    ts_report_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->count; i++) {
        ts_xfree(self->rows[i].key);
        ts_xfree(self->rows[i].block);
    }
    ts_xfree(self->rows);
    ts_xfree(self);
    *self_p = NULL;
}

/* ---- keys */

static void
put_escaped(ts_buf_t *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            ts_buf_put_text(out, "\\n");
            continue;
        }
        if (*text == '\\' || strchr(special, *text) != NULL) {
            ts_buf_put_u8(out, '\\');
        }
        ts_buf_put_u8(out, (uint8_t)*text);
    }
}

static void
parts_of(const ts_figure_t *figure, const char *parts[PARTS])
{
    const char *const all[PARTS] = {figure->section, figure->measure, figure->unit, figure->line,
                                    figure->band,    figure->sex,     figure->of};
    memcpy(parts, all, sizeof all);
}

static void
put_key(ts_buf_t *out, const ts_figure_t *figure)
{
    const char *parts[PARTS];
    parts_of(figure, parts);
    for (size_t i = 0; i < PARTS; i++) {
        if (i > 0) {
            ts_buf_put_u8(out, '|');
        }
        put_escaped(out, parts[i], "|=");
    }
    ts_buf_put_u8(out, '=');
}

void
ts_report_add(ts_report_t *self, const ts_figure_t *figure)
{
    TS_CHECK(!self->sorted);
    TS_CHECK(self->count < TS_REPORT_FIGURES_MAX);
    const char *parts[PARTS];
    parts_of(figure, parts);
    ts_buf_t block = {0};
    for (size_t i = 0; i < PARTS; i++) {
        ts_buf_put(&block, parts[i], strlen(parts[i]) + 1);
    }
    const char *text = figure->state == TS_FIGURE_TEXT ? figure->text : "";
    ts_buf_put(&block, text, strlen(text) + 1);
    ts_buf_t key = {0};
    put_key(&key, figure);
    ts_buf_put_u8(&key, '\0');

    self->rows = ts_xgrow(self->rows, self->count + 1, &self->capacity, sizeof *self->rows);
    row_t *row = &self->rows[self->count++];
    *row = (row_t){.key = (char *)key.data, .block = (char *)block.data};
    const char **const to[PARTS] = {&row->figure.section, &row->figure.measure, &row->figure.unit,
                                    &row->figure.line,    &row->figure.band,    &row->figure.sex,
                                    &row->figure.of};
    const char *at = row->block;
    for (size_t i = 0; i < PARTS; i++) {
        *to[i] = at;
        at += strlen(at) + 1;
    }
    row->figure.text = at;
    row->figure.state = figure->state;
    bool counted = figure->state == TS_FIGURE_VALUE || figure->state == TS_FIGURE_AT_MOST;
    row->figure.value = counted ? figure->value : 0;
}

static int
compare_rows(const void *left, const void *right)
{
    return strcmp(((const row_t *)left)->key, ((const row_t *)right)->key);
}

void
ts_report_sort(ts_report_t *self)
{
    if (self->count > 0) {
        qsort(self->rows, self->count, sizeof *self->rows, compare_rows);
    }
    for (size_t i = 1; i < self->count; i++) {
        TS_CHECK(strcmp(self->rows[i - 1].key, self->rows[i].key) < 0);
    }
    self->sorted = true;
}

size_t
ts_report_count(const ts_report_t *self)
{
    return self->count;
}

const ts_figure_t *
ts_report_at(const ts_report_t *self, size_t index)
{
    TS_CHECK(index < self->count);
    return &self->rows[index].figure;
}

const ts_figure_t *
ts_report_find(const ts_report_t *self, const ts_figure_t *key)
{
    TS_CHECK(self->sorted);
    ts_buf_t text = {0};
    put_key(&text, key);
    ts_buf_put_u8(&text, '\0');
    row_t wanted = {.key = (char *)text.data};
    const row_t *row = self->count == 0 ? NULL
                                        : bsearch(&wanted, self->rows, self->count,
                                                  sizeof *self->rows, compare_rows);
    ts_buf_free(&text);
    return row == NULL ? NULL : &row->figure;
}

const char *
ts_report_head(const ts_report_t *self, const char *measure)
{
    const ts_figure_t *figure = ts_report_find(self, &(ts_figure_t){.section = "head",
                                                                    .measure = measure,
                                                                    .unit = "",
                                                                    .line = "",
                                                                    .band = "",
                                                                    .sex = "",
                                                                    .of = ""});
    return figure != NULL && figure->state == TS_FIGURE_TEXT ? figure->text : "";
}

/* ---- text */

static void
put_number(ts_buf_t *out, int64_t value)
{
    char digits[FIRST_DIGITS + 1];
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0) {
        ts_buf_put_u8(out, '-');
    }
    ts_buf_put(out, digits + at, sizeof digits - at);
}

static void
put_value(ts_buf_t *out, const ts_figure_t *figure)
{
    switch (figure->state) {
    case TS_FIGURE_AT_MOST:
        ts_buf_put_text(out, "<=");
        put_number(out, figure->value);
        break;
    case TS_FIGURE_VALUE:
        put_number(out, figure->value);
        break;
    case TS_FIGURE_NIL:
        ts_buf_put_text(out, "nil");
        break;
    case TS_FIGURE_NOT_APPLICABLE:
        ts_buf_put_text(out, "na");
        break;
    case TS_FIGURE_TEXT:
        ts_buf_put_u8(out, '"');
        put_escaped(out, figure->text, "");
        break;
    case TS_FIGURE_MISSING:
        ts_buf_put_text(out, "missing");
        break;
    }
}

void
ts_report_put_text(const ts_report_t *self, ts_buf_t *out)
{
    TS_CHECK(self->sorted);
    for (size_t i = 0; i < self->count; i++) {
        ts_buf_put_text(out, self->rows[i].key);
        put_value(out, &self->rows[i].figure);
        ts_buf_put_u8(out, '\n');
    }
}

/* Reads up to the unescaped `stop`, or to the end when stop is 0, and puts the plain text with its
 * NUL. */
static bool
take_escaped(ts_cursor_t *cursor, char stop, ts_buf_t *out)
{
    while (ts_cursor_left(cursor) > 0) {
        char c = (char)ts_cursor_u8(cursor);
        if (stop != 0 && c == stop) {
            ts_buf_put_u8(out, '\0');
            return true;
        }
        if (c == '\0' || (stop != 0 && (c == '|' || c == '='))) {
            return false;
        }
        if (c == '\\') {
            if (ts_cursor_left(cursor) == 0) {
                return false;
            }
            c = (char)ts_cursor_u8(cursor);
            c = c == 'n' ? '\n' : c;
        }
        ts_buf_put_u8(out, (uint8_t)c);
    }
    ts_buf_put_u8(out, '\0');
    return stop == 0;
}

static bool
read_number(const char *text, int64_t *ret_value)
{
    bool negative = *text == '-';
    text += negative ? 1 : 0;
    uint64_t value = 0;
    size_t digits = 0;
    for (; *text >= '0' && *text <= '9' && digits < FIRST_DIGITS - 1; text++, digits++) {
        value = value * 10 + (uint64_t)(*text - '0');
    }
    if (digits == 0 || *text != '\0' || value > (uint64_t)INT64_MAX) {
        return false;
    }
    *ret_value = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

static bool
read_value(const char *text, ts_figure_t *figure)
{
    static const struct {
        const char *word;
        ts_figure_state_t state;
    } words[] = {
        {"missing", TS_FIGURE_MISSING}, {"nil", TS_FIGURE_NIL}, {"na", TS_FIGURE_NOT_APPLICABLE}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i].word) == 0) {
            figure->state = words[i].state;
            return true;
        }
    }
    bool at_most = strncmp(text, "<=", 2) == 0;
    figure->state = at_most ? TS_FIGURE_AT_MOST : TS_FIGURE_VALUE;
    return read_number(text + (at_most ? 2 : 0), &figure->value);
}

static bool
read_line(ts_report_t *self, ts_bytes_t line)
{
    ts_cursor_t cursor = ts_cursor(line.data, line.length);
    ts_buf_t parts = {0};
    size_t starts[PARTS];
    bool good = true;
    for (size_t i = 0; good && i < PARTS; i++) {
        starts[i] = parts.length;
        good = take_escaped(&cursor, i + 1 == PARTS ? '=' : '|', &parts);
    }
    size_t value_at = parts.length;
    bool is_text = good && ts_cursor_left(&cursor) > 0 && line.data[cursor.offset] == '"';
    if (is_text) {
        (void)ts_cursor_u8(&cursor);
    }
    good = good && take_escaped(&cursor, 0, &parts);
    if (good) {
        const char *text = (const char *)parts.data;
        ts_figure_t figure = {.section = text + starts[0],
                              .measure = text + starts[1],
                              .unit = text + starts[2],
                              .line = text + starts[3],
                              .band = text + starts[4],
                              .sex = text + starts[5],
                              .of = text + starts[6],
                              .state = TS_FIGURE_TEXT,
                              .text = text + value_at};
        good = is_text || read_value(text + value_at, &figure);
        if (good) {
            ts_report_add(self, &figure);
        }
    }
    ts_buf_free(&parts);
    return good;
}

ts_err_t
ts_report_read(ts_bytes_t text, ts_report_t **ret_report)
{
    ts_report_t *report = ts_report_new();
    bool good = true;
    size_t at = 0;
    while (good && at < text.length) {
        const uint8_t *end = memchr(text.data + at, '\n', text.length - at);
        good = end != NULL && report->count < TS_REPORT_FIGURES_MAX;
        if (good) {
            size_t length = (size_t)(end - text.data) - at;
            good = read_line(report, (ts_bytes_t){text.data + at, length});
            at += length + 1;
        }
        good = good && (report->count < 2 || strcmp(report->rows[report->count - 2].key,
                                                    report->rows[report->count - 1].key) < 0);
    }
    if (!good) {
        ts_report_destroy(&report);
        return TS_ERR_INVALID;
    }
    report->sorted = true;
    *ret_report = report;
    return TS_ERR_OK;
}

/* ---- comparing */

static bool
is_compared(const ts_figure_t *figure)
{
    static const char *const left_out[] = {"head", "duties", "corrections", "findings", "name"};
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++) {
        if (strcmp(figure->section, left_out[i]) == 0) {
            return false;
        }
    }
    return true;
}

static bool
same_value(const ts_figure_t *a, const ts_figure_t *b)
{
    return a->state == b->state && a->value == b->value && strcmp(a->text, b->text) == 0;
}

/* A figure that only one of two reports has: a nought of a fund that the other does not know. */
static bool
says_nothing(const ts_figure_t *figure)
{
    return figure->state == TS_FIGURE_MISSING || figure->state == TS_FIGURE_NOT_APPLICABLE ||
           (figure->state == TS_FIGURE_VALUE && figure->value == 0);
}

size_t
ts_report_compare(const ts_report_t *then,
                  const ts_report_t *now,
                  ts_report_differ_fn differ,
                  void *ctx)
{
    TS_CHECK(then->sorted && now->sorted);
    size_t i = 0;
    size_t j = 0;
    size_t count = 0;
    while (i < then->count || j < now->count) {
        const row_t *a = i < then->count ? &then->rows[i] : NULL;
        const row_t *b = j < now->count ? &now->rows[j] : NULL;
        int order = a == NULL ? 1 : b == NULL ? -1 : strcmp(a->key, b->key);
        i += order <= 0 ? 1 : 0;
        j += order >= 0 ? 1 : 0;
        const ts_figure_t *old = order <= 0 && a != NULL ? &a->figure : NULL;
        const ts_figure_t *new = order >= 0 && b != NULL ? &b->figure : NULL;
        const ts_figure_t *any = old != NULL ? old : new;
        TS_CHECK(any != NULL);
        bool same = old != NULL && new != NULL ? same_value(old, new) : says_nothing(any);
        if (!is_compared(any) || same) {
            continue;
        }
        count++;
        if (differ != NULL) {
            differ(ctx, old, new);
        }
    }
    return count;
}

ts_report_completeness_t
ts_report_completeness(const ts_report_t *self)
{
    ts_report_completeness_t result = {0};
    for (size_t i = 0; i < self->count; i++) {
        const ts_figure_t *figure = &self->rows[i].figure;
        bool asked = strcmp(figure->section, "needs") == 0 ||
                     strcmp(figure->section, "support") == 0 ||
                     strcmp(figure->section, "living") == 0;
        if (!asked || figure->unit[0] != '\0' || figure->band[0] != '\0' ||
            figure->sex[0] != '\0' || figure->of[0] != '\0' || figure->state == TS_FIGURE_TEXT) {
            continue;
        }
        uint32_t *const counters[] = {[TS_FIGURE_MISSING] = &result.missing,
                                      [TS_FIGURE_VALUE] = &result.value,
                                      [TS_FIGURE_AT_MOST] = &result.value,
                                      [TS_FIGURE_NIL] = &result.nil,
                                      [TS_FIGURE_NOT_APPLICABLE] = &result.not_applicable};
        (*counters[figure->state])++;
    }
    return result;
}
