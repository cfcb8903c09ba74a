/* SPDX-License-Identifier: MPL-2.0 */
#include "gate/arrivals.h"

#include "base/xalloc.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
    /* Both are read by one thread, but from two sockets: their order may differ by a turn. */
    ORDER_MS = 1000,
    HANDSHAKE_MS = 30 * 1000 /* ZMQ_HANDSHAKE_IVL */
};

typedef struct ts_arrival {
    bool is_open; /* admitted, and its connection has said nothing */
    ts_hash_t key;
    char address[TS_ARRIVALS_ADDRESS_BYTES];
    ts_mono_t at;
} ts_arrival_t;

struct ts_arrivals {
    ts_arrival_t items[TS_ARRIVALS_MAX];
    size_t next; /* place of the next one: the oldest */
};

ts_arrivals_t *
ts_arrivals_new(void)
{
    return ts_xcalloc(1, sizeof(ts_arrivals_t));
}

void
ts_arrivals_destroy(ts_arrivals_t **self_p)
{
    ts_xfree(*self_p);
    *self_p = NULL;
}

void
ts_arrivals_add(ts_arrivals_t *self, const ts_hash_t *key, const char *address, ts_mono_t now)
{
    ts_arrival_t *arrival = &self->items[self->next];
    *arrival = (ts_arrival_t){.is_open = true, .key = *key, .at = now};
    (void)snprintf(arrival->address, sizeof arrival->address, "%s", address);
    self->next = (self->next + 1) % TS_ARRIVALS_MAX;
}

void
ts_arrivals_spoke(ts_arrivals_t *self, const ts_hash_t *key)
{
    /* From the oldest on. */
    for (size_t i = 0; i < TS_ARRIVALS_MAX; i++) {
        ts_arrival_t *arrival = &self->items[(self->next + i) % TS_ARRIVALS_MAX];
        if (arrival->is_open && ts_hash_equal(&arrival->key, key)) {
            arrival->is_open = false;
            return;
        }
    }
}

bool
ts_arrivals_suspect(const ts_arrivals_t *self,
                    const char *address,
                    ts_mono_t accepted,
                    ts_hash_t *ret_key)
{
    const ts_arrival_t *found = NULL;
    for (size_t i = 0; i < TS_ARRIVALS_MAX; i++) {
        const ts_arrival_t *arrival = &self->items[i];
        if (!arrival->is_open || strcmp(arrival->address, address) != 0 ||
            arrival->at.ms < accepted.ms - ORDER_MS ||
            arrival->at.ms > accepted.ms + HANDSHAKE_MS) {
            continue;
        }
        if (found != NULL && !ts_hash_equal(&found->key, &arrival->key)) {
            return false;
        }
        found = arrival;
    }
    if (found == NULL) {
        return false;
    }
    *ret_key = found->key;
    return true;
}
