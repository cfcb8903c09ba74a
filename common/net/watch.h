/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Watches each connection of a door for bytes that come in and never become a message. A frame has
 * a limit and a queue counts messages, but a message of endless frames, or of very many, fills
 * memory without either noticing (one peer, 5 → 1,150 MiB), and it is never
 * delivered. So the system's own count of received bytes is compared with what was taken; who is
 * too far ahead is to be cut off.
 *
 * Pure bookkeeping: the owner feeds it with the link events and frames of the door and reads the
 * counters with ts_socket_received.
 */
#ifndef TS_NET_WATCH_H
#define TS_NET_WATCH_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ts_watch ts_watch_t;

/* unread_bytes_max: how far ahead one connection may be, above queue limit × frame limit;
 * total_bytes_max: all of them together. */
ts_watch_t *ts_watch_new(uint64_t unread_bytes_max, uint64_t total_bytes_max);
void ts_watch_destroy(ts_watch_t **self_p);

/* A connection began or ended (TS_LINK_ACCEPTED, TS_LINK_DOWN). */
void ts_watch_opened(ts_watch_t *self, int fd, ts_mono_t now);
void ts_watch_closed(ts_watch_t *self, int fd);
bool ts_watch_is_open(const ts_watch_t *self, int fd);
/* Connections open now; those among them of which no message was ever taken, and the oldest of
 * these, -1 when there is none. */
size_t ts_watch_count(const ts_watch_t *self);
size_t ts_watch_mute(const ts_watch_t *self);
int ts_watch_oldest_mute(const ts_watch_t *self);
/* When an open connection began. */
ts_mono_t ts_watch_since(const ts_watch_t *self, int fd);
/* The next open connection at or above fd; -1 when there is none. */
int ts_watch_next(const ts_watch_t *self, int fd);
/* A message of so many body bytes was taken from it, in `parts` frames. */
void ts_watch_taken(ts_watch_t *self, int fd, size_t bytes, size_t parts);
/* The connection has received so many bytes by now. */
void ts_watch_received(ts_watch_t *self, int fd, uint64_t received_bytes);
/* By what was last noted it is too far ahead: beyond the limit of one, or beyond its fair share (at
 * least 64 KiB) while all together are beyond theirs. The owner cuts it and a DOWN event follows.
 */
bool ts_watch_is_over(const ts_watch_t *self, int fd);

#endif
