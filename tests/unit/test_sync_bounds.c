/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a peer that names more logs, or opens more streams, than there may be is told so and takes
 * no more memory; streams left open are closed again. Method: each half alone, up to its bounds and
 * one further.
 */
#include "base/limits.h"
#include "core/sync_offer.h"
#include "core/sync_take.h"
#include "support/test.h"

static ts_hash_t
name(uint64_t number)
{
    ts_hash_t hash = {{0}};
    ts_store_u64(hash.b, number);
    return hash;
}

static ts_err_t
want(ts_offer_t *offer, uint64_t log, uint16_t stream, bool *ret_rejected)
{
    ts_effects_t out = {.count = 0};
    ts_sync_msg_t message = {.kind = TS_SYNC_WANT};
    message.u.want.stream = stream;
    message.u.want.log = name(log);
    ts_err_t err = ts_offer_want(offer, &message, &out);
    *ret_rejected = out.count == 1 && out.items[0].u.send.kind == TS_SYNC_REJECT &&
                    out.items[0].u.send.u.reject.code == TS_ERR_LIMIT;
    return err;
}

static void
test_sync_bounds_offer_opens_so_many_streams_and_knows_so_many_logs(void **state)
{
    (void)state;
    ts_offer_t *offer = ts_offer_new();
    bool rejected = false;
    ts_offer_begin(offer, (ts_mono_t){0});
    assert_int_equal(want(offer, 1, 0, &rejected), TS_ERR_PROTOCOL);
    for (uint64_t i = 1; i <= TS_OFFER_LOGS_MAX + 2; i++) {
        assert_int_equal(want(offer, i, (uint16_t)(1 + i % 60000), &rejected), TS_ERR_OK);
        assert_int_equal(rejected, i > TS_OFFER_STREAMS_MAX);
    }
    /* A new tip of a log that has no room is not told, nor remembered. */
    ts_effects_t out = {.count = 0};
    ts_sync_tip_t tip = {{name(TS_OFFER_LOGS_MAX + 9), 1, name(7)}, 0, 0};
    ts_session_event_t event = {.kind = TS_SESSION_TIPS};
    event.u.tips.tips = &tip;
    event.u.tips.count = 1;
    ts_offer_tips(offer, &event, &out);
    ts_offer_peer_holds(offer, &tip.tip);
    assert_int_equal(want(offer, TS_OFFER_LOGS_MAX + 9, 3, &rejected), TS_ERR_OK);
    assert_true(rejected);
    ts_offer_destroy(&offer);
}

static ts_take_t *
new_take(void)
{
    ts_id16_t id = {{1}};
    ts_take_t *take = ts_take_new(&id, &id);
    ts_take_begin(take, (ts_mono_t){0});
    return take;
}

static ts_err_t
have(ts_take_t *take, uint64_t log, uint64_t tip)
{
    ts_sync_tip_t offered = {{name(log), 1, name(log * 1000000 + tip)}, 10, 1};
    ts_sync_msg_t message = {.kind = TS_SYNC_HAVE};
    message.u.have.tips = &offered;
    message.u.have.count = 1;
    message.u.have.arrival = 1;
    message.u.have.more = true;
    return ts_take_have(take, &message);
}

static void
test_sync_bounds_take_knows_so_many_logs(void **state)
{
    (void)state;
    ts_take_t *take = new_take();
    for (uint64_t i = 1; i <= TS_TAKE_LOGS_MAX; i++) {
        assert_int_equal(have(take, i, 1), TS_ERR_OK);
    }
    assert_int_equal(have(take, TS_TAKE_LOGS_MAX + 1, 1), TS_ERR_LIMIT);
    assert_int_equal(have(take, 5, 2), TS_ERR_OK);
    ts_sync_tip_t head = {{name(TS_TAKE_LOGS_MAX + 1), 1, name(9)}, 0, 0};
    assert_int_equal(ts_take_heads(take, &head, 1), TS_ERR_LIMIT);
    ts_take_destroy(&take);
}

/* Asks for the one missing segment of a log; returns the stream. */
static uint16_t
ask(ts_take_t *take, uint64_t log, uint64_t tip, unsigned *cancelled)
{
    uint16_t stream = 0;
    assert_int_equal(have(take, log, tip), TS_ERR_OK);
    for (int turn = 0; turn < 3 && stream == 0; turn++) {
        ts_effects_t out = {.count = 0};
        ts_take_pump(take, 0, &out);
        for (size_t i = 0; i < out.count; i++) {
            ts_effects_t then = {.count = 0};
            ts_session_event_t event = {.kind = TS_SESSION_LOCATED};
            if (out.items[i].kind != TS_EFFECT_LOCATE) {
                assert_true(out.items[i].u.send.u.want.cancel);
                *cancelled += 1;
                continue;
            }
            event.u.located.target = out.items[i].u.locate.target;
            event.u.located.known = true;
            event.u.located.after = (ts_tip_t){name(log), 0, name(log)};
            ts_take_located(take, &event, &then);
            for (size_t k = 0; k < then.count; k++) {
                if (then.items[k].u.send.kind == TS_SYNC_WANT) {
                    stream = then.items[k].u.send.u.want.stream;
                }
            }
        }
    }
    return stream;
}

/* It came another way and had waited in the store. */
static void
stored(ts_take_t *take, uint64_t log, uint64_t tip)
{
    ts_effects_t out = {.count = 0};
    ts_session_stored_t item = {.tip = {name(log), 1, name(log * 1000000 + tip)},
                                .prev = name(log)};
    ts_session_event_t event = {.kind = TS_SESSION_STORED};
    event.u.stored.items = &item;
    event.u.stored.count = 1;
    event.u.stored.arrival = log;
    ts_take_stored(take, &event, &out);
}

/* Streams stay open for what comes live, but only so many; one that is wanted again is not closed.
 */
static void
test_sync_bounds_take_closes_streams_beyond_so_many(void **state)
{
    enum { MORE = 40 };
    (void)state;
    ts_take_t *take = new_take();
    unsigned cancelled = 0;
    for (uint64_t i = 1; i <= TS_TAKE_OPEN_MAX + MORE; i++) {
        uint16_t stream = ask(take, i, 1, &cancelled);
        assert_int_not_equal(stream, 0);
        stored(take, i, 1);
        if (i == TS_TAKE_OPEN_MAX + MORE) {
            assert_int_not_equal(ask(take, i, 2, &cancelled), 0);
        }
    }
    ts_effects_t out = {.count = 0};
    ts_take_pump(take, 0, &out);
    assert_true(cancelled >= MORE - 2 && cancelled <= MORE + 1);
    ts_take_destroy(&take);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sync_bounds_offer_opens_so_many_streams_and_knows_so_many_logs),
        cmocka_unit_test(test_sync_bounds_take_knows_so_many_logs),
        cmocka_unit_test(test_sync_bounds_take_closes_streams_beyond_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
