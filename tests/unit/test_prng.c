/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the generator gives the same sequence everywhere, and `below` is even.
 * Method: values published for SplitMix64 with seed 1234567; counts of many draws.
 */
#include "base/prng.h"
#include "support/test.h"

static void
test_prng_seed_gives_the_published_sequence(void **state)
{
    static const uint64_t expected[] = {
        UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
        UINT64_C(4593380528125082431), UINT64_C(16408922859458223821)};
    ts_prng_t prng = ts_prng(1234567);
    for (size_t i = 0; i < TS_COUNT(expected); i++) {
        assert_true(ts_prng_next(&prng) == expected[i]);
    }
}

static void
test_prng_below_stays_below_and_is_even(void **state)
{
    static const uint32_t limits[] = {1, 2, 3, 7, 10};
    for (size_t i = 0; i < TS_COUNT(limits); i++) {
        uint32_t counts[10] = {0};
        ts_prng_t prng = ts_prng(i);
        for (int draw = 0; draw < 100000; draw++) {
            uint32_t value = ts_prng_below(&prng, limits[i]);
            assert_true(value < limits[i]);
            counts[value]++;
        }
        uint32_t mean = 100000 / limits[i];
        for (uint32_t value = 0; value < limits[i]; value++) {
            assert_in_range(counts[value], mean - mean / 20, mean + mean / 20);
        }
    }
}

/* With 3/4 of the range, plain scaling would give every third value twice as often. */
static void
test_prng_below_large_limit_is_even(void **state)
{
    const uint32_t limit = UINT32_C(3) << 30;
    ts_prng_t prng = ts_prng(5);
    uint32_t thirds[3] = {0};
    uint32_t last_digits[3] = {0};
    for (int draw = 0; draw < 90000; draw++) {
        uint32_t value = ts_prng_below(&prng, limit);
        assert_true(value < limit);
        thirds[value / (limit / 3)]++;
        last_digits[value % 3]++;
    }
    for (int i = 0; i < 3; i++) {
        assert_in_range(thirds[i], 29000, 31000);
        assert_in_range(last_digits[i], 29000, 31000);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prng_seed_gives_the_published_sequence),
        cmocka_unit_test(test_prng_below_stays_below_and_is_even),
        cmocka_unit_test(test_prng_below_large_limit_is_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
