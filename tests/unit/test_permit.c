/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: who may write what is decided by the event, its log and the registry alone.
 * Method: a table of cases over one small registry, each with verdict and reason; the rule that a
 * case is about stands beside it.
 */
#include "core/envelope.h"
#include "core/permit.h"
#include "support/test.h"
#include "tiepsuc/v1/event.pb-c.h"
#include "wire/schema.h"

#include <string.h>

/* Units, bodies and so on are records 100 …; offices are numbers. */
enum {
    PROVINCE_UNIT = 101,
    DISTRICT_UNIT,
    COMMUNE_A,
    COMMUNE_B,
    ENDED_SINGLE,
    ENDED_SPLIT,
    FAR_DISTRICT,
    COMMUNE_C, /* has no office */
    BODY_PROVINCE = 201,
    BODY_DISTRICT,
    BODY_A,
    BODY_B,
    BODY_UNION,
    BODY_CHILD_FUND,
    BODY_C,
    PLAN = 301,
    LINE,
    DUTY_A,
    FUND_PROVINCE = 401,
    FUND_UNION,
    FUND_CHILD,
    FUND_OF_B,
    FUND_OF_C,
    DONOR = 501,
    CHILD,
    NEED,
    GONE,
};

enum { PROVINCE = 1, DISTRICT, A, B, UNION, REPLACED, REPLACEMENT, CUT, OTHER_DISTRICT, OFFICES };

#define ENDED_DAY 1000

static const struct {
    int role;
    ts_record_id_t unit;
    ts_record_id_t body;
    uint32_t predecessor;
} office_rows[OFFICES] = {
    [PROVINCE] = {1, PROVINCE_UNIT, BODY_PROVINCE, 0},
    [DISTRICT] = {2, DISTRICT_UNIT, BODY_DISTRICT, 0},
    [A] = {3, COMMUNE_A, BODY_A, 0},
    [B] = {3, COMMUNE_B, BODY_B, 0},
    [UNION] = {4, PROVINCE_UNIT, BODY_UNION, 0},
    [REPLACED] = {3, COMMUNE_A, BODY_A, 0},
    [REPLACEMENT] = {3, COMMUNE_A, BODY_A, REPLACED},
    [CUT] = {3, COMMUNE_B, BODY_B, 0},
    [OTHER_DISTRICT] = {2, FAR_DISTRICT, BODY_DISTRICT, 0},
};

static char *
text(const char *literal)
{
    char *result;
    memcpy(&result, &literal, sizeof result);
    return result;
}

static ts_hash_t
key(uint32_t office, char which)
{
    ts_hash_t hash = {{0}};
    hash.b[0] = (uint8_t)office;
    hash.b[1] = (uint8_t)which;
    return hash;
}

static void
put_unit(ts_catalog_t *catalog,
         ts_record_id_t id,
         ts_record_id_t parent,
         ts_record_id_t successor,
         int32_t to)
{
    Tiepsuc__V1__Unit unit = TIEPSUC__V1__UNIT__INIT;
    unit.parent_id = parent;
    unit.successor_id = successor;
    unit.valid_to_on = to;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_UNIT, id, 0, &unit);
}

static void
put_body(ts_catalog_t *catalog, ts_record_id_t id, ts_record_id_t unit, ts_record_id_t parent)
{
    Tiepsuc__V1__Body body = TIEPSUC__V1__BODY__INIT;
    body.unit_id = unit;
    body.parent_id = parent;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_BODY, id, 0, &body);
}

static void
put_fund(ts_catalog_t *catalog, ts_record_id_t id, ts_record_id_t holder)
{
    Tiepsuc__V1__Fund fund = TIEPSUC__V1__FUND__INIT;
    fund.holder_body_id = holder;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_FUND, id, 0, &fund);
}

static void
put_office(ts_catalog_t *catalog, uint32_t number)
{
    ts_hash_t invite = key(number, 'i');
    ts_hash_t node = key(number, 'n');
    Tiepsuc__V1__Office office = TIEPSUC__V1__OFFICE__INIT;
    office.number = number;
    office.role = (Tiepsuc__V1__OfficeRole)office_rows[number].role;
    office.unit_id = office_rows[number].unit;
    office.body_id = office_rows[number].body;
    office.predecessor_number = office_rows[number].predecessor;
    office.invite_key = (ProtobufCBinaryData){TS_HASH_BYTES, invite.b};
    office.node_key = (ProtobufCBinaryData){TS_HASH_BYTES, node.b};
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_OFFICE, 600 + number, 0, &office);
}

static ts_catalog_t *
make_catalog(void)
{
    ts_catalog_t *catalog = ts_catalog_new();
    put_unit(catalog, PROVINCE_UNIT, 0, 0, 0);
    put_unit(catalog, DISTRICT_UNIT, PROVINCE_UNIT, 0, 0);
    put_unit(catalog, FAR_DISTRICT, PROVINCE_UNIT, 0, 0);
    put_unit(catalog, COMMUNE_A, DISTRICT_UNIT, 0, 0);
    put_unit(catalog, COMMUNE_B, DISTRICT_UNIT, 0, 0);
    put_unit(catalog, COMMUNE_C, DISTRICT_UNIT, 0, 0);
    put_unit(catalog, ENDED_SINGLE, DISTRICT_UNIT, COMMUNE_A, ENDED_DAY);
    put_unit(catalog, ENDED_SPLIT, COMMUNE_A, 0, ENDED_DAY);
    put_body(catalog, BODY_PROVINCE, PROVINCE_UNIT, 0);
    put_body(catalog, BODY_DISTRICT, DISTRICT_UNIT, 0);
    put_body(catalog, BODY_A, COMMUNE_A, 0);
    put_body(catalog, BODY_B, COMMUNE_B, 0);
    put_body(catalog, BODY_C, COMMUNE_C, 0);
    put_body(catalog, BODY_UNION, PROVINCE_UNIT, 0);
    put_body(catalog, BODY_CHILD_FUND, PROVINCE_UNIT, BODY_PROVINCE);
    put_fund(catalog, FUND_PROVINCE, BODY_PROVINCE);
    put_fund(catalog, FUND_UNION, BODY_UNION);
    put_fund(catalog, FUND_CHILD, BODY_CHILD_FUND);
    put_fund(catalog, FUND_OF_B, BODY_B);
    put_fund(catalog, FUND_OF_C, BODY_C);
    for (uint32_t number = 1; number < OFFICES; number++) {
        put_office(catalog, number);
    }
    Tiepsuc__V1__Plan plan = TIEPSUC__V1__PLAN__INIT;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_PLAN, PLAN, 0, &plan);
    Tiepsuc__V1__Line line = TIEPSUC__V1__LINE__INIT;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_LINE, LINE, PLAN, &line);
    Tiepsuc__V1__Duty duty = TIEPSUC__V1__DUTY__INIT;
    duty.from_body_id = BODY_A;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_DUTY, DUTY_A, PLAN, &duty);
    ts_hash_t log = key(CUT, 'l');
    Tiepsuc__V1__Tip tip = TIEPSUC__V1__TIP__INIT;
    tip.log_key = (ProtobufCBinaryData){TS_HASH_BYTES, log.b};
    tip.seq = 10;
    /* A shorter branch of the same log stands before or after it. */
    Tiepsuc__V1__Tip shorter = tip;
    shorter.seq = 3;
    Tiepsuc__V1__Tip shortest = tip;
    shortest.seq = 2;
    Tiepsuc__V1__Tip *tips[] = {&shorter, &tip, &shortest};
    Tiepsuc__V1__Cutoff cutoff = TIEPSUC__V1__CUTOFF__INIT;
    cutoff.office_id = 600 + CUT;
    cutoff.tips = tips;
    cutoff.n_tips = 3;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_CUTOFF, 700, 0, &cutoff);
    uint64_t released = 4242;
    Tiepsuc__V1__Release release = TIEPSUC__V1__RELEASE__INIT;
    release.events = &released;
    release.n_events = 1;
    ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_RELEASE, 701, 0, &release);
    return catalog;
}

static bool
exists(void *ctx, uint32_t kind, ts_record_id_t id)
{
    return id == DONOR || id == CHILD || id == NEED ||
           (kind == TIEPSUC__V1__KIND__KIND_LINE && id == GONE);
}

/* What a case changes of an ordinary event. */
typedef struct tweak {
    ts_record_id_t record; /* 0: made by the office itself */
    bool revises;
    int32_t day;
    ts_record_id_t behalf; /* with a source sheet */
    uint64_t event;        /* 0: 1 */
    uint64_t seq;          /* 0: 1 */
    bool off_chain;
    bool other_invite;
    bool other_node;
    uint32_t author;
} tweak_t;

static ts_verdict_t
ask(uint32_t office, uint8_t purpose, uint32_t kind, const void *record, const tweak_t *tweak)
{
    ts_catalog_t *catalog = make_catalog();
    uint64_t revises = 77;
    ts_event_header_t header = {
        .kind = kind,
        .version = 1,
        .must_understand = true,
        .record = tweak->record == 0 ? ts_record_id(office, 1, 1) : tweak->record,
        .plan = PLAN,
        .occurred_on = tweak->day,
        .author = tweak->author == 0 ? 1 : tweak->author,
        .revises = &revises,
        .revises_count = tweak->revises ? 1 : 0,
        .on_behalf_of_unit = tweak->behalf,
        .reason = "",
        .row_key = "",
    };
    if (tweak->behalf != 0) {
        header.source_key = key(1, 's');
    }
    ts_log_info_t log = {
        .log = key(office, 'l'),
        .office = office,
        .purpose = purpose,
        .invite_key = key(office, tweak->other_invite ? 'x' : 'i'),
        .node_key = key(office, tweak->other_node ? 'x' : 'n'),
    };
    ts_permit_input_t input = {
        .header = &header,
        .record = record,
        .schema = ts_schema_kind(ts_wire_schema(), kind),
        .event = tweak->event == 0 ? 1 : tweak->event,
        .log = &log,
        .seq = tweak->seq == 0 ? 1 : tweak->seq,
        .off_cut_chain = tweak->off_chain,
    };
    ts_verdict_t verdict = ts_permit(catalog, &input, exists, NULL);
    ts_catalog_destroy(&catalog);
    return verdict;
}

static Tiepsuc__V1__Need
need_of(ts_record_id_t unit)
{
    Tiepsuc__V1__Need need = TIEPSUC__V1__NEED__INIT;
    need.unit_id = unit;
    need.line_id = LINE;
    return need;
}

/* ---- territory: a commune about its own unit, a parent about its subtree, on behalf with the
 * sheet */

typedef struct need_case {
    const char *rule;
    uint32_t office;
    ts_record_id_t unit;
    tweak_t tweak;
    ts_park_t park;
} need_case_t;

static const need_case_t need_cases[] = {
    {"a commune about its own unit", A, COMMUNE_A, {0}, TS_PARK_NONE},
    {"a commune not about another", A, COMMUNE_B, {0}, TS_PARK_NOT_PERMITTED},
    {"a commune not about its district", A, DISTRICT_UNIT, {0}, TS_PARK_NOT_PERMITTED},
    {"a parent about its subtree", DISTRICT, COMMUNE_B, {0}, TS_PARK_NONE},
    {"the province about everything", PROVINCE, COMMUNE_A, {0}, TS_PARK_NONE},
    {"another district not", OTHER_DISTRICT, COMMUNE_A, {0}, TS_PARK_NOT_PERMITTED},
    {"a union writes about no territory", UNION, COMMUNE_A, {0}, TS_PARK_NOT_PERMITTED},
    {"a union on behalf, with the sheet", UNION, COMMUNE_A, {.behalf = COMMUNE_A}, TS_PARK_NONE},
    {"on behalf of another unit than it is about",
     UNION,
     COMMUNE_A,
     {.behalf = COMMUNE_B},
     TS_PARK_NOT_PERMITTED},
    {"dated after the end, one successor", A, ENDED_SINGLE, {.day = ENDED_DAY}, TS_PARK_NONE},
    {"dated after the end, several", A, ENDED_SPLIT, {.day = ENDED_DAY}, TS_PARK_UNIT_ENDED},
    {"dated before the end", A, ENDED_SPLIT, {.day = ENDED_DAY - 1}, TS_PARK_NONE},
    {"not dated", A, ENDED_SPLIT, {0}, TS_PARK_NONE},
    {"after the end, released", A, ENDED_SPLIT, {.day = ENDED_DAY, .event = 4242}, TS_PARK_NONE},
    {"a unit that has not come is waited for", A, 999, {0}, TS_PARK_WAITING},
    /* records belong to who made them */
    {"not under another office's number",
     A,
     COMMUNE_A,
     {.record = (ts_record_id_t)B << 45 | 5},
     TS_PARK_NOT_PERMITTED},
    {"a commune does not revise another's",
     A,
     COMMUNE_A,
     {.record = (ts_record_id_t)B << 45 | 5, .revises = true},
     TS_PARK_NOT_PERMITTED},
    {"a parent revises what its subtree made",
     DISTRICT,
     COMMUNE_B,
     {.record = (ts_record_id_t)B << 45 | 5, .revises = true},
     TS_PARK_NONE},
    {"another district does not",
     OTHER_DISTRICT,
     FAR_DISTRICT,
     {.record = (ts_record_id_t)B << 45 | 5, .revises = true},
     TS_PARK_NOT_PERMITTED},
    {"a parent makes no records in a child's name",
     DISTRICT,
     COMMUNE_B,
     {.record = (ts_record_id_t)B << 45 | 5},
     TS_PARK_NOT_PERMITTED},
    {"a parent waits for the registry to know the maker",
     DISTRICT,
     COMMUNE_B,
     {.record = (ts_record_id_t)33 << 45 | 5, .revises = true},
     TS_PARK_WAITING},
    {"an installation goes on with what it replaces",
     REPLACEMENT,
     COMMUNE_A,
     {.record = (ts_record_id_t)REPLACED << 45 | 5, .revises = true},
     TS_PARK_NONE},
    {"not the other way round",
     REPLACED,
     COMMUNE_A,
     {.record = (ts_record_id_t)REPLACEMENT << 45 | 5, .revises = true},
     TS_PARK_NOT_PERMITTED},
    /* keys and cut-offs */
    {"another invite than enrolled",
     A,
     COMMUNE_A,
     {.other_invite = true},
     TS_PARK_DUPLICATE_OFFICE},
    {"another key than joined", A, COMMUNE_A, {.other_node = true}, TS_PARK_DUPLICATE_OFFICE},
    {"up to the cut-off's tip", CUT, COMMUNE_B, {.seq = 10}, TS_PARK_NONE},
    {"after it", CUT, COMMUNE_B, {.seq = 11}, TS_PARK_CUT_OFF},
    {"own tail after it", CUT, COMMUNE_B, {.seq = UINT64_MAX}, TS_PARK_CUT_OFF},
    {"beside the chain", CUT, COMMUNE_B, {.seq = 4, .off_chain = true}, TS_PARK_CUT_OFF},
    {"after it, released", CUT, COMMUNE_B, {.seq = 11, .event = 4242}, TS_PARK_NONE},
    {"an office that the registry does not know", 40, COMMUNE_A, {0}, TS_PARK_UNKNOWN_OFFICE},
};

static void
test_permit_territory_makers_keys_and_cut_offs(void **state)
{
    for (size_t i = 0; i < TS_COUNT(need_cases); i++) {
        const need_case_t *row = &need_cases[i];
        Tiepsuc__V1__Need need = need_of(row->unit);
        ts_verdict_t verdict =
            ask(row->office, TS_PURPOSE_RECORDS, TIEPSUC__V1__KIND__KIND_NEED, &need, &row->tweak);
        if (verdict.park != row->park) {
            print_error("%s: %s\n", row->rule, ts_park_str(verdict.park));
        }
        assert_int_equal(verdict.park, row->park);
        if (row->park == TS_PARK_NONE) {
            assert_int_equal(verdict.owner_unit, row->unit);
        }
    }
}

static void
test_permit_waits_for_what_is_missing(void **state)
{
    tweak_t plain = {0};
    Tiepsuc__V1__Need need = need_of(999);
    ts_verdict_t verdict = ask(A, TS_PURPOSE_RECORDS, TIEPSUC__V1__KIND__KIND_NEED, &need, &plain);
    assert_int_equal(verdict.waits_kind, TIEPSUC__V1__KIND__KIND_UNIT);
    assert_int_equal(verdict.waits_for, 999);
    need = need_of(COMMUNE_A);
    need.beneficiary_id = 998;
    verdict = ask(A, TS_PURPOSE_RECORDS, TIEPSUC__V1__KIND__KIND_NEED, &need, &plain);
    assert_int_equal(verdict.park, TS_PARK_WAITING);
    assert_int_equal(verdict.waits_kind, TIEPSUC__V1__KIND__KIND_BENEFICIARY);
    assert_int_equal(verdict.waits_for, 998);
    /* In rows of a list as well. */
    ts_record_id_t children[] = {CHILD, 997};
    Tiepsuc__V1__Handover handover = TIEPSUC__V1__HANDOVER__INIT;
    handover.unit_id = COMMUNE_A;
    handover.line_id = LINE;
    handover.beneficiary_ids = children;
    handover.n_beneficiary_ids = 2;
    verdict = ask(A, TS_PURPOSE_RECORDS, TIEPSUC__V1__KIND__KIND_HANDOVER, &handover, &plain);
    assert_int_equal(verdict.waits_for, 997);
    /* A far reference is never waited for. */
    children[1] = CHILD;
    handover.allocation_far_id = 996;
    verdict = ask(A, TS_PURPOSE_RECORDS, TIEPSUC__V1__KIND__KIND_HANDOVER, &handover, &plain);
    assert_int_equal(verdict.park, TS_PARK_NONE);
    /* A withdrawn line exists: only the ledger knows it. */
    need = need_of(COMMUNE_A);
    need.line_id = GONE;
    verdict = ask(A, TS_PURPOSE_RECORDS, TIEPSUC__V1__KIND__KIND_NEED, &need, &plain);
    assert_int_equal(verdict.park, TS_PARK_NONE);
    /* An office that is not known waits for its number. */
    verdict = ask(40, TS_PURPOSE_RECORDS, TIEPSUC__V1__KIND__KIND_NEED, &need, &plain);
    assert_int_equal(verdict.waits_kind, TIEPSUC__V1__KIND__KIND_OFFICE);
    assert_int_equal(verdict.waits_for, 40);
}

/* ---- which log a kind may stand in, and who writes plans, acts and the registry */

static void
test_permit_kinds_stand_only_in_their_logs(void **state)
{
    static const struct {
        uint32_t kind;
        uint32_t office;
        uint32_t purposes; /* bit per purpose in which it is accepted */
    } cases[] = {
        {TIEPSUC__V1__KIND__KIND_UNIT, PROVINCE, 1u << TS_PURPOSE_REGISTRY},
        {TIEPSUC__V1__KIND__KIND_PLAN, PROVINCE, 1u << TS_PURPOSE_DOWN},
        {TIEPSUC__V1__KIND__KIND_DONOR, PROVINCE,
         1u << TS_PURPOSE_RECORDS | 1u << TS_PURPOSE_PRIVATE},
        {TIEPSUC__V1__KIND__KIND_HOLDING, PROVINCE, 1u << TS_PURPOSE_HOLDINGS},
        {TIEPSUC__V1__KIND__KIND_REPORT_RETURN, PROVINCE, 1u << TS_PURPOSE_DOWN},
        {TIEPSUC__V1__KIND__KIND_WAIVER, PROVINCE, 1u << TS_PURPOSE_ACTS | 1u << TS_PURPOSE_DOWN},
    };
    Tiepsuc__V1__Unit unit = TIEPSUC__V1__UNIT__INIT;
    Tiepsuc__V1__Plan plan = TIEPSUC__V1__PLAN__INIT;
    Tiepsuc__V1__Donor donor = TIEPSUC__V1__DONOR__INIT;
    Tiepsuc__V1__Holding holding = TIEPSUC__V1__HOLDING__INIT;
    Tiepsuc__V1__ReportReturn back = TIEPSUC__V1__REPORT_RETURN__INIT;
    Tiepsuc__V1__Waiver waiver = TIEPSUC__V1__WAIVER__INIT;
    back.report_far_id = ts_record_id(A, 1, 1);
    const void *const records[] = {&unit, &plan, &donor, &holding, &back, &waiver};
    const tweak_t plain = {0};
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        for (uint8_t purpose = TS_PURPOSE_ACTS; purpose <= TS_PURPOSE_PRIVATE; purpose++) {
            ts_verdict_t verdict = ask(cases[i].office, purpose, cases[i].kind, records[i], &plain);
            bool fits = (cases[i].purposes & 1u << purpose) != 0;
            assert_int_equal(verdict.park, fits ? TS_PARK_NONE : TS_PARK_WRONG_LOG);
        }
    }
}

static void
test_permit_only_the_province_writes_plans(void **state)
{
    const tweak_t plain = {0};
    Tiepsuc__V1__Line line = TIEPSUC__V1__LINE__INIT;
    assert_int_equal(
        ask(PROVINCE, TS_PURPOSE_DOWN, TIEPSUC__V1__KIND__KIND_LINE, &line, &plain).park,
        TS_PARK_NONE);
    assert_int_equal(
        ask(DISTRICT, TS_PURPOSE_DOWN, TIEPSUC__V1__KIND__KIND_LINE, &line, &plain).park,
        TS_PARK_NOT_PERMITTED);
}

static void
test_permit_registry_log_certifies_itself(void **state)
{
    /* Its key is the registrar's: no office, no invite, no cut-off is asked; references are. */
    tweak_t odd = {.other_invite = true, .other_node = true, .seq = 99};
    Tiepsuc__V1__Unit unit = TIEPSUC__V1__UNIT__INIT;
    unit.parent_id = PROVINCE_UNIT;
    assert_int_equal(ask(CUT, TS_PURPOSE_REGISTRY, TIEPSUC__V1__KIND__KIND_UNIT, &unit, &odd).park,
                     TS_PARK_NONE);
    unit.parent_id = 990;
    assert_int_equal(ask(CUT, TS_PURPOSE_REGISTRY, TIEPSUC__V1__KIND__KIND_UNIT, &unit, &odd).park,
                     TS_PARK_WAITING);
}

/* ---- a fund has one holder */

static void
test_permit_only_the_holders_office_writes_of_a_fund(void **state)
{
    static const struct {
        uint32_t office;
        ts_record_id_t fund;
        ts_record_id_t behalf;
        ts_park_t park;
    } cases[] = {
        {PROVINCE, FUND_PROVINCE, 0, TS_PARK_NONE},
        {PROVINCE, FUND_CHILD, 0, TS_PARK_NONE}, /* of a body that belongs to its own */
        {PROVINCE, FUND_UNION, 0, TS_PARK_NOT_PERMITTED},
        {UNION, FUND_UNION, 0, TS_PARK_NONE},
        {UNION, FUND_PROVINCE, 0, TS_PARK_NOT_PERMITTED},
        {DISTRICT, FUND_OF_B, 0, TS_PARK_NOT_PERMITTED},
        {DISTRICT, FUND_OF_B, COMMUNE_B, TS_PARK_NOT_PERMITTED}, /* it has an office */
        {DISTRICT, FUND_OF_C, 0, TS_PARK_NOT_PERMITTED},
        {DISTRICT, FUND_OF_C, COMMUNE_C, TS_PARK_NONE}, /* for a unit without an office */
        {OTHER_DISTRICT, FUND_OF_C, COMMUNE_C, TS_PARK_NOT_PERMITTED},
        {A, FUND_OF_C, COMMUNE_C, TS_PARK_NOT_PERMITTED},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        tweak_t tweak = {.behalf = cases[i].behalf};
        Tiepsuc__V1__Receipt receipt = TIEPSUC__V1__RECEIPT__INIT;
        receipt.donor_id = DONOR;
        receipt.fund_id = cases[i].fund;
        Tiepsuc__V1__Purchase purchase = TIEPSUC__V1__PURCHASE__INIT;
        purchase.fund_id = cases[i].fund;
        Tiepsuc__V1__Allocation allocation = TIEPSUC__V1__ALLOCATION__INIT;
        allocation.fund_id = cases[i].fund;
        Tiepsuc__V1__Pledge pledge = TIEPSUC__V1__PLEDGE__INIT;
        pledge.donor_id = DONOR;
        pledge.fund_id = cases[i].fund;
        const struct {
            uint32_t kind;
            const void *record;
        } writes[] = {{TIEPSUC__V1__KIND__KIND_RECEIPT, &receipt},
                      {TIEPSUC__V1__KIND__KIND_PURCHASE, &purchase},
                      {TIEPSUC__V1__KIND__KIND_ALLOCATION, &allocation},
                      {TIEPSUC__V1__KIND__KIND_PLEDGE, &pledge}};
        for (size_t k = 0; k < TS_COUNT(writes); k++) {
            ts_verdict_t verdict =
                ask(cases[i].office, TS_PURPOSE_RECORDS, writes[k].kind, writes[k].record, &tweak);
            assert_int_equal(verdict.park, cases[i].park);
        }
    }
}

static void
test_permit_handover_from_a_fund_needs_its_holder(void **state)
{
    const tweak_t plain = {0};
    Tiepsuc__V1__Handover handover = TIEPSUC__V1__HANDOVER__INIT;
    handover.unit_id = COMMUNE_A;
    handover.line_id = LINE;
    handover.fund_id = FUND_UNION;
    assert_int_equal(
        ask(A, TS_PURPOSE_RECORDS, TIEPSUC__V1__KIND__KIND_HANDOVER, &handover, &plain).park,
        TS_PARK_NOT_PERMITTED);
    /* A union hands over from its own fund wherever that is. */
    assert_int_equal(
        ask(UNION, TS_PURPOSE_RECORDS, TIEPSUC__V1__KIND__KIND_HANDOVER, &handover, &plain).park,
        TS_PARK_NONE);
}

/* ---- acts */

static void
test_permit_report_is_of_the_offices_own_body_and_duty(void **state)
{
    const tweak_t plain = {0};
    Tiepsuc__V1__Report report = TIEPSUC__V1__REPORT__INIT;
    report.body_id = BODY_A;
    report.duty_id = DUTY_A;
    assert_int_equal(ask(A, TS_PURPOSE_ACTS, TIEPSUC__V1__KIND__KIND_REPORT, &report, &plain).park,
                     TS_PARK_NONE);
    assert_int_equal(ask(B, TS_PURPOSE_ACTS, TIEPSUC__V1__KIND__KIND_REPORT, &report, &plain).park,
                     TS_PARK_NOT_PERMITTED);
    report.body_id = BODY_B;
    assert_int_equal(ask(B, TS_PURPOSE_ACTS, TIEPSUC__V1__KIND__KIND_REPORT, &report, &plain).park,
                     TS_PARK_NOT_PERMITTED);
    report.duty_id = 0;
    assert_int_equal(ask(B, TS_PURPOSE_ACTS, TIEPSUC__V1__KIND__KIND_REPORT, &report, &plain).park,
                     TS_PARK_NONE);
}

static ts_verdict_t
approve(
    uint32_t office, uint32_t author, bool known, uint32_t target_office, uint32_t target_author)
{
    ts_catalog_t *catalog = make_catalog();
    Tiepsuc__V1__Approval approval = TIEPSUC__V1__APPROVAL__INIT;
    approval.target_kind = text("allocation");
    approval.target = ts_record_id(target_office, 1, 9);
    ts_event_header_t header = {.kind = TIEPSUC__V1__KIND__KIND_APPROVAL,
                                .version = 1,
                                .record = ts_record_id(office, 1, 1),
                                .author = author};
    ts_log_info_t log = {.log = key(office, 'l'),
                         .office = office,
                         .purpose = TS_PURPOSE_ACTS,
                         .invite_key = key(office, 'i'),
                         .node_key = key(office, 'n')};
    ts_permit_input_t input = {.header = &header,
                               .record = &approval,
                               .schema = ts_schema_kind(ts_wire_schema(), header.kind),
                               .log = &log,
                               .seq = 1,
                               .target_known = known,
                               .target_office = target_office,
                               .target_author = target_author};
    ts_verdict_t verdict = ts_permit(catalog, &input, exists, NULL);
    ts_catalog_destroy(&catalog);
    return verdict;
}

static void
test_permit_approver_is_another_person(void **state)
{
    assert_int_equal(approve(PROVINCE, 2, true, PROVINCE, 1).park, TS_PARK_NONE);
    assert_int_equal(approve(PROVINCE, 1, true, PROVINCE, 1).park, TS_PARK_SAME_PERSON);
    /* Account numbers are local: the same number elsewhere is somebody else. */
    assert_int_equal(approve(PROVINCE, 1, true, DISTRICT, 1).park, TS_PARK_NONE);
    /* What the own office wrote must come first; what others wrote may never come here. */
    assert_int_equal(approve(PROVINCE, 2, false, PROVINCE, 0).park, TS_PARK_WAITING);
    assert_int_equal(approve(PROVINCE, 2, false, DISTRICT, 0).park, TS_PARK_NONE);
}

/* Whoever is neither the maker nor above it has no say: an approval or a report sent back by a
 * neighbour does not count. */
static void
test_permit_only_the_maker_and_its_parents_have_a_say(void **state)
{
    static const struct {
        uint32_t office;
        uint32_t maker;
        ts_park_t park;
    } cases[] = {
        {A, A, TS_PARK_NONE},
        {DISTRICT, A, TS_PARK_NONE},
        {PROVINCE, A, TS_PARK_NONE},
        {REPLACEMENT, REPLACED, TS_PARK_NONE},
        {B, A, TS_PARK_NOT_PERMITTED},
        {A, DISTRICT, TS_PARK_NOT_PERMITTED},
        {A, PROVINCE, TS_PARK_NOT_PERMITTED},
        {UNION, A, TS_PARK_NOT_PERMITTED},
        {OTHER_DISTRICT, A, TS_PARK_NOT_PERMITTED},
        {DISTRICT, 33, TS_PARK_WAITING}, /* the registry does not name that office yet */
    };
    const tweak_t plain = {0};
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        assert_int_equal(approve(cases[i].office, 2, true, cases[i].maker, 1).park, cases[i].park);
        Tiepsuc__V1__ReportReturn back = TIEPSUC__V1__REPORT_RETURN__INIT;
        back.report_far_id = ts_record_id(cases[i].maker, 1, 9);
        bool parent = cases[i].office <= DISTRICT || cases[i].office == OTHER_DISTRICT;
        ts_park_t park = ask(cases[i].office, TS_PURPOSE_DOWN,
                             TIEPSUC__V1__KIND__KIND_REPORT_RETURN, &back, &plain)
                             .park;
        assert_int_equal(park, parent ? cases[i].park : TS_PARK_NOT_PERMITTED);
    }
}

/* ---- what cannot be read or cannot be */

static void
test_permit_unknown_kind_is_parked_only_when_it_must_be_understood(void **state)
{
    ts_catalog_t *catalog = make_catalog();
    ts_event_header_t header = {
        .kind = 999, .version = 1, .record = ts_record_id(A, 1, 1), .must_understand = true};
    ts_log_info_t log = {.office = A, .purpose = TS_PURPOSE_RECORDS};
    ts_permit_input_t input = {.header = &header, .log = &log};
    assert_int_equal(ts_permit(catalog, &input, NULL, NULL).park, TS_PARK_UNKNOWN_KIND);
    header.must_understand = false;
    assert_int_equal(ts_permit(catalog, &input, NULL, NULL).park, TS_PARK_NONE);
    ts_catalog_destroy(&catalog);
}

static void
test_permit_amounts_must_make_sense(void **state)
{
    const tweak_t plain = {0};
    static const struct {
        int64_t quantity;
        ts_park_t park;
    } cases[] = {{0, TS_PARK_NONE},
                 {TS_AMOUNT_MAX, TS_PARK_NONE},
                 {TS_AMOUNT_MAX + 1, TS_PARK_INVALID},
                 {-1, TS_PARK_INVALID},
                 {INT64_MIN, TS_PARK_INVALID}};
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        Tiepsuc__V1__Need need = need_of(COMMUNE_A);
        need.quantity = cases[i].quantity;
        assert_int_equal(
            ask(A, TS_PURPOSE_RECORDS, TIEPSUC__V1__KIND__KIND_NEED, &need, &plain).park,
            cases[i].park);
        Tiepsuc__V1__Item item = TIEPSUC__V1__ITEM__INIT;
        item.value_vnd = cases[i].quantity;
        Tiepsuc__V1__Item *items[] = {&item};
        Tiepsuc__V1__Handover handover = TIEPSUC__V1__HANDOVER__INIT;
        handover.unit_id = COMMUNE_A;
        handover.line_id = LINE;
        handover.items = items;
        handover.n_items = 1;
        assert_int_equal(
            ask(A, TS_PURPOSE_RECORDS, TIEPSUC__V1__KIND__KIND_HANDOVER, &handover, &plain).park,
            cases[i].park);
    }
}

static void
test_permit_every_reason_has_a_sentence(void **state)
{
    for (int reason = TS_PARK_NONE; reason <= TS_PARK_WAITING; reason++) {
        assert_string_not_equal(ts_park_str((ts_park_t)reason), "?");
    }
    assert_string_equal(ts_park_str((ts_park_t)99), "?");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permit_territory_makers_keys_and_cut_offs),
        cmocka_unit_test(test_permit_waits_for_what_is_missing),
        cmocka_unit_test(test_permit_kinds_stand_only_in_their_logs),
        cmocka_unit_test(test_permit_only_the_province_writes_plans),
        cmocka_unit_test(test_permit_registry_log_certifies_itself),
        cmocka_unit_test(test_permit_only_the_holders_office_writes_of_a_fund),
        cmocka_unit_test(test_permit_handover_from_a_fund_needs_its_holder),
        cmocka_unit_test(test_permit_report_is_of_the_offices_own_body_and_duty),
        cmocka_unit_test(test_permit_approver_is_another_person),
        cmocka_unit_test(test_permit_only_the_maker_and_its_parents_have_a_say),
        cmocka_unit_test(test_permit_unknown_kind_is_parked_only_when_it_must_be_understood),
        cmocka_unit_test(test_permit_amounts_must_make_sense),
        cmocka_unit_test(test_permit_every_reason_has_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
