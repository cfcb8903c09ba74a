/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Log lines of a service: one line, a stable event word first, then key=value; to stderr, with the
 * <N> priority that the journal understands. Only services log; the layers below return errors.
 * Never a name, an address of a person, or payload. Text from outside goes through ts_log_quote.
 *
 *     ts_log_info("session_open", "session=%016" PRIx64 " class=%s", session, name);
 *     → <6>session_open session=00000012000000ab class=office
 *
 * A line is written by one write(2) and is at most TS_LOG_LINE_BYTES_MAX long; what is longer is
 * cut and ends in "…". Line breaks in values become spaces. Lines are English and for operators;
 * sentences for people are ts_msg_t.
 */
#ifndef TS_SERVICES_SHARED_LOG_H
#define TS_SERVICES_SHARED_LOG_H

#include "base/msg.h"

#include <stdbool.h>
#include <stddef.h>

#define TS_LOG_LINE_BYTES_MAX 1024

#if defined(__GNUC__) || defined(__clang__)
#define TS_LOG_FORMAT(text, first) __attribute__((format(printf, text, first)))
#else
#define TS_LOG_FORMAT(text, first)
#endif

/* The priorities of syslog that we use. */
typedef enum ts_log_level {
    TS_LOG_ERROR = 3,
    TS_LOG_WARNING = 4,
    TS_LOG_NOTICE = 5, /* a person should see it some day */
    TS_LOG_INFO = 6,
    TS_LOG_DEBUG = 7
} ts_log_level_t;

/* What is less urgent than `level` is left out; INFO at the start. */
void ts_log_set_level(ts_log_level_t level);
/* "sync,store": debug lines whose event word begins with one of these and '_' are written at any
 * level. "all" is everything, NULL or "" nothing. Text is copied (255 bytes). */
void ts_log_set_trace(const char *subsystems);
/* Would it be written? For values that are dear to make. */
bool ts_log_wants(ts_log_level_t level, const char *event);

/* format gives the key=value part and may be "". */
void ts_log_line(ts_log_level_t level, const char *event, const char *format, ...)
    TS_LOG_FORMAT(3, 4);

#define ts_log_error(event, ...) ts_log_line(TS_LOG_ERROR, (event), __VA_ARGS__)
#define ts_log_warning(event, ...) ts_log_line(TS_LOG_WARNING, (event), __VA_ARGS__)
#define ts_log_notice(event, ...) ts_log_line(TS_LOG_NOTICE, (event), __VA_ARGS__)
#define ts_log_info(event, ...) ts_log_line(TS_LOG_INFO, (event), __VA_ARGS__)
#define ts_log_debug(event, ...) ts_log_line(TS_LOG_DEBUG, (event), __VA_ARGS__)

/* A sentence with its arguments filled in, as value `say`: for start-up errors. */
void ts_log_message(ts_log_level_t level, const char *event, const ts_msg_t *say);

/* Text as a value: bare when it is plain, else in quotes with \" \\ and control bytes as \xNN. Cut
 * to fit; out is always a whole string. Returns out. */
const char *ts_log_quote(const char *text, char *out, size_t bytes);

/* For a signal handler: writes the literal as one line, nothing else. */
void ts_log_from_signal(const char *line);

#endif
