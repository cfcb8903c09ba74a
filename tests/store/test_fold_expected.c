/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what the ledger says about a few children is what a person works out by hand from
 * the rules, the bands and periods of the cast. Method: events go through segments, custody, fold
 * and SQLite; every expected number below was written by hand.
 */
#include "support/fold_cast.h"
#include "support/test.h"

#include <string.h>

typedef struct stage {
    fold_world_t *world;
    fold_cast_t cast;
    fold_run_t run;
} stage_t;

static int
setup(void **state)
{
    static stage_t stage;
    memset(&stage, 0, sizeof stage);
    stage.world = fold_world_new();
    stage.cast = fold_cast_make(stage.world);
    *state = &stage;
    return 0;
}

static int
teardown(void **state)
{
    stage_t *stage = *state;
    fold_run_end(&stage->run);
    fold_world_free(&stage->world);
    return 0;
}

static void
run(stage_t *stage)
{
    const fold_way_t way = {.per_segment = 30};
    fold_run_begin(&stage->run, stage->world, &way);
    ts_ledger_counts_t counts;
    assert_int_equal(ts_fold_settle(stage->run.fold), TS_ERR_OK);
    assert_int_equal(ts_ledger_counts(stage->run.ledger, &counts), TS_ERR_OK);
    assert_int_equal(counts.parked, 0);
    assert_int_equal(counts.pending, 0);
}

/* Child-times of a commune and line on a day in a band; sex is female. */
static int64_t
times(stage_t *stage, size_t commune, size_t line, const char *day, size_t band)
{
    ts_cell_key_t key;
    memset(&key, 0, sizeof key);
    key.plan = stage->cast.plan;
    key.unit = stage->cast.commune[commune];
    key.line = stage->cast.line[line];
    key.band = stage->cast.band[band];
    key.day = fold_world_day(day);
    key.measure = TS_MEASURE_CHILD_TIMES;
    key.sex = 2;
    return fold_run_cell(&stage->run, &key);
}

/* Distinct children supported; commune, line, period, band as ids, 0 = over all. */
static int64_t
distinct(stage_t *stage,
         ts_record_id_t unit,
         ts_record_id_t line,
         ts_record_id_t period,
         ts_record_id_t band)
{
    ts_cell_key_t key;
    memset(&key, 0, sizeof key);
    key.plan = stage->cast.plan;
    key.unit = unit;
    key.line = line;
    key.aux = period;
    key.band = band;
    key.measure = TS_MEASURE_DISTINCT_SUPPORTED;
    key.sex = 2;
    return fold_run_cell(&stage->run, &key);
}

static void
test_fold_child_with_three_lines_in_two_communes_counts_once(void **state)
{
    stage_t *stage = *state;
    fold_cast_t *cast = &stage->cast;
    /* Born in March 2014: 62 months in May 2019, 64 in July, 63 on 14/6, 69 on 14/12: always
     * preschool. */
    ts_record_id_t child = fold_cast_child(cast, 3, 0, 2014, 3, NULL);
    (void)fold_cast_handover(cast, 0, 0, child, "2019-05-10", NULL);
    (void)fold_cast_handover(cast, 0, 1, child, "2019-05-20", NULL);
    (void)fold_cast_handover(cast, 1, 2, child, "2019-07-01", NULL);
    run(stage);
    assert_int_equal(times(stage, 0, 0, "2019-05-10", 1), 1);
    assert_int_equal(times(stage, 0, 1, "2019-05-20", 1), 1);
    assert_int_equal(times(stage, 1, 2, "2019-07-01", 1), 1);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_CHILD_TIMES, 0, 0, 0), 3);
    const ts_record_id_t *c = cast->commune;
    const ts_record_id_t *l = cast->line;
    const ts_record_id_t half = cast->period[0];
    const ts_record_id_t year = cast->period[1];
    const ts_record_id_t band = cast->band[1];
    assert_int_equal(distinct(stage, 0, 0, year, band), 1);
    assert_int_equal(distinct(stage, c[0], 0, year, band), 1);
    assert_int_equal(distinct(stage, c[1], 0, year, band), 1);
    assert_int_equal(distinct(stage, c[0], l[0], year, band), 1);
    assert_int_equal(distinct(stage, c[0], l[1], year, band), 1);
    assert_int_equal(distinct(stage, c[0], l[2], year, band), 0);
    assert_int_equal(distinct(stage, c[1], l[2], year, band), 1);
    assert_int_equal(distinct(stage, 0, l[0], year, band), 1);
    assert_int_equal(distinct(stage, 0, l[2], year, band), 1);
    /* July is not in the half year. */
    assert_int_equal(distinct(stage, 0, 0, half, band), 1);
    assert_int_equal(distinct(stage, c[0], 0, half, band), 1);
    assert_int_equal(distinct(stage, c[1], 0, half, band), 0);
    assert_int_equal(distinct(stage, 0, l[2], half, band), 0);
    assert_int_equal(distinct(stage, 0, 0, cast->period[2], band), 0);
    /* Over the whole plan there is no day to take an age on: band 0. */
    assert_int_equal(distinct(stage, 0, 0, 0, 0), 1);
    assert_int_equal(distinct(stage, c[1], 0, 0, 0), 1);
    /* Three sets of 100 000. */
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_HANDED_QUANTITY, 0, 0, 0), 3);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_HANDED_VALUE, c[0], 0, 0), 200000);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_HANDED_VALUE, c[1], 0, 0), 100000);
}

static void
test_fold_head_count_of_forty_is_no_distinct_child(void **state)
{
    stage_t *stage = *state;
    fold_cast_t *cast = &stage->cast;
    Tiepsuc__V1__HeadCount girls = TIEPSUC__V1__HEAD_COUNT__INIT;
    girls.band_id = cast->band[2];
    girls.sex = TIEPSUC__V1__SEX__SEX_FEMALE;
    girls.count = 25;
    Tiepsuc__V1__HeadCount boys = girls;
    boys.sex = TIEPSUC__V1__SEX__SEX_MALE;
    boys.count = 15;
    Tiepsuc__V1__HeadCount *heads[] = {&girls, &boys};
    Tiepsuc__V1__Handover handover = TIEPSUC__V1__HANDOVER__INIT;
    handover.unit_id = cast->commune[0];
    handover.line_id = cast->line[0];
    handover.heads = heads;
    handover.n_heads = 2;
    ts_record_id_t id = fold_world_mint(stage->world, 3);
    (void)fold_world_add(stage->world, cast->records[3], fold_cast_header(cast, id, CAST_DAY),
                         TIEPSUC__V1__KIND__KIND_HANDOVER, &handover);
    run(stage);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_HEAD_TIMES, 0, 0, 0), 40);
    assert_int_equal(
        fold_run_sum(&stage->run, TS_MEASURE_HEAD_TIMES, cast->commune[0], 0, cast->band[2]), 40);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_HEAD_TIMES, 0, 0, cast->band[1]), 0);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_CHILD_TIMES, 0, 0, 0), 0);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_SITES, 0, 0, 0), 0);
    assert_int_equal(distinct(stage, 0, 0, cast->period[1], cast->band[2]), 0);
}

static void
test_fold_corrected_birth_month_moves_what_was_counted(void **state)
{
    stage_t *stage = *state;
    fold_cast_t *cast = &stage->cast;
    /* May 2013: 72 months on 10/5/2019, primary. Corrected to June 2013: 71 months, preschool. */
    uint64_t first;
    ts_record_id_t child = fold_cast_child(cast, 3, 0, 2013, 5, &first);
    (void)fold_cast_need(cast, 0, 0, child, 4, NULL);
    (void)fold_cast_handover(cast, 0, 0, child, "2019-05-10", NULL);
    Tiepsuc__V1__Beneficiary right = TIEPSUC__V1__BENEFICIARY__INIT;
    right.birth_year = 2013;
    right.birth_month = 6;
    right.sex = TIEPSUC__V1__SEX__SEX_FEMALE;
    right.unit_id = cast->commune[0];
    ts_event_header_t header = fold_cast_header(cast, child, NULL);
    header.plan = 0;
    header.revises = &first;
    header.revises_count = 1;
    (void)fold_world_add(stage->world, cast->records[3], header,
                         TIEPSUC__V1__KIND__KIND_BENEFICIARY, &right);
    run(stage);
    assert_int_equal(times(stage, 0, 0, "2019-05-10", 2), 0);
    assert_int_equal(times(stage, 0, 0, "2019-05-10", 1), 1);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_NEED_QUANTITY, 0, 0, cast->band[1]), 4);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_NEED_QUANTITY, 0, 0, cast->band[2]), 0);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_NEED_CHILDREN, 0, 0, cast->band[1]), 1);
    /* On 14/6/2019: 72 months, on 14/12/2019: 78: primary in both periods. */
    assert_int_equal(distinct(stage, 0, 0, cast->period[0], cast->band[2]), 1);
    assert_int_equal(distinct(stage, 0, 0, cast->period[1], cast->band[2]), 1);
    assert_int_equal(distinct(stage, 0, 0, cast->period[0], cast->band[1]), 0);
}

static void
test_fold_child_that_crosses_a_band_counts_by_day_and_by_period_end(void **state)
{
    stage_t *stage = *state;
    fold_cast_t *cast = &stage->cast;
    /* August 2013: 69 months on 10/5/2019 and 70 on 14/6 (preschool), 76 on 14/12 (primary). */
    ts_record_id_t child = fold_cast_child(cast, 3, 0, 2013, 8, NULL);
    (void)fold_cast_handover(cast, 0, 0, child, "2019-05-10", NULL);
    run(stage);
    assert_int_equal(times(stage, 0, 0, "2019-05-10", 1), 1);
    assert_int_equal(times(stage, 0, 0, "2019-05-10", 2), 0);
    assert_int_equal(distinct(stage, 0, 0, cast->period[0], cast->band[1]), 1);
    assert_int_equal(distinct(stage, 0, 0, cast->period[1], cast->band[2]), 1);
    assert_int_equal(distinct(stage, 0, 0, cast->period[1], cast->band[1]), 0);
}

static void
test_fold_void_takes_everything_back(void **state)
{
    stage_t *stage = *state;
    fold_cast_t *cast = &stage->cast;
    ts_record_id_t child = fold_cast_child(cast, 3, 0, 2014, 3, NULL);
    uint64_t event;
    ts_record_id_t id = fold_cast_handover(cast, 0, 0, child, "2019-05-10", &event);
    Tiepsuc__V1__Handover handover = TIEPSUC__V1__HANDOVER__INIT;
    handover.unit_id = cast->commune[0];
    handover.line_id = cast->line[0];
    ts_event_header_t header = fold_cast_header(cast, id, "2019-05-10");
    header.revises = &event;
    header.revises_count = 1;
    header.voided = true;
    header.reason = "typed twice";
    (void)fold_world_add(stage->world, cast->records[3], header, TIEPSUC__V1__KIND__KIND_HANDOVER,
                         &handover);
    run(stage);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_CHILD_TIMES, 0, 0, 0), 0);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_HANDED_VALUE, 0, 0, 0), 0);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_HANDED_QUANTITY, 0, 0, 0), 0);
    assert_int_equal(distinct(stage, 0, 0, cast->period[1], cast->band[1]), 0);
    assert_int_equal(distinct(stage, 0, 0, 0, 0), 0);
    ts_standing_t standing;
    assert_int_equal(
        ts_ledger_record(stage->run.ledger, TIEPSUC__V1__KIND__KIND_HANDOVER, id, &standing),
        TS_ERR_OK);
    assert_true(standing.is_void);
    assert_int_equal(standing.events, 2);
    ts_amount_t amount;
    assert_int_equal(ts_ledger_balance(stage->run.ledger, TS_ACCOUNT_HANDED, cast->commune[0],
                                       "áo ấm", "bộ", &amount),
                     TS_ERR_OK);
    assert_int_equal(amount.quantity, 0);
    assert_int_equal(amount.value_vnd, 0);
}

static uint64_t
revise_need(
    stage_t *stage, ts_record_id_t id, const uint64_t *revises, size_t count, int64_t quantity)
{
    fold_cast_t *cast = &stage->cast;
    Tiepsuc__V1__Need need = TIEPSUC__V1__NEED__INIT;
    need.unit_id = cast->commune[0];
    need.line_id = cast->line[0];
    need.quantity = quantity;
    char measure[] = "bộ";
    need.unit_of_measure = measure;
    ts_event_header_t header = fold_cast_header(cast, id, CAST_DAY);
    header.revises = revises;
    header.revises_count = count;
    return fold_world_add(stage->world, cast->records[3], header, TIEPSUC__V1__KIND__KIND_NEED,
                          &need);
}

static void
test_fold_conflict_shows_one_until_it_is_resolved(void **state)
{
    stage_t *stage = *state;
    fold_cast_t *cast = &stage->cast;
    uint64_t first;
    ts_record_id_t id = fold_cast_need(cast, 0, 0, 0, 5, &first);
    uint64_t branches[2];
    branches[0] = revise_need(stage, id, &first, 1, 7);
    branches[1] = revise_need(stage, id, &first, 1, 9);
    size_t before = fold_world_events(stage->world, cast->records[3]);
    (void)revise_need(stage, id, branches, 2, 8);
    const fold_way_t way = {.per_segment = 30};
    fold_run_prepare(&stage->run, stage->world, &way);
    fold_run_finish(&stage->run, 0);
    assert_int_equal(before, 3);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_NEED_QUANTITY, 0, 0, 0), 8);
    ts_ledger_counts_t counts;
    assert_int_equal(ts_ledger_counts(stage->run.ledger, &counts), TS_ERR_OK);
    assert_int_equal(counts.conflicts, 0);
    ts_history_t history[8];
    size_t versions = 0;
    assert_int_equal(ts_ledger_history(stage->run.ledger, TIEPSUC__V1__KIND__KIND_NEED, id, history,
                                       8, &versions),
                     TS_ERR_OK);
    assert_int_equal(versions, 4);
    assert_int_equal(history[0].event, first);
    assert_false(history[0].stands);
    assert_int_equal(history[3].depth, 2);
    assert_true(history[3].stands);
}

static void
test_fold_two_branches_stay_and_the_greater_id_is_shown(void **state)
{
    stage_t *stage = *state;
    fold_cast_t *cast = &stage->cast;
    uint64_t first;
    ts_record_id_t id = fold_cast_need(cast, 0, 0, 0, 5, &first);
    uint64_t seven = revise_need(stage, id, &first, 1, 7);
    uint64_t nine = revise_need(stage, id, &first, 1, 9);
    run(stage);
    assert_int_equal(fold_run_sum(&stage->run, TS_MEASURE_NEED_QUANTITY, 0, 0, 0),
                     seven > nine ? 7 : 9);
    ts_ledger_counts_t counts;
    assert_int_equal(ts_ledger_counts(stage->run.ledger, &counts), TS_ERR_OK);
    assert_int_equal(counts.conflicts, 1);
    ts_standing_t standing;
    assert_int_equal(
        ts_ledger_record(stage->run.ledger, TIEPSUC__V1__KIND__KIND_NEED, id, &standing),
        TS_ERR_OK);
    assert_true(standing.conflict);
    assert_int_equal(standing.depth, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_fold_child_with_three_lines_in_two_communes_counts_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fold_head_count_of_forty_is_no_distinct_child, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_fold_corrected_birth_month_moves_what_was_counted,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_fold_child_that_crosses_a_band_counts_by_day_and_by_period_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fold_void_takes_everything_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fold_conflict_shows_one_until_it_is_resolved, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_fold_two_branches_stay_and_the_greater_id_is_shown,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
