/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The reference model of the simulator: sets and maps of what exists, who holds it, who said that
 * he holds it, and what the entries add up to. It is fed by check.c with bytes that were read from
 * the stores and seen on the wires, and judges nothing itself except whether bytes are a segment.
 * Nothing here asks a node for its opinion. Indexes are stable: nothing is ever taken out.
 */
#ifndef TS_TESTS_SIM_MODEL_H
#define TS_TESTS_SIM_MODEL_H

#include "base/map.h"
#include "core/envelope.h"
#include "core/log.h"
#include "wire/event.h"
#include "wire/segment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_NONE SIZE_MAX

/* What an event of the registry, or a holding, names. */
typedef struct model_naming {
    uint32_t number;       /* of an office */
    ts_hash_t node_key;    /* of an office: bound to it; zero = not yet */
    ts_record_id_t office; /* that a cut-off is about */
    ts_id16_t store;       /* of a holding */
    ts_tip_t *tips;        /* of a cut-off or a holding */
    size_t tip_count;
    uint64_t *events; /* of a release */
    size_t event_count;
} model_naming_t;

typedef struct model_event {
    ts_hash_t id;
    size_t log;    /* where it was first seen */
    bool readable; /* what follows is known */
    bool is_void;
    bool told; /* a person was told that it is saved */
    uint32_t kind;
    ts_record_id_t record;
    ts_record_id_t unit; /* that a need, a child or a population is about; 0 = not such a record */
    int64_t quantity;    /* of a need that did not expire */
    uint64_t *revises;
    size_t revise_count;
    model_naming_t *naming; /* NULL: it names nothing */
    size_t *segments;       /* in which it stands: more than one after a fork */
    size_t segment_count;
    size_t segment_capacity;
} model_event_t;

typedef struct model_segment {
    ts_hash_t hash;
    ts_hash_t whole; /* hash of all its bytes, as they were at its author */
    ts_hash_t sum;   /* additive: of the ids of its events */
    size_t log;
    size_t prev; /* MODEL_NONE: a genesis */
    uint64_t first_seq;
    uint64_t last_seq;
    uint32_t bytes;
    size_t author; /* machine that sealed it; MODEL_NONE: not known */
    size_t *events;
    size_t event_count;
    size_t successors;
    uint32_t holders; /* machines that hold it now */
    uint32_t losses;  /* machines that held it and lost it */
    bool anchored;    /* the province said so */
} model_segment_t;

typedef struct model_log {
    ts_log_info_t info; /* from its genesis; closed and forked are not kept */
    size_t *segments;
    size_t count;
    size_t capacity;
} model_log_t;

typedef struct model_machine {
    size_t *held; /* segments by arrival, the first has arrival 1 */
    size_t held_count;
    size_t held_capacity;
    ts_map_t *holds; /* segment (size_t) → nothing */
    size_t *tail;    /* events, in order of their counters */
    size_t tail_count;
    size_t tail_capacity;
    ts_id16_t store;
} model_machine_t;

typedef struct model {
    ts_id16_t deployment;
    model_event_t *events;
    size_t event_count;
    size_t event_capacity;
    model_segment_t *segments;
    size_t segment_count;
    size_t segment_capacity;
    model_log_t *logs;
    size_t log_count;
    size_t log_capacity;
    model_machine_t *machines;
    size_t machine_count;
    ts_map_t *event_of;   /* id → index */
    ts_map_t *segment_of; /* hash → index */
    ts_map_t *prefix_of;  /* first 8 bytes of the hash → index */
    ts_map_t *log_of;     /* log id → index */
    ts_map_t *claims;     /* (store, segment hash) → nothing: who said to hold what */
    ts_map_t *heads;      /* (store, log) → greatest number that the store ever said to hold */
    ts_map_t *floors;     /* the same, since its files last went back: it may not say less */
    ts_map_t *owners;     /* store id → machine */
    ts_codec_t *codec;
    ts_event_decoder_t *decoder;
    uint64_t told; /* events that people were told are saved */
} model_t;

model_t *model_new(const ts_id16_t *deployment);
void model_free(model_t **self_p);
/* Machines 0 … index exist from now on. */
model_machine_t *model_machine(model_t *self, size_t index);

/* Takes in bytes that claim to be a segment. NULL: they are, and *ret_segment says which; genuine
 * and signed when it is new, the same bytes as ever when it is not. Else words that say what is
 * wrong. */
const char *model_learn(model_t *self, ts_bytes_t bytes, size_t *ret_segment);
/* The event with these bytes, added when it is new. `log` MODEL_NONE: not known. */
size_t model_event_learn(model_t *self, ts_bytes_t bytes, size_t log);
size_t model_find(const model_t *self, const ts_hash_t *segment);
size_t model_find_prefix(const model_t *self, uint64_t prefix);
size_t model_find_event(const model_t *self, const ts_hash_t *id);
size_t model_find_log(const model_t *self, const ts_hash_t *log);

/* The machine holds one more segment, with the next arrival number. */
void model_hold(model_t *self, size_t machine, size_t segment);
/* The same in two halves, for one whose bytes are damaged: it has its number, and is held when they
 * are right again. */
void model_place(model_t *self, size_t machine, size_t segment);
void model_regain(model_t *self, size_t machine, size_t segment);
/* It is not there any more, though it was held. */
void model_drop(model_t *self, size_t machine, size_t segment);
bool model_holds(const model_t *self, size_t machine, size_t segment);
/* It stands in its tail, or in a segment that it holds. */
bool model_has_event(const model_t *self, size_t machine, size_t event);
/* The machine is to be looked at anew: holds nothing as of now. */
void model_forget(model_t *self, size_t machine);

/* The store says that it holds the tip and all before it. False: it said so before. */
bool model_claim(model_t *self, const ts_id16_t *store, const ts_hash_t *segment);
bool model_claimed(const model_t *self, const ts_id16_t *store, const ts_hash_t *segment);
/* Greatest number of a log that the store said to hold since its files last went back; grows when
 * `seq` is greater. */
uint64_t model_floor(model_t *self, const ts_id16_t *store, const ts_hash_t *log, uint64_t seq);
/* The same for all time. */
uint64_t model_head(const model_t *self, const ts_id16_t *store, const ts_hash_t *log);
/* The store went back in time, perhaps under the same id: what it said it may say less of now. */
void model_claims_forget(model_t *self, const ts_id16_t *store);

/* What all needs that a machine holds add up to; events of `without` (id prefix) do not count:
 * parked ones. */
typedef struct model_figures {
    int64_t quantity; /* of the versions shown first that are not void */
    uint64_t records; /* with a version that is not void */
    uint64_t all;     /* records, void ones too */
} model_figures_t;
model_figures_t model_needs(const model_t *self, size_t machine, const ts_map_t *without);

/* Additive hash: order does not matter. */
void model_sum(ts_hash_t *sum, const ts_hash_t *more);

#endif
