/* SPDX-License-Identifier: MPL-2.0 */
/* What is remembered of bundles with an office: a state of custody for each, "bundles.<number>". */
#include "node/bundle.h"

#include <stdio.h>

#define NAME_BYTES 24

static void
name_of(uint32_t office, char out[NAME_BYTES])
{
    (void)snprintf(out, NAME_BYTES, "bundles.%u", (unsigned)office);
}

ts_err_t
ts_bundle_memo_get(ts_node_t *node, uint32_t office, ts_bundle_memo_t *ret_memo)
{
    char name[NAME_BYTES];
    ts_buf_t value = {0};
    ts_bundle_memo_t memo = {0};
    name_of(office, name);
    ts_err_t err = ts_custody_state_get(node->custody, name, &value);
    if (err == TS_ERR_NOTFOUND) {
        *ret_memo = memo;
        return TS_ERR_OK;
    }
    if (err == TS_ERR_OK) {
        ts_cursor_t cursor = ts_cursor(value.data, value.length);
        memo.out_number = ts_cursor_u64(&cursor);
        memo.out_ms = (int64_t)ts_cursor_u64(&cursor);
        memo.written_number = ts_cursor_u64(&cursor);
        memo.written_ms = (int64_t)ts_cursor_u64(&cursor);
        ts_cursor_get(&cursor, memo.store.b, sizeof memo.store.b);
        memo.in_number = ts_cursor_u64(&cursor);
        memo.in_made_ms = (int64_t)ts_cursor_u64(&cursor);
        memo.in_ms = (int64_t)ts_cursor_u64(&cursor);
        memo.in_arrival = ts_cursor_u64(&cursor);
        err = ts_cursor_done(&cursor) ? TS_ERR_OK : TS_ERR_CORRUPT;
    }
    ts_buf_free(&value);
    if (err == TS_ERR_OK) {
        *ret_memo = memo;
    }
    return err;
}

static void
put_value(const ts_bundle_memo_t *memo, ts_buf_t *out)
{
    ts_buf_put_u64(out, memo->out_number);
    ts_buf_put_u64(out, (uint64_t)memo->out_ms);
    ts_buf_put_u64(out, memo->written_number);
    ts_buf_put_u64(out, (uint64_t)memo->written_ms);
    ts_buf_put(out, memo->store.b, sizeof memo->store.b);
    ts_buf_put_u64(out, memo->in_number);
    ts_buf_put_u64(out, (uint64_t)memo->in_made_ms);
    ts_buf_put_u64(out, (uint64_t)memo->in_ms);
    ts_buf_put_u64(out, memo->in_arrival);
}

ts_err_t
ts_bundle_memo_put(ts_node_t *node, uint32_t office, const ts_bundle_memo_t *memo)
{
    char name[NAME_BYTES];
    ts_buf_t value = {0};
    name_of(office, name);
    put_value(memo, &value);
    ts_err_t err = ts_custody_begin(node->custody, "bundle");
    if (err == TS_ERR_OK) {
        err = ts_custody_state_put(node->custody, name, ts_buf_bytes(&value));
        if (err == TS_ERR_OK) {
            err = ts_custody_commit(node->custody);
        } else {
            ts_custody_rollback(node->custody);
        }
    }
    ts_buf_free(&value);
    return err;
}
