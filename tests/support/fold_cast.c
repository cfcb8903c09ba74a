/* SPDX-License-Identifier: MPL-2.0 */
#include "support/fold_cast.h"

#include "core/envelope.h"
#include "support/test.h"

#include <string.h>

/* Generated structs want char *, our literals are const. */
static char *
text(const char *literal)
{
    char *result;
    memcpy(&result, &literal, sizeof result);
    return result;
}

ts_event_header_t
fold_cast_header(const fold_cast_t *cast, ts_record_id_t record, const char *day)
{
    return (ts_event_header_t){
        .record = record,
        .plan = cast->plan,
        .occurred_on = day == NULL ? 0 : fold_world_day(day),
        .author_role = 1,
    };
}

static ts_event_header_t
bare(ts_record_id_t record)
{
    return (ts_event_header_t){.record = record, .author_role = 3};
}

static ts_record_id_t
add_unit(fold_cast_t *cast, const char *code, int level, ts_record_id_t parent)
{
    ts_record_id_t id = fold_world_mint(cast->world, 1);
    Tiepsuc__V1__Unit unit = TIEPSUC__V1__UNIT__INIT;
    unit.code = text(code);
    unit.name = text(code);
    unit.level = (Tiepsuc__V1__UnitLevel)level;
    unit.parent_id = parent;
    (void)fold_world_add(cast->world, cast->registry, bare(id), TIEPSUC__V1__KIND__KIND_UNIT,
                         &unit);
    return id;
}

static ts_record_id_t
add_body(fold_cast_t *cast, const char *code, ts_record_id_t unit)
{
    ts_record_id_t id = fold_world_mint(cast->world, 1);
    Tiepsuc__V1__Body body = TIEPSUC__V1__BODY__INIT;
    body.code = text(code);
    body.name = text(code);
    body.unit_id = unit;
    (void)fold_world_add(cast->world, cast->registry, bare(id), TIEPSUC__V1__KIND__KIND_BODY,
                         &body);
    return id;
}

uint64_t
fold_cast_office(fold_cast_t *cast, uint32_t number, ts_record_id_t unit, uint64_t revises)
{
    static const int roles[CAST_OFFICES] = {0, 1, 2, 3, 3, 3, 4};
    static const uint32_t parents[CAST_OFFICES] = {0, 0, 1, 2, 2, 2, 1};
    ts_hash_t invite = fold_world_invite_key(number, 0);
    ts_hash_t node = fold_world_node_key(number, 0);
    Tiepsuc__V1__Office office = TIEPSUC__V1__OFFICE__INIT;
    office.number = number;
    office.name = text("office");
    office.role = (Tiepsuc__V1__OfficeRole)roles[number];
    office.unit_id = unit;
    office.body_id = cast->body[number];
    office.parent_number = parents[number];
    office.invite_key = (ProtobufCBinaryData){TS_HASH_BYTES, invite.b};
    if (revises != 0) {
        office.node_key = (ProtobufCBinaryData){TS_HASH_BYTES, node.b};
    }
    ts_event_header_t header = bare(cast->office[number]);
    header.revises = &revises;
    header.revises_count = revises != 0 ? 1 : 0;
    return fold_world_add(cast->world, cast->registry, header, TIEPSUC__V1__KIND__KIND_OFFICE,
                          &office);
}

static void
add_plan(fold_cast_t *cast)
{
    cast->plan = fold_world_mint(cast->world, 1);
    Tiepsuc__V1__Plan plan = TIEPSUC__V1__PLAN__INIT;
    plan.code = text("p");
    plan.unit_id = cast->province;
    plan.lead_body_id = cast->body[1];
    (void)fold_world_add(cast->world, cast->down, bare(cast->plan), TIEPSUC__V1__KIND__KIND_PLAN,
                         &plan);
    static const char *const lines[CAST_LINES] = {"coat", "milk", "exam", "play"};
    for (size_t i = 0; i < CAST_LINES; i++) {
        cast->line[i] = fold_world_mint(cast->world, 1);
        Tiepsuc__V1__Line line = TIEPSUC__V1__LINE__INIT;
        line.code = text(lines[i]);
        line.unit_of_measure = text("set");
        line.unit_name = text("bộ");
        (void)fold_world_add(cast->world, cast->down, fold_cast_header(cast, cast->line[i], NULL),
                             TIEPSUC__V1__KIND__KIND_LINE, &line);
    }
    static const uint32_t months[CAST_BANDS + 1] = {0, 36, 72, 132, 192};
    static const char *const bands[CAST_BANDS] = {"nursery", "preschool", "primary", "secondary"};
    for (size_t i = 0; i < CAST_BANDS; i++) {
        cast->band[i] = fold_world_mint(cast->world, 1);
        Tiepsuc__V1__Band band = TIEPSUC__V1__BAND__INIT;
        band.code = text(bands[i]);
        band.purpose = text("report");
        band.from_month = months[i];
        band.to_month = months[i + 1];
        (void)fold_world_add(cast->world, cast->down, fold_cast_header(cast, cast->band[i], NULL),
                             TIEPSUC__V1__KIND__KIND_BAND, &band);
    }
    static const char *const days[CAST_PERIODS][3] = {{"2019-half", "2018-12-15", "2019-06-14"},
                                                      {"2019-year", "2018-12-15", "2019-12-14"},
                                                      {"2020-year", "2019-12-15", "2020-12-14"}};
    for (size_t i = 0; i < CAST_PERIODS; i++) {
        cast->period[i] = fold_world_mint(cast->world, 1);
        Tiepsuc__V1__Period period = TIEPSUC__V1__PERIOD__INIT;
        period.code = text(days[i][0]);
        period.data_from_on = fold_world_day(days[i][1]);
        period.cutoff_on = fold_world_day(days[i][2]);
        (void)fold_world_add(cast->world, cast->down, fold_cast_header(cast, cast->period[i], NULL),
                             TIEPSUC__V1__KIND__KIND_PERIOD, &period);
    }
}

fold_cast_t
fold_cast_make(fold_world_t *world)
{
    fold_cast_t cast = {.world = world};
    cast.registry = fold_world_log(world, 1, TS_PURPOSE_REGISTRY, 0);
    cast.down = fold_world_log(world, 1, TS_PURPOSE_DOWN, 0);
    cast.secret = fold_world_log(world, 1, TS_PURPOSE_PRIVATE, 0);
    for (uint32_t number = 1; number < CAST_OFFICES; number++) {
        cast.records[number] = fold_world_log(world, number, TS_PURPOSE_RECORDS, 0);
        cast.acts[number] = fold_world_log(world, number, TS_PURPOSE_ACTS, 0);
    }
    cast.province = add_unit(&cast, "14", 1, 0);
    cast.district = add_unit(&cast, "14-1", 2, cast.province);
    static const char *const communes[CAST_COMMUNES] = {"14-1-1", "14-1-2", "14-1-3"};
    for (size_t i = 0; i < CAST_COMMUNES; i++) {
        cast.commune[i] = add_unit(&cast, communes[i], 3, cast.district);
    }
    static const char *const bodies[CAST_OFFICES] = {"",     "so",   "huyen", "xa-1",
                                                     "xa-2", "xa-3", "hoi"};
    const ts_record_id_t units[CAST_OFFICES] = {0,
                                                cast.province,
                                                cast.district,
                                                cast.commune[0],
                                                cast.commune[1],
                                                cast.commune[2],
                                                cast.province};
    for (uint32_t number = 1; number < CAST_OFFICES; number++) {
        cast.body[number] = add_body(&cast, bodies[number], units[number]);
        cast.office[number] = fold_world_mint(world, 1);
        cast.office_event[number] = fold_cast_office(&cast, number, units[number], 0);
    }
    add_plan(&cast);
    cast.fund = fold_world_mint(world, 1);
    Tiepsuc__V1__Fund fund = TIEPSUC__V1__FUND__INIT;
    fund.code = text("fund");
    fund.name = text("fund");
    fund.holder_body_id = cast.body[1];
    (void)fold_world_add(world, cast.down, fold_cast_header(&cast, cast.fund, NULL),
                         TIEPSUC__V1__KIND__KIND_FUND, &fund);
    return cast;
}

ts_record_id_t
fold_cast_child(
    fold_cast_t *cast, uint32_t office, size_t commune, int year, int month, uint64_t *ret_event)
{
    ts_record_id_t id = fold_world_mint(cast->world, office);
    Tiepsuc__V1__Beneficiary child = TIEPSUC__V1__BENEFICIARY__INIT;
    child.birth_year = (uint32_t)year;
    child.birth_month = (uint32_t)month;
    child.sex = TIEPSUC__V1__SEX__SEX_FEMALE;
    child.unit_id = cast->commune[commune];
    ts_event_header_t header = fold_cast_header(cast, id, NULL);
    header.plan = 0;
    uint64_t event = fold_world_add(cast->world, cast->records[office], header,
                                    TIEPSUC__V1__KIND__KIND_BENEFICIARY, &child);
    if (ret_event != NULL) {
        *ret_event = event;
    }
    return id;
}

ts_record_id_t
fold_cast_need(fold_cast_t *cast,
               size_t commune,
               size_t line,
               ts_record_id_t child,
               int64_t quantity,
               uint64_t *ret_event)
{
    uint32_t office = (uint32_t)commune + 3;
    ts_record_id_t id = fold_world_mint(cast->world, office);
    Tiepsuc__V1__Need need = TIEPSUC__V1__NEED__INIT;
    need.unit_id = cast->commune[commune];
    need.line_id = cast->line[line];
    need.beneficiary_id = child;
    need.quantity = quantity;
    need.unit_of_measure = text("bộ");
    need.state = TIEPSUC__V1__NEED_STATE__NEED_STATE_REPORTED;
    uint64_t event =
        fold_world_add(cast->world, cast->records[office], fold_cast_header(cast, id, CAST_DAY),
                       TIEPSUC__V1__KIND__KIND_NEED, &need);
    if (ret_event != NULL) {
        *ret_event = event;
    }
    return id;
}

ts_record_id_t
fold_cast_handover(fold_cast_t *cast,
                   size_t commune,
                   size_t line,
                   ts_record_id_t child,
                   const char *day,
                   uint64_t *ret_event)
{
    uint32_t office = (uint32_t)commune + 3;
    ts_record_id_t id = fold_world_mint(cast->world, office);
    Tiepsuc__V1__Item item = TIEPSUC__V1__ITEM__INIT;
    item.item = text("áo ấm");
    item.quantity = 1;
    item.unit_of_measure = text("bộ");
    item.value_vnd = 100000;
    Tiepsuc__V1__Item *items[] = {&item};
    Tiepsuc__V1__Handover handover = TIEPSUC__V1__HANDOVER__INIT;
    handover.unit_id = cast->commune[commune];
    handover.line_id = cast->line[line];
    handover.items = items;
    handover.n_items = 1;
    handover.beneficiary_ids = &child;
    handover.n_beneficiary_ids = 1;
    uint64_t event =
        fold_world_add(cast->world, cast->records[office], fold_cast_header(cast, id, day),
                       TIEPSUC__V1__KIND__KIND_HANDOVER, &handover);
    if (ret_event != NULL) {
        *ret_event = event;
    }
    return id;
}
