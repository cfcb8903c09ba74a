/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/run.h"

#include "base/check.h"
#include "sim/sim_p.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 64

static double
cpu_now(void)
{
    struct rusage usage;
    TS_CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6 +
           (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
}

void
run_here(const sim_options_t *options, bool watched, bool story, run_result_t *ret_result)
{
    double begin = cpu_now();
    sim_t *sim = sim_new(options);
    run_result_t result = {.whole = true};
    sim_attach_watchers(sim, watched, story);
    result.violated = !sim_run(sim);
    memcpy(result.violation, sim->violation, sizeof result.violation);
    result.trace = sim_trace(sim);
    result.figures = sim->figures;
    result.fault_count = sim->fault_count;
    for (size_t i = 0; i < sim->fault_count; i++) {
        result.fired[i] = sim->faults[i].fired;
        result.enabled[i] = sim->faults[i].enabled;
    }
    result.drawn = sim->options;
    result.machines = (uint32_t)sim->machine_count;
    sim_free(&sim);
    result.cpu_s = cpu_now() - begin;
    *ret_result = result;
}

/* ---- processes */

typedef struct child {
    pid_t pid; /* 0: free */
    int pipe;
    uint64_t seed;
    bool second;
    run_result_t first;
    run_result_t result;
    size_t got;
} child_t;

static void
begin(child_t *child, const sim_options_t *options, bool watched)
{
    int ends[2];
    TS_CHECK(pipe(ends) == 0);
    (void)fflush(NULL);
    child->pid = fork();
    TS_CHECK(child->pid >= 0);
    if (child->pid == 0) {
        run_result_t result;
        (void)close(ends[0]);
        run_here(options, watched, false, &result);
        TS_CHECK(write(ends[1], &result, sizeof result) == (ssize_t)sizeof result);
        _exit(0);
    }
    (void)close(ends[1]);
    child->pipe = ends[0];
    child->got = 0;
    child->result.whole = false;
}

/* Reads what there is; true: the process has ended. */
static bool
read_child(child_t *child)
{
    uint8_t *into = (uint8_t *)&child->result;
    ssize_t bytes = read(child->pipe, into + child->got, sizeof child->result - child->got);
    if (bytes > 0) {
        child->got += (size_t)bytes;
        if (child->got < sizeof child->result) {
            return false;
        }
    }
    int status = 0;
    (void)close(child->pipe);
    TS_CHECK(waitpid(child->pid, &status, 0) == child->pid);
    child->pid = 0;
    if (child->got < sizeof child->result) {
        child->result = (run_result_t){.violated = true};
        (void)snprintf(child->result.violation, sizeof child->result.violation,
                       "crash: the program ended with %s %d, see above",
                       WIFSIGNALED(status) ? "signal" : "code",
                       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    return true;
}

void
run_apart(const sim_options_t *options, bool watched, run_result_t *ret_result)
{
    child_t child = {.pid = 0};
    begin(&child, options, watched);
    while (!read_child(&child)) {
    }
    *ret_result = child.result;
}

/* ---- many */

static double
seconds_now(void)
{
    struct timespec now;
    TS_CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
add_up(run_totals_t *totals, const run_result_t *result, bool second, uint64_t seed)
{
    const sim_figures_t *from = &result->figures;
    totals->cpu_s += result->cpu_s;
    totals->years_run += from->office_years;
    if (second) {
        return;
    }
    totals->years += from->office_years;
    totals->figures.steps += from->steps;
    totals->figures.frames += from->frames;
    totals->figures.commands += from->commands;
    totals->figures.entries += from->entries;
    totals->figures.sessions += from->sessions;
    totals->figures.crashes += from->crashes;
    totals->figures.restores += from->restores;
    for (size_t i = 0; i < result->fault_count; i++) {
        totals->fired[i] += result->fired[i];
    }
    if (result->cpu_s > totals->slowest_s) {
        totals->slowest_s = result->cpu_s;
        totals->slowest_seed = seed;
    }
}

/* The first run of a seed ended: is a second one due? */
static bool
wants_second(const run_plan_t *plan, const child_t *child)
{
    return !plan->once && !child->second && !child->result.violated;
}

static void
judge(child_t *child)
{
    if (child->second && !child->result.violated &&
        !ts_hash_equal(&child->first.trace, &child->result.trace)) {
        child->result.violated = true;
        (void)snprintf(child->result.violation, sizeof child->result.violation,
                       "determinism: two runs of the seed differ");
    }
}

typedef struct crew {
    const run_plan_t *plan;
    void (*bad)(const sim_options_t *options, const char *violation);
    run_totals_t totals;
    child_t children[JOBS_MAX];
    uint64_t next;
    double end;
    bool all;
} crew_t;

static void
next_seed(crew_t *crew, child_t *child)
{
    sim_options_t options = crew->plan->options;
    crew->all =
        crew->all || crew->next > crew->plan->last || (crew->end > 0 && seconds_now() >= crew->end);
    if (crew->all) {
        return;
    }
    child->seed = crew->next++;
    child->second = false;
    options.seed = child->seed;
    begin(child, &options, !crew->plan->bare);
}

static void
ended(crew_t *crew, child_t *child)
{
    sim_options_t options = crew->plan->options;
    options.seed = child->seed;
    judge(child);
    add_up(&crew->totals, &child->result, child->second, child->seed);
    if (wants_second(crew->plan, child)) {
        child->first = child->result;
        child->second = true;
        begin(child, &options, !crew->plan->bare);
        return;
    }
    crew->totals.seeds++;
    if (child->result.violated) {
        crew->totals.violations++;
        crew->totals.first_bad =
            crew->totals.violations == 1 ? child->seed : crew->totals.first_bad;
        if (crew->bad != NULL) {
            crew->bad(&options, child->result.violation);
        }
    }
    next_seed(crew, child);
}

void
run_many(const run_plan_t *plan,
         void (*bad)(const sim_options_t *options, const char *violation),
         run_totals_t *ret_totals)
{
    static crew_t crew;
    crew = (crew_t){.plan = plan, .bad = bad, .next = plan->first};
    crew.end = plan->minutes > 0 ? seconds_now() + plan->minutes * 60 : 0;
    for (unsigned i = 0; i < plan->jobs; i++) {
        next_seed(&crew, &crew.children[i]);
    }
    for (;;) {
        struct pollfd waits[JOBS_MAX];
        size_t who[JOBS_MAX];
        nfds_t count = 0;
        for (size_t i = 0; i < plan->jobs; i++) {
            if (crew.children[i].pid != 0) {
                waits[count] = (struct pollfd){crew.children[i].pipe, POLLIN, 0};
                who[count++] = i;
            }
        }
        if (count == 0) {
            break;
        }
        (void)poll(waits, count, -1);
        for (nfds_t i = 0; i < count; i++) {
            if (waits[i].revents != 0 && read_child(&crew.children[who[i]])) {
                ended(&crew, &crew.children[who[i]]);
            }
        }
    }
    *ret_totals = crew.totals;
}
