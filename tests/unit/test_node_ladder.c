/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: isync's ladder for a whole tree, of three tiers and of two. Two communes have needs,
 * revisions and voids queued; commune, district and province are stopped at every single change of
 * their disks (custody, ledger, scratch, witness) and started again; links are cut after every
 * number of frames; what was queued arrives in shuffled order; stale frames come back. It always
 * ends the same: every entry once, the same tips of all logs up and down, the same ledger at all
 * nodes, nothing parked, everything anchored and known to be.
 * Method: the prepared stores are kept in memory and put back for every step; a power cut is tried
 * with nothing, all and some of the unflushed writes in turn (LADDER_CUTS=1: all three at each
 * step; TS_STRIDE=n: every n-th step).
 */
#include "core/kind.h"
#include "support/node_world.h"
#include "support/steps.h"

#include <stdlib.h>
#include <string.h>

enum { DISTRICT = 1, NODES_MAX = 4, NEEDS = 12, NEIGHBOUR_NEEDS = 5, FRAMES_KEPT = 400 };

typedef struct ladder {
    world_t *world;
    size_t nodes; /* three tiers: province, district, two communes; two: without the district */
    size_t commune;
    size_t neighbour;
    world_files_t *files[NODES_MAX];
    ts_digest_t reference;
    ts_digest_t neighbours;
} ladder_t;

static void
put_back(ladder_t *self)
{
    for (size_t i = 0; i < self->nodes; i++) {
        if (self->world->nodes[i].node != NULL) {
            world_stop(self->world, i);
        }
        world_files_put(self->world, i, self->files[i]);
    }
}

static void
start_all(ladder_t *self)
{
    for (size_t i = 0; i < self->nodes; i++) {
        (void)world_start(self->world, i);
    }
}

/* Needs in several segments, one of them revised twice, one void; the last ones unsealed. */
static void
queue_entries(ladder_t *self)
{
    world_t *world = self->world;
    char code[TS_CODE_BYTES_MAX];
    for (unsigned i = 0; i < NEEDS / 4; i++) {
        world_needs(world, self->commune, 4);
        const ts_table_t *saved = ts_reply_table(&world->reply, "saved");
        ts_record_code_format((ts_record_id_t)ts_table_cell(saved, 0, 0)->number, code,
                              sizeof code);
        if (i == 1) {
            world_do(world, self->commune, "void", "record", code, "reason", "nhập nhầm", NULL);
        } else {
            world_do(world, self->commune, "revise", "record", code, "quantity", "7", "reason",
                     "đếm lại", NULL);
        }
        if (i + 1 < NEEDS / 4) {
            world_do(world, self->commune, "seal", NULL);
        }
    }
    world_needs(world, self->neighbour, NEIGHBOUR_NEEDS);
    world_do(world, self->neighbour, "seal", NULL);
    world_needs(world, self->neighbour, 1);
}

static void
assert_in_step(ladder_t *self)
{
    world_assert_in_step(self->world, self->commune, "90101");
    world_assert_in_step(self->world, self->neighbour, "90102");
    for (size_t i = 1; i < self->nodes; i++) {
        world_assert_down(self->world, i);
        world_assert_anchored(self->world, i);
    }
}

static int
build(void **state, bool district)
{
    ladder_t *self = calloc(1, sizeof *self);
    world_t *world = world_new(3);
    self->world = world;
    *state = self;
    world_found(world);
    size_t parent = WORLD_PROVINCE;
    if (district) {
        parent = world_enrol(world, "district", "901", "huyen-mot", WORLD_PROVINCE);
        assert_int_equal(parent, DISTRICT);
    }
    self->commune = world_enrol(world, "commune", "90101", "xa-an", parent);
    self->neighbour = world_enrol(world, "commune", "90102", "xa-binh", parent);
    self->nodes = world->node_count;
    for (size_t i = 1; i < self->nodes; i++) {
        assert_true(world_start(world, i));
    }
    world_settle(world);
    world_link(world, self->commune, false);
    world_link(world, self->neighbour, false);
    world_run(world, 100);
    queue_entries(self);
    for (size_t i = 0; i < self->nodes; i++) {
        world_stop(world, i);
    }
    for (size_t i = 0; i < self->nodes; i++) {
        self->files[i] = world_files_take(world, i, true);
    }
    world->nodes[self->commune].link_up = true;
    world->nodes[self->neighbour].link_up = true;
    start_all(self);
    world_settle(world);
    assert_in_step(self);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED),
                     NEEDS + NEIGHBOUR_NEEDS + 1);
    self->reference = world_digest(world, WORLD_PROVINCE, "90101");
    self->neighbours = world_digest(world, WORLD_PROVINCE, "90102");
    return 0;
}

static int
setup(void **state)
{
    return build(state, true);
}

static int
setup_two_tiers(void **state)
{
    return build(state, false);
}

static int
teardown(void **state)
{
    ladder_t *self = *state;
    for (size_t i = 0; i < self->nodes; i++) {
        world_files_free(&self->files[i]);
    }
    world_free(&self->world);
    free(self);
    return 0;
}

static void
assert_digest(ladder_t *self, size_t node, const char *unit, const ts_digest_t *expected)
{
    ts_digest_t digest = world_digest(self->world, node, unit);
    assert_int_equal(digest.low, expected->low);
    assert_int_equal(digest.high, expected->high);
    assert_int_equal(digest.events, expected->events);
}

static void
assert_as_reference(ladder_t *self)
{
    assert_in_step(self);
    for (size_t i = 0; i < self->nodes; i++) {
        if (i != self->neighbour) {
            assert_digest(self, i, "90101", &self->reference);
        }
        if (i != self->commune) {
            assert_digest(self, i, "90102", &self->neighbours);
        }
    }
}

/* One step of the ladder; false when the victim never came to its k-th change. */
static bool
stop_at(ladder_t *self, size_t victim, uint64_t k, const char *only, ts_power_cut_t cut)
{
    world_t *world = self->world;
    put_back(self);
    world_arm(world, victim, k, only);
    world->bystander = true;
    start_all(self);
    world_settle(world);
    bool fired = ts_faultvfs_fired(world->nodes[victim].vfs);
    if (fired) {
        assert_true(world_revive(world, cut));
        world_settle(world);
    }
    ts_faultvfs_disarm(world->nodes[victim].vfs);
    assert_as_reference(self);
    return fired;
}

/* At least so many steps there must be. */
static void
climb(ladder_t *self, size_t victim, const char *only, uint64_t least)
{
    bool all = getenv("LADDER_CUTS") != NULL;
    uint64_t k = 1;
    bool fired = true;
    while (fired) {
        fired = stop_at(self, victim, k, only, (ts_power_cut_t)(k % 3));
        for (uint64_t other = 1; fired && all && other < 3; other++) {
            fired = stop_at(self, victim, k, only, (ts_power_cut_t)((k + other) % 3));
        }
        k = fired ? ts_step_after(k) : k;
    }
    print_message("           %llu changes of node %zu's %s\n", (unsigned long long)(k - 1), victim,
                  only);
    assert_true(k > least);
}

static void
test_node_ladder_again_moves_nothing(void **state)
{
    ladder_t *self = *state;
    put_back(self);
    start_all(self);
    world_settle(self->world);
    assert_as_reference(self);
    uint64_t bytes = world_chunk_bytes(self->world, self->commune);
    for (size_t i = 0; i < self->nodes; i++) {
        world_stop(self->world, i);
    }
    start_all(self);
    world_settle(self->world);
    assert_as_reference(self);
    assert_int_equal(world_chunk_bytes(self->world, self->commune), bytes);
}

static void
test_node_ladder_commune_stopped_everywhere_ends_the_same(void **state)
{
    ladder_t *self = *state;
    climb(self, self->commune, "custody", 10);
    climb(self, self->commune, "ledger", 10);
    climb(self, self->commune, "witness", 1);
}

static void
test_node_ladder_parent_stopped_everywhere_ends_the_same(void **state)
{
    ladder_t *self = *state;
    size_t parent = self->world->nodes[self->commune].parent;
    climb(self, parent, "custody", 10);
    climb(self, parent, "ledger", 10);
    climb(self, parent, "witness", 1);
}

static void
test_node_ladder_province_stopped_everywhere_ends_the_same(void **state)
{
    climb(*state, WORLD_PROVINCE, "custody", 10);
    climb(*state, WORLD_PROVINCE, "ledger", 10);
    climb(*state, WORLD_PROVINCE, "witness", 1);
}

/* Every connection is cut after n frames, until all is through. */
static void
test_node_ladder_links_cut_after_every_frame_end_the_same(void **state)
{
    ladder_t *self = *state;
    for (uint64_t frames = 5; frames < 40; frames = ts_step_after(frames)) {
        put_back(self);
        self->world->cut_after = frames;
        start_all(self);
        world_run(self->world, 120000);
        self->world->cut_after = 0;
        world_settle(self->world);
        assert_as_reference(self);
    }
}

/* ---- shuffled */

/* The nodes start in any order, their links come and go, so that segments of the two communes, of
 * the district and of the province reach every store in another order each time. */
static void
test_node_ladder_shuffled_arrivals_end_the_same(void **state)
{
    ladder_t *self = *state;
    world_t *world = self->world;
    for (uint64_t round = 0; round < 40; round = ts_step_after(round)) {
        size_t order[NODES_MAX] = {0, 1, 2, 3};
        put_back(self);
        for (size_t i = self->nodes - 1; i > 0; i--) {
            size_t j = ts_prng_below(&world->prng, (uint32_t)i + 1);
            size_t kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        world->cut_after = 6 + ts_prng_below(&world->prng, 30);
        for (size_t i = 0; i < self->nodes; i++) {
            (void)world_start(world, order[i]);
            world_run(world, ts_prng_below(&world->prng, 4000));
        }
        for (unsigned turn = 0; turn < 6; turn++) {
            size_t child = 1 + ts_prng_below(&world->prng, (uint32_t)self->nodes - 1);
            world_link(world, child, false);
            world_run(world, ts_prng_below(&world->prng, 3000));
            world_link(world, child, true);
            world_run(world, ts_prng_below(&world->prng, 300));
        }
        world->cut_after = 0;
        world_settle(world);
        assert_as_reference(self);
    }
}

/* ---- frames of earlier sessions */

typedef struct tape {
    size_t link;
    ts_buf_t frames[FRAMES_KEPT];
    size_t count;
    bool playing;
} tape_t;

static bool
record(void *context, world_t *world, size_t link, bool upward, ts_buf_t *frame)
{
    tape_t *tape = context;
    (void)world;
    if (link == tape->link && upward && !tape->playing && tape->count < FRAMES_KEPT) {
        ts_buf_put(&tape->frames[tape->count++], frame->data, frame->length);
    }
    return true;
}

static void
test_node_ladder_stale_frames_end_the_same(void **state)
{
    ladder_t *self = *state;
    world_t *world = self->world;
    static tape_t tape;
    tape = (tape_t){.link = self->commune};
    put_back(self);
    world->tap = record;
    world->tap_context = &tape;
    start_all(self);
    world_settle(world);
    tape.playing = true;
    assert_true(tape.count > 8);
    for (uint64_t round = 0; round < 20; round = ts_step_after(round)) {
        put_back(self);
        start_all(self);
        world_run(world, 60);
        for (unsigned i = 0; i < 100; i++) {
            const ts_buf_t *frame = &tape.frames[ts_prng_below(&world->prng, (uint32_t)tape.count)];
            if (world->nodes[self->commune].uplink != 0) {
                world_inject(world, self->commune, ts_buf_bytes(frame));
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
    for (uint64_t k = 1; fired; k = ts_step_after(k)) {
        put_back(self);
        start_all(self);
        world_settle(world);
        world_arm(world, self->commune, k, "custody");
        world->bystander = true;
        unsigned saved = 0;
        for (unsigned i = 0; i < 3 && !world->nodes[self->commune].crashed; i++) {
            ts_err_t err =
                world_tell(world, self->commune, "add", "kind", "need", "plan", WORLD_PLAN, "line",
                           "warm", "quantity", "1", "unit_of_measure", "bộ", "birth_month",
                           "05/2014", "sex", "Nam", "occurred_on", "2019-10-14", NULL);
            saved += err == TS_ERR_OK;
        }
        world_settle(world);
        fired = ts_faultvfs_fired(world->nodes[self->commune].vfs);
        if (world->nodes[self->commune].crashed) {
            assert_true(world_revive(world, (ts_power_cut_t)(k % 3)));
        }
        ts_faultvfs_disarm(world->nodes[self->commune].vfs);
        world_settle(world);
        assert_in_step(self);
        uint64_t there = world_records(world, WORLD_PROVINCE, TS_KIND_NEED);
        uint64_t before = NEEDS + NEIGHBOUR_NEEDS + 1;
        assert_true(there >= before + saved && there <= before + saved + 1);
        assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_BENEFICIARY), there);
    }
}

int
main(void)
{
    const struct CMUnitTest three[] = {
        cmocka_unit_test(test_node_ladder_again_moves_nothing),
        cmocka_unit_test(test_node_ladder_commune_stopped_everywhere_ends_the_same),
        cmocka_unit_test(test_node_ladder_parent_stopped_everywhere_ends_the_same),
        cmocka_unit_test(test_node_ladder_province_stopped_everywhere_ends_the_same),
        cmocka_unit_test(test_node_ladder_links_cut_after_every_frame_end_the_same),
        cmocka_unit_test(test_node_ladder_shuffled_arrivals_end_the_same),
        cmocka_unit_test(test_node_ladder_stale_frames_end_the_same),
        cmocka_unit_test(test_node_ladder_typing_stopped_everywhere_keeps_what_was_saved),
    };
    const struct CMUnitTest two[] = {
        cmocka_unit_test(test_node_ladder_again_moves_nothing),
        cmocka_unit_test(test_node_ladder_commune_stopped_everywhere_ends_the_same),
        cmocka_unit_test(test_node_ladder_province_stopped_everywhere_ends_the_same),
        cmocka_unit_test(test_node_ladder_shuffled_arrivals_end_the_same),
    };
    int failed = cmocka_run_group_tests_name("three tiers", three, setup, teardown);
    return failed + cmocka_run_group_tests_name("two tiers", two, setup_two_tiers, teardown);
}
