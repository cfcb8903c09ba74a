/* SPDX-License-Identifier: MPL-2.0 */
/* The registrar's own doing: when an installation has joined, its key is bound to the office, once;
 * a second key under one invite stays unbound, is parked by the rules and shown (design §6). */
#include "base/i18n.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "node/node_p.h"
#include "wire/record.h"
#include "wire/schema.h"

#define RECORDER 1u

static ts_err_t
revise_office(ts_node_t *self, const ts_office_t *office, const ts_log_info_t *genesis)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), TS_KIND_OFFICE);
    ts_standing_t standing;
    ts_bytes_t bytes;
    ts_event_header_t header;
    const ts_kind_schema_t *decoded_kind;
    const void *body;
    ts_err_t err = ts_ledger_record(self->ledger, kind->kind, office->id, &standing);
    if (err == TS_ERR_OK) {
        err = ts_fold_read(self->fold, &standing.place, &bytes);
    }
    if (err == TS_ERR_OK) {
        err = ts_event_decode(self->decoder, bytes, &header, &decoded_kind, &body);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_record_t *record = ts_record_copy(kind, body);
    err = ts_record_set_bytes(record, "node_key", (ts_bytes_t){genesis->node_key.b, TS_HASH_BYTES});
    if (err == TS_ERR_OK) {
        err = ts_record_set_bytes(record, "node_curve_key",
                                  (ts_bytes_t){genesis->node_curve_key.b, TS_HASH_BYTES});
    }
    uint64_t revises = standing.event;
    ts_event_header_t next = {.kind = kind->kind,
                              .version = kind->version,
                              .record = office->id,
                              .claimed_s = (uint64_t)(self->wall.ms / 1000),
                              .author = RECORDER,
                              .author_role = TS_ROLE_OPERATOR,
                              .revises = &revises,
                              .revises_count = 1,
                              .reason = "joined"};
    ts_buf_t out = {0};
    ts_msg_t why = {0};
    if (err == TS_ERR_OK) {
        err = ts_event_encode(&next, kind, ts_record_body(record), &out, &why);
    }
    if (err == TS_ERR_OK) {
        ts_new_event_t event = {TS_PURPOSE_REGISTRY, 0, ts_buf_bytes(&out), {{0}}};
        err = ts_logs_write(self, &event, 1);
    }
    ts_buf_free(&out);
    ts_msg_free(&why);
    ts_record_destroy(&record);
    return err;
}

ts_err_t
ts_registrar_bind(ts_node_t *self, const ts_log_info_t *genesis)
{
    if (!self->identity.is_registrar) {
        return TS_ERR_OK;
    }
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(self), genesis->office);
    if (office == NULL || office->number == self->identity.keys.office ||
        !ts_hash_equal(&office->invite_key, &genesis->invite_key)) {
        return TS_ERR_OK;
    }
    if (!ts_hash_is_zero(&office->node_key)) {
        if (!ts_hash_equal(&office->node_key, &genesis->node_key)) {
            ts_node_note(self, TS_NOTE_WARN, "second_key_for_invite", "office=%u",
                         (unsigned)genesis->office);
        }
        return TS_ERR_OK;
    }
    ts_node_note(self, TS_NOTE_INFO, "office_joined", "office=%u", (unsigned)genesis->office);
    ts_err_t err = revise_office(self, office, genesis);
    if (err == TS_ERR_OK) {
        err = ts_fold_event_now(self->fold); /* the next genesis of the same office must see it */
    }
    return err;
}
