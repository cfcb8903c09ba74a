/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: memory helpers copy exactly, zero what they promise to zero, and grow by doubling.
 * Method: sizes 0, 1 and beyond a capacity; under the address sanitizer every byte is touched.
 */
#include "base/xalloc.h"
#include "support/test.h"

#include <string.h>

static void
test_xalloc_size_zero_gives_a_block(void **state)
{
    void *a = ts_xmalloc(0);
    void *b = ts_xcalloc(0, 8);
    void *c = ts_xcalloc(8, 0);
    void *d = ts_xmemdup(NULL, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    assert_non_null(d);
    a = ts_xrealloc(a, 0);
    assert_non_null(a);
    ts_xfree(a);
    ts_xfree(b);
    ts_xfree(c);
    ts_xfree(d);
    ts_xfree(NULL);
}

static void
test_xalloc_calloc_is_zeroed(void **state)
{
    unsigned char *block = ts_xcalloc(100, 7);
    for (size_t i = 0; i < 700; i++) {
        assert_int_equal(block[i], 0);
    }
    ts_xfree(block);
}

static void
test_xalloc_copies_are_exact(void **state)
{
    char *whole = ts_xstrdup("Tiếp sức");
    assert_string_equal(whole, "Tiếp sức");
    char *part = ts_xstrndup("abcdef", 3);
    assert_string_equal(part, "abc");
    unsigned char *data = ts_xmemdup("a\0b", 3);
    assert_memory_equal(data, "a\0b", 3);
    ts_xfree(whole);
    ts_xfree(part);
    ts_xfree(data);
}

static void
test_xalloc_grow_doubles_and_keeps_items(void **state)
{
    uint32_t *items = NULL;
    size_t capacity = 0;
    size_t before = 0;
    unsigned moves = 0;
    for (uint32_t i = 0; i < 10000; i++) {
        items = ts_xgrow(items, i + 1, &capacity, sizeof *items);
        assert_true(capacity >= i + 1);
        if (capacity != before) {
            assert_true(before == 0 || capacity == 2 * before);
            before = capacity;
            moves++;
        }
        items[i] = i;
    }
    assert_true(moves <= 12);
    for (uint32_t i = 0; i < 10000; i++) {
        assert_int_equal(items[i], i);
    }
    void *same = ts_xgrow(items, 5, &capacity, sizeof *items);
    assert_ptr_equal(same, items);
    ts_xfree(items);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xalloc_size_zero_gives_a_block),
        cmocka_unit_test(test_xalloc_calloc_is_zeroed),
        cmocka_unit_test(test_xalloc_copies_are_exact),
        cmocka_unit_test(test_xalloc_grow_doubles_and_keeps_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
