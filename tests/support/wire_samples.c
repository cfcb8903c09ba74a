/* SPDX-License-Identifier: MPL-2.0 */
#include "support/wire_samples.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number from a name, so that no two fields have the same value by chance. */
static uint32_t
number_of(const char *name, size_t row)
{
    uint32_t hash = 2166136261u + (uint32_t)row;
    for (const char *at = name; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * 16777619u;
    }
    return hash >> 8;
}

static ts_hash_t
hash_of(const char *name)
{
    ts_hash_t hash;
    for (size_t i = 0; i < sizeof(hash.b); i++) {
        hash.b[i] = (uint8_t)number_of(name, i);
    }
    return hash;
}

static ts_id16_t
id_of(const char *name)
{
    ts_id16_t id;
    ts_hash_t hash = hash_of(name);
    memcpy(id.b, hash.b, sizeof(id.b));
    return id;
}

static void
set_sample(ts_record_t *record, const char *path, const ts_field_t *field, size_t row)
{
    uint32_t number = number_of(field->name, row);
    ts_hash_t hash = hash_of(field->name);
    char text[128];
    ts_err_t err = TS_ERR_OK;
    if (field->type == TS_FIELD_TEXT) {
        (void)snprintf(text, sizeof(text), "%s %zu: Tiếng Việt, “đủ dấu”", field->name, row);
        err = ts_record_set_string(record, path, text);
    } else if (field->type == TS_FIELD_BYTES) {
        size_t length = strcmp(field->name, "store") == 0 ? 16 : 32;
        err = ts_record_set_bytes(record, path, (ts_bytes_t){hash.b, length});
    } else if (field->type == TS_FIELD_ENUM) {
        err = ts_record_set_number(record, path, field->enum_names[field->enum_count - 1].value);
    } else if (field->type == TS_FIELD_BOOL) {
        err = ts_record_set_number(record, path, 1);
    } else if (field->sense == TS_SENSE_REF || field->sense == TS_SENSE_FAR_REF) {
        err = ts_record_set_number(
            record, path, (int64_t)ts_record_id(number % 100000 + 1, number, number % 2000000));
    } else if (field->sense == TS_SENSE_DATE) {
        err = ts_record_set_number(record, path, (int64_t)(number % 30000) - 10000);
    } else if (field->sense == TS_SENSE_EVENT) {
        err = ts_record_set_number(record, path, (int64_t)(~(uint64_t)number << 3));
    } else if (field->sense == TS_SENSE_VND) {
        err = ts_record_set_number(record, path, (int64_t)number * 100000);
    } else {
        err = ts_record_set_number(record, path, number);
    }
    TS_CHECK(err == TS_ERR_OK);
}

ts_record_t *
sample_record(const ts_kind_schema_t *kind)
{
    ts_record_t *record = ts_record_new(kind);
    for (size_t i = 0; i < kind->field_count; i++) {
        set_sample(record, kind->fields[i].name, &kind->fields[i], 0);
    }
    for (size_t i = 0; i < kind->list_count; i++) {
        const ts_child_list_t *list = &kind->lists[i];
        for (size_t row = 0; row < 2; row++) {
            for (size_t k = 0; k < list->field_count; k++) {
                char path[128];
                (void)snprintf(path, sizeof(path), list->is_scalar ? "%s[%zu]" : "%s[%zu].%s",
                               list->name, row, list->fields[k].name);
                set_sample(record, path, &list->fields[k], row);
            }
        }
    }
    return record;
}

ts_event_header_t
sample_header(const ts_kind_schema_t *kind)
{
    static const uint64_t revises[] = {UINT64_C(0xfedcba9876543210), 7};
    return (ts_event_header_t){
        .kind = kind->kind,
        .version = kind->version,
        .must_understand = true,
        .voided = true,
        .record = ts_record_id(4711, 0xabcdef, 12345),
        .plan = ts_record_id(1, 2, 3),
        .occurred_on = 18229,
        .occurred_precision = 1,
        .claimed_s = 1575000000,
        .author = 3,
        .author_role = 2,
        .revises = revises,
        .revises_count = 2,
        .reason = "nhập sai số lượng",
        .row_key = "ds-2019.csv/17",
        .on_behalf_of_unit = ts_record_id(1, 5, 9),
        .source_key = hash_of("source"),
    };
}

void
sample_event(const ts_kind_schema_t *kind, ts_buf_t *out)
{
    ts_event_header_t header = sample_header(kind);
    ts_record_t *record = sample_record(kind);
    ts_msg_t why = {0};
    ts_err_t err = ts_event_encode(&header, kind, ts_record_body(record), out, &why);
    TS_CHECK(err == TS_ERR_OK);
    ts_record_destroy(&record);
}

/* ---- session ---- */

static ts_sync_tip_t tips[3];

static void
fill_tips(void)
{
    for (size_t i = 0; i < 3; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "tip %zu", i);
        tips[i] = (ts_sync_tip_t){
            .tip = {.log = hash_of(name), .seq = i * 1000, .hash = hash_of(name + 1)},
            .bytes_ahead = i << 33,
            .priority = (uint32_t)i};
    }
}

static void
fill_greeting(ts_sync_greeting_t *to, bool welcome)
{
    *to = (ts_sync_greeting_t){.proto_min = 1,
                               .proto_max = welcome ? 1 : 2,
                               .store = id_of("store"),
                               .office = 4711,
                               .arrival_seen = UINT64_C(1) << 40,
                               .peer_store_seen = id_of("peer"),
                               .chunk_bytes_max = 65536,
                               .window_bytes_max = 262144,
                               .digest = hash_of("digest"),
                               .time_s = 1575000001,
                               .software = "tiepsuc 0.1.0"};
    if (welcome) {
        to->root_time_s = 1575000002;
        to->your_heads = tips;
        to->your_head_count = 3;
    } else {
        to->deployment = id_of("deployment");
    }
}

ts_sync_msg_t
sample_sync(ts_sync_kind_t kind)
{
    static const uint8_t data[] = "một phần của đoạn";
    ts_sync_msg_t msg;
    memset(&msg, 0, sizeof(msg));
    fill_tips();
    msg.kind = kind;
    memcpy(msg.session, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    switch (kind) {
    case TS_SYNC_HELLO:
    case TS_SYNC_WELCOME:
        fill_greeting(&msg.u.greeting, kind == TS_SYNC_WELCOME);
        break;
    case TS_SYNC_HAVE:
        msg.u.have.tips = tips;
        msg.u.have.count = 3;
        msg.u.have.more = true;
        msg.u.have.arrival = 99;
        break;
    case TS_SYNC_WANT:
        msg.u.want.stream = 65535;
        msg.u.want.log = hash_of("log");
        msg.u.want.after_seq = 512;
        msg.u.want.after_hash = hash_of("after");
        msg.u.want.segment = hash_of("segment");
        msg.u.want.offset = 4096;
        msg.u.want.cancel = true;
        break;
    case TS_SYNC_CREDIT:
        msg.u.credit.bytes_total = UINT64_C(1) << 50;
        msg.u.credit.chunk_bytes = 4096;
        break;
    case TS_SYNC_CHUNK:
        msg.u.chunk.stream = 7;
        msg.u.chunk.segment_prefix = UINT64_C(0xfedcba9876543210);
        msg.u.chunk.total = 65536;
        msg.u.chunk.offset = 8192;
        msg.u.chunk.data = (ts_bytes_t){data, sizeof(data)};
        break;
    case TS_SYNC_CUSTODY:
        msg.u.custody.store = id_of("store");
        msg.u.custody.tips = tips;
        msg.u.custody.count = 3;
        msg.u.custody.arrival = 1000;
        break;
    case TS_SYNC_REJECT:
        msg.u.reject.log = hash_of("log");
        msg.u.reject.segment = hash_of("segment");
        msg.u.reject.code = TS_ERR_CHAIN;
        msg.u.reject.detail = "thiếu đoạn trước";
        msg.u.reject.permanent = true;
        msg.u.reject.retry_after_s = 300;
        break;
    case TS_SYNC_PING:
    case TS_SYNC_PONG:
        msg.u.ping.nonce = UINT64_MAX;
        msg.u.ping.digest = hash_of("digest");
        msg.u.ping.time_s = 1575000003;
        break;
    case TS_SYNC_REFUSE:
        msg.u.refuse.code = TS_ERR_BUSY;
        msg.u.refuse.detail = "đang bận";
        msg.u.refuse.retry_after_s = 60;
        break;
    case TS_SYNC_BYE:
    default:
        msg.u.bye.reason = "xong";
        break;
    }
    return msg;
}

static void
check_tips_equal(const ts_sync_tip_t *a, size_t a_count, const ts_sync_tip_t *b, size_t b_count)
{
    TS_CHECK(a_count == b_count);
    for (size_t i = 0; i < a_count; i++) {
        TS_CHECK(ts_hash_equal(&a[i].tip.log, &b[i].tip.log));
        TS_CHECK(ts_hash_equal(&a[i].tip.hash, &b[i].tip.hash));
        TS_CHECK(a[i].tip.seq == b[i].tip.seq);
        TS_CHECK(a[i].bytes_ahead == b[i].bytes_ahead && a[i].priority == b[i].priority);
    }
}

static void
check_greetings_equal(const ts_sync_greeting_t *a, const ts_sync_greeting_t *b)
{
    TS_CHECK(a->proto_min == b->proto_min && a->proto_max == b->proto_max);
    TS_CHECK(ts_id16_equal(&a->deployment, &b->deployment));
    TS_CHECK(ts_id16_equal(&a->store, &b->store));
    TS_CHECK(a->office == b->office && a->arrival_seen == b->arrival_seen);
    TS_CHECK(ts_id16_equal(&a->peer_store_seen, &b->peer_store_seen));
    TS_CHECK(a->chunk_bytes_max == b->chunk_bytes_max &&
             a->window_bytes_max == b->window_bytes_max);
    TS_CHECK(ts_hash_equal(&a->digest, &b->digest));
    TS_CHECK(a->time_s == b->time_s && a->root_time_s == b->root_time_s);
    TS_CHECK(strcmp(a->software, b->software) == 0);
    check_tips_equal(a->your_heads, a->your_head_count, b->your_heads, b->your_head_count);
}

void
check_sync_equal(const ts_sync_msg_t *a, const ts_sync_msg_t *b)
{
    TS_CHECK(a->kind == b->kind);
    TS_CHECK(memcmp(a->session, b->session, sizeof(a->session)) == 0);
    switch (a->kind) {
    case TS_SYNC_HELLO:
    case TS_SYNC_WELCOME:
        check_greetings_equal(&a->u.greeting, &b->u.greeting);
        break;
    case TS_SYNC_HAVE:
        check_tips_equal(a->u.have.tips, a->u.have.count, b->u.have.tips, b->u.have.count);
        TS_CHECK(a->u.have.more == b->u.have.more && a->u.have.arrival == b->u.have.arrival);
        break;
    case TS_SYNC_WANT:
        TS_CHECK(a->u.want.stream == b->u.want.stream &&
                 a->u.want.after_seq == b->u.want.after_seq);
        TS_CHECK(ts_hash_equal(&a->u.want.log, &b->u.want.log));
        TS_CHECK(ts_hash_equal(&a->u.want.after_hash, &b->u.want.after_hash));
        TS_CHECK(ts_hash_equal(&a->u.want.segment, &b->u.want.segment));
        TS_CHECK(a->u.want.offset == b->u.want.offset && a->u.want.cancel == b->u.want.cancel);
        break;
    case TS_SYNC_CREDIT:
        TS_CHECK(a->u.credit.bytes_total == b->u.credit.bytes_total);
        TS_CHECK(a->u.credit.chunk_bytes == b->u.credit.chunk_bytes);
        break;
    case TS_SYNC_CHUNK:
        TS_CHECK(a->u.chunk.stream == b->u.chunk.stream && a->u.chunk.total == b->u.chunk.total);
        TS_CHECK(a->u.chunk.segment_prefix == b->u.chunk.segment_prefix &&
                 a->u.chunk.offset == b->u.chunk.offset);
        TS_CHECK(a->u.chunk.data.length == b->u.chunk.data.length);
        TS_CHECK(memcmp(a->u.chunk.data.data, b->u.chunk.data.data, a->u.chunk.data.length) == 0);
        break;
    case TS_SYNC_CUSTODY:
        check_tips_equal(a->u.custody.tips, a->u.custody.count, b->u.custody.tips,
                         b->u.custody.count);
        TS_CHECK(ts_id16_equal(&a->u.custody.store, &b->u.custody.store));
        TS_CHECK(a->u.custody.arrival == b->u.custody.arrival);
        break;
    case TS_SYNC_REJECT:
        TS_CHECK(ts_hash_equal(&a->u.reject.log, &b->u.reject.log));
        TS_CHECK(ts_hash_equal(&a->u.reject.segment, &b->u.reject.segment));
        TS_CHECK(a->u.reject.code == b->u.reject.code &&
                 a->u.reject.permanent == b->u.reject.permanent);
        TS_CHECK(strcmp(a->u.reject.detail, b->u.reject.detail) == 0);
        TS_CHECK(a->u.reject.retry_after_s == b->u.reject.retry_after_s);
        break;
    case TS_SYNC_PING:
    case TS_SYNC_PONG:
        TS_CHECK(a->u.ping.nonce == b->u.ping.nonce && a->u.ping.time_s == b->u.ping.time_s);
        TS_CHECK(ts_hash_equal(&a->u.ping.digest, &b->u.ping.digest));
        break;
    case TS_SYNC_REFUSE:
        TS_CHECK(a->u.refuse.code == b->u.refuse.code &&
                 a->u.refuse.retry_after_s == b->u.refuse.retry_after_s);
        TS_CHECK(strcmp(a->u.refuse.detail, b->u.refuse.detail) == 0);
        break;
    case TS_SYNC_BYE:
    default:
        TS_CHECK(strcmp(a->u.bye.reason, b->u.bye.reason) == 0);
        break;
    }
}

/* ---- control ---- */

void
sample_command(ts_command_t *command)
{
    ts_command_init(command, "need_add");
    command->request = UINT64_MAX;
    ts_command_add(command, "unit", "09694");
    ts_command_add(command, "items", "item=gạo;quantity=50");
    ts_command_add(command, "items", "item=chăn;quantity=2");
    ts_command_add(command, "note", "");
    ts_buf_put_text(&command->blob, "xã;số lượng\n");
    command->blob_name = ts_xstrdup("nhu cầu.csv");
    ts_command_add_file(command, "plan.csv", (ts_bytes_t){(const uint8_t *)"a;b", 3});
    ts_command_add_file(command, "empty.csv", (ts_bytes_t){0});
    command->account = 3;
    command->role = 1;
}

void
sample_reply(ts_reply_t *reply)
{
    ts_msg_t say = {0};
    *reply = (ts_reply_t){.request = UINT64_MAX,
                          .code = TS_ERR_INVALID,
                          .done = true,
                          .progress = 5,
                          .progress_total = 9};
    ts_msg_make(&reply->say, "{1} rows, {2} mistakes", "5", "1", NULL);
    ts_table_t *table = ts_reply_add_table(reply, "needs");
    ts_table_add_column(table, "record", "Record", "code");
    ts_table_add_column(table, "on", "Date", "date");
    ts_table_add_column(table, "state", "State", "text");
    ts_table_add_column(table, "value", "Value", "vnd");
    ts_table_add_number(table, (int64_t)ts_record_id(4711, 0xabcdef, 12345));
    ts_table_add_number(table, 18229);
    ts_msg_make(&say, "verified by {1}", "Chủ tịch xã", NULL);
    ts_table_add_say(table, &say);
    ts_table_add_number(table, -(INT64_C(1) << 60));
    ts_table_add_nothing(table);
    ts_table_add_nothing(table);
    ts_table_add_text(table, "\"đã xác minh\"\\\n");
    ts_table_add_number(table, 1200000);
    (void)ts_reply_add_table(reply, "empty");
    ts_issue_t *issue = ts_reply_add_issue(reply, TS_SEVERITY_WARNING);
    issue->file = ts_xstrdup("nhu cầu.csv");
    issue->line = 12;
    issue->row = 10;
    issue->column = ts_xstrdup("Xã");
    issue->value = ts_xstrdup("Mường Bắng");
    ts_msg_make(&issue->say, "no unit of this name; {1}?", "Mường Bằng", NULL);
    ts_buf_put_text(&reply->blob, "%PDF");
    ts_reply_add_file(reply, "mời.key", (ts_bytes_t){(const uint8_t *)"key", 3});
}

/* ---- feed ---- */

static ts_business_event_t business[2];

static void
fill_business(void)
{
    business[0] = (ts_business_event_t){.number = 41,
                                        .topic = "handover.09694",
                                        .kind = "handover",
                                        .change = "added",
                                        .record = "C-3F-7K2PQX",
                                        .unit = "09694",
                                        .plan = "ha-noi-588",
                                        .line = "warm",
                                        .date = "2019-11-29",
                                        .quantity = 50,
                                        .unit_of_measure = "chiếc",
                                        .value_vnd = 12000000,
                                        .children = 48,
                                        .donor_class = "enterprise",
                                        .text = "áo ấm",
                                        .time_s = 1575000000,
                                        .period = "2019-year",
                                        .body = "so-ldtbxh"};
    business[1] = (ts_business_event_t){.number = 42, .topic = "office.silent"};
}

ts_feed_request_t
sample_feed_request(void)
{
    static const char *const topics[] = {"need.09694", "handover.09694"};
    return (ts_feed_request_t){.feed = id_of("feed"),
                               .after = 40,
                               .limit = 1000,
                               .topics = topics,
                               .topic_count = 2,
                               .snapshot = true,
                               .json = true};
}

ts_feed_doorbell_t
sample_feed_doorbell(void)
{
    fill_business();
    return (ts_feed_doorbell_t){.feed = id_of("feed"), .number = 41, .event = &business[0]};
}

ts_feed_page_t
sample_feed_page(void)
{
    static const ts_feed_total_t totals[] = {
        {"children_distinct", "09694", "ha-noi-588", "warm", 48}, {"value_vnd", "", "", "", -5}};
    fill_business();
    return (ts_feed_page_t){.feed = id_of("feed"),
                            .events = business,
                            .event_count = 2,
                            .number = 42,
                            .newest = 99,
                            .code = TS_ERR_NOTFOUND,
                            .say = "start from a snapshot",
                            .totals = totals,
                            .total_count = 2,
                            .json = "{}"};
}

/* ---- the library as a second opinion ---- */

static void
check_same_packed(const ProtobufCMessage *ours, const ProtobufCMessage *theirs)
{
    size_t bytes = protobuf_c_message_get_packed_size(ours);
    TS_CHECK(bytes == protobuf_c_message_get_packed_size(theirs));
    uint8_t *a = ts_xmalloc(bytes);
    uint8_t *b = ts_xmalloc(bytes);
    TS_CHECK(protobuf_c_message_pack(ours, a) == bytes);
    TS_CHECK(protobuf_c_message_pack(theirs, b) == bytes);
    TS_CHECK(memcmp(a, b, bytes) == 0);
    free(a);
    free(b);
}

static void
check_header_same(const ts_event_header_t *ours, const Tiepsuc__V1__Event *theirs)
{
    TS_CHECK(ours->kind == theirs->kind && ours->version == theirs->version);
    TS_CHECK(ours->record == theirs->record && ours->plan == theirs->plan_id);
    TS_CHECK(ours->must_understand == (theirs->must_understand != 0) &&
             ours->voided == (theirs->void_ != 0));
    TS_CHECK(ours->occurred_on == theirs->occurred_on && ours->claimed_s == theirs->claimed_s);
    TS_CHECK(ours->occurred_precision == (uint32_t)theirs->occurred_precision);
    TS_CHECK(ours->author == theirs->author && ours->author_role == theirs->author_role);
    TS_CHECK(ours->on_behalf_of_unit == theirs->on_behalf_of_unit_id);
    TS_CHECK(strcmp(ours->reason, theirs->reason) == 0 &&
             strcmp(ours->row_key, theirs->row_key) == 0);
    TS_CHECK(ours->revises_count == theirs->n_revises);
    for (size_t i = 0; i < ours->revises_count; i++) {
        TS_CHECK(ours->revises[i] == theirs->revises[i]);
    }
    TS_CHECK(ours->body.length == theirs->body.len);
    if (theirs->source_key.len == TS_HASH_BYTES) {
        TS_CHECK(memcmp(ours->source_key.b, theirs->source_key.data, TS_HASH_BYTES) == 0);
    }
}

ts_err_t
check_event_against_library(ts_event_decoder_t *decoder, ts_bytes_t bytes)
{
    ts_event_header_t header;
    const ts_kind_schema_t *kind = NULL;
    const void *record = NULL;
    ts_err_t err = ts_event_decode(decoder, bytes, &header, &kind, &record);
    ts_msg_t why = {0};
    ts_event_decoder_why(decoder, &why);
    TS_CHECK((why.id == NULL) == (err == TS_ERR_OK));
    ts_msg_free(&why);
    if (err != TS_ERR_OK) {
        return err;
    }
    Tiepsuc__V1__Event *event = tiepsuc__v1__event__unpack(NULL, bytes.length, bytes.data);
    TS_CHECK(event != NULL);
    check_header_same(&header, event);
    ProtobufCMessage *body =
        protobuf_c_message_unpack(kind->descriptor, NULL, event->body.len, event->body.data);
    TS_CHECK(body != NULL);
    check_same_packed(record, body);
    protobuf_c_message_free_unpacked(body, NULL);
    tiepsuc__v1__event__free_unpacked(event, NULL);
    return err;
}
