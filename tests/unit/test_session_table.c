/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the table of states is complete, does what it says, and is what proto/README.md draws.
 * Method: every cell is looked at; the drawing is compared with the page; a session is brought into
 * each state and given each message.
 */
#include "base/xalloc.h"
#include "core/session.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

static void
test_session_table_every_cell_is_written(void **state)
{
    for (unsigned s = 0; s < TS_SESSION_STATES; s++) {
        for (unsigned i = 0; i < TS_SESSION_INPUTS; i++) {
            ts_session_state_t at = (ts_session_state_t)s;
            ts_session_input_t input = (ts_session_input_t)i;
            const char *action = ts_session_cell_action(at, input);
            assert_non_null(action);
            assert_true(ts_session_cell_next(at, input) < TS_SESSION_STATES);
            if (strcmp(action, "illegal") == 0) {
                assert_int_equal(ts_session_cell_next(at, input), TS_STATE_CLOSED);
            }
            if (strcmp(action, "ignore") == 0) {
                assert_int_equal(ts_session_cell_next(at, input), at);
            }
        }
    }
}

static void
test_session_table_names_are_all_there(void **state)
{
    for (unsigned s = 0; s < TS_SESSION_STATES; s++) {
        assert_string_not_equal(ts_session_state_name((ts_session_state_t)s), "?");
    }
    for (unsigned i = 0; i < TS_SESSION_INPUTS; i++) {
        assert_string_not_equal(ts_session_input_name((ts_session_input_t)i), "?");
    }
    assert_string_equal(ts_session_state_name(TS_SESSION_STATES), "?");
    assert_string_equal(ts_session_input_name(TS_SESSION_INPUTS), "?");
    assert_null(ts_session_cell_action(TS_SESSION_STATES, TS_INPUT_START));
    assert_null(ts_session_cell_action(TS_STATE_CLOSED, TS_SESSION_INPUTS));
    assert_string_equal(ts_effect_name(TS_EFFECT_CLOSE), "CLOSE");
    assert_string_equal(ts_session_note_name(TS_NOTE_ILLEGAL), "ILLEGAL");
}

static char *
read_page(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = ts_xcalloc(1, 1 << 20);
    size_t length = fread(text, 1, (1 << 20) - 1, file);
    assert_in_range(length, 1, (1 << 20) - 2);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void
test_session_table_is_what_the_page_draws(void **state)
{
    char *page = read_page(TS_TEST_SOURCE_DIR "/proto/README.md");
    ts_buf_t drawing = {0};
    ts_session_draw(&drawing);
    ts_buf_put_text(&drawing, "```\n");
    ts_buf_put_u8(&drawing, 0);
    const char *drawn = strstr(page, "stateDiagram-v2");
    assert_non_null(drawn);
    assert_memory_equal(drawn, drawing.data, drawing.length - 1);
    ts_buf_free(&drawing);
    ts_xfree(page);
}

/* ---- every state, every message ------------------------------------------------------------- */

static const ts_id16_t DEPLOYMENT = {{1}};
static const ts_hash_t DIGEST = {{9}};

static ts_effects_t
step(ts_session_t *session, ts_session_event_t *event)
{
    ts_effects_t out;
    event->now = (ts_mono_t){1000};
    event->credit_budget = UINT64_MAX;
    event->send_budget = UINT64_MAX;
    event->digest = &DIGEST;
    ts_err_t err = ts_session_step(session, event, &out);
    bool closed = false;
    for (size_t i = 0; i < out.count; i++) {
        closed = closed || (out.items[i].kind == TS_EFFECT_CLOSE &&
                            out.items[i].u.close.code == TS_ERR_PROTOCOL);
    }
    assert_int_equal(err == TS_ERR_PROTOCOL, closed);
    return out;
}

static ts_sync_msg_t
harmless(ts_sync_kind_t kind, ts_side_t to)
{
    ts_sync_msg_t message = {.kind = kind};
    if (kind == TS_SYNC_HELLO || kind == TS_SYNC_WELCOME) {
        message.u.greeting.proto_min = 1;
        message.u.greeting.proto_max = 1;
        message.u.greeting.deployment = DEPLOYMENT;
        message.u.greeting.store = (ts_id16_t){{to == TS_SIDE_CHILD ? 5 : 6}};
    } else if (kind == TS_SYNC_WANT) {
        message.u.want.stream = 1;
    } else if (kind == TS_SYNC_CUSTODY) {
        message.u.custody.store = (ts_id16_t){{to == TS_SIDE_CHILD ? 5 : 6}};
    }
    return message;
}

static ts_session_state_t
state_of(const ts_session_t *session)
{
    ts_session_status_t status;
    ts_session_status(session, &status);
    return status.state;
}

static ts_session_t *
bring_to(ts_side_t side, ts_session_state_t state)
{
    ts_session_t *session = ts_session_new(side);
    ts_session_event_t event = {.kind = TS_SESSION_START};
    if (state == TS_STATE_CLOSED) {
        return session;
    }
    event.u.start.deployment = DEPLOYMENT;
    step(session, &event);
    if (state == TS_STATE_GREETING) {
        return session;
    }
    ts_sync_msg_t greeting =
        harmless(side == TS_SIDE_CHILD ? TS_SYNC_WELCOME : TS_SYNC_HELLO, side);
    greeting.u.greeting.digest = state == TS_STATE_RECONCILING ? (ts_hash_t){{1}} : DIGEST;
    event = (ts_session_event_t){.kind = TS_SESSION_MESSAGE};
    event.u.message = &greeting;
    step(session, &event);
    if (state == TS_STATE_DRAINING) {
        event = (ts_session_event_t){.kind = TS_SESSION_DRAIN};
        step(session, &event);
    }
    return session;
}

/* A role never gets some messages, and nobody a chunk that was not asked for. */
static bool
role_forbids(ts_side_t side, ts_session_state_t at, ts_sync_kind_t kind)
{
    return (kind == TS_SYNC_CHUNK && at != TS_STATE_DRAINING) ||
           (side == TS_SIDE_CHILD && kind == TS_SYNC_HELLO) ||
           (side == TS_SIDE_PARENT && (kind == TS_SYNC_WELCOME || kind == TS_SYNC_REFUSE));
}

static void
test_session_table_rules_what_each_message_does(void **state)
{
    for (unsigned side = TS_SIDE_CHILD; side <= TS_SIDE_PARENT; side++) {
        for (unsigned s = 0; s < TS_SESSION_STATES; s++) {
            for (unsigned kind = 1; kind <= 12; kind++) {
                ts_session_state_t at = (ts_session_state_t)s;
                ts_session_t *session = bring_to((ts_side_t)side, at);
                assert_int_equal(state_of(session), at);
                ts_sync_msg_t message = harmless((ts_sync_kind_t)kind, (ts_side_t)side);
                ts_session_input_t input = (ts_session_input_t)(TS_INPUT_HELLO + kind - 1);
                ts_session_event_t event = {.kind = TS_SESSION_MESSAGE};
                event.u.message = &message;
                ts_effects_t out = step(session, &event);
                ts_session_state_t next = ts_session_cell_next(at, input);
                if (at != TS_STATE_CLOSED &&
                    role_forbids((ts_side_t)side, at, (ts_sync_kind_t)kind)) {
                    next = TS_STATE_CLOSED;
                }
                assert_int_equal(state_of(session), next);
                /* Whoever ends says so, and then is silent for ever. */
                if (next == TS_STATE_CLOSED && at != TS_STATE_CLOSED) {
                    assert_int_equal(out.items[out.count - 1].kind, TS_EFFECT_CLOSE);
                    out = step(session, &event);
                    assert_int_equal(out.count, 0);
                    assert_true(out.timer.ms == INT64_MAX);
                }
                ts_session_destroy(&session);
                assert_null(session);
            }
        }
    }
}

static void
test_session_unknown_kind_of_message_ends_it(void **state)
{
    static const unsigned KINDS[] = {0, 13, 200};
    for (size_t i = 0; i < TS_COUNT(KINDS); i++) {
        ts_session_t *session = bring_to(TS_SIDE_PARENT, TS_STATE_FLOWING);
        ts_sync_msg_t message = {.kind = (ts_sync_kind_t)KINDS[i]};
        ts_session_event_t event = {.kind = TS_SESSION_MESSAGE};
        event.u.message = &message;
        step(session, &event);
        assert_int_equal(state_of(session), TS_STATE_CLOSED);
        ts_session_destroy(&session);
    }
}

/* "Held" is the word of the store that says it: nobody speaks for another one. */
static void
test_session_custody_of_another_store_ends_it(void **state)
{
    for (unsigned side = TS_SIDE_CHILD; side <= TS_SIDE_PARENT; side++) {
        ts_session_t *session = bring_to((ts_side_t)side, TS_STATE_FLOWING);
        ts_sync_msg_t message = harmless(TS_SYNC_CUSTODY, (ts_side_t)side);
        ts_sync_tip_t tip = {.tip = {.seq = 3}};
        message.u.custody.tips = &tip;
        message.u.custody.count = 1;
        message.u.custody.store.b[15] = 1;
        ts_session_event_t event = {.kind = TS_SESSION_MESSAGE};
        event.u.message = &message;
        ts_effects_t out = step(session, &event);
        assert_int_equal(state_of(session), TS_STATE_CLOSED);
        for (size_t i = 0; i < out.count; i++) {
            assert_int_not_equal(out.items[i].kind, TS_EFFECT_PEER_HOLDS);
        }
        ts_session_destroy(&session);
    }
}

static void
test_session_greeting_takes_only_our_own(void **state)
{
    static const struct {
        const char *situation;
        ts_id16_t deployment;
        uint32_t proto_min;
        uint32_t proto_max;
        uint32_t office;
        ts_err_t refused;
    } ROWS[] = {
        {"right", {{1}}, 1, 1, 7, TS_ERR_OK},
        {"newer, speaks ours too", {{1}}, 1, 9, 7, TS_ERR_OK},
        {"other deployment", {{2}}, 1, 1, 7, TS_ERR_FOREIGN},
        {"only newer", {{1}}, 2, 3, 7, TS_ERR_UNKNOWN},
        {"only older", {{1}}, 0, 0, 7, TS_ERR_UNKNOWN},
        {"another's number", {{1}}, 1, 1, 8, TS_ERR_KEY},
    };
    for (size_t i = 0; i < TS_COUNT(ROWS); i++) {
        ts_session_t *session = ts_session_new(TS_SIDE_PARENT);
        ts_session_event_t event = {.kind = TS_SESSION_START};
        event.u.start.deployment = DEPLOYMENT;
        event.u.start.office_peer = 7;
        step(session, &event);
        ts_sync_msg_t hello = harmless(TS_SYNC_HELLO, TS_SIDE_PARENT);
        hello.u.greeting.deployment = ROWS[i].deployment;
        hello.u.greeting.proto_min = ROWS[i].proto_min;
        hello.u.greeting.proto_max = ROWS[i].proto_max;
        hello.u.greeting.office = ROWS[i].office;
        hello.session[3] = 0x42;
        event = (ts_session_event_t){.kind = TS_SESSION_MESSAGE};
        event.u.message = &hello;
        ts_effects_t out = step(session, &event);
        assert_int_equal(out.items[0].kind, TS_EFFECT_SEND);
        assert_int_equal(out.items[0].u.send.session[3], 0x42);
        if (ROWS[i].refused == TS_ERR_OK) {
            assert_int_equal(out.items[0].u.send.kind, TS_SYNC_WELCOME);
        } else {
            assert_int_equal(out.items[0].u.send.kind, TS_SYNC_REFUSE);
            assert_int_equal(out.items[0].u.send.u.refuse.code, ROWS[i].refused);
            assert_int_equal(state_of(session), TS_STATE_CLOSED);
        }
        ts_session_destroy(&session);
    }
}

static void
test_session_welcome_of_another_office_ends_the_session(void **state)
{
    static const struct {
        uint32_t called; /* 0: unknown, as with an endpoint alone */
        uint32_t answers;
        bool goes_on;
    } ROWS[] = {{7, 7, true}, {0, 7, true}, {7, 8, false}, {7, 0, false}};
    for (size_t i = 0; i < TS_COUNT(ROWS); i++) {
        ts_session_t *session = ts_session_new(TS_SIDE_CHILD);
        ts_session_event_t event = {.kind = TS_SESSION_START};
        event.u.start.deployment = DEPLOYMENT;
        event.u.start.office_peer = ROWS[i].called;
        step(session, &event);
        ts_sync_msg_t welcome = harmless(TS_SYNC_WELCOME, TS_SIDE_CHILD);
        welcome.u.greeting.office = ROWS[i].answers;
        event = (ts_session_event_t){.kind = TS_SESSION_MESSAGE};
        event.u.message = &welcome;
        ts_effects_t out = step(session, &event);
        const ts_effect_t *last = &out.items[out.count - 1];
        assert_int_equal(state_of(session) != TS_STATE_CLOSED, ROWS[i].goes_on);
        assert_int_equal(last->kind == TS_EFFECT_CLOSE && last->u.close.code == TS_ERR_KEY,
                         !ROWS[i].goes_on);
        ts_session_destroy(&session);
    }
}

static void
test_session_flight_of_the_child_is_hello_credit_list(void **state)
{
    ts_session_t *session = ts_session_new(TS_SIDE_CHILD);
    ts_session_event_t event = {.kind = TS_SESSION_START};
    event.u.start.deployment = DEPLOYMENT;
    event.u.start.mark_store = (ts_id16_t){{5}};
    event.u.start.mark_offered = 44;
    ts_effects_t out = step(session, &event);
    assert_int_equal(out.count, 3);
    assert_int_equal(out.items[0].u.send.kind, TS_SYNC_HELLO);
    assert_int_equal(out.items[1].u.send.kind, TS_SYNC_CREDIT);
    assert_true(out.items[1].u.send.u.credit.bytes_total == TS_WINDOW_BYTES_MIN);
    assert_int_equal(out.items[2].kind, TS_EFFECT_LIST);
    assert_true(out.items[2].u.list.since == 44);
    assert_true(out.credit_open == TS_WINDOW_BYTES_MIN);
    assert_true(out.timer.ms == 1000 + TS_SESSION_GREETING_MS);
    ts_session_destroy(&session);
    ts_session_destroy(&session); /* twice is harmless */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_table_every_cell_is_written),
        cmocka_unit_test(test_session_table_names_are_all_there),
        cmocka_unit_test(test_session_table_is_what_the_page_draws),
        cmocka_unit_test(test_session_table_rules_what_each_message_does),
        cmocka_unit_test(test_session_unknown_kind_of_message_ends_it),
        cmocka_unit_test(test_session_custody_of_another_store_ends_it),
        cmocka_unit_test(test_session_greeting_takes_only_our_own),
        cmocka_unit_test(test_session_welcome_of_another_office_ends_the_session),
        cmocka_unit_test(test_session_flight_of_the_child_is_hello_credit_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
