/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Messages of the sync session as plain structs: what the pure halves eat and emit. Their bytes are
 * made and read by common/wire/sync_wire (bodies after proto/tiepsuc/v1/sync.proto, frame and CHUNK
 * after proto/README.md). Pointers inside a received message are valid only during the step that
 * gets it.
 */
#ifndef TS_CORE_SYNC_MSG_H
#define TS_CORE_SYNC_MSG_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "core/log.h"

#include <stdbool.h>
#include <stdint.h>

#define TS_SYNC_PROTO 1u

/*      name     wire number */
#define TS_SYNC_MSG_LIST(X) \
    X(HELLO, 1)             \
    X(WELCOME, 2)           \
    X(HAVE, 3)              \
    X(WANT, 4)              \
    X(CREDIT, 5)            \
    X(CHUNK, 6)             \
    X(CUSTODY, 7)           \
    X(REJECT, 8)            \
    X(PING, 9)              \
    X(PONG, 10)             \
    X(REFUSE, 11)           \
    X(BYE, 12)

typedef enum ts_sync_kind {
#define TS_SYNC_MSG_ENUM(name, number) TS_SYNC_##name = (number),
    TS_SYNC_MSG_LIST(TS_SYNC_MSG_ENUM)
#undef TS_SYNC_MSG_ENUM
} ts_sync_kind_t;

typedef struct ts_sync_tip {
    ts_tip_t tip;
    uint64_t bytes_ahead; /* HAVE: stored bytes of the log up to this tip */
    uint32_t priority;    /* HAVE: 0 acts and registry, 1 new records, 2 backlog */
} ts_sync_tip_t;

/* HELLO and WELCOME: what a side says of itself. */
typedef struct ts_sync_greeting {
    uint32_t proto_min;
    uint32_t proto_max; /* WELCOME: the chosen one, in both */
    ts_id16_t deployment;
    ts_id16_t store;
    uint32_t office;
    uint64_t arrival_seen;     /* highest arrival of the peer's store taken in */
    ts_id16_t peer_store_seen; /* zero = none */
    uint32_t chunk_bytes_max;
    uint64_t window_bytes_max;
    ts_hash_t digest; /* additive digest of the shareable tips */
    uint64_t time_s;
    uint64_t root_time_s; /* WELCOME */
    const char *software; /* NUL-terminated, ≤ 64 bytes */
    const ts_sync_tip_t
        *your_heads; /* WELCOME: what is held of the logs that the child writes itself */
    size_t your_head_count;
} ts_sync_greeting_t;

typedef struct ts_sync_chunk {
    uint16_t stream;
    uint64_t segment_prefix; /* first 8 bytes of the segment hash */
    uint32_t total;          /* whole segment, bytes */
    uint32_t offset;
    ts_bytes_t data;
} ts_sync_chunk_t;

typedef struct ts_sync_msg {
    ts_sync_kind_t kind;
    uint8_t session[8]; /* nonce chosen by the child for this session; stale ones are dropped by the
                           runner */
    union {
        ts_sync_greeting_t greeting; /* HELLO, WELCOME */
        struct {
            const ts_sync_tip_t *tips;
            size_t count;
            bool more;
            uint64_t arrival;
        } have;
        struct {
            uint16_t stream;
            ts_hash_t log;
            uint64_t after_seq;
            ts_hash_t after_hash; /* zero: from the genesis on */
            ts_hash_t segment;    /* zero: not inside one */
            uint32_t offset;
            bool cancel;
        } want;
        struct {
            uint64_t bytes_total; /* cumulative */
            uint32_t chunk_bytes;
        } credit;
        ts_sync_chunk_t chunk;
        struct {
            ts_id16_t store;
            const ts_sync_tip_t *tips;
            size_t count;
            uint64_t arrival;
        } custody;
        struct {
            ts_hash_t log;
            ts_hash_t segment;
            ts_err_t code;
            const char *detail;
            bool permanent;
            uint32_t retry_after_s;
        } reject;
        struct {
            uint64_t nonce;
            ts_hash_t digest;
            uint64_t time_s;
        } ping; /* PING and PONG */
        struct {
            ts_err_t code;
            const char *detail;
            uint32_t retry_after_s;
        } refuse;
        struct {
            const char *reason;
        } bye;
    } u;
} ts_sync_msg_t;

#endif
