/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Memory that is given out piece by piece and taken back all at once, with a budget: what a decoded
 * message takes. Private to wire.
 */
#ifndef TS_WIRE_ARENA_H
#define TS_WIRE_ARENA_H

#include <stddef.h>
#include <stdint.h>

/* What an arena keeps from one use to the next. */
#define TS_ARENA_IDLE_BYTES 65536u

typedef struct ts_arena_block ts_arena_block_t;

typedef struct ts_arena {
    ts_arena_block_t *block; /* newest first */
    uint8_t *next;           /* free bytes of the newest block */
    size_t left;
    size_t taken; /* bytes of all blocks since the last reset */
    size_t limit; /* of `taken` */
} ts_arena_t;

void ts_arena_init(ts_arena_t *arena, size_t limit);
void ts_arena_free(ts_arena_t *arena);
/* Takes all back; keeps one block of at most TS_ARENA_IDLE_BYTES. */
void ts_arena_reset(ts_arena_t *arena);
/* The slow way of ts_arena_take: a new block. */
void *ts_arena_grow(ts_arena_t *arena, size_t bytes);

/* `bytes` bytes aligned to 8, not cleared; NULL beyond the budget. bytes ≤ 2^40. */
static inline void *
ts_arena_take(ts_arena_t *arena, size_t bytes)
{
    size_t rounded = (bytes + (bytes == 0) + 7u) & ~(size_t)7u;
    if (rounded > arena->left) {
        return ts_arena_grow(arena, rounded);
    }
    void *at = arena->next;
    arena->next += rounded;
    arena->left -= rounded;
    return at;
}

#endif
