/* SPDX-License-Identifier: MPL-2.0 */
/* Chunks, credit and turns of the receiving half. */
#include "base/check.h"
#include "core/sync_take_priv.h"

#include <assert.h>

enum {
    ACTIVE_ACTS_MAX = 64,   /* acts are asked for beyond TS_TAKE_ACTIVE_MAX, up to here */
    KEEP_BYTES = 8192,      /* a part on a slow link is kept whenever so much is new */
    KEEP_AFTER_MS = 1000,   /* … and it has been under way so long */
    STARVED_MS = 250,       /* pause before credit is tried again */
    BUDGET_OPEN_MIN = 2048, /* less credit than one charge is of no use */
    RETRY_S = 60
};

static_assert(BUDGET_OPEN_MIN == TS_CHUNK_CHARGE_MIN, "the least charge");

static void
drop_part(ts_take_t *self, ts_take_log_t *log)
{
    if (log->part.under_way) {
        self->parts--;
    }
    ts_buf_free(&log->part.bytes);
    log->part = (ts_part_t){0};
}

void
ts_take_stop(ts_take_t *self, ts_take_log_t *log, ts_mono_t retry_at)
{
    TS_CHECK(log->phase != TS_TAKE_STOPPED);
    if (log->phase == TS_TAKE_QUEUED) {
        self->queued--; /* the queue finds it in another phase and skips it */
    } else if (log->phase == TS_TAKE_LOCATING || log->phase == TS_TAKE_WANTED) {
        self->active--;
    }
    drop_part(self, log);
    log->phase = TS_TAKE_STOPPED;
    log->retry_at = retry_at;
    if (retry_at.ms == INT64_MAX) {
        ts_take_drop_targets(self, log);
    } else {
        self->stopped++;
        if (retry_at.ms < self->retry_at.ms) {
            self->retry_at = retry_at;
        }
    }
}

static void
note(ts_effects_t *out, ts_session_note_t fact, const ts_take_log_t *log, ts_err_t code)
{
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_NOTE);
    effect->u.note.fact = fact;
    effect->u.note.tip.log = log->id;
    effect->u.note.code = code;
}

/* Asks for the log anew, or leaves it alone when that was tried too often. */
static void
try_anew(ts_take_t *self, ts_take_log_t *log, ts_effects_t *out)
{
    if (log->phase == TS_TAKE_QUEUED || log->phase == TS_TAKE_STOPPED) {
        return;
    }
    if (++log->tries > TS_TAKE_TRIES_MAX) {
        ts_take_stop(self, log, (ts_mono_t){INT64_MAX});
        note(out, TS_NOTE_STALLED, log, TS_ERR_AGAIN);
        return;
    }
    ts_take_queue(self, log);
}

/* Tells the peer that its segment is not taken, and stops the log. */
static void
refuse(ts_take_t *self,
       ts_take_log_t *log,
       const ts_hash_t *segment,
       ts_err_t code,
       uint32_t retry_after_s,
       ts_effects_t *out)
{
    bool permanent = retry_after_s == 0;
    if (log->phase == TS_TAKE_STOPPED) {
        return; /* told already, by a segment before this one */
    }
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_SEND);
    effect->u.send.kind = TS_SYNC_REJECT;
    effect->u.send.u.reject.log = log->id;
    effect->u.send.u.reject.segment = *segment;
    effect->u.send.u.reject.code = code;
    effect->u.send.u.reject.detail = ts_err_str(code);
    effect->u.send.u.reject.permanent = permanent;
    effect->u.send.u.reject.retry_after_s = retry_after_s;
    note(out, TS_NOTE_REFUSED, log, code);
    int64_t retry_ms = permanent ? INT64_MAX : self->now.ms + (int64_t)retry_after_s * 1000;
    ts_take_stop(self, log, (ts_mono_t){retry_ms});
}

/* ---- chunks --------------------------------------------------------------------------------- */

/* What a header tells before the rest has come. */
static ts_err_t
judge_header(const ts_take_t *self, const ts_take_log_t *log)
{
    const ts_part_t *part = &log->part;
    ts_segment_header_t header;
    uint32_t whole;
    ts_err_t err = ts_segment_peek(ts_buf_bytes(&part->bytes), &header, &whole);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (!ts_id16_equal(&header.deployment, &self->deployment)) {
        return TS_ERR_FOREIGN;
    }
    bool genesis = (header.flags & TS_SEGMENT_GENESIS) != 0;
    if (whole != part->total || (!genesis && !ts_hash_equal(&header.log, &log->id))) {
        return TS_ERR_INVALID;
    }
    return TS_ERR_OK;
}

/* Adds what is new of a chunk; false when something before it is missing. */
static bool
place(ts_take_t *self, ts_take_log_t *log, const ts_sync_chunk_t *chunk)
{
    ts_part_t *part = &log->part;
    bool same =
        part->under_way && part->prefix == chunk->segment_prefix && part->total == chunk->total;
    if (!same) {
        if (chunk->offset != 0) {
            return false;
        }
        drop_part(self, log);
        part->under_way = true;
        part->prefix = chunk->segment_prefix;
        part->total = chunk->total;
        part->began = self->now;
        self->parts++;
    }
    if (chunk->offset > part->bytes.length) {
        return false;
    }
    size_t known = part->bytes.length - chunk->offset;
    if (known < chunk->data.length) {
        ts_buf_put(&part->bytes, chunk->data.data + known, chunk->data.length - known);
    }
    return true;
}

static void
keep_part(ts_take_t *self, ts_take_log_t *log, ts_effects_t *out)
{
    ts_part_t *part = &log->part;
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_KEEP_PARTIAL);
    effect->u.partial.log = log->id;
    effect->u.partial.segment_prefix = part->prefix;
    effect->u.partial.total = part->total;
    effect->u.partial.offset = part->kept;
    effect->u.partial.data =
        (ts_bytes_t){part->bytes.data + part->kept, part->bytes.length - part->kept};
    part->kept = (uint32_t)part->bytes.length;
    TS_CHECK(self->parts > 0);
}

/* After new bytes: complete, to be kept, or wrong. */
static void
advance_part(ts_take_t *self, ts_take_log_t *log, ts_effects_t *out)
{
    ts_part_t *part = &log->part;
    if (!part->judged && part->bytes.length >= TS_SEGMENT_HEADER_BYTES) {
        ts_err_t err = judge_header(self, log);
        if (err != TS_ERR_OK) {
            ts_hash_t segment = {{0}};
            ts_store_u64(segment.b, part->prefix);
            ts_buf_free(&self->lent);
            self->lent = part->bytes;
            part->bytes = (ts_buf_t){0};
            refuse(self, log, &segment, err, 0, out);
            out->items[out->count - 1].u.note.bytes = ts_buf_bytes(&self->lent);
            return;
        }
        part->judged = true;
    }
    if (part->bytes.length < part->total) {
        if (part->bytes.length - part->kept >= KEEP_BYTES &&
            self->now.ms - part->began.ms >= KEEP_AFTER_MS) {
            keep_part(self, log, out);
        }
        return;
    }
    /* The bytes are lent until the next step; the part begins anew. */
    ts_buf_free(&self->lent);
    self->lent = part->bytes;
    part->bytes = (ts_buf_t){0};
    drop_part(self, log);
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_STORE_SEGMENT);
    effect->u.store.stream = log->stream;
    effect->u.store.log = log->id;
    effect->u.store.bytes = ts_buf_bytes(&self->lent);
    self->storing++;
}

static ts_err_t
account(ts_take_t *self, const ts_sync_chunk_t *chunk)
{
    size_t bytes = chunk->data.length;
    bool sizes = bytes > 0 && bytes <= TS_CHUNK_BYTES_MAX &&
                 chunk->total > TS_SEGMENT_FIXED_BYTES && chunk->total <= TS_SEGMENT_BYTES_MAX &&
                 chunk->offset <= chunk->total && bytes <= chunk->total - chunk->offset;
    if (!sizes || chunk->stream == 0 || chunk->stream > self->last_stream) {
        return TS_ERR_PROTOCOL;
    }
    uint64_t charge = bytes < TS_CHUNK_CHARGE_MIN ? TS_CHUNK_CHARGE_MIN : bytes;
    if (charge > self->granted - self->received) {
        return TS_ERR_PROTOCOL;
    }
    self->received += charge;
    self->received_bytes += bytes;
    ts_pace_data(&self->pace, self->now, (uint32_t)bytes, self->busy);
    self->moved = self->now;
    return TS_ERR_OK;
}

ts_err_t
ts_take_chunk(ts_take_t *self, const ts_sync_chunk_t *chunk, ts_effects_t *out)
{
    ts_err_t err = account(self, chunk);
    if (err != TS_ERR_OK) {
        return err;
    }
    const ts_hash_t *id = ts_map_get(self->streams, &chunk->stream);
    ts_take_log_t *log = id == NULL ? NULL : ts_map_get(self->logs, id);
    /* Chunks of a stream that was given up are still under way for a while. */
    if (log != NULL && log->stream == chunk->stream && log->phase != TS_TAKE_STOPPED) {
        if (log->want_at.ms != INT64_MIN) {
            ts_pace_round_trip(&self->pace, self->now.ms - log->want_at.ms);
            log->want_at.ms = INT64_MIN;
        }
        if (!place(self, log, chunk)) {
            try_anew(self, log, out);
        } else if (self->parts > TS_TAKE_PARTS_MAX) {
            return TS_ERR_PROTOCOL;
        } else {
            advance_part(self, log, out);
        }
    }
    self->busy = self->active > 0 || self->parts > 0;
    return TS_ERR_OK;
}

void
ts_take_answered(ts_take_t *self, uint16_t stream)
{
    if (stream != 0) {
        TS_CHECK(self->storing > 0);
        self->storing--;
    }
}

void
ts_take_refused(ts_take_t *self, const ts_session_event_t *refused, ts_effects_t *out)
{
    uint16_t stream = refused->u.refused.stream;
    ts_take_answered(self, stream);
    const ts_hash_t *id = ts_map_get(self->streams, &stream);
    ts_take_log_t *log = id == NULL ? NULL : ts_map_get(self->logs, id);
    if (log == NULL) {
        return;
    }
    ts_err_t code = refused->u.refused.code;
    uint32_t after_s = refused->u.refused.retry_after_s;
    switch ((int)code) {
    case TS_ERR_NOTFOUND:
        /* Segments behind the first one lack their predecessor too: one new start is enough. */
        if (stream == log->stream) {
            note(out, TS_NOTE_GAP, log, code);
            try_anew(self, log, out);
        }
        return;
    case TS_ERR_HASH:
        /* A part kept from before may have been another segment's: once more from its start. */
        if (log->tries == 0 && stream == log->stream) {
            ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_KEEP_PARTIAL);
            effect->u.partial.log = log->id;
            try_anew(self, log, out);
            return;
        }
        refuse(self, log, &refused->u.refused.segment, code, 0, out);
        return;
    case TS_ERR_AGAIN:
    case TS_ERR_BUSY:
    case TS_ERR_FULL:
    case TS_ERR_IO:
        refuse(self, log, &refused->u.refused.segment, code, after_s > 0 ? after_s : RETRY_S, out);
        return;
    default:
        refuse(self, log, &refused->u.refused.segment, code, 0, out);
        return;
    }
}

bool
ts_take_reject(ts_take_t *self, const ts_sync_msg_t *reject, ts_effects_t *out)
{
    ts_take_log_t *log = ts_map_get(self->logs, &reject->u.reject.log);
    if (log == NULL || log->phase != TS_TAKE_WANTED ||
        !ts_hash_equal(&log->after.hash, &reject->u.reject.segment)) {
        return false;
    }
    bool at_start = ts_hash_is_zero(&log->after.hash) || log->after.seq == 0;
    if (reject->u.reject.code != TS_ERR_NOTFOUND || at_start) {
        note(out, TS_NOTE_STALLED, log, reject->u.reject.code);
        ts_take_stop(self, log, (ts_mono_t){INT64_MAX});
        return true;
    }
    /* Another branch: back along ours in doubling steps until the peer knows the place. */
    log->back = log->back == 0 ? 1 : log->back * 2;
    drop_part(self, log);
    ts_take_queue(self, log);
    return true;
}

/* ---- turns and credit ----------------------------------------------------------------------- */

static void
grant(ts_take_t *self, uint64_t credit_budget, ts_effects_t *out)
{
    uint64_t open = self->granted - self->received;
    uint64_t window = self->pace.window_bytes;
    uint64_t allowed = self->storing >= TS_TAKE_STORING_MAX ? 0 : window;
    if (allowed > credit_budget) {
        allowed = credit_budget;
    }
    uint32_t chunk = self->pace.chunk_bytes;
    while (chunk > TS_CHUNK_BYTES_MIN && chunk * 2u > allowed) {
        chunk /= 2;
    }
    uint64_t step = window / 4 > TS_CHUNK_CHARGE_MIN ? window / 4 : TS_CHUNK_CHARGE_MIN;
    uint64_t more = allowed > open ? allowed - open : 0;
    bool needed = more >= step || (more >= TS_CHUNK_CHARGE_MIN && open < chunk);
    self->starved = allowed < window && open < TS_CHUNK_CHARGE_MIN;
    if (!needed) {
        return;
    }
    self->granted += more;
    self->chunk_told = chunk;
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_SEND);
    effect->u.send.kind = TS_SYNC_CREDIT;
    effect->u.send.u.credit.bytes_total = self->granted;
    effect->u.send.u.credit.chunk_bytes = chunk;
}

static bool
take_turn(ts_take_t *self, ts_effects_t *out)
{
    for (size_t i = 0; i < TS_TAKE_CLASSES; i++) {
        size_t limit = i == 0 ? ACTIVE_ACTS_MAX : TS_TAKE_ACTIVE_MAX;
        ts_hash_t id;
        while (self->active < limit && ts_log_queue_pop(&self->queues[i], &id)) {
            ts_take_log_t *log = ts_map_get(self->logs, &id);
            if (log == NULL || log->phase != TS_TAKE_QUEUED) {
                continue;
            }
            self->queued--;
            self->active++;
            log->phase = TS_TAKE_LOCATING;
            ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_LOCATE);
            effect->u.locate.target = (ts_tip_t){.log = log->id};
            if (log->target_count > 0) {
                effect->u.locate.target = log->targets[0];
            }
            effect->u.locate.back = log->back;
            return true;
        }
    }
    return false;
}

static bool
close_stream(ts_take_t *self, ts_effects_t *out)
{
    ts_hash_t id;
    while (ts_log_queue_pop(&self->cancels, &id)) {
        ts_take_log_t *log = ts_map_get(self->logs, &id);
        if (log == NULL || log->phase != TS_TAKE_IDLE || log->part.under_way || log->stream == 0) {
            continue;
        }
        ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_SEND);
        effect->u.send.kind = TS_SYNC_WANT;
        effect->u.send.u.want.stream = log->stream;
        effect->u.send.u.want.log = log->id;
        effect->u.send.u.want.cancel = true;
        log->stream = 0;
        self->open--;
        return true;
    }
    return false;
}

/* Walks all logs: those that were to be tried again at a time, and, when nothing at all has come
 * for too long although the peer lives, those that were asked for. */
static void
wake(ts_take_t *self, bool stalled)
{
    size_t position = 0;
    void *value;
    self->retry_at = (ts_mono_t){INT64_MAX};
    while (ts_map_next(self->logs, &position, &value) != NULL) {
        ts_take_log_t *log = value;
        if (log->phase == TS_TAKE_STOPPED && log->retry_at.ms <= self->now.ms) {
            self->stopped--;
            ts_take_queue(self, log);
        } else if (log->phase == TS_TAKE_STOPPED && log->retry_at.ms < self->retry_at.ms) {
            self->retry_at = log->retry_at;
        } else if (stalled && log->phase == TS_TAKE_WANTED && log->tries < TS_TAKE_TRIES_MAX) {
            log->tries++;
            if (log->target_count == 0) {
                ts_take_settle(self, log);
            } else {
                ts_take_queue(self, log);
            }
        }
    }
}

void
ts_take_pump(ts_take_t *self, uint64_t credit_budget, ts_effects_t *out)
{
    int64_t since = self->moved.ms > self->stalled_at.ms ? self->moved.ms : self->stalled_at.ms;
    bool stalled = self->active > 0 && self->storing == 0 &&
                   self->now.ms - since >= 2 * ts_pace_dead_ms(&self->pace) &&
                   self->granted - self->received >= TS_CHUNK_CHARGE_MIN;
    if (stalled || self->now.ms >= self->retry_at.ms) {
        self->stalled_at = self->now;
        wake(self, stalled);
    }
    if (ts_effects_room(out) > 0) {
        grant(self, credit_budget, out);
    }
    bool more = true;
    while (more && ts_effects_room(out) > 0) {
        more = take_turn(self, out);
    }
    while (ts_effects_room(out) > 0 && close_stream(self, out)) {
    }
    if (ts_effects_room(out) == 0) {
        out->again = true;
    }
    if (self->listed && ts_take_idle(self) && self->listed_arrival > self->seen) {
        self->seen = self->listed_arrival;
    }
}

void
ts_take_flush(ts_take_t *self, ts_effects_t *out)
{
    size_t position = 0;
    size_t left = self->parts < TS_TAKE_PARTS_MAX ? self->parts : TS_TAKE_PARTS_MAX;
    void *value;
    while (left > 0 && ts_map_next(self->logs, &position, &value) != NULL) {
        ts_take_log_t *log = value;
        if (log->part.under_way) {
            left--;
            if (log->part.bytes.length > log->part.kept) {
                keep_part(self, log, out);
            }
        }
    }
}

ts_mono_t
ts_take_timer(const ts_take_t *self)
{
    int64_t at = self->retry_at.ms;
    int64_t since = self->moved.ms > self->stalled_at.ms ? self->moved.ms : self->stalled_at.ms;
    int64_t stall = since + 2 * ts_pace_dead_ms(&self->pace);
    if (self->active > 0 && self->storing == 0 && stall > self->now.ms && stall < at) {
        at = stall;
    }
    if (self->starved && self->now.ms + STARVED_MS < at) {
        at = self->now.ms + STARVED_MS;
    }
    return (ts_mono_t){at};
}
