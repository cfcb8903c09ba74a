/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: options are read as the header says; a wrong one or a wrong configuration ends with 2 and
 * says why. Method: calls by table, with what is shown caught in memory; configurations of
 * tests/conf.
 */
#include "shared/log.h"
#include "shared/opts.h"
#include "shared/say.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#define ARGS_MAX 8
#define GOOD TS_TEST_SOURCE_DIR "/tests/conf/office_full.in"
#define GOOD_PRINT TS_TEST_SOURCE_DIR "/tests/conf/office_full.ok"
#define QUIET TS_TEST_SOURCE_DIR "/tests/conf/office_sections_twice.in" /* log/level = warn */
#define BAD TS_TEST_SOURCE_DIR "/tests/conf/office_bool.in"

static ts_opts_spec_t spec;
static char *out_text;
static char *err_text;
static size_t out_bytes;
static size_t err_bytes;

static int
set_up_all(void **state)
{
    /* No catalogue: the sentences are shown in English. */
    if (setenv("LANGUAGE", "en", 1) != 0) {
        return -1;
    }
    ts_say_init(TS_CONF_LANGUAGE_AUTO, "/nonexistent");
    return 0;
}

static int
set_up(void **state)
{
    spec = (ts_opts_spec_t){
        .program = "tiepsuc-office",
        .version = "1.2.3",
        .about = N_("Keeps the records of an office."),
        .once = N_("one sync round"),
        .service = TS_CONF_OFFICE,
        .out = open_memstream(&out_text, &out_bytes),
        .err = open_memstream(&err_text, &err_bytes),
    };
    return spec.out == NULL || spec.err == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
    (void)fclose(spec.out);
    (void)fclose(spec.err);
    free(out_text);
    free(err_text);
    return 0;
}

/* Splits "-n -f FILE" into argv, with the program's name before; `use` gets the call. */
static int
call(const char *line, ts_opts_t *opts, ts_conf_t *conf)
{
    static char copy[2048];
    static char name[] = "tiepsuc-office";
    char *argv[ARGS_MAX + 2] = {name};
    char *rest = NULL;
    int argc = 1;
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *arg = strtok_r(copy, " ", &rest); arg != NULL; arg = strtok_r(NULL, " ", &rest)) {
        assert_true(argc <= ARGS_MAX);
        argv[argc++] = arg;
    }
    int exit_code = ts_opts_parse(&spec, argc, argv, opts);
    if (exit_code == TS_OPTS_GO && conf != NULL) {
        exit_code = ts_opts_conf(&spec, opts, conf);
    }
    (void)fflush(spec.out);
    (void)fflush(spec.err);
    return exit_code;
}

static void
test_opts_nothing_gives_defaults(void **state)
{
    ts_opts_t opts;
    assert_int_equal(call("", &opts, NULL), TS_OPTS_GO);
    assert_string_equal(opts.conf_path, "/etc/tiepsuc/office.conf");
    assert_false(opts.check);
    assert_false(opts.print);
    assert_false(opts.once);
    assert_false(opts.has_trace);
}

static void
test_opts_every_option_is_taken(void **state)
{
    ts_opts_t opts;
    assert_int_equal(call("-nv -f /a.conf -T sync,store --once", &opts, NULL), TS_OPTS_GO);
    assert_string_equal(opts.conf_path, "/a.conf");
    assert_true(opts.check);
    assert_true(opts.print);
    assert_true(opts.once);
    assert_string_equal(opts.trace, "sync,store");
    assert_int_equal(call("--check --verbose --config=/b.conf --trace net", &opts, NULL),
                     TS_OPTS_GO);
    assert_string_equal(opts.conf_path, "/b.conf");
    assert_true(opts.check);
    assert_true(opts.print);
    assert_string_equal(opts.trace, "net");
}

static void
test_opts_wrong_ones_end_with_2_and_say_why(void **state)
{
    static const struct {
        const char *line;
        const char *why;
    } cases[] = {
        {"-x", "there is no option -x"},
        {"-nx", "there is no option -x"},
        {"--wrong", "there is no option --wrong"},
        {"-f", "something must follow -f"},
        {"--config", "something must follow --config"},
        {"-T sync,wrong", "-T knows only these areas: all command"},
        {"-v", "-v goes with -n only"},
        {"start", "nothing is known of “start”"},
        {"-n start", "nothing is known of “start”"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_opts_t opts;
        memset(&opts, 0x5a, sizeof opts);
        ts_opts_t before = opts;
        assert_int_equal(call(cases[i].line, &opts, NULL), TS_EXIT_USAGE);
        assert_memory_equal(&opts, &before, sizeof opts);
        if (strstr(err_text, cases[i].why) == NULL) {
            fail_msg("“%s” says: %s", cases[i].line, err_text);
        }
        assert_int_equal(out_bytes, 0);
    }
    assert_non_null(strstr(err_text, "Try “tiepsuc-office --help”."));
}

static void
test_opts_service_without_once_refuses_it(void **state)
{
    ts_opts_t opts;
    spec.once = NULL;
    assert_int_equal(call("--once", &opts, NULL), TS_EXIT_USAGE);
    assert_non_null(strstr(err_text, "there is no option --once"));
}

static void
test_opts_help_and_version_end_with_0(void **state)
{
    ts_opts_t opts;
    assert_int_equal(call("--version", &opts, NULL), TS_EXIT_GOOD);
    assert_string_equal(out_text, "tiepsuc-office 1.2.3\n");
    assert_int_equal(call("-h", &opts, NULL), TS_EXIT_GOOD);
    assert_non_null(strstr(out_text, "Keeps the records of an office."));
    assert_non_null(strstr(out_text, "one sync round"));
    assert_non_null(strstr(out_text, "/etc/tiepsuc/office.conf"));
    assert_int_equal(err_bytes, 0);
}

static void
test_opts_conf_is_read_and_trace_replaced(void **state)
{
    ts_opts_t opts;
    ts_conf_t conf;
    assert_int_equal(call("-f " GOOD, &opts, &conf), TS_OPTS_GO);
    assert_int_equal(conf.service, TS_CONF_OFFICE);
    assert_string_equal(conf.office.common.trace, "sync,store");
    assert_int_equal(conf.office.sync.ping_seconds, 60);
    assert_true(ts_log_wants(TS_LOG_DEBUG, "net_up"));
    assert_int_equal(call("-T net -f " QUIET, &opts, &conf), TS_OPTS_GO);
    assert_string_equal(conf.office.common.trace, "net");
    assert_true(ts_log_wants(TS_LOG_WARNING, "sync_late"));
    assert_false(ts_log_wants(TS_LOG_INFO, "sync_done"));
    assert_false(ts_log_wants(TS_LOG_DEBUG, "sync_step"));
    assert_true(ts_log_wants(TS_LOG_DEBUG, "net_up"));
    assert_int_equal(out_bytes + err_bytes, 0);
}

static void
test_opts_wrong_conf_ends_with_2_and_names_line(void **state)
{
    ts_opts_t opts;
    ts_conf_t conf;
    assert_int_equal(call("-f " BAD, &opts, &conf), TS_EXIT_USAGE);
    assert_string_equal(err_text,
                        "tiepsuc-office: " BAD ", line 2: sync/metered = “true” is not allowed; "
                        "yes or no is expected\n");
    assert_int_equal(call("-n -f /nonexistent/a.conf", &opts, &conf), TS_EXIT_USAGE);
    assert_non_null(strstr(err_text, "/nonexistent/a.conf: cannot be read: "));
}

static void
test_opts_check_says_good_and_ends(void **state)
{
    ts_opts_t opts;
    ts_conf_t conf;
    assert_int_equal(call("-n -f " GOOD, &opts, &conf), TS_EXIT_GOOD);
    assert_int_equal(out_bytes, 0);
    assert_string_equal(err_text, "tiepsuc-office: " GOOD ": the configuration is good\n");
}

static void
test_opts_check_verbose_prints_what_is_in_force(void **state)
{
    ts_opts_t opts;
    ts_conf_t conf;
    char expected[8192];
    assert_int_equal(call("-nv -f " GOOD, &opts, &conf), TS_EXIT_GOOD);
    FILE *file = fopen(GOOD_PRINT, "r");
    assert_non_null(file);
    size_t bytes = fread(expected, 1, sizeof expected - 1, file);
    (void)fclose(file);
    expected[bytes] = '\0';
    assert_string_equal(out_text, expected);
    assert_int_equal(err_bytes, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_opts_nothing_gives_defaults),
        CASE(test_opts_every_option_is_taken),
        CASE(test_opts_wrong_ones_end_with_2_and_say_why),
        CASE(test_opts_service_without_once_refuses_it),
        CASE(test_opts_help_and_version_end_with_0),
        CASE(test_opts_conf_is_read_and_trace_replaced),
        CASE(test_opts_wrong_conf_ends_with_2_and_names_line),
        CASE(test_opts_check_says_good_and_ends),
        CASE(test_opts_check_verbose_prints_what_is_in_force),
    };
    return cmocka_run_group_tests(tests, set_up_all, NULL);
}
