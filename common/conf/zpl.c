/* SPDX-License-Identifier: MPL-2.0 */
#include "conf/zpl.h"

#include "base/i18n.h"

#include <stdbool.h>
#include <string.h>

#define SPACES_PER_LEVEL 4u

typedef struct reader {
    const char *file;
    unsigned line;
    char path[TS_ZPL_PATH_BYTES_MAX + 1];
    size_t path_bytes[TS_ZPL_DEPTH_MAX + 1]; /* length of the path at each level */
    size_t depth_open;                       /* levels that the next line may have */
    char value[TS_ZPL_VALUE_BYTES_MAX + 1];
    ts_msg_t *why;
} reader_t;

static ts_err_t
refuse(reader_t *reader, const char *template)
{
    ts_msg_set(reader->why, template);
    ts_msg_arg(reader->why, reader->file);
    ts_msg_arg_number(reader->why, reader->line);
    return TS_ERR_CONFIG;
}

static bool
is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t
skip_spaces(const char *line, size_t at, size_t length)
{
    while (at < length && line[at] == ' ') {
        at++;
    }
    return at;
}

static bool
ends_here(const char *line, size_t at, size_t length)
{
    return at == length || line[at] == '#';
}

/* Puts the name behind the path of its level. */
static ts_err_t
extend_path(reader_t *reader, size_t level, const char *name, size_t bytes)
{
    size_t before = level == 0 ? 0 : reader->path_bytes[level - 1] + 1;
    if (before + bytes > TS_ZPL_PATH_BYTES_MAX) {
        return refuse(reader, N_("{1}, line {2}: the name is too long"));
    }
    if (level > 0) {
        reader->path[before - 1] = '/';
    }
    memcpy(reader->path + before, name, bytes);
    reader->path[before + bytes] = '\0';
    reader->path_bytes[level] = before + bytes;
    return TS_ERR_OK;
}

/* Reads what stands behind the equals sign into reader->value. */
static ts_err_t
read_value(reader_t *reader, const char *line, size_t at, size_t length)
{
    size_t start = at;
    size_t end;
    if (at < length && (line[at] == '"' || line[at] == '\'')) {
        const char *close = memchr(line + at + 1, line[at], length - at - 1);
        if (close == NULL) {
            return refuse(reader, N_("{1}, line {2}: the closing quotation mark is missing"));
        }
        start = at + 1;
        end = (size_t)(close - line);
        if (!ends_here(line, skip_spaces(line, end + 1, length), length)) {
            return refuse(reader,
                          N_("{1}, line {2}: nothing may follow the closing quotation mark"));
        }
    } else {
        end = start;
        while (end < length && !(line[end] == '#' && (end == start || line[end - 1] == ' '))) {
            end++;
        }
        while (end > start && line[end - 1] == ' ') {
            end--;
        }
        if (end == start) {
            return refuse(reader,
                          N_("{1}, line {2}: there is no value; write \"\" if it is to be empty"));
        }
    }
    if (end - start > TS_ZPL_VALUE_BYTES_MAX) {
        return refuse(reader, N_("{1}, line {2}: the value is too long"));
    }
    memcpy(reader->value, line + start, end - start);
    reader->value[end - start] = '\0';
    /* There are no escapes: nobody could write it down again. */
    if (strchr(reader->value, '"') != NULL && strchr(reader->value, '\'') != NULL) {
        return refuse(reader,
                      N_("{1}, line {2}: a value has one sort of quotation mark, not both"));
    }
    return TS_ERR_OK;
}

static ts_err_t
check_characters(reader_t *reader, const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '\t') {
            return refuse(reader, N_("{1}, line {2}: a tab; indent with 4 spaces for each level"));
        }
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) {
            return refuse(reader, N_("{1}, line {2}: a control character is not allowed"));
        }
    }
    return TS_ERR_OK;
}

static ts_err_t
read_line(reader_t *reader, const char *line, size_t length, ts_zpl_fn take, void *ctx)
{
    size_t at = skip_spaces(line, 0, length);
    if (ends_here(line, at, length)) {
        return TS_ERR_OK;
    }
    ts_err_t err = check_characters(reader, line, length);
    if (err != TS_ERR_OK) {
        return err;
    }
    size_t level = at / SPACES_PER_LEVEL;
    if (at % SPACES_PER_LEVEL != 0) {
        return refuse(reader, N_("{1}, line {2}: indent with 4 spaces for each level"));
    }
    if (level > reader->depth_open || level > TS_ZPL_DEPTH_MAX) {
        return refuse(reader, N_("{1}, line {2}: indented deeper than the section it stands in"));
    }
    size_t name = at;
    while (at < length && is_name(line[at])) {
        at++;
    }
    if (at == name) {
        return refuse(reader, N_("{1}, line {2}: a name is expected (letters a-z, digits, _)"));
    }
    err = extend_path(reader, level, line + name, at - name);
    if (err != TS_ERR_OK) {
        return err;
    }
    at = skip_spaces(line, at, length);
    ts_zpl_entry_t entry = {.path = reader->path, .line = reader->line};
    if (ends_here(line, at, length)) {
        reader->depth_open = level + 1;
        return take(ctx, &entry, reader->why);
    }
    if (line[at] != '=') {
        return refuse(reader,
                      N_("{1}, line {2}: “name = value” or the name of a section is expected"));
    }
    err = read_value(reader, line, skip_spaces(line, at + 1, length), length);
    if (err != TS_ERR_OK) {
        return err;
    }
    reader->depth_open = level;
    entry.value = reader->value;
    return take(ctx, &entry, reader->why);
}

ts_err_t
ts_zpl_read(const char *file, ts_bytes_t text, ts_zpl_fn take, void *ctx, ts_msg_t *ret_why)
{
    reader_t reader = {.file = file, .why = ret_why};
    const char *at = (const char *)text.data;
    size_t left = text.length;
    if (left >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
        left -= 3;
    }
    while (left > 0) {
        reader.line++;
        const char *end = memchr(at, '\n', left);
        size_t whole = end != NULL ? (size_t)(end - at) : left;
        size_t length = whole > 0 && at[whole - 1] == '\r' ? whole - 1 : whole;
        ts_err_t err = read_line(&reader, at, length, take, ctx);
        if (err != TS_ERR_OK) {
            return err;
        }
        at += end != NULL ? whole + 1 : whole;
        left -= end != NULL ? whole + 1 : whole;
    }
    return TS_ERR_OK;
}
