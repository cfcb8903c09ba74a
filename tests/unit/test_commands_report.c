/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the way of a report: what is due, figures, seal, approval by another person, filing with
 * files, showing what was kept byte for byte, verifying, amending beside; every step that is not
 * allowed is refused. Method: commands against a real province with the Hà Nội plan.
 */
#include "base/xalloc.h"
#include "core/report.h"
#include "node/report_files.h"
#include "node/report_job.h"
#include "support/command_world.h"
#include "support/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static command_world_t *world;
static char sealed[TS_CODE_BYTES_MAX];
static char filed[TS_CODE_BYTES_MAX];

#define PERIOD "period=2019-year"
#define FILE_TEXT "báo cáo, bản in"

static int
setup(void **state)
{
    (void)state;
    world = command_world_new();
    command_load_plan(world, "ha-noi-588");
    assert_int_equal(command_run(world, 1, "account_add", "number=2", "function=Người duyệt",
                                 "role=approver", NULL)
                         ->code,
                     TS_ERR_OK);
    assert_int_equal(command_run(world, 1, "add", "kind=fund", "code=quy-1", "name=Quỹ giả định",
                                 "holder_body=hn-soldtbxh", NULL)
                         ->code,
                     TS_ERR_OK);
    assert_int_equal(command_run(world, 1, "add", "kind=donor", "name=DỮ LIỆU GIẢ ĐỊNH Công ty A",
                                 "class=enterprise", NULL)
                         ->code,
                     TS_ERR_OK);
    assert_int_equal(
        command_run(world, 1, "add", "kind=receipt", "donor=DỮ LIỆU GIẢ ĐỊNH Công ty A",
                    "fund=quy-1", "occurred_on=2019-10-01",
                    "items=item=VND;quantity=100000000;unit_of_measure=VND;value=100000000", NULL)
            ->code,
        TS_ERR_OK);
    assert_int_equal(command_run(world, 1, "add", "kind=need", "unit=09706", "line=warm",
                                 "quantity=40", "unit_of_measure=bộ", "occurred_on=2019-10-15",
                                 "heads=band=primary;sex=female;count=40", NULL)
                         ->code,
                     TS_ERR_OK);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    command_world_destroy(&world);
    return 0;
}

static const ts_reply_t *
good(const ts_reply_t *reply)
{
    if (reply->code != TS_ERR_OK) {
        command_print(reply);
    }
    assert_int_equal(reply->code, TS_ERR_OK);
    return reply;
}

static void
refused(const ts_reply_t *reply, ts_err_t code, const char *sentence)
{
    if (reply->code != code || reply->say.id == NULL ||
        strncmp(reply->say.id, sentence, strlen(sentence)) != 0) {
        command_print(reply);
    }
    assert_int_equal(reply->code, code);
    assert_non_null(reply->say.id);
    assert_memory_equal(reply->say.id, sentence, strlen(sentence));
}

/* "record=<code>" */
static const char *
record_field(const char *code)
{
    static char text[64];
    (void)snprintf(text, sizeof text, "record=%s", code);
    return text;
}

/* The row of a table whose column holds that text. */
static size_t
row_of(const ts_reply_t *reply, const char *table, const char *column, const char *text)
{
    const ts_table_t *rows = ts_reply_table(reply, table);
    assert_non_null(rows);
    for (size_t i = 0; i < ts_table_rows(rows); i++) {
        if (strcmp(command_cell(reply, table, i, column), text) == 0) {
            return i;
        }
    }
    fail_msg("no row %s in %s", text, table);
    return 0;
}

static const ts_reply_t *
run_with_file(const char *command, const char *record)
{
    ts_command_t built;
    ts_command_init(&built, command);
    built.account = 1;
    ts_command_add(&built, "record", record);
    ts_command_add_file(&built, "bao-cao.txt",
                        (ts_bytes_t){(const uint8_t *)FILE_TEXT, strlen(FILE_TEXT)});
    return command_run_built(world, &built);
}

/* ---- the way */

static void
test_commands_report_duties_of_the_plan(void **state)
{
    const ts_reply_t *reply = good(command_run(world, 0, "report_duties", PERIOD, NULL));
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "duties")), 40);
    size_t row = row_of(reply, "duties", "body", "hn-soyte");
    /* The clock stands at 5/1/2020: 29/11/2019 has passed. */
    assert_string_equal(command_cell(reply, "duties", row, "class"), "overdue");
    assert_int_equal(command_number(reply, "duties", row, "days_left"), -37);
    row = row_of(reply, "duties", "relation", "invited to report");
    assert_string_equal(command_cell(reply, "duties", row, "class"), "awaited");
    row = row_of(reply, "indicators", "letter", "O");
    assert_int_equal(command_number(reply, "indicators", row, "count"), 37);
    reply = good(command_run(world, 0, "report_status", "within=0", NULL));
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "duties")), 38);
}

static void
test_commands_report_figures_come_with_their_text(void **state)
{
    const ts_reply_t *reply = good(command_run(world, 0, "report_figures", PERIOD, NULL));
    size_t row = row_of(reply, "needs", "line_code", "warm");
    assert_int_equal(command_number(reply, "needs", row, "quantity"), 40);
    assert_int_equal(command_number(reply, "needs", row, "heads"), 40);
    row = row_of(reply, "funds", "fund_code", "quy-1");
    assert_int_equal(command_number(reply, "funds", row, "received"), 100000000);
    assert_int_equal(command_number(reply, "funds", row, "left"), 100000000);
    row = row_of(reply, "cover", "key", "made_up");
    assert_string_equal(command_cell(reply, "cover", row, "value"),
                        "MADE-UP DATA: for trying out only");
    assert_int_equal(reply->file_count, 1);
    ts_report_t *report = NULL;
    assert_int_equal(ts_report_read(ts_buf_bytes(&reply->files[0].data), &report), TS_ERR_OK);
    ts_report_destroy(&report);
    /* What another body did is not told apart by unit: only its money. */
    reply = good(command_run(world, 0, "report_figures", PERIOD, "body=hn-mttq", NULL));
    row = row_of(reply, "cover", "key", "scope");
    assert_memory_equal(command_cell(reply, "cover", row, "value"), "the funds of this body", 22);
    refused(command_run(world, 0, "report_figures", NULL), TS_ERR_INVALID, "Say which period");
    assert_int_equal(command_run(world, 0, "report_figures", "period=1999-year", NULL)->code,
                     TS_ERR_NOTFOUND);
}

static void
test_commands_report_is_sealed_once_for_the_same_figures(void **state)
{
    refused(command_run(world, 1, "report_seal", PERIOD, "body=hn-soyte", NULL), TS_ERR_DENIED,
            "A report is sealed by the office of its own body");
    const ts_reply_t *reply = good(command_run(world, 1, "report_seal", PERIOD, NULL));
    command_saved(reply, sealed);
    assert_int_equal(strlen(command_cell(reply, "saved", 0, "check_code")), 64);
    assert_non_null(strstr(command_cell(reply, "saved", 0, "note"), "no digital signature"));
    assert_non_null(ts_reply_table(reply, "support"));
    refused(command_run(world, 1, "report_seal", PERIOD, NULL), TS_ERR_EXISTS,
            "These figures are sealed already");

    reply = good(command_run(world, 0, "report_list", PERIOD, NULL));
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "reports")), 1);
    assert_string_equal(command_cell(reply, "reports", 0, "body"), "hn-soldtbxh");
    /* The province is nobody's child: what it writes itself is on its own disk only. */
    assert_string_equal(command_cell(reply, "reports", 0, "state"), "saved");
}

static void
test_commands_report_is_filed_only_when_another_person_approved(void **state)
{
    refused(run_with_file("report_file", sealed), TS_ERR_DENIED,
            "Another person has to approve it first");
    refused(command_run(world, 1, "approve", record_field(sealed), "decision=approved", NULL),
            TS_ERR_DENIED, "");
    good(command_run(world, 2, "approve", record_field(sealed), "decision=approved", NULL));
    refused(run_with_file("report_amend", sealed), TS_ERR_NOTFOUND, "Nothing is filed");
    command_saved(good(run_with_file("report_file", sealed)), filed);
    refused(run_with_file("report_file", sealed), TS_ERR_EXISTS, "This period is filed already");
}

static void
test_commands_report_that_was_filed_is_shown_as_it_was(void **state)
{
    const ts_reply_t *reply = good(command_run(world, 0, "report_show", record_field(filed), NULL));
    assert_int_equal(reply->file_count, 2);
    assert_string_equal(reply->files[1].name, "bao-cao.txt");
    assert_int_equal(reply->files[1].data.length, strlen(FILE_TEXT));
    assert_memory_equal(reply->files[1].data.data, FILE_TEXT, strlen(FILE_TEXT));
    char before[65];
    (void)snprintf(
        before, sizeof before, "%s",
        command_cell(reply, "cover", row_of(reply, "cover", "key", "check_code"), "value"));
    /* What comes afterwards does not touch it. */
    good(command_run(world, 1, "add", "kind=need", "unit=09706", "line=warm", "quantity=7",
                     "unit_of_measure=bộ", "occurred_on=2019-10-20",
                     "heads=band=primary;sex=male;count=7", NULL));
    reply = good(command_run(world, 0, "report_show", record_field(filed), NULL));
    size_t row = row_of(reply, "needs", "line_code", "warm");
    assert_int_equal(command_number(reply, "needs", row, "quantity"), 40);
    assert_string_equal(
        before, command_cell(reply, "cover", row_of(reply, "cover", "key", "check_code"), "value"));
}

static void
test_commands_report_verify_names_the_cells_that_differ(void **state)
{
    const ts_reply_t *reply =
        good(command_run(world, 0, "report_verify", record_field(filed), NULL));
    size_t row = row_of(reply, "checks", "detail", "bao-cao.txt");
    assert_string_equal(command_cell(reply, "checks", row, "result"), "unchanged");
    row = row_of(reply, "checks", "what", "Entries that it covers");
    assert_string_equal(command_cell(reply, "checks", row, "result"), "all are held here");
    /* The 7 that came afterwards are not among what it covers: from that the very same text comes.
     */
    row = row_of(reply, "checks", "what", "Figures made anew from them");
    assert_string_equal(command_cell(reply, "checks", row, "result"),
                        "the same, to the check code");
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "anew")), 0);
    const ts_table_t *table = ts_reply_table(reply, "differences");
    bool found = false;
    for (size_t i = 0; i < ts_table_rows(table); i++) {
        bool quantity = strcmp(command_cell(reply, "differences", i, "measure"), "quantity") == 0 &&
                        strcmp(command_cell(reply, "differences", i, "unit"), "") == 0;
        if (quantity) {
            found = true;
            assert_int_equal(command_number(reply, "differences", i, "then"), 40);
            assert_int_equal(command_number(reply, "differences", i, "now"), 47);
        }
        assert_string_not_equal(command_cell(reply, "differences", i, "section"), "support");
    }
    assert_true(found);
}

static void
test_commands_report_correction_appears_in_the_next_period(void **state)
{
    const ts_reply_t *reply =
        good(command_run(world, 0, "report_figures", "period=2020-year", NULL));
    const ts_table_t *table = ts_reply_table(reply, "corrections");
    assert_true(ts_table_rows(table) > 0);
    size_t row = row_of(reply, "corrections", "measure", "Quantity needed");
    assert_string_equal(command_cell(reply, "corrections", row, "period"), "2019-year");
    assert_int_equal(command_number(reply, "corrections", row, "difference"), 7);
}

static void
test_commands_report_amendment_stands_beside_the_first(void **state)
{
    char amended[TS_CODE_BYTES_MAX];
    char second[TS_CODE_BYTES_MAX];
    const ts_reply_t *reply = good(command_run(world, 1, "report_seal", PERIOD, NULL));
    command_saved(reply, second);
    good(command_run(world, 2, "approve", record_field(second), "decision=approved", NULL));
    command_saved(good(run_with_file("report_amend", second)), amended);
    reply = good(command_run(world, 0, "report_list", PERIOD, NULL));
    size_t first = row_of(reply, "reports", "edition", "1");
    size_t next = row_of(reply, "reports", "edition", "2");
    assert_true(first != next);
    reply = good(command_run(world, 0, "report_show", record_field(amended), NULL));
    assert_int_equal(
        command_number(reply, "needs", row_of(reply, "needs", "line_code", "warm"), "quantity"),
        47);
    reply = good(command_run(world, 0, "report_show", record_field(filed), NULL));
    assert_int_equal(
        command_number(reply, "needs", row_of(reply, "needs", "line_code", "warm"), "quantity"),
        40);
    reply = good(command_run(world, 0, "report_verify", record_field(amended), NULL));
    assert_int_equal(ts_table_rows(ts_reply_table(reply, "differences")), 0);
    size_t row = row_of(reply, "checks", "what", "Figures made anew from them");
    assert_string_equal(command_cell(reply, "checks", row, "result"),
                        "the same, to the check code");
}

static void
test_commands_report_number_of_the_signed_copy_is_recorded_afterwards(void **state)
{
    refused(command_run(world, 1, "report_signed", record_field(filed), NULL), TS_ERR_INVALID,
            "Say {1}");
    good(command_run(world, 1, "report_signed", record_field(filed),
                     "document_number=12/BC-SLĐTBXH", "document_on=2020-01-06", "signer=Giám đốc",
                     NULL));
    const ts_reply_t *reply = good(command_run(world, 0, "report_list", PERIOD, NULL));
    (void)row_of(reply, "reports", "document_number", "12/BC-SLĐTBXH");
    /* The figures that it names are the same. */
    reply = good(command_run(world, 0, "report_show", record_field(filed), NULL));
    assert_int_equal(
        command_number(reply, "needs", row_of(reply, "needs", "line_code", "warm"), "quantity"),
        40);
}

static void
test_commands_report_changed_file_is_seen(void **state)
{
    ts_hash_t hash;
    char path[512];
    char hex[2 * TS_HASH_BYTES + 1];
    assert_int_equal(
        ts_report_file_keep(command_world_folder(world),
                            (ts_bytes_t){(const uint8_t *)FILE_TEXT, strlen(FILE_TEXT)}, &hash),
        TS_ERR_OK);
    ts_hex_format(hash.b, TS_HASH_BYTES, hex);
    (void)snprintf(path, sizeof path, "%s/files/%s", command_world_folder(world), hex);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fputc('X', file), 'X');
    assert_int_equal(fclose(file), 0);
    const ts_reply_t *reply =
        good(command_run(world, 0, "report_verify", record_field(filed), NULL));
    size_t row = row_of(reply, "checks", "detail", "bao-cao.txt");
    assert_string_equal(command_cell(reply, "checks", row, "result"), "CHANGED");
    reply = good(command_run(world, 0, "report_show", record_field(filed), NULL));
    assert_int_equal(reply->file_count, 1);
    assert_int_equal(reply->issue_count, 1);
}

/* A province with hundreds of offices keeps the watermark of a seal as a list beside it. */
static void
test_commands_report_list_of_tips_is_read_as_it_was_written(void **state)
{
    (void)state;
    ts_tip_t tips[3];
    for (size_t i = 0; i < 3; i++) {
        memset(tips[i].log.b, (int)(0x10 + i), TS_HASH_BYTES);
        memset(tips[i].hash.b, (int)(0xa0 + i), TS_HASH_BYTES);
        tips[i].seq = i == 2 ? UINT64_MAX : i;
    }
    ts_buf_t text = {0};
    ts_tip_t *read = NULL;
    size_t count = 0;
    ts_reporting_put_tips_text(tips, 3, &text);
    assert_int_equal(ts_reporting_read_tips_text(ts_buf_bytes(&text), &read, &count), TS_ERR_OK);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(ts_hash_equal(&read[i].log, &tips[i].log));
        assert_true(ts_hash_equal(&read[i].hash, &tips[i].hash));
        assert_true(read[i].seq == tips[i].seq);
    }
    ts_xfree(read);
    /* Cut anywhere but at the end of a line, or with a digit changed to none, it is no list. */
    for (size_t length = 1; length < text.length; length++) {
        if (text.data[length - 1] != '\n') {
            assert_int_equal(
                ts_reporting_read_tips_text((ts_bytes_t){text.data, length}, &read, &count),
                TS_ERR_INVALID);
        }
    }
    text.data[5] = 'x';
    assert_int_equal(ts_reporting_read_tips_text(ts_buf_bytes(&text), &read, &count),
                     TS_ERR_INVALID);
    ts_buf_free(&text);
}

static void
test_commands_report_waived_duty_is_no_longer_overdue(void **state)
{
    refused(command_run(world, 1, "report_waive", PERIOD, "duty=soyte", "note=x", NULL),
            TS_ERR_DENIED, "");
    good(command_run(world, 2, "report_waive", PERIOD, "duty=soyte", "class=waived",
                     "note=sáp nhập", NULL));
    const ts_reply_t *reply = good(command_run(world, 0, "report_duties", PERIOD, NULL));
    size_t row = row_of(reply, "duties", "body", "hn-soyte");
    assert_string_equal(command_cell(reply, "duties", row, "class"), "waived");
    row = row_of(reply, "indicators", "letter", "O");
    assert_int_equal(command_number(reply, "indicators", row, "count"), 36);
}

static void
count_late(void *ctx, const ts_feed_row_t *row)
{
    size_t *count = ctx;
    if (strcmp(row->kind, "report.late") == 0) {
        assert_string_equal(row->change, "added");
        assert_true(row->body != 0 && row->period != 0 && row->day != 0);
        (*count)++;
    }
}

static size_t
late_rows(void)
{
    size_t count = 0;
    assert_int_equal(
        ts_ledger_feed_read(command_world_node(world)->ledger, 0, 100000, count_late, &count),
        TS_ERR_OK);
    return count;
}

/* What the reporter asks every hour. 37 bodies are obliged each year, one of them was waived in
 * 2019: 36 rows for it and, when 29/11/2020 has passed, 37 more; each once, whoever asks how often.
 */
static void
test_commands_report_overdue_ones_are_told_once(void **state)
{
    assert_int_equal(late_rows(), 0);
    for (int hour = 0; hour < 3; hour++) {
        good(command_run(world, 0, "report_late", NULL));
        assert_int_equal(late_rows(), 36);
    }
    command_world_set_day(world, "2020-11-29");
    good(command_run(world, 0, "report_late", NULL));
    assert_int_equal(late_rows(), 36);
    command_world_set_day(world, "2020-11-30");
    good(command_run(world, 0, "report_late", NULL));
    assert_int_equal(late_rows(), 36 + 37);
    command_world_reopen(world);
    good(command_run(world, 0, "report_late", NULL));
    /* Nor does a ledger that is made anew tell again. */
    ts_fold_rebuild(command_world_node(world)->fold);
    good(command_run(world, 0, "status", NULL));
    good(command_run(world, 0, "report_late", NULL));
    assert_int_equal(late_rows(), 36 + 37);
    command_world_set_day(world, "2020-01-05");
}

/* The figures of a period as text. */
static void
figures_text(ts_buf_t *out)
{
    const ts_reply_t *reply = good(command_run(world, 0, "report_figures", PERIOD, NULL));
    assert_int_equal(reply->file_count, 1);
    ts_buf_clear(out);
    ts_buf_put(out, reply->files[0].data.data, reply->files[0].data.length);
}

#define DOUBLE                                                                   \
    "UPDATE cell SET total = 2 * total, days = CASE WHEN days IS NOT NULL THEN " \
    "(SELECT json_group_object(key, 2 * value) FROM json_each(days)) END"

/* Every amount in the ledger's cells twice as large, behind the node's back. */
static void
double_cells(void)
{
    char path[512];
    sqlite3 *db = NULL;
    (void)snprintf(path, sizeof path, "%s/ledger.sqlite", command_world_folder(world));
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, DOUBLE, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(db) > 1);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Questions for cells since figures were asked for, and with which of them the ledger is to be made
 * anew (0: with none). */
static int questions;
static int rebuild_at;

static int
note_statement(unsigned what, void *context, void *statement, void *text)
{
    if (strstr(text, "FROM cell WHERE") != NULL && ++questions == rebuild_at) {
        ts_fold_rebuild(command_world_node(world)->fold);
    }
    return 0;
}

static int
watch_statements(sqlite3 *db, const char **error, const struct sqlite3_api_routines *api)
{
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, note_statement, NULL);
}

static bool
is_same(const ts_buf_t *a, const ts_buf_t *b)
{
    return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

/* The gathering takes many turns, and a ledger that is made anew is swapped in between any two of
 * them: rows of the catalog that it had in hand are gone. What stood in the old ledger is twice
 * what the new one says, so that figures of both would be seen. */
static void
test_commands_report_while_the_ledger_is_made_anew(void **state)
{
    ts_buf_t right = {0};
    ts_buf_t doubled = {0};
    ts_buf_t figures = {0};
    size_t of_old = 0;
    size_t of_new = 0;
    assert_int_equal(sqlite3_auto_extension((void (*)(void))watch_statements), SQLITE_OK);
    command_world_reopen(world);
    figures_text(&right);
    questions = 0;
    figures_text(&right);
    const int all = questions;
    assert_true(all > 10);
    for (int at = 1; at <= all; at++) {
        double_cells();
        figures_text(&doubled);
        assert_false(is_same(&doubled, &right));
        questions = 0;
        rebuild_at = at;
        figures_text(&figures);
        rebuild_at = 0;
        of_old += is_same(&figures, &doubled);
        of_new += is_same(&figures, &right);
        assert_int_equal(of_old + of_new, at);
        for (int i = 0; i < 20 && !is_same(&figures, &right); i++) {
            figures_text(&figures);
        }
        assert_true(is_same(&figures, &right));
    }
    print_message("figures of the old ledger %zu times, of the new one %zu times\n", of_old,
                  of_new);
    assert_true(of_new > 0);
    (void)sqlite3_cancel_auto_extension((void (*)(void))watch_statements);
    ts_buf_free(&right);
    ts_buf_free(&doubled);
    ts_buf_free(&figures);
}

static void
test_commands_report_survives_a_restart(void **state)
{
    command_world_reopen(world);
    const ts_reply_t *reply = good(command_run(world, 0, "report_show", record_field(filed), NULL));
    assert_int_equal(
        command_number(reply, "needs", row_of(reply, "needs", "line_code", "warm"), "quantity"),
        40);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_report_duties_of_the_plan),
        cmocka_unit_test(test_commands_report_figures_come_with_their_text),
        cmocka_unit_test(test_commands_report_is_sealed_once_for_the_same_figures),
        cmocka_unit_test(test_commands_report_is_filed_only_when_another_person_approved),
        cmocka_unit_test(test_commands_report_that_was_filed_is_shown_as_it_was),
        cmocka_unit_test(test_commands_report_verify_names_the_cells_that_differ),
        cmocka_unit_test(test_commands_report_correction_appears_in_the_next_period),
        cmocka_unit_test(test_commands_report_amendment_stands_beside_the_first),
        cmocka_unit_test(test_commands_report_number_of_the_signed_copy_is_recorded_afterwards),
        cmocka_unit_test(test_commands_report_changed_file_is_seen),
        cmocka_unit_test(test_commands_report_list_of_tips_is_read_as_it_was_written),
        cmocka_unit_test(test_commands_report_waived_duty_is_no_longer_overdue),
        cmocka_unit_test(test_commands_report_overdue_ones_are_told_once),
        cmocka_unit_test(test_commands_report_while_the_ledger_is_made_anew),
        cmocka_unit_test(test_commands_report_survives_a_restart),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
