/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: two sessions bring both stores to the same set of segments, say "held" only of what is
 * committed, send nothing twice without need, and one bad log hurts no other. Method: a world of
 * stores in memory and virtual time (support/sync_net), which also checks credit and custody at
 * every message.
 */
#include "support/sync_net.h"
#include "support/test.h"

#include <string.h>

enum { MINUTE = 60000, QUIET = 8000 };

/* A commune with acts and records, and a district with one down log. */
typedef struct field {
    ts_hash_t acts;
    ts_hash_t records;
    ts_hash_t down;
} field_t;

static field_t
populate(sync_net_t *net, size_t segments)
{
    field_t field;
    field.acts = sync_store_new_log(&net->stores[0], 0, false, true);
    field.records = sync_store_new_log(&net->stores[0], 0, false, false);
    field.down = sync_store_new_log(&net->stores[1], 1, true, false);
    for (size_t i = 0; i < segments; i++) {
        sync_store_write(&net->stores[0], &field.records, NULL, 9000, (uint32_t)i);
    }
    sync_store_write(&net->stores[0], &field.acts, NULL, 300, 1);
    sync_store_write(&net->stores[1], &field.down, NULL, 5000, 2);
    return field;
}

static uint64_t
unique_bytes(const sync_net_t *net)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < net->stores[0].count; i++) {
        sum += net->stores[0].segments[i].length;
    }
    return sum;
}

static uint64_t
sent_bytes(const sync_net_t *net)
{
    return net->links[0].ends[0].chunk_bytes + net->links[0].ends[1].chunk_bytes;
}

static void
test_session_first_time_both_stores_become_equal(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 1);
    populate(&net, 5);
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    assert_true(sync_net_equal(&net, 0));
    assert_int_equal(net.stores[0].count, 10);
    assert_int_equal(net.stores[1].count, 10);
    assert_int_equal(sent_bytes(&net), unique_bytes(&net));
    /* Everything was acknowledged, in both directions. */
    ts_session_status_t status;
    for (size_t side = 0; side < SYNC_SIDES; side++) {
        ts_session_status(net.links[0].ends[side].session, &status);
        assert_int_equal(status.state, TS_STATE_FLOWING);
        assert_int_equal(status.unacked_bytes, 0);
        assert_true(status.custody_seen);
    }
    sync_net_free(&net);
}

static void
test_session_second_time_only_greets(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 2);
    populate(&net, 3);
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    sync_net_cut(&net, 0);
    uint64_t child = net.links[0].ends[0].messages;
    uint64_t parent = net.links[0].ends[1].messages;
    uint64_t haves = net.links[0].ends[0].kinds[TS_SYNC_HAVE];
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    /* HELLO, CREDIT, an empty HAVE; WELCOME, CREDIT. */
    assert_int_equal(net.links[0].ends[0].messages - child, 3);
    assert_int_equal(net.links[0].ends[0].kinds[TS_SYNC_HAVE] - haves, 1);
    assert_int_equal(net.links[0].ends[1].messages - parent, 2);
    ts_session_status_t status;
    ts_session_status(net.links[0].ends[0].session, &status);
    assert_int_equal(status.state, TS_STATE_FLOWING);
    assert_true(status.in_step);
    sync_net_free(&net);
}

static void
test_session_without_digests_lists_and_settles(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 3);
    populate(&net, 3);
    net.wrong_digests = true;
    for (int round = 0; round < 3; round++) {
        sync_net_connect(&net, 0);
        sync_net_run(&net, MINUTE, QUIET);
        ts_session_status_t status;
        ts_session_status(net.links[0].ends[1].session, &status);
        assert_int_equal(status.state, TS_STATE_FLOWING);
        sync_net_cut(&net, 0);
    }
    net.wrong_digests = false;
    assert_true(sync_net_equal(&net, 0));
    assert_int_equal(sent_bytes(&net), unique_bytes(&net));
    sync_net_free(&net);
}

static void
test_session_live_segment_leaves_as_chunk_at_once(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 4);
    field_t field = populate(&net, 1);
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    sync_end_t before[2] = {net.links[0].ends[0], net.links[0].ends[1]};
    for (int i = 0; i < 20; i++) {
        int64_t began = net.now_ms;
        ts_tip_t tip = sync_net_write(&net, 0, &field.records, 200);
        sync_net_run(&net, 1000, 500);
        const sync_end_t *child = &net.links[0].ends[0];
        assert_int_equal(child->held_count, 1);
        assert_true(ts_hash_equal(&child->held[0].hash, &tip.hash));
        assert_int_equal(child->custody_ms - began, 2); /* one round trip */
    }
    const sync_end_t *child = &net.links[0].ends[0];
    const sync_end_t *parent = &net.links[0].ends[1];
    assert_int_equal(child->kinds[TS_SYNC_CHUNK] - before[0].kinds[TS_SYNC_CHUNK], 20);
    assert_int_equal(child->messages - before[0].messages, 20);
    assert_int_equal(parent->kinds[TS_SYNC_CUSTODY] - before[1].kinds[TS_SYNC_CUSTODY], 20);
    sync_net_free(&net);
}

static void
test_session_new_log_is_announced_and_taken(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 5);
    populate(&net, 1);
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    ts_hash_t log = sync_store_new_log(&net.stores[0], 0, false, false);
    ts_tip_t tip = sync_net_write(&net, 0, &log, 700);
    sync_net_run(&net, MINUTE, QUIET);
    assert_non_null(sync_store_find(&net.stores[1], &tip.hash));
    sync_net_free(&net);
}

static void
test_session_acts_overtake_backlog_between_chunks(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 6);
    field_t field = populate(&net, 40);
    net.rate = 8000;
    net.delay_ms = 300;
    sync_net_connect(&net, 0);
    sync_net_run(&net, 15000, QUIET);
    ts_tip_t act = sync_net_write(&net, 0, &field.acts, 200);
    int64_t began = net.now_ms;
    while (sync_store_find(&net.stores[1], &act.hash) == NULL && net.now_ms < began + MINUTE) {
        sync_net_run(&net, 100, QUIET);
        net.now_ms += 1;
    }
    /* What is on the line already, at most the window, goes before it: two seconds and the way. */
    assert_true(net.now_ms - began < 3500);
    assert_true(net.stores[1].count < 30);
    sync_net_free(&net);
}

static void
test_session_chain_of_three_brings_everything_through(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 3, 7);
    field_t field = populate(&net, 4);
    ts_hash_t plans = sync_store_new_log(&net.stores[2], 2, true, false);
    ts_tip_t plan = sync_store_write(&net.stores[2], &plans, NULL, 20000, 1);
    sync_net_connect(&net, 0);
    sync_net_connect(&net, 1);
    sync_net_run(&net, MINUTE, QUIET);
    assert_true(sync_net_equal(&net, 0));
    assert_true(sync_net_equal(&net, 1));
    assert_non_null(sync_store_find(&net.stores[0], &plan.hash));
    assert_true(ts_hash_is_zero(&plan.hash) == false);
    /* A district's own down log goes down only. */
    sync_log_t log;
    assert_true(sync_store_log(&net.stores[0], &field.down, &log));
    assert_false(sync_store_log(&net.stores[2], &field.down, &log));
    /* Live through both hops. */
    ts_tip_t tip = sync_net_write(&net, 0, &field.acts, 100);
    int64_t began = net.now_ms;
    sync_net_run(&net, 1000, 100);
    assert_non_null(sync_store_find(&net.stores[2], &tip.hash));
    assert_true(net.links[1].ends[0].custody_ms - began <= 3);
    sync_net_free(&net);
}

static void
test_session_fork_brings_both_branches_to_both_sides(void **state)
{
    /* The branch leaves early, far below both tips; the sides hold one each. */
    for (uint32_t at = 0; at < 12; at += 3) {
        sync_net_t net;
        sync_net_init(&net, 2, 8);
        ts_hash_t log = sync_store_new_log(&net.stores[0], 0, false, false);
        for (uint32_t i = 0; i < at; i++) {
            sync_store_write(&net.stores[0], &log, NULL, 1000, i);
        }
        sync_store_t copy;
        sync_store_copy(&net.stores[0], &copy);
        copy.id = net.stores[1].id;
        sync_store_free(&net.stores[1]);
        net.stores[1] = copy;
        for (uint32_t i = 0; i < 9; i++) {
            sync_store_write(&net.stores[0], &log, NULL, 2000, 100 + i);
            sync_store_write(&net.stores[1], &log, NULL, 1500, 200 + i);
        }
        sync_net_connect(&net, 0);
        sync_net_run(&net, MINUTE, QUIET);
        assert_true(sync_net_equal(&net, 0));
        ts_tip_t tips[4];
        assert_int_equal(sync_store_tips(&net.stores[0], &log, tips, 4), 2);
        assert_int_equal(sync_store_tips(&net.stores[1], &log, tips, 4), 2);
        assert_int_equal(net.stores[0].count, 1 + at + 18);
        /* The parent holds other segments of a log that the child writes: it is told. */
        assert_true(net.links[0].ends[0].amnesia_count > 0);
        assert_int_equal(net.links[0].ends[1].amnesia_count, 0);
        sync_net_free(&net);
    }
}

static void
test_session_child_from_old_backup_gets_its_own_back(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 9);
    field_t field = populate(&net, 6);
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    sync_net_cut(&net, 0);
    size_t all = net.stores[1].count;
    ts_tip_t tips[4];
    sync_store_tips(&net.stores[1], &field.records, tips, 4);
    sync_store_rewind(&net.stores[0], 4);
    net.links[0].ends[0].mark = (sync_mark_t){0};
    net.stores[0].id.b[3] = 0x77;
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    assert_int_equal(net.stores[0].count, all);
    assert_true(sync_net_equal(&net, 0));
    const sync_end_t *child = &net.links[0].ends[0];
    assert_int_equal(child->amnesia_count, 2); /* acts and records */
    bool told = false;
    for (size_t i = 0; i < child->amnesia_count; i++) {
        told = told || ts_hash_equal(&child->amnesia[i].hash, &tips[0].hash);
    }
    assert_true(told);
    sync_net_free(&net);
}

static void
test_session_parent_from_old_backup_is_filled_again(void **state)
{
    /* With a new store id, as the restore tool does, and without, as a careless copy does. */
    for (int careless = 0; careless < 2; careless++) {
        sync_net_t net;
        sync_net_init(&net, 2, 10);
        populate(&net, 6);
        sync_net_connect(&net, 0);
        sync_net_run(&net, MINUTE, QUIET);
        sync_net_cut(&net, 0);
        sync_store_rewind(&net.stores[1], 3);
        net.links[0].ends[1].mark.seen = 2;
        if (!careless) {
            net.stores[1].id.b[3] = 0x55;
            net.links[0].ends[1].mark = (sync_mark_t){0};
        }
        sync_net_connect(&net, 0);
        sync_net_run(&net, MINUTE, QUIET);
        assert_true(sync_net_equal(&net, 0));
        sync_net_free(&net);
    }
}

static void
test_session_wrong_memory_is_healed_by_digests(void **state)
{
    /* Both sides wrongly remember that all was listed; a PING at rest finds it out. */
    sync_net_t net;
    sync_net_init(&net, 2, 11);
    populate(&net, 2);
    net.links[0].ends[0].mark = (sync_mark_t){net.stores[1].id, 1000, 1000};
    net.links[0].ends[1].mark = (sync_mark_t){net.stores[0].id, 1000, 1000};
    sync_net_connect(&net, 0);
    sync_net_run(&net, 3 * MINUTE, 50000);
    assert_true(sync_net_equal(&net, 0));
    assert_int_equal(net.stores[1].count, 7);
    sync_net_free(&net);
}

static bool
garble_digests(void *context, size_t link, size_t side, ts_sync_msg_t *message)
{
    (void)context;
    (void)link;
    if (message->kind == TS_SYNC_PING || message->kind == TS_SYNC_PONG) {
        message->u.ping.digest.b[0] ^= side == 0 ? 0x55 : 0xaa;
    }
    return true;
}

/* A fault in a digest must not have two stores list everything to one another day after day. */
static void
test_session_digests_that_never_agree_list_once_more_only(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 31);
    populate(&net, 3);
    net.tap = garble_digests;
    sync_net_connect(&net, 0);
    sync_net_run(&net, 10 * MINUTE, 5 * MINUTE);
    assert_true(sync_net_equal(&net, 0));
    for (size_t side = 0; side < SYNC_SIDES; side++) {
        assert_true(net.links[0].ends[side].notes[TS_NOTE_RELISTED] <= 1);
    }
    assert_int_equal(net.links[0].ends[0].notes[TS_NOTE_RELISTED], 1);
    assert_true(sent_bytes(&net) < unique_bytes(&net) + 8000);
    sync_net_free(&net);
}

static bool
lose_second_segment(void *context, size_t link, size_t side, ts_sync_msg_t *message)
{
    int *chunks = context;
    bool data = link == 0 && side == 0 && message->kind == TS_SYNC_CHUNK;
    return !data || ++*chunks != 4;
}

static void
test_session_lost_chunk_is_asked_for_again(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 12);
    int chunks = 0;
    populate(&net, 6);
    net.tap = lose_second_segment;
    net.tap_context = &chunks;
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    assert_true(chunks > 4);
    assert_true(sync_net_equal(&net, 0));
    assert_true(sent_bytes(&net) < unique_bytes(&net) + 3 * TS_WINDOW_BYTES_MIN);
    sync_net_free(&net);
}

static bool
lose_custody(void *context, size_t link, size_t side, ts_sync_msg_t *message)
{
    int *lost = context;
    (void)link;
    (void)side;
    if (message->kind != TS_SYNC_CUSTODY || *lost >= 3) {
        return true;
    }
    ++*lost;
    return false;
}

static void
test_session_lost_custody_is_asked_for_again(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 13);
    int lost = 0;
    populate(&net, 1);
    sync_net_connect(&net, 0);
    net.tap = lose_custody;
    net.tap_context = &lost;
    sync_net_run(&net, 2 * MINUTE, 15000);
    assert_int_equal(lost, 3);
    ts_session_status_t status;
    ts_session_status(net.links[0].ends[0].session, &status);
    assert_int_equal(status.unacked_bytes, 0);
    assert_int_equal(sent_bytes(&net), unique_bytes(&net));
    sync_net_free(&net);
}

static void
test_session_refused_log_stops_alone(void **state)
{
    static const ts_err_t CODES[] = {TS_ERR_SIGNATURE, TS_ERR_CHAIN, TS_ERR_HASH, TS_ERR_DENIED};
    for (size_t i = 0; i < TS_COUNT(CODES); i++) {
        sync_net_t net;
        sync_net_init(&net, 2, 14);
        field_t field = populate(&net, 4);
        ts_hash_t other = sync_store_new_log(&net.stores[0], 0, false, false);
        ts_tip_t tip = sync_store_write(&net.stores[0], &other, NULL, 30000, 9);
        net.refuse_log = field.records;
        net.refuse_from = 1;
        net.refuse_code = CODES[i];
        sync_net_connect(&net, 0);
        sync_net_run(&net, 2 * MINUTE, QUIET);
        assert_non_null(sync_store_find(&net.stores[1], &tip.hash));
        assert_null(sync_store_find(&net.stores[1], &field.records));
        assert_int_equal(net.links[0].ends[0].notes[TS_NOTE_REJECTED], 1);
        assert_true(net.links[0].ends[1].notes[TS_NOTE_REFUSED] >= 1);
        /* Not asked for again in this session, and new segments of it are not told. */
        uint64_t messages = net.links[0].ends[0].messages;
        sync_net_write(&net, 0, &field.records, 100);
        sync_net_run(&net, 1000, 500);
        assert_int_equal(net.links[0].ends[0].messages, messages);
        /* Down goes on as well. */
        ts_tip_t plan = sync_net_write(&net, 1, &field.down, 400);
        sync_net_run(&net, 1000, 500);
        assert_non_null(sync_store_find(&net.stores[0], &plan.hash));
        sync_net_free(&net);
    }
}

static void
test_session_full_disk_is_tried_again_later(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 15);
    field_t field = populate(&net, 2);
    net.refuse_log = field.records;
    net.refuse_from = 1;
    net.refuse_code = TS_ERR_FULL;
    sync_net_connect(&net, 0);
    sync_net_run(&net, 10000, QUIET);
    assert_false(sync_net_equal(&net, 0));
    net.refuse_log = (ts_hash_t){{0}};
    sync_net_run(&net, 3 * MINUTE, 2 * MINUTE);
    assert_true(sync_net_equal(&net, 0));
    assert_int_equal(net.links[0].ends[1].closes, 0);
    sync_net_free(&net);
}

static void
test_session_gap_in_receiver_asks_for_predecessor(void **state)
{
    /* The parent has a segment less than it thinks: its store lost one in the middle while the
     * stream was running, so that the next one finds no predecessor. */
    sync_net_t net;
    sync_net_init(&net, 2, 16);
    field_t field = populate(&net, 3);
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    sync_store_rewind(&net.stores[1], net.stores[1].count - 2);
    sync_net_write(&net, 0, &field.records, 800);
    sync_net_run(&net, MINUTE, QUIET);
    assert_true(sync_net_equal(&net, 0));
    assert_true(net.links[0].ends[1].notes[TS_NOTE_GAP] >= 1);
    sync_net_free(&net);
}

static void
test_session_refuses_with_reason(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 17);
    populate(&net, 1);
    net.refuse_hello = TS_ERR_BUSY;
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    assert_null(net.links[0].ends[0].session);
    assert_null(net.links[0].ends[1].session);
    assert_int_equal(net.links[0].ends[0].closed, TS_ERR_BUSY);
    assert_int_equal(net.links[0].ends[1].kinds[TS_SYNC_WELCOME], 0);
    sync_net_free(&net);
}

static void
test_session_drain_ends_when_all_is_through(void **state)
{
    for (int digests = 0; digests < 2; digests++) {
        sync_net_t net;
        sync_net_init(&net, 2, 18);
        populate(&net, 5);
        net.drain = true;
        net.wrong_digests = digests == 0;
        sync_net_connect(&net, 0);
        int64_t took = sync_net_run(&net, MINUTE, QUIET);
        net.wrong_digests = false;
        assert_true(sync_net_equal(&net, 0));
        assert_null(net.links[0].ends[0].session);
        assert_null(net.links[0].ends[1].session);
        assert_int_equal(net.links[0].ends[0].closed, TS_ERR_OK);
        assert_int_equal(net.links[0].ends[1].closed, TS_ERR_OK);
        assert_true(took < 2000);
        sync_net_free(&net);
    }
}

static void
test_session_day_budget_holds_backlog_but_not_acts(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 19);
    field_t field = populate(&net, 3);
    net.send_budget = 0;
    sync_net_connect(&net, 0);
    sync_net_run(&net, 10000, QUIET);
    ts_tip_t tips[2];
    assert_int_equal(sync_store_tips(&net.stores[1], &field.acts, tips, 2), 1);
    assert_int_equal(tips[0].seq, 10);
    assert_null(sync_store_find(&net.stores[1], &field.records));
    net.send_budget = UINT64_MAX;
    sync_net_run(&net, 2 * MINUTE, MINUTE);
    assert_true(sync_net_equal(&net, 0));
    sync_net_free(&net);
}

static void
test_session_parent_without_credit_stops_sender_then_goes_on(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 20);
    populate(&net, 5);
    net.budget = 0;
    sync_net_connect(&net, 0);
    sync_net_run(&net, 20000, QUIET);
    assert_int_equal(net.links[0].ends[0].chunk_bytes, 0);
    net.budget = 5000; /* less than a window */
    sync_net_run(&net, 2 * MINUTE, MINUTE);
    assert_true(sync_net_equal(&net, 0));
    assert_true(net.links[0].ends[0].kinds[TS_SYNC_CHUNK] > 15);
    sync_net_free(&net);
}

static void
test_session_silent_peer_is_given_up_soon_while_data_is_due(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 21);
    populate(&net, 30);
    net.rate = 8000;
    net.delay_ms = 300;
    sync_net_connect(&net, 0);
    sync_net_run(&net, 12000, QUIET);
    assert_false(sync_net_equal(&net, 0));
    sync_net_silence(&net, 0);
    int64_t began = net.now_ms;
    while (net.links[0].ends[0].session != NULL && net.now_ms < began + MINUTE) {
        net.now_ms += 1;
        sync_net_run(&net, 1, 1000);
    }
    assert_true(net.now_ms - began <= 5500);
    assert_int_equal(net.links[0].ends[0].closed, TS_ERR_AGAIN);
    sync_net_free(&net);
}

static void
test_session_idle_peer_is_asked_then_given_up(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 22);
    populate(&net, 1);
    sync_net_connect(&net, 0);
    sync_net_run(&net, 15 * MINUTE, 25000);
    /* One PING of the child for every 20 s, none of the parent. */
    assert_in_range(net.links[0].ends[0].kinds[TS_SYNC_PING], 40, 46);
    assert_int_equal(net.links[0].ends[1].kinds[TS_SYNC_PING], 0);
    sync_net_silence(&net, 0);
    int64_t began = net.now_ms;
    sync_net_run(&net, MINUTE, MINUTE);
    assert_null(net.links[0].ends[0].session);
    assert_null(net.links[0].ends[1].session);
    assert_true(net.now_ms - began < 40000);
    sync_net_free(&net);
}

static void
test_session_many_logs_all_arrive(void **state)
{
    /* More than a page of tips and more than may be asked for at a time. */
    sync_net_t net;
    sync_net_init(&net, 2, 23);
    for (uint32_t i = 0; i < 300; i++) {
        ts_hash_t log = sync_store_new_log(&net.stores[0], 0, false, i % 7 == 0);
        sync_store_write(&net.stores[0], &log, NULL, 200, i);
    }
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    assert_true(sync_net_equal(&net, 0));
    assert_int_equal(sent_bytes(&net), unique_bytes(&net));
    assert_int_equal(net.links[0].ends[0].mark.offered, 600);
    assert_int_equal(net.links[0].ends[1].mark.seen, 600);
    sync_net_free(&net);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_first_time_both_stores_become_equal),
        cmocka_unit_test(test_session_second_time_only_greets),
        cmocka_unit_test(test_session_without_digests_lists_and_settles),
        cmocka_unit_test(test_session_live_segment_leaves_as_chunk_at_once),
        cmocka_unit_test(test_session_new_log_is_announced_and_taken),
        cmocka_unit_test(test_session_acts_overtake_backlog_between_chunks),
        cmocka_unit_test(test_session_chain_of_three_brings_everything_through),
        cmocka_unit_test(test_session_fork_brings_both_branches_to_both_sides),
        cmocka_unit_test(test_session_child_from_old_backup_gets_its_own_back),
        cmocka_unit_test(test_session_parent_from_old_backup_is_filled_again),
        cmocka_unit_test(test_session_wrong_memory_is_healed_by_digests),
        cmocka_unit_test(test_session_digests_that_never_agree_list_once_more_only),
        cmocka_unit_test(test_session_lost_chunk_is_asked_for_again),
        cmocka_unit_test(test_session_lost_custody_is_asked_for_again),
        cmocka_unit_test(test_session_refused_log_stops_alone),
        cmocka_unit_test(test_session_full_disk_is_tried_again_later),
        cmocka_unit_test(test_session_gap_in_receiver_asks_for_predecessor),
        cmocka_unit_test(test_session_refuses_with_reason),
        cmocka_unit_test(test_session_drain_ends_when_all_is_through),
        cmocka_unit_test(test_session_day_budget_holds_backlog_but_not_acts),
        cmocka_unit_test(test_session_parent_without_credit_stops_sender_then_goes_on),
        cmocka_unit_test(test_session_silent_peer_is_given_up_soon_while_data_is_due),
        cmocka_unit_test(test_session_idle_peer_is_asked_then_given_up),
        cmocka_unit_test(test_session_many_logs_all_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
