/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the ledger is a function of the set of events. Method: a seeded mixed stream
 * from many logs is sealed, delivered and folded in random ways (order of segments across logs,
 * events per segment, per commit and per slice, folded at the end or after each segment, opened
 * anew in between); every way must give the same records, verdicts, cells, balances, postings and
 * digests as the first. The seed of a failure is printed.
 */
#include "support/fold_mix.h"
#include "support/test.h"

#include <string.h>

#define WORLDS 6
#define WAYS 10
#define ROUNDS 24

typedef struct part {
    const char *name;
    size_t offset;
} part_t;

static const part_t parts[] = {
    {"records", offsetof(ts_fingerprint_t, records)},
    {"parked", offsetof(ts_fingerprint_t, parked)},
    {"standing", offsetof(ts_fingerprint_t, standing)},
    {"cells", offsetof(ts_fingerprint_t, cells)},
    {"balances", offsetof(ts_fingerprint_t, balances)},
    {"postings", offsetof(ts_fingerprint_t, postings)},
    {"children", offsetof(ts_fingerprint_t, children)},
};

static bool
same_print(const ts_fingerprint_t *a, const ts_fingerprint_t *b)
{
    bool same = true;
    for (size_t i = 0; i < TS_COUNT(parts); i++) {
        const ts_digest_t *left =
            (const ts_digest_t *)(const void *)((const char *)a + parts[i].offset);
        const ts_digest_t *right =
            (const ts_digest_t *)(const void *)((const char *)b + parts[i].offset);
        if (memcmp(left, right, sizeof *left) != 0) {
            print_error("%s differ: %llu and %llu\n", parts[i].name,
                        (unsigned long long)left->events, (unsigned long long)right->events);
            same = false;
        }
    }
    return same;
}

static fold_way_t
some_way(uint64_t seed)
{
    ts_prng_t prng = ts_prng(seed);
    static const uint32_t batches[] = {1, 7, 64, 100000};
    static const uint32_t budgets[] = {1, 5, 50, 100000};
    return (fold_way_t){
        .seed = seed,
        .per_segment = ts_prng_below(&prng, 3) == 0 ? 1 : 0,
        .batch = batches[ts_prng_below(&prng, 4)],
        .budget = budgets[ts_prng_below(&prng, 4)],
        .fold_between = ts_prng_below(&prng, 3) != 0,
        .feed = ts_prng_below(&prng, 2) != 0,
    };
}

static void
check_world(uint64_t seed)
{
    fold_world_t *world = fold_world_new();
    fold_cast_t cast = fold_cast_make(world);
    fold_mix(&cast, seed, ROUNDS);
    const fold_way_t plain = {.per_segment = 50, .batch = 100000, .budget = 100000};
    fold_run_t run;
    fold_run_begin(&run, world, &plain);
    ts_fingerprint_t first = fold_run_print(&run);
    ts_ledger_counts_t counts;
    assert_int_equal(ts_ledger_counts(run.ledger, &counts), TS_ERR_OK);
    /* The stream must have tried something. */
    assert_true(counts.parked > 10);
    assert_true(counts.pending > 0);
    assert_true(counts.conflicts > 0);
    assert_true(counts.records > 80);
    assert_true(first.cells.events > 50);
    assert_true(first.postings.events > 50);
    fold_run_end(&run);
    for (uint64_t i = 1; i <= WAYS; i++) {
        fold_way_t way = some_way(seed * 1000 + i);
        fold_run_begin(&run, world, &way);
        ts_fingerprint_t print = fold_run_print(&run);
        bool same = same_print(&first, &print);
        if (!same) {
            print_error("world %llu, way %llu: batch %u, budget %u, between %d\n",
                        (unsigned long long)seed, (unsigned long long)way.seed, way.batch,
                        way.budget, way.fold_between);
        }
        assert_true(same);
        /* What was made on the way is what a new ledger of the same store would be. */
        fold_run_close(&run);
        assert_int_equal(fold_run_open(&run), TS_ERR_OK);
        fold_run_finish(&run, way.budget);
        print = fold_run_print(&run);
        assert_true(same_print(&first, &print));
        fold_run_end(&run);
    }
    fold_world_free(&world);
}

static void
test_fold_in_any_order_gives_the_same_ledger(void **state)
{
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        check_world(seed);
    }
}

typedef struct zero {
    int64_t value;
    int64_t lines;
} zero_t;

static void
add_posting(void *ctx, const ts_posting_t *posting)
{
    zero_t *zero = ctx;
    zero->value += posting->value_vnd;
    zero->lines++;
}

static void
test_fold_postings_of_each_record_add_up_to_zero(void **state)
{
    fold_world_t *world = fold_world_new();
    fold_cast_t cast = fold_cast_make(world);
    fold_mix(&cast, 99, ROUNDS);
    const fold_way_t way = {.seed = 5};
    fold_run_t run;
    fold_run_begin(&run, world, &way);
    assert_int_equal(ts_fold_settle(run.fold), TS_ERR_OK);
    static const uint32_t kinds[] = {
        TIEPSUC__V1__KIND__KIND_PLEDGE,   TIEPSUC__V1__KIND__KIND_RECEIPT,
        TIEPSUC__V1__KIND__KIND_PURCHASE, TIEPSUC__V1__KIND__KIND_ALLOCATION,
        TIEPSUC__V1__KIND__KIND_HANDOVER, TIEPSUC__V1__KIND__KIND_RETURN,
    };
    int64_t lines = 0;
    for (size_t i = 0; i < TS_COUNT(kinds); i++) {
        ts_standing_t standing = {0};
        while (ts_ledger_row_next(run.ledger, kinds[i], &standing) == TS_ERR_OK) {
            zero_t zero = {0};
            assert_int_equal(ts_ledger_postings(run.ledger, standing.record, add_posting, &zero),
                             TS_ERR_OK);
            assert_int_equal(zero.value, 0);
            lines += zero.lines;
        }
    }
    assert_true(lines > 50);
    fold_run_end(&run);
    fold_world_free(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold_in_any_order_gives_the_same_ledger),
        cmocka_unit_test(test_fold_postings_of_each_record_add_up_to_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
