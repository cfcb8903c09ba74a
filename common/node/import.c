/* SPDX-License-Identifier: MPL-2.0 */
/* A sheet as a whole: opening, what its columns hold, slices. */
#include "node/import.h"

#include "base/i18n.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "sheet/date.h"
#include "sheet/sheet.h"

#include <stdio.h>
#include <string.h>

const char *
ts_import_cell(const ts_import_t *self, size_t row, const char *field)
{
    size_t at = ts_sheet_form_field(self->form, field);
    if (at == SIZE_MAX || self->columns[at] == TS_HEADER_NONE) {
        return "";
    }
    return ts_grid_cell(self->grid, row, self->columns[at]);
}

void
ts_import_issue(
    ts_import_t *self, ts_sheet_severity_t severity, size_t row, const char *field, ts_msg_t *why)
{
    size_t at = field == NULL ? SIZE_MAX : ts_sheet_form_field(self->form, field);
    ts_sheet_place_t place = {.line = ts_grid_line(self->grid, row), .row = (uint32_t)row + 1};
    if (at != SIZE_MAX && self->columns[at] != TS_HEADER_NONE) {
        place = ts_grid_place(self->grid, row, self->columns[at]);
        if (self->form->formats[at] == TS_FORMAT_PERSONAL) {
            place.value = NULL; /* names never travel, not even in a message */
        }
    }
    ts_sheet_issues_add(&self->issues, severity, &place, why);
}

/* What the points and commas of a column mean, whether its dates are serial numbers. */
static void
look_at_column(ts_import_t *self, size_t at)
{
    size_t column = self->columns[at];
    ts_cell_format_t format = self->form->formats[at];
    ts_err_t err = TS_ERR_OK;
    if (column == TS_HEADER_NONE) {
        return;
    }
    if (format == TS_FORMAT_INTEGER || format == TS_FORMAT_COUNT) {
        err =
            ts_number_column(self->grid, column, &ts_number_whole, &self->issues, &self->marks[at]);
    } else if (format == TS_FORMAT_VND) {
        err =
            ts_number_column(self->grid, column, &ts_number_dong, &self->issues, &self->marks[at]);
    } else if (format == TS_FORMAT_DATE) {
        ts_date_column(self->grid, column, &self->issues, &self->serials[at]);
    }
    if (err != TS_ERR_OK) {
        self->marks[at] = TS_NUMBER_MARKS_UNKNOWN; /* the reason stands in the issues */
    }
}

static bool
column_is_filled(const ts_import_t *self, size_t at)
{
    for (size_t row = 0; row < ts_grid_rows(self->grid); row++) {
        if (ts_grid_cell(self->grid, row, self->columns[at])[0] != '\0') {
            return true;
        }
    }
    return false;
}

/* Columns that have no place in the record: said once, so that nobody believes them kept. */
static void
warn_left_out(ts_import_t *self, size_t at)
{
    bool personal = self->form->formats[at] == TS_FORMAT_PERSONAL;
    bool note = strcmp(self->form->specs[at].field, "note") == 0 &&
                ts_schema_field(self->kind, "note") == NULL;
    if (self->columns[at] == TS_HEADER_NONE || (!personal && !note) ||
        !column_is_filled(self, at)) {
        return;
    }
    ts_sheet_place_t place = ts_grid_header_place(self->grid, self->columns[at]);
    ts_msg_t message = {0};
    ts_msg_set(
        &message,
        personal
            ? N_("this column is not taken in: names and addresses stay in the office's own books")
            : N_("this column is not taken in: the record has no such field"));
    ts_sheet_issues_add(&self->issues, TS_SHEET_WARNING, &place, &message);
}

static void
warn_without_row_ids(ts_import_t *self)
{
    size_t at = ts_sheet_form_field(self->form, "row_id");
    if (at == SIZE_MAX || self->columns[at] != TS_HEADER_NONE) {
        return;
    }
    ts_msg_t message = {0};
    ts_msg_make(&message,
                N_("The sheet has no column “{1}”: rows are known again by their content, and a "
                   "row that was changed counts as a new one"),
                self->form->specs[at].header_vi, NULL);
    ts_sheet_issues_add(&self->issues, TS_SHEET_WARNING, NULL, &message);
}

static void
gather_offices(ts_import_t *self)
{
    size_t position = 0;
    const ts_office_t *office;
    self->offices = ts_map_new(sizeof(ts_record_id_t), 1);
    while ((office = ts_catalog_next(ts_node_catalog(self->job->node), TS_KIND_OFFICE,
                                     &position)) != NULL) {
        if (office->unit != 0 && !office->cut_off && office->role != TS_OFFICE_SUBSCRIBER) {
            (void)ts_map_put(self->offices, &office->unit);
        }
    }
}

ts_err_t
ts_import_open(ts_import_t *self, ts_bytes_t file)
{
    ts_header_form_t form = {.specs = self->form->specs, .count = self->form->count};
    self->source = ts_hash_of(file.data, file.length);
    ts_err_t err = ts_sheet_read(file, &form, &self->issues, &self->grid, self->columns);
    if (err != TS_ERR_OK) {
        return err;
    }
    for (size_t i = 0; i < self->form->count; i++) {
        look_at_column(self, i);
        warn_left_out(self, i);
    }
    warn_without_row_ids(self);
    gather_offices(self);
    self->names = ts_names_new(self->job->node, self->plan);
    self->seen = ts_map_new(sizeof(ts_hash_t), sizeof(uint64_t));
    return TS_ERR_OK;
}

void
ts_import_free(ts_import_t *self)
{
    ts_names_destroy(&self->names);
    ts_grid_destroy(&self->grid);
    ts_sheet_issues_free(&self->issues);
    ts_map_destroy(&self->seen);
    ts_map_destroy(&self->offices);
    ts_drafts_free(&self->drafts);
    ts_xfree(self->file);
    ts_xfree(self->reason);
    if (self->actions != NULL) {
        ts_table_free(self->actions);
        ts_xfree(self->actions);
    }
}

static void
note_action(ts_import_t *self, size_t row, ts_row_action_t action, ts_record_id_t record)
{
    static const char *const words[] = {N_("added"), N_("changed"), N_("unchanged"),
                                        N_("not taken in")};
    ts_msg_t say = {0};
    if (self->actions == NULL) {
        return;
    }
    ts_msg_set(&say, words[action]);
    ts_table_add_number(self->actions, (int64_t)row + 1);
    ts_table_add_number(self->actions, ts_grid_line(self->grid, row));
    ts_table_add_text(self->actions, ts_import_cell(self, row, "row_id"));
    ts_table_add_say(self->actions, &say);
    if (record == 0) {
        ts_table_add_nothing(self->actions);
    } else {
        ts_table_add_number(self->actions, (int64_t)record);
    }
}

ts_err_t
ts_import_slice(ts_import_t *self, bool *ret_done)
{
    size_t rows = ts_grid_rows(self->grid);
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < TS_IMPORT_ROWS_PER_SLICE && self->row < rows; i++) {
        ts_row_action_t action = TS_ROW_REFUSED;
        ts_record_id_t record = 0;
        err = ts_import_row(self, self->row, &action, &record);
        if (err == TS_ERR_OK) {
            self->totals.rows[action]++;
            note_action(self, self->row, action, record);
            self->row++;
        }
    }
    /* More mistakes than anybody mends at once: the rest is looked at next time. */
    *ret_done = self->row >= rows || (!self->partial && ts_sheet_issues_full(&self->issues));
    return err;
}
