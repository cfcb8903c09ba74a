/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The k-th call to SQLite fails, or tells the wrong, whatever stands in its cache: a failing disk
 * (support/faultvfs) reaches only calls that touch it. The calls of our own objects are wrapped
 * when the program is linked: ts_fail_sqlite(<test>) in CMake. A ROLLBACK is never counted: it
 * always works. For tests only.
 */
#ifndef TS_TESTS_SUPPORT_SQLFAULT_H
#define TS_TESTS_SUPPORT_SQLFAULT_H

#include <stdbool.h>
#include <stdint.h>

typedef enum ts_sql_fault {
    TS_SQL_NONE,
    TS_SQL_STEP,  /* the statement does nothing and gives `code` */
    TS_SQL_SHORT, /* bytes of a column that has some are one byte shorter */
    TS_SQL_NUMBER /* a number of a column is another one: `code` is added */
} ts_sql_fault_t;

/* Counts calls of this kind anew; the at-th one, from 1, fails. */
void ts_sqlfault_arm(ts_sql_fault_t kind, int code, uint64_t at);
/* Ends it; true: it happened. */
bool ts_sqlfault_disarm(void);

#endif
