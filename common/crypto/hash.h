/* SPDX-License-Identifier: MPL-2.0 */
/*
 * BLAKE2b with 32 bytes of result (RFC 7693, no key): ids of logs, segments and events, digests of
 * files. One shot allocates nothing and is made for millions of calls on about a hundred bytes;
 * streaming is for files and for things laid out in pieces. Both give the same result for the same
 * bytes. Not for passwords (crypto/box.h) and not a proof of who wrote something (crypto/sign.h).
 */
#ifndef TS_CRYPTO_HASH_H
#define TS_CRYPTO_HASH_H

#include "base/buf.h"
#include "base/id.h"

#include <stddef.h>
#include <stdint.h>

/* State of a hash in the making. On the stack or inside another struct; must not be copied or moved
 * between start and finish. */
typedef struct ts_hasher {
    uint8_t opaque[448];
} ts_hasher_t;

/* data may be NULL when bytes is 0. */
ts_hash_t ts_hash_of(const void *data, size_t bytes);

void ts_hasher_start(ts_hasher_t *hasher);
void ts_hasher_add(ts_hasher_t *hasher, const void *data, size_t bytes);
/* Afterwards the hasher must be started again before it is used. */
ts_hash_t ts_hasher_finish(ts_hasher_t *hasher);

/* Deployment id: the first 16 bytes of the hash of the root public key (base/id.h). */
ts_id16_t ts_hash_deployment(const ts_hash_t *root_public);

#endif
