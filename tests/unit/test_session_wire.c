/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the session says nothing that the wire cannot carry, and the bytes on the wire are as few
 * as promised. Method: every message of the world of support/sync_net is encoded and decoded on its
 * way, and what arrives is what was decoded.
 */
#include "support/sync_net.h"
#include "support/test.h"
#include "wire/sync_wire.h"

#include <string.h>

typedef struct line {
    ts_sync_decoder_t *decoder;
    ts_buf_t frame;
    uint64_t bytes[SYNC_SIDES]; /* of frames sent by the side */
    uint64_t biggest_body;
} line_t;

static bool
carry(void *context, size_t link, size_t side, ts_sync_msg_t *message)
{
    line_t *line = context;
    ts_sync_msg_t decoded;
    (void)link;
    ts_buf_clear(&line->frame);
    ts_sync_encode(message, &line->frame);
    line->bytes[side] += line->frame.length;
    if (message->kind != TS_SYNC_CHUNK && line->frame.length > line->biggest_body) {
        line->biggest_body = line->frame.length;
    }
    ts_err_t err = ts_sync_decode(line->decoder, ts_buf_bytes(&line->frame), &decoded);
    assert_int_equal(err, TS_ERR_OK);
    assert_int_equal(decoded.kind, message->kind);
    assert_memory_equal(decoded.session, message->session, sizeof decoded.session);
    if (message->kind == TS_SYNC_HELLO) {
        assert_true(ts_id16_equal(&decoded.u.greeting.store, &message->u.greeting.store));
    }
    *message = decoded;
    return true;
}

static line_t
line_new(sync_net_t *net)
{
    line_t line = {.decoder = ts_sync_decoder_new()};
    net->tap = carry;
    return line;
}

static void
line_free(line_t *line)
{
    ts_sync_decoder_destroy(&line->decoder);
    ts_buf_free(&line->frame);
}

static void
test_session_wire_whole_life_passes_through_frames(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 1);
    line_t line = line_new(&net);
    net.tap_context = &line;
    ts_hash_t acts = sync_store_new_log(&net.stores[0], 0, false, true);
    ts_hash_t bad = sync_store_new_log(&net.stores[0], 0, false, false);
    for (uint32_t i = 0; i < 280; i++) {
        ts_hash_t log = sync_store_new_log(&net.stores[0], 0, false, false);
        sync_store_write(&net.stores[0], &log, NULL, 900, i);
    }
    sync_store_write(&net.stores[0], &bad, NULL, 900, 1);
    sync_store_write(&net.stores[0], &acts, NULL, 60000, 1);
    ts_hash_t down = sync_store_new_log(&net.stores[1], 1, true, false);
    sync_store_write(&net.stores[1], &down, NULL, 3000, 1);
    net.refuse_log = bad;
    net.refuse_from = 1;
    net.refuse_code = TS_ERR_SIGNATURE;
    net.cut_after = 120;
    sync_net_connect(&net, 0);
    sync_net_run(&net, 60000, 8000);
    net.cut_after = 0;
    sync_net_connect(&net, 0);
    sync_net_run(&net, 120000, 30000); /* with PING and PONG, and the second listing */
    assert_int_equal(net.links[0].ends[0].notes[TS_NOTE_REJECTED], 1);
    assert_true(net.links[0].ends[0].kinds[TS_SYNC_PING] > 0);
    net.refuse_log = (ts_hash_t){{0}};
    sync_net_quit(&net, 0);
    net.drain = true;
    net.links[0].ends[0].mark = (sync_mark_t){0};
    sync_net_connect(&net, 0);
    sync_net_run(&net, 60000, 8000);
    assert_true(sync_net_equal(&net, 0));
    assert_int_equal(net.links[0].ends[0].closed, TS_ERR_OK);
    assert_true(net.links[0].ends[0].kinds[TS_SYNC_BYE] > 0);
    assert_true(line.biggest_body < TS_SYNC_BODY_BYTES_MAX);
    sync_net_free(&net);
    line_free(&line);
}

static void
test_session_wire_backlog_costs_few_bytes(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 2);
    line_t line = line_new(&net);
    net.tap_context = &line;
    ts_hash_t log = sync_store_new_log(&net.stores[0], 0, false, false);
    for (uint32_t i = 0; i < 110; i++) {
        sync_store_write(&net.stores[0], &log, NULL, 30000, i);
    }
    net.commit_ms = 5;
    sync_net_connect(&net, 0);
    sync_net_run(&net, 60000, 500);
    assert_true(sync_net_equal(&net, 0));
    double there = ((double)line.bytes[0] - 110 * 30244) / 100000;
    double back = (double)line.bytes[1] / 100000;
    print_message("100,000 events: frames without segments %.3f B/event there, %.3f back\n", there,
                  back);
    assert_true(there < 0.2);
    assert_true(back < 0.2);
    sync_net_free(&net);
    line_free(&line);
}

static void
test_session_wire_greeting_is_small(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 3);
    line_t line = line_new(&net);
    net.tap_context = &line;
    ts_hash_t log = sync_store_new_log(&net.stores[0], 0, false, false);
    sync_store_write(&net.stores[0], &log, NULL, 3000, 1);
    sync_net_connect(&net, 0);
    sync_net_run(&net, 60000, 8000);
    sync_net_cut(&net, 0);
    memset(line.bytes, 0, sizeof line.bytes);
    sync_net_connect(&net, 0);
    sync_net_run(&net, 60000, 8000);
    print_message("nothing new: %u bytes there, %u back\n", (unsigned)line.bytes[0],
                  (unsigned)line.bytes[1]);
    assert_true(line.bytes[0] < 230);
    assert_true(line.bytes[1] < 280);
    sync_net_free(&net);
    line_free(&line);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_wire_whole_life_passes_through_frames),
        cmocka_unit_test(test_session_wire_backlog_costs_few_bytes),
        cmocka_unit_test(test_session_wire_greeting_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
