/* SPDX-License-Identifier: MPL-2.0 */
#include "shared/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRACE_BYTES_MAX = 256 };

static const char cut_mark[] = "\xe2\x80\xa6";

static ts_log_level_t level_now = TS_LOG_INFO;
static char trace[TRACE_BYTES_MAX];

void
ts_log_set_level(ts_log_level_t level)
{
    level_now = level;
}

void
ts_log_set_trace(const char *subsystems)
{
    snprintf(trace, sizeof trace, "%s", subsystems == NULL ? "" : subsystems);
}

static bool
is_traced(const char *event)
{
    for (const char *at = trace; *at != '\0';) {
        const size_t bytes = strcspn(at, ",");
        if (bytes == 3 && strncmp(at, "all", 3) == 0) {
            return true;
        }
        if (bytes > 0 && strncmp(event, at, bytes) == 0 && event[bytes] == '_') {
            return true;
        }
        at += bytes + (at[bytes] == ',' ? 1 : 0);
    }
    return false;
}

bool
ts_log_wants(ts_log_level_t level, const char *event)
{
    return level <= level_now || (level == TS_LOG_DEBUG && is_traced(event));
}

/* One write for one line, so that lines of several processes on one terminal do not mix. A log that
 * cannot be written is no reason to stop. */
static void
write_line(const char *line, size_t bytes)
{
    const int error = errno;
    while (write(STDERR_FILENO, line, bytes) < 0 && errno == EINTR) {
    }
    errno = error;
}

/* Length after taking back a character of UTF-8 that was cut in the middle. */
static size_t
whole_characters(const char *text, size_t length)
{
    size_t at = length;
    while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80) {
        at--;
    }
    if (at == 0 || ((unsigned char)text[at - 1] & 0x80) == 0) {
        return length;
    }
    const unsigned char lead = (unsigned char)text[at - 1];
    const size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    return length - (at - 1) >= need ? length : at - 1;
}

void
ts_log_line(ts_log_level_t level, const char *event, const char *format, ...)
{
    if (!ts_log_wants(level, event)) {
        return;
    }
    char line[TS_LOG_LINE_BYTES_MAX + sizeof cut_mark + 1];
    int head = snprintf(line, TS_LOG_LINE_BYTES_MAX, "<%d>%.200s%s", (int)level, event,
                        format[0] == '\0' ? "" : " ");
    size_t length = head < 0 ? 0 : (size_t)head;
    va_list args;
    va_start(args, format);
    const int tail = vsnprintf(line + length, TS_LOG_LINE_BYTES_MAX - length, format, args);
    va_end(args);
    length += tail < 0 ? 0 : (size_t)tail;
    if (length >= TS_LOG_LINE_BYTES_MAX) {
        length = whole_characters(line, TS_LOG_LINE_BYTES_MAX - 1);
        memcpy(line + length, cut_mark, sizeof cut_mark - 1);
        length += sizeof cut_mark - 1;
    }
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '\n' || line[i] == '\r') {
            line[i] = ' ';
        }
    }
    line[length] = '\n';
    write_line(line, length + 1);
}

const char *
ts_log_quote(const char *text, char *out, size_t bytes)
{
    static const char hex[] = "0123456789abcdef";
    bool is_plain = *text != '\0';
    for (const char *at = text; *at != '\0'; at++) {
        const unsigned char c = (unsigned char)*at;
        is_plain = is_plain && c > 0x20 && c != 0x7f && c != '"' && c != '\\' && c != '=';
    }
    if (is_plain && strlen(text) < bytes) {
        memcpy(out, text, strlen(text) + 1);
        return out;
    }
    size_t length = 0;
    if (bytes < 3) {
        out[0] = '\0';
        return out;
    }
    out[length++] = '"';
    /* Room for the longest escape, the closing quote and the NUL. */
    for (const char *at = text; *at != '\0' && length + 6 <= bytes; at++) {
        const unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\') {
            out[length++] = '\\';
            out[length++] = (char)c;
        } else if (c < 0x20 || c == 0x7f) {
            out[length++] = '\\';
            out[length++] = 'x';
            out[length++] = hex[c >> 4];
            out[length++] = hex[c & 15];
        } else {
            out[length++] = (char)c;
        }
    }
    length = whole_characters(out, length);
    out[length++] = '"';
    out[length] = '\0';
    return out;
}

void
ts_log_message(ts_log_level_t level, const char *event, const ts_msg_t *say)
{
    char quoted[TS_LOG_LINE_BYTES_MAX / 2];
    char *filled = say->id == NULL ? NULL : ts_msg_fill(say, say->id);
    ts_log_line(level, event, "say=%s",
                ts_log_quote(filled == NULL ? "" : filled, quoted, sizeof quoted));
    free(filled);
}

void
ts_log_from_signal(const char *line)
{
    write_line(line, strlen(line));
}
