/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a payload, plain or as a zstd frame, gives its events or an error and never costs more than
 * its header declares. Method: the first byte chooses. 0: the bytes stand under a header of their
 * own making. 1: the bytes are events of one Payload, which is opened plain and as a right zstd
 * frame: both must say the same. 2: what is sealed from the bytes is opened again.
 */
#include "base/limits.h"
#include "base/xalloc.h"
#include "fuzz/fuzz.h"
#include "wire/segment.h"

#include <string.h>
#include <zstd.h>

enum { EVENTS_MAX = 64 };

static ts_codec_t *codec;
static ts_codec_t *other;

/* Opens and walks; the events are appended with their lengths. */
static ts_err_t
walk(ts_codec_t *with, const ts_segment_header_t *header, ts_bytes_t payload, ts_buf_t *out)
{
    ts_payload_t opened;
    ts_bytes_t event;
    ts_err_t err = ts_payload_open(with, header, payload, &opened);
    if (err != TS_ERR_OK) {
        return err;
    }
    uint32_t count = 0;
    while (ts_payload_next(&opened, &event)) {
        TS_CHECK(event.length >= 1 && event.length <= TS_EVENT_BYTES_MAX);
        ts_buf_put_u32(out, (uint32_t)event.length);
        ts_buf_put(out, event.data, event.length);
        count++;
    }
    TS_CHECK(count == header->count);
    return err;
}

static void
under_any_header(ts_cursor_t *input)
{
    ts_segment_header_t header = {0};
    ts_buf_t events = {0};
    header.codec = ts_cursor_u8(input) % 3;
    header.count = ts_cursor_u16(input);
    header.raw_bytes = ts_cursor_u32(input) & 0x1fffff;
    if (input->bad) {
        return;
    }
    ts_bytes_t payload = {input->data + input->offset, ts_cursor_left(input)};
    header.stored_bytes = (uint32_t)payload.length;
    ts_err_t err = walk(codec, &header, payload, &events);
    /* Events are at most what the header declared. */
    TS_CHECK(err != TS_ERR_OK || events.length <= (size_t)header.raw_bytes + 4u * header.count);
    ts_buf_free(&events);
}

static void
plain_and_compressed(ts_cursor_t *input)
{
    ts_segment_header_t header = {.codec = TS_CODEC_PLAIN};
    ts_buf_t plain = {0};
    ts_buf_t packed = {0};
    ts_buf_t squeezed = {0};
    header.count = ts_cursor_u16(input);
    ts_bytes_t raw = {input->data + input->offset, ts_cursor_left(input)};
    if (input->bad || raw.length == 0 || raw.length > TS_PAYLOAD_STORED_BYTES_MAX) {
        return;
    }
    header.raw_bytes = (uint32_t)raw.length;
    header.stored_bytes = (uint32_t)raw.length;
    ts_err_t first = walk(codec, &header, raw, &plain);
    size_t bound = ZSTD_compressBound(raw.length);
    size_t got = ZSTD_compress(ts_buf_extend(&squeezed, bound), bound, raw.data, raw.length, 3);
    TS_CHECK(ZSTD_isError(got) == 0);
    header.codec = TS_CODEC_ZSTD;
    header.stored_bytes = (uint32_t)got;
    ts_err_t second = walk(other, &header, (ts_bytes_t){squeezed.data, got}, &packed);
    /* Only the ratio can be wrong with the compressed one alone. */
    if (raw.length <= got * TS_PAYLOAD_RATIO_MAX) {
        TS_CHECK(first == second);
        TS_CHECK(plain.length == packed.length);
        TS_CHECK(plain.length == 0 || memcmp(plain.data, packed.data, plain.length) == 0);
    }
    ts_buf_free(&plain);
    ts_buf_free(&packed);
    ts_buf_free(&squeezed);
}

static void
sealed_and_opened(ts_cursor_t *input)
{
    ts_bytes_t events[EVENTS_MAX];
    size_t count = 0;
    int level = 1 + ts_cursor_u8(input) % 19;
    uint32_t target = 64u + ts_cursor_u16(input) % 32000u;
    while (count < EVENTS_MAX && ts_cursor_left(input) > 2) {
        size_t length =
            1 + (size_t)(ts_cursor_u8(input) * ts_cursor_u8(input)) % TS_EVENT_BYTES_MAX;
        length = length < ts_cursor_left(input) ? length : ts_cursor_left(input);
        if (length == 0) {
            break;
        }
        events[count++] = (ts_bytes_t){ts_cursor_take(input, length), length};
    }
    ts_buf_t out = {0};
    ts_buf_t opened = {0};
    ts_sealed_t sealed;
    if (count > 0) {
        TS_CHECK(ts_payload_seal(codec, events, count, level, target, &out, &sealed) == TS_ERR_OK);
        TS_CHECK(sealed.count >= 1 && sealed.count <= count && sealed.stored_bytes == out.length);
        ts_segment_header_t header = {.codec = sealed.codec,
                                      .count = (uint32_t)sealed.count,
                                      .raw_bytes = sealed.raw_bytes,
                                      .stored_bytes = sealed.stored_bytes};
        TS_CHECK(walk(other, &header, ts_buf_bytes(&out), &opened) == TS_ERR_OK);
        ts_cursor_t told = ts_cursor(opened.data, opened.length);
        for (size_t i = 0; i < sealed.count; i++) {
            TS_CHECK(ts_cursor_u32(&told) == events[i].length);
            const uint8_t *same = ts_cursor_take(&told, events[i].length);
            TS_CHECK(same != NULL && memcmp(same, events[i].data, events[i].length) == 0);
        }
        TS_CHECK(ts_cursor_done(&told));
    }
    ts_buf_free(&out);
    ts_buf_free(&opened);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const ways[])(ts_cursor_t *) = {under_any_header, plain_and_compressed,
                                                  sealed_and_opened};
    if (codec == NULL) {
        codec = ts_codec_new();
        other = ts_codec_new();
    }
    ts_cursor_t input = ts_cursor(data, size);
    uint8_t way = ts_cursor_u8(&input);
    ways[way % 3](&input);
    return 0;
}
