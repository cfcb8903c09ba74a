/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: tables as Excel, LibreOffice and people write them come out cell by cell, each row knows
 * its line, and what cannot be taken is reported with its place. Method: small texts against a
 * printed form of the grid ("line:cell|cell"); bounds from base/limits.h.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "sheet/csv.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "1:a|b;2:c|" with '/' for a line end inside a cell. */
static char *
print_grid(const ts_grid_t *table)
{
    ts_buf_t out = {0};
    for (size_t row = 0; row < ts_grid_rows(table); row++) {
        char line[16];
        snprintf(line, sizeof line, "%s%u:", row == 0 ? "" : ";",
                 (unsigned)ts_grid_line(table, row));
        ts_buf_put_text(&out, line);
        for (size_t column = 0; column < ts_grid_columns(table); column++) {
            ts_buf_put_text(&out, column == 0 ? "" : "|");
            ts_buf_put_text(&out, ts_grid_cell(table, row, column));
        }
    }
    ts_buf_put_u8(&out, 0);
    for (char *at = (char *)out.data; *at != '\0'; at++) {
        *at = *at == '\n' ? '/' : *at;
    }
    return (char *)out.data;
}

static void
assert_grid(const char *text, char separator, const char *expected)
{
    ts_sheet_issues_t issues = {0};
    ts_grid_t *table = NULL;
    assert_int_equal(ts_csv_read(text, strlen(text), separator, &issues, &table), TS_ERR_OK);
    char *grid = print_grid(table);
    assert_string_equal(grid, expected);
    assert_int_equal(issues.errors, 0);
    free(grid);
    ts_grid_destroy(&table);
    ts_grid_destroy(&table);
    ts_sheet_issues_free(&issues);
}

static void
test_csv_line_ends_and_quotes_are_read(void **state)
{
    static const char *const cases[][2] = {
        {"a,b\n1,2\n", "1:a|b;2:1|2"},
        {"a,b\r\n1,2\r\n", "1:a|b;2:1|2"},
        {"a,b\r1,2\r", "1:a|b;2:1|2"},
        {"a,b\n1,2", "1:a|b;2:1|2"},
        {"a,b\n\"x\ny\",2\n3,4\n", "1:a|b;2:x/y|2;4:3|4"},
        {"a,b\r\n\"x\r\n\r\ny\",2\r\n3,4\r\n", "1:a|b;2:x//y|2;5:3|4"},
        {"a,b\n\"say \"\"x\"\"\",2\n", "1:a|b;2:say \"x\"|2"},
        {"a,b\nTrường \"Hoa Ban\",2\n", "1:a|b;2:Trường \"Hoa Ban\"|2"},
        {"a,b\n\n\n1,2\n\n", "1:a|b;4:1|2"},
        {"\n\na,b\n1,2\n,\n,,,\n", "3:a|b;4:1|2"},
        {"a,b,,,\n1,2,,,\n", "1:a|b;2:1|2"},
        {"a,b,c\n1,,3\n", "1:a|b|c;2:1||3"},
        {" a , b \n\xC2\xA0"
         "1 ,\t2\n",
         "1:a|b;2:1|2"},
        {"a,b\n=\"03748\",'0123\n", "1:a|b;2:03748|0123"},
        {"a,b\n'Drai,=1+1\n", "1:a|b;2:'Drai|=1+1"},
        {"a,\"b\n1\"\n,\n", "1:a|b/1"},
        {"\"a\n\nb\",1\nc,2\n", "1:a//b|1;4:c|2"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        assert_grid(cases[i][0], 0, cases[i][1]);
    }
}

static void
test_csv_separator_is_found_or_told(void **state)
{
    static const struct {
        const char *text;
        char expected;
    } cases[] = {
        {"a,b\n1,2\n", ','},
        {"a;b\n1;2\n", ';'},
        {"a\tb\n1\t2\n", '\t'},
        {"xã;tiền;ghi chú\nA;1,5;x, y\nB;2,5;z\n", ';'},
        {"Xã, phường;Số\nA, x;1\nB, y;2\n", ';'},
        {"tên;xã,số\nx,5\ny,6\nz,7\n", ','},
        {"a,b\n\"x;y;z\",2\n\"p;q;r\",3\n", ','},
        {"DANH SÁCH TRẺ EM, NĂM 2020\n\nSTT;Họ tên;Xã\n1;A;B\n2;C;D\n", ';'},
        {"một cột\nx\ny\n", ','},
        {"a;b,c,d\n1;2,3,4\n", ','},
        {"", ','},
        {"a\tb,c\td,e\n1\t2,5\t3,5\n", '\t'},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        assert_int_equal(ts_csv_separator(cases[i].text, strlen(cases[i].text)), cases[i].expected);
    }
    assert_grid("sep=;\na;b,c\n1;2,5\n", 0, "2:a|b,c;3:1|2,5");
    assert_grid("\"sep=\t\"\r\na\tb\r\n", 0, "2:a|b");
    assert_grid("sep=;\na,b;c\n", ',', "2:a|b;c");
    assert_grid("sep=x\na,b\n", 0, "1:sep=x|;2:a|b");
    assert_grid("a;b\n", ',', "1:a;b");
}

/* The read fails or succeeds as said, and its first issue reads as said. */
static void
assert_issue(const char *text, size_t bytes, ts_err_t expected, uint32_t line, const char *part)
{
    ts_sheet_issues_t issues = {0};
    ts_grid_t *table = NULL;
    assert_int_equal(ts_csv_read(text, bytes, ',', &issues, &table), expected);
    assert_int_equal(table != NULL, expected == TS_ERR_OK);
    assert_true(issues.errors >= 1);
    char *message = ts_msg_fill(&issues.items[0].message, issues.items[0].message.id);
    if (strstr(message, part) == NULL) {
        fail_msg("“%s” has no “%s”", message, part);
    }
    assert_int_equal(issues.items[0].line, line);
    free(message);
    ts_grid_destroy(&table);
    ts_sheet_issues_free(&issues);
}

static void
test_csv_what_cannot_be_taken_is_reported(void **state)
{
    static const struct {
        const char *text;
        ts_err_t err;
        uint32_t line;
        const char *part;
    } cases[] = {
        {"", TS_ERR_INVALID, 0, "nothing in the sheet"},
        {"\n , ,\n", TS_ERR_INVALID, 0, "nothing in the sheet"},
        {"a,b\n1,2\n\"x,3\n4,5\n", TS_ERR_INVALID, 3, "never closed"},
        {"a,b\n1,\"x", TS_ERR_INVALID, 2, "never closed"},
        {"a,b\n1,#REF!\n", TS_ERR_OK, 2, "cell 2 holds “#REF!”"},
        {"a,b\n\n#N/A,1\n", TS_ERR_OK, 3, "cell 1 holds “#N/A”"},
        {"a,b\n1,########\n", TS_ERR_OK, 2, "“########”"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        assert_issue(cases[i].text, strlen(cases[i].text), cases[i].err, cases[i].line,
                     cases[i].part);
    }
}

static void
test_csv_long_cell_is_reported_and_left_empty(void **state)
{
    ts_buf_t text = {0};
    ts_buf_put_text(&text, "a,b\n1,");
    memset(ts_buf_extend(&text, TS_TEXT_BYTES_MAX), 'x', TS_TEXT_BYTES_MAX);
    ts_sheet_issues_t issues = {0};
    ts_grid_t *table = NULL;
    assert_int_equal(ts_csv_read((char *)text.data, text.length, 0, &issues, &table), TS_ERR_OK);
    assert_int_equal(issues.errors, 0);
    assert_int_equal(strlen(ts_grid_cell(table, 1, 1)), TS_TEXT_BYTES_MAX);
    ts_grid_destroy(&table);
    ts_sheet_issues_free(&issues);
    ts_buf_put_text(&text, "x\n");
    assert_issue((char *)text.data, text.length, TS_ERR_OK, 2, "cell 2 is longer");
    ts_buf_free(&text);
}

static void
test_csv_columns_are_bounded_but_empty_ones_are_free(void **state)
{
    ts_buf_t text = {0};
    for (size_t i = 0; i + 1 < TS_SHEET_COLUMNS_MAX; i++) {
        ts_buf_put_text(&text, "h,");
    }
    ts_buf_put_text(&text, "h");
    ts_sheet_issues_t issues = {0};
    ts_grid_t *table = NULL;
    for (size_t i = 0; i < 16384; i++) {
        ts_buf_put_text(&text, ",");
    }
    assert_int_equal(ts_csv_read((char *)text.data, text.length, 0, &issues, &table), TS_ERR_OK);
    assert_int_equal(ts_grid_columns(table), TS_SHEET_COLUMNS_MAX);
    ts_grid_destroy(&table);
    ts_sheet_issues_free(&issues);
    ts_buf_put_text(&text, "x\n1\n");
    assert_issue((char *)text.data, text.length, TS_ERR_LIMIT, 1, "more than 128 columns");
    ts_buf_free(&text);
}

static void
test_csv_rows_are_bounded(void **state)
{
    ts_buf_t text = {0};
    ts_buf_put_text(&text, "h\n");
    for (size_t i = 0; i < TS_SHEET_ROWS_MAX; i++) {
        ts_buf_put_text(&text, "1\n");
    }
    ts_sheet_issues_t issues = {0};
    ts_grid_t *table = NULL;
    assert_int_equal(ts_csv_read((char *)text.data, text.length, 0, &issues, &table), TS_ERR_OK);
    assert_int_equal(ts_grid_set_header(table, 0, &issues), TS_ERR_OK);
    assert_int_equal(ts_grid_rows(table), TS_SHEET_ROWS_MAX);
    assert_int_equal(ts_grid_line(table, TS_SHEET_ROWS_MAX - 1), TS_SHEET_ROWS_MAX + 1);
    ts_grid_destroy(&table);
    ts_buf_put_text(&text, "1\n");
    assert_int_equal(ts_csv_read((char *)text.data, text.length, 0, &issues, &table), TS_ERR_OK);
    assert_int_equal(ts_grid_set_header(table, 0, &issues), TS_ERR_LIMIT);
    ts_grid_destroy(&table);
    for (size_t i = 0; i < 100; i++) {
        ts_buf_put_text(&text, "1\n");
    }
    assert_issue((char *)text.data, text.length, TS_ERR_LIMIT, TS_SHEET_ROWS_MAX + 23,
                 "more than 100000 rows");
    ts_sheet_issues_free(&issues);
    ts_buf_free(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_line_ends_and_quotes_are_read),
        cmocka_unit_test(test_csv_separator_is_found_or_told),
        cmocka_unit_test(test_csv_what_cannot_be_taken_is_reported),
        cmocka_unit_test(test_csv_long_cell_is_reported_and_left_empty),
        cmocka_unit_test(test_csv_columns_are_bounded_but_empty_ones_are_free),
        cmocka_unit_test(test_csv_rows_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
