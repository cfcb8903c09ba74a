/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: the hash is BLAKE2b-256 and does not depend on how the bytes come in.
 * Method: known answers made with another implementation, and every way of cutting one message.
 */
#include "base/xalloc.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "support/test.h"

#include <string.h>

static const struct {
    size_t bytes; /* message is i % 251 */
    const char *hex;
} answers[] = {
    {0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
    {120, "16684ddd272dfc18dd40c16a7f57cecca70df0a96c4a066b97646953e7c7691a"},
    {5000, "380a35589ac0b8796076c76b284d2e0dd0842d3eac226475610946e0c2277b8b"},
};

static uint8_t message[5000];

static int
set_up(void **state)
{
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = (uint8_t)(i % 251);
    }
    return ts_crypto_init() == TS_ERR_OK ? 0 : -1;
}

static void
assert_hash(ts_hash_t hash, const char *hex)
{
    char text[2 * TS_HASH_BYTES + 1];
    ts_hex_format(hash.b, sizeof hash.b, text);
    assert_string_equal(text, hex);
}

static void
test_hash_known_messages_give_known_answers(void **state)
{
    for (size_t i = 0; i < TS_COUNT(answers); i++) {
        assert_hash(ts_hash_of(message, answers[i].bytes), answers[i].hex);
    }
    assert_hash(ts_hash_of(NULL, 0), answers[0].hex);
    assert_hash(ts_hash_of("abc", 3),
                "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static void
test_hash_any_cut_gives_the_same(void **state)
{
    for (size_t cut = 0; cut <= 120; cut++) {
        ts_hasher_t cut_in_two;
        ts_hasher_start(&cut_in_two);
        ts_hasher_add(&cut_in_two, message, cut);
        ts_hasher_add(&cut_in_two, NULL, 0);
        ts_hasher_add(&cut_in_two, message + cut, 120 - cut);
        assert_hash(ts_hasher_finish(&cut_in_two), answers[1].hex);
    }
    ts_hasher_t hasher;
    ts_hasher_start(&hasher);
    for (size_t i = 0; i < sizeof message; i++) {
        ts_hasher_add(&hasher, &message[i], 1);
    }
    assert_hash(ts_hasher_finish(&hasher), answers[2].hex);
}

static void
test_hash_hasher_works_at_any_address(void **state)
{
    uint8_t *room = ts_xmalloc(sizeof(ts_hasher_t) + 64);
    for (size_t offset = 0; offset < 64; offset++) {
        ts_hasher_t *hasher = (void *)(room + offset);
        ts_hasher_start(hasher);
        ts_hasher_add(hasher, message, 120);
        assert_hash(ts_hasher_finish(hasher), answers[1].hex);
    }
    ts_xfree(room);
}

static void
test_hash_deployment_is_first_half_of_root_key_hash(void **state)
{
    ts_hash_t root;
    memcpy(root.b, message, sizeof root.b);
    ts_hash_t whole = ts_hash_of(message, sizeof root.b);
    ts_id16_t id = ts_hash_deployment(&root);
    assert_memory_equal(id.b, whole.b, sizeof id.b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_known_messages_give_known_answers),
        cmocka_unit_test(test_hash_any_cut_gives_the_same),
        cmocka_unit_test(test_hash_hasher_works_at_any_address),
        cmocka_unit_test(test_hash_deployment_is_first_half_of_root_key_hash),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
