/* SPDX-License-Identifier: MPL-2.0 */
#include "base/i18n.h"
#include "core/account_p.h"
#include "core/permit.h"

#include <string.h>

/* ---- kinds */

static bool
object_plan(input_t *input, out_t *out)
{
    return input->header->plan == 0 &&
           ts_object(out, "plan", N_("No plan is named: say plan=<code>"));
}

/* 0: no line, nothing against it. */
static bool
object_line_of_plan(input_t *input, ts_record_id_t line_id, out_t *out)
{
    const ts_line_t *line = line_id == 0 ? NULL : ts_catalog_line(input->catalog, line_id);
    if (line == NULL || line->plan == input->header->plan) {
        return false;
    }
    ts_object(out, "line_id", N_("The support line “{1}” belongs to another plan"));
    ts_msg_arg(&out->why, line->name);
    return true;
}

static bool
object_plan_and_line(input_t *input, ts_record_id_t line_id, out_t *out)
{
    if (object_plan(input, out)) {
        return true;
    }
    if (line_id == 0) {
        return ts_object(out, "line_id", N_("No support line is named: say line=<code or name>"));
    }
    return object_line_of_plan(input, line_id, out);
}

static bool
object_scope(input_t *input, ts_record_id_t unit_id, out_t *out)
{
    if (unit_id == 0) {
        return ts_object(out, "unit_id", N_("No unit is named: say unit=<code or name>"));
    }
    bool listed = false;
    if (ts_catalog_in_scope(input->catalog, input->header->plan, unit_id, &listed) || !listed) {
        return false;
    }
    const ts_unit_t *unit = ts_catalog_unit(input->catalog, unit_id);
    ts_object(
        out, "unit_id",
        N_("“{1}” is not in the plan's list of units; give a reason to record it all the same"));
    ts_msg_arg(&out->why, unit == NULL ? "?" : unit->name);
    out->reason_enough = true;
    return true;
}

static void
add_day(out_t *out, int32_t day)
{
    char text[TS_DATE_BYTES];
    ts_date_format_vi((ts_date_t){day}, text, sizeof text);
    ts_msg_arg(&out->why, text);
}

/* A day that has not come; one is let pass, because clocks differ. */
static bool
object_future(input_t *input, const char *field, int32_t day, out_t *out)
{
    if (input->today == 0 || day <= input->today + 1) {
        return false;
    }
    ts_object(out, field, N_("The date {1} has not come yet"));
    add_day(out, day);
    return true;
}

static bool
object_date(input_t *input, out_t *out)
{
    int32_t day = input->header->occurred_on;
    if (day == 0) {
        return ts_object(out, "occurred_on", N_("No date is given: say occurred_on=yyyy-mm-dd"));
    }
    return object_future(input, "occurred_on", day, out);
}

/* A wrong year is the commonest slip of all. */
static bool
object_years(input_t *input, out_t *out)
{
    const ts_plan_t *plan = ts_catalog_plan(input->catalog, input->header->plan);
    int year;
    int month;
    int day;
    ts_date_to_civil((ts_date_t){input->header->occurred_on}, &year, &month, &day);
    if (plan == NULL || ((plan->from_year == 0 || (int64_t)plan->from_year <= year) &&
                         (plan->to_year == 0 || (int64_t)plan->to_year >= year))) {
        return false;
    }
    ts_object(out, "occurred_on",
              N_("The date {1} lies outside the plan's years {2}–{3}; give a reason to record it "
                 "all the same"));
    add_day(out, input->header->occurred_on);
    ts_msg_arg_number(&out->why, plan->from_year);
    ts_msg_arg_number(&out->why, plan->to_year);
    out->reason_enough = true;
    return true;
}

/* The same text on another record: usually one thing that was typed twice. */
static bool
object_same_text(input_t *input, const char *field, const char *text, const char *id, out_t *out)
{
    ts_record_id_t other = text[0] == '\0' || input->asks->same_text == NULL
                               ? 0
                               : input->asks->same_text(input->asks->ctx, field, text);
    if (other == 0) {
        return false;
    }
    char code[TS_CODE_BYTES_MAX];
    ts_record_code_format(other, code, sizeof code);
    ts_object(out, field, id);
    ts_msg_arg(&out->why, text);
    ts_msg_arg(&out->why, code);
    return true;
}

static bool
object_need(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Need *need = input->record;
    if (object_date(input, out) || object_plan_and_line(input, need->line_id, out)) {
        return true;
    }
    if (need->beneficiary_id != 0 && need->n_heads > 0) {
        return ts_object(
            out, "heads",
            N_("A need is about one child or about a number of children, not about both"));
    }
    if (need->beneficiary_id == 0 && need->n_heads == 0 && need->site[0] == '\0') {
        return ts_object(out, "beneficiary_id",
                         N_("Say whom the need is about: a child (beneficiary, or birth_month and "
                            "sex), head counts, or a site"));
    }
    if (need->n_heads > 0 && ts_sum_of_heads(need->heads, need->n_heads) == 0) {
        return ts_object(out, "heads", N_("All head counts are 0"));
    }
    if (need->quantity <= 0 || need->quantity > TS_AMOUNT_MAX) {
        return ts_object_amounts(out, "quantity", N_("The quantity {1} is not a number above 0"),
                                 NULL, need->quantity, 0);
    }
    return ts_object_heads(input, need->heads, need->n_heads, out) ||
           object_scope(input, need->unit_id, out) || object_years(input, out);
}

static bool
object_population(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Population *population = input->record;
    if (population->unit_id == 0) {
        return ts_object(out, "unit_id", N_("No unit is named: say unit=<code or name>"));
    }
    if (population->as_of_on == 0) {
        return ts_object(out, "as_of_on", N_("No day is given as of which the numbers hold"));
    }
    if (object_plan(input, out) || object_future(input, "as_of_on", population->as_of_on, out)) {
        return true;
    }
    if (population->n_heads == 0) {
        return ts_object(out, "heads", N_("There are no head counts"));
    }
    return ts_object_heads(input, population->heads, population->n_heads, out);
}

/* Children are under 16 (Children Law 2016, article 1). */
#define CHILD_MONTHS_MAX (16 * 12)

/* On the day of the record, or today when it bears none. */
static bool
object_age(input_t *input, const Tiepsuc__V1__Beneficiary *child, out_t *out)
{
    int32_t day = input->header->occurred_on != 0 ? input->header->occurred_on : input->today;
    int month = child->birth_month == 0 ? 12 : (int)child->birth_month;
    int months = day == 0 ? 0 : ts_age_months((int)child->birth_year, month, (ts_date_t){day});
    if (months < CHILD_MONTHS_MAX) {
        return false;
    }
    ts_object(out, "birth_year",
              N_("Born in {1}, {2} years old: a child is under 16; give a reason to record it all "
                 "the same"));
    ts_msg_arg_number(&out->why, child->birth_year);
    ts_msg_arg_number(&out->why, months / 12);
    out->reason_enough = true;
    return true;
}

static bool
object_beneficiary(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Beneficiary *child = input->record;
    if (child->unit_id == 0) {
        return ts_object(out, "unit_id", N_("No unit is named: say unit=<code or name>"));
    }
    if (child->birth_year == 0) {
        return ts_object(out, "birth_year", N_("The year of birth is missing"));
    }
    if (child->birth_month > 12) {
        ts_object(out, "birth_month", N_("There is no month {1}"));
        ts_msg_arg_number(&out->why, child->birth_month);
        return true;
    }
    ts_date_t born;
    int month = child->birth_month == 0 ? 1 : (int)child->birth_month;
    if (child->birth_year < 1900 || child->birth_year > 9999 ||
        ts_date_from_civil((int)child->birth_year, month, 1, &born) != TS_ERR_OK ||
        (input->today != 0 && born.days > input->today + 1)) {
        ts_object(out, "birth_year",
                  child->birth_month == 0 ? N_("The year of birth {1} cannot be right")
                                          : N_("The birth in {2}/{1} cannot be right"));
        ts_msg_arg_number(&out->why, child->birth_year);
        ts_msg_arg_number(&out->why, child->birth_month);
        return true;
    }
    return object_future(input, "occurred_on", input->header->occurred_on, out) ||
           object_age(input, child, out);
}

static bool
object_pledge(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Pledge *pledge = input->record;
    if (object_date(input, out) || object_plan(input, out)) {
        return true;
    }
    if (pledge->donor_id == 0) {
        return ts_object(out, "donor_id", N_("No donor is named"));
    }
    return ts_object_items(pledge->items, pledge->n_items, false, out) || object_years(input, out);
}

static bool
object_receipt(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Receipt *receipt = input->record;
    if (object_date(input, out) || object_plan(input, out)) {
        return true;
    }
    if (receipt->donor_id == 0) {
        return ts_object(out, "donor_id", N_("No donor is named"));
    }
    if (receipt->fund_id == 0) {
        return ts_object(out, "fund_id",
                         N_("No fund is named: every gift goes into a fund that has one holder"));
    }
    if (ts_object_items(receipt->items, receipt->n_items, true, out)) {
        return true;
    }
    if (object_same_text(input, "receipt_number", receipt->receipt_number,
                         N_("The receipt number “{1}” stands on {2} already; if it is another "
                            "receipt, give a reason"),
                         out)) {
        out->reason_enough = true;
        return true;
    }
    return object_years(input, out);
}

/* What is bought with restricted money is restricted like it, so the receipt must be named. */
static bool
object_purchase_gifts(input_t *input, const Tiepsuc__V1__Purchase *purchase, out_t *out)
{
    int64_t figures[3];
    const ts_destination_t what = {
        .receipt = purchase->receipt_id, .site = "", .day = input->header->occurred_on};
    if (!ts_free_of_gifts(input, purchase->fund_id, &what, "VND", "VND", figures) ||
        purchase->advanced_vnd <= figures[2]) {
        return false;
    }
    ts_object(out, "receipt_id",
              N_("{1} đồng are advanced; the fund has {2}, of which {3} were given for certain "
                 "purposes: {4} are free. Name the receipt that it is bought from (receipt=…): the "
                 "goods are for the same purpose"));
    ts_msg_arg_amount(&out->why, purchase->advanced_vnd);
    for (size_t k = 0; k < 3; k++) {
        ts_msg_arg_amount(&out->why, figures[k]);
    }
    return true;
}

static bool
object_purchase_balance(input_t *input, const Tiepsuc__V1__Purchase *purchase, out_t *out)
{
    if (input->asks->balance == NULL) {
        return false;
    }
    ts_amount_t left =
        input->asks->balance(input->asks->ctx, TS_ACCOUNT_FUND, purchase->fund_id, "VND", "VND");
    return purchase->advanced_vnd > left.quantity &&
           ts_object_amounts(out, "advanced_vnd", N_("{1} đồng are advanced, the fund has {2}"),
                             NULL, purchase->advanced_vnd, left.quantity);
}

static bool
object_purchase(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Purchase *purchase = input->record;
    if (object_date(input, out) || object_plan(input, out)) {
        return true;
    }
    if (purchase->fund_id == 0) {
        return ts_object(out, "fund_id", N_("No fund is named"));
    }
    if (purchase->spent_vnd <= 0 || purchase->spent_vnd > TS_AMOUNT_MAX ||
        purchase->change_vnd < 0 || purchase->change_vnd > TS_AMOUNT_MAX) {
        return ts_object_amounts(out, "spent_vnd", N_("Spent {1} and change {2} cannot be right"),
                                 NULL, purchase->spent_vnd, purchase->change_vnd);
    }
    if (purchase->advanced_vnd != purchase->spent_vnd + purchase->change_vnd) {
        return ts_object_amounts(
            out, "advanced_vnd", N_("Advanced {1} is not spent plus change: {2}"), NULL,
            purchase->advanced_vnd, purchase->spent_vnd + purchase->change_vnd);
    }
    if (ts_object_items(purchase->items, purchase->n_items, true, out)) {
        return true;
    }
    for (size_t i = 0; i < purchase->n_items; i++) {
        if (ts_item_is_money(purchase->items[i])) {
            return ts_object(out, "items",
                             N_("Money is not bought: change goes to change_vnd, the rest is "
                                "goods"));
        }
    }
    int64_t value = ts_sum_of_values(purchase->items, purchase->n_items);
    if (value != purchase->spent_vnd) {
        return ts_object_amounts(out, "items",
                                 N_("The items are worth {1} together, but {2} were spent"), NULL,
                                 value, purchase->spent_vnd);
    }
    return object_purchase_balance(input, purchase, out) ||
           object_purchase_gifts(input, purchase, out) || object_years(input, out);
}

/* Where an allocation goes: the need's place, or the one it names itself. */
static void
allocation_place(input_t *input,
                 const Tiepsuc__V1__Allocation *allocation,
                 ts_record_id_t *unit,
                 ts_record_id_t *line)
{
    *unit = allocation->unit_id;
    *line = allocation->line_id;
    if (allocation->need_far_id != 0 && input->asks->need_place != NULL) {
        ts_record_id_t need_unit = 0;
        ts_record_id_t need_line = 0;
        if (input->asks->need_place(input->asks->ctx, allocation->need_far_id, &need_unit,
                                    &need_line)) {
            *unit = need_unit;
            *line = need_line;
        }
    }
}

static bool
object_restriction(input_t *input, const Tiepsuc__V1__Allocation *allocation, out_t *out)
{
    ts_only_for_t only = {0};
    if (allocation->redirect_consented || allocation->receipt_far_id == 0 ||
        input->asks->restriction == NULL ||
        !input->asks->restriction(input->asks->ctx, allocation->receipt_far_id, &only)) {
        return false;
    }
    ts_record_id_t unit;
    ts_record_id_t line;
    allocation_place(input, allocation, &unit, &line);
    const char *what = NULL;
    if (only.unit != 0 && !ts_catalog_below(input->catalog, unit, only.unit)) {
        what = N_("The gift is only for another unit; a redirect needs the donor's consent "
                  "(redirect_consented=yes)");
    } else if (only.line != 0 && only.line != line) {
        what = N_("The gift is only for another support line; a redirect needs the donor's consent "
                  "(redirect_consented=yes)");
    } else if (only.site != NULL && only.site[0] != '\0' &&
               strcmp(only.site, allocation->site) != 0) {
        what = N_("The gift is only for another site; a redirect needs the donor's consent "
                  "(redirect_consented=yes)");
    } else if (only.use_by != 0 && input->header->occurred_on > only.use_by) {
        what = N_("The gift's use-by date has passed; a redirect needs the donor's consent "
                  "(redirect_consented=yes)");
    }
    return what != NULL && ts_object(out, "receipt_far_id", what);
}

/* Nothing of it can be weighed against the open need: another word for the unit must not be a way
 * round it. */
static bool
object_uncounted(const ts_line_t *line, out_t *out)
{
    if (line->unit_name[0] == '\0') {
        return false;
    }
    ts_object(out, "items",
              N_("Needs of “{1}” are counted in “{2}” and nothing here is, so that nobody can tell "
                 "whether it is beyond need; choose that unit of measure or give a reason"));
    ts_msg_arg(&out->why, line->name);
    ts_msg_arg(&out->why, line->unit_name);
    out->reason_enough = true;
    return true;
}

static bool
object_open_need(input_t *input, const Tiepsuc__V1__Allocation *allocation, out_t *out)
{
    if (allocation->purpose == TIEPSUC__V1__ALLOCATION_PURPOSE__ALLOCATION_PURPOSE_RESERVE ||
        input->asks->need_open == NULL) {
        return false;
    }
    ts_record_id_t unit;
    ts_record_id_t line_id;
    allocation_place(input, allocation, &unit, &line_id);
    int64_t open = 0;
    if (!input->asks->need_open(input->asks->ctx, allocation->need_far_id, unit, line_id, &open)) {
        return ts_object(
            out, allocation->need_far_id != 0 ? "need_far_id" : "unit_id",
            N_("No open need is known there; what is beyond need goes to purpose=reserve"));
    }
    if (open <= 0) {
        return ts_object(
            out, "items",
            N_("Nothing is open there any more; what is beyond need goes to purpose=reserve"));
    }
    const ts_line_t *line = ts_catalog_line(input->catalog, line_id);
    int64_t wanted = 0;
    bool counted = false;
    bool goods = false;
    for (size_t i = 0; line != NULL && i < allocation->n_items; i++) {
        const Tiepsuc__V1__Item *item = allocation->items[i];
        bool fits = ts_line_measured_in(line, item->unit_of_measure);
        wanted += fits ? item->quantity : 0;
        counted = counted || fits;
        goods = goods || !ts_item_is_money(item);
    }
    if (wanted > open) {
        return ts_object_amounts(
            out, "items",
            N_("{1} are allocated, {2} are open; what is beyond need goes to purpose=reserve"),
            NULL, wanted, open);
    }
    return goods && !counted && object_uncounted(line, out);
}

static bool
object_allocation(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Allocation *allocation = input->record;
    if (object_date(input, out) || object_plan(input, out)) {
        return true;
    }
    if (allocation->fund_id == 0) {
        return ts_object(out, "fund_id", N_("No fund is named"));
    }
    bool reserve =
        allocation->purpose == TIEPSUC__V1__ALLOCATION_PURPOSE__ALLOCATION_PURPOSE_RESERVE;
    if (!reserve && allocation->need_far_id == 0 &&
        (allocation->unit_id == 0 || allocation->line_id == 0)) {
        return ts_object(out, "unit_id",
                         N_("Say what it is for: a need, or a unit and a support line"));
    }
    ts_destination_t what = {.receipt = allocation->receipt_far_id,
                             .site = allocation->site,
                             .day = input->header->occurred_on};
    allocation_place(input, allocation, &what.unit, &what.line);
    if (object_line_of_plan(input, what.line, out) ||
        ts_object_items(allocation->items, allocation->n_items, false, out) ||
        object_restriction(input, allocation, out)) {
        return true;
    }
    if (allocation->redirect_consented && allocation->redirect_note[0] == '\0') {
        return ts_object(out, "redirect_note",
                         N_("Say how and when the donor consented to the redirect"));
    }
    return ts_object_balance(input, TS_ACCOUNT_FUND, allocation->fund_id, allocation->items,
                             allocation->n_items, out) ||
           ts_object_gifts(input, allocation->fund_id, &what, allocation->items,
                           allocation->n_items, out) ||
           object_open_need(input, allocation, out) || object_years(input, out);
}

static bool
object_repeat(input_t *input, const Tiepsuc__V1__Handover *handover, out_t *out)
{
    if (input->asks->child_times == NULL) {
        return false;
    }
    for (size_t i = 0; i < handover->n_beneficiary_ids; i++) {
        uint64_t times = input->asks->child_times(input->asks->ctx, handover->beneficiary_ids[i],
                                                  handover->line_id, input->header->occurred_on);
        if (times > 0) {
            char code[TS_CODE_BYTES_MAX];
            ts_record_code_format(handover->beneficiary_ids[i], code, sizeof code);
            ts_object_amounts(
                out, "beneficiary_ids",
                N_("The child {1} got this line {2} times already in the period; give a "
                   "reason to record it all the same"),
                code, (int64_t)times, 0);
            out->reason_enough = true;
            return true;
        }
    }
    return false;
}

/* What left without being there: it happened, so a reason is enough. */
static bool
object_beyond(input_t *input, const Tiepsuc__V1__Handover *handover, out_t *out)
{
    bool allocated = handover->allocation_far_id != 0;
    ts_record_id_t owner = allocated ? handover->allocation_far_id : handover->fund_id;
    const ts_destination_t what = {.unit = handover->unit_id,
                                   .line = handover->line_id,
                                   .site = handover->site,
                                   .day = input->header->occurred_on};
    if (!ts_object_balance(input, allocated ? TS_ACCOUNT_ALLOCATED : TS_ACCOUNT_FUND, owner,
                           handover->items, handover->n_items, out) &&
        (allocated || !ts_object_gifts(input, handover->fund_id, &what, handover->items,
                                       handover->n_items, out))) {
        return false;
    }
    out->reason_enough = true;
    return true;
}

/* Another commune's goods, or those for another support line: it may have happened. */
static bool
object_other_place(input_t *input, const Tiepsuc__V1__Handover *handover, out_t *out)
{
    ts_allocation_place_t place = {0};
    if (handover->allocation_far_id == 0 || input->asks->allocation_place == NULL ||
        !input->asks->allocation_place(input->asks->ctx, handover->allocation_far_id, &place)) {
        return false;
    }
    if (place.plan != input->header->plan) {
        return ts_object(out, "allocation_far_id", N_("The allocation belongs to another plan"));
    }
    if (place.unit != 0 && !ts_catalog_below(input->catalog, handover->unit_id, place.unit)) {
        const ts_unit_t *unit = ts_catalog_unit(input->catalog, place.unit);
        ts_object(out, "allocation_far_id",
                  N_("The allocation is for “{1}”; give a reason to record it all the same"));
        ts_msg_arg(&out->why, unit == NULL ? "?" : unit->name);
        out->reason_enough = true;
        return true;
    }
    if (place.line != 0 && place.line != handover->line_id) {
        const ts_line_t *line = ts_catalog_line(input->catalog, place.line);
        ts_object(out, "line_id",
                  N_("The allocation is for “{1}”; give a reason to record it all the same"));
        ts_msg_arg(&out->why, line == NULL ? "?" : line->name);
        out->reason_enough = true;
        return true;
    }
    return false;
}

static bool
object_handover(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Handover *handover = input->record;
    if (object_date(input, out) || object_plan_and_line(input, handover->line_id, out)) {
        return true;
    }
    if (handover->unit_id == 0) {
        return ts_object(out, "unit_id", N_("No unit is named: say unit=<code or name>"));
    }
    if (handover->allocation_far_id == 0 && handover->fund_id == 0) {
        return ts_object(
            out, "allocation_far_id",
            N_("Say where it comes from: allocation=<code>, or fund=<code> of a fund held here"));
    }
    if (handover->n_beneficiary_ids > 0 && handover->n_heads > 0) {
        return ts_object(out, "heads", N_("Children are named one by one or counted, not both"));
    }
    if (handover->n_beneficiary_ids == 0 && handover->n_heads == 0 && handover->site[0] == '\0') {
        return ts_object(out, "beneficiary_ids",
                         N_("Say who received it: children, head counts, or a site"));
    }
    for (size_t i = 0; i < handover->n_beneficiary_ids; i++) {
        for (size_t k = 0; k < i; k++) {
            if (handover->beneficiary_ids[i] == handover->beneficiary_ids[k]) {
                return ts_object(out, "beneficiary_ids", N_("The same child stands there twice"));
            }
        }
    }
    return ts_object_items(handover->items, handover->n_items, false, out) ||
           ts_object_heads(input, handover->heads, handover->n_heads, out) ||
           object_other_place(input, handover, out) ||
           object_scope(input, handover->unit_id, out) || object_beyond(input, handover, out) ||
           object_repeat(input, handover, out) || object_years(input, out);
}

/* More than was there: the other record is perhaps wrong, so a reason is enough. */
static bool
object_more_back(input_t *input, const Tiepsuc__V1__Return *back, out_t *out)
{
    if (back->allocation_far_id != 0) {
        bool beyond = ts_object_balance(input, TS_ACCOUNT_ALLOCATED, back->allocation_far_id,
                                        back->items, back->n_items, out);
        out->reason_enough = beyond;
        return beyond;
    }
    for (size_t i = 0; input->asks->handed != NULL && i < back->n_items; i++) {
        const Tiepsuc__V1__Item *item = back->items[i];
        int64_t left = 0;
        if (input->asks->handed(input->asks->ctx, back->handover_far_id, item->item,
                                item->unit_of_measure, &left) &&
            item->quantity > left) {
            ts_object_amounts(out, "items",
                              N_("“{1}”: {2} come back, {3} of them were handed over and did not "
                                 "come back yet; give a reason to record it all the same"),
                              item->item, item->quantity, left);
            out->reason_enough = true;
            return true;
        }
    }
    return false;
}

static bool
object_return(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Return *back = input->record;
    if (object_date(input, out) || object_plan(input, out) ||
        object_line_of_plan(input, back->line_id, out)) {
        return true;
    }
    if (back->unit_id == 0) {
        return ts_object(out, "unit_id", N_("No unit is named: say unit=<code or name>"));
    }
    if (back->type == TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_NONE) {
        return ts_object(out, "type", N_("Say what happened: type=returned, lost or redirected"));
    }
    if ((back->handover_far_id == 0) == (back->allocation_far_id == 0)) {
        return ts_object(out, "handover_far_id",
                         N_("Name either the handover or the allocation that it concerns"));
    }
    bool lost = back->type == TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_LOST;
    if (!lost && back->fund_far_id == 0) {
        return ts_object(out, "fund_far_id", N_("Name the fund into which it goes"));
    }
    return ts_object_items(back->items, back->n_items, false, out) ||
           object_more_back(input, back, out) || object_years(input, out);
}

static bool
object_donor(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Donor *donor = input->record;
    if (donor->name[0] == '\0') {
        return ts_object(out, "name",
                         N_("The donor has no name; an unnamed one gets a word of your own"));
    }
    bool same = donor->alias_of_donor_far_id == 0 &&
                object_same_text(input, "name", donor->name,
                                 N_("A donor “{1}” is known already: {2}; if it is another one, "
                                    "give a reason"),
                                 out);
    out->reason_enough = same;
    return same;
}

static bool
object_fund(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Fund *fund = input->record;
    if (fund->code[0] == '\0') {
        return ts_object(out, "code", N_("The fund has no code"));
    }
    if (fund->holder_body_id == 0) {
        return ts_object(out, "holder_body_id", N_("Every fund has one holder: name its body"));
    }
    return object_same_text(input, "code", fund->code,
                            N_("The code “{1}” belongs to the fund {2}: choose another one"), out);
}

static const struct {
    uint32_t kind;
    bool (*look)(input_t *input, out_t *out);
} looks[] = {
    {TIEPSUC__V1__KIND__KIND_BENEFICIARY, object_beneficiary},
    {TIEPSUC__V1__KIND__KIND_POPULATION, object_population},
    {TIEPSUC__V1__KIND__KIND_NEED, object_need},
    {TIEPSUC__V1__KIND__KIND_DONOR, object_donor},
    {TIEPSUC__V1__KIND__KIND_FUND, object_fund},
    {TIEPSUC__V1__KIND__KIND_PLEDGE, object_pledge},
    {TIEPSUC__V1__KIND__KIND_RECEIPT, object_receipt},
    {TIEPSUC__V1__KIND__KIND_PURCHASE, object_purchase},
    {TIEPSUC__V1__KIND__KIND_ALLOCATION, object_allocation},
    {TIEPSUC__V1__KIND__KIND_HANDOVER, object_handover},
    {TIEPSUC__V1__KIND__KIND_RETURN, object_return},
};

bool
ts_account_object(const ts_account_input_t *input, ts_objection_t *ret_objection)
{
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        if (looks[i].kind == input->header->kind) {
            return looks[i].look(input, ret_objection);
        }
    }
    return false;
}
