/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Bytes ↔ one zstd frame with its size declared: canonical figures inside a report's seal. Not for
 * segments (segment.h). Deterministic for one version of the library; what is hashed is the plain
 * bytes.
 */
#ifndef TS_WIRE_BLOB_H
#define TS_WIRE_BLOB_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

/* Appends the frame. */
void ts_blob_pack(ts_bytes_t plain, ts_buf_t *out);
/* Appends the plain bytes. INVALID: no such frame, or no size declared; TOOBIG: more than `max`;
 * `out` is then untouched. */
TS_MUST_USE ts_err_t ts_blob_unpack(ts_bytes_t packed, size_t max, ts_buf_t *out);

#endif
