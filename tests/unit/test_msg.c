/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a message keeps its sentence and arguments and fills any translation of it.
 * Method: templates with arguments in another order, missing, repeated and beyond the last.
 */
#include "base/msg.h"
#include "support/test.h"

#include <stdlib.h>

static void
assert_filled(const ts_msg_t *msg, const char *template, const char *expected)
{
    char *text = ts_msg_fill(msg, template);
    assert_string_equal(text, expected);
    free(text);
}

static void
test_msg_fill_follows_the_template(void **state)
{
    ts_msg_t msg = {0};
    ts_msg_make(&msg, "row {1}: {2}", "4", "Mèo Vạc", NULL);
    assert_string_equal(msg.id, "row {1}: {2}");
    assert_filled(&msg, msg.id, "row 4: Mèo Vạc");
    assert_filled(&msg, "{2}, dòng {1} ({1})", "Mèo Vạc, dòng 4 (4)");
    assert_filled(&msg, "", "");
    assert_filled(&msg, "{1}{2}", "4Mèo Vạc");
    ts_msg_free(&msg);
    assert_null(msg.id);
    assert_null(msg.args[0]);
}

static void
test_msg_fill_leaves_what_is_no_argument(void **state)
{
    ts_msg_t msg = {0};
    ts_msg_make(&msg, "x", "{2}", "b", NULL);
    assert_filled(&msg, "{3} {0} {7} {} { {1 {12} {a}", "{3} {0} {7} {} { {1 {12} {a}");
    /* What an argument says is not a template. */
    assert_filled(&msg, "{1}", "{2}");
    ts_msg_free(&msg);
}

static void
test_msg_set_forgets_the_arguments(void **state)
{
    ts_msg_t msg = {0};
    ts_msg_make(&msg, "x {1}", "1", NULL);
    ts_msg_set(&msg, "y {1}");
    assert_null(msg.args[0]);
    ts_msg_arg_number(&msg, INT64_MIN);
    assert_filled(&msg, msg.id, "y -9223372036854775808");
    ts_msg_free(&msg);
}

/* Words and amounts bear a mark for those who show them; filled in plainly they are as they stand.
 */
static void
test_msg_marks_are_not_shown(void **state)
{
    ts_msg_t msg = {0};
    ts_msg_set(&msg, "{1}: {2}, {3}");
    ts_msg_arg_word(&msg, "Need");
    ts_msg_arg_amount(&msg, 1234567);
    ts_msg_arg_number(&msg, 2019);
    assert_int_equal(msg.args[0][0], TS_MSG_MARK_WORD);
    assert_int_equal(msg.args[1][0], TS_MSG_MARK_AMOUNT);
    assert_filled(&msg, msg.id, "Need: 1234567, 2019");
    ts_msg_free(&msg);
}

static void
test_msg_arguments_beyond_the_last_are_ignored(void **state)
{
    ts_msg_t msg = {0};
    ts_msg_make(&msg, "x", "1", "2", "3", "4", "5", "6", "7", NULL);
    ts_msg_arg(&msg, "8");
    assert_filled(&msg, "{1}{2}{3}{4}{5}{6}{7}", "123456{7}");
    ts_msg_free(&msg);
}

static void
test_msg_absent_text_is_empty(void **state)
{
    ts_msg_t msg = {0};
    ts_msg_set(&msg, "x");
    ts_msg_arg(&msg, NULL);
    ts_msg_arg(&msg, "b");
    assert_filled(&msg, "[{1}][{2}]", "[][b]");
    ts_msg_free(&msg);
}

static void
test_msg_may_wrap_its_own_parts(void **state)
{
    ts_msg_t msg = {0};
    ts_msg_make(&msg, "inner {1}", "one", NULL);
    ts_msg_make(&msg, msg.id, "two", msg.args[0], NULL);
    assert_filled(&msg, msg.id, "inner two");
    assert_filled(&msg, "{2}", "one");
    ts_msg_set(&msg, msg.id);
    assert_string_equal(msg.id, "inner {1}");
    ts_msg_free(&msg);
}

static void
test_msg_move_empties_the_source(void **state)
{
    ts_msg_t from = {0};
    ts_msg_t to = {0};
    ts_msg_make(&to, "old {1}", "x", NULL);
    ts_msg_make(&from, "new {1}", "y", NULL);
    ts_msg_move(&to, &from);
    assert_null(from.id);
    assert_filled(&to, to.id, "new y");
    ts_msg_move(&to, &to);
    assert_string_equal(to.id, "new {1}");
    ts_msg_free(&from);
    ts_msg_free(&to);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_msg_fill_follows_the_template),
        cmocka_unit_test(test_msg_fill_leaves_what_is_no_argument),
        cmocka_unit_test(test_msg_set_forgets_the_arguments),
        cmocka_unit_test(test_msg_marks_are_not_shown),
        cmocka_unit_test(test_msg_arguments_beyond_the_last_are_ignored),
        cmocka_unit_test(test_msg_absent_text_is_empty),
        cmocka_unit_test(test_msg_may_wrap_its_own_parts),
        cmocka_unit_test(test_msg_move_empties_the_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
