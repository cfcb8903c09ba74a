/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: promises that show only at the moment at which they are given. What a store acknowledges is
 * committed and reads back; what leaves an office stands in its witness; a segment whose bytes did
 * not reach the disk as they were is never acknowledged; only a genesis with its whole chain of
 * certificates names a log; the credit of all sessions together has one bound; a refused segment
 * leaves evidence. Method: every frame is looked at as it leaves, beside the stores of the node
 * that sends it.
 */
#include "base/limits.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "support/node_world.h"
#include "wire/record.h"
#include "wire/schema.h"
#include "wire/sync_wire.h"

#include <stdlib.h>
#include <string.h>

enum { DISTRICT = 1, COMMUNE = 2, NODES = 3, FLIPS_MAX = 60 };

typedef struct promise {
    world_t *world;
    world_files_t *files[NODES];
    ts_sync_decoder_t *decoder;
    unsigned custodies; /* tips that the district acknowledged to the commune */
    unsigned own_tips;  /* tips of its own that the commune named upward */
    unsigned broken;    /* promises that were not kept */
    unsigned stopped;
    uint64_t granted; /* by the district, the most that one CREDIT named */
} promise_t;

/* ---- what is looked at */

static ts_err_t
is_whole(void *context, uint64_t arrival, ts_bytes_t bytes)
{
    const ts_hash_t *expected = context;
    ts_segment_view_t view;
    (void)arrival;
    if (ts_segment_parse(bytes, &view) != TS_ERR_OK) {
        return TS_ERR_HASH;
    }
    ts_hash_t hash = ts_hash_of(bytes.data, TS_SEGMENT_FIXED_BYTES);
    ts_hash_t payload = ts_hash_of(view.payload.data, view.payload.length);
    return ts_hash_equal(&hash, expected) && ts_hash_equal(&payload, &view.header.payload_hash)
               ? TS_ERR_OK
               : TS_ERR_HASH;
}

/* Committed, and read through the second connection it is what it was. */
static bool
is_kept(ts_node_t *node, const ts_tip_t *tip)
{
    ts_held_segment_t stored;
    ts_hash_t hash = tip->hash;
    return ts_custody_find(node->custody, &tip->hash, &stored, NULL) == TS_ERR_OK &&
           ts_custody_read_back(node->custody, stored.arrival, stored.arrival, is_whole, &hash) ==
               TS_ERR_OK;
}

static void
look_at_own(promise_t *self, const ts_node_t *node, const ts_tip_t *tip)
{
    ts_log_info_t info;
    ts_tip_t witnessed;
    ts_own_t own = TS_OWN_NOT;
    if (ts_custody_log(node->custody, &tip->log, &info) != TS_ERR_OK ||
        ts_custody_log_own(node->custody, &tip->log, &own) != TS_ERR_OK || own != TS_OWN_ACTIVE) {
        return;
    }
    self->own_tips++;
    if (ts_witness_tip(node->witness, &tip->log, &witnessed) != TS_ERR_OK ||
        witnessed.seq < tip->seq) {
        self->broken++;
    }
}

/* The first piece of a segment has its head. */
static void
look_at_chunk(promise_t *self, const ts_node_t *node, const ts_sync_chunk_t *chunk)
{
    ts_segment_header_t header;
    uint32_t whole;
    if (chunk->offset == 0 && ts_segment_peek(chunk->data, &header, &whole) == TS_ERR_OK &&
        (header.flags & TS_SEGMENT_GENESIS) == 0) {
        ts_tip_t tip = {.log = header.log, .seq = ts_segment_last_seq(&header)};
        look_at_own(self, node, &tip);
    }
}

static bool
look(void *context, world_t *world, size_t link, bool upward, ts_buf_t *frame)
{
    promise_t *self = context;
    ts_sync_msg_t message;
    size_t sender = upward ? link : world->nodes[link].parent;
    ts_node_t *node = world->nodes[sender].node;
    if (node == NULL || link != COMMUNE ||
        ts_sync_decode(self->decoder, ts_buf_bytes(frame), &message) != TS_ERR_OK) {
        return true;
    }
    if (upward && message.kind == TS_SYNC_HAVE) {
        for (size_t i = 0; i < message.u.have.count; i++) {
            look_at_own(self, node, &message.u.have.tips[i].tip);
        }
    } else if (upward && message.kind == TS_SYNC_CHUNK) {
        look_at_chunk(self, node, &message.u.chunk);
    } else if (!upward && message.kind == TS_SYNC_CUSTODY) {
        for (size_t i = 0; i < message.u.custody.count; i++) {
            self->custodies++;
            self->broken += is_kept(node, &message.u.custody.tips[i].tip) ? 0 : 1;
        }
    } else if (!upward && message.kind == TS_SYNC_CREDIT &&
               message.u.credit.bytes_total > self->granted) {
        self->granted = message.u.credit.bytes_total;
    }
    return true;
}

static void
note_stop(void *context, world_t *world, size_t node, const ts_msg_t *why)
{
    promise_t *self = context;
    (void)world;
    (void)why;
    assert_int_equal(node, DISTRICT);
    self->stopped++;
}

/* ---- the world */

static void
put_back(promise_t *self)
{
    for (size_t i = 0; i < NODES; i++) {
        if (self->world->nodes[i].node != NULL) {
            world_stop(self->world, i);
        }
        ts_faultvfs_disarm(self->world->nodes[i].vfs);
        world_files_put(self->world, i, self->files[i]);
    }
    self->custodies = 0;
    self->own_tips = 0;
    self->broken = 0;
    self->stopped = 0;
    self->granted = 0;
    self->world->watch = (world_watch_t){.sent = NULL};
    self->world->tap = look;
    self->world->tap_context = self;
}

static void
start_all(promise_t *self)
{
    for (size_t i = 0; i < NODES; i++) {
        assert_true(world_start(self->world, i));
    }
}

static int
setup(void **state)
{
    promise_t *self = calloc(1, sizeof *self);
    world_t *world = world_new(11);
    *state = self;
    self->world = world;
    self->decoder = ts_sync_decoder_new();
    world_found(world);
    assert_int_equal(world_enrol(world, "district", "901", "huyen-mot", WORLD_PROVINCE), DISTRICT);
    assert_int_equal(world_enrol(world, "commune", "90101", "xa-an", DISTRICT), COMMUNE);
    for (size_t i = 1; i < NODES; i++) {
        assert_true(world_start(world, i));
    }
    world_settle(world);
    world_link(world, COMMUNE, false);
    world_run(world, 100);
    world_needs(world, COMMUNE, 40);
    world_do(world, COMMUNE, "seal", NULL);
    world_needs(world, COMMUNE, 40);
    for (size_t i = 0; i < NODES; i++) {
        world_stop(world, i);
        self->files[i] = world_files_take(world, i, true);
    }
    world->nodes[COMMUNE].link_up = true;
    return 0;
}

static int
teardown(void **state)
{
    promise_t *self = *state;
    ts_sync_decoder_destroy(&self->decoder);
    for (size_t i = 0; i < NODES; i++) {
        world_files_free(&self->files[i]);
    }
    world_free(&self->world);
    free(self);
    return 0;
}

/* ---- the promises */

static void
test_node_promises_what_is_acknowledged_is_committed(void **state)
{
    promise_t *self = *state;
    put_back(self);
    start_all(self);
    world_settle(self->world);
    world_needs(self->world, COMMUNE, 1);
    world_settle(self->world);
    assert_true(self->custodies >= 2);
    assert_int_equal(self->broken, 0);
    world_assert_in_step(self->world, COMMUNE, "90101");
}

static void
test_node_promises_what_leaves_stands_in_the_witness(void **state)
{
    promise_t *self = *state;
    put_back(self);
    start_all(self);
    world_settle(self->world);
    unsigned before = self->own_tips;
    for (int i = 0; i < 3; i++) {
        world_needs(self->world, COMMUNE, 1);
        world_settle(self->world);
    }
    assert_true(before > 0 && self->own_tips >= before + 3);
    assert_int_equal(self->broken, 0);
}

/* One bit turns on its way to the disk, at each of the writes in turn: either nobody notices
 * because nothing hangs on it, or the store stops; nothing is acknowledged that is not there. */
static void
test_node_promises_a_turned_bit_is_not_acknowledged(void **state)
{
    promise_t *self = *state;
    unsigned seen = 0;
    bool fired = true;
    for (uint64_t k = 1; fired && k <= FLIPS_MAX; k++) {
        put_back(self);
        self->world->watch.context = self;
        self->world->watch.stopped = note_stop;
        start_all(self);
        ts_fault_t fault = {
            .kind = TS_FAULT_FLIP, .on = TS_FAULT_ON_WRITE, .at = k, .only = "custody.sqlite-wal"};
        ts_faultvfs_arm(self->world->nodes[DISTRICT].vfs, &fault);
        world_run(self->world, 20000);
        fired = ts_faultvfs_fired(self->world->nodes[DISTRICT].vfs);
        seen += self->stopped;
        assert_int_equal(self->broken, 0);
    }
    /* Otherwise the bits turned where nothing was. */
    assert_true(seen > 0);
    put_back(self);
}

/* Somebody who knows a whole chain of certificates puts a key of his own under it. */
static void
test_node_promises_genesis_wants_its_whole_chain(void **state)
{
    promise_t *self = *state;
    put_back(self);
    start_all(self);
    ts_node_t *district = self->world->nodes[DISTRICT].node;
    ts_node_t *commune = self->world->nodes[COMMUNE].node;
    for (int forged = 0; forged < 2; forged++) {
        ts_genesis_t genesis = commune->identity.chain;
        ts_hash_t key = commune->identity.keys.sign_public;
        ts_secret_t secret = commune->identity.keys.sign_secret;
        genesis.purpose = TS_PURPOSE_RECORDS;
        genesis.audience = TS_AUDIENCE_UP;
        if (forged != 0) {
            ts_sign_keypair(commune->options.random, &key, &secret);
            genesis.node_key = key;
        }
        ts_buf_t payload = {0};
        ts_buf_t bytes = {0};
        ts_genesis_put(&payload, &genesis);
        ts_hash_t key_hash = ts_hash_of(key.b, sizeof key.b);
        ts_segment_header_t header = {.flags = TS_SEGMENT_GENESIS,
                                      .deployment = commune->identity.keys.deployment,
                                      .key_id = ts_hash_prefix(&key_hash),
                                      .codec = TS_CODEC_GENESIS,
                                      .stored_bytes = (uint32_t)payload.length,
                                      .raw_bytes = (uint32_t)payload.length};
        header.payload_hash = ts_hash_of(payload.data, payload.length);
        ts_segment_put_header(&bytes, &header);
        uint8_t signature[TS_SIGNATURE_BYTES];
        ts_bytes_t signed_bytes = ts_buf_bytes(&bytes);
        ts_sign(&secret, TS_SEGMENT_DOMAIN, &signed_bytes, 1, signature);
        ts_buf_put(&bytes, signature, sizeof signature);
        ts_buf_put(&bytes, payload.data, payload.length);
        ts_segment_view_t view;
        ts_hash_t hash;
        ts_log_info_t info;
        assert_int_equal(ts_segment_parse(ts_buf_bytes(&bytes), &view), TS_ERR_OK);
        assert_int_equal(ts_segment_verify(district, &view, &hash, &info),
                         forged != 0 ? TS_ERR_SIGNATURE : TS_ERR_OK);
        ts_secret_wipe(&secret);
        ts_buf_free(&payload);
        ts_buf_free(&bytes);
    }
}

/* Others have all the credit there is: this one gets none, and goes on when they give it back. */
static void
test_node_promises_credit_of_all_sessions_has_one_bound(void **state)
{
    promise_t *self = *state;
    put_back(self);
    start_all(self);
    ts_node_t *district = self->world->nodes[DISTRICT].node;
    district->credit_open += TS_CREDIT_BYTES_TOTAL;
    world_run(self->world, 20000);
    assert_int_equal(self->granted, 0);
    assert_true(district->credit_open >= TS_CREDIT_BYTES_TOTAL);
    district->credit_open -= TS_CREDIT_BYTES_TOTAL;
    world_settle(self->world);
    assert_true(self->granted > 0);
    world_assert_in_step(self->world, COMMUNE, "90101");
}

/* A holding as the node itself writes one, but of a time and tip that we choose. */
static void
write_holding(ts_node_t *node, uint64_t time_s)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), TS_KIND_HOLDING);
    ts_record_t *record = ts_record_new(kind);
    ts_id16_t store = ts_custody_store_id(node->custody);
    ts_buf_t bytes = {0};
    ts_msg_t why = {0};
    assert_int_equal(ts_record_set_bytes(record, "store", (ts_bytes_t){store.b, sizeof store.b}),
                     TS_ERR_OK);
    assert_int_equal(ts_record_set_number(record, "root_time_s", (int64_t)time_s), TS_ERR_OK);
    assert_int_equal(ts_record_set_number(record, "time_s", (int64_t)time_s), TS_ERR_OK);
    ts_event_header_t header = {.kind = kind->kind,
                                .version = kind->version,
                                .record = ts_node_mint_record(node),
                                .claimed_s = time_s,
                                .author = 1,
                                .author_role = TS_ROLE_OPERATOR};
    assert_int_equal(ts_event_encode(&header, kind, ts_record_body(record), &bytes, &why),
                     TS_ERR_OK);
    ts_new_event_t event = {TS_PURPOSE_HOLDINGS, 0, ts_buf_bytes(&bytes), {{0}}};
    assert_int_equal(ts_logs_write(node, &event, 1), TS_ERR_OK);
    ts_buf_free(&bytes);
    ts_msg_free(&why);
    ts_record_destroy(&record);
}

/* What those above hold and what time it is at the root they alone say, whoever writes such an
 * event. */
static void
test_node_promises_holding_of_a_child_tells_its_parent_nothing(void **state)
{
    promise_t *self = *state;
    world_t *world = self->world;
    put_back(self);
    start_all(self);
    world_settle(world);
    uint64_t before = world->nodes[DISTRICT].node->root_time_s;
    uint64_t holdings = world_records(world, DISTRICT, TS_KIND_HOLDING);
    write_holding(world->nodes[COMMUNE].node, UINT64_C(4070908800));
    world_settle(world);
    assert_true(world_records(world, DISTRICT, TS_KIND_HOLDING) > holdings);
    assert_true(before > 0);
    assert_true(world->nodes[DISTRICT].node->root_time_s < before + 86400 * 365);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node_promises_what_is_acknowledged_is_committed),
        cmocka_unit_test(test_node_promises_what_leaves_stands_in_the_witness),
        cmocka_unit_test(test_node_promises_a_turned_bit_is_not_acknowledged),
        cmocka_unit_test(test_node_promises_genesis_wants_its_whole_chain),
        cmocka_unit_test(test_node_promises_credit_of_all_sessions_has_one_bound),
        cmocka_unit_test(test_node_promises_holding_of_a_child_tells_its_parent_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
