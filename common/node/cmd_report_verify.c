/* SPDX-License-Identifier: MPL-2.0 */
/*
 * report_verify: are the kept figures and files what was sealed and filed; are the entries that the
 * report covers here; do the same figures come out of exactly these entries; and what do the
 * entries of today say. The third needs a ledger of then (report_past.h), all in slices.
 */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "node/cmd.h"
#include "node/report_files.h"
#include "node/report_job.h"
#include "node/rows.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
add_say(ts_table_t *table, const char *id)
{
    ts_msg_t say = {0};
    ts_msg_set(&say, id);
    ts_table_add_say(table, &say);
}

static void
add_check(ts_job_t *job, const char *what, const char *detail, const char *result)
{
    ts_table_t *table = NULL;
    for (size_t i = 0; i < job->reply.table_count; i++) {
        if (strcmp(job->reply.tables[i].name, "checks") == 0) {
            table = &job->reply.tables[i];
        }
    }
    if (table == NULL) {
        table = ts_reply_add_table(&job->reply, "checks");
        ts_table_add_column(table, "what", N_("Check"), "text");
        ts_table_add_column(table, "detail", N_("Of what"), "text");
        ts_table_add_column(table, "result", N_("Result"), "text");
    }
    add_say(table, what);
    ts_table_add_text(table, detail);
    add_say(table, result);
}

static ts_err_t
check_file(ts_job_t *job, const char *name, const ts_hash_t *hash)
{
    ts_buf_t content = {0};
    ts_err_t err = ts_report_file_read(job->node->data_dir, hash, &content);
    ts_buf_free(&content);
    if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND && err != TS_ERR_HASH) {
        return err;
    }
    add_check(job, N_("File as filed"), name,
              err == TS_ERR_OK         ? N_("unchanged")
              : err == TS_ERR_NOTFOUND ? N_("not on this machine")
                                       : N_("CHANGED"));
    return TS_ERR_OK;
}

/* ---- the watermark */

static ts_err_t
read_tips(ts_job_t *job, ts_record_id_t seal)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_table_t rows;
    ts_table_init(&rows, "covers");
    ts_err_t err = ts_ledger_children(job->node->ledger, TS_KIND_REPORT, "covers", seal, &rows);
    size_t count = err == TS_ERR_OK ? ts_table_rows(&rows) : 0;
    self->tips = ts_xcalloc(count, sizeof *self->tips);
    for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
        ts_tip_t *tip = &self->tips[self->tip_count++];
        tip->seq = (uint64_t)ts_row_number(&rows, i, "seq");
        err = ts_hex_parse(ts_row_text(&rows, i, "log_key"), tip->log.b, TS_HASH_BYTES);
        if (err == TS_ERR_OK) {
            err = ts_hex_parse(ts_row_text(&rows, i, "hash_key"), tip->hash.b, TS_HASH_BYTES);
        }
    }
    ts_table_free(&rows);
    return err;
}

/* The whole list, when the seal had no room for it. *ret_there: it is here. */
static ts_err_t
read_list(ts_job_t *job, const ts_hash_t *key, bool *ret_there)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_buf_t text = {0};
    ts_err_t err = ts_report_file_read(job->node->data_dir, key, &text);
    if (err == TS_ERR_OK) {
        ts_xfree(self->tips);
        self->tips = NULL;
        self->tip_count = 0;
        err = ts_reporting_read_tips_text(ts_buf_bytes(&text), &self->tips, &self->tip_count);
    }
    *ret_there = err == TS_ERR_OK;
    ts_buf_free(&text);
    return err == TS_ERR_NOTFOUND || err == TS_ERR_HASH || err == TS_ERR_INVALID ? TS_ERR_OK : err;
}

/* What the report covers, by whom and when it was sealed. *ret_whole: every tip is known. */
static ts_err_t
load_watermark(ts_job_t *job, bool *ret_whole)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_standing_t seal;
    ts_event_header_t header;
    const ts_kind_schema_t *kind;
    const void *body;
    ts_hash_t key;
    size_t length = 0;
    ts_err_t err = ts_reporting_sealed(job, &seal);
    if (err == TS_ERR_OK) {
        err = ts_records_read(job->node, &seal.place, seal.event, &header, &kind, &body);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    self->sealed_by = seal.office;
    self->sealed_at = (ts_utc_t){(int64_t)header.claimed_s * 1000};
    const uint8_t *list = ts_field_get_bytes(ts_schema_field(kind, "covers_key"), body, &length);
    *ret_whole = length != TS_HASH_BYTES;
    if (!*ret_whole) {
        memcpy(key.b, list, TS_HASH_BYTES);
    }
    err = read_tips(job, seal.record);
    return err == TS_ERR_OK && !*ret_whole ? read_list(job, &key, ret_whole) : err;
}

/* ---- comparing */

static void
add_difference(void *ctx, const ts_figure_t *then, const ts_figure_t *now)
{
    ts_table_t *table = ctx;
    const ts_figure_t *any = then != NULL ? then : now;
    const char *const parts[] = {any->section, any->measure, any->unit, any->line,
                                 any->band,    any->sex,     any->of};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        ts_table_add_text(table, parts[i][0] == '\0' ? NULL : parts[i]);
    }
    const ts_figure_t *const both[] = {then, now};
    for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
        bool number = both[i] != NULL &&
                      (both[i]->state == TS_FIGURE_VALUE || both[i]->state == TS_FIGURE_AT_MOST);
        if (number) {
            ts_table_add_number(table, both[i]->value);
        } else if (both[i] != NULL && both[i]->state == TS_FIGURE_TEXT) {
            ts_table_add_text(table, both[i]->text);
        } else {
            ts_table_add_nothing(table);
        }
    }
}

static size_t
compare_with(ts_job_t *job, const char *name, const char *title, const ts_report_t *other)
{
    static const char *const parts[] = {"section", "measure", "unit", "line", "band", "sex", "of"};
    ts_table_t *table = ts_reply_add_table(&job->reply, name);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        ts_table_add_column(table, parts[i], parts[i], "text");
    }
    ts_table_add_column(table, "then", N_("As filed"), "number");
    ts_table_add_column(table, "now", title, "number");
    return ts_report_compare(ts_reporting(job)->kept, other, add_difference, table);
}

static int64_t
head_number(const ts_report_t *report, const char *measure)
{
    const ts_figure_t key = {.section = "head",
                             .measure = measure,
                             .unit = "",
                             .line = "",
                             .band = "",
                             .sex = "",
                             .of = ""};
    const ts_figure_t *found = ts_report_find(report, &key);
    return found == NULL ? 0 : found->value;
}

static ts_err_t
tell(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    char corrections[24];
    char otherwise[24];
    (void)snprintf(corrections, sizeof corrections, "%zu", self->corrections);
    (void)snprintf(otherwise, sizeof otherwise, "%zu", self->otherwise);
    if (!self->past_told) {
        ts_job_say(job,
                   N_("The figures cannot be made anew from what the report covers. From the "
                      "entries of today {1} come out otherwise"),
                   corrections, NULL);
    } else if (self->otherwise > 0 && head_number(self->kept, "rules") == TS_RULES_VERSION) {
        return ts_job_refuse(job, TS_ERR_CONFLICT,
                             N_("{1} figures do not come out of the entries that the report "
                                "covers: they are named above"),
                             otherwise, NULL);
    } else if (self->otherwise > 0) {
        ts_job_say(job,
                   N_("{1} figures come out otherwise by newer rules, from the very entries that "
                      "the report covers. The report itself stays as it was"),
                   otherwise, NULL);
    } else if (self->corrections > 0) {
        ts_job_say(job,
                   N_("Every figure comes out the same from the entries that the report covers. "
                      "From the entries of today {1} come out otherwise: corrections that came "
                      "afterwards. The report itself stays as it was"),
                   corrections, NULL);
    } else {
        ts_job_say(job,
                   N_("Every figure comes out the same, from the entries that the report covers "
                      "and from those of today"),
                   NULL);
    }
    return TS_ERR_OK;
}

static ts_err_t
compare_now(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    self->corrections = compare_with(job, "differences", N_("Now"), ts_gather_report(self->gather));
    return tell(job);
}

/* ---- the same question again */

static int32_t
kept_day(const ts_report_t *report, const char *measure)
{
    ts_date_t day;
    return ts_date_parse_iso(ts_report_head(report, measure), &day) == TS_ERR_OK ? day.days : 0;
}

/* As the kept report answers it. NOTFOUND: plan, period or body are not known to the node. */
static ts_err_t
ask_again(ts_job_t *job, const ts_node_t *node, ts_report_question_t *ret_question)
{
    ts_reporting_t *self = ts_reporting(job);
    const ts_catalog_t *catalog = ts_node_catalog(node);
    const ts_plan_t *plan = ts_catalog_plan_coded(catalog, ts_report_head(self->kept, "plan"));
    const ts_period_t *period =
        plan == NULL
            ? NULL
            : ts_catalog_period_coded(catalog, plan->id, ts_report_head(self->kept, "period"));
    const char *body = ts_report_head(self->kept, "body");
    const ts_body_t *whose = body[0] == '\0' ? NULL : ts_catalog_body_coded(catalog, body);
    if (period == NULL || (body[0] != '\0' && whose == NULL)) {
        return TS_ERR_NOTFOUND;
    }
    *ret_question =
        (ts_report_question_t){.plan = plan->id,
                               .period = period->id,
                               .body = whose == NULL ? 0 : whose->id,
                               .as_of = kept_day(self->kept, "as_of"),
                               .boundary = kept_day(self->kept, "boundary"),
                               .nil_confirmed = head_number(self->kept, "nil_confirmed") != 0};
    return TS_ERR_OK;
}

static ts_err_t
begin_now(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_err_t err = ask_again(job, job->node, &self->question);
    if (err == TS_ERR_NOTFOUND) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND,
                             N_("Plan, period or body of the report are not known here"), NULL);
    }
    self->question.alone = true;
    ts_reporting_compute(job, compare_now);
    return err;
}

/* ---- from what it covers */

static ts_err_t
cannot(ts_job_t *job, const char *why)
{
    add_check(job, N_("Figures made anew from them"), NULL, why);
    return begin_now(job);
}

static ts_err_t
anew_slice(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    bool done = false;
    ts_err_t err = ts_gather_step(self->anew, &done);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (!done) {
        job->next = anew_slice;
        return TS_ERR_OK;
    }
    ts_buf_t text = {0};
    ts_report_put_text(ts_gather_report(self->anew), &text);
    ts_hash_t key = ts_hash_of(text.data, text.length);
    ts_hash_t kept = ts_hash_of(self->text.data, self->text.length);
    ts_buf_free(&text);
    self->past_told = true;
    self->otherwise = compare_with(job, "anew", N_("Made anew"), ts_gather_report(self->anew));
    add_check(job, N_("Figures made anew from them"), NULL,
              self->otherwise > 0          ? N_("DIFFERENT")
              : ts_hash_equal(&key, &kept) ? N_("the same, to the check code")
                                           : N_("the same; what is beside the figures is not"));
    ts_gather_destroy(&self->anew);
    ts_past_destroy(&self->past);
    return begin_now(job);
}

static ts_err_t
past_slice(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    bool done = false;
    ts_err_t err = ts_past_step(self->past, &done);
    ts_report_question_t question;
    if (err == TS_ERR_OK && !done) {
        ts_job_progress(job, ts_past_done(self->past), ts_past_total(self->past));
        job->next = past_slice;
        return TS_ERR_OK;
    }
    if (err == TS_ERR_OK) {
        err = ask_again(job, ts_past_node(self->past), &question);
    }
    if (err == TS_ERR_NOTFOUND) {
        ts_past_destroy(&self->past);
        return cannot(job, N_("cannot be: registry and plan are not among them"));
    }
    if (err == TS_ERR_OK) {
        self->anew = ts_gather_new(ts_past_node(self->past), &question);
        job->next = anew_slice;
    }
    return err;
}

static ts_err_t
begin_past(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    bool whole = false;
    size_t missing = 0;
    ts_err_t err = load_watermark(job, &whole);
    if (err == TS_ERR_OK) {
        err = ts_past_missing(job->node, self->tips, self->tip_count, &missing);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    bool here = whole && missing == 0;
    add_check(job, N_("Entries that it covers"), NULL,
              here ? N_("all are held here") : N_("NOT ALL are held here"));
    if (!here) {
        return cannot(job, N_("cannot be: some are not here"));
    }
    const ts_past_query_t query = {.tips = self->tips,
                                   .tip_count = self->tip_count,
                                   .office = self->sealed_by,
                                   .at = self->sealed_at};
    self->past = ts_past_new(job->node, &query);
    job->next = past_slice;
    return TS_ERR_OK;
}

ts_err_t
ts_run_report_verify(ts_job_t *job)
{
    ts_err_t err = ts_reporting_target(job);
    if (err == TS_ERR_OK) {
        err = ts_reporting_load_kept(job);
    }
    if (err == TS_ERR_OK) {
        add_check(job, N_("Figures as sealed"), NULL, N_("match their check code"));
        err = ts_reporting_each_file(job, check_file);
    }
    return err == TS_ERR_OK ? begin_past(job) : err;
}
