/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: under any registry every event gets a verdict, and the verdict depends on what the registry
 * says, never on the order in which it came. Method: the input is a registry (records of every kind
 * that the catalog holds) and events; the same registry is put in order, and backwards with some
 * records put twice and others put and taken away again; the verdicts must be equal.
 */
#include "core/permit.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_record.h"
#include "wire/schema.h"

#include <string.h>

enum { ROWS_MAX = 24, EVENTS_MAX = 12 };

typedef struct row {
    uint32_t kind;
    ts_record_id_t id;
    ts_record_id_t plan;
    ts_record_t *record;
} row_t;

typedef struct registry {
    row_t rows[ROWS_MAX];
    size_t count;
    ts_catalog_t *one;
    ts_catalog_t *two;
} registry_t;

static const ts_kind_schema_t *
held_kind(uint8_t byte)
{
    const ts_schema_t *schema = ts_wire_schema();
    size_t at = byte % schema->count;
    while (!ts_catalog_holds(schema->kinds[at].kind)) {
        at = (at + 1) % schema->count;
    }
    return &schema->kinds[at];
}

static bool
is_there(const registry_t *self, uint32_t kind, ts_record_id_t id)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->rows[i].kind == kind && self->rows[i].id == id) {
            return true;
        }
    }
    return false;
}

static void
read_registry(registry_t *self, ts_cursor_t *input)
{
    size_t count = ts_cursor_u8(input) % ROWS_MAX;
    for (size_t i = 0; i < count; i++) {
        const ts_kind_schema_t *kind = held_kind(ts_cursor_u8(input));
        row_t row = {.kind = kind->kind, .id = fuzz_record_id(input, kind->kind)};
        row.plan = fuzz_record_id(input, 0);
        if (!is_there(self, row.kind, row.id)) {
            row.record = fuzz_record_make(input, kind);
            self->rows[self->count++] = row;
        }
    }
}

static void
put(ts_catalog_t *catalog, const row_t *row)
{
    ts_catalog_put(catalog, row->kind, row->id, row->plan, ts_record_body(row->record));
}

static void
fill_both(registry_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        put(self->one, &self->rows[i]);
    }
    for (size_t i = self->count; i > 0; i--) {
        const row_t *row = &self->rows[i - 1];
        if (i % 3 == 0) { /* somebody else's version first, which goes away */
            ts_catalog_put(self->two, row->kind, row->id, row->plan + 1,
                           ts_record_body(row->record));
            ts_catalog_remove(self->two, row->kind, row->id);
        }
        put(self->two, row);
        if (i % 4 == 0) {
            put(self->two, row);
        }
    }
}

static bool
exists(void *ctx, uint32_t kind, ts_record_id_t id)
{
    (void)ctx;
    return (kind + id) % 3 != 0;
}

static bool
same(const ts_verdict_t *a, const ts_verdict_t *b)
{
    return a->park == b->park && a->waits_kind == b->waits_kind && a->waits_for == b->waits_for &&
           a->owner_unit == b->owner_unit;
}

static void
judge_event(const registry_t *self, ts_cursor_t *input)
{
    const ts_schema_t *schema = ts_wire_schema();
    const ts_kind_schema_t *kind = &schema->kinds[ts_cursor_u8(input) % schema->count];
    uint64_t revises[2];
    uint8_t how = ts_cursor_u8(input);
    ts_event_header_t header = fuzz_record_header(input, kind->kind, revises);
    ts_record_t *record = fuzz_record_make(input, kind);
    ts_log_info_t log = {.office = 1 + how % 6u,
                         .purpose = (uint8_t)(1 + how / 8 % 6),
                         .log = fuzz_record_key(input),
                         .invite_key = fuzz_record_key(input),
                         .node_key = fuzz_record_key(input),
                         .node_curve_key = fuzz_record_key(input)};
    bool unknown = how == 255;
    ts_permit_input_t event = {.header = &header,
                               .record = unknown ? NULL : ts_record_body(record),
                               .schema = unknown ? NULL : kind,
                               .event = 1 + how % 8u,
                               .log = &log,
                               .seq = how % 5 == 0 ? UINT64_MAX : how,
                               .off_cut_chain = how % 7 == 0,
                               .target_known = how % 2 == 0,
                               .target_office = 1 + how % 6u,
                               .target_author = 1 + how % 3u};
    if (how % 16 == 3) {
        header.on_behalf_of_unit = fuzz_record_id(input, 1);
        header.source_key = fuzz_record_key(input);
    }
    ts_verdict_t one = ts_permit(self->one, &event, exists, NULL);
    ts_verdict_t two = ts_permit(self->two, &event, exists, NULL);
    TS_CHECK(same(&one, &two));
    TS_CHECK(one.park <= TS_PARK_WAITING && ts_park_str(one.park) != NULL);
    /* What waits says for what. */
    TS_CHECK(one.park != TS_PARK_WAITING || one.waits_kind != 0 || one.waits_for != 0);
    ts_record_destroy(&record);
}

/* All that the catalog can be asked. */
static void
ask_catalog(const registry_t *self)
{
    const ts_schema_t *schema = ts_wire_schema();
    for (size_t i = 0; i < schema->count; i++) {
        size_t position = 0;
        size_t other = 0;
        const void *row;
        uint32_t kind = schema->kinds[i].kind;
        size_t rows = 0;
        size_t others = 0;
        if (!ts_catalog_holds(kind)) {
            continue;
        }
        while ((row = ts_catalog_next(self->one, kind, &position)) != NULL) {
            rows++;
        }
        while (ts_catalog_next(self->two, kind, &other) != NULL) {
            others++;
        }
        TS_CHECK(rows == others && rows <= self->count);
    }
    for (size_t i = 0; i < self->count; i++) {
        for (size_t k = 0; k < self->count; k++) {
            ts_record_id_t a = self->rows[i].id;
            ts_record_id_t b = self->rows[k].id;
            bool listed[2] = {false, false};
            const ts_period_t *periods[2][8];
            TS_CHECK(ts_catalog_below(self->one, a, b) == ts_catalog_below(self->two, a, b));
            TS_CHECK(ts_catalog_in_scope(self->one, a, b, &listed[0]) ==
                     ts_catalog_in_scope(self->two, a, b, &listed[1]));
            TS_CHECK(listed[0] == listed[1]);
            TS_CHECK(ts_catalog_periods_on(self->one, a, 18000, periods[0], 8) ==
                     ts_catalog_periods_on(self->two, a, 18000, periods[1], 8));
            TS_CHECK(ts_catalog_period_class(self->one, a, 18000) ==
                     ts_catalog_period_class(self->two, a, 18000));
        }
        TS_CHECK(ts_catalog_fund_holder(self->one, self->rows[i].id) ==
                 ts_catalog_fund_holder(self->two, self->rows[i].id));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    registry_t registry = {.count = 0};
    ts_cursor_t input = ts_cursor(data, size);
    registry.one = ts_catalog_new();
    registry.two = ts_catalog_new();
    read_registry(&registry, &input);
    fill_both(&registry);
    ask_catalog(&registry);
    for (int i = 0; i < EVENTS_MAX && ts_cursor_left(&input) > 0; i++) {
        judge_event(&registry, &input);
    }
    for (size_t i = 0; i < registry.count; i++) {
        ts_record_destroy(&registry.rows[i].record);
    }
    ts_catalog_destroy(&registry.one);
    ts_catalog_destroy(&registry.two);
    return 0;
}
