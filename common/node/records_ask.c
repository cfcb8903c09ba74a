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
        ts_records_read(node, &standing.place, standing.event, &header, &schema, &body) !=
            TS_ERR_OK) {
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
    ts_amount_t amount;
} own_part_t;

static void
add_own(void *ctx, const ts_posting_t *posting)
{
    own_part_t *own = ctx;
    if (posting->account == own->account && posting->owner == own->owner &&
        strcmp(posting->commodity, own->commodity) == 0 &&
        strcmp(posting->unit_of_measure, own->unit_of_measure) == 0) {
        own->amount.quantity += posting->quantity;
        own->amount.value_vnd += posting->value_vnd;
    }
}

static ts_amount_t
ask_balance(void *ctx,
            ts_account_kind_t account,
            ts_record_id_t owner,
            const char *commodity,
            const char *unit_of_measure)
{
    asking_t *asking = ctx;
    ts_ledger_t *ledger = asking->job->node->ledger;
    ts_amount_t amount = {0};
    own_part_t own = {account, owner, commodity, unit_of_measure, {0}};
    ts_err_t err = ts_ledger_balance(ledger, account, owner, commodity, unit_of_measure, &amount);
    if (err == TS_ERR_OK && asking->draft->header.revises_count > 0) {
        err = ts_ledger_postings(ledger, asking->draft->header.record, add_own, &own);
    }
    asking->failed = asking->failed == TS_ERR_OK ? err : asking->failed;
    return (ts_amount_t){.quantity = amount.quantity - own.amount.quantity,
                         .value_vnd = amount.value_vnd - own.amount.value_vnd};
}

/* The share of so many of what is left; all of it for the last ones. */
static int64_t
share_of(const ts_amount_t *left, int64_t quantity)
{
    if (quantity >= left->quantity || left->quantity <= 0) {
        return left->value_vnd;
    }
    int64_t rest = left->value_vnd % left->quantity;
    return left->value_vnd / left->quantity * quantity +
           (left->quantity < INT32_MAX ? rest * quantity / left->quantity : 0);
}

static bool
is_same_commodity(const Tiepsuc__V1__Item *a, const Tiepsuc__V1__Item *b)
{
    return strcmp(a->item, b->item) == 0 && strcmp(a->unit_of_measure, b->unit_of_measure) == 0;
}

ts_err_t
ts_records_fill_values(ts_job_t *job, ts_draft_t *draft)
{
    asking_t asking = {.job = job, .draft = draft};
    const Tiepsuc__V1__Allocation *body = ts_record_body(draft->record);
    if (draft->kind->kind != TS_KIND_ALLOCATION) {
        return TS_ERR_OK;
    }
    for (size_t i = 0; asking.failed == TS_ERR_OK && i < body->n_items; i++) {
        const Tiepsuc__V1__Item *item = body->items[i];
        if (item->value_vnd != 0 || strcmp(item->item, "VND") == 0) {
            continue;
        }
        ts_amount_t left =
            ask_balance(&asking, TS_ACCOUNT_FUND, body->fund_id, item->item, item->unit_of_measure);
        for (size_t k = 0; k < body->n_items; k++) {
            if (k != i && is_same_commodity(body->items[k], item)) {
                left.quantity -= k < i ? body->items[k]->quantity : 0;
                left.value_vnd -= body->items[k]->value_vnd;
            }
        }
        char path[48];
        (void)snprintf(path, sizeof path, "items[%zu].value_vnd", i);
        if (item->quantity > 0 && left.value_vnd > 0) {
            ts_err_t err =
                ts_record_set_number(draft->record, path, share_of(&left, item->quantity));
            asking.failed = asking.failed == TS_ERR_OK ? err : asking.failed;
        }
    }
    return asking.failed;
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

static bool
ask_allocation_place(void *ctx, ts_record_id_t allocation, ts_allocation_place_t *ret_place)
{
    ts_node_t *node = ((asking_t *)ctx)->job->node;
    ts_standing_t standing;
    if (ts_ledger_record(node->ledger, TS_KIND_ALLOCATION, allocation, &standing) != TS_ERR_OK) {
        return false;
    }
    const Tiepsuc__V1__Allocation *body = body_of(node, TS_KIND_ALLOCATION, allocation);
    if (body == NULL) {
        return false;
    }
    *ret_place = (ts_allocation_place_t){standing.plan, body->unit_id, body->line_id};
    if (body->need_far_id != 0) {
        ts_record_id_t need = body->need_far_id;
        (void)need_place(node, need, &ret_place->unit, &ret_place->line);
    }
    return true;
}

/* ---- what came back of a handover */

typedef struct back_sum {
    asking_t *asking;
    const char *commodity;
    const char *unit_of_measure;
    int64_t quantity;
} back_sum_t;

static int64_t
quantity_of(Tiepsuc__V1__Item *const *items,
            size_t count,
            const char *commodity,
            const char *unit_of_measure)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(items[i]->item, commodity) == 0 &&
            strcmp(items[i]->unit_of_measure, unit_of_measure) == 0) {
            sum += items[i]->quantity;
        }
    }
    return sum;
}

static bool
take_return(void *ctx, ts_record_id_t id)
{
    back_sum_t *sum = ctx;
    if (id != sum->asking->draft->header.record) {
        const Tiepsuc__V1__Return *back = body_of(sum->asking->job->node, TS_KIND_RETURN, id);
        sum->quantity -= back == NULL ? 0
                                      : quantity_of(back->items, back->n_items, sum->commodity,
                                                    sum->unit_of_measure);
    }
    return true;
}

static bool
ask_handed(void *ctx,
           ts_record_id_t handover,
           const char *commodity,
           const char *unit_of_measure,
           int64_t *ret_left)
{
    asking_t *asking = ctx;
    const Tiepsuc__V1__Handover *body = body_of(asking->job->node, TS_KIND_HANDOVER, handover);
    if (body == NULL) {
        return false;
    }
    back_sum_t sum = {.asking = asking, .commodity = commodity, .unit_of_measure = unit_of_measure};
    sum.quantity = quantity_of(body->items, body->n_items, commodity, unit_of_measure);
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, handover);
    ts_list_filter_t filter = {"handover_far_id", text};
    ts_list_query_t returns = {.kind = TS_KIND_RETURN, .filters = &filter, .filter_count = 1};
    walk(asking->job->node, &returns, take_return, &sum);
    *ret_left = sum.quantity;
    return true;
}

/* ---- the same text on another record */

typedef struct same_text {
    asking_t *asking;
    ts_record_id_t found;
} same_text_t;

/* Numbers of receipts begin anew with every fund and every year. */
static bool
is_same_book(const ts_draft_t *draft, const ts_event_header_t *header, const void *body)
{
    if (header->kind != TS_KIND_RECEIPT) {
        return true;
    }
    const Tiepsuc__V1__Receipt *ours = ts_record_body(draft->record);
    const Tiepsuc__V1__Receipt *other = body;
    int years[2];
    int month;
    int day;
    ts_date_to_civil((ts_date_t){draft->header.occurred_on}, &years[0], &month, &day);
    ts_date_to_civil((ts_date_t){header->occurred_on}, &years[1], &month, &day);
    return ours->fund_id == other->fund_id && years[0] == years[1];
}

static bool
look_same(void *ctx, ts_record_id_t id)
{
    same_text_t *same = ctx;
    const ts_draft_t *draft = same->asking->draft;
    ts_node_t *node = same->asking->job->node;
    ts_standing_t standing;
    ts_event_header_t header;
    const ts_kind_schema_t *schema;
    const void *body;
    if (id != draft->header.record &&
        ts_ledger_record(node->ledger, draft->kind->kind, id, &standing) == TS_ERR_OK &&
        !standing.is_void && standing.office == node->identity.keys.office &&
        ts_records_read(node, &standing.place, standing.event, &header, &schema, &body) ==
            TS_ERR_OK &&
        is_same_book(draft, &header, body)) {
        same->found = id;
    }
    return same->found == 0;
}

static ts_record_id_t
ask_same_text(void *ctx, const char *field, const char *text)
{
    asking_t *asking = ctx;
    same_text_t same = {.asking = asking};
    ts_list_filter_t filter = {field, text};
    ts_list_query_t query = {
        .kind = asking->draft->kind->kind, .filters = &filter, .filter_count = 1};
    walk(asking->job->node, &query, look_same, &same);
    return same.found;
}

ts_record_id_t
ts_records_same_text(ts_job_t *job, const ts_draft_t *draft, const char *field, const char *text)
{
    asking_t asking = {.job = job, .draft = draft};
    return text[0] == '\0' ? 0 : ask_same_text(&asking, field, text);
}

/* ---- decisions */

static bool
look_decided(void *ctx, ts_record_id_t id)
{
    same_text_t *same = ctx;
    const ts_draft_t *draft = same->asking->draft;
    ts_node_t *node = same->asking->job->node;
    const Tiepsuc__V1__Approval *ours = ts_record_body(draft->record);
    ts_standing_t standing;
    const Tiepsuc__V1__Approval *other = body_of(node, TS_KIND_APPROVAL, id);
    if (other != NULL && other->target_event == ours->target_event &&
        other->decision == ours->decision &&
        ts_ledger_record(node->ledger, TS_KIND_APPROVAL, id, &standing) == TS_ERR_OK &&
        standing.office == node->identity.keys.office && standing.author == draft->header.author) {
        same->found = id;
    }
    return same->found == 0;
}

ts_record_id_t
ts_records_same_decision(ts_job_t *job, const ts_draft_t *draft)
{
    asking_t asking = {.job = job, .draft = draft};
    same_text_t same = {.asking = &asking};
    const Tiepsuc__V1__Approval *ours = ts_record_body(draft->record);
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, ours->target);
    ts_list_filter_t filter = {"target", text};
    ts_list_query_t query = {.kind = TS_KIND_APPROVAL, .filters = &filter, .filter_count = 1};
    walk(job->node, &query, look_decided, &same);
    return same.found;
}

/* ---- what names a record */

static bool
note_first(void *ctx, ts_record_id_t id)
{
    *(ts_record_id_t *)ctx = id;
    return false;
}

static ts_record_id_t
first_naming(ts_node_t *node, uint32_t kind, const char *column, ts_record_id_t record)
{
    char text[24];
    ts_record_id_t first = 0;
    (void)snprintf(text, sizeof text, "%" PRIu64, record);
    ts_list_filter_t filter = {column, text};
    ts_list_query_t query = {.kind = kind, .filters = &filter, .filter_count = 1};
    walk(node, &query, note_first, &first);
    return first;
}

static bool
waits_for_kind(const ts_field_t *field, uint32_t kind)
{
    return field->sense == TS_SENSE_REF && field->ref_kind == kind;
}

ts_record_id_t
ts_records_named_by(ts_node_t *node, uint32_t kind, ts_record_id_t record, uint32_t *ret_kind)
{
    const ts_schema_t *schema = ts_wire_schema();
    ts_record_id_t found = 0;
    for (size_t i = 0; found == 0 && i < schema->count; i++) {
        const ts_kind_schema_t *from = &schema->kinds[i];
        for (size_t k = 0; found == 0 && k < from->field_count; k++) {
            if (waits_for_kind(&from->fields[k], kind)) {
                found = first_naming(node, from->kind, from->fields[k].name, record);
            }
        }
        for (size_t k = 0; found == 0 && k < from->list_count; k++) {
            const ts_child_list_t *list = &from->lists[k];
            if (list->is_scalar && waits_for_kind(&list->fields[0], kind)) {
                found = first_naming(node, from->kind, list->name, record);
            }
        }
        *ret_kind = from->kind;
    }
    return found;
}

/* ---- children */

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
                              .allocation_place = ask_allocation_place,
                              .handed = ask_handed,
                              .same_text = ask_same_text,
                              .child_times = ask_child_times};
    ts_account_input_t input = {.catalog = ts_node_catalog(job->node),
                                .header = &draft->header,
                                .record = ts_record_body(draft->record),
                                .asks = &asks,
                                .today = ts_node_newest_day(job->node)};
    if (ts_account_object(&input, ret_objection)) {
        return true;
    }
    if (asking.failed != TS_ERR_OK) {
        ts_msg_set(&ret_objection->why, ts_err_str(asking.failed));
    }
    return asking.failed != TS_ERR_OK;
}
