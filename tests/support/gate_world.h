/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A gate with the node behind it and peers before it, in one process and one loop, with real CURVE
 * over 127.0.0.1 and ipc. Keys 0 and 1 are offices, key 2 is unknown, key 3 a subscriber. Where
 * time must pass, the loop's clock (world.ahead_ms) is set forward. All state is static: one world
 * at a time.
 */
#ifndef TS_TESTS_SUPPORT_GATE_WORLD_H
#define TS_TESTS_SUPPORT_GATE_WORLD_H

#include "base/limits.h"
#include "gate/gate_p.h"
#include "net/gate_port.h"
#include "support/net_world.h"
#include "support/test.h"

enum { KEYS = 4 };

/* What the node was told. */
typedef struct node {
    ts_gate_port_t *port;
    int opened;
    int closed;
    int data;
    uint64_t data_bytes;
    uint64_t session; /* last opened */
    ts_hash_t key;    /* of it */
    ts_zap_class_t klass;
    ts_gate_reason_t reason; /* of the last close */
    uint64_t closed_session;
    uint8_t last[64];
    size_t last_bytes;
    int gates_up;
    int gates_down;
    ts_hash_t gate_key;
    uint64_t table; /* version confirmed */
    bool has_stats;
    ts_gate_stats_t stats;
    bool echoes;
} node_t;

extern ts_world_t world;
extern ts_gate_t *gate;
extern node_t node;
extern ts_curve_pair_t server;
extern ts_curve_pair_t keys[KEYS];
extern char node_endpoint[128];
extern ts_peer_t peers[TS_SESSIONS_PER_KEY_MAX + 2];
extern void *raw;  /* socket of a peer that breaks the rules; closed by teardown */
extern int wanted; /* argument of conditions that count */

int setup(void **state);
int teardown(void **state);
/* The node's side of the gate link; setup has opened it. */
void open_node(void);
/* Pushes a table with so many offices and the subscriber. await_table: until the gate has it. */
void admit(size_t office_count);
void await_table(void);
void open_gate(size_t sessions_max);
bool gate_is_ready(void *context);
/* Until it lets the node's keys in and nothing is left of its self-test. */
void await_gate(void);
/* A peer with a key, until its handshake has come to an end. */
void connect_key(size_t peer, size_t key);
void say(size_t peer, const char *text);
bool has_no_connection(void *context);
bool was_closed(void *context);
bool data_came(void *context);
/* Until the node has had exactly so many frames, or so many sessions closed, the last for this
 * reason. */
void await_data(int count);
void await_closed(int count, ts_gate_reason_t reason);
/* A DEALER with a key and, if not NULL, a route of its own choice of so many bytes; all else as the
 * library has it. */
void open_raw_to(size_t key, const char *endpoint, const void *route, size_t route_bytes);
void open_raw(size_t key);
void close_raw(void);

#endif
