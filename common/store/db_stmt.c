/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "store/db_priv.h"

#include <errno.h>
#include <string.h>

/* What to do with a primary result code. Those that are not here are our own bugs. */
static ts_err_t
error_of(sqlite3 *handle, int code)
{
    static const struct {
        int code;
        ts_err_t err;
    } table[] = {
        {SQLITE_FULL, TS_ERR_FULL},       {SQLITE_TOOBIG, TS_ERR_TOOBIG},
        {SQLITE_BUSY, TS_ERR_BUSY},       {SQLITE_LOCKED, TS_ERR_BUSY},
        {SQLITE_IOERR, TS_ERR_IO},        {SQLITE_CANTOPEN, TS_ERR_IO},
        {SQLITE_READONLY, TS_ERR_IO},     {SQLITE_PERM, TS_ERR_DENIED},
        {SQLITE_AUTH, TS_ERR_DENIED},     {SQLITE_PROTOCOL, TS_ERR_BUSY},
        {SQLITE_NOLFS, TS_ERR_FULL},      {SQLITE_CORRUPT, TS_ERR_CORRUPT},
        {SQLITE_NOTADB, TS_ERR_CORRUPT},  {SQLITE_CONSTRAINT, TS_ERR_CONFLICT},
        {SQLITE_INTERRUPT, TS_ERR_AGAIN},
    };
    int primary = code & 0xff;
    /* Some paths of the system's VFS (growing the WAL's index) report a full disk as IOERR. A flush
     * that failed is never harmless, whatever the reason. */
    if (primary == SQLITE_IOERR && code != SQLITE_IOERR_FSYNC && code != SQLITE_IOERR_DIR_FSYNC &&
        handle != NULL && sqlite3_system_errno(handle) == ENOSPC) {
        return TS_ERR_FULL;
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].code == primary) {
            return table[i].err;
        }
    }
    return TS_ERR_OK;
}

/* What an error means for the whole object. A reading connection promises nothing and goes on. */
static void
note_failure(ts_db_t *self, ts_err_t err)
{
    if (!self->query_only && (err == TS_ERR_IO || err == TS_ERR_CORRUPT)) {
        self->failed = err;
    }
    /* A broken constraint takes back its own statement only; after anything else a batch is half.
     */
    if (self->why != NULL && err != TS_ERR_CONFLICT) {
        self->spoiled = err;
    }
}

ts_err_t
ts_db_result(ts_db_t *self, int code, const char *what)
{
    TS_CHECK(code != SQLITE_OK);
    TS_CHECK(code != SQLITE_NOMEM);
    TS_CHECK(code != SQLITE_IOERR_NOMEM);
    ts_err_t err = error_of(self->handle, code);
    TS_CHECK(err != TS_ERR_OK); /* MISUSE, RANGE, ERROR …: a bug of ours */
    ts_msg_make(&self->detail, N_("database {1}, {2}: {3}"), self->path, what,
                self->handle != NULL ? sqlite3_errmsg(self->handle) : sqlite3_errstr(code), NULL);
    note_failure(self, err);
    return err;
}

ts_err_t
ts_db_fail(ts_db_t *self, ts_err_t err, const char *text, const char *first, const char *second)
{
    TS_CHECK(err != TS_ERR_OK);
    ts_msg_make(&self->detail, text, first, second, NULL);
    note_failure(self, err);
    return err;
}

ts_err_t
ts_db_prepare(ts_db_t *self, const char *name, const char *sql, ts_stmt_t **ret_stmt)
{
    if (self->failed != TS_ERR_OK) {
        return self->failed;
    }
    ts_stmt_t *stmt = NULL;
    const char *rest = NULL;
    int code = sqlite3_prepare_v3(self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, &rest);
    if (code == SQLITE_ERROR && self->fresh) {
        /* A typo, or a column that our own schema does not have: say which before stopping. */
        ts_check_failed(name, 0, sqlite3_errmsg(self->handle));
    }
    if (code == SQLITE_ERROR) {
        return ts_db_fail(self, TS_ERR_CORRUPT, N_("database {1} is damaged: {2}"), self->path,
                          sqlite3_errmsg(self->handle));
    }
    if (code != SQLITE_OK) {
        return ts_db_result(self, code, name);
    }
    TS_CHECK(stmt != NULL);
    TS_CHECK(*rest == '\0');
    self->composed = ts_xgrow(self->composed, self->composed_count + 1, &self->composed_capacity,
                              sizeof(ts_stmt_t *));
    self->composed[self->composed_count++] = stmt;
    *ret_stmt = stmt;
    return TS_ERR_OK;
}

ts_stmt_t *
ts_db_later(ts_db_t *self, const char *name, const char *sql, ts_stmt_t **stmt_p)
{
    if (*stmt_p == NULL) {
        ts_err_t err = ts_db_prepare(self, name, sql, stmt_p);
        if (err != TS_ERR_OK) {
            self->failed = err;
            return ts_db_use(self->refused);
        }
    }
    return ts_db_use(*stmt_p);
}

void
ts_db_unprepare(ts_db_t *self, ts_stmt_t **stmt_p)
{
    if (*stmt_p == NULL) {
        return;
    }
    size_t at = 0;
    while (self->composed[at] != *stmt_p) {
        at++;
        TS_CHECK(at < self->composed_count);
    }
    self->composed[at] = self->composed[--self->composed_count];
    (void)sqlite3_finalize(*stmt_p);
    *stmt_p = NULL;
}

ts_stmt_t *
ts_db_stmt(ts_db_t *self, size_t index)
{
    TS_CHECK(index < self->listed_count);
    if (self->later != NULL) {
        return ts_db_later(self, self->later[index].name, self->later[index].text,
                           &self->listed[index]);
    }
    return ts_db_use(self->listed[index]);
}

ts_stmt_t *
ts_db_use(ts_stmt_t *stmt)
{
    TS_CHECK(sqlite3_stmt_busy(stmt) == 0);
    sqlite3_clear_bindings(stmt);
    return stmt;
}

void
ts_bind_int(ts_stmt_t *stmt, int parameter, int64_t value)
{
    TS_CHECK(sqlite3_bind_int64(stmt, parameter, value) == SQLITE_OK);
}

void
ts_bind_text(ts_stmt_t *stmt, int parameter, const char *text)
{
    TS_CHECK(sqlite3_bind_text(stmt, parameter, text, -1, SQLITE_STATIC) == SQLITE_OK);
}

void
ts_bind_bytes(ts_stmt_t *stmt, int parameter, const void *data, size_t bytes)
{
    if (bytes == 0) {
        TS_CHECK(sqlite3_bind_zeroblob(stmt, parameter, 0) == SQLITE_OK);
        return;
    }
    TS_CHECK(sqlite3_bind_blob64(stmt, parameter, data, bytes, SQLITE_STATIC) == SQLITE_OK);
}

void
ts_bind_hash(ts_stmt_t *stmt, int parameter, const ts_hash_t *hash)
{
    ts_bind_bytes(stmt, parameter, hash->b, sizeof hash->b);
}

void
ts_bind_id16(ts_stmt_t *stmt, int parameter, const ts_id16_t *id)
{
    ts_bind_bytes(stmt, parameter, id->b, sizeof id->b);
}

/* The statement's text is its best name. */
static ts_err_t
statement_failed(ts_db_t *self, ts_stmt_t *stmt, int code)
{
    ts_err_t err = ts_db_result(self, code, sqlite3_sql(stmt));
    /* Reset repeats the code; it was noted. */
    (void)sqlite3_reset(stmt);
    return err;
}

ts_err_t
ts_db_step(ts_db_t *self, ts_stmt_t *stmt, bool *ret_row)
{
    if (self->failed != TS_ERR_OK) {
        (void)sqlite3_reset(stmt);
        return self->failed;
    }
    int code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        *ret_row = true;
        return TS_ERR_OK;
    }
    if (code == SQLITE_DONE) {
        TS_CHECK(sqlite3_reset(stmt) == SQLITE_OK);
        *ret_row = false;
        return TS_ERR_OK;
    }
    return statement_failed(self, stmt, code);
}

ts_err_t
ts_db_run(ts_db_t *self, ts_stmt_t *stmt)
{
    bool row = false;
    ts_err_t err = ts_db_step(self, stmt, &row);
    TS_CHECK(!row);
    return err;
}

ts_err_t
ts_db_first(ts_db_t *self, ts_stmt_t *stmt)
{
    bool row = false;
    ts_err_t err = ts_db_step(self, stmt, &row);
    if (err != TS_ERR_OK) {
        return err;
    }
    return row ? TS_ERR_OK : TS_ERR_NOTFOUND;
}

void
ts_db_done(ts_stmt_t *stmt)
{
    (void)sqlite3_reset(stmt);
}

uint64_t
ts_db_changes(ts_db_t *self)
{
    return (uint64_t)sqlite3_changes64(self->handle);
}

int64_t
ts_db_last_rowid(ts_db_t *self)
{
    return sqlite3_last_insert_rowid(self->handle);
}

ts_err_t
ts_db_number(ts_db_t *self, ts_stmt_t *stmt, int64_t *ret_value)
{
    ts_err_t err = ts_db_first(self, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    *ret_value = sqlite3_column_int64(stmt, 0);
    ts_db_done(stmt);
    return TS_ERR_OK;
}

int64_t
ts_col_int(ts_stmt_t *stmt, int column)
{
    return sqlite3_column_int64(stmt, column);
}

bool
ts_col_is_null(ts_stmt_t *stmt, int column)
{
    return sqlite3_column_type(stmt, column) == SQLITE_NULL;
}

const char *
ts_col_text(ts_stmt_t *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt, column);
}

ts_bytes_t
ts_col_bytes(ts_stmt_t *stmt, int column)
{
    const uint8_t *data = sqlite3_column_blob(stmt, column);
    return (ts_bytes_t){data, (size_t)sqlite3_column_bytes(stmt, column)};
}

/* Copies a column of exactly `bytes` bytes. */
static ts_err_t
copy_exactly(ts_db_t *self, ts_stmt_t *stmt, int column, uint8_t *out, size_t bytes)
{
    ts_bytes_t value = ts_col_bytes(stmt, column);
    if (value.length != bytes) {
        return ts_db_fail(self, TS_ERR_CORRUPT, N_("database {1}: column {2} has a wrong length"),
                          self->path, sqlite3_column_name(stmt, column));
    }
    memcpy(out, value.data, bytes);
    return TS_ERR_OK;
}

ts_err_t
ts_col_hash(ts_db_t *self, ts_stmt_t *stmt, int column, ts_hash_t *ret_hash)
{
    return copy_exactly(self, stmt, column, ret_hash->b, sizeof ret_hash->b);
}

ts_err_t
ts_col_id16(ts_db_t *self, ts_stmt_t *stmt, int column, ts_id16_t *ret_id)
{
    return copy_exactly(self, stmt, column, ret_id->b, sizeof ret_id->b);
}
