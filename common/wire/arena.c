/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/arena.h"

#include "base/check.h"
#include "base/xalloc.h"

enum { BLOCK_BYTES_FIRST = 8192 };

struct ts_arena_block {
    ts_arena_block_t *older;
    size_t bytes; /* behind this head */
};

void
ts_arena_init(ts_arena_t *arena, size_t limit)
{
    *arena = (ts_arena_t){.limit = limit};
}

void
ts_arena_free(ts_arena_t *arena)
{
    while (arena->block != NULL) {
        ts_arena_block_t *older = arena->block->older;
        ts_xfree(arena->block);
        arena->block = older;
    }
    ts_arena_init(arena, arena->limit);
}

void
ts_arena_reset(ts_arena_t *arena)
{
    ts_arena_block_t *kept = arena->block;
    if (kept == NULL) {
        return;
    }
    if (kept->bytes > TS_ARENA_IDLE_BYTES) {
        ts_arena_free(arena);
        return;
    }
    arena->block = kept->older;
    kept->older = NULL;
    ts_arena_free(arena);
    arena->block = kept;
    arena->next = (uint8_t *)(kept + 1);
    arena->left = kept->bytes;
    arena->taken = kept->bytes;
}

void *
ts_arena_grow(ts_arena_t *arena, size_t bytes)
{
    TS_CHECK(bytes <= (size_t)1 << 40);
    size_t room = arena->taken < BLOCK_BYTES_FIRST ? BLOCK_BYTES_FIRST : arena->taken;
    if (room < bytes) {
        room = bytes;
    }
    if (arena->taken >= arena->limit || bytes > arena->limit - arena->taken) {
        return NULL;
    }
    if (room > arena->limit - arena->taken) {
        room = arena->limit - arena->taken;
    }
    ts_arena_block_t *block = ts_xmalloc(sizeof(*block) + room);
    block->older = arena->block;
    block->bytes = room;
    arena->block = block;
    arena->taken += room;
    arena->next = (uint8_t *)(block + 1) + bytes;
    arena->left = room - bytes;
    return block + 1;
}
