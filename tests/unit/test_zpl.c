/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the reader gives path, value and line of every entry, and refuses what is not of the form
 * with the line on which it stands. Method: texts by table; entries are written into one string and
 * compared.
 */
#include "base/xalloc.h"
#include "conf/zpl.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char seen[2048];

static ts_err_t
note(void *ctx, const ts_zpl_entry_t *entry, ts_msg_t *ret_why)
{
    size_t length = strlen(seen);
    if (entry->value == NULL) {
        (void)snprintf(seen + length, sizeof seen - length, "%u:%s;", entry->line, entry->path);
    } else {
        (void)snprintf(seen + length, sizeof seen - length, "%u:%s=[%s];", entry->line, entry->path,
                       entry->value);
    }
    if (ctx != NULL) {
        ts_msg_make(ret_why, "stop", NULL);
        return TS_ERR_LIMIT;
    }
    return TS_ERR_OK;
}

static ts_err_t
read_text(const char *text, void *ctx, ts_msg_t *why)
{
    seen[0] = '\0';
    /* In a block of its own size, so that a read past the end is seen by the sanitizer. */
    size_t length = strlen(text);
    uint8_t *copy = ts_xmemdup(text, length);
    ts_err_t err = ts_zpl_read("a.conf", (ts_bytes_t){copy, length}, note, ctx, why);
    ts_xfree(copy);
    return err;
}

static void
test_zpl_good_texts_give_entries(void **state)
{
    static const struct {
        const char *text;
        const char *seen;
    } cases[] = {
        {"", ""},
        {"\n\n", ""},
        {"# only\n   # comments\t\n", ""},
        {"a = 1\nb=2", "1:a=[1];2:b=[2];"},
        {"a = 1\r\nb = 2\r\n", "1:a=[1];2:b=[2];"},
        {"\xef\xbb\xbf"
         "a = 1\n",
         "1:a=[1];"},
        {"a = two words  \n", "1:a=[two words];"},
        {"a = x # comment\n", "1:a=[x];"},
        {"a = x#y\n", "1:a=[x#y];"},
        {"a = \"x # y\"  # z\n", "1:a=[x # y];"},
        {"a = \"\"\n", "1:a=[];"},
        {"a = 'say \"no\"'\n", "1:a=[say \"no\"];"},
        {"a = Điện Biên\n", "1:a=[Điện Biên];"},
        {"s\n    a = 1\n    b = 2\nc = 3\n", "1:s;2:s/a=[1];3:s/b=[2];4:c=[3];"},
        {"s # x\n    t\n        a = 1\n    b = 2\n", "1:s;2:s/t;3:s/t/a=[1];4:s/b=[2];"},
        {"s\nt\n    a = 1\n", "1:s;2:t;3:t/a=[1];"},
        {"s\n\n# x\n    a = 1\n", "1:s;4:s/a=[1];"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_msg_t why = {0};
        assert_int_equal(read_text(cases[i].text, NULL, &why), TS_ERR_OK);
        assert_string_equal(seen, cases[i].seen);
        assert_null(why.id);
    }
}

static void
test_zpl_bad_texts_name_line_and_reason(void **state)
{
    static const struct {
        const char *text;
        const char *line;
        const char *why;
    } cases[] = {
        {"a = 1\n\tb = 2\n", "2", "tab"},
        {"s\n\ta = 2\n", "2", "tab"},
        {"a = x\ty\n", "1", "tab"},
        {"a = x\x01y\n", "1", "control character"},
        {"s\n  a = 1\n", "2", "indent with 4"},
        {"    a = 1\n", "1", "deeper"},
        {"a = 1\n    b = 1\n", "2", "deeper"},
        {"s\n        a = 1\n", "2", "deeper"},
        {"s\n    a = 1\nb = 2\n    c = 3\n", "4", "deeper"},
        {"= 1\n", "1", "a name is expected"},
        {"\"a\" = 1\n", "1", "a name is expected"},
        {"a b\n", "1", "name = value"},
        {"a: 1\n", "1", "name = value"},
        {"a =\n", "1", "there is no value"},
        {"a =   # x\n", "1", "there is no value"},
        {"a = \"x\n", "1", "closing quotation mark is missing"},
        {"a = \"x\" y\n", "1", "nothing may follow"},
        {"a = x'y\"z\n", "1", "one sort of quotation mark"},
        {"a\n    b\n        c\n            d\n                e\n                    f\n", "6",
         "deeper"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_msg_t why = {0};
        assert_int_equal(read_text(cases[i].text, NULL, &why), TS_ERR_CONFIG);
        assert_string_equal(why.args[0], "a.conf");
        assert_string_equal(why.args[1], cases[i].line);
        if (strstr(why.id, cases[i].why) == NULL) {
            fail_msg("case %u says: %s", (unsigned)i, why.id);
        }
        ts_msg_free(&why);
    }
}

static void
test_zpl_long_names_and_values_are_refused_at_the_bound(void **state)
{
    char text[TS_ZPL_VALUE_BYTES_MAX + 64];
    ts_msg_t why = {0};
    for (size_t over = 0; over < 2; over++) {
        ts_err_t expected = over == 0 ? TS_ERR_OK : TS_ERR_CONFIG;
        memset(text, 'a', sizeof text);
        memcpy(text, "a = ", 4);
        text[4 + TS_ZPL_VALUE_BYTES_MAX + over] = '\0';
        assert_int_equal(read_text(text, NULL, &why), expected);
        memset(text, 'a', sizeof text);
        memcpy(text + TS_ZPL_PATH_BYTES_MAX + over, " = 1", 5);
        assert_int_equal(read_text(text, NULL, &why), expected);
    }
    ts_msg_free(&why);
}

static void
test_zpl_error_of_taker_ends_reading(void **state)
{
    ts_msg_t why = {0};
    assert_int_equal(read_text("a = 1\nb = 2\n", seen, &why), TS_ERR_LIMIT);
    assert_string_equal(seen, "1:a=[1];");
    assert_string_equal(why.id, "stop");
    ts_msg_free(&why);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zpl_good_texts_give_entries),
        cmocka_unit_test(test_zpl_bad_texts_name_line_and_reason),
        cmocka_unit_test(test_zpl_long_names_and_values_are_refused_at_the_bound),
        cmocka_unit_test(test_zpl_error_of_taker_ends_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
