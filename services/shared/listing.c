/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "shared/listing_p.h"
#include "shared/say.h"
#include "shared/term.h"

#include <inttypes.h>

#define JSON_EXACT_MAX (INT64_C(1) << 53)

ts_listing_t *
ts_listing_new(void)
{
    return ts_xcalloc(1, sizeof(ts_listing_t));
}

void
ts_listing_destroy(ts_listing_t **self_p)
{
    if (self_p == NULL || *self_p == NULL) {
        return;
    }
    ts_listing_t *self = *self_p;
    for (size_t i = 0; i < self->column_count; i++) {
        ts_xfree(self->columns[i].title);
    }
    for (size_t i = 0; i < self->cell_count; i++) {
        ts_xfree(self->cells[i].shown);
    }
    ts_xfree(self->cells);
    ts_xfree(self);
    *self_p = NULL;
}

void
ts_listing_column(ts_listing_t *self, const char *key, const char *title, ts_listing_kind_t kind)
{
    TS_CHECK(self->cell_count == 0);
    TS_CHECK(self->column_count < TS_LISTING_COLUMNS_MAX);
    self->columns[self->column_count++] =
        (column_t){.key = key, .title = ts_xstrdup(title), .kind = kind};
}

static ts_listing_kind_t
next_kind(const ts_listing_t *self)
{
    TS_CHECK(self->column_count > 0);
    return self->columns[self->cell_count % self->column_count].kind;
}

static void
add_cell(ts_listing_t *self, cell_t cell)
{
    self->cells = ts_xgrow(self->cells, self->cell_count + 1, &self->capacity, sizeof cell);
    self->cells[self->cell_count++] = cell;
}

void
ts_listing_missing(ts_listing_t *self)
{
    TS_CHECK(self->column_count > 0);
    add_cell(self, (cell_t){.shown = NULL});
}

void
ts_listing_text(ts_listing_t *self, const char *text)
{
    ts_listing_kind_t kind = next_kind(self);
    TS_CHECK(kind == TS_LISTING_TEXT || kind == TS_LISTING_CODE);
    add_cell(self, (cell_t){.shown = text == NULL ? NULL : ts_xstrdup(text)});
}

void
ts_listing_number(ts_listing_t *self, int64_t number)
{
    TS_CHECK(next_kind(self) == TS_LISTING_NUMBER);
    char shown[TS_SAY_BYTES];
    ts_say_number(number, shown, sizeof shown);
    add_cell(self, (cell_t){.shown = ts_xstrdup(shown), .number = number});
}

void
ts_listing_date(ts_listing_t *self, ts_date_t date)
{
    TS_CHECK(next_kind(self) == TS_LISTING_DATE);
    if (ts_date_is_none(date)) {
        ts_listing_missing(self);
        return;
    }
    char shown[TS_SAY_BYTES];
    ts_say_date(date, shown, sizeof shown);
    add_cell(self, (cell_t){.shown = ts_xstrdup(shown), .date = date});
}

void
ts_listing_shown(ts_listing_t *self, const char *text)
{
    TS_CHECK(self->column_count > 0);
    add_cell(self, (cell_t){.shown = ts_xstrdup(text), .as_shown = true});
}

size_t
ts_listing_rows(const ts_listing_t *self)
{
    return self->column_count == 0 ? 0 : self->cell_count / self->column_count;
}

/* ---- JSON --------------------------------------------------------------------------------------
 */

json_t *
ts_json_number(int64_t number)
{
    json_t *json;
    if (number > JSON_EXACT_MAX || number < -JSON_EXACT_MAX) {
        char text[24];
        (void)snprintf(text, sizeof text, "%" PRId64, number);
        json = json_string(text);
    } else {
        json = json_integer(number);
    }
    TS_CHECK(json != NULL);
    return json;
}

json_t *
ts_json_text(const char *text)
{
    json_t *json = json_string(text);
    if (json == NULL) {
        /* Not UTF-8: what the screen would show. */
        ts_buf_t clean = {.length = 0};
        (void)ts_term_put(&clean, text, ts_term_cells(text) + 1);
        json = json_stringn((const char *)clean.data, clean.length);
        ts_buf_free(&clean);
    }
    TS_CHECK(json != NULL);
    return json;
}

static json_t *
cell_json(const column_t *column, const cell_t *cell)
{
    char date[16];
    if (cell->shown == NULL) {
        return json_null();
    }
    if (cell->as_shown) {
        return ts_json_text(cell->shown);
    }
    switch (column->kind) {
    case TS_LISTING_NUMBER:
        return ts_json_number(cell->number);
    case TS_LISTING_DATE:
        ts_date_format_iso(cell->date, date, sizeof date);
        return ts_json_text(date);
    case TS_LISTING_TEXT:
    case TS_LISTING_CODE:
        break;
    }
    return ts_json_text(cell->shown);
}

json_t *
ts_listing_json(const ts_listing_t *self)
{
    json_t *rows = json_array();
    TS_CHECK(rows != NULL);
    for (size_t r = 0; r < ts_listing_rows(self); r++) {
        json_t *row = json_object();
        TS_CHECK(row != NULL);
        for (size_t c = 0; c < self->column_count; c++) {
            const cell_t *cell = &self->cells[r * self->column_count + c];
            int failed =
                json_object_set_new(row, self->columns[c].key, cell_json(&self->columns[c], cell));
            TS_CHECK(failed == 0);
        }
        int failed = json_array_append_new(rows, row);
        TS_CHECK(failed == 0);
    }
    return rows;
}

bool
ts_json_print(const json_t *json, FILE *out)
{
    return json_dumpf(json, out, JSON_INDENT(2) | JSON_ENCODE_ANY) == 0 &&
           fputc('\n', out) != EOF && fflush(out) == 0;
}
