/* SPDX-License-Identifier: MPL-2.0 */
#include "node/cut_tips.h"

#include "base/i18n.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BRANCHES_MAX 8u
#define PREFIX_DIGITS_MIN 8u
#define DIGITS_MAX 19u

typedef struct cutting {
    ts_job_t *job;
    uint32_t office;
    ts_tip_t *tips;
    size_t count;
    size_t capacity;
} cutting_t;

static void
add(cutting_t *self, const ts_tip_t *tip)
{
    self->tips = ts_xgrow(self->tips, self->count + 1, &self->capacity, sizeof *self->tips);
    self->tips[self->count++] = *tip;
}

/* All branches of all logs of the office, as they are held. */
static ts_err_t
take_held(cutting_t *self)
{
    ts_custody_t *custody = self->job->node->custody;
    ts_log_info_t info = {.office = 0};
    ts_err_t err;
    while ((err = ts_custody_log_next(custody, &info)) == TS_ERR_OK) {
        ts_custody_tip_t tips[BRANCHES_MAX];
        size_t count = 0;
        if (info.office != self->office) {
            continue;
        }
        err = ts_custody_log_tips(custody, &info.log, tips, BRANCHES_MAX, &count);
        if (err != TS_ERR_OK) {
            return err;
        }
        for (size_t i = 0; i < count; i++) {
            add(self, &tips[i].tip);
        }
    }
    return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
}

/* One tip in the place of all that its log had. */
static void
cut_at(cutting_t *self, const ts_tip_t *tip)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->count; i++) {
        if (!ts_hash_equal(&self->tips[i].log, &tip->log)) {
            self->tips[kept++] = self->tips[i];
        }
    }
    self->count = kept;
    add(self, tip);
}

/* ---- <log>:<number> */

/* The log of the office whose id begins so: one, and its longest branch. */
static ts_err_t
find_log(const cutting_t *self, const char *text, size_t digits, ts_tip_t *ret_tip)
{
    size_t found = 0;
    for (size_t i = 0; i < self->count; i++) {
        char hex[2 * TS_HASH_BYTES + 1];
        ts_hex_format(self->tips[i].log.b, TS_HASH_BYTES, hex);
        if (digits > 2 * TS_HASH_BYTES || strncmp(hex, text, digits) != 0) {
            continue;
        }
        if (found == 0 || !ts_hash_equal(&ret_tip->log, &self->tips[i].log)) {
            found++;
            *ret_tip = self->tips[i];
        } else if (self->tips[i].seq > ret_tip->seq) {
            *ret_tip = self->tips[i];
        }
    }
    return found == 1 ? TS_ERR_OK : found == 0 ? TS_ERR_NOTFOUND : TS_ERR_CONFLICT;
}

static ts_err_t
cut_log(cutting_t *self, const char *text, const char *colon)
{
    ts_job_t *job = self->job;
    const char *number = colon + 1;
    size_t digits = strlen(number);
    ts_tip_t tip = {.seq = 0};
    if ((size_t)(colon - text) < PREFIX_DIGITS_MIN || digits == 0 || digits > DIGITS_MAX ||
        strspn(number, "0123456789") != digits) {
        return ts_job_refuse(job, TS_ERR_INVALID,
                             N_("at = “{1}”: write the code of the last record that counts, or "
                                "LOG:NUMBER with at least 8 digits of the log"),
                             text, NULL);
    }
    ts_err_t err = find_log(self, text, (size_t)(colon - text), &tip);
    if (err != TS_ERR_OK) {
        return ts_job_refuse(job, err,
                             err == TS_ERR_NOTFOUND
                                 ? N_("at = “{1}”: this office has no such log")
                                 : N_("at = “{1}”: several logs begin so; give more digits"),
                             text, NULL);
    }
    uint64_t wanted = strtoull(number, NULL, 10);
    if (wanted > tip.seq) {
        char held[24];
        (void)snprintf(held, sizeof held, "%" PRIu64, tip.seq);
        return ts_job_refuse(job, TS_ERR_INVALID,
                             N_("at = “{1}”: only {2} entries of this log are held here"), text,
                             held, NULL);
    }
    ts_held_segment_t segment;
    err = ts_custody_at(job->node->custody, &tip.hash, wanted, &segment, NULL);
    if (err == TS_ERR_OK) {
        tip.seq = wanted;
        tip.hash = segment.hash;
        cut_at(self, &tip);
    }
    return err;
}

/* ---- a record */

static ts_err_t
cut_record(cutting_t *self, const char *text)
{
    ts_job_t *job = self->job;
    ts_record_id_t record;
    ts_standing_t standing;
    ts_log_info_t log;
    ts_held_segment_t segment;
    if (ts_record_code_parse(text, &record) != TS_ERR_OK) {
        return ts_job_refuse(job, TS_ERR_INVALID,
                             N_("at = “{1}”: write the code of the last record that counts, or "
                                "LOG:NUMBER with at least 8 digits of the log"),
                             text, NULL);
    }
    ts_err_t err = ts_ledger_record(job->node->ledger, 0, record, &standing);
    if (err == TS_ERR_NOTFOUND || (err == TS_ERR_OK && standing.office != self->office)) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND,
                             N_("at = “{1}”: no such record of this office counts here"), text,
                             NULL);
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_log(job->node->ledger, standing.place.log, &log);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_get(job->node->custody, standing.place.arrival, &segment, NULL);
    }
    if (err == TS_ERR_OK) {
        const ts_tip_t tip = {log.log, standing.place.position, segment.hash};
        cut_at(self, &tip);
    }
    return err;
}

ts_err_t
ts_cut_tips(ts_job_t *job, uint32_t office, ts_tip_t **ret_tips, size_t *ret_count)
{
    cutting_t self = {.job = job, .office = office};
    ts_err_t err = take_held(&self);
    const char *text;
    for (size_t i = 0;
         err == TS_ERR_OK && (text = ts_command_get_nth(&job->command, "at", i)) != NULL; i++) {
        const char *colon = strchr(text, ':');
        err = colon == NULL ? cut_record(&self, text) : cut_log(&self, text, colon);
    }
    if (err != TS_ERR_OK) {
        ts_xfree(self.tips);
        return err;
    }
    *ret_tips = self.tips;
    *ret_count = self.count;
    return TS_ERR_OK;
}

ts_err_t
ts_cut_tips_put(ts_job_t *job, ts_draft_t *draft, uint32_t number)
{
    ts_tip_t *tips = NULL;
    size_t count = 0;
    ts_err_t err = ts_cut_tips(job, number, &tips, &count);
    for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "tips[%zu].log_key", i);
        err = ts_record_set_bytes(draft->record, path, (ts_bytes_t){tips[i].log.b, TS_HASH_BYTES});
        if (err == TS_ERR_OK) {
            (void)snprintf(path, sizeof path, "tips[%zu].seq", i);
            err = ts_record_set_number(draft->record, path, (int64_t)tips[i].seq);
        }
        if (err == TS_ERR_OK) {
            (void)snprintf(path, sizeof path, "tips[%zu].hash_key", i);
            err = ts_record_set_bytes(draft->record, path,
                                      (ts_bytes_t){tips[i].hash.b, TS_HASH_BYTES});
        }
    }
    ts_xfree(tips);
    return err;
}
