/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/control_wire.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "tiepsuc/v1/control.pb-c.h"
#include "wire/unpack.h"

#include <string.h>

/* What reading a frame may take, beside so many times its own size: the shortest cell, four bytes,
 * is 48 in memory. */
enum { ARENA_BYTES_BASE = 1 << 20, ARENA_TIMES = 16 };

static char *
or_empty(const char *text)
{
    return ts_unconst(text == NULL ? "" : text);
}

/* NULL for an empty one. */
static char *
copy_or_null(const char *text)
{
    return text[0] == '\0' ? NULL : ts_xstrdup(text);
}

static void *
take(ts_arena_t *arena, size_t count, size_t bytes)
{
    void *at = ts_arena_take(arena, count * bytes);
    TS_CHECK(at != NULL);
    return at;
}

static ts_err_t
put_frame(const ProtobufCMessage *message, ts_buf_t *out)
{
    if (protobuf_c_message_get_packed_size(message) > TS_CONTROL_BYTES_MAX) {
        return TS_ERR_TOOBIG;
    }
    ts_pack(message, out);
    return TS_ERR_OK;
}

static ts_err_t
read_frame(ts_arena_t *arena,
           const ProtobufCMessageDescriptor *descriptor,
           ts_bytes_t frame,
           void *out)
{
    if (frame.length > TS_CONTROL_BYTES_MAX) {
        return TS_ERR_TOOBIG;
    }
    ts_arena_init(arena, ARENA_BYTES_BASE + (size_t)ARENA_TIMES * frame.length);
    ts_unpack_t unpack = {.arena = arena,
                          .text_bytes_max = TS_COMMAND_VALUE_BYTES_MAX,
                          .rows_max = TS_TABLE_CELLS_MAX,
                          .skip_unknown = true,
                          .borrow_bytes = true};
    return ts_unpack(&unpack, ts_layout_of(descriptor), frame, out);
}

static Tiepsuc__Control__V1__File **
make_files(ts_arena_t *arena, const ts_control_file_t *from, size_t count)
{
    Tiepsuc__Control__V1__File **files = take(arena, count, sizeof(*files));
    for (size_t i = 0; i < count; i++) {
        files[i] = take(arena, 1, sizeof(*files[i]));
        tiepsuc__control__v1__file__init(files[i]);
        files[i]->name = or_empty(from[i].name);
        files[i]->data = (ProtobufCBinaryData){from[i].data.length, from[i].data.data};
    }
    return files;
}

static ts_bytes_t
bytes_of(const ProtobufCBinaryData *from)
{
    return (ts_bytes_t){from->data, from->len};
}

/* ---- commands ---- */

ts_err_t
ts_command_encode(const ts_command_t *command, ts_buf_t *out)
{
    ts_arena_t arena;
    ts_arena_init(&arena, SIZE_MAX / 4);
    Tiepsuc__Control__V1__Command message;
    tiepsuc__control__v1__command__init(&message);
    message.version = TS_CONTROL_VERSION;
    message.request = command->request;
    message.name = or_empty(command->name);
    message.n_fields = command->field_count;
    message.fields = take(&arena, command->field_count, sizeof(*message.fields));
    for (size_t i = 0; i < command->field_count; i++) {
        Tiepsuc__Control__V1__Field *field = take(&arena, 1, sizeof(*field));
        tiepsuc__control__v1__field__init(field);
        field->name = command->fields[i].name;
        field->value = command->fields[i].value;
        message.fields[i] = field;
    }
    message.blob = (ProtobufCBinaryData){command->blob.length, command->blob.data};
    message.blob_name = or_empty(command->blob_name);
    message.account = command->account;
    message.role = command->role;
    message.n_files = command->file_count;
    message.files = make_files(&arena, command->files, command->file_count);
    ts_err_t err = put_frame(&message.base, out);
    ts_arena_free(&arena);
    return err;
}

ts_err_t
ts_command_decode(ts_bytes_t frame, ts_command_t *ret_command)
{
    ts_arena_t arena = {0};
    Tiepsuc__Control__V1__Command message;
    ts_err_t err = read_frame(&arena, &tiepsuc__control__v1__command__descriptor, frame, &message);
    if (err == TS_ERR_OK && message.version != TS_CONTROL_VERSION) {
        err = message.version == 0 ? TS_ERR_INVALID : TS_ERR_UNKNOWN;
    }
    if (err == TS_ERR_OK && (message.name[0] == '\0' || message.n_fields > TS_COMMAND_FIELDS_MAX ||
                             message.n_files > TS_CONTROL_FILES_MAX)) {
        err = TS_ERR_INVALID;
    }
    if (err == TS_ERR_OK) {
        ts_command_init(ret_command, message.name);
        ret_command->request = message.request;
        ret_command->account = message.account;
        ret_command->role = message.role;
        ret_command->blob_name = copy_or_null(message.blob_name);
        ts_buf_put(&ret_command->blob, message.blob.data, message.blob.len);
        for (size_t i = 0; i < message.n_fields; i++) {
            ts_command_add(ret_command, message.fields[i]->name, message.fields[i]->value);
        }
        for (size_t i = 0; i < message.n_files; i++) {
            ts_command_add_file(ret_command, message.files[i]->name,
                                bytes_of(&message.files[i]->data));
        }
    }
    ts_arena_free(&arena);
    return err;
}

/* ---- replies: encode ---- */

static Tiepsuc__Control__V1__Text *
make_text(ts_arena_t *arena, const ts_msg_t *from)
{
    if (from->id == NULL) {
        return NULL;
    }
    Tiepsuc__Control__V1__Text *text = take(arena, 1, sizeof(*text));
    tiepsuc__control__v1__text__init(text);
    text->id = from->id;
    text->args = take(arena, TS_MSG_ARGS_MAX, sizeof(*text->args));
    while (text->n_args < TS_MSG_ARGS_MAX && from->args[text->n_args] != NULL) {
        text->args[text->n_args] = from->args[text->n_args];
        text->n_args++;
    }
    return text;
}

static Tiepsuc__Control__V1__Cell *
make_cell(ts_arena_t *arena, const ts_cell_t *from)
{
    Tiepsuc__Control__V1__Cell *cell = take(arena, 1, sizeof(*cell));
    tiepsuc__control__v1__cell__init(cell);
    switch (from->kind) {
    case TS_CELL_TEXT:
        cell->value_case = TIEPSUC__CONTROL__V1__CELL__VALUE_TEXT;
        cell->text = from->text;
        break;
    case TS_CELL_NUMBER:
        cell->value_case = TIEPSUC__CONTROL__V1__CELL__VALUE_NUMBER;
        cell->number = from->number;
        break;
    case TS_CELL_SAY:
        cell->value_case = TIEPSUC__CONTROL__V1__CELL__VALUE_SAY;
        cell->say = make_text(arena, from->say);
        break;
    case TS_CELL_NOTHING:
    default:
        cell->value_case = TIEPSUC__CONTROL__V1__CELL__VALUE_NOTHING;
        cell->nothing = 1;
        break;
    }
    return cell;
}

static Tiepsuc__Control__V1__Table *
make_table(ts_arena_t *arena, const ts_table_t *from)
{
    size_t rows = ts_table_rows(from);
    Tiepsuc__Control__V1__Table *table = take(arena, 1, sizeof(*table));
    tiepsuc__control__v1__table__init(table);
    TS_CHECK(rows * from->column_count == from->cell_count);
    table->name = from->name;
    table->n_columns = from->column_count;
    table->columns = take(arena, from->column_count, sizeof(*table->columns));
    for (size_t i = 0; i < from->column_count; i++) {
        Tiepsuc__Control__V1__Column *column = take(arena, 1, sizeof(*column));
        tiepsuc__control__v1__column__init(column);
        column->name = from->columns[i].name;
        column->title = from->columns[i].title;
        column->format = from->columns[i].format;
        table->columns[i] = column;
    }
    table->n_rows = rows;
    table->rows = take(arena, rows, sizeof(*table->rows));
    for (size_t i = 0; i < rows; i++) {
        Tiepsuc__Control__V1__Row *row = take(arena, 1, sizeof(*row));
        tiepsuc__control__v1__row__init(row);
        row->n_cells = from->column_count;
        row->cells = take(arena, from->column_count, sizeof(*row->cells));
        for (size_t k = 0; k < from->column_count; k++) {
            row->cells[k] = make_cell(arena, ts_table_cell(from, i, k));
        }
        table->rows[i] = row;
    }
    return table;
}

static Tiepsuc__Control__V1__Issue *
make_issue(ts_arena_t *arena, const ts_issue_t *from)
{
    Tiepsuc__Control__V1__Issue *issue = take(arena, 1, sizeof(*issue));
    tiepsuc__control__v1__issue__init(issue);
    issue->severity = ts_unconst(ts_severity_name(from->severity));
    issue->file = or_empty(from->file);
    issue->line = from->line;
    issue->row = from->row;
    issue->column = or_empty(from->column);
    issue->value = or_empty(from->value);
    issue->say = make_text(arena, &from->say);
    return issue;
}

ts_err_t
ts_reply_encode(const ts_reply_t *reply, ts_buf_t *out)
{
    ts_arena_t arena;
    ts_arena_init(&arena, SIZE_MAX / 4);
    Tiepsuc__Control__V1__Reply message;
    tiepsuc__control__v1__reply__init(&message);
    message.version = TS_CONTROL_VERSION;
    message.request = reply->request;
    message.code = reply->code;
    message.say = make_text(&arena, &reply->say);
    message.n_tables = reply->table_count;
    message.tables = take(&arena, reply->table_count, sizeof(*message.tables));
    for (size_t i = 0; i < reply->table_count; i++) {
        message.tables[i] = make_table(&arena, &reply->tables[i]);
    }
    message.n_issues = reply->issue_count;
    message.issues = take(&arena, reply->issue_count, sizeof(*message.issues));
    for (size_t i = 0; i < reply->issue_count; i++) {
        message.issues[i] = make_issue(&arena, &reply->issues[i]);
    }
    message.blob = (ProtobufCBinaryData){reply->blob.length, reply->blob.data};
    message.done = reply->done;
    message.progress = reply->progress;
    message.progress_total = reply->progress_total;
    message.n_files = reply->file_count;
    message.files = make_files(&arena, reply->files, reply->file_count);
    ts_err_t err = put_frame(&message.base, out);
    ts_arena_free(&arena);
    return err;
}

/* ---- replies: decode ---- */

static ts_err_t
get_text(const Tiepsuc__Control__V1__Text *from, ts_msg_t *to)
{
    if (from == NULL) {
        return TS_ERR_OK;
    }
    if (from->n_args > TS_MSG_ARGS_MAX || from->id[0] == '\0') {
        return TS_ERR_INVALID;
    }
    ts_msg_set(to, from->id);
    for (size_t i = 0; i < from->n_args; i++) {
        ts_msg_arg(to, from->args[i]);
    }
    return TS_ERR_OK;
}

static ts_err_t
get_cell(const Tiepsuc__Control__V1__Cell *from, ts_table_t *to)
{
    ts_msg_t say = {0};
    ts_err_t err = TS_ERR_OK;
    switch (from->value_case) {
    case TIEPSUC__CONTROL__V1__CELL__VALUE_TEXT:
        ts_table_add_text(to, from->text);
        break;
    case TIEPSUC__CONTROL__V1__CELL__VALUE_NUMBER:
        ts_table_add_number(to, from->number);
        break;
    case TIEPSUC__CONTROL__V1__CELL__VALUE_SAY:
        err = get_text(from->say, &say);
        ts_table_add_say(to, &say);
        break;
    case TIEPSUC__CONTROL__V1__CELL__VALUE_NOTHING:
    case TIEPSUC__CONTROL__V1__CELL__VALUE__NOT_SET:
    case _TIEPSUC__CONTROL__V1__CELL__VALUE__CASE_IS_INT_SIZE:
    default:
        ts_table_add_nothing(to);
        break;
    }
    return err;
}

static ts_err_t
get_table(const Tiepsuc__Control__V1__Table *from, ts_table_t *to)
{
    if (from->n_columns > TS_TABLE_COLUMNS_MAX || (from->n_columns == 0 && from->n_rows > 0) ||
        from->n_rows * from->n_columns > TS_TABLE_CELLS_MAX) {
        return TS_ERR_INVALID;
    }
    for (size_t i = 0; i < from->n_columns; i++) {
        ts_table_add_column(to, from->columns[i]->name, from->columns[i]->title,
                            from->columns[i]->format);
    }
    for (size_t i = 0; i < from->n_rows; i++) {
        if (from->rows[i]->n_cells != from->n_columns) {
            return TS_ERR_INVALID;
        }
        for (size_t k = 0; k < from->n_columns; k++) {
            ts_err_t err = get_cell(from->rows[i]->cells[k], to);
            if (err != TS_ERR_OK) {
                return err;
            }
        }
    }
    return TS_ERR_OK;
}

static ts_err_t
get_issue(const Tiepsuc__Control__V1__Issue *from, ts_reply_t *to)
{
    for (int severity = TS_SEVERITY_ERROR; severity <= TS_SEVERITY_NOTE; severity++) {
        if (strcmp(from->severity, ts_severity_name((ts_severity_t)severity)) == 0) {
            ts_issue_t *issue = ts_reply_add_issue(to, (ts_severity_t)severity);
            issue->file = copy_or_null(from->file);
            issue->line = from->line;
            issue->row = from->row;
            issue->column = copy_or_null(from->column);
            issue->value = copy_or_null(from->value);
            return get_text(from->say, &issue->say);
        }
    }
    return TS_ERR_INVALID;
}

static ts_err_t
get_reply(const Tiepsuc__Control__V1__Reply *from, ts_reply_t *to)
{
    if (from->version != TS_CONTROL_VERSION) {
        return from->version == 0 ? TS_ERR_INVALID : TS_ERR_UNKNOWN;
    }
    if (from->n_tables > TS_REPLY_TABLES_MAX || from->n_issues > TS_REPLY_ISSUES_MAX ||
        from->n_files > TS_CONTROL_FILES_MAX) {
        return TS_ERR_INVALID;
    }
    to->request = from->request;
    to->code = (ts_err_t)from->code;
    to->done = from->done != 0;
    to->progress = from->progress;
    to->progress_total = from->progress_total;
    ts_buf_put(&to->blob, from->blob.data, from->blob.len);
    ts_err_t err = get_text(from->say, &to->say);
    for (size_t i = 0; err == TS_ERR_OK && i < from->n_tables; i++) {
        err = get_table(from->tables[i], ts_reply_add_table(to, from->tables[i]->name));
    }
    for (size_t i = 0; err == TS_ERR_OK && i < from->n_issues; i++) {
        err = get_issue(from->issues[i], to);
    }
    for (size_t i = 0; err == TS_ERR_OK && i < from->n_files; i++) {
        ts_reply_add_file(to, from->files[i]->name, bytes_of(&from->files[i]->data));
    }
    return err;
}

ts_err_t
ts_reply_decode(ts_bytes_t frame, ts_reply_t *ret_reply)
{
    ts_arena_t arena = {0};
    ts_reply_t reply = {0};
    Tiepsuc__Control__V1__Reply message;
    ts_err_t err = read_frame(&arena, &tiepsuc__control__v1__reply__descriptor, frame, &message);
    if (err == TS_ERR_OK) {
        err = get_reply(&message, &reply);
    }
    ts_arena_free(&arena);
    if (err != TS_ERR_OK) {
        ts_reply_free(&reply);
        return err;
    }
    *ret_reply = reply;
    return TS_ERR_OK;
}
