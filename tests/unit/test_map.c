/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the map finds what was put, forgets what was removed and walks in order of insertion, at
 * any size. Method: small cases by hand, then long random runs compared after each step with a
 * plain array.
 */
#include "base/map.h"
#include "base/prng.h"
#include "support/test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void
test_map_absent_key_gives_null(void **state)
{
    ts_map_t *map = ts_map_new(8, 8);
    uint64_t key = 7;
    assert_null(ts_map_get(map, &key));
    ts_map_remove(map, &key);
    assert_int_equal(ts_map_count(map), 0);
    size_t position = 0;
    assert_null(ts_map_next(map, &position, NULL));
    ts_map_destroy(&map);
    assert_null(map);
    ts_map_destroy(&map);
}

static void
test_map_new_value_is_zeroed_even_after_clear(void **state)
{
    ts_map_t *map = ts_map_new(4, 16);
    static const uint8_t zeros[16];
    uint32_t key = 1;
    void *value = ts_map_put(map, &key);
    assert_memory_equal(value, zeros, 16);
    memset(value, 0xff, 16);
    assert_ptr_equal(ts_map_put(map, &key), value);
    ts_map_clear(map);
    assert_null(ts_map_get(map, &key));
    assert_memory_equal(ts_map_put(map, &key), zeros, 16);
    ts_map_destroy(&map);
}

static void
test_map_odd_sizes_keep_values_aligned_and_apart(void **state)
{
    static const size_t sizes[][2] = {{1, 0},    {1, 1},   {3, 5},   {7, 8},
                                      {9, 4096}, {127, 9}, {128, 24}};
    for (size_t i = 0; i < TS_COUNT(sizes); i++) {
        ts_map_t *map = ts_map_new(sizes[i][0], sizes[i][1]);
        uint8_t key[128] = {0};
        for (unsigned n = 0; n < 200; n++) {
            key[sizes[i][0] - 1] = (uint8_t)n;
            void *value = ts_map_put(map, key);
            assert_int_equal((uintptr_t)value % 8, 0);
            memset(value, (int)n, sizes[i][1]);
        }
        for (unsigned n = 0; n < 200; n++) {
            key[sizes[i][0] - 1] = (uint8_t)n;
            const uint8_t *value = ts_map_get(map, key);
            assert_non_null(value);
            for (size_t b = 0; b < sizes[i][1]; b++) {
                assert_int_equal(value[b], n);
            }
        }
        assert_int_equal(ts_map_count(map), 200);
        ts_map_destroy(&map);
    }
}

static void
test_map_keys_differing_in_one_bit_are_apart(void **state)
{
    ts_map_t *map = ts_map_new(32, 4);
    uint8_t key[32] = {0};
    for (uint32_t bit = 0; bit < 256; bit++) {
        memset(key, 0, sizeof key);
        key[bit / 8] = (uint8_t)(1u << (bit % 8));
        memcpy(ts_map_put(map, key), &bit, 4);
    }
    for (uint32_t bit = 0; bit < 256; bit++) {
        memset(key, 0, sizeof key);
        key[bit / 8] = (uint8_t)(1u << (bit % 8));
        assert_memory_equal(ts_map_get(map, key), &bit, 4);
    }
    ts_map_destroy(&map);
}

static void
test_map_walk_is_in_order_of_insertion(void **state)
{
    ts_map_t *map = ts_map_new(8, 8);
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t key = i * UINT64_C(0x9e3779b97f4a7c15);
        memcpy(ts_map_put(map, &key), &i, 8);
    }
    size_t position = 0;
    void *value;
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t key = i * UINT64_C(0x9e3779b97f4a7c15);
        const void *found = ts_map_next(map, &position, &value);
        assert_non_null(found);
        assert_memory_equal(found, &key, 8);
        assert_memory_equal(value, &i, 8);
    }
    assert_null(ts_map_next(map, &position, &value));
    ts_map_destroy(&map);
}

static void
test_map_removed_during_walk_goes_on_and_put_again_is_last(void **state)
{
    ts_map_t *map = ts_map_new(4, 0);
    for (uint32_t key = 0; key < 100; key++) {
        ts_map_put(map, &key);
    }
    size_t position = 0;
    const void *found;
    while ((found = ts_map_next(map, &position, NULL)) != NULL) {
        uint32_t key;
        memcpy(&key, found, 4);
        if (key % 2 == 0) {
            ts_map_remove(map, &key);
        }
    }
    assert_int_equal(ts_map_count(map), 50);
    uint32_t again = 2;
    ts_map_put(map, &again);
    uint32_t last = 0;
    position = 0;
    for (uint32_t i = 0; (found = ts_map_next(map, &position, NULL)) != NULL; i++) {
        memcpy(&last, found, 4);
        assert_int_equal(last, i < 50 ? 2 * i + 1 : 2);
    }
    assert_int_equal(last, 2);
    ts_map_destroy(&map);
}

static void
test_map_key_inside_own_entry_survives_growth(void **state)
{
    ts_map_t *map = ts_map_new(8, 8);
    uint64_t key = 1;
    memcpy(ts_map_put(map, &key), &key, 8);
    for (uint64_t i = 0; i < 5000; i++) {
        /* The value just put is the key of the next entry. */
        uint64_t *value = ts_map_put(map, &key);
        *value = key + 1;
        uint64_t *next = ts_map_put(map, value);
        *next = 0;
        key++;
    }
    assert_int_equal(ts_map_count(map), 5001);
    ts_map_destroy(&map);
}

enum { MODEL_KEYS = 700 };

/* What the map should hold: value of each key, and when it was inserted. */
typedef struct ts_model {
    uint64_t value[MODEL_KEYS];
    uint64_t inserted[MODEL_KEYS]; /* 0: absent */
} ts_model_t;

static void
assert_same(const ts_map_t *map, const ts_model_t *model)
{
    size_t present = 0;
    for (uint32_t key = 0; key < MODEL_KEYS; key++) {
        const void *value = ts_map_get(map, &key);
        if (model->inserted[key] == 0) {
            assert_null(value);
        } else {
            assert_non_null(value);
            assert_memory_equal(value, &model->value[key], 8);
            present++;
        }
    }
    assert_int_equal(ts_map_count(map), present);
    size_t position = 0;
    uint64_t before = 0;
    const void *found;
    while ((found = ts_map_next(map, &position, NULL)) != NULL) {
        uint32_t key;
        memcpy(&key, found, 4);
        assert_true(model->inserted[key] > before);
        before = model->inserted[key];
        present--;
    }
    assert_int_equal(present, 0);
}

static void
test_map_random_steps_match_model(void **state)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        ts_prng_t prng = ts_prng(seed);
        static ts_model_t model;
        memset(&model, 0, sizeof model);
        ts_map_t *map = ts_map_new(4, 8);
        uint32_t removing = 1 + ts_prng_below(&prng, 9);
        for (uint64_t step = 1; step <= 6000; step++) {
            uint32_t key = ts_prng_below(&prng, MODEL_KEYS);
            if (ts_prng_below(&prng, 10) < removing) {
                ts_map_remove(map, &key);
                model.inserted[key] = 0;
            } else {
                memcpy(ts_map_put(map, &key), &step, 8);
                model.value[key] = step;
                model.inserted[key] = model.inserted[key] == 0 ? step : model.inserted[key];
            }
            if (step % 500 == 0) {
                assert_same(map, &model);
            }
            if (ts_prng_below(&prng, 5000) == 0) {
                ts_map_clear(map);
                memset(&model, 0, sizeof model);
            }
        }
        assert_same(map, &model);
        ts_map_destroy(&map);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map_absent_key_gives_null),
        cmocka_unit_test(test_map_new_value_is_zeroed_even_after_clear),
        cmocka_unit_test(test_map_odd_sizes_keep_values_aligned_and_apart),
        cmocka_unit_test(test_map_keys_differing_in_one_bit_are_apart),
        cmocka_unit_test(test_map_walk_is_in_order_of_insertion),
        cmocka_unit_test(test_map_removed_during_walk_goes_on_and_put_again_is_last),
        cmocka_unit_test(test_map_key_inside_own_entry_survives_growth),
        cmocka_unit_test(test_map_random_steps_match_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
