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
#include <string.h>

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

/* The last segments of the commune, which its district has not got, each in a buffer of its own. */
static size_t
last_segments(world_t *world, uint64_t after, ts_buf_t *out, size_t max)
{
    ts_custody_t *custody = world->nodes[COMMUNE].node->custody;
    size_t count = 0;
    for (uint64_t at = after + 1; at <= ts_custody_arrival(custody) && count < max; at++) {
        assert_int_equal(ts_custody_get(custody, at, NULL, &out[count]), TS_ERR_OK);
        count++;
    }
    return count;
}

/* The same segment with another header or payload, its signature as it was. */
static ts_buf_t
changed(const ts_buf_t *segment, int what)
{
    ts_segment_view_t view;
    ts_buf_t out = {0};
    assert_int_equal(ts_segment_parse(ts_buf_bytes(segment), &view), TS_ERR_OK);
    ts_segment_header_t header = view.header;
    header.deployment.b[0] ^= what == 0 ? 1 : 0;
    header.key_id ^= what == 1 ? 1u : 0u;
    header.first_seq += what == 3 ? 1 : 0;
    ts_segment_put_header(&out, &header);
    ts_buf_put(&out, view.signature, TS_SEGMENT_SIGNATURE_BYTES);
    ts_buf_put(&out, view.payload.data, view.payload.length);
    out.data[out.length - 1] ^= what == 2 ? 1 : 0;
    return out;
}

/* Off a stick, in the wrong order, with copies that somebody changed: whichever statement fails,
 * nothing of the batch is stored; then all that is right, also what had waited. */
static void
test_node_sql_batch_is_taken_whole_or_not_at_all(void **state)
{
    enum { GOOD = 3, WRONG = 5, ALL = GOOD + WRONG + 1 };
    static const ts_err_t codes[WRONG] = {TS_ERR_FOREIGN, TS_ERR_SIGNATURE, TS_ERR_HASH,
                                          TS_ERR_SIGNATURE, TS_ERR_TRUNCATED};
    (void)state;
    world_t *world = world_three(53);
    ts_buf_t batch[ALL] = {{0}};
    ts_carried_t carried[ALL];
    uint64_t before = ts_custody_arrival(world->nodes[COMMUNE].node->custody);
    world_link(world, COMMUNE, false);
    for (unsigned i = 0; i < GOOD; i++) {
        assert_true(type_one(world));
        world_run(world, 3600000);
    }
    ts_buf_t good[GOOD] = {{0}};
    assert_int_equal(last_segments(world, before, good, GOOD), GOOD);
    for (size_t i = 0; i < GOOD; i++) {
        batch[i] = good[GOOD - 1 - i];
    }
    for (int i = 0; i < WRONG - 1; i++) {
        batch[GOOD + i] = changed(&good[0], i);
    }
    ts_buf_put(&batch[GOOD + WRONG - 1], good[0].data, 90);
    ts_buf_put(&batch[ALL - 1], good[0].data, good[0].length);
    ts_node_t *district = world->nodes[1].node;
    uint64_t arrival = ts_custody_arrival(district->custody);
    ts_id16_t store = ts_custody_store_id(world->nodes[COMMUNE].node->custody);
    bool fired = true;
    for (uint64_t k = 1; fired; k++) {
        memset(carried, 0xee, sizeof carried);
        ts_sqlfault_arm(TS_SQL_STEP, SQLITE_FULL, k);
        ts_err_t err = ts_intake_carried(district, &store, batch, ALL, carried);
        fired = ts_sqlfault_disarm();
        if (err == TS_ERR_FULL) {
            /* All of it stands when only reading back or what follows failed. */
            uint64_t now = ts_custody_arrival(district->custody);
            assert_true(now == arrival || now == arrival + GOOD);
        } else {
            assert_int_equal(err, TS_ERR_OK);
            break;
        }
    }
    assert_int_equal(ts_custody_arrival(district->custody), arrival + GOOD);
    for (int i = 0; i < WRONG; i++) {
        assert_int_equal(carried[GOOD + i].code, codes[i]);
        assert_false(carried[GOOD + i].fresh);
    }
    assert_int_equal(carried[ALL - 1].code, TS_ERR_OK);
    for (size_t i = 0; i < ALL; i++) {
        ts_buf_free(&batch[i]);
    }
    /* What was stored and not told (reading back failed) is told in the next session. */
    world_cut(world, 1);
    world_link(world, COMMUNE, true);
    world_settle(world);
    world_assert_in_step(world, COMMUNE, "90101");
    world_assert_anchored(world, COMMUNE);
    world_free(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node_sql_full_now_and_then_loses_nothing_saved),
        cmocka_unit_test(test_node_sql_batch_is_taken_whole_or_not_at_all),
        cmocka_unit_test(test_node_sql_failing_now_and_then_loses_nothing_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
