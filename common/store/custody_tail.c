/* SPDX-License-Identifier: MPL-2.0 */
/* Own logs: the tail of events that are not sealed yet, and sealing. */
#include "base/check.h"
#include "base/limits.h"
#include "store/custody_priv.h"

#include <inttypes.h>
#include <stdio.h>

ts_err_t
ts_custody_own_set(ts_custody_t *self, const ts_hash_t *log, ts_own_t own)
{
    TS_CHECK(ts_db_in_transaction(self->db));
    ts_log_row_t row;
    ts_err_t err = ts_custody_log_row(self, log, &row);
    if (err == TS_ERR_OK) {
        ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_LOG_OWN);
        ts_bind_int(stmt, 1, row.id);
        ts_bind_int(stmt, 2, own);
        err = ts_db_run(self->db, stmt);
        ts_custody_log_changed(self, row.id);
    }
    return err;
}

ts_err_t
ts_custody_own_active(ts_custody_t *self,
                      uint8_t purpose,
                      uint64_t audience_unit,
                      ts_log_info_t *ret_info)
{
    ts_log_row_t row;
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_LOG_OWN_ACTIVE);
    ts_bind_int(stmt, 1, purpose);
    ts_bind_int(stmt, 2, (int64_t)audience_unit);
    ts_err_t err = ts_custody_first_log(self, stmt, &row);
    if (err == TS_ERR_OK) {
        *ret_info = row.info;
    }
    return err;
}

ts_err_t
ts_custody_append(ts_custody_t *self,
                  const ts_hash_t *log,
                  const ts_hash_t *event_id,
                  ts_bytes_t event,
                  uint64_t *ret_counter)
{
    TS_CHECK(ts_db_in_transaction(self->db));
    if (event.length > TS_EVENT_BYTES_MAX) {
        return TS_ERR_TOOBIG;
    }
    ts_log_row_t row;
    ts_err_t err = ts_custody_log_row(self, log, &row);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (row.own != TS_OWN_ACTIVE || row.info.closed || row.info.forked) {
        return TS_ERR_DENIED;
    }
    uint64_t counter = self->now.tail_counter + 1;
    self->tail_blank = false;
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_TAIL_ADD);
    ts_bind_int(stmt, 1, (int64_t)counter);
    ts_bind_int(stmt, 2, row.id);
    ts_bind_hash(stmt, 3, event_id);
    ts_bind_bytes(stmt, 4, event.data, event.length);
    err = ts_db_run(self->db, stmt);
    if (err == TS_ERR_OK) {
        self->now.tail_counter = counter;
        *ret_counter = counter;
    }
    return err;
}

static ts_err_t
entry_rotted(ts_custody_t *self, uint64_t counter)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%" PRIu64, counter);
    return ts_db_fail(self->db, TS_ERR_CORRUPT,
                      N_("custody: saved entry {1}, not sealed yet, is not what was written"),
                      number, NULL);
}

/* The row that stands in TAIL_NEXT and TAIL_NEXT_OF. */
static ts_err_t
read_tail(ts_custody_t *self, ts_stmt_t *stmt, ts_tail_event_t *ret_event, ts_buf_t *ret_bytes)
{
    ts_tail_event_t event = {.counter = (uint64_t)ts_col_int(stmt, 0)};
    ts_err_t err = ts_col_hash(self->db, stmt, 1, &event.log);
    if (err == TS_ERR_OK) {
        err = ts_col_hash(self->db, stmt, 2, &event.event_id);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    if (ret_bytes != NULL) {
        ts_bytes_t bytes = ts_col_bytes(stmt, 3);
        ts_hash_t hash = self->hash(bytes.data, bytes.length);
        if (!ts_hash_equal(&hash, &event.event_id)) {
            return entry_rotted(self, event.counter);
        }
        ts_buf_clear(ret_bytes);
        ts_buf_put(ret_bytes, bytes.data, bytes.length);
    }
    if (ret_event != NULL) {
        *ret_event = event;
    }
    return TS_ERR_OK;
}

/* Nobody else has these entries, so they are never sealed, left out or thrown away when a bit of
 * them turned: the store is not opened. */
ts_err_t
ts_custody_check_tail(ts_custody_t *self)
{
    bool row = false;
    int64_t unindexed = 0;
    ts_buf_t bytes = {0};
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_TAIL_ALL);
    ts_err_t err = ts_db_step(self->db, stmt, &row);
    while (err == TS_ERR_OK && row) {
        uint64_t counter = (uint64_t)ts_col_int(stmt, 0);
        err = ts_col_is_null(stmt, 1) || counter > self->now.tail_counter
                  ? entry_rotted(self, counter)
                  : read_tail(self, stmt, NULL, &bytes);
        if (err == TS_ERR_OK) {
            err = ts_db_step(self->db, stmt, &row);
        }
    }
    ts_db_done(stmt);
    ts_buf_free(&bytes);
    if (err == TS_ERR_OK) {
        err = ts_db_number(self->db, ts_db_stmt(self->db, SQL_TAIL_UNINDEXED), &unindexed);
    }
    if (err == TS_ERR_OK && unindexed > 0) {
        err =
            ts_db_fail(self->db, TS_ERR_CORRUPT,
                       N_("custody: saved entries that are not sealed yet are not in their index"),
                       NULL, NULL);
    }
    return err;
}

ts_err_t
ts_custody_tail_next(ts_custody_t *self,
                     const ts_hash_t *log,
                     uint64_t after_counter,
                     ts_tail_event_t *ret_event,
                     ts_buf_t *ret_bytes)
{
    ts_log_row_t row;
    ts_err_t err = log != NULL ? ts_custody_log_row(self, log, &row) : ts_db_failed(self->db);
    if (err == TS_ERR_OK && self->tail_blank) {
        err = TS_ERR_NOTFOUND;
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_stmt_t *stmt = ts_db_stmt(self->db, log != NULL ? SQL_TAIL_NEXT_OF : SQL_TAIL_NEXT);
    ts_bind_int(stmt, 1, (int64_t)after_counter);
    if (log != NULL) {
        ts_bind_int(stmt, 2, row.id);
    }
    err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        err = read_tail(self, stmt, ret_event, ret_bytes);
        ts_db_done(stmt);
    } else if (err == TS_ERR_NOTFOUND && log == NULL && after_counter == 0) {
        self->tail_blank = true;
    }
    return err;
}

ts_err_t
ts_custody_tail_size(ts_custody_t *self, const ts_hash_t *log, ts_tail_size_t *ret_size)
{
    ts_log_row_t row;
    ts_err_t err = ts_custody_log_row(self, log, &row);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_TAIL_SIZE);
    ts_bind_int(stmt, 1, row.id);
    err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        ret_size->events = (uint64_t)ts_col_int(stmt, 0);
        ret_size->bytes = (uint64_t)ts_col_int(stmt, 1);
        ts_db_done(stmt);
    }
    return err;
}

/* Takes the sealed events out; their number must be what the header says. */
static ts_err_t
remove_sealed(ts_custody_t *self,
              const ts_segment_view_t *view,
              const ts_log_row_t *log,
              uint64_t through)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_TAIL_REMOVE);
    ts_bind_int(stmt, 1, log->id);
    ts_bind_int(stmt, 2, (int64_t)through);
    ts_err_t err = ts_db_run(self->db, stmt);
    if (err == TS_ERR_OK && ts_db_changes(self->db) != view->header.count) {
        return TS_ERR_INVALID;
    }
    return err;
}

ts_err_t
ts_custody_seal(ts_custody_t *self,
                const ts_segment_view_t *view,
                const ts_hash_t *hash,
                const ts_put_source_t *source,
                uint64_t through_counter,
                uint64_t *ret_arrival)
{
    bool genesis = (view->header.flags & TS_SEGMENT_GENESIS) != 0;
    ts_log_row_t log;
    ts_err_t err = TS_ERR_OK;
    if (!genesis) {
        err = ts_custody_log_row(self, &view->header.log, &log);
        if (err == TS_ERR_OK && log.own != TS_OWN_ACTIVE) {
            return TS_ERR_DENIED;
        }
    }
    ts_put_result_t result;
    if (err == TS_ERR_OK) {
        err = ts_custody_put(self, view, hash, source, &result);
    }
    if (err == TS_ERR_OK && result.outcome != TS_PUT_STORED) {
        return TS_ERR_CHAIN;
    }
    if (err == TS_ERR_OK) {
        err = genesis ? ts_custody_own_set(self, hash, TS_OWN_ACTIVE)
                      : remove_sealed(self, view, &log, through_counter);
    }
    if (err == TS_ERR_OK) {
        *ret_arrival = result.arrival;
    }
    return err;
}

ts_err_t
ts_custody_tail_move(ts_custody_t *self, const ts_hash_t *from, const ts_hash_t *to)
{
    TS_CHECK(ts_db_in_transaction(self->db));
    ts_log_row_t old;
    ts_log_row_t new;
    ts_err_t err = ts_custody_log_row(self, from, &old);
    if (err == TS_ERR_OK) {
        err = ts_custody_log_row(self, to, &new);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    if (new.own != TS_OWN_ACTIVE) {
        return TS_ERR_DENIED;
    }
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_TAIL_MOVE);
    ts_bind_int(stmt, 1, old.id);
    ts_bind_int(stmt, 2, new.id);
    return ts_db_run(self->db, stmt);
}
