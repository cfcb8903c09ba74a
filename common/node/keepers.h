/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The way back of what keepers hold (node/keepers.c): the root opens its logs of copies with the
 * recovery key and takes the segments in them into custody verbatim, after the same checks as any
 * other. In slices of one copy. For the command `keeper_restore`.
 */
#ifndef TS_NODE_KEEPERS_H
#define TS_NODE_KEEPERS_H

#include "base/buf.h"
#include "crypto/box.h"
#include "node/node_p.h"

typedef struct ts_keepers_back {
    ts_box_secret_t secret; /* of the recovery key */
    ts_log_info_t log;      /* log of copies that is being read */
    uint64_t cursor;        /* arrival of its segment that was read last */
    bool in_log;
    bool done;
    uint16_t pieces; /* of the stream below that were read */
    ts_buf_t stream;
    uint64_t copies;   /* pieces opened */
    uint64_t unopened; /* closed to another key, or damaged */
    uint64_t taken;    /* segments that were not held any more */
    uint64_t known;    /* held already */
    uint64_t refused;  /* not ours, or wrong; custody kept them out */
} ts_keepers_back_t;

/* Reads one copy more; self->done at the end. Errors are those of the disk. */
TS_MUST_USE ts_err_t ts_keepers_back_slice(ts_node_t *node, ts_keepers_back_t *self);
/* Wipes the secret. */
void ts_keepers_back_free(ts_keepers_back_t *self);

#endif
