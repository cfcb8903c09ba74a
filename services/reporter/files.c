/* SPDX-License-Identifier: MPL-2.0 */
#include "reporter/files.h"

#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096

static ts_err_t
failed(const char *path, int code, ts_msg_t *ret_why)
{
    ts_msg_make(ret_why, N_("{1}: cannot be written: {2}"), path, strerror(code), NULL);
    return code == ENOSPC ? TS_ERR_FULL : TS_ERR_IO;
}

ts_err_t
ts_files_folder(const char *folder, ts_msg_t *ret_why)
{
    return mkdir(folder, 0750) == 0 || errno == EEXIST ? TS_ERR_OK : failed(folder, errno, ret_why);
}

/* 0 or errno. */
static int
write_all(int file, const ts_buf_t *data)
{
    size_t done = 0;
    while (done < data->length) {
        ssize_t wrote = write(file, data->data + done, data->length - done);
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (wrote < 0 && errno != EINTR) {
            return errno;
        }
    }
    return fsync(file) == 0 ? 0 : errno;
}

ts_err_t
ts_files_write(const char *folder, const ts_render_file_t *file, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    char part[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/%s", folder, file->name);
    int part_length = snprintf(part, sizeof part, "%s/.%s.part", folder, file->name);
    if (length < 0 || length >= PATH_BYTES || part_length < 0 || part_length >= PATH_BYTES) {
        return failed(file->name, ENAMETOOLONG, ret_why);
    }
    int out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (out < 0) {
        return failed(path, errno, ret_why);
    }
    int code = write_all(out, &file->data);
    (void)close(out);
    if (code == 0 && rename(part, path) != 0) {
        code = errno;
    }
    if (code != 0) {
        (void)unlink(part);
        return failed(path, code, ret_why);
    }
    return TS_ERR_OK;
}
