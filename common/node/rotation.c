/* SPDX-License-Identifier: MPL-2.0 */
#include "node/rotation.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"
#include "node/kit.h"
#include "node/own_event.h"
#include "wire/record.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

#define TIPS_PER_LOG 8u

static void
sign_part(const ts_secret_t *secret, const char *domain, ts_buf_t *part, uint8_t signature[64])
{
    ts_bytes_t bytes = ts_buf_bytes(part);
    ts_sign(secret, domain, &bytes, 1, signature);
    ts_buf_free(part);
}

/* ---- where the root key is */

void
ts_rotation_offer(const ts_hash_t *root_public,
                  const ts_secret_t *root,
                  uint32_t serial,
                  ts_random_t random,
                  ts_buf_t *out)
{
    ts_genesis_t chain = {.root_key = *root_public, .registrar_serial = serial};
    ts_id16_t deployment = ts_hash_deployment(root_public);
    ts_secret_t secret;
    ts_buf_t part = {0};
    ts_sign_keypair(random, &chain.registrar_key, &secret);
    ts_genesis_registrar_part(&part, &deployment, &chain);
    sign_part(root, TS_GENESIS_DOMAIN_REGISTRAR, &part, chain.registrar_signature);
    ts_keyfile_t *file = ts_keyfile_new(TS_ROTATION_KIND);
    ts_keyfile_put(file, "root_key", root_public->b, TS_HASH_BYTES);
    ts_keyfile_put_number(file, "serial", serial);
    ts_keyfile_put(file, "registrar_signature", chain.registrar_signature, 64);
    ts_keyfile_put_sign(file, &secret);
    ts_keyfile_text(file, out);
    ts_keyfile_destroy(&file);
    ts_secret_wipe(&secret);
}

/* ---- at the province */

static ts_err_t
refuse(ts_err_t err, const char *id, ts_msg_t *ret_why)
{
    ts_msg_make(ret_why, id, NULL);
    return err;
}

static ts_err_t
read_offer(ts_bytes_t text, uint32_t newest, ts_identity_t *next, ts_msg_t *ret_why)
{
    ts_keyfile_t *file = NULL;
    ts_hash_t root;
    uint64_t serial = 0;
    ts_err_t err = ts_keyfile_parse(&file, text, TS_ROTATION_KIND);
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get(file, "root_key", root.b, TS_HASH_BYTES);
    }
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get_number(file, "serial", &serial);
    }
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get(file, "registrar_signature", next->chain.registrar_signature, 64);
    }
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get_sign(file, &next->chain.registrar_key, &next->registrar_secret);
    }
    ts_keyfile_destroy(&file);
    if (err != TS_ERR_OK) {
        return refuse(TS_ERR_INVALID, N_("This is no key of a registrar"), ret_why);
    }
    if (!ts_hash_equal(&root, &next->chain.root_key)) {
        return refuse(TS_ERR_KEY, N_("This is the root key of another deployment"), ret_why);
    }
    if (serial != (uint64_t)newest + 1 || serial > TS_REGISTRAR_SERIAL_MAX) {
        return refuse(TS_ERR_LIMIT,
                      N_("The key's number is not the next one: an old key, or one was left out"),
                      ret_why);
    }
    next->chain.registrar_serial = (uint32_t)serial;
    return TS_ERR_OK;
}

/* A new invite of our own under the new registrar: it certifies our node key as it is, and the
 * registrar's key as that of the registry. */
static ts_err_t
complete_chain(const ts_node_t *node, ts_identity_t *next)
{
    const ts_id16_t *deployment = &node->identity.keys.deployment;
    ts_secret_t invite;
    ts_box_secret_t invite_curve;
    ts_buf_t part = {0};
    ts_sign_keypair(node->options.random, &next->chain.invite_key, &invite);
    ts_box_keypair(node->options.random, &next->chain.invite_curve_key, &invite_curve);
    ts_genesis_invite_part(&part, deployment, &next->chain);
    sign_part(&next->registrar_secret, TS_GENESIS_DOMAIN_INVITE, &part,
              next->chain.invite_signature);
    ts_genesis_node_part(&part, deployment, &next->chain);
    sign_part(&invite, TS_GENESIS_DOMAIN_NODE, &part, next->chain.node_signature);
    ts_genesis_t registry = next->chain;
    registry.node_key = registry.registrar_key;
    registry.purpose = TS_PURPOSE_REGISTRY;
    ts_genesis_node_part(&part, deployment, &registry);
    sign_part(&invite, TS_GENESIS_DOMAIN_NODE, &part, registry.node_signature);
    memcpy(next->registry_signature, registry.node_signature, sizeof next->registry_signature);
    ts_secret_wipe(&invite);
    ts_box_secret_wipe(&invite_curve);
    ts_err_t err = ts_genesis_verify(deployment, &next->chain);
    return err == TS_ERR_OK ? ts_genesis_verify(deployment, &registry) : err;
}

/* Every branch of every registry log that is here: up to there the earlier registrars count. */
static ts_err_t
gather_tips(ts_node_t *node, ts_identity_t *next)
{
    ts_log_info_t info = {.office = 0};
    size_t capacity = 0;
    ts_err_t err = TS_ERR_OK;
    next->cut_tips = NULL;
    next->cut_tip_count = 0;
    while (err == TS_ERR_OK && ts_custody_log_next(node->custody, &info) == TS_ERR_OK) {
        ts_custody_tip_t tips[TIPS_PER_LOG];
        size_t count = 0;
        if (info.purpose != TS_PURPOSE_REGISTRY) {
            continue;
        }
        err = ts_custody_log_tips(node->custody, &info.log, tips, TIPS_PER_LOG, &count);
        for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
            next->cut_tips = ts_xgrow(next->cut_tips, next->cut_tip_count + 1, &capacity,
                                      sizeof *next->cut_tips);
            next->cut_tips[next->cut_tip_count++] = tips[i].tip;
        }
    }
    return err;
}

/* What of the identity is the registrar's goes over; the rest stays. */
static void
take_over(ts_identity_t *identity, const ts_identity_t *next)
{
    identity->chain = next->chain;
    identity->registrar_secret = next->registrar_secret;
    memcpy(identity->registry_signature, next->registry_signature,
           sizeof identity->registry_signature);
    ts_xfree(identity->cut_tips);
    identity->cut_tips = next->cut_tips;
    identity->cut_tip_count = next->cut_tip_count;
}

bool
ts_rotation_is_superseded(const ts_node_t *node)
{
    return ts_catalog_registrar(ts_node_catalog(node)) > node->identity.chain.registrar_serial;
}

ts_err_t
ts_rotation_accept(ts_node_t *node, ts_bytes_t offer, ts_msg_t *ret_why)
{
    ts_log_info_t registry;
    ts_identity_t next = {.chain = node->identity.chain};
    uint32_t named = ts_catalog_registrar(ts_node_catalog(node));
    uint32_t newest = named > next.chain.registrar_serial ? named : next.chain.registrar_serial;
    ts_err_t err = read_offer(offer, newest, &next, ret_why);
    if (err == TS_ERR_OK) {
        err = complete_chain(node, &next);
        if (err != TS_ERR_OK) {
            err = refuse(err, N_("The new key is not certified by the root key"), ret_why);
        }
    }
    /* What was entered belongs to the old log still: it is sealed and counts. */
    if (err == TS_ERR_OK) {
        err = ts_logs_seal_all(node);
    }
    if (err == TS_ERR_OK) {
        err = gather_tips(node, &next);
    }
    if (err == TS_ERR_OK) {
        ts_identity_t file = next;
        err = ts_identity_save_registrar(node->data_dir, &file, ret_why);
    }
    if (err != TS_ERR_OK) {
        ts_xfree(next.cut_tips);
        ts_secret_wipe(&next.registrar_secret);
        return err;
    }
    take_over(&node->identity, &next);
    ts_secret_wipe(&next.registrar_secret);
    ts_node_note(node, TS_NOTE_WARN, "registrar_rotated", "serial=%u",
                 (unsigned)node->identity.chain.registrar_serial);
    node->bind_due = true;
    return ts_logs_active(node, TS_PURPOSE_REGISTRY, 0, &registry);
}

/* ---- the event */

static void
must(ts_err_t err)
{
    TS_CHECK(err == TS_ERR_OK);
}

static ts_err_t
write_event(ts_node_t *node)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), TS_KIND_CUTOFF);
    ts_record_t *record = ts_record_new(kind);
    must(ts_record_set_number(record, "registrar_serial",
                              (int64_t)node->identity.chain.registrar_serial));
    for (size_t i = 0; i < node->identity.cut_tip_count; i++) {
        ts_own_event_put_tip(record, i, &node->identity.cut_tips[i]);
    }
    ts_event_header_t header = {.must_understand = true, .record = ts_node_mint_record(node)};
    ts_err_t err = ts_own_event_write(node, TS_PURPOSE_REGISTRY, 0, &header, kind, record);
    ts_record_destroy(&record);
    return err;
}

/* The kit is of the keys of now; without a recovery key there is none. */
static void
renew_kit(ts_node_t *node)
{
    ts_msg_t why = {0};
    if (ts_kit_keep(node->data_dir, node->options.random, &why) != TS_ERR_OK) {
        ts_node_note(node, TS_NOTE_WARN, "kit_not_made", "%s", "");
    }
    ts_msg_free(&why);
}

ts_err_t
ts_rotation_turn(ts_node_t *node)
{
    const ts_identity_t *identity = &node->identity;
    if (identity->chain.registrar_serial < 2 ||
        ts_catalog_registrar(ts_node_catalog(node)) >= identity->chain.registrar_serial) {
        return TS_ERR_OK;
    }
    ts_err_t err = write_event(node);
    if (err == TS_ERR_OK) {
        renew_kit(node);
    }
    return err;
}
