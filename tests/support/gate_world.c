/* SPDX-License-Identifier: MPL-2.0 */
#include "support/gate_world.h"

#include "net/socket_impl.h"
#include "shared/log.h"

#include <string.h>
#include <zmq.h>

ts_world_t world;
ts_gate_t *gate;
node_t node;
ts_curve_pair_t server;
ts_curve_pair_t keys[KEYS];
char node_endpoint[128];
ts_peer_t peers[TS_SESSIONS_PER_KEY_MAX + 2];
void *raw;

static void
on_opened(void *context, uint64_t session, const ts_hash_t *key, ts_zap_class_t klass)
{
    node.opened++;
    node.session = session;
    node.key = *key;
    node.klass = klass;
}

static void
on_data(void *context, uint64_t session, ts_bytes_t body)
{
    node.data++;
    node.data_bytes += body.length;
    node.last_bytes = body.length < sizeof node.last ? body.length : sizeof node.last;
    memcpy(node.last, body.data, node.last_bytes);
    if (node.echoes) {
        assert_int_equal(ts_gate_port_send(node.port, session, body), TS_ERR_OK);
    }
}

static void
on_closed(void *context, uint64_t session, ts_gate_reason_t reason)
{
    node.closed++;
    node.closed_session = session;
    node.reason = reason;
}

static void
on_gate(void *context, uint64_t nonce, const ts_hash_t *key, bool is_up)
{
    node.gates_up += is_up;
    node.gates_down += !is_up;
    node.gate_key = *key;
}

static void
on_admitted(void *context, uint64_t nonce, uint64_t version)
{
    node.table = version;
}

static void
on_stats(void *context, uint64_t nonce, const ts_gate_stats_t *stats)
{
    node.has_stats = true;
    node.stats = *stats;
}

void
open_node(void)
{
    const ts_gate_port_options_t options = {
        .net = world.net,
        .loop = world.loop,
        .endpoint = node_endpoint,
        .access = TS_IPC_OWNER,
        .boot_nonce = 99,
        .handlers = {NULL, on_opened, on_data, on_closed, on_gate, on_admitted, on_stats},
    };
    assert_int_equal(ts_gate_port_open(&options, &node.port, NULL), TS_ERR_OK);
}

static uint64_t version;

/* Keys 0..office_count-1 are offices, key KEYS-1 a subscriber. */
void
admit(size_t office_count)
{
    ts_zap_entry_t entries[KEYS];
    for (size_t i = 0; i < office_count; i++) {
        entries[i] = (ts_zap_entry_t){keys[i].public_key, TS_ZAP_OFFICE};
    }
    entries[office_count] = (ts_zap_entry_t){keys[KEYS - 1].public_key, TS_ZAP_SUBSCRIBER};
    assert_int_equal(ts_gate_port_admit(node.port, entries, office_count + 1, ++version),
                     TS_ERR_OK);
}

static bool
has_table(void *context)
{
    return node.table == version;
}

void
await_table(void)
{
    assert_true(ts_world_until(&world, has_table, NULL));
}

bool
gate_is_ready(void *context)
{
    return ts_gate_is_ready(gate);
}

bool
has_no_connection(void *context)
{
    return ts_gate_stats(gate).connections == 0;
}

void
await_gate(void)
{
    assert_true(ts_world_until(&world, gate_is_ready, NULL));
    assert_true(ts_world_until(&world, has_no_connection, NULL));
}

void
open_gate(size_t sessions_max)
{
    const char *any[] = {"tcp://127.0.0.1:0"};
    const ts_gate_options_t options = {
        .net = world.net,
        .loop = world.loop,
        .pair = &server,
        .sync = {any, 1},
        .pages = {any, 1},
        .bell = {any, 1},
        .node = node_endpoint,
        .sessions_max = sessions_max,
        .boot_nonce = 0x1234,
    };
    assert_int_equal(ts_gate_open(&options, &gate, NULL), TS_ERR_OK);
}

int
setup(void **state)
{
    ts_log_set_level(TS_LOG_ERROR);
    ts_world_open(&world);
    memset(&node, 0, sizeof node);
    memset(peers, 0, sizeof peers);
    ts_world_ipc(&world, "node", node_endpoint);
    ts_curve_pair_make(&server);
    for (size_t i = 0; i < KEYS; i++) {
        ts_curve_pair_make(&keys[i]);
    }
    open_node();
    open_gate(100);
    admit(2);
    await_gate();
    return 0;
}

int
teardown(void **state)
{
    for (size_t i = 0; i < TS_COUNT(peers); i++) {
        ts_peer_close(&peers[i]);
    }
    close_raw();
    ts_gate_close(&gate);
    ts_gate_port_close(&node.port);
    ts_world_close(&world);
    return 0;
}

void
connect_key(size_t peer, size_t key)
{
    ts_peer_connect(&peers[peer], &world, ts_gate_endpoint(gate), &server.public_key, &keys[key]);
    assert_true(ts_world_until(&world, ts_peer_is_settled, &peers[peer]));
}

void
say(size_t peer, const char *text)
{
    assert_int_equal(ts_socket_send(peers[peer].socket, text, strlen(text)), TS_ERR_OK);
}

int wanted;

bool
data_came(void *context)
{
    return node.data >= wanted;
}

bool
was_closed(void *context)
{
    return node.closed >= wanted;
}

void
await_data(int count)
{
    wanted = count;
    assert_true(ts_world_until(&world, data_came, NULL));
    assert_int_equal(node.data, count);
}

void
await_closed(int count, ts_gate_reason_t reason)
{
    wanted = count;
    assert_true(ts_world_until(&world, was_closed, NULL));
    assert_int_equal(node.closed, count);
    assert_int_equal(node.reason, reason);
}

void
open_raw_to(size_t key, const char *endpoint, const void *route, size_t route_bytes)
{
    const int none = 0;
    raw = zmq_socket(world.net->context, ZMQ_DEALER);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_LINGER, &none, sizeof none), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_SERVERKEY, server.public_key.b, 32), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_PUBLICKEY, keys[key].public_key.b, 32), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_SECRETKEY, keys[key].secret_key, 32), 0);
    if (route != NULL) {
        assert_int_equal(zmq_setsockopt(raw, ZMQ_ROUTING_ID, route, route_bytes), 0);
    }
    assert_int_equal(zmq_connect(raw, endpoint), 0);
}

void
open_raw(size_t key)
{
    open_raw_to(key, ts_gate_endpoint(gate), NULL, 0);
}

void
close_raw(void)
{
    if (raw != NULL) {
        assert_int_equal(zmq_close(raw), 0);
    }
    raw = NULL;
}
