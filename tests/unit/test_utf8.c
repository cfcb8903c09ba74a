/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: exactly the well-formed UTF-8 of RFC 3629 without NUL is text. Method: the edges of every
 * class of byte sequences, at every offset of a word, since words are looked at eight bytes at a
 * time.
 */
#include "support/test.h"
#include "wire/utf8.h"

#include <string.h>

static const struct {
    const char *text;
    bool valid;
} cases[] = {
    {"", true},
    {"abcdefghijklmnop", true},
    {"\x7f", true},
    {"\x80", false},
    {"\xbf", false},
    {"\xc1\xbf", false}, /* longer than needed */
    {"\xc2\x80", true},
    {"\xdf\xbf", true},
    {"\xc3", false},
    {"\xc3(", false},
    {"\xe0\x9f\xbf", false}, /* longer than needed */
    {"\xe0\xa0\x80", true},
    {"\xed\x9f\xbf", true},
    {"\xed\xa0\x80", false}, /* surrogate */
    {"\xee\x80\x80", true},
    {"\xef\xbf\xbf", true},
    {"\xe1\xba", false},
    {"\xe1\xba\xc0", false},
    {"\xf0\x8f\xbf\xbf", false}, /* longer than needed */
    {"\xf0\x90\x80\x80", true},
    {"\xf4\x8f\xbf\xbf", true},
    {"\xf4\x90\x80\x80", false}, /* beyond U+10FFFF */
    {"\xf5\x80\x80\x80", false},
    {"\xf0\x90\x80", false},
    {"\xff", false},
    {"Tiếng Việt có đủ dấu, nhiều hơn tám byte", true},
};

static void
test_utf8_edges_at_every_offset(void **state)
{
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        for (size_t before = 0; before < 9; before++) {
            for (size_t after = 0; after < 9; after++) {
                uint8_t text[128];
                size_t length = strlen(cases[i].text);
                memset(text, 'a', sizeof(text));
                memcpy(text + before, cases[i].text, length);
                assert_int_equal(ts_utf8_valid(text, before + length + after), cases[i].valid);
            }
        }
    }
}

static void
test_utf8_nul_is_never_text(void **state)
{
    for (size_t at = 0; at < 20; at++) {
        uint8_t text[20];
        memset(text, 'a', sizeof(text));
        assert_true(ts_utf8_valid(text, sizeof(text)));
        text[at] = 0;
        assert_false(ts_utf8_valid(text, sizeof(text)));
        assert_true(ts_utf8_valid(text, at));
    }
}

static void
test_utf8_clip_cuts_between_characters(void **state)
{
    static const char text[] = "aế\xf0\x9f\x98\x80z"; /* 1 + 3 + 4 + 1 bytes */
    static const size_t expected[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9};
    for (size_t max = 0; max < TS_COUNT(expected); max++) {
        assert_int_equal(ts_utf8_clip(text, max), expected[max]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8_edges_at_every_offset),
        cmocka_unit_test(test_utf8_nul_is_never_text),
        cmocka_unit_test(test_utf8_clip_cuts_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
