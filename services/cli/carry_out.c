/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "cli/carry.h"
#include "crypto/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PIECE_BYTES 65536u

struct ts_carry_out {
    ts_carry_os_t os;
    char *folder;
    char *path; /* final name */
    char *temp; /* until it is done */
    int file;   /* -1: closed */
    bool is_made;
    bool past_cache;
    uint64_t bytes;
    ts_hasher_t hasher;
};

/* ---- the machine's own steps */

static int
system_make(void *ctx, const char *path)
{
    (void)ctx;
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
}

static int64_t
system_write(void *ctx, int file, const void *data, size_t bytes)
{
    (void)ctx;
    return write(file, data, bytes);
}

static int
system_flush(void *ctx, int file)
{
    (void)ctx;
    return fsync(file);
}

static int
system_name(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    return rename(from, to);
}

static int
system_remove(void *ctx, const char *path)
{
    (void)ctx;
    return unlink(path);
}

ts_carry_os_t
ts_carry_system(void)
{
    return (ts_carry_os_t){NULL,         system_make, system_write,
                           system_flush, system_name, system_remove};
}

/* ---- what went wrong, in words for a clerk */

static ts_err_t
say_errno(const ts_carry_out_t *self, int error, ts_msg_t *ret_why)
{
    static const struct {
        int error;
        ts_err_t err;
        const char *say;
    } rows[] = {
        {ENOSPC, TS_ERR_FULL, N_("{1}: there is no room left. Nothing was left behind there")},
        {EDQUOT, TS_ERR_FULL, N_("{1}: there is no room left. Nothing was left behind there")},
        {EFBIG, TS_ERR_FULL,
         N_("{1}: it cannot hold so big a file. Make a smaller bundle with --size")},
        {EROFS, TS_ERR_DENIED, N_("{1}: it is write-protected. Unlock it or take another stick")},
        {EACCES, TS_ERR_DENIED, N_("{1}: this user may not write there")},
        {EPERM, TS_ERR_DENIED, N_("{1}: this user may not write there")},
        {ENOENT, TS_ERR_NOTFOUND, N_("{1}: is not there. Was the stick pulled out?")},
        {ENOTDIR, TS_ERR_NOTFOUND, N_("{1}: is no folder")},
        {EEXIST, TS_ERR_EXISTS, N_("{1}: exists already and is not replaced")},
        {EIO, TS_ERR_IO,
         N_("{1}: the stick does not work, or was pulled out. Take another one and do it again")},
        {ENODEV, TS_ERR_IO,
         N_("{1}: the stick does not work, or was pulled out. Take another one and do it again")},
        {ENXIO, TS_ERR_IO,
         N_("{1}: the stick does not work, or was pulled out. Take another one and do it again")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].error == error) {
            ts_msg_make(ret_why, rows[i].say, error == EEXIST ? self->path : self->folder, NULL);
            return rows[i].err;
        }
    }
    ts_msg_make(ret_why, N_("{1}: cannot be written: {2}"), self->folder, strerror(error), NULL);
    return TS_ERR_IO;
}

/* ---- beginning */

static char *
join(const char *folder, const char *name, const char *suffix)
{
    size_t bytes = strlen(folder) + strlen(name) + strlen(suffix) + 2;
    char *path = ts_xmalloc(bytes);
    (void)snprintf(path, bytes, "%s/%s%s", folder, name, suffix);
    return path;
}

static ts_err_t
check_room(const ts_carry_out_t *self, uint64_t bytes, ts_msg_t *ret_why)
{
    struct statvfs room;
    if (statvfs(self->folder, &room) != 0) {
        return say_errno(self, errno, ret_why);
    }
    uint64_t there = (uint64_t)room.f_bavail * (uint64_t)room.f_frsize;
    if (there >= bytes) {
        return TS_ERR_OK;
    }
    char needed[24];
    char found[24];
    (void)snprintf(needed, sizeof needed, "%" PRIu64, (bytes >> 20) + 1);
    (void)snprintf(found, sizeof found, "%" PRIu64, there >> 20);
    ts_msg_make(ret_why, N_("{1}: {2} MiB are needed and {3} MiB are free"), self->folder, needed,
                found, NULL);
    return TS_ERR_FULL;
}

/* A former try that was cut off may have left its beginning under the same unfinished name. */
static ts_err_t
make_file(ts_carry_out_t *self, ts_msg_t *ret_why)
{
    if (access(self->path, F_OK) == 0) {
        return say_errno(self, EEXIST, ret_why);
    }
    self->file = self->os.make(self->os.ctx, self->temp);
    if (self->file < 0 && errno == EEXIST && self->os.remove(self->os.ctx, self->temp) == 0) {
        self->file = self->os.make(self->os.ctx, self->temp);
    }
    self->is_made = self->file >= 0;
    return self->is_made ? TS_ERR_OK : say_errno(self, errno, ret_why);
}

ts_err_t
ts_carry_out_new(ts_carry_out_t **ret_self,
                 const ts_carry_os_t *os,
                 const char *folder,
                 const char *name,
                 uint64_t bytes_expected,
                 ts_msg_t *ret_why)
{
    ts_carry_out_t *self = ts_xcalloc(1, sizeof *self);
    self->os = *os;
    self->folder = ts_xstrdup(folder);
    self->path = join(folder, name, "");
    self->temp = join(folder, name, TS_CARRY_SUFFIX);
    self->file = -1;
    ts_hasher_start(&self->hasher);
    ts_err_t err = check_room(self, bytes_expected, ret_why);
    if (err == TS_ERR_OK) {
        err = make_file(self, ret_why);
    }
    if (err != TS_ERR_OK) {
        ts_carry_out_destroy(&self);
        return err;
    }
    *ret_self = self;
    return TS_ERR_OK;
}

void
ts_carry_out_destroy(ts_carry_out_t **self_p)
{
    ts_carry_out_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    if (self->file >= 0) {
        (void)close(self->file);
    }
    if (self->is_made) {
        (void)self->os.remove(self->os.ctx, self->temp);
    }
    ts_xfree(self->folder);
    ts_xfree(self->path);
    ts_xfree(self->temp);
    ts_xfree(self);
    *self_p = NULL;
}

/* ---- writing */

ts_err_t
ts_carry_out_write(ts_carry_out_t *self, ts_bytes_t bytes, ts_msg_t *ret_why)
{
    TS_CHECK(self->file >= 0);
    ts_hasher_add(&self->hasher, bytes.data, bytes.length);
    while (bytes.length > 0) {
        int64_t written = self->os.write(self->os.ctx, self->file, bytes.data, bytes.length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return say_errno(self, written == 0 ? ENOSPC : errno, ret_why);
        }
        bytes.data += written;
        bytes.length -= (size_t)written;
        self->bytes += (uint64_t)written;
    }
    return TS_ERR_OK;
}

/* Hash of what the disk gives back. A stick that lies would give the system's own copy otherwise:
 * that is thrown away first. */
static ts_err_t
read_back(ts_carry_out_t *self, ts_hash_t *ret_hash, uint64_t *ret_bytes, ts_msg_t *ret_why)
{
    uint8_t piece[PIECE_BYTES];
    ts_hasher_t hasher;
    int file = open(self->temp, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return say_errno(self, errno, ret_why);
    }
    self->past_cache = posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0;
    ts_hasher_start(&hasher);
    uint64_t bytes = 0;
    ssize_t count;
    do {
        count = read(file, piece, sizeof piece);
        if (count > 0) {
            ts_hasher_add(&hasher, piece, (size_t)count);
            bytes += (uint64_t)count;
        }
    } while (count > 0 || (count < 0 && errno == EINTR));
    int error = errno;
    (void)close(file);
    if (count < 0) {
        return say_errno(self, error, ret_why);
    }
    *ret_hash = ts_hasher_finish(&hasher);
    *ret_bytes = bytes;
    return TS_ERR_OK;
}

static ts_err_t
compare(ts_carry_out_t *self, ts_msg_t *ret_why)
{
    ts_hash_t written = ts_hasher_finish(&self->hasher);
    ts_hash_t found;
    uint64_t bytes = 0;
    ts_err_t err = read_back(self, &found, &bytes, ret_why);
    if (err == TS_ERR_OK && (bytes != self->bytes || !ts_hash_equal(&written, &found))) {
        ts_msg_make(ret_why,
                    N_("{1}: it does not give back what was written: the stick is damaged. Take "
                       "another one"),
                    self->folder, NULL);
        err = TS_ERR_HASH;
    }
    return err;
}

/* A new name lasts only once the folder itself is on the disk. Some file systems cannot say so. */
static ts_err_t
flush_folder(ts_carry_out_t *self, ts_msg_t *ret_why)
{
    int folder = open(self->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return say_errno(self, errno, ret_why);
    }
    int failed = self->os.flush(self->os.ctx, folder);
    int error = errno;
    (void)close(folder);
    return failed == 0 || error == EINVAL || error == ENOTSUP ? TS_ERR_OK
                                                              : say_errno(self, error, ret_why);
}

ts_err_t
ts_carry_out_finish(ts_carry_out_t *self, ts_msg_t *ret_why)
{
    TS_CHECK(self->file >= 0);
    int failed = self->os.flush(self->os.ctx, self->file);
    int error = errno;
    if (close(self->file) != 0 && failed == 0) {
        failed = -1;
        error = errno;
    }
    self->file = -1;
    if (failed != 0) {
        return say_errno(self, error, ret_why);
    }
    ts_err_t err = compare(self, ret_why);
    if (err == TS_ERR_OK && access(self->path, F_OK) == 0) {
        err = say_errno(self, EEXIST, ret_why);
    }
    if (err == TS_ERR_OK && self->os.name(self->os.ctx, self->temp, self->path) != 0) {
        err = say_errno(self, errno, ret_why);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    self->is_made = false;
    return flush_folder(self, ret_why);
}

const char *
ts_carry_out_path(const ts_carry_out_t *self)
{
    return self->path;
}

uint64_t
ts_carry_out_bytes(const ts_carry_out_t *self)
{
    return self->bytes;
}

bool
ts_carry_out_past_cache(const ts_carry_out_t *self)
{
    return self->past_cache;
}
