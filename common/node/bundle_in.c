/* SPDX-License-Identifier: MPL-2.0 */
/* Taking a bundle in: opened chunk by chunk, each segment through custody as from the wire, the
 * manifest judged at the end. What is right in a damaged file is kept. */
#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "crypto/sealed.h"
#include "crypto/sign.h"
#include "node/bundle.h"

#include <string.h>

/* Tips of all receipts, or of all that it says to bring; the rest is passed over. */
#define TIPS_MAX 65536u

typedef struct tips {
    ts_tip_t *items;
    size_t count;
    size_t capacity;
} tips_t;

struct ts_bundle_in {
    ts_node_t *node;
    ts_sealed_reader_t *seal;
    ts_bundle_reader_t *reader;
    ts_hasher_t hasher; /* of the records before the manifest */
    bool has_header;
    ts_bundle_header_t header;
    bool is_certified; /* the header's chain leads to our root and names the maker */
    ts_genesis_t genesis;
    bool has_manifest;
    ts_bundle_manifest_t manifest;
    ts_hash_t found;    /* hash of the records, once the manifest came */
    ts_buf_t *segments; /* read, not in custody yet */
    size_t segment_count;
    size_t segment_capacity;
    size_t segment_next;
    tips_t brings;
    tips_t receipts;
    ts_bundle_counts_t counts;
    ts_err_t verdict;
    bool more_behind;
};

static void
add_tips(tips_t *tips, const ts_bundle_item_t *item)
{
    for (size_t i = 0; i < item->tip_count && tips->count < TIPS_MAX; i++) {
        tips->items = ts_xgrow(tips->items, tips->count + 1, &tips->capacity, sizeof *tips->items);
        tips->items[tips->count++] = ts_bundle_tip(item, i);
    }
}

static ts_err_t
take_header(ts_bundle_in_t *self, const ts_bundle_header_t *header)
{
    const ts_node_key_t *keys = &self->node->identity.keys;
    self->header = *header;
    self->has_header = true;
    self->is_certified = ts_genesis_parse((ts_bytes_t){self->header.genesis, TS_GENESIS_BYTES},
                                          &self->genesis) == TS_ERR_OK &&
                         ts_genesis_verify(&keys->deployment, &self->genesis) == TS_ERR_OK &&
                         self->genesis.office == header->from;
    if (!ts_id16_equal(&header->deployment, &keys->deployment)) {
        return TS_ERR_FOREIGN;
    }
    return header->to == keys->office ? TS_ERR_OK : TS_ERR_INVALID;
}

static void
keep_segment(ts_bundle_in_t *self, ts_bytes_t bytes)
{
    self->segments = ts_xgrow(self->segments, self->segment_count + 1, &self->segment_capacity,
                              sizeof *self->segments);
    ts_buf_t *segment = &self->segments[self->segment_count++];
    *segment = (ts_buf_t){0};
    ts_buf_put(segment, bytes.data, bytes.length);
    self->counts.segments++;
}

static ts_err_t
take_item(void *ctx, const ts_bundle_item_t *item)
{
    ts_bundle_in_t *self = ctx;
    if (item->type == TS_BUNDLE_MANIFEST) {
        self->manifest = *item->manifest;
        self->found = ts_hasher_finish(&self->hasher);
        self->has_manifest = true;
        return TS_ERR_OK;
    }
    ts_hasher_add(&self->hasher, item->whole.data, item->whole.length);
    if (item->type == TS_BUNDLE_HEADER) {
        return take_header(self, item->header);
    }
    if (item->type == TS_BUNDLE_SEGMENT) {
        keep_segment(self, item->segment);
    } else if (item->type == TS_BUNDLE_BRINGS) {
        add_tips(&self->brings, item);
    } else if (item->type == TS_BUNDLE_RECEIPT) {
        add_tips(&self->receipts, item);
    }
    return TS_ERR_OK;
}

static ts_err_t
take_content(void *ctx, ts_bytes_t bytes)
{
    ts_bundle_in_t *self = ctx;
    if (ts_sealed_reader_head(self->seal)->what != TS_SEALED_BUNDLE) {
        return TS_ERR_INVALID;
    }
    return ts_bundle_feed(self->reader, bytes);
}

ts_bundle_in_t *
ts_bundle_in_new(ts_node_t *node)
{
    ts_bundle_in_t *self = ts_xcalloc(1, sizeof *self);
    /* The one-time key too: a first bundle is made before anybody knows our lasting one. */
    ts_box_secret_t secrets[2] = {node->identity.keys.curve_secret,
                                  node->identity.invite_curve_secret};
    ts_sealed_reader_options_t options = {.deployment = node->identity.keys.deployment,
                                          .secrets = secrets,
                                          .secret_count = 2,
                                          .sink = take_content,
                                          .ctx = self};
    self->node = node;
    self->seal = ts_sealed_reader_new(&options);
    self->reader = ts_bundle_reader_new(take_item, self);
    ts_hasher_start(&self->hasher);
    ts_box_secret_wipe(&secrets[0]);
    ts_box_secret_wipe(&secrets[1]);
    return self;
}

void
ts_bundle_in_destroy(ts_bundle_in_t **self_p)
{
    ts_bundle_in_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = self->segment_next; i < self->segment_count; i++) {
        ts_buf_free(&self->segments[i]);
    }
    ts_sealed_reader_destroy(&self->seal);
    ts_bundle_reader_destroy(&self->reader);
    ts_xfree(self->segments);
    ts_xfree(self->brings.items);
    ts_xfree(self->receipts.items);
    ts_xfree(self);
    *self_p = NULL;
}

void
ts_bundle_in_feed(ts_bundle_in_t *self, ts_bytes_t bytes)
{
    TS_CHECK(bytes.length <= TS_SEALED_CHUNK_BYTES);
    if (self->verdict != TS_ERR_OK || self->more_behind) {
        return;
    }
    ts_err_t err = ts_sealed_feed(self->seal, bytes);
    /* What a disk or a program appended is no part of it. */
    self->more_behind = err == TS_ERR_TOOBIG;
    self->verdict = self->more_behind ? TS_ERR_OK : err;
}

/* ---- the end */

static ts_err_t
judge_manifest(const ts_bundle_in_t *self)
{
    ts_buf_t part = {0};
    if (!self->has_manifest) {
        return TS_ERR_TRUNCATED;
    }
    if (!ts_hash_equal(&self->found, &self->manifest.hash)) {
        return TS_ERR_HASH;
    }
    if (!self->is_certified) {
        return TS_ERR_SIGNATURE;
    }
    ts_bundle_put_signed(&part, &self->manifest);
    ts_bytes_t bytes = ts_buf_bytes(&part);
    ts_err_t err = ts_sign_verify(&self->genesis.node_key, TS_BUNDLE_DOMAIN, &bytes, 1,
                                  self->manifest.signature);
    ts_buf_free(&part);
    return err;
}

void
ts_bundle_in_end(ts_bundle_in_t *self)
{
    if (self->verdict == TS_ERR_OK && !self->more_behind) {
        self->verdict = ts_sealed_end(self->seal);
    }
    if (self->verdict == TS_ERR_OK) {
        self->verdict = ts_bundle_end(self->reader);
    }
    if (self->verdict == TS_ERR_OK) {
        self->verdict = judge_manifest(self);
    }
}

/* ---- custody */

static void
count_one(ts_bundle_counts_t *counts, const ts_carried_t *carried)
{
    if (carried->code == TS_ERR_NOTFOUND) {
        counts->waiting++;
    } else if (carried->code != TS_ERR_OK) {
        counts->refused++;
    } else if (carried->fresh) {
        counts->fresh++;
    } else {
        counts->known++;
    }
}

ts_err_t
ts_bundle_in_store(ts_bundle_in_t *self, bool *ret_more)
{
    ts_carried_t carried[TS_CUSTODY_BATCH_MAX];
    size_t left = self->segment_count - self->segment_next;
    size_t count = left < TS_CUSTODY_BATCH_MAX ? left : TS_CUSTODY_BATCH_MAX;
    *ret_more = false;
    if (count == 0) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_intake_carried(self->node, &self->header.store,
                                     self->segments + self->segment_next, count, carried);
    if (err != TS_ERR_OK) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        count_one(&self->counts, &carried[i]);
        ts_buf_free(&self->segments[self->segment_next + i]);
    }
    self->segment_next += count;
    *ret_more = self->segment_next < self->segment_count;
    if (!*ret_more) {
        self->segment_next = 0;
        self->segment_count = 0;
    }
    return TS_ERR_OK;
}

/* ---- facts */

const ts_bundle_counts_t *
ts_bundle_in_counts(const ts_bundle_in_t *self)
{
    return &self->counts;
}

const ts_bundle_header_t *
ts_bundle_in_header(const ts_bundle_in_t *self)
{
    return self->has_header ? &self->header : NULL;
}

ts_err_t
ts_bundle_in_verdict(const ts_bundle_in_t *self)
{
    return self->verdict;
}

bool
ts_bundle_in_has_more_behind(const ts_bundle_in_t *self)
{
    return self->more_behind;
}

const ts_sealed_head_t *
ts_bundle_in_head(const ts_bundle_in_t *self)
{
    return ts_sealed_reader_head(self->seal);
}

ts_err_t
ts_bundle_in_missing(ts_bundle_in_t *self, uint64_t *ret_missing)
{
    uint64_t missing = 0;
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < self->brings.count; i++) {
        ts_held_segment_t segment;
        err = ts_custody_find(self->node->custody, &self->brings.items[i].hash, &segment, NULL);
        missing += err == TS_ERR_NOTFOUND;
        err = err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    if (err == TS_ERR_OK) {
        *ret_missing = missing;
    }
    return err;
}

const ts_hash_t *
ts_bundle_in_signer(const ts_bundle_in_t *self)
{
    TS_CHECK(self->verdict == TS_ERR_OK && self->is_certified);
    return &self->genesis.node_key;
}

size_t
ts_bundle_in_receipt_count(const ts_bundle_in_t *self)
{
    return self->receipts.count;
}

const ts_tip_t *
ts_bundle_in_receipts(const ts_bundle_in_t *self)
{
    return self->receipts.items;
}
