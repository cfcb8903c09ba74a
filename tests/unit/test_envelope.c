/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: every field of a segment header is read and written at its place, and whatever the byte
 * table forbids is refused before anything else looks at it. Method: golden bytes with their field
 * values (tests/golden/v1), every truncation, every wrong field by a row, random bytes.
 */
#include "base/limits.h"
#include "base/prng.h"
#include "core/envelope.h"
#include "support/golden.h"
#include "support/test.h"

#include <string.h>

/* A right segment of `payload` bytes. */
static void
put_segment(ts_buf_t *out, uint32_t payload)
{
    ts_segment_header_t header = {.first_seq = 10,
                                  .count = 3,
                                  .codec = TS_CODEC_ZSTD,
                                  .stored_bytes = payload,
                                  .raw_bytes = payload * 2};
    header.log.b[0] = 1;
    header.prev.b[0] = 2;
    ts_segment_put_header(out, &header);
    memset(ts_buf_extend(out, TS_SEGMENT_SIGNATURE_BYTES), 7, TS_SEGMENT_SIGNATURE_BYTES);
    memset(ts_buf_extend(out, payload), 9, payload);
}

static void
put_genesis(ts_buf_t *out)
{
    ts_segment_header_t header = {.flags = TS_SEGMENT_GENESIS,
                                  .codec = TS_CODEC_GENESIS,
                                  .stored_bytes = TS_GENESIS_BYTES,
                                  .raw_bytes = TS_GENESIS_BYTES};
    ts_segment_put_header(out, &header);
    memset(ts_buf_extend(out, TS_SEGMENT_SIGNATURE_BYTES), 7, TS_SEGMENT_SIGNATURE_BYTES);
    memset(ts_buf_extend(out, TS_GENESIS_BYTES), 9, TS_GENESIS_BYTES);
}

static void
describe(golden_t *golden, const ts_segment_header_t *header)
{
    golden_number(golden, "flags", header->flags);
    golden_bytes(golden, "deployment", header->deployment.b, TS_ID16_BYTES);
    golden_bytes(golden, "log", header->log.b, TS_HASH_BYTES);
    golden_number(golden, "first_seq", header->first_seq);
    golden_number(golden, "count", header->count);
    golden_bytes(golden, "prev", header->prev.b, TS_HASH_BYTES);
    golden_number(golden, "key_id", header->key_id);
    golden_number(golden, "codec", header->codec);
    golden_number(golden, "encryption", header->encryption);
    golden_number(golden, "recipient_key_id", header->recipient_key_id);
    golden_number(golden, "stored_bytes", header->stored_bytes);
    golden_number(golden, "raw_bytes", header->raw_bytes);
    golden_signed(golden, "claimed_ms", header->claimed_ms);
    golden_signed(golden, "mono_ms", header->mono_ms);
    golden_number(golden, "boot", header->boot);
    golden_bytes(golden, "payload_hash", header->payload_hash.b, TS_HASH_BYTES);
}

static void
test_envelope_golden_headers_are_read_and_written_alike(void **state)
{
    static const char *const NAMES[] = {"segment_header.txt", "segment_header_closing.txt",
                                        "genesis_header.txt"};
    for (size_t i = 0; i < TS_COUNT(NAMES); i++) {
        golden_t golden;
        golden_open(&golden, NAMES[i]);
        ts_segment_header_t header;
        uint32_t whole = 0;
        assert_int_equal(ts_segment_peek(ts_buf_bytes(&golden.bytes), &header, &whole), TS_ERR_OK);
        assert_int_equal(whole, 244 + header.stored_bytes);
        describe(&golden, &header);
        ts_buf_t again = {0};
        ts_segment_put_header(&again, &header);
        golden_check(&golden, &again);
        ts_buf_free(&again);
    }
}

static void
test_envelope_segment_comes_apart(void **state)
{
    ts_buf_t buf = {0};
    ts_segment_view_t view;
    put_segment(&buf, 500);
    assert_int_equal(ts_segment_parse(ts_buf_bytes(&buf), &view), TS_ERR_OK);
    assert_int_equal(view.header.first_seq, 10);
    assert_int_equal(ts_segment_last_seq(&view.header), 12);
    assert_ptr_equal(view.signed_bytes.data, buf.data);
    assert_int_equal(view.signed_bytes.length, 180);
    assert_ptr_equal(view.signature, buf.data + 180);
    assert_ptr_equal(view.payload.data, buf.data + 244);
    assert_int_equal(view.payload.length, 500);
    assert_int_equal(view.whole.length, 744);
    ts_buf_clear(&buf);
    put_genesis(&buf);
    assert_int_equal(ts_segment_parse(ts_buf_bytes(&buf), &view), TS_ERR_OK);
    assert_int_equal(ts_segment_last_seq(&view.header), 0);
    ts_buf_free(&buf);
}

static void
test_envelope_every_truncation_is_refused_and_leaves_the_result(void **state)
{
    ts_buf_t buf = {0};
    put_segment(&buf, 300);
    for (size_t length = 0; length < buf.length; length++) {
        ts_segment_view_t view;
        memset(&view, 0xee, sizeof view);
        ts_segment_view_t before = view;
        ts_bytes_t bytes = {buf.data, length};
        assert_int_equal(ts_segment_parse(bytes, &view), TS_ERR_TRUNCATED);
        assert_memory_equal(&view, &before, sizeof view);
        ts_segment_header_t header;
        uint32_t whole;
        assert_int_equal(ts_segment_peek(bytes, &header, &whole),
                         length < 180 ? TS_ERR_TRUNCATED : TS_ERR_OK);
    }
    ts_segment_view_t view;
    ts_buf_put_u8(&buf, 0);
    assert_int_equal(ts_segment_parse(ts_buf_bytes(&buf), &view), TS_ERR_INVALID);
    ts_buf_free(&buf);
}

typedef struct wrong {
    const char *situation;
    bool genesis;
    size_t offset;
    size_t bytes; /* little-endian */
    uint64_t value;
    ts_err_t err;
} wrong_t;

static const wrong_t WRONG[] = {
    {"first letter", false, 0, 1, 'X', TS_ERR_UNKNOWN},
    {"third letter", false, 2, 1, 'G', TS_ERR_UNKNOWN},
    {"envelope version 2", false, 3, 1, 2, TS_ERR_UNKNOWN},
    {"envelope version 0", false, 3, 1, 0, TS_ERR_UNKNOWN},
    {"header of 181 bytes", false, 4, 2, 181, TS_ERR_INVALID},
    {"header of 179 bytes", false, 4, 2, 179, TS_ERR_INVALID},
    {"unknown flag", false, 6, 2, 4, TS_ERR_INVALID},
    {"highest flag", false, 6, 2, 0x8000, TS_ERR_INVALID},
    {"genesis flag on a segment", false, 6, 2, 1, TS_ERR_INVALID},
    {"no log", false, 24, 1, 0, TS_ERR_INVALID},
    {"no number", false, 56, 8, 0, TS_ERR_INVALID},
    {"number beyond 2^63", false, 56, 8, UINT64_C(0x7ffffffffffffffe), TS_ERR_INVALID},
    {"number that wraps", false, 56, 8, UINT64_MAX, TS_ERR_INVALID},
    {"no events", false, 64, 4, 0, TS_ERR_INVALID},
    {"4097 events", false, 64, 4, 4097, TS_ERR_TOOBIG},
    {"most events of all", false, 64, 4, UINT32_MAX, TS_ERR_TOOBIG},
    {"no predecessor", false, 68, 1, 0, TS_ERR_INVALID},
    {"reserved", false, 110, 2, 1, TS_ERR_INVALID},
    {"reserved, high byte", false, 110, 2, 0x100, TS_ERR_INVALID},
    {"no payload", false, 120, 4, 0, TS_ERR_TOOBIG},
    {"payload beyond the limit", false, 120, 4, 65293, TS_ERR_TOOBIG},
    {"payload of 64 KiB more than it is", false, 120, 4, 65536 + 300, TS_ERR_TOOBIG},
    {"longest payload of all", false, 120, 4, UINT32_MAX, TS_ERR_TOOBIG},
    {"payload shorter than told", false, 120, 4, 301, TS_ERR_TRUNCATED},
    {"payload longer than told", false, 120, 4, 299, TS_ERR_INVALID},
    {"opens to nothing", false, 124, 4, 0, TS_ERR_INVALID},
    {"opens to more than 1 MiB", false, 124, 4, (1u << 20) + 1, TS_ERR_TOOBIG},
    {"opens to more than 200 times", false, 124, 4, 300 * 200 + 1, TS_ERR_TOOBIG},
    {"genesis in a log", true, 24, 1, 1, TS_ERR_INVALID},
    {"genesis in a log, last byte", true, 55, 1, 1, TS_ERR_INVALID},
    {"genesis with a number", true, 56, 8, 1, TS_ERR_INVALID},
    {"genesis with events", true, 64, 4, 1, TS_ERR_INVALID},
    {"genesis with predecessor", true, 99, 1, 1, TS_ERR_INVALID},
    {"genesis compressed", true, 108, 1, 1, TS_ERR_INVALID},
    {"genesis encrypted", true, 109, 1, 1, TS_ERR_INVALID},
    {"genesis of another length", true, 120, 4, 491, TS_ERR_INVALID},
    {"genesis that opens to another length", true, 124, 4, 493, TS_ERR_INVALID},
    {"genesis without its flag", true, 6, 2, 0, TS_ERR_INVALID},
};

static void
test_envelope_each_wrong_field_is_refused(void **state)
{
    for (size_t i = 0; i < TS_COUNT(WRONG); i++) {
        ts_buf_t buf = {0};
        ts_segment_view_t view;
        if (WRONG[i].genesis) {
            put_genesis(&buf);
        } else {
            put_segment(&buf, 300);
        }
        assert_int_equal(ts_segment_parse(ts_buf_bytes(&buf), &view), TS_ERR_OK);
        for (size_t k = 0; k < WRONG[i].bytes; k++) {
            buf.data[WRONG[i].offset + k] = (uint8_t)(WRONG[i].value >> (8 * k));
        }
        ts_err_t err = ts_segment_parse(ts_buf_bytes(&buf), &view);
        if (err != WRONG[i].err) {
            print_error("%s: %s\n", WRONG[i].situation, ts_err_name(err));
        }
        assert_int_equal(err, WRONG[i].err);
        ts_buf_free(&buf);
    }
}

static void
test_envelope_limits_themselves_are_allowed(void **state)
{
    static const struct {
        size_t offset;
        size_t bytes;
        uint64_t value;
    } ROWS[] = {{6, 2, 2},           {64, 4, 4096}, {56, 8, UINT64_C(0x7ffffffffffffffc)},
                {56, 8, 1},          {64, 4, 1},    {108, 1, 255},
                {109, 1, 255},       {112, 8, 5},   {124, 4, 300 * 200},
                {128, 8, UINT64_MAX}};
    for (size_t i = 0; i < TS_COUNT(ROWS); i++) {
        ts_buf_t buf = {0};
        ts_segment_view_t view;
        put_segment(&buf, 300);
        for (size_t k = 0; k < ROWS[i].bytes; k++) {
            buf.data[ROWS[i].offset + k] = (uint8_t)(ROWS[i].value >> (8 * k));
        }
        assert_int_equal(ts_segment_parse(ts_buf_bytes(&buf), &view), TS_ERR_OK);
        ts_buf_free(&buf);
    }
    ts_buf_t buf = {0};
    ts_segment_view_t view;
    put_segment(&buf, 65292);
    assert_int_equal(buf.length, TS_SEGMENT_BYTES_MAX);
    assert_int_equal(ts_segment_parse(ts_buf_bytes(&buf), &view), TS_ERR_OK);
    ts_buf_put_u8(&buf, 0);
    assert_int_equal(ts_segment_parse(ts_buf_bytes(&buf), &view), TS_ERR_TOOBIG);
    ts_buf_free(&buf);
}

static void
test_envelope_whatever_is_accepted_is_written_back_alike(void **state)
{
    ts_prng_t prng = ts_prng(1);
    size_t accepted = 0;
    for (int i = 0; i < 200000; i++) {
        ts_buf_t buf = {0};
        put_segment(&buf, 1 + ts_prng_below(&prng, 40));
        for (uint32_t k = ts_prng_below(&prng, 4); k > 0; k--) {
            buf.data[ts_prng_below(&prng, (uint32_t)buf.length)] = (uint8_t)ts_prng_next(&prng);
        }
        ts_segment_view_t view;
        if (ts_segment_parse(ts_buf_bytes(&buf), &view) == TS_ERR_OK) {
            ts_buf_t again = {0};
            ts_segment_put_header(&again, &view.header);
            assert_memory_equal(again.data, buf.data, TS_SEGMENT_HEADER_BYTES);
            ts_buf_free(&again);
            accepted++;
        }
        ts_buf_free(&buf);
    }
    assert_in_range(accepted, 60000, 190000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_envelope_golden_headers_are_read_and_written_alike),
        cmocka_unit_test(test_envelope_segment_comes_apart),
        cmocka_unit_test(test_envelope_every_truncation_is_refused_and_leaves_the_result),
        cmocka_unit_test(test_envelope_each_wrong_field_is_refused),
        cmocka_unit_test(test_envelope_limits_themselves_are_allowed),
        cmocka_unit_test(test_envelope_whatever_is_accepted_is_written_back_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
