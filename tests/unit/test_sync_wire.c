/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: every session message arrives as it was sent, and no frame of a hostile peer gets through
 * unjudged. Method: round trips of a full sample of each type, each rule broken once by a hand-made
 * body, all truncations and bit flips.
 */
#include "base/limits.h"
#include "support/test.h"
#include "support/wire_samples.h"
#include "tiepsuc/v1/sync.pb-c.h"
#include "wire/sync_wire.h"

#include <string.h>

static ts_sync_decoder_t *decoder;

static int
setup(void **state)
{
    decoder = ts_sync_decoder_new();
    return 0;
}

static int
teardown(void **state)
{
    ts_sync_decoder_destroy(&decoder);
    ts_sync_decoder_destroy(&decoder);
    return 0;
}

/* A frame of that type with this body. */
static ts_err_t
decode_body(uint8_t type, const void *body, size_t length, ts_sync_msg_t *ret_msg)
{
    ts_buf_t frame = {0};
    ts_sync_msg_t msg;
    ts_buf_put(&frame, "TS\x01", 3);
    ts_buf_put_u8(&frame, type);
    ts_buf_put(&frame, "\1\2\3\4\5\6\7\10", 8);
    ts_buf_put(&frame, body, length);
    ts_err_t err = ts_sync_decode(decoder, ts_buf_bytes(&frame), &msg);
    if (err == TS_ERR_OK && ret_msg != NULL) {
        *ret_msg = msg;
    }
    ts_buf_free(&frame);
    return err;
}

static ts_err_t
decode_message(uint8_t type, const ProtobufCMessage *message)
{
    uint8_t body[65536];
    assert_true(protobuf_c_message_get_packed_size(message) <= sizeof(body));
    return decode_body(type, body, protobuf_c_message_pack(message, body), NULL);
}

static void
test_sync_wire_every_type_round_trip_same(void **state)
{
    for (int kind = TS_SYNC_HELLO; kind <= TS_SYNC_BYE; kind++) {
        ts_sync_msg_t sent = sample_sync((ts_sync_kind_t)kind);
        ts_sync_msg_t got;
        ts_buf_t frame = {0};
        uint8_t type = 0;
        uint8_t session[8];
        ts_sync_encode(&sent, &frame);
        assert_true(ts_sync_peek(ts_buf_bytes(&frame), &type, session));
        assert_int_equal(type, kind);
        assert_memory_equal(session, sent.session, 8);
        assert_int_equal(ts_sync_decode(decoder, ts_buf_bytes(&frame), &got), TS_ERR_OK);
        check_sync_equal(&sent, &got);
        ts_buf_free(&frame);
    }
    assert_string_equal(ts_sync_kind_name(TS_SYNC_CUSTODY), "CUSTODY");
    assert_string_equal(ts_sync_kind_name((ts_sync_kind_t)99), "?");
}

static void
test_sync_wire_least_messages_have_zeros(void **state)
{
    ts_sync_msg_t msg;
    assert_int_equal(decode_body(TS_SYNC_HAVE, "", 0, &msg), TS_ERR_OK);
    assert_int_equal(msg.u.have.count, 0);
    assert_false(msg.u.have.more);
    assert_int_equal(decode_body(TS_SYNC_BYE, "", 0, &msg), TS_ERR_OK);
    assert_int_equal(msg.kind, TS_SYNC_BYE);
    assert_int_equal(decode_body(TS_SYNC_PING, "", 0, &msg), TS_ERR_OK);
    assert_true(ts_hash_is_zero(&msg.u.ping.digest));
    /* Cancelling names nothing but the stream. */
    assert_int_equal(decode_body(TS_SYNC_WANT, "\x08\x07\x38\x01", 4, &msg), TS_ERR_OK);
    assert_true(msg.u.want.cancel);
    assert_int_equal(msg.u.want.stream, 7);
}

static void
test_sync_wire_fields_of_later_versions_are_skipped(void **state)
{
    ts_sync_msg_t msg;
    assert_int_equal(decode_body(TS_SYNC_CREDIT, "\x08\x05\xfa\x7f\x03xyz\x10\x09", 10, &msg),
                     TS_ERR_OK);
    assert_int_equal(msg.u.credit.bytes_total, 5);
    assert_int_equal(msg.u.credit.chunk_bytes, 9);
}

static void
test_sync_wire_frames_without_form_are_refused(void **state)
{
    static uint8_t huge[TS_FRAME_BYTES_MAX + 1] = "TS\x01\x0c";
    ts_sync_msg_t msg;
    uint8_t type;
    uint8_t session[8];
    assert_int_equal(ts_sync_decode(decoder, (ts_bytes_t){0}, &msg), TS_ERR_TRUNCATED);
    assert_int_equal(ts_sync_decode(decoder,
                                    (ts_bytes_t){(const uint8_t *)"TS\x01\x0c"
                                                                  "1234567",
                                                 11},
                                    &msg),
                     TS_ERR_TRUNCATED);
    assert_int_equal(ts_sync_decode(decoder,
                                    (ts_bytes_t){(const uint8_t *)"Ts\x01\x0c"
                                                                  "12345678",
                                                 12},
                                    &msg),
                     TS_ERR_INVALID);
    assert_int_equal(ts_sync_decode(decoder,
                                    (ts_bytes_t){(const uint8_t *)"TS\x02\x0c"
                                                                  "12345678",
                                                 12},
                                    &msg),
                     TS_ERR_UNKNOWN);
    assert_int_equal(ts_sync_decode(decoder,
                                    (ts_bytes_t){(const uint8_t *)"TS\x01\x0d"
                                                                  "12345678",
                                                 12},
                                    &msg),
                     TS_ERR_UNKNOWN);
    assert_int_equal(ts_sync_decode(decoder,
                                    (ts_bytes_t){(const uint8_t *)"TS\x01\x00"
                                                                  "12345678",
                                                 12},
                                    &msg),
                     TS_ERR_UNKNOWN);
    assert_int_equal(ts_sync_decode(decoder,
                                    (ts_bytes_t){(const uint8_t *)"TS\x01\xff"
                                                                  "12345678",
                                                 12},
                                    &msg),
                     TS_ERR_UNKNOWN);
    assert_int_equal(ts_sync_decode(decoder, (ts_bytes_t){huge, sizeof(huge)}, &msg),
                     TS_ERR_TOOBIG);
    assert_false(ts_sync_peek((ts_bytes_t){huge, sizeof(huge)}, &type, session));
    assert_false(ts_sync_peek((ts_bytes_t){huge, 11}, &type, session));
    /* Only CHUNK may fill a frame. */
    assert_int_equal(ts_sync_decode(decoder, (ts_bytes_t){huge, TS_SYNC_BODY_BYTES_MAX + 13}, &msg),
                     TS_ERR_TOOBIG);
}

static void
test_sync_wire_greetings_are_judged(void **state)
{
    uint8_t id[33] = {1};
    Tiepsuc__Sync__V1__Hello hello;
    tiepsuc__sync__v1__hello__init(&hello);
    hello.proto_min = 1;
    hello.proto_max = 1;
    hello.deployment = (ProtobufCBinaryData){16, id};
    hello.store = (ProtobufCBinaryData){16, id};
    assert_int_equal(decode_message(TS_SYNC_HELLO, &hello.base), TS_ERR_OK);
    hello.proto_min = 0;
    assert_int_equal(decode_message(TS_SYNC_HELLO, &hello.base), TS_ERR_INVALID);
    hello.proto_min = 2;
    assert_int_equal(decode_message(TS_SYNC_HELLO, &hello.base), TS_ERR_INVALID);
    hello.proto_min = 1;
    hello.deployment.len = 0;
    assert_int_equal(decode_message(TS_SYNC_HELLO, &hello.base), TS_ERR_INVALID);
    hello.deployment.len = 16;
    uint8_t zero[16] = {0};
    hello.deployment.data = zero;
    assert_int_equal(decode_message(TS_SYNC_HELLO, &hello.base), TS_ERR_INVALID);
    hello.deployment.data = id;
    hello.store.len = 15;
    assert_int_equal(decode_message(TS_SYNC_HELLO, &hello.base), TS_ERR_INVALID);
    hello.store.len = 16;
    hello.peer_store_seen = (ProtobufCBinaryData){17, id};
    assert_int_equal(decode_message(TS_SYNC_HELLO, &hello.base), TS_ERR_INVALID);
    hello.peer_store_seen.len = 0;
    hello.digest = (ProtobufCBinaryData){33, id};
    assert_int_equal(decode_message(TS_SYNC_HELLO, &hello.base), TS_ERR_INVALID);
    hello.digest.len = 32;
    char software[] = "a\xff";
    hello.software = software;
    assert_int_equal(decode_message(TS_SYNC_HELLO, &hello.base), TS_ERR_INVALID);
    assert_int_equal(decode_body(TS_SYNC_WELCOME, "", 0, NULL), TS_ERR_INVALID);
}

static void
test_sync_wire_tips_are_judged(void **state)
{
    static Tiepsuc__Sync__V1__SyncTip tips[TS_TIPS_PER_MESSAGE_MAX + 1];
    static Tiepsuc__Sync__V1__SyncTip *pointers[TS_TIPS_PER_MESSAGE_MAX + 1];
    static uint8_t hash[32] = {9};
    Tiepsuc__Sync__V1__Have have;
    tiepsuc__sync__v1__have__init(&have);
    for (size_t i = 0; i < TS_COUNT(tips); i++) {
        tiepsuc__sync__v1__sync_tip__init(&tips[i]);
        tips[i].log = (ProtobufCBinaryData){32, hash};
        tips[i].hash = (ProtobufCBinaryData){32, hash};
        tips[i].seq = UINT64_MAX;
        tips[i].bytes_ahead = UINT64_MAX;
        tips[i].priority = UINT32_MAX;
        pointers[i] = &tips[i];
    }
    have.tips = pointers;
    have.n_tips = TS_TIPS_PER_MESSAGE_MAX;
    assert_int_equal(decode_message(TS_SYNC_HAVE, &have.base), TS_ERR_OK);
    tips[255].log.len = 31;
    assert_int_equal(decode_message(TS_SYNC_HAVE, &have.base), TS_ERR_INVALID);
    tips[255].log.len = 32;
    tips[255].hash.len = 0;
    assert_int_equal(decode_message(TS_SYNC_HAVE, &have.base), TS_ERR_INVALID);
    tips[255].hash.len = 32;
    for (size_t i = 0; i < TS_COUNT(tips); i++) {
        tips[i].seq = 1;
        tips[i].bytes_ahead = 0;
        tips[i].priority = 0;
    }
    have.n_tips = TS_TIPS_PER_MESSAGE_MAX + 1;
    assert_int_equal(decode_message(TS_SYNC_HAVE, &have.base), TS_ERR_LIMIT);
}

static void
test_sync_wire_numbers_out_of_range_are_refused(void **state)
{
    static const struct {
        uint8_t type;
        const char *body;
        size_t length;
    } cases[] = {
        {TS_SYNC_WANT, "", 0},                                 /* stream 0 */
        {TS_SYNC_WANT, "\x08\x80\x80\x04\x38\x01", 6},         /* stream 65536 */
        {TS_SYNC_WANT, "\x08\x07", 2},                         /* no log */
        {TS_SYNC_WANT, "\x08\x07\x38\x01\x30\x81\x80\x04", 8}, /* offset beyond a segment */
        {TS_SYNC_REFUSE, "", 0},                               /* code 0 is no refusal */
        {TS_SYNC_REJECT, "\x18\x0a", 2},                       /* code +5 */
        {TS_SYNC_CREDIT, "\x10\x80\x80\x80\x80\x10", 6},       /* 33 bits */
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        assert_int_equal(decode_body(cases[i].type, cases[i].body, cases[i].length, NULL),
                         TS_ERR_INVALID);
    }
    /* An error number of a later version still refuses. */
    ts_sync_msg_t msg;
    assert_int_equal(decode_body(TS_SYNC_REFUSE, "\x08\xc7\x01", 3, &msg), TS_ERR_OK);
    assert_int_equal(msg.u.refuse.code, TS_ERR_INVALID);
}

static void
test_sync_wire_chunks_are_judged(void **state)
{
    ts_sync_msg_t sample = sample_sync(TS_SYNC_CHUNK);
    ts_buf_t frame = {0};
    ts_sync_encode(&sample, &frame);
    const uint8_t *body = frame.data + 12;
    size_t length = frame.length - 12;
    uint8_t copy[64];
    static const struct {
        size_t at;
        uint8_t value;
    } cases[] = {
        {2, 1},  /* reserved */
        {14, 2}, /* total 131072 */
        {16, 0xff},
        {17, 0xff}, /* offset + data beyond total, below */
    };
    assert_int_equal(decode_body(TS_SYNC_CHUNK, body, length, NULL), TS_ERR_OK);
    for (size_t i = 0; i < 2; i++) {
        memcpy(copy, body, length);
        copy[cases[i].at] = cases[i].value;
        assert_int_equal(decode_body(TS_SYNC_CHUNK, copy, length, NULL), TS_ERR_INVALID);
    }
    memcpy(copy, body, length);
    copy[16] = cases[2].value;
    copy[17] = cases[3].value;
    assert_int_equal(decode_body(TS_SYNC_CHUNK, copy, length, NULL), TS_ERR_INVALID);
    memcpy(copy, body, length);
    copy[0] = 0;
    assert_int_equal(decode_body(TS_SYNC_CHUNK, copy, length, NULL), TS_ERR_INVALID);
    assert_int_equal(decode_body(TS_SYNC_CHUNK, body, 20, NULL), TS_ERR_INVALID);
    assert_int_equal(decode_body(TS_SYNC_CHUNK, body, 19, NULL), TS_ERR_TRUNCATED);
    ts_buf_free(&frame);
}

static void
test_sync_wire_long_texts_are_cut_at_a_character(void **state)
{
    char text[400];
    ts_sync_msg_t sent = sample_sync(TS_SYNC_BYE);
    ts_sync_msg_t got;
    ts_buf_t frame = {0};
    for (size_t i = 0; i + 3 < sizeof(text); i += 3) {
        memcpy(text + i, "ế", 3);
        text[i + 3] = '\0';
    }
    sent.u.bye.reason = text;
    ts_sync_encode(&sent, &frame);
    assert_int_equal(ts_sync_decode(decoder, ts_buf_bytes(&frame), &got), TS_ERR_OK);
    assert_int_equal(strlen(got.u.bye.reason), 255);
    ts_buf_free(&frame);
    sent.u.bye.reason = NULL;
    ts_sync_encode(&sent, &frame);
    assert_int_equal(ts_sync_decode(decoder, ts_buf_bytes(&frame), &got), TS_ERR_OK);
    assert_string_equal(got.u.bye.reason, "");
    ts_buf_free(&frame);
}

static void
test_sync_wire_truncations_and_flips_do_no_harm(void **state)
{
    size_t refused = 0;
    for (int kind = TS_SYNC_HELLO; kind <= TS_SYNC_BYE; kind++) {
        ts_sync_msg_t msg = sample_sync((ts_sync_kind_t)kind);
        ts_buf_t frame = {0};
        ts_sync_encode(&msg, &frame);
        for (size_t length = 0; length < frame.length; length++) {
            ts_buf_t cut = {0};
            ts_buf_put(&cut, frame.data, length);
            refused += ts_sync_decode(decoder, ts_buf_bytes(&cut), &msg) != TS_ERR_OK;
            ts_buf_free(&cut);
        }
        for (size_t bit = 0; bit < 8 * frame.length; bit++) {
            ts_buf_t again = {0};
            frame.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (ts_sync_decode(decoder, ts_buf_bytes(&frame), &msg) == TS_ERR_OK) {
                /* What is accepted can be sent again and means the same. */
                ts_sync_msg_t second;
                ts_sync_decoder_t *other = ts_sync_decoder_new();
                ts_sync_encode(&msg, &again);
                assert_int_equal(ts_sync_decode(other, ts_buf_bytes(&again), &second), TS_ERR_OK);
                check_sync_equal(&msg, &second);
                ts_sync_decoder_destroy(&other);
            } else {
                refused++;
            }
            ts_buf_free(&again);
            frame.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        ts_buf_free(&frame);
    }
    assert_true(refused > 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sync_wire_every_type_round_trip_same),
        cmocka_unit_test(test_sync_wire_least_messages_have_zeros),
        cmocka_unit_test(test_sync_wire_fields_of_later_versions_are_skipped),
        cmocka_unit_test(test_sync_wire_frames_without_form_are_refused),
        cmocka_unit_test(test_sync_wire_greetings_are_judged),
        cmocka_unit_test(test_sync_wire_tips_are_judged),
        cmocka_unit_test(test_sync_wire_numbers_out_of_range_are_refused),
        cmocka_unit_test(test_sync_wire_chunks_are_judged),
        cmocka_unit_test(test_sync_wire_long_texts_are_cut_at_a_character),
        cmocka_unit_test(test_sync_wire_truncations_and_flips_do_no_harm),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
