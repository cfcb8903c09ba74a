/* SPDX-License-Identifier: MPL-2.0 */
/* The side of the node: the link, and one function for each message that a node may send. */
#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "gate/gate_p.h"
#include "shared/log.h"

#include <inttypes.h>
#include <string.h>

enum { FRAMES_PER_CALL = 64 };

/* ---- towards the node ---- */

void
ts_gate_update_doors(ts_gate_t *self)
{
    const bool is_full = self->pending.length > 0 || self->unconfirmed >= TS_CREDIT_BYTES_TOTAL;
    if (is_full == self->is_paused) {
        return;
    }
    self->is_paused = is_full;
    for (unsigned i = 0; i <= TS_DOOR_PAGES; i++) {
        if (self->doors[i].socket != NULL) {
            (is_full ? ts_loop_pause : ts_loop_resume)(self->loop, self->doors[i].reader);
        }
    }
}

static void
retry_pending(void *context, ts_mono_t now)
{
    (void)now;
    ts_gate_t *self = context;
    self->retry_timer = 0;
    while (self->pending_at < self->pending.length) {
        uint32_t bytes;
        const uint8_t *at = self->pending.data + self->pending_at;
        memcpy(&bytes, at, sizeof bytes);
        if (ts_socket_send(self->link, at + sizeof bytes, bytes) != TS_ERR_OK) {
            self->retry_timer = ts_loop_after(self->loop, TS_GATE_RETRY_MS, retry_pending, self);
            return;
        }
        self->pending_at += sizeof bytes + bytes;
    }
    ts_buf_clear(&self->pending);
    self->pending_at = 0;
    ts_gate_update_doors(self);
}

void
ts_gate_tell_node(ts_gate_t *self, const ts_gate_msg_t *msg)
{
    if (!self->is_link_up) {
        return;
    }
    ts_buf_clear(&self->out);
    ts_gate_encode(msg, &self->out);
    if (self->pending.length == 0 &&
        ts_socket_send(self->link, self->out.data, self->out.length) == TS_ERR_OK) {
        return;
    }
    /* Kept in order. The doors stand still meanwhile, so that only ends of sessions can follow. */
    const uint32_t bytes = (uint32_t)self->out.length;
    ts_buf_put(&self->pending, &bytes, sizeof bytes);
    ts_buf_put(&self->pending, self->out.data, self->out.length);
    if (self->retry_timer == 0) {
        self->retry_timer = ts_loop_after(self->loop, TS_GATE_RETRY_MS, retry_pending, self);
    }
    ts_gate_update_doors(self);
}

/* ---- messages of the node ---- */

/* Sessions of the time before are unknown to this node: their peers begin anew. */
static void
take_hello(ts_gate_t *self, const ts_gate_msg_t *msg)
{
    if (msg->version != TS_GATE_LINK_VERSION) {
        ts_log_error("node_version", "ours=%d theirs=%u", TS_GATE_LINK_VERSION,
                     (unsigned)msg->version);
        return;
    }
    ts_log_info("node_here", "nonce=%016" PRIx64, msg->nonce);
    self->is_node_here = true;
    self->node_nonce = msg->nonce;
    size_t position = 0;
    for (ts_session_t *session; (session = ts_sessions_next(self->sessions, &position)) != NULL;) {
        if (session->state == TS_SESSION_STALE) {
            ts_gate_end_session(self, session, TS_GATE_REASON_LINK, TS_ENDING_CUT);
        }
    }
}

static void
take_admit(ts_gate_t *self, const ts_gate_msg_t *msg)
{
    const size_t count = msg->body.length / TS_GATE_ADMIT_ROW_BYTES;
    ts_zap_entry_t *entries = ts_xcalloc(count, sizeof *entries);
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
        err = ts_gate_admit_row_get(msg->body, i, &entries[i]);
    }
    if (err == TS_ERR_OK) {
        err = ts_zap_admit(self->zap, entries, count);
    }
    ts_xfree(entries);
    if (err != TS_ERR_OK) {
        ts_log_error("table_refused", "version=%" PRIu64 " error=%s", msg->number,
                     ts_err_name(err));
        return;
    }
    ts_log_info("table", "version=%" PRIu64 " keys=%zu", msg->number, count);
    ts_gate_msg_t answer = {.type = TS_GATE_ADMITTED, .number = msg->number};
    ts_gate_tell_node(self, &answer);
    ts_gate_review_sessions(self, TS_GATE_REASON_REVOKED, TS_ENDING_GRACE);
}

static void
take_send(ts_gate_t *self, const ts_gate_msg_t *msg)
{
    ts_session_t *session = ts_sessions_find(self->sessions, msg->session);
    if (session == NULL || session->state != TS_SESSION_OPEN) {
        return;
    }
    const ts_err_t err = ts_socket_send_to(self->doors[session->door].socket, session->route,
                                           msg->body.data, msg->body.length);
    if (err == TS_ERR_OK) {
        session->active_ms = ts_loop_now(self->loop).ms;
        self->stats.frames_out++;
        self->stats.bytes_out += msg->body.length;
        return;
    }
    self->stats.sends_failed++;
    if (err == TS_ERR_NOTFOUND) {
        ts_gate_end_session(self, session, TS_GATE_REASON_UNREACHABLE, TS_ENDING_CUT);
    } else {
        ts_gate_end_session(self, session, TS_GATE_REASON_SLOW, TS_ENDING_CUT);
    }
}

static void
take_drop(ts_gate_t *self, const ts_gate_msg_t *msg)
{
    ts_session_t *session = ts_sessions_find(self->sessions, msg->session);
    if (session != NULL) {
        ts_gate_end_session(self, session, msg->reason, TS_ENDING_GRACE);
    }
}

static void
take_ack(ts_gate_t *self, const ts_gate_msg_t *msg)
{
    ts_session_t *session = ts_sessions_find(self->sessions, msg->session);
    if (session == NULL || session->state != TS_SESSION_OPEN || msg->number <= session->confirmed) {
        return;
    }
    if (msg->number > session->sent) {
        ts_log_error("node_fault", "what=ack_beyond_sent session=%016" PRIx64, msg->session);
        return;
    }
    self->unconfirmed -= msg->number - session->confirmed;
    session->confirmed = msg->number;
    ts_gate_update_doors(self);
}

static void
take_ban(ts_gate_t *self, const ts_gate_msg_t *msg)
{
    const int64_t seconds = msg->number > UINT32_MAX ? UINT32_MAX : (int64_t)msg->number;
    ts_zap_ban(self->zap, &msg->key, (ts_mono_t){ts_loop_now(self->loop).ms + seconds * 1000});
    ts_gate_review_sessions(self, TS_GATE_REASON_NODE, TS_ENDING_CUT);
}

static void
take_stats_ask(ts_gate_t *self, const ts_gate_msg_t *msg)
{
    (void)msg;
    ts_gate_msg_t answer = {.type = TS_GATE_STATS, .stats = ts_gate_stats(self)};
    ts_gate_tell_node(self, &answer);
}

static void
take_publish(ts_gate_t *self, const ts_gate_msg_t *msg)
{
    ts_socket_t *bell = self->doors[TS_DOOR_BELL].socket;
    if (bell != NULL && ts_socket_send(bell, msg->body.data, msg->body.length) != TS_ERR_OK) {
        self->stats.sends_failed++;
    }
}

static const struct {
    ts_gate_type_t type;
    void (*take)(ts_gate_t *self, const ts_gate_msg_t *msg);
} handler_table[] = {
    {TS_GATE_NODE_HELLO, take_hello},    {TS_GATE_ADMIT, take_admit},     {TS_GATE_SEND, take_send},
    {TS_GATE_DROP, take_drop},           {TS_GATE_ACK, take_ack},         {TS_GATE_BAN, take_ban},
    {TS_GATE_STATS_ASK, take_stats_ask}, {TS_GATE_PUBLISH, take_publish},
};

static void
take_message(ts_gate_t *self, const ts_gate_msg_t *msg)
{
    /* Before its HELLO a node has said nothing of this connection. */
    if (!self->is_node_here && msg->type != TS_GATE_NODE_HELLO) {
        return;
    }
    for (size_t i = 0; i < sizeof handler_table / sizeof handler_table[0]; i++) {
        if (handler_table[i].type == msg->type) {
            handler_table[i].take(self, msg);
            return;
        }
    }
    ts_log_error("node_fault", "what=unexpected type=%s", ts_gate_type_str(msg->type));
}

static void
read_link(void *context)
{
    ts_gate_t *self = context;
    for (int i = 0; i < FRAMES_PER_CALL; i++) {
        ts_err_t err = ts_socket_recv(self->link, &self->link_frame);
        if (err == TS_ERR_AGAIN) {
            break;
        }
        ts_gate_msg_t msg;
        if (err == TS_ERR_OK) {
            err = ts_gate_decode(self->link_frame.body, &msg);
        }
        if (err == TS_ERR_OK) {
            take_message(self, &msg);
        } else {
            ts_log_error("node_fault", "what=malformed error=%s", ts_err_name(err));
        }
    }
    ts_frame_close(&self->link_frame);
}

/* ---- the link ---- */

static void
greet_node(ts_gate_t *self)
{
    self->is_link_up = true;
    ts_gate_msg_t hello = {.type = TS_GATE_GATE_HELLO,
                           .version = TS_GATE_LINK_VERSION,
                           .nonce = self->boot_nonce,
                           .key = self->key};
    ts_gate_tell_node(self, &hello);
}

/* Nobody is admitted without a node. Peers that are there are told nothing; they have deadlines,
 * and are cut when a node is there again, so that they need not wait for those. */
static void
lose_node(ts_gate_t *self)
{
    if (self->is_link_up) {
        ts_log_notice("node_lost", "sessions=%zu", ts_sessions_count(self->sessions));
    }
    self->is_link_up = false;
    self->is_node_here = false;
    ts_zap_clear(self->zap);
    ts_loop_cancel(self->loop, self->retry_timer);
    self->retry_timer = 0;
    ts_buf_clear(&self->pending);
    self->pending_at = 0;
    size_t position = 0;
    for (ts_session_t *session; (session = ts_sessions_next(self->sessions, &position)) != NULL;) {
        session->confirmed = session->sent;
        if (session->state == TS_SESSION_OPEN) {
            session->state = TS_SESSION_STALE;
        }
    }
    self->unconfirmed = 0;
    ts_gate_update_doors(self);
}

static void
seek_again(ts_gate_t *self)
{
    ts_gate_close_link(self);
    ts_msg_t why = {0};
    if (ts_gate_seek_node(self, &why) != TS_ERR_OK) {
        /* It could be opened before: the system is out of something. Start anew. */
        ts_log_message(TS_LOG_ERROR, "node_link_failed", &why);
        ts_loop_stop(self->loop);
    }
    ts_msg_free(&why);
}

static void
read_link_events(void *context)
{
    ts_gate_t *self = context;
    ts_link_event_t event;
    while (ts_socket_next_event(self->link, &event) == TS_ERR_OK) {
        if (event.change == TS_LINK_READY) {
            greet_node(self);
        } else if (event.change == TS_LINK_DOWN && self->is_link_up) {
            lose_node(self);
            seek_again(self);
            return;
        }
    }
}

ts_err_t
ts_gate_seek_node(ts_gate_t *self, ts_msg_t *detail)
{
    ts_err_t err = ts_gate_link_open(self->net, self->node, &self->link, detail);
    if (err == TS_ERR_OK) {
        self->link_events = ts_loop_add_link_events(self->loop, self->link, read_link_events, self);
        self->link_reader = ts_loop_add_socket(self->loop, self->link, read_link, self);
    }
    return err;
}

void
ts_gate_close_link(ts_gate_t *self)
{
    ts_loop_remove(self->loop, self->link_reader);
    ts_loop_remove(self->loop, self->link_events);
    self->link_reader = 0;
    self->link_events = 0;
    ts_frame_close(&self->link_frame);
    ts_socket_close(&self->link);
}
