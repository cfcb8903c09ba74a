/* SPDX-License-Identifier: MPL-2.0 */
/* Tables that count children: living there, needs, support, by unit. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/report_layout.h"

#include <string.h>

static const char *const sexes[] = {"f", "m", "u"};

/* Sum over the sexes of one band; false when there is no figure. `only`: "f" alone, NULL all. */
static bool
band_sum(const ts_layout_t *self, ts_pick_t at, const char *only, ts_figure_t *ret_sum)
{
    ts_figure_t sum = {.state = TS_FIGURE_VALUE};
    bool found = false;
    for (size_t i = 0; i < sizeof sexes / sizeof sexes[0]; i++) {
        at.sex = sexes[i];
        const ts_figure_t *figure = ts_pick(self, at);
        if (figure == NULL) {
            continue;
        }
        found = true;
        if (only == NULL || strcmp(only, sexes[i]) == 0) {
            sum.value += figure->value;
            sum.state = figure->state == TS_FIGURE_AT_MOST ? TS_FIGURE_AT_MOST : sum.state;
        }
    }
    if (found) {
        *ret_sum = sum;
    }
    return found;
}

/* The girls of all bands, or of one. */
static bool
girls(const ts_layout_t *self, ts_pick_t at, ts_figure_t *ret_sum)
{
    if (at.band != NULL) {
        return band_sum(self, at, "f", ret_sum);
    }
    ts_figure_t sum = {.state = TS_FIGURE_VALUE};
    bool found = false;
    for (size_t i = 0; i < self->bands.count; i++) {
        at.band = self->bands.codes[i];
        ts_figure_t part;
        if (band_sum(self, at, "f", &part)) {
            found = true;
            sum.value += part.value;
            sum.state = part.state == TS_FIGURE_AT_MOST ? TS_FIGURE_AT_MOST : sum.state;
        }
    }
    if (found) {
        *ret_sum = sum;
    }
    return found;
}

/* Children of a row: band NULL = of every age. */
static void
cell_children(const ts_layout_t *self, ts_table_t *table, ts_pick_t at)
{
    ts_figure_t sum;
    if (at.band == NULL) {
        ts_cell_figure(table, ts_pick(self, at));
    } else {
        ts_cell_figure(table, band_sum(self, at, NULL, &sum) ? &sum : NULL);
    }
}

static void
cell_girls(const ts_layout_t *self, ts_table_t *table, ts_pick_t at)
{
    ts_figure_t sum;
    ts_cell_figure(table, girls(self, at, &sum) ? &sum : NULL);
}

static bool
band_used(const ts_layout_t *self, const char *section, const char *line, const char *band)
{
    static const char *const measures[] = {"children", "heads", "distinct", "child_times",
                                           "head_times"};
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++) {
        ts_figure_t sum;
        ts_pick_t at = {.section = section, .measure = measures[i], .line = line, .band = band};
        if (band_sum(self, at, NULL, &sum)) {
            return true;
        }
    }
    return false;
}

static void
cell_band(const ts_layout_t *self, ts_table_t *table, const char *band)
{
    if (band == NULL) {
        ts_cell_say(table, N_("Every age"));
    } else if (strcmp(band, "unknown") == 0) {
        ts_cell_say(table, N_("Age not known"));
    } else {
        ts_cell_text(table, ts_pick_name(self, "band", band));
    }
}

static void
cells_line(const ts_layout_t *self, ts_table_t *table, const char *line)
{
    if (line == NULL) {
        ts_table_add_nothing(table);
        ts_cell_say(table, N_("All contents"));
    } else {
        ts_cell_text(table, line);
        ts_cell_text(table, ts_pick_name(self, "line", line));
    }
}

/* For quantities: only on the row of a line over all bands. */
static void
cell_whole(const ts_layout_t *self, ts_table_t *table, ts_pick_t at)
{
    ts_cell_figure(table, at.band != NULL || at.line == NULL ? NULL : ts_pick(self, at));
}

static void
cell_measured(const ts_layout_t *self, ts_table_t *table, const char *line, const char *band)
{
    if (line == NULL || band != NULL) {
        ts_table_add_nothing(table);
    } else {
        ts_cell_text(table, ts_pick_name(self, "line_unit", line));
    }
}

/* ---- living there */

void
ts_rows_living(const ts_layout_t *self, ts_table_t *table)
{
    for (size_t i = 0; i <= self->bands.count; i++) {
        const char *band = i < self->bands.count ? self->bands.codes[i] : NULL;
        ts_pick_t at = {.section = "living", .measure = "children", .band = band};
        ts_figure_t sum;
        if (band != NULL && !band_sum(self, at, NULL, &sum)) {
            continue;
        }
        cell_band(self, table, band);
        cell_girls(self, table, at);
        cell_children(self, table, at);
    }
}

/* ---- needs */

static void
row_needs(const ts_layout_t *self, ts_table_t *table, const char *line, const char *band)
{
    static const char *const counts[] = {"children", "heads", "distinct"};
    ts_pick_t at = {.section = "needs", .line = line, .band = band};
    cells_line(self, table, line);
    cell_band(self, table, band);
    at.measure = "quantity";
    cell_whole(self, table, at);
    cell_measured(self, table, line, band);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        at.measure = counts[i];
        cell_children(self, table, at);
        cell_girls(self, table, at);
    }
    at.measure = "verified";
    cell_whole(self, table, at);
    at.measure = "open";
    cell_whole(self, table, at);
}

typedef void (*row_fn)(const ts_layout_t *self,
                       ts_table_t *table,
                       const char *line,
                       const char *band);

/* Each line over every age and by band, then all lines. */
static void
rows_by_line(const ts_layout_t *self, ts_table_t *table, const char *section, row_fn row)
{
    for (size_t i = 0; i <= self->lines.count; i++) {
        const char *line = i < self->lines.count ? self->lines.codes[i] : NULL;
        row(self, table, line, NULL);
        for (size_t b = 0; b < self->bands.count; b++) {
            if (band_used(self, section, line, self->bands.codes[b])) {
                row(self, table, line, self->bands.codes[b]);
            }
        }
    }
}

void
ts_rows_needs(const ts_layout_t *self, ts_table_t *table)
{
    rows_by_line(self, table, "needs", row_needs);
}

/* ---- support */

/* The most children that can have been reached: identified ones, and every declared head another
 * child. */
static void
cell_at_most(const ts_layout_t *self, ts_table_t *table, ts_pick_t at)
{
    static const char *const parts[] = {"distinct", "head_times"};
    int64_t sum = 0;
    bool found = false;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        at.measure = parts[i];
        ts_figure_t figure = {.state = TS_FIGURE_MISSING};
        const ts_figure_t *stored = at.band == NULL ? ts_pick(self, at) : NULL;
        if (stored != NULL) {
            figure = *stored;
        } else if (at.band != NULL) {
            (void)band_sum(self, at, NULL, &figure);
        }
        if (figure.state == TS_FIGURE_VALUE || figure.state == TS_FIGURE_AT_MOST) {
            sum += figure.value;
            found = true;
        }
    }
    if (found) {
        ts_table_add_number(table, sum);
    } else {
        ts_table_add_nothing(table);
    }
}

static void
row_support(const ts_layout_t *self, ts_table_t *table, const char *line, const char *band)
{
    static const char *const counts[] = {"distinct", "child_times", "head_times"};
    ts_pick_t at = {.section = "support", .line = line, .band = band};
    cells_line(self, table, line);
    cell_band(self, table, band);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        at.measure = counts[i];
        cell_children(self, table, at);
        cell_girls(self, table, at);
    }
    cell_at_most(self, table, at);
    at.measure = "sites";
    ts_cell_figure(table, band != NULL ? NULL : ts_pick(self, at));
    at.measure = "quantity";
    cell_whole(self, table, at);
    cell_measured(self, table, line, band);
    at.measure = "value";
    ts_cell_figure(table, band != NULL ? NULL : ts_pick(self, at));
}

void
ts_rows_support(const ts_layout_t *self, ts_table_t *table)
{
    rows_by_line(self, table, "support", row_support);
}

/* ---- by unit */

static const struct {
    const char *section;
    const char *measure;
} unit_columns[] = {{"living", "children"},    {"needs", "quantity"},   {"needs", "distinct"},
                    {"needs", "heads"},        {"support", "distinct"}, {"support", "child_times"},
                    {"support", "head_times"}, {"support", "sites"},    {"support", "quantity"},
                    {"support", "value"},      {"needs", "open"}};

static bool
unit_has(const ts_layout_t *self, const char *unit, const char *line)
{
    for (size_t i = 0; i < sizeof unit_columns / sizeof unit_columns[0]; i++) {
        ts_pick_t at = {.section = unit_columns[i].section,
                        .measure = unit_columns[i].measure,
                        .unit = unit,
                        .line = line};
        if (ts_pick(self, at) != NULL) {
            return true;
        }
    }
    return false;
}

/* The official code of "09706@2008-08-01": which version of the unit it is the boundary date says.
 */
static void
cell_unit_code(ts_table_t *table, const char *unit)
{
    char *code = ts_xstrndup(unit, strcspn(unit, "@"));
    ts_cell_text(table, code);
    ts_xfree(code);
}

static void
row_unit(const ts_layout_t *self, ts_table_t *table, const char *unit, const char *line)
{
    cell_unit_code(table, unit);
    ts_cell_text(
        table,
        ts_pick_text(self, (ts_pick_t){.section = "name", .measure = "unit_above", .of = unit}));
    ts_cell_text(table, ts_pick_name(self, "unit", unit));
    cells_line(self, table, line);
    bool empty = !unit_has(self, unit, line);
    for (size_t i = 0; i < sizeof unit_columns / sizeof unit_columns[0]; i++) {
        ts_pick_t at = {.section = unit_columns[i].section,
                        .measure = unit_columns[i].measure,
                        .unit = unit,
                        .line = line};
        const ts_figure_t missing = {.state = TS_FIGURE_MISSING};
        ts_cell_figure(table, empty && i == 0 ? &missing : ts_pick(self, at));
    }
}

void
ts_rows_units(const ts_layout_t *self, ts_table_t *table)
{
    for (size_t u = 0; u < self->units.count; u++) {
        const char *unit = self->units.codes[u];
        row_unit(self, table, unit, NULL);
        for (size_t i = 0; i < self->lines.count; i++) {
            if (unit_has(self, unit, self->lines.codes[i])) {
                row_unit(self, table, unit, self->lines.codes[i]);
            }
        }
    }
}

/* ---- chart */

/* What of a line's need was met, commune by commune: what one got beyond its need meets no other's.
 */
static int64_t
met_of(const ts_layout_t *self, const char *line)
{
    int64_t met = 0;
    for (size_t u = 0; u < self->units.count; u++) {
        ts_pick_t at = {
            .section = "needs", .measure = "quantity", .unit = self->units.codes[u], .line = line};
        int64_t needed = ts_pick_number(self, at);
        at.section = "support";
        int64_t handed = ts_pick_number(self, at);
        met += handed < 0 ? 0 : handed < needed ? handed : needed;
    }
    return met;
}

/* Meals and coats have no common scale, so bars stand for the part of the need that was met. */
void
ts_rows_chart(const ts_layout_t *self, ts_table_t *table)
{
    for (size_t i = 0; i < self->lines.count; i++) {
        const char *line = self->lines.codes[i];
        int64_t needed = ts_pick_number(
            self, (ts_pick_t){.section = "needs", .measure = "quantity", .line = line});
        if (needed <= 0 || needed > INT64_MAX / 10000) {
            continue;
        }
        ts_cell_text(table, ts_pick_name(self, "line", line));
        ts_cell_text(table, ts_pick_name(self, "line_unit", line));
        ts_table_add_number(table, needed);
        ts_table_add_number(table, ts_pick_number(self, (ts_pick_t){.section = "support",
                                                                    .measure = "quantity",
                                                                    .line = line}));
        ts_table_add_number(table, met_of(self, line) * 10000 / needed);
    }
}
