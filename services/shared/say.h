/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Saying things to people in their language: translation of our English sentences, numbers and
 * dates as they are written in Viet Nam or in English. Every program calls ts_say_init first. Not
 * for logs and machine-readable output: these stay English and plain.
 */
#ifndef TS_SERVICES_SHARED_SAY_H
#define TS_SERVICES_SHARED_SAY_H

#include "base/i18n.h"
#include "base/msg.h"
#include "base/time.h"
#include "conf/conf.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Enough for every number, date, time, size and duration written here, with NUL. */
#define TS_SAY_BYTES 64

typedef enum ts_say_language {
    TS_SAY_VI,
    TS_SAY_EN,
} ts_say_language_t;

/* Translates a sentence that stands here; N_() marks one that is translated later with ts_say. */
#define _(text) ts_say(text)
const char *ts_say(const char *id);

/*
 * Chooses the language: the first of these that names vi or en, else Vietnamese:
 *   LANGUAGE, LC_ALL (a person's wish for this call) · the configuration · LC_MESSAGES, LANG (often
 * only what the system came with). env reads the environment (getenv, or a test's own).
 */
ts_say_language_t ts_say_choose(ts_conf_language_t configured,
                                const char *(*env)(const char *name));

/* Sets locale C.UTF-8 (a vi_VN locale is seldom there and not needed), the language and the folder
 * of the translations: locale_dir, or when NULL the environment's TEXTDOMAINDIR, or where they were
 * installed. Call it at the start with TS_CONF_LANGUAGE_AUTO and again once the configuration is
 * read. */
void ts_say_init(ts_conf_language_t configured, const char *locale_dir);
ts_say_language_t ts_say_language(void);

/* A message in the language, filled in; "" for no message. The caller frees it. */
char *ts_say_msg(const ts_msg_t *msg);
/* The same from a sentence marked with N_() and up to six texts, ended by NULL. */
char *ts_say_text(const char *id, ...);
/* Writes "program: message" and a line end. */
void ts_say_line(FILE *to, const char *program, const ts_msg_t *msg);

/* 1234567 → "1.234.567" (vi), "1,234,567" (en). `bytes` of these is TS_SAY_BYTES. */
void ts_say_number(int64_t number, char *out, size_t bytes);
/* scaled = value × 10^decimals, decimals 0..6: (12345, 1) → "1.234,5" (vi), "1,234.5" (en). */
void ts_say_decimal(int64_t scaled, unsigned decimals, char *out, size_t bytes);
/* 30/06/2025 (vi), 2025-06-30 (en); "—" for no date. */
void ts_say_date(ts_date_t date, char *out, size_t bytes);
/* The clock in Viet Nam, to the minute: 30/06/2025 07:05 (vi), 2025-06-30 07:05 (en); "—" for
 * unknown. */
void ts_say_time(ts_utc_t at, char *out, size_t bytes);
/* "812 B", "1,2 kB", "3,4 MB"…; thousands, one decimal, rounded down. */
void ts_say_size(uint64_t size_bytes, char *out, size_t bytes);
/* How long: "45 giây", "12 phút", "30 giờ", "5 ngày"; rounded down. Negative counts as 0. */
void ts_say_duration(int64_t seconds, char *out, size_t bytes);

#endif
