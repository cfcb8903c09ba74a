/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The messages between a gate and its node (ipc): fixed layouts, byte tables in proto/gate.md.
 * Plain encoding and decoding, no sockets: the gate process and net/gate_port use it, nobody else.
 *
 * Both sides are ours and of one installation, so a message that does not decode is a fault: the
 * receiver logs it and drops it.
 */
#ifndef TS_NET_GATE_LINK_H
#define TS_NET_GATE_LINK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "net/zap.h"

#include <stddef.h>
#include <stdint.h>

#define TS_GATE_LINK_VERSION 1
/* Type and session before every body. */
#define TS_GATE_HEADER_BYTES 9
/* One row of ADMIT. */
#define TS_GATE_ADMIT_ROW_BYTES 33

/*      name        value  from → to */
#define TS_GATE_TYPES(X) \
    /* gate → node */  \
    X(GATE_HELLO, 0x01)  \
    X(OPEN, 0x02)        \
    X(DATA, 0x03)        \
    X(CLOSED, 0x04)      \
    X(STATS, 0x05)       \
    X(ADMITTED, 0x06)    \
    /* node → gate */  \
    X(NODE_HELLO, 0x11)  \
    X(ADMIT, 0x12)       \
    X(SEND, 0x13)        \
    X(DROP, 0x14)        \
    X(ACK, 0x15)         \
    X(BAN, 0x16)         \
    X(STATS_ASK, 0x17)   \
    X(PUBLISH, 0x18)

typedef enum ts_gate_type {
#define TS_GATE_TYPE_ENUM(name, value) TS_GATE_##name = (value),
    TS_GATE_TYPES(TS_GATE_TYPE_ENUM)
#undef TS_GATE_TYPE_ENUM
} ts_gate_type_t;

/*      name         value  word in log lines */
#define TS_GATE_REASONS(X)                                                                 \
    X(PEER_LEFT, 1, "peer_left")     /* the connection ended */                            \
    X(IDLE, 2, "idle")               /* nothing came for ten minutes */                    \
    X(UNREACHABLE, 3, "unreachable") /* a SEND found no peer */                            \
    X(SLOW, 4, "slow")               /* a SEND found its queue full */                     \
    X(FLOOD, 5, "flood")             /* beyond its budget: banned for a minute */          \
    X(REVOKED, 6, "revoked")         /* its key is no longer admitted */                   \
    X(MULTIPART, 7, "multipart")     /* a message of several frames: banned for an hour */ \
    X(CROWDED, 8, "crowded")         /* too many sessions, in all or of this key */        \
    X(NODE, 9, "node")               /* the node asked for it */                           \
    X(LINK, 10, "link")              /* the link between gate and node was lost */         \
    X(NEW_KEY, 11, "new_key")        /* another key came by the same route */

typedef enum ts_gate_reason {
#define TS_GATE_REASON_ENUM(name, value, text) TS_GATE_REASON_##name = (value),
    TS_GATE_REASONS(TS_GATE_REASON_ENUM)
#undef TS_GATE_REASON_ENUM
} ts_gate_reason_t;

/* Counters since the start of the gate, in the order of the wire. */
typedef struct ts_gate_stats {
    uint64_t sessions; /* open now */
    uint64_t sessions_opened;
    uint64_t connections; /* tcp connections open now, with and without a session */
    uint64_t frames_in;   /* forwarded to the node */
    uint64_t bytes_in;
    uint64_t frames_out; /* sent to peers */
    uint64_t bytes_out;
    uint64_t frames_ignored; /* of banned, revoked or dropped senders, or while the node was away */
    uint64_t sends_failed;   /* SEND that found no peer or a full queue */
    uint64_t handshakes_admitted;
    uint64_t handshakes_refused; /* for good (400); not those that came before the table */
    uint64_t floods;             /* sessions dropped for flooding or several frames */
    uint64_t unconfirmed_bytes;  /* on their way to the node now */
} ts_gate_stats_t;

#define TS_GATE_STATS_FIELDS 13

/* One message; which fields count depends on the type. */
typedef struct ts_gate_msg {
    ts_gate_type_t type;
    uint64_t session;     /* 0 for messages about the link */
    uint16_t version;     /* GATE_HELLO, NODE_HELLO */
    uint64_t nonce;       /* GATE_HELLO: boot nonce, < 2^32; NODE_HELLO: boot nonce of the node */
    ts_hash_t key;        /* GATE_HELLO: of the gate itself; OPEN, BAN: of a peer */
    ts_zap_class_t klass; /* OPEN */
    ts_gate_reason_t reason; /* CLOSED, DROP */
    uint64_t
        number; /* ACK: cost taken in all; ADMIT, ADMITTED: version of the table; BAN: seconds */
    ts_bytes_t body;       /* DATA, SEND, PUBLISH: a frame; ADMIT: rows; borrowed */
    ts_gate_stats_t stats; /* STATS */
} ts_gate_msg_t;

/* Appends the message to `out`. */
void ts_gate_encode(const ts_gate_msg_t *msg, ts_buf_t *out);
/* Reads a message; body points into `bytes`. TRUNCATED, UNKNOWN type, INVALID: an enum out of
 * range, ADMIT that is no whole number of rows, or bytes left over. */
TS_MUST_USE ts_err_t ts_gate_decode(ts_bytes_t bytes, ts_gate_msg_t *ret_msg);

/* One row of ADMIT, and back: INVALID for an unknown class. */
void ts_gate_admit_row_put(ts_buf_t *rows, const ts_zap_entry_t *entry);
TS_MUST_USE ts_err_t ts_gate_admit_row_get(ts_bytes_t rows,
                                           size_t index,
                                           ts_zap_entry_t *ret_entry);

/* What a DATA message of so many body bytes costs in the budgets and in ACK. */
uint64_t ts_gate_cost(size_t body_bytes);

const char *ts_gate_type_str(ts_gate_type_t type);
const char *ts_gate_reason_str(ts_gate_reason_t reason);

#endif
