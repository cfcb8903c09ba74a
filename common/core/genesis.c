/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "core/envelope.h"

enum { GENESIS_LAYOUT = 1 };

/* proto/README.md: purpose and audience go together. */
static bool
fits(uint8_t purpose, uint8_t audience)
{
    switch (purpose) {
    case TS_PURPOSE_ACTS:
    case TS_PURPOSE_RECORDS:
        return audience == TS_AUDIENCE_UP;
    case TS_PURPOSE_REGISTRY:
        return audience == TS_AUDIENCE_DOWN_ALL;
    case TS_PURPOSE_HOLDINGS: /* about one child: a thin link carries no other's receipts */
    case TS_PURPOSE_DOWN:
        return audience == TS_AUDIENCE_DOWN_ALL || audience == TS_AUDIENCE_DOWN_UNIT;
    case TS_PURPOSE_PRIVATE:
        return audience == TS_AUDIENCE_SELF;
    case TS_PURPOSE_KEPT:
        return audience == TS_AUDIENCE_DOWN_UNIT;
    default:
        return false;
    }
}

static bool
has_sense(const ts_genesis_t *genesis)
{
    bool no_predecessor = ts_hash_is_zero(&genesis->predecessor_log);
    if (!fits(genesis->purpose, genesis->audience) || genesis->office == 0 ||
        genesis->office > TS_RECORD_OFFICE_MAX || genesis->registrar_serial == 0) {
        return false;
    }
    if ((genesis->audience == TS_AUDIENCE_DOWN_UNIT) != (genesis->audience_unit != 0)) {
        return false;
    }
    if (no_predecessor != ts_hash_is_zero(&genesis->predecessor_hash) ||
        (no_predecessor && genesis->predecessor_seq != 0)) {
        return false;
    }
    return genesis->purpose != TS_PURPOSE_REGISTRY ||
           ts_hash_equal(&genesis->node_key, &genesis->registrar_key);
}

static void
read_certificates(ts_cursor_t *cursor, ts_genesis_t *genesis)
{
    ts_cursor_get(cursor, genesis->root_key.b, TS_HASH_BYTES);
    genesis->registrar_serial = ts_cursor_u32(cursor);
    ts_cursor_get(cursor, genesis->registrar_key.b, TS_HASH_BYTES);
    ts_cursor_get(cursor, genesis->registrar_signature, sizeof genesis->registrar_signature);
    ts_cursor_get(cursor, genesis->invite_key.b, TS_HASH_BYTES);
    ts_cursor_get(cursor, genesis->invite_curve_key.b, TS_HASH_BYTES);
    ts_cursor_get(cursor, genesis->invite_signature, sizeof genesis->invite_signature);
    ts_cursor_get(cursor, genesis->node_key.b, TS_HASH_BYTES);
    ts_cursor_get(cursor, genesis->node_curve_key.b, TS_HASH_BYTES);
    ts_cursor_get(cursor, genesis->node_signature, sizeof genesis->node_signature);
}

ts_err_t
ts_genesis_parse(ts_bytes_t payload, ts_genesis_t *ret_genesis)
{
    if (payload.length < TS_GENESIS_BYTES) {
        return TS_ERR_TRUNCATED;
    }
    ts_cursor_t cursor = ts_cursor(payload.data, payload.length);
    ts_genesis_t genesis = {0};
    uint8_t layout = ts_cursor_u8(&cursor);
    genesis.purpose = ts_cursor_u8(&cursor);
    genesis.audience = ts_cursor_u8(&cursor);
    uint8_t reserved = ts_cursor_u8(&cursor);
    genesis.office = ts_cursor_u32(&cursor);
    genesis.audience_unit = ts_cursor_u64(&cursor);
    ts_cursor_get(&cursor, genesis.nonce, sizeof genesis.nonce);
    ts_cursor_get(&cursor, genesis.predecessor_log.b, TS_HASH_BYTES);
    genesis.predecessor_seq = ts_cursor_u64(&cursor);
    ts_cursor_get(&cursor, genesis.predecessor_hash.b, TS_HASH_BYTES);
    read_certificates(&cursor, &genesis);
    if (layout != GENESIS_LAYOUT || reserved != 0 || !ts_cursor_done(&cursor) ||
        !has_sense(&genesis)) {
        return TS_ERR_INVALID;
    }
    *ret_genesis = genesis;
    return TS_ERR_OK;
}

void
ts_genesis_put(ts_buf_t *out, const ts_genesis_t *genesis)
{
    size_t start = out->length;
    ts_buf_put_u8(out, GENESIS_LAYOUT);
    ts_buf_put_u8(out, genesis->purpose);
    ts_buf_put_u8(out, genesis->audience);
    ts_buf_put_u8(out, 0);
    ts_buf_put_u32(out, genesis->office);
    ts_buf_put_u64(out, genesis->audience_unit);
    ts_buf_put(out, genesis->nonce, sizeof genesis->nonce);
    ts_buf_put(out, genesis->predecessor_log.b, TS_HASH_BYTES);
    ts_buf_put_u64(out, genesis->predecessor_seq);
    ts_buf_put(out, genesis->predecessor_hash.b, TS_HASH_BYTES);
    ts_buf_put(out, genesis->root_key.b, TS_HASH_BYTES);
    ts_buf_put_u32(out, genesis->registrar_serial);
    ts_buf_put(out, genesis->registrar_key.b, TS_HASH_BYTES);
    ts_buf_put(out, genesis->registrar_signature, sizeof genesis->registrar_signature);
    ts_buf_put(out, genesis->invite_key.b, TS_HASH_BYTES);
    ts_buf_put(out, genesis->invite_curve_key.b, TS_HASH_BYTES);
    ts_buf_put(out, genesis->invite_signature, sizeof genesis->invite_signature);
    ts_buf_put(out, genesis->node_key.b, TS_HASH_BYTES);
    ts_buf_put(out, genesis->node_curve_key.b, TS_HASH_BYTES);
    ts_buf_put(out, genesis->node_signature, sizeof genesis->node_signature);
    TS_CHECK(out->length - start == TS_GENESIS_BYTES);
}

void
ts_genesis_registrar_part(ts_buf_t *out, const ts_id16_t *deployment, const ts_genesis_t *genesis)
{
    ts_buf_put(out, deployment->b, TS_ID16_BYTES);
    ts_buf_put(out, genesis->registrar_key.b, TS_HASH_BYTES);
    ts_buf_put_u32(out, genesis->registrar_serial);
}

void
ts_genesis_invite_part(ts_buf_t *out, const ts_id16_t *deployment, const ts_genesis_t *genesis)
{
    ts_buf_put(out, deployment->b, TS_ID16_BYTES);
    ts_buf_put_u32(out, genesis->office);
    ts_buf_put(out, genesis->invite_key.b, TS_HASH_BYTES);
    ts_buf_put(out, genesis->invite_curve_key.b, TS_HASH_BYTES);
}

void
ts_genesis_node_part(ts_buf_t *out, const ts_id16_t *deployment, const ts_genesis_t *genesis)
{
    ts_buf_put(out, deployment->b, TS_ID16_BYTES);
    ts_buf_put_u32(out, genesis->office);
    ts_buf_put(out, genesis->node_key.b, TS_HASH_BYTES);
    ts_buf_put(out, genesis->node_curve_key.b, TS_HASH_BYTES);
}
