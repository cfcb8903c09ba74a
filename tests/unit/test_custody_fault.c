/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: whatever call to the disk fails, and wherever the process dies or the power goes, nothing
 * that was acknowledged is lost and nothing is half. Method: the same piece of work for every call
 * k that changes a file; afterwards the store is opened again and compared with what was told to be
 * durable.
 */
#include "crypto/hash.h"
#include "support/custody_world.h"
#include "support/steps.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SEGMENTS 6
#define EVENTS 4

/* What the store told to be durable. */
typedef struct ts_promised {
    ts_hash_t segments[SEGMENTS + 4];
    size_t segment_count;
    uint64_t counter; /* newest event */
    size_t in_tail;   /* events neither sealed nor lost */
    bool sealed;
} ts_promised_t;

/* Material of one round, the same in each. */
typedef struct ts_material {
    ts_made_log_t own;
    ts_made_t own_genesis;
    ts_made_t sealed; /* takes EVENTS events */
    ts_made_t others[SEGMENTS];
} ts_material_t;

static void
make_material(ts_material_t *material)
{
    ts_made_log_t other;
    ts_made_genesis(&material->own, TS_PURPOSE_RECORDS, 7, 1, &material->own_genesis);
    ts_made_log_t after = material->own;
    ts_made_next(&after, EVENTS, 500, &material->sealed);
    ts_made_genesis(&other, TS_PURPOSE_RECORDS, 8, 2, &material->others[0]);
    for (int i = 1; i < SEGMENTS; i++) {
        ts_made_next(&other, 3, 9000, &material->others[i]);
    }
}

static void
free_material(ts_material_t *material)
{
    ts_made_free(&material->own_genesis);
    ts_made_free(&material->sealed);
    for (int i = 0; i < SEGMENTS; i++) {
        ts_made_free(&material->others[i]);
    }
}

static ts_err_t
commit_own_log(ts_custody_world_t *world, const ts_material_t *material, ts_promised_t *promised)
{
    uint64_t arrival = 0;
    ts_err_t err = ts_custody_begin(world->custody, "own log");
    if (err == TS_ERR_OK) {
        err = ts_custody_seal(world->custody, &material->own_genesis.view,
                              &material->own_genesis.hash, &world->source, 0, &arrival);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_commit(world->custody);
    }
    if (err == TS_ERR_OK) {
        promised->segments[promised->segment_count++] = material->own_genesis.hash;
    }
    return err;
}

static ts_err_t
commit_event(ts_custody_world_t *world,
             const ts_material_t *material,
             int number,
             ts_promised_t *promised)
{
    char text[200];
    memset(text, 'e', sizeof text);
    text[0] = (char)('0' + number);
    ts_hash_t id = ts_hash_of(text, sizeof text);
    uint64_t counter = 0;
    ts_err_t err = ts_custody_begin(world->custody, "event");
    if (err == TS_ERR_OK) {
        err = ts_custody_append(world->custody, &material->own.tip.log, &id,
                                (ts_bytes_t){(const uint8_t *)text, sizeof text}, &counter);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_commit(world->custody);
    }
    if (err == TS_ERR_OK) {
        promised->counter = counter;
        promised->in_tail++;
    }
    return err;
}

static ts_err_t
commit_batch(ts_custody_world_t *world,
             const ts_material_t *material,
             int from,
             int to,
             ts_promised_t *promised)
{
    ts_put_result_t result;
    ts_err_t err = ts_custody_begin(world->custody, "batch");
    for (int i = from; i < to && err == TS_ERR_OK; i++) {
        err = ts_custody_put(world->custody, &material->others[i].view, &material->others[i].hash,
                             &world->source, &result);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_commit(world->custody);
    }
    for (int i = from; i < to && err == TS_ERR_OK; i++) {
        promised->segments[promised->segment_count++] = material->others[i].hash;
    }
    return err;
}

static ts_err_t
commit_seal(ts_custody_world_t *world, const ts_material_t *material, ts_promised_t *promised)
{
    uint64_t arrival = 0;
    ts_err_t err = ts_custody_begin(world->custody, "seal");
    if (err == TS_ERR_OK) {
        err = ts_custody_seal(world->custody, &material->sealed.view, &material->sealed.hash,
                              &world->source, EVENTS, &arrival);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_commit(world->custody);
    }
    if (err == TS_ERR_OK) {
        promised->segments[promised->segment_count++] = material->sealed.hash;
        promised->sealed = true;
    }
    return err;
}

/* All of it, up to the first error. */
static ts_err_t
work(ts_custody_world_t *world, const ts_material_t *material, ts_promised_t *promised)
{
    ts_err_t err = commit_own_log(world, material, promised);
    for (int i = 0; i < EVENTS && err == TS_ERR_OK; i++) {
        err = commit_event(world, material, i, promised);
    }
    if (err == TS_ERR_OK) {
        err = commit_batch(world, material, 0, 4, promised);
    }
    if (err == TS_ERR_OK) {
        err = commit_seal(world, material, promised);
    }
    if (err == TS_ERR_OK) {
        err = commit_batch(world, material, 4, SEGMENTS, promised);
    }
    ts_custody_rollback(world->custody);
    return err;
}

static void
no_damage(void *context, const ts_damage_t *damage)
{
    (void)context;
    print_message("damage at %d: %s\n", (int)damage->arrival, ts_err_name(damage->code));
    fail();
}

/* Compares the reopened store with what was promised. */
static void
compare(ts_custody_world_t *world, const ts_material_t *material, const ts_promised_t *promised)
{
    for (size_t i = 0; i < promised->segment_count; i++) {
        assert_true(ts_custody_world_holds(world, &promised->segments[i]));
    }
    ts_custody_verify_t verify = {.next_arrival = 1, .report = no_damage};
    bool done = false;
    assert_int_equal(ts_custody_verify(world->custody, &verify, 1000, &done), TS_ERR_OK);
    assert_true(done);
    assert_true(verify.checked >= promised->segment_count);
    assert_true(ts_custody_tail_counter(world->custody) >= promised->counter);
    if (promised->segment_count == 0) {
        return;
    }
    /* The tail is whole, or sealed as a whole. */
    ts_tail_size_t size;
    assert_int_equal(ts_custody_tail_size(world->custody, &material->own.tip.log, &size),
                     TS_ERR_OK);
    if (ts_custody_world_holds(world, &material->sealed.hash)) {
        assert_int_equal(size.events, 0);
    } else {
        assert_false(promised->sealed);
        assert_true(size.events >= promised->in_tail);
        assert_true(size.events <= promised->in_tail + 1);
    }
    for (int i = 1; i < SEGMENTS; i++) {
        /* A batch is there wholly or not at all. */
        bool whole = ts_custody_world_holds(world, &material->others[i < 4 ? 0 : 4].hash);
        assert_int_equal(ts_custody_world_holds(world, &material->others[i].hash), whole);
    }
}

/* The store of the last round goes. */
static void
empty_folder(ts_custody_world_t *world)
{
    static const char *const names[] = {"custody.sqlite", "custody.sqlite-wal",
                                        "custody.sqlite-shm"};
    for (size_t i = 0; i < TS_COUNT(names); i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", world->folder, names[i]);
        (void)unlink(path);
    }
}

static void
fail_everywhere(ts_custody_world_t *world, ts_fault_kind_t kind, ts_power_cut_t cut)
{
    ts_material_t material;
    make_material(&material);
    ts_custody_world_close(world);
    bool fired = true;
    uint64_t k = 0;
    while (fired) {
        k = ts_step_after(k);
        empty_folder(world);
        world->options.create = true;
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        world->options.create = false;
        ts_promised_t promised = {.segment_count = 0};
        ts_fault_t fault = {.kind = kind, .on = TS_FAULT_ON_CHANGE, .at = k};
        ts_faultvfs_arm(world->vfs, &fault);
        ts_err_t err = work(world, &material, &promised);
        assert_true(err == TS_ERR_OK || ts_faultvfs_fired(world->vfs));
        assert_true(err == TS_ERR_OK || err == TS_ERR_IO || err == TS_ERR_FULL);
        ts_custody_world_close(world);
        fired = ts_faultvfs_fired(world->vfs);
        ts_faultvfs_power_cut(world->vfs, cut, k);
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        compare(world, &material, &promised);
        ts_custody_world_close(world);
    }
    assert_true(k > 40);
    free_material(&material);
}

static void
test_custody_write_error_anywhere_loses_nothing_promised(void **state)
{
    fail_everywhere(*state, TS_FAULT_IOERR, TS_CUT_ALL);
}

static void
test_custody_write_error_then_power_cut_loses_nothing_promised(void **state)
{
    fail_everywhere(*state, TS_FAULT_IOERR, TS_CUT_NOTHING);
}

static void
test_custody_disk_full_anywhere_loses_nothing_promised(void **state)
{
    fail_everywhere(*state, TS_FAULT_FULL, TS_CUT_ALL);
}

static void
test_custody_kill_anywhere_loses_nothing_promised(void **state)
{
    fail_everywhere(*state, TS_FAULT_CRASH, TS_CUT_ALL);
}

static void
test_custody_power_cut_anywhere_loses_nothing_promised(void **state)
{
    fail_everywhere(*state, TS_FAULT_CRASH, TS_CUT_NOTHING);
}

static void
test_custody_torn_power_cut_anywhere_loses_nothing_promised(void **state)
{
    fail_everywhere(*state, TS_FAULT_CRASH, TS_CUT_SOME);
}

static void
test_custody_opening_interrupted_anywhere_opens_next_time(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_hash_t held = ts_custody_world_extend(world, &log, 1);
    ts_custody_world_close(world);
    bool fired = true;
    for (uint64_t k = 1; fired; k = ts_step_after(k)) {
        ts_fault_t fault = {.kind = TS_FAULT_CRASH, .on = TS_FAULT_ON_CHANGE, .at = k};
        ts_faultvfs_arm(world->vfs, &fault);
        (void)ts_custody_world_open(world);
        ts_custody_world_close(world);
        fired = ts_faultvfs_fired(world->vfs);
        ts_faultvfs_power_cut(world->vfs, TS_CUT_SOME, k);
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        assert_true(ts_custody_world_holds(world, &held));
        ts_custody_world_close(world);
    }
}

static void
test_custody_joining_interrupted_anywhere_can_be_repeated(void **state)
{
    ts_custody_world_t *world = *state;
    ts_custody_world_close(world);
    bool fired = true;
    for (uint64_t k = 1; fired; k = ts_step_after(k)) {
        empty_folder(world);
        world->options.create = true;
        ts_fault_t fault = {.kind = TS_FAULT_CRASH, .on = TS_FAULT_ON_CHANGE, .at = k};
        ts_faultvfs_arm(world->vfs, &fault);
        (void)ts_custody_world_open(world);
        ts_custody_world_close(world);
        fired = ts_faultvfs_fired(world->vfs);
        ts_faultvfs_power_cut(world->vfs, TS_CUT_NOTHING, k);
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        (void)ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
        ts_custody_world_close(world);
    }
}

static void
test_custody_full_disk_then_space_goes_on(void **state)
{
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_hash_t before = ts_custody_world_extend(world, &log, 1);
    ts_made_t made;
    ts_put_result_t result;
    ts_made_next(&log, 1, 40000, &made);
    ts_fault_t fault = {.kind = TS_FAULT_FULL, .on = TS_FAULT_ON_WRITE, .at = 1, .lasting = true};
    ts_faultvfs_arm(world->vfs, &fault);
    assert_int_equal(ts_custody_begin(world->custody, "full"), TS_ERR_OK);
    ts_err_t err = ts_custody_put(world->custody, &made.view, &made.hash, &world->source, &result);
    assert_true(err == TS_ERR_OK || err == TS_ERR_FULL);
    assert_int_equal(ts_custody_commit(world->custody), TS_ERR_FULL);
    assert_int_equal(ts_custody_failed(world->custody), TS_ERR_OK);
    assert_int_equal(ts_custody_arrival(world->custody), 2);
    assert_true(ts_custody_world_holds(world, &before));
    assert_false(ts_custody_world_holds(world, &made.hash));
    ts_faultvfs_disarm(world->vfs);
    assert_int_equal(ts_custody_world_expect(world, &made, TS_PUT_STORED).arrival, 3);
    ts_made_free(&made);
}

/* Reads, and puts, with one bad read; whatever comes of it, the process lives and the disk keeps
 * its own. */
static void
read_badly(ts_custody_world_t *world, ts_fault_kind_t kind)
{
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    for (int i = 0; i < 5; i++) {
        (void)ts_custody_world_extend(world, &log, 1);
    }
    ts_made_t made;
    ts_made_next(&log, 1, 5000, &made);
    bool fired = true;
    uint64_t k = 0;
    while (fired) {
        k = ts_step_after(k);
        ts_custody_world_close(world);
        ts_fault_t fault = {.kind = kind, .on = TS_FAULT_ON_READ, .at = k};
        ts_faultvfs_arm(world->vfs, &fault);
        if (ts_custody_world_open(world) == TS_ERR_OK) {
            ts_custody_verify_t verify = {.next_arrival = 1};
            bool done = false;
            ts_err_t err = ts_custody_verify(world->custody, &verify, 1000, &done);
            ts_put_result_t result;
            if (err == TS_ERR_OK && ts_custody_begin(world->custody, "read badly") == TS_ERR_OK) {
                err =
                    ts_custody_put(world->custody, &made.view, &made.hash, &world->source, &result);
            }
            assert_true(err == TS_ERR_OK || err == TS_ERR_IO || err == TS_ERR_CORRUPT);
            ts_custody_rollback(world->custody);
            /* The end is not noted: what a bad read made of a page must not be written. */
            ts_fault_t crash = {.kind = TS_FAULT_CRASH, .on = TS_FAULT_ON_CHANGE, .at = 1};
            fired = ts_faultvfs_fired(world->vfs);
            ts_faultvfs_arm(world->vfs, &crash);
            ts_custody_world_close(world);
        } else {
            fired = ts_faultvfs_fired(world->vfs);
            assert_true(fired);
        }
        ts_faultvfs_power_cut(world->vfs, TS_CUT_ALL, k);
        ts_faultvfs_disarm(world->vfs);
    }
    ts_custody_world_close(world);
    assert_true(k > 10);
    ts_made_free(&made);
}

static void
test_custody_failed_read_anywhere_is_an_error(void **state)
{
    ts_custody_world_t *world = *state;
    read_badly(world, TS_FAULT_IOERR);
    assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
    assert_int_equal(ts_custody_arrival(world->custody), 6);
}

static void
test_custody_short_read_anywhere_does_no_harm(void **state)
{
    ts_custody_world_t *world = *state;
    read_badly(world, TS_FAULT_SHORT_READ);
}

static ts_err_t
compare_hash(void *context, uint64_t arrival, ts_bytes_t bytes)
{
    (void)context;
    (void)arrival;
    ts_segment_view_t view;
    if (ts_segment_parse(bytes, &view) != TS_ERR_OK) {
        return TS_ERR_HASH;
    }
    ts_hash_t hash = ts_hash_of(view.payload.data, view.payload.length);
    return ts_hash_equal(&hash, &view.header.payload_hash) ? TS_ERR_OK : TS_ERR_HASH;
}

static void
test_custody_bit_that_flips_on_the_way_to_disk_is_seen_before_acknowledging(void **state)
{
    /* The flipped bit sits in the WAL frame; its checksum makes SQLite drop the commit, or the
     * reader get other bytes: in both cases nothing is acknowledged. */
    ts_custody_world_t *world = *state;
    ts_made_log_t log = ts_custody_world_log(world, TS_PURPOSE_RECORDS, 1, 1);
    ts_made_t made;
    ts_made_next(&log, 1, 60000, &made);
    for (uint64_t k = 6; k < 20; k++) {
        ts_fault_t fault = {
            .kind = TS_FAULT_FLIP, .on = TS_FAULT_ON_WRITE, .at = k, .only = "-wal"};
        ts_put_result_t result;
        ts_faultvfs_arm(world->vfs, &fault);
        assert_int_equal(ts_custody_begin(world->custody, "flip"), TS_ERR_OK);
        assert_int_equal(
            ts_custody_put(world->custody, &made.view, &made.hash, &world->source, &result),
            TS_ERR_OK);
        assert_int_equal(ts_custody_commit(world->custody), TS_ERR_OK);
        if (!ts_faultvfs_fired(world->vfs)) {
            break;
        }
        ts_err_t err = ts_custody_read_back(world->custody, result.arrival, result.arrival,
                                            compare_hash, NULL);
        if (err != TS_ERR_OK) {
            ts_made_free(&made);
            return;
        }
        ts_custody_world_close(world);
        assert_int_equal(ts_custody_world_open(world), TS_ERR_OK);
        ts_made_free(&made);
        ts_made_next(&log, 1, 60000, &made);
    }
    fail_msg("no flipped bit was seen");
}

int
main(void)
{
#define CASE(name) \
    cmocka_unit_test_setup_teardown(name, ts_custody_world_setup, ts_custody_world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_custody_write_error_anywhere_loses_nothing_promised),
        CASE(test_custody_write_error_then_power_cut_loses_nothing_promised),
        CASE(test_custody_disk_full_anywhere_loses_nothing_promised),
        CASE(test_custody_kill_anywhere_loses_nothing_promised),
        CASE(test_custody_power_cut_anywhere_loses_nothing_promised),
        CASE(test_custody_torn_power_cut_anywhere_loses_nothing_promised),
        CASE(test_custody_opening_interrupted_anywhere_opens_next_time),
        CASE(test_custody_joining_interrupted_anywhere_can_be_repeated),
        CASE(test_custody_full_disk_then_space_goes_on),
        CASE(test_custody_failed_read_anywhere_is_an_error),
        CASE(test_custody_short_read_anywhere_does_no_harm),
        CASE(test_custody_bit_that_flips_on_the_way_to_disk_is_seen_before_acknowledging),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
