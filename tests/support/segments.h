/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Makes logs and segments whose hashes are right and whose signatures are random bytes, for tests
 * of what does not check signatures. Same seed, same bytes. For tests only.
 */
#ifndef TS_TESTS_SUPPORT_SEGMENTS_H
#define TS_TESTS_SUPPORT_SEGMENTS_H

#include "base/buf.h"
#include "base/id.h"
#include "base/prng.h"
#include "core/envelope.h"
#include "core/log.h"

#include <stdint.h>

/* Deployment of all made segments: sixteen bytes 0xd1. */
ts_id16_t ts_made_deployment(void);

/* Where a log stands; copy it to make a fork. */
typedef struct ts_made_log {
    ts_tip_t tip;
    ts_prng_t prng;
} ts_made_log_t;

/* A segment with its own bytes. */
typedef struct ts_made {
    ts_buf_t bytes;
    ts_hash_t hash;
    ts_segment_view_t view; /* into bytes */
} ts_made_t;

/* Starts a log; seeds make different ones. */
void ts_made_genesis(
    ts_made_log_t *log, uint8_t purpose, uint32_t office, uint64_t seed, ts_made_t *ret_made);
/* The next segment of it; payload_bytes of random payload. */
void ts_made_next(ts_made_log_t *log, uint32_t count, uint32_t payload_bytes, ts_made_t *ret_made);
/* The same with header flags and a first number that need not follow. */
void ts_made_odd(
    ts_made_log_t *log, uint16_t flags, uint64_t first_seq, uint32_t count, ts_made_t *ret_made);
/* Takes bytes (copied) for a segment. */
void ts_made_from(ts_bytes_t bytes, ts_made_t *ret_made);
void ts_made_free(ts_made_t *made);

#endif
