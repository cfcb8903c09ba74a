/* SPDX-License-Identifier: MPL-2.0 */
#include "base/xalloc.h"
#include "core/catalog.h"
#include "core/catalog_p.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

void
ts_catalog_parts_free(ts_catalog_t *self)
{
    for (size_t i = 0; i < self->part_count; i++) {
        ts_xfree(self->parts[i].periods);
        ts_xfree(self->parts[i].bands);
        ts_xfree(self->parts[i].borders);
    }
    ts_xfree(self->parts);
    self->parts = NULL;
    self->part_count = 0;
}

const ts_plan_parts_t *
ts_catalog_parts(const ts_catalog_t *self, ts_record_id_t plan)
{
    for (size_t i = 0; i < self->part_count; i++) {
        if (self->parts[i].plan == plan) {
            return &self->parts[i];
        }
    }
    return NULL;
}

/* Room for all rows of the kind: a plan has no more. */
static ts_plan_parts_t *
parts_of(ts_catalog_t *self, ts_record_id_t plan)
{
    for (size_t i = 0; i < self->part_count; i++) {
        if (self->parts[i].plan == plan) {
            return &self->parts[i];
        }
    }
    size_t bands = self->tables[ts_catalog_kind_index(TIEPSUC__V1__KIND__KIND_BAND)].count;
    size_t periods = self->tables[ts_catalog_kind_index(TIEPSUC__V1__KIND__KIND_PERIOD)].count;
    self->parts = ts_xrealloc(self->parts, (self->part_count + 1) * sizeof *self->parts);
    ts_plan_parts_t *parts = &self->parts[self->part_count++];
    memset(parts, 0, sizeof *parts);
    parts->plan = plan;
    parts->bands = ts_xcalloc(bands, sizeof *parts->bands);
    parts->periods = ts_xcalloc(periods, sizeof *parts->periods);
    parts->borders = ts_xcalloc(periods * 2, sizeof *parts->borders);
    return parts;
}

static void
add_border(ts_plan_parts_t *parts, int32_t day)
{
    size_t at = parts->border_count;
    while (at > 0 && parts->borders[at - 1] > day) {
        at--;
    }
    if (at > 0 && parts->borders[at - 1] == day) {
        return;
    }
    memmove(&parts->borders[at + 1], &parts->borders[at],
            (parts->border_count - at) * sizeof *parts->borders);
    parts->borders[at] = day;
    parts->border_count++;
}

void
ts_catalog_parts_make(ts_catalog_t *self)
{
    ts_catalog_parts_free(self);
    size_t position = 0;
    const ts_band_t *band;
    while ((band = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_BAND, &position)) != NULL) {
        if (strcmp(band->purpose, "report") == 0) {
            ts_plan_parts_t *parts = parts_of(self, band->plan);
            parts->bands[parts->band_count++] = band;
        }
    }
    position = 0;
    const ts_period_t *period;
    while ((period = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_PERIOD, &position)) != NULL) {
        if (period->used_from != 0 && period->used_to >= period->used_from &&
            period->used_to < INT32_MAX) {
            ts_plan_parts_t *parts = parts_of(self, period->plan);
            parts->periods[parts->period_count++] = period;
            add_border(parts, period->used_from);
            add_border(parts, period->used_to + 1);
        }
    }
}

ts_record_id_t
ts_catalog_band_for_age(const ts_catalog_t *self, ts_record_id_t plan, int age_months)
{
    const ts_plan_parts_t *parts = age_months < 0 ? NULL : ts_catalog_parts(self, plan);
    uint32_t months = (uint32_t)age_months;
    for (size_t i = 0; parts != NULL && i < parts->band_count; i++) {
        const ts_band_t *band = parts->bands[i];
        if (band->from_month <= months && months < band->to_month) {
            return band->id;
        }
    }
    return 0;
}

int32_t
ts_catalog_period_class(const ts_catalog_t *self, ts_record_id_t plan, int32_t day)
{
    const ts_plan_parts_t *parts = ts_catalog_parts(self, plan);
    int32_t class = INT32_MIN;
    for (size_t i = 0; parts != NULL && i < parts->border_count && parts->borders[i] <= day; i++) {
        class = parts->borders[i];
    }
    return class;
}

size_t
ts_catalog_periods_on(
    const ts_catalog_t *self, ts_record_id_t plan, int32_t day, const ts_period_t **out, size_t max)
{
    const ts_plan_parts_t *parts = ts_catalog_parts(self, plan);
    size_t count = 0;
    for (size_t i = 0; parts != NULL && i < parts->period_count && count < max; i++) {
        const ts_period_t *period = parts->periods[i];
        if (period->used_from <= day && day <= period->used_to) {
            out[count++] = period;
        }
    }
    return count;
}
