/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a seeded source repeats, a system source does not, and keys made from a source follow it.
 * Method: two runs side by side.
 */
#include "crypto/crypto.h"
#include "crypto/random.h"
#include "crypto/sign.h"
#include "support/test.h"

#include <string.h>

static int
set_up(void **state)
{
    return ts_crypto_init() == TS_ERR_OK ? 0 : -1;
}

static void
test_random_same_seed_repeats(void **state)
{
    ts_random_seeded_t a;
    ts_random_seeded_t b;
    ts_random_t from_a = ts_random_from_seed(&a, 7);
    ts_random_t from_b = ts_random_from_seed(&b, 7);
    uint64_t before = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t x = ts_random_u64(from_a);
        assert_int_equal(x, ts_random_u64(from_b));
        assert_int_not_equal(x, before);
        before = x;
    }
}

static void
test_random_other_seed_differs(void **state)
{
    ts_random_seeded_t a;
    ts_random_seeded_t b;
    assert_int_not_equal(ts_random_u64(ts_random_from_seed(&a, 7)),
                         ts_random_u64(ts_random_from_seed(&b, 8)));
}

static void
test_random_system_fills_every_byte(void **state)
{
    uint8_t seen[33] = {0};
    uint8_t drawn[33];
    for (int i = 0; i < 20; i++) {
        memset(drawn, 0, sizeof drawn);
        ts_random_bytes(ts_random_system(), drawn, 32);
        assert_int_equal(drawn[32], 0);
        for (size_t k = 0; k < sizeof drawn; k++) {
            seen[k] |= drawn[k];
        }
    }
    for (size_t k = 0; k < 32; k++) {
        assert_int_not_equal(seen[k], 0);
    }
    ts_random_bytes(ts_random_system(), NULL, 0);
}

static void
test_random_seeded_keys_repeat(void **state)
{
    ts_random_seeded_t a;
    ts_random_seeded_t b;
    ts_hash_t public_a;
    ts_hash_t public_b;
    ts_secret_t secret;
    ts_sign_keypair(ts_random_from_seed(&a, 1), &public_a, &secret);
    ts_sign_keypair(ts_random_from_seed(&b, 1), &public_b, &secret);
    assert_true(ts_hash_equal(&public_a, &public_b));
    ts_sign_keypair(ts_random_system(), &public_b, &secret);
    assert_false(ts_hash_equal(&public_a, &public_b));
}

static void
test_crypto_wipe_and_compare(void **state)
{
    uint8_t secret[] = {1, 2, 3};
    const uint8_t same[] = {1, 2, 3};
    const uint8_t zero[3] = {0};
    assert_true(ts_equal_secret(secret, same, 3));
    assert_false(ts_equal_secret(secret, zero, 3));
    ts_wipe(secret, sizeof secret);
    assert_memory_equal(secret, zero, 3);
    ts_wipe(NULL, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_same_seed_repeats),
        cmocka_unit_test(test_random_other_seed_differs),
        cmocka_unit_test(test_random_system_fills_every_byte),
        cmocka_unit_test(test_random_seeded_keys_repeat),
        cmocka_unit_test(test_crypto_wipe_and_compare),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
