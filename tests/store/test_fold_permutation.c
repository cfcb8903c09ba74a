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

/* A province writes into the fund of a club that belongs to it, a district sends a report back;
 * then the club gets an office of its own, and a duty says that the report goes to the province. */
static void
add_what_the_registry_decides(fold_cast_t *cast)
{
    fold_world_t *world = cast->world;
    size_t back_log = fold_world_log(world, 2, TS_PURPOSE_DOWN, 0);
    Tiepsuc__V1__Body body = TIEPSUC__V1__BODY__INIT;
    body.unit_id = cast->province;
    body.parent_id = cast->body[1];
    ts_event_header_t header = {.record = fold_world_mint(world, 1), .author_role = 3};
    ts_record_id_t club = header.record;
    (void)fold_world_add(world, cast->registry, header, TIEPSUC__V1__KIND__KIND_BODY, &body);
    ts_record_id_t fund_id = fold_world_mint(world, 1);
    Tiepsuc__V1__Fund fund = TIEPSUC__V1__FUND__INIT;
    fund.holder_body_id = club;
    (void)fold_world_add(world, cast->records[1], fold_cast_header(cast, fund_id, NULL),
                         TIEPSUC__V1__KIND__KIND_FUND, &fund);
    Tiepsuc__V1__Purchase purchase = TIEPSUC__V1__PURCHASE__INIT;
    purchase.fund_id = fund_id;
    (void)fold_world_add(world, cast->records[1],
                         fold_cast_header(cast, fold_world_mint(world, 1), "2019-05-01"),
                         TIEPSUC__V1__KIND__KIND_PURCHASE, &purchase);
    Tiepsuc__V1__ReportReturn back = TIEPSUC__V1__REPORT_RETURN__INIT;
    back.report_far_id = fold_world_mint(world, 3);
    (void)fold_world_add(world, back_log,
                         fold_cast_header(cast, fold_world_mint(world, 2), "2019-05-01"),
                         TIEPSUC__V1__KIND__KIND_REPORT_RETURN, &back);
    ts_hash_t invite = fold_world_invite_key(7, 0);
    Tiepsuc__V1__Office office = TIEPSUC__V1__OFFICE__INIT;
    office.number = 7;
    office.role = TIEPSUC__V1__OFFICE_ROLE__OFFICE_ROLE_BODY;
    office.unit_id = cast->province;
    office.body_id = club;
    office.invite_key = (ProtobufCBinaryData){TS_HASH_BYTES, invite.b};
    header.record = fold_world_mint(world, 1);
    (void)fold_world_add(world, cast->registry, header, TIEPSUC__V1__KIND__KIND_OFFICE, &office);
    Tiepsuc__V1__Duty duty = TIEPSUC__V1__DUTY__INIT;
    duty.from_body_id = cast->body[3];
    duty.to_body_id = cast->body[1];
    (void)fold_world_add(world, cast->down, fold_cast_header(cast, fold_world_mint(world, 1), NULL),
                         TIEPSUC__V1__KIND__KIND_DUTY, &duty);
}

/* The fund and what was sent back are parked in the end, whether office and duty come before or
 * after. */
static void
test_fold_asks_again_when_an_office_or_a_duty_comes_later(void **state)
{
    fold_world_t *world = fold_world_new();
    fold_cast_t cast = fold_cast_make(world);
    add_what_the_registry_decides(&cast);
    for (uint64_t seed = 0; seed < 4 * WAYS; seed++) {
        const fold_way_t way = {
            .seed = seed, .per_segment = 1, .batch = 1, .budget = 50, .fold_between = true};
        fold_run_t run;
        fold_run_begin(&run, world, &way);
        ts_ledger_counts_t counts;
        assert_int_equal(ts_ledger_counts(run.ledger, &counts), TS_ERR_OK);
        assert_int_equal(counts.parked, 2);
        assert_int_equal(counts.pending, 1); /* the purchase waits for its fund */
        fold_run_end(&run);
    }
    fold_world_free(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold_asks_again_when_an_office_or_a_duty_comes_later),
        cmocka_unit_test(test_fold_in_any_order_gives_the_same_ledger),
        cmocka_unit_test(test_fold_postings_of_each_record_add_up_to_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
