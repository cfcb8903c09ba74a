/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Copies of segments inside a sealed payload (codec TS_CODEC_COPIES), for the logs that keepers
 * hold of the province: which bytes lie in the box. Pure. Layout, little-endian (proto/README.md):
 *
 *   head   u8 layout 1 · u8 zero · u16 index · u16 count · u16 zero
 *   piece  the rest: part `index` of `count` of a stream
 *   stream for each segment: u32 bytes, the segment verbatim
 *
 * A stream is cut into pieces where it is longer than one payload may be; its pieces follow one
 * another in their log, in one commit.
 */
#ifndef TS_CORE_COPIES_H
#define TS_CORE_COPIES_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_COPIES_HEAD_BYTES 8u
/* A piece, so that box and envelope stay below a segment's size. */
#define TS_COPIES_PIECE_BYTES_MAX 49152u
#define TS_COPIES_PIECES_MAX 64u

typedef struct ts_copies_piece {
    uint16_t index;
    uint16_t count;
    ts_bytes_t piece; /* borrowed from the content */
} ts_copies_piece_t;

/* Adds a segment to a stream. */
void ts_copies_add(ts_buf_t *stream, ts_bytes_t segment);
/* Pieces that a stream takes; 0 for an empty one. */
uint16_t ts_copies_pieces(size_t stream_bytes);
/* Content of piece `index`. */
void ts_copies_put(ts_bytes_t stream, uint16_t index, ts_buf_t *ret_content);
/* INVALID: not such a content; UNKNOWN: a later layout. */
TS_MUST_USE ts_err_t ts_copies_parse(ts_bytes_t content, ts_copies_piece_t *ret_piece);
/* The next segment of a whole stream; *offset begins with 0. NOTFOUND at its end; TRUNCATED:
 * damaged. */
TS_MUST_USE ts_err_t ts_copies_next(ts_bytes_t stream, size_t *offset, ts_bytes_t *ret_segment);

#endif
