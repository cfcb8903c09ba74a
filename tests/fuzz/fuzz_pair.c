/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: whatever happens on the line between two or three nodes (messages lost, repeated, late,
 * changed, made up; cuts; silence), no session crashes, sends beyond its credit or says CUSTODY of
 * what is not committed; and once the line is honest again, both ends hold the same. Method: the
 * input is a script over the small world of support/sync_net, whose stores are the model; every
 * message goes through its bytes.
 */
#include "fuzz/fuzz.h"
#include "support/sync_net.h"
#include "wire/sync_wire.h"

#include <string.h>

enum {
    STEPS_MAX = 40,
    LOGS_MAX = 5,
    SEGMENTS_MAX = 60,
    MINUTE_MS = 60000,
    QUIET_MS = 8000,
    HONEST_ROUNDS = 8
};

typedef struct script {
    ts_cursor_t input;
    sync_net_t net;
    ts_hash_t logs[LOGS_MAX];
    uint32_t authors[LOGS_MAX];
    size_t log_count;
    size_t segments;
    ts_sync_decoder_t *decoder;
    bool busy;     /* inside a message that is made up */
    bool liars;    /* messages may be changed */
    uint8_t chaos; /* of 256 messages so many are touched */
    ts_prng_t prng;
} script_t;

static void
some_log(script_t *self)
{
    size_t node = ts_cursor_u8(&self->input) % self->net.node_count;
    uint8_t how = ts_cursor_u8(&self->input);
    if (self->log_count < LOGS_MAX) {
        bool down = node > 0 && how % 2 == 0;
        self->authors[self->log_count] = (uint32_t)node;
        self->logs[self->log_count++] = sync_store_new_log(&self->net.stores[node], (uint32_t)node,
                                                           down, !down && how / 2 % 2 == 0);
    }
}

/* At its author; now and then on an older segment, as after a restore. */
static void
some_segment(script_t *self)
{
    uint8_t which = ts_cursor_u8(&self->input);
    uint32_t bytes = 1u + ts_cursor_u16(&self->input) % 30000u;
    if (self->log_count == 0 || self->segments >= SEGMENTS_MAX) {
        return;
    }
    size_t at = which % self->log_count;
    sync_store_t *store = &self->net.stores[self->authors[at]];
    self->segments++;
    if (which / 8 % 8 != 0) {
        sync_net_write(&self->net, self->authors[at], &self->logs[at], bytes);
        return;
    }
    for (size_t i = 0; i < store->count; i++) {
        if (ts_hash_equal(&store->segments[i].tip.log, &self->logs[at])) {
            ts_tip_t tips[16];
            if (sync_store_tips(store, &self->logs[at], tips, 16) < 4) {
                sync_store_write(store, &self->logs[at], &store->segments[i].tip, bytes,
                                 (uint32_t)self->segments);
            }
            return;
        }
    }
}

/* Other numbers and hashes in a message that is on its way. */
static void
change(script_t *self, ts_sync_msg_t *message)
{
    uint32_t word = (uint32_t)ts_prng_next(&self->prng);
    switch (message->kind) {
    case TS_SYNC_HELLO:
    case TS_SYNC_WELCOME:
        message->u.greeting.arrival_seen = word % 64u;
        message->u.greeting.digest.b[0] ^= (uint8_t)(word >> 8);
        break;
    case TS_SYNC_HAVE:
        message->u.have.arrival = word % 64u;
        message->u.have.more = (word >> 8) % 2 == 0;
        message->u.have.count = message->u.have.count > 0 ? (word >> 9) % message->u.have.count : 0;
        break;
    case TS_SYNC_WANT:
        message->u.want.offset = word % 40000u;
        message->u.want.cancel = (word >> 16) % 2 == 0;
        message->u.want.after_hash.b[0] ^= (uint8_t)((word >> 17) % 2);
        break;
    case TS_SYNC_CHUNK:
        message->u.chunk.offset = word % 4 == 0 ? word % 40000u : message->u.chunk.offset;
        message->u.chunk.stream = (uint16_t)(message->u.chunk.stream + (word >> 4) % 3);
        message->u.chunk.segment_prefix ^= (word >> 8) % 2;
        break;
    case TS_SYNC_CUSTODY:
        message->u.custody.arrival = word % 64u;
        break;
    case TS_SYNC_REJECT:
        message->u.reject.permanent = word % 2 == 0;
        break;
    case TS_SYNC_PING:
    case TS_SYNC_PONG:
        message->u.ping.digest.b[1] ^= (uint8_t)word;
        break;
    case TS_SYNC_CREDIT:
    case TS_SYNC_REFUSE:
    case TS_SYNC_BYE:
    default:
        break;
    }
}

/* Every message that is sent: first through its bytes, then perhaps lost, sent twice or changed. */
static bool
on_message(void *context, size_t link, size_t side, ts_sync_msg_t *message)
{
    script_t *self = context;
    ts_buf_t frame = {0};
    ts_buf_t copied = {0};
    ts_sync_msg_t again;
    ts_sync_encode(message, &frame);
    TS_CHECK(ts_sync_decode(self->decoder, ts_buf_bytes(&frame), &again) == TS_ERR_OK);
    ts_sync_encode(&again, &copied);
    TS_CHECK(frame.length == copied.length);
    TS_CHECK(memcmp(frame.data, copied.data, frame.length) == 0);
    ts_buf_free(&frame);
    ts_buf_free(&copied);
    if (!self->liars || self->busy || ts_prng_below(&self->prng, 256) >= self->chaos) {
        return true;
    }
    uint32_t how = ts_prng_below(&self->prng, 4);
    if (how == 0) {
        return false;
    }
    if (how == 1) {
        change(self, message);
    } else if (how == 2 && self->net.links[link].ends[1 - side].session != NULL) {
        ts_sync_msg_t copy = sync_message_clone(message);
        self->busy = true;
        sync_net_inject(&self->net, link, 1 - side, &copy);
        self->busy = false;
        sync_message_release(&copy);
    }
    return true;
}

/* A frame of the input's own making, in the session's name. */
static void
made_up(script_t *self, size_t link)
{
    size_t side = ts_cursor_u8(&self->input) % 2;
    size_t length = ts_cursor_u8(&self->input);
    uint8_t bytes[12 + 255] = {0x54, 0x53, 0x01};
    ts_sync_msg_t message;
    length = length < ts_cursor_left(&self->input) ? length : ts_cursor_left(&self->input);
    bytes[3] = ts_cursor_u8(&self->input) % 13;
    memcpy(bytes + 4, self->net.links[link].nonce, 8);
    length = length < ts_cursor_left(&self->input) ? length : ts_cursor_left(&self->input);
    ts_cursor_get(&self->input, bytes + 12, length);
    ts_sync_decoder_t *decoder = ts_sync_decoder_new();
    if (ts_sync_decode(decoder, (ts_bytes_t){bytes, 12 + length}, &message) == TS_ERR_OK) {
        sync_net_inject(&self->net, link, side, &message);
    }
    ts_sync_decoder_destroy(&decoder);
}

static void
line_step(script_t *self, uint8_t what)
{
    size_t link = what / 16 % (self->net.node_count - 1);
    sync_link_t *line = &self->net.links[link];
    bool idle = line->ends[0].session == NULL && line->ends[1].session == NULL;
    switch (what % 16) {
    case 4:
    case 5:
        if (!idle) {
            sync_net_cut(&self->net, link);
        }
        sync_net_connect(&self->net, link);
        break;
    case 6:
        sync_net_cut(&self->net, link);
        break;
    case 7:
        sync_net_silence(&self->net, link);
        break;
    case 8:
        sync_net_quit(&self->net, link);
        break;
    case 9:
    case 10:
        made_up(self, link);
        break;
    default:
        sync_net_run(&self->net, ts_cursor_u16(&self->input) * 2, QUIET_MS);
        break;
    }
}

/* The line is right from now on. A memory of the other that was made wrong is found out by the
 * digests of the second PING. */
static void
check_ends(script_t *self)
{
    self->liars = false;
    self->net.loss = 0;
    self->net.budget = UINT64_MAX;
    self->net.send_budget = UINT64_MAX;
    for (size_t i = 0; i + 1 < self->net.node_count; i++) {
        sync_net_cut(&self->net, i);
    }
    bool equal = false;
    for (int round = 0; round < HONEST_ROUNDS && !equal; round++) {
        for (size_t i = 0; i + 1 < self->net.node_count; i++) {
            if (self->net.links[i].ends[0].session != NULL ||
                self->net.links[i].ends[1].session != NULL) {
                sync_net_cut(&self->net, i);
            }
            sync_net_connect(&self->net, i);
        }
        sync_net_run(&self->net, 10 * MINUTE_MS, 9 * QUIET_MS);
        equal = true;
        for (size_t i = 0; i + 1 < self->net.node_count; i++) {
            equal = equal && sync_net_equal(&self->net, i);
        }
    }
    TS_CHECK(equal);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static script_t script;
    memset(&script, 0, sizeof script);
    script.input = ts_cursor(data, size);
    script.decoder = ts_sync_decoder_new();
    uint8_t shape = ts_cursor_u8(&script.input);
    uint8_t seed = ts_cursor_u8(&script.input);
    script.chaos = ts_cursor_u8(&script.input);
    script.prng = ts_prng(seed);
    script.liars = true;
    sync_net_init(&script.net, 2 + shape % 2u, seed);
    script.net.tap = on_message;
    script.net.tap_context = &script;
    script.net.delay_ms = 1 + shape / 2 % 4 * 200;
    script.net.commit_ms = shape / 8 % 4;
    script.net.rate = shape / 32 % 2 == 0 ? 0 : 8000;
    script.net.loss = shape / 64 == 3 ? 100 : 0;
    script.net.budget = shape / 64 == 2 ? TS_WINDOW_BYTES_MIN : UINT64_MAX;
    for (int i = 0; i < STEPS_MAX && ts_cursor_left(&script.input) > 0; i++) {
        uint8_t what = ts_cursor_u8(&script.input);
        if (what % 16 == 0) {
            some_log(&script);
        } else if (what % 16 < 4) {
            some_segment(&script);
        } else {
            line_step(&script, what);
        }
    }
    check_ends(&script);
    sync_net_free(&script.net);
    ts_sync_decoder_destroy(&script.decoder);
    return 0;
}
