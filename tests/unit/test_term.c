/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: widths are columns, not bytes; nothing dangerous reaches the screen; progress is quiet for
 * a second, then sparing. Method: Vietnamese in composed and decomposed form, double-width letters,
 * control bytes, broken UTF-8; a clock made of numbers.
 */
#include "shared/say.h"
#include "shared/term.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

static int
set_up(void **state)
{
    if (setenv("LANGUAGE", "vi", 1) != 0) {
        return -1;
    }
    ts_say_init(TS_CONF_LANGUAGE_VI, "/nonexistent");
    return 0;
}

static void
test_term_cells_count_columns(void **state)
{
    static const struct {
        const char *text;
        size_t cells;
    } cases[] = {
        {"", 0},          {"abc", 3},
        {"Điện Biên", 9}, {"Die\xcc\x82\xcc\xa3n", 4}, /* e with two combining marks */
        {"漢字", 4},      {"a\x1b[31mb", 7},
        {"a\xff\xfe", 3}, {"a\xe1\xbb", 3}, /* cut inside a letter */
        {"—…", 2},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        assert_int_equal(ts_term_cells(cases[i].text), cases[i].cells);
    }
}

static void
test_term_put_cuts_at_columns_and_cleans(void **state)
{
    static const struct {
        const char *text;
        size_t cells;
        const char *shown;
        size_t used;
    } cases[] = {
        {"Điện Biên", 9, "Điện Biên", 9},
        {"Điện Biên", 8, "Điện Bi…", 8},
        {"Điện Biên", 1, "…", 1},
        {"a", 1, "a", 1},
        {"", 1, "", 0},
        {"Die\xcc\x82\xcc\xa3n Bie\xcc\x82n", 4, "Die\xcc\x82\xcc\xa3…", 4},
        {"漢字漢", 4, "漢…", 3}, /* half a letter is not shown */
        {"a\x1b[31mb\n\t\x7f", 20, "a?[31mb???", 10},
        {"x\xff", 5, "x?", 2},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_buf_t out = {.length = 0};
        size_t used = ts_term_put(&out, cases[i].text, cases[i].cells);
        ts_buf_put_u8(&out, 0);
        assert_string_equal((char *)out.data, cases[i].shown);
        assert_int_equal(used, cases[i].used);
        ts_buf_free(&out);
    }
}

static void
test_term_line_ends_at_spaces(void **state)
{
    static const struct {
        const char *text;
        size_t cells;
        const char *line;
        const char *rest;
    } rows[] = {
        {"một hai ba", 20, "một hai ba", ""},
        {"một hai ba", 10, "một hai ba", ""},
        {"một hai ba", 9, "một hai", "ba"},
        {"một hai ba", 7, "một hai", "ba"},
        {"một hai ba", 6, "một", "hai ba"},
        {"một  hai", 4, "một ", "hai"},
        {"nghiêng", 3, "ngh", "iêng"},
        {"a\nb", 5, "a", "b"},
        {"\nb", 5, "", "b"},
        {"", 5, "", ""},
        {"đ", 1, "đ", ""},
        {"漢字", 1, "漢", "字"},
    };
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        size_t next = 999;
        size_t bytes = ts_term_line(rows[i].text, rows[i].cells, &next);
        assert_int_equal(bytes, strlen(rows[i].line));
        assert_memory_equal(rows[i].text, rows[i].line, bytes);
        assert_string_equal(rows[i].text + next, rows[i].rest);
    }
}

static void
test_term_columns_without_terminal_are_80(void **state)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(ts_term_columns(file), 80);
    (void)fclose(file);
}

/* What a run of steps {ms, done} shows, up to the end at `done` of the last. */
static char *
run_progress(bool is_terminal, uint64_t total, const int64_t steps[][2], size_t count)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    assert_non_null(stream);
    ts_progress_t progress = ts_progress_start(stream, "Đang nạp", total, (ts_mono_t){5000});
    assert_false(progress.is_terminal);
    progress.is_terminal = is_terminal;
    for (size_t i = 0; i < count; i++) {
        ts_progress_step(&progress, (uint64_t)steps[i][1], (ts_mono_t){5000 + steps[i][0]});
    }
    ts_progress_end(&progress, (uint64_t)steps[count - 1][1]);
    (void)fclose(stream);
    return text;
}

static void
test_term_progress_of_short_work_shows_nothing(void **state)
{
    const int64_t steps[][2] = {{0, 1}, {500, 50}, {999, 100}};
    for (int terminal = 0; terminal < 2; terminal++) {
        char *text = run_progress(terminal == 1, 100, steps, TS_COUNT(steps));
        assert_string_equal(text, "");
        free(text);
    }
}

static void
test_term_progress_on_terminal_writes_over_one_line(void **state)
{
    const int64_t steps[][2] = {{900, 10}, {1000, 9000}, {1100, 9500}, {1200, 9999}, {1300, 10000}};
    char *text = run_progress(true, 10000, steps, TS_COUNT(steps));
    assert_string_equal(text, "\rĐang nạp: 9.000 / 10.000 (90 %)"
                              "\rĐang nạp: 9.999 / 10.000 (99 %)"
                              "\rĐang nạp: 10.000 / 10.000 (100 %)\n");
    free(text);
}

static void
test_term_progress_on_terminal_wipes_longer_line(void **state)
{
    const int64_t steps[][2] = {{1000, 1000}, {2000, 9}};
    char *text = run_progress(true, 0, steps, TS_COUNT(steps));
    assert_string_equal(text, "\rĐang nạp: 1.000\rĐang nạp: 9    \rĐang nạp: 9\n");
    free(text);
}

static void
test_term_progress_elsewhere_is_a_line_for_each_tenth(void **state)
{
    const int64_t steps[][2] = {{1000, 12}, {1001, 15},  {1002, 19},
                                {1003, 20}, {90000, 21}, {90001, 100}};
    char *text = run_progress(false, 100, steps, TS_COUNT(steps));
    assert_string_equal(text, "Đang nạp: 12 / 100 (12 %)\n"
                              "Đang nạp: 20 / 100 (20 %)\n"
                              "Đang nạp: 100 / 100 (100 %)\n"
                              "Đang nạp: 100 / 100 (100 %)\n");
    free(text);
}

static void
test_term_progress_of_unknown_length_is_a_line_each_5_seconds(void **state)
{
    const int64_t steps[][2] = {{1000, 1}, {5999, 2}, {6000, 3}, {10999, 4}, {11000, 5}};
    char *text = run_progress(false, 0, steps, 4);
    assert_string_equal(text, "Đang nạp: 1\nĐang nạp: 3\nĐang nạp: 4\n");
    free(text);
}

static void
test_term_progress_survives_huge_counts(void **state)
{
    const int64_t steps[][2] = {{1000, INT64_MAX}};
    char *text = run_progress(false, UINT64_MAX, steps, 1);
    assert_non_null(strstr(text, "(50 %)"));
    free(text);
    text = run_progress(false, 5, steps, 1);
    assert_non_null(strstr(text, "(100 %)"));
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_term_cells_count_columns),
        cmocka_unit_test(test_term_put_cuts_at_columns_and_cleans),
        cmocka_unit_test(test_term_line_ends_at_spaces),
        cmocka_unit_test(test_term_columns_without_terminal_are_80),
        cmocka_unit_test(test_term_progress_of_short_work_shows_nothing),
        cmocka_unit_test(test_term_progress_on_terminal_writes_over_one_line),
        cmocka_unit_test(test_term_progress_on_terminal_wipes_longer_line),
        cmocka_unit_test(test_term_progress_elsewhere_is_a_line_for_each_tenth),
        cmocka_unit_test(test_term_progress_of_unknown_length_is_a_line_each_5_seconds),
        cmocka_unit_test(test_term_progress_survives_huge_counts),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
