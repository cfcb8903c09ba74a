/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A hash map from fixed-size keys to fixed-size values, open addressing. Iteration runs in order of
 * insertion, so that results never depend on hash order. Keys are compared bytewise: zero padding
 * bytes. Values are aligned to 8 bytes. At most 2^31 keys.
 */
#ifndef TS_BASE_MAP_H
#define TS_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

typedef struct ts_map ts_map_t;

/* key_bytes 1..128, value_bytes 0..4096. */
ts_map_t *ts_map_new(size_t key_bytes, size_t value_bytes);
void ts_map_destroy(ts_map_t **self_p);
/* The value, or NULL when absent. Valid until the next put of a new key, or clear. */
void *ts_map_get(const ts_map_t *self, const void *key);
/* The value, added zeroed when absent. Valid until the next put of a new key, or clear. */
void *ts_map_put(ts_map_t *self, const void *key);
/* Forgets a key; nothing happens when absent. A walk goes on and skips it. Put again, it comes
 * last. */
void ts_map_remove(ts_map_t *self, const void *key);
void ts_map_clear(ts_map_t *self);
size_t ts_map_count(const ts_map_t *self);
/* Walks: start with *position = 0; returns the key (and the value through ret_value, which may be
 * NULL) or NULL at the end. Removing during a walk is allowed, putting a new key is not. */
const void *ts_map_next(const ts_map_t *self, size_t *position, void **ret_value);

#endif
