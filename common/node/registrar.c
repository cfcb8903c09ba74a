/* SPDX-License-Identifier: MPL-2.0 */
/* The registrar's own doing: when an installation has joined, its key is bound to the office, once;
 * a second key under one invite stays unbound, is parked by the rules and shown. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "node/node_p.h"
#include "node/own_event.h"
#include "node/rotation.h"
#include "wire/record.h"
#include "wire/schema.h"

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
        err = ts_fold_read(self->fold, &standing.place, standing.event, &bytes);
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
    ts_event_header_t next = {
        .record = office->id, .revises = &revises, .revises_count = 1, .reason = "joined"};
    if (err == TS_ERR_OK) {
        err = ts_own_event_write(self, TS_PURPOSE_REGISTRY, 0, &next, kind, record);
    }
    ts_record_destroy(&record);
    return err;
}

/* Offices whose key was bound in this walk: the ledger does not show it before it is folded. */
typedef struct bound {
    uint32_t *offices;
    size_t count;
    size_t capacity;
} bound_t;

static bool
is_bound(const bound_t *bound, uint32_t office)
{
    for (size_t i = 0; i < bound->count; i++) {
        if (bound->offices[i] == office) {
            return true;
        }
    }
    return false;
}

static ts_err_t
bind(ts_node_t *self, const ts_log_info_t *genesis, bound_t *bound)
{
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(self), genesis->office);
    if (office == NULL || office->number == self->identity.keys.office ||
        !ts_hash_equal(&office->invite_key, &genesis->invite_key) ||
        !ts_hash_is_zero(&office->node_key) || is_bound(bound, office->number)) {
        return TS_ERR_OK;
    }
    bound->offices =
        ts_xgrow(bound->offices, bound->count + 1, &bound->capacity, sizeof *bound->offices);
    bound->offices[bound->count++] = office->number;
    ts_node_note(self, TS_NOTE_INFO, "office_joined", "office=%u", (unsigned)genesis->office);
    return revise_office(self, office, genesis);
}

ts_err_t
ts_registrar_turn(ts_node_t *self)
{
    ts_fold_state_t state;
    if (!self->bind_due || self->regain != 0) {
        return TS_ERR_OK;
    }
    ts_fold_state(self->fold, &state);
    if (state.arrival < state.arrival_last) {
        return TS_ERR_OK;
    }
    self->bind_due = false;
    if (ts_rotation_is_superseded(self)) {
        ts_node_note(self, TS_NOTE_ERROR, "registrar_superseded", "serial=%u",
                     (unsigned)self->identity.chain.registrar_serial);
        return TS_ERR_OK;
    }
    bound_t bound = {0};
    ts_err_t err = ts_rotation_turn(self);
    ts_log_info_t info = {.office = 0};
    while (err == TS_ERR_OK && ts_custody_log_next(self->custody, &info) == TS_ERR_OK) {
        err = bind(self, &info, &bound);
    }
    ts_xfree(bound.offices);
    return err;
}

void
ts_registrar_genesis(ts_node_t *self, const ts_log_info_t *genesis)
{
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(self), genesis->office);
    self->bind_due = self->identity.is_registrar;
    if (self->bind_due && office != NULL && !ts_hash_is_zero(&office->node_key) &&
        !ts_hash_equal(&office->node_key, &genesis->node_key)) {
        ts_node_note(self, TS_NOTE_WARN, "second_key_for_invite", "office=%u",
                     (unsigned)genesis->office);
    }
}
