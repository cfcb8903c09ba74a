/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ts_buf_t: growing bytes, and little-endian put/get for the fixed layouts of proto/README.md.
 * ts_cursor_t: bounded reading; a read past the end sets `bad` and gives zeros, so that a parser
 * can read a whole fixed layout and check once. Nothing here allocates on reading.
 */
#ifndef TS_BASE_BUF_H
#define TS_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes; data may be NULL when length is 0. */
typedef struct ts_bytes {
    const uint8_t *data;
    size_t length; /* bytes */
} ts_bytes_t;

/* Owned, growing bytes. Zero-initialised is empty. */
typedef struct ts_buf {
    uint8_t *data;
    size_t length;   /* bytes used */
    size_t capacity; /* bytes allocated */
} ts_buf_t;

void ts_buf_free(ts_buf_t *buf);
void ts_buf_clear(ts_buf_t *buf);
void ts_buf_put(ts_buf_t *buf, const void *data, size_t bytes);
/* Makes room for `bytes` more and returns where they go; the caller fills them. */
uint8_t *ts_buf_extend(ts_buf_t *buf, size_t bytes);
void ts_buf_put_u8(ts_buf_t *buf, uint8_t value);
void ts_buf_put_u16(ts_buf_t *buf, uint16_t value);
void ts_buf_put_u32(ts_buf_t *buf, uint32_t value);
void ts_buf_put_u64(ts_buf_t *buf, uint64_t value);
/* Base-128 varint as in protobuf, 1..10 bytes. */
void ts_buf_put_varint(ts_buf_t *buf, uint64_t value);
/* Text without its NUL. */
void ts_buf_put_text(ts_buf_t *buf, const char *text);
ts_bytes_t ts_buf_bytes(const ts_buf_t *buf);

typedef struct ts_cursor {
    const uint8_t *data;
    size_t length;
    size_t offset;
    bool bad; /* a read went past the end */
} ts_cursor_t;

ts_cursor_t ts_cursor(const void *data, size_t length);
/* `bytes` bytes in place, NULL (and bad) when fewer are left. */
const uint8_t *ts_cursor_take(ts_cursor_t *cursor, size_t bytes);
/* Copies into `out`; zeros when fewer are left. */
void ts_cursor_get(ts_cursor_t *cursor, void *out, size_t bytes);
uint8_t ts_cursor_u8(ts_cursor_t *cursor);
uint16_t ts_cursor_u16(ts_cursor_t *cursor);
uint32_t ts_cursor_u32(ts_cursor_t *cursor);
uint64_t ts_cursor_u64(ts_cursor_t *cursor);
/* Bad as well when the number does not fit in 64 bits. */
uint64_t ts_cursor_varint(ts_cursor_t *cursor);
size_t ts_cursor_left(const ts_cursor_t *cursor);
/* Nothing bad and nothing left over. */
bool ts_cursor_done(const ts_cursor_t *cursor);

uint64_t ts_load_u64(const uint8_t *at);
void ts_store_u64(uint8_t *at, uint64_t value);

#endif
