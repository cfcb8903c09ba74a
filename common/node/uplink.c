/* SPDX-License-Identifier: MPL-2.0 */
/* Reaching the parent: when to connect, with which key, what to do when a connection or session
 * ends (core/retry.h). */
#include "base/limits.h"
#include "core/kind.h"
#include "node/node_p.h"

#include <string.h>

#define ENDPOINT_BYTES 256
/* After so many refusals of our own key in a row the one-time key is tried once: a parent that was
 * restored from a backup may have forgotten that we joined. Where that does not help either, twice
 * as many pass before the next time, up to the second number. */
#define REFUSALS_FIRST 2u
#define REFUSALS_MAX 256u
/* After so many attempts in a row that did not reach the parent, and then every so many, the office
 * above it is asked: it knows when the parent was replaced. */
#define UNREACHED_MAX 6u
#define ADMITTED "admitted" /* state: the parent has custody of our geneses */

/* The n-th word of the endpoint list; falls back to the first. False when there is none. */
static bool
endpoint_at(const char *list, size_t index, char *out)
{
    const char *at = list;
    for (size_t i = 0;; i++) {
        at += strspn(at, " ");
        size_t length = strcspn(at, " ");
        if (length == 0) {
            return i > 0 && index > 0 ? endpoint_at(list, index % i, out) : false;
        }
        if (i == index && length < ENDPOINT_BYTES) {
            memcpy(out, at, length);
            out[length] = '\0';
            return true;
        }
        at += length;
    }
}

typedef struct target {
    const char *endpoints;
    ts_hash_t key;
    uint32_t office; /* 0 = not known */
} target_t;

/* Whose gate has this key? */
static uint32_t
office_behind(const ts_catalog_t *catalog, const ts_hash_t *gate_key)
{
    size_t position = 0;
    const ts_office_t *row;
    while ((row = ts_catalog_next(catalog, TS_KIND_OFFICE, &position)) != NULL) {
        if (ts_hash_equal(&row->gate_curve_key, gate_key)) {
            return row->number;
        }
    }
    return 0;
}

/* Where to connect: as the configuration says, else as the registry, else as the invite. */
static target_t
find_target(const ts_node_t *self)
{
    const ts_identity_t *identity = &self->identity;
    const ts_catalog_t *catalog = ts_node_catalog(self);
    const ts_office_t *parent = ts_catalog_office(catalog, ts_node_parent(self));
    target_t target = {identity->parent_endpoints, identity->parent_gate_key,
                       identity->parent_office};
    if (parent != NULL && parent->endpoints[0] != '\0' &&
        !ts_hash_is_zero(&parent->gate_curve_key)) {
        target = (target_t){parent->endpoints, parent->gate_curve_key, parent->number};
    }
    if (self->parent_endpoints != NULL) {
        target.endpoints = self->parent_endpoints;
    }
    if (!ts_hash_is_zero(&self->options.parent_key)) {
        target.key = self->options.parent_key;
        target.office = office_behind(catalog, &target.key);
    }
    return target;
}

/* The office above the parent, as the registry knows it. False: none that could be reached. */
static bool
find_above(const ts_node_t *self, target_t *ret_target)
{
    const ts_catalog_t *catalog = ts_node_catalog(self);
    const ts_office_t *parent = ts_catalog_office(catalog, ts_node_parent(self));
    const ts_office_t *above =
        parent == NULL ? NULL : ts_catalog_office(catalog, parent->parent_number);
    if (above == NULL || above->endpoints[0] == '\0' || ts_hash_is_zero(&above->gate_curve_key)) {
        return false;
    }
    *ret_target = (target_t){above->endpoints, above->gate_curve_key, above->number};
    return true;
}

static bool
is_admitted(ts_node_t *self)
{
    uint64_t admitted = 0;
    return ts_custody_number_get(self->custody, ADMITTED, &admitted) == TS_ERR_OK && admitted == 1;
}

static void
remember_admitted(ts_node_t *self)
{
    ts_err_t err = ts_custody_begin(self->custody, "admitted");
    if (err == TS_ERR_OK) {
        err = ts_custody_number_put(self->custody, ADMITTED, 1);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_commit(self->custody);
    } else {
        ts_custody_rollback(self->custody);
    }
    if (err != TS_ERR_OK) {
        (void)ts_node_fail(self, err, ts_custody_detail(self->custody));
    }
}

/* Everything that we have is sealed before a session, so that one session carries it. */
static void
connect_now(ts_node_t *self)
{
    char endpoint[ENDPOINT_BYTES];
    ts_uplink_t *uplink = &self->uplink;
    target_t target = find_target(self);
    bool knows = is_admitted(self);
    uplink->detour = knows && uplink->unreached >= UNREACHED_MAX &&
                     uplink->unreached % UNREACHED_MAX == 0 && find_above(self, &target);
    if (!endpoint_at(target.endpoints, uplink->endpoint, endpoint)) {
        uplink->retry.at.ms = INT64_MAX; /* no parent is known */
        return;
    }
    uplink->office = target.office;
    uplink->parent = ts_node_parent(self);
    uplink->patience = uplink->patience == 0 ? REFUSALS_FIRST : uplink->patience;
    bool forgotten = knows && !uplink->detour && uplink->refusals >= uplink->patience;
    if (forgotten) {
        uplink->refusals = 0;
        uplink->patience = uplink->patience >= REFUSALS_MAX ? REFUSALS_MAX : 2 * uplink->patience;
    }
    uplink->as_invite = !knows || forgotten;
    uplink->invite_taken = false;
    uplink->progress = false;
    ts_node_uplink_t open = {.endpoint = endpoint, .server_key = target.key};
    open.curve_public =
        uplink->as_invite ? self->identity.invite_curve_public : self->identity.keys.curve_public;
    open.curve_secret =
        uplink->as_invite ? self->identity.invite_curve_secret : self->identity.keys.curve_secret;
    open.stagger_ms = ts_retry_stagger_ms(&uplink->retry, self->now);
    uplink->state = TS_UPLINK_CONNECTING;
    uplink->tcp_stands = false;
    uplink->give_up_at.ms = self->now.ms + ts_retry_connect_ms(&uplink->retry, self->now);
    self->options.out.uplink_open(self->options.out.ctx, &open);
    ts_box_secret_wipe(&open.curve_secret);
}

/* What the parent acknowledged in this session decides whether it was a good one. True when it was,
 * or at least the parent was reached. */
static bool
judge_session(ts_node_t *self, ts_err_t code)
{
    ts_peer_link_t *peer = ts_peers_find(self, TS_NODE_UPLINK);
    ts_session_status_t status = {0};
    if (peer != NULL && peer->machine != NULL) {
        ts_session_status(peer->machine, &status);
        ts_retry_greeted(&self->uplink.retry, status.greeted);
    }
    bool moved = status.custody_seen || self->uplink.progress;
    if (moved || (status.in_step && !self->uplink.detour)) {
        ts_retry_succeeded(&self->uplink.retry, self->now);
        return true;
    }
    if (status.in_step) {
        return true; /* that the office above has the same brings nobody nearer to the parent */
    }
    if (status.greeted && code == TS_ERR_AGAIN) {
        ts_retry_broken(&self->uplink.retry, self->now);
        return true;
    }
    return false;
}

/* As one that was forgotten the office came in with its one-time key: whether that helped shows
 * at the next attempt with its own, which is not hurried. */
static bool
was_forgotten(ts_node_t *self)
{
    return self->uplink.as_invite && is_admitted(self);
}

void
ts_uplink_ended(ts_node_t *self, ts_err_t code, uint32_t retry_after_ms)
{
    ts_uplink_t *uplink = &self->uplink;
    bool forgotten = was_forgotten(self);
    bool reached = !forgotten && judge_session(self, code);
    uplink->unreached = reached ? 0 : uplink->unreached + 1;
    if (reached && !uplink->detour) {
        uplink->refusals = 0;
        uplink->patience = REFUSALS_FIRST;
    }
    if (uplink->state != TS_UPLINK_IDLE) {
        self->options.out.uplink_close(self->options.out.ctx);
    }
    uplink->state = TS_UPLINK_IDLE;
    uplink->last_end = code;
    uplink->ended_at = self->now;
    uplink->endpoint += reached ? 0 : 1;
    bool was_invite = uplink->as_invite;
    if (was_invite && !forgotten && uplink->invite_taken && code == TS_ERR_OK) {
        remember_admitted(self);
        ts_retry_link_up(&uplink->retry, self->now); /* at once with our own key */
    } else if (uplink->detour && ts_node_parent(self) != uplink->parent) {
        ts_retry_link_up(&uplink->retry, self->now); /* it was replaced: to the new one */
    } else if (uplink->drain && !uplink->detour && !forgotten && code == TS_ERR_OK) {
        uplink->drained = true;
        uplink->retry.at.ms = INT64_MAX;
    } else if (code == TS_ERR_OK && self->options.sync_interval_ms != 0) {
        uplink->retry.at.ms = self->now.ms + self->options.sync_interval_ms;
    } else {
        (void)ts_retry_failed(&uplink->retry, self->now, retry_after_ms);
    }
    ts_peer_link_t *peer = ts_peers_find(self, TS_NODE_UPLINK);
    if (peer != NULL) {
        peer->closing = true;
    }
}

void
ts_node_uplink_connected(ts_node_t *self)
{
    if (self->uplink.state == TS_UPLINK_CONNECTING) {
        self->uplink.tcp_stands = true;
        self->uplink.give_up_at.ms =
            self->now.ms + ts_retry_connect_ms(&self->uplink.retry, self->now);
    }
}

void
ts_node_uplink_ready(ts_node_t *self)
{
    if (self->uplink.state != TS_UPLINK_CONNECTING) {
        return;
    }
    self->uplink.state = TS_UPLINK_UP;
    ts_err_t err = self->uplink.as_invite ? TS_ERR_OK : ts_logs_seal_all(self);
    if (err != TS_ERR_OK && err != TS_ERR_FULL) {
        (void)ts_node_fail(self, err, ts_custody_detail(self->custody));
        return;
    }
    ts_peer_link_t *peer = ts_peers_add(self, TS_NODE_UPLINK, true);
    peer->office = self->uplink.office;
    uint8_t nonce[8];
    ts_random_bytes(self->options.random, nonce, sizeof nonce);
    ts_peers_start(self, peer, TS_SIDE_CHILD, nonce);
    if (self->uplink.as_invite || self->uplink.drain || self->uplink.detour) {
        ts_session_event_t event = {.kind = TS_SESSION_DRAIN};
        ts_peers_step(self, peer, &event);
    }
}

void
ts_node_uplink_refused(ts_node_t *self)
{
    if (self->uplink.state == TS_UPLINK_CONNECTING) {
        ts_node_note(self, TS_NOTE_WARN, "uplink_refused", "as=%s",
                     self->uplink.as_invite ? "invite" : "office");
        self->uplink.refusals += self->uplink.as_invite || self->uplink.detour ? 0 : 1;
        ts_uplink_ended(self, TS_ERR_KEY, 0);
    }
}

void
ts_node_link_up(ts_node_t *self)
{
    if (self->identity.parent_office == 0) {
        return;
    }
    /* A connection that was begun over a dead link waits for TCP's doubling pauses: a fresh one is
     * sooner there. */
    if (self->uplink.state == TS_UPLINK_CONNECTING && !self->uplink.tcp_stands) {
        ts_uplink_ended(self, TS_ERR_AGAIN, 0);
    }
    if (self->uplink.state == TS_UPLINK_IDLE) {
        self->uplink.drained = false;
        ts_retry_link_up(&self->uplink.retry, self->now);
    }
}

void
ts_node_drain(ts_node_t *self)
{
    self->uplink.drain = true;
    self->uplink.drained = self->identity.parent_office == 0;
    ts_peer_link_t *peer = ts_peers_find(self, TS_NODE_UPLINK);
    if (peer != NULL) {
        ts_session_event_t event = {.kind = TS_SESSION_DRAIN};
        ts_peers_step(self, peer, &event);
    }
}

bool
ts_node_drained(const ts_node_t *self)
{
    return self->uplink.drained;
}

/* The registry gave us another parent: what goes on with the former one ends. */
static void
leave_former_parent(ts_node_t *self, ts_peer_link_t *peer)
{
    uint32_t parent = ts_node_parent(self);
    if (self->uplink.detour || self->uplink.state != TS_UPLINK_UP || peer == NULL ||
        peer->closing || peer->office == 0 || peer->office == parent ||
        find_target(self).office != parent) {
        return;
    }
    ts_node_note(self, TS_NOTE_INFO, "parent_changed", "from=%u to=%u", (unsigned)peer->office,
                 (unsigned)parent);
    ts_session_event_t event = {.kind = TS_SESSION_QUIT};
    ts_peers_step(self, peer, &event);
    if (self->uplink.state != TS_UPLINK_IDLE) {
        ts_uplink_ended(self, TS_ERR_OK, 0);
    }
    self->uplink.endpoint = 0;
    self->parent_store = (ts_id16_t){{0}}; /* told in its greeting */
    ts_retry_link_up(&self->uplink.retry, self->now);
}

void
ts_uplink_turn(ts_node_t *self)
{
    ts_uplink_t *uplink = &self->uplink;
    if (self->identity.parent_office == 0) {
        return;
    }
    int64_t day = self->wall.ms / TS_DAY_MS;
    if (day != uplink->day) {
        uplink->day = day;
        uplink->sent_today = 0;
    }
    ts_peer_link_t *peer = ts_peers_find(self, TS_NODE_UPLINK);
    leave_former_parent(self, peer);
    if (peer != NULL && peer->closing && !peer->running) {
        ts_peers_remove(self, peer);
    }
    if (uplink->state == TS_UPLINK_CONNECTING && self->now.ms >= uplink->give_up_at.ms) {
        ts_uplink_ended(self, TS_ERR_AGAIN, 0);
    } else if (uplink->state == TS_UPLINK_IDLE && !uplink->drained &&
               ts_retry_due(&uplink->retry, self->now)) {
        connect_now(self);
    }
}

ts_mono_t
ts_uplink_due(const ts_node_t *self)
{
    const ts_uplink_t *uplink = &self->uplink;
    if (self->identity.parent_office == 0) {
        return (ts_mono_t){INT64_MAX};
    }
    if (uplink->state == TS_UPLINK_CONNECTING) {
        return uplink->give_up_at;
    }
    return uplink->state == TS_UPLINK_IDLE && !uplink->drained ? uplink->retry.at
                                                               : (ts_mono_t){INT64_MAX};
}
