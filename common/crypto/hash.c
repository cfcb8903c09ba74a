/* SPDX-License-Identifier: MPL-2.0 */
#include "crypto/hash.h"

#include "base/check.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define STATE_ALIGNMENT 64u

static_assert(sizeof(((ts_hasher_t *)NULL)->opaque) >=
                  sizeof(crypto_generichash_blake2b_state) + STATE_ALIGNMENT - 1,
              "room for the state and its alignment");
static_assert(_Alignof(crypto_generichash_blake2b_state) <= STATE_ALIGNMENT, "alignment");
static_assert(crypto_generichash_blake2b_BYTES == TS_HASH_BYTES, "hash size");

/* The library wants more alignment than malloc gives, so the state lies somewhere inside. */
static crypto_generichash_blake2b_state *
state_of(ts_hasher_t *hasher)
{
    uintptr_t address = (uintptr_t)hasher->opaque;
    uintptr_t skip = (STATE_ALIGNMENT - address % STATE_ALIGNMENT) % STATE_ALIGNMENT;
    return (void *)(hasher->opaque + skip);
}

ts_hash_t
ts_hash_of(const void *data, size_t bytes)
{
    ts_hash_t hash;
    int failed = crypto_generichash_blake2b(hash.b, sizeof hash.b, data, bytes, NULL, 0);
    TS_CHECK(failed == 0);
    return hash;
}

void
ts_hasher_start(ts_hasher_t *hasher)
{
    int failed = crypto_generichash_blake2b_init(state_of(hasher), NULL, 0, TS_HASH_BYTES);
    TS_CHECK(failed == 0);
}

void
ts_hasher_add(ts_hasher_t *hasher, const void *data, size_t bytes)
{
    if (bytes == 0) {
        return;
    }
    int failed = crypto_generichash_blake2b_update(state_of(hasher), data, bytes);
    TS_CHECK(failed == 0);
}

ts_hash_t
ts_hasher_finish(ts_hasher_t *hasher)
{
    ts_hash_t hash;
    int failed = crypto_generichash_blake2b_final(state_of(hasher), hash.b, sizeof hash.b);
    TS_CHECK(failed == 0);
    return hash;
}

ts_id16_t
ts_hash_deployment(const ts_hash_t *root_public)
{
    ts_hash_t hash = ts_hash_of(root_public->b, sizeof root_public->b);
    ts_id16_t id;
    memcpy(id.b, hash.b, sizeof id.b);
    return id;
}
