/* SPDX-License-Identifier: MPL-2.0 */
#include "support/report_world.h"

#include "base/map.h"
#include "base/xalloc.h"
#include "support/plan_rows.h"
#include "support/test.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

#define FUNDS_MAX 8
#define PLACE_DAY "2020-01-01"

typedef struct subject {
    ts_born_t born;
    ts_fact_t *facts;
    size_t count;
    size_t capacity;
} subject_t;

struct report_world {
    ts_catalog_t *catalog;
    ts_record_id_t plan;
    uint32_t next;
    ts_map_t *children;    /* id → subject_t */
    ts_map_t *donors;      /* id → class */
    ts_map_t *allocations; /* id → fund */
    ts_map_t *cells;       /* ts_cell_key_t → int64_t */
    ts_report_fund_t funds[FUNDS_MAX];
    size_t fund_count;
    ts_report_cells_t window;
    ts_report_cells_t to_date;
    ts_report_cells_t distinct;
    ts_report_cells_t living;
};

report_world_t *
report_world_new(const char *plan)
{
    report_world_t *self = ts_xcalloc(1, sizeof *self);
    self->catalog = ts_catalog_new();
    self->plan = plan_rows_load(self->catalog, plan);
    self->next = 1;
    self->children = ts_map_new(sizeof(ts_record_id_t), sizeof(subject_t));
    self->donors = ts_map_new(sizeof(ts_record_id_t), sizeof(uint64_t));
    self->allocations = ts_map_new(sizeof(ts_record_id_t), sizeof(ts_record_id_t));
    self->cells = ts_map_new(sizeof(ts_cell_key_t), sizeof(int64_t));
    return self;
}

static void
free_rows(report_world_t *self)
{
    ts_report_cells_free(&self->window);
    ts_report_cells_free(&self->to_date);
    ts_report_cells_free(&self->distinct);
    ts_report_cells_free(&self->living);
}

void
report_world_destroy(report_world_t **self_p)
{
    report_world_t *self = *self_p;
    size_t position = 0;
    void *value;
    while (ts_map_next(self->children, &position, &value) != NULL) {
        ts_xfree(((subject_t *)value)->facts);
    }
    ts_map_destroy(&self->children);
    ts_map_destroy(&self->donors);
    ts_map_destroy(&self->allocations);
    ts_map_destroy(&self->cells);
    ts_catalog_destroy(&self->catalog);
    free_rows(self);
    ts_xfree(self);
    *self_p = NULL;
}

ts_catalog_t *
report_world_catalog(report_world_t *self)
{
    return self->catalog;
}

ts_record_id_t
report_world_plan(const report_world_t *self)
{
    return self->plan;
}

int32_t
report_world_day(const char *iso)
{
    ts_date_t date;
    assert_int_equal(ts_date_parse_iso(iso, &date), TS_ERR_OK);
    return date.days;
}

ts_record_id_t
report_world_unit(const report_world_t *self, const char *code)
{
    const ts_unit_t *unit = ts_catalog_unit_coded(self->catalog, code, report_world_day(PLACE_DAY));
    assert_non_null(unit);
    return unit->id;
}

ts_record_id_t
report_world_line(const report_world_t *self, const char *code)
{
    const ts_line_t *line = ts_catalog_line_coded(self->catalog, self->plan, code);
    assert_non_null(line);
    return line->id;
}

ts_record_id_t
report_world_band(const report_world_t *self, const char *code)
{
    const ts_band_t *band = ts_catalog_band_coded(self->catalog, self->plan, code);
    assert_non_null(band);
    return band->id;
}

static ts_record_id_t
mint(report_world_t *self)
{
    return ts_record_id(77, 1, self->next++);
}

ts_record_id_t
report_world_child(report_world_t *self, int year, int month, int sex)
{
    ts_record_id_t id = mint(self);
    subject_t *child = ts_map_put(self->children, &id);
    child->born = (ts_born_t){year, month, (uint8_t)sex};
    return id;
}

ts_record_id_t
report_world_donor(report_world_t *self, int donor_class)
{
    ts_record_id_t id = mint(self);
    *(uint64_t *)ts_map_put(self->donors, &id) = (uint64_t)donor_class;
    return id;
}

ts_record_id_t
report_world_fund(report_world_t *self, const char *code, const char *name)
{
    assert_true(self->fund_count < FUNDS_MAX);
    ts_record_id_t id = mint(self);
    self->funds[self->fund_count++] = (ts_report_fund_t){id, code, name};
    return id;
}

/* ---- contributions */

static bool
ask_child(void *ctx, ts_record_id_t id, ts_born_t *ret_born)
{
    const subject_t *child = ts_map_get(((report_world_t *)ctx)->children, &id);
    if (child != NULL) {
        *ret_born = child->born;
    }
    return child != NULL;
}

static bool
ask_donor(void *ctx, ts_record_id_t id, uint8_t *ret_class)
{
    const uint64_t *class = ts_map_get(((report_world_t *)ctx)->donors, &id);
    if (class != NULL) {
        *ret_class = (uint8_t) * class;
    }
    return class != NULL;
}

static bool
ask_allocation(void *ctx, ts_record_id_t id, ts_record_id_t *ret_fund)
{
    const ts_record_id_t *fund = ts_map_get(((report_world_t *)ctx)->allocations, &id);
    if (fund != NULL) {
        *ret_fund = *fund;
    }
    return fund != NULL;
}

static void
take_cell(void *ctx, const ts_cell_key_t *key, int64_t delta)
{
    *(int64_t *)ts_map_put(((report_world_t *)ctx)->cells, key) += delta;
}

static void
take_fact(void *ctx, const ts_fact_t *fact, int64_t delta)
{
    assert_int_equal(delta, 1);
    subject_t *child = ts_map_get(((report_world_t *)ctx)->children, &fact->subject);
    assert_non_null(child);
    for (size_t i = 0; i < child->count; i++) {
        if (memcmp(&child->facts[i], fact, sizeof *fact) == 0) {
            return;
        }
    }
    child->facts = ts_xgrow(child->facts, child->count + 1, &child->capacity, sizeof *child->facts);
    child->facts[child->count++] = *fact;
}

static void
take_posting(void *ctx, const ts_posting_t *posting)
{
    (void)ctx;
    (void)posting;
}

ts_record_id_t
report_world_put(report_world_t *self, uint32_t kind, const char *day, const void *record)
{
    const ts_event_header_t header = {.kind = kind,
                                      .record = mint(self),
                                      .plan = self->plan,
                                      .occurred_on = report_world_day(day)};
    if (kind == TIEPSUC__V1__KIND__KIND_ALLOCATION) {
        *(ts_record_id_t *)ts_map_put(self->allocations, &header.record) =
            ((const Tiepsuc__V1__Allocation *)record)->fund_id;
    }
    const ts_contribute_refs_t refs = {self, ask_child, ask_donor, ask_allocation};
    const ts_contribute_out_t out = {self, take_cell, take_fact, take_posting};
    ts_contribute(self->catalog, &header, record, &refs, &out);
    return header.record;
}

/* ---- sums as the store gives them */

static bool
is_distinct(uint8_t measure)
{
    return measure == TS_MEASURE_DISTINCT_IN_NEED || measure == TS_MEASURE_DISTINCT_SUPPORTED;
}

static bool
is_to_date(uint8_t measure)
{
    return measure == TS_MEASURE_NEED_QUANTITY || measure == TS_MEASURE_HANDED_QUANTITY ||
           measure == TS_MEASURE_LEFT_VALUE;
}

static bool
is_in(const ts_record_id_t *units, size_t count, ts_record_id_t unit)
{
    for (size_t i = 0; i < count; i++) {
        if (units[i] == unit) {
            return true;
        }
    }
    return count == 0;
}

static void
take_distinct(void *ctx, const ts_cell_key_t *cell)
{
    *(int64_t *)ts_map_put(ctx, cell) += 1;
}

static void
gather_distinct(report_world_t *self,
                ts_record_id_t period,
                const ts_record_id_t *units,
                size_t unit_count)
{
    ts_map_t *sums = ts_map_new(sizeof(ts_cell_key_t), sizeof(int64_t));
    size_t position = 0;
    void *value;
    while (ts_map_next(self->children, &position, &value) != NULL) {
        const subject_t *child = value;
        ts_distinct(self->catalog, child->facts, child->count, &child->born, take_distinct, sums);
    }
    position = 0;
    const ts_cell_key_t *key;
    while ((key = ts_map_next(sums, &position, &value)) != NULL) {
        if (key->aux == period && is_in(units, unit_count, key->unit)) {
            ts_report_cells_add(&self->distinct, key, *(int64_t *)value);
        }
    }
    ts_map_destroy(&sums);
}

/* Sums over days, as series. */
static void
gather(ts_map_t *to, const ts_cell_key_t *key, int64_t value)
{
    ts_cell_key_t series = *key;
    series.day = 0;
    *(int64_t *)ts_map_put(to, &series) += value;
}

static void
pour(ts_map_t **from, ts_report_cells_t *to)
{
    size_t position = 0;
    const ts_cell_key_t *key;
    void *value;
    while ((key = ts_map_next(*from, &position, &value)) != NULL) {
        ts_report_cells_add(to, key, *(int64_t *)value);
    }
    ts_map_destroy(from);
}

ts_report_input_t
report_world_input_units(report_world_t *self,
                         const char *period_code,
                         const ts_record_id_t *units,
                         size_t count)
{
    const ts_period_t *period = ts_catalog_period_coded(self->catalog, self->plan, period_code);
    assert_non_null(period);
    free_rows(self);
    ts_map_t *window = ts_map_new(sizeof(ts_cell_key_t), sizeof(int64_t));
    ts_map_t *to_date = ts_map_new(sizeof(ts_cell_key_t), sizeof(int64_t));
    ts_map_t *living = ts_map_new(sizeof(ts_cell_key_t), sizeof(int64_t));
    size_t position = 0;
    const ts_cell_key_t *key;
    void *value;
    while ((key = ts_map_next(self->cells, &position, &value)) != NULL) {
        int64_t sum = *(int64_t *)value;
        if (!is_in(units, count, key->unit) || is_distinct(key->measure)) {
            continue;
        }
        if (key->measure == TS_MEASURE_POPULATION) {
            gather(living, key, key->day <= period->used_to ? sum : 0);
            continue;
        }
        if (is_to_date(key->measure) && key->day <= period->used_to) {
            gather(to_date, key, sum);
        }
        if (key->day >= period->used_from && key->day <= period->used_to) {
            gather(window, key, sum);
        }
    }
    pour(&window, &self->window);
    pour(&to_date, &self->to_date);
    pour(&living, &self->living);
    gather_distinct(self, period->id, units, count);
    return (ts_report_input_t){.catalog = self->catalog,
                               .plan = self->plan,
                               .period = period->id,
                               .scope = count == 0 ? TS_REPORT_LEDGER : TS_REPORT_UNITS,
                               .rules = 1,
                               .as_of = report_world_day("2020-11-20"),
                               .boundary = report_world_day("2020-11-14"),
                               .window = &self->window,
                               .to_date = &self->to_date,
                               .distinct = &self->distinct,
                               .living = &self->living,
                               .funds = self->funds,
                               .fund_count = self->fund_count};
}

ts_report_input_t
report_world_input(report_world_t *self, const char *period)
{
    return report_world_input_units(self, period, NULL, 0);
}

/* ---- a made-up year */

static char vnd[] = "VND";
static char set_unit[] = "bộ";
static char meal_unit[] = "bữa";
static char coat[] = "Áo ấm";

static Tiepsuc__V1__Item
item(char *name, int64_t quantity, char *unit, int64_t value)
{
    Tiepsuc__V1__Item row;
    tiepsuc__v1__item__init(&row);
    row.item = name;
    row.quantity = quantity;
    row.unit_of_measure = unit;
    row.value_vnd = value;
    return row;
}

static void
put_need(report_world_t *self,
         const char *day,
         ts_record_id_t unit,
         const char *line,
         ts_record_id_t child,
         int state)
{
    Tiepsuc__V1__Need need;
    tiepsuc__v1__need__init(&need);
    need.unit_id = unit;
    need.line_id = report_world_line(self, line);
    need.beneficiary_id = child;
    need.quantity = 1;
    need.unit_of_measure = set_unit;
    need.state = (Tiepsuc__V1__NeedState)state;
    (void)report_world_put(self, TIEPSUC__V1__KIND__KIND_NEED, day, &need);
}

static void
put_handover(report_world_t *self,
             const char *day,
             Tiepsuc__V1__Handover *handover,
             const char *line,
             Tiepsuc__V1__Item goods)
{
    Tiepsuc__V1__Item *items[] = {&goods};
    handover->line_id = report_world_line(self, line);
    handover->n_items = 1;
    handover->items = items;
    (void)report_world_put(self, TIEPSUC__V1__KIND__KIND_HANDOVER, day, handover);
}

static void
put_population(report_world_t *self, ts_record_id_t unit, const char *band, int sex, uint32_t count)
{
    Tiepsuc__V1__HeadCount heads;
    tiepsuc__v1__head_count__init(&heads);
    heads.band_id = report_world_band(self, band);
    heads.sex = (Tiepsuc__V1__Sex)sex;
    heads.count = count;
    Tiepsuc__V1__HeadCount *rows[] = {&heads};
    Tiepsuc__V1__Population population;
    tiepsuc__v1__population__init(&population);
    population.unit_id = unit;
    population.n_heads = 1;
    population.heads = rows;
    population.as_of_on = report_world_day("2019-10-01");
    (void)report_world_put(self, TIEPSUC__V1__KIND__KIND_POPULATION, "2019-10-01", &population);
}

static void
fill_money(report_world_t *self,
           ts_record_id_t fund,
           ts_record_id_t unit,
           ts_record_id_t *ret_allocation)
{
    ts_record_id_t firm =
        report_world_donor(self, TIEPSUC__V1__DONOR_CLASS__DONOR_CLASS_ENTERPRISE);
    ts_record_id_t person =
        report_world_donor(self, TIEPSUC__V1__DONOR_CLASS__DONOR_CLASS_INDIVIDUAL);
    Tiepsuc__V1__Item money = item(vnd, 100000000, vnd, 100000000);
    Tiepsuc__V1__Item goods = item(coat, 20, set_unit, 5000000);
    Tiepsuc__V1__Item *items[] = {&money, &goods};
    Tiepsuc__V1__Pledge pledge;
    tiepsuc__v1__pledge__init(&pledge);
    pledge.donor_id = firm;
    pledge.fund_id = fund;
    pledge.n_items = 1;
    pledge.items = items;
    (void)report_world_put(self, TIEPSUC__V1__KIND__KIND_PLEDGE, "2020-01-02", &pledge);
    Tiepsuc__V1__Receipt receipt;
    tiepsuc__v1__receipt__init(&receipt);
    money = item(vnd, 60000000, vnd, 60000000);
    receipt.donor_id = firm;
    receipt.fund_id = fund;
    receipt.n_items = 2;
    receipt.items = items;
    (void)report_world_put(self, TIEPSUC__V1__KIND__KIND_RECEIPT, "2020-01-10", &receipt);
    money = item(vnd, 2000000, vnd, 2000000);
    receipt.donor_id = person;
    receipt.n_items = 1;
    (void)report_world_put(self, TIEPSUC__V1__KIND__KIND_RECEIPT, "2020-01-11", &receipt);
    Tiepsuc__V1__Purchase purchase;
    tiepsuc__v1__purchase__init(&purchase);
    goods = item(coat, 80, set_unit, 20000000);
    Tiepsuc__V1__Item *bought[] = {&goods};
    purchase.fund_id = fund;
    purchase.advanced_vnd = 21000000;
    purchase.spent_vnd = 20000000;
    purchase.change_vnd = 1000000;
    purchase.n_items = 1;
    purchase.items = bought;
    (void)report_world_put(self, TIEPSUC__V1__KIND__KIND_PURCHASE, "2020-01-15", &purchase);
    Tiepsuc__V1__Allocation allocation;
    tiepsuc__v1__allocation__init(&allocation);
    money = item(vnd, 15000000, vnd, 15000000);
    allocation.fund_id = fund;
    allocation.unit_id = unit;
    allocation.line_id = report_world_line(self, "play-equipment");
    allocation.n_items = 1;
    allocation.items = items;
    *ret_allocation =
        report_world_put(self, TIEPSUC__V1__KIND__KIND_ALLOCATION, "2020-01-20", &allocation);
    money = item(vnd, 1000000, vnd, 1000000);
    allocation.purpose = TIEPSUC__V1__ALLOCATION_PURPOSE__ALLOCATION_PURPOSE_RESERVE;
    (void)report_world_put(self, TIEPSUC__V1__KIND__KIND_ALLOCATION, "2020-01-21", &allocation);
    Tiepsuc__V1__Return lost;
    tiepsuc__v1__return__init(&lost);
    money = item(vnd, 100000, vnd, 100000);
    lost.type = TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_LOST;
    lost.allocation_far_id = *ret_allocation;
    lost.unit_id = unit;
    lost.n_items = 1;
    lost.items = items;
    (void)report_world_put(self, TIEPSUC__V1__KIND__KIND_RETURN, "2020-06-01", &lost);
}

static void
fill_heads(report_world_t *self, ts_record_id_t unit, ts_record_id_t fund)
{
    Tiepsuc__V1__HeadCount heads;
    tiepsuc__v1__head_count__init(&heads);
    Tiepsuc__V1__HeadCount *rows[] = {&heads};
    heads.band_id = report_world_band(self, "preschool");
    heads.sex = TIEPSUC__V1__SEX__SEX_FEMALE;
    heads.count = 20;
    Tiepsuc__V1__Need need;
    tiepsuc__v1__need__init(&need);
    need.unit_id = unit;
    need.line_id = report_world_line(self, "nutrition");
    need.quantity = 600;
    need.unit_of_measure = meal_unit;
    need.state = TIEPSUC__V1__NEED_STATE__NEED_STATE_REPORTED;
    need.n_heads = 1;
    need.heads = rows;
    (void)report_world_put(self, TIEPSUC__V1__KIND__KIND_NEED, "2020-01-10", &need);
    Tiepsuc__V1__Handover meals;
    tiepsuc__v1__handover__init(&meals);
    heads.count = 15;
    meals.unit_id = unit;
    meals.fund_id = fund;
    meals.n_heads = 1;
    meals.heads = rows;
    put_handover(self, "2020-04-05", &meals, "nutrition", item(meal_unit, 450, meal_unit, 900000));
}

void
report_world_fill(report_world_t *self)
{
    const int female = TIEPSUC__V1__SEX__SEX_FEMALE;
    const int male = TIEPSUC__V1__SEX__SEX_MALE;
    const int verified = TIEPSUC__V1__NEED_STATE__NEED_STATE_VERIFIED;
    const int reported = TIEPSUC__V1__NEED_STATE__NEED_STATE_REPORTED;
    ts_record_id_t a = report_world_unit(self, "09697");
    ts_record_id_t b = report_world_unit(self, "09703");
    ts_record_id_t fund = report_world_fund(self, "qbtte", "Quỹ Bảo trợ trẻ em Hà Nội");
    ts_record_id_t one = report_world_child(self, 2014, 5, female);
    ts_record_id_t two = report_world_child(self, 2016, 3, male);
    ts_record_id_t three = report_world_child(self, 2010, 1, female);
    put_population(self, a, "preschool", female, 100);
    put_population(self, a, "preschool", male, 110);
    put_population(self, a, "primary", female, 80);
    put_population(self, a, "primary", male, 90);
    put_population(self, b, "preschool", female, 50);
    put_need(self, "2019-10-15", a, "warm", one, verified);
    put_need(self, "2020-01-10", a, "warm", one, verified);
    put_need(self, "2020-01-10", a, "warm", two, reported);
    put_need(self, "2020-01-11", b, "warm", three, verified);
    ts_record_id_t allocation = 0;
    fill_money(self, fund, a, &allocation);
    fill_heads(self, b, fund);
    Tiepsuc__V1__Handover handover;
    tiepsuc__v1__handover__init(&handover);
    ts_record_id_t who[] = {one, two};
    handover.unit_id = a;
    handover.fund_id = fund;
    handover.n_beneficiary_ids = 2;
    handover.beneficiary_ids = who;
    put_handover(self, "2020-02-01", &handover, "warm", item(coat, 2, set_unit, 500000));
    handover.unit_id = b;
    handover.n_beneficiary_ids = 1;
    who[0] = three;
    put_handover(self, "2020-03-01", &handover, "warm", item(coat, 1, set_unit, 250000));
    who[0] = one;
    put_handover(self, "2020-04-01", &handover, "nutrition", item(meal_unit, 1, meal_unit, 2000));
    Tiepsuc__V1__Handover site;
    tiepsuc__v1__handover__init(&site);
    site.unit_id = a;
    site.allocation_far_id = allocation;
    put_handover(self, "2020-05-01", &site, "play-equipment", item(vnd, 1, set_unit, 10000000));
}

void
report_world_late_entry(report_world_t *self)
{
    ts_record_id_t who[] = {report_world_child(self, 2015, 1, TIEPSUC__V1__SEX__SEX_FEMALE)};
    Tiepsuc__V1__Handover handover;
    tiepsuc__v1__handover__init(&handover);
    handover.unit_id = report_world_unit(self, "09697");
    handover.n_beneficiary_ids = 1;
    handover.beneficiary_ids = who;
    put_handover(self, "2019-10-20", &handover, "warm", item(coat, 1, set_unit, 200000));
}
