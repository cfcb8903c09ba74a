/* SPDX-License-Identifier: MPL-2.0 */
#include "core/permit.h"

#include "core/envelope.h"
#include "tiepsuc/v1/event.pb-c.h"

#define PREDECESSORS_MAX 16
#define BIT(purpose) (1u << (purpose))
#define ACTS BIT(TS_PURPOSE_ACTS)
#define RECORDS BIT(TS_PURPOSE_RECORDS)
#define REGISTRY BIT(TS_PURPOSE_REGISTRY)
#define DOWN BIT(TS_PURPOSE_DOWN)
#define HOLDINGS BIT(TS_PURPOSE_HOLDINGS)
#define PRIVATE BIT(TS_PURPOSE_PRIVATE)

/* What a rule sees. */
typedef struct ask {
    const ts_catalog_t *catalog;
    const ts_permit_input_t *input;
    const ts_office_t *office; /* author; NULL only for the registry log */
    ts_permit_exists_fn exists;
    void *ctx;
} ask_t;

typedef bool (*rule_fn)(const ask_t *ask, ts_record_id_t owner_unit);
typedef ts_record_id_t (*unit_fn)(const void *record);

typedef struct kind_rule {
    uint32_t kind;
    uint32_t purposes; /* logs in which it may stand */
    unit_fn unit;      /* unit that the record is about; NULL: the author's own */
    rule_fn may_write;
} kind_rule_t;

const char *
ts_park_str(ts_park_t reason)
{
    static const char *const sentences[] = {
#define TS_PARK_TEXT(name, value, text) [TS_PARK_##name] = (text),
        TS_PARK_LIST(TS_PARK_TEXT)
#undef TS_PARK_TEXT
    };
    size_t at = (size_t)reason;
    return at < sizeof sentences / sizeof sentences[0] ? sentences[at] : "?";
}

static ts_record_id_t
unit_of_beneficiary(const void *record)
{
    return ((const Tiepsuc__V1__Beneficiary *)record)->unit_id;
}

static ts_record_id_t
unit_of_population(const void *record)
{
    return ((const Tiepsuc__V1__Population *)record)->unit_id;
}

static ts_record_id_t
unit_of_need(const void *record)
{
    return ((const Tiepsuc__V1__Need *)record)->unit_id;
}

static ts_record_id_t
unit_of_handover(const void *record)
{
    return ((const Tiepsuc__V1__Handover *)record)->unit_id;
}

static ts_record_id_t
unit_of_return(const void *record)
{
    return ((const Tiepsuc__V1__Return *)record)->unit_id;
}

static bool
is_province(const ask_t *ask)
{
    return ask->office->role == TIEPSUC__V1__OFFICE_ROLE__OFFICE_ROLE_PROVINCE;
}

static bool
is_parent(const ask_t *ask)
{
    return is_province(ask) || ask->office->role == TIEPSUC__V1__OFFICE_ROLE__OFFICE_ROLE_DISTRICT;
}

static bool
anybody(const ask_t *ask, ts_record_id_t owner_unit)
{
    (void)ask;
    (void)owner_unit;
    return true;
}

static bool
only_the_province(const ask_t *ask, ts_record_id_t owner_unit)
{
    (void)owner_unit;
    return is_province(ask);
}

static bool
only_a_parent(const ask_t *ask, ts_record_id_t owner_unit)
{
    (void)owner_unit;
    return is_parent(ask);
}

/* A commune about its own unit, a parent about its subtree; a body office (a union, a department)
 * writes about no territory unless it names the unit on whose behalf and the sheet it has it from.
 */
static bool
about_its_territory(const ask_t *ask, ts_record_id_t owner_unit)
{
    const ts_event_header_t *header = ask->input->header;
    if (!ts_catalog_below(ask->catalog, owner_unit, ask->office->unit)) {
        return false;
    }
    if (ask->office->role == TIEPSUC__V1__OFFICE_ROLE__OFFICE_ROLE_BODY) {
        return header->on_behalf_of_unit == owner_unit && !ts_hash_is_zero(&header->source_key);
    }
    return true;
}

/* Does a row of the registry that counts under its number write on that day? */
static bool
is_at_work(const ask_t *ask, const ts_office_t *office)
{
    int32_t day = ask->input->header->occurred_on;
    bool there = day == 0 || ((office->from == 0 || day >= office->from) &&
                              (office->to == 0 || day < office->to));
    return there && !office->cut_off &&
           office->role != (int)TIEPSUC__V1__OFFICE_ROLE__OFFICE_ROLE_SUBSCRIBER &&
           ts_catalog_office(ask->catalog, office->number) == office;
}

static bool
body_has_office(const ask_t *ask, ts_record_id_t body)
{
    size_t position = 0;
    const ts_office_t *office;
    while ((office = ts_catalog_next(ask->catalog, TIEPSUC__V1__KIND__KIND_OFFICE, &position)) !=
           NULL) {
        if (office->body == body && is_at_work(ask, office)) {
            return true;
        }
    }
    return false;
}

/* Is it a body of a unit below, and does the sheet that this comes from stand beside it? */
static bool
writes_on_behalf(const ask_t *ask, const ts_body_t *body)
{
    const ts_event_header_t *header = ask->input->header;
    return is_parent(ask) && body->unit != 0 && header->on_behalf_of_unit == body->unit &&
           !ts_hash_is_zero(&header->source_key) &&
           ts_catalog_below(ask->catalog, body->unit, ask->office->unit);
}

/* The office's own body. In the place of one that has no office: of a body that belongs to its own
 * (the children's fund of a department), or on behalf of a unit below, with the sheet. */
static bool
serves_body(const ask_t *ask, ts_record_id_t body_id)
{
    const ts_body_t *body = ts_catalog_body(ask->catalog, body_id);
    if (body == NULL) {
        return false;
    }
    if (body->id == ask->office->body) {
        return true;
    }
    bool belongs = body->parent != 0 && body->parent == ask->office->body;
    return (belongs || writes_on_behalf(ask, body)) && !body_has_office(ask, body->id);
}

static bool
holds_fund(const ask_t *ask, ts_record_id_t fund)
{
    return serves_body(ask, ts_catalog_fund_holder(ask->catalog, fund));
}

static bool
fund_rule(const ask_t *ask, ts_record_id_t owner_unit)
{
    (void)owner_unit;
    return serves_body(ask, ((const Tiepsuc__V1__Fund *)ask->input->record)->holder_body_id);
}

static bool
pledge_rule(const ask_t *ask, ts_record_id_t owner_unit)
{
    (void)owner_unit;
    ts_record_id_t fund = ((const Tiepsuc__V1__Pledge *)ask->input->record)->fund_id;
    return fund == 0 || holds_fund(ask, fund);
}

static bool
receipt_rule(const ask_t *ask, ts_record_id_t owner_unit)
{
    (void)owner_unit;
    return holds_fund(ask, ((const Tiepsuc__V1__Receipt *)ask->input->record)->fund_id);
}

static bool
purchase_rule(const ask_t *ask, ts_record_id_t owner_unit)
{
    (void)owner_unit;
    return holds_fund(ask, ((const Tiepsuc__V1__Purchase *)ask->input->record)->fund_id);
}

static bool
allocation_rule(const ask_t *ask, ts_record_id_t owner_unit)
{
    (void)owner_unit;
    return holds_fund(ask, ((const Tiepsuc__V1__Allocation *)ask->input->record)->fund_id);
}

static bool
handover_rule(const ask_t *ask, ts_record_id_t owner_unit)
{
    const Tiepsuc__V1__Handover *handover = ask->input->record;
    if (handover->fund_id != 0 && !holds_fund(ask, handover->fund_id)) {
        return false;
    }
    return about_its_territory(ask, owner_unit) || handover->fund_id != 0;
}

static bool
report_rule(const ask_t *ask, ts_record_id_t owner_unit)
{
    (void)owner_unit;
    const Tiepsuc__V1__Report *report = ask->input->record;
    const ts_duty_t *duty =
        report->duty_id == 0 ? NULL : ts_catalog_duty(ask->catalog, report->duty_id);
    if (duty == NULL ? report->body_id != ask->office->body : duty->from_body != report->body_id) {
        return false; /* in another's place only what a duty asks for */
    }
    return serves_body(ask, report->body_id);
}

/* An office is cut off by the registrar; earlier registrars only by the one that took over. */
static bool
cutoff_rule(const ask_t *ask, ts_record_id_t owner_unit)
{
    (void)owner_unit;
    const Tiepsuc__V1__Cutoff *cutoff = ask->input->record;
    return cutoff->registrar_serial == 0 ||
           (cutoff->office_id == 0 && cutoff->registrar_serial > 1 &&
            cutoff->registrar_serial == ask->input->log->registrar_serial);
}

/* One row per kind: where it may stand, what it is about, who may write it. */
static const kind_rule_t rules[] = {
    {TIEPSUC__V1__KIND__KIND_UNIT, REGISTRY, NULL, anybody},
    {TIEPSUC__V1__KIND__KIND_BODY, REGISTRY, NULL, anybody},
    {TIEPSUC__V1__KIND__KIND_OFFICE, REGISTRY, NULL, anybody},
    {TIEPSUC__V1__KIND__KIND_CUTOFF, REGISTRY, NULL, cutoff_rule},
    {TIEPSUC__V1__KIND__KIND_RELEASE, REGISTRY, NULL, anybody},
    {TIEPSUC__V1__KIND__KIND_PLAN, DOWN, NULL, only_the_province},
    {TIEPSUC__V1__KIND__KIND_SCOPE, DOWN, NULL, only_the_province},
    {TIEPSUC__V1__KIND__KIND_LINE, DOWN, NULL, only_the_province},
    {TIEPSUC__V1__KIND__KIND_BAND, DOWN, NULL, only_the_province},
    {TIEPSUC__V1__KIND__KIND_DUTY, DOWN, NULL, only_the_province},
    {TIEPSUC__V1__KIND__KIND_PERIOD, DOWN, NULL, only_the_province},
    {TIEPSUC__V1__KIND__KIND_BUDGET, DOWN, NULL, only_the_province},
    {TIEPSUC__V1__KIND__KIND_TARGET, DOWN, NULL, only_the_province},
    {TIEPSUC__V1__KIND__KIND_ACTIVITY, DOWN, NULL, only_the_province},
    {TIEPSUC__V1__KIND__KIND_BENEFICIARY, RECORDS, unit_of_beneficiary, about_its_territory},
    {TIEPSUC__V1__KIND__KIND_POPULATION, RECORDS, unit_of_population, about_its_territory},
    {TIEPSUC__V1__KIND__KIND_NEED, RECORDS, unit_of_need, about_its_territory},
    {TIEPSUC__V1__KIND__KIND_DONOR, RECORDS | PRIVATE, NULL, anybody},
    {TIEPSUC__V1__KIND__KIND_FUND, RECORDS | DOWN, NULL, fund_rule},
    {TIEPSUC__V1__KIND__KIND_PLEDGE, RECORDS | PRIVATE, NULL, pledge_rule},
    {TIEPSUC__V1__KIND__KIND_RECEIPT, RECORDS | PRIVATE, NULL, receipt_rule},
    {TIEPSUC__V1__KIND__KIND_PURCHASE, RECORDS | PRIVATE, NULL, purchase_rule},
    {TIEPSUC__V1__KIND__KIND_ALLOCATION, RECORDS | DOWN, NULL, allocation_rule},
    {TIEPSUC__V1__KIND__KIND_HANDOVER, RECORDS, unit_of_handover, handover_rule},
    {TIEPSUC__V1__KIND__KIND_RETURN, RECORDS, unit_of_return, about_its_territory},
    {TIEPSUC__V1__KIND__KIND_APPROVAL, ACTS | DOWN, NULL, anybody},
    {TIEPSUC__V1__KIND__KIND_REPORT, ACTS, NULL, report_rule},
    {TIEPSUC__V1__KIND__KIND_REPORT_RETURN, DOWN, NULL, only_a_parent},
    {TIEPSUC__V1__KIND__KIND_FILING, ACTS, NULL, only_a_parent},
    {TIEPSUC__V1__KIND__KIND_WAIVER, ACTS | DOWN, NULL, only_the_province},
    {TIEPSUC__V1__KIND__KIND_HOLDING, HOLDINGS, NULL, anybody},
};

static const kind_rule_t *
rule_of(uint32_t kind)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].kind == kind) {
            return &rules[i];
        }
    }
    return NULL;
}

static ts_verdict_t
parked(ts_park_t reason)
{
    return (ts_verdict_t){.park = reason};
}

static ts_verdict_t
waiting(uint32_t kind, ts_record_id_t id)
{
    return (ts_verdict_t){.park = TS_PARK_WAITING, .waits_kind = kind, .waits_for = id};
}

static bool
in_catalog(const ask_t *ask, uint32_t kind, ts_record_id_t id)
{
    switch (kind) {
    case TIEPSUC__V1__KIND__KIND_UNIT:
        return ts_catalog_unit(ask->catalog, id) != NULL;
    case TIEPSUC__V1__KIND__KIND_BODY:
        return ts_catalog_body(ask->catalog, id) != NULL;
    case TIEPSUC__V1__KIND__KIND_PLAN:
        return ts_catalog_plan(ask->catalog, id) != NULL;
    case TIEPSUC__V1__KIND__KIND_LINE:
        return ts_catalog_line(ask->catalog, id) != NULL;
    case TIEPSUC__V1__KIND__KIND_BAND:
        return ts_catalog_band(ask->catalog, id) != NULL;
    case TIEPSUC__V1__KIND__KIND_DUTY:
        return ts_catalog_duty(ask->catalog, id) != NULL;
    case TIEPSUC__V1__KIND__KIND_PERIOD:
        return ts_catalog_period(ask->catalog, id) != NULL;
    case TIEPSUC__V1__KIND__KIND_FUND:
        return ts_catalog_fund_holder(ask->catalog, id) != 0;
    default:
        return false;
    }
}

/* Does a record that a field of this kind names exist? The catalog answers fast for what stands; a
 * withdrawn record exists as well (what names it happened all the same), and that only the ledger
 * knows. */
static bool
known(const ask_t *ask, uint32_t kind, ts_record_id_t id)
{
    if (in_catalog(ask, kind, id)) {
        return true;
    }
    if (ask->exists == NULL) {
        return !ts_catalog_holds(kind);
    }
    return ask->exists(ask->ctx, kind, id);
}

static bool
missing_in(const ask_t *ask,
           const ts_field_t *fields,
           size_t count,
           const void *row,
           ts_verdict_t *ret_verdict)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].sense != TS_SENSE_REF) {
            continue;
        }
        ts_record_id_t id = (ts_record_id_t)ts_field_get_number(&fields[i], row);
        if (id != 0 && !known(ask, fields[i].ref_kind, id)) {
            *ret_verdict = waiting(fields[i].ref_kind, id);
            return true;
        }
    }
    return false;
}

/* The first reference, in the order of the fields, whose target has not come. */
static bool
missing_reference(const ask_t *ask, ts_verdict_t *ret_verdict)
{
    const ts_permit_input_t *input = ask->input;
    const ts_kind_schema_t *schema = input->schema;
    if (input->header->plan != 0 &&
        !known(ask, TIEPSUC__V1__KIND__KIND_PLAN, input->header->plan)) {
        *ret_verdict = waiting(TIEPSUC__V1__KIND__KIND_PLAN, input->header->plan);
        return true;
    }
    if (missing_in(ask, schema->fields, schema->field_count, input->record, ret_verdict)) {
        return true;
    }
    for (size_t i = 0; i < schema->list_count; i++) {
        const ts_child_list_t *list = &schema->lists[i];
        size_t rows = ts_child_count(list, input->record);
        for (size_t row = 0; row < rows; row++) {
            if (missing_in(ask, list->fields, list->field_count,
                           ts_child_row(list, input->record, row), ret_verdict)) {
                return true;
            }
        }
    }
    return false;
}

static bool
amounts_fit(const ts_field_t *fields, size_t count, const void *row)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].type == TS_FIELD_INT && fields[i].bytes == sizeof(int64_t)) {
            int64_t amount = ts_field_get_number(&fields[i], row);
            if (amount < 0 || amount > TS_AMOUNT_MAX) {
                return false;
            }
        }
    }
    return true;
}

static bool
all_amounts_fit(const ts_permit_input_t *input)
{
    const ts_kind_schema_t *schema = input->schema;
    bool fit = amounts_fit(schema->fields, schema->field_count, input->record);
    for (size_t i = 0; fit && i < schema->list_count; i++) {
        const ts_child_list_t *list = &schema->lists[i];
        size_t rows = list->is_scalar ? 0 : ts_child_count(list, input->record);
        for (size_t row = 0; fit && row < rows; row++) {
            fit = amounts_fit(list->fields, list->field_count,
                              ts_child_row(list, input->record, row));
        }
    }
    return fit;
}

static bool
after_cut_off(const ask_t *ask)
{
    const ts_office_t *office = ask->office;
    if (!office->cut_off || ts_catalog_released(ask->catalog, ask->input->event)) {
        return false;
    }
    bool within = false; /* a forked log has a tip for each branch */
    for (size_t i = 0; i < office->cut_tip_count; i++) {
        within = within || (ts_hash_equal(&office->cut_tips[i].log, &ask->input->log->log) &&
                            ask->input->seq <= office->cut_tips[i].seq);
    }
    return !within || ask->input->off_cut_chain;
}

/* Of the registry: every later registrar names how far its predecessors' logs count. */
static bool
after_registrar_cut(const ask_t *ask)
{
    size_t position = 0;
    const ts_tip_t *tips = NULL;
    size_t count = 0;
    bool cut = false;
    uint32_t serial = ask->input->log->registrar_serial;
    while (!cut && ts_catalog_registrar_cut(ask->catalog, serial, &position, &tips, &count)) {
        bool within = false;
        for (size_t i = 0; i < count; i++) {
            within = within || (ts_hash_equal(&tips[i].log, &ask->input->log->log) &&
                                ask->input->seq <= tips[i].seq);
        }
        cut = !within || ask->input->off_cut_chain;
    }
    return cut && !ts_catalog_released(ask->catalog, ask->input->event);
}

/* The office itself, or an installation that it replaces, or one that that one replaced. */
static bool
continues(const ask_t *ask, uint32_t number)
{
    const ts_office_t *office = ask->office;
    for (int depth = 0; office != NULL && depth < PREDECESSORS_MAX; depth++) {
        if (office->number == number) {
            return true;
        }
        office = ts_catalog_office(ask->catalog, office->predecessor_number);
    }
    return false;
}

/* A record is the business of the office that made it, and of the parents above that. */
static ts_verdict_t
judge_reach(const ask_t *ask, ts_record_id_t record)
{
    uint32_t maker_number = ts_record_office(record);
    if (continues(ask, maker_number)) {
        return parked(TS_PARK_NONE);
    }
    if (!is_parent(ask)) {
        return parked(TS_PARK_NOT_PERMITTED);
    }
    const ts_office_t *maker = ts_catalog_office(ask->catalog, maker_number);
    if (maker == NULL) {
        return waiting(TIEPSUC__V1__KIND__KIND_OFFICE, maker_number);
    }
    bool below = ts_catalog_below(ask->catalog, maker->unit, ask->office->unit);
    return parked(below ? TS_PARK_NONE : TS_PARK_NOT_PERMITTED);
}

/* A report is filed and sent back by the office that receives it. The duties of its body say
 * which; where they name none that has an office, any parent above the maker. Its maker is never
 * the one, except the province, which nobody stands above. */
static ts_verdict_t
judge_receiver(const ask_t *ask, ts_record_id_t report)
{
    ts_verdict_t reach = judge_reach(ask, report);
    if (reach.park != TS_PARK_NONE) {
        return reach;
    }
    if (continues(ask, ts_record_office(report))) {
        return parked(is_province(ask) ? TS_PARK_NONE : TS_PARK_NOT_PERMITTED);
    }
    const ts_office_t *maker = ts_catalog_office(ask->catalog, ts_record_office(report));
    ts_record_id_t plan = ask->input->header->plan;
    bool another = false;
    size_t position = 0;
    const ts_duty_t *duty;
    while ((duty = ts_catalog_next(ask->catalog, TIEPSUC__V1__KIND__KIND_DUTY, &position)) !=
           NULL) {
        if (duty->from_body != maker->body || duty->plan != plan) {
            continue;
        }
        if (duty->to_body == ask->office->body) {
            return parked(TS_PARK_NONE);
        }
        another = another || body_has_office(ask, duty->to_body);
    }
    return parked(another ? TS_PARK_NOT_PERMITTED : TS_PARK_NONE);
}

/* A record belongs to the office that made it; a parent may revise what its subtree made. */
static ts_verdict_t
judge_maker(const ask_t *ask)
{
    ts_record_id_t record = ask->input->header->record;
    bool makes = ask->input->header->revises_count == 0;
    if (makes && !continues(ask, ts_record_office(record))) {
        return parked(TS_PARK_NOT_PERMITTED);
    }
    return judge_reach(ask, record);
}

static ts_verdict_t
judge_author(const ask_t *ask)
{
    const ts_permit_input_t *input = ask->input;
    const ts_office_t *office = ask->office;
    if (!ts_hash_equal(&office->invite_key, &input->log->invite_key) ||
        (!ts_hash_is_zero(&office->node_key) &&
         !ts_hash_equal(&office->node_key, &input->log->node_key))) {
        return parked(TS_PARK_DUPLICATE_OFFICE);
    }
    if (after_cut_off(ask)) {
        return parked(TS_PARK_CUT_OFF);
    }
    return judge_maker(ask);
}

ts_approval_target_t
ts_approval_target(const void *record)
{
    const Tiepsuc__V1__Approval *approval = record;
    return (ts_approval_target_t){approval->target_kind, approval->target, approval->target_event};
}

/* An approval of one's own office waits for what it approves; the approver must be another person
 * than the writer. */
static ts_verdict_t
judge_approval(const ask_t *ask)
{
    const ts_permit_input_t *input = ask->input;
    const Tiepsuc__V1__Approval *approval = input->record;
    ts_verdict_t reach = judge_reach(ask, approval->target);
    if (reach.park != TS_PARK_NONE) {
        return reach;
    }
    if (!input->target_known) {
        return ts_record_office(approval->target) == input->log->office
                   ? waiting(TIEPSUC__V1__KIND__KIND_NONE, approval->target)
                   : parked(TS_PARK_NONE);
    }
    if (input->target_office == input->log->office &&
        input->target_author == input->header->author) {
        return parked(TS_PARK_SAME_PERSON);
    }
    return parked(TS_PARK_NONE);
}

/* What is dated after the unit's end belongs to its one successor; where there is none, it needs a
 * person's word. */
static bool
unit_had_ended(const ask_t *ask, ts_record_id_t unit_id)
{
    const ts_unit_t *unit = ts_catalog_unit(ask->catalog, unit_id);
    int32_t day = ask->input->header->occurred_on;
    return unit != NULL && unit->to != 0 && unit->successor == 0 && day >= unit->to && day != 0 &&
           !ts_catalog_released(ask->catalog, ask->input->event);
}

static ts_verdict_t
judge_content(const ask_t *ask, const kind_rule_t *rule)
{
    const ts_permit_input_t *input = ask->input;
    ts_verdict_t verdict = {0};
    if (!all_amounts_fit(input)) {
        return parked(TS_PARK_INVALID);
    }
    if (missing_reference(ask, &verdict)) {
        return verdict;
    }
    if (ask->office == NULL) {
        return verdict;
    }
    ts_record_id_t owner = rule->unit == NULL ? ask->office->unit : rule->unit(input->record);
    if (!rule->may_write(ask, owner)) {
        return parked(TS_PARK_NOT_PERMITTED);
    }
    if (rule->unit != NULL && unit_had_ended(ask, owner)) {
        return parked(TS_PARK_UNIT_ENDED);
    }
    if (input->header->kind == TIEPSUC__V1__KIND__KIND_APPROVAL) {
        verdict = judge_approval(ask);
    } else if (input->header->kind == TIEPSUC__V1__KIND__KIND_REPORT_RETURN) {
        const Tiepsuc__V1__ReportReturn *back = input->record;
        verdict = judge_receiver(ask, back->report_far_id);
    } else if (input->header->kind == TIEPSUC__V1__KIND__KIND_FILING) {
        const Tiepsuc__V1__Filing *filing = input->record;
        verdict = judge_receiver(ask, filing->report_id);
    }
    verdict.owner_unit = owner;
    return verdict;
}

ts_verdict_t
ts_permit(const ts_catalog_t *catalog,
          const ts_permit_input_t *input,
          ts_permit_exists_fn exists,
          void *ctx)
{
    ask_t ask = {catalog, input, NULL, exists, ctx};
    const kind_rule_t *rule = rule_of(input->header->kind);
    bool understood = rule != NULL && input->schema != NULL && input->record != NULL &&
                      input->header->version <= input->schema->version;
    if (!understood) {
        return parked(input->header->must_understand ? TS_PARK_UNKNOWN_KIND : TS_PARK_NONE);
    }
    if ((rule->purposes & BIT(input->log->purpose)) == 0) {
        return parked(TS_PARK_WRONG_LOG);
    }
    /* The registry log certifies itself: its genesis names the registrar's key, and only that key
     * signs it. */
    if (input->log->purpose == TS_PURPOSE_REGISTRY) {
        if (after_registrar_cut(&ask)) {
            return parked(TS_PARK_CUT_OFF);
        }
    } else {
        ask.office = ts_catalog_office(catalog, input->log->office);
        if (ask.office == NULL) {
            ts_verdict_t verdict = parked(TS_PARK_UNKNOWN_OFFICE);
            verdict.waits_kind = TIEPSUC__V1__KIND__KIND_OFFICE;
            verdict.waits_for = input->log->office;
            return verdict;
        }
        ts_verdict_t verdict = judge_author(&ask);
        if (verdict.park != TS_PARK_NONE) {
            return verdict;
        }
    }
    return judge_content(&ask, rule);
}
