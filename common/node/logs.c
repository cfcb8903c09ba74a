/* SPDX-License-Identifier: MPL-2.0 */
/* Own logs: mint, append, seal, witness. Order of everything that leaves: commit, witness, first
 * byte out. */
#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "node/node_p.h"

#include <limits.h>
#include <string.h>

/* A write up to this size is sealed in its own commit. */
#define SEAL_AT_ONCE_BYTES 65536u

/* Tail of one log as it is being sealed. */
typedef struct tail {
    ts_buf_t *buffers;
    ts_bytes_t *events;
    uint64_t *counters;
    size_t count;
    size_t capacity;
    size_t bytes;
} tail_t;

static uint64_t
key_id_of(const ts_hash_t *public_key)
{
    ts_hash_t hash = ts_hash_of(public_key->b, sizeof public_key->b);
    return ts_hash_prefix(&hash);
}

static ts_witness_place_t
place_of(const ts_node_t *self)
{
    return (ts_witness_place_t){self->options.machine, ts_custody_inode(self->custody),
                                ts_custody_boot(self->custody)};
}

static ts_put_source_t
own_source(const ts_node_t *self)
{
    return (ts_put_source_t){ts_custody_store_id(self->custody), self->wall.ms};
}

/* Header fields that every own segment has. */
static ts_segment_header_t
own_header(const ts_node_t *self, const ts_hash_t *signer)
{
    ts_segment_header_t header = {0};
    header.deployment = self->identity.keys.deployment;
    header.key_id = key_id_of(signer);
    header.claimed_ms = self->wall.ms;
    header.mono_ms = self->now.ms;
    header.boot = ts_custody_boot(self->custody);
    return header;
}

/* Header + signature + payload; the hash of the first two is the segment's. */
static void
sign_segment(ts_node_t *self,
             ts_segment_header_t *header,
             uint8_t purpose,
             ts_bytes_t payload,
             ts_buf_t *out,
             ts_hash_t *ret_hash)
{
    header->stored_bytes = (uint32_t)payload.length;
    header->payload_hash = ts_hash_of(payload.data, payload.length);
    ts_buf_clear(out);
    ts_segment_put_header(out, header);
    const ts_secret_t *secret = purpose == TS_PURPOSE_REGISTRY ? &self->identity.registrar_secret
                                                               : &self->identity.keys.sign_secret;
    uint8_t signature[TS_SIGNATURE_BYTES];
    ts_bytes_t signed_bytes = ts_buf_bytes(out);
    ts_sign(secret, TS_SEGMENT_DOMAIN, &signed_bytes, 1, signature);
    ts_buf_put(out, signature, sizeof signature);
    *ret_hash = ts_hash_of(out->data, out->length);
    ts_buf_put(out, payload.data, payload.length);
}

static uint8_t
audience_of(uint8_t purpose, ts_record_id_t unit)
{
    switch (purpose) {
    case TS_PURPOSE_ACTS:
    case TS_PURPOSE_RECORDS:
        return TS_AUDIENCE_UP;
    case TS_PURPOSE_PRIVATE:
        return TS_AUDIENCE_SELF;
    default:
        return unit == 0 ? TS_AUDIENCE_DOWN_ALL : TS_AUDIENCE_DOWN_UNIT;
    }
}

static void
put_genesis(ts_node_t *self,
            uint8_t purpose,
            ts_record_id_t unit,
            const ts_tip_t *predecessor,
            ts_buf_t *out)
{
    ts_genesis_t genesis = self->identity.chain;
    genesis.purpose = purpose;
    genesis.audience = audience_of(purpose, unit);
    genesis.audience_unit = unit;
    ts_random_bytes(self->options.random, genesis.nonce, sizeof genesis.nonce);
    if (predecessor != NULL) {
        genesis.predecessor_log = predecessor->log;
        genesis.predecessor_seq = predecessor->seq;
        genesis.predecessor_hash = predecessor->hash;
    }
    if (purpose == TS_PURPOSE_REGISTRY) {
        genesis.node_key = genesis.registrar_key;
        memcpy(genesis.node_signature, self->identity.registry_signature,
               sizeof genesis.node_signature);
    }
    ts_genesis_put(out, &genesis);
}

/* In the open transaction: the new log is ours and active; the one that it continues (NULL: none)
 * is past from here on, and what lay in its tail is the new one's. */
static ts_err_t
put_own_genesis(ts_node_t *self,
                const ts_segment_view_t *view,
                const ts_hash_t *hash,
                const ts_hash_t *continued)
{
    ts_put_result_t result = {0};
    ts_put_source_t source = own_source(self);
    ts_err_t err = ts_custody_put(self->custody, view, hash, &source, &result);
    if (err == TS_ERR_OK && result.outcome != TS_PUT_STORED) {
        err = TS_ERR_CORRUPT;
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_own_set(self->custody, hash, TS_OWN_ACTIVE);
    }
    if (err == TS_ERR_OK && continued != NULL) {
        err = ts_custody_own_set(self->custody, continued, TS_OWN_PAST);
    }
    if (err == TS_ERR_OK && continued != NULL) {
        err = ts_custody_tail_move(self->custody, continued, hash);
    }
    return err;
}

/* One commit, so that a stop never leaves two logs that both go on. */
static ts_err_t
store_genesis(ts_node_t *self, ts_bytes_t bytes, const ts_hash_t *hash, const ts_hash_t *continued)
{
    ts_segment_view_t view;
    ts_err_t err = ts_segment_parse(bytes, &view);
    TS_CHECK(err == TS_ERR_OK);
    err = ts_custody_begin(self->custody, "mint");
    if (err != TS_ERR_OK) {
        return err;
    }
    err = put_own_genesis(self, &view, hash, continued);
    if (err != TS_ERR_OK) {
        ts_custody_rollback(self->custody);
        return err;
    }
    return ts_custody_commit(self->custody);
}

/* After a commit. What the witness could not take (a full disk) is durable all the same, but stays
 * inside until it could, see ts_logs_may_leave. */
static ts_err_t
witness_tip(ts_node_t *self, const ts_tip_t *tip)
{
    ts_witness_place_t place = place_of(self);
    ts_err_t err = ts_witness_advance(self->witness, &place, tip, 1);
    if (err == TS_ERR_FULL) {
        ts_node_note(self, TS_NOTE_ERROR, "witness_full", "seq=%llu", (unsigned long long)tip->seq);
        self->witness_behind = true;
        err = TS_ERR_OK;
    }
    self->kept_due = true;
    if (err == TS_ERR_OK && !self->witness_behind) {
        ts_peers_tips(self, tip, 1, 0);
    }
    return err;
}

static ts_err_t
mint(ts_node_t *self,
     uint8_t purpose,
     ts_record_id_t unit,
     const ts_tip_t *predecessor,
     const ts_hash_t *continued,
     ts_hash_t *ret_log)
{
    if (purpose == TS_PURPOSE_REGISTRY && !self->identity.is_registrar) {
        return TS_ERR_DENIED;
    }
    ts_buf_t payload = {0};
    ts_buf_t bytes = {0};
    ts_hash_t hash;
    put_genesis(self, purpose, unit, predecessor, &payload);
    const ts_hash_t *signer = purpose == TS_PURPOSE_REGISTRY ? &self->identity.chain.registrar_key
                                                             : &self->identity.keys.sign_public;
    ts_segment_header_t header = own_header(self, signer);
    header.flags = TS_SEGMENT_GENESIS;
    header.codec = TS_CODEC_GENESIS;
    header.raw_bytes = (uint32_t)payload.length;
    sign_segment(self, &header, purpose, ts_buf_bytes(&payload), &bytes, &hash);
    ts_err_t err = store_genesis(self, ts_buf_bytes(&bytes), &hash, continued);
    ts_tip_t tip = {hash, 0, hash};
    if (err == TS_ERR_OK) {
        err = witness_tip(self, &tip);
    }
    ts_buf_free(&payload);
    ts_buf_free(&bytes);
    if (err == TS_ERR_OK) {
        *ret_log = hash;
    }
    return err;
}

/* The one tip of an own active log. */
static ts_err_t
own_tip(ts_node_t *self, const ts_hash_t *log, ts_tip_t *ret_tip)
{
    ts_custody_tip_t tip[2];
    size_t count = 0;
    ts_err_t err = ts_custody_log_tips(self->custody, log, tip, 2, &count);
    if (err == TS_ERR_OK && count != 1) {
        err = TS_ERR_CORRUPT;
    }
    if (err == TS_ERR_OK) {
        *ret_tip = tip[0].tip;
    }
    return err;
}

ts_err_t
ts_logs_active(ts_node_t *self, uint8_t purpose, ts_record_id_t unit, ts_log_info_t *ret_info)
{
    ts_err_t err = ts_custody_own_active(self->custody, purpose, unit, ret_info);
    if (err == TS_ERR_OK && purpose == TS_PURPOSE_REGISTRY && self->identity.is_registrar &&
        !ts_hash_equal(&ret_info->node_key, &self->identity.chain.registrar_key)) {
        /* The registrar's key was replaced: its registry goes on in a log of the new one. */
        ts_tip_t tip;
        err = own_tip(self, &ret_info->log, &tip);
        if (err == TS_ERR_OK) {
            err = ts_logs_continue(self, ret_info, &tip);
        }
        return err == TS_ERR_OK ? ts_custody_own_active(self->custody, purpose, unit, ret_info)
                                : err;
    }
    if (err != TS_ERR_NOTFOUND) {
        return err;
    }
    ts_hash_t log;
    err = mint(self, purpose, unit, NULL, NULL, &log);
    return err == TS_ERR_OK ? ts_custody_log(self->custody, &log, ret_info) : err;
}

ts_err_t
ts_logs_found(ts_node_t *self)
{
    static const uint8_t purposes[] = {TS_PURPOSE_REGISTRY, TS_PURPOSE_ACTS, TS_PURPOSE_RECORDS};
    ts_err_t err = TS_ERR_OK;
    for (size_t i = self->identity.is_registrar ? 0 : 1; err == TS_ERR_OK && i < sizeof purposes;
         i++) {
        ts_log_info_t info;
        err = ts_logs_active(self, purposes[i], 0, &info);
    }
    return err;
}

ts_err_t
ts_logs_continue(ts_node_t *self, const ts_log_info_t *log, const ts_tip_t *tip)
{
    ts_hash_t successor;
    ts_record_id_t unit = log->audience == TS_AUDIENCE_DOWN_UNIT ? log->audience_unit : 0;
    /* Nobody extends it any more: its tip, or the tip beside it, proves nothing at the next start.
     */
    ts_witness_forget(self->witness, &log->log);
    ts_err_t err = mint(self, log->purpose, unit, tip, &log->log, &successor);
    if (err == TS_ERR_OK) {
        ts_node_note(self, TS_NOTE_WARN, "log_continued", "purpose=%u seq=%llu",
                     (unsigned)log->purpose, (unsigned long long)tip->seq);
    }
    return err;
}

/* ---- witness at start */

static ts_err_t
witness_own_tips(ts_node_t *self)
{
    ts_err_t err = TS_ERR_OK;
    ts_log_info_t info = {.office = 0};
    while (err == TS_ERR_OK && ts_custody_log_next(self->custody, &info) == TS_ERR_OK) {
        ts_own_t own = TS_OWN_NOT;
        ts_custody_tip_t tip;
        size_t count = 0;
        err = ts_custody_log_own(self->custody, &info.log, &own);
        if (err == TS_ERR_OK && own == TS_OWN_ACTIVE) {
            err = ts_custody_log_tips(self->custody, &info.log, &tip, 1, &count);
        }
        if (err == TS_ERR_OK && count == 1) {
            ts_witness_place_t place = place_of(self);
            err = ts_witness_advance(self->witness, &place, &tip.tip, 1);
        }
    }
    return err;
}

bool
ts_logs_may_leave(const ts_node_t *self, const ts_log_info_t *info)
{
    return !self->witness_behind || info->office != self->identity.keys.office;
}

ts_err_t
ts_logs_catch_up_witness(ts_node_t *self)
{
    if (!self->witness_behind) {
        return TS_ERR_OK;
    }
    ts_err_t err = witness_own_tips(self);
    if (err != TS_ERR_OK) {
        return err;
    }
    self->witness_behind = false;
    ts_peers_own_again(self);
    return TS_ERR_OK;
}

ts_err_t
ts_logs_check_witness(ts_node_t *self)
{
    ts_witness_place_t place = place_of(self);
    ts_witness_verdict_t verdict = TS_WITNESS_NORMAL;
    uint64_t leaving = 0;
    ts_err_t err = ts_witness_compare(self->witness, self->custody, &place, &verdict);
    if (err == TS_ERR_OK) {
        err = ts_custody_number_get(self->custody, TS_LOGS_LEAVING, &leaving);
    }
    if (err != TS_ERR_OK || (verdict == TS_WITNESS_FRESH && leaving == 0)) {
        return err;
    }
    if (!ts_witness_verdict_mints(verdict) && leaving == 0) {
        return witness_own_tips(self);
    }
    ts_node_note(self, TS_NOTE_WARN, "witness", "verdict=%s", ts_witness_verdict_name(verdict));
    err = ts_logs_leave_all(self, leaving);
    if (err == TS_ERR_OK) {
        err = witness_own_tips(self);
    }
    return err == TS_ERR_OK ? ts_logs_all_left(self) : err;
}

/* ---- sealing */

static void
tail_free(tail_t *tail)
{
    for (size_t i = 0; i < tail->capacity; i++) {
        ts_buf_free(&tail->buffers[i]);
    }
    ts_xfree(tail->buffers);
    ts_xfree(tail->events);
    ts_xfree(tail->counters);
    *tail = (tail_t){0};
}

static void
tail_grow(tail_t *tail)
{
    size_t capacity = tail->capacity == 0 ? 16 : tail->capacity * 2;
    tail->buffers = ts_xrealloc(tail->buffers, capacity * sizeof *tail->buffers);
    tail->events = ts_xrealloc(tail->events, capacity * sizeof *tail->events);
    tail->counters = ts_xrealloc(tail->counters, capacity * sizeof *tail->counters);
    memset(tail->buffers + tail->capacity, 0, (capacity - tail->capacity) * sizeof *tail->buffers);
    tail->capacity = capacity;
}

static ts_err_t
tail_load(ts_node_t *self, const ts_hash_t *log, tail_t *tail)
{
    uint64_t counter = 0;
    tail->count = 0;
    tail->bytes = 0;
    while (tail->count < TS_SEGMENT_EVENTS_MAX) {
        if (tail->count == tail->capacity) {
            tail_grow(tail);
        }
        ts_buf_t *buffer = &tail->buffers[tail->count];
        ts_tail_event_t event;
        ts_err_t err = ts_custody_tail_next(self->custody, log, counter, &event, buffer);
        if (err == TS_ERR_NOTFOUND) {
            return TS_ERR_OK;
        }
        if (err != TS_ERR_OK) {
            return err;
        }
        if (tail->bytes + buffer->length + 8 > TS_PAYLOAD_RAW_BYTES_MAX) {
            return TS_ERR_OK;
        }
        counter = event.counter;
        tail->counters[tail->count] = event.counter;
        tail->events[tail->count] = ts_buf_bytes(buffer);
        tail->bytes += buffer->length + 8;
        tail->count++;
    }
    return TS_ERR_OK;
}

ts_err_t
ts_logs_put(ts_node_t *self,
            const ts_log_info_t *info,
            ts_segment_header_t *header,
            ts_bytes_t payload,
            ts_tip_t *ret_tip)
{
    ts_tip_t before;
    ts_buf_t bytes = {0};
    ts_hash_t hash;
    ts_segment_view_t view;
    ts_put_result_t result = {0};
    ts_err_t err = own_tip(self, &info->log, &before);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_segment_header_t own = own_header(self, &info->node_key);
    own.log = info->log;
    own.first_seq = before.seq + 1;
    own.count = header->count;
    own.prev = before.hash;
    own.codec = header->codec;
    own.encryption = header->encryption;
    own.recipient_key_id = header->recipient_key_id;
    own.raw_bytes = header->raw_bytes;
    sign_segment(self, &own, info->purpose, payload, &bytes, &hash);
    err = ts_segment_parse(ts_buf_bytes(&bytes), &view);
    TS_CHECK(err == TS_ERR_OK);
    ts_put_source_t source = own_source(self);
    err = ts_custody_put(self->custody, &view, &hash, &source, &result);
    if (err == TS_ERR_OK && result.outcome != TS_PUT_STORED) {
        err = TS_ERR_CORRUPT;
    }
    if (err == TS_ERR_OK) {
        *ret_tip = (ts_tip_t){info->log, before.seq + own.count, hash};
    }
    ts_buf_free(&bytes);
    return err;
}

ts_err_t
ts_logs_publish(ts_node_t *self, const ts_tip_t *tip)
{
    return witness_tip(self, tip);
}

/* Seals one segment of the log's tail in the open transaction. *ret_left: events that did not fit.
 */
static ts_err_t
seal_one(
    ts_node_t *self, const ts_log_info_t *info, tail_t *tail, ts_tip_t *ret_tip, size_t *ret_left)
{
    ts_tip_t before;
    ts_err_t err = own_tip(self, &info->log, &before);
    if (err != TS_ERR_OK) {
        return err;
    }
    bool backlog = tail->bytes > 16384;
    ts_buf_t payload = {0};
    ts_sealed_t sealed = {0};
    err = ts_payload_seal(self->codec, tail->events, tail->count,
                          backlog ? TS_LEVEL_BACKLOG : TS_LEVEL_LIVE, TS_SEAL_TARGET_BYTES,
                          &payload, &sealed);
    ts_buf_t bytes = {0};
    ts_hash_t hash;
    ts_segment_view_t view;
    if (err == TS_ERR_OK) {
        ts_segment_header_t header = own_header(self, &info->node_key);
        header.log = info->log;
        header.first_seq = before.seq + 1;
        header.count = (uint32_t)sealed.count;
        header.prev = before.hash;
        header.codec = sealed.codec;
        header.raw_bytes = sealed.raw_bytes;
        sign_segment(self, &header, info->purpose, ts_buf_bytes(&payload), &bytes, &hash);
        err = ts_segment_parse(ts_buf_bytes(&bytes), &view);
        TS_CHECK(err == TS_ERR_OK);
        ts_put_source_t source = own_source(self);
        err = ts_custody_seal(self->custody, &view, &hash, &source,
                              tail->counters[sealed.count - 1], &self->sealed_last);
        if (err == TS_ERR_OK && self->sealed_first == 0) {
            self->sealed_first = self->sealed_last;
        }
    }
    if (err == TS_ERR_OK) {
        *ret_tip = (ts_tip_t){info->log, before.seq + sealed.count, hash};
        *ret_left = tail->count - sealed.count;
    }
    ts_buf_free(&payload);
    ts_buf_free(&bytes);
    return err;
}

/* Seals the log's tail, at most so many segments of it, in the open transaction; the last tip is
 * what counts outside. */
static ts_err_t
seal_tail(ts_node_t *self,
          const ts_log_info_t *info,
          unsigned segments_max,
          ts_tip_t *ret_tip,
          bool *ret_sealed)
{
    tail_t tail = {0};
    ts_err_t err = tail_load(self, &info->log, &tail);
    for (unsigned i = 0; err == TS_ERR_OK && tail.count > 0 && i < segments_max; i++) {
        size_t left = 0;
        err = seal_one(self, info, &tail, ret_tip, &left);
        if (err == TS_ERR_OK) {
            *ret_sealed = true;
            err = tail_load(self, &info->log, &tail);
        }
    }
    self->seal_more = self->seal_more || tail.count > 0;
    tail_free(&tail);
    return err;
}

/* After the commit: the witness, then everybody who may have it. */
static ts_err_t
publish(ts_node_t *self, const ts_tip_t *tip)
{
    self->seal_not_before.ms = self->now.ms + self->options.seal_pause_ms;
    return witness_tip(self, tip);
}

/* In a transaction of its own. */
static ts_err_t
seal_log(ts_node_t *self, const ts_log_info_t *info, unsigned segments_max)
{
    ts_tip_t tip;
    bool sealed = false;
    ts_err_t err = ts_custody_begin(self->custody, "seal");
    if (err != TS_ERR_OK) {
        return err;
    }
    err = seal_tail(self, info, segments_max, &tip, &sealed);
    if (err != TS_ERR_OK) {
        ts_custody_rollback(self->custody);
        return err;
    }
    err = ts_custody_commit(self->custody);
    return err == TS_ERR_OK && sealed ? publish(self, &tip) : err;
}

/* Does the parent hold everything of this log that is sealed? Without a parent nothing is waited
 * for. */
static bool
nothing_unacknowledged(ts_node_t *self, const ts_log_info_t *info)
{
    if (self->identity.parent_office == 0) {
        return true;
    }
    if (self->now.ms < self->seal_not_before.ms) {
        return false;
    }
    ts_peer_link_t *uplink = ts_peers_find(self, TS_NODE_UPLINK);
    if (uplink == NULL || uplink->machine == NULL || self->uplink.as_invite) {
        return false;
    }
    ts_session_status_t status;
    ts_session_status(uplink->machine, &status);
    if (status.state != TS_STATE_FLOWING && status.state != TS_STATE_RECONCILING) {
        return false;
    }
    if (info->audience != TS_AUDIENCE_UP) {
        return true;
    }
    return status.unacked_bytes == 0;
}

static bool
seal_is_due(ts_node_t *self, const ts_log_info_t *info, const ts_tail_size_t *size, bool aged)
{
    return aged || nothing_unacknowledged(self, info) ||
           ts_codec_estimate(self->codec, size->bytes) >= TS_SEAL_TARGET_BYTES ||
           size->events >= TS_SEGMENT_EVENTS_MAX;
}

static ts_err_t
seal_where(ts_node_t *self, bool all, bool aged)
{
    ts_err_t err = TS_ERR_OK;
    ts_log_info_t info = {.office = 0};
    self->seal_more = false;
    bool is_empty = ts_custody_tail_next(self->custody, NULL, 0, NULL, NULL) == TS_ERR_NOTFOUND;
    bool is_folded = ts_fold_tail(self->fold) >= ts_custody_tail_counter(self->custody);
    if (is_empty || (!all && !is_folded)) {
        return TS_ERR_OK;
    }
    while (err == TS_ERR_OK && ts_custody_log_next(self->custody, &info) == TS_ERR_OK) {
        ts_own_t own = TS_OWN_NOT;
        ts_tail_size_t size = {0};
        err = ts_custody_log_own(self->custody, &info.log, &own);
        if (err == TS_ERR_OK && own == TS_OWN_ACTIVE) {
            err = ts_custody_tail_size(self->custody, &info.log, &size);
        }
        if (err == TS_ERR_OK && size.events > 0 && (all || seal_is_due(self, &info, &size, aged))) {
            err = seal_log(self, &info, all ? UINT_MAX : 1);
        }
    }
    return err;
}

ts_err_t
ts_logs_seal_all(ts_node_t *self)
{
    ts_err_t err = seal_where(self, true, false);
    return err == TS_ERR_OK ? ts_keepers_copy_all(self) : err;
}

ts_err_t
ts_logs_seal_due(ts_node_t *self)
{
    bool aged = self->now.ms >= self->seal_at.ms;
    if (aged) {
        uint32_t age =
            self->options.seal_age_ms == 0 ? TS_NODE_SEAL_AGE_MS : self->options.seal_age_ms;
        self->seal_at.ms = self->now.ms + age;
    }
    return seal_where(self, false, aged);
}

/* ---- writing */

/* Logs that one write touches, each once. */
typedef struct touched {
    ts_log_info_t *infos;
    size_t count;
    size_t capacity;
} touched_t;

static const ts_log_info_t *
touch(touched_t *touched, const ts_log_info_t *info)
{
    for (size_t i = 0; i < touched->count; i++) {
        if (ts_hash_equal(&touched->infos[i].log, &info->log)) {
            return &touched->infos[i];
        }
    }
    touched->infos =
        ts_xgrow(touched->infos, touched->count + 1, &touched->capacity, sizeof *touched->infos);
    touched->infos[touched->count] = *info;
    return &touched->infos[touched->count++];
}

/* Finds (or mints) every log before the transaction: minting commits by itself. */
static ts_err_t
find_logs(ts_node_t *self,
          const ts_new_event_t *events,
          size_t count,
          touched_t *touched,
          ts_hash_t *logs)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && events[i].purpose == events[i - 1].purpose &&
            events[i].audience_unit == events[i - 1].audience_unit) {
            logs[i] = logs[i - 1];
            continue;
        }
        ts_log_info_t info;
        ts_err_t err = ts_logs_active(self, events[i].purpose, events[i].audience_unit, &info);
        if (err != TS_ERR_OK) {
            return err;
        }
        logs[i] = touch(touched, &info)->log;
    }
    return TS_ERR_OK;
}

static ts_err_t
append_all(ts_node_t *self, ts_new_event_t *events, size_t count, const ts_hash_t *logs)
{
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
        uint64_t counter;
        events[i].id = ts_hash_of(events[i].bytes.data, events[i].bytes.length);
        err = ts_custody_append(self->custody, &logs[i], &events[i].id, events[i].bytes, &counter);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_number_put(self->custody, "record_counter", self->record_counter);
    }
    if (err == TS_ERR_OK && count > 0 && events[0].purpose == TS_PURPOSE_HOLDINGS) {
        err = ts_holdings_put_covered(self);
    }
    return err;
}

static size_t
bytes_of(const ts_new_event_t *events, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += events[i].bytes.length;
    }
    return bytes;
}

/* Append and, where nothing is on its way, seal: one commit. A big write (an import) is sealed
 * later, segment by segment. */
static ts_err_t
write_in_one_commit(ts_node_t *self,
                    ts_new_event_t *events,
                    size_t count,
                    const ts_hash_t *logs,
                    const touched_t *touched,
                    ts_tip_t *tips,
                    bool *sealed)
{
    ts_err_t err = ts_custody_begin(self->custody, "write");
    if (err != TS_ERR_OK) {
        return err;
    }
    err = append_all(self, events, count, logs);
    bool small = bytes_of(events, count) <= SEAL_AT_ONCE_BYTES;
    for (size_t i = 0; err == TS_ERR_OK && small && i < touched->count; i++) {
        if (nothing_unacknowledged(self, &touched->infos[i])) {
            err = seal_tail(self, &touched->infos[i], UINT_MAX, &tips[i], &sealed[i]);
        }
    }
    if (err != TS_ERR_OK) {
        ts_custody_rollback(self->custody);
        return err;
    }
    return ts_custody_commit(self->custody);
}

/* What was sealed in the same commit never lay in the tail: the fold takes it from its segments at
 * once. */
static ts_err_t
fold_sealed(ts_node_t *self)
{
    ts_err_t err = TS_ERR_OK;
    for (uint64_t arrival = self->sealed_first;
         arrival != 0 && err == TS_ERR_OK && arrival <= self->sealed_last; arrival++) {
        err = ts_fold_segment_now(self->fold, arrival);
    }
    /* It is saved; the ledger takes it in when there is room. */
    return err == TS_ERR_FULL ? TS_ERR_OK : err;
}

ts_err_t
ts_logs_write(ts_node_t *self, ts_new_event_t *events, size_t count)
{
    touched_t touched = {0};
    self->sealed_first = 0;
    ts_hash_t *logs = ts_xcalloc(count, sizeof *logs);
    ts_err_t err = find_logs(self, events, count, &touched, logs);
    ts_tip_t *tips = ts_xcalloc(touched.count, sizeof *tips);
    bool *sealed = ts_xcalloc(touched.count, sizeof *sealed);
    if (err == TS_ERR_OK) {
        err = write_in_one_commit(self, events, count, logs, &touched, tips, sealed);
    }
    /* What was typed still goes in: the ballast is there for this. */
    if (err == TS_ERR_FULL && ts_datadir_ballast_release(self->datadir) == TS_ERR_OK) {
        err = write_in_one_commit(self, events, count, logs, &touched, tips, sealed);
    }
    for (size_t i = 0; err == TS_ERR_OK && i < touched.count; i++) {
        if (sealed[i]) {
            err = publish(self, &tips[i]);
        }
    }
    if (err == TS_ERR_OK) {
        err = fold_sealed(self);
    }
    ts_xfree(touched.infos);
    ts_xfree(logs);
    ts_xfree(tips);
    ts_xfree(sealed);
    return err;
}
