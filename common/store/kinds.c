/* SPDX-License-Identifier: MPL-2.0 */
#include "store/kinds.h"

#include "base/check.h"
#include "base/time.h"
#include "base/xalloc.h"
#include "store/kinds_p.h"

#include <stdarg.h>
#include <string.h>

const ts_fixed_column_t ts_fixed_columns[TS_FIXED_COUNT] = {
    [TS_FIXED_RECORD] = {"record", "INTEGER PRIMARY KEY", "code"},
    [TS_FIXED_EVENT] = {"event", "INTEGER NOT NULL", "event"},
    [TS_FIXED_OFFICE] = {"office", "INTEGER NOT NULL", "number"},
    [TS_FIXED_LOG] = {"log", "INTEGER NOT NULL", "number"},
    [TS_FIXED_ARRIVAL] = {"arrival", "INTEGER", "number"},
    [TS_FIXED_POSITION] = {"position", "INTEGER NOT NULL", "number"},
    [TS_FIXED_PLAN] = {"plan_id", "INTEGER", "code"},
    [TS_FIXED_OWNER_UNIT] = {"owner_unit", "INTEGER", "code"},
    [TS_FIXED_OCCURRED_ON] = {"occurred_on", "TEXT", "date"},
    [TS_FIXED_PRECISION] = {"precision", "TEXT", "text"},
    [TS_FIXED_CLAIMED_S] = {"claimed_s", "INTEGER NOT NULL", "time"},
    [TS_FIXED_AUTHOR] = {"author", "INTEGER NOT NULL", "number"},
    [TS_FIXED_AUTHOR_ROLE] = {"author_role", "TEXT", "text"},
    [TS_FIXED_VERSION] = {"version", "INTEGER NOT NULL", "number"},
    [TS_FIXED_EVENTS] = {"events", "INTEGER NOT NULL", "number"},
    [TS_FIXED_DEPTH] = {"depth", "INTEGER NOT NULL", "number"},
    [TS_FIXED_CONFLICT] = {"conflict", "INTEGER NOT NULL", "number"},
    [TS_FIXED_VOID] = {"void", "INTEGER NOT NULL", "number"},
    [TS_FIXED_REASON] = {"reason", "TEXT", "text"},
    [TS_FIXED_ROW_KEY] = {"row_key", "TEXT", "text"},
    [TS_FIXED_ON_BEHALF_OF] = {"on_behalf_of_unit_id", "INTEGER", "code"},
    [TS_FIXED_SOURCE_KEY] = {"source_key", "BLOB", "text"},
};

/* Columns by which records of a kind are looked for; each has few rows beside it that are not NULL,
 * or a small table. Papers that were perhaps typed twice (v_duplicate) are counted from the index
 * alone, so it holds all that the count asks. */
static const struct {
    const char *kind;
    const char *field;
    const char *more; /* further columns */
} indexes[] = {
    {"pledge", "donor_id", ""},
    {"receipt", "donor_id", ""},
    {"receipt", "receipt_number", ", \"fund_id\", \"void\""},
    {"handover", "need_id", ""},
    {"handover", "allocation_far_id", ""},
    {"handover", "paper_number", ", \"owner_unit\", \"void\""},
    {"allocation", "need_far_id", ""},
    {"approval", "target", ""},
    {"return", "allocation_far_id", ""},
};

/* ---- composing */

static void
put_texts(ts_buf_t *out, const char *first, ...)
{
    va_list texts;
    va_start(texts, first);
    for (const char *text = first; text != NULL; text = va_arg(texts, const char *)) {
        ts_buf_put_text(out, text);
    }
    va_end(texts);
}

static const char *
field_type(const ts_field_t *field)
{
    switch (field->type) {
    case TS_FIELD_TEXT:
    case TS_FIELD_ENUM:
        return "TEXT";
    case TS_FIELD_BYTES:
        return "BLOB";
    case TS_FIELD_UINT:
    case TS_FIELD_INT:
    case TS_FIELD_BOOL:
        break;
    }
    return field->sense == TS_SENSE_DATE ? "TEXT" : "INTEGER";
}

static void
put_columns(ts_buf_t *out, const ts_field_t *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_texts(out, ", \"", fields[i].name, "\" ", field_type(&fields[i]), NULL);
    }
}

static void
script_kind(const ts_kind_schema_t *kind, ts_buf_t *out)
{
    put_texts(out, "CREATE TABLE \"", kind->name, "\" (", NULL);
    for (size_t i = 0; i < TS_FIXED_COUNT; i++) {
        put_texts(out, i == 0 ? "\"" : ", \"", ts_fixed_columns[i].name, "\" ",
                  ts_fixed_columns[i].type, NULL);
    }
    put_columns(out, kind->fields, kind->field_count);
    put_texts(out, ") STRICT;\n", NULL);
    for (size_t i = 0; i < kind->list_count; i++) {
        const ts_child_list_t *list = &kind->lists[i];
        put_texts(out, "CREATE TABLE \"", kind->name, "_", list->name,
                  "\" (\"record\" INTEGER NOT NULL, \"position\" INTEGER NOT NULL", NULL);
        put_columns(out, list->fields, list->field_count);
        put_texts(out, ", PRIMARY KEY (\"record\", \"position\")) STRICT, WITHOUT ROWID;\n", NULL);
    }
}

void
ts_kinds_script(const ts_schema_t *schema, ts_buf_t *out)
{
    for (size_t i = 0; i < schema->count; i++) {
        script_kind(&schema->kinds[i], out);
    }
    for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
        const char *kind = indexes[i].kind;
        const char *field = indexes[i].field;
        put_texts(out, "CREATE INDEX \"", kind, "_", field, "\" ON \"", kind, "\" (\"", field, "\"",
                  indexes[i].more, ") WHERE \"", field, "\" IS NOT NULL;\n", NULL);
    }
    /* When an event was held for the first time. */
    put_texts(out, "CREATE INDEX holding_tips_log ON holding_tips (log_key, seq);\n", NULL);
}

/* A statement of text parts; the buffer is left empty. */
static ts_err_t
prepare(ts_db_t *db, const char *name, ts_buf_t *text, ts_stmt_t **ret_stmt)
{
    ts_buf_put_u8(text, 0);
    ts_err_t err = ts_db_prepare(db, name, (const char *)text->data, ret_stmt);
    ts_buf_clear(text);
    return err;
}

static void
put_parameters(ts_buf_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ts_buf_put_text(out, i == 0 ? "?" : ", ?");
    }
}

#define STANDING_COLUMNS                                                                          \
    "record, event, office, author, log, arrival, position, plan_id, owner_unit, events, depth, " \
    "conflict, void"

/* The statement, prepared when it is not yet, ready to be bound. */
static ts_err_t
use(ts_kinds_t *self, ts_kind_ops_t *ops, ts_kind_op_t which, ts_stmt_t **ret_stmt)
{
    static const struct {
        const char *before;
        const char *after;
    } parts[TS_OP_COUNT] = {
        [TS_OP_INSERT] = {"INSERT OR IGNORE INTO \"", "\" VALUES ("},
        [TS_OP_REMOVE] = {"DELETE FROM \"", "\" WHERE record = ?1"},
        [TS_OP_GET] = {"SELECT " STANDING_COLUMNS " FROM \"", "\" WHERE record = ?1"},
        [TS_OP_NEXT] = {"SELECT " STANDING_COLUMNS " FROM \"",
                        "\" WHERE record > ?1 ORDER BY record LIMIT 1"},
        [TS_OP_SET_PLACE] = {"UPDATE \"",
                             "\" SET log = ?2, arrival = ?3, position = ?4 WHERE record = ?1"},
        [TS_OP_SET_STATE] = {"UPDATE \"",
                             "\" SET events = ?2, depth = ?3, conflict = ?4 WHERE record = ?1"},
    };
    if (ops->stmts[which] == NULL) {
        ts_buf_t text = {0};
        put_texts(&text, parts[which].before, ops->schema->name, parts[which].after, NULL);
        if (which == TS_OP_INSERT) {
            put_parameters(&text, TS_FIXED_COUNT + ops->schema->field_count);
            ts_buf_put_text(&text, ")");
        }
        ts_err_t err = prepare(self->db, ops->schema->name, &text, &ops->stmts[which]);
        ts_buf_free(&text);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    *ret_stmt = ts_db_use(ops->stmts[which]);
    return TS_ERR_OK;
}

static ts_err_t
use_list(ts_kinds_t *self,
         const ts_kind_ops_t *ops,
         ts_list_ops_t *list,
         ts_list_op_t which,
         ts_stmt_t **ret_stmt)
{
    if (list->stmts[which] == NULL) {
        const char *kind = ops->schema->name;
        ts_buf_t text = {0};
        if (which == TS_LIST_OP_INSERT) {
            put_texts(&text, "INSERT INTO \"", kind, "_", list->list->name, "\" VALUES (", NULL);
            put_parameters(&text, list->list->field_count + 2);
            ts_buf_put_text(&text, ")");
        } else {
            put_texts(&text, "DELETE FROM \"", kind, "_", list->list->name, "\" WHERE record = ?",
                      NULL);
        }
        ts_err_t err = prepare(self->db, kind, &text, &list->stmts[which]);
        ts_buf_free(&text);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    *ret_stmt = ts_db_use(list->stmts[which]);
    return TS_ERR_OK;
}

static ts_err_t
open_kind(ts_kinds_t *self, ts_kind_ops_t *ops, bool all)
{
    const ts_kind_schema_t *kind = ops->schema;
    ts_stmt_t *unused;
    ts_err_t err = TS_ERR_OK;
    ops->lists = ts_xcalloc(kind->list_count, sizeof *ops->lists);
    for (unsigned which = 0; err == TS_ERR_OK && all && which < TS_OP_COUNT; which++) {
        err = use(self, ops, (ts_kind_op_t)which, &unused);
    }
    for (size_t i = 0; i < kind->list_count; i++) {
        ops->lists[i].list = &kind->lists[i];
        for (unsigned which = 0; err == TS_ERR_OK && all && which < TS_LIST_OP_COUNT; which++) {
            err = use_list(self, ops, &ops->lists[i], (ts_list_op_t)which, &unused);
        }
    }
    return err;
}

ts_err_t
ts_kinds_open(ts_kinds_t **ret_self, ts_db_t *db, const ts_schema_t *schema, bool all)
{
    ts_kinds_t *self = ts_xcalloc(1, sizeof *self);
    self->db = db;
    self->schema = schema;
    self->ops = ts_xcalloc(schema->count, sizeof *self->ops);
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < schema->count; i++) {
        const ts_kind_schema_t *kind = &schema->kinds[i];
        self->ops[i].schema = kind;
        size_t fields = kind->field_count + 1;
        for (size_t l = 0; l < kind->list_count; l++) {
            fields = kind->lists[l].field_count > fields ? kind->lists[l].field_count : fields;
        }
        self->date_capacity = fields > self->date_capacity ? fields : self->date_capacity;
        err = open_kind(self, &self->ops[i], all);
    }
    self->dates = ts_xcalloc(self->date_capacity, TS_DATE_BYTES);
    if (err != TS_ERR_OK) {
        ts_kinds_destroy(&self);
        return err;
    }
    *ret_self = self;
    return TS_ERR_OK;
}

void
ts_kinds_destroy(ts_kinds_t **self_p)
{
    ts_kinds_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_kinds_drop_queries(self);
    for (size_t i = 0; i < self->schema->count; i++) {
        ts_xfree(self->ops[i].lists);
    }
    ts_xfree(self->ops);
    ts_xfree(self->dates);
    ts_xfree(self);
    *self_p = NULL;
}

void
ts_kinds_trim(ts_kinds_t *self)
{
    ts_kinds_drop_queries(self);
    for (size_t i = 0; i < self->schema->count; i++) {
        ts_kind_ops_t *ops = &self->ops[i];
        for (size_t which = 0; which < TS_OP_COUNT; which++) {
            ts_db_unprepare(self->db, &ops->stmts[which]);
        }
        for (size_t l = 0; l < ops->schema->list_count; l++) {
            for (size_t which = 0; which < TS_LIST_OP_COUNT; which++) {
                ts_db_unprepare(self->db, &ops->lists[l].stmts[which]);
            }
        }
    }
}

ts_kind_ops_t *
ts_kinds_ops(const ts_kinds_t *self, uint32_t kind)
{
    const ts_kind_schema_t *schema = ts_schema_kind(self->schema, kind);
    return schema == NULL ? NULL : &self->ops[schema - self->schema->kinds];
}

/* ---- writing */

static void
bind_if(ts_stmt_t *stmt, int parameter, uint64_t value)
{
    if (value != 0) {
        ts_bind_int(stmt, parameter, (int64_t)value);
    }
}

static void
bind_text_if(ts_stmt_t *stmt, int parameter, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        ts_bind_text(stmt, parameter, text);
    }
}

/* Written without the C library's formatting: several for each record. */
static void
write_date(int32_t days, char *out)
{
    int year;
    int month;
    int day;
    ts_date_to_civil((ts_date_t){days}, &year, &month, &day);
    if (year < 1 || year > 9999) {
        memcpy(out, "?", 2);
        return;
    }
    const int parts[] = {year / 100, year % 100, month, day};
    char *at = out;
    for (size_t i = 0; i < 4; i++) {
        *at++ = (char)('0' + parts[i] / 10);
        *at++ = (char)('0' + parts[i] % 10);
        if (i == 1 || i == 2) {
            *at++ = '-';
        }
    }
    *at = '\0';
}

static void
bind_date_if(ts_kinds_t *self, ts_stmt_t *stmt, int parameter, int64_t days)
{
    if (days == 0) {
        return;
    }
    TS_CHECK(self->date_count < self->date_capacity);
    char *text = self->dates + self->date_count++ * TS_DATE_BYTES;
    write_date((int32_t)days, text);
    ts_bind_text(stmt, parameter, text);
}

static void
bind_number(
    ts_kinds_t *self, ts_stmt_t *stmt, int parameter, const ts_field_t *field, const void *record)
{
    int64_t value = ts_field_get_number(field, record);
    switch (field->sense) {
    case TS_SENSE_DATE:
        bind_date_if(self, stmt, parameter, value);
        break;
    case TS_SENSE_REF:
    case TS_SENSE_FAR_REF:
    case TS_SENSE_EVENT:
        bind_if(stmt, parameter, (uint64_t)value);
        break;
    case TS_SENSE_PLAIN:
    case TS_SENSE_VND:
    case TS_SENSE_KEY:
        ts_bind_int(stmt, parameter, value);
        break;
    }
}

static void
bind_field(
    ts_kinds_t *self, ts_stmt_t *stmt, int parameter, const ts_field_t *field, const void *record)
{
    size_t length;
    const uint8_t *bytes;
    switch (field->type) {
    case TS_FIELD_TEXT:
        bind_text_if(stmt, parameter, ts_field_get_text(field, record));
        break;
    case TS_FIELD_ENUM:
        bind_text_if(stmt, parameter,
                     ts_field_enum_name(field, ts_field_get_number(field, record)));
        break;
    case TS_FIELD_BYTES:
        bytes = ts_field_get_bytes(field, record, &length);
        if (length > 0) {
            ts_bind_bytes(stmt, parameter, bytes, length);
        }
        break;
    case TS_FIELD_UINT:
    case TS_FIELD_INT:
    case TS_FIELD_BOOL:
        bind_number(self, stmt, parameter, field, record);
        break;
    }
}

static void
bind_fixed(ts_kinds_t *self, ts_stmt_t *stmt, const ts_kind_row_t *row)
{
    static const char *const precisions[] = {NULL, "month", "year"};
    static const char *const roles[] = {NULL, "recorder", "approver", "operator"};
    const ts_event_header_t *header = row->header;
    ts_bind_int(stmt, TS_FIXED_RECORD + 1, (int64_t)header->record);
    ts_bind_int(stmt, TS_FIXED_EVENT + 1, (int64_t)row->event);
    ts_bind_int(stmt, TS_FIXED_OFFICE + 1, row->office);
    ts_bind_int(stmt, TS_FIXED_LOG + 1, row->place.log);
    bind_if(stmt, TS_FIXED_ARRIVAL + 1, row->place.arrival);
    ts_bind_int(stmt, TS_FIXED_POSITION + 1, (int64_t)row->place.position);
    bind_if(stmt, TS_FIXED_PLAN + 1, header->plan);
    bind_if(stmt, TS_FIXED_OWNER_UNIT + 1, row->owner_unit);
    bind_date_if(self, stmt, TS_FIXED_OCCURRED_ON + 1, header->occurred_on);
    bind_text_if(stmt, TS_FIXED_PRECISION + 1,
                 header->occurred_precision < 3 ? precisions[header->occurred_precision] : NULL);
    ts_bind_int(stmt, TS_FIXED_CLAIMED_S + 1, (int64_t)header->claimed_s);
    ts_bind_int(stmt, TS_FIXED_AUTHOR + 1, header->author);
    bind_text_if(stmt, TS_FIXED_AUTHOR_ROLE + 1,
                 header->author_role < 4 ? roles[header->author_role] : NULL);
    ts_bind_int(stmt, TS_FIXED_VERSION + 1, header->version);
    ts_bind_int(stmt, TS_FIXED_EVENTS + 1, row->events);
    ts_bind_int(stmt, TS_FIXED_DEPTH + 1, row->depth);
    ts_bind_int(stmt, TS_FIXED_CONFLICT + 1, row->conflict ? 1 : 0);
    ts_bind_int(stmt, TS_FIXED_VOID + 1, header->voided ? 1 : 0);
    bind_text_if(stmt, TS_FIXED_REASON + 1, header->reason);
    bind_text_if(stmt, TS_FIXED_ROW_KEY + 1, header->row_key);
    bind_if(stmt, TS_FIXED_ON_BEHALF_OF + 1, header->on_behalf_of_unit);
    if (!ts_hash_is_zero(&header->source_key)) {
        ts_bind_hash(stmt, TS_FIXED_SOURCE_KEY + 1, &header->source_key);
    }
}

static ts_err_t
put_list(ts_kinds_t *self,
         const ts_kind_ops_t *kind,
         ts_list_ops_t *ops,
         ts_record_id_t record,
         const void *body)
{
    size_t rows = ts_child_count(ops->list, body);
    for (size_t row = 0; row < rows; row++) {
        ts_stmt_t *stmt;
        ts_err_t err = use_list(self, kind, ops, TS_LIST_OP_INSERT, &stmt);
        if (err != TS_ERR_OK) {
            return err;
        }
        self->date_count = 0;
        ts_bind_int(stmt, 1, (int64_t)record);
        ts_bind_int(stmt, 2, (int64_t)row);
        const void *from = ts_child_row(ops->list, body, row);
        for (size_t i = 0; i < ops->list->field_count; i++) {
            bind_field(self, stmt, (int)i + 3, &ops->list->fields[i], from);
        }
        err = ts_db_run(self->db, stmt);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    return TS_ERR_OK;
}

ts_err_t
ts_kinds_put(ts_kinds_t *self,
             const ts_kind_schema_t *kind,
             const ts_kind_row_t *row,
             bool *ret_added)
{
    ts_kind_ops_t *ops = &self->ops[kind - self->schema->kinds];
    ts_stmt_t *stmt;
    ts_err_t err = use(self, ops, TS_OP_INSERT, &stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    self->date_count = 0;
    bind_fixed(self, stmt, row);
    for (size_t i = 0; i < kind->field_count; i++) {
        bind_field(self, stmt, TS_FIXED_COUNT + (int)i + 1, &kind->fields[i], row->record);
    }
    err = ts_db_run(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    bool added = ts_db_changes(self->db) > 0;
    for (size_t i = 0; added && err == TS_ERR_OK && i < kind->list_count; i++) {
        err = put_list(self, ops, &ops->lists[i], row->header->record, row->record);
    }
    *ret_added = added;
    return err;
}

ts_err_t
ts_kinds_remove(ts_kinds_t *self, uint32_t kind, ts_record_id_t record)
{
    ts_kind_ops_t *ops = ts_kinds_ops(self, kind);
    TS_CHECK(ops != NULL);
    ts_stmt_t *stmt;
    ts_err_t err = use(self, ops, TS_OP_REMOVE, &stmt);
    if (err == TS_ERR_OK) {
        ts_bind_int(stmt, 1, (int64_t)record);
        err = ts_db_run(self->db, stmt);
    }
    for (size_t i = 0; err == TS_ERR_OK && i < ops->schema->list_count; i++) {
        err = use_list(self, ops, &ops->lists[i], TS_LIST_OP_REMOVE, &stmt);
        if (err == TS_ERR_OK) {
            ts_bind_int(stmt, 1, (int64_t)record);
            err = ts_db_run(self->db, stmt);
        }
    }
    return err;
}

static ts_err_t
read_standing(ts_kinds_t *self,
              ts_kind_ops_t *ops,
              ts_kind_op_t which,
              ts_record_id_t record,
              ts_standing_t *ret_standing)
{
    ts_stmt_t *stmt;
    ts_err_t err = use(self, ops, which, &stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_bind_int(stmt, 1, (int64_t)record);
    err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    *ret_standing = (ts_standing_t){
        .kind = ops->schema->kind,
        .record = (ts_record_id_t)ts_col_int(stmt, 0),
        .event = (uint64_t)ts_col_int(stmt, 1),
        .office = (uint32_t)ts_col_int(stmt, 2),
        .author = (uint32_t)ts_col_int(stmt, 3),
        .place = {(uint32_t)ts_col_int(stmt, 4), (uint64_t)ts_col_int(stmt, 5),
                  (uint64_t)ts_col_int(stmt, 6)},
        .plan = (ts_record_id_t)ts_col_int(stmt, 7),
        .owner_unit = (ts_record_id_t)ts_col_int(stmt, 8),
        .events = (uint32_t)ts_col_int(stmt, 9),
        .depth = (uint32_t)ts_col_int(stmt, 10),
        .conflict = ts_col_int(stmt, 11) != 0,
        .is_void = ts_col_int(stmt, 12) != 0,
    };
    ts_db_done(stmt);
    return TS_ERR_OK;
}

ts_err_t
ts_kinds_get(ts_kinds_t *self, uint32_t kind, ts_record_id_t record, ts_standing_t *ret_standing)
{
    ts_kind_ops_t *ops = ts_kinds_ops(self, kind);
    return ops == NULL ? TS_ERR_NOTFOUND
                       : read_standing(self, ops, TS_OP_GET, record, ret_standing);
}

ts_err_t
ts_kinds_next(ts_kinds_t *self, uint32_t kind, ts_standing_t *standing)
{
    ts_kind_ops_t *ops = ts_kinds_ops(self, kind);
    TS_CHECK(ops != NULL);
    return read_standing(self, ops, TS_OP_NEXT, standing->record, standing);
}

ts_err_t
ts_kinds_set_place(ts_kinds_t *self, uint32_t kind, ts_record_id_t record, const ts_place_t *place)
{
    ts_stmt_t *stmt;
    ts_err_t err = use(self, ts_kinds_ops(self, kind), TS_OP_SET_PLACE, &stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_bind_int(stmt, 1, (int64_t)record);
    ts_bind_int(stmt, 2, place->log);
    bind_if(stmt, 3, place->arrival);
    ts_bind_int(stmt, 4, (int64_t)place->position);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_kinds_set_state(ts_kinds_t *self,
                   uint32_t kind,
                   ts_record_id_t record,
                   uint32_t events,
                   uint32_t depth,
                   bool conflict)
{
    ts_stmt_t *stmt;
    ts_err_t err = use(self, ts_kinds_ops(self, kind), TS_OP_SET_STATE, &stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_bind_int(stmt, 1, (int64_t)record);
    ts_bind_int(stmt, 2, events);
    ts_bind_int(stmt, 3, depth);
    ts_bind_int(stmt, 4, conflict ? 1 : 0);
    return ts_db_run(self->db, stmt);
}
