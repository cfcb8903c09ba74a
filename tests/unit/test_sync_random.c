/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: whatever order messages, answers and time come in, and however little room a step has, the
 * two halves of a session keep their bounds: they ask only what they are owed, give each segment to
 * the store whole, send only what was asked for and no more than credit allows. Method: each half
 * alone, driven by chance; most answers are right, some are to nothing that was asked. Same seed,
 * same run.
 */
#include "base/limits.h"
#include "base/prng.h"
#include "core/sync_offer.h"
#include "core/sync_take.h"
#include "support/sync_store.h"
#include "support/test.h"

#include <string.h>

enum { SEEDS = 60, STEPS = 1500, LOGS = 5, SEGMENTS = 6, PENDING_MAX = 4096 };

typedef struct pending {
    ts_effect_kind_t kind;
    uint16_t stream;
    ts_tip_t tip;
    ts_effect_t effect;
    ts_hash_t segment; /* of a store */
} pending_t;

typedef struct world {
    ts_prng_t prng;
    sync_store_t store;       /* of the peer, or our own */
    ts_hash_t logs[LOGS + 1]; /* the last is held by nobody */
    ts_mono_t now;
    pending_t pending[PENDING_MAX];
    size_t count;
    uint16_t streams[64]; /* asked for last */
    ts_hash_t stream_logs[64];
    size_t stream_count;
    uint64_t granted;
} world_t;

static uint32_t
below(world_t *world, uint32_t n)
{
    return ts_prng_below(&world->prng, n);
}

static void
begin(world_t *world, uint64_t seed)
{
    memset(world, 0, sizeof *world);
    world->prng = ts_prng(seed);
    sync_store_init(&world->store, 7);
    for (uint32_t i = 0; i < LOGS; i++) {
        world->logs[i] = sync_store_new_log(&world->store, i, i % 2 == 0, i == 1);
        for (uint32_t k = 0; k < SEGMENTS; k++) {
            (void)sync_store_write(&world->store, &world->logs[i], NULL,
                                   1 + below(world, k == 3 ? 60000 : 700), k);
        }
    }
    memset(world->logs[LOGS].b, 0xee, sizeof world->logs[LOGS].b);
}

static ts_hash_t
some_log(world_t *world)
{
    return world->logs[below(world, LOGS + (below(world, 8) == 0 ? 1 : 0))];
}

/* A tip of this log; now and then of nothing. */
static ts_tip_t
some_tip(world_t *world, const ts_hash_t *log)
{
    ts_tip_t tip = {*log, below(world, 40), *log};
    for (size_t tries = 0; tries < 40; tries++) {
        const sync_segment_t *segment =
            &world->store.segments[below(world, (uint32_t)world->store.count)];
        if (ts_hash_equal(&segment->tip.log, log)) {
            return segment->tip;
        }
    }
    tip.hash.b[0] ^= (uint8_t)below(world, 4);
    return tip;
}

static void
add_pending(world_t *world, const pending_t *pending)
{
    assert_true(world->count < PENDING_MAX);
    world->pending[world->count++] = *pending;
}

/* Takes one that was asked; false: none of this kind. */
static bool
take_pending(world_t *world, ts_effect_kind_t kind, pending_t *ret_pending)
{
    size_t start = world->count == 0 ? 0 : below(world, (uint32_t)world->count);
    for (size_t i = 0; i < world->count; i++) {
        size_t at = (start + i) % world->count;
        if (world->pending[at].kind == kind) {
            *ret_pending = world->pending[at];
            world->pending[at] = world->pending[--world->count];
            return true;
        }
    }
    return false;
}

static void
remember_stream(world_t *world, uint16_t stream, const ts_hash_t *log)
{
    size_t at = world->stream_count++ % TS_COUNT(world->streams);
    world->streams[at] = stream;
    world->stream_logs[at] = *log;
}

static uint16_t
some_stream(world_t *world, ts_hash_t *ret_log)
{
    size_t known = world->stream_count < TS_COUNT(world->streams) ? world->stream_count
                                                                  : TS_COUNT(world->streams);
    *ret_log = some_log(world);
    if (known == 0 || below(world, 12) == 0) {
        return (uint16_t)below(world, 20);
    }
    size_t at = below(world, (uint32_t)known);
    *ret_log = world->stream_logs[at];
    return world->streams[at];
}

static bool
stream_asked(const world_t *world, uint16_t stream)
{
    for (size_t i = 0; i < world->stream_count && i < TS_COUNT(world->streams); i++) {
        if (world->streams[i] == stream) {
            return true;
        }
    }
    return false;
}

static ts_err_t
some_code(world_t *world)
{
    static const ts_err_t codes[] = {TS_ERR_NOTFOUND, TS_ERR_FULL,  TS_ERR_HASH, TS_ERR_CHAIN,
                                     TS_ERR_BUSY,     TS_ERR_AGAIN, TS_ERR_IO,   TS_ERR_DENIED};
    return codes[below(world, TS_COUNT(codes))];
}

/* ---- the receiving half */

static void
note_taken(world_t *world, const ts_effects_t *out, size_t from)
{
    for (size_t i = from; i < out->count; i++) {
        const ts_effect_t *effect = &out->items[i];
        pending_t pending = {.kind = effect->kind};
        if (effect->kind == TS_EFFECT_LOCATE) {
            pending.tip = effect->u.locate.target;
            add_pending(world, &pending);
        } else if (effect->kind == TS_EFFECT_STORE_SEGMENT) {
            ts_segment_view_t view;
            assert_int_equal(ts_segment_parse(effect->u.store.bytes, &view), TS_ERR_OK);
            pending.stream = effect->u.store.stream;
            pending.tip.log = effect->u.store.log;
            pending.segment = sync_segment_hash(effect->u.store.bytes.data);
            add_pending(world, &pending);
        } else if (effect->kind == TS_EFFECT_SEND && effect->u.send.kind == TS_SYNC_WANT) {
            assert_int_not_equal(effect->u.send.u.want.stream, 0);
            if (!effect->u.send.u.want.cancel) {
                remember_stream(world, effect->u.send.u.want.stream, &effect->u.send.u.want.log);
            }
        }
    }
}

static void
give_have(world_t *world, ts_take_t *take)
{
    ts_sync_tip_t tips[4] = {0};
    ts_sync_msg_t have = {.kind = TS_SYNC_HAVE};
    have.u.have.tips = tips;
    have.u.have.count = below(world, TS_COUNT(tips) + 1);
    have.u.have.more = below(world, 3) != 0;
    have.u.have.arrival = below(world, 50);
    for (size_t i = 0; i < have.u.have.count; i++) {
        ts_hash_t log = some_log(world);
        tips[i] = (ts_sync_tip_t){some_tip(world, &log), below(world, 5000), below(world, 4)};
    }
    if (below(world, 9) == 0) {
        assert_int_equal(ts_take_heads(take, tips, have.u.have.count), TS_ERR_OK);
    } else {
        assert_int_equal(ts_take_have(take, &have), TS_ERR_OK);
    }
}

static void
give_located(world_t *world, ts_take_t *take, ts_effects_t *out)
{
    pending_t pending = {.tip = {.seq = 0}};
    if (!take_pending(world, TS_EFFECT_LOCATE, &pending)) {
        ts_hash_t log = some_log(world);
        pending.tip = some_tip(world, &log);
    }
    ts_session_event_t event = {.kind = TS_SESSION_LOCATED};
    event.u.located.target = pending.tip;
    event.u.located.held = below(world, 4) == 0;
    event.u.located.known = below(world, 4) != 0;
    event.u.located.after = some_tip(world, &pending.tip.log);
    const sync_segment_t *part = &world->store.segments[below(world, (uint32_t)world->store.count)];
    if (below(world, 3) == 0) {
        event.u.located.partial_total = part->length + (below(world, 5) == 0 ? 1 : 0);
        event.u.located.partial_prefix = ts_hash_prefix(&part->tip.hash);
        event.u.located.partial = (ts_bytes_t){part->bytes, below(world, part->length + 2)};
        if (event.u.located.partial.length > part->length) {
            event.u.located.partial.length = part->length;
        }
        event.u.located.after.hash = part->header.prev;
        event.u.located.after.seq = part->header.first_seq == 0 ? 0 : part->header.first_seq - 1;
    }
    ts_take_located(take, &event, out);
}

/* A piece of a segment of that log, or sizes that cannot be. */
static ts_err_t
give_chunk(world_t *world, ts_take_t *take, ts_effects_t *out)
{
    ts_hash_t log;
    bool wild = below(world, 150) == 0;
    if (!wild && (world->stream_count == 0 || ts_take_credit_open(take) == 0)) {
        return TS_ERR_OK;
    }
    ts_sync_chunk_t chunk = {.stream = some_stream(world, &log)};
    while (!wild && chunk.stream < 20 && !stream_asked(world, chunk.stream)) {
        chunk.stream = some_stream(world, &log);
    }
    const sync_segment_t *segment = NULL;
    for (size_t tries = 0; tries < 30; tries++) {
        const sync_segment_t *at =
            &world->store.segments[below(world, (uint32_t)world->store.count)];
        segment = segment == NULL || ts_hash_equal(&at->tip.log, &log) ? at : segment;
    }
    chunk.total = segment->length + (below(world, 200) == 0 ? 1 : 0);
    chunk.segment_prefix = ts_hash_prefix(&segment->tip.hash) ^ (below(world, 40) == 0 ? 1 : 0);
    chunk.offset = below(world, 3) == 0 ? below(world, segment->length) : 0;
    uint32_t left = segment->length - chunk.offset;
    uint32_t most = left < TS_CHUNK_BYTES_MAX ? left : TS_CHUNK_BYTES_MAX;
    chunk.data = (ts_bytes_t){segment->bytes + chunk.offset,
                              below(world, 2) == 0 ? most : below(world, most + 1)};
    uint64_t credit = ts_take_credit_open(take);
    if (!wild && chunk.data.length > credit) {
        chunk.data.length = credit;
    }
    if (!wild && chunk.data.length == 0) {
        return TS_ERR_OK;
    }
    if (below(world, 300) == 0) {
        chunk.total = below(world, 2) == 0 ? 3 : TS_SEGMENT_BYTES_MAX + 1;
    }
    return ts_take_chunk(take, &chunk, out);
}

static void
give_stored(world_t *world, ts_take_t *take, ts_effects_t *out)
{
    pending_t pending = {.stream = 0};
    bool asked = take_pending(world, TS_EFFECT_STORE_SEGMENT, &pending);
    const sync_segment_t *segment =
        asked ? sync_store_find(&world->store, &pending.segment)
              : &world->store.segments[below(world, (uint32_t)world->store.count)];
    ts_session_stored_t item = {.stream = pending.stream};
    if (segment != NULL) {
        item.tip = segment->tip;
        item.prev = segment->header.prev;
    } else {
        item.tip = some_tip(world, &pending.tip.log);
    }
    ts_session_event_t event = {.kind = TS_SESSION_STORED};
    event.u.stored.items = &item;
    event.u.stored.count = 1;
    event.u.stored.arrival = below(world, 90);
    ts_take_stored(take, &event, out);
}

static void
give_refused(world_t *world, ts_take_t *take, ts_effects_t *out)
{
    pending_t pending = {.tip = {.log = some_log(world)}};
    (void)take_pending(world, TS_EFFECT_STORE_SEGMENT, &pending);
    ts_session_event_t event = {.kind = TS_SESSION_STORE_REFUSED};
    event.u.refused.stream = pending.stream;
    event.u.refused.log = pending.tip.log;
    event.u.refused.segment = pending.segment;
    event.u.refused.code = some_code(world);
    event.u.refused.retry_after_s = below(world, 2) * 5;
    ts_take_refused(take, &event, out);
}

static void
give_reject(world_t *world, ts_take_t *take, ts_effects_t *out)
{
    ts_sync_msg_t reject = {.kind = TS_SYNC_REJECT};
    reject.u.reject.log = some_log(world);
    reject.u.reject.segment = some_tip(world, &reject.u.reject.log).hash;
    reject.u.reject.code = some_code(world);
    reject.u.reject.permanent = below(world, 2) == 0;
    (void)ts_take_reject(take, &reject, out);
}

/* One step; PROTOCOL ends the session. */
static ts_err_t
step_take(world_t *world, ts_take_t *take)
{
    ts_effects_t out = {.count = 0};
    ts_err_t err = TS_ERR_OK;
    size_t from = 0;
    world->now.ms += below(world, 5) == 0 ? below(world, 70000) : below(world, 50);
    ts_take_begin(take, world->now);
    switch (below(world, 12)) {
    case 0:
        give_have(world, take);
        break;
    case 1:
    case 2:
    case 3:
        from = out.count = TS_EFFECTS_MAX - below(world, TS_EFFECTS_MAX + 1);
        ts_take_pump(take, below(world, 6) == 0 ? 0 : UINT64_MAX, &out);
        break;
    case 4:
    case 5:
        give_located(world, take, &out);
        break;
    case 6:
    case 7:
    case 8:
        err = give_chunk(world, take, &out);
        break;
    case 9:
        give_stored(world, take, &out);
        break;
    case 10:
        give_refused(world, take, &out);
        break;
    default:
        give_reject(world, take, &out);
        break;
    }
    note_taken(world, &out, from);
    return err;
}

static void
test_sync_random_taking_keeps_its_bounds(void **state)
{
    (void)state;
    static world_t world;
    unsigned stored = 0;
    unsigned broken = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed);
        ts_take_t *take = ts_take_new(&SYNC_DEPLOYMENT, &world.store.id);
        for (unsigned i = 0; i < STEPS; i++) {
            size_t before = world.count;
            ts_err_t err = step_take(&world, take);
            size_t storing = 0;
            for (size_t k = 0; k < world.count; k++) {
                storing += world.pending[k].kind == TS_EFFECT_STORE_SEGMENT ? 1 : 0;
            }
            stored += world.count > before && storing > 0 ? 1 : 0;
            assert_true(storing <= TS_TAKE_STORING_MAX + TS_TAKE_PARTS_MAX);
            if (err != TS_ERR_OK) {
                assert_int_equal(err, TS_ERR_PROTOCOL);
                ts_effects_t out = {.count = 0};
                ts_take_flush(take, &out);
                assert_true(out.count <= TS_TAKE_PARTS_MAX);
                ts_take_destroy(&take);
                take = ts_take_new(&SYNC_DEPLOYMENT, &world.store.id);
                world.count = 0;
                world.stream_count = 0;
                broken++;
            }
        }
        ts_take_destroy(&take);
        sync_store_free(&world.store);
    }
    print_message("           %u segments given to the store, %u sessions broken\n", stored,
                  broken);
    assert_true(stored > 100 && broken > 20);
}

/* ---- the sending half */

static void
note_offered(world_t *world, const ts_effects_t *out, size_t from)
{
    for (size_t i = from; i < out->count; i++) {
        pending_t pending = {.kind = out->items[i].kind, .effect = out->items[i]};
        if (pending.kind == TS_EFFECT_LIST || pending.kind == TS_EFFECT_LOAD) {
            if (pending.kind == TS_EFFECT_LOAD) {
                assert_true(pending.effect.u.load.bytes_max > 0);
                assert_true(pending.effect.u.load.bytes_max <= TS_CHUNK_BYTES_MAX);
            }
            add_pending(world, &pending);
        }
        if (pending.kind == TS_EFFECT_SEND && pending.effect.u.send.kind == TS_SYNC_CHUNK) {
            assert_true(pending.effect.u.send.u.chunk.data.length > 0);
            assert_int_not_equal(pending.effect.u.send.u.chunk.stream, 0);
        }
    }
}

static void
give_tips(world_t *world, ts_offer_t *offer, ts_effects_t *out, bool listed)
{
    pending_t pending;
    ts_sync_tip_t tips[4] = {0};
    size_t count = below(world, TS_COUNT(tips) + 1);
    for (size_t i = 0; i < count; i++) {
        ts_hash_t log = some_log(world);
        tips[i] = (ts_sync_tip_t){some_tip(world, &log), below(world, 5000), below(world, 6)};
    }
    ts_session_event_t event = {.kind = listed ? TS_SESSION_LISTED : TS_SESSION_TIPS};
    if (!listed) {
        event.u.tips.tips = tips;
        event.u.tips.count = count;
        ts_offer_tips(offer, &event, out);
    } else if (take_pending(world, TS_EFFECT_LIST, &pending) || below(world, 6) == 0) {
        event.u.listed.tips = tips;
        event.u.listed.count = count;
        event.u.listed.more = below(world, 3) == 0;
        event.u.listed.arrival = below(world, 60);
        ts_offer_listed(offer, &event, out);
    }
}

static ts_err_t
give_want(world_t *world, ts_offer_t *offer, ts_effects_t *out)
{
    ts_sync_msg_t want = {.kind = TS_SYNC_WANT};
    ts_hash_t log = some_log(world);
    want.u.want.stream = (uint16_t)below(world, 30);
    want.u.want.cancel = below(world, 6) == 0;
    if (want.u.want.cancel) {
        want.u.want.stream = some_stream(world, &log);
    }
    ts_tip_t after = some_tip(world, &log);
    want.u.want.log = log;
    if (below(world, 2) == 0) {
        want.u.want.after_seq = after.seq;
        want.u.want.after_hash = after.hash;
    }
    if (below(world, 4) == 0) {
        want.u.want.segment = some_tip(world, &log).hash;
        want.u.want.offset = below(world, 300);
    }
    ts_err_t err = ts_offer_want(offer, &want, out);
    if (err == TS_ERR_OK && !want.u.want.cancel) {
        remember_stream(world, want.u.want.stream, &log);
    }
    return err;
}

static void
give_loaded(world_t *world, ts_offer_t *offer, ts_effects_t *out)
{
    pending_t pending;
    ts_session_event_t event = {.kind = TS_SESSION_LOADED};
    if (!take_pending(world, TS_EFFECT_LOAD, &pending)) {
        return;
    }
    const sync_segment_t *segment =
        &world->store.segments[below(world, (uint32_t)world->store.count)];
    uint32_t offset = pending.effect.u.load.offset;
    event.u.loaded.stream = pending.effect.u.load.stream;
    event.u.loaded.err = below(world, 9) == 0 ? some_code(world) : TS_ERR_OK;
    if (event.u.loaded.err == TS_ERR_OK && below(world, 4) != 0) {
        uint32_t total = segment->length;
        offset = offset < total ? offset : 0;
        uint32_t most = pending.effect.u.load.bytes_max;
        event.u.loaded.tip = segment->tip;
        event.u.loaded.tip.log = pending.effect.u.load.base.log;
        event.u.loaded.arrival = 1 + below(world, 60);
        event.u.loaded.total = total;
        event.u.loaded.offset = offset;
        event.u.loaded.data =
            (ts_bytes_t){segment->bytes + offset, total - offset < most ? total - offset : most};
    }
    ts_offer_loaded(offer, &event, out);
}

static void
give_custody_or_reject(world_t *world, ts_offer_t *offer, ts_effects_t *out)
{
    ts_sync_msg_t message = {.kind = TS_SYNC_CUSTODY};
    ts_hash_t log = some_log(world);
    ts_sync_tip_t tip = {some_tip(world, &log), 0, 0};
    if (below(world, 3) != 0) {
        message.u.custody.tips = &tip;
        message.u.custody.count = 1;
        message.u.custody.arrival = below(world, 60);
        ts_offer_custody(offer, &message, out);
        return;
    }
    message.kind = TS_SYNC_REJECT;
    message.u.reject.log = log;
    message.u.reject.segment = tip.tip.hash;
    message.u.reject.code = some_code(world);
    message.u.reject.permanent = below(world, 2) == 0;
    message.u.reject.retry_after_s = below(world, 3) * 4;
    ts_offer_reject(offer, &message, out);
}

static ts_err_t
step_offer(world_t *world, ts_offer_t *offer)
{
    ts_effects_t out = {.count = 0};
    ts_err_t err = TS_ERR_OK;
    size_t from = 0;
    world->now.ms += below(world, 5) == 0 ? below(world, 70000) : below(world, 50);
    ts_offer_begin(offer, world->now);
    ts_hash_t log = some_log(world);
    ts_tip_t tip = some_tip(world, &log);
    ts_sync_msg_t credit = {.kind = TS_SYNC_CREDIT};
    switch (below(world, 13)) {
    case 0:
        ts_offer_list(offer, below(world, 30));
        break;
    case 1:
        give_tips(world, offer, &out, false);
        break;
    case 2:
        give_tips(world, offer, &out, true);
        break;
    case 3:
        ts_offer_peer_holds(offer, &tip);
        break;
    case 4:
    case 5:
        err = give_want(world, offer, &out);
        break;
    case 6:
        world->granted += below(world, 90000);
        credit.u.credit.bytes_total = below(world, 9) == 0 ? world->granted / 2 : world->granted;
        credit.u.credit.chunk_bytes = below(world, 7) == 0 ? below(world, 9) : below(world, 200000);
        ts_offer_credit(offer, &credit, TS_CHUNK_BYTES_MAX);
        break;
    case 7:
        give_custody_or_reject(world, offer, &out);
        break;
    case 8:
    case 9:
        give_loaded(world, offer, &out);
        break;
    case 10:
        if (below(world, 30) == 0) {
            ts_offer_in_step(offer);
        }
        break;
    default:
        from = out.count = TS_EFFECTS_MAX - below(world, TS_EFFECTS_MAX + 1);
        ts_offer_pump(offer, below(world, 9) == 0 ? 0 : UINT64_MAX, &out);
        break;
    }
    note_offered(world, &out, from);
    return err;
}

static void
test_sync_random_offering_keeps_its_bounds(void **state)
{
    (void)state;
    static world_t world;
    uint64_t sent = 0;
    unsigned broken = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        begin(&world, seed);
        ts_offer_t *offer = ts_offer_new();
        for (unsigned i = 0; i < STEPS; i++) {
            ts_err_t err = step_offer(&world, offer);
            /* Never more than was granted, however it came. */
            assert_true(ts_offer_sent_bytes(offer) <= world.granted);
            if (err != TS_ERR_OK) {
                assert_int_equal(err, TS_ERR_PROTOCOL);
                sent += ts_offer_sent_bytes(offer);
                ts_offer_destroy(&offer);
                offer = ts_offer_new();
                world.count = 0;
                world.stream_count = 0;
                world.granted = 0;
                broken++;
            }
        }
        sent += ts_offer_sent_bytes(offer);
        ts_offer_destroy(&offer);
        sync_store_free(&world.store);
    }
    print_message("           %llu bytes sent, %u sessions broken\n", (unsigned long long)sent,
                  broken);
    assert_true(sent > 100000 && broken > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sync_random_taking_keeps_its_bounds),
        cmocka_unit_test(test_sync_random_offering_keeps_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
