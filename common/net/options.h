/* SPDX-License-Identifier: MPL-2.0 */
/* Private to net: the roles that a socket may have, and making one with every option of its role
 * set. */
#ifndef TS_NET_OPTIONS_H
#define TS_NET_OPTIONS_H

#include "base/err.h"
#include "base/msg.h"
#include "net/endpoint.h"
#include "net/socket.h"

/* Roles as bits, so that a row of the option table names those it is for. */
enum {
    TS_ROLE_UPLINK = 1 << 0,
    TS_ROLE_DOOR = 1 << 1,
    TS_ROLE_BELL = 1 << 2,
    TS_ROLE_PAGES = 1 << 3,
    TS_ROLE_BELL_READER = 1 << 4,
    TS_ROLE_PAGE_READER = 1 << 5,
    TS_ROLE_CONTROL = 1 << 6,
    TS_ROLE_CONTROL_CLIENT = 1 << 7,
    TS_ROLE_GATE_PORT = 1 << 8,
    TS_ROLE_GATE_LINK = 1 << 9,
    TS_ROLE_ZAP = 1 << 10,
    TS_ROLE_DOOR_PROBE = 1 << 11,
    TS_ROLE_BELL_PROBE = 1 << 12,
    TS_ROLE_ALL = (1 << 13) - 1,
    TS_ROLE_PROBE = TS_ROLE_DOOR_PROBE | TS_ROLE_BELL_PROBE,
    TS_ROLE_CLIENTS = TS_ROLE_UPLINK | TS_ROLE_BELL_READER | TS_ROLE_PAGE_READER | TS_ROLE_PROBE,
    TS_ROLE_SERVERS = TS_ROLE_DOOR | TS_ROLE_BELL | TS_ROLE_PAGES,
    TS_ROLE_TCP = TS_ROLE_CLIENTS | TS_ROLE_SERVERS,
    TS_ROLE_IPC_CLIENTS = TS_ROLE_CONTROL_CLIENT | TS_ROLE_GATE_LINK,
    TS_ROLE_ROUTERS = TS_ROLE_DOOR | TS_ROLE_PAGES | TS_ROLE_CONTROL | TS_ROLE_GATE_PORT,
    TS_ROLE_WATCHED = TS_ROLE_UPLINK | TS_ROLE_BELL_READER | TS_ROLE_PAGE_READER | TS_ROLE_PROBE |
                      TS_ROLE_DOOR | TS_ROLE_PAGES | TS_ROLE_BELL | TS_ROLE_GATE_LINK |
                      TS_ROLE_GATE_PORT
};

/* A socket of that role with every option set and read back, not yet bound or connected. */
TS_MUST_USE ts_err_t ts_socket_make(ts_net_t *net,
                                    int role,
                                    ts_socket_t **ret_self,
                                    ts_msg_t *detail);

/* Sets bytes (a key, a domain) and reads them back. */
TS_MUST_USE ts_err_t ts_socket_set_bytes(
    ts_socket_t *self, int option, const char *name, ts_bytes_t value, ts_msg_t *detail);
/* CONFIG, with the sentence that the library does not take this setting. */
TS_MUST_USE ts_err_t ts_option_failed(const char *name, ts_msg_t *detail);

#endif
