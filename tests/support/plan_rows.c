/* SPDX-License-Identifier: MPL-2.0 */
#include "support/plan_rows.h"

#include "base/buf.h"
#include "base/time.h"
#include "base/xalloc.h"
#include "sheet/csv.h"
#include "support/test.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 1024

/* A key of a table and the record that it became. */
typedef struct key_row {
    char *key;
    ts_record_id_t id;
} key_row_t;

typedef struct loading {
    ts_catalog_t *catalog;
    const char *name;
    ts_record_id_t plan;
    key_row_t units[KEYS_MAX];
    size_t unit_count;
    key_row_t bodies[KEYS_MAX];
    size_t body_count;
    uint32_t next;
} loading_t;

static ts_grid_t *
read_table(const char *plan, const char *table)
{
    char path[512];
    snprintf(path, sizeof path, "%s/deploy/plans/%s/%s.csv", TS_TEST_SOURCE_DIR, plan, table);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    ts_buf_t text = {0};
    size_t got;
    do {
        got = fread(ts_buf_extend(&text, 4096), 1, 4096, file);
        text.length -= 4096 - got;
    } while (got > 0);
    fclose(file);
    ts_sheet_issues_t issues = {0};
    ts_grid_t *grid = NULL;
    assert_int_equal(ts_csv_read((const char *)text.data, text.length, ',', &issues, &grid),
                     TS_ERR_OK);
    assert_int_equal(ts_grid_set_header(grid, 0, &issues), TS_ERR_OK);
    ts_sheet_issues_free(&issues);
    ts_buf_free(&text);
    return grid;
}

/* Protobuf structs hold char *; nothing here changes the text. */
static char *
cell(const ts_grid_t *grid, size_t row, const char *column)
{
    for (size_t c = 0; c < ts_grid_columns(grid); c++) {
        if (strcmp(ts_grid_header(grid, c), column) == 0) {
            union {
                const char *borrowed;
                char *given;
            } text = {ts_grid_cell(grid, row, c)};
            return text.given;
        }
    }
    fail_msg("no column %s", column);
    return NULL;
}

static uint32_t
number(const ts_grid_t *grid, size_t row, const char *column)
{
    return (uint32_t)strtoul(cell(grid, row, column), NULL, 10);
}

static int32_t
day(const ts_grid_t *grid, size_t row, const char *column)
{
    ts_date_t date = {0};
    const char *text = cell(grid, row, column);
    if (text[0] != '\0') {
        assert_int_equal(ts_date_parse_iso(text, &date), TS_ERR_OK);
    }
    return date.days;
}

static ts_record_id_t
mint(loading_t *self)
{
    return ts_record_id(1, 1, self->next++);
}

static ts_record_id_t
find(const key_row_t *rows, size_t count, const char *key)
{
    for (size_t i = 0; key[0] != '\0' && i < count; i++) {
        if (strcmp(rows[i].key, key) == 0) {
            return rows[i].id;
        }
    }
    return 0;
}

static void
remember(key_row_t *rows, size_t *count, const char *key, ts_record_id_t id)
{
    assert_true(*count < KEYS_MAX);
    rows[(*count)++] = (key_row_t){ts_xstrdup(key), id};
}

static int
word(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            return (int)i;
        }
    }
    fail_msg("unknown word %s", text);
    return 0;
}

static void
load_units(loading_t *self)
{
    static const char *const levels[] = {"none", "province", "district", "commune"};
    ts_grid_t *grid = read_table(self->name, "units");
    for (size_t r = 0; r < ts_grid_rows(grid); r++) {
        remember(self->units, &self->unit_count, cell(grid, r, "key"), mint(self));
    }
    for (size_t r = 0; r < ts_grid_rows(grid); r++) {
        Tiepsuc__V1__Unit unit;
        tiepsuc__v1__unit__init(&unit);
        unit.code = cell(grid, r, "code");
        unit.name = cell(grid, r, "name");
        unit.type_name = cell(grid, r, "kind");
        unit.level = (Tiepsuc__V1__UnitLevel)word(cell(grid, r, "level"), levels, 4);
        unit.parent_id = find(self->units, self->unit_count, cell(grid, r, "parent"));
        unit.successor_id = find(self->units, self->unit_count, cell(grid, r, "successor"));
        unit.valid_from_on = day(grid, r, "valid_from");
        unit.valid_to_on = day(grid, r, "valid_to");
        ts_catalog_put(self->catalog, TIEPSUC__V1__KIND__KIND_UNIT, self->units[r].id, 0, &unit);
    }
    ts_grid_destroy(&grid);
}

static void
load_bodies(loading_t *self)
{
    ts_grid_t *grid = read_table(self->name, "bodies");
    for (size_t r = 0; r < ts_grid_rows(grid); r++) {
        remember(self->bodies, &self->body_count, cell(grid, r, "key"), mint(self));
    }
    for (size_t r = 0; r < ts_grid_rows(grid); r++) {
        Tiepsuc__V1__Body body;
        tiepsuc__v1__body__init(&body);
        body.code = cell(grid, r, "key");
        body.name = cell(grid, r, "name");
        body.unit_id = find(self->units, self->unit_count, cell(grid, r, "unit"));
        body.parent_id = find(self->bodies, self->body_count, cell(grid, r, "parent"));
        body.valid_from_on = day(grid, r, "valid_from");
        body.valid_to_on = day(grid, r, "valid_to");
        ts_catalog_put(self->catalog, TIEPSUC__V1__KIND__KIND_BODY, self->bodies[r].id, 0, &body);
    }
    ts_grid_destroy(&grid);
}

static void
load_plan(loading_t *self)
{
    ts_grid_t *grid = read_table(self->name, "plan");
    Tiepsuc__V1__Plan plan;
    tiepsuc__v1__plan__init(&plan);
    plan.code = cell(grid, 0, "key");
    plan.title = cell(grid, 0, "title");
    plan.unit_id = find(self->units, self->unit_count, cell(grid, 0, "unit"));
    plan.lead_body_id = find(self->bodies, self->body_count, cell(grid, 0, "lead"));
    self->plan = mint(self);
    ts_catalog_put(self->catalog, TIEPSUC__V1__KIND__KIND_PLAN, self->plan, self->plan, &plan);
    ts_grid_destroy(&grid);
    grid = read_table(self->name, "scope");
    for (size_t r = 0; r < ts_grid_rows(grid); r++) {
        Tiepsuc__V1__Scope scope;
        tiepsuc__v1__scope__init(&scope);
        scope.unit_id = find(self->units, self->unit_count, cell(grid, r, "unit"));
        assert_true(scope.unit_id != 0);
        ts_catalog_put(self->catalog, TIEPSUC__V1__KIND__KIND_SCOPE, mint(self), self->plan,
                       &scope);
    }
    ts_grid_destroy(&grid);
}

static void
load_lines_and_bands(loading_t *self)
{
    static const char *const targets[] = {"none", "child", "site", "event"};
    ts_grid_t *grid = read_table(self->name, "lines");
    for (size_t r = 0; r < ts_grid_rows(grid); r++) {
        Tiepsuc__V1__Line line;
        tiepsuc__v1__line__init(&line);
        line.code = cell(grid, r, "key");
        line.name = cell(grid, r, "name");
        line.unit_of_measure = cell(grid, r, "unit_of_measure");
        line.unit_name = cell(grid, r, "unit_name");
        line.target_kind = (Tiepsuc__V1__TargetKind)word(cell(grid, r, "target_kind"), targets, 4);
        line.order_no = number(grid, r, "order");
        ts_catalog_put(self->catalog, TIEPSUC__V1__KIND__KIND_LINE, mint(self), self->plan, &line);
    }
    ts_grid_destroy(&grid);
    grid = read_table(self->name, "bands");
    for (size_t r = 0; r < ts_grid_rows(grid); r++) {
        Tiepsuc__V1__Band band;
        tiepsuc__v1__band__init(&band);
        band.code = cell(grid, r, "key");
        band.name = cell(grid, r, "name");
        band.purpose = cell(grid, r, "purpose");
        band.from_month = number(grid, r, "from_month");
        band.to_month = number(grid, r, "to_month");
        ts_catalog_put(self->catalog, TIEPSUC__V1__KIND__KIND_BAND, mint(self), self->plan, &band);
    }
    ts_grid_destroy(&grid);
}

static void
load_duties(loading_t *self)
{
    static const char *const relations[] = {"none", "bao_cao", "phoi_hop"};
    static const char *const kinds[] = {"none", "half_year", "year"};
    ts_grid_t *grid = read_table(self->name, "duties");
    for (size_t r = 0; r < ts_grid_rows(grid); r++) {
        Tiepsuc__V1__Duty duty;
        tiepsuc__v1__duty__init(&duty);
        duty.code = cell(grid, r, "key");
        duty.from_body_id = find(self->bodies, self->body_count, cell(grid, r, "from_body"));
        duty.to_body_id = find(self->bodies, self->body_count, cell(grid, r, "to_body"));
        duty.relation = (Tiepsuc__V1__Relation)word(cell(grid, r, "relation"), relations, 3);
        duty.period_kind = (Tiepsuc__V1__PeriodKind)word(cell(grid, r, "period_kind"), kinds, 3);
        duty.due_month = number(grid, r, "due_month");
        duty.due_day = number(grid, r, "due_day");
        assert_true(duty.from_body_id != 0);
        ts_catalog_put(self->catalog, TIEPSUC__V1__KIND__KIND_DUTY, mint(self), self->plan, &duty);
    }
    ts_grid_destroy(&grid);
    grid = read_table(self->name, "periods");
    for (size_t r = 0; r < ts_grid_rows(grid); r++) {
        Tiepsuc__V1__Period period;
        tiepsuc__v1__period__init(&period);
        period.code = cell(grid, r, "key");
        period.period_kind = (Tiepsuc__V1__PeriodKind)word(cell(grid, r, "kind"), kinds, 3);
        period.year = number(grid, r, "year");
        period.data_from_on = day(grid, r, "data_from");
        period.cutoff_on = day(grid, r, "data_to");
        period.due_on = day(grid, r, "due_on");
        period.grace_on = day(grid, r, "grace_until");
        period.lock_on = day(grid, r, "lock_on");
        period.proposed_from_on = day(grid, r, "proposed_from");
        period.proposed_to_on = day(grid, r, "proposed_to");
        ts_catalog_put(self->catalog, TIEPSUC__V1__KIND__KIND_PERIOD, mint(self), self->plan,
                       &period);
    }
    ts_grid_destroy(&grid);
}

static void
load_targets(loading_t *self)
{
    ts_grid_t *grid = read_table(self->name, "targets");
    for (size_t r = 0; r < ts_grid_rows(grid); r++) {
        Tiepsuc__V1__Target target;
        tiepsuc__v1__target__init(&target);
        target.code = cell(grid, r, "key");
        target.text = cell(grid, r, "text");
        target.measure = cell(grid, r, "measure");
        target.lines = cell(grid, r, "lines");
        target.bands = cell(grid, r, "bands");
        target.percent = number(grid, r, "percent");
        ts_catalog_put(self->catalog, TIEPSUC__V1__KIND__KIND_TARGET, mint(self), self->plan,
                       &target);
    }
    ts_grid_destroy(&grid);
}

ts_record_id_t
plan_rows_load(ts_catalog_t *catalog, const char *name)
{
    loading_t *self = ts_xcalloc(1, sizeof *self);
    self->catalog = catalog;
    self->name = name;
    self->next = 1;
    load_units(self);
    load_bodies(self);
    load_plan(self);
    load_lines_and_bands(self);
    load_duties(self);
    load_targets(self);
    ts_record_id_t plan = self->plan;
    for (size_t i = 0; i < self->unit_count; i++) {
        ts_xfree(self->units[i].key);
    }
    for (size_t i = 0; i < self->body_count; i++) {
        ts_xfree(self->bodies[i].key);
    }
    ts_xfree(self);
    return plan;
}
