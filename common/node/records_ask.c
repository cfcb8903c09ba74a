/* SPDX-License-Identifier: MPL-2.0 */
#include "node/records_ask.h"

#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "sheet/date.h"
#include "sheet/text.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Records looked at in one page of a list. */
#define PAGE_ROWS 1000u

typedef struct asking {
    ts_job_t *job;
    const ts_draft_t *draft;
    char site[TS_TEXT_BYTES_MAX + 1]; /* of the restriction that was asked for last */
    ts_err_t failed;                  /* an answer could not be read */
} asking_t;

ts_err_t
ts_records_parse_day(const char *text, int32_t *ret_day, uint32_t *ret_precision, ts_msg_t *ret_why)
{
    ts_date_value_t value;
    ts_err_t err = ts_date_parse(text, false, &value, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (value.date.days == 0) {
        ts_msg_make(ret_why, N_("“{1}” is not a date; write it like 2019-11-29 or 29/11/2019"),
                    text, NULL);
        return TS_ERR_INVALID; /* 0 means “no date” in a record, so that one day cannot be told */
    }
    *ret_day = value.date.days;
    *ret_precision = (uint32_t)value.precision;
    return TS_ERR_OK;
}

ts_err_t
ts_records_set_birth(ts_record_t *child, const char *text, ts_msg_t *ret_why)
{
    ts_date_value_t value;
    int year;
    int month;
    int day;
    ts_err_t err = ts_date_parse(text, false, &value, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_date_to_civil(value.date, &year, &month, &day);
    err = ts_record_set_number(child, "birth_year", year);
    if (err == TS_ERR_OK) {
        err = ts_record_set_number(child, "birth_month",
                                   value.precision == TS_DATE_PRECISION_YEAR ? 0 : month);
    }
    return err;
}

ts_err_t
ts_records_sex(const char *text, int64_t *ret_sex, ts_msg_t *ret_why)
{
    static const struct {
        const char *word;
        int sex;
    } words[] = {{"nam", 1}, {"trai", 1},   {"male", 1}, {"m", 1},       {"nữ", 2},
                 {"gái", 2}, {"female", 2}, {"f", 2},    {"unknown", 0}, {"không rõ", 0}};
    char *key = ts_text_key(text, 0);
    ts_err_t err = TS_ERR_INVALID;
    for (size_t i = 0; key != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].word, key) == 0) {
            *ret_sex = words[i].sex;
            err = TS_ERR_OK;
            break;
        }
    }
    ts_xfree(key);
    if (err != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("“{1}” is neither Nam nor Nữ"), text, NULL);
    }
    return err;
}

/* The standing body of a record of that kind; NULL when it is not known. Lives until the next
 * decode. */
static const void *
body_of(ts_node_t *node, uint32_t kind, ts_record_id_t id)
{
    ts_standing_t standing;
    ts_event_header_t header;
    const ts_kind_schema_t *schema;
    const void *body;
    if (ts_ledger_record(node->ledger, kind, id, &standing) != TS_ERR_OK || standing.is_void ||
        ts_records_read(node, &standing.place, &header, &schema, &body) != TS_ERR_OK) {
        return NULL;
    }
    return body;
}

/* ---- balances, without what the revised record adds itself */

typedef struct own_part {
    ts_account_kind_t account;
    ts_record_id_t owner;
    const char *commodity;
    const char *unit_of_measure;
    int64_t quantity;
} own_part_t;

static void
add_own(void *ctx, const ts_posting_t *posting)
{
    own_part_t *own = ctx;
    if (posting->account == own->account && posting->owner == own->owner &&
        strcmp(posting->commodity, own->commodity) == 0 &&
        strcmp(posting->unit_of_measure, own->unit_of_measure) == 0) {
        own->quantity += posting->quantity;
    }
}

static int64_t
ask_balance(void *ctx,
            ts_account_kind_t account,
            ts_record_id_t owner,
            const char *commodity,
            const char *unit_of_measure)
{
    asking_t *asking = ctx;
    ts_ledger_t *ledger = asking->job->node->ledger;
    ts_amount_t amount = {0};
    own_part_t own = {account, owner, commodity, unit_of_measure, 0};
    if (ts_ledger_balance(ledger, account, owner, commodity, unit_of_measure, &amount) !=
        TS_ERR_OK) {
        return 0;
    }
    if (asking->draft->header.revises_count > 0 &&
        ts_ledger_postings(ledger, asking->draft->header.record, add_own, &own) != TS_ERR_OK) {
        return 0;
    }
    return amount.quantity - own.quantity;
}

/* ---- restrictions */

static bool
ask_restriction(void *ctx, ts_record_id_t receipt, ts_only_for_t *ret_only)
{
    asking_t *asking = ctx;
    const Tiepsuc__V1__Receipt *body = body_of(asking->job->node, TS_KIND_RECEIPT, receipt);
    if (body == NULL || body->restriction == NULL) {
        return false;
    }
    const Tiepsuc__V1__Restriction *only = body->restriction;
    (void)snprintf(asking->site, sizeof asking->site, "%s", only->site);
    *ret_only = (ts_only_for_t){.unit = only->unit_id,
                                .line = only->line_id,
                                .band = only->band_id,
                                .site = asking->site,
                                .use_by = only->use_by_on,
                                .by_hand = only->text[0] != '\0'};
    return true;
}

static void
add_gift_flow(void *ctx, const ts_gift_flow_t *flow)
{
    if (flow->quantity > 0) {
        ts_gifts_add(ctx, flow);
    }
}

static void
ask_gifts(void *ctx,
          ts_record_id_t fund,
          const char *commodity,
          const char *unit_of_measure,
          ts_gifts_t *gifts)
{
    asking_t *asking = ctx;
    ts_err_t err = ts_ledger_gift_flows(asking->job->node->ledger,
                                        &(ts_gift_query_t){.fund = fund,
                                                           .commodity = commodity,
                                                           .unit_of_measure = unit_of_measure,
                                                           .without = asking->draft->header.record},
                                        add_gift_flow, gifts);
    asking->failed = asking->failed == TS_ERR_OK ? err : asking->failed;
}

/* ---- open needs */

static bool
need_place(ts_node_t *node, ts_record_id_t need, ts_record_id_t *ret_unit, ts_record_id_t *ret_line)
{
    const Tiepsuc__V1__Need *body = body_of(node, TS_KIND_NEED, need);
    if (body == NULL) {
        return false;
    }
    *ret_unit = body->unit_id;
    *ret_line = body->line_id;
    return true;
}

static bool
ask_need_place(void *ctx, ts_record_id_t need, ts_record_id_t *ret_unit, ts_record_id_t *ret_line)
{
    return need_place(((asking_t *)ctx)->job->node, need, ret_unit, ret_line);
}

ts_record_id_t
ts_records_allocation_unit(ts_node_t *node, const void *record)
{
    const Tiepsuc__V1__Allocation *allocation = record;
    ts_record_id_t unit = allocation->unit_id;
    ts_record_id_t line;
    if (allocation->need_far_id != 0) {
        (void)need_place(node, allocation->need_far_id, &unit, &line);
    }
    return unit;
}

static bool
need_is_open(ts_node_t *node, ts_record_id_t need)
{
    const Tiepsuc__V1__Need *body = body_of(node, TS_KIND_NEED, need);
    return body != NULL && body->state != TIEPSUC__V1__NEED_STATE__NEED_STATE_CLOSED &&
           body->state != TIEPSUC__V1__NEED_STATE__NEED_STATE_EXPIRED;
}

/* Quantity of an allocation in the unit of its line; 0 for a reserve. */
static int64_t
allocated_by(ts_node_t *node, const Tiepsuc__V1__Allocation *body, ts_record_id_t line_id)
{
    const ts_line_t *line = ts_catalog_line(ts_node_catalog(node), line_id);
    int64_t sum = 0;
    if (line == NULL || body->purpose != TIEPSUC__V1__ALLOCATION_PURPOSE__ALLOCATION_PURPOSE_NEED) {
        return 0;
    }
    for (size_t i = 0; i < body->n_items; i++) {
        if (ts_line_measured_in(line, body->items[i]->unit_of_measure)) {
            sum += body->items[i]->quantity;
        }
    }
    return sum;
}

/* Walks the record ids that a query finds, page by page. */
typedef bool (*each_fn)(void *ctx, ts_record_id_t id);

static void
walk(ts_node_t *node, ts_list_query_t *query, each_fn each, void *ctx)
{
    bool more = true;
    query->limit = PAGE_ROWS;
    while (more) {
        ts_table_t table;
        ts_table_init(&table, "page");
        more = ts_ledger_list(node->ledger, query, &table) == TS_ERR_OK;
        size_t rows = more ? ts_table_rows(&table) : 0;
        size_t column = more ? ts_table_column(&table, "record") : SIZE_MAX;
        for (size_t row = 0; column != SIZE_MAX && row < rows; row++) {
            const ts_cell_t *cell = ts_table_cell(&table, row, column);
            ts_record_id_t id = (ts_record_id_t)cell->number;
            if (cell->kind == TS_CELL_TEXT && ts_record_code_parse(cell->text, &id) != TS_ERR_OK) {
                continue;
            }
            query->after = id;
            more = each(ctx, id) && more;
        }
        more = more && rows == PAGE_ROWS;
        ts_table_free(&table);
    }
}

typedef struct open_sum {
    asking_t *asking;
    ts_record_id_t line;
    int64_t open;
    bool found;
} open_sum_t;

static bool
add_open_need(void *ctx, ts_record_id_t id)
{
    open_sum_t *sum = ctx;
    ts_need_open_t open;
    if (need_is_open(sum->asking->job->node, id) &&
        ts_ledger_need_open(sum->asking->job->node->ledger, id, &open) == TS_ERR_OK) {
        sum->open += open.needed - open.allocated;
        sum->found = true;
    }
    return true;
}

static bool
take_allocation(void *ctx, ts_record_id_t id)
{
    open_sum_t *sum = ctx;
    ts_node_t *node = sum->asking->job->node;
    if (id != sum->asking->draft->header.record) {
        const Tiepsuc__V1__Allocation *body = body_of(node, TS_KIND_ALLOCATION, id);
        if (body != NULL && body->need_far_id == 0) {
            sum->open -= allocated_by(node, body, sum->line);
        }
    }
    return true;
}

/* All open needs of a unit and line, less what was allocated to that unit and line as a whole. */
static bool
open_of_place(asking_t *asking, ts_record_id_t unit, ts_record_id_t line, int64_t *ret_open)
{
    char unit_text[24];
    char line_text[24];
    (void)snprintf(unit_text, sizeof unit_text, "%" PRIu64, unit);
    (void)snprintf(line_text, sizeof line_text, "%" PRIu64, line);
    ts_list_filter_t filters[] = {{"unit_id", unit_text}, {"line_id", line_text}};
    open_sum_t sum = {.asking = asking, .line = line};
    ts_list_query_t needs = {.kind = TS_KIND_NEED,
                             .plan = asking->draft->header.plan,
                             .filters = filters,
                             .filter_count = 2};
    walk(asking->job->node, &needs, add_open_need, &sum);
    ts_list_query_t allocations = {.kind = TS_KIND_ALLOCATION,
                                   .plan = asking->draft->header.plan,
                                   .filters = filters,
                                   .filter_count = 2};
    walk(asking->job->node, &allocations, take_allocation, &sum);
    *ret_open = sum.open;
    return sum.found;
}

static bool
ask_need_open(
    void *ctx, ts_record_id_t need, ts_record_id_t unit, ts_record_id_t line, int64_t *ret_open)
{
    asking_t *asking = ctx;
    ts_node_t *node = asking->job->node;
    ts_need_open_t open;
    if (need == 0) {
        return open_of_place(asking, unit, line, ret_open);
    }
    if (!need_is_open(node, need) || ts_ledger_need_open(node->ledger, need, &open) != TS_ERR_OK) {
        return false;
    }
    int64_t own = 0;
    if (asking->draft->header.revises_count > 0) {
        const Tiepsuc__V1__Allocation *body =
            body_of(node, TS_KIND_ALLOCATION, asking->draft->header.record);
        own = body == NULL || body->need_far_id != need ? 0 : allocated_by(node, body, line);
    }
    *ret_open = open.needed - open.allocated + own;
    return true;
}

/* The version that is revised does not count against itself. */
static uint64_t
own_times(asking_t *asking, ts_record_id_t child, ts_record_id_t line)
{
    if (asking->draft->header.revises_count == 0) {
        return 0;
    }
    const Tiepsuc__V1__Handover *old =
        body_of(asking->job->node, TS_KIND_HANDOVER, asking->draft->header.record);
    uint64_t times = 0;
    for (size_t i = 0; old != NULL && old->line_id == line && i < old->n_beneficiary_ids; i++) {
        times += old->beneficiary_ids[i] == child;
    }
    return times;
}

static uint64_t
ask_child_times(void *ctx, ts_record_id_t child, ts_record_id_t line, int32_t day)
{
    asking_t *asking = ctx;
    ts_fact_t fact = {
        .subject = child, .plan = asking->draft->header.plan, .line = line, .day = day};
    uint64_t times = 0;
    if (ts_fold_child_times(asking->job->node->fold, &fact, &times) != TS_ERR_OK) {
        return 0;
    }
    uint64_t own = own_times(asking, child, line);
    return times > own ? times - own : 0;
}

bool
ts_records_object(ts_job_t *job, const ts_draft_t *draft, ts_objection_t *ret_objection)
{
    asking_t asking = {.job = job, .draft = draft};
    ts_account_asks_t asks = {.ctx = &asking,
                              .balance = ask_balance,
                              .restriction = ask_restriction,
                              .gifts = ask_gifts,
                              .need_open = ask_need_open,
                              .need_place = ask_need_place,
                              .child_times = ask_child_times};
    ts_account_input_t input = {.catalog = ts_node_catalog(job->node),
                                .header = &draft->header,
                                .record = ts_record_body(draft->record),
                                .asks = &asks,
                                .today = ts_node_today(job->node)};
    if (ts_account_object(&input, ret_objection)) {
        return true;
    }
    if (asking.failed != TS_ERR_OK) {
        ts_msg_set(&ret_objection->why, ts_err_str(asking.failed));
    }
    return asking.failed != TS_ERR_OK;
}
