/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a backup, a restore and a rebuild that are killed at any change of the disk end in nothing
 * that could be taken for whole: no backup under its final name, no folder in which the old
 * identity could start; said again they end well. Method: each runs in a process of its own that
 * ends without a word at its k-th change (files by the linker's --wrap, the database by SQLite's
 * own table of system calls), for every k.
 */
#include "crypto/hash.h"
#include "crypto/recovery.h"
#include "node/backup.h"
#include "node/node_p.h"
#include "node/provision.h"
#include "node/rebuild.h"
#include "store/custody.h"
#include "support/test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLED 9
#define PATH_BYTES 1024

static unsigned long left_until_kill; /* 0: never */

static void
change(void)
{
    if (left_until_kill > 0 && --left_until_kill == 0) {
        _exit(KILLED);
    }
}

/* ---- what our own objects call */

ssize_t __real_write(int file, const void *data, size_t bytes);
ssize_t __wrap_write(int file, const void *data, size_t bytes);
int __real_fsync(int file);
int __wrap_fsync(int file);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

ssize_t
__wrap_write(int file, const void *data, size_t bytes)
{
    change();
    return __real_write(file, data, bytes);
}

int
__wrap_fsync(int file)
{
    change();
    return __real_fsync(file);
}

int
__wrap_rename(const char *from, const char *to)
{
    change();
    return __real_rename(from, to);
}

int
__wrap_unlink(const char *path)
{
    change();
    return __real_unlink(path);
}

int
__wrap_mkdir(const char *path, mode_t mode)
{
    change();
    return __real_mkdir(path, mode);
}

int
__wrap_open(const char *path, int flags, ...)
{
    if ((flags & O_CREAT) == 0) {
        return __real_open(path, flags);
    }
    va_list args;
    va_start(args, flags);
    mode_t mode = va_arg(args, mode_t);
    va_end(args);
    change();
    return __real_open(path, flags, mode);
}

/* ---- what SQLite calls */

static ssize_t
sqlite_pwrite(int file, const void *data, size_t bytes, off_t at)
{
    change();
    return pwrite(file, data, bytes, at);
}

static int
sqlite_ftruncate(int file, off_t bytes)
{
    change();
    return ftruncate(file, bytes);
}

static void
watch_sqlite(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
    assert_non_null(vfs);
    assert_int_equal(
        vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)(void (*)(void))sqlite_pwrite),
        SQLITE_OK);
    (void)vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)(void (*)(void))sqlite_pwrite);
    (void)vfs->xSetSystemCall(vfs, "ftruncate",
                              (sqlite3_syscall_ptr)(void (*)(void))sqlite_ftruncate);
}

/* ---- the installation */

typedef struct stage {
    char *folder;
    char data[PATH_BYTES]; /* of the province */
    char kit[PATH_BYTES];
    char key[PATH_BYTES];
    char file[PATH_BYTES]; /* a whole backup */
    ts_id16_t store;
    ts_id16_t deployment;
    uint64_t arrival;
} stage_t;

static void
path_in(const stage_t *stage, char out[PATH_BYTES], const char *name)
{
    int length = snprintf(out, PATH_BYTES, "%s/%s", stage->folder, name);
    assert_true(length > 0 && length < PATH_BYTES);
}

/* A province with an empty custody: what is in it does not matter here. */
static void
found(stage_t *stage)
{
    ts_msg_t why = {0};
    ts_custody_t *custody = NULL;
    ts_provision_init_t init = {.dir = stage->data,
                                .name = "Sở Thử",
                                .unit_code = "90",
                                .unit_name = "Tỉnh Thử",
                                .body_code = "so-thu",
                                .body_name = "Sở Thử",
                                .endpoints = "tcp://127.0.0.1:7500",
                                .random = ts_random_system()};
    assert_int_equal(ts_provision_init(&init, &why), TS_ERR_OK);
    ts_identity_t identity = {0};
    assert_int_equal(ts_identity_load(stage->data, &identity, &why), TS_ERR_OK);
    stage->deployment = identity.keys.deployment;
    ts_identity_free(&identity);
    ts_custody_options_t options = {
        .folder = stage->data, .deployment = stage->deployment, .hash = ts_hash_of, .create = true};
    ts_random_bytes(ts_random_system(), options.new_store_id.b, sizeof options.new_store_id.b);
    assert_int_equal(ts_custody_open(&custody, &options, &why), TS_ERR_OK);
    stage->store = ts_custody_store_id(custody);
    char copy[PATH_BYTES];
    path_in(stage, copy, "copy.sqlite");
    assert_int_equal(ts_custody_backup(custody, copy), TS_ERR_OK);
    ts_custody_destroy(&custody);
}

static ts_err_t
make(const stage_t *stage, const char *path)
{
    char copy[PATH_BYTES];
    ts_msg_t why = {0};
    ts_backup_facts_t facts = {.office = 0};
    path_in(stage, copy, "copy.sqlite");
    ts_backup_options_t options = {.data_dir = stage->data,
                                   .copy = open(copy, O_RDONLY | O_CLOEXEC),
                                   .store = stage->store,
                                   .path = path,
                                   .now_s = 1571000000,
                                   .software = "test",
                                   .random = ts_random_system()};
    assert_true(options.copy >= 0);
    ts_err_t err = ts_backup_make(&options, &facts, &why);
    (void)close(options.copy);
    ts_msg_free(&why);
    return err;
}

static ts_err_t
check_file(const char *path)
{
    ts_msg_t why = {0};
    ts_backup_facts_t facts = {.office = 0};
    ts_backup_source_t source = {.path = path};
    ts_err_t err = ts_backup_check(&source, &facts, &why);
    ts_msg_free(&why);
    return err;
}

static ts_err_t
restore(const stage_t *stage, const char *dir)
{
    ts_msg_t why = {0};
    ts_backup_facts_t facts = {.office = 0};
    ts_restore_options_t options = {
        .source = {.path = stage->file}, .dir = dir, .random = ts_random_system()};
    ts_err_t err = ts_restore(&options, &facts, &why);
    ts_msg_free(&why);
    return err;
}

static ts_err_t
rebuild(const stage_t *stage, const char *dir)
{
    ts_msg_t why = {0};
    ts_recovery_t recovery = {.has_secret = false};
    assert_int_equal(ts_recovery_load(stage->key, &recovery, &why), TS_ERR_OK);
    ts_rebuild_options_t options = {
        .dir = dir, .kit = stage->kit, .recovery = &recovery, .random = ts_random_system()};
    ts_err_t err = ts_rebuild(&options, &why);
    ts_recovery_wipe(&recovery);
    ts_msg_free(&why);
    return err;
}

/* Runs it killed at the k-th change; true when it was. */
static bool
killed(const stage_t *stage,
       ts_err_t (*run)(const stage_t *stage, const char *path),
       const char *path,
       unsigned long k)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        watch_sqlite();
        left_until_kill = k;
        _exit(run(stage, path) == TS_ERR_OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == KILLED);
    return WEXITSTATUS(status) == KILLED;
}

static bool
has_identity(const char *dir)
{
    char path[PATH_BYTES + 32];
    (void)snprintf(path, sizeof path, "%s/keys/node.key", dir);
    return access(path, F_OK) == 0;
}

/* Whatever could start there is a new store that leaves its old logs and asks its neighbours. */
static void
assert_new_store(const stage_t *stage, const char *dir)
{
    ts_msg_t why = {0};
    ts_custody_t *custody = NULL;
    uint64_t leaving = 0;
    uint64_t regain = 0;
    ts_custody_options_t options = {
        .folder = dir, .deployment = stage->deployment, .hash = ts_hash_of};
    assert_int_equal(ts_custody_open(&custody, &options, &why), TS_ERR_OK);
    ts_id16_t store = ts_custody_store_id(custody);
    assert_false(ts_id16_equal(&store, &stage->store));
    assert_int_equal(ts_custody_number_get(custody, TS_LOGS_LEAVING, &leaving), TS_ERR_OK);
    assert_int_equal(ts_custody_number_get(custody, TS_NODE_REGAIN, &regain), TS_ERR_OK);
    assert_true(leaving > 0);
    assert_true(regain > 0);
    ts_custody_destroy(&custody);
}

static int
setup(void **state)
{
    char template[] = "/tmp/ts-backup-kill-XXXXXX";
    stage_t *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    assert_non_null(mkdtemp(template));
    stage->folder = strdup(template);
    path_in(stage, stage->data, "province");
    path_in(stage, stage->file, "whole.backup");
    path_in(stage, stage->kit, "province/keys/recovery.kit");
    path_in(stage, stage->key, "province/keys/recovery.key");
    found(stage);
    assert_int_equal(make(stage, stage->file), TS_ERR_OK);
    *state = stage;
    return 0;
}

static int
teardown(void **state)
{
    stage_t *stage = *state;
    char command[PATH_BYTES];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", stage->folder);
    assert_int_equal(system(command), 0);
    free(stage->folder);
    free(stage);
    return 0;
}

static void
test_backup_kill_while_it_is_made_leaves_none(void **state)
{
    const stage_t *stage = *state;
    unsigned kills = 0;
    for (unsigned long k = 1;; k++) {
        char path[PATH_BYTES];
        char name[64];
        (void)snprintf(name, sizeof name, "%lu.backup", k);
        path_in(stage, path, name);
        if (!killed(stage, make, path, k)) {
            break;
        }
        kills++;
        /* The name is the last change but one: the folder is flushed after it. */
        if (access(path, F_OK) == 0) {
            assert_int_equal(check_file(path), TS_ERR_OK);
        } else {
            assert_int_equal(make(stage, path), TS_ERR_OK);
        }
    }
    assert_true(kills > 30);
}

static void
kill_while_laying_out(const stage_t *stage,
                      ts_err_t (*run)(const stage_t *stage, const char *path),
                      const char *prefix)
{
    unsigned kills = 0;
    unsigned without = 0;
    for (unsigned long k = 1;; k++) {
        char dir[PATH_BYTES];
        char name[64];
        (void)snprintf(name, sizeof name, "%s-%lu", prefix, k);
        path_in(stage, dir, name);
        if (!killed(stage, run, dir, k)) {
            assert_new_store(stage, dir);
            break;
        }
        kills++;
        if (has_identity(dir)) {
            assert_new_store(stage, dir);
            continue;
        }
        without++;
        assert_int_equal(run(stage, dir), TS_ERR_OK);
        assert_true(has_identity(dir));
        assert_new_store(stage, dir);
    }
    assert_true(kills > 50);
    assert_true(without > 40);
}

static void
test_backup_kill_while_it_is_laid_out_starts_no_old_identity(void **state)
{
    kill_while_laying_out(*state, restore, "restored");
}

static void
test_backup_kill_while_a_province_is_rebuilt_starts_no_store_that_asks_nobody(void **state)
{
    kill_while_laying_out(*state, rebuild, "rebuilt");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_backup_kill_while_it_is_made_leaves_none),
        CASE(test_backup_kill_while_it_is_laid_out_starts_no_old_identity),
        CASE(test_backup_kill_while_a_province_is_rebuilt_starts_no_store_that_asks_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
