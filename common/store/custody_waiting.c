/* SPDX-License-Identifier: MPL-2.0 */
/* The waiting room, and refused segments kept as evidence. */
#include "base/check.h"
#include "base/limits.h"
#include "store/custody_priv.h"

#include <string.h>

ts_err_t
ts_custody_waiting_take(ts_custody_t *self,
                        const ts_hash_t *predecessor,
                        ts_buf_t *ret_bytes,
                        ts_put_source_t *ret_source)
{
    TS_CHECK(ts_db_in_transaction(self->db));
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_WAITING_TAKE);
    ts_bind_hash(stmt, 1, predecessor);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_put_source_t source = {.received_ms = ts_col_int(stmt, 2)};
    err = ts_col_id16(self->db, stmt, 1, &source.store);
    if (err == TS_ERR_OK) {
        ts_bytes_t bytes = ts_col_bytes(stmt, 0);
        ts_buf_clear(ret_bytes);
        ts_buf_put(ret_bytes, bytes.data, bytes.length);
        *ret_source = source;
    }
    ts_db_done(stmt);
    return err;
}

ts_err_t
ts_custody_waiting_list(
    ts_custody_t *self, const ts_hash_t *after, ts_waiting_t *out, size_t max, size_t *ret_count)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_WAITING_LIST);
    ts_bind_bytes(stmt, 1, after != NULL ? after->b : NULL, after != NULL ? sizeof after->b : 0);
    ts_bind_int(stmt, 2, (int64_t)max);
    size_t count = 0;
    bool row = false;
    ts_err_t err = ts_db_step(self->db, stmt, &row);
    while (err == TS_ERR_OK && row && count < max) {
        ts_waiting_t *waiting = &out[count];
        err = ts_col_hash(self->db, stmt, 0, &waiting->log);
        if (err == TS_ERR_OK) {
            err = ts_col_hash(self->db, stmt, 1, &waiting->missing);
        }
        waiting->first_seq = (uint64_t)ts_col_int(stmt, 2);
        waiting->genesis_missing = ts_col_int(stmt, 3) != 0;
        count++;
        if (err == TS_ERR_OK) {
            err = ts_db_step(self->db, stmt, &row);
        }
    }
    ts_db_done(stmt);
    if (err == TS_ERR_OK) {
        *ret_count = count;
    }
    return err;
}

/* Makes room for so many bytes by letting the oldest go. */
static ts_err_t
trim_refused(ts_custody_t *self, size_t bytes)
{
    int64_t held = 0;
    ts_err_t err = ts_db_number(self->db, ts_db_stmt(self->db, SQL_REFUSED_BYTES), &held);
    while (err == TS_ERR_OK && held > 0 && (uint64_t)held + bytes > TS_REFUSED_BYTES_MAX) {
        err = ts_db_run(self->db, ts_db_stmt(self->db, SQL_REFUSED_TRIM));
        if (err == TS_ERR_OK) {
            err = ts_db_number(self->db, ts_db_stmt(self->db, SQL_REFUSED_BYTES), &held);
        }
    }
    return err;
}

ts_err_t
ts_custody_refuse(ts_custody_t *self, const ts_refusal_t *refusal, ts_bytes_t bytes)
{
    TS_CHECK(ts_db_in_transaction(self->db));
    TS_CHECK(bytes.length <= TS_SEGMENT_BYTES_MAX);
    TS_CHECK(memchr(refusal->detail, '\0', sizeof refusal->detail) != NULL);
    int64_t source = 0;
    ts_err_t err = trim_refused(self, bytes.length);
    if (err == TS_ERR_OK) {
        err = ts_custody_store_row(self, &refusal->source.store, &source);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_REFUSED_ADD);
    ts_bind_hash(stmt, 1, &refusal->hash);
    ts_bind_hash(stmt, 2, &refusal->log);
    ts_bind_int(stmt, 3, refusal->code);
    ts_bind_text(stmt, 4, refusal->detail);
    ts_bind_int(stmt, 5, refusal->source.received_ms);
    ts_bind_int(stmt, 6, source);
    ts_bind_bytes(stmt, 7, bytes.data, bytes.length);
    return ts_db_run(self->db, stmt);
}

/* The row that stands in REFUSED_GET. */
static ts_err_t
read_refusal(ts_custody_t *self, ts_stmt_t *stmt, ts_refusal_t *ret_refusal)
{
    ts_refusal_t refusal = {
        .code = (ts_err_t)ts_col_int(stmt, 2),
        .source.received_ms = ts_col_int(stmt, 5),
    };
    const char *detail = ts_col_text(stmt, 3);
    size_t length = detail != NULL ? strlen(detail) : 0;
    length = length < sizeof refusal.detail ? length : sizeof refusal.detail - 1;
    if (length > 0) {
        memcpy(refusal.detail, detail, length);
    }
    ts_err_t err = ts_col_hash(self->db, stmt, 0, &refusal.hash);
    if (err == TS_ERR_OK) {
        err = ts_col_hash(self->db, stmt, 1, &refusal.log);
    }
    if (err == TS_ERR_OK) {
        err = ts_col_id16(self->db, stmt, 4, &refusal.source.store);
    }
    if (err == TS_ERR_OK) {
        *ret_refusal = refusal;
    }
    return err;
}

ts_err_t
ts_custody_refused(ts_custody_t *self, size_t index, ts_refusal_t *ret_refusal, ts_buf_t *ret_bytes)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_REFUSED_GET);
    ts_bind_int(stmt, 1, (int64_t)index);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = read_refusal(self, stmt, ret_refusal);
    if (err == TS_ERR_OK && ret_bytes != NULL) {
        ts_bytes_t bytes = ts_col_bytes(stmt, 6);
        ts_buf_clear(ret_bytes);
        ts_buf_put(ret_bytes, bytes.data, bytes.length);
    }
    ts_db_done(stmt);
    return err;
}
