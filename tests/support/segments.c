/* SPDX-License-Identifier: MPL-2.0 */
#include "support/segments.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "crypto/hash.h"

#include <string.h>

ts_id16_t
ts_made_deployment(void)
{
    ts_id16_t id;
    memset(id.b, 0xd1, sizeof id.b);
    return id;
}

static void
fill(ts_prng_t *prng, uint8_t *out, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(ts_prng_next(prng) >> 40);
    }
}

/* Bytes, view and hash of a header with its payload. */
static void
finish(ts_prng_t *prng, ts_segment_header_t *header, ts_bytes_t payload, ts_made_t *made)
{
    header->deployment = ts_made_deployment();
    header->key_id = 7;
    header->stored_bytes = (uint32_t)payload.length;
    header->raw_bytes = (uint32_t)payload.length;
    header->payload_hash = ts_hash_of(payload.data, payload.length);
    made->bytes = (ts_buf_t){0};
    ts_segment_put_header(&made->bytes, header);
    fill(prng, ts_buf_extend(&made->bytes, TS_SEGMENT_SIGNATURE_BYTES), TS_SEGMENT_SIGNATURE_BYTES);
    ts_buf_put(&made->bytes, payload.data, payload.length);
    made->hash = ts_hash_of(made->bytes.data, TS_SEGMENT_FIXED_BYTES);
    TS_CHECK(ts_segment_parse(ts_buf_bytes(&made->bytes), &made->view) == TS_ERR_OK);
}

static uint8_t
audience_of(uint8_t purpose)
{
    switch (purpose) {
    case TS_PURPOSE_ACTS:
    case TS_PURPOSE_RECORDS:
        return TS_AUDIENCE_UP;
    case TS_PURPOSE_PRIVATE:
        return TS_AUDIENCE_SELF;
    default:
        return TS_AUDIENCE_DOWN_ALL;
    }
}

void
ts_made_genesis(
    ts_made_log_t *log, uint8_t purpose, uint32_t office, uint64_t seed, ts_made_t *ret_made)
{
    memset(log, 0, sizeof *log);
    log->prng = ts_prng(seed);
    ts_genesis_t genesis = {
        .purpose = purpose,
        .audience = audience_of(purpose),
        .office = office,
        .registrar_serial = 1,
    };
    fill(&log->prng, genesis.nonce, sizeof genesis.nonce);
    fill(&log->prng, genesis.root_key.b, TS_HASH_BYTES);
    fill(&log->prng, genesis.registrar_key.b, TS_HASH_BYTES);
    fill(&log->prng, genesis.invite_key.b, TS_HASH_BYTES);
    fill(&log->prng, genesis.invite_curve_key.b, TS_HASH_BYTES);
    fill(&log->prng, genesis.node_key.b, TS_HASH_BYTES);
    fill(&log->prng, genesis.node_curve_key.b, TS_HASH_BYTES);
    if (purpose == TS_PURPOSE_REGISTRY) {
        genesis.node_key = genesis.registrar_key;
    }
    ts_buf_t payload = {0};
    ts_genesis_put(&payload, &genesis);
    ts_segment_header_t header = {.flags = TS_SEGMENT_GENESIS, .codec = TS_CODEC_GENESIS};
    finish(&log->prng, &header, ts_buf_bytes(&payload), ret_made);
    ts_buf_free(&payload);
    log->tip = (ts_tip_t){.log = ret_made->hash, .seq = 0, .hash = ret_made->hash};
}

/* A segment with random payload after the tip; the tip moves on. */
static void
extend(ts_made_log_t *log, ts_segment_header_t *header, uint32_t payload_bytes, ts_made_t *ret_made)
{
    uint8_t *payload = ts_xmalloc(payload_bytes);
    fill(&log->prng, payload, payload_bytes);
    header->log = log->tip.log;
    header->prev = log->tip.hash;
    finish(&log->prng, header, (ts_bytes_t){payload, payload_bytes}, ret_made);
    ts_xfree(payload);
    log->tip.seq = ts_segment_last_seq(header);
    log->tip.hash = ret_made->hash;
}

void
ts_made_next(ts_made_log_t *log, uint32_t count, uint32_t payload_bytes, ts_made_t *ret_made)
{
    ts_segment_header_t header = {.first_seq = log->tip.seq + 1, .count = count};
    extend(log, &header, payload_bytes, ret_made);
}

void
ts_made_odd(
    ts_made_log_t *log, uint16_t flags, uint64_t first_seq, uint32_t count, ts_made_t *ret_made)
{
    ts_segment_header_t header = {.flags = flags, .first_seq = first_seq, .count = count};
    extend(log, &header, 64, ret_made);
}

void
ts_made_from(ts_bytes_t bytes, ts_made_t *ret_made)
{
    ret_made->bytes = (ts_buf_t){0};
    ts_buf_put(&ret_made->bytes, bytes.data, bytes.length);
    TS_CHECK(ts_segment_parse(ts_buf_bytes(&ret_made->bytes), &ret_made->view) == TS_ERR_OK);
    ret_made->hash = ts_hash_of(ret_made->bytes.data, TS_SEGMENT_FIXED_BYTES);
}

void
ts_made_free(ts_made_t *made)
{
    ts_buf_free(&made->bytes);
}
