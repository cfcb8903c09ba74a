/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what a store keeps beside its segments (tips, rows of logs, where a segment came from, the
 * numbers in its row, indexes) is made anew from what is right, whichever of it rotted. Method: one
 * thing at a time is changed behind the store's back, with SQLite itself or bit by bit.
 */
#include "base/xalloc.h"
#include "support/custody_world.h"
#include "support/tempdir.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Segments that are not as they were stored. */
static uint64_t
damaged(ts_custody_world_t *world)
{
    ts_custody_verify_t verify = {.next_arrival = 1};
    bool done = false;
    assert_int_equal(ts_custody_verify(world->custody, &verify, SIZE_MAX, &done), TS_ERR_OK);
    return verify.damaged;
}

/* ---- tips */

/* Digest of all tips, and which of the two logs is forked. */
static void
tell_tips(ts_custody_world_t *world, ts_hash_t *ret_digest, bool forked[2])
{
    ts_log_info_t info = {.office = 0};
    assert_int_equal(ts_custody_digest(world->custody, NULL, NULL, ret_digest), TS_ERR_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ts_custody_log_next(world->custody, &info), TS_ERR_OK);
        forked[i] = info.forked;
    }
}

/* A write that never happened leaves the tips of yesterday: the store then offers what it had then,
 * and takes what continues the log for a fork. */
static void
test_custody_open_makes_tips_anew_from_the_segments(void **state)
{
    /* fill: log 1 has 1, 3, 5 … 13 and here a branch 15 beside 13; log 2 has 2, 4 … 14 */
    static const char *const rows[] = {
        "DELETE FROM tip",
        "UPDATE tip SET arrival = 12, seq = 5, hash = (SELECT hash FROM segment WHERE arrival = 12)"
        " WHERE log = 2",
        "UPDATE tip SET seq = seq + 1 WHERE log = 2",
        "UPDATE tip SET hash = zeroblob(32) WHERE arrival = 15",
        "DELETE FROM tip WHERE arrival = 13",
        "INSERT INTO tip SELECT log, arrival, last_seq, hash FROM segment WHERE arrival = 8; "
        "UPDATE log SET fork_arrival = 8 WHERE id = 2",
        "UPDATE log SET fork_arrival = 3 WHERE id = 1",
        "UPDATE log SET fork_arrival = 8 WHERE id = 2",
        "UPDATE log SET fork_arrival = 0 WHERE id = 1",
    };
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_log_t acts = ts_custody_world_log(world, TS_PURPOSE_ACTS, 1, 2);
    ts_made_log_t branch = log;
    for (int i = 0; i < 6; i++) {
        branch = log;
        (void)ts_custody_world_extend(world, &log, 2);
        (void)ts_custody_world_extend(world, &acts, 1);
    }
    ts_made_t made;
    ts_made_next(&branch, 1, 9, &made);
    (void)ts_custody_world_expect(world, &made, TS_PUT_FORK);
    ts_made_free(&made);
    ts_hash_t digest;
    ts_hash_t found;
    bool forked[2];
    tell_tips(world, &digest, forked);
    assert_true(forked[0] && !forked[1]);
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        ts_custody_world_close(world);
        ts_custody_world_behind(world, rows[i]);
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        assert_true(ts_custody_tips_mended(world->custody) > 0);
        tell_tips(world, &found, forked);
        assert_memory_equal(&found, &digest, sizeof digest);
        assert_true(forked[0] && !forked[1]);
    }
    ts_custody_world_close(world);
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    assert_int_equal(ts_custody_tips_mended(world->custody), 0);
    ts_made_next(&acts, 1, 9, &made);
    (void)ts_custody_world_expect(world, &made, TS_PUT_STORED);
    ts_made_free(&made);
}

/* ---- rows */

/* Bytes that are right make the numbers of their row right again. */
static void
test_custody_repair_makes_the_numbers_of_a_row_anew(void **state)
{
    static const char *const wrong[] = {"first_seq = first_seq + 1", "last_seq = 99", "prev = 1",
                                        "prev = NULL", "chain_bytes = chain_bytes - 8"};
    ts_custody_world_t *world = *state;
    (void)ts_custody_world_two_logs(world);
    for (size_t i = 0; i < TS_COUNT(wrong); i++) {
        char sql[120];
        ts_held_segment_t segment;
        ts_segment_view_t view;
        ts_buf_t bytes = {0};
        (void)snprintf(sql, sizeof sql, "UPDATE segment SET %s WHERE arrival = 5", wrong[i]);
        ts_custody_world_close(world);
        ts_custody_world_behind(world, sql);
        world->options.repair = true;
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        assert_true(damaged(world) > 0);
        assert_int_equal(ts_custody_get(world->custody, 5, &segment, &bytes), TS_ERR_OK);
        assert_int_equal(ts_segment_parse(ts_buf_bytes(&bytes), &view), TS_ERR_OK);
        assert_int_equal(ts_custody_begin(world->custody, "repair"), TS_ERR_OK);
        assert_int_equal(ts_custody_repair(world->custody, &view, &segment.hash), TS_ERR_OK);
        assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
        assert_int_equal(damaged(world), 0);
        ts_buf_free(&bytes);
    }
}

static void
test_custody_open_reads_segments_of_an_unknown_source(void **state)
{
    ts_custody_world_t *world = *state;
    ts_held_segment_t segment;
    (void)ts_custody_world_two_logs(world);
    ts_custody_world_close(world);
    ts_custody_world_behind(world, "UPDATE segment SET source = -126 WHERE arrival = 4");
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    assert_int_equal(ts_custody_get(world->custody, 4, &segment, NULL), TS_ERR_OK);
    const ts_id16_t own = ts_custody_store_id(world->custody);
    assert_memory_equal(&segment.source.store, &own, sizeof own);
    assert_int_equal(damaged(world), 0);
}

/* Takes an index out of the schema, changes rows, and puts it back as it was. */
static void
change_past_index(ts_custody_world_t *world, const char *index, const char *change)
{
    char sql[600];
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA writable_schema = ON; CREATE TABLE kept AS SELECT * FROM sqlite_schema "
                   "WHERE name = '%s'; DELETE FROM sqlite_schema WHERE name = '%s'",
                   index, index);
    ts_custody_world_behind(world, sql);
    (void)snprintf(sql, sizeof sql,
                   "%s; PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM kept; "
                   "DROP TABLE kept",
                   change);
    ts_custody_world_behind(world, sql);
}

/* What the rows of both logs say. */
typedef struct ts_told_logs {
    ts_log_info_t info[2];
    ts_log_size_t size[2];
} ts_told_logs_t;

static ts_told_logs_t
tell_logs(ts_custody_world_t *world)
{
    ts_told_logs_t told;
    ts_log_info_t info;
    memset(&told, 0, sizeof told);
    memset(&info, 0, sizeof info);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ts_custody_log_next(world->custody, &info), TS_ERR_OK);
        told.info[i] = info;
        assert_int_equal(ts_custody_log_size(world->custody, &info.log, &told.size[i]), TS_ERR_OK);
    }
    return told;
}

static void
assert_same_logs(const ts_told_logs_t *found, const ts_told_logs_t *right)
{
    for (size_t i = 0; i < 2; i++) {
        const ts_log_info_t *a = &found->info[i];
        const ts_log_info_t *b = &right->info[i];
        assert_memory_equal(&a->log, &b->log, sizeof a->log);
        assert_int_equal(a->office, b->office);
        assert_int_equal(a->purpose, b->purpose);
        assert_int_equal(a->audience, b->audience);
        assert_int_equal(a->audience_unit, b->audience_unit);
        assert_memory_equal(&a->node_key, &b->node_key, sizeof a->node_key);
        assert_memory_equal(&a->node_curve_key, &b->node_curve_key, sizeof a->node_key);
        assert_memory_equal(&a->invite_key, &b->invite_key, sizeof a->invite_key);
        assert_memory_equal(&a->predecessor.log, &b->predecessor.log, sizeof a->log);
        assert_int_equal(a->predecessor.seq, b->predecessor.seq);
        assert_memory_equal(&a->predecessor.hash, &b->predecessor.hash, sizeof a->log);
        assert_int_equal(found->size[i].last_arrival, right->size[i].last_arrival);
    }
}

/* One thing at a time: each of them alone has to be noticed. */
static void
test_custody_open_makes_rows_of_logs_anew_from_their_geneses(void **state)
{
    static const char *const wrong[] = {
        "office = office + 4",
        "purpose = 3",
        "audience = audience + 1",
        "audience_unit = 9",
        "node_key = zeroblob(32)",
        "node_curve_key = zeroblob(32)",
        "invite_key = zeroblob(32)",
        "predecessor_log = node_key",
        "predecessor_seq = 8",
        "predecessor_hash = invite_key",
        "last_arrival = last_arrival - 2",
        "log = node_key", /* last: with it no segment agrees with its row, so only to be mended */
    };
    ts_custody_world_t *world = *state;
    (void)ts_custody_world_two_logs(world);
    ts_told_logs_t right = tell_logs(world);
    for (size_t i = 0; i < 2 * TS_COUNT(wrong); i++) {
        char sql[120];
        (void)snprintf(sql, sizeof sql, "UPDATE log SET %s WHERE id = %d", wrong[i / 2],
                       (int)(i % 2) + 1);
        ts_custody_world_close(world);
        ts_custody_world_behind(world, sql);
        world->options.repair = i / 2 + 1 == TS_COUNT(wrong);
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        ts_told_logs_t found = tell_logs(world);
        assert_same_logs(&found, &right);
    }
    assert_int_equal(damaged(world), 0);
}

/* A genesis that rotted itself says nothing about its log. */
static void
test_custody_open_makes_no_row_anew_from_a_rotten_genesis(void **state)
{
    ts_custody_world_t *world = *state;
    (void)ts_custody_world_two_logs(world);
    ts_told_logs_t right = tell_logs(world);
    uint64_t length = right.size[0].bytes;
    assert_true(length > 500);
    for (unsigned at = 201; at < 500; at += 13) {
        char sql[240];
        (void)snprintf(sql, sizeof sql,
                       "CREATE TABLE kept AS SELECT bytes FROM segment WHERE arrival = 1; "
                       "UPDATE segment SET bytes = CAST(substr(bytes, 1, %u) || x'05' || "
                       "substr(bytes, %u) AS BLOB) WHERE arrival = 1",
                       at, at + 2);
        ts_custody_world_close(world);
        ts_custody_world_behind(world, sql);
        world->options.repair = true;
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        ts_told_logs_t found = tell_logs(world);
        assert_same_logs(&found, &right);
        ts_custody_world_close(world);
        ts_custody_world_behind(
            world, "UPDATE segment SET bytes = (SELECT bytes FROM kept) WHERE arrival = 1; "
                   "DROP TABLE kept");
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    }
}

/* ---- indexes */

/* What an index does not find is as good as lost, though it is there. */
static void
test_custody_open_makes_indexes_anew(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_two_logs(world);
    ts_tip_page_t page = {.count = 0};
    ts_custody_tip_t tips[8];
    ts_tip_query_t query = {.since = 0, .count_max = 8};
    ts_custody_world_close(world);
    /* The index still has where the logs stood before. */
    change_past_index(world, "log_by_arrival", "UPDATE log SET last_arrival = 90 + id");
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    assert_int_equal(ts_custody_tips(world->custody, &query, tips, NULL, 8, &page), TS_ERR_OK);
    assert_int_equal(page.count, 2);
    query.since = 13;
    assert_int_equal(ts_custody_tips(world->custody, &query, tips, NULL, 8, &page), TS_ERR_OK);
    assert_int_equal(page.count, 1);
    (void)ts_custody_world_extend(world, &log, 2);
    ts_custody_world_close(world);
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
}

/* Turns one bit of the closed database. */
static void
turn_bit(ts_custody_world_t *world, long offset, unsigned bit)
{
    char *path = ts_tempdir_path(world->folder, "custody.sqlite");
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    int byte = fgetc(file) ^ (int)(1u << bit);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    assert_int_equal(fputc(byte, file), byte);
    assert_int_equal(fclose(file), 0);
    free(path);
}

/* Reads the only page of this index; returns where in the file it stands. */
static long
page_of(ts_custody_world_t *world, const char *index, uint8_t page[4096])
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    char *path = ts_tempdir_path(world->folder, "custody.sqlite");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = ?1",
                                        -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_bind_text(stmt, 1, index, -1, SQLITE_STATIC), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    long offset = ((long)sqlite3_column_int64(stmt, 0) - 1) * 4096;
    (void)sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, offset, SEEK_SET), 0);
    assert_int_equal(fread(page, 1, 4096, file), 4096);
    assert_int_equal(fclose(file), 0);
    free(path);
    return offset;
}

/* Does an entry begin here? Its first byte is its length: a wrong one breaks the page. */
static bool
begins(const uint8_t page[4096], long at)
{
    for (unsigned i = 0; i < page[4]; i++) {
        if (page[8 + 2 * i] * 256 + page[9 + 2 * i] == at) {
            return true;
        }
    }
    return false;
}

/* Whatever of its entries turns (log, arrival, hash, how they are written), what the rows say is
 * right. In a store that is read whole and in one that is opened to be mended. */
static void
test_custody_open_makes_the_index_of_segments_anew(void **state)
{
    uint8_t page[4096];
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_two_logs(world);
    ts_custody_world_close(world);
    long offset = page_of(world, "segment_by_log", page);
    assert_int_equal(page[4], 14);
    for (long at = page[5] * 256 + page[6]; at < 4096; at += 3) {
        if (begins(page, at)) {
            continue;
        }
        turn_bit(world, offset + at, (unsigned)at % 8);
        world->options.repair = at % 2 == 0;
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        assert_int_equal(damaged(world), 0);
        ts_custody_world_close(world);
        (void)page_of(world, "segment_by_log", page);
    }
    world->options.repair = false;
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    (void)ts_custody_world_extend(world, &log, 2);
}

/* What SQLite itself finds wrong in the closed store; 0: nothing. */
static int
wrong_in(ts_custody_world_t *world)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    char *path = ts_tempdir_path(world->folder, "custody.sqlite");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int wrong = strcmp((const char *)sqlite3_column_text(stmt, 0), "ok");
    (void)sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    free(path);
    return wrong;
}

/* The same of those that find a store, a log and a segment; and, in a store that is opened to be
 * mended, of the number of a segment in the index by log. */
static void
test_custody_open_makes_every_index_right(void **state)
{
    static const struct {
        const char *name;
        bool repair;
    } rows[] = {{"sqlite_autoindex_store_1", false},
                {"sqlite_autoindex_log_1", false},
                {"sqlite_autoindex_segment_1", false},
                {"log_by_arrival", false},
                {"segment_by_log", true}};
    uint8_t page[4096];
    ts_custody_world_t *world = *state;
    (void)ts_custody_world_two_logs(world);
    ts_custody_world_close(world);
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        long offset = page_of(world, rows[i].name, page);
        long at = 4095; /* the last byte of what is sought in the first entry … */
        while (rows[i].repair && !begins(page, at)) {
            at--;
        }
        at -= rows[i].repair ? 1 : 0; /* … or the number of the row in the second one */
        turn_bit(world, offset + at, 2);
        assert_int_not_equal(wrong_in(world), 0);
        world->options.repair = rows[i].repair;
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        ts_custody_world_close(world);
        assert_int_equal(wrong_in(world), 0);
    }
}

int
main(void)
{
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, ts_custody_world_setup, ts_custody_world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_custody_repair_makes_the_numbers_of_a_row_anew),
        CASE(test_custody_open_makes_tips_anew_from_the_segments),
        CASE(test_custody_open_makes_rows_of_logs_anew_from_their_geneses),
        CASE(test_custody_open_makes_no_row_anew_from_a_rotten_genesis),
        CASE(test_custody_open_reads_segments_of_an_unknown_source),
        CASE(test_custody_open_makes_indexes_anew),
        CASE(test_custody_open_makes_the_index_of_segments_anew),
        CASE(test_custody_open_makes_every_index_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
