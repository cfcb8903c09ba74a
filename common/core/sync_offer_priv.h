/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside of the sending half, shared by sync_offer.c (streams, chunks) and sync_offer_list.c (what
 * the peer is told of). Nobody else includes it.
 */
#ifndef TS_CORE_SYNC_OFFER_PRIV_H
#define TS_CORE_SYNC_OFFER_PRIV_H

#include "base/map.h"
#include "core/log_queue.h"
#include "core/sync_offer.h"

enum {
    TS_OFFER_CLASSES = 3,
    TS_OFFER_CLASS_UNKNOWN = 1,
    TS_OFFER_DOUBT_MS = 10000,     /* sent, nothing heard of it: ask whether it is held */
    TS_OFFER_DOUBT_MS_MAX = 600000 /* … asked ever more rarely */
};

/* A log that was listed to the peer or asked for by it. */
typedef struct ts_offer_log {
    ts_hash_t id;
    ts_tip_t tip; /* newest tip of ours that the peer may have */
    bool has_tip;
    bool held;    /* the peer holds `tip` */
    bool stopped; /* the peer refused a segment for good */
    bool queued;  /* waits in a queue for its turn */
    bool at_tip;  /* everything was sent; the stream stands open */
    bool fresh;   /* a new tip came while a load was under way */
    uint8_t priority;
    uint16_t stream;   /* 0 = none open */
    ts_tip_t base;     /* position after which the peer asked */
    uint64_t cursor;   /* arrival number of the last segment sent whole */
    uint64_t prefix;   /* segment under way; 0 = none */
    uint32_t offset;   /* in it */
    uint32_t total;    /* of it; 0 = not known */
    uint64_t sent_seq; /* last number of the last segment sent whole */
    ts_hash_t sent_hash;
    uint64_t unacked; /* bytes sent that are not in custody there */
} ts_offer_log_t;

typedef enum ts_listing {
    TS_LISTING_NONE,
    TS_LISTING_DUE, /* LIST must be asked for */
    TS_LISTING_ASKED
} ts_listing_t;

struct ts_offer {
    ts_mono_t now;
    ts_map_t *logs; /* log id → ts_offer_log_t */
    ts_log_queue_t queues[TS_OFFER_CLASSES];
    ts_listing_t listing;
    uint64_t list_since;
    bool list_again;       /* a new listing was asked for while a page was under way */
    uint64_t list_arrival; /* that the listing has reached */
    bool list_done;
    uint64_t offered;
    size_t unheld; /* logs with a tip that the peer is not known to hold */
    size_t streams;
    size_t waiting; /* logs in a queue */
    bool loading;
    ts_hash_t loading_log;
    uint64_t granted; /* credit, cumulative */
    uint64_t sent;    /* credit used, cumulative */
    uint64_t sent_bytes;
    uint64_t unacked; /* bytes */
    uint32_t chunk_bytes;
    bool custody_seen;
    ts_mono_t moved;                             /* last chunk out, CREDIT or CUSTODY in */
    ts_mono_t asked;                             /* last question whether it is held */
    int64_t doubt_ms;                            /* pause before the next */
    ts_sync_tip_t tips[TS_TIPS_PER_MESSAGE_MAX]; /* lent to HAVE in this step */
};

/* The log, added when new; NULL when there are too many. */
ts_offer_log_t *ts_offer_log_of(ts_offer_t *self, const ts_hash_t *id);
void ts_offer_set_held(ts_offer_t *self, ts_offer_log_t *log, bool held);
/* Puts a log with an open stream in the line of its class. */
void ts_offer_queue(ts_offer_t *self, ts_offer_log_t *log, bool front);
/* Names what was sent and not acknowledged once more, when that is overdue. */
void ts_offer_ask_again(ts_offer_t *self, ts_effects_t *out);

#endif
