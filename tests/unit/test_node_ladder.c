/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: isync's ladder for a whole tree. A commune has entries queued; commune, district and
 * province are stopped at every single change of their disks, in every way a disk can lose what was
 * not flushed, and started again; links are cut after every number of frames; stale frames come
 * back. It always ends the same: every entry once, the same ledger at all nodes, nothing parked,
 * everything anchored and known to be.
 * Method: the prepared stores are kept in memory and put back for every step; a power cut is tried
 * with nothing, all and some of the unflushed writes in turn.
 */
#include "core/kind.h"
#include "support/node_world.h"

#include <stdlib.h>
#include <string.h>

enum { DISTRICT = 1, COMMUNE = 2, NODES = 3, NEEDS = 12, FRAMES_KEPT = 400 };

typedef struct ladder {
    world_t *world;
    world_files_t *files[NODES];
    ts_digest_t reference;
    uint64_t parked;
} ladder_t;

static void
put_back(ladder_t *self)
{
    for (size_t i = 0; i < NODES; i++) {
        if (self->world->nodes[i].node != NULL) {
            world_stop(self->world, i);
        }
        world_files_put(self->world, i, self->files[i]);
    }
}

static void
start_all(ladder_t *self)
{
    for (size_t i = 0; i < NODES; i++) {
        (void)world_start(self->world, i);
    }
}

/* Needs in several segments, the last ones unsealed, at a commune that was offline. */
static int
setup(void **state)
{
    ladder_t *self = calloc(1, sizeof *self);
    world_t *world = world_new(3);
    self->world = world;
    *state = self;
    world_found(world);
    assert_int_equal(world_enrol(world, "district", "901", "huyen-mot", WORLD_PROVINCE), DISTRICT);
    assert_int_equal(world_enrol(world, "commune", "90101", "xa-an", DISTRICT), COMMUNE);
    assert_true(world_start(world, DISTRICT));
    assert_true(world_start(world, COMMUNE));
    world_settle(world);
    world_link(world, COMMUNE, false);
    for (unsigned i = 0; i < NEEDS / 4; i++) {
        world_needs(world, COMMUNE, 4);
        if (i + 1 < NEEDS / 4) {
            world_do(world, COMMUNE, "seal", NULL);
        }
    }
    for (size_t i = 0; i < NODES; i++) {
        world_stop(world, i);
    }
    for (size_t i = 0; i < NODES; i++) {
        self->files[i] = world_files_take(world, i, true);
    }
    world->nodes[COMMUNE].link_up = true;
    start_all(self);
    world_settle(world);
    world_assert_in_step(world, COMMUNE, "90101");
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), NEEDS);
    self->reference = world_digest(world, WORLD_PROVINCE, "90101");
    return 0;
}

static int
teardown(void **state)
{
    ladder_t *self = *state;
    for (size_t i = 0; i < NODES; i++) {
        world_files_free(&self->files[i]);
    }
    world_free(&self->world);
    free(self);
    return 0;
}

static void
assert_as_reference(ladder_t *self)
{
    world_assert_in_step(self->world, COMMUNE, "90101");
    world_assert_anchored(self->world, COMMUNE);
    world_assert_anchored(self->world, DISTRICT);
    ts_digest_t digest = world_digest(self->world, COMMUNE, "90101");
    assert_int_equal(digest.low, self->reference.low);
    assert_int_equal(digest.high, self->reference.high);
    assert_int_equal(digest.events, self->reference.events);
}

/* One step of the ladder; false when the victim never came to its k-th change. */
static bool
stop_at(ladder_t *self, size_t victim, uint64_t k, const char *only)
{
    world_t *world = self->world;
    put_back(self);
    world_arm(world, victim, k, only);
    world->bystander = true;
    start_all(self);
    world_settle(world);
    bool fired = ts_faultvfs_fired(world->nodes[victim].vfs);
    if (fired) {
        assert_true(world_revive(world, (ts_power_cut_t)(k % 3)));
        world_settle(world);
    }
    ts_faultvfs_disarm(world->nodes[victim].vfs);
    assert_as_reference(self);
    return fired;
}

/* All steps, or every stride-th of them. */
static void
climb(ladder_t *self, size_t victim, const char *only)
{
    const char *text = getenv("LADDER_STRIDE");
    uint64_t stride = text == NULL ? 1 : strtoull(text, NULL, 10);
    uint64_t k = 1;
    while (stop_at(self, victim, k, only)) {
        k += stride;
    }
    print_message("           %llu changes of node %zu's %s\n", (unsigned long long)(k - 1), victim,
                  only);
    assert_true(k > 10);
}

static void
test_node_ladder_again_moves_nothing(void **state)
{
    ladder_t *self = *state;
    put_back(self);
    start_all(self);
    world_settle(self->world);
    assert_as_reference(self);
    uint64_t bytes = world_chunk_bytes(self->world, COMMUNE);
    for (size_t i = 0; i < NODES; i++) {
        world_stop(self->world, i);
    }
    start_all(self);
    world_settle(self->world);
    assert_as_reference(self);
    assert_int_equal(world_chunk_bytes(self->world, COMMUNE), bytes);
}

static void
test_node_ladder_commune_stopped_everywhere_ends_the_same(void **state)
{
    climb(*state, COMMUNE, "custody");
}

static void
test_node_ladder_district_stopped_everywhere_ends_the_same(void **state)
{
    climb(*state, DISTRICT, "custody");
}

static void
test_node_ladder_province_stopped_everywhere_ends_the_same(void **state)
{
    climb(*state, WORLD_PROVINCE, "custody");
}

static void
test_node_ladder_witness_stopped_everywhere_ends_the_same(void **state)
{
    ladder_t *self = *state;
    uint64_t k = 1;
    while (stop_at(self, COMMUNE, k, "witness")) {
        k++;
    }
    assert_true(k > 1);
}

static void
test_node_ladder_ledger_stopped_everywhere_ends_the_same(void **state)
{
    climb(*state, DISTRICT, "ledger");
    climb(*state, COMMUNE, "ledger");
}

/* Every connection is cut after n frames, until all is through. */
static void
test_node_ladder_links_cut_after_every_frame_end_the_same(void **state)
{
    ladder_t *self = *state;
    for (uint64_t frames = 5; frames < 40; frames++) {
        put_back(self);
        self->world->cut_after = frames;
        start_all(self);
        world_run(self->world, 120000);
        self->world->cut_after = 0;
        world_settle(self->world);
        assert_as_reference(self);
    }
}

/* ---- frames of earlier sessions */

typedef struct tape {
    ts_buf_t frames[FRAMES_KEPT];
    size_t count;
    bool playing;
} tape_t;

static bool
record(void *context, world_t *world, size_t link, bool upward, ts_buf_t *frame)
{
    tape_t *tape = context;
    (void)world;
    if (link == COMMUNE && upward && !tape->playing && tape->count < FRAMES_KEPT) {
        ts_buf_put(&tape->frames[tape->count++], frame->data, frame->length);
    }
    return true;
}

static void
test_node_ladder_stale_and_shuffled_frames_end_the_same(void **state)
{
    ladder_t *self = *state;
    world_t *world = self->world;
    static tape_t tape;
    put_back(self);
    world->tap = record;
    world->tap_context = &tape;
    start_all(self);
    world_settle(world);
    tape.playing = true;
    assert_true(tape.count > 8);
    for (unsigned round = 0; round < 20; round++) {
        put_back(self);
        start_all(self);
        world_run(world, 60);
        for (unsigned i = 0; i < 100; i++) {
            const ts_buf_t *frame = &tape.frames[ts_prng_below(&world->prng, (uint32_t)tape.count)];
            if (world->nodes[COMMUNE].uplink != 0) {
                world_inject(world, COMMUNE, ts_buf_bytes(frame));
            }
            world_run(world, 1 + ts_prng_below(&world->prng, 10));
        }
        world_settle(world);
        assert_as_reference(self);
    }
    world->tap = NULL;
    for (size_t i = 0; i < tape.count; i++) {
        ts_buf_free(&tape.frames[i]);
    }
    tape.count = 0;
}

/* ---- entries typed while it dies */

/* A reply "saved" is a promise; without one the entry is there whole or not at all. */
static void
test_node_ladder_typing_stopped_everywhere_keeps_what_was_saved(void **state)
{
    ladder_t *self = *state;
    world_t *world = self->world;
    bool fired = true;
    for (uint64_t k = 1; fired; k++) {
        put_back(self);
        start_all(self);
        world_settle(world);
        world_arm(world, COMMUNE, k, "custody");
        world->bystander = true;
        unsigned saved = 0;
        for (unsigned i = 0; i < 3 && !world->nodes[COMMUNE].crashed; i++) {
            ts_err_t err =
                world_tell(world, COMMUNE, "add", "kind", "need", "plan", WORLD_PLAN, "line",
                           "warm", "quantity", "1", "unit_of_measure", "bộ", "birth_month",
                           "05/2014", "sex", "Nam", "occurred_on", "2019-10-14", NULL);
            saved += err == TS_ERR_OK;
        }
        world_settle(world);
        fired = ts_faultvfs_fired(world->nodes[COMMUNE].vfs);
        if (world->nodes[COMMUNE].crashed) {
            assert_true(world_revive(world, (ts_power_cut_t)(k % 3)));
        }
        ts_faultvfs_disarm(world->nodes[COMMUNE].vfs);
        world_settle(world);
        world_assert_in_step(world, COMMUNE, "90101");
        uint64_t there = world_records(world, WORLD_PROVINCE, TS_KIND_NEED);
        assert_true(there >= NEEDS + saved && there <= NEEDS + saved + 1);
        assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_BENEFICIARY), there);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node_ladder_again_moves_nothing),
        cmocka_unit_test(test_node_ladder_commune_stopped_everywhere_ends_the_same),
        cmocka_unit_test(test_node_ladder_district_stopped_everywhere_ends_the_same),
        cmocka_unit_test(test_node_ladder_province_stopped_everywhere_ends_the_same),
        cmocka_unit_test(test_node_ladder_witness_stopped_everywhere_ends_the_same),
        cmocka_unit_test(test_node_ladder_ledger_stopped_everywhere_ends_the_same),
        cmocka_unit_test(test_node_ladder_links_cut_after_every_frame_end_the_same),
        cmocka_unit_test(test_node_ladder_stale_and_shuffled_frames_end_the_same),
        cmocka_unit_test(test_node_ladder_typing_stopped_everywhere_keeps_what_was_saved),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
