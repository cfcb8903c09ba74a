/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Who this installation is: its keys, the certificates that lead from the root to them, and where
 * its parent is. Made by provisioning (node/provision.h) when a deployment is founded or an office
 * joins; read once at start. Files in the data folder: keys/node.key (kind "node": key pairs,
 * certificates, office number, role, names, parent) and, at the province, keys/registrar.key.
 * Source: ARCHITECTURE.md.
 */
#ifndef TS_NODE_IDENTITY_H
#define TS_NODE_IDENTITY_H

#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "core/envelope.h"
#include "core/log.h"
#include "crypto/keyfile.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ts_identity {
    ts_node_key_t keys; /* deployment, office number, Ed25519 and CURVE pairs */
    int role;           /* OfficeRole */
    ts_genesis_t
        chain; /* certificates; purpose, audience, nonce and predecessor are filled per log */
    bool is_registrar;  /* holds a registrar's key: the province. `chain` is that of the newest */
    ts_tip_t *cut_tips; /* how far the registry counts that earlier registrars wrote; NULL: the
                           first registrar */
    size_t cut_tip_count;
    ts_secret_t registrar_secret;
    uint8_t registry_signature[64]; /* invite's signature over the registrar key as node key of the
                                       registry log */
    char *name;                     /* of the office, for people */
    ts_record_id_t unit;            /* 0 = not known yet */
    ts_record_id_t body;
    uint32_t parent_office;        /* 0 = none: the province */
    char *parent_endpoints;        /* "tcp://host:port tcp://…"; "" for the province */
    ts_hash_t parent_gate_key;     /* CURVE public key of the parent's gate */
    ts_hash_t recovery_public;     /* keys/recovery.pub; zero = none was made, or an office */
    ts_hash_t invite_curve_public; /* one-time pair, used until the parent holds our geneses */
    ts_box_secret_t invite_curve_secret;
} ts_identity_t;

/* Files of the registrar's key: keys/registrar.key is the first; each rotation adds one. */
#define TS_REGISTRAR_FILE_FORM "registrar-%u.key"
#define TS_REGISTRAR_SERIAL_MAX 48u /* rotations in the life of a deployment */

/* Reads the files of a data folder. NOTFOUND: nothing was founded or joined here; others as
 * ts_keyfile_load. */
TS_MUST_USE ts_err_t ts_identity_load(const char *data_dir,
                                      ts_identity_t *ret_identity,
                                      ts_msg_t *ret_why);
/* Writes keys/node.key (and keys/registrar.key when is_registrar) into an existing folder; never
 * replaces. */
TS_MUST_USE ts_err_t ts_identity_save(const char *data_dir,
                                      const ts_identity_t *identity,
                                      ts_msg_t *ret_why);
/* Writes the file of a registrar's key that takes over: secret, chain, registry signature and cut
 * tips of `identity`, as keys/registrar-<serial>.key. This one file is the whole rotation: once it
 * stands, the node acts by it. EXISTS: that serial was used already. */
TS_MUST_USE ts_err_t ts_identity_save_registrar(const char *data_dir,
                                                const ts_identity_t *identity,
                                                ts_msg_t *ret_why);
/* Wipes secrets and frees. */
void ts_identity_free(ts_identity_t *identity);

/* All certificates of a genesis lead from the root of this deployment to the node key: SIGNATURE or
 * FOREIGN otherwise. Used by custody for every new log. */
TS_MUST_USE ts_err_t ts_genesis_verify(const ts_id16_t *deployment, const ts_genesis_t *genesis);

#endif
