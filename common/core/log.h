/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a log and a tip are. A log belongs to an installation, is named by the hash of its genesis
 * and is a tree of segments: two segments on one predecessor are a fork, both kept.
 * Pure values, no behaviour with outside.
 */
#ifndef TS_CORE_LOG_H
#define TS_CORE_LOG_H

#include "base/id.h"

#include <stdbool.h>
#include <stdint.h>

/* A position: always the triple, never (log, seq) alone. seq 0 with the log id as hash is
 * the genesis alone. */
typedef struct ts_tip {
    ts_hash_t log;
    uint64_t seq;
    ts_hash_t hash; /* segment hash */
} ts_tip_t;

/* A log as a store knows it, from its genesis. */
typedef struct ts_log_info {
    ts_hash_t log;
    uint32_t office;        /* author's number */
    uint8_t purpose;        /* TS_PURPOSE_… */
    uint8_t audience;       /* TS_AUDIENCE_… */
    uint64_t audience_unit; /* for DOWN_UNIT */
    ts_hash_t node_key;     /* Ed25519 that signs its segments */
    ts_hash_t node_curve_key;
    ts_hash_t invite_key;
    ts_tip_t predecessor;      /* log zero = none */
    uint32_t registrar_serial; /* of a registry log in the fold: who wrote it; else 0 */
    bool closed;               /* its author extends it no more */
    bool forked;               /* more than one tip, or two segments on one predecessor */
} ts_log_info_t;

#endif
