/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A binary heap of entry numbers; each entry knows its place in the heap, so that cancelling is
 * O(log n). An id holds the entry number and a serial, so that a stale id finds nothing.
 */
#include "net/timers.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"

#include <assert.h>

/* `place` of an entry that waits for nothing. */
#define NOT_IN_HEAP UINT32_MAX

typedef struct ts_timer {
    int64_t due_ms;
    uint64_t serial; /* order of adding; also tells a reused entry from its former timer */
    ts_timer_fn call;
    void *context;
    uint32_t place; /* index in the heap, or NOT_IN_HEAP */
} ts_timer_t;

struct ts_timers {
    ts_timer_t *entries;
    size_t entry_capacity;
    uint32_t entry_count; /* entries ever used */
    uint32_t *free;       /* entries that can be used again */
    size_t free_capacity;
    size_t free_count;
    uint32_t *heap;
    size_t heap_capacity;
    uint32_t heap_count;
    uint64_t serial;
};

/* Low bits of an id: the entry. */
enum { ENTRY_BITS = 20 };
static_assert(TS_TIMERS_MAX < 1u << ENTRY_BITS, "an id holds the entry");

ts_timers_t *
ts_timers_new(void)
{
    return ts_xcalloc(1, sizeof(ts_timers_t));
}

void
ts_timers_destroy(ts_timers_t **self_p)
{
    ts_timers_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_xfree(self->entries);
    ts_xfree(self->free);
    ts_xfree(self->heap);
    ts_xfree(self);
    *self_p = NULL;
}

static bool
is_earlier(const ts_timers_t *self, uint32_t a, uint32_t b)
{
    const ts_timer_t *x = &self->entries[a];
    const ts_timer_t *y = &self->entries[b];
    return x->due_ms != y->due_ms ? x->due_ms < y->due_ms : x->serial < y->serial;
}

static void
put_at(ts_timers_t *self, uint32_t place, uint32_t entry)
{
    self->heap[place] = entry;
    self->entries[entry].place = place;
}

static void
sift_up(ts_timers_t *self, uint32_t place)
{
    uint32_t entry = self->heap[place];
    while (place > 0 && is_earlier(self, entry, self->heap[(place - 1) / 2])) {
        put_at(self, place, self->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put_at(self, place, entry);
}

static void
sift_down(ts_timers_t *self, uint32_t place)
{
    uint32_t entry = self->heap[place];
    for (;;) {
        uint32_t child = 2 * place + 1;
        if (child >= self->heap_count) {
            break;
        }
        if (child + 1 < self->heap_count &&
            is_earlier(self, self->heap[child + 1], self->heap[child])) {
            child++;
        }
        if (!is_earlier(self, self->heap[child], entry)) {
            break;
        }
        put_at(self, place, self->heap[child]);
        place = child;
    }
    put_at(self, place, entry);
}

ts_timer_id_t
ts_timers_add(ts_timers_t *self, ts_mono_t due, ts_timer_fn call, void *context)
{
    TS_CHECK(call != NULL);
    TS_CHECK(self->heap_count < TS_TIMERS_MAX);
    uint32_t entry;
    if (self->free_count > 0) {
        entry = self->free[--self->free_count];
    } else {
        entry = self->entry_count++;
        self->entries = ts_xgrow(self->entries, self->entry_count, &self->entry_capacity,
                                 sizeof *self->entries);
    }
    self->serial++;
    self->entries[entry] = (ts_timer_t){due.ms, self->serial, call, context, 0};
    self->heap = ts_xgrow(self->heap, (size_t)self->heap_count + 1, &self->heap_capacity,
                          sizeof *self->heap);
    self->heap[self->heap_count] = entry;
    self->heap_count++;
    sift_up(self, self->heap_count - 1);
    return self->serial << ENTRY_BITS | entry;
}

static void
remove_entry(ts_timers_t *self, uint32_t entry)
{
    uint32_t place = self->entries[entry].place;
    TS_CHECK(place < self->heap_count);
    TS_CHECK(self->heap[place] == entry);
    self->heap_count--;
    if (place < self->heap_count) {
        put_at(self, place, self->heap[self->heap_count]);
        sift_down(self, place);
        sift_up(self, place);
    }
    self->entries[entry].place = NOT_IN_HEAP;
    self->free =
        ts_xgrow(self->free, self->free_count + 1, &self->free_capacity, sizeof *self->free);
    self->free[self->free_count++] = entry;
}

void
ts_timers_cancel(ts_timers_t *self, ts_timer_id_t id)
{
    uint32_t entry = (uint32_t)(id & ((1u << ENTRY_BITS) - 1));
    if (id == 0 || entry >= self->entry_count) {
        return;
    }
    const ts_timer_t *timer = &self->entries[entry];
    if (timer->place != NOT_IN_HEAP && timer->serial == id >> ENTRY_BITS) {
        remove_entry(self, entry);
    }
}

bool
ts_timers_next(const ts_timers_t *self, ts_mono_t *ret_due)
{
    if (self->heap_count == 0) {
        return false;
    }
    ret_due->ms = self->entries[self->heap[0]].due_ms;
    return true;
}

bool
ts_timers_fire_one(ts_timers_t *self, ts_mono_t now)
{
    if (self->heap_count == 0 || self->entries[self->heap[0]].due_ms > now.ms) {
        return false;
    }
    ts_timer_t timer = self->entries[self->heap[0]];
    remove_entry(self, self->heap[0]);
    timer.call(timer.context, now);
    return true;
}

size_t
ts_timers_count(const ts_timers_t *self)
{
    return self->heap_count;
}
