/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES 65536u

const char *
ts_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static ts_err_t
fail(ts_msg_t *ret_why, const char *id, const char *path, int error)
{
    ts_msg_make(ret_why, id, path, strerror(error), NULL);
    return error == ENOENT ? TS_ERR_NOTFOUND : error == EACCES ? TS_ERR_DENIED : TS_ERR_IO;
}

ts_err_t
ts_file_read(const char *path, size_t bytes_max, ts_buf_t *ret_bytes, ts_msg_t *ret_why)
{
    bool is_input = strcmp(path, "-") == 0;
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail(ret_why, N_("{1}: cannot be read: {2}"), path, errno);
    }
    ts_buf_t bytes = {.length = 0};
    ts_err_t err = TS_ERR_OK;
    for (;;) {
        ssize_t count = read(fd, ts_buf_extend(&bytes, PIECE_BYTES), PIECE_BYTES);
        bytes.length -= PIECE_BYTES - (count > 0 ? (size_t)count : 0);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            err = fail(ret_why, N_("{1}: cannot be read: {2}"), path, errno);
        } else if (bytes.length > bytes_max) {
            ts_msg_make(ret_why, N_("{1}: is too big"), path, NULL);
            err = TS_ERR_TOOBIG;
        }
        if (count <= 0 || err != TS_ERR_OK) {
            break;
        }
    }
    if (!is_input) {
        close(fd);
    }
    if (err != TS_ERR_OK) {
        ts_buf_free(&bytes);
        return err;
    }
    *ret_bytes = bytes;
    return TS_ERR_OK;
}

ts_err_t
ts_file_write(const char *path, ts_bytes_t bytes, bool replace, bool secret, ts_msg_t *ret_why)
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (replace ? O_TRUNC : O_EXCL);
    int fd = open(path, flags, secret ? S_IRUSR | S_IWUSR : S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
    if (fd < 0 && errno == EEXIST) {
        ts_msg_make(ret_why, N_("{1}: exists already and is not replaced"), path, NULL);
        return TS_ERR_EXISTS;
    }
    if (fd < 0) {
        return fail(ret_why, N_("{1}: cannot be written: {2}"), path, errno);
    }
    int error = 0;
    for (size_t done = 0; done < bytes.length && error == 0;) {
        ssize_t count = write(fd, bytes.data + done, bytes.length - done);
        if (count >= 0) {
            done += (size_t)count;
        } else if (errno != EINTR) {
            error = errno;
        }
    }
    if (error == 0 && fsync(fd) != 0 && errno != EINVAL && errno != EROFS) {
        error = errno;
    }
    if (close(fd) != 0 && error == 0) {
        error = errno;
    }
    return error == 0 ? TS_ERR_OK : fail(ret_why, N_("{1}: cannot be written: {2}"), path, error);
}
