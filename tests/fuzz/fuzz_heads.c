/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: from any two stores and any memory of the last time, one undisturbed session makes both
 * hold the union of what they may share, and without forks and left-over beginnings no byte goes
 * over the line that the other has. Method: the input says which part of a common history each side
 * holds and what it remembers of the other; a set of segments is the reference.
 */
#include "fuzz/fuzz.h"
#include "support/sync_net.h"

#include <string.h>

enum { LOGS_MAX = 6, SEGMENTS_MAX = 40, MINUTE_MS = 60000, QUIET_MS = 9000 };

/* The history that both are parts of. */
typedef struct history {
    sync_store_t all;
    ts_hash_t logs[LOGS_MAX];
    uint32_t authors[LOGS_MAX];
    size_t log_count;
    bool forked;
} history_t;

static void
make_history(history_t *self, ts_cursor_t *input)
{
    sync_store_init(&self->all, 9);
    self->log_count = 1 + ts_cursor_u8(input) % LOGS_MAX;
    for (size_t i = 0; i < self->log_count; i++) {
        uint8_t how = ts_cursor_u8(input);
        self->authors[i] = how % 2;
        self->logs[i] = sync_store_new_log(&self->all, how % 2, how % 2 == 1, how / 2 % 2 == 0);
    }
    size_t segments = ts_cursor_u8(input) % SEGMENTS_MAX;
    for (size_t i = 0; i < segments; i++) {
        uint8_t how = ts_cursor_u8(input);
        const ts_hash_t *log = &self->logs[how % self->log_count];
        uint32_t bytes = 1u + ts_cursor_u16(input) % 20000u;
        ts_tip_t tips[16];
        size_t tip_count = sync_store_tips(&self->all, log, tips, 16);
        if (how / 8 % 16 == 0 && tip_count < 4) {
            ts_tip_t genesis = {*log, 0, *log};
            self->forked = self->forked || tips[0].seq > 0 || tip_count > 1;
            sync_store_write(&self->all, log, &genesis, bytes, (uint32_t)i + 1);
        } else {
            sync_store_write(&self->all, log, NULL, bytes, (uint32_t)i);
        }
    }
}

/* Every log up to some point; what cannot be because a predecessor is missing is left out. */
static void
take_part(const history_t *history, sync_store_t *store, ts_cursor_t *input, uint32_t author)
{
    uint8_t keep[LOGS_MAX];
    for (size_t i = 0; i < history->log_count; i++) {
        keep[i] = ts_cursor_u8(input);
    }
    for (size_t i = 0; i < history->all.count; i++) {
        const sync_segment_t *segment = &history->all.segments[i];
        size_t at = 0;
        while (!ts_hash_equal(&history->logs[at], &segment->tip.log)) {
            at++;
        }
        bool own = history->authors[at] == author;
        /* A parent has all that it wrote, a child at least the beginnings: what a parent lost comes
         * back by rules of the node, not of the session. */
        bool wanted = keep[at] == 255 || i < keep[at] % (history->all.count + 1);
        if (wanted || (own && (author == 1 || segment->tip.seq == 0))) {
            ts_tip_t tip;
            ts_hash_t prev;
            (void)sync_store_put(store, (ts_bytes_t){segment->bytes, segment->length}, &tip, &prev);
        }
    }
}

/* Bytes that one has and the other lacks, of what they may share, which is everything here. */
static uint64_t
missing_bytes(const sync_store_t *from, const sync_store_t *to)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < from->count; i++) {
        sum +=
            sync_store_find(to, &from->segments[i].tip.hash) == NULL ? from->segments[i].length : 0;
    }
    return sum;
}

static void
check_union(const sync_net_t *net, const sync_store_t before[2])
{
    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < before[side].count; i++) {
            for (size_t node = 0; node < 2; node++) {
                TS_CHECK(sync_store_find(&net->stores[node], &before[side].segments[i].tip.hash) !=
                         NULL);
            }
        }
    }
    TS_CHECK(net->stores[0].count == net->stores[1].count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static sync_net_t net;
    history_t history = {.log_count = 0};
    sync_store_t before[2];
    ts_cursor_t input = ts_cursor(data, size);
    make_history(&history, &input);
    sync_net_init(&net, 2, ts_cursor_u8(&input));
    for (uint32_t node = 0; node < 2; node++) {
        take_part(&history, &net.stores[node], &input, node);
        sync_store_copy(&net.stores[node], &before[node]);
    }
    uint64_t missing = missing_bytes(&net.stores[0], &net.stores[1]) +
                       missing_bytes(&net.stores[1], &net.stores[0]);
    for (size_t side = 0; side < 2; side++) {
        uint8_t how = ts_cursor_u8(&input);
        sync_mark_t *mark = &net.links[0].ends[side].mark;
        *mark = (sync_mark_t){net.stores[1 - side].id, ts_cursor_u8(&input) % 64u,
                              ts_cursor_u8(&input) % 64u};
        if (how % 4 == 0) {
            mark->store.b[0] ^= 1; /* of a store that was there before */
        } else if (how % 4 == 1) {
            *mark = (sync_mark_t){.seen = 0};
        }
    }
    uint8_t shape = ts_cursor_u8(&input);
    net.commit_ms = shape % 8;
    net.delay_ms = 1 + shape / 8 % 4 * 100;
    net.rate = shape / 32 % 2 == 0 ? 0 : 8000;
    sync_net_connect(&net, 0);
    sync_net_run(&net, 5 * MINUTE_MS, 8 * QUIET_MS);
    TS_CHECK(sync_net_equal(&net, 0));
    check_union(&net, before);
    uint64_t sent = net.links[0].ends[0].chunk_bytes + net.links[0].ends[1].chunk_bytes;
    TS_CHECK(sent >= missing);
    TS_CHECK(history.forked || sent == missing);
    sync_net_free(&net);
    for (size_t node = 0; node < 2; node++) {
        sync_store_free(&before[node]);
    }
    sync_store_free(&history.all);
    return 0;
}
