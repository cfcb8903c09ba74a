/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The witness: a small file beside the database that remembers the own tips that were ever allowed
 * on a wire or a stick. It tells at start whether the database went back in time (restored, cut
 * short, cloned), before anything more is published under the same log. Order: commit of the seal,
 * ts_witness_advance (flushed and read back), first byte out. Two slots, written in turn, each with
 * a number and a hash, so that a cut while writing leaves the other one. It must not be part of a
 * backup. Source: ARCHITECTURE.md.
 */
#ifndef TS_STORE_WITNESS_H
#define TS_STORE_WITNESS_H

#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "core/log.h"
#include "store/custody.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Own logs that one installation extends at a time (acts, records, and a parent's down logs), with
 * room for closed ones. */
#define TS_WITNESS_TIPS_MAX 1024u

typedef struct ts_witness ts_witness_t;

typedef struct ts_witness_options {
    const char *path;
    const char *vfs; /* NULL: the system's */
    ts_hash_fn hash;
} ts_witness_options_t;

/* Where the store stands that the witness belongs to. */
typedef struct ts_witness_place {
    ts_id16_t machine; /* of /etc/machine-id, read by the service; zero: not known, not compared */
    uint64_t inode;    /* ts_custody_inode; 0: not known, not compared */
    uint32_t boot;     /* ts_custody_boot */
} ts_witness_place_t;

/* Reads the newer valid slot. An absent or wholly unreadable file opens too: the comparison says
 * MISSING. IO. */
TS_MUST_USE ts_err_t ts_witness_open(ts_witness_t **ret_self,
                                     const ts_witness_options_t *options,
                                     ts_msg_t *detail);
void ts_witness_destroy(ts_witness_t **self_p);
const ts_msg_t *ts_witness_detail(const ts_witness_t *self);

/* Verdict, and whether the node must mint new logs and draw a new store id.
 * - NORMAL: equal, or the database is ahead with the remembered tips on its chains: advance.
 * - FRESH: nothing was ever published.
 * - MISSING: own logs, but no readable witness.
 * - UNLIKE: a remembered tip is held, but not on the chain of the only tip of its log.
 * - AHEAD: a remembered tip is not held, or the boot counter went back: the database lost
 * something.
 * - CLONED: the inode differs: a restored or copied database file.
 * - OTHER_MACHINE: the machine id differs.
 */
#define TS_WITNESS_LIST(X) \
    X(NORMAL, false)       \
    X(FRESH, false)        \
    X(MISSING, true)       \
    X(UNLIKE, true)        \
    X(AHEAD, true)         \
    X(CLONED, true)        \
    X(OTHER_MACHINE, true)

typedef enum ts_witness_verdict {
#define TS_WITNESS_ENUM(name, mint) TS_WITNESS_##name,
    TS_WITNESS_LIST(TS_WITNESS_ENUM)
#undef TS_WITNESS_ENUM
} ts_witness_verdict_t;

const char *ts_witness_verdict_name(ts_witness_verdict_t verdict);
/* The node must not extend its active logs: it mints new ones that name the last known tip as
 * predecessor (ts_witness_tip when the database lost it), and draws a new store id. */
bool ts_witness_verdict_mints(ts_witness_verdict_t verdict);

/* Compares at start, over all remembered tips. When several things are wrong the verdict is the
 * later one in the list. Writes nothing. Errors are those of reading custody. */
TS_MUST_USE ts_err_t ts_witness_compare(ts_witness_t *self,
                                        ts_custody_t *custody,
                                        const ts_witness_place_t *place,
                                        ts_witness_verdict_t *ret_verdict);
/* The remembered tip of a log: what a successor log names when the database lost it. NOTFOUND. */
TS_MUST_USE ts_err_t ts_witness_tip(const ts_witness_t *self,
                                    const ts_hash_t *log,
                                    ts_tip_t *ret_tip);
/* Nothing was ever remembered: no byte of this installation has left it. */
bool ts_witness_is_blank(const ts_witness_t *self);
size_t ts_witness_tip_count(const ts_witness_t *self);
ts_tip_t ts_witness_tip_at(const ts_witness_t *self, size_t index);

/* Remembers tips of own logs (a higher number replaces that of the same log) and the place, flushes
 * file and folder and reads back what stands there. After OK they may leave the machine. What is
 * remembered already costs no write. LIMIT: too many logs, forget old ones first; FULL, IO (also
 * when something else is read back): nothing may leave. */
TS_MUST_USE ts_err_t ts_witness_advance(ts_witness_t *self,
                                        const ts_witness_place_t *place,
                                        const ts_tip_t *tips,
                                        size_t count);
/* Forgets a log (continued by its successor, whose genesis names the tip); written with the next
 * advance.
 */
void ts_witness_forget(ts_witness_t *self, const ts_hash_t *log);

#endif
