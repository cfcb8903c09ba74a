/* SPDX-License-Identifier: MPL-2.0 */
#include "node/report_files.h"

#include "base/check.h"
#include "crypto/hash.h"
#include "node/diskfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define READ_BYTES 65536u

static ts_err_t
err_of_errno(void)
{
    switch (errno) {
    case ENOENT:
        return TS_ERR_NOTFOUND;
    case ENOSPC:
    case EDQUOT:
        return TS_ERR_FULL;
    default:
        return TS_ERR_IO;
    }
}

/* <data_dir>/files/<hex><ending>; false when it is too long. */
static bool
path_of(const char *data_dir, const ts_hash_t *hash, const char *ending, char out[PATH_BYTES])
{
    char hex[2 * TS_HASH_BYTES + 1];
    ts_hex_format(hash->b, TS_HASH_BYTES, hex);
    int length = snprintf(out, PATH_BYTES, "%s/files/%s%s", data_dir, hex, ending);
    return length > 0 && length < PATH_BYTES;
}

static ts_err_t
write_draft(const char *path, ts_bytes_t content, ts_msg_t *ret_why)
{
    int file = -1;
    ts_err_t err = ts_disk_create(path, &file, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_disk_write(file, path, content.data, content.length, ret_why);
    if (err != TS_ERR_OK) {
        (void)close(file);
        return err;
    }
    return ts_disk_close(&file, path, ret_why);
}

/* The draft takes the place of what lies there: nothing, or a file that rotted. */
static ts_err_t
put(const char *data_dir, const char *draft, const char *path, ts_bytes_t content)
{
    char folder[TS_DISK_PATH_BYTES];
    ts_msg_t why = {0};
    ts_err_t err = ts_disk_path(folder, data_dir, "files", &why);
    if (err == TS_ERR_OK) {
        err = ts_disk_make_folder(folder, &why);
    }
    if (err == TS_ERR_OK) {
        err = write_draft(draft, content, &why);
    }
    if (err == TS_ERR_OK && rename(draft, path) != 0) {
        err = ts_disk_fail(path, &why);
    }
    if (err == TS_ERR_OK) {
        err = ts_disk_flush_folder(folder, &why);
    }
    ts_msg_free(&why);
    return err;
}

ts_err_t
ts_report_file_keep(const char *data_dir, ts_bytes_t content, ts_hash_t *ret_hash)
{
    if (content.length > TS_REPORT_FILE_BYTES_MAX) {
        return TS_ERR_TOOBIG;
    }
    ts_hash_t hash = ts_hash_of(content.data, content.length);
    char path[PATH_BYTES];
    char draft[PATH_BYTES];
    if (!path_of(data_dir, &hash, "", path) || !path_of(data_dir, &hash, ".new", draft)) {
        return TS_ERR_IO;
    }
    ts_buf_t there = {0};
    ts_err_t err = ts_report_file_read(data_dir, &hash, &there);
    ts_buf_free(&there);
    if (err == TS_ERR_OK) {
        *ret_hash = hash;
        return TS_ERR_OK;
    }
    err = put(data_dir, draft, path, content);
    if (err != TS_ERR_OK) {
        (void)unlink(draft);
        return err;
    }
    *ret_hash = hash;
    return TS_ERR_OK;
}

ts_err_t
ts_report_file_read(const char *data_dir, const ts_hash_t *hash, ts_buf_t *out)
{
    char path[PATH_BYTES];
    if (!path_of(data_dir, hash, "", path)) {
        return TS_ERR_IO;
    }
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return err_of_errno();
    }
    size_t before = out->length;
    ssize_t got = 1;
    while (got != 0 && out->length - before <= TS_REPORT_FILE_BYTES_MAX) {
        got = read(file, ts_buf_extend(out, READ_BYTES), READ_BYTES);
        out->length -= READ_BYTES - (got > 0 ? (size_t)got : 0);
        if (got < 0 && errno != EINTR) {
            break;
        }
    }
    close(file);
    ts_err_t err = got < 0 ? TS_ERR_IO : TS_ERR_OK;
    if (err == TS_ERR_OK) {
        ts_hash_t read_hash = ts_hash_of(out->data + before, out->length - before);
        err = ts_hash_equal(&read_hash, hash) ? TS_ERR_OK : TS_ERR_HASH;
    }
    if (err != TS_ERR_OK) {
        out->length = before;
    }
    return err;
}
