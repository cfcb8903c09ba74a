/* SPDX-License-Identifier: MPL-2.0 */
/* Parts of `decode`: each adds tables to the reply. Private to the command line. */
#ifndef TS_CLI_DECODE_H
#define TS_CLI_DECODE_H

#include "base/buf.h"
#include "base/err.h"
#include "core/control.h"

/* Adds a table of one row; cells follow in the order of the columns. */
typedef struct ts_facts {
    ts_table_t *table;
    size_t count;
    struct {
        bool is_number;
        int64_t number;
        char text[160];
    } cells[32];
} ts_facts_t;

ts_facts_t ts_facts_begin(ts_reply_t *reply, const char *name);
/* title: N_(). */
void ts_facts_text(ts_facts_t *facts, const char *name, const char *title, const char *text);
void ts_facts_number(
    ts_facts_t *facts, const char *name, const char *title, const char *format, int64_t number);
void ts_facts_hex(
    ts_facts_t *facts, const char *name, const char *title, const void *data, size_t bytes);
void ts_facts_end(ts_facts_t *facts);

/* A session frame. UNKNOWN, TRUNCATED, TOOBIG, INVALID. */
TS_MUST_USE ts_err_t ts_decode_frame(ts_bytes_t bytes, ts_reply_t *reply);
/* Key file or invite: secrets are not shown. INVALID: no such text. */
TS_MUST_USE ts_err_t ts_decode_keyfile(ts_bytes_t bytes, ts_reply_t *reply);
/* One segment or several behind one another (a bundle), with their events. Bytes that are no
 * segment: INVALID; what was good before stays in the reply. */
TS_MUST_USE ts_err_t ts_decode_segments(ts_bytes_t bytes, ts_reply_t *reply);
/* A sealed file: what can be seen of it without a key. INVALID, UNKNOWN, TRUNCATED, HASH. */
TS_MUST_USE ts_err_t ts_decode_sealed(ts_bytes_t bytes, ts_reply_t *reply);
/* A bundle: sealed as it is carried, or its bare segments. */
TS_MUST_USE ts_err_t ts_decode_bundle(ts_bytes_t bytes, ts_reply_t *reply);
/* A single event. */
TS_MUST_USE ts_err_t ts_decode_event(ts_bytes_t bytes, ts_reply_t *reply);

#endif
