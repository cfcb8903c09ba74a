/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/json_put.h"

#include "base/id.h"
#include "base/time.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SAFE_MAX (INT64_C(1) << 53)

void
ts_json_put_string(ts_buf_t *out, const char *text)
{
    ts_buf_put_u8(out, '"');
    for (const char *at = text; *at != '\0';) {
        size_t plain = 0;
        while ((unsigned char)at[plain] >= 0x20 && at[plain] != '"' && at[plain] != '\\' &&
               at[plain] != 0x7f) {
            plain++;
        }
        ts_buf_put(out, at, plain);
        at += plain;
        if (*at != '\0') {
            char escape[8];
            (void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)(unsigned char)*at);
            ts_buf_put_text(out, *at == '"'    ? "\\\""
                                 : *at == '\\' ? "\\\\"
                                 : *at == '\n' ? "\\n"
                                               : escape);
            at++;
        }
    }
    ts_buf_put_u8(out, '"');
}

void
ts_json_put_number(ts_buf_t *out, int64_t number)
{
    char text[32];
    bool safe = number > -SAFE_MAX && number < SAFE_MAX;
    (void)snprintf(text, sizeof(text), safe ? "%" PRId64 : "\"%" PRId64 "\"", number);
    ts_buf_put_text(out, text);
}

void
ts_json_put_hex(ts_buf_t *out, const uint8_t *data, size_t length)
{
    if (length == 0) {
        ts_buf_put_text(out, "null");
        return;
    }
    char *hex = ts_xmalloc(2 * length + 1);
    ts_hex_format(data, length, hex);
    ts_json_put_string(out, hex);
    ts_xfree(hex);
}

void
ts_json_put_date(ts_buf_t *out, int64_t days)
{
    char text[TS_DATE_BYTES];
    if (days == 0 || days < INT32_MIN || days > INT32_MAX) {
        ts_buf_put_text(out, "null");
        return;
    }
    ts_date_format_iso((ts_date_t){(int32_t)days}, text, sizeof(text));
    ts_json_put_string(out, text);
}

void
ts_json_put_time(ts_buf_t *out, int64_t seconds)
{
    char text[TS_UTC_BYTES];
    if (seconds <= 0 || seconds > INT64_MAX / 1000) {
        ts_buf_put_text(out, "null");
        return;
    }
    ts_utc_format_vietnam((ts_utc_t){seconds * 1000}, text, sizeof(text));
    ts_json_put_string(out, text);
}

void
ts_json_put_code(ts_buf_t *out, uint64_t record)
{
    char text[TS_CODE_BYTES_MAX];
    if (record == 0) {
        ts_buf_put_text(out, "null");
        return;
    }
    ts_record_code_format(record, text, sizeof(text));
    ts_json_put_string(out, text);
}

void
ts_json_put_comma(ts_buf_t *out)
{
    uint8_t last = out->length == 0 ? '[' : out->data[out->length - 1];
    if (last != '[' && last != '{') {
        ts_buf_put_u8(out, ',');
    }
}

void
ts_json_put_key(ts_buf_t *out, const char *key)
{
    ts_json_put_comma(out);
    ts_json_put_string(out, key);
    ts_buf_put_u8(out, ':');
}
