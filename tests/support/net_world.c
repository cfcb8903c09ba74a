/* SPDX-License-Identifier: MPL-2.0 */
#include "support/net_world.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_MS = 120000, SETTLE_TURNS = 5 };

static int64_t
real_ms(void)
{
    struct timespec now;
    TS_CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static ts_mono_t
world_mono(void *context)
{
    const ts_world_t *world = context;
    const int64_t here_ms = world->stopped_ms != 0 ? world->stopped_ms : real_ms();
    return (ts_mono_t){here_ms + world->ahead_ms};
}

static ts_utc_t
world_wall(void *context)
{
    (void)context;
    return (ts_utc_t){1750000000000};
}

void
ts_world_open(ts_world_t *world)
{
    *world = (ts_world_t){.ahead_ms = 0};
    const ts_loop_clock_t clock = {world_mono, world_wall, world};
    world->net = ts_net_new();
    world->loop = ts_loop_new(&clock);
    snprintf(world->dir, sizeof world->dir, "/tmp/tiepsuc-test-XXXXXX");
    TS_CHECK(mkdtemp(world->dir) != NULL);
}

void
ts_world_close(ts_world_t *world)
{
    ts_loop_destroy(&world->loop);
    ts_net_destroy(&world->net);
    /* Fails when a socket file was left behind. */
    TS_CHECK(rmdir(world->dir) == 0);
}

const char *
ts_world_ipc(const ts_world_t *world, const char *name, char out[128])
{
    snprintf(out, 128, "ipc://%s/%s", world->dir, name);
    return out;
}

void
ts_world_stop_clock(ts_world_t *world)
{
    world->stopped_ms = real_ms();
}

bool
ts_world_until(ts_world_t *world, bool (*is_so)(void *context), void *context)
{
    return ts_world_until_within(world, DEADLINE_MS, is_so, context);
}

bool
ts_world_until_within(ts_world_t *world, int64_t ms, bool (*is_so)(void *), void *context)
{
    const int64_t end_ms = real_ms() + ms;
    while (!is_so(context)) {
        if (real_ms() >= end_ms) {
            return false;
        }
        ts_loop_turn(world->loop, 5);
    }
    return true;
}

void
ts_world_settle(ts_world_t *world, int64_t ms)
{
    const int64_t end_ms = real_ms() + ms;
    for (int turns = 0; turns < SETTLE_TURNS || real_ms() < end_ms; turns++) {
        ts_loop_turn(world->loop, 10);
    }
}

static void
read_events(void *context)
{
    ts_peer_t *peer = context;
    ts_link_event_t event;
    while (ts_socket_next_event(peer->socket, &event) == TS_ERR_OK) {
        peer->is_ready |= event.change == TS_LINK_READY;
        peer->is_refused |= event.change == TS_LINK_REFUSED;
        peer->is_failed |= event.change == TS_LINK_FAILED;
        peer->is_down |= event.change == TS_LINK_DOWN;
        if (event.code != 0) {
            peer->code = event.code;
        }
    }
}

static void
read_frames(void *context)
{
    ts_peer_t *peer = context;
    while (peer->frame_count < TS_PEER_FRAMES_MAX &&
           ts_socket_recv(peer->socket, &peer->frame) == TS_ERR_OK) {
        ts_bytes_t body = peer->frame.body;
        peer->frames[peer->frame_count] = ts_xmemdup(body.data, body.length);
        peer->frame_bytes[peer->frame_count++] = body.length;
    }
    ts_frame_close(&peer->frame);
}

void
ts_peer_watch(ts_peer_t *peer, ts_world_t *world, ts_socket_t *socket)
{
    *peer = (ts_peer_t){.world = world, .socket = socket};
    peer->events = ts_loop_add_link_events(world->loop, socket, read_events, peer);
    peer->reader = ts_loop_add_socket(world->loop, socket, read_frames, peer);
}

void
ts_peer_connect(ts_peer_t *peer,
                ts_world_t *world,
                const char *endpoint,
                const ts_hash_t *server_key,
                const ts_curve_pair_t *pair)
{
    const ts_curve_client_t options = {endpoint, server_key, pair};
    ts_socket_t *socket = NULL;
    TS_CHECK(ts_uplink_open(world->net, &options, &socket, NULL) == TS_ERR_OK);
    ts_peer_watch(peer, world, socket);
    peer->pair = *pair;
}

void
ts_peer_close(ts_peer_t *peer)
{
    if (peer->socket == NULL) {
        return;
    }
    ts_loop_remove(peer->world->loop, peer->reader);
    ts_loop_remove(peer->world->loop, peer->events);
    for (size_t i = 0; i < peer->frame_count; i++) {
        ts_xfree(peer->frames[i]);
    }
    peer->frame_count = 0;
    ts_frame_close(&peer->frame);
    ts_socket_close(&peer->socket);
}

bool
ts_peer_is_ready(void *peer)
{
    return ((ts_peer_t *)peer)->is_ready;
}

bool
ts_peer_is_refused(void *peer)
{
    return ((ts_peer_t *)peer)->is_refused;
}

bool
ts_peer_is_down(void *peer)
{
    return ((ts_peer_t *)peer)->is_down;
}

bool
ts_peer_has_frame(void *peer)
{
    return ((ts_peer_t *)peer)->frame_count > 0;
}

bool
ts_peer_is_settled(void *context)
{
    const ts_peer_t *peer = context;
    return peer->is_ready || peer->is_refused || peer->is_failed || peer->is_down;
}
