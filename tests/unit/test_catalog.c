/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what the catalog answers about units, offices, bands and periods follows from its rows
 * alone, whatever the order in which they came. Method: a small registry and plan, questions with
 * answers by hand; rows put, put again and removed.
 */
#include "core/catalog.h"
#include "support/test.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

enum {
    PROVINCE = 1,
    DISTRICT = 2,
    OLD = 3,
    NEW = 4,
    OTHER = 5,
    PLAN = 10,
    LOOP_A = 20,
    LOOP_B = 21
};

static char *
text(const char *literal)
{
    char *result;
    memcpy(&result, &literal, sizeof result);
    return result;
}

typedef struct unit_row {
    ts_record_id_t id;
    const char *code;
    int level;
    ts_record_id_t parent;
    ts_record_id_t successor;
    int32_t from;
    int32_t to;
} unit_row_t;

static void
put_unit(ts_catalog_t *catalog, const unit_row_t *row)
{
    Tiepsuc__V1__Unit unit = TIEPSUC__V1__UNIT__INIT;
    unit.code = text(row->code);
    unit.level = (Tiepsuc__V1__UnitLevel)row->level;
    unit.parent_id = row->parent;
    unit.successor_id = row->successor;
    unit.valid_from_on = row->from;
    unit.valid_to_on = row->to;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_UNIT, row->id, 0, &unit);
}

static void
put_office(ts_catalog_t *catalog, ts_record_id_t id, uint32_t number, ts_record_id_t unit)
{
    Tiepsuc__V1__Office office = TIEPSUC__V1__OFFICE__INIT;
    office.number = number;
    office.name = text("x");
    office.unit_id = unit;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_OFFICE, id, 0, &office);
}

static void
put_cutoff(ts_catalog_t *catalog,
           ts_record_id_t id,
           ts_record_id_t office,
           const ts_tip_t *from,
           size_t count)
{
    Tiepsuc__V1__Tip tips[4];
    Tiepsuc__V1__Tip *rows[4];
    for (size_t i = 0; i < count; i++) {
        uint8_t log[TS_HASH_BYTES];
        tiepsuc__v1__tip__init(&tips[i]);
        memcpy(log, from[i].log.b, sizeof log);
        static uint8_t kept[4][TS_HASH_BYTES];
        memcpy(kept[i], log, sizeof log);
        tips[i].log_key = (ProtobufCBinaryData){TS_HASH_BYTES, kept[i]};
        tips[i].seq = from[i].seq;
        rows[i] = &tips[i];
    }
    Tiepsuc__V1__Cutoff cutoff = TIEPSUC__V1__CUTOFF__INIT;
    cutoff.office_id = office;
    cutoff.tips = rows;
    cutoff.n_tips = count;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_CUTOFF, id, 0, &cutoff);
}

static void
put_band(ts_catalog_t *catalog, ts_record_id_t id, uint32_t from, uint32_t to, const char *purpose)
{
    Tiepsuc__V1__Band band = TIEPSUC__V1__BAND__INIT;
    band.code = text("b");
    band.from_month = from;
    band.to_month = to;
    band.purpose = text(purpose);
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_BAND, id, PLAN, &band);
}

static void
put_period(ts_catalog_t *catalog,
           ts_record_id_t id,
           const int32_t stated[2],
           const int32_t proposed[2])
{
    Tiepsuc__V1__Period period = TIEPSUC__V1__PERIOD__INIT;
    period.code = text("p");
    period.data_from_on = stated[0];
    period.cutoff_on = stated[1];
    period.proposed_from_on = proposed[0];
    period.proposed_to_on = proposed[1];
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_PERIOD, id, PLAN, &period);
}

static int
setup(void **state)
{
    static const unit_row_t units[] = {
        {PROVINCE, "14", 1, 0, 0, 0, 0},
        {DISTRICT, "14-1", 2, PROVINCE, 0, 0, 200},
        {OLD, "14-1-1", 3, DISTRICT, NEW, 0, 100},
        {NEW, "14-1-1", 3, PROVINCE, 0, 100, 0},
        {OTHER, "15", 1, 0, 0, 0, 0},
        {LOOP_A, "a", 3, LOOP_B, 0, 0, 0},
        {LOOP_B, "b", 3, LOOP_A, 0, 0, 0},
    };
    ts_catalog_t *catalog = ts_catalog_new();
    for (size_t i = TS_COUNT(units); i > 0; i--) {
        put_unit(catalog, &units[i - 1]);
    }
    *state = catalog;
    return 0;
}

static int
teardown(void **state)
{
    ts_catalog_t *catalog = *state;
    ts_catalog_destroy(&catalog);
    assert_null(catalog);
    return 0;
}

static void
test_catalog_below_follows_parents_and_successors(void **state)
{
    const ts_catalog_t *catalog = *state;
    static const struct {
        ts_record_id_t unit;
        ts_record_id_t above;
        bool below;
    } cases[] = {
        {OLD, OLD, true},       {OLD, DISTRICT, true},  {OLD, PROVINCE, true},
        {NEW, PROVINCE, true},  {NEW, DISTRICT, false}, {OLD, NEW, true},
        {NEW, OLD, false},      {PROVINCE, OLD, false}, {OLD, OTHER, false},
        {LOOP_A, OTHER, false}, {0, PROVINCE, false},   {OLD, 0, false},
        {99, PROVINCE, false},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        assert_int_equal(ts_catalog_below(catalog, cases[i].unit, cases[i].above), cases[i].below);
    }
}

static void
test_catalog_code_finds_the_version_of_the_day(void **state)
{
    const ts_catalog_t *catalog = *state;
    assert_int_equal(ts_catalog_unit_coded(catalog, "14-1-1", 99)->id, OLD);
    assert_int_equal(ts_catalog_unit_coded(catalog, "14-1-1", 100)->id, NEW);
    assert_int_equal(ts_catalog_unit_coded(catalog, "14-1-1", 0)->id, NEW);
    assert_null(ts_catalog_unit_coded(catalog, "14-1", 300));
    assert_null(ts_catalog_unit_coded(catalog, "nowhere", 0));
}

static void
test_catalog_of_two_offices_under_a_number_the_smaller_record_counts(void **state)
{
    ts_catalog_t *catalog = *state;
    put_office(catalog, 70, 4, OLD);
    assert_int_equal(ts_catalog_office(catalog, 4)->id, 70);
    put_office(catalog, 60, 4, NEW);
    assert_int_equal(ts_catalog_office(catalog, 4)->id, 60);
    put_office(catalog, 80, 4, OLD);
    assert_int_equal(ts_catalog_office(catalog, 4)->id, 60);
    ts_catalog_remove(catalog, TIEPSUC__V1__KIND__KIND_OFFICE, 60);
    assert_int_equal(ts_catalog_office(catalog, 4)->id, 70);
    assert_null(ts_catalog_office(catalog, 5));
    /* The same record under another number. */
    put_office(catalog, 70, 5, OLD);
    assert_int_equal(ts_catalog_office(catalog, 5)->id, 70);
    assert_int_equal(ts_catalog_office(catalog, 4)->id, 80);
}

static void
test_catalog_of_several_cut_offs_the_strictest_counts(void **state)
{
    ts_catalog_t *catalog = *state;
    const ts_tip_t wide[] = {{.log = {{1}}, .seq = 10}, {.log = {{2}}, .seq = 20}};
    const ts_tip_t narrow[] = {{.log = {{1}}, .seq = 15}, {.log = {{3}}, .seq = 5}};
    put_cutoff(catalog, 91, 60, wide, 2);
    put_office(catalog, 60, 4, OLD);
    const ts_office_t *office = ts_catalog_office(catalog, 4);
    assert_true(office->cut_off);
    assert_int_equal(office->cut_tip_count, 2);
    put_cutoff(catalog, 92, 60, narrow, 2);
    office = ts_catalog_office(catalog, 4);
    /* Log 2 is not named by the second one, log 3 not by the first: both are cut at their
     * beginning. */
    assert_int_equal(office->cut_tip_count, 1);
    assert_int_equal(office->cut_tips[0].log.b[0], 1);
    assert_int_equal(office->cut_tips[0].seq, 10);
    ts_catalog_remove(catalog, TIEPSUC__V1__KIND__KIND_CUTOFF, 91);
    ts_catalog_remove(catalog, TIEPSUC__V1__KIND__KIND_CUTOFF, 92);
    assert_false(ts_catalog_office(catalog, 4)->cut_off);
}

static void
test_catalog_band_is_that_of_the_report(void **state)
{
    ts_catalog_t *catalog = *state;
    put_band(catalog, 31, 0, 36, "report");
    put_band(catalog, 32, 36, 72, "report");
    put_band(catalog, 30, 0, 192, "clothing");
    assert_int_equal(ts_catalog_band_for_age(catalog, PLAN, 0), 31);
    assert_int_equal(ts_catalog_band_for_age(catalog, PLAN, 35), 31);
    assert_int_equal(ts_catalog_band_for_age(catalog, PLAN, 36), 32);
    assert_int_equal(ts_catalog_band_for_age(catalog, PLAN, 72), 0);
    assert_int_equal(ts_catalog_band_for_age(catalog, PLAN, -1), 0);
    assert_int_equal(ts_catalog_band_for_age(catalog, PLAN + 1, 10), 0);
    put_band(catalog, 31, 0, 30, "report");
    assert_int_equal(ts_catalog_band_for_age(catalog, PLAN, 35), 0);
    ts_catalog_remove(catalog, TIEPSUC__V1__KIND__KIND_BAND, 31);
    assert_int_equal(ts_catalog_band_for_age(catalog, PLAN, 3), 0);
}

static void
test_catalog_period_uses_the_stated_window_or_the_proposed_one(void **state)
{
    ts_catalog_t *catalog = *state;
    put_period(catalog, 41, (const int32_t[]){100, 199}, (const int32_t[]){0, 0});
    put_period(catalog, 42, (const int32_t[]){0, 0}, (const int32_t[]){150, 249});
    put_period(catalog, 43, (const int32_t[]){0, 0}, (const int32_t[]){0, 0});
    const ts_period_t *found[4];
    assert_int_equal(ts_catalog_periods_on(catalog, PLAN, 99, found, 4), 0);
    assert_int_equal(ts_catalog_periods_on(catalog, PLAN, 100, found, 4), 1);
    assert_int_equal(found[0]->id, 41);
    assert_false(found[0]->proposed);
    assert_int_equal(ts_catalog_periods_on(catalog, PLAN, 199, found, 4), 2);
    assert_int_equal(ts_catalog_periods_on(catalog, PLAN, 200, found, 4), 1);
    assert_int_equal(found[0]->id, 42);
    assert_true(found[0]->proposed);
    assert_int_equal(ts_catalog_periods_on(catalog, PLAN, 199, found, 1), 1);
    assert_int_equal(ts_catalog_periods_on(catalog, PLAN, 250, found, 4), 0);
}

/* A class stands for days in the same periods: checked day by day. */
static void
test_catalog_period_class_lies_in_the_same_periods(void **state)
{
    ts_catalog_t *catalog = *state;
    put_period(catalog, 41, (const int32_t[]){100, 199}, (const int32_t[]){0, 0});
    put_period(catalog, 42, (const int32_t[]){150, 249}, (const int32_t[]){0, 0});
    put_period(catalog, 44, (const int32_t[]){200, 249}, (const int32_t[]){0, 0});
    assert_int_equal(ts_catalog_period_class(catalog, PLAN, 99), INT32_MIN);
    for (int32_t day = 90; day < 270; day++) {
        const ts_period_t *of_day[4] = {NULL};
        const ts_period_t *of_class[4] = {NULL};
        int32_t class = ts_catalog_period_class(catalog, PLAN, day);
        assert_true(class <= day);
        (void)ts_catalog_periods_on(catalog, PLAN, day, of_day, 4);
        (void)ts_catalog_periods_on(catalog, PLAN, class, of_class, 4);
        assert_memory_equal(of_day, of_class, sizeof of_day);
        assert_int_equal(ts_catalog_period_class(catalog, PLAN, class), class);
    }
    assert_int_equal(ts_catalog_period_class(catalog, PLAN, 150), 150);
    assert_int_equal(ts_catalog_period_class(catalog, PLAN, 199), 150);
    assert_int_equal(ts_catalog_period_class(catalog, PLAN, 260), 250);
}

static void
test_catalog_release_lets_its_events_in_while_it_stands(void **state)
{
    ts_catalog_t *catalog = *state;
    uint64_t events[] = {7, 8};
    Tiepsuc__V1__Release release = TIEPSUC__V1__RELEASE__INIT;
    release.events = events;
    release.n_events = 2;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_RELEASE, 95, 0, &release);
    assert_true(ts_catalog_released(catalog, 7));
    assert_true(ts_catalog_released(catalog, 8));
    assert_false(ts_catalog_released(catalog, 9));
    ts_catalog_remove(catalog, TIEPSUC__V1__KIND__KIND_RELEASE, 95);
    assert_false(ts_catalog_released(catalog, 7));
}

static void
test_catalog_rows_come_in_order_of_record(void **state)
{
    const ts_catalog_t *catalog = *state;
    size_t position = 0;
    ts_record_id_t last = 0;
    size_t count = 0;
    const ts_unit_t *unit;
    while ((unit = ts_catalog_next(catalog, TIEPSUC__V1__KIND__KIND_UNIT, &position)) != NULL) {
        assert_true(unit->id > last);
        last = unit->id;
        count++;
    }
    assert_int_equal(count, 7);
    assert_true(ts_catalog_holds(TIEPSUC__V1__KIND__KIND_FUND));
    assert_false(ts_catalog_holds(TIEPSUC__V1__KIND__KIND_NEED));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_catalog_below_follows_parents_and_successors, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_catalog_code_finds_the_version_of_the_day, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_catalog_of_two_offices_under_a_number_the_smaller_record_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_catalog_of_several_cut_offs_the_strictest_counts,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_catalog_band_is_that_of_the_report, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_catalog_period_uses_the_stated_window_or_the_proposed_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_catalog_period_class_lies_in_the_same_periods, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_catalog_release_lets_its_events_in_while_it_stands,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_catalog_rows_come_in_order_of_record, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
