/* SPDX-License-Identifier: MPL-2.0 */
/* What SQLite calls: every call is shown to the watcher, counted, perhaps failed, then done. */
#include "support/faultvfs.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "support/faultvfs_p.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR_SIZE = 4096 };

/* ---- deciding ---- */

static void
show(ts_faultvfs_t *self, unsigned on, const char *path, sqlite3_int64 offset, int bytes)
{
    if (self->watch != NULL && !self->dead) {
        self->watch(self->watch_context, on, path != NULL ? path : "", offset, bytes);
    }
}

/* Does the fault hit this call? Dead processes fail in everything. */
static ts_fault_kind_t
hits(ts_faultvfs_t *self, unsigned on, const char *path)
{
    if (self->dead) {
        return TS_FAULT_IOERR;
    }
    const ts_fault_t *fault = &self->fault;
    if (fault->kind == TS_FAULT_NONE || fault->kind == TS_FAULT_FULL_AT || (fault->on & on) == 0 ||
        (fault->only != NULL && (path == NULL || strstr(path, fault->only) == NULL))) {
        return TS_FAULT_NONE;
    }
    self->calls++;
    uint64_t times = fault->times == 0 ? 1 : fault->times;
    if (self->calls < fault->at || (!fault->lasting && self->calls >= fault->at + times)) {
        return TS_FAULT_NONE;
    }
    self->fired = true;
    if (fault->kind == TS_FAULT_CRASH) {
        self->dead = true;
    }
    return fault->kind;
}

/* How many bytes of this write the disk has room for. */
static int
room_for(ts_faultvfs_t *self, const ts_tracked_t *tracked, sqlite3_int64 offset, int bytes)
{
    const ts_fault_t *fault = &self->fault;
    if (fault->kind != TS_FAULT_FULL_AT || tracked == NULL ||
        (fault->only != NULL && strstr(tracked->path, fault->only) == NULL)) {
        return bytes;
    }
    sqlite3_int64 end = tracked->size + fault->offset - ts_tracked_total(self, fault->only);
    end = end < tracked->size ? tracked->size : end;
    if (offset + bytes <= end) {
        return bytes;
    }
    self->fired = true;
    return offset < end ? (int)(end - offset) : 0;
}

/* ---- methods of a file ---- */

static ts_faultfile_t *
of(sqlite3_file *file)
{
    return (ts_faultfile_t *)(void *)file;
}

static const char *
path_of(const ts_faultfile_t *file)
{
    return file->tracked != NULL ? file->tracked->path : NULL;
}

/* Shows, then decides. */
static ts_fault_kind_t
call(ts_faultfile_t *file, unsigned on, sqlite3_int64 offset, int bytes)
{
    show(file->vfs, on, path_of(file), offset, bytes);
    return hits(file->vfs, on, path_of(file));
}

static void
unlink_handle(ts_faultfile_t *file)
{
    ts_faultfile_t **at = &file->tracked->handles;
    while (*at != file) {
        at = &(*at)->next;
    }
    *at = file->next;
}

static int
f_close(sqlite3_file *base)
{
    ts_faultfile_t *file = of(base);
    if (file->tracked != NULL) {
        if (file->real == NULL && file->shm_mapped) {
            ts_mem_shm_unmap(file);
        }
        unlink_handle(file);
        if (file->temporary) {
            ts_tracked_drop(file->vfs, file->tracked);
        }
    }
    return file->real != NULL ? file->real->pMethods->xClose(file->real) : SQLITE_OK;
}

static int
f_read(sqlite3_file *base, void *out, int bytes, sqlite3_int64 offset)
{
    ts_faultfile_t *file = of(base);
    ts_fault_kind_t kind = call(file, TS_FAULT_ON_READ, offset, bytes);
    if (kind == TS_FAULT_IOERR || kind == TS_FAULT_CRASH) {
        return SQLITE_IOERR_READ;
    }
    if (kind == TS_FAULT_ROT && file->tracked != NULL) {
        file->vfs->fired = ts_tracked_rot(file, file->vfs->fault.offset);
    }
    int code = ts_raw_read(file, out, bytes, offset);
    if (kind == TS_FAULT_SHORT_READ) {
        memset((uint8_t *)out + bytes / 2, 0, (size_t)(bytes - bytes / 2));
        return SQLITE_IOERR_SHORT_READ;
    }
    if (kind == TS_FAULT_FLIP) {
        ((uint8_t *)out)[bytes / 2] ^= 0x10;
    }
    return code;
}

static int
write_flipped(ts_faultfile_t *file, const void *data, int bytes, sqlite3_int64 offset)
{
    uint8_t *copy = ts_xmemdup(data, (size_t)bytes);
    copy[bytes / 2] ^= 0x10;
    int code = ts_raw_write(file, copy, bytes, offset);
    free(copy);
    return code;
}

static int
f_write(sqlite3_file *base, const void *data, int bytes, sqlite3_int64 offset)
{
    ts_faultfile_t *file = of(base);
    ts_fault_kind_t kind = call(file, TS_FAULT_ON_WRITE, offset, bytes);
    int room = room_for(file->vfs, file->tracked, offset, bytes);
    if (kind == TS_FAULT_FULL || kind == TS_FAULT_IOERR) {
        return kind == TS_FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    if (kind == TS_FAULT_LOST_WRITE) {
        return SQLITE_OK;
    }
    offset += kind == TS_FAULT_MISDIRECTED ? bytes : 0;
    ts_tracked_remember(file, offset, room);
    if (kind == TS_FAULT_FLIP) {
        return write_flipped(file, data, bytes, offset);
    }
    int code = room > 0 ? ts_raw_write(file, data, room, offset) : SQLITE_OK;
    if (kind == TS_FAULT_ROT && file->tracked != NULL) {
        file->vfs->fired = ts_tracked_rot(file, file->vfs->fault.offset);
    }
    if (code == SQLITE_OK && room < bytes) {
        return SQLITE_FULL;
    }
    return kind == TS_FAULT_CRASH ? SQLITE_IOERR_WRITE : code;
}

static int
f_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    ts_faultfile_t *file = of(base);
    ts_fault_kind_t kind = call(file, TS_FAULT_ON_TRUNCATE, size, 0);
    if (kind == TS_FAULT_IOERR || kind == TS_FAULT_FULL) {
        return SQLITE_IOERR_TRUNCATE;
    }
    if (kind == TS_FAULT_LOST_WRITE) {
        return SQLITE_OK;
    }
    ts_tracked_remember(file, size, -1);
    int code = ts_raw_truncate(file, size);
    return kind == TS_FAULT_CRASH ? SQLITE_IOERR_TRUNCATE : code;
}

static int
f_sync(sqlite3_file *base, int flags)
{
    ts_faultfile_t *file = of(base);
    ts_fault_kind_t kind = call(file, TS_FAULT_ON_SYNC, 0, 0);
    if (kind == TS_FAULT_SYNC_LIES) {
        return SQLITE_OK;
    }
    if (kind == TS_FAULT_SYNC_ONCE && file->tracked != NULL) {
        ts_tracked_doom(file->tracked);
    }
    if (kind == TS_FAULT_IOERR || kind == TS_FAULT_FULL || kind == TS_FAULT_CRASH ||
        kind == TS_FAULT_SYNC_ONCE) {
        return SQLITE_IOERR_FSYNC;
    }
    /* The real flush is left out: nobody pulls the plug of a test, and it takes the time. */
    (void)flags;
    if (file->tracked != NULL) {
        ts_tracked_flush(file->tracked);
    }
    return SQLITE_OK;
}

static int
f_size(sqlite3_file *base, sqlite3_int64 *size)
{
    ts_faultfile_t *file = of(base);
    if (file->real != NULL) {
        return file->real->pMethods->xFileSize(file->real, size);
    }
    *size = file->tracked->size;
    return SQLITE_OK;
}

static int
f_lock(sqlite3_file *base, int level)
{
    ts_faultfile_t *file = of(base);
    ts_fault_kind_t kind = call(file, TS_FAULT_ON_LOCK, -1, 0);
    if (kind == TS_FAULT_BUSY) {
        return SQLITE_BUSY;
    }
    if (kind != TS_FAULT_NONE) {
        return SQLITE_IOERR_LOCK;
    }
    return file->real != NULL ? file->real->pMethods->xLock(file->real, level)
                              : ts_mem_lock(file, level);
}

static int
f_unlock(sqlite3_file *base, int level)
{
    ts_faultfile_t *file = of(base);
    return file->real != NULL ? file->real->pMethods->xUnlock(file->real, level)
                              : ts_mem_unlock(file, level);
}

static int
f_check_lock(sqlite3_file *base, int *ret_locked)
{
    ts_faultfile_t *file = of(base);
    if (file->real != NULL) {
        return file->real->pMethods->xCheckReservedLock(file->real, ret_locked);
    }
    *ret_locked = ts_mem_reserved(file);
    return SQLITE_OK;
}

static int
f_control(sqlite3_file *base, int op, void *argument)
{
    ts_faultfile_t *file = of(base);
    return file->real != NULL ? file->real->pMethods->xFileControl(file->real, op, argument)
                              : SQLITE_NOTFOUND;
}

static int
f_sector(sqlite3_file *base)
{
    ts_faultfile_t *file = of(base);
    return file->real != NULL ? file->real->pMethods->xSectorSize(file->real) : SECTOR_SIZE;
}

/* In memory as the system's VFS has it: a torn write leaves its neighbours alone. */
static int
f_device(sqlite3_file *base)
{
    ts_faultfile_t *file = of(base);
    return file->real != NULL ? file->real->pMethods->xDeviceCharacteristics(file->real)
                              : SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Regions on disk are remembered, so that they can be lost. */
static void
note_region(ts_tracked_t *tracked, int page, int bytes, void volatile *region)
{
    if (region == NULL) {
        return;
    }
    if (page >= tracked->shm_count) {
        tracked->shm = ts_xrealloc(tracked->shm, ((size_t)page + 1) * sizeof *tracked->shm);
        while (tracked->shm_count <= page) {
            tracked->shm[tracked->shm_count++] = NULL;
        }
    }
    tracked->shm[page] = (void *)(uintptr_t)region;
    tracked->shm_bytes = bytes;
}

static int
f_shm_map(sqlite3_file *base, int page, int bytes, int extend, void volatile **out)
{
    ts_faultfile_t *file = of(base);
    if (file->real == NULL) {
        return ts_mem_shm_map(file, page, bytes, extend, out);
    }
    int code = file->real->pMethods->xShmMap(file->real, page, bytes, extend, out);
    if (code == SQLITE_OK && file->tracked != NULL) {
        note_region(file->tracked, page, bytes, *out);
    }
    return code;
}

static void
lose_index(ts_tracked_t *tracked)
{
    for (int i = 0; i < tracked->shm_count; i++) {
        if (tracked->shm[i] != NULL) {
            memset(tracked->shm[i], 0, (size_t)tracked->shm_bytes);
        }
    }
}

static int
f_shm_lock(sqlite3_file *base, int offset, int count, int flags)
{
    ts_faultfile_t *file = of(base);
    bool takes = (flags & SQLITE_SHM_LOCK) != 0;
    if (takes && call(file, TS_FAULT_ON_LOCK, offset, count) == TS_FAULT_BUSY) {
        return SQLITE_BUSY;
    }
    /* Before a reader relies on it: what a writer at work has read of it is no file's fault. */
    if (takes && (flags & SQLITE_SHM_SHARED) != 0 && file->tracked != NULL &&
        call(file, TS_FAULT_ON_SHM, offset, count) == TS_FAULT_SHM_LOST) {
        lose_index(file->tracked);
    }
    return file->real != NULL ? file->real->pMethods->xShmLock(file->real, offset, count, flags)
                              : ts_mem_shm_lock(file, offset, count, flags);
}

static void
f_shm_barrier(sqlite3_file *base)
{
    if (of(base)->real != NULL) {
        of(base)->real->pMethods->xShmBarrier(of(base)->real);
    }
}

static int
f_shm_unmap(sqlite3_file *base, int remove)
{
    ts_faultfile_t *file = of(base);
    if (file->real != NULL) {
        /* Others may have it mapped still; they are not noted any more. */
        if (file->tracked != NULL) {
            file->tracked->shm_count = 0;
        }
        return file->real->pMethods->xShmUnmap(file->real, remove);
    }
    ts_mem_shm_unmap(file);
    return SQLITE_OK;
}

/* Version 2: no memory-mapped pages, so that every byte passes here. */
static const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_check_lock,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_device,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
};

/* ---- methods of the VFS ---- */

static ts_faultvfs_t *
self_of(sqlite3_vfs *vfs)
{
    return (ts_faultvfs_t *)(void *)vfs;
}

/* The empty file in the folder stands for the bytes here. */
static int
open_memory(ts_faultvfs_t *self, const char *path, ts_faultfile_t *file, int flags)
{
    struct stat facts;
    if (file->temporary) {
        file->tracked = ts_tracked_new(self, path != NULL ? path : "temporary");
        return SQLITE_OK;
    }
    int made = -1;
    int there = open(path, O_RDWR | O_CLOEXEC);
    if (there < 0 && (flags & SQLITE_OPEN_CREATE) != 0) {
        made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        there = made;
    }
    if (there < 0) {
        return SQLITE_CANTOPEN;
    }
    TS_CHECK(fstat(there, &facts) == 0 && close(there) == 0);
    file->tracked = ts_tracked_of_inode(self, path, facts.st_dev, facts.st_ino);
    if (made >= 0) { /* an inode that was given up may come back */
        ts_tracked_reset(file->tracked);
    }
    return SQLITE_OK;
}

static int
open_disk(ts_faultvfs_t *self, const char *path, ts_faultfile_t *file, int flags, int *ret_flags)
{
    file->real = (sqlite3_file *)(void *)(file + 1);
    int code = self->real->xOpen(self->real, path, file->real, flags, ret_flags);
    if (code == SQLITE_OK && !file->temporary) {
        file->tracked = ts_tracked_of_path(self, path);
        code = file->real->pMethods->xFileSize(file->real, &file->tracked->size);
    }
    return code;
}

static int
v_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *ret_flags)
{
    ts_faultvfs_t *self = self_of(vfs);
    ts_faultfile_t *file = of(base);
    memset(file, 0, sizeof *file);
    show(self, TS_FAULT_ON_OPEN, path, 0, 0);
    if (hits(self, TS_FAULT_ON_OPEN, path) != TS_FAULT_NONE) {
        return SQLITE_CANTOPEN;
    }
    file->vfs = self;
    file->temporary = path == NULL || (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    int code = self->in_memory ? open_memory(self, path, file, flags)
                               : open_disk(self, path, file, flags, ret_flags);
    if (code != SQLITE_OK) {
        return code;
    }
    if (self->in_memory && ret_flags != NULL) {
        *ret_flags = flags;
    }
    base->pMethods = &file_methods;
    if (file->tracked != NULL) {
        file->next = file->tracked->handles;
        file->tracked->handles = file;
    }
    return SQLITE_OK;
}

static int
v_delete(sqlite3_vfs *vfs, const char *path, int flush)
{
    ts_faultvfs_t *self = self_of(vfs);
    struct stat facts;
    show(self, TS_FAULT_ON_DELETE, path, 0, 0);
    if (hits(self, TS_FAULT_ON_DELETE, path) != TS_FAULT_NONE) {
        return SQLITE_IOERR_DELETE;
    }
    if (!self->in_memory) {
        ts_tracked_forget_changes(ts_tracked_of_path(self, path));
        return self->real->xDelete(self->real, path, flush);
    }
    if (stat(path, &facts) != 0) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    ts_tracked_t *tracked = ts_tracked_of_inode(self, path, facts.st_dev, facts.st_ino);
    if (tracked->handles == NULL) {
        ts_tracked_drop(self, tracked);
    }
    return unlink(path) == 0 ? SQLITE_OK : SQLITE_IOERR_DELETE;
}

static int
v_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret)
{
    ts_faultvfs_t *self = self_of(vfs);
    struct stat facts;
    if (!self->in_memory) {
        return self->real->xAccess(self->real, path, flags, ret);
    }
    *ret = stat(path, &facts) == 0;
    if (*ret != 0 && flags == SQLITE_ACCESS_EXISTS && S_ISREG(facts.st_mode)) {
        /* As the system's: an empty file is an absent one. */
        *ret = ts_tracked_of_inode(self, path, facts.st_dev, facts.st_ino)->size > 0;
    }
    return SQLITE_OK;
}

static int
v_full_path(sqlite3_vfs *vfs, const char *path, int bytes, char *out)
{
    return self_of(vfs)->real->xFullPathname(self_of(vfs)->real, path, bytes, out);
}

static int
v_random(sqlite3_vfs *vfs, int bytes, char *out)
{
    return self_of(vfs)->real->xRandomness(self_of(vfs)->real, bytes, out);
}

static int
v_sleep(sqlite3_vfs *vfs, int us)
{
    /* Waiting for a lock that a test holds back would only take time. */
    (void)vfs;
    return us;
}

static int
v_time(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
    return self_of(vfs)->real->xCurrentTimeInt64(self_of(vfs)->real, ret);
}

static int
v_last_error(sqlite3_vfs *vfs, int bytes, char *out)
{
    (void)vfs;
    (void)bytes;
    (void)out;
    return 0;
}

static ts_faultvfs_t *
make(const char *name, bool in_memory)
{
    TS_CHECK(sqlite3_initialize() == SQLITE_OK);
    ts_faultvfs_t *self = ts_xcalloc(1, sizeof *self);
    self->real = sqlite3_vfs_find(NULL);
    TS_CHECK(self->real != NULL);
    self->in_memory = in_memory;
    self->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = (int)sizeof(ts_faultfile_t) + (in_memory ? 0 : self->real->szOsFile),
        .mxPathname = self->real->mxPathname,
        .zName = name,
        .xOpen = v_open,
        .xDelete = v_delete,
        .xAccess = v_access,
        .xFullPathname = v_full_path,
        .xRandomness = v_random,
        .xSleep = v_sleep,
        .xGetLastError = v_last_error,
        .xCurrentTimeInt64 = v_time,
    };
    TS_CHECK(sqlite3_vfs_register(&self->vfs, 0) == SQLITE_OK);
    return self;
}

ts_faultvfs_t *
ts_faultvfs_new(const char *name)
{
    return make(name, false);
}

ts_faultvfs_t *
ts_faultvfs_new_memory(const char *name)
{
    return make(name, true);
}

void
ts_faultvfs_destroy(ts_faultvfs_t **self_p)
{
    ts_faultvfs_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    TS_CHECK(sqlite3_vfs_unregister(&self->vfs) == SQLITE_OK);
    while (self->files != NULL) {
        ts_tracked_drop(self, self->files);
    }
    free(self);
    *self_p = NULL;
}

/* ---- faults ---- */

static const struct {
    const char *name;
    const char *meaning;
} kinds[] = {
#define ENTRY(name, meaning) {#name, meaning},
    TS_FAULT_LIST(ENTRY)
#undef ENTRY
};

const char *
ts_fault_name(ts_fault_kind_t kind)
{
    TS_CHECK((size_t)kind < TS_FAULT_COUNT);
    return kinds[kind].name;
}

const char *
ts_fault_meaning(ts_fault_kind_t kind)
{
    TS_CHECK((size_t)kind < TS_FAULT_COUNT);
    return kinds[kind].meaning;
}

void
ts_faultvfs_arm(ts_faultvfs_t *self, const ts_fault_t *fault)
{
    self->fault = *fault;
    self->calls = 0;
    self->fired = false;
}

void
ts_faultvfs_disarm(ts_faultvfs_t *self)
{
    self->fault = (ts_fault_t){.kind = TS_FAULT_NONE};
}

uint64_t
ts_faultvfs_calls(const ts_faultvfs_t *self)
{
    return self->calls;
}

bool
ts_faultvfs_fired(const ts_faultvfs_t *self)
{
    return self->fired;
}

void
ts_faultvfs_kill(ts_faultvfs_t *self)
{
    self->dead = true;
}

bool
ts_faultvfs_dead(const ts_faultvfs_t *self)
{
    return self->dead;
}

void
ts_faultvfs_watch(ts_faultvfs_t *self, ts_faultvfs_watch_fn watch, void *context)
{
    self->watch = watch;
    self->watch_context = context;
}

bool
ts_fault_loop_next(ts_fault_loop_t *loop)
{
    if (loop->begun && !ts_faultvfs_fired(loop->vfs)) {
        ts_faultvfs_disarm(loop->vfs);
        return false;
    }
    loop->rounds += loop->begun;
    loop->fault.at += !loop->begun || loop->stride == 0 ? 1 : loop->stride;
    loop->begun = true;
    loop->vfs->fired = false;
    return true;
}

void
ts_fault_loop_arm(ts_fault_loop_t *loop)
{
    ts_faultvfs_arm(loop->vfs, &loop->fault);
}
