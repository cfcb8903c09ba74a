/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what the province has for itself alone is anchored when a keeper holds it, the keeper
 * cannot read it and sees nothing parked, and a province that lost its disk gets it back verbatim
 * with the recovery key, also when it is killed at any change of its disk on the way.
 * Method: whole nodes in virtual time; the province is put back to an older state of its disk, or
 * begins with an empty one and what its recovery key, kit and children give.
 */
#include "core/copies.h"
#include "core/kind.h"
#include "crypto/recovery.h"
#include "node/states.h"
#include "store/ledger_write.h"
#include "support/node_world.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEEPER = 1, COMMUNE = 2 };
#define PLEDGES 6u

static ts_recovery_t recovery;

static int
setup(void **state)
{
    world_t *world = world_new(11);
    char path[512];
    ts_msg_t why = {0};
    *state = world;
    world_found(world);
    assert_int_equal(world_enrol(world, "district", "901", "huyen-mot", WORLD_PROVINCE), KEEPER);
    assert_int_equal(world_enrol(world, "commune", "90101", "xa-an", KEEPER), COMMUNE);
    assert_true(world_start(world, KEEPER));
    assert_true(world_start(world, COMMUNE));
    world_settle(world);
    world_do(world, WORLD_PROVINCE, "add", "kind", "fund", "code", "quy-1", "name", "Quỹ",
             "holder_body", "so-thu", NULL);
    world_settle(world);
    (void)snprintf(path, sizeof path, "%s/keys/recovery.key", world->nodes[0].folder);
    assert_int_equal(ts_recovery_load(path, &recovery, &why), TS_ERR_OK);
    return 0;
}

static void
name_keeper(world_t *world)
{
    world_do(world, WORLD_PROVINCE, "keeper_add", "office", "2", NULL);
    world_settle(world);
}

/* Donors and pledges of the province's own. */
static void
pledge(world_t *world, unsigned from, unsigned count)
{
    for (unsigned i = from; i < from + count; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "Nhà tài trợ %u", i);
        world_do(world, WORLD_PROVINCE, "add", "kind", "donor", "name", name, "class", "enterprise",
                 NULL);
        world_do(world, WORLD_PROVINCE, "add", "kind", "pledge", "donor", name, "fund", "quy-1",
                 "items", "item=VND;quantity=1000000;unit_of_measure=VND;value=1000000",
                 "occurred_on", "2019-10-01", NULL);
    }
}

static ts_err_t
take_back(world_t *world, const ts_box_secret_t *secret)
{
    ts_command_t command;
    ts_command_init(&command, "keeper_restore");
    command.account = 1;
    ts_buf_put(&command.blob, secret->b, sizeof secret->b);
    return world_tell_command(world, WORLD_PROVINCE, &command);
}

/* Entries of the province that are not anchored yet. */
static int64_t
open_entries(world_t *world)
{
    world_do(world, WORLD_PROVINCE, "status", NULL);
    return world_number(world, "status", "saved") - world_number(world, "status", "anchored");
}

static ts_log_info_t
kept_log(world_t *world, size_t node)
{
    ts_log_info_t info = {.office = 0};
    ts_log_info_t found = {.office = 0};
    while (ts_custody_log_next(world->nodes[node].node->custody, &info) == TS_ERR_OK) {
        found = info.purpose == TS_PURPOSE_KEPT ? info : found;
    }
    assert_int_not_equal(found.office, 0);
    return found;
}

static void
test_node_keepers_private_entries_are_anchored_when_a_keeper_holds_them(void **state)
{
    world_t *world = *state;
    pledge(world, 0, 2);
    world_settle(world);
    int64_t alone = open_entries(world);
    assert_true(alone >= 4);
    name_keeper(world);
    assert_int_equal(open_entries(world), 0);
    world_link(world, KEEPER, false);
    pledge(world, 2, 2);
    world_settle(world);
    assert_int_equal(open_entries(world), 4);
    world_link(world, KEEPER, true);
    world_settle(world);
    assert_int_equal(open_entries(world), 0);
    ts_standing_t standing = {0};
    ts_event_state_t anchored;
    ts_node_t *province = world->nodes[WORLD_PROVINCE].node;
    assert_int_equal(ts_ledger_row_next(province->ledger, TS_KIND_PLEDGE, &standing), TS_ERR_OK);
    assert_int_equal(ts_state_of(province, &standing.place, &anchored), TS_ERR_OK);
    assert_int_equal(anchored, TS_STATE_ANCHORED);
}

/* Turns the last byte of each private segment but the genesis, behind the running province. */
static void
rot_private(world_t *world)
{
    sqlite3 *db = NULL;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/custody.sqlite", world->nodes[WORLD_PROVINCE].folder);
    assert_int_equal(
        sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, world->nodes[WORLD_PROVINCE].vfs_name),
        SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "UPDATE segment SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || "
                     "iif(substr(bytes, -1) = x'01', x'02', x'01') AS BLOB) "
                     "WHERE prev IS NOT NULL AND log IN (SELECT id FROM log WHERE purpose = 6)",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_true(sqlite3_changes(db) > 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A copy of what rotted would be no copy: the keeper gets none, and nothing is called anchored. */
static void
test_node_keepers_nothing_rotten_is_copied(void **state)
{
    world_t *world = *state;
    pledge(world, 0, 2);
    world_do(world, WORLD_PROVINCE, "seal", NULL);
    world_settle(world);
    int64_t alone = open_entries(world);
    assert_true(alone >= 4);
    rot_private(world);
    name_keeper(world);
    assert_true(world_noted(world, WORLD_PROVINCE, "segment_damaged", "code=HASH"));
    assert_true(open_entries(world) >= alone);
}

static void
test_node_keepers_keeper_reads_nothing_and_nobody_else_gets_it(void **state)
{
    world_t *world = *state;
    name_keeper(world);
    pledge(world, 0, PLEDGES);
    world_settle(world);
    assert_int_equal(world_records(world, KEEPER, TS_KIND_PLEDGE), 0);
    world_do(world, KEEPER, "status", NULL);
    assert_int_equal(world_number(world, "status", "parked"), 0);
    assert_true(world_number(world, "status", "kept_bytes") > 0);
    /* Not the commune below, although its parent has it. */
    ts_log_info_t info = {.office = 0};
    while (ts_custody_log_next(world->nodes[COMMUNE].node->custody, &info) == TS_ERR_OK) {
        assert_int_not_equal(info.purpose, TS_PURPOSE_KEPT);
    }
    /* No byte of a donor's name stands in what the keeper holds. */
    info = kept_log(world, KEEPER);
    ts_tip_t base = {.log = info.log};
    ts_held_segment_t segment = {.arrival = 0};
    ts_buf_t bytes = {0};
    bool held;
    size_t segments = 0;
    while (ts_custody_next(world->nodes[KEEPER].node->custody, &base, segment.arrival, &held,
                           &segment, &bytes) == TS_ERR_OK) {
        ts_segment_view_t view;
        ts_buf_t content = {0};
        assert_int_equal(ts_segment_parse(ts_buf_bytes(&bytes), &view), TS_ERR_OK);
        if (segment.first_seq > 0) {
            assert_int_equal(view.header.encryption, TS_ENCRYPTION_SEALED);
            assert_int_equal(view.header.recipient_key_id,
                             ts_recovery_key_id(&recovery.public_key));
            assert_int_equal(ts_box_open(&world->nodes[KEEPER].node->identity.keys.curve_secret,
                                         view.payload, &content),
                             TS_ERR_KEY);
            assert_int_equal(ts_box_open(&recovery.secret, view.payload, &content), TS_ERR_OK);
        }
        ts_buf_free(&content);
        segments++;
    }
    assert_true(segments > 1);
    ts_buf_free(&bytes);
    world_do(world, KEEPER, "verify", NULL);
    world_do(world, WORLD_PROVINCE, "verify", NULL);
}

/* Its disk died, the backup is from before the pledges. */
static void
test_node_keepers_restored_province_gets_its_books_back(void **state)
{
    world_t *world = *state;
    name_keeper(world);
    pledge(world, 0, 1);
    world_settle(world);
    world_stop(world, WORLD_PROVINCE);
    world_files_t *backup = world_files_take(world, WORLD_PROVINCE, false);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_settle(world);
    pledge(world, 1, PLEDGES);
    world_settle(world);
    assert_int_equal(open_entries(world), 0);
    ts_digest_t before;
    ts_node_t *province = world->nodes[WORLD_PROVINCE].node;
    assert_int_equal(ts_ledger_digest(province->ledger, 0, TS_AUDIENCE_SELF, &before), TS_ERR_OK);
    world_kill(world, WORLD_PROVINCE, TS_CUT_ALL);
    world_files_clone(world, WORLD_PROVINCE, backup);
    world_files_free(&backup);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_PLEDGE), 1);

    ts_recovery_t other;
    ts_random_seeded_t seeded;
    ts_recovery_make(ts_random_from_seed(&seeded, 3), &recovery.deployment, "", 0, &other);
    assert_int_equal(take_back(world, &other.secret), TS_ERR_KEY);
    assert_int_equal(take_back(world, &recovery.secret), TS_ERR_OK);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_PLEDGE), 1 + PLEDGES);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_DONOR), 1 + PLEDGES);
    ts_digest_t after;
    province = world->nodes[WORLD_PROVINCE].node;
    assert_int_equal(ts_ledger_digest(province->ledger, 0, TS_AUDIENCE_SELF, &after), TS_ERR_OK);
    assert_memory_equal(&after, &before, sizeof before);
    assert_int_equal(open_entries(world), 0);
    /* Once more changes nothing; and the books go on. */
    assert_int_equal(take_back(world, &recovery.secret), TS_ERR_OK);
    assert_int_equal(world_number(world, "restored", "taken"), 0);
    pledge(world, 20, 1);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_PLEDGE), 2 + PLEDGES);
    assert_int_equal(open_entries(world), 0);
    world_do(world, WORLD_PROVINCE, "verify", NULL);
}

/* A segment that is longer than a piece, and many that wait while the keeper is away. */
static void
test_node_keepers_long_absence_is_made_up_for(void **state)
{
    world_t *world = *state;
    name_keeper(world);
    world_link(world, KEEPER, false);
    for (unsigned i = 0; i < 80; i++) {
        char note[900];
        for (size_t k = 0; k + 1 < sizeof note; k++) {
            note[k] = (char)('a' + ts_prng_below(&world->prng, 26));
        }
        note[sizeof note - 1] = '\0';
        char name[32];
        (void)snprintf(name, sizeof name, "Nhà %u", i);
        world_do(world, WORLD_PROVINCE, "add", "kind", "donor", "name", name, "class", "enterprise",
                 "note", note, NULL);
    }
    world_settle(world);
    assert_int_equal(open_entries(world), 80);
    world_link(world, KEEPER, true);
    world_settle(world);
    assert_int_equal(open_entries(world), 0);
}

static void
test_node_keepers_naming_is_checked(void **state)
{
    world_t *world = *state;
    assert_int_equal(world_tell(world, WORLD_PROVINCE, "keeper_add", "office", "99", NULL),
                     TS_ERR_NOTFOUND);
    /* The commune stands below the district. */
    assert_int_equal(world_tell(world, WORLD_PROVINCE, "keeper_add", "office", "3", NULL),
                     TS_ERR_INVALID);
    assert_int_equal(world_tell(world, WORLD_PROVINCE, "keeper_remove", "office", "2", NULL),
                     TS_ERR_NOTFOUND);
    assert_int_equal(world_tell(world, KEEPER, "keeper_add", "office", "2", NULL), TS_ERR_DENIED);
    name_keeper(world);
    assert_int_equal(world_tell(world, WORLD_PROVINCE, "keeper_add", "office", "2", NULL),
                     TS_ERR_EXISTS);
    pledge(world, 0, 1);
    world_settle(world);
    assert_int_equal(open_entries(world), 0);
    world_do(world, WORLD_PROVINCE, "keeper_remove", "office", "2", NULL);
    pledge(world, 1, 1);
    world_settle(world);
    assert_int_equal(open_entries(world), 2);
    assert_int_equal(take_back(world, &recovery.secret), TS_ERR_OK);
}

/* Killed at the k-th change of its disk while it records, copies and hears that a copy is held: for
 * every k until one round comes through. What was told to be saved is there once, everything is
 * anchored in the end, and the copies open to exactly what the province has. */
static void
test_node_keepers_killed_at_every_change_loses_nothing(void **state)
{
    world_t *world = *state;
    world_node_t *province = &world->nodes[WORLD_PROVINCE];
    bool fired = true;
    uint64_t donors = 0;
    uint64_t k = 1;
    name_keeper(world);
    for (; fired; k++) {
        char name[32];
        (void)snprintf(name, sizeof name, "Nhà tài trợ %u", (unsigned)k);
        world_arm(world, WORLD_PROVINCE, k, NULL);
        world->bystander = true;
        bool saved = world_tell(world, WORLD_PROVINCE, "add", "kind", "donor", "name", name,
                                "class", "enterprise", NULL) == TS_ERR_OK;
        world_settle(world);
        fired = ts_faultvfs_fired(province->vfs);
        if (province->crashed) {
            assert_true(world_revive(world, (ts_power_cut_t)(k % 3)));
        }
        ts_faultvfs_disarm(province->vfs);
        world_settle(world);
        uint64_t there = world_records(world, WORLD_PROVINCE, TS_KIND_DONOR);
        assert_true(there >= donors + saved && there <= donors + 1);
        donors = there;
        assert_int_equal(open_entries(world), 0);
        assert_int_equal(world_parked(world, WORLD_PROVINCE, TS_PARK_CRASHED), 0);
    }
    assert_true(k > 20);
    assert_int_equal(take_back(world, &recovery.secret), TS_ERR_OK);
    assert_int_equal(world_number(world, "restored", "taken"), 0);
    assert_int_equal(world_number(world, "restored", "unopened"), 0);
    world_do(world, WORLD_PROVINCE, "verify", NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_node_keepers_private_entries_are_anchored_when_a_keeper_holds_them, setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(
            test_node_keepers_keeper_reads_nothing_and_nobody_else_gets_it, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_node_keepers_nothing_rotten_is_copied, setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_node_keepers_restored_province_gets_its_books_back,
                                        setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_node_keepers_long_absence_is_made_up_for, setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_node_keepers_naming_is_checked, setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_node_keepers_killed_at_every_change_loses_nothing,
                                        setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
