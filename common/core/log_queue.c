/* SPDX-License-Identifier: MPL-2.0 */
#include "core/log_queue.h"

#include "base/check.h"
#include "base/xalloc.h"

enum { CAPACITY_MIN = 16 };

void
ts_log_queue_free(ts_log_queue_t *self)
{
    ts_xfree(self->logs);
    *self = (ts_log_queue_t){0};
}

static void
make_room(ts_log_queue_t *self)
{
    if (self->count < self->capacity) {
        return;
    }
    size_t capacity = self->capacity == 0 ? CAPACITY_MIN : self->capacity * 2;
    ts_hash_t *logs = ts_xcalloc(capacity, sizeof *logs);
    for (size_t i = 0; i < self->count; i++) {
        logs[i] = self->logs[(self->head + i) % self->capacity];
    }
    ts_xfree(self->logs);
    self->logs = logs;
    self->head = 0;
    self->capacity = capacity;
}

void
ts_log_queue_push(ts_log_queue_t *self, const ts_hash_t *log)
{
    make_room(self);
    TS_CHECK(self->logs != NULL);
    self->logs[(self->head + self->count) % self->capacity] = *log;
    self->count++;
}

void
ts_log_queue_push_front(ts_log_queue_t *self, const ts_hash_t *log)
{
    make_room(self);
    TS_CHECK(self->logs != NULL);
    self->head = (self->head + self->capacity - 1) % self->capacity;
    self->logs[self->head] = *log;
    self->count++;
}

bool
ts_log_queue_pop(ts_log_queue_t *self, ts_hash_t *ret_log)
{
    if (self->count == 0) {
        return false;
    }
    *ret_log = self->logs[self->head];
    self->head = (self->head + 1) % self->capacity;
    self->count--;
    return true;
}
