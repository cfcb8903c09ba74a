/* SPDX-License-Identifier: MPL-2.0 */
#include "crypto/random.h"

#include "base/buf.h"
#include "base/check.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(sizeof((ts_random_seeded_t *)NULL)->seed == randombytes_SEEDBYTES, "seed size");

static void
fill_from_system(void *ctx, void *out, size_t bytes)
{
    (void)ctx;
    randombytes_buf(out, bytes);
}

/* Every draw runs the stream cipher under the seed mixed with the number of the draw. */
static void
fill_from_seed(void *ctx, void *out, size_t bytes)
{
    ts_random_seeded_t *state = ctx;
    uint8_t seed[randombytes_SEEDBYTES];
    memcpy(seed, state->seed, sizeof seed);
    ts_store_u64(seed + 8, state->draws++);
    randombytes_buf_deterministic(out, bytes, seed);
}

ts_random_t
ts_random_system(void)
{
    return (ts_random_t){.fill = fill_from_system, .ctx = NULL};
}

ts_random_t
ts_random_from_seed(ts_random_seeded_t *state, uint64_t seed)
{
    TS_CHECK(state != NULL);
    memset(state, 0, sizeof *state);
    ts_store_u64(state->seed, seed);
    return (ts_random_t){.fill = fill_from_seed, .ctx = state};
}

void
ts_random_bytes(ts_random_t random, void *out, size_t bytes)
{
    TS_CHECK(random.fill != NULL);
    if (bytes > 0) {
        random.fill(random.ctx, out, bytes);
    }
}

uint64_t
ts_random_u64(ts_random_t random)
{
    uint8_t bytes[8];
    ts_random_bytes(random, bytes, sizeof bytes);
    return ts_load_u64(bytes);
}
