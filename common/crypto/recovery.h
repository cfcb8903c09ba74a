/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The recovery key of a deployment: one X25519 pair, made by `tiepsuc init` beside the root key.
 * What is closed to its public half (the kit of keys, backups, the copies that keepers hold of the
 * province's private logs) opens only with the secret, which leaves the machine as a file and on
 * paper. In the data folder: keys/recovery.key (to be carried away) and keys/recovery.pub (stays).
 * Not for the root key's signing; reading it from file or paper stands here as well, because both
 * keys have the same two forms. Source: design §6.
 */
#ifndef TS_CRYPTO_RECOVERY_H
#define TS_CRYPTO_RECOVERY_H

#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "crypto/box.h"
#include "crypto/paper.h"
#include "crypto/random.h"
#include "crypto/sign.h"

#include <stdbool.h>
#include <stdint.h>

#define TS_KEYFILE_RECOVERY "recovery"            /* the pair */
#define TS_KEYFILE_RECOVERY_PUBLIC "recovery_pub" /* its public half */
/* Names in the data folder. */
#define TS_RECOVERY_FILE "recovery.key"
#define TS_RECOVERY_PUBLIC_FILE "recovery.pub"
#define TS_RECOVERY_NAME_BYTES 256u

typedef struct ts_recovery {
    ts_id16_t deployment; /* zero when it was read from paper: the page names it for people only */
    ts_hash_t public_key;
    bool has_secret;
    ts_box_secret_t secret;            /* zero unless has_secret; wipe with ts_recovery_wipe */
    char name[TS_RECOVERY_NAME_BYTES]; /* of the deployment, for people; "" when not known */
    int64_t made_s;                    /* day it was made, seconds since 1970; 0 = not known */
} ts_recovery_t;

/* First 8 bytes, little-endian, of BLAKE2b-256 of the public key: recipient key id of envelopes
 * and sealed files, and what the page shows (as 16 hex digits of these bytes in their order). */
uint64_t ts_recovery_key_id(const ts_hash_t *public_key);
#define TS_RECOVERY_ID_BYTES 20u /* "2f40 91aa 07c3 5d1e" with its NUL */
/* The key id for people, in four groups. */
void ts_recovery_id_text(const ts_hash_t *public_key, char out[TS_RECOVERY_ID_BYTES]);

/* A new pair; name, deployment and day are the caller's. name is cut at the array's end. */
void ts_recovery_make(ts_random_t random,
                      const ts_id16_t *deployment,
                      const char *name,
                      int64_t made_s,
                      ts_recovery_t *ret_recovery);
void ts_recovery_wipe(ts_recovery_t *recovery);

/* Writes the pair, or its public half. EXISTS, IO, FULL as ts_keyfile_save; nothing is ever
 * replaced. */
TS_MUST_USE ts_err_t ts_recovery_save(const ts_recovery_t *recovery,
                                      const char *path,
                                      ts_msg_t *ret_why);
TS_MUST_USE ts_err_t ts_recovery_save_public(const ts_recovery_t *recovery,
                                             const char *path,
                                             ts_msg_t *ret_why);
/* Reads a public half; a pair's file serves too (its secret is not given). Errors as
 * ts_keyfile_load. */
TS_MUST_USE ts_err_t ts_recovery_load_public(const char *path,
                                             ts_recovery_t *ret_recovery,
                                             ts_msg_t *ret_why);
/* The public half in a data folder's keys/; NOTFOUND: none was made there. */
TS_MUST_USE ts_err_t ts_recovery_of_folder(const char *data_dir,
                                           ts_recovery_t *ret_recovery,
                                           ts_msg_t *ret_why);
/* Reads the pair from its key file or from a page typed into a text file. A page is taken from any
 * file; a key file only when nobody else may read it. INVALID: neither, or the page of another kind
 * of key; others as ts_keyfile_load. */
TS_MUST_USE ts_err_t ts_recovery_load(const char *path,
                                      ts_recovery_t *ret_recovery,
                                      ts_msg_t *ret_why);
/* The pair of a secret that was typed in. */
void ts_recovery_of_secret(const uint8_t secret[TS_PAPER_SECRET_BYTES],
                           ts_recovery_t *ret_recovery);
/* The four lines of the page. */
void ts_recovery_lines(const ts_recovery_t *recovery,
                       char out[TS_PAPER_LINES][TS_PAPER_LINE_BYTES]);

/* The root's signing pair from its key file (passphrase may be NULL) or from a page. */
TS_MUST_USE ts_err_t ts_root_load(const char *path,
                                  const char *passphrase,
                                  ts_hash_t *ret_public,
                                  ts_secret_t *ret_secret,
                                  ts_msg_t *ret_why);
void ts_root_lines(const ts_secret_t *secret, char out[TS_PAPER_LINES][TS_PAPER_LINE_BYTES]);

#endif
