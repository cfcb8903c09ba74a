/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Entries lie densely in order of insertion; a table of slots (open addressing, linear probing, at
 * most half full) leads from a hash to an entry. A lookup touches one slot line and one entry;
 * walking is a plain scan.
 */
#include "base/map.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <stdbool.h>
#include <string.h>

enum { SLOTS_MIN = 16, KEY_BYTES_MAX = 128, VALUE_BYTES_MAX = 4096, ENTRY_ALIGN = 8 };

typedef struct ts_slot {
    uint32_t hash; /* low half of the key's hash: home slot, and most unequal keys are told apart by
                      it */
    uint32_t entry; /* index + 1 of the entry; 0: free */
} ts_slot_t;

struct ts_map {
    size_t key_bytes;
    size_t value_bytes;
    size_t key_offset; /* of the key in an entry; the value is first, aligned */
    size_t stride;     /* bytes from entry to entry */
    uint64_t seed;     /* differs between maps, so that nobody can prepare keys that collide */
    uint8_t *entries;  /* slot_count / 2 entries */
    bool *dead;        /* one per entry; NULL until something was removed */
    ts_slot_t *slots;  /* slot_count, a power of two */
    size_t slot_count;
    size_t length; /* entries in use, dead ones too */
    size_t dead_count;
};

static uint64_t
mix(uint64_t word)
{
    word = (word ^ (word >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    word = (word ^ (word >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    return word ^ (word >> 32);
}

static uint32_t
hash_key(const ts_map_t *self, const uint8_t *key)
{
    uint64_t hash = self->seed;
    size_t left = self->key_bytes;
    for (; left >= 8; left -= 8, key += 8) {
        uint64_t word;
        memcpy(&word, key, 8);
        hash = (hash ^ word) * UINT64_C(0xd6e8feb86659fd93);
        hash ^= hash >> 32;
    }
    if (left > 0) {
        uint64_t word = 0;
        memcpy(&word, key, left);
        hash = (hash ^ word) * UINT64_C(0xd6e8feb86659fd93);
    }
    return (uint32_t)mix(hash);
}

/* Most keys are a few words: compared here, without a call. */
static bool
same_key(const ts_map_t *self, const uint8_t *a, const uint8_t *b)
{
    size_t left = self->key_bytes;
    for (; left >= 8; left -= 8, a += 8, b += 8) {
        uint64_t word;
        uint64_t other;
        memcpy(&word, a, 8);
        memcpy(&other, b, 8);
        if (word != other) {
            return false;
        }
    }
    return left == 0 || memcmp(a, b, left) == 0;
}

static uint8_t *
entry_at(const ts_map_t *self, size_t index)
{
    return self->entries + index * self->stride;
}

static bool
is_dead(const ts_map_t *self, size_t index)
{
    return self->dead != NULL && self->dead[index];
}

static size_t
round_up(size_t bytes)
{
    return (bytes + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN;
}

ts_map_t *
ts_map_new(size_t key_bytes, size_t value_bytes)
{
    TS_CHECK(key_bytes >= 1 && key_bytes <= KEY_BYTES_MAX);
    TS_CHECK(value_bytes <= VALUE_BYTES_MAX);
    ts_map_t *self = ts_xcalloc(1, sizeof *self);
    self->key_bytes = key_bytes;
    self->value_bytes = value_bytes;
    self->key_offset = round_up(value_bytes);
    self->stride = self->key_offset + round_up(key_bytes);
    /* The address is random enough; order of iteration and results do not depend on it. */
    self->seed = mix((uint64_t)(uintptr_t)self);
    self->slot_count = SLOTS_MIN;
    self->slots = ts_xcalloc(SLOTS_MIN, sizeof *self->slots);
    self->entries = ts_xcalloc(SLOTS_MIN / 2, self->stride);
    return self;
}

void
ts_map_destroy(ts_map_t **self_p)
{
    ts_map_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_xfree(self->entries);
    ts_xfree(self->dead);
    ts_xfree(self->slots);
    ts_xfree(self);
    *self_p = NULL;
}

/* The slot that holds the key, or the free slot where it belongs. */
static size_t
find_slot(const ts_map_t *self, const void *key, uint32_t hash)
{
    const size_t mask = self->slot_count - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        const ts_slot_t *slot = &self->slots[at];
        if (slot->entry == 0) {
            return at;
        }
        if (slot->hash == hash &&
            same_key(self, entry_at(self, slot->entry - 1) + self->key_offset, key)) {
            return at;
        }
    }
}

void *
ts_map_get(const ts_map_t *self, const void *key)
{
    const ts_slot_t *slot = &self->slots[find_slot(self, key, hash_key(self, key))];
    return slot->entry == 0 ? NULL : entry_at(self, slot->entry - 1);
}

/* Closes the gaps of dead entries and lays the slots out anew, `slot_count` of them. */
static void
rebuild(ts_map_t *self, size_t slot_count)
{
    size_t length = 0;
    for (size_t i = 0; i < self->length; i++) {
        if (!is_dead(self, i)) {
            if (length != i) {
                memcpy(entry_at(self, length), entry_at(self, i), self->stride);
            }
            length++;
        }
    }
    TS_CHECK(length + self->dead_count == self->length);
    self->length = length;
    self->dead_count = 0;
    ts_xfree(self->dead);
    self->dead = NULL;
    if (slot_count != self->slot_count) {
        TS_CHECK(slot_count / 2 < UINT32_MAX && self->stride <= SIZE_MAX / slot_count);
        self->entries = ts_xrealloc(self->entries, slot_count / 2 * self->stride);
    }
    ts_xfree(self->slots);
    self->slots = ts_xcalloc(slot_count, sizeof *self->slots);
    self->slot_count = slot_count;
    const size_t mask = slot_count - 1;
    for (size_t i = 0; i < length; i++) {
        uint32_t hash = hash_key(self, entry_at(self, i) + self->key_offset);
        size_t at = hash & mask;
        while (self->slots[at].entry != 0) {
            at = (at + 1) & mask;
        }
        self->slots[at] = (ts_slot_t){hash, (uint32_t)i + 1};
    }
}

void *
ts_map_put(ts_map_t *self, const void *key)
{
    uint32_t hash = hash_key(self, key);
    size_t at = find_slot(self, key, hash);
    if (self->slots[at].entry != 0) {
        return entry_at(self, self->slots[at].entry - 1);
    }
    if (self->length == self->slot_count / 2) {
        /* The key may lie in an entry that is about to move. */
        uint8_t held[KEY_BYTES_MAX];
        memcpy(held, key, self->key_bytes);
        bool gaps_suffice = self->dead_count >= self->length / 4;
        rebuild(self, gaps_suffice ? self->slot_count : self->slot_count * 2);
        return ts_map_put(self, held);
    }
    uint8_t *entry = entry_at(self, self->length);
    memset(entry, 0, self->key_offset);
    memcpy(entry + self->key_offset, key, self->key_bytes);
    if (self->dead != NULL) {
        self->dead[self->length] = false;
    }
    self->length++;
    self->slots[at] = (ts_slot_t){hash, (uint32_t)self->length};
    return entry;
}

/* Moves later slots of the run back into the hole wherever that does not put them before their
 * home. */
static void
close_hole(ts_map_t *self, size_t hole)
{
    const size_t mask = self->slot_count - 1;
    for (size_t at = (hole + 1) & mask; self->slots[at].entry != 0; at = (at + 1) & mask) {
        size_t from_home = (at - self->slots[at].hash) & mask;
        size_t from_hole = (at - hole) & mask;
        if (from_home >= from_hole) {
            self->slots[hole] = self->slots[at];
            hole = at;
        }
    }
    self->slots[hole] = (ts_slot_t){0};
}

void
ts_map_remove(ts_map_t *self, const void *key)
{
    size_t at = find_slot(self, key, hash_key(self, key));
    if (self->slots[at].entry == 0) {
        return;
    }
    if (self->dead == NULL) {
        self->dead = ts_xcalloc(self->slot_count / 2, sizeof *self->dead);
    }
    self->dead[self->slots[at].entry - 1] = true;
    self->dead_count++;
    close_hole(self, at);
}

void
ts_map_clear(ts_map_t *self)
{
    memset(self->slots, 0, self->slot_count * sizeof *self->slots);
    ts_xfree(self->dead);
    self->dead = NULL;
    self->length = 0;
    self->dead_count = 0;
}

size_t
ts_map_count(const ts_map_t *self)
{
    return self->length - self->dead_count;
}

const void *
ts_map_next(const ts_map_t *self, size_t *position, void **ret_value)
{
    while (*position < self->length && is_dead(self, *position)) {
        (*position)++;
    }
    if (*position >= self->length) {
        return NULL;
    }
    uint8_t *entry = entry_at(self, *position);
    (*position)++;
    if (ret_value != NULL) {
        *ret_value = entry;
    }
    return entry + self->key_offset;
}
