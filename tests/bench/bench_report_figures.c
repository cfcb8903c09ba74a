/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How long a yearly report of a province takes over a ledger of so many events: rows from the
 * ledger, figures, canonical text with its digest, tables. Goal: figures in 0.2 s over a million
 * events. One JSON line. Usage: bench_report_figures [events [communes]]
 */
#include "bench/bench.h"
#include "bench/fold_load.h"
#include "core/kind.h"
#include "core/report_tables.h"
#include "crypto/hash.h"
#include "node/report_gather.h"
#include "support/tempdir.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

#define SLICE 100000u
#define ROUNDS 5

static void
fold_all(fold_run_t *run)
{
    bool more = true;
    assert_int_equal(fold_run_open(run), TS_ERR_OK);
    while (more) {
        assert_int_equal(ts_fold_slice(run->fold, SLICE, &more), TS_ERR_OK);
    }
    assert_int_equal(ts_fold_settle(run->fold), TS_ERR_OK);
}

typedef struct times {
    double gather;  /* rows and figures */
    double longest; /* slice of it */
    double text;
    double tables;
    size_t figures;
    size_t bytes;
} times_t;

static times_t
measure(ts_node_t *node, const ts_report_question_t *question)
{
    times_t times = {0};
    double start = bench_now();
    ts_gather_t *gather = ts_gather_new(node, question);
    bool done = false;
    while (!done) {
        double slice = bench_now();
        assert_int_equal(ts_gather_step(gather, &done), TS_ERR_OK);
        slice = bench_now() - slice;
        times.longest = slice > times.longest ? slice : times.longest;
    }
    times.gather = bench_now() - start;
    const ts_report_t *report = ts_gather_report(gather);
    times.figures = ts_report_count(report);
    start = bench_now();
    ts_buf_t text = {0};
    ts_report_put_text(report, &text);
    (void)ts_hash_of(text.data, text.length);
    times.text = bench_now() - start;
    times.bytes = text.length;
    ts_buf_free(&text);
    start = bench_now();
    ts_reply_t reply = {.done = false};
    ts_report_put_tables(report, NULL, &reply);
    times.tables = bench_now() - start;
    ts_reply_free(&reply);
    ts_gather_destroy(&gather);
    return times;
}

int
main(int argc, char **argv)
{
    size_t events = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    size_t communes = argc > 2 ? strtoul(argv[2], NULL, 10) : 12;
    fold_world_t *world = fold_world_new();
    fold_load_t ids = fold_load_make(world, events, communes);
    const fold_way_t way = {.seed = 1, .per_segment = 250, .batch = 16384};
    fold_run_t run;
    fold_run_prepare_custody(&run, world, &way);
    fold_world_free(&world);
    run.fold_options.cache_children = (uint32_t)communes * 1000;
    run.ledger_options.cache_kib = 8192;
    fold_all(&run);
    ts_node_t *node = calloc(1, sizeof *node);
    assert_non_null(node);
    node->ledger = run.ledger;
    node->fold = run.fold;
    node->identity.role = TS_OFFICE_PROVINCE;
    node->wall.ms = INT64_C(1576000000000);
    const ts_report_question_t question = {
        .plan = ids.plan, .period = ids.periods[1], .alone = true};
    times_t best = {.gather = 1e9};
    for (int round = 0; round < ROUNDS; round++) {
        times_t times = measure(node, &question);
        best = times.gather < best.gather ? times : best;
    }
    printf("{\"bench\":\"report\",\"events\":%zu,\"seconds\":%.4f,\"slice_seconds_max\":%.4f,"
           "\"text_seconds\":%.4f,\"tables_seconds\":%.4f,\"figures\":%zu,\"text_bytes\":%zu}\n",
           events, best.gather, best.longest, best.text, best.tables, best.figures, best.bytes);
    free(node);
    fold_run_close(&run);
    fold_run_end(&run);
    return 0;
}
