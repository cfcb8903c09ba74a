/* SPDX-License-Identifier: MPL-2.0 */
/* The items of a run and what came of each; workers, page. */
#ifndef TS_TESTS_CRASH_RUN_H
#define TS_TESTS_CRASH_RUN_H

#include "crash.h"

enum { CRASH_WHY_BYTES = 400 };

typedef enum crash_result {
    RESULT_NOT_RUN, /* not asked for in this run */
    RESULT_PASSED,
    RESULT_FAILED,
    RESULT_NOT_BUILT,
    RESULT_NOT_APPLICABLE
} crash_result_t;

/* One kind of failing call, tried at every k of one piece of work. */
typedef struct crash_calls {
    const char *name;
    ts_fault_kind_t kind;
    unsigned on;
} crash_calls_t;

/* A cell of the matrix, or (calls not NULL) a row of calls. */
typedef struct crash_item {
    const crash_point_t *point;
    crash_fault_t fault;
    const crash_calls_t *calls;
    uint64_t seed;
    crash_result_t result;
    uint64_t rounds; /* of calls: how many k */
    char why[CRASH_WHY_BYTES];
} crash_item_t;

typedef struct crash_run {
    crash_item_t *items;
    size_t count;
    uint64_t seed;
    uint64_t stride; /* of calls; 0: none are tried */
    bool loud;       /* what a worker says goes to stderr */
} crash_run_t;

/* calls.c */
const crash_calls_t *crash_call_kinds(size_t *ret_count);
/* The works whose calls are tried, each with its victim. */
const crash_point_t *crash_call_works(size_t *ret_count);
/* Every call k, with this stride; the number of rounds. `from`: where to begin. */
uint64_t crash_calls_run(lab_t *lab,
                         const crash_item_t *item,
                         uint64_t stride,
                         void (*tell)(void *, uint64_t),
                         void *ctx);

/* work.c: runs every item whose result is NOT_RUN in processes of its own: a cell that ends the
 * program is a failed cell. */
void crash_run_items(crash_run_t *run);

/* page.c */
void crash_page(const crash_run_t *run, FILE *out);

#endif
