/* SPDX-License-Identifier: MPL-2.0 */
#include "core/contribute.h"

#include "base/time.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

typedef struct work {
    const ts_catalog_t *catalog;
    const ts_event_header_t *header;
    const ts_contribute_refs_t *refs;
    const ts_contribute_out_t *out;
} work_t;

typedef void (*contribute_fn)(const work_t *work, const void *record);

const char *
ts_measure_name(ts_measure_t measure)
{
    static const char *const names[] = {
#define TS_MEASURE_NAME(name, value, text) [TS_MEASURE_##name] = (text),
        TS_MEASURE_LIST(TS_MEASURE_NAME)
#undef TS_MEASURE_NAME
    };
    size_t at = (size_t)measure;
    return at > 0 && at < sizeof names / sizeof names[0] ? names[at] : "?";
}

const char *
ts_account_name(ts_account_kind_t account)
{
    static const char *const names[] = {NULL,     "donor_pledged", "pledge",    "donor_given",
                                        "fund",   "supplier",      "allocated", "reserve",
                                        "handed", "lost",          "redirected"};
    size_t at = (size_t)account;
    return at > 0 && at < sizeof names / sizeof names[0] ? names[at] : "?";
}

ts_born_t
ts_born_of(const void *record)
{
    const Tiepsuc__V1__Beneficiary *child = record;
    return (ts_born_t){(int)child->birth_year, (int)child->birth_month, (uint8_t)child->sex};
}

ts_record_id_t
ts_band_on(const ts_catalog_t *catalog, ts_record_id_t plan, const ts_born_t *born, int32_t day)
{
    if (born->year == 0 || day == 0) {
        return 0;
    }
    int months = ts_age_months(born->year, born->month == 0 ? 1 : born->month, (ts_date_t){day});
    return ts_catalog_band_for_age(catalog, plan, months);
}

/* ---- cells and postings */

static ts_cell_key_t
cell_key(const work_t *work, ts_measure_t measure, ts_record_id_t unit, ts_record_id_t line)
{
    ts_cell_key_t key;
    memset(&key, 0, sizeof key);
    key.plan = work->header->plan;
    key.unit = unit;
    key.line = line;
    key.day = work->header->occurred_on;
    key.measure = (uint8_t)measure;
    key.flags = (uint8_t)work->header->occurred_precision;
    return key;
}

static void
put_cell(const work_t *work, const ts_cell_key_t *key, int64_t delta)
{
    if (delta != 0) {
        work->out->cell(work->out->ctx, key, delta);
    }
}

static bool
is_money(const Tiepsuc__V1__Item *item)
{
    return strcmp(item->item, "VND") == 0;
}

static int64_t
total_value(Tiepsuc__V1__Item *const *items, size_t count)
{
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        value += items[i]->value_vnd;
    }
    return value;
}

/* What a fund has in hand: in it, allocated or kept back, and not handed over. */
static bool
is_in_hand(ts_account_kind_t account)
{
    return account == TS_ACCOUNT_FUND || account == TS_ACCOUNT_ALLOCATED ||
           account == TS_ACCOUNT_RESERVE;
}

static void
put_left(const work_t *work, ts_record_id_t fund, int64_t delta)
{
    ts_cell_key_t key;
    memset(&key, 0, sizeof key);
    key.plan = work->header->plan;
    key.aux = fund;
    key.day = work->header->occurred_on;
    key.measure = TS_MEASURE_LEFT_VALUE;
    key.flags = (uint8_t)work->header->occurred_precision;
    if (delta != 0) {
        work->out->cell(work->out->ctx, &key, delta);
    }
}

/* Two lines of double entry: `item` leaves one account and enters another. */
static void
move_item(const work_t *work,
          const Tiepsuc__V1__Item *item,
          const ts_posting_t *from,
          const ts_posting_t *to)
{
    int64_t quantity = is_money(item) ? item->value_vnd : item->quantity;
    ts_posting_t line = *from;
    line.commodity = item->item;
    line.unit_of_measure = is_money(item) ? "VND" : item->unit_of_measure;
    line.quantity = -quantity;
    line.value_vnd = -item->value_vnd;
    work->out->posting(work->out->ctx, &line);
    line.account = to->account;
    line.owner = to->owner;
    line.fund = to->fund;
    line.quantity = quantity;
    line.value_vnd = item->value_vnd;
    work->out->posting(work->out->ctx, &line);
    if (is_in_hand(from->account) != is_in_hand(to->account) || from->fund != to->fund) {
        put_left(work, from->fund, is_in_hand(from->account) ? -item->value_vnd : 0);
        put_left(work, to->fund, is_in_hand(to->account) ? item->value_vnd : 0);
    }
}

static void
move_items(const work_t *work,
           Tiepsuc__V1__Item *const *items,
           size_t count,
           const ts_posting_t *from,
           const ts_posting_t *to)
{
    for (size_t i = 0; i < count; i++) {
        move_item(work, items[i], from, to);
    }
}

static uint8_t
class_of_donor(const work_t *work, ts_record_id_t donor)
{
    uint8_t class = 0;
    if (donor == 0 || !work->refs->donor_class(work->refs->ctx, donor, &class)) {
        return 0;
    }
    return class;
}

/* ---- children */

/* One child: the measure by band on the day, and the fact from which distinct numbers come. */
static ts_cell_key_t
count_child(const work_t *work,
            ts_measure_t measure,
            ts_measure_t distinct,
            ts_record_id_t id,
            const ts_cell_key_t *place)
{
    ts_born_t born = {0};
    if (!work->refs->beneficiary(work->refs->ctx, id, &born)) {
        born = (ts_born_t){0};
    }
    ts_cell_key_t key = *place;
    key.measure = (uint8_t)measure;
    key.band = ts_band_on(work->catalog, key.plan, &born, key.day);
    key.sex = born.sex;
    put_cell(work, &key, 1);
    ts_fact_t fact;
    memset(&fact, 0, sizeof fact);
    fact.subject = id;
    fact.plan = key.plan;
    fact.unit = key.unit;
    fact.line = key.line;
    fact.day = key.day;
    fact.measure = (uint32_t)distinct;
    work->out->fact(work->out->ctx, &fact, 1);
    return key;
}

static void
count_heads(const work_t *work,
            Tiepsuc__V1__HeadCount *const *heads,
            size_t count,
            const ts_cell_key_t *place)
{
    for (size_t i = 0; i < count; i++) {
        ts_cell_key_t key = *place;
        key.band = heads[i]->band_id;
        key.sex = (uint8_t)heads[i]->sex;
        put_cell(work, &key, heads[i]->count);
    }
}

/* ---- one function per kind */

static void
contribute_population(const work_t *work, const void *record)
{
    const Tiepsuc__V1__Population *population = record;
    ts_cell_key_t key = cell_key(work, TS_MEASURE_POPULATION, population->unit_id, 0);
    if (population->as_of_on != 0) {
        key.day = population->as_of_on;
    }
    count_heads(work, population->heads, population->n_heads, &key);
}

static void
contribute_need(const work_t *work, const void *record)
{
    const Tiepsuc__V1__Need *need = record;
    if (need->state == TIEPSUC__V1__NEED_STATE__NEED_STATE_EXPIRED) {
        return;
    }
    ts_cell_key_t key = cell_key(work, TS_MEASURE_NEED_QUANTITY, need->unit_id, need->line_id);
    ts_cell_key_t quantity = key;
    if (need->beneficiary_id != 0) {
        quantity = count_child(work, TS_MEASURE_NEED_CHILDREN, TS_MEASURE_DISTINCT_IN_NEED,
                               need->beneficiary_id, &key);
        quantity.measure = TS_MEASURE_NEED_QUANTITY;
    } else {
        key.measure = TS_MEASURE_NEED_HEADS;
        count_heads(work, need->heads, need->n_heads, &key);
    }
    put_cell(work, &quantity, need->quantity);
    if (need->state == TIEPSUC__V1__NEED_STATE__NEED_STATE_VERIFIED ||
        need->state == TIEPSUC__V1__NEED_STATE__NEED_STATE_OFFERED ||
        need->state == TIEPSUC__V1__NEED_STATE__NEED_STATE_CLOSED) {
        quantity.measure = TS_MEASURE_NEED_VERIFIED;
        put_cell(work, &quantity, need->quantity);
    }
}

/* Quantities are counted only in the line's own unit of measure: coats are not added to notebooks.
 */
static int64_t
quantity_in_line_unit(const work_t *work, const Tiepsuc__V1__Handover *handover)
{
    const ts_line_t *line = ts_catalog_line(work->catalog, handover->line_id);
    int64_t quantity = 0;
    for (size_t i = 0; line != NULL && i < handover->n_items; i++) {
        if (ts_line_measured_in(line, handover->items[i]->unit_of_measure)) {
            quantity += handover->items[i]->quantity;
        }
    }
    return quantity;
}

static void
contribute_handover(const work_t *work, const void *record)
{
    const Tiepsuc__V1__Handover *handover = record;
    ts_cell_key_t key = cell_key(work, TS_MEASURE_HEAD_TIMES, handover->unit_id, handover->line_id);
    for (size_t i = 0; i < handover->n_beneficiary_ids; i++) {
        (void)count_child(work, TS_MEASURE_CHILD_TIMES, TS_MEASURE_DISTINCT_SUPPORTED,
                          handover->beneficiary_ids[i], &key);
    }
    count_heads(work, handover->heads, handover->n_heads, &key);
    if (handover->n_beneficiary_ids == 0 && handover->n_heads == 0) {
        key.measure = TS_MEASURE_SITES;
        put_cell(work, &key, 1);
    }
    key.measure = TS_MEASURE_HANDED_QUANTITY;
    put_cell(work, &key, quantity_in_line_unit(work, handover));

    ts_record_id_t fund = handover->fund_id;
    bool allocated = handover->allocation_far_id != 0 || fund == 0;
    if (fund == 0 && handover->allocation_far_id != 0 &&
        !work->refs->allocation(work->refs->ctx, handover->allocation_far_id, &fund)) {
        fund = 0;
    }
    key.measure = TS_MEASURE_HANDED_VALUE;
    key.aux = fund;
    put_cell(work, &key, total_value(handover->items, handover->n_items));
    ts_posting_t from = {.account = allocated ? TS_ACCOUNT_ALLOCATED : TS_ACCOUNT_FUND,
                         .owner = allocated ? handover->allocation_far_id : fund,
                         .fund = fund};
    ts_posting_t to = {.account = TS_ACCOUNT_HANDED, .owner = handover->unit_id, .fund = fund};
    move_items(work, handover->items, handover->n_items, &from, &to);
}

static void
contribute_pledge(const work_t *work, const void *record)
{
    const Tiepsuc__V1__Pledge *pledge = record;
    const Tiepsuc__V1__Restriction *only = pledge->restriction;
    ts_cell_key_t key = cell_key(work, TS_MEASURE_PLEDGED_VALUE, only == NULL ? 0 : only->unit_id,
                                 only == NULL ? 0 : only->line_id);
    key.aux = pledge->fund_id;
    key.donor_class = class_of_donor(work, pledge->donor_id);
    put_cell(work, &key, total_value(pledge->items, pledge->n_items));
    ts_posting_t from = {
        .account = TS_ACCOUNT_DONOR_PLEDGED, .owner = pledge->donor_id, .fund = pledge->fund_id};
    ts_posting_t to = {
        .account = TS_ACCOUNT_PLEDGE, .owner = work->header->record, .fund = pledge->fund_id};
    move_items(work, pledge->items, pledge->n_items, &from, &to);
}

static void
contribute_receipt(const work_t *work, const void *record)
{
    const Tiepsuc__V1__Receipt *receipt = record;
    const Tiepsuc__V1__Restriction *only = receipt->restriction;
    ts_cell_key_t key = cell_key(work, TS_MEASURE_RECEIVED_VALUE, only == NULL ? 0 : only->unit_id,
                                 only == NULL ? 0 : only->line_id);
    key.aux = receipt->fund_id;
    key.donor_class = class_of_donor(work, receipt->donor_id);
    put_cell(work, &key, total_value(receipt->items, receipt->n_items));
    ts_posting_t giver = {
        .account = TS_ACCOUNT_DONOR_GIVEN, .owner = receipt->donor_id, .fund = receipt->fund_id};
    ts_posting_t fund = {
        .account = TS_ACCOUNT_FUND, .owner = receipt->fund_id, .fund = receipt->fund_id};
    move_items(work, receipt->items, receipt->n_items, &giver, &fund);
    if (receipt->pledge_id != 0) {
        ts_posting_t promised = {.account = TS_ACCOUNT_DONOR_PLEDGED,
                                 .owner = receipt->donor_id,
                                 .fund = receipt->fund_id};
        ts_posting_t open = {
            .account = TS_ACCOUNT_PLEDGE, .owner = receipt->pledge_id, .fund = receipt->fund_id};
        move_items(work, receipt->items, receipt->n_items, &open, &promised);
    }
}

/* The change stays in the fund: only what was spent leaves it. */
static void
contribute_purchase(const work_t *work, const void *record)
{
    const Tiepsuc__V1__Purchase *purchase = record;
    ts_cell_key_t key = cell_key(work, TS_MEASURE_PURCHASED_VALUE, 0, 0);
    key.aux = purchase->fund_id;
    put_cell(work, &key, purchase->spent_vnd);
    ts_posting_t fund = {
        .account = TS_ACCOUNT_FUND, .owner = purchase->fund_id, .fund = purchase->fund_id};
    ts_posting_t supplier = {
        .account = TS_ACCOUNT_SUPPLIER, .owner = work->header->record, .fund = purchase->fund_id};
    char vnd[] = "VND";
    Tiepsuc__V1__Item money;
    tiepsuc__v1__item__init(&money);
    money.item = vnd;
    money.value_vnd = purchase->spent_vnd;
    move_item(work, &money, &fund, &supplier);
    move_items(work, purchase->items, purchase->n_items, &supplier, &fund);
}

static void
contribute_allocation(const work_t *work, const void *record)
{
    const Tiepsuc__V1__Allocation *allocation = record;
    bool reserve =
        allocation->purpose == TIEPSUC__V1__ALLOCATION_PURPOSE__ALLOCATION_PURPOSE_RESERVE;
    ts_cell_key_t key =
        cell_key(work, reserve ? TS_MEASURE_RESERVED_VALUE : TS_MEASURE_ALLOCATED_VALUE,
                 allocation->unit_id, allocation->line_id);
    key.aux = allocation->fund_id;
    put_cell(work, &key, total_value(allocation->items, allocation->n_items));
    ts_posting_t from = {
        .account = TS_ACCOUNT_FUND, .owner = allocation->fund_id, .fund = allocation->fund_id};
    ts_posting_t to = {.account = reserve ? TS_ACCOUNT_RESERVE : TS_ACCOUNT_ALLOCATED,
                       .owner = reserve ? allocation->fund_id : work->header->record,
                       .fund = allocation->fund_id};
    move_items(work, allocation->items, allocation->n_items, &from, &to);
}

static void
contribute_return(const work_t *work, const void *record)
{
    static const struct {
        ts_measure_t measure;
        ts_account_kind_t account;
    } ends[] = {
        [TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_NONE] = {0, 0},
        [TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_RETURNED] = {TS_MEASURE_RETURNED_VALUE,
                                                            TS_ACCOUNT_FUND},
        [TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_LOST] = {TS_MEASURE_LOST_VALUE, TS_ACCOUNT_LOST},
        [TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_REDIRECTED] = {TS_MEASURE_REDIRECTED_VALUE,
                                                              TS_ACCOUNT_REDIRECTED}};
    const Tiepsuc__V1__Return *back = record;
    size_t type = (size_t)back->type;
    if (type == 0 || type >= sizeof ends / sizeof ends[0]) {
        return;
    }
    bool handed = back->handover_far_id != 0;
    ts_record_id_t fund = back->fund_far_id;
    if (!handed && !work->refs->allocation(work->refs->ctx, back->allocation_far_id, &fund)) {
        fund = back->fund_far_id;
    }
    ts_cell_key_t key = cell_key(work, ends[type].measure, back->unit_id, back->line_id);
    /* What is lost goes to no fund: then the one that it came from. */
    key.aux = back->fund_far_id != 0 ? back->fund_far_id : fund;
    put_cell(work, &key, total_value(back->items, back->n_items));
    ts_posting_t from = {.account = handed ? TS_ACCOUNT_HANDED : TS_ACCOUNT_ALLOCATED,
                         .owner = handed ? back->unit_id : back->allocation_far_id,
                         .fund = fund};
    ts_posting_t to = {.account = ends[type].account,
                       .owner = ends[type].account == TS_ACCOUNT_LOST ? back->unit_id
                                                                      : back->fund_far_id,
                       .fund = back->fund_far_id};
    move_items(work, back->items, back->n_items, &from, &to);
}

static const struct {
    uint32_t kind;
    contribute_fn contribute;
} contributions[] = {
    {TIEPSUC__V1__KIND__KIND_POPULATION, contribute_population},
    {TIEPSUC__V1__KIND__KIND_NEED, contribute_need},
    {TIEPSUC__V1__KIND__KIND_PLEDGE, contribute_pledge},
    {TIEPSUC__V1__KIND__KIND_RECEIPT, contribute_receipt},
    {TIEPSUC__V1__KIND__KIND_PURCHASE, contribute_purchase},
    {TIEPSUC__V1__KIND__KIND_ALLOCATION, contribute_allocation},
    {TIEPSUC__V1__KIND__KIND_HANDOVER, contribute_handover},
    {TIEPSUC__V1__KIND__KIND_RETURN, contribute_return},
};

void
ts_contribute(const ts_catalog_t *catalog,
              const ts_event_header_t *header,
              const void *record,
              const ts_contribute_refs_t *refs,
              const ts_contribute_out_t *out)
{
    work_t work = {catalog, header, refs, out};
    for (size_t i = 0; i < sizeof contributions / sizeof contributions[0]; i++) {
        if (contributions[i].kind == header->kind) {
            contributions[i].contribute(&work, record);
            return;
        }
    }
}
