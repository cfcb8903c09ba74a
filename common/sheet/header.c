/* SPDX-License-Identifier: MPL-2.0 */
#include "sheet/header.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "sheet/text.h"

#include <string.h>

/* Headings of one field: its own name, two languages and aliases. */
#define NAMES_MAX 32u

/* The i-th accepted heading of a field; NULL at the end. */
static const char *
name_at(const ts_header_spec_t *spec, size_t index)
{
    if (index == 0) {
        return spec->header_vi;
    }
    if (index == 1) {
        return spec->header_en;
    }
    if (index == 2) {
        return spec->field;
    }
    return spec->aliases == NULL ? NULL : spec->aliases[index - 3];
}

/* A closing mark says that a column must be filled; it is no part of the name. */
static void
drop_closing(char *key)
{
    static const char *const marks[] = {"(*)", "*", ":", " "};
    size_t length = strlen(key);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t mark = strlen(marks[i]);
        if (length > mark && strcmp(key + length - mark, marks[i]) == 0) {
            length -= mark;
            key[length] = '\0';
            i = SIZE_MAX; /* from the first mark again */
        }
    }
}

typedef char *(*ts_key_of_t)(const char *text);

static char *
exact_key(const char *text)
{
    char *key = ts_text_key(text, 0);
    if (key != NULL) {
        drop_closing(key);
    }
    return key;
}

static char *
folded_key(const char *text)
{
    char *key = ts_text_fold(text);
    if (key != NULL) {
        drop_closing(key);
    }
    return key;
}

/* All accepted headings of a form as keys of one kind. */
typedef struct ts_names {
    char **keys; /* count × NAMES_MAX, NULL where there is none */
    size_t count;
} ts_names_t;

static ts_names_t
names_of(const ts_header_form_t *form, ts_key_of_t key_of)
{
    TS_CHECK(form->count >= 1 && form->count <= TS_SHEET_COLUMNS_MAX);
    ts_names_t names = {.keys = ts_xcalloc(form->count * NAMES_MAX, sizeof(char *)),
                        .count = form->count};
    for (size_t i = 0; i < form->count; i++) {
        const ts_header_spec_t *spec = &form->specs[i];
        TS_CHECK(spec->field != NULL && spec->header_vi != NULL && spec->header_en != NULL);
        const char *name = NULL;
        for (size_t j = 0; (name = name_at(spec, j)) != NULL; j++) {
            TS_CHECK(j < NAMES_MAX);
            names.keys[i * NAMES_MAX + j] = key_of(name);
        }
    }
    return names;
}

static void
names_free(ts_names_t *names)
{
    for (size_t i = 0; i < names->count * NAMES_MAX; i++) {
        ts_xfree(names->keys[i]);
    }
    ts_xfree(names->keys);
}

/* The field that a heading names; TS_HEADER_NONE when none. */
static size_t
find_field(const ts_names_t *names, const char *text, ts_key_of_t key_of)
{
    char *key = text[0] == '\0' ? NULL : key_of(text);
    size_t found = TS_HEADER_NONE;
    for (size_t i = 0; key != NULL && i < names->count * NAMES_MAX && found == TS_HEADER_NONE;
         i++) {
        if (names->keys[i] != NULL && strcmp(names->keys[i], key) == 0) {
            found = i / NAMES_MAX;
        }
    }
    ts_xfree(key);
    return found;
}

size_t
ts_header_locate(const ts_grid_t *table, const ts_header_form_t *form)
{
    ts_names_t names = names_of(form, exact_key);
    size_t best = 0;
    size_t best_hits = 0;
    for (size_t row = 0; row < ts_grid_rows(table) && row <= TS_GRID_TITLE_ROWS_MAX; row++) {
        size_t hits = 0;
        for (size_t column = 0; column < ts_grid_columns(table); column++) {
            hits +=
                find_field(&names, ts_grid_cell(table, row, column), exact_key) != TS_HEADER_NONE
                    ? 1
                    : 0;
        }
        if (hits > best_hits) {
            best = row;
            best_hits = hits;
        }
    }
    names_free(&names);
    return best;
}

static void
report_twice(const ts_grid_t *table, size_t first, size_t second, ts_sheet_issues_t *issues)
{
    ts_sheet_place_t place = ts_grid_header_place(table, second);
    ts_msg_t message = {0};
    ts_msg_set(&message, N_("columns {1} (“{2}”) and {3} (“{4}”) mean the same: keep one"));
    ts_msg_arg_number(&message, (int64_t)first + 1);
    ts_msg_arg(&message, ts_grid_header(table, first));
    ts_msg_arg_number(&message, (int64_t)second + 1);
    ts_msg_arg(&message, ts_grid_header(table, second));
    ts_sheet_issues_add(issues, TS_SHEET_ERROR, &place, &message);
}

/* `near`: the heading that is perhaps meant, or NULL. */
static void
report_unknown(const ts_grid_t *table,
               size_t column,
               const char *near,
               bool is_error,
               ts_sheet_issues_t *issues)
{
    ts_sheet_place_t place = ts_grid_header_place(table, column);
    ts_msg_t message = {0};
    if (near != NULL) {
        ts_msg_make(&message, N_("the heading “{1}” is not known; is “{2}” meant?"), place.column,
                    near, NULL);
    } else if (is_error) {
        ts_msg_make(&message, N_("the heading “{1}” is not known"), place.column, NULL);
    } else {
        ts_msg_make(&message, N_("the heading “{1}” is not known; the column is ignored"),
                    place.column, NULL);
    }
    ts_sheet_issues_add(issues, is_error ? TS_SHEET_ERROR : TS_SHEET_WARNING, &place, &message);
}

static void
report_headless(const ts_grid_t *table, size_t column, ts_sheet_issues_t *issues)
{
    for (size_t row = 0; row < ts_grid_rows(table); row++) {
        if (ts_grid_cell(table, row, column)[0] != '\0') {
            ts_sheet_place_t place = ts_grid_place(table, row, column);
            ts_msg_t message = {0};
            ts_msg_set(&message,
                       N_("column {1} has no heading and is ignored; its first value is “{2}”"));
            ts_msg_arg_number(&message, (int64_t)column + 1);
            ts_msg_arg(&message, place.value);
            ts_sheet_issues_add(issues, TS_SHEET_WARNING, &place, &message);
            return;
        }
    }
}

static void
report_missing(const ts_grid_t *table, const ts_header_spec_t *spec, ts_sheet_issues_t *issues)
{
    ts_buf_t list = {0};
    const char *name = NULL;
    for (size_t i = 0; (name = name_at(spec, i)) != NULL; i++) {
        ts_buf_put_text(&list, i == 0 ? "“" : ", “");
        ts_buf_put_text(&list, name);
        ts_buf_put_text(&list, "”");
    }
    ts_buf_put_u8(&list, 0);
    ts_sheet_place_t place = {.line = ts_grid_header_line(table)};
    ts_msg_t message = {0};
    ts_msg_make(&message, N_("the column “{1}” is missing; accepted headings: {2}"),
                spec->header_vi, (const char *)list.data, NULL);
    ts_sheet_issues_add(issues, TS_SHEET_ERROR, &place, &message);
    ts_buf_free(&list);
}

ts_err_t
ts_header_match(const ts_grid_t *table,
                const ts_header_form_t *form,
                ts_sheet_issues_t *issues,
                size_t *columns)
{
    ts_names_t names = names_of(form, exact_key);
    ts_names_t folded = names_of(form, folded_key);
    size_t errors_before = issues->errors;
    for (size_t i = 0; i < form->count; i++) {
        columns[i] = TS_HEADER_NONE;
    }
    for (size_t column = 0; column < ts_grid_columns(table); column++) {
        const char *text = ts_grid_header(table, column);
        size_t field = find_field(&names, text, exact_key);
        if (text[0] == '\0') {
            report_headless(table, column, issues);
        } else if (field == TS_HEADER_NONE) {
            size_t near = find_field(&folded, text, folded_key);
            report_unknown(table, column,
                           near == TS_HEADER_NONE ? NULL : form->specs[near].header_vi,
                           form->unknown_is_error, issues);
        } else if (columns[field] != TS_HEADER_NONE) {
            report_twice(table, columns[field], column, issues);
        } else {
            columns[field] = column;
        }
    }
    for (size_t i = 0; i < form->count; i++) {
        if (form->specs[i].required && columns[i] == TS_HEADER_NONE) {
            report_missing(table, &form->specs[i], issues);
        }
    }
    names_free(&names);
    names_free(&folded);
    return issues->errors > errors_before ? TS_ERR_INVALID : TS_ERR_OK;
}
