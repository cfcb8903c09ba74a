/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Writing the ledger. Only for the fold (node/fold*.c): it alone knows in which order things may be
 * done. Nothing here judges; it keeps.
 *
 * One batch: ts_ledger_begin, any number of calls, ts_ledger_commit. Rows go to SQLite at once;
 * cells, balances, digests and totals are added up in memory and written by ts_ledger_flush_some
 * and by commit, sorted, so that a batch of many events costs few row writes. After an error:
 * ts_ledger_rollback; what was in memory is forgotten with it. Source: ARCHITECTURE.md.
 */
#ifndef TS_STORE_LEDGER_WRITE_H
#define TS_STORE_LEDGER_WRITE_H

#include "base/buf.h"
#include "core/event.h"
#include "core/log.h"
#include "store/ledger.h"

/* ---- batches and facts */

/* Nothing happens when a batch is open. */
TS_MUST_USE ts_err_t ts_ledger_begin(ts_ledger_t *self);
bool ts_ledger_in_batch(const ts_ledger_t *self);
/* What the open batch has put on the disk already, because the page cache was full; 0: none is
 * open. The commit adds what the cache holds. */
uint64_t ts_ledger_batch_bytes(const ts_ledger_t *self);
/* Writes what is in memory and commits; nothing happens when no batch is open. */
TS_MUST_USE ts_err_t ts_ledger_commit(ts_ledger_t *self);
/* A part of that work ahead of the commit, so that it can be done in steps: writes up to `budget` −
 * *used rows. *ret_done: the commit has little left to do. Going on with the batch is allowed. */
TS_MUST_USE ts_err_t ts_ledger_flush_some(ts_ledger_t *self,
                                          uint32_t budget,
                                          uint32_t *used,
                                          bool *ret_done);
void ts_ledger_rollback(ts_ledger_t *self);
/* After an error (a full disk): rolls back and reads anew what is kept in memory, so that work can
 * go on with what is stored. IO: it could not even be opened again; it can only be destroyed. */
TS_MUST_USE ts_err_t ts_ledger_reload(ts_ledger_t *self);
/* A commit only writes the WAL; when this is due it is moved into the database, a step of its own
 * that waits for the disk. */
bool ts_ledger_checkpoint_due(const ts_ledger_t *self);
TS_MUST_USE ts_err_t ts_ledger_checkpoint(ts_ledger_t *self);
/* Gives caches back that an idle program does not need. Not inside a batch. */
void ts_ledger_trim(ts_ledger_t *self);

/* Named numbers that stand in the same commit: cursors and the like. Absent: 0. */
TS_MUST_USE ts_err_t ts_ledger_number_get(ts_ledger_t *self, const char *name, uint64_t *ret_value);
TS_MUST_USE ts_err_t ts_ledger_number_put(ts_ledger_t *self, const char *name, uint64_t value);
/* The ledger's own number of a log, given when it is new. */
TS_MUST_USE ts_err_t ts_ledger_log_number(ts_ledger_t *self,
                                          const ts_log_info_t *info,
                                          uint32_t *ret_log);

/* ---- another ledger beside this one */

/* An empty ledger of the same make at `path`, which is removed first. Of the feed it keeps only
 * what `self` has not told; `self` must outlive it. */
TS_MUST_USE ts_err_t ts_ledger_beside(ts_ledger_t *self,
                                      const char *path,
                                      ts_ledger_t **ret_beside,
                                      ts_msg_t *detail);
/* Copies up to `max` rows of the feed into the one beside, so that replacing it takes no long
 * pause; *ret_done when there are no more. */
TS_MUST_USE ts_err_t ts_ledger_beside_feed(ts_ledger_t *self,
                                           ts_ledger_t *beside,
                                           size_t max,
                                           bool *ret_done);
/* `*beside_p` takes the place (object and path) of `self` with the feed of `self`; the old file is
 * gone. No batch may be open in either. After an error only ts_ledger_reload may be asked. */
TS_MUST_USE ts_err_t ts_ledger_replace(ts_ledger_t *self, ts_ledger_t **beside_p);
/* Closes it and removes its files. */
void ts_ledger_discard(ts_ledger_t **self_p);
/* Empties it: all but the feed, by making the file anew. */
TS_MUST_USE ts_err_t ts_ledger_restart(ts_ledger_t *self);
const char *ts_ledger_path(const ts_ledger_t *self);
bool ts_ledger_has_feed(const ts_ledger_t *self);

/* ---- standing records (one row of the kind's table) */

typedef struct ts_kind_row {
    const ts_event_header_t *header;
    const void *record; /* generated struct */
    uint64_t event;
    uint32_t office;
    ts_place_t place;
    ts_record_id_t owner_unit;
    uint32_t events;
    uint32_t depth;
    bool conflict;
} ts_kind_row_t;

/* *ret_added false: a row of this record is there already, nothing was done. */
TS_MUST_USE ts_err_t ts_ledger_row_put(ts_ledger_t *self,
                                       const ts_kind_schema_t *kind,
                                       const ts_kind_row_t *row,
                                       bool *ret_added);
TS_MUST_USE ts_err_t ts_ledger_row_remove(ts_ledger_t *self, uint32_t kind, ts_record_id_t record);
TS_MUST_USE ts_err_t ts_ledger_row_place(ts_ledger_t *self,
                                         uint32_t kind,
                                         ts_record_id_t record,
                                         const ts_place_t *place);
TS_MUST_USE ts_err_t ts_ledger_row_state(ts_ledger_t *self,
                                         uint32_t kind,
                                         ts_record_id_t record,
                                         uint32_t events,
                                         uint32_t depth,
                                         bool conflict);
/* The row of this kind after standing->record; NOTFOUND at the end. */
TS_MUST_USE ts_err_t ts_ledger_row_next(ts_ledger_t *self, uint32_t kind, ts_standing_t *standing);
/* Records of a kind whose reference field holds `target`, appended as 8-byte numbers. */
TS_MUST_USE ts_err_t ts_ledger_refer(
    ts_ledger_t *self, uint32_t kind, const char *field, ts_record_id_t target, ts_buf_t *out);

/* ---- accepted events of records with more than one */

typedef struct ts_more {
    uint64_t event;
    uint32_t office;
    uint32_t author;
    ts_place_t place;
    ts_record_id_t owner_unit;
    uint32_t depth;
    bool is_void;
    bool stands;
    uint64_t *revises; /* owned by the set */
    size_t revise_count;
} ts_more_t;

typedef struct ts_more_set {
    ts_more_t *rows; /* in order of event */
    size_t count;
    size_t capacity;
} ts_more_set_t;

void ts_more_set_free(ts_more_set_t *set);
/* Copies `revises`; the row is inserted in order. */
void ts_more_set_add(ts_more_set_t *set, const ts_more_t *more);
TS_MUST_USE ts_err_t ts_ledger_more_get(ts_ledger_t *self,
                                        uint32_t kind,
                                        ts_record_id_t record,
                                        ts_more_set_t *out);
/* Puts or replaces one. */
TS_MUST_USE ts_err_t ts_ledger_more_put(ts_ledger_t *self,
                                        uint32_t kind,
                                        ts_record_id_t record,
                                        const ts_more_t *more);
TS_MUST_USE ts_err_t ts_ledger_more_remove(ts_ledger_t *self,
                                           uint32_t kind,
                                           ts_record_id_t record,
                                           uint64_t event);

/* Further places of accepted events. get: appended as ts_place_t. */
TS_MUST_USE ts_err_t ts_ledger_also_put(ts_ledger_t *self, uint64_t event, const ts_place_t *place);
TS_MUST_USE ts_err_t ts_ledger_also_remove(ts_ledger_t *self,
                                           uint64_t event,
                                           const ts_place_t *place);
TS_MUST_USE ts_err_t ts_ledger_also_get(ts_ledger_t *self, uint64_t event, ts_buf_t *out);

/* ---- parked events */

/* id is given. why may be NULL. */
TS_MUST_USE ts_err_t ts_ledger_parked_add(ts_ledger_t *self,
                                          const ts_parked_t *parked,
                                          const char *why);
TS_MUST_USE ts_err_t ts_ledger_parked_remove(ts_ledger_t *self, const ts_parked_t *parked);
/* All rows of one event, appended as ts_parked_t. Cheap when nothing is parked. */
TS_MUST_USE ts_err_t ts_ledger_parked_of(ts_ledger_t *self, uint64_t event, ts_buf_t *out);
/* What waits for this is due from now on. Cheap when nothing waits for it. */
TS_MUST_USE ts_err_t ts_ledger_wake(ts_ledger_t *self, uint32_t kind, ts_record_id_t target);
TS_MUST_USE ts_err_t ts_ledger_wake_event(ts_ledger_t *self, uint64_t event);
/* All parked events of a kind are due. */
TS_MUST_USE ts_err_t ts_ledger_wake_kind(ts_ledger_t *self, uint32_t kind);
/* Up to `max` due rows in order of arrival, appended as ts_parked_t; they stay due until removed or
 * ts_ledger_not_due. */
TS_MUST_USE ts_err_t ts_ledger_due(ts_ledger_t *self, size_t max, ts_buf_t *out);
TS_MUST_USE ts_err_t ts_ledger_not_due(ts_ledger_t *self, uint64_t id);
/* True when rows may be due. */
bool ts_ledger_any_due(const ts_ledger_t *self);

/* ---- what must be asked again */

/* Every log that the ledger knows. */
TS_MUST_USE ts_err_t ts_ledger_redo_all(ts_ledger_t *self);
/* The logs of one office. */
TS_MUST_USE ts_err_t ts_ledger_redo_office(ts_ledger_t *self, uint32_t office);
/* The first one; NOTFOUND. */
TS_MUST_USE ts_err_t ts_ledger_redo_first(ts_ledger_t *self,
                                          uint32_t *ret_log,
                                          uint64_t *ret_after_arrival);
TS_MUST_USE ts_err_t ts_ledger_redo_move(ts_ledger_t *self, uint32_t log, uint64_t after_arrival);
TS_MUST_USE ts_err_t ts_ledger_redo_done(ts_ledger_t *self, uint32_t log);

TS_MUST_USE ts_err_t ts_ledger_watch_put(ts_ledger_t *self,
                                         ts_record_id_t target,
                                         ts_record_id_t approval);
/* Approvals that watch this record, appended as 8-byte numbers. Cheap when none watches anything.
 */
TS_MUST_USE ts_err_t ts_ledger_watch_get(ts_ledger_t *self, ts_record_id_t target, ts_buf_t *out);
TS_MUST_USE ts_err_t ts_ledger_watch_remove(ts_ledger_t *self,
                                            ts_record_id_t target,
                                            ts_record_id_t approval);

TS_MUST_USE ts_err_t ts_ledger_crashed_put(ts_ledger_t *self, uint64_t event);
bool ts_ledger_crashed(ts_ledger_t *self, uint64_t event);

/* ---- figures */

void ts_ledger_cell_add(ts_ledger_t *self, const ts_cell_key_t *key, int64_t delta);
/* Line `line` of a record's double entry; sign +1 writes it, −1 only takes it from the balances
 * (then remove the rows). */
TS_MUST_USE ts_err_t ts_ledger_posting_add(ts_ledger_t *self,
                                           const ts_event_header_t *header,
                                           uint32_t line,
                                           const ts_posting_t *posting,
                                           int sign);
TS_MUST_USE ts_err_t ts_ledger_postings_remove(ts_ledger_t *self, ts_record_id_t record);
void ts_ledger_digest_add(ts_ledger_t *self,
                          ts_record_id_t unit,
                          uint8_t audience,
                          const ts_digest_t *delta);

typedef enum ts_total {
    TS_TOTAL_RECORDS = 1,
    TS_TOTAL_EVENTS,
    TS_TOTAL_PARKED,
    TS_TOTAL_PENDING,
    TS_TOTAL_CONFLICTS,
    TS_TOTAL_REPEATS,
    TS_TOTAL_COUNT
} ts_total_t;
void ts_ledger_total_add(ts_ledger_t *self, ts_total_t total, int64_t delta);

/* ---- children and what contributions ask */

/* Appends the stored facts; nothing when there are none. */
TS_MUST_USE ts_err_t ts_ledger_child_get(ts_ledger_t *self, ts_record_id_t child, ts_buf_t *facts);
/* Empty facts remove the row. */
TS_MUST_USE ts_err_t ts_ledger_child_put(ts_ledger_t *self,
                                         ts_record_id_t child,
                                         ts_bytes_t facts,
                                         uint32_t repeats);
/* NOTFOUND: no such record. A withdrawn one says nothing (zeros). */
TS_MUST_USE ts_err_t ts_ledger_born(ts_ledger_t *self,
                                    ts_record_id_t beneficiary,
                                    ts_born_t *ret_born);
TS_MUST_USE ts_err_t ts_ledger_donor_class(ts_ledger_t *self,
                                           ts_record_id_t donor,
                                           uint8_t *ret_class);
TS_MUST_USE ts_err_t ts_ledger_allocation_fund(ts_ledger_t *self,
                                               ts_record_id_t allocation,
                                               ts_record_id_t *ret_fund);
/* True when cells of this plan exist, so that a change of its bands or periods touches them. */
TS_MUST_USE ts_err_t ts_ledger_plan_has_figures(ts_ledger_t *self,
                                                ts_record_id_t plan,
                                                bool *ret_has);

TS_MUST_USE ts_err_t ts_ledger_import_put(ts_ledger_t *self,
                                          uint32_t kind,
                                          uint32_t office,
                                          const char *row_key,
                                          uint64_t event,
                                          ts_record_id_t record);
TS_MUST_USE ts_err_t ts_ledger_import_remove(
    ts_ledger_t *self, uint32_t kind, uint32_t office, const char *row_key, uint64_t event);

/* ---- feed */

/* Adds a row with the next number (row->number is ignored). With an event: not when this (event,
 * change) was told before. Nothing happens without options.feed. */
TS_MUST_USE ts_err_t ts_ledger_feed_add(ts_ledger_t *self, const ts_feed_row_t *row);
/* An event changed its verdict: what was told of it may be told again. */
TS_MUST_USE ts_err_t ts_ledger_feed_again(ts_ledger_t *self, uint64_t event);

/* ---- comparing two ledgers of the same events: additive, so the order of rows does not matter */

typedef struct ts_fingerprint {
    ts_digest_t cells;
    ts_digest_t balances;
    ts_digest_t postings;
    ts_digest_t children;
    ts_digest_t records;  /* kind tables, without places */
    ts_digest_t parked;   /* event and verdict */
    ts_digest_t standing; /* ts_ledger_digest_all */
} ts_fingerprint_t;
TS_MUST_USE ts_err_t ts_ledger_fingerprint(ts_ledger_t *self, ts_fingerprint_t *ret_print);
/* For the digests: a well mixed 128-bit number of some words. */
ts_digest_t ts_digest_of(const uint64_t *words, size_t count);

#endif
