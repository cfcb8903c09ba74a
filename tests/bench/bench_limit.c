/* SPDX-License-Identifier: MPL-2.0 */
/*
 * bench_limit FOLDER ROWS BYTES: the physical limit that the others are compared with: so many rows
 * of so many bytes into one WAL database with synchronous=FULL, 1000 rows a transaction. Prints the
 * seconds.
 */
#include "base/check.h"
#include "base/xalloc.h"
#include "bench/bench.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS_PER_COMMIT = 1000 };

static void
run(sqlite3 *base, const char *sql)
{
    TS_CHECK(sqlite3_exec(base, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static double
insert_rows(sqlite3 *base, long rows, int bytes)
{
    char *payload = ts_xcalloc(1, (size_t)bytes);
    sqlite3_stmt *insert = NULL;
    TS_CHECK(sqlite3_prepare_v2(base, "INSERT INTO ev VALUES(?, ?)", -1, &insert, NULL) ==
             SQLITE_OK);
    double begin = bench_now();
    for (long row = 0; row < rows; row++) {
        if (row % ROWS_PER_COMMIT == 0) {
            run(base, "BEGIN");
        }
        memcpy(payload, &row, sizeof row);
        TS_CHECK(sqlite3_bind_int64(insert, 1, row) == SQLITE_OK);
        TS_CHECK(sqlite3_bind_blob(insert, 2, payload, bytes, SQLITE_STATIC) == SQLITE_OK);
        TS_CHECK(sqlite3_step(insert) == SQLITE_DONE);
        TS_CHECK(sqlite3_reset(insert) == SQLITE_OK);
        if (row % ROWS_PER_COMMIT == ROWS_PER_COMMIT - 1 || row == rows - 1) {
            run(base, "COMMIT");
        }
    }
    double seconds = bench_now() - begin;
    sqlite3_finalize(insert);
    ts_xfree(payload);
    return seconds;
}

int
main(int argc, char **argv)
{
    long rows = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
    long bytes = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
    if (rows < 1 || bytes < (long)sizeof(long) || bytes > 1000000) {
        fprintf(stderr, "usage: bench_limit FOLDER ROWS BYTES\n");
        return 2;
    }
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/limit.sqlite", argv[1]);
    (void)unlink(path);
    sqlite3 *base = NULL;
    TS_CHECK(sqlite3_open(path, &base) == SQLITE_OK);
    run(base, "PRAGMA journal_mode=WAL");
    run(base, "PRAGMA synchronous=FULL");
    run(base, "CREATE TABLE ev(id INTEGER PRIMARY KEY, payload BLOB NOT NULL)");
    printf("%.4f\n", insert_rows(base, rows, (int)bytes));
    TS_CHECK(sqlite3_close(base) == SQLITE_OK);
    (void)unlink(path);
    return 0;
}
