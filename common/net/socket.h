/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A socket once it is open (net/endpoint.h opens it): single-frame messages out and in, link
 * events, cutting off one peer. No call here blocks except ts_socket_wait.
 *
 * One message is one body frame; what comes in several is drained, reported with its
 * sender and never shown. A send that returns OK has only been queued: nothing may rest on it
 *, the session's own acknowledgements decide. Authority is ts_frame_t.key, the authenticated
 * key of each message, never the route.
 */
#ifndef TS_NET_SOCKET_H
#define TS_NET_SOCKET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ts_socket ts_socket_t;

/* One received message. Zero-initialise before first use; it holds the library's message, so it
 * must not be copied and must be closed. ts_socket_recv closes what it held before. */
typedef struct ts_frame {
    ts_bytes_t body; /* borrowed from the frame; NULL after PROTOCOL */
    uint32_t route;  /* of a ROUTER: where an answer goes; others 0 */
    bool has_key;    /* authenticated with CURVE and admitted by our ZAP handler */
    ts_hash_t key;   /* public key of the sender, when has_key */
    int fd;       /* descriptor of the connection it came by, -1 unknown; for ts_socket_cut only */
    size_t parts; /* body frames of the message; 1 unless PROTOCOL */
    bool is_open; /* private */
    union {
        max_align_t align;
        unsigned char bytes[64];
    } message; /* private */
} ts_frame_t;

/* Takes the next message. AGAIN: none. PROTOCOL: one came in several frames, or from a peer that
 * chose its own route; it has been drained, ret_frame tells the sender and `parts`. On AGAIN the
 * frame is closed and empty. */
TS_MUST_USE ts_err_t ts_socket_recv(ts_socket_t *self, ts_frame_t *ret_frame);
void ts_frame_close(ts_frame_t *frame);

/* Queues one frame. AGAIN: no peer, or its queue is full. */
TS_MUST_USE ts_err_t ts_socket_send(ts_socket_t *self, const void *data, size_t bytes);
/* The same to one peer of a ROUTER. NOTFOUND: that peer is gone. */
TS_MUST_USE ts_err_t ts_socket_send_to(ts_socket_t *self,
                                       uint32_t route,
                                       const void *data,
                                       size_t bytes);

enum { TS_WAIT_READ = 1, TS_WAIT_WRITE = 2 };
/* Waits until the socket can be read or written; for command line programs and tests, not for
 * loops. AGAIN: not within that time. timeout_ms < 0 waits for ever. */
TS_MUST_USE ts_err_t ts_socket_wait(ts_socket_t *self, int what, int64_t timeout_ms);

/* What happened to a link. Connecting side: CONNECTED, then READY or REFUSED or FAILED, at the end
 * DOWN. Binding side: ACCEPTED first. */
typedef enum ts_link_change {
    TS_LINK_CONNECTED, /* TCP stands, handshake begins */
    TS_LINK_ACCEPTED,  /* the same, seen from the binding side */
    TS_LINK_READY,     /* handshake done: messages can go */
    TS_LINK_REFUSED,   /* the ZAP handler said no; code: 400 the key is not admitted, 500 it admits
                          nobody yet */
    TS_LINK_FAILED,    /* handshake broke: wrong server key, other protocol; code: of the library */
    TS_LINK_DOWN       /* connection ended, or could not be made */
} ts_link_change_t;

typedef struct ts_link_event {
    ts_link_change_t change;
    int fd;   /* ACCEPTED, CONNECTED, DOWN: the descriptor, a name only; else -1 */
    int code; /* REFUSED, FAILED; else 0 */
} ts_link_event_t;

/* Takes the next link event. AGAIN: none. With a name that cannot be resolved no event ever comes:
 * the owner of a connecting socket needs a deadline of its own. */
TS_MUST_USE ts_err_t ts_socket_next_event(ts_socket_t *self, ts_link_event_t *ret_event);
/* "connected", "ready" …, for log lines. */
const char *ts_link_change_str(ts_link_change_t change);

/* Ends the connection of one peer of a bound tcp socket, by the descriptor of a frame or an
 * ACCEPTED event. libzmq offers no call for it and a revoked key keeps its live session. The
 * descriptor is only used when it is a connection accepted at one of this socket's ports. What is
 * still queued for the peer may be lost. NOTFOUND: no such connection any more. */
TS_MUST_USE ts_err_t ts_socket_cut(const ts_socket_t *self, int fd);
/* Numeric address of the peer of one connection of this socket, as ZAP tells it; "" when it is
 * gone. */
void ts_socket_peer_address(const ts_socket_t *self, int fd, char *out, size_t bytes);
/* Has the connection of a connecting tcp socket end with a reset when it is closed, and what the
 * system still holds for the peer thrown away: by the descriptor of its CONNECTED event. Nothing
 * happens when that is gone. */
void ts_socket_reset(const ts_socket_t *self, int fd);
/* Bytes that the peer has sent by this connection so far, whole message or not, as the system
 * counted them; false when it cannot tell. */
bool ts_socket_received(const ts_socket_t *self, int fd, uint64_t *ret_bytes);

/* Where it is bound: "tcp://127.0.0.1:5670"; the real port where 0 was asked for. "" when it is not
 * bound. */
const char *ts_socket_endpoint(const ts_socket_t *self);

/* Closes without waiting for what is queued; NULL and twice are harmless. */
void ts_socket_close(ts_socket_t **self_p);

#endif
