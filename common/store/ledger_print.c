/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "store/kinds_p.h"
#include "store/ledger_p.h"

#include <sqlite3.h>
#include <string.h>

#define WORDS_MAX 320

static uint64_t
text_word(const void *data, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ length;
    const uint8_t *bytes = data;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* One word for one column: its value, whatever type. */
static uint64_t
column_word(ts_stmt_t *stmt, int column)
{
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_NULL:
        return UINT64_C(0x6e756c6c6e756c6c);
    case SQLITE_INTEGER:
        return (uint64_t)sqlite3_column_int64(stmt, column);
    default:
        return text_word(sqlite3_column_blob(stmt, column),
                         (size_t)sqlite3_column_bytes(stmt, column));
    }
}

/* Sums the digests of all rows; rows whose column `zero` (and `zero2`) are 0 count as absent.
 * Columns of `skip` are left out. */
typedef struct print {
    int zero;
    int zero2;
    uint64_t skip; /* bit per column */
} print_t;

static ts_err_t
sum_rows(ts_db_t *db, ts_stmt_t *stmt, const print_t *how, ts_digest_t *sum)
{
    int columns = sqlite3_column_count(stmt);
    TS_CHECK(columns <= WORDS_MAX);
    for (;;) {
        bool row = false;
        ts_err_t err = ts_db_step(db, stmt, &row);
        if (err != TS_ERR_OK || !row) {
            return err;
        }
        if (how->zero >= 0 && ts_col_int(stmt, how->zero) == 0 &&
            (how->zero2 < 0 || ts_col_int(stmt, how->zero2) == 0)) {
            continue;
        }
        uint64_t words[WORDS_MAX];
        size_t count = 0;
        for (int i = 0; i < columns; i++) {
            if (i >= 64 || (how->skip & UINT64_C(1) << i) == 0) {
                words[count++] = column_word(stmt, i);
            }
        }
        ts_digest_t digest = ts_digest_of(words, count);
        sum->low += digest.low;
        sum->high += digest.high;
        sum->events++;
    }
}

/* All columns of a table but where its event stands. */
static ts_err_t
sum_table(ts_ledger_t *self, const char *kind, const char *list, ts_digest_t *sum)
{
    ts_buf_t text = {0};
    ts_buf_put_text(&text, "SELECT * FROM \"");
    ts_buf_put_text(&text, kind);
    if (list != NULL) {
        ts_buf_put_text(&text, "_");
        ts_buf_put_text(&text, list);
    }
    ts_buf_put_text(&text, "\"");
    ts_buf_put_u8(&text, 0);
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(ts_db_handle(self->db), (const char *)text.data, -1, &stmt, NULL);
    TS_CHECK(code == SQLITE_OK);
    print_t how = {-1, -1, 0};
    if (list == NULL) {
        how.skip = UINT64_C(1) << TS_FIXED_LOG | UINT64_C(1) << TS_FIXED_ARRIVAL |
                   UINT64_C(1) << TS_FIXED_POSITION;
    }
    ts_err_t err = sum_rows(self->db, stmt, &how, sum);
    (void)sqlite3_finalize(stmt);
    ts_buf_free(&text);
    return err;
}

static ts_err_t
sum_kinds(ts_ledger_t *self, ts_digest_t *sum)
{
    const ts_schema_t *schema = self->options.schema;
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < schema->count; i++) {
        const ts_kind_schema_t *kind = &schema->kinds[i];
        err = sum_table(self, kind->name, NULL, sum);
        for (size_t l = 0; err == TS_ERR_OK && l < kind->list_count; l++) {
            err = sum_table(self, kind->name, kind->lists[l].name, sum);
        }
    }
    return err;
}

ts_err_t
ts_ledger_fingerprint(ts_ledger_t *self, ts_fingerprint_t *ret_print)
{
    ts_fingerprint_t print;
    memset(&print, 0, sizeof print);
    const struct {
        ts_ledger_stmt_t stmt;
        print_t how;
        ts_digest_t *sum;
    } parts[] = {
        {TS_SQL_CELL_ALL, {-1, -1, 0}, &print.cells},
        {TS_SQL_BALANCE_ALL, {4, 5, 0}, &print.balances},
        {TS_SQL_POSTING_ALL, {-1, -1, 0}, &print.postings},
        {TS_SQL_CHILD_ALL, {-1, -1, 0}, &print.children},
        {TS_SQL_PARKED_ALL, {-1, -1, 0}, &print.parked},
    };
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof parts / sizeof parts[0]; i++) {
        err = sum_rows(self->db, ts_ledger_stmt(self, parts[i].stmt), &parts[i].how, parts[i].sum);
    }
    if (err == TS_ERR_OK) {
        err = sum_kinds(self, &print.records);
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_digest_all(self, &print.standing);
    }
    if (err == TS_ERR_OK) {
        *ret_print = print;
    }
    return err;
}
