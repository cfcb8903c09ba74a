/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Where a segment belongs in its log, judged from what a store holds of it. A log is a tree keyed
 * by hash: a second segment on one predecessor is a fork, and both are kept.
 * Custody never depends on the registry: after a cut-off nothing changes here. Pure: the caller has
 * checked length, hashes and signature (core/envelope.h, crypto).
 */
#ifndef TS_CORE_CHAIN_H
#define TS_CORE_CHAIN_H

#include "core/envelope.h"
#include "core/log.h"

/*      verdict          what custody does */
#define TS_CHAIN_LIST(X)                                                                          \
    X(STARTS)        /* genesis of a log that is not held: keep */                                \
    X(EXTENDS)       /* follows a tip: keep */                                                    \
    X(FORK)          /* follows a held segment that has a successor already: keep, tell people */ \
    X(DUPLICATE)     /* held already: answer as if it were kept now */                            \
    X(GAP)           /* predecessor not held: wait and ask for it */                              \
    X(BROKEN)        /* first_seq does not follow the predecessor: refuse for good */             \
    X(NEEDS_GENESIS) /* log not held: wait and ask for its genesis */

typedef enum ts_chain {
#define TS_CHAIN_ENUM(name) TS_CHAIN_##name,
    TS_CHAIN_LIST(TS_CHAIN_ENUM)
#undef TS_CHAIN_ENUM
} ts_chain_t;

/* What the store knows of the log that the header names (for a genesis: of the log whose id is the
 * segment's own hash). */
typedef struct ts_chain_view {
    bool known; /* its genesis is held */
    const ts_tip_t
        *tips; /* segments without successor; a fresh log has its genesis: seq 0, hash = log */
    size_t tip_count;
    /* Is a segment with this hash held in this log, and what is the number of its last event (0 for
     * the genesis)? */
    bool (*lookup)(void *store,
                   const ts_hash_t *log,
                   const ts_hash_t *hash,
                   uint64_t *ret_last_seq);
    void *store;
} ts_chain_view_t;

/* `hash` is the segment's own. */
ts_chain_t ts_chain_judge(const ts_chain_view_t *view,
                          const ts_segment_header_t *header,
                          const ts_hash_t *hash);
/* The error for TS_SESSION_STORE_REFUSED and imports: OK for what is kept or held, NOTFOUND for GAP
 * and NEEDS_GENESIS, CHAIN for BROKEN. */
ts_err_t ts_chain_err(ts_chain_t verdict);
const char *ts_chain_name(ts_chain_t verdict);

#endif
