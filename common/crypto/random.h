/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Random bytes as a value that is handed down: services give the system's source, the simulator a
 * seeded one, so that a whole run with its keys can be repeated. Whoever makes keys, nonces or
 * salts takes a ts_random_t; nothing else in the layer draws randomness by itself. Not for jitter
 * or shuffling: base/prng.h.
 */
#ifndef TS_CRYPTO_RANDOM_H
#define TS_CRYPTO_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills `out` with `bytes` random bytes. It cannot fail: a source that can must stop the process.
 */
typedef void (*ts_random_fn)(void *ctx, void *out, size_t bytes);

typedef struct ts_random {
    ts_random_fn fill;
    void *ctx; /* borrowed; handed to fill */
} ts_random_t;

/* State of the seeded source. */
typedef struct ts_random_seeded {
    uint8_t seed[32];
    uint64_t draws; /* calls so far: each gives its own stream */
} ts_random_seeded_t;

/* The system's source, fit for keys. */
ts_random_t ts_random_system(void);

/* A repeatable source, for simulation and tests only. `state` is borrowed and must outlive the
 * result. */
ts_random_t ts_random_from_seed(ts_random_seeded_t *state, uint64_t seed);

void ts_random_bytes(ts_random_t random, void *out, size_t bytes);
uint64_t ts_random_u64(ts_random_t random);

#endif
