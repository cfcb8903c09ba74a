/* SPDX-License-Identifier: MPL-2.0 */
/*
 * feed.proto ↔ core/feed.h, for aggregator, web face and the command line's subscriber. The
 * doorbell's topic and its 0x00 byte are not part of these bytes.
 */
#ifndef TS_WIRE_FEED_WIRE_H
#define TS_WIRE_FEED_WIRE_H

#include "base/buf.h"
#include "base/err.h"
#include "core/feed.h"

/* Owns what a decoded message points to, until its next call. */
typedef struct ts_feed_decoder ts_feed_decoder_t;

ts_feed_decoder_t *ts_feed_decoder_new(void);
void ts_feed_decoder_destroy(ts_feed_decoder_t **self_p);

/* Append; a message beyond the limits is our own bug. */
void ts_feed_request_encode(const ts_feed_request_t *request, ts_buf_t *out);
void ts_feed_doorbell_encode(const ts_feed_doorbell_t *doorbell, ts_buf_t *out);
void ts_feed_page_encode(const ts_feed_page_t *page, ts_buf_t *out);
/* Bytes that an event takes in a page, to fill one up to TS_FEED_PAGE_BYTES_MAX. */
size_t ts_business_event_bytes(const ts_business_event_t *event);

/* UNKNOWN (other version), TOOBIG, INVALID. */
TS_MUST_USE ts_err_t ts_feed_request_decode(ts_feed_decoder_t *self,
                                            ts_bytes_t bytes,
                                            ts_feed_request_t *ret_request);
TS_MUST_USE ts_err_t ts_feed_doorbell_decode(ts_feed_decoder_t *self,
                                             ts_bytes_t bytes,
                                             ts_feed_doorbell_t *ret_doorbell);
TS_MUST_USE ts_err_t ts_feed_page_decode(ts_feed_decoder_t *self,
                                         ts_bytes_t bytes,
                                         ts_feed_page_t *ret_page);

#endif
