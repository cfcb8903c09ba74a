/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: of a log with many branches the receiving half asks for each that is missing, wherever the
 * peer names it, and a peer that names thousands of tips takes no more memory than is said.
 * Method: the half alone, each answer given by hand. Whole sessions: test_session.
 */
#include "base/limits.h"
#include "core/sync_take.h"
#include "support/test.h"

static ts_hash_t
name(uint64_t number)
{
    ts_hash_t hash = {{0}};
    ts_store_u64(hash.b, number);
    return hash;
}

static ts_take_t *
new_take(void)
{
    ts_id16_t id = {{1}};
    ts_take_t *take = ts_take_new(&id, &id);
    ts_take_begin(take, (ts_mono_t){0});
    return take;
}

/* A page of a listing: tips number `first` and up of one log. */
static void
list(ts_take_t *take, uint64_t log, uint64_t first, size_t count)
{
    ts_sync_tip_t tips[TS_TIPS_PER_MESSAGE_MAX] = {0};
    ts_sync_msg_t have = {.kind = TS_SYNC_HAVE};
    assert_true(count <= TS_TIPS_PER_MESSAGE_MAX);
    for (size_t i = 0; i < count; i++) {
        tips[i].tip = (ts_tip_t){name(log), 1, name(log * 1000000 + first + i)};
    }
    have.u.have.tips = tips;
    have.u.have.count = count;
    have.u.have.arrival = 1;
    have.u.have.more = true;
    assert_int_equal(ts_take_have(take, &have), TS_ERR_OK);
}

/* Answers every question: held, but for tips with that number of their log (0: all are held).
 * Returns how many were asked; *ret_wants: how many WANTs left. */
static size_t
answer(ts_take_t *take, uint64_t missing, size_t *ret_wants)
{
    size_t asked = 0;
    *ret_wants = 0;
    for (bool more = true; more;) {
        ts_effects_t out = {.count = 0};
        ts_take_pump(take, 0, &out);
        more = out.count > 0;
        for (size_t i = 0; i < out.count; i++) {
            assert_int_equal(out.items[i].kind, TS_EFFECT_LOCATE);
            ts_effects_t then = {.count = 0};
            ts_session_event_t event = {.kind = TS_SESSION_LOCATED};
            event.u.located.target = out.items[i].u.locate.target;
            uint64_t number = ts_load_u64(event.u.located.target.hash.b) % 1000000;
            event.u.located.held = missing == 0 || number != missing;
            ts_take_located(take, &event, &then);
            asked++;
            for (size_t k = 0; k < then.count; k++) {
                assert_int_equal(then.items[k].kind, TS_EFFECT_SEND);
                assert_int_equal(then.items[k].u.send.kind, TS_SYNC_WANT);
                *ret_wants += 1;
            }
        }
    }
    return asked;
}

static void
test_sync_take_branch_behind_held_ones_is_asked_for(void **state)
{
    size_t wants;
    for (uint64_t at = 1; at <= TS_TIPS_PER_MESSAGE_MAX; at++) {
        ts_take_t *take = new_take();
        list(take, 7, 1, TS_TIPS_PER_MESSAGE_MAX);
        assert_int_equal(answer(take, at, &wants), at);
        assert_int_equal(wants, 1);
        assert_false(ts_take_idle(take));
        ts_take_destroy(&take);
    }
}

static void
test_sync_take_thousands_of_tips_of_a_log_stay_bounded(void **state)
{
    ts_take_t *take = new_take();
    size_t wants;
    for (uint64_t page = 0; page < 40; page++) {
        list(take, 7, 1 + page * TS_TIPS_PER_MESSAGE_MAX, TS_TIPS_PER_MESSAGE_MAX);
    }
    list(take, 8, 1, 3); /* the others are not kept waiting */
    assert_int_equal(answer(take, 0, &wants), TS_TAKE_TARGETS_MAX + 3);
    assert_true(ts_take_idle(take));
    /* What was left out has its turn when it is named again. */
    list(take, 7, 5000, 100);
    assert_int_equal(answer(take, 5099, &wants), 100);
    assert_int_equal(wants, 1);
    ts_take_destroy(&take);
}

static void
test_sync_take_many_logs_with_many_tips_stay_bounded(void **state)
{
    enum { LOGS = 100 };
    ts_take_t *take = new_take();
    size_t wants;
    for (unsigned turn = 0; turn < 2; turn++) {
        for (uint64_t log = 1; log <= LOGS; log++) {
            list(take, log, 1, TS_TIPS_PER_MESSAGE_MAX);
        }
        /* One of every log, whatever the others took up; and again when all was answered. */
        assert_int_equal(answer(take, 0, &wants), LOGS + TS_TAKE_SPARE_MAX);
        assert_true(ts_take_idle(take));
    }
    ts_take_destroy(&take);
}

/* Logs that are left alone for the rest of the session do not take up the others' room. */
static void
test_sync_take_stopped_logs_give_their_room_back(void **state)
{
    const uint64_t logs = TS_TAKE_SPARE_MAX / (TS_TAKE_TARGETS_MAX - 1) + 1;
    ts_take_t *take = new_take();
    size_t wants;
    for (uint64_t log = 1; log <= logs; log++) {
        list(take, log, 1, TS_TIPS_PER_MESSAGE_MAX);
    }
    (void)answer(take, 1, &wants);
    assert_int_equal(wants, logs);
    for (uint64_t log = 1; log <= logs; log++) {
        ts_effects_t out = {.count = 0};
        ts_sync_msg_t reject = {.kind = TS_SYNC_REJECT};
        reject.u.reject.log = name(log);
        reject.u.reject.code = TS_ERR_DENIED;
        assert_true(ts_take_reject(take, &reject, &out));
    }
    list(take, logs + 1, 1, TS_TIPS_PER_MESSAGE_MAX);
    assert_int_equal(answer(take, TS_TIPS_PER_MESSAGE_MAX, &wants), TS_TIPS_PER_MESSAGE_MAX);
    assert_int_equal(wants, 1);
    ts_take_destroy(&take);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sync_take_branch_behind_held_ones_is_asked_for),
        cmocka_unit_test(test_sync_take_thousands_of_tips_of_a_log_stay_bounded),
        cmocka_unit_test(test_sync_take_many_logs_with_many_tips_stay_bounded),
        cmocka_unit_test(test_sync_take_stopped_logs_give_their_room_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
