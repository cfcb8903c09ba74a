/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The feed for dashboards as plain structs: business events without any personal field (design
 * §11). Bytes are made and read by common/wire/feed_wire (feed.proto), JSON by common/wire/json.
 * Texts are borrowed: when encoding, the caller's (NULL = ""); in a decoded message the decoder's
 * until its next call, never NULL.
 */
#ifndef TS_CORE_FEED_H
#define TS_CORE_FEED_H

#include "base/err.h"
#include "base/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_FEED_VERSION 1u
/* Events of one page and topics of one request. */
#define TS_FEED_PAGE_EVENTS_MAX 1000u
#define TS_FEED_TOPICS_MAX 256u
/* Totals of one snapshot page. */
#define TS_FEED_TOTALS_MAX 10000u
/* A page; events beyond it wait for the next one. */
#define TS_FEED_PAGE_BYTES_MAX (4u << 20)

typedef struct ts_business_event {
    uint64_t number;   /* gap-free within a feed, from 1 */
    const char *topic; /* "<kind>.<unit code>" */
    const char *kind;
    const char *change; /* added, revised, voided, conflict, resolved */
    const char *record; /* short code */
    const char *unit;   /* official code */
    const char *plan;   /* plan code */
    const char *line;   /* support line code */
    const char *date;   /* YYYY-MM-DD */
    int64_t quantity;
    const char *unit_of_measure;
    int64_t value_vnd;
    int64_t children; /* count; 0 when merged upward */
    const char *donor_class;
    const char *text;
    uint64_t time_s; /* of this store */
    const char *period;
    const char *body;
} ts_business_event_t;

typedef struct ts_feed_total {
    const char *measure;
    const char *unit;
    const char *plan;
    const char *line;
    int64_t value;
} ts_feed_total_t;

typedef struct ts_feed_doorbell {
    ts_id16_t feed;
    uint64_t number;
    const ts_business_event_t *event; /* NULL: too big, fetch it */
} ts_feed_doorbell_t;

typedef struct ts_feed_request {
    ts_id16_t feed; /* zero on the first request */
    uint64_t after; /* give what follows; 0 = from the beginning */
    uint32_t limit; /* 1..TS_FEED_PAGE_EVENTS_MAX */
    const char *const *topics;
    size_t topic_count; /* 0 = all that the key may read */
    bool snapshot;
    bool json;
} ts_feed_request_t;

typedef struct ts_feed_page {
    ts_id16_t feed;
    const ts_business_event_t *events;
    size_t event_count;
    uint64_t number; /* go on after this one */
    uint64_t newest;
    ts_err_t code; /* NOTFOUND: a position of another feed, start from a snapshot */
    const char *say;
    const ts_feed_total_t *totals;
    size_t total_count;
    const char *json; /* instead of events and totals */
} ts_feed_page_t;

#endif
