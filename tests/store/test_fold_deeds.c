/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what commands ask of the fold (own entries at once, verdicts, a child's times, a past) ends
 * well or with an error that changes nothing, whichever statement fails; the same for events on
 * trial after a stop and for rows that rotted. Method: each deed with each call to SQLite failing
 * in turn; at the end the ledger is compared with one that is made anew from the same events.
 */
#include "base/xalloc.h"
#include "support/fold_mix.h"
#include "support/sqlfault.h"
#include "support/steps.h"
#include "support/tempdir.h"
#include "support/test.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { OFFICE = 3, ENTRIES = 400, SHORT_MAX = 200, BUDGET = 64 };

typedef struct stage {
    fold_world_t *world;
    fold_cast_t cast;
    fold_way_t way;
    size_t own;  /* log */
    size_t next; /* entry of it that comes next */
    ts_record_id_t child;
    fold_run_t run;
} stage_t;

static int
set_up(void **state)
{
    stage_t *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    stage->world = fold_world_new();
    stage->cast = fold_cast_make(stage->world);
    fold_mix(&stage->cast, 11, 6);
    stage->own = stage->cast.records[OFFICE];
    stage->child = fold_cast_child(&stage->cast, OFFICE, 0, 2012, 4, NULL);
    for (int i = 0; i < ENTRIES; i++) {
        (void)fold_cast_handover(&stage->cast, 0, (size_t)i % CAST_LINES, stage->child, CAST_DAY,
                                 NULL);
    }
    stage->way = (fold_way_t){.seed = 3, .budget = BUDGET, .feed = true, .hold = stage->own + 1};
    fold_run_begin(&stage->run, stage->world, &stage->way);
    *state = stage;
    return 0;
}

/* Everything anew beside it is the same. */
static void
assert_same_anew(stage_t *stage)
{
    ts_fold_compare_t *compare = NULL;
    bool done = false;
    bool same = false;
    char *path = ts_tempdir_path(stage->run.folder, "compared.sqlite");
    fold_run_finish(&stage->run, BUDGET);
    assert_int_equal(ts_fold_compare_begin(stage->run.fold, path, &compare), TS_ERR_OK);
    while (!done) {
        assert_int_equal(ts_fold_compare_slice(compare, BUDGET, &done, &same), TS_ERR_OK);
    }
    ts_fold_compare_end(&compare);
    free(path);
    assert_true(same);
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

/* ---- deeds */

static ts_err_t
deed_own_entry(stage_t *stage)
{
    return ts_fold_event_now(stage->run.fold);
}

static ts_err_t
deed_own_segment(stage_t *stage)
{
    return ts_fold_segment_now(stage->run.fold, ts_custody_arrival(stage->run.custody));
}

static ts_err_t
deed_judge(stage_t *stage)
{
    ts_log_info_t log;
    ts_verdict_t verdict;
    Tiepsuc__V1__Need need = TIEPSUC__V1__NEED__INIT;
    need.unit_id = stage->cast.commune[0];
    need.line_id = stage->cast.line[0];
    need.beneficiary_id = stage->child;
    ts_event_header_t header = fold_cast_header(&stage->cast, 77, CAST_DAY);
    header.kind = TIEPSUC__V1__KIND__KIND_NEED;
    header.version = 1;
    header.author = 1;
    const ts_kind_schema_t *kind = ts_schema_kind(stage->run.fold_options.schema, header.kind);
    ts_hash_t id = fold_world_log_id(stage->world, stage->own);
    ts_err_t err = ts_custody_log(stage->run.custody, &id, &log);
    if (err == TS_ERR_OK) {
        err = ts_fold_judge(stage->run.fold, &log, &header, kind, &need, &verdict);
    }
    if (err == TS_ERR_OK) {
        id = fold_world_log_id(stage->world, stage->cast.registry);
        err = ts_custody_log(stage->run.custody, &id, &log);
    }
    return err == TS_ERR_OK ? ts_fold_judge(stage->run.fold, &log, &header, kind, &need, &verdict)
                            : err;
}

static ts_err_t
deed_child_times(stage_t *stage)
{
    uint64_t times = 0;
    ts_fact_t fact = {.subject = stage->child,
                      .plan = stage->cast.plan,
                      .line = stage->cast.line[0],
                      .unit = stage->cast.commune[0],
                      .day = fold_world_day(CAST_DAY),
                      .measure = TS_MEASURE_DISTINCT_SUPPORTED};
    return ts_fold_child_times(stage->run.fold, &fact, &times);
}

static ts_err_t
deed_settle(stage_t *stage)
{
    bool done = false;
    ts_err_t err = TS_ERR_OK;
    for (int i = 0; err == TS_ERR_OK && !done && i < 1000; i++) {
        err = ts_fold_settle_some(stage->run.fold, 1, &done);
    }
    return err;
}

static ts_err_t
deed_past(stage_t *stage)
{
    uint8_t bits[512];
    ts_fold_t *past = NULL;
    bool done = false;
    uint64_t last = ts_custody_arrival(stage->run.custody);
    assert_true(last < sizeof bits * 8);
    memset(bits, 0xff, sizeof bits);
    /* Without one segment somewhere. */
    bits[2] = 0xf7;
    char *path = ts_tempdir_path(stage->run.folder, "past.sqlite");
    const ts_fold_past_query_t query = {.path = path, .segments = bits, .last = last};
    ts_err_t err = ts_fold_past_begin(stage->run.fold, &query, &past);
    while (err == TS_ERR_OK && !done) {
        err = ts_fold_past_slice(past, BUDGET, &done);
    }
    ts_fold_past_end(&past);
    free(path);
    return err;
}

/* One entry more, in the tail. */
static void
type_one(stage_t *stage)
{
    (void)fold_run_append(&stage->run, stage->own, stage->next++, 1);
}

/* All that is in the tail and one entry more, sealed. */
static void
seal_one(stage_t *stage)
{
    uint64_t counter = fold_run_append(&stage->run, stage->own, stage->next++, 1);
    fold_run_seal(&stage->run, stage->own, stage->next - 1, 1, counter);
}

static void
fail_everywhere(stage_t *stage,
                void (*prepare)(stage_t *stage),
                ts_err_t (*act)(stage_t *stage),
                uint64_t step)
{
    bool fired = true;
    for (uint64_t k = 1; fired; k += step * (ts_step_after(k) - k)) {
        bool more = true;
        if (prepare != NULL && stage->next < ENTRIES) {
            prepare(stage);
        }
        ts_sqlfault_arm(TS_SQL_STEP, SQLITE_FULL, k);
        ts_err_t err = act(stage);
        fired = ts_sqlfault_disarm();
        assert_int_equal(err, fired ? TS_ERR_FULL : TS_ERR_OK);
        /* Until the fold went on nothing is folded at once. */
        if (fired && act == deed_own_entry) {
            assert_int_equal(ts_fold_event_now(stage->run.fold), TS_ERR_FULL);
        }
        while (more) {
            assert_int_equal(ts_fold_slice(stage->run.fold, BUDGET, &more), TS_ERR_OK);
        }
    }
}

static void
test_fold_deeds_own_entries_over_failing_statements_count_once(void **state)
{
    stage_t *stage = *state;
    fail_everywhere(stage, type_one, deed_own_entry, 1);
    assert_same_anew(stage);
}

static void
test_fold_deeds_own_segments_over_failing_statements_count_once(void **state)
{
    stage_t *stage = *state;
    fail_everywhere(stage, seal_one, deed_own_segment, 1);
    assert_same_anew(stage);
}

static void
test_fold_deeds_questions_that_fail_change_nothing(void **state)
{
    stage_t *stage = *state;
    for (int i = 0; i < 5; i++) {
        type_one(stage);
    }
    fold_run_finish(&stage->run, BUDGET);
    fail_everywhere(stage, NULL, deed_judge, 1);
    fold_run_close(&stage->run);
    assert_int_equal(fold_run_open(&stage->run), TS_ERR_OK);
    fail_everywhere(stage, NULL, deed_child_times, 1);
    fail_everywhere(stage, type_one, deed_settle, 1);
    fail_everywhere(stage, NULL, deed_past, 41);
    assert_same_anew(stage);
}

/* After a stop each event is noted before it is tried; a full disk meanwhile is nobody's fault. */
static void
test_fold_deeds_trial_over_failing_statements_parks_nothing(void **state)
{
    stage_t *stage = *state;
    ts_parked_t parked;
    bool fired = true;
    for (uint64_t k = 1; fired && stage->next < ENTRIES; k = ts_step_after(k)) {
        bool more = true;
        ts_err_t err = TS_ERR_OK;
        type_one(stage);
        assert_int_equal(ts_ledger_begin(stage->run.ledger), TS_ERR_OK);
        assert_int_equal(ts_ledger_number_put(stage->run.ledger, "trial_open", 1), TS_ERR_OK);
        assert_int_equal(ts_ledger_commit(stage->run.ledger), TS_ERR_OK);
        fold_run_close(&stage->run);
        assert_int_equal(fold_run_open(&stage->run), TS_ERR_OK);
        ts_sqlfault_arm(TS_SQL_STEP, SQLITE_FULL, k);
        while (err == TS_ERR_OK && more) {
            err = ts_fold_slice(stage->run.fold, BUDGET, &more);
        }
        fired = ts_sqlfault_disarm();
        assert_int_equal(err, fired ? TS_ERR_FULL : TS_ERR_OK);
        fold_run_finish(&stage->run, BUDGET);
    }
    assert_false(fired);
    fold_run_finish(&stage->run, BUDGET);
    for (uint64_t id = 0; ts_ledger_parked_next(stage->run.ledger, id, &parked, NULL) == TS_ERR_OK;
         id = parked.id) {
        assert_int_not_equal(parked.reason, TS_PARK_CRASHED);
    }
    assert_same_anew(stage);
}

/* Both stores are opened anew, as by the next start. */
static void
start_again(stage_t *stage)
{
    fold_run_close(&stage->run);
    char *folder = fold_run_leave(&stage->run);
    fold_run_return(&stage->run, folder, &stage->way);
    ts_xfree(folder);
    stage->run.world = stage->world;
    assert_int_equal(fold_run_open(&stage->run), TS_ERR_OK);
}

/* What a row tells wrongly is an error, and nothing that follows from it stays in the ledger. */
static void
test_fold_deeds_rows_cut_short_are_an_error(void **state)
{
    stage_t *stage = *state;
    unsigned errors = 0;
    uint64_t k = 1;
    for (int i = 0; i < 30; i++) {
        type_one(stage);
        fold_run_finish(&stage->run, BUDGET);
    }
    for (uint64_t i = 0; i < SHORT_MAX; i = ts_step_after(i)) {
        bool more = true;
        ts_err_t err = TS_ERR_OK;
        start_again(stage);
        type_one(stage);
        ts_sqlfault_arm(TS_SQL_SHORT, 0, k);
        while (err == TS_ERR_OK && more) {
            err = ts_fold_slice(stage->run.fold, BUDGET, &more);
        }
        bool fired = ts_sqlfault_disarm();
        k = fired ? ts_step_after(k) : 1;
        errors += err == TS_ERR_CORRUPT;
        assert_true(fired || err == TS_ERR_OK);
    }
    start_again(stage);
    print_message("           %u errors\n", errors);
    assert_true(errors > 0);
    ts_fold_rebuild(stage->run.fold);
    assert_same_anew(stage);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_fold_deeds_own_entries_over_failing_statements_count_once),
        CASE(test_fold_deeds_own_segments_over_failing_statements_count_once),
        CASE(test_fold_deeds_questions_that_fail_change_nothing),
        CASE(test_fold_deeds_trial_over_failing_statements_parks_nothing),
        CASE(test_fold_deeds_rows_cut_short_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
