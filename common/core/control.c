/* SPDX-License-Identifier: MPL-2.0 */
#include "core/control.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <string.h>

static void
add_file(
    ts_control_file_t **files, size_t *count, size_t *capacity, const char *name, ts_bytes_t data)
{
    TS_CHECK(*count < TS_CONTROL_FILES_MAX);
    *files = ts_xgrow(*files, *count + 1, capacity, sizeof(**files));
    ts_control_file_t *file = &(*files)[(*count)++];
    *file = (ts_control_file_t){.name = ts_xstrdup(name)};
    ts_buf_put(&file->data, data.data, data.length);
}

static void
free_files(ts_control_file_t *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ts_xfree(files[i].name);
        ts_buf_free(&files[i].data);
    }
    ts_xfree(files);
}

void
ts_command_init(ts_command_t *command, const char *name)
{
    *command = (ts_command_t){.name = ts_xstrdup(name)};
}

void
ts_command_free(ts_command_t *command)
{
    for (size_t i = 0; i < command->field_count; i++) {
        ts_xfree(command->fields[i].name);
        ts_xfree(command->fields[i].value);
    }
    ts_xfree(command->fields);
    ts_xfree(command->name);
    ts_xfree(command->blob_name);
    ts_buf_free(&command->blob);
    free_files(command->files, command->file_count);
    *command = (ts_command_t){0};
}

void
ts_command_add(ts_command_t *command, const char *name, const char *value)
{
    command->fields = ts_xgrow(command->fields, command->field_count + 1, &command->field_capacity,
                               sizeof(*command->fields));
    command->fields[command->field_count++] =
        (ts_command_field_t){.name = ts_xstrdup(name), .value = ts_xstrdup(value)};
}

const char *
ts_command_get(const ts_command_t *command, const char *name)
{
    return ts_command_get_nth(command, name, 0);
}

const char *
ts_command_get_nth(const ts_command_t *command, const char *name, size_t n)
{
    for (size_t i = 0; i < command->field_count; i++) {
        if (strcmp(command->fields[i].name, name) == 0 && n-- == 0) {
            return command->fields[i].value;
        }
    }
    return NULL;
}

void
ts_command_add_file(ts_command_t *command, const char *name, ts_bytes_t data)
{
    add_file(&command->files, &command->file_count, &command->file_capacity, name, data);
}

void
ts_table_init(ts_table_t *table, const char *name)
{
    *table = (ts_table_t){.name = ts_xstrdup(name)};
}

void
ts_table_free(ts_table_t *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        ts_xfree(table->columns[i].name);
        ts_xfree(table->columns[i].title);
        ts_xfree(table->columns[i].format);
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        ts_xfree(table->cells[i].text);
        if (table->cells[i].say != NULL) {
            ts_msg_free(table->cells[i].say);
            ts_xfree(table->cells[i].say);
        }
    }
    ts_xfree(table->columns);
    ts_xfree(table->cells);
    ts_xfree(table->name);
    *table = (ts_table_t){0};
}

void
ts_table_add_column(ts_table_t *table, const char *name, const char *title, const char *format)
{
    TS_CHECK(table->cell_count == 0);
    TS_CHECK(table->column_count < TS_TABLE_COLUMNS_MAX);
    table->columns = ts_xgrow(table->columns, table->column_count + 1, &table->column_capacity,
                              sizeof(*table->columns));
    table->columns[table->column_count++] = (ts_column_t){
        .name = ts_xstrdup(name), .title = ts_xstrdup(title), .format = ts_xstrdup(format)};
}

static ts_cell_t *
add_cell(ts_table_t *table, ts_cell_kind_t kind)
{
    TS_CHECK(table->column_count > 0);
    TS_CHECK(table->cell_count < TS_TABLE_CELLS_MAX);
    table->cells =
        ts_xgrow(table->cells, table->cell_count + 1, &table->cell_capacity, sizeof(*table->cells));
    ts_cell_t *cell = &table->cells[table->cell_count++];
    *cell = (ts_cell_t){.kind = kind};
    return cell;
}

void
ts_table_add_text(ts_table_t *table, const char *text)
{
    if (text == NULL) {
        ts_table_add_nothing(table);
    } else {
        add_cell(table, TS_CELL_TEXT)->text = ts_xstrdup(text);
    }
}

void
ts_table_add_number(ts_table_t *table, int64_t number)
{
    add_cell(table, TS_CELL_NUMBER)->number = number;
}

void
ts_table_add_say(ts_table_t *table, ts_msg_t *say)
{
    if (say->id == NULL) {
        ts_table_add_nothing(table);
        return;
    }
    ts_cell_t *cell = add_cell(table, TS_CELL_SAY);
    cell->say = ts_xcalloc(1, sizeof(*cell->say));
    ts_msg_move(cell->say, say);
}

void
ts_table_add_nothing(ts_table_t *table)
{
    add_cell(table, TS_CELL_NOTHING);
}

size_t
ts_table_rows(const ts_table_t *table)
{
    return table->column_count == 0 ? 0 : table->cell_count / table->column_count;
}

const ts_cell_t *
ts_table_cell(const ts_table_t *table, size_t row, size_t column)
{
    TS_CHECK(row < ts_table_rows(table));
    TS_CHECK(column < table->column_count);
    return &table->cells[row * table->column_count + column];
}

size_t
ts_table_column(const ts_table_t *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

const char *
ts_severity_name(ts_severity_t severity)
{
    static const char *const names[] = {"error", "warning", "note"};
    TS_CHECK((size_t)severity < sizeof(names) / sizeof(names[0]));
    return names[severity];
}

void
ts_reply_free(ts_reply_t *reply)
{
    for (size_t i = 0; i < reply->table_count; i++) {
        ts_table_free(&reply->tables[i]);
    }
    for (size_t i = 0; i < reply->issue_count; i++) {
        ts_xfree(reply->issues[i].file);
        ts_xfree(reply->issues[i].column);
        ts_xfree(reply->issues[i].value);
        ts_msg_free(&reply->issues[i].say);
    }
    ts_xfree(reply->tables);
    ts_xfree(reply->issues);
    ts_msg_free(&reply->say);
    ts_buf_free(&reply->blob);
    free_files(reply->files, reply->file_count);
    *reply = (ts_reply_t){0};
}

ts_table_t *
ts_reply_add_table(ts_reply_t *reply, const char *name)
{
    TS_CHECK(reply->table_count < TS_REPLY_TABLES_MAX);
    reply->tables = ts_xgrow(reply->tables, reply->table_count + 1, &reply->table_capacity,
                             sizeof(*reply->tables));
    ts_table_t *table = &reply->tables[reply->table_count++];
    ts_table_init(table, name);
    return table;
}

const ts_table_t *
ts_reply_table(const ts_reply_t *reply, const char *name)
{
    for (size_t i = 0; i < reply->table_count; i++) {
        if (strcmp(reply->tables[i].name, name) == 0) {
            return &reply->tables[i];
        }
    }
    return NULL;
}

void
ts_reply_add_file(ts_reply_t *reply, const char *name, ts_bytes_t data)
{
    add_file(&reply->files, &reply->file_count, &reply->file_capacity, name, data);
}

ts_issue_t *
ts_reply_add_issue(ts_reply_t *reply, ts_severity_t severity)
{
    TS_CHECK(reply->issue_count < TS_REPLY_ISSUES_MAX);
    reply->issues = ts_xgrow(reply->issues, reply->issue_count + 1, &reply->issue_capacity,
                             sizeof(*reply->issues));
    ts_issue_t *issue = &reply->issues[reply->issue_count++];
    *issue = (ts_issue_t){.severity = severity};
    return issue;
}
