/* SPDX-License-Identifier: MPL-2.0 */
/* Children, needs and support; the driver of computing a report. */
#include "base/check.h"
#include "base/xalloc.h"
#include "core/report_p.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

#define SUCCESSORS_MAX 16
#define FIRST_MONEY TS_MEASURE_PLEDGED_VALUE
#define LAST_MONEY TS_MEASURE_REDIRECTED_VALUE

void
ts_report_cells_add(ts_report_cells_t *self, const ts_cell_key_t *key, int64_t value)
{
    self->rows = ts_xgrow(self->rows, self->count + 1, &self->capacity, sizeof *self->rows);
    self->rows[self->count++] = (ts_report_cell_t){*key, value};
}

void
ts_report_cells_free(ts_report_cells_t *self)
{
    ts_xfree(self->rows);
    *self = (ts_report_cells_t){0};
}

/* ---- sums */

void
ts_sum_add(ts_map_t *map, const ts_sum_key_t *key, int64_t value, uint64_t source)
{
    ts_sum_t *sum = ts_map_get(map, key);
    if (sum == NULL) {
        sum = ts_map_put(map, key);
        sum->source = source;
    }
    sum->value += value;
    sum->mixed = sum->mixed || sum->source != source;
}

const ts_sum_t *
ts_sum_get(const ts_map_t *map, const ts_sum_key_t *key)
{
    return ts_map_get(map, key);
}

ts_record_id_t
ts_report_unit_shown(const ts_computing_t *self, ts_record_id_t unit)
{
    for (int i = 0; i < SUCCESSORS_MAX && self->in->boundary != 0; i++) {
        const ts_unit_t *row = ts_catalog_unit(self->catalog, unit);
        if (row == NULL || row->to == 0 || row->to > self->in->boundary || row->successor == 0) {
            break;
        }
        unit = row->successor;
    }
    return unit;
}

static bool
is_money(uint8_t measure)
{
    return (measure >= FIRST_MONEY && measure <= LAST_MONEY) ||
           measure == TS_MEASURE_HANDED_VALUE || measure == TS_MEASURE_LEFT_VALUE;
}

static bool
counts_children(uint8_t measure)
{
    static const uint8_t measures[] = {TS_MEASURE_NEED_CHILDREN, TS_MEASURE_NEED_HEADS,
                                       TS_MEASURE_CHILD_TIMES, TS_MEASURE_HEAD_TIMES};
    return memchr(measures, measure, sizeof measures) != NULL;
}

static bool
is_own_fund(const ts_report_input_t *in, ts_record_id_t fund)
{
    for (size_t i = 0; i < in->fund_count; i++) {
        if (in->funds[i].id == fund) {
            return true;
        }
    }
    return false;
}

/* By unit and line, and over each of them. */
static void
add_places(ts_map_t *map,
           const ts_sum_key_t *base,
           const ts_cell_key_t *cell,
           ts_record_id_t unit,
           int64_t value)
{
    const uint64_t units[] = {0, unit};
    const uint64_t lines[] = {0, cell->line};
    for (size_t u = 0; u < (unit == 0 ? 1u : 2u); u++) {
        for (size_t l = 0; l < (cell->line == 0 ? 1u : 2u); l++) {
            ts_sum_key_t key = *base;
            key.unit = units[u];
            key.line = lines[l];
            ts_sum_add(map, &key, value, unit);
        }
    }
}

/* What was handed over counts where it went, whoever paid; all other money by funds: those of the
 * ledger, or of the body whose report it is. */
static void
add_money(const ts_computing_t *self,
          ts_map_t *map,
          const ts_cell_key_t *cell,
          ts_record_id_t unit,
          int64_t value)
{
    ts_sum_key_t key = {.band = TS_SUM_ANY, .sex = TS_SUM_ANY_SEX, .measure = cell->measure};
    if (cell->measure == TS_MEASURE_HANDED_VALUE) {
        add_places(map, &key, cell, unit, value);
    }
    if (self->in->scope != TS_REPORT_LEDGER && !is_own_fund(self->in, cell->aux)) {
        return;
    }
    key.of = TS_SUM_ALL_FUNDS;
    ts_sum_add(map, &key, value, 0);
    key.of = cell->aux == 0 ? TS_SUM_ANY : cell->aux;
    ts_sum_add(map, &key, value, 0);
    if (cell->measure == TS_MEASURE_PLEDGED_VALUE || cell->measure == TS_MEASURE_RECEIVED_VALUE) {
        key.of = (uint64_t)cell->donor_class + 1;
        ts_sum_add(map, &key, value, 0);
    }
}

static void
add_window(ts_computing_t *self, ts_map_t *map, const ts_report_cells_t *cells)
{
    for (size_t i = 0; i < cells->count; i++) {
        const ts_cell_key_t *cell = &cells->rows[i].key;
        int64_t value = cells->rows[i].value;
        ts_record_id_t unit = ts_report_unit_shown(self, cell->unit);
        if (self->in->scope == TS_REPORT_FUNDS &&
            (!is_money(cell->measure) || !is_own_fund(self->in, cell->aux))) {
            continue;
        }
        if (is_money(cell->measure)) {
            add_money(self, map, cell, unit, value);
            continue;
        }
        ts_sum_key_t key = {.band = TS_SUM_ANY, .sex = TS_SUM_ANY_SEX, .measure = cell->measure};
        add_places(map, &key, cell, unit, value);
        if (counts_children(cell->measure)) {
            key.band = cell->band;
            key.sex = cell->sex;
            ts_sum_add(map, &key, value, 0);
            if (cell->line != 0) {
                key.line = cell->line;
                ts_sum_add(map, &key, value, 0);
            }
        }
    }
}

/* The ledger's own cells over all units are exact; in a part of a ledger there are only those of
 * single units, and adding several gives an upper bound. */
static void
add_distinct(ts_computing_t *self, const ts_report_cells_t *cells)
{
    for (size_t i = 0; i < cells->count; i++) {
        const ts_cell_key_t *cell = &cells->rows[i].key;
        int64_t value = cells->rows[i].value;
        ts_record_id_t unit = ts_report_unit_shown(self, cell->unit);
        ts_sum_key_t key = {.unit = unit,
                            .line = cell->line,
                            .band = TS_SUM_ANY,
                            .sex = TS_SUM_ANY_SEX,
                            .measure = cell->measure};
        if (unit != 0) {
            ts_sum_add(self->distinct, &key, value, cell->unit);
        }
        bool over_all = self->in->scope == TS_REPORT_LEDGER ? unit == 0 : unit != 0;
        if (over_all) {
            key.unit = 0;
            ts_sum_add(self->distinct, &key, value, cell->unit);
            key.band = cell->band;
            key.sex = cell->sex;
            ts_sum_add(self->distinct, &key, value, cell->unit);
        }
    }
}

static void
add_living(ts_computing_t *self, const ts_report_cells_t *cells)
{
    for (size_t i = 0; i < cells->count; i++) {
        const ts_cell_key_t *cell = &cells->rows[i].key;
        int64_t value = cells->rows[i].value;
        ts_sum_key_t key = {
            .band = TS_SUM_ANY, .sex = TS_SUM_ANY_SEX, .measure = TS_MEASURE_POPULATION};
        ts_sum_add(self->living, &key, value, 0);
        key.unit = ts_report_unit_shown(self, cell->unit);
        ts_sum_add(self->living, &key, value, 0);
        key.unit = 0;
        key.band = cell->band;
        key.sex = cell->sex;
        ts_sum_add(self->living, &key, value, 0);
    }
}

/* ---- adding figures */

static const char *
part(const char *text)
{
    return text == NULL ? "" : text;
}

static void
put(ts_computing_t *self, ts_at_t at, ts_figure_state_t state, int64_t value, const char *text)
{
    const ts_figure_t figure = {.section = part(at.section),
                                .measure = part(at.measure),
                                .unit = part(at.unit),
                                .line = part(at.line),
                                .band = part(at.band),
                                .sex = part(at.sex),
                                .of = part(at.of),
                                .state = state,
                                .value = value,
                                .text = part(text)};
    ts_report_add(self->report, &figure);
}

void
ts_put_number(ts_computing_t *self, ts_at_t at, int64_t value)
{
    put(self, at, TS_FIGURE_VALUE, value, NULL);
}

void
ts_put_text(ts_computing_t *self, ts_at_t at, const char *text)
{
    put(self, at, TS_FIGURE_TEXT, 0, text);
}

void
ts_put_state(ts_computing_t *self, ts_at_t at, ts_figure_state_t state)
{
    put(self, at, state, 0, NULL);
}

void
ts_put_sum(ts_computing_t *self, ts_at_t at, const ts_sum_t *sum, bool distinct)
{
    put(self, at, distinct && sum->mixed ? TS_FIGURE_AT_MOST : TS_FIGURE_VALUE, sum->value, NULL);
}

/* ---- needs and support */

/* Where a measure of the ledger stands in the report. */
typedef struct place {
    ts_measure_t measure;
    const char *section;
    const char *name;
    bool distinct;
    bool over_lines; /* it can be told over all lines: quantities of unlike things cannot */
} place_t;

static const place_t places[] = {
    {TS_MEASURE_NEED_QUANTITY, "needs", "quantity", false, false},
    {TS_MEASURE_NEED_VERIFIED, "needs", "verified", false, false},
    {TS_MEASURE_NEED_CHILDREN, "needs", "children", false, true},
    {TS_MEASURE_NEED_HEADS, "needs", "heads", false, true},
    {TS_MEASURE_DISTINCT_IN_NEED, "needs", "distinct", true, true},
    {TS_MEASURE_DISTINCT_SUPPORTED, "support", "distinct", true, true},
    {TS_MEASURE_CHILD_TIMES, "support", "child_times", false, true},
    {TS_MEASURE_HEAD_TIMES, "support", "head_times", false, true},
    {TS_MEASURE_SITES, "support", "sites", false, true},
    {TS_MEASURE_HANDED_QUANTITY, "support", "quantity", false, false},
    {TS_MEASURE_HANDED_VALUE, "support", "value", false, true},
};

static const ts_sum_t *
sum_of(const ts_computing_t *self, ts_measure_t measure, uint64_t unit, uint64_t line)
{
    bool distinct =
        measure == TS_MEASURE_DISTINCT_IN_NEED || measure == TS_MEASURE_DISTINCT_SUPPORTED;
    const ts_sum_key_t key = {.unit = unit,
                              .line = line,
                              .band = TS_SUM_ANY,
                              .sex = TS_SUM_ANY_SEX,
                              .measure = (uint32_t)measure};
    return ts_sum_get(distinct ? self->distinct : self->window, &key);
}

static bool
any_of(const ts_computing_t *self, const ts_measure_t *measures, size_t count, uint64_t line)
{
    for (size_t i = 0; i < count; i++) {
        if (sum_of(self, measures[i], 0, line) != NULL) {
            return true;
        }
    }
    return false;
}

/*
 * State of a cell that the form asks for and that has no figures. What was counted in another way
 * (declared heads instead of children, sites instead of children, another unit of measure) does not
 * apply; the rest did not occur when somebody answers for that, else it is missing.
 */
static ts_figure_state_t
state_without(const ts_computing_t *self, const place_t *place, uint64_t line)
{
    static const ts_measure_t needs[] = {TS_MEASURE_NEED_CHILDREN, TS_MEASURE_NEED_HEADS,
                                         TS_MEASURE_NEED_QUANTITY};
    static const ts_measure_t reached[] = {TS_MEASURE_CHILD_TIMES, TS_MEASURE_HEAD_TIMES,
                                           TS_MEASURE_SITES};
    if (self->in->scope == TS_REPORT_FUNDS) {
        return TS_FIGURE_NOT_APPLICABLE;
    }
    bool of_needs = strcmp(place->section, "needs") == 0;
    bool counted = of_needs ? any_of(self, needs, sizeof needs / sizeof needs[0], line)
                            : any_of(self, reached, sizeof reached / sizeof reached[0], line);
    if (counted && place->measure != TS_MEASURE_HANDED_VALUE &&
        place->measure != TS_MEASURE_NEED_QUANTITY) {
        return place->measure == TS_MEASURE_NEED_VERIFIED ? TS_FIGURE_VALUE
                                                          : TS_FIGURE_NOT_APPLICABLE;
    }
    return self->in->nil_confirmed ? TS_FIGURE_NIL : TS_FIGURE_MISSING;
}

static void
put_line(ts_computing_t *self, ts_record_id_t line)
{
    char code[TS_REPORT_CODE_BYTES];
    const char *line_code = line == 0 ? "" : ts_code_line(self, line, code);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const place_t *place = &places[i];
        if (line == 0 && !place->over_lines) {
            continue;
        }
        ts_at_t at = {.section = place->section, .measure = place->name, .line = line_code};
        const ts_sum_t *sum = sum_of(self, place->measure, 0, line);
        if (sum != NULL) {
            ts_put_sum(self, at, sum, place->distinct);
        } else {
            ts_put_state(self, at, state_without(self, place, line));
        }
    }
}

static const place_t *
place_of(uint32_t measure)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if ((uint32_t)places[i].measure == measure) {
            return &places[i];
        }
    }
    return NULL;
}

/* By band and sex over the scope, and by unit. */
static void
put_details(ts_computing_t *self, const ts_map_t *map)
{
    size_t position = 0;
    const ts_sum_key_t *key;
    void *value;
    while ((key = ts_map_next(map, &position, &value)) != NULL) {
        const place_t *place = place_of(key->measure);
        bool whole = key->band == TS_SUM_ANY;
        if (place == NULL || key->of != 0 || (whole && key->unit == 0) ||
            (key->line == 0 && !place->over_lines)) {
            continue;
        }
        char unit[TS_REPORT_CODE_BYTES];
        char line[TS_REPORT_CODE_BYTES];
        char band[TS_REPORT_CODE_BYTES];
        ts_at_t at = {.section = place->section, .measure = place->name};
        if (key->unit != 0) {
            at.unit = ts_code_unit(self, key->unit, unit);
            (void)ts_map_put(self->units, &key->unit);
        }
        at.line = key->line == 0 ? "" : ts_code_line(self, key->line, line);
        if (!whole) {
            at.band = ts_code_band(self, key->band, band);
            at.sex = ts_code_sex(key->sex);
        }
        ts_put_sum(self, at, value, place->distinct);
    }
}

/* Still open at the period's end, line by line: what one commune got too much fills no other's
 * need.
 */
static void
put_open(ts_computing_t *self)
{
    ts_map_t *open = ts_map_new(sizeof(uint64_t), sizeof(int64_t));
    size_t position = 0;
    const ts_sum_key_t *key;
    void *value;
    while ((key = ts_map_next(self->to_date, &position, &value)) != NULL) {
        if (key->measure != TS_MEASURE_NEED_QUANTITY || key->unit == 0 || key->line == 0) {
            continue;
        }
        ts_sum_key_t handed_key = *key;
        handed_key.measure = TS_MEASURE_HANDED_QUANTITY;
        const ts_sum_t *handed = ts_sum_get(self->to_date, &handed_key);
        int64_t left = ((const ts_sum_t *)value)->value - (handed == NULL ? 0 : handed->value);
        left = left > 0 ? left : 0;
        *(int64_t *)ts_map_put(open, &key->line) += left;
        char unit[TS_REPORT_CODE_BYTES];
        char line[TS_REPORT_CODE_BYTES];
        (void)ts_map_put(self->units, &key->unit);
        ts_put_number(self,
                      (ts_at_t){.section = "needs",
                                .measure = "open",
                                .unit = ts_code_unit(self, key->unit, unit),
                                .line = ts_code_line(self, key->line, line)},
                      left);
    }
    const place_t quantity = {TS_MEASURE_NEED_QUANTITY, "needs", "open", false, false};
    size_t at_line = 0;
    const ts_line_t *row;
    while ((row = ts_catalog_next(self->catalog, TIEPSUC__V1__KIND__KIND_LINE, &at_line)) != NULL) {
        if (row->plan != self->in->plan) {
            continue;
        }
        char line[TS_REPORT_CODE_BYTES];
        ts_at_t at = {
            .section = "needs", .measure = "open", .line = ts_code_line(self, row->id, line)};
        const int64_t *sum = ts_map_get(open, &row->id);
        if (sum != NULL) {
            ts_put_number(self, at, *sum);
        } else {
            ts_put_state(self, at, state_without(self, &quantity, row->id));
        }
    }
    ts_map_destroy(&open);
}

static void
put_living(ts_computing_t *self)
{
    size_t position = 0;
    const ts_sum_key_t *key;
    void *value;
    while ((key = ts_map_next(self->living, &position, &value)) != NULL) {
        char unit[TS_REPORT_CODE_BYTES];
        char band[TS_REPORT_CODE_BYTES];
        ts_at_t at = {.section = "living", .measure = "children"};
        if (key->unit != 0) {
            at.unit = ts_code_unit(self, key->unit, unit);
            (void)ts_map_put(self->units, &key->unit);
        }
        if (key->band != TS_SUM_ANY) {
            at.band = ts_code_band(self, key->band, band);
            at.sex = ts_code_sex(key->sex);
        }
        ts_put_sum(self, at, value, false);
    }
    if (ts_map_count(self->living) == 0) {
        ts_put_state(self, (ts_at_t){.section = "living", .measure = "children"},
                     self->in->scope == TS_REPORT_FUNDS ? TS_FIGURE_NOT_APPLICABLE
                                                        : TS_FIGURE_MISSING);
    }
}

void
ts_report_children(ts_computing_t *self)
{
    put_living(self);
    put_line(self, 0);
    size_t at_line = 0;
    const ts_line_t *line;
    while ((line = ts_catalog_next(self->catalog, TIEPSUC__V1__KIND__KIND_LINE, &at_line)) !=
           NULL) {
        if (line->plan == self->in->plan) {
            put_line(self, line->id);
        }
    }
    put_details(self, self->window);
    put_details(self, self->distinct);
    put_open(self);
}

/* ---- driver */

ts_report_t *
ts_report_compute(const ts_report_input_t *input)
{
    ts_computing_t self = {.in = input,
                           .catalog = input->catalog,
                           .plan = ts_catalog_plan(input->catalog, input->plan),
                           .period = ts_catalog_period(input->catalog, input->period),
                           .report = ts_report_new()};
    TS_CHECK(self.plan != NULL);
    TS_CHECK(self.period != NULL);
    ts_map_t **const maps[] = {&self.window, &self.to_date, &self.distinct, &self.living};
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        *maps[i] = ts_map_new(sizeof(ts_sum_key_t), sizeof(ts_sum_t));
    }
    self.units = ts_map_new(sizeof(uint64_t), 0);
    ts_codes_open(&self);
    add_window(&self, self.window, input->window);
    add_window(&self, self.to_date, input->to_date);
    if (input->scope != TS_REPORT_FUNDS) {
        add_distinct(&self, input->distinct);
        add_living(&self, input->living);
    }
    for (size_t i = 0; i < input->scope_unit_count; i++) {
        ts_record_id_t unit = ts_report_unit_shown(&self, input->scope_units[i]);
        (void)ts_map_put(self.units, &unit);
    }
    ts_report_children(&self);
    ts_report_money(&self);
    ts_report_signed_budget(&self);
    ts_report_targets(&self);
    ts_report_duties(&self);
    ts_report_corrections(&self);
    ts_report_head_figures(&self);
    ts_report_finding_figures(&self);
    ts_report_names(&self);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        ts_map_destroy(maps[i]);
    }
    ts_map_destroy(&self.units);
    ts_codes_close(&self);
    ts_report_sort(self.report);
    return self.report;
}
