/* SPDX-License-Identifier: MPL-2.0 */
/* Inside of the checks; test_check.c changes the model through it, so that each check is seen to
 * fail. */
#ifndef TS_TESTS_SIM_CHECK_P_H
#define TS_TESTS_SIM_CHECK_P_H

#include "sim/check.h"

/* "This store holds this segment", until it is judged. */
typedef struct check_claim {
    ts_id16_t store;
    ts_hash_t segment;
} check_claim_t;

/* A person was told that this event is saved, until it is judged. */
typedef struct check_told {
    size_t machine;
    ts_hash_t event;
} check_told_t;

/* A segment that left a machine, and what its witness file said at that moment. */
typedef struct check_left {
    size_t machine;
    uint64_t prefix; /* of its hash */
    ts_tip_t *tips;
    size_t count;
    bool flushed;
} check_left_t;

/* A refusal for good that is on its way: it counts when just these bytes arrive. */
typedef struct check_refusal {
    uint64_t connection;
    ts_hash_t frame;
} check_refusal_t;

/* A store said less than before. */
typedef struct check_less {
    size_t machine;
    ts_hash_t log;
    uint64_t before;
    uint64_t now;
} check_less_t;

/* A segment that stands in a store with other bytes, which the store has named. */
typedef struct check_rotten {
    uint64_t arrival;
    size_t segment;
} check_rotten_t;

typedef struct check_machine {
    bool anew;     /* it was opened: all is to be read again */
    bool forgiven; /* lying disk or other files: what it called saved may be gone */
    bool gone;     /* for good; it was noted */
    size_t looked; /* segments before this step; from here on they are news */
    uint64_t tail_counter;
    uint64_t shrunk; /* segments or entries that went away without an excuse */
    bool lacks;      /* it said to hold a segment that it does not hold … */
    ts_hash_t lacking;
    bool image_bad;         /* a copy of its files, as a power cut would leave them, lacks one */
    check_rotten_t *rotten; /* what it has named as damaged and fetches again */
    size_t rotten_count;
    size_t rotten_capacity;
    const char *bad_bytes; /* what is wrong with a segment that was read; NULL = nothing */
    const char *bad_chain;
    uint64_t rejects;       /* genuine REJECTs that reached it … */
    uint64_t told;          /* … and notes of it that say so */
    uint64_t connection;    /* of its uplink, newest */
    uint32_t idle_sessions; /* connections since anything moved over its link */
    uint64_t moved;
    ts_map_t *witnessed; /* log → greatest number that was seen in its witness */
} check_machine_t;

struct check {
    sim_t *sim;
    model_t *model;
    ts_prng_t prng;
    check_machine_t *machines;
    size_t machine_count;
    check_claim_t *claims;
    size_t claim_count;
    size_t claim_capacity;
    check_left_t *left;
    size_t left_count;
    size_t left_capacity;
    check_less_t *less;
    size_t less_count;
    size_t less_capacity;
    size_t *lone; /* segments that are anchored and stand on too few machines */
    size_t lone_count;
    size_t lone_capacity;
    check_refusal_t *refusals;
    size_t refusal_count;
    size_t refusal_capacity;
    size_t event_looked;   /* events of the model up to here were looked through for holdings */
    uint64_t chunk_bytes;  /* sent while there are no faults */
    uint64_t unique_bytes; /* taken in meanwhile */
    uint64_t sessions;
    size_t figure; /* row that is being judged */
    check_figures_t figures;
    check_told_t *told;
    size_t told_count;
    size_t told_capacity;
    ts_faultvfs_t *copies; /* files as a power cut would leave them, to be opened */
    char *copy_folder;
};

check_machine_t *check_machine(check_t *self, size_t machine);
/* The node when it may be read: it runs and its disk answers. */
ts_node_t *check_node(const check_t *self, size_t machine);
/* Nothing is left to do for it and its ledger has everything that its custody has. */
bool check_at_rest(const check_t *self, size_t machine);
/* Is it an office whose entries must come home: on, not revoked, not replaced, the one that its
 * invite was bound to? */
bool check_counts(const check_t *self, size_t machine);
bool check_is_bound(const check_t *self, size_t machine);
/* printf; names the invariant that is being judged. */
void check_broken(check_t *self, size_t machine, const char *format, ...)
#if defined(__GNUC__) || defined(__clang__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* ---- check_look.c: from the stores into the model */
void check_look(check_t *self, size_t machine);
void check_look_again(check_t *self, size_t machine);
/* An anchored segment that stands on one machine alone, to be judged. */
void check_lone(check_t *self, size_t segment);
/* The machine's files are no more. */
void check_gone(check_t *self, size_t machine);

/* ---- check_wire.c: from the wires into the model */
void check_frame(check_t *self, const sim_frame_t *frame);
/* All claims that can be judged are; the rest waits for machines that are off. */
void check_claims_done(check_t *self);

/* ---- the invariants */
/* S15 of one file. */
void check_kept_log(check_t *self, const char *path);
void check_s1(check_t *self, size_t machine);
void check_s2(check_t *self, size_t machine);
void check_s3(check_t *self, size_t machine);
void check_s4(check_t *self, size_t machine);
void check_s5(check_t *self, size_t machine);
void check_s6(check_t *self, size_t machine);
void check_s7(check_t *self, size_t machine);
void check_s8(check_t *self, size_t machine);
void check_s9(check_t *self, size_t machine);
void check_s10(check_t *self, size_t machine);
void check_s11(check_t *self, size_t machine);
void check_s12(check_t *self, size_t machine);
void check_s13(check_t *self, size_t machine);
void check_s14(check_t *self, size_t machine);
void check_s15(check_t *self, size_t machine);
void check_s16(check_t *self, size_t machine);
void check_l1(check_t *self, size_t machine);
void check_l2(check_t *self, size_t machine);
void check_l3(check_t *self, size_t machine);
void check_l4(check_t *self, size_t machine);
void check_l5(check_t *self, size_t machine);

#endif
