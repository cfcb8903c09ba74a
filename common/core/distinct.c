/* SPDX-License-Identifier: MPL-2.0 */
#include "base/map.h"
#include "core/contribute.h"

#include <string.h>

#define PERIODS_PER_DAY_MAX 16

typedef struct child_cells {
    const ts_catalog_t *catalog;
    ts_map_t *seen; /* cells in order of first appearance */
    const ts_born_t *born;
} child_cells_t;

/* The four roll-ups of one fact: unit and line, unit, line, plan. */
static void
mark_roll_ups(child_cells_t *cells,
              const ts_fact_t *fact,
              ts_record_id_t period,
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
        key.sex = cells->born->sex;
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
        ts_record_id_t band =
            ts_band_on(cells->catalog, fact->plan, cells->born, periods[i]->used_to);
        mark_roll_ups(cells, fact, periods[i]->id, band);
    }
    mark_roll_ups(cells, fact, 0, 0);
}

void
ts_distinct(const ts_catalog_t *catalog,
            const ts_fact_t *facts,
            size_t count,
            const ts_born_t *born,
            void (*emit)(void *ctx, const ts_cell_key_t *cell),
            void *ctx)
{
    child_cells_t cells = {catalog, ts_map_new(sizeof(ts_cell_key_t), 1), born};
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

/* Which of the four roll-ups a fact shares with another one: bit of roll-up r, where r & 1 is over
 * all units, r & 2 over all lines. */
static unsigned
shared_roll_ups(const ts_fact_t *a, const ts_fact_t *b)
{
    static const unsigned shared[2][2] = {{0x8, 0xa}, {0xc, 0xf}};
    return shared[a->unit == b->unit][a->line == b->line];
}

/* The roll-ups of a fact that are cells of their own: without unit (line), the one over all units
 * (lines) is the same cell. */
static unsigned
own_roll_ups(const ts_fact_t *fact)
{
    return (fact->unit == 0 ? 0xau : 0xfu) & (fact->line == 0 ? 0xcu : 0xfu);
}

void
ts_distinct_gain(const ts_catalog_t *catalog,
                 const ts_fact_t *facts,
                 size_t count,
                 const ts_fact_t *fact,
                 const ts_born_t *born,
                 void (*emit)(void *ctx, const ts_cell_key_t *cell),
                 void *ctx)
{
    const ts_period_t *periods[PERIODS_PER_DAY_MAX + 1] = {
        NULL}; /* the first stands for the whole plan */
    unsigned covered[PERIODS_PER_DAY_MAX + 1] = {0};
    size_t period_count = 1;
    if (fact->day != 0) {
        period_count +=
            ts_catalog_periods_on(catalog, fact->plan, fact->day, periods + 1, PERIODS_PER_DAY_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        const ts_fact_t *other = &facts[i];
        if (other->plan != fact->plan || other->measure != fact->measure) {
            continue;
        }
        unsigned shared = shared_roll_ups(other, fact);
        covered[0] |= shared;
        for (size_t p = 1; p < period_count; p++) {
            if (other->day != 0 && periods[p]->used_from <= other->day &&
                other->day <= periods[p]->used_to) {
                covered[p] |= shared;
            }
        }
    }
    ts_cell_key_t key;
    memset(&key, 0, sizeof key);
    key.measure = (uint8_t)fact->measure;
    key.plan = fact->plan;
    key.sex = born->sex;
    for (size_t p = 0; p < period_count; p++) {
        unsigned gained = own_roll_ups(fact) & ~covered[p];
        if (gained != 0 && p > 0) {
            key.aux = periods[p]->id;
            key.band = ts_band_on(catalog, fact->plan, born, periods[p]->used_to);
        }
        for (unsigned roll_up = 0; roll_up < 4; roll_up++) {
            if ((gained & (1u << roll_up)) != 0) {
                key.unit = (roll_up & 1u) != 0 ? 0 : fact->unit;
                key.line = (roll_up & 2u) != 0 ? 0 : fact->line;
                emit(ctx, &key);
            }
        }
    }
}
