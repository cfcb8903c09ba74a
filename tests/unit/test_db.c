/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a database opens only when it is ours and whole, is never made anew, and a transaction is
 * there wholly or not at all. Method: real files in a folder of the test, the failing VFS for
 * faults.
 */
#include "base/xalloc.h"
#include "store/db.h"
#include "support/faultvfs.h"
#include "support/tempdir.h"
#include "support/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION 0x54537465u

static const char *const scripts[] = {
    "CREATE TABLE thing (id INTEGER PRIMARY KEY, value BLOB NOT NULL UNIQUE) STRICT;",
    "CREATE TABLE part (thing INTEGER NOT NULL REFERENCES thing (id)) STRICT;",
    "CREATE TABLE third (id INTEGER PRIMARY KEY) STRICT;",
};
enum { THING_ADD, THING_COUNT, PART_ADD };
static const ts_db_sql_t statements[] = {
    {"THING_ADD", "INSERT INTO thing (id, value) VALUES (?1, ?2)"},
    {"THING_COUNT", "SELECT count(*) FROM thing"},
    {"PART_ADD", "INSERT INTO part (thing) VALUES (?1)"},
};

/* Folder, path and options of one test. */
typedef struct ts_world {
    char *folder;
    char *path;
    ts_db_options_t options;
    ts_msg_t detail;
} ts_world_t;

static int
setup(void **state)
{
    ts_world_t *world = ts_xcalloc(1, sizeof *world);
    world->folder = ts_tempdir_make();
    world->path = ts_tempdir_path(world->folder, "a.sqlite");
    world->options = (ts_db_options_t){
        .path = world->path,
        .application_id = APPLICATION,
        .scripts = scripts,
        .script_count = 2,
        .statements = statements,
        .statement_count = 3,
        .create = true,
        .synchronous_full = true,
    };
    *state = world;
    return 0;
}

static int
teardown(void **state)
{
    ts_world_t *world = *state;
    ts_tempdir_remove(&world->folder);
    ts_msg_free(&world->detail);
    free(world->path);
    free(world);
    return 0;
}

static ts_err_t
open_db(ts_world_t *world, ts_db_t **db)
{
    return ts_db_open(db, &world->options, &world->detail);
}

static ts_err_t
add(ts_db_t *db, int64_t id, const char *value)
{
    ts_stmt_t *stmt = ts_db_stmt(db, THING_ADD);
    ts_bind_int(stmt, 1, id);
    ts_bind_bytes(stmt, 2, value, strlen(value));
    return ts_db_run(db, stmt);
}

static int64_t
count(ts_db_t *db)
{
    int64_t value = -1;
    assert_int_equal(ts_db_number(db, ts_db_stmt(db, THING_COUNT), &value), TS_ERR_OK);
    return value;
}

static void
add_committed(ts_db_t *db, int64_t id, const char *value)
{
    assert_int_equal(ts_db_begin(db, "test"), TS_ERR_OK);
    assert_int_equal(add(db, id, value), TS_ERR_OK);
    assert_int_equal(ts_db_commit(db), TS_ERR_OK);
}

static int64_t
pragma(ts_db_t *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(ts_db_handle(db), sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return value;
}

static void
write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static off_t
size_of(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 ? facts.st_size : -1;
}

/* ---- opening ---- */

static void
test_db_fresh_file_gets_schema_and_settings(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    assert_int_equal(pragma(db, "PRAGMA application_id"), APPLICATION);
    assert_int_equal(pragma(db, "PRAGMA user_version"), 2);
    assert_int_equal(pragma(db, "PRAGMA synchronous"), 2);
    assert_int_equal(pragma(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(pragma(db, "PRAGMA trusted_schema"), 0);
    assert_int_equal(pragma(db, "PRAGMA mmap_size"), 0);
    assert_int_equal(pragma(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    assert_true(ts_db_inode(db) != 0);
    ts_db_destroy(&db);
    assert_null(db);
    ts_db_destroy(&db);
}

static void
test_db_absent_not_to_be_made_is_notfound(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    world->options.create = false;
    assert_int_equal(open_db(world, &db), TS_ERR_NOTFOUND);
    assert_null(db);
    assert_non_null(world->detail.id);
    assert_int_equal(size_of(world->path), -1);
}

static void
test_db_emptied_file_is_corrupt_and_stays(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    write_file(world->path, "");
    world->options.create = false;
    assert_int_equal(open_db(world, &db), TS_ERR_CORRUPT);
    assert_int_equal(size_of(world->path), 0);
}

static void
test_db_existing_keeps_its_rows(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    add_committed(db, 1, "a");
    ts_db_destroy(&db);
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    assert_int_equal(count(db), 1);
    ts_db_destroy(&db);
}

static void
test_db_older_version_is_brought_up(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    add_committed(db, 1, "a");
    ts_db_destroy(&db);
    world->options.script_count = 3;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    assert_int_equal(pragma(db, "PRAGMA user_version"), 3);
    assert_int_equal(pragma(db, "SELECT count(*) FROM third"), 0);
    assert_int_equal(count(db), 1);
    ts_db_destroy(&db);
}

static void
test_db_newer_version_is_refused_untouched(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    world->options.script_count = 3;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    ts_db_destroy(&db);
    world->options.script_count = 2;
    assert_int_equal(open_db(world, &db), TS_ERR_UNKNOWN);
    world->options.script_count = 3;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    assert_int_equal(pragma(db, "PRAGMA user_version"), 3);
    ts_db_destroy(&db);
}

static void
test_db_not_a_database_is_corrupt_and_stays(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    write_file(world->path, text);
    assert_int_equal(open_db(world, &db), TS_ERR_CORRUPT);
    assert_int_equal(size_of(world->path), (off_t)(sizeof text - 1));
}

static void
test_db_of_another_program_is_invalid_and_untouched(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(world->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "CREATE TABLE x (y)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(open_db(world, &db), TS_ERR_INVALID);
    assert_int_equal(sqlite3_open(world->path, &other), SQLITE_OK);
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(other, "PRAGMA journal_mode", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "delete");
    (void)sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

static void
test_db_wrong_application_id_is_invalid(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    ts_db_destroy(&db);
    world->options.application_id = APPLICATION + 1;
    assert_int_equal(open_db(world, &db), TS_ERR_INVALID);
}

static void
test_db_with_a_table_gone_is_corrupt(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    sqlite3 *other = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    ts_db_destroy(&db);
    assert_int_equal(sqlite3_open(world->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "DROP TABLE part", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(open_db(world, &db), TS_ERR_CORRUPT);
    assert_null(db);
}

static void
test_db_with_a_column_renamed_is_corrupt(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    sqlite3 *other = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    ts_db_destroy(&db);
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    ts_db_destroy(&db);
    assert_int_equal(sqlite3_open(world->path, &other), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(other, "ALTER TABLE thing RENAME COLUMN value TO worth", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(open_db(world, &db), TS_ERR_CORRUPT);
    assert_null(db);
}

/* A table more is no harm, but then nothing is taken for granted. */
static void
test_db_with_a_table_more_works(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    sqlite3 *other = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    add_committed(db, 1, "a");
    ts_db_destroy(&db);
    assert_int_equal(sqlite3_open(world->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "CREATE TABLE more (a)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    assert_int_equal(count(db), 1);
    ts_db_destroy(&db);
}

static void
test_db_statement_of_later_whose_table_is_gone_is_corrupt(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    ts_stmt_t *known = NULL;
    ts_stmt_t *gone = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    ts_db_destroy(&db);
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    ts_stmt_t *stmt = ts_db_later(db, "known", "SELECT count(*) FROM part", &known);
    assert_ptr_equal(stmt, known);
    int64_t number = 0;
    assert_int_equal(ts_db_number(db, stmt, &number), TS_ERR_OK);
    assert_ptr_equal(ts_db_later(db, "known", "SELECT count(*) FROM part", &known), stmt);
    stmt = ts_db_later(db, "gone", "SELECT 1 FROM absent WHERE id = ?3", &gone);
    ts_bind_int(stmt, 3, 7);
    assert_int_equal(ts_db_first(db, stmt), TS_ERR_CORRUPT);
    assert_null(gone);
    assert_int_equal(ts_db_failed(db), TS_ERR_CORRUPT);
    assert_non_null(ts_db_detail(db)->id);
    assert_int_equal(ts_db_begin(db, "test"), TS_ERR_CORRUPT);
    ts_db_destroy(&db);
}

/* ---- transactions ---- */

static void
test_db_rollback_leaves_nothing(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    assert_int_equal(ts_db_begin(db, "test"), TS_ERR_OK);
    assert_true(ts_db_in_transaction(db));
    assert_int_equal(add(db, 1, "a"), TS_ERR_OK);
    ts_db_rollback(db);
    assert_false(ts_db_in_transaction(db));
    ts_db_rollback(db);
    assert_int_equal(count(db), 0);
    ts_db_destroy(&db);
}

static void
test_db_destroy_in_transaction_leaves_nothing(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    assert_int_equal(ts_db_begin(db, "test"), TS_ERR_OK);
    assert_int_equal(add(db, 1, "a"), TS_ERR_OK);
    ts_db_destroy(&db);
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    assert_int_equal(count(db), 0);
    ts_db_destroy(&db);
}

static void
test_db_broken_constraint_is_conflict_and_the_rest_commits(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    assert_int_equal(ts_db_begin(db, "test"), TS_ERR_OK);
    assert_int_equal(add(db, 1, "a"), TS_ERR_OK);
    assert_int_equal(add(db, 2, "a"), TS_ERR_CONFLICT);
    ts_stmt_t *stmt = ts_db_stmt(db, PART_ADD);
    ts_bind_int(stmt, 1, 77);
    assert_int_equal(ts_db_run(db, stmt), TS_ERR_CONFLICT);
    assert_int_equal(ts_db_commit(db), TS_ERR_OK);
    assert_int_equal(count(db), 1);
    ts_db_destroy(&db);
}

static void
test_db_second_writer_is_busy(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    ts_db_t *other = NULL;
    ts_faultvfs_t *vfs = ts_faultvfs_new("fault-db"); /* its waiting takes no time */
    world->options.vfs = "fault-db";
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    assert_int_equal(open_db(world, &other), TS_ERR_OK);
    assert_int_equal(ts_db_begin(db, "test"), TS_ERR_OK);
    assert_int_equal(ts_db_begin(other, "test"), TS_ERR_BUSY);
    ts_db_rollback(db);
    assert_int_equal(ts_db_begin(other, "test"), TS_ERR_OK);
    ts_db_rollback(other);
    ts_db_destroy(&db);
    ts_db_destroy(&other);
    ts_faultvfs_destroy(&vfs);
}

static void
test_db_reader_sees_commits_and_cannot_write(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    ts_db_t *reader = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    world->options.create = false;
    world->options.query_only = true;
    assert_int_equal(open_db(world, &reader), TS_ERR_OK);
    add_committed(db, 1, "a");
    assert_int_equal(count(reader), 1);
    assert_int_not_equal(add(reader, 2, "b"), TS_ERR_OK);
    assert_int_equal(ts_db_failed(reader), TS_ERR_OK);
    assert_int_equal(count(reader), 1);
    ts_db_destroy(&reader);
    ts_db_destroy(&db);
}

static void
test_db_wrong_length_is_corrupt_and_stops_everything(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    ts_stmt_t *stmt = NULL;
    ts_hash_t hash;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    add_committed(db, 1, "short");
    assert_int_equal(ts_db_prepare(db, "value", "SELECT value FROM thing", &stmt), TS_ERR_OK);
    assert_int_equal(ts_db_first(db, ts_db_use(stmt)), TS_ERR_OK);
    assert_int_equal(ts_col_hash(db, stmt, 0, &hash), TS_ERR_CORRUPT);
    ts_db_done(stmt);
    assert_int_equal(ts_db_failed(db), TS_ERR_CORRUPT);
    assert_int_equal(ts_db_begin(db, "test"), TS_ERR_CORRUPT);
    ts_db_destroy(&db);
}

static void
test_db_backup_is_whole_and_never_overwrites(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    add_committed(db, 1, "a");
    char *copy = ts_tempdir_path(world->folder, "copy.sqlite");
    assert_int_equal(ts_db_backup(db, copy), TS_ERR_OK);
    assert_int_equal(ts_db_backup(db, copy), TS_ERR_EXISTS);
    add_committed(db, 2, "b");
    ts_db_destroy(&db);
    world->options.path = copy;
    world->options.create = false;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    assert_int_equal(count(db), 1);
    ts_db_destroy(&db);
    free(copy);
}

static void
test_db_damaged_page_is_found_by_quick_check(void **state)
{
    ts_world_t *world = *state;
    ts_db_t *db = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    char value[1200];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    for (int i = 1; i <= 40; i++) {
        (void)snprintf(value, sizeof value, "%08d", i);
        value[8] = 'v';
        add_committed(db, i, value);
    }
    assert_int_equal(ts_db_quick_check(db), TS_ERR_OK);
    assert_int_equal(ts_db_checkpoint(db), TS_ERR_OK);
    ts_db_destroy(&db);
    FILE *file = fopen(world->path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 4096 * 5, SEEK_SET), 0);
    char noise[200];
    memset(noise, 0x5a, sizeof noise);
    assert_int_equal(fwrite(noise, 1, sizeof noise, file), sizeof noise);
    assert_int_equal(fclose(file), 0);
    ts_err_t err = open_db(world, &db);
    if (err == TS_ERR_OK) {
        assert_int_equal(ts_db_quick_check(db), TS_ERR_CORRUPT);
        assert_non_null(ts_db_detail(db)->id);
        assert_int_equal(ts_db_begin(db, "test"), TS_ERR_CORRUPT);
        ts_db_destroy(&db);
    } else {
        assert_int_equal(err, TS_ERR_CORRUPT);
    }
}

/* ---- faults ---- */

/* Adds pairs of rows, a pair in a commit, until something fails; returns how many pairs are
 * committed for certain. */
static int64_t
work(ts_db_t *db, ts_err_t *ret_err)
{
    char value[3000];
    memset(value, 'w', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    for (int64_t i = 1; i <= 3; i++) {
        ts_err_t err = ts_db_begin(db, "work");
        for (int64_t id = 2 * i; id <= 2 * i + 1 && err == TS_ERR_OK; id++) {
            value[0] = (char)('a' + id);
            err = add(db, id, value);
        }
        err = err == TS_ERR_OK ? ts_db_commit(db) : err;
        ts_db_rollback(db);
        if (err != TS_ERR_OK) {
            *ret_err = err;
            return i - 1;
        }
    }
    *ret_err = TS_ERR_OK;
    return 3;
}

/* For every call k that changes a file, also those of closing: fail there, or die there. What was
 * committed is there afterwards, a pair wholly or not at all. */
static void
fail_everywhere(ts_world_t *world, ts_fault_kind_t kind, ts_power_cut_t cut)
{
    ts_faultvfs_t *vfs = ts_faultvfs_new("fault-db");
    world->options.vfs = "fault-db";
    bool fired = true;
    uint64_t k = 0;
    while (fired) {
        k++;
        ts_db_t *db = NULL;
        ts_err_t err = TS_ERR_OK;
        (void)unlink(world->path);
        assert_int_equal(open_db(world, &db), TS_ERR_OK);
        ts_fault_t fault = {.kind = kind, .on = TS_FAULT_ON_CHANGE, .at = k};
        ts_faultvfs_arm(vfs, &fault);
        int64_t done = work(db, &err);
        bool failed = ts_faultvfs_fired(vfs);
        ts_db_destroy(&db);
        fired = ts_faultvfs_fired(vfs);
        assert_true(failed || err == TS_ERR_OK);
        ts_faultvfs_power_cut(vfs, cut, k);
        world->options.create = false;
        assert_int_equal(open_db(world, &db), TS_ERR_OK);
        world->options.create = true;
        assert_int_equal(ts_db_quick_check(db), TS_ERR_OK);
        assert_int_equal(count(db) % 2, 0);
        assert_true(count(db) >= 2 * done);
        assert_true(count(db) <= 2 * (done + 1));
        ts_db_destroy(&db);
    }
    assert_true(k > 20);
    ts_faultvfs_destroy(&vfs);
}

static void
test_db_write_error_anywhere_loses_no_commit(void **state)
{
    fail_everywhere(*state, TS_FAULT_IOERR, TS_CUT_ALL);
}

static void
test_db_disk_full_anywhere_loses_no_commit(void **state)
{
    fail_everywhere(*state, TS_FAULT_FULL, TS_CUT_ALL);
}

static void
test_db_kill_anywhere_loses_no_commit(void **state)
{
    fail_everywhere(*state, TS_FAULT_CRASH, TS_CUT_ALL);
}

static void
test_db_power_cut_anywhere_loses_no_commit(void **state)
{
    fail_everywhere(*state, TS_FAULT_CRASH, TS_CUT_NOTHING);
}

static void
test_db_torn_power_cut_anywhere_loses_no_commit(void **state)
{
    fail_everywhere(*state, TS_FAULT_CRASH, TS_CUT_SOME);
}

static void
test_db_lying_flush_loses_commits_in_this_test(void **state)
{
    /* Shows that the power cut is real: with a disk that lies, a commit is lost. */
    ts_world_t *world = *state;
    ts_faultvfs_t *vfs = ts_faultvfs_new("fault-db");
    world->options.vfs = "fault-db";
    ts_db_t *db = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    ts_fault_t lies = {
        .kind = TS_FAULT_SYNC_LIES, .on = TS_FAULT_ON_SYNC, .at = 1, .lasting = true};
    ts_faultvfs_arm(vfs, &lies);
    add_committed(db, 1, "a");
    ts_fault_t crash = {.kind = TS_FAULT_CRASH, .on = TS_FAULT_ON_CHANGE, .at = 1, .lasting = true};
    ts_faultvfs_arm(vfs, &crash);
    ts_db_destroy(&db);
    ts_faultvfs_power_cut(vfs, TS_CUT_NOTHING, 1);
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    assert_int_equal(count(db), 0);
    ts_db_destroy(&db);
    ts_faultvfs_destroy(&vfs);
}

static void
test_db_after_io_error_everything_is_refused(void **state)
{
    ts_world_t *world = *state;
    ts_faultvfs_t *vfs = ts_faultvfs_new("fault-db");
    world->options.vfs = "fault-db";
    ts_db_t *db = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    ts_fault_t fault = {.kind = TS_FAULT_IOERR, .on = TS_FAULT_ON_SYNC, .at = 1};
    ts_faultvfs_arm(vfs, &fault);
    assert_int_equal(ts_db_begin(db, "test"), TS_ERR_OK);
    assert_int_equal(add(db, 1, "a"), TS_ERR_OK);
    assert_int_equal(ts_db_commit(db), TS_ERR_IO);
    assert_true(ts_faultvfs_fired(vfs));
    assert_int_equal(ts_db_failed(db), TS_ERR_IO);
    assert_int_equal(ts_db_begin(db, "test"), TS_ERR_IO);
    ts_db_destroy(&db);
    ts_faultvfs_power_cut(vfs, TS_CUT_ALL, 1);
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    ts_db_destroy(&db);
    ts_faultvfs_destroy(&vfs);
}

static void
test_db_after_full_disk_it_goes_on(void **state)
{
    ts_world_t *world = *state;
    ts_faultvfs_t *vfs = ts_faultvfs_new("fault-db");
    world->options.vfs = "fault-db";
    ts_db_t *db = NULL;
    assert_int_equal(open_db(world, &db), TS_ERR_OK);
    ts_fault_t fault = {.kind = TS_FAULT_FULL, .on = TS_FAULT_ON_WRITE, .at = 1, .lasting = true};
    ts_faultvfs_arm(vfs, &fault);
    assert_int_equal(ts_db_begin(db, "test"), TS_ERR_OK);
    ts_err_t err = add(db, 1, "a");
    assert_true(err == TS_ERR_OK || err == TS_ERR_FULL);
    assert_int_equal(ts_db_commit(db), TS_ERR_FULL);
    assert_int_equal(ts_db_failed(db), TS_ERR_OK);
    assert_int_equal(count(db), 0);
    ts_faultvfs_disarm(vfs);
    add_committed(db, 1, "a");
    assert_int_equal(count(db), 1);
    ts_db_destroy(&db);
    ts_faultvfs_destroy(&vfs);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_db_fresh_file_gets_schema_and_settings),
        CASE(test_db_absent_not_to_be_made_is_notfound),
        CASE(test_db_emptied_file_is_corrupt_and_stays),
        CASE(test_db_existing_keeps_its_rows),
        CASE(test_db_older_version_is_brought_up),
        CASE(test_db_newer_version_is_refused_untouched),
        CASE(test_db_not_a_database_is_corrupt_and_stays),
        CASE(test_db_of_another_program_is_invalid_and_untouched),
        CASE(test_db_wrong_application_id_is_invalid),
        CASE(test_db_with_a_table_gone_is_corrupt),
        CASE(test_db_with_a_column_renamed_is_corrupt),
        CASE(test_db_with_a_table_more_works),
        CASE(test_db_statement_of_later_whose_table_is_gone_is_corrupt),
        CASE(test_db_rollback_leaves_nothing),
        CASE(test_db_destroy_in_transaction_leaves_nothing),
        CASE(test_db_broken_constraint_is_conflict_and_the_rest_commits),
        CASE(test_db_second_writer_is_busy),
        CASE(test_db_reader_sees_commits_and_cannot_write),
        CASE(test_db_wrong_length_is_corrupt_and_stops_everything),
        CASE(test_db_backup_is_whole_and_never_overwrites),
        CASE(test_db_damaged_page_is_found_by_quick_check),
        CASE(test_db_write_error_anywhere_loses_no_commit),
        CASE(test_db_disk_full_anywhere_loses_no_commit),
        CASE(test_db_kill_anywhere_loses_no_commit),
        CASE(test_db_power_cut_anywhere_loses_no_commit),
        CASE(test_db_torn_power_cut_anywhere_loses_no_commit),
        CASE(test_db_lying_flush_loses_commits_in_this_test),
        CASE(test_db_after_io_error_everything_is_refused),
        CASE(test_db_after_full_disk_it_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
