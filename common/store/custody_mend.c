/* SPDX-License-Identifier: MPL-2.0 */
/* What is made anew from what is right: rows from bytes, tips from segments, indexes from rows. */
#include "base/check.h"
#include "base/xalloc.h"
#include "store/custody_priv.h"

#include <stdlib.h>

/* Ends the open transaction: what went well stays. */
static ts_err_t
finish(ts_custody_t *self, ts_err_t err)
{
    ts_custody_logs_forget(self);
    if (err == TS_ERR_OK) {
        return ts_db_commit(self->db);
    }
    ts_db_rollback(self->db);
    return err;
}

/* Head and payload are those of this hash. */
static bool
is_of_hash(const ts_custody_t *self, const ts_segment_view_t *view, const ts_hash_t *hash)
{
    ts_hash_t head = self->hash(view->whole.data, TS_SEGMENT_FIXED_BYTES);
    ts_hash_t payload = self->hash(view->payload.data, view->payload.length);
    return ts_hash_equal(&head, hash) && ts_hash_equal(&payload, &view->header.payload_hash);
}

/* ---- rows ---- */

ts_err_t
ts_custody_indexed_hash(ts_custody_t *self, uint64_t arrival, ts_hash_t *ret_hash)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_INDEXED);
    ts_bind_int(stmt, 1, (int64_t)arrival);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        err = ts_col_hash(self->db, stmt, 0, ret_hash);
        ts_db_done(stmt);
    }
    return err;
}

static ts_err_t
put_facts(ts_custody_t *self, const ts_segment_view_t *view, int64_t log, int64_t arrival)
{
    const ts_segment_header_t *header = &view->header;
    bool genesis = (header->flags & TS_SEGMENT_GENESIS) != 0;
    uint64_t prev = 0;
    uint64_t last_seq = 0;
    ts_link_t link = {.chain_bytes = 0};
    ts_err_t err =
        genesis ? TS_ERR_OK : ts_custody_place(self, log, &header->prev, &prev, &last_seq);
    if (err == TS_ERR_OK && !genesis) {
        err = ts_custody_link(self, prev, &link);
    }
    if (err != TS_ERR_OK) {
        return err == TS_ERR_NOTFOUND ? ts_custody_contradicts(self) : err;
    }
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_FACTS);
    ts_bind_int(stmt, 1, arrival);
    ts_bind_int(stmt, 2, (int64_t)header->first_seq);
    ts_bind_int(stmt, 3, (int64_t)ts_segment_last_seq(header));
    if (!genesis) {
        ts_bind_int(stmt, 4, (int64_t)prev);
    }
    ts_bind_int(stmt, 5, (int64_t)(link.chain_bytes + view->whole.length));
    return ts_db_run(self->db, stmt);
}

/* Hash and log stand in indexes as well: where the row has them otherwise it could not be changed,
 * since SQLite would not find what it takes out of an index. So these are made anew before. */
static ts_err_t
put_name(ts_custody_t *self, const ts_hash_t *hash, int64_t log, int64_t arrival)
{
    ts_hash_t found = {{0}};
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_ROW);
    ts_bind_int(stmt, 1, arrival);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_col_hash(self->db, stmt, 0, &found);
    bool same = err == TS_ERR_OK && ts_hash_equal(&found, hash) && ts_col_int(stmt, 1) == log;
    ts_db_done(stmt);
    if (err != TS_ERR_OK || same) {
        return err;
    }
    err = ts_db_run(self->db, ts_db_stmt(self->db, SQL_SEGMENT_REINDEX));
    if (err == TS_ERR_OK) {
        stmt = ts_db_stmt(self->db, SQL_SEGMENT_NAME);
        ts_bind_int(stmt, 1, arrival);
        ts_bind_hash(stmt, 2, hash);
        ts_bind_int(stmt, 3, log);
        err = ts_db_run(self->db, stmt);
    }
    return err;
}

ts_err_t
ts_custody_repair(ts_custody_t *self, const ts_segment_view_t *view, const ts_hash_t *hash)
{
    TS_CHECK(ts_db_in_transaction(self->db));
    if (!is_of_hash(self, view, hash)) {
        return TS_ERR_HASH;
    }
    int64_t arrival = 0;
    ts_log_row_t log;
    bool genesis = (view->header.flags & TS_SEGMENT_GENESIS) != 0;
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_PLACED);
    ts_bind_hash(stmt, 1, hash);
    ts_err_t err = ts_db_number(self->db, stmt, &arrival);
    if (err == TS_ERR_OK) {
        err = ts_custody_log_row(self, genesis ? hash : &view->header.log, &log);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_custody_logs_forget(self); /* a tip tells numbers of its segment */
    stmt = ts_db_stmt(self->db, SQL_SEGMENT_REPAIR);
    ts_bind_hash(stmt, 1, hash);
    ts_bind_bytes(stmt, 2, view->whole.data, view->whole.length);
    err = ts_db_run(self->db, stmt);
    if (err == TS_ERR_OK) {
        err = put_name(self, hash, log.id, arrival);
    }
    return err == TS_ERR_OK ? put_facts(self, view, log.id, arrival) : err;
}

ts_err_t
ts_custody_mend_sources(ts_custody_t *self)
{
    int64_t gone = 0;
    int64_t own = 0;
    ts_err_t err = ts_db_number(self->db, ts_db_stmt(self->db, SQL_SOURCE_GONE), &gone);
    if (err != TS_ERR_OK || gone == 0) {
        return err;
    }
    err = ts_db_begin(self->db, "sources");
    if (err == TS_ERR_OK) {
        err = ts_custody_store_row(self, &self->store_id, &own);
    }
    if (err == TS_ERR_OK) {
        ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SOURCE_MEND);
        ts_bind_int(stmt, 1, own);
        err = ts_db_run(self->db, stmt);
    }
    return finish(self, err);
}

/* ---- indexes ---- */

static ts_err_t
reindex(ts_custody_t *self, size_t statement)
{
    ts_err_t err = ts_db_begin(self->db, "index");
    if (err == TS_ERR_OK) {
        err = finish(self, ts_db_run(self->db, ts_db_stmt(self->db, statement)));
    }
    return err;
}

ts_err_t
ts_custody_reindex_segments(ts_custody_t *self)
{
    return reindex(self, SQL_SEGMENT_REINDEX);
}

ts_err_t
ts_custody_mend_indexes(ts_custody_t *self, bool segments)
{
    static const struct {
        const char *table;
        size_t reindex;
    } tables[] = {
        {"store", SQL_STORE_REINDEX}, {"log", SQL_LOG_REINDEX}, {"segment", SQL_SEGMENT_REINDEX}};
    size_t count = sizeof tables / sizeof tables[0] - (segments ? 0 : 1);
    for (size_t i = 0; i < count; i++) {
        bool right = false;
        ts_err_t err = ts_db_indexed(self->db, tables[i].table, &right);
        if (err == TS_ERR_OK && !right) {
            err = reindex(self, tables[i].reindex);
        }
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    return TS_ERR_OK;
}

/* ---- logs ---- */

static bool
facts_agree(const ts_log_row_t *log, const ts_hash_t *hash, const ts_genesis_t *genesis)
{
    const ts_log_info_t *info = &log->info;
    return ts_hash_equal(&info->log, hash) && info->office == genesis->office &&
           info->purpose == genesis->purpose && info->audience == genesis->audience &&
           info->audience_unit == genesis->audience_unit &&
           ts_hash_equal(&info->node_key, &genesis->node_key) &&
           ts_hash_equal(&info->node_curve_key, &genesis->node_curve_key) &&
           ts_hash_equal(&info->invite_key, &genesis->invite_key) &&
           ts_hash_equal(&info->predecessor.log, &genesis->predecessor_log) &&
           info->predecessor.seq == genesis->predecessor_seq &&
           ts_hash_equal(&info->predecessor.hash, &genesis->predecessor_hash);
}

static ts_err_t
put_log(ts_custody_t *self,
        const ts_log_row_t *log,
        const ts_hash_t *hash,
        const ts_genesis_t *genesis,
        uint64_t last)
{
    ts_err_t err = ts_db_begin(self->db, "log");
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_LOG_FACTS);
    ts_bind_int(stmt, 1, log->id);
    ts_custody_bind_log(stmt, 2, hash, genesis);
    ts_bind_int(stmt, 13, (int64_t)last);
    return finish(self, ts_db_run(self->db, stmt));
}

/* The genesis of a log, when its bytes are right; NOTFOUND. */
static ts_err_t
find_genesis(ts_custody_t *self, int64_t log, ts_hash_t *ret_hash, ts_genesis_t *ret_genesis)
{
    int64_t arrival = 0;
    ts_buf_t bytes = {0};
    ts_segment_view_t view;
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_LOG_FIRST);
    ts_bind_int(stmt, 1, log);
    ts_err_t err = ts_db_number(self->db, stmt, &arrival);
    if (err == TS_ERR_OK) {
        err = ts_custody_indexed_hash(self, (uint64_t)arrival, ret_hash);
    }
    if (err == TS_ERR_OK) {
        stmt = ts_db_stmt(self->db, SQL_SEGMENT_BYTES);
        ts_bind_int(stmt, 1, arrival);
        err = ts_db_first(self->db, stmt);
        if (err == TS_ERR_OK) {
            ts_bytes_t stored = ts_col_bytes(stmt, 0);
            ts_buf_put(&bytes, stored.data, stored.length);
            ts_db_done(stmt);
        }
    }
    if (err == TS_ERR_OK) {
        bool right = ts_segment_parse(ts_buf_bytes(&bytes), &view) == TS_ERR_OK &&
                     is_of_hash(self, &view, ret_hash) &&
                     ts_genesis_parse(view.payload, ret_genesis) == TS_ERR_OK;
        err = right ? TS_ERR_OK : TS_ERR_NOTFOUND;
    }
    ts_buf_free(&bytes);
    return err;
}

ts_err_t
ts_custody_mend_logs(ts_custody_t *self)
{
    ts_log_row_t log = {.id = 0};
    for (;;) {
        uint64_t last = 0;
        ts_hash_t hash;
        ts_genesis_t genesis;
        ts_err_t err = ts_custody_log_after(self, log.id, &log);
        if (err != TS_ERR_OK) {
            return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
        }
        err = find_genesis(self, log.id, &hash, &genesis);
        if (err == TS_ERR_OK) {
            err = ts_custody_last_of(self, &log, self->now.arrival, &last);
        }
        if (err == TS_ERR_OK &&
            (!facts_agree(&log, &hash, &genesis) || log.size.last_arrival != last)) {
            err = put_log(self, &log, &hash, &genesis, last);
        }
        if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
            return err;
        }
    }
}

/* ---- tips ---- */

/* What the tips of a log without fork should be: up to the first fork the chain is the order of
 * arrival. */
static ts_err_t
find_last(ts_custody_t *self, const ts_log_row_t *log, ts_leaves_t *ret_leaves)
{
    uint64_t last = 0;
    ts_err_t err = ts_custody_last_of(self, log, self->now.arrival, &last);
    if (err == TS_ERR_OK) {
        *ret_leaves = (ts_leaves_t){.arrivals = ts_xmalloc(sizeof last), .count = 1};
        ret_leaves->arrivals[0] = last;
    }
    return err;
}

static ts_err_t
leaf(ts_custody_t *self, uint64_t arrival, uint64_t *ret_seq, ts_hash_t *ret_hash)
{
    ts_link_t link;
    ts_err_t err = ts_custody_link(self, arrival, &link);
    if (err == TS_ERR_OK) {
        err = ts_custody_indexed_hash(self, arrival, ret_hash);
    }
    if (err == TS_ERR_OK) {
        *ret_seq = link.last_seq;
    }
    return err == TS_ERR_NOTFOUND ? ts_custody_contradicts(self) : err;
}

static ts_err_t
tips_agree(ts_custody_t *self, const ts_log_row_t *log, const ts_leaves_t *leaves, bool *ret_agree)
{
    size_t count = 0;
    bool row = false;
    bool agree = leaves->fork == log->fork_arrival;
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_TIP_ROWS);
    ts_bind_int(stmt, 1, log->id);
    ts_err_t err = ts_db_step(self->db, stmt, &row);
    while (err == TS_ERR_OK && row && agree) {
        uint64_t seq = 0;
        ts_hash_t hash;
        ts_hash_t found;
        uint64_t arrival = (uint64_t)ts_col_int(stmt, 0);
        agree = count < leaves->count && arrival == leaves->arrivals[count];
        err = agree ? leaf(self, arrival, &seq, &hash) : TS_ERR_OK;
        if (err == TS_ERR_OK && agree) {
            err = ts_col_hash(self->db, stmt, 2, &found);
            agree = err == TS_ERR_OK && (uint64_t)ts_col_int(stmt, 1) == seq &&
                    ts_hash_equal(&found, &hash);
        }
        count++;
        if (err == TS_ERR_OK) {
            err = ts_db_step(self->db, stmt, &row);
        }
    }
    ts_db_done(stmt);
    *ret_agree = agree && count == leaves->count;
    return err;
}

static ts_err_t
put_tips(ts_custody_t *self, const ts_log_row_t *log, const ts_leaves_t *leaves)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_TIP_CLEAR);
    ts_bind_int(stmt, 1, log->id);
    ts_err_t err = ts_db_run(self->db, stmt);
    for (size_t i = 0; err == TS_ERR_OK && i < leaves->count; i++) {
        uint64_t seq = 0;
        ts_hash_t hash = {{0}};
        err = leaf(self, leaves->arrivals[i], &seq, &hash);
        if (err == TS_ERR_OK) {
            stmt = ts_db_stmt(self->db, SQL_TIP_ADD);
            ts_bind_int(stmt, 1, log->id);
            ts_bind_int(stmt, 2, (int64_t)leaves->arrivals[i]);
            ts_bind_int(stmt, 3, (int64_t)seq);
            ts_bind_hash(stmt, 4, &hash);
            err = ts_db_run(self->db, stmt);
        }
    }
    if (err == TS_ERR_OK) {
        stmt = ts_db_stmt(self->db, SQL_LOG_FORK);
        ts_bind_int(stmt, 1, log->id);
        ts_bind_int(stmt, 2, (int64_t)leaves->fork);
        err = ts_db_run(self->db, stmt);
    }
    return err;
}

/* Compares the tips of a log with what they should be. When something is wrong that may also be
 * what its row says of a fork: the chain itself is walked then. */
static ts_err_t
compare_tips(ts_custody_t *self,
             const ts_log_row_t *log,
             bool walk,
             ts_leaves_t *ret_leaves,
             bool *ret_agree)
{
    ts_err_t err = walk ? ts_custody_leaves(self, log, self->now.arrival, ret_leaves)
                        : find_last(self, log, ret_leaves);
    return err == TS_ERR_OK ? tips_agree(self, log, ret_leaves, ret_agree) : err;
}

static ts_err_t
mend_log(ts_custody_t *self, const ts_log_row_t *log)
{
    ts_leaves_t leaves = {.count = 0};
    bool agree = false;
    bool forked = log->fork_arrival != 0;
    ts_err_t err = compare_tips(self, log, forked, &leaves, &agree);
    if (err == TS_ERR_OK && !agree && !forked) {
        free(leaves.arrivals);
        leaves = (ts_leaves_t){.count = 0};
        err = compare_tips(self, log, true, &leaves, &agree);
    }
    if (err == TS_ERR_OK && !agree) {
        err = ts_db_begin(self->db, "tips");
        if (err == TS_ERR_OK) {
            err = finish(self, put_tips(self, log, &leaves));
        }
        self->tips_mended += err == TS_ERR_OK ? 1 : 0;
    }
    free(leaves.arrivals);
    return err;
}

ts_err_t
ts_custody_mend_tips(ts_custody_t *self)
{
    ts_log_row_t log = {.id = 0};
    for (;;) {
        ts_err_t err = ts_custody_log_after(self, log.id, &log);
        if (err == TS_ERR_OK) {
            err = mend_log(self, &log);
        }
        if (err != TS_ERR_OK) {
            return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
        }
    }
}

uint64_t
ts_custody_tips_mended(const ts_custody_t *self)
{
    return self->tips_mended;
}
