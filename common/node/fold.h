/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The fold: eats custody's segments in order of arrival and the own tail, and keeps the ledger and
 * the catalog. The ledger is a function of the set of events: any order, repetition or batching
 * gives the same, because a verdict that a later event could change is asked again when that event
 * comes. Not for deciding what custody takes (it takes everything).
 *
 * What a change of registry or plan touches is done again in slices: events that wait for it; for
 * an office, cut-off, release, body, unit or fund the verdicts of the logs concerned, in place; for
 * lines, bands and periods of a plan that has figures already, a new ledger beside the old one,
 * swapped in when it has caught up. Until then ts_fold_state says so and figures are those of
 * before. The event under trial is noted; two crashes on one event park it. Source:
 * ARCHITECTURE.md.
 */
#ifndef TS_NODE_FOLD_H
#define TS_NODE_FOLD_H

#include "core/catalog.h"
#include "core/event.h"
#include "core/permit.h"
#include "store/custody.h"
#include "store/ledger.h"

typedef struct ts_fold ts_fold_t;

/* Each event when it becomes accepted, also when it is unparked; `record` and `header` live during
 * the call. Comes again for the same event after the ledger was made anew: take it as a state, not
 * as a counter. The fold must not be called from inside. */
typedef void (*ts_fold_seen_fn)(void *ctx,
                                const ts_log_info_t *log,
                                const ts_event_header_t *header,
                                const void *record);

/* Just before the live ledger is committed: what `seen` made the caller remember must be durable by
 * then, since it is not told again. An error stops the commit. The fold must not be called. */
typedef ts_err_t (*ts_fold_before_commit_fn)(void *ctx);

typedef struct ts_fold_options {
    ts_ledger_t *ledger;       /* borrowed; stays the same object when a new ledger is swapped in */
    ts_custody_t *custody;     /* borrowed */
    const ts_schema_t *schema; /* ts_wire_schema() */
    ts_hash_fn hash;           /* ts_hash_of */
    uint32_t batch_events;     /* events of one commit; 0 = 8192 */
    uint32_t batch_bytes;    /* a batch ends when so much of it is on the disk ahead of its commit;
                                0 = 4 MiB. So a disk needs room for about 12 MiB of write-ahead
                                log and no more, whatever is folded */
    uint32_t cache_children; /* children kept in memory between batches; 0 = 16384 (about 0.5 KiB
                                each) */
    ts_fold_seen_fn seen;    /* may be NULL */
    ts_fold_before_commit_fn before_commit; /* may be NULL */
    void *ctx;
} ts_fold_options_t;

/* Loads the catalog. When the ledger does not fit custody (ahead of it) it is emptied first. */
TS_MUST_USE ts_err_t ts_fold_open(ts_fold_t **ret_self,
                                  const ts_fold_options_t *options,
                                  ts_msg_t *detail);
/* Commits what is folded and closes; takes NULL. */
void ts_fold_destroy(ts_fold_t **self_p);
/* The last error as a sentence. */
const ts_msg_t *ts_fold_detail(const ts_fold_t *self);

/* Wall clock of this store, for the time of feed rows only; seconds since 1970. */
void ts_fold_time(ts_fold_t *self, uint64_t now_s);
/*
 * Folds up to `budget` events of whatever is due (things to be done again, new segments, own tail,
 * a ledger beside), within one segment a little more. Commits when a batch is full or nothing is
 * left. *ret_more: call again. After an error (a full disk) the next call goes on from the last
 * commit; after IO and CORRUPT the ledger refuses.
 */
TS_MUST_USE ts_err_t ts_fold_slice(ts_fold_t *self, uint32_t budget, bool *ret_more);
/* A command's own events, just committed to custody's tail: folds the tail now and settles,
 * whatever else is due. */
TS_MUST_USE ts_err_t ts_fold_event_now(ts_fold_t *self);
/* Counter of the newest tail event that was folded; what lies behind it should not be sealed
 * before its command was answered. */
uint64_t ts_fold_tail(const ts_fold_t *self);
/* The same for own events that were sealed in the commit that took them: folds that segment ahead
 * of its turn. When its turn comes its events are known already. */
TS_MUST_USE ts_err_t ts_fold_segment_now(ts_fold_t *self, uint64_t arrival);
/* Writes and commits what is in memory, so that readers of the ledger see all that was folded.
 * Cheap when nothing is open. */
TS_MUST_USE ts_err_t ts_fold_settle(ts_fold_t *self);
/* The same in steps, of `budget` events' work each. *ret_done: it is settled. */
TS_MUST_USE ts_err_t ts_fold_settle_some(ts_fold_t *self, uint32_t budget, bool *ret_done);
/* Gives memory back; for idle times. */
void ts_fold_trim(ts_fold_t *self);

typedef struct ts_fold_state {
    uint64_t arrival;      /* folded up to this segment … */
    uint64_t arrival_last; /* … of so many */
    bool redoing;          /* verdicts are being asked again */
    bool rebuilding;       /* a new ledger is being made */
    uint64_t rebuilt;      /* segments of it that are done */
    uint64_t changes;      /* another number than before: ledger and catalog are not what they were,
                              and rows of the catalog may be gone, also when arrival is the same */
} ts_fold_state_t;
void ts_fold_state(const ts_fold_t *self, ts_fold_state_t *ret_state);

/* Registry, plans, funds as of what was folded; lives as long as the fold, its rows until the next
 * slice. */
const ts_catalog_t *ts_fold_catalog(const ts_fold_t *self);

/*
 * What the fold will say about an event that a command is about to append to `log` (its bytes need
 * not exist yet). Source of truth for refusing at command time.
 */
TS_MUST_USE ts_err_t ts_fold_judge(ts_fold_t *self,
                                   const ts_log_info_t *log,
                                   const ts_event_header_t *header,
                                   const ts_kind_schema_t *kind,
                                   const void *record,
                                   ts_verdict_t *ret_verdict);
/* How often a child (subject) got a line of a plan on days that lie in the same periods as the
 * fact's day, in any unit. */
TS_MUST_USE ts_err_t ts_fold_child_times(ts_fold_t *self,
                                         const ts_fact_t *fact,
                                         uint64_t *ret_times);
/* The bytes of an event where it stands, or where it was sealed since the ledger noted the place;
 * borrowed until the next call on the fold. NOTFOUND. */
TS_MUST_USE ts_err_t ts_fold_read(ts_fold_t *self,
                                  const ts_place_t *place,
                                  uint64_t event,
                                  ts_bytes_t *ret_event);

/* Makes the ledger anew from custody beside the present one, in slices, and swaps it in. */
void ts_fold_rebuild(ts_fold_t *self);
/*
 * For `verify`: the same, but compares instead of swapping. Call until *ret_done; *ret_same: both
 * ledgers have one digest, the same cells and balances. `path` is a file to be made and removed
 * again.
 */
typedef struct ts_fold_compare ts_fold_compare_t;
TS_MUST_USE ts_err_t ts_fold_compare_begin(ts_fold_t *self,
                                           const char *path,
                                           ts_fold_compare_t **ret_compare);
TS_MUST_USE ts_err_t ts_fold_compare_slice(ts_fold_compare_t *compare,
                                           uint32_t budget,
                                           bool *ret_done,
                                           bool *ret_same);
void ts_fold_compare_end(ts_fold_compare_t **compare_p);

/*
 * A fold of the past, for `report verify`: a ledger of its own over some segments only, without the
 * tail. Its catalog and its ledger are read as those of the live one; nobody is told anything.
 */
typedef struct ts_fold_past_query {
    const char *path;        /* a file to be made and removed again */
    const uint8_t *segments; /* bit (arrival & 7) of byte (arrival >> 3): it belongs to the past;
                                borrowed until the end */
    uint64_t last;           /* greatest arrival that has a bit */
} ts_fold_past_query_t;
TS_MUST_USE ts_err_t ts_fold_past_begin(ts_fold_t *self,
                                        const ts_fold_past_query_t *query,
                                        ts_fold_t **ret_past);
/* Call until *ret_done. */
TS_MUST_USE ts_err_t ts_fold_past_slice(ts_fold_t *past, uint32_t budget, bool *ret_done);
ts_ledger_t *ts_fold_past_ledger(const ts_fold_t *past);
void ts_fold_past_end(ts_fold_t **past_p);

#endif
