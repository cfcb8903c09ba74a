/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/schema.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The message of each kind: a new kind is one line here. Kind numbers and names come from the enum,
 * matched by name. */
static const ProtobufCMessageDescriptor *const kind_messages[] = {
    &tiepsuc__v1__unit__descriptor,        &tiepsuc__v1__body__descriptor,
    &tiepsuc__v1__office__descriptor,      &tiepsuc__v1__cutoff__descriptor,
    &tiepsuc__v1__release__descriptor,     &tiepsuc__v1__plan__descriptor,
    &tiepsuc__v1__scope__descriptor,       &tiepsuc__v1__line__descriptor,
    &tiepsuc__v1__band__descriptor,        &tiepsuc__v1__duty__descriptor,
    &tiepsuc__v1__period__descriptor,      &tiepsuc__v1__budget__descriptor,
    &tiepsuc__v1__target__descriptor,      &tiepsuc__v1__activity__descriptor,
    &tiepsuc__v1__beneficiary__descriptor, &tiepsuc__v1__population__descriptor,
    &tiepsuc__v1__need__descriptor,        &tiepsuc__v1__donor__descriptor,
    &tiepsuc__v1__fund__descriptor,        &tiepsuc__v1__pledge__descriptor,
    &tiepsuc__v1__receipt__descriptor,     &tiepsuc__v1__purchase__descriptor,
    &tiepsuc__v1__allocation__descriptor,  &tiepsuc__v1__handover__descriptor,
    &tiepsuc__v1__return__descriptor,      &tiepsuc__v1__approval__descriptor,
    &tiepsuc__v1__report__descriptor,      &tiepsuc__v1__report_return__descriptor,
    &tiepsuc__v1__filing__descriptor,      &tiepsuc__v1__waiver__descriptor,
    &tiepsuc__v1__holding__descriptor,
};

enum { KIND_COUNT = sizeof(kind_messages) / sizeof(kind_messages[0]) };

static ts_kind_schema_t kinds[KIND_COUNT];
static ts_schema_t schema;

/* "ReportReturn" → "report_return". */
static char *
lower_words(const char *name)
{
    char *result = ts_xmalloc(2 * strlen(name) + 1);
    size_t used = 0;
    for (size_t i = 0; name[i] != '\0'; i++) {
        if (i > 0 && isupper((unsigned char)name[i])) {
            result[used++] = '_';
        }
        result[used++] = (char)tolower((unsigned char)name[i]);
    }
    result[used] = '\0';
    return result;
}

/* "NEED_STATE_VERIFIED" without "need_state" → "verified". Some enums have a shorter prefix than
 * their name ("TIMELINESS_…" of TimelinessClass): the common prefix of the values decides. */
static char *
lower_value(const char *name, size_t prefix)
{
    char *result = ts_xstrdup(name + prefix);
    for (char *at = result; *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return result;
}

/* Length of the words that all values of an enum begin with. */
static size_t
common_prefix(const ProtobufCEnumDescriptor *from)
{
    size_t length = strlen(from->values[0].name);
    for (unsigned i = 1; i < from->n_values; i++) {
        size_t same = 0;
        while (same < length && from->values[i].name[same] == from->values[0].name[same]) {
            same++;
        }
        length = same;
    }
    while (length > 0 && from->values[0].name[length - 1] != '_') {
        length--;
    }
    return length;
}

static void
set_enum(ts_field_t *field, const ProtobufCEnumDescriptor *from)
{
    TS_CHECK(from->n_values > 1);
    size_t prefix = common_prefix(from);
    ts_enum_name_t *names = ts_xcalloc(from->n_values, sizeof(*names));
    for (unsigned i = 0; i < from->n_values; i++) {
        names[i].value = from->values[i].value;
        names[i].name = lower_value(from->values[i].name, prefix);
    }
    field->type = TS_FIELD_ENUM;
    field->bytes = sizeof(int);
    field->enum_names = names;
    field->enum_count = from->n_values;
    field->enum_type = lower_words(from->short_name);
}

static void
set_type(ts_field_t *field, const ProtobufCFieldDescriptor *from)
{
    switch (from->type) {
    case PROTOBUF_C_TYPE_UINT32:
        field->type = TS_FIELD_UINT;
        field->bytes = 4;
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        field->type = TS_FIELD_UINT;
        field->bytes = 8;
        break;
    case PROTOBUF_C_TYPE_SINT32:
        field->type = TS_FIELD_INT;
        field->bytes = 4;
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
        field->type = TS_FIELD_INT;
        field->bytes = 8;
        break;
    case PROTOBUF_C_TYPE_BOOL:
        field->type = TS_FIELD_BOOL;
        field->bytes = sizeof(protobuf_c_boolean);
        break;
    case PROTOBUF_C_TYPE_STRING:
        field->type = TS_FIELD_TEXT;
        field->bytes = sizeof(char *);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        field->type = TS_FIELD_BYTES;
        field->bytes = sizeof(ProtobufCBinaryData);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        set_enum(field, from->descriptor);
        break;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_MESSAGE:
    default:
        ts_check_failed(__FILE__, __LINE__, "a type that records do not have");
    }
}

static bool
ends_with(const char *name, const char *end)
{
    size_t length = strlen(name);
    size_t end_length = strlen(end);
    return length >= end_length && strcmp(name + length - end_length, end) == 0;
}

/* The kind whose name stands at the end of the first `length` bytes, as a word of its own; 0 =
 * none. */
static uint32_t
named_kind(const char *name, size_t length)
{
    uint32_t best = 0;
    size_t best_length = 0;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        size_t kind_length = strlen(kinds[i].name);
        bool fits = kind_length <= length &&
                    memcmp(name + length - kind_length, kinds[i].name, kind_length) == 0 &&
                    (kind_length == length || name[length - kind_length - 1] == '_');
        if (fits && kind_length > best_length) {
            best = kinds[i].kind;
            best_length = kind_length;
        }
    }
    return best;
}

static void
set_reference(ts_field_t *field, ts_field_sense_t sense, size_t suffix, uint32_t own_kind)
{
    static const char *const own_words[] = {"parent", "successor", "amends"};
    size_t length = strlen(field->name) - suffix;
    field->sense = sense;
    for (size_t i = 0; i < sizeof(own_words) / sizeof(own_words[0]); i++) {
        if (strlen(own_words[i]) == length && memcmp(own_words[i], field->name, length) == 0) {
            field->ref_kind = own_kind;
            return;
        }
    }
    field->ref_kind = named_kind(field->name, length);
    TS_CHECK(field->ref_kind != 0);
}

static void
set_sense(ts_field_t *field, const ProtobufCFieldDescriptor *from, uint32_t own_kind)
{
    const char *name = field->name;
    bool is_fixed = from->type == PROTOBUF_C_TYPE_FIXED64;
    field->sense = TS_SENSE_PLAIN;
    if (ends_with(name, "_far_id")) {
        TS_CHECK(is_fixed);
        set_reference(field, TS_SENSE_FAR_REF, strlen("_far_id"), own_kind);
    } else if (ends_with(name, "_id")) {
        TS_CHECK(is_fixed);
        set_reference(field, TS_SENSE_REF, strlen("_id"), own_kind);
    } else if (is_fixed && (strcmp(name, "event") == 0 || ends_with(name, "_event"))) {
        field->sense = TS_SENSE_EVENT;
    } else if (is_fixed) {
        field->sense = TS_SENSE_FAR_REF;
    } else if (ends_with(name, "_on")) {
        TS_CHECK(from->type == PROTOBUF_C_TYPE_SINT32);
        field->sense = TS_SENSE_DATE;
    } else if (ends_with(name, "_vnd")) {
        TS_CHECK(from->type == PROTOBUF_C_TYPE_INT64);
        field->sense = TS_SENSE_VND;
    } else if (ends_with(name, "_key")) {
        TS_CHECK(from->type == PROTOBUF_C_TYPE_BYTES);
        field->sense = TS_SENSE_KEY;
    }
}

/* A field, with its name already flattened (taken). */
static void
set_field(ts_field_t *field, char *name, const ProtobufCFieldDescriptor *from, uint32_t own_kind)
{
    field->name = name;
    field->offset = from->offset;
    field->parent_offset = SIZE_MAX;
    set_type(field, from);
    set_sense(field, from, own_kind);
}

/* "beneficiary_ids" → "beneficiary_id". */
static char *
singular(const char *name)
{
    TS_CHECK(ends_with(name, "s"));
    return ts_xstrndup(name, strlen(name) - 1);
}

static void
set_list(ts_child_list_t *list, const ProtobufCFieldDescriptor *from, uint32_t own_kind)
{
    list->name = from->name;
    list->count_offset = from->quantifier_offset;
    list->rows_offset = from->offset;
    list->is_scalar = from->type != PROTOBUF_C_TYPE_MESSAGE;
    if (list->is_scalar) {
        ts_field_t *field = ts_xcalloc(1, sizeof(*field));
        set_field(field, singular(from->name), from, own_kind);
        field->offset = 0;
        list->scalar_bytes = field->bytes;
        list->fields = field;
        list->field_count = 1;
        return;
    }
    const ProtobufCMessageDescriptor *row = from->descriptor;
    ts_field_t *fields = ts_xcalloc(row->n_fields, sizeof(*fields));
    for (unsigned i = 0; i < row->n_fields; i++) {
        TS_CHECK(row->fields[i].label != PROTOBUF_C_LABEL_REPEATED);
        TS_CHECK(row->fields[i].type != PROTOBUF_C_TYPE_MESSAGE);
        set_field(&fields[i], ts_xstrdup(row->fields[i].name), &row->fields[i], own_kind);
    }
    list->fields = fields;
    list->field_count = row->n_fields;
}

/* Fields of a sub-message become fields of the record. */
static size_t
flatten(ts_field_t *fields, const ProtobufCFieldDescriptor *from, uint32_t own_kind)
{
    const ProtobufCMessageDescriptor *sub = from->descriptor;
    for (unsigned i = 0; i < sub->n_fields; i++) {
        const ProtobufCFieldDescriptor *inner = &sub->fields[i];
        TS_CHECK(inner->label != PROTOBUF_C_LABEL_REPEATED);
        size_t bytes = strlen(from->name) + strlen(inner->name) + 2;
        char *name = ts_xmalloc(bytes);
        (void)snprintf(name, bytes, "%s_%s", from->name, inner->name);
        set_field(&fields[i], name, inner, own_kind);
        fields[i].parent_offset = from->offset;
    }
    return sub->n_fields;
}

static void
set_kind(ts_kind_schema_t *kind)
{
    const ProtobufCMessageDescriptor *from = kind->descriptor;
    size_t field_count = 0;
    size_t list_count = 0;
    for (unsigned i = 0; i < from->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &from->fields[i];
        bool is_list = field->label == PROTOBUF_C_LABEL_REPEATED;
        bool is_sub = !is_list && field->type == PROTOBUF_C_TYPE_MESSAGE;
        const ProtobufCMessageDescriptor *sub = is_sub ? field->descriptor : NULL;
        list_count += is_list;
        field_count += is_list ? 0 : is_sub ? sub->n_fields : 1;
    }
    ts_field_t *fields = ts_xcalloc(field_count, sizeof(*fields));
    ts_child_list_t *lists = ts_xcalloc(list_count, sizeof(*lists));
    for (unsigned i = 0; i < from->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &from->fields[i];
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            set_list(&lists[kind->list_count++], field, kind->kind);
        } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            kind->field_count += flatten(&fields[kind->field_count], field, kind->kind);
        } else {
            set_field(&fields[kind->field_count++], ts_xstrdup(field->name), field, kind->kind);
        }
    }
    kind->fields = fields;
    kind->lists = lists;
}

/* Number and name of each kind, so that references can be told before any field is looked at. */
static void
set_names(void)
{
    const ProtobufCEnumDescriptor *names = &tiepsuc__v1__kind__descriptor;
    TS_CHECK(names->n_values == KIND_COUNT + 1);
    size_t prefix = strlen("KIND_");
    for (size_t i = 0; i < KIND_COUNT; i++) {
        const ProtobufCEnumValue *value = &names->values[i + 1];
        kinds[i].kind = (uint32_t)value->value;
        kinds[i].name = lower_value(value->name, prefix);
        kinds[i].version = 1;
        for (size_t k = 0; k < KIND_COUNT; k++) {
            char *name = lower_words(kind_messages[k]->short_name);
            if (strcmp(name, kinds[i].name) == 0) {
                kinds[i].descriptor = kind_messages[k];
                kinds[i].record_bytes = kind_messages[k]->sizeof_message;
            }
            ts_xfree(name);
        }
        TS_CHECK(kinds[i].descriptor != NULL);
    }
}

const ts_schema_t *
ts_wire_schema(void)
{
    if (schema.kinds == NULL) {
        set_names();
        for (size_t i = 0; i < KIND_COUNT; i++) {
            set_kind(&kinds[i]);
        }
        schema = (ts_schema_t){.kinds = kinds, .count = KIND_COUNT};
    }
    return &schema;
}
