/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the main.c of every daemon shares: options, language, configuration.
 *
 *     int exit_code = ts_opts_start(&spec, argc, argv, &opts, &conf);
 *     if (exit_code != TS_OPTS_GO) {
 *         return exit_code;
 *     }
 *
 *   -f, --config FILE   configuration file; default /etc/tiepsuc/<service>.conf
 *   -n, --check         read it, say whether it is good, exit; -nv prints the complete
 * configuration -v, --verbose       with -n only -T, --trace AREAS   areas to follow, in place of
 * log/trace
 *       --once          one round, then exit (where the service knows it)
 *       --version, -h, --help
 * Exit codes: 0 good, 1 failed while running, 2 wrong options or configuration.
 */
#ifndef TS_SERVICES_SHARED_OPTS_H
#define TS_SERVICES_SHARED_OPTS_H

#include "conf/conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TS_OPTS_GO (-1) /* no exit: go on */
#define TS_EXIT_GOOD 0
#define TS_EXIT_FAILED 1
#define TS_EXIT_USAGE 2

/* An option of one program beside those of all; long only. */
typedef struct ts_opts_extra {
    const char *name;   /* "plan" */
    const char *word;   /* what follows, for the help: N_("CODE"); NULL: nothing follows */
    const char *help;   /* N_() */
    const char **value; /* what followed (from argv), or the name itself; else as it was */
} ts_opts_extra_t;
#define TS_OPTS_EXTRA_MAX 16u

/* What a daemon says about itself; constant. */
typedef struct ts_opts_spec {
    const char *program; /* "tiepsuc-office" */
    const char *version; /* TS_VERSION */
    const char *about;   /* one sentence, N_() */
    const char *once;    /* what --once does, N_(); NULL: the service has no --once */
    ts_conf_service_t service;
    const ts_opts_extra_t *extra; /* at most TS_OPTS_EXTRA_MAX */
    size_t extra_count;
    FILE *out; /* NULL: stdout; tests give their own */
    FILE *err; /* NULL: stderr */
} ts_opts_spec_t;

typedef struct ts_opts {
    char conf_path[TS_CONF_PATH_BYTES];
    bool check;
    bool print;
    bool once;
    char trace[TS_CONF_TRACE_BYTES]; /* "" when not given */
    bool has_trace;
} ts_opts_t;

/* Reads the options only. TS_OPTS_GO, or the exit code after help, version or an error have been
 * shown. */
int ts_opts_parse(const ts_opts_spec_t *spec, int argc, char **argv, ts_opts_t *ret_opts);

/* Reads the configuration that the options name, puts -T into log/trace, sets language and log.
 * TS_OPTS_GO, or the exit code when it is wrong (said with file, line and reason) or only was to be
 * checked. */
int ts_opts_conf(const ts_opts_spec_t *spec, const ts_opts_t *opts, ts_conf_t *ret_conf);

/* Both, with the language of the environment set first. */
int ts_opts_start(
    const ts_opts_spec_t *spec, int argc, char **argv, ts_opts_t *ret_opts, ts_conf_t *ret_conf);

#endif
