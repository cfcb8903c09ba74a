/* SPDX-License-Identifier: MPL-2.0 */
/* Reading logs and segments, and walking chains. */
#include "base/check.h"
#include "store/custody_priv.h"

#include <string.h>

ts_err_t
ts_custody_read_log(ts_db_t *db, ts_stmt_t *stmt, ts_log_row_t *ret_row)
{
    ts_log_row_t row = {.id = ts_col_int(stmt, 0)};
    const struct {
        int column;
        ts_hash_t *hash;
    } hashes[] = {
        {1, &row.info.log},        {6, &row.info.node_key},        {7, &row.info.node_curve_key},
        {8, &row.info.invite_key}, {9, &row.info.predecessor.log}, {11, &row.info.predecessor.hash},
        {18, &row.hash_sum},
    };
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        ts_err_t err = ts_col_hash(db, stmt, hashes[i].column, hashes[i].hash);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    row.info.office = (uint32_t)ts_col_int(stmt, 2);
    row.info.purpose = (uint8_t)ts_col_int(stmt, 3);
    row.info.audience = (uint8_t)ts_col_int(stmt, 4);
    row.info.audience_unit = (uint64_t)ts_col_int(stmt, 5);
    row.info.predecessor.seq = (uint64_t)ts_col_int(stmt, 10);
    row.own = (ts_own_t)ts_col_int(stmt, 12);
    row.info.closed = ts_col_int(stmt, 13) != 0;
    row.fork_arrival = (uint64_t)ts_col_int(stmt, 14);
    row.info.forked = row.fork_arrival != 0;
    row.size = (ts_log_size_t){
        .segments = (uint64_t)ts_col_int(stmt, 15),
        .events = (uint64_t)ts_col_int(stmt, 16),
        .bytes = (uint64_t)ts_col_int(stmt, 17),
        .last_seq = (uint64_t)ts_col_int(stmt, 19),
        .last_arrival = (uint64_t)ts_col_int(stmt, 20),
    };
    *ret_row = row;
    return TS_ERR_OK;
}

ts_err_t
ts_custody_first_log(ts_custody_t *self, ts_stmt_t *stmt, ts_log_row_t *ret_row)
{
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        err = ts_custody_read_log(self->db, stmt, ret_row);
        ts_db_done(stmt);
    }
    return err;
}

ts_err_t
ts_custody_log(ts_custody_t *self, const ts_hash_t *log, ts_log_info_t *ret_info)
{
    ts_log_row_t row;
    ts_err_t err = ts_custody_log_row(self, log, &row);
    if (err == TS_ERR_OK) {
        *ret_info = row.info;
    }
    return err;
}

ts_err_t
ts_custody_log_own(ts_custody_t *self, const ts_hash_t *log, ts_own_t *ret_own)
{
    ts_log_row_t row;
    ts_err_t err = ts_custody_log_row(self, log, &row);
    if (err == TS_ERR_OK) {
        *ret_own = row.own;
    }
    return err;
}

ts_err_t
ts_custody_log_size(ts_custody_t *self, const ts_hash_t *log, ts_log_size_t *ret_size)
{
    ts_log_row_t row;
    ts_err_t err = ts_custody_log_row(self, log, &row);
    if (err == TS_ERR_OK) {
        *ret_size = row.size;
    }
    return err;
}

ts_err_t
ts_custody_log_next(ts_custody_t *self, ts_log_info_t *info)
{
    ts_log_row_t row = {0};
    ts_err_t err =
        ts_hash_is_zero(&info->log) ? TS_ERR_OK : ts_custody_log_row(self, &info->log, &row);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_custody_log_after(self, row.id, &row);
    if (err == TS_ERR_OK) {
        *info = row.info;
    }
    return err;
}

/* ---- segments ---- */

/* The row that stands in a statement with SEGMENT_COLUMNS. */
static ts_err_t
read_segment(ts_custody_t *self, ts_stmt_t *stmt, ts_held_segment_t *ret_segment)
{
    ts_held_segment_t segment = {
        .arrival = (uint64_t)ts_col_int(stmt, 0),
        .first_seq = (uint64_t)ts_col_int(stmt, 2),
        .last_seq = (uint64_t)ts_col_int(stmt, 3),
        .prev_arrival = (uint64_t)ts_col_int(stmt, 5),
        .chain_bytes = (uint64_t)ts_col_int(stmt, 6),
        .bytes = (uint32_t)ts_col_int(stmt, 7),
        .source.received_ms = ts_col_int(stmt, 9),
    };
    ts_err_t err = ts_col_hash(self->db, stmt, 1, &segment.log);
    if (err == TS_ERR_OK) {
        err = ts_col_hash(self->db, stmt, 4, &segment.hash);
    }
    if (err == TS_ERR_OK) {
        err = ts_col_id16(self->db, stmt, 8, &segment.source.store);
    }
    if (err == TS_ERR_OK) {
        *ret_segment = segment;
    }
    return err;
}

/* Copies the stored bytes of a segment. */
static ts_err_t
read_bytes(ts_custody_t *self, uint64_t arrival, ts_buf_t *ret_bytes)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_BYTES);
    ts_bind_int(stmt, 1, (int64_t)arrival);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_bytes_t bytes = ts_col_bytes(stmt, 0);
    if (bytes.length > 0 && bytes.data == NULL) {
        /* SQLite gives NULL for a value whose pages it could not read. */
        ts_db_done(stmt);
        return ts_db_fail(self->db, TS_ERR_CORRUPT,
                          N_("custody: the bytes of a segment cannot be read"), NULL, NULL);
    }
    ts_buf_clear(ret_bytes);
    ts_buf_put(ret_bytes, bytes.data, bytes.length);
    ts_db_done(stmt);
    return TS_ERR_OK;
}

/* First row of a statement with SEGMENT_COLUMNS, and its bytes when they are wanted. */
static ts_err_t
first_segment(ts_custody_t *self,
              ts_stmt_t *stmt,
              ts_held_segment_t *ret_segment,
              ts_buf_t *ret_bytes)
{
    ts_held_segment_t segment;
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = read_segment(self, stmt, &segment);
    ts_db_done(stmt);
    if (err == TS_ERR_OK && ret_bytes != NULL) {
        err = read_bytes(self, segment.arrival, ret_bytes);
    }
    if (err == TS_ERR_OK && ret_segment != NULL) {
        *ret_segment = segment;
    }
    return err;
}

ts_err_t
ts_custody_get(ts_custody_t *self,
               uint64_t arrival,
               ts_held_segment_t *ret_segment,
               ts_buf_t *ret_bytes)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_GET);
    ts_bind_int(stmt, 1, (int64_t)arrival);
    return first_segment(self, stmt, ret_segment, ret_bytes);
}

ts_err_t
ts_custody_find(ts_custody_t *self,
                const ts_hash_t *hash,
                ts_held_segment_t *ret_segment,
                ts_buf_t *ret_bytes)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_FIND);
    ts_bind_hash(stmt, 1, hash);
    return first_segment(self, stmt, ret_segment, ret_bytes);
}

ts_err_t
ts_custody_link(ts_custody_t *self, uint64_t arrival, ts_link_t *ret_link)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_LINK);
    ts_bind_int(stmt, 1, (int64_t)arrival);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        *ret_link = (ts_link_t){
            .prev = (uint64_t)ts_col_int(stmt, 0),
            .first_seq = (uint64_t)ts_col_int(stmt, 1),
            .last_seq = (uint64_t)ts_col_int(stmt, 2),
            .chain_bytes = (uint64_t)ts_col_int(stmt, 3),
        };
        ts_db_done(stmt);
    }
    return err;
}

ts_err_t
ts_custody_place(ts_custody_t *self,
                 int64_t log_id,
                 const ts_hash_t *hash,
                 uint64_t *ret_arrival,
                 uint64_t *ret_last_seq)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_PLACE);
    ts_bind_hash(stmt, 1, hash);
    ts_bind_int(stmt, 2, log_id);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        *ret_arrival = (uint64_t)ts_col_int(stmt, 0);
        *ret_last_seq = (uint64_t)ts_col_int(stmt, 1);
        ts_db_done(stmt);
    }
    return err;
}

ts_err_t
ts_custody_contradicts(ts_custody_t *self)
{
    return ts_db_fail(self->db, TS_ERR_CORRUPT,
                      N_("custody: a segment is gone that others refer to"), NULL, NULL);
}

/* A link that must be there: its arrival was named by another row. A predecessor arrived before. */
static ts_err_t
must_link(ts_custody_t *self, uint64_t arrival, ts_link_t *ret_link)
{
    ts_err_t err = ts_custody_link(self, arrival, ret_link);
    if (err == TS_ERR_NOTFOUND || (err == TS_ERR_OK && ret_link->prev >= arrival)) {
        return ts_custody_contradicts(self);
    }
    return err;
}

ts_err_t
ts_custody_on_chain_arrival(ts_custody_t *self,
                            uint64_t arrival,
                            uint64_t tip_arrival,
                            bool *ret_on)
{
    /* A predecessor arrived before its successor, so the walk ends when it passes `arrival`. */
    uint64_t at = tip_arrival;
    while (at > arrival) {
        ts_link_t link;
        ts_err_t err = must_link(self, at, &link);
        if (err != TS_ERR_OK) {
            return err;
        }
        at = link.prev;
    }
    *ret_on = at == arrival;
    return TS_ERR_OK;
}

ts_err_t
ts_custody_on_chain(ts_custody_t *self, const ts_hash_t *hash, const ts_hash_t *tip, bool *ret_on)
{
    ts_held_segment_t segment;
    ts_held_segment_t end;
    ts_err_t err = ts_custody_find(self, hash, &segment, NULL);
    if (err == TS_ERR_OK) {
        err = ts_custody_find(self, tip, &end, NULL);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    if (!ts_hash_equal(&segment.log, &end.log)) {
        *ret_on = false;
        return TS_ERR_OK;
    }
    return ts_custody_on_chain_arrival(self, segment.arrival, end.arrival, ret_on);
}

ts_err_t
ts_custody_back(ts_custody_t *self,
                const ts_hash_t *hash,
                uint32_t back,
                ts_held_segment_t *ret_segment)
{
    ts_held_segment_t segment;
    ts_err_t err = ts_custody_find(self, hash, &segment, NULL);
    if (err != TS_ERR_OK) {
        return err;
    }
    uint64_t at = segment.arrival;
    for (uint32_t i = 0; i < back; i++) {
        ts_link_t link;
        err = must_link(self, at, &link);
        if (err != TS_ERR_OK) {
            return err;
        }
        if (link.prev == 0) {
            break;
        }
        at = link.prev;
    }
    return ts_custody_get(self, at, ret_segment, NULL);
}

ts_err_t
ts_custody_at(ts_custody_t *self,
              const ts_hash_t *tip,
              uint64_t seq,
              ts_held_segment_t *ret_segment,
              ts_buf_t *ret_bytes)
{
    ts_held_segment_t segment;
    ts_err_t err = ts_custody_find(self, tip, &segment, NULL);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (seq > segment.last_seq) {
        return TS_ERR_NOTFOUND;
    }
    uint64_t at = segment.arrival;
    while (at != 0) {
        ts_link_t link;
        err = must_link(self, at, &link);
        if (err != TS_ERR_OK) {
            return err;
        }
        if (seq >= link.first_seq && seq <= link.last_seq) {
            return ts_custody_get(self, at, ret_segment, ret_bytes);
        }
        at = link.prev;
    }
    return TS_ERR_NOTFOUND;
}

/* The next arrival of a log after `after`; NOTFOUND. */
static ts_err_t
next_arrival(ts_custody_t *self, int64_t log_id, uint64_t after, uint64_t *ret_arrival)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_NEXT);
    ts_bind_int(stmt, 1, log_id);
    ts_bind_int(stmt, 2, (int64_t)after);
    int64_t arrival = 0;
    ts_err_t err = ts_db_number(self->db, stmt, &arrival);
    if (err == TS_ERR_OK) {
        *ret_arrival = (uint64_t)arrival;
    }
    return err;
}

ts_err_t
ts_custody_next(ts_custody_t *self,
                const ts_tip_t *base,
                uint64_t cursor,
                bool *ret_base_held,
                ts_held_segment_t *ret_segment,
                ts_buf_t *ret_bytes)
{
    ts_log_row_t log;
    uint64_t base_arrival = 0;
    uint64_t base_seq = 0;
    *ret_base_held = false;
    ts_err_t err = ts_custody_log_row(self, &base->log, &log);
    if (err == TS_ERR_OK && !ts_hash_is_zero(&base->hash)) {
        err = ts_custody_place(self, log.id, &base->hash, &base_arrival, &base_seq);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    *ret_base_held = true;
    /* Up to the first fork the chain is the order of arrival; after it each segment is looked at.
     */
    bool branches = log.fork_arrival != 0 && base_arrival > log.fork_arrival;
    uint64_t start = branches ? log.fork_arrival : base_arrival;
    uint64_t at = cursor > start ? cursor : start;
    bool on = true;
    while (on) {
        err = next_arrival(self, log.id, at, &at);
        if (err != TS_ERR_OK) {
            return err;
        }
        on = false;
        if (branches && at <= base_arrival) {
            err = ts_custody_on_chain_arrival(self, at, base_arrival, &on);
            if (err != TS_ERR_OK) {
                return err;
            }
        }
    }
    return ts_custody_get(self, at, ret_segment, ret_bytes);
}

ts_err_t
ts_custody_read_back(ts_custody_t *self,
                     uint64_t first_arrival,
                     uint64_t last_arrival,
                     ts_read_back_fn callback,
                     void *context)
{
    TS_CHECK(!ts_db_in_transaction(self->db));
    uint64_t expected = first_arrival;
    ts_stmt_t *stmt = ts_db_stmt(self->reader, READ_RANGE);
    ts_bind_int(stmt, 1, (int64_t)first_arrival);
    ts_bind_int(stmt, 2, (int64_t)last_arrival);
    bool row = false;
    ts_err_t err = ts_db_step(self->reader, stmt, &row);
    while (err == TS_ERR_OK && row) {
        ts_bytes_t bytes = ts_col_bytes(stmt, 1);
        if ((uint64_t)ts_col_int(stmt, 0) != expected || bytes.data == NULL) {
            break;
        }
        expected++;
        err = callback(context, (uint64_t)ts_col_int(stmt, 0), bytes);
        if (err == TS_ERR_OK) {
            err = ts_db_step(self->reader, stmt, &row);
        }
    }
    ts_db_done(stmt);
    if (err == TS_ERR_OK && expected != last_arrival + 1) {
        err = ts_db_fail(self->db, TS_ERR_CORRUPT,
                         N_("custody: a segment that was just committed cannot be read back"), NULL,
                         NULL);
    } else if (err == TS_ERR_IO || err == TS_ERR_CORRUPT) {
        /* What was committed is in doubt: the whole store stops. */
        ts_msg_t text = {0};
        ts_db_take_detail(self->reader, &text);
        err = ts_db_fail(self->db, err, N_("reading back: {1}"),
                         text.args[2] != NULL ? text.args[2] : ts_err_str(err), NULL);
        ts_msg_free(&text);
    }
    return err;
}
