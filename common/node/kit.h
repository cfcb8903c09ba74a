/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The kit: what a province needs beside its records to come back on a new machine, as a sealed file
 * (crypto/sealed.h, what = TS_SEALED_KIT) to the recovery key: its identity, the registrar's keys,
 * the gate's keys, founding and configuration. Made by init and after each rotation; a copy goes
 * where the recovery key is, or anywhere: without that key it is closed. The root key and the
 * recovery key are never in it. Inside it is the text of a key file of kind "kit", one value for
 * each file: "registrar_2_key" is keys/registrar-2.key, "gate_conf" is gate.conf. Used by the
 * command line (recovery kit, rebuild) and by the node after a rotation.
 */
#ifndef TS_NODE_KIT_H
#define TS_NODE_KIT_H

#include "base/err.h"
#include "base/msg.h"
#include "crypto/keyfile.h"
#include "crypto/random.h"
#include "crypto/recovery.h"

#define TS_KIT_FILE "recovery.kit" /* in keys/; after a rotation recovery-2.kit and so on */
#define TS_KIT_KIND "kit"
#define TS_KIT_BYTES_MAX (512u * 1024u)

typedef struct ts_kit_options {
    const char *data_dir;
    const char *gate_key; /* where the gate's key is when not in the folder; NULL */
    const char *path;     /* the file to be made */
    ts_random_t random;
} ts_kit_options_t;

/* Collects and writes it: temporary name, fsync, read back, rename. EXISTS: the path is taken,
 * nothing is ever replaced; NOTFOUND: no recovery key was made, or the folder is no province's;
 * IO, FULL. */
TS_MUST_USE ts_err_t ts_kit_write(const ts_kit_options_t *options, ts_msg_t *ret_why);
/* The same into keys/ under the next free name. OK without a file when there is no recovery key. */
TS_MUST_USE ts_err_t ts_kit_keep(const char *data_dir, ts_random_t random, ts_msg_t *ret_why);
/* Opens a kit. The caller destroys it. INVALID: no kit; KEY: closed to another recovery key; HASH,
 * TRUNCATED: damaged; others as for reading files. */
TS_MUST_USE ts_err_t ts_kit_open(const char *path,
                                 const ts_recovery_t *recovery,
                                 ts_keyfile_t **ret_kit,
                                 ts_msg_t *ret_why);
/* Writes its files into a folder whose keys/ exists; none is replaced. node.key comes last, since
 * it makes the folder an office's. EXISTS, IO, FULL; INVALID: the kit has no node key. */
TS_MUST_USE ts_err_t ts_kit_unpack(const ts_keyfile_t *kit, const char *dir, ts_msg_t *ret_why);

#endif
