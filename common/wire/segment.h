/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Payload of a segment: events' bytes ↔ protobuf Payload, plain or as one zstd frame (content size
 * declared, no checksum, no dictionary). Signatures, hashes and the envelope are elsewhere
 * (core/envelope, crypto). Opening is one-shot into a buffer of exactly the declared size, so that
 * a frame that lies cannot cost more. Source: proto/README.md.
 */
#ifndef TS_WIRE_SEGMENT_H
#define TS_WIRE_SEGMENT_H

#include "base/buf.h"
#include "base/err.h"
#include "core/envelope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Compression levels: live segments of few events, and backlogs (once, at seal). */
#define TS_LEVEL_LIVE 3
#define TS_LEVEL_BACKLOG 9
/* Compressed bytes that a backlog segment aims at (16–32 KiB), and what a payload may
 * have at most. */
#define TS_SEAL_TARGET_BYTES 32768u
#define TS_PAYLOAD_STORED_BYTES_MAX (TS_SEGMENT_BYTES_MAX - TS_SEGMENT_FIXED_BYTES)

/* Compressor, decompressor and their buffers, reused. */
typedef struct ts_codec ts_codec_t;

ts_codec_t *ts_codec_new(void);
void ts_codec_destroy(ts_codec_t **self_p);
/* Gives contexts and buffers back; they come again when needed. For idle times and after a backlog.
 */
void ts_codec_trim(ts_codec_t *self);

typedef struct ts_sealed {
    size_t count;          /* so many of the given events are inside: the first ones */
    uint8_t codec;         /* TS_CODEC_PLAIN when compression does not help */
    uint32_t raw_bytes;    /* of the Payload */
    uint32_t stored_bytes; /* appended to the buffer */
} ts_sealed_t;

/*
 * Appends the payload of the first events, as many as fill target_bytes (≤
 * TS_PAYLOAD_STORED_BYTES_MAX; 0 means TS_SEAL_TARGET_BYTES) well, all of them when they fit. At
 * least one. level 1..19. count ≥ 1. INVALID: an event is empty; TOOBIG: an event beyond
 * TS_EVENT_BYTES_MAX.
 */
TS_MUST_USE ts_err_t ts_payload_seal(ts_codec_t *self,
                                     const ts_bytes_t *events,
                                     size_t count,
                                     int level,
                                     uint32_t target_bytes,
                                     ts_buf_t *out,
                                     ts_sealed_t *ret_sealed);
/* About how many compressed bytes so many raw bytes of events will take, from what was sealed
 * before. Cheap: tells when a tail is worth a segment. */
uint32_t ts_codec_estimate(const ts_codec_t *self, size_t raw_bytes);

/* An opened payload: a place among its events, which are not copied. */
typedef struct ts_payload {
    ts_bytes_t raw;
    size_t offset;
    uint32_t count; /* events in all */
    uint32_t index; /* of the next one, from 0 */
} ts_payload_t;

/*
 * Opens and checks everything: codec, sizes, ratio, each event's length, their count. Events live
 * until the next open, trim or destroy (with codec plain: as long as `payload`). UNKNOWN: codec or
 * encryption of a later version (park it as one); TOOBIG, TRUNCATED, INVALID: damaged or made to
 * harm. A genesis has no events: INVALID.
 */
TS_MUST_USE ts_err_t ts_payload_open(ts_codec_t *self,
                                     const ts_segment_header_t *header,
                                     ts_bytes_t payload,
                                     ts_payload_t *ret_payload);
/* The next event; false at the end. */
bool ts_payload_next(ts_payload_t *payload, ts_bytes_t *ret_event);

#endif
