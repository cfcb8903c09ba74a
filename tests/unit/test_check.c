/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a failed check stops the process and names its place, in every build; a true one costs
 * nothing else. Method: a child process for each, its stderr read through a pipe.
 */
#include "base/check.h"
#include "base/id.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "support/test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `body` in a child; returns its wait status and what it wrote to stderr. */
static int
run_child(void (*body)(void), char *out, size_t bytes)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        /* cmocka's own handler would turn the abort into a failed test of the child. */
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        body();
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    while ((got = read(ends[0], out + length, bytes - 1 - length)) > 0) {
        length += (size_t)got;
    }
    out[length] = '\0';
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void
fail_here(void)
{
    int one = 1;
    TS_CHECK(one == 2);
}

static void
pass_here(void)
{
    int calls = 0;
    TS_CHECK(++calls == 1);
    TS_CHECK(calls == 1);
}

static void
ask_for_too_much(void)
{
    ts_xfree(ts_xcalloc(SIZE_MAX / 2, 4));
}

static void
make_id_of_no_office(void)
{
    (void)ts_record_id(0, 0, 0);
}

static void
make_map_of_long_keys(void)
{
    ts_map_t *map = ts_map_new(129, 0);
    ts_map_destroy(&map);
}

static void
test_check_failed_aborts_and_names_its_place(void **state)
{
    char out[4096];
    int status = run_child(fail_here, out, sizeof out);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_non_null(strstr(out, "check failed at "));
    assert_non_null(strstr(out, "test_check.c:"));
    assert_non_null(strstr(out, "one == 2"));
}

static void
test_check_true_evaluates_once_and_goes_on(void **state)
{
    char out[4096];
    int status = run_child(pass_here, out, sizeof out);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_string_equal(out, "");
}

static void
test_check_guards_of_base_abort(void **state)
{
    void (*const bodies[])(void) = {ask_for_too_much, make_id_of_no_office, make_map_of_long_keys};
    for (size_t i = 0; i < TS_COUNT(bodies); i++) {
        char out[4096];
        int status = run_child(bodies[i], out, sizeof out);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGABRT);
        assert_non_null(strstr(out, "check failed at "));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_failed_aborts_and_names_its_place),
        cmocka_unit_test(test_check_true_evaluates_once_and_goes_on),
        cmocka_unit_test(test_check_guards_of_base_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
