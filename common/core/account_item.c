/* SPDX-License-Identifier: MPL-2.0 */
/* Head counts, items, balances: what the kinds of records have in common. */
#include "base/i18n.h"
#include "core/account_p.h"
#include "core/permit.h"

#include <string.h>

void
ts_objection_free(ts_objection_t *objection)
{
    ts_msg_free(&objection->why);
    *objection = (ts_objection_t){0};
}

bool
ts_object(out_t *out, const char *field, const char *id)
{
    out->field = field;
    out->reason_enough = false;
    ts_msg_set(&out->why, id);
    return true;
}

bool
ts_object_amounts(
    out_t *out, const char *field, const char *id, const char *text, int64_t a, int64_t b)
{
    ts_object(out, field, id);
    if (text != NULL) {
        ts_msg_arg(&out->why, text);
    }
    ts_msg_arg_amount(&out->why, a);
    ts_msg_arg_amount(&out->why, b);
    return true;
}

/* ---- head counts */

bool
ts_object_heads(input_t *input, Tiepsuc__V1__HeadCount *const *heads, size_t count, out_t *out)
{
    for (size_t i = 0; i < count; i++) {
        const ts_band_t *band = ts_catalog_band(input->catalog, heads[i]->band_id);
        if (heads[i]->band_id == 0) {
            return ts_object(out, "heads", N_("A head count has no age band"));
        }
        if (band == NULL) {
            return ts_object(out, "heads",
                             N_("A head count names an age band that is not known here"));
        }
        if (input->header->plan != 0 && band->plan != input->header->plan) {
            ts_object(out, "heads", N_("The age band “{1}” belongs to another plan"));
            ts_msg_arg(&out->why, band->name);
            return true;
        }
        for (size_t k = 0; k < i; k++) {
            if (heads[k]->band_id == heads[i]->band_id && heads[k]->sex == heads[i]->sex) {
                ts_object(
                    out, "heads",
                    N_("The age band “{1}” stands twice with the same sex: add the numbers up"));
                ts_msg_arg(&out->why, band->name);
                return true;
            }
        }
    }
    return false;
}

uint64_t
ts_sum_of_heads(Tiepsuc__V1__HeadCount *const *heads, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += heads[i]->count;
    }
    return sum;
}

/* ---- items */

bool
ts_item_is_money(const Tiepsuc__V1__Item *item)
{
    return strcmp(item->item, "VND") == 0;
}

/* Other words for money: goods of that name could never be spent. */
static bool
is_word_for_money(const char *text)
{
    static const char *const words[] = {"vnd",  "Vnd",  "vnđ",      "VNĐ",      "đồng",    "Đồng",
                                        "tiền", "Tiền", "tiền mặt", "Tiền mặt", "TIỀN MẶT"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], text) == 0) {
            return true;
        }
    }
    return false;
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
        return ts_object(
            out, "items",
            N_("Foreign money needs currency, amount in hundredths, rate, day and source "
               "of the rate"));
    }
    return false;
}

static bool
object_item(const Tiepsuc__V1__Item *item, bool valued, out_t *out)
{
    if (item->item[0] == '\0') {
        return ts_object(out, "items", N_("An item has no name; money is called VND"));
    }
    if (is_word_for_money(item->item)) {
        ts_object(out, "items", N_("“{1}” is money: write it as VND"));
        ts_msg_arg(&out->why, item->item);
        return true;
    }
    if (item->quantity <= 0 || item->quantity > TS_AMOUNT_MAX) {
        return ts_object_amounts(out, "items",
                                 N_("“{1}”: the quantity {2} is not a number above 0"), item->item,
                                 item->quantity, 0);
    }
    if (item->value_vnd < 0 || item->value_vnd > TS_AMOUNT_MAX) {
        return ts_object_amounts(out, "items", N_("“{1}”: the value {2} cannot be right"),
                                 item->item, item->value_vnd, 0);
    }
    if (ts_item_is_money(item) && item->value_vnd != item->quantity) {
        return ts_object_amounts(out, "items",
                                 N_("Money has its quantity as value: {2} is not {3}"), item->item,
                                 item->quantity, item->value_vnd);
    }
    if (valued && !ts_item_is_money(item) && item->value_vnd == 0) {
        ts_object(out, "items", N_("“{1}” has no value in đồng; say who valued it in valued_by"));
        ts_msg_arg(&out->why, item->item);
        return true;
    }
    return object_foreign(item, out);
}

bool
ts_object_items(Tiepsuc__V1__Item *const *items, size_t count, bool valued, out_t *out)
{
    if (count == 0) {
        return ts_object(out, "items", N_("There is no item: say what and how much"));
    }
    for (size_t i = 0; i < count; i++) {
        if (object_item(items[i], valued, out)) {
            return true;
        }
    }
    return false;
}

int64_t
ts_sum_of_values(Tiepsuc__V1__Item *const *items, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += items[i]->value_vnd;
    }
    return sum;
}

/* All that the record takes of this commodity, so that two rows of one item are judged together. */
static ts_amount_t
taken(Tiepsuc__V1__Item *const *items, size_t count, const Tiepsuc__V1__Item *like)
{
    ts_amount_t sum = {0};
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i]->item, like->item) == 0 &&
            (ts_item_is_money(like) ||
             strcmp(items[i]->unit_of_measure, like->unit_of_measure) == 0)) {
            sum.quantity += items[i]->quantity;
            sum.value_vnd += items[i]->value_vnd;
        }
    }
    return sum;
}

static const char *
measure_of(const Tiepsuc__V1__Item *item)
{
    return ts_item_is_money(item) ? "VND" : item->unit_of_measure;
}

/* Goods leave with the value at which they stand in the books, or sums would be left over without
 * goods. In the fund's own books it must come out to the đồng; what was handed over may only not
 * be worth more than there was. */
static bool
object_value(
    const Tiepsuc__V1__Item *item, ts_amount_t wanted, ts_amount_t left, bool exact, out_t *out)
{
    if (wanted.value_vnd > left.value_vnd) {
        return ts_object_amounts(
            out, "items", N_("“{1}”: worth {2} đồng together, but they stand in the books for {3}"),
            item->item, wanted.value_vnd, left.value_vnd);
    }
    if (exact && wanted.quantity == left.quantity && wanted.value_vnd != left.value_vnd) {
        return ts_object_amounts(
            out, "items", N_("“{1}”: the last ones take all that is left, {3} đồng and not {2}"),
            item->item, wanted.value_vnd, left.value_vnd);
    }
    if (exact && wanted.value_vnd == 0 && left.value_vnd > 0) {
        return ts_object_amounts(
            out, "items",
            N_("“{1}” has no value: {3} of it stand in the books for {2} đồng (value_vnd)"),
            item->item, left.value_vnd, left.quantity);
    }
    return false;
}

bool
ts_object_balance(input_t *input,
                  ts_account_kind_t account,
                  ts_record_id_t owner,
                  Tiepsuc__V1__Item *const *items,
                  size_t count,
                  out_t *out)
{
    bool exact = input->header->kind == TIEPSUC__V1__KIND__KIND_ALLOCATION;
    if (input->asks->balance == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        ts_amount_t wanted = taken(items, count, items[i]);
        ts_amount_t left = input->asks->balance(input->asks->ctx, account, owner, items[i]->item,
                                                measure_of(items[i]));
        if (wanted.quantity <= left.quantity) {
            if (object_value(items[i], wanted, left, exact, out)) {
                return true;
            }
            continue;
        }
        ts_object(out, "items",
                  account == TS_ACCOUNT_FUND
                      ? N_("“{1}” ({4}): {2} are taken, the fund has {3}")
                      : N_("“{1}” ({4}): {2} are taken, {3} are left of the allocation"));
        ts_msg_arg(&out->why, items[i]->item);
        ts_msg_arg_amount(&out->why, wanted.quantity);
        ts_msg_arg_amount(&out->why, left.quantity);
        ts_msg_arg(&out->why, measure_of(items[i]));
        return true;
    }
    return false;
}

bool
ts_free_of_gifts(input_t *input,
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
    int64_t left =
        asks->balance(asks->ctx, TS_ACCOUNT_FUND, fund, commodity, unit_of_measure).quantity;
    ret_left_kept_free[0] = left;
    ret_left_kept_free[1] = kept;
    ret_left_kept_free[2] = left > kept ? left - kept : 0;
    return kept > 0;
}

bool
ts_object_gifts(input_t *input,
                ts_record_id_t fund,
                const ts_destination_t *what,
                Tiepsuc__V1__Item *const *items,
                size_t count,
                out_t *out)
{
    for (size_t i = 0; i < count; i++) {
        int64_t figures[3];
        int64_t wanted = taken(items, count, items[i]).quantity;
        if (!ts_free_of_gifts(input, fund, what, items[i]->item, measure_of(items[i]), figures) ||
            wanted <= figures[2]) {
            continue;
        }
        ts_object(
            out, "items",
            N_("“{1}”: {2} are taken; the fund has {3}, of which {4} were given for other "
               "purposes: {5} are free for this one. Whoever may draw on such a gift names its "
               "receipt (receipt=…)"));
        ts_msg_arg(&out->why, items[i]->item);
        ts_msg_arg_amount(&out->why, wanted);
        for (size_t k = 0; k < 3; k++) {
            ts_msg_arg_amount(&out->why, figures[k]);
        }
        return true;
    }
    return false;
}
