/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: headings are found in both languages and however their accents are typed; what is missing,
 * doubled or unknown is told with what would be accepted. Method: one form, headings of every kind.
 */
#include "sheet/csv.h"
#include "sheet/header.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

static const char *const unit_aliases[] = {"Tên xã", "Đơn vị", NULL};
static const ts_header_spec_t specs[] = {
    {"unit", "Xã", "Commune", unit_aliases, true},
    {"amount", "Số tiền (triệu đồng)", "Amount (million VND)", NULL, true},
    {"note", "Ghi chú", "Note", NULL, false},
    {"health", "Ủy ban", "Committee", NULL, false},
};
static const ts_header_form_t form = {.specs = specs, .count = 4};
static const ts_header_form_t strict_form = {.specs = specs, .count = 4, .unknown_is_error = true};

static ts_err_t
match(const char *text, const ts_header_form_t *with, size_t *columns, ts_sheet_issues_t *issues)
{
    ts_grid_t *table = NULL;
    assert_int_equal(ts_csv_read(text, strlen(text), ';', issues, &table), TS_ERR_OK);
    assert_int_equal(ts_grid_set_header(table, ts_header_locate(table, with), issues), TS_ERR_OK);
    ts_err_t err = ts_header_match(table, with, issues, columns);
    ts_grid_destroy(&table);
    return err;
}

static void
assert_said(const ts_sheet_issues_t *issues,
            size_t index,
            ts_sheet_severity_t severity,
            const char *part)
{
    assert_true(index < issues->count);
    assert_int_equal(issues->items[index].severity, severity);
    char *text = ts_msg_fill(&issues->items[index].message, issues->items[index].message.id);
    if (strstr(text, part) == NULL) {
        fail_msg("“%s” has no “%s”", text, part);
    }
    free(text);
}

static void
test_header_accepted_forms_are_found(void **state)
{
    static const struct {
        const char *text;
        size_t columns[4];
    } cases[] = {
        {"Xã;Số tiền (triệu đồng)\na;1\n", {0, 1, TS_HEADER_NONE, TS_HEADER_NONE}},
        {"Amount (million VND);commune\n1;a\n", {1, 0, TS_HEADER_NONE, TS_HEADER_NONE}},
        {"unit;amount;note;health\na;1;x;y\n", {0, 1, 2, 3}},
        {"ĐƠN VỊ *;SỐ  TIỀN (triệu đồng) (*);Ghi chú:;Uỷ ban\na;1;x;y\n", {0, 1, 2, 3}},
        {"\"Tên\nxã\";amount\na;1\n", {0, 1, TS_HEADER_NONE, TS_HEADER_NONE}},
        {"UBND HUYỆN;;\nDANH SÁCH XÃ;;\nXã;Số tiền (triệu đồng);Ghi chú\na;1;Xã\n",
         {0, 1, 2, TS_HEADER_NONE}},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        size_t columns[4];
        ts_sheet_issues_t issues = {0};
        assert_int_equal(match(cases[i].text, &strict_form, columns, &issues), TS_ERR_OK);
        for (size_t j = 0; j < 4; j++) {
            assert_int_equal(columns[j], cases[i].columns[j]);
        }
        ts_sheet_issues_free(&issues);
    }
}

static void
test_header_missing_column_lists_what_is_accepted(void **state)
{
    size_t columns[4];
    ts_sheet_issues_t issues = {0};
    assert_int_equal(match("Số tiền (triệu đồng)\n1\n", &form, columns, &issues), TS_ERR_INVALID);
    assert_int_equal(issues.count, 1);
    assert_said(&issues, 0, TS_SHEET_ERROR,
                "“Xã” is missing; accepted headings: “Xã”, “Commune”, “unit”, “Tên xã”, “Đơn vị”");
    ts_sheet_issues_free(&issues);
}

static void
test_header_unknown_column_is_warned_or_refused(void **state)
{
    size_t columns[4];
    ts_sheet_issues_t issues = {0};
    const char *text = "Xã;amount;STT;Ghi chu;;\na;1;2;x;y;\n";
    assert_int_equal(match(text, &form, columns, &issues), TS_ERR_OK);
    assert_int_equal(columns[2], TS_HEADER_NONE);
    assert_int_equal(issues.count, 3);
    assert_said(&issues, 0, TS_SHEET_WARNING, "“STT” is not known; the column is ignored");
    assert_said(&issues, 1, TS_SHEET_WARNING, "“Ghi chu” is not known; is “Ghi chú” meant?");
    assert_said(&issues, 2, TS_SHEET_WARNING,
                "column 5 has no heading and is ignored; its first value is “y”");
    ts_sheet_issues_free(&issues);
    assert_int_equal(match(text, &strict_form, columns, &issues), TS_ERR_INVALID);
    assert_int_equal(issues.errors, 2);
    assert_said(&issues, 0, TS_SHEET_ERROR, "“STT” is not known");
    ts_sheet_issues_free(&issues);
}

static void
test_header_two_columns_of_one_field_are_refused(void **state)
{
    size_t columns[4];
    ts_sheet_issues_t issues = {0};
    assert_int_equal(match("Xã;amount;Commune\na;1;b\n", &form, columns, &issues), TS_ERR_INVALID);
    assert_int_equal(columns[0], 0);
    assert_said(&issues, 0, TS_SHEET_ERROR, "columns 1 (“Xã”) and 3 (“Commune”) mean the same");
    ts_sheet_issues_free(&issues);
}

static void
test_header_nothing_known_takes_the_first_row(void **state)
{
    size_t columns[4];
    ts_sheet_issues_t issues = {0};
    assert_int_equal(match("p;q\n1;2\n", &form, columns, &issues), TS_ERR_INVALID);
    assert_int_equal(issues.errors, 2);
    assert_int_equal(issues.warnings, 2);
    ts_sheet_issues_free(&issues);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_accepted_forms_are_found),
        cmocka_unit_test(test_header_missing_column_lists_what_is_accepted),
        cmocka_unit_test(test_header_unknown_column_is_warned_or_refused),
        cmocka_unit_test(test_header_two_columns_of_one_field_are_refused),
        cmocka_unit_test(test_header_nothing_known_takes_the_first_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
