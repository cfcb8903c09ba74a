/* SPDX-License-Identifier: MPL-2.0 */
/* trace: from a record to who typed it, who approved it, the signed segment and its certificates,
 * verified now. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "core/labels.h"
#include "crypto/hash.h"
#include "node/cmd.h"
#include "node/records_ask.h"
#include "node/states.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VERSIONS_MAX 64u
/* Records behind one figure that are listed. */
#define RECORDS_MAX 10000u

/* The chain of one version; every step is a row of the table: what, value, whether it was verified
 * now. */
typedef struct chain {
    ts_job_t *job;
    ts_table_t *table;
    char version[17];
} chain_t;

typedef enum checked { NOT_CHECKED, RIGHT, WRONG } checked_t;

static void
step_text(chain_t *chain, const char *title, const char *value, checked_t checked)
{
    ts_msg_t say = {0};
    ts_table_add_text(chain->table, chain->version);
    ts_msg_set(&say, title);
    ts_table_add_say(chain->table, &say);
    ts_table_add_text(chain->table, value);
    if (checked == NOT_CHECKED) {
        ts_table_add_nothing(chain->table);
        return;
    }
    ts_msg_set(&say, checked == RIGHT ? N_("verified") : N_("NOT RIGHT"));
    ts_table_add_say(chain->table, &say);
}

static void
step_number(chain_t *chain, const char *title, int64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    step_text(chain, title, text, NOT_CHECKED);
}

static void
step_hash(chain_t *chain, const char *title, const ts_hash_t *hash, checked_t checked)
{
    char hex[2 * TS_HASH_BYTES + 1];
    ts_hex_format(hash->b, TS_HASH_BYTES, hex);
    step_text(chain, title, hex, checked);
}

/* Is the event among those of the payload? */
static bool
payload_has(ts_node_t *node, const ts_segment_view_t *view, const ts_hash_t *event)
{
    ts_payload_t payload;
    ts_bytes_t bytes;
    if (ts_payload_open(node->codec, &view->header, view->payload, &payload) != TS_ERR_OK) {
        return false;
    }
    while (ts_payload_next(&payload, &bytes)) {
        ts_hash_t id = ts_hash_of(bytes.data, bytes.length);
        if (ts_hash_equal(&id, event)) {
            return true;
        }
    }
    return false;
}

/* The genesis certifies the log's key: root → registrar → invite → node. */
static void
trace_genesis(chain_t *chain, const ts_log_info_t *log)
{
    ts_node_t *node = chain->job->node;
    ts_buf_t bytes = {0};
    ts_segment_view_t view;
    ts_genesis_t genesis;
    ts_hash_t hash;
    ts_log_info_t info;
    bool right = ts_custody_find(node->custody, &log->log, NULL, &bytes) == TS_ERR_OK &&
                 ts_segment_parse(ts_buf_bytes(&bytes), &view) == TS_ERR_OK &&
                 ts_genesis_parse(view.payload, &genesis) == TS_ERR_OK &&
                 ts_segment_verify(node, &view, &hash, &info) == TS_ERR_OK &&
                 ts_hash_equal(&hash, &log->log);
    step_hash(chain, N_("Log (hash of its genesis)"), &log->log, right ? RIGHT : WRONG);
    if (right) {
        step_hash(chain, N_("Key of the installation"), &genesis.node_key, RIGHT);
        step_hash(chain, N_("certified by the invite"), &genesis.invite_key, RIGHT);
        step_hash(chain, N_("certified by the registrar"), &genesis.registrar_key, RIGHT);
        step_hash(chain, N_("certified by the root"), &genesis.root_key, RIGHT);
    }
    ts_buf_free(&bytes);
}

static ts_err_t
trace_segment(chain_t *chain, const ts_place_t *place, const ts_hash_t *event)
{
    ts_node_t *node = chain->job->node;
    ts_held_segment_t held;
    ts_buf_t bytes = {0};
    ts_segment_view_t view;
    ts_hash_t hash;
    ts_log_info_t info;
    ts_err_t err = ts_custody_get(node->custody, place->arrival, &held, &bytes);
    if (err != TS_ERR_OK) {
        ts_buf_free(&bytes);
        return err;
    }
    bool right = ts_segment_parse(ts_buf_bytes(&bytes), &view) == TS_ERR_OK &&
                 ts_segment_verify(node, &view, &hash, &info) == TS_ERR_OK &&
                 ts_hash_equal(&hash, &held.hash);
    step_hash(chain, N_("Segment"), &held.hash, right ? RIGHT : WRONG);
    step_text(chain, N_("The entry is inside the segment"), NULL,
              right && payload_has(node, &view, event) ? RIGHT : WRONG);
    step_number(chain, N_("Number in its log"), (int64_t)place->position);
    if (right) {
        char when[TS_UTC_BYTES];
        ts_utc_format_vietnam((ts_utc_t){view.header.claimed_ms}, when, sizeof when);
        step_text(chain, N_("Sealed at (by the clock there)"), when, NOT_CHECKED);
        trace_genesis(chain, &info);
    }
    ts_buf_free(&bytes);
    return TS_ERR_OK;
}

static void
trace_author(chain_t *chain, const ts_history_t *version, const ts_event_header_t *header)
{
    ts_node_t *node = chain->job->node;
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(node), version->office);
    ts_account_t account = {0};
    char when[TS_UTC_BYTES];
    ts_utc_format_vietnam((ts_utc_t){(int64_t)header->claimed_s * 1000}, when, sizeof when);
    step_text(chain, N_("Office"), office == NULL ? "?" : office->name, NOT_CHECKED);
    step_number(chain, N_("Account"), header->author);
    if (version->office == node->identity.keys.office &&
        ts_accounts_get(node, header->author, &account) == TS_ERR_OK &&
        account.function[0] != '\0') {
        step_text(chain, N_("Function"), account.function, NOT_CHECKED);
    }
    step_text(chain, N_("Recorded at (by the clock there)"), when, NOT_CHECKED);
    if (header->reason[0] != '\0') {
        step_text(chain, N_("Reason"), header->reason, NOT_CHECKED);
    }
    if (header->row_key[0] != '\0') {
        step_text(chain, N_("Row of the sheet"), header->row_key, NOT_CHECKED);
    }
    if (!ts_hash_is_zero(&header->source_key)) {
        step_hash(chain, N_("Hash of the sheet"), &header->source_key, NOT_CHECKED);
    }
}

static ts_err_t
trace_version(ts_job_t *job, ts_table_t *table, const ts_history_t *version)
{
    chain_t chain = {.job = job, .table = table};
    ts_bytes_t bytes;
    ts_event_header_t header;
    const ts_kind_schema_t *kind;
    const void *body;
    ts_event_state_t state;
    (void)snprintf(chain.version, sizeof chain.version, "%016" PRIx64, version->event);
    ts_err_t err = ts_fold_read(job->node->fold, &version->place, version->event, &bytes);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_hash_t event = ts_hash_of(bytes.data, bytes.length);
    err = ts_event_decode(job->node->decoder, bytes, &header, &kind, &body);
    if (err != TS_ERR_OK) {
        return err;
    }
    step_hash(&chain, N_("Hash of the entry"), &event,
              ts_hash_prefix(&event) == version->event ? RIGHT : WRONG);
    trace_author(&chain, version, &header);
    err = ts_state_of(job->node, &version->place, &state);
    if (err == TS_ERR_OK) {
        ts_msg_t say = {0};
        ts_table_add_text(table, chain.version);
        ts_msg_set(&say, N_("State"));
        ts_table_add_say(table, &say);
        ts_msg_set(&say, ts_state_str(state));
        ts_table_add_say(table, &say);
        ts_table_add_nothing(table);
    }
    if (err == TS_ERR_OK && version->place.arrival != 0) {
        err = trace_segment(&chain, &version->place, &event);
    }
    return err;
}

static ts_err_t
trace_approvals(ts_job_t *job, ts_record_id_t record)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), TS_KIND_APPROVAL);
    char number[24];
    (void)snprintf(number, sizeof number, "%" PRIu64, record);
    ts_list_filter_t filter = {"target", number};
    ts_list_query_t query = {
        .kind = TS_KIND_APPROVAL, .filters = &filter, .filter_count = 1, .limit = VERSIONS_MAX};
    ts_table_t table;
    ts_table_init(&table, "approvals");
    ts_err_t err = ts_ledger_list(job->node->ledger, &query, &table);
    if (err != TS_ERR_OK) {
        ts_table_free(&table);
        return err;
    }
    ts_records_name_columns(job->node, kind, &table, ts_reply_add_table(&job->reply, "approvals"));
    return TS_ERR_OK;
}

/* ---- from a figure to the records behind it */

/* Which kind of record makes a measure. */
static const struct {
    const char *measure;
    uint32_t kind;
} sources[] = {
    {"population", TS_KIND_POPULATION},       {"need_quantity", TS_KIND_NEED},
    {"need_children", TS_KIND_NEED},          {"need_heads", TS_KIND_NEED},
    {"distinct_in_need", TS_KIND_NEED},       {"child_times", TS_KIND_HANDOVER},
    {"head_times", TS_KIND_HANDOVER},         {"sites", TS_KIND_HANDOVER},
    {"handed_quantity", TS_KIND_HANDOVER},    {"handed_value", TS_KIND_HANDOVER},
    {"distinct_supported", TS_KIND_HANDOVER}, {"pledged_value", TS_KIND_PLEDGE},
    {"received_value", TS_KIND_RECEIPT},      {"purchased_value", TS_KIND_PURCHASE},
    {"allocated_value", TS_KIND_ALLOCATION},  {"reserved_value", TS_KIND_ALLOCATION},
    {"returned_value", TS_KIND_RETURN},       {"lost_value", TS_KIND_RETURN},
    {"redirected_value", TS_KIND_RETURN},
};
#define SOURCES (sizeof sources / sizeof sources[0])

/* The cell as typed. */
typedef struct cell {
    uint32_t kind;
    ts_record_id_t plan;
    ts_record_id_t unit;
    ts_record_id_t line;
    int32_t from;
    int32_t to;
} cell_t;

static ts_err_t
read_part(
    ts_job_t *job, ts_names_t *names, const char *field, uint32_t kind, ts_record_id_t *ret_id)
{
    const char *text = ts_command_get(&job->command, field);
    ts_msg_t why = {0};
    if (text == NULL || text[0] == '\0') {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_names_find(names, kind, text, ret_id, &why);
    return err == TS_ERR_OK ? err : ts_job_refuse_field(job, err, field, text, &why);
}

static ts_err_t
read_day(ts_job_t *job, const char *field, int32_t *ret_day)
{
    const char *text = ts_command_get(&job->command, field);
    uint32_t precision;
    ts_msg_t why = {0};
    if (text == NULL || text[0] == '\0') {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_records_parse_day(text, ret_day, &precision, &why);
    return err == TS_ERR_OK ? err : ts_job_refuse_field(job, err, field, text, &why);
}

static ts_err_t
read_cell(ts_job_t *job, const char *measure, cell_t *cell)
{
    for (size_t i = 0; i < SOURCES; i++) {
        if (strcmp(sources[i].measure, measure) == 0) {
            cell->kind = sources[i].kind;
        }
    }
    if (cell->kind == 0) {
        return ts_job_refuse(job, TS_ERR_INVALID, N_("There is no measure “{1}”"), measure, NULL);
    }
    ts_names_t *names = ts_names_new(job->node, 0);
    ts_err_t err = read_part(job, names, "plan", TS_KIND_PLAN, &cell->plan);
    if (err == TS_ERR_OK && cell->plan == 0) {
        size_t position = 0;
        const ts_plan_t *plan =
            ts_catalog_next(ts_node_catalog(job->node), TS_KIND_PLAN, &position);
        cell->plan = plan == NULL ? 0 : plan->id;
    }
    ts_names_set_plan(names, cell->plan);
    if (err == TS_ERR_OK) {
        err = read_part(job, names, "unit", TS_KIND_UNIT, &cell->unit);
    }
    if (err == TS_ERR_OK) {
        err = read_part(job, names, "line", TS_KIND_LINE, &cell->line);
    }
    if (err == TS_ERR_OK) {
        err = read_day(job, "from", &cell->from);
    }
    if (err == TS_ERR_OK) {
        err = read_day(job, "to", &cell->to);
    }
    ts_names_destroy(&names);
    return err;
}

static bool
cell_holds(const ts_node_t *node, const cell_t *cell, const ts_table_t *table, size_t row)
{
    size_t unit = ts_table_column(table, "unit_id");
    size_t day = ts_table_column(table, "occurred_on");
    const ts_cell_t *at = unit == SIZE_MAX ? NULL : ts_table_cell(table, row, unit);
    if (cell->unit != 0 && at != NULL &&
        !ts_catalog_below(ts_node_catalog(node), (ts_record_id_t)at->number, cell->unit)) {
        return false;
    }
    int64_t on = ts_table_cell(table, row, day)->number;
    return (cell->from == 0 || on >= cell->from) && (cell->to == 0 || on <= cell->to);
}

/* Copies the rows that the cell holds. */
static void
copy_rows(const ts_node_t *node, const cell_t *cell, const ts_table_t *from, ts_table_t *to)
{
    for (size_t i = 0; i < from->column_count && to->column_count < from->column_count; i++) {
        ts_table_add_column(to, from->columns[i].name, from->columns[i].title,
                            from->columns[i].format);
    }
    for (size_t row = 0; row < ts_table_rows(from); row++) {
        for (size_t i = 0; cell_holds(node, cell, from, row) && i < from->column_count; i++) {
            const ts_cell_t *value = ts_table_cell(from, row, i);
            if (value->kind == TS_CELL_NUMBER) {
                ts_table_add_number(to, value->number);
            } else {
                ts_table_add_text(to, value->text);
            }
        }
    }
}

/* The records behind a figure: plan, unit and below, line, days. Each can then be traced by itself.
 */
static ts_err_t
trace_cell(ts_job_t *job, const char *measure)
{
    cell_t cell = {.kind = 0};
    ts_err_t err = read_cell(job, measure, &cell);
    if (err != TS_ERR_OK) {
        return err;
    }
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), cell.kind);
    char line[24];
    (void)snprintf(line, sizeof line, "%" PRIu64, cell.line);
    ts_list_filter_t filter = {"line_id", line};
    bool by_line = cell.line != 0 && ts_schema_field(kind, "line_id") != NULL;
    ts_list_query_t query = {.kind = cell.kind,
                             .plan = cell.plan,
                             .filters = &filter,
                             .filter_count = by_line ? 1 : 0,
                             .limit = RECORDS_MAX};
    ts_table_t found;
    ts_table_t held;
    ts_table_init(&found, kind->name);
    ts_table_init(&held, kind->name);
    err = ts_ledger_list(job->node->ledger, &query, &found);
    if (err == TS_ERR_OK) {
        copy_rows(job->node, &cell, &found, &held);
        char count[24];
        (void)snprintf(count, sizeof count, "%zu", ts_table_rows(&held));
        ts_job_say(job, N_("{1} records stand behind this figure"), count, NULL);
        ts_records_name_columns(job->node, kind, &held, ts_reply_add_table(&job->reply, "records"));
    } else {
        ts_table_free(&held);
    }
    ts_table_free(&found);
    return err;
}

ts_err_t
ts_run_trace(ts_job_t *job)
{
    const char *measure = ts_command_get(&job->command, "measure");
    if (measure != NULL && measure[0] != '\0') {
        return trace_cell(job, measure);
    }
    ts_standing_t standing;
    ts_err_t err = ts_job_record(job, "record", 0, &standing);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_history_t history[VERSIONS_MAX];
    size_t count = 0;
    err = ts_ledger_history(job->node->ledger, standing.kind, standing.record, history,
                            VERSIONS_MAX, &count);
    if (err == TS_ERR_OK) {
        err = ts_records_show(job, standing.kind, standing.record);
    }
    if (err == TS_ERR_OK) {
        err = trace_approvals(job, standing.record);
    }
    ts_table_t *table = ts_reply_add_table(&job->reply, "chain");
    ts_table_add_column(table, "version", N_("Version"), "text");
    ts_table_add_column(table, "step", N_("Step"), "text");
    ts_table_add_column(table, "value", N_("Value"), "text");
    ts_table_add_column(table, "checked", N_("Checked"), "text");
    for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
        err = trace_version(job, table, &history[i]);
    }
    if (err == TS_ERR_OK) {
        ts_job_say(job, N_("These are check codes, not digital signatures in law"), NULL);
    }
    return err;
}
