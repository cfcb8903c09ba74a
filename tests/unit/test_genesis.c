/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the payload of a genesis is read and written at its place, says nothing that contradicts
 * itself, and gives exactly the bytes that its certificates sign. Method: golden bytes, every
 * truncation, every wrong field by a row, the whole table of purposes and audiences.
 */
#include "core/envelope.h"
#include "support/golden.h"
#include "support/test.h"

#include <string.h>

static ts_genesis_t
right(void)
{
    ts_genesis_t genesis = {.purpose = TS_PURPOSE_RECORDS,
                            .audience = TS_AUDIENCE_UP,
                            .office = 17,
                            .registrar_serial = 1};
    memset(&genesis.root_key, 1, sizeof genesis.root_key);
    memset(&genesis.registrar_key, 2, sizeof genesis.registrar_key);
    memset(&genesis.node_key, 3, sizeof genesis.node_key);
    return genesis;
}

static ts_err_t
parse(const ts_genesis_t *genesis)
{
    ts_buf_t buf = {0};
    ts_genesis_t back;
    ts_genesis_put(&buf, genesis);
    ts_err_t err = ts_genesis_parse(ts_buf_bytes(&buf), &back);
    ts_buf_free(&buf);
    return err;
}

static void
describe(golden_t *golden, const ts_genesis_t *genesis)
{
    golden_number(golden, "purpose", genesis->purpose);
    golden_number(golden, "audience", genesis->audience);
    golden_number(golden, "office", genesis->office);
    golden_number(golden, "audience_unit", genesis->audience_unit);
    golden_bytes(golden, "nonce", genesis->nonce, sizeof genesis->nonce);
    golden_bytes(golden, "predecessor_log", genesis->predecessor_log.b, TS_HASH_BYTES);
    golden_number(golden, "predecessor_seq", genesis->predecessor_seq);
    golden_bytes(golden, "predecessor_hash", genesis->predecessor_hash.b, TS_HASH_BYTES);
    golden_bytes(golden, "root_key", genesis->root_key.b, TS_HASH_BYTES);
    golden_number(golden, "registrar_serial", genesis->registrar_serial);
    golden_bytes(golden, "registrar_key", genesis->registrar_key.b, TS_HASH_BYTES);
    golden_bytes(golden, "registrar_signature", genesis->registrar_signature, 64);
    golden_bytes(golden, "invite_key", genesis->invite_key.b, TS_HASH_BYTES);
    golden_bytes(golden, "invite_curve_key", genesis->invite_curve_key.b, TS_HASH_BYTES);
    golden_bytes(golden, "invite_signature", genesis->invite_signature, 64);
    golden_bytes(golden, "node_key", genesis->node_key.b, TS_HASH_BYTES);
    golden_bytes(golden, "node_curve_key", genesis->node_curve_key.b, TS_HASH_BYTES);
    golden_bytes(golden, "node_signature", genesis->node_signature, 64);
}

typedef void (*part_fn)(ts_buf_t *out, const ts_id16_t *deployment, const ts_genesis_t *genesis);

static void
test_genesis_golden_payloads_are_read_and_written_alike(void **state)
{
    static const char *const NAMES[] = {"genesis_records.txt", "genesis_down_unit.txt"};
    static const struct {
        const char *name;
        part_fn part;
    } PARTS[] = {{"registrar_part", ts_genesis_registrar_part},
                 {"invite_part", ts_genesis_invite_part},
                 {"node_part", ts_genesis_node_part}};
    for (size_t i = 0; i < TS_COUNT(NAMES); i++) {
        golden_t golden;
        golden_open(&golden, NAMES[i]);
        ts_genesis_t genesis;
        assert_int_equal(ts_genesis_parse(ts_buf_bytes(&golden.bytes), &genesis), TS_ERR_OK);
        describe(&golden, &genesis);
        ts_id16_t deployment;
        assert_int_equal(
            ts_hex_parse("032af8d226a2d89a7653d0d6892cecd6", deployment.b, TS_ID16_BYTES),
            TS_ERR_OK);
        golden_bytes(&golden, "deployment", deployment.b, TS_ID16_BYTES);
        for (size_t k = 0; k < TS_COUNT(PARTS); k++) {
            ts_buf_t part = {0};
            PARTS[k].part(&part, &deployment, &genesis);
            golden_bytes(&golden, PARTS[k].name, part.data, part.length);
            ts_buf_free(&part);
        }
        ts_buf_t again = {0};
        ts_genesis_put(&again, &genesis);
        golden_check(&golden, &again);
        ts_buf_free(&again);
    }
}

static void
test_genesis_purpose_and_audience_go_together(void **state)
{
    /* Rows: purpose 0..8; columns: audience 0..5. */
    static const bool FITS[9][6] = {
        {false, false, false, false, false, false},
        {false, true, false, false, false, false}, /* acts: up */
        {false, true, false, false, false, false}, /* records: up */
        {false, false, true, false, false, false}, /* registry: down to all */
        {false, false, true, true, false, false},  /* down: all, or one unit */
        {false, false, true, true, false, false},  /* holdings: all, or one child */
        {false, false, false, false, true, false}, /* private: stays */
        {false, false, false, true, false, false}, /* kept: one keeper */
        {false, false, false, false, false, false},
    };
    for (uint8_t purpose = 0; purpose < 9; purpose++) {
        for (uint8_t audience = 0; audience < 6; audience++) {
            ts_genesis_t genesis = right();
            genesis.purpose = purpose;
            genesis.audience = audience;
            genesis.audience_unit = audience == TS_AUDIENCE_DOWN_UNIT ? 5 : 0;
            genesis.node_key = genesis.registrar_key;
            assert_int_equal(parse(&genesis), FITS[purpose][audience] ? TS_ERR_OK : TS_ERR_INVALID);
        }
    }
}

static void
test_genesis_contradictions_are_refused(void **state)
{
    ts_genesis_t genesis = right();
    assert_int_equal(parse(&genesis), TS_ERR_OK);
    genesis.office = 0;
    assert_int_equal(parse(&genesis), TS_ERR_INVALID);
    genesis.office = TS_RECORD_OFFICE_MAX;
    assert_int_equal(parse(&genesis), TS_ERR_OK);
    genesis.office = TS_RECORD_OFFICE_MAX + 1;
    assert_int_equal(parse(&genesis), TS_ERR_INVALID);
    genesis = right();
    genesis.registrar_serial = 0;
    assert_int_equal(parse(&genesis), TS_ERR_INVALID);
    genesis = right();
    genesis.audience_unit = 1; /* only with an audience of one unit */
    assert_int_equal(parse(&genesis), TS_ERR_INVALID);
    genesis.purpose = TS_PURPOSE_DOWN;
    genesis.audience = TS_AUDIENCE_DOWN_UNIT;
    assert_int_equal(parse(&genesis), TS_ERR_OK);
    genesis.audience_unit = 0;
    assert_int_equal(parse(&genesis), TS_ERR_INVALID);
    genesis = right();
    genesis.predecessor_seq = 4; /* of no log */
    assert_int_equal(parse(&genesis), TS_ERR_INVALID);
    genesis.predecessor_log.b[31] = 1;
    assert_int_equal(parse(&genesis), TS_ERR_INVALID);
    genesis.predecessor_hash.b[0] = 1;
    assert_int_equal(parse(&genesis), TS_ERR_OK);
    genesis.predecessor_seq = 0; /* it had only its genesis */
    assert_int_equal(parse(&genesis), TS_ERR_OK);
    genesis = right();
    genesis.predecessor_hash.b[0] = 1;
    assert_int_equal(parse(&genesis), TS_ERR_INVALID);
    genesis = right();
    genesis.purpose = TS_PURPOSE_REGISTRY;
    genesis.audience = TS_AUDIENCE_DOWN_ALL;
    assert_int_equal(parse(&genesis), TS_ERR_INVALID); /* not signed by the registrar's key */
    genesis.node_key = genesis.registrar_key;
    assert_int_equal(parse(&genesis), TS_ERR_OK);
}

static void
test_genesis_wrong_length_layout_or_reserved_is_refused(void **state)
{
    ts_genesis_t genesis = right();
    ts_genesis_t back;
    ts_buf_t buf = {0};
    ts_genesis_put(&buf, &genesis);
    assert_int_equal(buf.length, TS_GENESIS_BYTES);
    for (size_t length = 0; length < buf.length; length++) {
        ts_bytes_t bytes = {buf.data, length};
        assert_int_equal(ts_genesis_parse(bytes, &back), TS_ERR_TRUNCATED);
    }
    buf.data[0] = 2;
    assert_int_equal(ts_genesis_parse(ts_buf_bytes(&buf), &back), TS_ERR_INVALID);
    buf.data[0] = 1;
    buf.data[3] = 1;
    assert_int_equal(ts_genesis_parse(ts_buf_bytes(&buf), &back), TS_ERR_INVALID);
    buf.data[3] = 0;
    assert_int_equal(ts_genesis_parse(ts_buf_bytes(&buf), &back), TS_ERR_OK);
    ts_buf_put_u8(&buf, 0);
    assert_int_equal(ts_genesis_parse(ts_buf_bytes(&buf), &back), TS_ERR_INVALID);
    ts_buf_free(&buf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_genesis_golden_payloads_are_read_and_written_alike),
        cmocka_unit_test(test_genesis_purpose_and_audience_go_together),
        cmocka_unit_test(test_genesis_contradictions_are_refused),
        cmocka_unit_test(test_genesis_wrong_length_layout_or_reserved_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
