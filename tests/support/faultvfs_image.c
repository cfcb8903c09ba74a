/* SPDX-License-Identifier: MPL-2.0 */
/* The bytes of the files of a failing VFS, what of them is not flushed, and power cuts. */
#include "base/check.h"
#include "base/prng.h"
#include "base/xalloc.h"
#include "support/faultvfs_p.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR_BYTES = 512, PAGE_BYTES = 4096 };

/* ---- which file */

ts_tracked_t *
ts_tracked_new(ts_faultvfs_t *self, const char *path)
{
    ts_tracked_t *tracked = ts_xcalloc(1, sizeof *tracked);
    tracked->path = ts_xstrdup(path);
    tracked->in_memory = self->in_memory;
    tracked->next = self->files;
    self->files = tracked;
    return tracked;
}

ts_tracked_t *
ts_tracked_of_path(ts_faultvfs_t *self, const char *path)
{
    for (ts_tracked_t *at = self->files; at != NULL; at = at->next) {
        if (strcmp(at->path, path) == 0) {
            return at;
        }
    }
    return ts_tracked_new(self, path);
}

ts_tracked_t *
ts_tracked_of_inode(ts_faultvfs_t *self, const char *path, dev_t device, ino_t inode)
{
    ts_tracked_t *tracked = self->files;
    while (tracked != NULL && (tracked->inode != inode || tracked->device != device)) {
        tracked = tracked->next;
    }
    if (tracked == NULL) {
        tracked = ts_tracked_new(self, path);
        tracked->device = device;
        tracked->inode = inode;
    } else if (strcmp(tracked->path, path) != 0) { /* it was renamed */
        free(tracked->path);
        tracked->path = ts_xstrdup(path);
    }
    return tracked;
}

void
ts_tracked_forget_changes(ts_tracked_t *tracked)
{
    tracked->count = 0;
    ts_buf_clear(&tracked->old);
}

void
ts_tracked_reset(ts_tracked_t *tracked)
{
    TS_CHECK(tracked->handles == NULL);
    ts_tracked_forget_changes(tracked);
    free(tracked->data);
    tracked->data = NULL;
    tracked->data_capacity = 0;
    tracked->size = 0;
}

void
ts_tracked_drop(ts_faultvfs_t *self, ts_tracked_t *tracked)
{
    ts_tracked_t **at = &self->files;
    while (*at != tracked) {
        at = &(*at)->next;
    }
    *at = tracked->next;
    ts_tracked_reset(tracked);
    ts_buf_free(&tracked->old);
    free(tracked->changes);
    free(tracked->path);
    if (!tracked->in_memory) {
        free(tracked->shm);
    }
    free(tracked);
}

/* ---- bytes in memory */

static void
mem_write(ts_tracked_t *tracked, const void *data, size_t bytes, sqlite3_int64 offset)
{
    size_t end = (size_t)offset + bytes;
    if (end > tracked->data_capacity) {
        size_t capacity = tracked->data_capacity == 0 ? 16384 : tracked->data_capacity;
        while (capacity < end) {
            capacity *= 2;
        }
        tracked->data = ts_xrealloc(tracked->data, capacity);
        tracked->data_capacity = capacity;
    }
    if (offset > tracked->size) {
        memset(tracked->data + tracked->size, 0, (size_t)(offset - tracked->size));
    }
    if (bytes > 0) {
        memcpy(tracked->data + offset, data, bytes);
    }
    if ((sqlite3_int64)end > tracked->size) {
        tracked->size = (sqlite3_int64)end;
    }
}

static void
mem_truncate(ts_tracked_t *tracked, sqlite3_int64 size)
{
    if (size > tracked->size) {
        mem_write(tracked, NULL, 0, size);
    }
    tracked->size = size;
}

static int
mem_read(const ts_tracked_t *tracked, void *out, int bytes, sqlite3_int64 offset)
{
    sqlite3_int64 there = tracked->size - offset;
    there = there < 0 ? 0 : there > bytes ? bytes : there;
    if (there > 0) {
        memcpy(out, tracked->data + offset, (size_t)there);
    }
    if (there < bytes) {
        memset((uint8_t *)out + there, 0, (size_t)(bytes - there));
        return SQLITE_IOERR_SHORT_READ;
    }
    return SQLITE_OK;
}

/* ---- bytes, whatever the backing */

int
ts_raw_read(ts_faultfile_t *file, void *out, int bytes, sqlite3_int64 offset)
{
    return file->real != NULL ? file->real->pMethods->xRead(file->real, out, bytes, offset)
                              : mem_read(file->tracked, out, bytes, offset);
}

int
ts_raw_write(ts_faultfile_t *file, const void *data, int bytes, sqlite3_int64 offset)
{
    if (file->real == NULL) {
        mem_write(file->tracked, data, (size_t)bytes, offset);
        return SQLITE_OK;
    }
    int code = file->real->pMethods->xWrite(file->real, data, bytes, offset);
    if (code == SQLITE_OK && file->tracked != NULL && offset + bytes > file->tracked->size) {
        file->tracked->size = offset + bytes;
    }
    return code;
}

int
ts_raw_truncate(ts_faultfile_t *file, sqlite3_int64 size)
{
    if (file->real == NULL) {
        mem_truncate(file->tracked, size);
        return SQLITE_OK;
    }
    int code = file->real->pMethods->xTruncate(file->real, size);
    if (code == SQLITE_OK && file->tracked != NULL) {
        file->tracked->size = size;
    }
    return code;
}

sqlite3_int64
ts_tracked_total(const ts_faultvfs_t *self, const char *only)
{
    sqlite3_int64 total = 0;
    for (const ts_tracked_t *at = self->files; at != NULL; at = at->next) {
        if (only == NULL || strstr(at->path, only) != NULL) {
            total += at->size;
        }
    }
    return total;
}

bool
ts_tracked_rot(ts_faultfile_t *file, sqlite3_int64 offset)
{
    sqlite3_int64 at = offset >= 0 ? offset : file->tracked->size / 2;
    uint8_t byte = 0;
    if (at >= file->tracked->size || ts_raw_read(file, &byte, 1, at) != SQLITE_OK) {
        return false;
    }
    byte ^= 0x10;
    return ts_raw_write(file, &byte, 1, at) == SQLITE_OK;
}

/* ---- what is not flushed */

void
ts_tracked_remember(ts_faultfile_t *file, sqlite3_int64 offset, int bytes)
{
    ts_tracked_t *tracked = file->tracked;
    if (tracked == NULL || file->temporary) {
        return;
    }
    ts_change_t change = {.offset = offset, .size_before = tracked->size, .new_bytes = bytes};
    sqlite3_int64 end = bytes >= 0 ? offset + bytes : change.size_before;
    end = end < change.size_before ? end : change.size_before;
    change.old_bytes = end > offset ? (int)(end - offset) : 0;
    change.old_at = tracked->old.length;
    if (change.old_bytes > 0) {
        uint8_t *old = ts_buf_extend(&tracked->old, (size_t)change.old_bytes);
        TS_CHECK(ts_raw_read(file, old, change.old_bytes, offset) == SQLITE_OK);
    }
    tracked->changes = ts_xgrow(tracked->changes, tracked->count + 1, &tracked->capacity,
                                sizeof *tracked->changes);
    tracked->changes[tracked->count++] = change;
}

void
ts_tracked_flush(ts_tracked_t *tracked)
{
    bool doomed = false;
    for (size_t i = 0; i < tracked->count; i++) {
        if (tracked->changes[i].fate == TS_CHANGE_PENDING) {
            tracked->changes[i].fate = TS_CHANGE_SAFE;
        }
        doomed = doomed || tracked->changes[i].fate == TS_CHANGE_DOOMED;
    }
    if (!doomed) {
        ts_tracked_forget_changes(tracked);
    }
}

void
ts_tracked_doom(ts_tracked_t *tracked)
{
    for (size_t i = 0; i < tracked->count; i++) {
        if (tracked->changes[i].fate == TS_CHANGE_PENDING) {
            tracked->changes[i].fate = TS_CHANGE_DOOMED;
        }
    }
}

size_t
ts_faultvfs_pending(const ts_faultvfs_t *self, const char *only)
{
    size_t count = 0;
    for (const ts_tracked_t *at = self->files; at != NULL; at = at->next) {
        for (size_t i = 0; i < at->count; i++) {
            count += at->changes[i].fate != TS_CHANGE_SAFE &&
                     (only == NULL || strstr(at->path, only) != NULL);
        }
    }
    return count;
}

/* ---- power cut: the bytes are taken into memory, put back to what was flushed, and what is
 * chosen is done again */

typedef struct ts_cut {
    ts_faultvfs_choose_fn choose;
    void *context;
} ts_cut_t;

static bool
load(ts_tracked_t *tracked)
{
    if (tracked->in_memory) {
        return true;
    }
    struct stat facts;
    int file = open(tracked->path, O_RDONLY);
    if (file < 0 && errno == ENOENT) { /* taken away by the test */
        return false;
    }
    TS_CHECK(file >= 0 && fstat(file, &facts) == 0);
    tracked->size = 0;
    mem_truncate(tracked, facts.st_size);
    TS_CHECK(pread(file, tracked->data, (size_t)facts.st_size, 0) == facts.st_size);
    TS_CHECK(close(file) == 0);
    return true;
}

static void
save(ts_tracked_t *tracked)
{
    if (tracked->in_memory) {
        return;
    }
    int file = open(tracked->path, O_WRONLY);
    TS_CHECK(file >= 0 && ftruncate(file, (off_t)tracked->size) == 0);
    TS_CHECK(pwrite(file, tracked->data, (size_t)tracked->size, 0) == (ssize_t)tracked->size);
    TS_CHECK(close(file) == 0);
    free(tracked->data);
    tracked->data = NULL;
    tracked->data_capacity = 0;
}

/* Takes a change back; what it had written is what stands there now, as all later ones are taken
 * back already. */
static uint8_t *
undo(ts_tracked_t *tracked, const ts_change_t *change)
{
    uint8_t *new = NULL;
    if (change->new_bytes > 0) {
        new = ts_xmalloc((size_t)change->new_bytes);
        (void)mem_read(tracked, new, change->new_bytes, change->offset);
    }
    mem_truncate(tracked, change->size_before);
    if (change->old_bytes > 0) {
        mem_write(tracked, tracked->old.data + change->old_at, (size_t)change->old_bytes,
                  change->offset);
    }
    return new;
}

static void
redo(ts_tracked_t *tracked, const ts_change_t *change, const uint8_t *new, int kept)
{
    if (change->new_bytes < 0) {
        if (kept > 0) {
            mem_truncate(tracked, change->offset);
        }
    } else if (kept > 0) {
        mem_write(tracked, new, (size_t)kept, change->offset);
    }
}

static int
fate_of(const ts_cut_t *cut, const ts_tracked_t *tracked, size_t index)
{
    const ts_change_t *change = &tracked->changes[index];
    if (change->fate == TS_CHANGE_DOOMED) {
        return 0;
    }
    int all = change->new_bytes < 0 ? 1 : change->new_bytes;
    if (change->fate == TS_CHANGE_SAFE || cut->choose == NULL) {
        return all;
    }
    int kept = cut->choose(cut->context, tracked->path, index, tracked->count, change->offset,
                           change->new_bytes);
    return kept < 0 ? 0 : kept > all ? all : kept;
}

static void
cut_file(ts_tracked_t *tracked, const ts_cut_t *cut)
{
    bool all = cut->choose == NULL;
    for (size_t i = 0; all && i < tracked->count; i++) {
        all = tracked->changes[i].fate != TS_CHANGE_DOOMED;
    }
    if (all || tracked->count == 0 || !load(tracked)) {
        ts_tracked_forget_changes(tracked);
        return;
    }
    uint8_t **news = ts_xcalloc(tracked->count, sizeof *news);
    for (size_t i = tracked->count; i-- > 0;) {
        news[i] = undo(tracked, &tracked->changes[i]);
    }
    for (size_t i = 0; i < tracked->count; i++) {
        redo(tracked, &tracked->changes[i], news[i], fate_of(cut, tracked, i));
        free(news[i]);
    }
    free(news);
    save(tracked);
    ts_tracked_forget_changes(tracked);
}

static void
cut_all(ts_faultvfs_t *self, const ts_cut_t *cut)
{
    for (ts_tracked_t *at = self->files; at != NULL; at = at->next) {
        TS_CHECK(at->handles == NULL);
        cut_file(at, cut);
    }
    self->dead = false;
    ts_faultvfs_disarm(self);
}

void
ts_faultvfs_power_cut_chosen(ts_faultvfs_t *self, ts_faultvfs_choose_fn choose, void *context)
{
    TS_CHECK(choose != NULL);
    cut_all(self, &(ts_cut_t){choose, context});
}

/* ---- the choices that have names */

typedef struct ts_dice {
    ts_prng_t prng;
    const char *file; /* at hand */
    size_t torn_at;   /* which of its changes is the last */
} ts_dice_t;

static int
choose_nothing(void *context, const char *path, size_t index, size_t count, int64_t at, int bytes)
{
    (void)context, (void)path, (void)index, (void)count, (void)at, (void)bytes;
    return 0;
}

static int
torn(ts_dice_t *dice, int bytes, int unit)
{
    int units = bytes / unit;
    return units > 0 ? (int)ts_prng_below(&dice->prng, (uint32_t)units) * unit : 0;
}

static int
choose_some(void *context, const char *path, size_t index, size_t count, int64_t at, int bytes)
{
    ts_dice_t *dice = context;
    (void)path, (void)index, (void)count, (void)at;
    switch (ts_prng_below(&dice->prng, 3)) {
    case 0:
        return bytes < 0 ? 1 : bytes;
    case 1:
        return bytes < 0 ? 1 : torn(dice, bytes, SECTOR_BYTES);
    default:
        return 0;
    }
}

static int
choose_reordered(void *context, const char *path, size_t index, size_t count, int64_t at, int bytes)
{
    ts_dice_t *dice = context;
    (void)path, (void)index, (void)count, (void)at;
    return ts_prng_below(&dice->prng, 2) == 0 ? 0 : bytes < 0 ? 1 : bytes;
}

static int
choose_torn(void *context, const char *path, size_t index, size_t count, int64_t at, int bytes)
{
    ts_dice_t *dice = context;
    (void)at;
    if (dice->file != path) {
        dice->file = path;
        dice->torn_at = index + ts_prng_below(&dice->prng, (uint32_t)(count - index));
    }
    if (index != dice->torn_at || bytes < 0) {
        return index > dice->torn_at ? 0 : bytes < 0 ? 1 : bytes;
    }
    return torn(dice, bytes, ts_prng_below(&dice->prng, 2) == 0 ? SECTOR_BYTES : PAGE_BYTES);
}

void
ts_faultvfs_power_cut(ts_faultvfs_t *self, ts_power_cut_t cut, uint64_t seed)
{
    static const ts_faultvfs_choose_fn choices[] = {
        [TS_CUT_NOTHING] = choose_nothing, [TS_CUT_ALL] = NULL,
        [TS_CUT_SOME] = choose_some,       [TS_CUT_REORDERED] = choose_reordered,
        [TS_CUT_TORN] = choose_torn,
    };
    ts_dice_t dice = {.prng = ts_prng(seed)};
    cut_all(self, &(ts_cut_t){choices[cut], &dice});
}

/* ---- from outside */

bool
ts_faultvfs_get(ts_faultvfs_t *self, const char *path, ts_buf_t *out)
{
    struct stat facts;
    ts_buf_clear(out);
    if (stat(path, &facts) != 0) {
        return false;
    }
    ts_tracked_t *tracked = self->in_memory
                                ? ts_tracked_of_inode(self, path, facts.st_dev, facts.st_ino)
                                : ts_tracked_of_path(self, path);
    TS_CHECK(tracked->handles == NULL);
    TS_CHECK(load(tracked));
    ts_buf_put(out, tracked->data, (size_t)tracked->size);
    save(tracked);
    return true;
}

void
ts_faultvfs_put(ts_faultvfs_t *self, const char *path, ts_bytes_t bytes)
{
    struct stat facts;
    int file = open(path, O_RDWR | O_CREAT, 0600);
    TS_CHECK(file >= 0 && fstat(file, &facts) == 0 && close(file) == 0);
    ts_tracked_t *tracked = self->in_memory
                                ? ts_tracked_of_inode(self, path, facts.st_dev, facts.st_ino)
                                : ts_tracked_of_path(self, path);
    ts_tracked_reset(tracked);
    mem_write(tracked, bytes.data, bytes.length, 0);
    save(tracked);
}
