/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Walking all rows of a ledger query page by page, and reading their cells by name. For commands
 * that compute from rows; showing rows to people is cmd_list.c.
 */
#ifndef TS_NODE_ROWS_H
#define TS_NODE_ROWS_H

#include "store/ledger.h"

/* Any error ends the walk and is returned. */
typedef ts_err_t (*ts_row_fn)(void *ctx, const ts_table_t *table, size_t row);

/* Every row that the query finds, in order of record; its limit and after are set here. */
TS_MUST_USE ts_err_t ts_rows_each(ts_ledger_t *ledger,
                                  const ts_list_query_t *query,
                                  ts_row_fn row,
                                  void *ctx);
/* 0 and "" for an empty cell, or one of the other type. The column must exist. */
int64_t ts_row_number(const ts_table_t *table, size_t row, const char *column);
const char *ts_row_text(const ts_table_t *table, size_t row, const char *column);

#endif
