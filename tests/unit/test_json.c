/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: JSON written is JSON, has the promised shapes, and a record read from it is the record
 * written. Method: the JSON library parses all that is written; round trips of every kind; refused
 * inputs, each with its path.
 */
#include "base/xalloc.h"
#include "support/test.h"
#include "support/wire_samples.h"
#include "tiepsuc/v1/event.pb-c.h"
#include "wire/json.h"
#include "wire/schema.h"

#include <jansson.h>
#include <string.h>

static json_t *
parse(ts_buf_t *text)
{
    json_error_t error;
    json_t *json =
        json_loadb((const char *)text->data, text->length, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        print_error("%.*s\n%s\n", (int)text->length, (const char *)text->data, error.text);
    }
    assert_non_null(json);
    ts_buf_free(text);
    return json;
}

static const char *
string_of(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);
    assert_true(json_is_string(value));
    return json_string_value(value);
}

static ts_err_t
read(ts_record_t *record, const char *json, ts_msg_t *why, char **path)
{
    return ts_json_read_record(record, (ts_bytes_t){(const uint8_t *)json, strlen(json)}, NULL, why,
                               path);
}

static void
test_json_every_kind_round_trip_same(void **state)
{
    const ts_schema_t *schema = ts_wire_schema();
    for (size_t i = 0; i < schema->count; i++) {
        const ts_kind_schema_t *kind = &schema->kinds[i];
        ts_record_t *from = sample_record(kind);
        ts_record_t *to = ts_record_new(kind);
        ts_buf_t text = {0};
        ts_buf_t a = {0};
        ts_buf_t b = {0};
        ts_json_put_record(&text, kind, ts_record_body(from));
        assert_int_equal(ts_json_read_record(to, ts_buf_bytes(&text), NULL, NULL, NULL), TS_ERR_OK);
        ts_record_pack(from, &a);
        ts_record_pack(to, &b);
        assert_int_equal(a.length, b.length);
        assert_memory_equal(a.data, b.data, a.length);
        json_t *json = parse(&text);
        assert_int_equal(json_object_size(json), kind->field_count + kind->list_count);
        json_decref(json);
        /* An empty record too: nothing given anywhere. */
        ts_record_destroy(&from);
        from = ts_record_new(kind);
        ts_json_put_record(&text, kind, ts_record_body(from));
        assert_int_equal(ts_json_read_record(to, ts_buf_bytes(&text), NULL, NULL, NULL), TS_ERR_OK);
        ts_buf_clear(&b);
        ts_record_pack(to, &b);
        assert_int_equal(b.length, 0);
        ts_buf_free(&text);
        ts_buf_free(&a);
        ts_buf_free(&b);
        ts_record_destroy(&from);
        ts_record_destroy(&to);
    }
}

static void
test_json_shapes_are_as_promised(void **state)
{
    const ts_kind_schema_t *kind = ts_schema_named(ts_wire_schema(), "handover");
    ts_record_t *record = ts_record_new(kind);
    ts_buf_t text = {0};
    char code[TS_CODE_BYTES_MAX];
    ts_record_id_t id = ts_record_id(9, 8, 7);
    ts_record_code_format(id, code, sizeof(code));
    assert_int_equal(ts_record_set_number(record, "need_id", (int64_t)id), TS_ERR_OK);
    assert_int_equal(ts_record_set_string(record, "note", "\"dấu\"\\\n\x01\x7f"), TS_ERR_OK);
    assert_int_equal(ts_record_set_number(record, "items[0].value_vnd", (INT64_C(1) << 53) - 1),
                     TS_ERR_OK);
    assert_int_equal(ts_record_set_number(record, "items[1].value_vnd", INT64_C(1) << 53),
                     TS_ERR_OK);
    assert_int_equal(ts_record_set_number(record, "items[2].value_vnd", INT64_MIN), TS_ERR_OK);
    assert_int_equal(ts_record_set_number(record, "items[0].quantity", -(INT64_C(1) << 53)),
                     TS_ERR_OK);
    assert_int_equal(ts_record_set_number(record, "items[1].quantity", 1 - (INT64_C(1) << 53)),
                     TS_ERR_OK);
    assert_int_equal(ts_record_set_number(record, "items[0].rate_on", 18229), TS_ERR_OK);
    assert_int_equal(ts_record_set_number(record, "heads[0].sex", 2), TS_ERR_OK);
    assert_int_equal(ts_record_set_number(record, "beneficiary_ids[0]", (int64_t)id), TS_ERR_OK);
    ts_json_put_record(&text, kind, ts_record_body(record));
    json_t *json = parse(&text);
    assert_string_equal(string_of(json, "need_id"), code);
    assert_true(json_is_null(json_object_get(json, "fund_id")));
    assert_string_equal(string_of(json, "note"), "\"dấu\"\\\n\x01\x7f");
    assert_string_equal(string_of(json, "site"), "");
    const json_t *items = json_object_get(json, "items");
    assert_int_equal(json_array_size(items), 3);
    assert_true(json_integer_value(json_object_get(json_array_get(items, 0), "value_vnd")) ==
                (INT64_C(1) << 53) - 1);
    assert_string_equal(string_of(json_array_get(items, 1), "value_vnd"), "9007199254740992");
    assert_string_equal(string_of(json_array_get(items, 2), "value_vnd"), "-9223372036854775808");
    assert_string_equal(string_of(json_array_get(items, 0), "quantity"), "-9007199254740992");
    assert_true(json_is_integer(json_object_get(json_array_get(items, 1), "quantity")));
    assert_string_equal(string_of(json_array_get(items, 0), "rate_on"), "2019-11-29");
    assert_true(json_is_null(json_object_get(json_array_get(items, 1), "rate_on")));
    assert_string_equal(string_of(json_array_get(json_object_get(json, "heads"), 0), "sex"),
                        "female");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(json, "beneficiary_ids"), 0)), code);
    json_decref(json);
    ts_record_destroy(&record);
}

static void
test_json_event_has_header_and_body(void **state)
{
    const ts_kind_schema_t *kind = ts_schema_named(ts_wire_schema(), "need");
    ts_event_header_t header = sample_header(kind);
    ts_record_t *record = sample_record(kind);
    ts_buf_t text = {0};
    ts_json_put_event(&text, &header, kind, ts_record_body(record));
    json_t *json = parse(&text);
    assert_string_equal(string_of(json, "kind"), "need");
    assert_string_equal(string_of(json, "occurred_on"), "2019-11-29");
    assert_string_equal(string_of(json, "occurred_precision"), "month");
    assert_string_equal(string_of(json, "claimed"), "2019-11-29T11:00:00+07:00");
    assert_string_equal(string_of(json, "reason"), "nhập sai số lượng");
    assert_true(json_is_true(json_object_get(json, "void")));
    assert_string_equal(json_string_value(json_array_get(json_object_get(json, "revises"), 0)),
                        "1032547698badcfe");
    assert_true(json_is_object(json_object_get(json, "body")));
    json_decref(json);
    header.kind = 999;
    ts_json_put_event(&text, &header, NULL, NULL);
    json = parse(&text);
    assert_int_equal(json_integer_value(json_object_get(json, "kind")), 999);
    assert_null(json_object_get(json, "body"));
    json_decref(json);
    ts_record_destroy(&record);
}

static char *
say_loudly(const ts_msg_t *msg)
{
    char *filled = ts_msg_fill(msg, msg->id);
    for (char *at = filled; *at != '\0'; at++) {
        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    }
    return filled;
}

static void
test_json_reply_by_format_of_column(void **state)
{
    ts_reply_t reply;
    ts_buf_t text = {0};
    sample_reply(&reply);
    ts_json_put_reply(&text, &reply, NULL);
    json_t *json = parse(&text);
    assert_string_equal(string_of(json, "code"), "INVALID");
    assert_string_equal(string_of(json, "say"), "5 rows, 1 mistakes");
    const json_t *needs = json_object_get(json_object_get(json, "tables"), "needs");
    assert_int_equal(json_array_size(needs), 2);
    const json_t *first = json_array_get(needs, 0);
    assert_string_equal(string_of(first, "on"), "2019-11-29");
    assert_string_equal(string_of(first, "state"), "verified by Chủ tịch xã");
    assert_string_equal(string_of(first, "value"), "-1152921504606846976");
    assert_true(strlen(string_of(first, "record")) > 5);
    assert_true(json_is_null(json_object_get(json_array_get(needs, 1), "record")));
    assert_string_equal(string_of(json_array_get(needs, 1), "state"), "\"đã xác minh\"\\\n");
    assert_int_equal(json_array_size(json_object_get(json_object_get(json, "tables"), "empty")), 0);
    const json_t *issue = json_array_get(json_object_get(json, "issues"), 0);
    assert_string_equal(string_of(issue, "severity"), "warning");
    assert_int_equal(json_integer_value(json_object_get(issue, "line")), 12);
    assert_string_equal(string_of(issue, "say"), "no unit of this name; Mường Bằng?");
    json_decref(json);
    ts_json_put_reply(&text, &reply, say_loudly);
    json = parse(&text);
    assert_string_equal(string_of(json, "say"), "5 ROWS, 1 MISTAKES");
    json_decref(json);
    ts_reply_free(&reply);
}

static void
test_json_feed_leaves_out_what_is_not_given(void **state)
{
    ts_feed_page_t page = sample_feed_page();
    ts_buf_t text = {0};
    ts_json_put_feed_page(&text, &page);
    json_t *json = parse(&text);
    assert_int_equal(json_integer_value(json_object_get(json, "number")), 42);
    assert_string_equal(string_of(json, "code"), "NOTFOUND");
    const json_t *events = json_object_get(json, "events");
    assert_int_equal(json_array_size(events), 2);
    assert_int_equal(json_object_size(json_array_get(events, 0)), 18);
    assert_int_equal(json_object_size(json_array_get(events, 1)), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(events, 0), "children")),
                     48);
    assert_int_equal(json_array_size(json_object_get(json, "totals")), 2);
    json_decref(json);
}

static void
test_json_read_changes_only_what_is_named(void **state)
{
    ts_record_t *record = ts_record_new(ts_schema_named(ts_wire_schema(), "need"));
    const Tiepsuc__V1__Need *need = ts_record_body(record);
    assert_int_equal(read(record,
                          "{\"quantity\":5,\"note\":\"a\",\"state\":\"verified\",\"heads\":[{"
                          "\"count\":3},{\"count\":4}]}",
                          NULL, NULL),
                     TS_ERR_OK);
    assert_int_equal(
        read(record, "{\"note\":null,\"heads\":[{\"sex\":\"male\",\"count\":9}]}", NULL, NULL),
        TS_ERR_OK);
    assert_int_equal(need->quantity, 5);
    assert_string_equal(need->note, "");
    assert_int_equal(need->state, 2);
    assert_int_equal(need->n_heads, 1);
    assert_int_equal(need->heads[0]->count, 9);
    assert_int_equal(read(record, "{\"heads\":null,\"quantity\":\"1.200\"}", NULL, NULL),
                     TS_ERR_OK);
    assert_int_equal(need->n_heads, 0);
    assert_int_equal(need->quantity, 1200);
    ts_record_destroy(&record);
}

static void
test_json_read_refuses_with_path(void **state)
{
    static const struct {
        const char *json;
        ts_err_t expected;
        const char *path;
    } cases[] = {
        {"", TS_ERR_INVALID, NULL},
        {"{", TS_ERR_INVALID, NULL},
        {"[]", TS_ERR_INVALID, NULL},
        {"{\"note\":\"a\",\"note\":\"b\"}", TS_ERR_INVALID, NULL},
        {"{\"note\":\"\\u0000\"}", TS_ERR_INVALID, NULL},
        {"{\"quantity\":9223372036854775808}", TS_ERR_INVALID, NULL},
        {"{\"quantity\":1.5}", TS_ERR_INVALID, "quantity"},
        {"{\"quantity\":true}", TS_ERR_INVALID, "quantity"},
        {"{\"quantity\":{}}", TS_ERR_INVALID, "quantity"},
        {"{\"none\":1}", TS_ERR_NOTFOUND, "none"},
        {"{\"heads[0].count\":1}", TS_ERR_NOTFOUND, "heads[0].count"},
        {"{\"heads\":5}", TS_ERR_INVALID, "heads"},
        {"{\"heads\":[{\"count\":1},{\"count\":-1}]}", TS_ERR_INVALID, "heads[1].count"},
        {"{\"heads\":[{\"none\":1}]}", TS_ERR_NOTFOUND, "heads[0].none"},
        {"{\"heads\":[7]}", TS_ERR_NOTFOUND, "heads[0]"},
        {"{\"state\":\"sold\"}", TS_ERR_INVALID, "state"},
        {"{\"unit_id\":\"nowhere\"}", TS_ERR_NOTFOUND, "unit_id"},
        {"{\"verified_on\":\"2019-02-30\"}", TS_ERR_INVALID, "verified_on"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_record_t *record = ts_record_new(ts_schema_named(ts_wire_schema(), "need"));
        ts_msg_t why = {0};
        char *path = NULL;
        ts_err_t err = read(record, cases[i].json, &why, &path);
        if (err != cases[i].expected) {
            print_error("%s: %s\n", cases[i].json, ts_err_name(err));
        }
        assert_int_equal(err, cases[i].expected);
        assert_non_null(why.id);
        if (cases[i].path == NULL) {
            assert_null(path);
        } else {
            assert_non_null(path);
            assert_string_equal(path, cases[i].path);
        }
        ts_xfree(path);
        ts_msg_free(&why);
        ts_record_destroy(&record);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_every_kind_round_trip_same),
        cmocka_unit_test(test_json_shapes_are_as_promised),
        cmocka_unit_test(test_json_event_has_header_and_body),
        cmocka_unit_test(test_json_reply_by_format_of_column),
        cmocka_unit_test(test_json_feed_leaves_out_what_is_not_given),
        cmocka_unit_test(test_json_read_changes_only_what_is_named),
        cmocka_unit_test(test_json_read_refuses_with_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
