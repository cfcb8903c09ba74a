/* SPDX-License-Identifier: MPL-2.0 */
#include "crypto/box.h"

#include "base/check.h"
#include "crypto/crypto.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SALT_BYTES crypto_pwhash_argon2id_SALTBYTES
#define PASS_VERSION 1u
#define PASS_HEADER_BYTES (1u + SALT_BYTES + 4u + 4u)

static_assert(TS_BOX_SEAL_BYTES == crypto_box_SEALBYTES, "sealed box overhead");
static_assert(TS_BOX_LOCK_BYTES == NONCE_BYTES + TAG_BYTES, "lock overhead");
static_assert(TS_BOX_PASS_BYTES == PASS_HEADER_BYTES + TS_BOX_LOCK_BYTES, "pass overhead");
static_assert(sizeof(ts_box_secret_t) == crypto_box_SECRETKEYBYTES, "secret size");
static_assert(sizeof(ts_box_secret_t) == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size");
static_assert(TS_HASH_BYTES == crypto_box_PUBLICKEYBYTES, "public key size");

void
ts_box_secret_wipe(ts_box_secret_t *secret)
{
    ts_wipe(secret->b, sizeof secret->b);
}

void
ts_box_keypair(ts_random_t random, ts_hash_t *ret_public, ts_box_secret_t *ret_secret)
{
    ts_random_bytes(random, ret_secret->b, sizeof ret_secret->b);
    *ret_public = ts_box_public(ret_secret);
}

ts_hash_t
ts_box_public(const ts_box_secret_t *secret)
{
    ts_hash_t public_key;
    int failed = crypto_scalarmult_base(public_key.b, secret->b);
    TS_CHECK(failed == 0);
    return public_key;
}

/* The nonce of libsodium's sealed box: BLAKE2b-192 of both public keys. */
static void
seal_nonce(const uint8_t *once, const uint8_t *recipient, uint8_t out[crypto_box_NONCEBYTES])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, crypto_box_NONCEBYTES);
    crypto_generichash_update(&state, once, crypto_box_PUBLICKEYBYTES);
    crypto_generichash_update(&state, recipient, crypto_box_PUBLICKEYBYTES);
    crypto_generichash_final(&state, out, crypto_box_NONCEBYTES);
}

/* Done by hand instead of crypto_box_seal, which draws from the system and could not be simulated.
 */
ts_err_t
ts_box_seal(const ts_hash_t *recipient, ts_random_t random, ts_bytes_t content, ts_buf_t *ret_box)
{
    ts_hash_t once_public;
    ts_box_secret_t once;
    uint8_t shared[crypto_box_BEFORENMBYTES];
    uint8_t nonce[crypto_box_NONCEBYTES];
    ts_err_t err = TS_ERR_INVALID;
    ts_box_keypair(random, &once_public, &once);
    if (crypto_box_beforenm(shared, recipient->b, once.b) == 0) {
        seal_nonce(once_public.b, recipient->b, nonce);
        uint8_t *to = ts_buf_extend(ret_box, TS_BOX_SEAL_BYTES + content.length);
        memcpy(to, once_public.b, sizeof once_public.b);
        to += sizeof once_public.b;
        int failed = crypto_box_easy_afternm(to, content.data, content.length, nonce, shared);
        TS_CHECK(failed == 0);
        err = TS_ERR_OK;
    }
    ts_box_secret_wipe(&once);
    ts_wipe(shared, sizeof shared);
    return err;
}

ts_err_t
ts_box_open(const ts_box_secret_t *secret, ts_bytes_t box, ts_buf_t *ret_content)
{
    if (box.length < TS_BOX_SEAL_BYTES) {
        return TS_ERR_TRUNCATED;
    }
    ts_hash_t public_key = ts_box_public(secret);
    size_t bytes = box.length - TS_BOX_SEAL_BYTES;
    size_t before = ret_content->length;
    uint8_t *to = ts_buf_extend(ret_content, bytes);
    if (crypto_box_seal_open(to, box.data, box.length, public_key.b, secret->b) != 0) {
        ret_content->length = before;
        return TS_ERR_KEY;
    }
    return TS_ERR_OK;
}

void
ts_box_lock(const ts_box_secret_t *key,
            ts_random_t random,
            ts_bytes_t context,
            ts_bytes_t content,
            ts_buf_t *ret_box)
{
    uint8_t *to = ts_buf_extend(ret_box, TS_BOX_LOCK_BYTES + content.length);
    ts_random_bytes(random, to, NONCE_BYTES);
    int failed = crypto_aead_xchacha20poly1305_ietf_encrypt(to + NONCE_BYTES, NULL, content.data,
                                                            content.length, context.data,
                                                            context.length, NULL, to, key->b);
    TS_CHECK(failed == 0);
}

ts_err_t
ts_box_unlock(const ts_box_secret_t *key, ts_bytes_t context, ts_bytes_t box, ts_buf_t *ret_content)
{
    if (box.length < TS_BOX_LOCK_BYTES) {
        return TS_ERR_TRUNCATED;
    }
    size_t before = ret_content->length;
    uint8_t *to = ts_buf_extend(ret_content, box.length - TS_BOX_LOCK_BYTES);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(to, NULL, NULL, box.data + NONCE_BYTES,
                                                   box.length - NONCE_BYTES, context.data,
                                                   context.length, box.data, key->b) != 0) {
        ret_content->length = before;
        return TS_ERR_KEY;
    }
    return TS_ERR_OK;
}

/* The key of a passphrase under salt and cost of a header; false when the memory is not given. */
static bool
stretch(const char *passphrase, const uint8_t *header, ts_box_secret_t *ret_key)
{
    ts_cursor_t cost = ts_cursor(header + 1 + SALT_BYTES, 8);
    uint32_t rounds = ts_cursor_u32(&cost);
    uint32_t memory_kib = ts_cursor_u32(&cost);
    return crypto_pwhash_argon2id(ret_key->b, sizeof ret_key->b, passphrase, strlen(passphrase),
                                  header + 1, rounds, (size_t)memory_kib * 1024,
                                  crypto_pwhash_argon2id_ALG_ARGON2ID13) == 0;
}

static void
pass_context(const uint8_t *header, ts_bytes_t context, ts_buf_t *ret_whole)
{
    ts_buf_put(ret_whole, header, PASS_HEADER_BYTES);
    ts_buf_put(ret_whole, context.data, context.length);
}

ts_err_t
ts_box_pass_lock(const char *passphrase,
                 ts_random_t random,
                 ts_bytes_t context,
                 ts_bytes_t content,
                 ts_buf_t *ret_box)
{
    TS_CHECK(passphrase[0] != '\0');
    uint8_t salt[SALT_BYTES];
    ts_random_bytes(random, salt, sizeof salt);
    ts_buf_t header = {0};
    ts_buf_put_u8(&header, PASS_VERSION);
    ts_buf_put(&header, salt, sizeof salt);
    ts_buf_put_u32(&header, TS_BOX_PASS_ROUNDS);
    ts_buf_put_u32(&header, TS_BOX_PASS_MEMORY_KIB);
    TS_CHECK(header.length == PASS_HEADER_BYTES);
    ts_buf_t whole = {0};
    pass_context(header.data, context, &whole);
    ts_box_secret_t key;
    ts_err_t err = TS_ERR_FULL;
    if (stretch(passphrase, header.data, &key)) {
        ts_buf_put(ret_box, header.data, header.length);
        ts_box_lock(&key, random, ts_buf_bytes(&whole), content, ret_box);
        err = TS_ERR_OK;
    }
    ts_box_secret_wipe(&key);
    ts_buf_free(&whole);
    ts_buf_free(&header);
    return err;
}

/* Whether the header of a box is one that may be opened at all. */
static ts_err_t
pass_admit(ts_bytes_t box)
{
    if (box.length < TS_BOX_PASS_BYTES) {
        return TS_ERR_TRUNCATED;
    }
    if (box.data[0] != PASS_VERSION) {
        return TS_ERR_UNKNOWN;
    }
    ts_cursor_t cost = ts_cursor(box.data + 1 + SALT_BYTES, 8);
    uint32_t rounds = ts_cursor_u32(&cost);
    uint32_t memory_kib = ts_cursor_u32(&cost);
    if (rounds < crypto_pwhash_argon2id_OPSLIMIT_MIN || rounds > TS_BOX_PASS_ROUNDS_MAX) {
        return TS_ERR_LIMIT;
    }
    if (memory_kib < crypto_pwhash_argon2id_MEMLIMIT_MIN / 1024 ||
        memory_kib > TS_BOX_PASS_MEMORY_KIB_MAX) {
        return TS_ERR_LIMIT;
    }
    return TS_ERR_OK;
}

ts_err_t
ts_box_pass_unlock(const char *passphrase,
                   ts_bytes_t context,
                   ts_bytes_t box,
                   ts_buf_t *ret_content)
{
    ts_err_t err = pass_admit(box);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_buf_t whole = {0};
    pass_context(box.data, context, &whole);
    ts_box_secret_t key;
    err = TS_ERR_FULL;
    if (stretch(passphrase, box.data, &key)) {
        ts_bytes_t inner = {box.data + PASS_HEADER_BYTES, box.length - PASS_HEADER_BYTES};
        err = ts_box_unlock(&key, ts_buf_bytes(&whole), inner, ret_content);
    }
    ts_box_secret_wipe(&key);
    ts_buf_free(&whole);
    return err;
}
