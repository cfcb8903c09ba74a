/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a file becomes a table with known columns in one call, and no bytes at all bring the
 * reading down. Method: sheets as offices send them; then every beginning of sample files, every
 * single byte of them changed, and random bytes and pieces from fixed seeds, each copied to a block
 * of its exact size so that a sanitizer sees any step beyond it.
 */
#include "base/prng.h"
#include "base/xalloc.h"
#include "support/sheet_drive.h"
#include "support/test.h"

#include <stdlib.h>

static const char sample_excel[] =
    "\xEF\xBB\xBFUBND HUYỆN BA VÌ;;;\r\nDANH SÁCH HỖ TRỢ;;;\r\n;;;\r\n"
    "Xã;Huyện;Số tiền;Ngày trao\r\n(1);(2);(3);(4)\r\n"
    "Yên Bài;Ba Vì;1.526,4;05/06/2020\r\n\"Mường\r\nBang\";Phù Yên;0,5;6/2020\r\n"
    "Mường Bằng;Mai Sơn;\"1.234,5\";\"ngày 5 tháng 6 năm 2020\"\r\n;;;\r\n;;;\r\n";
static const char sample_plain[] = "commune,amount,Ghi chú\n=\"09706\",1 tỷ 200 triệu,\"a "
                                   "\"\"b\"\", c\"\n3964,(5),#REF!\n'04105,-2\n";
static const char sample_legacy[] = "T\xAAn x\xB7,S\xE8\nM\xAD\xEAng B\xBBng,5\n";
static const char sample_lost[] = "Huy?n,X?\nBa V?,Ba Tr?i\n";
static const char sample_utf16[] =
    "\xFF\xFEX\0\xE3\0;\0S\0\xD1\x1E\n\0Y\0\xEA\0n\0;\0\x3D\xD8\x00\xDE\n\0";

static const struct {
    const char *data;
    size_t bytes;
} samples[] = {
    {sample_excel, sizeof sample_excel - 1},   {sample_plain, sizeof sample_plain - 1},
    {sample_legacy, sizeof sample_legacy - 1}, {sample_lost, sizeof sample_lost - 1},
    {sample_utf16, sizeof sample_utf16 - 1},
};

/* In a block of its exact size. */
static bool
drive(const uint8_t *data, size_t bytes)
{
    uint8_t *exact = malloc(bytes == 0 ? 1 : bytes);
    assert_non_null(exact);
    memcpy(exact, data, bytes);
    bool clean = sheet_drive(exact, bytes);
    free(exact);
    return clean;
}

static void
test_sheet_of_an_office_is_read_in_one_call(void **state)
{
    ts_header_form_t form = {.specs = sheet_drive_specs, .count = SHEET_DRIVE_FIELDS};
    ts_sheet_issues_t issues = {0};
    ts_grid_t *table = NULL;
    size_t columns[SHEET_DRIVE_FIELDS];
    ts_bytes_t file = {.data = (const uint8_t *)sample_excel, .length = sizeof sample_excel - 1};
    assert_int_equal(ts_sheet_read(file, &form, &issues, &table, columns), TS_ERR_OK);
    assert_int_equal(issues.errors, 0);
    assert_int_equal(issues.warnings, 2); /* the title, the column numbers */
    assert_int_equal(ts_grid_rows(table), 3);
    assert_string_equal(ts_grid_cell(table, 1, columns[0]), "Mường\nBang");
    assert_int_equal(ts_grid_line(table, 0), 6);
    assert_int_equal(ts_grid_line(table, 1), 7);
    assert_int_equal(ts_grid_line(table, 2), 9);
    ts_number_marks_t marks = TS_NUMBER_MARKS_UNKNOWN;
    int64_t amount = 0;
    ts_msg_t why = {0};
    assert_int_equal(ts_number_column(table, columns[2], &ts_number_million_dong, &issues, &marks),
                     TS_ERR_OK);
    assert_int_equal(ts_number_parse(ts_grid_cell(table, 0, columns[2]), &ts_number_million_dong,
                                     marks, &amount, &why),
                     TS_ERR_OK);
    assert_int_equal(amount, 1526400000);
    ts_match_t *match = ts_match_new(sheet_drive_units, TS_COUNT(sheet_drive_units));
    ts_match_found_t found = {0};
    assert_int_equal(ts_match_find(match, ts_grid_cell(table, 1, columns[0]),
                                   ts_grid_cell(table, 1, columns[1]), &found, &why),
                     TS_ERR_OK);
    assert_int_equal(found.id, 2);
    ts_match_destroy(&match);
    ts_grid_destroy(&table);
    ts_sheet_issues_free(&issues);
}

static void
test_sheet_without_what_it_needs_is_refused_with_a_reason(void **state)
{
    static const char *const cases[][2] = {
        {"", "empty"},
        {"Huyện\nBa Vì\n", "is missing"},
        {"Xã;Huyện\n", "no row under the heading"},
        {"Huy?n;X?\nBa V?;Ba Tr?i\n", "stand as “?”"},
        {"Xã;Huyện\n\"Ba;Vì\n", "never closed"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_header_form_t form = {.specs = sheet_drive_specs, .count = SHEET_DRIVE_FIELDS};
        ts_sheet_issues_t issues = {0};
        ts_grid_t *table = NULL;
        size_t columns[SHEET_DRIVE_FIELDS];
        ts_bytes_t file = {.data = (const uint8_t *)cases[i][0], .length = strlen(cases[i][0])};
        assert_int_equal(ts_sheet_read(file, &form, &issues, &table, columns), TS_ERR_INVALID);
        assert_null(table);
        char *text = ts_msg_fill(&issues.items[0].message, issues.items[0].message.id);
        if (strstr(text, cases[i][1]) == NULL) {
            fail_msg("“%s” has no “%s”", text, cases[i][1]);
        }
        free(text);
        ts_sheet_issues_free(&issues);
    }
}

static void
test_sheet_of_too_many_rows_is_refused(void **state)
{
    ts_header_form_t form = {.specs = sheet_drive_specs, .count = SHEET_DRIVE_FIELDS};
    ts_buf_t file = {0};
    ts_buf_put_text(&file, "Xã\n");
    for (size_t i = 0; i <= TS_SHEET_ROWS_MAX; i++) {
        ts_buf_put_text(&file, "x\n");
    }
    ts_sheet_issues_t issues = {0};
    ts_grid_t *table = NULL;
    size_t columns[SHEET_DRIVE_FIELDS];
    assert_int_equal(ts_sheet_read(ts_buf_bytes(&file), &form, &issues, &table, columns),
                     TS_ERR_LIMIT);
    assert_null(table);
    assert_int_equal(issues.errors, 1);
    assert_string_equal(issues.items[0].message.args[0], "100000");
    ts_sheet_issues_free(&issues);
    file.length -= 2;
    assert_int_equal(ts_sheet_read(ts_buf_bytes(&file), &form, &issues, &table, columns),
                     TS_ERR_OK);
    ts_grid_destroy(&table);
    ts_sheet_issues_free(&issues);
    ts_buf_free(&file);
}

static void
test_sheet_every_beginning_of_a_file_comes_back(void **state)
{
    size_t clean = 0;
    for (size_t i = 0; i < TS_COUNT(samples); i++) {
        for (size_t bytes = 0; bytes <= samples[i].bytes; bytes++) {
            clean += drive((const uint8_t *)samples[i].data, bytes) ? 1 : 0;
        }
    }
    /* The whole of the first sample among them, the damaged ones not. */
    assert_true(clean > 0);
    assert_true(drive((const uint8_t *)sample_excel, sizeof sample_excel - 1));
    assert_false(drive((const uint8_t *)sample_legacy, sizeof sample_legacy - 1));
    assert_false(drive((const uint8_t *)sample_lost, sizeof sample_lost - 1));
}

static void
test_sheet_every_byte_changed_comes_back(void **state)
{
    static const uint8_t others[] = {0,    '"',  '\n', '\r', ';',  ',', '?',
                                     0x80, 0xC3, 0xE1, 0xED, 0xF4, 0xFF};
    for (size_t i = 0; i < TS_COUNT(samples); i++) {
        uint8_t *copy = malloc(samples[i].bytes);
        assert_non_null(copy);
        memcpy(copy, samples[i].data, samples[i].bytes);
        for (size_t at = 0; at < samples[i].bytes; at++) {
            for (size_t j = 0; j < TS_COUNT(others); j++) {
                copy[at] = others[j];
                (void)drive(copy, samples[i].bytes);
            }
            copy[at] = (uint8_t)samples[i].data[at];
        }
        assert_memory_equal(copy, samples[i].data, samples[i].bytes);
        free(copy);
    }
}

static void
test_sheet_random_bytes_and_pieces_come_back(void **state)
{
    static const char *const pieces[] = {
        "Xã",     ";",     ";",       ";",     "\t",  ",",     "\n",     "\n",
        "\r\n",   "\"\"",  "Huyện",   "1.234", "1,5", "5/6/",  "2020",   "43987",
        "tỷ",     "triệu", " đ",      "(",     ")",   "Mường", "=\"x\"", "#REF!",
        "tháng ", "-",     "Yên Bài", " ",     "\"",  "\xFF",  "\xC3"};
    ts_prng_t prng = ts_prng(20200605);
    size_t clean = 0;
    for (size_t round = 0; round < 4000; round++) {
        uint8_t data[512];
        size_t bytes = 0;
        bool raw = round % 4 == 0;
        size_t wanted = ts_prng_below(&prng, 400);
        if (!raw) {
            static const char heading[] = "Xã;Huyện;Số tiền;Ngày trao\n";
            bytes = sizeof heading - 1;
            memcpy(data, heading, bytes);
        }
        while (bytes < wanted) {
            if (raw) {
                data[bytes++] = (uint8_t)ts_prng_next(&prng);
                continue;
            }
            /* The last pieces spoil a sheet as a whole; they come into one round of eight. */
            size_t choice = TS_COUNT(pieces) - (round % 8 == 1 ? 0 : 3);
            size_t pick = ts_prng_below(&prng, (uint32_t)choice);
            size_t length = strlen(pieces[pick]);
            memcpy(data + bytes, pieces[pick], length);
            bytes += length;
        }
        clean += drive(data, bytes) ? 1 : 0;
    }
    assert_true(clean > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sheet_of_an_office_is_read_in_one_call),
        cmocka_unit_test(test_sheet_without_what_it_needs_is_refused_with_a_reason),
        cmocka_unit_test(test_sheet_of_too_many_rows_is_refused),
        cmocka_unit_test(test_sheet_every_beginning_of_a_file_comes_back),
        cmocka_unit_test(test_sheet_every_byte_changed_comes_back),
        cmocka_unit_test(test_sheet_random_bytes_and_pieces_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
