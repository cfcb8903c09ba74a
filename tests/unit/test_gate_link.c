/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: messages between gate and node have the layout of proto/gate.md and survive the way; what
 * is cut, too long or unknown is refused. Method: one message of each type there and back, the
 * bytes of some by hand, every truncation, random bytes.
 */
#include "base/prng.h"
#include "net/gate_link.h"
#include "support/test.h"

#include <string.h>

static ts_gate_msg_t
sample(ts_gate_type_t type)
{
    static const uint8_t body[3 * TS_GATE_ADMIT_ROW_BYTES] = {1, 2, 3};
    ts_gate_msg_t msg = {.type = type,
                         .session = UINT64_C(0x1122334455667788),
                         .version = 0x0102,
                         .nonce = UINT64_C(0xa1a2a3a4),
                         .klass = TS_ZAP_SUBSCRIBER,
                         .reason = TS_GATE_REASON_FLOOD,
                         .number = UINT64_C(0x1000000000000001),
                         .body = {body, sizeof body}};
    memset(msg.key.b, 0x5a, sizeof msg.key.b);
    uint64_t fields[TS_GATE_STATS_FIELDS];
    for (size_t i = 0; i < TS_GATE_STATS_FIELDS; i++) {
        fields[i] = 1000 + i;
    }
    memcpy(&msg.stats, fields, sizeof fields);
    return msg;
}

static const ts_gate_type_t types[] = {
#define TYPE(name, value) TS_GATE_##name,
    TS_GATE_TYPES(TYPE)
#undef TYPE
};

static void
test_gate_link_every_type_comes_back_the_same(void **state)
{
    for (size_t i = 0; i < TS_COUNT(types); i++) {
        ts_gate_msg_t msg = sample(types[i]);
        ts_buf_t first = {0};
        ts_buf_t second = {0};
        ts_gate_encode(&msg, &first);
        ts_gate_msg_t got;
        assert_int_equal(ts_gate_decode(ts_buf_bytes(&first), &got), TS_ERR_OK);
        assert_int_equal(got.type, types[i]);
        assert_true(got.session == msg.session);
        ts_gate_encode(&got, &second);
        assert_int_equal(first.length, second.length);
        assert_memory_equal(first.data, second.data, first.length);
        assert_string_not_equal(ts_gate_type_str(types[i]), "?");
        ts_buf_free(&first);
        ts_buf_free(&second);
    }
}

static void
test_gate_link_layouts_are_those_of_the_tables(void **state)
{
    static const uint8_t closed[] = {4, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 5};
    static const uint8_t ack[] = {0x15, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
                                  1,    0,    0,    0,    0,    0,    0,    0x10};
    static const struct {
        ts_gate_type_t type;
        size_t bytes;
    } lengths[] = {
        {TS_GATE_GATE_HELLO, 9 + 2 + 8 + 32},
        {TS_GATE_OPEN, 9 + 32 + 1},
        {TS_GATE_NODE_HELLO, 9 + 2 + 8},
        {TS_GATE_BAN, 9 + 32 + 8},
        {TS_GATE_STATS, 9 + 13 * 8},
        {TS_GATE_STATS_ASK, 9},
        {TS_GATE_ADMIT, 9 + 8 + 3 * 33},
        {TS_GATE_ADMITTED, 9 + 8},
        {TS_GATE_DATA, 9 + 99},
        {TS_GATE_DROP, 9 + 1},
    };
    ts_buf_t out = {0};
    ts_gate_msg_t msg = sample(TS_GATE_CLOSED);
    ts_gate_encode(&msg, &out);
    assert_int_equal(out.length, sizeof closed);
    assert_memory_equal(out.data, closed, sizeof closed);
    ts_buf_clear(&out);
    msg = sample(TS_GATE_ACK);
    ts_gate_encode(&msg, &out);
    assert_int_equal(out.length, sizeof ack);
    assert_memory_equal(out.data, ack, sizeof ack);
    for (size_t i = 0; i < TS_COUNT(lengths); i++) {
        ts_buf_clear(&out);
        msg = sample(lengths[i].type);
        ts_gate_encode(&msg, &out);
        assert_int_equal(out.length, lengths[i].bytes);
    }
    ts_buf_free(&out);
}

static void
test_gate_link_cut_or_longer_messages_are_refused(void **state)
{
    for (size_t i = 0; i < TS_COUNT(types); i++) {
        const bool has_body =
            types[i] == TS_GATE_DATA || types[i] == TS_GATE_SEND || types[i] == TS_GATE_PUBLISH;
        ts_gate_msg_t msg = sample(types[i]);
        ts_gate_msg_t got = {.number = 77};
        ts_buf_t out = {0};
        ts_gate_encode(&msg, &out);
        for (size_t bytes = 0; bytes < (has_body ? 9 : out.length); bytes++) {
            const bool whole_rows =
                types[i] == TS_GATE_ADMIT && bytes >= 17 && (bytes - 17) % 33 == 0;
            ts_err_t err = ts_gate_decode((ts_bytes_t){out.data, bytes}, &got);
            assert_int_equal(err == TS_ERR_OK, whole_rows);
        }
        ts_buf_put_u8(&out, 0);
        if (!has_body) {
            got = (ts_gate_msg_t){.number = 77};
            assert_int_equal(ts_gate_decode(ts_buf_bytes(&out), &got), TS_ERR_INVALID);
            assert_int_equal(got.number, 77);
        }
        ts_buf_free(&out);
    }
}

static void
test_gate_link_unknown_values_are_refused(void **state)
{
    uint8_t unknown[] = {0x77, 0, 0, 0, 0, 0, 0, 0, 0};
    uint8_t reason[] = {4, 1, 0, 0, 0, 0, 0, 0, 0, 99};
    uint8_t klass[9 + 33] = {2, 1};
    ts_gate_msg_t got;
    assert_int_equal(ts_gate_decode((ts_bytes_t){unknown, sizeof unknown}, &got), TS_ERR_UNKNOWN);
    assert_int_equal(ts_gate_decode((ts_bytes_t){reason, sizeof reason}, &got), TS_ERR_INVALID);
    assert_int_equal(ts_gate_decode((ts_bytes_t){klass, sizeof klass}, &got), TS_ERR_INVALID);
    klass[41] = 1;
    assert_int_equal(ts_gate_decode((ts_bytes_t){klass, sizeof klass}, &got), TS_ERR_OK);
}

static void
test_gate_link_random_bytes_never_read_beyond_the_end(void **state)
{
    ts_prng_t prng = ts_prng(11);
    for (int i = 0; i < 200000; i++) {
        uint8_t bytes[160];
        size_t length = ts_prng_below(&prng, sizeof bytes);
        for (size_t k = 0; k < length; k++) {
            bytes[k] = (uint8_t)ts_prng_next(&prng);
        }
        if (length > 0) {
            bytes[0] = (uint8_t)types[ts_prng_below(&prng, TS_COUNT(types))];
        }
        ts_buf_t exact = {0}; /* so that a sanitizer sees one byte too far */
        ts_buf_put(&exact, bytes, length);
        ts_gate_msg_t got;
        if (ts_gate_decode(ts_buf_bytes(&exact), &got) == TS_ERR_OK) {
            assert_true(got.body.length <= length);
        }
        ts_buf_free(&exact);
    }
}

static void
test_gate_link_rows_of_the_table_come_back_and_unknown_class_is_refused(void **state)
{
    ts_buf_t rows = {0};
    ts_zap_entry_t entry = {.klass = TS_ZAP_INVITE};
    entry.key.b[31] = 9;
    ts_gate_admit_row_put(&rows, &entry);
    entry.klass = TS_ZAP_SUBSCRIBER;
    ts_gate_admit_row_put(&rows, &entry);
    assert_int_equal(rows.length, 2 * TS_GATE_ADMIT_ROW_BYTES);
    ts_zap_entry_t got;
    assert_int_equal(ts_gate_admit_row_get(ts_buf_bytes(&rows), 1, &got), TS_ERR_OK);
    assert_int_equal(got.klass, TS_ZAP_SUBSCRIBER);
    assert_int_equal(got.key.b[31], 9);
    rows.data[32] = 0;
    assert_int_equal(ts_gate_admit_row_get(ts_buf_bytes(&rows), 0, &got), TS_ERR_INVALID);
    ts_buf_free(&rows);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gate_link_every_type_comes_back_the_same),
        cmocka_unit_test(test_gate_link_layouts_are_those_of_the_tables),
        cmocka_unit_test(test_gate_link_cut_or_longer_messages_are_refused),
        cmocka_unit_test(test_gate_link_unknown_values_are_refused),
        cmocka_unit_test(test_gate_link_random_bytes_never_read_beyond_the_end),
        cmocka_unit_test(test_gate_link_rows_of_the_table_come_back_and_unknown_class_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
