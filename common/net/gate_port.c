/* SPDX-License-Identifier: MPL-2.0 */
#include "net/gate_port.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/xalloc.h"

#include <string.h>

enum {
    FRAMES_PER_CALL = 16,
    MEND_MS = 50,
    NONCE_SHIFT = 32 /* a session number is the gate's nonce and a counter */
};

typedef struct ts_gate_seat {
    bool is_used;
    bool is_lost;   /* a send found it gone: it is taken leave of by the mend timer */
    bool is_behind; /* its queue was full: confirmations, drops or the table are still due */
    bool is_admit_due;
    uint64_t nonce;
    ts_hash_t key; /* its public CURVE key */
    uint32_t route;
    int fd; /* names its connection in link events; -1 unknown */
} ts_gate_seat_t;

typedef struct ts_port_session {
    uint64_t taken;     /* cost of all DATA taken */
    uint64_t confirmed; /* of it told to the gate */
    bool is_drop_due;   /* DROP could not be queued */
    ts_hash_t key;
} ts_port_session_t;

struct ts_gate_port {
    ts_loop_t *loop;
    ts_socket_t *socket;
    ts_loop_id_t frame_reader;
    ts_loop_id_t event_reader;
    ts_timer_id_t mend_timer;
    uint64_t boot_nonce;
    ts_gate_handlers_t handlers;
    ts_gate_seat_t gates[TS_GATES_MAX];
    ts_map_t *sessions; /* u64 → ts_port_session_t */
    ts_buf_t rows;      /* the table as ADMIT carries it */
    uint64_t table_version;
    bool has_table;
    uint64_t faults;
    ts_frame_t frame;
    ts_buf_t out;
};

/* ---- sending ---- */

static void mend(void *context, ts_mono_t now);

static void
mend_later(ts_gate_port_t *self, int64_t delay_ms)
{
    if (self->mend_timer == 0) {
        self->mend_timer = ts_loop_after(self->loop, delay_ms, mend, self);
    }
}

/* A gate that is gone or full is noted and mended by timer, never inside the call of a user. */
static ts_err_t
post(ts_gate_port_t *self, ts_gate_seat_t *gate, const ts_gate_msg_t *msg)
{
    if (!gate->is_used || gate->is_lost) {
        return TS_ERR_NOTFOUND;
    }
    ts_buf_clear(&self->out);
    ts_gate_encode(msg, &self->out);
    TS_CHECK(self->out.length <= TS_GATE_LINK_BYTES_MAX);
    ts_err_t err = ts_socket_send_to(self->socket, gate->route, self->out.data, self->out.length);
    if (err == TS_ERR_NOTFOUND) {
        gate->is_lost = true;
        mend_later(self, 0);
    } else if (err == TS_ERR_AGAIN) {
        gate->is_behind = true;
        mend_later(self, MEND_MS);
    }
    return err;
}

static ts_gate_seat_t *
find_gate(ts_gate_port_t *self, uint64_t nonce)
{
    for (size_t i = 0; i < TS_GATES_MAX; i++) {
        if (self->gates[i].is_used && self->gates[i].nonce == nonce) {
            return &self->gates[i];
        }
    }
    return NULL;
}

static void
push_table(ts_gate_port_t *self, ts_gate_seat_t *gate)
{
    ts_gate_msg_t msg = {
        .type = TS_GATE_ADMIT, .number = self->table_version, .body = ts_buf_bytes(&self->rows)};
    gate->is_admit_due = self->has_table && post(self, gate, &msg) == TS_ERR_AGAIN;
}

static void
confirm(ts_gate_port_t *self, ts_gate_seat_t *gate, uint64_t session, ts_port_session_t *state)
{
    if (state->taken != state->confirmed) {
        ts_gate_msg_t msg = {.type = TS_GATE_ACK, .session = session, .number = state->taken};
        if (post(self, gate, &msg) == TS_ERR_OK) {
            state->confirmed = state->taken;
        }
    }
}

static void
post_drop(ts_gate_port_t *self, uint64_t session, ts_port_session_t *state)
{
    ts_gate_msg_t msg = {.type = TS_GATE_DROP, .session = session, .reason = TS_GATE_REASON_NODE};
    ts_gate_seat_t *gate = find_gate(self, session >> NONCE_SHIFT);
    state->is_drop_due = gate != NULL && post(self, gate, &msg) == TS_ERR_AGAIN;
}

/* ---- gates coming and going ---- */

/* Closes every session of a gate. */
static void
close_sessions_of(ts_gate_port_t *self, uint64_t nonce)
{
    for (;;) {
        size_t position = 0;
        const void *at;
        uint64_t session = 0;
        while ((at = ts_map_next(self->sessions, &position, NULL)) != NULL) {
            uint64_t number;
            memcpy(&number, at, sizeof number);
            if (number >> NONCE_SHIFT == nonce) {
                session = number;
                break;
            }
        }
        if (session == 0) {
            return;
        }
        ts_map_remove(self->sessions, &session);
        self->handlers.closed(self->handlers.context, session, TS_GATE_REASON_LINK);
    }
}

static void
lose_gate(ts_gate_port_t *self, ts_gate_seat_t *gate)
{
    const uint64_t nonce = gate->nonce;
    const ts_hash_t key = gate->key;
    *gate = (ts_gate_seat_t){.fd = -1};
    close_sessions_of(self, nonce);
    if (self->handlers.gate != NULL) {
        self->handlers.gate(self->handlers.context, nonce, &key, false);
    }
}

static void
mend(void *context, ts_mono_t now)
{
    (void)now;
    ts_gate_port_t *self = context;
    self->mend_timer = 0;
    for (size_t i = 0; i < TS_GATES_MAX; i++) {
        ts_gate_seat_t *gate = &self->gates[i];
        if (gate->is_used && gate->is_lost) {
            lose_gate(self, gate);
        } else if (gate->is_used && gate->is_behind) {
            gate->is_behind = false;
            if (gate->is_admit_due) {
                push_table(self, gate);
            }
            size_t position = 0;
            void *value;
            for (const void *at; !gate->is_behind && !gate->is_lost &&
                                 (at = ts_map_next(self->sessions, &position, &value)) != NULL;) {
                uint64_t session;
                memcpy(&session, at, sizeof session);
                if (session >> NONCE_SHIFT == gate->nonce) {
                    ts_port_session_t *state = value;
                    confirm(self, gate, session, state);
                    if (state->is_drop_due) {
                        post_drop(self, session, state);
                    }
                }
            }
        }
    }
}

static void read_events(void *context);

static void
seat_gate(ts_gate_port_t *self, const ts_gate_msg_t *msg)
{
    ts_gate_seat_t *seat = NULL;
    /* The end of a former connection with the same descriptor was told before this frame came: read
     * later, it would be taken for the end of this one. */
    read_events(self);
    for (size_t i = 0; i < TS_GATES_MAX; i++) {
        ts_gate_seat_t *gate = &self->gates[i];
        /* The same gate by a new connection, before the end of the old one was seen. */
        if (gate->is_used && (gate->nonce == msg->nonce || gate->route == self->frame.route)) {
            lose_gate(self, gate);
        }
        if (!gate->is_used && seat == NULL) {
            seat = gate;
        }
    }
    if (msg->version != TS_GATE_LINK_VERSION || msg->nonce == 0 || msg->nonce >> NONCE_SHIFT != 0 ||
        seat == NULL) {
        self->faults++;
        return;
    }
    *seat = (ts_gate_seat_t){.is_used = true,
                             .nonce = msg->nonce,
                             .key = msg->key,
                             .route = self->frame.route,
                             .fd = self->frame.fd};
    ts_gate_msg_t hello = {
        .type = TS_GATE_NODE_HELLO, .version = TS_GATE_LINK_VERSION, .nonce = self->boot_nonce};
    if (post(self, seat, &hello) == TS_ERR_OK) {
        push_table(self, seat);
    }
    if (self->handlers.gate != NULL) {
        self->handlers.gate(self->handlers.context, seat->nonce, &seat->key, true);
    }
}

/* ---- messages of a gate ---- */

static void
take_open(ts_gate_port_t *self, const ts_gate_msg_t *msg)
{
    if (ts_map_get(self->sessions, &msg->session) != NULL) {
        self->faults++;
        return;
    }
    ts_port_session_t *state = ts_map_put(self->sessions, &msg->session);
    state->key = msg->key;
    self->handlers.opened(self->handlers.context, msg->session, &msg->key, msg->klass);
}

static void
take_data(ts_gate_port_t *self, ts_gate_seat_t *gate, const ts_gate_msg_t *msg)
{
    if (ts_map_get(self->sessions, &msg->session) == NULL) {
        return;
    }
    self->handlers.data(self->handlers.context, msg->session, msg->body);
    /* The handler may have changed the map, not this session: it ends by CLOSED only. */
    ts_port_session_t *state = ts_map_get(self->sessions, &msg->session);
    if (state != NULL) {
        state->taken += ts_gate_cost(msg->body.length);
        if (state->taken - state->confirmed >= TS_GATE_SESSION_BYTES_MAX / 8) {
            confirm(self, gate, msg->session, state);
        }
    }
}

static void
take_closed(ts_gate_port_t *self, const ts_gate_msg_t *msg)
{
    if (ts_map_get(self->sessions, &msg->session) != NULL) {
        ts_map_remove(self->sessions, &msg->session);
        self->handlers.closed(self->handlers.context, msg->session, msg->reason);
    }
}

static void
take_message(ts_gate_port_t *self, ts_gate_seat_t *gate, const ts_gate_msg_t *msg)
{
    if (msg->session != 0 && msg->session >> NONCE_SHIFT != gate->nonce) {
        self->faults++;
        return;
    }
    void *context = self->handlers.context;
    switch ((unsigned)msg->type) {
    case TS_GATE_OPEN:
        take_open(self, msg);
        break;
    case TS_GATE_DATA:
        take_data(self, gate, msg);
        break;
    case TS_GATE_CLOSED:
        take_closed(self, msg);
        break;
    case TS_GATE_STATS:
        if (self->handlers.stats != NULL) {
            self->handlers.stats(context, gate->nonce, &msg->stats);
        }
        break;
    case TS_GATE_ADMITTED:
        if (self->handlers.admitted != NULL) {
            self->handlers.admitted(context, gate->nonce, msg->number);
        }
        break;
    default:
        self->faults++;
        break;
    }
}

static void
take_frame(ts_gate_port_t *self)
{
    ts_gate_msg_t msg;
    if (ts_gate_decode(self->frame.body, &msg) != TS_ERR_OK) {
        self->faults++;
        return;
    }
    if (msg.type == TS_GATE_GATE_HELLO) {
        seat_gate(self, &msg);
        return;
    }
    for (size_t i = 0; i < TS_GATES_MAX; i++) {
        ts_gate_seat_t *gate = &self->gates[i];
        if (gate->is_used && gate->route == self->frame.route) {
            take_message(self, gate, &msg);
            return;
        }
    }
    /* The rest of what a lost gate had sent. */
}

/* What was taken in this call and is not yet told. */
static void
confirm_rest(ts_gate_port_t *self)
{
    size_t position = 0;
    void *value;
    for (const void *at; (at = ts_map_next(self->sessions, &position, &value)) != NULL;) {
        uint64_t session;
        memcpy(&session, at, sizeof session);
        ts_gate_seat_t *gate = find_gate(self, session >> NONCE_SHIFT);
        if (gate != NULL) {
            confirm(self, gate, session, value);
        }
    }
}

static void
read_frames(void *context)
{
    ts_gate_port_t *self = context;
    for (int i = 0; i < FRAMES_PER_CALL; i++) {
        ts_err_t err = ts_socket_recv(self->socket, &self->frame);
        if (err == TS_ERR_AGAIN) {
            break;
        }
        if (err == TS_ERR_OK) {
            take_frame(self);
        } else {
            self->faults++;
        }
    }
    ts_frame_close(&self->frame);
    confirm_rest(self);
}

static void
read_events(void *context)
{
    ts_gate_port_t *self = context;
    ts_link_event_t event;
    while (ts_socket_next_event(self->socket, &event) == TS_ERR_OK) {
        for (size_t i = 0; event.change == TS_LINK_DOWN && i < TS_GATES_MAX; i++) {
            ts_gate_seat_t *gate = &self->gates[i];
            if (gate->is_used && gate->fd >= 0 && gate->fd == event.fd) {
                lose_gate(self, gate);
            }
        }
    }
}

/* ---- API ---- */

ts_err_t
ts_gate_port_open(const ts_gate_port_options_t *options,
                  ts_gate_port_t **ret_self,
                  ts_msg_t *detail)
{
    TS_CHECK(options->handlers.opened != NULL);
    TS_CHECK(options->handlers.data != NULL);
    TS_CHECK(options->handlers.closed != NULL);
    ts_socket_t *socket = NULL;
    ts_err_t err =
        ts_gate_port_bind(options->net, options->endpoint, options->access, &socket, detail);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_gate_port_t *self = ts_xcalloc(1, sizeof *self);
    self->loop = options->loop;
    self->socket = socket;
    self->boot_nonce = options->boot_nonce;
    self->handlers = options->handlers;
    self->sessions = ts_map_new(sizeof(uint64_t), sizeof(ts_port_session_t));
    self->frame_reader = ts_loop_add_socket(self->loop, socket, read_frames, self);
    self->event_reader = ts_loop_add_link_events(self->loop, socket, read_events, self);
    *ret_self = self;
    return TS_ERR_OK;
}

void
ts_gate_port_close(ts_gate_port_t **self_p)
{
    ts_gate_port_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_loop_cancel(self->loop, self->mend_timer);
    ts_loop_remove(self->loop, self->frame_reader);
    ts_loop_remove(self->loop, self->event_reader);
    ts_frame_close(&self->frame);
    ts_socket_close(&self->socket);
    ts_map_destroy(&self->sessions);
    ts_buf_free(&self->rows);
    ts_buf_free(&self->out);
    ts_xfree(self);
    *self_p = NULL;
}

ts_err_t
ts_gate_port_admit(ts_gate_port_t *self,
                   const ts_zap_entry_t *entries,
                   size_t count,
                   uint64_t version)
{
    if (count > TS_ADMITTED_KEYS_MAX) {
        return TS_ERR_TOOBIG;
    }
    for (size_t i = 0; i < count; i++) {
        if (entries[i].klass < TS_ZAP_OFFICE || entries[i].klass > TS_ZAP_SUBSCRIBER) {
            return TS_ERR_INVALID;
        }
    }
    ts_buf_clear(&self->rows);
    for (size_t i = 0; i < count; i++) {
        ts_gate_admit_row_put(&self->rows, &entries[i]);
    }
    self->table_version = version;
    self->has_table = true;
    for (size_t i = 0; i < TS_GATES_MAX; i++) {
        if (self->gates[i].is_used) {
            push_table(self, &self->gates[i]);
        }
    }
    return TS_ERR_OK;
}

ts_err_t
ts_gate_port_send(ts_gate_port_t *self, uint64_t session, ts_bytes_t body)
{
    if (body.length > TS_GATE_LINK_BYTES_MAX - TS_GATE_HEADER_BYTES) {
        return TS_ERR_TOOBIG;
    }
    ts_gate_seat_t *gate = find_gate(self, session >> NONCE_SHIFT);
    if (gate == NULL || ts_map_get(self->sessions, &session) == NULL) {
        return TS_ERR_NOTFOUND;
    }
    ts_gate_msg_t msg = {.type = TS_GATE_SEND, .session = session, .body = body};
    return post(self, gate, &msg);
}

void
ts_gate_port_drop(ts_gate_port_t *self, uint64_t session)
{
    ts_port_session_t *state = ts_map_get(self->sessions, &session);
    if (state != NULL) {
        post_drop(self, session, state);
    }
}

/* To every gate; one that cannot take it now goes without. */
static void
post_to_all(ts_gate_port_t *self, const ts_gate_msg_t *msg)
{
    for (size_t i = 0; i < TS_GATES_MAX; i++) {
        if (self->gates[i].is_used && post(self, &self->gates[i], msg) != TS_ERR_OK) {
            continue;
        }
    }
}

void
ts_gate_port_ban(ts_gate_port_t *self, const ts_hash_t *key, uint32_t seconds)
{
    ts_gate_msg_t msg = {.type = TS_GATE_BAN, .key = *key, .number = seconds};
    post_to_all(self, &msg);
}

void
ts_gate_port_publish(ts_gate_port_t *self, ts_bytes_t frame)
{
    TS_CHECK(frame.length <= TS_GATE_LINK_BYTES_MAX - TS_GATE_HEADER_BYTES);
    ts_gate_msg_t msg = {.type = TS_GATE_PUBLISH, .body = frame};
    post_to_all(self, &msg);
}

void
ts_gate_port_ask_stats(ts_gate_port_t *self)
{
    ts_gate_msg_t msg = {.type = TS_GATE_STATS_ASK};
    post_to_all(self, &msg);
}

size_t
ts_gate_port_gates(const ts_gate_port_t *self)
{
    size_t count = 0;
    for (size_t i = 0; i < TS_GATES_MAX; i++) {
        count += self->gates[i].is_used && !self->gates[i].is_lost;
    }
    return count;
}

size_t
ts_gate_port_sessions(const ts_gate_port_t *self)
{
    return ts_map_count(self->sessions);
}

uint64_t
ts_gate_port_faults(const ts_gate_port_t *self)
{
    return self->faults;
}
