/* SPDX-License-Identifier: MPL-2.0 */
#include "bench/gen.h"

#include "base/check.h"
#include "base/prng.h"
#include "base/xalloc.h"
#include "tiepsuc/v1/event.pb-c.h"
#include "wire/event.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

enum {
    UNITS = 12,
    CHILDREN = 700,
    CHILDREN_IN_WORLD = 100,
    LINES = 14,
    OFFICE = 4711,
    STARTS = 40,
    FUNDS = 6,
    NEEDS_KEPT = 4096
};

typedef struct gen {
    ts_prng_t prng;
    const gen_world_t *world; /* NULL: a world of its own */
    uint32_t office;
    uint32_t child_count; /* of each unit */
    ts_record_id_t plan;
    bool has_funds;
    uint32_t counter; /* of record ids */
    uint32_t salt;    /* of the running program */
    uint64_t claimed_s;
    ts_record_id_t children[UNITS][CHILDREN];
    ts_record_id_t units[UNITS];
    ts_record_id_t lines[LINES];
    ts_record_id_t funds[FUNDS];
    ts_record_id_t needs[NEEDS_KEPT]; /* the last ones, to be answered by handovers */
    uint8_t need_unit[NEEDS_KEPT];
    uint16_t need_child[NEEDS_KEPT];
    uint8_t need_line[NEEDS_KEPT];
    uint8_t need_quantity[NEEDS_KEPT];
    uint32_t need_count;
} gen_t;

typedef struct goods {
    const char *item;
    const char *measure;
    int64_t price_vnd;
} goods_t;

static const goods_t goods[LINES] = {
    {"áo ấm", "chiếc", 185000},
    {"chăn bông", "chiếc", 320000},
    {"sách giáo khoa", "bộ", 210000},
    {"vở học sinh", "quyển", 7500},
    {"cặp sách", "chiếc", 145000},
    {"dép, ủng", "đôi", 65000},
    {"gạo", "kg", 14500},
    {"sữa hộp", "hộp", 7200},
    {"xe đạp", "chiếc", 1650000},
    {"học bổng", "suất", 1000000},
    {"khám sức khỏe", "lượt", 90000},
    {"thuốc tẩy giun", "liều", 4000},
    {"bàn ghế", "bộ", 980000},
    {"đồ chơi ngoài trời", "bộ", 6400000},
};

static uint32_t
below(gen_t *gen, uint32_t n)
{
    return ts_prng_below(&gen->prng, n);
}

/* Small numbers are far likelier, as with real goods, sites and people. */
static uint32_t
skewed(gen_t *gen, uint32_t n)
{
    uint32_t least = below(gen, n);
    for (int i = 0; i < 2; i++) {
        uint32_t again = below(gen, n);
        least = again < least ? again : least;
    }
    return least;
}

static ts_record_id_t
mint(gen_t *gen)
{
    return ts_record_id(gen->office, gen->salt, gen->counter++);
}

/* Children were registered over the months before, with the salt of each start of the program. */
static void
start(gen_t *gen, uint64_t seed)
{
    memset(gen, 0, sizeof(*gen));
    gen->prng = ts_prng(seed);
    gen->claimed_s = 1567300000;
    gen->counter = 1;
    gen->office = OFFICE;
    gen->child_count = CHILDREN;
    gen->plan = ts_record_id(1, 0x5a17c3, 9);
    gen->has_funds = true;
    for (size_t i = 0; i < UNITS; i++) {
        gen->units[i] = ts_record_id(1, 0x5a17c3, (uint32_t)(20 + i));
    }
    for (size_t i = 0; i < LINES; i++) {
        gen->lines[i] = ts_record_id(1, 0x5a17c3, (uint32_t)(700 + i));
    }
    for (size_t i = 0; i < FUNDS; i++) {
        gen->funds[i] = ts_record_id(1, 0x77e042, (uint32_t)(900 + i));
    }
    for (size_t i = 0; i < UNITS * CHILDREN; i++) {
        if (i % (UNITS * CHILDREN / STARTS) == 0) {
            gen->salt = below(gen, 1u << 24);
        }
        gen->children[i % UNITS][i / UNITS] = mint(gen);
    }
    gen->salt = below(gen, 1u << 24);
}

static const char *
make_note(gen_t *gen, char *out, size_t bytes)
{
    static const char *const who[] = {"chị Mùa", "anh Páo", "cô Lả", "cán bộ xã", "trưởng bản"};
    char text[96] = "";
    switch (below(gen, 12)) {
    case 0:
    case 1:
        break;
    case 2:
        (void)snprintf(text, sizeof(text), "đã trao tận tay; ");
        break;
    case 3:
        (void)snprintf(text, sizeof(text), "vắng nhà, hẹn tháng sau; ");
        break;
    case 4:
        (void)snprintf(text, sizeof(text), "kho xã không đủ; ");
        break;
    case 5:
        (void)snprintf(text, sizeof(text), "vòng cánh tay %u mm; ", 105 + below(gen, 60));
        break;
    case 6:
        (void)snprintf(text, sizeof(text), "cân nặng %u,%u kg, cao %u cm; ", 5 + below(gen, 20),
                       below(gen, 10), 60 + below(gen, 60));
        break;
    case 7:
        (void)snprintf(text, sizeof(text), "hộ nghèo, chưa có giấy khai sinh; ");
        break;
    case 8:
        (void)snprintf(text, sizeof(text), "mẹ nhận thay; ");
        break;
    case 9:
        (void)snprintf(text, sizeof(text), "bà nhận thay; ");
        break;
    case 10:
        (void)snprintf(text, sizeof(text), "mất sổ, hồ sơ số %u; ", below(gen, 90000));
        break;
    default:
        (void)snprintf(text, sizeof(text), "lớp %u; ", 1 + below(gen, 5));
        break;
    }
    (void)snprintf(out, bytes, "%s%s, phiếu %u/24", text, who[skewed(gen, 5)],
                   300 + (gen->counter - UNITS * CHILDREN) / 40);
    return out;
}

static void
make_need(gen_t *gen, ts_event_header_t *header, Tiepsuc__V1__Need *need, char *site, char *note)
{
    uint32_t slot = gen->need_count++ % NEEDS_KEPT;
    gen->need_unit[slot] = (uint8_t)skewed(gen, UNITS);
    gen->need_child[slot] = (uint16_t)skewed(gen, gen->child_count);
    gen->need_line[slot] = (uint8_t)skewed(gen, LINES);
    gen->need_quantity[slot] = (uint8_t)(1 + skewed(gen, 12));
    gen->needs[slot] = header->record;
    tiepsuc__v1__need__init(need);
    need->unit_id = gen->units[gen->need_unit[slot]];
    need->line_id = gen->lines[gen->need_line[slot]];
    need->beneficiary_id = gen->children[gen->need_unit[slot]][gen->need_child[slot]];
    need->quantity = gen->need_quantity[slot];
    need->unit_of_measure = site + 48;
    (void)snprintf(site + 48, 16, "%s", goods[gen->need_line[slot]].measure);
    (void)snprintf(site, 48, "Bản %u", 1 + gen->need_child[slot] % 9);
    need->site = site;
    need->round = note + 128;
    (void)snprintf(note + 128, 16, "2019-1");
    need->state = below(gen, 4) == 0 ? TIEPSUC__V1__NEED_STATE__NEED_STATE_VERIFIED
                                     : TIEPSUC__V1__NEED_STATE__NEED_STATE_REPORTED;
    need->note = note;
}

static void
make_handover(gen_t *gen,
              Tiepsuc__V1__Handover *handover,
              Tiepsuc__V1__Item *item,
              uint64_t *child,
              char *site,
              char *note)
{
    uint32_t known = gen->need_count < NEEDS_KEPT ? gen->need_count : NEEDS_KEPT;
    uint32_t slot = (gen->need_count - 1 - skewed(gen, known)) % NEEDS_KEPT;
    uint8_t unit = gen->need_unit[slot];
    const goods_t *good = &goods[gen->need_line[slot]];
    tiepsuc__v1__handover__init(handover);
    tiepsuc__v1__item__init(item);
    handover->unit_id = gen->units[unit];
    handover->line_id = gen->lines[gen->need_line[slot]];
    handover->fund_id = gen->has_funds ? gen->funds[skewed(gen, FUNDS)] : 0;
    handover->need_id = gen->needs[slot];
    item->quantity =
        below(gen, 4) > 0 ? gen->need_quantity[slot] : 1 + below(gen, gen->need_quantity[slot]);
    item->value_vnd = item->quantity * good->price_vnd;
    (void)snprintf(site, 48, "%s", good->item);
    (void)snprintf(site + 48, 16, "%s", good->measure);
    item->item = site;
    item->unit_of_measure = site + 48;
    *child = gen->children[unit][gen->need_child[slot]];
    handover->n_beneficiary_ids = 1;
    handover->beneficiary_ids = child;
    (void)snprintf(note + 128, 32, "BB-%u/2019", 1 + gen->counter / 30);
    handover->paper_number = note + 128;
    handover->note = note;
}

static void
make_event(gen_t *gen, ts_buf_t *out)
{
    const ts_schema_t *schema = ts_wire_schema();
    char site[64];
    char note[160];
    uint64_t child;
    Tiepsuc__V1__Need need;
    Tiepsuc__V1__Handover handover;
    Tiepsuc__V1__Item item;
    Tiepsuc__V1__Item *items[] = {&item};
    bool is_need = gen->need_count == 0 || below(gen, 10) < 7;
    bool next_day = below(gen, 40) == 0;
    gen->claimed_s += 2 + below(gen, 240) + (next_day ? 14 * 3600 : 0);
    if (next_day) {
        gen->salt = below(gen, 1u << 24);
    }
    ts_event_header_t header = {
        .must_understand = true,
        .plan = gen->plan,
        .occurred_on =
            (int32_t)(gen->claimed_s / 86400) - (below(gen, 8) == 0 ? (int32_t)below(gen, 5) : 0),
        .claimed_s = gen->claimed_s,
        .author = 1 + skewed(gen, 4),
        .author_role = 1,
        .record = mint(gen),
    };
    ts_msg_t why = {0};
    make_note(gen, note, 128);
    const void *record = &need;
    if (is_need) {
        make_need(gen, &header, &need, site, note);
    } else {
        make_handover(gen, &handover, &item, &child, site, note);
        handover.n_items = 1;
        handover.items = items;
        record = &handover;
    }
    ts_err_t err = ts_event_encode(&header, ts_schema_named(schema, is_need ? "need" : "handover"),
                                   record, out, &why);
    TS_CHECK(err == TS_ERR_OK);
}

/* Puts the world's own ids in place of the invented ones. */
static void
settle(gen_t *gen, const gen_world_t *world)
{
    gen->world = world;
    gen->office = world->office;
    gen->plan = world->plan;
    gen->child_count = CHILDREN_IN_WORLD;
    gen->has_funds = world->fund_count > 0;
    gen->salt = world->salt;
    for (size_t i = 0; i < UNITS; i++) {
        gen->units[i] = world->units[i % world->unit_count];
    }
    for (size_t i = 0; i < LINES; i++) {
        gen->lines[i] = world->lines[i % world->line_count];
    }
    for (size_t i = 0; gen->has_funds && i < FUNDS; i++) {
        gen->funds[i] = world->funds[i % world->fund_count];
    }
    gen->counter = 1;
}

static void
make_child(gen_t *gen, size_t unit, size_t child, ts_buf_t *out)
{
    Tiepsuc__V1__Beneficiary beneficiary;
    tiepsuc__v1__beneficiary__init(&beneficiary);
    beneficiary.birth_year = 2004 + below(gen, 15);
    beneficiary.birth_month = 1 + below(gen, 12);
    beneficiary.sex =
        below(gen, 2) == 0 ? TIEPSUC__V1__SEX__SEX_MALE : TIEPSUC__V1__SEX__SEX_FEMALE;
    beneficiary.unit_id = gen->units[unit];
    ts_event_header_t header = {.must_understand = true,
                                .plan = gen->plan,
                                .claimed_s = gen->claimed_s++,
                                .author = 1,
                                .author_role = 1,
                                .record = mint(gen)};
    gen->children[unit][child] = header.record;
    ts_msg_t why = {0};
    ts_err_t err = ts_event_encode(&header, ts_schema_named(ts_wire_schema(), "beneficiary"),
                                   &beneficiary, out, &why);
    TS_CHECK(err == TS_ERR_OK);
}

static void
gather(gen_t *gen, gen_events_t *events, size_t count)
{
    size_t children = gen->world == NULL ? 0 : (size_t)UNITS * CHILDREN_IN_WORLD;
    size_t *ends = ts_xcalloc(children + count, sizeof(*ends));
    events->count = children + count;
    events->events = ts_xcalloc(events->count, sizeof(*events->events));
    for (size_t i = 0; i < events->count; i++) {
        if (i < children) {
            make_child(gen, i % UNITS, i / UNITS, &events->bytes);
        } else {
            make_event(gen, &events->bytes);
        }
        ends[i] = events->bytes.length;
    }
    for (size_t i = 0; i < events->count; i++) {
        size_t from = i == 0 ? 0 : ends[i - 1];
        events->events[i] = (ts_bytes_t){events->bytes.data + from, ends[i] - from};
    }
    ts_xfree(ends);
}

void
gen_events_make_in(gen_events_t *events, size_t count, uint64_t seed, const gen_world_t *world)
{
    gen_t *gen = ts_xmalloc(sizeof(*gen));
    *events = (gen_events_t){0};
    start(gen, seed);
    if (world != NULL) {
        settle(gen, world);
    }
    gather(gen, events, count);
    ts_xfree(gen);
}

void
gen_events_make(gen_events_t *events, size_t count, uint64_t seed)
{
    gen_events_make_in(events, count, seed, NULL);
}

void
gen_events_free(gen_events_t *events)
{
    ts_buf_free(&events->bytes);
    ts_xfree(events->events);
    *events = (gen_events_t){0};
}
