/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A small world for tests of net and of the gate: one context, one loop with a clock that can be
 * set forward, a folder of its own for socket files, and peers that note what happens to them.
 * Everything runs in one thread, so a test turns the loop until something is so.
 */
#ifndef TS_TESTS_SUPPORT_NET_WORLD_H
#define TS_TESTS_SUPPORT_NET_WORLD_H

#include "net/endpoint.h"
#include "net/loop.h"
#include "net/zap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ts_world {
    ts_net_t *net;
    ts_loop_t *loop;
    int64_t ahead_ms;   /* how far the loop's clock was set forward */
    int64_t stopped_ms; /* 0: the clock goes on beside */
    char dir[64];
} ts_world_t;

void ts_world_open(ts_world_t *world);
void ts_world_close(ts_world_t *world);
/* "ipc://<dir>/<name>", in a buffer of the caller. */
const char *ts_world_ipc(const ts_world_t *world, const char *name, char out[128]);
/* From now on the loop's clock goes on by ahead_ms only: how fast the machine is decides nothing.
 */
void ts_world_stop_clock(ts_world_t *world);
/* Turns the loop until `is_so`; false when that does not come within two minutes of real time,
 * which is for a loaded machine with a sanitizer. */
bool ts_world_until(ts_world_t *world, bool (*is_so)(void *context), void *context);
bool ts_world_until_within(ts_world_t *world, int64_t ms, bool (*is_so)(void *), void *context);
/* Turns the loop for that long, and some times at least, to see that something does not happen.
 * What shall happen is waited for with ts_world_until. */
void ts_world_settle(ts_world_t *world, int64_t ms);

enum { TS_PEER_FRAMES_MAX = 64 };

/* A connecting socket that notes its link events and keeps the frames it receives. */
typedef struct ts_peer {
    ts_world_t *world;
    ts_socket_t *socket;
    ts_curve_pair_t pair;
    ts_loop_id_t reader;
    ts_loop_id_t events;
    ts_frame_t frame;
    bool is_ready;
    bool is_refused;
    bool is_failed;
    bool is_down;
    int code; /* of the refusal or failure */
    size_t frame_count;
    uint8_t *frames[TS_PEER_FRAMES_MAX];
    size_t frame_bytes[TS_PEER_FRAMES_MAX];
} ts_peer_t;

/* Begins to watch an open socket; the peer owns it from now on. */
void ts_peer_watch(ts_peer_t *peer, ts_world_t *world, ts_socket_t *socket);
/* An uplink with this pair. */
void ts_peer_connect(ts_peer_t *peer,
                     ts_world_t *world,
                     const char *endpoint,
                     const ts_hash_t *server_key,
                     const ts_curve_pair_t *pair);
void ts_peer_close(ts_peer_t *peer);
bool ts_peer_is_ready(void *peer);
bool ts_peer_is_refused(void *peer);
bool ts_peer_is_down(void *peer);
bool ts_peer_has_frame(void *peer);
/* The connection came to an end of any kind: ready, refused, failed or down. */
bool ts_peer_is_settled(void *peer);

#endif
