/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The connection of an office to the gate of its parent, over a line that comes and goes. The owner
 * says whom to reach and when to stop (core/retry.h); how to reach it soonest is known here.
 *
 * Race: TCP doubles the pauses between its tries, so that a connection begun before the line is
 * back may sit still for seconds after. While one is sought a fresh attempt is begun every
 * `stagger_ms`, at most TS_DIAL_TRIES at a time, the oldest giving way. Once TCP stands on one the
 * others end and no more are begun, unless its handshake does not come to an end either.
 *
 * Spare: the handshake costs five round trips, three seconds on a line of 300 ms each way. Where
 * TCP took TS_DIAL_FAR_MS or more to stand, a second connection is made and left silent. Nothing on
 * it waits for an answer, so an outage does not harm it: when the connection in use has been given
 * up, the first attempt whose TCP stands proves that the line is back, the spare goes into use at
 * once, and that attempt becomes the next spare. Should the spare be dead after all (the line came
 * back with another address), the attempt is ready three seconds later and takes its place; so does
 * a spare that becomes ready beside a first connection that never carried anything.
 *
 * A connection that is given up while it was silent is reset: what the system still holds for it
 * must not be sent when the line is back.
 */
#ifndef TS_NET_DIAL_H
#define TS_NET_DIAL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/msg.h"
#include "net/endpoint.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_DIAL_TRIES 6u
#define TS_DIAL_FAR_MS 150

/* Calls never come from inside ts_dial_seek, ts_dial_hang_up or ts_dial_send; each of these may be
 * called from inside them. */
typedef struct ts_dial_handlers {
    void *context;
    /* TCP stands; the handshake of keys goes on. Once for each seek, or not at all. */
    void (*connected)(void *context);
    /* The connection can be used: once for each seek, which is over with it. */
    void (*ready)(void *context);
    /* The gate does not admit the key; the seek is over. */
    void (*refused)(void *context);
    /* The connection in use has ended, or nobody can be reached now; the seek is over.
     * is_other_ready: it was mute and another one stands: the next seek has it at once. */
    void (*down)(void *context, bool is_other_ready);
    /* One frame; body is borrowed for the call. */
    void (*frame)(void *context, ts_bytes_t body);
    /* For log lines: what happened to which attempt; may be NULL. */
    void (*event)(void *context, uint64_t line, const ts_link_event_t *event);
} ts_dial_handlers_t;

typedef struct ts_dial ts_dial_t;

/* net and loop are borrowed and must live longer. */
ts_dial_t *ts_dial_new(ts_net_t *net, ts_loop_t *loop, const ts_dial_handlers_t *handlers);
void ts_dial_destroy(ts_dial_t **self_p);

/* Begins to look for a connection; what was sought or used before ends. The target is copied. A
 * spare to another target ends. Errors as in net/endpoint.h; nothing is sought then. */
TS_MUST_USE ts_err_t ts_dial_seek(ts_dial_t *self,
                                  const ts_curve_client_t *target,
                                  int64_t stagger_ms,
                                  ts_msg_t *detail);
/* Ends the connection in use and every attempt; a spare stays for a minute. */
void ts_dial_hang_up(ts_dial_t *self);
/* Queues one frame. AGAIN: there is no connection, or its queue is full. */
TS_MUST_USE ts_err_t ts_dial_send(ts_dial_t *self, const void *data, size_t bytes);

/* Connections and attempts open now, spares among them: for tests and status. */
size_t ts_dial_lines(const ts_dial_t *self);

#endif
