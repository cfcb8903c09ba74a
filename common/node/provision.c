/* SPDX-License-Identifier: MPL-2.0 */
#include "node/provision.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"
#include "crypto/recovery.h"
#include "node/founding.h"
#include "node/identity.h"
#include "node/kit.h"
#include "node/provision_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define PROVINCE_NUMBER 1u
#define UNFINISHED "keys/unfinished"

/* Parts of the certificate chain that stand in an invite file as they are. */
static const struct {
    const char *name;
    size_t offset;
    size_t bytes;
} chain_parts[] = {
    {"root_key", offsetof(ts_genesis_t, root_key), 32},
    {"registrar_serial", offsetof(ts_genesis_t, registrar_serial), 4},
    {"registrar_key", offsetof(ts_genesis_t, registrar_key), 32},
    {"registrar_signature", offsetof(ts_genesis_t, registrar_signature), 64},
    {"invite_signature", offsetof(ts_genesis_t, invite_signature), 64},
};
#define CHAIN_PARTS (sizeof chain_parts / sizeof chain_parts[0])

/* ---- certificates */

static void
sign_part(const ts_secret_t *secret, const char *domain, ts_buf_t *part, uint8_t signature[64])
{
    ts_bytes_t bytes = ts_buf_bytes(part);
    ts_sign(secret, domain, &bytes, 1, signature);
    ts_buf_free(part);
}

static void
certify_registrar(const ts_id16_t *deployment, const ts_secret_t *root, ts_genesis_t *chain)
{
    ts_buf_t part = {0};
    ts_genesis_registrar_part(&part, deployment, chain);
    sign_part(root, TS_GENESIS_DOMAIN_REGISTRAR, &part, chain->registrar_signature);
}

static void
certify_node(const ts_id16_t *deployment, const ts_secret_t *invite, ts_genesis_t *chain)
{
    ts_buf_t part = {0};
    ts_genesis_node_part(&part, deployment, chain);
    sign_part(invite, TS_GENESIS_DOMAIN_NODE, &part, chain->node_signature);
}

void
ts_invite_make(ts_invite_t *invite, const ts_secret_t *registrar, ts_random_t random)
{
    ts_buf_t part = {0};
    ts_hash_t gate;
    ts_sign_keypair(random, &invite->chain.invite_key, &invite->secret);
    ts_box_keypair(random, &invite->chain.invite_curve_key, &invite->curve_secret);
    ts_box_keypair(random, &gate, &invite->gate_secret);
    invite->chain.office = invite->office;
    ts_genesis_invite_part(&part, &invite->deployment, &invite->chain);
    sign_part(registrar, TS_GENESIS_DOMAIN_INVITE, &part, invite->chain.invite_signature);
}

void
ts_invite_wipe(ts_invite_t *invite)
{
    ts_secret_wipe(&invite->secret);
    ts_box_secret_wipe(&invite->curve_secret);
    ts_box_secret_wipe(&invite->gate_secret);
}

void
ts_invite_text(const ts_invite_t *invite, ts_buf_t *out)
{
    bool subscriber = invite->role == TS_OFFICE_SUBSCRIBER;
    ts_keyfile_t *file = ts_keyfile_new(subscriber ? TS_KEYFILE_SUBSCRIBER : TS_KEYFILE_INVITE);
    ts_keyfile_put(file, "deployment", invite->deployment.b, TS_ID16_BYTES);
    ts_keyfile_put_number(file, "office", invite->office);
    ts_keyfile_put_text(file, "name", invite->name);
    ts_keyfile_put_curve(file, &invite->curve_secret);
    ts_keyfile_put_text(file, "parent_endpoints", invite->parent_endpoints);
    ts_keyfile_put(file, "parent_gate_key", invite->parent_gate_key.b, TS_HASH_BYTES);
    if (subscriber) {
        ts_keyfile_put_text(file, "topics", invite->topics);
    } else {
        for (size_t i = 0; i < CHAIN_PARTS; i++) {
            ts_keyfile_put(file, chain_parts[i].name,
                           (const uint8_t *)&invite->chain + chain_parts[i].offset,
                           chain_parts[i].bytes);
        }
        ts_keyfile_put_sign(file, &invite->secret);
        ts_keyfile_put_number(file, "role", (uint64_t)invite->role);
        ts_keyfile_put_number(file, "parent_office", invite->parent_office);
        ts_keyfile_put_number(file, "unit", invite->unit);
        ts_keyfile_put_text(file, "unit_code", invite->unit_code);
        ts_keyfile_put_text(file, "unit_name", invite->unit_name);
        ts_keyfile_put_number(file, "body", invite->body);
        ts_keyfile_put_text(file, "body_code", invite->body_code);
        ts_keyfile_put_text(file, "body_name", invite->body_name);
        ts_keyfile_put_text(file, "endpoints", invite->endpoints);
        if (invite->role == TS_OFFICE_DISTRICT) {
            ts_keyfile_put(file, "gate_secret", invite->gate_secret.b,
                           sizeof invite->gate_secret.b);
        }
    }
    ts_keyfile_text(file, out);
    ts_keyfile_destroy(&file);
}

/* ---- folders and files */

static ts_err_t
path_in(char *out, const char *dir, const char *name, ts_msg_t *ret_why)
{
    int length = snprintf(out, PATH_BYTES, "%s/%s", dir, name);
    if (length < 0 || length >= PATH_BYTES) {
        ts_msg_make(ret_why, N_("The path of the data folder is too long: {1}"), dir, NULL);
        return TS_ERR_TOOBIG;
    }
    return TS_ERR_OK;
}

static ts_err_t
make_folder(const char *path, mode_t mode, ts_msg_t *ret_why)
{
    if (mkdir(path, mode) == 0 || errno == EEXIST) {
        return TS_ERR_OK;
    }
    ts_msg_make(ret_why, N_("The folder {1} cannot be made: {2}"), path, strerror(errno), NULL);
    return errno == EACCES || errno == EPERM ? TS_ERR_DENIED : TS_ERR_IO;
}

/* What remembers an installation outlives its folder: who begins anew in the same place would get
 * an office that mistrusts itself. */
static ts_err_t
check_place(const char *dir, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s.witness", dir);
    if (length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0) {
        ts_msg_make(ret_why,
                    N_("In {1} there was an installation before: {2} is left of it. Choose another "
                       "folder. If that installation is gone for good, move {2} into another "
                       "folder, keep it, and say this again"),
                    dir, path, NULL);
        return TS_ERR_EXISTS;
    }
    return TS_ERR_OK;
}

/* All that init and join write, in no order. */
static const char *const written[] = {"keys/root.key",
                                      ("keys/" TS_RECOVERY_FILE),
                                      ("keys/" TS_RECOVERY_PUBLIC_FILE),
                                      "keys/gate.key",
                                      ("keys/" TS_FOUNDING_FILE),
                                      "keys/registrar.key",
                                      "keys/node.key",
                                      ("keys/" TS_KIT_FILE),
                                      "aggregator.conf",
                                      "office.conf",
                                      "gate.conf",
                                      "reporter.conf"};
#define WRITTEN (sizeof written / sizeof written[0])

/* Takes away what an interrupted init or join left; nobody ever used it. */
static ts_err_t
clear_leftovers(const char *dir, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < WRITTEN; i++) {
        err = path_in(path, dir, written[i], ret_why);
        if (err == TS_ERR_OK && unlink(path) != 0 && errno != ENOENT) {
            ts_msg_make(ret_why,
                        N_("{1} is left of an interrupted setup and cannot be removed: {2}"), path,
                        strerror(errno), NULL);
            err = TS_ERR_IO;
        }
    }
    return err;
}

/* Without the mark nothing that is there may be touched: it could be a root key. */
static ts_err_t
check_nothing_there(const char *dir, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < WRITTEN; i++) {
        err = path_in(path, dir, written[i], ret_why);
        if (err == TS_ERR_OK && access(path, F_OK) == 0) {
            ts_msg_make(ret_why, N_("{1}: exists already and is not replaced"), path, NULL);
            err = TS_ERR_EXISTS;
        }
    }
    return err;
}

/* The mark stands from before the first key until after the last, so that a setup that was
 * interrupted can be said again. */
static ts_err_t
set_mark(const char *dir, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    ts_err_t err = path_in(path, dir, UNFINISHED, ret_why);
    if (err == TS_ERR_OK && access(path, F_OK) == 0) {
        return clear_leftovers(dir, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = check_nothing_there(dir, ret_why);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0 || close(file) != 0) {
        ts_msg_make(ret_why, N_("The file {1} cannot be made: {2}"), path, strerror(errno), NULL);
        return TS_ERR_IO;
    }
    return TS_ERR_OK;
}

static void
clear_mark(const char *dir)
{
    char path[PATH_BYTES];
    ts_msg_t unused = {0};
    if (path_in(path, dir, UNFINISHED, &unused) == TS_ERR_OK) {
        (void)unlink(path); /* left behind it does no harm: node.key tells that all is there */
    }
    ts_msg_free(&unused);
}

/* The folder with its keys and files folders; EXISTS when keys are there already. node.key is the
 * last file of a setup; its name is taken a moment before its content comes. */
static ts_err_t
make_folders(const char *dir, ts_msg_t *ret_why)
{
    static const char *const inside[] = {"keys", "files"};
    char path[PATH_BYTES];
    struct stat facts;
    ts_err_t err = path_in(path, dir, "keys/node.key", ret_why);
    if (err == TS_ERR_OK && stat(path, &facts) == 0 && facts.st_size > 0) {
        ts_msg_make(ret_why, N_("{1} belongs to an office already: choose another folder"), dir,
                    NULL);
        return TS_ERR_EXISTS;
    }
    if (err == TS_ERR_OK) {
        err = check_place(dir, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = make_folder(dir, 0750, ret_why);
    }
    for (size_t i = 0; err == TS_ERR_OK && i < 2; i++) {
        err = path_in(path, dir, inside[i], ret_why);
        if (err == TS_ERR_OK) {
            err = make_folder(path, 0700, ret_why);
        }
    }
    return err == TS_ERR_OK ? set_mark(dir, ret_why) : err;
}

static ts_err_t
save(ts_keyfile_t **file_p,
     const char *dir,
     const char *name,
     const ts_keyfile_options_t *options,
     ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    ts_err_t err = path_in(path, dir, name, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_keyfile_save(*file_p, path, options, ret_why);
    }
    ts_keyfile_destroy(file_p);
    return err;
}

static ts_err_t
save_gate(const char *dir, const ts_box_secret_t *secret, ts_msg_t *ret_why)
{
    ts_keyfile_t *file = ts_keyfile_new(TS_KEYFILE_GATE);
    ts_keyfile_put_curve(file, secret);
    ts_keyfile_options_t options = {.random = ts_random_system()};
    return save(&file, dir, "keys/gate.key", &options, ret_why);
}

typedef struct founding {
    const char *unit_code;
    const char *unit_name;
    const char *body_code;
    const char *body_name;
    const char *endpoints;
    const ts_hash_t *gate_key; /* NULL = no gate */
} founding_t;

static ts_err_t
save_founding(const char *dir, const founding_t *founding, ts_msg_t *ret_why)
{
    ts_keyfile_t *file = ts_keyfile_new(TS_FOUNDING_KIND);
    ts_keyfile_put_text(file, "unit_code", founding->unit_code);
    ts_keyfile_put_text(file, "unit_name", founding->unit_name);
    ts_keyfile_put_text(file, "body_code", founding->body_code);
    ts_keyfile_put_text(file, "body_name", founding->body_name);
    ts_keyfile_put_text(file, "endpoints", founding->endpoints);
    if (founding->gate_key != NULL) {
        ts_keyfile_put(file, "gate_curve_key", founding->gate_key->b, TS_HASH_BYTES);
    }
    ts_keyfile_options_t options = {.random = ts_random_system()};
    return save(&file, dir, ("keys/" TS_FOUNDING_FILE), &options, ret_why);
}

/* ---- init */

static ts_err_t
check_init(const ts_provision_init_t *options, ts_msg_t *ret_why)
{
    const char *const values[] = {options->dir,       options->name,      options->unit_code,
                                  options->unit_name, options->body_code, options->body_name,
                                  options->endpoints};
    static const char *const names[] = {"dir",  "name",      "unit",    "unit-name",
                                        "body", "body-name", "endpoint"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (values[i] == NULL || values[i][0] == '\0') {
            ts_msg_make(ret_why, N_("Say {1}=…"), names[i], NULL);
            return TS_ERR_INVALID;
        }
    }
    return TS_ERR_OK;
}

static ts_err_t
save_root(const ts_provision_init_t *options, const ts_secret_t *root, ts_msg_t *ret_why)
{
    ts_keyfile_t *file = ts_keyfile_new(TS_KEYFILE_ROOT);
    ts_keyfile_put_sign(file, root);
    ts_keyfile_put_text(file, "name", options->name);
    ts_keyfile_put_number(file, "made", options->made_s < 0 ? 0 : (uint64_t)options->made_s);
    ts_keyfile_options_t how = {.passphrase = options->root_passphrase, .random = options->random};
    return save(&file, options->dir, "keys/root.key", &how, ret_why);
}

static ts_err_t
save_recovery_public(const char *dir, const ts_recovery_t *recovery, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    ts_err_t err = path_in(path, dir, ("keys/" TS_RECOVERY_PUBLIC_FILE), ret_why);
    return err == TS_ERR_OK ? ts_recovery_save_public(recovery, path, ret_why) : err;
}

static ts_err_t
save_recovery(const char *dir, const ts_recovery_t *recovery, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    ts_err_t err = path_in(path, dir, ("keys/" TS_RECOVERY_FILE), ret_why);
    if (err == TS_ERR_OK) {
        err = ts_recovery_save(recovery, path, ret_why);
    }
    /* The public half last: where it stands, its secret was written. */
    return err == TS_ERR_OK ? save_recovery_public(dir, recovery, ret_why) : err;
}

/* A secret whose public half could not be written any more: that one is gone on with. */
static bool
resume_recovery(const char *dir, ts_recovery_t *ret_recovery)
{
    char path[PATH_BYTES];
    ts_msg_t unused = {0};
    bool there = path_in(path, dir, ("keys/" TS_RECOVERY_FILE), &unused) == TS_ERR_OK &&
                 ts_recovery_load_public(path, ret_recovery, &unused) == TS_ERR_OK;
    ts_msg_free(&unused);
    return there;
}

ts_err_t
ts_provision_recovery(const char *dir, int64_t made_s, ts_random_t random, ts_msg_t *ret_why)
{
    ts_identity_t identity = {.role = 0};
    ts_recovery_t recovery;
    ts_err_t err = ts_identity_load(dir, &identity, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (!identity.is_registrar) {
        ts_msg_make(ret_why, N_("{1} is not the province: the recovery key is made there"), dir,
                    NULL);
        err = TS_ERR_NOTFOUND;
    } else if (resume_recovery(dir, &recovery)) {
        err = save_recovery_public(dir, &recovery, ret_why);
    } else {
        ts_recovery_make(random, &identity.keys.deployment, identity.name, made_s, &recovery);
        err = save_recovery(dir, &recovery, ret_why);
        ts_recovery_wipe(&recovery);
    }
    ts_identity_free(&identity);
    return err;
}

/* Two record ids for unit and body: minted like all others, with a salt of their own. */
static void
mint_founding_ids(ts_random_t random, ts_identity_t *identity)
{
    uint32_t salt = (uint32_t)(ts_random_u64(random) >> 40);
    identity->unit = ts_record_id(PROVINCE_NUMBER, salt, 1);
    identity->body = ts_record_id(PROVINCE_NUMBER, salt, 2);
}

/* Root → registrar → invite → node, all made here. */
static void
make_province(const ts_provision_init_t *options,
              ts_secret_t *root,
              ts_box_secret_t *gate,
              ts_identity_t *identity)
{
    ts_hash_t root_public;
    ts_hash_t gate_public;
    ts_sign_keypair(options->random, &root_public, root);
    ts_box_keypair(options->random, &gate_public, gate);
    ts_id16_t deployment = ts_hash_deployment(&root_public);
    ts_node_key_make(options->random, deployment, PROVINCE_NUMBER, &identity->keys);
    ts_invite_t invite = {.deployment = deployment, .office = PROVINCE_NUMBER};
    invite.chain.root_key = root_public;
    invite.chain.registrar_serial = 1;
    ts_sign_keypair(options->random, &invite.chain.registrar_key, &identity->registrar_secret);
    certify_registrar(&deployment, root, &invite.chain);
    ts_invite_make(&invite, &identity->registrar_secret, options->random);
    identity->chain = invite.chain;
    identity->chain.node_key = identity->keys.sign_public;
    identity->chain.node_curve_key = identity->keys.curve_public;
    certify_node(&deployment, &invite.secret, &identity->chain);
    /* The registry log is signed by the registrar: the invite certifies that key as a node key too.
     */
    ts_genesis_t registry = identity->chain;
    registry.node_key = registry.registrar_key;
    certify_node(&deployment, &invite.secret, &registry);
    memcpy(identity->registry_signature, registry.node_signature,
           sizeof identity->registry_signature);
    identity->invite_curve_public = invite.chain.invite_curve_key;
    identity->invite_curve_secret = invite.curve_secret;
    ts_invite_wipe(&invite);
}

ts_err_t
ts_provision_init(const ts_provision_init_t *options, ts_msg_t *ret_why)
{
    ts_secret_t root;
    ts_box_secret_t gate;
    ts_identity_t identity = {.role = TS_OFFICE_PROVINCE, .is_registrar = true};
    ts_err_t err = check_init(options, ret_why);
    if (err == TS_ERR_OK) {
        err = make_folders(options->dir, ret_why);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    make_province(options, &root, &gate, &identity);
    mint_founding_ids(options->random, &identity);
    identity.name = ts_xstrdup(options->name);
    identity.parent_endpoints = ts_xstrdup("");
    ts_hash_t gate_public = ts_box_public(&gate);
    founding_t founding = {options->unit_code, options->unit_name, options->body_code,
                           options->body_name, options->endpoints, &gate_public};
    ts_recovery_t recovery;
    ts_recovery_make(options->random, &identity.keys.deployment, options->name, options->made_s,
                     &recovery);
    err = save_root(options, &root, ret_why);
    if (err == TS_ERR_OK) {
        err = save_recovery(options->dir, &recovery, ret_why);
    }
    ts_recovery_wipe(&recovery);
    if (err == TS_ERR_OK) {
        err = save_gate(options->dir, &gate, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = save_founding(options->dir, &founding, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_provision_conf_province(options->dir, options->endpoints, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_identity_save(options->dir, &identity,
                               ret_why); /* last: it is what makes the folder an office's */
    }
    if (err == TS_ERR_OK) {
        /* Of what stands there; `recovery kit` makes it again should the power go here. */
        err = ts_kit_keep(options->dir, options->random, ret_why);
    }
    if (err == TS_ERR_OK) {
        clear_mark(options->dir);
    }
    ts_secret_wipe(&root);
    ts_box_secret_wipe(&gate);
    ts_identity_free(&identity);
    return err;
}

/* ---- join */

static ts_err_t
read_text(const ts_keyfile_t *file, const char *name, const char **ret_text, ts_err_t err)
{
    return err == TS_ERR_OK ? ts_keyfile_get_text(file, name, ret_text) : err;
}

static ts_err_t
read_number(const ts_keyfile_t *file, const char *name, uint64_t *ret_number, ts_err_t err)
{
    return err == TS_ERR_OK ? ts_keyfile_get_number(file, name, ret_number) : err;
}

/* The texts stay borrowed from the file. */
static ts_err_t
read_invite(const ts_keyfile_t *file, ts_invite_t *invite)
{
    uint64_t office = 0;
    uint64_t role = 0;
    uint64_t parent = 0;
    ts_err_t err = ts_keyfile_get(file, "deployment", invite->deployment.b, TS_ID16_BYTES);
    for (size_t i = 0; err == TS_ERR_OK && i < CHAIN_PARTS; i++) {
        err =
            ts_keyfile_get(file, chain_parts[i].name,
                           (uint8_t *)&invite->chain + chain_parts[i].offset, chain_parts[i].bytes);
    }
    err = read_number(file, "office", &office, err);
    err = read_number(file, "role", &role, err);
    err = read_number(file, "parent_office", &parent, err);
    err = read_number(file, "unit", &invite->unit, err);
    err = read_number(file, "body", &invite->body, err);
    err = read_text(file, "name", &invite->name, err);
    err = read_text(file, "unit_code", &invite->unit_code, err);
    err = read_text(file, "unit_name", &invite->unit_name, err);
    err = read_text(file, "body_code", &invite->body_code, err);
    err = read_text(file, "body_name", &invite->body_name, err);
    err = read_text(file, "endpoints", &invite->endpoints, err);
    err = read_text(file, "parent_endpoints", &invite->parent_endpoints, err);
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get(file, "parent_gate_key", invite->parent_gate_key.b, TS_HASH_BYTES);
    }
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get_sign(file, &invite->chain.invite_key, &invite->secret);
    }
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get_curve(file, &invite->chain.invite_curve_key, &invite->curve_secret);
    }
    bool district = role == TS_OFFICE_DISTRICT;
    if (err == TS_ERR_OK && district) {
        err = ts_keyfile_get(file, "gate_secret", invite->gate_secret.b,
                             sizeof invite->gate_secret.b);
    }
    if (err == TS_ERR_OK && (office == 0 || office > TS_RECORD_OFFICE_MAX || role == 0 ||
                             role > 255 || parent > TS_RECORD_OFFICE_MAX)) {
        err = TS_ERR_INVALID;
    }
    invite->office = (uint32_t)office;
    invite->role = (int)role;
    invite->parent_office = (uint32_t)parent;
    invite->chain.office = invite->office;
    return err;
}

static ts_err_t
save_office(const ts_provision_join_t *options,
            const ts_invite_t *invite,
            ts_identity_t *identity,
            ts_msg_t *ret_why)
{
    bool district = invite->role == TS_OFFICE_DISTRICT;
    ts_hash_t gate_public = ts_box_public(&invite->gate_secret);
    founding_t founding = {invite->unit_code, invite->unit_name, invite->body_code,
                           invite->body_name, invite->endpoints, district ? &gate_public : NULL};
    ts_err_t err = make_folders(options->dir, ret_why);
    if (err == TS_ERR_OK && district) {
        err = save_gate(options->dir, &invite->gate_secret, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = save_founding(options->dir, &founding, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_provision_conf_office(options->dir, district ? invite->endpoints : NULL, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_identity_save(options->dir, identity, ret_why);
    }
    if (err == TS_ERR_OK) {
        clear_mark(options->dir);
    }
    return err;
}

static ts_err_t
join(const ts_provision_join_t *options, const ts_keyfile_t *file, ts_msg_t *ret_why)
{
    ts_invite_t invite = {.role = 0};
    ts_err_t err = read_invite(file, &invite);
    if (err != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("{1} is not a complete invite: ask the province for a new one"),
                    options->invite, NULL);
        ts_invite_wipe(&invite);
        return err;
    }
    ts_identity_t identity = {.role = invite.role,
                              .unit = invite.unit,
                              .body = invite.body,
                              .parent_office = invite.parent_office,
                              .parent_gate_key = invite.parent_gate_key,
                              .invite_curve_public = invite.chain.invite_curve_key,
                              .invite_curve_secret = invite.curve_secret};
    ts_node_key_make(options->random, invite.deployment, invite.office, &identity.keys);
    identity.chain = invite.chain;
    identity.chain.node_key = identity.keys.sign_public;
    identity.chain.node_curve_key = identity.keys.curve_public;
    certify_node(&invite.deployment, &invite.secret, &identity.chain);
    identity.name = ts_xstrdup(invite.name);
    identity.parent_endpoints = ts_xstrdup(invite.parent_endpoints);
    err = ts_genesis_verify(&invite.deployment, &identity.chain);
    if (err != TS_ERR_OK) {
        ts_msg_make(
            ret_why,
            N_("The certificates of {1} do not fit together: ask the province for a new invite"),
            options->invite, NULL);
    } else {
        err = save_office(options, &invite, &identity, ret_why);
    }
    ts_identity_free(&identity);
    ts_invite_wipe(&invite);
    return err;
}

ts_err_t
ts_provision_join(const ts_provision_join_t *options, ts_msg_t *ret_why)
{
    ts_keyfile_t *file = NULL;
    ts_keyfile_options_t how = {.shared = true};
    ts_err_t err = ts_keyfile_load(&file, options->invite, TS_KEYFILE_INVITE, &how, ret_why);
    if (err == TS_ERR_OK) {
        err = join(options, file, ret_why);
    }
    ts_keyfile_destroy(&file);
    return err;
}
