/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/segment.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"

#include <zstd.h>

/* Tag of Payload.events. */
enum { EVENTS_TAG = 0x0a };
/* A context that takes more is given back after use: level 19 wants many times what level 3 does.
 */
enum { CONTEXT_BYTES_KEPT = 2 << 20 };
/* The probe: how far a cheap level looks ahead, and what the backlog level gains on it. */
enum { PROBE_LEVEL = 3, PROBE_RAW_BYTES = 131072, HIGH_LEVEL = 10, HIGH_LEVEL_PERCENT = 90 };

struct ts_codec {
    ZSTD_CCtx *compressor;
    ZSTD_DCtx *decompressor;
    ts_buf_t raw;    /* opened payload, or the one being sealed */
    ts_buf_t stored; /* result of a compression */
    size_t seen_raw; /* of the last seals, for the estimate */
    size_t seen_stored;
};

ts_codec_t *
ts_codec_new(void)
{
    return ts_xcalloc(1, sizeof(ts_codec_t));
}

void
ts_codec_trim(ts_codec_t *self)
{
    ZSTD_freeCCtx(self->compressor);
    ZSTD_freeDCtx(self->decompressor);
    self->compressor = NULL;
    self->decompressor = NULL;
    ts_buf_free(&self->raw);
    ts_buf_free(&self->stored);
}

void
ts_codec_destroy(ts_codec_t **self_p)
{
    if (*self_p != NULL) {
        ts_codec_trim(*self_p);
        ts_xfree(*self_p);
        *self_p = NULL;
    }
}

/* ---- sealing ---- */

static size_t
varint_bytes(size_t value)
{
    size_t bytes = 1;
    for (; value >= 0x80; value >>= 7) {
        bytes++;
    }
    return bytes;
}

static size_t
raw_bytes(ts_bytes_t event)
{
    return 1 + varint_bytes(event.length) + event.length;
}

/* How many of the first events have at most `limit` raw bytes, one at least; and how many raw bytes
 * these are. */
static size_t
count_within(const ts_bytes_t *events, size_t count, size_t limit, size_t *ret_raw)
{
    size_t n = 0;
    size_t raw = 0;
    while (n < count && n < TS_SEGMENT_EVENTS_MAX) {
        size_t more = raw_bytes(events[n]);
        if (n > 0 && more > limit - raw) {
            break;
        }
        raw += more;
        n++;
        if (raw >= limit) {
            break;
        }
    }
    *ret_raw = raw;
    return n;
}

static void
put_raw(ts_codec_t *self, const ts_bytes_t *events, size_t count)
{
    ts_buf_clear(&self->raw);
    for (size_t i = 0; i < count; i++) {
        ts_buf_put_u8(&self->raw, EVENTS_TAG);
        ts_buf_put_varint(&self->raw, events[i].length);
        ts_buf_put(&self->raw, events[i].data, events[i].length);
    }
}

static void
set(ZSTD_CCtx *context, ZSTD_cParameter parameter, int value)
{
    size_t result = ZSTD_CCtx_setParameter(context, parameter, value);
    TS_CHECK(!ZSTD_isError(result));
}

/* self->raw → self->stored. */
static size_t
compress(ts_codec_t *self, size_t raw, int level)
{
    if (self->compressor == NULL) {
        self->compressor = ZSTD_createCCtx();
        TS_CHECK(self->compressor != NULL);
    }
    set(self->compressor, ZSTD_c_compressionLevel, level);
    set(self->compressor, ZSTD_c_contentSizeFlag, 1);
    set(self->compressor, ZSTD_c_checksumFlag, 0);
    set(self->compressor, ZSTD_c_dictIDFlag, 0);
    size_t bound = ZSTD_compressBound(raw);
    ts_buf_clear(&self->stored);
    uint8_t *at = ts_buf_extend(&self->stored, bound);
    size_t stored = ZSTD_compress2(self->compressor, at, bound, self->raw.data, raw);
    TS_CHECK(!ZSTD_isError(stored));
    self->stored.length = stored;
    if (ZSTD_sizeof_CCtx(self->compressor) > CONTEXT_BYTES_KEPT) {
        ZSTD_freeCCtx(self->compressor);
        self->compressor = NULL;
    }
    return stored;
}

/* Raw bytes that will about fill `target` at `level`, after a look at the first ones. */
static size_t
probe(ts_codec_t *self, const ts_bytes_t *events, size_t count, int level, size_t target)
{
    size_t raw;
    size_t n = count_within(events, count, PROBE_RAW_BYTES, &raw);
    put_raw(self, events, n);
    size_t stored = compress(self, raw, PROBE_LEVEL);
    if (level >= HIGH_LEVEL) {
        stored = stored * HIGH_LEVEL_PERCENT / 100;
    }
    return raw * target / (stored + 1);
}

/* Seals exactly `count` events into self->stored or, when that is not smaller, leaves them in
 * self->raw. */
static ts_sealed_t
seal_all(ts_codec_t *self, const ts_bytes_t *events, size_t count, int level)
{
    put_raw(self, events, count);
    size_t raw = self->raw.length;
    size_t stored = compress(self, raw, level);
    /* A receiver refuses what unpacks to more than so many times its size. */
    bool too_dense = raw > (size_t)TS_PAYLOAD_RATIO_MAX * stored;
    bool plain = stored >= raw || too_dense;
    return (ts_sealed_t){.count = count,
                         .codec = plain ? TS_CODEC_PLAIN : TS_CODEC_ZSTD,
                         .raw_bytes = (uint32_t)raw,
                         .stored_bytes = (uint32_t)(plain ? raw : stored)};
}

static size_t
least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

static ts_err_t
judge_events(const ts_bytes_t *events, size_t count)
{
    for (size_t i = 0; i < count && i < TS_SEGMENT_EVENTS_MAX; i++) {
        if (events[i].length == 0) {
            return TS_ERR_INVALID;
        }
        if (events[i].length > TS_EVENT_BYTES_MAX) {
            return TS_ERR_TOOBIG;
        }
    }
    return TS_ERR_OK;
}

ts_err_t
ts_payload_seal(ts_codec_t *self,
                const ts_bytes_t *events,
                size_t count,
                int level,
                uint32_t target_bytes,
                ts_buf_t *out,
                ts_sealed_t *ret_sealed)
{
    TS_CHECK(count >= 1);
    TS_CHECK(level >= 1 && level <= 19);
    TS_CHECK(target_bytes <= TS_PAYLOAD_STORED_BYTES_MAX);
    ts_err_t err = judge_events(events, count);
    if (err != TS_ERR_OK) {
        return err;
    }
    size_t target = target_bytes == 0 ? TS_SEAL_TARGET_BYTES : target_bytes;
    /* A little beyond the target is fine, so that two events of half its size go together. */
    size_t most = least_of(target + target / 16, TS_PAYLOAD_STORED_BYTES_MAX);
    size_t aim = least_of(target + target / 32, most);
    size_t raw;
    size_t n_max = count_within(events, count, TS_PAYLOAD_RAW_BYTES_MAX, &raw);
    size_t n = n_max;
    if (raw > 2 * target) {
        n = count_within(events, n_max, probe(self, events, n_max, level, aim), &raw);
    }
    ts_sealed_t sealed = seal_all(self, events, n, level);
    bool grown = false;
    /* Ends: grows once at most, and after that has fewer events each time. */
    for (;;) {
        bool too_much = sealed.stored_bytes > most && n > 1;
        bool too_little = !grown && n < n_max && sealed.stored_bytes < target - target / 4;
        if (!too_much && !too_little) {
            break;
        }
        grown = true;
        size_t want = (size_t)((uint64_t)sealed.raw_bytes * aim / sealed.stored_bytes);
        size_t fewer = n - 1;
        n = count_within(events, too_much ? fewer : n_max, want, &raw);
        sealed = seal_all(self, events, n, level);
    }
    TS_CHECK(sealed.stored_bytes <= TS_PAYLOAD_STORED_BYTES_MAX);
    const ts_buf_t *from = sealed.codec == TS_CODEC_PLAIN ? &self->raw : &self->stored;
    ts_buf_put(out, from->data, from->length);
    /* Older seals count half as much each time. */
    self->seen_raw = self->seen_raw / 2 + sealed.raw_bytes;
    self->seen_stored = self->seen_stored / 2 + sealed.stored_bytes;
    *ret_sealed = sealed;
    return TS_ERR_OK;
}

uint32_t
ts_codec_estimate(const ts_codec_t *self, size_t raw)
{
    if (raw > TS_PAYLOAD_RAW_BYTES_MAX) {
        raw = TS_PAYLOAD_RAW_BYTES_MAX;
    }
    /* Nothing sealed yet: a third, as made-up data of offices gave. */
    uint64_t estimate =
        self->seen_raw == 0 ? raw / 3 : (uint64_t)raw * self->seen_stored / self->seen_raw;
    return (uint32_t)estimate;
}

/* ---- opening ---- */

static ts_err_t
decompress(ts_codec_t *self, uint32_t raw, ts_bytes_t payload)
{
    if (ZSTD_getFrameContentSize(payload.data, payload.length) != raw) {
        return TS_ERR_INVALID;
    }
    if (ZSTD_getDictID_fromFrame(payload.data, payload.length) != 0) {
        return TS_ERR_UNKNOWN;
    }
    size_t frame = ZSTD_findFrameCompressedSize(payload.data, payload.length);
    if (ZSTD_isError(frame) || frame != payload.length) {
        return TS_ERR_INVALID;
    }
    if (self->decompressor == NULL) {
        self->decompressor = ZSTD_createDCtx();
        TS_CHECK(self->decompressor != NULL);
    }
    ts_buf_clear(&self->raw);
    uint8_t *at = ts_buf_extend(&self->raw, raw);
    size_t got = ZSTD_decompressDCtx(self->decompressor, at, raw, payload.data, payload.length);
    return got == raw ? TS_ERR_OK : TS_ERR_INVALID;
}

/* One event at payload->offset; TRUNCATED, INVALID, TOOBIG. */
static ts_err_t
event_at(const ts_payload_t *payload, ts_bytes_t *ret_event, size_t *ret_next)
{
    ts_cursor_t cursor = ts_cursor(payload->raw.data, payload->raw.length);
    cursor.offset = payload->offset;
    uint8_t tag = ts_cursor_u8(&cursor);
    uint64_t length = ts_cursor_varint(&cursor);
    if (cursor.bad) {
        return TS_ERR_TRUNCATED;
    }
    if (tag != EVENTS_TAG || length == 0) {
        return TS_ERR_INVALID;
    }
    if (length > TS_EVENT_BYTES_MAX) {
        return TS_ERR_TOOBIG;
    }
    const uint8_t *data = ts_cursor_take(&cursor, (size_t)length);
    if (data == NULL) {
        return TS_ERR_TRUNCATED;
    }
    *ret_event = (ts_bytes_t){data, (size_t)length};
    *ret_next = cursor.offset;
    return TS_ERR_OK;
}

bool
ts_payload_next(ts_payload_t *payload, ts_bytes_t *ret_event)
{
    if (payload->index == payload->count) {
        return false;
    }
    ts_err_t err = event_at(payload, ret_event, &payload->offset);
    TS_CHECK(err == TS_ERR_OK);
    payload->index++;
    return true;
}

/* Walks all events once, so that later walks cannot fail. */
static ts_err_t
judge_raw(const ts_segment_header_t *header, ts_bytes_t raw, ts_payload_t *ret_payload)
{
    ts_payload_t payload = {.raw = raw};
    while (payload.offset < raw.length) {
        ts_bytes_t event;
        ts_err_t err = event_at(&payload, &event, &payload.offset);
        if (err != TS_ERR_OK) {
            return err;
        }
        if (payload.count++ == header->count) {
            return TS_ERR_INVALID;
        }
    }
    if (payload.count != header->count) {
        return TS_ERR_INVALID;
    }
    payload.offset = 0;
    *ret_payload = payload;
    return TS_ERR_OK;
}

ts_err_t
ts_payload_open(ts_codec_t *self,
                const ts_segment_header_t *header,
                ts_bytes_t payload,
                ts_payload_t *ret_payload)
{
    if (header->encryption != TS_ENCRYPTION_NONE) {
        return TS_ERR_UNKNOWN;
    }
    if (header->codec == TS_CODEC_GENESIS || payload.length == 0 ||
        payload.length != header->stored_bytes || header->count == 0) {
        return TS_ERR_INVALID;
    }
    if (header->codec != TS_CODEC_PLAIN && header->codec != TS_CODEC_ZSTD) {
        return TS_ERR_UNKNOWN;
    }
    if (header->raw_bytes > TS_PAYLOAD_RAW_BYTES_MAX || header->count > TS_SEGMENT_EVENTS_MAX ||
        header->raw_bytes > (uint64_t)TS_PAYLOAD_RATIO_MAX * payload.length) {
        return TS_ERR_TOOBIG;
    }
    ts_bytes_t raw = payload;
    if (header->codec == TS_CODEC_ZSTD) {
        ts_err_t err = decompress(self, header->raw_bytes, payload);
        if (err != TS_ERR_OK) {
            return err;
        }
        raw = ts_buf_bytes(&self->raw);
    } else if (header->raw_bytes != payload.length) {
        return TS_ERR_INVALID;
    }
    return judge_raw(header, raw, ret_payload);
}
