/* SPDX-License-Identifier: MPL-2.0 */
/* A message type as the strict reader wants it: fields by number, with all that judging a value
 * needs. Private to wire. */
#ifndef TS_WIRE_LAYOUT_H
#define TS_WIRE_LAYOUT_H

#include "wire/unpack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TS_WIRE_VARINT = 0, TS_WIRE_FIXED64 = 1, TS_WIRE_CHUNK = 2, TS_WIRE_FIXED32 = 5 };

typedef enum ts_shape {
    TS_SHAPE_NUMBER,
    TS_SHAPE_TEXT,
    TS_SHAPE_BYTES,
    TS_SHAPE_MESSAGE
} ts_shape_t;

typedef struct ts_layout_field {
    const char *name;
    uint32_t number;
    ts_shape_t shape;
    unsigned wire_type;
    bool is_repeated;
    bool zigzag;
    uint64_t raw_max; /* of a number as it stands on the wire: range of type or enum */
    size_t bytes;     /* of one value in memory */
    size_t offset;
    size_t count_offset;      /* repeated */
    size_t case_offset;       /* of a oneof's chosen number; 0 = no oneof */
    size_t bytes_exact;       /* of a bytes field that is not empty; 0 = any */
    uint64_t seen_bit;        /* shared by the fields of a oneof */
    const ts_layout_t *below; /* MESSAGE */
} ts_layout_field_t;

struct ts_layout {
    const ProtobufCMessageDescriptor *descriptor;
    size_t bytes;                        /* of the generated struct */
    void *empty;                         /* such a struct without values, owned */
    ts_layout_field_t *fields;           /* owned */
    const ts_layout_field_t **by_number; /* owned; NULL where there is none */
    uint32_t number_end;
};

#endif
