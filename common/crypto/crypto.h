/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Start of the crypto layer and the handling of secret memory. This layer alone includes libsodium
 * (one library, so that edge cases of Ed25519 are judged alike everywhere).
 * No function here knows what a key is for; who may use which key is decided in the fold and in
 * net.
 */
#ifndef TS_CRYPTO_CRYPTO_H
#define TS_CRYPTO_CRYPTO_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Must succeed once before any other function of the layer; may be called again. IO: the system
 * gives no random bytes, the process must stop. */
TS_MUST_USE ts_err_t ts_crypto_init(void);

/* Overwrites memory so that the compiler cannot leave it out. NULL is allowed when bytes is 0. */
void ts_wipe(void *data, size_t bytes);

/* Compares in a time that does not depend on the content; for secrets and passwords. */
bool ts_equal_secret(const void *a, const void *b, size_t bytes);

#endif
