/* SPDX-License-Identifier: MPL-2.0 */
#include "core/pace.h"

enum {
    ROUND_MS_UNKNOWN = 200, /* length of a measurement while no round trip is known */
    STALL_MS = 50,          /* a window also covers such a pause of the receiver (a commit) */
    CHUNK_MS = 750,         /* a chunk occupies the link at most so long */
    ASK_MS_MIN = 1000,
    ASK_MS_UNKNOWN = 2500,
    DEAD_MS_MIN = 4000,
    DEAD_MS_BASE = 3000,
    DEAD_MS_MAX = 30000
};

ts_pace_t
ts_pace(void)
{
    return (ts_pace_t){
        .chunk_bytes = TS_PACE_CHUNK_BYTES_START,
        .window_bytes = TS_WINDOW_BYTES_MIN,
    };
}

void
ts_pace_round_trip(ts_pace_t *self, int64_t ms)
{
    uint32_t sample = ms < 1 ? 1 : ms > INT32_MAX ? (uint32_t)INT32_MAX : (uint32_t)ms;
    if (self->rtt_ms == 0 || sample < self->rtt_ms) {
        self->rtt_ms = sample;
    }
}

static uint64_t
clamp(uint64_t value, uint64_t low, uint64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static uint32_t
power_of_two_below(uint64_t value)
{
    uint32_t power = TS_CHUNK_BYTES_MIN;
    while (power * 2u <= value && power < TS_CHUNK_BYTES_MAX) {
        power *= 2u;
    }
    return power;
}

/* At most twice the last window: what a measurement says too much is soon corrected. */
static void
adapt(ts_pace_t *self)
{
    uint64_t cover_ms = 2u * (uint64_t)(self->rtt_ms == 0 ? ROUND_MS_UNKNOWN : self->rtt_ms);
    if (cover_ms < STALL_MS) {
        cover_ms = STALL_MS;
    }
    uint64_t chunk = power_of_two_below(self->goodput * CHUNK_MS / 1000);
    uint64_t window = self->goodput * cover_ms / 1000;
    uint64_t least = 4 * clamp(chunk, 0, TS_PACE_CHUNK_BYTES_START);
    window = clamp(window, clamp(least, TS_PACE_WINDOW_BYTES_LEAST, TS_WINDOW_BYTES_MAX),
                   TS_WINDOW_BYTES_MAX);
    window = clamp(window, 0, 2u * (uint64_t)self->window_bytes);
    self->window_bytes = (uint32_t)window;
    self->chunk_bytes = (uint32_t)clamp(chunk, 0, power_of_two_below(window / 4));
}

void
ts_pace_data(ts_pace_t *self, ts_mono_t now, uint32_t bytes, bool busy)
{
    if (!self->round_open || !busy) {
        self->round_open = true;
        self->round_start = now;
        self->round_bytes = 0;
        return;
    }
    self->round_bytes += bytes;
    int64_t elapsed = now.ms - self->round_start.ms;
    int64_t round = self->rtt_ms == 0 ? ROUND_MS_UNKNOWN : (int64_t)self->rtt_ms;
    if (elapsed < round) {
        return;
    }
    uint64_t sample = self->round_bytes * 1000 / (uint64_t)elapsed;
    if (sample > self->goodput) {
        self->goodput = self->goodput == 0 ? sample : (self->goodput + 3 * sample) / 4;
    } else {
        self->goodput = (7 * self->goodput + sample) / 8;
    }
    self->round_start = now;
    self->round_bytes = 0;
    adapt(self);
}

int64_t
ts_pace_ask_ms(const ts_pace_t *self)
{
    int64_t wait = self->rtt_ms == 0 ? ASK_MS_UNKNOWN : 2 * (int64_t)self->rtt_ms;
    return wait < ASK_MS_MIN ? ASK_MS_MIN : wait;
}

int64_t
ts_pace_dead_ms(const ts_pace_t *self)
{
    int64_t wait = DEAD_MS_BASE + 3 * (int64_t)self->rtt_ms;
    return wait < DEAD_MS_MIN ? DEAD_MS_MIN : wait > DEAD_MS_MAX ? DEAD_MS_MAX : wait;
}
