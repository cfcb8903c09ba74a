/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An SQLite VFS that fails on purpose, registered by name. It counts the calls of the kinds asked
 * for and lets the k-th one fail in one of the ways of TS_FAULT_LIST; it remembers every write that
 * was not flushed, so that a power cut can be tried: the files become what was flushed, plus
 * nothing, all, or a chosen part of the rest. For tests only; one thread.
 *
 * Two backings, the same behaviour. On disk: a shim over the system's VFS. In memory: the folder
 * holds empty files, their bytes stand here by inode; so rename, unlink, access and the inode of a
 * file mean what they always mean, and nothing waits for a disk. What does not go through SQLite's
 * VFS (keys, lock, ballast, configuration) is in both cases a plain file of the folder, out of
 * reach of these faults. Making and deleting a file are durable at once.
 *
 * A crash: arm TS_FAULT_CRASH, work until calls fail, destroy all objects, ts_faultvfs_power_cut,
 * open again. From the crash on every call fails, as nothing of a dead process reaches the disk.
 */
#ifndef TS_TESTS_SUPPORT_FAULTVFS_H
#define TS_TESTS_SUPPORT_FAULTVFS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ts_faultvfs ts_faultvfs_t;

/* Kinds of calls, to be combined. */
enum {
    TS_FAULT_ON_READ = 1u,
    TS_FAULT_ON_WRITE = 2u,
    TS_FAULT_ON_SYNC = 4u,
    TS_FAULT_ON_TRUNCATE = 8u,
    TS_FAULT_ON_OPEN = 16u,
    TS_FAULT_ON_DELETE = 32u,
    TS_FAULT_ON_LOCK = 64u,
    TS_FAULT_ON_SHM = 128u,                 /* a reader that takes its lock in the WAL's index */
    TS_FAULT_ON_CHANGE = 2u | 4u | 8u | 32u /* everything that changes a file */
};

/* Name, meaning. */
#define TS_FAULT_LIST(X)                                                                           \
    X(NONE, "nothing fails")                                                                       \
    X(IOERR, "the call fails with an I/O error and does nothing")                                  \
    X(FULL, "the disk is full: a write fails and does nothing, a flush fails with an I/O error")   \
    X(FULL_AT, "the files may hold `offset` bytes in all: what goes beyond is cut off there, the " \
               "write fails with disk full")                                                       \
    X(SHORT_READ, "half of what was asked for, then zeros, and the reader is told")                \
    X(FLIP, "one bit of what is read or written is wrong, nobody is told")                         \
    X(ROT, "one bit turns in the file itself at `offset` (-1: in its middle), nobody is told")     \
    X(BUSY, "the lock is taken by another, so many times running")                                 \
    X(SYNC_LIES, "the flush says done and flushes nothing; a later honest one makes up for it")    \
    X(SYNC_ONCE, "the flush fails, what it should have flushed is lost for good, and the next "    \
                 "flush says done")                                                                \
    X(LOST_WRITE, "the write says done and never happens")                                         \
    X(MISDIRECTED, "the write says done and lands one length further on")                          \
    X(SHM_LOST, "the index of the WAL in shared memory is zeros")                                  \
    X(CRASH, "the process dies in this call; it may have been done")

typedef enum ts_fault_kind {
#define TS_FAULT_ENTRY(name, meaning) TS_FAULT_##name,
    TS_FAULT_LIST(TS_FAULT_ENTRY)
#undef TS_FAULT_ENTRY
        TS_FAULT_COUNT
} ts_fault_kind_t;

typedef struct ts_fault {
    ts_fault_kind_t kind;
    unsigned on;      /* kinds of calls that are counted */
    uint64_t at;      /* which of them, from 1 */
    bool lasting;     /* also all that come later */
    const char *only; /* count files with this in their name; NULL: all */
    uint64_t times;   /* so many calls running (0 = one) */
    int64_t offset;   /* of FULL_AT and ROT */
} ts_fault_t;

/* What of the writes that were not flushed is on the disk after a power cut. */
typedef enum ts_power_cut {
    TS_CUT_NOTHING,   /* none of them */
    TS_CUT_ALL,       /* all of them: the process was killed, the machine lives */
    TS_CUT_SOME,      /* a random part, each whole, torn at 512 bytes, or absent */
    TS_CUT_REORDERED, /* a random part, each whole or absent */
    TS_CUT_TORN       /* up to a random one, which is torn at 512 or 4,096 bytes */
} ts_power_cut_t;

const char *ts_fault_name(ts_fault_kind_t kind);
const char *ts_fault_meaning(ts_fault_kind_t kind);

/* Registers under this name (kept by pointer: a literal). */
ts_faultvfs_t *ts_faultvfs_new(const char *name);
/* The same with the bytes of all files in memory. */
ts_faultvfs_t *ts_faultvfs_new_memory(const char *name);
/* All files must be closed. */
void ts_faultvfs_destroy(ts_faultvfs_t **self_p);

/* ---- faults */

/* Starts counting anew; the fault replaces the one before. */
void ts_faultvfs_arm(ts_faultvfs_t *self, const ts_fault_t *fault);
void ts_faultvfs_disarm(ts_faultvfs_t *self);
/* Calls counted since arming. */
uint64_t ts_faultvfs_calls(const ts_faultvfs_t *self);
/* The fault happened. */
bool ts_faultvfs_fired(const ts_faultvfs_t *self);
/* The process dies now: from here on every call fails. */
void ts_faultvfs_kill(ts_faultvfs_t *self);
/* It died, by a crash or by kill; a power cut ends that. */
bool ts_faultvfs_dead(const ts_faultvfs_t *self);

/* Sees every call of a living process before it is counted and done; may kill it or arm a fault. */
typedef void (*ts_faultvfs_watch_fn)(
    void *context, unsigned on, const char *path, int64_t offset, int bytes);
/* NULL: nobody watches. */
void ts_faultvfs_watch(ts_faultvfs_t *self, ts_faultvfs_watch_fn watch, void *context);

/*
 * The same piece of work for every call k:
 *   ts_fault_loop_t loop = {.vfs = vfs, .fault = {.kind = …, .on = …}};
 *   while (ts_fault_loop_next(&loop)) { prepare; ts_fault_loop_arm(&loop); work; judge; }
 * It ends after the first round whose work never came to its k-th call; `rounds` are those in which
 * the fault happened.
 */
typedef struct ts_fault_loop {
    ts_faultvfs_t *vfs;
    ts_fault_t fault; /* `at` is set by the loop */
    uint64_t stride;  /* 0 = 1: every call */
    uint64_t rounds;
    bool begun;
} ts_fault_loop_t;

bool ts_fault_loop_next(ts_fault_loop_t *loop);
void ts_fault_loop_arm(ts_fault_loop_t *loop);

/* ---- power cut. All files must be closed; calls succeed again after it. */

void ts_faultvfs_power_cut(ts_faultvfs_t *self, ts_power_cut_t cut, uint64_t seed);
/* Chooses for each write that was not flushed, in their order within a file, how many of its bytes
 * are on the disk: 0 none, `bytes` all. A truncation has bytes -1: 0 or 1. */
typedef int (*ts_faultvfs_choose_fn)(
    void *context, const char *path, size_t index, size_t count, int64_t offset, int bytes);
void ts_faultvfs_power_cut_chosen(ts_faultvfs_t *self, ts_faultvfs_choose_fn choose, void *context);
/* Writes and truncations not flushed yet of files with `only` in their name (NULL: all). */
size_t ts_faultvfs_pending(const ts_faultvfs_t *self, const char *only);

/* ---- the bytes of a file, whatever the backing; for tests that keep, damage and put back. The
 * file must not be open. */

/* False: no such file. */
bool ts_faultvfs_get(ts_faultvfs_t *self, const char *path, ts_buf_t *out);
/* Makes the file when it is absent. What stands in it afterwards counts as flushed. */
void ts_faultvfs_put(ts_faultvfs_t *self, const char *path, ts_bytes_t bytes);

#endif
