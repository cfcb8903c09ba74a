/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a cell finds its unit by code or exact name, with the district where names repeat, and
 * never by guess. Method: units of the lists that differ by an accent, a word or the district only
 * (findings ); what is said about the rest.
 */
#include "sheet/match.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const tan_linh[] = {"Tân Lĩnh", "TẢN LĨNH", "", "Tản Lĩnn", NULL};
static const char *const drai[] = {"Ia H' Drai cũ", NULL};
static const ts_match_item_t units[] = {
    {1, "09694", "Xã Tản Lĩnh", tan_linh, "Huyện Ba Vì"},
    {2, "09706", "Xã Yên Bài", NULL, "Huyện Ba Vì"},
    {3, "03964", "Xã Mường Bang", NULL, "Huyện Phù Yên"},
    {4, "04105", "Xã Mường Bằng", NULL, "Huyện Mai Sơn"},
    {5, "03700", "Xã Chiềng Chung", NULL, "Huyện Mai Sơn"},
    {6, "04015", "Xã Chiềng Chung", NULL, "Thị xã Mộc Châu"},
    {7, "04117", "Thị trấn Hát Lót", NULL, "Huyện Mai Sơn"},
    {8, "04118", "Xã Hát Lót", NULL, "Huyện Mai Sơn"},
    {9, "14", "Tỉnh Sơn La", NULL, NULL},
    {10, "116", "Thành phố Sơn La", NULL, "Tỉnh Sơn La"},
    {11, "09700", "Xã Vân Hòa", NULL, "Huyện Ba Vì"},
    {12, "618", "Huyện Ia H'Drai", drai, "Tỉnh Kon Tum"},
    {13, "00116", "Phường 1", NULL, NULL},
    {14, NULL, "Hội Chữ thập đỏ", NULL, NULL},
};

static void
test_match_code_or_exact_name_is_found(void **state)
{
    static const struct {
        const char *text;
        const char *parent;
        uint64_t id;
        ts_match_how_t how;
    } cases[] = {
        {"09694", NULL, 1, TS_MATCH_CODE},
        {"9694", NULL, 1, TS_MATCH_CODE_WITHOUT_ZEROS},
        {"116", NULL, 10, TS_MATCH_CODE},
        {"00116", NULL, 13, TS_MATCH_CODE},
        {"Tản Lĩnh", NULL, 1, TS_MATCH_NAME},
        {"xã TẢN LĨNH", "", 1, TS_MATCH_NAME},
        {"Tân Lĩnh", NULL, 1, TS_MATCH_NAME},
        {"Mường Bang", NULL, 3, TS_MATCH_NAME},
        {"Mường Bằng", NULL, 4, TS_MATCH_NAME},
        {"Vân Hoà", "Ba Vì", 11, TS_MATCH_NAME},
        {"X. Vân Hoà", "H. Ba Vì", 11, TS_MATCH_NAME},
        {"Chiềng Chung", "Mai Sơn", 5, TS_MATCH_NAME},
        {"Chiềng Chung", "thị xã Mộc Châu", 6, TS_MATCH_NAME},
        {"Chiềng Chung, huyện Mai Sơn", NULL, 5, TS_MATCH_NAME},
        {"Chiềng Chung (Mộc Châu)", NULL, 6, TS_MATCH_NAME},
        {"xã Chiềng Chung huyện Mai Sơn tỉnh Sơn La", NULL, 5, TS_MATCH_NAME},
        {"xã Chiềng Chung, huyện Mai Sơn, tỉnh Sơn La", NULL, 5, TS_MATCH_NAME},
        {"Chiềng Chung, Mai Sơn", "Mai Sơn", 5, TS_MATCH_NAME},
        {"Xã Hát Lót", NULL, 8, TS_MATCH_NAME},
        {"TT Hát Lót", "Mai Sơn", 7, TS_MATCH_NAME},
        {"TP. Sơn La", NULL, 10, TS_MATCH_NAME},
        {"tỉnh Sơn La", NULL, 9, TS_MATCH_NAME},
        {"Ia H’ Drai", NULL, 12, TS_MATCH_NAME},
        {"Yên Bài, tỉnh Sơn La", NULL, 2, TS_MATCH_NAME},
        {"Phường 1", "Quận 3", 13, TS_MATCH_NAME},
        {"hội chữ thập đỏ", "Mai Sơn", 14, TS_MATCH_NAME},
    };
    ts_match_t *match = ts_match_new(units, TS_COUNT(units));
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_match_found_t found = {0};
        ts_msg_t why = {0};
        ts_err_t err = ts_match_find(match, cases[i].text, cases[i].parent, &found, &why);
        if (err != TS_ERR_OK) {
            char *text = ts_msg_fill(&why, why.id);
            fail_msg("“%s”: %s, %s", cases[i].text, ts_err_name(err), text);
        }
        assert_int_equal(found.id, cases[i].id);
        assert_int_equal(found.how, cases[i].how);
        assert_int_equal(units[found.index].id, cases[i].id);
    }
    ts_match_destroy(&match);
    ts_match_destroy(&match);
}

static void
test_match_nothing_is_taken_by_guess(void **state)
{
    static const struct {
        const char *text;
        const char *parent;
        ts_err_t err;
        const char *said;
    } cases[] = {
        {"Yên Bái", NULL, TS_ERR_NOTFOUND,
         "“Yên Bái” is not known; perhaps meant: “Xã Yên Bài” (Huyện Ba Vì, 09706)"},
        {"Muong Bang", NULL, TS_ERR_NOTFOUND,
         "“Muong Bang” is not known; perhaps meant: “Xã Mường Bang” (Huyện Phù Yên, 03964); “Xã "
         "Mường Bằng” (Huyện Mai Sơn, "
         "04105)"},
        {"Mường Bắng", NULL, TS_ERR_NOTFOUND,
         "“Mường Bắng” is not known; perhaps meant: “Xã Mường Bang” (Huyện Phù Yên, 03964); “Xã "
         "Mường Bằng” (Huyện Mai Sơn, "
         "04105)"},
        {"Tản Lỉnhh", NULL, TS_ERR_NOTFOUND,
         "“Tản Lỉnhh” is not known; perhaps meant: “Xã Tản Lĩnh” (Huyện Ba Vì, 09694)"},
        {"Lai Châu", NULL, TS_ERR_NOTFOUND, "“Lai Châu” is not known"},
        {"99999", NULL, TS_ERR_NOTFOUND, "“99999” is not known"},
        {"Chiềng Chung", NULL, TS_ERR_CONFLICT,
         "“Chiềng Chung” can be: “Xã Chiềng Chung” (Huyện Mai Sơn, 03700); “Xã Chiềng Chung” (Thị "
         "xã Mộc Châu, 04015); add the "
         "district, or use the code"},
        {"Hát Lót", "Mai Sơn", TS_ERR_CONFLICT,
         "“Hát Lót” can be: “Thị trấn Hát Lót” (Huyện Mai Sơn, 04117); “Xã Hát Lót” (Huyện Mai "
         "Sơn, 04118); add the district, "
         "or use the code"},
        {"Sơn La", NULL, TS_ERR_CONFLICT,
         "“Sơn La” can be: “Tỉnh Sơn La” (14); “Thành phố Sơn La” (Tỉnh Sơn La, 116); add the "
         "district, or use the code"},
        {"Phường Hát Lót", NULL, TS_ERR_NOTFOUND,
         "“Phường Hát Lót” is not known; perhaps meant: “Thị trấn Hát Lót” (Huyện Mai Sơn, 04117); "
         "“Xã Hát Lót” (Huyện Mai "
         "Sơn, 04118)"},
        {"Yên Bài", "Thạch Thất", TS_ERR_NOTFOUND,
         "“Yên Bài” is not in “thạch thất”, but there is: “Xã Yên Bài” (Huyện Ba Vì, 09706)"},
        {"Yên Bài (Thạch Thất)", "Ba Vì", TS_ERR_NOTFOUND,
         "“Yên Bài (Thạch Thất)” is not in “thạch thất”, but there is: “Xã Yên Bài” (Huyện Ba Vì, "
         "09706)"},
        {"Chiềng Chung", "huyện Mộc Châu", TS_ERR_NOTFOUND,
         "“Chiềng Chung” is not in “huyện mộc châu”, but there is: “Xã Chiềng Chung” (Huyện Mai "
         "Sơn, 03700); “Xã Chiềng Chung” "
         "(Thị xã Mộc Châu, 04015)"},
        {"Chiềng Chung, ", NULL, TS_ERR_CONFLICT, NULL},
        {"", NULL, TS_ERR_INVALID, "the name or code is missing"},
        {" \xC2\xA0", NULL, TS_ERR_INVALID, "the name or code is missing"},
        {"\xFF", NULL, TS_ERR_INVALID, "the name or code is missing"},
    };
    ts_match_t *match = ts_match_new(units, TS_COUNT(units));
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_match_found_t found = {.id = 77};
        ts_msg_t why = {0};
        ts_err_t err = ts_match_find(match, cases[i].text, cases[i].parent, &found, &why);
        if (err != cases[i].err) {
            fail_msg("“%s”: %s", cases[i].text, ts_err_name(err));
        }
        assert_int_equal(found.id, 77);
        char *said = ts_msg_fill(&why, why.id);
        if (cases[i].said != NULL) {
            assert_string_equal(said, cases[i].said);
        }
        free(said);
        ts_msg_free(&why);
    }
    ts_match_destroy(&match);
}

static void
test_match_code_that_two_have_is_a_conflict(void **state)
{
    static const ts_match_item_t items[] = {{1, "0118", "A", NULL, NULL},
                                            {2, "00118", "B", NULL, NULL},
                                            {3, "123", "C", NULL, "x"},
                                            {4, "123", "C", NULL, "x"}};
    ts_match_t *match = ts_match_new(items, TS_COUNT(items));
    ts_match_found_t found = {0};
    ts_msg_t why = {0};
    assert_int_equal(ts_match_find(match, "118", NULL, &found, &why), TS_ERR_CONFLICT);
    assert_int_equal(ts_match_find(match, "0118", NULL, &found, &why), TS_ERR_OK);
    assert_int_equal(found.id, 1);
    /* Zeros that the sheet has are meant. */
    assert_int_equal(ts_match_find(match, "000118", NULL, &found, &why), TS_ERR_NOTFOUND);
    assert_int_equal(ts_match_find(match, "123", NULL, &found, &why), TS_ERR_CONFLICT);
    ts_msg_free(&why);
    ts_match_destroy(&match);
}

static void
test_match_lists_and_searches_are_bounded(void **state)
{
    enum { COUNT = 20 };
    ts_match_item_t items[COUNT];
    char parents[COUNT][16];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(parents[i], sizeof parents[i], "Huyện %zu", i);
        items[i] = (ts_match_item_t){.id = i, .name = "Xã Tân Lập", .parent = parents[i]};
    }
    ts_match_t *match = ts_match_new(items, COUNT);
    ts_match_found_t found = {0};
    ts_msg_t why = {0};
    assert_int_equal(ts_match_find(match, "Tân Lập", NULL, &found, &why), TS_ERR_CONFLICT);
    assert_non_null(strstr(why.args[1], "Huyện 7"));
    assert_null(strstr(why.args[1], "Huyện 8"));
    assert_string_equal(why.args[1] + strlen(why.args[1]) - strlen("; …"), "; …");
    for (size_t i = 0; i < TS_MATCH_SEARCHES_MAX; i++) {
        assert_int_equal(ts_match_find(match, "Tan Lap", NULL, &found, &why), TS_ERR_NOTFOUND);
        assert_non_null(why.args[1]);
    }
    assert_int_equal(ts_match_find(match, "Tan Lap", NULL, &found, &why), TS_ERR_NOTFOUND);
    assert_null(why.args[1]);
    ts_msg_free(&why);
    ts_match_destroy(&match);
}

static void
test_match_nearest_names_come_first(void **state)
{
    static const char *const far_alias[] = {"abczzf", NULL};
    static const ts_match_item_t items[] = {
        {1, NULL, "abcdee", NULL, NULL},
        {2, NULL, "abcdéf", far_alias, NULL},
        {3, NULL, "ãbcdèf", NULL, NULL},
        {4, NULL, "ãbcxxf", NULL, NULL},
    };
    ts_match_t *match = ts_match_new(items, TS_COUNT(items));
    ts_match_found_t found = {0};
    ts_msg_t why = {0};
    assert_int_equal(ts_match_find(match, "abcdef", NULL, &found, &why), TS_ERR_NOTFOUND);
    assert_string_equal(why.args[1], "“abcdéf”; “ãbcdèf”; “abcdee”");
    ts_msg_free(&why);
    ts_match_destroy(&match);
}

static void
test_match_short_names_are_not_suggested_for_anything(void **state)
{
    static const ts_match_item_t items[] = {{1, NULL, "Ea", NULL, NULL},
                                            {2, NULL, "Xã Ơn", NULL, NULL}};
    ts_match_t *match = ts_match_new(items, TS_COUNT(items));
    ts_match_found_t found = {0};
    ts_msg_t why = {0};
    assert_int_equal(ts_match_find(match, "Bo", NULL, &found, &why), TS_ERR_NOTFOUND);
    assert_null(why.args[1]);
    assert_int_equal(ts_match_find(match, "On", NULL, &found, &why), TS_ERR_NOTFOUND);
    assert_string_equal(why.args[1], "“Xã Ơn”");
    ts_msg_free(&why);
    ts_match_destroy(&match);
    match = ts_match_new(NULL, 0);
    assert_int_equal(ts_match_find(match, "On", NULL, &found, &why), TS_ERR_NOTFOUND);
    ts_msg_free(&why);
    ts_match_destroy(&match);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_code_or_exact_name_is_found),
        cmocka_unit_test(test_match_nothing_is_taken_by_guess),
        cmocka_unit_test(test_match_code_that_two_have_is_a_conflict),
        cmocka_unit_test(test_match_lists_and_searches_are_bounded),
        cmocka_unit_test(test_match_nearest_names_come_first),
        cmocka_unit_test(test_match_short_names_are_not_suggested_for_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
