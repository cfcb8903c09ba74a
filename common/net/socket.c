/* SPDX-License-Identifier: MPL-2.0 */
#include "net/socket.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "net/ipc.h"
#include "net/keys.h"
#include "net/socket_impl.h"

#include <assert.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <zmq.h>

static_assert(sizeof(zmq_msg_t) <= sizeof(((ts_frame_t *)0)->message),
              "a frame holds a message of the library");
static_assert(_Alignof(zmq_msg_t) <= _Alignof(max_align_t), "and aligns it");

enum { ROUTE_BYTES = 5 };

static zmq_msg_t *
message_of(ts_frame_t *frame)
{
    return (zmq_msg_t *)(void *)&frame->message;
}

void
ts_frame_close(ts_frame_t *frame)
{
    if (frame->is_open) {
        TS_CHECK(zmq_msg_close(message_of(frame)) == 0);
    }
    frame->is_open = false;
    frame->body = (ts_bytes_t){NULL, 0};
    frame->route = 0;
    frame->has_key = false;
    frame->fd = -1;
    frame->parts = 0;
}

/* A route that the library made: one zero byte and a number. Peers of ours never set one. */
static bool
read_route(zmq_msg_t *message, uint32_t *ret_route)
{
    const uint8_t *at = zmq_msg_data(message);
    if (zmq_msg_size(message) != ROUTE_BYTES || at[0] != 0) {
        return false;
    }
    *ret_route = (uint32_t)at[1] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 8 | at[4];
    return true;
}

static void
write_route(uint8_t out[ROUTE_BYTES], uint32_t route)
{
    out[0] = 0;
    out[1] = (uint8_t)(route >> 24);
    out[2] = (uint8_t)(route >> 16);
    out[3] = (uint8_t)(route >> 8);
    out[4] = (uint8_t)route;
}

static ts_err_t
recv_part(void *handle, zmq_msg_t *message)
{
    for (;;) {
        if (zmq_msg_recv(message, handle, ZMQ_DONTWAIT) >= 0) {
            return TS_ERR_OK;
        }
        if (errno == EAGAIN) {
            return TS_ERR_AGAIN;
        }
        TS_CHECK(errno == EINTR);
    }
}

static void
note_sender(ts_frame_t *frame)
{
    zmq_msg_t *message = message_of(frame);
    const char *user = zmq_msg_gets(message, "User-Id");
    frame->has_key = user != NULL && ts_curve_key_parse(user, &frame->key) == TS_ERR_OK;
    frame->fd = zmq_msg_get(message, ZMQ_SRCFD);
}

/* With the first body part in the frame: all parts of a message are there once its first is, so
 * that draining never waits. */
static ts_err_t
finish_body(ts_socket_t *self, ts_frame_t *frame)
{
    zmq_msg_t *message = message_of(frame);
    note_sender(frame);
    frame->parts = 1;
    while (zmq_msg_more(message)) {
        TS_CHECK(recv_part(self->handle, message) == TS_ERR_OK);
        frame->parts++;
    }
    return frame->parts == 1 ? TS_ERR_OK : TS_ERR_PROTOCOL;
}

ts_err_t
ts_socket_recv(ts_socket_t *self, ts_frame_t *ret_frame)
{
    ts_frame_close(ret_frame);
    zmq_msg_t *message = message_of(ret_frame);
    TS_CHECK(zmq_msg_init(message) == 0);
    ret_frame->is_open = true;
    if (recv_part(self->handle, message) != TS_ERR_OK) {
        ts_frame_close(ret_frame);
        return TS_ERR_AGAIN;
    }
    bool route_ok = true;
    if (self->type == ZMQ_ROUTER) {
        route_ok = read_route(message, &ret_frame->route);
        TS_CHECK(zmq_msg_more(message));
        TS_CHECK(recv_part(self->handle, message) == TS_ERR_OK);
    }
    if (finish_body(self, ret_frame) != TS_ERR_OK || !route_ok) {
        return TS_ERR_PROTOCOL;
    }
    ret_frame->body = (ts_bytes_t){zmq_msg_data(message), zmq_msg_size(message)};
    return TS_ERR_OK;
}

static ts_err_t
send_part(ts_socket_t *self, const void *data, size_t bytes, int flags)
{
    for (;;) {
        if (zmq_send(self->handle, data, bytes, flags | ZMQ_DONTWAIT) >= 0) {
            return TS_ERR_OK;
        }
        switch (errno) {
        case EINTR:
            continue;
        case EAGAIN:
            return TS_ERR_AGAIN;
        case EHOSTUNREACH:
            return TS_ERR_NOTFOUND;
        default:
            ts_check_failed(__FILE__, __LINE__, zmq_strerror(errno));
        }
    }
}

ts_err_t
ts_socket_send(ts_socket_t *self, const void *data, size_t bytes)
{
    TS_CHECK(self->type != ZMQ_ROUTER);
    return send_part(self, data, bytes, 0);
}

ts_err_t
ts_socket_send_to(ts_socket_t *self, uint32_t route, const void *data, size_t bytes)
{
    TS_CHECK(self->type == ZMQ_ROUTER);
    uint8_t id[ROUTE_BYTES];
    write_route(id, route);
    ts_err_t err = send_part(self, id, sizeof id, ZMQ_SNDMORE);
    return err == TS_ERR_OK ? send_part(self, data, bytes, 0) : err;
}

ts_err_t
ts_socket_wait(ts_socket_t *self, int what, int64_t timeout_ms)
{
    short events = (short)(((what & TS_WAIT_READ) != 0 ? ZMQ_POLLIN : 0) |
                           ((what & TS_WAIT_WRITE) != 0 ? ZMQ_POLLOUT : 0));
    zmq_pollitem_t item = {self->handle, 0, events, 0};
    return zmq_poll(&item, 1, (long)timeout_ms) == 1 ? TS_ERR_OK : TS_ERR_AGAIN;
}

/* The port of the near end of a connected tcp descriptor; 0 when it is none. */
static uint16_t
connected_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage room;
    } near, far;
    socklen_t near_bytes = sizeof near;
    socklen_t far_bytes = sizeof far;
    if (fd < 0 || getsockname(fd, &near.any, &near_bytes) != 0 ||
        getpeername(fd, &far.any, &far_bytes) != 0) {
        return 0;
    }
    switch (near.any.sa_family) {
    case AF_INET:
        return ntohs(near.v4.sin_port);
    case AF_INET6:
        return ntohs(near.v6.sin6_port);
    default:
        return 0;
    }
}

/* ---- link events ---- */

static const struct {
    uint16_t event; /* of the library */
    ts_link_change_t change;
    bool has_fd; /* its value is a descriptor, else a code */
} event_table[] = {
    {ZMQ_EVENT_CONNECTED, TS_LINK_CONNECTED, true},
    {ZMQ_EVENT_ACCEPTED, TS_LINK_ACCEPTED, true},
    {ZMQ_EVENT_HANDSHAKE_SUCCEEDED, TS_LINK_READY, false},
    {ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, TS_LINK_REFUSED, false},
    {ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, TS_LINK_FAILED, false},
    {ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, TS_LINK_FAILED, false},
    {ZMQ_EVENT_CLOSED, TS_LINK_DOWN, true},
    {ZMQ_EVENT_DISCONNECTED, TS_LINK_DOWN, true},
};

static bool
translate_event(const uint8_t *at, ts_link_event_t *ret_event)
{
    uint16_t event;
    int32_t value;
    memcpy(&event, at, sizeof event);
    memcpy(&value, at + sizeof event, sizeof value);
    for (size_t i = 0; i < sizeof event_table / sizeof event_table[0]; i++) {
        if (event_table[i].event == event) {
            bool has_fd = event_table[i].has_fd;
            *ret_event =
                (ts_link_event_t){event_table[i].change, has_fd ? value : -1, has_fd ? 0 : value};
            return true;
        }
    }
    return false;
}

ts_err_t
ts_socket_next_event(ts_socket_t *self, ts_link_event_t *ret_event)
{
    TS_CHECK(self->monitor != NULL);
    for (;;) {
        zmq_msg_t message;
        TS_CHECK(zmq_msg_init(&message) == 0);
        ts_err_t err = recv_part(self->monitor, &message);
        bool known = false;
        if (err == TS_ERR_OK) {
            TS_CHECK(zmq_msg_size(&message) == sizeof(uint16_t) + sizeof(int32_t));
            known = translate_event(zmq_msg_data(&message), ret_event);
            if (known && ret_event->change == TS_LINK_CONNECTED) {
                self->ports[0] = connected_port(ret_event->fd);
                self->port_count = 1;
            }
            /* The second part names the endpoint, which the owner knows. */
            TS_CHECK(zmq_msg_more(&message));
            TS_CHECK(recv_part(self->monitor, &message) == TS_ERR_OK);
        }
        TS_CHECK(zmq_msg_close(&message) == 0);
        if (err != TS_ERR_OK || known) {
            return err;
        }
    }
}

const char *
ts_link_change_str(ts_link_change_t change)
{
    static const char *const names[] = {
        [TS_LINK_CONNECTED] = "connected", [TS_LINK_ACCEPTED] = "accepted",
        [TS_LINK_READY] = "ready",         [TS_LINK_REFUSED] = "refused",
        [TS_LINK_FAILED] = "failed",       [TS_LINK_DOWN] = "down",
    };
    return (size_t)change < sizeof names / sizeof names[0] ? names[change] : "?";
}

/* ---- one connection of a bound socket ---- */

static bool
is_own_connection(const ts_socket_t *self, int fd)
{
    uint16_t port = connected_port(fd);
    for (size_t i = 0; port != 0 && i < self->port_count; i++) {
        if (self->ports[i] == port) {
            return true;
        }
    }
    return false;
}

ts_err_t
ts_socket_cut(const ts_socket_t *self, int fd)
{
    if (!is_own_connection(self, fd)) {
        return TS_ERR_NOTFOUND;
    }
    return shutdown(fd, SHUT_RDWR) == 0 ? TS_ERR_OK : TS_ERR_NOTFOUND;
}

void
ts_socket_peer_address(const ts_socket_t *self, int fd, char *out, size_t bytes)
{
    union {
        struct sockaddr any;
        struct sockaddr_storage room;
    } far;
    socklen_t far_bytes = sizeof far;
    out[0] = '\0';
    if (is_own_connection(self, fd) && getpeername(fd, &far.any, &far_bytes) == 0 &&
        getnameinfo(&far.any, far_bytes, out, (socklen_t)bytes, NULL, 0, NI_NUMERICHOST) != 0) {
        out[0] = '\0';
    }
}

void
ts_socket_reset(const ts_socket_t *self, int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (is_own_connection(self, fd)) {
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
}

bool
ts_socket_received(const ts_socket_t *self, int fd, uint64_t *ret_bytes)
{
    struct tcp_info info = {0};
    socklen_t bytes = sizeof info;
    if (!is_own_connection(self, fd) || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) != 0 ||
        bytes < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) {
        return false;
    }
    *ret_bytes = info.tcpi_bytes_received;
    return true;
}

const char *
ts_socket_endpoint(const ts_socket_t *self)
{
    return self->is_bound ? self->endpoint : "";
}

void
ts_socket_close(ts_socket_t **self_p)
{
    ts_socket_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    if (self->monitor != NULL) {
        zmq_socket_monitor(self->handle, NULL, 0);
        TS_CHECK(zmq_close(self->monitor) == 0);
    }
    if (self->ipc_path != NULL) {
        ts_ipc_remove(self->ipc_path, self->ipc_inode);
        ts_xfree(self->ipc_path);
    }
    if (self->is_bound && strcmp(self->endpoint, TS_ZAP_ENDPOINT) == 0) {
        /* At once; closing would free the name only some time later. */
        TS_CHECK(zmq_unbind(self->handle, self->endpoint) == 0);
    }
    TS_CHECK(zmq_close(self->handle) == 0);
    TS_CHECK(self->net->socket_count > 0);
    self->net->socket_count--;
    ts_xfree(self);
    *self_p = NULL;
}
