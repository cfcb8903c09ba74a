/* SPDX-License-Identifier: MPL-2.0 */
#include "core/account.h"

#include "base/i18n.h"
#include "core/schema.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <inttypes.h>
#include <string.h>

/* Greatest value or quantity of one item: sums of a record stay far below the limit of 64 bits. */
#define AMOUNT_MAX INT64_C(1000000000000000)

typedef const ts_account_input_t input_t;
typedef ts_objection_t out_t;

void
ts_objection_free(ts_objection_t *objection)
{
    ts_msg_free(&objection->why);
    *objection = (ts_objection_t){0};
}

static bool
object(out_t *out, const char *field, const char *id)
{
    out->field = field;
    out->reason_enough = false;
    ts_msg_set(&out->why, id);
    return true;
}

/* The same with one text and up to two numbers behind it. */
static bool
object_numbers(
    out_t *out, const char *field, const char *id, const char *text, int64_t a, int64_t b)
{
    object(out, field, id);
    if (text != NULL) {
        ts_msg_arg(&out->why, text);
    }
    ts_msg_arg_number(&out->why, a);
    ts_msg_arg_number(&out->why, b);
    return true;
}

/* ---- head counts */

static bool
object_heads(input_t *input, Tiepsuc__V1__HeadCount *const *heads, size_t count, out_t *out)
{
    for (size_t i = 0; i < count; i++) {
        const ts_band_t *band = ts_catalog_band(input->catalog, heads[i]->band_id);
        if (heads[i]->band_id == 0) {
            return object(out, "heads", N_("A head count has no age band"));
        }
        if (band == NULL) {
            return object(out, "heads",
                          N_("A head count names an age band that is not known here"));
        }
        if (input->header->plan != 0 && band->plan != input->header->plan) {
            object(out, "heads", N_("The age band “{1}” belongs to another plan"));
            ts_msg_arg(&out->why, band->name);
            return true;
        }
        for (size_t k = 0; k < i; k++) {
            if (heads[k]->band_id == heads[i]->band_id && heads[k]->sex == heads[i]->sex) {
                object(out, "heads",
                       N_("The age band “{1}” stands twice with the same sex: add the numbers up"));
                ts_msg_arg(&out->why, band->name);
                return true;
            }
        }
    }
    return false;
}

static uint64_t
sum_of_heads(Tiepsuc__V1__HeadCount *const *heads, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += heads[i]->count;
    }
    return sum;
}

/* ---- items */

static bool
is_money(const Tiepsuc__V1__Item *item)
{
    return strcmp(item->item, "VND") == 0;
}

static bool
object_foreign(const Tiepsuc__V1__Item *item, out_t *out)
{
    bool any = item->currency[0] != '\0' || item->foreign_minor != 0;
    if (!any) {
        return false;
    }
    if (item->currency[0] == '\0' || item->foreign_minor <= 0 || item->rate[0] == '\0' ||
        item->rate_on == 0 || item->rate_source[0] == '\0') {
        return object(out, "items",
                      N_("Foreign money needs currency, amount in hundredths, rate, day and source "
                         "of the rate"));
    }
    return false;
}

static bool
object_item(const Tiepsuc__V1__Item *item, bool valued, out_t *out)
{
    if (item->item[0] == '\0') {
        return object(out, "items", N_("An item has no name; money is called VND"));
    }
    if (item->quantity <= 0 || item->quantity > AMOUNT_MAX) {
        return object_numbers(out, "items", N_("“{1}”: the quantity {2} is not a number above 0"),
                              item->item, item->quantity, 0);
    }
    if (item->value_vnd < 0 || item->value_vnd > AMOUNT_MAX) {
        return object_numbers(out, "items", N_("“{1}”: the value {2} cannot be right"), item->item,
                              item->value_vnd, 0);
    }
    if (is_money(item) && item->value_vnd != item->quantity) {
        return object_numbers(out, "items", N_("Money has its quantity as value: {2} is not {3}"),
                              item->item, item->quantity, item->value_vnd);
    }
    if (valued && !is_money(item) && item->value_vnd == 0) {
        object(out, "items", N_("“{1}” has no value in đồng; say who valued it in valued_by"));
        ts_msg_arg(&out->why, item->item);
        return true;
    }
    return object_foreign(item, out);
}

static bool
object_items(Tiepsuc__V1__Item *const *items, size_t count, bool valued, out_t *out)
{
    if (count == 0) {
        return object(out, "items", N_("There is no item: say what and how much"));
    }
    for (size_t i = 0; i < count; i++) {
        if (object_item(items[i], valued, out)) {
            return true;
        }
    }
    return false;
}

static int64_t
sum_of_values(Tiepsuc__V1__Item *const *items, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += items[i]->value_vnd;
    }
    return sum;
}

/* All that the record takes of this commodity, so that two rows of one item are judged together. */
static int64_t
taken(Tiepsuc__V1__Item *const *items, size_t count, const Tiepsuc__V1__Item *like)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i]->item, like->item) == 0 &&
            (is_money(like) || strcmp(items[i]->unit_of_measure, like->unit_of_measure) == 0)) {
            sum += items[i]->quantity;
        }
    }
    return sum;
}

static const char *
measure_of(const Tiepsuc__V1__Item *item)
{
    return is_money(item) ? "VND" : item->unit_of_measure;
}

/* What is taken out of an account must be in it. */
static bool
object_balance(input_t *input,
               ts_account_kind_t account,
               ts_record_id_t owner,
               Tiepsuc__V1__Item *const *items,
               size_t count,
               out_t *out)
{
    if (input->asks->balance == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t wanted = taken(items, count, items[i]);
        int64_t left = input->asks->balance(input->asks->ctx, account, owner, items[i]->item,
                                            measure_of(items[i]));
        if (wanted <= left) {
            continue;
        }
        return account == TS_ACCOUNT_FUND
                   ? object_numbers(out, "items", N_("“{1}”: {2} are taken, the fund has {3}"),
                                    items[i]->item, wanted, left)
                   : object_numbers(
                         out, "items",
                         N_("“{1}”: {2} are handed over, {3} are left of the allocation"),
                         items[i]->item, wanted, left);
    }
    return false;
}

/* What the fund has of it, less what was given for something else. false: nothing there is
 * restricted. */
static bool
free_of_gifts(input_t *input,
              ts_record_id_t fund,
              const ts_destination_t *what,
              const char *commodity,
              const char *unit_of_measure,
              int64_t ret_left_kept_free[3])
{
    const ts_account_asks_t *asks = input->asks;
    if (asks->gifts == NULL || asks->balance == NULL) {
        return false;
    }
    ts_gifts_t *gifts = ts_gifts_new(input->catalog);
    asks->gifts(asks->ctx, fund, commodity, unit_of_measure, gifts);
    int64_t kept = ts_gifts_kept(gifts, what);
    ts_gifts_destroy(&gifts);
    int64_t left = asks->balance(asks->ctx, TS_ACCOUNT_FUND, fund, commodity, unit_of_measure);
    ret_left_kept_free[0] = left;
    ret_left_kept_free[1] = kept;
    ret_left_kept_free[2] = left > kept ? left - kept : 0;
    return kept > 0;
}

/* A gift for another purpose is not taken by leaving its receipt out. */
static bool
object_gifts(input_t *input,
             ts_record_id_t fund,
             const ts_destination_t *what,
             Tiepsuc__V1__Item *const *items,
             size_t count,
             out_t *out)
{
    for (size_t i = 0; i < count; i++) {
        int64_t figures[3];
        int64_t wanted = taken(items, count, items[i]);
        if (!free_of_gifts(input, fund, what, items[i]->item, measure_of(items[i]), figures) ||
            wanted <= figures[2]) {
            continue;
        }
        object(out, "items",
               N_("“{1}”: {2} are taken; the fund has {3}, of which {4} were given for other "
                  "purposes: {5} are free for this one. Whoever may draw on such a gift names its "
                  "receipt (receipt=…)"));
        ts_msg_arg(&out->why, items[i]->item);
        ts_msg_arg_number(&out->why, wanted);
        for (size_t k = 0; k < 3; k++) {
            ts_msg_arg_number(&out->why, figures[k]);
        }
        return true;
    }
    return false;
}

/* ---- kinds */

static bool
object_plan_and_line(input_t *input, ts_record_id_t line_id, out_t *out)
{
    if (input->header->plan == 0) {
        return object(out, "plan", N_("No plan is named: say plan=<code>"));
    }
    if (line_id == 0) {
        return object(out, "line_id", N_("No support line is named: say line=<code or name>"));
    }
    const ts_line_t *line = ts_catalog_line(input->catalog, line_id);
    if (line != NULL && line->plan != input->header->plan) {
        object(out, "line_id", N_("The support line “{1}” belongs to another plan"));
        ts_msg_arg(&out->why, line->name);
        return true;
    }
    return false;
}

static bool
object_scope(input_t *input, ts_record_id_t unit_id, out_t *out)
{
    if (unit_id == 0) {
        return object(out, "unit_id", N_("No unit is named: say unit=<code or name>"));
    }
    bool listed = false;
    if (ts_catalog_in_scope(input->catalog, input->header->plan, unit_id, &listed) || !listed) {
        return false;
    }
    const ts_unit_t *unit = ts_catalog_unit(input->catalog, unit_id);
    object(out, "unit_id",
           N_("“{1}” is not in the plan's list of units; give a reason to record it all the same"));
    ts_msg_arg(&out->why, unit == NULL ? "?" : unit->name);
    out->reason_enough = true;
    return true;
}

static bool
object_date(input_t *input, out_t *out)
{
    int32_t day = input->header->occurred_on;
    if (day == 0) {
        return object(out, "occurred_on", N_("No date is given: say occurred_on=yyyy-mm-dd"));
    }
    if (input->today != 0 && day > input->today + 1) {
        object(out, "occurred_on", N_("The date {1} has not come yet"));
        char text[TS_DATE_BYTES];
        ts_date_format_vi((ts_date_t){day}, text, sizeof text);
        ts_msg_arg(&out->why, text);
        return true;
    }
    return false;
}

static bool
object_need(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Need *need = input->record;
    if (object_date(input, out) || object_plan_and_line(input, need->line_id, out)) {
        return true;
    }
    if (need->beneficiary_id != 0 && need->n_heads > 0) {
        return object(
            out, "heads",
            N_("A need is about one child or about a number of children, not about both"));
    }
    if (need->beneficiary_id == 0 && need->n_heads == 0 && need->site[0] == '\0') {
        return object(out, "beneficiary_id",
                      N_("Say whom the need is about: a child (beneficiary, or birth_month and "
                         "sex), head counts, or a site"));
    }
    if (need->n_heads > 0 && sum_of_heads(need->heads, need->n_heads) == 0) {
        return object(out, "heads", N_("All head counts are 0"));
    }
    if (need->quantity <= 0 || need->quantity > AMOUNT_MAX) {
        return object_numbers(out, "quantity", N_("The quantity {1} is not a number above 0"), NULL,
                              need->quantity, 0);
    }
    return object_heads(input, need->heads, need->n_heads, out) ||
           object_scope(input, need->unit_id, out);
}

static bool
object_population(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Population *population = input->record;
    if (population->unit_id == 0) {
        return object(out, "unit_id", N_("No unit is named: say unit=<code or name>"));
    }
    if (population->as_of_on == 0) {
        return object(out, "as_of_on", N_("No day is given as of which the numbers hold"));
    }
    if (population->n_heads == 0) {
        return object(out, "heads", N_("There are no head counts"));
    }
    return object_heads(input, population->heads, population->n_heads, out);
}

static bool
object_beneficiary(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Beneficiary *child = input->record;
    int year = 0;
    int month;
    int day;
    if (input->today != 0) {
        ts_date_to_civil((ts_date_t){input->today}, &year, &month, &day);
    }
    if (child->unit_id == 0) {
        return object(out, "unit_id", N_("No unit is named: say unit=<code or name>"));
    }
    if (child->birth_year == 0) {
        return object(out, "birth_year", N_("The year of birth is missing"));
    }
    if (child->birth_month > 12) {
        return object_numbers(out, "birth_month", N_("There is no month {1}"), NULL,
                              child->birth_month, 0);
    }
    if (child->birth_year < 1900 || (year != 0 && (int64_t)child->birth_year > year)) {
        return object_numbers(out, "birth_year", N_("The year of birth {1} cannot be right"), NULL,
                              child->birth_year, 0);
    }
    return false;
}

static bool
object_pledge(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Pledge *pledge = input->record;
    if (pledge->donor_id == 0) {
        return object(out, "donor_id", N_("No donor is named"));
    }
    return object_items(pledge->items, pledge->n_items, false, out);
}

static bool
object_receipt(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Receipt *receipt = input->record;
    if (object_date(input, out)) {
        return true;
    }
    if (receipt->donor_id == 0) {
        return object(out, "donor_id", N_("No donor is named"));
    }
    if (receipt->fund_id == 0) {
        return object(out, "fund_id",
                      N_("No fund is named: every gift goes into a fund that has one holder"));
    }
    return object_items(receipt->items, receipt->n_items, true, out);
}

/* What is bought with restricted money is restricted like it, so the receipt must be named. */
static bool
object_purchase_gifts(input_t *input, const Tiepsuc__V1__Purchase *purchase, out_t *out)
{
    int64_t figures[3];
    const ts_destination_t what = {
        .receipt = purchase->receipt_id, .site = "", .day = input->header->occurred_on};
    if (!free_of_gifts(input, purchase->fund_id, &what, "VND", "VND", figures) ||
        purchase->advanced_vnd <= figures[2]) {
        return false;
    }
    object(out, "receipt_id",
           N_("{1} đồng are advanced; the fund has {2}, of which {3} were given for certain "
              "purposes: {4} are free. Name the receipt that it is bought from (receipt=…): the "
              "goods are for the same purpose"));
    ts_msg_arg_number(&out->why, purchase->advanced_vnd);
    for (size_t k = 0; k < 3; k++) {
        ts_msg_arg_number(&out->why, figures[k]);
    }
    return true;
}

static bool
object_purchase(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Purchase *purchase = input->record;
    if (object_date(input, out)) {
        return true;
    }
    if (purchase->fund_id == 0) {
        return object(out, "fund_id", N_("No fund is named"));
    }
    if (purchase->spent_vnd <= 0 || purchase->spent_vnd > AMOUNT_MAX || purchase->change_vnd < 0 ||
        purchase->change_vnd > AMOUNT_MAX) {
        return object_numbers(out, "spent_vnd", N_("Spent {1} and change {2} cannot be right"),
                              NULL, purchase->spent_vnd, purchase->change_vnd);
    }
    if (purchase->advanced_vnd != purchase->spent_vnd + purchase->change_vnd) {
        return object_numbers(out, "advanced_vnd", N_("Advanced {1} is not spent plus change: {2}"),
                              NULL, purchase->advanced_vnd,
                              purchase->spent_vnd + purchase->change_vnd);
    }
    if (object_items(purchase->items, purchase->n_items, true, out)) {
        return true;
    }
    int64_t value = sum_of_values(purchase->items, purchase->n_items);
    if (value != purchase->spent_vnd) {
        return object_numbers(out, "items",
                              N_("The items are worth {1} together, but {2} were spent"), NULL,
                              value, purchase->spent_vnd);
    }
    if (input->asks->balance == NULL) {
        return false;
    }
    int64_t left =
        input->asks->balance(input->asks->ctx, TS_ACCOUNT_FUND, purchase->fund_id, "VND", "VND");
    if (purchase->advanced_vnd > left) {
        return object_numbers(out, "advanced_vnd", N_("{1} đồng are advanced, the fund has {2}"),
                              NULL, purchase->advanced_vnd, left);
    }
    return object_purchase_gifts(input, purchase, out);
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
    return what != NULL && object(out, "receipt_far_id", what);
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
        return object(
            out, allocation->need_far_id != 0 ? "need_far_id" : "unit_id",
            N_("No open need is known there; what is beyond need goes to purpose=reserve"));
    }
    const ts_line_t *line = ts_catalog_line(input->catalog, line_id);
    int64_t wanted = 0;
    for (size_t i = 0; i < allocation->n_items; i++) {
        bool counted =
            line != NULL && ts_line_measured_in(line, allocation->items[i]->unit_of_measure);
        wanted += counted ? allocation->items[i]->quantity : 0;
    }
    if (open <= 0) {
        return object(
            out, "items",
            N_("Nothing is open there any more; what is beyond need goes to purpose=reserve"));
    }
    if (wanted > open) {
        return object_numbers(
            out, "items",
            N_("{1} are allocated, {2} are open; what is beyond need goes to purpose=reserve"),
            NULL, wanted, open);
    }
    return false;
}

static bool
object_allocation(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Allocation *allocation = input->record;
    if (object_date(input, out)) {
        return true;
    }
    if (allocation->fund_id == 0) {
        return object(out, "fund_id", N_("No fund is named"));
    }
    bool reserve =
        allocation->purpose == TIEPSUC__V1__ALLOCATION_PURPOSE__ALLOCATION_PURPOSE_RESERVE;
    if (!reserve && allocation->need_far_id == 0 &&
        (allocation->unit_id == 0 || allocation->line_id == 0)) {
        return object(out, "unit_id",
                      N_("Say what it is for: a need, or a unit and a support line"));
    }
    if (object_items(allocation->items, allocation->n_items, false, out) ||
        object_restriction(input, allocation, out)) {
        return true;
    }
    if (allocation->redirect_consented && allocation->redirect_note[0] == '\0') {
        return object(out, "redirect_note",
                      N_("Say how and when the donor consented to the redirect"));
    }
    ts_destination_t what = {.receipt = allocation->receipt_far_id,
                             .site = allocation->site,
                             .day = input->header->occurred_on};
    allocation_place(input, allocation, &what.unit, &what.line);
    return object_balance(input, TS_ACCOUNT_FUND, allocation->fund_id, allocation->items,
                          allocation->n_items, out) ||
           object_gifts(input, allocation->fund_id, &what, allocation->items, allocation->n_items,
                        out) ||
           object_open_need(input, allocation, out);
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
            object_numbers(out, "beneficiary_ids",
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
    if (!object_balance(input, allocated ? TS_ACCOUNT_ALLOCATED : TS_ACCOUNT_FUND, owner,
                        handover->items, handover->n_items, out) &&
        (allocated ||
         !object_gifts(input, handover->fund_id, &what, handover->items, handover->n_items, out))) {
        return false;
    }
    out->reason_enough = true;
    return true;
}

static bool
object_handover(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Handover *handover = input->record;
    if (object_date(input, out) || object_plan_and_line(input, handover->line_id, out)) {
        return true;
    }
    if (handover->unit_id == 0) {
        return object(out, "unit_id", N_("No unit is named: say unit=<code or name>"));
    }
    if (handover->allocation_far_id == 0 && handover->fund_id == 0) {
        return object(
            out, "allocation_far_id",
            N_("Say where it comes from: allocation=<code>, or fund=<code> of a fund held here"));
    }
    if (handover->n_beneficiary_ids > 0 && handover->n_heads > 0) {
        return object(out, "heads", N_("Children are named one by one or counted, not both"));
    }
    if (handover->n_beneficiary_ids == 0 && handover->n_heads == 0 && handover->site[0] == '\0') {
        return object(out, "beneficiary_ids",
                      N_("Say who received it: children, head counts, or a site"));
    }
    for (size_t i = 0; i < handover->n_beneficiary_ids; i++) {
        for (size_t k = 0; k < i; k++) {
            if (handover->beneficiary_ids[i] == handover->beneficiary_ids[k]) {
                return object(out, "beneficiary_ids", N_("The same child stands there twice"));
            }
        }
    }
    return object_items(handover->items, handover->n_items, false, out) ||
           object_heads(input, handover->heads, handover->n_heads, out) ||
           object_scope(input, handover->unit_id, out) || object_beyond(input, handover, out) ||
           object_repeat(input, handover, out);
}

static bool
object_return(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Return *back = input->record;
    if (object_date(input, out)) {
        return true;
    }
    if (back->type == TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_NONE) {
        return object(out, "type", N_("Say what happened: type=returned, lost or redirected"));
    }
    if ((back->handover_far_id == 0) == (back->allocation_far_id == 0)) {
        return object(out, "handover_far_id",
                      N_("Name either the handover or the allocation that it concerns"));
    }
    bool lost = back->type == TIEPSUC__V1__RETURN_TYPE__RETURN_TYPE_LOST;
    if (!lost && back->fund_far_id == 0) {
        return object(out, "fund_far_id", N_("Name the fund into which it goes"));
    }
    return object_items(back->items, back->n_items, false, out);
}

static bool
object_donor(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Donor *donor = input->record;
    return donor->name[0] == '\0' &&
           object(out, "name", N_("The donor has no name; an unnamed one gets a word of your own"));
}

static bool
object_fund(input_t *input, out_t *out)
{
    const Tiepsuc__V1__Fund *fund = input->record;
    if (fund->code[0] == '\0') {
        return object(out, "code", N_("The fund has no code"));
    }
    return fund->holder_body_id == 0 &&
           object(out, "holder_body_id", N_("Every fund has one holder: name its body"));
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
