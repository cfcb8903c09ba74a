/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Time as values; nothing here reads a clock (services do, and hand the values down).
 * Three kinds that cannot be mixed: wall time, monotonic time, calendar date. Viet Nam is UTC+7 all
 * year.
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

/* Milliseconds of a clock that never goes back; only differences within one process mean anything.
 */
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
#define TS_DATE_BYTES 11         /* a written date with its NUL */
#define TS_UTC_BYTES 26          /* a written moment with its NUL */
#define TS_AGE_MONTHS_MAX 120000 /* an age from a birth date that makes no sense stops here */

/* Civil date to days; month 1..12, day 1..31, year 1..9999. INVALID for a day that does not exist.
 */
TS_MUST_USE ts_err_t ts_date_from_civil(int year, int month, int day, ts_date_t *ret_date);
void ts_date_to_civil(ts_date_t date, int *ret_year, int *ret_month, int *ret_day);
bool ts_date_is_none(ts_date_t date);
/* "YYYY-MM-DD" → date. INVALID otherwise. */
TS_MUST_USE ts_err_t ts_date_parse_iso(const char *text, ts_date_t *ret_date);
/* Writes "YYYY-MM-DD"; "" when there is no date, "?" when the year is not 1..9999.
 * `bytes` ≥ TS_DATE_BYTES. */
void ts_date_format_iso(ts_date_t date, char *out, size_t bytes);
/* Writes "dd/mm/yyyy" as Vietnamese offices do; otherwise as above. */
void ts_date_format_vi(ts_date_t date, char *out, size_t bytes);
/* 0 = Monday … 6 = Sunday. */
int ts_date_weekday(ts_date_t date);
/* The calendar day in Viet Nam at this moment; a moment beyond all days gives the last (first) one.
 */
ts_date_t ts_utc_to_vietnam_date(ts_utc_t at);
/* 00:00:00.000 of that day in Viet Nam; unknown (0) when there is no date. */
ts_utc_t ts_vietnam_midnight(ts_date_t date);
/* Writes "YYYY-MM-DDThh:mm:ss+07:00", "" when unknown; `bytes` ≥ TS_UTC_BYTES. */
void ts_utc_format_vietnam(ts_utc_t at, char *out, size_t bytes);
/* Parses "YYYY-MM-DDThh:mm:ss" followed by "Z" or "±hh:mm"; INVALID otherwise. */
TS_MUST_USE ts_err_t ts_utc_parse(const char *text, ts_utc_t *ret_at);
/* Whole months from birth to `on`, where birth is a year and month: the child counts as born on the
 * month's first day. A birth in the future, or no date, gives 0. */
int ts_age_months(int birth_year, int birth_month, ts_date_t on);

#endif
