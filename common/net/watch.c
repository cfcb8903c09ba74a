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
    FD_MAX = 1 << 20
};

typedef struct ts_watched {
    bool is_open;
    uint64_t taken_bytes; /* accounted for: messages taken with what surrounds them */
} ts_watched_t;

struct ts_watch {
    uint64_t unread_bytes_max;
    ts_watched_t *by_fd;
    size_t capacity;
    size_t length; /* entries in use: highest descriptor ever + 1 */
    size_t count;
};

ts_watch_t *
ts_watch_new(uint64_t unread_bytes_max)
{
    ts_watch_t *self = ts_xcalloc(1, sizeof *self);
    self->unread_bytes_max = unread_bytes_max;
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
ts_watch_opened(ts_watch_t *self, int fd)
{
    TS_CHECK(fd >= 0 && fd < FD_MAX);
    const size_t need = (size_t)fd + 1;
    if (need > self->length) {
        self->by_fd = ts_xgrow(self->by_fd, need, &self->capacity, sizeof *self->by_fd);
        memset(self->by_fd + self->length, 0, (need - self->length) * sizeof *self->by_fd);
        self->length = need;
    }
    self->count += self->by_fd[fd].is_open ? 0 : 1;
    self->by_fd[fd] = (ts_watched_t){true, HANDSHAKE_BYTES};
}

void
ts_watch_closed(ts_watch_t *self, int fd)
{
    if (ts_watch_is_open(self, fd)) {
        self->by_fd[fd].is_open = false;
        self->count--;
    }
}

size_t
ts_watch_count(const ts_watch_t *self)
{
    return self->count;
}

void
ts_watch_taken(ts_watch_t *self, int fd, size_t bytes, size_t parts)
{
    if (ts_watch_is_open(self, fd)) {
        self->by_fd[fd].taken_bytes += (uint64_t)bytes + (uint64_t)parts * FRAME_BYTES_EXTRA;
    }
}

bool
ts_watch_is_over(const ts_watch_t *self, int fd, uint64_t received_bytes)
{
    return ts_watch_is_open(self, fd) && received_bytes > self->by_fd[fd].taken_bytes &&
           received_bytes - self->by_fd[fd].taken_bytes > self->unread_bytes_max;
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
