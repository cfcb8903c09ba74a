/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: an office reaches its parent as soon as the line allows: attempts race, a spare stands
 * ready on long lines, and nothing of a dead connection is left over. Method: a real door with
 * CURVE and ZAP on 127.0.0.1; the clock stands and is set forward, so that no line is long because
 * the machine is slow; plain TCP sockets play what hangs.
 */
#include "base/limits.h"
#include "net/dial.h"
#include "net/socket_impl.h"
#include "net/zap.h"
#include "support/net_world.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NO_STAGGER = 600000, FAR_MS = 200, FRAMES_MAX = 16 };

static ts_world_t world;
static ts_zap_t *zap;
static ts_loop_id_t zap_reader;
static ts_socket_t *door;
static ts_loop_id_t door_reader;
static ts_loop_id_t door_events;
static ts_curve_pair_t server;
static ts_curve_pair_t office;
static ts_curve_pair_t stranger;
static ts_dial_t *dial;

/* What the owner was told. */
static struct {
    size_t connected;
    size_t ready;
    size_t refused;
    size_t down;
    size_t down_with_other;
    size_t frames;
    size_t line_ready; /* handshakes that came to their end, of any attempt */
} told;

/* How far the clock is set forward when a connection goes into use. */
static int64_t jump_at_ready_ms;

/* What the door received. */
static uint32_t routes[FRAMES_MAX];
static size_t arrived;

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
read_door(void *context)
{
    ts_frame_t frame = {0};
    while (arrived < FRAMES_MAX && ts_socket_recv(door, &frame) == TS_ERR_OK) {
        routes[arrived++] = frame.route;
    }
    ts_frame_close(&frame);
}

static void
on_connected(void *context)
{
    told.connected++;
}

static void
on_ready(void *context)
{
    told.ready++;
    world.ahead_ms += jump_at_ready_ms;
    jump_at_ready_ms = 0;
}

static void
on_refused(void *context)
{
    told.refused++;
}

static void
on_down(void *context, bool is_other_ready)
{
    told.down++;
    told.down_with_other += is_other_ready;
}

static void
on_frame(void *context, ts_bytes_t body)
{
    told.frames++;
}

static void
on_event(void *context, uint64_t line, const ts_link_event_t *event)
{
    told.line_ready += event->change == TS_LINK_READY;
}

static void
open_door(void)
{
    const char *endpoints[] = {"tcp://127.0.0.1:0"};
    const ts_curve_server_t options = {endpoints, 1, &server};
    assert_int_equal(ts_door_open(world.net, &options, &door, NULL), TS_ERR_OK);
    door_events = ts_loop_add_link_events(world.loop, door, drain_events, NULL);
    door_reader = ts_loop_add_socket(world.loop, door, read_door, NULL);
}

static void
close_door(void)
{
    if (door != NULL) {
        ts_loop_remove(world.loop, door_reader);
        ts_loop_remove(world.loop, door_events);
    }
    ts_socket_close(&door);
}

static int
setup(void **state)
{
    ts_world_open(&world);
    ts_world_stop_clock(&world);
    ts_curve_pair_make(&server);
    ts_curve_pair_make(&office);
    ts_curve_pair_make(&stranger);
    memset(&told, 0, sizeof told);
    arrived = 0;
    jump_at_ready_ms = 0;
    assert_int_equal(ts_zap_open(world.net, &zap, NULL), TS_ERR_OK);
    const ts_zap_entry_t entry = {office.public_key, TS_ZAP_OFFICE};
    assert_int_equal(ts_zap_admit(zap, &entry, 1), TS_ERR_OK);
    open_door();
    zap_reader = ts_loop_add_socket(world.loop, ts_zap_socket(zap), read_zap, NULL);
    const ts_dial_handlers_t handlers = {NULL,    on_connected, on_ready, on_refused,
                                         on_down, on_frame,     on_event};
    dial = ts_dial_new(world.net, world.loop, &handlers);
    return 0;
}

static int
teardown(void **state)
{
    ts_dial_destroy(&dial);
    assert_null(dial);
    ts_dial_destroy(&dial);
    close_door();
    ts_zap_close(&zap);
    ts_world_close(&world);
    return 0;
}

static void
seek_at(const char *endpoint, const ts_curve_pair_t *pair, int64_t stagger_ms)
{
    const ts_curve_client_t target = {endpoint, &server.public_key, pair};
    assert_int_equal(ts_dial_seek(dial, &target, stagger_ms, NULL), TS_ERR_OK);
}

static void
seek(void)
{
    seek_at(ts_socket_endpoint(door), &office, NO_STAGGER);
}

static bool
is_at_least(void *context)
{
    const size_t *const *pair = context;
    return *pair[0] >= *pair[1];
}

static void
await(const size_t *counter, size_t count)
{
    const size_t *pair[] = {counter, &count};
    assert_true(ts_world_until(&world, is_at_least, pair));
}

static bool
has_lines(void *context)
{
    return ts_dial_lines(dial) == *(const size_t *)context;
}

/* So many, and so many they stay. */
static void
await_lines(size_t count)
{
    assert_true(ts_world_until(&world, has_lines, &count));
    ts_world_settle(&world, 20);
    assert_int_equal(ts_dial_lines(dial), count);
}

static void
say(void)
{
    const size_t before = arrived;
    assert_int_equal(ts_dial_send(dial, "word", 4), TS_ERR_OK);
    await(&arrived, before + 1);
}

/* A line of which TCP needs long: in use, and a spare beside it, both ready for a while. */
static void
reach_far(void)
{
    seek();
    world.ahead_ms += FAR_MS;
    await(&told.ready, 1);
    await(&told.line_ready, 2);
    assert_int_equal(ts_dial_lines(dial), 2);
    say();
    world.ahead_ms += 10000;
}

/* Listens on 127.0.0.1 and never accepts by itself. */
static int
listen_mute(int backlog, char endpoint[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t bytes = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, bytes), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &bytes), 0);
    snprintf(endpoint, 64, "tcp://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return fd;
}

static void
test_dial_near_line_needs_one_connection(void **state)
{
    assert_int_equal(ts_dial_send(dial, "x", 1), TS_ERR_AGAIN);
    seek();
    await(&told.ready, 1);
    assert_int_equal(told.connected, 1);
    ts_world_settle(&world, 50);
    assert_int_equal(ts_dial_lines(dial), 1);
    say();
    assert_int_equal(ts_socket_send_to(door, routes[0], "answer", 6), TS_ERR_OK);
    await(&told.frames, 1);
    ts_dial_hang_up(dial);
    assert_int_equal(ts_dial_lines(dial), 0);
    assert_int_equal(told.ready, 1);
    assert_int_equal(told.down, 0);
}

static void
test_dial_far_line_has_a_spare_that_goes_into_use_at_once(void **state)
{
    reach_far();
    ts_dial_hang_up(dial);
    assert_int_equal(ts_dial_lines(dial), 1);
    /* No handshake can come to its end from here on: what is ready must have been so before. */
    ts_loop_remove(world.loop, zap_reader);
    seek();
    /* Not before an attempt has shown that the line is back. */
    assert_int_equal(told.ready, 1);
    assert_int_equal(ts_dial_send(dial, "x", 1), TS_ERR_AGAIN);
    await(&told.ready, 2);
    assert_int_equal(told.line_ready, 2);
    assert_int_equal(told.connected, 2);
    say();
    assert_true(routes[0] != routes[1]);
    assert_int_equal(ts_socket_send_to(door, routes[1], "answer", 6), TS_ERR_OK);
    await(&told.frames, 1);
    /* The attempt becomes the next spare. */
    zap_reader = ts_loop_add_socket(world.loop, ts_zap_socket(zap), read_zap, NULL);
    await(&told.line_ready, 3);
    await_lines(2);
    assert_int_equal(told.down, 0);
    say();
    assert_int_equal(routes[2], routes[1]);
}

static void
test_dial_mute_spare_gives_way_to_the_next(void **state)
{
    reach_far();
    ts_dial_hang_up(dial);
    seek();
    /* Nothing is ever answered by it, and the attempt beside it becomes ready. */
    await(&told.down, 1);
    assert_int_equal(told.down_with_other, 1);
    assert_int_equal(told.line_ready, 3);
    assert_int_equal(ts_dial_lines(dial), 1);
    seek();
    await(&told.ready, 3);
    assert_int_equal(told.line_ready, 3);
    say();
}

/* The line broke just when the first connection stood: the spare's handshake ends later. */
static void
test_dial_first_connection_that_is_mute_gives_way_to_the_spare(void **state)
{
    seek();
    world.ahead_ms += FAR_MS;
    /* What becomes ready first is in use; the clock jumps before the other one is. */
    jump_at_ready_ms = 2500;
    await(&told.ready, 1);
    await(&told.line_ready, 2);
    await(&told.down, 1);
    assert_int_equal(ts_dial_lines(dial), 1);
    seek();
    await(&told.ready, 2);
    assert_int_equal(told.line_ready, 2);
    say();
}

static void
test_dial_spare_that_nobody_needs_ends(void **state)
{
    reach_far();
    ts_dial_hang_up(dial);
    ts_world_settle(&world, 20);
    assert_int_equal(ts_dial_lines(dial), 1);
    world.ahead_ms += 61000;
    await_lines(0);
}

static void
test_dial_other_key_leaves_no_spare_of_the_first(void **state)
{
    reach_far();
    seek_at(ts_socket_endpoint(door), &stranger, NO_STAGGER);
    assert_int_equal(ts_dial_lines(dial), 1);
    await(&told.refused, 1);
    assert_int_equal(ts_dial_lines(dial), 0);
    assert_int_equal(told.ready, 1);
    assert_int_equal(told.down, 0);
}

static void
test_dial_attempts_race_and_the_oldest_gives_way(void **state)
{
    /* The queue of connections is full after the first: what comes later is not even answered. */
    char endpoint[64];
    const int fd = listen_mute(0, endpoint);
    const char *at = strrchr(endpoint, ':') + 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                                  .sin_port = htons((uint16_t)strtoul(at, NULL, 10))};
    const int filler = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(filler, (const struct sockaddr *)&address, sizeof address), 0);
    seek_at(endpoint, &office, 700);
    size_t most = 0;
    for (size_t i = 0; i < 3 * TS_DIAL_TRIES; i++) {
        ts_world_settle(&world, 10);
        const size_t lines = ts_dial_lines(dial);
        assert_true(lines <= TS_DIAL_TRIES);
        most = lines > most ? lines : most;
        world.ahead_ms += 700;
    }
    assert_int_equal(most, TS_DIAL_TRIES);
    assert_int_equal(told.connected, 0);
    ts_dial_hang_up(dial);
    assert_int_equal(ts_dial_lines(dial), 0);
    close(filler);
    close(fd);
}

static void
test_dial_handshake_that_hangs_gets_company(void **state)
{
    char endpoint[64];
    const int fd = listen_mute(16, endpoint);
    seek_at(endpoint, &office, 700);
    await(&told.connected, 1);
    world.ahead_ms += 1000;
    ts_world_settle(&world, 20);
    assert_int_equal(ts_dial_lines(dial), 1);
    world.ahead_ms += 5000;
    await_lines(2);
    assert_int_equal(told.connected, 1);
    close(fd);
}

static void
test_dial_silent_connection_is_reset(void **state)
{
    char endpoint[64];
    const int fd = listen_mute(16, endpoint);
    seek_at(endpoint, &office, NO_STAGGER);
    await(&told.connected, 1);
    const int accepted = accept(fd, NULL, NULL);
    assert_true(accepted >= 0);
    ts_dial_hang_up(dial);
    char bytes[256];
    ssize_t got = 1;
    while (got > 0) {
        got = recv(accepted, bytes, sizeof bytes, 0);
    }
    assert_int_equal(got, -1);
    assert_int_equal(errno, ECONNRESET);
    close(accepted);
    close(fd);
}

static void
test_dial_nobody_there_is_told_once(void **state)
{
    char endpoint[64];
    close(listen_mute(0, endpoint));
    seek_at(endpoint, &office, 700);
    await(&told.down, 1);
    world.ahead_ms += 60000;
    ts_world_settle(&world, 50);
    assert_int_equal(told.down, 1);
    assert_int_equal(told.down_with_other, 0);
    assert_int_equal(told.connected, 0);
    assert_int_equal(ts_dial_lines(dial), 0);
}

static void
test_dial_end_of_the_gate_is_told(void **state)
{
    seek();
    await(&told.ready, 1);
    say();
    close_door();
    await(&told.down, 1);
    assert_int_equal(ts_dial_lines(dial), 0);
    assert_int_equal(ts_dial_send(dial, "x", 1), TS_ERR_AGAIN);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_dial_near_line_needs_one_connection),
        CASE(test_dial_far_line_has_a_spare_that_goes_into_use_at_once),
        CASE(test_dial_mute_spare_gives_way_to_the_next),
        CASE(test_dial_first_connection_that_is_mute_gives_way_to_the_spare),
        CASE(test_dial_spare_that_nobody_needs_ends),
        CASE(test_dial_other_key_leaves_no_spare_of_the_first),
        CASE(test_dial_attempts_race_and_the_oldest_gives_way),
        CASE(test_dial_handshake_that_hangs_gets_company),
        CASE(test_dial_silent_connection_is_reset),
        CASE(test_dial_nobody_there_is_told_once),
        CASE(test_dial_end_of_the_gate_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
