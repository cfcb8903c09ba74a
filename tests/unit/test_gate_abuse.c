/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: whatever a peer with an admitted key does, nothing but its own whole frames reaches the
 * node, memory stays bounded, and others are not disturbed. Method: support/gate_world; the peers
 * use the library's own calls, one speaks through a line that carries only so much.
 */
#include "support/gate_world.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

static bool
has_two_connections(void *context)
{
    return ts_gate_stats(gate).connections == 2;
}

static bool
has_flood(void *context)
{
    return ts_gate_stats(gate).floods >= 1;
}

static bool
peer_has_wanted_frames(void *peer)
{
    return ((ts_peer_t *)peer)->frame_count >= (size_t)wanted;
}

static void
test_gate_abuse_second_key_cannot_take_the_route_of_the_first(void **state)
{
    node.echoes = true;
    connect_key(0, 0);
    say(0, "mine");
    await_data(1);
    const uint32_t route = ts_sessions_find(gate->sessions, node.session)->route;
    const uint8_t id[5] = {0, (uint8_t)(route >> 24), (uint8_t)(route >> 16), (uint8_t)(route >> 8),
                           (uint8_t)route};
    open_raw_to(1, ts_gate_endpoint(gate), id, sizeof id);
    assert_int_equal(zmq_send(raw, "stolen", 6, 0), 6);
    assert_true(ts_world_until(&world, has_two_connections, NULL));
    ts_world_settle(&world, 200);
    say(0, "again");
    await_data(2);
    assert_memory_equal(node.last, "again", 5);
    assert_int_equal(node.opened, 1);
    wanted = 2;
    assert_true(ts_world_until(&world, peer_has_wanted_frames, &peers[0]));
}

static void
test_gate_abuse_peer_that_chooses_its_own_route_is_banned(void **state)
{
    open_raw_to(1, ts_gate_endpoint(gate), "office-7", 8);
    assert_int_equal(zmq_send(raw, "hello", 5, 0), 5);
    assert_true(ts_world_until(&world, has_flood, NULL));
    close_raw();
    assert_int_equal(node.data, 0);
    connect_key(0, 1);
    assert_int_equal(peers[0].code, 400);
}

static void
test_gate_abuse_message_of_several_frames_is_ignored_and_its_key_banned(void **state)
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
    close_raw();
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
test_gate_abuse_frame_beyond_the_limit_drops_its_peer_only(void **state)
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
            node.closed++;
            node.reason = msg.reason;
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

static bool
floods_until_it_is_down(void *context)
{
    static const uint8_t frame[4096];
    const ts_err_t err = ts_socket_send(peers[0].socket, frame, sizeof frame);
    assert_true(err == TS_ERR_OK || err == TS_ERR_AGAIN);
    return peers[0].is_down;
}

static void
test_gate_abuse_session_beyond_its_budget_is_cut_and_banned_for_a_minute(void **state)
{
    replace_node_by_deaf_one();
    connect_key(0, 0);
    connect_key(1, 1);
    say(1, "hello");
    assert_true(ts_world_until(&world, floods_until_it_is_down, NULL));
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

static uint64_t bytes_sent;

/* At most one window on the way, as credit would have it, until so many bytes are through. */
static bool
sends_honestly(void *context)
{
    static const uint8_t frame[16384];
    if (bytes_sent - node.data_bytes < TS_WINDOW_BYTES_MAX &&
        ts_socket_send(peers[0].socket, frame, sizeof frame) == TS_ERR_OK) {
        bytes_sent += sizeof frame;
    }
    return node.data_bytes >= *(const uint64_t *)context;
}

static bool
is_all_confirmed(void *context)
{
    return ts_gate_stats(gate).unconfirmed_bytes == 0;
}

static void
test_gate_abuse_honest_peer_with_confirmations_never_meets_the_budget(void **state)
{
    connect_key(0, 0);
    bytes_sent = 0;
    /* In eight steps, each with its own deadline: twice the budget in all. */
    for (uint64_t through = 1; through <= 8; through++) {
        uint64_t bytes = through * TS_GATE_SESSION_BYTES_MAX / 4;
        assert_true(ts_world_until(&world, sends_honestly, &bytes));
    }
    assert_true(ts_world_until(&world, is_all_confirmed, NULL));
    assert_int_equal(node.closed, 0);
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

static bool
pumps_until_the_flood_is_seen(void *context)
{
    pump_line();
    return ts_gate_stats(gate).floods > 0;
}

static void
test_gate_abuse_message_that_never_ends_is_cut_off(void **state)
{
    static uint8_t part[60000];
    char endpoint[64];
    /* It would be 24 MB in 400 frames; the line stops at 14 MB. */
    const uint64_t carried = TS_DOOR_UNREAD_BYTES_MAX + 6000000;
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", open_line(carried));
    open_raw_to(1, endpoint, NULL, 0);
    assert_int_equal(zmq_send(raw, "hello", 5, 0), 5);
    for (int i = 0; i < 400; i++) {
        assert_true(zmq_send(raw, part, sizeof part, i < 399 ? ZMQ_SNDMORE : 0) > 0);
    }
    assert_true(ts_world_until(&world, pumps_until_the_flood_is_seen, NULL));
    assert_true(line.up_bytes > TS_DOOR_UNREAD_BYTES_MAX);
    await_data(1);
    await_closed(1, TS_GATE_REASON_FLOOD);
    assert_true(ts_world_until(&world, has_no_connection, NULL));
    close_line();
    close_raw();
    connect_key(0, 1);
    assert_int_equal(peers[0].code, 400);
    connect_key(1, 0);
    say(1, "still here");
    await_data(2);
}

/* Nothing of it is ever delivered, so that nobody tells whose it is; yet its key is banned. */
static void
test_gate_abuse_first_message_that_never_ends_bans_its_key(void **state)
{
    static uint8_t part[60000];
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u",
             open_line(TS_DOOR_UNREAD_BYTES_MAX + 6000000));
    open_raw_to(1, endpoint, NULL, 0);
    for (int i = 0; i < 400; i++) {
        (void)zmq_send(raw, part, sizeof part, i < 399 ? ZMQ_SNDMORE : 0);
    }
    assert_true(ts_world_until(&world, pumps_until_the_flood_is_seen, NULL));
    assert_int_equal(ts_gate_stats(gate).floods, 1);
    assert_int_equal(node.data, 0);
    assert_true(ts_world_until(&world, has_no_connection, NULL));
    close_line();
    close_raw();
    connect_key(0, 1);
    assert_int_equal(peers[0].code, 400);
    connect_key(1, 0);
    say(1, "still here");
    await_data(1);
}

/* Connections that never say anything: no more of them than there may be sessions. */
static void
test_gate_abuse_silent_connections_are_bounded(void **state)
{
    ts_gate_close(&gate);
    open_gate(2);
    await_gate();
    connect_key(0, 0);
    say(0, "I have a session");
    await_data(1);
    connect_key(1, 1);
    connect_key(2, 0);
    ts_world_settle(&world, 50);
    assert_false(peers[1].is_down);
    connect_key(3, 0);
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[1]));
    assert_false(peers[0].is_down);
    assert_false(peers[2].is_down);
    say(2, "and the next oldest goes on");
    await_data(2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_gate_abuse_second_key_cannot_take_the_route_of_the_first),
        CASE(test_gate_abuse_peer_that_chooses_its_own_route_is_banned),
        CASE(test_gate_abuse_message_of_several_frames_is_ignored_and_its_key_banned),
        CASE(test_gate_abuse_frame_beyond_the_limit_drops_its_peer_only),
        CASE(test_gate_abuse_session_beyond_its_budget_is_cut_and_banned_for_a_minute),
        CASE(test_gate_abuse_honest_peer_with_confirmations_never_meets_the_budget),
        CASE(test_gate_abuse_message_that_never_ends_is_cut_off),
        CASE(test_gate_abuse_first_message_that_never_ends_bans_its_key),
        CASE(test_gate_abuse_silent_connections_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
