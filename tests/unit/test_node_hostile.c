/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what a broken or hostile neighbour sends harms nobody else. A changed, truncated or foreign
 * segment is rejected with a code, stops that log alone and stays as evidence; one whose
 * predecessor is missing waits; a repeated one changes nothing; garbage ends a session, a flood
 * costs nothing that lasts. When the wrong bytes stop, everything arrives. Method: frames of a
 * commune's records are altered on their way to the district; its acts, another commune and the way
 * down must not notice.
 */
#include "core/kind.h"
#include "crypto/hash.h"
#include "support/node_world.h"

#include <stdlib.h>
#include <string.h>

enum { DISTRICT = 1, COMMUNE = 2, NEIGHBOUR = 3, STREAMS_MAX = 64 };

typedef enum harm {
    HARM_NONE,
    HARM_PAYLOAD,   /* a byte of the payload */
    HARM_HEADER,    /* the deployment in the header */
    HARM_SIGNATURE, /* a byte of the signature */
    HARM_TRUNCATED, /* ten bytes less, and it says so */
    HARM_REPEATED,  /* every chunk twice */
    HARM_SKIPPED    /* the second segment in place of the first */
} harm_t;

typedef struct attack {
    harm_t harm;
    ts_hash_t log; /* the one that is hit */
    uint16_t streams[STREAMS_MAX];
    size_t stream_count;
    unsigned hits;
    ts_buf_t other; /* HARM_SKIPPED: the segment to put there */
    ts_sync_decoder_t *decoder;
} attack_t;

typedef struct hostile {
    world_t *world;
    attack_t attack;
} hostile_t;

static bool
is_hit(const attack_t *attack, uint16_t stream)
{
    for (size_t i = 0; i < attack->stream_count; i++) {
        if (attack->streams[i] == stream) {
            return true;
        }
    }
    return false;
}

static void
encode_again(const ts_sync_msg_t *message, ts_buf_t *frame)
{
    ts_buf_t fresh = {0};
    ts_sync_encode(message, &fresh);
    ts_buf_free(frame);
    *frame = fresh;
}

/* Changes one byte at a place of the segment when it lies in this chunk. */
static bool
flip_at(const ts_sync_msg_t *message, ts_buf_t *frame, uint32_t place)
{
    const ts_sync_chunk_t *chunk = &message->u.chunk;
    if (place < chunk->offset || place >= chunk->offset + chunk->data.length) {
        return false;
    }
    frame->data[frame->length - chunk->data.length + (place - chunk->offset)] ^= 0x55;
    return true;
}

static void
harm_chunk(attack_t *attack, world_t *world, ts_sync_msg_t *message, ts_buf_t *frame)
{
    ts_sync_chunk_t *chunk = &message->u.chunk;
    switch (attack->harm) {
    case HARM_NONE:
        return;
    case HARM_PAYLOAD:
        attack->hits += flip_at(message, frame, TS_SEGMENT_FIXED_BYTES + 5);
        return;
    case HARM_HEADER:
        attack->hits += flip_at(message, frame, 12);
        return;
    case HARM_SIGNATURE:
        attack->hits += flip_at(message, frame, TS_SEGMENT_HEADER_BYTES + 7);
        return;
    case HARM_TRUNCATED:
        if (chunk->offset + chunk->data.length == chunk->total && chunk->data.length > 10) {
            chunk->data.length -= 10;
        }
        chunk->total -= 10;
        encode_again(message, frame);
        attack->hits++;
        return;
    case HARM_REPEATED: {
        ts_buf_t copy = {0};
        attack_t calm = *attack;
        ts_buf_put(&copy, frame->data, frame->length);
        attack->harm = HARM_NONE;
        world_inject(world, COMMUNE, ts_buf_bytes(&copy));
        attack->harm = calm.harm;
        attack->hits++;
        ts_buf_free(&copy);
        return;
    }
    case HARM_SKIPPED:
        if (attack->hits == 0) {
            assert_int_equal(chunk->data.length, chunk->total); /* small segments: one chunk */
            ts_hash_t hash = ts_hash_of(attack->other.data, TS_SEGMENT_FIXED_BYTES);
            chunk->segment_prefix = ts_hash_prefix(&hash);
            chunk->total = (uint32_t)attack->other.length;
            chunk->data = ts_buf_bytes(&attack->other);
            encode_again(message, frame);
            attack->hits++;
        }
        return;
    }
}

static bool
tap(void *context, world_t *world, size_t link, bool upward, ts_buf_t *frame)
{
    attack_t *attack = context;
    ts_sync_msg_t message;
    if (link != COMMUNE ||
        ts_sync_decode(attack->decoder, ts_buf_bytes(frame), &message) != TS_ERR_OK) {
        return true;
    }
    if (!upward && message.kind == TS_SYNC_WANT &&
        ts_hash_equal(&message.u.want.log, &attack->log) && attack->stream_count < STREAMS_MAX) {
        attack->streams[attack->stream_count++] = message.u.want.stream;
    } else if (message.kind == TS_SYNC_HELLO) {
        attack->stream_count = 0;
    } else if (upward && message.kind == TS_SYNC_CHUNK && is_hit(attack, message.u.chunk.stream)) {
        harm_chunk(attack, world, &message, frame);
    }
    return true;
}

/* Two communes below one district, in step; entries of the first wait in two segments. */
static int
setup(void **state)
{
    hostile_t *self = calloc(1, sizeof *self);
    world_t *world = world_new(5);
    self->world = world;
    *state = self;
    world_found(world);
    assert_int_equal(world_enrol(world, "district", "901", "huyen-mot", WORLD_PROVINCE), DISTRICT);
    assert_int_equal(world_enrol(world, "commune", "90101", "xa-an", DISTRICT), COMMUNE);
    assert_int_equal(world_enrol(world, "commune", "90102", "xa-binh", DISTRICT), NEIGHBOUR);
    for (size_t i = 1; i < world->node_count; i++) {
        assert_true(world_start(world, i));
    }
    world_settle(world);
    world_link(world, COMMUNE, false);
    world_do(world, COMMUNE, "account_add", "role", "approver", "function", "chủ tịch", NULL);
    ts_log_info_t info;
    assert_int_equal(
        ts_custody_own_active(world->nodes[COMMUNE].node->custody, TS_PURPOSE_RECORDS, 0, &info),
        TS_ERR_OK);
    self->attack.log = info.log;
    self->attack.decoder = ts_sync_decoder_new();
    for (int i = 0; i < 2; i++) {
        world_needs(world, COMMUNE, 3);
        world_do(world, COMMUNE, "seal", NULL);
    }
    world->tap = tap;
    world->tap_context = &self->attack;
    return 0;
}

static int
teardown(void **state)
{
    hostile_t *self = *state;
    ts_sync_decoder_destroy(&self->attack.decoder);
    ts_buf_free(&self->attack.other);
    world_free(&self->world);
    free(self);
    return 0;
}

static void
approve_last(world_t *world)
{
    const ts_table_t *saved = ts_reply_table(&world->reply, "saved");
    assert_non_null(saved);
    char code[TS_CODE_BYTES_MAX];
    ts_record_code_format((ts_record_id_t)ts_table_cell(saved, 0, 0)->number, code, sizeof code);
    ts_command_t command;
    ts_command_init(&command, "approve");
    ts_command_add(&command, "record", code);
    ts_command_add(&command, "decision", "approved");
    command.account = 2;
    ts_err_t err = world_tell_command(world, COMMUNE, &command);
    if (err != TS_ERR_OK) {
        char *said = world_said(world);
        print_error("approve: %s\n", said);
        free(said);
    }
    assert_int_equal(err, TS_ERR_OK);
}

static uint64_t
evidence(world_t *world, ts_err_t code)
{
    ts_refusal_t refusal;
    uint64_t count = 0;
    ts_buf_t bytes = {0};
    for (size_t i = 0;
         ts_custody_refused(world->nodes[DISTRICT].node->custody, i, &refusal, &bytes) == TS_ERR_OK;
         i++) {
        count += (code == TS_ERR_OK || refusal.code == code) && bytes.length > 0;
    }
    ts_buf_free(&bytes);
    return count;
}

/* The log is stopped, all others flow; evidence lies there; afterwards everything arrives. */
static void
check_harm(hostile_t *self, harm_t harm, ts_err_t code)
{
    world_t *world = self->world;
    self->attack.harm = harm;
    world_needs(world, COMMUNE, 1);
    approve_last(world);
    world_link(world, COMMUNE, true);
    world_needs(world, NEIGHBOUR, 2);
    world_settle(world);
    assert_true(self->attack.hits > 0);
    assert_true(evidence(world, code) > 0);
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 2); /* the neighbour's */
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 2);
    assert_true(world_noted(world, COMMUNE, "session", "fact=REJECTED"));
    /* Its acts came; the approval waits for what it approves. */
    world_assert_same(world, NEIGHBOUR, DISTRICT, "90102", world->nodes[NEIGHBOUR].office);
    ts_custody_tip_t tip;
    size_t count = 0;
    ts_log_info_t acts;
    assert_int_equal(
        ts_custody_own_active(world->nodes[COMMUNE].node->custody, TS_PURPOSE_ACTS, 0, &acts),
        TS_ERR_OK);
    assert_int_equal(
        ts_custody_log_tips(world->nodes[WORLD_PROVINCE].node->custody, &acts.log, &tip, 1, &count),
        TS_ERR_OK);
    assert_true(count == 1 && tip.tip.seq == 1);
    /* The way down flows too. */
    world_do(world, WORLD_PROVINCE, "enrol", "role", "commune", "unit", "90201", "body", "xa-cat",
             "name", "Xã Cát", NULL);
    world_settle(world);
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_OFFICE), 5);
    self->attack.harm = HARM_NONE;
    world_link(world, COMMUNE, false);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 2 + 7);
    world_assert_in_step(world, COMMUNE, "90101");
}

static void
test_node_hostile_changed_payload_stops_that_log_alone(void **state)
{
    check_harm(*state, HARM_PAYLOAD, TS_ERR_HASH);
}

static void
test_node_hostile_changed_signature_stops_that_log_alone(void **state)
{
    check_harm(*state, HARM_SIGNATURE, TS_ERR_SIGNATURE);
}

static void
test_node_hostile_foreign_deployment_stops_that_log_alone(void **state)
{
    check_harm(*state, HARM_HEADER, TS_ERR_FOREIGN);
}

static void
test_node_hostile_truncated_segment_stops_that_log_alone(void **state)
{
    check_harm(*state, HARM_TRUNCATED, TS_ERR_OK);
}

static void
test_node_hostile_repeated_chunks_change_nothing(void **state)
{
    hostile_t *self = *state;
    self->attack.harm = HARM_REPEATED;
    world_link(self->world, COMMUNE, true);
    world_settle(self->world);
    assert_true(self->attack.hits > 0);
    assert_int_equal(evidence(self->world, TS_ERR_OK), 0);
    self->attack.harm = HARM_NONE;
    world_settle(self->world);
    assert_int_equal(world_records(self->world, WORLD_PROVINCE, TS_KIND_NEED), 6);
    world_assert_in_step(self->world, COMMUNE, "90101");
}

/* The second segment comes first: it is kept until the first one, which is asked for, has come. */
static void
test_node_hostile_missing_predecessor_waits(void **state)
{
    hostile_t *self = *state;
    world_t *world = self->world;
    ts_custody_t *custody = world->nodes[COMMUNE].node->custody;
    ts_tip_t base = {self->attack.log, 0, self->attack.log};
    ts_held_segment_t first;
    bool held;
    assert_int_equal(ts_custody_next(custody, &base, 0, &held, &first, NULL), TS_ERR_OK);
    base = (ts_tip_t){first.log, first.last_seq, first.hash};
    assert_int_equal(ts_custody_next(custody, &base, 0, &held, &first, &self->attack.other),
                     TS_ERR_OK);
    self->attack.harm = HARM_SKIPPED;
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_int_equal(self->attack.hits, 1);
    assert_true(world_noted(world, DISTRICT, "session", "fact=GAP"));
    assert_int_equal(evidence(world, TS_ERR_OK), 0);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 6);
    world_assert_in_step(world, COMMUNE, "90101");
}

/* ---- whose word "held" is */

typedef struct impostor {
    ts_id16_t store; /* the root's, as which one side of the commune's link speaks */
    bool upward;
    uint64_t time_s; /* not 0: what it says of the root's clock and its own */
    ts_sync_decoder_t *decoder;
    unsigned hits;
} impostor_t;

static bool
speak_as_the_root(void *context, world_t *world, size_t link, bool upward, ts_buf_t *frame)
{
    impostor_t *self = context;
    ts_sync_msg_t message;
    (void)world;
    if (link != COMMUNE || upward != self->upward ||
        ts_sync_decode(self->decoder, ts_buf_bytes(frame), &message) != TS_ERR_OK) {
        return true;
    }
    if (message.kind == TS_SYNC_HELLO || message.kind == TS_SYNC_WELCOME) {
        message.u.greeting.store = self->store;
        if (self->time_s != 0) {
            message.u.greeting.time_s = self->time_s;
            message.u.greeting.root_time_s = self->time_s;
        }
    } else if (message.kind == TS_SYNC_CUSTODY) {
        message.u.custody.store = self->store;
    } else {
        return true;
    }
    self->hits++;
    encode_again(&message, frame);
    return true;
}

static uint64_t
said_to_be_at_the_root(world_t *world, size_t index, const ts_id16_t *root)
{
    ts_custody_status_t status;
    assert_int_equal(ts_custody_status(world->nodes[index].node->custody, root, &status),
                     TS_ERR_OK);
    return status.held_events;
}

/* The province is cut off. Whoever says in its name that it holds what is new is not believed. */
static void
check_impostor(hostile_t *self, bool upward, uint64_t time_s)
{
    world_t *world = self->world;
    size_t victim = upward ? DISTRICT : COMMUNE;
    world->tap = NULL;
    world_link(world, COMMUNE, true);
    world_settle(world);
    world_link(world, DISTRICT, false);
    world_link(world, COMMUNE, false);
    impostor_t impostor = {.store = world->nodes[COMMUNE].node->root_store,
                           .upward = upward,
                           .time_s = time_s,
                           .decoder = self->attack.decoder};
    assert_false(ts_id16_is_zero(&impostor.store));
    uint64_t before = said_to_be_at_the_root(world, victim, &impostor.store);
    world->tap = speak_as_the_root;
    world->tap_context = &impostor;
    world_needs(world, COMMUNE, 3);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_true(impostor.hits > 0);
    assert_int_equal(said_to_be_at_the_root(world, victim, &impostor.store), before);
    assert_true(world_noted(world, victim, "store_not_its_own", ""));
    assert_false(ts_id16_equal(&world->nodes[DISTRICT].node->root_store,
                               &world->nodes[COMMUNE].node->parent_store));
    assert_true(world->nodes[COMMUNE].node->root_time_s < UINT64_C(1) << 40);
    assert_true(world->nodes[COMMUNE].node->parent_time_s < UINT64_C(1) << 40);
    world->tap = NULL;
    world_link(world, DISTRICT, true);
    world_link(world, COMMUNE, false);
    world_link(world, COMMUNE, true);
    world_settle(world);
    world_assert_in_step(world, COMMUNE, "90101");
    world_assert_anchored(world, COMMUNE);
}

static void
test_node_hostile_child_cannot_speak_as_the_root(void **state)
{
    check_impostor(*state, true, 0);
}

static void
test_node_hostile_parent_cannot_speak_as_the_root(void **state)
{
    check_impostor(*state, false, UINT64_C(1) << 63);
}

/* ---- frames that are none */

static void
test_node_hostile_garbage_ends_the_session_only(void **state)
{
    hostile_t *self = *state;
    world_t *world = self->world;
    world->tap = NULL;
    world_link(world, COMMUNE, true);
    world_settle(world);
    for (unsigned round = 0; round < 200; round++) {
        uint8_t bytes[300];
        size_t length = ts_prng_below(&world->prng, sizeof bytes) + 1;
        for (size_t i = 0; i < length; i++) {
            bytes[i] = (uint8_t)ts_prng_next(&world->prng);
        }
        if (round % 2 == 0) { /* begins like a frame of ours */
            ts_sync_msg_t ping = {.kind = TS_SYNC_PING};
            ts_buf_t frame = {0};
            ts_sync_encode(&ping, &frame);
            memcpy(bytes, frame.data, frame.length < length ? 4 : length < 4 ? length : 4);
            ts_buf_free(&frame);
        }
        if (world->nodes[COMMUNE].uplink != 0) {
            world_inject(world, COMMUNE, (ts_bytes_t){bytes, length});
        }
        world_run(world, 300);
    }
    assert_true(world->nodes[DISTRICT].dropped > 0);
    world_needs(world, NEIGHBOUR, 2);
    world_settle(world);
    world_assert_in_step(world, COMMUNE, "90101");
    world_assert_in_step(world, NEIGHBOUR, "90102");
}

/* Ten thousand frames of each kind in one session: others are served, nothing of it stays. */
static void
test_node_hostile_flood_leaves_others_alone(void **state)
{
    hostile_t *self = *state;
    world_t *world = self->world;
    world->tap = NULL;
    world_link(world, COMMUNE, true);
    world_settle(world);
    const ts_peer_link_t *link = ts_peers_find(world->nodes[COMMUNE].node, TS_NODE_UPLINK);
    assert_non_null(link);
    for (unsigned round = 0; round < 10000; round++) {
        ts_sync_msg_t message = {.kind = round % 3 == 0   ? TS_SYNC_PING
                                         : round % 3 == 1 ? TS_SYNC_WANT
                                                          : TS_SYNC_CREDIT};
        link = ts_peers_find(world->nodes[COMMUNE].node, TS_NODE_UPLINK);
        if (link == NULL || world->nodes[COMMUNE].uplink == 0) {
            world_run(world, 1000);
            continue;
        }
        memcpy(message.session, link->nonce, sizeof message.session);
        if (message.kind == TS_SYNC_WANT) {
            message.u.want.stream = (uint16_t)(1 + round % 60000);
            message.u.want.log = self->attack.log;
            message.u.want.log.b[0] ^= (uint8_t)(round & 7);
        } else if (message.kind == TS_SYNC_CREDIT) {
            message.u.credit.bytes_total = round;
            message.u.credit.chunk_bytes = 4096;
        }
        ts_buf_t frame = {0};
        ts_sync_encode(&message, &frame);
        world_inject(world, COMMUNE, ts_buf_bytes(&frame));
        ts_buf_free(&frame);
        if (round % 100 == 0) {
            world_run(world, 1);
        }
    }
    world_needs(world, NEIGHBOUR, 2);
    world_settle(world);
    world_assert_in_step(world, NEIGHBOUR, "90102");
    world_assert_in_step(world, COMMUNE, "90101");
    assert_int_equal(world->nodes[DISTRICT].node->intake.count, 0);
    assert_true(world->nodes[DISTRICT].node->credit_open <= TS_CREDIT_BYTES_TOTAL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_node_hostile_changed_payload_stops_that_log_alone),
        CASE(test_node_hostile_changed_signature_stops_that_log_alone),
        CASE(test_node_hostile_foreign_deployment_stops_that_log_alone),
        CASE(test_node_hostile_truncated_segment_stops_that_log_alone),
        CASE(test_node_hostile_repeated_chunks_change_nothing),
        CASE(test_node_hostile_missing_predecessor_waits),
        CASE(test_node_hostile_child_cannot_speak_as_the_root),
        CASE(test_node_hostile_parent_cannot_speak_as_the_root),
        CASE(test_node_hostile_garbage_ends_the_session_only),
        CASE(test_node_hostile_flood_leaves_others_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
