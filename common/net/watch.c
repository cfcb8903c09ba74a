/* SPDX-License-Identifier: MPL-2.0 */
#include "net/watch.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <string.h>

enum {
    /* Greeting and CURVE handshake. */
    HANDSHAKE_BYTES = 4096,
    /* Frame header and CURVE box around each frame, generously. */
    FRAME_BYTES_EXTRA = 64,
    FD_MAX = 1 << 20,
    SHARE_BYTES_MIN = 65536
};

typedef struct ts_watched {
    bool is_open;
    bool has_spoken; /* a message was taken from it */
    ts_mono_t since;
    uint64_t serial;       /* order in which they began */
    uint64_t taken_bytes;  /* accounted for: messages taken with what surrounds them */
    uint64_t unread_bytes; /* received beyond that, when it was last noted */
} ts_watched_t;

struct ts_watch {
    uint64_t unread_bytes_max;
    uint64_t total_bytes_max;
    uint64_t total_bytes; /* unread of all open connections */
    ts_watched_t *by_fd;
    size_t capacity;
    size_t length; /* entries in use: highest descriptor ever + 1 */
    size_t count;
    size_t mute; /* of them, those that have not spoken */
    uint64_t serial;
};

ts_watch_t *
ts_watch_new(uint64_t unread_bytes_max, uint64_t total_bytes_max)
{
    ts_watch_t *self = ts_xcalloc(1, sizeof *self);
    self->unread_bytes_max = unread_bytes_max;
    self->total_bytes_max = total_bytes_max;
    return self;
}

void
ts_watch_destroy(ts_watch_t **self_p)
{
    ts_watch_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_xfree(self->by_fd);
    ts_xfree(self);
    *self_p = NULL;
}

bool
ts_watch_is_open(const ts_watch_t *self, int fd)
{
    return fd >= 0 && (size_t)fd < self->length && self->by_fd[fd].is_open;
}

void
ts_watch_opened(ts_watch_t *self, int fd, ts_mono_t now)
{
    TS_CHECK(fd >= 0 && fd < FD_MAX);
    const size_t need = (size_t)fd + 1;
    if (need > self->length) {
        self->by_fd = ts_xgrow(self->by_fd, need, &self->capacity, sizeof *self->by_fd);
        memset(self->by_fd + self->length, 0, (need - self->length) * sizeof *self->by_fd);
        self->length = need;
    }
    ts_watch_closed(self, fd);
    self->count++;
    self->mute++;
    self->by_fd[fd] = (ts_watched_t){
        .is_open = true, .since = now, .serial = ++self->serial, .taken_bytes = HANDSHAKE_BYTES};
}

void
ts_watch_closed(ts_watch_t *self, int fd)
{
    if (ts_watch_is_open(self, fd)) {
        self->total_bytes -= self->by_fd[fd].unread_bytes;
        self->by_fd[fd].is_open = false;
        self->count--;
        self->mute -= !self->by_fd[fd].has_spoken;
    }
}

size_t
ts_watch_count(const ts_watch_t *self)
{
    return self->count;
}

size_t
ts_watch_mute(const ts_watch_t *self)
{
    return self->mute;
}

int
ts_watch_oldest_mute(const ts_watch_t *self)
{
    int oldest = -1;
    for (size_t i = 0; i < self->length; i++) {
        const ts_watched_t *watched = &self->by_fd[i];
        if (watched->is_open && !watched->has_spoken &&
            (oldest < 0 || watched->serial < self->by_fd[oldest].serial)) {
            oldest = (int)i;
        }
    }
    return oldest;
}

ts_mono_t
ts_watch_since(const ts_watch_t *self, int fd)
{
    TS_CHECK(ts_watch_is_open(self, fd));
    return self->by_fd[fd].since;
}

void
ts_watch_taken(ts_watch_t *self, int fd, size_t bytes, size_t parts)
{
    if (ts_watch_is_open(self, fd)) {
        self->mute -= !self->by_fd[fd].has_spoken;
        self->by_fd[fd].has_spoken = true;
        self->by_fd[fd].taken_bytes += (uint64_t)bytes + (uint64_t)parts * FRAME_BYTES_EXTRA;
    }
}

void
ts_watch_received(ts_watch_t *self, int fd, uint64_t received_bytes)
{
    if (ts_watch_is_open(self, fd)) {
        ts_watched_t *watched = &self->by_fd[fd];
        self->total_bytes -= watched->unread_bytes;
        watched->unread_bytes =
            received_bytes > watched->taken_bytes ? received_bytes - watched->taken_bytes : 0;
        self->total_bytes += watched->unread_bytes;
    }
}

bool
ts_watch_is_over(const ts_watch_t *self, int fd)
{
    if (!ts_watch_is_open(self, fd)) {
        return false;
    }
    const uint64_t unread_bytes = self->by_fd[fd].unread_bytes;
    const uint64_t share_bytes = self->total_bytes_max / self->count;
    return unread_bytes > self->unread_bytes_max ||
           (self->total_bytes > self->total_bytes_max && unread_bytes > share_bytes &&
            unread_bytes > SHARE_BYTES_MIN);
}

int
ts_watch_next(const ts_watch_t *self, int fd)
{
    TS_CHECK(fd >= 0);
    for (size_t i = (size_t)fd; i < self->length; i++) {
        if (self->by_fd[i].is_open) {
            return (int)i;
        }
    }
    return -1;
}
