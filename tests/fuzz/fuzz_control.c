/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: any bytes are a command, a reply or a message of the feed, or are refused; what is accepted
 * can be written and read again to the same bytes, and a reply can be shown. Method: the first byte
 * chooses the reader; encode, decode, encode, compare.
 */
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "wire/control_wire.h"
#include "wire/feed_wire.h"
#include "wire/json.h"

#include <string.h>

static void
check_same(const ts_buf_t *a, const ts_buf_t *b)
{
    TS_CHECK(a->length == b->length);
    TS_CHECK(a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
}

static void
as_command(ts_bytes_t bytes)
{
    ts_command_t command = {0};
    ts_command_t again = {0};
    ts_buf_t first = {0};
    ts_buf_t second = {0};
    if (ts_command_decode(bytes, &command) == TS_ERR_OK) {
        TS_CHECK(command.field_count <= TS_COMMAND_FIELDS_MAX);
        TS_CHECK(ts_command_encode(&command, &first) == TS_ERR_OK);
        TS_CHECK(ts_command_decode(ts_buf_bytes(&first), &again) == TS_ERR_OK);
        TS_CHECK(ts_command_encode(&again, &second) == TS_ERR_OK);
        check_same(&first, &second);
    }
    ts_command_free(&command);
    ts_command_free(&again);
    ts_buf_free(&first);
    ts_buf_free(&second);
}

static void
as_reply(ts_bytes_t bytes)
{
    ts_reply_t reply = {0};
    ts_reply_t again = {0};
    ts_buf_t first = {0};
    ts_buf_t second = {0};
    if (ts_reply_decode(bytes, &reply) == TS_ERR_OK) {
        TS_CHECK(ts_reply_encode(&reply, &first) == TS_ERR_OK);
        TS_CHECK(ts_reply_decode(ts_buf_bytes(&first), &again) == TS_ERR_OK);
        TS_CHECK(ts_reply_encode(&again, &second) == TS_ERR_OK);
        check_same(&first, &second);
        ts_buf_clear(&first);
        ts_json_put_reply(&first, &reply, NULL);
        /* Whatever the texts hold, JSON is one line that a program can read by lines. */
        TS_CHECK(memchr(first.data, '\n', first.length) == NULL);
    }
    ts_reply_free(&reply);
    ts_reply_free(&again);
    ts_buf_free(&first);
    ts_buf_free(&second);
}

static void
as_feed(ts_bytes_t bytes)
{
    static ts_feed_decoder_t *decoder;
    ts_feed_request_t request;
    ts_feed_doorbell_t doorbell;
    ts_feed_page_t page;
    ts_buf_t out = {0};
    if (decoder == NULL) {
        decoder = ts_feed_decoder_new();
    }
    if (ts_feed_request_decode(decoder, bytes, &request) == TS_ERR_OK) {
        ts_feed_request_encode(&request, &out);
    }
    if (ts_feed_doorbell_decode(decoder, bytes, &doorbell) == TS_ERR_OK) {
        ts_feed_doorbell_encode(&doorbell, &out);
    }
    if (ts_feed_page_decode(decoder, bytes, &page) == TS_ERR_OK) {
        ts_json_put_feed_page(&out, &page);
    }
    ts_buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(ts_bytes_t bytes) = {as_command, as_reply, as_feed};
    if (size > 0) {
        readers[data[0] % 3]((ts_bytes_t){data + 1, size - 1});
    }
    return 0;
}
