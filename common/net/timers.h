/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Timers as data: a heap of due times. It owns no thread and reads no clock; whoever runs the loop
 * asks "what is due?" with the time in hand. Timers due at the same moment fire in the order they
 * were added. Used by net/loop; a service adds timers through the loop.
 */
#ifndef TS_NET_TIMERS_H
#define TS_NET_TIMERS_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ts_timers ts_timers_t;
typedef void (*ts_timer_fn)(void *context, ts_mono_t now);
/* Names one timer for ever: an id is not used again. 0 is no timer. */
typedef uint64_t ts_timer_id_t;

ts_timers_t *ts_timers_new(void);
void ts_timers_destroy(ts_timers_t **self_p);
/* Calls `call` once at or after `due`. */
ts_timer_id_t ts_timers_add(ts_timers_t *self, ts_mono_t due, ts_timer_fn call, void *context);
/* Forgets a timer; nothing happens when it has fired, was cancelled, or is 0. */
void ts_timers_cancel(ts_timers_t *self, ts_timer_id_t id);
/* True with the earliest due time; false when there is none. */
bool ts_timers_next(const ts_timers_t *self, ts_mono_t *ret_due);
/* Fires the earliest timer that is due at `now`; false when none is. Timers that the call adds are
 * seen by the next call. */
bool ts_timers_fire_one(ts_timers_t *self, ts_mono_t now);
size_t ts_timers_count(const ts_timers_t *self);

#endif
