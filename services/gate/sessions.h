/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The sessions of a gate: plain bookkeeping, no sockets, no clock. A session is what one key sends
 * by one route of one door since it began (gate boot nonce, routing id, User-Id); its
 * number is the boot nonce and a counter. Used by the gate only.
 */
#ifndef TS_GATE_SESSIONS_H
#define TS_GATE_SESSIONS_H

#include "base/id.h"
#include "net/zap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ts_session_state {
    TS_SESSION_OPEN,   /* known to the node */
    TS_SESSION_ENDING, /* closed towards the node; what is queued for the peer still goes out, then
                          it is cut */
    TS_SESSION_STALE,  /* of a time when the node was another: cut as soon as there is a node */
    TS_SESSION_CUT     /* its connection was cut; kept until that is confirmed, so that its rest is
                          ignored */
} ts_session_state_t;

typedef struct ts_session {
    uint64_t number;
    unsigned door; /* index of the gate's doors */
    uint32_t route;
    int fd; /* its connection, -1 unknown */
    ts_hash_t key;
    ts_zap_class_t klass;
    ts_session_state_t state;
    int64_t active_ms;  /* last traffic, either way */
    int64_t end_ms;     /* ENDING: when to cut; CUT: when to forget */
    uint64_t sent;      /* cost of all DATA forwarded */
    uint64_t confirmed; /* of it confirmed by the node */
} ts_session_t;

typedef struct ts_sessions ts_sessions_t;

/* boot_nonce ≥ 1. */
ts_sessions_t *ts_sessions_new(uint32_t boot_nonce);
void ts_sessions_destroy(ts_sessions_t **self_p);
/* A new one, OPEN; there must be none by that route. Valid until it is removed. */
ts_session_t *
ts_sessions_add(ts_sessions_t *self, unsigned door, uint32_t route, const ts_hash_t *key);
/* Forgets it; *session_p becomes NULL. */
void ts_sessions_remove(ts_sessions_t *self, ts_session_t **session_p);
/* NULL when there is none. */
ts_session_t *ts_sessions_find(const ts_sessions_t *self, uint64_t number);
ts_session_t *ts_sessions_by_route(const ts_sessions_t *self, unsigned door, uint32_t route);
ts_session_t *ts_sessions_by_fd(const ts_sessions_t *self, unsigned door, int fd);
/* The OPEN session of this key that has been silent longest, when the key has at least `count` of
 * them; else NULL. */
ts_session_t *ts_sessions_oldest_of(const ts_sessions_t *self, const ts_hash_t *key, size_t count);
size_t ts_sessions_count(const ts_sessions_t *self);
/* Walks in order of opening; start with *position = 0; NULL at the end. Removing the one just given
 * is allowed. */
ts_session_t *ts_sessions_next(const ts_sessions_t *self, size_t *position);

#endif
