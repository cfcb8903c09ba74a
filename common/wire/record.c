/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/record.h"

#include "base/check.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "wire/unpack.h"
#include "wire/utf8.h"

#include <string.h>

struct ts_record {
    const ts_kind_schema_t *kind;
    ts_arena_t arena; /* holds body and all below it */
    ProtobufCMessage *body;
};

static ts_record_t *
new_record(const ts_kind_schema_t *kind)
{
    ts_record_t *self = ts_xcalloc(1, sizeof(*self));
    self->kind = kind;
    ts_arena_init(&self->arena, TS_UNPACK_BYTES_MAX);
    self->body = ts_arena_take(&self->arena, kind->record_bytes);
    TS_CHECK(self->body != NULL);
    return self;
}

ts_record_t *
ts_record_new(const ts_kind_schema_t *kind)
{
    ts_record_t *self = new_record(kind);
    const ProtobufCMessageDescriptor *descriptor = kind->descriptor;
    descriptor->message_init(self->body);
    return self;
}

ts_err_t
ts_record_unpack(const ts_kind_schema_t *kind, ts_bytes_t body, ts_record_t **ret_self)
{
    ts_record_t *self = new_record(kind);
    ts_unpack_t unpack = {
        .arena = &self->arena, .text_bytes_max = TS_TEXT_BYTES_MAX, .rows_max = TS_RECORD_ROWS_MAX};
    ts_err_t err = body.length > TS_EVENT_BYTES_MAX
                       ? TS_ERR_TOOBIG
                       : ts_unpack(&unpack, ts_layout_of(kind->descriptor), body, self->body);
    if (err != TS_ERR_OK) {
        ts_record_destroy(&self);
        return err;
    }
    *ret_self = self;
    return TS_ERR_OK;
}

ts_record_t *
ts_record_copy(const ts_kind_schema_t *kind, const void *record)
{
    ts_buf_t body = {0};
    ts_record_t *copy = NULL;
    ts_pack(record, &body);
    ts_err_t err = ts_record_unpack(kind, ts_buf_bytes(&body), &copy);
    TS_CHECK(err == TS_ERR_OK);
    ts_buf_free(&body);
    return copy;
}

void
ts_record_destroy(ts_record_t **self_p)
{
    if (*self_p != NULL) {
        ts_arena_free(&(*self_p)->arena);
        ts_xfree(*self_p);
        *self_p = NULL;
    }
}

const ts_kind_schema_t *
ts_record_kind(const ts_record_t *self)
{
    return self->kind;
}

const void *
ts_record_body(const ts_record_t *self)
{
    return self->body;
}

void
ts_record_pack(const ts_record_t *self, ts_buf_t *out)
{
    ts_pack(self->body, out);
}

/* ---- paths ---- */

/* "[12]" at `at`; the rest behind it, NULL when it is none. */
static const char *
parse_index(const char *at, size_t *ret_index)
{
    size_t index = 0;
    if (*at++ != '[' || *at < '0' || *at > '9') {
        return NULL;
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        index = index * 10 + (size_t)(*at - '0');
        if (index > TS_RECORD_ROWS_MAX) {
            return NULL;
        }
    }
    *ret_index = index;
    return *at == ']' ? at + 1 : NULL;
}

static const ts_field_t *
row_field(const ts_child_list_t *list, const char *name)
{
    for (size_t i = 0; i < list->field_count; i++) {
        if (strcmp(list->fields[i].name, name) == 0) {
            return &list->fields[i];
        }
    }
    return NULL;
}

ts_err_t
ts_record_find(const ts_record_t *self, const char *path, ts_record_place_t *ret_place)
{
    ts_record_place_t place = {.field = ts_schema_field(self->kind, path)};
    const char *bracket = strchr(path, '[');
    size_t length = bracket == NULL ? strlen(path) : (size_t)(bracket - path);
    for (size_t i = 0; place.field == NULL && place.list == NULL && i < self->kind->list_count;
         i++) {
        const char *name = self->kind->lists[i].name;
        if (strlen(name) == length && memcmp(name, path, length) == 0) {
            place.list = &self->kind->lists[i];
        }
    }
    if (place.field == NULL && place.list == NULL) {
        return TS_ERR_NOTFOUND;
    }
    if (place.list == NULL || bracket == NULL) {
        *ret_place = place;
        return TS_ERR_OK;
    }
    const char *rest = parse_index(bracket, &place.row);
    if (rest == NULL) {
        return TS_ERR_NOTFOUND;
    }
    if (place.list->is_scalar && *rest == '\0') {
        place.field = &place.list->fields[0];
    } else if (!place.list->is_scalar && *rest == '.') {
        place.field = row_field(place.list, rest + 1);
    }
    if (place.field == NULL || place.row > ts_child_count(place.list, self->body)) {
        return TS_ERR_NOTFOUND;
    }
    *ret_place = place;
    return TS_ERR_OK;
}

/* ---- writing ---- */

/* Makes a sub-message of the field of `descriptor` that stands at `offset`. */
static ProtobufCMessage *
make_below(ts_record_t *self, size_t offset)
{
    const ProtobufCMessageDescriptor *descriptor = self->kind->descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        if (descriptor->fields[i].offset == offset) {
            const ProtobufCMessageDescriptor *below = descriptor->fields[i].descriptor;
            ProtobufCMessage *made = ts_arena_take(&self->arena, below->sizeof_message);
            if (made != NULL) {
                below->message_init(made);
            }
            return made;
        }
    }
    ts_check_failed(__FILE__, __LINE__, "no such sub-message");
}

/* Adds a zero row behind the last one. */
static ts_err_t
add_row(ts_record_t *self, const ts_child_list_t *list)
{
    size_t count = ts_child_count(list, self->body);
    if (count >= TS_RECORD_ROWS_MAX) {
        return TS_ERR_LIMIT;
    }
    size_t bytes = list->is_scalar ? list->scalar_bytes : sizeof(void *);
    uint8_t *body = (uint8_t *)self->body;
    uint8_t *rows = ts_arena_take(&self->arena, (count + 1) * bytes);
    if (rows == NULL) {
        return TS_ERR_LIMIT;
    }
    if (count > 0) {
        const uint8_t *old;
        memcpy(&old, body + list->rows_offset, sizeof(old));
        memcpy(rows, old, count * bytes);
    }
    memset(rows + count * bytes, 0, bytes);
    if (!list->is_scalar) {
        ProtobufCMessage *row = make_below(self, list->rows_offset);
        if (row == NULL) {
            return TS_ERR_LIMIT;
        }
        memcpy(rows + count * bytes, &row, sizeof(row));
    }
    count++;
    memcpy(body + list->rows_offset, &rows, sizeof(rows));
    memcpy(body + list->count_offset, &count, sizeof(count));
    return TS_ERR_OK;
}

/* Where the field's value stands; makes the row or the sub-message when it is not there. */
static ts_err_t
reach(ts_record_t *self, const ts_record_place_t *place, uint8_t **ret_at)
{
    uint8_t *base = (uint8_t *)self->body;
    if (place->list != NULL) {
        if (place->row == ts_child_count(place->list, base)) {
            ts_err_t err = add_row(self, place->list);
            if (err != TS_ERR_OK) {
                return err;
            }
        }
        base = ts_unconst(ts_child_row(place->list, base, place->row));
    } else if (place->field->parent_offset != SIZE_MAX) {
        ProtobufCMessage *parent;
        memcpy(&parent, base + place->field->parent_offset, sizeof(parent));
        if (parent == NULL) {
            parent = make_below(self, place->field->parent_offset);
            if (parent == NULL) {
                return TS_ERR_LIMIT;
            }
            memcpy(base + place->field->parent_offset, &parent, sizeof(parent));
        }
        base = (uint8_t *)parent;
    }
    *ret_at = base + place->field->offset;
    return TS_ERR_OK;
}

static ts_err_t
find_field(const ts_record_t *self, const char *path, ts_record_place_t *ret_place)
{
    ts_record_place_t place;
    ts_err_t err = ts_record_find(self, path, &place);
    if (err == TS_ERR_OK && place.field == NULL) {
        err = TS_ERR_INVALID;
    }
    if (err == TS_ERR_OK) {
        *ret_place = place;
    }
    return err;
}

/* May this number stand in that field? */
static bool
number_fits(const ts_field_t *field, int64_t value)
{
    switch (field->type) {
    case TS_FIELD_BOOL:
        return value == 0 || value == 1;
    case TS_FIELD_ENUM:
        return ts_field_enum_name(field, value) != NULL;
    case TS_FIELD_UINT:
        return field->sense == TS_SENSE_EVENT ||
               (value >= 0 && (field->bytes == 8 || value <= UINT32_MAX));
    case TS_FIELD_INT:
        return field->bytes == 8 || (value >= INT32_MIN && value <= INT32_MAX);
    case TS_FIELD_TEXT:
    case TS_FIELD_BYTES:
    default:
        return false;
    }
}

ts_err_t
ts_record_set_number(ts_record_t *self, const char *path, int64_t value)
{
    ts_record_place_t place;
    uint8_t *at;
    ts_err_t err = find_field(self, path, &place);
    if (err == TS_ERR_OK && !number_fits(place.field, value)) {
        err = TS_ERR_INVALID;
    }
    if (err == TS_ERR_OK) {
        err = reach(self, &place, &at);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    if (place.field->bytes == 8) {
        memcpy(at, &value, sizeof(value));
    } else {
        int32_t narrow;
        uint32_t low = (uint32_t)(uint64_t)value;
        memcpy(&narrow, &low, sizeof(narrow));
        memcpy(at, &narrow, sizeof(narrow));
    }
    return TS_ERR_OK;
}

ts_err_t
ts_record_set_string(ts_record_t *self, const char *path, const char *value)
{
    ts_record_place_t place;
    uint8_t *at;
    size_t length = strlen(value);
    ts_err_t err = find_field(self, path, &place);
    if (err == TS_ERR_OK &&
        (place.field->type != TS_FIELD_TEXT || !ts_utf8_valid((const uint8_t *)value, length))) {
        err = TS_ERR_INVALID;
    }
    if (err == TS_ERR_OK && length > TS_TEXT_BYTES_MAX) {
        err = TS_ERR_TOOBIG;
    }
    if (err == TS_ERR_OK) {
        err = reach(self, &place, &at);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    char *copy = ts_arena_take(&self->arena, length + 1);
    if (copy == NULL) {
        return TS_ERR_LIMIT;
    }
    memcpy(copy, value, length + 1);
    memcpy(at, &copy, sizeof(copy));
    return TS_ERR_OK;
}

ts_err_t
ts_record_set_bytes(ts_record_t *self, const char *path, ts_bytes_t value)
{
    ts_record_place_t place;
    uint8_t *at;
    ts_err_t err = find_field(self, path, &place);
    if (err == TS_ERR_OK) {
        bool is_key = place.field->sense == TS_SENSE_KEY;
        bool is_store = strcmp(place.field->name, "store") == 0;
        size_t exact = is_key ? TS_HASH_BYTES : is_store ? TS_ID16_BYTES : value.length;
        if (place.field->type != TS_FIELD_BYTES || (value.length != 0 && value.length != exact)) {
            err = TS_ERR_INVALID;
        } else if (value.length > TS_EVENT_BYTES_MAX) {
            err = TS_ERR_TOOBIG;
        } else {
            err = reach(self, &place, &at);
        }
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    ProtobufCBinaryData copy = {value.length, ts_arena_take(&self->arena, value.length)};
    if (copy.data == NULL) {
        return TS_ERR_LIMIT;
    }
    if (value.length > 0) {
        memcpy(copy.data, value.data, value.length);
    }
    memcpy(at, &copy, sizeof(copy));
    return TS_ERR_OK;
}

static ts_err_t
clear_field(ts_record_t *self, const char *path, const ts_field_t *field)
{
    if (field->type == TS_FIELD_TEXT) {
        return ts_record_set_string(self, path, "");
    }
    if (field->type == TS_FIELD_BYTES) {
        return ts_record_set_bytes(self, path, (ts_bytes_t){0});
    }
    return ts_record_set_number(self, path, 0);
}

/* Absent is "not given", so a sub-message that has nothing left in it goes. */
static ts_err_t
clear_below(ts_record_t *self, const char *path, const ts_field_t *field)
{
    uint8_t *at = (uint8_t *)self->body + field->parent_offset;
    ProtobufCMessage *parent;
    memcpy(&parent, at, sizeof(parent));
    if (parent == NULL) {
        return TS_ERR_OK;
    }
    ts_err_t err = clear_field(self, path, field);
    if (err == TS_ERR_OK && protobuf_c_message_get_packed_size(parent) == 0) {
        memset(at, 0, sizeof(parent));
    }
    return err;
}

ts_err_t
ts_record_clear(ts_record_t *self, const char *path)
{
    ts_record_place_t place;
    ts_err_t err = ts_record_find(self, path, &place);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (place.field == NULL) {
        size_t none = 0;
        memcpy((uint8_t *)self->body + place.list->count_offset, &none, sizeof(none));
        return TS_ERR_OK;
    }
    if (place.list == NULL && place.field->parent_offset != SIZE_MAX) {
        return clear_below(self, path, place.field);
    }
    return clear_field(self, path, place.field);
}
