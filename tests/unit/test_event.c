/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: what the strict reader of events accepts is what was written, and everything else is
 * refused without harm. Method: round trips of every kind, each rule broken once, all truncations
 * and bit flips with the protobuf library as a second opinion, frames made to grow.
 */
#include "base/limits.h"
#include "base/prng.h"
#include "support/test.h"
#include "support/wire_samples.h"
#include "tiepsuc/v1/event.pb-c.h"
#include "wire/event.h"
#include "wire/schema.h"

#include <string.h>

typedef struct fixture {
    ts_event_decoder_t *decoder;
    ts_event_header_t header;
    const ts_kind_schema_t *kind;
    const void *record;
} fixture_t;

static int
setup(void **state)
{
    static fixture_t fixture;
    fixture = (fixture_t){.decoder = ts_event_decoder_new()};
    *state = &fixture;
    return 0;
}

static int
teardown(void **state)
{
    fixture_t *f = *state;
    ts_event_decoder_destroy(&f->decoder);
    ts_event_decoder_destroy(&f->decoder);
    return 0;
}

static ts_err_t
decode(fixture_t *f, const ts_buf_t *bytes)
{
    f->kind = NULL;
    f->record = NULL;
    f->header = (ts_event_header_t){0};
    return ts_event_decode(f->decoder, ts_buf_bytes(bytes), &f->header, &f->kind, &f->record);
}

/* kind need, version 1, record 5: the least that is an event. */
static void
put_least(ts_buf_t *out)
{
    static const uint8_t least[] = {0x08, 22, 0x10, 1, 0x21, 5, 0, 0, 0, 0, 0, 0, 0};
    ts_buf_put(out, least, sizeof(least));
}

/* put_least with that body. */
static void
put_with_body(ts_buf_t *out, const void *body, size_t length)
{
    put_least(out);
    ts_buf_put(out, "\x8a\x01", 2);
    ts_buf_put_varint(out, length);
    ts_buf_put(out, body, length);
}

/* Decodes put_least with that body and expects the error and the text in its reason. */
static void
expect_body(fixture_t *f, const char *body, size_t length, ts_err_t expected, const char *where)
{
    ts_buf_t bytes = {0};
    ts_msg_t why = {0};
    put_with_body(&bytes, body, length);
    assert_int_equal(decode(f, &bytes), expected);
    ts_event_decoder_why(f->decoder, &why);
    if (expected == TS_ERR_OK) {
        assert_null(why.id);
    } else {
        assert_non_null(why.id);
        assert_non_null(why.args[0]);
        assert_string_equal(why.args[0], where);
    }
    ts_msg_free(&why);
    ts_buf_free(&bytes);
}

static void
test_event_every_kind_round_trip_same(void **state)
{
    fixture_t *f = *state;
    const ts_schema_t *schema = ts_wire_schema();
    for (size_t i = 0; i < schema->count; i++) {
        ts_buf_t bytes = {0};
        ts_buf_t again = {0};
        ts_msg_t why = {0};
        sample_event(&schema->kinds[i], &bytes);
        assert_int_equal(check_event_against_library(f->decoder, ts_buf_bytes(&bytes)), TS_ERR_OK);
        assert_int_equal(decode(f, &bytes), TS_ERR_OK);
        assert_ptr_equal(f->kind, &schema->kinds[i]);
        assert_int_equal(ts_event_encode(&f->header, f->kind, f->record, &again, &why), TS_ERR_OK);
        assert_int_equal(again.length, bytes.length);
        assert_memory_equal(again.data, bytes.data, bytes.length);
        ts_buf_free(&bytes);
        ts_buf_free(&again);
    }
}

static void
test_event_header_fields_arrive(void **state)
{
    fixture_t *f = *state;
    const ts_kind_schema_t *kind = ts_schema_named(ts_wire_schema(), "need");
    ts_event_header_t wrote = sample_header(kind);
    ts_buf_t bytes = {0};
    sample_event(kind, &bytes);
    assert_int_equal(decode(f, &bytes), TS_ERR_OK);
    assert_int_equal(f->header.kind, TIEPSUC__V1__KIND__KIND_NEED);
    assert_int_equal(f->header.version, 1);
    assert_true(f->header.must_understand);
    assert_true(f->header.voided);
    assert_true(f->header.record == wrote.record && f->header.plan == wrote.plan);
    assert_int_equal(f->header.occurred_on, wrote.occurred_on);
    assert_int_equal(f->header.occurred_precision, 1);
    assert_true(f->header.claimed_s == wrote.claimed_s);
    assert_int_equal(f->header.author, 3);
    assert_int_equal(f->header.author_role, 2);
    assert_int_equal(f->header.revises_count, 2);
    assert_true(f->header.revises[0] == wrote.revises[0] &&
                f->header.revises[1] == wrote.revises[1]);
    assert_string_equal(f->header.reason, wrote.reason);
    assert_string_equal(f->header.row_key, wrote.row_key);
    assert_true(f->header.on_behalf_of_unit == wrote.on_behalf_of_unit);
    assert_true(ts_hash_equal(&f->header.source_key, &wrote.source_key));
    assert_true(f->header.body.data > bytes.data &&
                f->header.body.data < bytes.data + bytes.length);
    assert_ptr_equal(f->header.body.data + f->header.body.length, bytes.data + bytes.length);
    ts_event_header_t header;
    assert_int_equal(ts_event_decode_header(f->decoder, ts_buf_bytes(&bytes), &header), TS_ERR_OK);
    assert_true(header.record == wrote.record);
    ts_buf_free(&bytes);
}

static void
test_event_empty_body_is_zero_record(void **state)
{
    fixture_t *f = *state;
    ts_buf_t bytes = {0};
    put_least(&bytes);
    assert_int_equal(decode(f, &bytes), TS_ERR_OK);
    const Tiepsuc__V1__Need *need = f->record;
    assert_int_equal(need->quantity, 0);
    assert_string_equal(need->note, "");
    assert_int_equal(need->n_heads, 0);
    assert_string_equal(f->header.reason, "");
    assert_true(ts_hash_is_zero(&f->header.source_key));
    ts_buf_free(&bytes);
}

static void
test_event_headers_without_meaning_are_refused(void **state)
{
    fixture_t *f = *state;
    static const struct {
        const char *bytes;
        size_t length;
        ts_err_t expected;
    } cases[] = {
        {"", 0, TS_ERR_INVALID},
        {"\x10\x01\x21\x05\0\0\0\0\0\0\0", 11, TS_ERR_INVALID},           /* no kind */
        {"\x08\x16\x21\x05\0\0\0\0\0\0\0", 11, TS_ERR_INVALID},           /* no version */
        {"\x08\x16\x10\x01", 4, TS_ERR_INVALID},                          /* no record */
        {"\x08\x16\x10\x01\x21\x05\0\0\0\0\0\0\x80", 13, TS_ERR_INVALID}, /* record of 64 bits */
        {"\x08\x16\x10\x01\x21\x05\0\0\0\0\0\0\0\x38\x03", 15, TS_ERR_INVALID}, /* precision 3 */
        {"\x08\x16\x10\x01\x21\x05\0\0\0\0\0\0\0\x50\x04", 15, TS_ERR_INVALID}, /* role 4 */
        {"\x08\x16\x10\x01\x21\x05\0\0\0\0\0\0\0\x18\x02", 15, TS_ERR_INVALID}, /* bool 2 */
        {"\x08\x16\x10\x01\x21\x05\0\0\0\0\0\0\0\x82\x01\x01x", 17,
         TS_ERR_INVALID}, /* key of one byte */
        {"\x08\x16\x08\x16\x10\x01\x21\x05\0\0\0\0\0\0\0", 15, TS_ERR_INVALID}, /* kind twice */
        {"\x09\x16\0\0\0\0\0\0\0", 9, TS_ERR_INVALID},   /* kind of another wire type */
        {"\x08\x80\x80\x80\x80\x10", 6, TS_ERR_INVALID}, /* kind of 33 bits */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11,
         TS_ERR_INVALID},                                /* more than 64 bits */
        {"\x08\x16\x10\x01\x00\x01", 6, TS_ERR_INVALID}, /* field 0 */
        {"\x0b\x0c", 2, TS_ERR_INVALID},                 /* groups */
        {"\x08", 1, TS_ERR_TRUNCATED},
        {"\x21\x05\0\0", 4, TS_ERR_TRUNCATED},
        {"\x6a\x7fx", 3, TS_ERR_TRUNCATED},
        {"\x6a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10, TS_ERR_TRUNCATED},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        ts_buf_t bytes = {0};
        ts_buf_put(&bytes, cases[i].bytes, cases[i].length);
        ts_err_t err = decode(f, &bytes);
        if (err != cases[i].expected) {
            print_error("case %zu: %s\n", i, ts_err_name(err));
        }
        assert_int_equal(err, cases[i].expected);
        assert_null(f->kind);
        assert_null(f->record);
        ts_buf_free(&bytes);
    }
}

static void
test_event_unknown_kind_or_version_tells_must_understand(void **state)
{
    fixture_t *f = *state;
    static const uint8_t kind_of_later[] = {0x08, 0xe7, 0x07, 0x10, 1, 0x18, 1,    0x21, 5, 0,
                                            0,    0,    0,    0,    0, 0,    0x8a, 0x01, 1, 0xff};
    static const uint8_t version_of_later[] = {0x08, 22, 0x10, 2, 0x21, 5,    0, 0,   0,
                                               0,    0,  0,    0, 0x8a, 0x01, 1, 0xff};
    static const uint8_t header_of_later[] = {0x08, 22, 0x10, 1, 0x18, 1, 0x21, 5,    0,
                                              0,    0,  0,    0, 0,    0, 0x98, 0x01, 1};
    ts_event_header_t header = {0};
    ts_buf_t bytes = {0};
    ts_buf_put(&bytes, kind_of_later, sizeof(kind_of_later));
    assert_int_equal(decode(f, &bytes), TS_ERR_UNKNOWN);
    assert_true(f->header.must_understand);
    assert_int_equal(f->header.kind, 999);
    assert_true(f->header.record == 5);
    assert_null(f->record);
    assert_int_equal(ts_event_decode_header(f->decoder, ts_buf_bytes(&bytes), &header), TS_ERR_OK);
    assert_int_equal(header.kind, 999);
    ts_buf_clear(&bytes);
    ts_buf_put(&bytes, version_of_later, sizeof(version_of_later));
    assert_int_equal(decode(f, &bytes), TS_ERR_UNKNOWN);
    assert_false(f->header.must_understand);
    assert_int_equal(f->header.version, 2);
    ts_buf_clear(&bytes);
    ts_buf_put(&bytes, header_of_later, sizeof(header_of_later));
    assert_int_equal(decode(f, &bytes), TS_ERR_UNKNOWN);
    assert_true(f->header.must_understand);
    ts_buf_free(&bytes);
    /* A field that version 1 of the kind does not have. */
    expect_body(f, "\xf8\x01\x01", 3, TS_ERR_UNKNOWN, "event");
    assert_true(f->header.record == 5);
}

static void
test_event_bodies_against_the_rules_are_refused(void **state)
{
    fixture_t *f = *state;
    static const char bad_text[] = "\x6a\x04"
                                   "a\xc3(b";
    static const char nul_text[] = "\x6a\x03"
                                   "a\0b";
    expect_body(f,
                "\x6a\x03"
                "abc",
                5, TS_ERR_OK, "");
    expect_body(f, bad_text, sizeof(bad_text) - 1, TS_ERR_INVALID, "note");
    expect_body(f, nul_text, sizeof(nul_text) - 1, TS_ERR_INVALID, "note");
    expect_body(f, "\x50\x06", 2, TS_ERR_INVALID,
                "state"); /* an enum value that version 1 does not have */
    expect_body(f, "\x50\x05", 2, TS_ERR_OK, "");
    expect_body(f, "\x22\x02\x10\x03", 4, TS_ERR_INVALID, "heads.sex");
    expect_body(f, "\x22\x03\x10\x02", 4, TS_ERR_TRUNCATED, "heads");
    expect_body(f, "\x22\x02\x10\x82", 4, TS_ERR_TRUNCATED, "heads.sex");
    expect_body(f, "\x28\x01\x28\x01", 4, TS_ERR_INVALID, "quantity");
    expect_body(f, "\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, TS_ERR_OK, "");
    expect_body(f, "\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, TS_ERR_INVALID, "quantity");
    expect_body(f, "\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\0", 12, TS_ERR_INVALID,
                "quantity");
    expect_body(f, "\x09\0\0\0\0\0\0\0\x80", 9, TS_ERR_INVALID, "unit_id");
    expect_body(f, "\x60\xff\xff\xff\xff\x1f", 6, TS_ERR_INVALID, "verified_on");
}

static void
test_event_sizes_beyond_limits_are_refused(void **state)
{
    fixture_t *f = *state;
    static char body[TS_EVENT_BYTES_MAX];
    ts_buf_t bytes = {0};
    memset(body, 'a', sizeof(body));
    memcpy(body, "\x6a\x80\x10", 3);
    expect_body(f, body, 3 + 2048, TS_ERR_OK, "");
    memcpy(body, "\x6a\x81\x10", 3);
    expect_body(f, body, 3 + 2049, TS_ERR_TOOBIG, "note");
    /* Rows of no bytes: 1024 are taken, one more is not. */
    for (size_t i = 0; i < 2 * (TS_RECORD_ROWS_MAX + 1); i += 2) {
        body[i] = 0x22;
        body[i + 1] = 0;
    }
    expect_body(f, body, 2 * TS_RECORD_ROWS_MAX, TS_ERR_OK, "");
    expect_body(f, body, 2 * (TS_RECORD_ROWS_MAX + 1), TS_ERR_LIMIT, "heads");
    put_with_body(&bytes, body, TS_EVENT_BYTES_MAX - 1);
    assert_int_equal(decode(f, &bytes), TS_ERR_TOOBIG);
    ts_buf_free(&bytes);
    /* 65 packed prefixes in `revises`. */
    put_least(&bytes);
    ts_buf_put_u8(&bytes, 0x5a);
    ts_buf_put_varint(&bytes, 65 * 8);
    memset(ts_buf_extend(&bytes, 65 * 8), 1, 65 * 8);
    assert_int_equal(decode(f, &bytes), TS_ERR_LIMIT);
    ts_buf_free(&bytes);
}

static void
test_event_repeated_numbers_packed_or_not_are_the_same(void **state)
{
    fixture_t *f = *state;
    ts_buf_t bytes = {0};
    put_least(&bytes);
    bytes.data[1] = TIEPSUC__V1__KIND__KIND_HANDOVER;
    static const uint8_t body[] = {0x3a, 16, 1,   0, 0, 0, 0, 0, 0,
                                   0,    2,  0,   0, 0, 0, 0, 0, 0, /* packed 1, 2 */
                                   0x4a, 1,  'x',                   /* a site between */
                                   0x39, 3,  0,   0, 0, 0, 0, 0, 0, /* 3 by itself */
                                   0x3a, 0};
    ts_buf_put(&bytes, "\x8a\x01", 2);
    ts_buf_put_varint(&bytes, sizeof(body));
    ts_buf_put(&bytes, body, sizeof(body));
    assert_int_equal(check_event_against_library(f->decoder, ts_buf_bytes(&bytes)), TS_ERR_OK);
    assert_int_equal(decode(f, &bytes), TS_ERR_OK);
    const Tiepsuc__V1__Handover *handover = f->record;
    assert_int_equal(handover->n_beneficiary_ids, 3);
    assert_true(handover->beneficiary_ids[0] == 1 && handover->beneficiary_ids[2] == 3);
    assert_string_equal(handover->site, "x");
    ts_buf_free(&bytes);
}

static void
test_event_truncations_never_read_beyond(void **state)
{
    fixture_t *f = *state;
    const ts_schema_t *schema = ts_wire_schema();
    for (size_t i = 0; i < schema->count; i++) {
        ts_buf_t bytes = {0};
        sample_event(&schema->kinds[i], &bytes);
        for (size_t length = 0; length < bytes.length; length++) {
            /* A copy of exactly that size, so that the sanitizer sees a read behind it. */
            ts_buf_t cut = {0};
            ts_buf_put(&cut, bytes.data, length);
            ts_err_t err = check_event_against_library(f->decoder, ts_buf_bytes(&cut));
            /* Only a cut between two fields of the header gives an event: before the body. */
            assert_true(err != TS_ERR_OK || length < bytes.length - 3);
            ts_buf_free(&cut);
        }
        ts_buf_free(&bytes);
    }
}

static void
test_event_bit_flips_agree_with_library(void **state)
{
    fixture_t *f = *state;
    const ts_schema_t *schema = ts_wire_schema();
    size_t accepted = 0;
    size_t refused = 0;
    for (size_t i = 0; i < schema->count; i++) {
        ts_buf_t bytes = {0};
        sample_event(&schema->kinds[i], &bytes);
        for (size_t bit = 0; bit < 8 * bytes.length; bit++) {
            bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (check_event_against_library(f->decoder, ts_buf_bytes(&bytes)) == TS_ERR_OK) {
                accepted++;
            } else {
                refused++;
            }
            bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        ts_buf_free(&bytes);
    }
    assert_true(accepted > 1000);
    assert_true(refused > 1000);
}

static void
test_event_random_bytes_do_no_harm(void **state)
{
    fixture_t *f = *state;
    ts_prng_t prng = ts_prng(7);
    for (size_t i = 0; i < 20000; i++) {
        uint8_t body[96];
        ts_buf_t bytes = {0};
        size_t length = ts_prng_below(&prng, sizeof(body));
        for (size_t k = 0; k < length; k++) {
            body[k] = (uint8_t)ts_prng_below(&prng, k % 3 == 0 ? 140 : 24);
        }
        put_with_body(&bytes, body, length);
        (void)check_event_against_library(f->decoder, ts_buf_bytes(&bytes));
        ts_buf_free(&bytes);
    }
}

static void
test_event_encode_refuses_what_decode_would(void **state)
{
    const ts_kind_schema_t *kind = ts_schema_named(ts_wire_schema(), "need");
    ts_event_header_t header = sample_header(kind);
    ts_record_t *record = ts_record_new(kind);
    ts_buf_t out = {0};
    ts_msg_t why = {0};
    static char text[TS_TEXT_BYTES_MAX + 2];
    ts_buf_put_text(&out, "before");
    header.record = 0;
    assert_int_equal(ts_event_encode(&header, kind, ts_record_body(record), &out, &why),
                     TS_ERR_INVALID);
    assert_non_null(why.id);
    header = sample_header(kind);
    memset(text, 'a', sizeof(text) - 1);
    header.reason = text;
    assert_int_equal(ts_event_encode(&header, kind, ts_record_body(record), &out, &why),
                     TS_ERR_TOOBIG);
    assert_string_equal(why.args[0], "reason");
    assert_int_equal(out.length, 6);
    header.reason = NULL;
    header.row_key = NULL;
    header.version = 0;
    assert_int_equal(ts_event_encode(&header, kind, ts_record_body(record), &out, NULL), TS_ERR_OK);
    assert_true(out.length > 6);
    ts_msg_free(&why);
    ts_buf_free(&out);
    ts_record_destroy(&record);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_every_kind_round_trip_same),
        cmocka_unit_test(test_event_header_fields_arrive),
        cmocka_unit_test(test_event_empty_body_is_zero_record),
        cmocka_unit_test(test_event_headers_without_meaning_are_refused),
        cmocka_unit_test(test_event_unknown_kind_or_version_tells_must_understand),
        cmocka_unit_test(test_event_bodies_against_the_rules_are_refused),
        cmocka_unit_test(test_event_sizes_beyond_limits_are_refused),
        cmocka_unit_test(test_event_repeated_numbers_packed_or_not_are_the_same),
        cmocka_unit_test(test_event_truncations_never_read_beyond),
        cmocka_unit_test(test_event_bit_flips_agree_with_library),
        cmocka_unit_test(test_event_random_bytes_do_no_harm),
        cmocka_unit_test(test_event_encode_refuses_what_decode_would),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
