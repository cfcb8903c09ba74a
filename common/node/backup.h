/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Backups: one file with all of an installation that cannot be computed again. A plain tar (any
 * tool can look in), or the same closed to a recipient (crypto/sealed.h). Inside, in this order:
 *
 *   MANIFEST          text: who, when, and hash and length of each file that follows
 *   custody.sqlite    consistent copy, made by the running node (command "backup")
 *   files/…           filed reports by hash
 *   conf/…            configurations
 *   keys/…            keys and identity; keys/node.key comes last
 *
 * Not in it: ledger and scratch (computed again), lock, ballast, and the witness, on purpose: a
 * restored store must not take itself for the one that was lost.
 *
 * Order of everything: temporary name → flushed → opened again, every hash compared, the database
 * checked segment by segment → final name. A restored folder gets its identity (keys/node.key)
 * after its custody got a new store id and the order to leave all its old logs, so that no kill in
 * between ends in the old identity at work (R2, R3, R6). Used by the command line; the node takes
 * no part but the copy. Source: ARCHITECTURE.md.
 */
#ifndef TS_NODE_BACKUP_H
#define TS_NODE_BACKUP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "crypto/box.h"
#include "crypto/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_BACKUP_VERSION 1u
#define TS_BACKUP_CONFS_MAX 8u
#define TS_BACKUP_TEXT_BYTES 1024u

/* What the manifest says about the whole. */
typedef struct ts_backup_facts {
    ts_id16_t deployment;
    uint32_t office;
    int role; /* OfficeRole */
    char name[TS_BACKUP_TEXT_BYTES];
    ts_id16_t store;   /* store id of the copied custody */
    uint64_t arrival;  /* its newest segment */
    int64_t made_s;    /* wall clock of that machine */
    char folder[4096]; /* its data folder there */
    size_t files;
    uint64_t bytes;    /* of all files */
    uint64_t segments; /* that were read and whose signatures are right; check and restore */
    bool sealed;
    ts_hash_t manifest; /* hash of the MANIFEST: names this backup */
} ts_backup_facts_t;

typedef struct ts_backup_options {
    const char *data_dir;
    int copy;        /* open file of the custody copy */
    ts_id16_t store; /* of the copy, as the node says */
    uint64_t arrival;
    const char *confs[TS_BACKUP_CONFS_MAX]; /* paths; NULL after the last */
    const char *gate_key;                   /* where the gate's key lies; NULL: no gate */
    const ts_hash_t *recipient;             /* NULL: a plain tar, which holds keys */
    const char *path; /* of the new file; a temporary one stands beside it meanwhile */
    int64_t now_s;
    const char *software;
    ts_random_t random;
} ts_backup_options_t;

/* Writes, verifies, gives the final name. EXISTS: path is there (never replaced); DENIED, IO, FULL,
 * NOTFOUND with *ret_why; HASH: a file changed meanwhile: again. On an error there is no such file;
 * a temporary one may be left and is taken over by the next try. */
TS_MUST_USE ts_err_t ts_backup_make(const ts_backup_options_t *options,
                                    ts_backup_facts_t *ret_facts,
                                    ts_msg_t *ret_why);

typedef struct ts_backup_source {
    const char *path;
    const ts_box_secret_t *secret; /* opens a sealed one; NULL: none */
    const char *work_dir;          /* where the database is laid out for checking; NULL: the file's
                                      folder */
} ts_backup_source_t;

/* Reads the whole file and opens its database. KEY: it is closed and the secret is missing or
 * another one's; INVALID: no backup; UNKNOWN: of a later version; TRUNCATED: half; HASH, CORRUPT,
 * SIGNATURE: damaged. Always with *ret_why. */
TS_MUST_USE ts_err_t ts_backup_check(const ts_backup_source_t *source,
                                     ts_backup_facts_t *ret_facts,
                                     ts_msg_t *ret_why);

typedef struct ts_restore_options {
    ts_backup_source_t source;
    const char *dir; /* absolute; absent or empty, or with an interrupted restore of the same
                        backup */
    const char *vfs; /* of the custody; NULL: the system's */
    ts_random_t random;
} ts_restore_options_t;

/* Checks the backup, lays it out in the folder and makes it a new store. Errors as of check;
 * EXISTS: the folder is not empty. */
TS_MUST_USE ts_err_t ts_restore(const ts_restore_options_t *options,
                                ts_backup_facts_t *ret_facts,
                                ts_msg_t *ret_why);

/* Number of the office whose data folder this is; errors of ts_identity_load. */
TS_MUST_USE ts_err_t ts_backup_office(const char *data_dir,
                                      uint32_t *ret_office,
                                      ts_msg_t *ret_why);

/* ---- for rebuilding (node/rebuild.h) */
/* Makes custody in the folder a new store that leaves its old logs and asks its neighbours for what
 * it lacks. `create`: an empty one. */
TS_MUST_USE ts_err_t ts_restore_renew(const char *dir,
                                      const char *vfs,
                                      const ts_id16_t *deployment,
                                      ts_random_t random,
                                      bool create,
                                      ts_msg_t *ret_why);

#endif
