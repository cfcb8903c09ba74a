/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: chunk and window fit the link within a few round trips, on thin and on fast links, and
 * stay within their limits whatever is measured. Method: made-up arrivals of data.
 */
#include "base/prng.h"
#include "core/pace.h"
#include "support/test.h"

static void
test_pace_begins_small(void **state)
{
    ts_pace_t pace = ts_pace();
    assert_int_equal(pace.chunk_bytes, 4096);
    assert_int_equal(pace.window_bytes, 16384);
    assert_int_equal(ts_pace_dead_ms(&pace), 4000);
}

static void
test_pace_thin_link_keeps_two_seconds_under_way(void **state)
{
    ts_pace_t pace = ts_pace();
    ts_pace_round_trip(&pace, 600);
    for (int64_t at = 0; at < 60000; at += 512) {
        ts_pace_data(&pace, (ts_mono_t){at}, 4096, true);
    }
    assert_in_range(pace.goodput, 7900, 8100);
    assert_int_equal(pace.chunk_bytes, 4096);
    assert_int_equal(pace.window_bytes, 16384);
    assert_int_equal(ts_pace_dead_ms(&pace), 4800);
    assert_int_equal(ts_pace_ask_ms(&pace), 1200);
}

static void
test_pace_very_thin_link_makes_chunks_smaller(void **state)
{
    ts_pace_t pace = ts_pace();
    ts_pace_round_trip(&pace, 1000);
    for (int64_t at = 0; at < 600000; at += 1024) {
        ts_pace_data(&pace, (ts_mono_t){at}, 1024, true);
    }
    assert_int_equal(pace.chunk_bytes, TS_CHUNK_BYTES_MIN);
    assert_int_equal(pace.window_bytes, TS_PACE_WINDOW_BYTES_LEAST);
}

static void
test_pace_window_that_is_the_limit_doubles_each_round_trip(void **state)
{
    ts_pace_t pace = ts_pace();
    ts_mono_t now = {0};
    ts_pace_round_trip(&pace, 200);
    ts_pace_data(&pace, now, 1, true);
    uint32_t last = pace.window_bytes;
    for (int i = 0; i < 4; i++) {
        /* All that may be under way comes in one round trip. */
        now.ms += 200;
        ts_pace_data(&pace, now, pace.window_bytes, true);
        assert_true(pace.window_bytes >= last * 3 / 2);
        assert_true(pace.window_bytes <= last * 2);
        last = pace.window_bytes;
    }
    for (int i = 0; i < 4; i++) {
        now.ms += 200;
        ts_pace_data(&pace, now, pace.window_bytes, true);
    }
    assert_int_equal(pace.window_bytes, TS_WINDOW_BYTES_MAX);
    assert_int_equal(pace.chunk_bytes, TS_CHUNK_BYTES_MAX);
}

static void
test_pace_pauses_of_the_sender_say_nothing(void **state)
{
    ts_pace_t pace = ts_pace();
    ts_mono_t now = {0};
    ts_pace_round_trip(&pace, 2);
    for (int i = 0; i < 100; i++) {
        now.ms += 2;
        ts_pace_data(&pace, now, 65536, i > 0);
    }
    assert_int_equal(pace.window_bytes, TS_WINDOW_BYTES_MAX);
    /* Single small segments, a second apart. */
    for (int i = 0; i < 100; i++) {
        now.ms += 1000;
        ts_pace_data(&pace, now, 300, false);
    }
    assert_int_equal(pace.window_bytes, TS_WINDOW_BYTES_MAX);
    /* The link itself became slow. */
    for (int i = 0; i < 100; i++) {
        now.ms += 500;
        ts_pace_data(&pace, now, 4096, true);
    }
    assert_true(pace.window_bytes <= 16384);
}

static void
test_pace_stays_within_limits_whatever_comes(void **state)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        ts_prng_t prng = ts_prng(seed);
        ts_pace_t pace = ts_pace();
        ts_mono_t now = {0};
        for (int i = 0; i < 300; i++) {
            now.ms += ts_prng_below(&prng, 1u << ts_prng_below(&prng, 16));
            if (ts_prng_below(&prng, 5) == 0) {
                ts_pace_round_trip(&pace, (int64_t)ts_prng_below(&prng, 5000) - 5);
            }
            ts_pace_data(&pace, now, 1 + ts_prng_below(&prng, 65536), ts_prng_below(&prng, 4) > 0);
            assert_in_range(pace.chunk_bytes, TS_CHUNK_BYTES_MIN, TS_CHUNK_BYTES_MAX);
            assert_int_equal(pace.chunk_bytes & (pace.chunk_bytes - 1), 0);
            assert_in_range(pace.window_bytes, TS_PACE_WINDOW_BYTES_LEAST, TS_WINDOW_BYTES_MAX);
            assert_true(pace.window_bytes >= 4 * pace.chunk_bytes);
            assert_in_range(ts_pace_dead_ms(&pace), 4000, 30000);
            assert_true(ts_pace_ask_ms(&pace) < ts_pace_dead_ms(&pace));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pace_begins_small),
        cmocka_unit_test(test_pace_thin_link_keeps_two_seconds_under_way),
        cmocka_unit_test(test_pace_very_thin_link_makes_chunks_smaller),
        cmocka_unit_test(test_pace_window_that_is_the_limit_doubles_each_round_trip),
        cmocka_unit_test(test_pace_pauses_of_the_sender_say_nothing),
        cmocka_unit_test(test_pace_stays_within_limits_whatever_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
