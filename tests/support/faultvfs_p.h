/* SPDX-License-Identifier: MPL-2.0 */
/* Inside of faultvfs: what its files use of one another. Not for tests. */
#ifndef TS_TESTS_SUPPORT_FAULTVFS_P_H
#define TS_TESTS_SUPPORT_FAULTVFS_P_H

#include "support/faultvfs.h"

#include <sqlite3.h>
#include <sys/types.h>

#define TS_FAULT_SHM_SLOTS 8

/* What becomes of a change at a power cut. */
typedef enum ts_change_fate {
    TS_CHANGE_PENDING, /* not flushed: perhaps there, perhaps not */
    TS_CHANGE_SAFE,    /* flushed; kept because an earlier one is not */
    TS_CHANGE_DOOMED   /* its flush failed: never there */
} ts_change_fate_t;

/* A change of a file that is not certain to be on the disk. */
typedef struct ts_change {
    sqlite3_int64 offset;
    sqlite3_int64 size_before;
    size_t old_at; /* in the file's `old`: what stood there, up to the file's end */
    int old_bytes;
    int new_bytes; /* -1: truncated to `offset` */
    ts_change_fate_t fate;
} ts_change_t;

typedef struct ts_faultfile ts_faultfile_t;

/* A file over all its handles. On disk by its path; in memory by its inode, with its bytes. */
typedef struct ts_tracked {
    char *path; /* as it was opened last */
    dev_t device;
    ino_t inode;
    bool in_memory;
    uint8_t *data;
    size_t data_capacity;
    sqlite3_int64 size;
    ts_faultfile_t *handles;
    ts_change_t *changes;
    size_t count;
    size_t capacity;
    ts_buf_t old; /* bytes of all changes */
    void **shm;   /* regions of the WAL's index: ours in memory, the system's on disk */
    int shm_count;
    int shm_bytes; /* of one region */
    struct ts_tracked *next;
} ts_tracked_t;

struct ts_faultvfs {
    sqlite3_vfs vfs; /* first: SQLite gives it back */
    sqlite3_vfs *real;
    bool in_memory;
    ts_fault_t fault;
    uint64_t calls;
    bool fired;
    bool dead; /* after a crash */
    ts_faultvfs_watch_fn watch;
    void *watch_context;
    ts_tracked_t *files;
};

/* A handle; the real one, if any, stands right behind it. */
struct ts_faultfile {
    sqlite3_file base;
    ts_faultvfs_t *vfs;
    ts_tracked_t *tracked; /* NULL: a temporary file on disk */
    sqlite3_file *real;    /* NULL: in memory */
    bool temporary;        /* goes with its handle */
    int level;             /* lock held, in memory */
    bool shm_mapped;
    unsigned shm_shared;
    unsigned shm_exclusive;
    ts_faultfile_t *next; /* of the same file */
};

/* ---- faultvfs_image.c: bytes, and what is not flushed */

ts_tracked_t *ts_tracked_of_path(ts_faultvfs_t *self, const char *path);
ts_tracked_t *ts_tracked_of_inode(ts_faultvfs_t *self, const char *path, dev_t device, ino_t inode);
ts_tracked_t *ts_tracked_new(ts_faultvfs_t *self, const char *path);
void ts_tracked_forget_changes(ts_tracked_t *tracked);
/* Empties it: the file is new. */
void ts_tracked_reset(ts_tracked_t *tracked);
void ts_tracked_drop(ts_faultvfs_t *self, ts_tracked_t *tracked);
/* As xRead, xWrite, xTruncate, without faults and without remembering. */
int ts_raw_read(ts_faultfile_t *file, void *out, int bytes, sqlite3_int64 offset);
int ts_raw_write(ts_faultfile_t *file, const void *data, int bytes, sqlite3_int64 offset);
int ts_raw_truncate(ts_faultfile_t *file, sqlite3_int64 size);
/* Notes a write of `bytes` bytes, or a truncation to `offset` (bytes -1), before it is done. */
void ts_tracked_remember(ts_faultfile_t *file, sqlite3_int64 offset, int bytes);
/* Everything written so far is on the disk. */
void ts_tracked_flush(ts_tracked_t *tracked);
/* Everything not flushed so far will never be. */
void ts_tracked_doom(ts_tracked_t *tracked);
/* Sum over the files with `only` in their name. */
sqlite3_int64 ts_tracked_total(const ts_faultvfs_t *self, const char *only);
/* Turns one bit in the file itself; false: there is no such byte. */
bool ts_tracked_rot(ts_faultfile_t *file, sqlite3_int64 offset);

/* ---- faultvfs_lock.c: locks and the WAL's index, in memory */

int ts_mem_lock(ts_faultfile_t *file, int level);
int ts_mem_unlock(ts_faultfile_t *file, int level);
bool ts_mem_reserved(const ts_faultfile_t *file);
int ts_mem_shm_map(ts_faultfile_t *file, int page, int bytes, int extend, void volatile **out);
int ts_mem_shm_lock(ts_faultfile_t *file, int offset, int count, int flags);
void ts_mem_shm_unmap(ts_faultfile_t *file);

#endif
