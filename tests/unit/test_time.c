/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: dates and moments are exact over the whole calendar and at the borders of days in Viet Nam.
 * Method: known dates, a walk over every day of years 1..9999, and texts that must be refused.
 */
#include "base/time.h"
#include "support/test.h"

#include <limits.h>
#include <string.h>

static ts_date_t
civil(int year, int month, int day)
{
    ts_date_t date = TS_DATE_NONE;
    assert_int_equal(ts_date_from_civil(year, month, day, &date), TS_ERR_OK);
    return date;
}

static ts_utc_t
moment(const char *text)
{
    ts_utc_t at = {-1};
    assert_int_equal(ts_utc_parse(text, &at), TS_ERR_OK);
    return at;
}

static void
test_time_known_dates_have_known_days(void **state)
{
    static const struct {
        int year, month, day;
        int32_t days;
        int weekday;
    } rows[] = {
        {1970, 1, 1, 0, 3},      {1969, 12, 31, -1, 2},      {2000, 2, 29, 11016, 1},
        {2024, 2, 29, 19782, 3}, {2025, 6, 30, 20269, 0},    {2025, 7, 1, 20270, 1},
        {1, 1, 1, -719162, 0},   {9999, 12, 31, 2932896, 4},
    };
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        ts_date_t date = civil(rows[i].year, rows[i].month, rows[i].day);
        assert_int_equal(date.days, rows[i].days);
        assert_int_equal(ts_date_weekday(date), rows[i].weekday);
    }
}

static void
test_time_every_day_of_the_calendar_goes_there_and_back(void **state)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t expected = civil(1, 1, 1).days;
    for (int year = 1; year <= 9999; year++) {
        int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (int month = 1; month <= 12; month++) {
            int last = lengths[month - 1] + (month == 2 ? leap : 0);
            ts_date_t untouched = {42};
            assert_int_equal(ts_date_from_civil(year, month, last + 1, &untouched), TS_ERR_INVALID);
            assert_int_equal(untouched.days, 42);
            for (int day = 1; day <= last; day++) {
                int y, m, d;
                ts_date_to_civil((ts_date_t){expected}, &y, &m, &d);
                if (y != year || m != month || d != day ||
                    civil(year, month, day).days != expected) {
                    fail_msg("%d-%d-%d", year, month, day);
                }
                expected++;
            }
        }
    }
}

static void
test_time_impossible_civil_dates_are_refused(void **state)
{
    static const int rows[][3] = {{0, 1, 1},    {10000, 1, 1}, {2025, 0, 1},    {2025, 13, 1},
                                  {2025, 1, 0}, {2025, 4, 31}, {1900, 2, 29},   {2025, 1, 32},
                                  {-1, 1, 1},   {2025, 1, -1}, {INT_MIN, 1, 1}, {2025, INT_MAX, 1}};
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        ts_date_t date;
        assert_int_equal(ts_date_from_civil(rows[i][0], rows[i][1], rows[i][2], &date),
                         TS_ERR_INVALID);
    }
}

static void
test_time_extreme_days_do_not_overflow(void **state)
{
    int year, month, day;
    ts_date_to_civil((ts_date_t){INT32_MAX}, &year, &month, &day);
    assert_int_equal(year, 5881580);
    ts_date_to_civil((ts_date_t){INT32_MIN + 1}, &year, &month, &day);
    assert_int_equal(year, -5877641);
    assert_in_range(ts_date_weekday((ts_date_t){INT32_MIN}), 0, 6);
    assert_int_equal(ts_utc_to_vietnam_date((ts_utc_t){INT64_MAX}).days, INT32_MAX);
    assert_int_equal(ts_utc_to_vietnam_date((ts_utc_t){INT64_MIN}).days, INT32_MIN + 1);
    char text[TS_UTC_BYTES];
    ts_utc_format_vietnam((ts_utc_t){INT64_MAX}, text, sizeof text);
    assert_string_equal(text, "?T14:12:55+07:00");
}

static void
test_time_iso_text_is_exact(void **state)
{
    static const char *const bad[] = {
        "",           "2025-6-30",  "2025-06-31", "2025-06-30 ", " 2025-06-30", "2025/06/30",
        "2025-06-3x", "+025-06-30", "2025-06",    "2025-06-300", "20250630",    "0000-01-01"};
    ts_date_t date = {42};
    for (size_t i = 0; i < TS_COUNT(bad); i++) {
        assert_int_equal(ts_date_parse_iso(bad[i], &date), TS_ERR_INVALID);
        assert_int_equal(date.days, 42);
    }
    assert_int_equal(ts_date_parse_iso("2025-06-30", &date), TS_ERR_OK);
    assert_int_equal(date.days, 20269);
}

static void
test_time_dates_are_written_both_ways(void **state)
{
    char text[TS_DATE_BYTES];
    ts_date_format_iso(civil(987, 6, 5), text, sizeof text);
    assert_string_equal(text, "0987-06-05");
    ts_date_format_vi(civil(2025, 11, 9), text, sizeof text);
    assert_string_equal(text, "09/11/2025");
    assert_true(ts_date_is_none(TS_DATE_NONE));
    assert_false(ts_date_is_none((ts_date_t){0}));
    ts_date_format_iso(TS_DATE_NONE, text, sizeof text);
    assert_string_equal(text, "");
    ts_date_format_vi((ts_date_t){INT32_MAX}, text, sizeof text);
    assert_string_equal(text, "?");
}

static void
test_time_vietnam_day_changes_at_17_utc(void **state)
{
    static const struct {
        const char *utc;
        const char *day;
    } rows[] = {
        {"2025-11-29T16:59:59Z", "2025-11-29"}, {"2025-11-29T17:00:00Z", "2025-11-30"},
        {"1969-12-31T16:59:59Z", "1969-12-31"}, {"1969-12-31T17:00:00Z", "1970-01-01"},
        {"2024-02-28T17:00:00Z", "2024-02-29"},
    };
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        char text[TS_DATE_BYTES];
        ts_date_t day = ts_utc_to_vietnam_date(moment(rows[i].utc));
        ts_date_format_iso(day, text, sizeof text);
        assert_string_equal(text, rows[i].day);
        ts_utc_t midnight = ts_vietnam_midnight(day);
        assert_int_equal(ts_utc_to_vietnam_date(midnight).days, day.days);
        assert_int_equal(ts_utc_to_vietnam_date((ts_utc_t){midnight.ms - 1}).days, day.days - 1);
    }
    assert_int_equal(ts_vietnam_midnight(TS_DATE_NONE).ms, 0);
}

static void
test_time_moments_are_parsed_and_written(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
        const char *vietnam;
    } rows[] = {
        {"1970-01-01T00:00:01Z", 1, "1970-01-01T07:00:01+07:00"},
        {"2025-11-30T00:00:00+07:00", 1764435600, "2025-11-30T00:00:00+07:00"},
        {"2025-11-29T12:30:00-04:30", 1764435600, "2025-11-30T00:00:00+07:00"},
        {"1969-12-31T16:59:58Z", -25202, "1969-12-31T23:59:58+07:00"},
    };
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        ts_utc_t at = moment(rows[i].text);
        assert_int_equal(at.ms, rows[i].seconds * 1000);
        char text[TS_UTC_BYTES];
        ts_utc_format_vietnam(at, text, sizeof text);
        assert_string_equal(text, rows[i].vietnam);
    }
    char text[TS_UTC_BYTES];
    ts_utc_format_vietnam((ts_utc_t){0}, text, sizeof text);
    assert_string_equal(text, "");
}

static void
test_time_malformed_moments_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "2025-11-30",
        "2025-11-30T00:00:00",
        "2025-11-30 00:00:00Z",
        "2025-11-30T24:00:00Z",
        "2025-11-30T00:60:00Z",
        "2025-11-30T00:00:60Z",
        "2025-11-30T00:00:00Zx",
        "2025-11-30T00:00:00+0700",
        "2025-11-30T00:00:00+07:60",
        "2025-11-30T00:00:00+24:00",
        "2025-02-30T00:00:00Z",
        "2025-11-30T00:00:00.5Z",
        "2025-11-30T0:00:00Z",
    };
    ts_utc_t at = {42};
    for (size_t i = 0; i < TS_COUNT(bad); i++) {
        assert_int_equal(ts_utc_parse(bad[i], &at), TS_ERR_INVALID);
        assert_int_equal(at.ms, 42);
    }
}

static void
test_time_age_counts_whole_months(void **state)
{
    assert_int_equal(ts_age_months(2019, 9, civil(2025, 8, 31)), 71);
    assert_int_equal(ts_age_months(2019, 9, civil(2025, 9, 1)), 72);
    assert_int_equal(ts_age_months(2025, 9, civil(2025, 9, 30)), 0);
    assert_int_equal(ts_age_months(2025, 10, civil(2025, 9, 30)), 0);
    assert_int_equal(ts_age_months(2019, 9, TS_DATE_NONE), 0);
    assert_int_equal(ts_age_months(INT_MIN, 1, civil(2025, 9, 30)), TS_AGE_MONTHS_MAX);
    assert_int_equal(ts_age_months(INT_MAX, 1, civil(2025, 9, 30)), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_known_dates_have_known_days),
        cmocka_unit_test(test_time_every_day_of_the_calendar_goes_there_and_back),
        cmocka_unit_test(test_time_impossible_civil_dates_are_refused),
        cmocka_unit_test(test_time_extreme_days_do_not_overflow),
        cmocka_unit_test(test_time_iso_text_is_exact),
        cmocka_unit_test(test_time_dates_are_written_both_ways),
        cmocka_unit_test(test_time_vietnam_day_changes_at_17_utc),
        cmocka_unit_test(test_time_moments_are_parsed_and_written),
        cmocka_unit_test(test_time_malformed_moments_are_refused),
        cmocka_unit_test(test_time_age_counts_whole_months),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
