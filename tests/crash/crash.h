/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The crash matrix: every named point of a node's work × every way in which it may be stopped
 * there. A point is a pattern of what can be seen from outside (calls to the disk, frames), so that
 * the product needs no hook for it. points.c: the table · watch.c: finding a point · drive.c:
 * bringing a tree to it, breaking it, going on · carry.c, again.c: works beside the databases
 * (bundles, backups, keys; a folder that is laid out anew) · plain.c: their files fail too ·
 * judge.c: what must hold · calls.c: every call k · page.c, main.c. How it is read: README.md.
 */
#ifndef TS_TESTS_CRASH_CRASH_H
#define TS_TESTS_CRASH_CRASH_H

#include "support/node_world.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { LAB_NODES_MAX = 8, CRASH_WAITS_MAX = 5, CRASH_ACKS_MAX = 4096 };

/* Who is stopped. */
typedef enum crash_victim {
    VICTIM_LEAF,
    VICTIM_PARENT,
    VICTIM_PROVINCE,
    VICTIM_FRESH
} crash_victim_t;

/* What is being done when it happens. */
#define CRASH_WORK_LIST(X)                                                                   \
    X(TYPE, "a need is typed at a commune without link")                                     \
    X(SEAL, "what was typed is sealed, without link")                                        \
    X(SEND, "a backlog goes up to district and province, holdings come down")                \
    X(FIRST, "an office starts for the first time and mints its logs")                       \
    X(CLOSE, "a node is closed politely: the WAL is moved into the database")                \
    X(REFOLD, "a node starts with a ledger of other rules and makes it anew")                \
    X(HOLD, "the province writes down what it holds")                                        \
    X(STICK, "a bundle of a commune without link is taken in at the district")               \
    X(BUNDLE, "a commune without link writes a bundle onto a stick")                         \
    X(BACKUP, "a district makes a backup onto a stick")                                      \
    X(RESTORE, "a commune whose disk is gone is laid out from its backup")                   \
    X(REBUILD, "a province that lost all is laid out from its kit, and its children return " \
               "what it had")                                                                \
    X(ROTATE, "the registrar's key is replaced")                                             \
    X(REGATE, "the key of a gate is replaced")

typedef enum crash_work {
#define CRASH_WORK_ENTRY(name, what) WORK_##name,
    CRASH_WORK_LIST(CRASH_WORK_ENTRY)
#undef CRASH_WORK_ENTRY
        WORK_COUNT
} crash_work_t;

typedef enum crash_sight {
    SEE_NOTHING, /* end of the pattern */
    SEE_ANY,     /* anything that the victim does or gets */
    SEE_DISK,    /* a call, before it is done */
    SEE_SENT,    /* a frame of the victim */
    SEE_CAME     /* a frame to the victim, before it gets it */
} crash_sight_t;

typedef enum crash_part { PART_ANY, PART_INSIDE, PART_LAST } crash_part_t;

/* One step of a pattern. */
typedef struct crash_wait {
    crash_sight_t see;
    unsigned calls;    /* of SEE_DISK: TS_FAULT_ON_… */
    const char *file;  /* of SEE_DISK: end of its name */
    int64_t slot;      /* of SEE_DISK with a lock: 1 + its number in the WAL's index; 0 = any */
    int frame;         /* of frames: a ts_sync_kind_t; 0 = any */
    crash_part_t part; /* of a CHUNK: the last of its segment? */
    bool lost;         /* the frame that ends the pattern does not leave any more */
} crash_wait_t;

/* Rows that cannot be run say why. */
typedef enum crash_state { POINT_RUN, POINT_NOT_BUILT, POINT_NOT_APPLICABLE } crash_state_t;

typedef struct crash_point {
    const char *id;   /* as in the list of points */
    const char *what; /* one line */
    crash_state_t state;
    const char *why;      /* of rows that are not run */
    const char *no_image; /* why there is none of a day before; NULL: there is one */
    crash_work_t work;
    crash_victim_t victim;
    crash_wait_t waits[CRASH_WAITS_MAX];
} crash_point_t;

#define CRASH_FAULT_LIST(X)                                                                     \
    X(KILL, "kill -9", "the process ends, everything written stands")                           \
    X(POWER, "power cut", "nothing that was not flushed stands")                                \
    X(REORDER, "reordered", "power cut; of what was not flushed a random part stands")          \
    X(TORN, "torn", "power cut; up to a random write, itself torn at 512 or 4,096 bytes")       \
    X(FULL, "disk full", "from the next write on there is no room, for half a minute")          \
    X(FLUSH, "EIO flush", "the next flush fails, what it should have flushed is lost for good") \
    X(CLOCK, "clock −1 y", "killed; started again with a clock a year behind")                  \
    X(IMAGE, "image −1 d", "killed; its folder comes back as it was a day before")

typedef enum crash_fault {
#define CRASH_FAULT_ENTRY(name, title, meaning) CRASH_##name,
    CRASH_FAULT_LIST(CRASH_FAULT_ENTRY)
#undef CRASH_FAULT_ENTRY
        CRASH_FAULT_COUNT
} crash_fault_t;

/* points.c */
const crash_point_t *crash_points(size_t *ret_count);
const char *crash_fault_title(crash_fault_t fault);
const char *crash_fault_meaning(crash_fault_t fault);
const char *crash_work_name(crash_work_t work);
const char *crash_work_meaning(crash_work_t work);

/* Somebody told somebody that he holds a segment. */
typedef struct crash_ack {
    size_t holder;
    ts_hash_t hash;
} crash_ack_t;

typedef struct lab {
    world_t *world;
    size_t district;
    size_t commune;
    size_t neighbour;
    size_t fresh; /* enrolled, never started */
    world_files_t *today[LAB_NODES_MAX];
    world_files_t *yesterday[LAB_NODES_MAX];
    uint64_t logs_today[LAB_NODES_MAX]; /* own logs of each node */
    uint64_t needs_today;               /* typed before a cell begins */
    ts_sync_decoder_t *decoder;
    ts_buf_t stick;     /* a bundle under way */
    char drive[512];    /* folder of what is carried by hand */
    char carried[1024]; /* what this cell's work writes there; empty: nothing yet */
    char aside[512];    /* the victim's folder before the cell, or its keys; empty: in its place */
    char in_place[512]; /* … and where that belongs */
    bool promised;      /* whoever said the work was told that it is done */
    ts_hash_t root;     /* public half of the root key */
    ts_secret_t secret; /* the other */
    /* the cell at hand */
    const crash_point_t *point;
    crash_fault_t fault;
    ts_fault_t armed; /* instead of a fault of the list: kind other than NONE */
    size_t victim;
    bool watching;
    size_t waited;         /* steps of the pattern seen */
    bool there;            /* the point was reached and the fault applied */
    bool stopped;          /* the victim said itself that it cannot go on */
    char early[160];       /* a frame left before its promise was flushed; empty: none did */
    uint64_t saved;        /* typed in this cell, and told to be saved */
    uint64_t unsure;       /* typed, and not told what became of it */
    uint64_t before_image; /* needs that others knew when the victim went back in time */
    crash_ack_t *acks;
    size_t ack_count;
} lab_t;

/* drive.c */
lab_t *lab_new(uint64_t seed);
void lab_free(lab_t **self_p);
/* Runs one cell to its end; what does not hold is asserted. */
void lab_cell(lab_t *self, const crash_point_t *point, crash_fault_t fault, uint64_t seed);
/* The same work with `armed` from its beginning; false when the fault never happened. */
bool lab_call(lab_t *self, const crash_point_t *point, const ts_fault_t *armed, uint64_t seed);

/* Opens the victim while its disk may fail. */
void lab_open_victim(lab_t *self);
void lab_start_without_link(lab_t *self);
void lab_start_old(lab_t *self);
/* From here on the victim is watched, or the fault armed. */
void lab_go(lab_t *self);
/* One more need, typed by somebody who believes what the screen says. */
void lab_type(lab_t *self, size_t node);

/* What belongs to a work beside the work itself; any may be NULL. */
typedef struct crash_hooks {
    void (*work)(lab_t *self);
    void (*before_start)(lab_t *self); /* the machine runs again, the node does not yet */
    void (*again)(lab_t *self); /* it runs: whoever was not told that it is done says it again */
    void (*judge)(lab_t *self); /* everything came to rest */
    bool is_renewed;            /* the victim is a new store afterwards */
    unsigned more_logs;         /* of its own afterwards */
} crash_hooks_t;

/* drive.c */
const crash_hooks_t *lab_hooks(const lab_t *self);
/* carry.c */
extern const crash_hooks_t lab_bundle;
extern const crash_hooks_t lab_backup;
/* Its file goes to `path`; what the command line is told. */
ts_err_t lab_back_up(lab_t *self, size_t node, const char *path);
/* again.c */
extern const crash_hooks_t lab_restore;
extern const crash_hooks_t lab_rebuild;
extern const crash_hooks_t lab_rotate;
extern const crash_hooks_t lab_regate;
void lab_learn_root(lab_t *self);
/* Everything beside the databases stands as before the cell. */
void lab_put_back(lab_t *self);
/* Of an image of a day before: the keys too. */
void lab_old_keys(lab_t *self);

/* watch.c */
void lab_watch(lab_t *self);
void lab_unwatch(lab_t *self);

/* judge.c */
/* Own logs of a node, by office. */
uint64_t lab_logs(const lab_t *self, size_t node);
void lab_judge(lab_t *self);

#endif
