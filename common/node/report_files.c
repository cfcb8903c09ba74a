/* SPDX-License-Identifier: MPL-2.0 */
#include "node/report_files.h"

#include "base/check.h"
#include "crypto/hash.h"

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
flush_folder(const char *data_dir)
{
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/files", data_dir);
    if (length < 0 || length >= PATH_BYTES) {
        return TS_ERR_IO;
    }
    int folder = open(path, O_RDONLY | O_CLOEXEC);
    if (folder < 0) {
        return TS_ERR_IO;
    }
    ts_err_t err = fsync(folder) == 0 ? TS_ERR_OK : TS_ERR_IO;
    close(folder);
    return err;
}

static ts_err_t
make_folder(const char *data_dir)
{
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/files", data_dir);
    if (length < 0 || length >= PATH_BYTES) {
        return TS_ERR_IO;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST ? TS_ERR_OK : err_of_errno();
}

static ts_err_t
write_all(const char *path, ts_bytes_t content)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) {
        return err_of_errno();
    }
    ts_err_t err = TS_ERR_OK;
    size_t done = 0;
    while (err == TS_ERR_OK && done < content.length) {
        ssize_t wrote = write(file, content.data + done, content.length - done);
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (wrote < 0 && errno != EINTR) {
            err = err_of_errno();
        }
    }
    if (err == TS_ERR_OK && fsync(file) != 0) {
        err = err_of_errno();
    }
    close(file);
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
    err = make_folder(data_dir);
    if (err == TS_ERR_OK) {
        err = write_all(draft, content);
    }
    if (err == TS_ERR_OK && rename(draft, path) != 0) {
        err = err_of_errno();
    }
    if (err == TS_ERR_OK) {
        err = flush_folder(data_dir);
    }
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
