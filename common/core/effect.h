/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a step of a sync session may ask its runner to do. What it is for: the session
 * (core/session.h) is pure; a runner in common/node executes its effects, in order, before it steps
 * again and before it frees the memory of the event. Every pointer in an effect is borrowed until
 * then.
 *
 * Effects that are questions (LIST, LOAD, LOCATE, STORE_SEGMENT) are answered with an event of
 * core/session.h: LISTED, LOADED, LOCATED, STORED or STORE_REFUSED, at once or later. Each question
 * is answered exactly once, unless the session is closed meanwhile. Source: proto/README.md.
 */
#ifndef TS_CORE_EFFECT_H
#define TS_CORE_EFFECT_H

#include "base/limits.h"
#include "base/time.h"
#include "core/log.h"
#include "core/sync_msg.h"

/*      name           what the runner must do */
#define TS_EFFECT_LIST(X)                                                                          \
    X(SEND)          /* encode and send one message */                                             \
    X(LIST)          /* list logs that the peer may have; answer LISTED */                         \
    X(LOAD)          /* read a slice of the next segment for a stream; answer LOADED */            \
    X(LOCATE)        /* say what we hold of a log; answer LOCATED */                               \
    X(STORE_SEGMENT) /* verify, commit, read back; answer STORED or STORE_REFUSED */               \
    X(KEEP_PARTIAL)  /* remember the beginning of a segment over a cut; no answer */               \
    X(PEER_HOLDS)    /* the peer has custody of these tips; remember for seal, status, holdings */ \
    X(MARK)          /* remember arrival numbers of this peer for the next START */                \
    X(AMNESIA)       /* the parent holds more, or other, of a log of ours than we do */            \
    X(NOTE)          /* a fact for log and status */                                               \
    X(CLOSE)         /* the session is over: close the socket, destroy the session */

typedef enum ts_effect_kind {
#define TS_EFFECT_ENUM(name) TS_EFFECT_##name,
    TS_EFFECT_LIST(TS_EFFECT_ENUM)
#undef TS_EFFECT_ENUM
} ts_effect_kind_t;

/*      fact             `tip` of the note / `code` / `number` */
#define TS_SESSION_NOTE_LIST(X)                                                            \
    X(GREETED)    /* session stands; number: round trip in ms */                           \
    X(RECONCILED) /* both listings are through */                                          \
    X(IN_STEP)    /* the digests are equal; number: our arrival number that this covers */ \
    X(RELISTED)   /* digests differ at rest: all logs are listed again */                  \
    X(REJECTED)   /* the peer refuses a segment of ours: tip.log, tip.hash, code */        \
    X(REFUSED)    /* we refuse a segment of the peer: tip.log, tip.hash, code */           \
    X(GAP)        /* a predecessor was missing and is asked for: tip.log */                \
    X(STALLED)    /* a log makes no progress and is left alone in this session: tip.log */ \
    X(STALE)      /* a message of another session was dropped */                           \
    X(ILLEGAL)    /* message or event not allowed in this state; number: kind × 16 + state */

typedef enum ts_session_note {
#define TS_SESSION_NOTE_ENUM(name) TS_NOTE_##name,
    TS_SESSION_NOTE_LIST(TS_SESSION_NOTE_ENUM)
#undef TS_SESSION_NOTE_ENUM
} ts_session_note_t;

typedef struct ts_effect {
    ts_effect_kind_t kind;
    union {
        /* SEND. The runner encodes at once (common/wire) and gives the frame to the socket without
         * waiting. A frame that the socket does not take is a lost message: nothing here depends on
         * it. */
        ts_sync_msg_t send;

        /* LIST: one page of the tips that this peer may have and that arrived in our store after
         * `since` (0: all), in the order of their arrival numbers, each log once with all its tips,
         * at most `count_max` tips (a log with more tips may exceed it up to
         * TS_TIPS_PER_MESSAGE_MAX). For a parent: logs authored in our subtree. For a child: logs
         * whose audience includes its unit. Never a log that the peer itself writes or relays to
         * us. */
        struct {
            uint64_t since;
            uint32_t count_max;
        } list;

        /* LOAD: of log `base.log`, the next segment in arrival order that is neither on the chain
         * that ends in `base` (ancestors and base itself) nor has an arrival number ≤ `cursor`.
         * base.hash zero: from the genesis on. For a log without fork that is simply the successor.
         * Answer with its bytes from `offset`, at most `bytes_max`; when `segment_prefix` is not
         * zero and the segment found has another prefix, answer from offset 0. No such segment:
         * LOADED with total 0. We do not hold `base`: error NOTFOUND. The peer may not have this
         * log: DENIED (it may: what LIST names, and always logs that it writes itself). */
        struct {
            uint16_t stream;
            ts_tip_t base;
            uint64_t cursor;
            uint64_t segment_prefix;
            uint32_t offset;
            uint32_t bytes_max;
        } load;

        /* LOCATE: what do we hold of log `target.log`, and do we hold the segment `target.hash`?
         * `back` > 0: not our best tip but its ancestor that many segments before it (or the
         * genesis). With the kept partial segment of this log, if any. */
        struct {
            ts_tip_t target;
            uint32_t back;
        } locate;

        /* STORE_SEGMENT: a complete segment as it came, header already checked against `log`.
         * Verify envelope, hash, signature, genesis certificates, chain (core/chain.h); commit (at
         * most TS_CUSTODY_BATCH_MAX together), read back, verify; only then answer STORED. A
         * segment that is held already is answered with STORED too. With the answer the kept
         * partial of this segment (prefix of its hash) is dropped. */
        struct {
            uint16_t stream;
            ts_hash_t log;
            ts_bytes_t bytes;
        } store;

        /* KEEP_PARTIAL: bytes from `offset` of a segment of which the rest is still to come. One
         * partial per log: offset 0 replaces, another offset appends (ignore it when the prefix
         * differs or the length kept is not `offset`). data.length 0 with offset 0: forget it.
         * Losing partials costs bytes, never correctness: no fsync. */
        struct {
            ts_hash_t log;
            uint64_t segment_prefix;
            uint32_t total;
            uint32_t offset;
            ts_bytes_t data;
        } partial;

        /* PEER_HOLDS: the store `store` says that it holds these tips (and all their ancestors),
         * durably and read back. */
        struct {
            ts_id16_t store;
            const ts_sync_tip_t *tips;
            size_t count;
            uint64_t arrival; /* in the peer's store; 0 = not said */
        } holds;

        /* MARK: keep for this peer, in place of what was kept: its store id, the arrival number of
         * its store up to which we have taken everything in, and that of ours up to which it has
         * everything. Given back in START. */
        struct {
            ts_id16_t store;
            uint64_t seen;
            uint64_t offered;
        } mark;

        /* AMNESIA: close our log at what we hold, go on in a new one that names `tip` as
         * predecessor. The missing segments are being fetched by this session. */
        struct {
            ts_tip_t tip;
        } amnesia;

        struct {
            ts_session_note_t fact;
            ts_tip_t tip;
            ts_err_t code;
            uint64_t number;
            ts_bytes_t bytes; /* REFUSED: what had come of a segment that was never given to the
                                 store; to be kept as evidence. Else empty */
        } note;

        /* CLOSE: OK = done or peer said BYE; AGAIN = no answer in time; PROTOCOL, FOREIGN, KEY,
         * BUSY … as the peer's REFUSE said or we found. retry_after_ms: the peer asked for that
         * pause; 0 = by own plan (core/retry.h). */
        struct {
            ts_err_t code;
            uint32_t retry_after_ms;
        } close;
    } u;
} ts_effect_t;

typedef struct ts_effects {
    ts_effect_t items[TS_EFFECTS_MAX];
    size_t count;
    bool again; /* more is due: after these, step with TS_SESSION_CONTINUE */
    ts_mono_t
        timer; /* step with TS_SESSION_TIMER at this moment at the latest; INT64_MAX = never */
    uint64_t credit_open; /* bytes that the peer may still send us: counts against the budget of all
                             sessions */
} ts_effects_t;

/* The next effect of this kind, zeroed; the caller makes sure that there is room (ts_effects_room).
 */
ts_effect_t *ts_effects_add(ts_effects_t *effects, ts_effect_kind_t kind);
/* How many more fit. */
size_t ts_effects_room(const ts_effects_t *effects);
const char *ts_effect_name(ts_effect_kind_t kind);
const char *ts_session_note_name(ts_session_note_t note);

#endif
