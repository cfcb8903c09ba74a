/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ts_record_t: a record being made or changed; owns the generated struct of its kind. Fields are
 * set by schema name, from text (common/wire/record_text), from JSON (common/wire/json), or here
 * from values. `add`, `revise` and import use nothing else. Texts and rows that are replaced stay
 * allocated until the record is destroyed (≤ TS_UNPACK_BYTES_MAX in all, then LIMIT).
 */
#ifndef TS_WIRE_RECORD_H
#define TS_WIRE_RECORD_H

#include "base/buf.h"
#include "base/err.h"
#include "core/schema.h"

typedef struct ts_record ts_record_t;

/* All fields zero, no rows. `kind` from ts_wire_schema(). */
ts_record_t *ts_record_new(const ts_kind_schema_t *kind);
/* A copy of a decoded record, to be revised. */
ts_record_t *ts_record_copy(const ts_kind_schema_t *kind, const void *record);
/* From a packed body (header.body, or as the ledger kept it); judged as ts_event_decode does. */
TS_MUST_USE ts_err_t ts_record_unpack(const ts_kind_schema_t *kind,
                                      ts_bytes_t body,
                                      ts_record_t **ret_self);
void ts_record_destroy(ts_record_t **self_p);

const ts_kind_schema_t *ts_record_kind(const ts_record_t *self);
/* The generated struct (Tiepsuc__V1__Need …); the record's own. */
const void *ts_record_body(const ts_record_t *self);
/* Appends the packed body. */
void ts_record_pack(const ts_record_t *self, ts_buf_t *out);

/*
 * `path` is a field ("restriction_unit_id"), or a field of a row ("items[0].quantity"; for a scalar
 * list "beneficiary_ids[0]"); the row behind the last one is added. Errors: NOTFOUND no such field,
 * INVALID wrong type, LIMIT too many rows or bytes.
 */
TS_MUST_USE ts_err_t ts_record_set_number(ts_record_t *self, const char *path, int64_t value);
TS_MUST_USE ts_err_t ts_record_set_string(ts_record_t *self, const char *path, const char *value);
TS_MUST_USE ts_err_t ts_record_set_bytes(ts_record_t *self, const char *path, ts_bytes_t value);
/* Field to zero, list to no rows. */
TS_MUST_USE ts_err_t ts_record_clear(ts_record_t *self, const char *path);

/* Where a path leads; for record_text and json. */
typedef struct ts_record_place {
    const ts_field_t *field;     /* NULL: the list itself */
    const ts_child_list_t *list; /* NULL: a field of the record */
    size_t row;                  /* of the list; ≤ its count */
} ts_record_place_t;

TS_MUST_USE ts_err_t ts_record_find(const ts_record_t *self,
                                    const char *path,
                                    ts_record_place_t *ret_place);

#endif
