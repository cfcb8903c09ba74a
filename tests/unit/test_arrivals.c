/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a silent connection is laid to a key only when no other can stand behind it.
 * Method: handshakes and first words told in different orders.
 */
#include "gate/arrivals.h"
#include "support/test.h"

#include <string.h>

static const ts_mono_t ACCEPTED = {100000};

static ts_hash_t
key(uint8_t letter)
{
    ts_hash_t hash = {{0}};
    hash.b[0] = letter;
    return hash;
}

static void
add(ts_arrivals_t *arrivals, uint8_t letter, const char *address, int64_t after_ms)
{
    const ts_hash_t whose = key(letter);
    ts_arrivals_add(arrivals, &whose, address, (ts_mono_t){ACCEPTED.ms + after_ms});
}

/* The suspect's letter, 0 for nobody. */
static uint8_t
suspect(const ts_arrivals_t *arrivals, const char *address)
{
    ts_hash_t whose = key(0);
    return ts_arrivals_suspect(arrivals, address, ACCEPTED, &whose) ? whose.b[0] : 0;
}

static void
test_arrivals_only_handshake_from_there_is_suspected(void **state)
{
    ts_arrivals_t *arrivals = ts_arrivals_new();
    assert_int_equal(suspect(arrivals, "10.0.0.1"), 0);
    add(arrivals, 'A', "10.0.0.1", 50);
    add(arrivals, 'B', "10.0.0.2", 60);
    assert_int_equal(suspect(arrivals, "10.0.0.1"), 'A');
    assert_int_equal(suspect(arrivals, "10.0.0.2"), 'B');
    assert_int_equal(suspect(arrivals, "10.0.0.3"), 0);
    ts_arrivals_destroy(&arrivals);
    assert_null(arrivals);
}

static void
test_arrivals_two_keys_from_one_address_are_not_told_apart(void **state)
{
    ts_arrivals_t *arrivals = ts_arrivals_new();
    add(arrivals, 'A', "10.0.0.1", 50);
    add(arrivals, 'A', "10.0.0.1", 55);
    assert_int_equal(suspect(arrivals, "10.0.0.1"), 'A');
    add(arrivals, 'B', "10.0.0.1", 60);
    assert_int_equal(suspect(arrivals, "10.0.0.1"), 0);
    /* One of them speaks: it was the other one. */
    const ts_hash_t spoke = key('B');
    ts_arrivals_spoke(arrivals, &spoke);
    assert_int_equal(suspect(arrivals, "10.0.0.1"), 'A');
    ts_arrivals_destroy(&arrivals);
}

static void
test_arrivals_before_and_long_after_the_connection_do_not_count(void **state)
{
    ts_arrivals_t *arrivals = ts_arrivals_new();
    add(arrivals, 'A', "10.0.0.1", -1500);
    add(arrivals, 'B', "10.0.0.1", 31000);
    assert_int_equal(suspect(arrivals, "10.0.0.1"), 0);
    add(arrivals, 'C', "10.0.0.1", -500);
    assert_int_equal(suspect(arrivals, "10.0.0.1"), 'C');
    ts_arrivals_destroy(&arrivals);
}

static void
test_arrivals_the_oldest_is_forgotten(void **state)
{
    ts_arrivals_t *arrivals = ts_arrivals_new();
    add(arrivals, 'A', "10.0.0.1", 1);
    for (unsigned i = 1; i < TS_ARRIVALS_MAX; i++) {
        add(arrivals, 'B', "10.0.0.2", 2);
    }
    assert_int_equal(suspect(arrivals, "10.0.0.1"), 'A');
    add(arrivals, 'B', "10.0.0.2", 2);
    assert_int_equal(suspect(arrivals, "10.0.0.1"), 0);
    assert_int_equal(suspect(arrivals, "10.0.0.2"), 'B');
    ts_arrivals_destroy(&arrivals);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrivals_only_handshake_from_there_is_suspected),
        cmocka_unit_test(test_arrivals_two_keys_from_one_address_are_not_told_apart),
        cmocka_unit_test(test_arrivals_before_and_long_after_the_connection_do_not_count),
        cmocka_unit_test(test_arrivals_the_oldest_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
