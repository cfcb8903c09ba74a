/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: names that are the same for an office compare equal, and names that differ by an accent do
 * not. Method: tables of pairs; the pairs are of the 2025 lists of units and of the plans (X-11,
 *
 */
#include "sheet/text.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

static void
test_text_valid_finds_the_first_bad_byte(void **state)
{
    static const struct {
        const char *text;
        size_t bytes;
        size_t bad; /* == bytes: valid */
    } cases[] = {
        {"", 0, 0},
        {"Mường Bằng", 14, 14},
        {"ab\xC3", 3, 2},           /* cut */
        {"ab\xC0\xAF", 4, 2},       /* overlong */
        {"a\xED\xA0\x80", 4, 1},    /* surrogate */
        {"\xF4\x90\x80\x80", 4, 0}, /* beyond Unicode */
        {"a\0b", 3, 1},
        {"xx\xA9", 3, 2},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        size_t bad = cases[i].bytes;
        bool valid = ts_text_valid(cases[i].text, cases[i].bytes, &bad);
        assert_int_equal(valid, cases[i].bad == cases[i].bytes);
        assert_int_equal(bad, cases[i].bad);
    }
}

static void
test_text_clean_composes_and_trims_only(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"  a  b ", "a  b"},
        {"\xC2\xA0X\xC3\xA3\xE2\x80\xAF", "Xã"},
        {"Mu\xCC\x9Bo\xCC\x9B\xCC\x80ng", "Mường"},         /* decomposed */
        {"Tr\xE2\x80\x8B\xC6\xB0\xE1\xBB\x9Dng", "Trường"}, /* zero width inside */
        {"\xEF\xBB\xBFHòa", "Hòa"},
        {"dòng 1\ndòng 2\n", "dòng 1\ndòng 2"},
        {"\xC2\xA0", ""},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        char *clean = ts_text_clean(cases[i][0], strlen(cases[i][0]));
        assert_string_equal(clean, cases[i][1]);
        free(clean);
    }
    assert_null(ts_text_clean("a\xFF", 2));
    assert_null(ts_text_clean("a\0b", 3));
}

static void
assert_same_key(const char *a, const char *b, unsigned flags, bool same)
{
    char *left = ts_text_key(a, flags);
    char *right = ts_text_key(b, flags);
    assert_non_null(left);
    assert_non_null(right);
    if ((strcmp(left, right) == 0) != same) {
        fail_msg("“%s” → “%s”, “%s” → “%s”", a, left, b, right);
    }
    free(left);
    free(right);
}

static void
test_text_key_tone_placements_are_equal(void **state)
{
    static const char *const pairs[][2] = {
        {"Hòa", "Hoà"},
        {"HÒA BÌNH", "hoà bình"},
        {"Phạm Văn Thủy", "Phạm Văn Thuỷ"},
        {"Ủy ban", "Uỷ ban"},
        {"khóa", "khoá"},
        {"hỏa", "hoả"},
        {"họa", "hoạ"},
        {"õa", "oã"},
        {"khỏe", "khoẻ"},
        {"lòe", "loè"},
        {"xòe", "xoè"},
        {"tóe", "toé"},
        {"họe", "hoẹ"},
        {"lũy", "luỹ"},
        {"tùy", "tuỳ"},
        {"thúy", "thuý"},
        {"tụy", "tuỵ"},
        {"Qúy", "Quý"},
        {"Vân Hòa, Ba Vì", "Vân Hoà, Ba Vì"},
        {"HỦY", "Huỷ"},
        {"U\xCC\x89y ban", "Uỷ ban"}, /* decomposed */
    };
    for (size_t i = 0; i < TS_COUNT(pairs); i++) {
        assert_same_key(pairs[i][0], pairs[i][1], 0, true);
    }
}

static void
test_text_key_spelling_of_signs_and_spaces_is_equal(void **state)
{
    static const char *const pairs[][2] = {
        {"Ia H'Drai", "Ia H’Drai"},
        {"Tr\xE2\x80\x8B\xC6\xB0\xE1\xBB\x9Dng", "Trường"},
        {"Ia H'Drai", "Ia H' Drai"},
        {"Ia H'Drai", "IA H ‘DRAI"},
        {"  Yên \t Bài", "Yên Bài"},
        {"Yên\xC2\xA0"
         "Bài",
         "Yên Bài"},
        {"Ðông Xuân", "Đông Xuân"},
        {"Văn hóa - Xã hội", "Văn hoá – Xã hội"},
    };
    for (size_t i = 0; i < TS_COUNT(pairs); i++) {
        assert_same_key(pairs[i][0], pairs[i][1], 0, true);
    }
}

static void
test_text_key_accents_stay(void **state)
{
    static const char *const pairs[][2] = {
        {"Yên Bái", "Yên Bài"},
        {"Mường Bang", "Mường Bằng"},
        {"Chiềng Hắc", "Chiềng Hặc"},
        {"Mường Sại", "Mường Sai"},
        {"Chiềng Ơn", "Chiềng On"},
        {"Chiềng An", "Chiềng Ân"},
        {"Chiềng Đông", "Chiềng Dong"},
        {"Tân Lĩnh", "Tản Lĩnh"},
        {"của", "cuả"},
        {"mùa", "muà"},
        {"hoàn", "hòan"},
        {"Đắk", "Đăk"},
        {"ai", "a"},
    };
    for (size_t i = 0; i < TS_COUNT(pairs); i++) {
        assert_same_key(pairs[i][0], pairs[i][1], 0, false);
    }
    assert_null(ts_text_key("\xC3", 0));
}

static void
test_text_key_prefix_is_optional_by_flag(void **state)
{
    static const char *const names[][2] = {
        {"Xã Mường Bang", "mường bang"},
        {"phường Quyết Thắng", "quyết thắng"},
        {"Thị trấn Hát Lót", "hát lót"},
        {"TT. Hát Lót", "hát lót"},
        {"HUYỆN PHÙ YÊN", "phù yên"},
        {"H.Phù Yên", "phù yên"},
        {"Quận Ba Đình", "ba đình"},
        {"Thị xã Mộc Châu", "mộc châu"},
        {"Thành phố Sơn La", "sơn la"},
        {"TP Sơn La", "sơn la"},
        {"TP. Sơn La", "sơn la"},
        {"tỉnh Sơn La", "sơn la"},
        {"Đặc khu Lý Sơn", "lý sơn"},
        {"Phường 1", "phường 1"},
        {"Xã", "xã"},
        {"Xãi", "xãi"},
        {"Tĩnh Gia", "tĩnh gia"},
        {"Phường  12", "phường 12"},
    };
    for (size_t i = 0; i < TS_COUNT(names); i++) {
        char *key = ts_text_key(names[i][0], TS_TEXT_NO_PREFIX);
        assert_string_equal(key, names[i][1]);
        free(key);
    }
    assert_same_key("Xã Mường Bang", "Mường Bang", 0, false);
    assert_same_key("Xã Hát Lót", "Thị trấn Hát Lót", 0, false);
    assert_same_key("Xã Hát Lót", "Thị trấn Hát Lót", TS_TEXT_NO_PREFIX, true);
    const char *rest = NULL;
    assert_int_equal(ts_text_key_prefix("thị xã mộc châu", &rest), TS_TEXT_PREFIX_TOWN);
    assert_string_equal(rest, "mộc châu");
    assert_int_equal(ts_text_key_prefix("mộc châu", &rest), TS_TEXT_PREFIX_NONE);
    assert_string_equal(rest, "mộc châu");
}

static void
test_text_fold_drops_every_accent(void **state)
{
    static const char *const cases[][2] = {
        {"Đường", "duong"},
        {"ĐẮK Ễ Ườ Ỹ", "dak e uo y"},
        {"Mường Bằng", "muong bang"},
        {"Ð", "d"},
        {"aăâáàảãạắằẳẵặấầẩẫậ", "aaaaaaaaaaaaaaaaaa"},
        {"uưúùủũụứừửữự oôơ yýỳỷỹỵ iíìỉĩị", "uuuuuuuuuuuu ooo yyyyyy iiiiii"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        char *fold = ts_text_fold(cases[i][0]);
        assert_string_equal(fold, cases[i][1]);
        free(fold);
    }
    assert_null(ts_text_fold("\xFF"));
}

static void
test_text_distance_counts_steps_up_to_the_limit(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        size_t limit;
        size_t expected;
    } cases[] = {
        {"", "", 2, 0},           {"abc", "abc", 0, 0},        {"abc", "abd", 2, 1},
        {"abc", "acb", 2, 1},     {"abc", "ab", 2, 1},         {"", "ab", 2, 2},
        {"", "abc", 2, 3},        {"kitten", "sitting", 3, 3}, {"kitten", "sitting", 2, 3},
        {"Mường", "Muờng", 2, 1}, {"xyz", "abc", 2, 3},        {"abcd", "badc", 2, 2},
        {"ab", "ba", 0, 1},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        assert_int_equal(ts_text_distance(cases[i].a, cases[i].b, cases[i].limit),
                         cases[i].expected);
        assert_int_equal(ts_text_distance(cases[i].b, cases[i].a, cases[i].limit),
                         cases[i].expected);
    }
    char longer[TS_TEXT_DISTANCE_POINTS_MAX + 2];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(ts_text_distance(longer, longer, 2), 3);
    assert_int_equal(ts_text_distance(longer + 1, longer + 1, 2), 0);
}

static void
test_text_clip_cuts_no_character(void **state)
{
    assert_int_equal(ts_text_clip("Mường", 100), 8);
    assert_int_equal(ts_text_clip("aằb", 4), 4);
    assert_int_equal(ts_text_clip("aằb", 3), 1);
    assert_int_equal(ts_text_clip("aằb", 2), 1);
    assert_int_equal(ts_text_clip("ằ", 0), 0);
    assert_int_equal(ts_text_points("Mường"), 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_valid_finds_the_first_bad_byte),
        cmocka_unit_test(test_text_clean_composes_and_trims_only),
        cmocka_unit_test(test_text_key_tone_placements_are_equal),
        cmocka_unit_test(test_text_key_spelling_of_signs_and_spaces_is_equal),
        cmocka_unit_test(test_text_key_accents_stay),
        cmocka_unit_test(test_text_key_prefix_is_optional_by_flag),
        cmocka_unit_test(test_text_fold_drops_every_accent),
        cmocka_unit_test(test_text_distance_counts_steps_up_to_the_limit),
        cmocka_unit_test(test_text_clip_cuts_no_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
