/* SPDX-License-Identifier: MPL-2.0 */
/* Goal: what the holder of a fund may not record is refused with field and reason: wrong sums, more
 * than the fund has, outside a gift's restriction, beyond the open need; what happened all the same
 * is taken with a reason. Method: commands against a real province. */
#include "base/xalloc.h"
#include "support/command_world.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

static command_world_t *world;
static char fund[TS_CODE_BYTES_MAX];
static char need[TS_CODE_BYTES_MAX];

#define DONOR "donor=Công ty Giả Định A"

static int
setup(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    world = command_world_new();
    command_world_fund(world, fund);
    command_saved(
        command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1", "occurred_on=2019-10-01",
                    "items=item=VND;quantity=100000000;unit_of_measure=VND;value=100000000", NULL),
        code);
    command_saved(command_run(world, 1, "add", "kind=need", "unit=09706", "line=warm",
                              "quantity=40", "unit_of_measure=bộ", "occurred_on=2019-10-15",
                              "heads=band=primary;sex=female;count=40", NULL),
                  need);
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
    if (reply->code != TS_ERR_INVALID || !command_has_issue(reply, template, column)) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_INVALID);
    assert_true(command_has_issue(reply, template, column));
}

static const char *
buy(char out[TS_CODE_BYTES_MAX])
{
    return command_saved(
        command_run(world, 1, "add", "kind=purchase", "fund=quy-1", "occurred_on=2019-11-01",
                    "advanced=20000000", "spent=17500000", "change=2500000",
                    "items=item=Áo khoác;quantity=50;unit_of_measure=bộ;value=17500000", NULL),
        out);
}

static void
test_commands_receipt_arithmetic(void **state)
{
    (void)state;
    must_object(command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1",
                            "occurred_on=2019-10-01", NULL),
                "There is no item", "items");
    must_object(command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1",
                            "occurred_on=2019-10-01", "items=item=VND;quantity=100;value=99", NULL),
                "Money has its quantity", "items");
    must_object(command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1",
                            "occurred_on=2019-10-01",
                            "items=item=Chăn;quantity=10;unit_of_measure=cái", NULL),
                "“{1}” has no value", "items");
    must_object(
        command_run(
            world, 1, "add", "kind=receipt", DONOR, "fund=quy-1", "occurred_on=2019-10-01",
            "items=item=VND;quantity=2300000;value=2300000;currency=USD;foreign_minor=10000", NULL),
        "Foreign money needs", "items");
    const ts_reply_t *reply =
        command_run(world, 1, "add", "kind=receipt", "donor=Công ty Giả Định B", "fund=quy-1",
                    "occurred_on=2019-10-01", "items=item=VND;quantity=100;value=100", NULL);
    assert_int_equal(reply->code, TS_ERR_NOTFOUND);
}

static void
test_commands_purchase_arithmetic_and_balance(void **state)
{
    (void)state;
    must_object(
        command_run(world, 1, "add", "kind=purchase", "fund=quy-1", "occurred_on=2019-11-01",
                    "advanced=20000000", "spent=17500000", "change=2000000",
                    "items=item=Áo khoác;quantity=50;unit_of_measure=bộ;value=17500000", NULL),
        "Advanced {1} is not", "advanced_vnd");
    must_object(command_run(world, 1, "add", "kind=purchase", "fund=quy-1",
                            "occurred_on=2019-11-01", "advanced=17500000", "spent=17500000",
                            "items=item=Áo khoác;quantity=50;unit_of_measure=bộ;value=17000000",
                            NULL),
                "The items are worth", "items");
    must_object(command_run(world, 1, "add", "kind=purchase", "fund=quy-1",
                            "occurred_on=2019-11-01", "advanced=100000001", "spent=100000001",
                            "items=item=Áo khoác;quantity=50;unit_of_measure=bộ;value=100000001",
                            NULL),
                "{1} đồng are advanced", "advanced_vnd");
    char code[TS_CODE_BYTES_MAX];
    buy(code);
}

static void
test_commands_allocation_within_fund_and_open_need(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char need_field[64];
    (void)snprintf(need_field, sizeof need_field, "need=%s", need);
    must_object(command_run(world, 1, "add", "kind=allocation", "fund=quy-1",
                            "occurred_on=2019-11-05", need_field,
                            "items=item=Áo khoác;quantity=10;unit_of_measure=bộ", NULL),
                "“{1}” ({4}): {2} are taken", "items");
    buy(code);
    must_object(command_run(world, 1, "add", "kind=allocation", "fund=quy-1",
                            "occurred_on=2019-11-05", need_field,
                            "items=item=Áo khoác;quantity=41;unit_of_measure=bộ", NULL),
                "{1} are allocated, {2} are open", "items");
    command_saved(command_run(world, 1, "add", "kind=allocation", "fund=quy-1",
                              "occurred_on=2019-11-05", need_field,
                              "items=item=Áo khoác;quantity=30;unit_of_measure=bộ;value=10500000",
                              NULL),
                  code);
    must_object(command_run(world, 1, "add", "kind=allocation", "fund=quy-1",
                            "occurred_on=2019-11-05", "unit=09706", "line=warm",
                            "items=item=Áo khoác;quantity=11;unit_of_measure=bộ", NULL),
                "{1} are allocated, {2} are open", "items");
    /* A gift beyond need is kept apart. */
    command_saved(
        command_run(world, 1, "add", "kind=allocation", "fund=quy-1", "occurred_on=2019-11-05",
                    "purpose=reserve", "unit=09706", "line=warm",
                    "items=item=Áo khoác;quantity=20;unit_of_measure=bộ;value=7000000", NULL),
        code);
    must_object(command_run(world, 1, "add", "kind=allocation", "fund=quy-1",
                            "occurred_on=2019-11-05", "unit=09706", "line=warm",
                            "items=item=Áo khoác;quantity=1;unit_of_measure=bộ", NULL),
                "“{1}” ({4}): {2} are taken", "items");
    /* No need of books was recorded there. */
    must_object(command_run(world, 1, "add", "kind=allocation", "fund=quy-1",
                            "occurred_on=2019-11-05", "unit=09706", "line=books",
                            "items=item=VND;quantity=1000;value=1000;unit_of_measure=VND", NULL),
                "No open need", "unit_id");
}

/* The version that is revised does not stand in its own way. */
static void
test_commands_allocation_revised_counts_itself_once(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char need_field[64];
    char record[64];
    (void)snprintf(need_field, sizeof need_field, "need=%s", need);
    buy(code);
    command_saved(command_run(world, 1, "add", "kind=allocation", "fund=quy-1",
                              "occurred_on=2019-11-05", need_field,
                              "items=item=Áo khoác;quantity=35;unit_of_measure=bộ;value=12250000",
                              NULL),
                  code);
    (void)snprintf(record, sizeof record, "record=%s", code);
    const ts_reply_t *reply =
        command_run(world, 1, "revise", record, "reason=thêm",
                    "items=item=Áo khoác;quantity=40;unit_of_measure=bộ;value=14000000", NULL);
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_OK);
    must_object(command_run(world, 1, "revise", record, "reason=thêm nữa",
                            "items=item=Áo khoác;quantity=41;unit_of_measure=bộ;value=14350000",
                            NULL),
                "{1} are allocated, {2} are open", "items");
}

static void
test_commands_allocation_keeps_to_the_restriction(void **state)
{
    (void)state;
    char receipt[TS_CODE_BYTES_MAX];
    char code[TS_CODE_BYTES_MAX];
    char field[64];
    char need_field[64];
    command_saved(
        command_run(
            world, 1, "add", "kind=receipt", DONOR, "fund=quy-1", "occurred_on=2019-10-02",
            "items=item=Áo khoác;quantity=10;unit_of_measure=bộ;value=3500000;valued_by=bên tặng",
            "restriction_unit=10504", NULL),
        receipt);
    (void)snprintf(field, sizeof field, "receipt=%s", receipt);
    (void)snprintf(need_field, sizeof need_field, "need=%s", need);
    must_object(command_run(world, 1, "add", "kind=allocation", "fund=quy-1",
                            "occurred_on=2019-11-05", need_field, field,
                            "items=item=Áo khoác;quantity=10;unit_of_measure=bộ;value=3500000",
                            NULL),
                "The gift is only for another unit", "receipt_far_id");
    must_object(command_run(world, 1, "add", "kind=allocation", "fund=quy-1",
                            "occurred_on=2019-11-05", need_field, field,
                            "items=item=Áo khoác;quantity=10;unit_of_measure=bộ;value=3500000",
                            "redirect_consented=yes", NULL),
                "Say how and when the donor consented", "redirect_note");
    command_saved(command_run(world, 1, "add", "kind=allocation", "fund=quy-1",
                              "occurred_on=2019-11-05", need_field, field,
                              "items=item=Áo khoác;quantity=10;unit_of_measure=bộ;value=3500000",
                              "redirect_consented=yes", "redirect_note=gọi điện 4/11", NULL),
                  code);
}

/* The objection's sentence with its figures is exactly this. */
static void
must_say(const ts_reply_t *reply, const char *column, const char *sentence)
{
    if (reply->code != TS_ERR_INVALID || reply->issue_count == 0) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_INVALID);
    assert_int_equal(reply->issue_count, 1);
    assert_string_equal(reply->issues[0].column, column);
    char *said = ts_msg_fill(&reply->issues[0].say, reply->issues[0].say.id);
    assert_string_equal(said, sentence);
    ts_xfree(said);
}

static void
saved_now(const ts_reply_t *reply)
{
    char code[TS_CODE_BYTES_MAX];
    command_saved(reply, code);
}

static const ts_reply_t *
allocate(const char *unit, const char *items, const char *receipt)
{
    return command_run(world, 1, "add", "kind=allocation", "fund=quy-1", "occurred_on=2019-11-05",
                       unit, "line=warm", items, receipt, NULL);
}

#define NAME_IT " for this one. Whoever may draw on such a gift names its receipt (receipt=…)"

/* Ten coats are for An Phú (10504) alone. Whoever leaves the receipt out gets none of them for Vân
 * Hòa (09706), however many others there are. By hand: gift 10, bought 50; 40 for Vân Hòa leave 20,
 * of them 10 kept; 12 for An Phú take the 10 and 2 of the others; 8 free ones are left. */
static void
test_commands_allocation_without_receipt_does_not_go_round_a_restriction(void **state)
{
    (void)state;
    char receipt[TS_CODE_BYTES_MAX];
    char named[64];
    saved_now(command_run(world, 1, "add", "kind=need", "unit=10504", "line=warm", "quantity=12",
                          "unit_of_measure=bộ", "occurred_on=2019-10-15",
                          "heads=band=primary;sex=male;count=12", NULL));
    command_saved(
        command_run(
            world, 1, "add", "kind=receipt", DONOR, "fund=quy-1", "occurred_on=2019-10-02",
            "items=item=Áo khoác;quantity=10;unit_of_measure=bộ;value=3500000;valued_by=bên tặng",
            "restriction_unit=10504", NULL),
        receipt);
    must_say(allocate("unit=09706",
                      "items=item=Áo khoác;quantity=4;unit_of_measure=bộ;value=1400000", NULL),
             "items",
             "“Áo khoác”: 4 are taken; the fund has 10, of which 10 were given for other "
             "purposes: 0 are free" NAME_IT);
    char code[TS_CODE_BYTES_MAX];
    buy(code);
    saved_now(allocate("unit=09706",
                       "items=item=Áo khoác;quantity=40;unit_of_measure=bộ;value=14000000", NULL));
    must_say(command_run(world, 1, "add", "kind=allocation", "fund=quy-1", "purpose=reserve",
                         "occurred_on=2019-11-05", "line=warm",
                         "items=item=Áo khoác;quantity=11;unit_of_measure=bộ;value=3850000", NULL),
             "items",
             "“Áo khoác”: 11 are taken; the fund has 20, of which 10 were given for other "
             "purposes: 10 are free" NAME_IT);
    /* Where the gift is meant for nobody has to name it. */
    saved_now(allocate("unit=10504",
                       "items=item=Áo khoác;quantity=12;unit_of_measure=bộ;value=4200000", NULL));
    /* It is used up: naming it now gives nothing more than the eight that are left. */
    (void)snprintf(named, sizeof named, "receipt=%s", receipt);
    must_object(allocate("unit=10504", "items=item=Áo khoác;quantity=9;unit_of_measure=bộ", named),
                "“{1}” ({4}): {2} are taken, the fund has {3}", "items");
    saved_now(command_run(world, 1, "add", "kind=allocation", "fund=quy-1", "purpose=reserve",
                          "occurred_on=2019-11-05", "line=warm",
                          "items=item=Áo khoác;quantity=8;unit_of_measure=bộ;value=2800000", NULL));
}

/* 30 million are for scholarships. By hand: the fund has 130, so 100 are free; what is bought from
 * the 30 is for scholarships too, and what is given out straight from the fund is asked about. */
static void
test_commands_restricted_money_stays_restricted_when_it_becomes_goods(void **state)
{
    (void)state;
    char receipt[TS_CODE_BYTES_MAX];
    char named[64];
    command_saved(command_run(world, 1, "add", "kind=receipt", DONOR, "fund=quy-1",
                              "occurred_on=2019-10-02",
                              "items=item=VND;quantity=30000000;value=30000000",
                              "restriction_line=scholarship", NULL),
                  receipt);
    (void)snprintf(named, sizeof named, "receipt=%s", receipt);
    must_say(
        command_run(world, 1, "add", "kind=purchase", "fund=quy-1", "occurred_on=2019-11-01",
                    "advanced=110000000", "spent=110000000",
                    "items=item=Áo khoác;quantity=40;unit_of_measure=bộ;value=110000000", NULL),
        "receipt_id",
        "110000000 đồng are advanced; the fund has 130000000, of which 30000000 were given for "
        "certain purposes: 100000000 are free. Name the receipt that it is bought from "
        "(receipt=…): the goods are for the same purpose");
    saved_now(command_run(world, 1, "add", "kind=purchase", "fund=quy-1", "occurred_on=2019-11-01",
                          named, "advanced=30000000", "spent=28000000", "change=2000000",
                          "items=item=Cặp sách;quantity=40;unit_of_measure=bộ;value=28000000",
                          NULL));
    must_say(allocate("unit=09706",
                      "items=item=Cặp sách;quantity=1;unit_of_measure=bộ;value=700000", NULL),
             "items",
             "“Cặp sách”: 1 are taken; the fund has 40, of which 40 were given for other "
             "purposes: 0 are free" NAME_IT);
    /* The change of 2 million is still for scholarships: 102 left, 100 free. */
    must_say(command_run(world, 1, "add", "kind=purchase", "fund=quy-1", "occurred_on=2019-11-02",
                         "advanced=100000001", "spent=100000001",
                         "items=item=Áo khoác;quantity=40;unit_of_measure=bộ;value=100000001",
                         NULL),
             "receipt_id",
             "100000001 đồng are advanced; the fund has 102000000, of which 2000000 were given for "
             "certain purposes: 100000000 are free. Name the receipt that it is bought from "
             "(receipt=…): the goods are for the same purpose");
    /* A handover from the fund has happened: a reason is enough. */
    const char *const bags = "items=item=Cặp sách;quantity=1;unit_of_measure=bộ;value=700000";
    must_object(command_run(world, 1, "add", "kind=handover", "fund=quy-1", "unit=09706",
                            "line=warm", "occurred_on=2019-11-05", "site=Trường A", bags, NULL),
                "“{1}”: {2} are taken; the fund has {3}, of which", "items");
    saved_now(command_run(world, 1, "add", "kind=handover", "fund=quy-1", "unit=09706", "line=warm",
                          "occurred_on=2019-11-05", "site=Trường A", bags,
                          "reason=bên tặng đồng ý tại chỗ", NULL));
    saved_now(command_run(world, 1, "add", "kind=handover", "fund=quy-1", "unit=09706",
                          "line=scholarship", "occurred_on=2019-11-05", "site=Trường A", bags,
                          NULL));
}

static void
test_commands_handover_beyond_and_repeated_wants_a_reason(void **state)
{
    (void)state;
    char allocation[TS_CODE_BYTES_MAX];
    char child[TS_CODE_BYTES_MAX];
    char code[TS_CODE_BYTES_MAX];
    char need_field[64];
    char from[64];
    char to[64];
    (void)snprintf(need_field, sizeof need_field, "need=%s", need);
    buy(code);
    command_saved(command_run(world, 1, "add", "kind=allocation", "fund=quy-1",
                              "occurred_on=2019-11-05", need_field,
                              "items=item=Áo khoác;quantity=2;unit_of_measure=bộ;value=700000",
                              NULL),
                  allocation);
    command_saved(command_run(world, 1, "add", "kind=beneficiary", "unit=09706", "birth_year=2012",
                              "birth_month=4", "sex=male", NULL),
                  child);
    (void)snprintf(from, sizeof from, "allocation=%s", allocation);
    (void)snprintf(to, sizeof to, "beneficiary_ids=%s", child);
    must_object(command_run(world, 1, "add", "kind=handover", "unit=09706", "line=warm", from, to,
                            "occurred_on=2019-10-20",
                            "items=item=Áo khoác;quantity=3;unit_of_measure=bộ;value=1050000",
                            NULL),
                "“{1}” ({4}): {2} are taken, {3} are left of the allocation", "items");
    command_saved(command_run(world, 1, "add", "kind=handover", "unit=09706", "line=warm", from, to,
                              "occurred_on=2019-10-20",
                              "items=item=Áo khoác;quantity=1;unit_of_measure=bộ;value=350000",
                              NULL),
                  code);
    must_object(command_run(world, 1, "add", "kind=handover", "unit=09706", "line=warm", from, to,
                            "occurred_on=2019-10-25",
                            "items=item=Áo khoác;quantity=1;unit_of_measure=bộ;value=350000", NULL),
                "The child {1} got this line", "beneficiary_ids");
    const ts_reply_t *reply = command_run(
        world, 1, "add", "kind=handover", "unit=09706", "line=warm", from, to,
        "occurred_on=2019-10-25", "items=item=Áo khoác;quantity=1;unit_of_measure=bộ;value=350000",
        "reason=áo trước bị mất", NULL);
    command_saved(reply, code);
    assert_int_equal(reply->issues[0].severity, TS_SEVERITY_WARNING);
    assert_string_equal(command_cell(reply, "record", 0, "reason"), "áo trước bị mất");
    reply = command_run(world, 0, "findings", NULL);
    bool repeated = false;
    const ts_table_t *table = ts_reply_table(reply, "findings");
    for (size_t row = 0; row < ts_table_rows(table); row++) {
        repeated = repeated || strstr(command_cell(reply, "findings", row, "finding"),
                                      "more than once") != NULL;
    }
    assert_true(repeated);
}

static void
test_commands_fund_of_another_holder_is_not_ours(void **state)
{
    (void)state;
    const ts_reply_t *reply = command_run(world, 1, "add", "kind=fund", "code=quy-2",
                                          "name=Quỹ khác", "holder_body=hn-soyte", NULL);
    assert_int_equal(reply->code, TS_ERR_DENIED);
    assert_true(command_has_issue(reply, "the fund is held by “{1}”", NULL));
}

static void
test_commands_show_tells_the_double_entry(void **state)
{
    (void)state;
    char code[TS_CODE_BYTES_MAX];
    char record[64];
    (void)snprintf(record, sizeof record, "record=%s", buy(code));
    const ts_reply_t *reply = command_run(world, 0, "show", record, NULL);
    const ts_table_t *postings = ts_reply_table(reply, "postings");
    int64_t sum = 0;
    assert_int_equal(ts_table_rows(postings), 4);
    for (size_t row = 0; row < ts_table_rows(postings); row++) {
        sum += command_number(reply, "postings", row, "value_vnd");
    }
    assert_int_equal(sum, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_commands_receipt_arithmetic, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_purchase_arithmetic_and_balance, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_allocation_within_fund_and_open_need, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_allocation_revised_counts_itself_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_allocation_keeps_to_the_restriction, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_commands_allocation_without_receipt_does_not_go_round_a_restriction, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_commands_restricted_money_stays_restricted_when_it_becomes_goods, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_handover_beyond_and_repeated_wants_a_reason,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_fund_of_another_holder_is_not_ours, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_show_tells_the_double_entry, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
