/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Custody path for what comes in: envelope, hashes, signature, certificates → commit → read back
 * and hash again → only then the session hears STORED. It never opens a payload.
 */
#include "base/check.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "node/node_p.h"

#include <string.h>

/* A person who made room waits no longer for what is under way; one window is lost each time. */
#define FULL_RETRY_S 15

/* What became of one item of a batch. */
typedef struct verdict {
    ts_err_t code; /* OK: stored or held already */
    bool fresh;    /* stored by this batch */
    ts_hash_t hash;
    ts_tip_t tip;
    ts_hash_t prev;
    ts_log_info_t info;
    uint64_t arrival;
} verdict_t;

/* Tips that this batch added, also those that came out of the waiting room. */
typedef struct fresh_tips {
    ts_tip_t *tips;
    ts_log_info_t *infos;
    size_t count;
    size_t tip_capacity;
    size_t info_capacity;
    uint64_t first_arrival;
    uint64_t last_arrival;
    bool genesis;
} fresh_tips_t;

void
ts_intake_add(ts_node_t *self,
              const ts_peer_link_t *peer,
              uint16_t stream,
              const ts_hash_t *log,
              ts_bytes_t bytes)
{
    ts_intake_t *intake = &self->intake;
    intake->items =
        ts_xgrow(intake->items, intake->count + 1, &intake->capacity, sizeof *intake->items);
    ts_intake_item_t *item = &intake->items[intake->count++];
    memset(item, 0, sizeof *item);
    item->session = peer->session;
    item->peer_serial = peer->serial;
    item->stream = stream;
    item->log = *log;
    ts_buf_put(&item->bytes, bytes.data, bytes.length);
}

void
ts_intake_free(ts_intake_t *intake)
{
    for (size_t i = 0; i < intake->count; i++) {
        ts_buf_free(&intake->items[i].bytes);
    }
    ts_xfree(intake->items);
    *intake = (ts_intake_t){0};
}

/* ---- judging one segment */

static void
info_of_genesis(const ts_genesis_t *genesis, const ts_hash_t *log, ts_log_info_t *ret_info)
{
    *ret_info = (ts_log_info_t){
        .log = *log,
        .office = genesis->office,
        .purpose = genesis->purpose,
        .audience = genesis->audience,
        .audience_unit = genesis->audience_unit,
        .node_key = genesis->node_key,
        .node_curve_key = genesis->node_curve_key,
        .invite_key = genesis->invite_key,
        .predecessor = {genesis->predecessor_log, genesis->predecessor_seq,
                        genesis->predecessor_hash},
    };
}

static ts_err_t
find_signer(ts_node_t *self,
            const ts_segment_view_t *view,
            const ts_hash_t *hash,
            ts_log_info_t *ret_info)
{
    if ((view->header.flags & TS_SEGMENT_GENESIS) == 0) {
        return ts_custody_log(self->custody, &view->header.log, ret_info);
    }
    ts_genesis_t genesis;
    ts_err_t err = ts_genesis_parse(view->payload, &genesis);
    if (err == TS_ERR_OK) {
        err = ts_genesis_verify(&self->identity.keys.deployment, &genesis);
    }
    if (err == TS_ERR_OK) {
        info_of_genesis(&genesis, hash, ret_info);
    }
    return err;
}

ts_err_t
ts_segment_verify(ts_node_t *self,
                  const ts_segment_view_t *view,
                  ts_hash_t *ret_hash,
                  ts_log_info_t *ret_info)
{
    *ret_hash = ts_hash_of(view->whole.data, TS_SEGMENT_FIXED_BYTES);
    if (!ts_id16_equal(&view->header.deployment, &self->identity.keys.deployment)) {
        return TS_ERR_FOREIGN;
    }
    ts_hash_t payload = ts_hash_of(view->payload.data, view->payload.length);
    if (!ts_hash_equal(&payload, &view->header.payload_hash)) {
        return TS_ERR_HASH;
    }
    ts_log_info_t info;
    ts_err_t err = find_signer(self, view, ret_hash, &info);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_hash_t key = ts_hash_of(info.node_key.b, sizeof info.node_key.b);
    if (ts_hash_prefix(&key) != view->header.key_id) {
        return TS_ERR_SIGNATURE;
    }
    err =
        ts_sign_verify(&info.node_key, TS_SEGMENT_DOMAIN, &view->signed_bytes, 1, view->signature);
    if (err == TS_ERR_OK) {
        *ret_info = info;
    }
    return err;
}

/* ---- one batch */

static void
remember_fresh(fresh_tips_t *fresh,
               const ts_tip_t *tip,
               const ts_log_info_t *info,
               uint64_t arrival)
{
    fresh->tips =
        ts_xgrow(fresh->tips, fresh->count + 1, &fresh->tip_capacity, sizeof *fresh->tips);
    fresh->infos =
        ts_xgrow(fresh->infos, fresh->count + 1, &fresh->info_capacity, sizeof *fresh->infos);
    fresh->tips[fresh->count] = *tip;
    fresh->infos[fresh->count] = *info;
    fresh->count++;
    if (fresh->first_arrival == 0) {
        fresh->first_arrival = arrival;
    }
    fresh->last_arrival = arrival;
    fresh->genesis = fresh->genesis || tip->seq == 0;
}

static ts_err_t
keep_evidence(ts_node_t *self,
              const ts_hash_t *hash,
              const ts_hash_t *log,
              ts_err_t code,
              const ts_put_source_t *source,
              ts_bytes_t bytes)
{
    ts_refusal_t refusal = {.hash = *hash, .log = *log, .code = code, .source = *source};
    const char *text = ts_err_str(code);
    size_t length = strlen(text);
    length = length < sizeof refusal.detail ? length : sizeof refusal.detail - 1;
    memcpy(refusal.detail, text, length);
    return ts_custody_refuse(self->custody, &refusal, bytes);
}

static ts_tip_t
tip_of(const ts_segment_view_t *view, const ts_hash_t *hash)
{
    bool genesis = (view->header.flags & TS_SEGMENT_GENESIS) != 0;
    return (ts_tip_t){genesis ? *hash : view->header.log, ts_segment_last_seq(&view->header),
                      *hash};
}

/* Puts one segment. Errors are those of the disk; what is wrong with the segment stands in the
 * verdict. */
static ts_err_t
put_segment(ts_node_t *self,
            ts_bytes_t bytes,
            const ts_put_source_t *source,
            verdict_t *verdict,
            bool *ret_wakes)
{
    ts_segment_view_t view;
    *ret_wakes = false;
    verdict->code = ts_segment_parse(bytes, &view);
    if (verdict->code != TS_ERR_OK) {
        return keep_evidence(self, &verdict->hash, &verdict->tip.log, verdict->code, source, bytes);
    }
    verdict->code = ts_segment_verify(self, &view, &verdict->hash, &verdict->info);
    verdict->tip = tip_of(&view, &verdict->hash);
    verdict->prev = view.header.prev;
    if (verdict->code != TS_ERR_OK && verdict->code != TS_ERR_NOTFOUND) {
        return keep_evidence(self, &verdict->hash, &verdict->tip.log, verdict->code, source, bytes);
    }
    ts_put_result_t result = {0};
    ts_err_t err = ts_custody_put(self->custody, &view, &verdict->hash, source, &result);
    if (err != TS_ERR_OK) {
        return err;
    }
    verdict->arrival = result.arrival;
    verdict->fresh = result.outcome == TS_PUT_STORED || result.outcome == TS_PUT_FORK;
    *ret_wakes = verdict->fresh && result.wakes;
    if (result.outcome == TS_PUT_DUPLICATE) {
        err = ts_scrub_mend(self, &view, &verdict->hash);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    if (result.outcome == TS_PUT_FORK) {
        ts_node_note(self, TS_NOTE_WARN, "fork", "office=%u seq=%llu",
                     (unsigned)verdict->info.office, (unsigned long long)verdict->tip.seq);
    }
    if (result.outcome == TS_PUT_WAITING) {
        verdict->code = TS_ERR_NOTFOUND;
    } else if (result.outcome == TS_PUT_REFUSED) {
        verdict->code = result.code;
        return keep_evidence(self, &verdict->hash, &verdict->tip.log, result.code, source, bytes);
    }
    return TS_ERR_OK;
}

/* Hashes whose waiting segments are to be looked for. */
typedef struct woken {
    ts_hash_t *hashes;
    size_t count;
    size_t capacity;
} woken_t;

static void
add_woken(woken_t *woken, const ts_hash_t *hash)
{
    woken->hashes =
        ts_xgrow(woken->hashes, woken->count + 1, &woken->capacity, sizeof *woken->hashes);
    woken->hashes[woken->count++] = *hash;
}

/* All that waited for one segment, on every branch; what is stored may wake others. */
static ts_err_t
take_waiting(ts_node_t *self, const ts_hash_t *hash, woken_t *woken, fresh_tips_t *fresh)
{
    ts_buf_t bytes = {0};
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK) {
        ts_put_source_t source;
        verdict_t verdict = {0};
        bool wakes = false;
        err = ts_custody_waiting_take(self->custody, hash, &bytes, &source);
        if (err == TS_ERR_OK) {
            err = put_segment(self, ts_buf_bytes(&bytes), &source, &verdict, &wakes);
        }
        if (err == TS_ERR_OK && verdict.fresh) {
            remember_fresh(fresh, &verdict.tip, &verdict.info, verdict.arrival);
        }
        if (err == TS_ERR_OK && wakes) {
            add_woken(woken, &verdict.hash);
        }
    }
    ts_buf_free(&bytes);
    return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
}

static ts_err_t
wake_waiting(ts_node_t *self, const ts_hash_t *hash, fresh_tips_t *fresh)
{
    woken_t woken = {0};
    add_woken(&woken, hash);
    ts_err_t err = TS_ERR_OK;
    for (size_t next = 0; err == TS_ERR_OK && next < woken.count; next++) {
        ts_hash_t now = woken.hashes[next];
        err = take_waiting(self, &now, &woken, fresh);
    }
    ts_xfree(woken.hashes);
    return err;
}

/* A one-time key may deliver the geneses of its own office and nothing else. */
static bool
invite_may_bring(const ts_peer_link_t *peer, ts_bytes_t bytes)
{
    ts_segment_view_t view;
    ts_genesis_t genesis;
    return ts_segment_parse(bytes, &view) == TS_ERR_OK &&
           (view.header.flags & TS_SEGMENT_GENESIS) != 0 &&
           ts_genesis_parse(view.payload, &genesis) == TS_ERR_OK &&
           ts_hash_equal(&genesis.invite_curve_key, &peer->curve_key);
}

static ts_err_t
put_item(ts_node_t *self, const ts_intake_item_t *item, verdict_t *verdict, fresh_tips_t *fresh)
{
    const ts_peer_link_t *peer = item->carried ? NULL : ts_peers_find(self, item->session);
    bool same = peer != NULL && peer->serial == item->peer_serial;
    ts_put_source_t source = {.store = item->store, .received_ms = self->wall.ms};
    if (same) {
        source.store = peer->store;
    }
    verdict->tip.log = item->log;
    if (same && peer->class == TS_KEY_INVITE &&
        !invite_may_bring(peer, ts_buf_bytes(&item->bytes))) {
        verdict->code = TS_ERR_DENIED;
        return TS_ERR_OK;
    }
    bool wakes = false;
    ts_err_t err = put_segment(self, ts_buf_bytes(&item->bytes), &source, verdict, &wakes);
    if (err == TS_ERR_OK && verdict->fresh) {
        remember_fresh(fresh, &verdict->tip, &verdict->info, verdict->arrival);
    }
    if (err == TS_ERR_OK && wakes) {
        err = wake_waiting(self, &verdict->hash, fresh);
    }
    return err;
}

/* What the disk gives back must be what its header says. */
static ts_err_t
check_read_back(void *context, uint64_t arrival, ts_bytes_t bytes)
{
    (void)arrival;
    ts_node_t *self = context;
    ts_segment_view_t view;
    ts_hash_t hash;
    if (ts_segment_parse(bytes, &view) != TS_ERR_OK) {
        return TS_ERR_CORRUPT;
    }
    ts_hash_t payload = ts_hash_of(view.payload.data, view.payload.length);
    if (!ts_hash_equal(&payload, &view.header.payload_hash)) {
        return TS_ERR_CORRUPT;
    }
    hash = ts_hash_of(bytes.data, TS_SEGMENT_FIXED_BYTES);
    ts_held_segment_t stored;
    return ts_custody_find(self->custody, &hash, &stored, NULL) == TS_ERR_OK &&
                   stored.arrival == arrival
               ? TS_ERR_OK
               : TS_ERR_CORRUPT;
}

static ts_err_t
commit_batch(ts_node_t *self,
             const ts_intake_item_t *items,
             size_t count,
             verdict_t *verdicts,
             fresh_tips_t *fresh)
{
    ts_err_t err = ts_custody_begin(self->custody, "take in");
    for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
        err = put_item(self, &items[i], &verdicts[i], fresh);
        if (err != TS_ERR_OK) {
            ts_custody_rollback(self->custody);
        }
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_commit(self->custody);
    }
    ts_scrub_mended(self, err == TS_ERR_OK);
    if (err == TS_ERR_OK && fresh->count > 0) {
        err = ts_custody_read_back(self->custody, fresh->first_arrival, fresh->last_arrival,
                                   check_read_back, self);
    }
    return err;
}

/* ---- answering */

static void
answer_refused(ts_node_t *self,
               const ts_intake_item_t *item,
               ts_peer_link_t *peer,
               const verdict_t *verdict)
{
    ts_session_event_t event = {.kind = TS_SESSION_STORE_REFUSED};
    event.u.refused.stream = item->stream;
    event.u.refused.log = item->log;
    event.u.refused.segment = verdict->hash;
    event.u.refused.code = verdict->code;
    event.u.refused.retry_after_s = verdict->code == TS_ERR_FULL ? FULL_RETRY_S : 0;
    if (verdict->code != TS_ERR_NOTFOUND) {
        ts_node_note(self, TS_NOTE_WARN, "segment_refused", "office=%u code=%s",
                     (unsigned)peer->office, ts_err_name(verdict->code));
    }
    ts_peers_step(self, peer, &event);
}

/* All that is stored of one peer in one event: one CUSTODY. */
static void
answer_stored(ts_node_t *self, size_t first, size_t count, const verdict_t *verdicts)
{
    const ts_intake_item_t *items = self->intake.items;
    ts_session_stored_t stored[TS_CUSTODY_BATCH_MAX];
    size_t stored_count = 0;
    for (size_t i = first; i < count; i++) {
        if (items[i].peer_serial == items[first].peer_serial && verdicts[i].code == TS_ERR_OK) {
            stored[stored_count++] =
                (ts_session_stored_t){items[i].stream, verdicts[i].tip, verdicts[i].prev};
        }
    }
    ts_peer_link_t *peer = ts_peers_find(self, items[first].session);
    if (peer == NULL || peer->serial != items[first].peer_serial || stored_count == 0) {
        return;
    }
    ts_session_event_t event = {.kind = TS_SESSION_STORED};
    event.u.stored.items = stored;
    event.u.stored.count = stored_count;
    event.u.stored.arrival = ts_custody_arrival(self->custody);
    ts_peers_step(self, peer, &event);
}

static bool
seen_before(const ts_intake_item_t *items, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (items[i].peer_serial == items[at].peer_serial) {
            return true;
        }
    }
    return false;
}

/* The kept beginning of a segment is of no use once the segment has been judged; a later one of
 * the same log stays. */
static void
drop_partial(ts_node_t *self, const ts_intake_item_t *item, const verdict_t *verdict)
{
    ts_partial_t partial;
    ts_buf_t bytes = {0};
    if (verdict->code != TS_ERR_FULL &&
        ts_scratch_get(self->scratch, &item->log, &partial, &bytes) == TS_ERR_OK &&
        partial.prefix == ts_hash_prefix(&verdict->hash) &&
        ts_scratch_drop(self->scratch, &item->log) != TS_ERR_OK) {
        ts_node_note(self, TS_NOTE_DEBUG, "partial_not_dropped", "%s", "");
    }
    ts_buf_free(&bytes);
}

static void
answer(ts_node_t *self, size_t count, const verdict_t *verdicts)
{
    for (size_t i = 0; i < count; i++) {
        drop_partial(self, &self->intake.items[i], &verdicts[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (!seen_before(self->intake.items, i)) {
            answer_stored(self, i, count, verdicts);
        }
    }
    for (size_t i = 0; i < count; i++) {
        const ts_intake_item_t *item = &self->intake.items[i];
        ts_peer_link_t *peer = ts_peers_find(self, item->session);
        if (verdicts[i].code != TS_ERR_OK && peer != NULL && peer->serial == item->peer_serial) {
            answer_refused(self, item, peer, &verdicts[i]);
        }
    }
}

/* The disk has no room: nothing of the batch is stored, every sender is told to come later. */
static void
answer_later(ts_node_t *self, size_t count, verdict_t *verdicts, ts_err_t err)
{
    for (size_t i = 0; i < count; i++) {
        verdicts[i].code = err;
        verdicts[i].fresh = false;
    }
    answer(self, count, verdicts);
}

/* `tip` is of a log in which we once went on from this one and of which we knew nothing: the next
 * one continues that, so that in the whole line of logs one is the last. */
static ts_err_t
leave_for(ts_node_t *self, const ts_hash_t *log, const ts_tip_t *tip)
{
    ts_own_t own = TS_OWN_NOT;
    ts_log_info_t info;
    ts_err_t err = ts_custody_log_own(self->custody, log, &own);
    if (err != TS_ERR_OK || own != TS_OWN_ACTIVE) {
        return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    err = ts_custody_log(self->custody, log, &info);
    if (err == TS_ERR_OK && !ts_hash_is_zero(&info.predecessor.log)) {
        err = ts_custody_log_own(self->custody, &info.predecessor.log, &own);
        own = err == TS_ERR_NOTFOUND ? TS_OWN_NOT : own;
        err = err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    return err == TS_ERR_OK && own != TS_OWN_NOT ? ts_logs_continue(self, &info, tip) : err;
}

/* A segment of our own that we did not write any more, or the log in which we once went on: the
 * store went back, and somebody below or above kept it. Such a log is never extended again. */
static ts_err_t
leave_own_log(ts_node_t *self, const ts_log_info_t *info, const ts_tip_t *tip)
{
    ts_own_t own = TS_OWN_NOT;
    if (info->office != self->identity.keys.office) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_custody_log_own(self->custody, &info->log, &own);
    if (err == TS_ERR_OK && own == TS_OWN_ACTIVE) {
        return ts_logs_continue(self, info, tip);
    }
    bool root = self->identity.parent_office == 0; /* below it a copy of a machine does so */
    return err == TS_ERR_OK && root ? leave_for(self, &info->predecessor.log, tip) : err;
}

static void
tell_others(ts_node_t *self, const fresh_tips_t *fresh, uint64_t except_serial)
{
    for (size_t i = 0; i < fresh->count; i++) {
        ts_holdings_moved(self, &fresh->infos[i]);
        ts_holdings_came(self, &fresh->infos[i], fresh->genesis);
    }
    if (fresh->count > 0) {
        ts_peers_tips(self, fresh->tips, fresh->count, except_serial);
    }
    for (size_t i = 0; fresh->genesis && i < fresh->count; i++) {
        if (fresh->tips[i].seq == 0) {
            self->admit_stale = true;
            ts_registrar_genesis(self, &fresh->infos[i]);
        }
    }
}

/* After the answers: what follows from what was stored. */
static ts_err_t
follow_up(ts_node_t *self, const fresh_tips_t *fresh, uint64_t except_serial)
{
    ts_err_t err = TS_ERR_OK;
    tell_others(self, fresh, except_serial);
    for (size_t i = fresh->count; err == TS_ERR_OK && i > 0; i--) {
        err = leave_own_log(self, &fresh->infos[i - 1], &fresh->tips[i - 1]);
    }
    return err;
}

static void
free_fresh(fresh_tips_t *fresh)
{
    ts_xfree(fresh->tips);
    ts_xfree(fresh->infos);
}

static void
drop_items(ts_intake_t *intake, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ts_buf_free(&intake->items[i].bytes);
    }
    memmove(intake->items, intake->items + count, (intake->count - count) * sizeof *intake->items);
    intake->count -= count;
}

ts_err_t
ts_intake_turn(ts_node_t *self)
{
    size_t count =
        self->intake.count < TS_CUSTODY_BATCH_MAX ? self->intake.count : TS_CUSTODY_BATCH_MAX;
    if (count == 0) {
        return TS_ERR_OK;
    }
    verdict_t *verdicts = ts_xcalloc(count, sizeof *verdicts);
    fresh_tips_t fresh = {0};
    ts_err_t err = commit_batch(self, self->intake.items, count, verdicts, &fresh);
    uint64_t serial = self->intake.items[0].peer_serial;
    bool one_sender = true;
    for (size_t i = 1; i < count; i++) {
        one_sender = one_sender && self->intake.items[i].peer_serial == serial;
    }
    if (err == TS_ERR_FULL) {
        answer_later(self, count, verdicts, err);
        ts_node_note(self, TS_NOTE_ERROR, "disk_full", "refused=%zu", count);
        fresh.count = 0;
        err = TS_ERR_OK;
    } else if (err == TS_ERR_OK) {
        answer(self, count, verdicts);
        drop_items(&self->intake, count);
        count = 0;
        err = follow_up(self, &fresh, one_sender ? serial : 0);
    }
    if (count > 0) {
        drop_items(&self->intake, count);
    }
    ts_xfree(verdicts);
    free_fresh(&fresh);
    return err;
}

ts_err_t
ts_intake_carried(ts_node_t *self,
                  const ts_id16_t *store,
                  ts_buf_t *segments,
                  size_t count,
                  ts_carried_t *ret_carried)
{
    TS_CHECK(count > 0 && count <= TS_CUSTODY_BATCH_MAX);
    ts_intake_item_t items[TS_CUSTODY_BATCH_MAX];
    verdict_t *verdicts = ts_xcalloc(count, sizeof *verdicts);
    fresh_tips_t fresh = {0};
    memset(items, 0, sizeof items);
    for (size_t i = 0; i < count; i++) {
        items[i].carried = true;
        items[i].store = *store;
        items[i].bytes = segments[i];
    }
    ts_err_t err = commit_batch(self, items, count, verdicts, &fresh);
    for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
        ret_carried[i] = (ts_carried_t){
            .code = verdicts[i].code, .fresh = verdicts[i].fresh, .tip = verdicts[i].tip};
    }
    if (err == TS_ERR_OK) {
        err = follow_up(self, &fresh, 0);
    }
    ts_xfree(verdicts);
    free_fresh(&fresh);
    return err;
}
