/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: every mistake keeps its place and reason; the list is bounded, and warnings cannot hide
 * errors. Method: places of every shape, long values, more issues than are kept.
 */
#include "sheet/issues.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

static void
add(ts_sheet_issues_t *issues, ts_sheet_severity_t severity, const ts_sheet_place_t *place)
{
    ts_msg_t message = {0};
    ts_msg_make(&message, "why {1}", "x", NULL);
    ts_sheet_issues_add(issues, severity, place, &message);
    assert_null(message.id);
}

static void
test_issues_place_is_told_in_words(void **state)
{
    static const struct {
        ts_sheet_place_t place;
        const char *expected;
    } cases[] = {
        {{0}, "the whole file"},
        {{.column = "Xã"}, "column “Xã”"},
        {{.line = 3}, "line 3"},
        {{.line = 3, .row = 1}, "line 3 (row 1)"},
        {{.line = 3, .column = "Xã"}, "line 3, column “Xã”"},
        {{.line = 3, .column = "Xã", .value = "Y"}, "line 3, column “Xã”, value “Y”"},
        {{.line = 12, .row = 10, .column = "Xã"}, "line 12, column “Xã” (row 10)"},
        {{.line = 12, .row = 10, .column = "Xã", .value = "Mường Bắng"},
         "line 12, column “Xã”, value “Mường Bắng” (row 10)"},
    };
    ts_sheet_issues_t issues = {0};
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        add(&issues, TS_SHEET_ERROR, &cases[i].place);
        ts_msg_t place = {0};
        ts_sheet_issue_place(&issues.items[i], &place);
        char *text = ts_msg_fill(&place, place.id);
        assert_string_equal(text, cases[i].expected);
        free(text);
        ts_msg_free(&place);
    }
    add(&issues, TS_SHEET_WARNING, NULL);
    assert_int_equal(issues.items[issues.count - 1].line, 0);
    ts_sheet_issues_free(&issues);
    assert_null(issues.items);
    assert_int_equal(issues.errors, 0);
}

static void
test_issues_long_value_is_shortened_at_a_character(void **state)
{
    char value[1 + 300 * 3 + 1] = "a";
    for (size_t i = 0; i < 300; i++) {
        memcpy(value + 1 + i * 3, "ằ", 4);
    }
    ts_sheet_issues_t issues = {0};
    add(&issues, TS_SHEET_ERROR, &(ts_sheet_place_t){.line = 1, .column = "c", .value = value});
    const char *shown = issues.items[0].value;
    assert_true(strlen(shown) <= TS_SHEET_VALUE_SHOWN_BYTES_MAX + strlen("…"));
    assert_string_equal(shown + strlen(shown) - strlen("ằ…"), "ằ…");
    ts_sheet_issues_free(&issues);
}

static void
test_issues_beyond_the_bound_only_count(void **state)
{
    ts_sheet_issues_t issues = {0};
    for (size_t i = 0; i < TS_SHEET_ISSUES_MAX; i++) {
        add(&issues, TS_SHEET_WARNING, NULL);
    }
    assert_int_equal(issues.count, TS_SHEET_ISSUES_MAX / 2);
    assert_int_equal(issues.warnings, TS_SHEET_ISSUES_MAX);
    assert_false(ts_sheet_issues_full(&issues));
    for (size_t i = 0; i < TS_SHEET_ISSUES_MAX; i++) {
        add(&issues, TS_SHEET_ERROR, NULL);
    }
    assert_int_equal(issues.count, TS_SHEET_ISSUES_MAX);
    assert_int_equal(issues.errors, TS_SHEET_ISSUES_MAX);
    assert_true(ts_sheet_issues_full(&issues));
    assert_int_equal(issues.items[issues.count - 1].severity, TS_SHEET_ERROR);
    ts_sheet_issues_free(&issues);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_issues_place_is_told_in_words),
        cmocka_unit_test(test_issues_long_value_is_shortened_at_a_character),
        cmocka_unit_test(test_issues_beyond_the_bound_only_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
