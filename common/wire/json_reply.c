/* SPDX-License-Identifier: MPL-2.0 */
#include "base/xalloc.h"
#include "wire/json.h"
#include "wire/json_put.h"

#include <string.h>

/* The message in words, or null. */
static void
put_say(ts_buf_t *out, const ts_msg_t *msg, ts_say_fn say)
{
    if (msg->id == NULL) {
        ts_buf_put_text(out, "null");
        return;
    }
    char *words = say != NULL ? say(msg) : ts_msg_fill(msg, msg->id);
    ts_json_put_string(out, words);
    ts_xfree(words);
}

static void
put_cell(ts_buf_t *out, const ts_cell_t *cell, const char *format, ts_say_fn say)
{
    switch (cell->kind) {
    case TS_CELL_TEXT:
        ts_json_put_string(out, cell->text);
        break;
    case TS_CELL_NUMBER:
        if (strcmp(format, "date") == 0) {
            ts_json_put_date(out, cell->number);
        } else if (strcmp(format, "time") == 0) {
            ts_json_put_time(out, cell->number);
        } else if (strcmp(format, "code") == 0) {
            ts_json_put_code(out, (uint64_t)cell->number);
        } else {
            ts_json_put_number(out, cell->number);
        }
        break;
    case TS_CELL_SAY:
        put_say(out, cell->say, say);
        break;
    case TS_CELL_NOTHING:
    default:
        ts_buf_put_text(out, "null");
        break;
    }
}

void
ts_json_put_table(ts_buf_t *out, const ts_table_t *table, ts_say_fn say)
{
    size_t rows = ts_table_rows(table);
    ts_buf_put_u8(out, '[');
    for (size_t i = 0; i < rows; i++) {
        ts_json_put_comma(out);
        ts_buf_put_u8(out, '{');
        for (size_t k = 0; k < table->column_count; k++) {
            ts_json_put_key(out, table->columns[k].name);
            put_cell(out, ts_table_cell(table, i, k), table->columns[k].format, say);
        }
        ts_buf_put_u8(out, '}');
    }
    ts_buf_put_u8(out, ']');
}

static void
put_issue(ts_buf_t *out, const ts_issue_t *issue, ts_say_fn say)
{
    ts_buf_put_u8(out, '{');
    ts_json_put_key(out, "severity");
    ts_json_put_string(out, ts_severity_name(issue->severity));
    if (issue->file != NULL) {
        ts_json_put_key(out, "file");
        ts_json_put_string(out, issue->file);
    }
    if (issue->line != 0) {
        ts_json_put_key(out, "line");
        ts_json_put_number(out, issue->line);
    }
    if (issue->row != 0) {
        ts_json_put_key(out, "row");
        ts_json_put_number(out, issue->row);
    }
    if (issue->column != NULL) {
        ts_json_put_key(out, "column");
        ts_json_put_string(out, issue->column);
    }
    if (issue->value != NULL) {
        ts_json_put_key(out, "value");
        ts_json_put_string(out, issue->value);
    }
    ts_json_put_key(out, "say");
    put_say(out, &issue->say, say);
    ts_buf_put_u8(out, '}');
}

void
ts_json_put_reply(ts_buf_t *out, const ts_reply_t *reply, ts_say_fn say)
{
    ts_buf_put_u8(out, '{');
    ts_json_put_key(out, "code");
    ts_json_put_string(out, ts_err_name(reply->code));
    ts_json_put_key(out, "say");
    put_say(out, &reply->say, say);
    ts_json_put_key(out, "tables");
    ts_buf_put_u8(out, '{');
    for (size_t i = 0; i < reply->table_count; i++) {
        ts_json_put_key(out, reply->tables[i].name);
        ts_json_put_table(out, &reply->tables[i], say);
    }
    ts_buf_put_u8(out, '}');
    ts_json_put_key(out, "issues");
    ts_buf_put_u8(out, '[');
    for (size_t i = 0; i < reply->issue_count; i++) {
        ts_json_put_comma(out);
        put_issue(out, &reply->issues[i], say);
    }
    ts_buf_put_text(out, "]}");
}
