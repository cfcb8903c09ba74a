/* SPDX-License-Identifier: MPL-2.0 */
/* Clock of the benchmarks. */
#ifndef TS_TESTS_BENCH_BENCH_H
#define TS_TESTS_BENCH_BENCH_H

#include <time.h>

static inline double
bench_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

#endif
