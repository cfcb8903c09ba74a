/* SPDX-License-Identifier: MPL-2.0 */
#include "net/dial.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "net/socket_impl.h"

#include <stdio.h>
#include <string.h>

enum {
    LINES = TS_DIAL_TRIES + 2, /* and one in use, and a spare */
    FRAMES_PER_CALL = 64,
    PATIENCE_MS = 5000,      /* for a handshake, before another attempt is begun beside it */
    SILENT_MS = 2000,        /* a connection that is given up after such a silence is reset */
    FRESH_MS = 3000,         /* a spare that became ready so lately needs no proof */
    SPARE_PAUSE_MS = 30000,  /* before a lost spare is made anew */
    SPARE_UNUSED_MS = 60000, /* how long a spare outlives the connection in use */
    REFUSED = 400            /* of the ZAP handler; 500 is a gate that knows nobody yet */
};

typedef enum ts_line_role {
    LINE_NONE,
    LINE_TRY,
    LINE_USED,
    LINE_SPARE,
} ts_line_role_t;

typedef struct ts_line {
    ts_dial_t *dial;
    ts_line_role_t role;
    uint64_t serial; /* of this connection: a slot is used again */
    ts_socket_t *socket;
    ts_loop_id_t reader; /* of frames: only in use */
    ts_loop_id_t events;
    int fd;
    bool is_connected;
    bool is_ready;
    bool was_spare;
    ts_mono_t began;
    ts_mono_t ready;
    ts_mono_t heard; /* last frame; before that: ready */
    bool has_frames;
} ts_line_t;

struct ts_dial {
    ts_net_t *net;
    ts_loop_t *loop;
    ts_dial_handlers_t handlers;
    char endpoint[TS_ENDPOINT_BYTES_MAX];
    ts_hash_t server_key;
    ts_curve_pair_t pair;
    ts_line_t lines[LINES];
    uint64_t serial;
    bool is_seeking;
    bool is_told;     /* `connected` was called in this seek */
    bool wants_spare; /* the line is long */
    int64_t stagger_ms;
    ts_mono_t next_try;   /* while seeking */
    ts_mono_t next_spare; /* when wants_spare and there is none */
    ts_mono_t unused;     /* since when nothing is in use or sought */
    ts_timer_id_t timer;
};

static void tick(void *context, ts_mono_t now);

/* ---- lines ---- */

static ts_line_t *
find(ts_dial_t *self, ts_line_role_t role)
{
    for (size_t i = 0; i < LINES; i++) {
        if (self->lines[i].role == role) {
            return &self->lines[i];
        }
    }
    return NULL;
}

static void
drop(ts_line_t *line)
{
    if (line->role == LINE_NONE) {
        return;
    }
    ts_dial_t *self = line->dial;
    const ts_mono_t now = ts_loop_now(self->loop);
    ts_loop_remove(self->loop, line->reader);
    ts_loop_remove(self->loop, line->events);
    if (line->is_connected && (!line->is_ready || now.ms - line->heard.ms >= SILENT_MS)) {
        ts_socket_reset(line->socket, line->fd);
    }
    ts_socket_close(&line->socket);
    *line = (ts_line_t){.dial = self, .fd = -1};
}

static void
drop_all(ts_dial_t *self, ts_line_role_t role)
{
    for (size_t i = 0; i < LINES; i++) {
        if (self->lines[i].role == role) {
            drop(&self->lines[i]);
        }
    }
}

static void read_events(void *context);
static void read_frames(void *context);

static ts_err_t
begin(ts_dial_t *self, ts_line_role_t role, ts_msg_t *detail)
{
    ts_line_t *line = find(self, LINE_NONE);
    TS_CHECK(line != NULL);
    const ts_curve_client_t client = {self->endpoint, &self->server_key, &self->pair};
    ts_socket_t *socket = NULL;
    ts_err_t err = ts_uplink_open(self->net, &client, &socket, detail);
    if (err == TS_ERR_OK) {
        *line = (ts_line_t){.dial = self,
                            .role = role,
                            .serial = ++self->serial,
                            .socket = socket,
                            .fd = -1,
                            .began = ts_loop_now(self->loop)};
        line->events = ts_loop_add_link_events(self->loop, socket, read_events, line);
    }
    return err;
}

static void
use(ts_line_t *line)
{
    ts_dial_t *self = line->dial;
    line->was_spare = line->role == LINE_SPARE;
    line->role = LINE_USED;
    line->heard = ts_loop_now(self->loop);
    line->reader = ts_loop_add_socket(self->loop, line->socket, read_frames, line);
    self->is_seeking = false;
}

/* ---- time ---- */

static void
set_timer(ts_dial_t *self)
{
    const bool is_used = find(self, LINE_USED) != NULL;
    const bool has_spare = find(self, LINE_SPARE) != NULL;
    ts_mono_t due = {INT64_MAX};
    if (self->is_seeking) {
        due = self->next_try;
    } else if (is_used && self->wants_spare && !has_spare) {
        due = self->next_spare;
    } else if (!is_used && has_spare) {
        due.ms = self->unused.ms + SPARE_UNUSED_MS;
    }
    ts_loop_cancel(self->loop, self->timer);
    self->timer = due.ms == INT64_MAX ? 0 : ts_loop_at(self->loop, due, tick, self);
}

/* A spare that is ready and was so a moment ago: the line works. */
static ts_line_t *
fresh_spare(ts_dial_t *self, ts_mono_t now)
{
    ts_line_t *spare = find(self, LINE_SPARE);
    return spare != NULL && spare->is_ready && now.ms - spare->ready.ms < FRESH_MS ? spare : NULL;
}

static void
tell_connected(ts_dial_t *self)
{
    if (!self->is_told) {
        self->is_told = true;
        self->handlers.connected(self->handlers.context);
    }
}

/* Nothing can be opened: as if nobody could be reached. */
static void
give_up(ts_dial_t *self)
{
    self->is_seeking = false;
    drop_all(self, LINE_TRY);
    self->unused = ts_loop_now(self->loop);
    self->handlers.down(self->handlers.context, false);
}

static void
try_once_more(ts_dial_t *self, ts_mono_t now)
{
    ts_line_t *oldest = NULL;
    size_t tries = 0;
    for (size_t i = 0; i < LINES; i++) {
        ts_line_t *line = &self->lines[i];
        if (line->role == LINE_TRY) {
            tries++;
            oldest = oldest == NULL || line->serial < oldest->serial ? line : oldest;
        }
    }
    if (tries >= TS_DIAL_TRIES) {
        drop(oldest);
    }
    self->next_try.ms = now.ms + self->stagger_ms;
    ts_msg_t why = {0};
    if (begin(self, LINE_TRY, &why) != TS_ERR_OK) {
        give_up(self);
    }
    ts_msg_free(&why);
}

static void
make_spare(ts_dial_t *self, ts_mono_t now)
{
    ts_msg_t why = {0};
    if (begin(self, LINE_SPARE, &why) != TS_ERR_OK) {
        self->next_spare.ms = now.ms + SPARE_PAUSE_MS;
    }
    ts_msg_free(&why);
}

static void
tick(void *context, ts_mono_t now)
{
    ts_dial_t *self = context;
    self->timer = 0;
    ts_line_t *spare = fresh_spare(self, now);
    if (self->is_seeking && spare != NULL) {
        drop_all(self, LINE_TRY);
        use(spare);
        tell_connected(self);
        self->handlers.ready(self->handlers.context);
    } else if (self->is_seeking) {
        try_once_more(self, now);
    } else if (find(self, LINE_USED) == NULL) {
        drop_all(self, LINE_SPARE);
    } else if (find(self, LINE_SPARE) == NULL) {
        make_spare(self, now);
    }
    set_timer(self);
}

/* ---- link events ---- */

/* TCP stands: others that do not get so far are of no use any more. */
static void
take_connected(ts_dial_t *self, ts_line_t *line, ts_mono_t now)
{
    line->is_connected = true;
    self->wants_spare = self->wants_spare || now.ms - line->began.ms >= TS_DIAL_FAR_MS;
    if (line->role != LINE_TRY || !self->is_seeking) {
        return;
    }
    for (size_t i = 0; i < LINES; i++) {
        if (self->lines[i].role == LINE_TRY && !self->lines[i].is_connected) {
            drop(&self->lines[i]);
        }
    }
    self->next_try.ms = now.ms + PATIENCE_MS;
    ts_line_t *spare = find(self, LINE_SPARE);
    const bool is_usable = spare != NULL && spare->is_ready;
    if (is_usable) {
        use(spare);
        line->role = LINE_SPARE;
        drop_all(self, LINE_TRY);
    } else if (self->wants_spare && spare == NULL) {
        make_spare(self, now);
    }
    tell_connected(self);
    if (is_usable) {
        self->handlers.ready(self->handlers.context);
    }
}

static ts_line_t *
connected_try(ts_dial_t *self)
{
    for (size_t i = 0; i < LINES; i++) {
        if (self->lines[i].role == LINE_TRY && self->lines[i].is_connected) {
            return &self->lines[i];
        }
    }
    return NULL;
}

/* The spare was faster than the attempt that it was made beside: they change places. */
static void
use_first_ready(ts_dial_t *self, ts_line_t *line)
{
    ts_line_t *attempt = line->role == LINE_SPARE ? connected_try(self) : NULL;
    use(line);
    if (attempt != NULL) {
        line->was_spare = false;
        attempt->role = LINE_SPARE;
    }
    drop_all(self, LINE_TRY);
}

static void
take_ready(ts_dial_t *self, ts_line_t *line, ts_mono_t now)
{
    line->is_ready = true;
    line->ready = now;
    line->heard = now;
    if (self->is_seeking) {
        use_first_ready(self, line);
        tell_connected(self);
        self->handlers.ready(self->handlers.context);
        return;
    }
    /* The line works, yet nothing ever came by the connection in use: it is dead, this one takes
     * its place as soon as the owner seeks again. */
    ts_line_t *used = find(self, LINE_USED);
    if (line->role == LINE_SPARE && used != NULL && !used->has_frames &&
        (used->was_spare || now.ms - used->heard.ms >= SILENT_MS)) {
        drop(used);
        self->unused = now;
        self->handlers.down(self->handlers.context, true);
    }
}

static void
take_end(ts_dial_t *self, ts_line_t *line, const ts_link_event_t *event, ts_mono_t now)
{
    const ts_line_role_t role = line->role;
    drop(line);
    if (role == LINE_SPARE) {
        self->next_spare.ms = now.ms + SPARE_PAUSE_MS;
        return;
    }
    if (role == LINE_TRY && event->change == TS_LINK_REFUSED && event->code == REFUSED) {
        ts_dial_hang_up(self);
        drop_all(self, LINE_SPARE);
        self->handlers.refused(self->handlers.context);
        return;
    }
    bool goes_on = false;
    for (size_t i = 0; i < LINES; i++) {
        goes_on = goes_on || (self->lines[i].role == LINE_TRY && self->lines[i].is_connected);
    }
    if (role == LINE_USED || !goes_on) {
        give_up(self);
    }
}

static void
read_events(void *context)
{
    ts_line_t *line = context;
    ts_dial_t *self = line->dial;
    const uint64_t serial = line->serial;
    ts_link_event_t event;
    while (line->serial == serial && ts_socket_next_event(line->socket, &event) == TS_ERR_OK) {
        const ts_mono_t now = ts_loop_now(self->loop);
        if (self->handlers.event != NULL) {
            self->handlers.event(self->handlers.context, serial, &event);
        }
        if (event.change == TS_LINK_CONNECTED) {
            line->fd = event.fd;
            take_connected(self, line, now);
        } else if (event.change == TS_LINK_READY) {
            take_ready(self, line, now);
        } else if (event.change != TS_LINK_ACCEPTED) {
            take_end(self, line, &event, now);
        }
    }
    set_timer(self);
}

static void
read_frames(void *context)
{
    ts_line_t *line = context;
    ts_dial_t *self = line->dial;
    const uint64_t serial = line->serial;
    ts_frame_t frame = {0};
    for (int i = 0; i < FRAMES_PER_CALL && line->serial == serial; i++) {
        const ts_err_t err = ts_socket_recv(line->socket, &frame);
        if (err == TS_ERR_AGAIN) {
            break;
        }
        line->has_frames = true;
        line->heard = ts_loop_now(self->loop);
        if (err == TS_ERR_OK) {
            self->handlers.frame(self->handlers.context, frame.body);
        }
    }
    ts_frame_close(&frame);
}

/* ---- API ---- */

ts_dial_t *
ts_dial_new(ts_net_t *net, ts_loop_t *loop, const ts_dial_handlers_t *handlers)
{
    TS_CHECK(handlers->connected != NULL && handlers->ready != NULL && handlers->refused != NULL);
    TS_CHECK(handlers->down != NULL && handlers->frame != NULL);
    ts_dial_t *self = ts_xcalloc(1, sizeof *self);
    self->net = net;
    self->loop = loop;
    self->handlers = *handlers;
    for (size_t i = 0; i < LINES; i++) {
        self->lines[i] = (ts_line_t){.dial = self, .fd = -1};
    }
    return self;
}

void
ts_dial_destroy(ts_dial_t **self_p)
{
    ts_dial_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_dial_hang_up(self);
    drop_all(self, LINE_SPARE);
    ts_loop_cancel(self->loop, self->timer);
    ts_curve_pair_wipe(&self->pair);
    ts_xfree(self);
    *self_p = NULL;
}

static bool
is_same_target(const ts_dial_t *self, const ts_curve_client_t *target)
{
    return strcmp(self->endpoint, target->endpoint) == 0 &&
           ts_hash_equal(&self->server_key, target->server_key) &&
           ts_hash_equal(&self->pair.public_key, &target->own_pair->public_key);
}

ts_err_t
ts_dial_seek(ts_dial_t *self, const ts_curve_client_t *target, int64_t stagger_ms, ts_msg_t *detail)
{
    ts_dial_hang_up(self);
    const ts_mono_t now = ts_loop_now(self->loop);
    if (!is_same_target(self, target)) {
        drop_all(self, LINE_SPARE);
        self->wants_spare = false;
        snprintf(self->endpoint, sizeof self->endpoint, "%s", target->endpoint);
        self->server_key = *target->server_key;
        self->pair = *target->own_pair;
    }
    self->stagger_ms = stagger_ms;
    self->next_try = now;
    ts_err_t err = TS_ERR_OK;
    if (fresh_spare(self, now) == NULL) {
        err = begin(self, LINE_TRY, detail);
        self->next_try.ms = now.ms + stagger_ms;
    }
    self->is_seeking = err == TS_ERR_OK;
    self->is_told = false;
    set_timer(self);
    return err;
}

void
ts_dial_hang_up(ts_dial_t *self)
{
    self->is_seeking = false;
    drop_all(self, LINE_TRY);
    drop_all(self, LINE_USED);
    self->unused = ts_loop_now(self->loop);
    set_timer(self);
}

ts_err_t
ts_dial_send(ts_dial_t *self, const void *data, size_t bytes)
{
    ts_line_t *used = find(self, LINE_USED);
    return used == NULL ? TS_ERR_AGAIN : ts_socket_send(used->socket, data, bytes);
}

size_t
ts_dial_lines(const ts_dial_t *self)
{
    size_t count = 0;
    for (size_t i = 0; i < LINES; i++) {
        count += self->lines[i].role != LINE_NONE;
    }
    return count;
}
