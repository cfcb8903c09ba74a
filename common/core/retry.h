/* SPDX-License-Identifier: MPL-2.0 */
/*
 * When to try again to reach the parent: full jitter over a bound that doubles from 1 s to 5 min
 * (R27, R43). A connection that stands is not health: only a CUSTODY in either direction brings the
 * bound back. During a short outage of a link that worked a moment ago the first attempts stay
 * close (1–2 s), because that is when it comes back. There is no count at which it gives up. Value
 * type, no clock.
 */
#ifndef TS_CORE_RETRY_H
#define TS_CORE_RETRY_H

#include "base/prng.h"
#include "base/time.h"

#include <stdbool.h>

#define TS_RETRY_MS_MIN 1000
#define TS_RETRY_MS_MAX 300000
#define TS_RETRY_EAGER_MS \
    60000 /* after a session with CUSTODY: so long attempts stay 1–2 s apart */
#define TS_RETRY_CONNECT_MS \
    2500 /* a TCP connection that does not stand by then is given up and tried anew */

typedef struct ts_retry {
    ts_prng_t prng;
    uint32_t failures;    /* attempts since the last good session */
    ts_mono_t good_until; /* eager attempts until then */
    ts_mono_t at;         /* next attempt */
} ts_retry_t;

/* First attempt: at once. */
ts_retry_t ts_retry(uint64_t seed, ts_mono_t now);
/* A CUSTODY went in either direction. */
void ts_retry_succeeded(ts_retry_t *self, ts_mono_t now);
/* An attempt or a session ended; retry_after_ms > 0: the peer asked for that pause, it is kept
 * (with jitter on top). Returns the moment of the next attempt. */
ts_mono_t ts_retry_failed(ts_retry_t *self, ts_mono_t now, uint32_t retry_after_ms);
/* The link (interface, route) has come up, or a person asked: the next attempt is due now. The
 * bound stays. */
void ts_retry_link_up(ts_retry_t *self, ts_mono_t now);
bool ts_retry_due(const ts_retry_t *self, ts_mono_t now);
/* How long to wait for WELCOME in the next attempt: 6 s, after failures up to 30 s, for links
 * slower than we think. */
uint32_t ts_retry_greeting_ms(const ts_retry_t *self);

#endif
