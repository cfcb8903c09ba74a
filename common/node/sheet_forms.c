/* SPDX-License-Identifier: MPL-2.0 */
#include "node/sheet_forms.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/xalloc.h"
#include "sheet/csv.h"

#include <string.h>

/* deploy/plans/sheets.csv as text, made by the build. */
extern const unsigned char ts_table_sheets[];

#define FORMS_MAX 8u
#define ALIASES_MAX 30u

struct ts_sheet_forms {
    ts_sheet_form_t forms[FORMS_MAX];
    size_t count;
    ts_grid_t *grid; /* keeps the texts */
    char **owned;
    size_t owned_count;
    size_t owned_capacity;
    const char ***lists;
    size_t list_count;
    size_t list_capacity;
};

/* Columns of the table. */
enum { SHEET, FIELD, HEADER_VI, HEADER_EN, REQUIRED, FORMAT, COLUMNS };

static const char *const format_names[] = {
    [TS_FORMAT_ID] = "id",           [TS_FORMAT_UNIT] = "unit",         [TS_FORMAT_LINE] = "line",
    [TS_FORMAT_CODE] = "code",       [TS_FORMAT_MONTH] = "month",       [TS_FORMAT_DATE] = "date",
    [TS_FORMAT_INTEGER] = "integer", [TS_FORMAT_COUNT] = "count",       [TS_FORMAT_VND] = "vnd",
    [TS_FORMAT_SEX] = "sex",         [TS_FORMAT_PERSONAL] = "personal", [TS_FORMAT_TEXT] = "text",
};

static ts_cell_format_t
format_of(const char *name)
{
    size_t i = 0;
    while (i < sizeof format_names / sizeof format_names[0] && strcmp(format_names[i], name) != 0) {
        i++;
    }
    TS_CHECK(i < sizeof format_names / sizeof format_names[0]);
    return (ts_cell_format_t)i;
}

static char *
own(ts_sheet_forms_t *self, char *text)
{
    self->owned =
        ts_xgrow(self->owned, self->owned_count + 1, &self->owned_capacity, sizeof *self->owned);
    self->owned[self->owned_count++] = text;
    return text;
}

/* "Xã;Xã/phường;Tên xã" → the first heading and the others. */
static void
cut_headings(ts_sheet_forms_t *self, const char *text, ts_header_spec_t *spec)
{
    char *at = own(self, ts_xstrdup(text));
    const char **list = ts_xcalloc(ALIASES_MAX, sizeof *list);
    size_t count = 0;
    self->lists =
        ts_xgrow(self->lists, self->list_count + 1, &self->list_capacity, sizeof *self->lists);
    self->lists[self->list_count++] = list;
    spec->header_vi = at;
    while ((at = strchr(at, ';')) != NULL) {
        *at++ = '\0';
        TS_CHECK(count + 1 < ALIASES_MAX);
        list[count++] = at;
    }
    spec->aliases = list;
}

static ts_sheet_form_t *
form_named(ts_sheet_forms_t *self, const char *name)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->forms[i].name, name) == 0) {
            return &self->forms[i];
        }
    }
    TS_CHECK(self->count < FORMS_MAX);
    ts_sheet_form_t *form = &self->forms[self->count++];
    form->name = own(self, ts_xstrdup(name));
    return form;
}

static void
add_field(ts_sheet_forms_t *self, size_t row)
{
    const char *cells[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++) {
        cells[i] = ts_grid_cell(self->grid, row, i);
    }
    ts_sheet_form_t *form = form_named(self, cells[SHEET]);
    TS_CHECK(form->count < TS_SHEET_FIELDS_MAX);
    ts_header_spec_t *spec = &form->specs[form->count];
    bool required = strcmp(cells[REQUIRED], "yes") == 0;
    form->formats[form->count] = format_of(cells[FORMAT]);
    form->filled[form->count] = required;
    spec->field = cells[FIELD];
    spec->header_en = cells[HEADER_EN];
    /* Without row ids rows are known by their content: a warning says so. */
    spec->required = required && form->formats[form->count] != TS_FORMAT_ID;
    cut_headings(self, cells[HEADER_VI], spec);
    form->count++;
}

ts_sheet_forms_t *
ts_sheet_forms_new(void)
{
    ts_sheet_forms_t *self = ts_xcalloc(1, sizeof *self);
    ts_sheet_issues_t issues = {0};
    const char *text = (const char *)ts_table_sheets;
    ts_err_t err = ts_csv_read(text, strlen(text), ',', &issues, &self->grid);
    TS_CHECK(err == TS_ERR_OK);
    err = ts_grid_set_header(self->grid, 0, &issues);
    TS_CHECK(err == TS_ERR_OK && issues.errors == 0);
    for (size_t row = 0; row < ts_grid_rows(self->grid); row++) {
        add_field(self, row);
    }
    ts_sheet_issues_free(&issues);
    return self;
}

void
ts_sheet_forms_destroy(ts_sheet_forms_t **self_p)
{
    ts_sheet_forms_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->owned_count; i++) {
        ts_xfree(self->owned[i]);
    }
    for (size_t i = 0; i < self->list_count; i++) {
        ts_xfree(self->lists[i]);
    }
    ts_xfree(self->owned);
    ts_xfree(self->lists);
    ts_grid_destroy(&self->grid);
    ts_xfree(self);
    *self_p = NULL;
}

const ts_sheet_form_t *
ts_sheet_forms_get(const ts_sheet_forms_t *self, const char *name)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->forms[i].name, name) == 0) {
            return &self->forms[i];
        }
    }
    return NULL;
}

char *
ts_sheet_forms_names(const ts_sheet_forms_t *self)
{
    ts_buf_t text = {0};
    for (size_t i = 0; i < self->count; i++) {
        ts_buf_put_text(&text, i == 0 ? "" : ", ");
        ts_buf_put_text(&text, self->forms[i].name);
    }
    ts_buf_put_u8(&text, 0);
    char *names = ts_xstrdup((const char *)text.data);
    ts_buf_free(&text);
    return names;
}

size_t
ts_sheet_form_field(const ts_sheet_form_t *form, const char *field)
{
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->specs[i].field, field) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}
