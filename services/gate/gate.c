/* SPDX-License-Identifier: MPL-2.0 */
#include "gate/gate.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "gate/gate_p.h"
#include "net/selftest.h"
#include "shared/log.h"

enum { SELFTEST_MS = 5000 };

static void
read_zap(void *context)
{
    ts_gate_t *self = context;
    ts_zap_answer(self->zap, ts_loop_now(self->loop));
}

static void
log_refused(void *context, const ts_zap_refusal_t *refusal)
{
    (void)context;
    char key[TS_CURVE_TEXT_BYTES];
    char quoted[TS_CURVE_TEXT_BYTES + 8];
    char address[160];
    ts_curve_key_format(&refusal->key, key);
    ts_log_notice("peer_refused", "reason=%s key=%s address=%s", ts_zap_reason_str(refusal->reason),
                  ts_log_quote(key, quoted, sizeof quoted),
                  ts_log_quote(refusal->address, address, sizeof address));
}

static void
note_admitted(void *context, const ts_hash_t *key, const char *address)
{
    ts_gate_t *self = context;
    ts_arrivals_add(self->arrivals, key, address, ts_loop_now(self->loop));
}

static const struct {
    ts_err_t (*open)(ts_net_t *net,
                     const ts_curve_server_t *options,
                     ts_socket_t **ret_socket,
                     ts_msg_t *detail);
    ts_zap_domain_t domain;
    ts_zap_class_t klass; /* of the self-test */
    void (*read)(void *door);
} door_table[TS_DOORS] = {
    [TS_DOOR_SYNC] = {ts_door_open, TS_ZAP_SYNC, TS_ZAP_OFFICE, ts_gate_read_door},
    [TS_DOOR_PAGES] = {ts_pages_open, TS_ZAP_FEED, TS_ZAP_SUBSCRIBER, ts_gate_read_door},
    [TS_DOOR_BELL] = {ts_bell_open, TS_ZAP_FEED, TS_ZAP_SUBSCRIBER, ts_gate_read_bell},
};

static ts_err_t
open_door(ts_gate_t *self,
          unsigned index,
          const ts_gate_listen_t *listen,
          const ts_curve_pair_t *pair,
          ts_msg_t *detail)
{
    ts_door_t *door = &self->doors[index];
    *door = (ts_door_t){.gate = self, .index = index, .domain = door_table[index].domain};
    if (listen->count == 0) {
        return TS_ERR_OK;
    }
    const ts_curve_server_t server = {listen->endpoints, listen->count, pair};
    ts_err_t err = door_table[index].open(self->net, &server, &door->socket, detail);
    if (err != TS_ERR_OK) {
        return err;
    }
    door->watch = ts_watch_new(TS_DOOR_UNREAD_BYTES_MAX, TS_DOOR_UNREAD_TOTAL_MAX);
    if (index == TS_DOOR_BELL) {
        door->fd_keys = ts_map_new(sizeof(int), sizeof(ts_hash_t));
    }
    const ts_selftest_t test = {
        .net = self->net,
        .zap = self->zap,
        .door = door->socket,
        .server_key = &pair->public_key,
        .klass = door_table[index].klass,
        .clock = ts_loop_clock(self->loop),
        .deadline_ms = SELFTEST_MS,
    };
    err = ts_selftest_run(&test, detail);
    if (err == TS_ERR_OK) {
        door->reader = ts_loop_add_socket(self->loop, door->socket, door_table[index].read, door);
        door->events =
            ts_loop_add_link_events(self->loop, door->socket, ts_gate_read_door_events, door);
        ts_log_info("door_open", "endpoint=%s", ts_socket_endpoint(door->socket));
    }
    return err;
}

static ts_err_t
open_all(ts_gate_t *self, const ts_gate_options_t *options, ts_msg_t *detail)
{
    ts_err_t err = ts_zap_open(self->net, &self->zap, detail);
    const ts_gate_listen_t *listens[TS_DOORS] = {&options->sync, &options->pages, &options->bell};
    for (unsigned i = 0; err == TS_ERR_OK && i < TS_DOORS; i++) {
        err = open_door(self, i, listens[i], options->pair, detail);
    }
    if (err == TS_ERR_OK) {
        err = ts_gate_seek_node(self, detail);
    }
    return err;
}

/* A peer that came before the table may come again; it is none of these. */
static uint64_t
refused_for_good(const ts_gate_t *self)
{
    return ts_zap_stats(self->zap)->refused - ts_zap_stats(self->zap)->early;
}

ts_err_t
ts_gate_open(const ts_gate_options_t *options, ts_gate_t **ret_self, ts_msg_t *detail)
{
    TS_CHECK(options->sync.count > 0);
    TS_CHECK(options->sessions_max >= 1 && options->sessions_max <= TS_SESSIONS_MAX);
    ts_gate_t *self = ts_xcalloc(1, sizeof *self);
    self->net = options->net;
    self->loop = options->loop;
    self->boot_nonce = options->boot_nonce;
    self->node = ts_xstrdup(options->node);
    self->key = options->pair->public_key;
    self->arrivals = ts_arrivals_new();
    self->sessions = ts_sessions_new(options->boot_nonce);
    self->sessions_max = options->sessions_max;
    ts_err_t err = open_all(self, options, detail);
    if (err != TS_ERR_OK) {
        ts_gate_close(&self);
        return err;
    }
    self->refused_before = refused_for_good(self);
    ts_zap_on_refused(self->zap, log_refused, self);
    ts_zap_on_admitted(self->zap, note_admitted, self);
    self->zap_reader = ts_loop_add_socket(self->loop, ts_zap_socket(self->zap), read_zap, self);
    const ts_mono_t now = ts_loop_now(self->loop);
    ts_gate_sweep(self, now);
    ts_gate_watch_doors(self, now);
    *ret_self = self;
    return TS_ERR_OK;
}

void
ts_gate_close(ts_gate_t **self_p)
{
    ts_gate_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_loop_cancel(self->loop, self->sweep_timer);
    ts_loop_cancel(self->loop, self->watch_timer);
    ts_loop_cancel(self->loop, self->retry_timer);
    ts_gate_close_link(self);
    ts_loop_remove(self->loop, self->zap_reader);
    ts_frame_close(&self->frame);
    for (unsigned i = 0; i < TS_DOORS; i++) {
        ts_door_t *door = &self->doors[i];
        ts_loop_remove(self->loop, door->reader);
        ts_loop_remove(self->loop, door->events);
        ts_socket_close(&door->socket);
        ts_watch_destroy(&door->watch);
        ts_map_destroy(&door->fd_keys);
    }
    ts_zap_close(&self->zap);
    ts_sessions_destroy(&self->sessions);
    ts_arrivals_destroy(&self->arrivals);
    ts_buf_free(&self->pending);
    ts_buf_free(&self->out);
    ts_xfree(self->node);
    ts_xfree(self);
    *self_p = NULL;
}

static const char *
door_endpoint(const ts_gate_t *self, unsigned index)
{
    return self->doors[index].socket == NULL ? "" : ts_socket_endpoint(self->doors[index].socket);
}

const char *
ts_gate_endpoint(const ts_gate_t *self)
{
    return door_endpoint(self, TS_DOOR_SYNC);
}

const char *
ts_gate_pages_endpoint(const ts_gate_t *self)
{
    return door_endpoint(self, TS_DOOR_PAGES);
}

const char *
ts_gate_bell_endpoint(const ts_gate_t *self)
{
    return door_endpoint(self, TS_DOOR_BELL);
}

bool
ts_gate_is_ready(const ts_gate_t *self)
{
    return self->is_node_here && ts_zap_is_ready(self->zap);
}

ts_gate_stats_t
ts_gate_stats(const ts_gate_t *self)
{
    ts_gate_stats_t stats = self->stats;
    stats.sessions = 0;
    size_t position = 0;
    for (const ts_session_t *session;
         (session = ts_sessions_next(self->sessions, &position)) != NULL;) {
        stats.sessions += session->state == TS_SESSION_OPEN;
    }
    stats.connections = 0;
    for (unsigned i = 0; i < TS_DOORS; i++) {
        stats.connections +=
            self->doors[i].watch == NULL ? 0 : ts_watch_count(self->doors[i].watch);
    }
    stats.handshakes_admitted = ts_zap_stats(self->zap)->admitted;
    stats.handshakes_refused = refused_for_good(self) - self->refused_before;
    stats.unconfirmed_bytes = self->unconfirmed;
    return stats;
}
