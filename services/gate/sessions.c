/* SPDX-License-Identifier: MPL-2.0 */
#include "gate/sessions.h"

#include "base/check.h"
#include "base/map.h"
#include "base/xalloc.h"

#include <string.h>

/* Zero padding: compared bytewise. */
typedef struct ts_way {
    uint32_t door;
    uint32_t route;
} ts_way_t;

struct ts_sessions {
    uint64_t nonce;
    uint32_t counter;
    ts_map_t *by_number; /* u64 → ts_session_t * */
    ts_map_t *by_way;    /* ts_way_t → ts_session_t * */
};

ts_sessions_t *
ts_sessions_new(uint32_t boot_nonce)
{
    TS_CHECK(boot_nonce != 0);
    ts_sessions_t *self = ts_xcalloc(1, sizeof *self);
    self->nonce = boot_nonce;
    self->by_number = ts_map_new(sizeof(uint64_t), sizeof(ts_session_t *));
    self->by_way = ts_map_new(sizeof(ts_way_t), sizeof(ts_session_t *));
    return self;
}

void
ts_sessions_destroy(ts_sessions_t **self_p)
{
    ts_sessions_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    size_t position = 0;
    for (ts_session_t *session; (session = ts_sessions_next(self, &position)) != NULL;) {
        ts_xfree(session);
    }
    ts_map_destroy(&self->by_number);
    ts_map_destroy(&self->by_way);
    ts_xfree(self);
    *self_p = NULL;
}

ts_session_t *
ts_sessions_add(ts_sessions_t *self, unsigned door, uint32_t route, const ts_hash_t *key)
{
    const ts_way_t way = {door, route};
    TS_CHECK(ts_map_get(self->by_way, &way) == NULL);
    ts_session_t *session = ts_xcalloc(1, sizeof *session);
    self->counter++;
    TS_CHECK(self->counter != 0);
    session->number = self->nonce << 32 | self->counter;
    session->door = door;
    session->route = route;
    session->fd = -1;
    session->key = *key;
    ts_session_t **slot = ts_map_put(self->by_number, &session->number);
    *slot = session;
    slot = ts_map_put(self->by_way, &way);
    *slot = session;
    return session;
}

void
ts_sessions_remove(ts_sessions_t *self, ts_session_t **session_p)
{
    ts_session_t *session = *session_p;
    const ts_way_t way = {session->door, session->route};
    ts_map_remove(self->by_number, &session->number);
    ts_map_remove(self->by_way, &way);
    ts_xfree(session);
    *session_p = NULL;
}

ts_session_t *
ts_sessions_find(const ts_sessions_t *self, uint64_t number)
{
    ts_session_t **slot = ts_map_get(self->by_number, &number);
    return slot == NULL ? NULL : *slot;
}

ts_session_t *
ts_sessions_by_route(const ts_sessions_t *self, unsigned door, uint32_t route)
{
    const ts_way_t way = {door, route};
    ts_session_t **slot = ts_map_get(self->by_way, &way);
    return slot == NULL ? NULL : *slot;
}

ts_session_t *
ts_sessions_by_fd(const ts_sessions_t *self, unsigned door, int fd)
{
    size_t position = 0;
    ts_session_t *session;
    while ((session = ts_sessions_next(self, &position)) != NULL) {
        if (session->fd == fd && session->door == door && fd >= 0) {
            break;
        }
    }
    return session;
}

ts_session_t *
ts_sessions_oldest_of(const ts_sessions_t *self, const ts_hash_t *key, size_t count)
{
    size_t position = 0;
    size_t found = 0;
    ts_session_t *oldest = NULL;
    for (ts_session_t *session; (session = ts_sessions_next(self, &position)) != NULL;) {
        if (session->state == TS_SESSION_OPEN && ts_hash_equal(&session->key, key)) {
            found++;
            if (oldest == NULL || session->active_ms < oldest->active_ms) {
                oldest = session;
            }
        }
    }
    return found >= count ? oldest : NULL;
}

size_t
ts_sessions_count(const ts_sessions_t *self)
{
    return ts_map_count(self->by_number);
}

ts_session_t *
ts_sessions_next(const ts_sessions_t *self, size_t *position)
{
    void *value;
    return ts_map_next(self->by_number, position, &value) == NULL ? NULL : *(ts_session_t **)value;
}
