/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a CURVE server admits the keys of the table and nobody else, at every moment.
 * Method: real handshakes over 127.0.0.1 against a door of net/endpoint; requests of other shape
 * are sent to the handler by hand.
 */
#include "base/limits.h"
#include "net/socket_impl.h"
#include "net/zap.h"
#include "support/net_world.h"
#include "support/test.h"

#include <string.h>
#include <zmq.h>

static ts_world_t world;
static ts_zap_t *zap;
static ts_socket_t *door;
static ts_curve_pair_t server;
static ts_curve_pair_t office;
static ts_curve_pair_t other;
static size_t told;
static ts_zap_refusal_t last_told;

static void
read_zap(void *context)
{
    ts_zap_answer(zap, ts_loop_now(world.loop));
}

static void
drain_events(void *context)
{
    ts_link_event_t event;
    while (ts_socket_next_event(door, &event) == TS_ERR_OK) {
    }
}

static void
note_refusal(void *context, const ts_zap_refusal_t *refusal)
{
    told++;
    last_told = *refusal;
}

static int
setup(void **state)
{
    ts_world_open(&world);
    ts_curve_pair_make(&server);
    ts_curve_pair_make(&office);
    ts_curve_pair_make(&other);
    told = 0;
    assert_int_equal(ts_zap_open(world.net, &zap, NULL), TS_ERR_OK);
    ts_zap_on_refused(zap, note_refusal, NULL);
    const char *endpoints[] = {"tcp://127.0.0.1:0"};
    const ts_curve_server_t options = {endpoints, 1, &server};
    assert_int_equal(ts_door_open(world.net, &options, &door, NULL), TS_ERR_OK);
    ts_loop_add_socket(world.loop, ts_zap_socket(zap), read_zap, NULL);
    ts_loop_add_link_events(world.loop, door, drain_events, NULL);
    return 0;
}

static int
teardown(void **state)
{
    ts_socket_close(&door);
    ts_zap_close(&zap);
    assert_null(zap);
    ts_world_close(&world);
    return 0;
}

static bool
has_code(void *peer)
{
    return ((ts_peer_t *)peer)->code != 0;
}

static ts_peer_t
knock(const ts_curve_pair_t *pair)
{
    ts_peer_t peer;
    ts_peer_connect(&peer, &world, ts_socket_endpoint(door), &server.public_key, pair);
    assert_true(ts_world_until(&world, ts_peer_is_settled, &peer));
    assert_true(peer.is_ready || ts_world_until(&world, has_code, &peer));
    ts_peer_close(&peer);
    return peer;
}

static void
admit(const ts_curve_pair_t *pair, ts_zap_class_t klass)
{
    const ts_zap_entry_t entry = {pair->public_key, klass};
    assert_int_equal(ts_zap_admit(zap, &entry, 1), TS_ERR_OK);
}

static void
test_zap_without_table_refuses_with_500(void **state)
{
    ts_peer_t peer = knock(&office);
    assert_false(peer.is_ready);
    assert_true(peer.is_refused);
    assert_int_equal(peer.code, 500);
    assert_int_equal(last_told.reason, TS_ZAP_NOT_READY);
}

/* The row of zeros: a province that does not know its offices any more. It opens that door only,
 * and not for a key that is banned; the next table closes it. */
static void
test_zap_row_of_zeros_admits_whoever_is_in_no_other(void **state)
{
    const ts_zap_entry_t entries[] = {{office.public_key, TS_ZAP_OFFICE}, {{{0}}, TS_ZAP_OFFICE}};
    assert_int_equal(ts_zap_admit(zap, entries, 2), TS_ERR_OK);
    ts_mono_t now = ts_loop_now(world.loop);
    assert_true(knock(&other).is_ready);
    assert_int_equal(ts_zap_class(zap, TS_ZAP_SYNC, &other.public_key, now), TS_ZAP_OFFICE);
    assert_int_equal(ts_zap_class(zap, TS_ZAP_FEED, &other.public_key, now), TS_ZAP_NONE);
    ts_zap_ban(zap, &other.public_key, (ts_mono_t){now.ms + 60000});
    assert_false(knock(&other).is_ready);
    assert_true(knock(&office).is_ready);
    ts_curve_pair_t third;
    ts_curve_pair_make(&third);
    admit(&office, TS_ZAP_OFFICE);
    assert_int_equal(knock(&third).code, 400);
}

static void
test_zap_key_of_the_table_is_admitted_and_others_get_400(void **state)
{
    admit(&office, TS_ZAP_OFFICE);
    assert_true(knock(&office).is_ready);
    ts_peer_t peer = knock(&other);
    assert_false(peer.is_ready);
    assert_int_equal(peer.code, 400);
    assert_int_equal(last_told.reason, TS_ZAP_UNKNOWN_KEY);
    assert_memory_equal(last_told.key.b, other.public_key.b, 32);
    assert_string_equal(last_told.address, "127.0.0.1");
    assert_int_equal(ts_zap_stats(zap)->admitted, 1);
    assert_int_equal(ts_zap_stats(zap)->refused, 1);
}

static void
test_zap_key_for_the_feed_is_refused_at_the_sync_door(void **state)
{
    admit(&office, TS_ZAP_SUBSCRIBER);
    ts_peer_t peer = knock(&office);
    assert_false(peer.is_ready);
    assert_int_equal(peer.code, 400);
    const ts_mono_t now = ts_loop_now(world.loop);
    assert_int_equal(ts_zap_class(zap, TS_ZAP_FEED, &office.public_key, now), TS_ZAP_SUBSCRIBER);
    assert_int_equal(ts_zap_class(zap, TS_ZAP_SYNC, &office.public_key, now), TS_ZAP_NONE);
}

static void
test_zap_new_table_replaces_the_old_and_clear_closes(void **state)
{
    admit(&office, TS_ZAP_INVITE);
    admit(&other, TS_ZAP_OFFICE);
    assert_false(knock(&office).is_ready);
    assert_true(knock(&other).is_ready);
    ts_zap_clear(zap);
    assert_false(ts_zap_is_ready(zap));
    assert_int_equal(knock(&other).code, 500);
}

static void
test_zap_ban_refuses_until_it_runs_out(void **state)
{
    admit(&office, TS_ZAP_OFFICE);
    const ts_mono_t now = ts_loop_now(world.loop);
    ts_zap_ban(zap, &office.public_key, (ts_mono_t){now.ms + 60000});
    ts_zap_ban(zap, &office.public_key, (ts_mono_t){now.ms + 10});
    ts_peer_t peer = knock(&office);
    assert_false(peer.is_ready);
    assert_int_equal(peer.code, 400);
    assert_int_equal(last_told.reason, TS_ZAP_BANNED);
    admit(&office, TS_ZAP_OFFICE); /* a table does not lift it */
    assert_false(knock(&office).is_ready);
    world.ahead_ms += 60001;
    assert_true(knock(&office).is_ready);
}

static void
test_zap_bans_beyond_the_limit_let_the_shortest_go(void **state)
{
    ts_hash_t key = {{0}};
    for (unsigned i = 0; i <= TS_ZAP_BANS_MAX; i++) {
        memcpy(key.b, &i, sizeof i);
        ts_zap_ban(zap, &key, (ts_mono_t){1000 + (int64_t)i});
    }
    memset(&key, 0, sizeof key);
    assert_false(ts_zap_is_banned(zap, &key, (ts_mono_t){0}));
    key.b[0] = 1;
    assert_true(ts_zap_is_banned(zap, &key, (ts_mono_t){0}));
}

static void
test_zap_refused_key_is_told_once_for_each_table(void **state)
{
    admit(&office, TS_ZAP_OFFICE);
    knock(&other);
    knock(&other);
    assert_int_equal(told, 1);
    assert_int_equal(ts_zap_stats(zap)->refused, 2);
    admit(&office, TS_ZAP_OFFICE);
    knock(&other);
    assert_int_equal(told, 2);
}

static void
test_zap_table_with_unknown_class_or_too_long_changes_nothing(void **state)
{
    admit(&office, TS_ZAP_OFFICE);
    const ts_zap_entry_t bad = {other.public_key, (ts_zap_class_t)9};
    assert_int_equal(ts_zap_admit(zap, &bad, 1), TS_ERR_INVALID);
    assert_int_equal(ts_zap_admit(zap, &bad, TS_ADMITTED_KEYS_MAX + 1), TS_ERR_TOOBIG);
    assert_true(knock(&office).is_ready);
}

static bool
is_answered(void *request)
{
    zmq_pollitem_t item = {request, 0, ZMQ_POLLIN, 0};
    return zmq_poll(&item, 1, 0) == 1;
}

/* Asks the handler as the library would; returns the status. */
static int
ask(const char *const *parts, const size_t *bytes, size_t count)
{
    void *request = zmq_socket(world.net->context, ZMQ_REQ);
    int status = 0;
    assert_int_equal(zmq_connect(request, "inproc://zeromq.zap.01"), 0);
    for (size_t i = 0; i < count; i++) {
        assert_true(zmq_send(request, parts[i], bytes[i], i + 1 < count ? ZMQ_SNDMORE : 0) >= 0);
    }
    assert_true(ts_world_until(&world, is_answered, request));
    char part[6][64];
    int got[6];
    for (int i = 0; i < 6; i++) {
        got[i] = zmq_recv(request, part[i], sizeof part[i], ZMQ_DONTWAIT);
        assert_true(got[i] >= 0);
    }
    assert_int_equal(got[0], 3);
    assert_memory_equal(part[0], "1.0", 3);
    assert_int_equal(got[2], 3);
    for (int i = 0; i < 3; i++) {
        status = status * 10 + (part[2][i] - '0');
    }
    if (status == 200) {
        char key[TS_CURVE_TEXT_BYTES];
        ts_curve_key_format(&office.public_key, key);
        assert_int_equal(got[4], 40);
        assert_memory_equal(part[4], key, 40);
    }
    zmq_close(request);
    return status;
}

static void
test_zap_requests_of_another_shape_get_400(void **state)
{
    admit(&office, TS_ZAP_OFFICE);
    static const char lengthy[300];
    const char *key = (const char *)office.public_key.b;
    const struct {
        const char *part[8];
        size_t bytes[8];
        size_t count;
        int status;
    } rows[] = {
        {{"1.0", "7", "sync", "::1", "", "CURVE", key}, {3, 1, 4, 3, 0, 5, 32}, 7, 200},
        {{"2.0", "7", "sync", "::1", "", "CURVE", key}, {3, 1, 4, 3, 0, 5, 32}, 7, 400},
        {{"1.0", "7", "", "::1", "", "CURVE", key}, {3, 1, 0, 3, 0, 5, 32}, 7, 400},
        {{"1.0", "7", "sync", "::1", "", "NULL"}, {3, 1, 4, 3, 0, 4}, 6, 400},
        {{"1.0", "7", "sync", "::1", "", "PLAIN", "u", "p"}, {3, 1, 4, 3, 0, 5, 1, 1}, 8, 400},
        {{"1.0", "7", "sync", "::1", "", "CURVE", key}, {3, 1, 4, 3, 0, 5, 31}, 7, 400},
        {{"1.0", "7", lengthy, "::1", "", "CURVE", key}, {3, 1, 300, 3, 0, 5, 32}, 7, 400},
        {{"1.0"}, {3}, 1, 400},
    };
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        assert_int_equal(ask(rows[i].part, rows[i].bytes, rows[i].count), rows[i].status);
    }
}

static void
test_zap_second_handler_in_a_process_is_locked(void **state)
{
    ts_zap_t *second = NULL;
    assert_int_equal(ts_zap_open(world.net, &second, NULL), TS_ERR_LOCKED);
    assert_null(second);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_zap_without_table_refuses_with_500),
        CASE(test_zap_row_of_zeros_admits_whoever_is_in_no_other),
        CASE(test_zap_key_of_the_table_is_admitted_and_others_get_400),
        CASE(test_zap_key_for_the_feed_is_refused_at_the_sync_door),
        CASE(test_zap_new_table_replaces_the_old_and_clear_closes),
        CASE(test_zap_ban_refuses_until_it_runs_out),
        CASE(test_zap_bans_beyond_the_limit_let_the_shortest_go),
        CASE(test_zap_refused_key_is_told_once_for_each_table),
        CASE(test_zap_table_with_unknown_class_or_too_long_changes_nothing),
        CASE(test_zap_requests_of_another_shape_get_400),
        CASE(test_zap_second_handler_in_a_process_is_locked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
