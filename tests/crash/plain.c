/* SPDX-License-Identifier: MPL-2.0 */
#include "plain.h"

#include "base/check.h"
#include "base/prng.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, SECTOR_BYTES = 512, PAGE_BYTES = 4096 };

typedef enum fate { FATE_PENDING, FATE_SAFE, FATE_DOOMED } fate_t;

/* A write (file >= 0), or a name that was given. */
typedef struct change {
    fate_t fate;
    int file; /* a descriptor of our own */
    dev_t device;
    ino_t inode;
    off_t offset;
    off_t size_before;
    ts_buf_t before; /* what the write replaced, or what the name stood for */
    ts_buf_t after;
    char *from;
    char *to;
    bool is_link; /* the old name stays */
    bool had;     /* the name was there before */
    char *hidden; /* … and where the file stands meanwhile, when the name is taken back */
} change_t;

static struct {
    const char *roots[PLAIN_ROOTS];
    ts_faultvfs_watch_fn watch;
    void *context;
    ts_fault_kind_t armed;
    bool fired;
    bool dead;
    bool quiet; /* our own calls */
    change_t *changes;
    size_t count;
    size_t capacity;
} plain;

ssize_t __real_write(int file, const void *data, size_t bytes);
ssize_t __wrap_write(int file, const void *data, size_t bytes);
int __real_fsync(int file);
int __wrap_fsync(int file);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_mkstemp(char *form);
int __wrap_mkstemp(char *form);

/* ---- who watches */

static bool
is_watched(const char *path)
{
    for (size_t i = 0; i < PLAIN_ROOTS && plain.watch != NULL && !plain.quiet; i++) {
        const char *root = plain.roots[i];
        if (root != NULL && strncmp(path, root, strlen(root)) == 0) {
            return true;
        }
    }
    return false;
}

/* Path of an open file below the roots. */
static bool
path_of(int file, char path[PATH_BYTES])
{
    char name[32];
    if (plain.watch == NULL || plain.quiet) {
        return false;
    }
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    ssize_t length = readlink(name, path, PATH_BYTES - 1);
    path[length < 0 ? 0 : length] = '\0';
    return is_watched(path);
}

/* Shows a call; false with errno: it fails. */
static bool
show(unsigned on, const char *path)
{
    if (!plain.dead) {
        plain.quiet = true;
        plain.watch(plain.context, on, path, 0, 0);
        plain.quiet = false;
    }
    if (plain.dead) {
        errno = EIO;
        return false;
    }
    if (plain.armed == TS_FAULT_FULL && (on & TS_FAULT_ON_WRITE) != 0) {
        plain.fired = true;
        errno = ENOSPC;
        return false;
    }
    return true;
}

static change_t *
add_change(void)
{
    plain.changes =
        ts_xgrow(plain.changes, plain.count + 1, &plain.capacity, sizeof *plain.changes);
    change_t *change = &plain.changes[plain.count++];
    memset(change, 0, sizeof *change);
    change->file = -1;
    return change;
}

static void
free_change(change_t *change)
{
    if (change->file >= 0) {
        (void)close(change->file);
    }
    ts_buf_free(&change->before);
    ts_buf_free(&change->after);
    ts_xfree(change->from);
    ts_xfree(change->to);
    ts_xfree(change->hidden);
}

static void
forget_all(void)
{
    for (size_t i = 0; i < plain.count; i++) {
        free_change(&plain.changes[i]);
    }
    plain.count = 0;
}

void
plain_watch(const char *const roots[PLAIN_ROOTS], ts_faultvfs_watch_fn watch, void *context)
{
    forget_all();
    for (size_t i = 0; i < PLAIN_ROOTS; i++) {
        plain.roots[i] = roots[i];
    }
    plain.watch = watch;
    plain.context = context;
    plain.armed = TS_FAULT_NONE;
    plain.fired = false;
    plain.dead = false;
}

void
plain_unwatch(void)
{
    static const char *const none[PLAIN_ROOTS];
    plain_watch(none, NULL, NULL);
}

void
plain_arm(ts_fault_kind_t kind)
{
    plain.armed = kind;
}

bool
plain_fired(void)
{
    return plain.fired;
}

void
plain_kill(void)
{
    plain.dead = true;
}

/* ---- the calls */

static void
read_range(int file, off_t offset, size_t bytes, ts_buf_t *out)
{
    if (bytes > 0) {
        TS_CHECK(pread(file, ts_buf_extend(out, bytes), bytes, offset) == (ssize_t)bytes);
    }
}

static void
note_write(int file, const void *data, size_t bytes)
{
    char name[32];
    struct stat facts;
    change_t *change = add_change();
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    change->file = __real_open(name, O_RDWR | O_CLOEXEC);
    change->offset = lseek(file, 0, SEEK_CUR);
    TS_CHECK(change->file >= 0 && change->offset >= 0 && fstat(file, &facts) == 0);
    change->device = facts.st_dev;
    change->inode = facts.st_ino;
    change->size_before = facts.st_size;
    off_t end = change->offset + (off_t)bytes;
    end = end < facts.st_size ? end : facts.st_size;
    read_range(change->file, change->offset,
               end > change->offset ? (size_t)(end - change->offset) : 0, &change->before);
    ts_buf_put(&change->after, data, bytes);
}

ssize_t
__wrap_write(int file, const void *data, size_t bytes)
{
    char path[PATH_BYTES];
    if (path_of(file, path)) {
        if (!show(TS_FAULT_ON_WRITE, path)) {
            return -1;
        }
        note_write(file, data, bytes);
    }
    return __real_write(file, data, bytes);
}

static bool
is_in(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/' &&
           strchr(path + length + 1, '/') == NULL;
}

/* Of a file its writes, of a folder the names in it. */
static void
settle(int file, const char *path, fate_t fate)
{
    struct stat facts;
    TS_CHECK(fstat(file, &facts) == 0);
    for (size_t i = 0; i < plain.count; i++) {
        change_t *change = &plain.changes[i];
        bool of_it = change->file >= 0
                         ? change->inode == facts.st_ino && change->device == facts.st_dev
                         : is_in(change->to, path);
        if (of_it && change->fate == FATE_PENDING) {
            change->fate = fate;
        }
    }
}

int
__wrap_fsync(int file)
{
    char path[PATH_BYTES];
    if (!path_of(file, path)) {
        return __real_fsync(file);
    }
    if (!show(TS_FAULT_ON_SYNC, path)) {
        return -1;
    }
    bool fails = plain.armed == TS_FAULT_SYNC_ONCE;
    settle(file, path, fails ? FATE_DOOMED : FATE_SAFE);
    if (fails) {
        plain.armed = TS_FAULT_NONE;
        plain.fired = true;
        errno = EIO;
    }
    return fails ? -1 : 0; /* nobody pulls the plug of a test */
}

static void
note_name(const char *from, const char *to, bool is_link)
{
    struct stat facts;
    change_t *change = add_change();
    change->from = ts_xstrdup(from);
    change->to = ts_xstrdup(to);
    change->is_link = is_link;
    if (is_link) { /* the old name may be gone when the new one is given again */
        size_t room = strlen(to) + 32;
        change->hidden = ts_xmalloc(room);
        (void)snprintf(change->hidden, room, "%s.taken-back-%zu", to, plain.count);
    }
    int file = __real_open(to, O_RDONLY | O_CLOEXEC);
    change->had = file >= 0;
    if (file >= 0) {
        TS_CHECK(fstat(file, &facts) == 0);
        read_range(file, 0, (size_t)facts.st_size, &change->before);
        (void)close(file);
    }
}

int
__wrap_rename(const char *from, const char *to)
{
    if (is_watched(to)) {
        if (!show(PLAIN_ON_NAME, to)) {
            return -1;
        }
        note_name(from, to, false);
    }
    return __real_rename(from, to);
}

int
__wrap_link(const char *from, const char *to)
{
    if (is_watched(to)) {
        if (!show(PLAIN_ON_NAME, to)) {
            return -1;
        }
        if (access(to, F_OK) != 0) {
            note_name(from, to, true);
        }
    }
    return __real_link(from, to);
}

int
__wrap_unlink(const char *path)
{
    return is_watched(path) && !show(TS_FAULT_ON_DELETE, path) ? -1 : __real_unlink(path);
}

int
__wrap_mkdir(const char *path, mode_t mode)
{
    return is_watched(path) && !show(PLAIN_ON_MAKE, path) ? -1 : __real_mkdir(path, mode);
}

int
__wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    bool reads = (flags & (O_ACCMODE | O_DIRECTORY)) == O_RDONLY;
    unsigned on = (flags & O_CREAT) != 0 ? PLAIN_ON_MAKE : reads ? PLAIN_ON_READ : 0;
    if (on != 0 && is_watched(path) && !show(on, path)) {
        return -1;
    }
    return __real_open(path, flags, mode);
}

int
__wrap_mkstemp(char *form)
{
    return is_watched(form) && !show(PLAIN_ON_MAKE, form) ? -1 : __real_mkstemp(form);
}

/* ---- power cut: all is taken back, and what stands is done again */

static void
put_bytes(int file, off_t offset, const uint8_t *data, size_t bytes)
{
    if (bytes > 0) {
        TS_CHECK(pwrite(file, data, bytes, offset) == (ssize_t)bytes);
    }
}

static void
make_file(const char *path, const ts_buf_t *bytes)
{
    int file = __real_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    TS_CHECK(file >= 0);
    put_bytes(file, 0, bytes->data, bytes->length);
    (void)close(file);
}

static void
undo(const change_t *change)
{
    if (change->file >= 0) {
        put_bytes(change->file, change->offset, change->before.data, change->before.length);
        TS_CHECK(ftruncate(change->file, change->size_before) == 0);
        return;
    }
    /* It may have been taken away since. */
    if (change->is_link) {
        (void)__real_rename(change->to, change->hidden);
    } else {
        (void)__real_rename(change->to, change->from);
    }
    if (change->had) {
        make_file(change->to, &change->before);
    }
}

static void
redo(const change_t *change, size_t kept)
{
    if (change->file >= 0) {
        put_bytes(change->file, change->offset, change->after.data, kept);
    } else if (change->is_link) {
        (void)__real_rename(change->hidden, change->to);
    } else {
        (void)__real_rename(change->from, change->to);
    }
}

/* How many bytes of the i-th change stand; a name counts as one. */
static size_t
kept_of(size_t i, ts_power_cut_t cut, size_t torn, ts_prng_t *prng)
{
    const change_t *change = &plain.changes[i];
    size_t whole = change->file >= 0 ? change->after.length : 1;
    if (change->fate != FATE_PENDING) {
        return change->fate == FATE_SAFE || cut == TS_CUT_ALL ? whole : 0;
    }
    switch (cut) {
    case TS_CUT_ALL:
        return whole;
    case TS_CUT_SOME:
    case TS_CUT_REORDERED:
        return ts_prng_below(prng, 2) == 0 ? whole : 0;
    case TS_CUT_TORN: {
        size_t unit = ts_prng_below(prng, 2) == 0 ? SECTOR_BYTES : PAGE_BYTES;
        size_t units = whole / unit;
        size_t part = change->file < 0 ? 0 : unit * ts_prng_below(prng, (uint32_t)units + 1);
        return i < torn ? whole : i == torn ? part : 0;
    }
    case TS_CUT_NOTHING:
        break;
    }
    return 0;
}

void
plain_power_cut(ts_power_cut_t cut, uint64_t seed)
{
    ts_prng_t prng = ts_prng(seed);
    plain.quiet = true;
    for (size_t i = plain.count; cut != TS_CUT_ALL && i-- > 0;) {
        undo(&plain.changes[i]);
    }
    size_t torn = plain.count == 0 ? 0 : ts_prng_below(&prng, (uint32_t)plain.count);
    for (size_t i = 0; cut != TS_CUT_ALL && i < plain.count; i++) {
        size_t kept = kept_of(i, cut, torn, &prng);
        if (kept > 0) {
            redo(&plain.changes[i], kept);
        }
    }
    for (size_t i = 0; i < plain.count; i++) {
        if (plain.changes[i].is_link) {
            (void)__real_unlink(plain.changes[i].hidden);
        }
    }
    forget_all();
    plain.quiet = false;
    plain.dead = false;
    plain.armed = TS_FAULT_NONE;
}

size_t
plain_pending(const char *path)
{
    struct stat facts;
    size_t count = 0;
    bool there = stat(path, &facts) == 0;
    for (size_t i = 0; i < plain.count; i++) {
        const change_t *change = &plain.changes[i];
        bool of_it = change->file < 0
                         ? strcmp(change->to, path) == 0
                         : there && change->inode == facts.st_ino && change->device == facts.st_dev;
        count += of_it && change->fate != FATE_SAFE;
    }
    return count;
}

void
plain_forget(const char *path)
{
    struct stat facts;
    size_t kept = 0;
    TS_CHECK(stat(path, &facts) == 0);
    for (size_t i = 0; i < plain.count; i++) {
        change_t *change = &plain.changes[i];
        if (change->file >= 0 && change->inode == facts.st_ino && change->device == facts.st_dev) {
            free_change(change);
        } else {
            plain.changes[kept++] = *change;
        }
    }
    plain.count = kept;
}
