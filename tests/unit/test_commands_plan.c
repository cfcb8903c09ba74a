/* SPDX-License-Identifier: MPL-2.0 */
/* Goal: the tables of a plan are checked with file and line, loaded once, loaded again without
 * change, and changed cell by cell. Method: the plans of deploy/plans, and copies of them with one
 * thing spoilt, go through plan_check and plan_load. */
#include "base/xalloc.h"
#include "support/command_world.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

static command_world_t *world;

static int
setup(void **state)
{
    (void)state;
    world = command_world_new();
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    command_world_destroy(&world);
    return 0;
}

/* Replaces the first `from` of a file by `to`. */
static void
spoil(ts_command_t *command, const char *file, const char *from, const char *to)
{
    for (size_t i = 0; i < command->file_count; i++) {
        if (strcmp(command->files[i].name, file) != 0) {
            continue;
        }
        ts_buf_t *data = &command->files[i].data;
        ts_buf_put_u8(data, 0);
        const char *text = (const char *)data->data;
        const char *at = strstr(text, from);
        assert_non_null(at);
        ts_buf_t changed = {0};
        ts_buf_put(&changed, text, (size_t)(at - text));
        ts_buf_put_text(&changed, to);
        ts_buf_put_text(&changed, at + strlen(from));
        ts_buf_free(data);
        *data = changed;
        return;
    }
    fail();
}

static const ts_reply_t *
run_plan(const char *name, const char *plan, const char *file, const char *from, const char *to)
{
    ts_command_t command;
    ts_command_init(&command, name);
    command.account = 1;
    command_add_plan(&command, plan);
    if (file != NULL) {
        spoil(&command, file, from, to);
    }
    return command_run_built(world, &command);
}

static void
test_commands_plan_check_takes_both_plans(void **state)
{
    (void)state;
    static const char *const plans[] = {"ha-noi-588", "son-la-199"};
    for (size_t i = 0; i < TS_COUNT(plans); i++) {
        const ts_reply_t *reply = run_plan("plan_check", plans[i], NULL, NULL, NULL);
        if (reply->code != TS_ERR_OK) {
            command_print(reply);
        }
        assert_int_equal(reply->code, TS_ERR_OK);
        assert_int_equal(command_number(reply, "plan_load", 0, "errors"), 0);
    }
}

/* The leaflets: 5.000 × 0,5 triệu is not 25 triệu; both readings are told, nothing is changed. */
static void
test_commands_plan_check_warns_of_the_leaflets(void **state)
{
    (void)state;
    const ts_reply_t *reply = run_plan("plan_check", "son-la-199", NULL, NULL, NULL);
    bool found = false;
    for (size_t i = 0; i < reply->issue_count; i++) {
        const ts_issue_t *issue = &reply->issues[i];
        if (issue->file != NULL && strcmp(issue->file, "budget.csv") == 0 && issue->line == 4) {
            char *text = ts_msg_fill(&issue->say, issue->say.id);
            assert_int_equal(issue->severity, TS_SEVERITY_WARNING);
            assert_non_null(strstr(text, "2500000000"));
            assert_non_null(strstr(text, "25000000"));
            assert_non_null(strstr(text, "5000"));
            ts_xfree(text);
            found = true;
        }
    }
    if (!found) {
        command_print(reply);
    }
    assert_true(found);
}

/* A scale is not dropped in silence: who loads it hears what becomes of it. */
static void
test_commands_plan_scale_of_needs_is_checked_and_said_not_to_be_loaded(void **state)
{
    (void)state;
    static const char *const commands[] = {"plan_check", "plan_load"};
    for (size_t i = 0; i < TS_COUNT(commands); i++) {
        const ts_reply_t *reply =
            run_plan(commands[i], "ha-noi-588", "needscale.csv", "order,note",
                     "order,note\ng1,ha-noi-588,1,Cần,,1,\ng2,ha-noi-588,2,Rất cần,,2,");
        assert_int_equal(reply->code, TS_ERR_OK);
        assert_true(command_has_issue(reply, "the scale is checked and not loaded", "grade"));
    }
    const ts_reply_t *reply =
        run_plan("plan_check", "ha-noi-588", "needscale.csv", "order,note",
                 "order,note\ng1,ha-noi-588,1,Cần,,1,\ng2,ha-noi-588,1,Rất cần,,2,");
    assert_int_equal(reply->code, TS_ERR_INVALID);
    assert_true(command_has_issue(reply, "this grade stands in the list twice", "grade"));
    reply = run_plan("plan_check", "ha-noi-588", NULL, NULL, NULL);
    assert_false(command_has_issue(reply, "the scale is checked and not loaded", NULL));
}

static const struct {
    const char *file;
    const char *from;
    const char *to;
    const char *say;    /* beginning of the template */
    uint32_t line;      /* 0 = any */
    const char *column; /* NULL = any */
} spoilt[] = {
    {"units.csv", "001,001,01,district", "001,001,99,district", "“{1}” is no key of", 3, "parent"},
    {"units.csv", "001,001,01,district", "001,001,,district", "only a province", 3, "parent"},
    {"units.csv", "002,002,01", "001,002,01", "this key stands in line", 4, "key"},
    {"units.csv", "001,001,01,district", "001,001,01,quarter", "“{1}” is not one of", 3, "level"},
    {"units.csv", "2013-12-28,2025-07-01", "2026-12-28,2025-07-01", "it ends before it begins", 0,
     "valid_to"},
    {"units.csv", "Quận Ba Đình",
     "Qua\xcc"
     "\xa3"
     "\xcc"
     "\x82"
     "n Ba \xc4"
     "\x90"
     "i\xcc"
     "\x80"
     "nh",
     "letters are not composed", 3, NULL},
    {"units.csv", "key,code,parent", "key,kode,parent", "", 1, NULL},
    {"bands.csv", "under3m,Dưới 3 tháng,0,3", "under3m,Dưới 3 tháng,0,4",
     "this report band overlaps", 0, "from_month"},
    {"bands.csv", "under3m,Dưới 3 tháng,0,3", "under3m,Dưới 3 tháng,0,2", "no report band covers",
     0, NULL},
    {"bands.csv", ",report,", ",raport,", "this is not one of", 2, "purpose"},
    {"lines.csv", ",EXAM,", ",EXAMS,", "“{1}” is not one of", 2, "common"},
    {"duties.csv", "soyte,hn-soyte,hn-soldtbxh", "soyte,hn-soyt,hn-soldtbxh", "“{1}” is no key of",
     2, "from_body"},
    {"duties.csv", ",11,30,", ",13,30,", "there is no such day", 2, "due_day"},
    {"duties.csv", "soyte,hn-soyte,hn-soldtbxh", "soyte,hn-soyte,hn-soyte",
     "nobody reports to itself", 2, "to_body"},
    {"periods.csv", "2019-year,ha-noi-588,year,2019", "2019-year,ha-noi-588,year,19",
     "this is no year", 2, "year"},
    {"periods.csv", "2019-11-29", "29/11/2019", "a date is written", 2, "due_on"},
    {"periods.csv", "2019-01-01,2019-11-14", "2019-12-01,2019-11-14", "this date lies before", 2,
     "proposed_to"},
    {"scope.csv", "09697,ha-noi-588", "09697,ha-noi-999", "this row belongs to another plan", 2,
     "plan"},
    {"scope.csv", "09703@2008-08-01", "09697@2008-08-01", "this unit stands in the list twice", 3,
     "unit"},
    {"targets.csv", ",100,", ",120,", "a share is at most", 2, "percent"},
    {"targets.csv", "exam;nutrition", "exam;nutritoin", "“{1}” is no key of", 2, "lines"},
    {"plan.csv", ",2019,2025,", ",2025,2019,", "it ends before it begins", 2, "valid_to_year"},
    {"bodies.csv", "hn-soldtbxh,Sở Lao động", "HN-soldtbxh,Sở Lao động",
     "a key holds small letters", 3, "key"},
};

static void
test_commands_plan_check_finds_with_file_and_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_COUNT(spoilt); i++) {
        const ts_reply_t *reply =
            run_plan("plan_check", "ha-noi-588", spoilt[i].file, spoilt[i].from, spoilt[i].to);
        bool found = false;
        for (size_t k = 0; k < reply->issue_count; k++) {
            const ts_issue_t *issue = &reply->issues[k];
            found = found ||
                    (issue->severity == TS_SEVERITY_ERROR && issue->file != NULL &&
                     strcmp(issue->file, spoilt[i].file) == 0 &&
                     strncmp(issue->say.id, spoilt[i].say, strlen(spoilt[i].say)) == 0 &&
                     (spoilt[i].line == 0 || issue->line == spoilt[i].line) &&
                     (spoilt[i].column == NULL ||
                      (issue->column != NULL && strcmp(issue->column, spoilt[i].column) == 0)));
        }
        if (!found) {
            (void)fprintf(stderr, "row %zu: %s\n", i, spoilt[i].say);
            command_print(reply);
        }
        assert_true(found);
        assert_int_equal(reply->code, TS_ERR_INVALID);
    }
}

/* What it tells of a long code is text that goes through the wire (command_run_built), whole. */
static void
test_commands_plan_check_tells_a_long_code_whole(void **state)
{
    (void)state;
    char from[] = "001,001,01,district";
    ts_buf_t code = {0};
    for (int i = 0; i < 51; i++) {
        ts_buf_put_text(&code, "ờ");
    }
    ts_buf_put_u8(&code, 0);
    ts_buf_t row = {0};
    ts_buf_put_text(&row, "001,");
    ts_buf_put_text(&row, (const char *)code.data);
    ts_buf_put_text(&row, ",01,district");
    ts_buf_put_u8(&row, 0);
    const ts_reply_t *reply =
        run_plan("plan_check", "ha-noi-588", "units.csv", from, (const char *)row.data);
    bool found = false;
    for (size_t i = 0; i < reply->issue_count; i++) {
        const ts_msg_t *say = &reply->issues[i].say;
        found = found || (strncmp(say->id, "the key of this unit", 20) == 0 &&
                          strncmp(say->args[0], (const char *)code.data, code.length - 1) == 0);
    }
    assert_true(found);
    ts_buf_free(&code);
    ts_buf_free(&row);
}

static void
test_commands_plan_check_says_which_table_is_missing(void **state)
{
    (void)state;
    ts_command_t command;
    ts_command_init(&command, "plan_check");
    command_add_plan(&command, "ha-noi-588");
    ts_xfree(command.files[4].name);
    command.files[4].name = ts_xstrdup("lines-old.csv");
    const ts_reply_t *reply = command_run_built(world, &command);
    assert_int_equal(reply->code, TS_ERR_INVALID);
    assert_true(command_has_issue(reply, "the table {1} is missing", NULL));
    assert_true(command_has_issue(reply, "this file is no table", NULL));
}

static void
test_commands_plan_load_twice_changes_nothing(void **state)
{
    (void)state;
    const ts_reply_t *reply = run_plan("plan_load", "ha-noi-588", NULL, NULL, NULL);
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_OK);
    int64_t added = command_number(reply, "plan_load", 0, "added");
    assert_true(added > 200);
    /* The province's own unit and body are known from the founding: their rows revise them. */
    assert_int_equal(command_number(reply, "plan_load", 0, "changed"), 2);
    reply = run_plan("plan_load", "ha-noi-588", NULL, NULL, NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_int_equal(command_number(reply, "plan_load", 0, "added"), 0);
    assert_int_equal(command_number(reply, "plan_load", 0, "changed"), 0);
    assert_int_equal(command_number(reply, "plan_load", 0, "unchanged"), added + 2);
    assert_int_equal(command_number(command_run(world, 0, "status", NULL), "status", 0, "pending"),
                     0);
    assert_int_equal(command_number(command_run(world, 0, "status", NULL), "status", 0, "parked"),
                     0);
}

static void
test_commands_plan_load_revises_a_changed_cell(void **state)
{
    (void)state;
    assert_int_equal(run_plan("plan_load", "ha-noi-588", NULL, NULL, NULL)->code, TS_ERR_OK);
    const ts_reply_t *reply =
        run_plan("plan_load", "ha-noi-588", "lines.csv", "Bữa ăn dinh dưỡng", "Bữa ăn đủ chất");
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_int_equal(command_number(reply, "plan_load", 0, "changed"), 1);
    assert_int_equal(command_number(reply, "plan_load", 0, "added"), 0);
    reply = command_run(world, 0, "list", "kind=line", "filter=code=nutrition", NULL);
    assert_string_equal(command_cell(reply, "line", 0, "name"), "Bữa ăn đủ chất");
}

static void
test_commands_plan_load_with_faults_writes_nothing(void **state)
{
    (void)state;
    const ts_reply_t *reply = run_plan("plan_load", "ha-noi-588", "lines.csv", ",EXAM,", ",EXAMS,");
    assert_int_equal(reply->code, TS_ERR_INVALID);
    assert_int_equal(
        ts_table_rows(ts_reply_table(command_run(world, 0, "plan_list", NULL), "plans")), 0);
}

static void
test_commands_plan_list_and_show(void **state)
{
    (void)state;
    command_load_plan(world, "son-la-199");
    const ts_reply_t *reply = command_run(world, 0, "plan_list", NULL);
    assert_string_equal(command_cell(reply, "plans", 0, "plan"), "son-la-199");
    assert_int_equal(command_number(reply, "plans", 0, "lines"), 4);
    assert_int_equal(command_number(reply, "plans", 0, "duties"), 36);
    assert_int_equal(command_number(reply, "plans", 0, "budget"), 14);
    assert_int_equal(command_number(reply, "plans", 0, "scope"), 0);
    reply = command_run(world, 0, "plan_show", "plan=son-la-199", NULL);
    assert_int_equal(reply->code, TS_ERR_OK);
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "line")), 4);
}

/* Duties that are due on that day. */
static size_t
dated_duties(const ts_reply_t *reply, const char *due)
{
    size_t count = 0;
    const ts_table_t *duties = ts_reply_table(reply, "duties");
    for (size_t row = 0; row < ts_table_rows(duties); row++) {
        const ts_cell_t *cell = ts_table_cell(duties, row, ts_table_column(duties, "due"));
        ts_date_t day;
        assert_int_equal(ts_date_parse_iso(due, &day), TS_ERR_OK);
        count += cell->kind == TS_CELL_NUMBER && cell->number == day.days ? 1 : 0;
    }
    return count;
}

static size_t
duties_of(const ts_reply_t *reply, const char *class)
{
    size_t count = 0;
    const ts_table_t *duties = ts_reply_table(reply, "duties");
    for (size_t row = 0; row < ts_table_rows(duties); row++) {
        count += strcmp(command_cell(reply, "duties", row, "class"), class) == 0 ? 1 : 0;
    }
    return count;
}

/* 12 districts and 4 unions, before 30/5 and before 30/11: 32 dated duties, 24 of them owed; the
 * department's own two have no date. On 1/12 the 24 are overdue and the unions' never. */
static void
test_commands_plan_son_la_2020_has_32_duties(void **state)
{
    (void)state;
    command_load_plan(world, "son-la-199");
    command_world_set_day(world, "2020-12-01");
    const ts_reply_t *half =
        command_run(world, 0, "report_duties", "plan=son-la-199", "period=2020-half", NULL);
    assert_int_equal(half->code, TS_ERR_OK);
    assert_int_equal(dated_duties(half, "2020-05-29"), 16);
    assert_int_equal(duties_of(half, "overdue"), 12);
    size_t all = ts_table_rows(ts_reply_table(half, "duties"));
    const ts_reply_t *year =
        command_run(world, 0, "report_duties", "plan=son-la-199", "period=2020-year", NULL);
    assert_int_equal(year->code, TS_ERR_OK);
    assert_int_equal(dated_duties(year, "2020-11-29"), 16);
    assert_int_equal(duties_of(year, "overdue"), 12);
    assert_int_equal(all + ts_table_rows(ts_reply_table(year, "duties")), 36);
}

/* 7 departments, the Front (invited) and 30 districts, before 30/11, and no half-year report. */
static void
test_commands_plan_ha_noi_2020_has_38_duties(void **state)
{
    (void)state;
    command_load_plan(world, "ha-noi-588");
    command_world_set_day(world, "2020-12-01");
    const ts_reply_t *year =
        command_run(world, 0, "report_duties", "plan=ha-noi-588", "period=2020-year", NULL);
    assert_int_equal(year->code, TS_ERR_OK);
    assert_int_equal(dated_duties(year, "2020-11-29"), 38);
    assert_int_equal(duties_of(year, "overdue"), 37);
    assert_int_equal(ts_table_rows(ts_reply_table(year, "duties")), 40);
    assert_int_equal(
        command_run(world, 0, "report_duties", "plan=ha-noi-588", "period=2020-half", NULL)->code,
        TS_ERR_NOTFOUND);
}

/* What the report of a plan says of its list of eligible communes, and of its first target. */
static void
must_tell_list(const char *listed, const char *target)
{
    const ts_reply_t *reply =
        command_run(world, 0, "report_figures", "plan=son-la-199", "period=2020-year", NULL);
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_OK);
    const ts_table_t *cover = ts_reply_table(reply, "cover");
    bool told = false;
    for (size_t row = 0; row < ts_table_rows(cover); row++) {
        if (strcmp(command_cell(reply, "cover", row, "key"), "units_listed") == 0) {
            const ts_cell_t *cell = ts_table_cell(cover, row, ts_table_column(cover, "value"));
            assert_int_equal(cell->kind, TS_CELL_SAY);
            char *said = ts_msg_fill(cell->say, cell->say->id);
            assert_string_equal(said, listed);
            ts_xfree(said);
            told = true;
        }
    }
    assert_true(told);
    bool found = false;
    const ts_table_t *targets = ts_reply_table(reply, "targets");
    for (size_t row = 0; row < ts_table_rows(targets); row++) {
        found = found || strcmp(command_cell(reply, "targets", row, "note"), target) == 0;
    }
    assert_true(found);
}

/* Sơn La's plan has no list of communes: it comes later from a decision, and until then the report
 * says that it is not in the plan and that what rests on it cannot be computed. */
static void
test_commands_plan_scope_is_loaded_later(void **state)
{
    (void)state;
    static const char table[] = "key,plan,unit,area_grade,source,note\n"
                                "03658,son-la-199,03658,III,Quyết định thử 582,\n"
                                "03661,son-la-199,03661,III,Quyết định thử 582,\n"
                                "03664,son-la-199,03664,,Quyết định thử 900,\n";
    static const char wrong[] = "key,plan,unit,area_grade,source,note\n"
                                "999,son-la-199,99999,III,Quyết định thử,\n";
    command_load_plan(world, "son-la-199");
    must_tell_list("not in the plan",
                   "cannot be computed: the list of eligible communes is not in the plan");
    ts_command_t command;
    ts_command_init(&command, "plan_scope");
    command.account = 1;
    ts_command_add_file(&command, "scope.csv",
                        (ts_bytes_t){(const uint8_t *)wrong, sizeof wrong - 1});
    const ts_reply_t *reply = command_run_built(world, &command);
    assert_int_equal(reply->code, TS_ERR_INVALID);
    assert_true(command_has_issue(reply, "“{1}” is no key of", "unit"));
    ts_command_init(&command, "plan_scope");
    command.account = 1;
    ts_command_add_file(&command, "scope.csv",
                        (ts_bytes_t){(const uint8_t *)table, sizeof table - 1});
    reply = command_run_built(world, &command);
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_OK);
    reply = command_run(world, 0, "plan_list", NULL);
    assert_int_equal(command_number(reply, "plans", 0, "scope"), 3);
    must_tell_list("3 communes, listed in: Quyết định thử 582; Quyết định thử 900",
                   "the plan sets no number");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_commands_plan_check_takes_both_plans, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_plan_check_warns_of_the_leaflets, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_plan_check_finds_with_file_and_line, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_plan_check_says_which_table_is_missing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_plan_load_twice_changes_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_plan_load_revises_a_changed_cell, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_plan_load_with_faults_writes_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_plan_list_and_show, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_commands_plan_scale_of_needs_is_checked_and_said_not_to_be_loaded, setup,
            teardown),
        cmocka_unit_test_setup_teardown(test_commands_plan_scope_is_loaded_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commands_plan_son_la_2020_has_32_duties, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_plan_ha_noi_2020_has_38_duties, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commands_plan_check_tells_a_long_code_whole, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
