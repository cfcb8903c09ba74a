/* SPDX-License-Identifier: MPL-2.0 */
#include "support/golden.h"

#include "base/id.h"
#include "support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 16 };

void
golden_open(golden_t *golden, const char *name)
{
    static char text[FILE_BYTES_MAX];
    static uint8_t bytes[FILE_BYTES_MAX / 2];
    char path[512];
    *golden = (golden_t){0};
    snprintf(path, sizeof path, "%s/tests/golden/v1/%s", TS_TEST_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = 0;
    assert_int_equal(fclose(file), 0);
    char *fields = strchr(text, '\n');
    assert_non_null(fields);
    fields++;
    char *last = strstr(fields, "\nbytes ");
    assert_non_null(last);
    last++;
    ts_buf_put(&golden->text, fields, (size_t)(last - fields));
    char *hex = last + strlen("bytes ");
    size_t digits = strspn(hex, "0123456789abcdef");
    hex[digits] = 0;
    assert_int_equal(ts_hex_parse(hex, bytes, digits / 2), 0);
    ts_buf_put(&golden->bytes, bytes, digits / 2);
}

static void
put_line(golden_t *golden, const char *field, const char *value)
{
    ts_buf_put_text(&golden->told, field);
    ts_buf_put_text(&golden->told, " ");
    ts_buf_put_text(&golden->told, value);
    ts_buf_put_text(&golden->told, "\n");
}

void
golden_number(golden_t *golden, const char *field, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, value);
    put_line(golden, field, text);
}

void
golden_signed(golden_t *golden, const char *field, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    put_line(golden, field, text);
}

void
golden_bytes(golden_t *golden, const char *field, const uint8_t *data, size_t bytes)
{
    char text[1024];
    assert_true(bytes < sizeof text / 2);
    ts_hex_format(data, bytes, text);
    put_line(golden, field, text);
}

void
golden_check(golden_t *golden, const ts_buf_t *encoded)
{
    ts_buf_put_u8(&golden->text, 0);
    ts_buf_put_u8(&golden->told, 0);
    assert_string_equal((const char *)golden->told.data, (const char *)golden->text.data);
    assert_int_equal(encoded->length, golden->bytes.length);
    assert_memory_equal(encoded->data, golden->bytes.data, encoded->length);
    ts_buf_free(&golden->text);
    ts_buf_free(&golden->told);
    ts_buf_free(&golden->bytes);
}
