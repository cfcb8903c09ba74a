/* SPDX-License-Identifier: MPL-2.0 */
#include "support/fold_world.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "core/envelope.h"
#include "crypto/hash.h"
#include "support/tempdir.h"
#include "support/test.h"
#include "wire/event.h"
#include "wire/schema.h"
#include "wire/segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOGS_MAX 64

typedef struct world_log {
    uint32_t office;
    uint8_t purpose;
    uint32_t installation;
    ts_buf_t genesis; /* segment */
    ts_hash_t id;
    ts_buf_t *events;
    size_t count;
    size_t capacity;
    /* of the run at hand */
    uint64_t seq;
    ts_hash_t tip;
} world_log_t;

struct fold_world {
    world_log_t logs[LOGS_MAX];
    size_t log_count;
    uint32_t minted[64];
};

static ts_id16_t
deployment(void)
{
    ts_id16_t id;
    memset(id.b, 0xd1, sizeof id.b);
    return id;
}

static ts_hash_t
key_of(uint32_t office, uint32_t installation, char which)
{
    char text[64];
    int length = snprintf(text, sizeof text, "%c %u %u", which, office, installation);
    return ts_hash_of(text, (size_t)length);
}

ts_hash_t
fold_world_invite_key(uint32_t office, uint32_t installation)
{
    return key_of(office, installation, 'i');
}

ts_hash_t
fold_world_node_key(uint32_t office, uint32_t installation)
{
    return key_of(office, installation, 'n');
}

fold_world_t *
fold_world_new(void)
{
    return ts_xcalloc(1, sizeof(fold_world_t));
}

void
fold_world_free(fold_world_t **self_p)
{
    fold_world_t *self = *self_p;
    for (size_t i = 0; i < self->log_count; i++) {
        for (size_t e = 0; e < self->logs[i].count; e++) {
            ts_buf_free(&self->logs[i].events[e]);
        }
        ts_xfree(self->logs[i].events);
        ts_buf_free(&self->logs[i].genesis);
    }
    ts_xfree(self);
    *self_p = NULL;
}

static uint8_t
audience_of(uint8_t purpose)
{
    switch (purpose) {
    case TS_PURPOSE_ACTS:
    case TS_PURPOSE_RECORDS:
        return TS_AUDIENCE_UP;
    case TS_PURPOSE_PRIVATE:
        return TS_AUDIENCE_SELF;
    default:
        return TS_AUDIENCE_DOWN_ALL;
    }
}

static void
seal(ts_segment_header_t *header, ts_bytes_t payload, ts_buf_t *out)
{
    header->deployment = deployment();
    header->key_id = 7;
    header->stored_bytes = (uint32_t)payload.length;
    header->payload_hash = ts_hash_of(payload.data, payload.length);
    ts_buf_clear(out);
    ts_segment_put_header(out, header);
    memset(ts_buf_extend(out, TS_SEGMENT_SIGNATURE_BYTES), 0x51, TS_SEGMENT_SIGNATURE_BYTES);
    ts_buf_put(out, payload.data, payload.length);
}

size_t
fold_world_log(fold_world_t *self, uint32_t office, uint8_t purpose, uint32_t installation)
{
    TS_CHECK(self->log_count < LOGS_MAX);
    world_log_t *log = &self->logs[self->log_count];
    log->office = office;
    log->purpose = purpose;
    log->installation = installation;
    ts_genesis_t genesis = {
        .purpose = purpose,
        .audience = audience_of(purpose),
        .office = office,
        .root_key = key_of(0, 0, 'r'),
        .registrar_serial = 1,
        .registrar_key = key_of(0, 0, 'g'),
        .invite_key = fold_world_invite_key(office, installation),
        .invite_curve_key = key_of(office, installation, 'c'),
        .node_key = fold_world_node_key(office, installation),
        .node_curve_key = key_of(office, installation, 'd'),
    };
    genesis.nonce[0] = (uint8_t)self->log_count;
    if (purpose == TS_PURPOSE_REGISTRY) {
        genesis.node_key = genesis.registrar_key;
    }
    ts_buf_t payload = {0};
    ts_genesis_put(&payload, &genesis);
    ts_segment_header_t header = {.flags = TS_SEGMENT_GENESIS,
                                  .codec = TS_CODEC_GENESIS,
                                  .raw_bytes = (uint32_t)payload.length};
    seal(&header, ts_buf_bytes(&payload), &log->genesis);
    ts_buf_free(&payload);
    log->id = ts_hash_of(log->genesis.data, TS_SEGMENT_FIXED_BYTES);
    return self->log_count++;
}

ts_hash_t
fold_world_log_id(const fold_world_t *self, size_t log)
{
    return self->logs[log].id;
}

ts_record_id_t
fold_world_mint(fold_world_t *self, uint32_t office)
{
    TS_CHECK(office < 64);
    return ts_record_id(office, 5, ++self->minted[office]);
}

static void
keep(world_log_t *log, ts_bytes_t bytes)
{
    log->events = ts_xgrow(log->events, log->count + 1, &log->capacity, sizeof *log->events);
    log->events[log->count] = (ts_buf_t){0};
    ts_buf_put(&log->events[log->count++], bytes.data, bytes.length);
}

uint64_t
fold_world_add(
    fold_world_t *self, size_t log, ts_event_header_t header, uint32_t kind, const void *record)
{
    const ts_kind_schema_t *schema = ts_schema_kind(ts_wire_schema(), kind);
    ts_msg_t why = {0};
    ts_buf_t bytes = {0};
    header.kind = kind;
    header.author = header.author == 0 ? 1 : header.author;
    header.claimed_s = 1700000000 + self->logs[log].count;
    ts_err_t err = ts_event_encode(&header, schema, record, &bytes, &why);
    if (err != TS_ERR_OK) {
        char *text = why.id == NULL ? ts_xstrdup("?") : ts_msg_fill(&why, why.id);
        print_error("event of kind %u: %s\n", kind, text);
        ts_xfree(text);
    }
    assert_int_equal(err, TS_ERR_OK);
    keep(&self->logs[log], ts_buf_bytes(&bytes));
    ts_hash_t id = ts_hash_of(bytes.data, bytes.length);
    ts_buf_free(&bytes);
    ts_msg_free(&why);
    return ts_hash_prefix(&id);
}

void
fold_world_raw(fold_world_t *self, size_t log, const void *data, size_t length)
{
    keep(&self->logs[log], (ts_bytes_t){data, length});
}

void
fold_world_copy(fold_world_t *self, size_t from, size_t to)
{
    size_t count = self->logs[from].count;
    for (size_t i = 0; i < count; i++) {
        keep(&self->logs[to], ts_buf_bytes(&self->logs[from].events[i]));
    }
}

size_t
fold_world_events(const fold_world_t *self, size_t log)
{
    return self->logs[log].count;
}

size_t
fold_world_bytes(const fold_world_t *self)
{
    size_t bytes = 0;
    for (size_t i = 0; i < self->log_count; i++) {
        for (size_t e = 0; e < self->logs[i].count; e++) {
            bytes += self->logs[i].events[e].length;
        }
    }
    return bytes;
}

int32_t
fold_world_day(const char *iso)
{
    ts_date_t date;
    assert_int_equal(ts_date_parse_iso(iso, &date), TS_ERR_OK);
    return date.days;
}

/* ---- a run */

static void
put_segment(fold_run_t *run, ts_bytes_t bytes, ts_put_result_t *result)
{
    ts_segment_view_t view;
    assert_int_equal(ts_segment_parse(bytes, &view), TS_ERR_OK);
    ts_hash_t hash = ts_hash_of(bytes.data, TS_SEGMENT_FIXED_BYTES);
    ts_put_source_t source = {.received_ms = 1};
    assert_int_equal(ts_custody_put(run->custody, &view, &hash, &source, result), TS_ERR_OK);
}

/* A segment of the log's next events; the log's place moves on. */
static void
make_segment(world_log_t *log, size_t from, size_t count, ts_buf_t *bytes)
{
    ts_codec_t *codec = ts_codec_new();
    ts_bytes_t *events = ts_xcalloc(count, sizeof *events);
    for (size_t i = 0; i < count; i++) {
        events[i] = ts_buf_bytes(&log->events[from + i]);
    }
    ts_buf_t payload = {0};
    ts_sealed_t sealed;
    assert_int_equal(ts_payload_seal(codec, events, count, TS_LEVEL_LIVE,
                                     TS_PAYLOAD_STORED_BYTES_MAX, &payload, &sealed),
                     TS_ERR_OK);
    assert_int_equal(sealed.count, count);
    ts_segment_header_t header = {
        .log = log->id,
        .first_seq = log->seq + 1,
        .count = (uint32_t)count,
        .prev = log->tip,
        .codec = sealed.codec,
        .raw_bytes = sealed.raw_bytes,
    };
    seal(&header, ts_buf_bytes(&payload), bytes);
    log->seq += count;
    log->tip = ts_hash_of(bytes->data, TS_SEGMENT_FIXED_BYTES);
    ts_buf_free(&payload);
    ts_xfree(events);
    ts_codec_destroy(&codec);
}

static void
put_events(fold_run_t *run, world_log_t *log, size_t from, size_t count)
{
    ts_buf_t bytes = {0};
    make_segment(log, from, count, &bytes);
    ts_put_result_t result;
    put_segment(run, ts_buf_bytes(&bytes), &result);
    assert_int_equal(result.outcome, TS_PUT_STORED);
    ts_buf_free(&bytes);
}

uint64_t
fold_run_append(fold_run_t *run, size_t at, size_t from, size_t count)
{
    world_log_t *log = &run->world->logs[at];
    uint64_t counter = 0;
    assert_int_equal(ts_custody_begin(run->custody, "test"), TS_ERR_OK);
    for (size_t i = from; i < from + count; i++) {
        ts_hash_t id = ts_hash_of(log->events[i].data, log->events[i].length);
        assert_int_equal(
            ts_custody_append(run->custody, &log->id, &id, ts_buf_bytes(&log->events[i]), &counter),
            TS_ERR_OK);
    }
    assert_int_equal(ts_custody_commit(run->custody), TS_ERR_OK);
    return counter;
}

void
fold_run_seal(fold_run_t *run, size_t at, size_t from, size_t count, uint64_t through)
{
    ts_buf_t bytes = {0};
    make_segment(&run->world->logs[at], from, count, &bytes);
    ts_segment_view_t view;
    assert_int_equal(ts_segment_parse(ts_buf_bytes(&bytes), &view), TS_ERR_OK);
    ts_hash_t hash = ts_hash_of(bytes.data, TS_SEGMENT_FIXED_BYTES);
    ts_put_source_t source = {.received_ms = 1};
    uint64_t arrival = 0;
    assert_int_equal(ts_custody_begin(run->custody, "test"), TS_ERR_OK);
    assert_int_equal(ts_custody_seal(run->custody, &view, &hash, &source, through, &arrival),
                     TS_ERR_OK);
    assert_int_equal(ts_custody_commit(run->custody), TS_ERR_OK);
    ts_buf_free(&bytes);
}

void
fold_run_deliver(fold_run_t *run, size_t log, size_t from, size_t count)
{
    assert_int_equal(ts_custody_begin(run->custody, "test"), TS_ERR_OK);
    put_events(run, &run->world->logs[log], from, count);
    assert_int_equal(ts_custody_commit(run->custody), TS_ERR_OK);
}

ts_err_t
fold_run_open(fold_run_t *run)
{
    ts_msg_t detail = {0};
    ts_err_t err = ts_ledger_open(&run->ledger, &run->ledger_options, &detail);
    if (err == TS_ERR_OK) {
        run->fold_options.ledger = run->ledger;
        err = ts_fold_open(&run->fold, &run->fold_options, &detail);
    }
    if (err != TS_ERR_OK) {
        ts_ledger_destroy(&run->ledger);
    }
    ts_msg_free(&detail);
    return err;
}

void
fold_run_close(fold_run_t *run)
{
    ts_fold_destroy(&run->fold);
    ts_ledger_destroy(&run->ledger);
}

/* `folder` is taken. */
static void
open_folder(fold_run_t *run, char *folder, bool create, const fold_way_t *way)
{
    memset(run, 0, sizeof *run);
    run->folder = folder;
    ts_custody_options_t custody = {
        .folder = run->folder, .deployment = deployment(), .hash = ts_hash_of, .create = create};
    memset(custody.new_store_id.b, 's', sizeof custody.new_store_id.b);
    ts_msg_t detail = {0};
    assert_int_equal(ts_custody_open(&run->custody, &custody, &detail), TS_ERR_OK);
    run->ledger_options = (ts_ledger_options_t){
        .path = ts_tempdir_path(run->folder, "ledger.sqlite"),
        .vfs = way->vfs,
        .schema = ts_wire_schema(),
        .store_id = custody.new_store_id,
        .feed = way->feed,
    };
    memset(run->ledger_options.new_feed_id.b, 'f', sizeof run->ledger_options.new_feed_id.b);
    run->fold_options = (ts_fold_options_t){
        .custody = run->custody,
        .schema = ts_wire_schema(),
        .hash = ts_hash_of,
        .batch_events = way->batch,
        .cache_children = 16,
    };
}

static void
open_stores(fold_run_t *run, fold_world_t *world, const fold_way_t *way)
{
    open_folder(run, ts_tempdir_make(), true, way);
    run->world = world;
    for (size_t i = 0; i < world->log_count; i++) {
        world->logs[i].seq = 0;
        world->logs[i].tip = world->logs[i].id;
    }
}

char *
fold_run_leave(fold_run_t *run)
{
    char *path;
    memcpy(&path, &run->ledger_options.path, sizeof path);
    ts_xfree(path);
    ts_custody_destroy(&run->custody);
    return run->folder;
}

void
fold_run_return(fold_run_t *run, const char *folder, const fold_way_t *way)
{
    open_folder(run, ts_xstrdup(folder), false, way);
}

/* Which log gives its next segment. */
static size_t
choose(fold_world_t *world, ts_prng_t *prng, uint64_t seed, size_t *left)
{
    size_t open = 0;
    for (size_t i = 0; i < world->log_count; i++) {
        open += left[i] > 0 ? 1 : 0;
    }
    size_t skip = seed == 0 ? 0 : ts_prng_below(prng, (uint32_t)open);
    for (size_t i = 0; i < world->log_count; i++) {
        if (left[i] > 0 && skip-- == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* Only its genesis, as a log of this installation. */
static void
hold_back(fold_run_t *run, world_log_t *log)
{
    ts_put_result_t result;
    assert_int_equal(ts_custody_begin(run->custody, "test"), TS_ERR_OK);
    put_segment(run, ts_buf_bytes(&log->genesis), &result);
    assert_int_equal(ts_custody_own_set(run->custody, &log->id, TS_OWN_ACTIVE), TS_ERR_OK);
    assert_int_equal(ts_custody_commit(run->custody), TS_ERR_OK);
}

static void
deliver(fold_run_t *run, const fold_way_t *way)
{
    fold_world_t *world = run->world;
    ts_prng_t prng = ts_prng(way->seed + 77);
    size_t left[LOGS_MAX];
    size_t all = 0;
    for (size_t i = 0; i < world->log_count; i++) {
        left[i] = world->logs[i].count + 1; /* the genesis too */
        if (way->hold == i + 1) {
            hold_back(run, &world->logs[i]);
            left[i] = 0;
        }
        all += left[i];
    }
    while (all > 0) {
        size_t at = choose(world, &prng, way->seed, left);
        world_log_t *log = &world->logs[at];
        assert_int_equal(ts_custody_begin(run->custody, "test"), TS_ERR_OK);
        size_t count = 1;
        if (left[at] == log->count + 1) {
            ts_put_result_t result;
            put_segment(run, ts_buf_bytes(&log->genesis), &result);
            assert_int_equal(result.outcome, TS_PUT_STORED);
        } else {
            count = way->per_segment == 0 ? 1 + ts_prng_below(&prng, 40) : way->per_segment;
            count = count < left[at] ? count : left[at];
            put_events(run, log, log->count - left[at], count);
        }
        assert_int_equal(ts_custody_commit(run->custody), TS_ERR_OK);
        left[at] -= count;
        all -= count;
        if (way->fold_between) {
            fold_run_finish(run, way->budget);
        }
    }
}

void
fold_run_prepare_custody(fold_run_t *run, fold_world_t *world, const fold_way_t *way)
{
    TS_CHECK(!way->fold_between);
    open_stores(run, world, way);
    deliver(run, way);
}

void
fold_run_prepare(fold_run_t *run, fold_world_t *world, const fold_way_t *way)
{
    open_stores(run, world, way);
    if (way->fold_between) {
        assert_int_equal(fold_run_open(run), TS_ERR_OK);
    }
    deliver(run, way);
    if (!way->fold_between) {
        assert_int_equal(fold_run_open(run), TS_ERR_OK);
    }
}

void
fold_run_finish(fold_run_t *run, uint32_t budget)
{
    bool more = true;
    for (int slices = 0; more; slices++) {
        assert_true(slices < 1000000);
        ts_err_t err = ts_fold_slice(run->fold, budget == 0 ? 1000 : budget, &more);
        if (err != TS_ERR_OK) {
            const ts_msg_t *why = ts_fold_detail(run->fold);
            char *text = why->id == NULL ? ts_xstrdup("?") : ts_msg_fill(why, why->id);
            print_error("fold: %s %s\n", ts_err_name(err), text);
            ts_xfree(text);
        }
        assert_int_equal(err, TS_ERR_OK);
        /* As an office at rest: nothing but memory may change by it. */
        ts_fold_trim(run->fold);
    }
}

void
fold_run_begin(fold_run_t *run, fold_world_t *world, const fold_way_t *way)
{
    fold_run_prepare(run, world, way);
    fold_run_finish(run, way->budget);
}

ts_fingerprint_t
fold_run_print(fold_run_t *run)
{
    ts_fingerprint_t print;
    assert_int_equal(ts_fold_settle(run->fold), TS_ERR_OK);
    assert_int_equal(ts_ledger_fingerprint(run->ledger, &print), TS_ERR_OK);
    return print;
}

void
fold_run_end(fold_run_t *run)
{
    fold_run_close(run);
    ts_custody_destroy(&run->custody);
    char *path;
    memcpy(&path, &run->ledger_options.path, sizeof path);
    ts_xfree(path);
    ts_tempdir_remove(&run->folder);
}

typedef struct sum {
    ts_cell_key_t key;
    bool exact;
    int64_t value;
} sum_t;

static void
add_cell(void *ctx, const ts_cell_key_t *key, int64_t value)
{
    sum_t *sum = ctx;
    bool distinct = key->measure == TS_MEASURE_DISTINCT_SUPPORTED ||
                    key->measure == TS_MEASURE_DISTINCT_IN_NEED;
    if (sum->exact ? memcmp(key, &sum->key, sizeof *key) == 0
                   : (sum->key.band == 0 || sum->key.band == key->band) && !distinct) {
        sum->value += value;
    }
}

int64_t
fold_run_sum(fold_run_t *run,
             ts_measure_t measure,
             ts_record_id_t unit,
             ts_record_id_t line,
             ts_record_id_t band)
{
    ts_cell_query_t query = {
        .measure = measure, .units = &unit, .unit_count = unit == 0 ? 0 : 1, .line = line};
    sum_t sum = {.key = {.band = band}};
    assert_int_equal(ts_fold_settle(run->fold), TS_ERR_OK);
    assert_int_equal(ts_ledger_cells(run->ledger, &query, add_cell, &sum), TS_ERR_OK);
    return sum.value;
}

int64_t
fold_run_cell(fold_run_t *run, const ts_cell_key_t *key)
{
    ts_cell_query_t query = {
        .plan = key->plan, .measure = key->measure, .from_day = key->day, .to_day = key->day};
    sum_t sum = {.key = *key, .exact = true};
    sum.key.day = 0;
    assert_int_equal(ts_fold_settle(run->fold), TS_ERR_OK);
    assert_int_equal(ts_ledger_cells(run->ledger, &query, add_cell, &sum), TS_ERR_OK);
    return sum.value;
}
