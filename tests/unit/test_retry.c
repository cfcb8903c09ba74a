/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: reconnecting is patient with a dead parent, quick after a short outage, never in step with
 * the neighbours, and never gives up. Method: many attempts by seed, bounds of the pauses.
 */
#include "core/retry.h"
#include "core/session.h"
#include "support/test.h"

enum { SEEDS = 200 };

static void
test_retry_first_attempt_is_at_once(void **state)
{
    ts_retry_t retry = ts_retry(1, (ts_mono_t){5000});
    assert_true(ts_retry_due(&retry, (ts_mono_t){5000}));
    assert_false(ts_retry_due(&retry, (ts_mono_t){4999}));
}

static void
test_retry_bound_doubles_to_five_minutes_with_full_jitter(void **state)
{
    int64_t greatest[20] = {0};
    int64_t least[20];
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        ts_mono_t now = {0};
        ts_retry_t retry = ts_retry(seed, now);
        for (int i = 0; i < 20; i++) {
            ts_mono_t at = ts_retry_failed(&retry, now, 0);
            int64_t bound = INT64_C(1000) << (i < 9 ? i : 9);
            bound = bound > TS_RETRY_MS_MAX ? TS_RETRY_MS_MAX : bound;
            int64_t pause = at.ms - now.ms;
            assert_in_range(pause, 0, bound);
            greatest[i] = pause > greatest[i] ? pause : greatest[i];
            least[i] = seed == 0 || pause < least[i] ? pause : least[i];
            assert_false(pause > 0 && ts_retry_due(&retry, (ts_mono_t){at.ms - 1}));
            assert_true(ts_retry_due(&retry, at));
            now = at;
        }
    }
    /* The whole range is used: nobody comes back in step. */
    for (int i = 0; i < 20; i++) {
        int64_t bound = INT64_C(1000) << (i < 9 ? i : 9);
        bound = bound > TS_RETRY_MS_MAX ? TS_RETRY_MS_MAX : bound;
        assert_true(greatest[i] > bound * 9 / 10);
        assert_true(least[i] < bound / 10);
    }
}

static void
test_retry_after_good_session_stays_close_for_a_minute(void **state)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        ts_mono_t now = {0};
        ts_retry_t retry = ts_retry(seed, now);
        for (int i = 0; i < 15; i++) {
            now = ts_retry_failed(&retry, now, 0);
        }
        ts_retry_succeeded(&retry, now);
        ts_mono_t good = now;
        while (now.ms < good.ms + TS_RETRY_EAGER_MS - 1500) {
            ts_mono_t at = ts_retry_failed(&retry, now, 0);
            assert_in_range(at.ms - now.ms, 500, 1500);
            now = at;
        }
        /* Then from 1 s on again, not from 5 min. */
        now.ms = good.ms + TS_RETRY_EAGER_MS;
        assert_in_range(ts_retry_failed(&retry, now, 0).ms - now.ms, 0, 1000);
    }
}

static void
test_retry_connection_alone_is_not_success(void **state)
{
    /* Attempts that reach a parent and end without CUSTODY are failures like others. */
    ts_mono_t now = {0};
    ts_retry_t retry = ts_retry(3, now);
    int64_t greatest = 0;
    for (int i = 0; i < 100; i++) {
        ts_mono_t at = ts_retry_failed(&retry, now, 0);
        greatest = at.ms - now.ms > greatest ? at.ms - now.ms : greatest;
        now = at;
    }
    assert_true(greatest > 200000);
}

static void
test_retry_keeps_the_pause_that_was_asked_for(void **state)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        ts_retry_t retry = ts_retry(seed, (ts_mono_t){0});
        ts_retry_succeeded(&retry, (ts_mono_t){0});
        assert_in_range(ts_retry_failed(&retry, (ts_mono_t){0}, 40000).ms, 40000, 50000);
        assert_in_range(ts_retry_failed(&retry, (ts_mono_t){0}, UINT32_MAX).ms, TS_RETRY_MS_MAX,
                        TS_RETRY_MS_MAX * 5 / 4);
    }
}

static void
test_retry_link_up_makes_it_due_now(void **state)
{
    ts_mono_t now = {0};
    ts_retry_t retry = ts_retry(4, now);
    for (int i = 0; i < 12; i++) {
        now = ts_retry_failed(&retry, now, 0);
    }
    ts_mono_t at = ts_retry_failed(&retry, now, 100000);
    assert_false(ts_retry_due(&retry, (ts_mono_t){at.ms - 50000}));
    ts_retry_link_up(&retry, (ts_mono_t){at.ms - 50000});
    assert_true(ts_retry_due(&retry, (ts_mono_t){at.ms - 50000}));
    /* It never makes it later. */
    ts_retry_link_up(&retry, (ts_mono_t){at.ms + 50000});
    assert_true(ts_retry_due(&retry, (ts_mono_t){at.ms - 50000}));
}

/* The longest of many pauses tells whether attempts stay close. */
static int64_t
longest_pause(ts_retry_t *retry, ts_mono_t now)
{
    int64_t longest = 0;
    for (int i = 0; i < 40; i++) {
        const int64_t pause = ts_retry_failed(retry, now, 0).ms - now.ms;
        longest = pause > longest ? pause : longest;
    }
    return longest;
}

static void
test_retry_stays_close_after_the_link_came_up(void **state)
{
    ts_mono_t now = {0};
    ts_retry_t retry = ts_retry(6, now);
    assert_true(longest_pause(&retry, now) > 60000);
    ts_retry_link_up(&retry, now);
    assert_in_range(longest_pause(&retry, now), 500, 1000);
    assert_true(longest_pause(&retry, (ts_mono_t){TS_RETRY_EAGER_MS}) > 60000);
}

static void
test_retry_broken_sessions_keep_it_close_three_times(void **state)
{
    ts_mono_t now = {0};
    ts_retry_t retry = ts_retry(7, now);
    for (int i = 0; i < TS_RETRY_BROKEN_MAX; i++) {
        assert_true(longest_pause(&retry, now) > 60000);
        ts_retry_broken(&retry, now);
        assert_in_range(longest_pause(&retry, now), 500, 1000);
        now.ms += TS_RETRY_EAGER_MS;
    }
    ts_retry_broken(&retry, now);
    assert_true(longest_pause(&retry, now) > 60000);
    /* A session that carried something begins the count anew. */
    ts_retry_succeeded(&retry, now);
    now.ms += TS_RETRY_EAGER_MS;
    (void)longest_pause(&retry, now);
    ts_retry_broken(&retry, now);
    assert_in_range(longest_pause(&retry, now), 500, 1000);
}

static void
test_retry_waits_longer_for_slow_links_after_failures(void **state)
{
    ts_mono_t now = {0};
    ts_retry_t retry = ts_retry(5, now);
    assert_int_equal(ts_retry_greeting_ms(&retry), TS_SESSION_GREETING_MS);
    assert_int_equal(ts_retry_connect_ms(&retry, now), 20000);
    assert_int_equal(ts_retry_stagger_ms(&retry, now), 3000);
    ts_retry_succeeded(&retry, now);
    uint32_t patient = 0;
    for (int i = 0; i < 8; i++) {
        const bool is_patient = ts_retry_connect_ms(&retry, now) == 20000;
        patient += is_patient;
        assert_int_equal(ts_retry_connect_ms(&retry, now), is_patient ? 20000 : 10000);
        assert_int_equal(ts_retry_stagger_ms(&retry, now), is_patient ? 2000 : 700);
        ts_retry_failed(&retry, now, 0);
    }
    assert_int_equal(patient, 2);
    /* Nobody could be reached: that says nothing of how long an answer takes. */
    assert_int_equal(ts_retry_greeting_ms(&retry), TS_SESSION_GREETING_MS);
    ts_retry_greeted(&retry, false);
    assert_int_equal(ts_retry_greeting_ms(&retry), 12000);
    ts_retry_greeted(&retry, false);
    ts_retry_greeted(&retry, false);
    assert_int_equal(ts_retry_greeting_ms(&retry), 30000);
    ts_retry_greeted(&retry, true);
    assert_int_equal(ts_retry_greeting_ms(&retry), TS_SESSION_GREETING_MS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retry_first_attempt_is_at_once),
        cmocka_unit_test(test_retry_bound_doubles_to_five_minutes_with_full_jitter),
        cmocka_unit_test(test_retry_after_good_session_stays_close_for_a_minute),
        cmocka_unit_test(test_retry_connection_alone_is_not_success),
        cmocka_unit_test(test_retry_keeps_the_pause_that_was_asked_for),
        cmocka_unit_test(test_retry_link_up_makes_it_due_now),
        cmocka_unit_test(test_retry_stays_close_after_the_link_came_up),
        cmocka_unit_test(test_retry_broken_sessions_keep_it_close_three_times),
        cmocka_unit_test(test_retry_waits_longer_for_slow_links_after_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
