/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A province whose disk and backups are all lost: its kit of keys (node/kit.h), opened with the
 * recovery key, gives it its identity back; its records come from its children, who hold the
 * registry, the plans and everything that was anchored, and its private logs from their keepers.
 * This makes the folder: an empty store that asks everybody (node/regain.c), then the keys. Used by
 * the command line. Source: ARCHITECTURE.md.
 */
#ifndef TS_NODE_REBUILD_H
#define TS_NODE_REBUILD_H

#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "crypto/random.h"
#include "crypto/recovery.h"

typedef struct ts_rebuild_options {
    const char *dir; /* absolute; absent or empty, or with an interrupted rebuild from the
                        same kit */
    const char *kit; /* path */
    const ts_recovery_t *recovery;
    const ts_hash_t *root; /* public half of the root key, compared with the kit; NULL: not */
    const char *vfs;       /* of the custody; NULL: the system's */
    ts_random_t random;
} ts_rebuild_options_t;

/* KEY, INVALID, HASH, TRUNCATED: the kit, see ts_kit_open; FOREIGN: the root key is of another
 * deployment; EXISTS: the folder is not empty; DENIED, IO, FULL. Nothing starts from a folder in
 * which this was interrupted; said again it goes on. */
TS_MUST_USE ts_err_t ts_rebuild(const ts_rebuild_options_t *options, ts_msg_t *ret_why);

#endif
