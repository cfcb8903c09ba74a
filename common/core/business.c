/* SPDX-License-Identifier: MPL-2.0 */
#include "core/business.h"

#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

typedef void (*tell_fn)(const void *record, ts_business_t *business);

static int64_t
told(uint64_t children)
{
    return children < TS_CHILDREN_TOLD_MIN ? 0 : (int64_t)children;
}

static uint64_t
count_heads(Tiepsuc__V1__HeadCount *const *heads, size_t count)
{
    uint64_t children = 0;
    for (size_t i = 0; i < count; i++) {
        children += heads[i]->count;
    }
    return children;
}

static void
tell_items(Tiepsuc__V1__Item *const *items, size_t count, ts_business_t *business)
{
    bool same = true;
    for (size_t i = 0; i < count; i++) {
        business->value_vnd += items[i]->value_vnd;
        business->quantity += items[i]->quantity;
        same = same && strcmp(items[i]->unit_of_measure, items[0]->unit_of_measure) == 0;
    }
    if (count > 0 && same) {
        business->unit_of_measure = items[0]->unit_of_measure;
    } else {
        business->quantity = 0;
    }
}

static void
tell_restriction(const Tiepsuc__V1__Restriction *restriction, ts_business_t *business)
{
    if (restriction != NULL) {
        business->unit = restriction->unit_id;
        business->line = restriction->line_id;
    }
}

static void
tell_need(const void *record, ts_business_t *business)
{
    const Tiepsuc__V1__Need *need = record;
    business->unit = need->unit_id;
    business->line = need->line_id;
    business->quantity = need->quantity;
    business->unit_of_measure = need->unit_of_measure;
    business->children =
        told(count_heads(need->heads, need->n_heads) + (need->beneficiary_id != 0 ? 1 : 0));
}

static void
tell_pledge(const void *record, ts_business_t *business)
{
    const Tiepsuc__V1__Pledge *pledge = record;
    business->donor = pledge->donor_id;
    tell_restriction(pledge->restriction, business);
    tell_items(pledge->items, pledge->n_items, business);
}

static void
tell_receipt(const void *record, ts_business_t *business)
{
    const Tiepsuc__V1__Receipt *receipt = record;
    business->donor = receipt->donor_id;
    tell_restriction(receipt->restriction, business);
    tell_items(receipt->items, receipt->n_items, business);
}

static void
tell_purchase(const void *record, ts_business_t *business)
{
    const Tiepsuc__V1__Purchase *purchase = record;
    tell_items(purchase->items, purchase->n_items, business);
    business->value_vnd = purchase->spent_vnd;
}

static void
tell_allocation(const void *record, ts_business_t *business)
{
    const Tiepsuc__V1__Allocation *allocation = record;
    business->unit = allocation->unit_id;
    business->line = allocation->line_id;
    tell_items(allocation->items, allocation->n_items, business);
}

static void
tell_handover(const void *record, ts_business_t *business)
{
    const Tiepsuc__V1__Handover *handover = record;
    business->unit = handover->unit_id;
    business->line = handover->line_id;
    tell_items(handover->items, handover->n_items, business);
    business->children = told(count_heads(handover->heads, handover->n_heads) +
                              (uint64_t)handover->n_beneficiary_ids);
}

static void
tell_return(const void *record, ts_business_t *business)
{
    const Tiepsuc__V1__Return *back = record;
    business->unit = back->unit_id;
    business->line = back->line_id;
    tell_items(back->items, back->n_items, business);
}

static void
tell_report(const void *record, ts_business_t *business)
{
    const Tiepsuc__V1__Report *report = record;
    business->period = report->period_id;
    business->body = report->body_id;
}

static void
tell_filing(const void *record, ts_business_t *business)
{
    const Tiepsuc__V1__Filing *filing = record;
    business->period = filing->period_id;
    if (filing->amends_id != 0) {
        business->kind = "report.amended";
    }
}

static void
tell_nothing_more(const void *record, ts_business_t *business)
{
    (void)record;
    (void)business;
}

static const struct {
    uint32_t kind;
    const char *name;
    tell_fn tell;
} tellers[] = {
    {TIEPSUC__V1__KIND__KIND_NEED, "need", tell_need},
    {TIEPSUC__V1__KIND__KIND_PLEDGE, "pledge", tell_pledge},
    {TIEPSUC__V1__KIND__KIND_RECEIPT, "receipt", tell_receipt},
    {TIEPSUC__V1__KIND__KIND_PURCHASE, "purchase", tell_purchase},
    {TIEPSUC__V1__KIND__KIND_ALLOCATION, "allocation", tell_allocation},
    {TIEPSUC__V1__KIND__KIND_HANDOVER, "handover", tell_handover},
    {TIEPSUC__V1__KIND__KIND_RETURN, "return", tell_return},
    {TIEPSUC__V1__KIND__KIND_REPORT, "report.sealed", tell_report},
    {TIEPSUC__V1__KIND__KIND_REPORT_RETURN, "report.returned", tell_nothing_more},
    {TIEPSUC__V1__KIND__KIND_FILING, "report.filed", tell_filing},
    {TIEPSUC__V1__KIND__KIND_HOLDING, "holding", tell_nothing_more},
};

bool
ts_business_of(const ts_event_header_t *header, const void *record, ts_business_t *ret_business)
{
    for (size_t i = 0; i < sizeof tellers / sizeof tellers[0]; i++) {
        if (tellers[i].kind == header->kind) {
            *ret_business = (ts_business_t){.kind = tellers[i].name, .unit_of_measure = ""};
            tellers[i].tell(record, ret_business);
            return true;
        }
    }
    return false;
}

const char *
ts_business_change(const ts_event_header_t *header)
{
    if (header->voided) {
        return "voided";
    }
    if (header->revises_count == 0) {
        return "added";
    }
    return header->revises_count == 1 ? "revised" : "resolved";
}
