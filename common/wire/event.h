/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Bytes of an event ↔ header struct + generated body struct. For the fold (reading, hot: ≤ 1 µs for
 * a typical event) and for commands (writing). Everything is judged here: sizes, UTF-8 without NUL,
 * enum numbers, counts, key lengths, wire types, each field at most once. Not judged: what a value
 * means (core). Source: proto/tiepsuc/v1/event.proto.
 */
#ifndef TS_WIRE_EVENT_H
#define TS_WIRE_EVENT_H

#include "base/err.h"
#include "base/msg.h"
#include "core/event.h"
#include "core/schema.h"

/* Owns the memory of one decoded event, reused from event to event (≤ TS_UNPACK_BYTES_MAX, idle ≤
 * 64 KiB). */
typedef struct ts_event_decoder ts_event_decoder_t;

ts_event_decoder_t *ts_event_decoder_new(void);
void ts_event_decoder_destroy(ts_event_decoder_t **self_p);

/*
 * Header and body. *ret_kind is the schema of header.kind, *ret_record its generated struct
 * (Tiepsuc__V1__Need …); both results live until the next call on this decoder; `bytes` may go
 * except for header.body, which points into it. An empty body is a record of zeros. UNKNOWN: kind
 * or version that this program does not know, or a field that its version does not have; then
 * *ret_header is filled (must_understand says what to do), the other results are not. TOOBIG,
 * TRUNCATED, INVALID, LIMIT: nothing is filled.
 */
TS_MUST_USE ts_err_t ts_event_decode(ts_event_decoder_t *self,
                                     ts_bytes_t bytes,
                                     ts_event_header_t *ret_header,
                                     const ts_kind_schema_t **ret_kind,
                                     const void **ret_record);
/* Only the header, body unread; fields of the header that this program does not know give UNKNOWN,
 * an unknown kind does not. */
TS_MUST_USE ts_err_t ts_event_decode_header(ts_event_decoder_t *self,
                                            ts_bytes_t bytes,
                                            ts_event_header_t *ret_header);
/* Why and in which field the last call failed, for a parked event; "no message" after success. */
void ts_event_decoder_why(const ts_event_decoder_t *self, ts_msg_t *ret_why);

/*
 * Appends the bytes of an event: header fields and record (generated struct of `kind`).
 * Deterministic. The result is judged by the same rules as a received one before it is appended, so
 * that no office parks what another wrote. header.kind is set from `kind`, header.version from
 * kind->version when it is 0. INVALID, TOOBIG, LIMIT with *ret_why; `out` is then untouched.
 */
TS_MUST_USE ts_err_t ts_event_encode(const ts_event_header_t *header,
                                     const ts_kind_schema_t *kind,
                                     const void *record,
                                     ts_buf_t *out,
                                     ts_msg_t *ret_why);

#endif
