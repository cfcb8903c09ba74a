/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/json.h"

#include "wire/json_put.h"

/* ---- records ---- */

static void
put_number(ts_buf_t *out, const ts_field_t *field, int64_t value)
{
    if (field->type == TS_FIELD_BOOL) {
        ts_buf_put_text(out, value == 0 ? "false" : "true");
    } else if (field->type == TS_FIELD_ENUM) {
        const char *name = ts_field_enum_name(field, value);
        ts_json_put_string(out, name == NULL ? "" : name);
    } else if (field->sense == TS_SENSE_DATE) {
        ts_json_put_date(out, value);
    } else if (field->sense == TS_SENSE_REF || field->sense == TS_SENSE_FAR_REF) {
        ts_json_put_code(out, (uint64_t)value);
    } else if (field->sense == TS_SENSE_EVENT) {
        uint8_t bytes[8];
        ts_store_u64(bytes, (uint64_t)value);
        ts_json_put_hex(out, bytes, value == 0 ? 0 : sizeof(bytes));
    } else {
        ts_json_put_number(out, value);
    }
}

static void
put_value(ts_buf_t *out, const ts_field_t *field, const void *row)
{
    if (field->type == TS_FIELD_TEXT) {
        ts_json_put_string(out, ts_field_get_text(field, row));
    } else if (field->type == TS_FIELD_BYTES) {
        size_t length;
        const uint8_t *data = ts_field_get_bytes(field, row, &length);
        ts_json_put_hex(out, data, length);
    } else {
        put_number(out, field, ts_field_get_number(field, row));
    }
}

static void
put_fields(ts_buf_t *out, const ts_field_t *fields, size_t count, const void *row)
{
    for (size_t i = 0; i < count; i++) {
        ts_json_put_key(out, fields[i].name);
        put_value(out, &fields[i], row);
    }
}

static void
put_list(ts_buf_t *out, const ts_child_list_t *list, const void *record)
{
    size_t count = ts_child_count(list, record);
    ts_buf_put_u8(out, '[');
    for (size_t i = 0; i < count; i++) {
        const void *row = ts_child_row(list, record, i);
        ts_json_put_comma(out);
        if (list->is_scalar) {
            put_value(out, &list->fields[0], row);
        } else {
            ts_buf_put_u8(out, '{');
            put_fields(out, list->fields, list->field_count, row);
            ts_buf_put_u8(out, '}');
        }
    }
    ts_buf_put_u8(out, ']');
}

void
ts_json_put_record(ts_buf_t *out, const ts_kind_schema_t *kind, const void *record)
{
    ts_buf_put_u8(out, '{');
    put_fields(out, kind->fields, kind->field_count, record);
    for (size_t i = 0; i < kind->list_count; i++) {
        ts_json_put_key(out, kind->lists[i].name);
        put_list(out, &kind->lists[i], record);
    }
    ts_buf_put_u8(out, '}');
}

/* ---- events ---- */

static void
put_optional_text(ts_buf_t *out, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        ts_json_put_key(out, key);
        ts_json_put_string(out, text);
    }
}

void
ts_json_put_event(ts_buf_t *out,
                  const ts_event_header_t *header,
                  const ts_kind_schema_t *kind,
                  const void *record)
{
    static const char *const precisions[] = {"day", "month", "year"};
    ts_buf_put_u8(out, '{');
    ts_json_put_key(out, "kind");
    if (kind != NULL) {
        ts_json_put_string(out, kind->name);
    } else {
        ts_json_put_number(out, header->kind);
    }
    ts_json_put_key(out, "version");
    ts_json_put_number(out, header->version);
    ts_json_put_key(out, "record");
    ts_json_put_code(out, header->record);
    ts_json_put_key(out, "plan");
    ts_json_put_code(out, header->plan);
    ts_json_put_key(out, "occurred_on");
    ts_json_put_date(out, header->occurred_on);
    if (header->occurred_precision < sizeof(precisions) / sizeof(precisions[0])) {
        ts_json_put_key(out, "occurred_precision");
        ts_json_put_string(out, precisions[header->occurred_precision]);
    }
    ts_json_put_key(out, "claimed");
    ts_json_put_time(out, (int64_t)header->claimed_s);
    ts_json_put_key(out, "author");
    ts_json_put_number(out, header->author);
    ts_json_put_key(out, "author_role");
    ts_json_put_number(out, header->author_role);
    ts_json_put_key(out, "revises");
    ts_buf_put_u8(out, '[');
    for (size_t i = 0; i < header->revises_count; i++) {
        uint8_t bytes[8];
        ts_store_u64(bytes, header->revises[i]);
        ts_json_put_comma(out);
        ts_json_put_hex(out, bytes, sizeof(bytes));
    }
    ts_buf_put_u8(out, ']');
    ts_json_put_key(out, "void");
    ts_buf_put_text(out, header->voided ? "true" : "false");
    put_optional_text(out, "reason", header->reason);
    put_optional_text(out, "row_key", header->row_key);
    if (header->on_behalf_of_unit != 0) {
        ts_json_put_key(out, "on_behalf_of_unit");
        ts_json_put_code(out, header->on_behalf_of_unit);
    }
    if (!ts_hash_is_zero(&header->source_key)) {
        ts_json_put_key(out, "source_key");
        ts_json_put_hex(out, header->source_key.b, TS_HASH_BYTES);
    }
    if (kind != NULL) {
        ts_json_put_key(out, "body");
        ts_json_put_record(out, kind, record);
    }
    ts_buf_put_u8(out, '}');
}

/* ---- the feed ---- */

static void
put_optional_number(ts_buf_t *out, const char *key, int64_t number)
{
    if (number != 0) {
        ts_json_put_key(out, key);
        ts_json_put_number(out, number);
    }
}

void
ts_json_put_business_event(ts_buf_t *out, const ts_business_event_t *event)
{
    ts_buf_put_u8(out, '{');
    ts_json_put_key(out, "number");
    ts_json_put_number(out, (int64_t)event->number);
    put_optional_text(out, "topic", event->topic);
    put_optional_text(out, "kind", event->kind);
    put_optional_text(out, "change", event->change);
    put_optional_text(out, "record", event->record);
    put_optional_text(out, "unit", event->unit);
    put_optional_text(out, "plan", event->plan);
    put_optional_text(out, "line", event->line);
    put_optional_text(out, "date", event->date);
    put_optional_number(out, "quantity", event->quantity);
    put_optional_text(out, "unit_of_measure", event->unit_of_measure);
    put_optional_number(out, "value_vnd", event->value_vnd);
    put_optional_number(out, "children", event->children);
    put_optional_text(out, "donor_class", event->donor_class);
    put_optional_text(out, "text", event->text);
    put_optional_text(out, "period", event->period);
    put_optional_text(out, "body", event->body);
    if (event->time_s != 0) {
        ts_json_put_key(out, "time");
        ts_json_put_time(out, (int64_t)event->time_s);
    }
    ts_buf_put_u8(out, '}');
}

void
ts_json_put_feed_page(ts_buf_t *out, const ts_feed_page_t *page)
{
    ts_buf_put_u8(out, '{');
    ts_json_put_key(out, "feed");
    ts_json_put_hex(out, page->feed.b, TS_ID16_BYTES);
    ts_json_put_key(out, "number");
    ts_json_put_number(out, (int64_t)page->number);
    ts_json_put_key(out, "newest");
    ts_json_put_number(out, (int64_t)page->newest);
    ts_json_put_key(out, "code");
    ts_json_put_string(out, ts_err_name(page->code));
    put_optional_text(out, "say", page->say);
    ts_json_put_key(out, "events");
    ts_buf_put_u8(out, '[');
    for (size_t i = 0; i < page->event_count; i++) {
        ts_json_put_comma(out);
        ts_json_put_business_event(out, &page->events[i]);
    }
    ts_buf_put_text(out, "]");
    if (page->total_count > 0) {
        ts_json_put_key(out, "totals");
        ts_buf_put_u8(out, '[');
        for (size_t i = 0; i < page->total_count; i++) {
            const ts_feed_total_t *total = &page->totals[i];
            ts_json_put_comma(out);
            ts_buf_put_u8(out, '{');
            put_optional_text(out, "measure", total->measure);
            put_optional_text(out, "unit", total->unit);
            put_optional_text(out, "plan", total->plan);
            put_optional_text(out, "line", total->line);
            ts_json_put_key(out, "value");
            ts_json_put_number(out, total->value);
            ts_buf_put_u8(out, '}');
        }
        ts_buf_put_u8(out, ']');
    }
    ts_buf_put_u8(out, '}');
}
