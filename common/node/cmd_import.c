/* SPDX-License-Identifier: MPL-2.0 */
/* import: a sheet of an office becomes records; all of it or, with partial, the rows that are
 * right. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/cmd.h"
#include "node/import.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
import_free(void *state)
{
    ts_import_t *self = state;
    ts_import_free(self);
    ts_xfree(self);
}

/* ---- telling */

static void
put_issues(ts_job_t *job, const ts_import_t *self)
{
    for (size_t i = 0; i < self->issues.count; i++) {
        const ts_sheet_issue_t *from = &self->issues.items[i];
        ts_issue_t *to =
            ts_reply_add_issue(&job->reply, from->severity == TS_SHEET_ERROR ? TS_SEVERITY_ERROR
                                                                             : TS_SEVERITY_WARNING);
        to->file = self->file == NULL ? NULL : ts_xstrdup(self->file);
        to->line = from->line;
        to->row = from->row;
        to->column = from->column == NULL ? NULL : ts_xstrdup(from->column);
        to->value = from->value == NULL ? NULL : ts_xstrdup(from->value);
        ts_msg_set(&to->say, from->message.id);
        for (size_t k = 0; k < TS_MSG_ARGS_MAX && from->message.args[k] != NULL; k++) {
            ts_msg_arg(&to->say, from->message.args[k]);
        }
    }
}

static void
put_counts(ts_job_t *job, const ts_import_t *self)
{
    const ts_import_totals_t *totals = &self->totals;
    const struct {
        const char *name;
        const char *title;
        const char *format;
        int64_t number;
    } columns[] = {
        {"rows", N_("Rows"), "number", self->grid == NULL ? 0 : (int64_t)ts_grid_rows(self->grid)},
        {"added", N_("added"), "number", (int64_t)totals->rows[TS_ROW_ADDED]},
        {"changed", N_("changed"), "number", (int64_t)totals->rows[TS_ROW_CHANGED]},
        {"unchanged", N_("unchanged"), "number", (int64_t)totals->rows[TS_ROW_UNCHANGED]},
        {"refused", N_("not taken in"), "number", (int64_t)totals->rows[TS_ROW_REFUSED]},
        {"errors", N_("Errors"), "number", (int64_t)self->issues.errors},
        {"warnings", N_("Warnings"), "number", (int64_t)self->issues.warnings},
        {"entries", N_("Entries"), "number", (int64_t)self->drafts.count},
        {"children", N_("Children"), "number", totals->children},
        {"head_count", N_("Head counts"), "number", totals->heads},
        {"quantity", N_("Quantity"), "number", totals->quantity},
        {"value_vnd", N_("Value in đồng"), "vnd", totals->value_vnd},
    };
    ts_table_t *table = ts_reply_add_table(&job->reply, "import");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        ts_table_add_column(table, columns[i].name, columns[i].title, columns[i].format);
    }
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        ts_table_add_number(table, columns[i].number);
    }
}

/* What the reply says beside its sentence. */
static void
put_result(ts_job_t *job)
{
    ts_import_t *self = job->state;
    put_issues(job, self);
    if (self->grid != NULL) { /* of a file that could not be read there is nothing to count */
        put_counts(job, self);
    }
    if (self->actions != NULL && ts_table_rows(self->actions) > 0) {
        ts_table_t *table = ts_reply_add_table(&job->reply, "rows");
        ts_table_free(table);
        *table = *self->actions;
        *self->actions = (ts_table_t){0};
    }
}

static void
say_counts(ts_job_t *job, const char *id)
{
    ts_import_t *self = job->state;
    char texts[TS_ROW_ACTIONS][24];
    for (size_t i = 0; i < TS_ROW_ACTIONS; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%c%" PRIu64, TS_MSG_MARK_AMOUNT,
                       self->totals.rows[i]);
    }
    ts_job_say(job, id, texts[TS_ROW_ADDED], texts[TS_ROW_CHANGED], texts[TS_ROW_UNCHANGED],
               texts[TS_ROW_REFUSED], NULL);
}

static ts_err_t
tell_written(ts_job_t *job)
{
    ts_import_t *self = job->state;
    put_result(job);
    if (self->drafts.count == 0 && self->totals.rows[TS_ROW_REFUSED] == 0) {
        say_counts(job, N_("Nothing changed: all {3} rows were taken in before"));
    } else if (self->totals.rows[TS_ROW_REFUSED] > 0) {
        say_counts(job, N_("{1} rows added, {2} changed, {3} unchanged; {4} refused, see below"));
    } else {
        say_counts(job, N_("{1} rows added, {2} changed, {3} unchanged"));
    }
    return TS_ERR_OK;
}

static ts_err_t
refuse_sheet(ts_job_t *job, ts_err_t err)
{
    ts_import_t *self = job->state;
    char errors[24];
    (void)snprintf(errors, sizeof errors, "%zu", self->issues.errors);
    put_result(job);
    return ts_job_refuse(
        job, err,
        N_("Nothing was taken in: {1} mistakes in the sheet. Mend them and import it again"),
        errors, NULL);
}

/* ---- the slices */

static ts_err_t
finish(ts_job_t *job)
{
    ts_import_t *self = job->state;
    bool refused = self->totals.rows[TS_ROW_REFUSED] > 0 || self->issues.errors > 0;
    bool nothing_right = self->totals.rows[TS_ROW_REFUSED] == ts_grid_rows(self->grid);
    if (refused && (!self->partial || nothing_right)) {
        return refuse_sheet(job, TS_ERR_INVALID);
    }
    if (self->dry_run) {
        put_result(job);
        say_counts(job, N_("Only looked at: {1} rows would be added, {2} changed, {3} are "
                           "unchanged, {4} would be refused"));
        return TS_ERR_OK;
    }
    return ts_drafts_write(job, &self->drafts, tell_written);
}

static ts_err_t
slice(ts_job_t *job)
{
    ts_import_t *self = job->state;
    bool done = false;
    ts_err_t err = ts_import_slice(self, &done);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_job_progress(job, self->row, ts_grid_rows(self->grid));
    job->next = done ? finish : slice;
    return TS_ERR_OK;
}

/* ---- beginning */

static ts_err_t
read_plan(ts_job_t *job, ts_import_t *self)
{
    const char *text = ts_command_get(&job->command, "plan");
    const ts_catalog_t *catalog = ts_node_catalog(job->node);
    size_t position = 0;
    if (text == NULL || text[0] == '\0') {
        const ts_plan_t *plan = ts_catalog_next(catalog, TS_KIND_PLAN, &position);
        if (plan == NULL) {
            return ts_job_refuse(job, TS_ERR_NOTFOUND,
                                 N_("The plan has not come yet: connect to the parent office once"),
                                 NULL);
        }
        if (ts_catalog_next(catalog, TS_KIND_PLAN, &position) != NULL) {
            return ts_job_refuse(job, TS_ERR_INVALID,
                                 N_("There are several plans: say plan=<code>"), NULL);
        }
        self->plan = plan->id;
        return TS_ERR_OK;
    }
    ts_names_t *names = ts_names_new(job->node, 0);
    ts_msg_t why = {0};
    ts_err_t err = ts_names_find(names, TS_KIND_PLAN, text, &self->plan, &why);
    ts_names_destroy(&names);
    return err == TS_ERR_OK ? err : ts_job_refuse_field(job, err, "plan", text, &why);
}

/* Fund or allocation for rows that name none. */
static ts_err_t
read_source(ts_job_t *job, const char *field, uint32_t kind, ts_record_id_t *ret_id)
{
    const char *text = ts_command_get(&job->command, field);
    ts_msg_t why = {0};
    if (text == NULL || text[0] == '\0') {
        return TS_ERR_OK;
    }
    ts_names_t *names = ts_names_new(job->node, 0);
    ts_err_t err = ts_names_find(names, kind, text, ret_id, &why);
    ts_names_destroy(&names);
    return err == TS_ERR_OK ? err : ts_job_refuse_field(job, err, field, text, &why);
}

static ts_err_t
read_options(ts_job_t *job, ts_import_t *self)
{
    const char *reason = ts_command_get(&job->command, "reason");
    ts_err_t err = ts_job_flag(job, "dry_run", &self->dry_run);
    if (err == TS_ERR_OK) {
        err = ts_job_flag(job, "partial", &self->partial);
    }
    if (err == TS_ERR_OK) {
        err = read_plan(job, self);
    }
    if (err == TS_ERR_OK) {
        err = read_source(job, "fund", TS_KIND_FUND, &self->fund);
    }
    if (err == TS_ERR_OK) {
        err = read_source(job, "allocation", TS_KIND_ALLOCATION, &self->allocation);
    }
    self->reason = reason == NULL || reason[0] == '\0' ? NULL : ts_xstrdup(reason);
    if (err == TS_ERR_OK && self->dry_run) {
        self->actions = ts_xcalloc(1, sizeof *self->actions);
        ts_table_init(self->actions, "rows");
        ts_table_add_column(self->actions, "row", N_("Row"), "number");
        ts_table_add_column(self->actions, "line", N_("Line"), "number");
        ts_table_add_column(self->actions, "row_id", N_("Row of the sheet"), "text");
        ts_table_add_column(self->actions, "action", N_("What happens"), "text");
        ts_table_add_column(self->actions, "record", N_("Record code"), "code");
    }
    return err;
}

static ts_err_t
choose_form(ts_job_t *job, ts_import_t *self)
{
    ts_commands_t *commands = job->node->commands;
    const char *name = ts_job_need(job, "sheet");
    if (name == NULL) {
        return TS_ERR_INVALID;
    }
    if (commands->sheet_forms == NULL) {
        commands->sheet_forms = ts_sheet_forms_new();
    }
    self->form = ts_sheet_forms_get(commands->sheet_forms, name);
    self->kind = ts_schema_named(ts_wire_schema(), name);
    if (self->form == NULL || self->kind == NULL) {
        char *names = ts_sheet_forms_names(commands->sheet_forms);
        ts_err_t err = ts_job_refuse(job, TS_ERR_INVALID, N_("sheet = “{1}”: write one of {2}"),
                                     name, names, NULL);
        ts_xfree(names);
        return err;
    }
    return TS_ERR_OK;
}

ts_err_t
ts_run_import(ts_job_t *job)
{
    ts_import_t *self = ts_xcalloc(1, sizeof *self);
    job->state = self;
    job->free_state = import_free;
    self->job = job;
    const ts_buf_t *blob = job->command.blob.length == 0 && job->command.file_count > 0
                               ? &job->command.files[0].data
                               : &job->command.blob;
    const char *name =
        blob == &job->command.blob ? job->command.blob_name : job->command.files[0].name;
    if (blob->length == 0) {
        return ts_job_refuse(job, TS_ERR_INVALID, N_("There is no sheet, or it is empty"), NULL);
    }
    self->file = ts_xstrdup(name == NULL ? "sheet" : name);
    ts_err_t err = choose_form(job, self);
    if (err == TS_ERR_OK) {
        err = read_options(job, self);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_import_open(self, ts_buf_bytes(blob));
    if (err != TS_ERR_OK) {
        return refuse_sheet(job, err);
    }
    job->next = slice;
    return TS_ERR_OK;
}
