/* SPDX-License-Identifier: MPL-2.0 */
#include "core/retry.h"

#include "core/session.h"

enum {
    DOUBLINGS_MAX = 9,
    EAGER_MS_MIN = 500,
    EAGER_MS_SPAN = 500,
    CONNECT_EAGER_MS = 10000,
    CONNECT_MS = 20000,
    STAGGER_EAGER_MS = 700,
    STAGGER_PATIENT_MS = 2000,
    STAGGER_MS = 3000,
    GREETING_MS_MAX = 30000
};

ts_retry_t
ts_retry(uint64_t seed, ts_mono_t now)
{
    return (ts_retry_t){.prng = ts_prng(seed), .good_until = {INT64_MIN}, .at = now};
}

void
ts_retry_succeeded(ts_retry_t *self, ts_mono_t now)
{
    self->doublings = 0;
    self->attempts = 0;
    self->broken = 0;
    self->good_until = (ts_mono_t){now.ms + TS_RETRY_EAGER_MS};
}

void
ts_retry_broken(ts_retry_t *self, ts_mono_t now)
{
    if (self->broken < TS_RETRY_BROKEN_MAX) {
        self->broken++;
        self->good_until = (ts_mono_t){now.ms + TS_RETRY_EAGER_MS};
    }
}

/* Full jitter: anything between nothing and the bound, so that the offices of a district that lost
 * its power do not come back as one. */
static int64_t
pause_ms(ts_retry_t *self)
{
    int64_t bound = (int64_t)TS_RETRY_MS_MIN << self->doublings;
    if (bound > TS_RETRY_MS_MAX) {
        bound = TS_RETRY_MS_MAX;
    }
    if (self->doublings < DOUBLINGS_MAX) {
        self->doublings++;
    }
    return ts_prng_below(&self->prng, (uint32_t)bound + 1);
}

ts_mono_t
ts_retry_failed(ts_retry_t *self, ts_mono_t now, uint32_t retry_after_ms)
{
    int64_t wait;
    if (retry_after_ms > 0) {
        uint32_t asked = retry_after_ms < TS_RETRY_MS_MAX ? retry_after_ms : TS_RETRY_MS_MAX;
        wait = (int64_t)asked + ts_prng_below(&self->prng, asked / 4 + 1);
    } else if (now.ms < self->good_until.ms) {
        wait = EAGER_MS_MIN + ts_prng_below(&self->prng, EAGER_MS_SPAN + 1);
    } else {
        wait = pause_ms(self);
    }
    if (self->attempts < UINT32_MAX) {
        self->attempts++;
    }
    self->at = (ts_mono_t){now.ms + wait};
    return self->at;
}

void
ts_retry_link_up(ts_retry_t *self, ts_mono_t now)
{
    if (self->at.ms > now.ms) {
        self->at = now;
    }
    self->good_until = (ts_mono_t){now.ms + TS_RETRY_EAGER_MS};
}

bool
ts_retry_due(const ts_retry_t *self, ts_mono_t now)
{
    return now.ms >= self->at.ms;
}

static uint32_t
attempt_ms(const ts_retry_t *self, ts_mono_t now, const uint32_t spans[3])
{
    if (now.ms >= self->good_until.ms) {
        return spans[2];
    }
    return spans[self->attempts % 4 == 3 ? 1 : 0];
}

uint32_t
ts_retry_connect_ms(const ts_retry_t *self, ts_mono_t now)
{
    static const uint32_t SPANS[3] = {CONNECT_EAGER_MS, CONNECT_MS, CONNECT_MS};
    return attempt_ms(self, now, SPANS);
}

uint32_t
ts_retry_stagger_ms(const ts_retry_t *self, ts_mono_t now)
{
    static const uint32_t SPANS[3] = {STAGGER_EAGER_MS, STAGGER_PATIENT_MS, STAGGER_MS};
    return attempt_ms(self, now, SPANS);
}

void
ts_retry_greeted(ts_retry_t *self, bool greeted)
{
    self->mute = greeted ? 0 : self->mute + (self->mute < UINT32_MAX);
}

uint32_t
ts_retry_greeting_ms(const ts_retry_t *self)
{
    uint32_t doublings = self->mute < 3 ? self->mute : 3;
    uint32_t wait = TS_SESSION_GREETING_MS << doublings;
    return wait < GREETING_MS_MAX ? wait : GREETING_MS_MAX;
}
