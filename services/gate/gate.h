/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The gate: owns the public port and the ZAP handler, holds the CURVE server key and nothing else.
 * It passes single frames on to the node behind it with the authenticated key of
 * their sender, and back; it never looks into a frame. The node pushes the table of admitted keys;
 * without a node nobody is admitted.
 *
 * Doors: "sync" for offices and invites; optional for the province "pages" and "bell", the feed to
 * subscribers.
 *
 * Memory is bounded whatever a peer does: frames and queues by socket options, bytes on their way
 * to the node by budgets (TS_GATE_SESSION_BYTES_MAX each, TS_CREDIT_BYTES_TOTAL in all), messages
 * that never end by net/watch. A peer that breaks a rule is cut off and its key banned: a minute
 * for flooding, an hour for several frames.
 */
#ifndef TS_GATE_GATE_H
#define TS_GATE_GATE_H

#include "base/err.h"
#include "base/msg.h"
#include "net/endpoint.h"
#include "net/gate_link.h"
#include "net/keys.h"
#include "net/loop.h"

#include <stddef.h>
#include <stdint.h>

/* Endpoints of one door; count 0: there is no such door. */
typedef struct ts_gate_listen {
    const char *const *endpoints; /* borrowed for the call */
    size_t count;
} ts_gate_listen_t;

typedef struct ts_gate_options {
    ts_net_t *net; /* borrowed while the gate lives, as loop and pair */
    ts_loop_t *loop;
    const ts_curve_pair_t *pair; /* of the server */
    ts_gate_listen_t sync;
    ts_gate_listen_t pages;
    ts_gate_listen_t bell;
    const char *node;    /* "ipc:///run/…" of the node behind */
    size_t sessions_max; /* 1..TS_SESSIONS_MAX */
    uint32_t boot_nonce; /* random for each start, not 0 */
} ts_gate_options_t;

typedef struct ts_gate ts_gate_t;

/* Opens the doors, tries each as a stranger would (net/selftest.h), and begins to look for the
 * node. Any error means that the process must not go on; `detail` says why. Blocks for the
 * self-test: milliseconds, at most 5 s an attempt. */
TS_MUST_USE ts_err_t ts_gate_open(const ts_gate_options_t *options,
                                  ts_gate_t **ret_self,
                                  ts_msg_t *detail);
void ts_gate_close(ts_gate_t **self_p);

/* Where the sync door is bound. */
const char *ts_gate_endpoint(const ts_gate_t *self);
const char *ts_gate_pages_endpoint(const ts_gate_t *self);
const char *ts_gate_bell_endpoint(const ts_gate_t *self);
/* A node is there and has given the table. */
bool ts_gate_is_ready(const ts_gate_t *self);
ts_gate_stats_t ts_gate_stats(const ts_gate_t *self);

#endif
