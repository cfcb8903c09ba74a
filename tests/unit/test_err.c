/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: every error has its own number, name and sentence, and the numbers never move: they travel.
 * Method: the list once more, by hand, as it was released.
 */
#include "base/err.h"
#include "support/test.h"

#include <string.h>

static const struct {
    int value;
    const char *name;
} released[] = {
    {0, "OK"},         {-1, "AGAIN"},      {-2, "BUSY"},      {-3, "FULL"},      {-4, "IO"},
    {-10, "NOTFOUND"}, {-11, "EXISTS"},    {-12, "INVALID"},  {-13, "TOOBIG"},   {-14, "TRUNCATED"},
    {-15, "HASH"},     {-16, "SIGNATURE"}, {-17, "CHAIN"},    {-18, "FOREIGN"},  {-19, "UNKNOWN"},
    {-20, "DENIED"},   {-21, "LIMIT"},     {-22, "CONFLICT"}, {-30, "PROTOCOL"}, {-31, "KEY"},
    {-40, "CORRUPT"},  {-41, "CONFIG"},    {-42, "LOCKED"},
};

static void
test_err_released_numbers_keep_their_names(void **state)
{
    for (size_t i = 0; i < TS_COUNT(released); i++) {
        assert_string_equal(ts_err_name((ts_err_t)released[i].value), released[i].name);
    }
}

static void
test_err_sentences_exist_and_differ(void **state)
{
    for (size_t i = 0; i < TS_COUNT(released); i++) {
        const char *text = ts_err_str((ts_err_t)released[i].value);
        assert_string_not_equal(text, "unknown error");
        assert_true(strlen(text) > 3);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(text, ts_err_str((ts_err_t)released[j].value));
            assert_int_not_equal(released[i].value, released[j].value);
        }
    }
}

static void
test_err_number_outside_the_list_is_unknown(void **state)
{
    assert_string_equal(ts_err_str((ts_err_t)-999), "unknown error");
    assert_string_equal(ts_err_name((ts_err_t)-999), "?");
    assert_string_equal(ts_err_name((ts_err_t)1), "?");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_released_numbers_keep_their_names),
        cmocka_unit_test(test_err_sentences_exist_and_differ),
        cmocka_unit_test(test_err_number_outside_the_list_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
