/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what is rare in custody is answered as the header says: facts that are gone, a store that
 * cannot be made, logs and segments that are not what was asked for, lists longer than their room.
 * Method: a store with two logs, changed behind its back or asked for what it has not.
 */
#include "crypto/hash.h"
#include "store/witness.h"
#include "support/custody_world.h"
#include "support/sqlfault.h"
#include "support/tempdir.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
test_custody_edges_fact_that_is_gone_is_corrupt_and_named(void **state)
{
    static const char *const names[] = {"boot", "clean", "arrival", "tail_counter", "deployment"};
    ts_custody_world_t *world = *state;
    for (size_t i = 0; i < TS_COUNT(names); i++) {
        char sql[160];
        ts_custody_world_close(world);
        (void)snprintf(sql, sizeof sql,
                       "CREATE TABLE kept AS SELECT * FROM meta WHERE name = '%s'; "
                       "DELETE FROM meta WHERE name = '%s'",
                       names[i], names[i]);
        ts_custody_world_behind(world, sql);
        assert_int_equal(ts_custody_world_open(world), TS_ERR_CORRUPT);
        char *said = ts_msg_fill(&world->detail, world->detail.id);
        assert_non_null(strstr(said, names[i]));
        free(said);
        /* Nobody has to hear why. */
        ts_custody_t *none = NULL;
        assert_int_equal(ts_custody_open(&none, &world->options, NULL), TS_ERR_CORRUPT);
        ts_custody_world_behind(world, "INSERT INTO meta SELECT * FROM kept; DROP TABLE kept");
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    }
}

/* Joining over a disk that is full at each statement: once there is room it is done. */
static void
test_custody_edges_store_that_could_not_be_made_is_made_later(void **state)
{
    ts_custody_world_t *world = *state;
    char *path = ts_tempdir_path(world->folder, "custody.sqlite");
    char *wal = ts_tempdir_path(world->folder, "custody.sqlite-wal");
    bool fired = true;
    for (uint64_t k = 1; fired; k++) {
        ts_custody_world_close(world);
        ts_faultvfs_put(world->vfs, path, (ts_bytes_t){(const uint8_t *)"", 0});
        ts_faultvfs_put(world->vfs, wal, (ts_bytes_t){(const uint8_t *)"", 0});
        world->options.create = true;
        ts_sqlfault_arm(TS_SQL_STEP, SQLITE_FULL, k);
        ts_err_t err = ts_custody_world_open(world);
        fired = ts_sqlfault_disarm();
        assert_true(fired || err == TS_ERR_OK);
        if (err != TS_ERR_OK) {
            assert_int_equal(err, TS_ERR_FULL);
            assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        }
        world->options.create = false;
        assert_int_equal(ts_custody_arrival(world->custody), 0);
        ts_id16_t id = ts_custody_store_id(world->custody);
        assert_memory_equal(&id, &world->options.new_store_id, sizeof id);
    }
    free(wal);
    free(path);
}

/* Each fact of a log by itself. */
static void
test_custody_edges_each_rotten_fact_of_a_log_is_put_right(void **state)
{
    static const char *const changes[] = {
        "purpose = 3",
        "audience = 3",
        "audience_unit = 9",
        "node_key = zeroblob(32)",
        "node_curve_key = zeroblob(32)",
        "invite_key = zeroblob(32)",
        "predecessor_log = invite_key",
        "predecessor_seq = 8",
        "predecessor_hash = invite_key",
    };
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_log_info_t right;
    ts_log_info_t found;
    assert_int_equal(ts_custody_log(world->custody, &log.tip.log, &right), TS_ERR_OK);
    for (size_t i = 0; i < TS_COUNT(changes); i++) {
        char sql[100];
        ts_custody_world_close(world);
        (void)snprintf(sql, sizeof sql, "UPDATE log SET %s", changes[i]);
        ts_custody_world_behind(world, sql);
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        assert_int_equal(ts_custody_log(world->custody, &log.tip.log, &found), TS_ERR_OK);
        assert_int_equal(found.purpose, right.purpose);
        assert_int_equal(found.audience, right.audience);
        assert_int_equal(found.audience_unit, right.audience_unit);
        assert_memory_equal(&found.node_key, &right.node_key, sizeof right.node_key);
        assert_memory_equal(&found.node_curve_key, &right.node_curve_key, sizeof right.node_key);
        assert_memory_equal(&found.invite_key, &right.invite_key, sizeof right.node_key);
        assert_memory_equal(&found.predecessor, &right.predecessor, sizeof right.predecessor);
    }
}

static void
test_custody_edges_genesis_that_contradicts_itself_is_refused(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log;
    ts_made_t made;
    ts_made_t bad;
    ts_made_genesis(&log, TS_PURPOSE_RECORDS, 1, 1, &made);
    /* A purpose that there is not; head and hashes are right. */
    ts_buf_t bytes = {0};
    ts_segment_header_t header = made.view.header;
    uint8_t payload[TS_GENESIS_BYTES];
    memcpy(payload, made.view.payload.data, sizeof payload);
    for (size_t i = 0; i < 8; i++) {
        payload[i] ^= 0x55;
    }
    header.payload_hash = ts_hash_of(payload, sizeof payload);
    ts_segment_put_header(&bytes, &header);
    memset(ts_buf_extend(&bytes, TS_SEGMENT_SIGNATURE_BYTES), 1, TS_SEGMENT_SIGNATURE_BYTES);
    ts_buf_put(&bytes, payload, sizeof payload);
    ts_made_from(ts_buf_bytes(&bytes), &bad);
    ts_put_result_t result = ts_custody_world_expect(world, &bad, TS_PUT_REFUSED);
    assert_int_equal(result.code, TS_ERR_INVALID);
    assert_false(ts_custody_world_holds(world, &bad.hash));
    ts_buf_free(&bytes);
    ts_made_free(&bad);
    ts_made_free(&made);
}

static void
test_custody_edges_what_is_not_held_is_said(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_log_t other = ts_custody_world_log(world, TS_PURPOSE_ACTS, 1, 2);
    const ts_hash_t nothing = ts_hash_of("nothing", 7);
    const ts_id16_t stranger = ts_custody_world_store('z');
    ts_held_segment_t segment;
    ts_custody_peer_t peer;
    ts_log_info_t info = {.log = nothing};
    ts_tip_t tips[2];
    size_t count = 9;
    uint64_t seq = 9;
    bool on = true;
    assert_int_equal(ts_custody_on_chain(world->custody, &log.tip.hash, &other.tip.hash, &on),
                     TS_ERR_OK);
    assert_false(on);
    assert_int_equal(ts_custody_on_chain(world->custody, &log.tip.hash, &nothing, &on),
                     TS_ERR_NOTFOUND);
    assert_int_equal(ts_custody_back(world->custody, &nothing, 1, &segment), TS_ERR_NOTFOUND);
    assert_int_equal(ts_custody_at(world->custody, &nothing, 1, &segment, NULL), TS_ERR_NOTFOUND);
    assert_int_equal(ts_custody_at(world->custody, &log.tip.hash, 5, &segment, NULL),
                     TS_ERR_NOTFOUND);
    assert_int_equal(ts_custody_log_next(world->custody, &info), TS_ERR_NOTFOUND);
    assert_int_equal(ts_custody_peer_get(world->custody, 9, &peer), TS_ERR_NOTFOUND);
    assert_int_equal(ts_custody_held_tips(world->custody, &stranger, &log.tip.log, tips, 2, &count),
                     TS_ERR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(ts_custody_held_seq(world->custody, NULL, &nothing, &seq), TS_ERR_OK);
    assert_int_equal(seq, 0);
    assert_int_equal(ts_custody_held_segment(world->custody, &stranger, &log.tip.hash, &on),
                     TS_ERR_OK);
    assert_false(on);
    assert_int_equal(ts_custody_begin(world->custody, "nobody's"), TS_ERR_OK);
    assert_int_equal(ts_custody_own_set(world->custody, &nothing, TS_OWN_PAST), TS_ERR_NOTFOUND);
    assert_int_equal(ts_custody_held_clear(world->custody, &stranger), TS_ERR_OK);
    assert_int_equal(ts_custody_tail_move(world->custody, &log.tip.log, &nothing), TS_ERR_NOTFOUND);
    assert_int_equal(ts_custody_tail_move(world->custody, &nothing, &log.tip.log), TS_ERR_NOTFOUND);
    ts_custody_rollback(world->custody);
}

/* Two branches, and room for one. */
static void
test_custody_edges_lists_end_where_their_room_ends(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_log_t branch = log;
    ts_made_t made;
    ts_custody_tip_t tips[2];
    ts_waiting_t waiting[2];
    size_t count = 0;
    (void)ts_custody_world_extend(world, &log, 2);
    (void)ts_custody_world_extend(world, &branch, 1);
    for (uint64_t seed = 5; seed < 7; seed++) {
        ts_made_log_t unknown;
        ts_made_t genesis;
        ts_made_genesis(&unknown, TS_PURPOSE_RECORDS, 3, seed, &genesis);
        ts_made_next(&unknown, 1, 9, &made);
        (void)ts_custody_world_expect(world, &made, TS_PUT_WAITING);
        ts_made_free(&made);
        ts_made_free(&genesis);
    }
    assert_int_equal(ts_custody_log_tips(world->custody, &log.tip.log, tips, 1, &count), TS_ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(ts_custody_tips_at(world->custody, &log.tip.log, 3, tips, 1, &count),
                     TS_ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(ts_custody_waiting_list(world->custody, NULL, waiting, 1, &count), TS_ERR_OK);
    assert_int_equal(count, 1);
    ts_hash_t after = waiting[0].missing;
    assert_int_equal(ts_custody_waiting_list(world->custody, &after, waiting, 2, &count),
                     TS_ERR_OK);
    assert_int_equal(count, 1);
}

/* The oldest segment that is not held, over several logs of which some are held in part. */
static void
test_custody_edges_oldest_open_segment_is_that_of_all_logs(void **state)
{
    ts_custody_world_t *world = *state;
    const ts_id16_t p = ts_custody_world_store('p');
    ts_custody_status_t status;
    ts_made_log_t logs[3];
    assert_int_equal(ts_custody_status(world->custody, &p, &status), TS_ERR_OK);
    assert_int_equal(status.oldest_open_ms, 0);
    for (uint8_t i = 0; i < 3; i++) {
        logs[i] = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 20u + i);
        assert_int_equal(ts_custody_begin(world->custody, "held"), TS_ERR_OK);
        assert_int_equal(ts_custody_held_add(world->custody, &p, &logs[i].tip, NULL), TS_ERR_OK);
        assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
        /* 500, 300, 400 */
        world->source.received_ms = i == 0 ? 500 : 200 + 100 * i;
        (void)ts_custody_world_extend(world, &logs[i], 1);
    }
    assert_int_equal(ts_custody_status(world->custody, &p, &status), TS_ERR_OK);
    assert_int_equal(status.oldest_open_ms, 300);
    assert_int_equal(status.sealed_events, 3);
    assert_int_equal(status.held_events, 0);
    assert_int_equal(ts_custody_status(world->custody, &world->options.new_store_id, &status),
                     TS_ERR_OK);
    assert_int_equal(status.held_events, 0);
}

/* Of a store that is opened to be put right, nothing is judged by its content. */
static void
test_custody_edges_open_for_repair_with_wrong_bytes(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    (void)ts_custody_world_extend(world, &log, 2);
    ts_custody_world_close(world);
    ts_custody_world_behind(world,
                            "UPDATE segment SET bytes = zeroblob(length(bytes)) WHERE arrival = 1");
    assert_int_equal(ts_custody_world_open(world), TS_ERR_CORRUPT);
    world->options.repair = true;
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    assert_false(ts_custody_was_checked(world->custody));
    ts_custody_world_close(world);
    world->options.repair = false;
}

static ts_err_t
say_corrupt(void *context, uint64_t arrival, ts_bytes_t bytes)
{
    (void)context;
    (void)arrival;
    (void)bytes;
    return TS_ERR_CORRUPT;
}

/* What the reader found wrong is said, though the disk said nothing. */
static void
test_custody_edges_read_back_says_why(void **state)
{
    ts_custody_world_t *world = *state;
    (void)ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    assert_int_equal(ts_custody_read_back(world->custody, 1, 1, say_corrupt, NULL), TS_ERR_CORRUPT);
    const ts_msg_t *why = ts_custody_detail(world->custody);
    assert_non_null(why->id);
    assert_non_null(why->args[0]);
    assert_int_equal(ts_custody_failed(world->custody), TS_ERR_CORRUPT);
}

/* ---- the witness */

static ts_witness_t *
open_witness(const ts_custody_world_t *world)
{
    ts_witness_t *witness = NULL;
    char *path = ts_tempdir_path(world->folder, "witness");
    const ts_witness_options_t options = {
        .path = path, .vfs = world->options.vfs, .hash = ts_hash_of};
    assert_int_equal(ts_witness_open(&witness, &options, NULL), TS_ERR_OK);
    free(path);
    return witness;
}

/* Custody that cannot be read gives no verdict at all, with nothing remembered and with two tips.
 */
static void
test_custody_edges_witness_judges_only_what_it_could_read(void **state)
{
    static const ts_witness_verdict_t expected[] = {TS_WITNESS_MISSING, TS_WITNESS_NORMAL};
    ts_custody_world_t *world = *state;
    ts_witness_t *witness = open_witness(world);
    ts_made_log_t past = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    ts_made_log_t own = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 2);
    (void)ts_custody_world_extend(world, &own, 2);
    const ts_witness_place_t place = {.boot = 1};
    const ts_tip_t tips[] = {past.tip, own.tip};
    (void)ts_custody_world_extend(world, &own, 2);
    for (size_t i = 0; i < TS_COUNT(expected); i++) {
        bool fired = true;
        for (uint64_t k = 1; fired; k++) {
            ts_witness_verdict_t verdict = TS_WITNESS_CLONED;
            ts_sqlfault_arm(TS_SQL_STEP, SQLITE_FULL, k);
            ts_err_t err = ts_witness_compare(witness, world->custody, &place, &verdict);
            fired = ts_sqlfault_disarm();
            assert_int_equal(err, fired ? TS_ERR_FULL : TS_ERR_OK);
            assert_int_equal(verdict, fired ? TS_WITNESS_CLONED : expected[i]);
        }
        assert_int_equal(ts_witness_advance(witness, &place, tips, TS_COUNT(tips)), TS_ERR_OK);
    }
    ts_witness_destroy(&witness);
    ts_witness_destroy(&witness);
}

/* A tip that stands at another place than was remembered, or beside another, is not the same past.
 */
static void
test_custody_edges_witness_tells_what_is_unlike(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t own = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 2);
    ts_made_log_t branch = own;
    const ts_witness_place_t place = {.boot = 1};
    ts_witness_verdict_t verdict = TS_WITNESS_FRESH;
    (void)ts_custody_world_extend(world, &own, 2);
    ts_tip_t right = own.tip;
    ts_tip_t number = own.tip;
    number.seq++;
    ts_tip_t log = own.tip;
    log.log.b[0] ^= 1;
    const struct {
        const ts_tip_t *tip;
        ts_witness_verdict_t verdict;
        bool forked;
    } rows[] = {{&right, TS_WITNESS_NORMAL, false},
                {&number, TS_WITNESS_UNLIKE, false},
                {&log, TS_WITNESS_UNLIKE, false},
                {&right, TS_WITNESS_UNLIKE, true}};
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        ts_witness_t *witness = open_witness(world);
        ts_witness_forget(witness, &right.log);
        ts_witness_forget(witness, &log.log);
        if (rows[i].forked) {
            (void)ts_custody_world_extend(world, &branch, 1);
        }
        assert_int_equal(ts_witness_advance(witness, &place, rows[i].tip, 1), TS_ERR_OK);
        assert_int_equal(ts_witness_compare(witness, world->custody, &place, &verdict), TS_ERR_OK);
        assert_int_equal(verdict, rows[i].verdict);
        ts_witness_destroy(&witness);
    }
}

/* The same number with another hash takes the place of the one before, an older number does not;
 * what one does not know of the machine tells nothing. */
static void
test_custody_edges_witness_remembers_the_newest(void **state)
{
    ts_custody_world_t *world = *state;
    ts_witness_t *witness = open_witness(world);
    ts_made_log_t own = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 2);
    ts_tip_t tip = own.tip;
    ts_tip_t found;
    const ts_id16_t machine = ts_custody_world_store('m');
    const ts_witness_place_t places[] = {{.boot = 1},
                                         {.boot = 1, .inode = 5},
                                         {.boot = 1, .machine = machine},
                                         {.boot = 1, .machine = machine, .inode = 5},
                                         {.boot = 2, .inode = 5}};
    for (size_t i = 0; i < TS_COUNT(places); i++) {
        ts_witness_verdict_t verdict = TS_WITNESS_FRESH;
        assert_int_equal(ts_witness_advance(witness, &places[i], &tip, 1), TS_ERR_OK);
        for (size_t k = i; k < TS_COUNT(places); k++) {
            assert_int_equal(ts_witness_compare(witness, world->custody, &places[k], &verdict),
                             TS_ERR_OK);
            assert_int_equal(verdict, TS_WITNESS_NORMAL);
        }
    }
    tip.seq = 4;
    assert_int_equal(ts_witness_advance(witness, &places[0], &tip, 1), TS_ERR_OK);
    tip.hash.b[3] ^= 1;
    assert_int_equal(ts_witness_advance(witness, &places[0], &tip, 1), TS_ERR_OK);
    ts_tip_t older = own.tip;
    older.seq = 3;
    assert_int_equal(ts_witness_advance(witness, &places[0], &older, 1), TS_ERR_OK);
    assert_int_equal(ts_witness_tip(witness, &tip.log, &found), TS_ERR_OK);
    assert_memory_equal(&found, &tip, sizeof tip);
    ts_witness_destroy(&witness);
    witness = open_witness(world);
    assert_int_equal(ts_witness_tip(witness, &tip.log, &found), TS_ERR_OK);
    assert_memory_equal(&found, &tip, sizeof tip);
    ts_witness_destroy(&witness);
}

int
main(void)
{
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, ts_custody_world_setup_memory, ts_custody_world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_custody_edges_fact_that_is_gone_is_corrupt_and_named),
        CASE(test_custody_edges_store_that_could_not_be_made_is_made_later),
        CASE(test_custody_edges_each_rotten_fact_of_a_log_is_put_right),
        CASE(test_custody_edges_genesis_that_contradicts_itself_is_refused),
        CASE(test_custody_edges_what_is_not_held_is_said),
        CASE(test_custody_edges_lists_end_where_their_room_ends),
        CASE(test_custody_edges_oldest_open_segment_is_that_of_all_logs),
        CASE(test_custody_edges_open_for_repair_with_wrong_bytes),
        CASE(test_custody_edges_read_back_says_why),
        CASE(test_custody_edges_witness_judges_only_what_it_could_read),
        CASE(test_custody_edges_witness_tells_what_is_unlike),
        CASE(test_custody_edges_witness_remembers_the_newest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
