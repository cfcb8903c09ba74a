/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what is recorded at a commune stands once at every node above, whatever the depth of the
 * tree, and the states saved, held, anchored come back; joining, a second key on one invite, change
 * of parent and revocation do what the design says.
 * Method: whole nodes in one process, virtual time, links in memory (support/node_world).
 */
#include "core/kind.h"
#include "node/states.h"
#include "support/node_world.h"

enum { DISTRICT = 1, COMMUNE = 2 };

/* Province, district 901, commune 90101, all in step. */
static int
setup(void **state)
{
    world_t *world = world_new(1);
    *state = world;
    world_found(world);
    assert_int_equal(world_enrol(world, "district", "901", "huyen-mot", WORLD_PROVINCE), DISTRICT);
    assert_int_equal(world_enrol(world, "commune", "90101", "xa-an", DISTRICT), COMMUNE);
    assert_true(world_start(world, DISTRICT));
    assert_true(world_start(world, COMMUNE));
    world_settle(world);
    return 0;
}

static int
teardown(void **state)
{
    world_t *world = *state;
    world_free(&world);
    return 0;
}

static void
test_node_sync_three_tiers_reaches_the_province(void **state)
{
    world_t *world = *state;
    world_needs(world, COMMUNE, 20);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 20);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 20);
    world_assert_in_step(world, COMMUNE, "90101");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_node_sync_three_tiers_reaches_the_province, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
