/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a box opens for the right key, context or passphrase, for nothing else, and not when
 * altered. Method: round trips, then every byte of a box flipped; cost fields set beyond the
 * maxima.
 */
#include "crypto/box.h"
#include "crypto/crypto.h"
#include "support/test.h"

#include <string.h>

static ts_random_seeded_t seeded;
static ts_random_t source;

static int
set_up(void **state)
{
    source = ts_random_from_seed(&seeded, 3);
    return ts_crypto_init() == TS_ERR_OK ? 0 : -1;
}

static ts_bytes_t
bytes(const char *text)
{
    return (ts_bytes_t){(const uint8_t *)text, strlen(text)};
}

/* What opens must be appended and be the text; what fails must leave the buffer as it was. */
static void
assert_content(const ts_buf_t *buf, const char *text)
{
    assert_int_equal(buf->length, strlen(text));
    if (buf->length > 0) {
        assert_memory_equal(buf->data, text, buf->length);
    }
}

static void
test_box_public_key_is_of_rfc_7748(void **state)
{
    ts_box_secret_t secret;
    uint8_t expected[32];
    assert_int_equal(
        ts_hex_parse("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", secret.b,
                     32),
        TS_ERR_OK);
    assert_int_equal(
        ts_hex_parse("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", expected,
                     32),
        TS_ERR_OK);
    ts_hash_t public_key = ts_box_public(&secret);
    assert_memory_equal(public_key.b, expected, 32);
}

static void
test_box_sealed_opens_for_recipient_only(void **state)
{
    ts_hash_t public_key;
    ts_hash_t other_public;
    ts_box_secret_t secret;
    ts_box_secret_t other;
    ts_box_keypair(source, &public_key, &secret);
    ts_box_keypair(source, &other_public, &other);
    static const char *const texts[] = {"", "x", "sổ riêng của xã"};
    for (size_t i = 0; i < TS_COUNT(texts); i++) {
        ts_buf_t box = {0};
        ts_buf_t out = {0};
        ts_buf_put_text(&box, "before");
        assert_int_equal(ts_box_seal(&public_key, source, bytes(texts[i]), &box), TS_ERR_OK);
        ts_bytes_t sealed = {box.data + 6, box.length - 6};
        assert_int_equal(sealed.length, strlen(texts[i]) + TS_BOX_SEAL_BYTES);
        assert_int_equal(ts_box_open(&other, sealed, &out), TS_ERR_KEY);
        assert_int_equal(out.length, 0);
        for (size_t k = 0; k < sealed.length; k++) {
            box.data[6 + k] ^= 0x40;
            assert_int_equal(ts_box_open(&secret, sealed, &out), TS_ERR_KEY);
            box.data[6 + k] ^= 0x40;
        }
        sealed.length--;
        ts_err_t cut = ts_box_open(&secret, sealed, &out);
        assert_int_equal(cut, i == 0 ? TS_ERR_TRUNCATED : TS_ERR_KEY);
        sealed.length++;
        assert_int_equal(out.length, 0);
        assert_int_equal(ts_box_open(&secret, sealed, &out), TS_ERR_OK);
        assert_content(&out, texts[i]);
        ts_buf_free(&box);
        ts_buf_free(&out);
    }
}

static void
test_box_seal_to_small_order_key_is_refused(void **state)
{
    ts_hash_t zero = {{0}};
    ts_buf_t box = {0};
    assert_int_equal(ts_box_seal(&zero, source, bytes("x"), &box), TS_ERR_INVALID);
    assert_int_equal(box.length, 0);
    ts_buf_free(&box);
}

static void
test_box_lock_opens_with_key_and_context_only(void **state)
{
    ts_box_secret_t key;
    ts_box_secret_t other;
    ts_random_bytes(source, key.b, sizeof key.b);
    ts_random_bytes(source, other.b, sizeof other.b);
    ts_buf_t box = {0};
    ts_buf_t out = {0};
    ts_box_lock(&key, source, bytes("row 7"), bytes("tên"), &box);
    assert_int_equal(box.length, strlen("tên") + TS_BOX_LOCK_BYTES);
    ts_bytes_t whole = ts_buf_bytes(&box);
    assert_int_equal(ts_box_unlock(&other, bytes("row 7"), whole, &out), TS_ERR_KEY);
    assert_int_equal(ts_box_unlock(&key, bytes("row 8"), whole, &out), TS_ERR_KEY);
    assert_int_equal(ts_box_unlock(&key, bytes(""), whole, &out), TS_ERR_KEY);
    for (size_t i = 0; i < box.length; i++) {
        box.data[i] ^= 1;
        assert_int_equal(ts_box_unlock(&key, bytes("row 7"), whole, &out), TS_ERR_KEY);
        box.data[i] ^= 1;
    }
    assert_int_equal(
        ts_box_unlock(&key, bytes("row 7"), (ts_bytes_t){box.data, TS_BOX_LOCK_BYTES - 1}, &out),
        TS_ERR_TRUNCATED);
    assert_int_equal(out.length, 0);
    assert_int_equal(ts_box_unlock(&key, bytes("row 7"), whole, &out), TS_ERR_OK);
    assert_content(&out, "tên");
    ts_buf_free(&box);
    ts_buf_free(&out);
}

static void
test_box_lock_never_repeats_itself(void **state)
{
    ts_box_secret_t key = {{1}};
    ts_buf_t a = {0};
    ts_buf_t b = {0};
    ts_box_lock(&key, source, bytes(""), bytes("same"), &a);
    ts_box_lock(&key, source, bytes(""), bytes("same"), &b);
    assert_memory_not_equal(a.data, b.data, 24);
    assert_memory_not_equal(a.data + 24, b.data + 24, 4);
    ts_buf_free(&a);
    ts_buf_free(&b);
}

static void
test_box_passphrase_opens_and_wrong_one_does_not(void **state)
{
    ts_buf_t box = {0};
    ts_buf_t out = {0};
    assert_int_equal(ts_box_pass_lock("một hai ba", source, bytes("root"), bytes("khóa"), &box),
                     TS_ERR_OK);
    assert_int_equal(box.length, strlen("khóa") + TS_BOX_PASS_BYTES);
    ts_bytes_t whole = ts_buf_bytes(&box);
    assert_int_equal(ts_box_pass_unlock("một hai bà", bytes("root"), whole, &out), TS_ERR_KEY);
    assert_int_equal(ts_box_pass_unlock("", bytes("root"), whole, &out), TS_ERR_KEY);
    assert_int_equal(ts_box_pass_unlock("một hai ba", bytes("node"), whole, &out), TS_ERR_KEY);
    box.data[1] ^= 1;
    assert_int_equal(ts_box_pass_unlock("một hai ba", bytes("root"), whole, &out), TS_ERR_KEY);
    box.data[1] ^= 1;
    assert_int_equal(out.length, 0);
    assert_int_equal(ts_box_pass_unlock("một hai ba", bytes("root"), whole, &out), TS_ERR_OK);
    assert_content(&out, "khóa");
    ts_buf_free(&box);
    ts_buf_free(&out);
}

static void
test_box_passphrase_header_is_checked_before_work(void **state)
{
    ts_buf_t box = {0};
    ts_buf_t out = {0};
    assert_int_equal(ts_box_pass_lock("p", source, bytes(""), bytes("x"), &box), TS_ERR_OK);
    static const struct {
        size_t offset;
        uint8_t value;
        ts_err_t expected;
    } cases[] = {
        {0, 2, TS_ERR_UNKNOWN},  /* version */
        {17, 0, TS_ERR_LIMIT},   /* no rounds */
        {20, 1, TS_ERR_LIMIT},   /* 16 million rounds */
        {24, 0xff, TS_ERR_LIMIT} /* 4 TB of memory */
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        uint8_t before = box.data[cases[i].offset];
        box.data[cases[i].offset] = cases[i].value;
        assert_int_equal(ts_box_pass_unlock("p", bytes(""), ts_buf_bytes(&box), &out),
                         cases[i].expected);
        box.data[cases[i].offset] = before;
    }
    ts_bytes_t cut = {box.data, TS_BOX_PASS_BYTES - 1};
    assert_int_equal(ts_box_pass_unlock("p", bytes(""), cut, &out), TS_ERR_TRUNCATED);
    ts_buf_free(&box);
    ts_buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_box_public_key_is_of_rfc_7748),
        cmocka_unit_test(test_box_sealed_opens_for_recipient_only),
        cmocka_unit_test(test_box_seal_to_small_order_key_is_refused),
        cmocka_unit_test(test_box_lock_opens_with_key_and_context_only),
        cmocka_unit_test(test_box_lock_never_repeats_itself),
        cmocka_unit_test(test_box_passphrase_opens_and_wrong_one_does_not),
        cmocka_unit_test(test_box_passphrase_header_is_checked_before_work),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
