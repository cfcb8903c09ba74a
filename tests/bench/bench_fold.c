/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How fast sealed segments become a ledger, and what of it is SQLite: the same events' bytes into
 * one plain table with the same commits. Then how long the figures of a yearly report take. One
 * JSON line each. Usage: bench_fold [events [communes [batch [cache_kib [feed]]]]]
 */
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

#define SLICE 100000u

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

/* Of this process, user and system: says what an idle machine would need. */
static double
cpu_now(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void
run_sql(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
        exit(1);
    }
}

/* The limit: one row per event with as many bytes, in commits of the same size. */
static double
plain_inserts(const fold_run_t *run, const settings_t *settings, size_t events, size_t bytes)
{
    char *path = ts_tempdir_path(run->folder, "plain.sqlite");
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    static char body[4096];
    (void)sqlite3_open(path, &db);
    run_sql(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                "CREATE TABLE plain (id INTEGER PRIMARY KEY, body BLOB)");
    (void)sqlite3_prepare_v2(db, "INSERT INTO plain (body) VALUES (?1)", -1, &stmt, NULL);
    double start = bench_now();
    for (size_t i = 0; i < events; i++) {
        if (i % settings->batch == 0) {
            run_sql(db, i == 0 ? "BEGIN" : "COMMIT; BEGIN");
        }
        (void)sqlite3_bind_blob(stmt, 1, body, (int)(bytes / events), SQLITE_STATIC);
        (void)sqlite3_step(stmt);
        (void)sqlite3_reset(stmt);
    }
    run_sql(db, "COMMIT");
    double seconds = bench_now() - start;
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
    free(path);
    return seconds;
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

static size_t
fold_all(fold_run_t *run)
{
    bool more = true;
    while (more) {
        assert_int_equal(ts_fold_slice(run->fold, SLICE, &more), TS_ERR_OK);
    }
    assert_int_equal(ts_fold_settle(run->fold), TS_ERR_OK);
    ts_ledger_counts_t counts;
    assert_int_equal(ts_ledger_counts(run->ledger, &counts), TS_ERR_OK);
    assert_int_equal(counts.parked + counts.pending, 0);
    return (size_t)counts.events;
}

static void
measure(fold_run_t *run, const settings_t *settings, const fold_load_t *ids, size_t bytes)
{
    double start = bench_now();
    double cpu_start = cpu_now();
    assert_int_equal(fold_run_open(run), TS_ERR_OK);
    size_t events = fold_all(run);
    double seconds = bench_now() - start;
    double cpu = cpu_now() - cpu_start;
    long peak = rss_kb();
    ts_fold_trim(run->fold);
    cpu_start = cpu_now();
    double limit = plain_inserts(run, settings, events, bytes);
    double limit_cpu = cpu_now() - cpu_start;
    printf("{\"bench\":\"fold\",\"events\":%zu,\"seconds\":%.3f,\"events_per_s\":%.0f,"
           "\"cpu_seconds\":%.3f,\"rss_kb\":%ld,\"limit_seconds\":%.3f,"
           "\"limit_cpu_seconds\":%.3f,\"batch\":%u,"
           "\"cache_kib\":%u,\"feed\":%s}\n",
           events, seconds, (double)events / seconds, cpu, peak, limit, limit_cpu, settings->batch,
           settings->cache_kib, settings->feed ? "true" : "false");
    report_figures(run, ids, events);
    fold_run_close(run);
}

/* Made-up events and their segments; the folder stays. */
static void
prepare(const settings_t *settings, char **ret_folder, fold_load_t *ret_ids, size_t *ret_bytes)
{
    fold_world_t *world = fold_world_new();
    *ret_ids = fold_load_make(world, settings->events, settings->communes);
    *ret_bytes = fold_world_bytes(world);
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
    size_t bytes;
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
    size_t children = from.settings.communes * 1000;
    run.fold_options.cache_children = children > 65536 ? 65536 : (uint32_t)children;
    run.ledger_options.cache_kib = from.settings.cache_kib;
    measure(&run, &from.settings, &from.ids, from.bytes);
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
        .batch = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 16384,
        .cache_kib = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 8192,
        .feed = argc > 5 && strtoul(argv[5], NULL, 10) != 0,
    };
    char *folder = NULL;
    prepare(&to.settings, &folder, &to.ids, &to.bytes);
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
