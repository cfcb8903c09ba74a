/* SPDX-License-Identifier: MPL-2.0 */
#include "node/identity.h"

#include "base/i18n.h"
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "crypto/recovery.h"

#include <stdio.h>
#include <string.h>

#define PATH_BYTES 4096

/* Values of keys/node.key that are plain bytes of the certificate chain. */
static const struct {
    const char *name;
    size_t offset;
    size_t bytes;
} chain_values[] = {
    {"root_key", offsetof(ts_genesis_t, root_key), 32},
    {"registrar_serial", offsetof(ts_genesis_t, registrar_serial), 4},
    {"registrar_key", offsetof(ts_genesis_t, registrar_key), 32},
    {"registrar_signature", offsetof(ts_genesis_t, registrar_signature), 64},
    {"invite_key", offsetof(ts_genesis_t, invite_key), 32},
    {"invite_curve_key", offsetof(ts_genesis_t, invite_curve_key), 32},
    {"invite_signature", offsetof(ts_genesis_t, invite_signature), 64},
    {"node_signature", offsetof(ts_genesis_t, node_signature), 64},
};
#define CHAIN_VALUES (sizeof chain_values / sizeof chain_values[0])
/* keys/registrar-<serial>.key has those of the registrar that took over: all but the root's. */
#define REGISTRAR_FROM 1u

static ts_err_t
key_path(char *out, const char *data_dir, const char *file, ts_msg_t *ret_why)
{
    int length = snprintf(out, PATH_BYTES, "%s/keys/%s", data_dir, file);
    if (length < 0 || length >= PATH_BYTES) {
        ts_msg_make(ret_why, N_("The path of the data folder is too long: {1}"), data_dir, NULL);
        return TS_ERR_TOOBIG;
    }
    return TS_ERR_OK;
}

static ts_err_t
get_chain(const ts_keyfile_t *file, size_t from, ts_genesis_t *chain)
{
    ts_err_t err = TS_ERR_OK;
    for (size_t i = from; err == TS_ERR_OK && i < CHAIN_VALUES; i++) {
        err = ts_keyfile_get(file, chain_values[i].name, (uint8_t *)chain + chain_values[i].offset,
                             chain_values[i].bytes);
    }
    return err;
}

static void
put_chain(ts_keyfile_t *file, size_t from, const ts_genesis_t *chain)
{
    for (size_t i = from; i < CHAIN_VALUES; i++) {
        ts_keyfile_put(file, chain_values[i].name, (const uint8_t *)chain + chain_values[i].offset,
                       chain_values[i].bytes);
    }
}

static ts_err_t
get_text(const ts_keyfile_t *file, const char *name, char **ret_text)
{
    const char *text;
    ts_err_t err = ts_keyfile_get_text(file, name, &text);
    if (err == TS_ERR_OK) {
        *ret_text = ts_xstrdup(text);
    }
    return err;
}

static ts_err_t
get_numbers(const ts_keyfile_t *file, ts_identity_t *identity)
{
    uint64_t role;
    uint64_t parent;
    ts_err_t err = ts_keyfile_get_number(file, "role", &role);
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get_number(file, "unit", &identity->unit);
    }
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get_number(file, "body", &identity->body);
    }
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get_number(file, "parent_office", &parent);
    }
    if (err == TS_ERR_OK && (role > 255 || parent > TS_RECORD_OFFICE_MAX)) {
        err = TS_ERR_INVALID;
    }
    if (err == TS_ERR_OK) {
        identity->role = (int)role;
        identity->parent_office = (uint32_t)parent;
    }
    return err;
}

static ts_err_t
read_node_file(const ts_keyfile_t *file, ts_identity_t *identity)
{
    ts_err_t err = ts_keyfile_get_node(file, &identity->keys);
    if (err == TS_ERR_OK) {
        err = get_chain(file, 0, &identity->chain);
    }
    if (err == TS_ERR_OK) {
        err = get_numbers(file, identity);
    }
    if (err == TS_ERR_OK) {
        err = get_text(file, "name", &identity->name);
    }
    if (err == TS_ERR_OK) {
        err = get_text(file, "parent_endpoints", &identity->parent_endpoints);
    }
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get(file, "parent_gate_key", &identity->parent_gate_key, 32);
    }
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get(file, "invite_curve_secret", &identity->invite_curve_secret, 32);
    }
    identity->invite_curve_public = identity->chain.invite_curve_key;
    identity->chain.office = identity->keys.office;
    identity->chain.node_key = identity->keys.sign_public;
    identity->chain.node_curve_key = identity->keys.curve_public;
    return err;
}

static ts_err_t
load_node_file(const char *data_dir, ts_identity_t *identity, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    ts_keyfile_t *file = NULL;
    ts_err_t err = key_path(path, data_dir, "node.key", ret_why);
    if (err == TS_ERR_OK) {
        err = ts_keyfile_load(&file, path, TS_KEYFILE_NODE, NULL, ret_why);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    err = read_node_file(file, identity);
    ts_keyfile_destroy(&file);
    if (err != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("{1} is not complete: a value is missing or has the wrong size"),
                    path, NULL);
    }
    return err;
}

#define CUT_TIP_BYTES 72u

static ts_err_t
get_cut_tips(const ts_keyfile_t *file, ts_identity_t *identity)
{
    ts_bytes_t bytes;
    ts_err_t err = ts_keyfile_get_bytes(file, "cut_tips", &bytes);
    if (err != TS_ERR_OK || bytes.length % CUT_TIP_BYTES != 0) {
        return TS_ERR_INVALID;
    }
    ts_cursor_t cursor = ts_cursor(bytes.data, bytes.length);
    identity->cut_tip_count = bytes.length / CUT_TIP_BYTES;
    ts_xfree(identity->cut_tips);
    identity->cut_tips = ts_xcalloc(identity->cut_tip_count + 1, sizeof *identity->cut_tips);
    for (size_t i = 0; i < identity->cut_tip_count; i++) {
        ts_tip_t *tip = &identity->cut_tips[i];
        ts_cursor_get(&cursor, tip->log.b, TS_HASH_BYTES);
        tip->seq = ts_cursor_u64(&cursor);
        ts_cursor_get(&cursor, tip->hash.b, TS_HASH_BYTES);
    }
    return TS_ERR_OK;
}

/* Secret, signature of the registry and, of a later one, chain and cut tips. */
static ts_err_t
read_registrar_file(const ts_keyfile_t *file, bool first, ts_identity_t *identity)
{
    ts_hash_t public_key;
    ts_secret_wipe(&identity->registrar_secret);
    ts_err_t err = ts_keyfile_get_sign(file, &public_key, &identity->registrar_secret);
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get(file, "registry_signature", identity->registry_signature, 64);
    }
    if (err == TS_ERR_OK && !first) {
        err = get_chain(file, REGISTRAR_FROM, &identity->chain);
    }
    if (err == TS_ERR_OK && !first) {
        err = get_cut_tips(file, identity);
    }
    if (err == TS_ERR_OK && !ts_hash_equal(&public_key, &identity->chain.registrar_key)) {
        err = TS_ERR_KEY;
    }
    return err;
}

/* The file of one serial. NOTFOUND without a sentence: there is none. */
static ts_err_t
load_registrar(const char *data_dir, uint32_t serial, ts_identity_t *identity, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    char name[40] = "registrar.key";
    ts_keyfile_t *file = NULL;
    ts_msg_t why = {0};
    if (serial > 1) {
        (void)snprintf(name, sizeof name, TS_REGISTRAR_FILE_FORM, (unsigned)serial);
    }
    ts_err_t err = key_path(path, data_dir, name, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_keyfile_load(&file, path, TS_KEYFILE_REGISTRAR, NULL, &why);
    }
    if (err == TS_ERR_NOTFOUND) {
        ts_msg_free(&why);
        return err;
    }
    if (err != TS_ERR_OK) {
        ts_msg_move(ret_why, &why);
        return err;
    }
    err = read_registrar_file(file, serial == 1, identity);
    ts_keyfile_destroy(&file);
    if (err != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("{1} does not belong to this deployment"), path, NULL);
        return err == TS_ERR_NOTFOUND ? TS_ERR_INVALID : err;
    }
    return TS_ERR_OK;
}

/* The newest one counts; the earlier files stay where they are. A restored province may lack some
 * in between. */
static ts_err_t
load_registrar_file(const char *data_dir, ts_identity_t *identity, ts_msg_t *ret_why)
{
    ts_err_t err = load_registrar(data_dir, 1, identity, ret_why);
    if (err == TS_ERR_NOTFOUND) {
        return TS_ERR_OK; /* an office, or a province whose registrar works elsewhere */
    }
    for (uint32_t serial = 2; err == TS_ERR_OK && serial <= TS_REGISTRAR_SERIAL_MAX; serial++) {
        err = load_registrar(data_dir, serial, identity, ret_why);
        err = err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    identity->is_registrar = err == TS_ERR_OK;
    return err;
}

/* Backups, kit and copies for keepers are closed to it; without one there are none. */
static ts_err_t
load_recovery(const char *data_dir, ts_identity_t *identity, ts_msg_t *ret_why)
{
    ts_recovery_t recovery;
    ts_msg_t why = {0};
    ts_err_t err = ts_recovery_of_folder(data_dir, &recovery, &why);
    if (err == TS_ERR_NOTFOUND) {
        ts_msg_free(&why);
        return TS_ERR_OK;
    }
    if (err == TS_ERR_OK && !ts_id16_equal(&recovery.deployment, &identity->keys.deployment)) {
        ts_msg_make(&why, N_("{1} does not belong to this deployment"), TS_RECOVERY_PUBLIC_FILE,
                    NULL);
        err = TS_ERR_KEY;
    }
    if (err == TS_ERR_OK) {
        identity->recovery_public = recovery.public_key;
    } else {
        ts_msg_move(ret_why, &why);
    }
    return err;
}

ts_err_t
ts_identity_load(const char *data_dir, ts_identity_t *ret_identity, ts_msg_t *ret_why)
{
    ts_identity_t identity = {0};
    ts_err_t err = load_node_file(data_dir, &identity, ret_why);
    if (err == TS_ERR_OK) {
        err = load_registrar_file(data_dir, &identity, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = load_recovery(data_dir, &identity, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_genesis_verify(&identity.keys.deployment, &identity.chain);
        if (err != TS_ERR_OK) {
            ts_msg_make(ret_why, N_("The certificates in {1}/keys/node.key do not match its keys"),
                        data_dir, NULL);
        }
    }
    if (err != TS_ERR_OK) {
        ts_identity_free(&identity);
        return err;
    }
    *ret_identity = identity;
    return TS_ERR_OK;
}

static ts_err_t
save_registrar(const char *data_dir, const ts_identity_t *identity, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    ts_err_t err = key_path(path, data_dir, "registrar.key", ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_keyfile_t *file = ts_keyfile_new(TS_KEYFILE_REGISTRAR);
    ts_keyfile_put_sign(file, &identity->registrar_secret);
    ts_keyfile_put(file, "registry_signature", identity->registry_signature, 64);
    ts_keyfile_options_t options = {.random = ts_random_system()};
    err = ts_keyfile_save(file, path, &options, ret_why);
    ts_keyfile_destroy(&file);
    return err;
}

ts_err_t
ts_identity_save(const char *data_dir, const ts_identity_t *identity, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    ts_err_t err = key_path(path, data_dir, "node.key", ret_why);
    if (err == TS_ERR_OK && identity->is_registrar) {
        err = save_registrar(data_dir, identity, ret_why);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    /* Last: where it stands, all is there. */
    ts_keyfile_t *file = ts_keyfile_new(TS_KEYFILE_NODE);
    ts_keyfile_put_node(file, &identity->keys);
    put_chain(file, 0, &identity->chain);
    ts_keyfile_put_number(file, "role", (uint64_t)identity->role);
    ts_keyfile_put_number(file, "unit", identity->unit);
    ts_keyfile_put_number(file, "body", identity->body);
    ts_keyfile_put_number(file, "parent_office", identity->parent_office);
    ts_keyfile_put_text(file, "name", identity->name);
    ts_keyfile_put_text(file, "parent_endpoints", identity->parent_endpoints);
    ts_keyfile_put(file, "parent_gate_key", &identity->parent_gate_key, 32);
    ts_keyfile_put(file, "invite_curve_secret", &identity->invite_curve_secret, 32);
    ts_keyfile_options_t options = {.random = ts_random_system()};
    err = ts_keyfile_save(file, path, &options, ret_why);
    ts_keyfile_destroy(&file);
    return err;
}

ts_err_t
ts_identity_save_registrar(const char *data_dir, const ts_identity_t *identity, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    char name[40];
    ts_buf_t tips = {0};
    (void)snprintf(name, sizeof name, TS_REGISTRAR_FILE_FORM,
                   (unsigned)identity->chain.registrar_serial);
    ts_err_t err = key_path(path, data_dir, name, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    for (size_t i = 0; i < identity->cut_tip_count; i++) {
        ts_buf_put(&tips, identity->cut_tips[i].log.b, TS_HASH_BYTES);
        ts_buf_put_u64(&tips, identity->cut_tips[i].seq);
        ts_buf_put(&tips, identity->cut_tips[i].hash.b, TS_HASH_BYTES);
    }
    ts_keyfile_t *file = ts_keyfile_new(TS_KEYFILE_REGISTRAR);
    ts_keyfile_put_sign(file, &identity->registrar_secret);
    ts_keyfile_put(file, "registry_signature", identity->registry_signature, 64);
    put_chain(file, REGISTRAR_FROM, &identity->chain);
    ts_keyfile_put(file, "cut_tips", tips.data, tips.length);
    ts_keyfile_options_t options = {.random = ts_random_system()};
    err = ts_keyfile_save(file, path, &options, ret_why);
    ts_keyfile_destroy(&file);
    ts_buf_free(&tips);
    return err;
}

void
ts_identity_free(ts_identity_t *identity)
{
    ts_xfree(identity->cut_tips);
    ts_node_key_wipe(&identity->keys);
    ts_secret_wipe(&identity->registrar_secret);
    ts_box_secret_wipe(&identity->invite_curve_secret);
    ts_xfree(identity->name);
    ts_xfree(identity->parent_endpoints);
    *identity = (ts_identity_t){0};
}

static ts_err_t
verify_part(const ts_hash_t *key, const char *domain, ts_buf_t *part, const uint8_t *signature)
{
    ts_bytes_t bytes = ts_buf_bytes(part);
    ts_err_t err = ts_sign_verify(key, domain, &bytes, 1, signature);
    ts_buf_clear(part);
    return err;
}

ts_err_t
ts_genesis_verify(const ts_id16_t *deployment, const ts_genesis_t *genesis)
{
    ts_id16_t root = ts_hash_deployment(&genesis->root_key);
    if (!ts_id16_equal(&root, deployment)) {
        return TS_ERR_FOREIGN;
    }
    if (genesis->purpose == TS_PURPOSE_REGISTRY &&
        !ts_hash_equal(&genesis->node_key, &genesis->registrar_key)) {
        return TS_ERR_SIGNATURE;
    }
    ts_buf_t part = {0};
    ts_genesis_registrar_part(&part, deployment, genesis);
    ts_err_t err = verify_part(&genesis->root_key, TS_GENESIS_DOMAIN_REGISTRAR, &part,
                               genesis->registrar_signature);
    if (err == TS_ERR_OK) {
        ts_genesis_invite_part(&part, deployment, genesis);
        err = verify_part(&genesis->registrar_key, TS_GENESIS_DOMAIN_INVITE, &part,
                          genesis->invite_signature);
    }
    if (err == TS_ERR_OK) {
        ts_genesis_node_part(&part, deployment, genesis);
        err = verify_part(&genesis->invite_key, TS_GENESIS_DOMAIN_NODE, &part,
                          genesis->node_signature);
    }
    ts_buf_free(&part);
    return err;
}
