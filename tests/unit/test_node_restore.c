/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the scenarios of a store that went back in time: a lying disk, a restored image, a cloned
 * folder, a dead district disk, a restored province, a unit that ended while entries waited. What
 * was held anywhere comes back once, nothing is renumbered, every node agrees.
 * Method: whole nodes in virtual time; stores are kept in memory and put back into the same files,
 * or as other files where a copy would have made other inodes.
 */
#include "core/kind.h"
#include "node/states.h"
#include "support/node_world.h"
#include "support/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DISTRICT = 1, COMMUNE = 2 };

static int
setup(void **state)
{
    world_t *world = world_three(4);
    *state = world;
    world_needs(world, COMMUNE, 5);
    world_settle(world);
    return 0;
}

/* The node's files as they are now; it goes on running. */
static world_files_t *
copy_of(world_t *world, size_t index, bool with_witness)
{
    world_stop(world, index);
    world_files_t *files = world_files_take(world, index, with_witness);
    assert_true(world_start(world, index));
    world_settle(world);
    return files;
}

static uint64_t
own_logs(world_t *world, size_t index, uint8_t purpose)
{
    ts_custody_t *custody = world->nodes[index].node->custody;
    ts_log_info_t info = {.office = 0};
    uint64_t count = 0;
    while (ts_custody_log_next(custody, &info) == TS_ERR_OK) {
        count += info.office == world->nodes[index].office && info.purpose == purpose;
    }
    return count;
}

static bool
has_fork(world_t *world, size_t index)
{
    ts_custody_counts_t counts;
    assert_int_equal(ts_custody_counts(world->nodes[index].node->custody, &counts), TS_ERR_OK);
    return counts.forked_logs > 0;
}

/* Scenario 1: the disk lied, the database is older than what was sent; no link is needed to go on.
 */
static void
test_node_restore_lost_tail_comes_back_from_the_parent(void **state)
{
    world_t *world = *state;
    world_files_t *older = copy_of(world, COMMUNE, false);
    world_needs(world, COMMUNE, 4);
    world_settle(world);
    world_kill(world, COMMUNE, TS_CUT_NOTHING);
    world_files_put(world, COMMUNE, older);
    world_files_free(&older);
    world_link(world, COMMUNE, false);
    assert_true(world_start(world, COMMUNE));
    assert_true(world_noted(world, COMMUNE, "witness", "AHEAD"));
    assert_int_equal(own_logs(world, COMMUNE, TS_PURPOSE_RECORDS), 2);
    world_needs(world, COMMUNE, 3);
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), 5 + 3);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), 5 + 4 + 3);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 5 + 4 + 3);
    assert_int_equal(own_logs(world, COMMUNE, TS_PURPOSE_RECORDS), 2);
    assert_false(has_fork(world, WORLD_PROVINCE));
    world_assert_in_step(world, COMMUNE, "90101");
}

/* The whole image was restored, the witness too: the parent's word tells it, in the next session.
 */
static void
test_node_restore_image_hears_from_the_parent(void **state)
{
    world_t *world = *state;
    world_files_t *older = copy_of(world, COMMUNE, true);
    world_needs(world, COMMUNE, 4);
    world_settle(world);
    world_kill(world, COMMUNE, TS_CUT_ALL);
    world_files_put(world, COMMUNE, older);
    world_files_free(&older);
    assert_true(world_start(world, COMMUNE));
    assert_false(world_noted(world, COMMUNE, "witness", ""));
    world_settle(world);
    assert_true(world_noted(world, COMMUNE, "amnesia", ""));
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), 5 + 4);
    world_needs(world, COMMUNE, 2);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 5 + 4 + 2);
    assert_false(has_fork(world, WORLD_PROVINCE));
    world_assert_in_step(world, COMMUNE, "90101");
}

/* Scenario 2: … but it sealed other entries in the same place before. Both branches count. */
static void
test_node_restore_image_that_went_on_is_a_fork(void **state)
{
    world_t *world = *state;
    world_files_t *older = copy_of(world, COMMUNE, true);
    world_needs(world, COMMUNE, 4);
    world_settle(world);
    world_kill(world, COMMUNE, TS_CUT_ALL);
    world_files_put(world, COMMUNE, older);
    world_files_free(&older);
    world_link(world, COMMUNE, false);
    assert_true(world_start(world, COMMUNE));
    world_needs(world, COMMUNE, 3);
    world_do(world, COMMUNE, "seal", NULL);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_true(has_fork(world, DISTRICT));
    assert_true(has_fork(world, WORLD_PROVINCE));
    assert_true(has_fork(world, COMMUNE));
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), 5 + 4 + 3);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 5 + 4 + 3);
    /* The author goes on in a new log. */
    world_needs(world, COMMUNE, 2);
    world_settle(world);
    assert_int_equal(own_logs(world, COMMUNE, TS_PURPOSE_RECORDS), 2);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 5 + 4 + 3 + 2);
    world_assert_in_step(world, COMMUNE, "90101");
    /* The left log has two tips for ever: that is no reason to begin anew at the next start. */
    world_stop(world, COMMUNE);
    assert_true(world_start(world, COMMUNE));
    world_needs(world, COMMUNE, 1);
    world_settle(world);
    assert_int_equal(own_logs(world, COMMUNE, TS_PURPOSE_RECORDS), 2);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* One installation went on from the same image six times over. A branch that a listing names behind
 * four that are held is taken like any other. */
static void
test_node_restore_image_that_went_on_six_times_brings_every_branch(void **state)
{
    world_t *world = *state;
    world_files_t *older = copy_of(world, COMMUNE, true);
    uint64_t written = 5;
    /* The longest branch first: listings begin with it, so the last ones stand at their end. */
    for (unsigned needs = 7; needs >= 2; needs--) {
        world_link(world, DISTRICT, needs > 3);
        world_stop(world, COMMUNE);
        world_files_put(world, COMMUNE, older);
        world_link(world, COMMUNE, false);
        assert_true(world_start(world, COMMUNE));
        world_needs(world, COMMUNE, needs);
        world_do(world, COMMUNE, "seal", NULL);
        world_link(world, COMMUNE, true);
        world_settle(world);
        written += needs;
        assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), written);
    }
    world_files_free(&older);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), written - 3 - 2);
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), written);
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), written);
    assert_true(has_fork(world, WORLD_PROVINCE));
    world_assert_in_step(world, COMMUNE, "90101");
}

/* A copied data folder has other inodes: it never writes into the logs of the first. */
static void
test_node_restore_cloned_folder_goes_on_in_new_logs(void **state)
{
    world_t *world = *state;
    world_stop(world, COMMUNE);
    world_files_t *files = world_files_take(world, COMMUNE, true);
    world_files_clone(world, COMMUNE, files);
    world_files_free(&files);
    assert_true(world_start(world, COMMUNE));
    assert_true(world_noted(world, COMMUNE, "witness", "CLONED"));
    world_needs(world, COMMUNE, 3);
    world_settle(world);
    assert_int_equal(own_logs(world, COMMUNE, TS_PURPOSE_RECORDS), 2);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 5 + 3);
    assert_false(has_fork(world, WORLD_PROVINCE));
    world_assert_in_step(world, COMMUNE, "90101");
    /* Started once more it is the same office as before, and goes on where it was. */
    world_stop(world, COMMUNE);
    assert_true(world_start(world, COMMUNE));
    world_needs(world, COMMUNE, 1);
    world_settle(world);
    assert_int_equal(own_logs(world, COMMUNE, TS_PURPOSE_RECORDS), 2);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* Own logs that are being extended, as (log). */
static size_t
active_logs(world_t *world, size_t index, ts_hash_t *logs, size_t max)
{
    ts_custody_t *custody = world->nodes[index].node->custody;
    ts_log_info_t info = {.office = 0};
    size_t count = 0;
    while (ts_custody_log_next(custody, &info) == TS_ERR_OK) {
        ts_own_t own = TS_OWN_NOT;
        assert_int_equal(ts_custody_log_own(custody, &info.log, &own), TS_ERR_OK);
        if (own == TS_OWN_ACTIVE) {
            assert_true(count < max);
            logs[count++] = info.log;
        }
    }
    return count;
}

/* Killed at every change of its disk while it leaves its old logs: no old one is ever written to
 * again, although the witness names the new place from the first new log on. */
static void
leave_all_logs_in_spite_of_kills(world_t *world, bool clone)
{
    ts_hash_t before[8];
    ts_hash_t now[8];
    size_t count = active_logs(world, COMMUNE, before, 8);
    world_stop(world, COMMUNE);
    world_files_t *files = world_files_take(world, COMMUNE, true);
    /* The first file lives on, so that no copy is given its inode. */
    char path[1024];
    char first[1024];
    (void)snprintf(path, sizeof path, "%s/custody.sqlite", world->nodes[COMMUNE].folder);
    (void)snprintf(first, sizeof first, "%s/first-machine", world->nodes[COMMUNE].folder);
    assert_int_equal(link(path, first), 0);
    bool fired = true;
    for (uint64_t k = 1; fired; k = ts_step_after(k)) {
        world_files_put(world, COMMUNE, files);
        if (clone) {
            world_files_clone(world, COMMUNE, files);
        } else {
            assert_int_equal(remove(world->nodes[COMMUNE].witness), 0);
        }
        world_arm(world, COMMUNE, k, NULL);
        world->bystander = true;
        (void)world_start(world, COMMUNE);
        world_link(world, COMMUNE, false);
        fired = ts_faultvfs_fired(world->nodes[COMMUNE].vfs);
        if (world->nodes[COMMUNE].crashed) {
            assert_true(world_revive(world, (ts_power_cut_t)(k % 3)));
        }
        ts_faultvfs_disarm(world->nodes[COMMUNE].vfs);
        size_t there = active_logs(world, COMMUNE, now, 8);
        assert_true(there >= count);
        for (size_t i = 0; i < there; i++) {
            for (size_t j = 0; j < count; j++) {
                assert_false(ts_hash_equal(&now[i], &before[j]));
            }
        }
        world_stop(world, COMMUNE);
        world_link(world, COMMUNE, true);
    }
    world_files_free(&files);
    world->bystander = false;
    assert_true(world_start(world, COMMUNE));
    world_needs(world, COMMUNE, 2);
    world_settle(world);
    assert_false(has_fork(world, WORLD_PROVINCE));
    world_assert_in_step(world, COMMUNE, "90101");
}

static void
test_node_restore_clone_killed_while_it_leaves_its_logs(void **state)
{
    leave_all_logs_in_spite_of_kills(*state, true);
}

static void
test_node_restore_lost_witness_killed_while_it_leaves_its_logs(void **state)
{
    leave_all_logs_in_spite_of_kills(*state, false);
}

/* What was lost is not there yet: each start without a link must not begin new logs again. */
static void
test_node_restore_started_again_offline_begins_no_more_logs(void **state)
{
    world_t *world = *state;
    world_files_t *older = copy_of(world, COMMUNE, false);
    world_needs(world, COMMUNE, 4);
    world_settle(world);
    world_kill(world, COMMUNE, TS_CUT_NOTHING);
    world_files_put(world, COMMUNE, older);
    world_files_free(&older);
    world_link(world, COMMUNE, false);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(world_start(world, COMMUNE));
        world_needs(world, COMMUNE, 1);
        assert_int_equal(own_logs(world, COMMUNE, TS_PURPOSE_RECORDS), 2);
        world_stop(world, COMMUNE);
    }
    assert_true(world_start(world, COMMUNE));
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 5 + 4 + 4);
    assert_int_equal(own_logs(world, COMMUNE, TS_PURPOSE_RECORDS), 2);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* Scenario 3: the district comes back from an older copy; its witness died with the disk. The
 * province has most of it already. */
static void
test_node_restore_district_from_an_older_copy(void **state)
{
    world_t *world = *state;
    ts_id16_t store = ts_custody_store_id(world->nodes[DISTRICT].node->custody);
    world_files_t *older = copy_of(world, DISTRICT, false);
    world_needs(world, COMMUNE, 30);
    world_settle(world);
    world_link(world, DISTRICT, false);
    world_needs(world, COMMUNE, 2); /* the district alone holds these */
    world_settle(world);
    world_kill(world, DISTRICT, TS_CUT_NOTHING);
    world_files_put(world, DISTRICT, older);
    world_files_free(&older);
    assert_int_equal(remove(world->nodes[DISTRICT].witness), 0);
    world->nodes[DISTRICT].link_up = true;
    world_needs(world, COMMUNE, 1);
    assert_true(world_start(world, DISTRICT));
    ts_id16_t other = ts_custody_store_id(world->nodes[DISTRICT].node->custody);
    assert_false(ts_id16_equal(&store, &other));
    world_settle(world);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 5 + 30 + 2 + 1);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 5 + 30 + 2 + 1);
    world_assert_in_step(world, COMMUNE, "90101");
    world_needs(world, COMMUNE, 1);
    world_settle(world);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* Scenario 4: the same one level up; the registry that the province lost comes back from below. */
static void
test_node_restore_province_from_an_older_copy(void **state)
{
    world_t *world = *state;
    ts_id16_t feed = ts_ledger_feed_id(world->nodes[WORLD_PROVINCE].node->ledger);
    world_files_t *older = copy_of(world, WORLD_PROVINCE, false);
    world_needs(world, COMMUNE, 4);
    size_t newcomer = world_enrol(world, "commune", "90102", "xa-binh", DISTRICT);
    assert_true(world_start(world, newcomer));
    world_settle(world);
    world_needs(world, newcomer, 3);
    world_settle(world);
    world_kill(world, WORLD_PROVINCE, TS_CUT_NOTHING);
    world_files_put(world, WORLD_PROVINCE, older);
    world_files_free(&older);
    assert_int_equal(remove(world->nodes[WORLD_PROVINCE].witness), 0);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_settle(world);
    /* Subscribers see another feed. */
    ts_id16_t other = ts_ledger_feed_id(world->nodes[WORLD_PROVINCE].node->ledger);
    assert_false(ts_id16_equal(&feed, &other));
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_OFFICE), 4);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 5 + 4 + 3);
    world_assert_in_step(world, COMMUNE, "90101");
    world_assert_in_step(world, newcomer, "90102");
    /* It goes on: the next office gets a number of its own and what it writes arrives. */
    world_needs(world, COMMUNE, 1);
    world_settle(world);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* A holding is folded once. Whoever is killed right after that still knows what it said. */
static void
test_node_restore_killed_after_a_holding_knows_what_is_anchored(void **state)
{
    world_t *world = *state;
    uint64_t folded = world_records(world, COMMUNE, TS_KIND_HOLDING);
    unsigned kills = 0;
    world_needs(world, COMMUNE, 3);
    for (unsigned i = 0; i < 12000; i++) {
        world_run(world, 50);
        uint64_t now = world_records(world, COMMUNE, TS_KIND_HOLDING);
        if (now > folded) {
            world_kill(world, COMMUNE, TS_CUT_ALL);
            assert_true(world_start(world, COMMUNE));
            kills++;
        }
        folded = now;
    }
    assert_true(kills > 0);
    world_assert_anchored(world, COMMUNE);
}

/* The store above has another id: what the old one held counts no more, so the new one says for all
 * logs that it holds them. */
static void
test_node_restore_new_store_above_anchors_anew(void **state)
{
    world_t *world = *state;
    world_assert_anchored(world, COMMUNE);
    ts_id16_t before = world->nodes[COMMUNE].node->root_store;
    world_stop(world, WORLD_PROVINCE);
    world_files_t *files = world_files_take(world, WORLD_PROVINCE, true);
    world_files_clone(world, WORLD_PROVINCE, files);
    world_files_free(&files);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_settle(world);
    world_assert_anchored(world, COMMUNE);
    assert_false(ts_id16_equal(&before, &world->nodes[COMMUNE].node->root_store));
    world_assert_anchored(world, DISTRICT);
}

/* Loses what comes down of one log. */
typedef struct sieve {
    ts_sync_decoder_t *decoder;
    ts_hash_t log;
    uint16_t stream;
    unsigned lost;
} sieve_t;

static bool
sift(void *context, world_t *world, size_t link, bool upward, ts_buf_t *frame)
{
    sieve_t *sieve = context;
    ts_sync_msg_t msg;
    (void)world;
    if (link != COMMUNE || ts_sync_decode(sieve->decoder, ts_buf_bytes(frame), &msg) != TS_ERR_OK) {
        return true;
    }
    if (upward && msg.kind == TS_SYNC_WANT && ts_hash_equal(&msg.u.want.log, &sieve->log)) {
        sieve->stream = msg.u.want.stream;
    }
    bool loses = !upward && msg.kind == TS_SYNC_CHUNK && msg.u.chunk.stream == sieve->stream;
    sieve->lost += loses;
    return !loses;
}

/* A province with a new store says anew what it holds, and an office that was put back hears it
 * before it has its own entries again: it knows all the same that they are anchored. */
static void
test_node_restore_hears_of_its_entries_before_it_has_them_again(void **state)
{
    world_t *world = *state;
    sieve_t sieve = {.decoder = ts_sync_decoder_new()};
    ts_log_info_t records;
    assert_int_equal(
        ts_custody_own_active(world->nodes[COMMUNE].node->custody, TS_PURPOSE_RECORDS, 0, &records),
        TS_ERR_OK);
    sieve.log = records.log;
    world_files_t *older = copy_of(world, COMMUNE, false);
    world_needs(world, COMMUNE, 4);
    world_settle(world);
    world_kill(world, COMMUNE, TS_CUT_NOTHING);
    world_files_put(world, COMMUNE, older);
    world_files_free(&older);
    world_stop(world, WORLD_PROVINCE);
    world_files_t *files = world_files_take(world, WORLD_PROVINCE, true);
    world_files_clone(world, WORLD_PROVINCE, files);
    world_files_free(&files);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_settle(world);
    world_run(world, 2 * TS_NODE_HOLDING_MS);
    world_settle(world);
    uint64_t holdings = world_records(world, DISTRICT, TS_KIND_HOLDING);
    world->tap = sift;
    world->tap_context = &sieve;
    assert_true(world_start(world, COMMUNE));
    world_run(world, 120000);
    assert_true(sieve.lost > 0);
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), 5);
    assert_true(world_records(world, COMMUNE, TS_KIND_HOLDING) >= holdings);
    world->tap = NULL;
    world_link(world, COMMUNE, false);
    world_run(world, 100);
    world_link(world, COMMUNE, true);
    world_settle(world);
    ts_sync_decoder_destroy(&sieve.decoder);
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), 5 + 4);
    world_assert_anchored(world, COMMUNE);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* The province's last word before it got a new store comes after its first word since: it changes
 * nothing any more. */
static void
test_node_restore_late_word_of_the_store_before_is_not_heard(void **state)
{
    world_t *world = *state;
    sieve_t sieve = {.decoder = ts_sync_decoder_new()};
    ts_log_info_t info = {.office = 0};
    while (ts_custody_log_next(world->nodes[COMMUNE].node->custody, &info) == TS_ERR_OK) {
        if (info.purpose == TS_PURPOSE_HOLDINGS && info.office == 1) {
            sieve.log = info.log;
        }
    }
    world_link(world, COMMUNE, false);
    world_do(world, DISTRICT, "add", "kind", "need", "plan", WORLD_PLAN, "line", "warm", "quantity",
             "1", "unit_of_measure", "bộ", "birth_month", "05/2014", "sex", "Nam", "occurred_on",
             "2019-10-14", "unit", "90101", NULL);
    world_settle(world);
    world_stop(world, WORLD_PROVINCE);
    world_files_t *files = world_files_take(world, WORLD_PROVINCE, true);
    world_files_clone(world, WORLD_PROVINCE, files);
    world_files_free(&files);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_settle(world);
    world_run(world, 2 * TS_NODE_HOLDING_MS);
    ts_id16_t store = ts_custody_store_id(world->nodes[WORLD_PROVINCE].node->custody);
    world->tap = sift;
    world->tap_context = &sieve;
    world_link(world, COMMUNE, true);
    world_run(world, 120000);
    assert_true(sieve.lost > 0);
    assert_true(ts_id16_equal(&store, &world->nodes[COMMUNE].node->root_store));
    world->tap = NULL;
    world_link(world, COMMUNE, false);
    world_run(world, 100);
    world_link(world, COMMUNE, true);
    world_settle(world);
    ts_sync_decoder_destroy(&sieve.decoder);
    assert_true(ts_id16_equal(&store, &world->nodes[COMMUNE].node->root_store));
    world_assert_anchored(world, COMMUNE);
}

/* The province left its logs once, and is put back, witness and all, to a time before that: it
 * writes on where it had left. When the offices give back the logs in between it leaves again,
 * behind them: of the whole line one log is the last, and its word counts. */
static void
test_node_restore_put_back_to_before_it_left_its_logs(void **state)
{
    world_t *world = *state;
    world_files_t *before = copy_of(world, WORLD_PROVINCE, true);
    world_stop(world, WORLD_PROVINCE);
    assert_int_equal(remove(world->nodes[WORLD_PROVINCE].witness), 0);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_needs(world, COMMUNE, 2);
    world_settle(world);
    world_run(world, 2 * TS_NODE_HOLDING_MS);
    ts_id16_t between = ts_custody_store_id(world->nodes[WORLD_PROVINCE].node->custody);
    assert_true(ts_id16_equal(&between, &world->nodes[COMMUNE].node->root_store));
    world_kill(world, WORLD_PROVINCE, TS_CUT_NOTHING);
    world_files_put(world, WORLD_PROVINCE, before);
    world_files_free(&before);
    assert_true(world_start(world, WORLD_PROVINCE));
    world_needs(world, COMMUNE, 3);
    world_settle(world);
    world_run(world, 2 * TS_NODE_HOLDING_MS);
    world_settle(world);
    ts_id16_t store = ts_custody_store_id(world->nodes[WORLD_PROVINCE].node->custody);
    assert_false(ts_id16_equal(&between, &store));
    assert_true(ts_id16_equal(&store, &world->nodes[COMMUNE].node->root_store));
    world_assert_anchored(world, COMMUNE);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* Scenario 5: the unit ended while entries waited on the laptop. */
static void
test_node_restore_merged_commune_keeps_what_waited(void **state)
{
    world_t *world = *state;
    world_link(world, COMMUNE, false);
    world_needs(world, COMMUNE, 4); /* of 14/10 */
    world_do(world, COMMUNE, "add", "kind", "need", "plan", WORLD_PLAN, "line", "warm", "quantity",
             "1", "unit_of_measure", "bộ", "birth_month", "05/2014", "sex", "Nam", "occurred_on",
             "2019-10-15", NULL);
    ts_command_t command;
    ts_command_init(&command, "plan_load");
    ts_buf_t table = {0};
    ts_buf_put_text(&table,
                    "key,code,parent,level,name,kind,valid_from,valid_to,successor,aliases,note\n"
                    "90,90,,province,Tỉnh Thử,tỉnh,,,,,\n"
                    "901,901,90,district,Huyện Một,huyện,,,,,\n"
                    "902,902,90,district,Huyện Hai,huyện,,,,,\n"
                    "90101,90101,901,commune,Xã An,xã,,2019-10-15,90102,,\n"
                    "90102,90102,901,commune,Xã Bình,xã,,,,,\n"
                    "90201,90201,902,commune,Xã Cát,xã,,,,,\n");
    world_plan_tables(&command, "units.csv", ts_buf_bytes(&table));
    ts_buf_free(&table);
    assert_int_equal(world_tell_command(world, WORLD_PROVINCE, &command), TS_ERR_OK);
    world_link(world, COMMUNE, true);
    world_settle(world);
    world_assert_same(world, COMMUNE, DISTRICT, "90101", world->nodes[COMMUNE].office);
    world_assert_same(world, DISTRICT, WORLD_PROVINCE, "90101", world->nodes[COMMUNE].office);
    world_assert_same(world, DISTRICT, WORLD_PROVINCE, "90102", world->nodes[COMMUNE].office);
    /* Nothing is lost: it stands in a ledger or is parked, and the author sees the same. */
    uint64_t stands = world_records(world, WORLD_PROVINCE, TS_KIND_NEED);
    uint64_t parked = world_parked(world, WORLD_PROVINCE, TS_PARK_NONE);
    assert_true(stands >= 9);
    assert_int_equal(stands + parked, 10 + (parked > 0 ? 1 : 0) * (parked - 1));
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), stands);
    assert_int_equal(world_parked(world, COMMUNE, TS_PARK_NONE), parked);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_node_restore_lost_tail_comes_back_from_the_parent),
        CASE(test_node_restore_image_hears_from_the_parent),
        CASE(test_node_restore_image_that_went_on_is_a_fork),
        CASE(test_node_restore_image_that_went_on_six_times_brings_every_branch),
        CASE(test_node_restore_cloned_folder_goes_on_in_new_logs),
        CASE(test_node_restore_clone_killed_while_it_leaves_its_logs),
        CASE(test_node_restore_lost_witness_killed_while_it_leaves_its_logs),
        CASE(test_node_restore_started_again_offline_begins_no_more_logs),
        CASE(test_node_restore_district_from_an_older_copy),
        CASE(test_node_restore_province_from_an_older_copy),
        CASE(test_node_restore_killed_after_a_holding_knows_what_is_anchored),
        CASE(test_node_restore_new_store_above_anchors_anew),
        CASE(test_node_restore_hears_of_its_entries_before_it_has_them_again),
        CASE(test_node_restore_late_word_of_the_store_before_is_not_heard),
        CASE(test_node_restore_put_back_to_before_it_left_its_logs),
        CASE(test_node_restore_merged_commune_keeps_what_waited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
