/* SPDX-License-Identifier: MPL-2.0 */
#include "support/sync_store.h"

#include "base/check.h"
#include "base/prng.h"
#include "base/xalloc.h"

#include <string.h>

const ts_id16_t SYNC_DEPLOYMENT = {{1, 2, 3}};

ts_hash_t
sync_hash(const void *data, size_t bytes)
{
    const uint8_t *at = data;
    uint64_t state[4] = {1, 2, 3, 4};
    ts_hash_t hash;
    for (size_t i = 0; i < bytes; i++) {
        uint64_t *word = &state[i % 4];
        *word = (*word ^ at[i]) * UINT64_C(0x100000001b3);
        *word ^= *word >> 29;
    }
    for (size_t i = 0; i < 8; i++) {
        state[i % 4] += (state[(i + 3) % 4] ^ bytes) * UINT64_C(0x9e3779b97f4a7c15);
        state[i % 4] ^= state[i % 4] >> 31;
    }
    for (size_t i = 0; i < 4; i++) {
        ts_store_u64(hash.b + 8 * i, state[i]);
    }
    return hash;
}

ts_hash_t
sync_segment_hash(const uint8_t *segment)
{
    return sync_hash(segment, TS_SEGMENT_FIXED_BYTES);
}

void
sync_store_init(sync_store_t *self, uint8_t id)
{
    *self = (sync_store_t){0};
    memset(self->id.b, id, sizeof self->id.b);
}

void
sync_store_rewind(sync_store_t *self, size_t count)
{
    while (self->count > count) {
        ts_xfree(self->segments[--self->count].bytes);
    }
}

void
sync_store_free(sync_store_t *self)
{
    sync_store_rewind(self, 0);
    for (size_t i = 0; i < self->partial_count; i++) {
        ts_buf_free(&self->partials[i].bytes);
    }
    ts_xfree(self->partials);
    ts_xfree(self->segments);
    *self = (sync_store_t){0};
}

void
sync_store_copy(const sync_store_t *from, sync_store_t *to)
{
    *to = (sync_store_t){.id = from->id};
    for (size_t i = 0; i < from->count; i++) {
        ts_tip_t tip;
        ts_hash_t prev;
        ts_bytes_t bytes = {from->segments[i].bytes, from->segments[i].length};
        TS_CHECK(sync_store_put(to, bytes, &tip, &prev) == TS_ERR_OK);
    }
}

const sync_segment_t *
sync_store_find(const sync_store_t *self, const ts_hash_t *hash)
{
    for (size_t i = self->count; i > 0; i--) {
        if (ts_hash_equal(&self->segments[i - 1].tip.hash, hash)) {
            return &self->segments[i - 1];
        }
    }
    return NULL;
}

bool
sync_store_log(const sync_store_t *self, const ts_hash_t *log, sync_log_t *ret_log)
{
    const sync_segment_t *genesis = sync_store_find(self, log);
    ts_genesis_t content;
    if (genesis == NULL) {
        return false;
    }
    ts_bytes_t payload = {genesis->bytes + TS_SEGMENT_FIXED_BYTES, TS_GENESIS_BYTES};
    TS_CHECK(ts_genesis_parse(payload, &content) == TS_ERR_OK);
    *ret_log = (sync_log_t){*log, content.office - 1, content.audience == TS_AUDIENCE_DOWN_ALL,
                            content.purpose == TS_PURPOSE_ACTS};
    return true;
}

size_t
sync_store_tips(const sync_store_t *self, const ts_hash_t *log, ts_tip_t *out, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++) {
        const ts_tip_t *tip = &self->segments[i].tip;
        bool followed = false;
        if (!ts_hash_equal(&tip->log, log)) {
            continue;
        }
        for (size_t k = i + 1; k < self->count; k++) {
            followed = followed || ts_hash_equal(&self->segments[k].header.prev, &tip->hash);
        }
        if (!followed && count < max) {
            out[count++] = *tip;
        }
    }
    return count;
}

bool
sync_store_on_chain(const sync_store_t *self, const ts_hash_t *hash, const ts_hash_t *tip)
{
    const sync_segment_t *at = sync_store_find(self, tip);
    while (at != NULL) {
        if (ts_hash_equal(&at->tip.hash, hash)) {
            return true;
        }
        at = sync_store_find(self, &at->header.prev);
    }
    return false;
}

static bool
lookup(void *store, const ts_hash_t *log, const ts_hash_t *hash, uint64_t *ret_last_seq)
{
    const sync_segment_t *segment = sync_store_find(store, hash);
    if (segment == NULL || !ts_hash_equal(&segment->tip.log, log)) {
        return false;
    }
    *ret_last_seq = segment->tip.seq;
    return true;
}

ts_err_t
sync_store_put(sync_store_t *self, ts_bytes_t bytes, ts_tip_t *ret_tip, ts_hash_t *ret_prev)
{
    ts_segment_view_t view;
    ts_err_t err = ts_segment_parse(bytes, &view);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_hash_t hash = sync_segment_hash(bytes.data);
    ts_hash_t content = sync_hash(view.payload.data, view.payload.length);
    bool genesis = (view.header.flags & TS_SEGMENT_GENESIS) != 0;
    ts_tip_t tip = {genesis ? hash : view.header.log, ts_segment_last_seq(&view.header), hash};
    ts_tip_t tips[16];
    if (!ts_hash_equal(&content, &view.header.payload_hash)) {
        return TS_ERR_HASH;
    }
    ts_chain_view_t chain = {.known = sync_store_find(self, &tip.log) != NULL,
                             .tips = tips,
                             .tip_count = sync_store_tips(self, &tip.log, tips, 16),
                             .lookup = lookup,
                             .store = self};
    ts_chain_t verdict = ts_chain_judge(&chain, &view.header, &hash);
    err = ts_chain_err(verdict);
    if (err != TS_ERR_OK) {
        return err;
    }
    *ret_tip = tip;
    *ret_prev = view.header.prev;
    if (verdict != TS_CHAIN_DUPLICATE) {
        self->segments =
            ts_xgrow(self->segments, self->count + 1, &self->capacity, sizeof *self->segments);
        self->segments[self->count++] = (sync_segment_t){ts_xmemdup(bytes.data, bytes.length),
                                                         (uint32_t)bytes.length, view.header, tip};
    }
    return TS_ERR_OK;
}

/* Header, a signature that is only bytes, payload. */
static ts_tip_t
seal(sync_store_t *self, ts_segment_header_t *header, const ts_buf_t *payload, uint32_t salt)
{
    ts_buf_t out = {0};
    ts_tip_t tip;
    ts_hash_t prev;
    header->deployment = SYNC_DEPLOYMENT;
    header->stored_bytes = (uint32_t)payload->length;
    header->raw_bytes = (uint32_t)payload->length;
    header->payload_hash = sync_hash(payload->data, payload->length);
    header->boot = salt;
    ts_segment_put_header(&out, header);
    memset(ts_buf_extend(&out, TS_SEGMENT_SIGNATURE_BYTES), 0x5a, TS_SEGMENT_SIGNATURE_BYTES);
    ts_buf_put(&out, payload->data, payload->length);
    TS_CHECK(sync_store_put(self, ts_buf_bytes(&out), &tip, &prev) == TS_ERR_OK);
    ts_buf_free(&out);
    return tip;
}

ts_hash_t
sync_store_new_log(sync_store_t *self, uint32_t author, bool down, bool acts)
{
    ts_genesis_t genesis = {.office = author + 1, .registrar_serial = 1};
    genesis.purpose = down ? TS_PURPOSE_DOWN : acts ? TS_PURPOSE_ACTS : TS_PURPOSE_RECORDS;
    genesis.audience = down ? TS_AUDIENCE_DOWN_ALL : TS_AUDIENCE_UP;
    genesis.nonce[0] = (uint8_t)self->count;
    genesis.nonce[1] = (uint8_t)(self->count >> 8);
    genesis.nonce[2] = self->id.b[0];
    ts_buf_t payload = {0};
    ts_genesis_put(&payload, &genesis);
    ts_segment_header_t header = {.flags = TS_SEGMENT_GENESIS, .codec = TS_CODEC_GENESIS};
    ts_tip_t tip = seal(self, &header, &payload, 0);
    ts_buf_free(&payload);
    return tip.log;
}

ts_tip_t
sync_store_write(sync_store_t *self,
                 const ts_hash_t *log,
                 const ts_tip_t *after,
                 uint32_t payload_bytes,
                 uint32_t salt)
{
    ts_tip_t tips[16];
    size_t count = sync_store_tips(self, log, tips, 16);
    ts_tip_t on = after != NULL ? *after : tips[count - 1];
    ts_prng_t prng = ts_prng(on.seq * 1000 + salt);
    ts_buf_t payload = {0};
    TS_CHECK(count > 0 && payload_bytes > 0);
    for (uint32_t i = 0; i < payload_bytes; i++) {
        ts_buf_put_u8(&payload, (uint8_t)ts_prng_next(&prng));
    }
    ts_segment_header_t header = {.log = *log,
                                  .first_seq = on.seq + 1,
                                  .count = payload_bytes / 33 + 1,
                                  .prev = on.hash,
                                  .codec = TS_CODEC_ZSTD};
    ts_tip_t tip = seal(self, &header, &payload, salt);
    ts_buf_free(&payload);
    return tip;
}
