/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/event.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "tiepsuc/v1/event.pb-c.h"
#include "wire/schema.h"
#include "wire/unpack.h"

#include <string.h>

/* Kinds by number, for the hot path. */
enum { KIND_END = 64 };

struct ts_event_decoder {
    ts_arena_t arena;
    ts_unpack_t unpack;
    const char *fault; /* of the header's meaning; NULL: unpack's */
};

static struct {
    const ts_layout_t *header;
    const ts_kind_schema_t *kinds[KIND_END];
    const ts_layout_t *layouts[KIND_END];
} known;

static void
init(ts_event_decoder_t *self)
{
    *self = (ts_event_decoder_t){0};
    ts_arena_init(&self->arena, TS_UNPACK_BYTES_MAX);
    self->unpack = (ts_unpack_t){.arena = &self->arena, .text_bytes_max = TS_TEXT_BYTES_MAX};
    if (known.header != NULL) {
        return;
    }
    const ts_schema_t *schema = ts_wire_schema();
    known.header = ts_layout_of(&tiepsuc__v1__event__descriptor);
    for (size_t i = 0; i < schema->count; i++) {
        const ts_kind_schema_t *kind = &schema->kinds[i];
        TS_CHECK(kind->kind < KIND_END);
        known.kinds[kind->kind] = kind;
        known.layouts[kind->kind] = ts_layout_of(kind->descriptor);
    }
}

ts_event_decoder_t *
ts_event_decoder_new(void)
{
    ts_event_decoder_t *self = ts_xmalloc(sizeof(*self));
    init(self);
    return self;
}

void
ts_event_decoder_destroy(ts_event_decoder_t **self_p)
{
    if (*self_p != NULL) {
        ts_arena_free(&(*self_p)->arena);
        ts_xfree(*self_p);
        *self_p = NULL;
    }
}

static void
copy_header(const Tiepsuc__V1__Event *from, ts_event_header_t *to)
{
    *to = (ts_event_header_t){
        .kind = from->kind,
        .version = from->version,
        .must_understand = from->must_understand != 0,
        .voided = from->void_ != 0,
        .record = from->record,
        .plan = from->plan_id,
        .occurred_on = from->occurred_on,
        .occurred_precision = (uint32_t)from->occurred_precision,
        .claimed_s = from->claimed_s,
        .author = from->author,
        .author_role = from->author_role,
        .revises = from->revises,
        .revises_count = from->n_revises,
        .reason = from->reason,
        .row_key = from->row_key,
        .on_behalf_of_unit = from->on_behalf_of_unit_id,
        .body = {from->body.data, from->body.len},
    };
    if (from->source_key.len == TS_HASH_BYTES) {
        memcpy(to->source_key.b, from->source_key.data, TS_HASH_BYTES);
    }
}

/* What the types cannot say. */
static const char *
header_fault(const Tiepsuc__V1__Event *header)
{
    if (header->kind == 0 || header->version == 0) {
        return N_("the event names no kind and version");
    }
    if (header->record == 0) {
        return N_("the event names no record");
    }
    if (header->author_role > TIEPSUC__V1__ROLE__ROLE_OPERATOR) {
        return N_("the author's role is not known");
    }
    return NULL;
}

ts_err_t
ts_event_decode_header(ts_event_decoder_t *self, ts_bytes_t bytes, ts_event_header_t *ret_header)
{
    Tiepsuc__V1__Event header;
    ts_arena_reset(&self->arena);
    self->fault = NULL;
    self->unpack.fault = NULL;
    if (bytes.length == 0) {
        self->fault = N_("the event is empty");
        return TS_ERR_INVALID;
    }
    if (bytes.length > TS_EVENT_BYTES_MAX) {
        self->fault = N_("the event is too big");
        return TS_ERR_TOOBIG;
    }
    self->unpack.borrow_bytes = true;
    self->unpack.rows_max = TS_REVISES_MAX;
    ts_err_t err = ts_unpack(&self->unpack, known.header, bytes, &header);
    if (err == TS_ERR_OK || err == TS_ERR_UNKNOWN) {
        self->fault = header_fault(&header);
        if (self->fault != NULL) {
            return TS_ERR_INVALID;
        }
        copy_header(&header, ret_header);
    }
    return err;
}

ts_err_t
ts_event_decode(ts_event_decoder_t *self,
                ts_bytes_t bytes,
                ts_event_header_t *ret_header,
                const ts_kind_schema_t **ret_kind,
                const void **ret_record)
{
    ts_event_header_t header;
    ts_err_t err = ts_event_decode_header(self, bytes, &header);
    if (err != TS_ERR_OK) {
        if (err == TS_ERR_UNKNOWN) {
            *ret_header = header;
        }
        return err;
    }
    const ts_kind_schema_t *kind = header.kind < KIND_END ? known.kinds[header.kind] : NULL;
    if (kind == NULL || header.version > kind->version) {
        self->fault = N_("this version of the program does not know this kind of record");
        *ret_header = header;
        return TS_ERR_UNKNOWN;
    }
    void *record = ts_arena_take(&self->arena, kind->record_bytes);
    TS_CHECK(record != NULL);
    self->unpack.borrow_bytes = false;
    self->unpack.rows_max = TS_RECORD_ROWS_MAX;
    err = ts_unpack(&self->unpack, known.layouts[kind->kind], header.body, record);
    if (err == TS_ERR_OK || err == TS_ERR_UNKNOWN) {
        *ret_header = header;
    }
    if (err == TS_ERR_OK) {
        *ret_kind = kind;
        *ret_record = record;
    }
    return err;
}

void
ts_event_decoder_why(const ts_event_decoder_t *self, ts_msg_t *ret_why)
{
    if (self->fault != NULL) {
        ts_msg_make(ret_why, self->fault, NULL);
    } else {
        ts_unpack_why(&self->unpack, ret_why);
    }
}

static void
fill_header(Tiepsuc__V1__Event *to,
            const ts_event_header_t *from,
            const ts_kind_schema_t *kind,
            ts_buf_t *body)
{
    tiepsuc__v1__event__init(to);
    to->kind = kind->kind;
    to->version = from->version == 0 ? kind->version : from->version;
    to->must_understand = from->must_understand;
    to->void_ = from->voided;
    to->record = from->record;
    to->plan_id = from->plan;
    to->occurred_on = from->occurred_on;
    to->occurred_precision = (Tiepsuc__V1__Precision)from->occurred_precision;
    to->claimed_s = from->claimed_s;
    to->author = from->author;
    to->author_role = from->author_role;
    to->n_revises = from->revises_count;
    to->revises = ts_unconst(from->revises);
    to->reason = ts_unconst(from->reason == NULL ? "" : from->reason);
    to->row_key = ts_unconst(from->row_key == NULL ? "" : from->row_key);
    to->on_behalf_of_unit_id = from->on_behalf_of_unit;
    if (!ts_hash_is_zero(&from->source_key)) {
        to->source_key = (ProtobufCBinaryData){TS_HASH_BYTES, ts_unconst(from->source_key.b)};
    }
    to->body = (ProtobufCBinaryData){body->length, body->data};
}

ts_err_t
ts_event_encode(const ts_event_header_t *header,
                const ts_kind_schema_t *kind,
                const void *record,
                ts_buf_t *out,
                ts_msg_t *ret_why)
{
    ts_buf_t body = {0};
    ts_buf_t bytes = {0};
    Tiepsuc__V1__Event message;
    ts_pack(record, &body);
    fill_header(&message, header, kind, &body);
    ts_pack(&message.base, &bytes);

    ts_event_decoder_t judge;
    ts_event_header_t judged;
    const ts_kind_schema_t *judged_kind;
    const void *judged_record;
    init(&judge);
    ts_err_t err =
        ts_event_decode(&judge, ts_buf_bytes(&bytes), &judged, &judged_kind, &judged_record);
    if (err == TS_ERR_OK) {
        ts_buf_put(out, bytes.data, bytes.length);
    } else if (ret_why != NULL) {
        ts_event_decoder_why(&judge, ret_why);
    }
    ts_arena_free(&judge.arena);
    ts_buf_free(&bytes);
    ts_buf_free(&body);
    return err;
}
