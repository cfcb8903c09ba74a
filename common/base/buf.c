/* SPDX-License-Identifier: MPL-2.0 */
#include "base/buf.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <string.h>

void
ts_buf_free(ts_buf_t *buf)
{
    ts_xfree(buf->data);
    *buf = (ts_buf_t){0};
}

void
ts_buf_clear(ts_buf_t *buf)
{
    buf->length = 0;
}

uint8_t *
ts_buf_extend(ts_buf_t *buf, size_t bytes)
{
    TS_CHECK(bytes <= SIZE_MAX - buf->length);
    buf->data = ts_xgrow(buf->data, buf->length + bytes, &buf->capacity, 1);
    uint8_t *at = buf->data == NULL ? NULL : buf->data + buf->length;
    buf->length += bytes;
    return at;
}

void
ts_buf_put(ts_buf_t *buf, const void *data, size_t bytes)
{
    if (bytes > 0) {
        memcpy(ts_buf_extend(buf, bytes), data, bytes);
    }
}

void
ts_buf_put_u8(ts_buf_t *buf, uint8_t value)
{
    *ts_buf_extend(buf, 1) = value;
}

static void
put_little_endian(ts_buf_t *buf, uint64_t value, size_t bytes)
{
    uint8_t *at = ts_buf_extend(buf, bytes);
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

void
ts_buf_put_u16(ts_buf_t *buf, uint16_t value)
{
    put_little_endian(buf, value, 2);
}

void
ts_buf_put_u32(ts_buf_t *buf, uint32_t value)
{
    put_little_endian(buf, value, 4);
}

void
ts_buf_put_u64(ts_buf_t *buf, uint64_t value)
{
    put_little_endian(buf, value, 8);
}

void
ts_buf_put_varint(ts_buf_t *buf, uint64_t value)
{
    while (value > 0x7f) {
        ts_buf_put_u8(buf, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    ts_buf_put_u8(buf, (uint8_t)value);
}

void
ts_buf_put_text(ts_buf_t *buf, const char *text)
{
    ts_buf_put(buf, text, strlen(text));
}

ts_bytes_t
ts_buf_bytes(const ts_buf_t *buf)
{
    return (ts_bytes_t){buf->data, buf->length};
}

ts_cursor_t
ts_cursor(const void *data, size_t length)
{
    return (ts_cursor_t){data, length, 0, false};
}

const uint8_t *
ts_cursor_take(ts_cursor_t *cursor, size_t bytes)
{
    if (cursor->bad || bytes > cursor->length - cursor->offset) {
        cursor->bad = true;
        return NULL;
    }
    const uint8_t *at = cursor->data + cursor->offset;
    cursor->offset += bytes;
    return at;
}

void
ts_cursor_get(ts_cursor_t *cursor, void *out, size_t bytes)
{
    const uint8_t *at = ts_cursor_take(cursor, bytes);
    if (at == NULL) {
        memset(out, 0, bytes);
    } else {
        memcpy(out, at, bytes);
    }
}

static uint64_t
get_little_endian(ts_cursor_t *cursor, size_t bytes)
{
    const uint8_t *at = ts_cursor_take(cursor, bytes);
    uint64_t value = 0;
    for (size_t i = 0; at != NULL && i < bytes; i++) {
        value |= (uint64_t)at[i] << (8 * i);
    }
    return value;
}

uint8_t
ts_cursor_u8(ts_cursor_t *cursor)
{
    return (uint8_t)get_little_endian(cursor, 1);
}

uint16_t
ts_cursor_u16(ts_cursor_t *cursor)
{
    return (uint16_t)get_little_endian(cursor, 2);
}

uint32_t
ts_cursor_u32(ts_cursor_t *cursor)
{
    return (uint32_t)get_little_endian(cursor, 4);
}

uint64_t
ts_cursor_u64(ts_cursor_t *cursor)
{
    return get_little_endian(cursor, 8);
}

uint64_t
ts_cursor_varint(ts_cursor_t *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t *at = ts_cursor_take(cursor, 1);
        if (at == NULL) {
            return 0;
        }
        if (shift == 63 && *at > 1) {
            break; /* more than 64 bits, or an eleventh byte */
        }
        value |= (uint64_t)(*at & 0x7f) << shift;
        if ((*at & 0x80) == 0) {
            return value;
        }
    }
    cursor->bad = true;
    return 0;
}

size_t
ts_cursor_left(const ts_cursor_t *cursor)
{
    return cursor->length - cursor->offset;
}

bool
ts_cursor_done(const ts_cursor_t *cursor)
{
    return !cursor->bad && cursor->offset == cursor->length;
}

uint64_t
ts_load_u64(const uint8_t *at)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++) {
        value |= (uint64_t)at[i] << (8 * i);
    }
    return value;
}

void
ts_store_u64(uint8_t *at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}
