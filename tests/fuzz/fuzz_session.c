/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: whatever a peer sends and however slowly the store answers, a session neither crashes nor
 * asks for anything out of bounds, and says CUSTODY only of what the store has said. Method: the
 * input is a script of messages, answers and clock; the runner is a right one, the peer is not.
 */
#include "core/envelope.h"
#include "core/session.h"
#include "fuzz/fuzz.h"

#include <string.h>

enum { QUESTIONS_MAX = 64, STEPS_MAX = 400 };

typedef struct question {
    ts_effect_kind_t kind;
    uint16_t stream;
    ts_tip_t tip;
    uint32_t bytes_max;
    uint32_t offset;
} question_t;

typedef struct world {
    ts_session_t *session;
    ts_cursor_t input;
    int64_t now_ms;
    question_t questions[QUESTIONS_MAX]; /* not answered yet */
    size_t question_count;
    bool over;
    bool store_spoke; /* the event of this step comes from the store */
    ts_sync_tip_t tips[8];
    uint8_t data[4096];
} world_t;

static ts_hash_t
some_hash(world_t *world)
{
    ts_hash_t hash = {{0}};
    hash.b[0] = ts_cursor_u8(&world->input) % 8;
    return hash;
}

static void
remember(world_t *world, const ts_effect_t *effect)
{
    question_t question = {.kind = effect->kind};
    if (effect->kind == TS_EFFECT_LOAD) {
        TS_CHECK(effect->u.load.bytes_max > 0 && effect->u.load.bytes_max <= TS_CHUNK_BYTES_MAX);
        question.stream = effect->u.load.stream;
        question.tip = effect->u.load.base;
        question.bytes_max = effect->u.load.bytes_max;
        question.offset = effect->u.load.offset;
    } else if (effect->kind == TS_EFFECT_LOCATE) {
        question.tip = effect->u.locate.target;
    } else if (effect->kind == TS_EFFECT_STORE_SEGMENT) {
        TS_CHECK(effect->u.store.bytes.length <= TS_SEGMENT_BYTES_MAX);
        question.stream = effect->u.store.stream;
        question.tip.log = effect->u.store.log;
    }
    /* A session never asks more than it can remember. */
    TS_CHECK(world->question_count < QUESTIONS_MAX * 2);
    if (world->question_count < QUESTIONS_MAX) {
        world->questions[world->question_count++] = question;
    }
}

static void
look_at(world_t *world, const ts_effects_t *out)
{
    TS_CHECK(out->count <= TS_EFFECTS_MAX);
    for (size_t i = 0; i < out->count; i++) {
        const ts_effect_t *effect = &out->items[i];
        switch (effect->kind) {
        case TS_EFFECT_LIST:
        case TS_EFFECT_LOAD:
        case TS_EFFECT_LOCATE:
        case TS_EFFECT_STORE_SEGMENT:
            remember(world, effect);
            break;
        case TS_EFFECT_SEND:
            TS_CHECK(effect->u.send.kind != TS_SYNC_CUSTODY || world->store_spoke);
            break;
        case TS_EFFECT_CLOSE:
            world->over = true;
            break;
        case TS_EFFECT_KEEP_PARTIAL:
        case TS_EFFECT_PEER_HOLDS:
        case TS_EFFECT_MARK:
        case TS_EFFECT_AMNESIA:
        case TS_EFFECT_NOTE:
        default:
            break;
        }
    }
    TS_CHECK(out->credit_open <= 2 * TS_WINDOW_BYTES_MAX);
}

static void
step(world_t *world, ts_session_event_t *event)
{
    bool again = true;
    for (int turns = 0; again && !world->over; turns++) {
        ts_effects_t out;
        TS_CHECK(turns < 10000);
        event->now = (ts_mono_t){world->now_ms};
        event->credit_budget = UINT64_MAX;
        event->send_budget = UINT64_MAX;
        ts_err_t err = ts_session_step(world->session, event, &out);
        look_at(world, &out);
        TS_CHECK(err == TS_ERR_OK || world->over);
        again = out.again;
        *event = (ts_session_event_t){.kind = TS_SESSION_CONTINUE};
        world->store_spoke = false;
    }
}

static size_t
some_tips(world_t *world)
{
    size_t count = ts_cursor_u8(&world->input) % 8;
    for (size_t i = 0; i < count; i++) {
        world->tips[i] = (ts_sync_tip_t){.priority = ts_cursor_u8(&world->input) % 4};
        world->tips[i].tip.log = some_hash(world);
        world->tips[i].tip.hash = some_hash(world);
        world->tips[i].tip.seq = ts_cursor_u8(&world->input);
    }
    return count;
}

/* A header that is right now and then, so that whole segments come through. */
static void
some_data(world_t *world, ts_sync_chunk_t *chunk)
{
    ts_segment_header_t header = {.first_seq = 1, .count = 1, .codec = 1};
    ts_buf_t buf = {0};
    header.log = some_hash(world);
    header.prev.b[0] = 1;
    header.stored_bytes = 1 + ts_cursor_u8(&world->input);
    header.raw_bytes = header.stored_bytes;
    ts_segment_put_header(&buf, &header);
    memcpy(world->data, buf.data, buf.length);
    ts_buf_free(&buf);
    chunk->total = TS_SEGMENT_FIXED_BYTES + header.stored_bytes;
    chunk->offset = ts_cursor_u8(&world->input) % 3 == 0 ? ts_cursor_u16(&world->input) : 0;
    chunk->data.data = world->data;
    chunk->data.length = ts_cursor_u8(&world->input) % 2 == 0 ? chunk->total : 100;
    if (chunk->offset > 0 && chunk->offset < chunk->total) {
        chunk->data.data = world->data + chunk->offset;
        chunk->data.length = chunk->total - chunk->offset;
    }
    chunk->segment_prefix = ts_cursor_u8(&world->input) % 4;
    chunk->stream = ts_cursor_u8(&world->input) % 10;
}

static void
message(world_t *world)
{
    ts_sync_msg_t msg = {.kind = (ts_sync_kind_t)(ts_cursor_u8(&world->input) % 14)};
    ts_session_event_t event = {.kind = TS_SESSION_MESSAGE};
    size_t count = some_tips(world);
    event.u.message = &msg;
    if (msg.kind == TS_SYNC_HELLO || msg.kind == TS_SYNC_WELCOME) {
        msg.u.greeting = (ts_sync_greeting_t){.proto_min = 1, .proto_max = 1, .software = ""};
        msg.u.greeting.your_heads = world->tips;
        msg.u.greeting.your_head_count = count;
        msg.u.greeting.arrival_seen = ts_cursor_u8(&world->input);
        msg.u.greeting.digest = some_hash(world);
    } else if (msg.kind == TS_SYNC_HAVE) {
        msg.u.have.tips = world->tips;
        msg.u.have.count = count;
        msg.u.have.more = ts_cursor_u8(&world->input) % 2 == 0;
        msg.u.have.arrival = ts_cursor_u8(&world->input);
    } else if (msg.kind == TS_SYNC_WANT) {
        msg.u.want.stream = ts_cursor_u8(&world->input);
        msg.u.want.log = some_hash(world);
        msg.u.want.after_hash = some_hash(world);
        msg.u.want.offset = ts_cursor_u32(&world->input) % 70000;
        msg.u.want.segment = some_hash(world);
        msg.u.want.cancel = ts_cursor_u8(&world->input) % 4 == 0;
    } else if (msg.kind == TS_SYNC_CREDIT) {
        msg.u.credit.bytes_total = ts_cursor_u64(&world->input);
        msg.u.credit.chunk_bytes = ts_cursor_u32(&world->input);
    } else if (msg.kind == TS_SYNC_CHUNK) {
        some_data(world, &msg.u.chunk);
    } else if (msg.kind == TS_SYNC_CUSTODY) {
        msg.u.custody.tips = world->tips;
        msg.u.custody.count = count;
    } else if (msg.kind == TS_SYNC_REJECT) {
        msg.u.reject.log = some_hash(world);
        msg.u.reject.segment = some_hash(world);
        msg.u.reject.code = (ts_err_t) - (int)(ts_cursor_u8(&world->input) % 25);
        msg.u.reject.permanent = ts_cursor_u8(&world->input) % 2 == 0;
        msg.u.reject.detail = "";
    } else if (msg.kind == TS_SYNC_PING || msg.kind == TS_SYNC_PONG) {
        msg.u.ping.nonce = ts_cursor_u64(&world->input);
        msg.u.ping.digest = some_hash(world);
    }
    step(world, &event);
}

static void
answer_load(world_t *world, const question_t *question, ts_session_event_t *event)
{
    event->kind = TS_SESSION_LOADED;
    event->u.loaded.stream = question->stream;
    uint8_t how = ts_cursor_u8(&world->input) % 5;
    if (how == 0) {
        event->u.loaded.err = TS_ERR_NOTFOUND;
    } else if (how == 1) {
        event->u.loaded.err = TS_ERR_DENIED;
    } else if (how > 2) {
        event->u.loaded.total = 300 + ts_cursor_u16(&world->input) % 3000;
        uint32_t total = event->u.loaded.total;
        event->u.loaded.offset = question->offset < total ? question->offset : 0;
        uint32_t left = total - event->u.loaded.offset;
        event->u.loaded.data.data = world->data;
        event->u.loaded.data.length = left < question->bytes_max ? left : question->bytes_max;
        event->u.loaded.tip = (ts_tip_t){question->tip.log, 5, some_hash(world)};
        event->u.loaded.arrival = ts_cursor_u8(&world->input);
    }
}

static void
answer(world_t *world)
{
    if (world->question_count == 0) {
        return;
    }
    size_t at = ts_cursor_u8(&world->input) % world->question_count;
    question_t question = world->questions[at];
    ts_session_stored_t stored = {question.stream, question.tip, {{0}}};
    ts_session_event_t event = {.kind = TS_SESSION_LISTED};
    world->questions[at] = world->questions[--world->question_count];
    world->store_spoke = true;
    if (question.kind == TS_EFFECT_LIST) {
        event.u.listed.count = some_tips(world);
        event.u.listed.tips = world->tips;
        event.u.listed.more = ts_cursor_u8(&world->input) % 4 == 0;
        event.u.listed.arrival = ts_cursor_u8(&world->input);
    } else if (question.kind == TS_EFFECT_LOAD) {
        answer_load(world, &question, &event);
    } else if (question.kind == TS_EFFECT_LOCATE) {
        event.kind = TS_SESSION_LOCATED;
        event.u.located.target = question.tip;
        event.u.located.held = ts_cursor_u8(&world->input) % 3 == 0;
        event.u.located.known = ts_cursor_u8(&world->input) % 2 == 0;
        event.u.located.after = (ts_tip_t){question.tip.log, 3, some_hash(world)};
        event.u.located.partial = (ts_bytes_t){world->data, ts_cursor_u16(&world->input) % 400};
        event.u.located.partial_total = ts_cursor_u16(&world->input) % 500;
    } else if (ts_cursor_u8(&world->input) % 3 > 0) {
        event.kind = TS_SESSION_STORED;
        stored.tip.hash = some_hash(world);
        event.u.stored.items = &stored;
        event.u.stored.count = 1;
    } else {
        event.kind = TS_SESSION_STORE_REFUSED;
        event.u.refused.stream = question.stream;
        event.u.refused.log = question.tip.log;
        event.u.refused.code = (ts_err_t) - (int)(1 + ts_cursor_u8(&world->input) % 22);
    }
    step(world, &event);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static world_t world;
    memset(&world, 0, sizeof world);
    world.input = ts_cursor(data, size);
    ts_side_t side = ts_cursor_u8(&world.input) % 2 == 0 ? TS_SIDE_CHILD : TS_SIDE_PARENT;
    world.session = ts_session_new(side);
    ts_session_event_t event = {.kind = TS_SESSION_START};
    step(&world, &event);
    for (int i = 0; i < STEPS_MAX && ts_cursor_left(&world.input) > 0 && !world.over; i++) {
        uint8_t what = ts_cursor_u8(&world.input);
        world.now_ms += what % 16 == 0 ? 1000 : 1;
        if (what % 16 < 7) {
            message(&world);
        } else if (what % 16 < 13) {
            answer(&world);
        } else {
            static const ts_session_event_kind_t KINDS[] = {
                TS_SESSION_TIMER,    TS_SESSION_DRAIN,     TS_SESSION_TIPS,
                TS_SESSION_ENTITLED, TS_SESSION_LINK_DOWN, TS_SESSION_QUIT};
            event = (ts_session_event_t){.kind = KINDS[(what / 16) % 6]};
            if (event.kind == TS_SESSION_TIPS) {
                event.u.tips.count = some_tips(&world);
                event.u.tips.tips = world.tips;
            }
            step(&world, &event);
        }
    }
    ts_session_destroy(&world.session);
    return 0;
}
