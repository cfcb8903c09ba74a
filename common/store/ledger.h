/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The ledger: what all folded events together say (ledger.sqlite, derived, may be deleted and made
 * again). Records in tables that any SQLite tool can read, totals by day (cells), double entry,
 * what is parked and why, what people should look at (findings), the feed. This header is for
 * reading: commands, reports, feed. Writing is the fold's business alone (ledger_write.h,
 * node/fold.h).
 *
 * What is read here is the state after the last flush of the fold: a caller settles the fold first
 * (ts_fold_settle). Results are copies. Errors are those of the disk (IO, CORRUPT, FULL); then the
 * ledger refuses everything, and making it anew is always possible. Days are days since 1970, money
 * is whole đồng. Tables: common/store/README.md. Source: ARCHITECTURE.md.
 */
#ifndef TS_STORE_LEDGER_H
#define TS_STORE_LEDGER_H

#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "core/contribute.h"
#include "core/control.h"
#include "core/gift.h"
#include "core/log.h"
#include "core/permit.h"
#include "core/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ts_ledger ts_ledger_t;

typedef struct ts_ledger_options {
    const char *path;          /* of ledger.sqlite */
    const char *vfs;           /* NULL: the system's */
    const ts_schema_t *schema; /* ts_wire_schema(); lives as long as the ledger */
    ts_id16_t store_id;        /* custody's: of another one it is made anew */
    ts_id16_t new_feed_id;     /* random; taken when the file is new or the store id is another */
    uint32_t cache_kib;        /* page cache while folding; 0 = 4096 */
    bool feed;                 /* keep the feed of business events (aggregator) */
} ts_ledger_options_t;

/*
 * Opens or makes it. A file of another store id, of other rules or of other tables is replaced by
 * an empty one (its feed is kept when the store id is the same); a damaged one too. *detail tells
 * what was wrong with the disk on an error.
 */
TS_MUST_USE ts_err_t ts_ledger_open(ts_ledger_t **ret_self,
                                    const ts_ledger_options_t *options,
                                    ts_msg_t *detail);
/* A ledger whose database SQLite found damaged, or that was called spoiled, is put aside as
 * <path>.damaged (in the place of an earlier one), so that the next opening makes it anew. */
void ts_ledger_destroy(ts_ledger_t **self_p);
/* It contradicts custody or itself, although SQLite could read it. */
void ts_ledger_spoiled(ts_ledger_t *self);
const ts_msg_t *ts_ledger_detail(const ts_ledger_t *self);
/* True when ts_ledger_open had to begin with an empty one. */
bool ts_ledger_was_made(const ts_ledger_t *self);

/* ---- records */

/* Where an event stands. */
typedef struct ts_place {
    uint32_t log;      /* the ledger's own number of the log, see ts_ledger_log */
    uint64_t arrival;  /* of its segment; 0: own tail, not sealed yet */
    uint64_t position; /* number of the event in its log; of a tail event its counter in custody */
} ts_place_t;

/* NOTFOUND. */
TS_MUST_USE ts_err_t ts_ledger_log(ts_ledger_t *self, uint32_t log, ts_log_info_t *ret_info);

/* What every record has, whatever its kind: that of the event shown first. */
typedef struct ts_standing {
    uint32_t kind;
    ts_record_id_t record;
    uint64_t event;  /* prefix of the event's id */
    uint32_t office; /* who wrote it */
    uint32_t author; /* account number in that office */
    ts_place_t place;
    ts_record_id_t plan;
    ts_record_id_t owner_unit;
    uint32_t events; /* accepted events of this record */
    uint32_t depth;
    bool conflict;
    bool is_void;
} ts_standing_t;

/* NOTFOUND: no accepted event of such a record. kind 0: of any kind (slow: one look per kind). */
TS_MUST_USE ts_err_t ts_ledger_record(ts_ledger_t *self,
                                      uint32_t kind,
                                      ts_record_id_t record,
                                      ts_standing_t *ret_standing);
/* The record that an import row of this office became; NOTFOUND. */
TS_MUST_USE ts_err_t ts_ledger_row_key(ts_ledger_t *self,
                                       uint32_t kind,
                                       uint32_t office,
                                       const char *row_key,
                                       ts_record_id_t *ret_record);

/* An accepted event of a record, also a replaced one. */
typedef struct ts_history {
    uint64_t event;
    uint32_t office;
    uint32_t author;
    ts_place_t place;
    uint32_t depth;
    bool is_void;
    bool stands;
} ts_history_t;

/* In order of depth, then event; at most `max` into `out`, *ret_count of them. */
TS_MUST_USE ts_err_t ts_ledger_history(ts_ledger_t *self,
                                       uint32_t kind,
                                       ts_record_id_t record,
                                       ts_history_t *out,
                                       size_t max,
                                       size_t *ret_count);

typedef struct ts_list_filter {
    const char *column; /* field of the schema, or a fixed column of the table ("office",
                           "conflict", "void" …), or a list of numbers ("beneficiary_ids"): it holds
                           the value */
    const char *value;  /* text as in the table: ISO date, enum name, number, hex; NULL = where the
                           column is empty */
} ts_list_filter_t;

typedef struct ts_list_query {
    uint32_t kind;
    ts_record_id_t plan;         /* 0 = any */
    const ts_record_id_t *units; /* owner units, a subtree spelled out; count 0 = any */
    size_t unit_count;
    const ts_list_filter_t *filters;
    size_t filter_count;
    ts_record_id_t after; /* go on after this record */
    size_t limit;         /* rows, ≥ 1 */
    bool with_void;       /* withdrawn records too */
} ts_list_query_t;

/* Adds columns and rows to `out` (initialised, empty). Column formats as in core/control.h; the id
 * columns have format "code". INVALID: no such column. */
TS_MUST_USE ts_err_t ts_ledger_list(ts_ledger_t *self,
                                    const ts_list_query_t *query,
                                    ts_table_t *out);
/* Number of records that a query (without after and limit) finds. */
TS_MUST_USE ts_err_t ts_ledger_list_count(ts_ledger_t *self,
                                          const ts_list_query_t *query,
                                          uint64_t *ret_count);
/* Rows of a child list of one record ("items"), in order. */
TS_MUST_USE ts_err_t ts_ledger_children(
    ts_ledger_t *self, uint32_t kind, const char *list, ts_record_id_t record, ts_table_t *out);

/* ---- parked and pending */

typedef struct ts_parked {
    uint64_t id; /* grows; go on after it */
    uint64_t event;
    uint32_t kind;
    ts_record_id_t record;
    uint32_t office;
    ts_place_t place;
    ts_park_t reason; /* WAITING = pending */
    uint32_t waits_kind;
    ts_record_id_t waits_for;
    ts_record_id_t owner_unit; /* 0 = not known */
    uint32_t rules;            /* version of the rules that said so */
} ts_parked_t;

/* The next one after `after`; NOTFOUND at the end. *ret_why (may be NULL): sentence of the decoder,
 * when there is one. */
TS_MUST_USE ts_err_t ts_ledger_parked_next(ts_ledger_t *self,
                                           uint64_t after,
                                           ts_parked_t *ret_parked,
                                           ts_msg_t *ret_why);

typedef struct ts_ledger_counts {
    uint64_t records; /* that stand and are not void */
    uint64_t events;  /* accepted */
    uint64_t parked;  /* without the pending ones */
    uint64_t pending;
    uint64_t conflicts;  /* records in conflict */
    uint64_t repeats;    /* (child, line, period) that were supported more than once */
    uint64_t negative;   /* balances below zero */
    uint64_t duplicates; /* papers or receipts that were perhaps typed twice */
} ts_ledger_counts_t;

TS_MUST_USE ts_err_t ts_ledger_counts(ts_ledger_t *self, ts_ledger_counts_t *ret_counts);

/* ---- findings: what a person should look at; computed when asked */

typedef enum ts_finding_kind {
    TS_FINDING_CONFLICT = 1,  /* record: versions that exclude one another */
    TS_FINDING_DUPLICATE = 2, /* record, other: same number of paper or receipt */
    TS_FINDING_NEGATIVE = 3,  /* owner = record: account below zero */
    TS_FINDING_REPEAT =
        4, /* record = beneficiary, other = line: supported more than once in one period */
    TS_FINDING_BEYOND_NEED = 5, /* record = need: more was handed over than was needed */
    TS_FINDING_OFFICES = 6      /* record, other: two offices under one number */
} ts_finding_kind_t;

typedef struct ts_finding {
    ts_finding_kind_t kind;
    ts_record_id_t record;
    ts_record_id_t other;
    ts_record_id_t unit; /* 0 = none */
    int64_t amount;      /* how many times, by how much */
    const char *text;    /* number of the paper, commodity; borrowed, never NULL */
} ts_finding_t;

typedef void (*ts_finding_fn)(void *ctx, const ts_finding_t *finding);
/* kind 0: all; at most `limit` of each kind. */
TS_MUST_USE ts_err_t ts_ledger_findings(
    ts_ledger_t *self, ts_finding_kind_t kind, size_t limit, ts_finding_fn found, void *ctx);

/* ---- figures */

/* Sums of cells; a part that is 0 (or count 0) means any. */
typedef struct ts_cell_query {
    ts_record_id_t plan;
    ts_measure_t measure;        /* 0 = all */
    const ts_record_id_t *units; /* the units whose cells count; a distinct cell over all units has
                                    unit 0: list 0 for it */
    size_t unit_count;
    ts_record_id_t line;
    ts_record_id_t aux; /* fund, or period of distinct cells */
    int32_t from_day; /* inclusive; both 0 = any day. Cells without day (0) count only when both are
                         0 */
    int32_t to_day;   /* inclusive */
} ts_cell_query_t;

typedef void (*ts_cell_fn)(void *ctx, const ts_cell_key_t *key, int64_t value);
/* One call for each series with a sum other than 0 (key->day = 0), in a stable order. */
TS_MUST_USE ts_err_t ts_ledger_cells(ts_ledger_t *self,
                                     const ts_cell_query_t *query,
                                     ts_cell_fn cell,
                                     void *ctx);

/* Of one commodity; zeros when there is none. */
TS_MUST_USE ts_err_t ts_ledger_balance(ts_ledger_t *self,
                                       ts_account_kind_t account,
                                       ts_record_id_t owner,
                                       const char *commodity,
                                       const char *unit_of_measure,
                                       ts_amount_t *ret_amount);

/* Double entry of one record. */
TS_MUST_USE ts_err_t ts_ledger_postings(ts_ledger_t *self,
                                        ts_record_id_t record,
                                        void (*posting)(void *ctx, const ts_posting_t *posting),
                                        void *ctx);

/* Of one need: what it asks for, what allocations set aside for it, what handovers that name it
 * gave (in the need's unit of measure). */
typedef struct ts_need_open {
    int64_t needed;
    int64_t allocated;
    int64_t handed;
} ts_need_open_t;
TS_MUST_USE ts_err_t ts_ledger_need_open(ts_ledger_t *self,
                                         ts_record_id_t need,
                                         ts_need_open_t *ret_open);

/* Restricted gifts of one commodity of a fund and what was taken out of it, in the order that
 * core/gift.h wants; texts are borrowed during the call. `without`: a record that is left out (one
 * that is being revised; 0 = none). */
typedef struct ts_gift_query {
    ts_record_id_t fund;
    const char *commodity;
    const char *unit_of_measure;
    ts_record_id_t without;
} ts_gift_query_t;
typedef void (*ts_gift_flow_fn)(void *ctx, const ts_gift_flow_t *flow);
TS_MUST_USE ts_err_t ts_ledger_gift_flows(ts_ledger_t *self,
                                          const ts_gift_query_t *query,
                                          ts_gift_flow_fn flow,
                                          void *ctx);

/* When an event of that log was first told to be held by another office than its author, and by the
 * root, by their own clocks; 0 = not yet. Seconds since 1970. What a clock says that was never set,
 * or that lay behind the root's last word, does not count. */
typedef struct ts_first_held {
    uint64_t held_s;
    uint64_t root_s;
} ts_first_held_t;
TS_MUST_USE ts_err_t ts_ledger_first_held(ts_ledger_t *self,
                                          const ts_tip_t *event,
                                          uint32_t author_office,
                                          uint32_t root_office,
                                          ts_first_held_t *ret_held);

/* ---- comparing ledgers */

/* Additive digest over the records of a unit (0 = those without) in logs of one audience: equal for
 * every order of events. */
typedef struct ts_digest {
    uint64_t low;
    uint64_t high;
    uint64_t events; /* standing and parked events in it */
} ts_digest_t;
TS_MUST_USE ts_err_t ts_ledger_digest(ts_ledger_t *self,
                                      ts_record_id_t unit,
                                      uint8_t audience,
                                      ts_digest_t *ret_digest);
/* Over everything. */
TS_MUST_USE ts_err_t ts_ledger_digest_all(ts_ledger_t *self, ts_digest_t *ret_digest);

/* ---- feed (only with options.feed) */

typedef struct ts_feed_row {
    uint64_t number;
    const char
        *kind; /* borrowed during the call; "" when none; "need", "report.filed", "finding" … */
    const char *change;
    ts_record_id_t record;
    ts_record_id_t unit; /* whose code is the topic's second part */
    ts_record_id_t plan;
    ts_record_id_t line;
    ts_record_id_t period;
    ts_record_id_t body;
    int32_t day; /* 0 = none */
    int64_t quantity;
    const char *unit_of_measure;
    int64_t value_vnd;
    int64_t children;
    uint8_t donor_class;
    const char *text;
    uint64_t time_s;
    uint64_t event; /* prefix of the event it comes from; 0 = none (office silent …) */
} ts_feed_row_t;

ts_id16_t ts_ledger_feed_id(const ts_ledger_t *self);
TS_MUST_USE ts_err_t ts_ledger_feed_newest(ts_ledger_t *self, uint64_t *ret_number);
typedef void (*ts_feed_fn)(void *ctx, const ts_feed_row_t *row);
/* Up to `limit` rows after `after`. */
TS_MUST_USE ts_err_t
ts_ledger_feed_read(ts_ledger_t *self, uint64_t after, size_t limit, ts_feed_fn row, void *ctx);

#endif
