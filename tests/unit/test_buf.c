/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what is put little-endian is read back, and reading never leaves its bytes.
 * Method: layouts with known bytes; every truncation of one.
 */
#include "base/buf.h"
#include "support/test.h"

#include <string.h>

static void
put_all(ts_buf_t *buf)
{
    ts_buf_put_u8(buf, 0x01);
    ts_buf_put_u16(buf, 0x0302);
    ts_buf_put_u32(buf, 0x07060504);
    ts_buf_put_u64(buf, UINT64_C(0x0f0e0d0c0b0a0908));
    ts_buf_put_text(buf, "xã");
}

static void
test_buf_integers_are_little_endian(void **state)
{
    static const uint8_t expected[] = {1,  2,  3,  4,  5,  6,  7,   8,    9,
                                       10, 11, 12, 13, 14, 15, 'x', 0xc3, 0xa3};
    ts_buf_t buf = {0};
    put_all(&buf);
    assert_int_equal(buf.length, sizeof expected);
    assert_memory_equal(buf.data, expected, sizeof expected);
    ts_bytes_t bytes = ts_buf_bytes(&buf);
    assert_ptr_equal(bytes.data, buf.data);
    assert_int_equal(bytes.length, buf.length);
    ts_buf_clear(&buf);
    assert_int_equal(buf.length, 0);
    ts_buf_free(&buf);
    assert_null(buf.data);
}

static void
test_buf_cursor_reads_back_and_is_done(void **state)
{
    ts_buf_t buf = {0};
    put_all(&buf);
    ts_cursor_t cursor = ts_cursor(buf.data, buf.length);
    assert_int_equal(ts_cursor_u8(&cursor), 0x01);
    assert_int_equal(ts_cursor_u16(&cursor), 0x0302);
    assert_int_equal(ts_cursor_u32(&cursor), 0x07060504);
    assert_true(ts_cursor_u64(&cursor) == UINT64_C(0x0f0e0d0c0b0a0908));
    assert_false(ts_cursor_done(&cursor));
    assert_int_equal(ts_cursor_left(&cursor), 3);
    assert_memory_equal(ts_cursor_take(&cursor, 3), "xã", 3);
    assert_true(ts_cursor_done(&cursor));
    ts_buf_free(&buf);
}

static void
test_buf_cursor_on_every_truncation_is_bad_and_zero(void **state)
{
    uint8_t layout[15];
    memset(layout, 0xff, sizeof layout);
    for (size_t length = 0; length < sizeof layout; length++) {
        ts_cursor_t cursor = ts_cursor(layout, length);
        (void)ts_cursor_u64(&cursor);
        (void)ts_cursor_u32(&cursor);
        (void)ts_cursor_u16(&cursor);
        uint8_t last = ts_cursor_u8(&cursor);
        assert_int_equal(last, 0);
        assert_true(cursor.bad);
        assert_false(ts_cursor_done(&cursor));
        /* Bad stays bad: not even what would fit is given. */
        assert_null(ts_cursor_take(&cursor, 0));
    }
    uint8_t out[4] = {9, 9, 9, 9};
    ts_cursor_t cursor = ts_cursor(layout, 3);
    ts_cursor_get(&cursor, out, 4);
    assert_memory_equal(out, "\0\0\0\0", 4);
    cursor = ts_cursor(layout, 3);
    assert_null(ts_cursor_take(&cursor, SIZE_MAX));
    assert_true(cursor.bad);
}

static void
test_buf_varint_goes_there_and_back(void **state)
{
    static const struct {
        uint64_t value;
        size_t bytes;
    } rows[] = {{0, 1},     {127, 1},        {128, 2},       {16383, 2},
                {16384, 3}, {UINT32_MAX, 5}, {INT64_MAX, 9}, {UINT64_MAX, 10}};
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        ts_buf_t buf = {0};
        ts_buf_put_varint(&buf, rows[i].value);
        assert_int_equal(buf.length, rows[i].bytes);
        ts_cursor_t cursor = ts_cursor(buf.data, buf.length);
        assert_true(ts_cursor_varint(&cursor) == rows[i].value);
        assert_true(ts_cursor_done(&cursor));
        cursor = ts_cursor(buf.data, buf.length - 1);
        assert_int_equal(ts_cursor_varint(&cursor), 0);
        assert_true(cursor.bad);
        ts_buf_free(&buf);
    }
}

static void
test_buf_varint_of_eleven_bytes_is_bad(void **state)
{
    uint8_t endless[12];
    memset(endless, 0x80, sizeof endless);
    ts_cursor_t cursor = ts_cursor(endless, sizeof endless);
    assert_int_equal(ts_cursor_varint(&cursor), 0);
    assert_true(cursor.bad);
}

/* The tenth byte has room for one bit; a larger one would be a value that does not fit. */
static void
test_buf_varint_beyond_64_bits_is_bad(void **state)
{
    uint8_t wide[10];
    memset(wide, 0xff, sizeof wide);
    wide[9] = 0x02;
    ts_cursor_t cursor = ts_cursor(wide, sizeof wide);
    assert_int_equal(ts_cursor_varint(&cursor), 0);
    assert_true(cursor.bad);
}

static void
test_buf_grows_and_keeps_its_bytes(void **state)
{
    ts_buf_t buf = {0};
    for (unsigned i = 0; i < 100000; i++) {
        ts_buf_put_u8(&buf, (uint8_t)(i * 7));
    }
    for (unsigned i = 0; i < 100000; i++) {
        assert_int_equal(buf.data[i], (uint8_t)(i * 7));
    }
    memset(ts_buf_extend(&buf, 5), 'z', 5);
    assert_int_equal(buf.length, 100005);
    assert_memory_equal(buf.data + 100000, "zzzzz", 5);
    ts_buf_put(&buf, NULL, 0);
    assert_int_equal(buf.length, 100005);
    ts_buf_free(&buf);
}

static void
test_buf_load_and_store_are_inverse(void **state)
{
    uint8_t at[8];
    ts_store_u64(at, UINT64_C(0x8877665544332211));
    assert_int_equal(at[0], 0x11);
    assert_int_equal(at[7], 0x88);
    assert_true(ts_load_u64(at) == UINT64_C(0x8877665544332211));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf_integers_are_little_endian),
        cmocka_unit_test(test_buf_cursor_reads_back_and_is_done),
        cmocka_unit_test(test_buf_cursor_on_every_truncation_is_bad_and_zero),
        cmocka_unit_test(test_buf_varint_goes_there_and_back),
        cmocka_unit_test(test_buf_varint_of_eleven_bytes_is_bad),
        cmocka_unit_test(test_buf_varint_beyond_64_bits_is_bad),
        cmocka_unit_test(test_buf_grows_and_keeps_its_bytes),
        cmocka_unit_test(test_buf_load_and_store_are_inverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
