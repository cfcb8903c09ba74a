/* SPDX-License-Identifier: MPL-2.0 */
#include "base/id.h"

#include "base/buf.h"
#include "base/check.h"

#include <string.h>

const char ts_digits32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum { OFFICE_DIGITS = 4, COUNTER_DIGITS = 5, SALT_DIGITS = 5 };
enum { SALT_MAX = (1 << 24) - 1, SALT_SHIFT = 21, OFFICE_SHIFT = 45 };

bool
ts_hash_equal(const ts_hash_t *a, const ts_hash_t *b)
{
    return memcmp(a->b, b->b, TS_HASH_BYTES) == 0;
}

int
ts_hash_compare(const ts_hash_t *a, const ts_hash_t *b)
{
    return memcmp(a->b, b->b, TS_HASH_BYTES);
}

bool
ts_hash_is_zero(const ts_hash_t *hash)
{
    static const ts_hash_t zero;
    return ts_hash_equal(hash, &zero);
}

uint64_t
ts_hash_prefix(const ts_hash_t *hash)
{
    return ts_load_u64(hash->b);
}

bool
ts_id16_equal(const ts_id16_t *a, const ts_id16_t *b)
{
    return memcmp(a->b, b->b, TS_ID16_BYTES) == 0;
}

bool
ts_id16_is_zero(const ts_id16_t *id)
{
    static const ts_id16_t zero;
    return ts_id16_equal(id, &zero);
}

void
ts_hex_format(const uint8_t *data, size_t bytes, char *out)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes; i++) {
        out[2 * i] = hex[data[i] >> 4];
        out[2 * i + 1] = hex[data[i] & 0x0f];
    }
    out[2 * bytes] = '\0';
}

/* 0..15, or -1 when it is no hex digit. */
static int
hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

ts_err_t
ts_hex_parse(const char *text, uint8_t *out, size_t bytes)
{
    if (strlen(text) != 2 * bytes) {
        return TS_ERR_INVALID;
    }
    for (size_t i = 0; i < 2 * bytes; i++) {
        if (hex_value(text[i]) < 0) {
            return TS_ERR_INVALID;
        }
    }
    for (size_t i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(hex_value(text[2 * i]) * 16 + hex_value(text[2 * i + 1]));
    }
    return TS_ERR_OK;
}

ts_record_id_t
ts_record_id(uint32_t office, uint32_t salt, uint32_t counter)
{
    TS_CHECK(office >= 1 && office <= TS_RECORD_OFFICE_MAX);
    TS_CHECK(salt <= SALT_MAX);
    TS_CHECK(counter <= TS_RECORD_COUNTER_MAX);
    return (uint64_t)office << OFFICE_SHIFT | (uint64_t)salt << SALT_SHIFT | counter;
}

uint32_t
ts_record_office(ts_record_id_t id)
{
    return (uint32_t)(id >> OFFICE_SHIFT) & TS_RECORD_OFFICE_MAX;
}

uint32_t
ts_record_counter(ts_record_id_t id)
{
    return (uint32_t)id & TS_RECORD_COUNTER_MAX;
}

static uint32_t
record_salt(ts_record_id_t id)
{
    return (uint32_t)(id >> SALT_SHIFT) & SALT_MAX;
}

/* Multiplies by the generator x of GF(32) = GF(2)[x] / (x^5 + x^2 + 1). */
static uint32_t
times_x(uint32_t value)
{
    value <<= 1;
    return (value & 0x20) != 0 ? value ^ 0x25 : value;
}

/*
 * Horner's rule over all digits, leading zeros too: the digit that is n places before the check
 * character has the weight x^n. All weights differ and none is zero, so any one wrong digit and any
 * two that changed places give another check; a check by a sum modulo 31 would take 0 and Z for the
 * same.
 */
static uint32_t
check_digit(uint32_t office, uint32_t counter, uint32_t salt)
{
    const struct {
        uint32_t value;
        int digits;
    } parts[] = {{office, OFFICE_DIGITS}, {counter, COUNTER_DIGITS}, {salt, SALT_DIGITS}};
    uint32_t check = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        for (int place = parts[i].digits - 1; place >= 0; place--) {
            check = times_x(check ^ ((parts[i].value >> (5 * place)) & 31));
        }
    }
    return check;
}

/* Without leading zeros, at least one digit; returns where the next character goes. */
static char *
put_digits(char *at, uint32_t value)
{
    int place = 6;
    while (place > 0 && value >> (5 * place) == 0) {
        place--;
    }
    for (; place >= 0; place--) {
        *at++ = ts_digits32[(value >> (5 * place)) & 31];
    }
    return at;
}

void
ts_record_code_format(ts_record_id_t id, char *out, size_t bytes)
{
    TS_CHECK(bytes >= TS_CODE_BYTES_MAX);
    if (id == 0) {
        memcpy(out, "-", 2);
        return;
    }
    uint32_t office = ts_record_office(id);
    uint32_t counter = ts_record_counter(id);
    uint32_t salt = record_salt(id);
    char *at = put_digits(out, office);
    *at++ = '-';
    at = put_digits(at, counter);
    *at++ = '-';
    at = put_digits(at, salt);
    *at++ = ts_digits32[check_digit(office, counter, salt)];
    *at = '\0';
}

int
ts_digit32(char c)
{
    if (c >= 'a' && c <= 'z') {
        c = (char)(c - 'a' + 'A');
    }
    if (c == 'I' || c == 'L') {
        return 1;
    }
    if (c == 'O') {
        return 0;
    }
    const char *found = c == '\0' ? NULL : strchr(ts_digits32, c);
    return found == NULL ? -1 : (int)(found - ts_digits32);
}

typedef struct ts_group {
    uint32_t value;
    int digits; /* how many were read */
} ts_group_t;

/* Reads the digits of one group up to `separator` or the end. Spaces that do not separate are
 * skipped. */
static bool
take_group(const char **at_p, char separator, int digits_max, ts_group_t *ret_group)
{
    ts_group_t group = {0};
    const char *at = *at_p;
    for (; *at != '\0' && *at != separator; at++) {
        if (*at == ' ') {
            continue;
        }
        int value = ts_digit32(*at);
        if (value < 0 || group.digits == digits_max) {
            return false;
        }
        group.value = group.value << 5 | (uint32_t)value;
        group.digits++;
    }
    while (*at != '\0' && (*at == separator || *at == ' ')) {
        bool at_separator = *at == separator;
        at++;
        if (at_separator && separator != ' ') {
            break;
        }
    }
    *at_p = at;
    *ret_group = group;
    return group.digits > 0;
}

ts_err_t
ts_record_code_parse(const char *text, ts_record_id_t *ret_id)
{
    const char *at = text + strspn(text, " ");
    const char separator = strchr(at, '-') != NULL ? '-' : ' ';
    ts_group_t office;
    ts_group_t counter;
    ts_group_t last;
    if (!take_group(&at, separator, OFFICE_DIGITS, &office) ||
        !take_group(&at, separator, COUNTER_DIGITS, &counter) ||
        !take_group(&at, separator, SALT_DIGITS + 1, &last) || *at != '\0' || last.digits < 2) {
        return TS_ERR_INVALID;
    }
    uint32_t salt = last.value >> 5;
    if (office.value < 1 || office.value > TS_RECORD_OFFICE_MAX ||
        counter.value > TS_RECORD_COUNTER_MAX || salt > SALT_MAX) {
        return TS_ERR_INVALID;
    }
    if (check_digit(office.value, counter.value, salt) != (last.value & 31)) {
        return TS_ERR_INVALID;
    }
    *ret_id = ts_record_id(office.value, salt, counter.value);
    return TS_ERR_OK;
}
