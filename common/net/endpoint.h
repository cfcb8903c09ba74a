/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Opening the sockets of the system: one constructor for each link, and every option in the one
 * table of endpoint.c, with the reason beside it. Each option is read back; where the library
 * cannot tell its value (ROUTER_MANDATORY) the behaviour is tried instead. A mismatch is an error,
 * never a warning.
 *
 * The allowed links (nothing else talks); right of the arrow the side that binds:
 *   uplink       office DEALER → gate ROUTER of its parent; tcp, CURVE    ts_uplink_open,
 * ts_door_open doorbell     subscriber SUB → gate XPUB of the province; tcp, CURVE
 * ts_bell_reader_open, ts_bell_open pages        subscriber DEALER → gate ROUTER; tcp, CURVE
 * ts_page_reader_open, ts_pages_open gate link    gate DEALER → node ROUTER; ipc ts_gate_link_open,
 * ts_gate_port_bind control      CLI, web, reporter DEALER → node ROUTER; ipc ts_control_connect,
 * ts_control_bind
 *
 * Errors of every constructor: CONFIG an endpoint is malformed or too long, or an option could not
 * be set; LOCKED the address is in use; EXISTS something that is no socket lies at the path; IO the
 * system refused. ret_socket is untouched then and `detail` (may be NULL) says what. A socket must
 * be closed before its ts_net_t is destroyed.
 */
#ifndef TS_NET_ENDPOINT_H
#define TS_NET_ENDPOINT_H

#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "net/keys.h"
#include "net/socket.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct ts_net ts_net_t;

/* The context of a process: two threads of the library. Make it before the loop and once. */
ts_net_t *ts_net_new(void);
/* Ends it; every socket must be closed (TS_CHECK). */
void ts_net_destroy(ts_net_t **self_p);

/* The client side of a CURVE link. */
typedef struct ts_curve_client {
    const char *endpoint;            /* "tcp://host:port" */
    const ts_hash_t *server_key;     /* public key of the gate, from the invite or the registry */
    const ts_curve_pair_t *own_pair; /* node key pair; the invite's for the first session */
} ts_curve_client_t;

/* The server side: a bound socket of the gate. */
typedef struct ts_curve_server {
    const char *const *endpoints;    /* "tcp://address:port"; port 0 takes a free one */
    size_t endpoint_count;           /* 1..8 */
    const ts_curve_pair_t *own_pair; /* the gate's */
} ts_curve_server_t;

/* One session of an office with its parent: IMMEDIATE, never reconnects by itself, no
 * heartbeat. Close it and open a new one for the next session. Link events tell how it goes; the
 * owner needs a deadline of its own. */
TS_MUST_USE ts_err_t ts_uplink_open(ts_net_t *net,
                                    const ts_curve_client_t *options,
                                    ts_socket_t **ret_socket,
                                    ts_msg_t *detail);
/* Subscribers: pages of the feed (the answers may be large), and its doorbell. The second is given
 * topics by ts_bell_subscribe. */
TS_MUST_USE ts_err_t ts_page_reader_open(ts_net_t *net,
                                         const ts_curve_client_t *options,
                                         ts_socket_t **ret_socket,
                                         ts_msg_t *detail);
TS_MUST_USE ts_err_t ts_bell_reader_open(ts_net_t *net,
                                         const ts_curve_client_t *options,
                                         ts_socket_t **ret_socket,
                                         ts_msg_t *detail);
/* Frames that begin with `topic`; "" is all. */
void ts_bell_subscribe(ts_socket_t *bell_reader, const char *topic);

/* The gate's three public sockets. They refuse everybody until the process answers ZAP (net/zap.h):
 * the domains "sync" and "feed" are enforced. */
TS_MUST_USE ts_err_t ts_door_open(ts_net_t *net,
                                  const ts_curve_server_t *options,
                                  ts_socket_t **ret_socket,
                                  ts_msg_t *detail);
TS_MUST_USE ts_err_t ts_pages_open(ts_net_t *net,
                                   const ts_curve_server_t *options,
                                   ts_socket_t **ret_socket,
                                   ts_msg_t *detail);
TS_MUST_USE ts_err_t ts_bell_open(ts_net_t *net,
                                  const ts_curve_server_t *options,
                                  ts_socket_t **ret_socket,
                                  ts_msg_t *detail);

/* Who may connect to a socket file: its owner (0600) or the group as well (0660). */
typedef enum ts_ipc_access { TS_IPC_OWNER, TS_IPC_GROUP } ts_ipc_access_t;

/* The node's sockets within the machine, "ipc:///path". The gate link and the control link survive
 * a restart of either side: the bound file is taken over when nobody serves it, the connecting side
 * tries again (0.1–2 s). */
TS_MUST_USE ts_err_t ts_control_bind(ts_net_t *net,
                                     const char *endpoint,
                                     ts_ipc_access_t access,
                                     ts_socket_t **ret_socket,
                                     ts_msg_t *detail);
TS_MUST_USE ts_err_t ts_control_connect(ts_net_t *net,
                                        const char *endpoint,
                                        ts_socket_t **ret_socket,
                                        ts_msg_t *detail);
TS_MUST_USE ts_err_t ts_gate_port_bind(ts_net_t *net,
                                       const char *endpoint,
                                       ts_ipc_access_t access,
                                       ts_socket_t **ret_socket,
                                       ts_msg_t *detail);
TS_MUST_USE ts_err_t ts_gate_link_open(ts_net_t *net,
                                       const char *endpoint,
                                       ts_socket_t **ret_socket,
                                       ts_msg_t *detail);

/* The ZAP handler's own socket; only net/zap uses it. LOCKED: this process has one already. */
TS_MUST_USE ts_err_t ts_zap_bind(ts_net_t *net, ts_socket_t **ret_socket, ts_msg_t *detail);

/* Connects without any security to try a door; only for net/selftest and tests. is_bell: the door
 * is a doorbell. */
TS_MUST_USE ts_err_t ts_probe_open(
    ts_net_t *net, const char *endpoint, bool is_bell, ts_socket_t **ret_socket, ts_msg_t *detail);

#endif
