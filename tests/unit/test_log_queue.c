/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: logs come out in the order in which they stood in line. Method: random pushes and pops
 * beside a plain array.
 */
#include "base/prng.h"
#include "core/log_queue.h"
#include "support/test.h"

#include <string.h>

static void
test_log_queue_keeps_order_like_a_plain_array(void **state)
{
    static ts_hash_t model[20000];
    for (uint64_t seed = 0; seed < 20; seed++) {
        ts_log_queue_t queue = {0};
        ts_prng_t prng = ts_prng(seed);
        size_t first = 5000;
        size_t end = 5000;
        ts_hash_t hash = {{0}};
        for (uint32_t i = 0; i < 4000; i++) {
            uint32_t what = ts_prng_below(&prng, i < 2000 ? 3 : 6);
            memcpy(hash.b, &i, sizeof i);
            if (what < 2) {
                ts_log_queue_push(&queue, &hash);
                model[end++] = hash;
            } else if (what == 2) {
                ts_log_queue_push_front(&queue, &hash);
                model[--first] = hash;
            } else {
                ts_hash_t got = {{0}};
                assert_int_equal(ts_log_queue_pop(&queue, &got), first < end);
                if (first < end) {
                    assert_memory_equal(&got, &model[first++], sizeof got);
                }
            }
            assert_int_equal(queue.count, end - first);
        }
        ts_log_queue_free(&queue);
        assert_false(ts_log_queue_pop(&queue, &hash));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_queue_keeps_order_like_a_plain_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
