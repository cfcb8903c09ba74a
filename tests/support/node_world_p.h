/* SPDX-License-Identifier: MPL-2.0 */
/* Inside of node_world: what its files use of one another. Not for tests. */
#ifndef TS_TESTS_SUPPORT_NODE_WORLD_P_H
#define TS_TESTS_SUPPORT_NODE_WORLD_P_H

#include "support/node_world.h"

/* One connection of an uplink with the gate above. */
struct world_connection {
    uint64_t id; /* session number at the gate */
    size_t child;
    size_t parent;
    ts_hash_t key;
    bool child_open;
    bool parent_open;
    int64_t lag_ms;
    int64_t last_ms[2];      /* newest frame under way: [0] downward, [1] upward */
    uint64_t left;           /* frames until it is cut; 0 = never */
    uint64_t chunk_bytes_in; /* delivered, both ways */
    world_connection_t *next;
};

typedef enum world_event_kind {
    WORLD_FRAME,
    WORLD_CONNECTED,
    WORLD_READY,
    WORLD_REFUSED,
    WORLD_OPENED,
    WORLD_CLOSED,
    WORLD_GATE
} world_event_kind_t;

/* Something that reaches a node later. */
struct world_event {
    world_event_kind_t kind;
    int64_t at_ms;
    uint64_t serial;
    size_t node;
    uint32_t life;
    uint64_t session; /* of the gate; the uplink's connection id when `uplink` */
    bool uplink;
    ts_hash_t key;
    ts_buf_t frame;
    world_event_t *next;
};

/* ---- node_world.c */
/* It wants a turn now. */
void world_touch(world_t *self, size_t node);
size_t world_add_node(world_t *self);
/* ---- node_links.c */
/* What is on its way to a paused node comes when it goes on. */
void world_links_hold(world_t *self, size_t node);
ts_node_out_t world_links_out(world_t *self, size_t node);
/* Delivers what is due now; true when there was something. */
bool world_links_deliver(world_t *self);
/* When the next thing arrives; INT64_MAX: nothing is on its way. */
int64_t world_links_due(const world_t *self);
/* All connections of a node end: it died, or stopped. */
void world_links_forget(world_t *self, size_t node);
/* The gate of a node comes up. */
void world_links_gate(world_t *self, size_t node);
void world_links_free(world_t *self);

#endif
