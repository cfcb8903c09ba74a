/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "tiepsuc/v1/sync.pb-c.h"
#include "wire/sync_wire.h"
#include "wire/unpack.h"

#include <string.h>

/* A full list of tips takes about 50 KiB twice. */
enum { ARENA_BYTES_MAX = 1 << 20 };

struct ts_sync_decoder {
    ts_arena_t arena;
    ts_unpack_t unpack;
};

ts_sync_decoder_t *
ts_sync_decoder_new(void)
{
    ts_sync_decoder_t *self = ts_xcalloc(1, sizeof(*self));
    ts_arena_init(&self->arena, ARENA_BYTES_MAX);
    self->unpack = (ts_unpack_t){.arena = &self->arena,
                                 .text_bytes_max = TS_SYNC_TEXT_BYTES_MAX,
                                 .rows_max = TS_TIPS_PER_MESSAGE_MAX,
                                 .skip_unknown = true,
                                 .borrow_bytes = true};
    return self;
}

void
ts_sync_decoder_destroy(ts_sync_decoder_t **self_p)
{
    if (*self_p != NULL) {
        ts_arena_free(&(*self_p)->arena);
        ts_xfree(*self_p);
        *self_p = NULL;
    }
}

/* ---- values ---- */

/* Exactly a hash. */
static ts_err_t
get_hash(const ProtobufCBinaryData *from, ts_hash_t *ret_hash)
{
    if (from->len != TS_HASH_BYTES) {
        return TS_ERR_INVALID;
    }
    memcpy(ret_hash->b, from->data, TS_HASH_BYTES);
    return TS_ERR_OK;
}

/* A hash, or nothing for zero. */
static ts_err_t
get_hash_or_none(const ProtobufCBinaryData *from, ts_hash_t *ret_hash)
{
    if (from->len == 0) {
        *ret_hash = (ts_hash_t){{0}};
        return TS_ERR_OK;
    }
    return get_hash(from, ret_hash);
}

static ts_err_t
get_id(const ProtobufCBinaryData *from, bool may_be_none, ts_id16_t *ret_id)
{
    if (from->len == 0 && may_be_none) {
        *ret_id = (ts_id16_t){{0}};
        return TS_ERR_OK;
    }
    if (from->len != TS_ID16_BYTES) {
        return TS_ERR_INVALID;
    }
    memcpy(ret_id->b, from->data, TS_ID16_BYTES);
    return may_be_none || !ts_id16_is_zero(ret_id) ? TS_ERR_OK : TS_ERR_INVALID;
}

/* An error of our list other than OK, so that a peer cannot hand up a number that nobody knows. */
static ts_err_t
get_code(int32_t code, ts_err_t *ret_code)
{
    static const ts_err_t known[] = {
#define VALUE(name, value, text) TS_ERR_##name,
        TS_ERR_LIST(VALUE)
#undef VALUE
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (code == (int32_t)known[i] && code != TS_ERR_OK) {
            *ret_code = known[i];
            return TS_ERR_OK;
        }
    }
    /* A later version may have more of them: refused all the same, with the least said. */
    *ret_code = TS_ERR_INVALID;
    return code < 0 ? TS_ERR_OK : TS_ERR_INVALID;
}

static ts_err_t
get_tips(ts_sync_decoder_t *self,
         Tiepsuc__Sync__V1__SyncTip *const *rows,
         size_t count,
         const ts_sync_tip_t **ret_tips)
{
    ts_sync_tip_t *tips = ts_arena_take(&self->arena, count * sizeof(*tips));
    if (tips == NULL) {
        return TS_ERR_LIMIT;
    }
    for (size_t i = 0; i < count; i++) {
        tips[i].tip.seq = rows[i]->seq;
        tips[i].bytes_ahead = rows[i]->bytes_ahead;
        tips[i].priority = rows[i]->priority;
        ts_err_t err = get_hash(&rows[i]->log, &tips[i].tip.log);
        if (err == TS_ERR_OK) {
            err = get_hash(&rows[i]->hash, &tips[i].tip.hash);
        }
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    *ret_tips = tips;
    return TS_ERR_OK;
}

/* ---- one function for each body ---- */

#define TRY(step)                   \
    do {                            \
        ts_err_t try_err = (step);  \
        if (try_err != TS_ERR_OK) { \
            return try_err;         \
        }                           \
    } while (0)

static ts_err_t
read_body(ts_sync_decoder_t *self,
          const ProtobufCMessageDescriptor *descriptor,
          ts_bytes_t body,
          void *out)
{
    return ts_unpack(&self->unpack, ts_layout_of(descriptor), body, out);
}

static ts_err_t
get_hello(ts_sync_decoder_t *self, ts_bytes_t bytes, ts_sync_msg_t *msg)
{
    Tiepsuc__Sync__V1__Hello body;
    ts_sync_greeting_t *to = &msg->u.greeting;
    TRY(read_body(self, &tiepsuc__sync__v1__hello__descriptor, bytes, &body));
    if (body.proto_min == 0 || body.proto_max < body.proto_min) {
        return TS_ERR_INVALID;
    }
    to->proto_min = body.proto_min;
    to->proto_max = body.proto_max;
    to->office = body.office;
    to->arrival_seen = body.arrival_seen;
    to->chunk_bytes_max = body.chunk_bytes_max;
    to->window_bytes_max = body.window_bytes_max;
    to->software = body.software;
    to->time_s = body.time_s;
    TRY(get_id(&body.deployment, false, &to->deployment));
    TRY(get_id(&body.store, false, &to->store));
    TRY(get_id(&body.peer_store_seen, true, &to->peer_store_seen));
    return get_hash_or_none(&body.digest, &to->digest);
}

static ts_err_t
get_welcome(ts_sync_decoder_t *self, ts_bytes_t bytes, ts_sync_msg_t *msg)
{
    Tiepsuc__Sync__V1__Welcome body;
    ts_sync_greeting_t *to = &msg->u.greeting;
    TRY(read_body(self, &tiepsuc__sync__v1__welcome__descriptor, bytes, &body));
    if (body.proto == 0) {
        return TS_ERR_INVALID;
    }
    to->proto_min = body.proto;
    to->proto_max = body.proto;
    to->office = body.office;
    to->arrival_seen = body.arrival_seen;
    to->chunk_bytes_max = body.chunk_bytes_max;
    to->window_bytes_max = body.window_bytes_max;
    to->software = body.software;
    to->time_s = body.time_s;
    to->root_time_s = body.root_time_s;
    to->your_head_count = body.n_your_heads;
    TRY(get_id(&body.store, false, &to->store));
    TRY(get_id(&body.peer_store_seen, true, &to->peer_store_seen));
    TRY(get_hash_or_none(&body.digest, &to->digest));
    return get_tips(self, body.your_heads, body.n_your_heads, &to->your_heads);
}

static ts_err_t
get_have(ts_sync_decoder_t *self, ts_bytes_t bytes, ts_sync_msg_t *msg)
{
    Tiepsuc__Sync__V1__Have body;
    TRY(read_body(self, &tiepsuc__sync__v1__have__descriptor, bytes, &body));
    msg->u.have.count = body.n_tips;
    msg->u.have.more = body.more != 0;
    msg->u.have.arrival = body.arrival;
    return get_tips(self, body.tips, body.n_tips, &msg->u.have.tips);
}

static ts_err_t
get_want(ts_sync_decoder_t *self, ts_bytes_t bytes, ts_sync_msg_t *msg)
{
    Tiepsuc__Sync__V1__Want body;
    TRY(read_body(self, &tiepsuc__sync__v1__want__descriptor, bytes, &body));
    if (body.stream == 0 || body.stream > UINT16_MAX || body.offset > TS_SEGMENT_BYTES_MAX) {
        return TS_ERR_INVALID;
    }
    msg->u.want.stream = (uint16_t)body.stream;
    msg->u.want.after_seq = body.after_seq;
    msg->u.want.offset = body.offset;
    msg->u.want.cancel = body.cancel != 0;
    TRY(get_hash_or_none(&body.log, &msg->u.want.log));
    /* A cancellation needs to name nothing but the stream. */
    if (!msg->u.want.cancel && ts_hash_is_zero(&msg->u.want.log)) {
        return TS_ERR_INVALID;
    }
    TRY(get_hash_or_none(&body.after_hash, &msg->u.want.after_hash));
    return get_hash_or_none(&body.segment, &msg->u.want.segment);
}

static ts_err_t
get_credit(ts_sync_decoder_t *self, ts_bytes_t bytes, ts_sync_msg_t *msg)
{
    Tiepsuc__Sync__V1__Credit body;
    TRY(read_body(self, &tiepsuc__sync__v1__credit__descriptor, bytes, &body));
    msg->u.credit.bytes_total = body.bytes_total;
    msg->u.credit.chunk_bytes = body.chunk_bytes;
    return TS_ERR_OK;
}

static ts_err_t
get_chunk(ts_sync_decoder_t *self, ts_bytes_t bytes, ts_sync_msg_t *msg)
{
    (void)self;
    ts_sync_chunk_t *to = &msg->u.chunk;
    ts_cursor_t cursor = ts_cursor(bytes.data, bytes.length);
    to->stream = ts_cursor_u16(&cursor);
    uint16_t reserved = ts_cursor_u16(&cursor);
    to->segment_prefix = ts_cursor_u64(&cursor);
    to->total = ts_cursor_u32(&cursor);
    to->offset = ts_cursor_u32(&cursor);
    if (cursor.bad) {
        return TS_ERR_TRUNCATED;
    }
    size_t length = ts_cursor_left(&cursor);
    if (to->stream == 0 || reserved != 0 || length == 0 || length > TS_CHUNK_BYTES_MAX ||
        to->total > TS_SEGMENT_BYTES_MAX || to->offset > to->total ||
        length > to->total - to->offset) {
        return TS_ERR_INVALID;
    }
    to->data = (ts_bytes_t){bytes.data + cursor.offset, length};
    return TS_ERR_OK;
}

static ts_err_t
get_custody(ts_sync_decoder_t *self, ts_bytes_t bytes, ts_sync_msg_t *msg)
{
    Tiepsuc__Sync__V1__Custody body;
    TRY(read_body(self, &tiepsuc__sync__v1__custody__descriptor, bytes, &body));
    msg->u.custody.count = body.n_tips;
    msg->u.custody.arrival = body.arrival;
    TRY(get_id(&body.store, false, &msg->u.custody.store));
    return get_tips(self, body.tips, body.n_tips, &msg->u.custody.tips);
}

static ts_err_t
get_reject(ts_sync_decoder_t *self, ts_bytes_t bytes, ts_sync_msg_t *msg)
{
    Tiepsuc__Sync__V1__Reject body;
    TRY(read_body(self, &tiepsuc__sync__v1__reject__descriptor, bytes, &body));
    msg->u.reject.detail = body.detail;
    msg->u.reject.permanent = body.permanent != 0;
    msg->u.reject.retry_after_s = body.retry_after_s;
    TRY(get_code(body.code, &msg->u.reject.code));
    TRY(get_hash_or_none(&body.log, &msg->u.reject.log));
    return get_hash_or_none(&body.segment, &msg->u.reject.segment);
}

static ts_err_t
get_ping(ts_sync_decoder_t *self, ts_bytes_t bytes, ts_sync_msg_t *msg)
{
    Tiepsuc__Sync__V1__Ping body;
    TRY(read_body(self, &tiepsuc__sync__v1__ping__descriptor, bytes, &body));
    msg->u.ping.nonce = body.nonce;
    msg->u.ping.time_s = body.time_s;
    return get_hash_or_none(&body.digest, &msg->u.ping.digest);
}

static ts_err_t
get_refuse(ts_sync_decoder_t *self, ts_bytes_t bytes, ts_sync_msg_t *msg)
{
    Tiepsuc__Sync__V1__Refuse body;
    TRY(read_body(self, &tiepsuc__sync__v1__refuse__descriptor, bytes, &body));
    msg->u.refuse.detail = body.detail;
    msg->u.refuse.retry_after_s = body.retry_after_s;
    return get_code(body.code, &msg->u.refuse.code);
}

static ts_err_t
get_bye(ts_sync_decoder_t *self, ts_bytes_t bytes, ts_sync_msg_t *msg)
{
    Tiepsuc__Sync__V1__Bye body;
    TRY(read_body(self, &tiepsuc__sync__v1__bye__descriptor, bytes, &body));
    msg->u.bye.reason = body.reason;
    return TS_ERR_OK;
}

typedef ts_err_t (*get_fn)(ts_sync_decoder_t *self, ts_bytes_t bytes, ts_sync_msg_t *msg);

static const get_fn bodies[] = {
    [TS_SYNC_HELLO] = get_hello,     [TS_SYNC_WELCOME] = get_welcome, [TS_SYNC_HAVE] = get_have,
    [TS_SYNC_WANT] = get_want,       [TS_SYNC_CREDIT] = get_credit,   [TS_SYNC_CHUNK] = get_chunk,
    [TS_SYNC_CUSTODY] = get_custody, [TS_SYNC_REJECT] = get_reject,   [TS_SYNC_PING] = get_ping,
    [TS_SYNC_PONG] = get_ping,       [TS_SYNC_REFUSE] = get_refuse,   [TS_SYNC_BYE] = get_bye,
};

bool
ts_sync_peek(ts_bytes_t frame, uint8_t *ret_type, uint8_t ret_session[8])
{
    if (frame.length < TS_SYNC_FRAME_HEADER_BYTES || frame.length > TS_FRAME_BYTES_MAX ||
        memcmp(frame.data, "TS", 2) != 0) {
        return false;
    }
    *ret_type = frame.data[3];
    memcpy(ret_session, frame.data + 4, 8);
    return true;
}

ts_err_t
ts_sync_decode(ts_sync_decoder_t *self, ts_bytes_t frame, ts_sync_msg_t *ret_msg)
{
    ts_sync_msg_t msg;
    uint8_t type;
    memset(&msg, 0, sizeof(msg));
    if (frame.length > TS_FRAME_BYTES_MAX) {
        return TS_ERR_TOOBIG;
    }
    if (frame.length < TS_SYNC_FRAME_HEADER_BYTES) {
        return TS_ERR_TRUNCATED;
    }
    if (!ts_sync_peek(frame, &type, msg.session)) {
        return TS_ERR_INVALID;
    }
    if (frame.data[2] != TS_SYNC_PROTO || type >= sizeof(bodies) / sizeof(bodies[0]) ||
        bodies[type] == NULL) {
        return TS_ERR_UNKNOWN;
    }
    ts_bytes_t body = {frame.data + TS_SYNC_FRAME_HEADER_BYTES,
                       frame.length - TS_SYNC_FRAME_HEADER_BYTES};
    if (type != TS_SYNC_CHUNK && body.length > TS_SYNC_BODY_BYTES_MAX) {
        return TS_ERR_TOOBIG;
    }
    ts_arena_reset(&self->arena);
    msg.kind = (ts_sync_kind_t)type;
    ts_err_t err = bodies[type](self, body, &msg);
    if (err == TS_ERR_OK) {
        *ret_msg = msg;
    }
    return err;
}
