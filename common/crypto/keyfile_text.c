/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "crypto/crypto.h"
#include "crypto/keyfile_p.h"

#include <string.h>

void
ts_keyfile_text_write(const ts_keyfile_t *self, ts_buf_t *out)
{
    size_t need = 0;
    for (size_t i = 0; i < self->count; i++) {
        need += strlen(self->entries[i].name) + 2 * self->entries[i].length + 8;
    }
    size_t before = out->length;
    (void)ts_buf_extend(out, need + 1);
    out->length = before;
    for (size_t i = 0; i < self->count; i++) {
        const ts_keyfile_entry_t *entry = &self->entries[i];
        ts_buf_put_text(out, entry->name);
        ts_buf_put_text(out, " = ");
        if (entry->is_text) {
            ts_buf_put_u8(out, '"');
            for (size_t k = 0; k < entry->length; k++) {
                if (entry->data[k] == '"' || entry->data[k] == '\\') {
                    ts_buf_put_u8(out, '\\');
                }
                ts_buf_put_u8(out, entry->data[k]);
            }
            ts_buf_put_u8(out, '"');
        } else {
            /* The NUL of the last digit is overwritten by the line end. */
            char *digits = (char *)ts_buf_extend(out, 2 * entry->length + 1);
            ts_hex_format(entry->data, entry->length, digits);
            out->length--;
        }
        ts_buf_put_u8(out, '\n');
    }
    TS_CHECK(out->length <= before + need + 1);
}

/* A piece of the text that is being read. */
typedef struct span {
    const char *at;
    size_t length;
} span_t;

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static span_t
trim(span_t span)
{
    while (span.length > 0 && is_blank(span.at[0])) {
        span.at++;
        span.length--;
    }
    while (span.length > 0 && is_blank(span.at[span.length - 1])) {
        span.length--;
    }
    return span;
}

/* "text" with \" and \\; fills out (span.length bytes are enough). */
static bool
read_quoted(span_t span, uint8_t *out, size_t *ret_length)
{
    size_t length = 0;
    if (span.length < 2 || span.at[0] != '"' || span.at[span.length - 1] != '"') {
        return false;
    }
    for (size_t i = 1; i < span.length - 1; i++) {
        char c = span.at[i];
        if (c == '\\') {
            i++;
            c = span.at[i];
            if (i == span.length - 1 || (c != '"' && c != '\\')) {
                return false;
            }
        } else if (c == '"' || (unsigned char)c < 0x20) {
            return false;
        }
        out[length++] = (uint8_t)c;
    }
    *ret_length = length;
    return true;
}

static bool
read_hex(span_t span, uint8_t *out, size_t *ret_length)
{
    if (span.length % 2 != 0) {
        return false;
    }
    char *digits = ts_xstrndup(span.at, span.length);
    ts_err_t err = ts_hex_parse(digits, out, span.length / 2);
    ts_wipe(digits, span.length);
    ts_xfree(digits);
    *ret_length = span.length / 2;
    return err == TS_ERR_OK;
}

static ts_err_t
read_kind(ts_keyfile_t *self, span_t value)
{
    if (self->kind[0] != '\0' || !ts_keyfile_name_is_valid(value.at, value.length)) {
        return TS_ERR_INVALID;
    }
    memcpy(self->kind, value.at, value.length);
    self->kind[value.length] = '\0';
    return TS_ERR_OK;
}

static ts_err_t
read_value(ts_keyfile_t *self, const char *name, span_t value)
{
    if (self->count == TS_KEYFILE_ENTRIES_MAX || ts_keyfile_find(self, name) != NULL ||
        value.length > 2 * TS_KEYFILE_VALUE_BYTES_MAX + 2) {
        return TS_ERR_INVALID;
    }
    bool is_text = value.length > 0 && value.at[0] == '"';
    uint8_t *bytes = ts_xmalloc(value.length + 1);
    size_t length = 0;
    bool good = is_text ? read_quoted(value, bytes, &length) : read_hex(value, bytes, &length);
    good = good && length <= TS_KEYFILE_VALUE_BYTES_MAX;
    if (good) {
        ts_keyfile_store(self, name, (ts_bytes_t){bytes, length}, is_text);
    }
    ts_wipe(bytes, value.length + 1);
    ts_xfree(bytes);
    return good ? TS_ERR_OK : TS_ERR_INVALID;
}

static ts_err_t
read_line(ts_keyfile_t *self, span_t line)
{
    line = trim(line);
    if (line.length == 0 || line.at[0] == '#') {
        return TS_ERR_OK;
    }
    const char *equals = memchr(line.at, '=', line.length);
    if (equals == NULL) {
        return TS_ERR_INVALID;
    }
    span_t name = trim((span_t){line.at, (size_t)(equals - line.at)});
    span_t value = trim((span_t){equals + 1, line.length - (size_t)(equals - line.at) - 1});
    if (!ts_keyfile_name_is_valid(name.at, name.length)) {
        return TS_ERR_INVALID;
    }
    char name_text[TS_KEYFILE_NAME_BYTES_MAX + 1];
    memcpy(name_text, name.at, name.length);
    name_text[name.length] = '\0';
    if (strcmp(name_text, "kind") == 0) {
        return read_kind(self, value);
    }
    return read_value(self, name_text, value);
}

ts_err_t
ts_keyfile_text_read(ts_keyfile_t *self, ts_bytes_t text, unsigned *ret_line)
{
    const char *at = (const char *)text.data;
    size_t left = text.length;
    for (unsigned line = 1; left > 0; line++) {
        const char *end = memchr(at, '\n', left);
        size_t length = end != NULL ? (size_t)(end - at) : left;
        ts_err_t err = read_line(self, (span_t){at, length});
        if (err != TS_ERR_OK) {
            *ret_line = line;
            return err;
        }
        if (end == NULL) {
            break;
        }
        at = end + 1;
        left -= length + 1;
    }
    return TS_ERR_OK;
}
