/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What fields a kind of record has, as plain data: filled once by common/wire/schema from
 * protobuf-c's descriptors, read by store (tables), JSON, import and command line. Field values are
 * read from and written to the generated struct in memory by offset, so that no one else needs the
 * generator's types.
 *
 * Sub-messages that are not repeated are flattened: their columns are "restriction_unit_id". A
 * repeated sub-message or a repeated scalar is a child list with rows of its own fields (a scalar
 * list has one field named as the list without its final "s").
 */
#ifndef TS_CORE_SCHEMA_H
#define TS_CORE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ts_field_type {
    TS_FIELD_UINT, /* uint32_t or uint64_t by `bytes` */
    TS_FIELD_INT,  /* int32_t or int64_t by `bytes` */
    TS_FIELD_BOOL, /* protobuf_c_boolean (int) */
    TS_FIELD_ENUM, /* int; names in `enum_names` */
    TS_FIELD_TEXT, /* char *, never NULL in a decoded record */
    TS_FIELD_BYTES /* ProtobufCBinaryData: size_t length, uint8_t *data */
} ts_field_type_t;

/* What a number or text means, from the field's name (conventions at the top of event.proto). */
typedef enum ts_field_sense {
    TS_SENSE_PLAIN,
    TS_SENSE_DATE,    /* x_on: days since 1970-01-01, 0 = none */
    TS_SENSE_VND,     /* x_vnd */
    TS_SENSE_REF,     /* x_id: waits for its target */
    TS_SENSE_FAR_REF, /* x_far_id: never waits */
    TS_SENSE_KEY,     /* x_key: 32 bytes, shown as hex */
    TS_SENSE_EVENT    /* x_event, events: 8-byte prefix of an event id as 64 bits, shown as 16 hex
                         digits */
} ts_field_sense_t;

typedef struct ts_enum_name {
    int value;
    const char *name; /* lower case without the enum's prefix: "verified" */
} ts_enum_name_t;

typedef struct ts_field {
    const char *name; /* column name, flattened: "restriction_unit_id" */
    ts_field_type_t type;
    ts_field_sense_t sense;
    uint32_t ref_kind;    /* for REF and FAR_REF: Kind that it names; 0 = any */
    size_t bytes;         /* size in memory: 4 or 8 for numbers */
    size_t offset;        /* in the record's struct, or in parent_offset's struct */
    size_t parent_offset; /* offset of the pointer to the flattened sub-message; SIZE_MAX = directly
                             in the record */
    const ts_enum_name_t *enum_names; /* NULL unless ENUM */
    size_t enum_count;
    const char *enum_type; /* "need_state": the key of its labels; NULL unless ENUM */
} ts_field_t;

typedef struct ts_child_list {
    const char *name;    /* "items" */
    size_t count_offset; /* of size_t n_items */
    size_t rows_offset;  /* of the pointer to the array (of pointers for messages, of values for
                            scalars) */
    bool is_scalar;
    size_t scalar_bytes;
    const ts_field_t *fields;
    size_t field_count;
} ts_child_list_t;

typedef struct ts_kind_schema {
    uint32_t kind;    /* Kind */
    const char *name; /* lower case: "need", "report_return" */
    uint32_t version; /* newest version that this program writes and understands */
    const ts_field_t *fields;
    size_t field_count;
    const ts_child_list_t *lists;
    size_t list_count;
    size_t record_bytes;    /* sizeof the generated struct */
    const void *descriptor; /* for wire only */
} ts_kind_schema_t;

typedef struct ts_schema {
    const ts_kind_schema_t *kinds; /* ordered by kind number */
    size_t count;
} ts_schema_t;

/* NULL when unknown. */
const ts_kind_schema_t *ts_schema_kind(const ts_schema_t *schema, uint32_t kind);
const ts_kind_schema_t *ts_schema_named(const ts_schema_t *schema, const char *name);
const ts_field_t *ts_schema_field(const ts_kind_schema_t *kind, const char *name);
const ts_child_list_t *ts_schema_list(const ts_kind_schema_t *kind, const char *name);
/* Name of an enum's value; NULL when there is none. */
const char *ts_field_enum_name(const ts_field_t *field, int64_t value);

/* Reading a value of a decoded record by its field (numbers of every width as int64; of an event
 * prefix the same 64 bits). */
int64_t ts_field_get_number(const ts_field_t *field, const void *record);
const char *ts_field_get_text(const ts_field_t *field, const void *record);
const uint8_t *ts_field_get_bytes(const ts_field_t *field, const void *record, size_t *ret_length);
/* Child rows: how many, and the row that fields read from (for a scalar list, the address of the
 * value; its one field has offset 0). */
size_t ts_child_count(const ts_child_list_t *list, const void *record);
const void *ts_child_row(const ts_child_list_t *list, const void *record, size_t index);

#endif
