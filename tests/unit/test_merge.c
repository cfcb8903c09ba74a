/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the state of a record is a function of the set of its events. Method: small
 * sets written by hand with the state that follows; every order of each set; a slow reference for
 * random sets.
 */
#include "base/prng.h"
#include "core/merge.h"
#include "support/test.h"

#include <string.h>

#define EVENTS_MAX 8

typedef struct row {
    uint64_t event;
    uint64_t revises[3]; /* 0 ends */
    bool is_void;
    uint32_t depth; /* expected */
    bool stands;
} row_t;

typedef struct situation {
    const char *name;
    row_t rows[EVENTS_MAX]; /* event 0 ends */
    size_t standing;
    uint64_t first;
    bool is_void;
} situation_t;

static const situation_t situations[] = {
    {"one event", {{5, {0}, false, 0, true}}, 1, 5, false},
    {"a revision stands alone", {{5, {0}, false, 0, false}, {2, {5}, false, 1, true}}, 1, 2, false},
    {"a revision of what is not here stands", {{2, {5}, false, 0, true}}, 1, 2, false},
    {"two revisions of one: conflict, greater id first",
     {{5, {0}, false, 0, false}, {2, {5}, false, 1, true}, {9, {5}, false, 1, true}},
     2,
     9,
     false},
    {"the deeper branch is first whatever its id",
     {{50, {0}, false, 0, false},
      {90, {50}, false, 1, true},
      {20, {50}, false, 1, false},
      {10, {20}, false, 2, true}},
     2,
     10,
     false},
    {"a resolution names all branches",
     {{5, {0}, false, 0, false},
      {2, {5}, false, 1, false},
      {9, {5}, false, 1, false},
      {1, {2, 9}, false, 2, true}},
     1,
     1,
     false},
    {"a resolution that forgets a branch leaves a conflict",
     {{5, {0}, false, 0, false},
      {2, {5}, false, 1, false},
      {9, {5}, false, 1, true},
      {1, {2}, false, 2, true}},
     2,
     1,
     false},
    {"withdrawn", {{5, {0}, false, 0, false}, {2, {5}, true, 1, true}}, 1, 2, true},
    {"withdrawn and taken up again",
     {{5, {0}, false, 0, false}, {2, {5}, true, 1, false}, {7, {2}, false, 2, true}},
     1,
     7,
     false},
    {"two first events of one record: conflict",
     {{5, {0}, false, 0, true}, {6, {0}, false, 0, true}},
     2,
     6,
     false},
    {"an event that names itself replaces nothing", {{5, {5}, false, 0, true}}, 1, 5, false},
    {"named twice is replaced once",
     {{5, {0}, false, 0, false}, {2, {5, 5}, false, 1, true}},
     1,
     2,
     false},
    {"a circle loses nothing: both stand",
     {{5, {6}, false, 0, true}, {6, {5}, false, 0, true}},
     2,
     6,
     false},
};

static size_t
load(const situation_t *situation, const size_t *order, ts_merge_event_t *events)
{
    size_t count = 0;
    while (count < EVENTS_MAX && situation->rows[count].event != 0) {
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        const row_t *row = &situation->rows[order == NULL ? i : order[i]];
        size_t revises = 0;
        while (revises < 3 && row->revises[revises] != 0) {
            revises++;
        }
        events[i] = (ts_merge_event_t){.event = row->event,
                                       .revises = row->revises,
                                       .revise_count = revises,
                                       .is_void = row->is_void};
    }
    return count;
}

static const row_t *
row_of(const situation_t *situation, uint64_t event)
{
    size_t i = 0;
    while (situation->rows[i].event != event) {
        i++;
    }
    return &situation->rows[i];
}

static void
check(const situation_t *situation, const size_t *order)
{
    ts_merge_event_t events[EVENTS_MAX];
    size_t count = load(situation, order, events);
    ts_merge_state_t state = ts_merge(events, count);
    if (state.standing != situation->standing || events[state.first].event != situation->first) {
        print_error("%s\n", situation->name);
    }
    assert_int_equal(state.standing, situation->standing);
    assert_int_equal(events[state.first].event, situation->first);
    assert_int_equal(state.is_void, situation->is_void);
    for (size_t i = 0; i < count; i++) {
        const row_t *row = row_of(situation, events[i].event);
        assert_int_equal(events[i].depth, row->depth);
        assert_int_equal(events[i].stands, row->stands);
    }
}

static void
test_merge_situations_by_hand(void **state)
{
    for (size_t i = 0; i < TS_COUNT(situations); i++) {
        check(&situations[i], NULL);
    }
}

/* All orders of up to four events, by counting in a mixed base. */
static void
test_merge_any_order_gives_the_same_state(void **state)
{
    for (size_t i = 0; i < TS_COUNT(situations); i++) {
        ts_merge_event_t events[EVENTS_MAX];
        size_t count = load(&situations[i], NULL, events);
        assert_true(count <= 4);
        for (size_t code = 0; code < 256; code++) {
            size_t order[4] = {code & 3, (code >> 2) & 3, (code >> 4) & 3, (code >> 6) & 3};
            bool used[4] = {false};
            bool valid = true;
            for (size_t k = 0; k < count; k++) {
                valid = valid && order[k] < count && !used[order[k] & 3];
                used[order[k] & 3] = true;
            }
            if (valid) {
                check(&situations[i], order);
            }
        }
    }
}

/* The longest chain below an event, by plain recursion. */
static uint32_t
slow_depth(const ts_merge_event_t *events, size_t count, size_t at)
{
    uint32_t depth = 0;
    for (size_t r = 0; r < events[at].revise_count; r++) {
        for (size_t i = 0; i < count; i++) {
            if (events[i].event == events[at].revises[r]) {
                uint32_t below = slow_depth(events, count, i) + 1;
                depth = below > depth ? below : depth;
            }
        }
    }
    return depth;
}

static void
test_merge_random_sets_agree_with_a_slow_reference(void **state)
{
    enum { COUNT = 40 };
    for (uint64_t seed = 1; seed <= 50; seed++) {
        ts_prng_t prng = ts_prng(seed);
        ts_merge_event_t events[COUNT];
        uint64_t revises[COUNT][3];
        bool replaced[COUNT] = {false};
        for (uint32_t i = 0; i < COUNT; i++) {
            events[i] = (ts_merge_event_t){.event = 1000 - i * 7, .revises = revises[i]};
            for (uint32_t r = i == 0 ? 0 : ts_prng_below(&prng, 4); r > 0; r--) {
                uint32_t below = ts_prng_below(&prng, i);
                revises[i][events[i].revise_count++] = 1000 - below * 7;
                replaced[below] = true;
            }
        }
        ts_merge_state_t merged = ts_merge(events, COUNT);
        size_t standing = 0;
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(events[i].stands, !replaced[i]);
            assert_int_equal(events[i].depth, slow_depth(events, COUNT, i));
            standing += replaced[i] ? 0 : 1;
        }
        assert_int_equal(merged.standing, standing);
    }
}

static void
test_merge_no_events_stand_nowhere(void **state)
{
    ts_merge_state_t merged = ts_merge(NULL, 0);
    assert_int_equal(merged.standing, 0);
    assert_false(merged.is_void);
}

static void
test_merge_longest_allowed_chain_is_measured(void **state)
{
    static ts_merge_event_t events[TS_MERGE_EVENTS_MAX];
    static uint64_t revises[TS_MERGE_EVENTS_MAX];
    for (uint32_t i = 0; i < TS_MERGE_EVENTS_MAX; i++) {
        revises[i] = i;
        events[i] = (ts_merge_event_t){
            .event = i + 1, .revises = &revises[i], .revise_count = i == 0 ? 0 : 1};
    }
    ts_merge_state_t merged = ts_merge(events, TS_MERGE_EVENTS_MAX);
    assert_int_equal(merged.standing, 1);
    assert_int_equal(events[merged.first].depth, TS_MERGE_EVENTS_MAX - 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge_situations_by_hand),
        cmocka_unit_test(test_merge_any_order_gives_the_same_state),
        cmocka_unit_test(test_merge_random_sets_agree_with_a_slow_reference),
        cmocka_unit_test(test_merge_no_events_stand_nowhere),
        cmocka_unit_test(test_merge_longest_allowed_chain_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
