/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Beginnings of segments that a cut link left behind, so that the next session goes on inside the
 * segment (scratch.sqlite, never flushed: losing it only makes a peer send again). One per log
 * (KEEP_PARTIAL and LOCATE of core/effect.h). Not for whole segments (custody.h).
 * Source: proto/README.md.
 */
#ifndef TS_STORE_SCRATCH_H
#define TS_STORE_SCRATCH_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes kept in all; beyond it the partial that was longest untouched goes. */
#define TS_SCRATCH_BYTES_MAX (16u << 20)

typedef struct ts_scratch ts_scratch_t;

/* A segment under way. */
typedef struct ts_partial {
    ts_hash_t log;
    uint64_t prefix; /* first 8 bytes of the segment hash, as in CHUNK */
    uint32_t total;  /* bytes of the whole segment, 1..TS_SEGMENT_BYTES_MAX */
    uint32_t have;   /* bytes held, from 0 without a gap */
} ts_partial_t;

/* Opens or makes <folder>/scratch.sqlite. A damaged one is of no value: it is renamed to
 * scratch.sqlite.bad and made anew. */
TS_MUST_USE ts_err_t ts_scratch_open(ts_scratch_t **ret_self,
                                     const char *folder,
                                     const char *vfs,
                                     ts_msg_t *detail);
void ts_scratch_destroy(ts_scratch_t **self_p);

/* Offset 0 replaces what is kept of the log; another offset appends when prefix and total are those
 * kept and partial->have is the length kept, and is ignored otherwise. partial->have is the offset.
 * No data with offset 0: forgets. INVALID: total out of range, or more bytes than total. */
TS_MUST_USE ts_err_t ts_scratch_keep(ts_scratch_t *self,
                                     const ts_partial_t *partial,
                                     ts_bytes_t data);
/* What is kept of a log; ret_bytes is replaced. NOTFOUND. */
TS_MUST_USE ts_err_t ts_scratch_get(ts_scratch_t *self,
                                    const ts_hash_t *log,
                                    ts_partial_t *ret_partial,
                                    ts_buf_t *ret_bytes);
/* Complete, refused or not wanted any more; harmless when absent. */
TS_MUST_USE ts_err_t ts_scratch_drop(ts_scratch_t *self, const ts_hash_t *log);

#endif
