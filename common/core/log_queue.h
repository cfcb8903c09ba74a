/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A line of log ids, first in first out: the turn of logs inside a priority class of the sync
 * halves. It does not look for duplicates; the owner notes who stands in it. Zero-initialised is
 * empty.
 */
#ifndef TS_CORE_LOG_QUEUE_H
#define TS_CORE_LOG_QUEUE_H

#include "base/id.h"

typedef struct ts_log_queue {
    ts_hash_t *logs; /* ring */
    size_t head;
    size_t count;
    size_t capacity;
} ts_log_queue_t;

void ts_log_queue_free(ts_log_queue_t *self);
void ts_log_queue_push(ts_log_queue_t *self, const ts_hash_t *log);
/* To the front: a log that goes on with what it began. */
void ts_log_queue_push_front(ts_log_queue_t *self, const ts_hash_t *log);
/* false when empty. */
bool ts_log_queue_pop(ts_log_queue_t *self, ts_hash_t *ret_log);

#endif
