/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the failing VFS fails as it says, on disk and in memory alike; else what is proved with it
 * is worth nothing. Method: every row of TS_FAULT_LIST is made to happen to a plain file (or, where
 * only SQLite can tell, to a database) and seen; every kind of power cut as well; the same
 * piece of SQL gives the same bytes in both backings.
 */
#include "base/xalloc.h"
#include "support/faultvfs.h"
#include "support/tempdir.h"
#include "support/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 4096

typedef struct disk {
    bool in_memory;
    char *folder;
    char path[512];
    char name[16];
    ts_faultvfs_t *vfs;
    sqlite3_file *file;
} disk_t;

static int
make(void **state, bool in_memory)
{
    static unsigned count;
    disk_t *disk = ts_xcalloc(1, sizeof *disk);
    disk->in_memory = in_memory;
    disk->folder = ts_tempdir_make();
    (void)snprintf(disk->path, sizeof disk->path, "%s/a.sqlite", disk->folder);
    (void)snprintf(disk->name, sizeof disk->name, "fault%u", count++);
    disk->vfs = in_memory ? ts_faultvfs_new_memory(disk->name) : ts_faultvfs_new(disk->name);
    *state = disk;
    return 0;
}

static int
setup_disk(void **state)
{
    return make(state, false);
}

static int
setup_memory(void **state)
{
    return make(state, true);
}

static void
shut(disk_t *disk)
{
    if (disk->file != NULL) {
        assert_int_equal(disk->file->pMethods->xClose(disk->file), SQLITE_OK);
        ts_xfree(disk->file);
        disk->file = NULL;
    }
}

static int
teardown(void **state)
{
    disk_t *disk = *state;
    shut(disk);
    ts_faultvfs_destroy(&disk->vfs);
    ts_tempdir_remove(&disk->folder);
    ts_xfree(disk);
    return 0;
}

static int
open_again(disk_t *disk)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(disk->name);
    shut(disk);
    disk->file = ts_xcalloc(1, (size_t)vfs->szOsFile);
    int code = vfs->xOpen(vfs, disk->path, disk->file,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB, NULL);
    if (code != SQLITE_OK) {
        ts_xfree(disk->file);
        disk->file = NULL;
    }
    return code;
}

static int
write_block(disk_t *disk, unsigned index, char letter)
{
    uint8_t block[BLOCK];
    memset(block, letter, sizeof block);
    return disk->file->pMethods->xWrite(disk->file, block, BLOCK, (sqlite3_int64)index * BLOCK);
}

static int
flush(disk_t *disk)
{
    return disk->file->pMethods->xSync(disk->file, SQLITE_SYNC_NORMAL);
}

/* Letters of the blocks, '.' for zeros, '?' for mixed ones. */
static const char *
letters(disk_t *disk)
{
    static char text[64];
    ts_buf_t bytes = {0};
    shut(disk);
    assert_true(ts_faultvfs_get(disk->vfs, disk->path, &bytes));
    size_t count = 0;
    for (size_t at = 0; at < bytes.length; at += BLOCK) {
        size_t end = at + BLOCK < bytes.length ? at + BLOCK : bytes.length;
        char letter = (char)bytes.data[at];
        for (size_t i = at; i < end; i++) {
            letter = (char)bytes.data[i] == letter ? letter : '?';
        }
        text[count++] = letter == '\0' ? '.' : letter;
    }
    text[count] = '\0';
    ts_buf_free(&bytes);
    return text;
}

static void
arm(disk_t *disk, ts_fault_kind_t kind, unsigned on, uint64_t at)
{
    ts_fault_t fault = {.kind = kind, .on = on, .at = at, .offset = -1};
    ts_faultvfs_arm(disk->vfs, &fault);
}

/* Blocks a, b, c flushed; then X over b, d behind, not flushed. */
static void
write_story(disk_t *disk)
{
    assert_int_equal(open_again(disk), SQLITE_OK);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(write_block(disk, i, (char)('a' + i)), SQLITE_OK);
    }
    assert_int_equal(flush(disk), SQLITE_OK);
    assert_int_equal(write_block(disk, 1, 'X'), SQLITE_OK);
    assert_int_equal(write_block(disk, 3, 'd'), SQLITE_OK);
}

/* ---- power cuts */

static void
test_faultvfs_power_cut_loses_what_was_not_flushed(void **state)
{
    disk_t *disk = *state;
    write_story(disk);
    assert_int_equal(ts_faultvfs_pending(disk->vfs, NULL), 2);
    assert_int_equal(ts_faultvfs_pending(disk->vfs, "other"), 0);
    assert_string_equal(letters(disk), "aXcd");
    ts_faultvfs_power_cut(disk->vfs, TS_CUT_NOTHING, 1);
    assert_string_equal(letters(disk), "abc");
    assert_int_equal(ts_faultvfs_pending(disk->vfs, NULL), 0);
}

static void
test_faultvfs_killed_process_leaves_everything(void **state)
{
    disk_t *disk = *state;
    write_story(disk);
    ts_faultvfs_kill(disk->vfs);
    assert_int_not_equal(write_block(disk, 0, 'Z'), SQLITE_OK);
    assert_true(ts_faultvfs_dead(disk->vfs));
    shut(disk);
    ts_faultvfs_power_cut(disk->vfs, TS_CUT_ALL, 1);
    assert_false(ts_faultvfs_dead(disk->vfs));
    assert_string_equal(letters(disk), "aXcd");
}

static int
second_only(void *context, const char *path, size_t index, size_t count, int64_t offset, int bytes)
{
    (void)context, (void)path, (void)offset;
    assert_int_equal(count, 2);
    return index == 1 ? bytes : 0;
}

static int
half_of_each(void *context, const char *path, size_t index, size_t count, int64_t offset, int bytes)
{
    (void)context, (void)path, (void)index, (void)count, (void)offset;
    return bytes / 2;
}

static void
test_faultvfs_power_cut_keeps_the_chosen_writes(void **state)
{
    disk_t *disk = *state;
    write_story(disk);
    shut(disk);
    ts_faultvfs_power_cut_chosen(disk->vfs, second_only, NULL);
    assert_string_equal(letters(disk), "abcd");
    write_story(disk);
    shut(disk);
    ts_faultvfs_power_cut_chosen(disk->vfs, half_of_each, NULL);
    assert_string_equal(letters(disk), "a?cd"); /* the last one is only half a block long */
}

/* What can come of the story by each kind of cut; each outcome comes with some seed. */
static void
expect_outcomes(disk_t *disk, ts_power_cut_t cut, const char *const *outcomes, size_t count)
{
    bool seen[8] = {false};
    for (uint64_t seed = 1; seed <= 200; seed++) {
        write_story(disk);
        shut(disk);
        ts_faultvfs_power_cut(disk->vfs, cut, seed);
        const char *is = letters(disk);
        size_t which = 0;
        while (which < count && strcmp(is, outcomes[which]) != 0) {
            which++;
        }
        if (which == count) {
            fail_msg("cut %d made %s", (int)cut, is);
        }
        seen[which] = true;
        (void)unlink(disk->path);
    }
    for (size_t i = 0; i < count; i++) {
        assert_true(seen[i]);
    }
}

static void
test_faultvfs_power_cut_reorders_and_tears(void **state)
{
    static const char *const reordered[] = {"abc", "aXc", "abcd", "aXcd"};
    static const char *const torn[] = {"abc", "a?c", "aXc", "aXcd"};
    expect_outcomes(*state, TS_CUT_REORDERED, reordered, TS_COUNT(reordered));
    expect_outcomes(*state, TS_CUT_TORN, torn, TS_COUNT(torn));
}

static void
test_faultvfs_truncation_not_flushed_comes_back(void **state)
{
    disk_t *disk = *state;
    write_story(disk);
    assert_int_equal(flush(disk), SQLITE_OK);
    assert_int_equal(disk->file->pMethods->xTruncate(disk->file, BLOCK), SQLITE_OK);
    assert_int_equal(write_block(disk, 1, 'Y'), SQLITE_OK);
    assert_string_equal(letters(disk), "aY");
    ts_faultvfs_power_cut(disk->vfs, TS_CUT_NOTHING, 1);
    assert_string_equal(letters(disk), "aXcd");
}

/* ---- flushes */

static void
test_faultvfs_lying_flush_flushes_nothing_until_an_honest_one(void **state)
{
    disk_t *disk = *state;
    for (int honest = 0; honest < 2; honest++) {
        write_story(disk);
        arm(disk, TS_FAULT_SYNC_LIES, TS_FAULT_ON_SYNC, 1);
        assert_int_equal(flush(disk), SQLITE_OK);
        assert_true(ts_faultvfs_fired(disk->vfs));
        assert_true(honest == 0 || flush(disk) == SQLITE_OK);
        shut(disk);
        ts_faultvfs_power_cut(disk->vfs, TS_CUT_NOTHING, 1);
        assert_string_equal(letters(disk), honest == 0 ? "abc" : "aXcd");
    }
}

static void
test_faultvfs_flush_that_failed_once_has_lost_it_for_good(void **state)
{
    disk_t *disk = *state;
    write_story(disk);
    arm(disk, TS_FAULT_SYNC_ONCE, TS_FAULT_ON_SYNC, 1);
    assert_int_equal(flush(disk), SQLITE_IOERR_FSYNC);
    assert_int_equal(write_block(disk, 4, 'e'), SQLITE_OK);
    assert_int_equal(flush(disk), SQLITE_OK);
    assert_string_equal(letters(disk), "aXcde"); /* the cache shows what the disk has not */
    ts_faultvfs_power_cut(disk->vfs, TS_CUT_NOTHING, 1);
    assert_string_equal(letters(disk), "abc.e");
}

static void
test_faultvfs_flush_that_fails_and_is_repeated_flushes(void **state)
{
    disk_t *disk = *state;
    write_story(disk);
    arm(disk, TS_FAULT_IOERR, TS_FAULT_ON_SYNC, 1);
    assert_int_equal(flush(disk), SQLITE_IOERR_FSYNC);
    assert_int_equal(flush(disk), SQLITE_OK);
    shut(disk);
    ts_faultvfs_power_cut(disk->vfs, TS_CUT_NOTHING, 1);
    assert_string_equal(letters(disk), "aXcd");
}

/* ---- reads and writes */

static void
test_faultvfs_kth_call_fails_and_only_that(void **state)
{
    disk_t *disk = *state;
    assert_int_equal(open_again(disk), SQLITE_OK);
    arm(disk, TS_FAULT_IOERR, TS_FAULT_ON_WRITE, 2);
    assert_int_equal(write_block(disk, 0, 'a'), SQLITE_OK);
    assert_int_equal(write_block(disk, 1, 'b'), SQLITE_IOERR_WRITE);
    assert_int_equal(write_block(disk, 2, 'c'), SQLITE_OK);
    assert_int_equal(ts_faultvfs_calls(disk->vfs), 3);
    uint8_t block[BLOCK];
    arm(disk, TS_FAULT_IOERR, TS_FAULT_ON_READ, 1);
    assert_int_equal(disk->file->pMethods->xRead(disk->file, block, BLOCK, 0), SQLITE_IOERR_READ);
    assert_int_equal(disk->file->pMethods->xRead(disk->file, block, BLOCK, 0), SQLITE_OK);
    arm(disk, TS_FAULT_SHORT_READ, TS_FAULT_ON_READ, 1);
    assert_int_equal(disk->file->pMethods->xRead(disk->file, block, BLOCK, 0),
                     SQLITE_IOERR_SHORT_READ);
    assert_int_equal(block[BLOCK / 2 - 1], 'a');
    assert_int_equal(block[BLOCK / 2], 0);
    assert_string_equal(letters(disk), "a.c");
}

static void
test_faultvfs_full_disk_and_room_up_to_a_byte(void **state)
{
    disk_t *disk = *state;
    assert_int_equal(open_again(disk), SQLITE_OK);
    arm(disk, TS_FAULT_FULL, TS_FAULT_ON_WRITE, 1);
    assert_int_equal(write_block(disk, 0, 'a'), SQLITE_FULL);
    ts_fault_t fault = {.kind = TS_FAULT_FULL_AT, .offset = 2 * BLOCK + 100};
    ts_faultvfs_arm(disk->vfs, &fault);
    assert_int_equal(write_block(disk, 0, 'a'), SQLITE_OK);
    assert_int_equal(write_block(disk, 1, 'b'), SQLITE_OK);
    assert_false(ts_faultvfs_fired(disk->vfs));
    assert_int_equal(write_block(disk, 2, 'c'), SQLITE_FULL);
    assert_true(ts_faultvfs_fired(disk->vfs));
    assert_int_equal(write_block(disk, 1, 'B'), SQLITE_OK); /* takes no room */
    sqlite3_int64 size = 0;
    assert_int_equal(disk->file->pMethods->xFileSize(disk->file, &size), SQLITE_OK);
    assert_int_equal(size, 2 * BLOCK + 100);
    ts_faultvfs_disarm(disk->vfs);
    assert_int_equal(write_block(disk, 2, 'c'), SQLITE_OK);
    assert_string_equal(letters(disk), "aBc");
}

static void
test_faultvfs_silent_write_faults_are_silent(void **state)
{
    disk_t *disk = *state;
    static const struct {
        ts_fault_kind_t kind;
        const char *after;
    } rows[] = {{TS_FAULT_LOST_WRITE, "aXcd"},
                {TS_FAULT_MISDIRECTED, "aXZd"},
                {TS_FAULT_FLIP, "a?cd"},
                {TS_FAULT_ROT, "aZ?d"}};
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        write_story(disk);
        arm(disk, rows[i].kind, TS_FAULT_ON_WRITE, 1);
        assert_int_equal(write_block(disk, 1, 'Z'), SQLITE_OK);
        assert_true(ts_faultvfs_fired(disk->vfs));
        assert_string_equal(letters(disk), rows[i].after);
    }
}

static void
test_faultvfs_bit_flips_in_reading_once_and_rots_for_good(void **state)
{
    disk_t *disk = *state;
    uint8_t block[BLOCK];
    write_story(disk);
    arm(disk, TS_FAULT_FLIP, TS_FAULT_ON_READ, 1);
    assert_int_equal(disk->file->pMethods->xRead(disk->file, block, BLOCK, 0), SQLITE_OK);
    assert_int_equal(block[BLOCK / 2], 'a' ^ 0x10);
    assert_int_equal(disk->file->pMethods->xRead(disk->file, block, BLOCK, 0), SQLITE_OK);
    assert_int_equal(block[BLOCK / 2], 'a');
    ts_fault_t rot = {.kind = TS_FAULT_ROT, .on = TS_FAULT_ON_READ, .at = 1, .offset = 7};
    ts_faultvfs_arm(disk->vfs, &rot);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(disk->file->pMethods->xRead(disk->file, block, BLOCK, 0), SQLITE_OK);
        assert_int_equal(block[7], 'a' ^ 0x10);
    }
    assert_int_equal(flush(disk), SQLITE_OK);
    assert_string_equal(letters(disk), "?Xcd");
}

static void
test_faultvfs_crash_ends_everything(void **state)
{
    disk_t *disk = *state;
    write_story(disk);
    arm(disk, TS_FAULT_CRASH, TS_FAULT_ON_CHANGE, 2);
    assert_int_equal(write_block(disk, 0, 'Z'), SQLITE_OK);
    assert_int_not_equal(flush(disk), SQLITE_OK);
    uint8_t block[BLOCK];
    assert_int_not_equal(disk->file->pMethods->xRead(disk->file, block, BLOCK, 0), SQLITE_OK);
    assert_true(ts_faultvfs_dead(disk->vfs));
    shut(disk);
    assert_int_equal(open_again(disk), SQLITE_CANTOPEN);
    ts_faultvfs_power_cut(disk->vfs, TS_CUT_NOTHING, 1);
    assert_string_equal(letters(disk), "abc");
}

static void
test_faultvfs_opening_and_deleting_fail_too(void **state)
{
    disk_t *disk = *state;
    sqlite3_vfs *vfs = sqlite3_vfs_find(disk->name);
    write_story(disk);
    arm(disk, TS_FAULT_IOERR, TS_FAULT_ON_OPEN, 1);
    assert_int_equal(open_again(disk), SQLITE_CANTOPEN);
    arm(disk, TS_FAULT_IOERR, TS_FAULT_ON_DELETE, 1);
    assert_int_equal(vfs->xDelete(vfs, disk->path, 0), SQLITE_IOERR_DELETE);
    assert_int_equal(vfs->xDelete(vfs, disk->path, 0), SQLITE_OK);
    assert_int_equal(vfs->xDelete(vfs, disk->path, 0), SQLITE_IOERR_DELETE_NOENT);
}

/* ---- the loop, the watcher */

static void
test_faultvfs_loop_comes_to_every_call(void **state)
{
    disk_t *disk = *state;
    ts_fault_loop_t loop = {.vfs = disk->vfs,
                            .fault = {.kind = TS_FAULT_IOERR, .on = TS_FAULT_ON_CHANGE}};
    unsigned rounds = 0;
    while (ts_fault_loop_next(&loop)) {
        rounds++;
        assert_int_equal(open_again(disk), SQLITE_OK);
        ts_fault_loop_arm(&loop);
        unsigned failed = 0;
        failed += write_block(disk, 0, 'a') != SQLITE_OK;
        failed += write_block(disk, 1, 'b') != SQLITE_OK;
        failed += flush(disk) != SQLITE_OK;
        assert_int_equal(failed, rounds <= 3 ? 1 : 0);
    }
    assert_int_equal(rounds, 4);
    assert_int_equal(loop.rounds, 3);
}

typedef struct seen {
    ts_faultvfs_t *vfs;
    unsigned writes;
    int64_t kill_at;
} seen_t;

static void
watch(void *context, unsigned on, const char *path, int64_t offset, int bytes)
{
    seen_t *seen = context;
    assert_non_null(strstr(path, "a.sqlite"));
    if (on == TS_FAULT_ON_WRITE) {
        assert_int_equal(bytes, BLOCK);
        seen->writes++;
        if (offset == seen->kill_at) {
            ts_faultvfs_kill(seen->vfs);
        }
    }
}

static void
test_faultvfs_watcher_sees_calls_and_may_kill(void **state)
{
    disk_t *disk = *state;
    seen_t seen = {.vfs = disk->vfs, .kill_at = 2 * BLOCK};
    ts_faultvfs_watch(disk->vfs, watch, &seen);
    assert_int_equal(open_again(disk), SQLITE_OK);
    assert_int_equal(write_block(disk, 0, 'a'), SQLITE_OK);
    assert_int_equal(write_block(disk, 1, 'b'), SQLITE_OK);
    assert_int_not_equal(write_block(disk, 2, 'c'), SQLITE_OK);
    assert_int_not_equal(write_block(disk, 3, 'd'), SQLITE_OK);
    assert_int_equal(seen.writes, 3);
    shut(disk);
    ts_faultvfs_power_cut(disk->vfs, TS_CUT_ALL, 1);
    assert_string_equal(letters(disk), "ab");
}

/* ---- under SQLite */

static sqlite3 *
database(disk_t *disk)
{
    sqlite3 *db = NULL;
    assert_int_equal(
        sqlite3_open_v2(disk->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, disk->name),
        SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", NULL, NULL, NULL),
        SQLITE_OK);
    return db;
}

static void
run(sqlite3 *db, const char *sql, int expected)
{
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL) & 0xff, expected);
}

static int
number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int value = sqlite3_column_int(stmt, 0);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    return value;
}

static void
test_faultvfs_database_survives_kill_and_power_cut(void **state)
{
    disk_t *disk = *state;
    sqlite3 *db = database(disk);
    run(db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)", SQLITE_OK);
    for (int i = 0; i < 40; i++) {
        run(db, "INSERT INTO t (b) VALUES (randomblob(3000))", SQLITE_OK);
        if (i % 4 == 0) {
            ts_faultvfs_kill(disk->vfs);
            (void)sqlite3_close(db);
            ts_faultvfs_power_cut(disk->vfs, (ts_power_cut_t)(i / 4 % 5), (uint64_t)i);
            db = database(disk);
            assert_int_equal(number(db, "SELECT count(*) FROM t"), i + 1);
        }
    }
    /* A second connection sees commits, and the locks between the two hold. */
    sqlite3 *other = database(disk);
    run(other, "BEGIN IMMEDIATE", SQLITE_OK);
    run(db, "BEGIN IMMEDIATE", SQLITE_BUSY);
    run(other, "INSERT INTO t (b) VALUES (x'00')", SQLITE_OK);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 40);
    run(other, "COMMIT", SQLITE_OK);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 41);
    run(db, "PRAGMA wal_checkpoint(TRUNCATE)", SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    char wal[600];
    (void)snprintf(wal, sizeof wal, "%s-wal", disk->path);
    assert_int_not_equal(access(wal, F_OK), 0);
    db = database(disk);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 41);
    assert_int_equal(number(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
test_faultvfs_lock_taken_by_another_in_bursts(void **state)
{
    disk_t *disk = *state;
    sqlite3 *db = database(disk);
    run(db, "CREATE TABLE t (a)", SQLITE_OK);
    ts_fault_t fault = {.kind = TS_FAULT_BUSY, .on = TS_FAULT_ON_LOCK, .at = 1, .lasting = true};
    ts_faultvfs_arm(disk->vfs, &fault);
    assert_int_not_equal(sqlite3_exec(db, "INSERT INTO t VALUES (1)", NULL, NULL, NULL), SQLITE_OK);
    assert_true(ts_faultvfs_fired(disk->vfs));
    /* A short burst ends by itself; SQLite or the caller tries again. */
    fault.lasting = false;
    fault.times = 3;
    ts_faultvfs_arm(disk->vfs, &fault);
    unsigned busy = 0;
    while (sqlite3_exec(db, "INSERT INTO t VALUES (1)", NULL, NULL, NULL) != SQLITE_OK) {
        busy++;
        assert_true(busy < 10);
    }
    assert_true(ts_faultvfs_fired(disk->vfs));
    assert_true(ts_faultvfs_calls(disk->vfs) > 3);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
test_faultvfs_lost_index_is_made_anew(void **state)
{
    disk_t *disk = *state;
    sqlite3 *db = database(disk);
    run(db, "CREATE TABLE t (a); INSERT INTO t VALUES (1)", SQLITE_OK);
    uint64_t reads_before = 0;
    for (int lost = 0; lost < 2; lost++) {
        /* A call of SHM is counted by its own fault only: READs tell that the WAL was read again.
         */
        ts_fault_t fault = {
            .kind = lost ? TS_FAULT_SHM_LOST : TS_FAULT_NONE, .on = TS_FAULT_ON_SHM, .at = 1};
        ts_faultvfs_arm(disk->vfs, &fault);
        assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
        assert_int_equal(ts_faultvfs_fired(disk->vfs), lost);
        reads_before = ts_faultvfs_calls(disk->vfs);
        run(db, "INSERT INTO t VALUES (2); DELETE FROM t WHERE a = 2", SQLITE_OK);
    }
    assert_true(reads_before >= 1);
    assert_int_equal(number(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- files stay files */

static void
test_faultvfs_renamed_copied_and_removed_as_a_plain_file(void **state)
{
    disk_t *disk = *state;
    char other[600];
    (void)snprintf(other, sizeof other, "%s/b.sqlite", disk->folder);
    write_story(disk);
    shut(disk);
    ts_faultvfs_power_cut(disk->vfs, TS_CUT_ALL, 1);
    assert_int_equal(rename(disk->path, other), 0);
    ts_buf_t bytes = {0};
    assert_false(ts_faultvfs_get(disk->vfs, disk->path, &bytes));
    assert_true(ts_faultvfs_get(disk->vfs, other, &bytes));
    assert_int_equal(bytes.length, 4 * BLOCK);
    ts_faultvfs_put(disk->vfs, disk->path, (ts_bytes_t){bytes.data, BLOCK});
    assert_string_equal(letters(disk), "a");
    ts_buf_free(&bytes);
    struct stat one;
    struct stat two;
    assert_int_equal(stat(disk->path, &one), 0);
    assert_int_equal(stat(other, &two), 0);
    assert_true(one.st_ino != two.st_ino);
    assert_int_equal(unlink(disk->path), 0);
    assert_int_equal(open_again(disk), SQLITE_OK); /* perhaps with the same inode: empty */
    assert_string_equal(letters(disk), "");
}

/* The same work gives the same bytes in both backings. */
static void
test_faultvfs_both_backings_hold_the_same_bytes(void **state)
{
    ts_buf_t bytes[2] = {{0}, {0}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        void *made = NULL;
        assert_int_equal(make(&made, i == 1), 0);
        disk_t *disk = made;
        sqlite3 *db = database(disk);
        run(db, "CREATE TABLE t (a, b)", SQLITE_OK);
        for (int j = 0; j < 300; j++) {
            run(db, "INSERT INTO t VALUES (1, zeroblob(900)), ('x', hex(zeroblob(200)))",
                SQLITE_OK);
        }
        run(db, "DELETE FROM t WHERE rowid % 3 = 0; PRAGMA wal_checkpoint(TRUNCATE)", SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        assert_true(ts_faultvfs_get(disk->vfs, disk->path, &bytes[i]));
        (void)teardown(&made);
    }
    assert_true(bytes[0].length > 100 * BLOCK);
    assert_int_equal(bytes[0].length, bytes[1].length);
    assert_memory_equal(bytes[0].data, bytes[1].data, bytes[0].length);
    ts_buf_free(&bytes[0]);
    ts_buf_free(&bytes[1]);
}

static void
test_faultvfs_every_fault_has_name_and_meaning(void **state)
{
    (void)state;
    for (int i = 0; i < TS_FAULT_COUNT; i++) {
        assert_true(strlen(ts_fault_name((ts_fault_kind_t)i)) > 2);
        assert_true(strlen(ts_fault_meaning((ts_fault_kind_t)i)) > 10);
    }
    assert_string_equal(ts_fault_name(TS_FAULT_SYNC_ONCE), "SYNC_ONCE");
}

int
main(void)
{
#define BOTH(name)                                               \
    cmocka_unit_test_setup_teardown(name, setup_disk, teardown), \
        cmocka_unit_test_setup_teardown(name, setup_memory, teardown)
    const struct CMUnitTest tests[] = {
        BOTH(test_faultvfs_power_cut_loses_what_was_not_flushed),
        BOTH(test_faultvfs_killed_process_leaves_everything),
        BOTH(test_faultvfs_power_cut_keeps_the_chosen_writes),
        BOTH(test_faultvfs_power_cut_reorders_and_tears),
        BOTH(test_faultvfs_truncation_not_flushed_comes_back),
        BOTH(test_faultvfs_lying_flush_flushes_nothing_until_an_honest_one),
        BOTH(test_faultvfs_flush_that_failed_once_has_lost_it_for_good),
        BOTH(test_faultvfs_flush_that_fails_and_is_repeated_flushes),
        BOTH(test_faultvfs_kth_call_fails_and_only_that),
        BOTH(test_faultvfs_full_disk_and_room_up_to_a_byte),
        BOTH(test_faultvfs_silent_write_faults_are_silent),
        BOTH(test_faultvfs_bit_flips_in_reading_once_and_rots_for_good),
        BOTH(test_faultvfs_crash_ends_everything),
        BOTH(test_faultvfs_opening_and_deleting_fail_too),
        BOTH(test_faultvfs_loop_comes_to_every_call),
        BOTH(test_faultvfs_watcher_sees_calls_and_may_kill),
        BOTH(test_faultvfs_database_survives_kill_and_power_cut),
        BOTH(test_faultvfs_lock_taken_by_another_in_bursts),
        BOTH(test_faultvfs_lost_index_is_made_anew),
        BOTH(test_faultvfs_renamed_copied_and_removed_as_a_plain_file),
        cmocka_unit_test(test_faultvfs_both_backings_hold_the_same_bytes),
        cmocka_unit_test(test_faultvfs_every_fault_has_name_and_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
