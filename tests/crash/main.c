/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ts_crash [--cell POINT[,COLUMN]] [--seed N] [--page FILE] [--calls STRIDE] [--no-cells] [--loud]
 * Runs the crash matrix, or one row or cell of it; with --calls also every STRIDE-th call of every
 * work. Prints what failed, then one line of JSON. Exit code 0: everything that was run passed.
 */
#include "base/xalloc.h"
#include "run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct wanted {
    char point[24]; /* empty: all */
    int column;     /* 0: all */
    bool cells;
    uint64_t seed; /* 0: each cell its own */
    const char *page;
} wanted_t;

static void
add_cell(
    crash_run_t *run, const crash_point_t *point, size_t index, int fault, const wanted_t *want)
{
    crash_item_t *item = &run->items[run->count++];
    *item = (crash_item_t){.point = point, .fault = (crash_fault_t)fault, .result = RESULT_NOT_RUN};
    item->seed = want->seed != 0 ? want->seed : 1000 + index * CRASH_FAULT_COUNT + (size_t)fault;
    bool asked = want->cells && (want->point[0] == '\0' || strcmp(want->point, point->id) == 0) &&
                 (want->column == 0 || want->column == fault + 1);
    if (point->state == POINT_NOT_BUILT) {
        item->result = RESULT_NOT_BUILT;
    } else if (point->state == POINT_NOT_APPLICABLE ||
               (point->no_image != NULL && item->fault == CRASH_IMAGE)) {
        item->result = RESULT_NOT_APPLICABLE;
    } else if (!asked) {
        item->result = RESULT_NOT_APPLICABLE; /* set back below: not of this run */
        item->rounds = UINT64_MAX;
    }
}

static void
add_items(crash_run_t *run, const wanted_t *want)
{
    size_t points = 0;
    size_t kinds = 0;
    size_t works = 0;
    const crash_point_t *point = crash_points(&points);
    const crash_calls_t *kind = crash_call_kinds(&kinds);
    const crash_point_t *work = crash_call_works(&works);
    run->items = ts_xcalloc(points * CRASH_FAULT_COUNT + kinds * works, sizeof *run->items);
    for (size_t i = 0; i < points; i++) {
        for (int j = 0; j < CRASH_FAULT_COUNT; j++) {
            add_cell(run, &point[i], i, j, want);
        }
    }
    for (size_t i = 0; run->stride > 0 && i < works; i++) {
        for (size_t j = 0; j < kinds; j++) {
            if (want->point[0] == '\0' || strcmp(want->point, work[i].id) == 0) {
                run->items[run->count++] = (crash_item_t){.point = &work[i],
                                                          .calls = &kind[j],
                                                          .seed = 5000 + 100 * i + j,
                                                          .result = RESULT_NOT_RUN};
            }
        }
    }
}

/* Cells that this run leaves out are not "not applicable". */
static void
name_left_out(crash_run_t *run)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->items[i].rounds == UINT64_MAX) {
            run->items[i].rounds = 0;
            run->items[i].result = RESULT_NOT_RUN;
        }
    }
}

static int
report(const crash_run_t *run, double seconds)
{
    uint64_t cells[RESULT_NOT_APPLICABLE + 1] = {0};
    uint64_t rows[RESULT_NOT_APPLICABLE + 1] = {0};
    uint64_t rounds = 0;
    for (size_t i = 0; i < run->count; i++) {
        const crash_item_t *item = &run->items[i];
        (item->calls == NULL ? cells : rows)[item->result]++;
        rounds += item->calls != NULL ? item->rounds : 0;
    }
    printf("{\"proof\": \"crash\", \"cells\": %" PRIu64 ", \"passed\": %" PRIu64
           ", \"failed\": %" PRIu64 ", \"not_applicable\": %" PRIu64 ", \"not_built\": %" PRIu64
           ", \"not_run\": %" PRIu64 ", \"call_rows\": %" PRIu64 ", \"call_rows_passed\": %" PRIu64
           ", \"calls\": %" PRIu64 ", \"seconds\": %.1f}\n",
           cells[0] + cells[1] + cells[2] + cells[3] + cells[4], cells[RESULT_PASSED],
           cells[RESULT_FAILED], cells[RESULT_NOT_APPLICABLE], cells[RESULT_NOT_BUILT],
           cells[RESULT_NOT_RUN], rows[RESULT_PASSED] + rows[RESULT_FAILED], rows[RESULT_PASSED],
           rounds, seconds);
    return cells[RESULT_FAILED] + rows[RESULT_FAILED] == 0 ? 0 : 1;
}

static int
usage(void)
{
    fprintf(stderr, "ts_crash [--cell POINT[,COLUMN]] [--seed N] [--page FILE] [--calls STRIDE] "
                    "[--no-cells] [--loud]\n");
    return 2;
}

static bool
parse(int count, char **words, wanted_t *want, crash_run_t *run)
{
    for (int i = 1; i < count; i++) {
        const char *next = i + 1 < count ? words[i + 1] : NULL;
        if (strcmp(words[i], "--loud") == 0) {
            run->loud = true;
        } else if (strcmp(words[i], "--no-cells") == 0) {
            want->cells = false;
        } else if (next == NULL) {
            return false;
        } else if (strcmp(words[i], "--cell") == 0) {
            const char *comma = strchr(next, ',');
            size_t length = comma == NULL ? strlen(next) : (size_t)(comma - next);
            (void)snprintf(want->point, sizeof want->point, "%.*s", (int)length, next);
            want->column = comma == NULL ? 0 : (int)strtol(comma + 1, NULL, 10);
            i++;
        } else if (strcmp(words[i], "--seed") == 0) {
            want->seed = strtoull(next, NULL, 10);
            i++;
        } else if (strcmp(words[i], "--page") == 0) {
            want->page = next;
            i++;
        } else if (strcmp(words[i], "--calls") == 0) {
            run->stride = strtoull(next, NULL, 10);
            i++;
        } else {
            return false;
        }
    }
    return true;
}

int
main(int count, char **words)
{
    wanted_t want = {.cells = true};
    crash_run_t run = {.seed = 9};
    struct timespec from;
    struct timespec to;
    if (!parse(count, words, &want, &run)) {
        return usage();
    }
    add_items(&run, &want);
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    crash_run_items(&run);
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    name_left_out(&run);
    if (want.page != NULL) {
        FILE *page = fopen(want.page, "w");
        if (page == NULL) {
            fprintf(stderr, "%s cannot be written\n", want.page);
            return 2;
        }
        crash_page(&run, page);
        (void)fclose(page);
    }
    int code =
        report(&run, (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
    ts_xfree(run.items);
    return code;
}
