/* SPDX-License-Identifier: MPL-2.0 */
#include "base/prng.h"

#include "base/check.h"

ts_prng_t
ts_prng(uint64_t seed)
{
    return (ts_prng_t){seed};
}

/* SplitMix64: a Weyl sequence through a mixer that is one-to-one, so the period is 2^64. */
uint64_t
ts_prng_next(ts_prng_t *prng)
{
    prng->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = prng->state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

/* The high half of a 32 × 32 bit product is uniform once the few low products that come up too
 * often are drawn again. */
uint32_t
ts_prng_below(ts_prng_t *prng, uint32_t n)
{
    TS_CHECK(n >= 1);
    const uint32_t refused_below = (UINT32_MAX - n + 1) % n;
    uint64_t product;
    do {
        product = (ts_prng_next(prng) >> 32) * n;
    } while ((uint32_t)product < refused_below);
    return (uint32_t)(product >> 32);
}
