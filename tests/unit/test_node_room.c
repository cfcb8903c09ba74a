/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a node whose disk is full while it makes its ledger anew waits for room: it does not turn
 * without end in the meantime, and is whole when there is room. Method: a node in virtual time
 * whose ledger is of other rules; there is no room from the k-th write on, for several k; the world
 * fails when time does not go on.
 */
#include "core/kind.h"
#include "support/node_world.h"

#include <sqlite3.h>
#include <stdio.h>

enum { NEEDS = 60, STRIDE = 60, ROOM_AFTER_MS = 20000 };

static void
make_ledger_old(const world_node_t *node)
{
    char path[1024];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof path, "%s/ledger.sqlite", node->folder);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, node->vfs_name), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE meta SET value = 0 WHERE name = 'rules'", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
test_node_room_full_while_the_ledger_is_made_anew_waits(void **state)
{
    (void)state;
    world_t *world = world_new_in_memory(31);
    world_found(world);
    size_t commune = world_enrol(world, "commune", "90201", "xa-cat", WORLD_PROVINCE);
    world_node_t *node = &world->nodes[commune];
    assert_true(world_start(world, commune));
    world_settle(world);
    world_needs(world, commune, NEEDS);
    world_settle(world);
    world_stop(world, commune);
    world_files_t *files = world_files_take(world, commune, true);
    unsigned hits = 0;
    bool fired = true;
    for (uint64_t k = 1; fired; k += STRIDE) {
        ts_fault_t full = {
            .kind = TS_FAULT_FULL, .on = TS_FAULT_ON_WRITE, .at = k, .lasting = true};
        ts_msg_t why = {0};
        world_files_put(world, commune, files);
        make_ledger_old(node);
        ts_faultvfs_arm(node->vfs, &full);
        if (world_open(world, commune, &why) == TS_ERR_OK) {
            world_run(world, ROOM_AFTER_MS);
        }
        fired = ts_faultvfs_fired(node->vfs);
        hits += fired && node->node != NULL;
        ts_faultvfs_disarm(node->vfs);
        ts_msg_free(&why);
        if (node->node == NULL) {
            assert_true(world_start(world, commune));
        }
        world_settle(world);
        assert_int_equal(world_records(world, commune, TS_KIND_NEED), NEEDS);
        world_assert_in_step(world, commune, "90201");
        world_stop(world, commune);
    }
    assert_true(hits > 0);
    world_files_free(&files);
    world_free(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node_room_full_while_the_ledger_is_made_anew_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
