/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/limits.h"
#include "tiepsuc/v1/sync.pb-c.h"
#include "wire/sync_wire.h"
#include "wire/unpack.h"
#include "wire/utf8.h"

#include <string.h>

const char *
ts_sync_kind_name(ts_sync_kind_t kind)
{
    switch (kind) {
#define NAME(name, number) \
    case TS_SYNC_##name:   \
        return #name;
        TS_SYNC_MSG_LIST(NAME)
#undef NAME
    default:
        return "?";
    }
}

/* ---- values of the plain structs as the generated ones want them ---- */

static ProtobufCBinaryData
hash_field(const ts_hash_t *hash)
{
    return (ProtobufCBinaryData){TS_HASH_BYTES, ts_unconst(hash->b)};
}

/* A zero hash or id is sent as nothing. */
static ProtobufCBinaryData
hash_or_none(const ts_hash_t *hash)
{
    return ts_hash_is_zero(hash) ? (ProtobufCBinaryData){0} : hash_field(hash);
}

static ProtobufCBinaryData
id_or_none(const ts_id16_t *id)
{
    return ts_id16_is_zero(id) ? (ProtobufCBinaryData){0}
                               : (ProtobufCBinaryData){TS_ID16_BYTES, ts_unconst(id->b)};
}

typedef struct text_field {
    char text[TS_SYNC_TEXT_BYTES_MAX + 1];
} text_field_t;

/* A copy, cut at a character; what is not UTF-8 (a system's message, say) is dropped. */
static char *
text_field(text_field_t *copy, const char *text)
{
    size_t length = text == NULL ? 0 : ts_utf8_clip(text, TS_SYNC_TEXT_BYTES_MAX);
    if (length > 0 && ts_utf8_valid((const uint8_t *)text, length)) {
        memcpy(copy->text, text, length);
    } else {
        length = 0;
    }
    copy->text[length] = '\0';
    return copy->text;
}

/* Rows for a list of tips: the generated structs and the pointers to them. */
typedef struct tip_rows {
    Tiepsuc__Sync__V1__SyncTip tips[TS_TIPS_PER_MESSAGE_MAX];
    Tiepsuc__Sync__V1__SyncTip *pointers[TS_TIPS_PER_MESSAGE_MAX];
} tip_rows_t;

static Tiepsuc__Sync__V1__SyncTip **
tip_fields(tip_rows_t *rows, const ts_sync_tip_t *tips, size_t count)
{
    TS_CHECK(count <= TS_TIPS_PER_MESSAGE_MAX);
    for (size_t i = 0; i < count; i++) {
        Tiepsuc__Sync__V1__SyncTip *tip = &rows->tips[i];
        tiepsuc__sync__v1__sync_tip__init(tip);
        tip->log = hash_field(&tips[i].tip.log);
        tip->seq = tips[i].tip.seq;
        tip->hash = hash_field(&tips[i].tip.hash);
        tip->bytes_ahead = tips[i].bytes_ahead;
        tip->priority = tips[i].priority;
        rows->pointers[i] = tip;
    }
    return rows->pointers;
}

/* ---- one function for each body ---- */

static void
put_hello(const ts_sync_msg_t *msg, ts_buf_t *out)
{
    const ts_sync_greeting_t *from = &msg->u.greeting;
    text_field_t software;
    Tiepsuc__Sync__V1__Hello body;
    tiepsuc__sync__v1__hello__init(&body);
    body.proto_min = from->proto_min;
    body.proto_max = from->proto_max;
    body.deployment = id_or_none(&from->deployment);
    body.store = id_or_none(&from->store);
    body.office = from->office;
    body.arrival_seen = from->arrival_seen;
    body.peer_store_seen = id_or_none(&from->peer_store_seen);
    body.chunk_bytes_max = from->chunk_bytes_max;
    body.window_bytes_max = from->window_bytes_max;
    body.software = text_field(&software, from->software);
    body.digest = hash_or_none(&from->digest);
    body.time_s = from->time_s;
    ts_pack(&body.base, out);
}

static void
put_welcome(const ts_sync_msg_t *msg, ts_buf_t *out)
{
    const ts_sync_greeting_t *from = &msg->u.greeting;
    text_field_t software;
    tip_rows_t rows;
    TS_CHECK(from->proto_min == from->proto_max);
    Tiepsuc__Sync__V1__Welcome body;
    tiepsuc__sync__v1__welcome__init(&body);
    body.proto = from->proto_max;
    body.store = id_or_none(&from->store);
    body.office = from->office;
    body.arrival_seen = from->arrival_seen;
    body.peer_store_seen = id_or_none(&from->peer_store_seen);
    body.chunk_bytes_max = from->chunk_bytes_max;
    body.window_bytes_max = from->window_bytes_max;
    body.software = text_field(&software, from->software);
    body.digest = hash_or_none(&from->digest);
    body.time_s = from->time_s;
    body.root_time_s = from->root_time_s;
    body.your_heads = tip_fields(&rows, from->your_heads, from->your_head_count);
    body.n_your_heads = from->your_head_count;
    ts_pack(&body.base, out);
}

static void
put_have(const ts_sync_msg_t *msg, ts_buf_t *out)
{
    tip_rows_t rows;
    Tiepsuc__Sync__V1__Have body;
    tiepsuc__sync__v1__have__init(&body);
    body.tips = tip_fields(&rows, msg->u.have.tips, msg->u.have.count);
    body.n_tips = msg->u.have.count;
    body.more = msg->u.have.more;
    body.arrival = msg->u.have.arrival;
    ts_pack(&body.base, out);
}

static void
put_want(const ts_sync_msg_t *msg, ts_buf_t *out)
{
    Tiepsuc__Sync__V1__Want body;
    tiepsuc__sync__v1__want__init(&body);
    body.stream = msg->u.want.stream;
    body.log = hash_or_none(&msg->u.want.log);
    body.after_seq = msg->u.want.after_seq;
    body.after_hash = hash_or_none(&msg->u.want.after_hash);
    body.segment = hash_or_none(&msg->u.want.segment);
    body.offset = msg->u.want.offset;
    body.cancel = msg->u.want.cancel;
    ts_pack(&body.base, out);
}

static void
put_credit(const ts_sync_msg_t *msg, ts_buf_t *out)
{
    Tiepsuc__Sync__V1__Credit body;
    tiepsuc__sync__v1__credit__init(&body);
    body.bytes_total = msg->u.credit.bytes_total;
    body.chunk_bytes = msg->u.credit.chunk_bytes;
    ts_pack(&body.base, out);
}

static void
put_chunk(const ts_sync_msg_t *msg, ts_buf_t *out)
{
    const ts_sync_chunk_t *from = &msg->u.chunk;
    TS_CHECK(from->data.length >= 1 && from->data.length <= TS_CHUNK_BYTES_MAX);
    TS_CHECK(from->total <= TS_SEGMENT_BYTES_MAX);
    TS_CHECK(from->offset <= from->total && from->data.length <= from->total - from->offset);
    ts_buf_put_u16(out, from->stream);
    ts_buf_put_u16(out, 0);
    ts_buf_put_u64(out, from->segment_prefix);
    ts_buf_put_u32(out, from->total);
    ts_buf_put_u32(out, from->offset);
    ts_buf_put(out, from->data.data, from->data.length);
}

static void
put_custody(const ts_sync_msg_t *msg, ts_buf_t *out)
{
    tip_rows_t rows;
    Tiepsuc__Sync__V1__Custody body;
    tiepsuc__sync__v1__custody__init(&body);
    body.store = id_or_none(&msg->u.custody.store);
    body.tips = tip_fields(&rows, msg->u.custody.tips, msg->u.custody.count);
    body.n_tips = msg->u.custody.count;
    body.arrival = msg->u.custody.arrival;
    ts_pack(&body.base, out);
}

static void
put_reject(const ts_sync_msg_t *msg, ts_buf_t *out)
{
    text_field_t detail;
    Tiepsuc__Sync__V1__Reject body;
    tiepsuc__sync__v1__reject__init(&body);
    body.log = hash_or_none(&msg->u.reject.log);
    body.segment = hash_or_none(&msg->u.reject.segment);
    body.code = msg->u.reject.code;
    body.detail = text_field(&detail, msg->u.reject.detail);
    body.permanent = msg->u.reject.permanent;
    body.retry_after_s = msg->u.reject.retry_after_s;
    ts_pack(&body.base, out);
}

static void
put_ping(const ts_sync_msg_t *msg, ts_buf_t *out)
{
    Tiepsuc__Sync__V1__Ping body;
    tiepsuc__sync__v1__ping__init(&body);
    body.nonce = msg->u.ping.nonce;
    body.digest = hash_or_none(&msg->u.ping.digest);
    body.time_s = msg->u.ping.time_s;
    ts_pack(&body.base, out);
}

static void
put_refuse(const ts_sync_msg_t *msg, ts_buf_t *out)
{
    text_field_t detail;
    Tiepsuc__Sync__V1__Refuse body;
    tiepsuc__sync__v1__refuse__init(&body);
    body.code = msg->u.refuse.code;
    body.detail = text_field(&detail, msg->u.refuse.detail);
    body.retry_after_s = msg->u.refuse.retry_after_s;
    ts_pack(&body.base, out);
}

static void
put_bye(const ts_sync_msg_t *msg, ts_buf_t *out)
{
    text_field_t reason;
    Tiepsuc__Sync__V1__Bye body;
    tiepsuc__sync__v1__bye__init(&body);
    body.reason = text_field(&reason, msg->u.bye.reason);
    ts_pack(&body.base, out);
}

typedef void (*put_fn)(const ts_sync_msg_t *msg, ts_buf_t *out);

static const put_fn bodies[] = {
    [TS_SYNC_HELLO] = put_hello,     [TS_SYNC_WELCOME] = put_welcome, [TS_SYNC_HAVE] = put_have,
    [TS_SYNC_WANT] = put_want,       [TS_SYNC_CREDIT] = put_credit,   [TS_SYNC_CHUNK] = put_chunk,
    [TS_SYNC_CUSTODY] = put_custody, [TS_SYNC_REJECT] = put_reject,   [TS_SYNC_PING] = put_ping,
    [TS_SYNC_PONG] = put_ping,       [TS_SYNC_REFUSE] = put_refuse,   [TS_SYNC_BYE] = put_bye,
};

void
ts_sync_encode(const ts_sync_msg_t *msg, ts_buf_t *out)
{
    size_t before = out->length;
    TS_CHECK(msg->kind >= TS_SYNC_HELLO && msg->kind <= TS_SYNC_BYE);
    ts_buf_put(out, "TS", 2);
    ts_buf_put_u8(out, TS_SYNC_PROTO);
    ts_buf_put_u8(out, (uint8_t)msg->kind);
    ts_buf_put(out, msg->session, sizeof(msg->session));
    bodies[msg->kind](msg, out);
    size_t body_max = msg->kind == TS_SYNC_CHUNK ? TS_FRAME_BYTES_MAX : TS_SYNC_BODY_BYTES_MAX;
    TS_CHECK(out->length - before <= TS_SYNC_FRAME_HEADER_BYTES + body_max);
}
