/* SPDX-License-Identifier: MPL-2.0 */
/*
 * CURVE key pairs (X25519): making and text form. Key files are crypto/keyfile. Links are
 * authenticated with these; what a log says is signed with other keys (crypto/sign.h).
 * A public key is a ts_hash_t everywhere.
 */
#ifndef TS_NET_KEYS_H
#define TS_NET_KEYS_H

#include "base/err.h"
#include "base/id.h"

#include <stdint.h>

#define TS_CURVE_KEY_BYTES 32
/* A key as text (Z85, 32/ZMTP) with its NUL. */
#define TS_CURVE_TEXT_BYTES 41

typedef struct ts_curve_pair {
    ts_hash_t public_key;
    uint8_t secret_key[TS_CURVE_KEY_BYTES];
} ts_curve_pair_t;

/* A new random pair. */
void ts_curve_pair_make(ts_curve_pair_t *ret_pair);
/* The pair that belongs to a secret key. */
void ts_curve_pair_from_secret(const uint8_t *secret, ts_curve_pair_t *ret_pair);
/* Overwrites the secret half. */
void ts_curve_pair_wipe(ts_curve_pair_t *pair);

/* Writes 40 characters and NUL. */
void ts_curve_key_format(const ts_hash_t *key, char out[TS_CURVE_TEXT_BYTES]);
/* Exactly 40 characters of Z85; INVALID otherwise. */
TS_MUST_USE ts_err_t ts_curve_key_parse(const char *text, ts_hash_t *ret_key);

#endif
