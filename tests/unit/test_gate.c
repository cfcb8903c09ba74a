/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the gate passes on what admitted keys send, and nothing else reaches the node, whatever a
 * peer does. Method: gate, node side and peers in one process and one loop, with real CURVE over
 * 127.0.0.1 and ipc. Peers that break the rules use the library's own calls. Where time must pass,
 * the loop's clock is set forward.
 */
#include "base/limits.h"
#include "gate/gate_p.h"
#include "net/gate_port.h"
#include "net/socket_impl.h"
#include "shared/log.h"
#include "support/net_world.h"
#include "support/test.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

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

static ts_world_t world;
static ts_gate_t *gate;
static node_t node;
static ts_curve_pair_t server;
static ts_curve_pair_t keys[KEYS];
static char node_endpoint[128];
static ts_peer_t peers[TS_SESSIONS_PER_KEY_MAX + 2];
static void *raw; /* socket of a peer that breaks the rules */

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

static void
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

/* Keys 0..office_count-1 are offices, key KEYS-1 a subscriber. */
static void
admit(size_t office_count)
{
    static uint64_t version;
    ts_zap_entry_t entries[KEYS];
    for (size_t i = 0; i < office_count; i++) {
        entries[i] = (ts_zap_entry_t){keys[i].public_key, TS_ZAP_OFFICE};
    }
    entries[office_count] = (ts_zap_entry_t){keys[KEYS - 1].public_key, TS_ZAP_SUBSCRIBER};
    assert_int_equal(ts_gate_port_admit(node.port, entries, office_count + 1, ++version),
                     TS_ERR_OK);
}

static bool
gate_is_ready(void *context)
{
    return ts_gate_is_ready(gate);
}

static void
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

static int
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
    assert_true(ts_world_until(&world, gate_is_ready, NULL));
    return 0;
}

static int
teardown(void **state)
{
    for (size_t i = 0; i < TS_COUNT(peers); i++) {
        ts_peer_close(&peers[i]);
    }
    if (raw != NULL) {
        zmq_close(raw);
        raw = NULL;
    }
    ts_gate_close(&gate);
    ts_gate_port_close(&node.port);
    ts_world_close(&world);
    return 0;
}

static void
connect_key(size_t peer, size_t key)
{
    ts_peer_connect(&peers[peer], &world, ts_gate_endpoint(gate), &server.public_key, &keys[key]);
    assert_true(ts_world_until(&world, ts_peer_is_settled, &peers[peer]));
}

static void
say(size_t peer, const char *text)
{
    assert_int_equal(ts_socket_send(peers[peer].socket, text, strlen(text)), TS_ERR_OK);
}

static int wanted;

static bool
peer_has_wanted_frames(void *peer)
{
    return ((ts_peer_t *)peer)->frame_count >= (size_t)wanted;
}

static bool
data_came(void *context)
{
    return node.data >= wanted;
}

static bool
was_closed(void *context)
{
    return node.closed >= wanted;
}

static void
await_data(int count)
{
    wanted = count;
    assert_true(ts_world_until(&world, data_came, NULL));
    assert_int_equal(node.data, count);
}

static void
await_closed(int count, ts_gate_reason_t reason)
{
    wanted = count;
    assert_true(ts_world_until(&world, was_closed, NULL));
    assert_int_equal(node.closed, count);
    assert_int_equal(node.reason, reason);
}

/* A DEALER with a key, all else as the library has it. */
static void
open_raw_to(size_t key, const char *endpoint)
{
    const int none = 0;
    raw = zmq_socket(world.net->context, ZMQ_DEALER);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_LINGER, &none, sizeof none), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_SERVERKEY, server.public_key.b, 32), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_PUBLICKEY, keys[key].public_key.b, 32), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_SECRETKEY, keys[key].secret_key, 32), 0);
    assert_int_equal(zmq_connect(raw, endpoint), 0);
}

static void
open_raw(size_t key)
{
    open_raw_to(key, ts_gate_endpoint(gate));
}

static bool
has_no_connection(void *context)
{
    return ts_gate_stats(gate).connections == 0;
}

static bool
has_flood(void *context)
{
    return ts_gate_stats(gate).floods >= 1;
}

/* ---- what is passed on ---- */

static void
test_gate_admitted_key_talks_with_the_node_both_ways(void **state)
{
    node.echoes = true;
    connect_key(0, 0);
    assert_true(peers[0].is_ready);
    say(0, "hello");
    await_data(1);
    assert_int_equal(node.opened, 1);
    assert_memory_equal(node.key.b, keys[0].public_key.b, 32);
    assert_int_equal(node.klass, TS_ZAP_OFFICE);
    assert_true(node.session >> 32 == 0x1234);
    assert_int_equal(node.last_bytes, 5);
    assert_memory_equal(node.last, "hello", 5);
    assert_true(ts_world_until(&world, ts_peer_has_frame, &peers[0]));
    assert_int_equal(peers[0].frame_bytes[0], 5);
    assert_memory_equal(node.gate_key.b, server.public_key.b, 32);
    assert_int_equal(ts_gate_port_faults(node.port), 0);
}

static void
test_gate_two_keys_are_two_sessions(void **state)
{
    node.echoes = true;
    connect_key(0, 0);
    connect_key(1, 1);
    say(0, "zero");
    await_data(1);
    const uint64_t first = node.session;
    say(1, "one");
    await_data(2);
    assert_true(node.session != first);
    assert_memory_equal(node.key.b, keys[1].public_key.b, 32);
    assert_true(ts_world_until(&world, ts_peer_has_frame, &peers[1]));
    ts_world_settle(&world, 50);
    assert_int_equal(peers[0].frame_count, 1);
    assert_int_equal(peers[1].frame_count, 1);
    assert_memory_equal(peers[1].frames[0], "one", 3);
}

static void
test_gate_peer_that_leaves_ends_its_session(void **state)
{
    connect_key(0, 0);
    say(0, "hello");
    await_data(1);
    ts_peer_close(&peers[0]);
    await_closed(1, TS_GATE_REASON_PEER_LEFT);
    assert_true(node.closed_session == node.session);
    assert_int_equal(ts_gate_port_send(node.port, node.session, (ts_bytes_t){node.last, 1}),
                     TS_ERR_NOTFOUND);
}

static void
test_gate_drop_lets_the_last_word_out_and_then_cuts(void **state)
{
    connect_key(0, 0);
    say(0, "hello");
    await_data(1);
    const ts_bytes_t refuse = {(const uint8_t *)"refuse", 6};
    assert_int_equal(ts_gate_port_send(node.port, node.session, refuse), TS_ERR_OK);
    ts_gate_port_drop(node.port, node.session);
    await_closed(1, TS_GATE_REASON_NODE);
    assert_true(ts_world_until(&world, ts_peer_has_frame, &peers[0]));
    assert_memory_equal(peers[0].frames[0], "refuse", 6);
    assert_false(peers[0].is_down);
    say(0, "more");
    ts_world_settle(&world, 50);
    assert_int_equal(node.data, 1);
    assert_int_equal(ts_gate_stats(gate).frames_ignored, 1);
    assert_int_equal(ts_gate_stats(gate).frames_in, 1);
    world.ahead_ms += 5000;
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[0]));
}

static void
test_gate_statistics_count_what_passed(void **state)
{
    node.echoes = true;
    connect_key(0, 0);
    say(0, "hello");
    await_data(1);
    assert_true(ts_world_until(&world, ts_peer_has_frame, &peers[0]));
    ts_gate_port_ask_stats(node.port);
    ts_world_settle(&world, 50);
    assert_true(node.has_stats);
    assert_int_equal(node.stats.sessions, 1);
    assert_int_equal(node.stats.sessions_opened, 1);
    assert_int_equal(node.stats.connections, 1);
    assert_int_equal(node.stats.frames_in, 1);
    assert_int_equal(node.stats.bytes_in, 5);
    assert_int_equal(node.stats.frames_out, 1);
    assert_int_equal(node.stats.unconfirmed_bytes, 0);
}

/* ---- who is let in ---- */

static void
test_gate_unknown_key_is_refused(void **state)
{
    connect_key(0, 2);
    assert_true(peers[0].is_refused);
    assert_int_equal(peers[0].code, 400);
    assert_int_equal(node.opened, 0);
}

static void
test_gate_revoked_key_is_told_once_and_cut(void **state)
{
    connect_key(0, 0);
    connect_key(1, 1);
    say(0, "hello");
    say(1, "hello");
    await_data(2);
    admit(1); /* key 1 is gone */
    await_closed(1, TS_GATE_REASON_REVOKED);
    say(1, "still here");
    say(0, "me too");
    await_data(3);
    assert_memory_equal(node.last, "me too", 6);
    world.ahead_ms += 5000;
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[1]));
    assert_int_equal(node.closed, 1);
    assert_false(peers[0].is_down);
    connect_key(2, 1);
    assert_int_equal(peers[2].code, 400);
}

static void
test_gate_revoked_key_without_session_is_refused_at_its_first_message(void **state)
{
    connect_key(0, 1);
    assert_true(peers[0].is_ready);
    admit(1);
    ts_world_settle(&world, 50);
    assert_false(
        peers[0].is_down); /* it has said nothing yet: nothing tells whose connection it is */
    say(0, "hello");
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[0]));
    assert_int_equal(node.opened, 0);
    assert_int_equal(node.data, 0);
    assert_int_equal(ts_gate_stats(gate).frames_ignored, 1);
}

static void
test_gate_key_banned_by_the_node_is_cut_and_refused(void **state)
{
    connect_key(0, 0);
    say(0, "hello");
    await_data(1);
    ts_gate_port_ban(node.port, &keys[0].public_key, 60);
    await_closed(1, TS_GATE_REASON_NODE);
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[0]));
    connect_key(1, 0);
    assert_int_equal(peers[1].code, 400);
    world.ahead_ms += 61000;
    connect_key(2, 0);
    assert_true(peers[2].is_ready);
}

static void
test_gate_second_key_cannot_take_the_route_of_the_first(void **state)
{
    node.echoes = true;
    connect_key(0, 0);
    say(0, "mine");
    await_data(1);
    const uint32_t route = ts_sessions_find(gate->sessions, node.session)->route;
    const uint8_t id[5] = {0, (uint8_t)(route >> 24), (uint8_t)(route >> 16), (uint8_t)(route >> 8),
                           (uint8_t)route};
    const int none = 0;
    raw = zmq_socket(world.net->context, ZMQ_DEALER);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_LINGER, &none, sizeof none), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_SERVERKEY, server.public_key.b, 32), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_PUBLICKEY, keys[1].public_key.b, 32), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_SECRETKEY, keys[1].secret_key, 32), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_ROUTING_ID, id, sizeof id), 0);
    assert_int_equal(zmq_connect(raw, ts_gate_endpoint(gate)), 0);
    assert_int_equal(zmq_send(raw, "stolen", 6, 0), 6);
    ts_world_settle(&world, 200);
    say(0, "again");
    await_data(2);
    assert_memory_equal(node.last, "again", 5);
    assert_int_equal(node.opened, 1);
    wanted = 2;
    assert_true(ts_world_until(&world, peer_has_wanted_frames, &peers[0]));
}

static void
test_gate_peer_that_chooses_its_own_route_is_banned(void **state)
{
    const int none = 0;
    raw = zmq_socket(world.net->context, ZMQ_DEALER);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_LINGER, &none, sizeof none), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_SERVERKEY, server.public_key.b, 32), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_PUBLICKEY, keys[1].public_key.b, 32), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_CURVE_SECRETKEY, keys[1].secret_key, 32), 0);
    assert_int_equal(zmq_setsockopt(raw, ZMQ_ROUTING_ID, "office-7", 8), 0);
    assert_int_equal(zmq_connect(raw, ts_gate_endpoint(gate)), 0);
    assert_int_equal(zmq_send(raw, "hello", 5, 0), 5);
    assert_true(ts_world_until(&world, has_flood, NULL));
    zmq_close(raw);
    raw = NULL;
    assert_int_equal(node.data, 0);
    connect_key(0, 1);
    assert_int_equal(peers[0].code, 400);
}

/* ---- who breaks the rules ---- */

static void
test_gate_message_of_several_frames_is_ignored_and_its_key_banned(void **state)
{
    connect_key(0, 0);
    say(0, "before");
    await_data(1);
    open_raw(1);
    assert_int_equal(zmq_send(raw, "whole", 5, 0), 5);
    await_data(2);
    assert_int_equal(zmq_send(raw, "a", 1, ZMQ_SNDMORE), 1);
    assert_int_equal(zmq_send(raw, "b", 1, 0), 1);
    await_closed(1, TS_GATE_REASON_MULTIPART);
    zmq_close(raw);
    raw = NULL;
    connect_key(1, 1);
    assert_int_equal(peers[1].code, 400);
    world.ahead_ms += 59 * 60 * 1000;
    connect_key(2, 1);
    assert_int_equal(peers[2].code, 400);
    world.ahead_ms += 2 * 60 * 1000;
    connect_key(3, 1);
    assert_true(peers[3].is_ready);
    assert_int_equal(node.data, 2);
}

static void
test_gate_frame_beyond_the_limit_drops_its_peer_only(void **state)
{
    static uint8_t frame[TS_FRAME_BYTES_MAX + 1];
    connect_key(0, 0);
    connect_key(1, 1);
    say(0, "hello");
    say(1, "hello");
    await_data(2);
    /* The largest that the session protocol makes: a chunk with its headers. */
    assert_int_equal(ts_socket_send(peers[1].socket, frame, TS_CHUNK_BYTES_MAX + 64), TS_ERR_OK);
    await_data(3);
    assert_int_equal(ts_socket_send(peers[1].socket, frame, sizeof frame), TS_ERR_OK);
    await_closed(1, TS_GATE_REASON_PEER_LEFT);
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[1]));
    say(0, "still here");
    await_data(4);
}

/* A node that takes nothing: it never confirms. */
static ts_socket_t *deaf;
static uint32_t deaf_route;
static uint64_t deaf_bytes;

static void
read_deaf(void *context)
{
    ts_frame_t frame = {0};
    while (ts_socket_recv(deaf, &frame) == TS_ERR_OK) {
        deaf_route = frame.route;
        ts_gate_msg_t msg;
        assert_int_equal(ts_gate_decode(frame.body, &msg), TS_ERR_OK);
        deaf_bytes += msg.type == TS_GATE_DATA ? ts_gate_cost(msg.body.length) : 0;
        if (msg.type == TS_GATE_CLOSED) {
            on_closed(NULL, msg.session, msg.reason);
        }
    }
    ts_frame_close(&frame);
}

static void
drain_deaf_events(void *context)
{
    ts_link_event_t event;
    while (ts_socket_next_event(deaf, &event) == TS_ERR_OK) {
    }
}

static bool
deaf_was_greeted(void *context)
{
    return deaf_route != 0;
}

static void
tell_gate(const ts_gate_msg_t *msg)
{
    ts_buf_t out = {0};
    ts_gate_encode(msg, &out);
    assert_int_equal(ts_socket_send_to(deaf, deaf_route, out.data, out.length), TS_ERR_OK);
    ts_buf_free(&out);
}

static void
replace_node_by_deaf_one(void)
{
    ts_gate_port_close(&node.port);
    deaf_route = 0;
    deaf_bytes = 0;
    assert_int_equal(ts_gate_port_bind(world.net, node_endpoint, TS_IPC_OWNER, &deaf, NULL),
                     TS_ERR_OK);
    ts_loop_id_t reader = ts_loop_add_socket(world.loop, deaf, read_deaf, NULL);
    ts_loop_id_t events = ts_loop_add_link_events(world.loop, deaf, drain_deaf_events, NULL);
    (void)reader;
    (void)events;
    assert_true(ts_world_until(&world, deaf_was_greeted, NULL));
    tell_gate(&(ts_gate_msg_t){.type = TS_GATE_NODE_HELLO, .version = TS_GATE_LINK_VERSION});
    ts_buf_t rows = {0};
    for (size_t i = 0; i < 2; i++) {
        ts_zap_entry_t entry = {keys[i].public_key, TS_ZAP_OFFICE};
        ts_gate_admit_row_put(&rows, &entry);
    }
    tell_gate(&(ts_gate_msg_t){.type = TS_GATE_ADMIT, .body = ts_buf_bytes(&rows)});
    ts_buf_free(&rows);
    assert_true(ts_world_until(&world, gate_is_ready, NULL));
}

static void
test_gate_session_beyond_its_budget_is_cut_and_banned_for_a_minute(void **state)
{
    static uint8_t frame[4096];
    replace_node_by_deaf_one();
    connect_key(0, 0);
    connect_key(1, 1);
    say(1, "hello");
    for (int i = 0; i < 1000 && !peers[0].is_down; i++) {
        ts_err_t err = ts_socket_send(peers[0].socket, frame, sizeof frame);
        assert_true(err == TS_ERR_OK || err == TS_ERR_AGAIN);
        ts_loop_turn(world.loop, 1);
    }
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[0]));
    wanted = 1;
    assert_true(ts_world_until(&world, was_closed, NULL));
    assert_int_equal(node.reason, TS_GATE_REASON_FLOOD);
    assert_true(deaf_bytes <= TS_GATE_SESSION_BYTES_MAX + 2 * ts_gate_cost(5));
    assert_true(deaf_bytes > TS_GATE_SESSION_BYTES_MAX / 2);
    assert_false(peers[1].is_down);
    connect_key(2, 0);
    assert_int_equal(peers[2].code, 400);
    world.ahead_ms += 61000;
    connect_key(3, 0);
    assert_true(peers[3].is_ready);
    ts_world_settle(&world, 20);
    ts_peer_close(&peers[3]);
    ts_socket_close(&deaf);
}

static void
test_gate_honest_peer_with_confirmations_never_meets_the_budget(void **state)
{
    static uint8_t frame[16384];
    connect_key(0, 0);
    uint64_t sent = 0;
    for (int i = 0; i < 20000 && sent < 4 * (uint64_t)TS_GATE_SESSION_BYTES_MAX; i++) {
        /* At most one window on the way, as credit would have it. */
        if (sent - node.data_bytes < TS_WINDOW_BYTES_MAX &&
            ts_socket_send(peers[0].socket, frame, sizeof frame) == TS_ERR_OK) {
            sent += sizeof frame;
        }
        ts_loop_turn(world.loop, 1);
    }
    wanted = (int)(sent / sizeof frame);
    assert_true(ts_world_until(&world, data_came, NULL));
    assert_true(node.data_bytes >= 4 * (uint64_t)TS_GATE_SESSION_BYTES_MAX);
    assert_int_equal(node.closed, 0);
    ts_world_settle(&world, 20);
    assert_int_equal(ts_gate_stats(gate).unconfirmed_bytes, 0);
}

/* A line between a peer and the gate that carries so many bytes upward and then no more. */
typedef struct line {
    int listener;
    int near; /* to the peer */
    int far;  /* to the gate */
    uint64_t up_bytes;
    uint64_t up_bytes_max;
} line_t;

static line_t line;

static int
tcp_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    return fd;
}

/* Returns the port of the line. */
static unsigned
open_line(uint64_t up_bytes_max)
{
    const char *colon = strrchr(ts_gate_endpoint(gate), ':');
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    line = (line_t){tcp_socket(), -1, tcp_socket(), 0, up_bytes_max};
    socklen_t bytes = sizeof address;
    assert_int_equal(bind(line.listener, (const struct sockaddr *)&address, bytes), 0);
    assert_int_equal(listen(line.listener, 1), 0);
    assert_int_equal(getsockname(line.listener, (struct sockaddr *)&address, &bytes), 0);
    const unsigned port = ntohs(address.sin_port);
    address.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    assert_int_equal(connect(line.far, (const struct sockaddr *)&address, bytes), 0);
    return port;
}

static void
close_line(void)
{
    close(line.listener);
    close(line.near);
    close(line.far);
}

static size_t
carry(int from, int to, size_t bytes_max)
{
    static uint8_t bytes[262144];
    ssize_t got =
        recv(from, bytes, bytes_max < sizeof bytes ? bytes_max : sizeof bytes, MSG_DONTWAIT);
    for (ssize_t at = 0; at < got;) {
        ssize_t sent = send(to, bytes + at, (size_t)(got - at), MSG_NOSIGNAL);
        if (sent < 0) {
            return 0;
        }
        at += sent;
    }
    return got > 0 ? (size_t)got : 0;
}

static void
pump_line(void)
{
    if (line.near < 0) {
        line.near = accept(line.listener, NULL, NULL);
        assert_true(line.near >= 0);
    }
    carry(line.far, line.near, SIZE_MAX);
    const uint64_t left = line.up_bytes_max - line.up_bytes;
    if (left > 0) {
        line.up_bytes += carry(line.near, line.far, left);
    }
}

static void
test_gate_message_that_never_ends_is_cut_off(void **state)
{
    static uint8_t part[60000];
    char endpoint[64];
    /* It would be 24 MB in 400 frames; the line stops at 14 MB. */
    const uint64_t carried = TS_DOOR_UNREAD_BYTES_MAX + 6000000;
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", open_line(carried));
    open_raw_to(1, endpoint);
    assert_int_equal(zmq_send(raw, "hello", 5, 0), 5);
    for (int i = 0; i < 400; i++) {
        assert_true(zmq_send(raw, part, sizeof part, i < 399 ? ZMQ_SNDMORE : 0) > 0);
    }
    for (int i = 0; i < 20000 && ts_gate_stats(gate).floods == 0; i++) {
        pump_line();
        ts_loop_turn(world.loop, 1);
    }
    assert_true(line.up_bytes > TS_DOOR_UNREAD_BYTES_MAX);
    assert_int_equal(node.data, 1);
    await_closed(1, TS_GATE_REASON_FLOOD);
    assert_true(ts_world_until(&world, has_no_connection, NULL));
    close_line();
    zmq_close(raw);
    raw = NULL;
    connect_key(0, 1);
    assert_int_equal(peers[0].code, 400);
    connect_key(1, 0);
    say(1, "still here");
    await_data(2);
}

/* ---- limits and time ---- */

static void
test_gate_session_beyond_the_limit_is_cut(void **state)
{
    ts_gate_close(&gate);
    open_gate(2);
    assert_true(ts_world_until(&world, gate_is_ready, NULL));
    for (size_t i = 0; i < 2; i++) {
        connect_key(i, 0);
        say(i, "hello");
        await_data((int)i + 1);
    }
    connect_key(2, 1);
    say(2, "hello");
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[2]));
    assert_int_equal(node.opened, 2);
    ts_peer_close(&peers[0]);
    await_closed(1, TS_GATE_REASON_PEER_LEFT);
    connect_key(3, 1);
    say(3, "hello");
    await_data(3);
}

static void
test_gate_too_many_sessions_of_a_key_end_the_oldest(void **state)
{
    for (size_t i = 0; i <= TS_SESSIONS_PER_KEY_MAX; i++) {
        connect_key(i, 0);
        say(i, "hello");
        await_data((int)i + 1);
        world.ahead_ms += 10;
    }
    await_closed(1, TS_GATE_REASON_CROWDED);
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[0]));
    assert_false(peers[1].is_down);
}

static void
test_gate_silent_session_ends_after_ten_minutes(void **state)
{
    connect_key(0, 0);
    connect_key(1, 1);
    say(0, "hello");
    say(1, "hello");
    await_data(2);
    world.ahead_ms += 9 * 60 * 1000;
    say(1, "ping");
    await_data(3);
    ts_world_settle(&world, 50);
    assert_int_equal(node.closed, 0);
    world.ahead_ms += 2 * 60 * 1000;
    await_closed(1, TS_GATE_REASON_IDLE);
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[0]));
    assert_false(peers[1].is_down);
}

/* ---- the node ---- */

static bool
gate_is_not_ready(void *context)
{
    return !ts_gate_is_ready(gate);
}

static void
test_gate_without_node_refuses_all_and_comes_back_with_it(void **state)
{
    connect_key(0, 0);
    say(0, "hello");
    await_data(1);
    ts_gate_port_close(&node.port);
    assert_true(ts_world_until(&world, gate_is_not_ready, NULL));
    connect_key(1, 1);
    assert_int_equal(peers[1].code, 500);
    say(0, "into the void");
    ts_world_settle(&world, 100);
    assert_false(peers[0].is_down); /* told nothing while there is no node */
    open_node();
    admit(2);
    assert_true(ts_world_until(&world, gate_is_ready, NULL));
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[0]));
    connect_key(2, 0);
    say(2, "back");
    await_data(2);
    assert_memory_equal(node.last, "back", 4);
    assert_int_equal(ts_gate_port_faults(node.port), 0);
}

static bool
gate_was_lost(void *context)
{
    return node.gates_down > 0;
}

static void
test_gate_that_dies_ends_its_sessions_at_the_node(void **state)
{
    connect_key(0, 0);
    say(0, "hello");
    await_data(1);
    ts_gate_close(&gate);
    assert_true(ts_world_until(&world, gate_was_lost, NULL));
    assert_int_equal(node.closed, 1);
    assert_int_equal(node.reason, TS_GATE_REASON_LINK);
    assert_int_equal(ts_gate_port_gates(node.port), 0);
    assert_int_equal(ts_gate_port_sessions(node.port), 0);
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[0]));
    open_gate(100);
    assert_true(ts_world_until(&world, gate_is_ready, NULL));
    connect_key(1, 0);
    say(1, "again");
    await_data(2);
}

/* ---- the feed ---- */

static void
connect_feed(size_t peer, size_t key, bool is_bell)
{
    const char *endpoint = is_bell ? ts_gate_bell_endpoint(gate) : ts_gate_pages_endpoint(gate);
    const ts_curve_client_t options = {endpoint, &server.public_key, &keys[key]};
    ts_socket_t *socket = NULL;
    if (is_bell) {
        assert_int_equal(ts_bell_reader_open(world.net, &options, &socket, NULL), TS_ERR_OK);
        ts_bell_subscribe(socket, "need");
    } else {
        assert_int_equal(ts_page_reader_open(world.net, &options, &socket, NULL), TS_ERR_OK);
    }
    ts_peer_watch(&peers[peer], &world, socket);
    assert_true(ts_world_until(&world, ts_peer_is_settled, &peers[peer]));
    ts_world_settle(&world, 50);
}

static void
publish(const char *frame)
{
    ts_gate_port_publish(node.port, (ts_bytes_t){(const uint8_t *)frame, strlen(frame)});
    ts_world_settle(&world, 50);
}

static void
test_gate_subscriber_hears_the_bell_and_fetches_pages(void **state)
{
    static uint8_t page[500000];
    connect_feed(0, KEYS - 1, true);
    connect_feed(1, KEYS - 1, false);
    assert_true(peers[0].is_ready);
    assert_true(peers[1].is_ready);
    publish("pledge.1 not wanted");
    publish("need.09694 ring");
    assert_int_equal(peers[0].frame_count, 1);
    assert_memory_equal(peers[0].frames[0], "need.09694 ring", 15);
    say(1, "page please");
    await_data(1);
    assert_int_equal(node.klass, TS_ZAP_SUBSCRIBER);
    assert_int_equal(ts_gate_port_send(node.port, node.session, (ts_bytes_t){page, sizeof page}),
                     TS_ERR_OK);
    assert_true(ts_world_until(&world, ts_peer_has_frame, &peers[1]));
    assert_int_equal(peers[1].frame_bytes[0], sizeof page);
}

static void
test_gate_office_key_is_refused_at_the_feed_and_subscriber_at_the_sync_door(void **state)
{
    connect_feed(0, 0, true);
    assert_int_equal(peers[0].code, 400);
    connect_feed(1, 0, false);
    assert_int_equal(peers[1].code, 400);
    connect_key(2, KEYS - 1);
    assert_int_equal(peers[2].code, 400);
}

static void
test_gate_revoked_subscriber_hears_no_more(void **state)
{
    connect_feed(0, KEYS - 1, true);
    publish("need.1");
    assert_int_equal(peers[0].frame_count, 1);
    const ts_zap_entry_t office = {keys[0].public_key, TS_ZAP_OFFICE};
    assert_int_equal(ts_gate_port_admit(node.port, &office, 1, 1000), TS_ERR_OK);
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[0]));
    publish("need.2");
    assert_int_equal(peers[0].frame_count, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_gate_admitted_key_talks_with_the_node_both_ways),
        CASE(test_gate_two_keys_are_two_sessions),
        CASE(test_gate_peer_that_leaves_ends_its_session),
        CASE(test_gate_drop_lets_the_last_word_out_and_then_cuts),
        CASE(test_gate_statistics_count_what_passed),
        CASE(test_gate_unknown_key_is_refused),
        CASE(test_gate_revoked_key_is_told_once_and_cut),
        CASE(test_gate_revoked_key_without_session_is_refused_at_its_first_message),
        CASE(test_gate_key_banned_by_the_node_is_cut_and_refused),
        CASE(test_gate_second_key_cannot_take_the_route_of_the_first),
        CASE(test_gate_peer_that_chooses_its_own_route_is_banned),
        CASE(test_gate_message_of_several_frames_is_ignored_and_its_key_banned),
        CASE(test_gate_frame_beyond_the_limit_drops_its_peer_only),
        CASE(test_gate_session_beyond_its_budget_is_cut_and_banned_for_a_minute),
        CASE(test_gate_honest_peer_with_confirmations_never_meets_the_budget),
        CASE(test_gate_message_that_never_ends_is_cut_off),
        CASE(test_gate_session_beyond_the_limit_is_cut),
        CASE(test_gate_too_many_sessions_of_a_key_end_the_oldest),
        CASE(test_gate_silent_session_ends_after_ten_minutes),
        CASE(test_gate_without_node_refuses_all_and_comes_back_with_it),
        CASE(test_gate_that_dies_ends_its_sessions_at_the_node),
        CASE(test_gate_subscriber_hears_the_bell_and_fetches_pages),
        CASE(test_gate_office_key_is_refused_at_the_feed_and_subscriber_at_the_sync_door),
        CASE(test_gate_revoked_subscriber_hears_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
