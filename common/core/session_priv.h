/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside of a session, shared by session.c (step, liveness, end), session_act.c (what the cells of
 * the table do) and session_table.c (the table). Nobody else includes it.
 */
#ifndef TS_CORE_SESSION_PRIV_H
#define TS_CORE_SESSION_PRIV_H

#include "base/prng.h"
#include "core/session.h"
#include "core/sync_offer.h"
#include "core/sync_take.h"

/*      action          as a sentence */
#define TS_SESSION_ACTION_LIST(X)                \
    X(ignore, "ignore")                          \
    X(illegal, "illegal")                        \
    X(open, "open the session")                  \
    X(welcome_child, "welcome the child")        \
    X(accept_welcome, "take the welcome in")     \
    X(take_have, "look for what is missing")     \
    X(serve_want, "open a stream")               \
    X(note_credit, "note the credit")            \
    X(take_chunk, "put the segment together")    \
    X(note_custody, "note what the peer holds")  \
    X(note_reject, "stop that log")              \
    X(answer_ping, "answer with PONG")           \
    X(note_pong, "note the round trip")          \
    X(end_refused, "end as refused")             \
    X(answer_bye, "answer with BYE")             \
    X(keep_time, "look at the clock")            \
    X(announce_page, "tell a page of tips")      \
    X(send_chunk, "send a chunk")                \
    X(ask_for_log, "ask for a log")              \
    X(acknowledge, "say CUSTODY")                \
    X(note_store_refusal, "refuse the segment")  \
    X(announce_tips, "tell or send what is new") \
    X(list_anew, "list all logs again")          \
    X(remember_drain, "remember to end")         \
    X(quit, "say BYE and end")                   \
    X(lose_link, "keep what has come")           \
    X(flow, "note that both are through")        \
    X(say_bye, "say BYE")                        \
    X(finish, "end in agreement")

typedef ts_err_t (*ts_session_act_fn)(ts_session_t *self,
                                      const ts_session_event_t *in,
                                      ts_effects_t *out);

#define TS_SESSION_ACTION_DECLARE(name, sentence)                                    \
    ts_err_t ts_session_act_##name(ts_session_t *self, const ts_session_event_t *in, \
                                   ts_effects_t *out);
TS_SESSION_ACTION_LIST(TS_SESSION_ACTION_DECLARE)
#undef TS_SESSION_ACTION_DECLARE

typedef struct ts_session_cell {
    ts_session_act_fn act;
    ts_session_state_t next; /* when act returns OK and the session was not ended by it */
} ts_session_cell_t;

const ts_session_cell_t *ts_session_cell(ts_session_state_t state, ts_session_input_t input);

struct ts_session {
    ts_side_t side;
    ts_session_state_t state;
    bool over;                /* nothing happens any more */
    bool greeted;             /* the nonce is known on both sides */
    ts_session_local_t local; /* as given at START; your_heads points to heads */
    ts_sync_tip_t *heads;
    ts_offer_t *offer;
    ts_take_t *take;
    ts_mono_t now;
    ts_mono_t started;
    ts_mono_t received;   /* last message of the peer */
    ts_mono_t wait_since; /* since when an answer is due and nothing has come */
    bool waiting;
    bool ping_pending;
    uint64_t ping_nonce;
    ts_mono_t ping_sent;
    ts_mono_t bye_sent;
    ts_prng_t prng;
    ts_id16_t peer_store;
    uint32_t peer_chunk_bytes_max;
    ts_hash_t digest;       /* ours, now */
    ts_hash_t hello_digest; /* as it was told in HELLO */
    bool in_step;           /* digests were equal when last compared, nothing changed since */
    bool relisted;          /* all logs were listed again once */
    uint32_t mismatches;    /* unequal digests at rest, one after the other */
    bool drain;
    uint32_t drain_pongs; /* answers without any other traffic in between */
    uint64_t since;       /* of the first listing */
    uint64_t seen;        /* MARK as last told, or as remembered */
    uint64_t offered;
    bool mark_told;
};

/* Adds SEND of this kind. */
ts_sync_msg_t *ts_session_send(ts_effects_t *out, ts_sync_kind_t kind);
void ts_session_note(ts_effects_t *out, ts_session_note_t fact, ts_err_t code, uint64_t number);
/* Asks to keep partial segments and closes. */
void ts_session_end(ts_session_t *self, ts_err_t code, uint32_t retry_after_ms, ts_effects_t *out);
void ts_session_say_bye(const char *reason, ts_effects_t *out);
void ts_session_ping(ts_session_t *self, ts_effects_t *out);
/* Compares the peer's digest with ours. */
void ts_session_compare(ts_session_t *self, const ts_hash_t *theirs, ts_effects_t *out);
bool ts_session_idle(const ts_session_t *self);

#endif
