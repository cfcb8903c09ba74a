/* SPDX-License-Identifier: MPL-2.0 */
#include "core/catalog.h"
#include "core/catalog_p.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

#define TREE_DEPTH_MAX 16

const ts_unit_t *
ts_catalog_unit(const ts_catalog_t *self, ts_record_id_t id)
{
    return ts_catalog_row(self, TIEPSUC__V1__KIND__KIND_UNIT, id);
}

const ts_body_t *
ts_catalog_body(const ts_catalog_t *self, ts_record_id_t id)
{
    return ts_catalog_row(self, TIEPSUC__V1__KIND__KIND_BODY, id);
}

const ts_office_t *
ts_catalog_office(const ts_catalog_t *self, uint32_t number)
{
    const ts_record_id_t *id = ts_map_get(self->office_by_number, &number);
    return id == NULL ? NULL : ts_catalog_row(self, TIEPSUC__V1__KIND__KIND_OFFICE, *id);
}

const ts_plan_t *
ts_catalog_plan(const ts_catalog_t *self, ts_record_id_t id)
{
    return ts_catalog_row(self, TIEPSUC__V1__KIND__KIND_PLAN, id);
}

const ts_line_t *
ts_catalog_line(const ts_catalog_t *self, ts_record_id_t id)
{
    return ts_catalog_row(self, TIEPSUC__V1__KIND__KIND_LINE, id);
}

const ts_band_t *
ts_catalog_band(const ts_catalog_t *self, ts_record_id_t id)
{
    return ts_catalog_row(self, TIEPSUC__V1__KIND__KIND_BAND, id);
}

const ts_duty_t *
ts_catalog_duty(const ts_catalog_t *self, ts_record_id_t id)
{
    return ts_catalog_row(self, TIEPSUC__V1__KIND__KIND_DUTY, id);
}

const ts_period_t *
ts_catalog_period(const ts_catalog_t *self, ts_record_id_t id)
{
    return ts_catalog_row(self, TIEPSUC__V1__KIND__KIND_PERIOD, id);
}

ts_record_id_t
ts_catalog_fund_holder(const ts_catalog_t *self, ts_record_id_t fund)
{
    const ts_fund_row_t *row = ts_catalog_row(self, TIEPSUC__V1__KIND__KIND_FUND, fund);
    return row == NULL ? 0 : row->holder;
}

bool
ts_catalog_released(const ts_catalog_t *self, uint64_t event)
{
    return ts_map_get(self->released, &event) != NULL;
}

uint32_t
ts_catalog_registrar(const ts_catalog_t *self)
{
    uint32_t serial = 1;
    size_t position = 0;
    const ts_cutoff_row_t *row;
    while ((row = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_CUTOFF, &position)) != NULL) {
        serial = row->serial > serial ? row->serial : serial;
    }
    return serial;
}

bool
ts_catalog_registrar_cut(const ts_catalog_t *self,
                         uint32_t serial,
                         size_t *position,
                         const ts_tip_t **ret_tips,
                         size_t *ret_count)
{
    const ts_cutoff_row_t *row;
    while ((row = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_CUTOFF, position)) != NULL) {
        if (row->serial > serial) {
            *ret_tips = row->tips;
            *ret_count = row->tip_count;
            return true;
        }
    }
    return false;
}

bool
ts_catalog_in_scope(const ts_catalog_t *self,
                    ts_record_id_t plan,
                    ts_record_id_t unit,
                    bool *ret_listed)
{
    bool listed = false;
    bool inside = false;
    size_t position = 0;
    const ts_scope_row_t *row;
    while ((row = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_SCOPE, &position)) != NULL) {
        if (row->plan == plan) {
            listed = true;
            inside = inside || row->unit == unit;
        }
    }
    *ret_listed = listed;
    return inside;
}

static bool
unit_in_force(const ts_unit_t *unit, int32_t day)
{
    return (unit->from == 0 || unit->from <= day) && (unit->to == 0 || day < unit->to);
}

const ts_unit_t *
ts_catalog_unit_coded(const ts_catalog_t *self, const char *code, int32_t day)
{
    const ts_unit_t *best = NULL;
    size_t position = 0;
    const ts_unit_t *row;
    while ((row = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_UNIT, &position)) != NULL) {
        if (strcmp(row->code, code) != 0 || (day != 0 && !unit_in_force(row, day))) {
            continue;
        }
        if (best == NULL || row->from > best->from) {
            best = row;
        }
    }
    return best;
}

const ts_body_t *
ts_catalog_body_coded(const ts_catalog_t *self, const char *code)
{
    size_t position = 0;
    const ts_body_t *row;
    while ((row = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_BODY, &position)) != NULL) {
        if (strcmp(row->code, code) == 0) {
            return row;
        }
    }
    return NULL;
}

const ts_plan_t *
ts_catalog_plan_coded(const ts_catalog_t *self, const char *code)
{
    size_t position = 0;
    const ts_plan_t *row;
    while ((row = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_PLAN, &position)) != NULL) {
        if (strcmp(row->code, code) == 0) {
            return row;
        }
    }
    return NULL;
}

const ts_line_t *
ts_catalog_line_coded(const ts_catalog_t *self, ts_record_id_t plan, const char *code)
{
    size_t position = 0;
    const ts_line_t *row;
    while ((row = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_LINE, &position)) != NULL) {
        if (row->plan == plan && strcmp(row->code, code) == 0) {
            return row;
        }
    }
    return NULL;
}

const ts_band_t *
ts_catalog_band_coded(const ts_catalog_t *self, ts_record_id_t plan, const char *code)
{
    size_t position = 0;
    const ts_band_t *row;
    while ((row = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_BAND, &position)) != NULL) {
        if (row->plan == plan && strcmp(row->code, code) == 0) {
            return row;
        }
    }
    return NULL;
}

const ts_period_t *
ts_catalog_period_coded(const ts_catalog_t *self, ts_record_id_t plan, const char *code)
{
    size_t position = 0;
    const ts_period_t *row;
    while ((row = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_PERIOD, &position)) != NULL) {
        if (row->plan == plan && strcmp(row->code, code) == 0) {
            return row;
        }
    }
    return NULL;
}

static bool
below(const ts_catalog_t *self, ts_record_id_t unit, ts_record_id_t above, int depth)
{
    if (unit == above) {
        return true;
    }
    const ts_unit_t *row = depth == 0 ? NULL : ts_catalog_unit(self, unit);
    if (row == NULL) {
        return false;
    }
    return (row->parent != 0 && below(self, row->parent, above, depth - 1)) ||
           (row->successor != 0 && below(self, row->successor, above, depth - 1));
}

bool
ts_catalog_below(const ts_catalog_t *self, ts_record_id_t unit, ts_record_id_t above)
{
    return unit != 0 && above != 0 && below(self, unit, above, TREE_DEPTH_MAX);
}

bool
ts_line_measured_in(const ts_line_t *line, const char *unit_of_measure)
{
    return strcmp(line->unit_of_measure, unit_of_measure) == 0 ||
           (line->unit_name[0] != '\0' && strcmp(line->unit_name, unit_of_measure) == 0);
}
