/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One made-up message of every sort with every field set, always the same: for golden files, round
 * trips and mutation. Only for tests/.
 */
#ifndef TS_TESTS_SUPPORT_WIRE_SAMPLES_H
#define TS_TESTS_SUPPORT_WIRE_SAMPLES_H

#include "core/control.h"
#include "core/feed.h"
#include "core/sync_msg.h"
#include "wire/event.h"
#include "wire/record.h"

/* A record of that kind, every field given, two rows in every list. */
ts_record_t *sample_record(const ts_kind_schema_t *kind);
/* A header with every field given; its pointers are static. */
ts_event_header_t sample_header(const ts_kind_schema_t *kind);
/* Appends the bytes of sample_header + sample_record. */
void sample_event(const ts_kind_schema_t *kind, ts_buf_t *out);
/* Pointers are static. */
ts_sync_msg_t sample_sync(ts_sync_kind_t kind);
/* To be freed. */
void sample_command(ts_command_t *command);
void sample_reply(ts_reply_t *reply);
/* Pointers are static. */
ts_feed_request_t sample_feed_request(void);
ts_feed_doorbell_t sample_feed_doorbell(void);
ts_feed_page_t sample_feed_page(void);

/* Compare what decoding gave with what was encoded; a difference fails the test. */
void check_sync_equal(const ts_sync_msg_t *a, const ts_sync_msg_t *b);

/* Takes bytes as an event: when the strict reader accepts them, protobuf-c must read the same, and
 * both must pack to the same bytes. Returns what the strict reader said. */
ts_err_t check_event_against_library(ts_event_decoder_t *decoder, ts_bytes_t bytes);

#endif
