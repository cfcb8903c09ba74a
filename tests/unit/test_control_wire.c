/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: commands and replies arrive whole, their builders keep what they are given, and damaged
 * frames are refused without leaks. Method: round trips of full samples compared field by field and
 * byte by byte, broken frames, all truncations and bit flips.
 */
#include "base/limits.h"
#include "base/xalloc.h"
#include "support/test.h"
#include "support/wire_samples.h"
#include "wire/control_wire.h"

#include <string.h>

static void
test_control_command_round_trip_same(void **state)
{
    ts_command_t sent;
    ts_command_t got;
    ts_buf_t frame = {0};
    ts_buf_t again = {0};
    sample_command(&sent);
    assert_int_equal(ts_command_encode(&sent, &frame), TS_ERR_OK);
    assert_int_equal(ts_command_decode(ts_buf_bytes(&frame), &got), TS_ERR_OK);
    assert_true(got.request == UINT64_MAX);
    assert_string_equal(got.name, "need_add");
    assert_int_equal(got.field_count, 4);
    assert_string_equal(ts_command_get(&got, "unit"), "09694");
    assert_string_equal(ts_command_get(&got, "items"), "item=gạo;quantity=50");
    assert_string_equal(ts_command_get_nth(&got, "items", 1), "item=chăn;quantity=2");
    assert_null(ts_command_get_nth(&got, "items", 2));
    assert_null(ts_command_get(&got, "none"));
    assert_string_equal(ts_command_get(&got, "note"), "");
    assert_int_equal(got.blob.length, sent.blob.length);
    assert_memory_equal(got.blob.data, sent.blob.data, sent.blob.length);
    assert_string_equal(got.blob_name, "nhu cầu.csv");
    assert_int_equal(got.account, 3);
    assert_int_equal(got.role, 1);
    assert_int_equal(got.file_count, 2);
    assert_string_equal(got.files[0].name, "plan.csv");
    assert_int_equal(got.files[0].data.length, 3);
    assert_string_equal(got.files[1].name, "empty.csv");
    assert_int_equal(got.files[1].data.length, 0);
    assert_int_equal(ts_command_encode(&got, &again), TS_ERR_OK);
    assert_int_equal(again.length, frame.length);
    assert_memory_equal(again.data, frame.data, frame.length);
    ts_command_free(&sent);
    ts_command_free(&got);
    ts_command_free(&got);
    ts_buf_free(&frame);
    ts_buf_free(&again);
}

static void
test_control_reply_round_trip_same(void **state)
{
    ts_reply_t sent;
    ts_reply_t got = {0};
    ts_buf_t frame = {0};
    ts_buf_t again = {0};
    sample_reply(&sent);
    assert_int_equal(ts_reply_encode(&sent, &frame), TS_ERR_OK);
    assert_int_equal(ts_reply_decode(ts_buf_bytes(&frame), &got), TS_ERR_OK);
    assert_true(got.request == UINT64_MAX);
    assert_int_equal(got.code, TS_ERR_INVALID);
    assert_string_equal(got.say.id, "{1} rows, {2} mistakes");
    assert_string_equal(got.say.args[1], "1");
    assert_null(got.say.args[2]);
    assert_true(got.done);
    assert_int_equal(got.progress, 5);
    assert_int_equal(got.progress_total, 9);
    assert_int_equal(got.table_count, 2);
    const ts_table_t *needs = ts_reply_table(&got, "needs");
    assert_non_null(needs);
    assert_null(ts_reply_table(&got, "none"));
    assert_int_equal(ts_table_rows(needs), 2);
    assert_int_equal(ts_table_column(needs, "state"), 2);
    assert_true(ts_table_column(needs, "none") == SIZE_MAX);
    assert_string_equal(needs->columns[3].format, "vnd");
    assert_int_equal(ts_table_cell(needs, 0, 1)->number, 18229);
    assert_int_equal(ts_table_cell(needs, 0, 2)->kind, TS_CELL_SAY);
    assert_string_equal(ts_table_cell(needs, 0, 2)->say->args[0], "Chủ tịch xã");
    assert_true(ts_table_cell(needs, 0, 3)->number == -(INT64_C(1) << 60));
    assert_int_equal(ts_table_cell(needs, 1, 0)->kind, TS_CELL_NOTHING);
    assert_string_equal(ts_table_cell(needs, 1, 2)->text, "\"đã xác minh\"\\\n");
    assert_int_equal(ts_table_rows(ts_reply_table(&got, "empty")), 0);
    assert_int_equal(got.issue_count, 1);
    assert_int_equal(got.issues[0].severity, TS_SEVERITY_WARNING);
    assert_int_equal(got.issues[0].line, 12);
    assert_int_equal(got.issues[0].row, 10);
    assert_string_equal(got.issues[0].column, "Xã");
    assert_string_equal(got.issues[0].say.args[0], "Mường Bằng");
    assert_int_equal(got.blob.length, 4);
    assert_int_equal(got.file_count, 1);
    assert_string_equal(got.files[0].name, "mời.key");
    assert_int_equal(ts_reply_encode(&got, &again), TS_ERR_OK);
    assert_int_equal(again.length, frame.length);
    assert_memory_equal(again.data, frame.data, frame.length);
    ts_reply_free(&sent);
    ts_reply_free(&got);
    ts_reply_free(&got);
    ts_buf_free(&frame);
    ts_buf_free(&again);
}

static void
test_control_tables_hold_text_null_as_nothing(void **state)
{
    ts_table_t table;
    ts_msg_t say = {0};
    ts_table_init(&table, "t");
    assert_int_equal(ts_table_rows(&table), 0);
    ts_table_add_column(&table, "a", "A", "text");
    ts_table_add_column(&table, "b", "B", "text");
    ts_table_add_text(&table, NULL);
    assert_int_equal(ts_table_rows(&table), 0);
    ts_table_add_say(&table, &say);
    assert_int_equal(ts_table_rows(&table), 1);
    assert_int_equal(ts_table_cell(&table, 0, 0)->kind, TS_CELL_NOTHING);
    assert_int_equal(ts_table_cell(&table, 0, 1)->kind, TS_CELL_NOTHING);
    ts_table_free(&table);
    assert_string_equal(ts_severity_name(TS_SEVERITY_NOTE), "note");
}

static void
test_control_frames_against_the_rules_are_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        ts_err_t expected;
    } commands[] = {
        {"", 0, TS_ERR_INVALID},
        {"\x08\x01", 2, TS_ERR_INVALID},             /* no name */
        {"\x08\x02\x1a\x01x", 5, TS_ERR_UNKNOWN},    /* version 2 */
        {"\x1a\x01x", 3, TS_ERR_INVALID},            /* no version */
        {"\x08\x01\x1a\x01\xff", 5, TS_ERR_INVALID}, /* UTF-8 */
        {"\x08\x01\x1a\x02x", 5, TS_ERR_TRUNCATED},
        {"\x08\x01\x1a\x01x\xf8\x07\x01", 8, TS_ERR_OK}, /* a field of later */
    };
    static const struct {
        const char *bytes;
        size_t length;
        ts_err_t expected;
    } replies[] = {
        {"", 0, TS_ERR_INVALID},
        {"\x08\x01", 2, TS_ERR_OK},
        {"\x08\x01\x2a\x02\x1a\x00", 6, TS_ERR_INVALID},             /* a row without columns */
        {"\x08\x01\x2a\x04\x12\x00\x1a\x00", 8, TS_ERR_INVALID},     /* a row with too few cells */
        {"\x08\x01\x2a\x06\x12\x00\x1a\x02\x0a\x00", 10, TS_ERR_OK}, /* a cell of nothing */
        {"\x08\x01\x2a\x08\x12\x00\x1a\x04\x0a\x02\x1a\x00", 12,
         TS_ERR_INVALID}, /* words without id */
        {"\x08\x01\x2a\x0a\x12\x00\x1a\x06\x0a\x04\x20\x01\x10\x02", 14,
         TS_ERR_INVALID},                        /* two values in a cell */
        {"\x08\x01\x32\x00", 4, TS_ERR_INVALID}, /* an issue without severity */
        {"\x08\x01\x22\x00", 4, TS_ERR_INVALID}, /* say without id */
    };
    for (size_t i = 0; i < TS_COUNT(commands); i++) {
        ts_command_t command = {0};
        ts_bytes_t frame = {(const uint8_t *)commands[i].bytes, commands[i].length};
        assert_int_equal(ts_command_decode(frame, &command), commands[i].expected);
        ts_command_free(&command);
    }
    for (size_t i = 0; i < TS_COUNT(replies); i++) {
        ts_reply_t reply = {0};
        ts_bytes_t frame = {(const uint8_t *)replies[i].bytes, replies[i].length};
        assert_int_equal(ts_reply_decode(frame, &reply), replies[i].expected);
        ts_reply_free(&reply);
    }
}

static void
test_control_sizes_beyond_limits_are_refused(void **state)
{
    ts_command_t command;
    ts_buf_t frame = {0};
    ts_command_init(&command, "import");
    memset(ts_buf_extend(&command.blob, TS_CONTROL_BYTES_MAX), 'x', TS_CONTROL_BYTES_MAX);
    assert_int_equal(ts_command_encode(&command, &frame), TS_ERR_TOOBIG);
    assert_int_equal(frame.length, 0);
    assert_int_equal(
        ts_command_decode((ts_bytes_t){command.blob.data, TS_CONTROL_BYTES_MAX + 1}, &command),
        TS_ERR_TOOBIG);
    ts_command_free(&command);
    /* A thousand times a thousand rows of nothing would take 24 times the frame; cells of nothing,
     * as many as fit, are refused by number before any plain table is made. */
    ts_buf_put(&frame, "\x08\x01", 2);
    for (size_t i = 0; i < 5000; i++) {
        ts_buf_put(&frame, "\x22\x00", 2);
    }
    assert_int_equal(ts_command_decode(ts_buf_bytes(&frame), &command), TS_ERR_INVALID);
    ts_buf_free(&frame);
}

static void
test_control_damaged_frames_do_no_harm(void **state)
{
    ts_command_t command;
    ts_reply_t reply;
    ts_buf_t frames[2] = {{0}, {0}};
    sample_command(&command);
    sample_reply(&reply);
    assert_int_equal(ts_command_encode(&command, &frames[0]), TS_ERR_OK);
    assert_int_equal(ts_reply_encode(&reply, &frames[1]), TS_ERR_OK);
    ts_command_free(&command);
    ts_reply_free(&reply);
    size_t refused = 0;
    for (size_t k = 0; k < 2; k++) {
        for (size_t bit = 0; bit < 9 * frames[k].length; bit++) {
            bool flips = bit < 8 * frames[k].length;
            ts_buf_t frame = {0};
            ts_buf_put(&frame, frames[k].data,
                       flips ? frames[k].length : bit - 8 * frames[k].length);
            if (flips) {
                frame.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
            command = (ts_command_t){0};
            reply = (ts_reply_t){0};
            refused += ts_command_decode(ts_buf_bytes(&frame), &command) != TS_ERR_OK;
            refused += ts_reply_decode(ts_buf_bytes(&frame), &reply) != TS_ERR_OK;
            ts_command_free(&command);
            ts_reply_free(&reply);
            ts_buf_free(&frame);
        }
        ts_buf_free(&frames[k]);
    }
    assert_true(refused > 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_control_command_round_trip_same),
        cmocka_unit_test(test_control_reply_round_trip_same),
        cmocka_unit_test(test_control_tables_hold_text_null_as_nothing),
        cmocka_unit_test(test_control_frames_against_the_rules_are_refused),
        cmocka_unit_test(test_control_sizes_beyond_limits_are_refused),
        cmocka_unit_test(test_control_damaged_frames_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
