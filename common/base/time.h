/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Time as values; nothing here reads a clock (services do, and hand the values down).
 * Three kinds that cannot be mixed: wall time, monotonic time, calendar date. Viet Nam is UTC+7 all year.
 */
#ifndef TS_BASE_TIME_H
#define TS_BASE_TIME_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Milliseconds since 1970-01-01T00:00:00Z. 0 means unknown. */
typedef struct ts_utc {
    int64_t ms;
} ts_utc_t;

/* Milliseconds of a clock that never goes back; only differences within one process mean anything. */
typedef struct ts_mono {
    int64_t ms;
} ts_mono_t;

/* Days since 1970-01-01 in the proleptic Gregorian calendar. INT32_MIN means "no date". */
typedef struct ts_date {
    int32_t days;
} ts_date_t;

#define TS_DATE_NONE ((ts_date_t){INT32_MIN})
#define TS_VIETNAM_OFFSET_MS (INT64_C(7) * 3600 * 1000)
#define TS_DAY_MS (INT64_C(24) * 3600 * 1000)

/* Civil date to days; month 1..12, day 1..31, year 1..9999. INVALID for a day that does not exist. */
TS_MUST_USE ts_err_t ts_date_from_civil(int year, int month, int day, ts_date_t *ret_date);
void ts_date_to_civil(ts_date_t date, int *ret_year, int *ret_month, int *ret_day);
bool ts_date_is_none(ts_date_t date);
/* "YYYY-MM-DD" → date. INVALID otherwise. */
TS_MUST_USE ts_err_t ts_date_parse_iso(const char *text, ts_date_t *ret_date);
/* Writes "YYYY-MM-DD" (11 bytes with NUL). */
void ts_date_format_iso(ts_date_t date, char *out, size_t bytes);
/* Writes "dd/mm/yyyy" as Vietnamese offices do (11 bytes with NUL). */
void ts_date_format_vi(ts_date_t date, char *out, size_t bytes);
/* 0 = Monday … 6 = Sunday. */
int ts_date_weekday(ts_date_t date);
/* The calendar day in Viet Nam at this moment. */
ts_date_t ts_utc_to_vietnam_date(ts_utc_t at);
/* 00:00:00.000 of that day in Viet Nam. */
ts_utc_t ts_vietnam_midnight(ts_date_t date);
/* Writes "YYYY-MM-DDThh:mm:ss+07:00" (26 bytes with NUL). */
void ts_utc_format_vietnam(ts_utc_t at, char *out, size_t bytes);
/* Parses "YYYY-MM-DDThh:mm:ss" followed by "Z" or "±hh:mm"; INVALID otherwise. */
TS_MUST_USE ts_err_t ts_utc_parse(const char *text, ts_utc_t *ret_at);
/* Whole years from birth to `on`, where birth is a year and month: the child counts as born on the
 * month's first day. A birth in the future gives 0. */
int ts_age_months(int birth_year, int birth_month, ts_date_t on);

#endif
