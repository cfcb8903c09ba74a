/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: any bytes are a key file or are refused with a reason, what is accepted is written and read
 * again to the same, and an invite made of any bytes joins or is refused without leaving half an
 * installation. Method: the first byte says whether the rest is read as a key file or as an invite
 * (1: its certificates are made anew over the changed fields, so that checks behind them are
 * reached).
 */
#include "base/xalloc.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"
#include "fuzz/fuzz.h"
#include "node/identity.h"
#include "node/provision.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void
ask_everything(const ts_keyfile_t *file)
{
    static const char *const names[] = {"deployment", "office",   "name",   "endpoints",
                                        "role",       "parent_x", "locked", "curve_public"};
    ts_node_key_t node;
    ts_hash_t public_key;
    ts_secret_t secret;
    ts_box_secret_t box;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ts_bytes_t bytes;
        const char *text = NULL;
        uint64_t number = 0;
        if (ts_keyfile_get_bytes(file, names[i], &bytes) == TS_ERR_OK) {
            TS_CHECK(bytes.length <= TS_KEYFILE_VALUE_BYTES_MAX);
        }
        if (ts_keyfile_get_text(file, names[i], &text) == TS_ERR_OK) {
            TS_CHECK(text != NULL);
        }
        fuzz_any(ts_keyfile_get_number(file, names[i], &number));
    }
    if (ts_keyfile_get_node(file, &node) == TS_ERR_OK) {
        ts_node_key_wipe(&node);
    }
    if (ts_keyfile_get_sign(file, &public_key, &secret) == TS_ERR_OK) {
        ts_hash_t own = ts_sign_public(&secret);
        TS_CHECK(ts_hash_equal(&own, &public_key));
    }
    fuzz_any(ts_keyfile_get_curve(file, &public_key, &box));
}

static void
as_keyfile(const char *path)
{
    ts_keyfile_t *file = NULL;
    ts_keyfile_t *again = NULL;
    ts_msg_t why = {0};
    ts_buf_t first = {0};
    ts_buf_t second = {0};
    char copy[256];
    ts_keyfile_options_t locked = {.passphrase = NULL, .shared = true};
    ts_err_t err = ts_keyfile_load(&file, path, NULL, &locked, &why);
    TS_CHECK((err == TS_ERR_OK) == (why.id == NULL));
    ts_msg_free(&why);
    if (err == TS_ERR_OK) {
        ts_keyfile_options_t options = {.random = ts_random_system(), .replace = true};
        ask_everything(file);
        ts_keyfile_text(file, &first);
        err = ts_keyfile_save(file, fuzz_path("copy.key", copy), &options, &why);
        TS_CHECK(err == TS_ERR_OK || err == TS_ERR_TOOBIG);
        if (err == TS_ERR_OK) {
            ts_msg_free(&why);
            TS_CHECK(ts_keyfile_load(&again, copy, NULL, NULL, &why) == TS_ERR_OK);
            ts_keyfile_text(again, &second);
            TS_CHECK(first.length == second.length);
            TS_CHECK(memcmp(first.data, second.data, first.length) == 0);
        }
        ts_msg_free(&why);
    }
    ts_keyfile_destroy(&file);
    ts_keyfile_destroy(&again);
    ts_buf_free(&first);
    ts_buf_free(&second);
}

/* Signs what stands in the file with keys of its own, as the registrar and its root would have. */
static void
sign_again(const char *path)
{
    static const uint8_t root_seed[TS_SIGN_SEED_BYTES] = {1};
    static const uint8_t registrar_seed[TS_SIGN_SEED_BYTES] = {2};
    static const uint8_t invite_seed[TS_SIGN_SEED_BYTES] = {3};
    ts_keyfile_t *file = NULL;
    ts_keyfile_options_t options = {.random = ts_random_system(), .replace = true, .shared = true};
    ts_genesis_t chain = {.registrar_serial = 1};
    ts_secret_t secrets[3];
    ts_buf_t part = {0};
    ts_msg_t why = {0};
    uint64_t office = 0;
    if (ts_keyfile_load(&file, path, TS_KEYFILE_INVITE, &options, &why) != TS_ERR_OK) {
        ts_msg_free(&why);
        return;
    }
    ts_sign_keypair_from_seed(root_seed, &chain.root_key, &secrets[0]);
    ts_sign_keypair_from_seed(registrar_seed, &chain.registrar_key, &secrets[1]);
    ts_sign_keypair_from_seed(invite_seed, &chain.invite_key, &secrets[2]);
    ts_id16_t deployment = ts_hash_deployment(&chain.root_key);
    fuzz_any(ts_keyfile_get_number(file, "office", &office));
    fuzz_any(ts_keyfile_get(file, "curve_public", chain.invite_curve_key.b, 32));
    chain.office = (uint32_t)office;
    ts_genesis_registrar_part(&part, &deployment, &chain);
    ts_bytes_t bytes = ts_buf_bytes(&part);
    ts_sign(&secrets[0], TS_GENESIS_DOMAIN_REGISTRAR, &bytes, 1, chain.registrar_signature);
    ts_buf_clear(&part);
    ts_genesis_invite_part(&part, &deployment, &chain);
    bytes = ts_buf_bytes(&part);
    ts_sign(&secrets[1], TS_GENESIS_DOMAIN_INVITE, &bytes, 1, chain.invite_signature);
    ts_keyfile_put(file, "deployment", deployment.b, sizeof deployment.b);
    ts_keyfile_put(file, "root_key", chain.root_key.b, 32);
    ts_keyfile_put(file, "registrar_key", chain.registrar_key.b, 32);
    ts_keyfile_put(file, "registrar_signature", chain.registrar_signature, 64);
    ts_keyfile_put(file, "invite_signature", chain.invite_signature, 64);
    ts_keyfile_put_sign(file, &secrets[2]);
    fuzz_any(ts_keyfile_save(file, path, &options, &why));
    ts_msg_free(&why);
    ts_keyfile_destroy(&file);
    ts_buf_free(&part);
}

static void
as_invite(const char *path)
{
    char dir[256];
    char key[300];
    struct stat about;
    ts_msg_t why = {0};
    fuzz_path("joined", dir);
    fuzz_remove(dir);
    ts_provision_join_t join = {.invite = path, .dir = dir, .random = ts_random_system()};
    ts_err_t err = ts_provision_join(&join, &why);
    TS_CHECK((err == TS_ERR_OK) == (why.id == NULL));
    (void)snprintf(key, sizeof key, "%s/keys/node.key", dir);
    bool made = stat(key, &about) == 0;
    TS_CHECK(made == (err == TS_ERR_OK));
    if (err == TS_ERR_OK) {
        ts_identity_t identity = {0};
        TS_CHECK(ts_identity_load(dir, &identity, &why) == TS_ERR_OK);
        ts_identity_free(&identity);
    }
    ts_msg_free(&why);
    fuzz_remove(dir);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[256];
    if (size == 0 || ts_crypto_init() != TS_ERR_OK) {
        return 0;
    }
    fuzz_write(fuzz_path("in.key", path), (ts_bytes_t){data + 1, size - 1});
    if (data[0] % 4 >= 2) {
        as_keyfile(path);
        return 0;
    }
    if (data[0] % 4 == 1) {
        sign_again(path);
    }
    as_invite(path);
    return 0;
}
