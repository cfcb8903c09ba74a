/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a disk that is full now and then, at any statement of any part of a node, loses nothing
 * that was said to be saved, stops no office for good and leaves all of them in step. Method: a
 * province, a district and a commune in virtual time; again and again one call to SQLite fails
 * somewhere, while entries are typed, taken in, folded and lines are cut; then the disk is well.
 */
#include "core/kind.h"
#include "support/node_world.h"
#include "support/sqlfault.h"
#include "support/steps.h"

#include <sqlite3.h>

enum { COMMUNE = 2, ROUNDS = 240, CALLS_MAX = 900, ROUND_MS = 20000 };

typedef struct story {
    world_t *world;
    unsigned stops;
} story_t;

static void
note_stop(void *context, world_t *world, size_t node, const ts_msg_t *why)
{
    (void)world;
    (void)node;
    (void)why;
    story_t *story = context;
    story->stops++;
}

/* An entry at the commune; true: it was said to be saved. */
static bool
type_one(world_t *world)
{
    return world->nodes[COMMUNE].node != NULL &&
           world_tell(world, COMMUNE, "add", "kind", "need", "plan", WORLD_PLAN, "line", "warm",
                      "quantity", "2", "unit_of_measure", "bộ", "birth_month", "03/2010", "sex",
                      "Nam", "occurred_on", "2019-10-14", NULL) == TS_ERR_OK;
}

/* Those that stopped by themselves are started, as by the system. */
static void
start_stopped(world_t *world)
{
    for (size_t i = 0; i < world->node_count; i++) {
        if (world->nodes[i].node == NULL) {
            assert_true(world_start(world, i));
        }
    }
}

static void
full_now_and_then(uint64_t seed, int code)
{
    world_t *world = world_three(seed);
    story_t story = {.world = world};
    ts_prng_t prng = ts_prng(seed);
    unsigned saved = 0;
    unsigned tried = 0;
    unsigned hits = 0;
    world->watch = (world_watch_t){.context = &story, .stopped = note_stop};
    for (uint64_t round = 0; round < ROUNDS; round = ts_step_after(round)) {
        ts_sqlfault_arm(TS_SQL_STEP, code, 1 + ts_prng_below(&prng, CALLS_MAX));
        tried++;
        saved += type_one(world) ? 1 : 0;
        if (ts_prng_below(&prng, 8) == 0) {
            world_link(world, COMMUNE, !world->nodes[COMMUNE].link_up);
        }
        world_run(world, ROUND_MS + (int64_t)ts_prng_below(&prng, 4) * ROUND_MS);
        hits += ts_sqlfault_disarm() ? 1 : 0;
        start_stopped(world);
    }
    world_link(world, COMMUNE, true);
    world_settle(world);
    print_message("           %u of %u saved, %u full, %u stops\n", saved, tried, hits,
                  story.stops);
    assert_true(hits > 0 && saved > 0);
    /* What was refused may be there all the same (the answer failed, not the entry); nothing twice.
     */
    uint64_t records = world_records(world, COMMUNE, TS_KIND_NEED);
    assert_true(records >= saved && records <= tried);
    /* An entry at which the program was stopped again and again is parked, and shown. */
    uint64_t parked = world_parked(world, WORLD_PROVINCE, TS_PARK_CRASHED);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED) + parked, records);
    assert_true(parked == 0 || code != SQLITE_FULL);
    world_assert_anchored(world, COMMUNE);
    if (parked == 0) {
        world_assert_in_step(world, COMMUNE, "90101");
    }
    world_free(&world);
}

static void
test_node_sql_full_now_and_then_loses_nothing_saved(void **state)
{
    (void)state;
    full_now_and_then(51, SQLITE_FULL);
}

/* A disk that fails: the office stops, is started again, and has everything. */
static void
test_node_sql_failing_now_and_then_loses_nothing_saved(void **state)
{
    (void)state;
    full_now_and_then(52, SQLITE_IOERR);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node_sql_full_now_and_then_loses_nothing_saved),
        cmocka_unit_test(test_node_sql_failing_now_and_then_loses_nothing_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
