/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: record ids keep their parts, and a short code that was misread or mistyped is not taken for
 * another. Method: borders by hand; then every single wrong character and every swap of two
 * characters of random codes.
 */
#include "base/id.h"
#include "base/prng.h"
#include "support/test.h"

#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static ts_record_id_t
random_id(ts_prng_t *prng)
{
    /* Short parts are as common as long ones. */
    uint32_t office = 1 + ts_prng_below(prng, 1u << ts_prng_below(prng, 18));
    uint32_t salt = ts_prng_below(prng, 1u << ts_prng_below(prng, 25));
    uint32_t counter = ts_prng_below(prng, 1u << ts_prng_below(prng, 22));
    return ts_record_id(office, salt, counter);
}

static void
test_id_parts_come_back_at_the_borders(void **state)
{
    ts_record_id_t largest =
        ts_record_id(TS_RECORD_OFFICE_MAX, (1u << 24) - 1, TS_RECORD_COUNTER_MAX);
    assert_true(largest == INT64_MAX);
    assert_int_equal(ts_record_office(largest), TS_RECORD_OFFICE_MAX);
    assert_int_equal(ts_record_counter(largest), TS_RECORD_COUNTER_MAX);
    ts_record_id_t smallest = ts_record_id(1, 0, 0);
    assert_int_equal(ts_record_office(smallest), 1);
    assert_int_equal(ts_record_counter(smallest), 0);
    ts_record_id_t some = ts_record_id(5, 0xabcdef, 77);
    assert_true(some == (UINT64_C(5) << 45 | UINT64_C(0xabcdef) << 21 | 77));
}

static void
test_id_code_goes_there_and_back(void **state)
{
    ts_prng_t prng = ts_prng(1);
    for (int i = 0; i < 100000; i++) {
        ts_record_id_t id = random_id(&prng);
        char code[TS_CODE_BYTES_MAX];
        ts_record_code_format(id, code, sizeof code);
        ts_record_id_t back = 0;
        assert_int_equal(ts_record_code_parse(code, &back), TS_ERR_OK);
        assert_true(back == id);
    }
    char code[TS_CODE_BYTES_MAX];
    ts_record_code_format(ts_record_id(TS_RECORD_OFFICE_MAX, (1u << 24) - 1, TS_RECORD_COUNTER_MAX),
                          code, sizeof code);
    assert_int_equal(strlen(code), 17);
    ts_record_code_format(0, code, sizeof code);
    assert_string_equal(code, "-");
}

/* Also fails when the way codes are written changes: people hold them on paper. */
static void
test_id_code_of_known_record_is_known(void **state)
{
    char code[TS_CODE_BYTES_MAX];
    ts_record_code_format(ts_record_id(12, 0x74c57, 111), code, sizeof code);
    assert_string_equal(code, "C-3F-EK2Q5");
}

static void
test_id_code_reads_as_people_write(void **state)
{
    ts_record_id_t id = ts_record_id(1, 1 << 5, 32);
    char code[TS_CODE_BYTES_MAX];
    ts_record_code_format(id, code, sizeof code);
    assert_memory_equal(code, "1-10-10", 7);
    const char check = code[7];
    static const char *const forms[] = {"1-10-10",    "i-lo-io",          "L-1O-IO",
                                        "1 10 10",    "  1-10-10",        "1 - 10 - 10",
                                        "1   10  10", "0001-00010-00010", "1-1 0-1 0"};
    for (size_t i = 0; i < TS_COUNT(forms); i++) {
        char text[40] = {0};
        strncpy(text, forms[i], sizeof text - 4);
        size_t length = strlen(text);
        text[length] = check;
        text[length + 1] = ' ';
        ts_record_id_t back = 0;
        assert_int_equal(ts_record_code_parse(text, &back), TS_ERR_OK);
        assert_true(back == id);
    }
}

static void
assert_refused(const char *text)
{
    ts_record_id_t id = 42;
    if (ts_record_code_parse(text, &id) != TS_ERR_INVALID || id != 42) {
        fail_msg("taken: '%s'", text);
    }
}

static void
test_id_code_with_one_wrong_character_is_refused(void **state)
{
    ts_prng_t prng = ts_prng(2);
    for (int i = 0; i < 2000; i++) {
        char code[TS_CODE_BYTES_MAX];
        ts_record_code_format(random_id(&prng), code, sizeof code);
        for (char *at = code; *at != '\0'; at++) {
            char right = *at;
            for (const char *wrong = alphabet; right != '-' && *wrong != '\0'; wrong++) {
                *at = *wrong;
                if (*wrong != right) {
                    assert_refused(code);
                }
            }
            *at = right;
        }
    }
}

static void
test_id_code_with_two_swapped_characters_is_refused(void **state)
{
    ts_prng_t prng = ts_prng(3);
    for (int i = 0; i < 2000; i++) {
        char code[TS_CODE_BYTES_MAX];
        ts_record_code_format(random_id(&prng), code, sizeof code);
        size_t length = strlen(code);
        for (size_t a = 0; a < length; a++) {
            for (size_t b = a + 1; b < length; b++) {
                if (code[a] == '-' || code[b] == '-' || code[a] == code[b]) {
                    continue;
                }
                char swapped[TS_CODE_BYTES_MAX];
                memcpy(swapped, code, sizeof swapped);
                swapped[a] = code[b];
                swapped[b] = code[a];
                assert_refused(swapped);
            }
        }
    }
}

static void
test_id_malformed_codes_are_refused(void **state)
{
    static const char *const bad[] = {
        "",      "-",          "--",          "1",           "1-1",      "1-1-",
        "1-1-1", "0-0-00",     "1-U-11",      "1-1-11-1",    "1-1-11x!", "é-1-11",
        "1--11", "ZZZZZ-1-11", "1-ZZZZZZ-11", "1-1-ZZZZZZZ", "   "};
    for (size_t i = 0; i < TS_COUNT(bad); i++) {
        assert_refused(bad[i]);
    }
}

static void
test_id_hex_is_exact(void **state)
{
    static const uint8_t bytes[3] = {0x00, 0xfe, 0x5a};
    char text[7];
    ts_hex_format(bytes, 3, text);
    assert_string_equal(text, "00fe5a");
    uint8_t back[3] = {0};
    assert_int_equal(ts_hex_parse("00FE5a", back, 3), TS_ERR_OK);
    assert_memory_equal(back, bytes, 3);
    static const char *const bad[] = {"", "00fe5", "00fe5a0", "00fe5g", "00 e5a", "00fe5a "};
    for (size_t i = 0; i < TS_COUNT(bad); i++) {
        memset(back, 7, sizeof back);
        assert_int_equal(ts_hex_parse(bad[i], back, 3), TS_ERR_INVALID);
        assert_int_equal(back[0], 7);
    }
}

static void
test_id_hashes_compare_bytewise(void **state)
{
    ts_hash_t zero = {{0}};
    ts_hash_t first = {{1, 2, 3, 4, 5, 6, 7, 0x80, 9}};
    ts_hash_t last = {{0}};
    last.b[TS_HASH_BYTES - 1] = 1;
    assert_true(ts_hash_is_zero(&zero));
    assert_false(ts_hash_is_zero(&last));
    assert_false(ts_hash_equal(&zero, &last));
    assert_true(ts_hash_equal(&last, &last));
    assert_true(ts_hash_compare(&zero, &last) < 0);
    assert_true(ts_hash_compare(&first, &last) > 0);
    assert_int_equal(ts_hash_compare(&first, &first), 0);
    assert_true(ts_hash_prefix(&first) == UINT64_C(0x8007060504030201));
    ts_id16_t id_zero = {{0}};
    ts_id16_t id_last = {{0}};
    id_last.b[TS_ID16_BYTES - 1] = 1;
    assert_true(ts_id16_is_zero(&id_zero));
    assert_false(ts_id16_is_zero(&id_last));
    assert_false(ts_id16_equal(&id_zero, &id_last));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_id_parts_come_back_at_the_borders),
        cmocka_unit_test(test_id_code_goes_there_and_back),
        cmocka_unit_test(test_id_code_of_known_record_is_known),
        cmocka_unit_test(test_id_code_reads_as_people_write),
        cmocka_unit_test(test_id_code_with_one_wrong_character_is_refused),
        cmocka_unit_test(test_id_code_with_two_swapped_characters_is_refused),
        cmocka_unit_test(test_id_malformed_codes_are_refused),
        cmocka_unit_test(test_id_hex_is_exact),
        cmocka_unit_test(test_id_hashes_compare_bytewise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
