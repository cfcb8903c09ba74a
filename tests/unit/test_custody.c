/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: custody stores what hangs together, once, in dense order, and tells every other case apart;
 * facts, tail, seal, waiting room and refusals behave as custody.h says. Method: made segments, a
 * real store.
 */
#include "base/limits.h"
#include "crypto/hash.h"
#include "support/custody_world.h"
#include "support/tempdir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- opening ---- */

static void
test_custody_reopened_has_its_facts(void **state)
{
    ts_custody_world_t *world = *state;
    ts_id16_t id = ts_custody_world_store('s');
    ts_id16_t found = ts_custody_store_id(world->custody);
    assert_true(ts_id16_equal(&found, &id));
    assert_int_equal(ts_custody_boot(world->custody), 1);
    ts_custody_world_close(world);
    world->options.new_store_id = ts_custody_world_store('x');
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    found = ts_custody_store_id(world->custody);
    assert_true(ts_id16_equal(&found, &id));
    assert_int_equal(ts_custody_boot(world->custody), 2);
    assert_true(ts_custody_was_clean(world->custody));
    assert_true(ts_custody_inode(world->custody) != 0);
}

static void
test_custody_of_other_deployment_is_foreign(void **state)
{
    ts_custody_world_t *world = *state;
    ts_custody_world_close(world);
    world->options.deployment.b[0] ^= 1;
    assert_int_equal(ts_custody_world_open(world), TS_ERR_FOREIGN);
    assert_non_null(world->detail.id);
    assert_null(world->custody);
}

static void
test_custody_after_kill_is_unclean(void **state)
{
    ts_custody_world_t *world = *state;
    ts_fault_t fault = {.kind = TS_FAULT_CRASH, .on = TS_FAULT_ON_CHANGE, .at = 1};
    ts_faultvfs_arm(world->vfs, &fault);
    ts_custody_world_close(world);
    ts_faultvfs_power_cut(world->vfs, TS_CUT_ALL, 1);
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    assert_false(ts_custody_was_clean(world->custody));
}

static void
test_custody_new_store_id_stays(void **state)
{
    ts_custody_world_t *world = *state;
    ts_id16_t id = ts_custody_world_store('n');
    assert_int_equal(ts_custody_set_store_id(world->custody, &id), TS_ERR_OK);
    ts_custody_world_close(world);
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    ts_id16_t found = ts_custody_store_id(world->custody);
    assert_true(ts_id16_equal(&found, &id));
}

static void
test_custody_state_values_come_back(void **state)
{
    ts_custody_world_t *world = *state;
    ts_buf_t value = {0};
    uint64_t number = 9;
    assert_int_equal(ts_custody_state_get(world->custody, "key", &value), TS_ERR_NOTFOUND);
    assert_int_equal(ts_custody_number_get(world->custody, "counter", &number), TS_ERR_OK);
    assert_int_equal(number, 0);
    assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_OK);
    ts_bytes_t bytes = {(const uint8_t *)"a\0b", 3};
    assert_int_equal(ts_custody_state_put(world->custody, "key", bytes), TS_ERR_OK);
    assert_int_equal(ts_custody_number_put(world->custody, "counter", 12345678901), TS_ERR_OK);
    assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
    ts_custody_world_close(world);
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    assert_int_equal(ts_custody_state_get(world->custody, "key", &value), TS_ERR_OK);
    assert_int_equal(value.length, 3);
    assert_memory_equal(value.data, "a\0b", 3);
    assert_int_equal(ts_custody_number_get(world->custody, "counter", &number), TS_ERR_OK);
    assert_int_equal(number, 12345678901);
    ts_buf_free(&value);
}

/* ---- chain ---- */

static void
test_custody_arrivals_are_dense_over_logs(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t a = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_log_t b = ts_custody_world_log(world, TS_PURPOSE_ACTS, 1, 2);
    for (int i = 0; i < 5; i++) {
        (void)ts_custody_world_extend(world, &a, 2);
        (void)ts_custody_world_extend(world, &b, 3);
    }
    assert_int_equal(ts_custody_arrival(world->custody), 12);
    for (uint64_t arrival = 1; arrival <= 12; arrival++) {
        ts_held_segment_t segment;
        assert_int_equal(ts_custody_get(world->custody, arrival, &segment, NULL), TS_ERR_OK);
        assert_int_equal(segment.arrival, arrival);
    }
    ts_held_segment_t none;
    assert_int_equal(ts_custody_get(world->custody, 13, &none, NULL), TS_ERR_NOTFOUND);
}

static void
test_custody_rolled_back_arrival_is_given_again(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_t made;
    ts_put_result_t result;
    ts_made_next(&log, 1, 50, &made);
    assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_OK);
    assert_int_equal(
        ts_custody_put(world->custody, &made.view, &made.hash, &world->source, &result), TS_ERR_OK);
    assert_int_equal(result.arrival, 2);
    ts_custody_rollback(world->custody);
    assert_int_equal(ts_custody_arrival(world->custody), 1);
    assert_false(ts_custody_world_holds(world, &made.hash));
    assert_int_equal(ts_custody_world_expect(world, &made, TS_PUT_STORED).arrival, 2);
    ts_made_free(&made);
}

static void
test_custody_bytes_come_back_verbatim(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 9, 1);
    ts_made_t made;
    ts_buf_t bytes = {0};
    ts_held_segment_t segment;
    ts_made_next(&log, 4, 60000, &made);
    (void)ts_custody_world_expect(world, &made, TS_PUT_STORED);
    assert_int_equal(ts_custody_find(world->custody, &made.hash, &segment, &bytes), TS_ERR_OK);
    assert_int_equal(bytes.length, made.bytes.length);
    assert_memory_equal(bytes.data, made.bytes.data, bytes.length);
    assert_int_equal(segment.bytes, made.bytes.length);
    assert_int_equal(segment.first_seq, 1);
    assert_int_equal(segment.last_seq, 4);
    assert_int_equal(segment.prev_arrival, 1);
    assert_int_equal(segment.source.received_ms, world->source.received_ms);
    assert_true(ts_id16_equal(&segment.source.store, &world->source.store));
    ts_log_info_t info;
    assert_int_equal(ts_custody_log(world->custody, &log.tip.log, &info), TS_ERR_OK);
    assert_int_equal(info.office, 9);
    assert_int_equal(info.purpose, TS_PURPOSE_RECORDS);
    assert_false(info.forked);
    ts_buf_free(&bytes);
    ts_made_free(&made);
}

static void
test_custody_same_segment_again_is_duplicate(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_t made;
    ts_made_next(&log, 1, 50, &made);
    (void)ts_custody_world_expect(world, &made, TS_PUT_STORED);
    (void)ts_custody_world_extend(world, &log, 1);
    assert_int_equal(ts_custody_world_expect(world, &made, TS_PUT_DUPLICATE).arrival, 2);
    assert_int_equal(ts_custody_arrival(world->custody), 3);
    ts_made_free(&made);
    ts_made_log_t again;
    ts_made_genesis(&again, TS_PURPOSE_RECORDS, 1, 1, &made);
    assert_int_equal(ts_custody_world_expect(world, &made, TS_PUT_DUPLICATE).arrival, 1);
    ts_made_free(&made);
}

static void
test_custody_two_on_one_predecessor_is_fork_both_kept(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    (void)ts_custody_world_extend(world, &log, 2);
    ts_made_log_t other = log;
    other.prng = ts_prng(99);
    ts_hash_t first = ts_custody_world_extend(world, &log, 2);
    ts_made_t made;
    ts_made_next(&other, 3, 70, &made);
    ts_put_result_t result = ts_custody_world_expect(world, &made, TS_PUT_FORK);
    assert_int_equal(result.arrival, 4);
    assert_true(ts_custody_world_holds(world, &first));
    assert_true(ts_custody_world_holds(world, &made.hash));
    ts_log_info_t info;
    assert_int_equal(ts_custody_log(world->custody, &log.tip.log, &info), TS_ERR_OK);
    assert_true(info.forked);
    ts_custody_tip_t tips[4];
    size_t count = 0;
    assert_int_equal(ts_custody_log_tips(world->custody, &log.tip.log, tips, 4, &count), TS_ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(tips[0].tip.seq, 5);
    assert_true(ts_hash_equal(&tips[0].tip.hash, &made.hash));
    assert_true(ts_hash_equal(&tips[1].tip.hash, &first));
    /* Both branches go on. */
    ts_made_t next;
    ts_made_next(&log, 1, 50, &next);
    (void)ts_custody_world_expect(world, &next, TS_PUT_STORED);
    ts_made_free(&next);
    ts_made_free(&made);
}

static void
test_custody_number_that_does_not_follow_is_refused(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    (void)ts_custody_world_extend(world, &log, 2);
    ts_made_log_t odd = log;
    ts_made_t made;
    ts_made_odd(&odd, 0, 4, 1, &made);
    assert_int_equal(ts_custody_world_expect(world, &made, TS_PUT_REFUSED).code, TS_ERR_CHAIN);
    ts_made_free(&made);
    odd = log;
    ts_made_odd(&odd, 0, 2, 1, &made);
    assert_int_equal(ts_custody_world_expect(world, &made, TS_PUT_REFUSED).code, TS_ERR_CHAIN);
    ts_made_free(&made);
    assert_int_equal(ts_custody_arrival(world->custody), 2);
}

static void
test_custody_predecessor_in_other_log_is_not_a_predecessor(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t a = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_log_t b = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 2, 2);
    (void)ts_custody_world_extend(world, &a, 2);
    b.tip.seq = a.tip.seq;
    b.tip.hash = a.tip.hash;
    ts_made_t made;
    ts_made_next(&b, 1, 50, &made);
    ts_put_result_t result = ts_custody_world_put(world, &made);
    assert_true(result.outcome == TS_PUT_WAITING || result.outcome == TS_PUT_REFUSED);
    assert_false(ts_custody_world_holds(world, &made.hash));
    ts_made_free(&made);
}

static void
test_custody_closing_segment_closes_the_log(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    ts_made_t made;
    ts_made_odd(&log, TS_SEGMENT_CLOSES, 1, 1, &made);
    (void)ts_custody_world_expect(world, &made, TS_PUT_STORED);
    ts_made_free(&made);
    ts_log_info_t info;
    assert_int_equal(ts_custody_log(world->custody, &log.tip.log, &info), TS_ERR_OK);
    assert_true(info.closed);
    uint64_t counter = 0;
    assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_OK);
    assert_int_equal(ts_custody_append(world->custody, &log.tip.log, &log.tip.hash,
                                       (ts_bytes_t){NULL, 0}, &counter),
                     TS_ERR_DENIED);
    ts_custody_rollback(world->custody);
}

/* ---- waiting ---- */

/* Takes out of the waiting room all that this segment wakes, as a node does. */
static size_t
wake(ts_custody_world_t *world, const ts_hash_t *hash)
{
    size_t stored = 0;
    for (;;) {
        ts_buf_t bytes = {0};
        ts_made_t made;
        ts_put_source_t source;
        ts_put_result_t result;
        assert_int_equal(ts_custody_begin(world->custody, "wake"), TS_ERR_OK);
        ts_err_t err = ts_custody_waiting_take(world->custody, hash, &bytes, &source);
        if (err == TS_ERR_NOTFOUND) {
            ts_custody_rollback(world->custody);
            return stored;
        }
        assert_int_equal(err, TS_ERR_OK);
        ts_made_from(ts_buf_bytes(&bytes), &made);
        assert_int_equal(ts_custody_put(world->custody, &made.view, &made.hash, &source, &result),
                         TS_ERR_OK);
        assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
        ts_hash_t woken = made.hash;
        ts_made_free(&made);
        ts_buf_free(&bytes);
        if (result.outcome == TS_PUT_STORED) {
            stored++;
            stored += result.wakes ? wake(world, &woken) : 0;
        }
    }
}

static void
test_custody_gap_waits_and_is_woken_in_order(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_t made[4];
    for (int i = 0; i < 4; i++) {
        ts_made_next(&log, 2, 100, &made[i]);
    }
    for (int i = 3; i > 0; i--) {
        ts_put_result_t result = ts_custody_world_expect(world, &made[i], TS_PUT_WAITING);
        assert_true(ts_hash_equal(&result.missing, &made[i].view.header.prev));
        (void)ts_custody_world_expect(world, &made[i], TS_PUT_WAITING);
    }
    /* Only the first gap is asked for: what follows waits here. */
    ts_waiting_t list[8];
    size_t count = 0;
    assert_int_equal(ts_custody_waiting_list(world->custody, NULL, list, 8, &count), TS_ERR_OK);
    assert_int_equal(count, 1);
    assert_true(ts_hash_equal(&list[0].missing, &made[0].hash));
    assert_false(list[0].genesis_missing);
    ts_custody_counts_t counts;
    assert_int_equal(ts_custody_counts(world->custody, &counts), TS_ERR_OK);
    assert_int_equal(counts.waiting, 3);
    ts_put_result_t result = ts_custody_world_expect(world, &made[0], TS_PUT_STORED);
    assert_true(result.wakes);
    assert_int_equal(wake(world, &made[0].hash), 3);
    assert_int_equal(ts_custody_counts(world->custody, &counts), TS_ERR_OK);
    assert_int_equal(counts.waiting, 0);
    assert_int_equal(counts.segments, 5);
    assert_int_equal(counts.events, 8);
    for (int i = 0; i < 4; i++) {
        assert_true(ts_custody_world_holds(world, &made[i].hash));
        ts_made_free(&made[i]);
    }
}

static void
test_custody_without_genesis_waits_for_it(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log;
    ts_made_t genesis;
    ts_made_t next;
    ts_made_genesis(&log, TS_PURPOSE_ACTS, 3, 5, &genesis);
    ts_made_next(&log, 1, 50, &next);
    ts_put_result_t result = ts_custody_world_expect(world, &next, TS_PUT_WAITING);
    assert_true(ts_hash_equal(&result.missing, &genesis.hash));
    ts_waiting_t list[2];
    size_t count = 0;
    assert_int_equal(ts_custody_waiting_list(world->custody, NULL, list, 2, &count), TS_ERR_OK);
    assert_int_equal(count, 1);
    assert_true(list[0].genesis_missing);
    assert_true(ts_custody_world_expect(world, &genesis, TS_PUT_STORED).wakes);
    assert_int_equal(wake(world, &genesis.hash), 1);
    assert_int_equal(ts_custody_arrival(world->custody), 2);
    ts_made_free(&genesis);
    ts_made_free(&next);
}

static void
test_custody_waiting_room_of_a_log_is_bounded(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_t made;
    ts_made_next(&log, 1, 50, &made);
    ts_made_free(&made);
    size_t waiting = 0;
    ts_put_result_t result = {.outcome = TS_PUT_WAITING};
    while (result.outcome == TS_PUT_WAITING) {
        ts_made_next(&log, 1, 60000, &made);
        result = ts_custody_world_put(world, &made);
        ts_made_free(&made);
        waiting++;
        assert_true(waiting < 100);
    }
    assert_int_equal(result.outcome, TS_PUT_REFUSED);
    assert_int_equal(result.code, TS_ERR_LIMIT);
    assert_int_equal(waiting, TS_WAITING_LOG_BYTES_MAX / (60000 + TS_SEGMENT_FIXED_BYTES) + 1);
    ts_custody_counts_t counts;
    assert_int_equal(ts_custody_counts(world->custody, &counts), TS_ERR_OK);
    assert_true(counts.waiting_bytes <= TS_WAITING_LOG_BYTES_MAX);
}

static void
test_custody_refused_is_kept_newest_first(void **state)
{
    ts_custody_world_t *world = *state;
    for (int i = 0; i < 3; i++) {
        ts_refusal_t refusal = {.code = TS_ERR_SIGNATURE, .source = world->source};
        (void)snprintf(refusal.detail, sizeof refusal.detail, "number %d", i);
        refusal.hash.b[0] = (uint8_t)i;
        assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_OK);
        assert_int_equal(
            ts_custody_refuse(world->custody, &refusal, (ts_bytes_t){(const uint8_t *)"xyz", 3}),
            TS_ERR_OK);
        assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
    }
    ts_refusal_t found;
    ts_buf_t bytes = {0};
    assert_int_equal(ts_custody_refused(world->custody, 0, &found, &bytes), TS_ERR_OK);
    assert_string_equal(found.detail, "number 2");
    assert_int_equal(found.code, TS_ERR_SIGNATURE);
    assert_int_equal(bytes.length, 3);
    assert_int_equal(ts_custody_refused(world->custody, 2, &found, NULL), TS_ERR_OK);
    assert_int_equal(found.hash.b[0], 0);
    assert_int_equal(ts_custody_refused(world->custody, 3, &found, NULL), TS_ERR_NOTFOUND);
    ts_buf_free(&bytes);
}

static void
test_custody_refused_again_is_one_piece_of_evidence(void **state)
{
    ts_custody_world_t *world = *state;
    const struct {
        ts_err_t code;
        const char *bytes;
    } comes[] = {{TS_ERR_HASH, "xyz"},
                 {TS_ERR_HASH, "xyz"},
                 {TS_ERR_HASH, "xyZ"},
                 {TS_ERR_CHAIN, "xyz"},
                 {TS_ERR_HASH, "xyz"}};
    assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_OK);
    for (size_t i = 0; i < sizeof comes / sizeof comes[0]; i++) {
        ts_refusal_t refusal = {.code = comes[i].code, .source = world->source};
        ts_bytes_t bytes = {(const uint8_t *)comes[i].bytes, 3};
        assert_int_equal(ts_custody_refuse(world->custody, &refusal, bytes), TS_ERR_OK);
    }
    assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
    ts_custody_counts_t counts;
    assert_int_equal(ts_custody_counts(world->custody, &counts), TS_ERR_OK);
    assert_int_equal(counts.refused, 3);
}

static void
test_custody_refused_beyond_bound_loses_the_oldest(void **state)
{
    ts_custody_world_t *world = *state;
    static uint8_t big[TS_SEGMENT_BYTES_MAX];
    const unsigned fits = TS_REFUSED_BYTES_MAX / TS_SEGMENT_BYTES_MAX;
    assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_OK);
    for (unsigned i = 0; i < fits + 2; i++) {
        ts_refusal_t refusal = {.code = TS_ERR_HASH, .source = world->source};
        (void)snprintf(refusal.detail, sizeof refusal.detail, "%u", i);
        refusal.hash.b[0] = (uint8_t)i;
        refusal.hash.b[1] = (uint8_t)(i >> 8);
        assert_int_equal(ts_custody_refuse(world->custody, &refusal, (ts_bytes_t){big, sizeof big}),
                         TS_ERR_OK);
    }
    assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
    ts_custody_counts_t counts;
    assert_int_equal(ts_custody_counts(world->custody, &counts), TS_ERR_OK);
    assert_int_equal(counts.refused, fits);
    ts_refusal_t found;
    assert_int_equal(ts_custody_refused(world->custody, fits - 1, &found, NULL), TS_ERR_OK);
    assert_string_equal(found.detail, "2");
}

/* ---- reading back ---- */

/* Counts, and checks each against its hash. */
static ts_err_t
count_right(void *context, uint64_t arrival, ts_bytes_t bytes)
{
    uint64_t *expected = context;
    ts_segment_view_t view;
    assert_int_equal(arrival, ++*expected);
    assert_int_equal(ts_segment_parse(bytes, &view), TS_ERR_OK);
    ts_hash_t hash = ts_hash_of(view.payload.data, view.payload.length);
    return ts_hash_equal(&hash, &view.header.payload_hash) ? TS_ERR_OK : TS_ERR_HASH;
}

static ts_err_t
stop_at_second(void *context, uint64_t arrival, ts_bytes_t bytes)
{
    (void)context;
    (void)bytes;
    return arrival == 2 ? TS_ERR_HASH : TS_ERR_OK;
}

static void
test_custody_read_back_gives_what_was_committed(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    for (int i = 0; i < 4; i++) {
        (void)ts_custody_world_extend(world, &log, 1);
    }
    uint64_t expected = 1;
    assert_int_equal(ts_custody_read_back(world->custody, 2, 5, count_right, &expected), TS_ERR_OK);
    assert_int_equal(expected, 5);
    assert_int_equal(ts_custody_read_back(world->custody, 1, 3, stop_at_second, NULL), TS_ERR_HASH);
    assert_int_equal(ts_custody_failed(world->custody), TS_ERR_OK);
}

static void
test_custody_read_back_of_absent_stops_the_store(void **state)
{
    ts_custody_world_t *world = *state;
    uint64_t expected = 0;
    (void)ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    assert_int_equal(ts_custody_read_back(world->custody, 1, 2, count_right, &expected),
                     TS_ERR_CORRUPT);
    assert_int_equal(ts_custody_failed(world->custody), TS_ERR_CORRUPT);
    assert_int_equal(ts_custody_begin(world->custody, "test"), TS_ERR_CORRUPT);
}

/* ---- own logs ---- */

/* A segment of `count` events on the tip of an own log. */
static ts_err_t
seal(ts_custody_world_t *world,
     ts_made_log_t *log,
     uint32_t count,
     uint64_t through,
     uint64_t *arrival)
{
    ts_made_t made;
    ts_made_next(log, count, 100, &made);
    assert_int_equal(ts_custody_begin(world->custody, "seal"), TS_ERR_OK);
    ts_err_t err =
        ts_custody_seal(world->custody, &made.view, &made.hash, &world->source, through, arrival);
    if (err == TS_ERR_OK) {
        assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
    } else {
        ts_custody_rollback(world->custody);
    }
    ts_made_free(&made);
    return err;
}

static void
test_custody_tail_is_kept_in_order_over_logs(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t a = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    ts_made_log_t b = ts_custody_world_own(world, TS_PURPOSE_ACTS, 2);
    assert_int_equal(ts_custody_world_append(world, &a.tip.log, "one"), 1);
    assert_int_equal(ts_custody_world_append(world, &b.tip.log, "two"), 2);
    assert_int_equal(ts_custody_world_append(world, &a.tip.log, "three"), 3);
    ts_custody_world_close(world);
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    ts_tail_event_t event;
    ts_buf_t bytes = {0};
    assert_int_equal(ts_custody_tail_next(world->custody, NULL, 1, &event, &bytes), TS_ERR_OK);
    assert_int_equal(event.counter, 2);
    assert_true(ts_hash_equal(&event.log, &b.tip.log));
    assert_int_equal(bytes.length, 3);
    assert_memory_equal(bytes.data, "two", 3);
    assert_int_equal(ts_custody_tail_next(world->custody, &a.tip.log, 1, &event, &bytes),
                     TS_ERR_OK);
    assert_int_equal(event.counter, 3);
    ts_hash_t id = ts_hash_of("three", 5);
    assert_true(ts_hash_equal(&event.event_id, &id));
    assert_int_equal(ts_custody_tail_next(world->custody, NULL, 3, &event, NULL), TS_ERR_NOTFOUND);
    ts_tail_size_t size;
    assert_int_equal(ts_custody_tail_size(world->custody, &a.tip.log, &size), TS_ERR_OK);
    assert_int_equal(size.events, 2);
    assert_int_equal(size.bytes, 8);
    ts_buf_free(&bytes);
}

static void
test_custody_seal_moves_events_from_tail_to_segment(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    ts_made_log_t acts = ts_custody_world_own(world, TS_PURPOSE_ACTS, 2);
    (void)ts_custody_world_append(world, &log.tip.log, "one");
    (void)ts_custody_world_append(world, &acts.tip.log, "act");
    uint64_t through = ts_custody_world_append(world, &log.tip.log, "two");
    (void)ts_custody_world_append(world, &log.tip.log, "three");
    uint64_t arrival = 0;
    assert_int_equal(seal(world, &log, 2, through, &arrival), TS_ERR_OK);
    assert_int_equal(arrival, 3);
    ts_tail_size_t size;
    assert_int_equal(ts_custody_tail_size(world->custody, &log.tip.log, &size), TS_ERR_OK);
    assert_int_equal(size.events, 1);
    assert_int_equal(ts_custody_tail_size(world->custody, &acts.tip.log, &size), TS_ERR_OK);
    assert_int_equal(size.events, 1);
    /* Counters are never used twice, also when the tail was emptied and the store opened anew. */
    assert_int_equal(seal(world, &log, 1, 4, &arrival), TS_ERR_OK);
    assert_int_equal(seal(world, &acts, 1, 4, &arrival), TS_ERR_OK);
    ts_custody_world_close(world);
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    assert_int_equal(ts_custody_tail_counter(world->custody), 4);
    assert_int_equal(ts_custody_world_append(world, &log.tip.log, "four"), 5);
}

static void
test_custody_seal_with_wrong_count_is_invalid(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    (void)ts_custody_world_append(world, &log.tip.log, "one");
    (void)ts_custody_world_append(world, &log.tip.log, "two");
    ts_made_log_t tried = log;
    uint64_t arrival = 0;
    assert_int_equal(seal(world, &tried, 3, 2, &arrival), TS_ERR_INVALID);
    tried = log;
    assert_int_equal(seal(world, &tried, 2, 1, &arrival), TS_ERR_INVALID);
    ts_tail_size_t size;
    assert_int_equal(ts_custody_tail_size(world->custody, &log.tip.log, &size), TS_ERR_OK);
    assert_int_equal(size.events, 2);
    assert_int_equal(ts_custody_arrival(world->custody), 1);
}

static void
test_custody_seal_beside_the_tip_is_chain_error(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    ts_made_log_t old = log;
    old.prng = ts_prng(5);
    (void)ts_custody_world_append(world, &log.tip.log, "one");
    uint64_t arrival = 0;
    assert_int_equal(seal(world, &log, 1, 1, &arrival), TS_ERR_OK);
    (void)ts_custody_world_append(world, &log.tip.log, "two");
    assert_int_equal(seal(world, &old, 1, 2, &arrival), TS_ERR_CHAIN);
    ts_log_info_t info;
    assert_int_equal(ts_custody_log(world->custody, &log.tip.log, &info), TS_ERR_OK);
    assert_false(info.forked);
}

static void
test_custody_append_and_seal_in_one_commit(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_ACTS, 1);
    ts_made_t made;
    uint64_t counter = 0;
    uint64_t arrival = 0;
    ts_hash_t id = ts_hash_of("x", 1);
    ts_made_next(&log, 1, 100, &made);
    assert_int_equal(ts_custody_begin(world->custody, "act"), TS_ERR_OK);
    assert_int_equal(ts_custody_append(world->custody, &log.tip.log, &id,
                                       (ts_bytes_t){(const uint8_t *)"x", 1}, &counter),
                     TS_ERR_OK);
    assert_int_equal(
        ts_custody_seal(world->custody, &made.view, &made.hash, &world->source, counter, &arrival),
        TS_ERR_OK);
    assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
    ts_tail_size_t size;
    assert_int_equal(ts_custody_tail_size(world->custody, &log.tip.log, &size), TS_ERR_OK);
    assert_int_equal(size.events, 0);
    assert_true(ts_custody_world_holds(world, &made.hash));
    ts_made_free(&made);
}

static void
test_custody_successor_log_takes_the_tail_over(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t old = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    (void)ts_custody_world_append(world, &old.tip.log, "one");
    ts_made_log_t new = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 2);
    assert_int_equal(ts_custody_begin(world->custody, "successor"), TS_ERR_OK);
    assert_int_equal(ts_custody_own_set(world->custody, &old.tip.log, TS_OWN_PAST), TS_ERR_OK);
    assert_int_equal(ts_custody_tail_move(world->custody, &old.tip.log, &new.tip.log), TS_ERR_OK);
    assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
    ts_log_info_t active;
    assert_int_equal(ts_custody_own_active(world->custody, TS_PURPOSE_RECORDS, 0, &active),
                     TS_ERR_OK);
    assert_true(ts_hash_equal(&active.log, &new.tip.log));
    assert_int_equal(ts_custody_own_active(world->custody, TS_PURPOSE_ACTS, 0, &active),
                     TS_ERR_NOTFOUND);
    ts_tail_event_t event;
    assert_int_equal(ts_custody_tail_next(world->custody, &new.tip.log, 0, &event, NULL),
                     TS_ERR_OK);
    assert_int_equal(event.counter, 1);
    uint64_t counter = 0;
    assert_int_equal(ts_custody_begin(world->custody, "old"), TS_ERR_OK);
    assert_int_equal(ts_custody_append(world->custody, &old.tip.log, &old.tip.hash,
                                       (ts_bytes_t){NULL, 0}, &counter),
                     TS_ERR_DENIED);
    ts_custody_rollback(world->custody);
    uint64_t arrival = 0;
    assert_int_equal(seal(world, &old, 1, 1, &arrival), TS_ERR_DENIED);
}

static void
test_custody_append_of_too_much_is_refused(void **state)
{
    ts_custody_world_t *world = *state;
    static uint8_t big[TS_EVENT_BYTES_MAX + 1];
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    uint64_t counter = 0;
    assert_int_equal(ts_custody_begin(world->custody, "big"), TS_ERR_OK);
    assert_int_equal(ts_custody_append(world->custody, &log.tip.log, &log.tip.hash,
                                       (ts_bytes_t){big, sizeof big}, &counter),
                     TS_ERR_TOOBIG);
    assert_int_equal(ts_custody_append(world->custody, &log.tip.log, &log.tip.hash,
                                       (ts_bytes_t){big, sizeof big - 1}, &counter),
                     TS_ERR_OK);
    assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
}

int
main(void)
{
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, ts_custody_world_setup, ts_custody_world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_custody_reopened_has_its_facts),
        CASE(test_custody_of_other_deployment_is_foreign),
        CASE(test_custody_after_kill_is_unclean),
        CASE(test_custody_new_store_id_stays),
        CASE(test_custody_state_values_come_back),
        CASE(test_custody_arrivals_are_dense_over_logs),
        CASE(test_custody_rolled_back_arrival_is_given_again),
        CASE(test_custody_bytes_come_back_verbatim),
        CASE(test_custody_same_segment_again_is_duplicate),
        CASE(test_custody_two_on_one_predecessor_is_fork_both_kept),
        CASE(test_custody_number_that_does_not_follow_is_refused),
        CASE(test_custody_predecessor_in_other_log_is_not_a_predecessor),
        CASE(test_custody_closing_segment_closes_the_log),
        CASE(test_custody_gap_waits_and_is_woken_in_order),
        CASE(test_custody_without_genesis_waits_for_it),
        CASE(test_custody_waiting_room_of_a_log_is_bounded),
        CASE(test_custody_refused_is_kept_newest_first),
        CASE(test_custody_refused_again_is_one_piece_of_evidence),
        CASE(test_custody_refused_beyond_bound_loses_the_oldest),
        CASE(test_custody_read_back_gives_what_was_committed),
        CASE(test_custody_read_back_of_absent_stops_the_store),
        CASE(test_custody_tail_is_kept_in_order_over_logs),
        CASE(test_custody_seal_moves_events_from_tail_to_segment),
        CASE(test_custody_seal_with_wrong_count_is_invalid),
        CASE(test_custody_seal_beside_the_tip_is_chain_error),
        CASE(test_custody_append_and_seal_in_one_commit),
        CASE(test_custody_successor_log_takes_the_tail_over),
        CASE(test_custody_append_of_too_much_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
