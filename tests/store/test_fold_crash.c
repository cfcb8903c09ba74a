/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: wherever the process dies or the power goes while the ledger is written, the next start
 * ends with the same ledger; an event that stops the program twice is parked and nothing waits
 * behind it. Method: the ledger lies on a failing VFS; the k-th change of its files is the last
 * one, then a power cut that loses nothing, something or all that was not flushed; then to the end.
 * The stopping event runs in child processes.
 */
#include "core/envelope.h"
#include "support/faultvfs.h"
#include "support/fold_mix.h"
#include "support/tempdir.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define VFS "fault-ledger"

/* Folds until nothing is left or a call fails. */
static void
try_fold(fold_run_t *run)
{
    if (fold_run_open(run) != TS_ERR_OK) {
        return;
    }
    bool more = true;
    while (more && ts_fold_slice(run->fold, 60, &more) == TS_ERR_OK) {
    }
}

static void
test_fold_crash_at_any_write_ends_in_the_same_ledger(void **state)
{
    fold_world_t *world = fold_world_new();
    fold_cast_t cast = fold_cast_make(world);
    fold_mix(&cast, 3, 12);
    const fold_way_t way = {.seed = 9, .batch = 50, .budget = 60, .feed = true};
    fold_run_t run;
    fold_run_begin(&run, world, &way);
    ts_fingerprint_t expected = fold_run_print(&run);
    fold_run_end(&run);

    ts_faultvfs_t *vfs = ts_faultvfs_new(VFS);
    fold_way_t faulty = way;
    faulty.vfs = VFS;
    uint64_t crashes = 0;
    uint64_t step = 1;
    bool fired = true;
    for (uint64_t at = 1; fired; at += step, step += 1 + at / 40) {
        fold_run_prepare_custody(&run, world, &faulty);
        const ts_fault_t fault = {
            .kind = TS_FAULT_CRASH, .on = TS_FAULT_ON_CHANGE, .at = at, .only = "ledger"};
        ts_faultvfs_arm(vfs, &fault);
        try_fold(&run);
        fired = ts_faultvfs_fired(vfs);
        fold_run_close(&run);
        ts_faultvfs_disarm(vfs);
        ts_faultvfs_power_cut(vfs, (ts_power_cut_t)(at % 3), at);
        crashes += fired ? 1 : 0;
        assert_int_equal(fold_run_open(&run), TS_ERR_OK);
        fold_run_finish(&run, 60);
        ts_fingerprint_t print = fold_run_print(&run);
        if (memcmp(&print, &expected, sizeof print) != 0) {
            print_error("crash at change %llu\n", (unsigned long long)at);
        }
        assert_memory_equal(&print, &expected, sizeof print);
        fold_run_end(&run);
    }
    assert_true(crashes > 20);
    ts_faultvfs_destroy(&vfs);
    fold_world_free(&world);
}

/* The disk fills up at the k-th write and has room again later: the same program goes on, and
 * nothing was skipped that it had in memory when the ledger went back. */
static void
test_fold_full_disk_skips_nothing(void **state)
{
    fold_world_t *world = fold_world_new();
    fold_cast_t cast = fold_cast_make(world);
    fold_mix(&cast, 3, 12);
    const fold_way_t way = {.seed = 9, .batch = 50, .budget = 60, .feed = true};
    fold_run_t run;
    fold_run_begin(&run, world, &way);
    ts_fingerprint_t expected = fold_run_print(&run);
    fold_run_end(&run);

    ts_faultvfs_t *vfs = ts_faultvfs_new(VFS);
    fold_way_t faulty = way;
    faulty.vfs = VFS;
    uint64_t full = 0;
    uint64_t step = 1;
    bool fired = true;
    for (uint64_t at = 1; fired; at += step, step += 1 + at / 40) {
        fold_run_prepare_custody(&run, world, &faulty);
        assert_int_equal(fold_run_open(&run), TS_ERR_OK);
        const ts_fault_t fault = {.kind = TS_FAULT_FULL,
                                  .on = TS_FAULT_ON_WRITE,
                                  .at = at,
                                  .lasting = true,
                                  .only = "ledger"};
        ts_faultvfs_arm(vfs, &fault);
        bool more = true;
        unsigned errors = 0;
        for (int i = 0; i < 200 && more && errors < 4; i++) {
            ts_err_t err = ts_fold_slice(run.fold, 60, &more);
            assert_true(err == TS_ERR_OK || err == TS_ERR_FULL);
            errors += err == TS_ERR_FULL;
        }
        fired = ts_faultvfs_fired(vfs);
        full += errors > 0;
        ts_faultvfs_disarm(vfs);
        fold_run_finish(&run, 60);
        ts_fingerprint_t print = fold_run_print(&run);
        if (memcmp(&print, &expected, sizeof print) != 0) {
            print_error("full at write %llu\n", (unsigned long long)at);
        }
        assert_memory_equal(&print, &expected, sizeof print);
        /* No event was to blame. */
        ts_parked_t parked;
        for (uint64_t id = 0; ts_ledger_parked_next(run.ledger, id, &parked, NULL) == TS_ERR_OK;
             id = parked.id) {
            assert_int_not_equal(parked.reason, TS_PARK_CRASHED);
        }
        fold_run_end(&run);
    }
    assert_true(full > 10);
    ts_faultvfs_destroy(&vfs);
    fold_world_free(&world);
}

/* What a batch writes ahead of its commit, and so the room that a disk must have, is bounded by
 * bytes, however much there is to fold. */
static void
test_fold_batch_is_bounded_by_its_bytes(void **state)
{
    enum { BATCH = 128 << 10, SLACK = 512 << 10 };
    fold_world_t *world = fold_world_new();
    fold_cast_t cast = fold_cast_make(world);
    fold_mix(&cast, 3, 300);
    const fold_way_t way = {.budget = 60};
    uint64_t most[2] = {0, 0};
    for (int bounded = 0; bounded < 2; bounded++) {
        fold_run_t run;
        fold_run_prepare_custody(&run, world, &way);
        run.ledger_options.cache_kib = 64;
        run.fold_options.batch_events = 1000000;
        run.fold_options.batch_bytes = bounded ? BATCH : 1u << 30;
        assert_int_equal(fold_run_open(&run), TS_ERR_OK);
        bool more = true;
        while (more) {
            assert_int_equal(ts_fold_slice(run.fold, 60, &more), TS_ERR_OK);
            uint64_t bytes = ts_ledger_batch_bytes(run.ledger);
            most[bounded] = bytes > most[bounded] ? bytes : most[bounded];
        }
        fold_run_end(&run);
    }
    print_message("           %llu KiB ahead of a commit, bounded %llu KiB\n",
                  (unsigned long long)most[0] >> 10, (unsigned long long)most[1] >> 10);
    assert_true(most[0] > BATCH + SLACK);
    assert_true(most[1] <= BATCH + SLACK);
    fold_world_free(&world);
}

/* On a disk with little room a batch that did not fit is tried again in smaller ones, without
 * anybody's help. */
static void
test_fold_full_disk_goes_on_in_smaller_batches(void **state)
{
    enum { WAL = 700 << 10 };
    fold_world_t *world = fold_world_new();
    fold_cast_t cast = fold_cast_make(world);
    fold_mix(&cast, 3, 100);
    const fold_way_t way = {.vfs = VFS, .budget = 60};
    ts_faultvfs_t *vfs = ts_faultvfs_new_memory(VFS);
    const ts_fault_t room = {.kind = TS_FAULT_FULL_AT, .only = "ledger.sqlite-wal", .offset = WAL};
    fold_run_t run;
    fold_run_prepare_custody(&run, world, &way);
    run.ledger_options.cache_kib = 64;
    assert_int_equal(fold_run_open(&run), TS_ERR_OK);
    ts_faultvfs_arm(vfs, &room);
    bool more = true;
    unsigned errors = 0;
    while (more && errors < 40) {
        ts_err_t err = ts_fold_slice(run.fold, 60, &more);
        errors += err != TS_ERR_OK;
        more = more || err != TS_ERR_OK;
    }
    print_message("           full %u times\n", errors);
    assert_false(more);
    assert_true(errors > 0);
    ts_faultvfs_disarm(vfs);
    fold_run_end(&run);
    ts_faultvfs_destroy(&vfs);
    fold_world_free(&world);
}

/* ---- an event that stops the program */

typedef struct bomb {
    ts_record_id_t record;
} bomb_t;

static void
explode(void *ctx, const ts_log_info_t *log, const ts_event_header_t *header, const void *record)
{
    const bomb_t *bomb = ctx;
    if (header->record == bomb->record) {
        _exit(7);
    }
}

static bool
reopen(fold_run_t *run)
{
    ts_msg_t detail = {0};
    ts_custody_options_t options = {.folder = run->folder, .hash = run->fold_options.hash};
    memset(options.deployment.b, 0xd1, sizeof options.deployment.b);
    if (ts_custody_open(&run->custody, &options, &detail) != TS_ERR_OK) {
        return false;
    }
    run->fold_options.custody = run->custody;
    return fold_run_open(run) == TS_ERR_OK;
}

/* One life of the program; 0: it got to the end. */
static int
live_once(fold_run_t *run)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bool more = reopen(run);
        int code = more ? 0 : 9;
        while (more && code == 0) {
            code = ts_fold_slice(run->fold, 1000, &more) == TS_ERR_OK ? 0 : 8;
        }
        if (code == 0) {
            fold_run_close(run);
            ts_custody_destroy(&run->custody);
        }
        _exit(code);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
test_fold_event_that_stops_the_program_is_parked_after_two_tries(void **state)
{
    fold_world_t *world = fold_world_new();
    fold_cast_t cast = fold_cast_make(world);
    (void)fold_cast_need(&cast, 0, 0, 0, 1, NULL);
    uint64_t event = 0;
    bomb_t bomb = {.record = fold_cast_need(&cast, 0, 0, 0, 2, &event)};
    for (int i = 0; i < 20; i++) {
        (void)fold_cast_need(&cast, 1, 1, 0, 3, NULL);
    }
    const fold_way_t way = {.per_segment = 6};
    fold_run_t run;
    fold_run_prepare_custody(&run, world, &way);
    ts_custody_destroy(&run.custody);
    run.fold_options.seen = explode;
    run.fold_options.ctx = &bomb;
    int lives = 0;
    int code = 7;
    while (code != 0) {
        assert_true(lives < 6);
        code = live_once(&run);
        assert_true(code == 0 || code == 7);
        lives += code == 7 ? 1 : 0;
    }
    /* Once with its batch, then twice noted by itself. */
    assert_int_equal(lives, 3);
    run.fold_options.seen = NULL;
    assert_true(reopen(&run));
    fold_run_finish(&run, 0);
    ts_parked_t parked;
    assert_int_equal(ts_ledger_parked_next(run.ledger, 0, &parked, NULL), TS_ERR_OK);
    assert_int_equal(parked.event, event);
    assert_int_equal(parked.reason, TS_PARK_CRASHED);
    assert_int_equal(ts_ledger_parked_next(run.ledger, parked.id, &parked, NULL), TS_ERR_NOTFOUND);
    /* 1 + 20 × 3: nothing waited behind it. */
    assert_int_equal(fold_run_sum(&run, TS_MEASURE_NEED_QUANTITY, 0, 0, 0), 61);
    fold_run_end(&run);
    fold_world_free(&world);
}

static void
test_fold_ledger_ahead_of_custody_is_made_anew(void **state)
{
    fold_world_t *world = fold_world_new();
    fold_cast_t cast = fold_cast_make(world);
    (void)fold_cast_need(&cast, 0, 0, 0, 5, NULL);
    const fold_way_t way = {.per_segment = 6};
    fold_run_t run;
    fold_run_begin(&run, world, &way);
    assert_int_equal(fold_run_sum(&run, TS_MEASURE_NEED_QUANTITY, 0, 0, 0), 5);
    /* As if custody had been restored from an older copy under the same id. */
    assert_int_equal(ts_ledger_begin(run.ledger), TS_ERR_OK);
    assert_int_equal(ts_ledger_number_put(run.ledger, "arrival", 100000), TS_ERR_OK);
    assert_int_equal(ts_ledger_commit(run.ledger), TS_ERR_OK);
    /* The fold of this run must not write its own cursor over it. */
    fold_run_close(&run);
    assert_int_equal(fold_run_open(&run), TS_ERR_OK);
    fold_run_finish(&run, 0);
    ts_fold_state_t at;
    ts_fold_state(run.fold, &at);
    assert_int_equal(at.arrival, at.arrival_last);
    assert_true(at.arrival < 1000);
    assert_int_equal(fold_run_sum(&run, TS_MEASURE_NEED_QUANTITY, 0, 0, 0), 5);
    fold_run_end(&run);
    fold_world_free(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold_crash_at_any_write_ends_in_the_same_ledger),
        cmocka_unit_test(test_fold_full_disk_skips_nothing),
        cmocka_unit_test(test_fold_batch_is_bounded_by_its_bytes),
        cmocka_unit_test(test_fold_full_disk_goes_on_in_smaller_batches),
        cmocka_unit_test(test_fold_event_that_stops_the_program_is_parked_after_two_tries),
        cmocka_unit_test(test_fold_ledger_ahead_of_custody_is_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
