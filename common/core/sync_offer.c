/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "core/sync_offer_priv.h"

ts_offer_t *
ts_offer_new(void)
{
    ts_offer_t *self = ts_xcalloc(1, sizeof *self);
    self->logs = ts_map_new(sizeof(ts_hash_t), sizeof(ts_offer_log_t));
    self->chunk_bytes = TS_CHUNK_BYTES_MIN;
    self->doubt_ms = TS_OFFER_DOUBT_MS;
    return self;
}

void
ts_offer_destroy(ts_offer_t **self_p)
{
    ts_offer_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_map_destroy(&self->logs);
    for (size_t i = 0; i < TS_OFFER_CLASSES; i++) {
        ts_log_queue_free(&self->queues[i]);
    }
    ts_xfree(self);
    *self_p = NULL;
}

void
ts_offer_begin(ts_offer_t *self, ts_mono_t now)
{
    self->now = now;
}

ts_offer_log_t *
ts_offer_log_of(ts_offer_t *self, const ts_hash_t *id)
{
    ts_offer_log_t *log = ts_map_get(self->logs, id);
    if (log == NULL && ts_map_count(self->logs) < TS_OFFER_LOGS_MAX) {
        log = ts_map_put(self->logs, id);
        log->id = *id;
        log->priority = TS_OFFER_CLASS_UNKNOWN;
        log->held = true;
    }
    return log;
}

void
ts_offer_set_held(ts_offer_t *self, ts_offer_log_t *log, bool held)
{
    if (log->held != held) {
        log->held = held;
        self->unheld += held ? (size_t)-1 : 1;
    }
}

void
ts_offer_queue(ts_offer_t *self, ts_offer_log_t *log, bool front)
{
    if (log->queued || log->stream == 0) {
        return;
    }
    log->queued = true;
    log->at_tip = false;
    self->waiting++;
    ts_log_queue_t *line = &self->queues[log->priority];
    if (front) {
        ts_log_queue_push_front(line, &log->id);
    } else {
        ts_log_queue_push(line, &log->id);
    }
}

static void
close_stream(ts_offer_t *self, ts_offer_log_t *log)
{
    if (log->stream != 0) {
        log->stream = 0;
        self->streams--;
    }
    self->unacked -= log->unacked;
    log->unacked = 0;
    log->at_tip = false;
}

/* ---- what the peer says --------------------------------------------------------------------- */

static void
note_held(ts_offer_t *self, ts_offer_log_t *log, const ts_tip_t *tip)
{
    if (log->unacked > 0 && tip->seq >= log->sent_seq) {
        /* What went out of the segment after it is still under way. */
        const uint64_t begun = log->offset < log->unacked ? log->offset : log->unacked;
        self->unacked -= log->unacked - begun;
        log->unacked = begun;
    }
    if (log->has_tip && ts_hash_equal(&log->tip.hash, &tip->hash)) {
        ts_offer_set_held(self, log, true);
    }
}

void
ts_offer_peer_holds(ts_offer_t *self, const ts_tip_t *tip)
{
    ts_offer_log_t *log = ts_offer_log_of(self, &tip->log);
    if (log == NULL) {
        return;
    }
    if (!log->has_tip) {
        log->has_tip = true;
        log->tip = *tip;
    }
    note_held(self, log, tip);
}

static void
send_reject(const ts_sync_msg_t *want, ts_err_t code, ts_effects_t *out)
{
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_SEND);
    effect->u.send.kind = TS_SYNC_REJECT;
    effect->u.send.u.reject.log = want->u.want.log;
    effect->u.send.u.reject.segment = want->u.want.after_hash;
    effect->u.send.u.reject.code = code;
    effect->u.send.u.reject.detail = ts_err_str(code);
    effect->u.send.u.reject.permanent = code != TS_ERR_NOTFOUND;
}

ts_err_t
ts_offer_want(ts_offer_t *self, const ts_sync_msg_t *want, ts_effects_t *out)
{
    if (want->u.want.stream == 0 || want->u.want.offset >= TS_SEGMENT_BYTES_MAX) {
        return TS_ERR_PROTOCOL;
    }
    ts_offer_log_t *log = ts_map_get(self->logs, &want->u.want.log);
    if (want->u.want.cancel) {
        if (log != NULL && log->stream == want->u.want.stream) {
            close_stream(self, log);
        }
        return TS_ERR_OK;
    }
    log = ts_offer_log_of(self, &want->u.want.log);
    if (log == NULL) {
        send_reject(want, TS_ERR_LIMIT, out);
        return TS_ERR_OK;
    }
    close_stream(self, log);
    if (self->streams >= TS_OFFER_STREAMS_MAX) {
        send_reject(want, TS_ERR_LIMIT, out);
        return TS_ERR_OK;
    }
    self->streams++;
    log->stream = want->u.want.stream;
    log->stopped = false;
    log->base = (ts_tip_t){log->id, want->u.want.after_seq, want->u.want.after_hash};
    log->cursor = 0;
    log->prefix = ts_hash_prefix(&want->u.want.segment);
    log->offset = want->u.want.offset;
    log->total = 0;
    log->fresh = false;
    ts_offer_queue(self, log, false);
    return TS_ERR_OK;
}

void
ts_offer_credit(ts_offer_t *self, const ts_sync_msg_t *credit, uint32_t chunk_bytes_max)
{
    uint32_t chunk = credit->u.credit.chunk_bytes;
    if (credit->u.credit.bytes_total > self->granted) {
        self->granted = credit->u.credit.bytes_total;
        self->moved = self->now;
    }
    if (chunk > chunk_bytes_max) {
        chunk = chunk_bytes_max;
    }
    self->chunk_bytes = chunk < TS_CHUNK_BYTES_MIN   ? TS_CHUNK_BYTES_MIN
                        : chunk > TS_CHUNK_BYTES_MAX ? TS_CHUNK_BYTES_MAX
                                                     : chunk;
}

void
ts_offer_custody(ts_offer_t *self, const ts_sync_msg_t *custody, ts_effects_t *out)
{
    for (size_t i = 0; i < custody->u.custody.count; i++) {
        const ts_tip_t *tip = &custody->u.custody.tips[i].tip;
        ts_offer_log_t *log = ts_map_get(self->logs, &tip->log);
        if (log != NULL) {
            note_held(self, log, tip);
        }
    }
    self->moved = self->now;
    self->doubt_ms = TS_OFFER_DOUBT_MS;
    self->custody_seen = true;
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_PEER_HOLDS);
    effect->u.holds.store = custody->u.custody.store;
    effect->u.holds.tips = custody->u.custody.tips;
    effect->u.holds.count = custody->u.custody.count;
    effect->u.holds.arrival = custody->u.custody.arrival;
}

void
ts_offer_reject(ts_offer_t *self, const ts_sync_msg_t *reject, ts_effects_t *out)
{
    ts_offer_log_t *log = ts_map_get(self->logs, &reject->u.reject.log);
    if (log != NULL) {
        close_stream(self, log);
        log->stopped = reject->u.reject.permanent;
    }
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_NOTE);
    effect->u.note.fact = TS_NOTE_REJECTED;
    effect->u.note.tip.log = reject->u.reject.log;
    effect->u.note.tip.hash = reject->u.reject.segment;
    effect->u.note.code = reject->u.reject.code;
}

/* ---- chunks --------------------------------------------------------------------------------- */

/* The load of a stream that cannot go on. */
static void
give_up(ts_offer_t *self, ts_offer_log_t *log, ts_err_t err, ts_effects_t *out)
{
    ts_sync_msg_t want = {.kind = TS_SYNC_WANT};
    want.u.want.log = log->id;
    want.u.want.after_hash = log->base.hash;
    close_stream(self, log);
    send_reject(&want, err, out);
}

static void
send_chunk(ts_offer_t *self,
           ts_offer_log_t *log,
           const ts_session_event_t *loaded,
           ts_effects_t *out)
{
    size_t bytes = loaded->u.loaded.data.length;
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_SEND);
    ts_sync_chunk_t *chunk = &effect->u.send.u.chunk;
    effect->u.send.kind = TS_SYNC_CHUNK;
    chunk->stream = log->stream;
    chunk->segment_prefix = ts_hash_prefix(&loaded->u.loaded.tip.hash);
    chunk->total = loaded->u.loaded.total;
    chunk->offset = loaded->u.loaded.offset;
    chunk->data = loaded->u.loaded.data;
    self->sent += bytes < TS_CHUNK_CHARGE_MIN ? TS_CHUNK_CHARGE_MIN : bytes;
    self->sent_bytes += bytes;
    self->unacked += bytes;
    log->unacked += bytes;
    self->moved = self->now;
    log->prefix = chunk->segment_prefix;
    log->offset = chunk->offset + (uint32_t)bytes;
    log->total = chunk->total;
}

void
ts_offer_loaded(ts_offer_t *self, const ts_session_event_t *loaded, ts_effects_t *out)
{
    if (!self->loading) {
        return;
    }
    self->loading = false;
    ts_offer_log_t *log = ts_map_get(self->logs, &self->loading_log);
    TS_CHECK(log != NULL);
    if (log->stream == 0 || log->stream != loaded->u.loaded.stream || log->queued) {
        return; /* given up or asked for anew in the meantime */
    }
    if (loaded->u.loaded.err != TS_ERR_OK) {
        give_up(self, log, loaded->u.loaded.err, out);
        return;
    }
    if (loaded->u.loaded.total == 0) {
        log->prefix = 0;
        log->offset = 0;
        log->at_tip = true;
        if (log->fresh) {
            ts_offer_queue(self, log, false);
        }
        return;
    }
    size_t bytes = loaded->u.loaded.data.length;
    TS_CHECK(bytes > 0 && bytes <= loaded->u.loaded.total - loaded->u.loaded.offset);
    send_chunk(self, log, loaded, out);
    bool whole = log->offset == log->total;
    if (whole) {
        log->cursor = loaded->u.loaded.arrival;
        log->sent_seq = loaded->u.loaded.tip.seq;
        log->sent_hash = loaded->u.loaded.tip.hash;
        log->prefix = 0;
        log->offset = 0;
        log->total = 0;
    }
    ts_offer_queue(self, log, !whole);
}

/* What the next chunk of this log may hold; 0 = not now. */
static uint32_t
chunk_room(const ts_offer_t *self, const ts_offer_log_t *log, uint64_t send_budget)
{
    uint64_t credit = self->granted - self->sent;
    uint32_t room = self->chunk_bytes;
    bool left_known = log->total > 0;
    if (left_known && log->total - log->offset < room) {
        room = log->total - log->offset;
    }
    if (credit < TS_CHUNK_CHARGE_MIN || (log->priority > 0 && send_budget < room)) {
        return 0;
    }
    /* Inside a segment wait for a full chunk; a new one may be small. */
    if (credit < room) {
        return left_known ? 0 : (uint32_t)credit;
    }
    return room;
}

static bool
load_next(ts_offer_t *self, uint64_t send_budget, ts_effects_t *out)
{
    for (size_t i = 0; i < TS_OFFER_CLASSES; i++) {
        ts_hash_t id;
        while (ts_log_queue_pop(&self->queues[i], &id)) {
            ts_offer_log_t *log = ts_map_get(self->logs, &id);
            TS_CHECK(log != NULL && log->queued);
            if (log->stream == 0) {
                log->queued = false;
                self->waiting--;
                continue;
            }
            uint32_t room = chunk_room(self, log, send_budget);
            if (room == 0) {
                /* A lower class must not take the credit that this one waits for. */
                ts_log_queue_push_front(&self->queues[i], &id);
                return false;
            }
            log->queued = false;
            self->waiting--;
            log->fresh = false;
            self->loading = true;
            self->loading_log = id;
            ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_LOAD);
            effect->u.load.stream = log->stream;
            effect->u.load.base = log->base;
            effect->u.load.cursor = log->cursor;
            effect->u.load.segment_prefix = log->prefix;
            effect->u.load.offset = log->offset;
            effect->u.load.bytes_max = room;
            return true;
        }
    }
    return false;
}

void
ts_offer_pump(ts_offer_t *self, uint64_t send_budget, ts_effects_t *out)
{
    if (ts_effects_room(out) > 0 && self->listing == TS_LISTING_DUE) {
        ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_LIST);
        effect->u.list.since = self->list_since;
        effect->u.list.count_max = TS_SESSION_LIST_PAGE;
        self->listing = TS_LISTING_ASKED;
    }
    if (ts_effects_room(out) > 0 && self->now.ms >= ts_offer_timer(self).ms) {
        ts_offer_ask_again(self, out);
    }
    if (ts_effects_room(out) == 0) {
        out->again = true;
    } else if (!self->loading) {
        load_next(self, send_budget, out);
    }
    if (self->list_done && self->unheld == 0 && self->list_arrival > self->offered) {
        self->offered = self->list_arrival;
    }
}

/* ---- facts ---------------------------------------------------------------------------------- */

bool
ts_offer_waits(const ts_offer_t *self, ts_mono_t *ret_since)
{
    *ret_since = self->moved;
    return self->unacked > 0 || (self->waiting > 0 && !self->loading);
}

bool
ts_offer_idle(const ts_offer_t *self)
{
    return self->list_done && self->waiting == 0 && !self->loading && self->unacked == 0;
}

bool
ts_offer_done_listing(const ts_offer_t *self)
{
    return self->list_done;
}

uint64_t
ts_offer_offered(const ts_offer_t *self)
{
    return self->offered;
}

uint64_t
ts_offer_sent_bytes(const ts_offer_t *self)
{
    return self->sent_bytes;
}

uint64_t
ts_offer_unacked_bytes(const ts_offer_t *self)
{
    return self->unacked;
}

bool
ts_offer_custody_seen(const ts_offer_t *self)
{
    return self->custody_seen;
}
