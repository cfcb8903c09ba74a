/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reads any bytes as an import would: the whole sheet, then every cell as number, date and name.
 * For the unit test with damaged files and for the fuzzer; whatever the bytes are, it must come
 * back, and what it claims is checked.
 */
#ifndef TS_TESTS_SUPPORT_SHEET_DRIVE_H
#define TS_TESTS_SUPPORT_SHEET_DRIVE_H

#include "base/check.h"
#include "base/limits.h"
#include "sheet/date.h"
#include "sheet/match.h"
#include "sheet/number.h"
#include "sheet/sheet.h"
#include "sheet/text.h"

#include <string.h>

static const ts_header_spec_t sheet_drive_specs[] = {
    {"unit", "Xã", "Commune", NULL, true},
    {"district", "Huyện", "District", NULL, false},
    {"amount", "Số tiền", "Amount", NULL, false},
    {"given_on", "Ngày trao", "Date", NULL, false},
};
#define SHEET_DRIVE_FIELDS 4

static const ts_match_item_t sheet_drive_units[] = {
    {1, "09706", "Xã Yên Bài", NULL, "Huyện Ba Vì"},
    {2, "03964", "Xã Mường Bang", NULL, "Huyện Phù Yên"},
    {3, "04105", "Xã Mường Bằng", NULL, "Huyện Mai Sơn"},
};

static void
sheet_drive_column(const ts_grid_t *table,
                   size_t column,
                   ts_match_t *match,
                   ts_sheet_issues_t *issues)
{
    bool serials = false;
    ts_number_marks_t marks = TS_NUMBER_MARKS_UNKNOWN;
    ts_err_t err = ts_number_column(table, column, &ts_number_million_dong, issues, &marks);
    TS_CHECK(err == TS_ERR_OK || issues->errors > 0);
    ts_date_column(table, column, issues, &serials);
    for (size_t row = 0; row < ts_grid_rows(table); row++) {
        const char *cell = ts_grid_cell(table, row, column);
        TS_CHECK(ts_text_valid(cell, strlen(cell), NULL) && strlen(cell) <= TS_TEXT_BYTES_MAX);
        int64_t number = 0;
        ts_date_value_t date = {.precision = TS_DATE_PRECISION_DAY};
        ts_match_found_t found = {0};
        ts_msg_t why = {0};
        err = ts_number_parse(cell, &ts_number_million_dong, marks, &number, &why);
        TS_CHECK((err == TS_ERR_OK) == (why.id == NULL));
        ts_msg_free(&why);
        err = ts_date_parse(cell, serials, &date, &why);
        TS_CHECK((err == TS_ERR_OK) == (why.id == NULL));
        ts_msg_free(&why);
        err = ts_match_find(match, cell, ts_grid_cell(table, row, 0), &found, &why);
        TS_CHECK((err == TS_ERR_OK) == (why.id == NULL));
        ts_msg_free(&why);
    }
}

/* True when the bytes were taken as a sheet without error. */
static bool
sheet_drive(const uint8_t *data, size_t bytes)
{
    ts_header_form_t form = {.specs = sheet_drive_specs, .count = SHEET_DRIVE_FIELDS};
    ts_sheet_issues_t issues = {0};
    ts_grid_t *table = NULL;
    size_t columns[SHEET_DRIVE_FIELDS];
    ts_err_t err =
        ts_sheet_read((ts_bytes_t){.data = data, .length = bytes}, &form, &issues, &table, columns);
    TS_CHECK((err == TS_ERR_OK) == (table != NULL));
    TS_CHECK(err == TS_ERR_OK || issues.errors > 0);
    bool clean = err == TS_ERR_OK && issues.errors == 0;
    if (table != NULL) {
        ts_match_t *match =
            ts_match_new(sheet_drive_units, sizeof sheet_drive_units / sizeof sheet_drive_units[0]);
        for (size_t column = 0; column < ts_grid_columns(table); column++) {
            sheet_drive_column(table, column, match, &issues);
        }
        ts_match_destroy(&match);
        ts_grid_destroy(&table);
    }
    for (size_t i = 0; i < issues.count; i++) {
        ts_msg_t place = {0};
        ts_sheet_issue_place(&issues.items[i], &place);
        ts_msg_free(&place);
    }
    ts_sheet_issues_free(&issues);
    return clean;
}

#endif
