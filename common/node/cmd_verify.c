/* SPDX-License-Identifier: MPL-2.0 */
/* verify: every segment is read, hashed and its signature checked; then the ledger is made anew
 * beside and compared. In slices. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "node/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Segments of one slice: a signature costs about 60 µs. */
#define SEGMENTS_PER_SLICE 32u
#define EVENTS_PER_SLICE 300u
#define DAMAGES_SHOWN_MAX 500u

typedef struct verifying {
    ts_custody_verify_t custody;
    ts_fold_compare_t *compare;
    size_t shown;
    uint64_t total;
    char *path;
} verifying_t;

static void
verifying_free(void *state)
{
    verifying_t *self = state;
    ts_fold_compare_end(&self->compare);
    ts_xfree(self->path);
    ts_xfree(self);
}

static ts_err_t
check_segment(void *context, const ts_segment_view_t *view, const ts_log_info_t *info)
{
    ts_job_t *job = context;
    ts_hash_t hash;
    ts_log_info_t judged;
    (void)info;
    return ts_segment_verify(job->node, view, &hash, &judged);
}

static void
report_damage(void *context, const ts_damage_t *damage)
{
    ts_job_t *job = context;
    verifying_t *self = job->state;
    if (self->shown == DAMAGES_SHOWN_MAX) {
        return;
    }
    self->shown++;
    char hex[17];
    ts_hex_format(damage->log.b, 8, hex);
    /* The table is the first of the reply; others are added only at the end. */
    ts_table_t *table = &job->reply.tables[0];
    ts_msg_t say = {0};
    ts_msg_set(&say, ts_err_str(damage->code));
    ts_table_add_number(table, (int64_t)damage->arrival);
    ts_table_add_text(table, hex);
    ts_table_add_number(table, (int64_t)damage->first_seq);
    ts_table_add_number(table, (int64_t)damage->last_seq);
    ts_table_add_say(table, &say);
}

static ts_err_t
tell(ts_job_t *job, bool compared, bool same)
{
    verifying_t *self = job->state;
    char checked[24];
    char damaged[24];
    (void)snprintf(checked, sizeof checked, "%" PRIu64, self->custody.checked);
    (void)snprintf(damaged, sizeof damaged, "%" PRIu64, self->custody.damaged);
    ts_table_t *table = ts_reply_add_table(&job->reply, "verified");
    ts_table_add_column(table, "segments", N_("Segments"), "number");
    ts_table_add_column(table, "damaged", N_("Damaged"), "number");
    ts_table_add_column(table, "ledger", N_("Ledger"), "text");
    ts_table_add_number(table, (int64_t)self->custody.checked);
    ts_table_add_number(table, (int64_t)self->custody.damaged);
    ts_table_add_text(table, !compared ? NULL : same ? "same" : "different");
    if (self->custody.damaged > 0) {
        return ts_job_refuse(
            job, TS_ERR_HASH,
            N_("{1} of {2} segments are damaged; fetch them again from a neighbour or a backup"),
            damaged, checked, NULL);
    }
    if (compared && !same) {
        return ts_job_refuse(job, TS_ERR_CONFLICT,
                             N_("The ledger is not what its entries say: it is being made anew"),
                             NULL);
    }
    ts_job_say(
        job,
        compared
            ? N_("{1} segments and their signatures are right; the ledger made anew is the same")
            : N_("{1} segments and their signatures are right"),
        checked, NULL);
    return TS_ERR_OK;
}

static ts_err_t
compare_slice(ts_job_t *job)
{
    verifying_t *self = job->state;
    bool done = false;
    bool same = false;
    ts_err_t err = ts_fold_compare_slice(self->compare, EVENTS_PER_SLICE, &done, &same);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (!done) {
        job->next = compare_slice;
        return TS_ERR_OK;
    }
    ts_fold_compare_end(&self->compare);
    if (!same) {
        ts_fold_rebuild(job->node->fold);
    }
    return tell(job, true, same);
}

static ts_err_t
begin_compare(ts_job_t *job)
{
    static const char name[] = "/verify.sqlite";
    verifying_t *self = job->state;
    size_t length = strlen(job->node->data_dir);
    self->path = ts_xmalloc(length + sizeof name);
    memcpy(self->path, job->node->data_dir, length);
    memcpy(self->path + length, name, sizeof name);
    ts_err_t err = ts_fold_compare_begin(job->node->fold, self->path, &self->compare);
    if (err == TS_ERR_OK) {
        job->next = compare_slice;
    }
    return err;
}

static ts_err_t
custody_slice(ts_job_t *job)
{
    verifying_t *self = job->state;
    bool done = false;
    bool quick = false;
    ts_err_t err = ts_custody_verify(job->node->custody, &self->custody, SEGMENTS_PER_SLICE, &done);
    if (err == TS_ERR_OK) {
        err = ts_job_flag(job, "quick", &quick);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_job_progress(job, self->custody.checked, self->total);
    if (!done) {
        job->next = custody_slice;
        return TS_ERR_OK;
    }
    return self->custody.damaged > 0 || quick ? tell(job, false, false) : begin_compare(job);
}

ts_err_t
ts_run_verify(ts_job_t *job)
{
    verifying_t *self = ts_xcalloc(1, sizeof *self);
    job->state = self;
    job->free_state = verifying_free;
    self->total = ts_custody_arrival(job->node->custody);
    self->custody = (ts_custody_verify_t){
        .next_arrival = 1, .check = check_segment, .report = report_damage, .context = job};
    ts_table_t *table = ts_reply_add_table(&job->reply, "damages");
    ts_table_add_column(table, "arrival", N_("Arrival"), "number");
    ts_table_add_column(table, "log", N_("Log"), "text");
    ts_table_add_column(table, "first", N_("First entry"), "number");
    ts_table_add_column(table, "last", N_("Last entry"), "number");
    ts_table_add_column(table, "problem", N_("What is wrong"), "text");
    return custody_slice(job);
}
