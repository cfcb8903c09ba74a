/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: when a report was sealed is told by the chain and by who held it, not by the writer's
 * clock: on time, on time over a late link, late, self-declared until an officer decides, clock
 * doubtful; a report that is sent back reaches its office. Method: whole nodes in virtual time,
 * links cut and joined, the wall clock moved; the yearly report of 2019 is due before 30/11.
 */
#include "core/kind.h"
#include "node/report_gather.h"
#include "support/node_carry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DISTRICT = 1, COMMUNE = 2 };

#define PERIOD "2019-year"
#define DUTIES                                                                             \
    "key,from_body,to_body,relation,period_kind,due_rule,due_month,due_day,article,note\n" \
    "mot,huyen-mot,so-thu,bao_cao,year,trước ngày 30/11 hàng năm,11,30,,\n"          \
    "an,xa-an,huyen-mot,bao_cao,year,trước ngày 30/11 hàng năm,11,30,,\n"

static int64_t
ms_of(const char *iso)
{
    ts_utc_t at;
    assert_int_equal(ts_utc_parse(iso, &at), TS_ERR_OK);
    return at.ms;
}

/* Moves every clock, except those that are wrong by themselves. */
static void
clock_to(world_t *world, const char *iso)
{
    int64_t wall = ms_of(iso) - world->now_ms;
    assert_true(wall > world->wall_ms);
    world->wall_ms = wall;
}

/* Province, district 901, commune 90101, in step on 20/11/2019; the commune owes a report too. */
static int
setup(void **state)
{
    world_t *world = world_new(11);
    *state = world;
    world_found(world);
    ts_command_t command;
    ts_command_init(&command, "plan_load");
    command.account = 1;
    world_plan_tables(&command, "duties.csv",
                      (ts_bytes_t){(const uint8_t *)DUTIES, strlen(DUTIES)});
    assert_int_equal(world_tell_command(world, WORLD_PROVINCE, &command), TS_ERR_OK);
    assert_int_equal(world_enrol(world, "district", "901", "huyen-mot", WORLD_PROVINCE), DISTRICT);
    assert_int_equal(world_enrol(world, "commune", "90101", "xa-an", DISTRICT), COMMUNE);
    assert_true(world_start(world, DISTRICT));
    assert_true(world_start(world, COMMUNE));
    world_settle(world);
    clock_to(world, "2019-11-20T08:00:00+07:00");
    /* A new session brings the parents' times. */
    world_link(world, DISTRICT, false);
    world_link(world, COMMUNE, false);
    world_run(world, 1000);
    world_link(world, DISTRICT, true);
    world_link(world, COMMUNE, true);
    world_settle(world);
    return 0;
}

static const char *
cell(world_t *world, const char *table, size_t row, const char *column)
{
    const ts_table_t *rows = ts_reply_table(&world->reply, table);
    assert_non_null(rows);
    const ts_cell_t *found = ts_table_cell(rows, row, ts_table_column(rows, column));
    return found->kind == TS_CELL_TEXT  ? found->text
           : found->kind == TS_CELL_SAY ? found->say->id
                                        : "";
}

/* The class of a body's duty as a node sees it. */
static const char *
class_at(world_t *world, size_t node, const char *body)
{
    world_do(world, node, "report_duties", "period", PERIOD, NULL);
    const ts_table_t *rows = ts_reply_table(&world->reply, "duties");
    for (size_t row = 0; row < ts_table_rows(rows); row++) {
        if (strcmp(cell(world, "duties", row, "body"), body) == 0) {
            return cell(world, "duties", row, "class");
        }
    }
    fail_msg("no duty of %s", body);
    return "";
}

/* Seals at that node; its short code. */
static void
seal(world_t *world, size_t node, char out[TS_CODE_BYTES_MAX])
{
    world_do(world, node, "report_seal", "period", PERIOD, NULL);
    ts_record_code_format((ts_record_id_t)world_number(world, "saved", "record"), out,
                          TS_CODE_BYTES_MAX);
}

static void
test_node_report_sealed_and_held_before_due_is_on_time(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    clock_to(world, "2019-11-27T08:00:00+07:00");
    seal(world, DISTRICT, code);
    world_settle(world);
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "on_time");
    clock_to(world, "2020-01-10T08:00:00+07:00");
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "on_time");
    assert_string_equal(class_at(world, WORLD_PROVINCE, "xa-an"), "overdue");
    /* The district sees the province's holding too. */
    assert_string_equal(class_at(world, DISTRICT, "huyen-mot"), "on_time");
}

/* The plan says "before 30/11": the last second of the 29th in Viet Nam is in time … */
static void
test_node_report_sealed_in_the_last_second_is_on_time(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    clock_to(world, "2019-11-29T23:59:59+07:00");
    seal(world, DISTRICT, code);
    world_settle(world);
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "on_time");
    clock_to(world, "2019-11-30T08:00:00+07:00");
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "on_time");
    assert_string_equal(class_at(world, WORLD_PROVINCE, "xa-an"), "overdue");
}

/* … and the first second of the 30th is not. */
static void
test_node_report_sealed_in_the_first_second_after_is_late(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    clock_to(world, "2019-11-29T23:59:00+07:00");
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "not_due");
    clock_to(world, "2019-11-30T00:00:00+07:00");
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "overdue");
    seal(world, DISTRICT, code);
    world_settle(world);
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "late");
}

static void
test_node_report_held_by_the_district_in_time_is_a_late_link(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    world_link(world, DISTRICT, false);
    clock_to(world, "2019-11-28T08:00:00+07:00");
    seal(world, COMMUNE, code);
    world_run(world, 60 * 1000);
    clock_to(world, "2019-12-20T08:00:00+07:00");
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_string_equal(class_at(world, WORLD_PROVINCE, "xa-an"), "late_link");
}

/* The same by stick: the bundle that was taken in is the witness of the time. */
static void
test_node_report_bundle_taken_in_in_time_is_a_late_link(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    world_link(world, DISTRICT, false);
    world_link(world, COMMUNE, false);
    clock_to(world, "2019-11-28T08:00:00+07:00");
    seal(world, COMMUNE, code);
    world_carry(world, COMMUNE, DISTRICT);
    clock_to(world, "2019-12-20T08:00:00+07:00");
    world_carry(world, DISTRICT, WORLD_PROVINCE);
    assert_string_equal(class_at(world, WORLD_PROVINCE, "xa-an"), "late_link");
}

/* Made in time and taken in after the day: only the writer's own clock says when. */
static void
test_node_report_bundle_taken_in_late_proves_nothing(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    ts_buf_t stick = {0};
    world_link(world, DISTRICT, false);
    world_link(world, COMMUNE, false);
    clock_to(world, "2019-11-28T08:00:00+07:00");
    seal(world, COMMUNE, code);
    world_bundle(world, COMMUNE, DISTRICT, &stick, NULL);
    clock_to(world, "2019-12-05T08:00:00+07:00");
    assert_int_equal(world_take_in(world, DISTRICT, ts_buf_bytes(&stick), 1u << 20), TS_ERR_OK);
    world_run(world, 1000);
    assert_string_equal(class_at(world, DISTRICT, "xa-an"), "self_declared");
    ts_buf_free(&stick);
}

/* A bundle from above shows its maker's time: what is sealed after it was sealed after that,
 * whatever the writer's clock says. */
static void
test_node_report_bundle_from_above_shows_the_time_before_a_seal(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    world_link(world, DISTRICT, false);
    world_link(world, COMMUNE, false);
    clock_to(world, "2019-12-02T08:00:00+07:00");
    world->nodes[COMMUNE].wall_off_ms = -INT64_C(5) * 24 * 3600 * 1000;
    world_carry(world, DISTRICT, COMMUNE);
    seal(world, COMMUNE, code);
    world_carry(world, COMMUNE, DISTRICT);
    assert_string_equal(class_at(world, DISTRICT, "xa-an"), "late");
}

static void
test_node_report_sealed_after_due_in_its_own_chain_is_late(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    clock_to(world, "2019-12-02T08:00:00+07:00");
    /* The next session brings the province's time of 2/12. */
    world_link(world, DISTRICT, false);
    world_run(world, 1000);
    world_link(world, DISTRICT, true);
    world_settle(world);
    /* A clock put back does not help. */
    world->nodes[DISTRICT].wall_off_ms = -5 * TS_DAY_MS;
    seal(world, DISTRICT, code);
    world_settle(world);
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "late");
}

static void
test_node_report_sealed_offline_is_self_declared_until_an_officer_decides(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    world_link(world, DISTRICT, false);
    clock_to(world, "2019-11-27T08:00:00+07:00");
    seal(world, DISTRICT, code);
    /* Cut off for months it still sees its duties and its figures. */
    assert_string_equal(class_at(world, DISTRICT, "huyen-mot"), "on_time");
    world_do(world, DISTRICT, "report_show", "record", code, NULL);
    assert_non_null(ts_reply_table(&world->reply, "support"));
    clock_to(world, "2020-05-20T08:00:00+07:00");
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "overdue");
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "self_declared");
    ts_command_t command;
    ts_command_init(&command, "account_add");
    command.account = 1;
    ts_command_add(&command, "number", "2");
    ts_command_add(&command, "function", "Trưởng phòng");
    ts_command_add(&command, "role", "approver");
    assert_int_equal(world_tell_command(world, WORLD_PROVINCE, &command), TS_ERR_OK);
    ts_command_init(&command, "report_waive");
    command.account = 2;
    ts_command_add(&command, "period", PERIOD);
    ts_command_add(&command, "duty", "mot");
    ts_command_add(&command, "class", "self_declared");
    ts_command_add(&command, "note", "đường sạt lở, đã đối chiếu mã qua điện thoại");
    assert_int_equal(world_tell_command(world, WORLD_PROVINCE, &command), TS_ERR_OK);
    world_do(world, WORLD_PROVINCE, "report_figures", "period", PERIOD, NULL);
    const ts_table_t *rows = ts_reply_table(&world->reply, "completeness");
    for (size_t row = 0; row < ts_table_rows(rows); row++) {
        if (strcmp(cell(world, "completeness", row, "indicator"),
                   "Declared time accepted by a named officer") == 0) {
            assert_int_equal(ts_table_cell(rows, row, ts_table_column(rows, "count"))->number, 1);
            return;
        }
    }
    fail_msg("no such indicator");
}

static void
test_node_report_with_a_clock_of_1970_is_doubtful_and_not_late(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    world_link(world, DISTRICT, false);
    clock_to(world, "2019-11-27T08:00:00+07:00");
    world->nodes[DISTRICT].wall_off_ms =
        ms_of("1970-01-03T00:00:00Z") - world->wall_ms - world->now_ms;
    seal(world, DISTRICT, code);
    world->nodes[DISTRICT].wall_off_ms = 0;
    clock_to(world, "2019-12-20T08:00:00+07:00");
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "clock_doubtful");
}

/* A seal made under a clock of 2099 is replaced by its correction all the same: clocks order
 * nothing. */
static void
test_node_report_sealed_in_2099_is_replaced_by_its_correction(void **state)
{
    world_t *world = *state;
    char wrong[TS_CODE_BYTES_MAX];
    char right[TS_CODE_BYTES_MAX];
    world->nodes[DISTRICT].wall_off_ms = ms_of("2099-01-03T00:00:00Z") - world->wall_ms;
    seal(world, DISTRICT, wrong);
    world->nodes[DISTRICT].wall_off_ms = 0;
    world_needs(world, COMMUNE, 3);
    world_settle(world);
    seal(world, DISTRICT, right);
    world_settle(world);
    const size_t nodes[] = {WORLD_PROVINCE, DISTRICT};
    for (size_t i = 0; i < TS_COUNT(nodes); i++) {
        ts_node_t *node = world->nodes[nodes[i]].node;
        ts_standing_t standing;
        ts_list_query_t query = {.kind = TS_KIND_REPORT, .limit = 10};
        ts_table_t table;
        ts_table_init(&table, "reports");
        assert_int_equal(ts_ledger_list(node->ledger, &query, &table), TS_ERR_OK);
        assert_int_equal(ts_table_rows(&table), 2);
        ts_record_id_t period =
            (ts_record_id_t)ts_table_cell(&table, 0, ts_table_column(&table, "period_id"))->number;
        ts_record_id_t body =
            (ts_record_id_t)ts_table_cell(&table, 0, ts_table_column(&table, "body_id"))->number;
        ts_table_free(&table);
        char code[TS_CODE_BYTES_MAX];
        assert_int_equal(ts_report_newest(node, period, body, &standing), TS_ERR_OK);
        ts_record_code_format(standing.record, code, sizeof code);
        assert_string_equal(code, right);
        assert_string_equal(class_at(world, nodes[i], "huyen-mot"), "on_time");
    }
}

/* The province's own clock stands at 2099 for a day: what is sealed meanwhile is not late for ever
 * once it is put right, and later seals do not carry 2099 any more. */
static void
test_node_report_under_a_root_clock_of_2099_heals(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    int64_t off = ms_of("2099-01-03T00:00:00Z") - world->wall_ms;
    world->nodes[WORLD_PROVINCE].wall_off_ms = off;
    world_link(world, DISTRICT, false);
    world_link(world, COMMUNE, false);
    world_run(world, 1000);
    world_link(world, DISTRICT, true);
    world_settle(world);
    world_link(world, COMMUNE, true);
    world_needs(world, COMMUNE, 2); /* the province's holding says 2099 too */
    world_settle(world);
    assert_true(world->nodes[COMMUNE].node->root_time_s > 4000000000u);
    assert_true(world->nodes[DISTRICT].node->root_time_s > 4000000000u);
    seal(world, DISTRICT, code);
    world_settle(world);
    world->nodes[WORLD_PROVINCE].wall_off_ms = 0;
    clock_to(world, "2019-11-25T08:00:00+07:00");
    world_needs(world, COMMUNE, 2);
    world_settle(world); /* by its next holding, without a new session */
    assert_true(world->nodes[DISTRICT].node->root_time_s < 1600000000u);
    assert_true(world->nodes[COMMUNE].node->root_time_s < 1600000000u);
    world_link(world, DISTRICT, false);
    world_link(world, COMMUNE, false);
    world_run(world, 1000);
    world_link(world, DISTRICT, true);
    world_settle(world);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_true(world->nodes[DISTRICT].node->root_time_s < 1600000000u);
    assert_true(world->nodes[COMMUNE].node->root_time_s < 1600000000u);
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "on_time");
    /* It is not on time for ever either: who held it when is not known, so the claim decides. */
    clock_to(world, "2020-01-20T08:00:00+07:00");
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "self_declared");
    /* The commune's report, offline until after the due day, is judged by right clocks. */
    world_link(world, COMMUNE, false);
    seal(world, COMMUNE, code);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_string_equal(class_at(world, WORLD_PROVINCE, "xa-an"), "late");
}

/* A district whose clock was never set holds a report: that is no proof of when. */
static void
test_node_report_held_by_a_clock_of_1970_is_not_in_time_for_that(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    world_link(world, DISTRICT, false);
    clock_to(world, "2019-12-10T08:00:00+07:00");
    world->nodes[DISTRICT].wall_off_ms =
        ms_of("1970-01-03T00:00:00Z") - world->wall_ms - world->now_ms;
    world_link(world, COMMUNE, false);
    world_run(world, 1000);
    world_link(world, COMMUNE, true);
    world_settle(world);
    seal(world, COMMUNE, code);
    world_settle(world);
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_string_equal(class_at(world, WORLD_PROVINCE, "xa-an"), "late");
}

static void
test_node_report_sent_back_reaches_its_office(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    seal(world, DISTRICT, code);
    world_settle(world);
    world_do(world, WORLD_PROVINCE, "report_return", "record", code, "note",
             "thiếu số liệu dinh dưỡng", NULL);
    world_settle(world);
    world_do(world, DISTRICT, "report_list", "period", PERIOD, NULL);
    assert_string_equal(cell(world, "reports", 0, "returned"), "sent back");
    assert_string_equal(cell(world, "reports", 0, "state"), "anchored");
    /* It is corrected by a new one; the time of the first counts, the content of the last. */
    world_needs(world, COMMUNE, 3);
    world_settle(world);
    clock_to(world, "2019-12-05T08:00:00+07:00");
    seal(world, DISTRICT, code);
    world_settle(world);
    assert_string_equal(class_at(world, WORLD_PROVINCE, "huyen-mot"), "on_time");
    const ts_table_t *rows = ts_reply_table(&world->reply, "duties");
    for (size_t row = 0; row < ts_table_rows(rows); row++) {
        if (strcmp(cell(world, "duties", row, "body"), "huyen-mot") == 0) {
            assert_int_equal(ts_table_cell(rows, row, ts_table_column(rows, "editions"))->number,
                             2);
        }
    }
    /* Its figures came with the seal. */
    world_do(world, WORLD_PROVINCE, "report_show", "record", code, NULL);
    assert_non_null(ts_reply_table(&world->reply, "needs"));
}

/* What the node says of a report that is verified there; *ret_later: figures that are otherwise
 * today. */
static const char *
verified(world_t *world, size_t node, char *code, size_t *ret_later)
{
    world_do(world, node, "report_verify", "record", code, NULL);
    *ret_later = ts_table_rows(ts_reply_table(&world->reply, "differences"));
    assert_int_equal(ts_table_rows(ts_reply_table(&world->reply, "anew")), 0);
    const ts_table_t *rows = ts_reply_table(&world->reply, "checks");
    for (size_t row = 0; row < ts_table_rows(rows); row++) {
        if (strcmp(cell(world, "checks", row, "what"), "Figures made anew from them") == 0) {
            return cell(world, "checks", row, "result");
        }
    }
    fail_msg("not made anew");
    return "";
}

/* A commune, its district and the province seal; then more needs come and the clocks go on. Each
 * report comes out to the check code from what it covers: at the office that sealed it and at the
 * province, which holds far more. */
static void
test_node_report_is_made_anew_from_what_it_covers(void **state)
{
    world_t *world = *state;
    char codes[3][TS_CODE_BYTES_MAX];
    static const size_t nodes[] = {COMMUNE, DISTRICT, WORLD_PROVINCE};
    size_t later = 0;
    world_needs(world, COMMUNE, 5);
    world_settle(world);
    for (size_t i = 0; i < 3; i++) {
        seal(world, nodes[i], codes[i]);
        world_settle(world);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(verified(world, nodes[i], codes[i], &later),
                            "the same, to the check code");
        assert_int_equal(later, 0);
    }
    world_needs(world, COMMUNE, 4);
    world_settle(world);
    clock_to(world, "2020-02-01T08:00:00+07:00");
    world_link(world, DISTRICT, false);
    world_run(world, 1000);
    world_link(world, DISTRICT, true);
    world_settle(world);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(verified(world, nodes[i], codes[i], &later),
                            "the same, to the check code");
        assert_true(later > 0);
        assert_string_equal(verified(world, WORLD_PROVINCE, codes[i], &later),
                            "the same, to the check code");
    }
}

/* The office looks again and finds nothing to change: it says so by sealing the same figures,
 * once. */
static void
test_node_report_sent_back_may_be_confirmed_unchanged(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    seal(world, DISTRICT, code);
    world_settle(world);
    assert_int_equal(world_tell(world, DISTRICT, "report_seal", "period", PERIOD, NULL),
                     TS_ERR_EXISTS);
    world_do(world, WORLD_PROVINCE, "report_return", "record", code, "note", "xem lại", NULL);
    world_settle(world);
    seal(world, DISTRICT, code);
    assert_int_equal(world_tell(world, DISTRICT, "report_seal", "period", PERIOD, NULL),
                     TS_ERR_EXISTS);
}

static void
test_node_report_of_the_parent_is_not_filed_by_its_child(void **state)
{
    world_t *world = *state;
    char code[TS_CODE_BYTES_MAX];
    seal(world, COMMUNE, code);
    world_settle(world);
    assert_int_not_equal(world_tell(world, COMMUNE, "report_file", "record", code, NULL),
                         TS_ERR_OK);
    assert_int_not_equal(
        world_tell(world, COMMUNE, "report_return", "record", code, "note", "x", NULL), TS_ERR_OK);
}

/* What a person does at the province, by account. */
static void
told(world_t *world, uint32_t account, const char *name, const char *record)
{
    ts_command_t command;
    ts_command_init(&command, name);
    command.account = account;
    ts_command_add(&command, "record", record);
    if (strcmp(name, "approve") == 0) {
        ts_command_add(&command, "decision", "approved");
    }
    assert_int_equal(world_tell_command(world, WORLD_PROVINCE, &command), TS_ERR_OK);
}

/* The province files what a district sealed; its own report of the same period is filed all the
 * same, each once. */
static void
test_node_report_filed_of_a_district_leaves_the_own_one_to_be_filed(void **state)
{
    world_t *world = *state;
    char codes[2][TS_CODE_BYTES_MAX];
    ts_command_t command;
    ts_command_init(&command, "account_add");
    command.account = 1;
    ts_command_add(&command, "number", "2");
    ts_command_add(&command, "function", "Trưởng phòng");
    ts_command_add(&command, "role", "approver");
    assert_int_equal(world_tell_command(world, WORLD_PROVINCE, &command), TS_ERR_OK);
    seal(world, DISTRICT, codes[0]);
    world_settle(world);
    seal(world, WORLD_PROVINCE, codes[1]);
    for (size_t i = 0; i < TS_COUNT(codes); i++) {
        told(world, 2, "approve", codes[i]);
        told(world, 1, "report_file", codes[i]);
    }
    for (size_t i = 0; i < TS_COUNT(codes); i++) {
        assert_int_equal(world_tell(world, WORLD_PROVINCE, "report_file", "record", codes[i], NULL),
                         TS_ERR_EXISTS);
    }
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_node_report_filed_of_a_district_leaves_the_own_one_to_be_filed),
        CASE(test_node_report_sealed_and_held_before_due_is_on_time),
        CASE(test_node_report_sealed_in_the_last_second_is_on_time),
        CASE(test_node_report_sealed_in_the_first_second_after_is_late),
        CASE(test_node_report_held_by_the_district_in_time_is_a_late_link),
        CASE(test_node_report_bundle_taken_in_in_time_is_a_late_link),
        CASE(test_node_report_bundle_taken_in_late_proves_nothing),
        CASE(test_node_report_bundle_from_above_shows_the_time_before_a_seal),
        CASE(test_node_report_sealed_after_due_in_its_own_chain_is_late),
        CASE(test_node_report_sealed_offline_is_self_declared_until_an_officer_decides),
        CASE(test_node_report_with_a_clock_of_1970_is_doubtful_and_not_late),
        CASE(test_node_report_sealed_in_2099_is_replaced_by_its_correction),
        CASE(test_node_report_under_a_root_clock_of_2099_heals),
        CASE(test_node_report_held_by_a_clock_of_1970_is_not_in_time_for_that),
        CASE(test_node_report_sent_back_reaches_its_office),
        CASE(test_node_report_is_made_anew_from_what_it_covers),
        CASE(test_node_report_sent_back_may_be_confirmed_unchanged),
        CASE(test_node_report_of_the_parent_is_not_filed_by_its_child),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
