/* SPDX-License-Identifier: MPL-2.0 */
#include "shared/say.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <libintl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define DOMAIN "tiepsuc"
#define ABSENT "—"

static ts_say_language_t language = TS_SAY_VI;

/* Whether a locale name ("vi", "vi_VN.UTF-8") is of a language; `bytes` of the name count. */
static bool
names(const char *locale, size_t bytes, const char *wanted)
{
    size_t length = strlen(wanted);
    return bytes >= length && memcmp(locale, wanted, length) == 0 &&
           (bytes == length || strchr("_.@", locale[length]) != NULL);
}

/* The first language of ours in a list of locale names separated by colons. */
static bool
find_language(const char *list, ts_say_language_t *ret_language)
{
    while (list != NULL && *list != '\0') {
        size_t bytes = strcspn(list, ":");
        if (names(list, bytes, "vi") || names(list, bytes, "en")) {
            *ret_language = list[0] == 'v' ? TS_SAY_VI : TS_SAY_EN;
            return true;
        }
        list += bytes + strspn(list + bytes, ":");
    }
    return false;
}

ts_say_language_t
ts_say_choose(ts_conf_language_t configured, const char *(*env)(const char *name))
{
    ts_say_language_t found = TS_SAY_VI;
    if (find_language(env("LANGUAGE"), &found) || find_language(env("LC_ALL"), &found)) {
        return found;
    }
    if (configured != TS_CONF_LANGUAGE_AUTO) {
        return configured == TS_CONF_LANGUAGE_EN ? TS_SAY_EN : TS_SAY_VI;
    }
    if (find_language(env("LC_MESSAGES"), &found) || find_language(env("LANG"), &found)) {
        return found;
    }
    return TS_SAY_VI;
}

/* What LANGUAGE was before ts_say_init first set it: the wish of the person, not our own. */
static const char *
env_of_person(const char *name)
{
    static char wish[64];
    static bool kept;
    if (!kept) {
        const char *value = getenv("LANGUAGE");
        (void)snprintf(wish, sizeof wish, "%s", value != NULL ? value : "");
        kept = true;
    }
    return strcmp(name, "LANGUAGE") == 0 ? wish : getenv(name);
}

void
ts_say_init(ts_conf_language_t configured, const char *locale_dir)
{
    if (locale_dir == NULL) {
        locale_dir = getenv("TEXTDOMAINDIR");
    }
    if (locale_dir == NULL || locale_dir[0] == '\0') {
        locale_dir = TS_LOCALE_DIR;
    }
    language = ts_say_choose(configured, env_of_person);
    int failed = setenv("LANGUAGE", language == TS_SAY_VI ? "vi" : "en", 1);
    TS_CHECK(failed == 0);
    /* Also makes gettext forget what it has looked up under the other language. Without any UTF-8
     * locale the sentences stay English, which is better than not starting. */
    if (setlocale(LC_ALL, "C.UTF-8") == NULL && setlocale(LC_ALL, "C.utf8") == NULL) {
        (void)setlocale(LC_ALL, "en_US.UTF-8");
    }
    (void)setlocale(LC_NUMERIC, "C");
    (void)bindtextdomain(DOMAIN, locale_dir);
    (void)bind_textdomain_codeset(DOMAIN, "UTF-8");
}

ts_say_language_t
ts_say_language(void)
{
    return language;
}

const char *
ts_say(const char *id)
{
    /* gettext answers the empty sentence with the header of the catalogue. */
    return id[0] == '\0' ? id : dgettext(DOMAIN, id);
}

/* An argument as it is shown; the caller frees it. */
static char *
say_argument(const char *argument)
{
    char text[TS_SAY_BYTES];
    if (argument[0] == TS_MSG_MARK_WORD) {
        return ts_xstrdup(ts_say(argument + 1));
    }
    if (argument[0] == TS_MSG_MARK_AMOUNT) {
        ts_say_number(strtoll(argument + 1, NULL, 10), text, sizeof text);
        return ts_xstrdup(text);
    }
    return ts_xstrdup(argument);
}

char *
ts_say_msg(const ts_msg_t *msg)
{
    ts_msg_t said = {.id = NULL};
    for (size_t i = 0; i < TS_MSG_ARGS_MAX && msg->args[i] != NULL; i++) {
        said.args[i] = say_argument(msg->args[i]);
    }
    char *text = ts_msg_fill(&said, msg->id == NULL ? "" : ts_say(msg->id));
    ts_msg_free(&said);
    return text;
}

char *
ts_say_text(const char *id, ...)
{
    ts_msg_t msg = {.id = NULL};
    ts_msg_set(&msg, id);
    va_list args;
    va_start(args, id);
    for (const char *text = va_arg(args, const char *); text != NULL;
         text = va_arg(args, const char *)) {
        ts_msg_arg(&msg, text);
    }
    va_end(args);
    char *said = ts_say_msg(&msg);
    ts_msg_free(&msg);
    return said;
}

void
ts_say_line(FILE *to, const char *program, const ts_msg_t *msg)
{
    char *text = ts_say_msg(msg);
    (void)fprintf(to, "%s: %s\n", program, text);
    free(text);
}

/* ---- numbers and times -------------------------------------------------------------------------
 */

/* Writes digits in groups of three. */
static void
write_grouped(uint64_t number, bool negative, const char *tail, char *out, size_t bytes)
{
    char digits[24];
    char text[48];
    size_t length = 0;
    int count = snprintf(digits, sizeof digits, "%" PRIu64, number);
    TS_CHECK(count > 0);
    if (negative) {
        text[length++] = '-';
    }
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) {
            text[length++] = language == TS_SAY_VI ? '.' : ',';
        }
        text[length++] = digits[i];
    }
    text[length] = '\0';
    int written = snprintf(out, bytes, "%s%s", text, tail);
    TS_CHECK(written > 0 && (size_t)written < bytes);
}

static uint64_t
magnitude(int64_t number)
{
    return number < 0 ? UINT64_C(0) - (uint64_t)number : (uint64_t)number;
}

void
ts_say_number(int64_t number, char *out, size_t bytes)
{
    write_grouped(magnitude(number), number < 0, "", out, bytes);
}

void
ts_say_decimal(int64_t scaled, unsigned decimals, char *out, size_t bytes)
{
    TS_CHECK(decimals <= 6);
    uint64_t unit = 1;
    for (unsigned i = 0; i < decimals; i++) {
        unit *= 10;
    }
    char tail[16] = "";
    uint64_t value = magnitude(scaled);
    if (decimals > 0) {
        (void)snprintf(tail, sizeof tail, "%c%0*u", language == TS_SAY_VI ? ',' : '.',
                       (int)decimals, (unsigned)(value % unit));
    }
    write_grouped(value / unit, scaled < 0, tail, out, bytes);
}

void
ts_say_date(ts_date_t date, char *out, size_t bytes)
{
    if (ts_date_is_none(date)) {
        (void)snprintf(out, bytes, "%s", ABSENT);
    } else if (language == TS_SAY_VI) {
        ts_date_format_vi(date, out, bytes);
    } else {
        ts_date_format_iso(date, out, bytes);
    }
}

void
ts_say_time(ts_utc_t at, char *out, size_t bytes)
{
    if (at.ms == 0) {
        (void)snprintf(out, bytes, "%s", ABSENT);
        return;
    }
    char day[16];
    ts_date_t date = ts_utc_to_vietnam_date(at);
    ts_say_date(date, day, sizeof day);
    int64_t minutes = (at.ms - ts_vietnam_midnight(date).ms) / 60000;
    int written =
        snprintf(out, bytes, "%s %02" PRId64 ":%02" PRId64, day, minutes / 60, minutes % 60);
    TS_CHECK(written > 0 && (size_t)written < bytes);
}

void
ts_say_size(uint64_t size_bytes, char *out, size_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    char number[TS_SAY_BYTES];
    size_t unit = 0;
    uint64_t tenths = 0;
    for (; size_bytes >= 1000; unit++) {
        tenths = size_bytes % 1000 / 100;
        size_bytes /= 1000;
    }
    ts_say_decimal((int64_t)(unit == 0 ? size_bytes : size_bytes * 10 + tenths), unit == 0 ? 0 : 1,
                   number, sizeof number);
    int written = snprintf(out, bytes, "%s %s", number, units[unit]);
    TS_CHECK(written > 0 && (size_t)written < bytes);
}

void
ts_say_duration(int64_t seconds, char *out, size_t bytes)
{
    static const struct {
        int64_t below; /* seconds */
        int64_t unit;
        const char *id;
    } scale[] = {
        {120, 1, N_("{1} seconds")},
        {120 * 60, 60, N_("{1} minutes")},
        {48 * 3600, 3600, N_("{1} hours")},
        {INT64_MAX, 86400, N_("{1} days")},
    };
    seconds = seconds < 0 ? 0 : seconds;
    size_t i = 0;
    while (seconds >= scale[i].below && scale[i].below != INT64_MAX) {
        i++;
    }
    char number[TS_SAY_BYTES];
    ts_say_number(seconds / scale[i].unit, number, sizeof number);
    char *text = ts_say_text(scale[i].id, number, NULL);
    (void)snprintf(out, bytes, "%s", text);
    free(text);
}
