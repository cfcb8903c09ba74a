/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A small seeded generator for jitter, tests and simulation; never for keys (crypto/ has those).
 * Same seed, same sequence, on every machine.
 */
#ifndef TS_BASE_PRNG_H
#define TS_BASE_PRNG_H

#include <stdint.h>

typedef struct ts_prng {
    uint64_t state;
} ts_prng_t;

ts_prng_t ts_prng(uint64_t seed);
uint64_t ts_prng_next(ts_prng_t *prng);
/* Uniform in 0..n-1; n ≥ 1. */
uint32_t ts_prng_below(ts_prng_t *prng, uint32_t n);

#endif
