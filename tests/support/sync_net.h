/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A small world for tests of the sync session: nodes in a line (0 is the lowest), each with a
 * store in memory; a link between neighbours runs two sessions of core/session over a pipe with
 * rate, delay, loss and cuts, in virtual time. It is the simplest runner there is, and checks on
 * the way what must always hold: no chunk beyond the credit, no CUSTODY of what is not committed.
 * Only for tests/.
 */
#ifndef TS_TESTS_SUPPORT_SYNC_NET_H
#define TS_TESTS_SUPPORT_SYNC_NET_H

#include "base/prng.h"
#include "core/session.h"
#include "support/sync_store.h"

#define SYNC_NODES_MAX 4
#define SYNC_SIDES 2 /* of a link: [0] the child, [1] the parent */

typedef struct sync_mark {
    ts_id16_t store;
    uint64_t seen;
    uint64_t offered;
} sync_mark_t;

typedef struct sync_packet sync_packet_t;
typedef struct sync_answer sync_answer_t;

/* One end of a link. */
typedef struct sync_end {
    ts_session_t *session; /* NULL: none */
    size_t node;
    sync_mark_t mark;
    ts_mono_t timer;
    sync_packet_t *in;     /* on their way to this end, in order */
    int64_t line_free_ms;  /* when the line towards this end is next idle, µs × 1000 */
    sync_answer_t *stores; /* segments waiting for the commit */
    uint64_t granted;      /* by this end's CREDITs */
    uint64_t spent;        /* of the other end's grant, by this end's CHUNKs */
    uint64_t messages;     /* sent by this end */
    uint64_t kinds[16];    /* of them, by kind */
    uint64_t wire_bytes;   /* sent by this end, as they would be on the wire */
    uint64_t chunk_bytes;  /* data in CHUNKs sent by this end */
    uint64_t notes[16];    /* facts told by the session, by kind */
    ts_tip_t held[64];     /* newest PEER_HOLDS */
    size_t held_count;
    ts_tip_t amnesia[8];
    size_t amnesia_count;
    ts_err_t closed; /* code of the last CLOSE */
    uint64_t closes;
    int64_t custody_ms; /* time of the last CUSTODY that came in */
} sync_end_t;

typedef struct sync_link {
    bool up;
    sync_end_t ends[SYNC_SIDES];
    uint8_t nonce[8];   /* of the newest session */
    uint64_t delivered; /* messages, over all sessions */
    uint64_t sent;
} sync_link_t;

typedef struct sync_net {
    int64_t now_ms;
    size_t node_count;
    sync_store_t stores[SYNC_NODES_MAX];
    sync_link_t links[SYNC_NODES_MAX - 1]; /* [i]: node i is the child of node i + 1 */
    ts_prng_t prng;
    /* the world */
    uint64_t rate;      /* bytes a second, each way; 0 = no limit */
    int64_t delay_ms;   /* one way */
    int64_t commit_ms;  /* from STORE_SEGMENT to STORED */
    uint32_t loss;      /* messages lost without a sign, of 1000 */
    uint64_t cut_after; /* the link 0 is cut when so many messages were delivered; 0 = never */
    uint64_t budget;    /* credit that one session may have open */
    uint64_t send_budget;
    bool wrong_digests;   /* digests are told as unknown */
    ts_hash_t refuse_log; /* stores of nodes ≥ refuse_from refuse segments of it */
    size_t refuse_from;
    ts_err_t refuse_code;
    ts_err_t refuse_hello; /* parents answer so */
    bool drain;            /* children end when nothing is left */
    /* Looks at every message before it is on its way; false = it is lost. */
    bool (*tap)(void *context, size_t link, size_t side, ts_sync_msg_t *message);
    void *tap_context;
} sync_net_t;

void sync_net_init(sync_net_t *net, size_t nodes, uint64_t seed);
void sync_net_free(sync_net_t *net);
/* Begins a session on a link. */
void sync_net_connect(sync_net_t *net, size_t link);
/* Cuts it: both sides are told, what was on its way is lost. */
void sync_net_cut(sync_net_t *net, size_t link);
/* The other side vanishes without a sign: messages are lost from now on. */
void sync_net_silence(sync_net_t *net, size_t link);
/* Both ends end politely. */
void sync_net_quit(sync_net_t *net, size_t link);
/* Writes a segment at a node and tells its sessions. */
ts_tip_t sync_net_write(sync_net_t *net, size_t node, const ts_hash_t *log, uint32_t payload);
/* Runs until nothing is on its way and nothing is due within `quiet_ms`, or the time is over.
 * Returns the virtual time it took. */
int64_t sync_net_run(sync_net_t *net, int64_t ms_max, int64_t quiet_ms);
/* One message to one end, as if the peer had sent it. */
void sync_net_inject(sync_net_t *net, size_t link, size_t side, const ts_sync_msg_t *message);
/* Both ends of the link hold the same of what they may share. */
bool sync_net_equal(const sync_net_t *net, size_t link);
/* Bytes of a message as the wire has them (frame of proto/README.md, ZMTP and CURVE around it). */
uint64_t sync_net_wire_bytes(const ts_sync_msg_t *message);
/* A message with arrays and data of its own, and its release. */
ts_sync_msg_t sync_message_clone(const ts_sync_msg_t *message);
void sync_message_release(const ts_sync_msg_t *message);

#endif
