/* SPDX-License-Identifier: MPL-2.0 */
#include "sheet/number.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "sheet/text.h"

#include <string.h>

/* Digits of one term: more than any quantity has, fewer than overflow while adding up. */
#define DIGITS_MAX 18u
/* "1 tỷ 200 triệu 500 nghìn" */
#define TERMS_MAX 4u

const ts_number_spec_t ts_number_whole = {.scale = 1, .unit = 1};
const ts_number_spec_t ts_number_thousandths = {.scale = 1000, .unit = 1};
const ts_number_spec_t ts_number_dong = {.scale = 1, .unit = 1, .money = true};
const ts_number_spec_t ts_number_million_dong = {.scale = 1, .unit = 1000000, .money = true};

/* Meanings that a term allows, as bits. */
#define VIETNAMESE 1u
#define ENGLISH 2u
#define BOTH (VIETNAMESE | ENGLISH)

/* One run of digits with its marks, as written. */
typedef struct ts_term {
    char digits[DIGITS_MAX + 1]; /* without marks */
    size_t digit_count;
    size_t decimals_vietnamese; /* digits behind the decimal mark when read so */
    size_t decimals_english;
    unsigned meanings;
    int64_t unit; /* đồng or things for 1; 0: no word, the column's own */
} ts_term_t;

typedef struct ts_parsed {
    ts_term_t terms[TERMS_MAX];
    size_t count;
    unsigned meanings; /* that all terms allow */
    bool negative;
} ts_parsed_t;

/* As ts_text_key has them; longer ones before their beginnings. A unit of 0 is the currency only.
 */
static const struct {
    const char *word;
    int64_t unit;
} words[] = {
    {"nghìn", 1000},    {"ngàn", 1000},     {"triệu", 1000000}, {"tr", 1000000},
    {"tỷ", 1000000000}, {"tỉ", 1000000000}, {"đồng", 0},        {"vnđ", 0},
    {"vnd", 0},         {"đ", 0},           {"₫", 0},
};

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static ts_err_t
refuse(ts_err_t err, const char *id, ts_msg_t *ret_why)
{
    ts_msg_make(ret_why, id, NULL);
    return err;
}

/* ---- one term ---- */

/* The shape of "1.234,5": lengths of the digit groups and the mark before each but the first. */
typedef struct ts_shape {
    size_t lengths[DIGITS_MAX];
    char marks[DIGITS_MAX]; /* marks[i] stands before group i; [0] unused */
    size_t count;
    bool zero_first; /* it begins with 0, so it is not the first of groups */
} ts_shape_t;

/* Groups 1 … last are of three digits behind the same mark, the first of one to three without a
 * leading zero. */
static bool
is_grouped(const ts_shape_t *shape, size_t last, char mark)
{
    if (last == 0) {
        return true;
    }
    if (shape->lengths[0] > 3 || shape->zero_first) {
        return false;
    }
    for (size_t i = 1; i <= last; i++) {
        if (shape->lengths[i] != 3 || shape->marks[i] != mark) {
            return false;
        }
    }
    return true;
}

/* Can it be read with this decimal mark? *ret_decimals: digits behind it. */
static bool
reads_as(const ts_shape_t *shape, char decimal, char group, size_t *ret_decimals)
{
    size_t last = shape->count - 1;
    *ret_decimals = 0;
    if (last > 0 && shape->marks[last] == decimal) {
        *ret_decimals = shape->lengths[last];
        last--;
    }
    char mark = last > 0 && shape->marks[1] == ' ' ? ' ' : group;
    return is_grouped(shape, last, mark);
}

/* Reads digits and marks at *text; false when there are no digits or the marks fit no number. */
static bool
scan_term(const char **text, ts_term_t *term)
{
    ts_shape_t shape = {0};
    const char *at = *text;
    *term = (ts_term_t){0};
    shape.zero_first = at[0] == '0';
    if (*at == '.' || *at == ',') {
        return false;
    }
    while (is_digit(*at)) {
        size_t length = 0;
        while (is_digit(at[length])) {
            length++;
        }
        if (term->digit_count + length > DIGITS_MAX) {
            return false;
        }
        memcpy(term->digits + term->digit_count, at, length);
        term->digit_count += length;
        shape.lengths[shape.count++] = length;
        at += length;
        if ((*at == '.' || *at == ',' || *at == ' ') && is_digit(at[1])) {
            if (shape.count == DIGITS_MAX) {
                return false;
            }
            shape.marks[shape.count] = *at++;
        }
    }
    if (shape.count == 0) {
        return false;
    }
    *text = at;
    term->meanings |= reads_as(&shape, ',', '.', &term->decimals_vietnamese) ? VIETNAMESE : 0;
    term->meanings |= reads_as(&shape, '.', ',', &term->decimals_english) ? ENGLISH : 0;
    return term->meanings != 0;
}

/* The word at *text; its unit, or -1 when it is none we know. */
static int64_t
scan_word(const char **text)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i].word);
        if (strncmp(*text, words[i].word, length) != 0) {
            continue;
        }
        char after = (*text)[length];
        if (after == '\0' || after == ' ' || after == '.' || is_digit(after) ||
            strncmp(*text + length, "đ", 2) == 0) {
            *text += length;
            return words[i].unit;
        }
    }
    return -1;
}

/* ---- the whole text ---- */

static void
skip_spaces(const char **text)
{
    *text += strspn(*text, " ");
}

static ts_err_t
refuse_word(const char *text, ts_msg_t *ret_why)
{
    size_t bytes = ts_text_clip(text, TS_SHEET_VALUE_SHOWN_BYTES_MAX);
    char *word = ts_xstrndup(text, bytes);
    ts_msg_make(ret_why, N_("“{1}” is not part of a number: write the number alone"), word, NULL);
    ts_xfree(word);
    return TS_ERR_INVALID;
}

/* Words behind a term: a unit, then perhaps the currency. */
static ts_err_t
scan_words(const char **text, bool money, ts_term_t *term, ts_msg_t *ret_why)
{
    skip_spaces(text);
    while (**text != '\0' && !is_digit(**text)) {
        const char *before = *text;
        int64_t unit = money ? scan_word(text) : -1;
        if (unit < 0 || (unit > 0 && term->unit != 0)) {
            return refuse_word(before, ret_why);
        }
        term->unit = unit > 0 ? unit : term->unit == 0 ? 1 : term->unit;
        if (unit == 0) {
            *text += **text == '.' ? 1 : 0;
        }
        skip_spaces(text);
    }
    return TS_ERR_OK;
}

/* Terms in a row need words that go down: 1 tỷ 200 triệu. */
static bool
terms_descend(const ts_parsed_t *parsed)
{
    for (size_t i = 1; i < parsed->count; i++) {
        if (parsed->terms[i].unit == 0 || parsed->terms[i].unit >= parsed->terms[i - 1].unit) {
            return false;
        }
    }
    return true;
}

static ts_err_t
scan_terms(const char *at, bool money, ts_parsed_t *parsed, ts_msg_t *ret_why)
{
    while (*at != '\0') {
        if (parsed->count == TERMS_MAX) {
            return refuse_word(at, ret_why);
        }
        ts_term_t *term = &parsed->terms[parsed->count];
        if (!scan_term(&at, term)) {
            return refuse(TS_ERR_INVALID,
                          N_("this is not a number that can be read: thousands go in groups of "
                             "three digits, and "
                             "there is one decimal mark at most"),
                          ret_why);
        }
        parsed->count++;
        parsed->meanings &= term->meanings;
        if ((*at == 'e') && (at[1] == '+' || is_digit(at[1]))) {
            return refuse(TS_ERR_INVALID,
                          N_("Excel has shortened this number and lost its last digits: format the "
                             "column as a "
                             "number without decimals and save again"),
                          ret_why);
        }
        ts_err_t err = scan_words(&at, money, term, ret_why);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    return parsed->count == 0 || !terms_descend(parsed)
               ? refuse(TS_ERR_INVALID, N_("this is not one number: write the amount in digits"),
                        ret_why)
               : TS_ERR_OK;
}

/* Signs and a currency in front; `key` is changed. */
static ts_err_t
scan(char *key, bool money, ts_parsed_t *parsed, ts_msg_t *ret_why)
{
    const char *at = key;
    size_t length = strlen(key);
    parsed->meanings = BOTH;
    if (key[0] == '(' && length > 2 && key[length - 1] == ')') {
        parsed->negative = true;
        key[length - 1] = '\0';
        at++;
    } else if (key[0] == '-') {
        parsed->negative = true;
        at++;
    } else if (key[0] == '+') {
        at++;
    }
    skip_spaces(&at);
    const char *behind = at;
    if (money && !is_digit(*at) && scan_word(&behind) == 0) {
        at = behind;
        skip_spaces(&at);
    }
    if (*at == '\0') {
        return refuse(TS_ERR_INVALID, N_("a number is missing"), ret_why);
    }
    if (!is_digit(*at) && *at != '.' && *at != ',') {
        return refuse_word(at, ret_why);
    }
    return scan_terms(at, money, parsed, ret_why);
}

/* ---- value ---- */

static bool
multiply(int64_t a, int64_t b, int64_t *ret)
{
    if (a > INT64_MAX / b) {
        return false;
    }
    *ret = a * b;
    return true;
}

/* term × unit × scale, exactly. */
static ts_err_t
term_value(const ts_term_t *term, const ts_number_spec_t *spec, bool vietnamese, int64_t *ret_value)
{
    size_t decimals = vietnamese ? term->decimals_vietnamese : term->decimals_english;
    size_t digits = term->digit_count;
    while (decimals > 0 && term->digits[digits - 1] == '0') {
        decimals--;
        digits--;
    }
    int64_t mantissa = 0;
    for (size_t i = 0; i < digits; i++) {
        mantissa = mantissa * 10 + (term->digits[i] - '0');
    }
    int64_t factor = 0;
    if (!multiply(spec->scale, term->unit == 0 ? spec->unit : term->unit, &factor)) {
        return TS_ERR_TOOBIG;
    }
    for (; decimals > 0; decimals--) {
        if (factor % 10 != 0) {
            return TS_ERR_INVALID;
        }
        factor /= 10;
    }
    return multiply(mantissa, factor, ret_value) ? TS_ERR_OK : TS_ERR_TOOBIG;
}

/* The sum of the terms under one meaning. */
static ts_err_t
total(const ts_parsed_t *parsed, const ts_number_spec_t *spec, bool vietnamese, int64_t *ret_value)
{
    int64_t sum = 0;
    int64_t most = spec->value_max == 0 ? INT64_MAX : spec->value_max;
    for (size_t i = 0; i < parsed->count; i++) {
        int64_t value = 0;
        ts_err_t err = term_value(&parsed->terms[i], spec, vietnamese, &value);
        if (err != TS_ERR_OK) {
            return err;
        }
        if (value > most - sum) {
            return TS_ERR_TOOBIG;
        }
        sum += value;
    }
    *ret_value = parsed->negative ? -sum : sum;
    return TS_ERR_OK;
}

/* What a text comes to under each meaning. */
typedef struct ts_readings {
    unsigned meanings; /* that give a value the column can hold */
    int64_t vietnamese;
    int64_t english;
    ts_err_t err; /* why there is none */
} ts_readings_t;

static ts_readings_t
read_both(const ts_parsed_t *parsed, const ts_number_spec_t *spec, unsigned wanted)
{
    ts_readings_t readings = {.err = TS_ERR_INVALID};
    unsigned meanings = parsed->meanings & wanted;
    if ((meanings & VIETNAMESE) != 0) {
        ts_err_t err = total(parsed, spec, true, &readings.vietnamese);
        readings.meanings |= err == TS_ERR_OK ? VIETNAMESE : 0;
        readings.err = err;
    }
    if ((meanings & ENGLISH) != 0) {
        ts_err_t err = total(parsed, spec, false, &readings.english);
        readings.meanings |= err == TS_ERR_OK ? ENGLISH : 0;
        readings.err = err == TS_ERR_OK || (meanings & VIETNAMESE) == 0 ? err : readings.err;
    }
    return readings;
}

static bool
is_open(const ts_readings_t *readings)
{
    return readings->meanings == BOTH && readings->vietnamese != readings->english;
}

static ts_err_t
explain(ts_err_t err, const ts_number_spec_t *spec, ts_msg_t *ret_why)
{
    if (err == TS_ERR_TOOBIG) {
        return refuse(err, N_("the number is greater than this column may hold"), ret_why);
    }
    if (spec->scale > 1) {
        return refuse(err, N_("the number has more decimals than this column keeps"), ret_why);
    }
    return refuse(err,
                  spec->money ? N_("the amount does not come to whole đồng")
                              : N_("this column takes whole numbers only"),
                  ret_why);
}

ts_err_t
ts_number_parse(const char *text,
                const ts_number_spec_t *spec,
                ts_number_marks_t marks,
                int64_t *ret_value,
                ts_msg_t *ret_why)
{
    TS_CHECK(spec->scale >= 1 && spec->unit >= 1);
    char *key = ts_text_key(text, 0);
    if (key == NULL) {
        return refuse(TS_ERR_INVALID, N_("this is not text that can be read"), ret_why);
    }
    ts_parsed_t parsed = {0};
    ts_err_t err = scan(key, spec->money, &parsed, ret_why);
    ts_xfree(key);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (parsed.negative && !spec->negative) {
        return refuse(TS_ERR_INVALID, N_("a negative number is not possible here"), ret_why);
    }
    unsigned wanted = marks == TS_NUMBER_MARKS_VIETNAMESE ? VIETNAMESE
                      : marks == TS_NUMBER_MARKS_ENGLISH  ? ENGLISH
                                                          : BOTH;
    if ((parsed.meanings & wanted) == 0) {
        return refuse(TS_ERR_INVALID,
                      N_("point and comma are used here otherwise than in the rest of the column"),
                      ret_why);
    }
    ts_readings_t readings = read_both(&parsed, spec, wanted);
    if (readings.meanings == 0) {
        return explain(readings.err, spec, ret_why);
    }
    if (is_open(&readings)) {
        return refuse(TS_ERR_INVALID,
                      N_("this can mean two numbers: write it without a mark between thousands, or "
                         "with other than "
                         "three decimals"),
                      ret_why);
    }
    *ret_value = (readings.meanings & VIETNAMESE) != 0 ? readings.vietnamese : readings.english;
    return TS_ERR_OK;
}

/* ---- column ---- */

/* What one value says about the marks: its meanings, BOTH when it says nothing, 0 when it is no
 * number. */
static unsigned
meanings_of(const char *text, const ts_number_spec_t *spec, bool *ret_open)
{
    *ret_open = false;
    char *key = ts_text_key(text, 0);
    if (key == NULL) {
        return 0;
    }
    ts_parsed_t parsed = {0};
    ts_msg_t why = {0};
    ts_err_t err = scan(key, spec->money, &parsed, &why);
    ts_xfree(key);
    ts_msg_free(&why);
    if (err != TS_ERR_OK) {
        return 0;
    }
    ts_readings_t readings = read_both(&parsed, spec, BOTH);
    *ret_open = is_open(&readings);
    return readings.meanings;
}

#define NO_ROW SIZE_MAX

/* First rows that decide for each meaning, and first rows that stay open, by the mark they have. */
typedef struct ts_votes {
    size_t vietnamese;
    size_t english;
    size_t open_point;
    size_t open_comma;
} ts_votes_t;

static ts_votes_t
collect_votes(const ts_grid_t *table, size_t column, const ts_number_spec_t *spec)
{
    ts_votes_t votes = {NO_ROW, NO_ROW, NO_ROW, NO_ROW};
    for (size_t row = 0; row < ts_grid_rows(table); row++) {
        const char *text = ts_grid_cell(table, row, column);
        bool open = false;
        unsigned meanings = text[0] == '\0' ? 0 : meanings_of(text, spec, &open);
        size_t *first = meanings == VIETNAMESE      ? &votes.vietnamese
                        : meanings == ENGLISH       ? &votes.english
                        : !open                     ? NULL
                        : strchr(text, ',') != NULL ? &votes.open_comma
                                                    : &votes.open_point;
        if (first != NULL && *first == NO_ROW) {
            *first = row;
        }
    }
    return votes;
}

static ts_err_t
report_contradiction(const ts_grid_t *table,
                     size_t column,
                     const size_t rows[2],
                     ts_sheet_issues_t *issues)
{
    size_t first = rows[0] < rows[1] ? rows[0] : rows[1];
    size_t second = rows[0] < rows[1] ? rows[1] : rows[0];
    ts_sheet_place_t place = ts_grid_place(table, second, column);
    ts_msg_t message = {0};
    ts_msg_set(&message, N_("the column contradicts itself: “{1}” on line {2} and “{3}” on line "
                            "{4} use point and comma in opposite "
                            "ways; write all numbers in one way"));
    ts_msg_arg(&message, ts_grid_cell(table, first, column));
    ts_msg_arg_number(&message, ts_grid_line(table, first));
    ts_msg_arg(&message, ts_grid_cell(table, second, column));
    ts_msg_arg_number(&message, ts_grid_line(table, second));
    ts_sheet_issues_add(issues, TS_SHEET_ERROR, &place, &message);
    return TS_ERR_INVALID;
}

/* Nothing decides and `row` is open. */
static ts_err_t
settle_open(
    const ts_grid_t *table, size_t column, size_t row, bool whole, ts_sheet_issues_t *issues)
{
    ts_sheet_place_t place = ts_grid_place(table, row, column);
    ts_msg_t message = {0};
    ts_msg_make(&message,
                whole ? N_("“{1}” is read with thousands in groups of three, as no other value of "
                           "the column shows otherwise")
                      : N_("“{1}” can mean two numbers and no other value of the column shows "
                           "which: write the numbers of this "
                           "column without a mark between thousands"),
                ts_grid_cell(table, row, column), NULL);
    ts_sheet_issues_add(issues, whole ? TS_SHEET_WARNING : TS_SHEET_ERROR, &place, &message);
    return whole ? TS_ERR_OK : TS_ERR_INVALID;
}

ts_err_t
ts_number_column(const ts_grid_t *table,
                 size_t column,
                 const ts_number_spec_t *spec,
                 ts_sheet_issues_t *issues,
                 ts_number_marks_t *ret_marks)
{
    ts_votes_t votes = collect_votes(table, column, spec);
    bool whole = spec->scale == 1 && spec->unit == 1;
    if (votes.vietnamese != NO_ROW && votes.english != NO_ROW) {
        return report_contradiction(table, column, (size_t[2]){votes.vietnamese, votes.english},
                                    issues);
    }
    if (votes.vietnamese != NO_ROW || votes.english != NO_ROW) {
        *ret_marks =
            votes.vietnamese != NO_ROW ? TS_NUMBER_MARKS_VIETNAMESE : TS_NUMBER_MARKS_ENGLISH;
        return TS_ERR_OK;
    }
    if (votes.open_point != NO_ROW && votes.open_comma != NO_ROW) {
        return report_contradiction(table, column, (size_t[2]){votes.open_point, votes.open_comma},
                                    issues);
    }
    if (votes.open_point == NO_ROW && votes.open_comma == NO_ROW) {
        *ret_marks = TS_NUMBER_MARKS_UNKNOWN;
        return TS_ERR_OK;
    }
    bool point = votes.open_point != NO_ROW;
    ts_err_t err =
        settle_open(table, column, point ? votes.open_point : votes.open_comma, whole, issues);
    if (err == TS_ERR_OK) {
        *ret_marks = point ? TS_NUMBER_MARKS_VIETNAMESE : TS_NUMBER_MARKS_ENGLISH;
    }
    return err;
}
