/* SPDX-License-Identifier: MPL-2.0 */
#include "node/rows.h"

#include "base/check.h"

#define PAGE_ROWS 500u

ts_err_t
ts_rows_each(ts_ledger_t *ledger, const ts_list_query_t *query, ts_row_fn row, void *ctx)
{
    ts_list_query_t page = *query;
    page.limit = PAGE_ROWS;
    size_t count = PAGE_ROWS;
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK && count == PAGE_ROWS) {
        ts_table_t table;
        ts_table_init(&table, "rows");
        err = ts_ledger_list(ledger, &page, &table);
        count = err == TS_ERR_OK ? ts_table_rows(&table) : 0;
        for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
            err = row(ctx, &table, i);
            page.after = (ts_record_id_t)ts_row_number(&table, i, "record");
        }
        ts_table_free(&table);
    }
    return err;
}

static const ts_cell_t *
cell_of(const ts_table_t *table, size_t row, const char *column)
{
    size_t at = ts_table_column(table, column);
    TS_CHECK(at != SIZE_MAX);
    return ts_table_cell(table, row, at);
}

int64_t
ts_row_number(const ts_table_t *table, size_t row, const char *column)
{
    const ts_cell_t *cell = cell_of(table, row, column);
    return cell->kind == TS_CELL_NUMBER ? cell->number : 0;
}

const char *
ts_row_text(const ts_table_t *table, size_t row, const char *column)
{
    const ts_cell_t *cell = cell_of(table, row, column);
    return cell->kind == TS_CELL_TEXT ? cell->text : "";
}
