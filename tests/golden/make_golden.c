/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Writes the golden lines of this version: "<group> <name> <hex> [<meaning>]", one message a line;
 * meaning is the JSON of an event's body, or "<codec> <raw bytes> <events>" of a payload. Run once
 * for a release, with the output kept as tests/golden/v<N>/messages.txt for ever; test_golden reads
 * every kept file.
 */
#include "base/check.h"
#include "support/wire_samples.h"
#include "wire/control_wire.h"
#include "wire/feed_wire.h"
#include "wire/json.h"
#include "wire/schema.h"
#include "wire/segment.h"
#include "wire/sync_wire.h"

#include <stdio.h>

static void
line(const char *group, const char *name, ts_buf_t *bytes, ts_buf_t *meaning)
{
    (void)printf("%s %s ", group, name);
    for (size_t i = 0; i < bytes->length; i++) {
        (void)printf("%02x", bytes->data[i]);
    }
    if (meaning != NULL) {
        (void)printf(" %.*s", (int)meaning->length, (const char *)meaning->data);
        ts_buf_free(meaning);
    }
    (void)printf("\n");
    ts_buf_free(bytes);
}

static void
events(void)
{
    const ts_schema_t *schema = ts_wire_schema();
    for (size_t i = 0; i < schema->count; i++) {
        ts_buf_t bytes = {0};
        ts_buf_t json = {0};
        ts_record_t *record = sample_record(&schema->kinds[i]);
        sample_event(&schema->kinds[i], &bytes);
        ts_json_put_record(&json, &schema->kinds[i], ts_record_body(record));
        ts_record_destroy(&record);
        line("event", schema->kinds[i].name, &bytes, &json);
    }
}

static void
session(void)
{
    for (int kind = TS_SYNC_HELLO; kind <= TS_SYNC_BYE; kind++) {
        ts_buf_t bytes = {0};
        ts_sync_msg_t msg = sample_sync((ts_sync_kind_t)kind);
        ts_sync_encode(&msg, &bytes);
        line("sync", ts_sync_kind_name(msg.kind), &bytes, NULL);
    }
}

static void
control(void)
{
    ts_buf_t bytes = {0};
    ts_command_t command;
    ts_reply_t reply;
    sample_command(&command);
    ts_err_t err = ts_command_encode(&command, &bytes);
    TS_CHECK(err == TS_ERR_OK);
    line("control", "command", &bytes, NULL);
    sample_reply(&reply);
    err = ts_reply_encode(&reply, &bytes);
    TS_CHECK(err == TS_ERR_OK);
    line("control", "reply", &bytes, NULL);
    ts_command_free(&command);
    ts_reply_free(&reply);
}

static void
feed(void)
{
    ts_buf_t bytes = {0};
    ts_feed_request_t request = sample_feed_request();
    ts_feed_doorbell_t doorbell = sample_feed_doorbell();
    ts_feed_page_t page = sample_feed_page();
    ts_feed_request_encode(&request, &bytes);
    line("feed", "request", &bytes, NULL);
    ts_feed_doorbell_encode(&doorbell, &bytes);
    line("feed", "doorbell", &bytes, NULL);
    ts_feed_page_encode(&page, &bytes);
    line("feed", "page", &bytes, NULL);
}

/* Payloads of one event of every kind. A later zstd may pack otherwise; it has to unpack this. */
static void
payload(int level, const char *name)
{
    const ts_schema_t *schema = ts_wire_schema();
    ts_buf_t events_bytes[64] = {{0}};
    ts_bytes_t list[64];
    ts_buf_t out = {0};
    ts_sealed_t sealed;
    ts_codec_t *codec = ts_codec_new();
    TS_CHECK(schema->count <= 64);
    size_t count = level == 0 ? 1 : schema->count;
    for (size_t i = 0; i < count; i++) {
        sample_event(&schema->kinds[i], &events_bytes[i]);
        list[i] = ts_buf_bytes(&events_bytes[i]);
    }
    static const uint8_t small[] = {0x08, 22, 0x10, 1, 0x21, 5, 0, 0, 0, 0, 0, 0, 0};
    if (level == 0) {
        list[0] = (ts_bytes_t){small, sizeof(small)};
    }
    ts_err_t err = ts_payload_seal(codec, list, count, level == 0 ? 3 : level, 0, &out, &sealed);
    TS_CHECK(err == TS_ERR_OK && sealed.count == count);
    TS_CHECK((level == 0) == (sealed.codec == TS_CODEC_PLAIN));
    char meaning[64];
    ts_buf_t facts = {0};
    (void)snprintf(meaning, sizeof(meaning), "%u %u %zu", sealed.codec, sealed.raw_bytes,
                   sealed.count);
    ts_buf_put_text(&facts, meaning);
    line("payload", name, &out, &facts);
    for (size_t i = 0; i < schema->count; i++) {
        ts_buf_free(&events_bytes[i]);
    }
    ts_codec_destroy(&codec);
}

int
main(void)
{
    events();
    session();
    control();
    feed();
    payload(0, "plain");
    payload(3, "live");
    payload(19, "backlog");
    return 0;
}
