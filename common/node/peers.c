/* SPDX-License-Identifier: MPL-2.0 */
/* Sessions with children and the parent: gives the pure machine (core/session.h) its events and
 * carries its effects out. */
#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "node/node_p.h"

#include <stdio.h>
#include <string.h>

#define HEADS_PER_LOG_MAX 16 /* branches of one log that are named */
#define NEW_CHILD_WAIT_MS 30000
#define NEW_CHILD_PAUSE_S 5
#define HELD_AGAIN_MS 1000
#define STEPS_MAX 256 /* answers and continuations in one go */

/* ---- the list of peers */

ts_peer_link_t *
ts_peers_find(ts_node_t *self, uint64_t session)
{
    for (size_t i = 0; i < self->peer_count; i++) {
        if (self->peers[i]->session == session) {
            return self->peers[i];
        }
    }
    return NULL;
}

ts_peer_link_t *
ts_peers_add(ts_node_t *self, uint64_t session, bool is_uplink)
{
    ts_peer_link_t *old = ts_peers_find(self, session);
    if (old != NULL) {
        ts_peers_remove(self, old);
    }
    ts_peer_link_t *peer = ts_xcalloc(1, sizeof *peer);
    peer->session = session;
    peer->serial = ++self->serial;
    peer->is_uplink = is_uplink;
    peer->timer.ms = INT64_MAX;
    peer->digest_stale = true;
    self->peers =
        ts_xgrow(self->peers, self->peer_count + 1, &self->peer_capacity, sizeof *self->peers);
    self->peers[self->peer_count++] = peer;
    return peer;
}

static void
free_peer(ts_peer_link_t *peer)
{
    ts_session_destroy(&peer->machine);
    ts_sync_decoder_destroy(&peer->decoder);
    ts_xfree(peer->deferred);
    ts_xfree(peer);
}

void
ts_peers_remove(ts_node_t *self, ts_peer_link_t *peer)
{
    for (size_t i = 0; i < self->peer_count; i++) {
        if (self->peers[i] == peer) {
            self->peers[i] = self->peers[--self->peer_count];
            self->credit_open -= peer->credit_open;
            free_peer(peer);
            return;
        }
    }
}

void
ts_peers_free(ts_node_t *self)
{
    for (size_t i = 0; i < self->peer_count; i++) {
        free_peer(self->peers[i]);
    }
    ts_xfree(self->peers);
    self->peers = NULL;
    self->peer_count = 0;
    ts_xfree(self->held);
    self->held = NULL;
    self->held_count = 0;
}

/* ---- stepping */

static void
refresh_digest(ts_node_t *self, ts_peer_link_t *peer)
{
    if (!peer->digest_stale) {
        return;
    }
    ts_share_t share = ts_share_of(self, peer);
    share.up = true;
    share.down = true;
    ts_err_t err = ts_custody_digest(self->custody, ts_share_has, &share, &peer->digest);
    if (err != TS_ERR_OK) {
        (void)ts_node_fail(self, err, ts_custody_detail(self->custody));
    }
    peer->digest_stale = false;
}

static uint64_t
credit_budget(const ts_node_t *self, const ts_peer_link_t *peer)
{
    if (peer->is_uplink) {
        return UINT64_MAX;
    }
    uint64_t others = self->credit_open - peer->credit_open;
    return others >= TS_CREDIT_BYTES_TOTAL ? 0 : TS_CREDIT_BYTES_TOTAL - others;
}

static uint64_t
send_budget(const ts_node_t *self, const ts_peer_link_t *peer)
{
    uint64_t most = self->options.bytes_per_day_max;
    if (!peer->is_uplink || most == 0) {
        return UINT64_MAX;
    }
    return self->uplink.sent_today >= most ? 0 : most - self->uplink.sent_today;
}

/* Questions of the machine are answered only after all effects of the step are carried out, since
 * these borrow its memory. */
static bool
is_deferred(ts_effect_kind_t kind)
{
    return kind == TS_EFFECT_LIST || kind == TS_EFFECT_LOAD || kind == TS_EFFECT_LOCATE ||
           kind == TS_EFFECT_AMNESIA;
}

static void
defer(ts_peer_link_t *peer, const ts_effect_t *effect)
{
    peer->deferred = ts_xgrow(peer->deferred, peer->deferred_count + 1, &peer->deferred_capacity,
                              sizeof *peer->deferred);
    peer->deferred[peer->deferred_count++] = *effect;
}

/* The digest of all shared logs is dear, so it is made anew only where the machine compares or
 * sends it. */
static bool
needs_digest(const ts_session_event_t *event)
{
    if (event->kind == TS_SESSION_MESSAGE) {
        ts_sync_kind_t kind = event->u.message->kind;
        return kind == TS_SYNC_HELLO || kind == TS_SYNC_WELCOME || kind == TS_SYNC_PING ||
               kind == TS_SYNC_PONG;
    }
    return event->kind == TS_SESSION_START || event->kind == TS_SESSION_TIMER ||
           event->kind == TS_SESSION_ENTITLED || event->kind == TS_SESSION_DRAIN;
}

/* Does the machine say or hear in this step whether both sides have the same? */
static bool
greets(const ts_session_event_t *event)
{
    return event->kind == TS_SESSION_START ||
           (event->kind == TS_SESSION_MESSAGE &&
            (event->u.message->kind == TS_SYNC_HELLO || event->u.message->kind == TS_SYNC_WELCOME));
}

static void
step_once(ts_node_t *self, ts_peer_link_t *peer, ts_session_event_t *event)
{
    static const ts_hash_t unequal; /* zero is like no other */
    ts_effects_t out;
    event->now = self->now;
    event->credit_budget = credit_budget(self, peer);
    event->send_budget = send_budget(self, peer);
    if (needs_digest(event)) {
        refresh_digest(self, peer);
    }
    event->digest = peer->digest_stale ? NULL : &peer->digest;
    if (ts_scrub_asks(self) && greets(event)) {
        event->digest = &unequal;
    }
    if (ts_session_step(peer->machine, event, &out) != TS_ERR_OK) {
        ts_node_note(self, TS_NOTE_WARN, "peer_broke_protocol", "office=%u",
                     (unsigned)peer->office);
    }
    self->credit_open = self->credit_open - peer->credit_open + out.credit_open;
    peer->credit_open = out.credit_open;
    peer->timer = out.timer;
    peer->again = out.again;
    for (size_t i = 0; i < out.count; i++) {
        if (is_deferred(out.items[i].kind)) {
            defer(peer, &out.items[i]);
        } else {
            ts_peers_effect(self, peer, &out.items[i]);
        }
    }
}

/* Answers what the machine asked, until it asks no more; work per event is bounded, the rest waits
 * for the timer. */
static void
run_deferred(ts_node_t *self, ts_peer_link_t *peer)
{
    peer->running = true;
    size_t next = 0;
    for (unsigned steps = 0; steps < STEPS_MAX && !peer->closing; steps++) {
        if (next < peer->deferred_count) {
            ts_effect_t effect = peer->deferred[next++];
            ts_peers_effect(self, peer, &effect);
        } else if (peer->again) {
            ts_session_event_t event = {.kind = TS_SESSION_CONTINUE};
            step_once(self, peer, &event);
        } else {
            break;
        }
    }
    if (next > 0) {
        memmove(peer->deferred, peer->deferred + next,
                (peer->deferred_count - next) * sizeof *peer->deferred);
        peer->deferred_count -= next;
    }
    if (peer->deferred_count > 0 || peer->again) {
        peer->timer = self->now;
    }
    peer->running = false;
}

void
ts_peers_step(ts_node_t *self, ts_peer_link_t *peer, ts_session_event_t *event)
{
    if (peer->machine == NULL || peer->closing || self->failed != TS_ERR_OK) {
        return;
    }
    step_once(self, peer, event);
    if (!peer->running) {
        run_deferred(self, peer);
    }
}

/* ---- beginning */

static void
recall_mark(ts_node_t *self, const ts_peer_link_t *peer, ts_session_local_t *start)
{
    ts_custody_peer_t row;
    if (!ts_share_of(self, peer).invite &&
        ts_custody_peer_get(self->custody, peer->office, &row) == TS_ERR_OK) {
        start->mark_store = row.store;
        start->mark_seen = row.seen;
        start->mark_offered = row.offered;
    }
}

/* What we hold of the logs that the child writes itself, so that it notices what it lost. */
static size_t
heads_of_child(ts_node_t *self, uint32_t office, ts_sync_tip_t *out, size_t max)
{
    size_t count = 0;
    ts_log_info_t info = {.office = 0};
    while (count < max && ts_custody_log_next(self->custody, &info) == TS_ERR_OK) {
        ts_custody_tip_t tips[HEADS_PER_LOG_MAX];
        size_t found = 0;
        ts_tip_t before;
        bool known = false;
        /* A log of which something rotted is not called held: else it would not be offered. */
        if (info.office != office || info.audience != TS_AUDIENCE_UP ||
            ts_scrub_before(self, &info.log, &before, &known) ||
            ts_custody_log_tips(self->custody, &info.log, tips, HEADS_PER_LOG_MAX, &found) !=
                TS_ERR_OK) {
            continue;
        }
        for (size_t i = 0; i < found && count < max; i++) {
            out[count++] =
                (ts_sync_tip_t){.tip = tips[i].tip, .priority = ts_peers_priority(&info)};
        }
    }
    return count;
}

static bool
uplink_in_step(ts_node_t *self)
{
    const ts_peer_link_t *uplink = ts_peers_find(self, TS_NODE_UPLINK);
    ts_session_status_t status = {0};
    if (uplink != NULL && uplink->machine != NULL) {
        ts_session_status(uplink->machine, &status);
    }
    return status.in_step;
}

/* An office that had another parent comes to us for the first time: what it wrote so far is asked
 * from our own parent first, which was told of it when we were, so that the office need not send it
 * again. Bounded: without a parent, once we hold all that it has for us, or after a while, it is
 * taken from the office itself. */
static bool
comes_too_early(ts_node_t *self, const ts_peer_link_t *peer)
{
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(self), peer->office);
    ts_custody_peer_t row;
    ts_sync_tip_t head;
    ts_held_segment_t first;
    if (peer->class != TS_KEY_OFFICE || office == NULL || ts_hash_is_zero(&office->node_key) ||
        self->uplink.state != TS_UPLINK_UP || uplink_in_step(self) ||
        self->now.ms - self->entitled_at.ms >= NEW_CHILD_WAIT_MS ||
        ts_custody_peer_get(self->custody, peer->office, &row) == TS_ERR_OK) {
        return false;
    }
    return heads_of_child(self, peer->office, &head, 1) == 0 ||
           (ts_custody_find(self->custody, &head.tip.log, &first, NULL) == TS_ERR_OK &&
            ts_id16_equal(&first.source.store, &self->parent_store));
}

void
ts_peers_start(ts_node_t *self, ts_peer_link_t *peer, ts_side_t side, const uint8_t nonce[8])
{
    ts_sync_tip_t heads[TS_TIPS_PER_MESSAGE_MAX];
    ts_session_destroy(&peer->machine);
    peer->machine = ts_session_new(side);
    peer->serial =
        ++self->serial; /* what the former machine asked for is not answered to this one */
    peer->deferred_count = 0;
    peer->again = false;
    peer->closing = false;
    memcpy(peer->nonce, nonce, sizeof peer->nonce);
    ts_session_event_t event = {.kind = TS_SESSION_START};
    ts_session_local_t *start = &event.u.start;
    memcpy(start->nonce, nonce, sizeof start->nonce);
    start->seed = ts_random_u64(self->options.random);
    start->office_peer = peer->office;
    start->deployment = self->identity.keys.deployment;
    start->store = ts_custody_store_id(self->custody);
    start->office = self->identity.keys.office;
    start->time_s = (uint64_t)(self->wall.ms / 1000);
    start->root_time_s = self->identity.parent_office == 0 ? start->time_s : self->root_time_s;
    start->software = self->options.software;
    start->ping_ms = self->options.ping_ms;
    if (!ts_scrub_asks(self)) { /* else all is listed, from the beginning */
        recall_mark(self, peer, start);
    }
    if (side == TS_SIDE_CHILD) {
        start->greeting_ms = ts_retry_greeting_ms(&self->uplink.retry);
    } else {
        start->refuse = comes_too_early(self, peer) ? TS_ERR_BUSY : TS_ERR_OK;
        start->refuse_after_s = NEW_CHILD_PAUSE_S;
        start->your_heads = heads;
        start->your_head_count =
            peer->office == 0 || ts_share_of(self, peer).stranger
                ? 0
                : heads_of_child(self, peer->office, heads, TS_TIPS_PER_MESSAGE_MAX);
    }
    ts_peers_step(self, peer, &event);
}

/* A later session of the same key replaces the former one: the newer is kept. Its connection
 * is cut as well: after an outage nobody is at its other end any more. */
static void
drop_older_sessions(ts_node_t *self, const ts_peer_link_t *newer)
{
    for (size_t i = self->peer_count; i > 0; i--) {
        ts_peer_link_t *peer = self->peers[i - 1];
        if (peer != newer && !peer->is_uplink && peer->machine != NULL &&
            ts_hash_equal(&peer->curve_key, &newer->curve_key)) {
            ts_session_event_t event = {.kind = TS_SESSION_LINK_DOWN};
            ts_peers_step(self, peer, &event);
            self->options.out.drop(self->options.out.ctx, peer->session, TS_ERR_AGAIN);
            ts_peers_remove(self, peer);
            i = self->peer_count + 1;
        }
    }
}

static void
answer_bye(ts_node_t *self, const ts_peer_link_t *peer, const uint8_t nonce[8])
{
    ts_sync_msg_t bye = {.kind = TS_SYNC_BYE};
    memcpy(bye.session, nonce, sizeof bye.session);
    bye.u.bye.reason = "no session";
    ts_buf_t frame = {0};
    ts_sync_encode(&bye, &frame);
    self->options.out.send(self->options.out.ctx, peer->session, ts_buf_bytes(&frame));
    ts_buf_free(&frame);
}

/* Makes sure that the frame belongs to a session that runs; begins one on HELLO. */
static bool
route(ts_node_t *self, ts_peer_link_t *peer, ts_bytes_t frame)
{
    uint8_t type;
    uint8_t nonce[8];
    if (!ts_sync_peek(frame, &type, nonce)) {
        ts_node_note(self, TS_NOTE_WARN, "not_a_frame", "office=%u", (unsigned)peer->office);
        if (!peer->is_uplink) {
            self->options.out.drop(self->options.out.ctx, peer->session, TS_ERR_PROTOCOL);
        }
        return false;
    }
    bool same = peer->machine != NULL && memcmp(nonce, peer->nonce, sizeof nonce) == 0;
    if (!peer->is_uplink && type == TS_SYNC_HELLO && !same) {
        drop_older_sessions(self, peer);
        ts_peers_start(self, peer, TS_SIDE_PARENT, nonce);
        return peer->machine != NULL;
    }
    if (!peer->is_uplink && (!same || peer->closing)) {
        if (type != TS_SYNC_BYE) {
            answer_bye(self, peer, nonce);
        }
        return false;
    }
    return same;
}

static void
note_times(ts_node_t *self, const ts_peer_link_t *peer, const ts_sync_msg_t *message)
{
    if (peer->is_uplink && message->kind == TS_SYNC_WELCOME) {
        self->parent_time_s =
            ts_holdings_is_time(message->u.greeting.time_s) ? message->u.greeting.time_s : 0;
        /* The last word counts, also an earlier time: a clock above that is put right heals here.
         */
        ts_holdings_time(self, message->u.greeting.root_time_s);
    }
}

/* The parent goes on inside a segment at another place than last time: the session before got
 * something through, though it was too short for a whole segment. */
static void
note_progress(ts_node_t *self, const ts_peer_link_t *peer, const ts_sync_msg_t *message)
{
    ts_uplink_t *uplink = &self->uplink;
    if (!peer->is_uplink || message->kind != TS_SYNC_WANT || message->u.want.offset == 0) {
        return;
    }
    uint64_t prefix = ts_hash_prefix(&message->u.want.segment);
    uint32_t offset = message->u.want.offset;
    if (prefix != uplink->resumed_prefix || offset != uplink->resumed_at) {
        uplink->progress = true;
        uplink->resumed_prefix = prefix;
        uplink->resumed_at = offset;
    }
}

void
ts_peers_message(ts_node_t *self, ts_peer_link_t *peer, ts_bytes_t frame)
{
    if (!route(self, peer, frame)) {
        return;
    }
    if (peer->decoder == NULL) {
        peer->decoder = ts_sync_decoder_new();
    }
    ts_sync_msg_t message;
    ts_err_t err = ts_sync_decode(peer->decoder, frame, &message);
    if (err != TS_ERR_OK) {
        ts_node_note(self, TS_NOTE_WARN, "frame_refused", "office=%u code=%s",
                     (unsigned)peer->office, ts_err_name(err));
        if (peer->is_uplink) {
            peer->closing = true;
            ts_uplink_ended(self, TS_ERR_PROTOCOL, 0);
        } else {
            self->options.out.drop(self->options.out.ctx, peer->session, TS_ERR_PROTOCOL);
        }
        return;
    }
    note_times(self, peer, &message);
    note_progress(self, peer, &message);
    if (message.kind == TS_SYNC_HELLO || message.kind == TS_SYNC_WELCOME) {
        ts_peers_learn_store(self, peer, &message.u.greeting.store);
    }
    ts_session_event_t event = {.kind = TS_SESSION_MESSAGE};
    event.u.message = &message;
    ts_peers_step(self, peer, &event);
}

/* ---- time and news */

void
ts_peers_timers(ts_node_t *self)
{
    for (size_t i = 0; i < self->peer_count; i++) {
        ts_peer_link_t *peer = self->peers[i];
        if (peer->machine == NULL || peer->closing || peer->timer.ms > self->now.ms) {
            continue;
        }
        if (peer->deferred_count > 0 || peer->again) {
            peer->timer.ms = INT64_MAX;
            run_deferred(self, peer);
        } else {
            ts_session_event_t event = {.kind = TS_SESSION_TIMER};
            ts_peers_step(self, peer, &event);
        }
    }
}

ts_mono_t
ts_peers_due(const ts_node_t *self)
{
    ts_mono_t due = {INT64_MAX};
    for (size_t i = 0; i < self->peer_count; i++) {
        if (self->peers[i]->machine != NULL && !self->peers[i]->closing &&
            self->peers[i]->timer.ms < due.ms) {
            due = self->peers[i]->timer;
        }
    }
    return due;
}

static void
tell_peer(ts_node_t *self, ts_peer_link_t *peer, const ts_tip_t *tips, size_t count)
{
    ts_sync_tip_t out[TS_TIPS_PER_MESSAGE_MAX];
    size_t told = 0;
    ts_share_t share = ts_share_of(self, peer);
    share.up = peer->is_uplink;
    share.down = !peer->is_uplink;
    for (size_t i = 0; i < count && told < TS_TIPS_PER_MESSAGE_MAX; i++) {
        ts_log_info_t info;
        ts_held_segment_t stored;
        ts_tip_t before;
        bool known = false;
        if (ts_scrub_before(self, &tips[i].log, &before, &known)) {
            continue; /* told when it is whole again */
        }
        if (ts_custody_log(self->custody, &tips[i].log, &info) == TS_ERR_OK &&
            ts_share_has(&share, &info) && (!share.invite || tips[i].seq == 0) &&
            ts_custody_find(self->custody, &tips[i].hash, &stored, NULL) == TS_ERR_OK) {
            out[told++] = (ts_sync_tip_t){.tip = tips[i],
                                          .bytes_ahead = stored.chain_bytes,
                                          .priority = ts_peers_priority(&info)};
        }
    }
    if (told > 0) {
        ts_session_event_t event = {.kind = TS_SESSION_TIPS};
        event.u.tips.tips = out;
        event.u.tips.count = told;
        ts_peers_step(self, peer, &event);
    }
}

void
ts_peers_tips(ts_node_t *self, const ts_tip_t *tips, size_t count, uint64_t except_serial)
{
    for (size_t i = 0; i < self->peer_count; i++) {
        self->peers[i]->digest_stale = true;
    }
    for (size_t i = 0; i < self->peer_count; i++) {
        ts_peer_link_t *peer = self->peers[i];
        if (peer->machine != NULL && !peer->closing && peer->serial != except_serial) {
            tell_peer(self, peer, tips, count);
        }
    }
}

void
ts_peers_own_again(ts_node_t *self)
{
    for (size_t i = 0; i < self->peer_count; i++) {
        ts_session_event_t event = {.kind = TS_SESSION_ENTITLED};
        self->peers[i]->digest_stale = true;
        ts_peers_step(self, self->peers[i], &event);
    }
}

void
ts_peers_entitlement_changed(ts_node_t *self)
{
    self->admit_stale = true;
    self->entitled_at = self->now;
    for (size_t i = 0; i < self->peer_count; i++) {
        ts_peer_link_t *peer = self->peers[i];
        peer->digest_stale = true;
        if (!peer->is_uplink) {
            peer->class = ts_admit_class(self, &peer->curve_key, &peer->office);
        }
        ts_session_event_t event = {.kind = TS_SESSION_ENTITLED};
        ts_peers_step(self, peer, &event);
    }
}

/* In the open transaction. */
static ts_err_t
put_held(ts_node_t *self)
{
    ts_err_t err =
        self->forget_root ? ts_custody_held_clear(self->custody, &self->root_store) : TS_ERR_OK;
    if (err == TS_ERR_OK && self->heard_again) {
        err = ts_holdings_put_again(self);
    }
    for (size_t i = 0; err == TS_ERR_OK && i < self->held_count; i++) {
        bool known;
        err = ts_custody_held_add(self->custody, &self->held[i].store, &self->held[i].tip, &known);
        if (err == TS_ERR_OK && !known) {
            err = ts_holdings_put_missed(self, &self->held[i].tip);
        }
        if (err == TS_ERR_OK) {
            err = ts_keepers_held(self, &self->held[i].store, &self->held[i].tip);
        }
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_state_put(self->custody, "parent_store",
                                   (ts_bytes_t){self->parent_store.b, sizeof self->parent_store.b});
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_state_put(self->custody, "root_store",
                                   (ts_bytes_t){self->root_store.b, sizeof self->root_store.b});
    }
    return err == TS_ERR_OK ? ts_custody_number_put(self->custody, "root_time_s", self->root_time_s)
                            : err;
}

ts_err_t
ts_peers_flush_held(ts_node_t *self)
{
    self->held_at.ms = INT64_MAX;
    if (self->held_count == 0 && !self->forget_root) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_custody_begin(self->custody, "held");
    if (err == TS_ERR_OK) {
        err = put_held(self);
        if (err == TS_ERR_OK) {
            err = ts_custody_commit(self->custody);
        } else {
            ts_custody_rollback(self->custody);
        }
    }
    if (err != TS_ERR_OK) {
        self->held_at.ms = self->now.ms + HELD_AGAIN_MS; /* they are kept for another try */
        return err;
    }
    self->held_count = 0;
    self->forget_root = false;
    self->heard_again = false;
    return TS_ERR_OK;
}
