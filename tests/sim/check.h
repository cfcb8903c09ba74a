/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The invariants of the simulator: S1–S16 always, L1–L5 when the faults are over. One function
 * each, in one table with what it says and when it is asked. They judge from three things: the
 * bytes in the stores (read through the production interfaces), the bytes on the wires, and the
 * reference model (model.h) of what was typed, told and promised; never from what a node says of
 * itself alone.
 */
#ifndef TS_TESTS_SIM_CHECK_H
#define TS_TESTS_SIM_CHECK_H

#include "sim/model.h"
#include "sim/sim.h"

enum {
    CHECK_STEP = 1u,  /* after every step, for each machine that was touched in it */
    CHECK_OFTEN = 2u, /* now and then, for a machine that was touched */
    CHECK_END = 4u,   /* for every machine when all is settled */
    CHECK_ONCE = 8u   /* when the run begins, for nobody (machine SIZE_MAX) */
};

typedef struct check check_t;

typedef struct check_row {
    const char *name;
    const char *words; /* what must hold, for people */
    unsigned when;
    void (*judge)(check_t *self, size_t machine);
} check_row_t;

/* The table; *ret_count rows. */
const check_row_t *check_rows(size_t *ret_count);

typedef struct check_figures {
    uint64_t judged[32]; /* calls, by row */
    uint64_t segments;   /* looked at, over all machines */
    uint64_t claims;     /* "I hold this", seen on wires and in holdings */
    uint64_t images;     /* power cuts tried on a copy */
    double seconds;      /* processor time of all checks */
} check_figures_t;

/* Of the hooks that sim_check_hooks gave: their context is the check. */
const check_figures_t *check_figures(const check_t *self);
const model_t *check_model(const check_t *self);

#endif
