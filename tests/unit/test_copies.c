/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the copies that a keeper holds are laid out as proto/README.md says, for ever; a stream of
 * any length comes back from its pieces, and what is damaged is refused. Method: golden bytes of a
 * whole segment of copies opened with the recovery key of the file; streams around the edges of a
 * piece; every truncation.
 */
#include "core/copies.h"
#include "core/envelope.h"
#include "crypto/box.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "crypto/recovery.h"
#include "crypto/sign.h"
#include "support/golden.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

static int
set_up_all(void **state)
{
    return ts_crypto_init() == TS_ERR_OK ? 0 : -1;
}

static void
test_copies_streams_of_any_length_come_back(void **state)
{
    static const size_t lengths[] = {1,
                                     2,
                                     TS_COPIES_PIECE_BYTES_MAX - 5,
                                     TS_COPIES_PIECE_BYTES_MAX - 4,
                                     TS_COPIES_PIECE_BYTES_MAX - 3,
                                     65536,
                                     65535};
    ts_buf_t stream = {0};
    uint8_t *bytes = calloc(1, 65536);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memset(bytes, (int)(i + 1), lengths[i]);
        ts_copies_add(&stream, (ts_bytes_t){bytes, lengths[i]});
    }
    ts_buf_t back = {0};
    uint16_t count = ts_copies_pieces(stream.length);
    assert_true(count > 4);
    for (uint16_t i = 0; i < count; i++) {
        ts_buf_t content = {0};
        ts_copies_piece_t piece;
        ts_copies_put(ts_buf_bytes(&stream), i, &content);
        assert_true(content.length + TS_BOX_SEAL_BYTES + TS_SEGMENT_FIXED_BYTES <= 65536);
        assert_int_equal(ts_copies_parse(ts_buf_bytes(&content), &piece), TS_ERR_OK);
        assert_int_equal(piece.index, i);
        assert_int_equal(piece.count, count);
        ts_buf_put(&back, piece.piece.data, piece.piece.length);
        ts_buf_free(&content);
    }
    assert_int_equal(back.length, stream.length);
    assert_memory_equal(back.data, stream.data, back.length);
    size_t offset = 0;
    ts_bytes_t segment;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        assert_int_equal(ts_copies_next(ts_buf_bytes(&back), &offset, &segment), TS_ERR_OK);
        assert_int_equal(segment.length, lengths[i]);
        assert_int_equal(segment.data[lengths[i] - 1], i + 1);
    }
    assert_int_equal(ts_copies_next(ts_buf_bytes(&back), &offset, &segment), TS_ERR_NOTFOUND);
    ts_buf_free(&stream);
    ts_buf_free(&back);
    free(bytes);
}

static void
test_copies_damaged_are_refused(void **state)
{
    ts_buf_t stream = {0};
    ts_buf_t content = {0};
    ts_copies_piece_t piece;
    ts_bytes_t segment;
    ts_copies_add(&stream, (ts_bytes_t){(const uint8_t *)"abc", 3});
    ts_copies_put(ts_buf_bytes(&stream), 0, &content);
    for (size_t length = 0; length <= TS_COPIES_HEAD_BYTES; length++) {
        assert_int_equal(ts_copies_parse((ts_bytes_t){content.data, length}, &piece),
                         TS_ERR_INVALID);
    }
    for (size_t length = 1; length < stream.length; length++) {
        size_t offset = 0;
        assert_int_equal(ts_copies_next((ts_bytes_t){stream.data, length}, &offset, &segment),
                         TS_ERR_TRUNCATED);
    }
    static const struct {
        size_t at;
        uint8_t value;
        ts_err_t err;
    } rows[] = {
        {0, 2, TS_ERR_UNKNOWN},  /* a later layout */
        {1, 1, TS_ERR_INVALID},  /* reserved */
        {2, 1, TS_ERR_INVALID},  /* index beyond count */
        {4, 0, TS_ERR_INVALID},  /* no pieces */
        {4, 65, TS_ERR_INVALID}, /* more pieces than allowed */
        {6, 1, TS_ERR_INVALID},  /* reserved */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t kept = content.data[rows[i].at];
        content.data[rows[i].at] = rows[i].value;
        assert_int_equal(ts_copies_parse(ts_buf_bytes(&content), &piece), rows[i].err);
        content.data[rows[i].at] = kept;
    }
    ts_buf_free(&stream);
    ts_buf_free(&content);
}

/* The fields in the order of the file; the bytes are a whole segment. */
static void
test_copies_golden_segment_opens_with_the_recovery_key(void **state)
{
    golden_t golden;
    ts_segment_view_t view;
    ts_copies_piece_t piece;
    ts_bytes_t copy;
    ts_buf_t content = {0};
    ts_box_secret_t secret;
    ts_hash_t node_key;
    ts_secret_t node_secret;
    uint8_t seed[32];
    size_t offset = 0;
    memset(seed, 7, sizeof seed);
    memset(secret.b, 9, sizeof secret.b);
    ts_sign_keypair_from_seed(seed, &node_key, &node_secret);
    golden_open(&golden, "kept_segment.txt");
    assert_int_equal(ts_segment_parse(ts_buf_bytes(&golden.bytes), &view), TS_ERR_OK);
    assert_int_equal(
        ts_sign_verify(&node_key, TS_SEGMENT_DOMAIN, &view.signed_bytes, 1, view.signature),
        TS_ERR_OK);
    ts_hash_t recovery = ts_box_public(&secret);
    assert_int_equal(view.header.recipient_key_id, ts_recovery_key_id(&recovery));
    assert_int_equal(ts_box_open(&secret, view.payload, &content), TS_ERR_OK);
    assert_int_equal(content.length, view.header.raw_bytes);
    assert_int_equal(ts_copies_parse(ts_buf_bytes(&content), &piece), TS_ERR_OK);
    golden_number(&golden, "codec", view.header.codec);
    golden_number(&golden, "encryption", view.header.encryption);
    golden_number(&golden, "recipient_key_id", view.header.recipient_key_id);
    golden_number(&golden, "count", view.header.count);
    golden_number(&golden, "index", piece.index);
    golden_number(&golden, "pieces", piece.count);
    while (ts_copies_next(piece.piece, &offset, &copy) == TS_ERR_OK) {
        golden_bytes(&golden, "copy", copy.data, copy.length);
    }
    /* The layout written again is the same content. */
    ts_buf_t again = {0};
    ts_copies_put(piece.piece, piece.index, &again);
    assert_int_equal(again.length, content.length);
    assert_memory_equal(again.data, content.data, again.length);
    ts_buf_t whole = {0};
    ts_buf_put(&whole, golden.bytes.data, golden.bytes.length);
    golden_check(&golden, &whole);
    ts_buf_free(&whole);
    ts_buf_free(&again);
    ts_buf_free(&content);
}

int
main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies_streams_of_any_length_come_back),
        cmocka_unit_test(test_copies_damaged_are_refused),
        cmocka_unit_test(test_copies_golden_segment_opens_with_the_recovery_key),
    };
    return cmocka_run_group_tests(tests, set_up_all, NULL);
}
