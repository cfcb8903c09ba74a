/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the gate passes on what admitted keys send, nothing of others, and outlives its node.
 * Method: support/gate_world. Peers that break the rules: test_gate_abuse.
 */
#include "net/gate_link.h"
#include "support/gate_world.h"

#include <string.h>
#include <time.h>
#include <zmq.h>

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
    assert_true(ts_world_until(&world, ts_peer_has_frame, &peers[0]));
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

static bool
has_ignored_one(void *context)
{
    return ts_gate_stats(gate).frames_ignored == 1;
}

static void
test_gate_drop_lets_the_last_word_out_and_then_cuts(void **state)
{
    ts_world_stop_clock(&world);
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
    assert_true(ts_world_until(&world, has_ignored_one, NULL));
    assert_int_equal(node.data, 1);
    assert_int_equal(ts_gate_stats(gate).frames_in, 1);
    world.ahead_ms += 5000;
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[0]));
}

/* The node gives back what it took, and hears it, in its own time. */
static bool
has_settled_stats(void *context)
{
    ts_gate_port_ask_stats(node.port);
    return node.has_stats && node.stats.frames_out == 1 && node.stats.unconfirmed_bytes == 0;
}

static void
test_gate_statistics_count_what_passed(void **state)
{
    node.echoes = true;
    connect_key(0, 0);
    say(0, "hello");
    await_data(1);
    assert_true(ts_world_until(&world, ts_peer_has_frame, &peers[0]));
    assert_true(ts_world_until(&world, has_settled_stats, NULL));
    assert_int_equal(node.stats.sessions, 1);
    assert_int_equal(node.stats.sessions_opened, 1);
    assert_int_equal(node.stats.connections, 1);
    assert_int_equal(node.stats.frames_in, 1);
    assert_int_equal(node.stats.bytes_in, 5);
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
    ts_world_stop_clock(&world);
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
    await_table();
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

/* ---- limits and time ---- */

static void
test_gate_session_beyond_the_limit_is_cut(void **state)
{
    ts_gate_close(&gate);
    open_gate(2);
    await_gate();
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

static bool
were_gates_up(void *context)
{
    return node.gates_up == *(const int *)context;
}

static bool
was_opened(void *context)
{
    return node.opened == 1;
}

/* The I/O threads go on; the loop does not turn. */
static void
pass_time(void)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    assert_int_equal(nanosleep(&pause, NULL), 0);
}

static void
say_as_gate(void *dealer, const ts_gate_msg_t *msg)
{
    ts_buf_t frame = {0};
    ts_gate_encode(msg, &frame);
    assert_int_equal(zmq_send(dealer, frame.data, frame.length, 0), (int)frame.length);
    ts_buf_free(&frame);
    pass_time(); /* the other end has it before the loop turns again */
}

/* The next gate's connection has the number of the descriptor that the former one had, and the end
 * of that one is still to be read: the next gate is not lost with it. */
static void
test_gate_port_keeps_the_gate_that_comes_at_once(void **state)
{
    ts_gate_close(&gate);
    assert_true(ts_world_until(&world, gate_was_lost, NULL));
    node.gates_up = 0;
    node.gates_down = 0;
    void *context = zmq_ctx_new();
    void *first = zmq_socket(context, ZMQ_DEALER);
    void *second = zmq_socket(context, ZMQ_DEALER);
    assert_int_equal(zmq_connect(first, node_endpoint), 0);
    ts_gate_msg_t hello = {
        .type = TS_GATE_GATE_HELLO, .version = TS_GATE_LINK_VERSION, .nonce = 0x777};
    say_as_gate(first, &hello);
    assert_true(ts_world_until(&world, were_gates_up, &(int){1}));
    ts_world_settle(&world, 50);
    uint8_t answer[256];
    while (zmq_recv(first, answer, sizeof answer, ZMQ_DONTWAIT) >= 0) {
    }
    assert_int_equal(zmq_disconnect(first, node_endpoint), 0);
    zmq_pollitem_t end = {first, 0, ZMQ_POLLIN, 0};
    assert_true(zmq_poll(&end, 1, 100) >= 0);
    pass_time();
    assert_int_equal(zmq_connect(second, node_endpoint), 0);
    hello.nonce = 0x888;
    say_as_gate(second, &hello);
    assert_true(ts_world_until(&world, were_gates_up, &(int){2}));
    assert_true(ts_world_until(&world, gate_was_lost, NULL));
    ts_world_settle(&world, 50);
    assert_int_equal(node.gates_up, 2);
    assert_int_equal(node.gates_down, 1);
    assert_int_equal(ts_gate_port_gates(node.port), 1);
    ts_gate_msg_t open = {.type = TS_GATE_OPEN,
                          .session = (UINT64_C(0x888) << 32) + 1,
                          .key = keys[0].public_key,
                          .klass = TS_ZAP_OFFICE};
    say_as_gate(second, &open);
    assert_true(ts_world_until(&world, was_opened, NULL));
    int none = 0;
    assert_int_equal(zmq_setsockopt(first, ZMQ_LINGER, &none, sizeof none), 0);
    assert_int_equal(zmq_setsockopt(second, ZMQ_LINGER, &none, sizeof none), 0);
    assert_int_equal(zmq_close(first), 0);
    assert_int_equal(zmq_close(second), 0);
    assert_int_equal(zmq_ctx_term(context), 0);
    open_gate(100);
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
}

static void
publish(const char *frame)
{
    ts_gate_port_publish(node.port, (ts_bytes_t){(const uint8_t *)frame, strlen(frame)});
}

/* A doorbell does not say when it has heard of a subscription: it is rung until somebody hears. */
static void
await_subscription(size_t peer)
{
    int64_t wait_ms = 20;
    for (int i = 0; i < 12 && peers[peer].frame_count == 0; i++, wait_ms *= 2) {
        publish("need.test");
        (void)ts_world_until_within(&world, wait_ms, ts_peer_has_frame, &peers[peer]);
    }
    assert_true(peers[peer].frame_count > 0);
}

/* The last frame of peer 0 is this one. */
static bool
was_heard(void *context)
{
    const ts_peer_t *peer = &peers[0];
    const size_t bytes = strlen(context);
    return peer->frame_count > 0 && peer->frame_bytes[peer->frame_count - 1] == bytes &&
           memcmp(peer->frames[peer->frame_count - 1], context, bytes) == 0;
}

static void
test_gate_subscriber_hears_the_bell_and_fetches_pages(void **state)
{
    static uint8_t page[TS_FRAME_BYTES_MAX + 30000]; /* larger than any of sync */
    connect_feed(0, KEYS - 1, true);
    connect_feed(1, KEYS - 1, false);
    assert_true(peers[0].is_ready);
    assert_true(peers[1].is_ready);
    await_subscription(0);
    publish("pledge.1 not wanted");
    char ring[] = "need.09694 ring";
    publish(ring);
    assert_true(ts_world_until(&world, was_heard, ring));
    for (size_t i = 0; i < peers[0].frame_count; i++) {
        assert_memory_equal(peers[0].frames[i], "need.", 5);
    }
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
    await_subscription(0);
    char last[] = "need.1";
    publish(last);
    assert_true(ts_world_until(&world, was_heard, last));
    const size_t heard = peers[0].frame_count;
    const ts_zap_entry_t office = {keys[0].public_key, TS_ZAP_OFFICE};
    assert_int_equal(ts_gate_port_admit(node.port, &office, 1, 1000), TS_ERR_OK);
    assert_true(ts_world_until(&world, ts_peer_is_down, &peers[0]));
    publish("need.2");
    ts_world_settle(&world, 50);
    assert_int_equal(peers[0].frame_count, heard);
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
        CASE(test_gate_session_beyond_the_limit_is_cut),
        CASE(test_gate_too_many_sessions_of_a_key_end_the_oldest),
        CASE(test_gate_silent_session_ends_after_ten_minutes),
        CASE(test_gate_without_node_refuses_all_and_comes_back_with_it),
        CASE(test_gate_that_dies_ends_its_sessions_at_the_node),
        CASE(test_gate_port_keeps_the_gate_that_comes_at_once),
        CASE(test_gate_subscriber_hears_the_bell_and_fetches_pages),
        CASE(test_gate_office_key_is_refused_at_the_feed_and_subscriber_at_the_sync_door),
        CASE(test_gate_revoked_subscriber_hears_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
