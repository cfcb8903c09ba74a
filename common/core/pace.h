/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How fast the other side may send: goodput (moving average) and the smallest round trip give chunk
 * and window of the credit, and how long silence may last while an answer is due.
 * Kept by the side that receives. Starts with 4 KiB and 16 KiB; a window that was the limit doubles
 * in a round trip. Value type, no clock. Used by core/sync_take and core/session.
 */
#ifndef TS_CORE_PACE_H
#define TS_CORE_PACE_H

#include "base/limits.h"
#include "base/time.h"

#include <stdbool.h>

#define TS_PACE_CHUNK_BYTES_START 4096u
#define TS_PACE_WINDOW_BYTES_LEAST 8192u /* four chunks of the least charge */

typedef struct ts_pace {
    uint32_t rtt_ms;       /* smallest round trip seen; 0 = none yet */
    uint64_t goodput;      /* bytes a second; 0 = none yet */
    uint32_t chunk_bytes;  /* power of two */
    uint32_t window_bytes; /* bytes that may be under way */
    bool round_open;
    ts_mono_t round_start;
    uint64_t round_bytes;
} ts_pace_t;

ts_pace_t ts_pace(void);
/* A round trip took so long, or less. */
void ts_pace_round_trip(ts_pace_t *self, int64_t ms);
/* Data came. `busy`: since the data before it the sender certainly had more to send, so that the
 * pause says something of the link. */
void ts_pace_data(ts_pace_t *self, ts_mono_t now, uint32_t bytes, bool busy);
/* Silence after which to ask while an answer is due, and after which the peer counts as dead. */
int64_t ts_pace_ask_ms(const ts_pace_t *self);
int64_t ts_pace_dead_ms(const ts_pace_t *self);

#endif
