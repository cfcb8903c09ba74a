/* SPDX-License-Identifier: MPL-2.0 */
#include "crypto/paper.h"

#include "base/check.h"
#include "base/i18n.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"

#include <stdbool.h>
#include <string.h>

#define VERSION 1u
#define FORM_BYTES 35u
#define DATA_DIGITS (TS_PAPER_DIGITS - 1u) /* of a line */
#define GROUP_DIGITS 5u

static const char domain[] = "tiepsuc paper v1";

typedef uint8_t line_t[TS_PAPER_DIGITS]; /* values 0..31 */

/* Multiplies by the generator of GF(32) = GF(2)[x] / (x^5 + x^2 + 1). */
static uint32_t
times_x(uint32_t value)
{
    value <<= 1;
    return (value & 0x20) != 0 ? value ^ 0x25 : value;
}

/* Horner's rule: the digit that is n places before the check has the weight x^n, the number of the
 * line the greatest one. x has order 31, so all weights differ. */
static uint8_t
check_of(unsigned number, const line_t line)
{
    uint32_t check = times_x(number);
    for (size_t i = 0; i < DATA_DIGITS; i++) {
        check = times_x(check ^ line[i]);
    }
    return (uint8_t)check;
}

static void
sum_of(const uint8_t form[FORM_BYTES], uint8_t ret_sum[2])
{
    ts_hasher_t hasher;
    ts_hasher_start(&hasher);
    ts_hasher_add(&hasher, domain, sizeof domain - 1);
    ts_hasher_add(&hasher, form, FORM_BYTES - 2);
    ts_hash_t hash = ts_hasher_finish(&hasher);
    memcpy(ret_sum, hash.b, 2);
    ts_wipe(&hash, sizeof hash);
}

/* ---- writing */

static uint8_t
digit_at(const uint8_t form[FORM_BYTES], size_t index)
{
    uint32_t value = 0;
    for (size_t bit = index * 5; bit < index * 5 + 5; bit++) {
        value = value << 1 | (uint32_t)(form[bit / 8] >> (7 - bit % 8) & 1);
    }
    return (uint8_t)value;
}

static void
write_line(unsigned number, const line_t line, char out[TS_PAPER_LINE_BYTES])
{
    char *at = out;
    *at++ = (char)('0' + number);
    *at++ = ':';
    for (size_t i = 0; i < TS_PAPER_DIGITS; i++) {
        if (i % GROUP_DIGITS == 0) {
            *at++ = i == 0 ? ' ' : '-';
        }
        *at++ = ts_digits32[line[i]];
    }
    *at++ = '\0';
    TS_CHECK(at == out + TS_PAPER_LINE_BYTES);
}

void
ts_paper_lines(ts_paper_kind_t kind,
               const uint8_t secret[TS_PAPER_SECRET_BYTES],
               char out[TS_PAPER_LINES][TS_PAPER_LINE_BYTES])
{
    TS_CHECK(kind == TS_PAPER_ROOT || kind == TS_PAPER_RECOVERY);
    uint8_t form[FORM_BYTES];
    form[0] = (uint8_t)(VERSION << 4 | (unsigned)kind);
    memcpy(form + 1, secret, TS_PAPER_SECRET_BYTES);
    sum_of(form, form + FORM_BYTES - 2);
    for (unsigned number = 1; number <= TS_PAPER_LINES; number++) {
        line_t line;
        for (size_t i = 0; i < DATA_DIGITS; i++) {
            line[i] = digit_at(form, (number - 1) * DATA_DIGITS + i);
        }
        line[DATA_DIGITS] = check_of(number, line);
        write_line(number, line, out[number - 1]);
        ts_wipe(line, sizeof line);
    }
    ts_wipe(form, sizeof form);
}

/* ---- reading */

/* A piece of the page. */
typedef struct span {
    const char *at;
    size_t length;
} span_t;

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '-';
}

/* The number before a colon, 0 when the line has none; what follows it is left in *span. */
static unsigned
take_number(span_t *span)
{
    size_t i = 0;
    while (i < span->length && (span->at[i] == ' ' || span->at[i] == '\t')) {
        i++;
    }
    if (i + 1 >= span->length || span->at[i] < '1' || span->at[i] > (char)('0' + TS_PAPER_LINES) ||
        span->at[i + 1] != ':') {
        return 0;
    }
    unsigned number = (unsigned)(span->at[i] - '0');
    span->at += i + 2;
    span->length -= i + 2;
    return number;
}

static ts_err_t
refuse(ts_msg_t *ret_why, const char *id, unsigned number, const char *text)
{
    ts_msg_set(ret_why, id);
    ts_msg_arg_number(ret_why, (int64_t)number);
    if (text != NULL) {
        ts_msg_arg(ret_why, text);
    }
    return TS_ERR_INVALID;
}

/* The bytes of one character of the text, for showing it: a letter with marks has several. */
static void
whole_character(span_t span, size_t at, char out[8])
{
    size_t length = 1;
    while (length < 4 && at + length < span.length &&
           ((unsigned char)span.at[at + length] & 0xc0) == 0x80) {
        length++;
    }
    memcpy(out, span.at + at, length);
    out[length] = '\0';
}

static ts_err_t
read_line(unsigned number, span_t span, line_t ret_line, ts_msg_t *ret_why)
{
    size_t count = 0;
    for (size_t i = 0; i < span.length; i++) {
        if (is_blank(span.at[i])) {
            continue;
        }
        int value = ts_digit32(span.at[i]);
        if (value < 0) {
            char shown[8];
            whole_character(span, i, shown);
            return refuse(ret_why, N_("Line {1}: “{2}” does not occur in such a key"), number,
                          shown);
        }
        if (count < TS_PAPER_DIGITS) {
            ret_line[count] = (uint8_t)value;
        }
        count++;
    }
    if (count != TS_PAPER_DIGITS) {
        ts_msg_set(ret_why, N_("Line {1} has {2} characters: there must be {3}"));
        ts_msg_arg_number(ret_why, (int64_t)number);
        ts_msg_arg_number(ret_why, (int64_t)count);
        ts_msg_arg_number(ret_why, TS_PAPER_DIGITS);
        return TS_ERR_INVALID;
    }
    if (check_of(number, ret_line) != ret_line[DATA_DIGITS]) {
        return refuse(ret_why,
                      N_("Line {1} is wrong: a character is another one, or two changed places. "
                         "Compare it with the paper"),
                      number, NULL);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_paper_check_line(unsigned number, const char *text, ts_msg_t *ret_why)
{
    TS_CHECK(number >= 1 && number <= TS_PAPER_LINES);
    span_t span = {text, strlen(text)};
    line_t line;
    unsigned said = take_number(&span);
    if (said != 0 && said != number) {
        return refuse(ret_why, N_("Line {1} is expected here"), number, NULL);
    }
    ts_err_t err = read_line(number, span, line, ret_why);
    ts_wipe(line, sizeof line);
    return err;
}

/* The next line of the page; false at its end. */
static bool
next_line(span_t *page, span_t *ret_line)
{
    if (page->length == 0) {
        return false;
    }
    const char *end = memchr(page->at, '\n', page->length);
    size_t length = end == NULL ? page->length : (size_t)(end - page->at);
    size_t used = end == NULL ? length : length + 1;
    *ret_line = (span_t){page->at, length};
    page->at += used;
    page->length -= used;
    return true;
}

static bool
is_empty(span_t span)
{
    for (size_t i = 0; i < span.length; i++) {
        if (!is_blank(span.at[i])) {
            return false;
        }
    }
    return true;
}

static bool
has_numbers(span_t page)
{
    span_t line;
    while (next_line(&page, &line)) {
        if (take_number(&line) != 0) {
            return true;
        }
    }
    return false;
}

/* All lines of the page in their order. */
static ts_err_t
read_lines(span_t page, line_t lines[TS_PAPER_LINES], ts_msg_t *ret_why)
{
    bool numbered = has_numbers(page);
    unsigned number = 0;
    span_t line;
    while (next_line(&page, &line)) {
        unsigned said = take_number(&line);
        if (numbered ? said == 0 : is_empty(line)) {
            continue;
        }
        number++;
        if (number > TS_PAPER_LINES) {
            return refuse(ret_why, N_("There are more than {1} lines"), TS_PAPER_LINES, NULL);
        }
        if (said != 0 && said != number) {
            return refuse(ret_why, N_("Line {1} is expected here"), number, NULL);
        }
        ts_err_t err = read_line(number, line, lines[number - 1], ret_why);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    return number == TS_PAPER_LINES ? TS_ERR_OK
                                    : refuse(ret_why, N_("Line {1} is missing"), number + 1, NULL);
}

static void
put_digit(uint8_t form[FORM_BYTES], size_t index, uint8_t value)
{
    for (size_t i = 0; i < 5; i++) {
        size_t bit = index * 5 + i;
        form[bit / 8] = (uint8_t)(form[bit / 8] | ((value >> (4 - i) & 1) << (7 - bit % 8)));
    }
}

static ts_err_t
open_form(const uint8_t form[FORM_BYTES], ts_paper_kind_t *ret_kind, ts_msg_t *ret_why)
{
    uint8_t sum[2];
    unsigned kind = form[0] & 0x0f;
    if (form[0] >> 4 != VERSION || (kind != TS_PAPER_ROOT && kind != TS_PAPER_RECOVERY)) {
        ts_msg_make(ret_why, N_("This key was printed by another version of the program"), NULL);
        return TS_ERR_UNKNOWN;
    }
    sum_of(form, sum);
    if (memcmp(sum, form + FORM_BYTES - 2, 2) != 0) {
        ts_msg_make(ret_why,
                    N_("Each line is right, but they do not belong together: are they all from one "
                       "page?"),
                    NULL);
        return TS_ERR_INVALID;
    }
    *ret_kind = (ts_paper_kind_t)kind;
    return TS_ERR_OK;
}

ts_err_t
ts_paper_read(ts_bytes_t text,
              ts_paper_kind_t *ret_kind,
              uint8_t ret_secret[TS_PAPER_SECRET_BYTES],
              ts_msg_t *ret_why)
{
    if (text.length > TS_PAPER_TEXT_BYTES_MAX) {
        ts_msg_make(ret_why, N_("This is no page with a key: it is too long"), NULL);
        return TS_ERR_INVALID;
    }
    line_t lines[TS_PAPER_LINES] = {{0}};
    uint8_t form[FORM_BYTES] = {0};
    ts_err_t err = read_lines((span_t){(const char *)text.data, text.length}, lines, ret_why);
    for (size_t i = 0; err == TS_ERR_OK && i < TS_PAPER_LINES * DATA_DIGITS; i++) {
        put_digit(form, i, lines[i / DATA_DIGITS][i % DATA_DIGITS]);
    }
    if (err == TS_ERR_OK) {
        err = open_form(form, ret_kind, ret_why);
    }
    if (err == TS_ERR_OK) {
        memcpy(ret_secret, form + 1, TS_PAPER_SECRET_BYTES);
    }
    ts_wipe(lines, sizeof lines);
    ts_wipe(form, sizeof form);
    return err;
}
