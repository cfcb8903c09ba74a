/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "store/ledger_p.h"

#include <string.h>

/* ---- children */

ts_err_t
ts_ledger_child_get(ts_ledger_t *self, ts_record_id_t child, ts_buf_t *facts)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_CHILD_GET);
    ts_bind_int(stmt, 1, (int64_t)child);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_NOTFOUND) {
        return TS_ERR_OK;
    }
    if (err == TS_ERR_OK) {
        ts_bytes_t bytes = ts_col_bytes(stmt, 0);
        ts_buf_put(facts, bytes.data, bytes.length);
        ts_db_done(stmt);
    }
    return err;
}

ts_err_t
ts_ledger_child_put(ts_ledger_t *self, ts_record_id_t child, ts_bytes_t facts, uint32_t repeats)
{
    ts_stmt_t *stmt;
    if (facts.length == 0) {
        stmt = ts_ledger_stmt(self, TS_SQL_CHILD_REMOVE);
        ts_bind_int(stmt, 1, (int64_t)child);
        return ts_db_run(self->db, stmt);
    }
    stmt = ts_ledger_stmt(self, TS_SQL_CHILD_PUT);
    ts_bind_int(stmt, 1, (int64_t)child);
    ts_bind_int(stmt, 2, repeats);
    ts_bind_bytes(stmt, 3, facts.data, facts.length);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_born(ts_ledger_t *self, ts_record_id_t beneficiary, ts_born_t *ret_born)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_BORN);
    ts_bind_int(stmt, 1, (int64_t)beneficiary);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    *ret_born = (ts_born_t){0};
    if (ts_col_int(stmt, 3) == 0) {
        ret_born->year = (int)ts_col_int(stmt, 0);
        ret_born->month = (int)ts_col_int(stmt, 1);
        ret_born->sex = (uint8_t)ts_col_int(stmt, 2);
    }
    ts_db_done(stmt);
    return TS_ERR_OK;
}

/* ---- what contributions ask */

ts_err_t
ts_ledger_donor_class(ts_ledger_t *self, ts_record_id_t donor, uint8_t *ret_class)
{
    const ts_kind_schema_t *kind = ts_schema_named(self->options.schema, "donor");
    const ts_field_t *field = ts_schema_field(kind, "class");
    TS_CHECK(field != NULL);
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_DONOR_CLASS);
    ts_bind_int(stmt, 1, (int64_t)donor);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    *ret_class = 0;
    const char *name = ts_col_text(stmt, 0);
    for (size_t i = 0; name != NULL && ts_col_int(stmt, 1) == 0 && i < field->enum_count; i++) {
        if (strcmp(field->enum_names[i].name, name) == 0) {
            *ret_class = (uint8_t)field->enum_names[i].value;
        }
    }
    ts_db_done(stmt);
    return TS_ERR_OK;
}

ts_err_t
ts_ledger_allocation_fund(ts_ledger_t *self, ts_record_id_t allocation, ts_record_id_t *ret_fund)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_ALLOCATION_FUND);
    ts_bind_int(stmt, 1, (int64_t)allocation);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        *ret_fund = ts_col_int(stmt, 1) == 0 ? (ts_record_id_t)ts_col_int(stmt, 0) : 0;
        ts_db_done(stmt);
    }
    return err;
}

ts_err_t
ts_ledger_plan_has_figures(ts_ledger_t *self, ts_record_id_t plan, bool *ret_has)
{
    /* Series of the open batch are not written yet. */
    for (size_t i = 0; i < self->series_count; i++) {
        if (self->series_rows[i].key.plan == plan) {
            *ret_has = true;
            return TS_ERR_OK;
        }
    }
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_PLAN_FIGURES);
    ts_bind_int(stmt, 1, (int64_t)plan);
    int64_t count = 0;
    ts_err_t err = ts_db_number(self->db, stmt, &count);
    if (err == TS_ERR_OK) {
        *ret_has = count > 0;
    }
    return err;
}

/* ---- imports */

ts_err_t
ts_ledger_import_put(ts_ledger_t *self,
                     uint32_t kind,
                     uint32_t office,
                     const char *row_key,
                     uint64_t event,
                     ts_record_id_t record)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_IMPORT_PUT);
    ts_bind_int(stmt, 1, office);
    ts_bind_text(stmt, 2, row_key);
    ts_bind_int(stmt, 3, kind);
    ts_bind_int(stmt, 4, (int64_t)event);
    ts_bind_int(stmt, 5, (int64_t)record);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_import_remove(
    ts_ledger_t *self, uint32_t kind, uint32_t office, const char *row_key, uint64_t event)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_IMPORT_REMOVE);
    ts_bind_int(stmt, 1, office);
    ts_bind_text(stmt, 2, row_key);
    ts_bind_int(stmt, 3, kind);
    ts_bind_int(stmt, 4, (int64_t)event);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_row_key(ts_ledger_t *self,
                  uint32_t kind,
                  uint32_t office,
                  const char *row_key,
                  ts_record_id_t *ret_record)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_IMPORT_GET);
    ts_bind_int(stmt, 1, office);
    ts_bind_text(stmt, 2, row_key);
    ts_bind_int(stmt, 3, kind);
    int64_t record = 0;
    ts_err_t err = ts_db_number(self->db, stmt, &record);
    if (err == TS_ERR_OK) {
        *ret_record = (ts_record_id_t)record;
    }
    return err;
}

/* ---- rows of the kinds */

ts_err_t
ts_ledger_row_put(ts_ledger_t *self,
                  const ts_kind_schema_t *kind,
                  const ts_kind_row_t *row,
                  bool *ret_added)
{
    return ts_kinds_put(self->kinds, kind, row, ret_added);
}

ts_err_t
ts_ledger_row_remove(ts_ledger_t *self, uint32_t kind, ts_record_id_t record)
{
    return ts_kinds_remove(self->kinds, kind, record);
}

ts_err_t
ts_ledger_row_place(ts_ledger_t *self,
                    uint32_t kind,
                    ts_record_id_t record,
                    const ts_place_t *place)
{
    return ts_kinds_set_place(self->kinds, kind, record, place);
}

ts_err_t
ts_ledger_row_state(ts_ledger_t *self,
                    uint32_t kind,
                    ts_record_id_t record,
                    uint32_t events,
                    uint32_t depth,
                    bool conflict)
{
    return ts_kinds_set_state(self->kinds, kind, record, events, depth, conflict);
}

ts_err_t
ts_ledger_row_next(ts_ledger_t *self, uint32_t kind, ts_standing_t *standing)
{
    return ts_kinds_next(self->kinds, kind, standing);
}

ts_err_t
ts_ledger_refer(
    ts_ledger_t *self, uint32_t kind, const char *field, ts_record_id_t target, ts_buf_t *out)
{
    return ts_kinds_refer(self->kinds, kind, field, target, out);
}

ts_err_t
ts_ledger_record(ts_ledger_t *self,
                 uint32_t kind,
                 ts_record_id_t record,
                 ts_standing_t *ret_standing)
{
    if (kind != 0) {
        return ts_kinds_get(self->kinds, kind, record, ret_standing);
    }
    ts_err_t err = TS_ERR_NOTFOUND;
    for (size_t i = 0; err == TS_ERR_NOTFOUND && i < self->options.schema->count; i++) {
        err = ts_kinds_get(self->kinds, self->options.schema->kinds[i].kind, record, ret_standing);
    }
    return err;
}

ts_err_t
ts_ledger_list(ts_ledger_t *self, const ts_list_query_t *query, ts_table_t *out)
{
    return ts_kinds_list(self->kinds, query, out);
}

ts_err_t
ts_ledger_list_count(ts_ledger_t *self, const ts_list_query_t *query, uint64_t *ret_count)
{
    return ts_kinds_count(self->kinds, query, ret_count);
}

ts_err_t
ts_ledger_children(
    ts_ledger_t *self, uint32_t kind, const char *list, ts_record_id_t record, ts_table_t *out)
{
    return ts_kinds_children(self->kinds, kind, list, record, out);
}
