/* SPDX-License-Identifier: MPL-2.0 */
/* The table of states of a session: every cell is written. */
#include "core/session_priv.h"

#include <assert.h>

enum { INPUTS = TS_SESSION_INPUTS, STATES = TS_SESSION_STATES };

typedef enum action {
#define ACTION_ENUM(name, sentence) ACTION_##name,
    TS_SESSION_ACTION_LIST(ACTION_ENUM)
#undef ACTION_ENUM
        ACTIONS
} action_t;

static const char *const SENTENCES[ACTIONS] = {
#define ACTION_SENTENCE(name, sentence) sentence,
    TS_SESSION_ACTION_LIST(ACTION_SENTENCE)
#undef ACTION_SENTENCE
};

#define CELL(input, action, next) [TS_INPUT_##input] = {ts_session_act_##action, TS_STATE_##next}
#define STAYS_IGNORING(state, input) CELL(input, ignore, state)
#define ENDS_ILLEGAL(input) CELL(input, illegal, CLOSED)

/* Answers of the store that come when nothing can be done with them any more. */
#define IGNORES_STORE(state)                                                                      \
    STAYS_IGNORING(state, LISTED), STAYS_IGNORING(state, LOADED), STAYS_IGNORING(state, LOCATED), \
        STAYS_IGNORING(state, STORED), STAYS_IGNORING(state, STORE_REFUSED),                      \
        STAYS_IGNORING(state, TIPS), STAYS_IGNORING(state, ENTITLED)

/* What RECONCILING and FLOWING have in common. */
#define WORKS(state)                                                                               \
    ENDS_ILLEGAL(START), ENDS_ILLEGAL(HELLO), ENDS_ILLEGAL(WELCOME), CELL(HAVE, take_have, state), \
        CELL(WANT, serve_want, state), CELL(CREDIT, note_credit, state),                           \
        CELL(CHUNK, take_chunk, state), CELL(CUSTODY, note_custody, state),                        \
        CELL(REJECT, note_reject, state), CELL(PING, answer_ping, state),                          \
        CELL(PONG, note_pong, state), CELL(REFUSE, end_refused, CLOSED),                           \
        CELL(BYE, answer_bye, CLOSED), CELL(TIMER, keep_time, state),                              \
        CELL(CONTINUE, keep_time, state), CELL(LISTED, announce_page, state),                      \
        CELL(LOADED, send_chunk, state), CELL(LOCATED, ask_for_log, state),                        \
        CELL(STORED, acknowledge, state), CELL(STORE_REFUSED, note_store_refusal, state),          \
        CELL(TIPS, announce_tips, state), CELL(ENTITLED, list_anew, state),                        \
        CELL(DRAIN, remember_drain, state), CELL(QUIT, quit, CLOSED),                              \
        CELL(LINK_DOWN, lose_link, CLOSED)

static const ts_session_cell_t TABLE[STATES][INPUTS] = {
    [TS_STATE_CLOSED] =
        {
            CELL(START, open, GREETING),       STAYS_IGNORING(CLOSED, HELLO),
            STAYS_IGNORING(CLOSED, WELCOME),   STAYS_IGNORING(CLOSED, HAVE),
            STAYS_IGNORING(CLOSED, WANT),      STAYS_IGNORING(CLOSED, CREDIT),
            STAYS_IGNORING(CLOSED, CHUNK),     STAYS_IGNORING(CLOSED, CUSTODY),
            STAYS_IGNORING(CLOSED, REJECT),    STAYS_IGNORING(CLOSED, PING),
            STAYS_IGNORING(CLOSED, PONG),      STAYS_IGNORING(CLOSED, REFUSE),
            STAYS_IGNORING(CLOSED, BYE),       STAYS_IGNORING(CLOSED, TIMER),
            STAYS_IGNORING(CLOSED, CONTINUE),  IGNORES_STORE(CLOSED),
            STAYS_IGNORING(CLOSED, DRAIN),     STAYS_IGNORING(CLOSED, QUIT),
            STAYS_IGNORING(CLOSED, LINK_DOWN), STAYS_IGNORING(CLOSED, SETTLED),
            STAYS_IGNORING(CLOSED, EMPTIED),
        },
    [TS_STATE_GREETING] =
        {
            ENDS_ILLEGAL(START),
            CELL(HELLO, welcome_child, RECONCILING),
            CELL(WELCOME, accept_welcome, RECONCILING),
            ENDS_ILLEGAL(HAVE),
            ENDS_ILLEGAL(WANT),
            ENDS_ILLEGAL(CREDIT),
            ENDS_ILLEGAL(CHUNK),
            ENDS_ILLEGAL(CUSTODY),
            ENDS_ILLEGAL(REJECT),
            ENDS_ILLEGAL(PING),
            ENDS_ILLEGAL(PONG),
            CELL(REFUSE, end_refused, CLOSED),
            CELL(BYE, answer_bye, CLOSED),
            CELL(TIMER, keep_time, GREETING),
            CELL(CONTINUE, keep_time, GREETING),
            CELL(LISTED, announce_page, GREETING),
            STAYS_IGNORING(GREETING, LOADED),
            STAYS_IGNORING(GREETING, LOCATED),
            STAYS_IGNORING(GREETING, STORED),
            STAYS_IGNORING(GREETING, STORE_REFUSED),
            CELL(TIPS, announce_tips, GREETING),
            CELL(ENTITLED, list_anew, GREETING),
            CELL(DRAIN, remember_drain, GREETING),
            CELL(QUIT, quit, CLOSED),
            CELL(LINK_DOWN, lose_link, CLOSED),
            STAYS_IGNORING(GREETING, SETTLED),
            STAYS_IGNORING(GREETING, EMPTIED),
        },
    [TS_STATE_RECONCILING] =
        {
            WORKS(RECONCILING),
            CELL(SETTLED, flow, FLOWING),
            STAYS_IGNORING(RECONCILING, EMPTIED),
        },
    [TS_STATE_FLOWING] =
        {
            WORKS(FLOWING),
            STAYS_IGNORING(FLOWING, SETTLED),
            CELL(EMPTIED, say_bye, DRAINING),
        },
    /* Messages may have crossed our BYE. */
    [TS_STATE_DRAINING] =
        {
            ENDS_ILLEGAL(START),
            ENDS_ILLEGAL(HELLO),
            ENDS_ILLEGAL(WELCOME),
            STAYS_IGNORING(DRAINING, HAVE),
            STAYS_IGNORING(DRAINING, WANT),
            STAYS_IGNORING(DRAINING, CREDIT),
            STAYS_IGNORING(DRAINING, CHUNK),
            CELL(CUSTODY, note_custody, DRAINING),
            STAYS_IGNORING(DRAINING, REJECT),
            CELL(PING, answer_ping, DRAINING),
            CELL(PONG, note_pong, DRAINING),
            CELL(REFUSE, end_refused, CLOSED),
            CELL(BYE, finish, CLOSED),
            CELL(TIMER, keep_time, DRAINING),
            CELL(CONTINUE, keep_time, DRAINING),
            IGNORES_STORE(DRAINING),
            STAYS_IGNORING(DRAINING, DRAIN),
            CELL(QUIT, quit, CLOSED),
            CELL(LINK_DOWN, lose_link, CLOSED),
            STAYS_IGNORING(DRAINING, SETTLED),
            STAYS_IGNORING(DRAINING, EMPTIED),
        },
};

static_assert(sizeof TABLE / sizeof TABLE[0] == STATES, "a row for every state");

const ts_session_cell_t *
ts_session_cell(ts_session_state_t state, ts_session_input_t input)
{
    if (state >= TS_SESSION_STATES || input >= TS_SESSION_INPUTS) {
        return NULL;
    }
    return &TABLE[state][input];
}

const char *
ts_session_state_name(ts_session_state_t state)
{
    static const char *const NAMES[STATES] = {
#define STATE_NAME(name) #name,
        TS_SESSION_STATE_LIST(STATE_NAME)
#undef STATE_NAME
    };
    return (unsigned)state < STATES ? NAMES[state] : "?";
}

const char *
ts_session_input_name(ts_session_input_t input)
{
    static const char *const NAMES[INPUTS] = {
#define INPUT_NAME(name) #name,
        TS_SESSION_INPUT_LIST(INPUT_NAME)
#undef INPUT_NAME
    };
    return (unsigned)input < INPUTS ? NAMES[input] : "?";
}

const char *
ts_session_cell_action(ts_session_state_t state, ts_session_input_t input)
{
    static const ts_session_act_fn ACTS[ACTIONS] = {
#define ACTION_FUNCTION(name, sentence) ts_session_act_##name,
        TS_SESSION_ACTION_LIST(ACTION_FUNCTION)
#undef ACTION_FUNCTION
    };
    const ts_session_cell_t *cell = ts_session_cell(state, input);
    if (cell == NULL || cell->act == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < ACTIONS; i++) {
        if (ACTS[i] == cell->act) {
            return SENTENCES[i];
        }
    }
    return NULL;
}

ts_session_state_t
ts_session_cell_next(ts_session_state_t state, ts_session_input_t input)
{
    const ts_session_cell_t *cell = ts_session_cell(state, input);
    return cell == NULL ? TS_STATE_CLOSED : cell->next;
}

/* One line for all inputs that do the same; `first` is the first of them. */
static void
draw_arrow(ts_buf_t *out, ts_session_state_t state, ts_session_input_t first)
{
    const ts_session_cell_t *cell = ts_session_cell(state, first);
    ts_buf_put_text(out, "    ");
    ts_buf_put_text(out, ts_session_state_name(state));
    ts_buf_put_text(out, " --> ");
    ts_buf_put_text(out, ts_session_state_name(cell->next));
    ts_buf_put_text(out, ": ");
    for (unsigned i = first; i < INPUTS; i++) {
        const ts_session_cell_t *other = ts_session_cell(state, (ts_session_input_t)i);
        if (other->act == cell->act && other->next == cell->next) {
            ts_buf_put_text(out, i == first ? "" : ", ");
            ts_buf_put_text(out, ts_session_input_name((ts_session_input_t)i));
        }
    }
    ts_buf_put_text(out, " / ");
    ts_buf_put_text(out, ts_session_cell_action(state, first));
    ts_buf_put_text(out, "\n");
}

static bool
drawn_before(ts_session_state_t state, ts_session_input_t input)
{
    const ts_session_cell_t *cell = ts_session_cell(state, input);
    for (unsigned i = 0; i < (unsigned)input; i++) {
        const ts_session_cell_t *other = ts_session_cell(state, (ts_session_input_t)i);
        if (other->act == cell->act && other->next == cell->next) {
            return true;
        }
    }
    return false;
}

void
ts_session_draw(ts_buf_t *out)
{
    ts_buf_put_text(out, "stateDiagram-v2\n    [*] --> CLOSED\n");
    for (unsigned s = 0; s < STATES; s++) {
        for (unsigned i = 0; i < INPUTS; i++) {
            ts_session_state_t state = (ts_session_state_t)s;
            ts_session_input_t input = (ts_session_input_t)i;
            const ts_session_cell_t *cell = ts_session_cell(state, input);
            bool illegal = cell->act == ts_session_act_illegal;
            if (cell->next != state && !illegal && !drawn_before(state, input)) {
                draw_arrow(out, state, input);
            }
        }
    }
}
