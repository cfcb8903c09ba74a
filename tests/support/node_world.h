/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Several nodes in one process, with real stores, keys and logs, in virtual time: a province and
 * the offices below it, joined as in life. Frames travel in memory between a node's uplink and a
 * gate that is played here: it lets in what the node last put into its table. A node stands on a
 * failing VFS of its own, so that it can be killed at any change of its disk. Same seed, same run
 * (keys included). For tests only: what must succeed is asserted.
 *
 * A test: world_new → world_found → world_enrol … → world_start … → world_settle → compare.
 */
#ifndef TS_TESTS_SUPPORT_NODE_WORLD_H
#define TS_TESTS_SUPPORT_NODE_WORLD_H

#include "base/prng.h"
#include "crypto/random.h"
#include "node/node_p.h"
#include "support/faultvfs.h"
#include "support/test.h"

#define WORLD_NODES_MAX 512
#define WORLD_PROVINCE 0u
#define WORLD_PLAN "thu-nghiem"

typedef struct world_note {
    char *event;
    char *details;
} world_note_t;

typedef struct world world_t;

typedef struct world_side {
    world_t *world;
    size_t node;
} world_side_t;

typedef struct world_node {
    world_side_t side;
    char *folder; /* data folder; <folder>.witness beside it */
    char *witness;
    char *invite; /* path of its invite file; NULL for the province */
    char *vfs_name;
    ts_faultvfs_t *vfs;
    ts_id16_t machine; /* told to the node as the machine's id */
    ts_random_seeded_t seeded;
    ts_random_t random;
    ts_node_t *node; /* NULL: not running */
    uint32_t office;
    char endpoint[64];   /* of its gate */
    size_t parent;       /* index */
    int64_t wall_off_ms; /* its clock is wrong by so much */
    uint32_t life;       /* counts its starts */
    bool quiet;          /* being killed: what it says goes nowhere */
    bool crashed;        /* the fault of its VFS has hit it; world_revive starts it again */
    bool touched;        /* something came in: it wants a turn */
    bool more;
    ts_mono_t due;
    int64_t paused_until; /* gets no turn and no frame before; 0 = not paused */
    ts_admitted_t *table; /* of its gate */
    size_t table_count;
    uint64_t uplink;      /* connection of its uplink; 0 = none */
    bool link_up;         /* towards its parent */
    bool silent;          /* frames of this link vanish and nobody is told */
    uint64_t bytes_per_s; /* of its link, each way; 0 = no limit */
    int64_t extra_ms;     /* of its link, one way, more than the world's */
    size_t detour; /* its uplink reaches this node's gate whatever it dialled; SIZE_MAX = none */
    uint64_t chunk_bytes; /* of CHUNKs that went up over it */
    world_note_t *notes;
    size_t note_count;
    size_t note_capacity;
    uint64_t refused; /* handshakes that its gate refused */
    uint64_t dropped; /* sessions that it dropped */
    uint64_t bells;   /* doorbells rung */
} world_node_t;

typedef struct world_event world_event_t;
typedef struct world_connection world_connection_t;

/* What becomes of one frame. */
typedef struct world_way {
    bool lost;
    bool overtakes;   /* does not wait for the frames before it */
    unsigned copies;  /* arrives so many times more */
    int64_t extra_ms; /* later than the link's time */
} world_way_t;

/* Who watches: any may be NULL. What is told belongs to the caller. */
typedef struct world_watch {
    void *context;
    /* A frame leaves: may be changed, and its way. */
    void (*sent)(void *context,
                 world_t *world,
                 uint64_t connection,
                 bool upward,
                 ts_buf_t *frame,
                 world_way_t *way);
    /* … and arrives, right before the node gets it. */
    void (*arrived)(
        void *context, world_t *world, uint64_t connection, bool upward, ts_bytes_t frame);
    void (*note)(void *context,
                 world_t *world,
                 size_t node,
                 ts_note_level_t level,
                 const char *event,
                 const char *details);
    void (*turned)(void *context, world_t *world, size_t node);
    /* It cannot go on and was closed: by the fault of its disk (crashed is set), or by its own
     * word (why). Without a watcher the second is a failure of the test. */
    void (*stopped)(void *context, world_t *world, size_t node, const ts_msg_t *why);
} world_watch_t;

/* Looks at every frame before it goes on its way, and may change it (ts_buf_t); false = it is lost.
 * `link` is the child's index. */
typedef bool (*world_tap_fn)(
    void *context, world_t *world, size_t link, bool upward, ts_buf_t *frame);

struct world {
    char *folder;
    int64_t now_ms;
    int64_t wall_ms; /* wall clock at now_ms = 0 */
    ts_prng_t prng;
    uint64_t seed;
    world_node_t *nodes; /* WORLD_NODES_MAX: they never move */
    size_t node_count;
    int64_t *wake;         /* of each node: the next moment at which it wants a turn */
    bool memory;           /* stores are kept in memory, not in files */
    bool brief;            /* notes are not kept */
    world_event_t *events; /* on their way, by time */
    world_connection_t *connections;
    uint64_t serial;
    int64_t delay_ms; /* one way; and as much again at random between connections */
    int64_t busy_ms;  /* last moment at which something other than PING went over a link */
    uint64_t frames;  /* delivered */
    uint64_t
        cut_after; /* every connection is cut when so many frames more were delivered; 0 = never */
    uint64_t cut_after_bytes; /* … or when so many bytes of CHUNKs were delivered; 0 = never */
    uint64_t cuts;
    uint32_t holding_ms;
    uint32_t ping_ms; /* 0: the node's own */
    uint32_t rest_ms; /* likewise */
    bool bystander;   /* crashes are not revived by world_settle */
    world_tap_fn tap;
    void *tap_context;
    world_watch_t watch;
    /* answers to commands */
    ts_reply_t reply;
    bool replied;
    ts_buf_t pages; /* frames sent to the session of the test's own subscriber */
};

world_t *world_new(uint64_t seed);
/* The same, whose stores are no files. */
world_t *world_new_in_memory(uint64_t seed);
/* Founded, with a district (node 1: unit 901) and its commune (node 2: unit 90101), all started and
 * in step. */
world_t *world_three(uint64_t seed);
void world_free(world_t **self_p);
/* The same for a test whose state is a world. */
int world_teardown(void **state);

/* ---- nodes */

/* The province in a folder of its own, running, with the small plan loaded. */
void world_found(world_t *self);
/* The same without a plan. */
void world_found_bare(world_t *self);
/* Enrols at the province and joins: a new node, not yet started. role: "district", "commune". */
size_t
world_enrol(world_t *self, const char *role, const char *unit, const char *body, size_t parent);
/* Joins once more with an invite that was used: another installation; not started. */
size_t world_join_again(world_t *self, size_t node);
/* Opens it and says what came of it. */
ts_err_t world_open(world_t *self, size_t node, ts_msg_t *why);
/* False: it was killed while it opened (see crashed). */
bool world_start(world_t *self, size_t node);
/* The same, expecting an error; what it said is asserted to name `word`. */
ts_err_t world_start_refused(world_t *self, size_t node, const char *word);
/* Ends it politely. */
void world_stop(world_t *self, size_t node);
/* Gets no turn and no frame until then (it must run): a machine that sleeps, a stopped process. */
void world_pause(world_t *self, size_t node, int64_t until_ms);
/* As kill -9 (CUT_ALL) or a power cut would. It can be started again. */
void world_kill(world_t *self, size_t node, ts_power_cut_t cut);
/* Arms the fault of one node: it dies at its k-th change of a file with `only` in its name (NULL:
 * any). */
void world_arm(world_t *self, size_t node, uint64_t k, const char *only);
/* Starts every node that the fault killed, after `cut`. True when there was one. */
bool world_revive(world_t *self, ts_power_cut_t cut);

/* ---- its files, kept in memory: put back into the same inodes, so that nothing looks cloned */
typedef struct world_files world_files_t;
/* The node must not run. `with_witness`: the witness beside the folder too. */
world_files_t *world_files_take(world_t *self, size_t node, bool with_witness);
void world_files_put(world_t *self, size_t node, const world_files_t *files);
void world_files_free(world_files_t **files_p);
/* Another node whose folder and witness are copies of this one's (it must not run): another
 * machine, not started. */
size_t world_twin(world_t *self, size_t node);
/* Copies them as new files into the same place: other inodes, as a restored image has. */
void world_files_clone(world_t *self, size_t node, const world_files_t *files);

/* ---- links and time */
void world_link(world_t *self, size_t child, bool up);
/* One frame of this connection as if the child had sent it. */
void world_inject(world_t *self, size_t child, ts_bytes_t frame);
/* Everything that is due now; the next moment at which something is due; time goes on to that
 * moment, at most to `end`. */
void world_work(world_t *self);
int64_t world_next_due(const world_t *self);
void world_pass_time(world_t *self, int64_t end);
/* Both sides hear that the child's connection ended. */
void world_cut(world_t *self, size_t child);
/* Ends of a connection; false when it is over. */
bool world_ends(const world_t *self, uint64_t connection, size_t *ret_child, size_t *ret_parent);
/* Does the end at which it arrives still take what comes? */
bool world_takes(const world_t *self, uint64_t connection, bool upward);
/* Runs for so long. */
void world_run(world_t *self, int64_t ms);
/* Runs until nothing but liveness goes over the links and every node has nothing left to do;
 * asserts that this comes within two hours of virtual time. Crashed nodes are revived on the way.
 */
void world_settle(world_t *self);

/* ---- commands. fields: name, value, …, NULL. The reply is in self->reply until the next one. */
ts_err_t world_tell(world_t *self, size_t node, const char *command, ...);
/* The same, asserting OK. */
void world_do(world_t *self, size_t node, const char *command, ...);
/* As the account of that number. */
ts_err_t world_tell_command(world_t *self, size_t node, ts_command_t *command);
/* Adds the tables of the small plan to a plan_load, one of them (NULL: none) changed. */
void world_plan_tables(ts_command_t *command, const char *changed, ts_bytes_t instead);
/* Adds one table of the small plan. */
void world_plan_table(ts_command_t *command, const char *name);
/* Records `count` needs of one child each at a commune. */
void world_needs(world_t *self, size_t node, unsigned count);
/* Number in the first row of a table's column of the last reply. */
int64_t world_number(const world_t *self, const char *table, const char *column);
/* Sentence of the last reply in English; the caller frees it. */
char *world_said(const world_t *self);

/* ---- facts */
bool world_noted(const world_t *self, size_t node, const char *event, const char *part);
/* Accepted records of a kind in a node's ledger. */
uint64_t world_records(world_t *self, size_t node, uint32_t kind);
uint64_t world_parked(world_t *self, size_t node, ts_park_t reason);
/* Digest over the records of one unit that go upward. */
ts_digest_t world_digest(world_t *self, size_t node, const char *unit);
/* The same ledger digest for that unit, and the same tips of every log that goes upward of that
 * office. */
void world_assert_same(world_t *self, size_t a, size_t b, const char *unit, uint32_t office);
/* Down the line from the province to the node: same custody, same ledger; every parent holds what
 * its child has, nothing is parked. */
void world_assert_in_step(world_t *self, size_t node, const char *unit);
/* Everything that the node sealed is held by its parent and by the province, and the node knows it
 * (waits for the holdings of those above). */
void world_assert_anchored(world_t *self, size_t node);
/* Registry, plans and holdings: every log that came down to the node has the tips that its parent
 * has. */
void world_assert_down(world_t *self, size_t node);
/* Bytes of CHUNKs that went up over a child's link, since the beginning. */
uint64_t world_chunk_bytes(const world_t *self, size_t child);

#endif
