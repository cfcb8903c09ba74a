/* SPDX-License-Identifier: MPL-2.0 */
#include "node/report_gather.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/command.h"
#include "node/report_job.h"
#include "node/rows.h"

#include <stdio.h>
#include <string.h>

/* "Up to that day": earlier than any day that is typed. */
#define FIRST_DAY (-200000)
/* Units whose newest population count is read in one slice. */
#define UNITS_PER_SLICE 50u
/* Rows that are looked at for the mark of made-up data. */
#define MARKED_ROWS 20u
#define LAST_MEASURE TS_MEASURE_LEFT_VALUE
#define SOURCES_BYTES 512u
#define MADE_UP_MARK "DỮ LIỆU GIẢ ĐỊNH"

/* The newest count of children living in a unit. */
typedef struct count_of_unit {
    ts_record_id_t unit;
    int32_t day;
} count_of_unit_t;

struct ts_gather {
    ts_node_t *node;
    ts_report_question_t question;
    ts_report_input_t input;
    ts_report_t *report;
    size_t step;
    ts_record_id_t *units; /* of the scope; NULL: all */
    size_t unit_count;
    ts_record_id_t *scope_units;
    size_t scope_unit_count;
    char sources[SOURCES_BYTES]; /* of the plan's list, "; " between them */
    ts_report_cells_t window;
    ts_report_cells_t to_date;
    ts_report_cells_t distinct;
    ts_report_cells_t living;
    ts_report_duty_t *duties;
    ts_report_fund_t *funds; /* texts owned */
    size_t fund_count;
    size_t fund_capacity;
    ts_report_budget_t *budget; /* texts owned */
    size_t budget_count;
    size_t budget_capacity;
    unsigned measures; /* of the window, asked for so far */
    size_t funds_done;
    ts_map_t *counts; /* unit → count_of_unit_t */
    size_t count_position;
    ts_report_earlier_t *earlier; /* owned reports */
    size_t earlier_count;
    size_t earlier_capacity;
    size_t period_position; /* of the walk over earlier periods */
    ts_report_t *filed;     /* figures as they were, while `inner` computes those of now */
    ts_gather_t *inner;
};

typedef ts_err_t (*step_fn)(ts_gather_t *self, bool *ret_again);

/* ---- scope */

static ts_record_id_t
own_body(const ts_node_t *node)
{
    const ts_office_t *office =
        ts_catalog_office(ts_node_catalog(node), node->identity.keys.office);
    return office != NULL ? office->body : node->identity.body;
}

static ts_record_id_t
own_unit(const ts_node_t *node)
{
    const ts_office_t *office =
        ts_catalog_office(ts_node_catalog(node), node->identity.keys.office);
    return office != NULL ? office->unit : node->identity.unit;
}

static void
add_units_below(ts_gather_t *self, ts_record_id_t top)
{
    const ts_catalog_t *catalog = ts_node_catalog(self->node);
    size_t capacity = 0;
    size_t position = 0;
    const ts_unit_t *unit;
    while ((unit = ts_catalog_next(catalog, TS_KIND_UNIT, &position)) != NULL) {
        if (ts_catalog_below(catalog, unit->id, top)) {
            self->units =
                ts_xgrow(self->units, self->unit_count + 1, &capacity, sizeof *self->units);
            self->units[self->unit_count++] = unit->id;
        }
    }
}

/* The whole ledger for the plan at the province and for the own body elsewhere; the territory of a
 * district or commune; else only the body's funds. */
static ts_err_t
step_scope(ts_gather_t *self, bool *ret_again)
{
    (void)ret_again;
    const ts_catalog_t *catalog = ts_node_catalog(self->node);
    bool province = self->node->identity.role == TS_OFFICE_PROVINCE;
    const ts_plan_t *plan = ts_catalog_plan(catalog, self->question.plan);
    TS_CHECK(plan != NULL);
    ts_record_id_t own = own_body(self->node);
    ts_record_id_t body = self->question.body;
    if (body == 0 && !province) {
        body = own;
    }
    self->question.body = body;
    self->input.body = body;
    bool whole =
        province ? body == 0 || body == plan->lead_body || body == own : body == 0 || body == own;
    const ts_body_t *row = ts_catalog_body(catalog, body);
    self->input.unit = province && whole ? plan->unit
                       : whole           ? own_unit(self->node)
                       : row == NULL     ? 0
                                         : row->unit;
    if (whole && (self->question.unit == 0 || self->question.unit == self->input.unit)) {
        self->input.scope = TS_REPORT_LEDGER;
        return TS_ERR_OK;
    }
    if (self->question.unit != 0) {
        self->input.unit = self->question.unit;
    }
    const ts_unit_t *unit = ts_catalog_unit(catalog, self->input.unit);
    if (unit == NULL || unit->level == TS_LEVEL_PROVINCE) {
        self->input.scope = TS_REPORT_FUNDS;
        return TS_ERR_OK;
    }
    self->input.scope = TS_REPORT_UNITS;
    add_units_below(self, unit->id);
    return TS_ERR_OK;
}

/* How many units the plan's list has, and the documents that list them. */
static ts_err_t
add_listed(void *ctx, const ts_table_t *table, size_t row)
{
    ts_gather_t *self = ctx;
    const char *source = ts_row_text(table, row, "source");
    size_t length = strlen(source);
    self->input.listed_count++;
    for (const char *at = self->sources; (at = strstr(at, source)) != NULL && length > 0;) {
        bool begins = at == self->sources || (at[-1] == ' ' && at[-2] == ';');
        if (begins && (at[length] == '\0' || at[length] == ';')) {
            return TS_ERR_OK;
        }
        at += length;
    }
    size_t used = strlen(self->sources);
    if (length > 0 && used + length + 3 < sizeof self->sources) {
        (void)snprintf(self->sources + used, sizeof self->sources - used, "%s%s",
                       used == 0 ? "" : "; ", source);
    }
    return TS_ERR_OK;
}

/* Units of the plan's list that lie in this report. */
static ts_err_t
step_listed(ts_gather_t *self, bool *ret_again)
{
    (void)ret_again;
    const ts_catalog_t *catalog = ts_node_catalog(self->node);
    const ts_list_query_t all = {.kind = TS_KIND_SCOPE, .plan = self->question.plan};
    ts_err_t err = ts_rows_each(self->node->ledger, &all, add_listed, self);
    if (err != TS_ERR_OK) {
        return err;
    }
    self->input.listed_source = self->sources;
    size_t capacity = 0;
    size_t position = 0;
    const ts_unit_t *unit;
    bool listed = false;
    (void)ts_catalog_in_scope(catalog, self->question.plan, 0, &listed);
    if (!listed || self->input.scope == TS_REPORT_FUNDS) {
        return TS_ERR_OK;
    }
    while ((unit = ts_catalog_next(catalog, TS_KIND_UNIT, &position)) != NULL) {
        if (!ts_catalog_in_scope(catalog, self->question.plan, unit->id, &listed) ||
            (self->input.unit != 0 && !ts_catalog_below(catalog, unit->id, self->input.unit))) {
            continue;
        }
        self->scope_units = ts_xgrow(self->scope_units, self->scope_unit_count + 1, &capacity,
                                     sizeof *self->scope_units);
        self->scope_units[self->scope_unit_count++] = unit->id;
    }
    return TS_ERR_OK;
}

/* ---- rows */

static ts_err_t
add_fund(void *ctx, const ts_table_t *table, size_t row)
{
    ts_gather_t *self = ctx;
    ts_record_id_t holder = (ts_record_id_t)ts_row_number(table, row, "holder_body_id");
    if (self->input.scope != TS_REPORT_LEDGER && holder != self->question.body) {
        return TS_ERR_OK;
    }
    self->funds =
        ts_xgrow(self->funds, self->fund_count + 1, &self->fund_capacity, sizeof *self->funds);
    self->funds[self->fund_count++] = (ts_report_fund_t){
        (ts_record_id_t)ts_row_number(table, row, "record"),
        ts_xstrdup(ts_row_text(table, row, "code")), ts_xstrdup(ts_row_text(table, row, "name"))};
    return TS_ERR_OK;
}

static ts_err_t
step_funds(ts_gather_t *self, bool *ret_again)
{
    (void)ret_again;
    const ts_list_query_t query = {.kind = TS_KIND_FUND};
    return ts_rows_each(self->node->ledger, &query, add_fund, self);
}

static ts_err_t
add_budget(void *ctx, const ts_table_t *table, size_t row)
{
    ts_gather_t *self = ctx;
    self->budget = ts_xgrow(self->budget, self->budget_count + 1, &self->budget_capacity,
                            sizeof *self->budget);
    self->budget[self->budget_count++] =
        (ts_report_budget_t){.code = ts_xstrdup(ts_row_text(table, row, "code")),
                             .parent = ts_xstrdup(ts_row_text(table, row, "parent_code")),
                             .order_no = ts_xstrdup(ts_row_text(table, row, "order_no")),
                             .content = ts_xstrdup(ts_row_text(table, row, "content")),
                             .unit_name = ts_xstrdup(ts_row_text(table, row, "unit_name")),
                             .quantity_text = ts_xstrdup(ts_row_text(table, row, "quantity_text")),
                             .price_text = ts_xstrdup(ts_row_text(table, row, "unit_price_text")),
                             .quantity = ts_row_number(table, row, "quantity"),
                             .price_vnd = ts_row_number(table, row, "unit_price_vnd"),
                             .year_vnd = ts_row_number(table, row, "year_amount_vnd"),
                             .period_vnd = ts_row_number(table, row, "period_amount_vnd")};
    return TS_ERR_OK;
}

static bool
is_marked(const char *text)
{
    return strncmp(text, MADE_UP_MARK, sizeof MADE_UP_MARK - 1) == 0;
}

/* Years of "2020;2021;2022". */
static ts_err_t
read_plan(void *ctx, const ts_table_t *table, size_t row)
{
    ts_gather_t *self = ctx;
    if ((ts_record_id_t)ts_row_number(table, row, "record") != self->question.plan) {
        return TS_ERR_OK;
    }
    const char *years = ts_row_text(table, row, "budget_years");
    self->input.budget_years = years[0] == '\0' ? 0 : 1;
    for (const char *at = strchr(years, ';'); at != NULL; at = strchr(at + 1, ';')) {
        self->input.budget_years += at[1] == '\0' ? 0 : 1;
    }
    self->input.made_up = self->input.made_up || is_marked(ts_row_text(table, row, "note"));
    return TS_ERR_OK;
}

static ts_err_t
step_budget(ts_gather_t *self, bool *ret_again)
{
    (void)ret_again;
    const ts_list_query_t lines = {.kind = TS_KIND_BUDGET, .plan = self->question.plan};
    ts_err_t err = ts_rows_each(self->node->ledger, &lines, add_budget, self);
    const ts_list_query_t plans = {.kind = TS_KIND_PLAN};
    return err == TS_ERR_OK ? ts_rows_each(self->node->ledger, &plans, read_plan, self) : err;
}

/* Made-up data says so in every row, so a few rows of each kind tell. */
static ts_err_t
step_mark(ts_gather_t *self, bool *ret_again)
{
    static const struct {
        uint32_t kind;
        const char *column;
    } places[] = {{TS_KIND_DONOR, "name"},       {TS_KIND_DONOR, "note"},
                  {TS_KIND_NEED, "note"},        {TS_KIND_HANDOVER, "note"},
                  {TS_KIND_RECEIPT, "note"},     {TS_KIND_PLEDGE, "note"},
                  {TS_KIND_POPULATION, "source"}};
    (void)ret_again;
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0;
         err == TS_ERR_OK && !self->input.made_up && i < sizeof places / sizeof places[0]; i++) {
        const ts_list_query_t query = {.kind = places[i].kind, .limit = MARKED_ROWS};
        ts_table_t table;
        ts_table_init(&table, "rows");
        err = ts_ledger_list(self->node->ledger, &query, &table);
        for (size_t row = 0; err == TS_ERR_OK && row < ts_table_rows(&table); row++) {
            self->input.made_up =
                self->input.made_up || is_marked(ts_row_text(&table, row, places[i].column));
        }
        ts_table_free(&table);
    }
    return err;
}

/* ---- cells */

static bool
is_distinct(uint8_t measure)
{
    return measure == TS_MEASURE_DISTINCT_IN_NEED || measure == TS_MEASURE_DISTINCT_SUPPORTED;
}

static bool
is_of_funds(uint8_t measure)
{
    return (measure >= TS_MEASURE_PLEDGED_VALUE && measure <= TS_MEASURE_REDIRECTED_VALUE) ||
           measure == TS_MEASURE_LEFT_VALUE;
}

static void
take_window(void *ctx, const ts_cell_key_t *key, int64_t value)
{
    ts_gather_t *self = ctx;
    ts_report_cells_add(&self->window, key, value);
}

/* Money of a fund, wherever it went. */
static void
take_fund_window(void *ctx, const ts_cell_key_t *key, int64_t value)
{
    ts_gather_t *self = ctx;
    bool handed = self->input.scope == TS_REPORT_FUNDS && key->measure == TS_MEASURE_HANDED_VALUE;
    if (is_of_funds(key->measure) || handed) {
        ts_report_cells_add(&self->window, key, value);
    }
}

static void
take_to_date(void *ctx, const ts_cell_key_t *key, int64_t value)
{
    ts_report_cells_add(&((ts_gather_t *)ctx)->to_date, key, value);
}

static void
take_distinct(void *ctx, const ts_cell_key_t *key, int64_t value)
{
    ts_gather_t *self = ctx;
    ts_report_cells_add(&self->distinct, key, value);
}

static void
take_living(void *ctx, const ts_cell_key_t *key, int64_t value)
{
    ts_gather_t *self = ctx;
    ts_report_cells_add(&self->living, key, value);
}

static ts_cell_query_t
query_of(const ts_gather_t *self, ts_measure_t measure)
{
    return (ts_cell_query_t){.plan = self->question.plan,
                             .measure = measure,
                             .units = self->units,
                             .unit_count = self->unit_count};
}

static const ts_period_t *
period_of(const ts_gather_t *self)
{
    const ts_period_t *period =
        ts_catalog_period(ts_node_catalog(self->node), self->question.period);
    TS_CHECK(period != NULL);
    return period;
}

static bool
is_of_window(uint8_t measure)
{
    return !is_distinct(measure) && measure != TS_MEASURE_POPULATION;
}

/* One measure at a time. In a part of a ledger the money of funds is asked for by fund. */
static ts_err_t
step_window(ts_gather_t *self, bool *ret_again)
{
    uint8_t measure = (uint8_t)(TS_MEASURE_POPULATION + self->measures);
    bool by_fund = self->input.scope == TS_REPORT_UNITS && is_of_funds(measure);
    bool asked = is_of_window(measure) && !by_fund && self->input.scope != TS_REPORT_FUNDS;
    ts_cell_query_t query = query_of(self, (ts_measure_t)measure);
    query.from_day = period_of(self)->used_from;
    query.to_day = period_of(self)->used_to;
    self->measures++;
    *ret_again = measure < LAST_MEASURE;
    return asked ? ts_ledger_cells(self->node->ledger, &query, take_window, self) : TS_ERR_OK;
}

static ts_err_t
step_fund_window(ts_gather_t *self, bool *ret_again)
{
    if (self->input.scope == TS_REPORT_LEDGER || self->funds_done >= self->fund_count) {
        return TS_ERR_OK;
    }
    const ts_cell_query_t query = {.plan = self->question.plan,
                                   .aux = self->funds[self->funds_done].id,
                                   .from_day = period_of(self)->used_from,
                                   .to_day = period_of(self)->used_to};
    *ret_again = ++self->funds_done < self->fund_count;
    return ts_ledger_cells(self->node->ledger, &query, take_fund_window, self);
}

/* From the beginning to the last day of the data. */
static ts_err_t
ask_to_date(ts_gather_t *self, ts_cell_query_t query)
{
    query.to_day = period_of(self)->used_to;
    query.from_day = query.to_day == 0 ? 0 : FIRST_DAY;
    return ts_ledger_cells(self->node->ledger, &query, take_to_date, self);
}

static ts_err_t
step_needed(ts_gather_t *self, bool *ret_again)
{
    (void)ret_again;
    return self->input.scope == TS_REPORT_FUNDS
               ? TS_ERR_OK
               : ask_to_date(self, query_of(self, TS_MEASURE_NEED_QUANTITY));
}

static ts_err_t
step_handed(ts_gather_t *self, bool *ret_again)
{
    (void)ret_again;
    return self->input.scope == TS_REPORT_FUNDS
               ? TS_ERR_OK
               : ask_to_date(self, query_of(self, TS_MEASURE_HANDED_QUANTITY));
}

static ts_err_t
step_left(ts_gather_t *self, bool *ret_again)
{
    (void)ret_again;
    ts_cell_query_t left = {.plan = self->question.plan, .measure = TS_MEASURE_LEFT_VALUE};
    if (self->input.scope == TS_REPORT_LEDGER) {
        return ask_to_date(self, left);
    }
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < self->fund_count; i++) {
        left.aux = self->funds[i].id;
        err = ask_to_date(self, left);
    }
    return err;
}

static ts_err_t
ask_distinct(ts_gather_t *self, ts_measure_t measure)
{
    ts_cell_query_t query = query_of(self, measure);
    query.aux = self->question.period;
    return self->input.scope == TS_REPORT_FUNDS
               ? TS_ERR_OK
               : ts_ledger_cells(self->node->ledger, &query, take_distinct, self);
}

static ts_err_t
step_supported(ts_gather_t *self, bool *ret_again)
{
    (void)ret_again;
    return ask_distinct(self, TS_MEASURE_DISTINCT_SUPPORTED);
}

static ts_err_t
step_in_need(ts_gather_t *self, bool *ret_again)
{
    (void)ret_again;
    return ask_distinct(self, TS_MEASURE_DISTINCT_IN_NEED);
}

static ts_err_t
note_count(void *ctx, const ts_table_t *table, size_t row)
{
    ts_gather_t *self = ctx;
    ts_record_id_t unit = (ts_record_id_t)ts_row_number(table, row, "unit_id");
    int32_t day = (int32_t)ts_row_number(table, row, "as_of_on");
    day = day == 0 ? (int32_t)ts_row_number(table, row, "occurred_on") : day;
    int32_t last = period_of(self)->used_to;
    if (unit == 0 || (last != 0 && day > last)) {
        return TS_ERR_OK;
    }
    count_of_unit_t *count = ts_map_get(self->counts, &unit);
    if (count == NULL) {
        count = ts_map_put(self->counts, &unit);
        *count = (count_of_unit_t){unit, day};
    }
    count->day = day > count->day ? day : count->day;
    return TS_ERR_OK;
}

static ts_err_t
step_counts(ts_gather_t *self, bool *ret_again)
{
    (void)ret_again;
    if (self->input.scope == TS_REPORT_FUNDS) {
        return TS_ERR_OK;
    }
    const ts_list_query_t query = {.kind = TS_KIND_POPULATION,
                                   .plan = self->question.plan,
                                   .units = self->units,
                                   .unit_count = self->unit_count};
    return ts_rows_each(self->node->ledger, &query, note_count, self);
}

static ts_err_t
step_living(ts_gather_t *self, bool *ret_again)
{
    ts_err_t err = TS_ERR_OK;
    void *value = NULL;
    size_t done = 0;
    while (err == TS_ERR_OK && done < UNITS_PER_SLICE &&
           ts_map_next(self->counts, &self->count_position, &value) != NULL) {
        const count_of_unit_t *count = value;
        ts_cell_query_t query = {.plan = self->question.plan,
                                 .measure = TS_MEASURE_POPULATION,
                                 .units = &count->unit,
                                 .unit_count = 1,
                                 .from_day = count->day,
                                 .to_day = count->day};
        err = ts_ledger_cells(self->node->ledger, &query, take_living, self);
        done++;
    }
    *ret_again = done == UNITS_PER_SLICE;
    return err;
}

/* ---- who reported, what is doubtful, earlier periods */

static ts_utc_t
end_of_day(int32_t day)
{
    return (ts_utc_t){ts_vietnam_midnight((ts_date_t){day}).ms + TS_DAY_MS - 1000};
}

static ts_err_t
step_duties(ts_gather_t *self, bool *ret_again)
{
    (void)ret_again;
    bool whole_plan =
        self->input.scope == TS_REPORT_LEDGER && self->node->identity.role == TS_OFFICE_PROVINCE;
    const ts_calendar_query_t query = {.plan = self->question.plan,
                                       .period = self->question.period,
                                       .body = whole_plan ? 0 : self->question.body,
                                       .roll_over = self->question.roll_over};
    if (!whole_plan && self->question.body == 0) {
        return TS_ERR_OK;
    }
    int32_t today = ts_node_today(self->node);
    ts_utc_t now =
        self->question.as_of == today ? self->node->wall : end_of_day(self->question.as_of);
    return ts_report_duties_of(self->node, &query, now, &self->duties, &self->input.duty_count);
}

static ts_err_t
step_findings(ts_gather_t *self, bool *ret_again)
{
    (void)ret_again;
    ts_ledger_counts_t counts;
    ts_err_t err = ts_ledger_counts(self->node->ledger, &counts);
    if (err == TS_ERR_OK) {
        self->input.findings = (ts_report_findings_t){.parked = counts.parked,
                                                      .pending = counts.pending,
                                                      .conflicts = counts.conflicts,
                                                      .negative = counts.negative,
                                                      .repeats = counts.repeats,
                                                      .duplicates = counts.duplicates};
    }
    return err;
}

/* The figures that were filed for an earlier period, or at an office those that it sealed itself.
 */
static ts_err_t
find_filed(ts_gather_t *self, const ts_period_t *period, ts_report_t **ret_filed)
{
    ts_standing_t standing;
    uint32_t edition = 0;
    ts_err_t err = self->node->identity.role == TS_OFFICE_PROVINCE
                       ? ts_report_filing_of(self->node, period->id,
                                             ts_reporting_own_body(self->node), &standing, &edition)
                       : ts_report_newest(self->node, period->id, self->question.body, &standing);
    ts_buf_t text = {0};
    if (err == TS_ERR_OK) {
        err = ts_report_kept(self->node, &standing, &text, ret_filed);
    }
    ts_buf_free(&text);
    return err;
}

static void
add_earlier(ts_gather_t *self, ts_report_t *now)
{
    self->earlier = ts_xgrow(self->earlier, self->earlier_count + 1, &self->earlier_capacity,
                             sizeof *self->earlier);
    self->earlier[self->earlier_count++] = (ts_report_earlier_t){self->filed, now};
    self->filed = NULL;
}

/* One step of computing an earlier period anew, or the next earlier period. Figures that are not
 * here, or not what was filed, cannot be compared. */
static ts_err_t
step_earlier(ts_gather_t *self, bool *ret_again)
{
    if (self->question.alone || self->input.scope != TS_REPORT_LEDGER) {
        return TS_ERR_OK;
    }
    *ret_again = true;
    if (self->inner != NULL) {
        bool done = false;
        ts_err_t err = ts_gather_step(self->inner, &done);
        if (err == TS_ERR_OK && done) {
            add_earlier(self, self->inner->report);
            self->inner->report = NULL;
            ts_gather_destroy(&self->inner);
        }
        return err;
    }
    const ts_period_t *this = period_of(self);
    const ts_period_t *period;
    while ((period = ts_catalog_next(ts_node_catalog(self->node), TS_KIND_PERIOD,
                                     &self->period_position)) != NULL) {
        if (period->plan != self->question.plan || period->used_to >= this->used_to) {
            continue;
        }
        ts_err_t err = find_filed(self, period, &self->filed);
        if (err == TS_ERR_OK) {
            ts_report_question_t question = self->question;
            question.period = period->id;
            question.alone = true;
            ts_date_t boundary = TS_DATE_NONE;
            question.boundary =
                ts_date_parse_iso(ts_report_head(self->filed, "boundary"), &boundary) == TS_ERR_OK
                    ? boundary.days
                    : 0;
            self->inner = ts_gather_new(self->node, &question);
            return TS_ERR_OK;
        }
        if (err != TS_ERR_NOTFOUND && err != TS_ERR_HASH && err != TS_ERR_INVALID) {
            return err;
        }
    }
    *ret_again = false;
    return TS_ERR_OK;
}

static ts_err_t
step_compute(ts_gather_t *self, bool *ret_again)
{
    (void)ret_again;
    self->input.catalog = ts_node_catalog(self->node);
    self->input.plan = self->question.plan;
    self->input.period = self->question.period;
    self->input.rules = TS_RULES_VERSION;
    self->input.as_of = self->question.as_of;
    self->input.boundary = self->question.boundary;
    self->input.nil_confirmed = self->question.nil_confirmed;
    self->input.scope_units = self->scope_units;
    self->input.scope_unit_count = self->scope_unit_count;
    self->input.window = &self->window;
    self->input.to_date = &self->to_date;
    self->input.distinct = &self->distinct;
    self->input.living = &self->living;
    self->input.duties = self->duties;
    self->input.funds = self->funds;
    self->input.fund_count = self->fund_count;
    self->input.budget = self->budget;
    self->input.budget_count = self->budget_count;
    self->input.earlier = self->earlier;
    self->input.earlier_count = self->earlier_count;
    self->report = ts_report_compute(&self->input);
    return TS_ERR_OK;
}

static const step_fn steps[] = {
    step_scope,       step_listed, step_funds,  step_budget,   step_mark,      step_window,
    step_fund_window, step_needed, step_handed, step_left,     step_supported, step_in_need,
    step_counts,      step_living, step_duties, step_findings, step_earlier,   step_compute};

/* ---- life */

ts_gather_t *
ts_gather_new(ts_node_t *node, const ts_report_question_t *question)
{
    ts_gather_t *self = ts_xcalloc(1, sizeof *self);
    self->node = node;
    self->question = *question;
    self->counts = ts_map_new(sizeof(ts_record_id_t), sizeof(count_of_unit_t));
    if (self->question.as_of == 0) {
        self->question.as_of = ts_node_today(node);
    }
    if (self->question.boundary == 0) {
        int32_t last = period_of(self)->used_to;
        self->question.boundary = last != 0 ? last : self->question.as_of;
    }
    return self;
}

static void
free_text(const char *text)
{
    union {
        const char *constant;
        char *owned;
    } both = {text};
    ts_xfree(both.owned);
}

static void
free_rows(ts_gather_t *self)
{
    for (size_t i = 0; i < self->fund_count; i++) {
        free_text(self->funds[i].code);
        free_text(self->funds[i].name);
    }
    for (size_t i = 0; i < self->budget_count; i++) {
        const ts_report_budget_t *line = &self->budget[i];
        const char *const texts[] = {line->code,      line->parent,    line->order_no,
                                     line->content,   line->unit_name, line->quantity_text,
                                     line->price_text};
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
            free_text(texts[t]);
        }
    }
    for (size_t i = 0; i < self->earlier_count; i++) {
        union {
            const ts_report_t *constant;
            ts_report_t *owned;
        } filed = {self->earlier[i].filed}, now = {self->earlier[i].now};
        ts_report_destroy(&filed.owned);
        ts_report_destroy(&now.owned);
    }
    ts_xfree(self->funds);
    ts_xfree(self->budget);
    ts_xfree(self->earlier);
}

void
ts_gather_destroy(ts_gather_t **self_p)
{
    ts_gather_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_gather_destroy(&self->inner);
    ts_report_destroy(&self->filed);
    ts_report_destroy(&self->report);
    free_rows(self);
    ts_report_cells_free(&self->window);
    ts_report_cells_free(&self->to_date);
    ts_report_cells_free(&self->distinct);
    ts_report_cells_free(&self->living);
    ts_map_destroy(&self->counts);
    ts_xfree(self->duties);
    ts_xfree(self->units);
    ts_xfree(self->scope_units);
    ts_xfree(self);
    *self_p = NULL;
}

ts_err_t
ts_gather_step(ts_gather_t *self, bool *ret_done)
{
    TS_CHECK(self->step < sizeof steps / sizeof steps[0]);
    bool again = false;
    ts_err_t err = steps[self->step](self, &again);
    if (err == TS_ERR_OK && !again) {
        self->step++;
    }
    *ret_done = self->step == sizeof steps / sizeof steps[0];
    return err;
}

ts_err_t
ts_gather_all(ts_gather_t *self)
{
    bool done = false;
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK && !done) {
        err = ts_gather_step(self, &done);
    }
    return err;
}

const ts_report_t *
ts_gather_report(const ts_gather_t *self)
{
    return self->report;
}

const ts_report_question_t *
ts_gather_question(const ts_gather_t *self)
{
    return &self->question;
}
