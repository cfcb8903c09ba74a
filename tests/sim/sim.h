/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The simulator: years of a whole deployment with bad luck, in one thread and virtual time, with
 * the production nodes on real SQLite. A seed draws everything: the tree, who works when, what is
 * typed, which faults there are and when they strike. First the safety phase with faults, then they
 * end and the liveness phase asks that everything comes home. Same seed, same run: each is run
 * twice and the traces must agree.
 *
 * Who plays what: world.c makes the tree and its machines, drive.c the people, faults.c what goes
 * wrong; hooks watch (check.c: the reference model and the invariants; story.c: the narrator). A
 * hook never changes the world; what it reads goes through the production interfaces of the nodes
 * (sim_node), and it may not settle a fold or write to a store.
 */
#ifndef TS_TESTS_SIM_SIM_H
#define TS_TESTS_SIM_SIM_H

#include "base/prng.h"
#include "core/sync_msg.h"
#include "support/node_world.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sim sim_t;

/* ---- phases and steps */

typedef enum sim_phase {
    SIM_FOUNDING, /* the tree is made, all links good; hooks run, nothing goes wrong */
    SIM_SAFETY,   /* with faults; S1–S16 hold after every step */
    SIM_LIVENESS, /* faults are over, everybody is switched on and linked */
    SIM_OVER      /* settled: L1–L5 hold; nobody is in the middle of anything */
} sim_phase_t;

/* What a step was. One step is one thing that a person or a fault does, or all that is due at one
 * moment of virtual time. */
typedef enum sim_step_kind {
    SIM_STEP_TIME,    /* frames arrived, timers ran, nodes took turns */
    SIM_STEP_COMMAND, /* a person typed; on_reply came inside of it, unless the node died */
    SIM_STEP_POWER,   /* a machine was switched on, off, killed, paused, woken */
    SIM_STEP_LINK,    /* a link came, went, or changed its nature */
    SIM_STEP_STATE,   /* files were restored, cloned, swapped or damaged */
    SIM_STEP_PHASE    /* a phase begins */
} sim_step_kind_t;

/* ---- machines: one per installation; node 0 is the province */

typedef enum sim_role { SIM_PROVINCE, SIM_DISTRICT, SIM_COMMUNE } sim_role_t;

typedef enum sim_power {
    SIM_OFF,    /* switched off: sim_node gives NULL */
    SIM_ON,     /* runs */
    SIM_PAUSED, /* runs but gets no processor time: its object may be read, it does nothing */
    SIM_GONE    /* its disk died or it was replaced for good; its files count no more */
} sim_power_t;

typedef struct sim_machine {
    sim_role_t role;
    sim_power_t power;
    uint32_t office;  /* number; a clone or a successor on the same invite has the same one */
    size_t parent;    /* machine index of the office above as of now */
    size_t twin_of;   /* machine whose files it was made from; SIZE_MAX = none */
    char unit[16];    /* code of its unit */
    char body[24];    /* key of its body */
    bool linked;      /* its line upward is open now */
    bool revoked;     /* the province cut it off (an "organisation" or "trust" fault) */
    bool disk_lied;   /* a lying or losing disk hit it since its last clean sync upward: what it
                         called saved may be lost with a power cut (P1 excludes this) */
    bool rolled_back; /* its files were put back to an older state at least once */
    bool witness_lost; /* … together with the witness (image restore), or the witness was damaged */
    uint32_t forks;    /* times at which two branches of its log may have been made (image restored
                          or cloned, then went on) */
    uint32_t starts;
    uint32_t crashes;
} sim_machine_t;

/* ---- what hooks are told */

typedef enum sim_fate {
    SIM_SENT,      /* by its author; the bytes as the author made them */
    SIM_DELIVERED, /* handed to the other side; perhaps changed, late, or for the second time */
    SIM_LOST       /* will not arrive */
} sim_fate_t;

typedef struct sim_frame {
    sim_fate_t fate;
    size_t from; /* machine; SIZE_MAX: made up by a fault (replay, forgery) */
    size_t to;
    size_t child;        /* the link's lower end */
    bool upward;         /* from child to parent */
    bool genuine;        /* the bytes are as their author sent them, in a session of theirs */
    uint64_t connection; /* number of the connection */
    ts_bytes_t bytes;
    const ts_sync_msg_t *msg; /* decoded; NULL: does not decode. Valid during the call */
} sim_frame_t;

typedef struct sim_event {
    ts_hash_t id;
    ts_hash_t log;
    uint32_t kind;
    ts_record_id_t record;
} sim_event_t;

/* What was told to a person. */
typedef struct sim_said {
    size_t node;
    const ts_command_t *command; /* its name and fields as typed */
    const ts_reply_t *reply;     /* NULL: the node died before it answered: saved or not, whole */
    /* The events that it wrote: appended to the tail or sealed at once. Empty when it died. */
    const sim_event_t *events;
    size_t event_count;
} sim_said_t;

typedef enum sim_start {
    SIM_START_FIRST,   /* of this installation */
    SIM_START_AGAIN,   /* after a polite end */
    SIM_START_CRASH,   /* after a kill or a power cut */
    SIM_START_RESTORE, /* with files of an earlier time, or of another machine */
    SIM_START_REFUSED  /* it would not start (damage found …); `why` says so */
} sim_start_t;

typedef struct sim_crash {
    size_t node;
    ts_power_cut_t cut; /* ALL: the process was killed; NOTHING, SOME: the power went */
    bool in_command;    /* in the middle of a command */
    const char *fault;  /* name in the table of faults */
} sim_crash_t;

/* Files of a machine were exchanged while it was off. */
typedef struct sim_swap {
    size_t node;
    size_t from;       /* machine whose files these are; itself: an older state */
    int64_t taken_ms;  /* virtual time at which that state was; now for a clone */
    bool with_witness; /* the witness went along */
    const char *fault;
} sim_swap_t;

/* For the narrator: one line in words. */
typedef struct sim_tale {
    size_t node;       /* SIZE_MAX: nobody's */
    const char *fault; /* name in the table of faults; NULL: ordinary life */
    const char *text;  /* English, one sentence, ids as short as possible */
} sim_tale_t;

/* Any may be NULL. Called in this order within a step: before_step, what happens, after_step. */
typedef struct sim_hooks {
    void *context;
    void (*before_step)(void *context, sim_t *sim, sim_step_kind_t kind);
    void (*after_step)(void *context, sim_t *sim, sim_step_kind_t kind);
    void (*on_frame)(void *context, sim_t *sim, const sim_frame_t *frame);
    void (*on_reply)(void *context, sim_t *sim, const sim_said_t *said);
    /* Right after the node opened, before its first turn. Not REFUSED: sim_node gives it. */
    void (*on_start)(void *context, sim_t *sim, size_t node, sim_start_t how, const ts_msg_t *why);
    /* A polite end, while the node can still be read. */
    void (*on_stop)(void *context, sim_t *sim, size_t node);
    void (*on_crash)(void *context, sim_t *sim, const sim_crash_t *crash);
    void (*on_swap)(void *context, sim_t *sim, const sim_swap_t *swap);
    void (*on_note)(void *context,
                    sim_t *sim,
                    size_t node,
                    ts_note_level_t level,
                    const char *event,
                    const char *details);
    void (*on_tale)(void *context, sim_t *sim, const sim_tale_t *tale);
    void (*on_end)(void *context, sim_t *sim); /* frees context; also after a violation */
} sim_hooks_t;

#define SIM_HOOKS_MAX 4

/* ---- faults: the table stands in faults.c and in README.md */

#define SIM_FAULTS_MAX 64

typedef struct sim_fault_count {
    const char *name;
    bool enabled;  /* in this seed's mix */
    uint32_t rate; /* per thousand of its occasions; drawn */
    uint64_t fired;
} sim_fault_count_t;

/* ---- the simulation */

typedef struct sim_options {
    uint64_t seed;
    uint32_t nodes_max; /* 0: drawn; else the tree is cut to so many machines (shrinking) */
    uint32_t days;      /* 0: drawn; else the safety phase lasts so long (shrinking) */
    const char *faults; /* NULL: drawn; else "name,name" or "none": exactly these */
    bool trace;         /* the log lines of the nodes to stderr */
    uint64_t unasked;   /* invariants that are left out: a bit for each row of check_rows() */
} sim_options_t;

typedef struct sim_figures {
    uint64_t steps;
    uint64_t frames;
    uint64_t commands;
    uint64_t entries; /* saved events of people */
    uint64_t sessions;
    uint64_t crashes;
    uint64_t restores;
    uint64_t disk_changes;
    double office_years;
} sim_figures_t;

struct sim {
    sim_options_t options;
    world_t *world; /* nodes[i].node and so on; hooks read, never write */
    ts_prng_t prng; /* of the driver; hooks draw from their own */
    sim_phase_t phase;
    uint64_t step;
    sim_machine_t *machines; /* by node index of the world */
    size_t machine_count;
    bool two_tiers;
    /* Nodes that had a turn or were changed in this step; hooks look at these only. */
    bool *touched;
    size_t *touched_list;
    size_t touched_count;
    sim_fault_count_t faults[SIM_FAULTS_MAX];
    size_t fault_count;
    sim_figures_t figures;
    /* First violation: it ends the run after this step. */
    bool violated;
    char violation[512];
    struct sim_inside *inside; /* of the engine */
};

/* A whole run. Hooks are attached between new and run. False: violated. */
sim_t *sim_new(const sim_options_t *options);
void sim_attach(sim_t *sim, const sim_hooks_t *hooks);
bool sim_run(sim_t *sim);
/* Hash over every frame, disk change count, reply and state of the run. */
ts_hash_t sim_trace(const sim_t *sim);
void sim_free(sim_t **sim_p);

/* ---- for hooks */

/* The running (or paused) node of a machine; NULL when it is off. */
ts_node_t *sim_node(const sim_t *sim, size_t machine);
/* Wall clock of the world (true time), in milliseconds since 1970; virtual time is world->now_ms.
 */
int64_t sim_wall_ms(const sim_t *sim);
/* An invariant is broken: `name` "S1" … "L5", or another word; `node` SIZE_MAX: nobody's. Kept and
 * printed; the run ends after this step. */
void sim_violation(sim_t *sim, const char *name, size_t node, const char *format, ...)
#if defined(__GNUC__) || defined(__clang__)
    __attribute__((format(printf, 4, 5)))
#endif
    ;
/* Tells the narrator. `fault` as in sim_tale_t. */
void sim_tell(sim_t *sim, size_t node, const char *fault, const char *format, ...)
#if defined(__GNUC__) || defined(__clang__)
    __attribute__((format(printf, 4, 5)))
#endif
    ;
/* Short name of a machine for people: "province", "district 902", "commune 90213 (2)". Valid until
 * the next call but three. */
const char *sim_name(const sim_t *sim, size_t machine);

/* ---- made by others; main.c attaches them */

/* check.c: reference model and invariants. */
sim_hooks_t sim_check_hooks(sim_t *sim);
/* Is this invariant judged in this run (options.unasked)? */
bool sim_asks(const sim_t *sim, const char *invariant);
/* story.c: the narrator, to stdout. */
sim_hooks_t sim_story_hooks(sim_t *sim);

#endif
