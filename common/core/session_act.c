/* SPDX-License-Identifier: MPL-2.0 */
/* What the cells of the session's table do. */
#include "base/check.h"
#include "base/xalloc.h"
#include "core/session_priv.h"

#include <string.h>

enum { MISMATCHES_MAX = 2 };

ts_err_t
ts_session_act_ignore(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    (void)self;
    (void)in;
    (void)out;
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_illegal(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    uint64_t kind = in->kind == TS_SESSION_MESSAGE ? (uint64_t)in->u.message->kind : 0;
    ts_session_note(out, TS_NOTE_ILLEGAL, TS_ERR_PROTOCOL, kind * 16 + (uint64_t)self->state);
    ts_session_say_bye("protocol", out);
    ts_session_end(self, TS_ERR_PROTOCOL, 0, out);
    return TS_ERR_PROTOCOL;
}

/* ---- greeting ------------------------------------------------------------------------------- */

static void
introduce(const ts_session_t *self, ts_sync_greeting_t *greeting)
{
    const ts_session_local_t *local = &self->local;
    greeting->proto_min = TS_SYNC_PROTO;
    greeting->proto_max = TS_SYNC_PROTO;
    greeting->deployment = local->deployment;
    greeting->store = local->store;
    greeting->office = local->office;
    greeting->arrival_seen = local->mark_seen;
    greeting->peer_store_seen = local->mark_store;
    greeting->chunk_bytes_max = TS_CHUNK_BYTES_MAX;
    greeting->window_bytes_max = TS_WINDOW_BYTES_MAX;
    greeting->digest = self->digest;
    greeting->time_s = local->time_s;
    greeting->root_time_s = local->root_time_s;
    greeting->software = local->software == NULL ? "" : local->software;
}

ts_err_t
ts_session_act_open(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    const ts_session_local_t *local = &in->u.start;
    TS_CHECK(self->offer == NULL && local->your_head_count <= TS_TIPS_PER_MESSAGE_MAX);
    self->local = *local;
    self->heads = ts_xmemdup(local->your_heads, local->your_head_count * sizeof *self->heads);
    self->local.your_heads = self->heads;
    if (self->local.ping_ms == 0) {
        self->local.ping_ms = TS_SESSION_PING_MS;
    }
    if (self->local.greeting_ms == 0) {
        self->local.greeting_ms = TS_SESSION_GREETING_MS;
    }
    self->prng = ts_prng(local->seed);
    self->offer = ts_offer_new();
    self->take = ts_take_new(&local->deployment, &local->store);
    ts_offer_begin(self->offer, self->now);
    ts_take_begin(self->take, self->now);
    self->started = self->now;
    self->received = self->now;
    self->wait_since = self->now;
    self->seen = local->mark_seen;
    self->offered = local->mark_offered;
    if (self->side == TS_SIDE_CHILD) {
        self->greeted = true;
        self->hello_digest = self->digest;
        introduce(self, &ts_session_send(out, TS_SYNC_HELLO)->u.greeting);
        self->since = ts_id16_is_zero(&local->mark_store) ? 0 : local->mark_offered;
        ts_offer_list(self->offer, self->since);
    }
    return TS_ERR_OK;
}

/* What both sides do with the other's greeting. Returns from which arrival number of ours the peer
 * needs the list. */
static uint64_t
know_peer(ts_session_t *self, const ts_sync_greeting_t *peer)
{
    uint32_t chunk = peer->chunk_bytes_max;
    self->peer_store = peer->store;
    self->peer_chunk_bytes_max = chunk == 0 ? TS_CHUNK_BYTES_MAX : chunk;
    bool same_peer = ts_id16_equal(&peer->store, &self->local.mark_store);
    bool knows_us = ts_id16_equal(&peer->peer_store_seen, &self->local.store);
    if (!same_peer) {
        self->seen = 0;
        self->offered = 0;
    }
    uint64_t reached = knows_us ? peer->arrival_seen : 0;
    if (reached > self->offered) {
        self->offered = reached;
    }
    return reached;
}

static void
begin_in_step(ts_session_t *self, ts_effects_t *out)
{
    self->in_step = true;
    ts_offer_in_step(self->offer);
    ts_take_listing_done(self->take);
    ts_session_note(out, TS_NOTE_IN_STEP, TS_ERR_OK, self->offered);
}

static bool
equal_digests(const ts_hash_t *a, const ts_hash_t *b)
{
    return !ts_hash_is_zero(a) && ts_hash_equal(a, b);
}

/* Is it who was called, or whose key it has? */
static bool
is_another(const ts_session_t *self, const ts_sync_greeting_t *peer)
{
    return self->local.office_peer != 0 && peer->office != self->local.office_peer;
}

static ts_err_t
judge_hello(const ts_session_t *self, const ts_sync_greeting_t *hello)
{
    if (!ts_id16_equal(&hello->deployment, &self->local.deployment)) {
        return TS_ERR_FOREIGN;
    }
    if (hello->proto_min > TS_SYNC_PROTO || hello->proto_max < TS_SYNC_PROTO) {
        return TS_ERR_UNKNOWN;
    }
    return is_another(self, hello) ? TS_ERR_KEY : self->local.refuse;
}

ts_err_t
ts_session_act_welcome_child(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    const ts_sync_greeting_t *hello = &in->u.message->u.greeting;
    if (self->side != TS_SIDE_PARENT) {
        return ts_session_act_illegal(self, in, out);
    }
    memcpy(self->local.nonce, in->u.message->session, sizeof self->local.nonce);
    self->greeted = true;
    ts_err_t refuse = judge_hello(self, hello);
    if (refuse != TS_ERR_OK) {
        ts_sync_msg_t *message = ts_session_send(out, TS_SYNC_REFUSE);
        message->u.refuse.code = refuse;
        message->u.refuse.detail = ts_err_str(refuse);
        message->u.refuse.retry_after_s = self->local.refuse_after_s;
        ts_session_end(self, refuse, 0, out);
        return TS_ERR_OK;
    }
    ts_sync_greeting_t *welcome = &ts_session_send(out, TS_SYNC_WELCOME)->u.greeting;
    introduce(self, welcome);
    welcome->your_heads = self->heads;
    welcome->your_head_count = self->local.your_head_count;
    self->since = know_peer(self, hello);
    ts_session_note(out, TS_NOTE_GREETED, TS_ERR_OK, 0);
    if (equal_digests(&hello->digest, &self->digest)) {
        begin_in_step(self, out);
    } else {
        ts_offer_list(self->offer, self->since);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_accept_welcome(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    const ts_sync_greeting_t *welcome = &in->u.message->u.greeting;
    if (self->side != TS_SIDE_CHILD || welcome->proto_max != TS_SYNC_PROTO) {
        return ts_session_act_illegal(self, in, out);
    }
    if (is_another(self, welcome)) { /* the line leads to another gate than was called */
        ts_session_note(out, TS_NOTE_ILLEGAL, TS_ERR_KEY, welcome->office);
        ts_session_end(self, TS_ERR_KEY, 0, out);
        return TS_ERR_OK;
    }
    int64_t round_trip_ms = self->now.ms - self->started.ms;
    ts_pace_round_trip(ts_take_pace(self->take), round_trip_ms);
    bool same_peer = ts_id16_equal(&welcome->store, &self->local.mark_store);
    uint64_t reached = know_peer(self, welcome);
    ts_session_note(out, TS_NOTE_GREETED, TS_ERR_OK, (uint64_t)round_trip_ms);
    for (size_t i = 0; i < welcome->your_head_count; i++) {
        ts_offer_peer_holds(self->offer, &welcome->your_heads[i].tip);
    }
    ts_err_t err = ts_take_heads(self->take, welcome->your_heads, welcome->your_head_count);
    if (err != TS_ERR_OK) {
        return ts_session_act_illegal(self, in, out);
    }
    if (equal_digests(&welcome->digest, &self->hello_digest)) {
        begin_in_step(self, out);
    } else if (self->since > 0 && (!same_peer || reached < self->since)) {
        /* It knows less of us than we remembered, or it is another store. */
        self->offered = reached;
        ts_offer_list(self->offer, reached);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_end_refused(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    if (self->side != TS_SIDE_CHILD) {
        return ts_session_act_illegal(self, in, out);
    }
    uint64_t after_ms = (uint64_t)in->u.message->u.refuse.retry_after_s * 1000;
    ts_err_t code = in->u.message->u.refuse.code;
    ts_session_end(self, code == TS_ERR_OK ? TS_ERR_AGAIN : code,
                   after_ms < UINT32_MAX ? (uint32_t)after_ms : UINT32_MAX, out);
    return TS_ERR_OK;
}

/* ---- the two halves ------------------------------------------------------------------------- */

/* Traffic that may lead to more: what was agreed when draining is open again. */
static void
moved(ts_session_t *self)
{
    self->drain_pongs = 0;
}

ts_err_t
ts_session_act_take_have(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    const ts_sync_msg_t *have = in->u.message;
    for (size_t i = 0; i < have->u.have.count; i++) {
        ts_offer_peer_holds(self->offer, &have->u.have.tips[i].tip);
    }
    moved(self);
    if (ts_take_have(self->take, have) != TS_ERR_OK) {
        return ts_session_act_illegal(self, in, out);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_serve_want(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    moved(self);
    if (ts_offer_want(self->offer, in->u.message, out) != TS_ERR_OK) {
        return ts_session_act_illegal(self, in, out);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_note_credit(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    (void)out;
    ts_offer_credit(self->offer, in->u.message, self->peer_chunk_bytes_max);
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_take_chunk(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    moved(self);
    if (ts_take_chunk(self->take, &in->u.message->u.chunk, out) != TS_ERR_OK) {
        return ts_session_act_illegal(self, in, out);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_note_custody(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    /* A peer speaks for its own store only, the one that it greeted with. */
    if (!ts_id16_equal(&in->u.message->u.custody.store, &self->peer_store)) {
        return ts_session_act_illegal(self, in, out);
    }
    ts_offer_custody(self->offer, in->u.message, out);
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_note_reject(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    if (!ts_take_reject(self->take, in->u.message, out)) {
        ts_offer_reject(self->offer, in->u.message, out);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_announce_page(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    ts_offer_listed(self->offer, in, out);
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_send_chunk(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    ts_offer_loaded(self->offer, in, out);
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_ask_for_log(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    ts_take_located(self->take, in, out);
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_acknowledge(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    moved(self);
    self->in_step = false;
    for (size_t i = 0; i < in->u.stored.count; i++) {
        ts_offer_peer_holds(self->offer, &in->u.stored.items[i].tip);
    }
    ts_take_stored(self->take, in, out);
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_note_store_refusal(ts_session_t *self,
                                  const ts_session_event_t *in,
                                  ts_effects_t *out)
{
    ts_take_refused(self->take, in, out);
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_announce_tips(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    /* A parent that waits for HELLO lists everything afterwards. */
    if (self->greeted) {
        moved(self);
        self->in_step = false;
        ts_offer_tips(self->offer, in, out);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_list_anew(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    (void)in;
    (void)out;
    if (self->greeted) {
        self->in_step = false;
        ts_offer_list(self->offer, 0);
    }
    return TS_ERR_OK;
}

/* ---- liveness and digests ------------------------------------------------------------------- */

void
ts_session_compare(ts_session_t *self, const ts_hash_t *theirs, ts_effects_t *out)
{
    if (equal_digests(theirs, &self->digest)) {
        self->mismatches = 0;
        if (!self->in_step) {
            begin_in_step(self, out);
        }
        return;
    }
    self->in_step = false;
    if (self->state != TS_STATE_FLOWING || !ts_session_idle(self) || ts_hash_is_zero(theirs)) {
        return;
    }
    self->mismatches++;
    if (self->mismatches >= MISMATCHES_MAX && !self->relisted) {
        self->relisted = true;
        ts_session_note(out, TS_NOTE_RELISTED, TS_ERR_OK, 0);
        ts_offer_list(self->offer, 0);
    }
}

ts_err_t
ts_session_act_answer_ping(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    ts_sync_msg_t *pong = ts_session_send(out, TS_SYNC_PONG);
    pong->u.ping.nonce = in->u.message->u.ping.nonce;
    pong->u.ping.digest = self->digest;
    pong->u.ping.time_s = self->local.time_s;
    ts_session_compare(self, &in->u.message->u.ping.digest, out);
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_note_pong(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    if (self->ping_pending && in->u.message->u.ping.nonce == self->ping_nonce) {
        self->ping_pending = false;
        self->drain_pongs++;
        ts_pace_round_trip(ts_take_pace(self->take), self->now.ms - self->ping_sent.ms);
        ts_session_compare(self, &in->u.message->u.ping.digest, out);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_keep_time(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    (void)self;
    (void)in;
    (void)out; /* the clock is looked at after every event */
    return TS_ERR_OK;
}

/* ---- the end -------------------------------------------------------------------------------- */

ts_err_t
ts_session_act_remember_drain(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    (void)in;
    (void)out;
    self->drain = true;
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_flow(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    (void)self;
    (void)in;
    ts_session_note(out, TS_NOTE_RECONCILED, TS_ERR_OK, 0);
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_say_bye(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    (void)in;
    self->bye_sent = self->now;
    ts_session_say_bye("done", out);
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_answer_bye(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    (void)in;
    bool done = self->state == TS_STATE_FLOWING && ts_session_idle(self);
    ts_session_say_bye("done", out);
    ts_session_end(self, done ? TS_ERR_OK : TS_ERR_AGAIN, 0, out);
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_finish(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    (void)in;
    ts_session_end(self, TS_ERR_OK, 0, out);
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_quit(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    (void)in;
    if (self->greeted) {
        ts_session_say_bye("quit", out);
    }
    ts_session_end(self, TS_ERR_OK, 0, out);
    return TS_ERR_OK;
}

ts_err_t
ts_session_act_lose_link(ts_session_t *self, const ts_session_event_t *in, ts_effects_t *out)
{
    (void)in;
    ts_session_end(self, TS_ERR_AGAIN, 0, out);
    return TS_ERR_OK;
}
