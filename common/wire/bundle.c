/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/bundle.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"

#include <assert.h>
#include <string.h>

/* Types from here on are additions that who does not know them passes over. */
#define PASSED_OVER_FROM 128u

static_assert(TS_BUNDLE_TIPS_MAX * TS_BUNDLE_TIP_BYTES <= TS_BUNDLE_BODY_BYTES_MAX, "tips fit");
static_assert(TS_SEGMENT_BYTES_MAX <= TS_BUNDLE_BODY_BYTES_MAX, "a segment fits");

/* ---- writing */

static void
put_head(ts_buf_t *out, ts_bundle_record_t type, size_t bytes)
{
    TS_CHECK(bytes <= TS_BUNDLE_BODY_BYTES_MAX);
    ts_buf_put_u8(out, (uint8_t)type);
    ts_buf_put_u32(out, (uint32_t)bytes);
}

void
ts_bundle_put_header(ts_buf_t *out, const ts_bundle_header_t *header)
{
    put_head(out, TS_BUNDLE_HEADER, TS_BUNDLE_HEADER_BYTES);
    size_t before = out->length;
    ts_buf_put_u8(out, TS_BUNDLE_VERSION);
    ts_buf_put_u8(out, header->flags);
    ts_buf_put_u16(out, 0);
    ts_buf_put(out, header->deployment.b, sizeof header->deployment.b);
    ts_buf_put_u32(out, header->from);
    ts_buf_put_u32(out, header->to);
    ts_buf_put(out, header->store.b, sizeof header->store.b);
    ts_buf_put(out, header->to_store.b, sizeof header->to_store.b);
    ts_buf_put_u64(out, header->number);
    ts_buf_put_u64(out, (uint64_t)header->made_ms);
    ts_buf_put_u64(out, header->root_time_s);
    ts_buf_put_u64(out, header->arrival);
    ts_buf_put(out, header->digest.b, sizeof header->digest.b);
    ts_buf_put_u64(out, 0);
    ts_buf_put(out, header->genesis, sizeof header->genesis);
    TS_CHECK(out->length - before == TS_BUNDLE_HEADER_BYTES);
}

void
ts_bundle_put_tips(ts_buf_t *out, ts_bundle_record_t type, const ts_tip_t *tips, size_t count)
{
    TS_CHECK(type == TS_BUNDLE_BRINGS || type == TS_BUNDLE_RECEIPT);
    TS_CHECK(count > 0 && count <= TS_BUNDLE_TIPS_MAX);
    put_head(out, type, count * TS_BUNDLE_TIP_BYTES);
    for (size_t i = 0; i < count; i++) {
        ts_buf_put(out, tips[i].log.b, sizeof tips[i].log.b);
        ts_buf_put_u64(out, tips[i].seq);
        ts_buf_put(out, tips[i].hash.b, sizeof tips[i].hash.b);
    }
}

void
ts_bundle_put_segment(ts_buf_t *out, ts_bytes_t segment)
{
    put_head(out, TS_BUNDLE_SEGMENT, segment.length);
    ts_buf_put(out, segment.data, segment.length);
}

void
ts_bundle_put_signed(ts_buf_t *out, const ts_bundle_manifest_t *manifest)
{
    ts_buf_put_u64(out, manifest->segments);
    ts_buf_put_u64(out, manifest->receipts);
    ts_buf_put_u64(out, manifest->bytes);
    ts_buf_put(out, manifest->hash.b, sizeof manifest->hash.b);
}

void
ts_bundle_put_manifest(ts_buf_t *out, const ts_bundle_manifest_t *manifest)
{
    put_head(out, TS_BUNDLE_MANIFEST, TS_BUNDLE_MANIFEST_BYTES);
    size_t before = out->length;
    ts_bundle_put_signed(out, manifest);
    ts_buf_put(out, manifest->signature, sizeof manifest->signature);
    TS_CHECK(out->length - before == TS_BUNDLE_MANIFEST_BYTES);
}

/* ---- reading */

struct ts_bundle_reader {
    ts_bundle_item_fn item;
    void *ctx;
    ts_buf_t pending; /* a record that is not whole yet */
    ts_err_t failed;
    uint8_t last; /* type of the record before; 0: none */
    uint64_t segments;
    uint64_t receipts;
    uint64_t bytes; /* of the records so far */
    ts_bundle_header_t header;
    ts_bundle_manifest_t manifest;
};

ts_bundle_reader_t *
ts_bundle_reader_new(ts_bundle_item_fn item, void *ctx)
{
    ts_bundle_reader_t *self = ts_xcalloc(1, sizeof *self);
    self->item = item;
    self->ctx = ctx;
    return self;
}

void
ts_bundle_reader_destroy(ts_bundle_reader_t **self_p)
{
    if (*self_p != NULL) {
        ts_buf_free(&(*self_p)->pending);
        ts_xfree(*self_p);
        *self_p = NULL;
    }
}

ts_tip_t
ts_bundle_tip(const ts_bundle_item_t *item, size_t index)
{
    TS_CHECK(index < item->tip_count);
    ts_cursor_t cursor =
        ts_cursor(item->tips.data + index * TS_BUNDLE_TIP_BYTES, TS_BUNDLE_TIP_BYTES);
    ts_tip_t tip;
    ts_cursor_get(&cursor, tip.log.b, sizeof tip.log.b);
    tip.seq = ts_cursor_u64(&cursor);
    ts_cursor_get(&cursor, tip.hash.b, sizeof tip.hash.b);
    return tip;
}

static ts_err_t
read_header(ts_bundle_reader_t *self, ts_cursor_t *cursor)
{
    ts_bundle_header_t *header = &self->header;
    if (ts_cursor_u8(cursor) != TS_BUNDLE_VERSION) {
        return TS_ERR_UNKNOWN;
    }
    header->flags = ts_cursor_u8(cursor);
    uint16_t reserved = ts_cursor_u16(cursor);
    ts_cursor_get(cursor, header->deployment.b, sizeof header->deployment.b);
    header->from = ts_cursor_u32(cursor);
    header->to = ts_cursor_u32(cursor);
    ts_cursor_get(cursor, header->store.b, sizeof header->store.b);
    ts_cursor_get(cursor, header->to_store.b, sizeof header->to_store.b);
    header->number = ts_cursor_u64(cursor);
    header->made_ms = (int64_t)ts_cursor_u64(cursor);
    header->root_time_s = ts_cursor_u64(cursor);
    header->arrival = ts_cursor_u64(cursor);
    ts_cursor_get(cursor, header->digest.b, sizeof header->digest.b);
    uint64_t more = ts_cursor_u64(cursor);
    ts_cursor_get(cursor, header->genesis, sizeof header->genesis);
    bool good = ts_cursor_done(cursor) && reserved == 0 && more == 0 && header->from != 0 &&
                header->to != 0 && header->from <= TS_RECORD_OFFICE_MAX &&
                header->to <= TS_RECORD_OFFICE_MAX && header->number != 0;
    return good ? TS_ERR_OK : TS_ERR_INVALID;
}

static ts_err_t
read_manifest(ts_bundle_reader_t *self, ts_cursor_t *cursor)
{
    ts_bundle_manifest_t *manifest = &self->manifest;
    manifest->segments = ts_cursor_u64(cursor);
    manifest->receipts = ts_cursor_u64(cursor);
    manifest->bytes = ts_cursor_u64(cursor);
    ts_cursor_get(cursor, manifest->hash.b, sizeof manifest->hash.b);
    ts_cursor_get(cursor, manifest->signature, sizeof manifest->signature);
    bool good = ts_cursor_done(cursor) && manifest->segments == self->segments &&
                manifest->receipts == self->receipts && manifest->bytes == self->bytes;
    return good ? TS_ERR_OK : TS_ERR_INVALID;
}

/* What may stand behind what: the header first and once, what it brings next, the manifest last. */
static bool
may_follow(const ts_bundle_reader_t *self, uint8_t type)
{
    if (self->last == 0 || type == TS_BUNDLE_HEADER) {
        return self->last == 0 && type == TS_BUNDLE_HEADER;
    }
    if (type == TS_BUNDLE_BRINGS) {
        return self->last == TS_BUNDLE_HEADER || self->last == TS_BUNDLE_BRINGS;
    }
    return self->last != TS_BUNDLE_MANIFEST;
}

static ts_err_t
read_body(ts_bundle_reader_t *self, uint8_t type, ts_bytes_t body, ts_bundle_item_t *item)
{
    ts_cursor_t cursor = ts_cursor(body.data, body.length);
    switch (type) {
    case TS_BUNDLE_HEADER:
        item->header = &self->header;
        return read_header(self, &cursor);
    case TS_BUNDLE_SEGMENT:
        item->segment = body;
        self->segments++;
        return TS_ERR_OK;
    case TS_BUNDLE_MANIFEST:
        item->manifest = &self->manifest;
        return read_manifest(self, &cursor);
    default:
        item->tips = body;
        item->tip_count = body.length / TS_BUNDLE_TIP_BYTES;
        self->receipts += type == TS_BUNDLE_RECEIPT ? item->tip_count : 0;
        return item->tip_count > 0 && item->tip_count <= TS_BUNDLE_TIPS_MAX &&
                       body.length % TS_BUNDLE_TIP_BYTES == 0
                   ? TS_ERR_OK
                   : TS_ERR_INVALID;
    }
}

static ts_err_t
read_record(ts_bundle_reader_t *self, uint8_t type, ts_bytes_t whole)
{
    ts_bundle_item_t item = {.type = (ts_bundle_record_t)type, .whole = whole};
    ts_bytes_t body = {whole.data + TS_BUNDLE_RECORD_HEAD_BYTES,
                       whole.length - TS_BUNDLE_RECORD_HEAD_BYTES};
    if (type == 0 || (type > TS_BUNDLE_MANIFEST && type < PASSED_OVER_FROM)) {
        return TS_ERR_UNKNOWN;
    }
    if (!may_follow(self, type)) {
        return TS_ERR_INVALID;
    }
    ts_err_t err = type < PASSED_OVER_FROM ? read_body(self, type, body, &item) : TS_ERR_OK;
    if (err == TS_ERR_OK) {
        self->last = type;
        self->bytes += whole.length;
        err = self->item(self->ctx, &item);
    }
    return err;
}

/* One record of what is pending from `at` on; *ret_used 0: it is not whole yet. */
static ts_err_t
step(ts_bundle_reader_t *self, size_t at, size_t *ret_used)
{
    const uint8_t *data = self->pending.data + at;
    ts_cursor_t cursor = ts_cursor(data, self->pending.length - at);
    uint8_t type = ts_cursor_u8(&cursor);
    size_t bytes = ts_cursor_u32(&cursor);
    *ret_used = 0;
    if (cursor.bad) {
        return TS_ERR_OK;
    }
    if (bytes > TS_BUNDLE_BODY_BYTES_MAX) {
        return TS_ERR_INVALID;
    }
    if (ts_cursor_left(&cursor) < bytes) {
        return TS_ERR_OK;
    }
    *ret_used = TS_BUNDLE_RECORD_HEAD_BYTES + bytes;
    return read_record(self, type, (ts_bytes_t){data, *ret_used});
}

ts_err_t
ts_bundle_feed(ts_bundle_reader_t *self, ts_bytes_t bytes)
{
    while (self->failed == TS_ERR_OK && bytes.length > 0) {
        size_t room = TS_BUNDLE_RECORD_HEAD_BYTES + TS_BUNDLE_BODY_BYTES_MAX - self->pending.length;
        size_t part = bytes.length < room ? bytes.length : room;
        ts_buf_put(&self->pending, bytes.data, part);
        bytes.data += part;
        bytes.length -= part;
        size_t at = 0;
        size_t used = 1;
        while (self->failed == TS_ERR_OK && used > 0 && at < self->pending.length) {
            self->failed = step(self, at, &used);
            at += used;
        }
        memmove(self->pending.data, self->pending.data + at, self->pending.length - at);
        self->pending.length -= at;
    }
    return self->failed;
}

ts_err_t
ts_bundle_end(const ts_bundle_reader_t *self)
{
    if (self->failed != TS_ERR_OK) {
        return self->failed;
    }
    return self->last == TS_BUNDLE_MANIFEST && self->pending.length == 0 ? TS_ERR_OK
                                                                         : TS_ERR_TRUNCATED;
}
