/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Resources by donor class and by fund, and the budget as signed. What a fund spends is not marked
 * by giver, so donor classes have pledged and received only.
 */
#include "core/report_p.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

typedef struct money {
    ts_measure_t measure;
    const char *name;
    bool by_donor;
    bool to_date; /* as of the period's last day instead of over its window */
} money_t;

static const money_t moneys[] = {
    {TS_MEASURE_PLEDGED_VALUE, "pledged", true, false},
    {TS_MEASURE_RECEIVED_VALUE, "received", true, false},
    {TS_MEASURE_PURCHASED_VALUE, "purchased", false, false},
    {TS_MEASURE_ALLOCATED_VALUE, "allocated", false, false},
    {TS_MEASURE_HANDED_VALUE, "handed", false, false},
    {TS_MEASURE_RETURNED_VALUE, "returned", false, false},
    {TS_MEASURE_LOST_VALUE, "lost", false, false},
    {TS_MEASURE_REDIRECTED_VALUE, "redirected", false, false},
    {TS_MEASURE_RESERVED_VALUE, "beyond_need", false, false},
    {TS_MEASURE_LEFT_VALUE, "left", false, true},
};

const char *
ts_donor_class_name(uint64_t donor_class)
{
    static const char *const names[] = {
        [TIEPSUC__V1__DONOR_CLASS__DONOR_CLASS_NONE] = "unknown",
        [TIEPSUC__V1__DONOR_CLASS__DONOR_CLASS_AGENCY] = "agency",
        [TIEPSUC__V1__DONOR_CLASS__DONOR_CLASS_ORGANISATION] = "organisation",
        [TIEPSUC__V1__DONOR_CLASS__DONOR_CLASS_ENTERPRISE] = "enterprise",
        [TIEPSUC__V1__DONOR_CLASS__DONOR_CLASS_INDIVIDUAL] = "individual",
        [TIEPSUC__V1__DONOR_CLASS__DONOR_CLASS_FUND] = "fund",
        [TIEPSUC__V1__DONOR_CLASS__DONOR_CLASS_INTERNATIONAL] = "international",
        [TIEPSUC__V1__DONOR_CLASS__DONOR_CLASS_OTHER] = "other"};
    return donor_class < sizeof names / sizeof names[0] ? names[donor_class] : "other";
}

static const ts_map_t *
map_of(const ts_computing_t *self, const money_t *money)
{
    return money->to_date ? self->to_date : self->window;
}

static ts_sum_key_t
money_key(ts_measure_t measure, uint64_t of)
{
    return (ts_sum_key_t){
        .of = of, .band = TS_SUM_ANY, .sex = TS_SUM_ANY_SEX, .measure = (uint32_t)measure};
}

/* Donor classes (+ 1) and funds (TS_SUM_ANY: none named) of which there is any money. */
static void
collect(const ts_computing_t *self, ts_map_t *classes, ts_map_t *funds)
{
    const ts_map_t *const maps[] = {self->window, self->to_date};
    for (size_t m = 0; m < sizeof maps / sizeof maps[0]; m++) {
        size_t position = 0;
        const ts_sum_key_t *key;
        while ((key = ts_map_next(maps[m], &position, NULL)) != NULL) {
            bool is_class =
                key->of >= 1 && key->of <= TIEPSUC__V1__DONOR_CLASS__DONOR_CLASS_OTHER + 1;
            if (key->of != 0 && key->of != TS_SUM_ALL_FUNDS) {
                (void)ts_map_put(is_class ? classes : funds, &key->of);
            }
        }
    }
    for (size_t i = 0; i < self->in->fund_count; i++) {
        (void)ts_map_put(funds, &self->in->funds[i].id);
    }
}

static void
put_row(ts_computing_t *self, const char *section, uint64_t of, const char *of_code)
{
    bool by_class = strcmp(section, "resources") == 0;
    for (size_t i = 0; i < sizeof moneys / sizeof moneys[0]; i++) {
        const money_t *money = &moneys[i];
        ts_at_t at = {.section = section, .measure = money->name, .of = of_code};
        if (by_class && of != TS_SUM_ALL_FUNDS && !money->by_donor) {
            ts_put_state(self, at, TS_FIGURE_NOT_APPLICABLE);
            continue;
        }
        const ts_sum_key_t key = money_key(money->measure, of);
        const ts_sum_t *sum = ts_sum_get(map_of(self, money), &key);
        /* No entry in the books is no money: an account is complete by itself. */
        ts_put_number(self, at, sum == NULL ? 0 : sum->value);
    }
}

void
ts_report_money(ts_computing_t *self)
{
    ts_map_t *classes = ts_map_new(sizeof(uint64_t), 0);
    ts_map_t *funds = ts_map_new(sizeof(uint64_t), 0);
    collect(self, classes, funds);
    put_row(self, "resources", TS_SUM_ALL_FUNDS, "");
    size_t position = 0;
    const uint64_t *key;
    while ((key = ts_map_next(classes, &position, NULL)) != NULL) {
        put_row(self, "resources", *key, ts_donor_class_name(*key - 1));
    }
    position = 0;
    while ((key = ts_map_next(funds, &position, NULL)) != NULL) {
        char code[TS_REPORT_CODE_BYTES];
        if (*key == TS_SUM_ANY) {
            put_row(self, "funds", *key,
                    ts_code_of(self, TIEPSUC__V1__KIND__KIND_FUND, *key, "no-fund", code));
        } else {
            put_row(self, "funds", *key, ts_code_fund(self, *key, code));
        }
    }
    ts_map_destroy(&classes);
    ts_map_destroy(&funds);
}

/* ---- budget */

static bool
multiply(int64_t a, int64_t b, int64_t *ret_product)
{
    if (a < 0 || b < 0 || (a > 0 && b > INT64_MAX / a)) {
        return false;
    }
    *ret_product = a * b;
    return true;
}

/* Sum of the year's amounts of the lines directly below; of the total: of the lines at the top. */
static int64_t
sum_below(const ts_report_input_t *in, const ts_report_budget_t *line, size_t *ret_count)
{
    bool total = strcmp(line->code, "total") == 0;
    int64_t sum = 0;
    *ret_count = 0;
    for (size_t i = 0; i < in->budget_count; i++) {
        const ts_report_budget_t *other = &in->budget[i];
        bool below = total ? other->parent[0] == '\0' && strcmp(other->code, "total") != 0
                           : strcmp(other->parent, line->code) == 0;
        if (below) {
            sum += other->year_vnd;
            (*ret_count)++;
        }
    }
    return sum;
}

/* What does not agree with what was signed. The signed figures stand; both readings are shown. */
static void
put_doubts(ts_computing_t *self, const ts_report_budget_t *line, const char *code)
{
    ts_at_t at = {.section = "budget", .of = code};
    int64_t product = 0;
    if (line->quantity > 0 && line->price_vnd > 0 && line->year_vnd > 0 &&
        multiply(line->quantity, line->price_vnd, &product) && product != line->year_vnd) {
        at.measure = "amount_by_price";
        ts_put_number(self, at, product);
        if (line->year_vnd % line->quantity == 0) {
            at.measure = "price_by_amount";
            ts_put_number(self, at, line->year_vnd / line->quantity);
        }
    }
    int64_t years = (int64_t)self->in->budget_years;
    if (years > 0 && line->year_vnd > 0 && line->period_vnd > 0 &&
        multiply(line->year_vnd, years, &product) && product != line->period_vnd) {
        at.measure = "period_by_years";
        ts_put_number(self, at, product);
    }
    size_t below = 0;
    int64_t sum = sum_below(self->in, line, &below);
    if (below > 0 && sum != line->year_vnd) {
        at.measure = "sum_of_parts";
        ts_put_number(self, at, sum);
    }
}

void
ts_report_signed_budget(ts_computing_t *self)
{
    for (size_t i = 0; i < self->in->budget_count; i++) {
        const ts_report_budget_t *line = &self->in->budget[i];
        char room[TS_REPORT_CODE_BYTES];
        const char *code = ts_code_of(self, TIEPSUC__V1__KIND__KIND_BUDGET, (ts_record_id_t)i + 1,
                                      line->code, room);
        const struct {
            const char *measure;
            const char *text;
        } texts[] = {{"order", line->order_no},
                     {"content", line->content},
                     {"unit_name", line->unit_name},
                     {"quantity_text", line->quantity_text},
                     {"price_text", line->price_text}};
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
            ts_put_text(self,
                        (ts_at_t){.section = "budget", .measure = texts[t].measure, .of = code},
                        texts[t].text);
        }
        ts_at_t at = {.section = "budget", .measure = "place", .of = code};
        ts_put_number(self, at, (int64_t)i + 1);
        at.measure = "year";
        ts_put_number(self, at, line->year_vnd);
        at.measure = "period";
        ts_put_number(self, at, line->period_vnd);
        put_doubts(self, line, code);
    }
}
