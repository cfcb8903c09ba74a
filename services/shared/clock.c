/* SPDX-License-Identifier: MPL-2.0 */
#include "shared/clock.h"

#include "base/check.h"

#include <time.h>

/* Linux; not in POSIX, hence not in the headers that we ask for. */
#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME 7
#endif

static int64_t
to_ms(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

ts_mono_t
ts_clock_mono(void *context)
{
    (void)context;
    struct timespec now;
    if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) {
        TS_CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    }
    return (ts_mono_t){to_ms(now)};
}

ts_utc_t
ts_clock_wall(void *context)
{
    (void)context;
    struct timespec now;
    TS_CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (ts_utc_t){to_ms(now)};
}
