/* SPDX-License-Identifier: MPL-2.0 */
#include "support/fold_mix.h"

#include "base/xalloc.h"
#include "core/envelope.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

#define KEPT 512

/* What was written and may be named, revised or withdrawn later. */
typedef struct made {
    ts_record_id_t id;
    uint32_t kind;
    uint32_t office;
    size_t commune;
    size_t log;
    uint64_t events[4];
    size_t event_count;
} made_t;

typedef struct mix {
    fold_cast_t *cast;
    ts_prng_t prng;
    made_t made[KEPT];
    size_t count;
} mix_t;

static uint32_t
below(mix_t *mix, uint32_t n)
{
    return ts_prng_below(&mix->prng, n);
}

static char *
text(const char *literal)
{
    char *result;
    memcpy(&result, &literal, sizeof result);
    return result;
}

static int32_t
day(mix_t *mix)
{
    return fold_world_day("2018-12-01") + (int32_t)below(mix, 800);
}

static made_t *
pick(mix_t *mix, uint32_t kind)
{
    for (int tries = 0; tries < 40 && mix->count > 0; tries++) {
        made_t *made = &mix->made[below(mix, (uint32_t)mix->count)];
        if (kind == 0 || made->kind == kind) {
            return made;
        }
    }
    return NULL;
}

static ts_record_id_t
pick_id(mix_t *mix, uint32_t kind)
{
    const made_t *made = pick(mix, kind);
    return made == NULL ? 0 : made->id;
}

/* The record of `made`, made up anew. One function per kind fills the struct and writes it. */
typedef uint64_t (*write_fn)(mix_t *mix, const made_t *made, ts_event_header_t header);

static uint64_t
add(mix_t *mix, const made_t *made, const ts_event_header_t *header, const void *record)
{
    return fold_world_add(mix->cast->world, made->log, *header, made->kind, record);
}

static uint64_t
write_child(mix_t *mix, const made_t *made, ts_event_header_t header)
{
    Tiepsuc__V1__Beneficiary child = TIEPSUC__V1__BENEFICIARY__INIT;
    child.birth_year = 2005 + below(mix, 14);
    child.birth_month = below(mix, 13);
    child.sex = (Tiepsuc__V1__Sex)below(mix, 3);
    child.unit_id = mix->cast->commune[made->commune];
    header.plan = 0;
    return add(mix, made, &header, &child);
}

static uint64_t
write_need(mix_t *mix, const made_t *made, ts_event_header_t header)
{
    fold_cast_t *cast = mix->cast;
    Tiepsuc__V1__HeadCount head = TIEPSUC__V1__HEAD_COUNT__INIT;
    head.band_id = cast->band[below(mix, CAST_BANDS)];
    head.count = below(mix, 30);
    Tiepsuc__V1__HeadCount *heads[] = {&head};
    Tiepsuc__V1__Need need = TIEPSUC__V1__NEED__INIT;
    need.unit_id = cast->commune[made->commune];
    need.line_id = cast->line[below(mix, CAST_LINES)];
    if (below(mix, 4) != 0) {
        need.beneficiary_id = pick_id(mix, TIEPSUC__V1__KIND__KIND_BENEFICIARY);
    } else {
        need.heads = heads;
        need.n_heads = 1;
    }
    need.quantity = 1 + below(mix, 9);
    need.unit_of_measure = text(below(mix, 2) != 0 ? "set" : "bộ");
    need.state = (Tiepsuc__V1__NeedState)(1 + below(mix, 5));
    return add(mix, made, &header, &need);
}

typedef struct goods {
    Tiepsuc__V1__Item items[2];
    Tiepsuc__V1__Item *rows[2];
    size_t count;
} goods_t;

static void
fill_goods(mix_t *mix, goods_t *goods, bool money)
{
    goods->count = 1 + below(mix, 2);
    for (size_t i = 0; i < goods->count; i++) {
        Tiepsuc__V1__Item *item = &goods->items[i];
        tiepsuc__v1__item__init(item);
        item->value_vnd = 1000 * (int64_t)(1 + below(mix, 500));
        bool is_money = money && i == 0;
        item->item = text(is_money ? "VND" : below(mix, 2) != 0 ? "áo" : "sữa");
        item->quantity = is_money ? item->value_vnd : 1 + below(mix, 20);
        item->unit_of_measure = text(is_money ? "VND" : below(mix, 2) != 0 ? "set" : "hộp");
        goods->rows[i] = item;
    }
}

static uint64_t
write_handover(mix_t *mix, const made_t *made, ts_event_header_t header)
{
    fold_cast_t *cast = mix->cast;
    goods_t goods;
    fill_goods(mix, &goods, false);
    ts_record_id_t children[3];
    Tiepsuc__V1__Handover handover = TIEPSUC__V1__HANDOVER__INIT;
    handover.unit_id = cast->commune[made->commune];
    handover.line_id = cast->line[below(mix, CAST_LINES)];
    handover.items = goods.rows;
    handover.n_items = goods.count;
    for (uint32_t i = below(mix, 4); i > 0; i--) {
        children[handover.n_beneficiary_ids] = pick_id(mix, TIEPSUC__V1__KIND__KIND_BENEFICIARY);
        handover.n_beneficiary_ids += children[handover.n_beneficiary_ids] != 0 ? 1 : 0;
    }
    handover.beneficiary_ids = children;
    if (below(mix, 2) != 0) {
        handover.allocation_far_id = pick_id(mix, TIEPSUC__V1__KIND__KIND_ALLOCATION);
    }
    if (below(mix, 3) == 0) {
        handover.need_id = pick_id(mix, TIEPSUC__V1__KIND__KIND_NEED);
    }
    handover.paper_number = text(below(mix, 5) == 0 ? "12/BB" : "");
    return add(mix, made, &header, &handover);
}

static uint64_t
write_donor(mix_t *mix, const made_t *made, ts_event_header_t header)
{
    Tiepsuc__V1__Donor donor = TIEPSUC__V1__DONOR__INIT;
    donor.name = text("donor");
    donor.class_ = (Tiepsuc__V1__DonorClass)below(mix, 8);
    header.plan = 0;
    return add(mix, made, &header, &donor);
}

static uint64_t
write_pledge(mix_t *mix, const made_t *made, ts_event_header_t header)
{
    goods_t goods;
    fill_goods(mix, &goods, true);
    Tiepsuc__V1__Pledge pledge = TIEPSUC__V1__PLEDGE__INIT;
    pledge.donor_id = pick_id(mix, TIEPSUC__V1__KIND__KIND_DONOR);
    pledge.fund_id = mix->cast->fund;
    pledge.items = goods.rows;
    pledge.n_items = goods.count;
    return add(mix, made, &header, &pledge);
}

static uint64_t
write_receipt(mix_t *mix, const made_t *made, ts_event_header_t header)
{
    goods_t goods;
    fill_goods(mix, &goods, true);
    Tiepsuc__V1__Receipt receipt = TIEPSUC__V1__RECEIPT__INIT;
    receipt.donor_id = pick_id(mix, TIEPSUC__V1__KIND__KIND_DONOR);
    receipt.fund_id = mix->cast->fund;
    receipt.pledge_id = below(mix, 2) != 0 ? pick_id(mix, TIEPSUC__V1__KIND__KIND_PLEDGE) : 0;
    receipt.items = goods.rows;
    receipt.n_items = goods.count;
    receipt.receipt_number = text(below(mix, 4) == 0 ? "7" : "");
    return add(mix, made, &header, &receipt);
}

static uint64_t
write_purchase(mix_t *mix, const made_t *made, ts_event_header_t header)
{
    goods_t goods;
    fill_goods(mix, &goods, false);
    Tiepsuc__V1__Purchase purchase = TIEPSUC__V1__PURCHASE__INIT;
    purchase.fund_id = mix->cast->fund;
    purchase.items = goods.rows;
    purchase.n_items = goods.count;
    for (size_t i = 0; i < goods.count; i++) {
        purchase.spent_vnd += goods.items[i].value_vnd;
    }
    purchase.advanced_vnd = purchase.spent_vnd;
    return add(mix, made, &header, &purchase);
}

static uint64_t
write_allocation(mix_t *mix, const made_t *made, ts_event_header_t header)
{
    fold_cast_t *cast = mix->cast;
    goods_t goods;
    fill_goods(mix, &goods, true);
    Tiepsuc__V1__Allocation allocation = TIEPSUC__V1__ALLOCATION__INIT;
    allocation.fund_id = cast->fund;
    allocation.unit_id = cast->commune[below(mix, CAST_COMMUNES)];
    allocation.line_id = cast->line[below(mix, CAST_LINES)];
    allocation.items = goods.rows;
    allocation.n_items = goods.count;
    allocation.purpose = (Tiepsuc__V1__AllocationPurpose)(below(mix, 5) == 0 ? 1 : 0);
    if (below(mix, 2) != 0) {
        allocation.need_far_id = pick_id(mix, TIEPSUC__V1__KIND__KIND_NEED);
    }
    return add(mix, made, &header, &allocation);
}

static uint64_t
write_return(mix_t *mix, const made_t *made, ts_event_header_t header)
{
    fold_cast_t *cast = mix->cast;
    goods_t goods;
    fill_goods(mix, &goods, false);
    Tiepsuc__V1__Return back = TIEPSUC__V1__RETURN__INIT;
    back.type = (Tiepsuc__V1__ReturnType)below(mix, 4);
    back.unit_id = cast->commune[made->commune];
    back.line_id = cast->line[0];
    if (below(mix, 2) != 0) {
        back.handover_far_id = pick_id(mix, TIEPSUC__V1__KIND__KIND_HANDOVER);
    } else {
        back.allocation_far_id = pick_id(mix, TIEPSUC__V1__KIND__KIND_ALLOCATION);
    }
    back.fund_far_id = below(mix, 2) != 0 ? cast->fund : 0;
    back.items = goods.rows;
    back.n_items = goods.count;
    return add(mix, made, &header, &back);
}

static uint64_t
write_population(mix_t *mix, const made_t *made, ts_event_header_t header)
{
    Tiepsuc__V1__HeadCount head = TIEPSUC__V1__HEAD_COUNT__INIT;
    head.band_id = mix->cast->band[below(mix, CAST_BANDS)];
    head.sex = TIEPSUC__V1__SEX__SEX_MALE;
    head.count = 100 + below(mix, 100);
    Tiepsuc__V1__HeadCount *heads[] = {&head};
    Tiepsuc__V1__Population population = TIEPSUC__V1__POPULATION__INIT;
    population.unit_id = mix->cast->commune[made->commune];
    population.heads = heads;
    population.n_heads = 1;
    return add(mix, made, &header, &population);
}

/* Where a kind is written and how often. */
static const struct {
    uint32_t kind;
    write_fn write;
    bool by_commune;
    uint32_t weight;
} writers[] = {
    {TIEPSUC__V1__KIND__KIND_BENEFICIARY, write_child, true, 3},
    {TIEPSUC__V1__KIND__KIND_NEED, write_need, true, 5},
    {TIEPSUC__V1__KIND__KIND_HANDOVER, write_handover, true, 5},
    {TIEPSUC__V1__KIND__KIND_POPULATION, write_population, true, 1},
    {TIEPSUC__V1__KIND__KIND_RETURN, write_return, true, 1},
    {TIEPSUC__V1__KIND__KIND_DONOR, write_donor, false, 1},
    {TIEPSUC__V1__KIND__KIND_PLEDGE, write_pledge, false, 1},
    {TIEPSUC__V1__KIND__KIND_RECEIPT, write_receipt, false, 2},
    {TIEPSUC__V1__KIND__KIND_PURCHASE, write_purchase, false, 1},
    {TIEPSUC__V1__KIND__KIND_ALLOCATION, write_allocation, false, 2},
};

static write_fn
writer_of(uint32_t kind)
{
    for (size_t i = 0; i < TS_COUNT(writers); i++) {
        if (writers[i].kind == kind) {
            return writers[i].write;
        }
    }
    return NULL;
}

static ts_event_header_t
header_of(mix_t *mix, const made_t *made)
{
    ts_event_header_t header = {
        .record = made->id,
        .plan = mix->cast->plan,
        .occurred_on = below(mix, 12) == 0 ? 0 : day(mix),
        .occurred_precision = below(mix, 6) == 0 ? 1 : 0,
        .author = 1 + below(mix, 3),
        .author_role = 1,
    };
    return header;
}

static void
remember(made_t *made, uint64_t event)
{
    if (made->event_count < TS_COUNT(made->events)) {
        made->events[made->event_count++] = event;
    }
}

static void
write_new(mix_t *mix)
{
    uint32_t total = 0;
    for (size_t i = 0; i < TS_COUNT(writers); i++) {
        total += writers[i].weight;
    }
    uint32_t at = below(mix, total);
    size_t which = 0;
    while (at >= writers[which].weight) {
        at -= writers[which++].weight;
    }
    if (mix->count == KEPT) {
        return;
    }
    made_t *made = &mix->made[mix->count];
    *made = (made_t){.kind = writers[which].kind};
    made->commune = below(mix, CAST_COMMUNES);
    /* Now and then somebody writes who may not. */
    bool stranger = below(mix, 20) == 0;
    made->office = writers[which].by_commune ? (uint32_t)made->commune + 3 : 1;
    if (stranger) {
        made->office = 2 + below(mix, 5);
    }
    made->id = fold_world_mint(mix->cast->world, made->office);
    made->log = mix->cast->records[made->office];
    if (made->office == 1 && !writers[which].by_commune) {
        bool down = made->kind == TIEPSUC__V1__KIND__KIND_ALLOCATION;
        made->log = down ? mix->cast->down : mix->cast->secret;
    }
    ts_event_header_t header = header_of(mix, made);
    header.row_key = below(mix, 6) == 0 ? "sheet/1" : NULL;
    remember(made, writers[which].write(mix, made, header));
    mix->count++;
}

/* A revision by the writer or by a parent: of one version, of none that exists, of all (resolves),
 * or a withdrawal. */
static void
write_revision(mix_t *mix)
{
    made_t *made = pick(mix, 0);
    if (made == NULL) {
        return;
    }
    made_t by = *made;
    if (below(mix, 4) == 0) {
        by.log = mix->cast->records[1 + below(mix, 6)];
    }
    uint64_t revises[4] = {made->events[below(mix, (uint32_t)made->event_count)]};
    ts_event_header_t header = header_of(mix, made);
    header.revises = revises;
    header.revises_count = 1;
    if (below(mix, 4) == 0) {
        memcpy(revises, made->events, made->event_count * sizeof revises[0]);
        header.revises_count = made->event_count;
    } else if (below(mix, 12) == 0) {
        revises[0] = ts_prng_next(&mix->prng);
    }
    header.voided = below(mix, 6) == 0;
    header.reason = "corrected";
    remember(made, writer_of(made->kind)(mix, &by, header));
}

static void
write_approval(mix_t *mix)
{
    made_t *made = pick(mix, TIEPSUC__V1__KIND__KIND_ALLOCATION);
    if (made == NULL) {
        return;
    }
    uint32_t office = 1 + below(mix, 2);
    Tiepsuc__V1__Approval approval = TIEPSUC__V1__APPROVAL__INIT;
    approval.target_kind = text("allocation");
    approval.target = made->id;
    approval.target_event = made->events[below(mix, (uint32_t)made->event_count)];
    approval.decision = TIEPSUC__V1__DECISION__DECISION_APPROVED;
    ts_event_header_t header = {.record = fold_world_mint(mix->cast->world, office),
                                .plan = mix->cast->plan,
                                .author = 1 + below(mix, 3),
                                .author_role = 2};
    (void)fold_world_add(mix->cast->world, mix->cast->acts[office], header,
                         TIEPSUC__V1__KIND__KIND_APPROVAL, &approval);
}

/* A kind in a log where it has no business, and an amount that cannot be. */
static void
write_nonsense(mix_t *mix)
{
    fold_cast_t *cast = mix->cast;
    ts_event_header_t header = {.record = fold_world_mint(cast->world, 3), .author_role = 1};
    if (below(mix, 2) == 0) {
        Tiepsuc__V1__Unit unit = TIEPSUC__V1__UNIT__INIT;
        unit.code = text("x");
        (void)fold_world_add(cast->world, cast->records[3], header, TIEPSUC__V1__KIND__KIND_UNIT,
                             &unit);
        return;
    }
    Tiepsuc__V1__Need need = TIEPSUC__V1__NEED__INIT;
    need.unit_id = cast->commune[0];
    need.line_id = cast->line[0];
    need.quantity = -4;
    header.plan = cast->plan;
    (void)fold_world_add(cast->world, cast->records[3], header, TIEPSUC__V1__KIND__KIND_NEED,
                         &need);
}

/* ---- what changes verdicts and figures */

static ts_event_header_t
revised(ts_record_id_t record, const uint64_t *event)
{
    return (ts_event_header_t){
        .record = record, .revises = event, .revises_count = 1, .author_role = 3};
}

static void
change_units(mix_t *mix)
{
    fold_cast_t *cast = mix->cast;
    ts_record_id_t other = fold_world_mint(cast->world, 1);
    Tiepsuc__V1__Unit unit = TIEPSUC__V1__UNIT__INIT;
    unit.code = text("14-2");
    unit.name = text("other district");
    unit.level = TIEPSUC__V1__UNIT_LEVEL__UNIT_LEVEL_DISTRICT;
    unit.parent_id = cast->province;
    ts_event_header_t header = {.record = other, .author_role = 3};
    (void)fold_world_add(cast->world, cast->registry, header, TIEPSUC__V1__KIND__KIND_UNIT, &unit);
    /* The third commune goes over to it; written without knowing the first version, so both stand
     * until a person resolves it. */
    uint64_t unknown = ts_prng_next(&mix->prng);
    unit.code = text("14-1-3");
    unit.level = TIEPSUC__V1__UNIT_LEVEL__UNIT_LEVEL_COMMUNE;
    unit.parent_id = other;
    (void)fold_world_add(cast->world, cast->registry, revised(cast->commune[2], &unknown),
                         TIEPSUC__V1__KIND__KIND_UNIT, &unit);
    /* The second one ends in the middle of 2019. */
    unit.code = text("14-1-2");
    unit.parent_id = cast->district;
    unit.valid_to_on = fold_world_day("2019-07-01");
    (void)fold_world_add(cast->world, cast->registry, revised(cast->commune[1], &unknown),
                         TIEPSUC__V1__KIND__KIND_UNIT, &unit);
}

static void
change_offices(mix_t *mix)
{
    fold_cast_t *cast = mix->cast;
    const ts_record_id_t units[] = {0,
                                    cast->province,
                                    cast->district,
                                    cast->commune[0],
                                    cast->commune[1],
                                    cast->commune[2],
                                    cast->province};
    for (uint32_t number = 1; number < CAST_OFFICES; number++) {
        if (below(mix, 2) != 0) {
            (void)fold_cast_office(cast, number, units[number], cast->office_event[number]);
        }
    }
    /* Another record under the number of office 5. */
    ts_hash_t invite = fold_world_invite_key(5, 9);
    Tiepsuc__V1__Office office = TIEPSUC__V1__OFFICE__INIT;
    office.number = 5;
    office.name = text("again");
    office.role = TIEPSUC__V1__OFFICE_ROLE__OFFICE_ROLE_COMMUNE;
    office.unit_id = cast->commune[2];
    office.invite_key = (ProtobufCBinaryData){TS_HASH_BYTES, invite.b};
    ts_event_header_t header = {.record = fold_world_mint(cast->world, 1), .author_role = 3};
    (void)fold_world_add(cast->world, cast->registry, header, TIEPSUC__V1__KIND__KIND_OFFICE,
                         &office);
}

static void
cut_off(mix_t *mix, uint32_t number, uint64_t seq)
{
    fold_cast_t *cast = mix->cast;
    ts_hash_t log = fold_world_log_id(cast->world, cast->records[number]);
    Tiepsuc__V1__Tip tip = TIEPSUC__V1__TIP__INIT;
    tip.log_key = (ProtobufCBinaryData){TS_HASH_BYTES, log.b};
    tip.hash_key = (ProtobufCBinaryData){TS_HASH_BYTES, log.b};
    tip.seq = seq;
    Tiepsuc__V1__Tip *tips[] = {&tip};
    Tiepsuc__V1__Cutoff cutoff = TIEPSUC__V1__CUTOFF__INIT;
    cutoff.office_id = cast->office[number];
    cutoff.tips = tips;
    cutoff.n_tips = 1;
    ts_event_header_t header = {.record = fold_world_mint(cast->world, 1), .author_role = 3};
    (void)fold_world_add(cast->world, cast->registry, header, TIEPSUC__V1__KIND__KIND_CUTOFF,
                         &cutoff);
}

static void
release(mix_t *mix, uint32_t office)
{
    uint64_t events[4];
    size_t count = 0;
    for (size_t i = mix->count; i > 0 && count < TS_COUNT(events); i--) {
        if (mix->made[i - 1].office == office) {
            events[count++] = mix->made[i - 1].events[0];
        }
    }
    Tiepsuc__V1__Release record = TIEPSUC__V1__RELEASE__INIT;
    record.events = events;
    record.n_events = count;
    ts_event_header_t header = {.record = fold_world_mint(mix->cast->world, 1), .author_role = 3};
    (void)fold_world_add(mix->cast->world, mix->cast->registry, header,
                         TIEPSUC__V1__KIND__KIND_RELEASE, &record);
}

static void
change_plan(mix_t *mix)
{
    fold_cast_t *cast = mix->cast;
    uint64_t unknown = ts_prng_next(&mix->prng);
    ts_event_header_t header = revised(cast->line[1], &unknown);
    header.plan = cast->plan;
    Tiepsuc__V1__Line line = TIEPSUC__V1__LINE__INIT;
    line.code = text("milk");
    line.unit_of_measure = text("hộp");
    (void)fold_world_add(cast->world, cast->down, header, TIEPSUC__V1__KIND__KIND_LINE, &line);
    header.record = cast->band[0];
    Tiepsuc__V1__Band band = TIEPSUC__V1__BAND__INIT;
    band.code = text("nursery");
    band.purpose = text("report");
    band.to_month = 30;
    (void)fold_world_add(cast->world, cast->down, header, TIEPSUC__V1__KIND__KIND_BAND, &band);
    header = (ts_event_header_t){
        .record = fold_world_mint(cast->world, 1), .plan = cast->plan, .author_role = 3};
    Tiepsuc__V1__Period period = TIEPSUC__V1__PERIOD__INIT;
    period.code = text("2019-summer");
    period.data_from_on = fold_world_day("2019-06-01");
    period.cutoff_on = fold_world_day("2019-08-31");
    (void)fold_world_add(cast->world, cast->down, header, TIEPSUC__V1__KIND__KIND_PERIOD, &period);
}

static void
change_fund(mix_t *mix)
{
    fold_cast_t *cast = mix->cast;
    uint64_t unknown = ts_prng_next(&mix->prng);
    ts_event_header_t header = revised(cast->fund, &unknown);
    header.plan = cast->plan;
    Tiepsuc__V1__Fund fund = TIEPSUC__V1__FUND__INIT;
    fund.code = text("fund");
    fund.name = text("renamed");
    fund.holder_body_id = cast->body[below(mix, 3) == 0 ? 6 : 1];
    (void)fold_world_add(cast->world, cast->down, header, TIEPSUC__V1__KIND__KIND_FUND, &fund);
}

void
fold_mix(fold_cast_t *cast, uint64_t seed, int rounds)
{
    mix_t *mix = ts_xcalloc(1, sizeof *mix);
    mix->cast = cast;
    mix->prng = ts_prng(seed);
    /* A second log of office 3, another installation under its number, and a stranger's log with
     * copies. */
    size_t second = fold_world_log(cast->world, 3, TS_PURPOSE_RECORDS, 0);
    size_t twin = fold_world_log(cast->world, 3, TS_PURPOSE_RECORDS, 4);
    size_t thief = fold_world_log(cast->world, 6, TS_PURPOSE_RECORDS, 0);
    size_t parent = fold_world_log(cast->world, 1, TS_PURPOSE_RECORDS, 0);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < 7; i++) {
            write_new(mix);
        }
        write_revision(mix);
        write_revision(mix);
        if (below(mix, 3) == 0) {
            write_approval(mix);
        }
        if (below(mix, 8) == 0) {
            write_nonsense(mix);
        }
    }
    /* No event at all; a kind of a later version that must be understood; one that need not. */
    static const uint8_t strange[] = {0x08, 0x63, 0x10, 0x01, 0x18, 0x01, 0x21, 9,   0,
                                      0,    0,    0,    0,    0,    1,    0x48, 0x01};
    uint8_t ignorable[sizeof strange];
    memcpy(ignorable, strange, sizeof strange);
    ignorable[5] = 0;
    fold_world_raw(cast->world, cast->records[3], "not an event", 12);
    fold_world_raw(cast->world, cast->records[3], strange, sizeof strange);
    fold_world_raw(cast->world, cast->records[3], ignorable, sizeof ignorable);
    change_units(mix);
    change_offices(mix);
    uint64_t written = fold_world_events(cast->world, cast->records[4]);
    cut_off(mix, 4, written / 2);
    cut_off(mix, 4, written * 3 / 4);
    release(mix, 4);
    change_plan(mix);
    change_fund(mix);
    fold_world_copy(cast->world, cast->records[3], second);
    fold_world_copy(cast->world, cast->records[4], thief);
    fold_world_copy(cast->world, cast->records[5], twin);
    /* Revisions by the district are permitted to the province as well: two good places. */
    fold_world_copy(cast->world, cast->records[2], parent);
    ts_xfree(mix);
}
