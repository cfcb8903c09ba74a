/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The only place that reads clocks; everything below the services is handed times as values. The
 * signatures are those of ts_loop_clock_t; the context is not used.
 */
#ifndef TS_SERVICES_SHARED_CLOCK_H
#define TS_SERVICES_SHARED_CLOCK_H

#include "base/time.h"

/* Never goes back; also counts while the machine sleeps where the system offers it, so that
 * deadlines of a laptop that was closed have passed when it wakes. */
ts_mono_t ts_clock_mono(void *context);
/* The wall clock as it stands, right or wrong. */
ts_utc_t ts_clock_wall(void *context);
/* ts_loop_clock_t of the system: {ts_clock_mono, ts_clock_wall, NULL}. */
#define TS_CLOCK_SYSTEM                    \
    {                                      \
        ts_clock_mono, ts_clock_wall, NULL \
    }

#endif
