/* SPDX-License-Identifier: MPL-2.0 */
/* Goal: every rule of core/account objects where it must and is silent where it must not.
 * Method: one table of records; each row spoils a good record in one place and names field and
 * sentence. */
#include "core/account.h"
#include "core/kind.h"
#include "support/test.h"

#include <string.h>

#define PLAN 100u
#define OTHER_PLAN 101u
#define UNIT 200u
#define UNIT_OUT 201u
#define LINE 300u
#define OTHER_LINE 301u
#define BAND 400u
#define FUND 500u
#define DONOR 501u
#define CHILD 502u
#define NEED 503u
#define RECEIPT 504u
#define ALLOCATION 505u
#define DAY 18200

static ts_catalog_t *catalog;

/* What the ledger answers in these tests. */
static int64_t answer_balance;
static int64_t answer_value;
static int64_t answer_open;
static bool answer_open_known;
static uint64_t answer_times;
static ts_only_for_t answer_only;
static bool answer_restricted;

static ts_amount_t
balance(
    void *ctx, ts_account_kind_t account, ts_record_id_t owner, const char *item, const char *unit)
{
    (void)ctx;
    (void)account;
    (void)owner;
    (void)item;
    (void)unit;
    return (ts_amount_t){answer_balance, answer_value};
}

static bool
restriction(void *ctx, ts_record_id_t receipt, ts_only_for_t *ret_only)
{
    (void)ctx;
    (void)receipt;
    *ret_only = answer_only;
    return answer_restricted;
}

static bool
need_open(
    void *ctx, ts_record_id_t need, ts_record_id_t unit, ts_record_id_t line, int64_t *ret_open)
{
    (void)ctx;
    (void)need;
    (void)unit;
    (void)line;
    *ret_open = answer_open;
    return answer_open_known;
}

static bool
need_place(void *ctx, ts_record_id_t need, ts_record_id_t *ret_unit, ts_record_id_t *ret_line)
{
    (void)ctx;
    (void)need;
    *ret_unit = UNIT;
    *ret_line = LINE;
    return true;
}

static uint64_t
child_times(void *ctx, ts_record_id_t child, ts_record_id_t line, int32_t day)
{
    (void)ctx;
    (void)child;
    (void)line;
    (void)day;
    return answer_times;
}

static const ts_account_asks_t asks = {.balance = balance,
                                       .restriction = restriction,
                                       .need_open = need_open,
                                       .need_place = need_place,
                                       .child_times = child_times};

/* Text of a literal for the generated structs, which want it without const; nobody writes through
 * it. */
#define TEXT(name, value) static char name[] = value
TEXT(text_empty, "");
TEXT(text_vnd, "VND");
TEXT(text_coat, "Áo khoác");
TEXT(text_set, "bộ");
TEXT(text_site, "Điểm A");
TEXT(text_usd, "USD");
TEXT(text_name, "Tên");

static int
setup(void **state)
{
    (void)state;
    catalog = ts_catalog_new();
    Tiepsuc__V1__Plan plan;
    tiepsuc__v1__plan__init(&plan);
    ts_catalog_put(catalog, TS_KIND_PLAN, PLAN, 0, &plan);
    ts_catalog_put(catalog, TS_KIND_PLAN, OTHER_PLAN, 0, &plan);
    Tiepsuc__V1__Unit unit;
    tiepsuc__v1__unit__init(&unit);
    ts_catalog_put(catalog, TS_KIND_UNIT, UNIT, 0, &unit);
    ts_catalog_put(catalog, TS_KIND_UNIT, UNIT_OUT, 0, &unit);
    Tiepsuc__V1__Scope scope;
    tiepsuc__v1__scope__init(&scope);
    scope.unit_id = UNIT;
    ts_catalog_put(catalog, TS_KIND_SCOPE, 600, PLAN, &scope);
    Tiepsuc__V1__Line line;
    tiepsuc__v1__line__init(&line);
    line.unit_name = text_set;
    ts_catalog_put(catalog, TS_KIND_LINE, LINE, PLAN, &line);
    ts_catalog_put(catalog, TS_KIND_LINE, OTHER_LINE, OTHER_PLAN, &line);
    Tiepsuc__V1__Band band;
    tiepsuc__v1__band__init(&band);
    ts_catalog_put(catalog, TS_KIND_BAND, BAND, PLAN, &band);
    ts_catalog_put(catalog, TS_KIND_BAND, BAND + 1, OTHER_PLAN, &band);
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
answers_reset(void)
{
    answer_balance = 1000000;
    answer_value = 0;
    answer_open = 1000;
    answer_open_known = true;
    answer_times = 0;
    answer_restricted = false;
    answer_only = (ts_only_for_t){.site = text_empty};
}

/* NULL beginning: nothing may be said. */
static void
expect(uint32_t kind,
       const void *record,
       int32_t day,
       const char *field,
       const char *beginning,
       bool reason)
{
    ts_event_header_t header = {.kind = kind, .plan = PLAN, .occurred_on = day};
    ts_account_input_t input = {
        .catalog = catalog, .header = &header, .record = record, .asks = &asks, .today = DAY + 100};
    ts_objection_t objection = {0};
    bool said = ts_account_object(&input, &objection);
    assert_int_equal(said, beginning != NULL);
    if (said) {
        assert_string_equal(objection.field, field);
        assert_int_equal(strncmp(objection.why.id, beginning, strlen(beginning)), 0);
        assert_int_equal(objection.reason_enough, reason);
    }
    ts_objection_free(&objection);
}

/* ---- needs */

typedef struct need_case {
    void (*spoil)(Tiepsuc__V1__Need *need);
    int32_t day;
    const char *field;
    const char *beginning;
    bool reason;
} need_case_t;

static Tiepsuc__V1__HeadCount *head_rows[2];
static Tiepsuc__V1__HeadCount heads[2];

static void
need_same(Tiepsuc__V1__Need *need)
{
    (void)need;
}

static void
need_nobody(Tiepsuc__V1__Need *need)
{
    need->n_heads = 0;
}

static void
need_site(Tiepsuc__V1__Need *need)
{
    need->n_heads = 0;
    need->site = text_site;
}

static void
need_both(Tiepsuc__V1__Need *need)
{
    need->beneficiary_id = CHILD;
}

static void
need_nothing(Tiepsuc__V1__Need *need)
{
    need->quantity = 0;
}

static void
need_no_line(Tiepsuc__V1__Need *need)
{
    need->line_id = 0;
}

static void
need_other_line(Tiepsuc__V1__Need *need)
{
    need->line_id = OTHER_LINE;
}

static void
need_other_band(Tiepsuc__V1__Need *need)
{
    (void)need;
    heads[1].band_id = BAND + 1;
}

static void
need_unknown_band(Tiepsuc__V1__Need *need)
{
    (void)need;
    heads[1].band_id = 77;
}

static void
need_band_twice(Tiepsuc__V1__Need *need)
{
    (void)need;
    heads[1].sex = heads[0].sex;
}

static void
need_zero_heads(Tiepsuc__V1__Need *need)
{
    (void)need;
    heads[0].count = 0;
    heads[1].count = 0;
}

static void
need_out_of_scope(Tiepsuc__V1__Need *need)
{
    need->unit_id = UNIT_OUT;
}

static void
need_no_unit(Tiepsuc__V1__Need *need)
{
    need->unit_id = 0;
}

static const need_case_t need_cases[] = {
    {need_same, DAY, NULL, NULL, false},
    {need_site, DAY, NULL, NULL, false},
    {need_same, 0, "occurred_on", "No date", false},
    {need_same, DAY + 102, "occurred_on", "The date", false},
    {need_same, DAY + 101, NULL, NULL, false}, /* clocks differ by a day */
    {need_nobody, DAY, "beneficiary_id", "Say whom", false},
    {need_both, DAY, "heads", "A need is about one child", false},
    {need_nothing, DAY, "quantity", "The quantity", false},
    {need_no_line, DAY, "line_id", "No support line", false},
    {need_other_line, DAY, "line_id", "The support line", false},
    {need_other_band, DAY, "heads", "The age band “{1}” belongs", false},
    {need_unknown_band, DAY, "heads", "A head count names", false},
    {need_band_twice, DAY, "heads", "The age band “{1}” stands twice", false},
    {need_zero_heads, DAY, "heads", "All head counts", false},
    {need_no_unit, DAY, "unit_id", "No unit", false},
    {need_out_of_scope, DAY, "unit_id", "“{1}” is not in the plan's list", true},
};

static void
test_account_need_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_COUNT(need_cases); i++) {
        Tiepsuc__V1__Need need;
        tiepsuc__v1__need__init(&need);
        for (size_t k = 0; k < 2; k++) {
            tiepsuc__v1__head_count__init(&heads[k]);
            heads[k].band_id = BAND;
            heads[k].sex = k == 0 ? TIEPSUC__V1__SEX__SEX_MALE : TIEPSUC__V1__SEX__SEX_FEMALE;
            heads[k].count = 5;
            head_rows[k] = &heads[k];
        }
        need.unit_id = UNIT;
        need.line_id = LINE;
        need.quantity = 10;
        need.n_heads = 2;
        need.heads = head_rows;
        answers_reset();
        need_cases[i].spoil(&need);
        expect(TS_KIND_NEED, &need, need_cases[i].day, need_cases[i].field, need_cases[i].beginning,
               need_cases[i].reason);
    }
}

/* ---- items of a receipt */

typedef struct item_case {
    const char *item; /* "" = none */
    int64_t quantity;
    int64_t value;
    bool foreign;
    bool rate;
    const char *beginning;
} item_case_t;

static const item_case_t item_cases[] = {
    {"VND", 500, 500, false, false, NULL},
    {"VND", 500, 499, false, false, "Money has its quantity"},
    {"VND", 0, 0, false, false, "“{1}”: the quantity"},
    {"VND", -5, -5, false, false, "“{1}”: the quantity"},
    {"VND", INT64_MAX, INT64_MAX, false, false, "“{1}”: the quantity"},
    {"coat", 5, 100, false, false, NULL},
    {"coat", 5, 0, false, false, "“{1}” has no value"},
    {"coat", 5, -1, false, false, "“{1}”: the value"},
    {"", 5, 100, false, false, "An item has no name"},
    {"VND", 500, 500, true, false, "Foreign money needs"},
    {"VND", 500, 500, true, true, NULL},
};

static void
test_account_receipt_items(void **state)
{
    (void)state;
    for (size_t i = 0; i < TS_COUNT(item_cases); i++) {
        const item_case_t *want = &item_cases[i];
        Tiepsuc__V1__Item item;
        Tiepsuc__V1__Item *items[] = {&item};
        Tiepsuc__V1__Receipt receipt;
        tiepsuc__v1__item__init(&item);
        tiepsuc__v1__receipt__init(&receipt);
        item.item = strcmp(want->item, "VND") == 0 ? text_vnd
                    : want->item[0] == '\0'        ? text_empty
                                                   : text_coat;
        item.quantity = want->quantity;
        item.value_vnd = want->value;
        if (want->foreign) {
            item.currency = text_usd;
            item.foreign_minor = 2000;
        }
        if (want->rate) {
            item.rate = text_set;
            item.rate_on = DAY;
            item.rate_source = text_set;
        }
        receipt.donor_id = DONOR;
        receipt.fund_id = FUND;
        receipt.n_items = 1;
        receipt.items = items;
        answers_reset();
        expect(TS_KIND_RECEIPT, &receipt, DAY, "items", want->beginning, false);
        receipt.n_items = 0;
        expect(TS_KIND_RECEIPT, &receipt, DAY, "items", "There is no item", false);
        receipt.fund_id = 0;
        expect(TS_KIND_RECEIPT, &receipt, DAY, "fund_id", "No fund", false);
    }
}

/* ---- purchases: advanced = spent + change, items add up, the fund has it */

static void
test_account_purchase_arithmetic(void **state)
{
    (void)state;
    static const struct {
        int64_t advanced;
        int64_t spent;
        int64_t change;
        int64_t value;
        int64_t balance;
        const char *field;
        const char *beginning;
    } cases[] = {
        {100, 80, 20, 80, 100, NULL, NULL},
        {100, 80, 20, 80, 99, "advanced_vnd", "{1} đồng are advanced"},
        {100, 80, 10, 80, 1000, "advanced_vnd", "Advanced {1}"},
        {100, 80, 20, 79, 1000, "items", "The items are worth"},
        {0, 0, 0, 80, 1000, "spent_vnd", "Spent {1}"},
        {70, 80, -10, 80, 1000, "spent_vnd", "Spent {1}"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        Tiepsuc__V1__Item item;
        Tiepsuc__V1__Item *items[] = {&item};
        Tiepsuc__V1__Purchase purchase;
        tiepsuc__v1__item__init(&item);
        tiepsuc__v1__purchase__init(&purchase);
        item.item = text_coat;
        item.quantity = 1;
        item.value_vnd = cases[i].value;
        purchase.fund_id = FUND;
        purchase.advanced_vnd = cases[i].advanced;
        purchase.spent_vnd = cases[i].spent;
        purchase.change_vnd = cases[i].change;
        purchase.n_items = 1;
        purchase.items = items;
        answers_reset();
        answer_balance = cases[i].balance;
        expect(TS_KIND_PURCHASE, &purchase, DAY, cases[i].field, cases[i].beginning, false);
    }
}

/* ---- allocations */

static void
good_allocation(Tiepsuc__V1__Allocation *allocation,
                Tiepsuc__V1__Item *item,
                Tiepsuc__V1__Item **items)
{
    tiepsuc__v1__item__init(item);
    tiepsuc__v1__allocation__init(allocation);
    item->item = text_coat;
    item->unit_of_measure = text_set;
    item->quantity = 10;
    items[0] = item;
    allocation->fund_id = FUND;
    allocation->need_far_id = NEED;
    allocation->n_items = 1;
    allocation->items = items;
    answers_reset();
}

static void
test_account_allocation_balance_and_need(void **state)
{
    (void)state;
    static const struct {
        int64_t balance;
        int64_t open;
        bool known;
        bool reserve;
        const char *field;
        const char *beginning;
    } cases[] = {
        {10, 10, true, false, NULL, NULL},
        {9, 10, true, false, "items", "“{1}” ({4}): {2} are taken"},
        {10, 9, true, false, "items", "{1} are allocated, {2} are open"},
        {10, 0, true, false, "items", "Nothing is open"},
        {10, 0, false, false, "need_far_id", "No open need"},
        {10, 0, false, true, NULL, NULL},
        {9, 0, false, true, "items", "“{1}” ({4}): {2} are taken"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        Tiepsuc__V1__Item item;
        Tiepsuc__V1__Item *items[1];
        Tiepsuc__V1__Allocation allocation;
        good_allocation(&allocation, &item, items);
        answer_balance = cases[i].balance;
        answer_open = cases[i].open;
        answer_open_known = cases[i].known;
        allocation.purpose = cases[i].reserve
                                 ? TIEPSUC__V1__ALLOCATION_PURPOSE__ALLOCATION_PURPOSE_RESERVE
                                 : TIEPSUC__V1__ALLOCATION_PURPOSE__ALLOCATION_PURPOSE_NEED;
        expect(TS_KIND_ALLOCATION, &allocation, DAY, cases[i].field, cases[i].beginning, false);
    }
}

static void
test_account_allocation_restriction(void **state)
{
    (void)state;
    static const struct {
        ts_only_for_t only;
        bool consent;
        bool note;
        const char *field;
        const char *beginning;
    } cases[] = {
        {{.unit = UNIT, .line = LINE}, false, false, NULL, NULL},
        {{.unit = UNIT_OUT}, false, false, "receipt_far_id", "The gift is only for another unit"},
        {{.line = OTHER_LINE},
         false,
         false,
         "receipt_far_id",
         "The gift is only for another support line"},
        {{.site = "x"}, false, false, "receipt_far_id", "The gift is only for another site"},
        {{.use_by = DAY - 1}, false, false, "receipt_far_id", "The gift's use-by date"},
        {{.use_by = DAY}, false, false, NULL, NULL},
        {{.unit = UNIT_OUT}, true, false, "redirect_note", "Say how and when"},
        {{.unit = UNIT_OUT}, true, true, NULL, NULL},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        Tiepsuc__V1__Item item;
        Tiepsuc__V1__Item *items[1];
        Tiepsuc__V1__Allocation allocation;
        good_allocation(&allocation, &item, items);
        allocation.receipt_far_id = RECEIPT;
        allocation.redirect_consented = cases[i].consent;
        allocation.redirect_note = cases[i].note ? text_name : text_empty;
        answer_restricted = true;
        answer_only = cases[i].only;
        expect(TS_KIND_ALLOCATION, &allocation, DAY, cases[i].field, cases[i].beginning, false);
    }
}

/* ---- handovers: what happened is taken with a reason */

static void
test_account_handover_cases(void **state)
{
    (void)state;
    static const struct {
        ts_record_id_t allocation;
        ts_record_id_t fund;
        size_t children;
        bool twice;
        int64_t balance;
        uint64_t times;
        const char *field;
        const char *beginning;
        bool reason;
    } cases[] = {
        {ALLOCATION, 0, 1, false, 10, 0, NULL, NULL, false},
        {0, FUND, 1, false, 10, 0, NULL, NULL, false},
        {0, 0, 1, false, 10, 0, "allocation_far_id", "Say where", false},
        {ALLOCATION, 0, 0, false, 10, 0, "beneficiary_ids", "Say who", false},
        {ALLOCATION, 0, 2, true, 10, 0, "beneficiary_ids", "The same child", false},
        {ALLOCATION, 0, 1, false, 9, 0, "items", "“{1}” ({4}): {2} are taken", true},
        {0, FUND, 1, false, 9, 0, "items", "“{1}” ({4}): {2} are taken", true},
        {ALLOCATION, 0, 1, false, 10, 1, "beneficiary_ids", "The child {1}", true},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        Tiepsuc__V1__Item item;
        Tiepsuc__V1__Item *items[] = {&item};
        Tiepsuc__V1__Handover handover;
        uint64_t children[] = {CHILD, cases[i].twice ? CHILD : CHILD + 1000};
        tiepsuc__v1__item__init(&item);
        tiepsuc__v1__handover__init(&handover);
        item.item = text_coat;
        item.unit_of_measure = text_set;
        item.quantity = 10;
        handover.unit_id = UNIT;
        handover.line_id = LINE;
        handover.allocation_far_id = cases[i].allocation;
        handover.fund_id = cases[i].fund;
        handover.n_items = 1;
        handover.items = items;
        handover.n_beneficiary_ids = cases[i].children;
        handover.beneficiary_ids = children;
        answers_reset();
        answer_balance = cases[i].balance;
        answer_times = cases[i].times;
        expect(TS_KIND_HANDOVER, &handover, DAY, cases[i].field, cases[i].beginning,
               cases[i].reason);
    }
}

/* Two rows of one item are judged together. */
static void
test_account_rows_of_one_item_add_up(void **state)
{
    (void)state;
    Tiepsuc__V1__Item rows[2];
    Tiepsuc__V1__Item *items[] = {&rows[0], &rows[1]};
    Tiepsuc__V1__Handover handover;
    tiepsuc__v1__handover__init(&handover);
    for (size_t i = 0; i < 2; i++) {
        tiepsuc__v1__item__init(&rows[i]);
        rows[i].item = text_coat;
        rows[i].unit_of_measure = text_set;
        rows[i].quantity = 6;
    }
    handover.unit_id = UNIT;
    handover.line_id = LINE;
    handover.fund_id = FUND;
    handover.site = text_site;
    handover.n_items = 2;
    handover.items = items;
    answers_reset();
    answer_balance = 10;
    expect(TS_KIND_HANDOVER, &handover, DAY, "items", "“{1}” ({4}): {2} are taken", true);
    answer_balance = 12;
    expect(TS_KIND_HANDOVER, &handover, DAY, NULL, NULL, false);
}

static void
test_account_beneficiary_birth(void **state)
{
    (void)state;
    static const struct {
        uint32_t year;
        uint32_t month;
        ts_record_id_t unit;
        const char *field;
        const char *beginning;
    } cases[] = {
        {2012, 4, UNIT, NULL, NULL},
        {2012, 0, UNIT, NULL, NULL},
        {0, 4, UNIT, "birth_year", "The year of birth is missing"},
        {2012, 13, UNIT, "birth_month", "There is no month"},
        {2090, 1, UNIT, "birth_year", "The birth in {2}/{1}"},
        {2090, 0, UNIT, "birth_year", "The year of birth {1}"},
        {1850, 0, UNIT, "birth_year", "The year of birth {1}"},
        {2020, 3, UNIT, "birth_year", "The birth in {2}/{1}"}, /* today is 8 February 2020 */
        {2020, 2, UNIT, NULL, NULL},
        {2020, 0, UNIT, NULL, NULL},
        {2004, 3, UNIT, NULL, NULL},
        {2004, 0, UNIT, NULL, NULL},
        {2004, 2, UNIT, "birth_year", "Born in {1}"}, /* 16 this month */
        {1915, 4, UNIT, "birth_year", "Born in {1}"},
        {2012, 4, 0, "unit_id", "No unit"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        Tiepsuc__V1__Beneficiary child;
        tiepsuc__v1__beneficiary__init(&child);
        child.birth_year = cases[i].year;
        child.birth_month = cases[i].month;
        child.unit_id = cases[i].unit;
        answers_reset();
        bool reason = cases[i].beginning != NULL && strncmp(cases[i].beginning, "Born", 4) == 0;
        expect(TS_KIND_BENEFICIARY, &child, 0, cases[i].field, cases[i].beginning, reason);
    }
}

static void
test_account_return_needs_one_origin(void **state)
{
    (void)state;
    Tiepsuc__V1__Item item;
    Tiepsuc__V1__Item *items[] = {&item};
    Tiepsuc__V1__Return back;
    tiepsuc__v1__item__init(&item);
    tiepsuc__v1__return__init(&back);
    item.item = text_coat;
    item.quantity = 1;
    back.unit_id = UNIT;
    back.n_items = 1;
    back.items = items;
    answers_reset();
    expect(TS_KIND_RETURN, &back, DAY, "type", "Say what happened", false);
    back.type = TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_RETURNED;
    expect(TS_KIND_RETURN, &back, DAY, "handover_far_id", "Name either", false);
    back.handover_far_id = 1;
    expect(TS_KIND_RETURN, &back, DAY, "fund_far_id", "Name the fund", false);
    back.fund_far_id = FUND;
    expect(TS_KIND_RETURN, &back, DAY, NULL, NULL, false);
    back.allocation_far_id = 2;
    expect(TS_KIND_RETURN, &back, DAY, "handover_far_id", "Name either", false);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_account_need_cases),
        cmocka_unit_test(test_account_receipt_items),
        cmocka_unit_test(test_account_purchase_arithmetic),
        cmocka_unit_test(test_account_allocation_balance_and_need),
        cmocka_unit_test(test_account_allocation_restriction),
        cmocka_unit_test(test_account_handover_cases),
        cmocka_unit_test(test_account_rows_of_one_item_add_up),
        cmocka_unit_test(test_account_beneficiary_birth),
        cmocka_unit_test(test_account_return_needs_one_origin),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
