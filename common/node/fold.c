/* SPDX-License-Identifier: MPL-2.0 */
#include "node/fold.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "core/envelope.h"
#include "node/fold_p.h"

#include <string.h>

#define BATCH_EVENTS 8192u
#define BATCH_BYTES (4u << 20)
/* On a disk that was full the batches become smaller, down to this. */
#define BATCH_EVENTS_MIN 64u
#define CACHE_CHILDREN 16384u
/* Rows that are asked again at one go. */
#define DUE_ROWS 256u
/* Kinds of registry and plans lie below this one (event.proto). */
#define PLAN_KIND_LAST 18u

/* ---- one ledger being folded */

static uint32_t
kind_named(const ts_schema_t *schema, const char *name)
{
    const ts_kind_schema_t *kind = ts_schema_named(schema, name);
    TS_CHECK(kind != NULL);
    return kind->kind;
}

ts_folding_t *
ts_folding_new(const ts_fold_options_t *options, ts_ledger_t *ledger)
{
    ts_folding_t *self = ts_xcalloc(1, sizeof *self);
    self->options = options;
    self->ledger = ledger;
    self->catalog = ts_catalog_new();
    self->decoder = ts_event_decoder_new();
    self->again = ts_event_decoder_new();
    self->ahead.codec = ts_codec_new();
    self->behind.codec = ts_codec_new();
    self->logs = ts_map_new(sizeof(ts_hash_t), sizeof(ts_fold_log_t *));
    self->children = ts_map_new(sizeof(ts_record_id_t), sizeof(ts_child_t *));
    self->kinds = (ts_fold_kinds_t){
        .beneficiary = kind_named(options->schema, "beneficiary"),
        .donor = kind_named(options->schema, "donor"),
        .pledge = kind_named(options->schema, "pledge"),
        .receipt = kind_named(options->schema, "receipt"),
        .allocation = kind_named(options->schema, "allocation"),
        .handover = kind_named(options->schema, "handover"),
        .give_back = kind_named(options->schema, "return"),
        .approval = kind_named(options->schema, "approval"),
        .office = kind_named(options->schema, "office"),
    };
    return self;
}

static void
forget_logs(ts_folding_t *self)
{
    size_t position = 0;
    void *value;
    while (ts_map_next(self->logs, &position, &value) != NULL) {
        ts_xfree(*(ts_fold_log_t **)value);
    }
    ts_map_clear(self->logs);
    memset(self->by_number, 0, self->by_number_count * sizeof *self->by_number);
}

void
ts_folding_destroy(ts_folding_t **self_p)
{
    ts_folding_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_folding_forget_children(self);
    ts_map_destroy(&self->children);
    if (self->by_number != NULL) {
        forget_logs(self);
    }
    ts_map_destroy(&self->logs);
    ts_xfree(self->by_number);
    ts_catalog_destroy(&self->catalog);
    ts_event_decoder_destroy(&self->decoder);
    ts_event_decoder_destroy(&self->again);
    ts_fold_source_free(&self->ahead);
    ts_fold_source_free(&self->behind);
    ts_buf_free(&self->tail);
    ts_buf_free(&self->tail_again);
    ts_buf_free(&self->facts);
    ts_buf_free(&self->child_facts);
    ts_buf_free(&self->child_ids);
    ts_buf_free(&self->ask_again);
    ts_xfree(self);
    *self_p = NULL;
}

/* ---- steps: each does one thing that is due and says how many events that was */

/* Events that wait for something that has come. */
static ts_err_t
step_due(ts_folding_t *self, uint32_t budget, uint32_t *used)
{
    ts_buf_t rows = {0};
    ts_err_t err = ts_ledger_due(self->ledger, budget < DUE_ROWS ? budget : DUE_ROWS, &rows);
    for (size_t at = 0; err == TS_ERR_OK && at < rows.length; at += sizeof(ts_parked_t)) {
        ts_parked_t parked;
        memcpy(&parked, rows.data + at, sizeof parked);
        ts_occurrence_t occurrence;
        err = ts_folding_find(self, &parked.place, parked.event, &occurrence);
        if (err == TS_ERR_NOTFOUND) {
            err = ts_ledger_not_due(self->ledger, parked.id);
        } else if (err == TS_ERR_OK) {
            err = ts_folding_event(self, &occurrence);
        }
        (*used)++;
    }
    ts_buf_free(&rows);
    return err;
}

/* The tail of a log whose verdicts are asked again. */
static ts_err_t
redo_tail(ts_folding_t *self, const ts_fold_log_t *log, uint32_t *used)
{
    uint64_t after = 0;
    for (;;) {
        ts_tail_event_t row;
        ts_err_t err =
            ts_custody_tail_next(self->options->custody, &log->info.log, after, &row, &self->tail);
        if (err == TS_ERR_NOTFOUND || (err == TS_ERR_OK && row.counter > self->tail_counter)) {
            return TS_ERR_OK;
        }
        if (err != TS_ERR_OK) {
            return err;
        }
        ts_occurrence_t occurrence = {.bytes = ts_buf_bytes(&self->tail),
                                      .event = ts_hash_prefix(&row.event_id),
                                      .log = log,
                                      .place = {log->number, 0, row.counter}};
        err = ts_folding_event(self, &occurrence);
        if (err != TS_ERR_OK) {
            return err;
        }
        after = row.counter;
        (*used)++;
    }
}

/* Of a ledger of the past: does the segment belong to it? */
static bool
wanted(const ts_folding_t *self, uint64_t arrival)
{
    return self->only == NULL ||
           (arrival <= self->only_last && (self->only[arrival >> 3] >> (arrival & 7) & 1) != 0);
}

/* One segment of a log whose verdicts are asked again. */
static ts_err_t
step_redo(ts_folding_t *self, uint32_t *used)
{
    uint32_t number;
    uint64_t after;
    ts_err_t err = ts_ledger_redo_first(self->ledger, &number, &after);
    if (err != TS_ERR_OK) {
        return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    const ts_fold_log_t *log = NULL;
    err = ts_folding_log_numbered(self, number, &log);
    ts_held_segment_t stored;
    if (err == TS_ERR_OK) {
        const ts_tip_t base = {.log = log->info.log};
        bool held = false;
        err = ts_custody_next(self->options->custody, &base, after, &held, &stored, NULL);
    }
    (*used)++;
    if (err == TS_ERR_NOTFOUND) {
        err = ts_ledger_redo_done(self->ledger, number);
        return err == TS_ERR_OK ? redo_tail(self, log, used) : err;
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_redo_move(self->ledger, number, stored.arrival);
    }
    /* What is still to be folded for the first time is judged then. */
    uint64_t through = self->arrival + (self->index > 0 ? 1 : 0);
    bool folded =
        self->phase == TS_PHASE_ALL && stored.arrival <= through && wanted(self, stored.arrival);
    if (err == TS_ERR_OK && folded) {
        err = ts_fold_source_open(self, &self->ahead, stored.arrival);
    }
    for (size_t i = 0; err == TS_ERR_OK && folded && i < self->ahead.count; i++) {
        ts_occurrence_t occurrence;
        ts_fold_source_event(self, &self->ahead, log, i, &occurrence);
        err = ts_folding_event(self, &occurrence);
        (*used)++;
    }
    return err;
}

/* A payload that cannot be opened is parked as one: with the hash of its segment and the number of
 * its first event. */
static ts_err_t
park_segment(ts_folding_t *self, const ts_fold_log_t *log)
{
    ts_event_header_t header;
    memset(&header, 0, sizeof header);
    ts_occurrence_t at = {
        .event = ts_hash_prefix(&self->ahead.stored.hash),
        .log = log,
        .place = {log->number, self->ahead.arrival, self->ahead.stored.first_seq},
        .segment = self->ahead.stored.hash,
    };
    ts_trial_t trial = {.at = &at, .header = &header};
    trial.verdict.park = self->ahead.failed == TS_ERR_UNKNOWN ? TS_PARK_SEALED : TS_PARK_UNREADABLE;
    return ts_folding_park(self, &trial);
}

/* Of a whole log: is it taken in this phase? */
static bool
log_in_phase(const ts_folding_t *self, const ts_log_info_t *info, uint64_t arrival)
{
    switch (self->phase) {
    case TS_PHASE_REGISTRY:
        return info->purpose == TS_PURPOSE_REGISTRY;
    case TS_PHASE_PLANS:
        return info->purpose == TS_PURPOSE_DOWN;
    default:
        return info->purpose != TS_PURPOSE_REGISTRY || arrival > self->phase_end;
    }
}

/* In the second phase only plans and their parts: figures come when all of them are known. */
static ts_err_t
event_in_phase(ts_folding_t *self, const ts_occurrence_t *at, bool *ret_in)
{
    *ret_in = true;
    if (self->phase == TS_PHASE_PLANS) {
        ts_event_header_t header;
        ts_err_t err = ts_event_decode_header(self->decoder, at->bytes, &header);
        *ret_in = err == TS_ERR_OK && header.kind <= PLAN_KIND_LAST;
    }
    return TS_ERR_OK;
}

static void
end_segment(ts_folding_t *self)
{
    self->arrival++;
    self->index = 0;
    if (self->phase != TS_PHASE_ALL && self->arrival >= self->phase_end) {
        self->phase++;
        self->arrival = 0;
    }
}

/* Events of the next segment, as far as the budget goes. */
static ts_err_t
step_segment(ts_folding_t *self, uint32_t budget, uint32_t *used)
{
    uint64_t arrival = self->arrival + 1;
    ts_held_segment_t stored;
    const ts_fold_log_t *log = NULL;
    ts_err_t err = TS_ERR_OK;
    if (!wanted(self, arrival)) {
        (*used)++;
        end_segment(self);
        return TS_ERR_OK;
    }
    if (self->ahead.arrival != arrival) {
        err = ts_custody_get(self->options->custody, arrival, &stored, NULL);
        err = err == TS_ERR_NOTFOUND ? TS_ERR_CORRUPT : err;
    } else {
        stored = self->ahead.stored;
    }
    if (err == TS_ERR_OK) {
        err = ts_folding_log(self, &stored.log, &log);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    (*used)++;
    /* Copies for a keeper are nobody's events: they are kept, not parked. */
    if (log->info.purpose == TS_PURPOSE_KEPT || !log_in_phase(self, &log->info, arrival)) {
        end_segment(self);
        return TS_ERR_OK;
    }
    err = ts_fold_source_open(self, &self->ahead, arrival);
    if (err == TS_ERR_OK && self->ahead.failed != TS_ERR_OK) {
        err = park_segment(self, log);
    }
    uint32_t done = 0;
    while (err == TS_ERR_OK && self->index < self->ahead.count && done < budget) {
        ts_occurrence_t at;
        bool in = false;
        ts_fold_source_event(self, &self->ahead, log, self->index, &at);
        err = event_in_phase(self, &at, &in);
        if (err == TS_ERR_OK && in) {
            err = ts_folding_event(self, &at);
        }
        self->index++;
        done++;
    }
    *used += done;
    if (err == TS_ERR_OK && self->index >= self->ahead.count) {
        end_segment(self);
    }
    return err;
}

static ts_err_t
step_tail(ts_folding_t *self, uint32_t budget, uint32_t *used)
{
    for (uint32_t done = 0; done < budget; done++) {
        ts_tail_event_t row;
        ts_err_t err = ts_custody_tail_next(self->options->custody, NULL, self->tail_counter, &row,
                                            &self->tail);
        if (err != TS_ERR_OK) {
            return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
        }
        const ts_fold_log_t *log = NULL;
        err = ts_folding_begin(self);
        if (err == TS_ERR_OK) {
            err = ts_folding_log(self, &row.log, &log);
        }
        if (err != TS_ERR_OK) {
            return err;
        }
        ts_occurrence_t at = {.bytes = ts_buf_bytes(&self->tail),
                              .event = ts_hash_prefix(&row.event_id),
                              .log = log,
                              .place = {log->number, 0, row.counter}};
        err = ts_folding_event(self, &at);
        if (err != TS_ERR_OK) {
            return err;
        }
        self->tail_counter = row.counter;
        (*used)++;
    }
    return TS_ERR_OK;
}

static bool
segments_left(const ts_folding_t *self)
{
    uint64_t last =
        self->only != NULL ? self->only_last : ts_custody_arrival(self->options->custody);
    return self->phase != TS_PHASE_ALL || self->arrival < last;
}

static ts_err_t
any_redo(ts_folding_t *self, bool *ret_any)
{
    uint32_t log;
    uint64_t after;
    ts_err_t err = ts_ledger_redo_first(self->ledger, &log, &after);
    *ret_any = err == TS_ERR_OK;
    return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
}

/* One step of whatever comes first; *used stays as it is when there is nothing. */
static ts_err_t
step(ts_folding_t *self, uint32_t budget, uint32_t *used)
{
    bool redo = false;
    ts_err_t err = any_redo(self, &redo);
    if (err != TS_ERR_OK) {
        return err;
    }
    bool work = ts_ledger_any_due(self->ledger) || redo || segments_left(self);
    if (!work) {
        return self->only != NULL ? TS_ERR_OK : step_tail(self, budget, used);
    }
    err = ts_folding_begin(self);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (ts_ledger_any_due(self->ledger)) {
        uint32_t before = *used;
        err = step_due(self, budget, used);
        *used += *used == before ? 1 : 0;
        return err;
    }
    return redo ? step_redo(self, used) : step_segment(self, budget, used);
}

ts_err_t
ts_folding_slice(ts_folding_t *self, uint32_t budget, uint32_t *ret_used)
{
    uint32_t used = 0;
    ts_err_t err = TS_ERR_OK;
    bool idle = false;
    while (err == TS_ERR_OK && used < budget && !idle) {
        uint32_t before = used;
        bool did = false;
        err = ts_folding_step_store(self, budget - used, &used, &did);
        if (err != TS_ERR_OK || did) {
            continue;
        }
        err = step(self, budget - used, &used);
        idle = used == before;
        bool full = self->batch >= self->options->batch_events ||
                    ts_ledger_batch_bytes(self->ledger) >= self->options->batch_bytes;
        if (err == TS_ERR_OK && (idle || full) && ts_ledger_in_batch(self->ledger)) {
            self->closing = true;
            idle = false;
        }
    }
    *ret_used = used;
    return err;
}

/* ---- the fold */

static ts_err_t
fail(ts_fold_t *self, ts_err_t err)
{
    if (err == TS_ERR_OK) {
        return err;
    }
    const ts_msg_t *said = ts_ledger_detail(self->live->ledger);
    if (said->id == NULL) {
        said = ts_custody_detail(self->options.custody);
    }
    ts_msg_make(&self->detail, N_("folding stopped: {1}"), ts_err_str(err), NULL);
    if (said->id != NULL) {
        char *text = ts_msg_fill(said, said->id);
        ts_msg_make(&self->detail, N_("folding stopped: {1}"), text, NULL);
        ts_xfree(text);
    }
    if (ts_ledger_in_batch(self->live->ledger)) {
        ts_ledger_rollback(self->live->ledger);
    }
    if (err == TS_ERR_FULL) {
        /* What did not fit may fit in smaller pieces, and the write-ahead log from its beginning.
         */
        ts_err_t moved = ts_ledger_checkpoint(self->live->ledger);
        err = moved == TS_ERR_OK ? err : moved;
        uint32_t smaller = self->options.batch_events / 4;
        self->options.batch_events = smaller < BATCH_EVENTS_MIN ? BATCH_EVENTS_MIN : smaller;
        self->lost = true;
    }
    return err;
}

/* A ledger that knows of more than custody holds is of another past. */
static ts_err_t
fit_custody(ts_fold_t *self)
{
    uint64_t arrival = 0;
    uint64_t tail = 0;
    uint64_t end = 0;
    ts_err_t err = ts_ledger_number_get(self->options.ledger, "arrival", &arrival);
    if (err == TS_ERR_OK) {
        err = ts_ledger_number_get(self->options.ledger, "tail", &tail);
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_number_get(self->options.ledger, "phase_end", &end);
    }
    uint64_t held = ts_custody_arrival(self->options.custody);
    bool ahead =
        arrival > held || end > held || tail > ts_custody_tail_counter(self->options.custody);
    if (err == TS_ERR_OK && ahead) {
        err = ts_ledger_restart(self->options.ledger);
    }
    return err;
}

ts_err_t
ts_fold_open(ts_fold_t **ret_self, const ts_fold_options_t *options, ts_msg_t *detail)
{
    ts_fold_t *self = ts_xcalloc(1, sizeof *self);
    self->options = *options;
    if (self->options.batch_events == 0) {
        self->options.batch_events = BATCH_EVENTS;
    }
    if (self->options.batch_bytes == 0) {
        self->options.batch_bytes = BATCH_BYTES;
    }
    if (self->options.cache_children == 0) {
        self->options.cache_children = CACHE_CHILDREN;
    }
    ts_err_t err = fit_custody(self);
    self->live = ts_folding_new(&self->options, options->ledger);
    if (err == TS_ERR_OK) {
        err = ts_folding_load(self->live);
    }
    if (err != TS_ERR_OK) {
        (void)fail(self, err);
        if (detail != NULL) {
            ts_msg_move(detail, &self->detail);
        }
        ts_fold_destroy(&self);
        return err;
    }
    *ret_self = self;
    return TS_ERR_OK;
}

void
ts_fold_destroy(ts_fold_t **self_p)
{
    ts_fold_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_fold_drop_beside(self);
    if (self->live != NULL && !self->lost && ts_ledger_in_batch(self->live->ledger)) {
        /* What is not committed is folded again. */
        if (ts_folding_commit(self->live) != TS_ERR_OK) {
            ts_ledger_rollback(self->live->ledger);
        }
    }
    ts_folding_destroy(&self->live);
    ts_msg_free(&self->detail);
    ts_xfree(self->beside_path);
    ts_xfree(self);
    *self_p = NULL;
}

const ts_msg_t *
ts_fold_detail(const ts_fold_t *self)
{
    return &self->detail;
}

void
ts_fold_time(ts_fold_t *self, uint64_t now_s)
{
    self->live->now_s = now_s;
    if (self->beside != NULL) {
        self->beside->now_s = now_s;
    }
}

ts_err_t
ts_fold_slice(ts_fold_t *self, uint32_t budget, bool *ret_more)
{
    uint32_t used = 0;
    bool beside = false;
    ts_err_t err = ts_fold_recover(self);
    if (err == TS_ERR_OK) {
        err = ts_folding_slice(self->live, budget, &used);
        self->changes += used > 0 || err != TS_ERR_OK;
    }
    if (err == TS_ERR_OK && used < budget && (self->live->rebuild_wanted || self->beside != NULL)) {
        err = ts_fold_beside_slice(self, budget - used, &beside);
    }
    *ret_more = used >= budget || beside;
    if (err != TS_ERR_OK) {
        (void)fail(self, err);
        ts_err_t again = ts_fold_recover(self);
        err = again == TS_ERR_OK ? err : again;
    }
    return err;
}

/* What the events let in, and what was parked for them, belongs to the answer as well. */
static ts_err_t
finish_now(ts_fold_t *self, ts_err_t err)
{
    uint32_t used = 0;
    self->changes++;
    while (err == TS_ERR_OK && ts_ledger_any_due(self->live->ledger)) {
        err = ts_folding_begin(self->live);
        if (err == TS_ERR_OK) {
            err = step_due(self->live, DUE_ROWS, &used);
        }
    }
    if (err == TS_ERR_OK) {
        err = ts_folding_commit(self->live);
    }
    return fail(self, err);
}

ts_err_t
ts_fold_event_now(ts_fold_t *self)
{
    uint32_t used = 0;
    if (self->lost) {
        return TS_ERR_FULL;
    }
    return finish_now(self, step_tail(self->live, UINT32_MAX, &used));
}

static ts_err_t
fold_segment(ts_folding_t *self, uint64_t arrival)
{
    ts_held_segment_t stored;
    const ts_fold_log_t *log = NULL;
    ts_err_t err = ts_custody_get(self->options->custody, arrival, &stored, NULL);
    if (err == TS_ERR_OK) {
        err = ts_folding_begin(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_folding_log(self, &stored.log, &log);
    }
    if (err == TS_ERR_OK) {
        err = ts_fold_source_open(self, &self->ahead, arrival);
    }
    for (size_t i = 0; err == TS_ERR_OK && i < self->ahead.count; i++) {
        ts_occurrence_t at;
        ts_fold_source_event(self, &self->ahead, log, i, &at);
        err = ts_folding_event(self, &at);
    }
    return err;
}

ts_err_t
ts_fold_segment_now(ts_fold_t *self, uint64_t arrival)
{
    if (arrival <= self->live->arrival && self->live->phase == TS_PHASE_ALL) {
        return TS_ERR_OK;
    }
    if (self->lost) {
        return TS_ERR_FULL;
    }
    return finish_now(self, fold_segment(self->live, arrival));
}

uint64_t
ts_fold_tail(const ts_fold_t *self)
{
    return self->live->tail_counter;
}

ts_err_t
ts_fold_settle(ts_fold_t *self)
{
    return self->lost ? TS_ERR_FULL : fail(self, ts_folding_commit(self->live));
}

ts_err_t
ts_fold_settle_some(ts_fold_t *self, uint32_t budget, bool *ret_done)
{
    ts_folding_t *live = self->live;
    ts_err_t err = TS_ERR_OK;
    uint32_t used = 0;
    while (err == TS_ERR_OK && used < budget && ts_ledger_in_batch(live->ledger)) {
        bool did = false;
        live->closing = true;
        err = ts_folding_step_store(live, budget - used, &used, &did);
    }
    *ret_done = !ts_ledger_in_batch(live->ledger);
    return fail(self, err);
}

void
ts_fold_state(const ts_fold_t *self, ts_fold_state_t *ret_state)
{
    const ts_folding_t *live = self->live;
    bool redo = false;
    if (any_redo(self->live, &redo) != TS_ERR_OK) {
        redo = false;
    }
    *ret_state = (ts_fold_state_t){
        .arrival = live->phase == TS_PHASE_ALL ? live->arrival : 0,
        .arrival_last = ts_custody_arrival(self->options.custody),
        .redoing = redo || ts_ledger_any_due(live->ledger),
        .rebuilding = live->rebuild_wanted || self->beside != NULL,
        .rebuilt =
            self->beside != NULL && self->beside->phase == TS_PHASE_ALL ? self->beside->arrival : 0,
        .changes = self->changes,
    };
}

const ts_catalog_t *
ts_fold_catalog(const ts_fold_t *self)
{
    return self->live->catalog;
}

ts_err_t
ts_fold_judge(ts_fold_t *self,
              const ts_log_info_t *log,
              const ts_event_header_t *header,
              const ts_kind_schema_t *kind,
              const void *record,
              ts_verdict_t *ret_verdict)
{
    ts_fold_log_t at_log = {0, *log};
    ts_occurrence_t at = {.log = &at_log};
    ts_trial_t trial = {.at = &at, .header = header, .kind = kind, .record = record};
    ts_err_t err = TS_ERR_OK;
    if (log->purpose == TS_PURPOSE_REGISTRY) {
        const ts_fold_log_t *known = NULL;
        err = ts_folding_log(self->live, &log->log, &known);
        at.log = err == TS_ERR_OK ? known : at.log;
    }
    if (err == TS_ERR_OK) {
        err = ts_folding_judge(self->live, &trial);
    }
    if (err == TS_ERR_OK) {
        *ret_verdict = trial.verdict;
    }
    return fail(self, err);
}

void
ts_fold_rebuild(ts_fold_t *self)
{
    self->live->rebuild_wanted = true;
}
