/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the ledger is a function of the set of events: any order of arrival, any split into
 * segments, commits and slices, and the same bytes in two logs give the same digest. Method: a
 * small province (support/fold_cast) and events that the input makes, of any kind, in any log; one
 * plain run and one as the input says; records, verdicts, cells, balances and postings must be
 * equal.
 */
#include "base/xalloc.h"
#include "core/envelope.h"
#include "crypto/hash.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_record.h"
#include "support/fold_mix.h"
#include "wire/event.h"
#include "wire/schema.h"

#include <string.h>

enum { EVENTS_MAX = 40, LOGS = 8, PREFIXES = 64, WORLD_BYTES_MAX = 30000 };

typedef struct script {
    ts_cursor_t input;
    fold_cast_t cast;
    size_t logs[LOGS];
    uint64_t prefixes[PREFIXES]; /* of events so far */
    size_t prefix_count;
} script_t;

/* References of the pools become records of the cast, so that most things are known. */
static ts_record_id_t
known_unit(const script_t *self, uint8_t byte)
{
    const ts_record_id_t ids[] = {self->cast.province,   self->cast.district,
                                  self->cast.commune[0], self->cast.commune[1],
                                  self->cast.commune[2], self->cast.fund};
    return ids[byte % 6];
}

static void
settle_reference(script_t *self, ts_record_t *record, const ts_field_t *field)
{
    uint8_t byte = ts_cursor_u8(&self->input);
    ts_record_id_t id = known_unit(self, byte);
    switch (field->ref_kind) {
    case TIEPSUC__V1__KIND__KIND_PLAN:
        id = self->cast.plan;
        break;
    case TIEPSUC__V1__KIND__KIND_LINE:
        id = self->cast.line[byte % CAST_LINES];
        break;
    case TIEPSUC__V1__KIND__KIND_BAND:
        id = self->cast.band[byte % CAST_BANDS];
        break;
    case TIEPSUC__V1__KIND__KIND_PERIOD:
        id = self->cast.period[byte % CAST_PERIODS];
        break;
    case TIEPSUC__V1__KIND__KIND_BODY:
        id = self->cast.body[1 + byte % (CAST_OFFICES - 1)];
        break;
    case TIEPSUC__V1__KIND__KIND_FUND:
        id = self->cast.fund;
        break;
    case TIEPSUC__V1__KIND__KIND_UNIT:
        break;
    default:
        return;
    }
    TS_CHECK(ts_record_set_number(record, field->name, (int64_t)id) == TS_ERR_OK);
}

static void
add_event(script_t *self)
{
    const ts_schema_t *schema = ts_wire_schema();
    const ts_kind_schema_t *kind = &schema->kinds[ts_cursor_u8(&self->input) % schema->count];
    uint8_t where = ts_cursor_u8(&self->input);
    uint64_t revises[2];
    ts_buf_t bytes = {0};
    ts_msg_t why = {0};
    ts_event_header_t header = fuzz_record_header(&self->input, kind->kind, revises);
    ts_record_t *record = fuzz_record_make(&self->input, kind);
    header.plan = where % 4 == 0 ? 0 : self->cast.plan;
    header.version = 1;
    for (size_t i = 0; i < header.revises_count && self->prefix_count > 0; i++) {
        revises[i] = self->prefixes[revises[i] * 7 % self->prefix_count];
    }
    for (size_t i = 0; i < kind->field_count; i++) {
        if (kind->fields[i].sense == TS_SENSE_REF && where % 8 != 7) {
            settle_reference(self, record, &kind->fields[i]);
        }
    }
    if (ts_event_encode(&header, kind, ts_record_body(record), &bytes, &why) == TS_ERR_OK) {
        ts_hash_t id = ts_hash_of(bytes.data, bytes.length);
        fold_world_raw(self->cast.world, self->logs[where / 8 % LOGS], bytes.data, bytes.length);
        self->prefixes[self->prefix_count++ % PREFIXES] = ts_hash_prefix(&id);
        self->prefix_count = self->prefix_count < PREFIXES ? self->prefix_count : PREFIXES;
    }
    ts_msg_free(&why);
    ts_buf_free(&bytes);
    ts_record_destroy(&record);
}

/* Bytes that need not be an event. */
static void
add_noise(script_t *self)
{
    size_t length = 1u + ts_cursor_u8(&self->input) % 40u;
    length = length < ts_cursor_left(&self->input) ? length : ts_cursor_left(&self->input);
    if (length > 0) {
        const uint8_t *bytes = ts_cursor_take(&self->input, length);
        fold_world_raw(self->cast.world, self->logs[bytes[0] % LOGS], bytes, length);
    }
}

static void
write_world(script_t *self)
{
    uint8_t mixed = ts_cursor_u8(&self->input);
    self->cast = fold_cast_make(self->cast.world);
    self->logs[0] = self->cast.registry;
    self->logs[1] = self->cast.down;
    for (size_t i = 1; i <= 5; i++) {
        self->logs[i + 1] = self->cast.records[i];
    }
    self->logs[7] = self->cast.acts[3];
    if (mixed % 8 == 0) {
        fold_mix(&self->cast, mixed / 8, 2);
    }
    for (int i = 0; i < EVENTS_MAX && ts_cursor_left(&self->input) > 0; i++) {
        uint8_t what = ts_cursor_u8(&self->input);
        if (what % 16 == 0) {
            add_noise(self);
        } else if (what % 16 == 1 && fold_world_bytes(self->cast.world) < WORLD_BYTES_MAX) {
            fold_world_copy(self->cast.world, self->logs[what / 16 % LOGS],
                            self->logs[(what / 16 + 3) % LOGS]);
        } else {
            add_event(self);
        }
    }
}

static void
check_same(const ts_fingerprint_t *a, const ts_fingerprint_t *b)
{
    TS_CHECK(memcmp(&a->records, &b->records, sizeof a->records) == 0);
    TS_CHECK(memcmp(&a->parked, &b->parked, sizeof a->parked) == 0);
    TS_CHECK(memcmp(&a->standing, &b->standing, sizeof a->standing) == 0);
    TS_CHECK(memcmp(&a->cells, &b->cells, sizeof a->cells) == 0);
    TS_CHECK(memcmp(&a->balances, &b->balances, sizeof a->balances) == 0);
    TS_CHECK(memcmp(&a->postings, &b->postings, sizeof a->postings) == 0);
    TS_CHECK(memcmp(&a->children, &b->children, sizeof a->children) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t steps[] = {1, 7, 64, 100000};
    static script_t script;
    fold_run_t run;
    script = (script_t){.input = ts_cursor(data, size)};
    uint8_t how = ts_cursor_u8(&script.input);
    const fold_way_t plain = {.per_segment = 50, .batch = 100000, .budget = 100000};
    const fold_way_t way = {.seed = 1u + ts_cursor_u16(&script.input),
                            .per_segment = how % 3 == 0 ? 1 : 0,
                            .batch = steps[how / 4 % 4],
                            .budget = steps[how / 16 % 4],
                            .fold_between = how / 64 % 2 == 0,
                            .feed = how / 128 == 0};
    script.cast.world = fold_world_new();
    write_world(&script);
    fold_run_begin(&run, script.cast.world, &plain);
    ts_fingerprint_t first = fold_run_print(&run);
    fold_run_end(&run);
    fold_run_begin(&run, script.cast.world, &way);
    ts_fingerprint_t second = fold_run_print(&run);
    check_same(&first, &second);
    fold_run_end(&run);
    fold_world_free(&script.cast.world);
    return 0;
}
