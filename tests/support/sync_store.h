/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A store in memory for tests of the sync session: holds segments, judges them with core/chain,
 * keeps partial segments. Hashes are a mixing function of its own, not a secure one, so that
 * tests of core link nothing but core. Only for tests/.
 */
#ifndef TS_TESTS_SUPPORT_SYNC_STORE_H
#define TS_TESTS_SUPPORT_SYNC_STORE_H

#include "core/chain.h"
#include "core/sync_msg.h"

typedef struct sync_segment {
    uint8_t *bytes;
    uint32_t length;
    ts_segment_header_t header;
    ts_tip_t tip; /* log, last seq, hash */
} sync_segment_t; /* its arrival number is its index + 1 */

typedef struct sync_partial {
    ts_hash_t log;
    uint64_t prefix;
    uint32_t total;
    ts_buf_t bytes;
} sync_partial_t;

typedef struct sync_store {
    ts_id16_t id;
    sync_segment_t *segments;
    size_t count;
    size_t capacity;
    sync_partial_t *partials;
    size_t partial_count;
    size_t partial_capacity;
} sync_store_t;

/* What tests need to know of a log; kept in its genesis: office = author, audience. */
typedef struct sync_log {
    ts_hash_t log;
    uint32_t author;
    bool down;
    bool acts;
} sync_log_t;

ts_hash_t sync_hash(const void *data, size_t bytes);
ts_hash_t sync_segment_hash(const uint8_t *segment);
extern const ts_id16_t SYNC_DEPLOYMENT;

void sync_store_init(sync_store_t *self, uint8_t id);
void sync_store_free(sync_store_t *self);
/* Makes a copy with all that is committed. */
void sync_store_copy(const sync_store_t *from, sync_store_t *to);
/* Throws away what arrived after the first `count` segments: an old backup. */
void sync_store_rewind(sync_store_t *self, size_t count);

/* A genesis of a new log in this store. */
ts_hash_t sync_store_new_log(sync_store_t *self, uint32_t author, bool down, bool acts);
/* A segment of `payload` bytes after `after` (NULL: the newest tip); its content depends on salt.
 */
ts_tip_t sync_store_write(sync_store_t *self,
                          const ts_hash_t *log,
                          const ts_tip_t *after,
                          uint32_t payload,
                          uint32_t salt);
/* Judges and stores as custody does: OK with the tip (also when held already), or the error. */
ts_err_t
sync_store_put(sync_store_t *self, ts_bytes_t bytes, ts_tip_t *ret_tip, ts_hash_t *ret_prev);

const sync_segment_t *sync_store_find(const sync_store_t *self, const ts_hash_t *hash);
/* false when the log is not held. */
bool sync_store_log(const sync_store_t *self, const ts_hash_t *log, sync_log_t *ret_log);
/* Tips of a log, in the order of their arrival; returns how many. */
size_t sync_store_tips(const sync_store_t *self, const ts_hash_t *log, ts_tip_t *out, size_t max);
/* `hash` is `tip` or an ancestor of it. */
bool sync_store_on_chain(const sync_store_t *self, const ts_hash_t *hash, const ts_hash_t *tip);

#endif
