/* SPDX-License-Identifier: MPL-2.0 */
/*
 * When to try again to reach the parent: full jitter over a bound that doubles from 1 s to 5 min
 * (R27, R43). A connection that stands is not health: only a CUSTODY in either direction brings the
 * bound back. In the minute after a good session the attempts stay about a second apart, because
 * most outages of a link that just worked are short. There is no count at which it gives up. Used
 * by the runner of the uplink in common/node. Value type, no clock.
 */
#ifndef TS_CORE_RETRY_H
#define TS_CORE_RETRY_H

#include "base/prng.h"
#include "base/time.h"

#include <stdbool.h>

#define TS_RETRY_MS_MIN 1000
#define TS_RETRY_MS_MAX 300000
#define TS_RETRY_EAGER_MS 60000 /* after the last CUSTODY: so long attempts stay close */

typedef struct ts_retry {
    ts_prng_t prng;
    uint32_t doublings;   /* of the bound */
    uint32_t attempts;    /* failed ones since the last CUSTODY */
    ts_mono_t good_until; /* attempts stay close until then */
    ts_mono_t at;         /* next attempt */
} ts_retry_t;

/* First attempt: at once. The seed differs between offices. */
ts_retry_t ts_retry(uint64_t seed, ts_mono_t now);
/* A CUSTODY went in either direction. */
void ts_retry_succeeded(ts_retry_t *self, ts_mono_t now);
/* An attempt or a session ended. retry_after_ms > 0: the peer asked for that pause (at most
 * TS_RETRY_MS_MAX of it is kept, with jitter on top). Returns the moment of the next attempt. */
ts_mono_t ts_retry_failed(ts_retry_t *self, ts_mono_t now, uint32_t retry_after_ms);
/* The link (interface, route) has come up, or a person asked: the next attempt is due now. */
void ts_retry_link_up(ts_retry_t *self, ts_mono_t now);
bool ts_retry_due(const ts_retry_t *self, ts_mono_t now);
/* How long the next attempt may take until TCP stands, and until the whole connection with its
 * CURVE handshake (four round trips) stands; then a fresh attempt is made, because TCP's own SYN
 * pauses double and a fresh one finds a link that has come back sooner. In the minute after a good
 * session 1.5 s and 5 s (every fourth attempt 6 s and 12 s, for links slower than we think), else
 * 10 s and 20 s. A runner that does not hear when TCP stands uses the second alone. */
uint32_t ts_retry_tcp_ms(const ts_retry_t *self, ts_mono_t now);
uint32_t ts_retry_connect_ms(const ts_retry_t *self, ts_mono_t now);
/* How long to wait for WELCOME once it stands: 6 s, after failures up to 30 s for links slower than
 * we think. */
uint32_t ts_retry_greeting_ms(const ts_retry_t *self);

#endif
