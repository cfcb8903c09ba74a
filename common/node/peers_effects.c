/* SPDX-License-Identifier: MPL-2.0 */
/* What a session asks its runner to do (core/effect.h), done on the stores: one function per
 * effect. */
#include "base/limits.h"
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "node/node_p.h"

#include <stdio.h>
#include <string.h>

static void
do_send(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect)
{
    ts_buf_t frame = {0};
    ts_sync_encode(&effect->u.send, &frame);
    if (effect->u.send.kind == TS_SYNC_CHUNK && peer->is_uplink) {
        self->uplink.sent_today += effect->u.send.u.chunk.data.length;
    }
    self->options.out.send(self->options.out.ctx, peer->session, ts_buf_bytes(&frame));
    ts_buf_free(&frame);
}

/* Small and decisive logs first on any link: reports, registry, holdings, plans; then records. */
uint32_t
ts_peers_priority(const ts_log_info_t *info)
{
    return info->purpose == TS_PURPOSE_RECORDS || info->purpose == TS_PURPOSE_KEPT ? 1 : 0;
}

static void
fill_tip(ts_sync_tip_t *out, const ts_custody_tip_t *tip, const ts_log_info_t *info)
{
    out->tip = tip->tip;
    out->bytes_ahead = tip->chain_bytes;
    out->priority = ts_peers_priority(info);
}

/* Before it is known the child offers the geneses alone: more would be refused. */
static void
cut_to_genesis(ts_sync_tip_t *tip)
{
    tip->tip.seq = 0;
    tip->tip.hash = tip->tip.log;
    tip->priority = 0;
}

/* Does this listing name everything that both sides may share, also what the other one wrote? Then
 * a store that lost something (another store id, or digests that never agree) gets it from whoever
 * holds it: a district restored from a copy from its province, a province its own registry. */
static bool
lists_all(ts_node_t *self, ts_peer_link_t *peer, uint64_t since)
{
    ts_custody_peer_t row;
    if (since != peer->list_next || since == 0) {
        bool remembered = ts_custody_peer_get(self->custody, peer->office, &row) == TS_ERR_OK;
        peer->list_all = since == 0 || (remembered && !ts_id16_is_zero(&peer->store) &&
                                        !ts_id16_equal(&row.store, &peer->store));
    }
    return peer->list_all;
}

/* A log of which something rotted is held up to there: leaves out what comes after it. All tips of
 * a log stand together. */
static size_t
fill_tips(ts_node_t *self,
          const ts_custody_tip_t *tips,
          const ts_log_info_t *infos,
          size_t count,
          ts_sync_tip_t *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        ts_custody_tip_t tip = tips[i];
        ts_held_segment_t whole = {.arrival = tip.arrival, .chain_bytes = tip.chain_bytes};
        bool known = true;
        bool first = i == 0 || !ts_hash_equal(&tip.tip.log, &tips[i - 1].tip.log);
        bool damaged = ts_scrub_before(self, &tips[i].tip.log, &tip.tip, &known);
        if (damaged && (!first || !known ||
                        ts_custody_find(self->custody, &tip.tip.hash, &whole, NULL) != TS_ERR_OK)) {
            continue;
        }
        tip.arrival = whole.arrival;
        tip.chain_bytes = whole.chain_bytes;
        fill_tip(&out[kept++], &tip, &infos[i]);
    }
    return kept;
}

static void
do_list(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect)
{
    ts_custody_tip_t tips[TS_TIPS_PER_MESSAGE_MAX];
    ts_log_info_t infos[TS_TIPS_PER_MESSAGE_MAX];
    ts_sync_tip_t out[TS_TIPS_PER_MESSAGE_MAX];
    ts_tip_page_t page = {0};
    ts_share_t share = ts_share_of(self, peer);
    bool all = !share.invite && lists_all(self, peer, effect->u.list.since);
    share.up = all || peer->is_uplink;
    share.down = all || !peer->is_uplink;
    share.back_to = peer->is_uplink ? peer->office : 0;
    share.known_only = !peer->is_uplink;
    ts_tip_query_t query = {.since = effect->u.list.since,
                            .count_max = effect->u.list.count_max,
                            .filter = ts_share_has,
                            .context = &share};
    if (query.count_max > TS_TIPS_PER_MESSAGE_MAX) {
        query.count_max = TS_TIPS_PER_MESSAGE_MAX;
    }
    ts_err_t err =
        ts_custody_tips(self->custody, &query, tips, infos, TS_TIPS_PER_MESSAGE_MAX, &page);
    if (err != TS_ERR_OK) {
        (void)ts_node_fail(self, err, ts_custody_detail(self->custody));
        return;
    }
    ts_session_event_t event = {.kind = TS_SESSION_LISTED};
    event.u.listed.tips = out;
    event.u.listed.count = fill_tips(self, tips, infos, page.count, out);
    for (size_t i = 0; share.invite && i < event.u.listed.count; i++) {
        cut_to_genesis(&out[i]);
    }
    peer->list_next = page.more ? page.arrival : 0;
    event.u.listed.arrival = page.arrival;
    event.u.listed.more = page.more;
    ts_peers_step(self, peer, &event);
}

/* The peer may have what LIST could name. */
static bool
may_load(ts_node_t *self, const ts_peer_link_t *peer, const ts_log_info_t *info)
{
    ts_share_t share = ts_share_of(self, peer);
    share.up = !share.invite || peer->is_uplink;
    share.down = !share.invite || !peer->is_uplink;
    share.known_only = !peer->is_uplink;
    return ts_share_has(&share, info);
}

static void
fill_slice(const ts_effect_t *effect,
           const ts_held_segment_t *stored,
           const ts_buf_t *bytes,
           ts_session_event_t *event)
{
    uint32_t offset = effect->u.load.offset;
    uint64_t wanted = effect->u.load.segment_prefix;
    if (offset >= bytes->length || (wanted != 0 && wanted != ts_hash_prefix(&stored->hash))) {
        offset = 0;
    }
    size_t length = bytes->length - offset;
    if (length > effect->u.load.bytes_max) {
        length = effect->u.load.bytes_max;
    }
    event->u.loaded.err = TS_ERR_OK;
    event->u.loaded.tip = (ts_tip_t){stored->log, stored->last_seq, stored->hash};
    event->u.loaded.arrival = stored->arrival;
    event->u.loaded.total = (uint32_t)bytes->length;
    event->u.loaded.offset = offset;
    event->u.loaded.data = (ts_bytes_t){bytes->data + offset, length};
}

static void
do_load(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect)
{
    ts_session_event_t event = {.kind = TS_SESSION_LOADED};
    event.u.loaded.stream = effect->u.load.stream;
    ts_log_info_t info;
    ts_held_segment_t stored;
    ts_buf_t bytes = {0};
    ts_err_t err = ts_custody_log(self->custody, &effect->u.load.base.log, &info);
    if (err == TS_ERR_OK && !may_load(self, peer, &info)) {
        err = TS_ERR_DENIED;
    }
    if (err == TS_ERR_OK) {
        bool base_held = true;
        err = ts_custody_next(self->custody, &effect->u.load.base, effect->u.load.cursor,
                              &base_held, &stored, &bytes);
        if (err == TS_ERR_NOTFOUND && base_held) {
            err = TS_ERR_AGAIN; /* nothing follows yet */
        }
    }
    if (err == TS_ERR_OK && effect->u.load.offset == 0 &&
        !ts_scrub_is_right(self, &stored, ts_buf_bytes(&bytes))) {
        err = TS_ERR_AGAIN; /* when it was mended */
    }
    if (err == TS_ERR_OK && ts_share_of(self, peer).invite && stored.last_seq > 0) {
        err = TS_ERR_AGAIN; /* geneses only */
    }
    if (err == TS_ERR_OK) {
        fill_slice(effect, &stored, &bytes, &event);
    } else if (err != TS_ERR_AGAIN) {
        event.u.loaded.err = err;
    }
    ts_peers_step(self, peer, &event);
    ts_buf_free(&bytes);
}

/* Our tip of the log with the highest number, or its ancestor. */
static ts_err_t
best_tip(ts_node_t *self, const ts_hash_t *log, uint32_t back, ts_tip_t *ret_tip)
{
    ts_custody_tip_t tip;
    size_t count = 0;
    ts_err_t err = ts_custody_log_tips(self->custody, log, &tip, 1, &count);
    if (err == TS_ERR_OK && count == 0) {
        err = TS_ERR_NOTFOUND;
    }
    if (err == TS_ERR_OK && back > 0) {
        ts_held_segment_t older;
        err = ts_custody_back(self->custody, &tip.tip.hash, back, &older);
        tip.tip = (ts_tip_t){*log, older.last_seq, older.hash};
    }
    if (err == TS_ERR_OK) {
        *ret_tip = tip.tip;
    }
    return err;
}

static void
add_partial(ts_node_t *self, const ts_hash_t *log, ts_session_event_t *event, ts_buf_t *bytes)
{
    ts_partial_t partial;
    if (ts_scratch_get(self->scratch, log, &partial, bytes) == TS_ERR_OK) {
        event->u.located.partial_prefix = partial.prefix;
        event->u.located.partial_total = partial.total;
        event->u.located.partial = ts_buf_bytes(bytes);
    }
}

static void
do_locate(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect)
{
    const ts_tip_t *target = &effect->u.locate.target;
    ts_session_event_t event = {.kind = TS_SESSION_LOCATED};
    ts_buf_t partial = {0};
    ts_held_segment_t stored;
    ts_log_info_t info;
    event.u.located.target = *target;
    ts_err_t err = ts_custody_find(self->custody, &target->hash, &stored, NULL);
    event.u.located.held = err == TS_ERR_OK;
    if (err == TS_ERR_OK || err == TS_ERR_NOTFOUND) {
        err = ts_custody_log(self->custody, &target->log, &info);
    }
    if (err == TS_ERR_OK) {
        event.u.located.known = true;
        err = best_tip(self, &target->log, effect->u.locate.back, &event.u.located.after);
    }
    if (event.u.located.held && effect->u.locate.back == 0 &&
        ts_scrub_before(self, &target->log, &event.u.located.after, &event.u.located.known)) {
        event.u.located.held = false;
    }
    if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
        (void)ts_node_fail(self, err, ts_custody_detail(self->custody));
        return;
    }
    add_partial(self, &target->log, &event, &partial);
    ts_peers_step(self, peer, &event);
    ts_buf_free(&partial);
}

static void
do_store(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect)
{
    ts_intake_add(self, peer, effect->u.store.stream, &effect->u.store.log, effect->u.store.bytes);
}

/* Losing a partial costs bytes, never correctness: errors are not followed up. */
static void
do_keep_partial(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect)
{
    ts_partial_t partial = {.log = effect->u.partial.log,
                            .prefix = effect->u.partial.segment_prefix,
                            .total = effect->u.partial.total,
                            .have = effect->u.partial.offset};
    ts_err_t err = effect->u.partial.data.length == 0
                       ? ts_scratch_drop(self->scratch, &partial.log)
                       : ts_scratch_keep(self->scratch, &partial, effect->u.partial.data);
    if (peer->is_uplink && err == TS_ERR_OK && effect->u.partial.data.length > 0) {
        self->uplink.progress = true;
    }
    if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
        ts_node_note(self, TS_NOTE_DEBUG, "partial_not_kept", "office=%u", (unsigned)peer->office);
    }
}

bool
ts_peers_store_is_its_own(const ts_node_t *self,
                          uint32_t office,
                          bool above,
                          const ts_id16_t *store)
{
    return (above || !ts_id16_equal(store, &self->parent_store)) &&
           ts_holdings_may_be(self, office, store);
}

void
ts_peers_learn_store(ts_node_t *self, ts_peer_link_t *peer, const ts_id16_t *store)
{
    if (!ts_peers_store_is_its_own(self, peer->office, peer->is_uplink, store)) {
        ts_node_note(self, TS_NOTE_WARN, "store_not_its_own", "office=%u", (unsigned)peer->office);
        return;
    }
    peer->store = *store;
    if (peer->is_uplink) {
        self->parent_store = *store;
    }
}

/* A store says what it holds itself, and only those above say what counts as held and anchored. */
static void
do_peer_holds(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect)
{
    ts_peers_learn_store(self, peer, &effect->u.holds.store);
    if (!ts_id16_equal(&peer->store, &effect->u.holds.store) || peer->class == TS_KEY_GUEST) {
        return;
    }
    self->uplink.invite_taken =
        self->uplink.invite_taken ||
        (peer->is_uplink && self->uplink.as_invite && effect->u.holds.count > 0);
    for (size_t i = 0; i < effect->u.holds.count; i++) {
        ts_holdings_note(self, &effect->u.holds.store, &effect->u.holds.tips[i].tip);
    }
}

/* Positions are a cache that saves listing; losing them costs one full listing. */
static void
do_mark(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect)
{
    ts_peers_learn_store(self, peer, &effect->u.mark.store);
    ts_share_t share = ts_share_of(self, peer);
    if (ts_scrub_asks(self)) {
        return; /* not everything was offered */
    }
    if (share.invite || share.nothing) {
        return; /* what a one-time key may see says nothing about what the office may see */
    }
    ts_custody_peer_t row = {.office = peer->office,
                             .store = effect->u.mark.store,
                             .seen = effect->u.mark.seen,
                             .offered = effect->u.mark.offered,
                             .session_ms = self->wall.ms};
    ts_err_t err = ts_custody_begin(self->custody, "mark");
    if (err != TS_ERR_OK) {
        return;
    }
    err = ts_custody_peer_put(self->custody, &row);
    if (err == TS_ERR_OK) {
        err = ts_custody_commit(self->custody);
    } else {
        ts_custody_rollback(self->custody);
    }
    if (err != TS_ERR_OK) {
        ts_node_note(self, TS_NOTE_WARN, "mark_not_kept", "code=%s", ts_err_name(err));
    }
}

static void
do_amnesia(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect)
{
    (void)peer;
    ts_log_info_t info;
    ts_own_t own = TS_OWN_NOT;
    const ts_tip_t *tip = &effect->u.amnesia.tip;
    if (ts_custody_find(self->custody, &tip->hash, NULL, NULL) == TS_ERR_OK) {
        return; /* it is here; only its bytes, or those before it, are asked for again */
    }
    ts_err_t err = ts_custody_log(self->custody, &tip->log, &info);
    if (err == TS_ERR_OK) {
        err = ts_custody_log_own(self->custody, &tip->log, &own);
    }
    if (err == TS_ERR_OK && own == TS_OWN_ACTIVE) {
        ts_node_note(self, TS_NOTE_WARN, "amnesia", "purpose=%u seq=%llu", (unsigned)info.purpose,
                     (unsigned long long)tip->seq);
        err = ts_logs_continue(self, &info, tip);
    }
    if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
        (void)ts_node_fail(self, err, ts_custody_detail(self->custody));
    }
}

/* The beginning of a segment that its header alone condemned; losing it costs the evidence only. */
static void
keep_evidence(ts_node_t *self, const ts_peer_link_t *peer, const ts_effect_t *effect)
{
    ts_hash_t hash = ts_hash_of(effect->u.note.bytes.data, effect->u.note.bytes.length);
    ts_refusal_t refusal = {.hash = hash,
                            .log = effect->u.note.tip.log,
                            .code = effect->u.note.code,
                            .source = {peer->store, self->wall.ms}};
    (void)snprintf(refusal.detail, sizeof refusal.detail, "%s", ts_err_str(effect->u.note.code));
    ts_err_t err = ts_custody_begin(self->custody, "evidence");
    if (err == TS_ERR_OK) {
        err = ts_custody_refuse(self->custody, &refusal, effect->u.note.bytes);
        if (err == TS_ERR_OK) {
            err = ts_custody_commit(self->custody);
        } else {
            ts_custody_rollback(self->custody);
        }
    }
    if (err != TS_ERR_OK) {
        ts_node_note(self, TS_NOTE_WARN, "evidence_not_kept", "code=%s", ts_err_name(err));
    }
}

static void
do_note(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect)
{
    ts_session_note_t fact = effect->u.note.fact;
    if (effect->u.note.bytes.length > 0) {
        keep_evidence(self, peer, effect);
    }
    if (fact == TS_NOTE_IN_STEP && !peer->is_uplink) {
        ts_keepers_in_step(self, peer);
    }
    bool bad = fact == TS_NOTE_REJECTED || fact == TS_NOTE_REFUSED || fact == TS_NOTE_ILLEGAL ||
               fact == TS_NOTE_STALLED;
    ts_node_note(self, bad ? TS_NOTE_WARN : TS_NOTE_INFO, "session",
                 "fact=%s office=%u code=%s number=%llu", ts_session_note_name(fact),
                 (unsigned)peer->office, ts_err_name(effect->u.note.code),
                 (unsigned long long)effect->u.note.number);
}

static void
do_close(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect)
{
    if (peer->closing) {
        return;
    }
    peer->closing = true;
    ts_node_note(self, TS_NOTE_INFO, "session_closed", "office=%u code=%s", (unsigned)peer->office,
                 ts_err_name(effect->u.close.code));
    ts_holdings_hurry(self);
    if (peer->is_uplink) {
        ts_uplink_ended(self, effect->u.close.code, effect->u.close.retry_after_ms);
    } else if (effect->u.close.code == TS_ERR_PROTOCOL || effect->u.close.code == TS_ERR_KEY) {
        self->options.out.drop(self->options.out.ctx, peer->session, effect->u.close.code);
    }
}

typedef void (*effect_fn)(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect);

static const effect_fn effects[] = {
    [TS_EFFECT_SEND] = do_send,
    [TS_EFFECT_LIST] = do_list,
    [TS_EFFECT_LOAD] = do_load,
    [TS_EFFECT_LOCATE] = do_locate,
    [TS_EFFECT_STORE_SEGMENT] = do_store,
    [TS_EFFECT_KEEP_PARTIAL] = do_keep_partial,
    [TS_EFFECT_PEER_HOLDS] = do_peer_holds,
    [TS_EFFECT_MARK] = do_mark,
    [TS_EFFECT_AMNESIA] = do_amnesia,
    [TS_EFFECT_NOTE] = do_note,
    [TS_EFFECT_CLOSE] = do_close,
};

void
ts_peers_effect(ts_node_t *self, ts_peer_link_t *peer, const ts_effect_t *effect)
{
    effects[effect->kind](self, peer, effect);
}
