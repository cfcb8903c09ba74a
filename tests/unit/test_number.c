/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: numbers and amounts as offices write them come out exactly; what can mean two numbers is
 * decided by the column or by the clerk, never silently. Method: tables of texts per kind of column
 * (the forms of finding X-22 among them); whole columns.
 */
#include "sheet/csv.h"
#include "sheet/number.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN TS_NUMBER_MARKS_UNKNOWN
#define VI TS_NUMBER_MARKS_VIETNAMESE
#define EN TS_NUMBER_MARKS_ENGLISH
#define BAD INT64_MIN /* INVALID is expected */
#define BIG INT64_MAX /* TOOBIG is expected */

typedef struct case_ {
    const char *text;
    ts_number_marks_t marks;
    int64_t expected;
} case_t;

static void
check_cases(const case_t *cases, size_t count, const ts_number_spec_t *spec)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = -77;
        ts_msg_t why = {0};
        ts_err_t err = ts_number_parse(cases[i].text, spec, cases[i].marks, &value, &why);
        ts_err_t wanted = cases[i].expected == BAD   ? TS_ERR_INVALID
                          : cases[i].expected == BIG ? TS_ERR_TOOBIG
                                                     : TS_ERR_OK;
        if (err != wanted) {
            fail_msg("“%s”: %s (%s)", cases[i].text, ts_err_name(err),
                     why.id == NULL ? "" : why.id);
        }
        assert_int_equal(why.id != NULL, err != TS_ERR_OK);
        int64_t expected = wanted == TS_ERR_OK ? cases[i].expected : -77;
        if (value != expected) {
            fail_msg("“%s”: %lld, not %lld", cases[i].text, (long long)value, (long long)expected);
        }
        ts_msg_free(&why);
    }
}

static void
test_number_whole_quantities_are_read(void **state)
{
    static const case_t cases[] = {
        {"0", UNKNOWN, 0},
        {"02", UNKNOWN, 2},
        {" 15 ", UNKNOWN, 15},
        {"+7", UNKNOWN, 7},
        {"1.234", UNKNOWN, 1234},
        {"1,234", UNKNOWN, 1234},
        {"1 234", UNKNOWN, 1234},
        {"1\xC2\xA0"
         "234\xE2\x80\xAF"
         "567",
         UNKNOWN, 1234567},
        {"1.234.567", UNKNOWN, 1234567},
        {"1,234,567", UNKNOWN, 1234567},
        {"5.000", VI, 5000},
        {"5.000", EN, 5},
        {"5,000", EN, 5000},
        {"5,000", VI, 5},
        {"5.000", UNKNOWN, BAD},
        {"5,000", UNKNOWN, BAD},
        {"12,0", UNKNOWN, 12},
        {"12.00", UNKNOWN, 12},
        {"1234567", UNKNOWN, 1234567},
        {"1.234,0", UNKNOWN, 1234},
        {"1,234.00", UNKNOWN, 1234},
        {"999999999999999999", UNKNOWN, 999999999999999999},
        {"1.5", UNKNOWN, BAD},
        {"0,5", UNKNOWN, BAD},
        {"1.234,5", UNKNOWN, BAD},
        {"1.23.456", UNKNOWN, BAD},
        {"1.2345.678", UNKNOWN, BAD},
        {"12 34", UNKNOWN, BAD},
        {"1.234,567.8", UNKNOWN, BAD},
        {"1,234,56", UNKNOWN, BAD},
        {"0.123.456", UNKNOWN, BAD},
        {"-5", UNKNOWN, BAD},
        {"(5)", UNKNOWN, BAD},
        {"", UNKNOWN, BAD},
        {"-", UNKNOWN, BAD},
        {"x", UNKNOWN, BAD},
        {"12 cái", UNKNOWN, BAD},
        {"5 triệu", UNKNOWN, BAD},
        {"5%", UNKNOWN, BAD},
        {".5", UNKNOWN, BAD},
        {"5.", UNKNOWN, BAD},
        {"1.5E+07", UNKNOWN, BAD},
        {"1..000", UNKNOWN, BAD},
        {"1234567890123456789", UNKNOWN, BAD},
        {"1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1", UNKNOWN, BAD},
        {"\xFF", UNKNOWN, BAD},
    };
    check_cases(cases, TS_COUNT(cases), &ts_number_whole);
}

static void
test_number_decimals_are_scaled_exactly(void **state)
{
    static const case_t cases[] = {
        {"1", UNKNOWN, 1000},
        {"0,5", UNKNOWN, 500},
        {"0.5", UNKNOWN, 500},
        {"0,005", UNKNOWN, 5},
        {"0.125", UNKNOWN, 125},
        {"1.234,5", UNKNOWN, 1234500},
        {"1,234.5", UNKNOWN, 1234500},
        {"1 234,56", UNKNOWN, 1234560},
        {"1 234.56", UNKNOWN, 1234560},
        {"12,3400", UNKNOWN, 12340},
        {"1234.567", UNKNOWN, 1234567},
        {"1.234", VI, 1234000},
        {"1.234", EN, 1234},
        {"1,234", VI, 1234},
        {"1.234", UNKNOWN, BAD},
        {"1,234", UNKNOWN, BAD},
        {"0,0005", UNKNOWN, BAD},
        {"1.234,5", EN, BAD},
        {"1,234.5", VI, BAD},
        {"9223372036854775", UNKNOWN, 9223372036854775000},
        {"9223372036854776", UNKNOWN, BIG},
    };
    check_cases(cases, TS_COUNT(cases), &ts_number_thousandths);
}

static void
test_number_money_words_are_read(void **state)
{
    static const case_t cases[] = {
        {"5.000đ", UNKNOWN, BAD},
        {"5.000đ", VI, 5000},
        {"5000 đ", UNKNOWN, 5000},
        {"1.500.000 đồng", UNKNOWN, 1500000},
        {"1.500.000 ₫", UNKNOWN, 1500000},
        {"VND 1,500,000", UNKNOWN, 1500000},
        {"1500000VNĐ", UNKNOWN, 1500000},
        {"1.526,4 triệu", UNKNOWN, 1526400000},
        {"1.526,4 triệu đồng", UNKNOWN, 1526400000},
        {"0,5 triệu", UNKNOWN, 500000},
        {"02 triệu", UNKNOWN, 2000000},
        {"2tr", UNKNOWN, 2000000},
        {"1,5 tỷ", UNKNOWN, 1500000000},
        {"1,5 tỉ đồng", UNKNOWN, 1500000000},
        {"300 nghìn", UNKNOWN, 300000},
        {"300 ngàn đ", UNKNOWN, 300000},
        {"1 tỷ 200 triệu", UNKNOWN, 1200000000},
        {"1 tỷ 526 triệu 400 nghìn đồng", UNKNOWN, 1526400000},
        {"1.500.000 Đồng.", UNKNOWN, 1500000},
        {"200 triệu 1 tỷ", UNKNOWN, BAD},
        {"1 tỷ 2", UNKNOWN, BAD},
        {"1 triệu 2 triệu", UNKNOWN, BAD},
        {"5 triệu tỷ", UNKNOWN, BAD},
        {"0,5 đồng", UNKNOWN, BAD},
        {"0,0000005 triệu", UNKNOWN, BAD},
        {"100 USD", UNKNOWN, BAD},
        {"100.000đ/tháng", UNKNOWN, BAD},
        {"5 trẻ", UNKNOWN, BAD},
        {"đồng", UNKNOWN, BAD},
        {"triệu", UNKNOWN, BAD},
        {"1 tỷ 1 triệu 1 nghìn 1 đồng 1", UNKNOWN, BAD},
        {"99999999999 tỷ", UNKNOWN, BIG},
        {"9223372036 tỷ 9223372036 triệu", UNKNOWN, BIG},
    };
    check_cases(cases, TS_COUNT(cases), &ts_number_dong);
}

static void
test_number_column_in_million_dong_gives_dong(void **state)
{
    static const case_t cases[] = {
        {"1.526,4", UNKNOWN, 1526400000}, {"0,5", UNKNOWN, 500000}, {"02", UNKNOWN, 2000000},
        {"5.000", VI, 5000000000},        {"5.000", UNKNOWN, BAD},  {"1.234", EN, 1234000},
        {"25", UNKNOWN, 25000000},        {"5.000 đồng", VI, 5000}, {"2 tỷ", UNKNOWN, 2000000000},
    };
    check_cases(cases, TS_COUNT(cases), &ts_number_million_dong);
}

static void
test_number_sign_and_maximum_are_the_columns_own(void **state)
{
    static const case_t cases[] = {
        {"-5", UNKNOWN, -5},    {"−1.234", UNKNOWN, -1234},  {"(1.234.567)", UNKNOWN, BIG},
        {"(99)", UNKNOWN, -99}, {"100000", UNKNOWN, 100000}, {"100001", UNKNOWN, BIG},
    };
    ts_number_spec_t spec = {.scale = 1, .unit = 1, .negative = true, .value_max = 100000};
    check_cases(cases, TS_COUNT(cases), &spec);
}

/* One column of values, ';' apart. */
static ts_grid_t *
column_of(const char *values)
{
    char text[256];
    snprintf(text, sizeof text, "Số\n%s", values);
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == ';' ? '\n' : *at;
    }
    ts_sheet_issues_t issues = {0};
    ts_grid_t *table = NULL;
    assert_int_equal(ts_csv_read(text, strlen(text), '\t', &issues, &table), TS_ERR_OK);
    assert_int_equal(ts_grid_set_header(table, 0, &issues), TS_ERR_OK);
    ts_sheet_issues_free(&issues);
    return table;
}

static void
test_number_column_decides_by_its_other_values(void **state)
{
    static const struct {
        const char *values;
        const ts_number_spec_t *spec;
        ts_err_t err;
        ts_number_marks_t marks;
        size_t warnings;
    } cases[] = {
        {"1;2;3", &ts_number_whole, TS_ERR_OK, UNKNOWN, 0},
        {"5.000;1.234.567", &ts_number_whole, TS_ERR_OK, VI, 0},
        {"5.000;1.234", &ts_number_whole, TS_ERR_OK, VI, 0},
        {"5,000;1,234", &ts_number_whole, TS_ERR_OK, EN, 0},
        {"5.000;12", &ts_number_whole, TS_ERR_OK, VI, 1},
        {"5,000;12", &ts_number_whole, TS_ERR_OK, EN, 1},
        {"5.000;1.234,5", &ts_number_thousandths, TS_ERR_OK, VI, 0},
        {"5.000;2.5", &ts_number_thousandths, TS_ERR_OK, EN, 0},
        {"5,000;2.5", &ts_number_thousandths, TS_ERR_OK, EN, 0},
        {"1.234;5.000", &ts_number_thousandths, TS_ERR_INVALID, UNKNOWN, 0},
        {"1.234,5;2,5;x", &ts_number_million_dong, TS_ERR_OK, VI, 0},
        {"5.000;25", &ts_number_million_dong, TS_ERR_INVALID, UNKNOWN, 0},
        {"1.234;1,234", &ts_number_whole, TS_ERR_INVALID, UNKNOWN, 0},
        {"5.000;5,000", &ts_number_whole, TS_ERR_INVALID, UNKNOWN, 0},
        {"1.234,5;1,234.5", &ts_number_thousandths, TS_ERR_INVALID, UNKNOWN, 0},
        {"x;y", &ts_number_whole, TS_ERR_OK, UNKNOWN, 0},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_grid_t *table = column_of(cases[i].values);
        ts_sheet_issues_t issues = {0};
        ts_number_marks_t marks = UNKNOWN;
        ts_err_t err = ts_number_column(table, 0, cases[i].spec, &issues, &marks);
        if (err != cases[i].err || marks != cases[i].marks ||
            issues.warnings != cases[i].warnings) {
            fail_msg("“%s”: %s, marks %d, %zu warnings", cases[i].values, ts_err_name(err),
                     (int)marks, issues.warnings);
        }
        assert_int_equal(issues.errors, cases[i].err == TS_ERR_OK ? 0 : 1);
        ts_grid_destroy(&table);
        ts_sheet_issues_free(&issues);
    }
}

static void
test_number_column_contradiction_names_both_rows(void **state)
{
    ts_grid_t *table = column_of("7;1.234,5;8;1,234.5");
    ts_sheet_issues_t issues = {0};
    ts_number_marks_t marks = UNKNOWN;
    assert_int_equal(ts_number_column(table, 0, &ts_number_thousandths, &issues, &marks),
                     TS_ERR_INVALID);
    assert_int_equal(issues.count, 1);
    const ts_msg_t *message = &issues.items[0].message;
    assert_string_equal(message->args[0], "1.234,5");
    assert_string_equal(message->args[1], "3");
    assert_string_equal(message->args[2], "1,234.5");
    assert_string_equal(message->args[3], "5");
    assert_int_equal(issues.items[0].row, 4);
    ts_grid_destroy(&table);
    ts_sheet_issues_free(&issues);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number_whole_quantities_are_read),
        cmocka_unit_test(test_number_decimals_are_scaled_exactly),
        cmocka_unit_test(test_number_money_words_are_read),
        cmocka_unit_test(test_number_column_in_million_dong_gives_dong),
        cmocka_unit_test(test_number_sign_and_maximum_are_the_columns_own),
        cmocka_unit_test(test_number_column_decides_by_its_other_values),
        cmocka_unit_test(test_number_column_contradiction_names_both_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
