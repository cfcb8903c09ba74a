/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One SQLite database: opening, pragmas, schema, transactions, prepared statements, errors. Used by
 * common/store only: nobody outside the layer sees this header or sqlite3.h. Not for queries
 * composed from strings (only kinds.c composes, from descriptor names).
 *
 * Rules: one writing connection per file and process (it also checkpoints); every write stands
 * between ts_db_begin and ts_db_commit, a commit hook checks it; a database that does not open is
 * never deleted and never made again; after an IO or CORRUPT error the object refuses
 * everything, because a COMMIT must not be tried again: close, open anew, verify. Statements
 * with fixed text stand in an X-macro list (name, SQL) and are prepared once: at open, so that a
 * typo or a lost column fails at start; in a file whose tables are those of the scripts word by
 * word, where neither can be, when they are needed. Source: ARCHITECTURE.md.
 */
#ifndef TS_STORE_DB_H
#define TS_STORE_DB_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;

typedef struct ts_db ts_db_t;
/* A prepared statement, owned by its database. */
typedef struct sqlite3_stmt ts_stmt_t;

/* One entry of a statement list. */
typedef struct ts_db_sql {
    const char *name; /* for messages */
    const char *text;
} ts_db_sql_t;

typedef struct ts_db_options {
    const char *path;
    const char *vfs;               /* NULL: the system's */
    uint32_t application_id;       /* four letters that name the kind of file */
    const char *const *scripts;    /* script i brings the schema from version i to i + 1; run in one
                                      transaction each */
    size_t script_count;           /* the version that this program writes (user_version) */
    const ts_db_sql_t *statements; /* outlives the object; may be NULL */
    size_t statement_count;
    bool create;           /* make the file when it is absent; otherwise absent is NOTFOUND */
    bool synchronous_full; /* FULL: each commit is flushed, needed where an acknowledgement is
                              promised. Else NORMAL. */
    bool query_only;       /* a second, reading connection: no script, no write, no checkpoint */
    bool own_checkpoints;  /* commits never checkpoint; the caller does (ts_db_checkpoint_some) */
    uint32_t cache_kib;    /* page cache; 0 = 512 */
} ts_db_options_t;

/*
 * Opens, checks application id and version, brings an older schema up to date, prepares the
 * statements. Errors, with *detail told (detail may be NULL): NOTFOUND absent and not to be
 * created; INVALID file of another program; UNKNOWN written by a newer version; CORRUPT not a
 * database, damaged or empty though not to be created; BUSY; FULL; IO.
 */
TS_MUST_USE ts_err_t ts_db_open(ts_db_t **ret_self,
                                const ts_db_options_t *options,
                                ts_msg_t *detail);
/* Rolls back what is open and closes; takes NULL. */
void ts_db_destroy(ts_db_t **self_p);
/* The last error as a sentence; valid until the next failing call. */
const ts_msg_t *ts_db_detail(const ts_db_t *self);
/* Moves that sentence into *to, for somebody who is about to destroy the object. */
void ts_db_take_detail(ts_db_t *self, ts_msg_t *to);
/* OK, or the IO or CORRUPT error after which this object refuses everything (a query_only one never
 * does). */
ts_err_t ts_db_failed(const ts_db_t *self);
/* Inode of the database file: differs after a restore by copying (witness); 0 when the VFS has no
 * real files. */
uint64_t ts_db_inode(const ts_db_t *self);
struct sqlite3 *ts_db_handle(ts_db_t *self);

/* One level. `why` is kept for messages and must be a literal. Write lock is taken at once (BEGIN
 * IMMEDIATE). */
TS_MUST_USE ts_err_t ts_db_begin(ts_db_t *self, const char *why);
/* After an error nothing of the transaction is there and it is over. A transaction in which a
 * statement failed (other than by a constraint) is rolled back and gives that error. */
TS_MUST_USE ts_err_t ts_db_commit(ts_db_t *self);
/* Never fails; harmless when no transaction is open. */
void ts_db_rollback(ts_db_t *self);
bool ts_db_in_transaction(const ts_db_t *self);

/* Was the file there, with the tables of the scripts word by word? Then none of them can be gone,
 * and statements that fit the scripts can be prepared when they are needed. */
bool ts_db_as_made(const ts_db_t *self);

/* Prepares one more statement for the life of the database (composed from descriptor names by
 * kinds.c). What SQLite does not accept is a bug of ours and aborts when this opening made the
 * file; in an older file a table or column is gone: CORRUPT. */
TS_MUST_USE ts_err_t ts_db_prepare(ts_db_t *self,
                                   const char *name,
                                   const char *sql,
                                   ts_stmt_t **ret_stmt);

/* The statement in *stmt_p, prepared now when it is NULL, ready to be bound: for files of which it
 * is known that they were made with these tables, and of which an office needs few statements. What
 * SQLite does not accept is CORRUPT from then on: any parameter can be bound and ts_db_step gives
 * the error. */
ts_stmt_t *ts_db_later(ts_db_t *self, const char *name, const char *sql, ts_stmt_t **stmt_p);

/* Ends a statement of ts_db_prepare before the database goes; takes one that is NULL. */
void ts_db_unprepare(ts_db_t *self, ts_stmt_t **stmt_p);

/* Statement `index` of the list, reset and with all parameters NULL. It must not be in use. */
ts_stmt_t *ts_db_stmt(ts_db_t *self, size_t index);
/* The same for one that ts_db_prepare gave. */
ts_stmt_t *ts_db_use(ts_stmt_t *stmt);
/* Parameters from 1. Bytes and text are borrowed until the statement is done. A wrong index is our
 * bug and aborts. */
void ts_bind_int(ts_stmt_t *stmt, int parameter, int64_t value);
void ts_bind_text(ts_stmt_t *stmt, int parameter, const char *text);
void ts_bind_bytes(ts_stmt_t *stmt,
                   int parameter,
                   const void *data,
                   size_t bytes); /* empty is x'', not NULL */
void ts_bind_hash(ts_stmt_t *stmt, int parameter, const ts_hash_t *hash);
void ts_bind_id16(ts_stmt_t *stmt, int parameter, const ts_id16_t *id);

/* Steps: *ret_row tells whether a row stands there. After the last row, or an error, the statement
 * is reset. */
TS_MUST_USE ts_err_t ts_db_step(ts_db_t *self, ts_stmt_t *stmt, bool *ret_row);
/* Runs a statement that gives no rows. */
TS_MUST_USE ts_err_t ts_db_run(ts_db_t *self, ts_stmt_t *stmt);
/* Runs a statement for its first row; NOTFOUND when there is none. The caller reads the columns and
 * then calls ts_db_done. */
TS_MUST_USE ts_err_t ts_db_first(ts_db_t *self, ts_stmt_t *stmt);
/* Ends a statement before its last row; harmless when it has ended. */
void ts_db_done(ts_stmt_t *stmt);
/* Rows that the last run statement changed. */
uint64_t ts_db_changes(ts_db_t *self);
/* Key of the row that was inserted last. */
int64_t ts_db_last_rowid(ts_db_t *self);
/* First column of the first row as a number (0 when NULL); NOTFOUND without row. */
TS_MUST_USE ts_err_t ts_db_number(ts_db_t *self, ts_stmt_t *stmt, int64_t *ret_value);

/* Columns from 0, of the row that stands there. */
int64_t ts_col_int(ts_stmt_t *stmt, int column);
bool ts_col_is_null(ts_stmt_t *stmt, int column);
/* Borrowed until the next step: copy. NULL column gives NULL / length 0. */
const char *ts_col_text(ts_stmt_t *stmt, int column);
ts_bytes_t ts_col_bytes(ts_stmt_t *stmt, int column);
/* CORRUPT when the column does not hold exactly so many bytes. */
TS_MUST_USE ts_err_t ts_col_hash(ts_db_t *self, ts_stmt_t *stmt, int column, ts_hash_t *ret_hash);
TS_MUST_USE ts_err_t ts_col_id16(ts_db_t *self, ts_stmt_t *stmt, int column, ts_id16_t *ret_id);

/* Notes an error that the caller found in stored rows (CORRUPT) with its sentence, and returns it.
 * `text` is a msgid; up to two arguments, NULL when unused. */
ts_err_t
ts_db_fail(ts_db_t *self, ts_err_t err, const char *text, const char *first, const char *second);

/* Size of the database file, what stands in the WAL included. */
TS_MUST_USE ts_err_t ts_db_bytes(ts_db_t *self, uint64_t *ret_bytes);
/* PRAGMA quick_check: OK, or CORRUPT with the first finding in the detail. Reads the whole file. */
TS_MUST_USE ts_err_t ts_db_quick_check(ts_db_t *self);
/* PRAGMA integrity_check of one table: do its rows and its indexes tell the same? */
TS_MUST_USE ts_err_t ts_db_indexed(ts_db_t *self, const char *table, bool *ret_right);
/* A consistent copy into a new file (VACUUM INTO; never copy the file itself). EXISTS when
 * `path` is there. */
TS_MUST_USE ts_err_t ts_db_backup(ts_db_t *self, const char *path);
/* The same in steps, beside the work of the office: begin, step until done, end. What this
 * connection commits meanwhile is in the copy too, which shows the database as it is when the last
 * step is done. No flush: whoever wants the copy to last flushes it. EXISTS; FULL and AGAIN when
 * the copy cannot be written, the database itself is not affected. A step stands in no transaction
 * and takes up to `pages` pages (4 KiB). */
typedef struct ts_db_copy ts_db_copy_t;
TS_MUST_USE ts_err_t ts_db_copy_begin(ts_db_t *self, const char *path, ts_db_copy_t **ret_copy);
TS_MUST_USE ts_err_t ts_db_copy_step(ts_db_copy_t *self, unsigned pages, bool *ret_done);
void ts_db_copy_progress(const ts_db_copy_t *self, uint64_t *ret_pages, uint64_t *ret_total);
/* Before its database goes. An unfinished copy stays as a file that is no database yet. Takes NULL.
 */
void ts_db_copy_end(ts_db_copy_t **self_p);
/* Gives back the memory of cached pages; they are read again when needed. */
void ts_db_trim(ts_db_t *self);
/* Pages written since the database was opened: by commits, and ahead of them when the page cache is
 * full. */
uint64_t ts_db_written_pages(const ts_db_t *self);
/* Pages that stood in the WAL after the last commit. */
uint32_t ts_db_wal_pages(const ts_db_t *self);
/* Moves of the WAL what no reader needs any more; the file keeps its size. */
TS_MUST_USE ts_err_t ts_db_checkpoint_some(ts_db_t *self);
/* Moves the WAL into the database and shortens it; BUSY when a reader holds it. */
TS_MUST_USE ts_err_t ts_db_checkpoint(ts_db_t *self);

#endif
