/* SPDX-License-Identifier: MPL-2.0 */
#include "core/envelope.h"

#include "base/check.h"
#include "base/limits.h"

#include <string.h>

static const uint8_t MAGIC[4] = {0x54, 0x53, 0x67, 0x01};

enum { FLAGS_KNOWN = TS_SEGMENT_GENESIS | TS_SEGMENT_CLOSES };

static void
read_header(ts_cursor_t *cursor, ts_segment_header_t *ret_header)
{
    ts_segment_header_t header = {0};
    header.flags = ts_cursor_u16(cursor);
    ts_cursor_get(cursor, header.deployment.b, TS_ID16_BYTES);
    ts_cursor_get(cursor, header.log.b, TS_HASH_BYTES);
    header.first_seq = ts_cursor_u64(cursor);
    header.count = ts_cursor_u32(cursor);
    ts_cursor_get(cursor, header.prev.b, TS_HASH_BYTES);
    header.key_id = ts_cursor_u64(cursor);
    header.codec = ts_cursor_u8(cursor);
    header.encryption = ts_cursor_u8(cursor);
    uint16_t reserved = ts_cursor_u16(cursor);
    header.recipient_key_id = ts_cursor_u64(cursor);
    header.stored_bytes = ts_cursor_u32(cursor);
    header.raw_bytes = ts_cursor_u32(cursor);
    header.claimed_ms = (int64_t)ts_cursor_u64(cursor);
    header.mono_ms = (int64_t)ts_cursor_u64(cursor);
    header.boot = ts_cursor_u32(cursor);
    ts_cursor_get(cursor, header.payload_hash.b, TS_HASH_BYTES);
    if (reserved != 0) {
        cursor->bad = true;
    }
    *ret_header = header;
}

static ts_err_t
check_sizes(const ts_segment_header_t *header)
{
    if (header->stored_bytes > TS_SEGMENT_BYTES_MAX - TS_SEGMENT_FIXED_BYTES ||
        header->raw_bytes > TS_PAYLOAD_RAW_BYTES_MAX ||
        header->raw_bytes > (uint64_t)header->stored_bytes * TS_PAYLOAD_RATIO_MAX) {
        return TS_ERR_TOOBIG;
    }
    if (header->stored_bytes == 0 || header->raw_bytes == 0) {
        return TS_ERR_INVALID;
    }
    return TS_ERR_OK;
}

static ts_err_t
check_place(const ts_segment_header_t *header)
{
    if ((header->flags & ~(unsigned)FLAGS_KNOWN) != 0) {
        return TS_ERR_INVALID;
    }
    if ((header->flags & TS_SEGMENT_GENESIS) != 0) {
        bool first = header->first_seq == 0 && header->count == 0 &&
                     ts_hash_is_zero(&header->log) && ts_hash_is_zero(&header->prev);
        bool plain =
            header->codec == TS_CODEC_GENESIS && header->encryption == TS_ENCRYPTION_NONE &&
            header->stored_bytes == TS_GENESIS_BYTES && header->raw_bytes == TS_GENESIS_BYTES;
        return first && plain ? TS_ERR_OK : TS_ERR_INVALID;
    }
    if (header->first_seq == 0 || header->count == 0 || ts_hash_is_zero(&header->log) ||
        ts_hash_is_zero(&header->prev)) {
        return TS_ERR_INVALID;
    }
    if (header->count > TS_SEGMENT_EVENTS_MAX) {
        return TS_ERR_TOOBIG;
    }
    /* Numbers stay below 2^63: stores keep them as signed integers. */
    if (header->first_seq > (uint64_t)INT64_MAX - header->count) {
        return TS_ERR_INVALID;
    }
    return TS_ERR_OK;
}

ts_err_t
ts_segment_peek(ts_bytes_t bytes, ts_segment_header_t *ret_header, uint32_t *ret_whole_bytes)
{
    if (bytes.length < TS_SEGMENT_HEADER_BYTES) {
        return TS_ERR_TRUNCATED;
    }
    if (memcmp(bytes.data, MAGIC, sizeof MAGIC) != 0) {
        return TS_ERR_UNKNOWN;
    }
    ts_cursor_t cursor =
        ts_cursor(bytes.data + sizeof MAGIC, TS_SEGMENT_HEADER_BYTES - sizeof MAGIC);
    ts_segment_header_t header;
    if (ts_cursor_u16(&cursor) != TS_SEGMENT_HEADER_BYTES) {
        return TS_ERR_INVALID;
    }
    read_header(&cursor, &header);
    if (!ts_cursor_done(&cursor)) {
        return TS_ERR_INVALID;
    }
    ts_err_t err = check_sizes(&header);
    if (err == TS_ERR_OK) {
        err = check_place(&header);
    }
    if (err == TS_ERR_OK) {
        *ret_header = header;
        *ret_whole_bytes = TS_SEGMENT_FIXED_BYTES + header.stored_bytes;
    }
    return err;
}

ts_err_t
ts_segment_parse(ts_bytes_t bytes, ts_segment_view_t *ret_view)
{
    if (bytes.length > TS_SEGMENT_BYTES_MAX) {
        return TS_ERR_TOOBIG;
    }
    ts_segment_header_t header;
    uint32_t whole;
    ts_err_t err = ts_segment_peek(bytes, &header, &whole);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (bytes.length != whole) {
        return bytes.length < whole ? TS_ERR_TRUNCATED : TS_ERR_INVALID;
    }
    *ret_view = (ts_segment_view_t){
        .header = header,
        .signed_bytes = {bytes.data, TS_SEGMENT_HEADER_BYTES},
        .signature = bytes.data + TS_SEGMENT_HEADER_BYTES,
        .payload = {bytes.data + TS_SEGMENT_FIXED_BYTES, header.stored_bytes},
        .whole = bytes,
    };
    return TS_ERR_OK;
}

void
ts_segment_put_header(ts_buf_t *out, const ts_segment_header_t *header)
{
    size_t start = out->length;
    ts_buf_put(out, MAGIC, sizeof MAGIC);
    ts_buf_put_u16(out, TS_SEGMENT_HEADER_BYTES);
    ts_buf_put_u16(out, header->flags);
    ts_buf_put(out, header->deployment.b, TS_ID16_BYTES);
    ts_buf_put(out, header->log.b, TS_HASH_BYTES);
    ts_buf_put_u64(out, header->first_seq);
    ts_buf_put_u32(out, header->count);
    ts_buf_put(out, header->prev.b, TS_HASH_BYTES);
    ts_buf_put_u64(out, header->key_id);
    ts_buf_put_u8(out, header->codec);
    ts_buf_put_u8(out, header->encryption);
    ts_buf_put_u16(out, 0);
    ts_buf_put_u64(out, header->recipient_key_id);
    ts_buf_put_u32(out, header->stored_bytes);
    ts_buf_put_u32(out, header->raw_bytes);
    ts_buf_put_u64(out, (uint64_t)header->claimed_ms);
    ts_buf_put_u64(out, (uint64_t)header->mono_ms);
    ts_buf_put_u32(out, header->boot);
    ts_buf_put(out, header->payload_hash.b, TS_HASH_BYTES);
    TS_CHECK(out->length - start == TS_SEGMENT_HEADER_BYTES);
}

uint64_t
ts_segment_last_seq(const ts_segment_header_t *header)
{
    return header->count == 0 ? 0 : header->first_seq + header->count - 1;
}
