/* SPDX-License-Identifier: MPL-2.0 */
/* Goal: what a tired officer mistypes is told where it stands, with the field and what to do; what
 * may have happened all the same is taken with a reason. Method: one slip after another against a
 * real province; each is followed by the right entry, so that the refusal is due to the slip. */
#include "base/xalloc.h"
#include "support/command_world.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

#define DONOR "donor=Công ty Giả Định A"
#define NEED "kind=need", "unit=09706", "line=warm", "unit_of_measure=bộ", "site=Điểm A"
#define MONEY "items=item=VND;quantity=1000;value=1000"

static command_world_t *world;

static int
setup(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    world = command_world_new();
    command_world_fund(world, code);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    command_world_destroy(&world);
    return 0;
}

static void
must_object(const ts_reply_t *reply, const char *template, const char *column)
{
    if (reply->code == TS_ERR_OK || !command_has_issue(reply, template, column)) {
        command_print(reply);
    }
    assert_int_not_equal(reply->code, TS_ERR_OK);
    assert_true(command_has_issue(reply, template, column));
}

/* What is missing to make it right is a reason. */
static void
must_want_reason(const ts_reply_t *reply, const char *template, const char *column)
{
    must_object(reply, template, column);
    assert_string_equal(reply->say.id,
                        "Not recorded. If it happened all the same, give a reason (reason=…)");
}

static const char *
field(char out[64], const char *name, const char *value)
{
    (void)snprintf(out, 64, "%s=%s", name, value);
    return out;
}

static void
test_commands_amounts_that_cannot_be_name_their_field(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    static const char *const wrong[] = {"quantity=-3", "quantity=0",
                                        "quantity=9000000000000000000"};
    for (size_t i = 0; i < TS_COUNT(wrong); i++) {
        must_object(command_run(world, 1, "add", NEED, "occurred_on=2019-10-15", wrong[i], NULL),
                    "The quantity {1} is not", "quantity");
    }
    command_saved(command_run(world, 1, "add", NEED, "occurred_on=2019-10-15", "quantity=3", NULL),
                  code);
}

static void
test_commands_dates_out_of_place_are_asked_about(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    must_object(command_run(world, 1, "add", NEED, "quantity=3", "occurred_on=2020-10-15", NULL),
                "The date {1} has not come yet", "occurred_on");
    must_want_reason(
        command_run(world, 1, "add", NEED, "quantity=3", "occurred_on=2009-10-15", NULL),
        "The date {1} lies outside the plan's years", "occurred_on");
    command_saved(command_run(world, 1, "add", NEED, "quantity=3", "occurred_on=2018-12-31",
                              "reason=phiếu cũ", NULL),
                  code);
    must_object(command_run(world, 1, "add", "kind=pledge", DONOR, "fund=quy-1", MONEY, NULL),
                "No date is given", "occurred_on");
    must_object(command_run(world, 1, "add", "kind=pledge", DONOR, "fund=quy-1", MONEY,
                            "occurred_on=2020-11-01", NULL),
                "The date {1} has not come yet", "occurred_on");
    must_object(command_run(world, 1, "add", "kind=population", "unit=09706", "as_of=2020-11-01",
                            "source=x", "heads=band=primary;sex=female;count=1", NULL),
                "The date {1} has not come yet", "as_of_on");
}

/* The clock stands at 5 January 2020. */
static void
test_commands_birth_in_the_future_or_of_an_adult_is_asked_about(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    must_object(command_run(world, 1, "add", "kind=need", "unit=09706", "line=warm", "quantity=1",
                            "occurred_on=2020-01-03", "birth_month=02/2020", "sex=nữ", NULL),
                "The birth in {2}/{1} cannot be right", "birth_year");
    must_want_reason(command_run(world, 1, "add", "kind=need", "unit=09706", "line=warm",
                                 "quantity=1", "occurred_on=2020-01-03", "birth_month=05/1915",
                                 "sex=nữ", NULL),
                     "Born in {1}, {2} years old", "birth_year");
    command_saved(command_run(world, 1, "add", "kind=need", "unit=09706", "line=warm", "quantity=1",
                              "occurred_on=2020-01-03", "birth_month=05/2015", "sex=nữ", NULL),
                  code);
}

static void
test_commands_forgotten_unit_is_not_called_forbidden(void **state)
{
    (void)state;
    must_object(command_run(world, 1, "add", "kind=need", "line=warm", "quantity=1", "site=x",
                            "occurred_on=2019-10-15", NULL),
                "No unit is named", "unit_id");
    must_object(command_run(world, 1, "add", "kind=return", "type=lost", "line=warm",
                            "occurred_on=2019-10-15", "allocation=1-1-000000", NULL),
                "", NULL);
}

static void
test_commands_other_words_for_money_are_refused(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    static const char *const words[] = {"vnd", "VNĐ", "đồng", "tiền mặt"};
    for (size_t i = 0; i < TS_COUNT(words); i++) {
        char items[96];
        (void)snprintf(items, sizeof items, "items=item=%s;quantity=1000;value=1000", words[i]);
        must_object(command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1",
                                "occurred_on=2019-10-15", items, NULL),
                    "“{1}” is money", "items");
    }
    command_saved(command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1",
                              "occurred_on=2019-10-15", MONEY, NULL),
                  code);
    must_object(command_run(world, 1, "add", "kind=purchase", "fund=quy-1",
                            "occurred_on=2019-10-16", "advanced=1000", "spent=1000", MONEY, NULL),
                "Money is not bought", "items");
}

/* "Áo ấm" typed with combining marks and spaces around is the same "Áo ấm". */
static void
test_commands_text_is_stored_in_one_form(void **state)
{
    (void)state;
    const ts_reply_t *reply =
        command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1", "occurred_on=2019-10-15",
                    "items=item=A\xcc\x81o "
                    "\xc3\xa2\xcc\x81m;quantity=10;unit_of_measure=bo\xcc\xa3\xcc\x82;value=1000",
                    "note=  ghi ch\xc3\xba\xe2\x80\x8b ", NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_string_equal(command_cell(reply, "items", 0, "item"), "Áo ấm");
    assert_string_equal(command_cell(reply, "items", 0, "unit_of_measure"), "bộ");
    assert_string_equal(command_cell(reply, "record", 0, "note"), "ghi chú");
}

static void
test_commands_typed_twice_is_told(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    must_object(command_run(world, 1, "add", "kind=fund", "code=quy-1", "name=Quỹ khác",
                            "holder_body=hn-soldtbxh", NULL),
                "The code “{1}” belongs to the fund", "code");
    must_want_reason(command_run(world, 1, "add", "kind=donor", "name=Công ty Giả Định A",
                                 "class=enterprise", NULL),
                     "A donor “{1}” is known already", "name");
    command_saved(command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1", MONEY,
                              "receipt_number=PT-01", "occurred_on=2019-10-15", NULL),
                  code);
    must_want_reason(command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1", MONEY,
                                 "receipt_number=PT-01", "occurred_on=2019-10-15", NULL),
                     "The receipt number “{1}” stands on", "receipt_number");
    /* Numbers begin anew each year; and a revision is not its own double. */
    command_saved(command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1", MONEY,
                              "receipt_number=PT-01", "occurred_on=2020-01-03", NULL),
                  code);
    char record[64];
    assert_int_equal(command_run(world, 1, "revise", field(record, "record", code), "note=x",
                                 "reason=thêm ghi chú", NULL)
                         ->code,
                     TS_ERR_OK);
}

static void
test_commands_record_of_another_kind_or_withdrawn_is_not_named(void **state)
{
    (void)state;
    char need[TS_CODE_BYTES_MAX];
    char child[TS_CODE_BYTES_MAX];
    char text[64];
    command_saved(command_run(world, 1, "add", NEED, "occurred_on=2019-10-15", "quantity=3", NULL),
                  need);
    const ts_reply_t *reply =
        command_run(world, 1, "add", "kind=handover", "unit=09706", "line=warm", "site=A",
                    "occurred_on=2019-10-20", field(text, "allocation", need),
                    "items=item=Áo khoác;quantity=1;unit_of_measure=bộ", "reason=thử", NULL);
    must_object(reply, "“{1}” is another kind of record: {2}, not {3}", "allocation");
    command_saved(command_run(world, 1, "add", "kind=beneficiary", "unit=09706", "birth_month=5",
                              "birth_year=2012", NULL),
                  child);
    assert_int_equal(
        command_run(world, 1, "void", field(text, "record", child), "reason=nhầm", NULL)->code,
        TS_ERR_OK);
    must_object(command_run(world, 1, "add", "kind=need", "unit=09706", "line=warm", "quantity=1",
                            "occurred_on=2019-10-15", field(text, "beneficiary", child), NULL),
                "“{1}” was withdrawn", "beneficiary");
}

static void
test_commands_what_others_stand_on_is_not_withdrawn(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char child[TS_CODE_BYTES_MAX];
    char text[64];
    command_saved(command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1", MONEY,
                              "occurred_on=2019-10-15", NULL),
                  code);
    const ts_reply_t *reply = command_run(world, 0, "list", "kind=donor", NULL);
    char donor[TS_CODE_BYTES_MAX];
    ts_record_code_format((ts_record_id_t)command_number(reply, "donor", 0, "record"), donor,
                          sizeof donor);
    reply = command_run(world, 1, "void", field(text, "record", donor), "reason=thử", NULL);
    assert_int_equal(reply->code, TS_ERR_INVALID);
    assert_string_equal(reply->say.args[1], code);
    /* A child is named in the list of a handover. */
    command_saved(command_run(world, 1, "add", "kind=beneficiary", "unit=09706", "birth_month=5",
                              "birth_year=2012", NULL),
                  child);
    char children[64];
    command_saved(command_run(world, 1, "add", "kind=handover", "unit=09706", "line=warm",
                              "fund=quy-1", "occurred_on=2019-10-20",
                              field(children, "beneficiary", child), MONEY, NULL),
                  code);
    reply = command_run(world, 1, "void", field(text, "record", child), "reason=thử", NULL);
    assert_int_equal(reply->code, TS_ERR_INVALID);
    assert_string_equal(reply->say.args[1], code);
    reply =
        command_run(world, 0, "list", "kind=handover", field(children, "beneficiary", child), NULL);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "handover")), 1);
    /* Once nothing names it, it goes. */
    assert_int_equal(
        command_run(world, 1, "void", field(text, "record", code), "reason=thử", NULL)->code,
        TS_ERR_OK);
    assert_int_equal(
        command_run(world, 1, "void", field(text, "record", child), "reason=thử", NULL)->code,
        TS_ERR_OK);
}

static void
test_commands_revision_of_a_withdrawn_record_says_so(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char record[64];
    command_saved(command_run(world, 1, "add", NEED, "occurred_on=2019-10-15", "quantity=3", NULL),
                  code);
    field(record, "record", code);
    assert_int_equal(command_run(world, 1, "void", record, "reason=nhầm", NULL)->code, TS_ERR_OK);
    const ts_reply_t *reply =
        command_run(world, 1, "revise", record, "quantity=4", "reason=vẫn cần", NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_string_equal(reply->say.id,
                        "{1} had been withdrawn and stands again, as it is shown here");
    reply = command_run(world, 0, "list", "kind=need", NULL);
    assert_int_equal(command_number(reply, "need", 0, "quantity"), 4);
}

static void
test_commands_one_decision_is_recorded_once(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char record[64];
    const ts_reply_t *reply =
        command_run(world, 1, "account_add", "role=approver", "function=trưởng phòng", NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    command_saved(command_run(world, 1, "add", NEED, "occurred_on=2019-10-15", "quantity=3", NULL),
                  code);
    field(record, "record", code);
    assert_int_equal(command_run(world, 2, "approve", record, NULL)->code, TS_ERR_OK);
    assert_int_equal(command_run(world, 2, "approve", record, NULL)->code, TS_ERR_EXISTS);
    /* Another decision is another act, and so is one on another version. */
    assert_int_equal(command_run(world, 2, "approve", record, "decision=refused", NULL)->code,
                     TS_ERR_OK);
    assert_int_equal(
        command_run(world, 1, "revise", record, "quantity=4", "reason=đếm lại", NULL)->code,
        TS_ERR_OK);
    assert_int_equal(command_run(world, 2, "approve", record, NULL)->code, TS_ERR_OK);
    assert_int_equal(command_run(world, 1, "void", record, "reason=nhầm", NULL)->code, TS_ERR_OK);
    assert_int_equal(command_run(world, 2, "approve", record, NULL)->code, TS_ERR_INVALID);
}

/* 10 coats worth 1,000 đồng; by hand: 3 of them are worth 300, the last 7 what is left. */
static void
test_commands_goods_leave_with_their_value(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    command_saved(command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1",
                              "items=item=Áo khoác;quantity=10;unit_of_measure=bộ;value=1000",
                              "occurred_on=2019-10-15", NULL),
                  code);
    command_saved(command_run(world, 1, "add", NEED, "occurred_on=2019-10-15", "quantity=30", NULL),
                  code);
#define ALLOCATE(items)                                                                      \
    command_run(world, 1, "add", "kind=allocation", "fund=quy-1", "unit=09706", "line=warm", \
                "occurred_on=2019-10-20", "items=item=Áo khoác;" items, NULL)
    must_object(ALLOCATE("quantity=3;unit_of_measure=bộ;value=9000000000"),
                "“{1}”: worth {2} đồng together", "items");
    must_want_reason(command_run(world, 1, "add", "kind=handover", "unit=09706", "line=warm",
                                 "fund=quy-1", "site=A", "occurred_on=2019-10-20",
                                 "items=item=Áo khoác;quantity=1;unit_of_measure=bộ;value=100000",
                                 NULL),
                     "“{1}”: worth {2} đồng together", "items");
    const ts_reply_t *reply = ALLOCATE("quantity=3;unit_of_measure=bộ");
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_int_equal(command_number(reply, "items", 0, "value_vnd"), 300);
    must_object(ALLOCATE("quantity=7;unit_of_measure=bộ;value=699"),
                "“{1}”: the last ones take all that is left", "items");
    reply = ALLOCATE("quantity=7;unit_of_measure=bộ");
    assert_int_equal(command_number(reply, "items", 0, "value_vnd"), 700);
}

/* Another word for the unit of measure is no way round the open need. */
static void
test_commands_allocation_in_another_unit_of_measure_wants_a_reason(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    command_saved(command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1",
                              "items=item=Áo khoác;quantity=10;unit_of_measure=chiếc;value=1000",
                              "occurred_on=2019-10-15", NULL),
                  code);
    command_saved(command_run(world, 1, "add", NEED, "occurred_on=2019-10-15", "quantity=3", NULL),
                  code);
    must_want_reason(ALLOCATE("quantity=10;unit_of_measure=chiếc"),
                     "Needs of “{1}” are counted in “{2}”", "items");
}

static void
test_commands_handover_and_return_keep_to_what_was_there(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char allocation[64];
    char handover[64];
    command_saved(command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1",
                              "items=item=Áo khoác;quantity=10;unit_of_measure=bộ;value=1000",
                              "occurred_on=2019-10-15", NULL),
                  code);
    command_saved(command_run(world, 1, "add", NEED, "occurred_on=2019-10-15", "quantity=30", NULL),
                  code);
    command_saved(ALLOCATE("quantity=10;unit_of_measure=bộ"), code);
    field(allocation, "allocation", code);
#define HAND(unit, line)                                                            \
    command_run(world, 1, "add", "kind=handover", unit, line, allocation, "site=A", \
                "occurred_on=2019-10-21", "paper_number=01/BB",                     \
                "items=item=Áo khoác;quantity=4;unit_of_measure=bộ;value=400", NULL)
    must_want_reason(HAND("unit=10504", "line=warm"), "The allocation is for “{1}”",
                     "allocation_far_id");
    must_want_reason(HAND("unit=09706", "line=books"), "The allocation is for “{1}”", "line_id");
    command_saved(HAND("unit=09706", "line=warm"), code);
    field(handover, "handover", code);
    /* The same paper again is told and taken. */
    const ts_reply_t *reply = HAND("unit=09706", "line=warm");
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_int_equal(reply->issues[0].severity, TS_SEVERITY_WARNING);
    assert_true(command_has_issue(reply, "this paper stands on {1} already", "paper_number"));
#define BACK(quantity)                                                                       \
    command_run(world, 1, "add", "kind=return", "type=returned", "fund=quy-1", "unit=09706", \
                "line=warm", "occurred_on=2019-10-22", handover,                             \
                "items=item=Áo khoác;quantity=" quantity ";unit_of_measure=bộ;value=100", NULL)
    must_want_reason(BACK("5"), "“{1}”: {2} come back, {3} of them", "items");
    command_saved(BACK("3"), code);
    must_want_reason(BACK("2"), "“{1}”: {2} come back, {3} of them", "items");
    command_saved(BACK("1"), code);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define SLIP(name) cmocka_unit_test_setup_teardown(test_commands_##name, setup, teardown)
        SLIP(amounts_that_cannot_be_name_their_field),
        SLIP(dates_out_of_place_are_asked_about),
        SLIP(birth_in_the_future_or_of_an_adult_is_asked_about),
        SLIP(forgotten_unit_is_not_called_forbidden),
        SLIP(other_words_for_money_are_refused),
        SLIP(text_is_stored_in_one_form),
        SLIP(typed_twice_is_told),
        SLIP(record_of_another_kind_or_withdrawn_is_not_named),
        SLIP(what_others_stand_on_is_not_withdrawn),
        SLIP(revision_of_a_withdrawn_record_says_so),
        SLIP(one_decision_is_recorded_once),
        SLIP(goods_leave_with_their_value),
        SLIP(allocation_in_another_unit_of_measure_wants_a_reason),
        SLIP(handover_and_return_keep_to_what_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
