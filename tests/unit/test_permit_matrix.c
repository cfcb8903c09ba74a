/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: for every kind of record and every kind of office it stands written down who may write it,
 * and where; nothing more is permitted and nothing less.
 * Method: the law as a table by hand, a line for each kind and case, a letter for each office. Each
 * line is asked of every office in every kind of log. A kind without a line fails.
 */
#include "core/envelope.h"
#include "core/kind.h"
#include "core/permit.h"
#include "support/test.h"
#include "wire/record.h"
#include "wire/schema.h"

#include <string.h>

/* Columns of the law. */
enum {
    COMMUNE = 1,    /* of the commune that most lines are about */
    DISTRICT,       /* above it */
    OTHER_DISTRICT, /* with the other commune */
    OTHER_COMMUNE,
    UNION,      /* a body of the province that belongs to the department */
    DEPARTMENT, /* the body that the union and the club belong to */
    PROVINCE,
    CUT_OFF, /* the commune's former installation, cut off from its beginning */
    OFFICES
};

enum {
    U_PROVINCE = 101,
    U_DISTRICT,
    U_OTHER_DISTRICT,
    U_COMMUNE,
    U_OTHER_COMMUNE,
    U_BARE, /* a commune of the district without an office */
};

/* A body of each office is 200 + its number, its fund 300 + that. Two bodies have no office. */
#define BODY(office) (200 + (office))
#define FUND(office) (300 + (office))
enum { CLUB = 21, BARE = 22 };

enum { PLAN = 401, FREE_PLAN /* without duties */, LINE, DONOR, DUTY = 410 };

/* The union's office was set up on this day; what is not said otherwise happens later. */
#define UNION_FROM 18000
#define BEFORE (UNION_FROM - 1)

static const struct {
    int role;
    ts_record_id_t unit;
} offices[OFFICES] = {
    [COMMUNE] = {TS_OFFICE_COMMUNE, U_COMMUNE},
    [DISTRICT] = {TS_OFFICE_DISTRICT, U_DISTRICT},
    [OTHER_DISTRICT] = {TS_OFFICE_DISTRICT, U_OTHER_DISTRICT},
    [OTHER_COMMUNE] = {TS_OFFICE_COMMUNE, U_OTHER_COMMUNE},
    [UNION] = {TS_OFFICE_BODY, U_PROVINCE},
    [DEPARTMENT] = {TS_OFFICE_BODY, U_PROVINCE},
    [PROVINCE] = {TS_OFFICE_PROVINCE, U_PROVINCE},
    [CUT_OFF] = {TS_OFFICE_COMMUNE, U_COMMUNE},
};

/* Who reports to whom under PLAN. The other commune passes its district over. */
static const struct {
    uint32_t from;
    uint32_t to;
} duties[] = {
    {COMMUNE, DISTRICT},       {DISTRICT, PROVINCE}, {UNION, PROVINCE},
    {OTHER_COMMUNE, PROVINCE}, {CLUB, PROVINCE},     {BARE, DISTRICT},
};

/* ---- the law */

/* What a line is about; what it does not name is 0. */
typedef struct about {
    ts_record_id_t unit;
    uint32_t body;         /* whose report, or who holds the fund: number as in BODY() */
    uint32_t fund;         /* out of or into which fund: number as in FUND() */
    uint32_t maker;        /* office that made what is approved, filed, sent back */
    ts_record_id_t behalf; /* on behalf of this unit, with the sheet */
    ts_record_id_t plan;   /* 0: PLAN */
    int32_t day;           /* 0: after UNION_FROM */
    bool no_sheet;
    uint32_t duty; /* the report meets this one of `duties`, counted from 1 */
} about_t;

typedef struct law {
    uint32_t kind;
    uint32_t logs; /* where it may stand; elsewhere nobody may write it */
    const char *said;
    about_t about;
    const char *verdicts; /* column by column: Y yes, - not permitted, x cut off */
} law_t;

#define LOG(purpose) (1u << TS_PURPOSE_##purpose)
#define RECORDS LOG(RECORDS)
#define ACTS LOG(ACTS)
#define DOWN LOG(DOWN)
#define PRIVATE LOG(PRIVATE)
#define HOLDINGS LOG(HOLDINGS)
#define REGISTRY LOG(REGISTRY)

/* clang-format off */

/*                                                commune
 *                                                | district
 *                                                | | other district
 *                                                | | | other commune
 *                                                | | | | union
 *                                                | | | | | department
 *                                                | | | | | | province
 *                                                | | | | | | | cut off      */

/* A commune about its own unit, a parent about its subtree, a body only with the sheet. */
#define TERRITORY(kind) \
    {kind, RECORDS, "of the commune",      {.unit = U_COMMUNE},       "Y Y - - - - Y x"}, \
    {kind, RECORDS, "of the other commune", {.unit = U_OTHER_COMMUNE}, "- - Y Y - - Y x"}, \
    {kind, RECORDS, "of a commune without an office", {.unit = U_BARE}, "- Y - - - - Y x"}, \
    {kind, RECORDS, "of the district",     {.unit = U_DISTRICT},      "- Y - - - - Y x"}, \
    {kind, RECORDS, "on behalf, with the sheet", \
                    {.unit = U_COMMUNE, .behalf = U_COMMUNE},         "Y Y - - Y Y Y x"}

/* Every fund has one holder, and only the holder's office writes of it. A holder without an office
 * is written for by the body that it belongs to, or by a parent with the sheet. */
#define FUND_LAW(kind, logs) \
    {kind, logs, "of the commune's fund",  FUND_OF(COMMUNE),          "Y - - - - - - x"}, \
    {kind, logs, "of it, on behalf",       FUND_FOR(COMMUNE, U_COMMUNE), "Y - - - - - - x"}, \
    {kind, logs, "of the district's",      FUND_OF(DISTRICT),         "- Y - - - - - x"}, \
    {kind, logs, "of the union's",         FUND_OF(UNION),            "- - - - Y - - x"}, \
    {kind, logs, "of it, on behalf",       FUND_FOR(UNION, U_PROVINCE), "- - - - Y - - x"}, \
    {kind, logs, "of it, before it had an office", FUND_ON(UNION, BEFORE), "- - - - Y Y - x"}, \
    {kind, logs, "of the department's",    FUND_OF(DEPARTMENT),       "- - - - - Y - x"}, \
    {kind, logs, "of the province's",      FUND_OF(PROVINCE),         "- - - - - - Y x"}, \
    {kind, logs, "of the club's, which has no office", FUND_OF(CLUB), "- - - - - Y - x"}, \
    {kind, logs, "of a commune's without an office", FUND_OF(BARE),   "- - - - - - - x"}, \
    {kind, logs, "of it, on behalf",       FUND_FOR(BARE, U_BARE),    "- Y - - - - Y x"}, \
    {kind, logs, "of it, on behalf without the sheet", \
                 {.body = BARE, .fund = BARE, .behalf = U_BARE, .no_sheet = true}, \
                                                                      "- - - - - - - x"}
#define FUND_OF(holder) {.body = (holder), .fund = (holder)}
#define FUND_FOR(holder, unit) {.body = (holder), .fund = (holder), .behalf = (unit)}
#define FUND_ON(holder, on) {.body = (holder), .fund = (holder), .day = (on)}

/* The office that receives a report files it and sends it back. */
#define RECEIVER(kind, logs) \
    {kind, logs, "the commune's report",   {.maker = COMMUNE},        "- Y - - - - - x"}, \
    {kind, logs, "the district's",         {.maker = DISTRICT},       "- - - - - - Y x"}, \
    {kind, logs, "of one that passes its district over", \
                 {.maker = OTHER_COMMUNE},                            "- - - - - - Y x"}, \
    {kind, logs, "the union's",            {.maker = UNION},          "- - - - - - Y x"}, \
    {kind, logs, "the department's, which owes none", {.maker = DEPARTMENT}, "- - - - - - Y x"}, \
    {kind, logs, "the province's own",     {.maker = PROVINCE},       "- - - - - - Y x"}, \
    {kind, logs, "the commune's, when no duty names who receives it", \
                 {.maker = COMMUNE, .plan = FREE_PLAN},               "- Y - - - - Y x"}, \
    {kind, logs, "the district's, when no duty does", \
                 {.maker = DISTRICT, .plan = FREE_PLAN},              "- - - - - - Y x"}

/* The registry log certifies itself: only the registrar's key can sign it, no office is asked. */
#define REGISTRAR(kind) {kind, REGISTRY, "the registry", {0},         "Y Y Y Y Y Y Y Y"}
#define PLANNER(kind) {kind, DOWN, "the plan", {0},                   "- - - - - - Y x"}

static const law_t laws[] = {
    REGISTRAR(TS_KIND_UNIT),
    REGISTRAR(TS_KIND_BODY),
    REGISTRAR(TS_KIND_OFFICE),
    REGISTRAR(TS_KIND_CUTOFF),
    REGISTRAR(TS_KIND_RELEASE),
    PLANNER(TS_KIND_PLAN),
    PLANNER(TS_KIND_SCOPE),
    PLANNER(TS_KIND_LINE),
    PLANNER(TS_KIND_BAND),
    PLANNER(TS_KIND_DUTY),
    PLANNER(TS_KIND_PERIOD),
    PLANNER(TS_KIND_BUDGET),
    PLANNER(TS_KIND_TARGET),
    PLANNER(TS_KIND_ACTIVITY),
    TERRITORY(TS_KIND_BENEFICIARY),
    TERRITORY(TS_KIND_POPULATION),
    TERRITORY(TS_KIND_NEED),
    {TS_KIND_DONOR, RECORDS | PRIVATE, "every office has donors", {0}, "Y Y Y Y Y Y Y x"},
    FUND_LAW(TS_KIND_FUND, RECORDS | DOWN),
    FUND_LAW(TS_KIND_PLEDGE, RECORDS | PRIVATE),
    {TS_KIND_PLEDGE, RECORDS | PRIVATE, "to no fund yet", {0},         "Y Y Y Y Y Y Y x"},
    FUND_LAW(TS_KIND_RECEIPT, RECORDS | PRIVATE),
    FUND_LAW(TS_KIND_PURCHASE, RECORDS | PRIVATE),
    FUND_LAW(TS_KIND_ALLOCATION, RECORDS | DOWN),
    TERRITORY(TS_KIND_HANDOVER),
    {TS_KIND_HANDOVER, RECORDS, "in the commune, from its own fund",
        {.unit = U_COMMUNE, .fund = COMMUNE},                         "Y - - - - - - x"},
    {TS_KIND_HANDOVER, RECORDS, "in the commune, from the union's fund",
        {.unit = U_COMMUNE, .fund = UNION},                           "- - - - Y - - x"},
    TERRITORY(TS_KIND_RETURN),
    {TS_KIND_APPROVAL, ACTS | DOWN, "of what the commune made", {.maker = COMMUNE},
                                                                      "Y Y - - - - Y x"},
    {TS_KIND_APPROVAL, ACTS | DOWN, "of what the district made", {.maker = DISTRICT},
                                                                      "- Y - - - - Y x"},
    {TS_KIND_APPROVAL, ACTS | DOWN, "of what the union made", {.maker = UNION},
                                                                      "- - - - Y - Y x"},
    {TS_KIND_APPROVAL, ACTS | DOWN, "of what the province made", {.maker = PROVINCE},
                                                                      "- - - - - - Y x"},
    {TS_KIND_REPORT, ACTS, "of the commune", {.body = COMMUNE},       "Y - - - - - - x"},
    {TS_KIND_REPORT, ACTS, "of the commune, on behalf",
        {.body = COMMUNE, .behalf = U_COMMUNE},                       "Y - - - - - - x"},
    {TS_KIND_REPORT, ACTS, "of the union", {.body = UNION},           "- - - - Y - - x"},
    {TS_KIND_REPORT, ACTS, "of the province", {.body = PROVINCE},     "- - - - - - Y x"},
    {TS_KIND_REPORT, ACTS, "of the union, for its duty", {.body = UNION, .duty = 3},
                                                                      "- - - - Y - - x"},
    {TS_KIND_REPORT, ACTS, "of the union, for the district's duty", {.body = UNION, .duty = 2},
                                                                      "- - - - - - - x"},
    {TS_KIND_REPORT, ACTS, "of the club, which has no office and no duty", {.body = CLUB},
                                                                      "- - - - - - - x"},
    {TS_KIND_REPORT, ACTS, "of the club, for its duty", {.body = CLUB, .duty = 5},
                                                                      "- - - - - Y - x"},
    {TS_KIND_REPORT, ACTS, "of a commune without an office, on behalf",
        {.body = BARE, .behalf = U_BARE, .duty = 6},                  "- Y - - - - Y x"},
    RECEIVER(TS_KIND_REPORT_RETURN, DOWN),
    RECEIVER(TS_KIND_FILING, ACTS),
    {TS_KIND_WAIVER, ACTS | DOWN, "only the province waives", {0},    "- - - - - - Y x"},
    {TS_KIND_HOLDING, HOLDINGS, "every store says what it holds", {0}, "Y Y Y Y Y Y Y x"},
};
/* clang-format on */

/* ---- the registry */

static ts_hash_t
key(uint32_t office, uint8_t which)
{
    ts_hash_t hash = {{(uint8_t)office, which}};
    return hash;
}

static void
put_unit(ts_catalog_t *catalog, ts_record_id_t id, ts_record_id_t parent)
{
    Tiepsuc__V1__Unit unit = TIEPSUC__V1__UNIT__INIT;
    unit.parent_id = parent;
    ts_catalog_put(catalog, TS_KIND_UNIT, id, 0, &unit);
}

/* A body and the fund that it holds. */
static void
put_body(ts_catalog_t *catalog, uint32_t number, ts_record_id_t unit, ts_record_id_t parent)
{
    Tiepsuc__V1__Body body = TIEPSUC__V1__BODY__INIT;
    body.unit_id = unit;
    body.parent_id = parent;
    ts_catalog_put(catalog, TS_KIND_BODY, BODY(number), 0, &body);
    Tiepsuc__V1__Fund fund = TIEPSUC__V1__FUND__INIT;
    fund.holder_body_id = BODY(number);
    ts_catalog_put(catalog, TS_KIND_FUND, FUND(number), 0, &fund);
}

static void
put_office(ts_catalog_t *catalog, uint32_t number)
{
    ts_hash_t invite = key(number, 'i');
    ts_hash_t node = key(number, 'n');
    Tiepsuc__V1__Office office = TIEPSUC__V1__OFFICE__INIT;
    office.number = number;
    office.role = (Tiepsuc__V1__OfficeRole)offices[number].role;
    office.unit_id = offices[number].unit;
    office.body_id = BODY(number == CUT_OFF ? (uint32_t)COMMUNE : number);
    office.valid_from_on = number == UNION ? UNION_FROM : 0;
    office.invite_key = (ProtobufCBinaryData){TS_HASH_BYTES, invite.b};
    office.node_key = (ProtobufCBinaryData){TS_HASH_BYTES, node.b};
    ts_catalog_put(catalog, TS_KIND_OFFICE, 500 + number, 0, &office);
}

static ts_catalog_t *
make_catalog(void)
{
    ts_catalog_t *catalog = ts_catalog_new();
    put_unit(catalog, U_PROVINCE, 0);
    put_unit(catalog, U_DISTRICT, U_PROVINCE);
    put_unit(catalog, U_OTHER_DISTRICT, U_PROVINCE);
    put_unit(catalog, U_COMMUNE, U_DISTRICT);
    put_unit(catalog, U_BARE, U_DISTRICT);
    put_unit(catalog, U_OTHER_COMMUNE, U_OTHER_DISTRICT);
    for (uint32_t number = 1; number < CUT_OFF; number++) {
        put_body(catalog, number, offices[number].unit, number == UNION ? BODY(DEPARTMENT) : 0);
    }
    put_body(catalog, CLUB, U_PROVINCE, BODY(DEPARTMENT));
    put_body(catalog, BARE, U_BARE, 0);
    for (uint32_t number = 1; number < OFFICES; number++) {
        put_office(catalog, number);
    }
    Tiepsuc__V1__Cutoff cutoff = TIEPSUC__V1__CUTOFF__INIT;
    cutoff.office_id = 500 + CUT_OFF;
    ts_catalog_put(catalog, TS_KIND_CUTOFF, 600, 0, &cutoff);
    Tiepsuc__V1__Plan plan = TIEPSUC__V1__PLAN__INIT;
    ts_catalog_put(catalog, TS_KIND_PLAN, PLAN, 0, &plan);
    ts_catalog_put(catalog, TS_KIND_PLAN, FREE_PLAN, 0, &plan);
    Tiepsuc__V1__Line line = TIEPSUC__V1__LINE__INIT;
    ts_catalog_put(catalog, TS_KIND_LINE, LINE, PLAN, &line);
    for (size_t i = 0; i < TS_COUNT(duties); i++) {
        Tiepsuc__V1__Duty duty = TIEPSUC__V1__DUTY__INIT;
        duty.from_body_id = BODY(duties[i].from);
        duty.to_body_id = BODY(duties[i].to);
        ts_catalog_put(catalog, TS_KIND_DUTY, DUTY + i, PLAN, &duty);
    }
    return catalog;
}

/* ---- one line, one office, one log */

static bool
exists(void *ctx, uint32_t kind, ts_record_id_t id)
{
    return kind == TS_KIND_DONOR ? id == DONOR : kind == TS_KIND_REPORT;
}

/* Sets the fields that a record of this kind has. */
static ts_record_t *
make_record(const ts_kind_schema_t *kind, const about_t *about)
{
    ts_record_id_t made = about->maker == 0 ? 0 : ts_record_id(about->maker, 1, 9);
    const struct {
        const char *field;
        ts_record_id_t value;
    } fields[] = {
        {"unit_id", about->unit},
        {"line_id", about->unit == 0 ? 0 : LINE},
        {"body_id", about->body == 0 ? 0 : BODY(about->body)},
        {"holder_body_id", about->body == 0 ? 0 : BODY(about->body)},
        {"fund_id", about->fund == 0 ? 0 : FUND(about->fund)},
        {"donor_id", DONOR},
        {"duty_id", about->duty == 0 ? 0 : DUTY + about->duty - 1},
        {"target", made},
        {"report_id", made},
        {"report_far_id", made},
    };
    ts_record_t *record = ts_record_new(kind);
    for (size_t i = 0; i < TS_COUNT(fields); i++) {
        if (fields[i].value != 0 && ts_schema_field(kind, fields[i].field) != NULL) {
            assert_int_equal(
                ts_record_set_number(record, fields[i].field, (int64_t)fields[i].value), TS_ERR_OK);
        }
    }
    return record;
}

static ts_park_t
ask(const ts_catalog_t *catalog, const law_t *law, uint32_t office, uint8_t purpose)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), law->kind);
    assert_non_null(kind);
    ts_record_t *record = make_record(kind, &law->about);
    ts_event_header_t header = {
        .kind = law->kind,
        .version = 1,
        .must_understand = true,
        .record = ts_record_id(office, 1, 1),
        .plan = law->about.plan == 0 ? (ts_record_id_t)PLAN : law->about.plan,
        .occurred_on = law->about.day == 0 ? UNION_FROM : law->about.day,
        .author = 1,
        .on_behalf_of_unit = law->about.behalf,
        .reason = "",
        .row_key = "",
    };
    if (law->about.behalf != 0 && !law->about.no_sheet) {
        header.source_key = key(1, 's');
    }
    ts_log_info_t log = {.log = key(office, 'l'),
                         .office = office,
                         .purpose = purpose,
                         .invite_key = key(office, 'i'),
                         .node_key = key(office, 'n')};
    ts_permit_input_t input = {.header = &header,
                               .record = ts_record_body(record),
                               .schema = kind,
                               .event = 1,
                               .log = &log,
                               .seq = 1,
                               .target_known = true,
                               .target_office = law->about.maker,
                               .target_author = 2};
    ts_park_t park = ts_permit(catalog, &input, exists, NULL).park;
    ts_record_destroy(&record);
    return park;
}

static ts_park_t
expected(const law_t *law, uint32_t office, uint8_t purpose)
{
    if ((law->logs & 1u << purpose) == 0) {
        return TS_PARK_WRONG_LOG;
    }
    switch (law->verdicts[(office - 1) * 2]) {
    case 'Y':
        return TS_PARK_NONE;
    case 'x':
        return TS_PARK_CUT_OFF;
    default:
        return TS_PARK_NOT_PERMITTED;
    }
}

static void
test_permit_matrix_is_the_law(void **state)
{
    ts_catalog_t *catalog = make_catalog();
    size_t wrong = 0;
    for (size_t i = 0; i < TS_COUNT(laws); i++) {
        const law_t *law = &laws[i];
        assert_int_equal(strlen(law->verdicts), (OFFICES - 1) * 2 - 1);
        for (uint32_t office = 1; office < OFFICES; office++) {
            for (uint8_t purpose = TS_PURPOSE_ACTS; purpose <= TS_PURPOSE_PRIVATE; purpose++) {
                ts_park_t park = ask(catalog, law, office, purpose);
                if (park != expected(law, office, purpose)) {
                    print_error("%s, %s: office %u in a log of purpose %u: %s\n",
                                ts_schema_kind(ts_wire_schema(), law->kind)->name, law->said,
                                (unsigned)office, (unsigned)purpose, ts_park_str(park));
                    wrong++;
                }
            }
        }
    }
    ts_catalog_destroy(&catalog);
    assert_int_equal(wrong, 0);
}

static bool
has_law(uint32_t kind)
{
    for (size_t i = 0; i < TS_COUNT(laws); i++) {
        if (laws[i].kind == kind) {
            return true;
        }
    }
    return false;
}

/* Both lists of kinds are asked: the one of the program and the one of the .proto. */
static void
test_permit_matrix_has_a_line_for_every_kind(void **state)
{
    static const uint32_t kinds[] = {
#define KIND_NUMBER(name) TS_KIND_##name,
        TS_KIND_LIST(KIND_NUMBER)
#undef KIND_NUMBER
    };
    for (size_t i = 0; i < TS_COUNT(kinds); i++) {
        assert_int_equal(has_law(kinds[i]), kinds[i] != TS_KIND_NONE);
    }
    const ProtobufCEnumDescriptor *list = &tiepsuc__v1__kind__descriptor;
    assert_int_equal(list->n_values, TS_COUNT(kinds));
    for (unsigned i = 0; i < list->n_values; i++) {
        uint32_t kind = (uint32_t)list->values[i].value;
        assert_int_equal(has_law(kind), kind != TS_KIND_NONE);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permit_matrix_is_the_law),
        cmocka_unit_test(test_permit_matrix_has_a_line_for_every_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
