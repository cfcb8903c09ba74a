/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Ed25519 (RFC 8032) with separated uses. What is signed is
 *     domain, one zero byte, the parts one after the other
 * where the domain names the kind of statement and its version ("tiepsuc segment v1"), so that a
 * signature made for one use can never be shown for another. Parts are joined without lengths: the
 * caller's layout must be unambiguous (fixed layouts are).
 *
 * Verifying refuses a signature whose S is not reduced and public keys of small order or
 * non-canonical form. A signature is no identity of a message: never use it as a key
 * or to drop duplicates.
 */
#ifndef TS_CRYPTO_SIGN_H
#define TS_CRYPTO_SIGN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "crypto/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_SIGNATURE_BYTES 64
#define TS_SIGN_SEED_BYTES 32
/* Longest domain string without its NUL. */
#define TS_SIGN_DOMAIN_BYTES_MAX 64

/* An Ed25519 secret: seed and public key, as libsodium keeps it. Wipe it when it is no longer
 * needed. */
typedef struct ts_secret {
    uint8_t b[64];
} ts_secret_t;

void ts_secret_wipe(ts_secret_t *secret);

/* A new pair. */
void ts_sign_keypair(ts_random_t random, ts_hash_t *ret_public, ts_secret_t *ret_secret);

/* The pair of a seed; the same seed gives the same pair. */
void ts_sign_keypair_from_seed(const uint8_t seed[TS_SIGN_SEED_BYTES],
                               ts_hash_t *ret_public,
                               ts_secret_t *ret_secret);

/* The public key that belongs to a secret, computed from its seed. */
ts_hash_t ts_sign_public(const ts_secret_t *secret);

/* Whether 32 bytes are a sound public key: canonical, on the curve, in the main subgroup. Ask
 * before a key is admitted to a registry or invite; it costs about as much as verifying. */
bool ts_sign_public_is_sound(const ts_hash_t *public_key);

/* domain: 1..TS_SIGN_DOMAIN_BYTES_MAX bytes. Deterministic: same input, same signature. */
void ts_sign(const ts_secret_t *secret,
             const char *domain,
             const ts_bytes_t *parts,
             size_t count,
             uint8_t ret_signature[TS_SIGNATURE_BYTES]);

/* OK, or SIGNATURE when signature, key, domain or message do not belong together. */
TS_MUST_USE ts_err_t ts_sign_verify(const ts_hash_t *public_key,
                                    const char *domain,
                                    const ts_bytes_t *parts,
                                    size_t count,
                                    const uint8_t signature[TS_SIGNATURE_BYTES]);

#endif
