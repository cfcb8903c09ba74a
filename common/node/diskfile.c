/* SPDX-License-Identifier: MPL-2.0 */
#include "node/diskfile.h"

#include "base/i18n.h"
#include "crypto/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES 65536u

ts_err_t
ts_disk_path(char out[TS_DISK_PATH_BYTES], const char *folder, const char *name, ts_msg_t *ret_why)
{
    int length = snprintf(out, TS_DISK_PATH_BYTES, "%s/%s", folder, name);
    if (length < 0 || length >= TS_DISK_PATH_BYTES) {
        ts_msg_make(ret_why, N_("The path of the data folder is too long: {1}"), folder, NULL);
        return TS_ERR_TOOBIG;
    }
    return TS_ERR_OK;
}

void
ts_disk_folder(char out[TS_DISK_PATH_BYTES], const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (length == 0 || length >= TS_DISK_PATH_BYTES) {
        (void)snprintf(out, TS_DISK_PATH_BYTES, "%s", slash == NULL ? "." : "/");
        return;
    }
    memcpy(out, path, length);
    out[length] = '\0';
}

ts_err_t
ts_disk_fail(const char *path, ts_msg_t *ret_why)
{
    int number = errno;
    ts_msg_make(ret_why, N_("{1}: {2}"), path, strerror(number), NULL);
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return TS_ERR_NOTFOUND;
    case EEXIST:
        return TS_ERR_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return TS_ERR_DENIED;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return TS_ERR_FULL;
    default:
        return TS_ERR_IO;
    }
}

ts_err_t
ts_disk_make_folder(const char *path, ts_msg_t *ret_why)
{
    if (mkdir(path, 0700) == 0) {
        char above[TS_DISK_PATH_BYTES];
        ts_disk_folder(above, path);
        return ts_disk_flush_folder(above, ret_why);
    }
    return errno == EEXIST ? TS_ERR_OK : ts_disk_fail(path, ret_why);
}

ts_err_t
ts_disk_make_above(const char *root, const char *name, ts_msg_t *ret_why)
{
    char path[TS_DISK_PATH_BYTES];
    ts_err_t err = TS_ERR_OK;
    for (const char *slash = strchr(name, '/'); err == TS_ERR_OK && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        err = ts_disk_path(path, root, name, ret_why);
        if (err == TS_ERR_OK) {
            path[strlen(root) + 1 + (size_t)(slash - name)] = '\0';
            err = ts_disk_make_folder(path, ret_why);
        }
    }
    return err;
}

ts_err_t
ts_disk_create(const char *path, int *ret_file, ts_msg_t *ret_why)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (file < 0) {
        return ts_disk_fail(path, ret_why);
    }
    *ret_file = file;
    return TS_ERR_OK;
}

ts_err_t
ts_disk_write(int file, const char *path, const void *data, size_t bytes, ts_msg_t *ret_why)
{
    const uint8_t *at = data;
    while (bytes > 0) {
        ssize_t written = write(file, at, bytes);
        if (written < 0 && errno != EINTR) {
            return ts_disk_fail(path, ret_why);
        }
        if (written > 0) {
            at += written;
            bytes -= (size_t)written;
        }
    }
    return TS_ERR_OK;
}

ts_err_t
ts_disk_close(int *file_p, const char *path, ts_msg_t *ret_why)
{
    int file = *file_p;
    *file_p = -1;
    ts_err_t err = fsync(file) == 0 ? TS_ERR_OK : ts_disk_fail(path, ret_why);
    if (close(file) != 0 && err == TS_ERR_OK) {
        err = ts_disk_fail(path, ret_why);
    }
    return err;
}

ts_err_t
ts_disk_flush_folder(const char *path, ts_msg_t *ret_why)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return ts_disk_fail(path, ret_why);
    }
    /* Some file systems of sticks and shares cannot flush a folder; the file itself is flushed. */
    bool good = fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP;
    ts_err_t err = good ? TS_ERR_OK : ts_disk_fail(path, ret_why);
    (void)close(folder);
    return err;
}

ts_err_t
ts_disk_name(const char *from, const char *to, ts_msg_t *ret_why)
{
    char folder[TS_DISK_PATH_BYTES];
    struct stat facts;
    ts_disk_folder(folder, to);
    if (lstat(to, &facts) == 0) {
        ts_msg_make(ret_why, N_("{1}: exists already and is not replaced"), to, NULL);
        return TS_ERR_EXISTS;
    }
    if (rename(from, to) != 0) {
        return ts_disk_fail(to, ret_why);
    }
    ts_err_t err = ts_disk_flush_folder(folder, ret_why);
    if (err != TS_ERR_OK) { /* what was said to have failed must not be found later */
        (void)rename(to, from);
    }
    return err;
}

ts_err_t
ts_disk_hash(
    int file, const char *path, ts_hash_t *ret_hash, uint64_t *ret_bytes, ts_msg_t *ret_why)
{
    uint8_t data[READ_BYTES];
    ts_hasher_t hasher;
    uint64_t total = 0;
    ssize_t bytes;
    ts_hasher_start(&hasher);
    while ((bytes = pread(file, data, sizeof data, (off_t)total)) != 0) {
        if (bytes < 0 && errno != EINTR) {
            return ts_disk_fail(path, ret_why);
        }
        if (bytes > 0) {
            ts_hasher_add(&hasher, data, (size_t)bytes);
            total += (uint64_t)bytes;
        }
    }
    *ret_hash = ts_hasher_finish(&hasher);
    *ret_bytes = total;
    return TS_ERR_OK;
}

bool
ts_disk_is_empty(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return errno == ENOENT;
    }
    bool empty = true;
    const struct dirent *entry;
    while (empty && (entry = readdir(folder)) != NULL) {
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    }
    (void)closedir(folder);
    return empty;
}
