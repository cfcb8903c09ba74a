/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside of the fold. For fold*.c only.
 * fold.c: opening, slices · fold_commit.c: batches, what was under trial · fold_event.c: one event:
 * decode, judge, accept or park · fold_source.c: bytes of events from custody · fold_record.c:
 * events of a record → its row and contributions · fold_child.c: children: facts, distinct numbers,
 * dependants · fold_catalog.c: catalog and what a change of it touches · fold_rebuild.c: a ledger
 * beside, comparing · fold_feed.c: business events
 */
#ifndef TS_NODE_FOLD_P_H
#define TS_NODE_FOLD_P_H

#include "base/map.h"
#include "node/fold.h"
#include "store/ledger_write.h"
#include "wire/event.h"
#include "wire/segment.h"

/* In the first two phases a new ledger takes what everything else is judged by; then all in order
 * of arrival. */
enum { TS_PHASE_REGISTRY = 1, TS_PHASE_PLANS = 2, TS_PHASE_ALL = 3 };

/* A log as both the ledger and custody know it. */
typedef struct ts_fold_log {
    uint32_t number; /* the ledger's */
    ts_log_info_t info;
} ts_fold_log_t;

/* One opened segment. */
typedef struct ts_fold_source {
    ts_codec_t *codec;
    ts_buf_t bytes;
    uint64_t arrival; /* 0: none */
    ts_held_segment_t stored;
    ts_err_t failed;    /* the payload cannot be opened */
    ts_bytes_t *events; /* into the codec's memory */
    size_t count;
    size_t capacity;
} ts_fold_source_t;

/* An event where it stands. */
typedef struct ts_occurrence {
    ts_bytes_t bytes;
    uint64_t event; /* prefix of its id */
    const ts_fold_log_t *log;
    ts_place_t place;
    ts_hash_t segment; /* zero: tail */
} ts_occurrence_t;

/* The event that is being folded. */
typedef struct ts_trial {
    const ts_occurrence_t *at;
    const ts_event_header_t *header;
    const ts_kind_schema_t *kind; /* NULL: not readable or not known */
    const void *record;
    ts_verdict_t verdict;
    const ts_msg_t *why;  /* of the decoder; NULL: none */
    ts_record_id_t watch; /* an approval of what is not known here */
} ts_trial_t;

typedef struct ts_child {
    ts_record_id_t id;
    ts_born_t born;
    bool exists; /* its beneficiary record has an accepted event */
    bool dirty;
    ts_fact_t *facts; /* each once, days by their class; in order of arrival */
    uint32_t *counts; /* beside facts: how many times */
    size_t fact_count;
    size_t fact_capacity;
    size_t count_capacity;
    ts_record_id_t *dependants; /* records whose contribution asked for this child */
    uint8_t *kinds;             /* beside dependants */
    size_t dependant_count;
    size_t dependant_capacity;
    size_t kind_capacity;
    uint32_t repeats; /* as the ledger has it */
} ts_child_t;

/* Numbers of the kinds that the fold treats in their own way, from the schema. */
typedef struct ts_fold_kinds {
    uint32_t beneficiary;
    uint32_t donor;
    uint32_t pledge;
    uint32_t receipt;
    uint32_t allocation;
    uint32_t handover;
    uint32_t give_back; /* return */
    uint32_t approval;
    uint32_t office;
} ts_fold_kinds_t;

/* A record that lately was found in the ledger: handovers name needs that have just come. */
typedef struct ts_known {
    ts_record_id_t record; /* 0: none */
    uint64_t kind;
} ts_known_t;
enum { TS_KNOWN_COUNT = 4096 };

/* One ledger being folded: the one in use, or one beside it. */
typedef struct ts_folding {
    const ts_fold_options_t *options;
    ts_fold_kinds_t kinds;
    ts_ledger_t *ledger;
    bool beside;
    const uint8_t *only; /* of a past: bit (arrival & 7) of byte (arrival >> 3); NULL: everything */
    uint64_t only_last;  /* greatest arrival that has a bit */
    ts_catalog_t *catalog;
    ts_event_decoder_t *decoder; /* of the event under trial */
    ts_event_decoder_t *again;   /* of events that are read once more */
    ts_fold_source_t ahead;
    ts_fold_source_t behind; /* for events that are read once more */
    ts_buf_t tail;
    ts_buf_t tail_again;
    ts_map_t *logs;            /* log id → ts_fold_log_t * */
    ts_fold_log_t **by_number; /* NULL where not looked up */
    size_t by_number_count;
    size_t by_number_capacity;
    ts_map_t *children; /* record id → ts_child_t * */
    ts_child_t *child;  /* asked for last; NULL: none */
    ts_known_t *known;  /* TS_KNOWN_COUNT records that have an accepted event; NULL: none yet */
    ts_child_t **dirty; /* changed since they were written */
    size_t dirty_count;
    size_t dirty_capacity;
    ts_buf_t facts;       /* of the child that is being read or written */
    ts_buf_t child_facts; /* while it is being written */
    ts_buf_t child_ids;

    uint64_t phase;
    uint64_t phase_end; /* newest arrival when the first phase began */
    uint64_t arrival;   /* folded up to here in this phase … */
    uint64_t index;     /* … and so many events of the next segment */
    uint64_t tail_counter;
    uint32_t batch;      /* events since the last commit */
    bool closing;        /* the batch is full: it is being written, in steps */
    bool rebuild_wanted; /* lines, bands or periods changed under figures */
    ts_buf_t ask_again;  /* of ask_t: records whose verdict depends on what this event changed */

    bool careful; /* after a crash: each event is noted before it is tried */
    uint32_t careful_left;
    uint64_t trial_event;
    uint64_t trial_count;
    uint64_t now_s;
} ts_folding_t;

struct ts_fold {
    ts_fold_options_t options;
    ts_folding_t *live;
    ts_folding_t *beside; /* NULL unless rebuilding */
    char *beside_path;
    ts_msg_t detail;
    bool lost; /* the disk was full: a batch was taken back that `live` still counts as folded */
    uint64_t changes; /* of `live`, see ts_fold_state_t */
};

/* ---- fold_rebuild.c */
void ts_fold_drop_beside(ts_fold_t *self);
/* After a full disk: what is folded and what is known is what the ledger says, and goes on from
 * there. Catalog and rows of before are gone. */
TS_MUST_USE ts_err_t ts_fold_recover(ts_fold_t *self);

/* ---- fold.c */
ts_folding_t *ts_folding_new(const ts_fold_options_t *options, ts_ledger_t *ledger);
void ts_folding_destroy(ts_folding_t **self_p);
/* Up to `budget` events or as much other work; *ret_used how much, 0 when nothing is left to do. */
TS_MUST_USE ts_err_t ts_folding_slice(ts_folding_t *self, uint32_t budget, uint32_t *ret_used);

/* ---- fold_commit.c */
TS_MUST_USE ts_err_t ts_folding_load(ts_folding_t *self);
TS_MUST_USE ts_err_t ts_folding_commit(ts_folding_t *self);
TS_MUST_USE ts_err_t ts_folding_begin(ts_folding_t *self);
/* What comes before anything else: to close a full batch, to move the WAL; a step of it. *ret_did:
 * there was one. */
TS_MUST_USE ts_err_t ts_folding_step_store(ts_folding_t *self,
                                           uint32_t budget,
                                           uint32_t *used,
                                           bool *ret_did);
/* In careful mode: notes the event. *ret_skip: it stopped the program twice. */
TS_MUST_USE ts_err_t ts_folding_try(ts_folding_t *self, uint64_t event);

/* ---- fold_source.c */
/* The log of custody; CORRUPT when custody does not have it. */
TS_MUST_USE ts_err_t ts_folding_log(ts_folding_t *self,
                                    const ts_hash_t *log,
                                    const ts_fold_log_t **ret_log);
TS_MUST_USE ts_err_t ts_folding_log_numbered(ts_folding_t *self,
                                             uint32_t number,
                                             const ts_fold_log_t **ret_log);
void ts_fold_source_free(ts_fold_source_t *source);
/* Opens the segment unless it is open; a genesis and a payload that cannot be opened have no
 * events. */
TS_MUST_USE ts_err_t ts_fold_source_open(ts_folding_t *self,
                                         ts_fold_source_t *source,
                                         uint64_t arrival);
/* Event `index` of an open segment. */
void ts_fold_source_event(ts_folding_t *self,
                          const ts_fold_source_t *source,
                          const ts_fold_log_t *log,
                          size_t index,
                          ts_occurrence_t *ret_at);
/* Finds the bytes of an event again, also when its tail was sealed meanwhile. NOTFOUND. */
TS_MUST_USE ts_err_t ts_folding_find(ts_folding_t *self,
                                     const ts_place_t *place,
                                     uint64_t event,
                                     ts_occurrence_t *ret_at);

/* A standing event, read once more; results live until the next call. CORRUPT when it cannot be
 * found or read any more. */
typedef struct ts_reread {
    ts_occurrence_t at;
    ts_event_header_t header;
    const ts_kind_schema_t *kind;
    const void *record;
} ts_reread_t;
TS_MUST_USE ts_err_t ts_folding_reread(ts_folding_t *self,
                                       const ts_place_t *place,
                                       uint64_t event,
                                       ts_reread_t *ret_event);

/* ---- fold_event.c */
TS_MUST_USE ts_err_t ts_folding_event(ts_folding_t *self, const ts_occurrence_t *at);
/* The verdict of an event at a place. */
TS_MUST_USE ts_err_t ts_folding_judge(ts_folding_t *self, ts_trial_t *trial);
/* Asks again for records that ts_folding_ask_again named; part of ts_folding_event. */
void ts_folding_ask_again(ts_folding_t *self, uint32_t kind, ts_record_id_t record);

/* The event is accepted and counts already: at which place it is kept. `single`: the record has no
 * further events stored. */
TS_MUST_USE ts_err_t ts_folding_accept_known(ts_folding_t *self,
                                             const ts_trial_t *trial,
                                             const ts_standing_t *standing,
                                             const ts_more_t *member,
                                             bool single);
TS_MUST_USE ts_err_t ts_folding_park(ts_folding_t *self, const ts_trial_t *trial);

/* ---- fold_record.c */
/* The event counts from now on: row, further events, contributions, digests and whatever waits for
 * it. */
TS_MUST_USE ts_err_t ts_folding_add(ts_folding_t *self, const ts_trial_t *trial);
/* It does not count any more; for_good false: it comes back at once from another place. */
TS_MUST_USE ts_err_t ts_folding_take_back(
    ts_folding_t *self, uint32_t kind, ts_record_id_t record, uint64_t event, bool for_good);
/* The accepted events of a record; *ret_standing and the set are empty (count 0) when there are
 * none. */
TS_MUST_USE ts_err_t ts_folding_members(ts_folding_t *self,
                                        uint32_t kind,
                                        ts_record_id_t record,
                                        ts_standing_t *ret_standing,
                                        ts_more_set_t *ret_set);
ts_digest_t ts_event_digest(ts_record_id_t record, uint64_t event, ts_park_t park);

/* The record has an accepted event, or none any more. */
void ts_folding_know(ts_folding_t *self, uint32_t kind, ts_record_id_t record);
void ts_folding_unknow(ts_folding_t *self, uint32_t kind, ts_record_id_t record);

/* ---- fold_child.c */
/* Borrowed until the next commit or trim. */
TS_MUST_USE ts_err_t ts_folding_child(ts_folding_t *self,
                                      ts_record_id_t id,
                                      ts_child_t **ret_child);
/* One more (sign 1) or one less (−1) of a fact of this record, with the distinct cells that follow.
 */
void ts_child_count_fact(ts_folding_t *self, ts_child_t *child, const ts_fact_t *fact, int sign);
void ts_child_depend(
    ts_folding_t *self, ts_child_t *child, uint32_t kind, ts_record_id_t record, int sign);
/* Writes children that changed, until none is left or *used has reached the budget. */
TS_MUST_USE ts_err_t ts_folding_flush_children(ts_folding_t *self, uint32_t budget, uint32_t *used);
void ts_folding_forget_children(ts_folding_t *self);
/* The beneficiary's record says this now; NULL: it is no more. */
TS_MUST_USE ts_err_t ts_folding_child_changed(ts_folding_t *self,
                                              ts_record_id_t id,
                                              const ts_born_t *born);

/* ---- fold_catalog.c */
TS_MUST_USE ts_err_t ts_folding_load_catalog(ts_folding_t *self);
/* A record of a catalog kind stands now (record NULL: it does not, or it is withdrawn): puts it and
 * schedules what it touches. known: it had events before. */
typedef struct ts_catalog_row {
    uint32_t kind;
    ts_record_id_t id;
    ts_record_id_t plan;
    const void *record;
    bool known;
} ts_catalog_row_t;
TS_MUST_USE ts_err_t ts_folding_catalog(ts_folding_t *self, const ts_catalog_row_t *row);

/* ---- fold_feed.c */
/* Tells of an accepted event. */
TS_MUST_USE ts_err_t ts_folding_tell(ts_folding_t *self, const ts_trial_t *trial);
TS_MUST_USE ts_err_t ts_folding_tell_conflict(ts_folding_t *self, const ts_trial_t *trial);
TS_MUST_USE ts_err_t ts_folding_tell_gone(ts_folding_t *self, const ts_reread_t *event);

/* ---- fold_rebuild.c */
/* One slice of the ledger beside; *ret_more while it is not done. */
TS_MUST_USE ts_err_t ts_fold_beside_slice(ts_fold_t *self, uint32_t budget, bool *ret_more);

#endif
