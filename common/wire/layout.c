/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/layout.h"

#include "base/check.h"
#include "base/id.h"
#include "base/xalloc.h"

#include <string.h>

/* Message types of all .proto files together; more is our own mistake. */
enum { LAYOUTS_MAX = 128, FIELDS_MAX = 63 };

static ts_layout_t *layouts[LAYOUTS_MAX];
static size_t layout_count;

/* Keys are 32 bytes by their names, a store's id 16 (conventions of event.proto). */
static size_t
exact_bytes(const char *name)
{
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, "_key") == 0) {
        return TS_HASH_BYTES;
    }
    return strcmp(name, "store") == 0 ? TS_ID16_BYTES : 0;
}

/* Record ids and counts of a record stay below 2^63: the store keeps them as signed numbers.
 * Prefixes of hashes use all bits. */
static uint64_t
wide_max(const ProtobufCMessageDescriptor *descriptor, const char *name)
{
    size_t length = strlen(name);
    bool is_prefix = strcmp(name, "revises") == 0 || strcmp(name, "events") == 0 ||
                     (length >= 6 && strcmp(name + length - 6, "_event") == 0);
    bool is_record = strcmp(descriptor->package_name, "tiepsuc.v1") == 0;
    return is_record && !is_prefix ? INT64_MAX : UINT64_MAX;
}

static uint64_t
enum_max(const ProtobufCEnumDescriptor *descriptor)
{
    for (unsigned i = 0; i < descriptor->n_values; i++) {
        TS_CHECK(descriptor->values[i].value == (int)i);
    }
    return descriptor->n_values - 1;
}

static void
set_number(ts_layout_field_t *field, unsigned wire_type, size_t bytes, uint64_t raw_max)
{
    field->shape = TS_SHAPE_NUMBER;
    field->wire_type = wire_type;
    field->bytes = bytes;
    field->raw_max = raw_max;
}

static void
set_chunk(ts_layout_field_t *field, ts_shape_t shape, size_t bytes)
{
    field->shape = shape;
    field->wire_type = TS_WIRE_CHUNK;
    field->bytes = bytes;
}

static void
set_type(ts_layout_field_t *field,
         const ProtobufCMessageDescriptor *descriptor,
         const ProtobufCFieldDescriptor *from)
{
    field->zigzag = from->type == PROTOBUF_C_TYPE_SINT32 || from->type == PROTOBUF_C_TYPE_SINT64;
    switch (from->type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_SINT32:
        set_number(field, TS_WIRE_VARINT, 4, UINT32_MAX);
        break;
    case PROTOBUF_C_TYPE_UINT64:
        set_number(field, TS_WIRE_VARINT, 8, wide_max(descriptor, from->name));
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
        set_number(field, TS_WIRE_VARINT, 8, UINT64_MAX);
        break;
    case PROTOBUF_C_TYPE_FIXED64:
        set_number(field, TS_WIRE_FIXED64, 8, wide_max(descriptor, from->name));
        break;
    case PROTOBUF_C_TYPE_BOOL:
        set_number(field, TS_WIRE_VARINT, sizeof(protobuf_c_boolean), 1);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        set_number(field, TS_WIRE_VARINT, sizeof(int), enum_max(from->descriptor));
        break;
    case PROTOBUF_C_TYPE_STRING:
        set_chunk(field, TS_SHAPE_TEXT, sizeof(char *));
        break;
    case PROTOBUF_C_TYPE_BYTES:
        set_chunk(field, TS_SHAPE_BYTES, sizeof(ProtobufCBinaryData));
        field->bytes_exact = exact_bytes(from->name);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        set_chunk(field, TS_SHAPE_MESSAGE, sizeof(void *));
        field->below = ts_layout_of(from->descriptor);
        break;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    default:
        ts_check_failed(__FILE__, __LINE__, "a type that our .proto files do not use");
    }
}

static ts_layout_t *
build(const ProtobufCMessageDescriptor *descriptor)
{
    TS_CHECK(layout_count < LAYOUTS_MAX);
    TS_CHECK(descriptor->n_fields <= FIELDS_MAX);
    ts_layout_t *layout = ts_xcalloc(1, sizeof(*layout));
    layouts[layout_count++] = layout;
    layout->descriptor = descriptor;
    layout->bytes = descriptor->sizeof_message;
    layout->empty = ts_xcalloc(1, layout->bytes);
    descriptor->message_init(layout->empty);
    layout->fields = ts_xcalloc(descriptor->n_fields, sizeof(*layout->fields));
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *from = &descriptor->fields[i];
        ts_layout_field_t *field = &layout->fields[i];
        field->name = from->name;
        field->number = from->id;
        field->offset = from->offset;
        field->is_repeated = from->label == PROTOBUF_C_LABEL_REPEATED;
        field->count_offset = from->quantifier_offset;
        bool chosen = (from->flags & (unsigned)PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
        field->case_offset = chosen ? from->quantifier_offset : 0;
        field->seen_bit = chosen ? (uint64_t)1 << 63 : (uint64_t)1 << i;
        set_type(field, descriptor, from);
        layout->number_end = from->id >= layout->number_end ? from->id + 1 : layout->number_end;
    }
    layout->by_number = ts_xcalloc(layout->number_end, sizeof(*layout->by_number));
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        layout->by_number[layout->fields[i].number] = &layout->fields[i];
    }
    return layout;
}

const ts_layout_t *
ts_layout_of(const ProtobufCMessageDescriptor *descriptor)
{
    for (size_t i = 0; i < layout_count; i++) {
        if (layouts[i]->descriptor == descriptor) {
            return layouts[i];
        }
    }
    return build(descriptor);
}
