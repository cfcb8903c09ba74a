/* SPDX-License-Identifier: MPL-2.0 */
/* Session frames in words. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "cli/decode.h"
#include "wire/sync_wire.h"

#include <stdio.h>
#include <string.h>

ts_facts_t
ts_facts_begin(ts_reply_t *reply, const char *name)
{
    return (ts_facts_t){.table = ts_reply_add_table(reply, name)};
}

void
ts_facts_text(ts_facts_t *facts, const char *name, const char *title, const char *text)
{
    if (facts->count < sizeof facts->cells / sizeof facts->cells[0]) {
        ts_table_add_column(facts->table, name, title, "text");
        (void)snprintf(facts->cells[facts->count].text, sizeof facts->cells[0].text, "%s", text);
        facts->cells[facts->count++].is_number = false;
    }
}

void
ts_facts_number(
    ts_facts_t *facts, const char *name, const char *title, const char *format, int64_t number)
{
    if (facts->count < sizeof facts->cells / sizeof facts->cells[0]) {
        ts_table_add_column(facts->table, name, title, format);
        facts->cells[facts->count].number = number;
        facts->cells[facts->count++].is_number = true;
    }
}

void
ts_facts_hex(ts_facts_t *facts, const char *name, const char *title, const void *data, size_t bytes)
{
    char hex[2 * TS_HASH_BYTES + 1];
    static const uint8_t zeros[TS_HASH_BYTES];
    if (bytes <= TS_HASH_BYTES && memcmp(data, zeros, bytes) == 0) {
        ts_facts_text(facts, name, title, "");
        return;
    }
    ts_hex_format(data, bytes > TS_HASH_BYTES ? TS_HASH_BYTES : bytes, hex);
    ts_facts_text(facts, name, title, hex);
}

void
ts_facts_end(ts_facts_t *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        if (facts->cells[i].is_number) {
            ts_table_add_number(facts->table, facts->cells[i].number);
        } else if (facts->cells[i].text[0] == '\0') {
            ts_table_add_nothing(facts->table);
        } else {
            ts_table_add_text(facts->table, facts->cells[i].text);
        }
    }
}

/* ---- messages */

static void
add_tips(ts_reply_t *reply, const ts_sync_tip_t *tips, size_t count)
{
    if (count == 0) {
        return;
    }
    ts_table_t *table = ts_reply_add_table(reply, "tips");
    ts_table_add_column(table, "log", N_("Log"), "text");
    ts_table_add_column(table, "seq", N_("Last entry"), "number");
    ts_table_add_column(table, "hash", N_("Segment"), "text");
    ts_table_add_column(table, "bytes_ahead", N_("Bytes up to here"), "number");
    for (size_t i = 0; i < count; i++) {
        char hex[2 * TS_HASH_BYTES + 1];
        ts_hex_format(tips[i].tip.log.b, TS_HASH_BYTES, hex);
        ts_table_add_text(table, hex);
        ts_table_add_number(table, (int64_t)tips[i].tip.seq);
        ts_hex_format(tips[i].tip.hash.b, TS_HASH_BYTES, hex);
        ts_table_add_text(table, hex);
        ts_table_add_number(table, (int64_t)tips[i].bytes_ahead);
    }
}

static void
put_greeting(ts_facts_t *facts, const ts_sync_greeting_t *greeting)
{
    ts_facts_hex(facts, "deployment", N_("Deployment"), greeting->deployment.b, TS_ID16_BYTES);
    ts_facts_hex(facts, "store", N_("Store"), greeting->store.b, TS_ID16_BYTES);
    ts_facts_number(facts, "office", N_("Office"), "number", greeting->office);
    ts_facts_number(facts, "arrival_seen", N_("Seen up to"), "number",
                    (int64_t)greeting->arrival_seen);
    ts_facts_number(facts, "window", N_("Window, bytes"), "number",
                    (int64_t)greeting->window_bytes_max);
    ts_facts_hex(facts, "digest", N_("Digest of the tips"), greeting->digest.b, TS_HASH_BYTES);
    ts_facts_number(facts, "time", N_("Time"), "time", (int64_t)greeting->time_s);
    ts_facts_number(facts, "root_time", N_("Time of the province"), "time",
                    (int64_t)greeting->root_time_s);
    ts_facts_text(facts, "software", N_("Program"), greeting->software);
}

static void
put_data(ts_facts_t *facts, const ts_sync_msg_t *msg)
{
    if (msg->kind == TS_SYNC_WANT) {
        ts_facts_hex(facts, "log", N_("Log"), msg->u.want.log.b, TS_HASH_BYTES);
        ts_facts_number(facts, "after_seq", N_("After entry"), "number",
                        (int64_t)msg->u.want.after_seq);
        ts_facts_number(facts, "offset", N_("From byte"), "number", msg->u.want.offset);
    } else if (msg->kind == TS_SYNC_CREDIT) {
        ts_facts_number(facts, "bytes_total", N_("Bytes allowed in all"), "number",
                        (int64_t)msg->u.credit.bytes_total);
    } else if (msg->kind == TS_SYNC_CHUNK) {
        uint8_t prefix[8];
        ts_store_u64(prefix, msg->u.chunk.segment_prefix);
        ts_facts_hex(facts, "segment", N_("Segment"), prefix, sizeof prefix);
        ts_facts_number(facts, "offset", N_("From byte"), "number", msg->u.chunk.offset);
        ts_facts_number(facts, "bytes", N_("Bytes"), "number", (int64_t)msg->u.chunk.data.length);
        ts_facts_number(facts, "total", N_("Bytes of the segment"), "number", msg->u.chunk.total);
    } else if (msg->kind == TS_SYNC_CUSTODY) {
        ts_facts_hex(facts, "store", N_("Store"), msg->u.custody.store.b, TS_ID16_BYTES);
        ts_facts_number(facts, "arrival", N_("Arrival"), "number", (int64_t)msg->u.custody.arrival);
    } else if (msg->kind == TS_SYNC_REJECT) {
        ts_facts_hex(facts, "log", N_("Log"), msg->u.reject.log.b, TS_HASH_BYTES);
        ts_facts_hex(facts, "segment", N_("Segment"), msg->u.reject.segment.b, TS_HASH_BYTES);
        ts_facts_text(facts, "error", N_("Reason"), ts_err_name(msg->u.reject.code));
        ts_facts_text(facts, "detail", N_("Detail"), msg->u.reject.detail);
    }
}

static void
put_end(ts_facts_t *facts, const ts_sync_msg_t *msg)
{
    if (msg->kind == TS_SYNC_REFUSE) {
        ts_facts_text(facts, "error", N_("Reason"), ts_err_name(msg->u.refuse.code));
        ts_facts_text(facts, "detail", N_("Detail"), msg->u.refuse.detail);
        ts_facts_number(facts, "retry_after", N_("Try again after seconds"), "number",
                        msg->u.refuse.retry_after_s);
    } else if (msg->kind == TS_SYNC_BYE) {
        ts_facts_text(facts, "detail", N_("Detail"), msg->u.bye.reason);
    } else if (msg->kind == TS_SYNC_PING || msg->kind == TS_SYNC_PONG) {
        ts_facts_hex(facts, "digest", N_("Digest of the tips"), msg->u.ping.digest.b,
                     TS_HASH_BYTES);
        ts_facts_number(facts, "time", N_("Time"), "time", (int64_t)msg->u.ping.time_s);
    }
}

ts_err_t
ts_decode_frame(ts_bytes_t bytes, ts_reply_t *reply)
{
    ts_sync_decoder_t *decoder = ts_sync_decoder_new();
    ts_sync_msg_t msg;
    ts_err_t err = ts_sync_decode(decoder, bytes, &msg);
    if (err == TS_ERR_OK) {
        ts_facts_t facts = ts_facts_begin(reply, "frame");
        ts_facts_text(&facts, "type", N_("Message"), ts_sync_kind_name(msg.kind));
        ts_facts_hex(&facts, "session", N_("Session"), msg.session, sizeof msg.session);
        if (msg.kind == TS_SYNC_HELLO || msg.kind == TS_SYNC_WELCOME) {
            put_greeting(&facts, &msg.u.greeting);
        }
        put_data(&facts, &msg);
        put_end(&facts, &msg);
        ts_facts_end(&facts);
        if (msg.kind == TS_SYNC_HAVE) {
            add_tips(reply, msg.u.have.tips, msg.u.have.count);
        } else if (msg.kind == TS_SYNC_CUSTODY) {
            add_tips(reply, msg.u.custody.tips, msg.u.custody.count);
        } else if (msg.kind == TS_SYNC_WELCOME) {
            add_tips(reply, msg.u.greeting.your_heads, msg.u.greeting.your_head_count);
        }
    }
    ts_sync_decoder_destroy(&decoder);
    return err;
}
