/* SPDX-License-Identifier: MPL-2.0 */
/*
 * report_seal, report_return, report_file, report_amend, report_waive: writing. A
 * report is sealed by its body, approved by another person, filed by the parent; nothing of it is
 * ever changed, a new edition stands beside.
 */
#include "base/i18n.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "core/report_tables.h"
#include "crypto/hash.h"
#include "node/cmd.h"
#include "node/report_files.h"
#include "node/report_job.h"
#include "node/rows.h"
#include "store/ledger_write.h"
#include "wire/blob.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

_Static_assert((TS_CONTROL_FILES_MAX + 1) * TS_REPORT_FILE_BYTES + TS_REPORT_OTHER_BYTES <
                   TS_EVENT_BYTES_MAX,
               "a filing has room for the names of its files");
_Static_assert(TS_REPORT_TIPS_MAX *TS_REPORT_TIP_BYTES + TS_REPORT_OTHER_BYTES < TS_EVENT_BYTES_MAX,
               "a seal has room for its tips");

static const ts_kind_schema_t *
schema_of(uint32_t kind)
{
    return ts_schema_kind(ts_wire_schema(), kind);
}

/* ---- the end of all of them */

static ts_err_t
tell(ts_job_t *job, const char *id)
{
    ts_reporting_t *self = ts_reporting(job);
    char code[TS_CODE_BYTES_MAX];
    ts_record_code_format(self->record, code, sizeof code);
    char check[2 * TS_HASH_BYTES + 1] = "";
    if (!ts_hash_is_zero(&self->key)) {
        ts_hex_format(self->key.b, TS_HASH_BYTES, check);
    }
    ts_job_say(job, id, code, NULL);
    ts_table_t *table = ts_reply_add_table(&job->reply, "saved");
    ts_table_add_column(table, "record", N_("Record code"), "code");
    ts_table_add_column(table, "check_code", N_("Check code"), "text");
    ts_table_add_column(table, "note", N_("Note"), "text");
    ts_table_add_number(table, (int64_t)self->record);
    ts_table_add_text(table, check[0] == '\0' ? NULL : check);
    ts_msg_t note = {0};
    ts_msg_set(&note, ts_report_disclaimer());
    ts_table_add_say(table, &note);
    /* The acts go at once: a seal's time counts from the first holding. */
    return ts_logs_seal_all(job->node);
}

/* ---- seal */

static ts_err_t
tell_sealed(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_err_t err = tell(job, N_("The report is sealed as {1}. It goes up at the next connection"));
    if (err == TS_ERR_OK) {
        ts_reporting_show(job, ts_gather_report(self->gather), &self->key);
    }
    return err;
}

/* The duty that the command names, or the only one that the body has in this period. */
static ts_err_t
find_duty(ts_job_t *job, ts_record_id_t *ret_duty)
{
    ts_reporting_t *self = ts_reporting(job);
    const char *wanted = ts_command_get(&job->command, "duty");
    const ts_calendar_query_t query = {
        .plan = self->question.plan, .period = self->question.period, .body = self->question.body};
    ts_due_t *rows = NULL;
    size_t count = 0;
    ts_record_id_t found = 0;
    ts_calendar_due(ts_node_catalog(job->node), &query, &rows, &count);
    for (size_t i = 0; i < count; i++) {
        bool named = wanted != NULL && strcmp(rows[i].duty->code, wanted) == 0;
        found = named || (wanted == NULL && count == 1) ? rows[i].duty->id : found;
    }
    ts_xfree(rows);
    if (wanted != NULL && found == 0) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND,
                             N_("duty = “{1}”: this body owes no such report in this period"),
                             wanted, NULL);
    }
    *ret_duty = found;
    return TS_ERR_OK;
}

/* The same figures are not sealed twice, unless they were sent back: then they are confirmed. Who
 * has reported meanwhile makes no difference. */
static ts_err_t
check_new(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_standing_t last;
    ts_buf_t text = {0};
    ts_report_t *report = NULL;
    ts_err_t err = ts_report_newest(job->node, self->question.period, self->question.body, &last);
    if (err == TS_ERR_NOTFOUND) {
        return TS_ERR_OK;
    }
    bool returned = false;
    if (err == TS_ERR_OK) {
        err = ts_report_returned(job->node, last.record, &returned);
    }
    if (err == TS_ERR_OK && returned) {
        return TS_ERR_OK;
    }
    if (err == TS_ERR_OK) {
        err = ts_report_kept(job->node, &last, &text, &report);
    }
    bool same = err == TS_ERR_OK &&
                ts_report_compare(report, ts_gather_report(self->gather), NULL, NULL) == 0;
    ts_buf_free(&text);
    ts_report_destroy(&report);
    if (same) {
        char code[TS_CODE_BYTES_MAX];
        ts_record_code_format(last.record, code, sizeof code);
        return ts_job_refuse(job, TS_ERR_EXISTS, N_("These figures are sealed already, as {1}"),
                             code, NULL);
    }
    return err == TS_ERR_NOTFOUND || err == TS_ERR_HASH || err == TS_ERR_INVALID ? TS_ERR_OK : err;
}

/* Into the seal when there is room beside its tips, and in any case beside it. */
static ts_err_t
put_figures(ts_job_t *job, ts_record_t *record, size_t tips)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_buf_t packed = {0};
    ts_hash_t kept;
    size_t room = TS_EVENT_BYTES_MAX - TS_REPORT_OTHER_BYTES - tips * TS_REPORT_TIP_BYTES;
    room = room < TS_REPORT_INSIDE_BYTES_MAX ? room : TS_REPORT_INSIDE_BYTES_MAX;
    ts_blob_pack(ts_buf_bytes(&self->text), &packed);
    ts_err_t err = TS_ERR_OK;
    if (packed.length <= room) {
        err = ts_record_set_bytes(record, "figures", ts_buf_bytes(&packed));
    }
    ts_buf_free(&packed);
    if (err == TS_ERR_OK) {
        err = ts_report_file_keep(job->node->data_dir, ts_buf_bytes(&self->text), &kept);
    }
    return err;
}

static void
put_completeness(ts_record_t *record, const ts_report_t *report)
{
    ts_report_completeness_t cells = ts_report_completeness(report);
    ts_reporting_number(record, "cells_value", cells.value);
    ts_reporting_number(record, "cells_nil", cells.nil);
    ts_reporting_number(record, "cells_not_applicable", cells.not_applicable);
    ts_reporting_number(record, "cells_missing", cells.missing);
}

/* The last time of a parent or the root that this office had seen; the root is its own witness. */
static int64_t
last_parent_time(const ts_node_t *node)
{
    if (node->identity.parent_office == 0) {
        return node->wall.ms / 1000;
    }
    uint64_t seen =
        node->parent_time_s > node->root_time_s ? node->parent_time_s : node->root_time_s;
    return (int64_t)seen;
}

/* What does not fit is in a list kept beside. */
static ts_err_t
put_seal_tips(ts_job_t *job, ts_record_t *record, const ts_tip_t *tips, size_t *count)
{
    size_t all = *count;
    *count = ts_reporting_put_tips(record, tips, all, TS_REPORT_TIPS_MAX);
    if (*count == all) {
        return TS_ERR_OK;
    }
    ts_buf_t text = {0};
    ts_hash_t hash;
    ts_reporting_put_tips_text(tips, all, &text);
    ts_err_t err = ts_report_file_keep(job->node->data_dir, ts_buf_bytes(&text), &hash);
    ts_buf_free(&text);
    if (err == TS_ERR_OK) {
        ts_reporting_hash(record, "covers_key", &hash);
    }
    return err;
}

/* One more than that of the newest seal known here: clocks order nothing. */
static ts_err_t
put_edition(ts_job_t *job, ts_record_t *record)
{
    const ts_reporting_t *self = ts_reporting(job);
    uint32_t edition = 0;
    ts_err_t err =
        ts_report_newest_edition(job->node, self->question.period, self->question.body, &edition);
    if (err == TS_ERR_OK) {
        ts_reporting_number(record, "edition", (int64_t)edition + 1);
    }
    return err;
}

static ts_err_t
fill_seal(ts_job_t *job, ts_draft_t *draft)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_record_t *record = draft->record;
    ts_tip_t *tips = NULL;
    size_t tip_count = 0;
    ts_hash_t parked;
    ts_record_id_t duty = 0;
    ts_err_t err = find_duty(job, &duty);
    if (err == TS_ERR_OK) {
        err = ts_reporting_tips(job, &tips, &tip_count);
    }
    if (err == TS_ERR_OK) {
        err = put_seal_tips(job, record, tips, &tip_count);
    }
    ts_xfree(tips);
    if (err == TS_ERR_OK) {
        err = ts_reporting_parked(job->node, &parked);
    }
    if (err == TS_ERR_OK) {
        err = put_figures(job, record, tip_count);
    }
    if (err == TS_ERR_OK) {
        err = put_edition(job, record);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_reporting_number(record, "period_id", (int64_t)self->question.period);
    ts_reporting_number(record, "duty_id", (int64_t)duty);
    ts_reporting_number(record, "body_id", (int64_t)self->question.body);
    ts_reporting_number(record, "form_version", TS_REPORT_FORM);
    ts_reporting_number(record, "rules_version", TS_RULES_VERSION);
    ts_reporting_number(record, "boundary_on", self->question.boundary);
    ts_reporting_number(record, "nil_confirmed", self->question.nil_confirmed ? 1 : 0);
    ts_reporting_number(record, "parent_time_s", last_parent_time(job->node));
    ts_reporting_hash(record, "parked_key", &parked);
    ts_reporting_hash(record, "figures_key", &self->key);
    put_completeness(record, ts_gather_report(self->gather));
    return ts_reporting_string(job, draft, "note", ts_command_get(&job->command, "note"));
}

static ts_err_t
seal_computed(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_reporting_text(self);
    ts_err_t err = check_new(job);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_draft_t draft;
    ts_draft_new(job, &draft, schema_of(TS_KIND_REPORT), self->question.plan);
    draft.header.occurred_on = ts_node_today(job->node);
    err = fill_seal(job, &draft);
    if (err != TS_ERR_OK) {
        ts_draft_free(&draft);
        return err;
    }
    return ts_reporting_write(job, &draft, tell_sealed);
}

ts_err_t
ts_run_report_seal(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_err_t err = ts_reporting_ask(job, true);
    ts_record_id_t own = ts_reporting_own_body(job->node);
    if (err == TS_ERR_OK && self->question.body == 0) {
        self->question.body = own;
    }
    if (err == TS_ERR_OK && self->question.body == 0) {
        err = ts_job_refuse(
            job, TS_ERR_DENIED,
            N_("The registry does not say for which body this office reports: ask the province"),
            NULL);
    }
    if (err == TS_ERR_OK && self->question.body != own) {
        err = ts_job_refuse(job, TS_ERR_DENIED,
                            N_("A report is sealed by the office of its own body"), NULL);
    }
    if (err == TS_ERR_OK) {
        self->exact = true;
        ts_reporting_compute(job, seal_computed);
    }
    return err;
}

/* ---- return */

static ts_err_t
tell_returned(ts_job_t *job)
{
    return tell(job, N_("The report is sent back; the note goes down as {1}"));
}

ts_err_t
ts_run_report_return(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_err_t err = ts_job_record(job, "record", TS_KIND_REPORT, &self->target);
    const char *note = err == TS_ERR_OK ? ts_job_need(job, "note") : NULL;
    if (note == NULL) {
        return err == TS_ERR_OK ? TS_ERR_INVALID : err;
    }
    if (self->target.office == job->node->identity.keys.office) {
        return ts_job_refuse(job, TS_ERR_DENIED,
                             N_("This is a report of this office; seal a new one instead"), NULL);
    }
    ts_draft_t draft;
    ts_draft_new(job, &draft, schema_of(TS_KIND_REPORT_RETURN), self->target.plan);
    draft.header.occurred_on = ts_node_today(job->node);
    ts_reporting_number(draft.record, "report_far_id", (int64_t)self->target.record);
    err = ts_reporting_string(job, &draft, "note", note);
    if (err != TS_ERR_OK) {
        ts_draft_free(&draft);
        return err;
    }
    return ts_reporting_write(job, &draft, tell_returned);
}

/* ---- file, amend */

typedef struct approvals {
    char event[17];
    bool approved;
} approvals_t;

static ts_err_t
look_at_approval(void *ctx, const ts_table_t *table, size_t row)
{
    approvals_t *self = ctx;
    if (strcmp(ts_row_text(table, row, "decision"), "approved") == 0 &&
        strcmp(ts_row_text(table, row, "target_event"), self->event) == 0) {
        self->approved = true;
    }
    return TS_ERR_OK;
}

/* Somebody other than the person who sealed it approved this very version (the fold parks an
 * approval of one's own entry). */
static ts_err_t
check_approved(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    char number[24];
    approvals_t approvals = {.approved = false};
    (void)snprintf(number, sizeof number, "%" PRIu64, self->target.record);
    (void)snprintf(approvals.event, sizeof approvals.event, "%016" PRIx64, self->target.event);
    const ts_list_filter_t filter = {"target", number};
    const ts_list_query_t query = {.kind = TS_KIND_APPROVAL, .filters = &filter, .filter_count = 1};
    ts_err_t err = ts_rows_each(job->node->ledger, &query, look_at_approval, &approvals);
    if (err == TS_ERR_OK && !approvals.approved) {
        char code[TS_CODE_BYTES_MAX];
        ts_record_code_format(self->target.record, code, sizeof code);
        return ts_job_refuse(
            job, TS_ERR_DENIED,
            N_("Another person has to approve it first: tiepsuc approve --record {1}"), code, NULL);
    }
    return err;
}

/* Field of the sealed report that the filing takes over. */
static void
copy_field(const ts_kind_schema_t *kind, const void *body, const char *name, ts_record_t *to)
{
    const ts_field_t *field = ts_schema_field(kind, name);
    if (field->type == TS_FIELD_BYTES) {
        ts_hash_t hash = {{0}};
        size_t length;
        const uint8_t *data = ts_field_get_bytes(field, body, &length);
        memcpy(hash.b, data, length == TS_HASH_BYTES ? TS_HASH_BYTES : 0);
        ts_reporting_hash(to, name, &hash);
    } else {
        ts_reporting_number(to, name, ts_field_get_number(field, body));
    }
}

static ts_err_t
copy_seal(ts_job_t *job, ts_record_t *to)
{
    static const char *const names[] = {"period_id", "figures_key", "boundary_on", "form_version",
                                        "rules_version"};
    ts_reporting_t *self = ts_reporting(job);
    const ts_kind_schema_t *kind;
    const void *body;
    ts_err_t err = ts_reporting_read(job, &self->target, &kind, &body);
    if (err != TS_ERR_OK) {
        return err;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        copy_field(kind, body, names[i], to);
    }
    self->question.period =
        (ts_record_id_t)ts_field_get_number(ts_schema_field(kind, "period_id"), body);
    self->question.body =
        (ts_record_id_t)ts_field_get_number(ts_schema_field(kind, "body_id"), body);
    ts_reporting_number(to, "report_id", (int64_t)self->target.record);
    return TS_ERR_OK;
}

/* Keeps the content and names it as the filing's next file. */
static ts_err_t
keep_one(ts_job_t *job, ts_draft_t *draft, size_t index, const char *name, ts_bytes_t content)
{
    ts_hash_t hash;
    char path[48];
    ts_err_t err = ts_report_file_keep(job->node->data_dir, content, &hash);
    if (err == TS_ERR_TOOBIG) {
        return ts_job_refuse(job, err, N_("{1} is too big"), name, NULL);
    }
    if (err == TS_ERR_OK) {
        (void)snprintf(path, sizeof path, "files[%zu].name", index);
        err = ts_reporting_string(job, draft, path, name);
    }
    if (err == TS_ERR_OK) {
        (void)snprintf(path, sizeof path, "files[%zu].hash_key", index);
        ts_reporting_hash(draft->record, path, &hash);
        (void)snprintf(path, sizeof path, "files[%zu].length", index);
        ts_reporting_number(draft->record, path, (int64_t)content.length);
    }
    return err;
}

/* Keeps the files and names them by hash; the figures themselves too. */
static ts_err_t
keep_files(ts_job_t *job, ts_draft_t *draft)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_err_t err = ts_report_file_keep(job->node->data_dir, ts_buf_bytes(&self->text), &self->key);
    for (size_t i = 0; err == TS_ERR_OK && i < job->command.file_count; i++) {
        const ts_control_file_t *file = &job->command.files[i];
        err = keep_one(job, draft, i, file->name, ts_buf_bytes(&file->data));
    }
    return err;
}

/* Which filing it amends, and its edition. */
static ts_err_t
find_edition(ts_job_t *job, bool amend, ts_record_t *record)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_standing_t filed = {0};
    uint32_t edition = 0;
    char code[TS_CODE_BYTES_MAX];
    ts_err_t err = ts_report_filing_of(job->node, self->question.period, self->question.body,
                                       &filed, &edition);
    if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
        return err;
    }
    bool there = err == TS_ERR_OK;
    ts_record_code_format(filed.record, code, sizeof code);
    if (there && !amend) {
        return ts_job_refuse(job, TS_ERR_EXISTS,
                             N_("This period is filed already, as {1}; a correction is a new "
                                "edition: tiepsuc report amend"),
                             code, NULL);
    }
    if (!there && amend) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND,
                             N_("Nothing is filed for this period yet: tiepsuc report file"), NULL);
    }
    if (there) {
        ts_reporting_number(record, "amends_id", (int64_t)filed.record);
    }
    ts_reporting_number(record, "edition", there ? (int64_t)edition + 1 : 1);
    return TS_ERR_OK;
}

static ts_err_t
tell_filed(ts_job_t *job)
{
    return tell(job, N_("The report is filed as {1}. Record number, date and signer of the signed "
                        "copy afterwards: tiepsuc report signed"));
}

/* Number, date and signer may be known already; otherwise they are recorded afterwards. */
static ts_err_t
put_signed_copy(ts_job_t *job, ts_draft_t *draft)
{
    static const char *const fields[] = {"document_number", "document_on", "signer", "note"};
    ts_names_t *names = ts_names_new(job->node, 0);
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof fields / sizeof fields[0]; i++) {
        const char *value = ts_command_get(&job->command, fields[i]);
        ts_msg_t why = {0};
        if (value != NULL && value[0] != '\0') {
            err = ts_draft_set(draft, names, fields[i], value, &why);
        }
        if (err != TS_ERR_OK) {
            err = ts_job_refuse_field(job, err, fields[i], value, &why);
        }
    }
    ts_names_destroy(&names);
    return err;
}

/* Tips that the event has no room for: all of them in a file, a line each: log, number, hash. */
static ts_err_t
keep_tips(ts_job_t *job, ts_draft_t *draft, const ts_tip_t *tips, size_t count)
{
    ts_buf_t text = {0};
    ts_reporting_put_tips_text(tips, count, &text);
    ts_err_t err =
        keep_one(job, draft, job->command.file_count, TS_REPORT_TIPS_FILE, ts_buf_bytes(&text));
    ts_buf_free(&text);
    return err;
}

static ts_err_t
put_watermark(ts_job_t *job, ts_draft_t *draft)
{
    ts_tip_t *tips = NULL;
    size_t count = 0;
    ts_hash_t parked;
    size_t room = TS_EVENT_BYTES_MAX - TS_REPORT_OTHER_BYTES -
                  (job->command.file_count + 1) * TS_REPORT_FILE_BYTES;
    ts_err_t err = ts_reporting_tips(job, &tips, &count);
    if (err == TS_ERR_OK &&
        ts_reporting_put_tips(draft->record, tips, count, room / TS_REPORT_TIP_BYTES) < count) {
        err = keep_tips(job, draft, tips, count);
    }
    ts_xfree(tips);
    if (err == TS_ERR_OK) {
        err = ts_reporting_parked(job->node, &parked);
    }
    if (err == TS_ERR_OK) {
        ts_reporting_hash(draft->record, "parked_key", &parked);
    }
    return err;
}

static ts_err_t
fill_filing(ts_job_t *job, ts_draft_t *draft, bool amend)
{
    ts_err_t err = copy_seal(job, draft->record);
    if (err == TS_ERR_OK) {
        err = find_edition(job, amend, draft->record);
    }
    if (err == TS_ERR_OK) {
        err = keep_files(job, draft);
    }
    if (err == TS_ERR_OK) {
        err = put_watermark(job, draft);
    }
    return err == TS_ERR_OK ? put_signed_copy(job, draft) : err;
}

/* A report is filed as it was sealed. An amendment names the sealed report, or the filing that it
 * amends: then the newest report that its body sealed. */
static ts_err_t
find_sealed(ts_job_t *job, bool amend)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_err_t err = amend ? ts_reporting_target(job)
                         : ts_job_record(job, "record", TS_KIND_REPORT, &self->target);
    if (err != TS_ERR_OK || self->target.kind == TS_KIND_REPORT) {
        return err;
    }
    const ts_kind_schema_t *kind;
    const void *body;
    ts_standing_t sealed;
    err = ts_reporting_sealed(job, &sealed);
    if (err == TS_ERR_OK) {
        err = ts_reporting_read(job, &sealed, &kind, &body);
    }
    if (err == TS_ERR_OK) {
        ts_record_id_t period =
            (ts_record_id_t)ts_field_get_number(ts_schema_field(kind, "period_id"), body);
        ts_record_id_t whose =
            (ts_record_id_t)ts_field_get_number(ts_schema_field(kind, "body_id"), body);
        err = ts_report_newest(job->node, period, whose, &self->target);
    }
    if (err == TS_ERR_OK && self->target.record == sealed.record) {
        err = ts_job_refuse(job, TS_ERR_EXISTS,
                            N_("Nothing new is sealed for this period: tiepsuc report seal first"),
                            NULL);
    }
    return err;
}

static ts_err_t
file_report(ts_job_t *job, bool amend)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_err_t err = find_sealed(job, amend);
    if (err == TS_ERR_OK) {
        err = check_approved(job);
    }
    if (err == TS_ERR_OK) {
        err = ts_report_kept(job->node, &self->target, &self->text, &self->kept);
        if (err == TS_ERR_NOTFOUND || err == TS_ERR_HASH || err == TS_ERR_INVALID) {
            err = ts_job_refuse(
                job, err, N_("The sealed figures are not here or are damaged: seal anew"), NULL);
        }
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_draft_t draft;
    ts_draft_new(job, &draft, schema_of(TS_KIND_FILING), self->target.plan);
    draft.header.occurred_on = ts_node_today(job->node);
    err = fill_filing(job, &draft, amend);
    if (err != TS_ERR_OK) {
        ts_draft_free(&draft);
        return err;
    }
    return ts_reporting_write(job, &draft, tell_filed);
}

ts_err_t
ts_run_report_file(ts_job_t *job)
{
    return file_report(job, false);
}

ts_err_t
ts_run_report_amend(ts_job_t *job)
{
    return file_report(job, true);
}

/* ---- the signed copy, afterwards */

static ts_err_t
tell_signed(ts_job_t *job)
{
    return tell(job, N_("The signed copy is recorded with the filed report {1}"));
}

/* Its scan, when it is there: kept, and named by its hash. */
static ts_err_t
keep_scan(ts_job_t *job, ts_draft_t *draft)
{
    ts_hash_t hash;
    if (job->command.file_count == 0) {
        return TS_ERR_OK;
    }
    ts_err_t err =
        ts_report_file_keep(job->node->data_dir, ts_buf_bytes(&job->command.files[0].data), &hash);
    if (err == TS_ERR_OK) {
        ts_reporting_hash(draft->record, "document_key", &hash);
    }
    return err == TS_ERR_TOOBIG
               ? ts_job_refuse(job, err, N_("{1} is too big"), job->command.files[0].name, NULL)
               : err;
}

/* Only number, date, signer and scan are added: what was filed stays. */
ts_err_t
ts_run_report_signed(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_err_t err = ts_job_record(job, "record", TS_KIND_FILING, &self->target);
    if (err != TS_ERR_OK || ts_job_need(job, "document_number") == NULL) {
        return err == TS_ERR_OK ? TS_ERR_INVALID : err;
    }
    ts_draft_t draft;
    err = ts_draft_revise(job, &draft, &self->target, false, 0);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = put_signed_copy(job, &draft);
    if (err == TS_ERR_OK) {
        err = keep_scan(job, &draft);
    }
    if (err != TS_ERR_OK) {
        ts_draft_free(&draft);
        return err;
    }
    return ts_reporting_write(job, &draft, tell_signed);
}

/* ---- waive */

static ts_err_t
tell_waived(ts_job_t *job)
{
    return tell(job, N_("The decision is recorded as {1}"));
}

/* duty=…, period=…, class=waived|self_declared, note=…: a named officer decides. */
ts_err_t
ts_run_report_waive(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_err_t err = ts_reporting_ask(job, true);
    const char *duty = err == TS_ERR_OK ? ts_job_need(job, "duty") : NULL;
    const char *note = duty == NULL ? NULL : ts_job_need(job, "note");
    const char *class = ts_command_get(&job->command, "class");
    if (note == NULL) {
        return err == TS_ERR_OK ? TS_ERR_INVALID : err;
    }
    bool accepted = class != NULL && strcmp(class, "self_declared") == 0;
    if (class != NULL && !accepted && strcmp(class, "waived") != 0) {
        return ts_job_refuse(job, TS_ERR_INVALID,
                             N_("class = “{1}”: write waived or self_declared"), class, NULL);
    }
    ts_names_t *names = ts_names_new(job->node, self->question.plan);
    ts_record_id_t id = 0;
    ts_msg_t why = {0};
    err = ts_names_find(names, TS_KIND_DUTY, duty, &id, &why);
    ts_names_destroy(&names);
    if (err != TS_ERR_OK) {
        return ts_job_refuse_field(job, err, "duty", duty, &why);
    }
    ts_draft_t draft;
    ts_draft_new(job, &draft, schema_of(TS_KIND_WAIVER), self->question.plan);
    draft.header.occurred_on = ts_node_today(job->node);
    ts_reporting_number(draft.record, "duty_id", (int64_t)id);
    ts_reporting_number(draft.record, "period_id", (int64_t)self->question.period);
    ts_reporting_number(draft.record, "class",
                        accepted ? TS_TIMELINESS_SELF_DECLARED : TS_TIMELINESS_WAIVED);
    err = ts_reporting_string(job, &draft, "note", note);
    if (err != TS_ERR_OK) {
        ts_draft_free(&draft);
        return err;
    }
    return ts_reporting_write(job, &draft, tell_waived);
}
