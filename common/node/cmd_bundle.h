/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the bundle commands keep between one another. A bundle goes in parts, each a command of its
 * own; the owner of the file keeps a token between them. One of each direction is under way at a
 * time; one that nobody goes on with is given up, and nothing of it is lost.
 */
#ifndef TS_NODE_CMD_BUNDLE_H
#define TS_NODE_CMD_BUNDLE_H

#include "node/bundle.h"
#include "node/command.h"

/* So long after its last part one that nobody finished may be taken over by another. */
#define TS_CARRYING_IDLE_MS 10000
#define TS_CARRYING_TOKEN_BYTES 17

typedef struct ts_carrying ts_carrying_t;

struct ts_carrying {
    char out_token[TS_CARRYING_TOKEN_BYTES];
    ts_bundle_out_t *out;
    ts_mono_t out_at;
    bool out_done;
    char in_token[TS_CARRYING_TOKEN_BYTES];
    ts_bundle_in_t *in;
    ts_mono_t in_at;
    uint64_t in_part; /* number of the next one */
    size_t in_offset; /* in the part that is being read */
    bool in_last;     /* this is the last part */
    ts_bundle_receipts_t receipts;
    ts_bundle_word_t word;
};

/* Made when first needed. */
ts_carrying_t *ts_carrying_of(ts_job_t *job);
/* What is under way is given up. Takes NULL. */
void ts_carrying_destroy(ts_carrying_t **self_p);
void ts_carrying_token(ts_job_t *job, char out[TS_CARRYING_TOKEN_BYTES]);
/* Does the command name this token? */
bool ts_carrying_is(ts_job_t *job, const char *token);
ts_err_t ts_carrying_refuse(ts_job_t *job);
/* Name of an office; NULL when it is not known. */
const char *ts_carrying_office(const ts_node_t *node, uint32_t number);

#endif
