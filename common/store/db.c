/* SPDX-License-Identifier: MPL-2.0 */
#include "store/db.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "store/db_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* STRICT tables came with 3.37; the build asks for a later one, the machine may differ. */
#define SQLITE_NUMBER_MIN 3037000
#define CACHE_KIB_DEFAULT 512u
/* A person may look into the file with the sqlite3 shell; wait this long for the lock. */
#define BUSY_TIMEOUT_MS 1000

/* A commit that did not come through ts_db_commit is a bug: its caller would not know when to
 * acknowledge. */
static int
commit_hook(void *context)
{
    const ts_db_t *self = context;
    TS_CHECK(self->committing);
    return 0;
}

/* Runs one piece of SQL that gives no rows that matter; for pragmas and scripts. */
static ts_err_t
execute(ts_db_t *self, const char *sql, const char *what)
{
    int code = sqlite3_exec(self->handle, sql, NULL, NULL, NULL);
    if (code == SQLITE_ERROR) {
        ts_check_failed(what, 0, sqlite3_errmsg(self->handle));
    }
    return code == SQLITE_OK ? TS_ERR_OK : ts_db_result(self, code, what);
}

/* First column of the first row as a number; 0 without a row. */
static ts_err_t
read_number(ts_db_t *self, const char *sql, int64_t *ret_value)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(self->handle, sql, -1, &stmt, NULL);
    if (code != SQLITE_OK) {
        /* These statements are right, so it is the schema in the file that is not. */
        return ts_db_result(self, code == SQLITE_ERROR ? SQLITE_CORRUPT : code, sql);
    }
    code = sqlite3_step(stmt);
    int64_t value = code == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    ts_err_t err = TS_ERR_OK;
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        err = ts_db_result(self, code, sql);
    } else {
        *ret_value = value;
    }
    (void)sqlite3_finalize(stmt);
    return err;
}

static int
wal_hook(void *context, sqlite3 *handle, const char *name, int pages)
{
    ts_db_t *self = context;
    (void)handle;
    (void)name;
    self->wal_pages = (uint32_t)pages;
    return SQLITE_OK;
}

/* Settings of a connection that do not touch the file. */
static ts_err_t
set_connection(ts_db_t *self, const ts_db_options_t *options)
{
    (void)sqlite3_extended_result_codes(self->handle, 1);
    (void)sqlite3_busy_timeout(self->handle, BUSY_TIMEOUT_MS);
    /* A file made by somebody else must not run functions or write into the schema table. */
    (void)sqlite3_db_config(self->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(self->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    /* Records refer to one another; a dangling row is a bug that must show at once. */
    (void)sqlite3_db_config(self->handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    (void)sqlite3_limit(self->handle, SQLITE_LIMIT_ATTACHED, 1); /* VACUUM INTO needs one */
    char text[64];
    /* Office PCs are old and this process is always there: a small cache is enough for appends. */
    uint32_t cache_kib = options->cache_kib != 0 ? options->cache_kib : CACHE_KIB_DEFAULT;
    (void)snprintf(text, sizeof text, "PRAGMA cache_size = -%u", (unsigned)cache_kib);
    return execute(self, text, "cache_size");
}

/* Settings that need a file known to be ours. Each line with its reason. */
static ts_err_t
set_pragmas(ts_db_t *self, const ts_db_options_t *options)
{
    const struct {
        bool wanted;
        const char *sql;
    } pragmas[] = {
        /* One flush per commit; readers do not stop the writer. */
        {!options->query_only, "PRAGMA journal_mode = WAL"},
        /* FULL: the WAL is flushed at each commit, so that an acknowledged segment survives a power
         * cut. NORMAL: only checkpoints flush; for what can be made again. */
        {options->synchronous_full, "PRAGMA synchronous = FULL"},
        {!options->synchronous_full, "PRAGMA synchronous = NORMAL"},
        /* No I/O error as a signal, and no stray pointer of ours into the file. */
        {true, "PRAGMA mmap_size = 0"},
        /* A damaged page is found when it is read, not when it is used. */
        {true, "PRAGMA cell_size_check = ON"},
        /* Sorting here is small; no temporary files on a full disk. */
        {true, "PRAGMA temp_store = MEMORY"},
        /* A WAL that a long reader let grow is cut again at the next checkpoint. */
        {!options->query_only, "PRAGMA journal_size_limit = 4194304"},
        /* Pages (4 KiB) after which a commit checkpoints; the reader never does. */
        {!options->query_only && !options->own_checkpoints, "PRAGMA wal_autocheckpoint = 1000"},
        {options->query_only || options->own_checkpoints, "PRAGMA wal_autocheckpoint = 0"},
        {options->query_only, "PRAGMA query_only = ON"},
    };
    for (size_t i = 0; i < sizeof pragmas / sizeof pragmas[0]; i++) {
        if (!pragmas[i].wanted) {
            continue;
        }
        ts_err_t err = execute(self, pragmas[i].sql, pragmas[i].sql);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    if (options->query_only) {
        (void)sqlite3_db_config(self->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    if (options->own_checkpoints) {
        (void)sqlite3_wal_hook(self->handle, wal_hook, self);
    }
    return TS_ERR_OK;
}

/* Runs the scripts from `version` on, each in a transaction with its new version number. */
static ts_err_t
bring_up(ts_db_t *self, const ts_db_options_t *options, size_t version)
{
    for (size_t i = version; i < options->script_count; i++) {
        char text[96];
        (void)snprintf(text, sizeof text, "PRAGMA application_id = %u; PRAGMA user_version = %zu",
                       (unsigned)options->application_id, i + 1);
        ts_err_t err = ts_db_begin(self, "schema");
        if (err == TS_ERR_OK) {
            err = execute(self, options->scripts[i], "schema");
        }
        if (err == TS_ERR_OK) {
            err = execute(self, text, "version");
        }
        err = err == TS_ERR_OK ? ts_db_commit(self) : err;
        if (err != TS_ERR_OK) {
            ts_db_rollback(self);
            return err;
        }
    }
    return TS_ERR_OK;
}

/* Is the file ours, and of which version? Fresh: nothing was ever written into it. */
static ts_err_t
examine(ts_db_t *self, const ts_db_options_t *options, size_t *ret_version)
{
    int64_t application = 0;
    int64_t version = 0;
    int64_t objects = 0;
    ts_err_t err = read_number(self, "PRAGMA application_id", &application);
    if (err == TS_ERR_OK) {
        err = read_number(self, "PRAGMA user_version", &version);
    }
    if (err == TS_ERR_OK) {
        err = read_number(self, "SELECT count(*) FROM sqlite_schema", &objects);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    self->fresh = application == 0 && version == 0 && objects == 0;
    if (self->fresh) {
        *ret_version = 0;
        if (options->create) {
            return TS_ERR_OK;
        }
        return ts_db_fail(self, TS_ERR_CORRUPT,
                          N_("database {1} is empty; its content was lost and it is not made anew"),
                          self->path, NULL);
    }
    if (application != (int64_t)options->application_id) {
        return ts_db_fail(self, TS_ERR_INVALID,
                          N_("file {1} belongs to another program or is another kind of store"),
                          self->path, NULL);
    }
    if (version < 1 || version > (int64_t)options->script_count) {
        char number[24];
        (void)snprintf(number, sizeof number, "%lld", (long long)version);
        return ts_db_fail(self, TS_ERR_UNKNOWN,
                          N_("database {1} has version {2}: a newer program wrote it"), self->path,
                          number);
    }
    *ret_version = (size_t)version;
    return TS_ERR_OK;
}

/* How many tables, indexes and views the scripts make: one a line. */
static size_t
count_made(const ts_db_options_t *options)
{
    size_t count = 0;
    for (size_t i = 0; i < options->script_count; i++) {
        const char *at = options->scripts[i];
        while (at != NULL) {
            count += strncmp(at, "CREATE ", 7) == 0 ? 1 : 0;
            at = strchr(at, '\n');
            at = at == NULL ? NULL : at + 1;
        }
    }
    return count;
}

/* Looked for behind the one before first: SQLite tells them in their order, but for copies. */
static bool
is_made(const ts_db_options_t *options, const char *sql, const char **behind)
{
    const char *found = sql == NULL ? NULL : strstr(*behind, sql);
    for (size_t i = 0; sql != NULL && found == NULL && i < options->script_count; i++) {
        found = strstr(options->scripts[i], sql);
    }
    if (found != NULL) {
        *behind = found + strlen(sql);
    }
    return found != NULL;
}

/* Does the file have the tables, indexes and views of the scripts, word by word? SQLite keeps their
 * text. */
static ts_err_t
compare_schema(ts_db_t *self, const ts_db_options_t *options)
{
    ts_stmt_t *stmt = NULL;
    const char *behind = "";
    size_t count = 0;
    bool same = true;
    bool row = false;
    ts_err_t err = ts_db_prepare(self, "schema",
                                 "SELECT sql FROM sqlite_schema WHERE substr(name, 1, 7) <> "
                                 "'sqlite_' ORDER BY rowid",
                                 &stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_db_step(self, stmt, &row);
    while (err == TS_ERR_OK && row && same) {
        same = is_made(options, ts_col_text(stmt, 0), &behind);
        count++;
        err = ts_db_step(self, stmt, &row);
    }
    ts_db_done(stmt);
    ts_db_unprepare(self, &stmt);
    self->as_made = same && count == count_made(options);
    return err;
}

/* The statements of the list. What is prepared at once shows a typo, or that a table or column is
 * gone; in a file that has our tables word by word neither can be. */
static ts_err_t
prepare_all(ts_db_t *self, const ts_db_options_t *options)
{
    self->listed = ts_xcalloc(options->statement_count + 1, sizeof(ts_stmt_t *));
    ts_err_t err = self->fresh ? TS_ERR_OK : compare_schema(self, options);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (self->as_made) {
        self->later = options->statements;
        self->listed_count = options->statement_count;
        return TS_ERR_OK;
    }
    for (size_t i = 0; i < options->statement_count; i++) {
        err = ts_db_prepare(self, options->statements[i].name, options->statements[i].text,
                            &self->listed[i]);
        if (err != TS_ERR_OK) {
            return err;
        }
        self->listed_count = i + 1;
    }
    return TS_ERR_OK;
}

static ts_err_t
prepare_transactions(ts_db_t *self)
{
    ts_err_t err = ts_db_prepare(self, "begin", "BEGIN IMMEDIATE", &self->begin);
    if (err == TS_ERR_OK) {
        err = ts_db_prepare(self, "commit", "COMMIT", &self->commit);
    }
    if (err == TS_ERR_OK) {
        err = ts_db_prepare(self, "rollback", "ROLLBACK", &self->rollback);
    }
    if (err == TS_ERR_OK) {
        err = ts_db_prepare(self, "refused", "SELECT ?99", &self->refused);
    }
    return err;
}

/* Opens the connection itself. */
static ts_err_t
connect(ts_db_t *self, const ts_db_options_t *options)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(options->vfs);
    TS_CHECK(vfs != NULL);
    int there = 1;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    /* The reader opens for writing too: it shares the WAL's index, and a commit hook plus
     * query_only hold it back. */
    flags |= options->create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
    int code = sqlite3_open_v2(options->path, &self->handle, flags, options->vfs);
    if (code == SQLITE_OK) {
        return TS_ERR_OK;
    }
    /* Asked only now: to the VFS an emptied file is an absent one, and that is not the same. */
    if ((code & 0xff) == SQLITE_CANTOPEN && !options->create &&
        vfs->xAccess(vfs, options->path, SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK && there == 0) {
        return ts_db_fail(self, TS_ERR_NOTFOUND, N_("database {1} is absent"), self->path, NULL);
    }
    return ts_db_result(self, code, "open");
}

static ts_err_t
open_steps(ts_db_t *self, const ts_db_options_t *options)
{
    size_t version = 0;
    ts_err_t err = connect(self, options);
    if (err == TS_ERR_OK) {
        err = set_connection(self, options);
    }
    if (err == TS_ERR_OK) {
        /* Before any pragma that writes: a foreign file must stay as it is. */
        err = examine(self, options, &version);
    }
    if (err == TS_ERR_OK) {
        err = set_pragmas(self, options);
    }
    if (err == TS_ERR_OK) {
        /* Not before the change to WAL, which commits by itself. */
        (void)sqlite3_commit_hook(self->handle, commit_hook, self);
        err = prepare_transactions(self);
    }
    if (err == TS_ERR_OK && !options->query_only) {
        err = bring_up(self, options, version);
    }
    if (err == TS_ERR_OK) {
        err = prepare_all(self, options);
    }
    return err;
}

ts_err_t
ts_db_open(ts_db_t **ret_self, const ts_db_options_t *options, ts_msg_t *detail)
{
    TS_CHECK(sqlite3_libversion_number() >= SQLITE_NUMBER_MIN);
    TS_CHECK(!(options->query_only && options->create));
    /* Statistics cost a lock with every allocation and nobody asks for them; refused once SQLite is
     * at work, which is fine. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    ts_db_t *self = ts_xcalloc(1, sizeof *self);
    self->path = ts_xstrdup(options->path);
    self->query_only = options->query_only;
    ts_err_t err = open_steps(self, options);
    if (err != TS_ERR_OK) {
        if (detail != NULL) {
            ts_msg_move(detail, &self->detail);
        }
        ts_db_destroy(&self);
        return err;
    }
    *ret_self = self;
    return TS_ERR_OK;
}

void
ts_db_destroy(ts_db_t **self_p)
{
    ts_db_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_db_rollback(self);
    for (size_t i = 0; i < self->composed_count; i++) {
        (void)sqlite3_finalize(self->composed[i]);
    }
    TS_CHECK(sqlite3_close(self->handle) == SQLITE_OK);
    free(self->composed);
    free(self->listed);
    free(self->path);
    ts_msg_free(&self->detail);
    free(self);
    *self_p = NULL;
}

const ts_msg_t *
ts_db_detail(const ts_db_t *self)
{
    return &self->detail;
}

void
ts_db_take_detail(ts_db_t *self, ts_msg_t *to)
{
    ts_msg_move(to, &self->detail);
}

bool
ts_db_as_made(const ts_db_t *self)
{
    return self->as_made;
}

ts_err_t
ts_db_failed(const ts_db_t *self)
{
    return self->failed;
}

uint64_t
ts_db_inode(const ts_db_t *self)
{
    struct stat facts;
    return stat(self->path, &facts) == 0 ? (uint64_t)facts.st_ino : 0;
}

struct sqlite3 *
ts_db_handle(ts_db_t *self)
{
    return self->handle;
}

ts_err_t
ts_db_begin(ts_db_t *self, const char *why)
{
    TS_CHECK(why != NULL);
    TS_CHECK(self->why == NULL);
    TS_CHECK(!self->query_only);
    ts_err_t err = ts_db_run(self, ts_db_use(self->begin));
    if (err == TS_ERR_OK) {
        self->why = why;
        self->spoiled = TS_ERR_OK;
    }
    return err;
}

ts_err_t
ts_db_commit(ts_db_t *self)
{
    TS_CHECK(self->why != NULL);
    /* FULL and some others make SQLite roll back by itself in the middle of a batch: a commit now
     * would promise what is not there. */
    if (self->spoiled != TS_ERR_OK) {
        ts_err_t spoiled = self->spoiled;
        ts_db_rollback(self);
        return spoiled;
    }
    TS_CHECK(sqlite3_get_autocommit(self->handle) == 0);
    self->committing = true;
    ts_err_t err = ts_db_run(self, ts_db_use(self->commit));
    self->committing = false;
    if (err != TS_ERR_OK) {
        ts_db_rollback(self);
        return err;
    }
    self->why = NULL;
    return TS_ERR_OK;
}

void
ts_db_rollback(ts_db_t *self)
{
    if (self->handle == NULL || self->why == NULL) {
        return;
    }
    self->why = NULL;
    if (sqlite3_get_autocommit(self->handle) != 0) {
        return;
    }
    for (sqlite3_stmt *stmt = sqlite3_next_stmt(self->handle, NULL); stmt != NULL;
         stmt = sqlite3_next_stmt(self->handle, stmt)) {
        (void)sqlite3_reset(stmt);
    }
    /* Straight to SQLite: a failed database refuses every other statement. */
    (void)sqlite3_step(self->rollback);
    (void)sqlite3_reset(self->rollback);
}

bool
ts_db_in_transaction(const ts_db_t *self)
{
    return self->why != NULL;
}

ts_err_t
ts_db_bytes(ts_db_t *self, uint64_t *ret_bytes)
{
    int64_t pages = 0;
    int64_t page = 0;
    ts_err_t err = read_number(self, "PRAGMA page_count", &pages);
    if (err == TS_ERR_OK) {
        err = read_number(self, "PRAGMA page_size", &page);
    }
    if (err == TS_ERR_OK) {
        *ret_bytes = (uint64_t)pages * (uint64_t)page;
    }
    return err;
}

ts_err_t
ts_db_quick_check(ts_db_t *self)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(self->handle, "PRAGMA quick_check(1)", -1, &stmt, NULL);
    if (code != SQLITE_OK) {
        return ts_db_result(self, code == SQLITE_ERROR ? SQLITE_CORRUPT : code, "quick_check");
    }
    ts_err_t err = TS_ERR_OK;
    code = sqlite3_step(stmt);
    if (code != SQLITE_ROW) {
        err = ts_db_result(self, code == SQLITE_DONE ? SQLITE_CORRUPT : code, "quick_check");
    } else {
        const char *finding = (const char *)sqlite3_column_text(stmt, 0);
        if (strcmp(finding, "ok") != 0) {
            err = ts_db_fail(self, TS_ERR_CORRUPT, N_("database {1} is damaged: {2}"), self->path,
                             finding);
        }
    }
    (void)sqlite3_finalize(stmt);
    return err;
}

ts_err_t
ts_db_indexed(ts_db_t *self, const char *table, bool *ret_right)
{
    char sql[80];
    sqlite3_stmt *stmt = NULL;
    int length = snprintf(sql, sizeof sql, "PRAGMA integrity_check(%s)", table);
    TS_CHECK(length > 0 && (size_t)length < sizeof sql);
    int code = sqlite3_prepare_v2(self->handle, sql, -1, &stmt, NULL);
    code = code == SQLITE_OK ? sqlite3_step(stmt) : code;
    ts_err_t err = TS_ERR_OK;
    if (code == SQLITE_ROW) {
        *ret_right = strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
    } else {
        err = ts_db_result(
            self, code == SQLITE_DONE || code == SQLITE_ERROR ? SQLITE_CORRUPT : code, sql);
    }
    (void)sqlite3_finalize(stmt);
    return err;
}

ts_err_t
ts_db_backup(ts_db_t *self, const char *path)
{
    struct stat facts;
    TS_CHECK(self->why == NULL);
    if (self->failed != TS_ERR_OK) {
        return self->failed;
    }
    if (stat(path, &facts) == 0) {
        return ts_db_fail(self, TS_ERR_EXISTS, N_("file {1} exists already"), path, NULL);
    }
    ts_stmt_t *stmt = NULL;
    int code = sqlite3_prepare_v2(self->handle, "VACUUM INTO ?1", -1, &stmt, NULL);
    TS_CHECK(code == SQLITE_OK);
    ts_bind_text(stmt, 1, path);
    self->committing = true;
    ts_err_t err = ts_db_run(self, stmt);
    self->committing = false;
    (void)sqlite3_finalize(stmt);
    return err;
}

void
ts_db_trim(ts_db_t *self)
{
    (void)sqlite3_db_release_memory(self->handle);
}

uint64_t
ts_db_written_pages(const ts_db_t *self)
{
    int pages = 0;
    int highest = 0;
    int code = sqlite3_db_status(self->handle, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &highest, 0);
    TS_CHECK(code == SQLITE_OK);
    return (uint64_t)(unsigned)pages;
}

uint32_t
ts_db_wal_pages(const ts_db_t *self)
{
    return self->wal_pages;
}

ts_err_t
ts_db_checkpoint_some(ts_db_t *self)
{
    if (self->failed != TS_ERR_OK) {
        return self->failed;
    }
    self->wal_pages = 0;
    int code = sqlite3_wal_checkpoint_v2(self->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    /* Somebody else is at it: next time. */
    return code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY
               ? TS_ERR_OK
               : ts_db_result(self, code, "checkpoint");
}

ts_err_t
ts_db_checkpoint(ts_db_t *self)
{
    if (self->failed != TS_ERR_OK) {
        return self->failed;
    }
    int code =
        sqlite3_wal_checkpoint_v2(self->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return code == SQLITE_OK ? TS_ERR_OK : ts_db_result(self, code, "checkpoint");
}
