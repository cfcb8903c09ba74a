/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: feed messages arrive as they were sent and are judged. Method: round trips of full samples,
 * encoded again and compared byte by byte; broken messages; all truncations and bit flips.
 */
#include "support/test.h"
#include "support/wire_samples.h"
#include "wire/feed_wire.h"

#include <string.h>

static ts_feed_decoder_t *decoder;

static int
setup(void **state)
{
    decoder = ts_feed_decoder_new();
    return 0;
}

static int
teardown(void **state)
{
    ts_feed_decoder_destroy(&decoder);
    ts_feed_decoder_destroy(&decoder);
    return 0;
}

static ts_bytes_t
bytes_of(const char *text, size_t length)
{
    return (ts_bytes_t){(const uint8_t *)text, length};
}

static void
assert_same(ts_buf_t *a, ts_buf_t *b)
{
    assert_int_equal(a->length, b->length);
    assert_memory_equal(a->data, b->data, a->length);
    ts_buf_free(a);
    ts_buf_free(b);
}

static void
test_feed_round_trips_same(void **state)
{
    ts_feed_request_t request = sample_feed_request();
    ts_feed_doorbell_t doorbell = sample_feed_doorbell();
    ts_feed_page_t page = sample_feed_page();
    ts_buf_t sent = {0};
    ts_buf_t again = {0};

    ts_feed_request_encode(&request, &sent);
    assert_int_equal(ts_feed_request_decode(decoder, ts_buf_bytes(&sent), &request), TS_ERR_OK);
    assert_int_equal(request.after, 40);
    assert_int_equal(request.topic_count, 2);
    assert_string_equal(request.topics[1], "handover.09694");
    assert_true(request.snapshot && request.json);
    ts_feed_request_encode(&request, &again);
    assert_same(&sent, &again);

    ts_feed_doorbell_encode(&doorbell, &sent);
    assert_int_equal(ts_feed_doorbell_decode(decoder, ts_buf_bytes(&sent), &doorbell), TS_ERR_OK);
    assert_int_equal(doorbell.number, 41);
    assert_string_equal(doorbell.event->text, "áo ấm");
    ts_feed_doorbell_encode(&doorbell, &again);
    assert_same(&sent, &again);

    ts_feed_page_encode(&page, &sent);
    assert_int_equal(ts_feed_page_decode(decoder, ts_buf_bytes(&sent), &page), TS_ERR_OK);
    assert_int_equal(page.event_count, 2);
    assert_string_equal(page.events[0].donor_class, "enterprise");
    assert_string_equal(page.events[1].donor_class, "");
    assert_int_equal(page.code, TS_ERR_NOTFOUND);
    assert_int_equal(page.total_count, 2);
    assert_int_equal(page.totals[1].value, -5);
    assert_true(ts_business_event_bytes(&page.events[0]) < sent.length);
    ts_feed_page_encode(&page, &again);
    assert_same(&sent, &again);
}

static void
test_feed_doorbell_without_event_says_so(void **state)
{
    ts_feed_doorbell_t doorbell = sample_feed_doorbell();
    ts_buf_t bytes = {0};
    doorbell.event = NULL;
    ts_feed_doorbell_encode(&doorbell, &bytes);
    doorbell = sample_feed_doorbell();
    assert_int_equal(ts_feed_doorbell_decode(decoder, ts_buf_bytes(&bytes), &doorbell), TS_ERR_OK);
    assert_null(doorbell.event);
    ts_buf_free(&bytes);
}

static void
test_feed_messages_against_the_rules_are_refused(void **state)
{
    ts_feed_request_t request;
    ts_feed_doorbell_t doorbell;
    ts_feed_page_t page;
    assert_int_equal(ts_feed_request_decode(decoder, bytes_of("", 0), &request), TS_ERR_INVALID);
    assert_int_equal(ts_feed_request_decode(decoder, bytes_of("\x20\x01", 2), &request),
                     TS_ERR_INVALID);
    assert_int_equal(ts_feed_request_decode(decoder, bytes_of("\x08\x01", 2), &request),
                     TS_ERR_INVALID);
    assert_int_equal(ts_feed_request_decode(decoder, bytes_of("\x08\x01\x20\x01", 4), &request),
                     TS_ERR_OK);
    assert_int_equal(ts_feed_request_decode(decoder, bytes_of("\x08\x02\x20\x01", 4), &request),
                     TS_ERR_UNKNOWN);
    assert_int_equal(ts_feed_request_decode(decoder, bytes_of("\x08\x01\x20\xe9\x07", 5), &request),
                     TS_ERR_INVALID);
    assert_int_equal(
        ts_feed_request_decode(decoder, bytes_of("\x08\x01\x20\x01\x12\x01x", 7), &request),
        TS_ERR_INVALID);
    assert_int_equal(
        ts_feed_request_decode(decoder, bytes_of("\x08\x01\x20\x01\x2a\x01\xff", 7), &request),
        TS_ERR_INVALID);
    assert_int_equal(ts_feed_doorbell_decode(decoder, bytes_of("\x10\x01", 2), &doorbell),
                     TS_ERR_INVALID);
    assert_int_equal(ts_feed_page_decode(decoder, bytes_of("\x20\x01", 2), &page), TS_ERR_INVALID);
    ts_buf_t many = {0};
    ts_buf_put(&many, "\x08\x01", 2);
    for (size_t i = 0; i <= TS_FEED_PAGE_EVENTS_MAX; i++) {
        ts_buf_put(&many, "\x1a\x00", 2);
    }
    assert_int_equal(ts_feed_page_decode(decoder, ts_buf_bytes(&many), &page), TS_ERR_LIMIT);
    many.length -= 2;
    assert_int_equal(ts_feed_page_decode(decoder, ts_buf_bytes(&many), &page), TS_ERR_OK);
    ts_buf_clear(&many);
    ts_buf_put(&many, "\x08\x01\x20\x01", 4);
    for (size_t i = 0; i <= TS_FEED_TOPICS_MAX; i++) {
        ts_buf_put(&many, "\x2a\x00", 2);
    }
    assert_int_equal(ts_feed_request_decode(decoder, ts_buf_bytes(&many), &request), TS_ERR_LIMIT);
    ts_buf_free(&many);
}

static void
test_feed_damaged_messages_do_no_harm(void **state)
{
    ts_feed_request_t request = sample_feed_request();
    ts_feed_doorbell_t doorbell = sample_feed_doorbell();
    ts_feed_page_t page = sample_feed_page();
    ts_buf_t messages[3] = {{0}, {0}, {0}};
    size_t refused = 0;
    ts_feed_request_encode(&request, &messages[0]);
    ts_feed_doorbell_encode(&doorbell, &messages[1]);
    ts_feed_page_encode(&page, &messages[2]);
    for (size_t k = 0; k < 3; k++) {
        for (size_t bit = 0; bit < 9 * messages[k].length; bit++) {
            bool flips = bit < 8 * messages[k].length;
            ts_buf_t bytes = {0};
            ts_buf_put(&bytes, messages[k].data,
                       flips ? messages[k].length : bit - 8 * messages[k].length);
            if (flips) {
                bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
            refused += ts_feed_request_decode(decoder, ts_buf_bytes(&bytes), &request) != TS_ERR_OK;
            refused +=
                ts_feed_doorbell_decode(decoder, ts_buf_bytes(&bytes), &doorbell) != TS_ERR_OK;
            refused += ts_feed_page_decode(decoder, ts_buf_bytes(&bytes), &page) != TS_ERR_OK;
            ts_buf_free(&bytes);
        }
        ts_buf_free(&messages[k]);
    }
    assert_true(refused > 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_feed_round_trips_same),
        cmocka_unit_test(test_feed_doorbell_without_event_says_so),
        cmocka_unit_test(test_feed_messages_against_the_rules_are_refused),
        cmocka_unit_test(test_feed_damaged_messages_do_no_harm),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
