/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: key files come back as they were written, are private on the disk, are never half written,
 * and a wrong one is refused with file and line. Method: files in an own temporary folder; broken
 * texts by table; the folder is listed for leftovers.
 */
#include "crypto/crypto.h"
#include "crypto/keyfile.h"
#include "support/test.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[128];
static ts_random_seeded_t seeded;
static ts_keyfile_options_t options;

static int
set_up_all(void **state)
{
    return ts_crypto_init() == TS_ERR_OK ? 0 : -1;
}

static int
set_up(void **state)
{
    (void)snprintf(folder, sizeof folder, "%s", "/tmp/tiepsuc-keyfile-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/a.key", folder);
    options = (ts_keyfile_options_t){.random = ts_random_from_seed(&seeded, 5)};
    return 0;
}

static int
count_files(void)
{
    int count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        count += entry->d_name[0] != '.';
    }
    (void)closedir(dir);
    return count;
}

static int
tear_down(void **state)
{
    (void)unlink(path);
    return rmdir(folder);
}

static void
write_text(const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* The reason as it would be shown in English. */
static void
assert_why(ts_msg_t *why, const char *part)
{
    assert_non_null(why->id);
    char *text = ts_msg_fill(why, why->id);
    if (strstr(text, part) == NULL) {
        fail_msg("“%s” does not say “%s”", text, part);
    }
    free(text);
    ts_msg_free(why);
}

static void
test_keyfile_node_comes_back_from_private_file(void **state)
{
    ts_node_key_t key;
    ts_node_key_t back;
    ts_msg_t why = {0};
    ts_keyfile_t *file = ts_keyfile_new(TS_KEYFILE_NODE);
    ts_node_key_make(options.random, (ts_id16_t){{9, 8, 7}}, 4711, &key);
    ts_keyfile_put_node(file, &key);
    ts_keyfile_put_text(file, "endpoints", "tcp://a \"b\" \\ Điện Biên");
    assert_int_equal(ts_keyfile_save(file, path, &options, &why), TS_ERR_OK);
    ts_keyfile_destroy(&file);
    ts_keyfile_destroy(&file);

    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(count_files(), 1);

    assert_int_equal(ts_keyfile_load(&file, path, TS_KEYFILE_NODE, NULL, &why), TS_ERR_OK);
    assert_string_equal(ts_keyfile_kind(file), "node");
    assert_int_equal(ts_keyfile_get_node(file, &back), TS_ERR_OK);
    assert_int_equal(back.office, 4711);
    assert_memory_equal(&back.deployment, &key.deployment, sizeof key.deployment);
    assert_memory_equal(&back.sign_public, &key.sign_public, 32);
    assert_memory_equal(&back.sign_secret, &key.sign_secret, 64);
    assert_memory_equal(&back.curve_public, &key.curve_public, 32);
    assert_memory_equal(&back.curve_secret, &key.curve_secret, 32);
    const char *text = NULL;
    assert_int_equal(ts_keyfile_get_text(file, "endpoints", &text), TS_ERR_OK);
    assert_string_equal(text, "tcp://a \"b\" \\ Điện Biên");
    ts_keyfile_destroy(&file);
}

static void
test_keyfile_values_have_exact_shapes(void **state)
{
    uint8_t byte = 0;
    uint64_t number = 0;
    const char *text = NULL;
    ts_bytes_t bytes;
    ts_keyfile_t *file = ts_keyfile_new("invite");
    ts_keyfile_put(file, "empty", NULL, 0);
    ts_keyfile_put(file, "one", "A", 1);
    ts_keyfile_put(file, "one", "B", 1);
    ts_keyfile_put_number(file, "big", UINT64_MAX);
    assert_int_equal(ts_keyfile_get(file, "one", &byte, 1), TS_ERR_OK);
    assert_int_equal(byte, 'B');
    assert_int_equal(ts_keyfile_get(file, "empty", &byte, 1), TS_ERR_INVALID);
    assert_int_equal(ts_keyfile_get(file, "none", &byte, 1), TS_ERR_NOTFOUND);
    assert_int_equal(ts_keyfile_get_bytes(file, "empty", &bytes), TS_ERR_OK);
    assert_int_equal(bytes.length, 0);
    assert_int_equal(ts_keyfile_get_text(file, "one", &text), TS_ERR_INVALID);
    assert_int_equal(ts_keyfile_get_number(file, "big", &number), TS_ERR_OK);
    assert_true(number == UINT64_MAX);
    ts_keyfile_destroy(&file);
}

static void
test_keyfile_existing_file_is_replaced_only_on_request(void **state)
{
    ts_msg_t why = {0};
    ts_keyfile_t *file = ts_keyfile_new("root");
    ts_keyfile_put(file, "v", "1", 1);
    assert_int_equal(ts_keyfile_save(file, path, &options, &why), TS_ERR_OK);
    ts_keyfile_put(file, "v", "2", 1);
    assert_int_equal(ts_keyfile_save(file, path, &options, &why), TS_ERR_EXISTS);
    assert_why(&why, "exists already");
    ts_keyfile_t *back = NULL;
    char value = 0;
    assert_int_equal(ts_keyfile_load(&back, path, NULL, NULL, &why), TS_ERR_OK);
    assert_int_equal(ts_keyfile_get(back, "v", &value, 1), TS_ERR_OK);
    assert_int_equal(value, '1');
    ts_keyfile_destroy(&back);
    options.replace = true;
    assert_int_equal(ts_keyfile_save(file, path, &options, &why), TS_ERR_OK);
    assert_int_equal(ts_keyfile_load(&back, path, NULL, NULL, &why), TS_ERR_OK);
    assert_int_equal(ts_keyfile_get(back, "v", &value, 1), TS_ERR_OK);
    assert_int_equal(value, '2');
    assert_int_equal(count_files(), 1);
    ts_keyfile_destroy(&back);
    ts_keyfile_destroy(&file);
}

static void
test_keyfile_unwritable_folder_names_path_and_reason(void **state)
{
    ts_msg_t why = {0};
    ts_keyfile_t *file = ts_keyfile_new("root");
    assert_int_equal(ts_keyfile_save(file, "/nonexistent/x.key", &options, &why), TS_ERR_NOTFOUND);
    assert_why(&why, "/nonexistent/x.key");
    options.replace = true;
    assert_int_equal(ts_keyfile_save(file, "/nonexistent/x.key", &options, &why), TS_ERR_NOTFOUND);
    assert_why(&why, "/nonexistent/x.key");
    /* A folder in the way: the rename fails, and nothing may be left over. */
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_not_equal(ts_keyfile_save(file, path, &options, &why), TS_ERR_OK);
    assert_why(&why, path);
    assert_int_equal(count_files(), 1);
    assert_int_equal(rmdir(path), 0);
    ts_keyfile_destroy(&file);
}

static void
test_keyfile_disk_that_takes_nothing_leaves_nothing(void **state)
{
    /* No byte may be written: stands in for a full disk. */
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ts_msg_t why = {0};
    ts_keyfile_t *file = ts_keyfile_new("root");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    ts_err_t first = ts_keyfile_save(file, path, &options, &why);
    options.replace = true;
    ts_err_t second = ts_keyfile_save(file, path, &options, &why);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(first, TS_ERR_IO);
    assert_int_equal(second, TS_ERR_IO);
    assert_why(&why, path);
    assert_int_equal(count_files(), 0);
    ts_keyfile_destroy(&file);
}

static void
test_keyfile_readable_by_others_is_refused(void **state)
{
    ts_msg_t why = {0};
    ts_keyfile_t *file = NULL;
    static const mode_t modes[] = {0640, 0604, 0620, 0644, 0610};
    for (size_t i = 0; i < TS_COUNT(modes); i++) {
        write_text("kind = root\n", modes[i]);
        assert_int_equal(ts_keyfile_load(&file, path, NULL, NULL, &why), TS_ERR_DENIED);
        assert_null(file);
        assert_why(&why, "chmod 600");
    }
    options.shared = true;
    assert_int_equal(ts_keyfile_load(&file, path, NULL, &options, &why), TS_ERR_OK);
    ts_keyfile_destroy(&file);
    write_text("kind = root\n", 0400);
    assert_int_equal(ts_keyfile_load(&file, path, NULL, NULL, &why), TS_ERR_OK);
    ts_keyfile_destroy(&file);
}

static void
test_keyfile_broken_text_names_file_and_line(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        {"", "names no kind"},
        {"# only a comment\n", "names no kind"},
        {"kind = root\nkind = root\n", "line 2"},
        {"kind = Root\n", "line 1"},
        {"kind = root\n\nsecret\n", "line 3"},
        {"kind = root\nsecret = 0\n", "line 2"},
        {"kind = root\nsecret = 0g\n", "line 2"},
        {"kind = root\n9secret = 00\n", "line 2"},
        {"kind = root\na = 00\na = 00\n", "line 3"},
        {"kind = root\na = \"open\n", "line 2"},
        {"kind = root\na = \"a\"b\"\n", "line 2"},
        {"kind = root\na = \"a\\n\"\n", "line 2"},
        {"kind = root\na = \"a\\\"\n", "line 2"},
        {"kind = registrar\n", "needed is “root”"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_msg_t why = {0};
        ts_keyfile_t *file = NULL;
        write_text(cases[i].text, 0600);
        assert_int_equal(ts_keyfile_load(&file, path, "root", NULL, &why), TS_ERR_INVALID);
        assert_null(file);
        assert_string_equal(why.args[0], path);
        assert_why(&why, cases[i].why);
    }
}

static void
test_keyfile_hand_edited_text_is_read(void **state)
{
    ts_msg_t why = {0};
    ts_keyfile_t *file = NULL;
    uint8_t value[2];
    write_text("# note\r\n\r\n kind=root \r\n  a  =\t0aFF\r\nb = \"\"", 0600);
    assert_int_equal(ts_keyfile_load(&file, path, "root", NULL, &why), TS_ERR_OK);
    assert_int_equal(ts_keyfile_get(file, "a", value, 2), TS_ERR_OK);
    assert_int_equal(value[0], 0x0a);
    assert_int_equal(value[1], 0xff);
    ts_keyfile_destroy(&file);
}

static void
test_keyfile_too_big_or_no_file_is_refused(void **state)
{
    ts_msg_t why = {0};
    ts_keyfile_t *file = NULL;
    assert_int_equal(ts_keyfile_load(&file, path, NULL, NULL, &why), TS_ERR_NOTFOUND);
    assert_why(&why, path);
    assert_int_equal(ts_keyfile_load(&file, folder, NULL, NULL, &why), TS_ERR_INVALID);
    assert_why(&why, "is not a file");
    write_text("kind = root\n", 0600);
    assert_int_equal(truncate(path, TS_KEYFILE_BYTES_MAX + 1), 0);
    assert_int_equal(ts_keyfile_load(&file, path, NULL, NULL, &why), TS_ERR_INVALID);
    assert_why(&why, "too big");
}

static void
test_keyfile_pair_that_does_not_belong_together_is_refused(void **state)
{
    ts_node_key_t key;
    ts_node_key_t other;
    ts_node_key_t back;
    memset(&back, 0x55, sizeof back);
    ts_node_key_make(options.random, (ts_id16_t){{1}}, 1, &key);
    ts_node_key_make(options.random, (ts_id16_t){{1}}, 1, &other);
    ts_keyfile_t *file = ts_keyfile_new("node");
    ts_keyfile_put_node(file, &key);
    ts_keyfile_put(file, "sign_public", other.sign_public.b, 32);
    assert_int_equal(ts_keyfile_get_node(file, &back), TS_ERR_INVALID);
    ts_keyfile_put_node(file, &key);
    ts_keyfile_put(file, "curve_public", other.curve_public.b, 32);
    assert_int_equal(ts_keyfile_get_node(file, &back), TS_ERR_INVALID);
    ts_keyfile_put_node(file, &key);
    memcpy(key.sign_secret.b + 32, other.sign_public.b, 32);
    ts_keyfile_put(file, "sign_secret", key.sign_secret.b, 64);
    assert_int_equal(ts_keyfile_get_node(file, &back), TS_ERR_INVALID);
    ts_keyfile_put_node(file, &key);
    ts_keyfile_put_number(file, "office", TS_RECORD_OFFICE_MAX + UINT64_C(1));
    assert_int_equal(ts_keyfile_get_node(file, &back), TS_ERR_INVALID);
    assert_int_equal(back.office, 0x55555555);
    ts_keyfile_destroy(&file);
}

static void
test_keyfile_passphrase_hides_and_gives_back(void **state)
{
    ts_msg_t why = {0};
    ts_hash_t public_key;
    ts_hash_t public_back;
    ts_secret_t secret;
    ts_secret_t back;
    char hex[129];
    char text[4096] = {0};
    ts_sign_keypair(options.random, &public_key, &secret);
    ts_keyfile_t *file = ts_keyfile_new(TS_KEYFILE_ROOT);
    ts_keyfile_put_sign(file, &secret);
    options.passphrase = "rừng vàng biển bạc";
    assert_int_equal(ts_keyfile_save(file, path, &options, &why), TS_ERR_OK);
    ts_keyfile_destroy(&file);

    FILE *raw = fopen(path, "r");
    assert_non_null(raw);
    assert_true(fread(text, 1, sizeof text - 1, raw) > 100);
    (void)fclose(raw);
    ts_hex_format(secret.b, 8, hex);
    assert_null(strstr(text, hex));
    assert_null(strstr(text, "sign_"));
    assert_non_null(strstr(text, "kind = root\n"));

    assert_int_equal(ts_keyfile_load(&file, path, "root", NULL, &why), TS_ERR_KEY);
    assert_why(&why, "passphrase is needed");
    options.passphrase = "rừng vàng";
    assert_int_equal(ts_keyfile_load(&file, path, "root", &options, &why), TS_ERR_KEY);
    assert_why(&why, "passphrase is wrong");
    assert_null(file);
    options.passphrase = "rừng vàng biển bạc";
    assert_int_equal(ts_keyfile_load(&file, path, "root", &options, &why), TS_ERR_OK);
    assert_int_equal(ts_keyfile_get_sign(file, &public_back, &back), TS_ERR_OK);
    assert_memory_equal(&public_back, &public_key, 32);
    assert_memory_equal(&back, &secret, 64);
    ts_keyfile_destroy(&file);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_keyfile_node_comes_back_from_private_file),
        CASE(test_keyfile_values_have_exact_shapes),
        CASE(test_keyfile_existing_file_is_replaced_only_on_request),
        CASE(test_keyfile_unwritable_folder_names_path_and_reason),
        CASE(test_keyfile_disk_that_takes_nothing_leaves_nothing),
        CASE(test_keyfile_readable_by_others_is_refused),
        CASE(test_keyfile_broken_text_names_file_and_line),
        CASE(test_keyfile_hand_edited_text_is_read),
        CASE(test_keyfile_too_big_or_no_file_is_refused),
        CASE(test_keyfile_pair_that_does_not_belong_together_is_refused),
        CASE(test_keyfile_passphrase_hides_and_gives_back),
    };
    return cmocka_run_group_tests(tests, set_up_all, NULL);
}
