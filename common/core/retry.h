/* SPDX-License-Identifier: MPL-2.0 */
/*
 * When to try again to reach the parent: full jitter over a bound that doubles from 1 s to 5 min
 *. A connection that stands is not health: only a CUSTODY in either direction brings the
 * bound back, or a part of a segment that was kept where a session was too short for a whole one.
 * In the minute after a good session the attempts stay about a second apart, because most outages
 * of a link that just worked are short; the same after the link came up, and after a session that
 * broke off on the way to its first CUSTODY, three times in a row. There is no count at which it
 * gives up. Used by the runner of the uplink in common/node. Value type, no clock.
 */
#ifndef TS_CORE_RETRY_H
#define TS_CORE_RETRY_H

#include "base/prng.h"
#include "base/time.h"

#include <stdbool.h>

#define TS_RETRY_MS_MIN 1000
#define TS_RETRY_MS_MAX 300000
#define TS_RETRY_EAGER_MS 60000 /* after the last CUSTODY: so long attempts stay close */
#define TS_RETRY_BROKEN_MAX 3   /* sessions without CUSTODY that keep them close */

typedef struct ts_retry {
    ts_prng_t prng;
    uint32_t doublings;   /* of the bound */
    uint32_t attempts;    /* failed ones since the last CUSTODY */
    uint32_t broken;      /* greeted sessions that broke off since the last CUSTODY */
    uint32_t mute;        /* connections in a row that stood and were not greeted */
    ts_mono_t good_until; /* attempts stay close until then */
    ts_mono_t at;         /* next attempt */
} ts_retry_t;

/* First attempt: at once. The seed differs between offices. */
ts_retry_t ts_retry(uint64_t seed, ts_mono_t now);
/* A CUSTODY went in either direction, or a part of a segment came further. */
void ts_retry_succeeded(ts_retry_t *self, ts_mono_t now);
/* A session that had been greeted broke off in silence: the line is the likely reason, not the
 * peer. A peer that greets and then always hangs gets that benefit TS_RETRY_BROKEN_MAX times. */
void ts_retry_broken(ts_retry_t *self, ts_mono_t now);
/* An attempt or a session ended. retry_after_ms > 0: the peer asked for that pause (at most
 * TS_RETRY_MS_MAX of it is kept, with jitter on top). Returns the moment of the next attempt. */
ts_mono_t ts_retry_failed(ts_retry_t *self, ts_mono_t now, uint32_t retry_after_ms);
/* The link (interface, route) has come up, or a person asked: the next attempt is due now. */
void ts_retry_link_up(ts_retry_t *self, ts_mono_t now);
bool ts_retry_due(const ts_retry_t *self, ts_mono_t now);
/* How long the next race of connections (net/dial.h) may take until TCP stands on one, and as long
 * again for its handshake; and how far its attempts lie apart. In the minute after a good session
 * 10 s and 0.7 s (every fourth race 20 s and 2 s, for links slower than we think), else 20 s and
 * 3 s. */
uint32_t ts_retry_connect_ms(const ts_retry_t *self, ts_mono_t now);
uint32_t ts_retry_stagger_ms(const ts_retry_t *self, ts_mono_t now);
/* A session ended: had it been greeted? */
void ts_retry_greeted(ts_retry_t *self, bool greeted);
/* How long to wait for WELCOME once it stands: 6 s, after sessions that were not greeted up to 30 s
 * for links slower than we think. */
uint32_t ts_retry_greeting_ms(const ts_retry_t *self);

#endif
