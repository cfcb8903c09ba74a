/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: one filling gives an aligned table that keeps to the width without cutting a number, and
 * JSON that a program can trust. Method: whole outputs compared; every width from wide to too
 * narrow.
 */
#include "shared/listing.h"
#include "shared/say.h"
#include "shared/term.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

static int
set_up(void **state)
{
    if (setenv("LANGUAGE", "vi", 1) != 0) {
        return -1;
    }
    ts_say_init(TS_CONF_LANGUAGE_VI, "/nonexistent");
    return 0;
}

static ts_listing_t *
sample(void)
{
    ts_date_t date;
    ts_listing_t *list = ts_listing_new();
    ts_listing_column(list, "code", "Mã", TS_LISTING_CODE);
    ts_listing_column(list, "commune", "Xã", TS_LISTING_TEXT);
    ts_listing_column(list, "needed", "Nhu cầu", TS_LISTING_NUMBER);
    ts_listing_column(list, "due", "Hạn nộp", TS_LISTING_DATE);
    ts_listing_text(list, "C-3F-7K2PQX");
    ts_listing_text(list, "Nậm Pồ, huyện Nậm Pồ, tỉnh Điện Biên");
    ts_listing_number(list, 1234567);
    assert_int_equal(ts_date_from_civil(2025, 5, 30, &date), TS_ERR_OK);
    ts_listing_date(list, date);
    ts_listing_text(list, "C-1");
    ts_listing_text(list, NULL);
    ts_listing_missing(list);
    ts_listing_date(list, TS_DATE_NONE);
    return list;
}

static char *
print(const ts_listing_t *list, size_t columns)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    assert_non_null(out);
    ts_listing_print(list, out, columns);
    (void)fclose(out);
    return text;
}

static void
test_listing_wide_enough_shows_all(void **state)
{
    ts_listing_t *list = sample();
    assert_int_equal(ts_listing_rows(list), 2);
    char *text = print(list, 0);
    assert_string_equal(text,
                        "Mã           Xã                                      Nhu cầu  Hạn nộp\n"
                        "───────────  ────────────────────────────────────  ─────────  ──────────\n"
                        "C-3F-7K2PQX  Nậm Pồ, huyện Nậm Pồ, tỉnh Điện Biên  1.234.567  30/05/2025\n"
                        "C-1          —                                             —  —\n");
    free(text);
    ts_listing_destroy(&list);
    ts_listing_destroy(&list);
}

static void
test_listing_narrow_cuts_text_only(void **state)
{
    ts_listing_t *list = sample();
    char *text = print(list, 50);
    assert_string_equal(text, "Mã           Xã                Nhu cầu  Hạn nộp\n"
                              "───────────  ──────────────  ─────────  ──────────\n"
                              "C-3F-7K2PQX  Nậm Pồ, huyện…  1.234.567  30/05/2025\n"
                              "C-1          —                       —  —\n");
    free(text);
    ts_listing_destroy(&list);
}

static void
test_listing_any_width_keeps_to_it_or_to_its_numbers(void **state)
{
    ts_listing_t *list = sample();
    for (size_t columns = 1; columns < 100; columns++) {
        char *text = print(list, columns);
        assert_non_null(strstr(text, "1.234.567"));
        assert_non_null(strstr(text, "C-3F-7K2PQX"));
        assert_non_null(strstr(text, "30/05/2025"));
        char *rest = NULL;
        for (char *line = strtok_r(text, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
            /* 44 is what codes, numbers, dates and 8 columns of text need. */
            assert_true(ts_term_cells(line) <= (columns < 44 ? 44 : columns));
        }
        free(text);
    }
    ts_listing_destroy(&list);
}

static char *
print_whole(const ts_listing_t *list, size_t columns)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    assert_non_null(out);
    ts_listing_print_whole(list, out, columns);
    (void)fclose(out);
    return text;
}

static void
test_listing_whole_text_goes_on_below(void **state)
{
    ts_listing_t *list = sample();
    assert_int_equal(ts_listing_width(list), 72);
    assert_true(ts_listing_fits(list, 50));
    char *text = print_whole(list, 50);
    assert_string_equal(text, "Mã           Xã                Nhu cầu  Hạn nộp\n"
                              "───────────  ──────────────  ─────────  ──────────\n"
                              "C-3F-7K2PQX  Nậm Pồ, huyện   1.234.567  30/05/2025\n"
                              "             Nậm Pồ, tỉnh\n"
                              "             Điện Biên\n"
                              "C-1          —                       —  —\n");
    free(text);
    ts_listing_destroy(&list);
}

static void
test_listing_whole_too_narrow_goes_by_rows(void **state)
{
    ts_listing_t *list = sample();
    assert_false(ts_listing_fits(list, 40));
    char *text = print_whole(list, 24);
    assert_string_equal(text, "Mã       C-3F-7K2PQX\n"
                              "Xã       Nậm Pồ, huyện\n"
                              "         Nậm Pồ, tỉnh\n"
                              "         Điện Biên\n"
                              "Nhu cầu  1.234.567\n"
                              "Hạn nộp  30/05/2025\n"
                              "\n"
                              "Mã       C-1\n");
    free(text);
    ts_listing_destroy(&list);
}

/* Every width: no line is wider than the screen, and no letter of a value is lost. */
static void
test_listing_whole_any_width_loses_nothing(void **state)
{
    ts_listing_t *list = sample();
    for (size_t columns = 24; columns <= 80; columns++) {
        char *text = print_whole(list, columns);
        size_t found = 0;
        char *rest = NULL;
        for (char *line = strtok_r(text, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
            assert_true(ts_term_cells(line) <= columns);
            found += strstr(line, "1.234.567") != NULL;
            found += strstr(line, "…") != NULL ? 100 : 0;
            found += strstr(line, "Biên") != NULL;
        }
        assert_int_equal(found, 2);
        free(text);
    }
    ts_listing_destroy(&list);
}

static void
test_listing_shown_stands_in_any_column(void **state)
{
    ts_listing_t *list = ts_listing_new();
    ts_listing_column(list, "share", "Tỷ lệ", TS_LISTING_NUMBER);
    ts_listing_shown(list, "97 %");
    ts_listing_missing(list);
    char *text = print_whole(list, 40);
    assert_string_equal(text, "Tỷ lệ\n─────\n 97 %\n    —\n");
    free(text);
    json_t *json = ts_listing_json(list);
    text = json_dumps(json, JSON_COMPACT);
    assert_string_equal(text, "[{\"share\":\"97 %\"},{\"share\":null}]");
    free(text);
    json_decref(json);
    ts_listing_destroy(&list);
}

static void
test_listing_widest_text_gives_first(void **state)
{
    ts_listing_t *list = ts_listing_new();
    ts_listing_column(list, "a", "A", TS_LISTING_TEXT);
    ts_listing_column(list, "b", "B", TS_LISTING_TEXT);
    ts_listing_text(list, "0123456789");
    ts_listing_text(list, "01234567890123456789");
    char *text = print(list, 26);
    assert_non_null(strstr(text, "\n0123456789  0123456789012…\n"));
    free(text);
    text = print(list, 20);
    assert_non_null(strstr(text, "\n01234567…  01234567…\n"));
    free(text);
    ts_listing_destroy(&list);
}

static void
test_listing_without_rows_shows_titles(void **state)
{
    ts_listing_t *list = ts_listing_new();
    ts_listing_column(list, "a", "Tên", TS_LISTING_TEXT);
    char *text = print(list, 80);
    assert_string_equal(text, "Tên\n───\n");
    free(text);
    json_t *json = ts_listing_json(list);
    assert_int_equal(json_array_size(json), 0);
    json_decref(json);
    ts_listing_destroy(&list);
}

static void
test_listing_text_cannot_command_the_terminal(void **state)
{
    ts_listing_t *list = ts_listing_new();
    ts_listing_column(list, "a", "A", TS_LISTING_CODE);
    ts_listing_text(list, "x\x1b]0;y\x07\nz");
    char *text = print(list, 80);
    assert_string_equal(text, "A\n─────────\nx?]0;y??z\n");
    free(text);
    ts_listing_destroy(&list);
}

static void
test_listing_json_has_keys_types_and_nulls(void **state)
{
    ts_listing_t *list = sample();
    json_t *json = ts_listing_json(list);
    char *text = json_dumps(json, JSON_COMPACT);
    assert_string_equal(
        text, "[{\"code\":\"C-3F-7K2PQX\",\"commune\":\"Nậm Pồ, huyện Nậm Pồ, tỉnh Điện Biên\","
              "\"needed\":1234567,\"due\":\"2025-05-30\"},"
              "{\"code\":\"C-1\",\"commune\":null,\"needed\":null,\"due\":null}]");
    free(text);
    json_decref(json);
    ts_listing_destroy(&list);
}

static void
test_listing_json_numbers_stay_exact(void **state)
{
    json_t *json = ts_json_number(INT64_C(9007199254740992));
    assert_true(json_is_integer(json));
    json_decref(json);
    static const int64_t big[] = {INT64_C(9007199254740993), -INT64_C(9007199254740993), INT64_MIN};
    static const char *const text[] = {"9007199254740993", "-9007199254740993",
                                       "-9223372036854775808"};
    for (size_t i = 0; i < TS_COUNT(big); i++) {
        json = ts_json_number(big[i]);
        assert_string_equal(json_string_value(json), text[i]);
        json_decref(json);
    }
}

static void
test_listing_json_prints_whole_and_cleans_bytes(void **state)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    json_t *json = ts_json_text("Đ\xff");
    assert_true(ts_json_print(json, out));
    (void)fclose(out);
    assert_string_equal(text, "\"Đ?\"\n");
    free(text);
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_false(ts_json_print(json, full));
    (void)fclose(full);
    json_decref(json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listing_wide_enough_shows_all),
        cmocka_unit_test(test_listing_narrow_cuts_text_only),
        cmocka_unit_test(test_listing_any_width_keeps_to_it_or_to_its_numbers),
        cmocka_unit_test(test_listing_whole_text_goes_on_below),
        cmocka_unit_test(test_listing_whole_too_narrow_goes_by_rows),
        cmocka_unit_test(test_listing_whole_any_width_loses_nothing),
        cmocka_unit_test(test_listing_shown_stands_in_any_column),
        cmocka_unit_test(test_listing_widest_text_gives_first),
        cmocka_unit_test(test_listing_without_rows_shows_titles),
        cmocka_unit_test(test_listing_text_cannot_command_the_terminal),
        cmocka_unit_test(test_listing_json_has_keys_types_and_nulls),
        cmocka_unit_test(test_listing_json_numbers_stay_exact),
        cmocka_unit_test(test_listing_json_prints_whole_and_cleans_bytes),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
