/* SPDX-License-Identifier: MPL-2.0 */
/* Making a bundle: which logs the receiver is entitled to and not known to hold whole, small and
 * decisive ones first; then header, segments as they are held, what we hold, manifest; all of it
 * signed and sealed to the receiver. */
#include "base/check.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "crypto/sealed.h"
#include "crypto/sign.h"
#include "node/bundle.h"
#include "sheet/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Logs looked at, and segments or bytes written, in one slice. */
#define LOGS_PER_SLICE 64u
#define SEGMENTS_PER_SLICE 32u
#define BYTES_PER_SLICE 131072u
/* Branches of one log that are named. */
#define TIPS_PER_LOG 16u
/* Room for header, tips and manifest beside the segments. */
#define ASIDE_BYTES (512u << 10)

/* A log of which something goes into the bundle. */
typedef struct want {
    ts_log_info_t info;
    ts_tip_t base; /* what the receiver holds; zero = from the genesis */
    bool each;     /* every segment is looked at: branches, or the receiver's own log */
    bool of_receiver;
} want_t;

typedef enum stage { GATHER, BRINGS, SEGMENTS, RECEIPTS, MANIFEST, DONE } stage_t;

struct ts_bundle_out {
    ts_node_t *node;
    ts_bundle_order_t order;
    bool up;           /* the receiver is above us */
    ts_id16_t store;   /* of the receiver; zero = not known */
    bool has_receipts; /* it told us in a bundle what it holds */
    uint64_t told_at;  /* our newest segment at that time */
    ts_bundle_header_t header;
    ts_log_info_t info; /* of the walk over all logs */
    want_t *wants;
    size_t want_count;
    size_t want_capacity;
    size_t at; /* in wants */
    uint64_t cursor;
    uint64_t expected;
    uint64_t segment_bytes;
    ts_sealed_writer_t *writer;
    ts_buf_t *part; /* where the sealed bytes go now */
    ts_buf_t record;
    ts_hasher_t hasher;
    ts_bundle_manifest_t manifest;
    stage_t stage;
};

/* ---- to whom */

static const ts_office_t *
receiver_row(const ts_bundle_out_t *self)
{
    return ts_catalog_office(ts_node_catalog(self->node), self->order.to);
}

static bool
add_key(ts_hash_t *keys, size_t *count, const ts_hash_t *key)
{
    bool there = ts_hash_is_zero(key) || *count == TS_SEALED_RECIPIENTS_MAX;
    for (size_t i = 0; i < *count; i++) {
        there = there || ts_hash_equal(&keys[i], key);
    }
    if (!there) {
        keys[(*count)++] = *key;
    }
    return !there;
}

/* The key that the registry binds; before that the one-time key of the invite, and those that its
 * geneses certify. */
static size_t
receiver_keys(const ts_bundle_out_t *self, ts_hash_t keys[TS_SEALED_RECIPIENTS_MAX])
{
    size_t count = 0;
    const ts_office_t *office = receiver_row(self);
    if (office != NULL && add_key(keys, &count, &office->node_curve_key)) {
        return count;
    }
    if (office != NULL) {
        (void)add_key(keys, &count, &office->invite_curve_key);
    }
    ts_log_info_t info = {.office = 0};
    while (ts_custody_log_next(self->node->custody, &info) == TS_ERR_OK) {
        if (info.office == self->order.to &&
            (office == NULL || ts_hash_equal(&info.invite_key, &office->invite_key))) {
            (void)add_key(keys, &count, &info.node_curve_key);
        }
    }
    return count;
}

static ts_err_t
find_direction(ts_bundle_out_t *self, ts_msg_t *ret_why)
{
    const ts_catalog_t *catalog = ts_node_catalog(self->node);
    uint32_t own = self->node->identity.keys.office;
    uint32_t to = self->order.to;
    char number[16];
    (void)snprintf(number, sizeof number, "%u", (unsigned)to);
    self->up = to == ts_node_parent(self->node) || (to != own && ts_office_below(catalog, own, to));
    bool down = to != own && ts_office_below(catalog, to, own);
    if (!self->up && !down) {
        ts_msg_make(ret_why, N_("Office {1} is neither above nor below this office"), number, NULL);
        return TS_ERR_DENIED;
    }
    const ts_office_t *office = receiver_row(self);
    if (office != NULL && office->cut_off) {
        ts_msg_make(ret_why, N_("Office {1} was cut off"), number, NULL);
        return TS_ERR_DENIED;
    }
    if (office != NULL && office->role == TS_OFFICE_SUBSCRIBER) {
        ts_msg_make(ret_why, N_("Office {1} only reads the feed: it takes no bundles"), number,
                    NULL);
        return TS_ERR_DENIED;
    }
    return TS_ERR_OK;
}

/* Which store the receiver has, by what was heard last. */
static ts_err_t
find_store(ts_bundle_out_t *self, const ts_bundle_memo_t *memo)
{
    ts_node_t *node = self->node;
    ts_custody_peer_t peer = {.office = 0};
    const ts_office_t *office = receiver_row(self);
    ts_err_t err = ts_custody_peer_get(node->custody, self->order.to, &peer);
    if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
        return err;
    }
    self->store = memo->in_number > 0 && memo->in_ms >= peer.session_ms ? memo->store : peer.store;
    if (self->order.to == ts_node_parent(node)) {
        self->store = node->parent_store;
    } else if (office != NULL && office->role == TS_OFFICE_PROVINCE) {
        self->store = node->root_store;
    }
    self->has_receipts = memo->in_number > 0 && ts_id16_equal(&memo->store, &self->store);
    self->told_at = self->has_receipts ? memo->in_arrival : 0;
    return TS_ERR_OK;
}

/* ---- which logs */

/* All that both may have; the receiver's own side too. */
static ts_share_t
shared(ts_bundle_out_t *self)
{
    return (ts_share_t){.node = self->node,
                        .child = self->up ? self->node->identity.keys.office : self->order.to,
                        .up = true,
                        .down = true,
                        .known_only = !self->up};
}

/* Written by the receiver, or (seen from above) by an office below it. */
static bool
is_of_receiver(ts_bundle_out_t *self, const ts_log_info_t *info)
{
    return info->office == self->order.to ||
           (!self->up &&
            ts_office_below(ts_node_catalog(self->node), info->office, self->order.to));
}

/* Does this log stand on the side that we give to? What the receiver's side wrote goes back only on
 * request, or when it said itself what it holds. */
static bool
may_go(ts_bundle_out_t *self, const ts_log_info_t *info)
{
    ts_share_t share = shared(self);
    share.back_to = 0;
    if (!ts_share_has(&share, info)) {
        return false;
    }
    if (is_of_receiver(self, info)) {
        return self->order.all || self->has_receipts;
    }
    if (!self->up) {
        return true;
    }
    /* Upward only what comes from our side: what came down came from there. */
    share.down = false;
    return ts_share_has(&share, info);
}

/* Is every branch known to be held there? */
static ts_err_t
holds_all(ts_bundle_out_t *self,
          const want_t *want,
          const ts_custody_tip_t *tips,
          size_t count,
          bool *ret_all)
{
    ts_err_t err = TS_ERR_OK;
    *ret_all = !self->order.all;
    for (size_t i = 0; err == TS_ERR_OK && *ret_all && i < count; i++) {
        ts_held_segment_t segment;
        err = ts_custody_find(self->node->custody, &tips[i].tip.hash, &segment, NULL);
        if (err == TS_ERR_OK && want->of_receiver && segment.arrival > self->told_at &&
            ts_id16_equal(&segment.source.store, &self->store)) {
            continue; /* it came from there since */
        }
        if (err == TS_ERR_OK) {
            err =
                ts_custody_held_segment(self->node->custody, &self->store, &segment.hash, ret_all);
        }
    }
    return err;
}

static ts_err_t
consider(ts_bundle_out_t *self, const ts_log_info_t *info)
{
    ts_custody_t *custody = self->node->custody;
    ts_custody_tip_t tips[TIPS_PER_LOG];
    ts_tip_t held[2];
    size_t count = 0;
    size_t held_count = 0;
    bool all = false;
    ts_log_size_t size;
    want_t want = {.info = *info, .of_receiver = is_of_receiver(self, info)};
    ts_err_t err = ts_custody_log_tips(custody, &info->log, tips, TIPS_PER_LOG, &count);
    if (err == TS_ERR_OK) {
        err = ts_custody_log_size(custody, &info->log, &size);
    }
    if (err == TS_ERR_OK) {
        err = holds_all(self, &want, tips, count, &all);
    }
    if (err == TS_ERR_OK && !all && !self->order.all) {
        err = ts_custody_held_tips(custody, &self->store, &info->log, held, 2, &held_count);
    }
    if (err != TS_ERR_OK || all) {
        return err;
    }
    want.base.log = info->log;
    uint64_t before = 0;
    ts_held_segment_t base;
    if (held_count == 1 && !info->forked &&
        ts_custody_find(custody, &held[0].hash, &base, NULL) == TS_ERR_OK) {
        want.base = held[0];
        before = base.chain_bytes;
    }
    want.each = held_count > 0 && (info->forked || held_count > 1);
    want.each = want.each || (want.of_receiver && !self->order.all);
    self->wants =
        ts_xgrow(self->wants, self->want_count + 1, &self->want_capacity, sizeof *self->wants);
    self->wants[self->want_count++] = want;
    self->expected += size.bytes > before ? size.bytes - before : 0;
    return TS_ERR_OK;
}

/* Registry and plans first, then reports and what is held, then records: a file that is cut on its
 * way has what decides. */
static int
rank_of(uint8_t purpose)
{
    static const uint8_t order[] = {TS_PURPOSE_REGISTRY, TS_PURPOSE_DOWN, TS_PURPOSE_HOLDINGS,
                                    TS_PURPOSE_ACTS, TS_PURPOSE_RECORDS};
    int rank = 0;
    while (rank < (int)sizeof order && order[rank] != purpose) {
        rank++;
    }
    return rank;
}

static int
compare_wants(const void *a_p, const void *b_p)
{
    const want_t *a = a_p;
    const want_t *b = b_p;
    int by_rank = rank_of(a->info.purpose) - rank_of(b->info.purpose);
    return by_rank != 0 ? by_rank : ts_hash_compare(&a->info.log, &b->info.log);
}

/* ---- begin */

static ts_err_t
draw_number(ts_bundle_out_t *self)
{
    ts_bundle_memo_t memo;
    ts_err_t err = ts_bundle_memo_get(self->node, self->order.to, &memo);
    if (err == TS_ERR_OK) {
        memo.out_number++;
        memo.out_ms = self->node->wall.ms;
        self->header.number = memo.out_number;
        err = ts_bundle_memo_put(self->node, self->order.to, &memo);
    }
    return err;
}

/* The certificate of our key, laid out as the genesis of a log of acts. */
static void
put_certificate(const ts_node_t *node, uint8_t out[TS_GENESIS_BYTES])
{
    ts_buf_t bytes = {0};
    ts_genesis_t genesis = node->identity.chain;
    genesis.purpose = TS_PURPOSE_ACTS;
    genesis.audience = TS_AUDIENCE_UP;
    genesis.audience_unit = 0;
    ts_genesis_put(&bytes, &genesis);
    TS_CHECK(bytes.length == TS_GENESIS_BYTES);
    memcpy(out, bytes.data, TS_GENESIS_BYTES);
    ts_buf_free(&bytes);
}

static ts_err_t
fill_header(ts_bundle_out_t *self)
{
    ts_node_t *node = self->node;
    ts_bundle_header_t *header = &self->header;
    ts_share_t share = shared(self);
    header->flags = self->order.all ? TS_BUNDLE_ALL : 0;
    header->deployment = node->identity.keys.deployment;
    header->from = node->identity.keys.office;
    header->to = self->order.to;
    header->store = ts_custody_store_id(node->custody);
    header->to_store = self->store;
    header->made_ms = node->wall.ms;
    header->root_time_s =
        node->identity.parent_office == 0 ? (uint64_t)(node->wall.ms / 1000) : node->root_time_s;
    header->arrival = ts_custody_arrival(node->custody);
    put_certificate(node, header->genesis);
    return ts_custody_digest(node->custody, ts_share_has, &share, &header->digest);
}

ts_err_t
ts_bundle_out_new(ts_bundle_out_t **ret_self,
                  ts_node_t *node,
                  const ts_bundle_order_t *order,
                  ts_msg_t *ret_why)
{
    ts_bundle_out_t *self = ts_xcalloc(1, sizeof *self);
    ts_bundle_memo_t memo;
    ts_hash_t keys[TS_SEALED_RECIPIENTS_MAX];
    self->node = node;
    self->order = *order;
    if (self->order.bytes_max == 0 || self->order.bytes_max > TS_BUNDLE_BYTES_MAX) {
        self->order.bytes_max = TS_BUNDLE_BYTES_MAX;
    }
    ts_err_t err = find_direction(self, ret_why);
    if (err == TS_ERR_OK && receiver_keys(self, keys) == 0) {
        ts_msg_make(ret_why,
                    N_("The key of the receiver is not known here yet: take in a bundle of it "
                       "first, or connect once"),
                    NULL);
        err = TS_ERR_NOTFOUND;
    }
    if (err == TS_ERR_OK) {
        err = ts_bundle_memo_get(node, order->to, &memo);
    }
    if (err == TS_ERR_OK) {
        err = find_store(self, &memo);
    }
    if (err == TS_ERR_OK) {
        err = fill_header(self);
    }
    if (err != TS_ERR_OK) {
        ts_bundle_out_destroy(&self);
        return err;
    }
    ts_hasher_start(&self->hasher);
    *ret_self = self;
    return TS_ERR_OK;
}

void
ts_bundle_out_destroy(ts_bundle_out_t **self_p)
{
    ts_bundle_out_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_sealed_writer_destroy(&self->writer);
    ts_buf_free(&self->record);
    ts_xfree(self->wants);
    ts_xfree(self);
    *self_p = NULL;
}

ts_err_t
ts_bundle_out_gather(ts_bundle_out_t *self, bool *ret_ready)
{
    ts_err_t err = TS_ERR_OK;
    *ret_ready = self->stage != GATHER;
    for (unsigned i = 0; err == TS_ERR_OK && !*ret_ready && i < LOGS_PER_SLICE; i++) {
        err = ts_custody_log_next(self->node->custody, &self->info);
        if (err == TS_ERR_NOTFOUND) {
            if (self->want_count > 1) {
                qsort(self->wants, self->want_count, sizeof *self->wants, compare_wants);
            }
            if (self->expected + ASIDE_BYTES > self->order.bytes_max) {
                self->header.flags |= TS_BUNDLE_MORE;
            }
            self->stage = BRINGS;
            *ret_ready = true;
            err = draw_number(self);
        } else if (err == TS_ERR_OK && may_go(self, &self->info)) {
            err = consider(self, &self->info);
        }
    }
    return err;
}

/* ---- writing */

static ts_err_t
take_sealed(void *ctx, ts_bytes_t bytes)
{
    ts_bundle_out_t *self = ctx;
    ts_buf_put(self->part, bytes.data, bytes.length);
    return TS_ERR_OK;
}

/* Gives the record that was composed to the seal. */
static ts_err_t
give(ts_bundle_out_t *self)
{
    ts_hasher_add(&self->hasher, self->record.data, self->record.length);
    self->manifest.bytes += self->record.length;
    ts_err_t err = ts_sealed_write(self->writer, ts_buf_bytes(&self->record));
    ts_buf_clear(&self->record);
    return err;
}

/* In clear on the file, so that it can be told apart when its name was lost. */
static void
label_of(const ts_bundle_out_t *self, char *out, size_t bytes)
{
    char name[TS_BUNDLE_NAME_BYTES];
    ts_bundle_out_name(self, name);
    (void)snprintf(out, bytes, "%s", name);
}

static ts_err_t
open_seal(ts_bundle_out_t *self)
{
    ts_hash_t keys[TS_SEALED_RECIPIENTS_MAX];
    char label[TS_SEALED_LABEL_BYTES_MAX + 1];
    label_of(self, label, sizeof label);
    ts_sealed_options_t options = {.what = TS_SEALED_BUNDLE,
                                   .deployment = self->header.deployment,
                                   .recipients = keys,
                                   .recipient_count = receiver_keys(self, keys),
                                   .label = label,
                                   .random = self->node->options.random,
                                   .sink = take_sealed,
                                   .ctx = self};
    ts_err_t err = ts_sealed_writer_new(&self->writer, &options);
    if (err == TS_ERR_OK) {
        ts_bundle_put_header(&self->record, &self->header);
        err = give(self);
    }
    return err;
}

static ts_err_t
add_tips_of(ts_bundle_out_t *self, const ts_hash_t *log, ts_tip_t *out, size_t *count)
{
    ts_custody_tip_t tips[TIPS_PER_LOG];
    size_t found = 0;
    ts_err_t err = ts_custody_log_tips(self->node->custody, log, tips, TIPS_PER_LOG, &found);
    for (size_t i = 0; err == TS_ERR_OK && i < found; i++) {
        if (tips[i].arrival <= self->header.arrival) {
            out[(*count)++] = tips[i].tip;
        }
    }
    return err;
}

static ts_err_t
give_tips(ts_bundle_out_t *self, ts_bundle_record_t type, const ts_tip_t *tips, size_t count)
{
    if (count == 0) {
        return TS_ERR_OK;
    }
    ts_bundle_put_tips(&self->record, type, tips, count);
    self->manifest.receipts += type == TS_BUNDLE_RECEIPT ? count : 0;
    return give(self);
}

static ts_err_t
write_brings(ts_bundle_out_t *self)
{
    ts_tip_t tips[TS_BUNDLE_TIPS_MAX];
    size_t count = 0;
    ts_err_t err = TS_ERR_OK;
    for (unsigned i = 0; err == TS_ERR_OK && i < LOGS_PER_SLICE / 2 && self->at < self->want_count;
         i++) {
        err = add_tips_of(self, &self->wants[self->at++].info.log, tips, &count);
    }
    if (err == TS_ERR_OK) {
        err = give_tips(self, TS_BUNDLE_BRINGS, tips, count);
    }
    if (self->at == self->want_count) {
        self->stage = SEGMENTS;
        self->at = 0;
    }
    return err;
}

/* Does the receiver hold this one of a log that is looked at one by one? */
static ts_err_t
is_held_there(ts_bundle_out_t *self,
              const want_t *want,
              const ts_held_segment_t *segment,
              bool *ret_held)
{
    *ret_held = want->of_receiver && segment->arrival > self->told_at &&
                ts_id16_equal(&segment->source.store, &self->store);
    return *ret_held ? TS_ERR_OK
                     : ts_custody_held_segment(self->node->custody, &self->store, &segment->hash,
                                               ret_held);
}

static void
next_log(ts_bundle_out_t *self)
{
    self->at++;
    self->cursor = 0;
}

/* The next segment of the log that is being written; beyond its last one the next log. */
static ts_err_t
write_segment(ts_bundle_out_t *self)
{
    const want_t *want = &self->wants[self->at];
    ts_held_segment_t segment;
    ts_buf_t bytes = {0};
    bool base_held = true;
    bool held = false;
    ts_err_t err = ts_custody_next(self->node->custody, &want->base, self->cursor, &base_held,
                                   &segment, &bytes);
    bool ends =
        err == TS_ERR_NOTFOUND ||
        (err == TS_ERR_OK && (segment.arrival > self->header.arrival ||
                              !ts_scrub_is_right(self->node, &segment, ts_buf_bytes(&bytes))));
    if (ends) {
        next_log(self);
        ts_buf_free(&bytes);
        return TS_ERR_OK;
    }
    if (err == TS_ERR_OK && want->each) {
        err = is_held_there(self, want, &segment, &held);
    }
    self->cursor = segment.arrival;
    if (err == TS_ERR_OK && !held &&
        self->segment_bytes + bytes.length + ASIDE_BYTES > self->order.bytes_max) {
        self->at = self->want_count; /* the rest goes with the next bundle */
    } else if (err == TS_ERR_OK && !held) {
        ts_bundle_put_segment(&self->record, ts_buf_bytes(&bytes));
        self->segment_bytes += bytes.length;
        self->manifest.segments++;
        err = give(self);
    }
    ts_buf_free(&bytes);
    return err;
}

static ts_err_t
write_segments(ts_bundle_out_t *self)
{
    ts_err_t err = TS_ERR_OK;
    uint64_t before = self->segment_bytes;
    for (unsigned i = 0;
         err == TS_ERR_OK && i < SEGMENTS_PER_SLICE &&
         self->segment_bytes - before < BYTES_PER_SLICE && self->at < self->want_count;
         i++) {
        err = write_segment(self);
    }
    if (self->at >= self->want_count) {
        self->stage = RECEIPTS;
        self->info = (ts_log_info_t){.office = 0};
    }
    return err;
}

static ts_err_t
write_receipts(ts_bundle_out_t *self)
{
    ts_tip_t tips[TS_BUNDLE_TIPS_MAX];
    size_t count = 0;
    ts_err_t err = TS_ERR_OK;
    ts_share_t share = shared(self);
    for (unsigned i = 0; err == TS_ERR_OK && i < LOGS_PER_SLICE / 2 && self->stage == RECEIPTS;
         i++) {
        err = ts_custody_log_next(self->node->custody, &self->info);
        if (err == TS_ERR_NOTFOUND) {
            self->stage = MANIFEST;
            err = TS_ERR_OK;
        } else if (err == TS_ERR_OK && ts_share_has(&share, &self->info)) {
            err = add_tips_of(self, &self->info.log, tips, &count);
        }
    }
    return err == TS_ERR_OK ? give_tips(self, TS_BUNDLE_RECEIPT, tips, count) : err;
}

static ts_err_t
write_manifest(ts_bundle_out_t *self)
{
    ts_buf_t bytes = {0};
    self->manifest.hash = ts_hasher_finish(&self->hasher);
    ts_bundle_put_signed(&bytes, &self->manifest);
    ts_bytes_t part = ts_buf_bytes(&bytes);
    ts_sign(&self->node->identity.keys.sign_secret, TS_BUNDLE_DOMAIN, &part, 1,
            self->manifest.signature);
    ts_buf_free(&bytes);
    ts_bundle_put_manifest(&self->record, &self->manifest);
    ts_err_t err = ts_sealed_write(self->writer, ts_buf_bytes(&self->record));
    if (err == TS_ERR_OK) {
        err = ts_sealed_finish(self->writer);
    }
    self->stage = DONE;
    return err;
}

ts_err_t
ts_bundle_out_write(ts_bundle_out_t *self, ts_buf_t *ret_part, bool *ret_done)
{
    static ts_err_t (*const steps[])(ts_bundle_out_t *) = {
        [BRINGS] = write_brings,
        [SEGMENTS] = write_segments,
        [RECEIPTS] = write_receipts,
        [MANIFEST] = write_manifest,
    };
    TS_CHECK(self->stage != GATHER);
    self->part = ret_part;
    ts_err_t err = self->writer == NULL ? open_seal(self) : TS_ERR_OK;
    if (err == TS_ERR_OK && self->stage != DONE) {
        err = steps[self->stage](self);
    }
    self->part = NULL;
    *ret_done = self->stage == DONE;
    return err;
}

/* ---- facts */

const ts_bundle_header_t *
ts_bundle_out_header(const ts_bundle_out_t *self)
{
    return &self->header;
}

uint64_t
ts_bundle_out_expected(const ts_bundle_out_t *self)
{
    uint64_t most = self->order.bytes_max - ASIDE_BYTES;
    return self->expected < most ? self->expected : most;
}

const ts_bundle_manifest_t *
ts_bundle_out_manifest(const ts_bundle_out_t *self)
{
    return &self->manifest;
}

/* "12-tan-linh": number and name of an office in letters that any disk can hold. */
static void
put_slug(const ts_bundle_out_t *self, uint32_t office, const char *name, char *out, size_t bytes)
{
    const ts_office_t *row = ts_catalog_office(ts_node_catalog(self->node), office);
    char *folded = ts_text_fold(row != NULL ? row->name : name);
    size_t length = (size_t)snprintf(out, bytes, "%u", (unsigned)office);
    bool gap = true;
    for (const char *at = folded == NULL ? "" : folded; *at != '\0' && length + 2 < bytes; at++) {
        bool plain = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9');
        if (plain && gap) {
            out[length++] = '-';
        }
        if (plain) {
            out[length++] = *at;
        }
        gap = !plain;
    }
    out[length] = '\0';
    ts_xfree(folded);
}

void
ts_bundle_out_name(const ts_bundle_out_t *self, char out[TS_BUNDLE_NAME_BYTES])
{
    char from[44];
    char to[44];
    char date[24];
    put_slug(self, self->header.from, self->node->identity.name, from, sizeof from);
    put_slug(self, self->header.to, "", to, sizeof to);
    ts_date_t day = ts_utc_to_vietnam_date((ts_utc_t){self->header.made_ms});
    ts_date_format_iso(day, date, sizeof date);
    (void)snprintf(out, TS_BUNDLE_NAME_BYTES, "tiep-suc_%s_gui_%s_%s_so-%" PRIu64 ".tsb", from, to,
                   date, self->header.number);
}
