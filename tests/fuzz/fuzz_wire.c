/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Bytes as a session frame, a command, a reply, a feed message, a payload, a record's JSON or a
 * field's text; the first byte chooses. What is accepted is written again and read again.
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "support/wire_samples.h"
#include "wire/control_wire.h"
#include "wire/feed_wire.h"
#include "wire/json.h"
#include "wire/schema.h"
#include "wire/segment.h"
#include "wire/sync_wire.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
as_sync(ts_bytes_t bytes)
{
    ts_sync_decoder_t *one = ts_sync_decoder_new();
    ts_sync_decoder_t *two = ts_sync_decoder_new();
    ts_sync_msg_t msg;
    ts_sync_msg_t again;
    ts_buf_t frame = {0};
    if (ts_sync_decode(one, bytes, &msg) == TS_ERR_OK) {
        ts_sync_encode(&msg, &frame);
        ts_err_t err = ts_sync_decode(two, ts_buf_bytes(&frame), &again);
        TS_CHECK(err == TS_ERR_OK);
        check_sync_equal(&msg, &again);
    }
    ts_buf_free(&frame);
    ts_sync_decoder_destroy(&one);
    ts_sync_decoder_destroy(&two);
}

static void
as_command(ts_bytes_t bytes)
{
    ts_command_t command = {0};
    ts_buf_t frame = {0};
    if (ts_command_decode(bytes, &command) == TS_ERR_OK) {
        ts_err_t err = ts_command_encode(&command, &frame);
        TS_CHECK(err == TS_ERR_OK);
    }
    ts_command_free(&command);
    ts_buf_free(&frame);
}

static void
as_reply(ts_bytes_t bytes)
{
    ts_reply_t reply = {0};
    ts_buf_t out = {0};
    if (ts_reply_decode(bytes, &reply) == TS_ERR_OK) {
        ts_err_t err = ts_reply_encode(&reply, &out);
        TS_CHECK(err == TS_ERR_OK);
        ts_json_put_reply(&out, &reply, NULL);
    }
    ts_reply_free(&reply);
    ts_buf_free(&out);
}

static void
as_feed(ts_bytes_t bytes)
{
    ts_feed_decoder_t *decoder = ts_feed_decoder_new();
    ts_feed_request_t request;
    ts_feed_doorbell_t doorbell;
    ts_feed_page_t page;
    ts_buf_t out = {0};
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
    ts_feed_decoder_destroy(&decoder);
}

/* Codec, count and raw size come from the first bytes. */
static void
as_payload(ts_bytes_t bytes)
{
    ts_cursor_t cursor = ts_cursor(bytes.data, bytes.length);
    ts_segment_header_t header = {0};
    header.codec = ts_cursor_u8(&cursor) & 1;
    header.count = ts_cursor_u16(&cursor);
    header.raw_bytes = ts_cursor_u32(&cursor) & 0x1fffff;
    if (cursor.bad) {
        return;
    }
    ts_bytes_t payload = {bytes.data + cursor.offset, ts_cursor_left(&cursor)};
    header.stored_bytes = (uint32_t)payload.length;
    ts_codec_t *codec = ts_codec_new();
    ts_payload_t opened;
    ts_bytes_t event;
    if (ts_payload_open(codec, &header, payload, &opened) == TS_ERR_OK) {
        uint32_t count = 0;
        while (ts_payload_next(&opened, &event)) {
            TS_CHECK(event.length >= 1 && event.length <= TS_EVENT_BYTES_MAX);
            count++;
        }
        TS_CHECK(count == header.count);
    }
    ts_codec_destroy(&codec);
}

/* What JSON or text sets must be an event that everybody reads. */
static void
check_record(const ts_record_t *record)
{
    ts_buf_t body = {0};
    ts_record_t *again = NULL;
    ts_record_pack(record, &body);
    ts_err_t err = ts_record_unpack(ts_record_kind(record), ts_buf_bytes(&body), &again);
    TS_CHECK(err == TS_ERR_OK || (err == TS_ERR_TOOBIG && body.length > TS_EVENT_BYTES_MAX));
    ts_record_destroy(&again);
    ts_buf_free(&body);
}

static void
as_json(ts_bytes_t bytes)
{
    const ts_schema_t *schema = ts_wire_schema();
    if (bytes.length == 0) {
        return;
    }
    ts_record_t *record = ts_record_new(&schema->kinds[bytes.data[0] % schema->count]);
    ts_msg_t why = {0};
    char *path = NULL;
    ts_err_t err = ts_json_read_record(record, (ts_bytes_t){bytes.data + 1, bytes.length - 1}, NULL,
                                       &why, &path);
    TS_CHECK((err == TS_ERR_OK) == (why.id == NULL));
    check_record(record);
    ts_msg_free(&why);
    ts_xfree(path);
    ts_record_destroy(&record);
}

/* "<path>\0<text>" for a handover, which has lists of both sorts. */
static void
as_text(ts_bytes_t bytes)
{
    char *path = ts_xstrndup((const char *)bytes.data, bytes.length);
    size_t length = strlen(path);
    const char *text = length < bytes.length ? path + length + 1 : "";
    ts_record_t *record = ts_record_new(ts_schema_named(ts_wire_schema(), "handover"));
    ts_msg_t why = {0};
    ts_err_t err = ts_record_set_text(record, path, text, NULL, &why);
    TS_CHECK((err == TS_ERR_OK) == (why.id == NULL));
    check_record(record);
    ts_msg_free(&why);
    ts_record_destroy(&record);
    ts_xfree(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(ts_bytes_t bytes) = {as_sync,    as_command, as_reply, as_feed,
                                                        as_payload, as_json,    as_text};
    if (size > 0) {
        readers[data[0] % (sizeof(readers) / sizeof(readers[0]))]((ts_bytes_t){data + 1, size - 1});
    }
    return 0;
}
