/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: whatever is cut, lost, repeated, late or made up, both stores end with the same segments,
 * what was received is not sent again, and nothing crashes. Method: the ladder: run and compare;
 * stop after every message k, go on, compare; then loss and stale messages by seed; then garbage.
 */
#include "support/sync_net.h"
#include "support/test.h"

#include <string.h>

enum { MINUTE = 60000, QUIET = 8000, ROUNDS_MAX = 60 };

static void
populate(sync_net_t *net)
{
    ts_hash_t acts = sync_store_new_log(&net->stores[0], 0, false, true);
    ts_hash_t records = sync_store_new_log(&net->stores[0], 0, false, false);
    ts_hash_t down = sync_store_new_log(&net->stores[1], 1, true, false);
    for (uint32_t i = 0; i < 4; i++) {
        sync_store_write(&net->stores[0], &records, NULL, 20000, i);
        sync_store_write(&net->stores[1], &down, NULL, 7000, i);
    }
    sync_store_write(&net->stores[0], &acts, NULL, 300, 1);
}

static uint64_t
all_bytes(const sync_net_t *net)
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

/* Sessions one after the other until both are equal; returns how many. */
static int
sessions_until_equal(sync_net_t *net)
{
    int rounds = 0;
    while (!sync_net_equal(net, 0) && rounds < ROUNDS_MAX) {
        if (net->links[0].ends[0].session != NULL || net->links[0].ends[1].session != NULL) {
            sync_net_cut(net, 0);
        }
        sync_net_connect(net, 0);
        sync_net_run(net, 2 * MINUTE, QUIET);
        rounds++;
    }
    return rounds;
}

static void
test_faults_cut_after_every_message_resumes(void **state)
{
    /* How many messages a whole session has. */
    sync_net_t net;
    sync_net_init(&net, 2, 1);
    populate(&net);
    net.commit_ms = 3;
    net.rate = 8000;
    net.delay_ms = 300;
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    uint64_t messages = net.links[0].delivered;
    uint64_t bytes = all_bytes(&net);
    assert_true(sync_net_equal(&net, 0));
    assert_in_range(messages, 30, 200);
    sync_net_free(&net);
    for (uint64_t k = 1; k <= messages; k++) {
        sync_net_init(&net, 2, 1);
        populate(&net);
        net.commit_ms = 3;
        net.rate = 8000;
        net.delay_ms = 300;
        net.cut_after = k;
        sync_net_connect(&net, 0);
        sync_net_run(&net, MINUTE, QUIET);
        assert_null(net.links[0].ends[0].session);
        net.cut_after = 0;
        sync_net_connect(&net, 0);
        sync_net_run(&net, MINUTE, QUIET);
        assert_true(sync_net_equal(&net, 0));
        /* What was on the line, at most a window each way, and segments that the store had not
         * committed yet. */
        assert_true(sent_bytes(&net) <= bytes + 2 * TS_WINDOW_BYTES_MIN + 20244 + 7244);
        uint64_t sent = net.links[0].ends[0].messages + net.links[0].ends[1].messages;
        sync_net_cut(&net, 0);
        sync_net_connect(&net, 0);
        sync_net_run(&net, MINUTE, QUIET);
        uint64_t again = net.links[0].ends[0].messages + net.links[0].ends[1].messages;
        assert_true(again - sent <= 6);
        sync_net_free(&net);
    }
}

static void
test_faults_cut_every_few_messages_makes_progress(void **state)
{
    for (uint64_t step = 14; step < 20; step++) {
        sync_net_t net;
        sync_net_init(&net, 2, step);
        populate(&net);
        net.rate = 8000;
        net.delay_ms = 300;
        int rounds = 0;
        while (!sync_net_equal(&net, 0) && rounds++ < ROUNDS_MAX) {
            net.cut_after = net.links[0].delivered + step;
            sync_net_connect(&net, 0);
            sync_net_run(&net, MINUTE, QUIET);
            if (net.links[0].ends[0].session != NULL || net.links[0].ends[1].session != NULL) {
                sync_net_cut(&net, 0);
            }
        }
        assert_true(rounds > 2);
        assert_true(sync_net_equal(&net, 0));
        /* A cut loses at most what was under way: a window each way. */
        uint64_t lost = (uint64_t)rounds * 2 * TS_WINDOW_BYTES_MIN;
        assert_true(sent_bytes(&net) <= all_bytes(&net) + lost);
        sync_net_free(&net);
    }
}

static void
test_faults_cut_inside_a_segment_goes_on_at_the_byte(void **state)
{
    for (int64_t cut_ms = 1500; cut_ms < 12000; cut_ms += 700) {
        sync_net_t net;
        sync_net_init(&net, 2, 4);
        populate(&net);
        net.rate = 8000;
        net.delay_ms = 300;
        sync_net_connect(&net, 0);
        sync_net_run(&net, cut_ms, QUIET);
        net.now_ms = cut_ms;
        uint64_t lost = sent_bytes(&net);
        for (size_t side = 0; side < SYNC_SIDES; side++) {
            ts_session_status_t status;
            ts_session_status(net.links[0].ends[side].session, &status);
            lost -= status.received_bytes;
        }
        sync_net_cut(&net, 0);
        sync_net_connect(&net, 0);
        sync_net_run(&net, 2 * MINUTE, QUIET);
        assert_true(sync_net_equal(&net, 0));
        /* Not a byte that had arrived is sent again. */
        assert_int_equal(sent_bytes(&net), all_bytes(&net) + lost);
        sync_net_free(&net);
    }
}

static void
test_faults_lost_messages_by_seed_still_converge(void **state)
{
    for (uint64_t seed = 0; seed < 60; seed++) {
        sync_net_t net;
        sync_net_init(&net, 2, seed);
        populate(&net);
        net.loss = (uint32_t)(10 + seed * 5);
        net.commit_ms = (int64_t)(seed % 5) * 20;
        int rounds = sessions_until_equal(&net);
        assert_true(sync_net_equal(&net, 0));
        assert_true(rounds < ROUNDS_MAX);
        sync_net_free(&net);
    }
}

/* ---- stale and repeated messages ------------------------------------------------------------ */

enum { KEPT_MAX = 64 };

typedef struct kept {
    ts_sync_msg_t messages[KEPT_MAX];
    size_t side[KEPT_MAX];
    ts_sync_tip_t tips[KEPT_MAX][32];
    uint8_t data[KEPT_MAX][8192];
    size_t count;
} kept_t;

static bool
keep(void *context, size_t link, size_t side, ts_sync_msg_t *message)
{
    kept_t *kept = context;
    size_t at = kept->count % KEPT_MAX;
    ts_sync_msg_t *copy = &kept->messages[at];
    (void)link;
    *copy = *message;
    kept->side[at] = 1 - side;
    if (message->kind == TS_SYNC_HAVE && message->u.have.count <= 32) {
        memcpy(kept->tips[at], message->u.have.tips, message->u.have.count * sizeof(ts_sync_tip_t));
        copy->u.have.tips = kept->tips[at];
    } else if (message->kind == TS_SYNC_CUSTODY && message->u.custody.count <= 32) {
        memcpy(kept->tips[at], message->u.custody.tips,
               message->u.custody.count * sizeof(ts_sync_tip_t));
        copy->u.custody.tips = kept->tips[at];
    } else if (message->kind == TS_SYNC_CHUNK && message->u.chunk.data.length <= 8192) {
        memcpy(kept->data[at], message->u.chunk.data.data, message->u.chunk.data.length);
        copy->u.chunk.data.data = kept->data[at];
    } else if (message->kind == TS_SYNC_HAVE || message->kind == TS_SYNC_CUSTODY ||
               message->kind == TS_SYNC_CHUNK || message->kind == TS_SYNC_WELCOME) {
        return true; /* not kept: its place is used by the next one */
    }
    kept->count++;
    return true;
}

static void
test_faults_messages_of_an_old_session_change_nothing(void **state)
{
    static kept_t kept;
    sync_net_t net;
    sync_net_init(&net, 2, 3);
    populate(&net);
    kept.count = 0;
    net.tap = keep;
    net.tap_context = &kept;
    net.cut_after = 40;
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    net.cut_after = 0;
    net.tap = NULL;
    assert_true(kept.count > 20);
    size_t count = kept.count < KEPT_MAX ? kept.count : KEPT_MAX;
    sync_net_connect(&net, 0);
    ts_prng_t prng = ts_prng(5);
    for (int i = 0; i < 400; i++) {
        size_t at = ts_prng_below(&prng, (uint32_t)count);
        sync_net_inject(&net, 0, kept.side[at], &kept.messages[at]);
        if (i % 8 == 0) {
            sync_net_run(&net, 5, 5);
        }
    }
    sync_net_run(&net, MINUTE, QUIET);
    assert_true(sync_net_equal(&net, 0));
    assert_int_equal(net.links[0].ends[0].closes + net.links[0].ends[1].closes, 2);
    assert_true(net.links[0].ends[0].notes[TS_NOTE_STALE] > 0);
    assert_true(net.links[0].ends[1].notes[TS_NOTE_STALE] > 0);
    sync_net_free(&net);
}

static bool
repeats_harmlessly(ts_sync_kind_t kind)
{
    return kind == TS_SYNC_HAVE || kind == TS_SYNC_CREDIT || kind == TS_SYNC_CUSTODY ||
           kind == TS_SYNC_PING || kind == TS_SYNC_PONG;
}

static void
test_faults_repeated_and_late_messages_change_nothing(void **state)
{
    /* Messages of this very session, again and out of order. */
    for (uint64_t seed = 0; seed < 10; seed++) {
        static kept_t kept;
        sync_net_t net;
        sync_net_init(&net, 2, seed);
        populate(&net);
        kept.count = 0;
        net.tap = keep;
        net.tap_context = &kept;
        sync_net_connect(&net, 0);
        ts_prng_t prng = ts_prng(seed);
        for (int i = 0; i < 200; i++) {
            sync_net_run(&net, 2, 2);
            net.now_ms++;
            size_t count = kept.count < KEPT_MAX ? kept.count : KEPT_MAX;
            size_t at = ts_prng_below(&prng, (uint32_t)count);
            if (repeats_harmlessly(kept.messages[at].kind)) {
                ts_sync_msg_t copy = kept.messages[at];
                sync_net_inject(&net, 0, kept.side[at], &copy);
            }
        }
        sync_net_run(&net, MINUTE, QUIET);
        assert_true(sync_net_equal(&net, 0));
        assert_int_equal(net.links[0].ends[0].closes + net.links[0].ends[1].closes, 0);
        assert_true(sent_bytes(&net) <= all_bytes(&net));
        sync_net_free(&net);
    }
}

/* ---- garbage -------------------------------------------------------------------------------- */

static void
garbage(ts_prng_t *prng, ts_sync_msg_t *message, ts_sync_tip_t *tips, const uint8_t *data)
{
    uint32_t kind = 1 + ts_prng_below(prng, 13); /* 13 does not exist */
    uint8_t *raw = (uint8_t *)&message->u;
    memset(message, 0, sizeof *message);
    message->kind = (ts_sync_kind_t)kind;
    for (size_t i = 0; i < sizeof message->u; i++) {
        raw[i] = ts_prng_below(prng, 3) == 0 ? (uint8_t)ts_prng_next(prng) : 0;
    }
    size_t count = ts_prng_below(prng, 5);
    for (size_t i = 0; i < count; i++) {
        tips[i].tip.hash.b[0] = (uint8_t)ts_prng_below(prng, 4);
        tips[i].tip.log.b[0] = (uint8_t)ts_prng_below(prng, 4);
        tips[i].tip.seq = ts_prng_below(prng, 50);
        tips[i].priority = ts_prng_below(prng, 5);
    }
    if (kind == TS_SYNC_HELLO || kind == TS_SYNC_WELCOME) {
        message->u.greeting.software = "x";
        message->u.greeting.your_heads = tips;
        message->u.greeting.your_head_count = count;
        message->u.greeting.proto_min = 1;
        message->u.greeting.proto_max = 1;
        message->u.greeting.deployment = SYNC_DEPLOYMENT;
        message->u.greeting.office = 1;
    } else if (kind == TS_SYNC_HAVE) {
        message->u.have.tips = tips;
        message->u.have.count = count;
        message->u.have.more = ts_prng_below(prng, 2) == 0;
    } else if (kind == TS_SYNC_WANT) {
        message->u.want.cancel = ts_prng_below(prng, 3) == 0;
    } else if (kind == TS_SYNC_CUSTODY) {
        message->u.custody.tips = tips;
        message->u.custody.count = count;
    } else if (kind == TS_SYNC_CHUNK) {
        message->u.chunk.stream = (uint16_t)ts_prng_below(prng, 6);
        message->u.chunk.total = ts_prng_below(prng, 1000);
        message->u.chunk.offset = ts_prng_below(prng, 4) * 100;
        message->u.chunk.data = (ts_bytes_t){data, ts_prng_below(prng, 500)};
    } else if (kind == TS_SYNC_REJECT) {
        message->u.reject.detail = "x";
        message->u.reject.permanent = ts_prng_below(prng, 2) == 0;
    } else if (kind == TS_SYNC_REFUSE) {
        message->u.refuse.detail = "x";
    } else if (kind == TS_SYNC_BYE) {
        message->u.bye.reason = "x";
    }
}

static void
test_faults_garbage_never_crashes_and_ends_the_session_at_most(void **state)
{
    static uint8_t data[512];
    uint64_t survived = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        ts_prng_t prng = ts_prng(seed);
        ts_sync_tip_t tips[8] = {{{{{0}}, 0, {{0}}}, 0, 0}};
        sync_net_t net;
        sync_net_init(&net, 2, seed);
        populate(&net);
        sync_net_connect(&net, 0);
        sync_net_run(&net, (int64_t)ts_prng_below(&prng, 200), 200);
        /* The credit of the other end is spent without a CHUNK of ours: not this test's matter. */
        for (int i = 0; i < 60; i++) {
            ts_sync_msg_t message;
            size_t side = ts_prng_below(&prng, 2);
            garbage(&prng, &message, tips, data);
            if (message.kind == TS_SYNC_CREDIT) {
                continue;
            }
            if (net.links[0].ends[1 - side].session != NULL && ts_prng_below(&prng, 4) > 0) {
                /* A right nonce, as a faulty peer would have. */
                memcpy(message.session, net.links[0].nonce, sizeof message.session);
            }
            sync_net_inject(&net, 0, side, &message);
            survived++;
            if (i % 10 == 0) {
                sync_net_run(&net, 20, 20);
            }
        }
        sync_net_run(&net, 2 * MINUTE, QUIET);
        /* The stores are whole, and the next session brings them together. */
        if (net.links[0].ends[0].session != NULL || net.links[0].ends[1].session != NULL) {
            sync_net_cut(&net, 0);
        }
        net.links[0].ends[0].mark = (sync_mark_t){0};
        net.links[0].ends[1].mark = (sync_mark_t){0};
        sync_net_connect(&net, 0);
        sync_net_run(&net, 2 * MINUTE, QUIET);
        assert_true(sync_net_equal(&net, 0));
        sync_net_free(&net);
    }
    assert_true(survived > 10000);
}

/* ---- credit --------------------------------------------------------------------------------- */

static void
test_faults_credit_is_never_exceeded_by_seed(void **state)
{
    /* The world checks every CHUNK against the CREDITs told; here the budget jumps about. */
    for (uint64_t seed = 0; seed < 40; seed++) {
        sync_net_t net;
        sync_net_init(&net, 2, seed);
        populate(&net);
        net.rate = seed % 3 == 0 ? 8000 : 0;
        net.delay_ms = (int64_t)(seed % 4) * 100;
        net.commit_ms = (int64_t)(seed % 7) * 30;
        sync_net_connect(&net, 0);
        ts_prng_t prng = ts_prng(seed);
        for (int i = 0; i < 400 && !sync_net_equal(&net, 0); i++) {
            net.budget = ts_prng_below(&prng, 3) == 0 ? 0 : ts_prng_below(&prng, 60000);
            sync_net_run(&net, 300, 300);
            net.now_ms += 100;
        }
        net.budget = UINT64_MAX;
        sync_net_run(&net, 2 * MINUTE, QUIET);
        assert_true(sync_net_equal(&net, 0));
        sync_net_free(&net);
    }
}

static void
test_faults_chunk_beyond_credit_ends_the_session(void **state)
{
    static uint8_t data[2048];
    sync_net_t net;
    sync_net_init(&net, 2, 8);
    populate(&net);
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, QUIET);
    ts_sync_msg_t message = {.kind = TS_SYNC_CHUNK};
    memcpy(message.session, net.links[0].nonce, sizeof message.session);
    message.u.chunk = (ts_sync_chunk_t){1, 5, 60000, 0, {data, 2048}};
    /* The world lets no CREDIT through any more; the open window is used up. */
    net.budget = 0;
    int sent = 0;
    while (net.links[0].ends[1].session != NULL && sent < 1000) {
        message.u.chunk.offset = (uint32_t)sent % 20 * 2048;
        sync_net_inject(&net, 0, 1, &message);
        sent++;
    }
    assert_in_range(sent, 4, 200);
    assert_int_equal(net.links[0].ends[1].closed, TS_ERR_PROTOCOL);
    sync_net_free(&net);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults_cut_after_every_message_resumes),
        cmocka_unit_test(test_faults_cut_every_few_messages_makes_progress),
        cmocka_unit_test(test_faults_cut_inside_a_segment_goes_on_at_the_byte),
        cmocka_unit_test(test_faults_lost_messages_by_seed_still_converge),
        cmocka_unit_test(test_faults_messages_of_an_old_session_change_nothing),
        cmocka_unit_test(test_faults_repeated_and_late_messages_change_nothing),
        cmocka_unit_test(test_faults_garbage_never_crashes_and_ends_the_session_at_most),
        cmocka_unit_test(test_faults_credit_is_never_exceeded_by_seed),
        cmocka_unit_test(test_faults_chunk_beyond_credit_ends_the_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
