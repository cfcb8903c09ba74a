/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Made-up offices with logs and real events, and a fold over them. First events are written into
 * logs (nothing is stored), then a run seals them into segments, puts these into a custody store of
 * its own in some order, and folds them into a ledger. The same events can be run any number of
 * times in different ways. Signatures are not real. For tests only: what must succeed is asserted.
 */
#ifndef TS_TESTS_SUPPORT_FOLD_WORLD_H
#define TS_TESTS_SUPPORT_FOLD_WORLD_H

#include "base/prng.h"
#include "core/event.h"
#include "node/fold.h"
#include "store/custody.h"
#include "store/ledger_write.h"
#include "tiepsuc/v1/event.pb-c.h"

typedef struct fold_world fold_world_t;

fold_world_t *fold_world_new(void);
void fold_world_free(fold_world_t **self_p);

/* A log of that office and purpose; keys are those of the office (another `installation` of it has
 * others). */
size_t fold_world_log(fold_world_t *self, uint32_t office, uint8_t purpose, uint32_t installation);
/* What a registry record of this office must hold. */
ts_hash_t fold_world_invite_key(uint32_t office, uint32_t installation);
ts_hash_t fold_world_node_key(uint32_t office, uint32_t installation);
ts_hash_t fold_world_log_id(const fold_world_t *self, size_t log);
/* Record ids of an office, 1, 2, 3 … */
ts_record_id_t fold_world_mint(fold_world_t *self, uint32_t office);

/* Appends an event; kind and version are set, author is 1 unless given. Returns the prefix of its
 * id. */
uint64_t fold_world_add(
    fold_world_t *self, size_t log, ts_event_header_t header, uint32_t kind, const void *record);
/* Bytes that need not be an event. */
void fold_world_raw(fold_world_t *self, size_t log, const void *data, size_t length);
/* The same bytes once more, in another log. */
void fold_world_copy(fold_world_t *self, size_t from, size_t to);
/* Of all events. */
size_t fold_world_bytes(const fold_world_t *self);
size_t fold_world_events(const fold_world_t *self, size_t log);
int32_t fold_world_day(const char *iso);

typedef struct fold_run {
    fold_world_t *world;
    char *folder;
    ts_custody_t *custody;
    ts_ledger_t *ledger;
    ts_fold_t *fold;
    ts_ledger_options_t ledger_options;
    ts_fold_options_t fold_options;
} fold_run_t;

typedef struct fold_way {
    uint64_t seed;        /* of the order in which segments arrive; 0: log after log */
    uint32_t per_segment; /* events of one segment; 0: random 1..40 */
    uint32_t batch;       /* events of one commit */
    uint32_t budget;      /* events of one slice */
    bool fold_between;    /* fold after each segment, not only at the end */
    bool feed;
    size_t hold;     /* 1 + a log of which only the genesis arrives, as an own log; 0: none */
    const char *vfs; /* of the ledger; NULL: the system's */
} fold_way_t;

/* Everything: custody filled, ledger folded until nothing is left. */
void fold_run_begin(fold_run_t *run, fold_world_t *world, const fold_way_t *way);
/* Custody filled; no ledger yet: fold_run_open. */
void fold_run_prepare_custody(fold_run_t *run, fold_world_t *world, const fold_way_t *way);
/* Closes custody and leaves its folder to another program, which takes it over without the world.
 */
char *fold_run_leave(fold_run_t *run);
void fold_run_return(fold_run_t *run, const char *folder, const fold_way_t *way);
/* Only the stores: nothing folded yet. */
void fold_run_prepare(fold_run_t *run, fold_world_t *world, const fold_way_t *way);
/* Folds until nothing is left. */
void fold_run_finish(fold_run_t *run, uint32_t budget);
/* Closes and opens ledger and fold. */
ts_err_t fold_run_open(fold_run_t *run);
void fold_run_close(fold_run_t *run);
/* Events of `log` from `from` on arrive as one segment. */
void fold_run_deliver(fold_run_t *run, size_t log, size_t from, size_t count);
/* Events of an own log go into its tail; returns the counter of the last. */
uint64_t fold_run_append(fold_run_t *run, size_t log, size_t from, size_t count);
/* The same events, sealed from the tail up to this counter. */
void fold_run_seal(fold_run_t *run, size_t log, size_t from, size_t count, uint64_t through);
ts_fingerprint_t fold_run_print(fold_run_t *run);
void fold_run_end(fold_run_t *run);

/* Sum of the cells of a measure, any part 0 = any; distinct: period and unit as given, 0 meaning
 * over all. */
int64_t fold_run_sum(fold_run_t *run,
                     ts_measure_t measure,
                     ts_record_id_t unit,
                     ts_record_id_t line,
                     ts_record_id_t band);
int64_t fold_run_cell(fold_run_t *run, const ts_cell_key_t *key);

#endif
