/* SPDX-License-Identifier: MPL-2.0 */
#include "net/keys.h"

#include "base/check.h"

#include <stdbool.h>
#include <string.h>
#include <zmq.h>

enum { KEY_TEXT = TS_CURVE_TEXT_BYTES - 1 };

static void
wipe(void *data, size_t bytes)
{
    volatile uint8_t *at = data;
    for (size_t i = 0; i < bytes; i++) {
        at[i] = 0;
    }
}

/* The decoder of the library wants a NUL-terminated text and checks only its length and alphabet.
 */
static bool
decode(const char *text, uint8_t out[TS_CURVE_KEY_BYTES])
{
    return strlen(text) == KEY_TEXT && zmq_z85_decode(out, text) != NULL;
}

void
ts_curve_pair_make(ts_curve_pair_t *ret_pair)
{
    char public_text[TS_CURVE_TEXT_BYTES];
    char secret_text[TS_CURVE_TEXT_BYTES];
    TS_CHECK(zmq_curve_keypair(public_text, secret_text) == 0);
    TS_CHECK(decode(public_text, ret_pair->public_key.b));
    TS_CHECK(decode(secret_text, ret_pair->secret_key));
    wipe(secret_text, sizeof secret_text);
}

void
ts_curve_pair_from_secret(const uint8_t *secret, ts_curve_pair_t *ret_pair)
{
    char public_text[TS_CURVE_TEXT_BYTES];
    char secret_text[TS_CURVE_TEXT_BYTES];
    TS_CHECK(zmq_z85_encode(secret_text, secret, TS_CURVE_KEY_BYTES) != NULL);
    TS_CHECK(zmq_curve_public(public_text, secret_text) == 0);
    TS_CHECK(decode(public_text, ret_pair->public_key.b));
    memcpy(ret_pair->secret_key, secret, TS_CURVE_KEY_BYTES);
    wipe(secret_text, sizeof secret_text);
}

void
ts_curve_pair_wipe(ts_curve_pair_t *pair)
{
    wipe(pair->secret_key, sizeof pair->secret_key);
}

void
ts_curve_key_format(const ts_hash_t *key, char out[TS_CURVE_TEXT_BYTES])
{
    TS_CHECK(zmq_z85_encode(out, key->b, TS_CURVE_KEY_BYTES) != NULL);
}

ts_err_t
ts_curve_key_parse(const char *text, ts_hash_t *ret_key)
{
    uint8_t bytes[TS_CURVE_KEY_BYTES];
    if (!decode(text, bytes)) {
        return TS_ERR_INVALID;
    }
    memcpy(ret_key->b, bytes, sizeof bytes);
    return TS_ERR_OK;
}
