/* SPDX-License-Identifier: MPL-2.0 */
#include "crypto/crypto.h"

#include <sodium.h>

ts_err_t
ts_crypto_init(void)
{
    /* 1 means "done before". */
    return sodium_init() < 0 ? TS_ERR_IO : TS_ERR_OK;
}

void
ts_wipe(void *data, size_t bytes)
{
    if (bytes > 0) {
        sodium_memzero(data, bytes);
    }
}

bool
ts_equal_secret(const void *a, const void *b, size_t bytes)
{
    return bytes == 0 || sodium_memcmp(a, b, bytes) == 0;
}
