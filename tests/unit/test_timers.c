/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: timers fire in order of time, then of adding; cancelling and reuse never touch another
 * timer. Method: hand-made cases, then thousands of seeded random adds and cancels against a plain
 * list.
 */
#include "base/prng.h"
#include "net/timers.h"
#include "support/test.h"

#include <string.h>

enum { LOG_MAX = 64, MODEL_MAX = 512 };

static char fired[LOG_MAX];
static size_t fired_count;

static void
note(void *context, ts_mono_t now)
{
    (void)now;
    assert_true(fired_count < LOG_MAX - 1);
    fired[fired_count++] = *(const char *)context;
    fired[fired_count] = '\0';
}

static void
fire_all(ts_timers_t *timers, int64_t now_ms)
{
    while (ts_timers_fire_one(timers, (ts_mono_t){now_ms})) {
    }
}

static int
setup(void **state)
{
    fired_count = 0;
    fired[0] = '\0';
    *state = ts_timers_new();
    return 0;
}

static int
teardown(void **state)
{
    ts_timers_t *timers = *state;
    ts_timers_destroy(&timers);
    assert_null(timers);
    ts_timers_destroy(&timers);
    return 0;
}

static void
add(ts_timers_t *timers, int64_t due_ms, const char *name, ts_timer_id_t *ret_id)
{
    char *text;
    memcpy(&text, &name, sizeof text);
    ts_timer_id_t id = ts_timers_add(timers, (ts_mono_t){due_ms}, note, text);
    assert_true(id != 0);
    if (ret_id != NULL) {
        *ret_id = id;
    }
}

static void
test_timers_several_fire_in_order_of_time_then_of_adding(void **state)
{
    ts_timers_t *timers = *state;
    add(timers, 30, "c", NULL);
    add(timers, 10, "a", NULL);
    add(timers, 30, "d", NULL);
    add(timers, 20, "b", NULL);
    ts_mono_t due = {0};
    assert_true(ts_timers_next(timers, &due));
    assert_int_equal(due.ms, 10);
    fire_all(timers, 9);
    assert_string_equal(fired, "");
    fire_all(timers, 20);
    assert_string_equal(fired, "ab");
    fire_all(timers, 1000);
    assert_string_equal(fired, "abcd");
    assert_false(ts_timers_next(timers, &due));
}

static void
test_timers_cancelled_does_not_fire_and_stale_id_is_harmless(void **state)
{
    ts_timers_t *timers = *state;
    ts_timer_id_t first;
    add(timers, 10, "a", &first);
    ts_timers_cancel(timers, first);
    add(timers, 10, "b", NULL); /* takes the same place */
    ts_timers_cancel(timers, first);
    ts_timers_cancel(timers, 0);
    ts_timers_cancel(timers, UINT64_MAX);
    fire_all(timers, 10);
    assert_string_equal(fired, "b");
}

static ts_timers_t *again_timers;

static void
add_again(void *context, ts_mono_t now)
{
    note(context, now);
    ts_timers_add(again_timers, (ts_mono_t){now.ms + 5}, note, context);
}

static void
test_timers_added_while_firing_waits_for_its_time(void **state)
{
    ts_timers_t *timers = *state;
    static char name[] = "x";
    again_timers = timers;
    ts_timers_add(timers, (ts_mono_t){10}, add_again, name);
    fire_all(timers, 12);
    assert_string_equal(fired, "x");
    fire_all(timers, 17);
    assert_string_equal(fired, "xx");
    assert_int_equal(ts_timers_count(timers), 0);
}

typedef struct model_timer {
    ts_timer_id_t id;
    int64_t due_ms;
    bool is_waiting;
} model_timer_t;

static model_timer_t model[MODEL_MAX];
static int64_t last_due_ms;

static void
note_model(void *context, ts_mono_t now)
{
    model_timer_t *timer = context;
    assert_true(timer->is_waiting);
    assert_true(timer->due_ms <= now.ms);
    assert_true(timer->due_ms >= last_due_ms);
    last_due_ms = timer->due_ms;
    timer->is_waiting = false;
}

static void
test_timers_random_adds_and_cancels_agree_with_a_list(void **state)
{
    ts_timers_t *timers = *state;
    ts_prng_t prng = ts_prng(7);
    memset(model, 0, sizeof model);
    int64_t now_ms = 0;
    for (int step = 0; step < 20000; step++) {
        model_timer_t *timer = &model[ts_prng_below(&prng, MODEL_MAX)];
        if (timer->is_waiting) {
            ts_timers_cancel(timers, timer->id);
            timer->is_waiting = false;
        } else {
            timer->due_ms = now_ms + ts_prng_below(&prng, 100);
            timer->is_waiting = true;
            timer->id = ts_timers_add(timers, (ts_mono_t){timer->due_ms}, note_model, timer);
        }
        if (ts_prng_below(&prng, 8) == 0) {
            now_ms += ts_prng_below(&prng, 10);
            last_due_ms = 0;
            fire_all(timers, now_ms);
            size_t waiting = 0;
            for (size_t i = 0; i < MODEL_MAX; i++) {
                waiting += model[i].is_waiting;
                assert_false(model[i].is_waiting && model[i].due_ms <= now_ms);
            }
            assert_int_equal(ts_timers_count(timers), waiting);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_timers_several_fire_in_order_of_time_then_of_adding,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_timers_cancelled_does_not_fire_and_stale_id_is_harmless, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timers_added_while_firing_waits_for_its_time, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_timers_random_adds_and_cancels_agree_with_a_list,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
