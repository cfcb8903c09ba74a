/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside of the ledger. For ledger*.c only.
 * - ledger.c: opening, facts, batches, beside and replace
 * - ledger_event.c: further events, parked, what is asked again
 * - ledger_cell.c: series, cells
 * - ledger_total.c: balances, digests, totals
 * - ledger_side.c: children, imports
 * - ledger_read.c: figures, findings, lists
 * - ledger_print.c: fingerprints
 * - ledger_feed.c: feed
 */
#ifndef TS_STORE_LEDGER_P_H
#define TS_STORE_LEDGER_P_H

#include "base/map.h"
#include "store/db.h"
#include "store/kinds.h"
#include "store/ledger.h"
#include "store/ledger_sql.h"
#include "store/ledger_write.h"

/* "TSlg" */
#define TS_LEDGER_APPLICATION_ID 0x54536c67u
/* A cell's month as it stands in its id. */
#define TS_CELL_MONTH_BITS 20

/* A series that a batch has touched. Two of its cells are found without a lookup: the first one of
 * the batch, which stands nowhere else, and the one that was used last. */
typedef struct ts_series_row {
    ts_cell_key_t key; /* day 0 */
    int64_t id;        /* 0: not looked up yet */
    uint64_t batch;    /* of the cells below */
    uint32_t first_cell;
    uint32_t last_cell;
    int32_t first_day;
    int32_t last_day;
} ts_series_row_t;

/* A day of a series in the batch. No padding: a map key. */
typedef struct ts_cell_at {
    uint32_t series; /* index of series_rows */
    int32_t day;
} ts_cell_at_t;

typedef struct ts_cell_delta {
    ts_cell_at_t at;
    int64_t delta;
    int64_t fell; /* a negative delta was among them: the row may have become zero */
} ts_cell_delta_t;

/* A cell on its way into the table. */
typedef struct ts_flushed_cell {
    int64_t id;
    int32_t day; /* of the month; 0 = without day */
    int32_t fell;
    int64_t delta;
} ts_flushed_cell_t;

typedef struct ts_balance_key {
    uint64_t account;
    uint64_t owner;
    int64_t commodity;
} ts_balance_key_t;

typedef struct ts_balance_delta {
    int64_t quantity;
    int64_t value_vnd;
} ts_balance_delta_t;

typedef struct ts_digest_key {
    uint64_t unit;
    uint64_t audience;
} ts_digest_key_t;

typedef struct ts_wait_key {
    uint64_t kind;
    uint64_t target;
} ts_wait_key_t;

/* A commodity with its texts; found by the hash of both. */
typedef struct ts_commodity {
    char *item;
    char *unit_of_measure;
    int64_t id;
} ts_commodity_t;

struct ts_ledger {
    ts_ledger_options_t options;
    char *path;
    char *vfs;
    ts_db_t *db;
    ts_stmt_t *stmts[TS_SQL_COUNT];
    ts_kinds_t *kinds;
    ts_msg_t detail;
    bool made;
    bool redo_blank; /* known that no log is asked again */
    bool spoiled;    /* its content is not right: see ts_ledger_spoiled */
    ts_id16_t feed_id;
    uint64_t feed_newest;
    ts_ledger_t *feed_of;    /* beside: the one whose feed is kept */
    uint64_t written_before; /* pages, when the batch began */
    uint64_t feed_copied;    /* beside: rows up to this number are here */
    uint64_t seen_event;     /* beside: told rows up to here are copied */
    char seen_change[16];
    bool seen_copied;
    ts_buf_t candidates; /* beside: ts_feed_row_t with owned texts */

    ts_map_t *series; /* ts_cell_key_t without day → uint32_t index; kept between batches */
    ts_series_row_t *series_rows; /* by index */
    size_t series_count;
    size_t series_capacity;
    ts_map_t *cells; /* ts_cell_at_t → uint32_t index of cell_rows; not the first of a series */
    ts_cell_delta_t *cell_rows; /* of the batch */
    size_t cell_count;
    size_t cell_capacity;
    uint64_t cell_batch;           /* counts lists of cells */
    size_t cells_resolved;         /* so many of cell_rows have their series' id */
    ts_flushed_cell_t *flush_list; /* cells that are being written, twice for sorting; NULL: none */
    ts_flushed_cell_t *flush;      /* half of it, sorted */
    size_t flush_count;
    size_t flush_at;
    ts_map_t *balances; /* ts_balance_key_t → ts_balance_delta_t */
    ts_map_t *digests;  /* ts_digest_key_t → ts_digest_t */
    ts_posting_t from;  /* first half of the movement that is being written */
    int64_t from_commodity;
    int64_t totals[TS_TOTAL_COUNT];
    bool totals_changed;
    ts_map_t *commodities; /* hash of both texts → ts_commodity_t */
    ts_map_t *waits;       /* ts_wait_key_t → how many parked rows wait for it */
    ts_map_t *crashed;     /* event → nothing */
    uint64_t watches;
    bool any_due;
};

/* ---- ledger.c */
/* The statement, ready to be bound. */
ts_stmt_t *ts_ledger_stmt(ts_ledger_t *self, ts_ledger_stmt_t which);

/* ---- ledger_cell.c */
void ts_cells_init(ts_ledger_t *self);
void ts_cells_free(ts_ledger_t *self);
void ts_cells_forget(ts_ledger_t *self);
void ts_cells_trim(ts_ledger_t *self);
/* Cells of the batch that are not written yet. */
bool ts_cells_any(const ts_ledger_t *self);
/* Writes cells until there are none or *used, which counts rows, has reached the budget. */
TS_MUST_USE ts_err_t ts_cells_flush_some(ts_ledger_t *self, uint32_t budget, uint32_t *used);
int64_t ts_add_bounded(int64_t a, int64_t b);

/* ---- ledger_total.c */
void ts_totals_init(ts_ledger_t *self);
void ts_totals_free(ts_ledger_t *self);
/* Forgets what is in memory and not written. */
TS_MUST_USE ts_err_t ts_totals_load(ts_ledger_t *self);
TS_MUST_USE ts_err_t ts_totals_flush(ts_ledger_t *self);
/* After a rollback. */
void ts_totals_forget(ts_ledger_t *self);
void ts_totals_trim(ts_ledger_t *self);

/* ---- ledger_event.c */
TS_MUST_USE ts_err_t ts_waits_load(ts_ledger_t *self);

/* ---- ledger_feed.c */
TS_MUST_USE ts_err_t ts_feed_load(ts_ledger_t *self);
/* Copies the whole feed and what was told from a database of the same feed tables. */
TS_MUST_USE ts_err_t ts_feed_finish(ts_ledger_t *self, ts_ledger_t *beside);
void ts_feed_free(ts_ledger_t *self);

#endif
