/* SPDX-License-Identifier: MPL-2.0 */
/* From the stores into the model: what is new in a custody since the last look, or all of it when
 * the machine was off. Reads only, through store/custody.h. */
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "sim/check_p.h"

#include <string.h>

/* ---- segments */

/* Has the node itself named this segment as damaged, and it is not mended yet? Only that excuses.
 */
static bool
is_named(const check_t *self, size_t machine, uint64_t arrival)
{
    const ts_node_t *node = check_node(self, machine);
    for (size_t i = 0; i < node->scrub.count; i++) {
        if (node->scrub.items[i].arrival == arrival) {
            return true;
        }
    }
    return false;
}

static bool
is_rotten(const check_t *self, size_t machine, size_t segment)
{
    const check_machine_t *mine = &self->machines[machine];
    for (size_t i = 0; i < mine->rotten_count; i++) {
        if (mine->rotten[i].segment == segment) {
            return true;
        }
    }
    return false;
}

static const char *
place_of(const check_t *self, size_t machine, size_t segment)
{
    const model_segment_t *row = &self->model->segments[segment];
    return row->prev == MODEL_NONE || model_holds(self->model, machine, row->prev) ||
                   is_rotten(self, machine, row->prev)
               ? NULL
               : "a segment without its predecessor";
}

/* It stands in its place and is not held. False: nobody knows what it was. */
static bool
note_rotten(check_t *self, size_t machine, const ts_held_segment_t *held)
{
    check_machine_t *mine = &self->machines[machine];
    size_t segment = model_find(self->model, &held->hash);
    if (segment == MODEL_NONE) {
        return false;
    }
    mine->rotten = ts_xgrow(mine->rotten, mine->rotten_count + 1, &mine->rotten_capacity,
                            sizeof *mine->rotten);
    mine->rotten[mine->rotten_count++] = (check_rotten_t){held->arrival, segment};
    model_place(self->model, machine, segment);
    return true;
}

/* What was named and is named no more must be right again. */
static void
look_at_rotten(check_t *self, size_t machine, ts_custody_t *custody)
{
    check_machine_t *mine = &self->machines[machine];
    ts_buf_t bytes = {0};
    size_t kept = 0;
    for (size_t i = 0; i < mine->rotten_count; i++) {
        check_rotten_t rotten = mine->rotten[i];
        size_t segment = MODEL_NONE;
        if (is_named(self, machine, rotten.arrival) ||
            ts_custody_get(custody, rotten.arrival, NULL, &bytes) != TS_ERR_OK) {
            mine->rotten[kept++] = rotten;
        } else if (model_learn(self->model, ts_buf_bytes(&bytes), &segment) != NULL ||
                   segment != rotten.segment) {
            mine->bad_bytes = "other bytes in the place of damaged ones";
        } else {
            model_regain(self->model, machine, segment);
        }
    }
    mine->rotten_count = kept;
    ts_buf_free(&bytes);
}

static void
note_author(check_t *self, size_t machine, size_t segment, const ts_held_segment_t *held)
{
    model_segment_t *row = &self->model->segments[segment];
    const model_machine_t *store = &self->model->machines[machine];
    if (row->author == MODEL_NONE && ts_id16_equal(&held->source.store, &store->store) &&
        self->model->logs[row->log].info.office == self->sim->machines[machine].office) {
        row->author = machine;
    }
}

/* False: it cannot be read just now. */
static bool
look_at_segment(check_t *self, size_t machine, ts_custody_t *custody, uint64_t arrival)
{
    check_machine_t *mine = &self->machines[machine];
    ts_held_segment_t held;
    ts_buf_t bytes = {0};
    size_t segment = MODEL_NONE;
    if (ts_custody_get(custody, arrival, &held, &bytes) != TS_ERR_OK) {
        ts_buf_free(&bytes);
        return false;
    }
    const char *wrong = model_learn(self->model, ts_buf_bytes(&bytes), &segment);
    if (wrong != NULL && is_named(self, machine, arrival)) {
        ts_buf_free(&bytes);
        return note_rotten(self, machine, &held);
    }
    if (wrong != NULL && segment != MODEL_NONE) {
        mine->bad_bytes = wrong;
    } else if (wrong != NULL) {
        mine->bad_chain = wrong;
    }
    if (segment != MODEL_NONE) {
        const char *place = place_of(self, machine, segment);
        mine->bad_chain = place == NULL ? mine->bad_chain : place;
        model_hold(self->model, machine, segment);
        note_author(self, machine, segment, &held);
        self->figures.segments++;
    }
    ts_buf_free(&bytes);
    return segment != MODEL_NONE;
}

static void
look_at_segments(check_t *self, size_t machine, ts_custody_t *custody)
{
    const model_machine_t *store = &self->model->machines[machine];
    uint64_t newest = ts_custody_arrival(custody);
    if (newest < store->held_count) {
        self->machines[machine].shrunk += store->held_count - newest;
    }
    while (store->held_count < newest) {
        size_t before = store->held_count;
        if (!look_at_segment(self, machine, custody, before + 1)) {
            return;
        }
    }
}

/* After a start: is the newest one that stood here still the same? */
static void
look_at_last(check_t *self, size_t machine, ts_custody_t *custody)
{
    const model_machine_t *store = &self->model->machines[machine];
    ts_held_segment_t held;
    if (store->held_count == 0 ||
        ts_custody_get(custody, store->held_count, &held, NULL) == TS_ERR_IO) {
        return;
    }
    const model_segment_t *last = &self->model->segments[store->held[store->held_count - 1]];
    if (ts_custody_find(custody, &last->hash, &held, NULL) == TS_ERR_NOTFOUND ||
        held.arrival != store->held_count) {
        self->machines[machine].shrunk++;
    }
}

/* ---- the tail */

typedef struct tail_copy {
    size_t *items;
    size_t count;
} tail_copy_t;

static void
read_tail(check_t *self, size_t machine, ts_custody_t *custody)
{
    model_machine_t *store = &self->model->machines[machine];
    ts_tail_event_t event = {.counter = 0};
    ts_buf_t bytes = {0};
    store->tail_count = 0;
    while (ts_custody_tail_next(custody, NULL, event.counter, &event, &bytes) == TS_ERR_OK) {
        size_t log = model_find_log(self->model, &event.log);
        size_t index = model_event_learn(self->model, ts_buf_bytes(&bytes), log);
        store->tail = ts_xgrow(store->tail, store->tail_count + 1, &store->tail_capacity,
                               sizeof *store->tail);
        store->tail[store->tail_count++] = index;
    }
    ts_buf_free(&bytes);
}

static void
look_at_tail(check_t *self, size_t machine, ts_custody_t *custody, bool compare)
{
    check_machine_t *mine = &self->machines[machine];
    model_machine_t *store = &self->model->machines[machine];
    uint64_t counter = ts_custody_tail_counter(custody);
    if (counter == mine->tail_counter && mine->looked == store->held_count && !mine->anew) {
        return;
    }
    tail_copy_t before = {
        store->tail_count == 0 ? NULL : ts_xmemdup(store->tail, store->tail_count * sizeof(size_t)),
        store->tail_count};
    read_tail(self, machine, custody);
    mine->tail_counter = counter;
    for (size_t i = 0; compare && i < before.count; i++) {
        mine->shrunk += !model_has_event(self->model, machine, before.items[i]);
    }
    ts_xfree(before.items);
}

/* ---- all of it */

/* What it held and holds no more is lost on this machine. */
static void
note_losses(check_t *self, size_t machine, const ts_map_t *before)
{
    size_t position = 0;
    const size_t *segment;
    while ((segment = ts_map_next(before, &position, NULL)) != NULL) {
        model_segment_t *row = &self->model->segments[*segment];
        if (model_holds(self->model, machine, *segment)) {
            continue;
        }
        row->losses++;
        if (row->author == machine) {
            row->author = MODEL_NONE; /* when it comes back it is somebody else's word */
        }
        if (row->anchored && row->holders == 0 && row->losses == 1) {
            check_lone(self, *segment);
        }
    }
}

/* Nothing takes a segment away without a word: at the end each is looked at once more where it
 * stood. */
void
check_look_again(check_t *self, size_t machine)
{
    check_machine_t *mine = check_machine(self, machine);
    const ts_node_t *node = check_node(self, machine);
    const model_machine_t *store = &self->model->machines[machine];
    for (size_t i = 0; node != NULL && i < store->held_count; i++) {
        ts_held_segment_t held;
        ts_buf_t bytes = {0};
        size_t segment = store->held[i];
        model_segment_t *row = &self->model->segments[segment];
        bool there = ts_custody_get(node->custody, i + 1, &held, &bytes) == TS_ERR_OK &&
                     ts_hash_equal(&held.hash, &row->hash) && bytes.length == row->bytes;
        ts_buf_free(&bytes);
        if (there || is_named(self, machine, i + 1) ||
            !model_holds(self->model, machine, segment)) {
            continue;
        }
        mine->shrunk++;
        model_drop(self->model, machine, segment);
        if (row->anchored && row->holders + row->losses < 2) {
            check_lone(self, segment);
        }
    }
}

static ts_map_t *
copy_of(const ts_map_t *map)
{
    ts_map_t *copy = ts_map_new(sizeof(size_t), 0);
    size_t position = 0;
    const void *key;
    while ((key = ts_map_next(map, &position, NULL)) != NULL) {
        (void)ts_map_put(copy, key);
    }
    return copy;
}

void
check_gone(check_t *self, size_t machine)
{
    check_machine_t *mine = check_machine(self, machine);
    ts_map_t *before = copy_of(self->model->machines[machine].holds);
    model_forget(self->model, machine);
    mine->rotten_count = 0;
    note_losses(self, machine, before);
    ts_map_destroy(&before);
    mine->gone = true;
}

void
check_look(check_t *self, size_t machine)
{
    check_machine_t *mine = check_machine(self, machine);
    ts_node_t *node = check_node(self, machine);
    if (node == NULL) {
        return;
    }
    model_machine_t *store = model_machine(self->model, machine);
    bool forgiven = mine->anew && mine->forgiven;
    store->store = ts_custody_store_id(node->custody);
    *(size_t *)ts_map_put(self->model->owners, &store->store) = machine;
    ts_map_t *before = forgiven ? copy_of(store->holds) : NULL;
    if (forgiven) {
        model_forget(self->model, machine);
        mine->rotten_count = 0;
    } else if (mine->anew) {
        look_at_last(self, machine, node->custody);
    }
    mine->looked = store->held_count;
    look_at_rotten(self, machine, node->custody);
    look_at_segments(self, machine, node->custody);
    look_at_tail(self, machine, node->custody, !forgiven);
    if (forgiven) {
        note_losses(self, machine, before);
        ts_map_destroy(&before);
        mine->forgiven = false;
    }
    mine->anew = false;
}
