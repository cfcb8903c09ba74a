/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Records, events, replies and business events as JSON text; records also from JSON. Derived from
 * the schema, so a new field appears by itself. For the web face, the command line (--json) and the
 * feed.
 *
 * Shapes: references and record ids as short codes (null = none), dates "YYYY-MM-DD" (null = none),
 * enums by name, keys and other bytes as hex (null = none), event prefixes as the first 16 hex
 * digits of the id, numbers as numbers below 2^53 and else as text, child lists as arrays (of
 * objects, or of values). One line, UTF-8, keys in the order of the schema.
 */
#ifndef TS_WIRE_JSON_H
#define TS_WIRE_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "base/msg.h"
#include "core/control.h"
#include "core/event.h"
#include "core/feed.h"
#include "core/schema.h"
#include "wire/record.h"
#include "wire/record_text.h"

/* Puts a message into words (translated); the caller frees. NULL instead of it: English. */
typedef char *(*ts_say_fn)(const ts_msg_t *msg);

/* All append. */
void ts_json_put_record(ts_buf_t *out, const ts_kind_schema_t *kind, const void *record);
/* {"kind":…, "record":…, "plan":…, "occurred_on":…, …, "body":{…}}; kind NULL: unknown, without
 * body. */
void ts_json_put_event(ts_buf_t *out,
                       const ts_event_header_t *header,
                       const ts_kind_schema_t *kind,
                       const void *record);
/* {"code":"OK","say":…,"tables":{name:[{column:value}…]},"issues":[…]}; dates and times by the
 * column's format. */
void ts_json_put_reply(ts_buf_t *out, const ts_reply_t *reply, ts_say_fn say);
/* The rows as an array of objects. */
void ts_json_put_table(ts_buf_t *out, const ts_table_t *table, ts_say_fn say);
/* Empty texts and zeros are left out: not given. */
void ts_json_put_business_event(ts_buf_t *out, const ts_business_event_t *event);
void ts_json_put_feed_page(ts_buf_t *out, const ts_feed_page_t *page);

/*
 * Sets the fields that the object has (null clears; a list replaces all its rows); others stay.
 * References: short code, or what the resolver knows. Errors as ts_record_set_text, also for
 * unknown names, duplicate names and anything that is not JSON; *ret_why says what is wrong,
 * *ret_path (may be NULL; owned by the caller, ts_xfree; NULL: the whole text) of which field. The
 * record may then be half changed: destroy it.
 */
TS_MUST_USE ts_err_t ts_json_read_record(ts_record_t *record,
                                         ts_bytes_t json,
                                         const ts_resolver_t *resolver,
                                         ts_msg_t *ret_why,
                                         char **ret_path);

#endif
