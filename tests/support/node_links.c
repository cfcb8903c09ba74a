/* SPDX-License-Identifier: MPL-2.0 */
/* Links and gates of node_world: frames in memory, in order within a connection, by virtual time.
 */
#include "base/xalloc.h"
#include "support/node_world_p.h"
#include "wire/control_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Node and world behind the ctx of the callbacks. */
typedef world_side_t side_t;

/* ---- what is on its way */

static void
put_event(world_t *self, world_event_t *event)
{
    world_event_t **at = &self->events;
    while (*at != NULL && (*at)->at_ms <= event->at_ms) {
        at = &(*at)->next;
    }
    event->next = *at;
    *at = event;
}

static world_event_t *
later(world_t *self, world_event_kind_t kind, size_t node, int64_t at_ms)
{
    world_event_t *event = ts_xcalloc(1, sizeof *event);
    int64_t paused_until = self->nodes[node].paused_until;
    event->kind = kind;
    event->at_ms = at_ms < paused_until ? paused_until : at_ms;
    event->serial = ++self->serial;
    event->node = node;
    event->life = self->nodes[node].life;
    put_event(self, event);
    return event;
}

static void
event_free(world_event_t *event)
{
    ts_buf_free(&event->frame);
    ts_xfree(event);
}

static world_connection_t *
find(const world_t *self, uint64_t id)
{
    for (world_connection_t *at = self->connections; at != NULL; at = at->next) {
        if (at->id == id) {
            return at;
        }
    }
    return NULL;
}

/* Tells one side that the connection is gone, after all frames on their way to it. */
static void
tell_closed(world_t *self, world_connection_t *connection, bool child, bool lost)
{
    bool *open = child ? &connection->child_open : &connection->parent_open;
    int64_t at = self->now_ms + connection->lag_ms;
    int64_t last = connection->last_ms[child ? 0 : 1];
    if (!*open) {
        return;
    }
    *open = false;
    if (lost) {
        for (world_event_t *event = self->events; event != NULL; event = event->next) {
            if (event->session == connection->id && event->uplink == child) {
                event->life = 0; /* nobody gets it */
            }
        }
        at = self->now_ms + 1;
    } else if (at < last) {
        at = last;
    }
    world_event_t *event =
        later(self, WORLD_CLOSED, child ? connection->child : connection->parent, at);
    event->session = connection->id;
    event->uplink = child;
}

static void
cut(world_t *self, world_connection_t *connection)
{
    self->cuts++;
    tell_closed(self, connection, true, true);
    tell_closed(self, connection, false, true);
}

void
world_cut(world_t *self, size_t child)
{
    for (world_connection_t *at = self->connections; at != NULL; at = at->next) {
        if (at->child == child && (at->child_open || at->parent_open)) {
            cut(self, at);
        }
    }
}

bool
world_ends(const world_t *self, uint64_t id, size_t *ret_child, size_t *ret_parent)
{
    const world_connection_t *connection = find(self, id);
    if (connection != NULL) {
        *ret_child = connection->child;
        *ret_parent = connection->parent;
    }
    return connection != NULL;
}

bool
world_takes(const world_t *self, uint64_t id, bool upward)
{
    const world_connection_t *connection = find(self, id);
    return connection != NULL && (upward ? connection->parent_open : connection->child_open);
}

/* Connections that are over for both sides. */
static void
sweep(world_t *self)
{
    world_connection_t **at = &self->connections;
    while (*at != NULL) {
        world_connection_t *connection = *at;
        bool in_use = connection->child_open || connection->parent_open ||
                      self->nodes[connection->child].uplink == connection->id;
        if (in_use) {
            at = &connection->next;
        } else {
            *at = connection->next;
            ts_xfree(connection);
        }
    }
}

void
world_links_hold(world_t *self, size_t node)
{
    int64_t until = self->nodes[node].paused_until;
    world_event_t *held = NULL;
    world_event_t **last = &held;
    world_event_t **at = &self->events;
    while (*at != NULL) {
        world_event_t *event = *at;
        if (event->node == node && event->kind != WORLD_GATE && event->at_ms < until) {
            *at = event->next;
            event->at_ms = until;
            event->next = NULL;
            *last = event;
            last = &event->next;
        } else {
            at = &event->next;
        }
    }
    while (held != NULL) {
        world_event_t *event = held;
        held = event->next;
        put_event(self, event);
    }
}

void
world_links_forget(world_t *self, size_t node)
{
    for (world_connection_t *at = self->connections; at != NULL; at = at->next) {
        if (at->child == node) {
            at->child_open = false;
            tell_closed(self, at, false, false);
        } else if (at->parent == node) {
            at->parent_open = false;
            tell_closed(self, at, true, false);
        }
    }
    self->nodes[node].uplink = 0;
}

/* ---- the gate */

static const ts_admitted_t *
admitted(const world_node_t *gate, const ts_hash_t *key)
{
    for (size_t i = 0; i < gate->table_count; i++) {
        if (ts_hash_equal(&gate->table[i].curve_key, key)) {
            return &gate->table[i];
        }
    }
    /* A row of zeros lets in whoever stands in no other one. */
    static const ts_hash_t anybody = {{0}};
    return ts_hash_equal(key, &anybody) ? NULL : admitted(gate, &anybody);
}

static size_t
gate_at(const world_t *self, const char *endpoint)
{
    for (size_t i = 0; i < self->node_count; i++) {
        if (strcmp(self->nodes[i].endpoint, endpoint) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* ---- effects of a node */

/* What a dead process says goes nowhere. */
static bool
is_dead(const world_node_t *node)
{
    return node->quiet || ts_faultvfs_dead(node->vfs);
}

static bool
is_liveness(ts_bytes_t frame)
{
    uint8_t type = 0;
    uint8_t nonce[8];
    return ts_sync_peek(frame, &type, nonce) && (type == TS_SYNC_PING || type == TS_SYNC_PONG);
}

static bool
is_chunk(ts_bytes_t frame)
{
    uint8_t type = 0;
    uint8_t nonce[8];
    return ts_sync_peek(frame, &type, nonce) && type == TS_SYNC_CHUNK;
}

/* Puts it on its way; `way` of a frame without a watcher is all zeros. */
static void
carry_along(world_t *self,
            world_connection_t *connection,
            bool upward,
            ts_buf_t *frame,
            const world_way_t *way)
{
    const world_node_t *child = &self->nodes[connection->child];
    int64_t *last = &connection->last_ms[upward ? 1 : 0];
    int64_t at = self->now_ms + connection->lag_ms + child->extra_ms + way->extra_ms;
    at = at > *last || way->overtakes ? at : *last;
    if (child->bytes_per_s > 0) {
        at += (int64_t)((uint64_t)frame->length * 1000 / child->bytes_per_s);
    }
    *last = at > *last ? at : *last;
    for (unsigned i = 0; i <= way->copies; i++) {
        world_event_t *event =
            later(self, WORLD_FRAME, upward ? connection->parent : connection->child, at);
        event->session = connection->id;
        event->uplink = !upward;
        ts_buf_put(&event->frame, frame->data, frame->length);
    }
}

static void
carry(world_t *self, world_connection_t *connection, bool upward, ts_bytes_t bytes)
{
    ts_buf_t frame = {0};
    world_way_t way = {.lost = false};
    ts_buf_put(&frame, bytes.data, bytes.length);
    size_t child = connection->child;
    if (self->watch.sent != NULL) {
        self->watch.sent(self->watch.context, self, connection->id, upward, &frame, &way);
    }
    if (way.lost || self->nodes[child].silent ||
        (self->tap != NULL && !self->tap(self->tap_context, self, child, upward, &frame))) {
        ts_buf_free(&frame);
        return;
    }
    if (!is_liveness(ts_buf_bytes(&frame))) {
        self->busy_ms = self->now_ms;
    }
    if (upward && is_chunk(ts_buf_bytes(&frame))) {
        self->nodes[child].chunk_bytes += frame.length;
    }
    carry_along(self, connection, upward, &frame, &way);
    ts_buf_free(&frame);
}

static void
out_send(void *ctx, uint64_t session, ts_bytes_t frame)
{
    const side_t *side = ctx;
    world_t *self = side->world;
    world_node_t *node = &self->nodes[side->node];
    bool upward = session == TS_NODE_UPLINK;
    world_connection_t *connection = find(self, upward ? node->uplink : session);
    if (is_dead(node)) {
        return;
    }
    if (connection == NULL && !upward && !self->brief) {
        ts_buf_put(&self->pages, frame.data, frame.length); /* of a subscriber */
    } else if (connection == NULL) {
        return;
    } else if (upward ? connection->child_open && connection->parent_open
                      : connection->parent_open && connection->child_open) {
        carry(self, connection, upward, frame);
    }
}

static void
out_confirm(void *ctx, uint64_t session, size_t bytes)
{
    (void)ctx;
    (void)session;
    (void)bytes;
}

static void
out_drop(void *ctx, uint64_t session, ts_err_t reason)
{
    (void)reason;
    const side_t *side = ctx;
    world_t *self = side->world;
    world_connection_t *connection = find(self, session);
    self->nodes[side->node].dropped++;
    if (connection != NULL && !is_dead(&self->nodes[side->node])) {
        connection->parent_open = false;
        tell_closed(self, connection, true, false);
    }
}

static void
out_uplink_close(void *ctx)
{
    const side_t *side = ctx;
    world_t *self = side->world;
    world_node_t *node = &self->nodes[side->node];
    world_connection_t *connection = find(self, node->uplink);
    node->uplink = 0;
    if (connection != NULL) {
        connection->child_open = false;
        if (!node->silent) { /* else its end is lost as well */
            tell_closed(self, connection, false, false);
        }
    }
}

/* TCP and the handshake of keys, played: it stands, or the gate refuses, or nobody answers. */
static void
out_uplink_open(void *ctx, const ts_node_uplink_t *uplink)
{
    const side_t *side = ctx;
    world_t *self = side->world;
    world_node_t *node = &self->nodes[side->node];
    if (is_dead(node)) {
        return;
    }
    out_uplink_close(ctx);
    sweep(self);
    size_t parent = node->detour == SIZE_MAX ? gate_at(self, uplink->endpoint) : node->detour;
    world_connection_t *connection = ts_xcalloc(1, sizeof *connection);
    connection->id = ++self->serial;
    connection->child = side->node;
    connection->parent = parent;
    connection->key = uplink->curve_public;
    connection->lag_ms =
        self->delay_ms + (int64_t)ts_prng_below(&self->prng, (uint32_t)self->delay_ms + 1);
    connection->left = self->cut_after;
    connection->child_open = true;
    connection->next = self->connections;
    self->connections = connection;
    node->uplink = connection->id;
    if (parent == SIZE_MAX || !node->link_up || node->silent || self->nodes[parent].node == NULL ||
        self->nodes[parent].paused_until > self->now_ms) {
        return; /* the node gives up by itself */
    }
    world_event_t *tcp =
        later(self, WORLD_CONNECTED, side->node, self->now_ms + connection->lag_ms);
    tcp->session = connection->id;
    tcp->uplink = true;
    int64_t at = self->now_ms + 4 * connection->lag_ms;
    bool known = admitted(&self->nodes[parent], &uplink->curve_public) != NULL;
    world_event_t *result = later(self, known ? WORLD_READY : WORLD_REFUSED, side->node, at);
    result->session = connection->id;
    result->uplink = true;
    if (!known) {
        self->nodes[parent].refused++;
        return;
    }
    connection->parent_open = true;
    world_event_t *opened = later(self, WORLD_OPENED, parent, at);
    opened->session = connection->id;
    opened->key = connection->key;
    connection->last_ms[0] = at;
    connection->last_ms[1] = at;
}

static void
out_admit(void *ctx, const ts_admitted_t *rows, size_t count)
{
    const side_t *side = ctx;
    world_node_t *node = &side->world->nodes[side->node];
    if (is_dead(node)) {
        return;
    }
    ts_xfree(node->table);
    node->table = count == 0 ? NULL : ts_xmemdup(rows, count * sizeof *rows);
    node->table_count = count;
}

static void
out_reply(void *ctx, uint64_t client, const ts_reply_t *reply)
{
    (void)client;
    const side_t *side = ctx;
    world_t *self = side->world;
    if (!reply->done || is_dead(&self->nodes[side->node])) {
        return;
    }
    ts_buf_t bytes = {0};
    ts_reply_free(&self->reply);
    assert_int_equal(ts_reply_encode(reply, &bytes), TS_ERR_OK);
    assert_int_equal(ts_reply_decode(ts_buf_bytes(&bytes), &self->reply), TS_ERR_OK);
    ts_buf_free(&bytes);
    self->replied = true;
}

static void
out_bell(void *ctx, const char *topic, ts_bytes_t frame)
{
    (void)topic;
    (void)frame;
    const side_t *side = ctx;
    side->world->nodes[side->node].bells++;
}

static void
out_note(void *ctx, ts_note_level_t level, const char *event, const char *details)
{
    const side_t *side = ctx;
    world_t *self = side->world;
    world_node_t *node = &self->nodes[side->node];
    if (self->watch.note != NULL) {
        self->watch.note(self->watch.context, self, side->node, level, event, details);
    }
    if (self->brief) {
        return;
    }
    node->notes =
        ts_xgrow(node->notes, node->note_count + 1, &node->note_capacity, sizeof *node->notes);
    node->notes[node->note_count++] = (world_note_t){ts_xstrdup(event), ts_xstrdup(details)};
    if (getenv("WORLD_TRACE") != NULL) {
        fprintf(stderr, "%9.3f node %zu %d %s %s\n", (double)self->now_ms / 1000, side->node,
                (int)level, event, details);
    }
}

ts_node_out_t
world_links_out(world_t *self, size_t node)
{
    self->nodes[node].side = (side_t){self, node};
    return (ts_node_out_t){
        &self->nodes[node].side, out_send,  out_confirm, out_drop, out_uplink_open,
        out_uplink_close,        out_admit, out_reply,   out_bell, out_note};
}

/* ---- arrival */

/* A frame that came up: only of keys that the gate's table has now. */
static void
arrive_up(world_t *self, const world_event_t *event)
{
    world_node_t *node = &self->nodes[event->node];
    world_connection_t *connection = find(self, event->session);
    if (connection == NULL || !connection->parent_open) {
        return;
    }
    if (admitted(node, &connection->key) == NULL) {
        connection->parent_open = false;
        ts_node_peer_closed(node->node, event->session);
        tell_closed(self, connection, true, false);
        return;
    }
    ts_node_frame(node->node, event->session, ts_buf_bytes(&event->frame));
}

static void
count_frame(world_t *self, uint64_t session, ts_bytes_t frame)
{
    world_connection_t *connection = find(self, session);
    self->frames++;
    if (connection != NULL && is_chunk(frame)) {
        connection->chunk_bytes_in += frame.length;
        if (self->cut_after_bytes > 0 && connection->chunk_bytes_in >= self->cut_after_bytes) {
            cut(self, connection);
        }
    }
    if (connection != NULL && connection->left > 0 && --connection->left == 0) {
        cut(self, connection);
    }
}

static void
arrive(world_t *self, const world_event_t *event)
{
    world_node_t *node = &self->nodes[event->node];
    if (node->node == NULL || event->life != node->life ||
        (event->uplink && event->session != node->uplink)) {
        return;
    }
    world_touch(self, event->node);
    ts_node_time(node->node, (ts_mono_t){self->now_ms});
    switch (event->kind) {
    case WORLD_FRAME:
        if (self->watch.arrived != NULL) {
            self->watch.arrived(self->watch.context, self, event->session, !event->uplink,
                                ts_buf_bytes(&event->frame));
        }
        if (event->uplink) {
            ts_node_frame(node->node, TS_NODE_UPLINK, ts_buf_bytes(&event->frame));
        } else {
            arrive_up(self, event);
        }
        count_frame(self, event->session, ts_buf_bytes(&event->frame));
        break;
    case WORLD_CONNECTED:
        ts_node_uplink_connected(node->node);
        break;
    case WORLD_READY:
        ts_node_uplink_ready(node->node);
        break;
    case WORLD_REFUSED:
        ts_node_uplink_refused(node->node);
        break;
    case WORLD_OPENED:
        ts_node_peer_opened(node->node, event->session, &event->key);
        break;
    case WORLD_CLOSED:
        if (event->uplink) {
            node->uplink = 0;
        }
        ts_node_peer_closed(node->node, event->uplink ? TS_NODE_UPLINK : event->session);
        break;
    case WORLD_GATE:
        ts_node_gate_ready(node->node);
        break;
    }
}

bool
world_links_deliver(world_t *self)
{
    bool any = false;
    while (self->events != NULL && self->events->at_ms <= self->now_ms) {
        world_event_t *event = self->events;
        self->events = event->next;
        arrive(self, event);
        event_free(event);
        any = true;
    }
    return any;
}

int64_t
world_links_due(const world_t *self)
{
    return self->events == NULL ? INT64_MAX : self->events->at_ms;
}

void
world_links_gate(world_t *self, size_t node)
{
    later(self, WORLD_GATE, node, self->now_ms);
}

/* ---- for tests */

void
world_link(world_t *self, size_t child, bool up)
{
    self->nodes[child].link_up = up;
    if (!up) {
        world_cut(self, child);
    } else if (self->nodes[child].node != NULL) {
        ts_node_time(self->nodes[child].node, (ts_mono_t){self->now_ms});
        ts_node_link_up(self->nodes[child].node);
        world_touch(self, child);
    }
}

void
world_inject(world_t *self, size_t child, ts_bytes_t frame)
{
    world_connection_t *connection = find(self, self->nodes[child].uplink);
    assert_non_null(connection);
    carry(self, connection, true, frame);
}

uint64_t
world_chunk_bytes(const world_t *self, size_t child)
{
    return self->nodes[child].chunk_bytes;
}

void
world_links_free(world_t *self)
{
    while (self->events != NULL) {
        world_event_t *event = self->events;
        self->events = event->next;
        event_free(event);
    }
    while (self->connections != NULL) {
        world_connection_t *connection = self->connections;
        self->connections = connection->next;
        ts_xfree(connection);
    }
}
