/* SPDX-License-Identifier: MPL-2.0 */
/* Segments, events and key files in words. */
#include "base/i18n.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "cli/decode.h"
#include "core/envelope.h"
#include "core/labels.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "node/identity.h"
#include "wire/event.h"
#include "wire/json.h"
#include "wire/record_text.h"
#include "wire/schema.h"
#include "wire/segment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Logs of one bundle whose keys are remembered. */
#define LOGS_MAX 256u

/* What was learned from the genesis segments so far. */
typedef struct logs {
    struct {
        ts_hash_t log;
        ts_hash_t key;
    } rows[LOGS_MAX];
    size_t count;
} logs_t;

/* ---- events */

static void
event_columns(ts_table_t *table)
{
    static const struct {
        const char *name;
        const char *title;
        const char *format;
    } columns[] = {
        {"seq", N_("Number"), "number"},
        {"event", N_("Version"), "text"},
        {"kind", N_("Kind"), "text"},
        {"record", N_("Code"), "code"},
        {"plan", N_("Plan"), "code"},
        {"occurred_on", N_("Date"), "date"},
        {"recorded", N_("Recorded at"), "time"},
        {"author", N_("Account"), "number"},
        {"void", N_("Withdrawn"), "number"},
        {"reason", N_("Reason"), "text"},
        {"row_key", N_("Row of the sheet"), "text"},
        {"replaces", N_("Replaces"), "text"},
        {"fields", N_("Fields"), "text"},
        {"problem", N_("What is wrong"), "text"},
    };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        ts_table_add_column(table, columns[i].name, columns[i].title, columns[i].format);
    }
}

static void
add_or_nothing(ts_table_t *table, int64_t number)
{
    if (number == 0) {
        ts_table_add_nothing(table);
    } else {
        ts_table_add_number(table, number);
    }
}

static void
put_prefix(ts_buf_t *out, uint64_t prefix)
{
    uint8_t bytes[8];
    char hex[17];
    ts_store_u64(bytes, prefix);
    ts_hex_format(bytes, sizeof bytes, hex);
    ts_buf_put_text(out, hex);
}

static void
add_buf(ts_table_t *table, ts_buf_t *text)
{
    ts_buf_put_u8(text, '\0');
    ts_table_add_text(table, text->length == 1 ? NULL : (const char *)text->data);
    ts_buf_free(text);
}

/* The body as JSON: every field by its name in the schema. */
static void
add_fields(ts_table_t *table, const ts_kind_schema_t *kind, const void *record)
{
    ts_buf_t text = {.length = 0};
    if (kind != NULL) {
        ts_json_put_record(&text, kind, record);
    }
    add_buf(table, &text);
}

static ts_err_t
add_event(ts_table_t *table, ts_event_decoder_t *decoder, ts_bytes_t bytes, uint64_t seq)
{
    ts_event_header_t header = {.kind = 0};
    const ts_kind_schema_t *kind = NULL;
    const void *record = NULL;
    ts_err_t err = ts_event_decode(decoder, bytes, &header, &kind, &record);
    ts_hash_t id = ts_hash_of(bytes.data, bytes.length);
    ts_buf_t text = {.length = 0};
    add_or_nothing(table, (int64_t)seq);
    put_prefix(&text, ts_hash_prefix(&id));
    add_buf(table, &text);
    const ts_kind_schema_t *known = ts_schema_kind(ts_wire_schema(), header.kind);
    ts_table_add_text(table, known == NULL ? NULL : known->name);
    add_or_nothing(table, (int64_t)header.record);
    add_or_nothing(table, (int64_t)header.plan);
    add_or_nothing(table, header.occurred_on);
    add_or_nothing(table, (int64_t)header.claimed_s);
    add_or_nothing(table, header.author);
    ts_table_add_number(table, header.voided);
    ts_table_add_text(table,
                      header.reason == NULL || header.reason[0] == '\0' ? NULL : header.reason);
    ts_table_add_text(table,
                      header.row_key == NULL || header.row_key[0] == '\0' ? NULL : header.row_key);
    for (size_t i = 0; i < header.revises_count; i++) {
        ts_buf_put_text(&text, i == 0 ? "" : " ");
        put_prefix(&text, header.revises[i]);
    }
    add_buf(table, &text);
    add_fields(table, err == TS_ERR_OK ? kind : NULL, record);
    ts_msg_t why = {.id = NULL};
    if (err != TS_ERR_OK) {
        ts_event_decoder_why(decoder, &why);
        if (why.id == NULL) {
            ts_msg_set(&why, ts_err_str(err));
        }
        ts_table_add_say(table, &why);
    } else {
        ts_table_add_nothing(table);
    }
    return err;
}

ts_err_t
ts_decode_event(ts_bytes_t bytes, ts_reply_t *reply)
{
    ts_event_decoder_t *decoder = ts_event_decoder_new();
    ts_event_header_t header;
    ts_err_t err =
        bytes.length == 0 ? TS_ERR_INVALID : ts_event_decode_header(decoder, bytes, &header);
    if (err == TS_ERR_OK || err == TS_ERR_UNKNOWN) {
        ts_table_t *table = ts_reply_add_table(reply, "events");
        event_columns(table);
        err = add_event(table, decoder, bytes, 0);
        err = err == TS_ERR_UNKNOWN ? TS_ERR_OK : err;
    }
    ts_event_decoder_destroy(&decoder);
    return err;
}

/* ---- segments */

static void
segment_columns(ts_table_t *table)
{
    static const struct {
        const char *name;
        const char *title;
        const char *format;
    } columns[] = {
        {"hash", N_("Segment"), "text"},
        {"log", N_("Log"), "text"},
        {"deployment", N_("Deployment"), "text"},
        {"first", N_("First entry"), "number"},
        {"last", N_("Last entry"), "number"},
        {"events", N_("Events"), "number"},
        {"previous", N_("Segment before"), "text"},
        {"codec", N_("Compression"), "text"},
        {"stored_bytes", N_("Bytes"), "number"},
        {"raw_bytes", N_("Bytes unpacked"), "number"},
        {"sealed", N_("Sealed at (by the clock there)"), "time"},
        {"boot", N_("Start of the machine"), "number"},
        {"closes", N_("Closes the log"), "number"},
        {"payload", N_("Content"), "text"},
        {"signature", N_("Signature"), "text"},
    };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        ts_table_add_column(table, columns[i].name, columns[i].title, columns[i].format);
    }
}

static void
add_hash(ts_table_t *table, const uint8_t *data, size_t bytes)
{
    char hex[2 * TS_HASH_BYTES + 1];
    ts_hex_format(data, bytes, hex);
    ts_table_add_text(table, hex);
}

static void
add_word(ts_table_t *table, const char *id)
{
    ts_msg_t say = {.id = NULL};
    ts_msg_set(&say, id);
    ts_table_add_say(table, &say);
}

/* Certificates of a genesis and its own signature. */
static const char *
judge_genesis(const ts_segment_view_t *view, const ts_hash_t *hash, logs_t *logs)
{
    ts_genesis_t genesis;
    if (ts_genesis_parse(view->payload, &genesis) != TS_ERR_OK ||
        ts_genesis_verify(&view->header.deployment, &genesis) != TS_ERR_OK ||
        ts_sign_verify(&genesis.node_key, TS_SEGMENT_DOMAIN, &view->signed_bytes, 1,
                       view->signature) != TS_ERR_OK) {
        return N_("NOT RIGHT");
    }
    if (logs->count < LOGS_MAX) {
        logs->rows[logs->count].log = *hash;
        logs->rows[logs->count++].key = genesis.node_key;
    }
    return N_("right, up to the root");
}

static const char *
judge(const ts_segment_view_t *view, const ts_hash_t *hash, logs_t *logs)
{
    if ((view->header.flags & TS_SEGMENT_GENESIS) != 0) {
        return judge_genesis(view, hash, logs);
    }
    for (size_t i = 0; i < logs->count; i++) {
        if (ts_hash_equal(&logs->rows[i].log, &view->header.log)) {
            return ts_sign_verify(&logs->rows[i].key, TS_SEGMENT_DOMAIN, &view->signed_bytes, 1,
                                  view->signature) == TS_ERR_OK
                       ? N_("right")
                       : N_("NOT RIGHT");
        }
    }
    return N_("cannot be judged: the log's first segment is not in this file");
}

static void
add_segment(ts_table_t *table, const ts_segment_view_t *view, logs_t *logs)
{
    const ts_segment_header_t *header = &view->header;
    static const char *const codecs[] = {"plain", "zstd"};
    const ts_bytes_t hashed = {view->whole.data, TS_SEGMENT_FIXED_BYTES};
    ts_hash_t hash = ts_hash_of(hashed.data, hashed.length);
    ts_hash_t payload = ts_hash_of(view->payload.data, view->payload.length);
    bool genesis = (header->flags & TS_SEGMENT_GENESIS) != 0;
    add_hash(table, hash.b, TS_HASH_BYTES);
    add_hash(table, genesis ? hash.b : header->log.b, TS_HASH_BYTES);
    add_hash(table, header->deployment.b, TS_ID16_BYTES);
    ts_table_add_number(table, (int64_t)header->first_seq);
    ts_table_add_number(table, (int64_t)ts_segment_last_seq(header));
    ts_table_add_number(table, header->count);
    if (genesis) {
        ts_table_add_nothing(table);
    } else {
        add_hash(table, header->prev.b, TS_HASH_BYTES);
    }
    ts_table_add_text(table, header->codec == TS_CODEC_GENESIS  ? "genesis"
                             : header->codec == TS_CODEC_COPIES ? "copies"
                             : header->codec < 2                ? codecs[header->codec]
                                                                : "?");
    ts_table_add_number(table, header->stored_bytes);
    ts_table_add_number(table, header->raw_bytes);
    ts_table_add_number(table, header->claimed_ms / 1000);
    ts_table_add_number(table, header->boot);
    ts_table_add_number(table, (header->flags & TS_SEGMENT_CLOSES) != 0);
    add_word(table, ts_hash_equal(&payload, &header->payload_hash) ? N_("right") : N_("NOT RIGHT"));
    add_word(table, judge(view, &hash, logs));
}

static void
add_genesis(ts_reply_t *reply, const ts_segment_view_t *view)
{
    static const char *const purposes[] = {"?",    "acts",     "records", "registry",
                                           "down", "holdings", "private", "kept"};
    static const char *const audiences[] = {"?", "up", "down_all", "down_unit", "self"};
    ts_genesis_t genesis;
    if (ts_genesis_parse(view->payload, &genesis) != TS_ERR_OK) {
        return;
    }
    ts_facts_t facts = ts_facts_begin(reply, "genesis");
    ts_facts_number(&facts, "office", N_("Office"), "number", genesis.office);
    ts_facts_text(&facts, "purpose", N_("Purpose"),
                  genesis.purpose < 8 ? purposes[genesis.purpose] : "?");
    ts_facts_text(&facts, "audience", N_("For whom"),
                  genesis.audience < 5 ? audiences[genesis.audience] : "?");
    ts_facts_hex(&facts, "predecessor", N_("Continues the log"), genesis.predecessor_log.b,
                 TS_HASH_BYTES);
    ts_facts_hex(&facts, "node_key", N_("Key of the installation"), genesis.node_key.b,
                 TS_HASH_BYTES);
    ts_facts_hex(&facts, "invite_key", N_("certified by the invite"), genesis.invite_key.b,
                 TS_HASH_BYTES);
    ts_facts_hex(&facts, "registrar_key", N_("certified by the registrar"), genesis.registrar_key.b,
                 TS_HASH_BYTES);
    ts_facts_hex(&facts, "root_key", N_("certified by the root"), genesis.root_key.b,
                 TS_HASH_BYTES);
    ts_facts_end(&facts);
}

/* The events of one segment; their number inside the log goes on from the header's. */
static ts_err_t
add_events(ts_table_t *table,
           ts_codec_t *codec,
           ts_event_decoder_t *decoder,
           const ts_segment_view_t *view)
{
    ts_payload_t payload;
    ts_bytes_t event;
    ts_err_t err = ts_payload_open(codec, &view->header, view->payload, &payload);
    uint64_t seq = view->header.first_seq;
    while (err == TS_ERR_OK && ts_payload_next(&payload, &event)) {
        (void)add_event(table, decoder, event, seq++);
    }
    return err;
}

/* First pass: the segments; *ret_whole: bytes that are segments. */
static ts_err_t
walk(ts_bytes_t bytes,
     ts_err_t (*visit)(void *context, const ts_segment_view_t *view),
     void *context)
{
    size_t offset = 0;
    while (offset < bytes.length) {
        ts_segment_header_t header;
        uint32_t whole = 0;
        ts_segment_view_t view;
        const ts_bytes_t rest = {bytes.data + offset, bytes.length - offset};
        ts_err_t err = ts_segment_peek(rest, &header, &whole);
        if (err == TS_ERR_OK && whole > rest.length) {
            err = TS_ERR_TRUNCATED;
        }
        if (err == TS_ERR_OK) {
            err = ts_segment_parse((ts_bytes_t){rest.data, whole}, &view);
        }
        if (err == TS_ERR_OK) {
            err = visit(context, &view);
        }
        if (err != TS_ERR_OK) {
            return err;
        }
        offset += whole;
    }
    return TS_ERR_OK;
}

typedef struct visit {
    ts_reply_t *reply;
    ts_table_t *table;
    logs_t *logs;
    ts_codec_t *codec;
    ts_event_decoder_t *decoder;
    uint64_t events;
} visit_t;

static ts_err_t
visit_segment(void *context, const ts_segment_view_t *view)
{
    visit_t *self = context;
    add_segment(self->table, view, self->logs);
    self->events += view->header.count;
    return TS_ERR_OK;
}

static ts_err_t
visit_content(void *context, const ts_segment_view_t *view)
{
    visit_t *self = context;
    return (view->header.flags & TS_SEGMENT_GENESIS) != 0
               ? TS_ERR_OK
               : add_events(self->table, self->codec, self->decoder, view);
}

ts_err_t
ts_decode_segments(ts_bytes_t bytes, ts_reply_t *reply)
{
    logs_t *logs = ts_xcalloc(1, sizeof *logs);
    visit_t visit = {.reply = reply, .table = ts_reply_add_table(reply, "segments"), .logs = logs};
    segment_columns(visit.table);
    ts_err_t err = walk(bytes, visit_segment, &visit);
    ts_segment_view_t first;
    if (err == TS_ERR_OK && ts_segment_parse(bytes, &first) == TS_ERR_OK &&
        (first.header.flags & TS_SEGMENT_GENESIS) != 0) {
        add_genesis(reply, &first);
    }
    if (err == TS_ERR_OK && visit.events > 0) {
        visit.table = ts_reply_add_table(reply, "events");
        event_columns(visit.table);
        visit.codec = ts_codec_new();
        visit.decoder = ts_event_decoder_new();
        err = walk(bytes, visit_content, &visit);
        ts_event_decoder_destroy(&visit.decoder);
        ts_codec_destroy(&visit.codec);
    }
    ts_xfree(logs);
    return err;
}

/* ---- key files */

/* Eight bytes are a number, or the id of a record. */
static void
add_key_value(ts_table_t *table, const char *name, const char *text)
{
    uint8_t bytes[8];
    char shown[TS_CODE_BYTES_MAX];
    if (strlen(text) != 2 * sizeof bytes || ts_hex_parse(text, bytes, sizeof bytes) != TS_ERR_OK) {
        ts_table_add_text(table, text);
        return;
    }
    uint64_t number = ts_load_u64(bytes);
    if (strcmp(name, "unit") == 0 || strcmp(name, "body") == 0) {
        ts_record_code_format(number, shown, sizeof shown);
    } else {
        (void)snprintf(shown, sizeof shown, "%" PRIu64, number);
    }
    ts_table_add_text(table, shown);
}

/* "name = value" of a line; the value of a secret is not shown. */
static void
add_key_line(ts_table_t *table, const char *line, size_t bytes)
{
    const char *equals = memchr(line, '=', bytes);
    if (equals == NULL || line[0] == '#') {
        return;
    }
    size_t name_bytes = (size_t)(equals - line);
    while (name_bytes > 0 && line[name_bytes - 1] == ' ') {
        name_bytes--;
    }
    const char *value = equals + 1;
    size_t value_bytes = bytes - (size_t)(value - line);
    while (value_bytes > 0 && *value == ' ') {
        value++;
        value_bytes--;
    }
    if (value_bytes >= 2 && value[0] == '"' && value[value_bytes - 1] == '"') {
        value++;
        value_bytes -= 2;
    }
    char *name = ts_xstrndup(line, name_bytes);
    char *text = ts_xstrndup(value, value_bytes);
    ts_table_add_text(table, name);
    if (strstr(name, "secret") != NULL || strcmp(name, "locked") == 0) {
        add_word(table, N_("(secret, not shown)"));
    } else {
        add_key_value(table, name, text);
    }
    ts_xfree(text);
    ts_xfree(name);
}

ts_err_t
ts_decode_keyfile(ts_bytes_t bytes, ts_reply_t *reply)
{
    ts_table_t *table = ts_reply_add_table(reply, "key_file");
    ts_table_add_column(table, "name", N_("Name"), "text");
    ts_table_add_column(table, "value", N_("Value"), "text");
    for (size_t i = 0; i < bytes.length; i++) {
        const uint8_t *end = memchr(bytes.data + i, '\n', bytes.length - i);
        size_t length = end == NULL ? bytes.length - i : (size_t)(end - (bytes.data + i));
        add_key_line(table, (const char *)bytes.data + i, length);
        i += length;
    }
    return ts_table_rows(table) > 0 ? TS_ERR_OK : TS_ERR_INVALID;
}
