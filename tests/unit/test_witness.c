/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: every way in which a database can have gone back in time, or be another one than the
 * witness knows, is told apart; the witness itself survives cuts at any call. Method: a table of
 * situations on a real store, and the failing VFS under the witness file.
 */
#include "crypto/hash.h"
#include "store/witness.h"
#include "support/custody_world.h"
#include "support/tempdir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ts_witness_place_t
place_of(ts_custody_world_t *world)
{
    return (ts_witness_place_t){
        .machine = ts_custody_world_store('m'),
        .inode = ts_custody_inode(world->custody),
        .boot = ts_custody_boot(world->custody),
    };
}

static ts_witness_t *
open_witness(ts_custody_world_t *world)
{
    ts_witness_t *witness = NULL;
    char *path = ts_tempdir_path(world->folder, "witness");
    ts_witness_options_t options = {path, "fault-custody", ts_hash_of};
    assert_int_equal(ts_witness_open(&witness, &options, NULL), TS_ERR_OK);
    free(path);
    return witness;
}

static void
remove_witness(ts_custody_world_t *world)
{
    char *path = ts_tempdir_path(world->folder, "witness");
    (void)remove(path);
    free(path);
}

/* ---- the situations ---- */

/* What a situation starts from: two own logs, both published up to `published`, records two
 * further. */
typedef struct ts_scene {
    ts_custody_world_t *world;
    ts_made_log_t records;
    ts_made_log_t acts;
    ts_tip_t published;
    ts_tip_t before; /* the segment before it */
    ts_witness_t *witness;
    ts_witness_place_t place;
} ts_scene_t;

static void
nothing(ts_scene_t *scene)
{
    (void)scene;
}

static void
sealed_more(ts_scene_t *scene)
{
    (void)ts_custody_world_extend(scene->world, &scene->records, 5);
}

static void
lost_the_file(ts_scene_t *scene)
{
    ts_witness_destroy(&scene->witness);
    remove_witness(scene->world);
    scene->witness = open_witness(scene->world);
}

static void
garbled_the_file(ts_scene_t *scene)
{
    char *path = ts_tempdir_path(scene->world->folder, "witness");
    char noise[160000];
    ts_witness_destroy(&scene->witness);
    memset(noise, 'x', sizeof noise);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(noise, 1, sizeof noise, file), sizeof noise);
    assert_int_equal(fclose(file), 0);
    free(path);
    scene->witness = open_witness(scene->world);
}

/* Published more than the database now has: as after a lost tail of the WAL. */
static void
published_what_is_gone(ts_scene_t *scene)
{
    ts_made_t gone;
    ts_made_log_t log = scene->records;
    ts_made_next(&log, 1, 50, &gone);
    assert_int_equal(ts_witness_advance(scene->witness, &scene->place, &log.tip, 1), TS_ERR_OK);
    ts_made_free(&gone);
}

/* Went back to before the published segment and sealed another one there: as after a restore whose
 * seal went out under the old log. */
static void
other_branch_beside_published(ts_scene_t *scene)
{
    ts_made_log_t branch = {scene->before, ts_prng(77)};
    (void)ts_custody_world_extend(scene->world, &branch, 2);
}

static void
boot_went_back(ts_scene_t *scene)
{
    scene->place.boot = 4;
    assert_int_equal(ts_witness_advance(scene->witness, &scene->place, NULL, 0), TS_ERR_OK);
    scene->place.boot = 3;
}

static void
boot_goes_on(ts_scene_t *scene)
{
    scene->place.boot += 3;
}

static void
other_inode(ts_scene_t *scene)
{
    scene->place.inode++;
}

static void
unknown_inode(ts_scene_t *scene)
{
    scene->place.inode = 0;
}

static void
other_machine(ts_scene_t *scene)
{
    scene->place.machine = ts_custody_world_store('z');
}

static void
unknown_machine(ts_scene_t *scene)
{
    memset(&scene->place.machine, 0, sizeof scene->place.machine);
}

static void
other_machine_and_gone(ts_scene_t *scene)
{
    published_what_is_gone(scene);
    other_inode(scene);
    other_machine(scene);
}

static void
other_inode_and_gone(ts_scene_t *scene)
{
    published_what_is_gone(scene);
    other_inode(scene);
}

static void
gone_and_forgotten(ts_scene_t *scene)
{
    published_what_is_gone(scene);
    ts_witness_forget(scene->witness, &scene->records.tip.log);
    assert_int_equal(ts_witness_advance(scene->witness, &scene->place, NULL, 0), TS_ERR_OK);
}

static void
test_witness_compare_tells_every_situation_apart(void **state)
{
    static const struct {
        const char *name;
        void (*happens)(ts_scene_t *scene);
        ts_witness_verdict_t expected;
    } rows[] = {
        {"nothing happened", nothing, TS_WITNESS_NORMAL},
        {"sealed more, not published", sealed_more, TS_WITNESS_NORMAL},
        {"later start", boot_goes_on, TS_WITNESS_NORMAL},
        {"inode not known", unknown_inode, TS_WITNESS_NORMAL},
        {"machine not known", unknown_machine, TS_WITNESS_NORMAL},
        {"witness lost", lost_the_file, TS_WITNESS_MISSING},
        {"witness unreadable", garbled_the_file, TS_WITNESS_MISSING},
        {"published segment gone", published_what_is_gone, TS_WITNESS_AHEAD},
        {"boot counter back", boot_went_back, TS_WITNESS_AHEAD},
        {"other branch", other_branch_beside_published, TS_WITNESS_UNLIKE},
        {"database copied", other_inode, TS_WITNESS_CLONED},
        {"moved to another machine", other_machine, TS_WITNESS_OTHER_MACHINE},
        {"all at once", other_machine_and_gone, TS_WITNESS_OTHER_MACHINE},
        {"copied and gone", other_inode_and_gone, TS_WITNESS_CLONED},
        {"gone, successor minted", gone_and_forgotten, TS_WITNESS_NORMAL},
    };
    ts_custody_world_t *world = *state;
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        ts_scene_t scene = {.world = world};
        scene.records = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 100 + i);
        scene.acts = ts_custody_world_own(world, TS_PURPOSE_ACTS, 200 + i);
        (void)ts_custody_world_extend(world, &scene.records, 2);
        scene.before = scene.records.tip;
        (void)ts_custody_world_extend(world, &scene.records, 2);
        scene.published = scene.records.tip;
        scene.witness = open_witness(world);
        scene.place = place_of(world);
        ts_tip_t tips[] = {scene.published, scene.acts.tip};
        assert_int_equal(ts_witness_advance(scene.witness, &scene.place, tips, 2), TS_ERR_OK);
        ts_witness_destroy(&scene.witness);
        scene.witness = open_witness(world);
        rows[i].happens(&scene);
        ts_witness_verdict_t verdict = TS_WITNESS_FRESH;
        assert_int_equal(ts_witness_compare(scene.witness, world->custody, &scene.place, &verdict),
                         TS_ERR_OK);
        if (verdict != rows[i].expected) {
            fail_msg("%s: %s instead of %s", rows[i].name, ts_witness_verdict_name(verdict),
                     ts_witness_verdict_name(rows[i].expected));
        }
        assert_int_equal(ts_witness_verdict_mints(verdict), verdict != TS_WITNESS_NORMAL);
        ts_witness_destroy(&scene.witness);
        remove_witness(world);
    }
}

static void
test_witness_of_new_installation_is_fresh(void **state)
{
    ts_custody_world_t *world = *state;
    ts_witness_t *witness = open_witness(world);
    ts_witness_place_t place = place_of(world);
    ts_witness_verdict_t verdict = TS_WITNESS_NORMAL;
    assert_int_equal(ts_witness_compare(witness, world->custody, &place, &verdict), TS_ERR_OK);
    assert_int_equal(verdict, TS_WITNESS_FRESH);
    assert_false(ts_witness_verdict_mints(verdict));
    /* Logs of others do not need one. */
    (void)ts_custody_world_log(world, TS_PURPOSE_RECORDS, 3, 3);
    assert_int_equal(ts_witness_compare(witness, world->custody, &place, &verdict), TS_ERR_OK);
    assert_int_equal(verdict, TS_WITNESS_FRESH);
    (void)ts_custody_world_own(world, TS_PURPOSE_RECORDS, 4);
    assert_int_equal(ts_witness_compare(witness, world->custody, &place, &verdict), TS_ERR_OK);
    assert_int_equal(verdict, TS_WITNESS_MISSING);
    ts_witness_destroy(&witness);
}

static void
test_witness_of_restored_database_mints(void **state)
{
    /* The whole way: backup, more published, backup put in the place of the database. */
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_own(world, TS_PURPOSE_RECORDS, 1);
    (void)ts_custody_world_extend(world, &log, 2);
    char *copy = ts_tempdir_path(world->folder, "copy.sqlite");
    char *path = ts_tempdir_path(world->folder, "custody.sqlite");
    assert_int_equal(ts_custody_backup(world->custody, copy), TS_ERR_OK);
    (void)ts_custody_world_extend(world, &log, 2);
    ts_witness_t *witness = open_witness(world);
    ts_witness_place_t place = place_of(world);
    assert_int_equal(ts_witness_advance(witness, &place, &log.tip, 1), TS_ERR_OK);
    ts_custody_world_close(world);
    assert_int_equal(rename(copy, path), 0);
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    ts_witness_verdict_t verdict = TS_WITNESS_NORMAL;
    place = place_of(world);
    assert_int_equal(ts_witness_compare(witness, world->custody, &place, &verdict), TS_ERR_OK);
    assert_int_equal(verdict, TS_WITNESS_CLONED);
    place.inode = 0;
    assert_int_equal(ts_witness_compare(witness, world->custody, &place, &verdict), TS_ERR_OK);
    assert_int_equal(verdict, TS_WITNESS_AHEAD);
    ts_tip_t tip;
    assert_int_equal(ts_witness_tip(witness, &log.tip.log, &tip), TS_ERR_OK);
    assert_int_equal(tip.seq, 4);
    assert_true(ts_hash_equal(&tip.hash, &log.tip.hash));
    ts_witness_destroy(&witness);
    free(copy);
    free(path);
}

/* ---- the file ---- */

static ts_tip_t
made_tip(uint8_t log, uint64_t seq)
{
    ts_tip_t tip = {.seq = seq};
    memset(tip.log.b, log, sizeof tip.log.b);
    memset(tip.hash.b, (int)(seq & 0xff), sizeof tip.hash.b);
    return tip;
}

static void
test_witness_remembers_over_openings_and_never_goes_back(void **state)
{
    ts_custody_world_t *world = *state;
    ts_witness_t *witness = open_witness(world);
    ts_witness_place_t place = place_of(world);
    ts_tip_t tips[] = {made_tip(1, 5), made_tip(2, 9)};
    ts_tip_t found;
    assert_int_equal(ts_witness_advance(witness, &place, tips, 2), TS_ERR_OK);
    tips[0] = made_tip(1, 4);
    assert_int_equal(ts_witness_advance(witness, &place, tips, 1), TS_ERR_OK);
    for (uint64_t seq = 6; seq < 11; seq++) {
        tips[0] = made_tip(1, seq);
        assert_int_equal(ts_witness_advance(witness, &place, tips, 1), TS_ERR_OK);
        ts_witness_destroy(&witness);
        witness = open_witness(world);
        assert_int_equal(ts_witness_tip_count(witness), 2);
        assert_int_equal(ts_witness_tip(witness, &tips[0].log, &found), TS_ERR_OK);
        assert_int_equal(found.seq, seq);
        assert_int_equal(ts_witness_tip(witness, &tips[1].log, &found), TS_ERR_OK);
        assert_int_equal(found.seq, 9);
    }
    ts_witness_forget(witness, &tips[1].log);
    assert_int_equal(ts_witness_advance(witness, &place, NULL, 0), TS_ERR_OK);
    ts_witness_destroy(&witness);
    witness = open_witness(world);
    assert_int_equal(ts_witness_tip(witness, &tips[1].log, &found), TS_ERR_NOTFOUND);
    assert_int_equal(ts_witness_tip_at(witness, 0).seq, 10);
    ts_witness_destroy(&witness);
}

static void
test_witness_known_tip_costs_no_write(void **state)
{
    ts_custody_world_t *world = *state;
    ts_witness_t *witness = open_witness(world);
    ts_witness_place_t place = place_of(world);
    ts_tip_t tip = made_tip(1, 5);
    assert_int_equal(ts_witness_advance(witness, &place, &tip, 1), TS_ERR_OK);
    ts_fault_t fault = {.kind = TS_FAULT_IOERR,
                        .on = TS_FAULT_ON_CHANGE,
                        .at = 1,
                        .lasting = true,
                        .only = "witness"};
    ts_faultvfs_arm(world->vfs, &fault);
    assert_int_equal(ts_witness_advance(witness, &place, &tip, 1), TS_ERR_OK);
    assert_int_equal(ts_faultvfs_calls(world->vfs), 0);
    tip = made_tip(1, 6);
    assert_int_equal(ts_witness_advance(witness, &place, &tip, 1), TS_ERR_IO);
    assert_non_null(ts_witness_detail(witness)->id);
    ts_faultvfs_disarm(world->vfs);
    assert_int_equal(ts_witness_advance(witness, &place, &tip, 1), TS_ERR_OK);
    ts_witness_destroy(&witness);
}

static void
test_witness_full_of_logs_refuses_and_forgets(void **state)
{
    ts_custody_world_t *world = *state;
    ts_witness_t *witness = open_witness(world);
    ts_witness_place_t place = place_of(world);
    static ts_tip_t tips[TS_WITNESS_TIPS_MAX + 1];
    for (size_t i = 0; i < TS_COUNT(tips); i++) {
        tips[i] = made_tip(0, i);
        tips[i].log.b[0] = (uint8_t)(i & 0xff);
        tips[i].log.b[1] = (uint8_t)(i >> 8);
    }
    assert_int_equal(ts_witness_advance(witness, &place, tips, TS_COUNT(tips)), TS_ERR_LIMIT);
    assert_int_equal(ts_witness_tip_count(witness), 0);
    assert_int_equal(ts_witness_advance(witness, &place, tips, TS_WITNESS_TIPS_MAX), TS_ERR_OK);
    ts_witness_destroy(&witness);
    witness = open_witness(world);
    assert_int_equal(ts_witness_tip_count(witness), TS_WITNESS_TIPS_MAX);
    ts_witness_forget(witness, &tips[0].log);
    assert_int_equal(ts_witness_advance(witness, &place, &tips[TS_WITNESS_TIPS_MAX], 1), TS_ERR_OK);
    ts_witness_destroy(&witness);
}

/* What advance told to be durable is remembered after any cut, and never anything else than what
 * was given. */
static void
cut_everywhere(ts_custody_world_t *world, ts_fault_kind_t kind, ts_power_cut_t cut)
{
    ts_witness_place_t place = place_of(world);
    bool fired = true;
    uint64_t k = 0;
    while (fired) {
        k++;
        remove_witness(world);
        ts_witness_t *witness = open_witness(world);
        ts_fault_t fault = {.kind = kind, .on = TS_FAULT_ON_CHANGE, .at = k, .only = "witness"};
        ts_faultvfs_arm(world->vfs, &fault);
        uint64_t told = 0;
        for (uint64_t seq = 1; seq <= 5; seq++) {
            ts_tip_t tip = made_tip(1, seq);
            if (ts_witness_advance(witness, &place, &tip, 1) != TS_ERR_OK) {
                break;
            }
            told = seq;
        }
        fired = ts_faultvfs_fired(world->vfs);
        ts_witness_destroy(&witness);
        /* The database stands aside in this test and is closed only for the cut. */
        ts_custody_world_close(world);
        ts_faultvfs_power_cut(world->vfs, cut, k);
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        witness = open_witness(world);
        ts_tip_t found = {.seq = 0};
        ts_tip_t asked = made_tip(1, 0);
        if (ts_witness_tip(witness, &asked.log, &found) == TS_ERR_OK) {
            ts_tip_t given = made_tip(1, found.seq);
            assert_memory_equal(&found.hash, &given.hash, sizeof found.hash);
        }
        assert_true(found.seq >= told);
        assert_true(found.seq <= told + 1);
        ts_witness_destroy(&witness);
    }
    assert_true(k > 10);
}

static void
test_witness_cut_anywhere_remembers_what_it_told(void **state)
{
    cut_everywhere(*state, TS_FAULT_CRASH, TS_CUT_NOTHING);
}

static void
test_witness_torn_cut_anywhere_remembers_what_it_told(void **state)
{
    cut_everywhere(*state, TS_FAULT_CRASH, TS_CUT_SOME);
}

static void
test_witness_write_error_anywhere_remembers_what_it_told(void **state)
{
    cut_everywhere(*state, TS_FAULT_IOERR, TS_CUT_NOTHING);
}

static void
test_witness_full_disk_is_told(void **state)
{
    ts_custody_world_t *world = *state;
    ts_witness_t *witness = open_witness(world);
    ts_witness_place_t place = place_of(world);
    ts_tip_t tip = made_tip(1, 1);
    ts_fault_t fault = {.kind = TS_FAULT_FULL, .on = TS_FAULT_ON_WRITE, .at = 1, .only = "witness"};
    ts_faultvfs_arm(world->vfs, &fault);
    assert_int_equal(ts_witness_advance(witness, &place, &tip, 1), TS_ERR_FULL);
    ts_witness_destroy(&witness);
}

/* A disk that says done and wrote nothing, or wrote it wrong, or elsewhere: nothing may leave on
 * the strength of it, and said again it is written. */
static void
test_witness_write_that_did_not_happen_is_told(void **state)
{
    static const ts_fault_kind_t kinds[] = {TS_FAULT_LOST_WRITE, TS_FAULT_FLIP,
                                            TS_FAULT_MISDIRECTED};
    ts_custody_world_t *world = *state;
    for (size_t i = 0; i < TS_COUNT(kinds); i++) {
        for (uint64_t first = 0; first < 3; first++) {
            remove_witness(world);
            ts_witness_t *witness = open_witness(world);
            ts_witness_place_t place = place_of(world);
            ts_tip_t tip = made_tip(1, 1);
            ts_tip_t found;
            for (uint64_t seq = 1; seq <= first; seq++) {
                tip = made_tip(1, seq);
                assert_int_equal(ts_witness_advance(witness, &place, &tip, 1), TS_ERR_OK);
            }
            ts_fault_t fault = {
                .kind = kinds[i], .on = TS_FAULT_ON_WRITE, .at = 1, .only = "witness"};
            tip = made_tip(1, 9);
            ts_faultvfs_arm(world->vfs, &fault);
            assert_int_equal(ts_witness_advance(witness, &place, &tip, 1), TS_ERR_IO);
            assert_non_null(ts_witness_detail(witness)->id);
            ts_faultvfs_disarm(world->vfs);
            assert_int_equal(ts_witness_advance(witness, &place, &tip, 1), TS_ERR_OK);
            ts_witness_destroy(&witness);
            witness = open_witness(world);
            assert_int_equal(ts_witness_tip(witness, &tip.log, &found), TS_ERR_OK);
            assert_int_equal(found.seq, 9);
            ts_witness_destroy(&witness);
        }
    }
}

int
main(void)
{
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, ts_custody_world_setup, ts_custody_world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_witness_compare_tells_every_situation_apart),
        CASE(test_witness_of_new_installation_is_fresh),
        CASE(test_witness_of_restored_database_mints),
        CASE(test_witness_remembers_over_openings_and_never_goes_back),
        CASE(test_witness_known_tip_costs_no_write),
        CASE(test_witness_full_of_logs_refuses_and_forgets),
        CASE(test_witness_cut_anywhere_remembers_what_it_told),
        CASE(test_witness_torn_cut_anywhere_remembers_what_it_told),
        CASE(test_witness_write_error_anywhere_remembers_what_it_told),
        CASE(test_witness_full_disk_is_told),
        CASE(test_witness_write_that_did_not_happen_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
