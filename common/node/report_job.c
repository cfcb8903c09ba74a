/* SPDX-License-Identifier: MPL-2.0 */
#include "node/report_job.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/envelope.h"
#include "core/kind.h"
#include "core/report_tables.h"
#include "crypto/hash.h"
#include "node/records_ask.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After so many beginnings the rest is computed at one go. */
#define TRIES_MAX 3u
#define SETTLE_EVENTS 300u

/* ---- state */

static void
reporting_free(void *state)
{
    ts_reporting_t *self = state;
    ts_gather_destroy(&self->gather);
    ts_gather_destroy(&self->anew);
    ts_past_destroy(&self->past);
    ts_xfree(self->tips);
    ts_report_destroy(&self->kept);
    ts_drafts_free(&self->drafts);
    ts_buf_free(&self->text);
    ts_xfree(self);
}

ts_reporting_t *
ts_reporting(ts_job_t *job)
{
    if (job->state == NULL) {
        job->state = ts_xcalloc(1, sizeof(ts_reporting_t));
        job->free_state = reporting_free;
    }
    return job->state;
}

ts_record_id_t
ts_reporting_own_body(const ts_node_t *node)
{
    const ts_office_t *office =
        ts_catalog_office(ts_node_catalog(node), node->identity.keys.office);
    return office != NULL ? office->body : node->identity.body;
}

/* ---- question */

static ts_record_id_t
only_plan(const ts_node_t *node)
{
    size_t position = 0;
    const ts_plan_t *plan = ts_catalog_next(ts_node_catalog(node), TS_KIND_PLAN, &position);
    if (plan == NULL || ts_catalog_next(ts_node_catalog(node), TS_KIND_PLAN, &position) != NULL) {
        return 0;
    }
    return plan->id;
}

static ts_err_t
ask_name(ts_job_t *job, ts_names_t *names, uint32_t kind, const char *field, ts_record_id_t *ret_id)
{
    const char *text = ts_command_get(&job->command, field);
    ts_msg_t why = {0};
    if (text == NULL || text[0] == '\0') {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_names_find(names, kind, text, ret_id, &why);
    if (err != TS_ERR_OK) {
        return why.id == NULL ? err : ts_job_refuse_with(job, err, &why);
    }
    return TS_ERR_OK;
}

static ts_err_t
ask_day(ts_job_t *job, const char *field, int32_t *ret_day)
{
    const char *text = ts_command_get(&job->command, field);
    uint32_t precision = 0;
    ts_msg_t why = {0};
    if (text == NULL || text[0] == '\0') {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_records_parse_day(text, ret_day, &precision, &why);
    if (err == TS_ERR_OK && precision != 0) {
        err = TS_ERR_INVALID;
        ts_msg_make(&why, N_("{1} = “{2}”: a whole date is needed"), field, text, NULL);
    }
    return err == TS_ERR_OK ? err : ts_job_refuse_with(job, err, &why);
}

static ts_err_t
ask_names(ts_job_t *job, ts_report_question_t *question, bool period_needed)
{
    ts_names_t *names = ts_names_new(job->node, 0);
    question->plan = only_plan(job->node);
    ts_err_t err = ask_name(job, names, TS_KIND_PLAN, "plan", &question->plan);
    if (err == TS_ERR_OK && question->plan == 0) {
        err = ts_job_refuse(
            job, TS_ERR_INVALID,
            N_("Say which plan: plan=… (no plan has come yet, or there are several)"), NULL);
    }
    if (err == TS_ERR_OK) {
        ts_names_set_plan(names, question->plan);
        err = ask_name(job, names, TS_KIND_PERIOD, "period", &question->period);
    }
    if (err == TS_ERR_OK && period_needed && question->period == 0) {
        err = ts_job_refuse(job, TS_ERR_INVALID,
                            N_("Say which period: period=… (for example 2020-year)"), NULL);
    }
    if (err == TS_ERR_OK) {
        err = ask_name(job, names, TS_KIND_BODY, "body", &question->body);
    }
    if (err == TS_ERR_OK) {
        err = ask_name(job, names, TS_KIND_UNIT, "unit", &question->unit);
    }
    ts_names_destroy(&names);
    return err;
}

ts_err_t
ts_reporting_ask(ts_job_t *job, bool period_needed)
{
    ts_report_question_t *question = &ts_reporting(job)->question;
    ts_err_t err = ask_names(job, question, period_needed);
    if (err == TS_ERR_OK) {
        err = ask_day(job, "as_of", &question->as_of);
    }
    if (err == TS_ERR_OK) {
        err = ask_day(job, "boundary", &question->boundary);
    }
    if (err == TS_ERR_OK) {
        err = ts_job_flag(job, "nil_confirmed", &question->nil_confirmed);
    }
    return err == TS_ERR_OK ? ts_job_flag(job, "roll_over", &question->roll_over) : err;
}

/* ---- computing */

static void
note_version(const ts_node_t *node, uint64_t *ret_changes, uint64_t *ret_tail)
{
    ts_fold_state_t state;
    ts_fold_state(node->fold, &state);
    *ret_changes = state.changes;
    *ret_tail = ts_custody_tail_counter(node->custody);
}

/* A seal says what its figures cover: all that is in custody by then, folded and judged to the end.
 * What keeps coming in is waited for a few times, then folded at one go. */
static ts_err_t
fold_the_rest(ts_job_t *job, bool *ret_wait)
{
    ts_reporting_t *self = ts_reporting(job);
    bool more = false;
    ts_err_t err = TS_ERR_OK;
    *ret_wait = false;
    do {
        ts_fold_state_t state;
        ts_fold_state(job->node->fold, &state);
        if (state.arrival >= state.arrival_last && !state.redoing && !state.rebuilding) {
            return TS_ERR_OK;
        }
        err = ts_fold_slice(job->node->fold, SETTLE_EVENTS, &more);
        *ret_wait = more && self->tries <= TRIES_MAX;
    } while (err == TS_ERR_OK && more && !*ret_wait);
    return err;
}

static ts_err_t
compute_slice(ts_job_t *job)
{
    ts_reporting_t *self = ts_reporting(job);
    bool wait = false;
    ts_err_t err = self->exact ? fold_the_rest(job, &wait) : TS_ERR_OK;
    if (err == TS_ERR_OK && wait) {
        job->next = compute_slice;
        return TS_ERR_OK;
    }
    bool settled = false;
    if (err == TS_ERR_OK) {
        err = ts_fold_settle_some(job->node->fold, SETTLE_EVENTS, &settled);
    }
    if (err == TS_ERR_OK && !settled) {
        job->next = compute_slice;
        return TS_ERR_OK;
    }
    uint64_t changes;
    uint64_t tail;
    note_version(job->node, &changes, &tail);
    if (err == TS_ERR_OK &&
        (self->gather == NULL || changes != self->changes || tail != self->tail)) {
        ts_gather_destroy(&self->gather);
        self->gather = ts_gather_new(job->node, &self->question);
        self->changes = changes;
        self->tail = tail;
        self->tries++;
    }
    bool done = false;
    if (err == TS_ERR_OK && self->tries > TRIES_MAX) {
        err = ts_gather_all(self->gather);
        done = true;
    } else if (err == TS_ERR_OK) {
        err = ts_gather_step(self->gather, &done);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    if (!done) {
        job->next = compute_slice;
        return TS_ERR_OK;
    }
    self->question = *ts_gather_question(self->gather);
    return self->then(job);
}

void
ts_reporting_compute(ts_job_t *job, ts_job_fn then)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_gather_destroy(&self->gather);
    self->tries = 0;
    self->then = then;
    ts_job_fold_then(job, compute_slice);
}

void
ts_reporting_text(ts_reporting_t *self)
{
    ts_buf_clear(&self->text);
    ts_report_put_text(ts_gather_report(self->gather), &self->text);
    self->key = ts_hash_of(self->text.data, self->text.length);
}

void
ts_reporting_show(ts_job_t *job, const ts_report_t *report, const ts_hash_t *key)
{
    char code[2 * TS_HASH_BYTES + 1];
    ts_hex_format(key->b, TS_HASH_BYTES, code);
    ts_report_put_tables(report, code, &job->reply);
    if (job->reply.say.id == NULL) {
        ts_job_say(job, ts_report_disclaimer(), NULL);
    }
}

/* ---- what a seal names */

typedef struct tips {
    ts_tip_t *rows;
    size_t count;
    size_t capacity;
} tips_t;

static ts_err_t
add_tips(ts_node_t *node, const ts_log_info_t *info, tips_t *out)
{
    ts_custody_tip_t tips[TS_REPORT_BRANCHES_MAX];
    size_t found = 0;
    ts_err_t err =
        ts_custody_log_tips(node->custody, &info->log, tips, TS_REPORT_BRANCHES_MAX, &found);
    for (size_t i = 0; err == TS_ERR_OK && i < found; i++) {
        if (tips[i].tip.seq > 0) {
            out->rows = ts_xgrow(out->rows, out->count + 1, &out->capacity, sizeof *out->rows);
            out->rows[out->count++] = tips[i].tip;
        }
    }
    return err;
}

enum { OWN_FOR_ALL, OWN_FOR_UNITS, OF_OTHERS, TIP_CLASSES };

static ts_err_t
class_of(ts_node_t *node, const ts_log_info_t *info, int *ret_class)
{
    ts_own_t own = TS_OWN_NOT;
    ts_err_t err = ts_custody_log_own(node->custody, &info->log, &own);
    *ret_class = own == TS_OWN_NOT          ? OF_OTHERS
                 : info->audience_unit != 0 ? OWN_FOR_UNITS
                                            : OWN_FOR_ALL;
    return err;
}

static ts_err_t
add_tips_of(ts_node_t *node, int wanted, tips_t *out)
{
    ts_log_info_t info = {.office = 0};
    ts_err_t err;
    while ((err = ts_custody_log_next(node->custody, &info)) == TS_ERR_OK) {
        int class = OF_OTHERS;
        err = class_of(node, &info, &class);
        if (err == TS_ERR_OK && class == wanted) {
            err = add_tips(node, &info, out);
        }
        if (err != TS_ERR_OK) {
            return err == TS_ERR_NOTFOUND ? TS_ERR_CORRUPT : err;
        }
    }
    return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
}

ts_err_t
ts_reporting_tips(ts_job_t *job, ts_tip_t **ret_tips, size_t *ret_count)
{
    ts_node_t *node = job->node;
    tips_t tips = {0};
    ts_err_t err = ts_logs_seal_all(node);
    for (int class = 0; err == TS_ERR_OK && class < TIP_CLASSES; class ++) {
        err = add_tips_of(node, class, &tips);
    }
    if (err != TS_ERR_OK) {
        ts_xfree(tips.rows);
        return err;
    }
    *ret_tips = tips.rows;
    *ret_count = tips.count;
    return TS_ERR_OK;
}

void
ts_reporting_put_tips_text(const ts_tip_t *tips, size_t count, ts_buf_t *out)
{
    for (size_t i = 0; i < count; i++) {
        char line[2 * (2 * TS_HASH_BYTES) + 32];
        char log[2 * TS_HASH_BYTES + 1];
        char hash[2 * TS_HASH_BYTES + 1];
        ts_hex_format(tips[i].log.b, TS_HASH_BYTES, log);
        ts_hex_format(tips[i].hash.b, TS_HASH_BYTES, hash);
        (void)snprintf(line, sizeof line, "%s %" PRIu64 " %s\n", log, tips[i].seq, hash);
        ts_buf_put_text(out, line);
    }
}

static bool
read_tip_line(const char *line, ts_tip_t *ret_tip)
{
    char log[2 * TS_HASH_BYTES + 1];
    char hash[2 * TS_HASH_BYTES + 1];
    int end = 0;
    return sscanf(line, "%64[0-9a-f] %20" SCNu64 " %64[0-9a-f]%n", log, &ret_tip->seq, hash,
                  &end) == 3 &&
           line[end] == '\0' && ts_hex_parse(log, ret_tip->log.b, TS_HASH_BYTES) == TS_ERR_OK &&
           ts_hex_parse(hash, ret_tip->hash.b, TS_HASH_BYTES) == TS_ERR_OK;
}

ts_err_t
ts_reporting_read_tips_text(ts_bytes_t text, ts_tip_t **ret_tips, size_t *ret_count)
{
    tips_t tips = {0};
    char *copy = ts_xstrndup((const char *)text.data, text.length);
    bool good = true;
    for (char *line = copy; good && line[0] != '\0';) {
        char *end = strchr(line, '\n');
        good = end != NULL;
        if (good) {
            *end = '\0';
            tips.rows = ts_xgrow(tips.rows, tips.count + 1, &tips.capacity, sizeof *tips.rows);
            good = read_tip_line(line, &tips.rows[tips.count++]);
            line = end + 1;
        }
    }
    ts_xfree(copy);
    if (!good) {
        ts_xfree(tips.rows);
        return TS_ERR_INVALID;
    }
    *ret_tips = tips.rows;
    *ret_count = tips.count;
    return TS_ERR_OK;
}

static int
compare_prefixes(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

ts_err_t
ts_reporting_parked(ts_node_t *node, ts_hash_t *ret_digest)
{
    uint64_t *prefixes = NULL;
    size_t count = 0;
    size_t capacity = 0;
    ts_parked_t parked = {0};
    ts_err_t err;
    while ((err = ts_ledger_parked_next(node->ledger, parked.id, &parked, NULL)) == TS_ERR_OK) {
        prefixes = ts_xgrow(prefixes, count + 1, &capacity, sizeof *prefixes);
        prefixes[count++] = parked.event;
    }
    if (err == TS_ERR_NOTFOUND) {
        if (count > 0) {
            qsort(prefixes, count, sizeof *prefixes, compare_prefixes);
        }
        ts_buf_t bytes = {0};
        for (size_t i = 0; i < count; i++) {
            ts_buf_put_u64(&bytes, prefixes[i]);
        }
        *ret_digest = ts_hash_of(bytes.data, bytes.length);
        ts_buf_free(&bytes);
        err = TS_ERR_OK;
    }
    ts_xfree(prefixes);
    return err;
}

/* ---- drafts */

void
ts_reporting_number(ts_record_t *record, const char *path, int64_t value)
{
    TS_CHECK(ts_record_set_number(record, path, value) == TS_ERR_OK);
}

void
ts_reporting_hash(ts_record_t *record, const char *path, const ts_hash_t *hash)
{
    TS_CHECK(ts_record_set_bytes(record, path, (ts_bytes_t){hash->b, TS_HASH_BYTES}) == TS_ERR_OK);
}

ts_err_t
ts_reporting_string(ts_job_t *job, ts_draft_t *draft, const char *path, const char *value)
{
    if (value == NULL || value[0] == '\0') {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_record_set_string(draft->record, path, value);
    return err == TS_ERR_OK
               ? err
               : ts_job_refuse(job, err, N_("{1}: the text is too long or not UTF-8"), path, NULL);
}

size_t
ts_reporting_put_tips(ts_record_t *record, const ts_tip_t *tips, size_t count, size_t max)
{
    max = max < TS_REPORT_TIPS_MAX ? max : TS_REPORT_TIPS_MAX;
    count = count < max ? count : max;
    for (size_t i = 0; i < count; i++) {
        char path[48];
        (void)snprintf(path, sizeof path, "covers[%zu].log_key", i);
        ts_reporting_hash(record, path, &tips[i].log);
        (void)snprintf(path, sizeof path, "covers[%zu].seq", i);
        ts_reporting_number(record, path, (int64_t)tips[i].seq);
        (void)snprintf(path, sizeof path, "covers[%zu].hash_key", i);
        ts_reporting_hash(record, path, &tips[i].hash);
    }
    return count;
}

ts_err_t
ts_reporting_write(ts_job_t *job, ts_draft_t *draft, ts_job_fn next)
{
    ts_reporting_t *self = ts_reporting(job);
    ts_objection_t objection = {0};
    ts_msg_t why = {0};
    ts_err_t err = ts_draft_judge(job, &self->drafts, draft, &objection);
    if (objection.why.id != NULL) {
        err = ts_job_refuse_with(job, err, &objection.why);
    }
    ts_objection_free(&objection);
    if (err == TS_ERR_OK) {
        err = ts_drafts_add(job, &self->drafts, draft, &why);
        self->record = draft->header.record;
    }
    if (why.id != NULL) {
        err = ts_job_refuse_with(job, err, &why);
    }
    ts_draft_free(draft);
    return err == TS_ERR_OK ? ts_drafts_write(job, &self->drafts, next) : err;
}
