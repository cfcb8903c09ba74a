/* SPDX-License-Identifier: MPL-2.0 */
/* Inside of the simulator's engine: what its files use of one another. Not for hooks. */
#ifndef TS_TESTS_SIM_SIM_P_H
#define TS_TESTS_SIM_SIM_P_H

#include "sim/sim.h"
#include "wire/event.h"
#include "wire/segment.h"
#include "wire/sync_wire.h"

#define SIM_MINUTE INT64_C(60000)
#define SIM_HOUR (60 * SIM_MINUTE)
#define SIM_DAY (24 * SIM_HOUR)
#define SIM_RECORDS_MAX 64 /* that the driver remembers of one machine */
#define SIM_SNAPS_MAX 3    /* older states kept of one machine */
#define SIM_REPLAY_MAX 24  /* frames kept of one link, to come back later */
#define SIM_MACHINES_MAX 480

/* Before SQLite is used for the first time (memory.c); later it does nothing. */
void sim_memory(void);

/* ---- what will be done, by time (agenda.c) */

typedef enum sim_act_kind {
    SIM_ACT_WAKE, /* work begins: switched on or woken */
    SIM_ACT_LINK_UP,
    SIM_ACT_LINK_DOWN,
    SIM_ACT_TYPE,  /* somebody types one thing */
    SIM_ACT_REST,  /* work ends */
    SIM_ACT_START, /* started again after it died or was exchanged */
    SIM_ACT_KEEP,  /* its files are kept, to come back later */
    SIM_ACT_FAULT, /* `number`: which */
    SIM_ACT_CALM   /* what a fault began at this machine is over */
} sim_act_kind_t;

typedef struct sim_act {
    int64_t at_ms;
    uint64_t serial;
    sim_act_kind_t kind;
    size_t machine;
    uint32_t life; /* of the machine's shift; another one by then: void. 0: whatever comes */
    uint32_t number;
} sim_act_t;

typedef struct sim_agenda {
    sim_act_t *heap;
    size_t count;
    size_t capacity;
    uint64_t serial;
} sim_agenda_t;

void sim_agenda_put(sim_agenda_t *agenda, const sim_act_t *act);
/* False: nothing is left. */
bool sim_agenda_take(sim_agenda_t *agenda, sim_act_t *ret_act);
int64_t sim_agenda_due(const sim_agenda_t *agenda);
void sim_agenda_free(sim_agenda_t *agenda);

/* ---- what the driver knows of a machine */

typedef struct sim_record {
    ts_record_id_t id;
    uint32_t kind;
    size_t of; /* machine that made it */
    uint32_t quantity;
} sim_record_t;

typedef struct sim_snap {
    world_files_t *files; /* NULL: free */
    int64_t taken_ms;
    bool with_witness;
} sim_snap_t;

typedef struct sim_own {
    uint32_t shift;       /* counts its working times */
    int64_t awake_until;  /* rests then */
    bool linked;          /* the driver wants the link up */
    bool busy;            /* a fault has it: rests no sooner than that is over */
    sim_start_t next;     /* how it will be started */
    ts_power_cut_t cut;   /* when the armed crash hits */
    const char *armed;    /* fault that is armed on its disk; NULL = none */
    uint64_t crash_frame; /* dies when so many frames more came; 0 = never */
    const char *crash_frame_fault;
    int32_t drift_pm; /* its clock runs so many thousandths too fast */
    int64_t drift_from;
    int64_t clog_until; /* frames of its link wait until then */
    bool one_way[2];    /* frames down, up vanish */
    bool bad_line;      /* frame faults strike here */
    int64_t silent_at;  /* its line dies then; 0 = not */
    uint64_t frames;    /* that arrived at it */
    sim_snap_t snaps[SIM_SNAPS_MAX];
    sim_record_t records[SIM_RECORDS_MAX];
    size_t record_count;
    ts_buf_t replay[SIM_REPLAY_MAX]; /* frames of earlier sessions of its link, upward */
    size_t replay_count;
    uint64_t changes; /* of its disk, as seen last */
} sim_own_t;

struct sim_inside {
    sim_hooks_t hooks[SIM_HOOKS_MAX];
    size_t hook_count;
    uint64_t lanes[4]; /* of the trace */
    ts_sync_decoder_t *decoder;
    ts_event_decoder_t *events;
    ts_codec_t *codec;
    sim_agenda_t agenda;
    sim_own_t *own;
    int64_t safety_from;
    int64_t safety_until;
    int64_t now_kept;
    uint32_t off_share;  /* per cent: a machine that rests is switched off, not asleep */
    uint32_t link_share; /* per cent: a working time has a link */
    uint32_t pause_days; /* mean days between two working times of an office */
    uint32_t typed;      /* mean things typed in one */
    uint32_t district_count;
    uint32_t commune_count;
    ts_record_id_t allocations[SIM_RECORDS_MAX];
    size_t allocation_machine[SIM_RECORDS_MAX];
    size_t allocation_count;
    uint32_t gifts; /* state of the province's desk, see drive_gifts.c */
    bool step_open;
    const char *why_dead; /* fault that is killing right now */
    size_t commanding;    /* machine in the middle of a command; SIZE_MAX = none */
    bool merged;          /* a unit was merged in this run */
    bool injecting;       /* the frame that leaves was made up */
    bool building;        /* founding: nothing is drawn against it */
    char names[4][64];
    unsigned name_next;
};

/* ---- sim.c */
void sim_step_begin(sim_t *sim, sim_step_kind_t kind);
void sim_step_end(sim_t *sim, sim_step_kind_t kind);
/* Lets the world go on up to this moment, step by step. */
void sim_go_on(sim_t *sim, int64_t until_ms);
bool sim_draw(sim_t *sim, uint32_t per_thousand);
uint32_t sim_below(sim_t *sim, uint32_t n);
/* from … to, both included. */
uint32_t sim_between(sim_t *sim, uint32_t from, uint32_t to);
/* One command, typed by a person; hooks hear of it. TS_ERR_IO: it died. */
ts_err_t sim_command(sim_t *sim, size_t machine, ts_command_t *command);

/* Was changed in this step. */
void sim_touch(sim_t *sim, size_t machine);
void sim_hook_frame(sim_t *sim, const sim_frame_t *frame);
void sim_hook_start(sim_t *sim, size_t machine, sim_start_t how, const ts_msg_t *why);
void sim_hook_stop(sim_t *sim, size_t machine);
void sim_hook_crash(sim_t *sim, const sim_crash_t *crash);
void sim_hook_swap(sim_t *sim, const sim_swap_t *swap);

/* ---- watchers.c */
void sim_attach_watchers(sim_t *sim, bool checks, bool story);

/* ---- trace.c */
void sim_trace_bytes(sim_t *sim, ts_bytes_t bytes);
void sim_trace_number(sim_t *sim, uint64_t number);
/* State of one machine. */
void sim_trace_machine(sim_t *sim, size_t machine);

/* ---- tree.c: drawing and founding the tree */
void sim_tree_found(sim_t *sim);
/* Tables of the plan for this tree; `merged`: machine whose unit ended (SIZE_MAX = none). */
void sim_tree_plan(sim_t *sim, ts_command_t *command, size_t merged);
/* Another machine row behind the last. */
size_t sim_tree_add(sim_t *sim, size_t node, sim_role_t role, size_t parent);

/* ---- machine.c: power, links, files */
void sim_machine_start(sim_t *sim, size_t machine, sim_start_t how);
void sim_machine_stop(sim_t *sim, size_t machine);
void sim_machine_sleep(sim_t *sim, size_t machine, int64_t until_ms);
void sim_machine_wake(sim_t *sim, size_t machine);
void sim_machine_kill(sim_t *sim, size_t machine, ts_power_cut_t cut, const char *fault);
/* It died of what was armed, or by its own word. */
void sim_machine_died(sim_t *sim, size_t machine, const ts_msg_t *why);
void sim_machine_link(sim_t *sim, size_t machine, bool up);
void sim_machine_keep(sim_t *sim, size_t machine, bool with_witness);
/* Off, with files of an earlier time; false: none are kept. */
bool sim_machine_restore(sim_t *sim, size_t machine, const char *fault);
/* Its files copied to another machine, which then runs too. */
size_t sim_machine_clone(sim_t *sim, size_t machine, const char *fault);
void sim_machine_free(sim_t *sim, size_t machine);
bool sim_machine_alive(const sim_t *sim, size_t machine);

/* ---- drive.c: people */
void sim_drive_begin(sim_t *sim);
void sim_drive_act(sim_t *sim, const sim_act_t *act);
void
sim_drive_later(sim_t *sim, int64_t at_ms, sim_act_kind_t kind, size_t machine, uint32_t number);
/* Everybody on, linked, clocks right; runs until all is anchored. */
void sim_drive_home(sim_t *sim);
/* type.c: what one person types now at a machine. */
void sim_type(sim_t *sim, size_t machine);

/* ---- faults.c, network.c */

/* When a fault is thought of: at every frame, when a line comes up, when a working time begins, or
 * at some moments of the run. */
typedef enum sim_occasion { SIM_ON_FRAME, SIM_ON_LINE, SIM_ON_SHIFT, SIM_ON_DAY } sim_occasion_t;

/* Name in code, name, what it does, occasion, greatest rate per thousand occasions. A rate on DAY
 * is per thousand machine days. */
#define SIM_FAULT_LIST(X)                                                                        \
    X(LOSS, "net.loss", "frames of a bad line vanish", FRAME, 300)                               \
    X(TWICE, "net.twice", "frames arrive twice", FRAME, 300)                                     \
    X(REORDER, "net.reorder", "frames overtake one another", FRAME, 200)                         \
    X(TRUNCATE, "net.truncate", "frames are cut short", FRAME, 20)                               \
    X(CUT, "net.cut", "the connection ends in the middle", FRAME, 60)                            \
    X(DELAY, "net.delay", "the line takes up to 30 s each way", LINE, 300)                       \
    X(THIN, "net.thin", "the line carries 1 to 100 kbit/s", LINE, 500)                           \
    X(SILENT, "net.silent", "the line dies and nobody is told", LINE, 200)                       \
    X(ONE_WAY, "net.one-way", "one direction of the line is dead", LINE, 150)                    \
    X(CLOG, "net.clog", "lines stop and go on one by one", LINE, 200)                            \
    X(STALE, "net.stale", "frames of an earlier session come back", LINE, 200)                   \
    X(WRONG, "net.wrong-server", "the line leads to another office's gate", LINE, 100)           \
    X(KILL, "proc.kill", "the process is killed at a change of its disk", SHIFT, 100)            \
    X(KILL_FRAME, "proc.kill-frame", "the process is killed when a frame arrives", SHIFT, 100)   \
    X(PAUSE, "proc.pause", "the machine stands still for up to 48 h", SHIFT, 60)                 \
    X(LOOP, "proc.loop", "it is killed and started again several times", SHIFT, 30)              \
    X(POWER, "disk.power", "power cut: unflushed writes lost, torn, reordered", SHIFT, 100)      \
    X(FULL, "disk.full", "the disk is full for a working time", SHIFT, 60)                       \
    X(EIO, "disk.eio", "one call of the disk fails", SHIFT, 60)                                  \
    X(LIES, "disk.lies", "flushes do nothing, then the power goes", SHIFT, 40)                   \
    X(LOST_WRITE, "disk.lost-write", "one write never happens", SHIFT, 20)                       \
    X(FLIP_DB, "disk.flip-db", "one bit of the database turns", DAY, 3)                          \
    X(FLIP_WAL, "disk.flip-wal", "one bit of the write-ahead log turns", DAY, 3)                 \
    X(FLIP_SCRATCH, "disk.flip-scratch", "one bit of the scratch file turns", DAY, 3)            \
    X(FLIP_WITNESS, "disk.flip-witness", "one bit of the witness turns", DAY, 3)                 \
    X(JUMP, "time.jump", "the clock jumps by up to 20 years", SHIFT, 100)                        \
    X(EPOCH, "time.1970", "the clock starts in 1970", SHIFT, 60)                                 \
    X(DRIFT, "time.drift", "the clock runs up to 5 % wrong", SHIFT, 200)                         \
    X(RESTORE, "state.restore", "the files are put back to an earlier time", DAY, 6)             \
    X(CLONE, "state.clone", "the folder is copied to a second machine; both go on", DAY, 2)      \
    X(NO_WAL, "state.no-wal", "the write-ahead logs are deleted", DAY, 3)                        \
    X(FOREIGN, "state.foreign", "the database of another office stands in the folder", DAY, 2)   \
    X(REVOKE, "trust.revoke", "the province cuts an office off", DAY, 1)                         \
    X(ALTER, "trust.alter", "a relay changes bytes of segments", FRAME, 20)                      \
    X(FORGE, "trust.forge", "segments of another deployment and made-up ones are offered", LINE, \
      60)                                                                                        \
    X(MOVE, "org.move", "an office is given another parent", DAY, 2)                             \
    X(MERGE, "org.merge", "a unit ends, another is its successor", DAY, 1)                       \
    X(DISTRICT_ENDS, "org.district-ends", "a district closes, its communes go to the province",  \
      DAY, 1)                                                                                    \
    X(RETYPE, "people.retype", "the same paper is typed twice", SHIFT, 300)                      \
    X(BOTH, "people.both", "two offices correct one record", SHIFT, 300)                         \
    X(AGAIN, "people.again", "a correction is corrected", SHIFT, 300)                            \
    X(HASTE, "people.haste", "it is restarted in the middle of work", SHIFT, 100)

typedef enum sim_fault_kind {
#define SIM_FAULT_ENTRY(word, name, meaning, occasion, most) SIM_FAULT_##word,
    SIM_FAULT_LIST(SIM_FAULT_ENTRY)
#undef SIM_FAULT_ENTRY
        SIM_FAULT_COUNT
} sim_fault_kind_t;

const char *sim_fault_name(sim_fault_kind_t kind);
const char *sim_fault_meaning(sim_fault_kind_t kind);
void sim_faults_draw(sim_t *sim);
bool sim_fault_enabled(const sim_t *sim, sim_fault_kind_t kind);
/* Is it of the mix, and does it strike on this occasion? Counts it. */
bool sim_fault(sim_t *sim, sim_fault_kind_t kind);
void sim_faults_begin(sim_t *sim);
void sim_faults_act(sim_t *sim, const sim_act_t *act);
/* A working time begins; a line comes up. */
void sim_faults_shift(sim_t *sim, size_t machine);
void sim_faults_line(sim_t *sim, size_t machine);
/* What was begun at this machine is over; at all: none is begun any more. */
void sim_faults_calm(sim_t *sim, size_t machine);
void sim_faults_line_calm(sim_t *sim, size_t machine);
void sim_faults_end(sim_t *sim);
void sim_network_sent(void *context,
                      world_t *world,
                      uint64_t connection,
                      bool upward,
                      ts_buf_t *frame,
                      world_way_t *way);
/* A frame that the child never sent arrives at its parent over its connection. */
void sim_network_inject(sim_t *sim, size_t child, ts_bytes_t frame);
void sim_network_arrived(
    void *context, world_t *world, uint64_t connection, bool upward, ts_bytes_t frame);

#endif
