/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The data folder of one process: the lock that keeps a second process out, the space left on its
 * disk, and a ballast file that is given up when the disk is full, so that what was typed and a
 * message can still be written. Not for databases (db.h).
 */
#ifndef TS_STORE_DATADIR_H
#define TS_STORE_DATADIR_H

#include "base/err.h"
#include "base/msg.h"

#include <stdbool.h>
#include <stdint.h>

/* Space that the ballast keeps free for the last entries. */
#define TS_BALLAST_BYTES (4u << 20)

typedef struct ts_datadir ts_datadir_t;

/* Locks <folder>/lock (made when absent; the folder must exist). Errors with *detail told: LOCKED
 * another process (its number is named) works there; NOTFOUND no such folder; DENIED; IO. The lock
 * ends with the process or with destroy. */
TS_MUST_USE ts_err_t ts_datadir_open(ts_datadir_t **ret_self, const char *folder, ts_msg_t *detail);
void ts_datadir_destroy(ts_datadir_t **self_p);
const char *ts_datadir_folder(const ts_datadir_t *self);

typedef struct ts_space {
    uint64_t free_bytes; /* that this process may use */
    uint64_t total_bytes;
    uint32_t free_percent; /* 0..100, rounded down */
} ts_space_t;

TS_MUST_USE ts_err_t ts_datadir_space(const ts_datadir_t *self, ts_space_t *ret_space);

/* Makes the ballast when it is absent and at least four times its size is free; AGAIN when there is
 * not so much. */
TS_MUST_USE ts_err_t ts_datadir_ballast_make(ts_datadir_t *self);
/* Gives the ballast's space up; NOTFOUND when it is already gone. */
TS_MUST_USE ts_err_t ts_datadir_ballast_release(ts_datadir_t *self);
bool ts_datadir_ballast_there(const ts_datadir_t *self);

#endif
