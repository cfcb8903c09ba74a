/* SPDX-License-Identifier: MPL-2.0 */
/* Records of the ledger as tables for people: names beside codes, titles in words. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "core/labels.h"
#include "node/records.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

/* Columns that every kind has. Without title: for machines only, left out. */
static const struct {
    const char *name;
    const char *title;
    uint32_t names; /* kind whose names stand beside; 0 = none */
} fixed[] = {
    {"record", N_("Record code"), 0},
    {"event", N_("Version"), 0},
    {"office", N_("Office"), 0},
    {"plan_id", N_("Plan"), TS_KIND_PLAN},
    {"owner_unit", N_("Belongs to"), TS_KIND_UNIT},
    {"occurred_on", N_("Date"), 0},
    {"precision", N_("Precision of the date"), 0},
    {"claimed_s", N_("Recorded at"), 0},
    {"author", N_("Account"), 0},
    {"author_role", N_("Role"), 0},
    {"conflict", N_("Conflict"), 0},
    {"void", N_("Withdrawn"), 0},
    {"reason", N_("Reason"), 0},
    {"row_key", N_("Row of the sheet"), 0},
    {"on_behalf_of_unit_id", N_("On behalf of"), TS_KIND_UNIT},
    {"source_key", N_("Hash of the sheet"), 0},
    {"items_value_vnd", N_("Value (đồng)"), 0},
    {"log", NULL, 0},
    {"arrival", NULL, 0},
    {"position", NULL, 0},
    {"version", NULL, 0},
    {"events", NULL, 0},
    {"depth", NULL, 0},
};

/* How one column of the ledger's table is shown. */
typedef struct shown {
    const char *title;       /* NULL = left out */
    uint32_t names;          /* kind whose names stand in a column beside; 0 = none */
    const ts_field_t *field; /* of the kind or child list; NULL for a fixed column */
} shown_t;

static bool
has_names(uint32_t kind)
{
    static const uint32_t kinds[] = {TS_KIND_UNIT, TS_KIND_BODY,   TS_KIND_PLAN, TS_KIND_LINE,
                                     TS_KIND_BAND, TS_KIND_PERIOD, TS_KIND_DUTY};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i] == kind) {
            return true;
        }
    }
    return false;
}

static shown_t
show_field(const ts_kind_schema_t *kind, const ts_field_t *field, const char *label_name)
{
    const char *title = ts_label_field(kind->name, label_name);
    bool ref = field->sense == TS_SENSE_REF || field->sense == TS_SENSE_FAR_REF;
    return (shown_t){title == NULL ? field->name : title,
                     ref && has_names(field->ref_kind) ? field->ref_kind : 0, field};
}

static shown_t
shown_of(const ts_kind_schema_t *kind, const char *name)
{
    const ts_field_t *field = kind == NULL ? NULL : ts_schema_field(kind, name);
    if (field != NULL) {
        return show_field(kind, field, name);
    }
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (strcmp(fixed[i].name, name) == 0) {
            return (shown_t){fixed[i].title, fixed[i].names, NULL};
        }
    }
    return (shown_t){name, 0, NULL};
}

/* "unit_id" → "unit"; "owner_unit" → "owner_unit_name". */
static char *
name_column(const char *name)
{
    static const char *const endings[] = {"_far_id", "_id"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0) {
            return ts_xstrndup(name, length - ending);
        }
    }
    char *made = ts_xmalloc(length + sizeof "_name");
    memcpy(made, name, length);
    memcpy(made + length, "_name", sizeof "_name");
    return made;
}

static void
add_columns(const ts_table_t *from, const shown_t *shown, ts_table_t *to)
{
    for (size_t i = 0; i < from->column_count; i++) {
        if (shown[i].title == NULL) {
            continue;
        }
        ts_table_add_column(to, from->columns[i].name, shown[i].title, from->columns[i].format);
        if (shown[i].names != 0) {
            char *name = name_column(from->columns[i].name);
            ts_table_add_column(to, name, shown[i].title, "text");
            ts_xfree(name);
        }
    }
}

static void
copy_cell(const ts_cell_t *cell, const shown_t *shown, ts_table_t *to)
{
    const char *label = NULL;
    if (cell->kind == TS_CELL_TEXT && shown->field != NULL && shown->field->type == TS_FIELD_ENUM) {
        label = ts_label_value(shown->field->enum_type, cell->text);
    }
    if (label != NULL) {
        ts_msg_t say = {0};
        ts_msg_set(&say, label);
        ts_table_add_say(to, &say);
    } else if (cell->kind == TS_CELL_TEXT) {
        ts_table_add_text(to, cell->text);
    } else if (cell->kind == TS_CELL_NUMBER) {
        ts_table_add_number(to, cell->number);
    } else {
        ts_table_add_nothing(to);
    }
}

static void
fill(const ts_node_t *node, const ts_table_t *from, const shown_t *shown, ts_table_t *to)
{
    size_t rows = ts_table_rows(from);
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < from->column_count; i++) {
            const ts_cell_t *cell = ts_table_cell(from, row, i);
            if (shown[i].title == NULL) {
                continue;
            }
            copy_cell(cell, &shown[i], to);
            if (shown[i].names != 0) {
                ts_record_id_t id = cell->kind == TS_CELL_NUMBER ? (ts_record_id_t)cell->number : 0;
                ts_table_add_text(to, id == 0 ? NULL : ts_names_label(node, shown[i].names, id));
            }
        }
    }
}

void
ts_records_name_columns(const ts_node_t *node,
                        const ts_kind_schema_t *kind,
                        ts_table_t *from,
                        ts_table_t *to)
{
    shown_t *shown = ts_xcalloc(from->column_count, sizeof *shown);
    for (size_t i = 0; i < from->column_count; i++) {
        shown[i] = shown_of(kind, from->columns[i].name);
    }
    add_columns(from, shown, to);
    fill(node, from, shown, to);
    ts_xfree(shown);
    ts_table_free(from);
}

static void
name_child_columns(const ts_node_t *node,
                   const ts_kind_schema_t *kind,
                   const ts_child_list_t *list,
                   ts_table_t *from,
                   ts_table_t *to)
{
    shown_t *shown = ts_xcalloc(from->column_count, sizeof *shown);
    for (size_t i = 2; i < from->column_count; i++) { /* record and position come first */
        char path[128];
        (void)snprintf(path, sizeof path, "%s.%s", list->name, from->columns[i].name);
        shown[i] = show_field(kind, &list->fields[i - 2], list->is_scalar ? list->name : path);
    }
    add_columns(from, shown, to);
    fill(node, from, shown, to);
    ts_xfree(shown);
    ts_table_free(from);
}

ts_err_t
ts_records_show(ts_job_t *job, uint32_t kind_number, ts_record_id_t record)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), kind_number);
    ts_node_t *node = job->node;
    ts_list_query_t query = {
        .kind = kind_number, .after = record - 1, .limit = 1, .with_void = true};
    ts_table_t table;
    ts_table_init(&table, kind->name);
    ts_err_t err = ts_ledger_list(node->ledger, &query, &table);
    size_t column = ts_table_column(&table, "record");
    bool there = err == TS_ERR_OK && column != SIZE_MAX && ts_table_rows(&table) == 1 &&
                 (ts_record_id_t)ts_table_cell(&table, 0, column)->number == record;
    if (!there) {
        ts_table_free(&table);
        return err;
    }
    ts_records_name_columns(node, kind, &table, ts_reply_add_table(&job->reply, "record"));
    for (size_t i = 0; err == TS_ERR_OK && i < kind->list_count; i++) {
        const ts_child_list_t *list = &kind->lists[i];
        ts_table_init(&table, list->name);
        err = ts_ledger_children(node->ledger, kind_number, list->name, record, &table);
        if (err == TS_ERR_OK && ts_table_rows(&table) > 0) {
            name_child_columns(node, kind, list, &table,
                               ts_reply_add_table(&job->reply, list->name));
        } else {
            ts_table_free(&table);
        }
    }
    return err;
}
