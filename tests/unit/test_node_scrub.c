/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: bytes that rot in a store come back from whoever else holds the segment, from the parent as
 * from a child, found at the start or by reading through; what nobody else holds is said before
 * anything is done. Method: one bit of a segment is turned in the file of a node of a whole tree.
 */
#include "core/kind.h"
#include "support/node_carry.h"
#include "wire/sync_wire.h"

#include <stdio.h>
#include <string.h>

enum { DISTRICT = 1, COMMUNE = 2, PATTERN = 48 };

static int
setup(void **state)
{
    world_t *world = world_new_in_memory(5);
    *state = world;
    world_found(world);
    assert_int_equal(world_enrol(world, "district", "901", "huyen-mot", WORLD_PROVINCE), DISTRICT);
    assert_int_equal(world_enrol(world, "commune", "90101", "xa-an", DISTRICT), COMMUNE);
    assert_true(world_start(world, DISTRICT));
    assert_true(world_start(world, COMMUNE));
    world_settle(world);
    for (unsigned i = 0; i < 3; i++) {
        world_needs(world, COMMUNE, 4);
        world_do(world, COMMUNE, "seal", NULL);
        world_settle(world);
    }
    return 0;
}

/* The commune's newest segment but `back` of its records, as this node holds it. */
static ts_hash_t
segment_of(world_t *world, size_t node, uint32_t back, ts_buf_t *bytes)
{
    ts_custody_t *custody = world->nodes[node].node->custody;
    ts_log_info_t info = {.office = 0};
    while (ts_custody_log_next(custody, &info) == TS_ERR_OK) {
        if (info.office != world->nodes[COMMUNE].office || info.purpose != TS_PURPOSE_RECORDS) {
            continue;
        }
        ts_custody_tip_t tip;
        size_t count = 0;
        assert_int_equal(ts_custody_log_tips(custody, &info.log, &tip, 1, &count), TS_ERR_OK);
        ts_held_segment_t segment = {.hash = tip.tip.hash};
        if (back > 0) {
            assert_int_equal(ts_custody_back(custody, &tip.tip.hash, back, &segment), TS_ERR_OK);
        }
        assert_int_equal(ts_custody_find(custody, &segment.hash, &segment, bytes), TS_ERR_OK);
        return segment.hash;
    }
    fail_msg("node %zu has no records of the commune", node);
    return (ts_hash_t){{0}};
}

/* Where these bytes stand in the node's database file. */
static size_t
place_of(world_t *world, size_t node, const ts_buf_t *segment, ts_buf_t *file)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/custody.sqlite", world->nodes[node].folder);
    assert_true(ts_faultvfs_get(world->nodes[node].vfs, path, file));
    const uint8_t *pattern = segment->data + segment->length - PATTERN;
    for (size_t at = 0; at + PATTERN <= file->length; at++) {
        if (memcmp(file->data + at, pattern, PATTERN) == 0) {
            return at;
        }
    }
    fail_msg("the segment is not found in the file of node %zu", node);
    return 0;
}

/* Turns a bit of these bytes in the file of a node, which is stopped for that. */
static void
rot_at(world_t *world, size_t node, const ts_buf_t *segment, size_t offset)
{
    ts_buf_t file = {0};
    char path[1024];
    world_stop(world, node);
    size_t start = place_of(world, node, segment, &file) + PATTERN - segment->length;
    file.data[start + offset] ^= 0x04;
    (void)snprintf(path, sizeof path, "%s/custody.sqlite", world->nodes[node].folder);
    ts_faultvfs_put(world->nodes[node].vfs, path, ts_buf_bytes(&file));
    ts_buf_free(&file);
}

static ts_hash_t
rot_part(world_t *world, size_t node, uint32_t back, bool header)
{
    ts_buf_t segment = {0};
    ts_hash_t hash = segment_of(world, node, back, &segment);
    /* A header begins with its mark: without it, it is no segment any more. */
    rot_at(world, node, &segment, header ? 0 : segment.length - PATTERN / 2);
    ts_buf_free(&segment);
    return hash;
}

static ts_hash_t
rot(world_t *world, size_t node, uint32_t back)
{
    return rot_part(world, node, back, false);
}

static uint64_t
damaged(world_t *world, size_t node)
{
    ts_custody_verify_t verify = {.next_arrival = 1};
    bool done = false;
    assert_int_equal(ts_custody_verify(world->nodes[node].node->custody, &verify, SIZE_MAX, &done),
                     TS_ERR_OK);
    return verify.damaged;
}

/* What its screen says. */
static int64_t
shown(world_t *world, size_t node)
{
    world_do(world, node, "status", NULL);
    return world_number(world, "status", "damaged_segments");
}

static void
assert_whole(world_t *world, size_t node)
{
    assert_true(world_noted(world, node, "segment_mended", "left=0"));
    assert_int_equal(damaged(world, node), 0);
    assert_int_equal(shown(world, node), 0);
    world_assert_in_step(world, COMMUNE, "90101");
    world_assert_down(world, COMMUNE);
    world_assert_anchored(world, COMMUNE);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 12);
    assert_int_equal(world_records(world, node, TS_KIND_NEED), 12);
    world_stop(world, node);
    assert_true(world_start(world, node)); /* nothing is left to say */
    world_settle(world);
    assert_int_equal(damaged(world, node), 0);
}

static void
mend_at_start(world_t *world, size_t node, uint32_t back)
{
    (void)rot(world, node, back);
    assert_true(world_start(world, node));
    assert_true(world_noted(world, node, "segment_damaged", "regainable=1"));
    assert_int_equal(damaged(world, node), 1);
    world_link(world, node, false); /* what is to come is not there before it was looked at */
    assert_int_equal(shown(world, node), 1);
    world_link(world, node, true);
    world_settle(world);
    assert_whole(world, node);
}

/* The ledger is only computed: pages of it that rot cost nothing but time. */
static void
test_node_scrub_damaged_ledger_is_made_anew_at_the_start(void **state)
{
    enum { PAGE = 4096 };
    world_t *world = *state;
    world_node_t *node = &world->nodes[DISTRICT];
    char path[1024];
    ts_buf_t file = {0};
    unsigned made = 0;
    (void)snprintf(path, sizeof path, "%s/ledger.sqlite", node->folder);
    world_stop(world, DISTRICT);
    assert_true(ts_faultvfs_get(node->vfs, path, &file));
    size_t pages = file.length / PAGE;
    for (size_t page = 2; page < pages; page += pages / 12) {
        ts_buf_t broken = {0};
        ts_buf_put(&broken, file.data, file.length);
        for (size_t at = page; at < pages && at < page + pages / 12; at++) {
            memset(broken.data + at * PAGE, 'x', PAGE);
        }
        ts_faultvfs_put(node->vfs, path, ts_buf_bytes(&broken));
        ts_buf_free(&broken);
        assert_true(world_start(world, DISTRICT));
        made += ts_ledger_was_made(node->node->ledger);
        world_settle(world);
        world_stop(world, DISTRICT);
    }
    ts_buf_free(&file);
    assert_true(made > 0);
    assert_true(world_start(world, DISTRICT));
    world_settle(world);
    world_assert_in_step(world, COMMUNE, "90101");
    assert_int_equal(world_records(world, DISTRICT, TS_KIND_NEED), 12);
}

static void
test_node_scrub_rotten_segment_comes_back_from_the_child(void **state)
{
    mend_at_start(*state, DISTRICT, 1);
}

static void
test_node_scrub_rotten_tip_comes_back_from_the_child(void **state)
{
    mend_at_start(*state, WORLD_PROVINCE, 0);
}

static void
test_node_scrub_own_rotten_segment_comes_back_from_the_parent(void **state)
{
    world_t *world = *state;
    mend_at_start(world, COMMUNE, 1);
    assert_false(world_noted(world, COMMUNE, "amnesia", ""));
}

static void
test_node_scrub_rotten_genesis_comes_back(void **state)
{
    mend_at_start(*state, DISTRICT, 3);
}

/* The ledger is made anew from the mended store. */
static void
test_node_scrub_ledger_lost_with_a_rotten_segment_is_whole_again(void **state)
{
    world_t *world = *state;
    char path[1024];
    (void)rot(world, DISTRICT, 1);
    (void)snprintf(path, sizeof path, "%s/ledger.sqlite", world->nodes[DISTRICT].folder);
    assert_int_equal(remove(path), 0);
    assert_true(world_start(world, DISTRICT));
    world_settle(world);
    assert_whole(world, DISTRICT);
}

/* Also when its header is rotten, and for the office that made it. */
static void
test_node_scrub_ledger_lost_with_a_rotten_header_is_whole_again(void **state)
{
    world_t *world = *state;
    char path[1024];
    world_link(world, COMMUNE, false);
    world_run(world, 100);
    (void)rot_part(world, COMMUNE, 1, true);
    (void)snprintf(path, sizeof path, "%s/ledger.sqlite", world->nodes[COMMUNE].folder);
    assert_int_equal(remove(path), 0);
    assert_true(world_start(world, COMMUNE));
    world_settle(world); /* it works meanwhile */
    assert_true(world_records(world, COMMUNE, TS_KIND_NEED) < 12);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_whole(world, COMMUNE);
}

/* Stops the node, takes its ledger away and starts it again. */
static void
lose_ledger(world_t *world, size_t node)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/ledger.sqlite", world->nodes[node].folder);
    assert_int_equal(remove(path), 0);
    assert_true(world_start(world, node));
    world_settle(world);
}

/* Wherever it rotted: a payload may well unpack, and is then another one. */
static void
test_node_scrub_new_ledger_takes_nothing_of_a_rotten_payload(void **state)
{
    world_t *world = *state;
    ts_buf_t segment = {0};
    world_link(world, COMMUNE, false);
    world_run(world, 100);
    (void)segment_of(world, COMMUNE, 1, &segment);
    uint64_t left = 0; /* without this segment: as its header tells, first */
    for (size_t at = 0; at + PATTERN < segment.length; at += at == 0 ? TS_SEGMENT_FIXED_BYTES : 3) {
        rot_at(world, COMMUNE, &segment, at);
        lose_ledger(world, COMMUNE);
        left = at == 0 ? world_records(world, COMMUNE, TS_KIND_NEED) : left;
        assert_in_range(left, 1, 11);
        assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), left);
        rot_at(world, COMMUNE, &segment, at);
        assert_true(world_start(world, COMMUNE));
    }
    world_stop(world, COMMUNE);
    lose_ledger(world, COMMUNE);
    assert_int_equal(world_records(world, COMMUNE, TS_KIND_NEED), 12);
    ts_buf_free(&segment);
}

/* Who wrote the registry is not known until its genesis is back; the office works meanwhile. */
static void
test_node_scrub_ledger_lost_with_a_rotten_registry_is_whole_again(void **state)
{
    world_t *world = *state;
    ts_buf_t segment = {0};
    ts_log_info_t info = {.office = 0};
    ts_custody_t *custody = world->nodes[COMMUNE].node->custody;
    while (info.purpose != TS_PURPOSE_REGISTRY) {
        assert_int_equal(ts_custody_log_next(custody, &info), TS_ERR_OK);
    }
    assert_int_equal(ts_custody_find(custody, &info.log, NULL, &segment), TS_ERR_OK);
    world_link(world, COMMUNE, false);
    world_run(world, 100);
    rot_at(world, COMMUNE, &segment, 0);
    lose_ledger(world, COMMUNE);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_whole(world, COMMUNE);
    ts_buf_free(&segment);
}

static void
test_node_scrub_what_nobody_else_holds_is_said_at_the_start(void **state)
{
    world_t *world = *state;
    world_link(world, COMMUNE, false);
    world_run(world, 100);
    world_needs(world, COMMUNE, 4);
    world_do(world, COMMUNE, "seal", NULL);
    (void)rot(world, COMMUNE, 0);
    assert_int_equal(world_start_refused(world, COMMUNE, "cannot be read"), TS_ERR_CORRUPT);
}

/* ---- rows whose bytes are right */

/* Turns a bit of the hash in the row of a segment, not in the indexes and not in its bytes. */
static void
rot_row(world_t *world, size_t node, uint32_t back)
{
    enum { NEAR = 64 }; /* only small columns stand between the hash and the bytes */
    ts_buf_t segment = {0};
    ts_buf_t file = {0};
    char path[1024];
    ts_hash_t hash = segment_of(world, node, back, &segment);
    world_stop(world, node);
    size_t at = place_of(world, node, &segment, &file) + PATTERN - segment.length - NEAR;
    size_t found = at;
    while (found < at + NEAR && memcmp(file.data + found, hash.b, sizeof hash.b) != 0) {
        found++;
    }
    assert_true(found < at + NEAR);
    file.data[found + 5] ^= 0x10;
    (void)snprintf(path, sizeof path, "%s/custody.sqlite", world->nodes[node].folder);
    ts_faultvfs_put(world->nodes[node].vfs, path, ts_buf_bytes(&file));
    ts_buf_free(&segment);
    ts_buf_free(&file);
}

static void
test_node_scrub_rotten_hash_in_a_row_is_made_anew(void **state)
{
    world_t *world = *state;
    rot_row(world, DISTRICT, 1);
    assert_true(world_start(world, DISTRICT));
    assert_true(world_noted(world, DISTRICT, "segment_damaged", "code=HASH"));
    assert_int_equal(damaged(world, DISTRICT), 0); /* before anybody else was asked */
    world_settle(world);
    assert_whole(world, DISTRICT);
}

/* Nobody else has it, and nobody need have it. */
static void
test_node_scrub_rotten_hash_of_what_was_not_sent_stops_nothing(void **state)
{
    world_t *world = *state;
    world_link(world, COMMUNE, false);
    world_run(world, 100);
    world_needs(world, COMMUNE, 4);
    world_do(world, COMMUNE, "seal", NULL);
    rot_row(world, COMMUNE, 0);
    assert_true(world_start(world, COMMUNE));
    assert_int_equal(damaged(world, COMMUNE), 0);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 16);
    world_assert_in_step(world, COMMUNE, "90101");
    world_assert_anchored(world, COMMUNE);
}

/* ---- what is damaged is neither offered nor sent */

/* What the district says in HAVE of the commune's records. */
typedef struct offer {
    ts_sync_decoder_t *decoder;
    ts_hash_t tip; /* newest that stands in its store */
    bool named;
} offer_t;

static void
on_sent(void *context,
        world_t *world,
        uint64_t connection,
        bool upward,
        ts_buf_t *frame,
        world_way_t *way)
{
    offer_t *offer = context;
    ts_sync_msg_t msg;
    size_t child = 0;
    size_t parent = 0;
    (void)way;
    if (!upward || !world_ends(world, connection, &child, &parent) || child != DISTRICT ||
        ts_sync_decode(offer->decoder, ts_buf_bytes(frame), &msg) != TS_ERR_OK ||
        msg.kind != TS_SYNC_HAVE) {
        return;
    }
    for (size_t i = 0; i < msg.u.have.count; i++) {
        offer->named = offer->named || ts_hash_equal(&msg.u.have.tips[i].tip.hash, &offer->tip);
    }
}

/* Three segments that only the district and the commune hold; the middle one is rotten in the
 * district's file. Both are stopped or without a line afterwards. */
static ts_hash_t
hold_back(world_t *world, ts_hash_t *ret_tip)
{
    world_link(world, DISTRICT, false);
    world_run(world, 100);
    for (unsigned i = 0; i < 3; i++) {
        world_needs(world, COMMUNE, 4);
        world_do(world, COMMUNE, "seal", NULL);
        world_settle(world);
    }
    *ret_tip = segment_of(world, DISTRICT, 0, NULL);
    world_link(world, COMMUNE, false);
    world_run(world, 100);
    return rot(world, DISTRICT, 1);
}

static bool
holds(world_t *world, size_t node, const ts_hash_t *segment)
{
    return ts_custody_find(world->nodes[node].node->custody, segment, NULL, NULL) == TS_ERR_OK;
}

static void
test_node_scrub_damaged_log_is_offered_up_to_the_damage(void **state)
{
    world_t *world = *state;
    offer_t offer = {.decoder = ts_sync_decoder_new()};
    ts_hash_t rotten = hold_back(world, &offer.tip);
    world->watch = (world_watch_t){.context = &offer, .sent = on_sent};
    assert_true(world_start(world, DISTRICT));
    ts_custody_t *custody = world->nodes[DISTRICT].node->custody;
    ts_held_segment_t before;
    assert_int_equal(ts_custody_back(custody, &rotten, 1, &before), TS_ERR_OK);
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_true(holds(world, WORLD_PROVINCE, &before.hash));
    assert_false(holds(world, WORLD_PROVINCE, &rotten));
    assert_false(holds(world, WORLD_PROVINCE, &offer.tip));
    assert_false(offer.named);
    assert_false(world_noted(world, WORLD_PROVINCE, "segment_refused", ""));
    /* Nobody waits for ever: it comes back, and the rest goes on in the session that is open. */
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_true(world_noted(world, DISTRICT, "segment_mended", "left=0"));
    assert_true(holds(world, WORLD_PROVINCE, &offer.tip));
    assert_int_equal(world_records(world, WORLD_PROVINCE, TS_KIND_NEED), 24);
    world_assert_in_step(world, COMMUNE, "90101");
    world_assert_anchored(world, COMMUNE);
    world->watch = (world_watch_t){.context = NULL};
    ts_sync_decoder_destroy(&offer.decoder);
}

/* What was left out while there was a line goes with the next one. */
static void
test_node_scrub_mended_without_a_line_goes_with_the_next_one(void **state)
{
    world_t *world = *state;
    ts_hash_t tip;
    ts_hash_t rotten = hold_back(world, &tip);
    assert_true(world_start(world, DISTRICT));
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_false(holds(world, WORLD_PROVINCE, &rotten));
    world_link(world, DISTRICT, false);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_true(world_noted(world, DISTRICT, "segment_mended", "left=0"));
    world_stop(world, DISTRICT);
    assert_true(world_start(world, DISTRICT));
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_true(holds(world, WORLD_PROVINCE, &tip));
    world_assert_anchored(world, COMMUNE);
}

/* No more than a line does a stick get what is rotten, nor what comes after it. */
static void
test_node_scrub_damaged_log_goes_on_a_stick_up_to_the_damage(void **state)
{
    world_t *world = *state;
    ts_hash_t tip;
    ts_hash_t rotten = hold_back(world, &tip);
    assert_true(world_start(world, DISTRICT));
    ts_held_segment_t before;
    assert_int_equal(ts_custody_back(world->nodes[DISTRICT].node->custody, &rotten, 1, &before),
                     TS_ERR_OK);
    assert_false(holds(world, WORLD_PROVINCE, &before.hash));
    world_carry(world, DISTRICT, WORLD_PROVINCE);
    assert_true(holds(world, WORLD_PROVINCE, &before.hash));
    assert_false(holds(world, WORLD_PROVINCE, &rotten));
    assert_false(world_noted(world, WORLD_PROVINCE, "segment_refused", ""));
    ts_custody_counts_t counts;
    assert_int_equal(ts_custody_counts(world->nodes[WORLD_PROVINCE].node->custody, &counts),
                     TS_ERR_OK);
    assert_int_equal(counts.waiting, 0);
    assert_int_equal(counts.refused, 0);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_true(world_noted(world, DISTRICT, "segment_mended", "left=0"));
    world_carry(world, DISTRICT, WORLD_PROVINCE);
    assert_true(holds(world, WORLD_PROVINCE, &tip));
}

/* It rots between the opening and the sending. */
static void
test_node_scrub_what_rots_before_it_is_sent_is_not_sent(void **state)
{
    world_t *world = *state;
    ts_buf_t segment = {0};
    ts_buf_t file = {0};
    world_link(world, DISTRICT, false);
    world_run(world, 100);
    world_needs(world, COMMUNE, 4);
    world_do(world, COMMUNE, "seal", NULL);
    world_settle(world);
    ts_hash_t hash = segment_of(world, DISTRICT, 0, &segment);
    world_stop(world, DISTRICT);
    size_t at = place_of(world, DISTRICT, &segment, &file);
    assert_true(world_start(world, DISTRICT));
    world_link(world, COMMUNE, false);
    world_settle(world);
    ts_custody_trim(world->nodes[DISTRICT].node->custody);
    ts_fault_t turned = {.kind = TS_FAULT_ROT,
                         .on = TS_FAULT_ON_READ,
                         .at = 1,
                         .only = "custody.sqlite",
                         .offset = (int64_t)at + PATTERN / 2};
    ts_faultvfs_arm(world->nodes[DISTRICT].vfs, &turned);
    world_link(world, DISTRICT, true);
    world_settle(world);
    assert_true(ts_faultvfs_fired(world->nodes[DISTRICT].vfs));
    ts_faultvfs_disarm(world->nodes[DISTRICT].vfs);
    assert_true(world_noted(world, DISTRICT, "segment_damaged", "regainable=1"));
    assert_false(world_noted(world, WORLD_PROVINCE, "segment_refused", ""));
    assert_false(holds(world, WORLD_PROVINCE, &hash));
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_true(world_noted(world, DISTRICT, "segment_mended", "left=0"));
    assert_true(holds(world, WORLD_PROVINCE, &hash));
    assert_int_equal(damaged(world, DISTRICT), 0);
    world_assert_anchored(world, COMMUNE);
    ts_buf_free(&segment);
    ts_buf_free(&file);
}

/* Found while it runs, by reading through; the next session brings it. */
static void
test_node_scrub_reading_through_finds_what_rots_meanwhile(void **state)
{
    world_t *world = *state;
    ts_buf_t segment = {0};
    ts_buf_t file = {0};
    (void)segment_of(world, DISTRICT, 1, &segment);
    world_stop(world, DISTRICT);
    size_t at = place_of(world, DISTRICT, &segment, &file);
    assert_true(world_start(world, DISTRICT));
    world_settle(world);
    ts_node_t *node = world->nodes[DISTRICT].node;
    ts_custody_trim(node->custody);
    ts_fault_t turned = {.kind = TS_FAULT_ROT,
                         .on = TS_FAULT_ON_READ,
                         .at = 1,
                         .only = "custody.sqlite",
                         .offset = (int64_t)at + PATTERN / 2};
    ts_faultvfs_arm(world->nodes[DISTRICT].vfs, &turned);
    node->scrub.at.ms = world->now_ms;
    world_link(world, DISTRICT, true); /* it gets a turn */
    world_settle(world);
    assert_true(ts_faultvfs_fired(world->nodes[DISTRICT].vfs));
    ts_faultvfs_disarm(world->nodes[DISTRICT].vfs);
    assert_true(world_noted(world, DISTRICT, "segment_damaged", "regainable=1"));
    assert_true(world_noted(world, DISTRICT, "scrubbed", "damaged=1"));
    world_link(world, COMMUNE, false);
    world_run(world, 100);
    world_link(world, COMMUNE, true);
    world_settle(world);
    assert_whole(world, DISTRICT);
    ts_buf_free(&segment);
    ts_buf_free(&file);
}

/* A pass goes on where it was after a restart, and once through waits for a month. */
static void
test_node_scrub_reading_through_goes_on_after_a_restart(void **state)
{
    world_t *world = *state;
    ts_custody_t *custody = world->nodes[DISTRICT].node->custody;
    uint64_t value = 1;
    assert_true(world->nodes[DISTRICT].node->scrub.at.ms > world->now_ms);
    world->nodes[DISTRICT].node->scrub.at.ms = world->now_ms;
    world_link(world, DISTRICT, true); /* it gets a turn */
    world_settle(world);
    assert_true(world_noted(world, DISTRICT, "scrubbed", "damaged=0"));
    assert_int_equal(ts_custody_number_get(custody, "scrub_next", &value), TS_ERR_OK);
    assert_int_equal(value, 0);
    assert_int_equal(ts_custody_number_get(custody, "scrubbed_s", &value), TS_ERR_OK);
    assert_true(value > 1500000000);
    assert_true(world->nodes[DISTRICT].node->scrub.at.ms > world->now_ms + 24 * 3600 * 1000);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_node_scrub_damaged_ledger_is_made_anew_at_the_start),
        CASE(test_node_scrub_rotten_segment_comes_back_from_the_child),
        CASE(test_node_scrub_rotten_tip_comes_back_from_the_child),
        CASE(test_node_scrub_own_rotten_segment_comes_back_from_the_parent),
        CASE(test_node_scrub_rotten_genesis_comes_back),
        CASE(test_node_scrub_ledger_lost_with_a_rotten_segment_is_whole_again),
        CASE(test_node_scrub_ledger_lost_with_a_rotten_header_is_whole_again),
        CASE(test_node_scrub_new_ledger_takes_nothing_of_a_rotten_payload),
        CASE(test_node_scrub_ledger_lost_with_a_rotten_registry_is_whole_again),
        CASE(test_node_scrub_what_nobody_else_holds_is_said_at_the_start),
        CASE(test_node_scrub_rotten_hash_in_a_row_is_made_anew),
        CASE(test_node_scrub_rotten_hash_of_what_was_not_sent_stops_nothing),
        CASE(test_node_scrub_damaged_log_is_offered_up_to_the_damage),
        CASE(test_node_scrub_mended_without_a_line_goes_with_the_next_one),
        CASE(test_node_scrub_damaged_log_goes_on_a_stick_up_to_the_damage),
        CASE(test_node_scrub_what_rots_before_it_is_sent_is_not_sent),
        CASE(test_node_scrub_reading_through_finds_what_rots_meanwhile),
        CASE(test_node_scrub_reading_through_goes_on_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
