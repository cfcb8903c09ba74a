/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/blob.h"

#include "base/check.h"

#include <zstd.h>

/* A report is packed once and travels over thin links. */
enum { LEVEL = 19 };

void
ts_blob_pack(ts_bytes_t plain, ts_buf_t *out)
{
    size_t bound = ZSTD_compressBound(plain.length);
    uint8_t *room = ts_buf_extend(out, bound);
    size_t length = ZSTD_compress(room, bound, plain.data, plain.length, LEVEL);
    TS_CHECK(!ZSTD_isError(length));
    out->length -= bound - length;
}

ts_err_t
ts_blob_unpack(ts_bytes_t packed, size_t max, ts_buf_t *out)
{
    unsigned long long declared = ZSTD_getFrameContentSize(packed.data, packed.length);
    if (declared == ZSTD_CONTENTSIZE_ERROR || declared == ZSTD_CONTENTSIZE_UNKNOWN) {
        return TS_ERR_INVALID;
    }
    if (declared > max) {
        return TS_ERR_TOOBIG;
    }
    size_t before = out->length;
    uint8_t *room = ts_buf_extend(out, (size_t)declared);
    size_t length = ZSTD_decompress(room, (size_t)declared, packed.data, packed.length);
    if (ZSTD_isError(length) || length != declared) {
        out->length = before;
        return TS_ERR_INVALID;
    }
    return TS_ERR_OK;
}
