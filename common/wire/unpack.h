/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One strict reader of protobuf messages into the generated structs, driven by their descriptors.
 * Private to wire. Why not the library's own: it takes a frame of many empty rows at 80 times its
 * size, lets text with NUL or broken UTF-8 and unknown enum values through, and narrows numbers
 * silently. What this reader takes, the library reads to the same values (a test and a fuzz target
 * compare them). The result can be packed by the library and lives in the arena.
 */
#ifndef TS_WIRE_UNPACK_H
#define TS_WIRE_UNPACK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/msg.h"
#include "wire/arena.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#define TS_UNPACK_DEPTH_MAX 6

/* A message type as the reader wants it: fields by number. */
typedef struct ts_layout ts_layout_t;

/* Of a descriptor, with all message types below it; built at the first call, kept for ever. */
const ts_layout_t *ts_layout_of(const ProtobufCMessageDescriptor *descriptor);

typedef struct ts_unpack {
    ts_arena_t *arena;
    size_t text_bytes_max; /* of each text */
    size_t rows_max;       /* of each repeated field */
    bool skip_unknown;     /* fields that the message type does not have: skip, else UNKNOWN */
    bool borrow_bytes;     /* bytes fields point into the input instead of the arena */
    /* After an error: where, from the outermost field inward; and what. */
    const char *path[TS_UNPACK_DEPTH_MAX];
    const char *fault; /* msgid with {1} for the path */
} ts_unpack_t;

/* Fills *out, a generated struct of that type. UNKNOWN, TRUNCATED, INVALID, TOOBIG (a text), LIMIT
 * (rows, budget). After UNKNOWN the fields before and behind the unknown one are filled; after
 * other errors *out is of no use. */
TS_MUST_USE ts_err_t ts_unpack(ts_unpack_t *self,
                               const ts_layout_t *layout,
                               ts_bytes_t bytes,
                               void *out);
/* The error of the last ts_unpack in words. */
void ts_unpack_why(const ts_unpack_t *self, ts_msg_t *ret_why);
/* What the library's structs want: a pointer without const. The library only reads through it. */
void *ts_unconst(const void *pointer);
/* Appends the packed message. */
void ts_pack(const ProtobufCMessage *message, ts_buf_t *out);

#endif
