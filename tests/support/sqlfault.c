/* SPDX-License-Identifier: MPL-2.0 */
#include "support/sqlfault.h"

#include <sqlite3.h>
#include <string.h>

static struct {
    ts_sql_fault_t kind;
    int code;
    uint64_t at;
    uint64_t calls;
} fault;

void
ts_sqlfault_arm(ts_sql_fault_t kind, int code, uint64_t at)
{
    fault.kind = kind;
    fault.code = code;
    fault.at = at;
    fault.calls = 0;
}

bool
ts_sqlfault_disarm(void)
{
    fault.kind = TS_SQL_NONE;
    return fault.calls >= fault.at;
}

static bool
now(ts_sql_fault_t kind)
{
    return fault.kind == kind && ++fault.calls == fault.at;
}

/* ---- what our own objects call */

int __real_sqlite3_step(sqlite3_stmt *stmt);
int __wrap_sqlite3_step(sqlite3_stmt *stmt);
int __real_sqlite3_column_bytes(sqlite3_stmt *stmt, int column);
int __wrap_sqlite3_column_bytes(sqlite3_stmt *stmt, int column);
sqlite3_int64 __real_sqlite3_column_int64(sqlite3_stmt *stmt, int column);
sqlite3_int64 __wrap_sqlite3_column_int64(sqlite3_stmt *stmt, int column);

int
__wrap_sqlite3_step(sqlite3_stmt *stmt)
{
    if (fault.kind == TS_SQL_STEP && strcmp(sqlite3_sql(stmt), "ROLLBACK") != 0 &&
        now(TS_SQL_STEP)) {
        return fault.code;
    }
    return __real_sqlite3_step(stmt);
}

int
__wrap_sqlite3_column_bytes(sqlite3_stmt *stmt, int column)
{
    int bytes = __real_sqlite3_column_bytes(stmt, column);
    return bytes > 0 && now(TS_SQL_SHORT) ? bytes - 1 : bytes;
}

sqlite3_int64
__wrap_sqlite3_column_int64(sqlite3_stmt *stmt, int column)
{
    sqlite3_int64 value = __real_sqlite3_column_int64(stmt, column);
    return now(TS_SQL_NUMBER) ? value + fault.code : value;
}
