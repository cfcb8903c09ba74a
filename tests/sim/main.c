/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ts_sim: runs seeds, each in a process of its own and twice; says which failed and how to see it
 * again. See README.md.
 */
#include "base/check.h"
#include "sim/check.h"
#include "sim/run.h"
#include "sim/sim_p.h"

#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct settings {
    run_plan_t plan;
    bool story;
    bool shrink;
    const char *regressions;
} settings_t;

static const char usage[] =
    "ts_sim [--seed N | --seeds A..B] [--minutes M] [--jobs N] [--once] [--bare]\n"
    "       [--faults name,name|none] [--days N] [--nodes N] [--story] [--shrink] [--trace]\n"
    "       [--ask S1,S2 | --but S1,S2] [--regressions FILE] [--list]\n"
    "Runs the simulator; see tests/sim/README.md. --list names the faults and the invariants,\n"
    "--bare leaves the model out, --ask judges these invariants alone, --but all others.\n";

/* Nodes give memory back to the system when they rest. Hundreds of them in one process that rest
 * every minute of a simulated year would do nothing else. */
int
malloc_trim(size_t pad)
{
    (void)pad;
    return 0;
}

/* ---- options */

static bool
take_flag(settings_t *settings, const char *word)
{
    if (strcmp(word, "--story") == 0) {
        settings->story = true;
    } else if (strcmp(word, "--shrink") == 0) {
        settings->shrink = true;
    } else if (strcmp(word, "--once") == 0) {
        settings->plan.once = true;
    } else if (strcmp(word, "--bare") == 0) {
        settings->plan.bare = true;
    } else if (strcmp(word, "--trace") == 0) {
        settings->plan.options.trace = true;
    } else {
        return false;
    }
    return true;
}

static bool
take_seeds(run_plan_t *plan, const char *value)
{
    char *end = NULL;
    plan->first = strtoull(value, &end, 10);
    if (end == value || strncmp(end, "..", 2) != 0) {
        return false;
    }
    plan->last = strtoull(end + 2, &end, 10);
    return *end == '\0' && plan->last >= plan->first;
}

static bool
take_number(const char *value, uint64_t *ret_number)
{
    char *end = NULL;
    *ret_number = strtoull(value, &end, 10);
    return end != value && *end == '\0';
}

/* "S1,L3": a bit for each of them. */
static bool
take_invariants(const char *value, uint64_t *ret_named)
{
    uint64_t named = 0;
    size_t count = 0;
    const check_row_t *rows = check_rows(&count);
    for (const char *at = value; *at != '\0';) {
        size_t length = strcspn(at, ",");
        size_t row = 0;
        while (row < count &&
               (strlen(rows[row].name) != length || memcmp(rows[row].name, at, length) != 0)) {
            row++;
        }
        if (row == count) {
            return false;
        }
        named |= UINT64_C(1) << row;
        at += length + (at[length] == ',');
    }
    *ret_named = named;
    return named != 0;
}

static bool
take_value(settings_t *settings, const char *word, const char *value)
{
    run_plan_t *plan = &settings->plan;
    uint64_t number = 0;
    if (strcmp(word, "--seeds") == 0) {
        return take_seeds(plan, value);
    }
    if (strcmp(word, "--minutes") == 0) {
        plan->minutes = strtod(value, NULL);
        return plan->minutes > 0;
    }
    if (strcmp(word, "--but") == 0) {
        return take_invariants(value, &plan->options.unasked);
    }
    if (strcmp(word, "--ask") == 0) {
        bool known = take_invariants(value, &number);
        plan->options.unasked = ~number;
        return known;
    }
    if (strcmp(word, "--faults") == 0) {
        plan->options.faults = value;
        return true;
    }
    if (strcmp(word, "--regressions") == 0) {
        settings->regressions = value;
        return true;
    }
    if (!take_number(value, &number)) {
        return false;
    }
    if (strcmp(word, "--seed") == 0) {
        plan->first = number;
        plan->last = number;
    } else if (strcmp(word, "--jobs") == 0 && number >= 1 && number <= 64) {
        plan->jobs = (unsigned)number;
    } else if (strcmp(word, "--days") == 0) {
        plan->options.days = (uint32_t)number;
    } else if (strcmp(word, "--nodes") == 0) {
        plan->options.nodes_max = (uint32_t)number;
    } else {
        return false;
    }
    return true;
}

static bool
read_words(settings_t *settings, int count, char **words)
{
    for (int i = 0; i < count; i++) {
        if (take_flag(settings, words[i])) {
            continue;
        }
        if (i + 1 == count || !take_value(settings, words[i], words[i + 1])) {
            fprintf(stderr, "ts_sim: “%s” is not understood\n%s", words[i], usage);
            return false;
        }
        i++;
    }
    return true;
}

/* ---- what it says */

static void
print_replay(const sim_options_t *options)
{
    printf("  again: ts_sim --seed %llu", (unsigned long long)options->seed);
    if (options->faults != NULL) {
        printf(" --faults %s", options->faults);
    }
    if (options->days > 0) {
        printf(" --days %u", (unsigned)options->days);
    }
    if (options->nodes_max > 0) {
        printf(" --nodes %u", (unsigned)options->nodes_max);
    }
    printf(" --once --story\n");
}

static void
say_bad(const sim_options_t *options, const char *violation)
{
    printf("seed %llu: %s\n", (unsigned long long)options->seed, violation);
    print_replay(options);
    (void)fflush(stdout);
}

static void
print_json(const run_totals_t *totals)
{
    double minutes = totals->cpu_s > 0 ? totals->cpu_s / 60 : 1;
    printf("{\"proof\": \"simulator\", \"seeds\": %llu, \"office_years\": %.1f, "
           "\"office_years_per_minute\": %.0f, \"office_years_run\": %.1f, \"cpu_s\": %.1f, ",
           (unsigned long long)totals->seeds, totals->years, totals->years_run / minutes,
           totals->years_run, totals->cpu_s);
    printf(
        "\"steps\": %llu, \"frames\": %llu, \"commands\": %llu, \"entries\": %llu, "
        "\"sessions\": %llu, \"crashes\": %llu, \"restores\": %llu, \"slowest_s\": %.1f, "
        "\"slowest_seed\": %llu, \"faults\": {",
        (unsigned long long)totals->figures.steps, (unsigned long long)totals->figures.frames,
        (unsigned long long)totals->figures.commands, (unsigned long long)totals->figures.entries,
        (unsigned long long)totals->figures.sessions, (unsigned long long)totals->figures.crashes,
        (unsigned long long)totals->figures.restores, totals->slowest_s,
        (unsigned long long)totals->slowest_seed);
    for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
        printf("%s\"%s\": %llu", i == 0 ? "" : ", ", sim_fault_name((sim_fault_kind_t)i),
               (unsigned long long)totals->fired[i]);
    }
    printf("}, \"violations\": %llu}\n", (unsigned long long)totals->violations);
}

/* ---- shrinking */

/* Same kind of violation: its first word. */
static bool
still_fails(const sim_options_t *options, const char *violation)
{
    run_result_t result;
    size_t word = strcspn(violation, " :");
    run_apart(options, true, &result);
    return result.violated && strncmp(result.violation, violation, word) == 0;
}

static void
join_names(const bool *enabled, char *out, size_t bytes)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
        if (enabled[i]) {
            int length = snprintf(out + used, bytes - used, "%s%s", used == 0 ? "" : ",",
                                  sim_fault_name((sim_fault_kind_t)i));
            used += (size_t)length;
        }
    }
    if (used == 0) {
        (void)snprintf(out, bytes, "none");
    }
}

static void
shrink_faults(
    sim_options_t *options, bool *enabled, const char *violation, char *names, size_t bytes)
{
    for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
        if (!enabled[i]) {
            continue;
        }
        enabled[i] = false;
        join_names(enabled, names, bytes);
        options->faults = names;
        if (!still_fails(options, violation)) {
            enabled[i] = true;
            join_names(enabled, names, bytes);
        }
    }
}

static int
shrink(sim_options_t *options)
{
    static char names[4096];
    run_result_t result;
    run_apart(options, true, &result);
    if (!result.violated) {
        printf("seed %llu does not fail\n", (unsigned long long)options->seed);
        return 0;
    }
    printf("seed %llu: %s\n", (unsigned long long)options->seed, result.violation);
    if (result.whole) {
        shrink_faults(options, result.enabled, result.violation, names, sizeof names);
        for (uint32_t days = result.drawn.days / 2; days >= 2; days /= 2) {
            sim_options_t shorter = *options;
            shorter.days = days;
            if (!still_fails(&shorter, result.violation)) {
                break;
            }
            *options = shorter;
        }
        for (uint32_t nodes = result.machines / 2; nodes >= 3; nodes /= 2) {
            sim_options_t smaller = *options;
            smaller.nodes_max = nodes;
            if (!still_fails(&smaller, result.violation)) {
                break;
            }
            *options = smaller;
        }
    }
    print_replay(options);
    return 1;
}

/* ---- kept seeds */

/* A line: options as on the command line, then "#" and what it found. */
static int
run_regressions(const char *path)
{
    char line[4096];
    unsigned lines = 0;
    unsigned failed = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fprintf(stderr, "ts_sim: %s cannot be read\n", path);
        return 2;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        char *words[32];
        int count = 0;
        settings_t settings = {.plan = {.jobs = 1}};
        line[strcspn(line, "#\n")] = '\0';
        char *place = NULL;
        for (char *word = strtok_r(line, " ", &place); word != NULL && count < 32;
             word = strtok_r(NULL, " ", &place)) {
            words[count++] = word;
        }
        if (count == 0) {
            continue;
        }
        if (!read_words(&settings, count, words)) {
            (void)fclose(file);
            return 2;
        }
        run_totals_t totals;
        run_many(&settings.plan, say_bad, &totals);
        lines++;
        failed += totals.violations > 0;
    }
    (void)fclose(file);
    printf("{\"proof\": \"simulator regressions\", \"seeds\": %u, \"violations\": %u}\n", lines,
           failed);
    return failed > 0;
}

static void
list_all(void)
{
    size_t count = 0;
    const check_row_t *rows = check_rows(&count);
    for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
        printf("%-20s %s\n", sim_fault_name((sim_fault_kind_t)i),
               sim_fault_meaning((sim_fault_kind_t)i));
    }
    for (size_t i = 0; i < count; i++) {
        printf("%-20s %s\n", rows[i].name, rows[i].words);
    }
}

int
main(int count, char **words)
{
    settings_t settings = {.plan = {.first = 1, .last = UINT64_MAX, .jobs = 1}};
    /* One thread: no locks; and what is freed is kept for the next minute. */
    TS_CHECK(sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK);
    TS_CHECK(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
    (void)mallopt(M_TOP_PAD, 16 << 20);
    (void)mallopt(M_MMAP_THRESHOLD, 64 << 20);
    if (count == 2 && strcmp(words[1], "--list") == 0) {
        list_all();
        return 0;
    }
    if (count < 2 || !read_words(&settings, count - 1, words + 1)) {
        fputs(count < 2 ? usage : "", stderr);
        return 2;
    }
    if (settings.regressions != NULL) {
        return run_regressions(settings.regressions);
    }
    settings.plan.options.seed = settings.plan.first;
    if (settings.shrink) {
        return shrink(&settings.plan.options);
    }
    if (settings.story) {
        run_result_t result;
        run_here(&settings.plan.options, !settings.plan.bare, true, &result);
        printf("%s\n", result.violated ? result.violation : "Nothing was broken.");
        return result.violated;
    }
    run_totals_t totals;
    run_many(&settings.plan, say_bad, &totals);
    print_json(&totals);
    return totals.violations > 0;
}
