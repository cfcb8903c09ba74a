/* SPDX-License-Identifier: MPL-2.0 */
#include "store/scratch.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "store/db.h"
#include "store/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "TSsc" in the file's header. */
#define SCRATCH_APPLICATION_ID 0x54537363u

#define SCRATCH_SQL(X)                                                                             \
    X(PARTIAL_GET, "SELECT prefix, total, have FROM partial WHERE log = ?1")                       \
    X(PARTIAL_PUT, "INSERT INTO partial (log, prefix, total, have, touched) "                      \
                   "VALUES (?1, ?2, ?3, ?4, (SELECT coalesce(max(touched), 0) + 1 FROM partial)) " \
                   "ON CONFLICT (log) DO UPDATE SET prefix = ?2, total = ?3, have = ?4, "          \
                   "touched = (SELECT max(touched) + 1 FROM partial)")                             \
    X(PARTIAL_DROP, "DELETE FROM partial WHERE log = ?1")                                          \
    X(PARTIAL_TRIM, "DELETE FROM partial WHERE touched = (SELECT min(touched) FROM partial)")      \
    X(PARTIAL_BYTES, "SELECT total(have) FROM partial")                                            \
    X(PIECE_PUT, "INSERT INTO piece (log, start, bytes) VALUES (?1, ?2, ?3)")                      \
    X(PIECE_LIST, "SELECT start, bytes FROM piece WHERE log = ?1 ORDER BY start")

#define SQL_ENTRY(name, text) {#name, text},
#define SQL_NUMBER(name, text) SQL_##name,
static const ts_db_sql_t statements[] = {SCRATCH_SQL(SQL_ENTRY)};
enum { SCRATCH_SQL(SQL_NUMBER) SQL_COUNT };

struct ts_scratch {
    ts_db_t *db;
};

static ts_err_t
open_file(ts_scratch_t *self, const char *path, const char *vfs, ts_msg_t *detail)
{
    static const char *scripts[1];
    scripts[0] = (const char *)ts_schema_scratch;
    ts_db_options_t options = {
        .path = path,
        .vfs = vfs,
        .application_id = SCRATCH_APPLICATION_ID,
        .scripts = scripts,
        .script_count = 1,
        .statements = statements,
        .statement_count = SQL_COUNT,
        .create = true,
        .cache_kib = 128,
    };
    return ts_db_open(&self->db, &options, detail);
}

/* Puts a damaged file and its helpers out of the way. */
static void
set_aside(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    size_t bytes = strlen(path) + sizeof "-wal.bad";
    char *from = ts_xmalloc(bytes);
    char *to = ts_xmalloc(bytes);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        (void)snprintf(from, bytes, "%s%s", path, ends[i]);
        (void)snprintf(to, bytes, "%s.bad%s", path, ends[i]);
        /* Absent, or cannot be moved: opening again tells. */
        (void)rename(from, to);
    }
    free(from);
    free(to);
}

ts_err_t
ts_scratch_open(ts_scratch_t **ret_self, const char *folder, const char *vfs, ts_msg_t *detail)
{
    ts_scratch_t *self = ts_xcalloc(1, sizeof *self);
    size_t bytes = strlen(folder) + sizeof "/scratch.sqlite";
    char *path = ts_xmalloc(bytes);
    (void)snprintf(path, bytes, "%s/scratch.sqlite", folder);
    ts_err_t err = open_file(self, path, vfs, detail);
    if (err == TS_ERR_CORRUPT || err == TS_ERR_INVALID || err == TS_ERR_UNKNOWN) {
        set_aside(path);
        err = open_file(self, path, vfs, detail);
    }
    free(path);
    if (err != TS_ERR_OK) {
        free(self);
        return err;
    }
    *ret_self = self;
    return TS_ERR_OK;
}

void
ts_scratch_destroy(ts_scratch_t **self_p)
{
    ts_scratch_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_db_destroy(&self->db);
    free(self);
    *self_p = NULL;
}

static ts_err_t
get_partial(ts_scratch_t *self, const ts_hash_t *log, ts_partial_t *ret_partial)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_PARTIAL_GET);
    ts_bind_hash(stmt, 1, log);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        *ret_partial = (ts_partial_t){
            .log = *log,
            .prefix = (uint64_t)ts_col_int(stmt, 0),
            .total = (uint32_t)ts_col_int(stmt, 1),
            .have = (uint32_t)ts_col_int(stmt, 2),
        };
        ts_db_done(stmt);
    }
    return err;
}

static ts_err_t
drop_rows(ts_scratch_t *self, const ts_hash_t *log)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_PARTIAL_DROP);
    ts_bind_hash(stmt, 1, log);
    return ts_db_run(self->db, stmt);
}

/* The longest untouched go until the bound holds. */
static ts_err_t
trim(ts_scratch_t *self, size_t bytes)
{
    int64_t held = 0;
    ts_err_t err = ts_db_number(self->db, ts_db_stmt(self->db, SQL_PARTIAL_BYTES), &held);
    while (err == TS_ERR_OK && held > 0 && (uint64_t)held + bytes > TS_SCRATCH_BYTES_MAX) {
        err = ts_db_run(self->db, ts_db_stmt(self->db, SQL_PARTIAL_TRIM));
        if (err == TS_ERR_OK) {
            err = ts_db_number(self->db, ts_db_stmt(self->db, SQL_PARTIAL_BYTES), &held);
        }
    }
    return err;
}

static ts_err_t
add_piece(ts_scratch_t *self, const ts_partial_t *partial, ts_bytes_t data)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_PARTIAL_PUT);
    ts_bind_hash(stmt, 1, &partial->log);
    ts_bind_int(stmt, 2, (int64_t)partial->prefix);
    ts_bind_int(stmt, 3, partial->total);
    ts_bind_int(stmt, 4, (int64_t)(partial->have + data.length));
    ts_err_t err = ts_db_run(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    stmt = ts_db_stmt(self->db, SQL_PIECE_PUT);
    ts_bind_hash(stmt, 1, &partial->log);
    ts_bind_int(stmt, 2, partial->have);
    ts_bind_bytes(stmt, 3, data.data, data.length);
    return ts_db_run(self->db, stmt);
}

/* Inside a transaction. */
static ts_err_t
change(ts_scratch_t *self, const ts_partial_t *partial, ts_bytes_t data)
{
    if (partial->have == 0) {
        ts_err_t err = drop_rows(self, &partial->log);
        if (err != TS_ERR_OK || data.length == 0) {
            return err;
        }
    } else {
        ts_partial_t kept;
        ts_err_t err = get_partial(self, &partial->log, &kept);
        if (err != TS_ERR_OK) {
            return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
        }
        if (kept.prefix != partial->prefix || kept.total != partial->total ||
            kept.have != partial->have || data.length == 0) {
            return TS_ERR_OK;
        }
    }
    ts_err_t err = add_piece(self, partial, data);
    return err == TS_ERR_OK ? trim(self, 0) : err;
}

ts_err_t
ts_scratch_keep(ts_scratch_t *self, const ts_partial_t *partial, ts_bytes_t data)
{
    bool forgets = partial->have == 0 && data.length == 0;
    if (!forgets && (partial->total == 0 || partial->total > TS_SEGMENT_BYTES_MAX ||
                     partial->have + data.length > partial->total)) {
        return TS_ERR_INVALID;
    }
    ts_err_t err = ts_db_begin(self->db, "keep partial");
    if (err != TS_ERR_OK) {
        return err;
    }
    err = change(self, partial, data);
    if (err == TS_ERR_OK) {
        return ts_db_commit(self->db);
    }
    ts_db_rollback(self->db);
    return err;
}

ts_err_t
ts_scratch_get(ts_scratch_t *self,
               const ts_hash_t *log,
               ts_partial_t *ret_partial,
               ts_buf_t *ret_bytes)
{
    ts_partial_t partial;
    ts_err_t err = get_partial(self, log, &partial);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_buf_clear(ret_bytes);
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_PIECE_LIST);
    ts_bind_hash(stmt, 1, log);
    bool row = false;
    err = ts_db_step(self->db, stmt, &row);
    /* A gap cannot be, but this file promises nothing: what follows it is not used. */
    while (err == TS_ERR_OK && row && (uint64_t)ts_col_int(stmt, 0) == ret_bytes->length) {
        ts_bytes_t piece = ts_col_bytes(stmt, 1);
        ts_buf_put(ret_bytes, piece.data, piece.length);
        err = ts_db_step(self->db, stmt, &row);
    }
    ts_db_done(stmt);
    if (err == TS_ERR_OK) {
        partial.have = (uint32_t)ret_bytes->length;
        *ret_partial = partial;
    }
    return err;
}

ts_err_t
ts_scratch_drop(ts_scratch_t *self, const ts_hash_t *log)
{
    ts_partial_t none = {.log = *log};
    return ts_scratch_keep(self, &none, (ts_bytes_t){NULL, 0});
}
