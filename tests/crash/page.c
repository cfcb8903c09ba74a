/* SPDX-License-Identifier: MPL-2.0 */
/* The matrix as a page: one row per point, one column per fault, the seed in the cell. */
#include "base/check.h"
#include "run.h"

#include <inttypes.h>

/* Every point has all its cells. */
static const crash_item_t *
find(const crash_run_t *run, const crash_point_t *point, crash_fault_t fault)
{
    size_t i = 0;
    while (i < run->count && (run->items[i].calls != NULL || run->items[i].point != point ||
                              run->items[i].fault != fault)) {
        i++;
    }
    TS_CHECK(i < run->count);
    return &run->items[i];
}

static void
put_cell(FILE *out, const crash_item_t *item)
{
    switch (item->result) {
    case RESULT_PASSED:
        fprintf(out, " ✓ %" PRIu64 " |", item->seed);
        return;
    case RESULT_FAILED:
        fprintf(out, " **✗ %" PRIu64 "** |", item->seed);
        return;
    case RESULT_NOT_BUILT:
        fprintf(out, " not built |");
        return;
    case RESULT_NOT_APPLICABLE:
        fprintf(out, " n/a |");
        return;
    case RESULT_NOT_RUN:
        fprintf(out, " not run |");
        return;
    }
}

static void
put_matrix(const crash_run_t *run, FILE *out)
{
    size_t count = 0;
    const crash_point_t *points = crash_points(&count);
    fprintf(out, "| # | point |");
    for (int i = 0; i < CRASH_FAULT_COUNT; i++) {
        fprintf(out, " %s |", crash_fault_title((crash_fault_t)i));
    }
    fprintf(out, "\n|---|---|");
    for (int i = 0; i < CRASH_FAULT_COUNT; i++) {
        fprintf(out, "---|");
    }
    fprintf(out, "\n");
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "| %s | %s |", points[i].id, points[i].what);
        for (int j = 0; j < CRASH_FAULT_COUNT; j++) {
            put_cell(out, find(run, &points[i], (crash_fault_t)j));
        }
        fprintf(out, "\n");
    }
}

static void
put_reasons(const crash_run_t *run, FILE *out)
{
    size_t count = 0;
    const crash_point_t *points = crash_points(&count);
    fprintf(out, "\nNot run, and why:\n\n");
    for (size_t i = 0; i < count; i++) {
        if (points[i].state != POINT_RUN) {
            fprintf(out, "- %s (%s): %s%s\n", points[i].id, points[i].what,
                    points[i].state == POINT_NOT_BUILT ? "not run yet, counts as not passed: "
                                                       : "not applicable: ",
                    points[i].why);
        }
        if (points[i].no_image != NULL) {
            fprintf(out, "- %s × %s: not applicable: %s\n", points[i].id,
                    crash_fault_title(CRASH_IMAGE), points[i].no_image);
        }
    }
    for (size_t i = 0; i < run->count; i++) {
        if (run->items[i].result == RESULT_FAILED) {
            fprintf(out, "- **failed**, %s × %s, seed %" PRIu64 ": %s\n", run->items[i].point->id,
                    run->items[i].calls != NULL ? run->items[i].calls->name
                                                : crash_fault_title(run->items[i].fault),
                    run->items[i].seed, run->items[i].why);
        }
    }
}

static void
put_calls(const crash_run_t *run, FILE *out)
{
    fprintf(out,
            "\n## Every call\n\nThe same work with the k-th call failing, k = 1, %" PRIu64
            ", …; the number of rounds in which it happened.\n\n"
            "| work | failure | rounds | |\n|---|---|---|---|\n",
            1 + run->stride);
    for (size_t i = 0; i < run->count; i++) {
        const crash_item_t *item = &run->items[i];
        if (item->calls != NULL) {
            fprintf(out, "| %s | %s | %" PRIu64 " |", item->point->id, item->calls->name,
                    item->rounds);
            fprintf(out, item->result == RESULT_PASSED   ? " ✓ |\n"
                         : item->result == RESULT_FAILED ? " **✗** |\n"
                                                         : " not run |\n");
        }
    }
}

void
crash_page(const crash_run_t *run, FILE *out)
{
    fprintf(out, "# Crash matrix\n\nMade by `ts_crash --page`; one cell again: "
                 "`ts_crash --cell <point>,<column> --seed <seed>`. In a cell: the seed.\n\n");
    for (int i = 0; i < CRASH_FAULT_COUNT; i++) {
        fprintf(out, "- column %d, %s: %s\n", i + 1, crash_fault_title((crash_fault_t)i),
                crash_fault_meaning((crash_fault_t)i));
    }
    fprintf(out, "\n");
    put_matrix(run, out);
    put_reasons(run, out);
    if (run->stride > 0) {
        put_calls(run, out);
    }
}
