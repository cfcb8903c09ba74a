/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The side of the peers. Order matters in one place: link events are drained before frames, so that
 * a connection's end is known before a descriptor that was used again can be mistaken for it (a new
 * connection cannot send a frame before this thread has answered its ZAP request).
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "gate/gate_p.h"
#include "shared/log.h"

#include <inttypes.h>

enum { FRAMES_PER_CALL = 32 };

static const char *
key_text(const ts_hash_t *key, char out[TS_CURVE_TEXT_BYTES])
{
    ts_curve_key_format(key, out);
    return out;
}

static bool
cut_fd(const ts_door_t *door, int fd)
{
    return fd >= 0 && ts_socket_cut(door->socket, fd) == TS_ERR_OK;
}

/* ---- the end of a session ---- */

/* What was on its way no longer counts: the session is not going to be confirmed. */
static void
release_budget(ts_gate_t *self, ts_session_t *session)
{
    const uint64_t left = session->sent - session->confirmed;
    TS_CHECK(left <= self->unconfirmed);
    self->unconfirmed -= left;
    session->confirmed = session->sent;
}

static void
cut_session(ts_gate_t *self, ts_session_t *session)
{
    if (cut_fd(&self->doors[session->door], session->fd)) {
        session->state = TS_SESSION_CUT;
        session->end_ms = ts_loop_now(self->loop).ms + TS_GATE_FORGET_MS;
    } else {
        ts_sessions_remove(self->sessions, &session);
    }
}

void
ts_gate_end_session(ts_gate_t *self,
                    ts_session_t *session,
                    ts_gate_reason_t reason,
                    ts_ending_t ending)
{
    if (session->state == TS_SESSION_OPEN) {
        char key[TS_CURVE_TEXT_BYTES];
        ts_log_info("session_close", "session=%016" PRIx64 " reason=%s key=%s", session->number,
                    ts_gate_reason_str(reason), key_text(&session->key, key));
        ts_gate_msg_t msg = {.type = TS_GATE_CLOSED, .session = session->number, .reason = reason};
        ts_gate_tell_node(self, &msg);
        release_budget(self, session);
    }
    switch (ending) {
    case TS_ENDING_GONE:
        ts_sessions_remove(self->sessions, &session);
        break;
    case TS_ENDING_CUT:
        if (session->state != TS_SESSION_CUT) {
            cut_session(self, session);
        }
        break;
    case TS_ENDING_GRACE:
        if (session->state == TS_SESSION_OPEN) {
            session->state = TS_SESSION_ENDING;
            session->end_ms = ts_loop_now(self->loop).ms + TS_GATE_GRACE_MS;
        }
        break;
    }
    ts_gate_update_doors(self);
}

static void
review_subscribers(ts_gate_t *self, ts_mono_t now)
{
    ts_door_t *bell = &self->doors[TS_DOOR_BELL];
    if (bell->socket == NULL) {
        return;
    }
    size_t position = 0;
    void *value;
    for (const int *fd; (fd = ts_map_next(bell->fd_keys, &position, &value)) != NULL;) {
        if (ts_zap_class(self->zap, TS_ZAP_FEED, value, now) == TS_ZAP_NONE) {
            cut_fd(bell, *fd);
        }
    }
}

void
ts_gate_review_sessions(ts_gate_t *self, ts_gate_reason_t reason, ts_ending_t ending)
{
    const ts_mono_t now = ts_loop_now(self->loop);
    size_t position = 0;
    for (ts_session_t *session; (session = ts_sessions_next(self->sessions, &position)) != NULL;) {
        const ts_zap_domain_t domain = self->doors[session->door].domain;
        if (session->state == TS_SESSION_OPEN &&
            ts_zap_class(self->zap, domain, &session->key, now) == TS_ZAP_NONE) {
            ts_gate_end_session(self, session, reason, ending);
        }
    }
    review_subscribers(self, now);
}

/* Bans the key and cuts whatever it has open. */
static void
punish(ts_door_t *door, const ts_hash_t *key, int64_t ban_ms, ts_gate_reason_t reason)
{
    ts_gate_t *self = door->gate;
    char text[TS_CURVE_TEXT_BYTES];
    ts_log_warning("peer_banned", "reason=%s seconds=%" PRId64 " key=%s",
                   ts_gate_reason_str(reason), ban_ms / 1000, key_text(key, text));
    self->stats.floods++;
    ts_zap_ban(self->zap, key, (ts_mono_t){ts_loop_now(self->loop).ms + ban_ms});
    ts_gate_review_sessions(self, reason, TS_ENDING_CUT);
}

/* ---- frames ---- */

/* NULL when there is no room for one more, or the connection is gone already. */
static ts_session_t *
open_session(ts_door_t *door, const ts_frame_t *frame, ts_zap_class_t klass)
{
    ts_gate_t *self = door->gate;
    if (!ts_watch_is_open(door->watch, frame->fd)) {
        return NULL;
    }
    ts_session_t *oldest =
        ts_sessions_oldest_of(self->sessions, &frame->key, TS_SESSIONS_PER_KEY_MAX);
    if (oldest != NULL) {
        ts_gate_end_session(self, oldest, TS_GATE_REASON_CROWDED, TS_ENDING_CUT);
    }
    char key[TS_CURVE_TEXT_BYTES];
    key_text(&frame->key, key);
    if (ts_sessions_count(self->sessions) >= self->sessions_max) {
        ts_log_warning("session_refused", "reason=crowded sessions=%zu key=%s", self->sessions_max,
                       key);
        cut_fd(door, frame->fd);
        return NULL;
    }
    ts_arrivals_spoke(self->arrivals, &frame->key);
    ts_session_t *session = ts_sessions_add(self->sessions, door->index, frame->route, &frame->key);
    session->klass = klass;
    session->fd = frame->fd;
    self->stats.sessions_opened++;
    ts_log_info("session_open", "session=%016" PRIx64 " class=%d key=%s", session->number,
                (int)klass, key);
    ts_gate_msg_t msg = {
        .type = TS_GATE_OPEN, .session = session->number, .key = frame->key, .klass = klass};
    ts_gate_tell_node(self, &msg);
    return session;
}

static void
forward(ts_door_t *door, ts_session_t *session, ts_bytes_t body)
{
    ts_gate_t *self = door->gate;
    const uint64_t cost = ts_gate_cost(body.length);
    if (session->sent - session->confirmed + cost > TS_GATE_SESSION_BYTES_MAX) {
        punish(door, &session->key, TS_GATE_BAN_FLOOD_MS, TS_GATE_REASON_FLOOD);
        return;
    }
    session->active_ms = ts_loop_now(self->loop).ms;
    session->sent += cost;
    self->unconfirmed += cost;
    self->stats.frames_in++;
    self->stats.bytes_in += body.length;
    ts_gate_msg_t msg = {.type = TS_GATE_DATA, .session = session->number, .body = body};
    ts_gate_tell_node(self, &msg);
    ts_gate_update_doors(self);
}

/* The session of this frame, opened when it is the first; NULL when the frame is to be ignored.
 * Authority is the key of the frame, judged against the table of this moment. */
static ts_session_t *
session_of(ts_door_t *door, const ts_frame_t *frame)
{
    ts_gate_t *self = door->gate;
    ts_session_t *session = ts_sessions_by_route(self->sessions, door->index, frame->route);
    if (session != NULL && !ts_hash_equal(&session->key, &frame->key)) {
        ts_log_warning("route_taken_over", "session=%016" PRIx64, session->number);
        ts_gate_end_session(self, session, TS_GATE_REASON_NEW_KEY, TS_ENDING_GONE);
        session = NULL;
    }
    if (session != NULL && session->state != TS_SESSION_OPEN) {
        return NULL;
    }
    const ts_zap_class_t klass =
        ts_zap_class(self->zap, door->domain, &frame->key, ts_loop_now(self->loop));
    if (klass == TS_ZAP_NONE) {
        if (session != NULL) {
            ts_gate_end_session(self, session, TS_GATE_REASON_REVOKED, TS_ENDING_GRACE);
        } else {
            cut_fd(door, frame->fd);
        }
        return NULL;
    }
    return session != NULL ? session : open_session(door, frame, klass);
}

static void
take_frame(ts_door_t *door, const ts_frame_t *frame, bool is_whole)
{
    ts_gate_t *self = door->gate;
    ts_watch_taken(door->watch, frame->fd, frame->body.length, frame->parts);
    if (!frame->has_key) {
        /* Cannot be with CURVE and our handler; should it ever, such a frame has no sender. */
        self->stats.frames_ignored++;
        cut_fd(door, frame->fd);
        return;
    }
    if (!is_whole) {
        self->stats.frames_ignored++;
        if (!ts_zap_is_banned(self->zap, &frame->key, ts_loop_now(self->loop))) {
            punish(door, &frame->key, TS_GATE_BAN_MULTIPART_MS, TS_GATE_REASON_MULTIPART);
        }
        cut_fd(door, frame->fd);
        return;
    }
    ts_session_t *session = self->is_node_here ? session_of(door, frame) : NULL;
    if (session == NULL) {
        self->stats.frames_ignored++;
        return;
    }
    forward(door, session, frame->body);
}

void
ts_gate_read_door(void *context)
{
    ts_door_t *door = context;
    ts_gate_t *self = door->gate;
    ts_gate_read_door_events(door);
    for (int i = 0; i < FRAMES_PER_CALL && !self->is_paused; i++) {
        const ts_err_t err = ts_socket_recv(door->socket, &self->frame);
        if (err == TS_ERR_AGAIN) {
            break;
        }
        take_frame(door, &self->frame, err == TS_ERR_OK);
    }
    ts_frame_close(&self->frame);
}

/* Spares of offices on long lines wait here in silence, and whoever has not come further than TCP.
 * One office more or a stranger must not use up the descriptors: beyond as many as there may be
 * sessions the oldest goes; an office makes its spare anew. */
static void
make_room(ts_door_t *door)
{
    if (ts_watch_mute(door->watch) > door->gate->sessions_max) {
        cut_fd(door, ts_watch_oldest_mute(door->watch));
    }
}

void
ts_gate_read_door_events(void *context)
{
    ts_door_t *door = context;
    ts_gate_t *self = door->gate;
    ts_link_event_t event;
    while (ts_socket_next_event(door->socket, &event) == TS_ERR_OK) {
        if (event.change == TS_LINK_ACCEPTED && event.fd >= 0) {
            ts_watch_opened(door->watch, event.fd, ts_loop_now(self->loop));
            make_room(door);
        } else if (event.change == TS_LINK_DOWN && event.fd >= 0) {
            ts_watch_closed(door->watch, event.fd);
            ts_session_t *session = ts_sessions_by_fd(self->sessions, door->index, event.fd);
            if (session != NULL) {
                ts_gate_end_session(self, session, TS_GATE_REASON_PEER_LEFT, TS_ENDING_GONE);
            }
            if (door->fd_keys != NULL) {
                ts_map_remove(door->fd_keys, &event.fd);
            }
        }
    }
}

/* A doorbell receives subscriptions only; they tell whose connection it is. */
void
ts_gate_read_bell(void *context)
{
    ts_door_t *door = context;
    ts_gate_t *self = door->gate;
    ts_gate_read_door_events(door);
    for (int i = 0; i < FRAMES_PER_CALL; i++) {
        const ts_err_t err = ts_socket_recv(door->socket, &self->frame);
        if (err == TS_ERR_AGAIN) {
            break;
        }
        ts_watch_taken(door->watch, self->frame.fd, self->frame.body.length, self->frame.parts);
        if (self->frame.has_key && ts_watch_is_open(door->watch, self->frame.fd)) {
            if (ts_map_get(door->fd_keys, &self->frame.fd) == NULL) {
                ts_arrivals_spoke(self->arrivals, &self->frame.key);
            }
            ts_hash_t *key = ts_map_put(door->fd_keys, &self->frame.fd);
            *key = self->frame.key;
        }
    }
    ts_frame_close(&self->frame);
}

/* ---- timers ---- */

static void
sweep_session(ts_gate_t *self, ts_session_t *session, ts_mono_t now)
{
    switch (session->state) {
    case TS_SESSION_OPEN:
        if (now.ms - session->active_ms >= TS_GATE_IDLE_MS) {
            ts_gate_end_session(self, session, TS_GATE_REASON_IDLE, TS_ENDING_CUT);
        }
        break;
    case TS_SESSION_ENDING:
        if (now.ms >= session->end_ms) {
            cut_session(self, session);
        }
        break;
    case TS_SESSION_STALE:
        /* Waits for a node. */
        break;
    case TS_SESSION_CUT:
        if (now.ms >= session->end_ms) {
            ts_sessions_remove(self->sessions, &session);
        }
        break;
    }
}

/* What traffic has taken goes back to the system when it has passed: the C library keeps it. */
static void
trim(ts_gate_t *self)
{
    const uint64_t bytes = self->stats.bytes_in + self->stats.bytes_out;
    if (bytes - self->trimmed_bytes >= TS_GATE_TRIM_BYTES && self->unconfirmed == 0) {
        self->trimmed_bytes = bytes;
        ts_xtrim();
    }
}

void
ts_gate_sweep(void *context, ts_mono_t now)
{
    ts_gate_t *self = context;
    size_t position = 0;
    for (ts_session_t *session; (session = ts_sessions_next(self->sessions, &position)) != NULL;) {
        sweep_session(self, session, now);
    }
    trim(self);
    self->sweep_timer = ts_loop_after(self->loop, TS_GATE_SWEEP_MS, ts_gate_sweep, self);
}

/* The key of a connection without a session: a subscriber's is known, another's may be guessed. */
static bool
find_silent_key(const ts_door_t *door, int fd, ts_hash_t *ret_key)
{
    const ts_hash_t *known = door->fd_keys == NULL ? NULL : ts_map_get(door->fd_keys, &fd);
    if (known != NULL) {
        *ret_key = *known;
        return true;
    }
    char address[TS_ARRIVALS_ADDRESS_BYTES];
    ts_socket_peer_address(door->socket, fd, address, sizeof address);
    return ts_arrivals_suspect(door->gate->arrivals, address, ts_watch_since(door->watch, fd),
                               ret_key);
}

static void
cut_over(ts_gate_t *self, ts_door_t *door, int fd)
{
    ts_session_t *session = ts_sessions_by_fd(self->sessions, door->index, fd);
    ts_log_warning("peer_cut", "reason=unread session=%016" PRIx64,
                   session == NULL ? 0 : session->number);
    ts_hash_t key;
    if (session != NULL) {
        key = session->key;
        punish(door, &key, TS_GATE_BAN_FLOOD_MS, TS_GATE_REASON_FLOOD);
    } else if (find_silent_key(door, fd, &key)) {
        /* Its first message already had no end: only a message of many frames is that long. */
        punish(door, &key, TS_GATE_BAN_MULTIPART_MS, TS_GATE_REASON_MULTIPART);
    } else {
        self->stats.floods++;
    }
    cut_fd(door, fd);
}

static void
watch_door(ts_gate_t *self, ts_door_t *door)
{
    for (int fd = 0; (fd = ts_watch_next(door->watch, fd)) >= 0; fd++) {
        uint64_t received;
        if (ts_socket_received(door->socket, fd, &received)) {
            ts_watch_received(door->watch, fd, received);
        }
    }
    for (int fd = 0; (fd = ts_watch_next(door->watch, fd)) >= 0; fd++) {
        if (ts_watch_is_over(door->watch, fd)) {
            cut_over(self, door, fd);
        }
    }
}

void
ts_gate_watch_doors(void *context, ts_mono_t now)
{
    (void)now;
    ts_gate_t *self = context;
    for (unsigned i = 0; i < TS_DOORS; i++) {
        if (self->doors[i].socket != NULL) {
            watch_door(self, &self->doors[i]);
        }
    }
    self->watch_timer = ts_loop_after(self->loop, TS_GATE_WATCH_MS, ts_gate_watch_doors, self);
}
