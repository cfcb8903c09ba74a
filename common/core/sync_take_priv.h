/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside of the receiving half, shared by sync_take.c (what is missing, answers of the store) and
 * sync_take_data.c (chunks, credit, turns). Nobody else includes it.
 */
#ifndef TS_CORE_SYNC_TAKE_PRIV_H
#define TS_CORE_SYNC_TAKE_PRIV_H

#include "base/map.h"
#include "core/envelope.h"
#include "core/log_queue.h"
#include "core/sync_take.h"

#define TS_TAKE_CLASSES 3u
#define TS_TAKE_RESUMED_MAX 4u /* kept parts taken up again at a time */
#define TS_TAKE_TRIES_MAX 6u   /* new starts of one log without a segment stored in between */

/* Where a log stands in this session. */
typedef enum ts_take_phase {
    TS_TAKE_IDLE,     /* nothing known to be missing; its stream may be open */
    TS_TAKE_QUEUED,   /* waits for its turn */
    TS_TAKE_LOCATING, /* the store is asked what we hold */
    TS_TAKE_WANTED,   /* WANT is out, targets are missing */
    TS_TAKE_STOPPED   /* refused; until retry_at, or for this session */
} ts_take_phase_t;

/* A segment under way. */
typedef struct ts_part {
    bool under_way;
    bool judged; /* its header was found right */
    uint64_t prefix;
    uint32_t total;
    uint32_t kept; /* bytes that the runner keeps already */
    ts_mono_t began;
    ts_buf_t bytes; /* from offset 0, without a gap */
} ts_part_t;

typedef struct ts_take_log {
    ts_hash_t id;
    ts_take_phase_t phase;
    uint8_t priority;
    uint8_t tries;
    bool own; /* we write it: the parent named its head */
    bool ask; /* the peer wants to know whether we hold the target */
    bool told_amnesia;
    uint16_t stream;    /* the newest asked for; 0 = none */
    uint32_t back;      /* segments before our tip from which to ask; 0 = the tip */
    ts_tip_t after;     /* position of the last WANT */
    ts_mono_t want_at;  /* for the round trip; INT64_MIN = measured */
    ts_mono_t retry_at; /* STOPPED: INT64_MAX = not in this session */
    ts_part_t part;
    ts_tip_t *targets; /* named by the peer, not found to be held yet; NULL = none */
    uint32_t target_count;
} ts_take_log_t;

struct ts_take {
    ts_id16_t deployment;
    ts_id16_t store;
    ts_mono_t now;
    ts_map_t *logs;    /* log id → ts_take_log_t */
    ts_map_t *streams; /* stream → log id, old ones too */
    ts_log_queue_t queues[TS_TAKE_CLASSES];
    ts_log_queue_t cancels; /* idle streams to be closed: too many stand open */
    size_t queued;          /* logs in QUEUED */
    size_t active;          /* logs in LOCATING or WANTED */
    size_t parts;           /* segments under way */
    size_t storing;         /* segments without answer of the store */
    size_t open;            /* streams left open */
    size_t spare;           /* targets beyond the first of each log */
    size_t stopped;         /* logs in STOPPED that try again */
    ts_mono_t retry_at;     /* the earliest of them */
    uint16_t last_stream;
    bool listed;
    uint64_t listed_arrival; /* of the peer's store, that its listing reached */
    uint64_t seen;
    uint64_t granted;  /* credit, cumulative */
    uint64_t received; /* credit used, cumulative */
    uint64_t received_bytes;
    bool starved;        /* less credit granted than the window, for want of budget or store */
    uint32_t chunk_told; /* chunk size of the last CREDIT */
    bool busy;           /* after the last chunk the sender had more to send */
    bool custody_sent;
    ts_mono_t moved;      /* last chunk or WANT */
    ts_mono_t stalled_at; /* last time that all was asked for anew */
    ts_pace_t pace;
    ts_buf_t lent;                               /* the segment lent to the runner in this step */
    ts_sync_tip_t tips[TS_TIPS_PER_MESSAGE_MAX]; /* lent to a CUSTODY in this step */
};

void ts_take_queue(ts_take_t *self, ts_take_log_t *log);
void ts_take_stop(ts_take_t *self, ts_take_log_t *log, ts_mono_t retry_at);
void ts_take_drop_target(ts_take_t *self, ts_take_log_t *log, const ts_hash_t *hash);
void ts_take_drop_targets(ts_take_t *self, ts_take_log_t *log);
/* Nothing missing any more: IDLE. */
void ts_take_settle(ts_take_t *self, ts_take_log_t *log);
/* The store answered a segment of this stream. */
void ts_take_answered(ts_take_t *self, uint16_t stream);

#endif
