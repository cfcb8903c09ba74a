/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: custody takes exactly the segments that the byte tables of proto/README.md allow: no
 * certificate, signature, hash or number is left unchecked, and nothing right is refused. Method:
 * an input is a genesis segment and one that follows; the mutator changes fields and then makes
 * hashes and signatures anew over what it changed (most of the time), so that every check behind
 * the first is reached. What node/intake says is compared with a reading of the tables by offsets.
 */
#include "base/limits.h"
#include "base/prng.h"
#include "base/xalloc.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "fuzz/fuzz.h"
#include "node/node_p.h"

#include <string.h>

enum {
    /* offsets of the header */
    AT_FLAGS = 6,
    AT_DEPLOYMENT = 8,
    AT_LOG = 24,
    AT_FIRST = 56,
    AT_COUNT = 64,
    AT_PREV = 68,
    AT_KEY_ID = 100,
    AT_STORED = 120,
    AT_RAW = 124,
    AT_PAYLOAD_HASH = 148,
    AT_SIGNATURE = 180,
    FIXED = 244,
    /* of the genesis payload */
    AT_OFFICE = 4,
    AT_UNIT = 8,
    AT_ROOT = 104,
    AT_SERIAL = 136,
    AT_REGISTRAR = 140,
    AT_REGISTRAR_SIGN = 172,
    AT_INVITE = 236,
    AT_INVITE_SIGN = 300,
    AT_NODE = 364,
    AT_NODE_SIGN = 428,
    GENESIS = 492,
    GENESIS_SEGMENT = FIXED + GENESIS
};

enum { ROOT, REGISTRAR, INVITE, NODE, KEYS };

static ts_secret_t secrets[KEYS];
static ts_hash_t publics[KEYS];
static ts_node_t *node;

static void
make_node(void)
{
    char folder[256];
    TS_CHECK(ts_crypto_init() == TS_ERR_OK);
    for (size_t i = 0; i < KEYS; i++) {
        uint8_t seed[TS_SIGN_SEED_BYTES] = {(uint8_t)(i + 1)};
        ts_sign_keypair_from_seed(seed, &publics[i], &secrets[i]);
    }
    node = ts_xcalloc(1, sizeof *node);
    node->identity.keys.deployment = ts_hash_deployment(&publics[ROOT]);
    fuzz_make_folder(fuzz_path("custody", folder));
    ts_custody_options_t options = {.folder = folder,
                                    .deployment = node->identity.keys.deployment,
                                    .new_store_id = {{1}},
                                    .hash = ts_hash_of,
                                    .create = true};
    TS_CHECK(ts_custody_open(&node->custody, &options, NULL) == TS_ERR_OK);
}

/* ---- numbers by offset */

static uint64_t
number_at(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = bytes; i > 0; i--) {
        value = value << 8 | at[i - 1];
    }
    return value;
}

static void
put_number(uint8_t *at, size_t bytes, uint64_t value)
{
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static bool
is_zero(const uint8_t *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (at[i] != 0) {
            return false;
        }
    }
    return true;
}

/* ---- the tables, read by offsets */

static bool
signed_by(const uint8_t *key,
          const char *domain,
          const uint8_t *deployment,
          const uint8_t *signature,
          ts_buf_t *fields)
{
    ts_hash_t public_key;
    ts_bytes_t parts[2] = {{deployment, TS_ID16_BYTES}, ts_buf_bytes(fields)};
    memcpy(public_key.b, key, sizeof public_key.b);
    bool right = ts_sign_verify(&public_key, domain, parts, 2, signature) == TS_ERR_OK;
    ts_buf_clear(fields);
    return right;
}

static bool
certificates_hold(const uint8_t *genesis, const uint8_t *deployment)
{
    ts_hash_t root = ts_hash_of(genesis + AT_ROOT, 32);
    ts_buf_t fields = {0};
    if (memcmp(root.b, deployment, TS_ID16_BYTES) != 0) {
        return false;
    }
    ts_buf_put(&fields, genesis + AT_REGISTRAR, 32);
    ts_buf_put(&fields, genesis + AT_SERIAL, 4);
    bool right = signed_by(genesis + AT_ROOT, "tiepsuc registrar v1", deployment,
                           genesis + AT_REGISTRAR_SIGN, &fields);
    ts_buf_put(&fields, genesis + AT_OFFICE, 4);
    ts_buf_put(&fields, genesis + AT_INVITE, 64);
    right = signed_by(genesis + AT_REGISTRAR, "tiepsuc invite v1", deployment,
                      genesis + AT_INVITE_SIGN, &fields) &&
            right;
    ts_buf_put(&fields, genesis + AT_OFFICE, 4);
    ts_buf_put(&fields, genesis + AT_NODE, 64);
    right = signed_by(genesis + AT_INVITE, "tiepsuc node v1", deployment, genesis + AT_NODE_SIGN,
                      &fields) &&
            right;
    ts_buf_free(&fields);
    return right;
}

static bool
audience_fits(uint8_t purpose, uint8_t audience, uint64_t unit)
{
    if (purpose == 1 || purpose == 2) {
        return audience == 1 && unit == 0;
    }
    if (purpose == 3) {
        return audience == 2 && unit == 0;
    }
    if (purpose == 4 || purpose == 5) {
        return (audience == 2 && unit == 0) || (audience == 3 && unit != 0 && unit <= INT64_MAX);
    }
    return purpose == 6 && audience == 4 && unit == 0;
}

/* Sizes, hashes and signature, for a genesis and for what follows. */
static bool
frame_is_right(ts_bytes_t segment, const uint8_t *key)
{
    static const uint8_t magic[6] = {0x54, 0x53, 0x67, 0x01, 180, 0};
    const uint8_t *at = segment.data;
    uint64_t stored = number_at(at + AT_STORED, 4);
    uint64_t raw = number_at(at + AT_RAW, 4);
    ts_hash_t payload = ts_hash_of(at + FIXED, segment.length - FIXED);
    ts_hash_t key_hash = ts_hash_of(key, 32);
    ts_hash_t public_key;
    ts_bytes_t header = {at, AT_SIGNATURE};
    memcpy(public_key.b, key, sizeof public_key.b);
    return memcmp(at, magic, sizeof magic) == 0 && number_at(at + AT_FLAGS, 2) <= 3 &&
           memcmp(at + AT_DEPLOYMENT, node->identity.keys.deployment.b, TS_ID16_BYTES) == 0 &&
           is_zero(at + 110, 2) && stored == segment.length - FIXED && stored > 0 && raw > 0 &&
           segment.length <= 65536 && raw <= 1u << 20 && raw <= stored * 200 &&
           memcmp(at + AT_PAYLOAD_HASH, payload.b, sizeof payload.b) == 0 &&
           memcmp(at + AT_KEY_ID, key_hash.b, 8) == 0 &&
           ts_sign_verify(&public_key, "tiepsuc segment v1", &header, 1, at + AT_SIGNATURE) ==
               TS_ERR_OK;
}

static bool
genesis_is_right(ts_bytes_t segment)
{
    const uint8_t *at = segment.data;
    const uint8_t *genesis = at + FIXED;
    if (segment.length != GENESIS_SEGMENT || !frame_is_right(segment, genesis + AT_NODE)) {
        return false;
    }
    bool place = (at[AT_FLAGS] & 1) != 0 && is_zero(at + AT_LOG, 32) &&
                 is_zero(at + AT_FIRST, 12) && is_zero(at + AT_PREV, 32) && at[108] == 128 &&
                 at[109] == 0 && number_at(at + AT_RAW, 4) == GENESIS;
    uint64_t office = number_at(genesis + AT_OFFICE, 4);
    bool fields = genesis[0] == 1 && genesis[3] == 0 && office >= 1 && office <= 262143 &&
                  audience_fits(genesis[1], genesis[2], number_at(genesis + AT_UNIT, 8)) &&
                  number_at(genesis + AT_SERIAL, 4) >= 1;
    bool registry = genesis[1] != 3 || memcmp(genesis + AT_NODE, genesis + AT_REGISTRAR, 32) == 0;
    return place && fields && registry && certificates_hold(genesis, at + AT_DEPLOYMENT);
}

/* Follows this genesis as its first segment. */
static bool
follower_is_right(ts_bytes_t segment, ts_bytes_t genesis)
{
    const uint8_t *at = segment.data;
    ts_hash_t log = ts_hash_of(genesis.data, FIXED);
    if (segment.length <= FIXED) {
        return false;
    }
    uint64_t first = number_at(at + AT_FIRST, 8);
    uint64_t count = number_at(at + AT_COUNT, 4);
    return frame_is_right(segment, genesis.data + FIXED + AT_NODE) && (at[AT_FLAGS] & 1) == 0 &&
           first == 1 && count >= 1 && count <= 4096 && memcmp(at + AT_LOG, log.b, 32) == 0 &&
           memcmp(at + AT_PREV, log.b, 32) == 0;
}

/* ---- the product */

/* OK when custody took it; of what cannot be judged yet NOTFOUND. */
static ts_err_t
take(ts_bytes_t bytes)
{
    ts_segment_view_t view;
    ts_hash_t hash;
    ts_log_info_t info;
    ts_put_source_t source = {{{2}}, 1};
    ts_put_result_t result;
    ts_err_t err = ts_segment_parse(bytes, &view);
    if (err == TS_ERR_OK) {
        err = ts_segment_verify(node, &view, &hash, &info);
    }
    if (err == TS_ERR_OK) {
        TS_CHECK(ts_custody_put(node->custody, &view, &hash, &source, &result) == TS_ERR_OK);
        err = result.outcome == TS_PUT_REFUSED   ? result.code
              : result.outcome == TS_PUT_WAITING ? TS_ERR_NOTFOUND
                                                 : TS_ERR_OK;
    }
    return err;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (node == NULL) {
        make_node();
    }
    size_t first = size < GENESIS_SEGMENT ? size : GENESIS_SEGMENT;
    ts_bytes_t genesis = {data, first};
    ts_bytes_t follower = {data + first, size - first};
    TS_CHECK(ts_custody_begin(node->custody, "fuzz") == TS_ERR_OK);
    bool right = genesis_is_right(genesis);
    TS_CHECK((take(genesis) == TS_ERR_OK) == right);
    if (follower.length > 0) {
        bool follows = right && follower_is_right(follower, genesis);
        TS_CHECK((take(follower) == TS_ERR_OK) == follows);
    }
    ts_custody_rollback(node->custody);
    return 0;
}

/* ---- the mutator */

static void
sign_part(int who, const char *domain, uint8_t *genesis, size_t from, size_t signature)
{
    ts_buf_t fields = {0};
    ts_buf_put(&fields, node->identity.keys.deployment.b, TS_ID16_BYTES);
    if (who == ROOT) {
        ts_buf_put(&fields, genesis + AT_REGISTRAR, 32);
        ts_buf_put(&fields, genesis + AT_SERIAL, 4);
    } else {
        ts_buf_put(&fields, genesis + AT_OFFICE, 4);
        ts_buf_put(&fields, genesis + from, 64);
    }
    ts_bytes_t bytes = ts_buf_bytes(&fields);
    ts_sign(&secrets[who], domain, &bytes, 1, genesis + signature);
    ts_buf_free(&fields);
}

/* Hashes, key id and signature over what the segment now says. */
static void
seal_again(uint8_t *at, size_t length, int who)
{
    ts_hash_t payload = ts_hash_of(at + FIXED, length - FIXED);
    ts_hash_t key = ts_hash_of(publics[who].b, 32);
    ts_bytes_t header = {at, AT_SIGNATURE};
    memcpy(at + AT_PAYLOAD_HASH, payload.b, sizeof payload.b);
    memcpy(at + AT_KEY_ID, key.b, 8);
    ts_sign(&secrets[who], "tiepsuc segment v1", &header, 1, at + AT_SIGNATURE);
}

/* Each step is left out now and then, so that what it makes right is wrong. */
static void
make_right(uint8_t *data, size_t size, ts_prng_t *prng)
{
    static const uint8_t magic[6] = {0x54, 0x53, 0x67, 0x01, 180, 0};
    uint32_t skip = ts_prng_below(prng, 24);
    uint8_t *genesis = data + FIXED;
    int signer = genesis[1] == TS_PURPOSE_REGISTRY ? REGISTRAR : NODE;
    memcpy(data, magic, sizeof magic);
    memcpy(data + AT_DEPLOYMENT, node->identity.keys.deployment.b, TS_ID16_BYTES);
    if (skip != 0) {
        memcpy(genesis + AT_ROOT, publics[ROOT].b, 32);
    }
    if (skip != 1) {
        memcpy(genesis + AT_REGISTRAR, publics[REGISTRAR].b, 32);
    }
    if (skip != 2) {
        memcpy(genesis + AT_INVITE, publics[INVITE].b, 32);
    }
    memcpy(genesis + AT_NODE, publics[skip == 3 ? NODE : signer].b, 32);
    if (skip != 4) {
        sign_part(ROOT, "tiepsuc registrar v1", genesis, 0, AT_REGISTRAR_SIGN);
    }
    if (skip != 5) {
        sign_part(REGISTRAR, "tiepsuc invite v1", genesis, AT_INVITE, AT_INVITE_SIGN);
    }
    if (skip != 6) {
        sign_part(INVITE, "tiepsuc node v1", genesis, AT_NODE, AT_NODE_SIGN);
    }
    if (skip != 7) {
        put_number(data + AT_STORED, 4, GENESIS);
        seal_again(data, GENESIS_SEGMENT, skip == 3 ? NODE : signer);
    }
    uint8_t *follower = data + GENESIS_SEGMENT;
    size_t length = size - GENESIS_SEGMENT;
    if (length > FIXED && skip != 8) {
        ts_hash_t log = ts_hash_of(data, FIXED);
        memcpy(follower, magic, sizeof magic);
        memcpy(follower + AT_DEPLOYMENT, node->identity.keys.deployment.b, TS_ID16_BYTES);
        memcpy(follower + AT_LOG, log.b, 32);
        memcpy(follower + AT_PREV, skip == 9 ? publics[0].b : log.b, 32);
        if (skip > 11) {
            put_number(follower + AT_STORED, 4, length - FIXED);
        }
        if (skip > 12) {
            put_number(follower + AT_FIRST, 8, 1);
        }
        seal_again(follower, length, skip == 10 ? INVITE : signer);
    }
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    ts_prng_t prng = ts_prng(seed);
    if (node == NULL) {
        make_node();
    }
    if (max < GENESIS_SEGMENT + FIXED + 64) {
        return LLVMFuzzerMutate(data, size, max);
    }
    if (size < GENESIS_SEGMENT) {
        memset(data + size, 0, GENESIS_SEGMENT - size);
        size = GENESIS_SEGMENT;
        data[AT_FLAGS] = 1;
        data[108] = 128;
        put_number(data + AT_RAW, 4, GENESIS);
        memcpy(data + FIXED, (const uint8_t[]){1, 2, 1, 0, 9}, 5);
        data[FIXED + AT_SERIAL] = 1;
    }
    uint32_t where = ts_prng_below(&prng, 5);
    if (where == 0) {
        (void)LLVMFuzzerMutate(data, AT_SIGNATURE, AT_SIGNATURE);
    } else if (where == 1) {
        (void)LLVMFuzzerMutate(data + FIXED, GENESIS, GENESIS);
    } else if (where == 2 && size > GENESIS_SEGMENT + FIXED) {
        (void)LLVMFuzzerMutate(data + GENESIS_SEGMENT, AT_SIGNATURE, AT_SIGNATURE);
    } else if (where == 3 && size > GENESIS_SEGMENT + FIXED) {
        size_t payload = size - GENESIS_SEGMENT - FIXED;
        uint8_t *at = data + GENESIS_SEGMENT + FIXED;
        payload = LLVMFuzzerMutate(at, payload, max - GENESIS_SEGMENT - FIXED);
        size = GENESIS_SEGMENT + FIXED + payload;
    } else if (size <= GENESIS_SEGMENT + FIXED) {
        memset(data + size, 0, GENESIS_SEGMENT + FIXED + 40 - size);
        size = GENESIS_SEGMENT + FIXED + 40;
        data[GENESIS_SEGMENT + AT_COUNT] = 1;
        data[GENESIS_SEGMENT + AT_RAW] = 40;
    }
    if (ts_prng_below(&prng, 8) != 0) {
        make_right(data, size, &prng);
    }
    return size;
}
