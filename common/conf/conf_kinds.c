/* SPDX-License-Identifier: MPL-2.0 */
#include "base/i18n.h"
#include "conf/conf_p.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* An ipc path must leave room in a socket address (107 bytes), also for czmq's own. */
#define IPC_PATH_BYTES_MAX 100u

/* ---- texts ------------------------------------------------------------------------------------
 */

/* The reader knows no escapes, so the other quotation mark is taken where needed. */
static void
print_quoted(const char *text, ts_buf_t *out)
{
    uint8_t mark = strchr(text, '"') == NULL ? '"' : '\'';
    ts_buf_put_u8(out, mark);
    ts_buf_put_text(out, text);
    ts_buf_put_u8(out, mark);
}

static void
print_text(const ts_conf_key_t *key, const void *field, ts_buf_t *out)
{
    (void)key;
    print_quoted(field, out);
}

static bool
copy_text(const char *text, char *field, size_t bytes)
{
    size_t length = strlen(text);
    if (length >= bytes) {
        return false;
    }
    memcpy(field, text, length + 1);
    return true;
}

static bool
parse_path(const ts_conf_key_t *key, const char *text, void *field)
{
    (void)key;
    return text[0] == '/' && copy_text(text, field, TS_CONF_PATH_BYTES);
}

static bool
parse_ipc(const ts_conf_key_t *key, const char *text, void *field)
{
    (void)key;
    size_t scheme = strlen("ipc://");
    return strncmp(text, "ipc:///", scheme + 1) == 0 && strlen(text) > scheme + 1 &&
           strlen(text) - scheme <= IPC_PATH_BYTES_MAX &&
           copy_text(text, field, TS_CONF_ENDPOINT_BYTES);
}

/* A host name, an IPv4 address, an IPv6 address in brackets, or * for every address of this
 * machine. */
static bool
is_host(const char *host, size_t bytes)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    if (bytes == 1 && host[0] == '*') {
        return true;
    }
    if (bytes > 2 && host[0] == '[' && host[bytes - 1] == ']') {
        size_t span = strspn(host + 1, "0123456789abcdefABCDEF:.%");
        return span == bytes - 2;
    }
    return bytes > 0 && strspn(host, letters) >= bytes;
}

static bool
parse_tcp(const ts_conf_key_t *key, const char *text, void *field)
{
    if (text[0] == '\0' && key->may_be_empty) {
        return copy_text(text, field, TS_CONF_ENDPOINT_BYTES);
    }
    size_t scheme = strlen("tcp://");
    const char *colon = strrchr(text, ':');
    if (strncmp(text, "tcp://", scheme) != 0 || colon == NULL || colon < text + scheme ||
        !is_host(text + scheme, (size_t)(colon - text) - scheme)) {
        return false;
    }
    size_t digits = strspn(colon + 1, "0123456789");
    if (digits < 1 || digits > 5 || colon[1 + digits] != '\0' || colon[1] == '0') {
        return false;
    }
    long port = 0;
    for (size_t i = 0; i < digits; i++) {
        port = port * 10 + (colon[1 + i] - '0');
    }
    return port <= 65535 && copy_text(text, field, TS_CONF_ENDPOINT_BYTES);
}

static bool
parse_tcp_list(const ts_conf_key_t *key, const char *text, void *field)
{
    ts_conf_endpoints_t *list = field;
    if (text[0] == '\0') {
        return key->may_be_empty;
    }
    if (list->count == TS_CONF_ENDPOINTS_MAX) {
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->at[i], text) == 0) {
            return false;
        }
    }
    if (!parse_tcp(key, text, list->at[list->count])) {
        return false;
    }
    list->count++;
    return true;
}

/* The value of a list is printed one line each; the path of the key is repeated by hand. */
static void
print_tcp_list(const ts_conf_key_t *key, const void *field, ts_buf_t *out)
{
    const ts_conf_endpoints_t *list = field;
    const char *slash = strrchr(key->path, '/');
    print_quoted(list->count == 0 ? "" : list->at[0], out);
    for (size_t i = 1; i < list->count; i++) {
        ts_buf_put_text(out, slash == NULL ? "\n" : "\n    ");
        ts_buf_put_text(out, slash == NULL ? key->path : slash + 1);
        ts_buf_put_text(out, " = ");
        print_quoted(list->at[i], out);
    }
}

/* ---- numbers and words ------------------------------------------------------------------------
 */

/* Digits only, at most 15 of them, between min and max. */
static bool
read_number(const char *text, size_t bytes, int64_t min, int64_t max, int64_t *ret_number)
{
    int64_t number = 0;
    if (bytes < 1 || bytes > 15) {
        return false;
    }
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        number = number * 10 + (text[i] - '0');
    }
    if (number < min || number > max) {
        return false;
    }
    *ret_number = number;
    return true;
}

static bool
parse_number(const ts_conf_key_t *key, const char *text, void *field)
{
    return read_number(text, strlen(text), key->min, key->max, field);
}

static void
print_integer(int64_t number, ts_buf_t *out)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, number);
    ts_buf_put_text(out, text);
}

static void
print_number(const ts_conf_key_t *key, const void *field, ts_buf_t *out)
{
    (void)key;
    const int64_t *number = field;
    print_integer(*number, out);
}

static bool
parse_bool(const ts_conf_key_t *key, const char *text, void *field)
{
    (void)key;
    bool *value = field;
    bool yes = strcmp(text, "yes") == 0;
    if (!yes && strcmp(text, "no") != 0) {
        return false;
    }
    *value = yes;
    return true;
}

static void
print_bool(const ts_conf_key_t *key, const void *field, ts_buf_t *out)
{
    (void)key;
    const bool *value = field;
    ts_buf_put_text(out, *value ? "yes" : "no");
}

/* The word at *at in a list of words between separators; its length, 0 at the end. */
static size_t
next_word(const char **at, const char *separators)
{
    *at += strspn(*at, separators);
    return strcspn(*at, separators);
}

static int
index_of_word(const char *words, const char *word, size_t bytes)
{
    int index = 0;
    for (size_t length = next_word(&words, " "); length > 0; length = next_word(&words, " ")) {
        if (length == bytes && memcmp(words, word, bytes) == 0) {
            return index;
        }
        words += length;
        index++;
    }
    return -1;
}

static bool
parse_choice(const ts_conf_key_t *key, const char *text, void *field)
{
    int *value = field;
    int index = index_of_word(key->choices, text, strlen(text));
    if (index < 0) {
        return false;
    }
    *value = index;
    return true;
}

static void
print_choice(const ts_conf_key_t *key, const void *field, ts_buf_t *out)
{
    const int *value = field;
    const char *word = key->choices;
    size_t length = next_word(&word, " ");
    for (int i = 0; i < *value; i++) {
        word += length;
        length = next_word(&word, " ");
    }
    ts_buf_put(out, word, length);
}

bool
ts_conf_trace_is_valid(const char *text)
{
    for (size_t length = next_word(&text, ", "); length > 0; length = next_word(&text, ", ")) {
        if (index_of_word(TS_CONF_TRACE_AREAS, text, length) < 0) {
            return false;
        }
        text += length;
    }
    return true;
}

/* Kept without the spaces: "sync,store". */
static bool
parse_trace(const ts_conf_key_t *key, const char *text, void *field)
{
    (void)key;
    char areas[TS_CONF_TRACE_BYTES] = "";
    size_t used = 0;
    if (!ts_conf_trace_is_valid(text)) {
        return false;
    }
    for (size_t length = next_word(&text, ", "); length > 0; length = next_word(&text, ", ")) {
        if (used + length + 2 > sizeof areas) {
            return false;
        }
        if (used > 0) {
            areas[used++] = ',';
        }
        memcpy(areas + used, text, length);
        used += length;
        text += length;
    }
    memcpy(field, areas, sizeof areas);
    return true;
}

static bool
parse_days(const ts_conf_key_t *key, const char *text, void *field)
{
    ts_conf_days_t days = {.count = 0};
    for (size_t length = next_word(&text, ", "); length > 0; length = next_word(&text, ", ")) {
        int64_t day = 0;
        if (days.count == TS_CONF_DAYS_MAX ||
            !read_number(text, length, key->min, key->max, &day) ||
            (days.count > 0 && day >= days.at[days.count - 1])) {
            return false;
        }
        days.at[days.count++] = (int)day;
        text += length;
    }
    memcpy(field, &days, sizeof days);
    return true;
}

static void
print_days(const ts_conf_key_t *key, const void *field, ts_buf_t *out)
{
    (void)key;
    const ts_conf_days_t *days = field;
    ts_buf_put_u8(out, '"');
    for (size_t i = 0; i < days->count; i++) {
        if (i > 0) {
            ts_buf_put_text(out, ", ");
        }
        print_integer(days->at[i], out);
    }
    ts_buf_put_u8(out, '"');
}

static bool
parse_key(const ts_conf_key_t *key, const char *text, void *field)
{
    (void)key;
    ts_hash_t hash = {{0}};
    if (text[0] != '\0' &&
        (ts_hex_parse(text, hash.b, sizeof hash.b) != TS_ERR_OK || ts_hash_is_zero(&hash))) {
        return false;
    }
    memcpy(field, &hash, sizeof hash);
    return true;
}

static void
print_key(const ts_conf_key_t *key, const void *field, ts_buf_t *out)
{
    (void)key;
    const ts_hash_t *hash = field;
    char text[2 * TS_HASH_BYTES + 1] = "";
    if (!ts_hash_is_zero(hash)) {
        ts_hex_format(hash->b, sizeof hash->b, text);
    }
    print_quoted(text, out);
}

/* ---- the types --------------------------------------------------------------------------------
 */

const ts_conf_kind_t ts_conf_kind_path = {
    .parse = parse_path,
    .print = print_text,
    .complaint = N_("{1}, line {2}: {3} = “{4}” is not allowed; an absolute path is expected: it "
                    "begins with / and has at most {5} bytes"),
    .bounds = BOUNDS_BYTES,
};
const ts_conf_kind_t ts_conf_kind_ipc = {
    .parse = parse_ipc,
    .print = print_text,
    .complaint = N_("{1}, line {2}: {3} = “{4}” is not allowed; an address on this machine is "
                    "expected, as ipc:///run/tiepsuc/name.sock, its path at most 100 bytes"),
    .is_bound = true,
};
const ts_conf_kind_t ts_conf_kind_tcp = {
    .parse = parse_tcp,
    .print = print_text,
    .complaint = N_("{1}, line {2}: {3} = “{4}” is not allowed; a network address is expected, as "
                    "tcp://host:port with a port from 1 to 65535"),
    .is_bound = true,
};
const ts_conf_kind_t ts_conf_kind_tcp_list = {
    .parse = parse_tcp_list,
    .print = print_tcp_list,
    .complaint =
        N_("{1}, line {2}: {3} = “{4}” is not allowed; up to 4 different network addresses "
           "are expected, each as tcp://host:port with a port from 1 to 65535"),
    .is_list = true,
};
const ts_conf_kind_t ts_conf_kind_number = {
    .parse = parse_number,
    .print = print_number,
    .complaint = N_("{1}, line {2}: {3} = “{4}” is not allowed; a whole number from {5} to {6} is "
                    "expected"),
    .bounds = BOUNDS_RANGE,
};
const ts_conf_kind_t ts_conf_kind_bool = {
    .parse = parse_bool,
    .print = print_bool,
    .complaint = N_("{1}, line {2}: {3} = “{4}” is not allowed; yes or no is expected"),
};
const ts_conf_kind_t ts_conf_kind_choice = {
    .parse = parse_choice,
    .print = print_choice,
    .complaint =
        N_("{1}, line {2}: {3} = “{4}” is not allowed; one of these words is expected: {5}"),
    .bounds = BOUNDS_CHOICES,
};
const ts_conf_kind_t ts_conf_kind_key = {
    .parse = parse_key,
    .print = print_key,
    .complaint = N_("{1}, line {2}: {3} = “{4}” is not allowed; a public key of 64 hex digits is "
                    "expected"),
};
const ts_conf_kind_t ts_conf_kind_trace = {
    .parse = parse_trace,
    .print = print_text,
    .complaint = N_("{1}, line {2}: {3} = “{4}” is not allowed; words separated by commas are "
                    "expected, out of: {5}"),
    .bounds = BOUNDS_CHOICES,
};
const ts_conf_kind_t ts_conf_kind_days = {
    .parse = parse_days,
    .print = print_days,
    .complaint = N_("{1}, line {2}: {3} = “{4}” is not allowed; at most 16 falling numbers of days "
                    "from {5} to {6}, separated by commas, are expected"),
    .bounds = BOUNDS_RANGE,
};
