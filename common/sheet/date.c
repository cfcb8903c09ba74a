/* SPDX-License-Identifier: MPL-2.0 */
#include "sheet/date.h"

#include "base/i18n.h"
#include "base/xalloc.h"
#include "sheet/text.h"

#include <string.h>

#define YEAR_MIN 1900
#define YEAR_MAX 2100
/* Excel's day 0 for every date since March 1900, in days since 1970. */
#define SERIAL_EPOCH_DAYS (-25569)
#define SERIAL_MIN 10000
#define SERIAL_MAX 73050
#define DIGITS_MAX 5u

/* Three numbers at most, with their lengths. */
typedef struct ts_numbers {
    int values[3];
    size_t digits[3];
    char marks[3]; /* marks[i] stands before number i: '/', '-', '.', 'w' for a word */
    size_t count;
} ts_numbers_t;

static ts_err_t
refuse(const char *id, ts_msg_t *ret_why)
{
    ts_msg_make(ret_why, id, NULL);
    return TS_ERR_INVALID;
}

static ts_err_t
refuse_number(const char *id, int number, ts_msg_t *ret_why)
{
    ts_msg_set(ret_why, id);
    ts_msg_arg_number(ret_why, number);
    return TS_ERR_INVALID;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
skip_word(const char **text, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(*text, word, length) != 0) {
        return false;
    }
    *text += length;
    *text += strspn(*text, " ");
    return true;
}

/* The mark before the next number; 0 when something else stands there. */
static char
scan_mark(const char **text)
{
    *text += strspn(*text, " ");
    char c = **text;
    if (c == '/' || c == '-' || c == '.') {
        (*text)++;
        *text += strspn(*text, " ");
        return c;
    }
    bool comma = c == ',';
    if (comma) {
        (*text)++;
        *text += strspn(*text, " ");
    }
    return skip_word(text, "tháng") || skip_word(text, "năm") ? 'w' : 0;
}

/* A time of day that Excel adds to every date: only midnight is nothing. */
static bool
is_midnight(const char *text)
{
    static const char *const nothing[] = {
        "",          " 0:00",      " 00:00",        " 0:00:00",     " 00:00:00",
        "t00:00:00", "t00:00:00z", "t00:00:00.000", " 12:00:00 am", " 12:00 am"};
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        if (strcmp(text, nothing[i]) == 0) {
            return true;
        }
    }
    return false;
}

static ts_err_t
scan(const char *key, ts_numbers_t *numbers, ts_msg_t *ret_why)
{
    static const char unreadable[] = N_("this is not a date that can be read: write "
                                        "day/month/year, month/year or year, as 05/06/2020");
    const char *at = key;
    if (skip_word(&at, "ngày") || skip_word(&at, "tháng") || skip_word(&at, "năm")) {
        numbers->marks[0] = 'w';
    }
    for (;;) {
        size_t digits = 0;
        int value = 0;
        while (is_digit(at[digits]) && digits <= DIGITS_MAX) {
            value = value * 10 + (at[digits] - '0');
            digits++;
        }
        if (digits == 0 || digits > DIGITS_MAX) {
            return refuse(unreadable, ret_why);
        }
        numbers->values[numbers->count] = value;
        numbers->digits[numbers->count] = digits;
        numbers->count++;
        at += digits;
        if (numbers->count == 3 || is_midnight(at)) {
            break;
        }
        char mark = scan_mark(&at);
        if (mark == 0) {
            return refuse(unreadable, ret_why);
        }
        numbers->marks[numbers->count] = mark;
    }
    if (!is_midnight(at)) {
        return refuse(strchr(at, ':') != NULL
                          ? N_("the cell holds a time of day: write the date alone")
                          : unreadable,
                      ret_why);
    }
    if (numbers->count == 3 && numbers->marks[1] != numbers->marks[2] && numbers->marks[2] != 'w') {
        return refuse(unreadable, ret_why);
    }
    return TS_ERR_OK;
}

static ts_err_t
check_year(int year, size_t digits, ts_msg_t *ret_why)
{
    if (digits <= 2) {
        return refuse(N_("the year has two digits only: write all four, as 2020"), ret_why);
    }
    if (digits == DIGITS_MAX) {
        return refuse_number(N_("{1} looks like a day number of Excel, but other values of the "
                                "column are dates: format the whole column "
                                "as a date"),
                             year, ret_why);
    }
    if (year < YEAR_MIN || year > YEAR_MAX) {
        return refuse_number(N_("the year {1} cannot be meant"), year, ret_why);
    }
    return TS_ERR_OK;
}

static ts_err_t
make(int day, int month, int year, ts_date_value_t *value, ts_msg_t *ret_why)
{
    if (month > 12 && day >= 1 && day <= 12) {
        return refuse_number(N_("there is no month {1}: the day goes first, then the month; was "
                                "the sheet saved with month before day?"),
                             month, ret_why);
    }
    if (month < 1 || month > 12) {
        return refuse_number(N_("there is no month {1}"), month, ret_why);
    }
    if (ts_date_from_civil(year, month, day, &value->date) != TS_ERR_OK) {
        ts_msg_set(ret_why, N_("there is no day {1} in month {2} of {3}"));
        ts_msg_arg_number(ret_why, day);
        ts_msg_arg_number(ret_why, month);
        ts_msg_arg_number(ret_why, year);
        return TS_ERR_INVALID;
    }
    return TS_ERR_OK;
}

/* Which number is what: a first number of four digits is the year (ISO), else the last is. */
static ts_err_t
assemble(const ts_numbers_t *numbers, ts_date_value_t *value, ts_msg_t *ret_why)
{
    size_t last = numbers->count - 1;
    bool year_first = numbers->count > 1 && numbers->digits[0] >= 4;
    size_t year_at = year_first ? 0 : last;
    ts_err_t err = check_year(numbers->values[year_at], numbers->digits[year_at], ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    for (size_t i = 0; i < numbers->count; i++) {
        if (i != year_at && numbers->digits[i] > 2) {
            return refuse(N_("this is not a date that can be read: write day/month/year, "
                             "month/year or year, as 05/06/2020"),
                          ret_why);
        }
    }
    int year = numbers->values[year_at];
    value->precision = (ts_date_precision_t)(3 - (int)numbers->count);
    if (numbers->count == 1) {
        return make(1, 1, year, value, ret_why);
    }
    if (numbers->count == 2) {
        return make(1, numbers->values[year_first ? 1 : 0], year, value, ret_why);
    }
    return make(numbers->values[year_first ? 2 : 0], numbers->values[1], year, value, ret_why);
}

/* Five digits within the range; 0 otherwise. */
static int
serial_of(const char *text)
{
    int value = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits != DIGITS_MAX || text[digits] != '\0') {
        return 0;
    }
    for (size_t i = 0; i < digits; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value >= SERIAL_MIN && value <= SERIAL_MAX ? value : 0;
}

ts_err_t
ts_date_parse(const char *text, bool serials, ts_date_value_t *ret_value, ts_msg_t *ret_why)
{
    if (serials) {
        int serial = serial_of(text);
        if (serial == 0) {
            return refuse(
                N_("the other values of this column are day numbers of Excel, this is none"),
                ret_why);
        }
        *ret_value = (ts_date_value_t){.date = {serial + SERIAL_EPOCH_DAYS},
                                       .precision = TS_DATE_PRECISION_DAY};
        return TS_ERR_OK;
    }
    char *key = ts_text_key(text, 0);
    if (key == NULL || key[0] == '\0') {
        ts_xfree(key);
        return refuse(N_("a date is missing"), ret_why);
    }
    ts_numbers_t numbers = {0};
    ts_date_value_t value = {.precision = TS_DATE_PRECISION_DAY};
    ts_err_t err = scan(key, &numbers, ret_why);
    ts_xfree(key);
    if (err == TS_ERR_OK) {
        err = assemble(&numbers, &value, ret_why);
    }
    if (err == TS_ERR_OK) {
        *ret_value = value;
    }
    return err;
}

void
ts_date_column(const ts_grid_t *table, size_t column, ts_sheet_issues_t *issues, bool *ret_serials)
{
    size_t first = SIZE_MAX;
    *ret_serials = false;
    for (size_t row = 0; row < ts_grid_rows(table); row++) {
        const char *text = ts_grid_cell(table, row, column);
        if (text[0] == '\0') {
            continue;
        }
        if (serial_of(text) == 0) {
            return;
        }
        first = first == SIZE_MAX ? row : first;
    }
    if (first == SIZE_MAX) {
        return;
    }
    *ret_serials = true;
    char shown[11];
    const char *text = ts_grid_cell(table, first, column);
    ts_date_format_vi((ts_date_t){serial_of(text) + SERIAL_EPOCH_DAYS}, shown, sizeof shown);
    ts_sheet_place_t place = ts_grid_place(table, first, column);
    ts_msg_t message = {0};
    ts_msg_make(&message,
                N_("the dates of this column are day numbers of Excel: {1} is read as {2}"), text,
                shown, NULL);
    ts_sheet_issues_add(issues, TS_SHEET_WARNING, &place, &message);
}
