/* SPDX-License-Identifier: MPL-2.0 */
#include "core/schema.h"

#include "base/check.h"

#include <string.h>

/* As protobuf-c lays out a bytes field in a generated struct; a test of the wire layer compares the
 * two. */
typedef struct octets {
    size_t length;
    const uint8_t *data;
} octets_t;

const ts_kind_schema_t *
ts_schema_kind(const ts_schema_t *schema, uint32_t kind)
{
    size_t low = 0;
    size_t high = schema->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (schema->kinds[middle].kind == kind) {
            return &schema->kinds[middle];
        }
        if (schema->kinds[middle].kind < kind) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const ts_kind_schema_t *
ts_schema_named(const ts_schema_t *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (strcmp(schema->kinds[i].name, name) == 0) {
            return &schema->kinds[i];
        }
    }
    return NULL;
}

const ts_field_t *
ts_schema_field(const ts_kind_schema_t *kind, const char *name)
{
    for (size_t i = 0; i < kind->field_count; i++) {
        if (strcmp(kind->fields[i].name, name) == 0) {
            return &kind->fields[i];
        }
    }
    return NULL;
}

const ts_child_list_t *
ts_schema_list(const ts_kind_schema_t *kind, const char *name)
{
    for (size_t i = 0; i < kind->list_count; i++) {
        if (strcmp(kind->lists[i].name, name) == 0) {
            return &kind->lists[i];
        }
    }
    return NULL;
}

const char *
ts_field_enum_name(const ts_field_t *field, int64_t value)
{
    for (size_t i = 0; i < field->enum_count; i++) {
        if (field->enum_names[i].value == value) {
            return field->enum_names[i].name;
        }
    }
    return NULL;
}

/* Where the value stands; NULL when its sub-message is not there. */
static const uint8_t *
place(const ts_field_t *field, const void *record)
{
    const uint8_t *base = record;
    if (field->parent_offset != SIZE_MAX) {
        memcpy(&base, base + field->parent_offset, sizeof(base));
        if (base == NULL) {
            return NULL;
        }
    }
    return base + field->offset;
}

int64_t
ts_field_get_number(const ts_field_t *field, const void *record)
{
    TS_CHECK(field->type != TS_FIELD_TEXT && field->type != TS_FIELD_BYTES);
    const uint8_t *at = place(field, record);
    if (at == NULL) {
        return 0;
    }
    if (field->bytes == sizeof(int64_t)) {
        int64_t wide;
        memcpy(&wide, at, sizeof(wide));
        return wide;
    }
    TS_CHECK(field->bytes == sizeof(int32_t));
    if (field->type == TS_FIELD_UINT) {
        uint32_t narrow;
        memcpy(&narrow, at, sizeof(narrow));
        return narrow;
    }
    int32_t narrow;
    memcpy(&narrow, at, sizeof(narrow));
    return narrow;
}

const char *
ts_field_get_text(const ts_field_t *field, const void *record)
{
    TS_CHECK(field->type == TS_FIELD_TEXT);
    const uint8_t *at = place(field, record);
    const char *text = NULL;
    if (at != NULL) {
        memcpy(&text, at, sizeof(text));
    }
    return text == NULL ? "" : text;
}

const uint8_t *
ts_field_get_bytes(const ts_field_t *field, const void *record, size_t *ret_length)
{
    TS_CHECK(field->type == TS_FIELD_BYTES);
    const uint8_t *at = place(field, record);
    octets_t octets = {0, NULL};
    if (at != NULL) {
        memcpy(&octets, at, sizeof(octets));
    }
    *ret_length = octets.length;
    return octets.data;
}

size_t
ts_child_count(const ts_child_list_t *list, const void *record)
{
    size_t count;
    memcpy(&count, (const uint8_t *)record + list->count_offset, sizeof(count));
    return count;
}

const void *
ts_child_row(const ts_child_list_t *list, const void *record, size_t index)
{
    TS_CHECK(index < ts_child_count(list, record));
    const uint8_t *rows;
    memcpy(&rows, (const uint8_t *)record + list->rows_offset, sizeof(rows));
    if (list->is_scalar) {
        return rows + index * list->scalar_bytes;
    }
    const void *row;
    memcpy(&row, rows + index * sizeof(row), sizeof(row));
    return row;
}
