/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: saved, held and anchored follow from noted tips alone, also in forked logs and after a peer
 * that takes its word back. Method: own logs, notes of two stores, figures compared with counting
 * by hand.
 */
#include "support/custody_world.h"

#include <string.h>

static void
begin(ts_custody_world_t *world)
{
    assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_OK);
}

static void
commit(ts_custody_world_t *world)
{
    assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
}

static void
note(ts_custody_world_t *world, uint8_t store, const ts_tip_t *tip)
{
    ts_id16_t id = ts_custody_world_store(store);
    bool known = false;
    begin(world);
    assert_int_equal(ts_custody_held_add(world->custody, &id, tip, &known), TS_ERR_OK);
    assert_true(known);
    commit(world);
}

static uint64_t
held_seq(ts_custody_world_t *world, uint8_t store, const ts_hash_t *log)
{
    ts_id16_t id = ts_custody_world_store(store);
    uint64_t seq = 99;
    assert_int_equal(ts_custody_held_seq(world->custody, &id, log, &seq), TS_ERR_OK);
    return seq;
}

static size_t
held_count(ts_custody_world_t *world, uint8_t store, const ts_hash_t *log)
{
    ts_id16_t id = ts_custody_world_store(store);
    ts_tip_t tips[8];
    size_t count = 99;
    assert_int_equal(ts_custody_held_tips(world->custody, &id, log, tips, 8, &count), TS_ERR_OK);
    return count;
}

static bool
held_segment(ts_custody_world_t *world, uint8_t store, const ts_hash_t *hash)
{
    ts_id16_t id = ts_custody_world_store(store);
    bool held = false;
    assert_int_equal(ts_custody_held_segment(world->custody, &id, hash, &held), TS_ERR_OK);
    return held;
}

static ts_custody_status_t
status(ts_custody_world_t *world, uint8_t store)
{
    ts_id16_t id = ts_custody_world_store(store);
    ts_custody_status_t status;
    assert_int_equal(ts_custody_status(world->custody, &id, &status), TS_ERR_OK);
    return status;
}

static void
test_custody_peer_marks_come_back(void **state)
{
    ts_custody_world_t *world = *state;
    ts_custody_peer_t peer = {31, ts_custody_world_store('q'), 17, 23, 1700000000123};
    ts_custody_peer_t found;
    assert_int_equal(ts_custody_peer_get(world->custody, 31, &found), TS_ERR_NOTFOUND);
    begin(world);
    assert_int_equal(ts_custody_peer_put(world->custody, &peer), TS_ERR_OK);
    peer.seen = 18;
    assert_int_equal(ts_custody_peer_put(world->custody, &peer), TS_ERR_OK);
    commit(world);
    ts_custody_world_close(world);
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    assert_int_equal(ts_custody_peer_get(world->custody, 31, &found), TS_ERR_OK);
    assert_int_equal(found.seen, 18);
    assert_int_equal(found.offered, 23);
    assert_int_equal(found.session_ms, 1700000000123);
    assert_true(ts_id16_equal(&found.store, &peer.store));
}

static void
test_custody_held_tip_covers_its_ancestors_and_replaces_them(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    ts_hash_t a = ts_custody_world_extend(world, &log, 2);
    ts_tip_t first = log.tip;
    ts_hash_t b = ts_custody_world_extend(world, &log, 2);
    ts_tip_t second = log.tip;
    ts_hash_t c = ts_custody_world_extend(world, &log, 2);
    assert_int_equal(held_seq(world, 'p', &log.tip.log), 0);
    note(world, 'p', &first);
    assert_int_equal(held_seq(world, 'p', &log.tip.log), 2);
    note(world, 'p', &second);
    assert_int_equal(held_seq(world, 'p', &log.tip.log), 4);
    assert_int_equal(held_count(world, 'p', &log.tip.log), 1);
    note(world, 'p', &first); /* an old word changes nothing */
    assert_int_equal(held_seq(world, 'p', &log.tip.log), 4);
    assert_int_equal(held_count(world, 'p', &log.tip.log), 1);
    assert_true(held_segment(world, 'p', &a));
    assert_true(held_segment(world, 'p', &b));
    assert_false(held_segment(world, 'p', &c));
    assert_false(held_segment(world, 'r', &a));
}

static void
test_custody_held_of_what_is_not_here_is_told_and_not_noted(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    ts_made_t lost;
    ts_made_next(&log, 1, 50, &lost);
    ts_made_free(&lost);
    ts_id16_t id = ts_custody_world_store('p');
    bool known = true;
    begin(world);
    assert_int_equal(ts_custody_held_add(world->custody, &id, &log.tip, &known), TS_ERR_OK);
    commit(world);
    assert_false(known);
    assert_int_equal(held_count(world, 'p', &log.tip.log), 0);
}

static void
test_custody_held_set_takes_the_word_of_now(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    (void)ts_custody_world_extend(world, &log, 2);
    ts_tip_t first = log.tip;
    (void)ts_custody_world_extend(world, &log, 2);
    note(world, 'p', &log.tip);
    ts_id16_t id = ts_custody_world_store('p');
    begin(world);
    assert_int_equal(ts_custody_held_set(world->custody, &id, &log.tip.log, &first, 1), TS_ERR_OK);
    commit(world);
    assert_int_equal(held_seq(world, 'p', &log.tip.log), 2);
    begin(world);
    assert_int_equal(ts_custody_held_set(world->custody, &id, &log.tip.log, NULL, 0), TS_ERR_OK);
    commit(world);
    assert_int_equal(held_count(world, 'p', &log.tip.log), 0);
    note(world, 'p', &log.tip);
    begin(world);
    assert_int_equal(ts_custody_held_clear(world->custody, &id), TS_ERR_OK);
    commit(world);
    assert_int_equal(held_count(world, 'p', &log.tip.log), 0);
}

static void
test_custody_status_counts_saved_held_anchored(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t records = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    ts_made_log_t acts = ts_custody_world_own(world, TS_PURPOSE_ACTS, 2);
    ts_made_log_t holdings = ts_custody_world_own(world, TS_PURPOSE_HOLDINGS, 3);
    ts_made_log_t foreign = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 9, 4);
    world->source.received_ms = 5000;
    (void)ts_custody_world_extend(world, &records, 10);
    ts_tip_t ten = records.tip;
    world->source.received_ms = 7000;
    (void)ts_custody_world_extend(world, &records, 5);
    (void)ts_custody_world_extend(world, &acts, 3);
    (void)ts_custody_world_extend(world, &holdings, 4);
    (void)ts_custody_world_extend(world, &foreign, 8);
    (void)ts_custody_world_append(world, &records.tip.log, "typed");
    ts_custody_status_t now = status(world, 'p');
    assert_int_equal(now.tail_events, 1);
    assert_int_equal(now.sealed_events, 18);
    assert_int_equal(now.held_events, 0);
    assert_int_equal(now.held_bytes, 0);
    assert_int_equal(now.oldest_open_ms, 5000);
    note(world, 'p', &ten);
    note(world, 'p', &acts.tip);
    note(world, 'p', &holdings.tip);
    now = status(world, 'p');
    assert_int_equal(now.held_events, 13);
    assert_int_equal(now.oldest_open_ms, 7000);
    assert_true(now.held_bytes < now.sealed_bytes);
    note(world, 'p', &records.tip);
    now = status(world, 'p');
    assert_int_equal(now.held_events, 18);
    assert_int_equal(now.held_bytes, now.sealed_bytes);
    assert_int_equal(now.oldest_open_ms, 0);
    /* The root knows of acts only. */
    note(world, 'r', &acts.tip);
    assert_int_equal(status(world, 'r').held_events, 3);
    assert_int_equal(status(world, 'r').sealed_events, 18);
}

static void
test_custody_status_of_forked_log_counts_each_branch_once(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    (void)ts_custody_world_extend(world, &log, 10);
    ts_made_log_t side = log;
    side.prng = ts_prng(8);
    (void)ts_custody_world_extend(world, &log, 1);
    (void)ts_custody_world_extend(world, &side, 20);
    (void)ts_custody_world_extend(world, &side, 300);
    assert_int_equal(status(world, 'p').sealed_events, 331);
    note(world, 'p', &side.tip);
    assert_int_equal(status(world, 'p').held_events, 330);
    assert_int_equal(held_seq(world, 'p', &log.tip.log), 330);
    note(world, 'p', &log.tip);
    ts_custody_status_t now = status(world, 'p');
    assert_int_equal(now.held_events, 331);
    assert_int_equal(now.held_bytes, now.sealed_bytes);
    assert_int_equal(held_count(world, 'p', &log.tip.log), 2);
}

static void
test_custody_counts_sum_up_the_store(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    (void)ts_custody_world_extend(world, &log, 2);
    ts_made_log_t side = log;
    side.prng = ts_prng(8);
    (void)ts_custody_world_extend(world, &log, 1);
    (void)ts_custody_world_extend(world, &side, 1);
    ts_custody_counts_t counts;
    assert_int_equal(ts_custody_counts(world->custody, &counts), TS_ERR_OK);
    assert_int_equal(counts.logs, 1);
    assert_int_equal(counts.segments, 4);
    assert_int_equal(counts.events, 4);
    assert_int_equal(counts.forked_logs, 1);
    assert_int_equal(counts.waiting, 0);
    assert_int_equal(counts.refused, 0);
}

int
main(void)
{
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, ts_custody_world_setup, ts_custody_world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_custody_peer_marks_come_back),
        CASE(test_custody_held_tip_covers_its_ancestors_and_replaces_them),
        CASE(test_custody_held_of_what_is_not_here_is_told_and_not_noted),
        CASE(test_custody_held_set_takes_the_word_of_now),
        CASE(test_custody_status_counts_saved_held_anchored),
        CASE(test_custody_status_of_forked_log_counts_each_branch_once),
        CASE(test_custody_counts_sum_up_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
