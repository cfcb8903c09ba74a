/* SPDX-License-Identifier: MPL-2.0 */
#include "support/sync_net.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <string.h>

struct sync_packet {
    sync_packet_t *next;
    int64_t due_ms;
    ts_sync_msg_t message; /* arrays and data are owned by it */
};

struct sync_answer {
    sync_answer_t *next;
    int64_t due_ms;
    uint16_t stream;
    ts_hash_t log;
    ts_buf_t bytes;
};

enum { EVENTS_PER_TURN_MAX = 100000 };

static void run_step(sync_net_t *net, size_t link, size_t side, ts_session_event_t *event);

/* ---- messages ------------------------------------------------------------------------------- */

static void
push_packet(sync_end_t *to, int64_t due_ms, const ts_sync_msg_t *message)
{
    sync_packet_t *packet = ts_xcalloc(1, sizeof *packet);
    sync_packet_t **at = &to->in;
    while (*at != NULL) {
        at = &(*at)->next;
    }
    packet->due_ms = due_ms;
    packet->message = sync_message_clone(message);
    *at = packet;
}

static void
drop_packets(sync_end_t *end)
{
    while (end->in != NULL) {
        sync_packet_t *packet = end->in;
        end->in = packet->next;
        sync_message_release(&packet->message);
        ts_xfree(packet);
    }
}

/* What must hold of every message that leaves. */
static void
check_sent(sync_net_t *net, size_t link, size_t side, const ts_sync_msg_t *message)
{
    sync_end_t *from = &net->links[link].ends[side];
    const sync_end_t *to = &net->links[link].ends[1 - side];
    const sync_store_t *store = &net->stores[from->node];
    if (message->kind == TS_SYNC_CHUNK) {
        uint64_t charge = message->u.chunk.data.length;
        charge = charge < TS_CHUNK_CHARGE_MIN ? TS_CHUNK_CHARGE_MIN : charge;
        from->spent += charge;
        from->chunk_bytes += message->u.chunk.data.length;
        TS_CHECK(from->spent <= to->granted);
    } else if (message->kind == TS_SYNC_CREDIT) {
        TS_CHECK(message->u.credit.bytes_total >= from->granted);
        from->granted = message->u.credit.bytes_total;
    } else if (message->kind == TS_SYNC_CUSTODY) {
        for (size_t i = 0; i < message->u.custody.count; i++) {
            TS_CHECK(sync_store_find(store, &message->u.custody.tips[i].tip.hash) != NULL);
        }
    }
}

static void
send_message(sync_net_t *net, size_t link, size_t side, ts_sync_msg_t *message)
{
    sync_link_t *line = &net->links[link];
    sync_end_t *from = &line->ends[side];
    sync_end_t *to = &line->ends[1 - side];
    uint64_t bytes = sync_net_wire_bytes(message);
    check_sent(net, link, side, message);
    from->messages++;
    from->kinds[message->kind]++;
    from->wire_bytes += bytes;
    line->sent++;
    if (net->tap != NULL && !net->tap(net->tap_context, link, side, message)) {
        return;
    }
    bool greeting = message->kind == TS_SYNC_HELLO || message->kind == TS_SYNC_WELCOME;
    if (!line->up || (net->loss > 0 && !greeting && ts_prng_below(&net->prng, 1000) < net->loss)) {
        return;
    }
    int64_t start_us = net->now_ms * 1000;
    if (to->line_free_ms > start_us) {
        start_us = to->line_free_ms;
    }
    if (net->rate > 0) {
        /* Ethernet, IP and TCP headers of a packet of 1448 bytes at most. */
        uint64_t on_line = bytes + (bytes / 1448 + 1) * 66;
        start_us += (int64_t)(on_line * 1000000 / net->rate);
    }
    to->line_free_ms = start_us;
    push_packet(to, start_us / 1000 + net->delay_ms, message);
}

/* ---- who may have what ---------------------------------------------------------------------- */

/* What the side offers the other by itself: up, the logs of its subtree; down, its down logs and
 * those of its parents. */
static bool
offers(size_t link, size_t side, const sync_log_t *log)
{
    bool from_below = log->author <= link;
    return side == 0 ? !log->down && from_below : log->down && !from_below;
}

static ts_hash_t
digest_of(const sync_net_t *net, size_t node, size_t link)
{
    const sync_store_t *store = &net->stores[node];
    ts_hash_t sum = {{0}};
    if (net->wrong_digests) {
        return sum;
    }
    sum.b[31] = 1;
    for (size_t i = 0; i < store->count; i++) {
        sync_log_t log;
        TS_CHECK(sync_store_log(store, &store->segments[i].tip.log, &log));
        if (offers(link, 0, &log) || offers(link, 1, &log)) {
            for (size_t k = 0; k < 4; k++) {
                uint64_t word = ts_load_u64(sum.b + 8 * k);
                word += ts_load_u64(store->segments[i].tip.hash.b + 8 * k);
                ts_store_u64(sum.b + 8 * k, word);
            }
        }
    }
    return sum;
}

static uint32_t
priority_of(const sync_log_t *log)
{
    return log->acts ? 0 : 1;
}

/* ---- answers -------------------------------------------------------------------------------- */

static void
answer_list(sync_net_t *net, size_t link, size_t side, const ts_effect_t *effect)
{
    const sync_store_t *store = &net->stores[net->links[link].ends[side].node];
    ts_sync_tip_t tips[TS_TIPS_PER_MESSAGE_MAX];
    ts_session_event_t event = {.kind = TS_SESSION_LISTED};
    size_t count = 0;
    uint64_t arrival = effect->u.list.since;
    for (; arrival < store->count && count < effect->u.list.count_max; arrival++) {
        const sync_segment_t *segment = &store->segments[arrival];
        ts_tip_t own[16];
        sync_log_t log;
        TS_CHECK(sync_store_log(store, &segment->tip.log, &log));
        size_t own_count = sync_store_tips(store, &segment->tip.log, own, 16);
        for (size_t i = 0; i < own_count && offers(link, side, &log); i++) {
            if (ts_hash_equal(&own[i].hash, &segment->tip.hash)) {
                tips[count++] = (ts_sync_tip_t){segment->tip, 0, priority_of(&log)};
            }
        }
    }
    event.u.listed.tips = tips;
    event.u.listed.count = count;
    event.u.listed.more = arrival < store->count;
    event.u.listed.arrival = arrival;
    run_step(net, link, side, &event);
}

static void
answer_load(sync_net_t *net, size_t link, size_t side, const ts_effect_t *effect)
{
    const sync_store_t *store = &net->stores[net->links[link].ends[side].node];
    const ts_tip_t *base = &effect->u.load.base;
    ts_session_event_t event = {.kind = TS_SESSION_LOADED};
    sync_log_t log;
    event.u.loaded.stream = effect->u.load.stream;
    bool start = ts_hash_is_zero(&base->hash);
    if (!sync_store_log(store, &base->log, &log) ||
        (!start && sync_store_find(store, &base->hash) == NULL)) {
        event.u.loaded.err = TS_ERR_NOTFOUND;
    } else if (!offers(link, side, &log) && log.author != net->links[link].ends[1 - side].node) {
        event.u.loaded.err = TS_ERR_DENIED;
    }
    for (size_t i = effect->u.load.cursor; i < store->count && event.u.loaded.err == 0; i++) {
        const sync_segment_t *segment = &store->segments[i];
        if (!ts_hash_equal(&segment->tip.log, &base->log) ||
            (!start && sync_store_on_chain(store, &segment->tip.hash, &base->hash))) {
            continue;
        }
        uint32_t offset = effect->u.load.offset;
        uint64_t prefix = effect->u.load.segment_prefix;
        if (offset >= segment->length ||
            (prefix != 0 && prefix != ts_hash_prefix(&segment->tip.hash))) {
            offset = 0;
        }
        uint32_t left = segment->length - offset;
        uint32_t bytes = left < effect->u.load.bytes_max ? left : effect->u.load.bytes_max;
        event.u.loaded.tip = segment->tip;
        event.u.loaded.arrival = i + 1;
        event.u.loaded.total = segment->length;
        event.u.loaded.offset = offset;
        event.u.loaded.data = (ts_bytes_t){segment->bytes + offset, bytes};
        break;
    }
    run_step(net, link, side, &event);
}

static void
answer_locate(sync_net_t *net, size_t link, size_t side, const ts_effect_t *effect)
{
    const sync_store_t *store = &net->stores[net->links[link].ends[side].node];
    const ts_tip_t *target = &effect->u.locate.target;
    ts_session_event_t event = {.kind = TS_SESSION_LOCATED};
    ts_tip_t tips[16];
    size_t count = sync_store_tips(store, &target->log, tips, 16);
    event.u.located.target = *target;
    event.u.located.held = sync_store_find(store, &target->hash) != NULL;
    event.u.located.known = count > 0;
    if (count > 0) {
        ts_tip_t best = tips[0];
        for (size_t i = 1; i < count; i++) {
            best = tips[i].seq > best.seq ? tips[i] : best;
        }
        for (uint32_t i = 0; i < effect->u.locate.back && best.seq > 0; i++) {
            const sync_segment_t *at = sync_store_find(store, &best.hash);
            best = sync_store_find(store, &at->header.prev)->tip;
        }
        event.u.located.after = best;
    }
    for (size_t i = 0; i < store->partial_count; i++) {
        const sync_partial_t *partial = &store->partials[i];
        if (ts_hash_equal(&partial->log, &target->log)) {
            event.u.located.partial_prefix = partial->prefix;
            event.u.located.partial_total = partial->total;
            event.u.located.partial = ts_buf_bytes(&partial->bytes);
        }
    }
    run_step(net, link, side, &event);
}

static sync_partial_t *
partial_of(sync_store_t *store, const ts_hash_t *log)
{
    for (size_t i = 0; i < store->partial_count; i++) {
        if (ts_hash_equal(&store->partials[i].log, log)) {
            return &store->partials[i];
        }
    }
    store->partials = ts_xgrow(store->partials, store->partial_count + 1, &store->partial_capacity,
                               sizeof *store->partials);
    store->partials[store->partial_count] = (sync_partial_t){.log = *log};
    return &store->partials[store->partial_count++];
}

static void
keep_partial(sync_store_t *store, const ts_effect_t *effect)
{
    sync_partial_t *partial = partial_of(store, &effect->u.partial.log);
    if (effect->u.partial.offset == 0) {
        ts_buf_clear(&partial->bytes);
        partial->prefix = effect->u.partial.segment_prefix;
        partial->total = effect->u.partial.total;
    }
    if (partial->prefix == effect->u.partial.segment_prefix &&
        partial->bytes.length == effect->u.partial.offset) {
        ts_buf_put(&partial->bytes, effect->u.partial.data.data, effect->u.partial.data.length);
    }
}

static void
queue_store(sync_net_t *net, sync_end_t *end, const ts_effect_t *effect)
{
    sync_answer_t *answer = ts_xcalloc(1, sizeof *answer);
    sync_answer_t **at = &end->stores;
    while (*at != NULL) {
        at = &(*at)->next;
    }
    answer->due_ms = net->now_ms + net->commit_ms;
    answer->stream = effect->u.store.stream;
    answer->log = effect->u.store.log;
    ts_buf_put(&answer->bytes, effect->u.store.bytes.data, effect->u.store.bytes.length);
    *at = answer;
}

/* New tips of a node are told to all its sessions. */
static void
tell_tip(sync_net_t *net, size_t node, const ts_tip_t *tip)
{
    sync_log_t log;
    TS_CHECK(sync_store_log(&net->stores[node], &tip->log, &log));
    ts_sync_tip_t told = {*tip, 0, priority_of(&log)};
    for (size_t link = 0; link + 1 < net->node_count; link++) {
        for (size_t side = 0; side < SYNC_SIDES; side++) {
            if (net->links[link].ends[side].node == node && offers(link, side, &log)) {
                ts_session_event_t event = {.kind = TS_SESSION_TIPS};
                event.u.tips.tips = &told;
                event.u.tips.count = 1;
                run_step(net, link, side, &event);
            }
        }
    }
}

static void
commit(sync_net_t *net, size_t link, size_t side)
{
    sync_end_t *end = &net->links[link].ends[side];
    ts_session_stored_t items[TS_CUSTODY_BATCH_MAX];
    size_t count = 0;
    sync_store_t *store = &net->stores[end->node];
    while (end->stores != NULL && end->stores->due_ms <= net->now_ms &&
           count < TS_CUSTODY_BATCH_MAX) {
        sync_answer_t *answer = end->stores;
        end->stores = answer->next;
        ts_session_stored_t *item = &items[count];
        *item = (ts_session_stored_t){.stream = answer->stream};
        ts_err_t err = TS_ERR_OK;
        if (end->node >= net->refuse_from && ts_hash_equal(&answer->log, &net->refuse_log)) {
            err = net->refuse_code;
        }
        if (err == TS_ERR_OK) {
            err = sync_store_put(store, ts_buf_bytes(&answer->bytes), &item->tip, &item->prev);
        }
        if (err == TS_ERR_OK) {
            count++;
        } else {
            ts_session_event_t event = {.kind = TS_SESSION_STORE_REFUSED};
            event.u.refused.stream = answer->stream;
            event.u.refused.log = answer->log;
            event.u.refused.segment = sync_segment_hash(answer->bytes.data);
            event.u.refused.code = err;
            run_step(net, link, side, &event);
        }
        sync_partial_t *partial = partial_of(store, &answer->log);
        ts_hash_t hash = sync_segment_hash(answer->bytes.data);
        if (partial->prefix == ts_hash_prefix(&hash)) {
            ts_buf_clear(&partial->bytes);
        }
        ts_buf_free(&answer->bytes);
        ts_xfree(answer);
    }
    if (count > 0) {
        ts_session_event_t event = {.kind = TS_SESSION_STORED};
        event.u.stored.items = items;
        event.u.stored.count = count;
        event.u.stored.arrival = store->count;
        run_step(net, link, side, &event);
    }
    for (size_t i = 0; i < count; i++) {
        tell_tip(net, end->node, &items[i].tip);
    }
}

/* ---- effects -------------------------------------------------------------------------------- */

static void
close_end(sync_net_t *net, size_t link, size_t side)
{
    sync_end_t *end = &net->links[link].ends[side];
    (void)net;
    ts_session_destroy(&end->session);
    end->timer = (ts_mono_t){INT64_MAX};
}

static void
execute(sync_net_t *net, size_t link, size_t side, ts_effect_t *effect)
{
    sync_end_t *end = &net->links[link].ends[side];
    switch (effect->kind) {
    case TS_EFFECT_SEND:
        send_message(net, link, side, &effect->u.send);
        break;
    case TS_EFFECT_KEEP_PARTIAL:
        keep_partial(&net->stores[end->node], effect);
        break;
    case TS_EFFECT_STORE_SEGMENT:
        queue_store(net, end, effect);
        break;
    case TS_EFFECT_PEER_HOLDS:
        end->held_count = 0;
        for (size_t i = 0; i < effect->u.holds.count && i < 64; i++) {
            end->held[end->held_count++] = effect->u.holds.tips[i].tip;
        }
        end->custody_ms = net->now_ms;
        break;
    case TS_EFFECT_MARK:
        end->mark =
            (sync_mark_t){effect->u.mark.store, effect->u.mark.seen, effect->u.mark.offered};
        break;
    case TS_EFFECT_AMNESIA:
        if (end->amnesia_count < 8) {
            end->amnesia[end->amnesia_count++] = effect->u.amnesia.tip;
        }
        break;
    case TS_EFFECT_NOTE:
        end->notes[effect->u.note.fact]++;
        break;
    case TS_EFFECT_CLOSE:
        end->closed = effect->u.close.code;
        end->closes++;
        break;
    case TS_EFFECT_LIST:
    case TS_EFFECT_LOAD:
    case TS_EFFECT_LOCATE:
    default:
        break; /* answered after all effects were executed */
    }
}

static void
answer(sync_net_t *net, size_t link, size_t side, const ts_effect_t *effect)
{
    if (net->links[link].ends[side].session == NULL) {
        return;
    }
    if (effect->kind == TS_EFFECT_LIST) {
        answer_list(net, link, side, effect);
    } else if (effect->kind == TS_EFFECT_LOAD) {
        answer_load(net, link, side, effect);
    } else if (effect->kind == TS_EFFECT_LOCATE) {
        answer_locate(net, link, side, effect);
    }
}

static void
run_step(sync_net_t *net, size_t link, size_t side, ts_session_event_t *event)
{
    sync_end_t *end = &net->links[link].ends[side];
    if (end->session == NULL) {
        return;
    }
    ts_hash_t digest = digest_of(net, end->node, link);
    bool again = true;
    ts_session_event_t next = *event;
    while (again && end->session != NULL) {
        ts_effects_t out;
        next.now = (ts_mono_t){net->now_ms};
        next.credit_budget = net->budget;
        next.send_budget = net->send_budget;
        next.digest = &digest;
        ts_err_t err = ts_session_step(end->session, &next, &out);
        (void)err;
        bool closed = false;
        for (size_t i = 0; i < out.count; i++) {
            execute(net, link, side, &out.items[i]);
            closed = closed || out.items[i].kind == TS_EFFECT_CLOSE;
        }
        end->timer = out.timer;
        again = out.again;
        if (closed) {
            close_end(net, link, side);
            return;
        }
        for (size_t i = 0; i < out.count; i++) {
            answer(net, link, side, &out.items[i]);
        }
        next = (ts_session_event_t){.kind = TS_SESSION_CONTINUE};
    }
}

/* ---- sessions ------------------------------------------------------------------------------- */

static void
start(sync_net_t *net, size_t link, size_t side)
{
    sync_end_t *end = &net->links[link].ends[side];
    const sync_end_t *other = &net->links[link].ends[1 - side];
    const sync_store_t *store = &net->stores[end->node];
    ts_session_event_t event = {.kind = TS_SESSION_START};
    ts_session_local_t *local = &event.u.start;
    ts_sync_tip_t heads[TS_TIPS_PER_MESSAGE_MAX];
    ts_store_u64(local->nonce, ts_prng_next(&net->prng));
    memcpy(net->links[link].nonce, local->nonce, sizeof local->nonce); /* the child comes last */
    local->seed = ts_prng_next(&net->prng);
    local->office_peer = side == 1 ? (uint32_t)other->node + 1 : 0;
    local->deployment = SYNC_DEPLOYMENT;
    local->store = store->id;
    local->office = (uint32_t)end->node + 1;
    local->software = "test";
    local->mark_store = end->mark.store;
    local->mark_seen = end->mark.seen;
    local->mark_offered = end->mark.offered;
    local->refuse = side == 1 ? net->refuse_hello : TS_ERR_OK;
    local->refuse_after_s = 7;
    for (size_t i = 0; i < store->count && side == 1; i++) {
        sync_log_t log;
        ts_tip_t tips[16];
        const ts_tip_t *genesis = &store->segments[i].tip;
        if (genesis->seq > 0 || !sync_store_log(store, &genesis->log, &log) ||
            log.author != other->node) {
            continue;
        }
        size_t count = sync_store_tips(store, &genesis->log, tips, 16);
        for (size_t k = 0; k < count && local->your_head_count < TS_TIPS_PER_MESSAGE_MAX; k++) {
            heads[local->your_head_count++] = (ts_sync_tip_t){.tip = tips[k]};
        }
    }
    local->your_heads = heads;
    end->granted = 0;
    end->spent = 0;
    end->session = ts_session_new(side == 0 ? TS_SIDE_CHILD : TS_SIDE_PARENT);
    run_step(net, link, side, &event);
    if (net->drain && side == 0) {
        ts_session_event_t drain = {.kind = TS_SESSION_DRAIN};
        run_step(net, link, side, &drain);
    }
}

void
sync_net_init(sync_net_t *net, size_t nodes, uint64_t seed)
{
    *net = (sync_net_t){.node_count = nodes,
                        .prng = ts_prng(seed),
                        .delay_ms = 1,
                        .budget = UINT64_MAX,
                        .send_budget = UINT64_MAX};
    TS_CHECK(nodes <= SYNC_NODES_MAX);
    for (size_t i = 0; i < nodes; i++) {
        sync_store_init(&net->stores[i], (uint8_t)(i + 1));
        net->stores[i].id.b[15] = (uint8_t)seed;
    }
    for (size_t i = 0; i + 1 < nodes; i++) {
        net->links[i].ends[0].node = i;
        net->links[i].ends[1].node = i + 1;
        net->links[i].ends[0].timer = (ts_mono_t){INT64_MAX};
        net->links[i].ends[1].timer = (ts_mono_t){INT64_MAX};
    }
}

void
sync_net_connect(sync_net_t *net, size_t link)
{
    sync_link_t *line = &net->links[link];
    TS_CHECK(line->ends[0].session == NULL && line->ends[1].session == NULL);
    line->up = true;
    line->ends[0].line_free_ms = 0;
    line->ends[1].line_free_ms = 0;
    start(net, link, 1);
    start(net, link, 0);
}

static void
both(sync_net_t *net, size_t link, ts_session_event_kind_t kind)
{
    for (size_t side = 0; side < SYNC_SIDES; side++) {
        ts_session_event_t event = {.kind = kind};
        run_step(net, link, side, &event);
        drop_packets(&net->links[link].ends[side]);
    }
    for (size_t side = 0; side < SYNC_SIDES; side++) {
        sync_end_t *end = &net->links[link].ends[side];
        ts_session_destroy(&end->session);
        drop_packets(end);
        end->timer = (ts_mono_t){INT64_MAX};
        /* The store outlives the link: what it was given it commits. */
        for (sync_answer_t *answer = end->stores; answer != NULL; answer = answer->next) {
            answer->due_ms = net->now_ms;
        }
        while (end->stores != NULL) {
            commit(net, link, side);
        }
    }
}

void
sync_net_cut(sync_net_t *net, size_t link)
{
    net->links[link].up = false;
    both(net, link, TS_SESSION_LINK_DOWN);
}

void
sync_net_quit(sync_net_t *net, size_t link)
{
    both(net, link, TS_SESSION_QUIT);
}

void
sync_net_silence(sync_net_t *net, size_t link)
{
    net->links[link].up = false;
    drop_packets(&net->links[link].ends[0]);
    drop_packets(&net->links[link].ends[1]);
}

void
sync_net_free(sync_net_t *net)
{
    for (size_t i = 0; i + 1 < net->node_count; i++) {
        both(net, i, TS_SESSION_LINK_DOWN);
    }
    for (size_t i = 0; i < net->node_count; i++) {
        sync_store_free(&net->stores[i]);
    }
}

ts_tip_t
sync_net_write(sync_net_t *net, size_t node, const ts_hash_t *log, uint32_t payload)
{
    uint32_t salt = (uint32_t)net->stores[node].count;
    ts_tip_t tip = sync_store_write(&net->stores[node], log, NULL, payload, salt);
    tell_tip(net, node, &tip);
    return tip;
}

/* ---- time ----------------------------------------------------------------------------------- */

static void
deliver(sync_net_t *net, size_t link, size_t side)
{
    sync_link_t *line = &net->links[link];
    sync_packet_t *packet = line->ends[side].in;
    line->ends[side].in = packet->next;
    line->delivered++;
    ts_session_event_t event = {.kind = TS_SESSION_MESSAGE};
    event.u.message = &packet->message;
    run_step(net, link, side, &event);
    sync_message_release(&packet->message);
    ts_xfree(packet);
    if (link == 0 && net->cut_after > 0 && line->delivered >= net->cut_after && line->up) {
        sync_net_cut(net, 0);
    }
}

void
sync_net_inject(sync_net_t *net, size_t link, size_t side, const ts_sync_msg_t *message)
{
    ts_session_event_t event = {.kind = TS_SESSION_MESSAGE};
    event.u.message = message;
    run_step(net, link, side, &event);
}

/* The next thing that happens anywhere: 0 nothing, 1 a packet, 2 a commit, 3 a timer. */
static int
next_happening(const sync_net_t *net, size_t *ret_link, size_t *ret_side, int64_t *ret_ms)
{
    int what = 0;
    *ret_ms = INT64_MAX;
    for (size_t link = 0; link + 1 < net->node_count; link++) {
        for (size_t side = 0; side < SYNC_SIDES; side++) {
            const sync_end_t *end = &net->links[link].ends[side];
            int64_t times[3] = {INT64_MAX, INT64_MAX, INT64_MAX};
            times[0] = end->in != NULL ? end->in->due_ms : INT64_MAX;
            times[1] = end->stores != NULL ? end->stores->due_ms : INT64_MAX;
            times[2] = end->session != NULL ? end->timer.ms : INT64_MAX;
            for (int i = 0; i < 3; i++) {
                if (times[i] < *ret_ms) {
                    *ret_ms = times[i];
                    *ret_link = link;
                    *ret_side = side;
                    what = i + 1;
                }
            }
        }
    }
    return what;
}

int64_t
sync_net_run(sync_net_t *net, int64_t ms_max, int64_t quiet_ms)
{
    int64_t begin = net->now_ms;
    int64_t busy = net->now_ms;
    size_t turns = 0;
    size_t link = 0;
    size_t side = 0;
    int64_t at;
    int what;
    while ((what = next_happening(net, &link, &side, &at)) != 0) {
        if (at > begin + ms_max || at > busy + quiet_ms) {
            break;
        }
        net->now_ms = at > net->now_ms ? at : net->now_ms;
        TS_CHECK(++turns < EVENTS_PER_TURN_MAX * 20);
        ts_session_event_t event = {.kind = TS_SESSION_TIMER};
        if (what == 1) {
            busy = net->now_ms;
            deliver(net, link, side);
        } else if (what == 2) {
            busy = net->now_ms;
            commit(net, link, side);
        } else {
            int64_t before = net->links[link].ends[side].timer.ms;
            run_step(net, link, side, &event);
            /* A timer that is due and stays where it is would never end. */
            sync_end_t *end = &net->links[link].ends[side];
            TS_CHECK(end->session == NULL || end->timer.ms > before || end->timer.ms > net->now_ms);
        }
    }
    return busy - begin;
}

bool
sync_net_equal(const sync_net_t *net, size_t link)
{
    ts_hash_t child = digest_of(net, link, link);
    ts_hash_t parent = digest_of(net, link + 1, link);
    return ts_hash_equal(&child, &parent);
}
