/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a log line is one line, of bounded length, with values that cannot forge others.
 * Method: stderr is a file while the test runs.
 */
#include "shared/log.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static FILE *file;
static int former;
static char text[4096];

static int
setup(void **state)
{
    file = tmpfile();
    former = dup(STDERR_FILENO);
    if (file == NULL || former < 0 || dup2(fileno(file), STDERR_FILENO) < 0) {
        return -1;
    }
    ts_log_set_level(TS_LOG_INFO);
    ts_log_set_trace("");
    return 0;
}

/* What was written, with stderr as before. */
static const char *
finish(void)
{
    dup2(former, STDERR_FILENO);
    close(former);
    rewind(file);
    size_t got = fread(text, 1, sizeof text - 1, file);
    text[got] = '\0';
    fclose(file);
    return text;
}

static void
test_log_line_has_priority_event_and_values(void **state)
{
    ts_log_info("session_open", "session=%d key=%s", 7, "abc");
    ts_log_error("gate_failed", "%s", "");
    ts_log_from_signal("<2>stopped\n");
    assert_string_equal(finish(),
                        "<6>session_open session=7 key=abc\n<3>gate_failed \n<2>stopped\n");
}

static void
test_log_less_urgent_lines_wait_for_level_or_trace(void **state)
{
    ts_log_debug("sync_chunk", "n=%d", 1);
    ts_log_set_trace("store,sync");
    ts_log_debug("sync_chunk", "n=%d", 2);
    ts_log_debug("syncx", "n=%d", 3);
    ts_log_debug("net_link", "n=%d", 4);
    ts_log_set_level(TS_LOG_WARNING);
    ts_log_info("sync_info", "n=%d", 5);
    ts_log_set_level(TS_LOG_DEBUG);
    ts_log_debug("net_link", "n=%d", 6);
    assert_string_equal(finish(), "<7>sync_chunk n=2\n<7>net_link n=6\n");
}

static void
test_log_line_breaks_in_values_become_spaces(void **state)
{
    ts_log_info("x", "value=%s", "a\nb\r<0>forged=1");
    assert_string_equal(finish(), "<6>x value=a b <0>forged=1\n");
}

static void
test_log_long_line_is_cut_at_a_character(void **state)
{
    static char lengthy[3000];
    for (size_t i = 0; i + 3 < sizeof lengthy; i += 3) {
        memcpy(lengthy + i, "\xe1\xba\xbf", 3);
    }
    ts_log_info("x", "v=%s", lengthy);
    const char *line = finish();
    const size_t length = strlen(line);
    assert_true(length <= TS_LOG_LINE_BYTES_MAX + 4);
    assert_string_equal(line + length - 4, "\xe2\x80\xa6\n");
    assert_int_equal((length - strlen("<6>x v=") - 4) % 3, 0);
}

static void
test_log_quote_bare_or_escaped(void **state)
{
    static const struct {
        const char *in;
        const char *out;
    } rows[] = {
        {"plain-1.2:3", "plain-1.2:3"},
        {"", "\"\""},
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"say \"x\\\"", "\"say \\\"x\\\\\\\"\""},
        {"line\nbreak\x7f", "\"line\\x0abreak\\x7f\""},
        {"Sơn La", "\"Sơn La\""},
    };
    finish();
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        char out[64];
        assert_string_equal(ts_log_quote(rows[i].in, out, sizeof out), rows[i].out);
    }
    for (size_t bytes = 1; bytes < 20; bytes++) {
        char out[20];
        memset(out, 'Z', sizeof out);
        ts_log_quote("a b\n\n\n\n\n\nếếếế", out, bytes);
        assert_true(strlen(out) < bytes);
        assert_true(bytes < 3 || out[strlen(out) - 1] == '"');
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_log_line_has_priority_event_and_values, setup),
        cmocka_unit_test_setup(test_log_less_urgent_lines_wait_for_level_or_trace, setup),
        cmocka_unit_test_setup(test_log_line_breaks_in_values_become_spaces, setup),
        cmocka_unit_test_setup(test_log_long_line_is_cut_at_a_character, setup),
        cmocka_unit_test_setup(test_log_quote_bare_or_escaped, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
