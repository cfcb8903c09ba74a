/* SPDX-License-Identifier: MPL-2.0 */
/* Goal: a kept file is what was kept, for good, or it is said that it is not. Method: a temporary
 * folder; kept twice, changed, missing, too big, a folder that cannot be written. */
#include "base/xalloc.h"
#include "node/report_files.h"
#include "support/tempdir.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder;

static int
setup(void **state)
{
    (void)state;
    folder = ts_tempdir_make();
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    char *files = ts_tempdir_path(folder, "files");
    ts_tempdir_remove(&files);
    ts_tempdir_remove(&folder);
    return 0;
}

static ts_bytes_t
bytes_of(const char *text)
{
    return (ts_bytes_t){(const uint8_t *)text, strlen(text)};
}

static void
test_report_files_content_comes_back(void **state)
{
    ts_hash_t first;
    ts_hash_t again;
    ts_hash_t other;
    ts_buf_t back = {0};
    assert_int_equal(ts_report_file_keep(folder, bytes_of("báo cáo"), &first), TS_ERR_OK);
    assert_int_equal(ts_report_file_keep(folder, bytes_of("báo cáo"), &again), TS_ERR_OK);
    assert_int_equal(ts_report_file_keep(folder, bytes_of(""), &other), TS_ERR_OK);
    assert_true(ts_hash_equal(&first, &again));
    assert_false(ts_hash_equal(&first, &other));
    assert_int_equal(ts_report_file_read(folder, &first, &back), TS_ERR_OK);
    assert_int_equal(back.length, strlen("báo cáo"));
    assert_memory_equal(back.data, "báo cáo", back.length);
    ts_buf_free(&back);
}

static void
test_report_files_changed_or_missing_is_said(void **state)
{
    ts_hash_t hash;
    ts_buf_t back = {0};
    char hex[2 * TS_HASH_BYTES + 1];
    char name[128];
    assert_int_equal(ts_report_file_keep(folder, bytes_of("12 trẻ em"), &hash), TS_ERR_OK);
    ts_hex_format(hash.b, TS_HASH_BYTES, hex);
    (void)snprintf(name, sizeof name, "files/%s", hex);
    char *path = ts_tempdir_path(folder, name);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fputc('9', file), '9');
    assert_int_equal(fclose(file), 0);
    assert_int_equal(ts_report_file_read(folder, &hash, &back), TS_ERR_HASH);
    assert_int_equal(back.length, 0);
    /* Keeping it again makes it whole. */
    assert_int_equal(ts_report_file_keep(folder, bytes_of("12 trẻ em"), &hash), TS_ERR_OK);
    assert_int_equal(ts_report_file_read(folder, &hash, &back), TS_ERR_OK);
    assert_int_equal(remove(path), 0);
    back.length = 0;
    assert_int_equal(ts_report_file_read(folder, &hash, &back), TS_ERR_NOTFOUND);
    free(path);
    ts_buf_free(&back);
}

static void
test_report_files_too_big_or_no_folder_is_refused(void **state)
{
    ts_hash_t hash;
    uint8_t *big = ts_xcalloc(1, TS_REPORT_FILE_BYTES_MAX + 1);
    assert_int_equal(
        ts_report_file_keep(folder, (ts_bytes_t){big, TS_REPORT_FILE_BYTES_MAX + 1}, &hash),
        TS_ERR_TOOBIG);
    assert_int_equal(ts_report_file_keep("/proc/none", bytes_of("x"), &hash), TS_ERR_NOTFOUND);
    ts_xfree(big);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_files_content_comes_back),
        cmocka_unit_test(test_report_files_changed_or_missing_is_said),
        cmocka_unit_test(test_report_files_too_big_or_no_folder_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
