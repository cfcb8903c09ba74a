/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "core/sync_take_priv.h"

#include <string.h>

ts_take_t *
ts_take_new(const ts_id16_t *deployment, const ts_id16_t *store)
{
    ts_take_t *self = ts_xcalloc(1, sizeof *self);
    self->deployment = *deployment;
    self->store = *store;
    self->logs = ts_map_new(sizeof(ts_hash_t), sizeof(ts_take_log_t));
    self->streams = ts_map_new(sizeof(uint16_t), sizeof(ts_hash_t));
    self->pace = ts_pace();
    self->retry_at = (ts_mono_t){INT64_MAX};
    return self;
}

void
ts_take_destroy(ts_take_t **self_p)
{
    ts_take_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    size_t position = 0;
    void *value;
    while (ts_map_next(self->logs, &position, &value) != NULL) {
        ts_take_log_t *log = value;
        ts_buf_free(&log->part.bytes);
        ts_xfree(log->targets);
    }
    ts_map_destroy(&self->logs);
    ts_map_destroy(&self->streams);
    for (size_t i = 0; i < TS_TAKE_CLASSES; i++) {
        ts_log_queue_free(&self->queues[i]);
    }
    ts_log_queue_free(&self->cancels);
    ts_buf_free(&self->lent);
    ts_xfree(self);
    *self_p = NULL;
}

void
ts_take_begin(ts_take_t *self, ts_mono_t now)
{
    self->now = now;
    ts_buf_free(&self->lent);
}

void
ts_take_queue(ts_take_t *self, ts_take_log_t *log)
{
    TS_CHECK(log->phase != TS_TAKE_QUEUED);
    if (log->phase == TS_TAKE_LOCATING || log->phase == TS_TAKE_WANTED) {
        self->active--;
    }
    log->phase = TS_TAKE_QUEUED;
    self->queued++;
    ts_log_queue_push(&self->queues[log->priority], &log->id);
}

static void
add_target(ts_take_t *self, ts_take_log_t *log, const ts_tip_t *tip)
{
    for (size_t i = 0; i < log->target_count; i++) {
        if (ts_hash_equal(&log->targets[i].hash, &tip->hash)) {
            return;
        }
    }
    bool spare = log->target_count > 0;
    if (spare && (log->target_count >= TS_TAKE_TARGETS_MAX || self->spare >= TS_TAKE_SPARE_MAX)) {
        return; /* the digests stay unequal: it is listed once more */
    }
    self->spare += spare;
    log->targets = ts_xrealloc(log->targets, (log->target_count + 1) * sizeof *log->targets);
    log->targets[log->target_count++] = *tip;
}

void
ts_take_drop_targets(ts_take_t *self, ts_take_log_t *log)
{
    self->spare -= log->target_count > 1 ? log->target_count - 1 : 0;
    log->target_count = 0;
    ts_xfree(log->targets);
    log->targets = NULL;
}

void
ts_take_drop_target(ts_take_t *self, ts_take_log_t *log, const ts_hash_t *hash)
{
    uint32_t kept = 0;
    for (size_t i = 0; i < log->target_count; i++) {
        if (!ts_hash_equal(&log->targets[i].hash, hash)) {
            log->targets[kept++] = log->targets[i];
        }
    }
    if (kept == 0) {
        ts_take_drop_targets(self, log);
    } else if (kept < log->target_count) {
        self->spare -= log->target_count - kept;
        log->target_count = kept;
        log->targets = ts_xrealloc(log->targets, kept * sizeof *log->targets);
    }
}

static ts_err_t
look_for(ts_take_t *self, const ts_sync_tip_t *offered, bool own, bool ask)
{
    ts_take_log_t *log = ts_map_get(self->logs, &offered->tip.log);
    uint8_t priority =
        offered->priority < TS_TAKE_CLASSES ? (uint8_t)offered->priority : TS_TAKE_CLASSES - 1;
    if (log == NULL) {
        if (ts_map_count(self->logs) >= TS_TAKE_LOGS_MAX) {
            return TS_ERR_LIMIT;
        }
        log = ts_map_put(self->logs, &offered->tip.log);
        log->id = offered->tip.log;
        log->priority = priority;
        log->retry_at = (ts_mono_t){INT64_MAX};
    }
    log->own = log->own || own;
    log->ask = log->ask || ask;
    if (log->phase == TS_TAKE_STOPPED && log->retry_at.ms == INT64_MAX) {
        return TS_ERR_OK;
    }
    add_target(self, log, &offered->tip);
    if (log->phase == TS_TAKE_IDLE) {
        log->priority = priority;
        ts_take_queue(self, log);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_take_have(ts_take_t *self, const ts_sync_msg_t *have)
{
    bool listing = have->u.have.arrival > 0 || have->u.have.count == 0;
    for (size_t i = 0; i < have->u.have.count; i++) {
        ts_err_t err = look_for(self, &have->u.have.tips[i], false, !listing);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    if (listing) {
        self->listed_arrival = have->u.have.arrival;
        self->listed = !have->u.have.more;
    }
    return TS_ERR_OK;
}

ts_err_t
ts_take_heads(ts_take_t *self, const ts_sync_tip_t *tips, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ts_err_t err = look_for(self, &tips[i], true, false);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    return TS_ERR_OK;
}

void
ts_take_listing_done(ts_take_t *self)
{
    self->listed = true;
}

/* ---- answers of the store ------------------------------------------------------------------- */

static void
send_custody(ts_take_t *self, size_t count, uint64_t arrival, ts_effects_t *out)
{
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_SEND);
    effect->u.send.kind = TS_SYNC_CUSTODY;
    effect->u.send.u.custody.store = self->store;
    effect->u.send.u.custody.tips = self->tips;
    effect->u.send.u.custody.count = count;
    effect->u.send.u.custody.arrival = arrival;
    self->custody_sent = true;
}

void
ts_take_settle(ts_take_t *self, ts_take_log_t *log)
{
    bool wanted = log->phase == TS_TAKE_WANTED || log->phase == TS_TAKE_LOCATING;
    if (log->target_count == 0 && wanted) {
        log->phase = TS_TAKE_IDLE;
        self->active--;
        if (self->open > TS_TAKE_OPEN_MAX) {
            ts_log_queue_push(&self->cancels, &log->id);
        }
    }
}

void
ts_take_stored(ts_take_t *self, const ts_session_event_t *stored, ts_effects_t *out)
{
    size_t count = 0;
    size_t items = stored->u.stored.count;
    TS_CHECK(items <= TS_TIPS_PER_MESSAGE_MAX);
    for (size_t i = 0; i < items; i++) {
        const ts_session_stored_t *item = &stored->u.stored.items[i];
        ts_take_answered(self, item->stream);
        ts_take_log_t *log = ts_map_get(self->logs, &item->tip.log);
        if (log != NULL) {
            log->tries = 0;
            log->back = 0;
            ts_take_drop_target(self, log, &item->tip.hash);
            ts_take_settle(self, log);
        }
        /* Only the last of a chain is named: it covers its ancestors. */
        size_t at = count;
        for (size_t k = 0; k < count; k++) {
            if (ts_hash_equal(&self->tips[k].tip.hash, &item->prev)) {
                at = k;
            }
        }
        self->tips[at] = (ts_sync_tip_t){.tip = item->tip};
        count += at == count;
    }
    if (count > 0) {
        send_custody(self, count, stored->u.stored.arrival, out);
    }
}

/* The target is in custody here. */
static void
found_held(ts_take_t *self, ts_take_log_t *log, const ts_tip_t *target, ts_effects_t *out)
{
    ts_take_drop_target(self, log, &target->hash);
    self->tips[0] = (ts_sync_tip_t){.tip = *target};
    if (log->ask) {
        send_custody(self, 1, 0, out);
    }
    if (log->own) {
        ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_PEER_HOLDS);
        effect->u.holds.tips = self->tips;
        effect->u.holds.count = 1;
    }
    if (log->target_count > 0) {
        ts_take_queue(self, log);
        return;
    }
    log->ask = false;
    ts_take_settle(self, log);
}

static void
resume_part(ts_take_log_t *log, const ts_session_event_t *located)
{
    ts_part_t *part = &log->part;
    ts_bytes_t kept = located->u.located.partial;
    uint32_t total = located->u.located.partial_total;
    ts_segment_header_t header;
    uint32_t whole;
    if (kept.length == 0 || kept.length >= total || total > TS_SEGMENT_BYTES_MAX || log->back > 0) {
        return;
    }
    /* Only when it goes on where we stand; what is shorter than a header its hash will judge. */
    if (kept.length >= TS_SEGMENT_HEADER_BYTES) {
        const ts_hash_t *after = &located->u.located.after.hash;
        if (ts_segment_peek(kept, &header, &whole) != TS_ERR_OK || whole != total) {
            return;
        }
        bool genesis = (header.flags & TS_SEGMENT_GENESIS) != 0;
        if (genesis == located->u.located.known ||
            (!genesis && !ts_hash_equal(&header.prev, after))) {
            return;
        }
    }
    ts_buf_clear(&part->bytes);
    ts_buf_put(&part->bytes, kept.data, kept.length);
    part->under_way = true;
    part->prefix = located->u.located.partial_prefix;
    part->total = total;
    part->kept = (uint32_t)kept.length;
}

static void
send_want(ts_take_t *self, ts_take_log_t *log, ts_effects_t *out)
{
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_SEND);
    self->open += log->stream == 0;
    log->stream = ++self->last_stream;
    *(ts_hash_t *)ts_map_put(self->streams, &log->stream) = log->id;
    log->want_at = self->now;
    effect->u.send.kind = TS_SYNC_WANT;
    effect->u.send.u.want.stream = log->stream;
    effect->u.send.u.want.log = log->id;
    effect->u.send.u.want.after_seq = log->after.seq;
    effect->u.send.u.want.after_hash = log->after.hash;
    if (log->part.under_way) {
        ts_store_u64(effect->u.send.u.want.segment.b, log->part.prefix);
        effect->u.send.u.want.offset = (uint32_t)log->part.bytes.length;
    }
}

void
ts_take_located(ts_take_t *self, const ts_session_event_t *located, ts_effects_t *out)
{
    const ts_tip_t *target = &located->u.located.target;
    ts_take_log_t *log = ts_map_get(self->logs, &target->log);
    if (log == NULL || log->phase != TS_TAKE_LOCATING) {
        return;
    }
    if (located->u.located.held) {
        found_held(self, log, target, out);
        return;
    }
    if (log->own && !log->told_amnesia) {
        log->told_amnesia = true;
        ts_effects_add(out, TS_EFFECT_AMNESIA)->u.amnesia.tip = *target;
    }
    if (self->last_stream == UINT16_MAX) {
        ts_take_stop(self, log, (ts_mono_t){INT64_MAX});
        return;
    }
    log->after = (ts_tip_t){.log = log->id};
    if (located->u.located.known) {
        log->after = located->u.located.after;
    }
    if (!log->part.under_way && self->parts < TS_TAKE_RESUMED_MAX) {
        resume_part(log, located);
        log->part.began = self->now;
        self->parts += log->part.under_way;
    }
    send_want(self, log, out);
    log->phase = TS_TAKE_WANTED;
    self->moved = self->now;
}

/* ---- facts ---------------------------------------------------------------------------------- */

bool
ts_take_waits(const ts_take_t *self, ts_mono_t *ret_since)
{
    *ret_since = self->moved;
    return self->active > 0 || self->parts > 0;
}

bool
ts_take_idle(const ts_take_t *self)
{
    return self->active == 0 && self->queued == 0 && self->parts == 0 && self->storing == 0;
}

bool
ts_take_listed(const ts_take_t *self)
{
    return self->listed;
}

uint64_t
ts_take_seen(const ts_take_t *self)
{
    return self->seen;
}

uint64_t
ts_take_credit_open(const ts_take_t *self)
{
    return self->granted - self->received;
}

uint64_t
ts_take_received_bytes(const ts_take_t *self)
{
    return self->received_bytes;
}

bool
ts_take_custody_sent(const ts_take_t *self)
{
    return self->custody_sent;
}

bool
ts_take_spent(const ts_take_t *self)
{
    return self->last_stream == UINT16_MAX;
}

ts_pace_t *
ts_take_pace(ts_take_t *self)
{
    return &self->pace;
}
