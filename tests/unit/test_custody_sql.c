/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: whichever statement of a piece of work fails, also one whose pages are in the cache, the
 * whole batch is taken back and the store stands as before; what a row tells wrongly is an error
 * and changes nothing. Method: every deed that custody knows, with each of its calls to SQLite
 * failing in turn; then the store is compared with itself before.
 */
#include "crypto/hash.h"
#include "support/custody_world.h"
#include "support/sqlfault.h"
#include "support/steps.h"
#include "support/tempdir.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a store with some of everything */

typedef struct ts_stage {
    ts_custody_world_t *world;
    ts_made_log_t own;    /* active, four entries in its tail */
    ts_made_log_t past;   /* own as well */
    ts_made_log_t forked; /* six segments, a branch beside the last */
    ts_made_log_t plain;
    ts_tip_t branch; /* the other tip of the forked log */
    ts_tip_t middle; /* of the forked log, before the fork */
    ts_made_t sealed;
    ts_made_t next;    /* of the plain log */
    ts_made_t genesis; /* of a new log */
    ts_made_t fork;    /* of the plain log */
    ts_made_t late;    /* its predecessor is not held */
    ts_made_t held;    /* a segment that is held */
} ts_stage_t;

/* What must be the same afterwards. */
typedef struct ts_print {
    ts_hash_t digest;
    ts_custody_counts_t counts;
    ts_custody_status_t status;
    uint64_t arrival;
    uint64_t tail_counter;
    uint64_t number;
    ts_id16_t store;
} ts_print_t;

static ts_print_t
print_of(ts_custody_world_t *world)
{
    ts_print_t print;
    memset(&print, 0, sizeof print);
    assert_int_equal(ts_custody_digest(world->custody, NULL, NULL, &print.digest), TS_ERR_OK);
    assert_int_equal(ts_custody_counts(world->custody, &print.counts), TS_ERR_OK);
    assert_int_equal(ts_custody_status(world->custody, NULL, &print.status), TS_ERR_OK);
    assert_int_equal(ts_custody_number_get(world->custody, "number", &print.number), TS_ERR_OK);
    print.arrival = ts_custody_arrival(world->custody);
    print.tail_counter = ts_custody_tail_counter(world->custody);
    print.store = ts_custody_store_id(world->custody);
    return print;
}

static void
assert_as_before(ts_custody_world_t *world, const ts_print_t *before)
{
    ts_print_t now = print_of(world);
    assert_memory_equal(&now, before, sizeof now);
}

static void
fill_others(ts_stage_t *stage)
{
    ts_custody_world_t *world = stage->world;
    ts_made_t made;
    stage->forked = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    stage->plain = ts_custody_world_log(world, TS_PURPOSE_ACTS, 1, 2);
    for (int i = 0; i < 5; i++) {
        (void)ts_custody_world_extend(world, &stage->forked, 2);
        stage->middle = i == 1 ? stage->forked.tip : stage->middle;
        ts_made_log_t before = stage->plain;
        (void)ts_custody_world_extend(world, &stage->plain, 1);
        if (i == 3) {
            ts_made_next(&before, 2, 70, &stage->fork);
        }
    }
    ts_made_log_t branch = stage->forked;
    ts_made_next(&stage->forked, 1, 90, &stage->held);
    (void)ts_custody_world_expect(world, &stage->held, TS_PUT_STORED);
    ts_made_next(&branch, 1, 9, &made);
    (void)ts_custody_world_expect(world, &made, TS_PUT_FORK);
    stage->branch = branch.tip;
    ts_made_free(&made);
    ts_made_log_t after = stage->plain;
    ts_made_next(&after, 1, 60, &stage->next);
    ts_made_next(&after, 1, 60, &stage->late);
    ts_made_next(&after, 1, 60, &made);
    (void)ts_custody_world_expect(world, &made, TS_PUT_WAITING);
    ts_made_free(&made);
}

static void
fill_own(ts_stage_t *stage)
{
    static const char *const texts[] = {"one", "two", "three", "four"};
    ts_custody_world_t *world = stage->world;
    stage->past = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 7);
    stage->own = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 8);
    for (size_t i = 0; i < TS_COUNT(texts); i++) {
        (void)ts_custody_world_append(world, &stage->own.tip.log, texts[i]);
    }
    ts_made_log_t after = stage->own;
    ts_made_next(&after, TS_COUNT(texts), 80, &stage->sealed);
}

static void
fill_sides(ts_stage_t *stage)
{
    ts_custody_t *custody = stage->world->custody;
    const ts_id16_t p = ts_custody_world_store('p');
    const ts_custody_peer_t peer = {.office = 3, .store = p, .seen = 4, .offered = 2};
    const ts_refusal_t refusal = {.code = TS_ERR_SIGNATURE, .source = stage->world->source};
    assert_int_equal(ts_custody_begin(custody, "sides"), TS_ERR_OK);
    assert_int_equal(ts_custody_peer_put(custody, &peer), TS_ERR_OK);
    assert_int_equal(ts_custody_held_add(custody, &p, &stage->middle, NULL), TS_ERR_OK);
    assert_int_equal(ts_custody_held_add(custody, &p, &stage->branch, NULL), TS_ERR_OK);
    assert_int_equal(ts_custody_held_add(custody, &p, &stage->own.tip, NULL), TS_ERR_OK);
    assert_int_equal(ts_custody_number_put(custody, "number", 77), TS_ERR_OK);
    assert_int_equal(ts_custody_own_set(custody, &stage->forked.tip.log, TS_OWN_PAST), TS_ERR_OK);
    assert_int_equal(ts_custody_own_set(custody, &stage->plain.tip.log, TS_OWN_PAST), TS_ERR_OK);
    assert_int_equal(ts_custody_refuse(custody, &refusal, (ts_bytes_t){(const uint8_t *)"bad", 3}),
                     TS_ERR_OK);
    assert_int_equal(ts_custody_commit(custody), TS_ERR_OK);
}

static int
set_up(void **state)
{
    ts_stage_t *stage = calloc(1, sizeof *stage);
    ts_made_log_t fresh;
    void *world = NULL;
    assert_non_null(stage);
    assert_int_equal(ts_custody_world_setup_memory(&world), 0);
    stage->world = world;
    fill_others(stage);
    fill_own(stage);
    fill_sides(stage);
    ts_made_genesis(&fresh, TS_PURPOSE_RECORDS, 12, 12, &stage->genesis);
    *state = stage;
    return 0;
}

static int
tear_down(void **state)
{
    ts_stage_t *stage = *state;
    ts_made_t *const all[] = {&stage->sealed, &stage->next, &stage->genesis,
                              &stage->fork,   &stage->late, &stage->held};
    for (size_t i = 0; i < TS_COUNT(all); i++) {
        ts_made_free(all[i]);
    }
    void *world = stage->world;
    free(stage);
    return ts_custody_world_teardown(&world);
}

/* ---- deeds; each up to its first error */

static ts_err_t
put(ts_stage_t *stage, const ts_made_t *made)
{
    ts_put_result_t result;
    return ts_custody_put(stage->world->custody, &made->view, &made->hash, &stage->world->source,
                          &result);
}

#define DEED_PUT(name)                                 \
    static ts_err_t deed_put_##name(ts_stage_t *stage) \
    {                                                  \
        return put(stage, &stage->name);               \
    }
DEED_PUT(next)
DEED_PUT(fork)
DEED_PUT(late)
DEED_PUT(held)

static ts_err_t
deed_put_genesis(ts_stage_t *stage)
{
    /* From a store that is not known yet. */
    ts_put_source_t source = {ts_custody_world_store('n'), 5};
    ts_put_result_t result;
    return ts_custody_put(stage->world->custody, &stage->genesis.view, &stage->genesis.hash,
                          &source, &result);
}

static ts_err_t
deed_wake(ts_stage_t *stage)
{
    ts_buf_t bytes = {0};
    ts_put_source_t source;
    ts_err_t err = put(stage, &stage->next);
    if (err == TS_ERR_OK) {
        err = put(stage, &stage->late);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_waiting_take(stage->world->custody, &stage->late.hash, &bytes, &source);
    }
    ts_buf_free(&bytes);
    return err;
}

static ts_err_t
deed_refuse(ts_stage_t *stage)
{
    const ts_refusal_t refusal = {
        .code = TS_ERR_HASH, .source = stage->world->source, .hash = stage->late.hash};
    return ts_custody_refuse(stage->world->custody, &refusal,
                             (ts_bytes_t){(const uint8_t *)"worse", 5});
}

static ts_err_t
deed_append(ts_stage_t *stage)
{
    uint64_t counter = 0;
    ts_hash_t id = ts_hash_of("five", 4);
    return ts_custody_append(stage->world->custody, &stage->own.tip.log, &id,
                             (ts_bytes_t){(const uint8_t *)"five", 4}, &counter);
}

static ts_err_t
deed_seal(ts_stage_t *stage)
{
    uint64_t arrival = 0;
    return ts_custody_seal(stage->world->custody, &stage->sealed.view, &stage->sealed.hash,
                           &stage->world->source, 4, &arrival);
}

static ts_err_t
deed_seal_genesis(ts_stage_t *stage)
{
    uint64_t arrival = 0;
    return ts_custody_seal(stage->world->custody, &stage->genesis.view, &stage->genesis.hash,
                           &stage->world->source, 0, &arrival);
}

static ts_err_t
deed_move_tail(ts_stage_t *stage)
{
    return ts_custody_tail_move(stage->world->custody, &stage->own.tip.log, &stage->past.tip.log);
}

static ts_err_t
deed_repair(ts_stage_t *stage)
{
    return ts_custody_repair(stage->world->custody, &stage->held.view, &stage->held.hash);
}

static ts_err_t
deed_note_held(ts_stage_t *stage)
{
    const ts_id16_t p = ts_custody_world_store('p');
    const ts_tip_t tips[] = {stage->middle, stage->forked.tip};
    bool known = false;
    ts_err_t err = ts_custody_held_add(stage->world->custody, &p, &stage->middle, &known);
    if (err == TS_ERR_OK) {
        err = ts_custody_held_add(stage->world->custody, &p, &stage->forked.tip, &known);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_held_set(stage->world->custody, &p, &stage->middle.log, tips, 2);
    }
    return err == TS_ERR_OK ? ts_custody_held_clear(stage->world->custody, &p) : err;
}

static ts_err_t
deed_put_small(ts_stage_t *stage)
{
    ts_custody_t *custody = stage->world->custody;
    const ts_custody_peer_t peer = {.office = 4, .store = stage->world->source.store};
    ts_err_t err = ts_custody_peer_put(custody, &peer);
    if (err == TS_ERR_OK) {
        err = ts_custody_number_put(custody, "number", 78);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_state_put(custody, "state", (ts_bytes_t){(const uint8_t *)"x", 1});
    }
    return err == TS_ERR_OK ? ts_custody_own_set(custody, &stage->own.tip.log, TS_OWN_PAST) : err;
}

static ts_err_t
deed_look_at_logs(ts_stage_t *stage)
{
    ts_custody_t *custody = stage->world->custody;
    ts_log_info_t info = {.office = 0};
    ts_log_size_t size;
    ts_own_t own = TS_OWN_NOT;
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK) {
        err = ts_custody_log_next(custody, &info);
    }
    err = err == TS_ERR_NOTFOUND ? ts_custody_log(custody, &stage->own.tip.log, &info) : err;
    if (err == TS_ERR_OK) {
        err = ts_custody_log_own(custody, &stage->own.tip.log, &own);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_log_size(custody, &stage->own.tip.log, &size);
    }
    return err == TS_ERR_OK ? ts_custody_own_active(custody, TS_PURPOSE_RECORDS, 0, &info) : err;
}

static ts_err_t
deed_look_at_tail(ts_stage_t *stage)
{
    ts_custody_t *custody = stage->world->custody;
    ts_tail_event_t event;
    ts_tail_size_t size;
    ts_buf_t bytes = {0};
    ts_err_t err = ts_custody_tail_next(custody, NULL, 0, &event, &bytes);
    if (err == TS_ERR_OK) {
        err = ts_custody_tail_next(custody, &stage->own.tip.log, 1, &event, NULL);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_tail_size(custody, &stage->own.tip.log, &size);
    }
    ts_buf_free(&bytes);
    return err;
}

static ts_err_t
deed_walk(ts_stage_t *stage)
{
    ts_custody_t *custody = stage->world->custody;
    ts_held_segment_t segment;
    ts_buf_t bytes = {0};
    bool on = false;
    ts_err_t err = ts_custody_get(custody, 3, &segment, &bytes);
    if (err == TS_ERR_OK) {
        err = ts_custody_back(custody, &stage->branch.hash, 30, &segment);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_at(custody, &stage->branch.hash, 3, &segment, &bytes);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_on_chain(custody, &stage->middle.hash, &stage->branch.hash, &on);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_next(custody, &stage->middle, 0, &on, &segment, &bytes);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_next(custody, &stage->branch, 0, &on, &segment, &bytes);
    }
    ts_buf_free(&bytes);
    return err;
}

static ts_err_t
deed_list_tips(ts_stage_t *stage)
{
    ts_custody_t *custody = stage->world->custody;
    ts_custody_tip_t tips[16];
    ts_log_info_t infos[16];
    ts_tip_page_t page = {.count = 0};
    ts_hash_t digest;
    size_t count = 0;
    const ts_tip_query_t query = {.count_max = 16};
    ts_err_t err = ts_custody_tips(custody, &query, tips, infos, 16, &page);
    if (err == TS_ERR_OK) {
        err = ts_custody_digest(custody, NULL, NULL, &digest);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_log_tips(custody, &stage->forked.tip.log, tips, 16, &count);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_tips_at(custody, &stage->forked.tip.log, 13, tips, 16, &count);
    }
    return err == TS_ERR_OK
               ? ts_custody_tips_at(custody, &stage->plain.tip.log, 9, tips, 16, &count)
               : err;
}

static ts_err_t
deed_look_at_peers(ts_stage_t *stage)
{
    ts_custody_t *custody = stage->world->custody;
    const ts_id16_t p = ts_custody_world_store('p');
    ts_custody_peer_t peer;
    ts_custody_counts_t counts;
    ts_custody_status_t status;
    ts_tip_t tips[4];
    size_t count = 0;
    uint64_t seq = 0;
    bool held = false;
    ts_err_t err = ts_custody_peer_get(custody, 3, &peer);
    if (err == TS_ERR_OK) {
        err = ts_custody_held_tips(custody, &p, &stage->middle.log, tips, 4, &count);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_held_seq(custody, NULL, &stage->middle.log, &seq);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_held_segment(custody, &p, &stage->middle.hash, &held);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_status(custody, &p, &status);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_status(custody, NULL, &status);
    }
    return err == TS_ERR_OK ? ts_custody_counts(custody, &counts) : err;
}

static ts_err_t
deed_look_at_sides(ts_stage_t *stage)
{
    ts_custody_t *custody = stage->world->custody;
    ts_waiting_t waiting[4];
    ts_refusal_t refusal;
    ts_buf_t bytes = {0};
    size_t count = 0;
    uint64_t number = 0;
    ts_hash_t hash;
    ts_err_t err = ts_custody_waiting_list(custody, NULL, waiting, 4, &count);
    if (err == TS_ERR_OK) {
        err = ts_custody_refused(custody, 0, &refusal, &bytes);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_number_get(custody, "number", &number);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_state_get(custody, "number", &bytes);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_indexed_hash(custody, 2, &hash);
    }
    ts_buf_free(&bytes);
    return err;
}

static const struct {
    ts_err_t (*act)(ts_stage_t *stage);
    bool writes;
} deeds[] = {
    {deed_put_next, true},       {deed_put_genesis, true},    {deed_put_fork, true},
    {deed_put_late, true},       {deed_put_held, true},       {deed_wake, true},
    {deed_refuse, true},         {deed_append, true},         {deed_seal, true},
    {deed_seal_genesis, true},   {deed_move_tail, true},      {deed_repair, true},
    {deed_note_held, true},      {deed_put_small, true},      {deed_look_at_logs, false},
    {deed_look_at_tail, false},  {deed_walk, false},          {deed_list_tips, false},
    {deed_look_at_peers, false}, {deed_look_at_sides, false},
};

/* ---- tests */

static void
test_custody_sql_statement_that_fails_takes_its_batch_back(void **state)
{
    ts_stage_t *stage = *state;
    ts_custody_t *custody = stage->world->custody;
    const ts_print_t before = print_of(stage->world);
    for (size_t i = 0; i < TS_COUNT(deeds); i++) {
        bool fired = true;
        uint64_t k = 0;
        while (fired) {
            k++;
            if (deeds[i].writes) {
                assert_int_equal(ts_custody_begin(custody, "deed"), TS_ERR_OK);
            }
            ts_sqlfault_arm(TS_SQL_STEP, SQLITE_FULL, k);
            ts_err_t err = deeds[i].act(stage);
            fired = ts_sqlfault_disarm();
            assert_int_equal(err, fired ? TS_ERR_FULL : TS_ERR_OK);
            /* Nobody can commit the half that went well. */
            if (deeds[i].writes && fired) {
                assert_int_equal(ts_custody_commit(custody), TS_ERR_FULL);
            }
            ts_custody_rollback(custody);
            assert_as_before(stage->world, &before);
        }
        assert_true(k > 1);
    }
}

/* The disk becomes full in the commit itself: the numbers of segments and entries, and COMMIT. */
static void
test_custody_sql_commit_that_fails_keeps_nothing(void **state)
{
    ts_stage_t *stage = *state;
    ts_custody_t *custody = stage->world->custody;
    const ts_print_t before = print_of(stage->world);
    for (uint64_t k = 1; k <= 4; k++) {
        assert_int_equal(ts_custody_begin(custody, "both"), TS_ERR_OK);
        assert_int_equal(deed_put_next(stage), TS_ERR_OK);
        assert_int_equal(deed_append(stage), TS_ERR_OK);
        ts_sqlfault_arm(TS_SQL_STEP, SQLITE_FULL, k);
        assert_int_equal(ts_custody_commit(custody), k < 4 ? TS_ERR_FULL : TS_ERR_OK);
        assert_int_equal(ts_sqlfault_disarm(), k < 4);
        if (k < 4) {
            assert_as_before(stage->world, &before);
        }
    }
    assert_int_equal(ts_custody_arrival(custody), before.arrival + 1);
    assert_int_equal(ts_custody_tail_counter(custody), before.tail_counter + 1);
    assert_true(ts_custody_world_holds(stage->world, &stage->next.hash));
}

static void
test_custody_sql_store_id_that_cannot_be_changed_stays(void **state)
{
    ts_stage_t *stage = *state;
    const ts_id16_t other = ts_custody_world_store('o');
    const ts_print_t before = print_of(stage->world);
    for (uint64_t k = 1; k <= 4; k++) {
        ts_sqlfault_arm(TS_SQL_STEP, SQLITE_FULL, k);
        assert_int_equal(ts_custody_set_store_id(stage->world->custody, &other),
                         k < 4 ? TS_ERR_FULL : TS_ERR_OK);
        assert_int_equal(ts_sqlfault_disarm(), k < 4);
        if (k < 4) {
            assert_as_before(stage->world, &before);
        }
    }
}

/* Every read of bytes, then every read of a number, tells another thing than was stored: nothing of
 * it is written, whatever the deed says. */
static void
misread_everywhere(ts_stage_t *stage, ts_sql_fault_t kind, int code)
{
    ts_custody_world_t *world = stage->world;
    const ts_print_t before = print_of(world);
    unsigned errors = 0;
    for (size_t i = 0; i < TS_COUNT(deeds); i++) {
        bool fired = true;
        for (uint64_t k = 1; fired; k = ts_step_after(k)) {
            if (deeds[i].writes) {
                assert_int_equal(ts_custody_begin(world->custody, "deed"), TS_ERR_OK);
            }
            ts_sqlfault_arm(kind, code, k);
            ts_err_t err = deeds[i].act(stage);
            fired = ts_sqlfault_disarm();
            assert_true(fired || err == TS_ERR_OK);
            errors += err == TS_ERR_CORRUPT ? 1 : 0;
            ts_custody_rollback(world->custody);
            if (ts_custody_failed(world->custody) != TS_ERR_OK) {
                assert_int_equal(ts_custody_failed(world->custody), TS_ERR_CORRUPT);
                assert_int_equal(ts_custody_begin(world->custody, "more"), TS_ERR_CORRUPT);
                ts_custody_world_close(world);
                assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
            }
            assert_as_before(world, &before);
        }
    }
    assert_true(errors > 4);
}

static void
test_custody_sql_bytes_cut_short_in_a_row_are_an_error(void **state)
{
    misread_everywhere(*state, TS_SQL_SHORT, 0);
}

static void
test_custody_sql_numbers_that_rotted_in_a_row_change_nothing(void **state)
{
    misread_everywhere(*state, TS_SQL_NUMBER, 1000);
    misread_everywhere(*state, TS_SQL_NUMBER, -1000);
}

/* ---- opening */

static char *
path_of(const ts_custody_world_t *world)
{
    return ts_tempdir_path(world->folder, "custody.sqlite");
}

/* The closed store as these bytes, and nothing beside it. */
static void
put_back(ts_custody_world_t *world, const ts_buf_t *image)
{
    char *path = path_of(world);
    char *wal = ts_tempdir_path(world->folder, "custody.sqlite-wal");
    ts_faultvfs_put(world->vfs, path, ts_buf_bytes(image));
    ts_faultvfs_put(world->vfs, wal, (ts_bytes_t){(const uint8_t *)"", 0});
    free(wal);
    free(path);
}

/* All that an opening makes anew. */
static void
harm(ts_custody_world_t *world)
{
    ts_custody_world_behind(
        world, "DELETE FROM tip WHERE log = 1; UPDATE log SET fork_arrival = 5 WHERE id = 2; "
               "UPDATE tip SET seq = seq + 1 WHERE log = 3; UPDATE log SET office = office + 4; "
               "UPDATE segment SET source = -126 WHERE arrival = 4; "
               "PRAGMA writable_schema = ON; CREATE TABLE kept AS SELECT * FROM sqlite_schema "
               "WHERE name = 'log_by_arrival'; "
               "DELETE FROM sqlite_schema WHERE name = 'log_by_arrival'");
    ts_custody_world_behind(
        world, "UPDATE log SET last_arrival = 90 + id; PRAGMA writable_schema = ON; INSERT "
               "INTO sqlite_schema SELECT * FROM kept; DROP TABLE kept");
}

/* Opens the harmed store with each call failing in turn, then as it is. */
static void
open_everywhere(ts_stage_t *stage, ts_sql_fault_t kind)
{
    ts_custody_world_t *world = stage->world;
    const ts_print_t before = print_of(world);
    ts_buf_t image = {0};
    char *path = path_of(world);
    bool fired = true;
    unsigned unimportant = 0;
    ts_custody_world_close(world);
    harm(world);
    assert_true(ts_faultvfs_get(world->vfs, path, &image));
    for (uint64_t k = 1; fired; k = ts_step_after(k)) {
        put_back(world, &image);
        ts_sqlfault_arm(kind, k % 2 == 0 ? SQLITE_FULL : SQLITE_CORRUPT, k);
        ts_err_t err = ts_custody_world_open(world);
        fired = ts_sqlfault_disarm();
        assert_true(fired || err == TS_ERR_OK);
        assert_true(err == TS_ERR_OK || err == TS_ERR_FULL || err == TS_ERR_CORRUPT);
        if (err != TS_ERR_OK) {
            assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        }
        unimportant += fired && err == TS_ERR_OK ? 1 : 0;
        assert_as_before(world, &before);
        ts_custody_world_close(world);
    }
    /* Only how many segments there can be at most may remain unknown, two questions; and an index
     * of the segments that is corrupt anywhere (every other call) is made anew from the rows. */
    assert_true(unimportant <= 2 + (before.arrival + 2) / 2 || kind != TS_SQL_STEP);
    ts_buf_free(&image);
    free(path);
}

static void
test_custody_sql_opening_that_fails_is_done_by_the_next(void **state)
{
    open_everywhere(*state, TS_SQL_STEP);
}

static void
test_custody_sql_opening_that_misreads_does_no_harm(void **state)
{
    open_everywhere(*state, TS_SQL_SHORT);
}

static void
test_custody_sql_closing_that_fails_is_an_unclean_end(void **state)
{
    ts_stage_t *stage = *state;
    ts_custody_world_t *world = stage->world;
    const ts_print_t before = print_of(world);
    for (uint64_t k = 1; k <= 4; k++) {
        ts_sqlfault_arm(TS_SQL_STEP, SQLITE_FULL, k);
        ts_custody_world_close(world);
        assert_int_equal(ts_sqlfault_disarm(), k < 4);
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        assert_int_equal(ts_custody_was_clean(world->custody), k == 4);
        assert_as_before(world, &before);
    }
}

/* ---- looking at a store on the second connection */

typedef struct ts_seen {
    unsigned count;
    ts_err_t code;
} ts_seen_t;

static void
see(void *context, const ts_damage_t *damage)
{
    ts_seen_t *seen = context;
    seen->count++;
    seen->code = damage->code;
}

static ts_err_t
agree(void *context, const ts_segment_view_t *view, const ts_log_info_t *info)
{
    (void)context;
    (void)view;
    (void)info;
    return TS_ERR_OK;
}

/* A segment that cannot be looked at is told as damaged, never as right; the store goes on. */
static void
verify_everywhere(ts_stage_t *stage, ts_sql_fault_t kind, int code)
{
    ts_custody_t *custody = stage->world->custody;
    bool fired = true;
    for (uint64_t k = 1; fired; k = ts_step_after(k)) {
        ts_seen_t seen = {.count = 0};
        ts_custody_verify_t verify = {
            .next_arrival = 1, .check = agree, .report = see, .context = &seen};
        bool done = false;
        ts_sqlfault_arm(kind, code, k);
        assert_int_equal(ts_custody_verify(custody, &verify, SIZE_MAX, &done), TS_ERR_OK);
        fired = ts_sqlfault_disarm();
        assert_true(done);
        assert_int_equal(verify.damaged, seen.count);
        /* The last question of all may only tell how many there can be. */
        assert_true(seen.count <= (fired ? 1 : 0));
        if (kind == TS_SQL_STEP && fired && k > 2) {
            assert_int_equal(seen.count, 1);
        }
        assert_int_equal(ts_custody_failed(custody), TS_ERR_OK);
    }
}

static void
test_custody_sql_segment_that_cannot_be_read_is_told_as_damaged(void **state)
{
    verify_everywhere(*state, TS_SQL_STEP, SQLITE_CORRUPT);
    verify_everywhere(*state, TS_SQL_SHORT, 0);
    verify_everywhere(*state, TS_SQL_NUMBER, 3);
}

static ts_err_t
take(void *context, uint64_t arrival, ts_bytes_t bytes)
{
    uint64_t *last = context;
    *last = arrival;
    return bytes.length > TS_SEGMENT_FIXED_BYTES ? TS_ERR_OK : TS_ERR_CORRUPT;
}

/* What cannot be read back is in doubt, and nothing more is acknowledged. */
static void
test_custody_sql_read_back_that_fails_stops_the_store(void **state)
{
    static const struct {
        ts_sql_fault_t kind;
        int code;
        uint64_t calls;
    } rows[] = {
        {TS_SQL_STEP, SQLITE_CORRUPT, 3}, {TS_SQL_STEP, SQLITE_IOERR, 3}, {TS_SQL_NUMBER, 1, 1}};
    ts_stage_t *stage = *state;
    ts_custody_world_t *world = stage->world;
    const ts_print_t before = print_of(world);
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        for (uint64_t k = 1; k <= rows[i].calls; k++) {
            uint64_t last = 0;
            ts_sqlfault_arm(rows[i].kind, rows[i].code, k);
            ts_err_t err = ts_custody_read_back(world->custody, 2, 5, take, &last);
            assert_true(ts_sqlfault_disarm());
            assert_true(err == TS_ERR_CORRUPT || err == TS_ERR_IO);
            assert_int_equal(ts_custody_failed(world->custody), err);
            ts_custody_world_close(world);
            assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
            assert_as_before(world, &before);
        }
    }
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_custody_sql_statement_that_fails_takes_its_batch_back),
        CASE(test_custody_sql_commit_that_fails_keeps_nothing),
        CASE(test_custody_sql_store_id_that_cannot_be_changed_stays),
        CASE(test_custody_sql_bytes_cut_short_in_a_row_are_an_error),
        CASE(test_custody_sql_numbers_that_rotted_in_a_row_change_nothing),
        CASE(test_custody_sql_opening_that_fails_is_done_by_the_next),
        CASE(test_custody_sql_opening_that_misreads_does_no_harm),
        CASE(test_custody_sql_closing_that_fails_is_an_unclean_end),
        CASE(test_custody_sql_segment_that_cannot_be_read_is_told_as_damaged),
        CASE(test_custody_sql_read_back_that_fails_stops_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
