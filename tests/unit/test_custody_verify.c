/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: damage is found, named with log and arrival, survives looking, and can be mended by the
 * right bytes. Method: the database is changed behind the store's back, with SQLite itself or byte
 * by byte.
 */
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "support/custody_world.h"
#include "support/tempdir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Damages found. */
typedef struct ts_found {
    size_t count;
    ts_damage_t first;
} ts_found_t;

static void
find(void *context, const ts_damage_t *damage)
{
    ts_found_t *found = context;
    if (found->count++ == 0) {
        found->first = *damage;
    }
}

static ts_found_t
verify(ts_custody_world_t *world)
{
    ts_found_t found = {.count = 0};
    ts_custody_verify_t verify = {.next_arrival = 1, .report = find, .context = &found};
    bool done = false;
    while (!done) {
        assert_int_equal(ts_custody_verify(world->custody, &verify, 3, &done), TS_ERR_OK);
    }
    assert_int_equal(verify.checked, ts_custody_arrival(world->custody));
    assert_int_equal(verify.damaged, found.count);
    return found;
}

static void
test_custody_verify_of_whole_store_finds_nothing(void **state)
{
    ts_custody_world_t *world = *state;
    (void)ts_custody_world_two_logs(world);
    assert_int_equal(verify(world).count, 0);
}

static void
test_custody_changed_bytes_are_named_and_hinder_opening(void **state)
{
    static const struct {
        const char *sql;
        uint64_t arrival;
        ts_err_t code;
    } rows[] = {
        /* a payload byte, a header byte, a signature byte, cut short */
        {"UPDATE segment SET bytes = CAST(substr(bytes, 1, 300) || x'00' || substr(bytes, 302) AS "
         "BLOB) "
         "WHERE arrival = 5",
         5, TS_ERR_HASH},
        {"UPDATE segment SET bytes = CAST(substr(bytes, 1, 60) || x'ff' || substr(bytes, 62) AS "
         "BLOB) "
         "WHERE arrival = 6",
         6, TS_ERR_HASH},
        {"UPDATE segment SET bytes = CAST(substr(bytes, 1, 200) || x'0102' || substr(bytes, 203) "
         "AS BLOB) "
         "WHERE arrival = 7",
         7, TS_ERR_HASH},
        {"UPDATE segment SET bytes = substr(bytes, 1, 400) WHERE arrival = 8", 8, TS_ERR_HASH},
        /* rows that tell other things than the header */
        {"UPDATE segment SET first_seq = first_seq + 1 WHERE arrival = 9", 9, TS_ERR_CHAIN},
        {"UPDATE segment SET prev = 3 WHERE arrival = 9", 9, TS_ERR_CHAIN},
    };
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_two_logs(world);
    char *path = ts_tempdir_path(world->folder, "whole.sqlite");
    assert_int_equal(ts_custody_backup(world->custody, path), TS_ERR_OK);
    ts_custody_world_close(world);
    char *store = ts_tempdir_path(world->folder, "custody.sqlite");
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        ts_custody_world_behind(world, rows[i].sql);
        world->options.repair = false;
        assert_int_equal(ts_custody_world_open(world), TS_ERR_CORRUPT);
        world->options.repair = true;
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        ts_found_t found = verify(world);
        assert_int_equal(found.count, 1);
        assert_int_equal(found.first.arrival, rows[i].arrival);
        assert_int_equal(found.first.code, rows[i].code);
        bool of_log = ts_hash_equal(&found.first.log, &log.tip.log);
        assert_int_equal(of_log, rows[i].arrival % 2 == 1);
        ts_custody_world_close(world);
        char sql[600];
        (void)snprintf(sql, sizeof sql,
                       "ATTACH '%s' AS w; INSERT OR REPLACE INTO segment SELECT * FROM w.segment",
                       path);
        ts_custody_world_behind(world, sql);
    }
    world->options.repair = false;
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    assert_int_equal(verify(world).count, 0);
    free(store);
    free(path);
}

static ts_err_t
refuse_third(void *context, const ts_segment_view_t *view, const ts_log_info_t *info)
{
    (void)context;
    assert_int_equal(info->office, 1);
    return view->header.first_seq == 5 ? TS_ERR_SIGNATURE : TS_ERR_OK;
}

static void
test_custody_verify_asks_the_further_check(void **state)
{
    ts_custody_world_t *world = *state;
    (void)ts_custody_world_two_logs(world);
    ts_found_t found = {.count = 0};
    ts_custody_verify_t verifying = {
        .next_arrival = 1, .check = refuse_third, .report = find, .context = &found};
    bool done = false;
    assert_int_equal(ts_custody_verify(world->custody, &verifying, 1000, &done), TS_ERR_OK);
    assert_true(done);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.first.code, TS_ERR_SIGNATURE);
}

static void
test_custody_repair_takes_only_the_right_bytes(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_t made;
    ts_made_t other;
    ts_made_next(&log, 1, 500, &made);
    (void)ts_custody_world_expect(world, &made, TS_PUT_STORED);
    ts_made_next(&log, 1, 500, &other);
    ts_custody_world_close(world);
    ts_custody_world_behind(world, "UPDATE segment SET bytes = zeroblob(744) WHERE arrival = 2");
    world->options.repair = true;
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    assert_int_equal(verify(world).count, 1);
    assert_int_equal(ts_custody_begin(world->custody, "repair"), TS_ERR_OK);
    assert_int_equal(ts_custody_repair(world->custody, &other.view, &made.hash), TS_ERR_HASH);
    assert_int_equal(ts_custody_repair(world->custody, &other.view, &other.hash), TS_ERR_NOTFOUND);
    assert_int_equal(ts_custody_repair(world->custody, &made.view, &made.hash), TS_ERR_OK);
    assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
    assert_int_equal(verify(world).count, 0);
    ts_made_free(&made);
    ts_made_free(&other);
}

/* ---- opening a damaged store ---- */

static void
test_custody_open_with_lost_rows_is_corrupt_and_tells(void **state)
{
    static const char *const losses[] = {
        "DELETE FROM segment WHERE arrival = 14", /* the newest */
        "DELETE FROM segment WHERE arrival = 6",  /* one in the middle */
        "UPDATE segment SET hash = CAST(x'00' || substr(hash, 2) AS BLOB) WHERE arrival = 7",
        "UPDATE log SET segments = segments - 1 WHERE id = 2",
        "UPDATE meta SET value = 15 WHERE name = 'arrival'",
        "DELETE FROM log WHERE id = 1",
    };
    ts_custody_world_t *world = *state;
    for (size_t i = 0; i < TS_COUNT(losses); i++) {
        if (world->custody == NULL) {
            assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        }
        if (ts_custody_arrival(world->custody) == 0) {
            (void)ts_custody_world_two_logs(world);
        }
        char *whole = ts_tempdir_path(world->folder, "whole.sqlite");
        char *path = ts_tempdir_path(world->folder, "custody.sqlite");
        (void)remove(whole);
        assert_int_equal(ts_custody_backup(world->custody, whole), TS_ERR_OK);
        ts_custody_world_close(world);
        ts_custody_world_behind(world, losses[i]);
        assert_int_equal(ts_custody_world_open(world), TS_ERR_CORRUPT);
        assert_null(world->custody);
        assert_non_null(world->detail.id);
        /* Looking is possible, writing is not. */
        world->options.inspect = true;
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_CORRUPT);
        ts_custody_world_close(world);
        world->options.inspect = false;
        assert_int_equal(rename(whole, path), 0);
        free(whole);
        free(path);
    }
}

static void
test_custody_open_after_unclean_end_reads_every_page(void **state)
{
    ts_custody_world_t *world = *state;
    (void)ts_custody_world_two_logs(world);
    ts_custody_world_close(world);
    ts_custody_world_behind(
        world, "UPDATE meta SET value = 0 WHERE name = 'clean'; PRAGMA wal_checkpoint(TRUNCATE)");
    char *path = ts_tempdir_path(world->folder, "custody.sqlite");
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    uint8_t page[4096];
    /* A leaf of a table says that it has more cells than it has. */
    bool hit = false;
    for (long at = 4096; fread(page, 1, sizeof page, file) == sizeof page && !hit;
         at = ftell(file)) {
        if (at > 8192 && page[0] == 0x0d && page[5] != 0) {
            page[3] = 0x7f; /* number of cells */
            assert_int_equal(fseek(file, -(long)sizeof page, SEEK_CUR), 0);
            assert_int_equal(fwrite(page, 1, sizeof page, file), sizeof page);
            hit = true;
        }
    }
    assert_true(hit);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(ts_custody_world_open(world), TS_ERR_CORRUPT);
    assert_non_null(world->detail.id);
    free(path);
}

static void
test_custody_open_names_the_segments_that_cannot_be_read(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_two_logs(world);
    ts_custody_world_close(world);
    ts_custody_world_behind(world, "DELETE FROM segment WHERE arrival = 6");
    assert_int_equal(ts_custody_world_open(world), TS_ERR_CORRUPT);
    char *text = ts_msg_fill(&world->detail, world->detail.id);
    assert_non_null(strstr(text, "#6 "));
    assert_non_null(strstr(text, "fetched again"));
    assert_non_null(strstr(text, "custody.sqlite"));
    free(text);
    (void)log;
}

/* Nobody else has them: they are neither sealed nor thrown away when a bit turned. */
static void
test_custody_open_with_a_rotten_tail_is_corrupt_and_names_the_entry(void **state)
{
    static const struct {
        const char *rot;
        const char *mend;
        const char *names; /* argument of the message */
    } rows[] = {
        {"UPDATE tail SET event = CAST('twp' AS BLOB) WHERE counter = 2",
         "UPDATE tail SET event = CAST('two' AS BLOB) WHERE counter = 2", "2"},
        {"UPDATE tail SET event_id = CAST(substr(event_id, 1, 31) || x'00' AS BLOB) "
         "WHERE counter = 3",
         "UPDATE tail SET event_id = (SELECT event_id FROM w.tail WHERE counter = 3) "
         "WHERE counter = 3",
         "3"},
        {"UPDATE tail SET log = 77 WHERE counter = 1", "UPDATE tail SET log = 1 WHERE counter = 1",
         "1"},
        {"UPDATE tail SET counter = 259 WHERE counter = 3",
         "UPDATE tail SET counter = 3 WHERE counter = 259", "259"},
    };
    static const char *const entries[] = {"one", "two", "three"};
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    for (size_t i = 0; i < TS_COUNT(entries); i++) {
        (void)ts_custody_world_append(world, &log.tip.log, entries[i]);
    }
    char *whole = ts_tempdir_path(world->folder, "whole.sqlite");
    assert_int_equal(ts_custody_backup(world->custody, whole), TS_ERR_OK);
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        char sql[600];
        ts_custody_world_close(world);
        ts_custody_world_behind(world, rows[i].rot);
        for (int repair = 0; repair < 2; repair++) {
            world->options.repair = repair == 1;
            assert_int_equal(ts_custody_world_open(world), TS_ERR_CORRUPT);
            char *told = ts_msg_fill(&world->detail, world->detail.id);
            (void)snprintf(sql, sizeof sql, "saved entry %s,", rows[i].names);
            assert_non_null(strstr(told, sql));
            free(told);
        }
        (void)snprintf(sql, sizeof sql, "ATTACH '%s' AS w; %s", whole, rows[i].mend);
        ts_custody_world_behind(world, sql); /* it was still there */
        world->options.repair = false;
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    }
    free(whole);
}

/* An entry that its log does not find would never be sealed. */
static void
test_custody_open_with_an_entry_out_of_its_index_is_corrupt(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    (void)ts_custody_world_append(world, &log.tip.log, "one");
    ts_custody_world_close(world);
    ts_custody_world_behind(
        world, "PRAGMA writable_schema = ON; CREATE TABLE kept AS SELECT * FROM sqlite_schema "
               "WHERE name = 'tail_by_log'; DELETE FROM sqlite_schema "
               "WHERE name = 'tail_by_log'");
    ts_custody_world_behind(
        world, "INSERT INTO tail SELECT 2, log, event_id, event FROM tail; UPDATE meta "
               "SET value = 2 WHERE name = 'tail_counter'; PRAGMA writable_schema = ON; "
               "INSERT INTO sqlite_schema SELECT * FROM kept; DROP TABLE kept");
    assert_int_equal(ts_custody_world_open(world), TS_ERR_CORRUPT);
    char *told = ts_msg_fill(&world->detail, world->detail.id);
    assert_non_null(strstr(told, "not in their index"));
    free(told);
}

/* What rots while the store is open is seen when it is read, which is before it is sealed. */
static void
test_custody_rotten_entry_is_not_read_from_the_tail(void **state)
{
    ts_custody_world_t *world = *state;
    ts_tail_event_t event = {.counter = 0};
    ts_buf_t bytes = {0};
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    (void)ts_custody_world_append(world, &log.tip.log, "one");
    ts_custody_t *open = world->custody;
    world->custody = NULL;
    ts_custody_world_behind(world, "UPDATE tail SET event = CAST('onf' AS BLOB)");
    world->custody = open;
    assert_int_equal(ts_custody_tail_next(open, NULL, 0, &event, NULL), TS_ERR_OK);
    assert_int_equal(ts_custody_tail_next(open, NULL, 0, &event, &bytes), TS_ERR_CORRUPT);
    assert_int_equal(ts_custody_failed(open), TS_ERR_CORRUPT);
    ts_buf_free(&bytes);
}

static void
test_custody_open_without_facts_is_not_made_anew(void **state)
{
    ts_custody_world_t *world = *state;
    (void)ts_custody_world_two_logs(world);
    ts_custody_world_close(world);
    ts_custody_world_behind(world, "DELETE FROM meta WHERE name = 'store_id'");
    assert_int_equal(ts_custody_world_open(world), TS_ERR_CORRUPT);
    char *path = ts_tempdir_path(world->folder, "custody.sqlite");
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    free(path);
}

/* The start must say so, not count to the end of the number. */
static void
test_custody_open_with_a_counter_beyond_all_bounds_is_corrupt_at_once(void **state)
{
    static const char *const numbers[] = {"4294967296", "9223372036854775807"};
    ts_custody_world_t *world = *state;
    (void)ts_custody_world_two_logs(world);
    ts_custody_world_close(world);
    for (size_t i = 0; i < TS_COUNT(numbers); i++) {
        char sql[120];
        (void)snprintf(sql, sizeof sql, "UPDATE meta SET value = %s WHERE name = 'arrival'",
                       numbers[i]);
        ts_custody_world_behind(world, sql);
        assert_int_equal(ts_custody_world_open(world), TS_ERR_CORRUPT);
        world->options.inspect = true;
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        ts_found_t found = {.count = 0};
        ts_custody_verify_t verify = {.next_arrival = 1, .report = find, .context = &found};
        bool done = false;
        assert_int_equal(ts_custody_verify(world->custody, &verify, SIZE_MAX, &done), TS_ERR_OK);
        assert_true(done);
        assert_int_equal(found.first.arrival, 15);
        assert_int_equal(found.first.code, TS_ERR_CORRUPT);
        ts_custody_world_close(world);
        world->options.inspect = false;
    }
    static const char *const names[] = {"arrival", "tail_counter", "boot"};
    for (size_t i = 0; i < TS_COUNT(names); i++) {
        char sql[120];
        (void)snprintf(sql, sizeof sql, "UPDATE meta SET value = -1 WHERE name = '%s'", names[i]);
        ts_custody_world_behind(world, sql);
        assert_int_equal(ts_custody_world_open(world), TS_ERR_CORRUPT);
        (void)snprintf(sql, sizeof sql, "UPDATE meta SET value = 14 WHERE name = '%s'", names[i]);
        ts_custody_world_behind(world, sql);
    }
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
}

int
main(void)
{
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, ts_custody_world_setup, ts_custody_world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_custody_verify_of_whole_store_finds_nothing),
        CASE(test_custody_changed_bytes_are_named_and_hinder_opening),
        CASE(test_custody_verify_asks_the_further_check),
        CASE(test_custody_repair_takes_only_the_right_bytes),
        CASE(test_custody_open_with_lost_rows_is_corrupt_and_tells),
        CASE(test_custody_open_after_unclean_end_reads_every_page),
        CASE(test_custody_open_names_the_segments_that_cannot_be_read),
        CASE(test_custody_open_with_a_rotten_tail_is_corrupt_and_names_the_entry),
        CASE(test_custody_open_with_an_entry_out_of_its_index_is_corrupt),
        CASE(test_custody_rotten_entry_is_not_read_from_the_tail),
        CASE(test_custody_open_without_facts_is_not_made_anew),
        CASE(test_custody_open_with_a_counter_beyond_all_bounds_is_corrupt_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
