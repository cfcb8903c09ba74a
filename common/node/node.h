/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A node: what office and aggregator share. Custody path, own logs, sessions with parent and
 * children, fold, commands. One thread, driven by its owner; knows no socket, no config file and no
 * clock: time comes with each turn, messages come in as data, effects go out through ts_node_out_t.
 * So the same object runs in the daemons, in tests and in a simulator.
 *
 * The owner: ts_node_open → loop { feed what arrived; ts_node_turn until it has no more work; wait
 * until `due` or input } → ts_node_close. A turn does one slice of each kind of work and aims at ≤
 * 5 ms. Errors that stop the node (disk, damage) come back from ts_node_turn: close, exit, restart.
 * Source: ARCHITECTURE.md.
 */
#ifndef TS_NODE_NODE_H
#define TS_NODE_NODE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "base/time.h"
#include "core/control.h"
#include "crypto/box.h"
#include "crypto/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ts_node ts_node_t;

/* Session number of the uplink; those of the gate are its own and never 0. */
#define TS_NODE_UPLINK 0u

/* What a key may do at our gate. Same numbers in the gate protocol. */
typedef enum ts_key_class {
    TS_KEY_NONE = 0,
    TS_KEY_OFFICE = 1,     /* a child office */
    TS_KEY_INVITE = 2,     /* one-time key: may deliver the geneses of its office, nothing else */
    TS_KEY_SUBSCRIBER = 3, /* reads the feed */
    TS_KEY_GUEST = 4 /* not known (any more): may bring segments to a province that was restored or
                        rebuilt, is given nothing. Its row has a key of zeros: whoever is in no
                        other row */
} ts_key_class_t;

typedef struct ts_admitted {
    ts_hash_t curve_key;
    ts_key_class_t class;
    uint32_t office;
} ts_admitted_t;

typedef struct ts_node_uplink {
    const char *endpoint;   /* one of the parent's, tried in turn */
    ts_hash_t server_key;   /* CURVE key of the parent's gate */
    ts_hash_t curve_public; /* ours, or the invite's until we are known */
    ts_box_secret_t curve_secret;
    uint32_t stagger_ms; /* while none stands, a fresh attempt is begun so often */
} ts_node_uplink_t;

typedef enum ts_note_level {
    TS_NOTE_DEBUG,
    TS_NOTE_INFO,
    TS_NOTE_WARN,
    TS_NOTE_ERROR
} ts_note_level_t;

/* Everything that a node asks of its owner. Called only from inside the functions below; none may
 * call back into the node. */
typedef struct ts_node_out {
    void *ctx;
    /* One frame to a peer. A frame that the socket does not take is lost; nothing depends on it. */
    void (*send)(void *ctx, uint64_t session, ts_bytes_t frame);
    /* The gate may forget so many bytes that it counted for this session. */
    void (*confirm)(void *ctx, uint64_t session, size_t bytes);
    void (*drop)(void *ctx, uint64_t session, ts_err_t reason);
    void (*uplink_open)(void *ctx, const ts_node_uplink_t *uplink);
    void (*uplink_close)(void *ctx);
    /* The whole table of keys that the gate may let in; replaces the former one. */
    void (*admit)(void *ctx, const ts_admitted_t *rows, size_t count);
    void (*reply)(void *ctx, uint64_t client, const ts_reply_t *reply);
    void (*doorbell)(void *ctx, const char *topic, ts_bytes_t frame);
    /* A fact for the log: stable event word, then "key=value …". Never personal data. */
    void (*note)(void *ctx, ts_note_level_t level, const char *event, const char *details);
} ts_node_out_t;

typedef struct ts_node_options {
    const char *data_dir;
    const char *witness_path; /* beside, not inside, the data folder */
    const char *vfs;          /* SQLite VFS; NULL = the system's */
    const char *software;     /* name and version told to peers; static */
    ts_id16_t machine;        /* of the machine id; zero = not compared */
    ts_random_t random;
    ts_node_out_t out;
    ts_mono_t now;
    ts_utc_t wall;
    bool create; /* make the stores: first start after init or join, or after one that was cut off;
                    never when the witness remembers something */
    /* From the configuration: where the parent's gate is and its key, for an office that was given
     * another parent and cannot hear of it; NULL and zero = as registry or invite say. */
    const char *parent_endpoints;
    ts_hash_t parent_key;
    uint32_t ping_ms;       /* 0 = default */
    uint32_t seal_age_ms;   /* an unsealed tail gets no older than this; 0 = 5 minutes */
    uint32_t seal_pause_ms; /* metered links: shortest time between two seals made to be sent; 0 =
                               none */
    uint32_t holding_ms;    /* pause between holdings; 0 = 5 minutes */
    uint32_t rest_ms;       /* so long after the last work caches are given up; 0 = 3 s */
    uint32_t sync_interval_ms;  /* metered links: pause between sessions; 0 = stay connected */
    uint64_t bytes_per_day_max; /* CHUNK bytes sent; 0 = no limit */
} ts_node_options_t;

/* Opens identity, custody, witness, ledger; mints new logs when the witness says so.
 * Errors with *ret_why told. */
TS_MUST_USE ts_err_t ts_node_open(ts_node_t **ret_self,
                                  const ts_node_options_t *options,
                                  ts_msg_t *ret_why);
/* Says BYE to peers, seals nothing, closes. Takes NULL. */
void ts_node_close(ts_node_t **self_p);

/* What time it is now: before anything below is told, since silence and round trips are counted
 * from the moment at which something came in, not from the last turn. */
void ts_node_time(ts_node_t *self, ts_mono_t now);
/* The gate came (again): it has no sessions and an empty table; it gets the table. */
void ts_node_gate_ready(ts_node_t *self);
/* What the gates tell of those whom they turned away, since they started; for status. */
typedef struct ts_gate_figures {
    uint64_t refused; /* handshakes with an unknown or revoked key */
    uint64_t banned;  /* peers that flooded, or sent what no peer may send */
} ts_gate_figures_t;
void ts_node_gate_figures(ts_node_t *self, const ts_gate_figures_t *figures);
/* A peer with this authenticated CURVE key begins a session at our gate. */
void ts_node_peer_opened(ts_node_t *self, uint64_t session, const ts_hash_t *curve_key);
/* A session of the gate, or the uplink's connection, is gone. */
void ts_node_peer_closed(ts_node_t *self, uint64_t session);
/* The uplink's TCP connection stands; the handshake of keys has begun. */
void ts_node_uplink_connected(ts_node_t *self);
/* The uplink's connection stands and its keys were accepted. */
void ts_node_uplink_ready(ts_node_t *self);
/* The parent's gate refused our key: try again later. */
void ts_node_uplink_refused(ts_node_t *self);
/* An interface came up, or a person pressed "sync now". */
void ts_node_link_up(ts_node_t *self);
/* One frame from a peer; from the gate only of keys that were in the table. */
void ts_node_frame(ts_node_t *self, uint64_t session, ts_bytes_t frame);
/* Takes over the command. The reply, or several, come through `reply` in later turns. */
void ts_node_command(ts_node_t *self, uint64_t client, ts_command_t *command);
/* The client went away: what still runs for it ends. */
void ts_node_client_gone(ts_node_t *self, uint64_t client);

typedef struct ts_turn {
    bool more;     /* call again at once */
    ts_mono_t due; /* otherwise at this moment at the latest */
} ts_turn_t;

/* One slice of work. Not OK: the node must be closed and the process must exit; *ret_why says why.
 */
TS_MUST_USE ts_err_t
ts_node_turn(ts_node_t *self, ts_mono_t now, ts_utc_t wall, ts_turn_t *ret_turn, ts_msg_t *ret_why);

/* --once: end the uplink's session when both sides have nothing left. *ret_done: it has ended. */
void ts_node_drain(ts_node_t *self);
bool ts_node_drained(const ts_node_t *self);

/* Facts for owner and tests. */
uint32_t ts_node_office(const ts_node_t *self);
int ts_node_role(const ts_node_t *self);

#endif
