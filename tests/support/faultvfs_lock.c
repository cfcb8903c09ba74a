/* SPDX-License-Identifier: MPL-2.0 */
/* Locks between the handles of one file in memory, and the index of its WAL. One process: what a
 * second process would see is what a second connection sees. */
#include "base/check.h"
#include "base/xalloc.h"
#include "support/faultvfs_p.h"

#include <stdlib.h>

/* The strongest lock of the others. */
static int
others(const ts_faultfile_t *file)
{
    int level = SQLITE_LOCK_NONE;
    for (const ts_faultfile_t *at = file->tracked->handles; at != NULL; at = at->next) {
        if (at != file && at->level > level) {
            level = at->level;
        }
    }
    return level;
}

int
ts_mem_lock(ts_faultfile_t *file, int level)
{
    if (level <= file->level) {
        return SQLITE_OK;
    }
    int other = others(file);
    if (level == SQLITE_LOCK_SHARED) {
        if (other >= SQLITE_LOCK_PENDING) {
            return SQLITE_BUSY;
        }
    } else if (other >= SQLITE_LOCK_RESERVED) {
        return SQLITE_BUSY;
    } else if (level == SQLITE_LOCK_EXCLUSIVE && other >= SQLITE_LOCK_SHARED) {
        file->level = SQLITE_LOCK_PENDING;
        return SQLITE_BUSY;
    }
    file->level = level;
    return SQLITE_OK;
}

int
ts_mem_unlock(ts_faultfile_t *file, int level)
{
    if (level < file->level) {
        file->level = level;
    }
    return SQLITE_OK;
}

bool
ts_mem_reserved(const ts_faultfile_t *file)
{
    return file->level >= SQLITE_LOCK_RESERVED || others(file) >= SQLITE_LOCK_RESERVED;
}

int
ts_mem_shm_map(ts_faultfile_t *file, int page, int bytes, int extend, void volatile **out)
{
    ts_tracked_t *tracked = file->tracked;
    file->shm_mapped = true;
    TS_CHECK(tracked->shm_count == 0 || tracked->shm_bytes == bytes);
    tracked->shm_bytes = bytes;
    *out = NULL;
    if (page >= tracked->shm_count && extend == 0) {
        return SQLITE_OK;
    }
    while (page >= tracked->shm_count) {
        size_t count = (size_t)tracked->shm_count + 1;
        tracked->shm = ts_xrealloc(tracked->shm, count * sizeof *tracked->shm);
        tracked->shm[tracked->shm_count++] = ts_xcalloc(1, (size_t)bytes);
    }
    *out = tracked->shm[page];
    return SQLITE_OK;
}

int
ts_mem_shm_lock(ts_faultfile_t *file, int offset, int count, int flags)
{
    TS_CHECK(offset >= 0 && count >= 1 && offset + count <= TS_FAULT_SHM_SLOTS);
    unsigned mask = ((1u << (offset + count)) - 1u) & ~((1u << offset) - 1u);
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        file->shm_shared &= ~mask;
        file->shm_exclusive &= ~mask;
        return SQLITE_OK;
    }
    bool shared = (flags & SQLITE_SHM_SHARED) != 0;
    for (const ts_faultfile_t *at = file->tracked->handles; at != NULL; at = at->next) {
        unsigned taken = at->shm_exclusive | (shared ? 0u : at->shm_shared);
        if (at != file && (taken & mask) != 0) {
            return SQLITE_BUSY;
        }
    }
    if (shared) {
        file->shm_shared |= mask;
    } else {
        file->shm_exclusive |= mask;
    }
    return SQLITE_OK;
}

void
ts_mem_shm_unmap(ts_faultfile_t *file)
{
    ts_tracked_t *tracked = file->tracked;
    file->shm_mapped = false;
    file->shm_shared = 0;
    file->shm_exclusive = 0;
    for (const ts_faultfile_t *at = tracked->handles; at != NULL; at = at->next) {
        if (at->shm_mapped) {
            return;
        }
    }
    /* The last one gone: whoever comes next makes it anew from the WAL, as the system's VFS has
     * it. */
    for (int i = 0; i < tracked->shm_count; i++) {
        free(tracked->shm[i]);
    }
    free(tracked->shm);
    tracked->shm = NULL;
    tracked->shm_count = 0;
}
