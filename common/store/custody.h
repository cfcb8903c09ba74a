/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Custody: the durable holding of logs (custody.sqlite, every commit flushed), the own tail that is
 * not sealed yet, and what peers are known to hold. It judges only how segments hang together;
 * envelope, hashes, signatures and certificates are checked by the caller (core, crypto) before a
 * put. It never opens a payload. Not for what events mean (ledger.h). Used by common/node.
 *
 * Life of a batch: ts_custody_begin, up to TS_CUSTODY_BATCH_MAX puts with the waiting ones that
 * they wake (or appends and a seal), ts_custody_commit, then ts_custody_read_back with the arrivals
 * of the batch, and only when that was right: acknowledge. Every result is a copy; bytes
 * go into buffers of the caller. On FULL the transaction is gone and everything committed before is
 * safe; after IO or CORRUPT the object refuses everything: close, open, verify. Source:
 * ARCHITECTURE.md. The tables are described in schema/custody.sql and README.md.
 */
#ifndef TS_STORE_CUSTODY_H
#define TS_STORE_CUSTODY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "core/envelope.h"
#include "core/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ts_custody ts_custody_t;

/* BLAKE2b-256; common/crypto's ts_hash_of. */
typedef ts_hash_t (*ts_hash_fn)(const void *data, size_t bytes);

/* Segments that wait for a predecessor or genesis, in all and of one log, and refused ones that are
 * kept as evidence. */
#define TS_WAITING_BYTES_MAX (16u << 20)
#define TS_WAITING_LOG_BYTES_MAX (2u << 20)
#define TS_REFUSED_BYTES_MAX (16u << 20)
/* A database up to this size is read whole at every opening: less than a second on an old disk. */
#define TS_CUSTODY_CHECKED_BYTES (64u << 20)

typedef struct ts_custody_options {
    const char *folder;     /* custody.sqlite stands there */
    const char *vfs;        /* NULL: the system's */
    ts_id16_t deployment;   /* must be the stored one: FOREIGN otherwise */
    ts_id16_t new_store_id; /* random, taken when the store is made */
    ts_hash_fn hash;
    bool create;  /* make an absent store (joining); never on an ordinary start */
    bool repair;  /* open although the content of segments is damaged, to put it right */
    bool inspect; /* reading only, without the checks of opening: to look at a damaged store. Every
                     write is refused with CORRUPT */
} ts_custody_options_t;

/*
 * Opens and checks: density of arrivals, head rows (count and sum of hashes of each log), the hash
 * of each entry in the tail; after an unclean end also every page; up to TS_CUSTODY_CHECKED_BYTES
 * always every page and the hash of every segment. Errors with *detail told: those of ts_db_open;
 * FOREIGN; CORRUPT: *detail names the logs and arrivals that cannot be read any more and that they
 * can be fetched again, or the entry of the tail that nobody else has. Nothing is deleted or
 * repaired by opening but what other things tell: rows of logs by their genesis, tips by the
 * segments, indexes of small tables by their rows. Wrong ones are made anew.
 */
TS_MUST_USE ts_err_t ts_custody_open(ts_custody_t **ret_self,
                                     const ts_custody_options_t *options,
                                     ts_msg_t *detail);
/* Notes a clean end and closes. Takes NULL. */
void ts_custody_destroy(ts_custody_t **self_p);
/* Gives back the memory of cached pages; not in a transaction. */
void ts_custody_trim(ts_custody_t *self);
const ts_msg_t *ts_custody_detail(const ts_custody_t *self);
/* OK, or the error after which everything is refused. */
ts_err_t ts_custody_failed(const ts_custody_t *self);

/* ---- facts of the store ---- */

ts_id16_t ts_custody_store_id(const ts_custody_t *self);
/* Counts openings, from 1. Rolls back with the database, so it is no identity. */
uint32_t ts_custody_boot(const ts_custody_t *self);
/* The store ended cleanly the last time. */
bool ts_custody_was_clean(const ts_custody_t *self);
/* The opening has compared every segment with its hash. */
bool ts_custody_was_checked(const ts_custody_t *self);
/* Logs whose tips the opening made anew. */
uint64_t ts_custody_tips_mended(const ts_custody_t *self);
/* Arrival of the newest segment; 0 when empty. Dense from 1. */
uint64_t ts_custody_arrival(const ts_custody_t *self);
/* Counter of the newest tail event ever appended; 0 when none. */
uint64_t ts_custody_tail_counter(const ts_custody_t *self);
uint64_t ts_custody_inode(const ts_custody_t *self);
/* After a restore or a rollback: arrivals would repeat under the old id. One transaction of
 * its own. */
TS_MUST_USE ts_err_t ts_custody_set_store_id(ts_custody_t *self, const ts_id16_t *store_id);
/* A consistent copy of the database into a new file; a restored copy must get a new store id.
 */
TS_MUST_USE ts_err_t ts_custody_backup(ts_custody_t *self, const char *path);
/* The same in steps while the office works, see ts_db_copy_begin. Not in a transaction. */
typedef struct ts_db_copy ts_custody_copy_t;
TS_MUST_USE ts_err_t ts_custody_copy_begin(ts_custody_t *self,
                                           const char *path,
                                           ts_custody_copy_t **ret_copy);
TS_MUST_USE ts_err_t ts_custody_copy_step(ts_custody_copy_t *copy, unsigned pages, bool *ret_done);
void
ts_custody_copy_progress(const ts_custody_copy_t *copy, uint64_t *ret_pages, uint64_t *ret_total);
void ts_custody_copy_end(ts_custody_copy_t **copy_p);

/* Small named values of the node: public parts of own keys, record counter, salt … Name ≤ 64 bytes,
 * value ≤ 4096 bytes. Puts stand in an open transaction. get: NOTFOUND when never put; ret_value is
 * replaced. */
TS_MUST_USE ts_err_t ts_custody_state_get(ts_custody_t *self,
                                          const char *name,
                                          ts_buf_t *ret_value);
TS_MUST_USE ts_err_t ts_custody_state_put(ts_custody_t *self, const char *name, ts_bytes_t value);
/* The same for a number; an absent one is 0. */
TS_MUST_USE ts_err_t ts_custody_number_get(ts_custody_t *self,
                                           const char *name,
                                           uint64_t *ret_value);
TS_MUST_USE ts_err_t ts_custody_number_put(ts_custody_t *self, const char *name, uint64_t value);

/* ---- transactions ---- */

TS_MUST_USE ts_err_t ts_custody_begin(ts_custody_t *self, const char *why);
/* Durable when it returns OK. On any error nothing of the batch is stored. */
TS_MUST_USE ts_err_t ts_custody_commit(ts_custody_t *self);
void ts_custody_rollback(ts_custody_t *self);

/* ---- segments in ---- */

typedef enum ts_put_outcome {
    TS_PUT_STORED, /* new: arrival given */
    TS_PUT_FORK, /* new and stored, its predecessor has another successor: the log is forked now */
    TS_PUT_DUPLICATE, /* held already under `arrival` */
    TS_PUT_WAITING,   /* predecessor or genesis is not held; kept, ask for `missing` */
    TS_PUT_REFUSED    /* `code` says why: CHAIN does not continue its predecessor; INVALID genesis;
                         LIMIT too much is waiting */
} ts_put_outcome_t;

typedef struct ts_put_result {
    ts_put_outcome_t outcome;
    ts_err_t code;    /* REFUSED only */
    uint64_t arrival; /* STORED, FORK, DUPLICATE */
    ts_hash_t log;
    ts_hash_t
        missing; /* WAITING: hash of the predecessor, or the log id when the genesis is missing */
    bool wakes;  /* STORED, FORK: segments wait for this one, see ts_custody_waiting_take */
} ts_put_result_t;

/* Where a segment came from. */
typedef struct ts_put_source {
    ts_id16_t store;     /* store id of the peer; our own for own segments */
    int64_t received_ms; /* wall clock of this store, a claim */
} ts_put_source_t;

/*
 * Stores a segment in the open transaction. `hash` is its segment hash as the caller computed it;
 * signature and certificates were verified, except that a segment of an unknown log
 * (ts_custody_log: NOTFOUND) can be verified only when it leaves the waiting room. De-duplicates by
 * hash, never by (log, seq). Errors are those of the disk; what is wrong with the segment stands in
 * *ret_result.
 */
TS_MUST_USE ts_err_t ts_custody_put(ts_custody_t *self,
                                    const ts_segment_view_t *view,
                                    const ts_hash_t *hash,
                                    const ts_put_source_t *source,
                                    ts_put_result_t *ret_result);

/* Takes one segment out of the waiting room that waited for `predecessor` (segment hash, or log id
 * for a genesis that came), in the open transaction; the caller verifies it and puts it. NOTFOUND
 * when none waits. */
TS_MUST_USE ts_err_t ts_custody_waiting_take(ts_custody_t *self,
                                             const ts_hash_t *predecessor,
                                             ts_buf_t *ret_bytes,
                                             ts_put_source_t *ret_source);
typedef struct ts_waiting {
    ts_hash_t log;
    ts_hash_t missing; /* what to ask for */
    uint64_t first_seq;
    bool genesis_missing;
} ts_waiting_t;
/* What is missing, one row per missing hash, in order of it; `after` NULL from the start. */
TS_MUST_USE ts_err_t ts_custody_waiting_list(
    ts_custody_t *self, const ts_hash_t *after, ts_waiting_t *out, size_t max, size_t *ret_count);

/* Keeps a refused segment as evidence, in the open transaction, once however often it comes; beyond
 * TS_REFUSED_BYTES_MAX the oldest ones go. `detail` ≤ 200 bytes are kept. */
typedef struct ts_refusal {
    ts_hash_t hash;
    ts_hash_t log;
    ts_err_t code;
    ts_put_source_t source;
    char detail[201];
} ts_refusal_t;
TS_MUST_USE ts_err_t ts_custody_refuse(ts_custody_t *self,
                                       const ts_refusal_t *refusal,
                                       ts_bytes_t bytes);
/* Newest first; `bytes` may be NULL. NOTFOUND beyond the last. */
TS_MUST_USE ts_err_t ts_custody_refused(ts_custody_t *self,
                                        size_t index,
                                        ts_refusal_t *ret_refusal,
                                        ts_buf_t *ret_bytes);

/* Reads committed segments on the second, query-only connection. The callback gets what the
 * disk gives; any error that it returns ends the walk and is returned. CORRUPT when one of the
 * arrivals is not there. */
typedef ts_err_t (*ts_read_back_fn)(void *context, uint64_t arrival, ts_bytes_t bytes);
TS_MUST_USE ts_err_t ts_custody_read_back(ts_custody_t *self,
                                          uint64_t first_arrival,
                                          uint64_t last_arrival,
                                          ts_read_back_fn callback,
                                          void *context);

/* ---- own logs ---- */

typedef enum ts_own {
    TS_OWN_NOT = 0,
    TS_OWN_ACTIVE = 1, /* we extend it */
    TS_OWN_PAST = 2    /* ours, but a successor log took over */
} ts_own_t;

/* Says so of a log that is held; in the open transaction. */
TS_MUST_USE ts_err_t ts_custody_own_set(ts_custody_t *self, const ts_hash_t *log, ts_own_t own);
/* The active own log of a purpose (and audience unit, 0 = none); the newest when there are several.
 * NOTFOUND. */
TS_MUST_USE ts_err_t ts_custody_own_active(ts_custody_t *self,
                                           uint8_t purpose,
                                           uint64_t audience_unit,
                                           ts_log_info_t *ret_info);

/* Appends one event to the tail of an own log, in the open transaction. The counter grows over all
 * logs and is never used twice. DENIED when the log is not active, is closed or forked; NOTFOUND;
 * TOOBIG. */
TS_MUST_USE ts_err_t ts_custody_append(ts_custody_t *self,
                                       const ts_hash_t *log,
                                       const ts_hash_t *event_id,
                                       ts_bytes_t event,
                                       uint64_t *ret_counter);

typedef struct ts_tail_event {
    uint64_t counter;
    ts_hash_t log;
    ts_hash_t event_id;
} ts_tail_event_t;
/* The first tail event after `after_counter`, of `log` or (NULL) of any log; NOTFOUND;
 * CORRUPT: its bytes are not those of its hash (looked at when they are asked for). ret_event (the
 * struct) or ret_bytes may be NULL. */
TS_MUST_USE ts_err_t ts_custody_tail_next(ts_custody_t *self,
                                          const ts_hash_t *log,
                                          uint64_t after_counter,
                                          ts_tail_event_t *ret_event,
                                          ts_buf_t *ret_bytes);
typedef struct ts_tail_size {
    uint64_t events;
    uint64_t bytes;
} ts_tail_size_t;
TS_MUST_USE ts_err_t ts_custody_tail_size(ts_custody_t *self,
                                          const ts_hash_t *log,
                                          ts_tail_size_t *ret_size);

/*
 * Seals, in the open transaction: stores the own segment and removes the events of its log up to
 * `through_counter` from the tail. The number of removed events must be the header's count, and the
 * segment must extend the only tip: INVALID or CHAIN otherwise, then roll back. A genesis (nothing
 * is removed) makes the log an active own one.
 */
TS_MUST_USE ts_err_t ts_custody_seal(ts_custody_t *self,
                                     const ts_segment_view_t *view,
                                     const ts_hash_t *hash,
                                     const ts_put_source_t *source,
                                     uint64_t through_counter,
                                     uint64_t *ret_arrival);
/* Moves the unsealed tail of a log to another own log (a log that may not be extended any more goes
 * on in its successor), in the open transaction; counters stay. */
TS_MUST_USE ts_err_t ts_custody_tail_move(ts_custody_t *self,
                                          const ts_hash_t *from,
                                          const ts_hash_t *to);

/* ---- reading ---- */

/* A segment as it is held. */
typedef struct ts_held_segment {
    uint64_t arrival;
    ts_hash_t log;
    uint64_t first_seq;
    uint64_t last_seq;
    ts_hash_t hash;
    uint64_t prev_arrival; /* of its predecessor; 0 for a genesis */
    uint64_t chain_bytes; /* stored bytes of the log from its genesis up to here, along the chain */
    uint32_t bytes;       /* of this segment, stored */
    ts_put_source_t source;
} ts_held_segment_t;

/* Each: NOTFOUND when there is none; ret_segment or ret_bytes may be NULL; ret_bytes is replaced.
 */
TS_MUST_USE ts_err_t ts_custody_get(ts_custody_t *self,
                                    uint64_t arrival,
                                    ts_held_segment_t *ret_segment,
                                    ts_buf_t *ret_bytes);
TS_MUST_USE ts_err_t ts_custody_find(ts_custody_t *self,
                                     const ts_hash_t *hash,
                                     ts_held_segment_t *ret_segment,
                                     ts_buf_t *ret_bytes);
/*
 * What to offer next (LOAD of core/effect.h): of log base->log the first segment in order of
 * arrival that came after `cursor` and is neither base nor an ancestor of it. base->hash zero: from
 * the genesis on. A predecessor always stands before its successors. NOTFOUND: base is not held
 * (then *ret_base_held is false) or nothing follows.
 */
TS_MUST_USE ts_err_t ts_custody_next(ts_custody_t *self,
                                     const ts_tip_t *base,
                                     uint64_t cursor,
                                     bool *ret_base_held,
                                     ts_held_segment_t *ret_segment,
                                     ts_buf_t *ret_bytes);
/* The segment that is `back` steps before `hash` on its chain, or the genesis when there are fewer.
 */
TS_MUST_USE ts_err_t ts_custody_back(ts_custody_t *self,
                                     const ts_hash_t *hash,
                                     uint32_t back,
                                     ts_held_segment_t *ret_segment);
/* The segment that holds event number `seq` on the chain that ends in `tip` (0: the genesis). Steps
 * back one by one: near the tip is cheap. */
TS_MUST_USE ts_err_t ts_custody_at(ts_custody_t *self,
                                   const ts_hash_t *tip,
                                   uint64_t seq,
                                   ts_held_segment_t *ret_segment,
                                   ts_buf_t *ret_bytes);
/* *ret_on: `hash` is `tip` itself or an ancestor of it. NOTFOUND: one of them is not held. */
TS_MUST_USE ts_err_t ts_custody_on_chain(ts_custody_t *self,
                                         const ts_hash_t *hash,
                                         const ts_hash_t *tip,
                                         bool *ret_on);

TS_MUST_USE ts_err_t ts_custody_log(ts_custody_t *self,
                                    const ts_hash_t *log,
                                    ts_log_info_t *ret_info);
TS_MUST_USE ts_err_t ts_custody_log_own(ts_custody_t *self,
                                        const ts_hash_t *log,
                                        ts_own_t *ret_own);
/* All logs in the order in which they became known: *info becomes the one after it (zeroed: the
 * first of all); NOTFOUND at the end, *info stays. */
TS_MUST_USE ts_err_t ts_custody_log_next(ts_custody_t *self, ts_log_info_t *info);

/* The head of a log. */
typedef struct ts_log_size {
    uint64_t segments;
    uint64_t events;
    uint64_t bytes;        /* stored */
    uint64_t last_seq;     /* greatest over the tips */
    uint64_t last_arrival; /* newest segment */
} ts_log_size_t;
TS_MUST_USE ts_err_t ts_custody_log_size(ts_custody_t *self,
                                         const ts_hash_t *log,
                                         ts_log_size_t *ret_size);

/* ---- tips, digest, watermark ---- */

typedef struct ts_custody_tip {
    ts_tip_t tip;
    uint64_t arrival;     /* of the tip's segment */
    uint64_t chain_bytes; /* as in ts_held_segment_t */
} ts_custody_tip_t;

/* The tips of one log, greatest number first; at most `max` (the rest is left out). NOTFOUND for a
 * log that is not held. */
TS_MUST_USE ts_err_t ts_custody_log_tips(
    ts_custody_t *self, const ts_hash_t *log, ts_custody_tip_t *out, size_t max, size_t *ret_count);

/* true: the log belongs into the list. */
typedef bool (*ts_log_filter_fn)(void *context, const ts_log_info_t *info);

typedef struct ts_tip_query {
    uint64_t since;          /* logs of which something arrived later; 0: all */
    size_t count_max;        /* end the page before a log that would exceed it (a first log may) */
    ts_log_filter_fn filter; /* NULL: all */
    void *context;
} ts_tip_query_t;

typedef struct ts_tip_page {
    size_t count;
    bool more;        /* ask again with since = arrival */
    uint64_t arrival; /* that this page covers; on the last page the newest arrival of the store */
} ts_tip_page_t;
/* One page of logs in the order of their newest arrival, each with all its tips (LIST of
 * core/effect.h). `infos` may be NULL, else it gets the log of each tip. Both hold `max` ≥
 * count_max entries; of a log with more tips than `max` the greatest numbers are given. */
TS_MUST_USE ts_err_t ts_custody_tips(ts_custody_t *self,
                                     const ts_tip_query_t *query,
                                     ts_custody_tip_t *out,
                                     ts_log_info_t *infos,
                                     size_t max,
                                     ts_tip_page_t *ret_page);
/* The tips of one log as they were when `arrival` was the newest of the store: what a result that
 * was folded up to there covers (watermark). None when the log came later. */
TS_MUST_USE ts_err_t ts_custody_tips_at(ts_custody_t *self,
                                        const ts_hash_t *log,
                                        uint64_t arrival,
                                        ts_custody_tip_t *out,
                                        size_t max,
                                        size_t *ret_count);
/* Additive digest of tips: the sum modulo 2^256 (little-endian) of hash (log, seq as 8 bytes
 * little-endian, hash). Order does not matter. */
void ts_custody_digest_add(ts_hash_fn hash, ts_hash_t *sum, const ts_tip_t *tip);
/* That of all tips of the logs that pass the filter (NULL: all). */
TS_MUST_USE ts_err_t ts_custody_digest(ts_custody_t *self,
                                       ts_log_filter_fn filter,
                                       void *context,
                                       ts_hash_t *ret_digest);

/* ---- peers and what they hold ---- */

/* Where the exchange with a neighbour stands (MARK of core/effect.h). */
typedef struct ts_custody_peer {
    uint32_t office;  /* key: number of its office; 0 = the parent while its number is not known */
    ts_id16_t store;  /* store id that the numbers belong to */
    uint64_t seen;    /* arrival of its store up to which we took everything in */
    uint64_t offered; /* arrival of our store up to which it has everything */
    int64_t session_ms; /* last session, wall clock of this store */
} ts_custody_peer_t;
/* NOTFOUND when nothing is remembered. */
TS_MUST_USE ts_err_t ts_custody_peer_get(ts_custody_t *self,
                                         uint32_t office,
                                         ts_custody_peer_t *ret_peer);
/* In the open transaction. */
TS_MUST_USE ts_err_t ts_custody_peer_put(ts_custody_t *self, const ts_custody_peer_t *peer);

/*
 * What another store said that it holds (its CUSTODY, WELCOME, HAVE, or a holding in a log), by its
 * store id: the parent's makes "held", the root's "anchored". A cache: its word of now overrides
 * what is remembered. In the open transaction. add: `tip` and with it its ancestors. *ret_known
 * (may be NULL): we hold that segment ourselves; when not, nothing is noted (of an own log: the
 * database went back). set: replaces all that was noted of the log; tips that are not held here
 * are left out.
 */
TS_MUST_USE ts_err_t ts_custody_held_add(ts_custody_t *self,
                                         const ts_id16_t *store,
                                         const ts_tip_t *tip,
                                         bool *ret_known);
TS_MUST_USE ts_err_t ts_custody_held_set(ts_custody_t *self,
                                         const ts_id16_t *store,
                                         const ts_hash_t *log,
                                         const ts_tip_t *tips,
                                         size_t count);
TS_MUST_USE ts_err_t ts_custody_held_clear(ts_custody_t *self, const ts_id16_t *store);
TS_MUST_USE ts_err_t ts_custody_held_tips(ts_custody_t *self,
                                          const ts_id16_t *store,
                                          const ts_hash_t *log,
                                          ts_tip_t *out,
                                          size_t max,
                                          size_t *ret_count);
/* Number of the last event of the log that this store (NULL: any other one) holds, greatest over
 * its branches; 0 when none. */
TS_MUST_USE ts_err_t ts_custody_held_seq(ts_custody_t *self,
                                         const ts_id16_t *store,
                                         const ts_hash_t *log,
                                         uint64_t *ret_seq);
/* *ret_held: the store (NULL: any other one) holds this segment (a noted tip is it or comes after
 * it). NOTFOUND when we do not hold it. */
TS_MUST_USE ts_err_t ts_custody_held_segment(ts_custody_t *self,
                                             const ts_id16_t *store,
                                             const ts_hash_t *segment,
                                             bool *ret_held);

/* Over own logs, active and past, holdings and copies for keepers left out. saved = tail + sealed.
 */
typedef struct ts_custody_status {
    uint64_t tail_events; /* not sealed yet */
    uint64_t sealed_events;
    uint64_t held_events; /* of the sealed, held by the store asked for */
    uint64_t sealed_bytes;
    uint64_t held_bytes;
    int64_t oldest_open_ms; /* when the oldest segment that it does not hold was sealed; 0 = none */
} ts_custody_status_t;
/* store = the parent's: saved · held; store = the root's: saved · anchored; NULL: held by any other
 * store, which is what counts for the root itself. */
TS_MUST_USE ts_err_t ts_custody_status(ts_custody_t *self,
                                       const ts_id16_t *store,
                                       ts_custody_status_t *ret_status);
typedef struct ts_custody_counts {
    uint64_t logs;
    uint64_t segments;
    uint64_t events;
    uint64_t bytes; /* stored */
    uint64_t waiting;
    uint64_t waiting_bytes;
    uint64_t refused;
    uint64_t forked_logs;
} ts_custody_counts_t;
TS_MUST_USE ts_err_t ts_custody_counts(ts_custody_t *self, ts_custody_counts_t *ret_counts);

/* ---- verifying ---- */

typedef struct ts_damage {
    uint64_t arrival;
    ts_hash_t log;      /* zero: cannot be told any more */
    uint64_t first_seq; /* 0 and 0 when they cannot be told */
    uint64_t last_seq;
    ts_err_t code; /* CORRUPT unreadable or gone; HASH other bytes than were stored; CHAIN row and
                      header disagree; what `check` returned */
} ts_damage_t;

typedef void (*ts_damage_fn)(void *context, const ts_damage_t *damage);
/* Further check of a segment whose hashes are right (its signature). */
typedef ts_err_t (*ts_segment_check_fn)(void *context,
                                        const ts_segment_view_t *view,
                                        const ts_log_info_t *info);

typedef struct ts_custody_verify {
    uint64_t next_arrival; /* start with 1 */
    uint64_t checked;      /* segments looked at */
    uint64_t damaged;
    ts_segment_check_fn check; /* may be NULL */
    ts_damage_fn report;       /* may be NULL */
    void *context;
} ts_custody_verify_t;
/* Verifies up to `max` segments more, on the second connection: readable, hash, payload hash,
 * chain, row and header agree. *ret_done at the end. An error only when verifying itself cannot go
 * on. */
TS_MUST_USE ts_err_t ts_custody_verify(ts_custody_t *self,
                                       ts_custody_verify_t *verify,
                                       size_t max,
                                       bool *ret_done);
/* The hash of a segment as the index has it, which the opening compared: the row itself may be
 * damaged. NOTFOUND. */
TS_MUST_USE ts_err_t ts_custody_indexed_hash(ts_custody_t *self,
                                             uint64_t arrival,
                                             ts_hash_t *ret_hash);
/* Puts the right bytes, fetched again by hash and verified by the caller, in the place of damaged
 * ones, and what they tell into the row. In the open transaction. NOTFOUND; HASH when these are not
 * the bytes of that segment. */
TS_MUST_USE ts_err_t ts_custody_repair(ts_custody_t *self,
                                       const ts_segment_view_t *view,
                                       const ts_hash_t *hash);

#endif
