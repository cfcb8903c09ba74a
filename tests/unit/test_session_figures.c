/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the session is cheap enough for the links that it is made for. Method: the work of the
 * comparison (100,000 events in 110 segments; 5,000 events over 64 kbit/s with 600 ms round trip,
 * also with cuts) in virtual time, so that every figure is the same on every machine. Bytes are
 * counted as on the wire, with frame, CURVE and, on the thin link, packet headers; segments of 30
 * KB stand for about 900 compressed events.
 */
#include "support/sync_net.h"
#include "support/test.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static void
populate(sync_net_t *net, uint32_t segments, uint32_t payload)
{
    ts_hash_t records = sync_store_new_log(&net->stores[0], 0, false, false);
    for (uint32_t i = 0; i < segments; i++) {
        sync_store_write(&net->stores[0], &records, NULL, payload, i);
    }
}

static void
test_figures_backlog_costs_little_beside_its_bytes(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 1);
    populate(&net, 110, 30000);
    net.delay_ms = 1;
    net.commit_ms = 5;
    sync_net_connect(&net, 0);
    int64_t took = sync_net_run(&net, MINUTE, 500);
    assert_true(sync_net_equal(&net, 0));
    double there = (double)net.links[0].ends[0].wire_bytes - 110 * 30244;
    double back = (double)net.links[0].ends[1].wire_bytes;
    print_message("100,000 events: %.0f ms, beside the segments %.3f B/event there, %.3f back\n",
                  (double)took, there / 100000, back / 100000);
    assert_true(there / 100000 < 0.5);
    assert_true(back / 100000 < 1.0);
    /* 3.3 MB in windows of 256 KiB, each a round trip of 2 ms and a commit of 5 ms. */
    assert_true(took < 150);
    sync_net_free(&net);
}

static void
test_figures_fast_link_is_not_held_back_by_credit(void **state)
{
    /* 100 MB/s, 1 ms each way: what is on its way must reach the whole window soon. */
    sync_net_t net;
    sync_net_init(&net, 2, 2);
    populate(&net, 400, 60000);
    net.rate = 100000000;
    net.delay_ms = 1;
    sync_net_connect(&net, 0);
    int64_t took = sync_net_run(&net, MINUTE, 500);
    assert_true(sync_net_equal(&net, 0));
    print_message("24 MB over 100 MB/s, 2 ms round trip: %.0f ms\n", (double)took);
    /* 256 KiB in each round trip of 2 ms and a little is the most that the limits allow. */
    assert_true(took < 400);
    sync_net_free(&net);
}

static void
test_figures_thin_link_is_filled(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 3);
    populate(&net, 5, 30000);
    net.rate = 8000;
    net.delay_ms = 300;
    net.commit_ms = 10;
    sync_net_connect(&net, 0);
    int64_t took = sync_net_run(&net, 2 * MINUTE, 5000);
    assert_true(sync_net_equal(&net, 0));
    ts_session_status_t status;
    ts_session_status(net.links[0].ends[1].session, &status);
    print_message("5,000 events over 64 kbit/s, 600 ms: %.1f s from HELLO, chunk %u, window %u\n",
                  (double)took / SECOND, status.chunk_bytes, status.window_bytes);
    /* 151 KB at 8,000 B/s with packet headers are 20 s; greeting and last way 1.5 s. */
    assert_true(took < 21800);
    assert_int_equal(status.chunk_bytes, 4096);
    assert_int_equal(status.window_bytes, TS_WINDOW_BYTES_MIN);
    sync_net_free(&net);
}

static void
test_figures_thin_link_with_cuts_loses_little(void **state)
{
    /* The link dies for 10 s after every 30 s; reconnecting costs 3 s of handshake. */
    sync_net_t net;
    sync_net_init(&net, 2, 4);
    populate(&net, 10, 30000);
    net.rate = 8000;
    net.delay_ms = 300;
    uint64_t unique = 0;
    for (size_t i = 0; i < net.stores[0].count; i++) {
        unique += net.stores[0].segments[i].length;
    }
    int cuts = 0;
    while (!sync_net_equal(&net, 0) && cuts < 20) {
        sync_net_connect(&net, 0);
        sync_net_run(&net, 27 * SECOND, 5000);
        if (sync_net_equal(&net, 0)) {
            break;
        }
        cuts++;
        sync_net_silence(&net, 0);
        int64_t dead = net.now_ms;
        while (net.links[0].ends[0].session != NULL) {
            net.now_ms += 10;
            sync_net_run(&net, 10, 1000);
        }
        /* Found out well before the link is back. */
        assert_true(net.now_ms - dead < 5500);
        net.now_ms = dead + 10 * SECOND;
        sync_net_cut(&net, 0);
        net.now_ms += 3 * SECOND;
    }
    uint64_t again = net.links[0].ends[0].chunk_bytes - unique;
    print_message("302 KB over 64 kbit/s with %d cuts of 10 s: %.1f KB sent twice, %.0f s\n", cuts,
                  (double)again / 1000, (double)net.now_ms / SECOND);
    assert_in_range(cuts, 1, 3);
    assert_true(again <= (uint64_t)cuts * (TS_WINDOW_BYTES_MIN + 4096));
    sync_net_free(&net);
}

static void
test_figures_idle_session_costs_a_ping_in_twenty_seconds(void **state)
{
    sync_net_t net;
    sync_net_init(&net, 2, 5);
    populate(&net, 1, 1000);
    sync_net_connect(&net, 0);
    sync_net_run(&net, MINUTE, 1000);
    uint64_t before = net.links[0].ends[0].wire_bytes + net.links[0].ends[1].wire_bytes;
    sync_net_run(&net, 60 * MINUTE, 25000);
    uint64_t bytes = net.links[0].ends[0].wire_bytes + net.links[0].ends[1].wire_bytes - before;
    print_message("an hour at rest: %.1f KB\n", (double)bytes / 1000);
    assert_true(bytes < 40000);
    sync_net_free(&net);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures_backlog_costs_little_beside_its_bytes),
        cmocka_unit_test(test_figures_fast_link_is_not_held_back_by_credit),
        cmocka_unit_test(test_figures_thin_link_is_filled),
        cmocka_unit_test(test_figures_thin_link_with_cuts_loses_little),
        cmocka_unit_test(test_figures_idle_session_costs_a_ping_in_twenty_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
