/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: under the name of a bundle never stands anything but a whole one, whatever fails or stops
 * while it is written; what is there is never replaced; the reason is told in words. Reading opens
 * a zip and says what is no bundle. Method: a disk whose k-th change fails, writes short, or is the
 * last one (a kill), for every k.
 */
#include "base/xalloc.h"
#include "cli/carry.h"
#include "crypto/crypto.h"
#include "crypto/sealed.h"
#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <minizip/zip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONTENT_BYTES = 300000, PIECE = 70000 };

/* ---- a disk that fails at its k-th change */

typedef struct disk {
    ts_carry_os_t system;
    unsigned changes; /* so far */
    unsigned at;      /* which one goes wrong; 0 = none */
    int error;        /* errno of it; 0 = killed: from there on nothing changes any more */
    bool dead;
    bool lies; /* a write goes through with a wrong byte */
} disk_t;

static bool
goes_wrong(disk_t *disk)
{
    disk->changes++;
    if (disk->at != 0 && disk->changes == disk->at) {
        disk->dead = disk->error == 0;
        errno = disk->error == 0 ? EIO : disk->error;
        return true;
    }
    errno = EIO;
    return disk->dead;
}

static int
disk_make(void *ctx, const char *path)
{
    disk_t *disk = ctx;
    return goes_wrong(disk) ? -1 : disk->system.make(NULL, path);
}

/* The one that goes wrong writes half. */
static int64_t
disk_write(void *ctx, int file, const void *data, size_t bytes)
{
    disk_t *disk = ctx;
    if (disk->dead) {
        errno = EIO;
        return -1;
    }
    if (goes_wrong(disk)) {
        int error = errno;
        (void)disk->system.write(NULL, file, data, bytes / 2);
        errno = error;
        return -1;
    }
    if (disk->lies) {
        uint8_t *copy = ts_xmemdup(data, bytes);
        copy[bytes / 2] ^= 1;
        int64_t written = disk->system.write(NULL, file, copy, bytes);
        ts_xfree(copy);
        return written;
    }
    return disk->system.write(NULL, file, data, bytes);
}

static int
disk_flush(void *ctx, int file)
{
    disk_t *disk = ctx;
    return goes_wrong(disk) ? -1 : disk->system.flush(NULL, file);
}

static int
disk_name(void *ctx, const char *from, const char *to)
{
    disk_t *disk = ctx;
    return goes_wrong(disk) ? -1 : disk->system.name(NULL, from, to);
}

static int
disk_remove(void *ctx, const char *path)
{
    disk_t *disk = ctx;
    return goes_wrong(disk) ? -1 : disk->system.remove(NULL, path);
}

static ts_carry_os_t
os_of(disk_t *disk)
{
    disk->system = ts_carry_system();
    return (ts_carry_os_t){disk, disk_make, disk_write, disk_flush, disk_name, disk_remove};
}

/* ---- a stick */

static char stick[256];
static uint8_t content[CONTENT_BYTES];

static int
setup(void **state)
{
    (void)state;
    assert_int_equal(ts_crypto_init(), TS_ERR_OK);
    (void)snprintf(stick, sizeof stick, "%s/stick-XXXXXX", TS_TEST_BINARY_DIR);
    assert_non_null(mkdtemp(stick));
    memcpy(content, ts_sealed_magic, TS_SEALED_MAGIC_BYTES);
    for (size_t i = TS_SEALED_MAGIC_BYTES; i < sizeof content; i++) {
        content[i] = (uint8_t)(i * 7 + i / 251);
    }
    return 0;
}

static unsigned
empty_stick(void)
{
    unsigned removed = 0;
    DIR *folder = opendir(stick);
    struct dirent *entry;
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        char path[600];
        (void)snprintf(path, sizeof path, "%s/%s", stick, entry->d_name);
        removed += unlink(path) == 0;
    }
    assert_int_equal(closedir(folder), 0);
    return removed;
}

static int
teardown(void **state)
{
    (void)state;
    (void)empty_stick();
    return rmdir(stick);
}

static bool
is_there(const char *name)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", stick, name);
    return access(path, F_OK) == 0;
}

static ts_err_t
write_bundle(const ts_carry_os_t *os, const char *name, ts_msg_t *why)
{
    ts_carry_out_t *file = NULL;
    ts_err_t err = ts_carry_out_new(&file, os, stick, name, CONTENT_BYTES, why);
    for (size_t at = 0; err == TS_ERR_OK && at < CONTENT_BYTES; at += PIECE) {
        size_t part = CONTENT_BYTES - at < PIECE ? CONTENT_BYTES - at : PIECE;
        err = ts_carry_out_write(file, (ts_bytes_t){content + at, part}, why);
    }
    if (err == TS_ERR_OK) {
        err = ts_carry_out_finish(file, why);
    }
    ts_carry_out_destroy(&file);
    return err;
}

static void
assert_whole(const char *name)
{
    char path[600];
    ts_carry_in_t *in = NULL;
    ts_msg_t why = {0};
    ts_buf_t bytes = {0};
    bool last = false;
    (void)snprintf(path, sizeof path, "%s/%s", stick, name);
    assert_int_equal(ts_carry_in_new(&in, path, &why), TS_ERR_OK);
    while (!last) {
        assert_int_equal(ts_carry_in_read(in, 100000, &bytes, &last, &why), TS_ERR_OK);
    }
    assert_int_equal(bytes.length, CONTENT_BYTES);
    assert_memory_equal(bytes.data, content, CONTENT_BYTES);
    ts_carry_in_destroy(&in);
    ts_buf_free(&bytes);
}

/* ---- cases */

static void
test_carry_good_stick_gets_a_whole_file(void **state)
{
    (void)state;
    disk_t disk = {.at = 0};
    ts_msg_t why = {0};
    const ts_carry_os_t os = os_of(&disk);
    assert_int_equal(write_bundle(&os, "a.tsb", &why), TS_ERR_OK);
    assert_whole("a.tsb");
    assert_int_equal(empty_stick(), 1);
}

static void
test_carry_every_step_that_fails_leaves_no_bundle(void **state)
{
    (void)state;
    static const struct {
        int error;
        ts_err_t expected;
    } rows[] = {{ENOSPC, TS_ERR_FULL},     {EIO, TS_ERR_IO},    {EROFS, TS_ERR_DENIED},
                {ENOENT, TS_ERR_NOTFOUND}, {ENODEV, TS_ERR_IO}, {EFBIG, TS_ERR_FULL},
                {EBUSY, TS_ERR_IO}};
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        bool failed = true;
        for (unsigned k = 1; failed; k++) {
            disk_t disk = {.at = k, .error = rows[i].error};
            ts_msg_t why = {0};
            const ts_carry_os_t os = os_of(&disk);
            ts_err_t err = write_bundle(&os, "a.tsb", &why);
            failed = err != TS_ERR_OK;
            if (failed) {
                assert_int_equal(err, rows[i].expected);
                assert_non_null(why.id);
                /* Its name is the last step but one: only the folder may be unflushed then. */
                if (is_there("a.tsb")) {
                    assert_whole("a.tsb");
                } else {
                    assert_int_equal(empty_stick(), 0);
                }
            }
            ts_msg_free(&why);
            (void)empty_stick();
            assert_true(k < 40);
        }
    }
}

/* Killed: what is left has another name, and the next try takes its place. */
static void
test_carry_killed_at_every_change_leaves_no_half_bundle(void **state)
{
    (void)state;
    bool died = true;
    for (unsigned k = 1; died; k++) {
        disk_t disk = {.at = k, .error = 0};
        ts_msg_t why = {0};
        ts_carry_os_t os = os_of(&disk);
        died = write_bundle(&os, "a.tsb", &why) != TS_ERR_OK;
        ts_msg_free(&why);
        if (is_there("a.tsb")) {
            assert_whole("a.tsb");
        } else {
            disk_t good = {.at = 0};
            os = os_of(&good);
            assert_int_equal(write_bundle(&os, "a.tsb", &why), TS_ERR_OK);
            assert_whole("a.tsb");
            assert_false(is_there("a.tsb" TS_CARRY_SUFFIX));
        }
        (void)empty_stick();
        assert_true(k < 40);
    }
}

static void
test_carry_stick_that_gives_back_other_bytes_is_found(void **state)
{
    (void)state;
    disk_t disk = {.lies = true};
    ts_msg_t why = {0};
    const ts_carry_os_t os = os_of(&disk);
    assert_int_equal(write_bundle(&os, "a.tsb", &why), TS_ERR_HASH);
    assert_int_equal(empty_stick(), 0);
    ts_msg_free(&why);
}

static void
test_carry_taken_name_missing_folder_and_small_stick_are_told(void **state)
{
    (void)state;
    ts_msg_t why = {0};
    ts_carry_out_t *file = NULL;
    const ts_carry_os_t os = ts_carry_system();
    assert_int_equal(write_bundle(&os, "a.tsb", &why), TS_ERR_OK);
    assert_int_equal(write_bundle(&os, "a.tsb", &why), TS_ERR_EXISTS);
    assert_whole("a.tsb");
    assert_int_equal(ts_carry_out_new(&file, &os, "/nowhere/at/all", "a.tsb", 1, &why),
                     TS_ERR_NOTFOUND);
    assert_int_equal(ts_carry_out_new(&file, &os, stick, "b.tsb", UINT64_MAX / 2, &why),
                     TS_ERR_FULL);
    assert_false(is_there("b.tsb" TS_CARRY_SUFFIX));
    assert_int_equal(empty_stick(), 1);
    ts_msg_free(&why);
}

/* ---- zips */

static void
zip_add(zipFile zip, const char *name, const void *data, unsigned bytes)
{
    zip_fileinfo info = {0};
    assert_int_equal(zipOpenNewFileInZip(zip, name, &info, NULL, 0, NULL, 0, NULL, Z_DEFLATED, 6),
                     ZIP_OK);
    assert_int_equal(zipWriteInFileInZip(zip, data, bytes), ZIP_OK);
    assert_int_equal(zipCloseFileInZip(zip), ZIP_OK);
}

static void
make_zip(const char *name, unsigned bundles)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", stick, name);
    zipFile zip = zipOpen(path, APPEND_STATUS_CREATE);
    assert_non_null(zip);
    zip_add(zip, "readme.txt", "xin chao", 8);
    for (unsigned i = 0; i < bundles; i++) {
        char entry[32];
        (void)snprintf(entry, sizeof entry, "thu muc/%u", i);
        zip_add(zip, entry, content, sizeof content);
    }
    assert_int_equal(zipClose(zip, NULL), ZIP_OK);
}

static void
test_carry_zip_is_opened_when_there_is_one_bundle_in_it(void **state)
{
    (void)state;
    char path[600];
    ts_msg_t why = {0};
    ts_carry_in_t *in = NULL;
    make_zip("one.zip", 1);
    make_zip("none.zip", 0);
    make_zip("two.zip", 2);
    assert_whole("one.zip");
    static const char *const bad[] = {"none.zip", "two.zip"};
    for (size_t i = 0; i < TS_COUNT(bad); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", stick, bad[i]);
        assert_int_equal(ts_carry_in_new(&in, path, &why), TS_ERR_INVALID);
        assert_non_null(why.id);
    }
    (void)snprintf(path, sizeof path, "%s/one.zip", stick);
    assert_int_equal(truncate(path, 3000), 0);
    assert_int_equal(ts_carry_in_new(&in, path, &why), TS_ERR_INVALID);
    assert_int_equal(ts_carry_in_new(&in, "/nowhere/at/all", &why), TS_ERR_NOTFOUND);
    assert_int_equal(empty_stick(), 3);
    ts_msg_free(&why);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_carry_good_stick_gets_a_whole_file),
        cmocka_unit_test(test_carry_every_step_that_fails_leaves_no_bundle),
        cmocka_unit_test(test_carry_killed_at_every_change_leaves_no_half_bundle),
        cmocka_unit_test(test_carry_stick_that_gives_back_other_bytes_is_found),
        cmocka_unit_test(test_carry_taken_name_missing_folder_and_small_stick_are_told),
        cmocka_unit_test(test_carry_zip_is_opened_when_there_is_one_bundle_in_it),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
