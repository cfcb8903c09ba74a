/* SPDX-License-Identifier: MPL-2.0 */
/* Seeds in processes of their own: what a crash of one must not take along. Used by main.c. */
#ifndef TS_TESTS_SIM_RUN_H
#define TS_TESTS_SIM_RUN_H

#include "sim/sim.h"

typedef struct run_result {
    bool whole; /* the process came to its end */
    bool violated;
    char violation[512];
    ts_hash_t trace;
    sim_figures_t figures;
    uint64_t fired[SIM_FAULTS_MAX];
    bool enabled[SIM_FAULTS_MAX];
    size_t fault_count;
    sim_options_t drawn; /* with what was drawn filled in */
    uint32_t machines;
    double cpu_s;
} run_result_t;

/* In this process; `watched`: with model and invariants; `story`: with the narrator. */
void run_here(const sim_options_t *options, bool watched, bool story, run_result_t *ret_result);
/* One after the other in a process of its own. */
void run_apart(const sim_options_t *options, bool watched, run_result_t *ret_result);

typedef struct run_plan {
    sim_options_t options; /* seed left out */
    uint64_t first;
    uint64_t last;
    double minutes; /* no new seed after that; 0 = never mind */
    unsigned jobs;
    bool once; /* each seed is run once, not twice */
    bool bare; /* without model and invariants: what the engine alone costs */
} run_plan_t;

typedef struct run_totals {
    uint64_t seeds;
    uint64_t violations;
    uint64_t first_bad; /* seed */
    double cpu_s;       /* of all processes */
    double years;       /* of first runs */
    double years_run;   /* of all runs */
    sim_figures_t figures;
    uint64_t fired[SIM_FAULTS_MAX];
    double slowest_s;
    uint64_t slowest_seed;
} run_totals_t;

/* `bad` is called for every seed that failed; NULL: nobody listens. */
void run_many(const run_plan_t *plan,
              void (*bad)(const sim_options_t *options, const char *violation),
              run_totals_t *ret_totals);

#endif
