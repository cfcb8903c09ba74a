/* SPDX-License-Identifier: MPL-2.0 */
#include "bench/fold_load.h"

#include "core/envelope.h"

#include <stdio.h>
#include <string.h>

enum {
    UNITS = 12,
    CHILDREN = 700,
    LINES = 8,
    BANDS = 4,
    PERIODS = 3,
    FIRST_OFFICE = 2,
    NEEDS_KEPT = 512
};

/* The last needs of a unit, to be answered by handovers. */
typedef struct needs {
    ts_record_id_t records[NEEDS_KEPT];
    ts_record_id_t children[NEEDS_KEPT];
    ts_record_id_t lines[NEEDS_KEPT];
    uint32_t count;
} needs_t;

typedef struct load {
    fold_world_t *world;
    fold_load_t *ids;
    ts_prng_t prng;
    size_t registry;
    size_t down;
    size_t records[UNITS];
    ts_record_id_t children[UNITS][CHILDREN];
    needs_t needs[UNITS];
    uint32_t handovers;
} load_t;

static char *
text(const char *literal)
{
    char *result;
    memcpy(&result, &literal, sizeof result);
    return result;
}

static uint32_t
skewed(load_t *load, uint32_t n)
{
    uint32_t least = ts_prng_below(&load->prng, n);
    for (int i = 0; i < 2; i++) {
        uint32_t again = ts_prng_below(&load->prng, n);
        least = again < least ? again : least;
    }
    return least;
}

static ts_record_id_t
add(load_t *load, size_t log, ts_record_id_t plan, uint32_t kind, const void *record)
{
    ts_event_header_t header = {
        .record = fold_world_mint(load->world, 1), .plan = plan, .author_role = 3};
    (void)fold_world_add(load->world, log, header, kind, record);
    return header.record;
}

static void
add_office(load_t *load, uint32_t number, int role, ts_record_id_t unit)
{
    ts_hash_t invite = fold_world_invite_key(number, 0);
    Tiepsuc__V1__Office office = TIEPSUC__V1__OFFICE__INIT;
    office.number = number;
    office.name = text("office");
    office.role = (Tiepsuc__V1__OfficeRole)role;
    office.unit_id = unit;
    office.parent_number = number == 1 ? 0 : 1;
    office.invite_key = (ProtobufCBinaryData){TS_HASH_BYTES, invite.b};
    (void)add(load, load->registry, 0, TIEPSUC__V1__KIND__KIND_OFFICE, &office);
}

static void
add_registry(load_t *load, size_t communes)
{
    Tiepsuc__V1__Unit unit = TIEPSUC__V1__UNIT__INIT;
    unit.code = text("14");
    unit.name = text("Tỉnh");
    unit.level = TIEPSUC__V1__UNIT_LEVEL__UNIT_LEVEL_PROVINCE;
    ts_record_id_t province = add(load, load->registry, 0, TIEPSUC__V1__KIND__KIND_UNIT, &unit);
    add_office(load, 1, 1, province);
    char code[16];
    unit.code = code;
    unit.level = TIEPSUC__V1__UNIT_LEVEL__UNIT_LEVEL_COMMUNE;
    unit.parent_id = province;
    for (uint32_t i = 0; i < communes; i++) {
        (void)snprintf(code, sizeof code, "14-%u", i);
        load->ids->units[i] = add(load, load->registry, 0, TIEPSUC__V1__KIND__KIND_UNIT, &unit);
        add_office(load, FIRST_OFFICE + i, 3, load->ids->units[i]);
    }
}

static void
add_plan(load_t *load)
{
    Tiepsuc__V1__Plan plan = TIEPSUC__V1__PLAN__INIT;
    plan.code = text("p");
    ts_record_id_t id = add(load, load->down, 0, TIEPSUC__V1__KIND__KIND_PLAN, &plan);
    load->ids->plan = id;
    char code[16];
    for (unsigned i = 0; i < LINES; i++) {
        Tiepsuc__V1__Line line = TIEPSUC__V1__LINE__INIT;
        (void)snprintf(code, sizeof code, "line-%u", i);
        line.code = code;
        line.unit_of_measure = text("set");
        line.unit_name = text("bộ");
        load->ids->lines[i] = add(load, load->down, id, TIEPSUC__V1__KIND__KIND_LINE, &line);
    }
    static const uint32_t months[BANDS + 1] = {0, 36, 72, 132, 192};
    for (unsigned i = 0; i < BANDS; i++) {
        Tiepsuc__V1__Band band = TIEPSUC__V1__BAND__INIT;
        (void)snprintf(code, sizeof code, "band-%u", i);
        band.code = code;
        band.purpose = text("report");
        band.from_month = months[i];
        band.to_month = months[i + 1];
        (void)add(load, load->down, id, TIEPSUC__V1__KIND__KIND_BAND, &band);
    }
    static const char *const days[PERIODS][2] = {
        {"2018-12-15", "2019-06-14"}, {"2018-12-15", "2019-12-14"}, {"2019-12-15", "2020-12-14"}};
    for (unsigned i = 0; i < PERIODS; i++) {
        Tiepsuc__V1__Period period = TIEPSUC__V1__PERIOD__INIT;
        (void)snprintf(code, sizeof code, "period-%u", i);
        period.code = code;
        period.data_from_on = fold_world_day(days[i][0]);
        period.cutoff_on = fold_world_day(days[i][1]);
        load->ids->periods[i] = add(load, load->down, id, TIEPSUC__V1__KIND__KIND_PERIOD, &period);
    }
}

static void
add_children(load_t *load, size_t communes)
{
    for (size_t unit = 0; unit < communes; unit++) {
        for (size_t i = 0; i < CHILDREN; i++) {
            Tiepsuc__V1__Beneficiary child = TIEPSUC__V1__BENEFICIARY__INIT;
            child.birth_year = 2004 + ts_prng_below(&load->prng, 15);
            child.birth_month = 1 + ts_prng_below(&load->prng, 12);
            child.sex = (Tiepsuc__V1__Sex)(1 + ts_prng_below(&load->prng, 2));
            child.unit_id = load->ids->units[unit];
            ts_event_header_t header = {
                .record = fold_world_mint(load->world, FIRST_OFFICE + (uint32_t)unit),
                .author_role = 1};
            load->children[unit][i] = header.record;
            (void)fold_world_add(load->world, load->records[unit], header,
                                 TIEPSUC__V1__KIND__KIND_BENEFICIARY, &child);
        }
    }
}

static void
add_need(load_t *load, size_t unit, ts_event_header_t *header)
{
    char site[24];
    char note[64];
    static const char *const notes[] = {"", "vắng nhà, hẹn tháng sau", "hộ nghèo",
                                        "kho xã không đủ", "mẹ nhận thay"};
    uint32_t child = skewed(load, CHILDREN);
    Tiepsuc__V1__Need need = TIEPSUC__V1__NEED__INIT;
    need.unit_id = load->ids->units[unit];
    need.line_id = load->ids->lines[skewed(load, LINES)];
    need.beneficiary_id = load->children[unit][child];
    need.quantity = 1 + skewed(load, 12);
    need.unit_of_measure = text("bộ");
    (void)snprintf(site, sizeof site, "Bản %u", 1 + child % 9);
    need.site = site;
    need.round = text("2019-1");
    need.state = ts_prng_below(&load->prng, 4) == 0 ? TIEPSUC__V1__NEED_STATE__NEED_STATE_VERIFIED
                                                    : TIEPSUC__V1__NEED_STATE__NEED_STATE_REPORTED;
    (void)snprintf(note, sizeof note, "%s; phiếu %u/24", notes[skewed(load, 5)],
                   300 + ts_prng_below(&load->prng, 900));
    need.note = note;
    needs_t *needs = &load->needs[unit];
    uint32_t slot = needs->count++ % NEEDS_KEPT;
    needs->records[slot] = header->record;
    needs->children[slot] = need.beneficiary_id;
    needs->lines[slot] = need.line_id;
    (void)fold_world_add(load->world, load->records[unit], *header, TIEPSUC__V1__KIND__KIND_NEED,
                         &need);
}

static void
add_handover(load_t *load, size_t unit, ts_event_header_t *header)
{
    char note[64];
    char paper[32];
    needs_t *needs = &load->needs[unit];
    uint32_t known = needs->count < NEEDS_KEPT ? needs->count : NEEDS_KEPT;
    uint32_t slot = (needs->count - 1 - skewed(load, known)) % NEEDS_KEPT;
    ts_record_id_t child = needs->children[slot];
    Tiepsuc__V1__Item item = TIEPSUC__V1__ITEM__INIT;
    item.item = text(skewed(load, 2) == 0 ? "áo ấm" : "chăn bông");
    item.quantity = 1 + skewed(load, 3);
    item.unit_of_measure = text("bộ");
    item.value_vnd = item.quantity * 185000;
    Tiepsuc__V1__Item *items[] = {&item};
    Tiepsuc__V1__Handover handover = TIEPSUC__V1__HANDOVER__INIT;
    handover.unit_id = load->ids->units[unit];
    handover.line_id = needs->lines[slot];
    handover.need_id = needs->records[slot];
    handover.items = items;
    handover.n_items = 1;
    handover.beneficiary_ids = &child;
    handover.n_beneficiary_ids = 1;
    handover.signatories = text("trưởng bản; cán bộ xã");
    (void)snprintf(paper, sizeof paper, "BB-%u/2019", 1 + load->handovers++ / 30);
    handover.paper_number = paper;
    (void)snprintf(note, sizeof note, "phiếu %u/24", 300 + ts_prng_below(&load->prng, 900));
    handover.note = note;
    (void)fold_world_add(load->world, load->records[unit], *header,
                         TIEPSUC__V1__KIND__KIND_HANDOVER, &handover);
}

fold_load_t
fold_load_make(fold_world_t *world, size_t events, size_t communes)
{
    fold_load_t ids = {0};
    static load_t load;
    memset(&load, 0, sizeof load);
    load.world = world;
    load.ids = &ids;
    load.prng = ts_prng(1);
    load.registry = fold_world_log(world, 1, TS_PURPOSE_REGISTRY, 0);
    load.down = fold_world_log(world, 1, TS_PURPOSE_DOWN, 0);
    for (uint32_t i = 0; i < communes; i++) {
        load.records[i] = fold_world_log(world, FIRST_OFFICE + i, TS_PURPOSE_RECORDS, 0);
    }
    add_registry(&load, communes);
    add_plan(&load);
    add_children(&load, communes);
    for (size_t i = 0; i < events; i++) {
        size_t unit = skewed(&load, (uint32_t)communes);
        ts_event_header_t header = {
            .record = fold_world_mint(world, FIRST_OFFICE + (uint32_t)unit),
            .plan = ids.plan,
            .occurred_on = fold_world_day("2019-01-01") + (int32_t)(i * 365 / events),
            .author = 1 + skewed(&load, 3),
            .author_role = 1,
        };
        if (load.needs[unit].count == 0 || ts_prng_below(&load.prng, 10) < 7) {
            add_need(&load, unit, &header);
        } else {
            add_handover(&load, unit, &header);
        }
    }
    return ids;
}
