/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the sending half keeps its promises also when the store answers late: nothing new is
 * missed, answers to questions that no longer stand change nothing, classes and turns hold. Method:
 * the half alone, each answer given by hand. Whole sessions: test_session.
 */
#include "core/sync_offer.h"
#include "support/test.h"

static ts_hash_t
name(uint8_t letter)
{
    ts_hash_t hash = {{0}};
    hash.b[0] = letter;
    return hash;
}

static ts_effects_t
pump(ts_offer_t *offer)
{
    ts_effects_t out = {.count = 0};
    ts_offer_pump(offer, UINT64_MAX, &out);
    return out;
}

static void
tell(ts_offer_t *offer, uint8_t log, uint64_t seq, uint8_t hash, uint32_t priority)
{
    ts_effects_t out = {.count = 0};
    ts_sync_tip_t tip = {{name(log), seq, name(hash)}, 0, priority};
    ts_session_event_t event = {.kind = TS_SESSION_TIPS};
    event.u.tips.tips = &tip;
    event.u.tips.count = 1;
    ts_offer_tips(offer, &event, &out);
}

static void
want(ts_offer_t *offer, uint16_t stream, uint8_t log)
{
    ts_effects_t out = {.count = 0};
    ts_sync_msg_t message = {.kind = TS_SYNC_WANT};
    message.u.want.stream = stream;
    message.u.want.log = name(log);
    assert_int_equal(ts_offer_want(offer, &message, &out), TS_ERR_OK);
    assert_int_equal(out.count, 0);
}

static void
grant(ts_offer_t *offer, uint64_t bytes_total, uint32_t chunk)
{
    ts_sync_msg_t message = {.kind = TS_SYNC_CREDIT};
    message.u.credit.bytes_total = bytes_total;
    message.u.credit.chunk_bytes = chunk;
    ts_offer_credit(offer, &message, TS_CHUNK_BYTES_MAX);
}

/* The answer to a load: `total` 0 = nothing follows. Returns the chunk that leaves, or zeros. */
static ts_sync_chunk_t
load(ts_offer_t *offer, const ts_effect_t *asked, uint32_t total, uint64_t arrival)
{
    static uint8_t data[TS_CHUNK_BYTES_MAX];
    ts_effects_t out = {.count = 0};
    ts_session_event_t event = {.kind = TS_SESSION_LOADED};
    assert_int_equal(asked->kind, TS_EFFECT_LOAD);
    event.u.loaded.stream = asked->u.load.stream;
    event.u.loaded.tip = (ts_tip_t){asked->u.load.base.log, arrival, name((uint8_t)arrival)};
    event.u.loaded.arrival = arrival;
    event.u.loaded.total = total;
    event.u.loaded.offset = asked->u.load.offset;
    uint32_t left = total - asked->u.load.offset;
    event.u.loaded.data =
        (ts_bytes_t){data, left < asked->u.load.bytes_max ? left : asked->u.load.bytes_max};
    ts_offer_loaded(offer, &event, &out);
    if (out.count == 0) {
        return (ts_sync_chunk_t){0};
    }
    assert_int_equal(out.items[0].u.send.kind, TS_SYNC_CHUNK);
    return out.items[0].u.send.u.chunk;
}

static void
test_sync_offer_tip_that_comes_during_a_load_is_not_missed(void **state)
{
    ts_offer_t *offer = ts_offer_new();
    tell(offer, 'L', 5, 1, 1);
    want(offer, 1, 'L');
    grant(offer, 100000, 4096);
    ts_effects_t out = pump(offer);
    assert_int_equal(out.count, 1);
    ts_effect_t asked = out.items[0];
    tell(offer, 'L', 9, 2, 1); /* the store has looked already, before this one was there */
    load(offer, &asked, 0, 0);
    out = pump(offer);
    assert_int_equal(out.count, 1);
    assert_int_equal(load(offer, &out.items[0], 500, 7).total, 500);
    /* At the tip nothing is asked until there is something new. */
    out = pump(offer);
    load(offer, &out.items[0], 0, 0);
    assert_int_equal(pump(offer).count, 0);
    tell(offer, 'L', 12, 3, 1);
    assert_int_equal(pump(offer).count, 1);
    ts_offer_destroy(&offer);
}

static void
test_sync_offer_answer_for_a_replaced_stream_is_dropped(void **state)
{
    ts_offer_t *offer = ts_offer_new();
    tell(offer, 'L', 5, 1, 1);
    want(offer, 1, 'L');
    grant(offer, 100000, 4096);
    ts_effects_t out = pump(offer);
    ts_effect_t old = out.items[0];
    want(offer, 2, 'L');
    assert_int_equal(load(offer, &old, 500, 7).total, 0);
    out = pump(offer);
    assert_int_equal(out.items[0].u.load.stream, 2);
    assert_int_equal(load(offer, &out.items[0], 500, 7).stream, 2);
    ts_offer_destroy(&offer);
}

static void
test_sync_offer_logs_of_a_class_take_turns_by_segment(void **state)
{
    ts_offer_t *offer = ts_offer_new();
    tell(offer, 'A', 5, 1, 1);
    tell(offer, 'B', 5, 2, 1);
    want(offer, 1, 'A');
    want(offer, 2, 'B');
    grant(offer, 1000000, 4096);
    uint16_t order[9];
    for (size_t i = 0; i < 9; i++) {
        ts_effects_t out = pump(offer);
        order[i] = load(offer, &out.items[0], 10000, i / 3 + 1).stream;
    }
    static const uint16_t EXPECTED[] = {1, 1, 1, 2, 2, 2, 1, 1, 1};
    assert_memory_equal(order, EXPECTED, sizeof order);
    ts_offer_destroy(&offer);
}

static void
test_sync_offer_higher_class_comes_between_two_chunks(void **state)
{
    ts_offer_t *offer = ts_offer_new();
    tell(offer, 'R', 5, 1, 2);
    tell(offer, 'A', 5, 2, 0);
    want(offer, 1, 'R');
    grant(offer, 1000000, 4096);
    ts_effects_t out = pump(offer);
    assert_int_equal(load(offer, &out.items[0], 30000, 1).stream, 1);
    want(offer, 2, 'A');
    out = pump(offer);
    assert_int_equal(load(offer, &out.items[0], 400, 2).stream, 2);
    out = pump(offer);
    load(offer, &out.items[0], 0, 0);
    out = pump(offer);
    /* … and the other one goes on where it was. */
    assert_int_equal(out.items[0].u.load.offset, 4096);
    assert_int_equal(load(offer, &out.items[0], 30000, 1).stream, 1);
    ts_offer_destroy(&offer);
}

static void
test_sync_offer_lower_class_does_not_take_credit_that_a_higher_waits_for(void **state)
{
    ts_offer_t *offer = ts_offer_new();
    tell(offer, 'A', 5, 1, 0);
    tell(offer, 'R', 5, 2, 1);
    want(offer, 1, 'A');
    want(offer, 2, 'R');
    grant(offer, 4096 + 3000, 4096);
    ts_effects_t out = pump(offer);
    load(offer, &out.items[0], 30000, 1);
    /* 3,000 bytes are left: too few for the next chunk of A, enough for a first one of R. */
    assert_int_equal(pump(offer).count, 0);
    grant(offer, 4096 + 4096, 4096);
    out = pump(offer);
    assert_int_equal(out.items[0].u.load.stream, 1);
    ts_offer_destroy(&offer);
}

static void
test_sync_offer_small_segments_use_up_the_least_charge(void **state)
{
    ts_offer_t *offer = ts_offer_new();
    tell(offer, 'A', 5, 1, 1);
    want(offer, 1, 'A');
    grant(offer, 8 * TS_CHUNK_CHARGE_MIN, 4096);
    size_t sent = 0;
    for (ts_effects_t out = pump(offer); out.count > 0; out = pump(offer)) {
        load(offer, &out.items[0], 300, ++sent);
    }
    assert_int_equal(sent, 8);
    ts_offer_destroy(&offer);
}

static void
acknowledge(ts_offer_t *offer, uint8_t log, uint64_t seq, uint8_t hash)
{
    ts_effects_t out = {.count = 0};
    ts_sync_tip_t tip = {.tip = {name(log), seq, name(hash)}};
    ts_sync_msg_t message = {.kind = TS_SYNC_CUSTODY};
    message.u.custody.tips = &tip;
    message.u.custody.count = 1;
    ts_offer_custody(offer, &message, &out);
}

/* A line that dies in the middle of a segment must be noticed: what was sent of it is waited for,
 * although all before it is acknowledged. */
static void
test_sync_offer_begun_segment_is_waited_for_after_custody_of_the_last(void **state)
{
    ts_mono_t since;
    ts_offer_t *offer = ts_offer_new();
    assert_false(ts_offer_waits(offer, &since));
    tell(offer, 'L', 5, 9, 1);
    want(offer, 1, 'L');
    grant(offer, 100000, 4096);
    ts_effects_t out = pump(offer);
    load(offer, &out.items[0], 3000, 4);
    out = pump(offer);
    load(offer, &out.items[0], 10000, 5);
    assert_int_equal(ts_offer_unacked_bytes(offer), 3000 + 4096);
    acknowledge(offer, 'L', 4, 4);
    assert_int_equal(ts_offer_unacked_bytes(offer), 4096);
    assert_true(ts_offer_waits(offer, &since));
    out = pump(offer);
    load(offer, &out.items[0], 10000, 5);
    out = pump(offer);
    load(offer, &out.items[0], 10000, 5);
    acknowledge(offer, 'L', 5, 5);
    assert_int_equal(ts_offer_unacked_bytes(offer), 0);
    ts_offer_destroy(&offer);
}

static void
test_sync_offer_credit_that_does_not_come_is_waited_for(void **state)
{
    ts_mono_t since;
    ts_offer_t *offer = ts_offer_new();
    tell(offer, 'L', 5, 9, 1);
    want(offer, 1, 'L');
    grant(offer, 4096, 4096);
    ts_effects_t out = pump(offer);
    load(offer, &out.items[0], 4096, 4);
    acknowledge(offer, 'L', 4, 4);
    assert_int_equal(ts_offer_unacked_bytes(offer), 0);
    assert_int_equal(pump(offer).count, 0);
    assert_true(ts_offer_waits(offer, &since));
    grant(offer, 100000, 4096);
    out = pump(offer);
    load(offer, &out.items[0], 0, 0);
    assert_false(ts_offer_waits(offer, &since));
    ts_offer_destroy(&offer);
}

/* Credit is the sum over a whole session: a backlog of years goes beyond 4 GiB. */
static void
test_sync_offer_credit_beyond_four_gib_counts(void **state)
{
    ts_offer_t *offer = ts_offer_new();
    tell(offer, 'L', 5, 9, 1);
    want(offer, 1, 'L');
    grant(offer, (UINT64_C(1) << 32) + 8, 4096);
    ts_effects_t out = pump(offer);
    assert_int_equal(out.items[0].u.load.bytes_max, 4096);
    load(offer, &out.items[0], 4096, 4);
    grant(offer, (UINT64_C(1) << 33) + 8, 2048);
    out = pump(offer);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.items[0].u.load.bytes_max, 2048);
    ts_offer_destroy(&offer);
}

/* Whatever is refused is told, for good or for a while; a log that was refused for good stands. */
static void
test_sync_offer_refusal_is_told(void **state)
{
    (void)state;
    for (int permanent = 0; permanent <= 1; permanent++) {
        ts_offer_t *offer = ts_offer_new();
        ts_effects_t out = {.count = 0};
        ts_sync_msg_t reject = {.kind = TS_SYNC_REJECT};
        reject.u.reject.log = (ts_hash_t){{7}};
        reject.u.reject.segment = (ts_hash_t){{8}};
        reject.u.reject.code = permanent ? TS_ERR_SIGNATURE : TS_ERR_FULL;
        reject.u.reject.permanent = permanent == 1;
        ts_offer_begin(offer, (ts_mono_t){0});
        ts_offer_reject(offer, &reject, &out);
        assert_int_equal(out.count, 1);
        assert_int_equal(out.items[0].kind, TS_EFFECT_NOTE);
        assert_int_equal(out.items[0].u.note.fact, TS_NOTE_REJECTED);
        assert_int_equal(out.items[0].u.note.code, reject.u.reject.code);
        assert_true(ts_hash_equal(&out.items[0].u.note.tip.hash, &reject.u.reject.segment));
        ts_offer_destroy(&offer);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sync_offer_tip_that_comes_during_a_load_is_not_missed),
        cmocka_unit_test(test_sync_offer_answer_for_a_replaced_stream_is_dropped),
        cmocka_unit_test(test_sync_offer_logs_of_a_class_take_turns_by_segment),
        cmocka_unit_test(test_sync_offer_higher_class_comes_between_two_chunks),
        cmocka_unit_test(test_sync_offer_lower_class_does_not_take_credit_that_a_higher_waits_for),
        cmocka_unit_test(test_sync_offer_small_segments_use_up_the_least_charge),
        cmocka_unit_test(test_sync_offer_begun_segment_is_waited_for_after_custody_of_the_last),
        cmocka_unit_test(test_sync_offer_credit_that_does_not_come_is_waited_for),
        cmocka_unit_test(test_sync_offer_credit_beyond_four_gib_counts),
        cmocka_unit_test(test_sync_offer_refusal_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
