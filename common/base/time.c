/* SPDX-License-Identifier: MPL-2.0 */
#include "base/time.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

enum {
    DAYS_PER_ERA = 146097,
    YEARS_PER_ERA = 400
};                                   /* the Gregorian calendar repeats after 400 years */
enum { EPOCH_IN_ERA_DAYS = 719468 }; /* 0000-03-01 to 1970-01-01 */

static int64_t
floor_divide(int64_t dividend, int64_t divisor)
{
    int64_t quotient = dividend / divisor;
    return quotient - (dividend % divisor < 0 ? 1 : 0);
}

/* A year is counted from 1 March, so that the leap day is its last; `month` 0 is March. */
static int64_t
days_of_march_year(int64_t year, int month, int day)
{
    int64_t era = floor_divide(year, YEARS_PER_ERA);
    int64_t year_of_era = year - era * YEARS_PER_ERA;
    int64_t day_of_year = (153 * month + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - EPOCH_IN_ERA_DAYS;
}

static bool
is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
days_in_month(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

ts_err_t
ts_date_from_civil(int year, int month, int day, ts_date_t *ret_date)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12) {
        return TS_ERR_INVALID;
    }
    if (day < 1 || day > days_in_month(year, month)) {
        return TS_ERR_INVALID;
    }
    int64_t march_year = month <= 2 ? year - 1 : year;
    ret_date->days = (int32_t)days_of_march_year(march_year, (month + 9) % 12, day);
    return TS_ERR_OK;
}

void
ts_date_to_civil(ts_date_t date, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t days = (int64_t)date.days + EPOCH_IN_ERA_DAYS;
    int64_t era = floor_divide(days, DAYS_PER_ERA);
    int64_t day_of_era = days - era * DAYS_PER_ERA;
    /* Take the leap days out (one per 4 years, none per 100, one at the era's end), then divide. */
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    int month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *ret_year = (int)(era * YEARS_PER_ERA + year_of_era + (month <= 2 ? 1 : 0));
    *ret_month = month;
    *ret_day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
}

bool
ts_date_is_none(ts_date_t date)
{
    return date.days == INT32_MIN;
}

/* Exactly `digits` decimal digits at *at_p, which moves past them; false leaves *ret_value alone.
 */
static bool
take_number(const char **at_p, int digits, int *ret_value)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        char c = (*at_p)[i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *at_p += digits;
    *ret_value = value;
    return true;
}

static bool
take_char(const char **at_p, char wanted)
{
    if (**at_p != wanted) {
        return false;
    }
    (*at_p)++;
    return true;
}

static bool
take_date(const char **at_p, ts_date_t *ret_date)
{
    int year;
    int month;
    int day;
    if (!take_number(at_p, 4, &year) || !take_char(at_p, '-') || !take_number(at_p, 2, &month) ||
        !take_char(at_p, '-') || !take_number(at_p, 2, &day)) {
        return false;
    }
    return ts_date_from_civil(year, month, day, ret_date) == TS_ERR_OK;
}

ts_err_t
ts_date_parse_iso(const char *text, ts_date_t *ret_date)
{
    const char *at = text;
    ts_date_t date;
    if (!take_date(&at, &date) || *at != '\0') {
        return TS_ERR_INVALID;
    }
    *ret_date = date;
    return TS_ERR_OK;
}

/* False (and an empty text, or "?") where there is no date or its year does not fit in four digits.
 */
static bool
printable_civil(ts_date_t date, char *out, int *ret_year, int *ret_month, int *ret_day)
{
    if (ts_date_is_none(date)) {
        out[0] = '\0';
        return false;
    }
    ts_date_to_civil(date, ret_year, ret_month, ret_day);
    if (*ret_year < 1 || *ret_year > 9999) {
        memcpy(out, "?", 2);
        return false;
    }
    return true;
}

void
ts_date_format_iso(ts_date_t date, char *out, size_t bytes)
{
    TS_CHECK(bytes >= TS_DATE_BYTES);
    int year;
    int month;
    int day;
    if (printable_civil(date, out, &year, &month, &day)) {
        snprintf(out, bytes, "%04d-%02d-%02d", year, month, day);
    }
}

void
ts_date_format_vi(ts_date_t date, char *out, size_t bytes)
{
    TS_CHECK(bytes >= TS_DATE_BYTES);
    int year;
    int month;
    int day;
    if (printable_civil(date, out, &year, &month, &day)) {
        snprintf(out, bytes, "%02d/%02d/%04d", day, month, year);
    }
}

int
ts_date_weekday(ts_date_t date)
{
    int64_t since_monday = (int64_t)date.days + 3; /* 1970-01-01 was a Thursday */
    return (int)(since_monday - floor_divide(since_monday, 7) * 7);
}

/* Splits into the day in Viet Nam and the milliseconds of that day; no moment overflows. */
static int64_t
vietnam_day(ts_utc_t at, int64_t *ret_ms)
{
    int64_t day = floor_divide(at.ms, TS_DAY_MS);
    int64_t ms = at.ms % TS_DAY_MS; /* day × TS_DAY_MS could be below the first moment */
    ms += (ms < 0 ? TS_DAY_MS : 0) + TS_VIETNAM_OFFSET_MS;
    if (ms >= TS_DAY_MS) {
        day++;
        ms -= TS_DAY_MS;
    }
    *ret_ms = ms;
    return day;
}

ts_date_t
ts_utc_to_vietnam_date(ts_utc_t at)
{
    int64_t ms;
    int64_t day = vietnam_day(at, &ms);
    if (day > INT32_MAX) {
        day = INT32_MAX;
    }
    if (day <= INT32_MIN) {
        day = INT32_MIN + 1;
    }
    return (ts_date_t){(int32_t)day};
}

ts_utc_t
ts_vietnam_midnight(ts_date_t date)
{
    if (ts_date_is_none(date)) {
        return (ts_utc_t){0};
    }
    return (ts_utc_t){date.days * TS_DAY_MS - TS_VIETNAM_OFFSET_MS};
}

void
ts_utc_format_vietnam(ts_utc_t at, char *out, size_t bytes)
{
    TS_CHECK(bytes >= TS_UTC_BYTES);
    if (at.ms == 0) {
        out[0] = '\0';
        return;
    }
    int64_t ms;
    (void)vietnam_day(at, &ms);
    char date[TS_DATE_BYTES];
    ts_date_format_iso(ts_utc_to_vietnam_date(at), date, sizeof date);
    int second = (int)(ms / 1000);
    snprintf(out, bytes, "%sT%02d:%02d:%02d+07:00", date, second / 3600, second / 60 % 60,
             second % 60);
}

/* "Z" or "±hh:mm" to minutes east of Greenwich. */
static bool
take_offset(const char **at_p, int *ret_minutes)
{
    if (take_char(at_p, 'Z')) {
        *ret_minutes = 0;
        return true;
    }
    int sign = 1;
    if (!take_char(at_p, '+')) {
        if (!take_char(at_p, '-')) {
            return false;
        }
        sign = -1;
    }
    int hours;
    int minutes;
    if (!take_number(at_p, 2, &hours) || !take_char(at_p, ':') || !take_number(at_p, 2, &minutes)) {
        return false;
    }
    *ret_minutes = sign * (hours * 60 + minutes);
    return hours <= 23 && minutes <= 59;
}

ts_err_t
ts_utc_parse(const char *text, ts_utc_t *ret_at)
{
    const char *at = text;
    ts_date_t date;
    int hour;
    int minute;
    int second;
    int offset_minutes;
    if (!take_date(&at, &date) || !take_char(&at, 'T') || !take_number(&at, 2, &hour) ||
        !take_char(&at, ':') || !take_number(&at, 2, &minute) || !take_char(&at, ':') ||
        !take_number(&at, 2, &second) || !take_offset(&at, &offset_minutes) || *at != '\0') {
        return TS_ERR_INVALID;
    }
    if (hour > 23 || minute > 59 || second > 59) {
        return TS_ERR_INVALID;
    }
    int64_t seconds = (int64_t)hour * 3600 + (minute - offset_minutes) * 60 + second;
    ret_at->ms = date.days * TS_DAY_MS + seconds * 1000;
    return TS_ERR_OK;
}

int
ts_age_months(int birth_year, int birth_month, ts_date_t on)
{
    if (ts_date_is_none(on)) {
        return 0;
    }
    int year;
    int month;
    int day;
    ts_date_to_civil(on, &year, &month, &day);
    int64_t months = ((int64_t)year - birth_year) * 12 + ((int64_t)month - birth_month);
    if (months < 0) {
        return 0;
    }
    return months > TS_AGE_MONTHS_MAX ? TS_AGE_MONTHS_MAX : (int)months;
}
