/* SPDX-License-Identifier: MPL-2.0 */
#include "crypto/sign.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "crypto/crypto.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* Segment headers and certificates fit; only larger messages are joined on the heap. */
#define STACK_BYTES 1024u

static_assert(sizeof(ts_secret_t) == crypto_sign_ed25519_SECRETKEYBYTES, "secret size");
static_assert(TS_HASH_BYTES == crypto_sign_ed25519_PUBLICKEYBYTES, "public key size");
static_assert(TS_SIGNATURE_BYTES == crypto_sign_ed25519_BYTES, "signature size");
static_assert(TS_SIGN_SEED_BYTES == crypto_sign_ed25519_SEEDBYTES, "seed size");

/* domain, 0x00 and the parts in one block, because Ed25519 reads its message twice. */
typedef struct joined {
    uint8_t stack[STACK_BYTES];
    uint8_t *data; /* stack, or owned */
    size_t length;
} joined_t;

static void
join(joined_t *joined, const char *domain, const ts_bytes_t *parts, size_t count)
{
    size_t domain_bytes = strlen(domain);
    TS_CHECK(domain_bytes >= 1);
    TS_CHECK(domain_bytes <= TS_SIGN_DOMAIN_BYTES_MAX);
    size_t total = domain_bytes + 1;
    for (size_t i = 0; i < count; i++) {
        TS_CHECK(parts[i].length <= SIZE_MAX - total);
        total += parts[i].length;
    }
    joined->length = total;
    joined->data = total <= STACK_BYTES ? joined->stack : ts_xmalloc(total);
    memcpy(joined->data, domain, domain_bytes + 1);
    size_t at = domain_bytes + 1;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].length > 0) {
            memcpy(joined->data + at, parts[i].data, parts[i].length);
            at += parts[i].length;
        }
    }
    TS_CHECK(at == total);
}

static void
unjoin(joined_t *joined)
{
    if (joined->data != joined->stack) {
        ts_xfree(joined->data);
    }
}

void
ts_secret_wipe(ts_secret_t *secret)
{
    ts_wipe(secret->b, sizeof secret->b);
}

void
ts_sign_keypair(ts_random_t random, ts_hash_t *ret_public, ts_secret_t *ret_secret)
{
    uint8_t seed[TS_SIGN_SEED_BYTES];
    ts_random_bytes(random, seed, sizeof seed);
    ts_sign_keypair_from_seed(seed, ret_public, ret_secret);
    ts_wipe(seed, sizeof seed);
}

void
ts_sign_keypair_from_seed(const uint8_t seed[TS_SIGN_SEED_BYTES],
                          ts_hash_t *ret_public,
                          ts_secret_t *ret_secret)
{
    int failed = crypto_sign_ed25519_seed_keypair(ret_public->b, ret_secret->b, seed);
    TS_CHECK(failed == 0);
}

ts_hash_t
ts_sign_public(const ts_secret_t *secret)
{
    ts_hash_t public_key;
    ts_secret_t again;
    ts_sign_keypair_from_seed(secret->b, &public_key, &again);
    ts_secret_wipe(&again);
    return public_key;
}

bool
ts_sign_public_is_sound(const ts_hash_t *public_key)
{
    return crypto_core_ed25519_is_valid_point(public_key->b) == 1;
}

void
ts_sign(const ts_secret_t *secret,
        const char *domain,
        const ts_bytes_t *parts,
        size_t count,
        uint8_t ret_signature[TS_SIGNATURE_BYTES])
{
    joined_t joined;
    join(&joined, domain, parts, count);
    int failed =
        crypto_sign_ed25519_detached(ret_signature, NULL, joined.data, joined.length, secret->b);
    unjoin(&joined);
    TS_CHECK(failed == 0);
}

ts_err_t
ts_sign_verify(const ts_hash_t *public_key,
               const char *domain,
               const ts_bytes_t *parts,
               size_t count,
               const uint8_t signature[TS_SIGNATURE_BYTES])
{
    joined_t joined;
    join(&joined, domain, parts, count);
    int failed =
        crypto_sign_ed25519_verify_detached(signature, joined.data, joined.length, public_key->b);
    unjoin(&joined);
    return failed == 0 ? TS_ERR_OK : TS_ERR_SIGNATURE;
}
