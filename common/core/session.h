/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One sync session of either side: pairs the two halves (core/sync_offer.h, core/sync_take.h) with
 * greeting, liveness and the end. Pure: time, randomness, messages and answers of the store come in
 * as events; what to do goes out as effects (core/effect.h). For common/node, tests and the
 * simulator. Not for: sockets, bytes of messages, hashes, deciding who may have what. Source:
 * proto/README.md.
 *
 * How a runner drives it:
 *   child   open a fresh DEALER; when the connection stands: ts_session_new(TS_SIDE_CHILD), step
 * START; then a step for every event. parent  on a HELLO from an unknown (gate boot, routing id,
 * User-Id): ts_session_new(TS_SIDE_PARENT), step START, step MESSAGE(HELLO). each    step → execute
 * effects in order → step the answers → while `again`: step CONTINUE → arm the timer at `timer`. On
 * CLOSE: destroy. On loss of the connection: step LINK_DOWN (it asks for partials to be kept),
 * destroy. A message for which no session is known is answered with BYE under its own nonce, so
 * that a child whose parent was restarted comes back at once. Messages whose nonce differs are
 * dropped by the runner (the session drops them too). The authority of a message is the peer's
 * authenticated office number, never a field of it.
 *
 * Sizes: credit counts a CHUNK as its data bytes, at least TS_CHUNK_CHARGE_MIN, so that a full
 * window is at most 128 messages: SNDHWM and RCVHWM of the sockets must be 256 or more.
 */
#ifndef TS_CORE_SESSION_H
#define TS_CORE_SESSION_H

#include "core/effect.h"
#include "core/sync_msg.h"

#define TS_CHUNK_CHARGE_MIN 2048u
#define TS_SESSION_PING_MS 20000u    /* idle link; metered links 60–120 s */
#define TS_SESSION_GREETING_MS 6000u /* until WELCOME */
#define TS_SESSION_AGE_MS \
    (24 * 3600 * 1000)            /* then it drains: keys of a connection do not live longer */
#define TS_SESSION_LIST_PAGE 128u /* tips asked for in one LIST */

typedef enum ts_side { TS_SIDE_CHILD, TS_SIDE_PARENT } ts_side_t;

/*      state */
#define TS_SESSION_STATE_LIST(X)                                                 \
    X(CLOSED)      /* not begun, or over */                                      \
    X(GREETING)    /* child: HELLO is out; parent: HELLO is awaited */           \
    X(RECONCILING) /* greeted; not yet heard the whole listing of both sides */  \
    X(FLOWING)     /* both listings are through; new segments go as they come */ \
    X(DRAINING)    /* BYE is out, its answer is awaited */

typedef enum ts_session_state {
#define TS_SESSION_STATE_ENUM(name) TS_STATE_##name,
    TS_SESSION_STATE_LIST(TS_SESSION_STATE_ENUM)
#undef TS_SESSION_STATE_ENUM
        TS_SESSION_STATES
} ts_session_state_t;

/* What a runner can tell a session. */
typedef enum ts_session_event_kind {
    TS_SESSION_START,         /* u.start: first event of every session */
    TS_SESSION_MESSAGE,       /* u.message: arrived, decoded, from the authenticated peer */
    TS_SESSION_TIMER,         /* the moment asked for has come; harmless at any time */
    TS_SESSION_CONTINUE,      /* the last step set `again` */
    TS_SESSION_LISTED,        /* u.listed answers LIST */
    TS_SESSION_LOADED,        /* u.loaded answers LOAD */
    TS_SESSION_LOCATED,       /* u.located answers LOCATE */
    TS_SESSION_STORED,        /* u.stored answers STORE_SEGMENT: committed, read back, verified */
    TS_SESSION_STORE_REFUSED, /* u.refused answers STORE_SEGMENT: not taken */
    TS_SESSION_TIPS, /* u.tips: our store has new tips that the peer may have (own seal, or taken in
                        from elsewhere) */
    TS_SESSION_ENTITLED, /* the peer may now have other logs than before: list all again */
    TS_SESSION_DRAIN, /* end as soon as both sides have nothing left to send (--once, hand-over) */
    TS_SESSION_QUIT,  /* end now, politely (shutdown) */
    TS_SESSION_LINK_DOWN /* the connection is gone */
} ts_session_event_kind_t;

/* START: what a side says of itself, and what it remembers of this peer. */
typedef struct ts_session_local {
    uint8_t nonce[8];     /* child: fresh randomness; parent: ignored, HELLO brings it */
    uint64_t seed;        /* randomness for PING nonces */
    uint32_t office_peer; /* authenticated office number of the peer; 0 = unknown yet (child) */
    ts_id16_t deployment;
    ts_id16_t store;      /* ours */
    uint32_t office;      /* ours */
    uint64_t time_s;      /* wall clock, told to the peer, never judged */
    uint64_t root_time_s; /* parent: last root time seen */
    const char *software; /* static or alive as long as the session; ≤ 64 bytes */
    uint32_t ping_ms;     /* 0 = TS_SESSION_PING_MS */
    uint32_t greeting_ms; /* 0 = TS_SESSION_GREETING_MS; a runner lengthens it after failures
                             (ts_retry_greeting_ms) */
    ts_id16_t mark_store; /* of the last MARK for this peer; zero = none */
    uint64_t mark_seen;
    uint64_t mark_offered;
    const ts_sync_tip_t
        *your_heads;        /* parent: tips held of the logs that the child itself writes; copied */
    size_t your_head_count; /* ≤ TS_TIPS_PER_MESSAGE_MAX */
    ts_err_t refuse;        /* parent: not OK = answer HELLO with REFUSE (BUSY, KEY, FULL …) */
    uint32_t refuse_after_s;
} ts_session_local_t;

/* One committed segment. */
typedef struct ts_session_stored {
    uint16_t stream; /* of the STORE_SEGMENT that this answers; 0 = it had waited in the store */
    ts_tip_t tip;    /* log, last seq and hash of the segment */
    ts_hash_t prev;  /* its predecessor; zero for a genesis: acknowledgements name only the last */
} ts_session_stored_t;

typedef struct ts_session_event {
    ts_session_event_kind_t kind;
    ts_mono_t now;
    uint64_t credit_budget; /* credit that this session may have open now, bytes. Parent:
                             * TS_CREDIT_BYTES_TOTAL minus credit_open of all    other sessions,
                             * divided as    the runner likes; 0 when the disk is nearly full.
                             * Child: UINT64_MAX */
    uint64_t send_budget;   /* CHUNK bytes that may still be sent today; UINT64_MAX = no limit. Acts
                               (priority 0) go in any case */
    const ts_hash_t *digest; /* additive digest of all tips that this peer and we could share; NULL
                                = as at the last event. START needs one */
    union {
        ts_session_local_t start;
        const ts_sync_msg_t *message;
        struct {
            const ts_sync_tip_t *tips;
            size_t count;
            bool more;        /* ask again with since = arrival */
            uint64_t arrival; /* highest arrival number that this page covers; on the last page that
                                 of the whole store */
        } listed;
        struct {
            uint16_t stream;
            ts_err_t
                err; /* OK, NOTFOUND (base not held), DENIED, or IO: the stream is left alone */
            ts_tip_t tip;     /* of the segment */
            uint64_t arrival; /* of the segment in our store */
            uint32_t total;   /* whole segment, bytes; 0 = nothing follows */
            uint32_t offset;
            ts_bytes_t data; /* 1..bytes_max unless total is 0 */
        } loaded;
        struct {
            ts_tip_t target; /* as asked */
            bool held;       /* target.hash is in custody */
            bool known;      /* we hold the genesis of the log */
            ts_tip_t after;  /* where to go on: our tip with the highest seq, or its ancestor as
                                asked by `back`; the genesis is seq 0, hash = log */
            uint64_t partial_prefix; /* kept partial segment of this log; meaningful when
                                        partial.length > 0 */
            uint32_t partial_total;
            ts_bytes_t partial;
        } located;
        struct {
            const ts_session_stored_t *items; /* in the order of commit */
            size_t count;                     /* ≤ TS_TIPS_PER_MESSAGE_MAX */
            uint64_t arrival;                 /* in our store, covers them */
        } stored;
        struct {
            uint16_t stream;
            ts_hash_t log;
            ts_hash_t segment; /* zero when it could not be computed */
            /* NOTFOUND: predecessor or genesis is missing, it is asked for. FULL, IO, BUSY, AGAIN:
             * tried again later. All others (HASH, SIGNATURE, CHAIN, FOREIGN …): for good. */
            ts_err_t code;
            uint32_t retry_after_s; /* for the ones to try later; 0 = 60 */
        } refused;
        struct {
            const ts_sync_tip_t *tips; /* with priority and bytes_ahead */
            size_t count;              /* ≤ TS_TIPS_PER_MESSAGE_MAX */
        } tips;
    } u;
} ts_session_event_t;

typedef struct ts_session ts_session_t;

/* For a status line. */
typedef struct ts_session_status {
    ts_session_state_t state;
    uint64_t sent_bytes;     /* CHUNK data */
    uint64_t received_bytes; /* CHUNK data */
    uint64_t unacked_bytes;  /* sent, not yet in custody */
    uint32_t rtt_ms;         /* smallest seen, 0 = unknown */
    uint32_t goodput;        /* bytes a second taken in, 0 = unknown */
    uint32_t window_bytes;
    uint32_t chunk_bytes;
    bool greeted;         /* both greetings were exchanged */
    bool in_step;         /* digests were equal when last compared */
    ts_id16_t peer_store; /* as greeted; zero before */
    bool custody_seen;    /* a CUSTODY went in either direction: resets the back-off */
} ts_session_status_t;

ts_session_t *ts_session_new(ts_side_t side);
void ts_session_destroy(ts_session_t **self_p);
/* One step. `out` is overwritten. OK; PROTOCOL when the peer broke the protocol (the effects then
 * hold CLOSE); never fails otherwise. After CLOSE every event is ignored. */
TS_MUST_USE ts_err_t ts_session_step(ts_session_t *self,
                                     const ts_session_event_t *in,
                                     ts_effects_t *out);
void ts_session_status(const ts_session_t *self, ts_session_status_t *ret_status);

/* The table of states, for tests and for the drawing in proto/README.md. */
/*      event of the table: messages by kind, then what the runner tells */
#define TS_SESSION_INPUT_LIST(X)                                  \
    X(START)                                                      \
    X(HELLO)                                                      \
    X(WELCOME)                                                    \
    X(HAVE)                                                       \
    X(WANT)                                                       \
    X(CREDIT)                                                     \
    X(CHUNK)                                                      \
    X(CUSTODY)                                                    \
    X(REJECT)                                                     \
    X(PING)                                                       \
    X(PONG)                                                       \
    X(REFUSE)                                                     \
    X(BYE)                                                        \
    X(TIMER)                                                      \
    X(CONTINUE)                                                   \
    X(LISTED)                                                     \
    X(LOADED)                                                     \
    X(LOCATED)                                                    \
    X(STORED)                                                     \
    X(STORE_REFUSED)                                              \
    X(TIPS)                                                       \
    X(ENTITLED)                                                   \
    X(DRAIN)                                                      \
    X(QUIT)                                                       \
    X(LINK_DOWN)                                                  \
    X(SETTLED) /* the session's own: both listings are through */ \
    X(EMPTIED) /* the session's own: draining was asked for and nothing is left */

typedef enum ts_session_input {
#define TS_SESSION_INPUT_ENUM(name) TS_INPUT_##name,
    TS_SESSION_INPUT_LIST(TS_SESSION_INPUT_ENUM)
#undef TS_SESSION_INPUT_ENUM
        TS_SESSION_INPUTS
} ts_session_input_t;

const char *ts_session_state_name(ts_session_state_t state);
const char *ts_session_input_name(ts_session_input_t input);
/* Name of the action in a cell ("illegal" and "ignore" are actions too); NULL = not written, a bug.
 */
const char *ts_session_cell_action(ts_session_state_t state, ts_session_input_t input);
/* Where the cell leads when its action succeeds. */
ts_session_state_t ts_session_cell_next(ts_session_state_t state, ts_session_input_t input);
/* Appends the drawing (Mermaid stateDiagram-v2) of all cells that change the state. */
void ts_session_draw(ts_buf_t *out);

#endif
