/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: dates come out with what is known of them and no more; impossible ones are refused with a
 * sentence that says why. Method: tables of texts; columns of Excel's day numbers, whole and mixed.
 */
#include "sheet/csv.h"
#include "sheet/date.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#define DAY TS_DATE_PRECISION_DAY
#define MONTH TS_DATE_PRECISION_MONTH
#define YEAR TS_DATE_PRECISION_YEAR

static void
test_date_forms_of_offices_are_read(void **state)
{
    static const struct {
        const char *text;
        const char *iso;
        ts_date_precision_t precision;
    } cases[] = {
        {"05/06/2020", "2020-06-05", DAY},
        {"5/6/2020", "2020-06-05", DAY},
        {"05-06-2020", "2020-06-05", DAY},
        {"5.6.2020", "2020-06-05", DAY},
        {" 5 / 6 / 2020 ", "2020-06-05", DAY},
        {"2020-06-05", "2020-06-05", DAY},
        {"2020/6/5", "2020-06-05", DAY},
        {"2020-06-05T00:00:00", "2020-06-05", DAY},
        {"05/06/2020 00:00:00", "2020-06-05", DAY},
        {"5/6/2020 12:00:00 AM", "2020-06-05", DAY},
        {"29/02/2020", "2020-02-29", DAY},
        {"31/12/2100", "2100-12-31", DAY},
        {"ngày 5 tháng 6 năm 2020", "2020-06-05", DAY},
        {"Ngày 05/6/2020", "2020-06-05", DAY},
        {"5 tháng 6, 2020", "", DAY},
        {"5 tháng 6, năm 2020", "2020-06-05", DAY},
        {"06/2020", "2020-06-01", MONTH},
        {"6-2020", "2020-06-01", MONTH},
        {"2020-06", "2020-06-01", MONTH},
        {"tháng 6/2020", "2020-06-01", MONTH},
        {"Tháng 6 năm 2020", "2020-06-01", MONTH},
        {"2020", "2020-01-01", YEAR},
        {"năm 2020", "2020-01-01", YEAR},
        {"1900", "1900-01-01", YEAR},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_date_value_t value = {.precision = DAY};
        ts_msg_t why = {0};
        ts_err_t err = ts_date_parse(cases[i].text, false, &value, &why);
        ts_msg_free(&why);
        if ((err == TS_ERR_OK) != (cases[i].iso[0] != '\0')) {
            fail_msg("“%s”: %s", cases[i].text, ts_err_name(err));
        }
        if (err == TS_ERR_OK) {
            char iso[11];
            ts_date_format_iso(value.date, iso, sizeof iso);
            assert_string_equal(iso, cases[i].iso);
            assert_int_equal(value.precision, cases[i].precision);
        }
    }
}

static void
test_date_impossible_ones_are_refused_with_a_reason(void **state)
{
    static const char *const cases[][2] = {
        {"31/02/2020", "there is no day 31 in month 2 of 2020"},
        {"29/02/2021", "there is no day 29 in month 2 of 2021"},
        {"0/6/2020", "there is no day 0 in month 6"},
        {"06/25/2020", "there is no month 25: the day goes first"},
        {"32/13/2020", "there is no month 13"},
        {"13/2020", "there is no month 13"},
        {"0/2020", "there is no month 0"},
        {"5/6/20", "two digits"},
        {"6/20", "two digits"},
        {"20", "two digits"},
        {"5/6/1820", "the year 1820 cannot be meant"},
        {"5/6/2101", "the year 2101 cannot be meant"},
        {"5/6/0020", "the year 20 cannot be meant"},
        {"5/6/202", "the year 202 cannot be meant"},
        {"43987", "looks like a day number of Excel"},
        {"05/06/2020 14:30", "time of day"},
        {"", "a date is missing"},
        {" ", "a date is missing"},
        {"chưa rõ", "not a date"},
        {"5/6/2020x", "not a date"},
        {"5//2020", "not a date"},
        {"5/6-2020", "not a date"},
        {"5 6 2020", "not a date"},
        {"5/6/2020/7", "not a date"},
        {"005/6/2020", "not a date"},
        {"ngày", "not a date"},
        {"1234567890123", "not a date"},
        {"5/6/12345678901", "not a date"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_date_value_t value = {.date = {-77}};
        ts_msg_t why = {0};
        assert_int_equal(ts_date_parse(cases[i][0], false, &value, &why), TS_ERR_INVALID);
        assert_int_equal(value.date.days, -77);
        char *text = ts_msg_fill(&why, why.id);
        if (strstr(text, cases[i][1]) == NULL) {
            fail_msg("“%s”: “%s”, not “%s”", cases[i][0], text, cases[i][1]);
        }
        free(text);
        ts_msg_free(&why);
    }
}

static void
test_date_serials_only_when_the_whole_column_is(void **state)
{
    static const struct {
        const char *text;
        bool serials;
    } cases[] = {
        {"Ngày\n43987\n44000\n", true},       {"Ngày,x\n43987,1\n,2\n44000,3\n", true},
        {"Ngày\n43987\n05/06/2020\n", false}, {"Ngày\n2020\n2021\n", false},
        {"Ngày\n43987\n2021\n", false},       {"Ngày\n99999\n", false},
        {"Ngày\n43987.5\n", false},           {"Ngày,x\n,1\n", false},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_sheet_issues_t issues = {0};
        ts_grid_t *table = NULL;
        bool serials = !cases[i].serials;
        assert_int_equal(ts_csv_read(cases[i].text, strlen(cases[i].text), ',', &issues, &table),
                         TS_ERR_OK);
        assert_int_equal(ts_grid_set_header(table, 0, &issues), TS_ERR_OK);
        ts_date_column(table, 0, &issues, &serials);
        assert_int_equal(serials, cases[i].serials);
        assert_int_equal(issues.warnings, cases[i].serials ? 1 : 0);
        if (serials) {
            assert_string_equal(issues.items[0].message.args[1], "05/06/2020");
        }
        ts_grid_destroy(&table);
        ts_sheet_issues_free(&issues);
    }
    ts_date_value_t value = {.precision = YEAR};
    ts_msg_t why = {0};
    assert_int_equal(ts_date_parse("43987", true, &value, &why), TS_ERR_OK);
    char iso[11];
    ts_date_format_iso(value.date, iso, sizeof iso);
    assert_string_equal(iso, "2020-06-05");
    assert_int_equal(value.precision, DAY);
    assert_int_equal(ts_date_parse("5/6/2020", true, &value, &why), TS_ERR_INVALID);
    ts_msg_free(&why);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_date_forms_of_offices_are_read),
        cmocka_unit_test(test_date_impossible_ones_are_refused_with_a_reason),
        cmocka_unit_test(test_date_serials_only_when_the_whole_column_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
