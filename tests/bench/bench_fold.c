/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How fast sealed segments become a ledger, in slices and batches as an office folds, and what of
 * it is SQLite: the same rows into the same tables with as many commits. Then how long the figures
 * of a yearly report take. One JSON line each. Usage: bench_fold [events [communes [batch
 * [cache_kib [feed]]]]]
 */
#include "base/xalloc.h"
#include "bench/bench.h"
#include "bench/fold_load.h"
#include "support/tempdir.h"
#include "support/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* As in node.c and fold.c. */
#define SLICE 300u
#define BATCH 8192u
#define CACHE_KIB 4096u

typedef struct settings {
    size_t events;
    size_t communes;
    uint32_t batch;
    uint32_t cache_kib;
    bool feed;
} settings_t;

static long
rss_kb(void)
{
    char line[128];
    long kb = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kb = strtol(line + 6, NULL, 10);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kb;
}

typedef struct times {
    double wall;
    double cpu;    /* of this process, user and system: what an idle machine would need */
    double queued; /* ready to run while others had the processors */
} times_t;

static double
cpu_now(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static times_t
times_now(void)
{
    double queued = 0;
    FILE *file = fopen("/proc/self/schedstat", "r");
    if (file != NULL) {
        char line[128] = "";
        char *end = line;
        if (fgets(line, sizeof line, file) != NULL) {
            (void)strtod(line, &end); /* nanoseconds running, then waiting */
            queued = strtod(end, NULL) * 1e-9;
        }
        (void)fclose(file);
    }
    return (times_t){
        .wall = bench_now(),
        .cpu = cpu_now(),
        .queued = queued,
    };
}

static times_t
times_since(const times_t *start)
{
    times_t now = times_now();
    return (times_t){now.wall - start->wall, now.cpu - start->cpu, now.queued - start->queued};
}

static void
run_sql(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
        exit(1);
    }
}

/* ---- the limit: the very rows that the ledger holds of its events, put into the same tables by
 * themselves, in as many commits. No reading, no judging, no totals. */

typedef struct rows {
    sqlite3_value **values;
    size_t rows;
    int columns;
} rows_t;

static const char *const limit_tables[] = {
    "beneficiary", "need", "handover", "handover_items", "handover_beneficiary_ids", "posting"};
enum { LIMIT_TABLES = sizeof limit_tables / sizeof limit_tables[0] };

static rows_t
read_rows(sqlite3 *db, const char *table)
{
    rows_t rows = {0};
    size_t capacity = 0;
    char sql[128];
    sqlite3_stmt *stmt = NULL;
    (void)snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", table);
    (void)sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    rows.columns = sqlite3_column_count(stmt);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        size_t columns = (size_t)rows.columns;
        rows.values =
            ts_xgrow(rows.values, (rows.rows + 1) * columns, &capacity, sizeof(sqlite3_value *));
        for (size_t i = 0; i < columns; i++) {
            rows.values[rows.rows * columns + i] =
                sqlite3_value_dup(sqlite3_column_value(stmt, (int)i));
        }
        rows.rows++;
    }
    (void)sqlite3_finalize(stmt);
    return rows;
}

static sqlite3_stmt *
make_table(sqlite3 *from, sqlite3 *to, const char *table, int columns)
{
    char sql[512];
    sqlite3_stmt *stmt = NULL;
    (void)sqlite3_prepare_v2(
        from, "SELECT sql FROM sqlite_schema WHERE tbl_name = ?1 AND sql IS NOT NULL", -1, &stmt,
        NULL);
    (void)sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        run_sql(to, (const char *)sqlite3_column_text(stmt, 0));
    }
    (void)sqlite3_finalize(stmt);
    int at = snprintf(sql, sizeof sql, "INSERT INTO \"%s\" VALUES (?", table);
    for (int i = 1; i < columns; i++) {
        at += snprintf(sql + at, sizeof sql - (size_t)at, ", ?");
    }
    (void)snprintf(sql + at, sizeof sql - (size_t)at, ")");
    (void)sqlite3_prepare_v3(to, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    return stmt;
}

static void
put_rows(sqlite3_stmt *stmt, const rows_t *rows, size_t from, size_t to)
{
    for (size_t row = from; row < to; row++) {
        for (int i = 0; i < rows->columns; i++) {
            (void)sqlite3_bind_value(stmt, i + 1,
                                     rows->values[row * (size_t)rows->columns + (size_t)i]);
        }
        assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
        (void)sqlite3_reset(stmt);
    }
}

static times_t
plain_inserts(const fold_run_t *run, const settings_t *settings, size_t events)
{
    char *path = ts_tempdir_path(run->folder, "plain.sqlite");
    char *ledger = ts_tempdir_path(run->folder, "ledger.sqlite");
    sqlite3 *from = NULL;
    sqlite3 *db = NULL;
    rows_t rows[LIMIT_TABLES];
    sqlite3_stmt *stmts[LIMIT_TABLES];
    (void)sqlite3_open_v2(ledger, &from, SQLITE_OPEN_READONLY, NULL);
    (void)sqlite3_open_v2(path, &db,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    run_sql(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                "PRAGMA cell_size_check = ON; PRAGMA cache_size = -4096");
    for (size_t i = 0; i < LIMIT_TABLES; i++) {
        rows[i] = read_rows(from, limit_tables[i]);
        stmts[i] = make_table(from, db, limit_tables[i], rows[i].columns);
    }
    size_t commits = events / settings->batch + 1;
    times_t start = times_now();
    for (size_t commit = 0; commit < commits; commit++) {
        run_sql(db, "BEGIN");
        for (size_t i = 0; i < LIMIT_TABLES; i++) {
            put_rows(stmts[i], &rows[i], rows[i].rows * commit / commits,
                     rows[i].rows * (commit + 1) / commits);
        }
        run_sql(db, "COMMIT");
    }
    times_t used = times_since(&start);
    for (size_t i = 0; i < LIMIT_TABLES; i++) {
        for (size_t k = 0; k < rows[i].rows * (size_t)rows[i].columns; k++) {
            sqlite3_value_free(rows[i].values[k]);
        }
        free(rows[i].values);
        (void)sqlite3_finalize(stmts[i]);
    }
    (void)sqlite3_close(db);
    (void)sqlite3_close(from);
    free(ledger);
    free(path);
    return used;
}

typedef struct figures {
    size_t rows;
    int64_t sum;
} figures_t;

static void
add_figure(void *ctx, const ts_cell_key_t *key, int64_t value)
{
    figures_t *figures = ctx;
    (void)key;
    figures->rows++;
    figures->sum += value;
}

/* What a yearly report asks: all measures by day over the window, distinct children of the period,
 * money by fund. */
static void
report_figures(fold_run_t *run, const fold_load_t *ids, size_t events)
{
    figures_t figures = {0};
    double start = bench_now();
    ts_cell_query_t window = {.plan = ids->plan,
                              .from_day = fold_world_day("2018-12-15"),
                              .to_day = fold_world_day("2019-12-14")};
    ts_cell_query_t distinct = {.plan = ids->plan, .aux = ids->periods[1]};
    assert_int_equal(ts_ledger_cells(run->ledger, &window, add_figure, &figures), TS_ERR_OK);
    assert_int_equal(ts_ledger_cells(run->ledger, &distinct, add_figure, &figures), TS_ERR_OK);
    double seconds = bench_now() - start;
    printf("{\"bench\":\"report_figures\",\"events\":%zu,\"seconds\":%.4f,\"figures\":%zu,"
           "\"sum\":%lld}\n",
           events, seconds, figures.rows, (long long)figures.sum);
}

/* As a node does it: some events a turn. *ret_longest: the slice that took longest. */
static size_t
fold_all(fold_run_t *run, times_t *ret_longest)
{
    bool more = true;
    times_t longest = {0};
    while (more) {
        double wall = bench_now();
        double cpu = cpu_now();
        assert_int_equal(ts_fold_slice(run->fold, SLICE, &more), TS_ERR_OK);
        wall = bench_now() - wall;
        cpu = cpu_now() - cpu;
        longest.wall = wall > longest.wall ? wall : longest.wall;
        longest.cpu = cpu > longest.cpu ? cpu : longest.cpu;
    }
    assert_int_equal(ts_fold_settle(run->fold), TS_ERR_OK);
    ts_ledger_counts_t counts;
    assert_int_equal(ts_ledger_counts(run->ledger, &counts), TS_ERR_OK);
    assert_int_equal(counts.parked + counts.pending, 0);
    *ret_longest = longest;
    return (size_t)counts.events;
}

static void
measure(fold_run_t *run, const settings_t *settings, const fold_load_t *ids)
{
    times_t longest;
    times_t start = times_now();
    assert_int_equal(fold_run_open(run), TS_ERR_OK);
    size_t events = fold_all(run, &longest);
    times_t used = times_since(&start);
    long peak = rss_kb();
    report_figures(run, ids, events);
    fold_run_close(run);
    times_t limit = plain_inserts(run, settings, events);
    printf("{\"bench\":\"fold\",\"events\":%zu,\"seconds\":%.3f,\"events_per_s\":%.0f,"
           "\"cpu_seconds\":%.3f,\"cpu_events_per_s\":%.0f,\"waited_for_cpu_seconds\":%.3f,"
           "\"limit_seconds\":%.3f,\"limit_cpu_seconds\":%.3f,\"slice_ms_max\":%.1f,"
           "\"slice_cpu_ms_max\":%.1f,\"peak_rss_kb\":%ld,\"batch\":%u,\"cache_kib\":%u,"
           "\"feed\":%s}\n",
           events, used.wall, (double)events / used.wall, used.cpu, (double)events / used.cpu,
           used.queued, limit.wall, limit.cpu, longest.wall * 1e3, longest.cpu * 1e3, peak,
           settings->batch, settings->cache_kib, settings->feed ? "true" : "false");
}

/* Made-up events and their segments; the folder stays. */
static void
prepare(const settings_t *settings, char **ret_folder, fold_load_t *ret_ids)
{
    fold_world_t *world = fold_world_new();
    *ret_ids = fold_load_make(world, settings->events, settings->communes);
    const fold_way_t way = {.seed = 1, .per_segment = 250};
    fold_run_t run;
    fold_run_prepare_custody(&run, world, &way);
    *ret_folder = fold_run_leave(&run);
    fold_world_free(&world);
}

/* What the other half of this program needs to know. */
typedef struct handed_over {
    settings_t settings;
    fold_load_t ids;
    char folder[512];
} handed_over_t;

static int
run_prepared(const char *path)
{
    handed_over_t from;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(&from, sizeof from, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    fold_run_t run;
    fold_way_t way = {.batch = from.settings.batch, .feed = from.settings.feed};
    fold_run_return(&run, from.folder, &way);
    run.fold_options.cache_children = 0; /* as many as an office keeps */
    run.ledger_options.cache_kib = from.settings.cache_kib;
    measure(&run, &from.settings, &from.ids);
    fold_run_end(&run);
    return 0;
}

/* Folding runs in a program started anew, so that the memory of the made-up events is not counted.
 */
int
main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--prepared") == 0) {
        return run_prepared(argv[2]);
    }
    handed_over_t to;
    memset(&to, 0, sizeof to);
    to.settings = (settings_t){
        .events = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000,
        .communes = argc > 2 ? strtoul(argv[2], NULL, 10) : 12,
        .batch = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : BATCH,
        .cache_kib = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : CACHE_KIB,
        .feed = argc > 5 && strtoul(argv[5], NULL, 10) != 0,
    };
    char *folder = NULL;
    prepare(&to.settings, &folder, &to.ids);
    (void)snprintf(to.folder, sizeof to.folder, "%s", folder);
    char *path = ts_tempdir_path(folder, "prepared");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(&to, sizeof to, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    (void)execl("/proc/self/exe", "bench_fold", "--prepared", path, (char *)NULL);
    perror("bench_fold");
    return 1;
}
