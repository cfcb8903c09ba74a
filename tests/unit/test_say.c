/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the language is chosen by the stated order, sentences are translated and filled in, numbers
 * and dates are written as in Viet Nam or in English. Method: an environment of the test's own; a
 * small catalogue written in the format of gettext's .mo files.
 */
#include "shared/say.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

/* ---- a catalogue -------------------------------------------------------------------------------
 */

static const char *const sentences[][2] = {
    {"", "Content-Type: text/plain; charset=UTF-8\n"},
    {"row {1}: {2}", "{2} (dòng {1})"},
    {"{1} days", "{1} ngày"},
};

static void
put_u32(FILE *file, size_t value)
{
    for (int i = 0; i < 4; i++) {
        assert_int_not_equal(fputc((int)(value >> (8 * i) & 0xff), file), EOF);
    }
}

static void
write_catalogue(const char *path)
{
    size_t count = TS_COUNT(sentences);
    size_t text = 28 + 16 * count;
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    put_u32(file, 0x950412de);
    put_u32(file, 0);
    put_u32(file, count);
    put_u32(file, 28);
    put_u32(file, 28 + 8 * count);
    put_u32(file, 0);
    put_u32(file, 0);
    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < count; i++) {
            put_u32(file, strlen(sentences[i][side]));
            put_u32(file, text);
            text += strlen(sentences[i][side]) + 1;
        }
    }
    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < count; i++) {
            size_t bytes = strlen(sentences[i][side]) + 1;
            assert_int_equal(fwrite(sentences[i][side], 1, bytes, file), bytes);
        }
    }
    assert_int_equal(fclose(file), 0);
}

static void
path_of(int depth, char *out, size_t bytes)
{
    static const char *const parts[] = {"", "/vi", "/vi/LC_MESSAGES", "/vi/LC_MESSAGES/tiepsuc.mo"};
    (void)snprintf(out, bytes, "%s%s", folder, parts[depth]);
}

static int
set_up(void **state)
{
    char path[128];
    (void)snprintf(folder, sizeof folder, "%s", "/tmp/tiepsuc-say-XXXXXX");
    if (mkdtemp(folder) == NULL || setenv("LANGUAGE", "", 1) != 0 || unsetenv("LC_ALL") != 0) {
        return -1;
    }
    for (int depth = 1; depth < 3; depth++) {
        path_of(depth, path, sizeof path);
        if (mkdir(path, 0700) != 0) {
            return -1;
        }
    }
    path_of(3, path, sizeof path);
    write_catalogue(path);
    return 0;
}

static int
tear_down(void **state)
{
    char path[128];
    path_of(3, path, sizeof path);
    (void)unlink(path);
    for (int depth = 2; depth >= 0; depth--) {
        path_of(depth, path, sizeof path);
        (void)rmdir(path);
    }
    return access(folder, F_OK) == 0 ? -1 : 0;
}

static void
speak(ts_say_language_t language)
{
    ts_say_init(language == TS_SAY_VI ? TS_CONF_LANGUAGE_VI : TS_CONF_LANGUAGE_EN, folder);
    assert_int_equal(ts_say_language(), language);
}

/* ---- the language ------------------------------------------------------------------------------
 */

static const char *environment[4];

static const char *
env(const char *name)
{
    static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < TS_COUNT(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return environment[i];
        }
    }
    fail_msg("%s is not to be asked", name);
    return NULL;
}

static void
test_say_language_follows_the_order(void **state)
{
    static const struct {
        const char *environment[4]; /* LANGUAGE LC_ALL LC_MESSAGES LANG */
        ts_conf_language_t configured;
        ts_say_language_t expected;
    } cases[] = {
        {{NULL, NULL, NULL, NULL}, TS_CONF_LANGUAGE_AUTO, TS_SAY_VI},
        {{"", "", "", ""}, TS_CONF_LANGUAGE_AUTO, TS_SAY_VI},
        {{NULL, NULL, NULL, "en_US.UTF-8"}, TS_CONF_LANGUAGE_AUTO, TS_SAY_EN},
        {{NULL, NULL, NULL, "en_US.UTF-8"}, TS_CONF_LANGUAGE_VI, TS_SAY_VI},
        {{NULL, NULL, "vi_VN", "en_US"}, TS_CONF_LANGUAGE_AUTO, TS_SAY_VI},
        {{NULL, NULL, NULL, "vi_VN.UTF-8"}, TS_CONF_LANGUAGE_EN, TS_SAY_EN},
        {{NULL, "en_GB", NULL, NULL}, TS_CONF_LANGUAGE_VI, TS_SAY_EN},
        {{"vi", "en_GB", NULL, NULL}, TS_CONF_LANGUAGE_EN, TS_SAY_VI},
        {{"fr:en:vi", NULL, NULL, NULL}, TS_CONF_LANGUAGE_VI, TS_SAY_EN},
        {{"fr", NULL, NULL, NULL}, TS_CONF_LANGUAGE_AUTO, TS_SAY_VI},
        {{NULL, "C.UTF-8", NULL, "POSIX"}, TS_CONF_LANGUAGE_AUTO, TS_SAY_VI},
        {{NULL, NULL, NULL, "enm"}, TS_CONF_LANGUAGE_AUTO, TS_SAY_VI},
        {{NULL, NULL, NULL, "en"}, TS_CONF_LANGUAGE_AUTO, TS_SAY_EN},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        memcpy(environment, cases[i].environment, sizeof environment);
        if (ts_say_choose(cases[i].configured, env) != cases[i].expected) {
            fail_msg("case %u", (unsigned)i);
        }
    }
}

static void
test_say_sentences_change_with_the_language(void **state)
{
    ts_msg_t msg = {.id = NULL};
    ts_msg_make(&msg, N_("row {1}: {2}"), "4", "Nậm Pồ", NULL);
    for (int round = 0; round < 2; round++) {
        speak(TS_SAY_VI);
        char *text = ts_say_msg(&msg);
        assert_string_equal(text, "Nậm Pồ (dòng 4)");
        free(text);
        speak(TS_SAY_EN);
        text = ts_say_msg(&msg);
        assert_string_equal(text, "row 4: Nậm Pồ");
        free(text);
    }
    speak(TS_SAY_VI);
    char *text = ts_say_text(N_("row {1}: {2}"), "5", "x", NULL);
    assert_string_equal(text, "x (dòng 5)");
    free(text);
    assert_string_equal(_("not in the catalogue"), "not in the catalogue");
    assert_string_equal(ts_say(""), "");
    ts_msg_free(&msg);
    text = ts_say_msg(&msg);
    assert_string_equal(text, "");
    free(text);
}

/* A word of ours in a sentence is translated, an amount is grouped, a year is not. */
static void
test_say_arguments_with_marks_follow_the_language(void **state)
{
    ts_msg_t msg = {.id = NULL};
    ts_msg_set(&msg, "{1} {2} {3}");
    ts_msg_arg_word(&msg, N_("row {1}: {2}"));
    ts_msg_arg_amount(&msg, 1234567);
    ts_msg_arg_number(&msg, 2019);
    speak(TS_SAY_VI);
    char *text = ts_say_msg(&msg);
    assert_string_equal(text, "{2} (dòng {1}) 1.234.567 2019");
    free(text);
    speak(TS_SAY_EN);
    text = ts_say_msg(&msg);
    assert_string_equal(text, "row {1}: {2} 1,234,567 2019");
    free(text);
    ts_msg_free(&msg);
}

static void
test_say_line_names_the_program(void **state)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    ts_msg_t msg = {.id = NULL};
    ts_msg_make(&msg, N_("row {1}: {2}"), "4", "x", NULL);
    speak(TS_SAY_VI);
    ts_say_line(to, "tiepsuc", &msg);
    (void)fclose(to);
    assert_string_equal(text, "tiepsuc: x (dòng 4)\n");
    free(text);
    ts_msg_free(&msg);
}

/* ---- numbers and times -------------------------------------------------------------------------
 */

static void
test_say_numbers_are_grouped(void **state)
{
    static const struct {
        int64_t number;
        const char *vi;
        const char *en;
    } cases[] = {
        {0, "0", "0"},
        {7, "7", "7"},
        {-7, "-7", "-7"},
        {999, "999", "999"},
        {1000, "1.000", "1,000"},
        {-1234567, "-1.234.567", "-1,234,567"},
        {INT64_MAX, "9.223.372.036.854.775.807", "9,223,372,036,854,775,807"},
        {INT64_MIN, "-9.223.372.036.854.775.808", "-9,223,372,036,854,775,808"},
    };
    char out[TS_SAY_BYTES];
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        speak(TS_SAY_VI);
        ts_say_number(cases[i].number, out, sizeof out);
        assert_string_equal(out, cases[i].vi);
        speak(TS_SAY_EN);
        ts_say_number(cases[i].number, out, sizeof out);
        assert_string_equal(out, cases[i].en);
    }
}

static void
test_say_decimals_keep_their_zeros(void **state)
{
    static const struct {
        int64_t scaled;
        unsigned decimals;
        const char *vi;
        const char *en;
    } cases[] = {
        {12345, 1, "1.234,5", "1,234.5"},       {-5, 1, "-0,5", "-0.5"},
        {1000005, 3, "1.000,005", "1,000.005"}, {12, 0, "12", "12"},
        {1, 6, "0,000001", "0.000001"},
    };
    char out[TS_SAY_BYTES];
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        speak(TS_SAY_VI);
        ts_say_decimal(cases[i].scaled, cases[i].decimals, out, sizeof out);
        assert_string_equal(out, cases[i].vi);
        speak(TS_SAY_EN);
        ts_say_decimal(cases[i].scaled, cases[i].decimals, out, sizeof out);
        assert_string_equal(out, cases[i].en);
    }
}

static void
test_say_dates_and_times_are_of_viet_nam(void **state)
{
    char out[TS_SAY_BYTES];
    ts_date_t date;
    ts_utc_t at;
    assert_int_equal(ts_date_from_civil(2025, 6, 30, &date), TS_ERR_OK);
    assert_int_equal(ts_utc_parse("2025-06-29T17:05:59Z", &at), TS_ERR_OK);
    speak(TS_SAY_VI);
    ts_say_date(date, out, sizeof out);
    assert_string_equal(out, "30/06/2025");
    ts_say_time(at, out, sizeof out);
    assert_string_equal(out, "30/06/2025 00:05");
    ts_say_date(TS_DATE_NONE, out, sizeof out);
    assert_string_equal(out, "—");
    ts_say_time((ts_utc_t){0}, out, sizeof out);
    assert_string_equal(out, "—");
    speak(TS_SAY_EN);
    ts_say_date(date, out, sizeof out);
    assert_string_equal(out, "2025-06-30");
    ts_say_time(at, out, sizeof out);
    assert_string_equal(out, "2025-06-30 00:05");
}

static void
test_say_sizes_and_durations_are_rounded_down(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *vi;
    } sizes[] = {
        {0, "0 B"},           {999, "999 B"},        {1000, "1,0 kB"},        {1999, "1,9 kB"},
        {999999, "999,9 kB"}, {20000000, "20,0 MB"}, {UINT64_MAX, "18,4 EB"},
    };
    static const struct {
        int64_t seconds;
        const char *en;
    } durations[] = {
        {-1, "0 seconds"}, {119, "119 seconds"}, {120, "2 minutes"}, {7199, "119 minutes"},
        {7200, "2 hours"}, {172799, "47 hours"}, {172800, "2 days"}, {100000000, "1,157 days"},
    };
    char out[TS_SAY_BYTES];
    speak(TS_SAY_VI);
    for (size_t i = 0; i < TS_COUNT(sizes); i++) {
        ts_say_size(sizes[i].bytes, out, sizeof out);
        assert_string_equal(out, sizes[i].vi);
    }
    ts_say_duration(172800, out, sizeof out);
    assert_string_equal(out, "2 ngày");
    speak(TS_SAY_EN);
    for (size_t i = 0; i < TS_COUNT(durations); i++) {
        ts_say_duration(durations[i].seconds, out, sizeof out);
        assert_string_equal(out, durations[i].en);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_say_language_follows_the_order),
        cmocka_unit_test(test_say_sentences_change_with_the_language),
        cmocka_unit_test(test_say_arguments_with_marks_follow_the_language),
        cmocka_unit_test(test_say_line_names_the_program),
        cmocka_unit_test(test_say_numbers_are_grouped),
        cmocka_unit_test(test_say_decimals_keep_their_zeros),
        cmocka_unit_test(test_say_dates_and_times_are_of_viet_nam),
        cmocka_unit_test(test_say_sizes_and_durations_are_rounded_down),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
