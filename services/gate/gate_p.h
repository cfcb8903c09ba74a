/* SPDX-License-Identifier: MPL-2.0 */
/* Private to the gate: its state, and what its three files call of one another. */
#ifndef TS_GATE_GATE_P_H
#define TS_GATE_GATE_P_H

#include "base/buf.h"
#include "base/map.h"
#include "gate/arrivals.h"
#include "gate/gate.h"
#include "gate/sessions.h"
#include "net/gate_link.h"
#include "net/watch.h"
#include "net/zap.h"

enum {
    TS_GATE_IDLE_MS = 10 * 60 * 1000,
    /* What was sent before a session was dropped gets so long to leave. */
    TS_GATE_GRACE_MS = 2000,
    /* A cut connection is confirmed long before. */
    TS_GATE_FORGET_MS = 30 * 1000,
    TS_GATE_BAN_FLOOD_MS = 60 * 1000,
    TS_GATE_BAN_MULTIPART_MS = 60 * 60 * 1000,
    TS_GATE_SWEEP_MS = 1000,
    /* How often connections are looked over for messages that never end: 100 MB/s are 10 MB in
       between. */
    TS_GATE_WATCH_MS = 100,
    TS_GATE_RETRY_MS = 10,
    /* So much must have passed before freed memory is given back: that costs milliseconds. */
    TS_GATE_TRIM_BYTES = 4 << 20
};

enum { TS_DOOR_SYNC, TS_DOOR_PAGES, TS_DOOR_BELL, TS_DOORS };

typedef struct ts_door {
    ts_gate_t *gate;
    unsigned index; /* TS_DOOR_… */
    ts_zap_domain_t domain;
    ts_socket_t *socket; /* NULL: there is no such door */
    ts_loop_id_t reader;
    ts_loop_id_t events;
    ts_watch_t *watch;
    ts_map_t *fd_keys; /* bell only: descriptor, int → key of the subscriber */
} ts_door_t;

struct ts_gate {
    ts_net_t *net;
    ts_loop_t *loop;
    ts_zap_t *zap;
    ts_loop_id_t zap_reader;
    ts_door_t doors[TS_DOORS];
    char *node;        /* its endpoint */
    ts_hash_t key;     /* public CURVE key of the doors */
    ts_socket_t *link; /* to the node; a new one after each loss, so that nothing of the old link is
                          read later */
    ts_loop_id_t link_reader;
    ts_loop_id_t link_events;
    bool is_link_up;   /* connected; GATE_HELLO was sent */
    bool is_node_here; /* NODE_HELLO came */
    uint64_t node_nonce;
    uint32_t boot_nonce;
    ts_arrivals_t *arrivals;
    ts_sessions_t *sessions;
    size_t sessions_max;
    uint64_t unconfirmed; /* cost on its way to the node, all sessions */
    bool is_paused;       /* the doors are not read */
    ts_buf_t pending;     /* messages that the link did not take: u32 length, message, … */
    size_t pending_at;
    ts_timer_id_t sweep_timer;
    ts_timer_id_t watch_timer;
    ts_timer_id_t retry_timer;
    ts_frame_t frame; /* from a door */
    ts_frame_t link_frame;
    ts_buf_t out;
    uint64_t refused_before; /* by its own self-test */
    ts_gate_stats_t stats;
    uint64_t trimmed_bytes; /* that had passed when memory was last given back */
};

typedef enum ts_ending {
    TS_ENDING_GONE, /* the peer is not there any more */
    TS_ENDING_CUT,  /* now */
    TS_ENDING_GRACE /* when what is queued for it has left */
} ts_ending_t;

/* door.c: peers */
void ts_gate_read_door(void *door);
void ts_gate_read_door_events(void *door);
void ts_gate_read_bell(void *door);
/* Ends a session towards the node (told once) and the peer. The session may be removed by it. */
void ts_gate_end_session(ts_gate_t *self,
                         ts_session_t *session,
                         ts_gate_reason_t reason,
                         ts_ending_t ending);
/* Cuts every session whose key is no longer admitted or is banned, and subscribers likewise. */
void ts_gate_review_sessions(ts_gate_t *self, ts_gate_reason_t reason, ts_ending_t ending);
void ts_gate_sweep(void *gate, ts_mono_t now);
void ts_gate_watch_doors(void *gate, ts_mono_t now);

/* handlers.c: the node */
/* Sends, or keeps for later in order. Nothing happens while there is no node. */
void ts_gate_tell_node(ts_gate_t *self, const ts_gate_msg_t *msg);
/* Opens the link and its readers. */
TS_MUST_USE ts_err_t ts_gate_seek_node(ts_gate_t *self, ts_msg_t *detail);
void ts_gate_close_link(ts_gate_t *self);
/* Reads the doors or leaves them, as the budgets are. */
void ts_gate_update_doors(ts_gate_t *self);

#endif
