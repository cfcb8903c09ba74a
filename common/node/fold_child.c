/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a child was in need of and got, in one compact row: facts with their counts, and the records
 * that they come from. Layout, all numbers varints unless said: version 1 · ids (count, 8 bytes
 * each): plans, units and lines that the facts name · facts (count; each: measure, index of plan,
 * unit, line, day zigzag, how many) · dependants (count; each: kind, difference to the one before,
 * zigzag). A fact's day is that of its period class (ts_catalog_period_class), so that a child has
 * few different facts however often it got something; a change of periods makes the ledger anew.
 */
#include "base/check.h"
#include "base/xalloc.h"
#include "node/fold_p.h"

#include <string.h>

#define LAYOUT 1u

static void
free_child(ts_child_t *child)
{
    ts_xfree(child->facts);
    ts_xfree(child->counts);
    ts_xfree(child->dependants);
    ts_xfree(child->kinds);
    ts_xfree(child);
}

void
ts_folding_forget_children(ts_folding_t *self)
{
    size_t position = 0;
    void *value;
    while (ts_map_next(self->children, &position, &value) != NULL) {
        free_child(*(ts_child_t **)value);
    }
    self->child = NULL;
    ts_xfree(self->known);
    self->known = NULL;
    ts_xfree(self->dirty);
    self->dirty = NULL;
    self->dirty_count = 0;
    self->dirty_capacity = 0;
    ts_map_destroy(&self->children);
    self->children = ts_map_new(sizeof(ts_record_id_t), sizeof(ts_child_t *));
}

static void
add_fact(ts_child_t *child, const ts_fact_t *fact, uint32_t count)
{
    size_t need = child->fact_count + 1;
    child->facts = ts_xgrow(child->facts, need, &child->fact_capacity, sizeof *child->facts);
    child->counts = ts_xgrow(child->counts, need, &child->count_capacity, sizeof *child->counts);
    child->facts[child->fact_count] = *fact;
    child->counts[child->fact_count++] = count;
}

static void
add_dependant(ts_child_t *child, uint32_t kind, ts_record_id_t record)
{
    size_t need = child->dependant_count + 1;
    child->dependants =
        ts_xgrow(child->dependants, need, &child->dependant_capacity, sizeof *child->dependants);
    child->kinds = ts_xgrow(child->kinds, need, &child->kind_capacity, sizeof *child->kinds);
    child->dependants[child->dependant_count] = record;
    child->kinds[child->dependant_count++] = (uint8_t)kind;
}

/* ---- stored form */

static uint64_t
zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static int64_t
unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ ((value & 1) != 0 ? UINT64_MAX : 0));
}

/* In how many (plan, line, period class) the child was supported more than once. */
static uint32_t
count_repeats(const ts_child_t *child)
{
    uint32_t repeats = 0;
    for (size_t i = 0; i < child->fact_count; i++) {
        const ts_fact_t *fact = &child->facts[i];
        if (fact->measure != TS_MEASURE_DISTINCT_SUPPORTED || fact->day == 0 ||
            fact->day == INT32_MIN) {
            continue;
        }
        uint64_t times = 0;
        bool first = true;
        for (size_t k = 0; k < child->fact_count; k++) {
            const ts_fact_t *other = &child->facts[k];
            if (other->measure == fact->measure && other->plan == fact->plan &&
                other->line == fact->line && other->day == fact->day) {
                first = first && k >= i;
                times += child->counts[k];
            }
        }
        repeats += first && times > 1 ? 1 : 0;
    }
    return repeats;
}

/* Ids that a child's facts name: few, mostly the same one after the other. */
typedef struct id_list {
    uint64_t *ids;
    size_t count;
} id_list_t;

static size_t
id_index(id_list_t *list, uint64_t id)
{
    size_t at = list->count;
    while (at > 0 && list->ids[at - 1] != id) {
        at--;
    }
    if (at > 0) {
        return at - 1;
    }
    list->ids[list->count] = id;
    return list->count++;
}

/* `out` is empty when nothing is to be kept. */
static void
write_child(ts_folding_t *self, const ts_child_t *child, ts_buf_t *out)
{
    if (child->fact_count == 0 && child->dependant_count == 0) {
        return;
    }
    ts_buf_t *facts = &self->child_facts;
    ts_buf_clear(facts);
    ts_buf_clear(&self->child_ids);
    id_list_t list = {.ids = (uint64_t *)(void *)ts_buf_extend(
                          &self->child_ids, child->fact_count * 3 * sizeof(uint64_t))};
    for (size_t i = 0; i < child->fact_count; i++) {
        const ts_fact_t *fact = &child->facts[i];
        ts_buf_put_varint(facts, fact->measure);
        ts_buf_put_varint(facts, id_index(&list, fact->plan));
        ts_buf_put_varint(facts, id_index(&list, fact->unit));
        ts_buf_put_varint(facts, id_index(&list, fact->line));
        ts_buf_put_varint(facts, zigzag(fact->day));
        ts_buf_put_varint(facts, child->counts[i]);
    }
    ts_buf_put_varint(out, LAYOUT);
    ts_buf_put_varint(out, list.count);
    for (size_t i = 0; i < list.count; i++) {
        ts_buf_put_u64(out, list.ids[i]);
    }
    ts_buf_put_varint(out, child->fact_count);
    ts_buf_put(out, facts->data, facts->length);
    ts_buf_put_varint(out, child->dependant_count);
    ts_record_id_t before = 0;
    for (size_t i = 0; i < child->dependant_count; i++) {
        ts_buf_put_varint(out, child->kinds[i]);
        ts_buf_put_varint(out, zigzag((int64_t)(child->dependants[i] - before)));
        before = child->dependants[i];
    }
}

static bool
take_id(ts_cursor_t *in, const uint8_t *ids, uint64_t id_count, uint64_t *ret_id)
{
    uint64_t index = ts_cursor_varint(in);
    if (in->bad || index >= id_count) {
        return false;
    }
    *ret_id = ts_load_u64(ids + index * sizeof *ret_id);
    return true;
}

static bool
read_facts(ts_child_t *child, ts_cursor_t *in, const uint8_t *ids, uint64_t id_count)
{
    uint64_t count = ts_cursor_varint(in);
    for (uint64_t i = 0; i < count; i++) {
        ts_fact_t fact;
        memset(&fact, 0, sizeof fact);
        fact.subject = child->id;
        fact.measure = (uint32_t)ts_cursor_varint(in);
        if (!take_id(in, ids, id_count, &fact.plan) || !take_id(in, ids, id_count, &fact.unit) ||
            !take_id(in, ids, id_count, &fact.line)) {
            return false;
        }
        fact.day = (int32_t)unzigzag(ts_cursor_varint(in));
        add_fact(child, &fact, (uint32_t)ts_cursor_varint(in));
    }
    return !in->bad;
}

/* CORRUPT: our own bytes, changed by somebody else. */
static ts_err_t
read_child(ts_child_t *child, ts_bytes_t bytes)
{
    ts_cursor_t in = ts_cursor(bytes.data, bytes.length);
    if (ts_cursor_varint(&in) != LAYOUT) {
        return TS_ERR_CORRUPT;
    }
    uint64_t id_count = ts_cursor_varint(&in);
    if (in.bad || id_count > ts_cursor_left(&in) / sizeof(uint64_t)) {
        return TS_ERR_CORRUPT;
    }
    const uint8_t *ids = ts_cursor_take(&in, id_count * sizeof(uint64_t));
    if (!read_facts(child, &in, ids, id_count)) {
        return TS_ERR_CORRUPT;
    }
    uint64_t count = ts_cursor_varint(&in);
    ts_record_id_t before = 0;
    for (uint64_t i = 0; i < count && !in.bad; i++) {
        uint32_t kind = (uint32_t)ts_cursor_varint(&in);
        before += (uint64_t)unzigzag(ts_cursor_varint(&in));
        add_dependant(child, kind, before);
    }
    return ts_cursor_done(&in) ? TS_ERR_OK : TS_ERR_CORRUPT;
}

/* ---- in memory */

static ts_err_t
load_born(ts_folding_t *self, ts_child_t *child)
{
    child->born = (ts_born_t){0};
    ts_err_t err = ts_ledger_born(self->ledger, child->id, &child->born);
    child->exists = err == TS_ERR_OK;
    return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
}

ts_err_t
ts_folding_child(ts_folding_t *self, ts_record_id_t id, ts_child_t **ret_child)
{
    /* One event asks for its child several times. */
    if (self->child != NULL && self->child->id == id) {
        *ret_child = self->child;
        return TS_ERR_OK;
    }
    ts_child_t **known = ts_map_get(self->children, &id);
    if (known != NULL) {
        self->child = *known;
        *ret_child = *known;
        return TS_ERR_OK;
    }
    ts_child_t *child = ts_xcalloc(1, sizeof *child);
    child->id = id;
    ts_err_t err = load_born(self, child);
    if (err == TS_ERR_OK) {
        ts_buf_clear(&self->facts);
        err = ts_ledger_child_get(self->ledger, id, &self->facts);
    }
    if (err == TS_ERR_OK && self->facts.length > 0) {
        err = read_child(child, ts_buf_bytes(&self->facts));
    }
    if (err != TS_ERR_OK) {
        free_child(child);
        return err;
    }
    child->repeats = count_repeats(child);
    *(ts_child_t **)ts_map_put(self->children, &id) = child;
    self->child = child;
    *ret_child = child;
    return TS_ERR_OK;
}

ts_err_t
ts_folding_child_changed(ts_folding_t *self, ts_record_id_t id, const ts_born_t *born)
{
    ts_child_t *child = NULL;
    ts_err_t err = ts_folding_child(self, id, &child);
    if (err == TS_ERR_OK) {
        child->exists = born != NULL;
        child->born = born != NULL ? *born : (ts_born_t){0};
    }
    return err;
}

typedef struct gain {
    ts_ledger_t *ledger;
    int sign;
} gain_t;

static void
gain_cell(void *ctx, const ts_cell_key_t *cell)
{
    gain_t *gain = ctx;
    ts_ledger_cell_add(gain->ledger, cell, gain->sign);
}

/* After a change of periods, until the new ledger is there, a fact stands under a class that is no
 * more. */
static size_t
find_stale(const ts_folding_t *self, const ts_child_t *child, const ts_fact_t *fact)
{
    TS_CHECK(self->rebuild_wanted);
    for (size_t i = 0; i < child->fact_count; i++) {
        const ts_fact_t *other = &child->facts[i];
        if (other->measure == fact->measure && other->plan == fact->plan &&
            other->unit == fact->unit && other->line == fact->line) {
            return i;
        }
    }
    return child->fact_count;
}

static void
mark_dirty(ts_folding_t *self, ts_child_t *child)
{
    if (!child->dirty) {
        child->dirty = true;
        self->dirty = ts_xgrow(self->dirty, self->dirty_count + 1, &self->dirty_capacity,
                               sizeof(ts_child_t *));
        self->dirty[self->dirty_count++] = child;
    }
}

/* Of one child; what differs most often is compared first. */
static bool
same_fact(const ts_fact_t *a, const ts_fact_t *b)
{
    return a->line == b->line && a->measure == b->measure && a->day == b->day &&
           a->unit == b->unit && a->plan == b->plan;
}

void
ts_child_count_fact(ts_folding_t *self, ts_child_t *child, const ts_fact_t *raw, int sign)
{
    ts_fact_t fact = *raw;
    if (fact.day != 0) {
        fact.day = ts_catalog_period_class(self->catalog, fact.plan, fact.day);
    }
    mark_dirty(self, child);
    size_t at = 0;
    while (at < child->fact_count && !same_fact(&child->facts[at], &fact)) {
        at++;
    }
    gain_t gain = {self->ledger, sign};
    if (sign > 0 && at < child->fact_count) {
        child->counts[at]++;
        return;
    }
    if (sign > 0) {
        ts_distinct_gain(self->catalog, child->facts, child->fact_count, &fact, &child->born,
                         gain_cell, &gain);
        add_fact(child, &fact, 1);
        return;
    }
    if (at == child->fact_count) {
        at = find_stale(self, child, &fact);
    }
    if (at == child->fact_count || --child->counts[at] > 0) {
        return;
    }
    fact = child->facts[at];
    child->fact_count--;
    child->facts[at] = child->facts[child->fact_count];
    child->counts[at] = child->counts[child->fact_count];
    ts_distinct_gain(self->catalog, child->facts, child->fact_count, &fact, &child->born, gain_cell,
                     &gain);
}

void
ts_child_depend(
    ts_folding_t *self, ts_child_t *child, uint32_t kind, ts_record_id_t record, int sign)
{
    mark_dirty(self, child);
    if (sign > 0) {
        add_dependant(child, kind, record);
        return;
    }
    size_t at = child->dependant_count;
    while (at > 0 && (child->dependants[at - 1] != record || child->kinds[at - 1] != kind)) {
        at--;
    }
    TS_CHECK(at > 0);
    size_t after = child->dependant_count - at;
    memmove(&child->dependants[at - 1], &child->dependants[at], after * sizeof *child->dependants);
    memmove(&child->kinds[at - 1], &child->kinds[at], after);
    child->dependant_count--;
}

static ts_err_t
flush_child(ts_folding_t *self, ts_child_t *child)
{
    ts_buf_clear(&self->facts);
    write_child(self, child, &self->facts);
    uint32_t repeats = count_repeats(child);
    ts_err_t err =
        ts_ledger_child_put(self->ledger, child->id, ts_buf_bytes(&self->facts), repeats);
    if (err == TS_ERR_OK) {
        ts_ledger_total_add(self->ledger, TS_TOTAL_REPEATS,
                            (int64_t)repeats - (int64_t)child->repeats);
        child->repeats = repeats;
        child->dirty = false;
    }
    return err;
}

ts_err_t
ts_folding_flush_children(ts_folding_t *self, uint32_t budget, uint32_t *used)
{
    ts_err_t err = TS_ERR_OK;
    for (; err == TS_ERR_OK && self->dirty_count > 0 && *used < budget; (*used)++) {
        err = flush_child(self, self->dirty[--self->dirty_count]);
    }
    if (err == TS_ERR_OK && self->dirty_count == 0 &&
        ts_map_count(self->children) > self->options->cache_children) {
        ts_folding_forget_children(self);
    }
    return err;
}

ts_err_t
ts_fold_child_times(ts_fold_t *self, const ts_fact_t *fact, uint64_t *ret_times)
{
    ts_child_t *child;
    ts_err_t err = ts_folding_child(self->live, fact->subject, &child);
    if (err != TS_ERR_OK) {
        return err;
    }
    int32_t class = ts_catalog_period_class(self->live->catalog, fact->plan, fact->day);
    uint64_t times = 0;
    for (size_t i = 0; i < child->fact_count; i++) {
        const ts_fact_t *had = &child->facts[i];
        if (had->measure == TS_MEASURE_DISTINCT_SUPPORTED && had->plan == fact->plan &&
            had->line == fact->line && had->day == class) {
            times += child->counts[i];
        }
    }
    *ret_times = times;
    return TS_ERR_OK;
}
