/* SPDX-License-Identifier: MPL-2.0 */
#include "core/catalog.h"

#include "base/check.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

#define TREE_DEPTH_MAX 16
#define TEXTS_MAX 6

typedef struct fund_row {
    ts_record_id_t id;
    ts_record_id_t holder;
} fund_row_t;

typedef struct scope_row {
    ts_record_id_t id;
    ts_record_id_t plan;
    ts_record_id_t unit;
} scope_row_t;

typedef struct cutoff_row {
    ts_record_id_t id;
    ts_record_id_t office;
    ts_tip_t *tips; /* owned */
    size_t tip_count;
} cutoff_row_t;

typedef struct release_row {
    ts_record_id_t id;
    uint64_t *events; /* owned */
    size_t event_count;
} release_row_t;

typedef void (*fill_fn)(void *row, ts_record_id_t plan, const void *record);

/* One kind of row: an array sorted by record id. Every row type begins with its id. */
typedef struct row_kind {
    uint32_t kind;
    size_t row_bytes;
    fill_fn fill;
    size_t texts[TEXTS_MAX]; /* offsets of owned strings; 0 ends (offset 0 is the id) */
    size_t owned;            /* offset of an owned array, 0 = none */
} row_kind_t;

typedef struct table {
    uint8_t *rows;
    size_t count;
    size_t capacity; /* bytes */
} table_t;

static void
fill_unit(void *to, ts_record_id_t plan, const void *from)
{
    (void)plan;
    ts_unit_t *row = to;
    const Tiepsuc__V1__Unit *unit = from;
    row->code = ts_xstrdup(unit->code);
    row->name = ts_xstrdup(unit->name);
    row->type_name = ts_xstrdup(unit->type_name);
    row->aliases = ts_xstrdup(unit->aliases);
    row->level = (int)unit->level;
    row->parent = unit->parent_id;
    row->successor = unit->successor_id;
    row->from = unit->valid_from_on;
    row->to = unit->valid_to_on;
}

static void
fill_body(void *to, ts_record_id_t plan, const void *from)
{
    (void)plan;
    ts_body_t *row = to;
    const Tiepsuc__V1__Body *body = from;
    row->code = ts_xstrdup(body->code);
    row->name = ts_xstrdup(body->name);
    row->aliases = ts_xstrdup(body->aliases);
    row->level = (int)body->level;
    row->type = (int)body->type;
    row->unit = body->unit_id;
    row->parent = body->parent_id;
    row->successor = body->successor_id;
    row->from = body->valid_from_on;
    row->to = body->valid_to_on;
}

static void
copy_key(ts_hash_t *to, const ProtobufCBinaryData *from)
{
    if (from->len == TS_HASH_BYTES) {
        memcpy(to->b, from->data, TS_HASH_BYTES);
    }
}

static void
fill_office(void *to, ts_record_id_t plan, const void *from)
{
    (void)plan;
    ts_office_t *row = to;
    const Tiepsuc__V1__Office *office = from;
    row->number = office->number;
    row->name = ts_xstrdup(office->name);
    row->role = (int)office->role;
    row->unit = office->unit_id;
    row->body = office->body_id;
    row->parent_number = office->parent_number;
    copy_key(&row->invite_key, &office->invite_key);
    copy_key(&row->invite_curve_key, &office->invite_curve_key);
    copy_key(&row->gate_curve_key, &office->gate_curve_key);
    copy_key(&row->node_key, &office->node_key);
    copy_key(&row->node_curve_key, &office->node_curve_key);
    row->endpoints = ts_xstrdup(office->endpoints);
    row->topics = ts_xstrdup(office->topics);
    row->from = office->valid_from_on;
    row->to = office->valid_to_on;
}

static void
fill_cutoff(void *to, ts_record_id_t plan, const void *from)
{
    (void)plan;
    cutoff_row_t *row = to;
    const Tiepsuc__V1__Cutoff *cutoff = from;
    row->office = cutoff->office_id;
    row->tips = ts_xcalloc(cutoff->n_tips, sizeof *row->tips);
    row->tip_count = cutoff->n_tips;
    for (size_t i = 0; i < cutoff->n_tips; i++) {
        copy_key(&row->tips[i].log, &cutoff->tips[i]->log_key);
        copy_key(&row->tips[i].hash, &cutoff->tips[i]->hash_key);
        row->tips[i].seq = cutoff->tips[i]->seq;
    }
}

static void
fill_release(void *to, ts_record_id_t plan, const void *from)
{
    (void)plan;
    release_row_t *row = to;
    const Tiepsuc__V1__Release *release = from;
    row->events = ts_xmemdup(release->events, release->n_events * sizeof *row->events);
    row->event_count = release->n_events;
}

static void
fill_plan(void *to, ts_record_id_t unused, const void *from)
{
    (void)unused;
    ts_plan_t *row = to;
    const Tiepsuc__V1__Plan *plan = from;
    row->code = ts_xstrdup(plan->code);
    row->title = ts_xstrdup(plan->title);
    row->unit = plan->unit_id;
    row->lead_body = plan->lead_body_id;
}

static void
fill_scope(void *to, ts_record_id_t plan, const void *from)
{
    scope_row_t *row = to;
    row->plan = plan;
    row->unit = ((const Tiepsuc__V1__Scope *)from)->unit_id;
}

static void
fill_line(void *to, ts_record_id_t plan, const void *from)
{
    ts_line_t *row = to;
    const Tiepsuc__V1__Line *line = from;
    row->plan = plan;
    row->code = ts_xstrdup(line->code);
    row->name = ts_xstrdup(line->name);
    row->unit_of_measure = ts_xstrdup(line->unit_of_measure);
    row->common = (int)line->common;
    row->target_kind = (int)line->target_kind;
    row->order_no = line->order_no;
}

static void
fill_band(void *to, ts_record_id_t plan, const void *from)
{
    ts_band_t *row = to;
    const Tiepsuc__V1__Band *band = from;
    row->plan = plan;
    row->code = ts_xstrdup(band->code);
    row->name = ts_xstrdup(band->name);
    row->purpose = ts_xstrdup(band->purpose);
    row->from_month = band->from_month;
    row->to_month = band->to_month;
}

static void
fill_duty(void *to, ts_record_id_t plan, const void *from)
{
    ts_duty_t *row = to;
    const Tiepsuc__V1__Duty *duty = from;
    row->plan = plan;
    row->code = ts_xstrdup(duty->code);
    row->from_body = duty->from_body_id;
    row->to_body = duty->to_body_id;
    row->relation = (int)duty->relation;
    row->period_kind = (int)duty->period_kind;
    row->due_month = duty->due_month;
    row->due_day = duty->due_day;
}

static void
fill_period(void *to, ts_record_id_t plan, const void *from)
{
    ts_period_t *row = to;
    const Tiepsuc__V1__Period *period = from;
    row->plan = plan;
    row->code = ts_xstrdup(period->code);
    row->kind = (int)period->period_kind;
    row->year = period->year;
    row->data_from = period->data_from_on;
    row->cutoff = period->cutoff_on;
    row->due = period->due_on;
    row->grace = period->grace_on;
    row->lock = period->lock_on;
    bool stated = row->data_from != 0 && row->cutoff != 0;
    row->used_from = stated ? row->data_from : period->proposed_from_on;
    row->used_to = stated ? row->cutoff : period->proposed_to_on;
    row->proposed = !stated && row->used_from != 0;
}

static void
fill_target(void *to, ts_record_id_t plan, const void *from)
{
    ts_target_t *row = to;
    const Tiepsuc__V1__Target *target = from;
    row->plan = plan;
    row->code = ts_xstrdup(target->code);
    row->text = ts_xstrdup(target->text);
    row->measure = ts_xstrdup(target->measure);
    row->lines = ts_xstrdup(target->lines);
    row->bands = ts_xstrdup(target->bands);
    row->percent = target->percent;
}

static void
fill_fund(void *to, ts_record_id_t plan, const void *from)
{
    (void)plan;
    ((fund_row_t *)to)->holder = ((const Tiepsuc__V1__Fund *)from)->holder_body_id;
}

static const row_kind_t kinds[] = {
    {TIEPSUC__V1__KIND__KIND_UNIT,
     sizeof(ts_unit_t),
     fill_unit,
     {offsetof(ts_unit_t, code), offsetof(ts_unit_t, name), offsetof(ts_unit_t, type_name),
      offsetof(ts_unit_t, aliases)},
     0},
    {TIEPSUC__V1__KIND__KIND_BODY,
     sizeof(ts_body_t),
     fill_body,
     {offsetof(ts_body_t, code), offsetof(ts_body_t, name), offsetof(ts_body_t, aliases)},
     0},
    {TIEPSUC__V1__KIND__KIND_OFFICE,
     sizeof(ts_office_t),
     fill_office,
     {offsetof(ts_office_t, name), offsetof(ts_office_t, endpoints), offsetof(ts_office_t, topics)},
     0},
    {TIEPSUC__V1__KIND__KIND_CUTOFF,
     sizeof(cutoff_row_t),
     fill_cutoff,
     {0},
     offsetof(cutoff_row_t, tips)},
    {TIEPSUC__V1__KIND__KIND_RELEASE,
     sizeof(release_row_t),
     fill_release,
     {0},
     offsetof(release_row_t, events)},
    {TIEPSUC__V1__KIND__KIND_PLAN,
     sizeof(ts_plan_t),
     fill_plan,
     {offsetof(ts_plan_t, code), offsetof(ts_plan_t, title)},
     0},
    {TIEPSUC__V1__KIND__KIND_SCOPE, sizeof(scope_row_t), fill_scope, {0}, 0},
    {TIEPSUC__V1__KIND__KIND_LINE,
     sizeof(ts_line_t),
     fill_line,
     {offsetof(ts_line_t, code), offsetof(ts_line_t, name), offsetof(ts_line_t, unit_of_measure)},
     0},
    {TIEPSUC__V1__KIND__KIND_BAND,
     sizeof(ts_band_t),
     fill_band,
     {offsetof(ts_band_t, code), offsetof(ts_band_t, name), offsetof(ts_band_t, purpose)},
     0},
    {TIEPSUC__V1__KIND__KIND_DUTY,
     sizeof(ts_duty_t),
     fill_duty,
     {offsetof(ts_duty_t, code)},
     0},
    {TIEPSUC__V1__KIND__KIND_PERIOD,
     sizeof(ts_period_t),
     fill_period,
     {offsetof(ts_period_t, code)},
     0},
    {TIEPSUC__V1__KIND__KIND_TARGET,
     sizeof(ts_target_t),
     fill_target,
     {offsetof(ts_target_t, code), offsetof(ts_target_t, text), offsetof(ts_target_t, measure),
      offsetof(ts_target_t, lines), offsetof(ts_target_t, bands)},
     0},
    {TIEPSUC__V1__KIND__KIND_FUND, sizeof(fund_row_t), fill_fund, {0}, 0},
};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

struct ts_catalog {
    table_t tables[KIND_COUNT];
    ts_map_t *office_by_number; /* uint32_t → record id of the office that counts */
    ts_map_t *released;         /* event prefix → nothing */
};

static size_t
kind_index(uint32_t kind)
{
    size_t i = 0;
    while (i < KIND_COUNT && kinds[i].kind != kind) {
        i++;
    }
    return i;
}

bool
ts_catalog_holds(uint32_t kind)
{
    return kind_index(kind) < KIND_COUNT;
}

static ts_record_id_t
row_id(const row_kind_t *kind, const table_t *table, size_t index)
{
    ts_record_id_t id;
    memcpy(&id, table->rows + index * kind->row_bytes, sizeof id);
    return id;
}

/* Index of the first row whose id is not below `id`. */
static size_t
lower_bound(const row_kind_t *kind, const table_t *table, ts_record_id_t id)
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

static void *
find_row(const ts_catalog_t *self, uint32_t kind_number, ts_record_id_t id)
{
    size_t k = kind_index(kind_number);
    TS_CHECK(k < KIND_COUNT);
    const table_t *table = &self->tables[k];
    size_t at = lower_bound(&kinds[k], table, id);
    if (at == table->count || row_id(&kinds[k], table, at) != id) {
        return NULL;
    }
    return table->rows + at * kinds[k].row_bytes;
}

static void
free_owned(void *row, size_t offset)
{
    void *block;
    memcpy(&block, (uint8_t *)row + offset, sizeof block);
    ts_xfree(block);
}

static void
free_row(const row_kind_t *kind, void *row)
{
    for (size_t i = 0; i < TEXTS_MAX && kind->texts[i] != 0; i++) {
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
    for (size_t k = 0; k < KIND_COUNT; k++) {
        for (size_t i = 0; i < self->tables[k].count; i++) {
            free_row(&kinds[k], self->tables[k].rows + i * kinds[k].row_bytes);
        }
        ts_xfree(self->tables[k].rows);
    }
    ts_map_destroy(&self->office_by_number);
    ts_map_destroy(&self->released);
    ts_xfree(self);
    *self_p = NULL;
}

/* Derived parts of the offices: who counts under a number, and which tips cut it off. Few rows, seldom changed: done anew. */
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
        ts_office_t *office = find_row(self, TIEPSUC__V1__KIND__KIND_OFFICE, row->id);
        office->cut_off = false;
        office->cut_tips = NULL;
        office->cut_tip_count = 0;
    }
    position = 0;
    const cutoff_row_t *cutoff;
    while ((cutoff = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_CUTOFF, &position)) != NULL) {
        ts_office_t *office = find_row(self, TIEPSUC__V1__KIND__KIND_OFFICE, cutoff->office);
        if (office != NULL && !office->cut_off) {
            office->cut_off = true;
            office->cut_tips = cutoff->tips;
            office->cut_tip_count = cutoff->tip_count;
        }
    }
}

static void
derive_releases(ts_catalog_t *self)
{
    ts_map_clear(self->released);
    size_t position = 0;
    const release_row_t *row;
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
    }
}

void
ts_catalog_put(ts_catalog_t *self, uint32_t kind_number, ts_record_id_t id, ts_record_id_t plan,
               const void *record)
{
    size_t k = kind_index(kind_number);
    if (k == KIND_COUNT) {
        return;
    }
    const row_kind_t *kind = &kinds[k];
    table_t *table = &self->tables[k];
    size_t at = lower_bound(kind, table, id);
    uint8_t *row;
    if (at < table->count && row_id(kind, table, at) == id) {
        row = table->rows + at * kind->row_bytes;
        free_row(kind, row);
    } else {
        table->rows = ts_xgrow(table->rows, (table->count + 1) * kind->row_bytes, &table->capacity, 1);
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
    size_t k = kind_index(kind_number);
    if (k == KIND_COUNT) {
        return;
    }
    const row_kind_t *kind = &kinds[k];
    table_t *table = &self->tables[k];
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
    size_t k = kind_index(kind_number);
    TS_CHECK(k < KIND_COUNT);
    if (*position >= self->tables[k].count) {
        return NULL;
    }
    return self->tables[k].rows + (*position)++ * kinds[k].row_bytes;
}

const ts_unit_t *
ts_catalog_unit(const ts_catalog_t *self, ts_record_id_t id)
{
    return find_row(self, TIEPSUC__V1__KIND__KIND_UNIT, id);
}

const ts_body_t *
ts_catalog_body(const ts_catalog_t *self, ts_record_id_t id)
{
    return find_row(self, TIEPSUC__V1__KIND__KIND_BODY, id);
}

const ts_office_t *
ts_catalog_office(const ts_catalog_t *self, uint32_t number)
{
    const ts_record_id_t *id = ts_map_get(self->office_by_number, &number);
    return id == NULL ? NULL : find_row(self, TIEPSUC__V1__KIND__KIND_OFFICE, *id);
}

const ts_plan_t *
ts_catalog_plan(const ts_catalog_t *self, ts_record_id_t id)
{
    return find_row(self, TIEPSUC__V1__KIND__KIND_PLAN, id);
}

const ts_line_t *
ts_catalog_line(const ts_catalog_t *self, ts_record_id_t id)
{
    return find_row(self, TIEPSUC__V1__KIND__KIND_LINE, id);
}

const ts_band_t *
ts_catalog_band(const ts_catalog_t *self, ts_record_id_t id)
{
    return find_row(self, TIEPSUC__V1__KIND__KIND_BAND, id);
}

const ts_duty_t *
ts_catalog_duty(const ts_catalog_t *self, ts_record_id_t id)
{
    return find_row(self, TIEPSUC__V1__KIND__KIND_DUTY, id);
}

const ts_period_t *
ts_catalog_period(const ts_catalog_t *self, ts_record_id_t id)
{
    return find_row(self, TIEPSUC__V1__KIND__KIND_PERIOD, id);
}

ts_record_id_t
ts_catalog_fund_holder(const ts_catalog_t *self, ts_record_id_t fund)
{
    const fund_row_t *row = find_row(self, TIEPSUC__V1__KIND__KIND_FUND, fund);
    return row == NULL ? 0 : row->holder;
}

bool
ts_catalog_released(const ts_catalog_t *self, uint64_t event)
{
    return ts_map_get(self->released, &event) != NULL;
}

bool
ts_catalog_in_scope(const ts_catalog_t *self, ts_record_id_t plan, ts_record_id_t unit,
                    bool *ret_listed)
{
    bool listed = false;
    bool inside = false;
    size_t position = 0;
    const scope_row_t *row;
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

ts_record_id_t
ts_catalog_ancestor(const ts_catalog_t *self, ts_record_id_t unit, int level)
{
    for (int depth = 0; depth < TREE_DEPTH_MAX && unit != 0; depth++) {
        const ts_unit_t *row = ts_catalog_unit(self, unit);
        if (row == NULL) {
            return 0;
        }
        if (row->level == level) {
            return unit;
        }
        unit = row->parent;
    }
    return 0;
}

ts_record_id_t
ts_catalog_band_for_age(const ts_catalog_t *self, ts_record_id_t plan, int age_months)
{
    size_t position = 0;
    const ts_band_t *row;
    while (age_months >= 0 &&
           (row = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_BAND, &position)) != NULL) {
        if (row->plan == plan && row->from_month <= (uint32_t)age_months &&
            (uint32_t)age_months < row->to_month && strcmp(row->purpose, "report") == 0) {
            return row->id;
        }
    }
    return 0;
}

size_t
ts_catalog_periods_on(const ts_catalog_t *self, ts_record_id_t plan, int32_t day,
                      const ts_period_t **out, size_t max)
{
    size_t count = 0;
    size_t position = 0;
    const ts_period_t *row;
    while ((row = ts_catalog_next(self, TIEPSUC__V1__KIND__KIND_PERIOD, &position)) != NULL) {
        if (row->plan == plan && row->used_from != 0 && row->used_from <= day &&
            day <= row->used_to && count < max) {
            out[count++] = row;
        }
    }
    return count;
}
