/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The node's side of the gate link: the office or the aggregator keeps one, reads it from its loop
 * and talks through it with its children and subscribers, however many gates stand in front (at
 * most TS_GATES_MAX).
 *
 * A session begins with `opened` and ends with `closed`, once each, also when a gate or the link to
 * it is lost. The key given by `opened` is authenticated and holds for every `data` of that
 * session. What `data` has returned from is confirmed to the gate, which is how the gate knows how
 * much is on the way: so `data` must have taken the bytes. A gate admits nobody until it has the
 * table: ts_gate_port_admit may come before or after the gate, and is pushed again to every gate
 * that comes.
 */
#ifndef TS_NET_GATE_PORT_H
#define TS_NET_GATE_PORT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "net/endpoint.h"
#include "net/gate_link.h"
#include "net/loop.h"
#include "net/zap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ts_gate_handlers {
    void *context;
    void (*opened)(void *context, uint64_t session, const ts_hash_t *key, ts_zap_class_t klass);
    /* body is borrowed for the call. */
    void (*data)(void *context, uint64_t session, ts_bytes_t body);
    void (*closed)(void *context, uint64_t session, ts_gate_reason_t reason);
    /* A gate came (true) or was lost (false); key is its public CURVE key, which invites name. May
     * be NULL. */
    void (*gate)(void *context, uint64_t gate_nonce, const ts_hash_t *key, bool is_up);
    /* This gate now has the table of that version; may be NULL. */
    void (*admitted)(void *context, uint64_t gate_nonce, uint64_t version);
    /* Answer to ts_gate_port_ask_stats; may be NULL. */
    void (*stats)(void *context, uint64_t gate_nonce, const ts_gate_stats_t *stats);
} ts_gate_handlers_t;

typedef struct ts_gate_port_options {
    ts_net_t *net;        /* borrowed */
    ts_loop_t *loop;      /* borrowed; its readers are added by open and removed by close */
    const char *endpoint; /* "ipc:///run/…" */
    ts_ipc_access_t access;
    uint64_t boot_nonce; /* of the node, random for each start */
    ts_gate_handlers_t handlers;
} ts_gate_port_options_t;

typedef struct ts_gate_port ts_gate_port_t;

/* Binds and begins to read. Errors as in net/endpoint.h. */
TS_MUST_USE ts_err_t ts_gate_port_open(const ts_gate_port_options_t *options,
                                       ts_gate_port_t **ret_self,
                                       ts_msg_t *detail);
/* No handler is called by it. */
void ts_gate_port_close(ts_gate_port_t **self_p);

/* Replaces the table of admitted keys at every gate. version grows with each table; the gate
 * answers with it. TOOBIG beyond TS_ADMITTED_KEYS_MAX, INVALID for an unknown class. */
TS_MUST_USE ts_err_t ts_gate_port_admit(ts_gate_port_t *self,
                                        const ts_zap_entry_t *entries,
                                        size_t count,
                                        uint64_t version);
/* Queues a frame for the peer of a session. NOTFOUND: there is no such session (any more). AGAIN:
 * the gate does not take more now; the frame was not queued. TOOBIG beyond what the link carries.
 */
TS_MUST_USE ts_err_t ts_gate_port_send(ts_gate_port_t *self, uint64_t session, ts_bytes_t body);
/* Ends a session: what was sent before still goes out for two seconds, then the connection is cut.
 * `closed` follows with reason NODE. Unknown sessions are ignored. */
void ts_gate_port_drop(ts_gate_port_t *self, uint64_t session);
/* Refuses a key at every gate for that long, and drops its sessions. */
void ts_gate_port_ban(ts_gate_port_t *self, const ts_hash_t *key, uint32_t seconds);
/* Rings the doorbell of the feed: one frame, topic first. */
void ts_gate_port_publish(ts_gate_port_t *self, ts_bytes_t frame);
void ts_gate_port_ask_stats(ts_gate_port_t *self);

/* Gates connected now, and sessions open. */
size_t ts_gate_port_gates(const ts_gate_port_t *self);
size_t ts_gate_port_sessions(const ts_gate_port_t *self);
/* Messages of a gate that could not be understood: faults of ours, should stay 0. */
uint64_t ts_gate_port_faults(const ts_gate_port_t *self);

#endif
