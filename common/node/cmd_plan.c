/* SPDX-License-Identifier: MPL-2.0 */
/* plan_check, plan_load, plan_scope, plan_list, plan_show. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/cmd.h"
#include "node/plan_tables.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

static void
folder_free(void *state)
{
    ts_plan_folder_t *self = state;
    ts_plan_free(self);
    ts_xfree(self);
}

static ts_plan_folder_t *
folder_new(ts_job_t *job)
{
    ts_plan_folder_t *self = ts_xcalloc(1, sizeof *self);
    job->state = self;
    job->free_state = folder_free;
    return self;
}

static void
put_counts(ts_job_t *job, const ts_plan_folder_t *self, bool loaded)
{
    const struct {
        const char *name;
        const char *title;
        size_t number;
    } columns[] = {
        {"errors", N_("Errors"), self->errors},
        {"warnings", N_("Warnings"), self->warnings},
        {"added", N_("added"), self->added},
        {"changed", N_("changed"), self->changed},
        {"unchanged", N_("unchanged"), self->unchanged},
    };
    size_t count = loaded ? 5 : 2;
    ts_table_t *table = ts_reply_add_table(&job->reply, "plan_load");
    for (size_t i = 0; i < count; i++) {
        ts_table_add_column(table, columns[i].name, columns[i].title, "number");
    }
    for (size_t i = 0; i < count; i++) {
        ts_table_add_number(table, (int64_t)columns[i].number);
    }
}

static void
put_tables(ts_job_t *job, const ts_plan_folder_t *self)
{
    ts_table_t *table = ts_reply_add_table(&job->reply, "tables");
    ts_table_add_column(table, "file", N_("File"), "text");
    ts_table_add_column(table, "rows", N_("Rows"), "number");
    for (size_t i = 0; i < TS_PLAN_TABLES; i++) {
        if (self->files[i].given) {
            ts_table_add_text(table, self->files[i].name);
            ts_table_add_number(table, (int64_t)ts_plan_rows(self, (ts_plan_table_id_t)i));
        }
    }
}

static ts_err_t
refuse_faults(ts_job_t *job, const ts_plan_folder_t *self)
{
    char errors[24];
    (void)snprintf(errors, sizeof errors, "%zu", self->errors);
    put_counts(job, self, false);
    return ts_job_refuse(job, TS_ERR_INVALID,
                         N_("The tables of the plan have {1} mistakes; mend them first"), errors,
                         NULL);
}

static ts_err_t
read_folder(ts_job_t *job, ts_plan_folder_t *self)
{
    if (job->command.file_count == 0) {
        return ts_job_refuse(job, TS_ERR_INVALID,
                             N_("There are no tables: give the folder of a plan"), NULL);
    }
    ts_plan_read(self, job, false);
    ts_plan_check(self);
    return self->errors > 0 ? refuse_faults(job, self) : TS_ERR_OK;
}

ts_err_t
ts_run_plan_check(ts_job_t *job)
{
    ts_plan_folder_t *self = folder_new(job);
    ts_err_t err = read_folder(job, self);
    if (err != TS_ERR_OK) {
        return err;
    }
    char warnings[24];
    (void)snprintf(warnings, sizeof warnings, "%zu", self->warnings);
    put_counts(job, self, false);
    put_tables(job, self);
    ts_job_say(job, N_("The tables of “{1}” can be loaded; {2} things to look at"),
               self->plan_key == NULL ? "?" : self->plan_key, warnings, NULL);
    return TS_ERR_OK;
}

/* ---- loading */

static ts_err_t
tell_loaded(ts_job_t *job)
{
    ts_plan_folder_t *self = job->state;
    char added[24];
    char changed[24];
    char unchanged[24];
    (void)snprintf(added, sizeof added, "%zu", self->added);
    (void)snprintf(changed, sizeof changed, "%zu", self->changed);
    (void)snprintf(unchanged, sizeof unchanged, "%zu", self->unchanged);
    put_counts(job, self, true);
    put_tables(job, self);
    if (self->drafts.count == 0) {
        ts_job_say(job, N_("Nothing changed: all {1} rows were loaded before"), unchanged, NULL);
    } else {
        ts_job_say(job, N_("Loaded: {1} rows new, {2} changed, {3} unchanged"), added, changed,
                   unchanged, NULL);
    }
    return TS_ERR_OK;
}

static ts_err_t
load_slice(ts_job_t *job)
{
    ts_plan_folder_t *self = job->state;
    bool done = false;
    ts_err_t err = ts_plan_draft_table(self, &done);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_job_progress(job, (uint64_t)self->next, TS_PLAN_TABLES);
    if (!done) {
        job->next = load_slice;
        return TS_ERR_OK;
    }
    return ts_drafts_write(job, &self->drafts, tell_loaded);
}

static ts_err_t
begin_load(ts_job_t *job)
{
    ts_err_t err = ts_plan_identify(job->state);
    if (err == TS_ERR_OK) {
        job->next = load_slice;
    }
    return err;
}

ts_err_t
ts_run_plan_load(ts_job_t *job)
{
    ts_plan_folder_t *self = folder_new(job);
    ts_err_t err = read_folder(job, self);
    if (err == TS_ERR_OK) {
        job->next = begin_load;
    }
    return err;
}

/* The plan that a table loaded later belongs to: by its key. */
static ts_err_t
find_plan(ts_job_t *job, ts_plan_folder_t *self)
{
    const char *key = ts_command_get(&job->command, "plan");
    if ((key == NULL || key[0] == '\0') && ts_plan_rows(self, TS_PLAN_SCOPE) > 0) {
        key = ts_plan_cell(self, TS_PLAN_SCOPE, 0, "plan");
    }
    if (key == NULL || key[0] == '\0') {
        return ts_job_refuse(job, TS_ERR_INVALID, N_("Say {1}=…"), "plan", NULL);
    }
    const ts_plan_t *plan = ts_catalog_plan_coded(ts_node_catalog(job->node), key);
    if (plan == NULL) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND, N_("The plan “{1}” is not loaded"), key, NULL);
    }
    self->plan_key = ts_xstrdup(key);
    self->plan = plan->id;
    return TS_ERR_OK;
}

/* A table of scope alone, from the decision that lists the units. */
ts_err_t
ts_run_plan_scope(ts_job_t *job)
{
    ts_plan_folder_t *self = folder_new(job);
    if (job->command.file_count == 0 && job->command.blob.length > 0) {
        ts_command_add_file(&job->command, "scope.csv", ts_buf_bytes(&job->command.blob));
    }
    ts_plan_read(self, job, true);
    if (self->files[TS_PLAN_SCOPE].grid == NULL) {
        put_counts(job, self, false);
        return ts_job_refuse(job, TS_ERR_INVALID, N_("There is no scope table that could be read"),
                             NULL);
    }
    ts_err_t err = find_plan(job, self);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_plan_check(self);
    if (self->errors > 0) {
        return refuse_faults(job, self);
    }
    job->next = begin_load;
    return TS_ERR_OK;
}

/* ---- list and show */

static size_t
count_of_plan(const ts_node_t *node, uint32_t kind, ts_record_id_t plan)
{
    ts_list_query_t query = {.kind = kind, .plan = plan, .limit = 1};
    uint64_t count = 0;
    return ts_ledger_list_count(node->ledger, &query, &count) == TS_ERR_OK ? (size_t)count : 0;
}

ts_err_t
ts_run_plan_list(ts_job_t *job)
{
    static const struct {
        const char *name;
        const char *title;
        uint32_t kind;
    } parts[] = {
        {"scope", N_("Units in scope"), TS_KIND_SCOPE},
        {"lines", N_("Support lines"), TS_KIND_LINE},
        {"bands", N_("Age bands"), TS_KIND_BAND},
        {"duties", N_("Duties"), TS_KIND_DUTY},
        {"periods", N_("Periods"), TS_KIND_PERIOD},
        {"budget", N_("Budget lines"), TS_KIND_BUDGET},
        {"targets", N_("Targets"), TS_KIND_TARGET},
        {"activities", N_("Activities"), TS_KIND_ACTIVITY},
    };
    ts_table_t *table = ts_reply_add_table(&job->reply, "plans");
    ts_table_add_column(table, "record", N_("Record code"), "code");
    ts_table_add_column(table, "plan", N_("Plan"), "text");
    ts_table_add_column(table, "title", N_("Title"), "text");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        ts_table_add_column(table, parts[i].name, parts[i].title, "number");
    }
    size_t position = 0;
    const ts_plan_t *plan;
    while ((plan = ts_catalog_next(ts_node_catalog(job->node), TS_KIND_PLAN, &position)) != NULL) {
        ts_table_add_number(table, (int64_t)plan->id);
        ts_table_add_text(table, plan->code);
        ts_table_add_text(table, plan->title);
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            ts_table_add_number(table, (int64_t)count_of_plan(job->node, parts[i].kind, plan->id));
        }
    }
    return TS_ERR_OK;
}

ts_err_t
ts_run_plan_show(ts_job_t *job)
{
    static const uint32_t kinds[] = {TS_KIND_LINE,   TS_KIND_BAND,    TS_KIND_SCOPE,
                                     TS_KIND_PERIOD, TS_KIND_DUTY,    TS_KIND_TARGET,
                                     TS_KIND_BUDGET, TS_KIND_ACTIVITY};
    const char *code = ts_command_get(&job->command, "plan");
    const ts_catalog_t *catalog = ts_node_catalog(job->node);
    size_t position = 0;
    const ts_plan_t *plan = code == NULL || code[0] == '\0'
                                ? ts_catalog_next(catalog, TS_KIND_PLAN, &position)
                                : ts_catalog_plan_coded(catalog, code);
    if (plan == NULL) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND, N_("The plan “{1}” is not loaded"),
                             code == NULL ? "" : code, NULL);
    }
    ts_err_t err = ts_records_show(job, TS_KIND_PLAN, plan->id);
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof kinds / sizeof kinds[0]; i++) {
        const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), kinds[i]);
        ts_list_query_t query = {.kind = kinds[i], .plan = plan->id, .limit = 2000};
        ts_table_t table;
        ts_table_init(&table, kind->name);
        err = ts_ledger_list(job->node->ledger, &query, &table);
        if (err == TS_ERR_OK && ts_table_rows(&table) > 0) {
            ts_records_name_columns(job->node, kind, &table,
                                    ts_reply_add_table(&job->reply, kind->name));
        } else {
            ts_table_free(&table);
        }
    }
    return err;
}
