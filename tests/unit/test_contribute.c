/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what one record adds to the ledger. Method: records of each kind over a plan of
 * one line and two bands; every expected cell, fact and posting was written by hand. Distinct
 * children: by hand for one child, and the difference of two sets against ts_distinct_gain for
 * random facts.
 */
#include "base/map.h"
#include "base/prng.h"
#include "core/contribute.h"
#include "support/test.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <stdio.h>
#include <string.h>

enum {
    PLAN = 10,
    LINE = 11,
    YOUNG = 12,
    OLD = 13,
    HALF = 14,
    YEAR = 15,
    UNIT = 20,
    OTHER_UNIT = 21,
    FUND = 30,
    OTHER_FUND = 31,
    CHILD = 40,
    STRANGER = 41,
    DONOR = 50,
    PLEDGE = 60,
    ALLOCATION = 61,
    RECORD = 99
};

#define DAY 18000 /* 2019-04-14 */
#define ROWS_MAX 64

static char *
text(const char *literal)
{
    char *result;
    memcpy(&result, &literal, sizeof result);
    return result;
}

typedef struct cell {
    ts_measure_t measure;
    ts_record_id_t unit;
    ts_record_id_t line;
    ts_record_id_t band;
    ts_record_id_t aux;
    int32_t day;
    uint8_t sex;
    uint8_t donor_class;
    int64_t value;
} cell_t;

typedef struct posting {
    ts_account_kind_t account;
    ts_record_id_t owner;
    ts_record_id_t fund;
    const char *commodity;
    int64_t quantity;
    int64_t value;
} posting_t;

/* A posting's texts live only during the call. */
typedef struct kept {
    posting_t posting;
    char commodity[32];
} kept_t;

typedef struct taken {
    cell_t cells[ROWS_MAX];
    size_t cell_count;
    ts_fact_t facts[ROWS_MAX];
    size_t fact_count;
    kept_t postings[ROWS_MAX];
    size_t posting_count;
    uint8_t flags;
} taken_t;

static void
take_cell(void *ctx, const ts_cell_key_t *key, int64_t delta)
{
    taken_t *taken = ctx;
    assert_true(taken->cell_count < ROWS_MAX);
    assert_int_equal(key->plan, PLAN);
    taken->flags = key->flags;
    taken->cells[taken->cell_count++] = (cell_t){
        (ts_measure_t)key->measure, key->unit, key->line, key->band, key->aux, key->day, key->sex,
        key->donor_class,           delta};
}

static void
take_fact(void *ctx, const ts_fact_t *fact, int64_t delta)
{
    taken_t *taken = ctx;
    assert_int_equal(delta, 1);
    taken->facts[taken->fact_count++] = *fact;
}

static void
take_posting(void *ctx, const ts_posting_t *posting)
{
    taken_t *taken = ctx;
    kept_t *kept = &taken->postings[taken->posting_count++];
    kept->posting = (posting_t){posting->account,  posting->owner,    posting->fund, NULL,
                                posting->quantity, posting->value_vnd};
    (void)snprintf(kept->commodity, sizeof kept->commodity, "%s", posting->commodity);
}

static bool
born(void *ctx, ts_record_id_t id, ts_born_t *ret_born)
{
    if (id != CHILD) {
        return false;
    }
    *ret_born = (ts_born_t){2015, 4, 2};
    return true;
}

static bool
donor_class(void *ctx, ts_record_id_t donor, uint8_t *ret_class)
{
    *ret_class = 3;
    return donor == DONOR;
}

static bool
allocation_fund(void *ctx, ts_record_id_t id, ts_record_id_t *ret_fund)
{
    if (id != ALLOCATION) {
        return false;
    }
    *ret_fund = FUND;
    return true;
}

static ts_catalog_t *
make_catalog(void)
{
    ts_catalog_t *catalog = ts_catalog_new();
    Tiepsuc__V1__Line line = TIEPSUC__V1__LINE__INIT;
    line.unit_of_measure = text("set");
    line.unit_name = text("bộ");
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_LINE, LINE, PLAN, &line);
    Tiepsuc__V1__Band band = TIEPSUC__V1__BAND__INIT;
    band.purpose = text("report");
    band.to_month = 48;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_BAND, YOUNG, PLAN, &band);
    band.from_month = 48;
    band.to_month = 192;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_BAND, OLD, PLAN, &band);
    Tiepsuc__V1__Period period = TIEPSUC__V1__PERIOD__INIT;
    period.data_from_on = DAY - 100;
    period.cutoff_on = DAY - 20;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_PERIOD, HALF, PLAN, &period);
    period.cutoff_on = DAY + 100;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_PERIOD, YEAR, PLAN, &period);
    return catalog;
}

static taken_t
contribute(uint32_t kind, const void *record)
{
    ts_catalog_t *catalog = make_catalog();
    taken_t taken;
    memset(&taken, 0, sizeof taken);
    const ts_event_header_t header = {
        .kind = kind, .record = RECORD, .plan = PLAN, .occurred_on = DAY, .occurred_precision = 1};
    const ts_contribute_refs_t refs = {NULL, born, donor_class, allocation_fund};
    const ts_contribute_out_t out = {&taken, take_cell, take_fact, take_posting};
    ts_contribute(catalog, &header, record, &refs, &out);
    ts_catalog_destroy(&catalog);
    return taken;
}

static bool
same_cell(const cell_t *a, const cell_t *b)
{
    return a->measure == b->measure && a->unit == b->unit && a->line == b->line &&
           a->band == b->band && a->aux == b->aux && a->day == b->day && a->sex == b->sex &&
           a->donor_class == b->donor_class && a->value == b->value;
}

/* Exactly these cells, in any order. */
static void
check_cells(const taken_t *taken, const cell_t *expected, size_t count)
{
    for (size_t i = 0; i < taken->cell_count; i++) {
        bool found = false;
        for (size_t k = 0; k < count; k++) {
            found = found || same_cell(&taken->cells[i], &expected[k]);
        }
        if (!found) {
            print_error(
                "%s unit %llu band %llu aux %llu day %d sex %u: %lld\n",
                ts_measure_name(taken->cells[i].measure), (unsigned long long)taken->cells[i].unit,
                (unsigned long long)taken->cells[i].band, (unsigned long long)taken->cells[i].aux,
                taken->cells[i].day, taken->cells[i].sex, (long long)taken->cells[i].value);
        }
        assert_true(found);
    }
    assert_int_equal(taken->cell_count, count);
}

static void
check_postings(const taken_t *taken, const posting_t *expected, size_t count)
{
    assert_int_equal(taken->posting_count, count);
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        const posting_t *posting = &taken->postings[i].posting;
        assert_int_equal(posting->account, expected[i].account);
        assert_int_equal(posting->owner, expected[i].owner);
        assert_int_equal(posting->fund, expected[i].fund);
        assert_string_equal(taken->postings[i].commodity, expected[i].commodity);
        assert_int_equal(posting->quantity, expected[i].quantity);
        assert_int_equal(posting->value, expected[i].value);
        value += posting->value;
    }
    assert_int_equal(value, 0);
}

static Tiepsuc__V1__Item
item_of(const char *name, int64_t quantity, const char *measure, int64_t value)
{
    Tiepsuc__V1__Item item = TIEPSUC__V1__ITEM__INIT;
    item.item = text(name);
    item.quantity = quantity;
    item.unit_of_measure = text(measure);
    item.value_vnd = value;
    return item;
}

/* ---- needs */

static void
test_contribute_need_of_a_child(void **state)
{
    Tiepsuc__V1__Need need = TIEPSUC__V1__NEED__INIT;
    need.unit_id = UNIT;
    need.line_id = LINE;
    need.beneficiary_id = CHILD;
    need.quantity = 3;
    need.state = TIEPSUC__V1__NEED_STATE__NEED_STATE_REPORTED;
    /* Born in April 2015: 48 months on 14/4/2019, the elder band. */
    taken_t taken = contribute(TIEPSUC__V1__KIND__KIND_NEED, &need);
    const cell_t expected[] = {
        {TS_MEASURE_NEED_CHILDREN, UNIT, LINE, OLD, 0, DAY, 2, 0, 1},
        {TS_MEASURE_NEED_QUANTITY, UNIT, LINE, OLD, 0, DAY, 2, 0, 3},
    };
    check_cells(&taken, expected, TS_COUNT(expected));
    assert_int_equal(taken.flags, 1); /* only the month of the day is known */
    assert_int_equal(taken.fact_count, 1);
    assert_int_equal(taken.facts[0].subject, CHILD);
    assert_int_equal(taken.facts[0].measure, TS_MEASURE_DISTINCT_IN_NEED);
    assert_int_equal(taken.facts[0].day, DAY);
    /* Verified: the same once more under its own measure. */
    need.state = TIEPSUC__V1__NEED_STATE__NEED_STATE_VERIFIED;
    taken = contribute(TIEPSUC__V1__KIND__KIND_NEED, &need);
    assert_int_equal(taken.cell_count, 3);
    const cell_t verified = {TS_MEASURE_NEED_VERIFIED, UNIT, LINE, OLD, 0, DAY, 2, 0, 3};
    assert_true(same_cell(&taken.cells[2], &verified));
    /* Expired: nothing. */
    need.state = TIEPSUC__V1__NEED_STATE__NEED_STATE_EXPIRED;
    taken = contribute(TIEPSUC__V1__KIND__KIND_NEED, &need);
    assert_int_equal(taken.cell_count + taken.fact_count, 0);
}

static void
test_contribute_need_of_an_unknown_child_has_no_band(void **state)
{
    Tiepsuc__V1__Need need = TIEPSUC__V1__NEED__INIT;
    need.unit_id = UNIT;
    need.line_id = LINE;
    need.beneficiary_id = STRANGER;
    need.quantity = 1;
    taken_t taken = contribute(TIEPSUC__V1__KIND__KIND_NEED, &need);
    const cell_t expected[] = {
        {TS_MEASURE_NEED_CHILDREN, UNIT, LINE, 0, 0, DAY, 0, 0, 1},
        {TS_MEASURE_NEED_QUANTITY, UNIT, LINE, 0, 0, DAY, 0, 0, 1},
    };
    check_cells(&taken, expected, TS_COUNT(expected));
}

static void
test_contribute_declared_heads_are_not_children(void **state)
{
    Tiepsuc__V1__HeadCount girls = TIEPSUC__V1__HEAD_COUNT__INIT;
    girls.band_id = YOUNG;
    girls.sex = TIEPSUC__V1__SEX__SEX_FEMALE;
    girls.count = 40;
    Tiepsuc__V1__HeadCount nobody = girls;
    nobody.count = 0;
    Tiepsuc__V1__HeadCount *heads[] = {&girls, &nobody};
    Tiepsuc__V1__Need need = TIEPSUC__V1__NEED__INIT;
    need.unit_id = UNIT;
    need.line_id = LINE;
    need.heads = heads;
    need.n_heads = 2;
    need.quantity = 40;
    taken_t taken = contribute(TIEPSUC__V1__KIND__KIND_NEED, &need);
    const cell_t expected[] = {
        {TS_MEASURE_NEED_HEADS, UNIT, LINE, YOUNG, 0, DAY, 2, 0, 40},
        {TS_MEASURE_NEED_QUANTITY, UNIT, LINE, 0, 0, DAY, 0, 0, 40},
    };
    check_cells(&taken, expected, TS_COUNT(expected));
    assert_int_equal(taken.fact_count, 0);
    Tiepsuc__V1__Population living = TIEPSUC__V1__POPULATION__INIT;
    living.unit_id = UNIT;
    living.heads = heads;
    living.n_heads = 2;
    living.as_of_on = DAY + 3;
    taken = contribute(TIEPSUC__V1__KIND__KIND_POPULATION, &living);
    const cell_t lives[] = {{TS_MEASURE_POPULATION, UNIT, 0, YOUNG, 0, DAY + 3, 2, 0, 40}};
    check_cells(&taken, lives, 1);
}

/* ---- handovers */

static void
test_contribute_handover_to_children_from_an_allocation(void **state)
{
    /* Two sets by the word that people write, one by the key, three packs that the line does not
     * count. */
    Tiepsuc__V1__Item rows[] = {item_of("áo", 2, "bộ", 200000), item_of("áo", 1, "set", 90000),
                                item_of("kẹo", 3, "gói", 30000)};
    Tiepsuc__V1__Item *items[] = {&rows[0], &rows[1], &rows[2]};
    ts_record_id_t children[] = {CHILD, STRANGER};
    Tiepsuc__V1__Handover handover = TIEPSUC__V1__HANDOVER__INIT;
    handover.unit_id = UNIT;
    handover.line_id = LINE;
    handover.allocation_far_id = ALLOCATION;
    handover.items = items;
    handover.n_items = 3;
    handover.beneficiary_ids = children;
    handover.n_beneficiary_ids = 2;
    taken_t taken = contribute(TIEPSUC__V1__KIND__KIND_HANDOVER, &handover);
    const cell_t expected[] = {
        {TS_MEASURE_CHILD_TIMES, UNIT, LINE, OLD, 0, DAY, 2, 0, 1},
        {TS_MEASURE_CHILD_TIMES, UNIT, LINE, 0, 0, DAY, 0, 0, 1},
        {TS_MEASURE_HANDED_QUANTITY, UNIT, LINE, 0, 0, DAY, 0, 0, 3},
        {TS_MEASURE_HANDED_VALUE, UNIT, LINE, 0, FUND, DAY, 0, 0, 320000},
        {TS_MEASURE_LEFT_VALUE, 0, 0, 0, FUND, DAY, 0, 0, -200000},
        {TS_MEASURE_LEFT_VALUE, 0, 0, 0, FUND, DAY, 0, 0, -90000},
        {TS_MEASURE_LEFT_VALUE, 0, 0, 0, FUND, DAY, 0, 0, -30000},
    };
    check_cells(&taken, expected, TS_COUNT(expected));
    assert_int_equal(taken.fact_count, 2);
    assert_int_equal(taken.facts[0].measure, TS_MEASURE_DISTINCT_SUPPORTED);
    const posting_t postings[] = {
        {TS_ACCOUNT_ALLOCATED, ALLOCATION, FUND, "áo", -2, -200000},
        {TS_ACCOUNT_HANDED, UNIT, FUND, "áo", 2, 200000},
        {TS_ACCOUNT_ALLOCATED, ALLOCATION, FUND, "áo", -1, -90000},
        {TS_ACCOUNT_HANDED, UNIT, FUND, "áo", 1, 90000},
        {TS_ACCOUNT_ALLOCATED, ALLOCATION, FUND, "kẹo", -3, -30000},
        {TS_ACCOUNT_HANDED, UNIT, FUND, "kẹo", 3, 30000},
    };
    check_postings(&taken, postings, TS_COUNT(postings));
}

static void
test_contribute_handover_to_a_site_straight_from_a_fund(void **state)
{
    Tiepsuc__V1__Item playground = item_of("sân chơi", 1, "set", 6000000);
    Tiepsuc__V1__Item *items[] = {&playground};
    Tiepsuc__V1__Handover handover = TIEPSUC__V1__HANDOVER__INIT;
    handover.unit_id = UNIT;
    handover.line_id = LINE;
    handover.fund_id = FUND;
    handover.site = text("Bản 3");
    handover.items = items;
    handover.n_items = 1;
    taken_t taken = contribute(TIEPSUC__V1__KIND__KIND_HANDOVER, &handover);
    const cell_t expected[] = {
        {TS_MEASURE_SITES, UNIT, LINE, 0, 0, DAY, 0, 0, 1},
        {TS_MEASURE_HANDED_QUANTITY, UNIT, LINE, 0, 0, DAY, 0, 0, 1},
        {TS_MEASURE_HANDED_VALUE, UNIT, LINE, 0, FUND, DAY, 0, 0, 6000000},
        {TS_MEASURE_LEFT_VALUE, 0, 0, 0, FUND, DAY, 0, 0, -6000000},
    };
    check_cells(&taken, expected, TS_COUNT(expected));
    const posting_t postings[] = {
        {TS_ACCOUNT_FUND, FUND, FUND, "sân chơi", -1, -6000000},
        {TS_ACCOUNT_HANDED, UNIT, FUND, "sân chơi", 1, 6000000},
    };
    check_postings(&taken, postings, TS_COUNT(postings));
}

/* ---- money */

static void
test_contribute_pledge_is_shown_apart(void **state)
{
    Tiepsuc__V1__Item money = item_of("VND", 0, "", 5000000);
    Tiepsuc__V1__Item *items[] = {&money};
    Tiepsuc__V1__Restriction only = TIEPSUC__V1__RESTRICTION__INIT;
    only.unit_id = UNIT;
    only.line_id = LINE;
    Tiepsuc__V1__Pledge pledge = TIEPSUC__V1__PLEDGE__INIT;
    pledge.donor_id = DONOR;
    pledge.fund_id = FUND;
    pledge.restriction = &only;
    pledge.items = items;
    pledge.n_items = 1;
    taken_t taken = contribute(TIEPSUC__V1__KIND__KIND_PLEDGE, &pledge);
    const cell_t expected[] = {{TS_MEASURE_PLEDGED_VALUE, UNIT, LINE, 0, FUND, DAY, 0, 3, 5000000}};
    check_cells(&taken, expected, 1);
    /* Money counts its own value. */
    const posting_t postings[] = {
        {TS_ACCOUNT_DONOR_PLEDGED, DONOR, FUND, "VND", -5000000, -5000000},
        {TS_ACCOUNT_PLEDGE, RECORD, FUND, "VND", 5000000, 5000000},
    };
    check_postings(&taken, postings, TS_COUNT(postings));
}

static void
test_contribute_receipt_fills_the_fund_and_closes_the_pledge(void **state)
{
    Tiepsuc__V1__Item money = item_of("VND", 0, "", 3000000);
    Tiepsuc__V1__Item *items[] = {&money};
    Tiepsuc__V1__Receipt receipt = TIEPSUC__V1__RECEIPT__INIT;
    receipt.donor_id = DONOR;
    receipt.fund_id = FUND;
    receipt.pledge_id = PLEDGE;
    receipt.items = items;
    receipt.n_items = 1;
    taken_t taken = contribute(TIEPSUC__V1__KIND__KIND_RECEIPT, &receipt);
    const cell_t expected[] = {
        {TS_MEASURE_RECEIVED_VALUE, 0, 0, 0, FUND, DAY, 0, 3, 3000000},
        {TS_MEASURE_LEFT_VALUE, 0, 0, 0, FUND, DAY, 0, 0, 3000000},
    };
    check_cells(&taken, expected, TS_COUNT(expected));
    const posting_t postings[] = {
        {TS_ACCOUNT_DONOR_GIVEN, DONOR, FUND, "VND", -3000000, -3000000},
        {TS_ACCOUNT_FUND, FUND, FUND, "VND", 3000000, 3000000},
        {TS_ACCOUNT_PLEDGE, PLEDGE, FUND, "VND", -3000000, -3000000},
        {TS_ACCOUNT_DONOR_PLEDGED, DONOR, FUND, "VND", 3000000, 3000000},
    };
    check_postings(&taken, postings, TS_COUNT(postings));
}

static void
test_contribute_purchase_turns_what_was_spent_into_goods(void **state)
{
    Tiepsuc__V1__Item coats = item_of("áo", 10, "bộ", 900000);
    Tiepsuc__V1__Item *items[] = {&coats};
    Tiepsuc__V1__Purchase purchase = TIEPSUC__V1__PURCHASE__INIT;
    purchase.fund_id = FUND;
    purchase.advanced_vnd = 1000000;
    purchase.spent_vnd = 900000;
    purchase.change_vnd = 100000; /* stays in the fund */
    purchase.items = items;
    purchase.n_items = 1;
    taken_t taken = contribute(TIEPSUC__V1__KIND__KIND_PURCHASE, &purchase);
    const posting_t postings[] = {
        {TS_ACCOUNT_FUND, FUND, FUND, "VND", -900000, -900000},
        {TS_ACCOUNT_SUPPLIER, RECORD, FUND, "VND", 900000, 900000},
        {TS_ACCOUNT_SUPPLIER, RECORD, FUND, "áo", -10, -900000},
        {TS_ACCOUNT_FUND, FUND, FUND, "áo", 10, 900000},
    };
    check_postings(&taken, postings, TS_COUNT(postings));
    int64_t left = 0;
    for (size_t i = 0; i < taken.cell_count; i++) {
        left += taken.cells[i].measure == TS_MEASURE_LEFT_VALUE ? taken.cells[i].value : 0;
    }
    assert_int_equal(left, 0);
}

static void
test_contribute_allocation_sets_aside_or_keeps_back(void **state)
{
    Tiepsuc__V1__Item coats = item_of("áo", 10, "bộ", 900000);
    Tiepsuc__V1__Item *items[] = {&coats};
    Tiepsuc__V1__Allocation allocation = TIEPSUC__V1__ALLOCATION__INIT;
    allocation.fund_id = FUND;
    allocation.unit_id = UNIT;
    allocation.line_id = LINE;
    allocation.items = items;
    allocation.n_items = 1;
    taken_t taken = contribute(TIEPSUC__V1__KIND__KIND_ALLOCATION, &allocation);
    const cell_t expected[] = {
        {TS_MEASURE_ALLOCATED_VALUE, UNIT, LINE, 0, FUND, DAY, 0, 0, 900000}};
    check_cells(&taken, expected, 1);
    const posting_t postings[] = {
        {TS_ACCOUNT_FUND, FUND, FUND, "áo", -10, -900000},
        {TS_ACCOUNT_ALLOCATED, RECORD, FUND, "áo", 10, 900000},
    };
    check_postings(&taken, postings, TS_COUNT(postings));
    allocation.purpose = TIEPSUC__V1__ALLOCATION_PURPOSE__ALLOCATION_PURPOSE_RESERVE;
    taken = contribute(TIEPSUC__V1__KIND__KIND_ALLOCATION, &allocation);
    assert_int_equal(taken.cells[0].measure, TS_MEASURE_RESERVED_VALUE);
    assert_int_equal(taken.postings[1].posting.account, TS_ACCOUNT_RESERVE);
    assert_int_equal(taken.postings[1].posting.owner, FUND);
}

static void
test_contribute_return_goes_where_its_type_says(void **state)
{
    static const struct {
        Tiepsuc__V1__ReturnType type;
        bool handed;
        ts_measure_t measure;
        ts_account_kind_t from;
        ts_record_id_t from_owner;
        ts_account_kind_t to;
        ts_record_id_t to_owner;
    } cases[] = {
        {TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_RETURNED, true, TS_MEASURE_RETURNED_VALUE,
         TS_ACCOUNT_HANDED, UNIT, TS_ACCOUNT_FUND, FUND},
        {TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_RETURNED, false, TS_MEASURE_RETURNED_VALUE,
         TS_ACCOUNT_ALLOCATED, ALLOCATION, TS_ACCOUNT_FUND, FUND},
        {TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_LOST, true, TS_MEASURE_LOST_VALUE, TS_ACCOUNT_HANDED,
         UNIT, TS_ACCOUNT_LOST, UNIT},
        {TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_REDIRECTED, true, TS_MEASURE_REDIRECTED_VALUE,
         TS_ACCOUNT_HANDED, UNIT, TS_ACCOUNT_REDIRECTED, FUND},
    };
    Tiepsuc__V1__Item coats = item_of("áo", 1, "bộ", 90000);
    Tiepsuc__V1__Item *items[] = {&coats};
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        Tiepsuc__V1__Return back = TIEPSUC__V1__RETURN__INIT;
        back.type = cases[i].type;
        back.unit_id = UNIT;
        back.line_id = LINE;
        back.handover_far_id = cases[i].handed ? 98 : 0;
        back.allocation_far_id = cases[i].handed ? 0 : ALLOCATION;
        back.fund_far_id = FUND;
        back.items = items;
        back.n_items = 1;
        taken_t taken = contribute(TIEPSUC__V1__KIND__KIND_RETURN, &back);
        assert_int_equal(taken.cells[0].measure, cases[i].measure);
        assert_int_equal(taken.posting_count, 2);
        assert_int_equal(taken.postings[0].posting.account, cases[i].from);
        assert_int_equal(taken.postings[0].posting.owner, cases[i].from_owner);
        assert_int_equal(taken.postings[1].posting.account, cases[i].to);
        assert_int_equal(taken.postings[1].posting.owner, cases[i].to_owner);
        assert_int_equal(taken.postings[0].posting.value + taken.postings[1].posting.value, 0);
    }
    Tiepsuc__V1__Return none = TIEPSUC__V1__RETURN__INIT;
    taken_t taken = contribute(TIEPSUC__V1__KIND__KIND_RETURN, &none);
    assert_int_equal(taken.cell_count + taken.posting_count, 0);
}

static void
test_contribute_kinds_without_figures_add_nothing(void **state)
{
    Tiepsuc__V1__Donor donor = TIEPSUC__V1__DONOR__INIT;
    taken_t taken = contribute(TIEPSUC__V1__KIND__KIND_DONOR, &donor);
    assert_int_equal(taken.cell_count + taken.posting_count + taken.fact_count, 0);
}

/* ---- distinct children */

typedef struct set {
    ts_map_t *cells; /* ts_cell_key_t → nothing */
} set_t;

static void
put_in_set(void *ctx, const ts_cell_key_t *key)
{
    set_t *set = ctx;
    assert_null(ts_map_get(set->cells, key));
    (void)ts_map_put(set->cells, key);
}

static ts_fact_t
fact_of(ts_record_id_t unit, ts_record_id_t line, int32_t day, uint32_t measure)
{
    ts_fact_t fact;
    memset(&fact, 0, sizeof fact);
    fact.subject = CHILD;
    fact.plan = PLAN;
    fact.unit = unit;
    fact.line = line;
    fact.day = day;
    fact.measure = measure;
    return fact;
}

static bool
has(const set_t *set,
    ts_record_id_t unit,
    ts_record_id_t line,
    ts_record_id_t period,
    ts_record_id_t band)
{
    ts_cell_key_t key;
    memset(&key, 0, sizeof key);
    key.plan = PLAN;
    key.unit = unit;
    key.line = line;
    key.aux = period;
    key.band = band;
    key.sex = 2;
    key.measure = TS_MEASURE_DISTINCT_SUPPORTED;
    return ts_map_get(set->cells, &key) != NULL;
}

static void
test_distinct_child_counts_once_in_every_roll_up(void **state)
{
    ts_catalog_t *catalog = make_catalog();
    const ts_born_t child = {2015, 4, 2};
    const ts_fact_t facts[] = {
        fact_of(UNIT, LINE, DAY - 50, TS_MEASURE_DISTINCT_SUPPORTED),
        fact_of(UNIT, LINE, DAY - 40, TS_MEASURE_DISTINCT_SUPPORTED),
        fact_of(OTHER_UNIT, LINE, DAY, TS_MEASURE_DISTINCT_SUPPORTED),
    };
    set_t set = {ts_map_new(sizeof(ts_cell_key_t), 1)};
    ts_distinct(catalog, facts, 3, &child, put_in_set, &set);
    /* 18000 − 20 is 25/3/2019: 47 months, young; 18000 + 100 is 23/7/2019: 51, old. */
    assert_true(has(&set, UNIT, LINE, HALF, YOUNG));
    assert_true(has(&set, UNIT, 0, HALF, YOUNG));
    assert_true(has(&set, 0, LINE, HALF, YOUNG));
    assert_true(has(&set, 0, 0, HALF, YOUNG));
    assert_false(has(&set, OTHER_UNIT, 0, HALF, YOUNG));
    assert_true(has(&set, UNIT, LINE, YEAR, OLD));
    assert_true(has(&set, OTHER_UNIT, LINE, YEAR, OLD));
    assert_true(has(&set, 0, 0, YEAR, OLD));
    assert_true(has(&set, OTHER_UNIT, 0, 0, 0));
    assert_true(has(&set, 0, 0, 0, 0));
    /* 4 in the half year; in the year and over the plan 2 × unit, 2 × unit and line, line, plan. */
    assert_int_equal(ts_map_count(set.cells), 4 + 6 + 6);
    ts_map_destroy(&set.cells);
    ts_catalog_destroy(&catalog);
}

static size_t
distinct_set(const ts_catalog_t *catalog,
             const ts_fact_t *facts,
             size_t count,
             const ts_born_t *child,
             set_t *set)
{
    set->cells = ts_map_new(sizeof(ts_cell_key_t), 1);
    ts_distinct(catalog, facts, count, child, put_in_set, set);
    return ts_map_count(set->cells);
}

/* The gain of a fact is what the larger set has more, whatever stands in it; days may be replaced
 * by their class. */
static void
test_distinct_gain_is_the_difference_of_two_sets(void **state)
{
    enum { FACTS = 12 };
    static const uint32_t measures[] = {TS_MEASURE_DISTINCT_SUPPORTED, TS_MEASURE_DISTINCT_IN_NEED};
    ts_catalog_t *catalog = make_catalog();
    const ts_born_t child = {2015, 4, 2};
    for (uint64_t seed = 1; seed <= 500; seed++) {
        ts_prng_t prng = ts_prng(seed);
        ts_fact_t raw[FACTS];
        ts_fact_t classed[FACTS];
        for (size_t i = 0; i < FACTS; i++) {
            int32_t day =
                ts_prng_below(&prng, 8) == 0 ? 0 : DAY - 150 + (int32_t)ts_prng_below(&prng, 300);
            raw[i] = fact_of(ts_prng_below(&prng, 3) * UNIT, ts_prng_below(&prng, 2) * LINE, day,
                             measures[ts_prng_below(&prng, 2)]);
            classed[i] = raw[i];
            classed[i].day = day == 0 ? 0 : ts_catalog_period_class(catalog, PLAN, day);
        }
        size_t count = ts_prng_below(&prng, FACTS);
        set_t before;
        set_t after;
        set_t gain = {ts_map_new(sizeof(ts_cell_key_t), 1)};
        (void)distinct_set(catalog, raw, count, &child, &before);
        (void)distinct_set(catalog, raw, count + 1, &child, &after);
        ts_distinct_gain(catalog, classed, count, &classed[count], &child, put_in_set, &gain);
        size_t position = 0;
        const void *key;
        size_t differences = 0;
        while ((key = ts_map_next(after.cells, &position, NULL)) != NULL) {
            bool is_new = ts_map_get(before.cells, key) == NULL;
            differences += is_new ? 1 : 0;
            assert_int_equal(ts_map_get(gain.cells, key) != NULL, is_new);
        }
        assert_int_equal(ts_map_count(gain.cells), differences);
        ts_map_destroy(&before.cells);
        ts_map_destroy(&after.cells);
        ts_map_destroy(&gain.cells);
    }
    ts_catalog_destroy(&catalog);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contribute_need_of_a_child),
        cmocka_unit_test(test_contribute_need_of_an_unknown_child_has_no_band),
        cmocka_unit_test(test_contribute_declared_heads_are_not_children),
        cmocka_unit_test(test_contribute_handover_to_children_from_an_allocation),
        cmocka_unit_test(test_contribute_handover_to_a_site_straight_from_a_fund),
        cmocka_unit_test(test_contribute_pledge_is_shown_apart),
        cmocka_unit_test(test_contribute_receipt_fills_the_fund_and_closes_the_pledge),
        cmocka_unit_test(test_contribute_purchase_turns_what_was_spent_into_goods),
        cmocka_unit_test(test_contribute_allocation_sets_aside_or_keeps_back),
        cmocka_unit_test(test_contribute_return_goes_where_its_type_says),
        cmocka_unit_test(test_contribute_kinds_without_figures_add_nothing),
        cmocka_unit_test(test_distinct_child_counts_once_in_every_roll_up),
        cmocka_unit_test(test_distinct_gain_is_the_difference_of_two_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
