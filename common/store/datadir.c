/* SPDX-License-Identifier: MPL-2.0 */
#include "store/datadir.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct ts_datadir {
    char *folder;
    char *ballast; /* path */
    int lock;      /* open lock file */
};

/* Path of a file in the folder, owned by the caller. */
static char *
path_in(const char *folder, const char *name)
{
    size_t bytes = strlen(folder) + strlen(name) + 2;
    char *path = ts_xmalloc(bytes);
    (void)snprintf(path, bytes, "%s/%s", folder, name);
    return path;
}

static ts_err_t
error_of(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return TS_ERR_NOTFOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return TS_ERR_DENIED;
    case ENOSPC:
    case EDQUOT:
        return TS_ERR_FULL;
    default:
        return TS_ERR_IO;
    }
}

/* Somebody else has the lock: who? */
static ts_err_t
tell_holder(const ts_datadir_t *self, ts_msg_t *detail)
{
    struct flock held = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char number[24] = "?";
    if (fcntl(self->lock, F_GETLK, &held) == 0 && held.l_type != F_UNLCK) {
        (void)snprintf(number, sizeof number, "%ld", (long)held.l_pid);
    }
    ts_msg_make(detail,
                N_("the data folder {1} is in use by another process (number {2}); two must "
                   "never work on one folder"),
                self->folder, number, NULL);
    return TS_ERR_LOCKED;
}

static ts_err_t
take_lock(ts_datadir_t *self, ts_msg_t *detail)
{
    char *path = path_in(self->folder, "lock");
    self->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int number = errno;
    free(path);
    if (self->lock < 0) {
        ts_msg_make(detail, N_("the data folder {1} cannot be used: {2}"), self->folder,
                    strerror(number), NULL);
        return error_of(number);
    }
    struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(self->lock, F_SETLK, &wanted) == 0) {
        return TS_ERR_OK;
    }
    if (errno == EACCES || errno == EAGAIN) {
        return tell_holder(self, detail);
    }
    number = errno;
    ts_msg_make(detail, N_("the data folder {1} cannot be locked: {2}"), self->folder,
                strerror(number), NULL);
    return error_of(number);
}

ts_err_t
ts_datadir_open(ts_datadir_t **ret_self, const char *folder, ts_msg_t *detail)
{
    ts_msg_t unused = {0};
    ts_datadir_t *self = ts_xcalloc(1, sizeof *self);
    self->folder = ts_xstrdup(folder);
    self->ballast = path_in(folder, "ballast");
    self->lock = -1;
    ts_err_t err = take_lock(self, detail != NULL ? detail : &unused);
    ts_msg_free(&unused);
    if (err != TS_ERR_OK) {
        ts_datadir_destroy(&self);
        return err;
    }
    *ret_self = self;
    return TS_ERR_OK;
}

void
ts_datadir_destroy(ts_datadir_t **self_p)
{
    ts_datadir_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    if (self->lock >= 0) {
        (void)close(self->lock);
    }
    free(self->folder);
    free(self->ballast);
    free(self);
    *self_p = NULL;
}

const char *
ts_datadir_folder(const ts_datadir_t *self)
{
    return self->folder;
}

ts_err_t
ts_datadir_space(const ts_datadir_t *self, ts_space_t *ret_space)
{
    struct statvfs facts;
    if (statvfs(self->folder, &facts) != 0) {
        return error_of(errno);
    }
    uint64_t unit = facts.f_frsize != 0 ? facts.f_frsize : facts.f_bsize;
    uint64_t free_units = facts.f_bavail;
    uint64_t all_units = facts.f_blocks;
    ret_space->free_bytes = free_units * unit;
    ret_space->total_bytes = all_units * unit;
    ret_space->free_percent = all_units != 0 ? (uint32_t)(free_units * 100 / all_units) : 0;
    return TS_ERR_OK;
}

bool
ts_datadir_ballast_there(const ts_datadir_t *self)
{
    struct stat facts;
    return stat(self->ballast, &facts) == 0 && facts.st_size == (off_t)TS_BALLAST_BYTES;
}

ts_err_t
ts_datadir_ballast_make(ts_datadir_t *self)
{
    if (ts_datadir_ballast_there(self)) {
        return TS_ERR_OK;
    }
    ts_space_t space;
    ts_err_t err = ts_datadir_space(self, &space);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (space.free_bytes < 4 * (uint64_t)TS_BALLAST_BYTES) {
        return TS_ERR_AGAIN;
    }
    int file = open(self->ballast, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return error_of(errno);
    }
    /* Allocated for certain: a file with holes would take no space. */
    int number = posix_fallocate(file, 0, (off_t)TS_BALLAST_BYTES);
    (void)close(file);
    if (number != 0) {
        (void)unlink(self->ballast);
        return error_of(number);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_datadir_ballast_release(ts_datadir_t *self)
{
    return unlink(self->ballast) == 0 ? TS_ERR_OK : error_of(errno);
}
