/* SPDX-License-Identifier: MPL-2.0 */
/* Goal: what of a fund is kept for other purposes is right whatever was given and taken before.
 * Method: small stories in the order that the store gives them, figures reckoned by hand. */
#include "core/gift.h"
#include "core/kind.h"
#include "support/test.h"

#define WARM 10u
#define BOOKS 11u
#define HERE 20u
#define THERE 21u
#define GIFT_A 30u
#define GIFT_B 31u
#define DAY 18200

static ts_catalog_t *catalog;

static int
setup(void **state)
{
    (void)state;
    catalog = ts_catalog_new();
    Tiepsuc__V1__Unit unit;
    tiepsuc__v1__unit__init(&unit);
    ts_catalog_put(catalog, TS_KIND_UNIT, HERE, 0, &unit);
    ts_catalog_put(catalog, TS_KIND_UNIT, THERE, 0, &unit);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    ts_catalog_destroy(&catalog);
    return 0;
}

static void
give(ts_gifts_t *gifts, ts_record_id_t receipt, int32_t day, ts_only_for_t only, int64_t quantity)
{
    only.site = only.site == NULL ? "" : only.site;
    const ts_gift_flow_t flow = {.in = true,
                                 .only = only,
                                 .what = {.receipt = receipt, .day = day, .site = ""},
                                 .quantity = quantity};
    ts_gifts_add(gifts, &flow);
}

static ts_destination_t
to(ts_record_id_t unit, ts_record_id_t line, ts_record_id_t receipt)
{
    return (ts_destination_t){
        .receipt = receipt, .unit = unit, .line = line, .site = "", .day = DAY};
}

static void
take(ts_gifts_t *gifts, ts_destination_t what, int64_t quantity)
{
    const ts_gift_flow_t flow = {.what = what, .quantity = quantity};
    ts_gifts_add(gifts, &flow);
}

static int64_t
kept(const ts_gifts_t *gifts, ts_destination_t what)
{
    return ts_gifts_kept(gifts, &what);
}

static void
test_gift_of_a_line_is_kept_from_other_lines_only(void **state)
{
    (void)state;
    ts_gifts_t *gifts = ts_gifts_new(catalog);
    give(gifts, GIFT_A, DAY - 5, (ts_only_for_t){.line = WARM}, 50);
    assert_int_equal(kept(gifts, to(HERE, WARM, 0)), 0);
    assert_int_equal(kept(gifts, to(HERE, BOOKS, 0)), 50);
    assert_int_equal(kept(gifts, to(0, 0, 0)), 50);
    /* Who names it (with the donor's consent) may draw on it. */
    assert_int_equal(kept(gifts, to(HERE, BOOKS, GIFT_A)), 0);
    assert_int_equal(kept(gifts, to(HERE, WARM, GIFT_B)), 50);
    ts_gifts_destroy(&gifts);
}

static void
test_gift_is_used_by_what_it_is_for_before_what_is_free(void **state)
{
    (void)state;
    ts_gifts_t *gifts = ts_gifts_new(catalog);
    give(gifts, GIFT_A, DAY - 5, (ts_only_for_t){.line = WARM}, 50);
    take(gifts, to(HERE, WARM, 0), 30);
    assert_int_equal(kept(gifts, to(HERE, BOOKS, 0)), 20);
    take(gifts, to(HERE, BOOKS, 0), 100);
    assert_int_equal(kept(gifts, to(HERE, BOOKS, 0)), 20);
    ts_gifts_destroy(&gifts);
}

/* 10 for warm clothes here, 50 for warm clothes anywhere: 30 taken for here use the narrow one up.
 */
static void
test_gift_that_is_narrower_is_used_first(void **state)
{
    (void)state;
    ts_gifts_t *gifts = ts_gifts_new(catalog);
    give(gifts, GIFT_A, DAY - 5, (ts_only_for_t){.line = WARM}, 50);
    give(gifts, GIFT_B, DAY - 5, (ts_only_for_t){.line = WARM, .unit = HERE}, 10);
    take(gifts, to(HERE, WARM, 0), 30);
    assert_int_equal(kept(gifts, to(THERE, WARM, 0)), 0);
    assert_int_equal(kept(gifts, to(THERE, BOOKS, 0)), 30);
    ts_gifts_destroy(&gifts);
}

static void
test_gift_is_not_used_by_what_was_given_out_before_it_came(void **state)
{
    (void)state;
    ts_gifts_t *gifts = ts_gifts_new(catalog);
    give(gifts, GIFT_A, DAY + 1, (ts_only_for_t){.line = WARM}, 50);
    take(gifts, to(HERE, WARM, 0), 30);
    assert_int_equal(kept(gifts, to(HERE, BOOKS, 0)), 50);
    ts_gifts_destroy(&gifts);
}

/* Ages, words, another site, a day that is past: only a person can say that it fits. */
static void
test_gift_that_a_person_must_judge_is_kept_until_it_is_named(void **state)
{
    (void)state;
    static const ts_only_for_t only[] = {
        {.band = 40}, {.by_hand = true}, {.site = "Điểm B"}, {.use_by = DAY - 1}};
    for (size_t i = 0; i < sizeof only / sizeof only[0]; i++) {
        ts_gifts_t *gifts = ts_gifts_new(catalog);
        give(gifts, GIFT_A, DAY - 9, only[i], 7);
        take(gifts, to(HERE, WARM, 0), 3);
        assert_int_equal(kept(gifts, to(HERE, WARM, 0)), 7);
        assert_int_equal(kept(gifts, to(HERE, WARM, GIFT_A)), 0);
        ts_gifts_destroy(&gifts);
        gifts = ts_gifts_new(catalog);
        give(gifts, GIFT_A, DAY - 9, only[i], 7);
        take(gifts, to(HERE, WARM, GIFT_A), 3);
        assert_int_equal(kept(gifts, to(HERE, WARM, 0)), 4);
        ts_gifts_destroy(&gifts);
    }
}

static void
test_gift_that_was_overdrawn_keeps_nothing(void **state)
{
    (void)state;
    ts_gifts_t *gifts = ts_gifts_new(catalog);
    give(gifts, GIFT_A, DAY - 5, (ts_only_for_t){.line = WARM}, 5);
    take(gifts, to(HERE, WARM, GIFT_A), 9);
    assert_int_equal(kept(gifts, to(HERE, BOOKS, 0)), 0);
    ts_gifts_destroy(&gifts);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gift_of_a_line_is_kept_from_other_lines_only),
        cmocka_unit_test(test_gift_is_used_by_what_it_is_for_before_what_is_free),
        cmocka_unit_test(test_gift_that_is_narrower_is_used_first),
        cmocka_unit_test(test_gift_is_not_used_by_what_was_given_out_before_it_came),
        cmocka_unit_test(test_gift_that_a_person_must_judge_is_kept_until_it_is_named),
        cmocka_unit_test(test_gift_that_was_overdrawn_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
