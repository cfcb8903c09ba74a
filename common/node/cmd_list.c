/* SPDX-License-Identifier: MPL-2.0 */
/* list, show, conflicts, parked, findings: what the ledger says, for people and programs. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "core/labels.h"
#include "node/cmd.h"
#include "node/records_ask.h"
#include "node/states.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FILTERS_MAX 32u
#define LIMIT_DEFAULT 100u
#define LIMIT_MAX 10000u
/* Rows of parked entries, conflicts and findings in one reply. */
#define SHOWN_MAX 500u

/* ---- list */

/* A filter as typed, and its value as the table has it. */
typedef struct filters {
    ts_list_filter_t rows[FILTERS_MAX];
    char *owned[3 * FILTERS_MAX];
    size_t owned_count;
    size_t count;
} filters_t;

static void
filters_free(filters_t *filters)
{
    for (size_t i = 0; i < filters->owned_count; i++) {
        ts_xfree(filters->owned[i]);
    }
}

static const char *
keep(filters_t *filters, char *text)
{
    filters->owned[filters->owned_count++] = text;
    return text;
}

/* The schema's field of what a person calls "unit" or "line". */
static const ts_field_t *
field_of(const ts_kind_schema_t *kind, const char *name)
{
    static const char *const endings[] = {"", "_id", "_far_id", "_on", "_vnd"};
    char path[128];
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        int length = snprintf(path, sizeof path, "%s%s", name, endings[i]);
        const ts_field_t *field =
            length > 0 && (size_t)length < sizeof path ? ts_schema_field(kind, path) : NULL;
        if (field != NULL) {
            return field;
        }
    }
    return NULL;
}

/* "beneficiary" of a handover: the field of a list of references. */
static const ts_child_list_t *
list_of(const ts_kind_schema_t *kind, const char *name)
{
    static const char *const endings[] = {"", "_ids"};
    char path[128];
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        int length = snprintf(path, sizeof path, "%s%s", name, endings[i]);
        const ts_child_list_t *list =
            length > 0 && (size_t)length < sizeof path ? ts_schema_list(kind, path) : NULL;
        if (list != NULL && list->is_scalar) {
            return list;
        }
    }
    return NULL;
}

/* A date as people write it becomes the ISO text of the table. */
static ts_err_t
as_in_table(ts_job_t *job, const ts_field_t *field, filters_t *filters, ts_list_filter_t *row)
{
    int32_t day;
    uint32_t precision;
    ts_msg_t why = {0};
    if (field->sense != TS_SENSE_DATE || row->value == NULL) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_records_parse_day(row->value, &day, &precision, &why);
    if (err != TS_ERR_OK) {
        return ts_job_refuse_field(job, err, field->name, row->value, &why);
    }
    char text[TS_DATE_BYTES];
    ts_date_format_iso((ts_date_t){day}, text, sizeof text);
    row->value = keep(filters, ts_xstrdup(text));
    return TS_ERR_OK;
}

/* References by code or name, the rest as typed; the table's own columns take their values as they
 * are. */
static ts_err_t
add_filter(ts_job_t *job,
           ts_names_t *names,
           const ts_kind_schema_t *kind,
           filters_t *filters,
           const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || filters->count == FILTERS_MAX) {
        return ts_job_refuse(job, TS_ERR_INVALID, N_("filter = “{1}”: write field=value"), text,
                             NULL);
    }
    const char *name = keep(filters, ts_xstrndup(text, (size_t)(equals - text)));
    const ts_field_t *field = field_of(kind, name);
    ts_list_filter_t *row = &filters->rows[filters->count++];
    const ts_child_list_t *list = field == NULL ? list_of(kind, name) : NULL;
    *row = (ts_list_filter_t){.column = list != NULL    ? list->name
                                        : field != NULL ? field->name
                                                        : name};
    field = list != NULL ? &list->fields[0] : field;
    if (equals[1] != '\0') {
        row->value = keep(filters, ts_xstrdup(equals + 1));
    }
    bool ref = field != NULL && (field->sense == TS_SENSE_REF || field->sense == TS_SENSE_FAR_REF);
    if (ref && row->value != NULL) {
        ts_record_id_t id = 0;
        ts_msg_t why = {0};
        ts_err_t err = ts_names_find(names, field->ref_kind, row->value, &id, &why);
        if (err != TS_ERR_OK) {
            return ts_job_refuse_field(job, err, name, row->value, &why);
        }
        char number[24];
        (void)snprintf(number, sizeof number, "%" PRIu64, id);
        row->value = keep(filters, ts_xstrdup(number));
    }
    return field == NULL ? TS_ERR_OK : as_in_table(job, field, filters, row);
}

/* Words of the command that are no filters. */
static bool
is_list_option(const char *name)
{
    static const char *const options[] = {"kind",  "plan",      "unit",      "district", "limit",
                                          "after", "with_void", "conflicts", "filter"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (strcmp(options[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Every other field is a filter too. */
static ts_err_t
read_filters(ts_job_t *job, ts_names_t *names, const ts_kind_schema_t *kind, filters_t *filters)
{
    ts_err_t err = TS_ERR_OK;
    bool conflicts = false;
    for (size_t i = 0; err == TS_ERR_OK && i < job->command.field_count; i++) {
        const ts_command_field_t *field = &job->command.fields[i];
        ts_buf_t text = {0};
        if (strcmp(field->name, "filter") == 0) {
            ts_buf_put_text(&text, field->value);
        } else if (!is_list_option(field->name)) {
            ts_buf_put_text(&text, field->name);
            ts_buf_put_text(&text, "=");
            ts_buf_put_text(&text, field->value);
        }
        if (text.length > 0) {
            ts_buf_put_u8(&text, 0);
            err = add_filter(job, names, kind, filters, (const char *)text.data);
        }
        ts_buf_free(&text);
    }
    if (err == TS_ERR_OK) {
        err = ts_job_flag(job, "conflicts", &conflicts);
    }
    if (err == TS_ERR_OK && conflicts) {
        err = add_filter(job, names, kind, filters, "conflict=1");
    }
    return err;
}

/* A unit and all below it. */
static ts_err_t
read_units(ts_job_t *job, ts_names_t *names, ts_list_query_t *query, ts_record_id_t **ret_units)
{
    const char *text = ts_command_get(&job->command, "unit");
    const ts_catalog_t *catalog = ts_node_catalog(job->node);
    ts_record_id_t above = 0;
    ts_msg_t why = {0};
    if (text == NULL || text[0] == '\0') {
        return TS_ERR_OK;
    }
    ts_names_set_district(names, ts_command_get(&job->command, "district"));
    ts_err_t err = ts_names_find(names, TS_KIND_UNIT, text, &above, &why);
    if (err != TS_ERR_OK) {
        return ts_job_refuse_field(job, err, "unit", text, &why);
    }
    size_t capacity = 0;
    size_t position = 0;
    const ts_unit_t *unit;
    while ((unit = ts_catalog_next(catalog, TS_KIND_UNIT, &position)) != NULL) {
        if (ts_catalog_below(catalog, unit->id, above)) {
            *ret_units = ts_xgrow(*ret_units, query->unit_count + 1, &capacity, sizeof **ret_units);
            (*ret_units)[query->unit_count++] = unit->id;
        }
    }
    query->units = *ret_units;
    return TS_ERR_OK;
}

static ts_err_t
read_query(ts_job_t *job, ts_names_t *names, ts_list_query_t *query)
{
    const char *plan = ts_command_get(&job->command, "plan");
    const char *after = ts_command_get(&job->command, "after");
    uint64_t limit = 0;
    ts_msg_t why = {0};
    ts_err_t err = ts_job_number(job, "limit", LIMIT_DEFAULT, LIMIT_MAX, &limit);
    query->limit = limit == 0 ? LIMIT_DEFAULT : (size_t)limit;
    if (err == TS_ERR_OK) {
        err = ts_job_flag(job, "with_void", &query->with_void);
    }
    if (err == TS_ERR_OK && plan != NULL && plan[0] != '\0') {
        err = ts_names_find(names, TS_KIND_PLAN, plan, &query->plan, &why);
        if (err != TS_ERR_OK) {
            return ts_job_refuse_field(job, err, "plan", plan, &why);
        }
        ts_names_set_plan(names, query->plan);
    }
    if (err == TS_ERR_OK && after != NULL &&
        ts_record_code_parse(after, &query->after) != TS_ERR_OK) {
        err = ts_job_refuse(job, TS_ERR_INVALID, N_("after = “{1}” is no short code"), after, NULL);
    }
    return err;
}

static ts_record_id_t
first_plan(const ts_node_t *node)
{
    size_t position = 0;
    const ts_plan_t *plan = ts_catalog_next(ts_node_catalog(node), TS_KIND_PLAN, &position);
    return plan == NULL ? 0 : plan->id;
}

static ts_err_t
run_list(ts_job_t *job, const ts_kind_schema_t *kind, const ts_list_query_t *query)
{
    uint64_t total = 0;
    ts_table_t table;
    ts_table_init(&table, kind->name);
    ts_err_t err = ts_ledger_list(job->node->ledger, query, &table);
    if (err == TS_ERR_OK) {
        err = ts_ledger_list_count(job->node->ledger, query, &total);
    }
    if (err == TS_ERR_INVALID) {
        ts_table_free(&table);
        return ts_job_refuse(job, err, N_("The kind “{1}” has no such field to filter by"),
                             kind->name, NULL);
    }
    if (err != TS_ERR_OK) {
        ts_table_free(&table);
        return err;
    }
    char shown[24];
    char all[24];
    (void)snprintf(shown, sizeof shown, "%zu", ts_table_rows(&table));
    (void)snprintf(all, sizeof all, "%" PRIu64, total);
    ts_job_say(job, N_("{1} of {2}"), shown, all, NULL);
    ts_records_name_columns(job->node, kind, &table, ts_reply_add_table(&job->reply, kind->name));
    return TS_ERR_OK;
}

ts_err_t
ts_run_list(ts_job_t *job)
{
    const char *name = ts_job_need(job, "kind");
    if (name == NULL) {
        return TS_ERR_INVALID;
    }
    const ts_kind_schema_t *kind = ts_schema_named(ts_wire_schema(), name);
    if (kind == NULL) {
        return ts_job_refuse(job, TS_ERR_INVALID, N_("There is no kind “{1}”"), name, NULL);
    }
    ts_names_t *names = ts_names_new(job->node, first_plan(job->node));
    ts_list_query_t query = {.kind = kind->kind};
    ts_record_id_t *units = NULL;
    filters_t filters = {.count = 0};
    ts_err_t err = read_query(job, names, &query);
    if (err == TS_ERR_OK) {
        err = read_units(job, names, &query, &units);
    }
    if (err == TS_ERR_OK) {
        err = read_filters(job, names, kind, &filters);
        query.filters = filters.rows;
        query.filter_count = filters.count;
    }
    if (err == TS_ERR_OK) {
        err = run_list(job, kind, &query);
    }
    filters_free(&filters);
    ts_xfree(units);
    ts_names_destroy(&names);
    return err;
}

/* ---- show */

static void
history_columns(ts_table_t *table)
{
    ts_table_add_column(table, "version", N_("Version"), "text");
    ts_table_add_column(table, "stands", N_("Stands"), "number");
    ts_table_add_column(table, "void", N_("Withdrawn"), "number");
    ts_table_add_column(table, "office", N_("Office"), "number");
    ts_table_add_column(table, "office_name", N_("Name"), "text");
    ts_table_add_column(table, "author", N_("Account"), "number");
    ts_table_add_column(table, "recorded", N_("Recorded at"), "time");
    ts_table_add_column(table, "reason", N_("Reason"), "text");
    ts_table_add_column(table, "state", N_("State"), "text");
}

static ts_err_t
history_row(ts_job_t *job, ts_table_t *table, const ts_history_t *event)
{
    ts_event_header_t header;
    const ts_kind_schema_t *kind;
    const void *body;
    ts_event_state_t state;
    ts_err_t err = ts_state_of(job->node, &event->place, &state);
    if (err == TS_ERR_OK) {
        err = ts_records_read(job->node, &event->place, event->event, &header, &kind, &body);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(job->node), event->office);
    char prefix[17];
    (void)snprintf(prefix, sizeof prefix, "%016" PRIx64, event->event);
    ts_table_add_text(table, prefix);
    ts_table_add_number(table, event->stands);
    ts_table_add_number(table, event->is_void);
    ts_table_add_number(table, event->office);
    ts_table_add_text(table, office == NULL ? NULL : office->name);
    ts_table_add_number(table, event->author);
    ts_table_add_number(table, (int64_t)header.claimed_s);
    ts_table_add_text(table, header.reason[0] == '\0' ? NULL : header.reason);
    ts_msg_t say = {0};
    ts_msg_set(&say, ts_state_str(state));
    ts_table_add_say(table, &say);
    return TS_ERR_OK;
}

static ts_err_t
show_history(ts_job_t *job, const ts_standing_t *standing)
{
    ts_history_t *history = ts_xcalloc(SHOWN_MAX, sizeof *history);
    size_t count = 0;
    ts_err_t err = ts_ledger_history(job->node->ledger, standing->kind, standing->record, history,
                                     SHOWN_MAX, &count);
    ts_table_t *table = ts_reply_add_table(&job->reply, "history");
    history_columns(table);
    for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
        err = history_row(job, table, &history[i]);
    }
    ts_xfree(history);
    return err;
}

/* All records of a kind whose field names this record. */
static ts_err_t
show_naming(
    ts_job_t *job, uint32_t kind_number, const char *field, ts_record_id_t record, const char *name)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), kind_number);
    char number[24];
    (void)snprintf(number, sizeof number, "%" PRIu64, record);
    ts_list_filter_t filter = {field, number};
    ts_list_query_t query = {
        .kind = kind_number, .filters = &filter, .filter_count = 1, .limit = SHOWN_MAX};
    ts_table_t table;
    ts_table_init(&table, kind->name);
    ts_err_t err = ts_ledger_list(job->node->ledger, &query, &table);
    if (err == TS_ERR_OK && ts_table_rows(&table) > 0) {
        ts_records_name_columns(job->node, kind, &table, ts_reply_add_table(&job->reply, name));
    } else {
        ts_table_free(&table);
    }
    return err;
}

typedef struct posting_rows {
    ts_table_t *table;
} posting_rows_t;

static void
add_posting(void *ctx, const ts_posting_t *posting)
{
    ts_table_t *table = ((posting_rows_t *)ctx)->table;
    ts_table_add_text(table, ts_account_name(posting->account));
    ts_table_add_number(table, (int64_t)posting->owner);
    ts_table_add_text(table, posting->commodity);
    ts_table_add_text(table, posting->unit_of_measure);
    ts_table_add_number(table, posting->quantity);
    ts_table_add_number(table, posting->value_vnd);
}

static ts_err_t
show_postings(ts_job_t *job, ts_record_id_t record)
{
    posting_rows_t rows = {ts_reply_add_table(&job->reply, "postings")};
    ts_table_add_column(rows.table, "account", N_("Account"), "text");
    ts_table_add_column(rows.table, "owner", N_("Code"), "code");
    ts_table_add_column(rows.table, "commodity", N_("Item"), "text");
    ts_table_add_column(rows.table, "unit_of_measure", N_("Unit of measure"), "text");
    ts_table_add_column(rows.table, "quantity", N_("Quantity"), "number");
    ts_table_add_column(rows.table, "value_vnd", N_("Value in đồng"), "vnd");
    return ts_ledger_postings(job->node->ledger, record, add_posting, &rows);
}

ts_err_t
ts_run_show(ts_job_t *job)
{
    ts_standing_t standing;
    ts_err_t err = ts_job_record(job, "record", 0, &standing);
    if (err == TS_ERR_OK) {
        err = ts_records_show(job, standing.kind, standing.record);
    }
    if (err == TS_ERR_OK) {
        err = show_history(job, &standing);
    }
    if (err == TS_ERR_OK) {
        err = show_naming(job, TS_KIND_APPROVAL, "target", standing.record, "approvals");
    }
    if (err == TS_ERR_OK) {
        err = show_postings(job, standing.record);
    }
    if (err == TS_ERR_OK && standing.conflict) {
        ts_job_say(job, N_("Several versions exclude one another: decide with resolve"), NULL);
    } else if (err == TS_ERR_OK && standing.is_void) {
        ts_job_say(job, N_("This record was withdrawn"), NULL);
    }
    return err;
}

/* ---- conflicts */

/* Every version that stands, so that one can be chosen. */
static ts_err_t
put_versions(ts_job_t *job, ts_table_t *table, const ts_kind_schema_t *kind, ts_record_id_t record)
{
    ts_history_t history[TS_REVISES_MAX];
    size_t count = 0;
    ts_err_t err =
        ts_ledger_history(job->node->ledger, kind->kind, record, history, TS_REVISES_MAX, &count);
    for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
        if (!history[i].stands) {
            continue;
        }
        ts_table_add_number(table, (int64_t)record);
        ts_table_add_text(table, kind->name);
        err = history_row(job, table, &history[i]);
    }
    return err;
}

static ts_err_t
list_conflicts(ts_job_t *job, ts_table_t *table, const ts_kind_schema_t *kind)
{
    ts_list_filter_t filter = {"conflict", "1"};
    ts_list_query_t query = {.kind = kind->kind,
                             .filters = &filter,
                             .filter_count = 1,
                             .limit = SHOWN_MAX,
                             .with_void = true};
    ts_table_t found;
    ts_table_init(&found, kind->name);
    ts_err_t err = ts_ledger_list(job->node->ledger, &query, &found);
    size_t column = err == TS_ERR_OK ? ts_table_column(&found, "record") : SIZE_MAX;
    for (size_t row = 0; err == TS_ERR_OK && column != SIZE_MAX && row < ts_table_rows(&found);
         row++) {
        err = put_versions(job, table, kind,
                           (ts_record_id_t)ts_table_cell(&found, row, column)->number);
    }
    ts_table_free(&found);
    return err;
}

ts_err_t
ts_run_conflicts(ts_job_t *job)
{
    const ts_schema_t *schema = ts_wire_schema();
    ts_table_t *table = ts_reply_add_table(&job->reply, "conflicts");
    ts_table_add_column(table, "record", N_("Record code"), "code");
    ts_table_add_column(table, "kind", N_("Kind"), "text");
    history_columns(table);
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < schema->count; i++) {
        err = list_conflicts(job, table, &schema->kinds[i]);
    }
    if (err == TS_ERR_OK && ts_table_rows(table) == 0) {
        ts_job_say(job, N_("There is no conflict"), NULL);
    }
    return err;
}

/* ---- parked */

static void
parked_row(ts_job_t *job, ts_table_t *table, const ts_parked_t *parked, ts_msg_t *detail)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), parked->kind);
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(job->node), parked->office);
    char prefix[17];
    ts_msg_t say = {0};
    (void)snprintf(prefix, sizeof prefix, "%016" PRIx64, parked->event);
    ts_table_add_text(table, prefix);
    ts_table_add_text(table, kind == NULL ? NULL : kind->name);
    ts_table_add_number(table, (int64_t)parked->record);
    ts_table_add_number(table, parked->office);
    ts_table_add_text(table, office == NULL ? NULL : office->name);
    ts_msg_set(&say, ts_park_str(parked->reason));
    ts_table_add_say(table, &say);
    if (parked->waits_for == 0) {
        ts_table_add_nothing(table);
    } else {
        ts_table_add_number(table, (int64_t)parked->waits_for);
    }
    if (detail->id != NULL) {
        ts_table_add_say(table, detail);
    } else {
        ts_table_add_nothing(table);
    }
}

ts_err_t
ts_run_parked(ts_job_t *job)
{
    static const struct {
        const char *name;
        const char *title;
        const char *format;
    } columns[] = {
        {"version", N_("Version"), "text"},     {"kind", N_("Kind"), "text"},
        {"record", N_("Record code"), "code"},  {"office", N_("Office"), "number"},
        {"office_name", N_("Name"), "text"},    {"reason", N_("Reason"), "text"},
        {"waits_for", N_("Waits for"), "code"}, {"detail", N_("Detail"), "text"},
    };
    ts_table_t *table = ts_reply_add_table(&job->reply, "parked");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        ts_table_add_column(table, columns[i].name, columns[i].title, columns[i].format);
    }
    ts_parked_t parked = {.id = 0};
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < SHOWN_MAX; i++) {
        ts_msg_t why = {0};
        err = ts_ledger_parked_next(job->node->ledger, parked.id, &parked, &why);
        if (err == TS_ERR_OK) {
            parked_row(job, table, &parked, &why);
        }
        ts_msg_free(&why);
    }
    return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
}

/* ---- findings */

typedef struct finding_rows {
    const ts_node_t *node;
    ts_table_t *table;
} finding_rows_t;

static const char *
finding_text(ts_finding_kind_t kind)
{
    static const char *const texts[] = {
        [TS_FINDING_CONFLICT] = N_("versions that exclude one another"),
        [TS_FINDING_DUPLICATE] = N_("the same paper was perhaps entered twice"),
        [TS_FINDING_NEGATIVE] = N_("a balance is below zero"),
        [TS_FINDING_REPEAT] = N_("a child got the same support more than once in a period"),
        [TS_FINDING_BEYOND_NEED] = N_("more was handed over than was needed"),
        [TS_FINDING_OFFICES] = N_("two offices under one number"),
    };
    size_t at = (size_t)kind;
    return at < sizeof texts / sizeof texts[0] && texts[at] != NULL ? texts[at]
                                                                    : N_("something to look at");
}

static void
add_finding(void *ctx, const ts_finding_t *finding)
{
    finding_rows_t *rows = ctx;
    ts_msg_t say = {0};
    ts_msg_set(&say, finding_text(finding->kind));
    ts_table_add_say(rows->table, &say);
    ts_table_add_number(rows->table, (int64_t)finding->record);
    if (finding->other == 0) {
        ts_table_add_nothing(rows->table);
    } else {
        ts_table_add_number(rows->table, (int64_t)finding->other);
    }
    ts_table_add_text(rows->table, finding->unit == 0
                                       ? NULL
                                       : ts_names_label(rows->node, TS_KIND_UNIT, finding->unit));
    ts_table_add_number(rows->table, finding->amount);
    ts_table_add_text(rows->table, finding->text);
}

ts_err_t
ts_run_findings(ts_job_t *job)
{
    finding_rows_t rows = {job->node, ts_reply_add_table(&job->reply, "findings")};
    ts_table_add_column(rows.table, "finding", N_("Finding"), "text");
    ts_table_add_column(rows.table, "record", N_("Record code"), "code");
    ts_table_add_column(rows.table, "other", N_("Other code"), "code");
    ts_table_add_column(rows.table, "unit", N_("Administrative unit"), "text");
    ts_table_add_column(rows.table, "amount", N_("Amount"), "number");
    ts_table_add_column(rows.table, "text", N_("Text"), "text");
    return ts_ledger_findings(job->node->ledger, (ts_finding_kind_t)0, SHOWN_MAX, add_finding,
                              &rows);
}
