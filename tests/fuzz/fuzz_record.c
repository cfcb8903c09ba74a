/* SPDX-License-Identifier: MPL-2.0 */
#include "fuzz/fuzz_record.h"

#include "base/check.h"
#include "core/schema.h"

#include <stdio.h>
#include <string.h>

enum { OFFICES = 6, RECORDS = 4, SETTINGS_MAX = 12, ROWS = 3, DAY_FIRST = 17780 };

ts_record_id_t
fuzz_record_id(ts_cursor_t *input, uint32_t kind)
{
    uint8_t byte = ts_cursor_u8(input);
    return ts_record_id(1 + byte % OFFICES, kind, 1 + byte / OFFICES % RECORDS);
}

ts_hash_t
fuzz_record_key(ts_cursor_t *input)
{
    ts_hash_t key;
    memset(key.b, 1 + ts_cursor_u8(input) % 8, sizeof key.b);
    return key;
}

int32_t
fuzz_record_day(uint8_t byte)
{
    return DAY_FIRST + byte * 4;
}

static int64_t
some_number(ts_cursor_t *input, const ts_field_t *field)
{
    static const int64_t odd[] = {INT64_MAX, INT32_MAX, -1, INT64_C(100000000000000), 4096, 0};
    uint8_t byte = ts_cursor_u8(input);
    switch (field->sense) {
    case TS_SENSE_REF:
    case TS_SENSE_FAR_REF:
        return byte == 255 ? 0 : (int64_t)fuzz_record_id(input, field->ref_kind);
    case TS_SENSE_DATE:
        return byte == 255 ? 0 : fuzz_record_day(byte);
    case TS_SENSE_EVENT:
        return 1 + byte % 8;
    case TS_SENSE_VND:
        return byte < 240 ? byte * INT64_C(50000) : odd[byte % 6];
    case TS_SENSE_PLAIN:
    case TS_SENSE_KEY:
    default:
        return byte < 248 ? byte % 16 : odd[byte % 6];
    }
}

static void
set_field(ts_cursor_t *input, ts_record_t *record, const ts_field_t *field, const char *path)
{
    static const char *const texts[] = {"need", "warm",        "a",        "",
                                        "01",   "beneficiary", "handover", "pledge"};
    ts_err_t err = TS_ERR_OK;
    if (field->type == TS_FIELD_TEXT) {
        err = ts_record_set_string(record, path, texts[ts_cursor_u8(input) % 8]);
    } else if (field->type == TS_FIELD_BYTES) {
        ts_hash_t key = fuzz_record_key(input);
        err = ts_record_set_bytes(record, path, (ts_bytes_t){key.b, sizeof key.b});
    } else if (field->type == TS_FIELD_BOOL) {
        err = ts_record_set_number(record, path, ts_cursor_u8(input) % 2);
    } else {
        err = ts_record_set_number(record, path, some_number(input, field));
    }
    /* What does not fit the field is refused, and the field stays as it was. */
    TS_CHECK(err == TS_ERR_OK || err == TS_ERR_INVALID || err == TS_ERR_LIMIT);
}

static void
set_row(ts_cursor_t *input, ts_record_t *record, const ts_child_list_t *list)
{
    char path[160];
    size_t count = ts_child_count(list, ts_record_body(record));
    size_t row = ts_cursor_u8(input) % (count < ROWS ? count + 1 : ROWS);
    if (list->is_scalar) {
        (void)snprintf(path, sizeof path, "%s[%zu]", list->name, row);
        set_field(input, record, &list->fields[0], path);
        return;
    }
    const ts_field_t *field = &list->fields[ts_cursor_u8(input) % list->field_count];
    (void)snprintf(path, sizeof path, "%s[%zu].%s", list->name, row, field->name);
    set_field(input, record, field, path);
}

ts_record_t *
fuzz_record_make(ts_cursor_t *input, const ts_kind_schema_t *kind)
{
    ts_record_t *record = ts_record_new(kind);
    unsigned settings = ts_cursor_u8(input) % SETTINGS_MAX;
    for (unsigned i = 0; i < settings && kind->field_count + kind->list_count > 0; i++) {
        size_t which = ts_cursor_u8(input) % (kind->field_count + kind->list_count);
        if (which < kind->field_count) {
            set_field(input, record, &kind->fields[which], kind->fields[which].name);
        } else {
            set_row(input, record, &kind->lists[which - kind->field_count]);
        }
    }
    return record;
}

ts_event_header_t
fuzz_record_header(ts_cursor_t *input, uint32_t kind, uint64_t revises[2])
{
    uint8_t how = ts_cursor_u8(input);
    ts_event_header_t header = {.kind = kind,
                                .version = how == 255 ? 2 : 1,
                                .must_understand = how % 2 == 0,
                                .voided = how % 16 == 7,
                                .record = fuzz_record_id(input, kind),
                                .occurred_on = fuzz_record_day(ts_cursor_u8(input)),
                                .occurred_precision = how / 16 % 3,
                                .author = 1 + how % 3u,
                                .author_role = 1 + how / 4 % 3u,
                                .revises = revises};
    if (how % 8 < 4) {
        header.plan = fuzz_record_id(input, 0);
    }
    for (size_t i = 0; i < 2 && how / 8 % 4 == i + 1; i++) {
        revises[header.revises_count++] = 1 + ts_cursor_u8(input) % 8u;
    }
    return header;
}
