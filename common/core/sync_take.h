/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The receiving half of a sync session: from what the peer HAS it finds what we lack, WANTs it,
 * grants CREDIT, puts CHUNKs together and hands complete segments to the store. It says CUSTODY
 * only in ts_take_stored and ts_take_located, whose arguments only the store can make, so that an
 * acknowledgement before the commit cannot be written down. A segment that is refused stops its
 * log, never the session. Part of core/session.h, which alone uses it; pure.
 *
 * Functions that take `out` may add up to the number of effects said; the caller makes room. All
 * messages leave without their session nonce: the session fills it in.
 */
#ifndef TS_CORE_SYNC_TAKE_H
#define TS_CORE_SYNC_TAKE_H

#include "core/effect.h"
#include "core/pace.h"
#include "core/session.h"

#define TS_TAKE_LOGS_MAX 65536u /* logs that one peer may name */
#define TS_TAKE_ACTIVE_MAX 16u  /* logs asked for at a time; acts come on top */
#define TS_TAKE_PARTS_MAX 8u    /* segments under way at a time */
#define TS_TAKE_STORING_MAX                                                                     \
    32u                        /* segments that the store has not answered; beyond it no credit \
                                */
#define TS_TAKE_OPEN_MAX 1024u /* streams left open for new segments */
/* Tips of one log that are looked for at a time: as many as a listing names, so that held ones
 * never take the place of one that is missing. */
#define TS_TAKE_TARGETS_MAX TS_TIPS_PER_MESSAGE_MAX
#define TS_TAKE_SPARE_MAX 8192u /* … of all logs together, beyond the first of each */
#define TS_TAKE_EFFECTS_MAX 4u  /* of one call other than pump and flush */

typedef struct ts_take ts_take_t;

ts_take_t *ts_take_new(const ts_id16_t *deployment, const ts_id16_t *store);
void ts_take_destroy(ts_take_t **self_p);

/* At the start of every step: forgets what was borrowed out in the last one. */
void ts_take_begin(ts_take_t *self, ts_mono_t now);

/* HAVE of the peer. Tips beyond the bounds are left for the next listing. LIMIT: it names too many
 * logs. */
TS_MUST_USE ts_err_t ts_take_have(ts_take_t *self, const ts_sync_msg_t *have);
/* WELCOME: what the parent holds of logs that we write. */
TS_MUST_USE ts_err_t ts_take_heads(ts_take_t *self, const ts_sync_tip_t *tips, size_t count);
/* Nothing of the peer's is missing here: its listing is not needed. */
void ts_take_listing_done(ts_take_t *self);
/* PROTOCOL: beyond the credit, or a stream that was never asked for, or impossible sizes. */
TS_MUST_USE ts_err_t ts_take_chunk(ts_take_t *self,
                                   const ts_sync_chunk_t *chunk,
                                   ts_effects_t *out);
/* REJECT of the peer: true when it answers a WANT of ours (NOTFOUND: it does not hold the position
 * from which we asked), false when it is meant for the offering half. */
bool ts_take_reject(ts_take_t *self, const ts_sync_msg_t *reject, ts_effects_t *out);

void ts_take_located(ts_take_t *self, const ts_session_event_t *located, ts_effects_t *out);
void ts_take_stored(ts_take_t *self, const ts_session_event_t *stored, ts_effects_t *out);
void ts_take_refused(ts_take_t *self, const ts_session_event_t *refused, ts_effects_t *out);

/* Grants credit and asks for what is next, as far as there is room; *again when there was not
 * enough of it. */
void ts_take_pump(ts_take_t *self, uint64_t credit_budget, ts_effects_t *out);
/* The end: asks to keep what has come of segments under way (≤ TS_TAKE_PARTS_MAX effects). */
void ts_take_flush(ts_take_t *self, ts_effects_t *out);

/* Data is due from the peer, and since when nothing of it has come. */
bool ts_take_waits(const ts_take_t *self, ts_mono_t *ret_since);
/* Nothing wanted, under way or in the store's hands. */
bool ts_take_idle(const ts_take_t *self);
/* The whole listing of the peer has come. */
bool ts_take_listed(const ts_take_t *self);
/* Arrival number of the peer's store up to which everything was taken in; 0 = not known. */
uint64_t ts_take_seen(const ts_take_t *self);
/* When pump must run again at the latest; INT64_MAX = no need. */
ts_mono_t ts_take_timer(const ts_take_t *self);
uint64_t ts_take_credit_open(const ts_take_t *self);
uint64_t ts_take_received_bytes(const ts_take_t *self);
bool ts_take_custody_sent(const ts_take_t *self);
/* Stream numbers of this session are used up: it must end. */
bool ts_take_spent(const ts_take_t *self);
ts_pace_t *ts_take_pace(ts_take_t *self);

#endif
