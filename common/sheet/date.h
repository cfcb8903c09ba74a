/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Dates as offices write them, always day before month: 5/6/2020, 05-06-2020, 5.6.2020, "ngày 5
 * tháng 6 năm 2020", 2020-06-05, 6/2020, "tháng 6 năm 2020", 2020-06, 2020. What is not known stays
 * unknown: the result says how exact it is. Refused, each with its sentence: days that do not
 * exist, months beyond 12 (the sheet was saved with month before day), years of two digits, years
 * outside 1900 … 2100, a time of day. Excel's serial numbers only when all of a column are such.
 */
#ifndef TS_SHEET_DATE_H
#define TS_SHEET_DATE_H

#include "base/err.h"
#include "base/msg.h"
#include "base/time.h"
#include "sheet/grid.h"
#include "sheet/issues.h"

#include <stdbool.h>
#include <stddef.h>

/* Same numbers as Precision in event.proto. */
typedef enum ts_date_precision {
    TS_DATE_PRECISION_DAY = 0,
    TS_DATE_PRECISION_MONTH = 1,
    TS_DATE_PRECISION_YEAR = 2,
} ts_date_precision_t;

typedef struct ts_date_value {
    ts_date_t date; /* the day, or the first day of the month or year */
    ts_date_precision_t precision;
} ts_date_value_t;

/* Reads one date; INVALID with the reason in *ret_why. `serials`: the column was found to hold
 * Excel's serial numbers (ts_date_column), and the text must be one. */
TS_MUST_USE ts_err_t ts_date_parse(const char *text,
                                   bool serials,
                                   ts_date_value_t *ret_value,
                                   ts_msg_t *ret_why);

/* Looks at a column that is declared a date: *ret_serials is true when it has values and each is a
 * whole number of five digits, 10000 … 73050 (1927 … 2099, days since 30/12/1899). Four digits are
 * years. When it is true a warning with the first value and the date it becomes is added: a
 * workbook from an old Macintosh counts from 1904. */
void
ts_date_column(const ts_grid_t *table, size_t column, ts_sheet_issues_t *issues, bool *ret_serials);

#endif
