/* SPDX-License-Identifier: MPL-2.0 */
#include "net/options.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "net/say.h"
#include "net/socket_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

/* In the headers only as a draft, yet the library honours it; the setter of czmq is empty. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

static const struct {
    int role;
    int type;
    const char *zap_domain; /* of a server; NULL else */
} role_table[] = {
    {TS_ROLE_UPLINK, ZMQ_DEALER, NULL},    {TS_ROLE_DOOR, ZMQ_ROUTER, "sync"},
    {TS_ROLE_BELL, ZMQ_XPUB, "feed"},      {TS_ROLE_PAGES, ZMQ_ROUTER, "feed"},
    {TS_ROLE_BELL_READER, ZMQ_SUB, NULL},  {TS_ROLE_PAGE_READER, ZMQ_DEALER, NULL},
    {TS_ROLE_CONTROL, ZMQ_ROUTER, NULL},   {TS_ROLE_CONTROL_CLIENT, ZMQ_DEALER, NULL},
    {TS_ROLE_GATE_PORT, ZMQ_ROUTER, NULL}, {TS_ROLE_GATE_LINK, ZMQ_DEALER, NULL},
    {TS_ROLE_ZAP, ZMQ_REP, NULL},          {TS_ROLE_DOOR_PROBE, ZMQ_DEALER, NULL},
    {TS_ROLE_BELL_PROBE, ZMQ_SUB, NULL},
};

enum { CANNOT_BE_READ = 1, IS_INT64 = 2 };

/* Every numeric option of every socket. */
static const struct {
    int roles;
    int option;
    const char *name;
    int64_t value;
    int flags;
} option_table[] = {
#define ROW(roles, option, value, flags)     \
    {                                        \
        roles, option, #option, value, flags \
    }
    /* What is queued for a dead peer must not reach its successor, nor hold up the end of the
       process. */
    ROW(TS_ROLE_ALL, ZMQ_LINGER, 0, 0),
    /* With heartbeats a connecting socket whose reader stalls aborts the process, a binding one
       loses messages. */
    ROW(TS_ROLE_ALL, ZMQ_HEARTBEAT_IVL, 0, 0),
    /* The library looks up host names in its thread and waits for it; a dead name server must not
       hold up the links within the machine. */
    ROW(TS_ROLE_CLIENTS, ZMQ_AFFINITY, 2, IS_INT64),
    ROW(TS_ROLE_ALL & ~TS_ROLE_CLIENTS, ZMQ_AFFINITY, 1, IS_INT64),
    /* At least twice the largest window in messages: a full window is at most 128 of them
       (core/session.h), so that EAGAIN is a fault to count. */
    ROW(TS_ROLE_UPLINK | TS_ROLE_DOOR, ZMQ_SNDHWM, 256, 0),
    ROW(TS_ROLE_UPLINK | TS_ROLE_DOOR, ZMQ_RCVHWM, 256, 0),
    ROW(TS_ROLE_PAGES | TS_ROLE_PAGE_READER | TS_ROLE_PROBE, ZMQ_SNDHWM, 64, 0),
    ROW(TS_ROLE_PAGES | TS_ROLE_PAGE_READER | TS_ROLE_PROBE, ZMQ_RCVHWM, 64, 0),
    /* Doorbells are small; one that is lost costs latency only. */
    ROW(TS_ROLE_BELL | TS_ROLE_BELL_READER, ZMQ_SNDHWM, 256, 0),
    ROW(TS_ROLE_BELL | TS_ROLE_BELL_READER, ZMQ_RCVHWM, 256, 0),
    ROW(TS_ROLE_CONTROL | TS_ROLE_CONTROL_CLIENT, ZMQ_SNDHWM, 256, 0),
    ROW(TS_ROLE_CONTROL | TS_ROLE_CONTROL_CLIENT, ZMQ_RCVHWM, 256, 0),
    /* Between gate and node the budgets of bytes bind first (16 MiB in all,
       TS_GATE_SESSION_BYTES_MAX each). */
    ROW(TS_ROLE_GATE_PORT | TS_ROLE_GATE_LINK, ZMQ_SNDHWM, 16384, 0),
    ROW(TS_ROLE_GATE_PORT | TS_ROLE_GATE_LINK, ZMQ_RCVHWM, 16384, 0),
    /* One request for each handshake under way; their number is bounded by the descriptors. */
    ROW(TS_ROLE_ZAP, ZMQ_SNDHWM, 0, 0),
    ROW(TS_ROLE_ZAP, ZMQ_RCVHWM, 0, 0),
    /* The default is no limit; a larger frame drops its peer. */
    ROW(TS_ROLE_UPLINK | TS_ROLE_DOOR | TS_ROLE_PAGES | TS_ROLE_BELL_READER | TS_ROLE_PROBE,
        ZMQ_MAXMSGSIZE,
        TS_FRAME_BYTES_MAX,
        IS_INT64),
    /* Subscriptions only, but also the commands of the handshake (INITIATE has some 400 bytes). */
    ROW(TS_ROLE_BELL, ZMQ_MAXMSGSIZE, 1024, IS_INT64),
    ROW(TS_ROLE_PAGE_READER | TS_ROLE_GATE_PORT | TS_ROLE_GATE_LINK,
        ZMQ_MAXMSGSIZE,
        TS_GATE_LINK_BYTES_MAX,
        IS_INT64),
    ROW(TS_ROLE_CONTROL | TS_ROLE_CONTROL_CLIENT,
        ZMQ_MAXMSGSIZE,
        TS_CONTROL_BYTES_MAX + 65536,
        IS_INT64),
    /* Queue only for a peer that is there. */
    ROW(TS_ROLE_UPLINK | TS_ROLE_PAGE_READER | TS_ROLE_PROBE | TS_ROLE_IPC_CLIENTS,
        ZMQ_IMMEDIATE,
        1,
        0),
    /* One socket for each session: the session runner reconnects, with its own back-off. */
    ROW(TS_ROLE_CLIENTS, ZMQ_RECONNECT_IVL, -1, 0),
    ROW(TS_ROLE_IPC_CLIENTS, ZMQ_RECONNECT_IVL, 100, 0),
    ROW(TS_ROLE_IPC_CLIENTS, ZMQ_RECONNECT_IVL_MAX, 2000, 0),
    ROW(TS_ROLE_CLIENTS, ZMQ_CONNECT_TIMEOUT, 20000, 0),
    /* A thin link needs seconds for the handshake. */
    ROW(TS_ROLE_TCP, ZMQ_HANDSHAKE_IVL, 30000, 0),
    /* A dead line is noticed by the system as well. */
    ROW(TS_ROLE_TCP, ZMQ_TCP_KEEPALIVE, 1, 0),
    ROW(TS_ROLE_TCP, ZMQ_TCP_KEEPALIVE_IDLE, 60, 0),
    ROW(TS_ROLE_TCP, ZMQ_TCP_KEEPALIVE_INTVL, 20, 0),
    ROW(TS_ROLE_TCP, ZMQ_TCP_KEEPALIVE_CNT, 3, 0),
    ROW(TS_ROLE_TCP, ZMQ_TCP_MAXRT, 90000, 0),
    /* All offices of a region come back together after a power cut. */
    ROW(TS_ROLE_SERVERS, ZMQ_BACKLOG, 1024, 0),
    /* The system's own growth of this buffer would be megabytes for each of 2,000 peers; offices
       are slow. */
    ROW(TS_ROLE_DOOR | TS_ROLE_PAGES, ZMQ_RCVBUF, 262144, 0),
    /* Unknown peer and full queue are told, not swallowed. */
    ROW(TS_ROLE_ROUTERS, ZMQ_ROUTER_MANDATORY, 1, CANNOT_BE_READ),
    /* With handover a second key that claims a route receives the messages of the first. */
    ROW(TS_ROLE_ROUTERS, ZMQ_ROUTER_HANDOVER, 0, CANNOT_BE_READ),
    ROW(TS_ROLE_SERVERS, ZMQ_CURVE_SERVER, 1, 0),
    /* Without this and a domain, a missing TS_ROLE_ZAP handler admits everybody. */
    ROW(TS_ROLE_SERVERS, ZMQ_ZAP_ENFORCE_DOMAIN, 1, 0),
#undef ROW
};

ts_err_t
ts_option_failed(const char *name, ts_msg_t *detail)
{
    TS_NET_SAY(detail, N_("the network library does not take the setting {1}"), name, NULL);
    return TS_ERR_CONFIG;
}

static ts_err_t
set_number(void *handle, size_t row, ts_msg_t *detail)
{
    const bool is_wide = (option_table[row].flags & IS_INT64) != 0;
    int64_t wide = option_table[row].value;
    int narrow = (int)option_table[row].value;
    const void *value = is_wide ? (const void *)&wide : (const void *)&narrow;
    const size_t bytes = is_wide ? sizeof wide : sizeof narrow;
    if (zmq_setsockopt(handle, option_table[row].option, value, bytes) != 0) {
        return ts_option_failed(option_table[row].name, detail);
    }
    if ((option_table[row].flags & CANNOT_BE_READ) != 0) {
        return TS_ERR_OK;
    }
    uint8_t got[sizeof wide] = {0};
    size_t got_bytes = bytes;
    if (zmq_getsockopt(handle, option_table[row].option, got, &got_bytes) != 0 ||
        got_bytes != bytes || memcmp(got, value, bytes) != 0) {
        return ts_option_failed(option_table[row].name, detail);
    }
    return TS_ERR_OK;
}

/* A text comes back with its NUL. */
ts_err_t
ts_socket_set_bytes(
    ts_socket_t *self, int option, const char *name, ts_bytes_t value, ts_msg_t *detail)
{
    void *handle = self->handle;
    uint8_t got[64];
    size_t got_bytes = value.length;
    TS_CHECK(value.length < sizeof got);
    if (option == ZMQ_ZAP_DOMAIN) {
        got_bytes++;
    }
    if (zmq_setsockopt(handle, option, value.data, value.length) != 0 ||
        zmq_getsockopt(handle, option, got, &got_bytes) != 0 ||
        memcmp(got, value.data, value.length) != 0) {
        return ts_option_failed(name, detail);
    }
    return TS_ERR_OK;
}

/* MANDATORY cannot be read back: with it a message to nobody is refused, without it swallowed. */
static ts_err_t
try_mandatory(void *handle, ts_msg_t *detail)
{
    static const uint8_t nobody[] = {0, 'n', 'o', 'n', 'e'};
    if (zmq_send(handle, nobody, sizeof nobody, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 ||
        errno != EHOSTUNREACH) {
        return ts_option_failed("ZMQ_ROUTER_MANDATORY", detail);
    }
    return TS_ERR_OK;
}

static ts_err_t
watch_links(ts_socket_t *self, ts_msg_t *detail)
{
    char name[64];
    snprintf(name, sizeof name, "inproc://link-events-%" PRIu64, ++self->net->monitors);
    const int events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                       ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                       ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_CLOSED |
                       ZMQ_EVENT_DISCONNECTED;
    if (zmq_socket_monitor(self->handle, name, events) != 0) {
        return ts_option_failed("zmq_socket_monitor", detail);
    }
    self->monitor = zmq_socket(self->net->context, ZMQ_PAIR);
    TS_CHECK(self->monitor != NULL);
    /* No limit: with one, the library's thread would wait for us to read. */
    const int none = 0;
    TS_CHECK(zmq_setsockopt(self->monitor, ZMQ_LINGER, &none, sizeof none) == 0);
    TS_CHECK(zmq_setsockopt(self->monitor, ZMQ_RCVHWM, &none, sizeof none) == 0);
    if (zmq_connect(self->monitor, name) != 0) {
        return ts_option_failed("zmq_socket_monitor", detail);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_socket_make(ts_net_t *net, int role, ts_socket_t **ret_self, ts_msg_t *detail)
{
    size_t at = 0;
    while (role_table[at].role != role) {
        at++;
        TS_CHECK(at < sizeof role_table / sizeof role_table[0]);
    }
    void *handle = zmq_socket(net->context, role_table[at].type);
    if (handle == NULL) {
        TS_NET_SAY(detail, N_("no socket can be opened: {1}"), zmq_strerror(errno), NULL);
        return TS_ERR_IO;
    }
    ts_socket_t *self = ts_xcalloc(1, sizeof *self);
    self->net = net;
    self->handle = handle;
    self->type = role_table[at].type;
    net->socket_count++;
    ts_err_t err = TS_ERR_OK;
    for (size_t row = 0; err == TS_ERR_OK && row < sizeof option_table / sizeof option_table[0];
         row++) {
        if ((option_table[row].roles & role) != 0) {
            err = set_number(handle, row, detail);
        }
    }
    if (err == TS_ERR_OK && role_table[at].zap_domain != NULL) {
        const char *domain = role_table[at].zap_domain;
        ts_bytes_t bytes = {(const uint8_t *)domain, strlen(domain)};
        err = ts_socket_set_bytes(self, ZMQ_ZAP_DOMAIN, "ZMQ_ZAP_DOMAIN", bytes, detail);
    }
    if (err == TS_ERR_OK && (TS_ROLE_ROUTERS & role) != 0) {
        err = try_mandatory(handle, detail);
    }
    if (err == TS_ERR_OK && (TS_ROLE_WATCHED & role) != 0) {
        err = watch_links(self, detail);
    }
    if (err != TS_ERR_OK) {
        ts_socket_close(&self);
        return err;
    }
    *ret_self = self;
    return TS_ERR_OK;
}
