/* SPDX-License-Identifier: MPL-2.0 */
#include "core/catalog.h"

#include "base/check.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "core/catalog_p.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

size_t
ts_catalog_kind_index(uint32_t kind)
{
    size_t i = 0;
    while (i < TS_CATALOG_KINDS && ts_catalog_kinds[i].kind != kind) {
        i++;
    }
    return i;
}

bool
ts_catalog_holds(uint32_t kind)
{
    return ts_catalog_kind_index(kind) < TS_CATALOG_KINDS;
}

static ts_record_id_t
row_id(const ts_row_kind_t *kind, const ts_row_table_t *table, size_t index)
{
    ts_record_id_t id;
    memcpy(&id, table->rows + index * kind->row_bytes, sizeof id);
    return id;
}

/* Index of the first row whose id is not below `id`. */
static size_t
lower_bound(const ts_row_kind_t *kind, const ts_row_table_t *table, ts_record_id_t id)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (row_id(kind, table, middle) < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void *
ts_catalog_row(const ts_catalog_t *self, uint32_t kind_number, ts_record_id_t id)
{
    size_t k = ts_catalog_kind_index(kind_number);
    TS_CHECK(k < TS_CATALOG_KINDS);
    const ts_row_table_t *table = &self->tables[k];
    size_t at = lower_bound(&ts_catalog_kinds[k], table, id);
    if (at == table->count || row_id(&ts_catalog_kinds[k], table, at) != id) {
        return NULL;
    }
    return table->rows + at * ts_catalog_kinds[k].row_bytes;
}

static void
free_owned(void *row, size_t offset)
{
    void *block;
    memcpy(&block, (uint8_t *)row + offset, sizeof block);
    ts_xfree(block);
}

static void
free_row(const ts_row_kind_t *kind, void *row)
{
    for (size_t i = 0; i < TS_CATALOG_TEXTS_MAX && kind->texts[i] != 0; i++) {
        free_owned(row, kind->texts[i]);
    }
    if (kind->owned != 0) {
        free_owned(row, kind->owned);
    }
}

ts_catalog_t *
ts_catalog_new(void)
{
    ts_catalog_t *self = ts_xcalloc(1, sizeof *self);
    self->office_by_number = ts_map_new(sizeof(uint32_t), sizeof(ts_record_id_t));
    self->released = ts_map_new(sizeof(uint64_t), 1);
    return self;
}

void
ts_catalog_destroy(ts_catalog_t **self_p)
{
    ts_catalog_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t k = 0; k < TS_CATALOG_KINDS; k++) {
        for (size_t i = 0; i < self->tables[k].count; i++) {
            free_row(&ts_catalog_kinds[k],
                     self->tables[k].rows + i * ts_catalog_kinds[k].row_bytes);
        }
        ts_xfree(self->tables[k].rows);
    }
    ts_catalog_parts_free(self);
    ts_map_destroy(&self->office_by_number);
    ts_map_destroy(&self->released);
    ts_xfree(self);
    *self_p = NULL;
}

/* The strictest of two cut-offs, log by log: a log that either does not name is cut at its
 * beginning. */
static void
narrow(ts_office_t *office, const ts_cutoff_row_t *cutoff)
{
    size_t kept = 0;
    for (size_t i = 0; i < office->cut_tip_count; i++) {
        for (size_t j = 0; j < cutoff->tip_count; j++) {
            const ts_tip_t *tip = &cutoff->tips[j];
            if (ts_hash_equal(&tip->log, &office->cut_tips[i].log)) {
                bool lower = tip->seq < office->cut_tips[i].seq;
                office->cut_tips[kept++] = lower ? *tip : office->cut_tips[i];
                break;
            }
        }
    }
    office->cut_tip_count = kept;
}

static void
cut_off(ts_office_t *office, const ts_cutoff_row_t *cutoff)
{
    if (office->cut_off) {
        narrow(office, cutoff);
        return;
    }
    office->cut_off = true;
    office->cut_tips = ts_xmemdup(cutoff->tips, cutoff->tip_count * sizeof *cutoff->tips);
    office->cut_tip_count = cutoff->tip_count;
}

/* Derived parts of the offices: who counts under a number, and which tips cut it off. Few rows,
 * seldom changed: done anew. */
static void
derive_offices(ts_catalog_t *self)
{
    ts_map_clear(self->office_by_number);
    size_t position = 0;
    const ts_office_t *row;
    while ((row = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_OFFICE, &position)) != NULL) {
        if (ts_map_get(self->office_by_number, &row->number) == NULL) {
            *(ts_record_id_t *)ts_map_put(self->office_by_number, &row->number) = row->id;
        }
        ts_office_t *office = ts_catalog_row(self, TIEPSUC__V1__KIND__KIND_OFFICE, row->id);
        office->cut_off = false;
        ts_xfree(office->cut_tips);
        office->cut_tips = NULL;
        office->cut_tip_count = 0;
    }
    position = 0;
    const ts_cutoff_row_t *cutoff;
    while ((cutoff = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_CUTOFF, &position)) != NULL) {
        ts_office_t *office = ts_catalog_row(self, TIEPSUC__V1__KIND__KIND_OFFICE, cutoff->office);
        if (office != NULL) {
            cut_off(office, cutoff);
        }
    }
}

static void
derive_releases(ts_catalog_t *self)
{
    ts_map_clear(self->released);
    size_t position = 0;
    const ts_release_row_t *row;
    while ((row = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_RELEASE, &position)) != NULL) {
        for (size_t i = 0; i < row->event_count; i++) {
            (void)ts_map_put(self->released, &row->events[i]);
        }
    }
}

static void
derive(ts_catalog_t *self, uint32_t kind)
{
    if (kind == TIEPSUC__V1__KIND__KIND_OFFICE || kind == TIEPSUC__V1__KIND__KIND_CUTOFF) {
        derive_offices(self);
    } else if (kind == TIEPSUC__V1__KIND__KIND_RELEASE) {
        derive_releases(self);
    } else if (kind == TIEPSUC__V1__KIND__KIND_BAND || kind == TIEPSUC__V1__KIND__KIND_PERIOD) {
        ts_catalog_parts_make(self);
    }
}

void
ts_catalog_put(ts_catalog_t *self,
               uint32_t kind_number,
               ts_record_id_t id,
               ts_record_id_t plan,
               const void *record)
{
    size_t k = ts_catalog_kind_index(kind_number);
    if (k == TS_CATALOG_KINDS) {
        return;
    }
    const ts_row_kind_t *kind = &ts_catalog_kinds[k];
    ts_row_table_t *table = &self->tables[k];
    size_t at = lower_bound(kind, table, id);
    uint8_t *row;
    if (at < table->count && row_id(kind, table, at) == id) {
        row = table->rows + at * kind->row_bytes;
        free_row(kind, row);
    } else {
        table->rows =
            ts_xgrow(table->rows, (table->count + 1) * kind->row_bytes, &table->capacity, 1);
        row = table->rows + at * kind->row_bytes;
        memmove(row + kind->row_bytes, row, (table->count - at) * kind->row_bytes);
        table->count++;
    }
    memset(row, 0, kind->row_bytes);
    memcpy(row, &id, sizeof id);
    kind->fill(row, plan, record);
    derive(self, kind_number);
}

void
ts_catalog_remove(ts_catalog_t *self, uint32_t kind_number, ts_record_id_t id)
{
    size_t k = ts_catalog_kind_index(kind_number);
    if (k == TS_CATALOG_KINDS) {
        return;
    }
    const ts_row_kind_t *kind = &ts_catalog_kinds[k];
    ts_row_table_t *table = &self->tables[k];
    size_t at = lower_bound(kind, table, id);
    if (at == table->count || row_id(kind, table, at) != id) {
        return;
    }
    uint8_t *row = table->rows + at * kind->row_bytes;
    free_row(kind, row);
    memmove(row, row + kind->row_bytes, (table->count - at - 1) * kind->row_bytes);
    table->count--;
    derive(self, kind_number);
}

const void *
ts_catalog_next(const ts_catalog_t *self, uint32_t kind_number, size_t *position)
{
    size_t k = ts_catalog_kind_index(kind_number);
    TS_CHECK(k < TS_CATALOG_KINDS);
    if (*position >= self->tables[k].count) {
        return NULL;
    }
    return self->tables[k].rows + (*position)++ * ts_catalog_kinds[k].row_bytes;
}
