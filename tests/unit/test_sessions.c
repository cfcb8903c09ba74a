/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the gate finds each session by number, route and descriptor, and numbers are never used
 * again. Method: adds, removals and walks by hand, then many seeded ones.
 */
#include "base/prng.h"
#include "gate/sessions.h"
#include "support/test.h"

#include <string.h>

static ts_sessions_t *sessions;
static ts_hash_t key;

static int
setup(void **state)
{
    sessions = ts_sessions_new(5);
    memset(key.b, 1, sizeof key.b);
    return 0;
}

static int
teardown(void **state)
{
    ts_sessions_destroy(&sessions);
    assert_null(sessions);
    return 0;
}

static void
test_sessions_same_route_of_two_doors_are_two_sessions(void **state)
{
    ts_session_t *a = ts_sessions_add(sessions, 0, 77, &key);
    ts_session_t *b = ts_sessions_add(sessions, 1, 77, &key);
    a->fd = 4;
    b->fd = 4;
    assert_ptr_equal(ts_sessions_by_route(sessions, 0, 77), a);
    assert_ptr_equal(ts_sessions_by_route(sessions, 1, 77), b);
    assert_null(ts_sessions_by_route(sessions, 0, 78));
    assert_ptr_equal(ts_sessions_by_fd(sessions, 1, 4), b);
    assert_null(ts_sessions_by_fd(sessions, 1, 5));
    assert_null(ts_sessions_by_fd(sessions, 1, -1));
    assert_true(a->number >> 32 == 5);
    assert_ptr_equal(ts_sessions_find(sessions, a->number), a);
}

static void
test_sessions_number_is_not_used_again(void **state)
{
    ts_session_t *a = ts_sessions_add(sessions, 0, 77, &key);
    const uint64_t number = a->number;
    ts_sessions_remove(sessions, &a);
    assert_null(a);
    assert_null(ts_sessions_find(sessions, number));
    a = ts_sessions_add(sessions, 0, 77, &key);
    assert_true(a->number != number);
}

static void
test_sessions_oldest_of_a_key_counts_open_ones_only(void **state)
{
    ts_hash_t other = {{9}};
    for (uint32_t i = 0; i < 3; i++) {
        ts_session_t *session = ts_sessions_add(sessions, 0, i, &key);
        session->active_ms = 100 - i;
    }
    ts_sessions_add(sessions, 0, 50, &other)->active_ms = 1;
    assert_null(ts_sessions_oldest_of(sessions, &key, 4));
    assert_int_equal(ts_sessions_oldest_of(sessions, &key, 3)->route, 2);
    ts_sessions_by_route(sessions, 0, 2)->state = TS_SESSION_CUT;
    assert_null(ts_sessions_oldest_of(sessions, &key, 3));
    assert_int_equal(ts_sessions_oldest_of(sessions, &key, 2)->route, 1);
}

static void
test_sessions_many_come_and_go_and_a_walk_may_remove(void **state)
{
    ts_prng_t prng = ts_prng(3);
    size_t count = 0;
    for (int i = 0; i < 50000; i++) {
        const uint32_t route = ts_prng_below(&prng, 500);
        ts_session_t *session = ts_sessions_by_route(sessions, 0, route);
        if (session != NULL) {
            assert_ptr_equal(ts_sessions_find(sessions, session->number), session);
            ts_sessions_remove(sessions, &session);
            count--;
        } else {
            ts_sessions_add(sessions, 0, route, &key);
            count++;
        }
        assert_int_equal(ts_sessions_count(sessions), count);
    }
    size_t position = 0;
    size_t seen = 0;
    for (ts_session_t *session; (session = ts_sessions_next(sessions, &position)) != NULL;) {
        ts_sessions_remove(sessions, &session);
        seen++;
    }
    assert_int_equal(seen, count);
    assert_int_equal(ts_sessions_count(sessions), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_sessions_same_route_of_two_doors_are_two_sessions),
        CASE(test_sessions_number_is_not_used_again),
        CASE(test_sessions_oldest_of_a_key_counts_open_ones_only),
        CASE(test_sessions_many_come_and_go_and_a_walk_may_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
