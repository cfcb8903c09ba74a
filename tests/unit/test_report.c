/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: figures of a period are right, are the same text for the same figures, and read and compare
 * as they were written. Method: a small ledger (support/report_world.c) whose figures are worked
 * out by hand below; canonical lines are compared one by one.
 *
 * The year 2020 (15/11/2019-14/11/2020) of Ba Trại 09697 (A) and another commune 09703 (B):
 *   children one (girl, 5/2014), two (boy, 3/2016), three (girl, 1/2010)
 *   needs: coats one and two at A, three at B; 600 meals for 20 declared at B; in 2019 a coat for
 * one support: coats to one, two (A) and three (B), a meal to one at B, 450 meals to 15 declared at
 * B, play equipment at a site of A worth 10 million
 */
#include "base/xalloc.h"
#include "core/report.h"
#include "core/report_tables.h"
#include "support/report_world.h"
#include "support/test.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <stdlib.h>
#include <string.h>

static char *
text_of(const ts_report_t *report)
{
    ts_buf_t out = {0};
    ts_report_put_text(report, &out);
    ts_buf_put_u8(&out, '\0');
    return (char *)out.data;
}

/* The line is there, whole. */
static void
assert_line(const char *text, const char *line)
{
    size_t length = strlen(line);
    for (const char *at = strstr(text, line); at != NULL; at = strstr(at + 1, line)) {
        if ((at == text || at[-1] == '\n') && at[length] == '\n') {
            return;
        }
    }
    fail_msg("no line %s", line);
}

static void
assert_no_key(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    if (at != NULL && (at == text || at[-1] == '\n')) {
        fail_msg("there is a %s", key);
    }
}

static ts_report_t *
year_2020(report_world_t *world)
{
    report_world_fill(world);
    const ts_report_input_t input = report_world_input(world, "2020-year");
    return ts_report_compute(&input);
}

static const char *const lines_2020[] = {
    /* needs: identified and declared apart, the need of 2019 only in what is still open */
    "needs|quantity||warm|||=3",
    "needs|verified||warm|||=2",
    "needs|children||warm|||=3",
    "needs|heads||warm|||=na",
    "needs|distinct||warm|||=3",
    "needs|open||warm|||=1",
    "needs|open|09697@2008-08-01|warm|||=1",
    "needs|open|09703@2008-08-01|warm|||=0",
    "needs|quantity||nutrition|||=600",
    "needs|verified||nutrition|||=0",
    "needs|heads||nutrition|||=20",
    "needs|children||nutrition|||=na",
    "needs|heads||nutrition|preschool|f|=20",
    "needs|open||nutrition|||=149",
    "needs|children|||||=3",
    "needs|heads|||||=20",
    "needs|distinct|||||=3",
    "needs|quantity||exam|||=missing",
    "needs|children||exam|||=missing",
    /* support: one is counted once over both contents and both communes */
    "support|distinct||warm|||=3",
    "support|child_times||warm|||=3",
    "support|head_times||warm|||=na",
    "support|sites||warm|||=na",
    "support|quantity||warm|||=3",
    "support|value||warm|||=750000",
    "support|distinct||nutrition|||=1",
    "support|child_times||nutrition|||=1",
    "support|head_times||nutrition|||=15",
    "support|quantity||nutrition|||=451",
    "support|value||nutrition|||=902000",
    "support|sites||play-equipment|||=1",
    "support|distinct||play-equipment|||=na",
    "support|distinct|||||=3",
    "support|child_times|||||=4",
    "support|head_times|||||=15",
    "support|sites|||||=1",
    "support|value|||||=11652000",
    "support|distinct|09697@2008-08-01||||=2",
    "support|distinct|09703@2008-08-01||||=2",
    "support|distinct|09703@2008-08-01|nutrition|||=1",
    /* child-times by the age on the day, distinct children by the age on 14/11/2020 */
    "support|child_times||warm|preschool|f|=1",
    "support|child_times||warm|preschool|m|=1",
    "support|child_times||warm|primary|f|=1",
    "support|distinct||warm|primary|f|=2",
    "support|distinct||warm|preschool|m|=1",
    /* living there */
    "living|children|||||=430",
    "living|children|09697@2008-08-01||||=380",
    "living|children|||preschool|f|=150",
    /* money: pledges apart; left = 67 m received - 11.652 m handed over - 0.1 m lost */
    "resources|pledged|||||=100000000",
    "resources|pledged|||||enterprise=100000000",
    "resources|received|||||enterprise=65000000",
    "resources|received|||||individual=2000000",
    "resources|received|||||=67000000",
    "resources|handed|||||enterprise=na",
    "resources|purchased|||||=20000000",
    "resources|allocated|||||=15000000",
    "resources|beyond_need|||||=1000000",
    "resources|handed|||||=11652000",
    "resources|lost|||||=100000",
    "resources|left|||||=55248000",
    "funds|left|||||qbtte=55248000",
    "funds|handed|||||qbtte=11652000",
    "funds|lost|||||qbtte=100000",
    /* targets */
    "targets|cannot|||||t1=\"lines",
    "targets|living||nutrition|||t1=430",
    "targets|supported||nutrition|||t1=1",
    "targets|share||nutrition|||t1=23",
    "targets|cannot||exam|||t1=\"supported",
    "targets|in_need||warm|||t2=3",
    "targets|supported||warm|||t2=3",
    "targets|share||warm|||t2=10000",
    "targets|cannot||culture|||t3=\"supported",
    "targets|cannot||legal-aid|||t5=\"in_need",
    "targets|percent|||||t1=100",
    "targets|percent|||||t2=na",
    /* head */
    "head|window|||||=\"proposed",
    "head|from|||||=\"2019-11-15",
    "head|to|||||=\"2020-11-14",
    "head|units_listed|||||=\"plan",
    "name|unit|||||09697@2008-08-01=\"Xã Ba Trại",
    "name|fund|||||qbtte=\"Quỹ Bảo trợ trẻ em Hà Nội",
};

static void
test_report_year_of_two_communes_gives_the_figures_worked_out_by_hand(void **state)
{
    report_world_t *world = report_world_new("ha-noi-588");
    ts_report_t *report = year_2020(world);
    char *text = text_of(report);
    for (size_t i = 0; i < TS_COUNT(lines_2020); i++) {
        assert_line(text, lines_2020[i]);
    }
    ts_xfree(text);
    ts_report_destroy(&report);
    report_world_destroy(&world);
}

static void
test_report_same_figures_give_the_same_text_and_are_read_back(void **state)
{
    report_world_t *world = report_world_new("ha-noi-588");
    ts_report_t *report = year_2020(world);
    char *text = text_of(report);
    const ts_report_input_t input = report_world_input(world, "2020-year");
    ts_report_t *again = ts_report_compute(&input);
    char *again_text = text_of(again);
    assert_string_equal(text, again_text);
    ts_report_t *read = NULL;
    assert_int_equal(ts_report_read((ts_bytes_t){(const uint8_t *)text, strlen(text)}, &read),
                     TS_ERR_OK);
    char *read_text = text_of(read);
    assert_string_equal(text, read_text);
    assert_int_equal(ts_report_compare(report, read, NULL, NULL), 0);
    ts_xfree(text);
    ts_xfree(again_text);
    ts_xfree(read_text);
    ts_report_destroy(&read);
    ts_report_destroy(&again);
    ts_report_destroy(&report);
    report_world_destroy(&world);
}

static const struct {
    const char *text;
    ts_err_t err;
} broken[] = {
    {"", TS_ERR_OK},
    {"a|b|||||=1\n", TS_ERR_OK},
    {"a|b|||||=\"x\\ny\\\\\n", TS_ERR_OK},
    {"a|b\\|\\=|||||=<=7\n", TS_ERR_OK},
    {"a|b|||||=1", TS_ERR_INVALID},
    {"a|b||||=1\n", TS_ERR_INVALID},
    {"a|b||||||=1\n", TS_ERR_INVALID},
    {"a|b|||||=\n", TS_ERR_INVALID},
    {"a|b|||||=1x\n", TS_ERR_INVALID},
    {"a|b|||||=99999999999999999999\n", TS_ERR_INVALID},
    {"a|b|||||=maybe\n", TS_ERR_INVALID},
    {"b|b|||||=1\na|b|||||=1\n", TS_ERR_INVALID},
    {"a|b|||||=1\na|b|||||=2\n", TS_ERR_INVALID},
    {"a|b|||||\\", TS_ERR_INVALID},
};

static void
test_report_text_that_is_none_is_refused(void **state)
{
    for (size_t i = 0; i < TS_COUNT(broken); i++) {
        ts_report_t *report = NULL;
        const ts_bytes_t bytes = {(const uint8_t *)broken[i].text, strlen(broken[i].text)};
        ts_err_t err = ts_report_read(bytes, &report);
        print_message("%s", broken[i].text);
        assert_int_equal(err, broken[i].err);
        if (err == TS_ERR_OK) {
            char *text = text_of(report);
            assert_string_equal(text, broken[i].text);
            ts_xfree(text);
        }
        ts_report_destroy(&report);
    }
}

static void
test_report_part_of_a_ledger_marks_distinct_children_as_upper_bound(void **state)
{
    report_world_t *world = report_world_new("ha-noi-588");
    report_world_fill(world);
    const ts_record_id_t units[] = {report_world_unit(world, "09697"),
                                    report_world_unit(world, "09703")};
    ts_report_input_t input = report_world_input_units(world, "2020-year", units, 2);
    ts_report_t *report = ts_report_compute(&input);
    char *text = text_of(report);
    /* A has two, B has two, one of them is the same child. */
    assert_line(text, "support|distinct|||||=<=4");
    assert_line(text, "support|distinct||nutrition|||=1");
    assert_line(text, "support|child_times|||||=4");
    ts_xfree(text);
    ts_report_destroy(&report);
    input = report_world_input_units(world, "2020-year", units, 1);
    report = ts_report_compute(&input);
    text = text_of(report);
    assert_line(text, "support|distinct|||||=2");
    ts_xfree(text);
    ts_report_destroy(&report);
    report_world_destroy(&world);
}

static void
test_report_of_a_body_without_territory_has_only_its_money(void **state)
{
    report_world_t *world = report_world_new("ha-noi-588");
    report_world_fill(world);
    ts_report_input_t input = report_world_input(world, "2020-year");
    input.scope = TS_REPORT_FUNDS;
    input.fund_count = 0;
    ts_report_t *report = ts_report_compute(&input);
    char *text = text_of(report);
    assert_line(text, "support|value|||||=na");
    assert_line(text, "support|distinct|||||=na");
    assert_line(text, "living|children|||||=na");
    assert_line(text, "resources|received|||||=0");
    ts_xfree(text);
    ts_report_destroy(&report);
    input = report_world_input(world, "2020-year");
    input.scope = TS_REPORT_FUNDS;
    report = ts_report_compute(&input);
    text = text_of(report);
    assert_line(text, "support|value||warm|||=750000");
    assert_line(text, "resources|received|||||=67000000");
    assert_line(text, "support|child_times||warm|||=na");
    ts_xfree(text);
    ts_report_destroy(&report);
    report_world_destroy(&world);
}

static void
test_report_empty_cells_are_missing_until_nil_is_confirmed(void **state)
{
    report_world_t *world = report_world_new("ha-noi-588");
    report_world_fill(world);
    ts_report_input_t input = report_world_input(world, "2020-year");
    ts_report_t *report = ts_report_compute(&input);
    ts_report_completeness_t missing = ts_report_completeness(report);
    ts_report_destroy(&report);
    input = report_world_input(world, "2020-year");
    input.nil_confirmed = true;
    report = ts_report_compute(&input);
    char *text = text_of(report);
    ts_report_completeness_t nil = ts_report_completeness(report);
    assert_line(text, "needs|quantity||exam|||=nil");
    assert_line(text, "support|quantity||warm|||=3");
    assert_true(missing.missing > 0);
    assert_int_equal(missing.nil, 0);
    assert_int_equal(nil.missing, 0);
    assert_int_equal(nil.nil, missing.missing);
    assert_int_equal(nil.value, missing.value);
    assert_int_equal(nil.not_applicable, missing.not_applicable);
    ts_xfree(text);
    ts_report_destroy(&report);
    report_world_destroy(&world);
}

static void
test_report_son_la_target_cannot_be_computed_without_the_list(void **state)
{
    report_world_t *world = report_world_new("son-la-199");
    const ts_report_input_t input = report_world_input(world, "2020-half");
    ts_report_t *report = ts_report_compute(&input);
    char *text = text_of(report);
    assert_line(text, "targets|cannot|||||t1=\"scope");
    assert_line(text, "head|units_listed|||||=\"none");
    assert_line(text, "head|kind|||||=\"half_year");
    assert_line(text, "head|to|||||=\"2020-05-14");
    assert_no_key(text, "targets|share|");
    ts_xfree(text);
    ts_report_destroy(&report);
    report_world_destroy(&world);
}

static void
test_report_leaflets_of_the_signed_budget_show_both_readings(void **state)
{
    /* Sơn La's annex 1.2: 5.000 × 0,5 triệu is not 25 triệu. */
    const ts_report_budget_t budget[] = {
        {"b01", "", "1", "Truyền thông", "", "", "", 0, 0, 55000000, 330000000},
        {"b02", "b01", "1.1.", "Phóng sự", "Phóng sự", "02", "15,0", 2, 15000000, 30000000,
         180000000},
        {"b03", "b01", "1.2", "Tờ rơi", "Tờ", "5.000", "0,5", 5000, 500000, 25000000, 150000000},
        {"total", "", "", "Tổng cộng", "", "", "", 0, 0, 55000000, 330000000},
    };
    report_world_t *world = report_world_new("son-la-199");
    ts_report_input_t input = report_world_input(world, "2020-year");
    input.budget = budget;
    input.budget_count = TS_COUNT(budget);
    input.budget_years = 6;
    ts_report_t *report = ts_report_compute(&input);
    char *text = text_of(report);
    assert_line(text, "budget|year|||||b03=25000000");
    assert_line(text, "budget|quantity_text|||||b03=\"5.000");
    assert_line(text, "budget|amount_by_price|||||b03=2500000000");
    assert_line(text, "budget|price_by_amount|||||b03=5000");
    assert_no_key(text, "budget|amount_by_price|||||b02");
    assert_no_key(text, "budget|sum_of_parts|");
    assert_no_key(text, "budget|period_by_years|");
    ts_xfree(text);
    ts_report_destroy(&report);
    input.budget_years = 7;
    report = ts_report_compute(&input);
    text = text_of(report);
    assert_line(text, "budget|period_by_years|||||b03=175000000");
    ts_xfree(text);
    ts_report_destroy(&report);
    report_world_destroy(&world);
}

static void
test_report_entry_after_filing_appears_as_correction_in_the_next_period(void **state)
{
    report_world_t *world = report_world_new("ha-noi-588");
    report_world_fill(world);
    ts_report_input_t input = report_world_input(world, "2019-year");
    ts_report_t *filed = ts_report_compute(&input);
    report_world_late_entry(world);
    input = report_world_input(world, "2019-year");
    ts_report_t *now = ts_report_compute(&input);
    assert_true(ts_report_compare(filed, now, NULL, NULL) > 0);
    const ts_report_earlier_t earlier = {filed, now};
    input = report_world_input(world, "2020-year");
    input.earlier = &earlier;
    input.earlier_count = 1;
    ts_report_t *report = ts_report_compute(&input);
    char *text = text_of(report);
    assert_line(text, "corrections|support.child_times||warm|||2019-year:then:=missing");
    assert_line(text, "corrections|support.child_times||warm|||2019-year:now:=1");
    assert_line(text, "corrections|support.value||warm|||2019-year:now:=200000");
    assert_no_key(text, "corrections|head.");
    /* The coat of 2019 leaves less open in 2020, and is no support of 2020. */
    assert_line(text, "needs|open|09697@2008-08-01|warm|||=0");
    assert_line(text, "support|child_times||warm|||=3");
    ts_reply_t reply = {0};
    ts_report_put_tables(report, NULL, &reply);
    const ts_table_t *table = ts_reply_table(&reply, "corrections");
    assert_non_null(table);
    assert_true(ts_table_rows(table) > 0);
    ts_reply_free(&reply);
    ts_xfree(text);
    ts_report_destroy(&report);
    ts_report_destroy(&now);
    ts_report_destroy(&filed);
    report_world_destroy(&world);
}

static void
test_report_units_that_ended_are_shown_under_their_successor(void **state)
{
    report_world_t *world = report_world_new("ha-noi-588");
    report_world_fill(world);
    ts_catalog_t *catalog = report_world_catalog(world);
    ts_record_id_t merged = ts_record_id(1, 2, 1);
    char code[] = "09999";
    char name[] = "Xã Gộp";
    Tiepsuc__V1__Unit unit;
    tiepsuc__v1__unit__init(&unit);
    unit.code = code;
    unit.name = name;
    unit.level = TIEPSUC__V1__UNIT_LEVEL__UNIT_LEVEL_COMMUNE;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_UNIT, merged, 0, &unit);
    const char *const codes[] = {"09697", "09703"};
    for (size_t i = 0; i < TS_COUNT(codes); i++) {
        ts_record_id_t id = report_world_unit(world, codes[i]);
        Tiepsuc__V1__Unit old;
        tiepsuc__v1__unit__init(&old);
        char old_code[8];
        memcpy(old_code, codes[i], 6);
        old.code = old_code;
        old.level = TIEPSUC__V1__UNIT_LEVEL__UNIT_LEVEL_COMMUNE;
        old.valid_to_on = report_world_day("2020-07-01");
        old.successor_id = merged;
        ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_UNIT, id, 0, &old);
    }
    ts_report_input_t input = report_world_input(world, "2020-year");
    ts_report_t *report = ts_report_compute(&input);
    char *text = text_of(report);
    assert_line(text, "support|child_times|09999||||=4");
    /* Two and two children, one of them the same: an upper bound, never a sum. */
    assert_line(text, "support|distinct|09999||||=<=4");
    assert_line(text, "support|distinct|||||=3");
    ts_xfree(text);
    ts_report_destroy(&report);
    input.boundary = report_world_day("2020-06-30");
    report = ts_report_compute(&input);
    text = text_of(report);
    assert_line(text, "support|distinct|09697||||=2");
    ts_xfree(text);
    ts_report_destroy(&report);
    report_world_destroy(&world);
}

/* ---- tables */

static int64_t
number_at(const ts_table_t *table, size_t row, const char *column)
{
    const ts_cell_t *cell = ts_table_cell(table, row, ts_table_column(table, column));
    assert_int_equal(cell->kind, TS_CELL_NUMBER);
    return cell->number;
}

static const char *
say_at(const ts_table_t *table, size_t row, const char *column)
{
    const ts_cell_t *cell = ts_table_cell(table, row, ts_table_column(table, column));
    assert_int_equal(cell->kind, TS_CELL_SAY);
    return cell->say->id;
}

/* The row whose column holds that text. */
static size_t
row_of(const ts_table_t *table, const char *column, const char *text)
{
    size_t at = ts_table_column(table, column);
    for (size_t row = 0; row < ts_table_rows(table); row++) {
        const ts_cell_t *cell = ts_table_cell(table, row, at);
        if (cell->kind == TS_CELL_TEXT && strcmp(cell->text, text) == 0) {
            return row;
        }
    }
    fail_msg("no row %s", text);
    return 0;
}

static void
test_report_tables_say_missing_and_never_zero(void **state)
{
    report_world_t *world = report_world_new("ha-noi-588");
    ts_report_t *report = year_2020(world);
    ts_reply_t reply = {0};
    ts_report_put_tables(report, "abcd", &reply);
    const ts_table_t *support = ts_reply_table(&reply, "support");
    size_t warm = row_of(support, "line_code", "warm");
    assert_int_equal(number_at(support, warm, "distinct"), 3);
    assert_int_equal(number_at(support, warm, "distinct_f"), 2);
    assert_int_equal(number_at(support, warm, "value"), 750000);
    assert_string_equal(say_at(support, warm, "head_times"), "not applicable");
    size_t meals = row_of(support, "line_code", "nutrition");
    assert_int_equal(number_at(support, meals, "at_most"), 16);
    const ts_table_t *needs = ts_reply_table(&reply, "needs");
    assert_string_equal(say_at(needs, row_of(needs, "line_code", "exam"), "quantity"),
                        "no figures yet");
    const ts_table_t *chart = ts_reply_table(&reply, "chart");
    assert_int_equal(ts_table_rows(chart), 2);
    assert_int_equal(number_at(chart, 0, "met"), 451 * 10000 / 600);
    assert_int_equal(number_at(chart, 1, "met"), 10000);
    const ts_table_t *cover = ts_reply_table(&reply, "cover");
    assert_int_equal(row_of(cover, "value", "abcd"), row_of(cover, "key", "check_code"));
    assert_string_equal(say_at(cover, row_of(cover, "key", "window"), "value"),
                        "PROPOSED, not in the plan: the plan sets no first day and no cut-off");
    /* Every column has a tag row, every table a sheet. */
    const ts_table_t *sections = ts_reply_table(&reply, "sections");
    for (size_t i = 0; i < ts_table_rows(sections); i++) {
        assert_non_null(ts_reply_table(&reply, ts_table_cell(sections, i, 0)->text));
    }
    ts_reply_free(&reply);
    ts_report_destroy(&report);
    report_world_destroy(&world);
}

static void
test_report_surplus_of_one_commune_meets_no_need_of_another(void **state)
{
    report_world_t *world = report_world_new("ha-noi-588");
    char set[] = "bộ";
    char coat[] = "Áo ấm";
    Tiepsuc__V1__Need need;
    tiepsuc__v1__need__init(&need);
    need.unit_id = report_world_unit(world, "09697");
    need.line_id = report_world_line(world, "warm");
    need.quantity = 10;
    need.unit_of_measure = set;
    (void)report_world_put(world, TIEPSUC__V1__KIND__KIND_NEED, "2020-02-01", &need);
    Tiepsuc__V1__Item goods;
    tiepsuc__v1__item__init(&goods);
    Tiepsuc__V1__Item *items[] = {&goods};
    goods.item = coat;
    goods.unit_of_measure = set;
    goods.quantity = 12;
    Tiepsuc__V1__Handover handover;
    tiepsuc__v1__handover__init(&handover);
    handover.unit_id = report_world_unit(world, "09703");
    handover.line_id = need.line_id;
    handover.n_items = 1;
    handover.items = items;
    (void)report_world_put(world, TIEPSUC__V1__KIND__KIND_HANDOVER, "2020-03-01", &handover);
    goods.quantity = 3;
    handover.unit_id = need.unit_id;
    (void)report_world_put(world, TIEPSUC__V1__KIND__KIND_HANDOVER, "2020-03-02", &handover);
    const ts_report_input_t input = report_world_input(world, "2020-year");
    ts_report_t *report = ts_report_compute(&input);
    char *text = text_of(report);
    assert_line(text, "needs|open||warm|||=7");
    ts_reply_t reply = {0};
    ts_report_put_tables(report, NULL, &reply);
    const ts_table_t *chart = ts_reply_table(&reply, "chart");
    assert_int_equal(number_at(chart, 0, "handed"), 15);
    assert_int_equal(number_at(chart, 0, "met"), 3000);
    ts_reply_free(&reply);
    ts_xfree(text);
    ts_report_destroy(&report);
    report_world_destroy(&world);
}

static void
test_report_tables_of_a_text_that_was_kept_are_the_same(void **state)
{
    report_world_t *world = report_world_new("ha-noi-588");
    ts_report_t *report = year_2020(world);
    char *text = text_of(report);
    ts_report_t *kept = NULL;
    assert_int_equal(ts_report_read((ts_bytes_t){(const uint8_t *)text, strlen(text)}, &kept),
                     TS_ERR_OK);
    report_world_destroy(&world);
    ts_reply_t a = {0};
    ts_reply_t b = {0};
    ts_report_put_tables(report, NULL, &a);
    ts_report_put_tables(kept, NULL, &b);
    assert_int_equal(a.table_count, b.table_count);
    for (size_t t = 0; t < a.table_count; t++) {
        assert_int_equal(a.tables[t].cell_count, b.tables[t].cell_count);
        for (size_t c = 0; c < a.tables[t].cell_count; c++) {
            const ts_cell_t *x = &a.tables[t].cells[c];
            const ts_cell_t *y = &b.tables[t].cells[c];
            assert_int_equal(x->kind, y->kind);
            assert_int_equal(x->number, y->number);
            if (x->kind == TS_CELL_TEXT) {
                assert_string_equal(x->text, y->text);
            }
        }
    }
    ts_reply_free(&a);
    ts_reply_free(&b);
    ts_xfree(text);
    ts_report_destroy(&report);
    ts_report_destroy(&kept);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_year_of_two_communes_gives_the_figures_worked_out_by_hand),
        cmocka_unit_test(test_report_same_figures_give_the_same_text_and_are_read_back),
        cmocka_unit_test(test_report_text_that_is_none_is_refused),
        cmocka_unit_test(test_report_part_of_a_ledger_marks_distinct_children_as_upper_bound),
        cmocka_unit_test(test_report_of_a_body_without_territory_has_only_its_money),
        cmocka_unit_test(test_report_empty_cells_are_missing_until_nil_is_confirmed),
        cmocka_unit_test(test_report_son_la_target_cannot_be_computed_without_the_list),
        cmocka_unit_test(test_report_leaflets_of_the_signed_budget_show_both_readings),
        cmocka_unit_test(test_report_entry_after_filing_appears_as_correction_in_the_next_period),
        cmocka_unit_test(test_report_units_that_ended_are_shown_under_their_successor),
        cmocka_unit_test(test_report_tables_say_missing_and_never_zero),
        cmocka_unit_test(test_report_surplus_of_one_commune_meets_no_need_of_another),
        cmocka_unit_test(test_report_tables_of_a_text_that_was_kept_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
