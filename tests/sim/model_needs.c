/* SPDX-License-Identifier: MPL-2.0 */
/* What the needs that a machine holds add up to: the merge of revisions and the sums, done once
 * more and the slow way. */
#include "base/xalloc.h"
#include "core/kind.h"
#include "sim/model.h"

#include <stdlib.h>

enum { DEPTH_MAX = 4096 };

typedef struct list {
    size_t *items;
    size_t count;
    size_t capacity;
} list_t;

static void
add_event(const model_t *self, size_t index, const ts_map_t *without, ts_map_t *seen, list_t *out)
{
    const model_event_t *event = &self->events[index];
    uint64_t prefix = ts_hash_prefix(&event->id);
    if (!event->readable || event->kind != TS_KIND_NEED ||
        (without != NULL && ts_map_get(without, &prefix) != NULL) ||
        ts_map_get(seen, &index) != NULL) {
        return;
    }
    (void)ts_map_put(seen, &index);
    out->items = ts_xgrow(out->items, out->count + 1, &out->capacity, sizeof *out->items);
    out->items[out->count++] = index;
}

static const model_t *sorted; /* for the comparison below; one thread */

static int
by_record(const void *a, const void *b)
{
    const model_event_t *one = &sorted->events[*(const size_t *)a];
    const model_event_t *other = &sorted->events[*(const size_t *)b];
    if (one->record != other->record) {
        return one->record < other->record ? -1 : 1;
    }
    return ts_hash_compare(&one->id, &other->id);
}

static bool
revises(const model_event_t *event, const model_event_t *other)
{
    for (size_t i = 0; i < event->revise_count; i++) {
        if (event->revises[i] == ts_hash_prefix(&other->id)) {
            return true;
        }
    }
    return false;
}

/* Longest chain of replaced versions below it. */
static size_t
depth_of(const model_t *self, const size_t *items, size_t count, size_t at, size_t rest)
{
    size_t depth = 0;
    for (size_t i = 0; rest > 0 && i < count; i++) {
        if (i != at && revises(&self->events[items[at]], &self->events[items[i]])) {
            size_t below = 1 + depth_of(self, items, count, i, rest - 1);
            depth = below > depth ? below : depth;
        }
    }
    return depth;
}

static bool
stands(const model_t *self, const size_t *items, size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++) {
        if (i != at && revises(&self->events[items[i]], &self->events[items[at]])) {
            return false;
        }
    }
    return true;
}

/* The version of one record that is shown first. */
static const model_event_t *
shown(const model_t *self, const size_t *items, size_t count)
{
    const model_event_t *best = NULL;
    size_t best_depth = 0;
    for (size_t i = 0; i < count; i++) {
        const model_event_t *event = &self->events[items[i]];
        if (!stands(self, items, count, i)) {
            continue;
        }
        size_t depth = count == 1 ? 0 : depth_of(self, items, count, i, DEPTH_MAX);
        if (best == NULL || depth > best_depth ||
            (depth == best_depth && ts_hash_prefix(&event->id) > ts_hash_prefix(&best->id))) {
            best = event;
            best_depth = depth;
        }
    }
    return best;
}

model_figures_t
model_needs(const model_t *self, size_t index, const ts_map_t *without)
{
    model_figures_t figures = {0};
    const model_machine_t *machine = &self->machines[index];
    ts_map_t *seen = ts_map_new(sizeof(size_t), 0);
    list_t list = {0};
    for (size_t i = 0; i < machine->held_count; i++) {
        const model_segment_t *segment = &self->segments[machine->held[i]];
        for (size_t j = 0; j < segment->event_count; j++) {
            add_event(self, segment->events[j], without, seen, &list);
        }
    }
    for (size_t i = 0; i < machine->tail_count; i++) {
        add_event(self, machine->tail[i], without, seen, &list);
    }
    sorted = self;
    if (list.count > 1) {
        qsort(list.items, list.count, sizeof *list.items, by_record);
    }
    for (size_t i = 0; i < list.count;) {
        size_t end = i + 1;
        ts_record_id_t record = self->events[list.items[i]].record;
        while (end < list.count && self->events[list.items[end]].record == record) {
            end++;
        }
        const model_event_t *event = shown(self, &list.items[i], end - i);
        figures.all++;
        if (event != NULL && !event->is_void) {
            figures.records++;
            figures.quantity += event->quantity;
        }
        i = end;
    }
    ts_xfree(list.items);
    ts_map_destroy(&seen);
    return figures;
}
