/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what people type lands in the right field with the right meaning, and what makes no sense
 * is refused with words. Method: tables of {field, text, result} over all senses, lists and paths;
 * text of every sample field read back; limits.
 */
#include "base/limits.h"
#include "support/test.h"
#include "support/wire_samples.h"
#include "tiepsuc/v1/event.pb-c.h"
#include "wire/record.h"
#include "wire/record_text.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

static ts_record_t *
make(const char *kind)
{
    const ts_kind_schema_t *schema = ts_schema_named(ts_wire_schema(), kind);
    assert_non_null(schema);
    return ts_record_new(schema);
}

/* Knows the unit 09694 (record 77) and nothing else; "broken" fails for another reason. */
static ts_err_t
resolve(void *self, uint32_t ref_kind, const char *text, ts_record_id_t *ret_id, ts_msg_t *ret_why)
{
    size_t *calls = self;
    ++*calls;
    if (strcmp(text, "broken") == 0) {
        ts_msg_set(ret_why, "two units have this code");
        return TS_ERR_CONFLICT;
    }
    if (ref_kind == TIEPSUC__V1__KIND__KIND_UNIT && strcmp(text, "09694") == 0) {
        *ret_id = 77;
        return TS_ERR_OK;
    }
    return TS_ERR_NOTFOUND;
}

static const struct {
    const char *kind;
    const char *field;
    const char *text;
    ts_err_t expected;
    int64_t value;
} sense_cases[] = {
    {"need", "quantity", "50", TS_ERR_OK, 50},
    {"need", "quantity", "1.200.000", TS_ERR_OK, 1200000},
    {"need", "quantity", "1 200 000", TS_ERR_OK, 1200000},
    {"need", "quantity",
     "1\xc2\xa0"
     "200",
     TS_ERR_OK, 1200},
    {"need", "quantity", "-5", TS_ERR_OK, -5},
    {"need", "quantity", "007", TS_ERR_OK, 7},
    {"need", "quantity", "", TS_ERR_OK, 0},
    {"need", "quantity", "9223372036854775807", TS_ERR_OK, INT64_MAX},
    {"need", "quantity", "9223372036854775808", TS_ERR_INVALID, 0},
    {"need", "quantity", "99999999999999999999999", TS_ERR_INVALID, 0},
    {"need", "quantity", "1.5", TS_ERR_INVALID, 0},
    {"need", "quantity", "1.2000", TS_ERR_INVALID, 0},
    {"need", "quantity", "1.20.000", TS_ERR_INVALID, 0},
    {"need", "quantity", "1234.567", TS_ERR_INVALID, 0},
    {"need", "quantity", ".200", TS_ERR_INVALID, 0},
    {"need", "quantity", "1.200 000", TS_ERR_INVALID, 0},
    {"need", "quantity", "1,5", TS_ERR_INVALID, 0},
    {"need", "quantity", "5 kg", TS_ERR_INVALID, 0},
    {"need", "quantity", "-", TS_ERR_INVALID, 0},
    {"need", "quantity", "5đ", TS_ERR_INVALID, 0},
    {"purchase", "spent_vnd", "1.200.000 đ", TS_ERR_OK, 1200000},
    {"purchase", "spent_vnd", "1200000VND", TS_ERR_OK, 1200000},
    {"purchase", "spent_vnd", "500.000 đồng", TS_ERR_OK, 500000},
    {"purchase", "spent_vnd", "đ", TS_ERR_INVALID, 0},
    {"beneficiary", "birth_year", "2012", TS_ERR_OK, 2012},
    {"beneficiary", "birth_year", "-1", TS_ERR_INVALID, 0},
    {"beneficiary", "birth_year", "4294967296", TS_ERR_INVALID, 0},
    {"need", "verified_on", "2019-11-29", TS_ERR_OK, 18229},
    {"need", "verified_on", "29/11/2019", TS_ERR_OK, 18229},
    {"need", "verified_on", "9/1/2019", TS_ERR_OK, 17905},
    {"need", "verified_on", "31/02/2019", TS_ERR_INVALID, 0},
    {"need", "verified_on", "11/2019", TS_ERR_INVALID, 0},
    {"need", "verified_on", "29/11/2019x", TS_ERR_INVALID, 0},
    {"need", "verified_on", "1970-01-01", TS_ERR_INVALID, 0},
    {"need", "state", "verified", TS_ERR_OK, 2},
    {"need", "state", "VERIFIED", TS_ERR_OK, 2},
    {"need", "state", "verif", TS_ERR_INVALID, 0},
    {"need", "state", "verifiedx", TS_ERR_INVALID, 0},
    {"duty", "relation", "bao-cao", TS_ERR_OK, 1},
    {"waiver", "class", "self declared", TS_ERR_OK, 6},
    {"donor", "consents_to_be_named", "có", TS_ERR_OK, 1},
    {"donor", "consents_to_be_named", "không", TS_ERR_OK, 0},
    {"donor", "consents_to_be_named", "maybe", TS_ERR_INVALID, 0},
    {"need", "unit_id", "09694", TS_ERR_OK, 77},
    {"need", "line_id", "09694", TS_ERR_NOTFOUND, 0},
    {"need", "unit_id", "broken", TS_ERR_CONFLICT, 0},
    {"pledge", "restriction_unit_id", "09694", TS_ERR_OK, 77},
    {"pledge", "restriction_unit_id", "", TS_ERR_OK, 0},
    {"approval", "target_event", "0102030405060708", TS_ERR_OK, 0x0807060504030201},
    {"approval", "target_event", "0102", TS_ERR_INVALID, 0},
    {"need", "no_such", "1", TS_ERR_NOTFOUND, 0},
    {"need", "unit_id.x", "1", TS_ERR_NOTFOUND, 0},
};

static void
test_record_text_by_sense(void **state)
{
    for (size_t i = 0; i < TS_COUNT(sense_cases); i++) {
        size_t calls = 0;
        ts_resolver_t resolver = {resolve, &calls};
        ts_record_t *record = make(sense_cases[i].kind);
        ts_msg_t why = {0};
        ts_err_t err =
            ts_record_set_text(record, sense_cases[i].field, sense_cases[i].text, &resolver, &why);
        if (err != sense_cases[i].expected) {
            print_error("%s “%s”: %s\n", sense_cases[i].field, sense_cases[i].text,
                        ts_err_name(err));
        }
        assert_int_equal(err, sense_cases[i].expected);
        assert_true((why.id != NULL) == (err != TS_ERR_OK));
        const ts_field_t *field = ts_schema_field(ts_record_kind(record), sense_cases[i].field);
        if (err == TS_ERR_OK) {
            assert_true(ts_field_get_number(field, ts_record_body(record)) == sense_cases[i].value);
        }
        ts_msg_free(&why);
        ts_record_destroy(&record);
    }
}

static void
test_record_short_codes_need_no_resolver(void **state)
{
    ts_record_t *record = make("need");
    char code[TS_CODE_BYTES_MAX];
    ts_record_id_t id = ts_record_id(4711, 12345, 678);
    size_t calls = 0;
    ts_resolver_t resolver = {resolve, &calls};
    ts_record_code_format(id, code, sizeof(code));
    assert_int_equal(ts_record_set_text(record, "line_id", code, NULL, NULL), TS_ERR_OK);
    assert_int_equal(ts_record_set_text(record, "unit_id", code, &resolver, NULL), TS_ERR_OK);
    assert_int_equal(calls, 1);
    const Tiepsuc__V1__Need *need = ts_record_body(record);
    assert_true(need->line_id == id && need->unit_id == id);
    assert_int_equal(ts_record_set_text(record, "line_id", "", NULL, NULL), TS_ERR_OK);
    assert_true(need->line_id == 0);
    code[0] = code[0] == '2' ? '3' : '2';
    assert_int_equal(ts_record_set_text(record, "line_id", code, NULL, NULL), TS_ERR_NOTFOUND);
    ts_record_destroy(&record);
}

static void
test_record_lists_by_text(void **state)
{
    ts_record_t *record = make("handover");
    ts_msg_t why = {0};
    const Tiepsuc__V1__Handover *handover = ts_record_body(record);
    assert_int_equal(ts_record_set_text(record, "items",
                                        "item=gạo; quantity=50 ;unit_of_measure=kg", NULL, &why),
                     TS_ERR_OK);
    assert_int_equal(ts_record_set_text(record, "items",
                                        "item=áo\\; khăn\\|mũ\\\\|item=a=b;value_vnd=1.000", NULL,
                                        &why),
                     TS_ERR_OK);
    assert_int_equal(handover->n_items, 3);
    assert_string_equal(handover->items[0]->item, "gạo");
    assert_int_equal(handover->items[0]->quantity, 50);
    assert_string_equal(handover->items[0]->unit_of_measure, "kg");
    assert_string_equal(handover->items[1]->item, "áo; khăn|mũ\\");
    assert_string_equal(handover->items[2]->item, "a=b");
    assert_int_equal(handover->items[2]->value_vnd, 1000);
    assert_int_equal(ts_record_set_text(record, "items[2].quantity", "7", NULL, &why), TS_ERR_OK);
    assert_int_equal(ts_record_set_text(record, "items[3].item", "chăn", NULL, &why), TS_ERR_OK);
    assert_int_equal(handover->n_items, 4);
    assert_int_equal(handover->items[2]->quantity, 7);
    assert_string_equal(handover->items[3]->item, "chăn");
    assert_int_equal(ts_record_set_text(record, "items[5].item", "x", NULL, &why), TS_ERR_NOTFOUND);
    assert_int_equal(ts_record_set_text(record, "items[-1].item", "x", NULL, &why),
                     TS_ERR_NOTFOUND);
    assert_int_equal(ts_record_set_text(record, "items[0]", "x", NULL, &why), TS_ERR_NOTFOUND);
    assert_int_equal(ts_record_set_text(record, "items[0].none", "x", NULL, &why), TS_ERR_NOTFOUND);
    assert_int_equal(ts_record_set_text(record, "items", "gạo", NULL, &why), TS_ERR_INVALID);
    assert_string_equal(why.args[0], "gạo");
    assert_int_equal(ts_record_set_text(record, "items", "item=gạo;amount=5", NULL, &why),
                     TS_ERR_NOTFOUND);
    assert_string_equal(why.args[0], "amount");
    /* Of several values it is told which one. */
    assert_int_equal(ts_record_set_text(record, "items", "item=gạo;quantity=ba", NULL, &why),
                     TS_ERR_INVALID);
    assert_string_equal(why.args[0], "quantity=ba");
    assert_int_equal(ts_record_set_text(record, "items", "", NULL, &why), TS_ERR_OK);
    assert_int_equal(handover->n_items, 0);

    char codes[128];
    char one[TS_CODE_BYTES_MAX];
    char two[TS_CODE_BYTES_MAX];
    ts_record_code_format(ts_record_id(5, 6, 7), one, sizeof(one));
    ts_record_code_format(ts_record_id(5, 6, 8), two, sizeof(two));
    (void)snprintf(codes, sizeof(codes), "%s; %s", one, two);
    assert_int_equal(ts_record_set_text(record, "beneficiary_ids", codes, NULL, &why), TS_ERR_OK);
    assert_int_equal(ts_record_set_text(record, "beneficiary_ids[2]", one, NULL, &why), TS_ERR_OK);
    assert_int_equal(handover->n_beneficiary_ids, 3);
    assert_true(handover->beneficiary_ids[1] == ts_record_id(5, 6, 8));
    assert_true(handover->beneficiary_ids[2] == ts_record_id(5, 6, 7));
    assert_int_equal(ts_record_set_text(record, "beneficiary_ids[0].x", one, NULL, &why),
                     TS_ERR_NOTFOUND);
    ts_msg_free(&why);
    ts_record_destroy(&record);
}

static void
test_record_absent_restriction_stays_absent_until_set(void **state)
{
    ts_record_t *record = make("pledge");
    const Tiepsuc__V1__Pledge *pledge = ts_record_body(record);
    assert_int_equal(ts_record_clear(record, "restriction_unit_id"), TS_ERR_OK);
    assert_int_equal(ts_record_set_text(record, "restriction_text", "", NULL, NULL), TS_ERR_OK);
    assert_null(pledge->restriction);
    assert_int_equal(ts_record_set_text(record, "restriction_text", "cho điểm trường", NULL, NULL),
                     TS_ERR_OK);
    assert_non_null(pledge->restriction);
    assert_string_equal(pledge->restriction->text, "cho điểm trường");
    assert_int_equal(ts_record_set_number(record, "restriction_use_by_on", 5), TS_ERR_OK);
    assert_int_equal(ts_record_clear(record, "restriction_text"), TS_ERR_OK);
    assert_non_null(pledge->restriction);
    assert_int_equal(ts_record_clear(record, "restriction_use_by_on"), TS_ERR_OK);
    assert_null(pledge->restriction);
    ts_record_destroy(&record);
}

static void
test_record_values_of_wrong_type_are_refused(void **state)
{
    ts_record_t *record = make("office");
    static const uint8_t key[33] = {1};
    assert_int_equal(ts_record_set_number(record, "name", 1), TS_ERR_INVALID);
    assert_int_equal(ts_record_set_string(record, "number", "1"), TS_ERR_INVALID);
    assert_int_equal(ts_record_set_string(record, "name", "a\xff"), TS_ERR_INVALID);
    assert_int_equal(ts_record_set_bytes(record, "name", (ts_bytes_t){key, 32}), TS_ERR_INVALID);
    assert_int_equal(ts_record_set_bytes(record, "invite_key", (ts_bytes_t){key, 33}),
                     TS_ERR_INVALID);
    assert_int_equal(ts_record_set_bytes(record, "invite_key", (ts_bytes_t){key, 32}), TS_ERR_OK);
    assert_int_equal(ts_record_set_bytes(record, "invite_key", (ts_bytes_t){0}), TS_ERR_OK);
    assert_int_equal(ts_record_set_number(record, "role", 77), TS_ERR_INVALID);
    assert_int_equal(ts_record_set_number(record, "role", 3), TS_ERR_OK);
    assert_int_equal(ts_record_set_text(record, "invite_key", "00ff", NULL, NULL), TS_ERR_INVALID);
    assert_int_equal(ts_record_set_text(record, "invite_key", "zz", NULL, NULL), TS_ERR_INVALID);
    ts_record_destroy(&record);
    record = make("handover");
    assert_int_equal(ts_record_set_number(record, "items", 1), TS_ERR_INVALID);
    ts_record_destroy(&record);
    ts_record_destroy(&record);
}

static void
test_record_limits_hold(void **state)
{
    static char text[TS_TEXT_BYTES_MAX + 2];
    ts_record_t *record = make("handover");
    ts_msg_t why = {0};
    memset(text, 'a', TS_TEXT_BYTES_MAX + 1);
    assert_int_equal(ts_record_set_text(record, "note", text, NULL, &why), TS_ERR_TOOBIG);
    text[TS_TEXT_BYTES_MAX] = '\0';
    assert_int_equal(ts_record_set_text(record, "note", text, NULL, &why), TS_ERR_OK);
    for (size_t i = 0; i < TS_RECORD_ROWS_MAX; i++) {
        assert_int_equal(ts_record_set_text(record, "items", "quantity=1", NULL, &why), TS_ERR_OK);
    }
    assert_int_equal(ts_record_set_text(record, "items", "quantity=1", NULL, &why), TS_ERR_LIMIT);
    /* Writing for ever ends at the budget, not at the end of memory. */
    ts_err_t err = TS_ERR_OK;
    size_t written = 0;
    while (err == TS_ERR_OK && written < 10000) {
        err = ts_record_set_string(record, "note", text);
        written++;
    }
    assert_int_equal(err, TS_ERR_LIMIT);
    assert_true(written > 1000);
    ts_msg_free(&why);
    ts_record_destroy(&record);
}

/* Every field of a row or record: its text, set into `to`, gives the same text again. */
static void
copy_fields(
    ts_record_t *to, const char *prefix, const ts_field_t *fields, size_t count, const void *from)
{
    for (size_t i = 0; i < count; i++) {
        char path[128];
        ts_buf_t text = {0};
        (void)snprintf(path, sizeof(path), "%s%s", prefix,
                       prefix[0] != '\0' && prefix[strlen(prefix) - 1] == ']' ? ""
                                                                              : fields[i].name);
        ts_record_put_text(&text, &fields[i], from);
        assert_true(text.length > 0);
        ts_buf_put_u8(&text, 0);
        assert_int_equal(ts_record_set_text(to, path, (const char *)text.data, NULL, NULL),
                         TS_ERR_OK);
        ts_buf_free(&text);
    }
}

static void
test_record_text_of_every_field_reads_back(void **state)
{
    const ts_schema_t *schema = ts_wire_schema();
    for (size_t i = 0; i < schema->count; i++) {
        const ts_kind_schema_t *kind = &schema->kinds[i];
        ts_record_t *from = sample_record(kind);
        ts_record_t *to = ts_record_new(kind);
        ts_buf_t a = {0};
        ts_buf_t b = {0};
        copy_fields(to, "", kind->fields, kind->field_count, ts_record_body(from));
        for (size_t k = 0; k < kind->list_count; k++) {
            const ts_child_list_t *list = &kind->lists[k];
            for (size_t row = 0; row < ts_child_count(list, ts_record_body(from)); row++) {
                char prefix[96];
                (void)snprintf(prefix, sizeof(prefix), list->is_scalar ? "%s[%zu]" : "%s[%zu].",
                               list->name, row);
                copy_fields(to, prefix, list->fields, list->field_count,
                            ts_child_row(list, ts_record_body(from), row));
            }
        }
        ts_record_pack(from, &a);
        ts_record_pack(to, &b);
        assert_int_equal(a.length, b.length);
        assert_memory_equal(a.data, b.data, a.length);
        /* A copy is the same, and its own. */
        ts_record_t *copy = ts_record_copy(kind, ts_record_body(from));
        ts_record_destroy(&from);
        ts_buf_clear(&b);
        ts_record_pack(copy, &b);
        assert_memory_equal(a.data, b.data, a.length);
        ts_record_destroy(&copy);
        ts_record_destroy(&to);
        ts_buf_free(&a);
        ts_buf_free(&b);
    }
}

static void
test_record_unpack_judges_bodies(void **state)
{
    const ts_kind_schema_t *need = ts_schema_named(ts_wire_schema(), "need");
    ts_record_t *record = NULL;
    assert_int_equal(ts_record_unpack(need, (ts_bytes_t){(const uint8_t *)"\x50\x06", 2}, &record),
                     TS_ERR_INVALID);
    assert_int_equal(
        ts_record_unpack(need, (ts_bytes_t){(const uint8_t *)"\xf8\x01\x01", 3}, &record),
        TS_ERR_UNKNOWN);
    assert_null(record);
    assert_int_equal(ts_record_unpack(need, (ts_bytes_t){(const uint8_t *)"\x28\x07", 2}, &record),
                     TS_ERR_OK);
    assert_int_equal(((const Tiepsuc__V1__Need *)ts_record_body(record))->quantity, 7);
    ts_record_destroy(&record);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_text_by_sense),
        cmocka_unit_test(test_record_short_codes_need_no_resolver),
        cmocka_unit_test(test_record_lists_by_text),
        cmocka_unit_test(test_record_absent_restriction_stays_absent_until_set),
        cmocka_unit_test(test_record_values_of_wrong_type_are_refused),
        cmocka_unit_test(test_record_limits_hold),
        cmocka_unit_test(test_record_text_of_every_field_reads_back),
        cmocka_unit_test(test_record_unpack_judges_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
