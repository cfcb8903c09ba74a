/* SPDX-License-Identifier: MPL-2.0 */
#include "net/loop.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "net/socket_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

/* Timers fired in one turn, so that readers get their part when many are due at once. */
enum { TIMERS_PER_TURN = 256, WAIT_MS_MAX = 60000 };

typedef struct ts_reader {
    ts_loop_id_t id; /* 0: removed, its place is taken up at the end of the turn */
    bool is_paused;  /* an idle work that sleeps, or a reader that is not to be called */
    void *handle;    /* socket of the library; NULL: a descriptor or an idle work */
    int fd;
    short events;
    ts_loop_read_fn read; /* NULL: an idle work */
    ts_loop_idle_fn slice;
    void *context;
} ts_reader_t;

struct ts_loop {
    ts_loop_clock_t clock;
    ts_timers_t *timers;
    ts_reader_t readers[TS_READERS_MAX];
    size_t reader_count;
    ts_loop_id_t last_id;
    bool is_stopped;
    int signal;         /* that stopped it */
    int signal_pipe[2]; /* -1: signals are not caught */
    struct sigaction former[3];
    ts_loop_stats_t stats;
};

static const int caught_signals[] = {SIGINT, SIGTERM, SIGPIPE};
/* Write end of the one loop that catches signals. */
static volatile sig_atomic_t signal_fd = -1;

ts_loop_t *
ts_loop_new(const ts_loop_clock_t *clock)
{
    TS_CHECK(clock->mono != NULL);
    TS_CHECK(clock->wall != NULL);
    ts_loop_t *self = ts_xcalloc(1, sizeof *self);
    self->clock = *clock;
    self->timers = ts_timers_new();
    self->signal_pipe[0] = -1;
    self->signal_pipe[1] = -1;
    return self;
}

void
ts_loop_destroy(ts_loop_t **self_p)
{
    ts_loop_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    if (self->signal_pipe[0] >= 0) {
        for (size_t i = 0; i < sizeof caught_signals / sizeof caught_signals[0]; i++) {
            TS_CHECK(sigaction(caught_signals[i], &self->former[i], NULL) == 0);
        }
        signal_fd = -1;
        close(self->signal_pipe[0]);
        close(self->signal_pipe[1]);
    }
    ts_timers_destroy(&self->timers);
    ts_xfree(self);
    *self_p = NULL;
}

ts_mono_t
ts_loop_now(const ts_loop_t *self)
{
    return self->clock.mono(self->clock.context);
}

ts_utc_t
ts_loop_wall(const ts_loop_t *self)
{
    return self->clock.wall(self->clock.context);
}

const ts_loop_clock_t *
ts_loop_clock(const ts_loop_t *self)
{
    return &self->clock;
}

/* ---- readers and idle works ---- */

static ts_loop_id_t
add_reader(ts_loop_t *self, ts_reader_t reader)
{
    TS_CHECK(self->reader_count < TS_READERS_MAX);
    reader.id = ++self->last_id;
    self->readers[self->reader_count++] = reader;
    return reader.id;
}

ts_loop_id_t
ts_loop_add_socket(ts_loop_t *self, ts_socket_t *socket, ts_loop_read_fn read, void *context)
{
    TS_CHECK(read != NULL);
    return add_reader(self, (ts_reader_t){.handle = socket->handle,
                                          .events = ZMQ_POLLIN,
                                          .read = read,
                                          .context = context});
}

ts_loop_id_t
ts_loop_add_link_events(ts_loop_t *self, ts_socket_t *socket, ts_loop_read_fn read, void *context)
{
    TS_CHECK(read != NULL);
    TS_CHECK(socket->monitor != NULL);
    return add_reader(self, (ts_reader_t){.handle = socket->monitor,
                                          .events = ZMQ_POLLIN,
                                          .read = read,
                                          .context = context});
}

ts_loop_id_t
ts_loop_add_fd(ts_loop_t *self, int fd, int what, ts_loop_read_fn read, void *context)
{
    TS_CHECK(read != NULL);
    TS_CHECK(fd >= 0);
    short events = (short)(((what & TS_LOOP_READ) != 0 ? ZMQ_POLLIN : 0) |
                           ((what & TS_LOOP_WRITE) != 0 ? ZMQ_POLLOUT : 0) | ZMQ_POLLERR);
    return add_reader(self,
                      (ts_reader_t){.fd = fd, .events = events, .read = read, .context = context});
}

ts_loop_id_t
ts_loop_add_idle(ts_loop_t *self, ts_loop_idle_fn slice, void *context)
{
    TS_CHECK(slice != NULL);
    return add_reader(self, (ts_reader_t){.slice = slice, .is_paused = true, .context = context});
}

static ts_reader_t *
find_reader(ts_loop_t *self, ts_loop_id_t id)
{
    for (size_t i = 0; i < self->reader_count; i++) {
        if (self->readers[i].id == id) {
            return &self->readers[i];
        }
    }
    return NULL;
}

static void
set_paused(ts_loop_t *self, ts_loop_id_t id, bool is_paused)
{
    TS_CHECK(id != 0);
    ts_reader_t *reader = find_reader(self, id);
    TS_CHECK(reader != NULL);
    reader->is_paused = is_paused;
}

void
ts_loop_pause(ts_loop_t *self, ts_loop_id_t id)
{
    set_paused(self, id, true);
}

void
ts_loop_resume(ts_loop_t *self, ts_loop_id_t id)
{
    set_paused(self, id, false);
}

void
ts_loop_wake_idle(ts_loop_t *self, ts_loop_id_t id)
{
    set_paused(self, id, false);
}

void
ts_loop_remove(ts_loop_t *self, ts_loop_id_t id)
{
    ts_reader_t *reader = id == 0 ? NULL : find_reader(self, id);
    if (reader != NULL) {
        reader->id = 0;
    }
}

/* ---- timers ---- */

ts_timer_id_t
ts_loop_at(ts_loop_t *self, ts_mono_t due, ts_timer_fn call, void *context)
{
    return ts_timers_add(self->timers, due, call, context);
}

ts_timer_id_t
ts_loop_after(ts_loop_t *self, int64_t delay_ms, ts_timer_fn call, void *context)
{
    TS_CHECK(delay_ms >= 0);
    return ts_timers_add(self->timers, (ts_mono_t){ts_loop_now(self).ms + delay_ms}, call, context);
}

void
ts_loop_cancel(ts_loop_t *self, ts_timer_id_t id)
{
    ts_timers_cancel(self->timers, id);
}

/* ---- signals ---- */

static void
on_signal(int number)
{
    const int error = errno;
    const unsigned char byte = (unsigned char)number;
    if (signal_fd >= 0 && write((int)signal_fd, &byte, 1) < 0) {
        /* The pipe is full: it holds a signal already. */
    }
    errno = error;
}

static void
read_signal(void *context)
{
    ts_loop_t *self = context;
    unsigned char byte = 0;
    if (read(self->signal_pipe[0], &byte, 1) == 1) {
        self->signal = byte;
        ts_loop_stop(self);
    }
}

void
ts_loop_catch_signals(ts_loop_t *self)
{
    TS_CHECK(signal_fd < 0);
    TS_CHECK(pipe(self->signal_pipe) == 0);
    for (int i = 0; i < 2; i++) {
        TS_CHECK(fcntl(self->signal_pipe[i], F_SETFL, O_NONBLOCK) == 0);
        TS_CHECK(fcntl(self->signal_pipe[i], F_SETFD, FD_CLOEXEC) == 0);
    }
    signal_fd = self->signal_pipe[1];
    for (size_t i = 0; i < sizeof caught_signals / sizeof caught_signals[0]; i++) {
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_handler = caught_signals[i] == SIGPIPE ? SIG_IGN : on_signal;
        sigemptyset(&action.sa_mask);
        TS_CHECK(sigaction(caught_signals[i], &action, &self->former[i]) == 0);
    }
    ts_loop_add_fd(self, self->signal_pipe[0], TS_LOOP_READ, read_signal, self);
}

/* ---- turns ---- */

static bool
is_polled(const ts_reader_t *reader)
{
    return reader->id != 0 && !reader->is_paused && reader->read != NULL;
}

static int64_t
choose_wait(const ts_loop_t *self, int64_t wait_ms_max)
{
    int64_t wait_ms = wait_ms_max < WAIT_MS_MAX ? wait_ms_max : WAIT_MS_MAX;
    ts_mono_t due;
    if (ts_timers_next(self->timers, &due)) {
        int64_t left_ms = due.ms - ts_loop_now(self).ms;
        wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
    }
    for (size_t i = 0; i < self->reader_count; i++) {
        const ts_reader_t *reader = &self->readers[i];
        if (reader->id != 0 && reader->slice != NULL && !reader->is_paused) {
            return 0;
        }
    }
    return wait_ms < 0 ? 0 : wait_ms;
}

/* Fills items[i] with the reader at which[i]; returns how many. */
static size_t
list_polled(const ts_loop_t *self, zmq_pollitem_t *items, size_t *which)
{
    size_t count = 0;
    for (size_t i = 0; i < self->reader_count; i++) {
        const ts_reader_t *reader = &self->readers[i];
        if (is_polled(reader)) {
            items[count] = (zmq_pollitem_t){reader->handle, reader->fd, reader->events, 0};
            which[count++] = i;
        }
    }
    return count;
}

/* A call may add, pause or remove readers: places stay as they are until the end of the turn. */
static void
call_readers(ts_loop_t *self, const zmq_pollitem_t *items, const size_t *which, size_t count)
{
    for (size_t i = 0; i < count && !self->is_stopped; i++) {
        const ts_reader_t *reader = &self->readers[which[i]];
        if (items[i].revents != 0 && is_polled(reader)) {
            self->stats.reads++;
            reader->read(reader->context);
        }
    }
}

static void
call_idle(ts_loop_t *self)
{
    for (size_t i = 0; i < self->reader_count && !self->is_stopped; i++) {
        ts_reader_t *reader = &self->readers[i];
        if (reader->id == 0 || reader->slice == NULL || reader->is_paused) {
            continue;
        }
        const ts_loop_id_t id = reader->id;
        self->stats.idle_slices++;
        /* Asleep before the call, so that a wake from inside counts. */
        reader->is_paused = true;
        if (reader->slice(reader->context) && reader->id == id) {
            reader->is_paused = false;
        }
    }
}

static void
close_gaps(ts_loop_t *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->reader_count; i++) {
        if (self->readers[i].id != 0) {
            self->readers[kept++] = self->readers[i];
        }
    }
    self->reader_count = kept;
}

static void
note_turn(ts_loop_t *self, ts_mono_t began)
{
    const int64_t took_ms = ts_loop_now(self).ms - began.ms;
    self->stats.turns++;
    self->stats.turns_long += took_ms > TS_TURN_MS_MAX;
    if (took_ms > self->stats.turn_ms_max) {
        self->stats.turn_ms_max = took_ms;
    }
}

bool
ts_loop_turn(ts_loop_t *self, int64_t wait_ms_max)
{
    if (self->is_stopped) {
        return false;
    }
    zmq_pollitem_t items[TS_READERS_MAX];
    size_t which[TS_READERS_MAX];
    const size_t count = list_polled(self, items, which);
    int ready = zmq_poll(items, (int)count, (long)choose_wait(self, wait_ms_max));
    TS_CHECK(ready >= 0 || errno == EINTR);
    const ts_mono_t began = ts_loop_now(self);
    for (int i = 0; i < TIMERS_PER_TURN && ts_timers_fire_one(self->timers, began); i++) {
        self->stats.timers_fired++;
    }
    if (ready > 0) {
        call_readers(self, items, which, count);
    }
    call_idle(self);
    close_gaps(self);
    note_turn(self, began);
    return !self->is_stopped;
}

void
ts_loop_run(ts_loop_t *self)
{
    while (ts_loop_turn(self, WAIT_MS_MAX)) {
    }
}

void
ts_loop_stop(ts_loop_t *self)
{
    self->is_stopped = true;
}

int
ts_loop_signal(const ts_loop_t *self)
{
    return self->signal;
}

const ts_loop_stats_t *
ts_loop_stats(const ts_loop_t *self)
{
    return &self->stats;
}
