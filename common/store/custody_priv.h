/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside of ts_custody_t, shared by custody*.c and for them only.
 */
#ifndef TS_STORE_CUSTODY_PRIV_H
#define TS_STORE_CUSTODY_PRIV_H

#include "store/custody.h"
#include "store/custody_sql.h"
#include "store/db.h"

#define TS_CUSTODY_SQL_ENUM(name, text) SQL_##name,
#define TS_CUSTODY_READER_ENUM(name, text) READ_##name,
enum { TS_CUSTODY_SQL(TS_CUSTODY_SQL_ENUM) SQL_COUNT };
enum { TS_CUSTODY_READER_SQL(TS_CUSTODY_READER_ENUM) READ_COUNT };

/* Numbers that grow with each segment and each event; taken back with the transaction. */
typedef struct ts_custody_marks {
    uint64_t arrival;
    uint64_t tail_counter;
} ts_custody_marks_t;

/* What is remembered of the log table (custody_logs.c). */
typedef struct ts_log_cache ts_log_cache_t;

struct ts_custody {
    ts_db_t *db;     /* the one that writes and checkpoints */
    ts_db_t *reader; /* query-only */
    ts_hash_fn hash;
    ts_id16_t deployment;
    ts_id16_t store_id;
    uint32_t boot;
    uint64_t tips_mended; /* logs whose tips this opening made anew */
    bool was_checked;     /* by this opening, segment by segment */
    bool was_clean;
    bool inspect; /* reading only */
    ts_custody_marks_t now;
    ts_custody_marks_t committed;
    ts_id16_t cached_store;   /* last store id looked up, with its row number */
    int64_t cached_store_row; /* 0 = none */
    bool tail_blank;          /* known to have no entry */
    ts_log_cache_t *logs;
};

/* A log with its row number and head. */
typedef struct ts_log_row {
    int64_t id;
    ts_log_info_t info;
    ts_own_t own;
    uint64_t fork_arrival;
    ts_log_size_t size;
    ts_hash_t hash_sum;
} ts_log_row_t;

/* How a segment hangs in its chain. */
typedef struct ts_link {
    uint64_t prev; /* arrival; 0 for a genesis */
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t chain_bytes;
} ts_link_t;

/* Row number of a store, added when new (needs a transaction). */
ts_err_t ts_custody_store_row(ts_custody_t *self, const ts_id16_t *store, int64_t *ret_row);
/* NOTFOUND when no row names this store. */
ts_err_t ts_custody_store_find(ts_custody_t *self, const ts_id16_t *store, int64_t *ret_row);
ts_err_t ts_custody_meta_number(ts_custody_t *self, const char *name, uint64_t *ret_value);
ts_err_t ts_custody_meta_put(ts_custody_t *self, const char *name, uint64_t value);
ts_err_t ts_custody_log_row(ts_custody_t *self, const ts_hash_t *log, ts_log_row_t *ret_row);
/* The first log with a greater row number; the first of which something arrived after `since`.
 * NOTFOUND. */
ts_err_t ts_custody_log_after(ts_custody_t *self, int64_t id, ts_log_row_t *ret_row);
ts_err_t ts_custody_log_since(ts_custody_t *self, uint64_t since, ts_log_row_t *ret_row);
ts_log_cache_t *ts_custody_logs_new(void);
void ts_custody_logs_free(ts_log_cache_t **cache_p);
/* Whoever writes rows of logs or tips says so before anything is asked: a row was added, this one
 * or its tips are changed, any may be. */
void ts_custody_log_added(ts_custody_t *self);
void ts_custody_log_changed(ts_custody_t *self, int64_t id);
void ts_custody_logs_forget(ts_custody_t *self);
/* The only tip of a log and the sum of its tips, when they are known; NULL. Valid until the next
 * call. Known: the row of the log was asked and not changed since. */
const ts_custody_tip_t *ts_custody_known_tip(const ts_custody_t *self, const ts_hash_t *log);
void ts_custody_know_tip(ts_custody_t *self, const ts_custody_tip_t *tip);
const ts_hash_t *ts_custody_known_sum(const ts_custody_t *self, const ts_hash_t *log);
void ts_custody_know_sum(ts_custody_t *self, const ts_hash_t *log, const ts_hash_t *sum);
/* The row that stands in a statement with LOG_COLUMNS. */
ts_err_t ts_custody_read_log(ts_db_t *db, ts_stmt_t *stmt, ts_log_row_t *ret_row);
/* First row of a statement with LOG_COLUMNS. */
ts_err_t ts_custody_first_log(ts_custody_t *self, ts_stmt_t *stmt, ts_log_row_t *ret_row);
ts_err_t ts_custody_link(ts_custody_t *self, uint64_t arrival, ts_link_t *ret_link);
/* Arrival and last number of a segment of this log; NOTFOUND. */
ts_err_t ts_custody_place(ts_custody_t *self,
                          int64_t log_id,
                          const ts_hash_t *hash,
                          uint64_t *ret_arrival,
                          uint64_t *ret_last_seq);
/* Two rows contradict each other, so the database is damaged: notes it and returns CORRUPT. */
ts_err_t ts_custody_contradicts(ts_custody_t *self);
/* Is `arrival` on the chain that ends in `tip_arrival`? */
ts_err_t ts_custody_on_chain_arrival(ts_custody_t *self,
                                     uint64_t arrival,
                                     uint64_t tip_arrival,
                                     bool *ret_on);
ts_err_t ts_custody_tips_of(ts_custody_t *self,
                            const ts_log_row_t *log,
                            ts_custody_tip_t *out,
                            size_t max,
                            size_t *ret_count);
/* Segments of one log that have no successor, newest first, and the earliest with two. */
typedef struct ts_leaves {
    uint64_t *arrivals; /* the caller frees them */
    size_t count;
    uint64_t fork; /* 0: none */
} ts_leaves_t;
/* Of what arrived up to `arrival`, from the segments themselves. */
ts_err_t ts_custody_leaves(ts_custody_t *self,
                           const ts_log_row_t *log,
                           uint64_t arrival,
                           ts_leaves_t *ret_leaves);
/* The last segment of a log without fork that arrived up to then; none: 0. */
ts_err_t ts_custody_last_of(ts_custody_t *self,
                            const ts_log_row_t *log,
                            uint64_t arrival,
                            uint64_t *ret_arrival);
/* Makes indexes of logs and stores anew that do not agree with their rows; also those of the
 * segments, whose rows must have been compared with their bytes before. */
ts_err_t ts_custody_mend_indexes(ts_custody_t *self, bool segments);
/* The same of the segments alone, when their rows are known to be right. */
ts_err_t ts_custody_reindex_segments(ts_custody_t *self);
/* A segment that came from a store that is not known (its number rotted) could not be read any
 * more; nothing hangs on where it came from: it counts as our own store's. */
ts_err_t ts_custody_mend_sources(ts_custody_t *self);
/* Compares the row of each log with its genesis, which tells the same, and puts it right. */
ts_err_t ts_custody_mend_logs(ts_custody_t *self);
/* Compares the tips of each log, which the segments tell, with them, and makes wrong ones anew. */
ts_err_t ts_custody_mend_tips(ts_custody_t *self);
/* *sum += value modulo 2^256, both little-endian. */
void ts_custody_sum_add(ts_hash_t *sum, const ts_hash_t *value);
/* Compares counts and sums of all logs with their segments, through the index, and makes that anew
 * when the rows agree and it does not; CORRUPT names the first difference. */
ts_err_t ts_custody_check_heads(ts_custody_t *self);
/* Every entry of the tail is what was written, belongs to a log and is found through it. */
ts_err_t ts_custody_check_tail(ts_custody_t *self);
/* Describes in *detail what a damaged store has lost; `detail` already says what was found. */
void
ts_custody_describe_damage(const ts_custody_options_t *options, const char *path, ts_msg_t *detail);

/* What a genesis says of its log, as eleven parameters from `first` on: log, office, purpose … */
void
ts_custody_bind_log(ts_stmt_t *stmt, int first, const ts_hash_t *log, const ts_genesis_t *genesis);

#endif
