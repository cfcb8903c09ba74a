/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The sending half of a sync session: lists what the peer may have (HAVE), answers its WANTs with
 * CHUNKs within its CREDIT, and notes its CUSTODY. Acts before new records before backlog; inside a
 * class the logs take turns, a segment each; a higher class comes in between two chunks. A stream
 * that has reached the tip of its log stays open, and a new segment of it leaves at once. What the
 * peer says that it holds overrides what we believed. It keeps no bytes of segments: each chunk is
 * loaded when it is sent. Part of core/session.h, which alone uses it; pure.
 *
 * Functions that take `out` may add up to TS_OFFER_EFFECTS_MAX effects; the caller makes room.
 */
#ifndef TS_CORE_SYNC_OFFER_H
#define TS_CORE_SYNC_OFFER_H

#include "core/effect.h"
#include "core/session.h"

#define TS_OFFER_LOGS_MAX 65536u   /* logs that are listed or asked for */
#define TS_OFFER_STREAMS_MAX 4096u /* open at a time */
#define TS_OFFER_EFFECTS_MAX 4u    /* of one call */

typedef struct ts_offer ts_offer_t;

ts_offer_t *ts_offer_new(void);
void ts_offer_destroy(ts_offer_t **self_p);
void ts_offer_begin(ts_offer_t *self, ts_mono_t now);

/* Lists everything that arrived after `since`, once or again. */
void ts_offer_list(ts_offer_t *self, uint64_t since);
/* Nothing of ours is missing there: stops listing. */
void ts_offer_in_step(ts_offer_t *self);
void ts_offer_listed(ts_offer_t *self, const ts_session_event_t *listed, ts_effects_t *out);
void ts_offer_tips(ts_offer_t *self, const ts_session_event_t *tips, ts_effects_t *out);
/* The peer holds this tip (it lists it itself, or said so in WELCOME). */
void ts_offer_peer_holds(ts_offer_t *self, const ts_tip_t *tip);

/* PROTOCOL: an impossible WANT. */
TS_MUST_USE ts_err_t ts_offer_want(ts_offer_t *self, const ts_sync_msg_t *want, ts_effects_t *out);
void ts_offer_credit(ts_offer_t *self, const ts_sync_msg_t *credit, uint32_t chunk_bytes_max);
void ts_offer_custody(ts_offer_t *self, const ts_sync_msg_t *custody, ts_effects_t *out);
void ts_offer_reject(ts_offer_t *self, const ts_sync_msg_t *reject, ts_effects_t *out);
void ts_offer_loaded(ts_offer_t *self, const ts_session_event_t *loaded, ts_effects_t *out);

/* Asks for the next page or the next chunk. */
void ts_offer_pump(ts_offer_t *self, uint64_t send_budget, ts_effects_t *out);

/* Something was sent and is not in custody yet, or credit is awaited; and since when nothing has
 * moved. */
bool ts_offer_waits(const ts_offer_t *self, ts_mono_t *ret_since);
/* Nothing to list, to send or to be acknowledged. */
bool ts_offer_idle(const ts_offer_t *self);
/* Our listing has gone out whole. */
bool ts_offer_done_listing(const ts_offer_t *self);
/* Our arrival number up to which the peer holds everything that it may have; 0 = not known. */
uint64_t ts_offer_offered(const ts_offer_t *self);
/* When pump must run again at the latest; INT64_MAX = no need. */
ts_mono_t ts_offer_timer(const ts_offer_t *self);
uint64_t ts_offer_sent_bytes(const ts_offer_t *self);
uint64_t ts_offer_unacked_bytes(const ts_offer_t *self);
bool ts_offer_custody_seen(const ts_offer_t *self);

#endif
