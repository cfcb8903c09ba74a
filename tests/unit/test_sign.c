/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: signatures are Ed25519 over domain, zero byte, parts; what a lenient verifier would take is
 * refused. Method: RFC 8032 key, signatures made with another implementation, and forged ones: S
 * raised by the group order, public keys of small order for which S = 1, R = B verifies any
 * message.
 */
#include "crypto/crypto.h"
#include "crypto/sign.h"
#include "support/test.h"

#include <string.h>

#define DOMAIN "tiepsuc test v1"

static ts_hash_t public_key;
static ts_secret_t secret;

static void
from_hex(const char *hex, uint8_t *out, size_t bytes)
{
    assert_int_equal(ts_hex_parse(hex, out, bytes), TS_ERR_OK);
}

/* RFC 8032, 7.1, test 1. */
static int
set_up(void **state)
{
    uint8_t seed[32];
    if (ts_crypto_init() != TS_ERR_OK ||
        ts_hex_parse("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", seed,
                     sizeof seed) != TS_ERR_OK) {
        return -1;
    }
    ts_sign_keypair_from_seed(seed, &public_key, &secret);
    return 0;
}

static ts_err_t
verify_text(const ts_hash_t *key, const char *domain, const char *text, const uint8_t *signature)
{
    ts_bytes_t part = {(const uint8_t *)text, strlen(text)};
    return ts_sign_verify(key, domain, &part, 1, signature);
}

static void
sign_text(const char *text, uint8_t *signature)
{
    ts_bytes_t part = {(const uint8_t *)text, strlen(text)};
    ts_sign(&secret, DOMAIN, &part, 1, signature);
}

static void
test_sign_seed_gives_known_public_key(void **state)
{
    uint8_t expected[32];
    from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", expected, 32);
    assert_memory_equal(public_key.b, expected, 32);
    ts_hash_t again = ts_sign_public(&secret);
    assert_memory_equal(again.b, expected, 32);
    assert_true(ts_sign_public_is_sound(&public_key));
}

static void
test_sign_parts_give_known_signature(void **state)
{
    uint8_t expected[64];
    uint8_t signature[64];
    from_hex("7fc7483b8bc4a5e6fa6d6894981fcc37e7a823fd08d5b9594d57e12b76bd7c4d"
             "a367a30af6794768e87bedd16b0dfe23ee0d2bb4d409a382e27ca4224edcf404",
             expected, 64);
    ts_bytes_t parts[] = {{(const uint8_t *)"abc", 3}, {NULL, 0}, {(const uint8_t *)"def", 3}};
    ts_sign(&secret, DOMAIN, parts, TS_COUNT(parts), signature);
    assert_memory_equal(signature, expected, 64);
    assert_int_equal(verify_text(&public_key, DOMAIN, "abcdef", signature), TS_ERR_OK);
}

static void
test_sign_long_message_gives_known_signature(void **state)
{
    static uint8_t message[5000];
    uint8_t expected[64];
    uint8_t signature[64];
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = (uint8_t)(i % 251);
    }
    from_hex("f32831718ea0dc6e9902edfd5fa1c154406a7f4d3a6ce49ed23bfa98fca629ec"
             "136e98e0a0ec51b0d85fc9dad1745cbbd891d1ac6d3d295f33aa749fdbb94609",
             expected, 64);
    ts_bytes_t parts[] = {{message, 1}, {message + 1, sizeof message - 1}};
    ts_sign(&secret, DOMAIN, parts, 2, signature);
    assert_memory_equal(signature, expected, 64);
    assert_int_equal(ts_sign_verify(&public_key, DOMAIN, parts, 2, signature), TS_ERR_OK);
    message[4999] ^= 1;
    assert_int_equal(ts_sign_verify(&public_key, DOMAIN, parts, 2, signature), TS_ERR_SIGNATURE);
}

static void
test_sign_every_changed_bit_is_refused(void **state)
{
    uint8_t signature[64];
    sign_text("text", signature);
    assert_int_equal(verify_text(&public_key, DOMAIN, "text", signature), TS_ERR_OK);
    for (size_t i = 0; i < 512; i++) {
        signature[i / 8] ^= (uint8_t)(1u << (i % 8));
        assert_int_equal(verify_text(&public_key, DOMAIN, "text", signature), TS_ERR_SIGNATURE);
        signature[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    for (size_t i = 0; i < 256; i++) {
        ts_hash_t other = public_key;
        other.b[i / 8] ^= (uint8_t)(1u << (i % 8));
        assert_int_equal(verify_text(&other, DOMAIN, "text", signature), TS_ERR_SIGNATURE);
    }
}

static void
test_sign_other_domain_is_refused(void **state)
{
    uint8_t signature[64];
    sign_text("text", signature);
    assert_int_equal(verify_text(&public_key, "tiepsuc test v2", "text", signature),
                     TS_ERR_SIGNATURE);
    /* Without the zero byte these two would be the same message. */
    assert_int_equal(verify_text(&public_key, "tiepsuc test v1t", "ext", signature),
                     TS_ERR_SIGNATURE);
    assert_int_equal(verify_text(&public_key, "tiepsuc test v", "1text", signature),
                     TS_ERR_SIGNATURE);
}

static void
test_sign_unreduced_s_is_refused(void **state)
{
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                      0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0x10};
    uint8_t signature[64];
    sign_text("text", signature);
    /* S + L solves the same equation: a second signature for the message, made without the secret.
     */
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)signature[32 + i] + order[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    assert_int_equal(verify_text(&public_key, DOMAIN, "text", signature), TS_ERR_SIGNATURE);
}

static void
test_sign_small_order_keys_are_refused(void **state)
{
    static const char *const keys[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        /* the same points written with y ≥ p */
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    uint8_t signature[64] = {0x58};
    memset(signature + 1, 0x66, 31);
    signature[32] = 1;
    for (size_t i = 0; i < TS_COUNT(keys); i++) {
        ts_hash_t key;
        from_hex(keys[i], key.b, sizeof key.b);
        assert_false(ts_sign_public_is_sound(&key));
        for (char c = 'a'; c <= 'z'; c++) {
            const char text[] = {c, '\0'};
            assert_int_equal(verify_text(&key, DOMAIN, text, signature), TS_ERR_SIGNATURE);
        }
    }
}

static void
test_sign_mixed_order_key_is_not_sound(void **state)
{
    /* The base point plus a point of order two: (x, y) becomes (-x, -y). */
    ts_hash_t base = {{0x58}};
    memset(base.b + 1, 0x66, 31);
    assert_true(ts_sign_public_is_sound(&base));
    ts_hash_t mixed;
    unsigned borrow = 0;
    for (size_t i = 0; i < 32; i++) {
        unsigned p = i == 0 ? 0xedu : i == 31 ? 0x7fu : 0xffu;
        unsigned need = base.b[i] + borrow;
        borrow = p < need ? 1 : 0;
        mixed.b[i] = (uint8_t)(p + 256 * borrow - need);
    }
    mixed.b[31] |= 0x80;
    assert_false(ts_sign_public_is_sound(&mixed));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sign_seed_gives_known_public_key),
        cmocka_unit_test(test_sign_parts_give_known_signature),
        cmocka_unit_test(test_sign_long_message_gives_known_signature),
        cmocka_unit_test(test_sign_every_changed_bit_is_refused),
        cmocka_unit_test(test_sign_other_domain_is_refused),
        cmocka_unit_test(test_sign_unreduced_s_is_refused),
        cmocka_unit_test(test_sign_small_order_keys_are_refused),
        cmocka_unit_test(test_sign_mixed_order_key_is_not_sound),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
