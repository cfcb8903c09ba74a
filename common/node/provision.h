/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Founding a deployment and joining it, offline: keys, certificates, empty data folders. Used by
 * the command line (init, join) and, for the invite, by the registrar's desk. The first start of
 * the node makes the stores and the logs. Source: ARCHITECTURE.md.
 */
#ifndef TS_NODE_PROVISION_H
#define TS_NODE_PROVISION_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "core/envelope.h"
#include "crypto/box.h"
#include "crypto/random.h"
#include "crypto/sign.h"

#include <stdint.h>

typedef struct ts_provision_init {
    const char *dir;       /* data folder; made when absent; must hold no keys yet */
    const char *name;      /* of the province's office, for people */
    const char *unit_code; /* of the province: "14" */
    const char *unit_name;
    const char *body_code; /* who runs it: "sl-soldtbxh" */
    const char *body_name;
    const char
        *endpoints; /* where offices connect: "tcp://host:7500", several with spaces between */
    const char *root_passphrase; /* NULL: keys/root.key is not locked */
    int64_t made_s;              /* today, for the page of the keys; seconds since 1970, 0 = none */
    ts_random_t random;
} ts_provision_init_t;

/* Makes keys/root.key, recovery.key, recovery.pub, registrar.key, gate.key, node.key, founding.key
 * and the configuration of aggregator, gate and reporter in the folder, and last keys/recovery.kit
 * (node/kit.h). EXISTS: a deployment or office is there already. INVALID: a value is missing. */
TS_MUST_USE ts_err_t ts_provision_init(const ts_provision_init_t *options, ts_msg_t *ret_why);

/* A recovery key for a province that was founded without one: keys/recovery.key and recovery.pub.
 * The service may be running; it takes the key at its next start. EXISTS: there is one; NOTFOUND:
 * no province; others as ts_identity_load. */
TS_MUST_USE ts_err_t ts_provision_recovery(const char *dir,
                                           int64_t made_s,
                                           ts_random_t random,
                                           ts_msg_t *ret_why);

typedef struct ts_provision_join {
    const char *invite; /* path of the invite file */
    const char *dir;
    ts_random_t random;
} ts_provision_join_t;

/* Makes the office's keys from the invite, offline, and its configuration (and that of the gate for
 * a district). EXISTS as above; others as ts_keyfile_load; SIGNATURE, FOREIGN: the invite's
 * certificates are not right. A subscriber's key is no invite: INVALID. */
TS_MUST_USE ts_err_t ts_provision_join(const ts_provision_join_t *options, ts_msg_t *ret_why);

/* ---- the invite: one-time pairs and all that a new installation must know. Texts are borrowed. */
typedef struct ts_invite {
    ts_id16_t deployment;
    uint32_t office;
    int role;
    const char *name;
    ts_record_id_t unit;
    const char *unit_code;
    const char *unit_name;
    ts_record_id_t body;
    const char *body_code;
    const char *body_name;
    uint32_t parent_office;
    const char *parent_endpoints;
    ts_hash_t parent_gate_key;
    const char *endpoints; /* of its own gate (district) */
    const char *topics;    /* of a subscriber */
    ts_genesis_t
        chain; /* root and registrar parts are given; invite parts are filled by ts_invite_make */
    ts_secret_t secret;           /* of the invite's signing pair */
    ts_box_secret_t curve_secret; /* of the invite's CURVE pair */
    ts_box_secret_t gate_secret;  /* district: pair of its gate, so that communes below can be
                                     enrolled before it has joined */
} ts_invite_t;

/* Draws the pairs and signs them with the registrar's key. */
void ts_invite_make(ts_invite_t *invite, const ts_secret_t *registrar, ts_random_t random);
/* Appends the key file: kind "invite", or "subscriber". */
void ts_invite_text(const ts_invite_t *invite, ts_buf_t *out);
void ts_invite_wipe(ts_invite_t *invite);

#endif
