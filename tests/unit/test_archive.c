/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what was put into an archive comes out again, whatever the pieces; one that is cut, changed
 * or made by a stranger is told, and no name leads out of the folder that it is unpacked to.
 * Method: archives in memory; every cut and every changed byte of the headers; names that attackers
 * use.
 */
#include "base/buf.h"
#include "store/archive.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

typedef struct memory {
    ts_buf_t bytes;
    size_t at;
    size_t piece; /* given at a time; 0 = all */
    size_t fail_at;
} memory_t;

static ts_err_t
put(void *context, const void *data, size_t bytes)
{
    memory_t *self = context;
    if (self->fail_at != 0 && self->bytes.length + bytes > self->fail_at) {
        return TS_ERR_FULL;
    }
    ts_buf_put(&self->bytes, data, bytes);
    return TS_ERR_OK;
}

static ts_err_t
get(void *context, void *data, size_t max, size_t *ret_bytes)
{
    memory_t *self = context;
    size_t left = self->bytes.length - self->at;
    size_t bytes = left < max ? left : max;
    bytes = self->piece != 0 && bytes > self->piece ? self->piece : bytes;
    memcpy(data, self->bytes.data + self->at, bytes);
    self->at += bytes;
    *ret_bytes = bytes;
    return TS_ERR_OK;
}

static ts_err_t
put_file(ts_archive_t *archive, const char *name, size_t bytes, uint8_t fill)
{
    ts_archive_entry_t entry = {.bytes = bytes, .changed_s = 1571000000};
    (void)snprintf(entry.name, sizeof entry.name, "%s", name);
    ts_err_t err = ts_archive_begin(archive, &entry);
    for (size_t i = 0; err == TS_ERR_OK && i < bytes; i++) {
        uint8_t byte = (uint8_t)(fill + i);
        err = ts_archive_put(archive, &byte, 1);
    }
    return err;
}

static void
write_two(memory_t *memory)
{
    ts_archive_stream_t stream = {.context = memory, .put = put};
    ts_archive_t *archive = ts_archive_write_new(&stream);
    assert_int_equal(put_file(archive, "MANIFEST", 700, 1), TS_ERR_OK);
    assert_int_equal(put_file(archive, "keys/node.key", 1300, 2), TS_ERR_OK);
    assert_int_equal(ts_archive_finish(archive), TS_ERR_OK);
    ts_archive_destroy(&archive);
}

/* Reads all; the first error. *ret_files: files that came out whole. */
static ts_err_t
read_all(memory_t *memory, unsigned *ret_files)
{
    ts_archive_stream_t stream = {.context = memory, .get = get};
    ts_archive_t *archive = ts_archive_read_new(&stream);
    ts_archive_entry_t entry;
    ts_err_t err;
    *ret_files = 0;
    while ((err = ts_archive_next(archive, &entry)) == TS_ERR_OK) {
        uint8_t data[100];
        size_t bytes = 1;
        uint64_t total = 0;
        while (err == TS_ERR_OK && bytes > 0) {
            err = ts_archive_read(archive, data, sizeof data, &bytes);
            total += err == TS_ERR_OK ? bytes : 0;
        }
        if (err != TS_ERR_OK) {
            break;
        }
        assert_int_equal(total, entry.bytes);
        (*ret_files)++;
    }
    ts_archive_destroy(&archive);
    return err;
}

static void
test_archive_files_come_out_as_they_went_in(void **state)
{
    (void)state;
    memory_t memory = {.at = 0};
    write_two(&memory);
    for (size_t piece = 0; piece < 600; piece += 171) {
        ts_archive_stream_t stream = {.context = &memory, .get = get};
        ts_archive_entry_t entry;
        uint8_t data[4096];
        size_t bytes = 0;
        memory.at = 0;
        memory.piece = piece;
        ts_archive_t *archive = ts_archive_read_new(&stream);
        assert_int_equal(ts_archive_next(archive, &entry), TS_ERR_OK);
        assert_string_equal(entry.name, "MANIFEST");
        assert_int_equal(entry.bytes, 700);
        /* Not read: skipped. */
        assert_int_equal(ts_archive_next(archive, &entry), TS_ERR_OK);
        assert_string_equal(entry.name, "keys/node.key");
        size_t total = 0;
        do {
            assert_int_equal(ts_archive_read(archive, data + total, sizeof data - total, &bytes),
                             TS_ERR_OK);
            total += bytes;
        } while (bytes > 0);
        assert_int_equal(total, 1300);
        for (size_t i = 0; i < total; i++) {
            assert_int_equal(data[i], (uint8_t)(2 + i));
        }
        assert_int_equal(ts_archive_next(archive, &entry), TS_ERR_NOTFOUND);
        ts_archive_destroy(&archive);
    }
    ts_buf_free(&memory.bytes);
}

static void
test_archive_cut_anywhere_is_never_taken_for_whole(void **state)
{
    (void)state;
    memory_t memory = {.at = 0};
    unsigned files = 0;
    write_two(&memory);
    size_t whole = memory.bytes.length;
    /* Behind the last file stands nothing but zeros, which a copy may lose. */
    size_t content = 512 + 1024 + 512 + 1536;
    for (size_t cut = 0; cut < whole; cut += 61) {
        memory.bytes.length = cut;
        memory.at = 0;
        ts_err_t err = read_all(&memory, &files);
        if (cut < content) {
            assert_true(err != TS_ERR_NOTFOUND || files < 2);
        }
    }
    memory.bytes.length = whole;
    memory.at = 0;
    assert_int_equal(read_all(&memory, &files), TS_ERR_NOTFOUND);
    assert_int_equal(files, 2);
    ts_buf_free(&memory.bytes);
}

static void
test_archive_what_is_none_is_invalid(void **state)
{
    (void)state;
    memory_t memory = {.at = 0};
    unsigned files = 0;
    for (unsigned i = 0; i < 3000; i++) {
        ts_buf_put_u8(&memory.bytes, (uint8_t)(i * 7 + 1));
    }
    assert_int_equal(read_all(&memory, &files), TS_ERR_INVALID);
    assert_int_equal(files, 0);
    ts_buf_free(&memory.bytes);
}

static void
test_archive_names_lead_nowhere_else(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",     "/etc/passwd", "../x",    "a/../b",        "a//b",
        "a/",   ".ssh/x",      "keys/.x", "a\nb",          "a b",
        "a\\b", "./a",         "x:y",     "keys/\xc3\xa9", "~root",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memory_t memory = {.at = 0};
        ts_archive_stream_t stream = {.context = &memory, .put = put};
        ts_archive_t *archive = ts_archive_write_new(&stream);
        assert_false(ts_archive_name_is_good(bad[i]));
        assert_int_equal(put_file(archive, bad[i], 1, 0), TS_ERR_INVALID);
        ts_archive_destroy(&archive);
        ts_buf_free(&memory.bytes);
    }
    assert_true(ts_archive_name_is_good("custody.sqlite"));
    assert_true(ts_archive_name_is_good("files/0a1b.xlsx"));
}

/* A stranger's archive with such a name: written here by changing ours and its check sum. */
static void
test_archive_strange_name_inside_is_invalid(void **state)
{
    (void)state;
    memory_t memory = {.at = 0};
    unsigned files = 0;
    write_two(&memory);
    memcpy(memory.bytes.data, "../../x.", 8);
    unsigned sum = 0;
    memset(memory.bytes.data + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++) {
        sum += memory.bytes.data[i];
    }
    (void)snprintf((char *)memory.bytes.data + 148, 8, "%06o", sum);
    assert_int_equal(read_all(&memory, &files), TS_ERR_INVALID);
    assert_int_equal(files, 0);
    ts_buf_free(&memory.bytes);
}

static void
test_archive_full_disk_is_told(void **state)
{
    (void)state;
    memory_t memory = {.fail_at = 70000};
    ts_archive_stream_t stream = {.context = &memory, .put = put};
    ts_archive_t *archive = ts_archive_write_new(&stream);
    ts_err_t err = put_file(archive, "custody.sqlite", 200000, 3);
    if (err == TS_ERR_OK) {
        err = ts_archive_finish(archive);
    }
    assert_int_equal(err, TS_ERR_FULL);
    ts_archive_destroy(&archive);
    assert_true(memory.bytes.length <= 70000);
    ts_buf_free(&memory.bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archive_files_come_out_as_they_went_in),
        cmocka_unit_test(test_archive_cut_anywhere_is_never_taken_for_whole),
        cmocka_unit_test(test_archive_what_is_none_is_invalid),
        cmocka_unit_test(test_archive_names_lead_nowhere_else),
        cmocka_unit_test(test_archive_strange_name_inside_is_invalid),
        cmocka_unit_test(test_archive_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
