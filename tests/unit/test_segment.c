/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a payload gives back its events byte for byte, fits a segment whatever the events are, and
 * a payload made to harm costs no more than its declared size. Method: round trips of made-up
 * events, sizes at the limits, bombs and lies built with the compressor itself.
 */
#include "base/limits.h"
#include "base/prng.h"
#include "base/xalloc.h"
#include "support/test.h"
#include "support/wire_samples.h"
#include "wire/schema.h"
#include "wire/segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* Events of that many bytes each: texts when `random` is false, else noise. */
typedef struct made {
    ts_buf_t bytes;
    ts_bytes_t *events;
    size_t count;
} made_t;

static made_t
make(size_t count, size_t length, bool random)
{
    made_t made = {.events = ts_xcalloc(count, sizeof(ts_bytes_t)), .count = count};
    ts_prng_t prng = ts_prng(length + 1);
    uint8_t *at = ts_buf_extend(&made.bytes, count * length);
    for (size_t i = 0; i < count; i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "nhu cầu %zu của trẻ em số %u; ", i,
                       ts_prng_below(&prng, 700));
        for (size_t k = 0; k < length; k++) {
            at[k] = random ? (uint8_t)ts_prng_below(&prng, 256) : (uint8_t)text[k % strlen(text)];
        }
        made.events[i] = (ts_bytes_t){at, length};
        at += length;
    }
    return made;
}

static void
unmake(made_t *made)
{
    ts_buf_free(&made->bytes);
    ts_xfree(made->events);
}

static ts_segment_header_t
header_of(const ts_sealed_t *sealed)
{
    return (ts_segment_header_t){.codec = sealed->codec,
                                 .count = (uint32_t)sealed->count,
                                 .raw_bytes = sealed->raw_bytes,
                                 .stored_bytes = sealed->stored_bytes};
}

/* Seals all, as many segments as it takes; opens each and compares. Returns the number of segments.
 */
static size_t
seal_and_compare(const made_t *made, int level, uint32_t target)
{
    ts_codec_t *writer = ts_codec_new();
    ts_codec_t *reader = ts_codec_new();
    size_t segments = 0;
    for (size_t done = 0; done < made->count; segments++) {
        ts_buf_t payload = {0};
        ts_sealed_t sealed;
        ts_payload_t opened;
        ts_bytes_t event;
        assert_int_equal(ts_payload_seal(writer, made->events + done, made->count - done, level,
                                         target, &payload, &sealed),
                         TS_ERR_OK);
        assert_true(sealed.count >= 1 && sealed.count <= TS_SEGMENT_EVENTS_MAX);
        assert_int_equal(sealed.stored_bytes, payload.length);
        assert_true(payload.length <= TS_PAYLOAD_STORED_BYTES_MAX);
        assert_true(sealed.raw_bytes <= TS_PAYLOAD_RAW_BYTES_MAX);
        assert_true(sealed.raw_bytes <= TS_PAYLOAD_RATIO_MAX * sealed.stored_bytes);
        ts_segment_header_t header = header_of(&sealed);
        assert_int_equal(ts_payload_open(reader, &header, ts_buf_bytes(&payload), &opened),
                         TS_ERR_OK);
        for (size_t i = 0; i < sealed.count; i++) {
            assert_true(ts_payload_next(&opened, &event));
            assert_int_equal(event.length, made->events[done + i].length);
            assert_memory_equal(event.data, made->events[done + i].data, event.length);
        }
        assert_false(ts_payload_next(&opened, &event));
        done += sealed.count;
        ts_buf_free(&payload);
    }
    ts_codec_destroy(&writer);
    ts_codec_destroy(&reader);
    ts_codec_destroy(&reader);
    return segments;
}

static void
test_segment_round_trips_same_at_every_level(void **state)
{
    static const int levels[] = {1, 3, 19};
    for (size_t i = 0; i < TS_COUNT(levels); i++) {
        made_t one = make(1, 1, false);
        made_t some = make(3000, 130, false);
        assert_int_equal(seal_and_compare(&one, levels[i], 0), 1);
        assert_true(seal_and_compare(&some, levels[i], 0) >= 1);
        assert_true(seal_and_compare(&some, levels[i], 4096) > 3);
        unmake(&one);
        unmake(&some);
    }
}

static void
test_segment_incompressible_events_are_kept_plain_and_cut(void **state)
{
    made_t noise = make(40, TS_EVENT_BYTES_MAX, true);
    made_t one = make(1, TS_EVENT_BYTES_MAX, true);
    ts_codec_t *codec = ts_codec_new();
    ts_buf_t payload = {0};
    ts_sealed_t sealed;
    /* Two of 16 KiB are a little more than 32 KiB. */
    assert_int_equal(seal_and_compare(&noise, 3, 0), 20);
    assert_int_equal(seal_and_compare(&noise, 3, TS_PAYLOAD_STORED_BYTES_MAX), 14);
    assert_int_equal(ts_payload_seal(codec, one.events, 1, 3, 1000, &payload, &sealed), TS_ERR_OK);
    assert_int_equal(sealed.codec, TS_CODEC_PLAIN);
    assert_int_equal(sealed.raw_bytes, sealed.stored_bytes);
    ts_buf_free(&payload);
    ts_codec_destroy(&codec);
    unmake(&noise);
    unmake(&one);
}

static void
test_segment_dense_events_stay_within_ratio(void **state)
{
    /* All the same: would pack far below 1 : 200. */
    static uint8_t same[2000];
    made_t made = {.events = ts_xcalloc(3000, sizeof(ts_bytes_t)), .count = 3000};
    for (size_t i = 0; i < made.count; i++) {
        made.events[i] = (ts_bytes_t){same, sizeof(same)};
    }
    assert_true(seal_and_compare(&made, 19, 0) > 5);
    unmake(&made);
}

static void
test_segment_mixed_events_always_fit(void **state)
{
    made_t text = make(4000, 200, false);
    made_t noise = make(30, 16000, true);
    made_t both = {.events = ts_xcalloc(4030, sizeof(ts_bytes_t)), .count = 4030};
    ts_prng_t prng = ts_prng(3);
    for (size_t order = 0; order < 4; order++) {
        size_t t = 0;
        size_t n = 0;
        for (size_t i = 0; i < both.count; i++) {
            bool take_noise = n < noise.count && (t == text.count || order == 0 ||
                                                  (order > 1 && ts_prng_below(&prng, 100) == 0));
            both.events[i] = take_noise ? noise.events[n++] : text.events[t++];
        }
        (void)seal_and_compare(&both, 3, 0);
    }
    unmake(&text);
    unmake(&noise);
    unmake(&both);
}

static void
test_segment_backlog_fills_target(void **state)
{
    made_t made = make(20000, 150, false);
    for (size_t i = 0; i < made.count; i++) {
        /* Twelve bytes of noise in each: packs like real entries. */
        uint8_t *at = made.bytes.data + i * 150 + 100;
        for (size_t k = 0; k < 12; k++) {
            at[k] = (uint8_t)(i * 2654435761u >> (k % 4 * 8)) ^ (uint8_t)(i * k * 977);
        }
    }
    ts_codec_t *codec = ts_codec_new();
    ts_buf_t payload = {0};
    ts_sealed_t sealed;
    assert_int_equal(ts_payload_seal(codec, made.events, made.count, 3, 0, &payload, &sealed),
                     TS_ERR_OK);
    assert_in_range(sealed.stored_bytes, TS_SEAL_TARGET_BYTES * 3 / 4,
                    TS_SEAL_TARGET_BYTES * 17 / 16);
    /* The estimate has learned. */
    uint32_t guess = ts_codec_estimate(codec, sealed.raw_bytes);
    assert_in_range(guess, sealed.stored_bytes * 9 / 10, sealed.stored_bytes * 11 / 10);
    ts_buf_free(&payload);
    ts_codec_trim(codec);
    assert_int_equal(ts_codec_estimate(codec, sealed.raw_bytes), guess);
    ts_codec_destroy(&codec);
    unmake(&made);
}

static void
test_segment_events_beyond_limits_are_refused_at_seal(void **state)
{
    static uint8_t big[TS_EVENT_BYTES_MAX + 1];
    ts_bytes_t events[] = {{big, 1}, {big, sizeof(big)}, {big, 0}};
    ts_codec_t *codec = ts_codec_new();
    ts_buf_t out = {0};
    ts_sealed_t sealed;
    assert_int_equal(ts_payload_seal(codec, events, 2, 3, 0, &out, &sealed), TS_ERR_TOOBIG);
    assert_int_equal(ts_payload_seal(codec, events + 2, 1, 3, 0, &out, &sealed), TS_ERR_INVALID);
    assert_int_equal(out.length, 0);
    ts_codec_destroy(&codec);
}

/* A frame of zstd of `raw` bytes with those options. */
static ts_buf_t
pack(const void *raw, size_t length, int checksum, int content_size)
{
    ts_buf_t out = {0};
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t bound = ZSTD_compressBound(length);
    (void)ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum);
    (void)ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, content_size);
    out.length = ZSTD_compress2(context, ts_buf_extend(&out, bound), bound, raw, length);
    assert_false(ZSTD_isError(out.length));
    ZSTD_freeCCtx(context);
    return out;
}

static ts_err_t
open_with(const ts_buf_t *payload, uint8_t codec_number, uint32_t raw, uint32_t count)
{
    ts_codec_t *codec = ts_codec_new();
    ts_segment_header_t header = {.codec = codec_number,
                                  .count = count,
                                  .raw_bytes = raw,
                                  .stored_bytes = (uint32_t)payload->length};
    ts_payload_t opened;
    ts_err_t err = ts_payload_open(codec, &header, ts_buf_bytes(payload), &opened);
    ts_codec_destroy(&codec);
    return err;
}

static void
test_segment_bombs_and_lies_are_refused(void **state)
{
    static uint8_t raw[TS_PAYLOAD_RAW_BYTES_MAX];
    static const uint8_t two[] = {0x0a, 1, 'x', 0x0a, 2, 'y', 'z'};
    memcpy(raw, two, sizeof(two));
    ts_buf_t good = pack(raw, sizeof(two), 0, 1);
    assert_int_equal(open_with(&good, TS_CODEC_ZSTD, sizeof(two), 2), TS_ERR_OK);
    assert_int_equal(open_with(&good, TS_CODEC_ZSTD, sizeof(two), 1), TS_ERR_INVALID);
    assert_int_equal(open_with(&good, TS_CODEC_ZSTD, sizeof(two), 3), TS_ERR_INVALID);
    assert_int_equal(open_with(&good, TS_CODEC_ZSTD, sizeof(two), 0), TS_ERR_INVALID);
    assert_int_equal(open_with(&good, TS_CODEC_ZSTD, sizeof(two) + 1, 2), TS_ERR_INVALID);
    assert_int_equal(open_with(&good, TS_CODEC_PLAIN, (uint32_t)good.length, 2), TS_ERR_INVALID);
    assert_int_equal(open_with(&good, 2, sizeof(two), 2), TS_ERR_UNKNOWN);
    assert_int_equal(open_with(&good, TS_CODEC_GENESIS, sizeof(two), 2), TS_ERR_INVALID);
    /* Behind the frame: a byte, and an empty frame of its own. */
    ts_buf_t empty_frame = pack(raw, 0, 0, 1);
    ts_buf_t more = {0};
    ts_buf_put(&more, good.data, good.length);
    ts_buf_put_u8(&more, 0);
    assert_int_equal(open_with(&more, TS_CODEC_ZSTD, sizeof(two), 2), TS_ERR_INVALID);
    more.length--;
    ts_buf_put(&more, empty_frame.data, empty_frame.length);
    assert_int_equal(open_with(&more, TS_CODEC_ZSTD, sizeof(two), 2), TS_ERR_INVALID);
    /* A frame without its size. */
    ts_buf_t no_size = pack(raw, sizeof(two), 0, 0);
    assert_int_equal(open_with(&no_size, TS_CODEC_ZSTD, sizeof(two), 2), TS_ERR_INVALID);
    /* 1 MiB of zeros: the ratio, then the declared size against the frame's. */
    memset(raw, 0, sizeof(raw));
    ts_buf_t bomb = pack(raw, sizeof(raw), 0, 1);
    assert_true(bomb.length < 200);
    assert_int_equal(open_with(&bomb, TS_CODEC_ZSTD, sizeof(raw), 1), TS_ERR_TOOBIG);
    assert_int_equal(open_with(&bomb, TS_CODEC_ZSTD, sizeof(raw) + 1, 1), TS_ERR_TOOBIG);
    assert_int_equal(open_with(&bomb, TS_CODEC_ZSTD, 100, 1), TS_ERR_INVALID);
    ts_buf_free(&good);
    ts_buf_free(&more);
    ts_buf_free(&no_size);
    ts_buf_free(&empty_frame);
    ts_buf_free(&bomb);
}

static void
test_segment_plain_payloads_are_judged(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        uint32_t count;
        ts_err_t expected;
    } cases[] = {
        {"\x0a\x01x", 3, 1, TS_ERR_OK},
        {"\x0a\x00", 2, 1, TS_ERR_INVALID},
        {"\x12\x01x", 3, 1, TS_ERR_INVALID},
        {"\x0a\x02x", 3, 1, TS_ERR_TRUNCATED},
        {"\x0a", 1, 1, TS_ERR_TRUNCATED},
        {"\x0a\xff", 2, 1, TS_ERR_TRUNCATED},
        {"\x0a\x81\x80\x01x", 5, 1, TS_ERR_TOOBIG},
        {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x", 12, 1, TS_ERR_TOOBIG},
        {"\x0a\x01x\x0a", 4, 1, TS_ERR_TRUNCATED},
        {"", 0, 0, TS_ERR_INVALID},
        {"\x0a\x01x", 3, 4097, TS_ERR_TOOBIG},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_buf_t payload = {0};
        ts_buf_put(&payload, cases[i].bytes, cases[i].length);
        assert_int_equal(
            open_with(&payload, TS_CODEC_PLAIN, (uint32_t)payload.length, cases[i].count),
            cases[i].expected);
        ts_buf_free(&payload);
    }
}

static void
test_segment_million_empty_events_are_refused(void **state)
{
    /* 1 MiB of `repeated bytes` of no bytes each: half a million items from a frame of a few KB
     * with noise behind. */
    static uint8_t raw[TS_PAYLOAD_RAW_BYTES_MAX];
    ts_prng_t prng = ts_prng(5);
    for (size_t i = 0; i < sizeof(raw); i += 2) {
        raw[i] = 0x0a;
    }
    for (size_t i = sizeof(raw) - 8000; i < sizeof(raw); i++) {
        raw[i] = (uint8_t)ts_prng_below(&prng, 256);
    }
    ts_buf_t frame = pack(raw, sizeof(raw), 0, 1);
    assert_true(frame.length * TS_PAYLOAD_RATIO_MAX >= sizeof(raw));
    assert_int_equal(open_with(&frame, TS_CODEC_ZSTD, sizeof(raw), 4096), TS_ERR_INVALID);
    /* Of one byte each: stopped at the declared count. */
    for (size_t i = 0; i + 3 <= sizeof(raw) - 8000; i += 3) {
        memcpy(raw + i, "\x0a\x01x", 3);
    }
    ts_buf_free(&frame);
    frame = pack(raw, sizeof(raw), 0, 1);
    assert_int_equal(open_with(&frame, TS_CODEC_ZSTD, sizeof(raw), 4096), TS_ERR_INVALID);
    ts_buf_free(&frame);
}

static void
test_segment_damaged_frames_do_no_harm(void **state)
{
    made_t made = make(60, 130, false);
    ts_codec_t *codec = ts_codec_new();
    ts_buf_t payload = {0};
    ts_sealed_t sealed;
    assert_int_equal(ts_payload_seal(codec, made.events, made.count, 3, 0, &payload, &sealed),
                     TS_ERR_OK);
    assert_int_equal(sealed.codec, TS_CODEC_ZSTD);
    size_t refused = 0;
    for (size_t bit = 0; bit < 8 * payload.length; bit++) {
        ts_segment_header_t header = header_of(&sealed);
        ts_payload_t opened;
        ts_bytes_t event;
        payload.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (ts_payload_open(codec, &header, ts_buf_bytes(&payload), &opened) == TS_ERR_OK) {
            while (ts_payload_next(&opened, &event)) {
                assert_true(event.length > 0);
            }
        } else {
            refused++;
        }
        payload.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(refused > 0);
    for (size_t length = 0; length < payload.length; length++) {
        ts_buf_t cut = {0};
        ts_buf_put(&cut, payload.data, length);
        assert_int_not_equal(
            open_with(&cut, TS_CODEC_ZSTD, sealed.raw_bytes, (uint32_t)sealed.count), TS_ERR_OK);
        ts_buf_free(&cut);
    }
    ts_buf_free(&payload);
    ts_codec_destroy(&codec);
    unmake(&made);
}

static void
test_segment_encrypted_payload_is_left_alone(void **state)
{
    ts_codec_t *codec = ts_codec_new();
    ts_segment_header_t header = {
        .codec = TS_CODEC_PLAIN, .encryption = 1, .count = 1, .raw_bytes = 3, .stored_bytes = 3};
    ts_payload_t opened;
    assert_int_equal(
        ts_payload_open(codec, &header, (ts_bytes_t){(const uint8_t *)"\x0a\x01x", 3}, &opened),
        TS_ERR_UNKNOWN);
    ts_codec_destroy(&codec);
}

/* A dictionary that nobody has, and a segment that says it holds no event. */
static void
test_segment_unknown_dictionary_and_no_events_are_refused(void **state)
{
    static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x21, 0x07, 0x05, 0x29,
                                    0x00, 0x00, 1,    2,    3,    4,    5};
    ts_codec_t *codec = ts_codec_new();
    ts_payload_t opened;
    ts_segment_header_t header = {
        .codec = TS_CODEC_ZSTD, .count = 1, .raw_bytes = 5, .stored_bytes = sizeof frame};
    assert_int_equal(ts_payload_open(codec, &header, (ts_bytes_t){frame, sizeof frame}, &opened),
                     TS_ERR_UNKNOWN);
    header.count = 0;
    assert_int_equal(ts_payload_open(codec, &header, (ts_bytes_t){frame, sizeof frame}, &opened),
                     TS_ERR_INVALID);
    /* What is estimated is never more than a segment takes. */
    assert_int_equal(ts_codec_estimate(codec, SIZE_MAX),
                     ts_codec_estimate(codec, TS_PAYLOAD_RAW_BYTES_MAX));
    ts_codec_destroy(&codec);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segment_round_trips_same_at_every_level),
        cmocka_unit_test(test_segment_incompressible_events_are_kept_plain_and_cut),
        cmocka_unit_test(test_segment_dense_events_stay_within_ratio),
        cmocka_unit_test(test_segment_mixed_events_always_fit),
        cmocka_unit_test(test_segment_backlog_fills_target),
        cmocka_unit_test(test_segment_events_beyond_limits_are_refused_at_seal),
        cmocka_unit_test(test_segment_bombs_and_lies_are_refused),
        cmocka_unit_test(test_segment_plain_payloads_are_judged),
        cmocka_unit_test(test_segment_million_empty_events_are_refused),
        cmocka_unit_test(test_segment_damaged_frames_do_no_harm),
        cmocka_unit_test(test_segment_encrypted_payload_is_left_alone),
        cmocka_unit_test(test_segment_unknown_dictionary_and_no_events_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
