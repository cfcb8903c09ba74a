/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: whichever statement of folding fails, also one whose pages are in the cache, the ledger
 * ends as if nothing had happened. Method: each call to SQLite fails in turn while the same program
 * goes on, and while a ledger is opened, made anew or compared; at the end the ledger is compared
 * with one that was folded without a fault.
 */
#include "support/fold_mix.h"
#include "support/sqlfault.h"
#include "support/steps.h"
#include "support/tempdir.h"
#include "support/test.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* One batch after a full disk has so many events. */
#define BATCH 64u

typedef struct stage {
    fold_world_t *world;
    fold_cast_t cast;
    fold_way_t way;
    ts_fingerprint_t expected;
    fold_run_t run; /* over the same events */
} stage_t;

static int
set_up(void **state)
{
    stage_t *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    stage->world = fold_world_new();
    stage->cast = fold_cast_make(stage->world);
    fold_mix(&stage->cast, 5, 9);
    stage->way = (fold_way_t){.seed = 9, .batch = BATCH, .budget = BATCH, .feed = true};
    fold_run_begin(&stage->run, stage->world, &stage->way);
    stage->expected = fold_run_print(&stage->run);
    fold_run_end(&stage->run);
    *state = stage;
    return 0;
}

static int
tear_down(void **state)
{
    stage_t *stage = *state;
    fold_run_end(&stage->run);
    fold_world_free(&stage->world);
    free(stage);
    return 0;
}

static void
assert_as_expected(stage_t *stage)
{
    ts_fingerprint_t print = fold_run_print(&stage->run);
    assert_memory_equal(&print, &stage->expected, sizeof print);
}

/* Every fifth: each turn begins elsewhere. */
static uint64_t
next_call(uint64_t k)
{
    return k + 5 * (ts_step_after(k) - k);
}

static uint64_t
arrival_of(const stage_t *stage)
{
    ts_fold_state_t at;
    ts_fold_state(stage->run.fold, &at);
    return at.arrival + at.rebuilt;
}

/* Folds to the end; from each commit on every call fails, one at a time. Returns how many did. */
static unsigned
fold_failing(stage_t *stage, ts_sql_fault_t kind)
{
    bool more = true;
    unsigned failed = 0;
    unsigned turns = 0;
    uint64_t k = 1;
    uint64_t arrival = arrival_of(stage);
    while (more) {
        ts_err_t err = TS_ERR_OK;
        ts_sqlfault_arm(kind, SQLITE_FULL, k);
        while (err == TS_ERR_OK && more) {
            err = ts_fold_slice(stage->run.fold, BATCH, &more);
        }
        bool fired = ts_sqlfault_disarm();
        if (err != (fired ? TS_ERR_FULL : TS_ERR_OK)) {
            const ts_msg_t *why = ts_fold_detail(stage->run.fold);
            char *text = why->id == NULL ? NULL : ts_msg_fill(why, why->id);
            print_error("call %d: %s\n", (int)k, text == NULL ? "?" : text);
            free(text);
        }
        assert_int_equal(err, fired ? TS_ERR_FULL : TS_ERR_OK);
        failed += fired ? 1 : 0;
        more = more || fired;
        k = next_call(k);
        if (arrival_of(stage) != arrival) {
            arrival = arrival_of(stage);
            k = 1 + ++turns % 5;
        }
    }
    return failed;
}

static void
test_fold_sql_statement_that_fails_is_done_again(void **state)
{
    stage_t *stage = *state;
    fold_run_prepare(&stage->run, stage->world, &stage->way);
    assert_true(fold_failing(stage, TS_SQL_STEP) > 60);
    assert_as_expected(stage);
}

static void
test_fold_sql_ledger_made_anew_over_failing_statements_is_the_same(void **state)
{
    stage_t *stage = *state;
    fold_run_prepare(&stage->run, stage->world, &stage->way);
    fold_run_finish(&stage->run, BATCH);
    ts_fold_rebuild(stage->run.fold);
    assert_true(fold_failing(stage, TS_SQL_STEP) > 60);
    assert_as_expected(stage);
}

/* Opens ledger and fold with each call failing in turn, in the middle of the work. */
static void
test_fold_sql_opening_that_fails_is_done_by_the_next(void **state)
{
    stage_t *stage = *state;
    bool more = true;
    bool fired = true;
    fold_run_prepare(&stage->run, stage->world, &stage->way);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ts_fold_slice(stage->run.fold, BATCH, &more), TS_ERR_OK);
    }
    for (uint64_t k = 1; fired; k = ts_step_after(k)) {
        fold_run_close(&stage->run);
        ts_sqlfault_arm(TS_SQL_STEP, SQLITE_FULL, k);
        ts_err_t err = fold_run_open(&stage->run);
        fired = ts_sqlfault_disarm();
        assert_int_equal(err, fired ? TS_ERR_FULL : TS_ERR_OK);
        if (err != TS_ERR_OK) {
            assert_int_equal(fold_run_open(&stage->run), TS_ERR_OK);
        }
    }
    fold_run_finish(&stage->run, BATCH);
    assert_as_expected(stage);
}

/* Both ledgers are compared over failing statements: an error, or they are the same. */
static void
test_fold_sql_comparing_that_fails_changes_nothing(void **state)
{
    stage_t *stage = *state;
    bool fired = true;
    fold_run_prepare(&stage->run, stage->world, &stage->way);
    fold_run_finish(&stage->run, BATCH);
    char *path = ts_tempdir_path(stage->run.folder, "compared.sqlite");
    for (uint64_t k = 1; fired; k = k < 40 ? ts_step_after(k) : ts_step_after(k + k / 9)) {
        ts_fold_compare_t *compare = NULL;
        bool done = false;
        bool same = false;
        ts_sqlfault_arm(TS_SQL_STEP, SQLITE_FULL, k);
        ts_err_t err = ts_fold_compare_begin(stage->run.fold, path, &compare);
        while (err == TS_ERR_OK && !done) {
            err = ts_fold_compare_slice(compare, BATCH, &done, &same);
        }
        fired = ts_sqlfault_disarm();
        assert_int_equal(err, fired ? TS_ERR_FULL : TS_ERR_OK);
        assert_true(fired || same);
        ts_fold_compare_end(&compare);
    }
    free(path);
    assert_as_expected(stage);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_fold_sql_statement_that_fails_is_done_again),
        CASE(test_fold_sql_ledger_made_anew_over_failing_statements_is_the_same),
        CASE(test_fold_sql_opening_that_fails_is_done_by_the_next),
        CASE(test_fold_sql_comparing_that_fails_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
