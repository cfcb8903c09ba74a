/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/time.h"
#include "base/xalloc.h"
#include "store/db_priv.h"
#include "store/kinds.h"
#include "store/kinds_p.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a person asked for. Names come from descriptors, values are bound. The statement is kept for
 * a while: people ask the same again, with other values. */
typedef struct query {
    ts_kinds_t *kinds;
    ts_buf_t text;
    sqlite3_stmt *stmt;
} query_t;

static void
query_free(query_t *query)
{
    ts_kinds_t *kinds = query->kinds;
    ts_buf_free(&query->text);
    if (query->stmt != NULL && sqlite3_reset(query->stmt) == SQLITE_OK) {
        sqlite3_clear_bindings(query->stmt);
        ts_stmt_t *oldest = kinds->kept[kinds->kept_next];
        kinds->kept[kinds->kept_next] = query->stmt;
        kinds->kept_next = (kinds->kept_next + 1) % TS_QUERIES_KEPT;
        query->stmt = oldest;
    }
    (void)sqlite3_finalize(query->stmt);
}

static ts_err_t
query_prepare(query_t *query)
{
    ts_buf_put_u8(&query->text, 0);
    const char *sql = (const char *)query->text.data;
    for (size_t i = 0; i < TS_QUERIES_KEPT; i++) {
        ts_stmt_t *kept = query->kinds->kept[i];
        if (kept != NULL && strcmp(sqlite3_sql(kept), sql) == 0) {
            query->kinds->kept[i] = NULL;
            query->stmt = kept;
            return TS_ERR_OK;
        }
    }
    int code = sqlite3_prepare_v2(ts_db_handle(query->kinds->db), sql, -1, &query->stmt, NULL);
    if (code == SQLITE_OK) {
        return TS_ERR_OK;
    }
    TS_CHECK(code != SQLITE_ERROR);
    return ts_db_result(query->kinds->db, code, sql);
}

void
ts_kinds_drop_queries(ts_kinds_t *self)
{
    for (size_t i = 0; i < TS_QUERIES_KEPT; i++) {
        (void)sqlite3_finalize(self->kept[i]);
        self->kept[i] = NULL;
    }
}

static const char *
field_format(const ts_field_t *field)
{
    static const char *const formats[] = {
        [TS_SENSE_PLAIN] = "number", [TS_SENSE_DATE] = "date",    [TS_SENSE_VND] = "vnd",
        [TS_SENSE_REF] = "code",     [TS_SENSE_FAR_REF] = "code", [TS_SENSE_KEY] = "text",
        [TS_SENSE_EVENT] = "event",
    };
    size_t length = strlen(field->name);
    bool moment = length > 7 && strcmp(field->name + length - 7, "_time_s") == 0;
    if (moment || strcmp(field->name, "time_s") == 0) {
        return "time";
    }
    bool text = field->type == TS_FIELD_TEXT || field->type == TS_FIELD_ENUM ||
                field->type == TS_FIELD_BYTES;
    return text ? "text" : formats[field->sense];
}

/* "record", "event" … or a field of the kind; NULL when there is none. */
static const char *
column_name(const ts_kind_schema_t *kind, const char *name, const char **ret_format)
{
    for (size_t i = 0; i < TS_FIXED_COUNT; i++) {
        if (strcmp(ts_fixed_columns[i].name, name) == 0) {
            *ret_format = ts_fixed_columns[i].format;
            return ts_fixed_columns[i].name;
        }
    }
    const ts_field_t *field = ts_schema_field(kind, name);
    if (field == NULL) {
        return NULL;
    }
    *ret_format = field_format(field);
    return field->name;
}

static void
put_column(ts_buf_t *text, const char *name)
{
    ts_buf_put_text(text, "\"");
    ts_buf_put_text(text, name);
    ts_buf_put_text(text, "\"");
}

/* A list of numbers ("beneficiary_ids") holds the value. */
static bool
put_in_list(ts_buf_t *text, const ts_kind_schema_t *kind, const ts_list_filter_t *filter, size_t at)
{
    const ts_child_list_t *list = ts_schema_list(kind, filter->column);
    char parameter[64];
    if (list == NULL || !list->is_scalar || filter->value == NULL) {
        return false;
    }
    ts_buf_put_text(text, " AND record IN (SELECT record FROM \"");
    ts_buf_put_text(text, kind->name);
    ts_buf_put_text(text, "_");
    ts_buf_put_text(text, list->name);
    ts_buf_put_text(text, "\" WHERE ");
    put_column(text, list->fields[0].name);
    (void)snprintf(parameter, sizeof parameter, " = CAST(?%zu AS INTEGER))", at);
    ts_buf_put_text(text, parameter);
    return true;
}

/* WHERE …; parameters: 1 after, 2 plan, 3 units as JSON, 4 … the filters. */
static ts_err_t
put_where(query_t *query, const ts_kind_schema_t *kind, const ts_list_query_t *list)
{
    ts_buf_t *text = &query->text;
    ts_buf_put_text(text, " WHERE record > ?1 AND (?2 IS NULL OR plan_id = ?2)");
    if (list->unit_count > 0) {
        ts_buf_put_text(text, " AND owner_unit IN (SELECT value FROM json_each(?3))");
    }
    if (!list->with_void) {
        ts_buf_put_text(text, " AND void = 0");
    }
    for (size_t i = 0; i < list->filter_count; i++) {
        const char *format = NULL;
        const char *name = column_name(kind, list->filters[i].column, &format);
        if (name == NULL && put_in_list(text, kind, &list->filters[i], i + 4)) {
            continue;
        }
        if (name == NULL) {
            return TS_ERR_INVALID;
        }
        char parameter[48];
        (void)snprintf(parameter, sizeof parameter, " = ?%zu", i + 4);
        bool number = strcmp(format, "text") != 0 && strcmp(format, "date") != 0;
        ts_buf_put_text(text, " AND ");
        put_column(text, name);
        if (list->filters[i].value == NULL) {
            ts_buf_put_text(text, " IS NULL");
        } else if (number) {
            (void)snprintf(parameter, sizeof parameter, " = CAST(?%zu AS INTEGER)", i + 4);
            ts_buf_put_text(text, parameter);
        } else {
            ts_buf_put_text(text, parameter);
        }
    }
    return TS_ERR_OK;
}

/* Keys are looked for by their hex digits. */
static void
bind_filter(query_t *query,
            const ts_kind_schema_t *kind,
            const ts_list_filter_t *filter,
            int parameter)
{
    const ts_field_t *field = ts_schema_field(kind, filter->column);
    size_t digits = strlen(filter->value);
    if (field != NULL && field->type == TS_FIELD_BYTES && digits % 2 == 0 && digits <= 256) {
        uint8_t bytes[128];
        if (ts_hex_parse(filter->value, bytes, digits / 2) == TS_ERR_OK) {
            (void)sqlite3_bind_blob(query->stmt, parameter, bytes, (int)(digits / 2),
                                    SQLITE_TRANSIENT);
            return;
        }
    }
    (void)sqlite3_bind_text(query->stmt, parameter, filter->value, -1, SQLITE_TRANSIENT);
}

static void
bind_where(query_t *query, const ts_kind_schema_t *kind, const ts_list_query_t *list)
{
    (void)sqlite3_bind_int64(query->stmt, 1, (int64_t)list->after);
    if (list->plan != 0) {
        (void)sqlite3_bind_int64(query->stmt, 2, (int64_t)list->plan);
    }
    if (list->unit_count > 0) {
        ts_buf_t json = {0};
        char number[24];
        for (size_t i = 0; i < list->unit_count; i++) {
            (void)snprintf(number, sizeof number, "%c%" PRIu64, i == 0 ? '[' : ',', list->units[i]);
            ts_buf_put_text(&json, number);
        }
        ts_buf_put_text(&json, "]");
        (void)sqlite3_bind_text(query->stmt, 3, (const char *)json.data, (int)json.length,
                                SQLITE_TRANSIENT);
        ts_buf_free(&json);
    }
    for (size_t i = 0; i < list->filter_count; i++) {
        if (list->filters[i].value != NULL) {
            bind_filter(query, kind, &list->filters[i], (int)i + 4);
        }
    }
}

/* One cell as the column's format wants it. */
static void
add_cell(ts_table_t *out, sqlite3_stmt *stmt, int column, const char *format)
{
    int type = sqlite3_column_type(stmt, column);
    char hex[2 * 256 + 1];
    if (type == SQLITE_NULL) {
        ts_table_add_nothing(out);
    } else if (type == SQLITE_BLOB) {
        int bytes = sqlite3_column_bytes(stmt, column);
        size_t shown = bytes > 256 ? 256 : (size_t)bytes;
        ts_hex_format(sqlite3_column_blob(stmt, column), shown, hex);
        ts_table_add_text(out, hex);
    } else if (type == SQLITE_TEXT) {
        const char *text = (const char *)sqlite3_column_text(stmt, column);
        ts_date_t date;
        if (strcmp(format, "date") == 0 && ts_date_parse_iso(text, &date) == TS_ERR_OK) {
            ts_table_add_number(out, date.days);
        } else {
            ts_table_add_text(out, text);
        }
    } else if (strcmp(format, "event") == 0) {
        (void)snprintf(hex, sizeof hex, "%016" PRIx64,
                       (uint64_t)sqlite3_column_int64(stmt, column));
        ts_table_add_text(out, hex);
    } else {
        ts_table_add_number(out, sqlite3_column_int64(stmt, column));
    }
}

/* Steps through the rows and fills the table, whose columns are there; `formats` one per column. */
static ts_err_t
fill_table(query_t *query, ts_table_t *out, const char *const *formats, int columns)
{
    int code;
    while ((code = sqlite3_step(query->stmt)) == SQLITE_ROW) {
        for (int i = 0; i < columns; i++) {
            add_cell(out, query->stmt, i, formats[i]);
        }
    }
    /* Also reading can meet a full disk, in a batch whose pages do not fit into memory. */
    return code == SQLITE_DONE ? TS_ERR_OK
                               : ts_db_result(query->kinds->db, code, sqlite3_sql(query->stmt));
}

static const char *
public_format(const char *format)
{
    return strcmp(format, "event") == 0 ? "text" : format;
}

/* Goods and money stand in a list of their own: what they are worth together goes beside the fields
 * of the record. */
static bool
has_worth(const ts_kind_schema_t *kind)
{
    const ts_child_list_t *items = ts_schema_list(kind, "items");
    for (size_t i = 0; items != NULL && i < items->field_count; i++) {
        if (strcmp(items->fields[i].name, "value_vnd") == 0) {
            return true;
        }
    }
    return false;
}

static void
put_select(ts_buf_t *text, const ts_kind_schema_t *kind, bool worth)
{
    ts_buf_put_text(text, "SELECT k.*");
    if (worth) {
        ts_buf_put_text(text, ", (SELECT sum(value_vnd) FROM \"");
        ts_buf_put_text(text, kind->name);
        ts_buf_put_text(text, "_items\" AS i WHERE i.record = k.record)");
    }
    ts_buf_put_text(text, " FROM ");
    put_column(text, kind->name);
    ts_buf_put_text(text, " AS k");
}

ts_err_t
ts_kinds_list(ts_kinds_t *self, const ts_list_query_t *list, ts_table_t *out)
{
    const ts_kind_schema_t *kind = ts_schema_kind(self->schema, list->kind);
    if (kind == NULL) {
        return TS_ERR_INVALID;
    }
    int columns = TS_FIXED_COUNT + (int)kind->field_count;
    const bool worth = has_worth(kind);
    const char **formats = ts_xcalloc((size_t)columns + 1, sizeof *formats);
    query_t query = {self, {0}, NULL};
    put_select(&query.text, kind, worth);
    ts_err_t err = put_where(&query, kind, list);
    if (err == TS_ERR_OK) {
        char limit[48];
        (void)snprintf(limit, sizeof limit, " ORDER BY record LIMIT %zu", list->limit);
        ts_buf_put_text(&query.text, limit);
        err = query_prepare(&query);
    }
    if (err == TS_ERR_OK) {
        bind_where(&query, kind, list);
        for (int i = 0; i < columns; i++) {
            bool fixed = i < TS_FIXED_COUNT;
            const ts_field_t *field = fixed ? NULL : &kind->fields[i - TS_FIXED_COUNT];
            const char *name = fixed ? ts_fixed_columns[i].name : field->name;
            formats[i] = fixed ? ts_fixed_columns[i].format : field_format(field);
            ts_table_add_column(out, name, name, public_format(formats[i]));
        }
        if (worth) {
            formats[columns] = "vnd";
            ts_table_add_column(out, "items_value_vnd", "items_value_vnd", formats[columns++]);
        }
        err = fill_table(&query, out, formats, columns);
    }
    query_free(&query);
    ts_xfree(formats);
    return err;
}

ts_err_t
ts_kinds_count(ts_kinds_t *self, const ts_list_query_t *list, uint64_t *ret_count)
{
    const ts_kind_schema_t *kind = ts_schema_kind(self->schema, list->kind);
    if (kind == NULL) {
        return TS_ERR_INVALID;
    }
    ts_list_query_t all = *list;
    all.after = 0;
    query_t query = {self, {0}, NULL};
    ts_buf_put_text(&query.text, "SELECT count(*) FROM ");
    put_column(&query.text, kind->name);
    ts_err_t err = put_where(&query, kind, &all);
    if (err == TS_ERR_OK) {
        err = query_prepare(&query);
    }
    if (err == TS_ERR_OK) {
        bind_where(&query, kind, &all);
        int code = sqlite3_step(query.stmt);
        if (code == SQLITE_ROW) {
            *ret_count = (uint64_t)sqlite3_column_int64(query.stmt, 0);
        } else {
            err = ts_db_result(self->db, code, sqlite3_sql(query.stmt));
        }
    }
    query_free(&query);
    return err;
}

ts_err_t
ts_kinds_children(ts_kinds_t *self,
                  uint32_t kind_number,
                  const char *list_name,
                  ts_record_id_t record,
                  ts_table_t *out)
{
    const ts_kind_schema_t *kind = ts_schema_kind(self->schema, kind_number);
    const ts_child_list_t *list = kind == NULL ? NULL : ts_schema_list(kind, list_name);
    if (list == NULL) {
        return TS_ERR_INVALID;
    }
    query_t query = {self, {0}, NULL};
    ts_buf_put_text(&query.text, "SELECT * FROM \"");
    ts_buf_put_text(&query.text, kind->name);
    ts_buf_put_text(&query.text, "_");
    ts_buf_put_text(&query.text, list->name);
    ts_buf_put_text(&query.text, "\" WHERE record = ?1 ORDER BY position");
    ts_err_t err = query_prepare(&query);
    if (err == TS_ERR_OK) {
        int columns = 2 + (int)list->field_count;
        const char **formats = ts_xcalloc((size_t)columns, sizeof *formats);
        formats[0] = "code";
        formats[1] = "number";
        ts_table_add_column(out, "record", "record", formats[0]);
        ts_table_add_column(out, "position", "position", formats[1]);
        for (size_t i = 0; i < list->field_count; i++) {
            formats[i + 2] = field_format(&list->fields[i]);
            ts_table_add_column(out, list->fields[i].name, list->fields[i].name,
                                public_format(formats[i + 2]));
        }
        (void)sqlite3_bind_int64(query.stmt, 1, (int64_t)record);
        err = fill_table(&query, out, formats, columns);
        ts_xfree(formats);
    }
    query_free(&query);
    return err;
}

ts_err_t
ts_kinds_refer(ts_kinds_t *self,
               uint32_t kind_number,
               const char *field_name,
               ts_record_id_t target,
               ts_buf_t *out)
{
    const ts_kind_schema_t *kind = ts_schema_kind(self->schema, kind_number);
    const ts_field_t *field = kind == NULL ? NULL : ts_schema_field(kind, field_name);
    TS_CHECK(field != NULL);
    query_t query = {self, {0}, NULL};
    ts_buf_put_text(&query.text, "SELECT record FROM ");
    put_column(&query.text, kind->name);
    ts_buf_put_text(&query.text, " WHERE ");
    put_column(&query.text, field->name);
    ts_buf_put_text(&query.text, " = ?1 ORDER BY record");
    ts_err_t err = query_prepare(&query);
    if (err == TS_ERR_OK) {
        (void)sqlite3_bind_int64(query.stmt, 1, (int64_t)target);
        int code;
        while ((code = sqlite3_step(query.stmt)) == SQLITE_ROW) {
            ts_buf_put_u64(out, (uint64_t)sqlite3_column_int64(query.stmt, 0));
        }
        if (code != SQLITE_DONE) {
            err = ts_db_result(self->db, code, sqlite3_sql(query.stmt));
        }
    }
    query_free(&query);
    return err;
}
