/* SPDX-License-Identifier: MPL-2.0 */
#include "sheet/sheet.h"

#include "base/i18n.h"
#include "base/limits.h"
#include "sheet/csv.h"
#include "sheet/encoding.h"

static ts_err_t
take_heading(ts_grid_t *table,
             const ts_header_form_t *form,
             ts_sheet_issues_t *issues,
             size_t *columns)
{
    ts_err_t err = ts_grid_set_header(table, ts_header_locate(table, form), issues);
    ts_msg_t message = {0};
    if (err == TS_ERR_LIMIT) {
        ts_msg_set(&message, N_("the sheet has more than {1} rows: split it"));
        ts_msg_arg_number(&message, TS_SHEET_ROWS_MAX);
        ts_sheet_issues_add(issues, TS_SHEET_ERROR, NULL, &message);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_header_match(table, form, issues, columns);
    if (err == TS_ERR_OK && ts_grid_rows(table) == 0) {
        ts_msg_make(&message, N_("there is no row under the heading"), NULL);
        ts_sheet_issues_add(issues, TS_SHEET_ERROR, NULL, &message);
        err = TS_ERR_INVALID;
    }
    return err;
}

ts_err_t
ts_sheet_read(ts_bytes_t file,
              const ts_header_form_t *form,
              ts_sheet_issues_t *issues,
              ts_grid_t **ret_table,
              size_t *columns)
{
    ts_buf_t text = {0};
    ts_encoding_t encoding = TS_ENCODING_UTF8;
    ts_msg_t why = {0};
    ts_err_t err = ts_encoding_decode(file, &text, &encoding, &why);
    if (err != TS_ERR_OK) {
        ts_sheet_issues_add(issues, TS_SHEET_ERROR, NULL, &why);
        return err;
    }
    ts_grid_t *table = NULL;
    err = ts_csv_read((const char *)text.data, text.length, 0, issues, &table);
    ts_buf_free(&text);
    if (err == TS_ERR_OK) {
        err = take_heading(table, form, issues, columns);
    }
    if (err != TS_ERR_OK) {
        ts_grid_destroy(&table);
        return err;
    }
    *ret_table = table;
    return TS_ERR_OK;
}
