/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A table for each record kind and one for each of its child lists, composed from the schema of the
 * events: the only place where SQL is put together from parts, and the parts are names of
 * descriptors. Everything that runs often is prepared once. For ledger*.c only.
 *
 * Table <kind>: fixed columns (below), then one per field. Table <kind>_<list>: record, position,
 * the row's fields. A date is ISO text, an enum its lower-case name, money and quantities whole
 * numbers, a key a BLOB. No reference, no date, no text and no key are NULL.
 */
#ifndef TS_STORE_KINDS_H
#define TS_STORE_KINDS_H

#include "core/event.h"
#include "core/schema.h"
#include "store/db.h"
#include "store/ledger_write.h"

typedef struct ts_kinds ts_kinds_t;

/* Appends CREATE TABLE and CREATE INDEX of all kinds. */
void ts_kinds_script(const ts_schema_t *schema, ts_buf_t *out);
/* `all`: with every statement, else each is prepared when it is needed. */
TS_MUST_USE ts_err_t ts_kinds_open(ts_kinds_t **ret_self,
                                   ts_db_t *db,
                                   const ts_schema_t *schema,
                                   bool all);
/* Statements belong to the database and go with it. */
void ts_kinds_destroy(ts_kinds_t **self_p);

/* Gives back the memory of prepared statements. */
void ts_kinds_trim(ts_kinds_t *self);

/* *ret_added false: a row of this record is there already, nothing was done. */
TS_MUST_USE ts_err_t ts_kinds_put(ts_kinds_t *self,
                                  const ts_kind_schema_t *kind,
                                  const ts_kind_row_t *row,
                                  bool *ret_added);
/* Row and child rows; harmless when absent. */
TS_MUST_USE ts_err_t ts_kinds_remove(ts_kinds_t *self, uint32_t kind, ts_record_id_t record);
/* NOTFOUND. */
TS_MUST_USE ts_err_t ts_kinds_get(ts_kinds_t *self,
                                  uint32_t kind,
                                  ts_record_id_t record,
                                  ts_standing_t *ret_standing);
TS_MUST_USE ts_err_t ts_kinds_set_place(ts_kinds_t *self,
                                        uint32_t kind,
                                        ts_record_id_t record,
                                        const ts_place_t *place);
TS_MUST_USE ts_err_t ts_kinds_set_state(ts_kinds_t *self,
                                        uint32_t kind,
                                        ts_record_id_t record,
                                        uint32_t events,
                                        uint32_t depth,
                                        bool conflict);

/* The next row of a kind in order of record ids, after standing->record (start with 0). NOTFOUND at
 * the end. */
TS_MUST_USE ts_err_t ts_kinds_next(ts_kinds_t *self, uint32_t kind, ts_standing_t *standing);

TS_MUST_USE ts_err_t ts_kinds_list(ts_kinds_t *self, const ts_list_query_t *query, ts_table_t *out);
TS_MUST_USE ts_err_t ts_kinds_count(ts_kinds_t *self,
                                    const ts_list_query_t *query,
                                    uint64_t *ret_count);
TS_MUST_USE ts_err_t ts_kinds_children(
    ts_kinds_t *self, uint32_t kind, const char *list, ts_record_id_t record, ts_table_t *out);
/* Records of a kind whose reference field holds `target`; appended to `out` as 8-byte numbers. */
TS_MUST_USE ts_err_t ts_kinds_refer(
    ts_kinds_t *self, uint32_t kind, const char *field, ts_record_id_t target, ts_buf_t *out);

#endif
