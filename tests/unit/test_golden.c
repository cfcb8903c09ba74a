/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what a released version wrote is read for ever, and means the same. Method: every line of
 * the kept files is decoded and encoded again to the same bytes; the kept JSON of an event, read
 * into a new record, packs to the same body. A newer zstd may pack a payload otherwise, so payloads
 * are only opened.
 */
#include "base/xalloc.h"
#include "support/test.h"
#include "support/wire_samples.h"
#include "wire/control_wire.h"
#include "wire/feed_wire.h"
#include "wire/json.h"
#include "wire/schema.h"
#include "wire/segment.h"
#include "wire/sync_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kept_files[] = {TS_TEST_SOURCE_DIR "/tests/golden/v1/messages.txt"};

typedef struct line {
    char *group;
    char *name;
    ts_bytes_t bytes;
    char *json; /* NULL: none */
} line_t;

static void
assert_same(ts_buf_t *again, ts_bytes_t bytes)
{
    assert_int_equal(again->length, bytes.length);
    assert_memory_equal(again->data, bytes.data, bytes.length);
    ts_buf_free(again);
}

static void
check_event(const line_t *line)
{
    ts_event_decoder_t *decoder = ts_event_decoder_new();
    ts_event_header_t header;
    const ts_kind_schema_t *kind;
    const void *record;
    ts_buf_t again = {0};
    ts_buf_t body = {0};
    ts_msg_t why = {0};
    assert_int_equal(ts_event_decode(decoder, line->bytes, &header, &kind, &record), TS_ERR_OK);
    assert_string_equal(kind->name, line->name);
    assert_int_equal(ts_event_encode(&header, kind, record, &again, &why), TS_ERR_OK);
    assert_same(&again, line->bytes);
    ts_record_t *from_json = ts_record_new(kind);
    ts_bytes_t json = {(const uint8_t *)line->json, strlen(line->json)};
    assert_int_equal(ts_json_read_record(from_json, json, NULL, &why, NULL), TS_ERR_OK);
    ts_record_pack(from_json, &body);
    assert_same(&body, header.body);
    ts_record_destroy(&from_json);
    ts_event_decoder_destroy(&decoder);
}

static void
check_sync(const line_t *line)
{
    ts_sync_decoder_t *decoder = ts_sync_decoder_new();
    ts_sync_msg_t msg;
    ts_buf_t again = {0};
    assert_int_equal(ts_sync_decode(decoder, line->bytes, &msg), TS_ERR_OK);
    assert_string_equal(ts_sync_kind_name(msg.kind), line->name);
    ts_sync_encode(&msg, &again);
    assert_same(&again, line->bytes);
    ts_sync_decoder_destroy(&decoder);
}

static void
check_control(const line_t *line)
{
    ts_buf_t again = {0};
    if (strcmp(line->name, "command") == 0) {
        ts_command_t command;
        assert_int_equal(ts_command_decode(line->bytes, &command), TS_ERR_OK);
        assert_int_equal(ts_command_encode(&command, &again), TS_ERR_OK);
        ts_command_free(&command);
    } else {
        ts_reply_t reply;
        assert_string_equal(line->name, "reply");
        assert_int_equal(ts_reply_decode(line->bytes, &reply), TS_ERR_OK);
        assert_int_equal(ts_reply_encode(&reply, &again), TS_ERR_OK);
        ts_reply_free(&reply);
    }
    assert_same(&again, line->bytes);
}

static void
check_feed(const line_t *line)
{
    ts_feed_decoder_t *decoder = ts_feed_decoder_new();
    ts_buf_t again = {0};
    if (strcmp(line->name, "request") == 0) {
        ts_feed_request_t request;
        assert_int_equal(ts_feed_request_decode(decoder, line->bytes, &request), TS_ERR_OK);
        ts_feed_request_encode(&request, &again);
    } else if (strcmp(line->name, "doorbell") == 0) {
        ts_feed_doorbell_t doorbell;
        assert_int_equal(ts_feed_doorbell_decode(decoder, line->bytes, &doorbell), TS_ERR_OK);
        ts_feed_doorbell_encode(&doorbell, &again);
    } else {
        ts_feed_page_t page;
        assert_string_equal(line->name, "page");
        assert_int_equal(ts_feed_page_decode(decoder, line->bytes, &page), TS_ERR_OK);
        ts_feed_page_encode(&page, &again);
    }
    assert_same(&again, line->bytes);
    ts_feed_decoder_destroy(&decoder);
}

/* The kept JSON column holds "<codec> <raw bytes> <events>". */
static void
check_payload(const line_t *line)
{
    ts_codec_t *codec = ts_codec_new();
    ts_event_decoder_t *decoder = ts_event_decoder_new();
    ts_payload_t payload;
    ts_bytes_t event;
    unsigned codec_number = 0;
    unsigned raw = 0;
    unsigned count = 0;
    assert_int_equal(sscanf(line->json, "%u %u %u", &codec_number, &raw, &count), 3);
    ts_segment_header_t header = {.codec = (uint8_t)codec_number,
                                  .count = count,
                                  .raw_bytes = raw,
                                  .stored_bytes = (uint32_t)line->bytes.length};
    assert_int_equal(ts_payload_open(codec, &header, line->bytes, &payload), TS_ERR_OK);
    unsigned seen = 0;
    while (ts_payload_next(&payload, &event)) {
        ts_event_header_t event_header;
        const ts_kind_schema_t *kind;
        const void *record;
        assert_int_equal(ts_event_decode(decoder, event, &event_header, &kind, &record), TS_ERR_OK);
        seen++;
    }
    assert_int_equal(seen, count);
    ts_event_decoder_destroy(&decoder);
    ts_codec_destroy(&codec);
}

static void
check_line(const line_t *line)
{
    static const struct {
        const char *group;
        void (*check)(const line_t *line);
    } groups[] = {{"event", check_event},
                  {"sync", check_sync},
                  {"control", check_control},
                  {"feed", check_feed},
                  {"payload", check_payload}};
    for (size_t i = 0; i < TS_COUNT(groups); i++) {
        if (strcmp(groups[i].group, line->group) == 0) {
            groups[i].check(line);
            return;
        }
    }
    fail_msg("unknown group %s", line->group);
}

/* The whole file, with a NUL; to be freed. */
static char *
read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    char *text = ts_xmalloc((size_t)size + 1);
    assert_int_equal(fread(text, 1, (size_t)size, file), (size_t)size);
    text[size] = '\0';
    (void)fclose(file);
    return text;
}

static size_t
check_file(const char *path)
{
    char *text = read_file(path);
    size_t count = 0;
    char *rest = text;
    while (*rest != '\0') {
        char *end = strchr(rest, '\n');
        assert_non_null(end);
        *end = '\0';
        line_t line = {.group = rest};
        line.name = strchr(rest, ' ');
        assert_non_null(line.name);
        *line.name++ = '\0';
        char *hex = strchr(line.name, ' ');
        assert_non_null(hex);
        *hex++ = '\0';
        line.json = strchr(hex, ' ');
        if (line.json != NULL) {
            *line.json++ = '\0';
        }
        size_t length = strlen(hex) / 2;
        uint8_t *bytes = ts_xmalloc(length);
        assert_int_equal(ts_hex_parse(hex, bytes, length), TS_ERR_OK);
        line.bytes = (ts_bytes_t){bytes, length};
        check_line(&line);
        free(bytes);
        count++;
        rest = end + 1;
    }
    free(text);
    return count;
}

static void
test_golden_messages_of_every_version_are_read(void **state)
{
    for (size_t i = 0; i < TS_COUNT(kept_files); i++) {
        /* Every kind, the session's twelve, control's two, the feed's three, three payloads. */
        assert_true(check_file(kept_files[i]) >= 51);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_messages_of_every_version_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
