/* SPDX-License-Identifier: MPL-2.0 */
#include "net/gate_link.h"

#include "base/check.h"
#include "base/limits.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(ts_gate_stats_t) == TS_GATE_STATS_FIELDS * sizeof(uint64_t),
              "all counters travel");
static_assert(TS_ADMITTED_KEYS_MAX * TS_GATE_ADMIT_ROW_BYTES + 64 < TS_GATE_LINK_BYTES_MAX,
              "the whole table fits one message");

/* The parts that a body may be made of, in this order. */
enum {
    HAS_VERSION = 1,
    HAS_NONCE = 2,
    HAS_KEY = 4,
    HAS_CLASS = 8,
    HAS_REASON = 16,
    HAS_NUMBER = 32,
    HAS_STATS = 64,
    HAS_ROWS = 128,
    HAS_BODY = 256
};

static const struct {
    ts_gate_type_t type;
    const char *name;
    int parts;
} type_table[] = {
    {TS_GATE_GATE_HELLO, "GATE_HELLO", HAS_VERSION | HAS_NONCE | HAS_KEY},
    {TS_GATE_OPEN, "OPEN", HAS_KEY | HAS_CLASS},
    {TS_GATE_DATA, "DATA", HAS_BODY},
    {TS_GATE_CLOSED, "CLOSED", HAS_REASON},
    {TS_GATE_STATS, "STATS", HAS_STATS},
    {TS_GATE_ADMITTED, "ADMITTED", HAS_NUMBER},
    {TS_GATE_NODE_HELLO, "NODE_HELLO", HAS_VERSION | HAS_NONCE},
    {TS_GATE_ADMIT, "ADMIT", HAS_NUMBER | HAS_ROWS},
    {TS_GATE_SEND, "SEND", HAS_BODY},
    {TS_GATE_DROP, "DROP", HAS_REASON},
    {TS_GATE_ACK, "ACK", HAS_NUMBER},
    {TS_GATE_BAN, "BAN", HAS_KEY | HAS_NUMBER},
    {TS_GATE_STATS_ASK, "STATS_ASK", 0},
    {TS_GATE_PUBLISH, "PUBLISH", HAS_BODY},
};

/* Index in the table, -1 for an unknown type. */
static int
find_type(unsigned type)
{
    for (size_t i = 0; i < sizeof type_table / sizeof type_table[0]; i++) {
        if ((unsigned)type_table[i].type == type) {
            return (int)i;
        }
    }
    return -1;
}

void
ts_gate_encode(const ts_gate_msg_t *msg, ts_buf_t *out)
{
    const int at = find_type((unsigned)msg->type);
    TS_CHECK(at >= 0);
    const int parts = type_table[at].parts;
    ts_buf_put_u8(out, (uint8_t)msg->type);
    ts_buf_put_u64(out, msg->session);
    if ((parts & HAS_VERSION) != 0) {
        ts_buf_put_u16(out, msg->version);
    }
    if ((parts & HAS_NONCE) != 0) {
        ts_buf_put_u64(out, msg->nonce);
    }
    if ((parts & HAS_KEY) != 0) {
        ts_buf_put(out, msg->key.b, sizeof msg->key.b);
    }
    if ((parts & HAS_CLASS) != 0) {
        ts_buf_put_u8(out, (uint8_t)msg->klass);
    }
    if ((parts & HAS_REASON) != 0) {
        ts_buf_put_u8(out, (uint8_t)msg->reason);
    }
    if ((parts & HAS_NUMBER) != 0) {
        ts_buf_put_u64(out, msg->number);
    }
    if ((parts & HAS_STATS) != 0) {
        uint64_t fields[TS_GATE_STATS_FIELDS];
        memcpy(fields, &msg->stats, sizeof fields);
        for (size_t i = 0; i < TS_GATE_STATS_FIELDS; i++) {
            ts_buf_put_u64(out, fields[i]);
        }
    }
    if ((parts & (HAS_ROWS | HAS_BODY)) != 0) {
        ts_buf_put(out, msg->body.data, msg->body.length);
    }
}

static bool
class_is_known(unsigned klass)
{
    return klass >= TS_ZAP_OFFICE && klass <= TS_ZAP_SUBSCRIBER;
}

static bool
reason_is_known(unsigned reason)
{
    return reason >= TS_GATE_REASON_PEER_LEFT && reason <= TS_GATE_REASON_NEW_KEY;
}

static void
read_stats(ts_cursor_t *cursor, ts_gate_stats_t *stats)
{
    uint64_t fields[TS_GATE_STATS_FIELDS];
    for (size_t i = 0; i < TS_GATE_STATS_FIELDS; i++) {
        fields[i] = ts_cursor_u64(cursor);
    }
    memcpy(stats, fields, sizeof fields);
}

/* True when every part that the type has is in range; lengths are the cursor's. */
static bool
read_parts(ts_cursor_t *cursor, int parts, ts_gate_msg_t *msg)
{
    unsigned klass = TS_ZAP_OFFICE;
    unsigned reason = TS_GATE_REASON_PEER_LEFT;
    if ((parts & HAS_VERSION) != 0) {
        msg->version = ts_cursor_u16(cursor);
    }
    if ((parts & HAS_NONCE) != 0) {
        msg->nonce = ts_cursor_u64(cursor);
    }
    if ((parts & HAS_KEY) != 0) {
        ts_cursor_get(cursor, msg->key.b, sizeof msg->key.b);
    }
    if ((parts & HAS_CLASS) != 0) {
        klass = ts_cursor_u8(cursor);
        msg->klass = (ts_zap_class_t)klass;
    }
    if ((parts & HAS_REASON) != 0) {
        reason = ts_cursor_u8(cursor);
        msg->reason = (ts_gate_reason_t)reason;
    }
    if ((parts & HAS_NUMBER) != 0) {
        msg->number = ts_cursor_u64(cursor);
    }
    if ((parts & HAS_STATS) != 0) {
        read_stats(cursor, &msg->stats);
    }
    if ((parts & (HAS_ROWS | HAS_BODY)) != 0) {
        msg->body.length = ts_cursor_left(cursor);
        msg->body.data = ts_cursor_take(cursor, msg->body.length);
    }
    return class_is_known(klass) && reason_is_known(reason) &&
           ((parts & HAS_ROWS) == 0 || msg->body.length % TS_GATE_ADMIT_ROW_BYTES == 0);
}

ts_err_t
ts_gate_decode(ts_bytes_t bytes, ts_gate_msg_t *ret_msg)
{
    ts_cursor_t cursor = ts_cursor(bytes.data, bytes.length);
    ts_gate_msg_t msg = {0};
    const unsigned type = ts_cursor_u8(&cursor);
    msg.session = ts_cursor_u64(&cursor);
    if (cursor.bad) {
        return TS_ERR_TRUNCATED;
    }
    const int at = find_type(type);
    if (at < 0) {
        return TS_ERR_UNKNOWN;
    }
    msg.type = (ts_gate_type_t)type;
    const bool in_range = read_parts(&cursor, type_table[at].parts, &msg);
    if (cursor.bad) {
        return TS_ERR_TRUNCATED;
    }
    if (!in_range || !ts_cursor_done(&cursor)) {
        return TS_ERR_INVALID;
    }
    *ret_msg = msg;
    return TS_ERR_OK;
}

void
ts_gate_admit_row_put(ts_buf_t *rows, const ts_zap_entry_t *entry)
{
    TS_CHECK(class_is_known(entry->klass));
    ts_buf_put(rows, entry->key.b, sizeof entry->key.b);
    ts_buf_put_u8(rows, (uint8_t)entry->klass);
}

ts_err_t
ts_gate_admit_row_get(ts_bytes_t rows, size_t index, ts_zap_entry_t *ret_entry)
{
    TS_CHECK((index + 1) * TS_GATE_ADMIT_ROW_BYTES <= rows.length);
    const uint8_t *at = rows.data + index * TS_GATE_ADMIT_ROW_BYTES;
    const unsigned klass = at[TS_HASH_BYTES];
    if (!class_is_known(klass)) {
        return TS_ERR_INVALID;
    }
    memcpy(ret_entry->key.b, at, TS_HASH_BYTES);
    ret_entry->klass = (ts_zap_class_t)klass;
    return TS_ERR_OK;
}

uint64_t
ts_gate_cost(size_t body_bytes)
{
    return (uint64_t)body_bytes + TS_GATE_MESSAGE_COST;
}

const char *
ts_gate_type_str(ts_gate_type_t type)
{
    const int at = find_type((unsigned)type);
    return at < 0 ? "?" : type_table[at].name;
}

const char *
ts_gate_reason_str(ts_gate_reason_t reason)
{
    switch (reason) {
#define REASON_CASE(name, value, text) \
    case TS_GATE_REASON_##name:        \
        return text;
        TS_GATE_REASONS(REASON_CASE)
#undef REASON_CASE
    default:
        return "?";
    }
}
