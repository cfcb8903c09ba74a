/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: one process per data folder; the ballast takes real space and gives it back. Method: a
 * forked second process; figures of the file system.
 */
#include "store/datadir.h"
#include "support/tempdir.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int
setup(void **state)
{
    *state = ts_tempdir_make();
    return 0;
}

static int
teardown(void **state)
{
    char *folder = *state;
    ts_tempdir_remove(&folder);
    return 0;
}

/* What another process gets; its exit code tells. */
static int
open_elsewhere(const char *folder)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        ts_datadir_t *dir = NULL;
        ts_msg_t detail = {0};
        ts_err_t err = ts_datadir_open(&dir, folder, &detail);
        char number[24];
        (void)snprintf(number, sizeof number, "%ld", (long)getppid());
        bool named =
            detail.id != NULL && detail.args[1] != NULL && strcmp(detail.args[1], number) == 0;
        _exit(err == TS_ERR_OK ? 0 : err == TS_ERR_LOCKED && named ? 1 : 2);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
test_datadir_second_process_is_locked_out_and_told_by_whom(void **state)
{
    ts_datadir_t *dir = NULL;
    assert_int_equal(open_elsewhere(*state), 0);
    assert_int_equal(ts_datadir_open(&dir, *state, NULL), TS_ERR_OK);
    assert_string_equal(ts_datadir_folder(dir), *state);
    assert_int_equal(open_elsewhere(*state), 1);
    ts_datadir_destroy(&dir);
    assert_int_equal(open_elsewhere(*state), 0);
}

static void
test_datadir_absent_folder_is_notfound(void **state)
{
    char *folder = ts_tempdir_path(*state, "absent");
    ts_datadir_t *dir = NULL;
    ts_msg_t detail = {0};
    assert_int_equal(ts_datadir_open(&dir, folder, &detail), TS_ERR_NOTFOUND);
    assert_null(dir);
    assert_non_null(detail.id);
    ts_msg_free(&detail);
    free(folder);
}

static void
test_datadir_space_is_plausible(void **state)
{
    ts_datadir_t *dir = NULL;
    ts_space_t space;
    assert_int_equal(ts_datadir_open(&dir, *state, NULL), TS_ERR_OK);
    assert_int_equal(ts_datadir_space(dir, &space), TS_ERR_OK);
    assert_true(space.total_bytes > 0);
    assert_true(space.free_bytes <= space.total_bytes);
    assert_true(space.free_percent <= 100);
    assert_int_equal(space.free_percent, space.free_bytes * 100 / space.total_bytes);
    ts_datadir_destroy(&dir);
}

static void
test_datadir_ballast_takes_space_and_gives_it_back(void **state)
{
    ts_datadir_t *dir = NULL;
    ts_space_t space;
    assert_int_equal(ts_datadir_open(&dir, *state, NULL), TS_ERR_OK);
    assert_int_equal(ts_datadir_space(dir, &space), TS_ERR_OK);
    if (space.free_bytes < 8 * (uint64_t)TS_BALLAST_BYTES) {
        ts_datadir_destroy(&dir);
        skip();
    }
    assert_false(ts_datadir_ballast_there(dir));
    assert_int_equal(ts_datadir_ballast_release(dir), TS_ERR_NOTFOUND);
    assert_int_equal(ts_datadir_ballast_make(dir), TS_ERR_OK);
    assert_int_equal(ts_datadir_ballast_make(dir), TS_ERR_OK);
    assert_true(ts_datadir_ballast_there(dir));
    char *path = ts_tempdir_path(*state, "ballast");
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    assert_true((uint64_t)facts.st_blocks * 512 >= TS_BALLAST_BYTES);
    assert_int_equal(ts_datadir_ballast_release(dir), TS_ERR_OK);
    assert_false(ts_datadir_ballast_there(dir));
    free(path);
    ts_datadir_destroy(&dir);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_datadir_second_process_is_locked_out_and_told_by_whom),
        CASE(test_datadir_absent_folder_is_notfound),
        CASE(test_datadir_space_is_plausible),
        CASE(test_datadir_ballast_takes_space_and_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
