/* SPDX-License-Identifier: MPL-2.0 */
/* report_duties, report_status, report_figures, report_list, report_show: reading.
 */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "core/labels.h"
#include "core/report_tables.h"
#include "crypto/hash.h"
#include "node/cmd.h"
#include "node/report_files.h"
#include "node/report_job.h"
#include "node/rows.h"
#include "node/states.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

#define WITHIN_DAYS_DEFAULT 30u
#define WITHIN_DAYS_MAX 3660u
#define HASH_SHOWN 17

static void
add_say(ts_table_t *table, const char *id)
{
    ts_msg_t say = {0};
    ts_msg_set(&say, id);
    ts_table_add_say(table, &say);
}

/* ---- duties */

static void
add_moment(ts_table_t *table, ts_utc_t at)
{
    if (at.ms == 0) {
        ts_table_add_nothing(table);
    } else {
        ts_table_add_number(table, at.ms / 1000);
    }
}

static void
add_day(ts_table_t *table, int32_t day)
{
    if (day == 0) {
        ts_table_add_nothing(table);
    } else {
        ts_table_add_number(table, day);
    }
}

static void
add_body(ts_table_t *table, const ts_body_t *body)
{
    ts_table_add_text(table, body == NULL ? NULL : body->code);
    ts_table_add_text(table, body == NULL ? NULL : body->name);
}

static ts_table_t *
duty_table(ts_job_t *job)
{
    static const struct {
        const char *name;
        const char *title;
        const char *format;
    } columns[] = {{"period", N_("Period"), "text"},
                   {"duty", N_("Duty"), "text"},
                   {"body", N_("Code"), "text"},
                   {"body_name", N_("Body"), "text"},
                   {"to", N_("Code"), "text"},
                   {"to_name", N_("Sends to"), "text"},
                   {"relation", N_("Relation"), "text"},
                   {"due", N_("Last on-time day"), "date"},
                   {"rolled", N_("After the weekend"), "date"},
                   {"days_left", N_("Days left"), "number"},
                   {"state", N_("State"), "text"},
                   {"class", "", "text"},
                   {"sealed", N_("Sealed (declared)"), "time"},
                   {"held", N_("Held"), "time"},
                   {"arrived", N_("Confirmed by the province"), "time"},
                   {"editions", N_("Editions"), "number"}};
    ts_table_t *table = ts_reply_add_table(&job->reply, "duties");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        ts_table_add_column(table, columns[i].name, columns[i].title, columns[i].format);
    }
    return table;
}

static void
add_duty(ts_table_t *table, const ts_report_duty_t *row, int32_t today)
{
    const ts_due_t *due = &row->due;
    ts_table_add_text(table, due->period->code);
    ts_table_add_text(table, due->duty->code);
    add_body(table, due->from);
    add_body(table, due->to);
    add_say(table, due->obliged ? N_("owes the report") : N_("invited to report"));
    add_day(table, due->due_on);
    add_day(table, due->rolls ? due->rolled_on : 0);
    if (due->dated && !row->facts.sealed && today != 0) {
        ts_table_add_number(table, due->due_on - today);
    } else {
        ts_table_add_nothing(table);
    }
    add_say(table, ts_timeliness_str(row->class));
    ts_table_add_text(table, ts_timeliness_name(row->class));
    add_moment(table, row->facts.sealed ? row->facts.claimed : (ts_utc_t){0});
    add_moment(table, row->facts.held);
    add_moment(table, row->facts.arrived);
    ts_table_add_number(table, row->facts.editions);
}

/* All rows, or (due_within ≥ 0) those not sent that are due so soon or overdue. */
static void
put_duties(ts_job_t *job, const ts_report_duty_t *rows, size_t count, int64_t due_within)
{
    int32_t today = ts_node_today(job->node);
    ts_table_t *table = duty_table(job);
    for (size_t i = 0; i < count; i++) {
        const ts_due_t *due = &rows[i].due;
        bool pending = due->dated && due->valid && !rows[i].facts.sealed && !rows[i].facts.waived &&
                       due->due_on - today <= due_within;
        if (due_within < 0 || pending) {
            add_duty(table, &rows[i], today);
        }
    }
}

static void
put_indicators(ts_job_t *job, const ts_report_duty_t *rows, size_t count)
{
    ts_indicators_t sums = {0};
    for (size_t i = 0; i < count; i++) {
        ts_indicators_add(&sums, &rows[i].due, &rows[i].facts, rows[i].class);
    }
    const struct {
        const char *letter;
        const char *title;
        uint32_t value;
    } counts[] = {{"E", N_("Reports owed by date"), sums.expected},
                  {"R", N_("Received"), sums.received},
                  {"T", N_("Sealed and arrived on time"), sums.on_time},
                  {"L", N_("Sealed on time, late link"), sums.late_link},
                  {"Z", N_("Late"), sums.late},
                  {"O", N_("Overdue, not sent"), sums.overdue},
                  {"W", N_("Waived"), sums.waived},
                  {"", N_("Time not decided yet"), sums.undecided}};
    ts_table_t *table = ts_reply_add_table(&job->reply, "indicators");
    ts_table_add_column(table, "letter", N_("Sign"), "text");
    ts_table_add_column(table, "indicator", N_("Indicator"), "text");
    ts_table_add_column(table, "count", N_("Count"), "number");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        ts_table_add_text(table, counts[i].letter[0] == '\0' ? NULL : counts[i].letter);
        add_say(table, counts[i].title);
        ts_table_add_number(table, counts[i].value);
    }
}

static ts_err_t
show_duties(ts_job_t *job, uint64_t year, int64_t due_within)
{
    const ts_report_question_t *question = &ts_reporting(job)->question;
    const ts_calendar_query_t query = {.plan = question->plan,
                                       .year = (uint32_t)year,
                                       .period = question->period,
                                       .body = question->body,
                                       .roll_over = question->roll_over};
    ts_report_duty_t *rows = NULL;
    size_t count = 0;
    ts_err_t err = ts_report_duties_of(job->node, &query, job->node->wall, &rows, &count);
    if (err == TS_ERR_OK) {
        put_duties(job, rows, count, due_within);
        put_indicators(job, rows, count);
        ts_xfree(rows);
    }
    return err;
}

ts_err_t
ts_run_report_duties(ts_job_t *job)
{
    uint64_t year = 0;
    ts_err_t err = ts_reporting_ask(job, false);
    if (err == TS_ERR_OK) {
        err = ts_job_number(job, "year", 0, 9999, &year);
    }
    return err == TS_ERR_OK ? show_duties(job, year, -1) : err;
}

ts_err_t
ts_run_report_status(ts_job_t *job)
{
    uint64_t within = 0;
    ts_reporting_t *self = ts_reporting(job);
    ts_err_t err = ts_reporting_ask(job, false);
    if (err == TS_ERR_OK) {
        err = ts_job_number(job, "within", WITHIN_DAYS_DEFAULT, WITHIN_DAYS_MAX, &within);
    }
    if (err == TS_ERR_OK && self->question.body == 0 &&
        job->node->identity.role != TS_OFFICE_PROVINCE) {
        self->question.body = ts_reporting_own_body(job->node);
    }
    return err == TS_ERR_OK ? show_duties(job, 0, (int64_t)within) : err;
}

/* ---- figures */

static ts_err_t
show_figures(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_reporting_text(self);
    ts_reporting_show(job, ts_gather_report(self->gather), &self->key);
    ts_reply_add_file(&job->reply, "figures.txt", ts_buf_bytes(&self->text));
    return TS_ERR_OK;
}

ts_err_t
ts_run_report_figures(ts_job_t *job)
{
    ts_err_t err = ts_reporting_ask(job, true);
    if (err == TS_ERR_OK) {
        ts_reporting_compute(job, show_figures);
    }
    return err;
}

/* ---- list */

typedef struct listing {
    ts_job_t *job;
    ts_table_t *table;
    uint32_t kind;
} listing_t;

static ts_err_t
add_report_row(void *ctx, const ts_table_t *from, size_t row)
{
    listing_t *self = ctx;
    ts_node_t *node = self->job->node;
    const ts_catalog_t *catalog = ts_node_catalog(node);
    const ts_report_question_t *question = &ts_reporting(self->job)->question;
    ts_record_id_t record = (ts_record_id_t)ts_row_number(from, row, "record");
    const ts_period_t *period =
        ts_catalog_period(catalog, (ts_record_id_t)ts_row_number(from, row, "period_id"));
    bool is_report = self->kind == TS_KIND_REPORT;
    ts_record_id_t body_id = is_report ? (ts_record_id_t)ts_row_number(from, row, "body_id") : 0;
    if ((question->period != 0 && (period == NULL || period->id != question->period)) ||
        (question->body != 0 && body_id != question->body)) {
        return TS_ERR_OK;
    }
    ts_standing_t standing;
    ts_event_state_t state = TS_STATE_SAVED;
    bool returned = false;
    ts_err_t err = ts_ledger_record(node->ledger, self->kind, record, &standing);
    if (err == TS_ERR_OK) {
        err = ts_state_of(node, &standing.place, &state);
    }
    if (err == TS_ERR_OK && is_report) {
        err = ts_report_returned(node, record, &returned);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    char hash[HASH_SHOWN];
    (void)snprintf(hash, sizeof hash, "%s", ts_row_text(from, row, "figures_key"));
    const ts_body_t *body = ts_catalog_body(catalog, body_id);
    ts_table_add_number(self->table, (int64_t)record);
    add_say(self->table, ts_label_kind(is_report ? "report" : "filing"));
    ts_table_add_text(self->table, period == NULL ? NULL : period->code);
    add_body(self->table, body);
    ts_table_add_number(self->table, ts_row_number(from, row, "claimed_s"));
    add_say(self->table, ts_state_str(state));
    if (returned) {
        add_say(self->table, N_("sent back"));
    } else {
        ts_table_add_nothing(self->table);
    }
    if (is_report) {
        ts_table_add_nothing(self->table);
        ts_table_add_nothing(self->table);
    } else {
        ts_table_add_number(self->table, ts_row_number(from, row, "edition"));
        ts_table_add_text(self->table, ts_row_text(from, row, "document_number"));
    }
    ts_table_add_text(self->table, hash);
    return TS_ERR_OK;
}

ts_err_t
ts_run_report_list(ts_job_t *job)
{
    static const struct {
        const char *name;
        const char *title;
        const char *format;
    } columns[] = {{"record", N_("Record code"), "code"},
                   {"kind", N_("Kind"), "text"},
                   {"period", N_("Period"), "text"},
                   {"body", N_("Code"), "text"},
                   {"body_name", N_("Body"), "text"},
                   {"sealed", N_("Sealed (declared)"), "time"},
                   {"state", N_("State"), "text"},
                   {"returned", N_("Sent back"), "text"},
                   {"edition", N_("Edition"), "number"},
                   {"document_number", N_("Number of the signed copy"), "text"},
                   {"check_code", N_("Check code"), "text"}};
    static const uint32_t kinds[] = {TS_KIND_REPORT, TS_KIND_FILING};
    ts_err_t err = ts_reporting_ask(job, false);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_table_t *table = ts_reply_add_table(&job->reply, "reports");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        ts_table_add_column(table, columns[i].name, columns[i].title, columns[i].format);
    }
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof kinds / sizeof kinds[0]; i++) {
        listing_t listing = {job, table, kinds[i]};
        const ts_list_query_t query = {.kind = kinds[i], .plan = ts_reporting(job)->question.plan};
        err = ts_rows_each(job->node->ledger, &query, add_report_row, &listing);
    }
    return err;
}

/* ---- show */

ts_err_t
ts_reporting_target(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_err_t err = ts_job_record(job, "record", 0, &self->target);
    if (err == TS_ERR_OK && self->target.kind != TS_KIND_REPORT &&
        self->target.kind != TS_KIND_FILING) {
        err = ts_job_refuse(job, TS_ERR_INVALID, N_("This is neither a sealed nor a filed report"),
                            NULL);
    }
    return err;
}

ts_err_t
ts_reporting_read(ts_job_t *job,
                  const ts_standing_t *standing,
                  const ts_kind_schema_t **ret_kind,
                  const void **ret_body)
{
    ts_event_header_t header;
    return ts_records_read(job->node, &standing->place, standing->event, &header, ret_kind,
                           ret_body);
}

ts_err_t
ts_reporting_sealed(ts_job_t *job, ts_standing_t *ret_sealed)
{
    ts_reporting_t *self = ts_reporting(job);
    const ts_kind_schema_t *kind;
    const void *body;
    *ret_sealed = self->target;
    if (self->target.kind == TS_KIND_REPORT) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_reporting_read(job, &self->target, &kind, &body);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_record_id_t report =
        (ts_record_id_t)ts_field_get_number(ts_schema_field(kind, "report_id"), body);
    return ts_ledger_record(job->node->ledger, TS_KIND_REPORT, report, ret_sealed);
}

ts_err_t
ts_reporting_load_kept(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_err_t err = ts_report_kept(job->node, &self->target, &self->text, &self->kept);
    if (err == TS_ERR_NOTFOUND) {
        return ts_job_refuse(
            job, err, N_("Its figures are not on this machine, only their check code"), NULL);
    }
    if (err == TS_ERR_HASH || err == TS_ERR_INVALID) {
        return ts_job_refuse(
            job, err, N_("The kept figures do not match their check code: the copy is damaged"),
            NULL);
    }
    return err;
}

ts_err_t
ts_reporting_each_file(ts_job_t *job, ts_reporting_file_fn use)
{
    ts_reporting_t *self = ts_reporting(job);
    if (self->target.kind != TS_KIND_FILING) {
        return TS_ERR_OK;
    }
    ts_table_t files;
    ts_table_init(&files, "files");
    ts_err_t err =
        ts_ledger_children(job->node->ledger, TS_KIND_FILING, "files", self->target.record, &files);
    for (size_t i = 0; err == TS_ERR_OK && i < ts_table_rows(&files); i++) {
        ts_hash_t hash;
        err = ts_hex_parse(ts_row_text(&files, i, "hash_key"), hash.b, TS_HASH_BYTES);
        if (err == TS_ERR_OK) {
            err = use(job, ts_row_text(&files, i, "name"), &hash);
        }
    }
    ts_table_free(&files);
    return err;
}

static ts_err_t
give_file(ts_job_t *job, const char *name, const ts_hash_t *hash)
{
    ts_buf_t content = {0};
    ts_err_t err = ts_report_file_read(job->node->data_dir, hash, &content);
    if (err == TS_ERR_OK) {
        ts_reply_add_file(&job->reply, name, ts_buf_bytes(&content));
    } else if (err == TS_ERR_NOTFOUND || err == TS_ERR_HASH) {
        ts_issue_t *issue = ts_reply_add_issue(&job->reply, TS_SEVERITY_WARNING);
        issue->file = ts_xstrdup(name);
        ts_msg_set(&issue->say, err == TS_ERR_HASH
                                    ? N_("the kept file is damaged: it does not match its hash")
                                    : N_("the file is not on this machine"));
        err = TS_ERR_OK;
    }
    ts_buf_free(&content);
    return err;
}

static ts_hash_t
key_of_text(const ts_reporting_t *self)
{
    return ts_hash_of(self->text.data, self->text.length);
}

ts_err_t
ts_run_report_show(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_err_t err = ts_reporting_target(job);
    if (err == TS_ERR_OK) {
        err = ts_reporting_load_kept(job);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    self->key = key_of_text(self);
    ts_reporting_show(job, self->kept, &self->key);
    ts_reply_add_file(&job->reply, "figures.txt", ts_buf_bytes(&self->text));
    return ts_reporting_each_file(job, give_file);
}
