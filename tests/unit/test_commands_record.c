/* SPDX-License-Identifier: MPL-2.0 */
/* Goal: records typed one by one are checked, saved, revised, withdrawn, resolved and approved as
 * the design says. Method: a real province in a temporary folder gets commands with fields as text;
 * replies are compared. */
#include "base/id.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/records.h"
#include "support/command_world.h"
#include "support/test.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

static command_world_t *world;

static int
setup(void **state)
{
    (void)state;
    world = command_world_new();
    command_load_plan(world, "ha-noi-588");
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    command_world_destroy(&world);
    return 0;
}

static const char *
add_need(char out[TS_CODE_BYTES_MAX])
{
    return command_saved(command_run(world, 1, "add", "kind=need", "unit=Xã Vân Hòa", "line=Đồ ấm",
                                     "quantity=40", "unit_of_measure=bộ", "occurred_on=15/10/2019",
                                     "heads=band=primary;sex=female;count=22",
                                     "heads=band=primary;sex=male;count=18", NULL),
                         out);
}

static void
must_refuse(const ts_reply_t *reply, ts_err_t code)
{
    if (reply->code != code) {
        command_print(reply);
    }
    assert_int_equal(reply->code, code);
    assert_non_null(reply->say.id);
}

static void
test_commands_add_need_is_saved_and_shown(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    add_need(code);
    char field[64];
    (void)snprintf(field, sizeof field, "record=%s", code);
    const ts_reply_t *reply = command_run(world, 0, "show", field, NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_string_equal(command_cell(reply, "record", 0, "unit"), "Xã Vân Hòa");
    assert_string_equal(command_cell(reply, "record", 0, "line"), "Đồ ấm");
    assert_int_equal(command_number(reply, "record", 0, "quantity"), 40);
    assert_int_equal(command_number(reply, "heads", 0, "count"), 22);
    assert_int_equal(command_number(reply, "heads", 1, "count"), 18);
    assert_string_equal(command_cell(reply, "history", 0, "state"), "saved");
    assert_int_equal(command_number(reply, "history", 0, "author"), 1);
}

static void
test_commands_add_need_of_own_child_mints_the_child(void **state)
{
    (void)state;
    const ts_reply_t *reply = command_run(
        world, 1, "add", "kind=need", "unit=09706", "line=warm", "quantity=1",
        "occurred_on=2019-10-15", "birth_month=05/2014", "sex=nữ", "site=Điểm trường A", NULL);
    char code[TS_CODE_BYTES_MAX];
    command_saved(reply, code);
    int64_t child = command_number(reply, "record", 0, "beneficiary_id");
    assert_true(child > 0);
    char child_code[TS_CODE_BYTES_MAX];
    char field[64];
    ts_record_code_format((ts_record_id_t)child, child_code, sizeof child_code);
    (void)snprintf(field, sizeof field, "record=%s", child_code);
    reply = command_run(world, 0, "show", field, NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_int_equal(command_number(reply, "record", 0, "birth_year"), 2014);
    assert_int_equal(command_number(reply, "record", 0, "birth_month"), 5);
    assert_string_equal(command_cell(reply, "record", 0, "site"), "Điểm trường A");
}

static const struct {
    const char *fields[8];
    ts_err_t code;
    const char *issue; /* beginning of the reason's template; NULL = none asked */
    const char *column;
} refusals[] = {
    {{"unit=Xã Vân Hoa", "line=warm", "quantity=1", "occurred_on=2019-10-15", "site=A"},
     TS_ERR_NOTFOUND,
     "",
     "unit"},
    {{"unit=09706", "line=ao am", "quantity=1", "occurred_on=2019-10-15", "site=A"},
     TS_ERR_NOTFOUND,
     "",
     "line"},
    {{"unit=09706", "line=warm", "quantity=không", "occurred_on=2019-10-15", "site=A"},
     TS_ERR_INVALID,
     "",
     "quantity"},
    {{"unit=09706", "line=warm", "quantity=0", "occurred_on=2019-10-15", "site=A"},
     TS_ERR_INVALID,
     "The quantity",
     "quantity"},
    {{"unit=09706", "line=warm", "quantity=1", "occurred_on=2019-10-15"},
     TS_ERR_INVALID,
     "Say whom",
     "beneficiary_id"},
    {{"unit=09706", "line=warm", "quantity=1", "site=A"}, TS_ERR_INVALID, "No date", "occurred_on"},
    {{"unit=09706", "line=warm", "quantity=1", "occurred_on=2030-10-15", "site=A"},
     TS_ERR_NOTFOUND,
     "",
     "unit"},
    {{"unit=09706", "line=warm", "quantity=1", "occurred_on=31/2/2019", "site=A"},
     TS_ERR_INVALID,
     "",
     "occurred_on"},
    {{"unit=09706", "line=warm", "quantity=1", "occurred_on=2020-02-15", "site=A"},
     TS_ERR_INVALID,
     "The date",
     "occurred_on"},
    {{"unit=09706", "line=warm", "quantity=1", "occurred_on=2019-10-15", "colour=red"},
     TS_ERR_NOTFOUND,
     "",
     "colour"},
    {{"unit=Quận Ba Đình", "line=warm", "quantity=1", "occurred_on=2019-10-15", "site=A"},
     TS_ERR_INVALID,
     "“{1}” is not in the plan",
     "unit_id"},
};

static void
test_commands_add_refuses_with_field_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_COUNT(refusals); i++) {
        ts_command_t command;
        ts_command_init(&command, "add");
        command.account = 1;
        ts_command_add(&command, "kind", "need");
        for (size_t k = 0; k < 8 && refusals[i].fields[k] != NULL; k++) {
            const char *equals = strchr(refusals[i].fields[k], '=');
            char *name =
                ts_xstrndup(refusals[i].fields[k], (size_t)(equals - refusals[i].fields[k]));
            ts_command_add(&command, name, equals + 1);
            ts_xfree(name);
        }
        const ts_reply_t *reply = command_run_built(world, &command);
        must_refuse(reply, refusals[i].code);
        if (!command_has_issue(reply, refusals[i].issue, refusals[i].column)) {
            command_print(reply);
        }
        assert_true(command_has_issue(reply, refusals[i].issue, refusals[i].column));
    }
    assert_int_equal(
        command_number(command_run(world, 0, "status", NULL), "status", 0, "conflicts"), 0);
    assert_int_equal(
        ts_table_rows(ts_reply_table(command_run(world, 0, "list", "kind=need", NULL), "need")), 0);
}

static void
test_commands_near_miss_of_a_name_is_suggested(void **state)
{
    (void)state;
    const ts_reply_t *reply =
        command_run(world, 1, "add", "kind=need", "unit=Xa Van Hoa", "line=warm", "quantity=1",
                    "occurred_on=2019-10-15", "site=A", NULL);
    must_refuse(reply, TS_ERR_NOTFOUND);
    char *text = ts_msg_fill(&reply->issues[0].say, reply->issues[0].say.id);
    assert_non_null(strstr(text, "Xã Vân Hòa"));
    ts_xfree(text);
}

static void
test_commands_dry_run_writes_nothing(void **state)
{
    (void)state;
    const ts_reply_t *reply =
        command_run(world, 1, "add", "kind=need", "unit=09706", "line=warm", "quantity=1",
                    "occurred_on=2019-10-15", "site=A", "dry_run=yes", NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_int_equal(
        ts_table_rows(ts_reply_table(command_run(world, 0, "list", "kind=need", NULL), "need")), 0);
}

static void
test_commands_revise_replaces_and_same_again_changes_nothing(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char record[64];
    (void)snprintf(record, sizeof record, "record=%s", add_need(code));
    const ts_reply_t *reply = command_run(world, 1, "revise", record, "quantity=42", NULL);
    must_refuse(reply, TS_ERR_INVALID); /* without reason */
    reply = command_run(world, 1, "revise", record, "quantity=42", "reason=đếm lại", NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_int_equal(command_number(reply, "record", 0, "quantity"), 42);
    assert_int_equal(command_number(reply, "heads", 0, "count"), 22); /* what is not named stays */
    reply = command_run(world, 1, "revise", record, "quantity=42", "reason=nữa", NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_string_equal(reply->say.id, "Nothing changed: {1} says that already");
    reply = command_run(world, 1, "revise", record, "heads=band=preschool;sex=male;count=5",
                        "reason=lớp khác", NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "heads")), 1);
    reply = command_run(world, 0, "show", record, NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "history")), 3);
}

static void
test_commands_void_withdraws_and_list_hides_it(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char record[64];
    (void)snprintf(record, sizeof record, "record=%s", add_need(code));
    const ts_reply_t *reply = command_run(world, 1, "void", record, "reason=nhập hai lần", NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    reply = command_run(world, 0, "list", "kind=need", NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "need")), 0);
    reply = command_run(world, 0, "list", "kind=need", "with_void=yes", NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "need")), 1);
    assert_int_equal(command_number(reply, "need", 0, "void"), 1);
}

static void
test_commands_list_filters_by_unit_subtree_and_field(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    add_need(code);
    command_saved(command_run(world, 1, "add", "kind=need", "unit=10504", "line=books",
                              "quantity=3", "occurred_on=2019-10-16", "site=B", NULL),
                  code);
    const ts_reply_t *reply = command_run(world, 0, "list", "kind=need", "unit=Huyện Ba Vì", NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "need")), 1);
    reply = command_run(world, 0, "list", "kind=need", "line=books", NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "need")), 1);
    assert_string_equal(command_cell(reply, "need", 0, "site"), "B");
    reply = command_run(world, 0, "list", "kind=need", "filter=quantity=40", NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "need")), 1);
    reply = command_run(world, 0, "list", "kind=need", "limit=1", NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "need")), 1);
    must_refuse(command_run(world, 0, "list", "kind=need", "filter=nothing=1", NULL),
                TS_ERR_INVALID);
}

static void
test_commands_approve_wants_another_person_with_the_role(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char record[64];
    (void)snprintf(record, sizeof record, "record=%s", add_need(code));
    must_refuse(command_run(world, 1, "approve", record, NULL), TS_ERR_DENIED);
    assert_int_equal(command_run(world, 1, "account_add", "number=2", "role=approver;recorder",
                                 "function=Trưởng phòng", NULL)
                         ->code,
                     TS_ERR_OK);
    const ts_reply_t *reply = command_run(world, 2, "approve", record, "decision=approved", NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    reply = command_run(world, 0, "show", record, NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "approvals")), 1);
    /* Account 2 changes it: then it may not approve that version. */
    assert_int_equal(
        command_run(world, 2, "revise", record, "quantity=41", "reason=sửa", NULL)->code,
        TS_ERR_OK);
    must_refuse(command_run(world, 2, "approve", record, NULL), TS_ERR_DENIED);
}

static void
test_commands_accounts_guard_who_types(void **state)
{
    (void)state;
    must_refuse(command_run(world, 0, "add", "kind=donor", "name=A", NULL), TS_ERR_DENIED);
    must_refuse(command_run(world, 9, "add", "kind=donor", "name=A", NULL), TS_ERR_DENIED);
    assert_int_equal(
        command_run(world, 1, "account_add", "role=recorder", "function=Văn thư", NULL)->code,
        TS_ERR_OK);
    must_refuse(command_run(world, 2, "account_add", "role=operator", NULL), TS_ERR_DENIED);
    must_refuse(command_run(world, 1, "account_add", "number=1", "role=recorder", NULL),
                TS_ERR_DENIED); /* last operator */
    must_refuse(command_run(world, 1, "account_add", "role=king", NULL), TS_ERR_INVALID);
    const ts_reply_t *reply = command_run(world, 0, "account_list", NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "accounts")), 2);
    assert_string_equal(command_cell(reply, "accounts", 1, "function"), "Văn thư");
}

static void
test_commands_unknown_names_are_refused(void **state)
{
    (void)state;
    must_refuse(command_run(world, 1, "fly", NULL), TS_ERR_UNKNOWN);
    must_refuse(command_run(world, 1, "add", "kind=dragon", NULL), TS_ERR_INVALID);
    must_refuse(command_run(world, 1, "add", "kind=office", NULL), TS_ERR_INVALID);
    must_refuse(command_run(world, 0, "show", "record=nothing", NULL), TS_ERR_INVALID);
    must_refuse(command_run(world, 1, "revise", "record=1-1-11", "reason=x", NULL), TS_ERR_INVALID);
}

/* A row key that came before is the same row: nothing is doubled. */
static void
test_commands_add_with_known_row_key_is_refused(void **state)
{
    (void)state;
    static const char *const fields[] = {"unit=09706", "line=warm"};
    char code[TS_CODE_BYTES_MAX];
    (void)fields;
    command_saved(command_run(world, 1, "add", "kind=need", "unit=09706", "line=warm", "quantity=1",
                              "occurred_on=2019-10-15", "site=A", "row_key=need/17", NULL),
                  code);
    must_refuse(command_run(world, 1, "add", "kind=need", "unit=09706", "line=warm", "quantity=1",
                            "occurred_on=2019-10-15", "site=A", "row_key=need/17", NULL),
                TS_ERR_EXISTS);
}

static void
test_commands_status_counts_what_is_saved(void **state)
{
    (void)state;
    int64_t before = command_number(command_run(world, 0, "status", NULL), "status", 0, "saved");
    char code[TS_CODE_BYTES_MAX];
    add_need(code);
    const ts_reply_t *reply = command_run(world, 0, "status", NULL);
    assert_int_equal(command_number(reply, "status", 0, "saved"), before + 1);
    assert_int_equal(command_number(reply, "status", 0, "parked"), 0);
    assert_int_equal(command_number(reply, "status", 0, "pending"), 0);
    assert_string_equal(command_cell(reply, "status", 0, "link"), "root");
    assert_true(ts_table_rows(ts_reply_table(reply, "logs")) >= 4);
}

static void
test_commands_trace_verifies_the_chain(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char record[64];
    (void)snprintf(record, sizeof record, "record=%s", add_need(code));
    assert_int_equal(command_run(world, 0, "seal", NULL)->code, TS_ERR_OK);
    const ts_reply_t *reply = command_run(world, 0, "trace", record, NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    const ts_table_t *chain = ts_reply_table(reply, "chain");
    size_t verified = 0;
    for (size_t row = 0; row < ts_table_rows(chain); row++) {
        verified += strcmp(command_cell(reply, "chain", row, "checked"), "verified") == 0;
        assert_string_not_equal(command_cell(reply, "chain", row, "checked"), "NOT RIGHT");
    }
    assert_true(verified >= 8); /* entry, segment, inside, log, node, invite, registrar, root */
}

static void
test_commands_trace_lists_the_records_behind_a_figure(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    add_need(code);
    command_saved(command_run(world, 1, "add", "kind=need", "unit=10504", "line=books",
                              "quantity=3", "occurred_on=2019-10-16", "site=B", NULL),
                  code);
    const ts_reply_t *reply = command_run(world, 0, "trace", "measure=need_quantity", NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "records")), 2);
    reply = command_run(world, 0, "trace", "measure=need_quantity", "unit=Huyện Ba Vì", NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "records")), 1);
    reply = command_run(world, 0, "trace", "measure=need_quantity", "line=books", "to=2019-10-15",
                        NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "records")), 0);
    reply = command_run(world, 0, "trace", "measure=need_quantity", "from=2019-10-16", NULL);
    assert_string_equal(command_cell(reply, "records", 0, "line"), "Sách vở, đồ dùng học tập");
    must_refuse(command_run(world, 0, "trace", "measure=joy", NULL), TS_ERR_INVALID);
}

static void
test_commands_verify_finds_everything_right(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    add_need(code);
    const ts_reply_t *reply = command_run(world, 0, "verify", NULL);
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_string_equal(command_cell(reply, "verified", 0, "ledger"), "same");
    assert_true(command_number(reply, "verified", 0, "segments") > 3);
}

/* A second revision of the same version, as it comes from a copied disk: written past the commands.
 */
static void
write_branch(ts_record_id_t record, uint64_t revises, int64_t quantity)
{
    ts_node_t *node = command_world_node(world);
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), TS_KIND_NEED);
    ts_standing_t standing;
    ts_event_header_t header;
    const void *body;
    ts_buf_t bytes = {0};
    ts_msg_t why = {0};
    assert_int_equal(ts_ledger_record(node->ledger, TS_KIND_NEED, record, &standing), TS_ERR_OK);
    assert_int_equal(ts_records_read(node, &standing.place, standing.event, &header, &kind, &body),
                     TS_ERR_OK);
    ts_record_t *copy = ts_record_copy(kind, body);
    assert_int_equal(ts_record_set_number(copy, "quantity", quantity), TS_ERR_OK);
    header.revises = &revises;
    header.revises_count = 1;
    header.reason = "branch";
    header.row_key = NULL;
    assert_int_equal(ts_event_encode(&header, kind, ts_record_body(copy), &bytes, &why), TS_ERR_OK);
    ts_new_event_t event = {.purpose = TS_PURPOSE_RECORDS, .bytes = ts_buf_bytes(&bytes)};
    assert_int_equal(ts_logs_write(node, &event, 1), TS_ERR_OK);
    ts_buf_free(&bytes);
    ts_record_destroy(&copy);
}

static void
test_commands_conflict_is_shown_and_resolved(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char record[64];
    char keep[64];
    ts_record_id_t id;
    ts_standing_t first;
    (void)snprintf(record, sizeof record, "record=%s", add_need(code));
    assert_int_equal(ts_record_code_parse(code, &id), TS_ERR_OK);
    assert_int_equal(ts_ledger_record(command_world_node(world)->ledger, TS_KIND_NEED, id, &first),
                     TS_ERR_OK);
    assert_int_equal(command_run(world, 1, "revise", record, "quantity=41", "reason=a", NULL)->code,
                     TS_ERR_OK);
    must_refuse(command_run(world, 1, "resolve", record, "reason=x", NULL), TS_ERR_INVALID);
    write_branch(id, first.event, 42);
    const ts_reply_t *reply = command_run(world, 0, "status", NULL);
    reply = command_run(world, 0, "conflicts", NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "conflicts")), 2);
    must_refuse(command_run(world, 1, "revise", record, "quantity=43", "reason=b", NULL),
                TS_ERR_CONFLICT);
    /* Keep the branch with 42. */
    reply = command_run(world, 0, "conflicts", NULL);
    size_t row = strcmp(command_cell(reply, "conflicts", 0, "reason"), "branch") == 0 ? 0 : 1;
    (void)snprintf(keep, sizeof keep, "keep=%s", command_cell(reply, "conflicts", row, "version"));
    must_refuse(command_run(world, 1, "resolve", record, "keep=0000000000000001", "reason=c", NULL),
                TS_ERR_NOTFOUND);
    reply = command_run(world, 1, "resolve", record, keep, "reason=đã hỏi xã", NULL);
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_int_equal(command_number(reply, "record", 0, "quantity"), 42);
    reply = command_run(world, 0, "conflicts", NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "conflicts")), 0);
}

static void
test_commands_survive_closing_and_opening(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char record[64];
    (void)snprintf(record, sizeof record, "record=%s", add_need(code));
    command_world_reopen(world);
    const ts_reply_t *reply = command_run(world, 0, "show", record, NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    char second[TS_CODE_BYTES_MAX];
    add_need(second);
    assert_string_not_equal(code, second);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_commands_add_need_is_saved_and_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_add_need_of_own_child_mints_the_child, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_add_refuses_with_field_and_reason, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_near_miss_of_a_name_is_suggested, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_dry_run_writes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_commands_revise_replaces_and_same_again_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_void_withdraws_and_list_hides_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_list_filters_by_unit_subtree_and_field, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_approve_wants_another_person_with_the_role,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_accounts_guard_who_types, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_unknown_names_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_add_with_known_row_key_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_status_counts_what_is_saved, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_trace_verifies_the_chain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_trace_lists_the_records_behind_a_figure,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_verify_finds_everything_right, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_conflict_is_shown_and_resolved, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_survive_closing_and_opening, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
