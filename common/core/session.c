/* SPDX-License-Identifier: MPL-2.0 */
/* One step of a session: find the cell, act, then look at the clock, the halves and the end. */
#include "core/session.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "core/session_priv.h"

#include <assert.h>
#include <string.h>

enum {
    DRAIN_PONGS = 2,    /* answers without news that end a draining session */
    PONG_PAUSE_MS = 200 /* between them */
};

/* The end of a session must fit behind what an action has added: notes, MARK, BYE, CLOSE and the
 * partial segments. */
static_assert(TS_TAKE_PARTS_MAX + 8 <= TS_EFFECTS_MAX, "room for the end");

ts_session_t *
ts_session_new(ts_side_t side)
{
    ts_session_t *self = ts_xcalloc(1, sizeof *self);
    self->side = side;
    self->state = TS_STATE_CLOSED;
    return self;
}

void
ts_session_destroy(ts_session_t **self_p)
{
    ts_session_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_offer_destroy(&self->offer);
    ts_take_destroy(&self->take);
    ts_xfree(self->heads);
    ts_xfree(self);
    *self_p = NULL;
}

/* ---- small effects -------------------------------------------------------------------------- */

ts_sync_msg_t *
ts_session_send(ts_effects_t *out, ts_sync_kind_t kind)
{
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_SEND);
    effect->u.send.kind = kind;
    return &effect->u.send;
}

void
ts_session_note(ts_effects_t *out, ts_session_note_t fact, ts_err_t code, uint64_t number)
{
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_NOTE);
    effect->u.note.fact = fact;
    effect->u.note.code = code;
    effect->u.note.number = number;
}

void
ts_session_say_bye(const char *reason, ts_effects_t *out)
{
    ts_session_send(out, TS_SYNC_BYE)->u.bye.reason = reason;
}

void
ts_session_ping(ts_session_t *self, ts_effects_t *out)
{
    ts_sync_msg_t *ping = ts_session_send(out, TS_SYNC_PING);
    self->ping_nonce = ts_prng_next(&self->prng);
    self->ping_pending = true;
    self->ping_sent = self->now;
    ping->u.ping.nonce = self->ping_nonce;
    ping->u.ping.digest = self->digest;
    ping->u.ping.time_s = self->local.time_s;
}

/* Tells what to remember of this peer, when it is news. */
static void
mark(ts_session_t *self, ts_effects_t *out)
{
    if (ts_id16_is_zero(&self->peer_store)) {
        return;
    }
    uint64_t seen = ts_take_seen(self->take);
    uint64_t offered = ts_offer_offered(self->offer);
    seen = seen > self->seen ? seen : self->seen;
    offered = offered > self->offered ? offered : self->offered;
    bool news = seen != self->local.mark_seen || offered != self->local.mark_offered ||
                !ts_id16_equal(&self->peer_store, &self->local.mark_store);
    if (!news || ts_effects_room(out) == 0) {
        return;
    }
    self->seen = seen;
    self->offered = offered;
    self->local.mark_seen = seen;
    self->local.mark_offered = offered;
    self->local.mark_store = self->peer_store;
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_MARK);
    effect->u.mark.store = self->peer_store;
    effect->u.mark.seen = seen;
    effect->u.mark.offered = offered;
}

void
ts_session_end(ts_session_t *self, ts_err_t code, uint32_t retry_after_ms, ts_effects_t *out)
{
    ts_take_flush(self->take, out);
    mark(self, out);
    ts_effect_t *effect = ts_effects_add(out, TS_EFFECT_CLOSE);
    effect->u.close.code = code;
    effect->u.close.retry_after_ms = retry_after_ms;
    self->over = true;
}

bool
ts_session_idle(const ts_session_t *self)
{
    return ts_offer_idle(self->offer) && ts_take_idle(self->take);
}

/* ---- clock ---------------------------------------------------------------------------------- */

static bool
answer_is_due(const ts_session_t *self)
{
    int64_t span = 2 * ts_pace_dead_ms(ts_take_pace(self->take));
    ts_mono_t since;
    if (self->ping_pending) {
        return true;
    }
    if (ts_offer_waits(self->offer, &since) && self->now.ms - since.ms < span) {
        return true;
    }
    return ts_take_waits(self->take, &since) && self->now.ms - since.ms < span;
}

static int64_t
idle_ping_ms(const ts_session_t *self)
{
    /* The child asks first; the parent only when that did not come. */
    int64_t pause = self->local.ping_ms;
    return self->side == TS_SIDE_CHILD ? pause : pause + pause / 2;
}

/* Asks a silent peer, gives a dead one up. */
static void
watch_peer(ts_session_t *self, bool heard, ts_effects_t *out)
{
    const ts_pace_t *pace = ts_take_pace(self->take);
    int64_t now = self->now.ms;
    if (self->state == TS_STATE_GREETING) {
        if (now - self->started.ms >= self->local.greeting_ms) {
            ts_session_end(self, TS_ERR_AGAIN, 0, out);
        }
        return;
    }
    if (self->state == TS_STATE_DRAINING) {
        if (now - self->bye_sent.ms >= ts_pace_dead_ms(pace)) {
            ts_session_end(self, TS_ERR_OK, 0, out);
        }
        return;
    }
    bool due = answer_is_due(self);
    if (heard || (due && !self->waiting)) {
        self->wait_since = self->now;
    }
    self->waiting = due;
    if (due && now - self->wait_since.ms >= ts_pace_dead_ms(pace)) {
        ts_session_end(self, TS_ERR_AGAIN, 0, out);
    } else if (!self->ping_pending && ((due && now - self->wait_since.ms >= ts_pace_ask_ms(pace)) ||
                                       now - self->received.ms >= idle_ping_ms(self))) {
        ts_session_ping(self, out);
        self->wait_since = due ? self->wait_since : self->now;
        self->waiting = true;
    }
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static ts_mono_t
next_timer(const ts_session_t *self)
{
    const ts_pace_t *pace = ts_take_pace(self->take);
    if (self->state == TS_STATE_GREETING) {
        return (ts_mono_t){self->started.ms + self->local.greeting_ms};
    }
    if (self->state == TS_STATE_DRAINING) {
        return (ts_mono_t){self->bye_sent.ms + ts_pace_dead_ms(pace)};
    }
    int64_t at = self->started.ms + TS_SESSION_AGE_MS;
    if (self->drain) {
        at = self->now.ms + PONG_PAUSE_MS;
    }
    if (self->waiting) {
        at = earlier(at, self->wait_since.ms + ts_pace_dead_ms(pace));
    }
    if (self->waiting && !self->ping_pending) {
        at = earlier(at, self->wait_since.ms + ts_pace_ask_ms(pace));
    }
    if (!self->ping_pending) {
        at = earlier(at, self->received.ms + idle_ping_ms(self));
    }
    at = earlier(at, ts_take_timer(self->take).ms);
    return (ts_mono_t){earlier(at, ts_offer_timer(self->offer).ms)};
}

/* Draining: nothing is left here, and the peer, asked twice, has nothing either. */
static bool
is_empty(ts_session_t *self, ts_effects_t *out)
{
    if (!self->drain || self->state != TS_STATE_FLOWING || !ts_session_idle(self)) {
        return false;
    }
    if (self->in_step || self->drain_pongs >= DRAIN_PONGS) {
        return true;
    }
    bool paused = self->drain_pongs == 0 || self->now.ms - self->received.ms >= PONG_PAUSE_MS;
    if (!self->ping_pending && paused && ts_effects_room(out) > 0) {
        ts_session_ping(self, out);
        self->wait_since = self->now;
        self->waiting = true;
    }
    return false;
}

/* ---- step ----------------------------------------------------------------------------------- */

static bool
input_of(const ts_session_event_t *in, ts_session_input_t *ret_input)
{
    static const ts_session_input_t MESSAGES[] = {
#define MESSAGE_INPUT(name, number) [number] = TS_INPUT_##name,
        TS_SYNC_MSG_LIST(MESSAGE_INPUT)
#undef MESSAGE_INPUT
    };
    static const ts_session_input_t EVENTS[] = {
        [TS_SESSION_START] = TS_INPUT_START,
        [TS_SESSION_TIMER] = TS_INPUT_TIMER,
        [TS_SESSION_CONTINUE] = TS_INPUT_CONTINUE,
        [TS_SESSION_LISTED] = TS_INPUT_LISTED,
        [TS_SESSION_LOADED] = TS_INPUT_LOADED,
        [TS_SESSION_LOCATED] = TS_INPUT_LOCATED,
        [TS_SESSION_STORED] = TS_INPUT_STORED,
        [TS_SESSION_STORE_REFUSED] = TS_INPUT_STORE_REFUSED,
        [TS_SESSION_TIPS] = TS_INPUT_TIPS,
        [TS_SESSION_ENTITLED] = TS_INPUT_ENTITLED,
        [TS_SESSION_DRAIN] = TS_INPUT_DRAIN,
        [TS_SESSION_QUIT] = TS_INPUT_QUIT,
        [TS_SESSION_LINK_DOWN] = TS_INPUT_LINK_DOWN,
    };
    if (in->kind == TS_SESSION_MESSAGE) {
        size_t kind = (size_t)in->u.message->kind;
        if (kind == 0 || kind >= sizeof MESSAGES / sizeof MESSAGES[0]) {
            return false;
        }
        *ret_input = MESSAGES[kind];
        return true;
    }
    TS_CHECK((size_t)in->kind < sizeof EVENTS / sizeof EVENTS[0]);
    *ret_input = EVENTS[in->kind];
    return true;
}

static ts_err_t
dispatch(ts_session_t *self,
         ts_session_input_t input,
         const ts_session_event_t *in,
         ts_effects_t *out)
{
    const ts_session_cell_t *cell = ts_session_cell(self->state, input);
    TS_CHECK(cell != NULL && cell->act != NULL);
    ts_err_t err = cell->act(self, in, out);
    self->state = self->over ? TS_STATE_CLOSED : cell->next;
    return err;
}

/* What is due after every event, whatever it was. */
static void
proceed(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    bool heard = in->kind == TS_SESSION_MESSAGE;
    if (self->state == TS_STATE_RECONCILING && ts_offer_done_listing(self->offer) &&
        ts_take_listed(self->take)) {
        (void)dispatch(self, TS_INPUT_SETTLED, in, out);
    }
    if (self->now.ms - self->started.ms >= TS_SESSION_AGE_MS || ts_take_spent(self->take)) {
        self->drain = true;
    }
    watch_peer(self, heard, out);
    if (self->over) {
        self->state = TS_STATE_CLOSED;
        return;
    }
    bool talks = self->greeted && self->state != TS_STATE_DRAINING;
    if (talks) {
        ts_take_pump(self->take, in->credit_budget, out);
        ts_offer_pump(self->offer, in->send_budget, out);
    }
    if (self->state == TS_STATE_FLOWING) {
        if (ts_session_idle(self)) {
            mark(self, out);
        }
        if (ts_effects_room(out) < 2) {
            out->again = true;
        } else if (is_empty(self, out)) {
            (void)dispatch(self, TS_INPUT_EMPTIED, in, out);
        }
    }
}

/* Every message carries the nonce of its session; what the halves said of the peer's store is
 * filled in. */
static void
complete(const ts_session_t *self, ts_effects_t *out)
{
    for (size_t i = 0; i < out->count; i++) {
        ts_effect_t *effect = &out->items[i];
        if (effect->kind == TS_EFFECT_SEND) {
            memcpy(effect->u.send.session, self->local.nonce, sizeof self->local.nonce);
        } else if (effect->kind == TS_EFFECT_PEER_HOLDS &&
                   ts_id16_is_zero(&effect->u.holds.store)) {
            effect->u.holds.store = self->peer_store;
        }
    }
}

static bool
is_stale(const ts_session_t *self, const ts_session_event_t *in)
{
    return in->kind == TS_SESSION_MESSAGE && self->greeted &&
           memcmp(in->u.message->session, self->local.nonce, sizeof self->local.nonce) != 0;
}

ts_err_t
ts_session_step(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    out->count = 0;
    out->again = false;
    out->timer = (ts_mono_t){INT64_MAX};
    out->credit_open = 0;
    if (self->over || (self->state == TS_STATE_CLOSED && in->kind != TS_SESSION_START)) {
        return TS_ERR_OK;
    }
    self->now = in->now;
    if (in->digest != NULL && !ts_hash_equal(in->digest, &self->digest)) {
        self->digest = *in->digest;
        self->in_step = false;
    }
    if (self->offer != NULL) {
        ts_offer_begin(self->offer, self->now);
        ts_take_begin(self->take, self->now);
    }
    ts_err_t err = TS_ERR_OK;
    ts_session_input_t input;
    if (is_stale(self, in)) {
        ts_session_note(out, TS_NOTE_STALE, TS_ERR_OK, (uint64_t)in->u.message->kind);
    } else if (!input_of(in, &input)) {
        err = ts_session_act_illegal(self, in, out);
    } else {
        if (in->kind == TS_SESSION_MESSAGE) {
            self->received = self->now;
        }
        err = dispatch(self, input, in, out);
    }
    if (!self->over) {
        proceed(self, in, out);
    }
    if (self->over) {
        self->state = TS_STATE_CLOSED;
    } else {
        out->timer = next_timer(self);
        out->credit_open = ts_take_credit_open(self->take);
    }
    complete(self, out);
    return err;
}

void
ts_session_status(const ts_session_t *self, ts_session_status_t *ret_status)
{
    *ret_status = (ts_session_status_t){.state = self->state};
    if (self->offer == NULL) {
        return;
    }
    const ts_pace_t *pace = ts_take_pace(self->take);
    ret_status->sent_bytes = ts_offer_sent_bytes(self->offer);
    ret_status->received_bytes = ts_take_received_bytes(self->take);
    ret_status->unacked_bytes = ts_offer_unacked_bytes(self->offer);
    ret_status->rtt_ms = pace->rtt_ms;
    ret_status->goodput = pace->goodput > UINT32_MAX ? UINT32_MAX : (uint32_t)pace->goodput;
    ret_status->window_bytes = pace->window_bytes;
    ret_status->chunk_bytes = pace->chunk_bytes;
    ret_status->greeted = !ts_id16_is_zero(&self->peer_store);
    ret_status->in_step = self->in_step;
    ret_status->peer_store = self->peer_store;
    ret_status->custody_seen =
        ts_offer_custody_seen(self->offer) || ts_take_custody_sent(self->take);
}
