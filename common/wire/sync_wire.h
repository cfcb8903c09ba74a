/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Frames of the sync session ↔ core/sync_msg.h. Layout: proto/README.md "Frame of a session",
 * bodies: sync.proto. Used by the session runners of common/node. Decoding judges everything
 * (lengths, counts, numbers, UTF-8) and copies.
 */
#ifndef TS_WIRE_SYNC_WIRE_H
#define TS_WIRE_SYNC_WIRE_H

#include "base/buf.h"
#include "base/err.h"
#include "core/sync_msg.h"

#include <stdbool.h>
#include <stdint.h>

#define TS_SYNC_FRAME_HEADER_BYTES 12u
#define TS_SYNC_CHUNK_HEADER_BYTES 20u
/* Bytes of software, detail and reason texts. */
#define TS_SYNC_TEXT_BYTES_MAX 256u
/* Bytes of a body other than CHUNK: a full list of tips is about 25 KiB. */
#define TS_SYNC_BODY_BYTES_MAX 32768u

/* Owns what a decoded message points to. */
typedef struct ts_sync_decoder ts_sync_decoder_t;

ts_sync_decoder_t *ts_sync_decoder_new(void);
void ts_sync_decoder_destroy(ts_sync_decoder_t **self_p);

/* Appends one frame. A message beyond the limits is our own bug (TS_CHECK); texts that are too long
 * are cut at a character. */
void ts_sync_encode(const ts_sync_msg_t *msg, ts_buf_t *out);
/*
 * The message lives until the next call; a CHUNK's data points into `frame`. WELCOME carries no
 * deployment (zero) and one protocol number (both fields). Texts are never NULL. UNKNOWN: other
 * protocol version or a type that this program does not know; TRUNCATED, TOOBIG, INVALID: the peer
 * broke the protocol. Fields added by later versions are skipped.
 */
TS_MUST_USE ts_err_t ts_sync_decode(ts_sync_decoder_t *self,
                                    ts_bytes_t frame,
                                    ts_sync_msg_t *ret_msg);
/* Type and session nonce of a frame without reading its body, for routing; false when it is no
 * frame of ours. */
bool ts_sync_peek(ts_bytes_t frame, uint8_t *ret_type, uint8_t ret_session[8]);
/* "HELLO" …; "?" for no type. */
const char *ts_sync_kind_name(ts_sync_kind_t kind);

#endif
