/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a connection is over exactly when it has received more than what was taken and the
 * allowance. Method: numbers by hand.
 */
#include "net/watch.h"
#include "support/test.h"

static bool
is_over(ts_watch_t *watch, int fd, uint64_t received)
{
    ts_watch_received(watch, fd, received);
    return ts_watch_is_over(watch, fd);
}

static void
test_watch_bytes_taken_are_not_held_against_a_connection(void **state)
{
    ts_watch_t *watch = ts_watch_new(100000, 1000000);
    ts_watch_opened(watch, 7, (ts_mono_t){0});
    assert_false(is_over(watch, 7, 100000));
    assert_true(is_over(watch, 7, 200000));
    ts_watch_taken(watch, 7, 70000, 1);
    ts_watch_taken(watch, 7, 70000, 1);
    assert_false(is_over(watch, 7, 200000));
    assert_true(is_over(watch, 7, 400000));
    ts_watch_destroy(&watch);
    assert_null(watch);
    ts_watch_destroy(&watch);
}

static void
test_watch_small_messages_with_their_overhead_are_not_over(void **state)
{
    /* A CURVE message of one byte takes about 36 bytes on the wire. */
    ts_watch_t *watch = ts_watch_new(1000, 100000);
    ts_watch_opened(watch, 3, (ts_mono_t){0});
    for (int i = 0; i < 100000; i++) {
        ts_watch_taken(watch, 3, 1, 1);
    }
    assert_false(is_over(watch, 3, 100000 * 36));
    ts_watch_destroy(&watch);
}

static void
test_watch_descriptor_used_again_begins_anew(void **state)
{
    ts_watch_t *watch = ts_watch_new(1000, 100000);
    ts_watch_opened(watch, 0, (ts_mono_t){0});
    ts_watch_opened(watch, 9, (ts_mono_t){0});
    ts_watch_opened(watch, 9, (ts_mono_t){0});
    assert_int_equal(ts_watch_count(watch), 2);
    ts_watch_taken(watch, 9, 1000000, 1);
    ts_watch_closed(watch, 9);
    ts_watch_closed(watch, 9);
    ts_watch_closed(watch, 100);
    assert_int_equal(ts_watch_count(watch), 1);
    assert_false(ts_watch_is_open(watch, 9));
    assert_false(is_over(watch, 9, 5000000));
    ts_watch_taken(watch, 9, 1000000, 1);
    ts_watch_opened(watch, 9, (ts_mono_t){0});
    assert_true(is_over(watch, 9, 500000));
    assert_int_equal(ts_watch_next(watch, 0), 0);
    assert_int_equal(ts_watch_next(watch, 1), 9);
    assert_int_equal(ts_watch_next(watch, 10), -1);
    assert_false(ts_watch_is_open(watch, -1));
    ts_watch_destroy(&watch);
}

static void
test_watch_all_together_cost_those_above_their_share(void **state)
{
    ts_watch_t *watch = ts_watch_new(1000000, 2000000);
    for (int fd = 0; fd < 10; fd++) {
        ts_watch_opened(watch, fd, (ts_mono_t){0});
        ts_watch_received(watch, fd, fd < 3 ? 60000 : 280000);
    }
    /* 10 × 200,000 is the limit; 7 × 275,904 and 3 × 55,904 are above. */
    assert_true(is_over(watch, 9, 280000));
    assert_true(is_over(watch, 3, 280000));
    assert_false(is_over(watch, 0, 60000));
    ts_watch_closed(watch, 9);
    assert_false(is_over(watch, 3, 280000));
    ts_watch_destroy(&watch);
}

static void
test_watch_oldest_that_never_spoke_is_known(void **state)
{
    ts_watch_t *watch = ts_watch_new(1000, 1000);
    assert_int_equal(ts_watch_oldest_mute(watch), -1);
    ts_watch_opened(watch, 9, (ts_mono_t){10});
    ts_watch_opened(watch, 4, (ts_mono_t){20});
    ts_watch_opened(watch, 6, (ts_mono_t){30});
    assert_int_equal(ts_watch_mute(watch), 3);
    assert_int_equal(ts_watch_oldest_mute(watch), 9);
    assert_int_equal(ts_watch_since(watch, 4).ms, 20);
    ts_watch_taken(watch, 9, 5, 1);
    ts_watch_taken(watch, 9, 5, 1);
    assert_int_equal(ts_watch_mute(watch), 2);
    assert_int_equal(ts_watch_oldest_mute(watch), 4);
    ts_watch_closed(watch, 4);
    ts_watch_closed(watch, 9);
    assert_int_equal(ts_watch_mute(watch), 1);
    assert_int_equal(ts_watch_oldest_mute(watch), 6);
    ts_watch_opened(watch, 9, (ts_mono_t){40});
    assert_int_equal(ts_watch_mute(watch), 2);
    assert_int_equal(ts_watch_oldest_mute(watch), 6);
    ts_watch_destroy(&watch);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_watch_bytes_taken_are_not_held_against_a_connection),
        cmocka_unit_test(test_watch_small_messages_with_their_overhead_are_not_over),
        cmocka_unit_test(test_watch_descriptor_used_again_begins_anew),
        cmocka_unit_test(test_watch_all_together_cost_those_above_their_share),
        cmocka_unit_test(test_watch_oldest_that_never_spoke_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
