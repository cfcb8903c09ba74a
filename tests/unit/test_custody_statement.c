/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: whichever statement of a piece of custody's work fails, the caller hears of it, nothing of
 * it stays, and the same work done again succeeds. Method: every piece is tried with its first, its
 * second, … statement broken off by SQLite, rolled back, and at last left alone. The disk's own
 * failures: test_custody_fault.
 */
#include "crypto/hash.h"
#include "store/custody_priv.h"
#include "support/custody_world.h"

#include <sqlite3.h>
#include <string.h>

enum { STATEMENTS_MAX = 400, TIPS_MAX = 16 };

typedef struct breaker {
    uint64_t seen; /* statements begun */
    uint64_t at;   /* the one that is broken off; 0 = none */
    bool fired;
} breaker_t;

typedef struct stage {
    ts_custody_world_t *world;
    ts_custody_t *custody;
    ts_made_t genesis;
    ts_made_t line[5]; /* one after the other */
    ts_made_t branch[2];
    ts_made_t own_genesis;
    ts_made_t successor;
    ts_made_t sealed;
    ts_id16_t store;
    ts_id16_t other_store;
} stage_t;

typedef ts_err_t (*piece_fn)(stage_t *stage);

static breaker_t breaker;

static int
count_statement(unsigned what, void *context, void *statement, void *text)
{
    (void)what;
    (void)context;
    (void)statement;
    (void)text;
    breaker.seen++;
    return 0;
}

static int
break_off(void *context)
{
    (void)context;
    if (breaker.at == 0 || breaker.seen < breaker.at) {
        return 0;
    }
    breaker.at = 0;
    breaker.fired = true;
    return 1;
}

static void
watch(ts_db_t *db)
{
    sqlite3 *handle = ts_db_handle(db);
    assert_int_equal(sqlite3_trace_v2(handle, SQLITE_TRACE_STMT, count_statement, NULL), SQLITE_OK);
    sqlite3_progress_handler(handle, 1, break_off, NULL);
}

/* ---- pieces of work */

static ts_err_t
put(stage_t *stage, const ts_made_t *made, ts_put_outcome_t outcome)
{
    ts_put_result_t result;
    ts_err_t err =
        ts_custody_put(stage->custody, &made->view, &made->hash, &stage->world->source, &result);
    if (err == TS_ERR_OK) {
        assert_int_equal(result.outcome, outcome);
    }
    return err;
}

static ts_err_t
put_genesis(stage_t *stage)
{
    return put(stage, &stage->genesis, TS_PUT_STORED);
}

static ts_err_t
put_first(stage_t *stage)
{
    return put(stage, &stage->line[0], TS_PUT_STORED);
}

static ts_err_t
put_again(stage_t *stage)
{
    return put(stage, &stage->line[0], TS_PUT_DUPLICATE);
}

static ts_err_t
put_early(stage_t *stage)
{
    return put(stage, &stage->line[2], TS_PUT_WAITING);
}

static ts_err_t
put_missing(stage_t *stage)
{
    return put(stage, &stage->line[1], TS_PUT_STORED);
}

static ts_err_t
take_waiting(stage_t *stage)
{
    ts_buf_t bytes = {0};
    ts_put_source_t source;
    ts_err_t err = ts_custody_waiting_take(stage->custody, &stage->line[1].hash, &bytes, &source);
    ts_buf_free(&bytes);
    return err == TS_ERR_OK ? put(stage, &stage->line[2], TS_PUT_STORED) : err;
}

static ts_err_t
put_branches(stage_t *stage)
{
    ts_err_t err = put(stage, &stage->branch[0], TS_PUT_FORK);
    return err == TS_ERR_OK ? put(stage, &stage->branch[1], TS_PUT_STORED) : err;
}

static ts_err_t
list_waiting(stage_t *stage)
{
    ts_waiting_t rows[TIPS_MAX];
    size_t count = 0;
    ts_hash_t after = {{0}};
    ts_err_t err = put(stage, &stage->line[4], TS_PUT_WAITING);
    if (err == TS_ERR_OK) {
        err = ts_custody_waiting_list(stage->custody, &after, rows, TIPS_MAX, &count);
    }
    assert_true(err != TS_ERR_OK || count == 1);
    return err;
}

static ts_err_t
refuse(stage_t *stage)
{
    ts_refusal_t refusal = {.hash = stage->line[3].hash,
                            .log = stage->genesis.hash,
                            .code = TS_ERR_SIGNATURE,
                            .source = stage->world->source};
    return ts_custody_refuse(stage->custody, &refusal, ts_buf_bytes(&stage->line[3].bytes));
}

static ts_err_t
read_refused(stage_t *stage)
{
    ts_refusal_t refusal;
    ts_buf_t bytes = {0};
    ts_err_t err = ts_custody_refused(stage->custody, 0, &refusal, &bytes);
    ts_buf_free(&bytes);
    return err;
}

static ts_err_t
begin_own(stage_t *stage)
{
    uint64_t arrival = 0;
    ts_err_t err = ts_custody_seal(stage->custody, &stage->own_genesis.view,
                                   &stage->own_genesis.hash, &stage->world->source, 0, &arrival);
    ts_log_info_t info;
    ts_own_t own = TS_OWN_NOT;
    if (err == TS_ERR_OK) {
        err = ts_custody_own_active(stage->custody, TS_PURPOSE_RECORDS, 0, &info);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_log_own(stage->custody, &stage->own_genesis.hash, &own);
    }
    return err;
}

static ts_err_t
append(stage_t *stage)
{
    ts_err_t err = TS_ERR_OK;
    for (uint8_t i = 0; err == TS_ERR_OK && i < 3; i++) {
        uint64_t counter = 0;
        uint8_t event[40];
        memset(event, 'a' + i, sizeof event);
        ts_hash_t id = ts_hash_of(event, sizeof event);
        err = ts_custody_append(stage->custody, &stage->own_genesis.hash, &id,
                                (ts_bytes_t){event, sizeof event}, &counter);
    }
    return err;
}

static ts_err_t
read_tail(stage_t *stage)
{
    ts_tail_event_t event;
    ts_tail_size_t size;
    ts_buf_t bytes = {0};
    ts_err_t err = ts_custody_tail_next(stage->custody, NULL, 0, &event, &bytes);
    if (err == TS_ERR_OK) {
        err = ts_custody_tail_next(stage->custody, &stage->own_genesis.hash, 0, &event, &bytes);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_tail_size(stage->custody, &stage->own_genesis.hash, &size);
    }
    ts_buf_free(&bytes);
    return err;
}

static ts_err_t
seal(stage_t *stage)
{
    uint64_t arrival = 0;
    return ts_custody_seal(stage->custody, &stage->sealed.view, &stage->sealed.hash,
                           &stage->world->source, 2, &arrival);
}

static ts_err_t
go_on_in_another(stage_t *stage)
{
    ts_put_result_t result;
    ts_err_t err = ts_custody_put(stage->custody, &stage->successor.view, &stage->successor.hash,
                                  &stage->world->source, &result);
    if (err == TS_ERR_OK) {
        err = ts_custody_own_set(stage->custody, &stage->successor.hash, TS_OWN_ACTIVE);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_own_set(stage->custody, &stage->own_genesis.hash, TS_OWN_PAST);
    }
    return err == TS_ERR_OK ? ts_custody_tail_move(stage->custody, &stage->own_genesis.hash,
                                                   &stage->successor.hash)
                            : err;
}

static ts_tip_t
tip_of(const ts_made_t *made, const ts_hash_t *log)
{
    return (ts_tip_t){*log, ts_segment_last_seq(&made->view.header), made->hash};
}

static ts_err_t
note_held(stage_t *stage)
{
    bool known = false;
    const ts_hash_t *log = &stage->genesis.hash;
    const ts_tip_t tips[] = {tip_of(&stage->line[0], log), tip_of(&stage->line[2], log),
                             tip_of(&stage->branch[1], log), tip_of(&stage->line[1], log)};
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof tips / sizeof tips[0]; i++) {
        err = ts_custody_held_add(stage->custody, &stage->store, &tips[i], &known);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_held_set(stage->custody, &stage->other_store, log, tips, 2);
    }
    ts_tip_t own = tip_of(&stage->sealed, &stage->own_genesis.hash);
    return err == TS_ERR_OK ? ts_custody_held_add(stage->custody, &stage->store, &own, &known)
                            : err;
}

static ts_err_t
read_held(stage_t *stage)
{
    ts_tip_t tips[TIPS_MAX];
    size_t count = 0;
    uint64_t seq = 0;
    bool held = false;
    const ts_hash_t *log = &stage->genesis.hash;
    ts_err_t err = ts_custody_held_tips(stage->custody, &stage->store, log, tips, TIPS_MAX, &count);
    if (err == TS_ERR_OK) {
        err = ts_custody_held_tips(stage->custody, NULL, log, tips, TIPS_MAX, &count);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_held_seq(stage->custody, &stage->store, log, &seq);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_held_segment(stage->custody, &stage->store, &stage->line[0].hash, &held);
    }
    return err;
}

static ts_err_t
sum_up(stage_t *stage)
{
    ts_custody_status_t status;
    ts_custody_counts_t counts;
    ts_err_t err = ts_custody_status(stage->custody, &stage->store, &status);
    if (err == TS_ERR_OK) {
        err = ts_custody_status(stage->custody, NULL, &status);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_status(stage->custody, &stage->other_store, &status);
    }
    return err == TS_ERR_OK ? ts_custody_counts(stage->custody, &counts) : err;
}

static bool
all(void *context, const ts_log_info_t *info)
{
    (void)context;
    (void)info;
    return true;
}

static ts_err_t
list_tips(stage_t *stage)
{
    ts_custody_tip_t tips[TIPS_MAX];
    ts_log_info_t infos[TIPS_MAX];
    ts_tip_page_t page;
    ts_tip_query_t query = {.count_max = TIPS_MAX, .filter = all};
    size_t count = 0;
    ts_hash_t digest;
    const ts_hash_t *log = &stage->genesis.hash;
    ts_err_t err = ts_custody_tips(stage->custody, &query, tips, infos, TIPS_MAX, &page);
    if (err == TS_ERR_OK) {
        err = ts_custody_log_tips(stage->custody, log, tips, TIPS_MAX, &count);
    }
    for (uint64_t at = 1; err == TS_ERR_OK && at <= ts_custody_arrival(stage->custody); at++) {
        err = ts_custody_tips_at(stage->custody, log, at, tips, TIPS_MAX, &count);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_tips_at(stage->custody, &stage->own_genesis.hash,
                                 ts_custody_arrival(stage->custody), tips, TIPS_MAX, &count);
    }
    return err == TS_ERR_OK ? ts_custody_digest(stage->custody, all, NULL, &digest) : err;
}

static ts_err_t
walk(stage_t *stage)
{
    ts_held_segment_t segment;
    ts_buf_t bytes = {0};
    bool held = false;
    bool on = false;
    ts_tip_t base = tip_of(&stage->line[1], &stage->genesis.hash);
    ts_err_t err = ts_custody_next(stage->custody, &base, 0, &held, &segment, &bytes);
    base = tip_of(&stage->branch[0], &stage->genesis.hash);
    if (err == TS_ERR_OK) {
        err = ts_custody_next(stage->custody, &base, 0, &held, &segment, &bytes);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_back(stage->custody, &stage->line[2].hash, 2, &segment);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_at(stage->custody, &stage->line[2].hash, 1, &segment, &bytes);
    }
    if (err == TS_ERR_OK) {
        err =
            ts_custody_on_chain(stage->custody, &stage->line[0].hash, &stage->branch[1].hash, &on);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_get(stage->custody, 1, &segment, &bytes);
    }
    ts_buf_free(&bytes);
    return err;
}

static ts_err_t
keep_states(stage_t *stage)
{
    ts_custody_peer_t peer = {.office = 9, .store = stage->store, .seen = 3};
    ts_log_info_t info = {.office = 0};
    ts_buf_t value = {0};
    uint64_t number = 0;
    ts_err_t err = ts_custody_peer_put(stage->custody, &peer);
    if (err == TS_ERR_OK) {
        err = ts_custody_peer_get(stage->custody, 9, &peer);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_number_put(stage->custody, "n", 7);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_number_get(stage->custody, "n", &number);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_state_get(stage->custody, "n", &value);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_log_next(stage->custody, &info);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_log(stage->custody, &stage->genesis.hash, &info);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_held_clear(stage->custody, &stage->other_store);
    }
    ts_buf_free(&value);
    return err;
}

static ts_err_t
repair(stage_t *stage)
{
    return ts_custody_repair(stage->custody, &stage->line[0].view, &stage->line[0].hash);
}

static const struct {
    const char *name;
    piece_fn run;
} pieces[] = {
    {"genesis", put_genesis},
    {"first", put_first},
    {"again", put_again},
    {"early", put_early},
    {"missing", put_missing},
    {"waiting", take_waiting},
    {"branches", put_branches},
    {"list waiting", list_waiting},
    {"refuse", refuse},
    {"read refused", read_refused},
    {"own", begin_own},
    {"append", append},
    {"read tail", read_tail},
    {"seal", seal},
    {"successor", go_on_in_another},
    {"note held", note_held},
    {"read held", read_held},
    {"sums", sum_up},
    {"tips", list_tips},
    {"walk", walk},
    {"states", keep_states},
    {"repair", repair},
};

/* ---- the loop */

static void
make(stage_t *stage)
{
    ts_made_log_t log;
    ts_made_log_t own;
    ts_made_log_t next;
    ts_made_genesis(&log, TS_PURPOSE_RECORDS, 8, 2, &stage->genesis);
    for (size_t i = 0; i < 5; i++) {
        if (i == 1) {
            ts_made_log_t fork = log;
            fork.prng = ts_prng(99);
            ts_made_next(&fork, 2, 300, &stage->branch[0]);
            ts_made_next(&fork, 2, 300, &stage->branch[1]);
        }
        ts_made_next(&log, 2, 400, &stage->line[i]);
    }
    ts_made_genesis(&own, TS_PURPOSE_RECORDS, 7, 1, &stage->own_genesis);
    ts_made_next(&own, 2, 200, &stage->sealed);
    ts_made_genesis(&next, TS_PURPOSE_RECORDS, 7, 5, &stage->successor);
    stage->store = ts_custody_world_store('s');
    stage->other_store = ts_custody_world_store('t');
}

static void
unmake(stage_t *stage)
{
    ts_made_t *const all_made[] = {&stage->genesis,   &stage->line[0],   &stage->line[1],
                                   &stage->line[2],   &stage->line[3],   &stage->line[4],
                                   &stage->branch[0], &stage->branch[1], &stage->own_genesis,
                                   &stage->successor, &stage->sealed};
    for (size_t i = 0; i < sizeof all_made / sizeof all_made[0]; i++) {
        ts_made_free(all_made[i]);
    }
}

/* Returns how many of its statements were broken off. */
static uint64_t
try_piece(stage_t *stage, size_t index)
{
    for (uint64_t k = 1; k < STATEMENTS_MAX; k++) {
        uint64_t arrival = ts_custody_arrival(stage->custody);
        assert_int_equal(ts_custody_begin(stage->custody, pieces[index].name), TS_ERR_OK);
        breaker = (breaker_t){.at = k};
        ts_err_t err = pieces[index].run(stage);
        breaker.at = 0;
        if (!breaker.fired) {
            assert_int_equal(err, TS_ERR_OK);
            assert_int_equal(ts_custody_commit(stage->custody), TS_ERR_OK);
            return k - 1;
        }
        if (err == TS_ERR_OK) {
            fail_msg("%s: nobody heard of statement %u", pieces[index].name, (unsigned)k);
        }
        ts_custody_rollback(stage->custody);
        assert_int_equal(ts_custody_failed(stage->custody), TS_ERR_OK);
        assert_int_equal(ts_custody_arrival(stage->custody), arrival);
    }
    fail_msg("%s: no end", pieces[index].name);
    return 0;
}

static void
test_custody_statement_that_fails_is_told_and_leaves_nothing(void **state)
{
    ts_custody_world_t *world = *state;
    stage_t stage = {.world = world, .custody = world->custody};
    make(&stage);
    watch(stage.custody->db);
    uint64_t broken = 0;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        broken += try_piece(&stage, i);
    }
    assert_true(broken > 100);
    /* What came of all of it is whole. */
    ts_custody_verify_t verify = {.next_arrival = 1};
    bool done = false;
    assert_int_equal(ts_custody_verify(stage.custody, &verify, SIZE_MAX, &done), TS_ERR_OK);
    assert_true(done);
    assert_int_equal(verify.damaged, 0);
    assert_true(ts_custody_world_holds(world, &stage.branch[1].hash));
    ts_custody_status_t status;
    assert_int_equal(ts_custody_status(stage.custody, &stage.store, &status), TS_ERR_OK);
    assert_int_equal(status.sealed_events, 2);
    assert_int_equal(status.tail_events, 1);
    unmake(&stage);
}

/* The walk over the whole store reads through the second connection. */
static void
test_custody_statement_of_the_reader_that_fails_is_told(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 3, 4);
    for (int i = 0; i < 4; i++) {
        (void)ts_custody_world_extend(world, &log, 2);
    }
    watch(world->custody->reader);
    watch(world->custody->db);
    bool fired = true;
    uint64_t k = 0;
    while (fired) {
        k++;
        ts_custody_verify_t verify = {.next_arrival = 1};
        bool done = false;
        breaker = (breaker_t){.at = k};
        ts_err_t err = ts_custody_verify(world->custody, &verify, SIZE_MAX, &done);
        fired = breaker.fired;
        breaker.at = 0;
        bool told = err != TS_ERR_OK || verify.damaged > 0;
        /* Of the file's length it needs no more than a guess. */
        assert_true(told == fired || (fired && done && verify.checked == 5));
        assert_true(k < STATEMENTS_MAX);
    }
    assert_true(k > 5);
}

int
main(void)
{
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, ts_custody_world_setup, ts_custody_world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_custody_statement_that_fails_is_told_and_leaves_nothing),
        CASE(test_custody_statement_of_the_reader_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
