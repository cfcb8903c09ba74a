/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the layout of a bundle is read as it was written, in pieces of any size; whatever is cut,
 * altered, out of order, too long or of a later version is an error and never a crash. Method: one
 * bundle of every record; every byte flipped, every length cut; records in wrong orders.
 */
#include "base/limits.h"
#include "support/golden.h"
#include "support/test.h"
#include "wire/bundle.h"

#include <string.h>

typedef struct seen {
    unsigned headers;
    unsigned segments;
    unsigned tips;
    unsigned receipts;
    unsigned manifests;
    unsigned others;
    ts_bundle_header_t header;
    ts_bundle_manifest_t manifest;
    ts_buf_t segment; /* the last one */
    ts_tip_t tip;     /* the last one of a receipt */
} seen_t;

static ts_err_t
look(void *ctx, const ts_bundle_item_t *item)
{
    seen_t *seen = ctx;
    switch ((int)item->type) {
    case TS_BUNDLE_HEADER:
        seen->headers++;
        seen->header = *item->header;
        break;
    case TS_BUNDLE_BRINGS:
        seen->tips += (unsigned)item->tip_count;
        break;
    case TS_BUNDLE_SEGMENT:
        seen->segments++;
        ts_buf_clear(&seen->segment);
        ts_buf_put(&seen->segment, item->segment.data, item->segment.length);
        break;
    case TS_BUNDLE_RECEIPT:
        seen->receipts += (unsigned)item->tip_count;
        seen->tip = ts_bundle_tip(item, item->tip_count - 1);
        break;
    case TS_BUNDLE_MANIFEST:
        seen->manifests++;
        seen->manifest = *item->manifest;
        break;
    default:
        seen->others++;
        break;
    }
    return TS_ERR_OK;
}

static ts_bundle_header_t
a_header(void)
{
    ts_bundle_header_t header = {.flags = TS_BUNDLE_ALL | TS_BUNDLE_MORE,
                                 .deployment = {{1}},
                                 .from = 12,
                                 .to = 5,
                                 .store = {{2}},
                                 .to_store = {{3}},
                                 .number = 7,
                                 .made_ms = INT64_C(1571100000000),
                                 .root_time_s = 1571000000,
                                 .arrival = 99,
                                 .digest = {{4}}};
    header.genesis[0] = 1;
    header.genesis[TS_GENESIS_BYTES - 1] = 0xee;
    return header;
}

static void
whole_bundle(ts_buf_t *out)
{
    static const uint8_t segment[] = {'T', 'S', 'g', 1, 9, 9, 9};
    ts_bundle_header_t header = a_header();
    ts_tip_t tips[3] = {{{{1}}, 5, {{6}}}, {{{1}}, 6, {{7}}}, {{{2}}, UINT64_MAX, {{8}}}};
    ts_bundle_manifest_t manifest = {.segments = 2, .receipts = 3, .hash = {{0xab}}};
    memset(manifest.signature, 0x5a, sizeof manifest.signature);
    ts_bundle_put_header(out, &header);
    ts_bundle_put_tips(out, TS_BUNDLE_BRINGS, tips, 2);
    ts_bundle_put_tips(out, TS_BUNDLE_BRINGS, tips, 1);
    ts_bundle_put_segment(out, (ts_bytes_t){segment, sizeof segment});
    ts_bundle_put_segment(out, (ts_bytes_t){segment, 3});
    ts_bundle_put_tips(out, TS_BUNDLE_RECEIPT, tips, 3);
    manifest.bytes = out->length;
    ts_bundle_put_manifest(out, &manifest);
}

static ts_err_t
read_all(ts_bytes_t bytes, size_t piece, seen_t *ret_seen)
{
    memset(ret_seen, 0, sizeof *ret_seen);
    ts_bundle_reader_t *reader = ts_bundle_reader_new(look, ret_seen);
    ts_err_t err = TS_ERR_OK;
    for (size_t at = 0; err == TS_ERR_OK && at < bytes.length; at += piece) {
        size_t part = bytes.length - at < piece ? bytes.length - at : piece;
        err = ts_bundle_feed(reader, (ts_bytes_t){bytes.data + at, part});
    }
    err = err == TS_ERR_OK ? ts_bundle_end(reader) : err;
    ts_bundle_reader_destroy(&reader);
    ts_buf_free(&ret_seen->segment);
    return err;
}

static void
test_bundle_is_read_as_it_was_written(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 2, 77, 1u << 20};
    ts_buf_t file = {0};
    whole_bundle(&file);
    ts_bundle_header_t header = a_header();
    for (size_t i = 0; i < TS_COUNT(pieces); i++) {
        seen_t seen;
        assert_int_equal(read_all(ts_buf_bytes(&file), pieces[i], &seen), TS_ERR_OK);
        assert_int_equal(seen.headers, 1);
        assert_int_equal(seen.tips, 3);
        assert_int_equal(seen.segments, 2);
        assert_int_equal(seen.receipts, 3);
        assert_int_equal(seen.manifests, 1);
        assert_int_equal(seen.header.flags, header.flags);
        assert_int_equal(seen.header.from, 12);
        assert_int_equal(seen.header.to, 5);
        assert_int_equal(seen.header.number, 7);
        assert_int_equal(seen.header.made_ms, header.made_ms);
        assert_int_equal(seen.header.root_time_s, header.root_time_s);
        assert_int_equal(seen.header.arrival, 99);
        assert_memory_equal(seen.header.store.b, header.store.b, sizeof header.store.b);
        assert_memory_equal(seen.header.to_store.b, header.to_store.b, sizeof header.store.b);
        assert_memory_equal(seen.header.digest.b, header.digest.b, sizeof header.digest.b);
        assert_memory_equal(seen.header.genesis, header.genesis, sizeof header.genesis);
        assert_true(seen.tip.seq == UINT64_MAX);
        assert_int_equal(seen.tip.log.b[0], 2);
        assert_int_equal(seen.manifest.signature[63], 0x5a);
    }
    ts_buf_free(&file);
}

static void
test_bundle_every_cut_is_cut_short(void **state)
{
    (void)state;
    ts_buf_t file = {0};
    whole_bundle(&file);
    for (size_t length = 0; length < file.length; length++) {
        seen_t seen;
        assert_int_equal(read_all((ts_bytes_t){file.data, length}, 100, &seen), TS_ERR_TRUNCATED);
    }
    ts_buf_free(&file);
}

/* The seal finds every flipped byte; here none may crash, and lengths and counts are found. */
static void
test_bundle_every_flipped_bit_is_bounded(void **state)
{
    (void)state;
    ts_buf_t file = {0};
    whole_bundle(&file);
    for (size_t i = 0; i < file.length * 8; i++) {
        seen_t seen;
        file.data[i / 8] ^= (uint8_t)(1u << (i % 8));
        ts_err_t err = read_all(ts_buf_bytes(&file), 1u << 20, &seen);
        if (i / 8 < TS_BUNDLE_RECORD_HEAD_BYTES + 1) {
            assert_int_not_equal(err, TS_ERR_OK);
        }
        assert_true(seen.segments <= 3 && seen.receipts <= 3);
        file.data[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    ts_buf_free(&file);
}

static void
put_raw(ts_buf_t *out, uint8_t type, uint32_t bytes)
{
    ts_buf_put_u8(out, type);
    ts_buf_put_u32(out, bytes);
    memset(ts_buf_extend(out, bytes), 0, bytes);
}

static void
test_bundle_order_and_counts_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *situation;
        uint8_t first; /* 0: the header stands first */
        uint32_t first_bytes;
        uint8_t type;
        uint32_t bytes;
        ts_err_t expected;
    } rows[] = {
        {"no header", TS_BUNDLE_SEGMENT, 10, 0, 0, TS_ERR_INVALID},
        {"two headers", 0, 0, TS_BUNDLE_HEADER, TS_BUNDLE_HEADER_BYTES, TS_ERR_INVALID},
        {"a short header", TS_BUNDLE_HEADER, 1, 0, 0, TS_ERR_UNKNOWN},
        {"a type of later", 0, 0, 6, 4, TS_ERR_UNKNOWN},
        {"type zero", 0, 0, 0, 1, TS_ERR_UNKNOWN},
        {"no tips", 0, 0, TS_BUNDLE_BRINGS, 0, TS_ERR_INVALID},
        {"half a tip", 0, 0, TS_BUNDLE_RECEIPT, 71, TS_ERR_INVALID},
        {"too many tips", 0, 0, TS_BUNDLE_RECEIPT, 901 * 72, TS_ERR_INVALID},
        {"a body too long", 0, 0, TS_BUNDLE_SEGMENT, TS_BUNDLE_BODY_BYTES_MAX + 1, TS_ERR_INVALID},
        {"counts that do not fit", 0, 0, TS_BUNDLE_MANIFEST, TS_BUNDLE_MANIFEST_BYTES,
         TS_ERR_INVALID},
        {"an addition to be passed over", 0, 0, 200, 12, TS_ERR_TRUNCATED},
    };
    for (size_t i = 0; i < TS_COUNT(rows); i++) {
        ts_buf_t file = {0};
        seen_t seen;
        ts_bundle_header_t header = a_header();
        if (rows[i].first == 0) {
            ts_bundle_put_header(&file, &header);
        } else {
            put_raw(&file, rows[i].first, rows[i].first_bytes);
        }
        if (rows[i].bytes > 0 || rows[i].type != 0) {
            put_raw(&file, rows[i].type, rows[i].bytes);
        }
        ts_err_t err = read_all(ts_buf_bytes(&file), 1u << 20, &seen);
        if (err != rows[i].expected) {
            print_error("%s: %s\n", rows[i].situation, ts_err_name(err));
        }
        assert_int_equal(err, rows[i].expected);
        ts_buf_free(&file);
    }
}

/* Nothing may follow the manifest. */
static void
test_bundle_manifest_is_the_last_record(void **state)
{
    (void)state;
    ts_buf_t file = {0};
    seen_t seen;
    whole_bundle(&file);
    put_raw(&file, TS_BUNDLE_SEGMENT, 300);
    assert_int_equal(read_all(ts_buf_bytes(&file), 1u << 20, &seen), TS_ERR_INVALID);
    assert_int_equal(seen.segments, 2);
    ts_buf_free(&file);
}

static void
test_bundle_of_version_1_is_read_and_written_again(void **state)
{
    (void)state;
    golden_t golden;
    ts_buf_t file = {0};
    seen_t seen;
    whole_bundle(&file);
    golden_open(&golden, "bundle.txt");
    assert_int_equal(read_all(ts_buf_bytes(&golden.bytes), 33, &seen), TS_ERR_OK);
    golden_number(&golden, "flags", seen.header.flags);
    golden_bytes(&golden, "deployment", seen.header.deployment.b, TS_ID16_BYTES);
    golden_number(&golden, "from", seen.header.from);
    golden_number(&golden, "to", seen.header.to);
    golden_bytes(&golden, "store", seen.header.store.b, TS_ID16_BYTES);
    golden_bytes(&golden, "to_store", seen.header.to_store.b, TS_ID16_BYTES);
    golden_number(&golden, "number", seen.header.number);
    golden_signed(&golden, "made_ms", seen.header.made_ms);
    golden_number(&golden, "root_time_s", seen.header.root_time_s);
    golden_number(&golden, "arrival", seen.header.arrival);
    golden_bytes(&golden, "digest", seen.header.digest.b, TS_HASH_BYTES);
    golden_number(&golden, "tips", seen.tips);
    golden_number(&golden, "segments", seen.manifest.segments);
    golden_number(&golden, "receipts", seen.manifest.receipts);
    golden_number(&golden, "bytes_before", seen.manifest.bytes);
    golden_bytes(&golden, "hash", seen.manifest.hash.b, TS_HASH_BYTES);
    golden_bytes(&golden, "signature", seen.manifest.signature, 64);
    golden_check(&golden, &file);
    ts_buf_free(&file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bundle_is_read_as_it_was_written),
        cmocka_unit_test(test_bundle_every_cut_is_cut_short),
        cmocka_unit_test(test_bundle_every_flipped_bit_is_bounded),
        cmocka_unit_test(test_bundle_order_and_counts_are_checked),
        cmocka_unit_test(test_bundle_manifest_is_the_last_record),
        cmocka_unit_test(test_bundle_of_version_1_is_read_and_written_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
