/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what `init` closes up in the kit is all that a province needs to come back, opens only with
 * the recovery key, and is refused with a reason when it is damaged or another file; and its
 * configurations are whole wherever it was cut off. Method: a founded folder, its kit, another
 * folder; every file compared; each byte range of the kit altered; a process that dies in a write.
 */
#include "crypto/crypto.h"
#include "node/identity.h"
#include "node/kit.h"
#include "node/provision.h"
#include "node/provision_conf.h"
#include "support/test.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES_MAX 65536

static char root[64];
static char province[128];
static ts_random_seeded_t seeded;
static ts_recovery_t recovery;

static void
path_in(char *out, const char *folder, const char *name)
{
    int length = snprintf(out, 512, "%s/%s", folder, name);
    assert_in_range(length, 1, 511);
}

static void
remove_tree(const char *folder)
{
    char path[512];
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            path_in(path, folder, entry->d_name);
            if (unlink(path) != 0) {
                remove_tree(path);
            }
        }
    }
    (void)closedir(dir);
    assert_int_equal(rmdir(folder), 0);
}

static size_t
read_all(const char *path, uint8_t out[BYTES_MAX])
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t bytes = fread(out, 1, BYTES_MAX, file);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void
write_all(const char *path, const uint8_t *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static int
set_up(void **state)
{
    char path[512];
    ts_msg_t why = {0};
    if (ts_crypto_init() != TS_ERR_OK) {
        return -1;
    }
    (void)snprintf(root, sizeof root, "%s", "/tmp/tiepsuc-kit-XXXXXX");
    assert_non_null(mkdtemp(root));
    (void)snprintf(province, sizeof province, "%s/province", root);
    ts_provision_init_t options = {.dir = province,
                                   .name = "Sở",
                                   .unit_code = "14",
                                   .unit_name = "Tỉnh",
                                   .body_code = "so",
                                   .body_name = "Sở",
                                   .endpoints = "tcp://127.0.0.1:7500",
                                   .random = ts_random_from_seed(&seeded, 1)};
    assert_int_equal(ts_provision_init(&options, &why), TS_ERR_OK);
    path_in(path, province, "keys/recovery.key");
    assert_int_equal(ts_recovery_load(path, &recovery, &why), TS_ERR_OK);
    return 0;
}

static int
tear_down(void **state)
{
    remove_tree(root);
    return 0;
}

static void
test_kit_of_init_brings_back_every_file(void **state)
{
    static const char *const files[] = {
        "keys/node.key",     "keys/registrar.key", "keys/gate.key", "keys/founding.key",
        "keys/recovery.pub", "aggregator.conf",    "gate.conf",     "reporter.conf"};
    static uint8_t one[BYTES_MAX];
    static uint8_t other[BYTES_MAX];
    char path[512];
    char fresh[512];
    ts_msg_t why = {0};
    ts_keyfile_t *kit = NULL;
    path_in(path, province, "keys/recovery.kit");
    path_in(fresh, root, "fresh");
    assert_int_equal(ts_kit_open(path, &recovery, &kit, &why), TS_ERR_OK);
    assert_int_equal(mkdir(fresh, 0700), 0);
    path_in(path, fresh, "keys");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(ts_kit_unpack(kit, fresh, &why), TS_ERR_OK);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        path_in(path, province, files[i]);
        size_t bytes = read_all(path, one);
        path_in(path, fresh, files[i]);
        assert_int_equal(read_all(path, other), bytes);
        assert_memory_equal(one, other, bytes);
    }
    /* Neither of the keys that are locked away. */
    path_in(path, fresh, "keys/root.key");
    assert_int_equal(access(path, F_OK), -1);
    path_in(path, fresh, "keys/recovery.key");
    assert_int_equal(access(path, F_OK), -1);
    ts_identity_t identity;
    assert_int_equal(ts_identity_load(fresh, &identity, &why), TS_ERR_OK);
    assert_true(identity.is_registrar);
    ts_identity_free(&identity);
    /* A second time nothing is written over. */
    assert_int_equal(ts_kit_unpack(kit, fresh, &why), TS_ERR_EXISTS);
    ts_msg_free(&why);
    ts_keyfile_destroy(&kit);
}

static void
test_kit_opens_with_its_recovery_key_only(void **state)
{
    char path[512];
    ts_msg_t why = {0};
    ts_keyfile_t *kit = NULL;
    ts_recovery_t other;
    ts_recovery_make(ts_random_from_seed(&seeded, 2), &recovery.deployment, "", 0, &other);
    path_in(path, province, "keys/recovery.kit");
    assert_int_equal(ts_kit_open(path, &other, &kit, &why), TS_ERR_KEY);
    ts_msg_free(&why);
    path_in(path, province, "keys/node.key");
    assert_int_equal(ts_kit_open(path, &recovery, &kit, &why), TS_ERR_INVALID);
    ts_msg_free(&why);
    assert_null(kit);
}

static void
test_kit_damaged_anywhere_is_refused(void **state)
{
    static uint8_t bytes[BYTES_MAX];
    char path[512];
    char bad[512];
    path_in(path, province, "keys/recovery.kit");
    path_in(bad, root, "bad.kit");
    size_t length = read_all(path, bytes);
    assert_true(length > 1000);
    for (size_t at = 0; at < length; at += 37) {
        ts_msg_t why = {0};
        ts_keyfile_t *kit = NULL;
        bytes[at] ^= 0x10;
        write_all(bad, bytes, length);
        assert_int_not_equal(ts_kit_open(bad, &recovery, &kit, &why), TS_ERR_OK);
        assert_non_null(why.id);
        bytes[at] ^= 0x10;
        write_all(bad, bytes, at);
        assert_int_not_equal(ts_kit_open(bad, &recovery, &kit, &why), TS_ERR_OK);
        assert_null(kit);
        ts_msg_free(&why);
    }
}

static void
test_kit_is_never_written_over_another(void **state)
{
    char path[512];
    ts_msg_t why = {0};
    path_in(path, root, "mine.kit");
    ts_kit_options_t options = {
        .data_dir = province, .path = path, .random = ts_random_from_seed(&seeded, 3)};
    assert_int_equal(ts_kit_write(&options, &why), TS_ERR_OK);
    assert_int_equal(ts_kit_write(&options, &why), TS_ERR_EXISTS);
    ts_msg_free(&why);
    assert_int_equal(ts_kit_keep(province, options.random, &why), TS_ERR_OK);
    path_in(path, province, "keys/recovery-2.kit");
    assert_int_equal(access(path, F_OK), 0);
}

static void
test_recovery_key_of_an_older_province_is_made_later(void **state)
{
    char secret[512];
    char path[512];
    ts_msg_t why = {0};
    ts_recovery_t made;
    path_in(secret, province, "keys/recovery.key");
    path_in(path, province, "keys/recovery.pub");
    assert_int_equal(ts_provision_recovery(province, 1, ts_random_from_seed(&seeded, 4), &why),
                     TS_ERR_EXISTS);
    ts_msg_free(&why);
    /* Stopped between the two files: the one that was written is gone on with. */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(ts_provision_recovery(province, 1, ts_random_from_seed(&seeded, 4), &why),
                     TS_ERR_OK);
    assert_int_equal(ts_recovery_load_public(path, &made, &why), TS_ERR_OK);
    assert_true(ts_hash_equal(&made.public_key, &recovery.public_key));
    assert_int_equal(unlink(path) | unlink(secret), 0);
    assert_int_equal(ts_provision_recovery(province, 1, ts_random_from_seed(&seeded, 5), &why),
                     TS_ERR_OK);
    assert_int_equal(ts_recovery_load_public(path, &made, &why), TS_ERR_OK);
    assert_false(ts_hash_equal(&made.public_key, &recovery.public_key));
}

/* ---- the configurations beside it */

static const char *const conf_names[] = {"aggregator.conf", "gate.conf", "reporter.conf"};
#define CONF_COUNT (sizeof conf_names / sizeof conf_names[0])

/* Writes the configurations in a process that dies when it writes more than `bytes` into a file.
 * False: it came to its end. */
static bool
dies_writing(const char *folder, rlim_t bytes)
{
    int status = 0;
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0) {
        ts_msg_t why = {0};
        struct rlimit limit = {bytes, bytes};
        struct rlimit none = {0, 0};
        bool limited = signal(SIGXFSZ, SIG_DFL) != SIG_ERR && setrlimit(RLIMIT_CORE, &none) == 0 &&
                       setrlimit(RLIMIT_FSIZE, &limit) == 0;
        ts_err_t err = ts_provision_conf_province(folder, "tcp://127.0.0.1:7500", &why);
        _exit(limited && err == TS_ERR_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGXFSZ : WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

/* Stopped anywhere and said again, all of them are whole; one that was changed stays. */
static void
test_conf_cut_off_anywhere_is_whole_when_said_again(void **state)
{
    static uint8_t whole[CONF_COUNT][BYTES_MAX];
    static uint8_t found[BYTES_MAX];
    size_t bytes[CONF_COUNT];
    char folder[512];
    char path[512];
    ts_msg_t why = {0};
    bool dies = true;
    unsigned deaths = 0;
    path_in(folder, root, "conf");
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(ts_provision_conf_province(folder, "tcp://127.0.0.1:7500", &why), TS_ERR_OK);
    for (size_t i = 0; i < CONF_COUNT; i++) {
        path_in(path, folder, conf_names[i]);
        bytes[i] = read_all(path, whole[i]);
        assert_in_range(bytes[i], 100, BYTES_MAX - 1);
    }
    for (rlim_t limit = 0; dies; limit += 29) {
        remove_tree(folder);
        assert_int_equal(mkdir(folder, 0700), 0);
        dies = dies_writing(folder, limit);
        deaths += dies;
        for (int again = 0; again < 2; again++) {
            for (size_t i = 0; i < CONF_COUNT; i++) {
                path_in(path, folder, conf_names[i]);
                if (again == 1 || access(path, F_OK) == 0) {
                    assert_int_equal(read_all(path, found), bytes[i]);
                    assert_memory_equal(found, whole[i], bytes[i]);
                }
            }
            assert_int_equal(ts_provision_conf_province(folder, "tcp://127.0.0.1:7500", &why),
                             TS_ERR_OK);
        }
    }
    assert_true(deaths > 8);
    write_all(path, whole[0], 40);
    assert_int_equal(ts_provision_conf_province(folder, "tcp://127.0.0.1:7500", &why), TS_ERR_OK);
    assert_int_equal(read_all(path, found), 40);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kit_of_init_brings_back_every_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kit_opens_with_its_recovery_key_only, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_kit_damaged_anywhere_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_conf_cut_off_anywhere_is_whole_when_said_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_kit_is_never_written_over_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_recovery_key_of_an_older_province_is_made_later,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
