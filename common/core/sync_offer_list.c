/* SPDX-License-Identifier: MPL-2.0 */
/* What the peer is told of: pages of tips, new tips, and questions after what was sent. */
#include "base/check.h"
#include "core/sync_offer_priv.h"

void
ts_offer_list(ts_offer_t *self, uint64_t since)
{
    self->list_again = self->listing == TS_LISTING_ASKED;
    if (!self->list_again) {
        self->listing = TS_LISTING_DUE;
    }
    self->list_since = since;
    self->list_done = false;
}

void
ts_offer_in_step(ts_offer_t *self)
{
    size_t position = 0;
    void *value;
    while (ts_map_next(self->logs, &position, &value) != NULL) {
        ts_offer_set_held(self, value, true);
    }
    self->list_done = true;
    if (self->listing == TS_LISTING_DUE) {
        self->listing = TS_LISTING_NONE;
    }
}

static void
send_have(ts_offer_t *self, size_t start, size_t count, uint64_t arrival, ts_effects_t *out)
{
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_SEND);
    effect->u.send.kind = TS_SYNC_HAVE;
    effect->u.send.u.have.tips = self->tips + start;
    effect->u.send.u.have.count = count;
    effect->u.send.u.have.arrival = arrival;
}

/* Takes a new tip in; false when the peer need not be told of it. */
static bool
take_tip(ts_offer_t *self, const ts_sync_tip_t *told)
{
    ts_offer_log_t *log = ts_offer_log_of(self, &told->tip.log);
    if (log == NULL || log->stopped) {
        return false;
    }
    bool same = log->has_tip && ts_hash_equal(&log->tip.hash, &told->tip.hash);
    log->priority =
        told->priority < TS_OFFER_CLASSES ? (uint8_t)told->priority : TS_OFFER_CLASSES - 1;
    if (same && log->held) {
        return false;
    }
    log->tip = told->tip;
    log->has_tip = true;
    ts_offer_set_held(self, log, false);
    if (log->stream == 0) {
        return true;
    }
    log->fresh = true;
    if (log->at_tip) {
        ts_offer_queue(self, log, false);
    }
    return false;
}

void
ts_offer_listed(ts_offer_t *self, const ts_session_event_t *listed, ts_effects_t *out)
{
    size_t count = 0;
    TS_CHECK(listed->u.listed.count <= TS_TIPS_PER_MESSAGE_MAX);
    if (self->listing != TS_LISTING_ASKED) {
        return;
    }
    self->listing = TS_LISTING_NONE;
    if (self->list_again) {
        self->list_again = false;
        self->listing = TS_LISTING_DUE;
        return;
    }
    for (size_t i = 0; i < listed->u.listed.count; i++) {
        if (take_tip(self, &listed->u.listed.tips[i])) {
            self->tips[count++] = listed->u.listed.tips[i];
        }
    }
    self->list_arrival = listed->u.listed.arrival;
    self->list_since = listed->u.listed.arrival;
    if (listed->u.listed.more) {
        self->listing = TS_LISTING_DUE;
    }
    self->list_done = !listed->u.listed.more;
    send_have(self, 0, count, listed->u.listed.arrival, out);
    out->items[out->count - 1].u.send.u.have.more = listed->u.listed.more;
}

void
ts_offer_tips(ts_offer_t *self, const ts_session_event_t *tips, ts_effects_t *out)
{
    size_t count = 0;
    TS_CHECK(tips->u.tips.count <= TS_TIPS_PER_MESSAGE_MAX);
    for (size_t i = 0; i < tips->u.tips.count; i++) {
        if (take_tip(self, &tips->u.tips.tips[i])) {
            self->tips[count++] = tips->u.tips.tips[i];
        }
    }
    for (size_t start = 0; start < count; start += TS_SESSION_LIST_PAGE) {
        size_t page = count - start < TS_SESSION_LIST_PAGE ? count - start : TS_SESSION_LIST_PAGE;
        send_have(self, start, page, 0, out);
    }
}

/* A message may be lost without a sign: names what was sent and not acknowledged once more.
 * A peer that holds it says CUSTODY, one that does not asks for it anew. */
void
ts_offer_ask_again(ts_offer_t *self, ts_effects_t *out)
{
    size_t count = 0;
    size_t position = 0;
    void *value;
    while (count < TS_SESSION_LIST_PAGE && ts_map_next(self->logs, &position, &value) != NULL) {
        const ts_offer_log_t *log = value;
        if (log->unacked > 0 && !log->stopped) {
            ts_tip_t tip = {log->id, log->sent_seq, log->sent_hash};
            self->tips[count] = (ts_sync_tip_t){.tip = tip, .priority = log->priority};
            if (ts_hash_is_zero(&log->sent_hash)) {
                self->tips[count].tip = log->tip;
            }
            count++;
        }
    }
    self->asked = self->now;
    self->doubt_ms =
        self->doubt_ms * 2 < TS_OFFER_DOUBT_MS_MAX ? self->doubt_ms * 2 : TS_OFFER_DOUBT_MS_MAX;
    if (count > 0) {
        send_have(self, 0, count, 0, out);
    }
}

static int64_t
doubt_at(const ts_offer_t *self)
{
    int64_t since = self->asked.ms > self->moved.ms ? self->asked.ms : self->moved.ms;
    return since + self->doubt_ms;
}

ts_mono_t
ts_offer_timer(const ts_offer_t *self)
{
    return (ts_mono_t){self->unacked > 0 ? doubt_at(self) : INT64_MAX};
}
