/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Memory for SQLite: hundreds of offices open and close their databases in one process, and what
 * one gives back the next asks for. Pieces of one size are kept in a list; nothing goes back to the
 * system before the process ends. Not for builds that watch memory.
 */
#include "base/check.h"
#include "sim/sim_p.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* Sizes in steps of 16 bytes, then eight to each doubling. Anything bigger is the system's. */
enum { STEP = 16, SMALL = 1024, BIG = 131072, SIZES = 64 + 56, CHUNK = 1 << 20 };

typedef union piece {
    struct {
        size_t bytes; /* that it has room for */
        size_t size;  /* its list; SIZES: the system's */
    } head;
    union piece *next; /* of a free one */
} piece_t;

static piece_t *lists[SIZES];
static char *chunk;
static size_t chunk_left;

static size_t
size_of(size_t bytes, size_t *ret_room)
{
    if (bytes <= SMALL) {
        size_t size = bytes == 0 ? 0 : (bytes - 1) / STEP;
        *ret_room = (size + 1) * STEP;
        return size;
    }
    size_t size = SMALL / STEP;
    for (size_t base = SMALL; base < BIG; base *= 2) {
        for (size_t part = 1; part <= 8; part++, size++) {
            if (bytes <= base + base / 8 * part) {
                *ret_room = base + base / 8 * part;
                return size;
            }
        }
    }
    *ret_room = bytes;
    return SIZES;
}

static void *
take(int wanted)
{
    size_t room;
    size_t size = size_of((size_t)wanted, &room);
    piece_t *piece = size < SIZES ? lists[size] : malloc(sizeof *piece + room);
    if (size < SIZES && piece != NULL) {
        lists[size] = piece->next;
    } else if (size < SIZES) {
        if (chunk_left < sizeof *piece + room) {
            chunk = malloc(CHUNK);
            chunk_left = CHUNK;
        }
        TS_CHECK(chunk != NULL);
        piece = (piece_t *)(void *)chunk;
        chunk += sizeof *piece + room;
        chunk_left -= sizeof *piece + room;
    }
    TS_CHECK(piece != NULL);
    piece->head.bytes = room;
    piece->head.size = size;
    return piece + 1;
}

static void
give(void *memory)
{
    piece_t *piece = (piece_t *)memory - 1;
    size_t size = piece->head.size;
    if (size == SIZES) {
        free(piece);
        return;
    }
    piece->next = lists[size];
    lists[size] = piece;
}

static int
bytes_of(void *memory)
{
    return memory == NULL ? 0 : (int)((piece_t *)memory - 1)->head.bytes;
}

static void *
change(void *memory, int wanted)
{
    int bytes = bytes_of(memory);
    if (bytes >= wanted) {
        return memory;
    }
    void *bigger = take(wanted);
    memcpy(bigger, memory, (size_t)bytes);
    give(memory);
    return bigger;
}

static int
room_for(int wanted)
{
    size_t room;
    (void)size_of((size_t)wanted, &room);
    return (int)((room + 7) & ~(size_t)7);
}

static int
begin(void *context)
{
    (void)context;
    return SQLITE_OK;
}

static void
end(void *context)
{
    (void)context;
}

void
sim_memory(void)
{
    static const sqlite3_mem_methods methods = {take,     give,  change, bytes_of,
                                                room_for, begin, end,    NULL};
    (void)sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}
