/* SPDX-License-Identifier: MPL-2.0 */
#include "core/copies.h"

#include "base/check.h"

#define LAYOUT 1u

void
ts_copies_add(ts_buf_t *stream, ts_bytes_t segment)
{
    ts_buf_put_u32(stream, (uint32_t)segment.length);
    ts_buf_put(stream, segment.data, segment.length);
}

uint16_t
ts_copies_pieces(size_t stream_bytes)
{
    size_t pieces = (stream_bytes + TS_COPIES_PIECE_BYTES_MAX - 1) / TS_COPIES_PIECE_BYTES_MAX;
    TS_CHECK(pieces <= TS_COPIES_PIECES_MAX);
    return (uint16_t)pieces;
}

void
ts_copies_put(ts_bytes_t stream, uint16_t index, ts_buf_t *ret_content)
{
    uint16_t count = ts_copies_pieces(stream.length);
    TS_CHECK(index < count);
    size_t from = (size_t)index * TS_COPIES_PIECE_BYTES_MAX;
    size_t left = stream.length - from;
    ts_buf_put_u8(ret_content, LAYOUT);
    ts_buf_put_u8(ret_content, 0);
    ts_buf_put_u16(ret_content, index);
    ts_buf_put_u16(ret_content, count);
    ts_buf_put_u16(ret_content, 0);
    ts_buf_put(ret_content, stream.data + from,
               left < TS_COPIES_PIECE_BYTES_MAX ? left : TS_COPIES_PIECE_BYTES_MAX);
}

ts_err_t
ts_copies_parse(ts_bytes_t content, ts_copies_piece_t *ret_piece)
{
    ts_cursor_t cursor = ts_cursor(content.data, content.length);
    ts_copies_piece_t piece = {0};
    uint8_t layout = ts_cursor_u8(&cursor);
    uint8_t zero = ts_cursor_u8(&cursor);
    piece.index = ts_cursor_u16(&cursor);
    piece.count = ts_cursor_u16(&cursor);
    uint16_t reserved = ts_cursor_u16(&cursor);
    if (cursor.bad) {
        return TS_ERR_INVALID;
    }
    if (layout != LAYOUT) {
        return TS_ERR_UNKNOWN;
    }
    size_t left = ts_cursor_left(&cursor);
    if (zero != 0 || reserved != 0 || piece.index >= piece.count ||
        piece.count > TS_COPIES_PIECES_MAX || left == 0 || left > TS_COPIES_PIECE_BYTES_MAX) {
        return TS_ERR_INVALID;
    }
    piece.piece = (ts_bytes_t){ts_cursor_take(&cursor, left), left};
    *ret_piece = piece;
    return TS_ERR_OK;
}

ts_err_t
ts_copies_next(ts_bytes_t stream, size_t *offset, ts_bytes_t *ret_segment)
{
    if (*offset == stream.length) {
        return TS_ERR_NOTFOUND;
    }
    ts_cursor_t cursor = ts_cursor(stream.data + *offset, stream.length - *offset);
    uint32_t bytes = ts_cursor_u32(&cursor);
    const uint8_t *data = ts_cursor_take(&cursor, bytes);
    if (cursor.bad || bytes == 0) {
        return TS_ERR_TRUNCATED;
    }
    *ret_segment = (ts_bytes_t){data, bytes};
    *offset += 4 + (size_t)bytes;
    return TS_ERR_OK;
}
