/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the loop calls what is ready, in slices, and stops when it is told or signalled.
 * Method: pipes, timers and idle works in one process; the signal is raised by the test itself.
 */
#include "support/net_world.h"
#include "support/test.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

typedef struct bench {
    ts_world_t world;
    int pipe[2];
    int reads;
    int slices;
    int slices_left;
    int timers;
    ts_loop_id_t id;
} bench_t;

static bench_t bench;

static int
setup(void **state)
{
    memset(&bench, 0, sizeof bench);
    ts_world_open(&bench.world);
    assert_int_equal(pipe(bench.pipe), 0);
    *state = &bench;
    return 0;
}

static int
teardown(void **state)
{
    close(bench.pipe[0]);
    close(bench.pipe[1]);
    ts_world_close(&bench.world);
    return 0;
}

static void
read_byte(void *context)
{
    bench_t *self = context;
    char byte;
    assert_int_equal(read(self->pipe[0], &byte, 1), 1);
    self->reads++;
}

static bool
work(void *context)
{
    bench_t *self = context;
    self->slices++;
    return --self->slices_left > 0;
}

static void
count_timer(void *context, ts_mono_t now)
{
    (void)now;
    ((bench_t *)context)->timers++;
}

static void
test_loop_descriptor_with_bytes_calls_reader_until_it_is_empty(void **state)
{
    ts_loop_t *loop = bench.world.loop;
    ts_loop_add_fd(loop, bench.pipe[0], TS_LOOP_READ, read_byte, &bench);
    ts_loop_turn(loop, 0);
    assert_int_equal(bench.reads, 0);
    assert_int_equal(write(bench.pipe[1], "abc", 3), 3);
    for (int i = 0; i < 5; i++) {
        ts_loop_turn(loop, 0);
    }
    assert_int_equal(bench.reads, 3);
}

static void
test_loop_paused_or_removed_reader_is_not_called(void **state)
{
    ts_loop_t *loop = bench.world.loop;
    ts_loop_id_t id = ts_loop_add_fd(loop, bench.pipe[0], TS_LOOP_READ, read_byte, &bench);
    assert_int_equal(write(bench.pipe[1], "abc", 3), 3);
    ts_loop_pause(loop, id);
    ts_loop_turn(loop, 0);
    assert_int_equal(bench.reads, 0);
    ts_loop_resume(loop, id);
    ts_loop_turn(loop, 0);
    assert_int_equal(bench.reads, 1);
    ts_loop_remove(loop, id);
    ts_loop_remove(loop, id);
    ts_loop_remove(loop, 0);
    ts_loop_turn(loop, 0);
    assert_int_equal(bench.reads, 1);
}

static void
remove_self(void *context)
{
    bench_t *self = context;
    read_byte(self);
    ts_loop_remove(self->world.loop, self->id);
    ts_loop_add_fd(self->world.loop, self->pipe[0], TS_LOOP_READ, read_byte, self);
}

static void
test_loop_reader_that_replaces_itself_is_followed_by_the_new_one(void **state)
{
    ts_loop_t *loop = bench.world.loop;
    bench.id = ts_loop_add_fd(loop, bench.pipe[0], TS_LOOP_READ, remove_self, &bench);
    assert_int_equal(write(bench.pipe[1], "ab", 2), 2);
    for (int i = 0; i < 4; i++) {
        ts_loop_turn(loop, 0);
    }
    assert_int_equal(bench.reads, 2);
}

static void
test_loop_idle_work_gets_one_slice_a_turn_until_done(void **state)
{
    ts_loop_t *loop = bench.world.loop;
    bench.slices_left = 3;
    ts_loop_id_t id = ts_loop_add_idle(loop, work, &bench);
    ts_loop_turn(loop, 0);
    assert_int_equal(bench.slices, 0); /* it begins asleep */
    ts_loop_wake_idle(loop, id);
    ts_loop_turn(loop, 10000); /* does not wait */
    assert_int_equal(bench.slices, 1);
    for (int i = 0; i < 5; i++) {
        ts_loop_turn(loop, 0);
    }
    assert_int_equal(bench.slices, 3);
}

static void
test_loop_timer_due_by_the_clock_fires_once(void **state)
{
    ts_loop_t *loop = bench.world.loop;
    ts_loop_after(loop, 3600000, count_timer, &bench);
    ts_timer_id_t cancelled = ts_loop_after(loop, 3600000, count_timer, &bench);
    ts_loop_cancel(loop, cancelled);
    ts_loop_turn(loop, 0);
    assert_int_equal(bench.timers, 0);
    bench.world.ahead_ms = 3600001;
    ts_loop_turn(loop, 10000);
    ts_loop_turn(loop, 0);
    assert_int_equal(bench.timers, 1);
}

static bool
jump(void *context)
{
    ((bench_t *)context)->world.ahead_ms += 50;
    return false;
}

static void
test_loop_slow_slice_shows_in_the_statistic(void **state)
{
    ts_loop_t *loop = bench.world.loop;
    const uint64_t before = ts_loop_stats(loop)->turns_long;
    ts_loop_wake_idle(loop, ts_loop_add_idle(loop, jump, &bench));
    ts_loop_turn(loop, 0);
    assert_int_equal(ts_loop_stats(loop)->turns_long, before + 1);
    assert_true(ts_loop_stats(loop)->turn_ms_max >= 50);
}

static void
test_loop_signal_ends_run_and_default_action_comes_back(void **state)
{
    struct sigaction before;
    struct sigaction after;
    assert_int_equal(sigaction(SIGTERM, NULL, &before), 0);
    ts_loop_catch_signals(bench.world.loop);
    assert_int_equal(raise(SIGTERM), 0);
    ts_loop_run(bench.world.loop);
    assert_int_equal(ts_loop_signal(bench.world.loop), SIGTERM);
    assert_false(ts_loop_turn(bench.world.loop, 0));
    const ts_loop_clock_t clock = *ts_loop_clock(bench.world.loop);
    ts_loop_destroy(&bench.world.loop);
    assert_int_equal(sigaction(SIGTERM, NULL, &after), 0);
    assert_true(before.sa_handler == after.sa_handler);
    bench.world.loop = ts_loop_new(&clock);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_loop_descriptor_with_bytes_calls_reader_until_it_is_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loop_paused_or_removed_reader_is_not_called, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_loop_reader_that_replaces_itself_is_followed_by_the_new_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loop_idle_work_gets_one_slice_a_turn_until_done, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_loop_timer_due_by_the_clock_fires_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_loop_slow_slice_shows_in_the_statistic, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_loop_signal_ends_run_and_default_action_comes_back,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
