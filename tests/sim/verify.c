/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Every office of a run checks the same signatures, one after the other, and again after each
 * start. The answer depends on what is asked alone, so it is remembered here; the first time it is
 * the product's.
 */
#include "crypto/hash.h"
#include "crypto/sign.h"

#include <string.h>

enum { PLACES = 1 << 15 };

/* In a place is what was asked there last. */
typedef struct known {
    ts_hash_t asked;
    ts_err_t answer;
    bool used;
} known_t;

ts_err_t __real_ts_sign_verify(const ts_hash_t *public_key,
                               const char *domain,
                               const ts_bytes_t *parts,
                               size_t count,
                               const uint8_t signature[TS_SIGNATURE_BYTES]);
ts_err_t __wrap_ts_sign_verify(const ts_hash_t *public_key,
                               const char *domain,
                               const ts_bytes_t *parts,
                               size_t count,
                               const uint8_t signature[TS_SIGNATURE_BYTES]);

/* Of everything that is asked, with lengths, so that nothing is taken for something else. */
static ts_hash_t
hash_of(const ts_hash_t *public_key,
        const char *domain,
        const ts_bytes_t *parts,
        size_t count,
        const uint8_t *signature)
{
    static ts_buf_t text;
    ts_buf_clear(&text);
    ts_buf_put(&text, public_key->b, sizeof public_key->b);
    ts_buf_put(&text, signature, TS_SIGNATURE_BYTES);
    ts_buf_put(&text, domain, strlen(domain) + 1);
    for (size_t i = 0; i < count; i++) {
        ts_buf_put(&text, &parts[i].length, sizeof parts[i].length);
        ts_buf_put(&text, parts[i].data, parts[i].length);
    }
    return ts_hash_of(text.data, text.length);
}

ts_err_t
__wrap_ts_sign_verify(const ts_hash_t *public_key,
                      const char *domain,
                      const ts_bytes_t *parts,
                      size_t count,
                      const uint8_t signature[TS_SIGNATURE_BYTES])
{
    static known_t known[PLACES];
    ts_hash_t asked = hash_of(public_key, domain, parts, count, signature);
    known_t *place = &known[ts_hash_prefix(&asked) % PLACES];
    if (!place->used || !ts_hash_equal(&place->asked, &asked)) {
        place->answer = __real_ts_sign_verify(public_key, domain, parts, count, signature);
        place->asked = asked;
        place->used = true;
    }
    return place->answer;
}
