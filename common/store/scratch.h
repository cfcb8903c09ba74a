/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Pieces of segments that are not complete, so that a cut link goes on inside a segment
 * (scratch.sqlite, never flushed: losing it only makes a peer send again). Not for whole segments
 * (custody.h). Source: design §7, sync.md R9, §4.5.
 */
#ifndef TS_STORE_SCRATCH_H
#define TS_STORE_SCRATCH_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"

#include <stddef.h>
#include <stdint.h>

/* Pieces kept in all; beyond it the partial that was longest untouched goes. */
#define TS_SCRATCH_BYTES_MAX (16u << 20)

typedef struct ts_scratch ts_scratch_t;

/* A segment under way. */
typedef struct ts_partial {
    ts_hash_t log;
    uint64_t prefix; /* first 8 bytes of the segment hash, as in CHUNK */
    uint32_t total;  /* bytes of the whole segment, ≤ TS_SEGMENT_BYTES_MAX */
    uint32_t have;   /* bytes held without a gap, from 0 */
} ts_partial_t;

/* Opens or makes <folder>/scratch.sqlite. A damaged one is of no value: it is renamed to
 * scratch.sqlite.bad and made anew. */
TS_MUST_USE ts_err_t ts_scratch_open(ts_scratch_t **ret_self,
                                     const char *folder,
                                     const char *vfs,
                                     ts_msg_t *detail);
void ts_scratch_destroy(ts_scratch_t **self_p);
const ts_msg_t *ts_scratch_detail(const ts_scratch_t *self);

/* Adds the bytes at partial->have when offset equals it; fewer or overlapping bytes are cut to what
 * is new, a gap is INVALID, a changed total or a log other than before starts the partial anew
 * (offset must then be 0). partial->have is not read. *ret_have is the new length. */
TS_MUST_USE ts_err_t ts_scratch_put(ts_scratch_t *self,
                                    const ts_partial_t *partial,
                                    uint32_t offset,
                                    ts_bytes_t data,
                                    uint32_t *ret_have);
/* The bytes held so far; NOTFOUND. */
TS_MUST_USE ts_err_t ts_scratch_get(ts_scratch_t *self, uint64_t prefix, ts_buf_t *ret_bytes);
/* The partial of a log that has most bytes; NOTFOUND. */
TS_MUST_USE ts_err_t ts_scratch_of_log(ts_scratch_t *self,
                                       const ts_hash_t *log,
                                       ts_partial_t *ret_partial);
/* Complete, refused or not wanted any more; harmless when absent. */
TS_MUST_USE ts_err_t ts_scratch_drop(ts_scratch_t *self, uint64_t prefix);

#endif
