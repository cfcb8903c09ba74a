/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Closing content so that only the right one can open it. Three ways:
 *   seal    to a recipient's X25519 public key; anyone can, only the recipient opens (bundles,
 * keepers, the personal book's backup). Format of libsodium's sealed box: 32 bytes one-time key, 16
 * bytes tag, text. It says nothing about who sealed; sign the content when that matters. lock with
 * a 32-byte key that both sides have (data at rest). 24 bytes nonce, 16 bytes tag included
 *           (XChaCha20-Poly1305). `context` is bound to the content and must be given again to
 * open. pass    with a passphrase through Argon2id (key files). 1 byte version, 16 bytes salt, 4
 * bytes rounds, 4 bytes memory in KiB, then a lock whose context is those 25 bytes and the caller's
 * context. Numbers are little-endian. Opening never says more than that it failed.
 */
#ifndef TS_CRYPTO_BOX_H
#define TS_CRYPTO_BOX_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "crypto/random.h"

#include <stdint.h>

#define TS_BOX_SEAL_BYTES 48u /* a sealed box is so much longer than its content */
#define TS_BOX_LOCK_BYTES 40u
#define TS_BOX_PASS_BYTES 65u

/* Cost of a passphrase: about a quarter of a second on a small office PC. A file carries its own
 * cost, so these may rise later; opening refuses more than the maxima. */
#define TS_BOX_PASS_ROUNDS 4u
#define TS_BOX_PASS_MEMORY_KIB (64u * 1024u)
#define TS_BOX_PASS_ROUNDS_MAX 16u
#define TS_BOX_PASS_MEMORY_KIB_MAX (512u * 1024u)

/* An X25519 (also CURVE) secret key or a key for lock. Wipe it when it is no longer needed. */
typedef struct ts_box_secret {
    uint8_t b[32];
} ts_box_secret_t;

void ts_box_secret_wipe(ts_box_secret_t *secret);

/* A new X25519 pair; CURVE of ZeroMQ uses the same keys. */
void ts_box_keypair(ts_random_t random, ts_hash_t *ret_public, ts_box_secret_t *ret_secret);

/* The public key that belongs to a secret. */
ts_hash_t ts_box_public(const ts_box_secret_t *secret);

/* Appends the sealed content to ret_box. INVALID: not a usable public key (small order); nothing
 * appended. */
TS_MUST_USE ts_err_t ts_box_seal(const ts_hash_t *recipient,
                                 ts_random_t random,
                                 ts_bytes_t content,
                                 ts_buf_t *ret_box);

/* Appends the content. TRUNCATED: too short for a box; KEY: not for this key, or altered. */
TS_MUST_USE ts_err_t ts_box_open(const ts_box_secret_t *secret,
                                 ts_bytes_t box,
                                 ts_buf_t *ret_content);

/* Appends the locked content. */
void ts_box_lock(const ts_box_secret_t *key,
                 ts_random_t random,
                 ts_bytes_t context,
                 ts_bytes_t content,
                 ts_buf_t *ret_box);

/* Appends the content. TRUNCATED: too short; KEY: other key, other context, or altered. */
TS_MUST_USE ts_err_t ts_box_unlock(const ts_box_secret_t *key,
                                   ts_bytes_t context,
                                   ts_bytes_t box,
                                   ts_buf_t *ret_content);

/* Appends the content locked under a passphrase (NUL-terminated, not empty). Takes
 * TS_BOX_PASS_MEMORY_KIB of memory for the moment. FULL: the system does not give that memory;
 * nothing appended. */
TS_MUST_USE ts_err_t ts_box_pass_lock(const char *passphrase,
                                      ts_random_t random,
                                      ts_bytes_t context,
                                      ts_bytes_t content,
                                      ts_buf_t *ret_box);

/* Appends the content. TRUNCATED: too short; UNKNOWN: made by a later version; LIMIT: asks for more
 * than the maxima; FULL: no memory; KEY: wrong passphrase or context, or altered. */
TS_MUST_USE ts_err_t ts_box_pass_unlock(const char *passphrase,
                                        ts_bytes_t context,
                                        ts_bytes_t box,
                                        ts_buf_t *ret_content);

#endif
