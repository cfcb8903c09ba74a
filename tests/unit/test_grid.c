/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: choosing the heading drops what stands above it, and rows of another shape are reported
 * with their line and row. Method: grids cut from small texts.
 */
#include "sheet/csv.h"
#include "sheet/grid.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ts_grid_t *
table_of(const char *text, size_t heading, ts_sheet_issues_t *issues)
{
    ts_grid_t *table = NULL;
    assert_int_equal(ts_csv_read(text, strlen(text), ';', issues, &table), TS_ERR_OK);
    assert_int_equal(ts_grid_set_header(table, heading, issues), TS_ERR_OK);
    return table;
}

static void
test_grid_rows_above_the_heading_go_with_a_warning(void **state)
{
    ts_sheet_issues_t issues = {0};
    ts_grid_t *table = table_of("UBND HUYỆN\n\n;DANH SÁCH;\nSTT;Tên\n1;A\n", 2, &issues);
    assert_int_equal(ts_grid_rows(table), 1);
    assert_int_equal(ts_grid_header_line(table), 4);
    assert_string_equal(ts_grid_header(table, 1), "Tên");
    assert_string_equal(ts_grid_cell(table, 0, 1), "A");
    assert_string_equal(ts_grid_cell(table, 0, 99), "");
    assert_string_equal(ts_grid_header(table, 99), "");
    assert_int_equal(ts_grid_line(table, 0), 5);
    assert_int_equal(issues.warnings, 1);
    assert_int_equal(issues.errors, 0);
    assert_string_equal(issues.items[0].message.args[0], "2");
    assert_string_equal(issues.items[0].message.args[1], "UBND HUYỆN");
    ts_sheet_place_t place = ts_grid_place(table, 0, 1);
    assert_int_equal(place.line, 5);
    assert_int_equal(place.row, 1);
    assert_string_equal(place.column, "Tên");
    assert_string_equal(place.value, "A");
    ts_grid_destroy(&table);
    ts_sheet_issues_free(&issues);
}

static void
test_grid_row_of_column_numbers_or_tags_is_skipped(void **state)
{
    static const struct {
        const char *text;
        size_t rows;
    } cases[] = {
        {"STT;Tên\n(1);(2)\n1;A\n", 1},
        {"STT;Tên\n(A);(12)\n1;A\n", 1},
        {"STT;Tên\n#meta+id;#adm3+name\n1;A\n", 1},
        {"STT;Tên\n1;2\n1;A\n", 2},
        {"STT;Tên\n(1);Nguyễn\n1;A\n", 2},
        {"STT;Tên\n(1);(Nguyễn)\n1;A\n", 2},
        {"STT;Tên\n#1;#2\n1;A\n", 2},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_sheet_issues_t issues = {0};
        ts_grid_t *table = table_of(cases[i].text, 0, &issues);
        assert_int_equal(ts_grid_rows(table), cases[i].rows);
        assert_int_equal(issues.warnings, cases[i].rows == 1 ? 1 : 0);
        ts_grid_destroy(&table);
        ts_sheet_issues_free(&issues);
    }
}

static void
test_grid_ragged_rows_are_reported(void **state)
{
    static const struct {
        const char *row;
        size_t errors;
        size_t warnings;
    } cases[] = {
        {"1;2;3", 0, 0},   {"1;2;", 0, 0}, {";;3", 0, 0}, {"1;2;3;", 0, 0},   {"1;2;3;;;", 0, 0},
        {"1;2;3;4", 1, 0}, {"1;2", 0, 1},  {"1", 0, 1},   {"1;2;3;;5", 1, 0}, {"1;2;\"3;4\"", 0, 0},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        char text[64];
        snprintf(text, sizeof text, "a;b;c\n9;9;9\n%s", cases[i].row);
        ts_sheet_issues_t issues = {0};
        ts_grid_t *table = table_of(text, 0, &issues);
        assert_int_equal(issues.errors, cases[i].errors);
        assert_int_equal(issues.warnings, cases[i].warnings);
        if (issues.count > 0) {
            assert_int_equal(issues.items[0].line, 3);
            assert_int_equal(issues.items[0].row, 2);
        }
        ts_grid_destroy(&table);
        ts_sheet_issues_free(&issues);
    }
}

static void
test_grid_filled_column_without_heading_is_no_ragged_row(void **state)
{
    ts_sheet_issues_t issues = {0};
    ts_grid_t *table = table_of("a;b;;\n1;2;x;\n3;4;;\n", 0, &issues);
    assert_int_equal(issues.errors, 0);
    assert_int_equal(ts_grid_columns(table), 3);
    ts_grid_destroy(&table);
    ts_sheet_issues_free(&issues);
}

static void
test_grid_heading_that_is_no_row_is_refused(void **state)
{
    ts_sheet_issues_t issues = {0};
    ts_grid_t *table = NULL;
    assert_int_equal(ts_csv_read("a\nb\n", 4, ';', &issues, &table), TS_ERR_OK);
    assert_int_equal(ts_grid_header_line(table), 0);
    assert_string_equal(ts_grid_header(table, 0), "");
    assert_int_equal(ts_grid_set_header(table, 2, &issues), TS_ERR_INVALID);
    assert_int_equal(ts_grid_set_header(table, 1, &issues), TS_ERR_OK);
    assert_int_equal(ts_grid_rows(table), 0);
    ts_grid_destroy(&table);
    ts_sheet_issues_free(&issues);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grid_rows_above_the_heading_go_with_a_warning),
        cmocka_unit_test(test_grid_row_of_column_numbers_or_tags_is_skipped),
        cmocka_unit_test(test_grid_ragged_rows_are_reported),
        cmocka_unit_test(test_grid_filled_column_without_heading_is_no_ragged_row),
        cmocka_unit_test(test_grid_heading_that_is_no_row_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
