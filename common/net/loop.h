/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The reactor of a service: one thread, readers (sockets and descriptors), timers, idle work in
 * slices, and the signals that ask it to stop. All of it is driven by ts_loop_run; nothing runs
 * beside it.
 *
 * A turn: fire what is due, poll, call the readers that have something, then give each idle work
 * one slice. Every call should return within TS_TURN_MS_MAX, so a
 * reader takes a bounded number of messages per call (it is called again while there are more) and
 * long work is cut into idle slices. The loop measures and reports (ts_loop_stats), it cannot
 * enforce.
 *
 * Signals: SIGINT and SIGTERM stop the loop, SIGPIPE is ignored; the handlers that
 * czmq would install are kept out. Shutdown order is the service's: stop the loop, remove readers,
 * close sockets, destroy the loop, destroy the net. No socket may be alive at exit.
 */
#ifndef TS_NET_LOOP_H
#define TS_NET_LOOP_H

#include "base/time.h"
#include "net/socket.h"
#include "net/timers.h"

#include <stdbool.h>
#include <stdint.h>

/* Clocks of the service (services/shared/clock.h) or of a test. */
typedef struct ts_loop_clock {
    ts_mono_t (*mono)(void *context);
    ts_utc_t (*wall)(void *context);
    void *context;
} ts_loop_clock_t;

typedef void (*ts_loop_read_fn)(void *context);
/* Does one slice of work; false when there is nothing left to do: then it sleeps until it is woken.
 */
typedef bool (*ts_loop_idle_fn)(void *context);

/* What a descriptor is watched for. */
enum { TS_LOOP_READ = 1, TS_LOOP_WRITE = 2 };

typedef struct ts_loop_stats {
    uint64_t turns;
    uint64_t turns_long; /* turns whose work took more than TS_TURN_MS_MAX */
    int64_t turn_ms_max; /* the longest */
    uint64_t timers_fired;
    uint64_t reads; /* reader calls */
    uint64_t idle_slices;
} ts_loop_stats_t;

typedef struct ts_loop ts_loop_t;
/* Names one reader or idle work of a loop; 0 is none. */
typedef uint32_t ts_loop_id_t;

ts_loop_t *ts_loop_new(const ts_loop_clock_t *clock);
void ts_loop_destroy(ts_loop_t **self_p);

ts_mono_t ts_loop_now(const ts_loop_t *self);
ts_utc_t ts_loop_wall(const ts_loop_t *self);
const ts_loop_clock_t *ts_loop_clock(const ts_loop_t *self);

/* Calls `read` while the socket has a message. The socket is borrowed: remove the reader before
 * closing it. */
ts_loop_id_t
ts_loop_add_socket(ts_loop_t *self, ts_socket_t *socket, ts_loop_read_fn read, void *context);
/* Calls `read` while the socket has a link event (ts_socket_next_event). */
ts_loop_id_t
ts_loop_add_link_events(ts_loop_t *self, ts_socket_t *socket, ts_loop_read_fn read, void *context);
/* Calls `read` while the descriptor is ready for `what` (TS_LOOP_READ | TS_LOOP_WRITE), or has
 * failed. */
ts_loop_id_t ts_loop_add_fd(ts_loop_t *self, int fd, int what, ts_loop_read_fn read, void *context);
/* Stops and resumes calling a reader; it stays registered. */
void ts_loop_pause(ts_loop_t *self, ts_loop_id_t id);
void ts_loop_resume(ts_loop_t *self, ts_loop_id_t id);
/* Removes a reader or idle work, also from inside a call; 0 is ignored. */
void ts_loop_remove(ts_loop_t *self, ts_loop_id_t id);

/* Once, at or after that time. */
ts_timer_id_t ts_loop_at(ts_loop_t *self, ts_mono_t due, ts_timer_fn call, void *context);
/* Once, at or after so many milliseconds from now; delay_ms ≥ 0. */
ts_timer_id_t ts_loop_after(ts_loop_t *self, int64_t delay_ms, ts_timer_fn call, void *context);
void ts_loop_cancel(ts_loop_t *self, ts_timer_id_t id);

/* Work in slices: called once per turn while it returns true. It starts asleep. */
ts_loop_id_t ts_loop_add_idle(ts_loop_t *self, ts_loop_idle_fn slice, void *context);
void ts_loop_wake_idle(ts_loop_t *self, ts_loop_id_t id);

/* Installs the signal handlers. At most one loop of a process has them; they are put back by
 * destroy. */
void ts_loop_catch_signals(ts_loop_t *self);
/* Runs until ts_loop_stop or a caught signal. */
void ts_loop_run(ts_loop_t *self);
/* One turn that waits at most so long (0: does not wait). False once it was stopped. */
bool ts_loop_turn(ts_loop_t *self, int64_t wait_ms_max);
/* Ends ts_loop_run after the present call; from any callback. */
void ts_loop_stop(ts_loop_t *self);
/* The signal that stopped it, 0 when none did. */
int ts_loop_signal(const ts_loop_t *self);

const ts_loop_stats_t *ts_loop_stats(const ts_loop_t *self);

#endif
