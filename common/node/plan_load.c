/* SPDX-License-Identifier: MPL-2.0 */
/* From the rows of a plan's tables to records: what is known is revised when its cells changed, the
 * rest is new. The row key of a unit or body is "plan/<table>/<key>": they belong to the
 * deployment, several plans may bring them; of all else "plan/<plan>/<table>/<key>". */
#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/plan_tables.h"
#include "sheet/header.h"
#include "wire/record_text.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

#define ROW_KEY_BYTES 512

typedef ts_plan_folder_t plan_t;

static void
row_key_of(const plan_t *plan,
           ts_plan_table_id_t table,
           const char *key,
           size_t length,
           char out[ROW_KEY_BYTES])
{
    if (ts_plan_tables[table].of_plan) {
        (void)snprintf(out, ROW_KEY_BYTES, "plan/%.100s/%s/%.*s", plan->plan_key,
                       ts_plan_tables[table].name, (int)(length < 200 ? length : 200), key);
    } else {
        (void)snprintf(out, ROW_KEY_BYTES, "plan/%s/%.*s", ts_plan_tables[table].name,
                       (int)(length < 200 ? length : 200), key);
    }
}

static ts_err_t
find_record(const plan_t *plan,
            ts_plan_table_id_t table,
            const char *key,
            size_t length,
            ts_record_id_t *ret_record)
{
    char row_key[ROW_KEY_BYTES];
    row_key_of(plan, table, key, length, row_key);
    return ts_ledger_row_key(plan->job->node->ledger, ts_plan_tables[table].kind,
                             plan->job->node->identity.keys.office, row_key, ret_record);
}

/* The province itself, which is in the registry from its founding, perhaps under another key. */
static bool
is_own_unit(const plan_t *plan, ts_plan_table_id_t table, size_t row)
{
    const char *code = ts_founding_unit_code(plan->job->node);
    return table == TS_PLAN_UNITS && code[0] != '\0' &&
           strcmp(ts_plan_cell(plan, table, row, "code"), code) == 0 &&
           strcmp(ts_plan_cell(plan, table, row, "level"), "province") == 0 &&
           ts_plan_cell(plan, table, row, "valid_to")[0] == '\0';
}

static ts_err_t
identify_table(plan_t *plan, ts_plan_table_id_t table)
{
    ts_plan_file_t *file = &plan->files[table];
    size_t rows = ts_plan_rows(plan, table);
    file->ids = ts_xcalloc(rows, sizeof *file->ids);
    for (size_t row = 0; row < rows; row++) {
        const char *key = ts_plan_cell(plan, table, row, "key");
        ts_err_t err = find_record(plan, table, key, strlen(key), &file->ids[row]);
        if (err == TS_ERR_NOTFOUND && is_own_unit(plan, table, row)) {
            file->ids[row] = plan->job->node->identity.unit;
        } else if (err == TS_ERR_NOTFOUND) {
            file->ids[row] = ts_node_mint_record(plan->job->node);
        } else if (err != TS_ERR_OK) {
            return err;
        }
    }
    return TS_ERR_OK;
}

ts_err_t
ts_plan_identify(ts_plan_folder_t *self)
{
    ts_err_t err = TS_ERR_OK;
    for (size_t table = 0; err == TS_ERR_OK && table < TS_PLAN_TABLES; table++) {
        if (ts_plan_tables[table].kind != 0 && self->files[table].grid != NULL) {
            err = identify_table(self, (ts_plan_table_id_t)table);
        }
    }
    if (err == TS_ERR_OK && self->files[TS_PLAN_PLAN].ids != NULL &&
        ts_plan_rows(self, TS_PLAN_PLAN) > 0) {
        self->plan = self->files[TS_PLAN_PLAN].ids[0];
    }
    return err;
}

/* Record of a key, of this load or of an earlier one. */
static ts_err_t
record_of_key(const plan_t *plan,
              ts_plan_table_id_t table,
              const char *key,
              ts_record_id_t *ret_record)
{
    size_t row = ts_plan_find(plan, table, key, strlen(key));
    if (row != SIZE_MAX && plan->files[table].ids != NULL) {
        *ret_record = plan->files[table].ids[row];
        return TS_ERR_OK;
    }
    return find_record(plan, table, key, strlen(key), ret_record);
}

/* "a;b" → "a; b", as the records keep lists. */
static ts_err_t
set_list(ts_record_t *record, const char *field, const char *text)
{
    ts_buf_t list = {0};
    const char *part;
    size_t length;
    while (ts_plan_part(&text, &part, &length)) {
        ts_buf_put_text(&list, list.length == 0 ? "" : "; ");
        ts_buf_put(&list, part, length);
    }
    ts_buf_put_u8(&list, 0);
    ts_err_t err = ts_record_set_string(record, field, (const char *)list.data);
    ts_buf_free(&list);
    return err;
}

static ts_err_t
set_cell(const plan_t *plan,
         ts_draft_t *draft,
         const ts_plan_column_t *column,
         const char *text,
         ts_msg_t *ret_why)
{
    ts_record_id_t target = 0;
    if (column->cell == TS_PLAN_OF_PLAN || column->field == NULL) {
        return TS_ERR_OK;
    }
    if (text[0] == '\0' || (draft->kind->kind == TS_KIND_BODY && strcmp(text, "ministry") == 0 &&
                            strcmp(column->name, "level") == 0)) {
        return ts_record_clear(draft->record, column->field);
    }
    switch (column->cell) {
    case TS_PLAN_REF: {
        ts_err_t err = record_of_key(plan, column->table, text, &target);
        return err == TS_ERR_OK
                   ? ts_record_set_number(draft->record, column->field, (int64_t)target)
                   : err;
    }
    case TS_PLAN_KEYS:
    case TS_PLAN_LIST:
        return set_list(draft->record, column->field, text);
    case TS_PLAN_TEXT:
    case TS_PLAN_WORD:
    case TS_PLAN_KEY_TEXT:
        return ts_record_set_string(draft->record, column->field, text);
    case TS_PLAN_COUNT:
    case TS_PLAN_VND:
    case TS_PLAN_DATE:
    case TS_PLAN_ENUM:
    case TS_PLAN_OF_PLAN:
    case TS_PLAN_UNSTORED:
    default:
        return ts_record_set_text(draft->record, column->field, text, NULL, ret_why);
    }
}

static ts_err_t
fill(plan_t *plan, ts_plan_table_id_t table, size_t row, ts_draft_t *draft)
{
    const ts_plan_column_t *columns = ts_plan_tables[table].columns;
    for (size_t i = 0; columns[i].name != NULL; i++) {
        ts_msg_t why = {0};
        ts_err_t err = set_cell(plan, draft, &columns[i],
                                ts_plan_cell(plan, table, row, columns[i].name), &why);
        if (err == TS_ERR_OK) {
            continue;
        }
        if (why.id == NULL) {
            ts_msg_set(&why, ts_err_str(err));
        }
        ts_plan_find_fault(plan, TS_SEVERITY_ERROR, table, row, columns[i].name, &why);
        return ts_job_refuse(plan->job, err, N_("Nothing was loaded: a cell cannot be stored"),
                             NULL);
    }
    return TS_ERR_OK;
}

/* A new record, or the next version of the one that is there. */
static ts_err_t
open_draft(plan_t *plan, ts_plan_table_id_t table, size_t row, ts_draft_t *draft, bool *ret_new)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), ts_plan_tables[table].kind);
    ts_record_id_t record = plan->files[table].ids[row];
    ts_standing_t standing;
    ts_err_t err = ts_ledger_record(plan->job->node->ledger, kind->kind, record, &standing);
    *ret_new = err == TS_ERR_NOTFOUND;
    if (err == TS_ERR_OK) {
        return ts_draft_revise(plan->job, draft, &standing, true, 0);
    }
    if (err != TS_ERR_NOTFOUND) {
        return err;
    }
    ts_draft_new(plan->job, draft, kind, ts_plan_tables[table].of_plan ? plan->plan : 0);
    draft->header.record = record;
    char row_key[ROW_KEY_BYTES];
    const char *key = ts_plan_cell(plan, table, row, "key");
    row_key_of(plan, table, key, strlen(key), row_key);
    ts_draft_set_row_key(draft, row_key);
    return TS_ERR_OK;
}

static ts_err_t
draft_row(plan_t *plan, ts_plan_table_id_t table, size_t row)
{
    ts_draft_t draft = {0};
    bool is_new = false;
    ts_msg_t why = {0};
    ts_err_t err = open_draft(plan, table, row, &draft, &is_new);
    if (err == TS_ERR_OK) {
        err = fill(plan, table, row, &draft);
    }
    bool same = err == TS_ERR_OK && !is_new && ts_draft_unchanged(&draft);
    if (err == TS_ERR_OK && !same) {
        if (!is_new) {
            ts_draft_set_reason(&draft, plan->files[table].name);
        }
        err = ts_drafts_add(plan->job, &plan->drafts, &draft, &why);
    }
    if (why.id != NULL) {
        ts_plan_find_fault(plan, TS_SEVERITY_ERROR, table, row, NULL, &why);
        err = ts_job_refuse(plan->job, err, N_("Nothing was loaded: a row cannot be stored"), NULL);
    }
    plan->added += err == TS_ERR_OK && is_new;
    plan->unchanged += same;
    plan->changed += err == TS_ERR_OK && !is_new && !same;
    ts_draft_free(&draft);
    return err;
}

/* Rows that were loaded once and are not in the table any more: they stay, and are named. */
static ts_err_t
tell_missing(plan_t *plan, ts_plan_table_id_t table)
{
    char prefix[ROW_KEY_BYTES];
    ts_table_t found;
    row_key_of(plan, table, "", 0, prefix);
    ts_table_init(&found, "loaded");
    ts_list_query_t query = {
        .kind = ts_plan_tables[table].kind, .plan = plan->plan, .limit = 10000};
    ts_err_t err = ts_ledger_list(plan->job->node->ledger, &query, &found);
    size_t column = err == TS_ERR_OK ? ts_table_column(&found, "row_key") : SIZE_MAX;
    for (size_t i = 0; column != SIZE_MAX && i < ts_table_rows(&found); i++) {
        const char *row_key = ts_table_cell(&found, i, column)->text;
        size_t length = strlen(prefix);
        if (row_key != NULL && strncmp(row_key, prefix, length) == 0 &&
            ts_plan_find(plan, table, row_key + length, strlen(row_key + length)) == SIZE_MAX) {
            ts_plan_say(plan, TS_SEVERITY_WARNING, table, SIZE_MAX, "key",
                        N_("“{1}” was loaded before and is not in the table any more: it stays "
                           "until it is withdrawn (void)"),
                        row_key + length, NULL);
        }
    }
    ts_table_free(&found);
    return err;
}

ts_err_t
ts_plan_draft_table(ts_plan_folder_t *self, bool *ret_done)
{
    ts_plan_table_id_t table = self->next;
    ts_err_t err = TS_ERR_OK;
    if (self->files[table].ids != NULL) {
        for (size_t row = 0; err == TS_ERR_OK && row < ts_plan_rows(self, table); row++) {
            err = draft_row(self, table, row);
        }
        if (err == TS_ERR_OK && ts_plan_tables[table].of_plan) {
            err = tell_missing(self, table);
        }
    }
    self->next = (ts_plan_table_id_t)(table + 1);
    *ret_done = self->next == TS_PLAN_TABLES;
    return err;
}
