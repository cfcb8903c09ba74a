/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the schema that all others derive their fields from says what event.proto says, reads
 * values at the right place, and every kind, field and enum value has a label. Method: facts of
 * some kinds, offsets against the generated structs, a walk over everything.
 */
#include "core/labels.h"
#include "core/schema.h"
#include "support/test.h"
#include "support/wire_samples.h"
#include "tiepsuc/v1/event.pb-c.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

static const ts_kind_schema_t *
kind_of(const char *name)
{
    const ts_kind_schema_t *kind = ts_schema_named(ts_wire_schema(), name);
    assert_non_null(kind);
    return kind;
}

static void
test_schema_kinds_match_enum(void **state)
{
    const ts_schema_t *schema = ts_wire_schema();
    const ProtobufCEnumDescriptor *names = &tiepsuc__v1__kind__descriptor;
    assert_ptr_equal(schema, ts_wire_schema());
    assert_int_equal(schema->count, names->n_values - 1);
    for (size_t i = 0; i < schema->count; i++) {
        const ts_kind_schema_t *kind = &schema->kinds[i];
        const ProtobufCMessageDescriptor *message = kind->descriptor;
        assert_int_equal(kind->kind, names->values[i + 1].value);
        assert_ptr_equal(ts_schema_kind(schema, kind->kind), kind);
        assert_int_equal(kind->record_bytes, message->sizeof_message);
        assert_true(kind->version >= 1);
        assert_true(i == 0 || schema->kinds[i - 1].kind < kind->kind);
    }
    assert_null(ts_schema_kind(schema, 0));
    assert_null(ts_schema_kind(schema, 9999));
    assert_null(ts_schema_named(schema, "none"));
    assert_string_equal(kind_of("report_return")->name, "report_return");
    assert_int_equal(kind_of("report_return")->kind, TIEPSUC__V1__KIND__KIND_REPORT_RETURN);
}

static void
test_schema_senses_follow_names(void **state)
{
    static const struct {
        const char *kind;
        const char *field;
        ts_field_type_t type;
        ts_field_sense_t sense;
        uint32_t ref_kind;
        size_t bytes;
    } cases[] = {
        {"unit", "parent_id", TS_FIELD_UINT, TS_SENSE_REF, TIEPSUC__V1__KIND__KIND_UNIT, 8},
        {"body", "successor_id", TS_FIELD_UINT, TS_SENSE_REF, TIEPSUC__V1__KIND__KIND_BODY, 8},
        {"duty", "from_body_id", TS_FIELD_UINT, TS_SENSE_REF, TIEPSUC__V1__KIND__KIND_BODY, 8},
        {"donor", "alias_of_donor_far_id", TS_FIELD_UINT, TS_SENSE_FAR_REF,
         TIEPSUC__V1__KIND__KIND_DONOR, 8},
        {"report_return", "report_far_id", TS_FIELD_UINT, TS_SENSE_FAR_REF,
         TIEPSUC__V1__KIND__KIND_REPORT, 8},
        {"filing", "amends_id", TS_FIELD_UINT, TS_SENSE_REF, TIEPSUC__V1__KIND__KIND_FILING, 8},
        {"approval", "target", TS_FIELD_UINT, TS_SENSE_FAR_REF, 0, 8},
        {"approval", "target_event", TS_FIELD_UINT, TS_SENSE_EVENT, 0, 8},
        {"period", "due_on", TS_FIELD_INT, TS_SENSE_DATE, 0, 4},
        {"purchase", "spent_vnd", TS_FIELD_INT, TS_SENSE_VND, 0, 8},
        {"office", "invite_key", TS_FIELD_BYTES, TS_SENSE_KEY, 0, sizeof(ProtobufCBinaryData)},
        {"report", "figures", TS_FIELD_BYTES, TS_SENSE_PLAIN, 0, sizeof(ProtobufCBinaryData)},
        {"need", "quantity", TS_FIELD_INT, TS_SENSE_PLAIN, 0, 8},
        {"need", "state", TS_FIELD_ENUM, TS_SENSE_PLAIN, 0, 4},
        {"donor", "consents_to_be_named", TS_FIELD_BOOL, TS_SENSE_PLAIN, 0, 4},
        {"pledge", "restriction_line_id", TS_FIELD_UINT, TS_SENSE_REF, TIEPSUC__V1__KIND__KIND_LINE,
         8},
        {"pledge", "restriction_use_by_on", TS_FIELD_INT, TS_SENSE_DATE, 0, 4},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        const ts_field_t *field = ts_schema_field(kind_of(cases[i].kind), cases[i].field);
        assert_non_null(field);
        assert_int_equal(field->type, cases[i].type);
        assert_int_equal(field->sense, cases[i].sense);
        assert_int_equal(field->ref_kind, cases[i].ref_kind);
        assert_int_equal(field->bytes, cases[i].bytes);
    }
    assert_null(ts_schema_field(kind_of("pledge"), "restriction"));
    assert_null(ts_schema_field(kind_of("pledge"), "items"));
}

static void
test_schema_enum_names_lose_prefix(void **state)
{
    const ts_field_t *state_field = ts_schema_field(kind_of("need"), "state");
    assert_string_equal(state_field->enum_type, "need_state");
    assert_int_equal(state_field->enum_count, 6);
    assert_string_equal(
        ts_field_enum_name(state_field, TIEPSUC__V1__NEED_STATE__NEED_STATE_VERIFIED), "verified");
    assert_null(ts_field_enum_name(state_field, 6));
    assert_string_equal(ts_field_enum_name(ts_schema_field(kind_of("duty"), "relation"), 1),
                        "bao_cao");
    assert_string_equal(ts_field_enum_name(ts_schema_field(kind_of("waiver"), "class"), 6),
                        "self_declared");
    assert_string_equal(ts_field_enum_name(ts_schema_field(kind_of("beneficiary"), "sex"), 0),
                        "unknown");
}

static void
test_schema_lists_have_row_fields(void **state)
{
    const ts_child_list_t *items = ts_schema_list(kind_of("handover"), "items");
    const ts_child_list_t *children = ts_schema_list(kind_of("handover"), "beneficiary_ids");
    const ts_child_list_t *events = ts_schema_list(kind_of("release"), "events");
    assert_non_null(items);
    assert_false(items->is_scalar);
    assert_string_equal(items->fields[0].name, "item");
    assert_non_null(children);
    assert_true(children->is_scalar);
    assert_int_equal(children->scalar_bytes, 8);
    assert_int_equal(children->field_count, 1);
    assert_string_equal(children->fields[0].name, "beneficiary_id");
    assert_int_equal(children->fields[0].ref_kind, TIEPSUC__V1__KIND__KIND_BENEFICIARY);
    assert_int_equal(children->fields[0].offset, 0);
    assert_int_equal(events->fields[0].sense, TS_SENSE_EVENT);
    assert_null(ts_schema_list(kind_of("handover"), "item"));
}

static void
test_schema_values_are_read_from_generated_struct(void **state)
{
    const ts_kind_schema_t *kind = kind_of("receipt");
    uint8_t key[32] = {7};
    char site[] = "Bản Lìm";
    char item_name[] = "gạo";
    Tiepsuc__V1__Receipt receipt;
    Tiepsuc__V1__Restriction restriction;
    Tiepsuc__V1__Item item;
    Tiepsuc__V1__Item *items[] = {&item};
    tiepsuc__v1__receipt__init(&receipt);
    tiepsuc__v1__restriction__init(&restriction);
    tiepsuc__v1__item__init(&item);
    receipt.donor_id = 77;
    assert_int_equal(ts_field_get_number(ts_schema_field(kind, "donor_id"), &receipt), 77);
    assert_int_equal(ts_field_get_number(ts_schema_field(kind, "restriction_unit_id"), &receipt),
                     0);
    assert_string_equal(ts_field_get_text(ts_schema_field(kind, "restriction_site"), &receipt), "");
    assert_string_equal(ts_field_get_text(ts_schema_field(kind, "note"), &receipt), "");
    receipt.restriction = &restriction;
    restriction.unit_id = 78;
    restriction.use_by_on = -5;
    restriction.site = site;
    assert_int_equal(ts_field_get_number(ts_schema_field(kind, "restriction_unit_id"), &receipt),
                     78);
    assert_int_equal(ts_field_get_number(ts_schema_field(kind, "restriction_use_by_on"), &receipt),
                     -5);
    assert_string_equal(ts_field_get_text(ts_schema_field(kind, "restriction_site"), &receipt),
                        site);
    const ts_child_list_t *list = ts_schema_list(kind, "items");
    assert_int_equal(ts_child_count(list, &receipt), 0);
    receipt.n_items = 1;
    receipt.items = items;
    item.item = item_name;
    item.value_vnd = INT64_MIN;
    assert_int_equal(ts_child_count(list, &receipt), 1);
    assert_ptr_equal(ts_child_row(list, &receipt, 0), &item);
    assert_string_equal(ts_field_get_text(&list->fields[0], &item), item_name);
    assert_true(ts_field_get_number(&list->fields[3], &item) == INT64_MIN);

    Tiepsuc__V1__Office office;
    size_t length = 1;
    tiepsuc__v1__office__init(&office);
    office.number = UINT32_MAX;
    assert_true(ts_field_get_number(ts_schema_field(kind_of("office"), "number"), &office) ==
                UINT32_MAX);
    (void)ts_field_get_bytes(ts_schema_field(kind_of("office"), "invite_key"), &office, &length);
    assert_int_equal(length, 0);
    office.invite_key = (ProtobufCBinaryData){32, key};
    assert_ptr_equal(
        ts_field_get_bytes(ts_schema_field(kind_of("office"), "invite_key"), &office, &length),
        key);
    assert_int_equal(length, 32);

    uint64_t children[] = {5, UINT64_C(1) << 62};
    Tiepsuc__V1__Handover handover;
    tiepsuc__v1__handover__init(&handover);
    handover.n_beneficiary_ids = 2;
    handover.beneficiary_ids = children;
    const ts_child_list_t *ids = ts_schema_list(kind_of("handover"), "beneficiary_ids");
    assert_true(ts_field_get_number(&ids->fields[0], ts_child_row(ids, &handover, 1)) == INT64_C(1)
                                                                                             << 62);
}

/* Says which label is missing, and goes on, so that one run names all. */
static size_t
missing(const char *label, const char *of, const char *list, const char *name)
{
    if (label != NULL && label[0] != '\0') {
        return 0;
    }
    print_error("no label: %s %s%s\n", of, list, name);
    return 1;
}

static size_t
missing_values(const ts_field_t *field)
{
    size_t count = 0;
    for (size_t i = 0; i < field->enum_count; i++) {
        const char *name = field->enum_names[i].name;
        count += missing(ts_label_value(field->enum_type, name), field->enum_type, "", name);
    }
    return count;
}

static void
test_labels_everything_has_one(void **state)
{
    const ts_schema_t *schema = ts_wire_schema();
    size_t count = 0;
    for (size_t i = 0; i < schema->count; i++) {
        const ts_kind_schema_t *kind = &schema->kinds[i];
        count += missing(ts_label_kind(kind->name), "kind", "", kind->name);
        for (size_t k = 0; k < kind->field_count; k++) {
            count += missing(ts_label_field(kind->name, kind->fields[k].name), kind->name, "",
                             kind->fields[k].name);
            count += missing_values(&kind->fields[k]);
        }
        for (size_t k = 0; k < kind->list_count; k++) {
            const ts_child_list_t *list = &kind->lists[k];
            count += missing(ts_label_field(kind->name, list->name), kind->name, "", list->name);
            for (size_t f = 0; f < list->field_count; f++) {
                char path[128];
                (void)snprintf(path, sizeof(path), "%s.%s", list->name, list->fields[f].name);
                count += missing(ts_label_field(kind->name, path), kind->name, "", path);
                count += missing_values(&list->fields[f]);
            }
        }
    }
    assert_int_equal(count, 0);
    assert_null(ts_label_kind("no_such_kind"));
    assert_null(ts_label_field("need", "no_such_field"));
    assert_null(ts_label_value("need_state", "no_such_value"));
    assert_string_not_equal(ts_label_field("plan", "unit_id"), ts_label_field("need", "unit_id"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_kinds_match_enum),
        cmocka_unit_test(test_schema_senses_follow_names),
        cmocka_unit_test(test_schema_enum_names_lose_prefix),
        cmocka_unit_test(test_schema_lists_have_row_fields),
        cmocka_unit_test(test_schema_values_are_read_from_generated_struct),
        cmocka_unit_test(test_labels_everything_has_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
