/* SPDX-License-Identifier: MPL-2.0 */
#include "core/contribute.h"

#include "base/map.h"

#include <string.h>

#define PERIODS_PER_DAY_MAX 8

typedef struct child_cells {
    const ts_catalog_t *catalog;
    ts_map_t *seen; /* cells in order of first appearance */
    int birth_year;
    int birth_month;
    uint8_t sex;
} child_cells_t;

/* The four roll-ups of one fact: unit and line, unit, line, plan. */
static void
mark_roll_ups(child_cells_t *cells, const ts_fact_t *fact, ts_record_id_t period,
              ts_record_id_t band)
{
    for (unsigned roll_up = 0; roll_up < 4; roll_up++) {
        ts_cell_key_t key;
        memset(&key, 0, sizeof key);
        key.measure = (uint8_t)fact->measure;
        key.plan = fact->plan;
        key.unit = (roll_up & 1u) != 0 ? 0 : fact->unit;
        key.line = (roll_up & 2u) != 0 ? 0 : fact->line;
        key.aux = period;
        key.band = band;
        key.sex = cells->sex;
        (void)ts_map_put(cells->seen, &key);
    }
}

static void
mark_fact(child_cells_t *cells, const ts_fact_t *fact)
{
    const ts_period_t *periods[PERIODS_PER_DAY_MAX];
    size_t count = 0;
    if (fact->day != 0) {
        count = ts_catalog_periods_on(cells->catalog, fact->plan, fact->day, periods,
                                      PERIODS_PER_DAY_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        ts_record_id_t band = ts_band_on(cells->catalog, fact->plan, cells->birth_year,
                                         cells->birth_month, periods[i]->used_to);
        mark_roll_ups(cells, fact, periods[i]->id, band);
    }
    mark_roll_ups(cells, fact, 0, 0);
}


void
ts_distinct(const ts_catalog_t *catalog, const ts_fact_t *facts, size_t count, int birth_year,
            int birth_month, uint8_t sex, void (*emit)(void *ctx, const ts_cell_key_t *cell),
            void *ctx)
{
    child_cells_t cells = {catalog, ts_map_new(sizeof(ts_cell_key_t), 1), birth_year, birth_month,
                           sex};
    for (size_t i = 0; i < count; i++) {
        mark_fact(&cells, &facts[i]);
    }
    size_t position = 0;
    const ts_cell_key_t *key;
    while ((key = ts_map_next(cells.seen, &position, NULL)) != NULL) {
        emit(ctx, key);
    }
    ts_map_destroy(&cells.seen);
}
