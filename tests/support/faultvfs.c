/* SPDX-License-Identifier: MPL-2.0 */
#include "support/faultvfs.h"

#include "base/check.h"
#include "base/prng.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR_BYTES 512

/* A change of a file that was not flushed yet. */
typedef struct ts_change {
    sqlite3_int64 offset;
    sqlite3_int64 size_before;
    int old_bytes; /* of `old`: what stood there, up to the file's end */
    int new_bytes; /* of `new`; -1: truncated to `offset` */
    uint8_t *old;
    uint8_t *new;
} ts_change_t;

/* A file by its path, over all its handles. */
typedef struct ts_tracked {
    char *path;
    int handles;
    ts_change_t *changes;
    size_t count;
    size_t capacity;
    struct ts_tracked *next;
} ts_tracked_t;

struct ts_faultvfs {
    sqlite3_vfs vfs; /* first: SQLite gives it back */
    sqlite3_vfs *real;
    ts_fault_t fault;
    uint64_t calls;
    bool fired;
    bool dead; /* after a crash */
    ts_tracked_t *files;
};

/* A handle; the real one stands right behind it. */
typedef struct ts_faultfile {
    sqlite3_file base;
    ts_faultvfs_t *vfs;
    ts_tracked_t *tracked;
    sqlite3_file *real;
} ts_faultfile_t;

/* ---- deciding ---- */

/* Does the fault hit this call? Dead processes fail in everything. */
static ts_fault_kind_t
hits(ts_faultvfs_t *self, unsigned on, const char *path)
{
    if (self->dead) {
        return TS_FAULT_IOERR;
    }
    const ts_fault_t *fault = &self->fault;
    if (fault->kind == TS_FAULT_NONE || (fault->on & on) == 0 ||
        (fault->only != NULL && (path == NULL || strstr(path, fault->only) == NULL))) {
        return TS_FAULT_NONE;
    }
    self->calls++;
    if (self->calls != fault->at && !(fault->lasting && self->calls > fault->at)) {
        return TS_FAULT_NONE;
    }
    self->fired = true;
    if (fault->kind == TS_FAULT_CRASH) {
        self->dead = true;
    }
    return fault->kind;
}

/* ---- remembering what was not flushed ---- */

static void
forget_changes(ts_tracked_t *tracked)
{
    for (size_t i = 0; i < tracked->count; i++) {
        free(tracked->changes[i].old);
        free(tracked->changes[i].new);
    }
    tracked->count = 0;
}

static ts_tracked_t *
track(ts_faultvfs_t *self, const char *path)
{
    for (ts_tracked_t *at = self->files; at != NULL; at = at->next) {
        if (strcmp(at->path, path) == 0) {
            return at;
        }
    }
    ts_tracked_t *tracked = ts_xcalloc(1, sizeof *tracked);
    tracked->path = ts_xstrdup(path);
    tracked->next = self->files;
    self->files = tracked;
    return tracked;
}

/* Notes a write of `bytes` bytes, or a truncation to `offset` (data NULL). */
static void
remember(ts_faultfile_t *file, sqlite3_int64 offset, const void *data, int bytes)
{
    ts_tracked_t *tracked = file->tracked;
    if (tracked == NULL) {
        return;
    }
    ts_change_t change = {.offset = offset, .new_bytes = data != NULL ? bytes : -1};
    TS_CHECK(file->real->pMethods->xFileSize(file->real, &change.size_before) == SQLITE_OK);
    sqlite3_int64 end = data != NULL ? offset + bytes : change.size_before;
    end = end < change.size_before ? end : change.size_before;
    change.old_bytes = end > offset ? (int)(end - offset) : 0;
    change.old = ts_xmalloc((size_t)change.old_bytes);
    if (change.old_bytes > 0) {
        TS_CHECK(file->real->pMethods->xRead(file->real, change.old, change.old_bytes, offset) ==
                 SQLITE_OK);
    }
    change.new = data != NULL ? ts_xmemdup(data, (size_t)bytes) : NULL;
    tracked->changes = ts_xgrow(tracked->changes, tracked->count + 1, &tracked->capacity,
                                sizeof *tracked->changes);
    tracked->changes[tracked->count++] = change;
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

static int
f_close(sqlite3_file *base)
{
    ts_faultfile_t *file = of(base);
    if (file->tracked != NULL) {
        file->tracked->handles--;
    }
    return file->real->pMethods->xClose(file->real);
}

static int
f_read(sqlite3_file *base, void *out, int bytes, sqlite3_int64 offset)
{
    ts_faultfile_t *file = of(base);
    ts_fault_kind_t kind = hits(file->vfs, TS_FAULT_ON_READ, path_of(file));
    if (kind == TS_FAULT_IOERR || kind == TS_FAULT_CRASH) {
        return SQLITE_IOERR_READ;
    }
    int code = file->real->pMethods->xRead(file->real, out, bytes, offset);
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
f_write(sqlite3_file *base, const void *data, int bytes, sqlite3_int64 offset)
{
    ts_faultfile_t *file = of(base);
    ts_fault_kind_t kind = hits(file->vfs, TS_FAULT_ON_WRITE, path_of(file));
    if (kind == TS_FAULT_FULL) {
        return SQLITE_FULL;
    }
    if (kind == TS_FAULT_IOERR) {
        return SQLITE_IOERR_WRITE;
    }
    remember(file, offset, data, bytes);
    int code;
    if (kind == TS_FAULT_FLIP) {
        uint8_t *copy = ts_xmemdup(data, (size_t)bytes);
        copy[bytes / 2] ^= 0x10;
        code = file->real->pMethods->xWrite(file->real, copy, bytes, offset);
        free(copy);
        return code;
    }
    code = file->real->pMethods->xWrite(file->real, data, bytes, offset);
    return kind == TS_FAULT_CRASH ? SQLITE_IOERR_WRITE : code;
}

static int
f_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    ts_faultfile_t *file = of(base);
    ts_fault_kind_t kind = hits(file->vfs, TS_FAULT_ON_TRUNCATE, path_of(file));
    if (kind == TS_FAULT_IOERR || kind == TS_FAULT_FULL) {
        return SQLITE_IOERR_TRUNCATE;
    }
    remember(file, size, NULL, 0);
    int code = file->real->pMethods->xTruncate(file->real, size);
    return kind == TS_FAULT_CRASH ? SQLITE_IOERR_TRUNCATE : code;
}

static int
f_sync(sqlite3_file *base, int flags)
{
    ts_faultfile_t *file = of(base);
    ts_fault_kind_t kind = hits(file->vfs, TS_FAULT_ON_SYNC, path_of(file));
    if (kind == TS_FAULT_SYNC_LIES) {
        return SQLITE_OK;
    }
    if (kind == TS_FAULT_IOERR || kind == TS_FAULT_FULL || kind == TS_FAULT_CRASH) {
        return SQLITE_IOERR_FSYNC;
    }
    /* The real flush is left out: nobody pulls the plug of a test, and it takes the time. */
    (void)flags;
    if (file->tracked != NULL) {
        forget_changes(file->tracked);
    }
    return SQLITE_OK;
}

static int
f_size(sqlite3_file *base, sqlite3_int64 *size)
{
    return of(base)->real->pMethods->xFileSize(of(base)->real, size);
}

static int
f_lock(sqlite3_file *base, int level)
{
    ts_faultfile_t *file = of(base);
    ts_fault_kind_t kind = hits(file->vfs, TS_FAULT_ON_LOCK, path_of(file));
    if (kind == TS_FAULT_BUSY) {
        return SQLITE_BUSY;
    }
    if (kind != TS_FAULT_NONE) {
        return SQLITE_IOERR_LOCK;
    }
    return file->real->pMethods->xLock(file->real, level);
}

static int
f_unlock(sqlite3_file *base, int level)
{
    return of(base)->real->pMethods->xUnlock(of(base)->real, level);
}

static int
f_check_lock(sqlite3_file *base, int *ret_locked)
{
    return of(base)->real->pMethods->xCheckReservedLock(of(base)->real, ret_locked);
}

static int
f_control(sqlite3_file *base, int op, void *argument)
{
    return of(base)->real->pMethods->xFileControl(of(base)->real, op, argument);
}

static int
f_sector(sqlite3_file *base)
{
    return of(base)->real->pMethods->xSectorSize(of(base)->real);
}

static int
f_device(sqlite3_file *base)
{
    return of(base)->real->pMethods->xDeviceCharacteristics(of(base)->real);
}

static int
f_shm_map(sqlite3_file *base, int page, int bytes, int extend, void volatile **out)
{
    return of(base)->real->pMethods->xShmMap(of(base)->real, page, bytes, extend, out);
}

static int
f_shm_lock(sqlite3_file *base, int offset, int count, int flags)
{
    ts_faultfile_t *file = of(base);
    bool takes = (flags & SQLITE_SHM_LOCK) != 0;
    if (takes && hits(file->vfs, TS_FAULT_ON_LOCK, path_of(file)) == TS_FAULT_BUSY) {
        return SQLITE_BUSY;
    }
    return file->real->pMethods->xShmLock(file->real, offset, count, flags);
}

static void
f_shm_barrier(sqlite3_file *base)
{
    of(base)->real->pMethods->xShmBarrier(of(base)->real);
}

static int
f_shm_unmap(sqlite3_file *base, int remove)
{
    return of(base)->real->pMethods->xShmUnmap(of(base)->real, remove);
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

static int
v_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *ret_flags)
{
    ts_faultvfs_t *self = self_of(vfs);
    ts_faultfile_t *file = of(base);
    memset(file, 0, sizeof *file);
    if (hits(self, TS_FAULT_ON_OPEN, path) != TS_FAULT_NONE) {
        return SQLITE_CANTOPEN;
    }
    file->vfs = self;
    file->real = (sqlite3_file *)(void *)(file + 1);
    int code = self->real->xOpen(self->real, path, file->real, flags, ret_flags);
    if (code != SQLITE_OK) {
        return code;
    }
    base->pMethods = &file_methods;
    if (path != NULL && (flags & SQLITE_OPEN_DELETEONCLOSE) == 0) {
        file->tracked = track(self, path);
        file->tracked->handles++;
    }
    return SQLITE_OK;
}

static int
v_delete(sqlite3_vfs *vfs, const char *path, int flush)
{
    ts_faultvfs_t *self = self_of(vfs);
    if (hits(self, TS_FAULT_ON_DELETE, path) != TS_FAULT_NONE) {
        return SQLITE_IOERR_DELETE;
    }
    forget_changes(track(self, path));
    return self->real->xDelete(self->real, path, flush);
}

static int
v_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret)
{
    return self_of(vfs)->real->xAccess(self_of(vfs)->real, path, flags, ret);
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

ts_faultvfs_t *
ts_faultvfs_new(const char *name)
{
    TS_CHECK(sqlite3_initialize() == SQLITE_OK);
    ts_faultvfs_t *self = ts_xcalloc(1, sizeof *self);
    self->real = sqlite3_vfs_find(NULL);
    TS_CHECK(self->real != NULL);
    self->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = (int)sizeof(ts_faultfile_t) + self->real->szOsFile,
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

void
ts_faultvfs_destroy(ts_faultvfs_t **self_p)
{
    ts_faultvfs_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    TS_CHECK(sqlite3_vfs_unregister(&self->vfs) == SQLITE_OK);
    while (self->files != NULL) {
        ts_tracked_t *next = self->files->next;
        TS_CHECK(self->files->handles == 0);
        forget_changes(self->files);
        free(self->files->changes);
        free(self->files->path);
        free(self->files);
        self->files = next;
    }
    free(self);
    *self_p = NULL;
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

/* ---- power cut ---- */

static void
write_at(int file, const uint8_t *data, int bytes, sqlite3_int64 offset)
{
    TS_CHECK(pwrite(file, data, (size_t)bytes, (off_t)offset) == (ssize_t)bytes);
}

/* Back to what was there before. */
static void
undo(int file, const ts_change_t *change)
{
    TS_CHECK(ftruncate(file, (off_t)change->size_before) == 0);
    write_at(file, change->old, change->old_bytes, change->offset);
}

/* Does a change, or the beginning of it. */
static void
redo(int file, const ts_change_t *change, int bytes)
{
    if (change->new_bytes < 0) {
        TS_CHECK(ftruncate(file, (off_t)change->offset) == 0);
        return;
    }
    write_at(file, change->new, bytes, change->offset);
}

static void
cut_file(ts_tracked_t *tracked, ts_power_cut_t cut, ts_prng_t *prng)
{
    if (tracked->count == 0 || cut == TS_CUT_ALL) {
        forget_changes(tracked);
        return;
    }
    int file = open(tracked->path, O_RDWR);
    if (file < 0 && errno == ENOENT) { /* taken away by the test */
        forget_changes(tracked);
        return;
    }
    TS_CHECK(file >= 0);
    for (size_t i = tracked->count; i-- > 0;) {
        undo(file, &tracked->changes[i]);
    }
    for (size_t i = 0; i < tracked->count && cut == TS_CUT_SOME; i++) {
        const ts_change_t *change = &tracked->changes[i];
        int sectors = change->new_bytes / SECTOR_BYTES;
        switch (ts_prng_below(prng, 3)) {
        case 0:
            redo(file, change, change->new_bytes);
            break;
        case 1:
            if (sectors > 0) {
                redo(file, change, (int)ts_prng_below(prng, (uint32_t)sectors) * SECTOR_BYTES);
            }
            break;
        default:
            break;
        }
    }
    TS_CHECK(close(file) == 0);
    forget_changes(tracked);
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
ts_faultvfs_power_cut(ts_faultvfs_t *self, ts_power_cut_t cut, uint64_t seed)
{
    ts_prng_t prng = ts_prng(seed);
    for (ts_tracked_t *at = self->files; at != NULL; at = at->next) {
        TS_CHECK(at->handles == 0);
        cut_file(at, cut, &prng);
    }
    self->dead = false;
    ts_faultvfs_disarm(self);
}
