/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: own events count as soon as they are saved, and sealing them changes nothing but where they
 * stand. Method: one log is this installation's own; its events are appended to the tail and folded
 * one by one, sealed later, also while the fold lags behind; the ledger must be the one that the
 * sealed log alone gives.
 */
#include "support/fold_mix.h"
#include "support/test.h"

#include <string.h>

typedef struct stage {
    fold_world_t *world;
    fold_cast_t cast;
    fold_run_t run;
    ts_fingerprint_t expected;
    size_t own;
    size_t count;
} stage_t;

static void
begin(stage_t *stage, uint64_t seed)
{
    memset(stage, 0, sizeof *stage);
    stage->world = fold_world_new();
    stage->cast = fold_cast_make(stage->world);
    if (seed != 0) {
        fold_mix(&stage->cast, seed, 10);
    }
    stage->own = stage->cast.records[3];
}

static void
expect(stage_t *stage)
{
    const fold_way_t plain = {.per_segment = 25};
    fold_run_begin(&stage->run, stage->world, &plain);
    stage->expected = fold_run_print(&stage->run);
    fold_run_end(&stage->run);
    stage->count = fold_world_events(stage->world, stage->own);
    const fold_way_t way = {.per_segment = 25, .hold = stage->own + 1, .feed = true};
    fold_run_begin(&stage->run, stage->world, &way);
}

static void
end(stage_t *stage)
{
    fold_run_end(&stage->run);
    fold_world_free(&stage->world);
}

static void
check_same(stage_t *stage)
{
    ts_fingerprint_t print = fold_run_print(&stage->run);
    assert_memory_equal(&print, &stage->expected, sizeof print);
}

static void
test_fold_tail_events_count_at_once_and_sealing_changes_nothing(void **state)
{
    stage_t stage;
    begin(&stage, 21);
    expect(&stage);
    uint64_t last = 0;
    for (size_t i = 0; i < stage.count; i++) {
        last = fold_run_append(&stage.run, stage.own, i, 1);
        assert_int_equal(ts_fold_event_now(stage.run.fold), TS_ERR_OK);
    }
    assert_true(last > 0);
    fold_run_finish(&stage.run, 0);
    ts_ledger_counts_t before;
    assert_int_equal(ts_ledger_counts(stage.run.ledger, &before), TS_ERR_OK);
    /* Sealed in pieces of three. */
    for (size_t i = 0; i < stage.count; i += 3) {
        size_t count = stage.count - i < 3 ? stage.count - i : 3;
        fold_run_seal(&stage.run, stage.own, i, count, i + count);
        fold_run_finish(&stage.run, 2);
    }
    ts_ledger_counts_t after;
    assert_int_equal(ts_ledger_counts(stage.run.ledger, &after), TS_ERR_OK);
    assert_int_equal(before.records, after.records);
    assert_int_equal(before.events, after.events);
    check_same(&stage);
    /* Every place is filled in. */
    ts_standing_t standing = {0};
    size_t seen = 0;
    while (ts_ledger_row_next(stage.run.ledger, TIEPSUC__V1__KIND__KIND_NEED, &standing) ==
           TS_ERR_OK) {
        assert_true(standing.place.arrival > 0);
        seen++;
    }
    assert_true(seen > 0);
    end(&stage);
}

/* A batch is being written in steps of one event's work; new events come in the midst of it. */
static void
test_fold_settling_in_steps_lets_events_in_and_changes_nothing(void **state)
{
    stage_t stage;
    begin(&stage, 22);
    expect(&stage);
    fold_run_end(&stage.run);
    const fold_way_t way = {.per_segment = 25, .hold = stage.own + 1};
    fold_run_prepare(&stage.run, stage.world, &way);
    size_t unfinished = 0;
    bool more = true;
    for (size_t i = 0; more || i < stage.count; i++) {
        bool settled = false;
        assert_int_equal(ts_fold_slice(stage.run.fold, 37, &more), TS_ERR_OK);
        assert_int_equal(ts_fold_settle_some(stage.run.fold, 1, &settled), TS_ERR_OK);
        unfinished += settled ? 0 : 1;
        if (i < stage.count) {
            (void)fold_run_append(&stage.run, stage.own, i, 1);
            assert_int_equal(ts_fold_event_now(stage.run.fold), TS_ERR_OK);
        }
    }
    assert_true(unfinished > 0);
    bool done = false;
    for (int steps = 0; !done; steps++) {
        assert_true(steps < 10000);
        assert_int_equal(ts_fold_settle_some(stage.run.fold, 1, &done), TS_ERR_OK);
    }
    assert_false(ts_ledger_in_batch(stage.run.ledger));
    fold_run_finish(&stage.run, 3);
    fold_run_seal(&stage.run, stage.own, 0, stage.count, stage.count);
    fold_run_finish(&stage.run, 4);
    check_same(&stage);
    end(&stage);
}

static void
test_fold_revision_finds_a_first_event_that_was_sealed_meanwhile(void **state)
{
    stage_t stage;
    begin(&stage, 0);
    uint64_t first;
    ts_record_id_t id = fold_cast_need(&stage.cast, 0, 0, 0, 5, &first);
    Tiepsuc__V1__Need need = TIEPSUC__V1__NEED__INIT;
    need.unit_id = stage.cast.commune[0];
    need.line_id = stage.cast.line[0];
    need.quantity = 8;
    ts_event_header_t header = fold_cast_header(&stage.cast, id, CAST_DAY);
    header.revises = &first;
    header.revises_count = 1;
    (void)fold_world_add(stage.world, stage.cast.records[3], header, TIEPSUC__V1__KIND__KIND_NEED,
                         &need);
    expect(&stage);
    uint64_t counter = fold_run_append(&stage.run, stage.own, 0, 1);
    assert_int_equal(ts_fold_event_now(stage.run.fold), TS_ERR_OK);
    assert_int_equal(fold_run_sum(&stage.run, TS_MEASURE_NEED_QUANTITY, 0, 0, 0), 5);
    /* Sealed, and the fold has not seen the segment when the revision comes. */
    fold_run_seal(&stage.run, stage.own, 0, 1, counter);
    counter = fold_run_append(&stage.run, stage.own, 1, 1);
    assert_int_equal(ts_fold_event_now(stage.run.fold), TS_ERR_OK);
    assert_int_equal(fold_run_sum(&stage.run, TS_MEASURE_NEED_QUANTITY, 0, 0, 0), 8);
    fold_run_seal(&stage.run, stage.own, 1, 1, counter);
    fold_run_finish(&stage.run, 0);
    check_same(&stage);
    end(&stage);
}

static void
test_fold_judge_says_what_the_fold_will_say(void **state)
{
    stage_t stage;
    begin(&stage, 0);
    expect(&stage);
    ts_log_info_t log;
    ts_hash_t id = fold_world_log_id(stage.world, stage.own);
    assert_int_equal(ts_custody_log(stage.run.custody, &id, &log), TS_ERR_OK);
    Tiepsuc__V1__Need need = TIEPSUC__V1__NEED__INIT;
    need.unit_id = stage.cast.commune[0];
    need.line_id = stage.cast.line[0];
    ts_event_header_t header =
        fold_cast_header(&stage.cast, fold_world_mint(stage.world, 3), CAST_DAY);
    header.kind = TIEPSUC__V1__KIND__KIND_NEED;
    header.version = 1;
    header.author = 1;
    const ts_kind_schema_t *kind = ts_schema_kind(stage.run.fold_options.schema, header.kind);
    ts_verdict_t verdict;
    assert_int_equal(ts_fold_judge(stage.run.fold, &log, &header, kind, &need, &verdict),
                     TS_ERR_OK);
    assert_int_equal(verdict.park, TS_PARK_NONE);
    assert_int_equal(verdict.owner_unit, stage.cast.commune[0]);
    need.unit_id = stage.cast.commune[1];
    assert_int_equal(ts_fold_judge(stage.run.fold, &log, &header, kind, &need, &verdict),
                     TS_ERR_OK);
    assert_int_equal(verdict.park, TS_PARK_NOT_PERMITTED);
    need.unit_id = stage.cast.commune[0];
    need.beneficiary_id = 12345;
    assert_int_equal(ts_fold_judge(stage.run.fold, &log, &header, kind, &need, &verdict),
                     TS_ERR_OK);
    assert_int_equal(verdict.park, TS_PARK_WAITING);
    end(&stage);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold_tail_events_count_at_once_and_sealing_changes_nothing),
        cmocka_unit_test(test_fold_settling_in_steps_lets_events_in_and_changes_nothing),
        cmocka_unit_test(test_fold_revision_finds_a_first_event_that_was_sealed_meanwhile),
        cmocka_unit_test(test_fold_judge_says_what_the_fold_will_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
