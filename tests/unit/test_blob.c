/* SPDX-License-Identifier: MPL-2.0 */
/* Goal: a packed text comes back, and nothing else is taken for one. Method: round trips, bounds,
 * damage at every byte. */
#include "base/xalloc.h"
#include "support/test.h"
#include "wire/blob.h"

#include <string.h>

static void
test_blob_text_comes_back_smaller(void **state)
{
    ts_buf_t text = {0};
    for (int i = 0; i < 500; i++) {
        ts_buf_put_text(&text, "support|child_times|09697@2008-08-01|warm|preschool|f|=12\n");
    }
    ts_buf_t packed = {0};
    ts_buf_t back = {0};
    ts_blob_pack(ts_buf_bytes(&text), &packed);
    assert_true(packed.length < text.length / 20);
    assert_int_equal(ts_blob_unpack(ts_buf_bytes(&packed), text.length, &back), TS_ERR_OK);
    assert_int_equal(back.length, text.length);
    assert_memory_equal(back.data, text.data, text.length);
    ts_buf_free(&text);
    ts_buf_free(&packed);
    ts_buf_free(&back);
}

static void
test_blob_beyond_the_bound_is_refused_untouched(void **state)
{
    ts_buf_t packed = {0};
    ts_buf_t back = {0};
    ts_buf_put_text(&back, "before");
    ts_blob_pack((ts_bytes_t){(const uint8_t *)"12345678", 8}, &packed);
    assert_int_equal(ts_blob_unpack(ts_buf_bytes(&packed), 7, &back), TS_ERR_TOOBIG);
    assert_int_equal(back.length, 6);
    assert_int_equal(ts_blob_unpack(ts_buf_bytes(&packed), 8, &back), TS_ERR_OK);
    assert_memory_equal(back.data, "before12345678", 14);
    ts_buf_free(&packed);
    ts_buf_free(&back);
}

static void
test_blob_cut_or_strange_bytes_are_refused(void **state)
{
    ts_buf_t packed = {0};
    ts_buf_t back = {0};
    ts_blob_pack((ts_bytes_t){(const uint8_t *)"a text that is long enough to be cut", 36},
                 &packed);
    for (size_t length = 0; length < packed.length; length++) {
        assert_int_not_equal(ts_blob_unpack((ts_bytes_t){packed.data, length}, 1000, &back),
                             TS_ERR_OK);
        assert_int_equal(back.length, 0);
    }
    assert_int_equal(
        ts_blob_unpack((ts_bytes_t){(const uint8_t *)"no frame of zstd", 16}, 1000, &back),
        TS_ERR_INVALID);
    ts_buf_free(&packed);
    ts_buf_free(&back);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blob_text_comes_back_smaller),
        cmocka_unit_test(test_blob_beyond_the_bound_is_refused_untouched),
        cmocka_unit_test(test_blob_cut_or_strange_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
