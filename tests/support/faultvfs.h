/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An SQLite VFS that fails on purpose: a shim over the system's VFS, registered by name. It counts
 * the calls of the kinds asked for and lets the k-th one fail; it remembers every write that was
 * not flushed, so that a power cut can be tried: the files become what was flushed, plus nothing,
 * all or a random part of the rest. For tests only; one thread.
 *
 * A crash: arm TS_FAULT_CRASH, work until calls fail, destroy all objects, ts_faultvfs_power_cut,
 * open again. From the crash on every call fails, as nothing of a dead process reaches the disk.
 */
#ifndef TS_TESTS_SUPPORT_FAULTVFS_H
#define TS_TESTS_SUPPORT_FAULTVFS_H

#include <stdbool.h>
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
    TS_FAULT_ON_CHANGE = 2u | 4u | 8u | 32u /* everything that changes a file */
};

typedef enum ts_fault_kind {
    TS_FAULT_NONE,
    TS_FAULT_IOERR,      /* the call fails and does nothing */
    TS_FAULT_FULL,       /* the disk is full; a flush that is hit fails with IOERR */
    TS_FAULT_SHORT_READ, /* half of what was asked for, then zeros */
    TS_FAULT_FLIP,       /* one bit of what was read or written is wrong, nobody is told */
    TS_FAULT_BUSY,       /* the lock is taken by another */
    TS_FAULT_SYNC_LIES,  /* the flush says done and flushes nothing */
    TS_FAULT_CRASH       /* the process dies in this call; a write may be torn */
} ts_fault_kind_t;

typedef struct ts_fault {
    ts_fault_kind_t kind;
    unsigned on;      /* kinds of calls that are counted */
    uint64_t at;      /* which of them, from 1 */
    bool lasting;     /* also all that come later */
    const char *only; /* count files with this in their name; NULL: all */
} ts_fault_t;

/* What of the writes that were not flushed is on the disk after a power cut. */
typedef enum ts_power_cut {
    TS_CUT_NOTHING, /* none of them */
    TS_CUT_ALL,     /* all of them: the process was killed, the machine lives */
    TS_CUT_SOME     /* a random part, each whole, torn at 512 bytes, or absent */
} ts_power_cut_t;

/* Registers under this name (kept by pointer: a literal). */
ts_faultvfs_t *ts_faultvfs_new(const char *name);
/* All files must be closed. */
void ts_faultvfs_destroy(ts_faultvfs_t **self_p);
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
/* All files must be closed. Brings them to what the disk holds and lets calls succeed again. */
void ts_faultvfs_power_cut(ts_faultvfs_t *self, ts_power_cut_t cut, uint64_t seed);

#endif
