/* SPDX-License-Identifier: MPL-2.0 */
/* watch: business events as they come, one line each, until Ctrl-C. */
#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/commands.h"
#include "core/labels.h"
#include "shared/term.h"
#include "wire/json.h"

#include <string.h>

static const ts_cli_option_t options[] = {
    {.name = "after",
     .value = N_("NUMBER"),
     .help = N_("begin behind this number; 0: from the beginning (from now on when left out)")},
    {.name = "limit",
     .value = N_("NUMBER"),
     .flags = TS_CLI_LOCAL,
     .help = N_("end after so many events")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_watch = {
    .sends = "watch",
    .options = options,
    .text = N_("TOPIC is the beginning of “kind.unit”: need, handover.09694. With --json each "
               "event is one line."),
    .examples = "watch\nwatch need handover --after 0\nwatch --json",
};

typedef struct watching {
    const ts_cli_t *cli;
    uint64_t left; /* events still to be shown */
} watching_t;

/* What happened to a record. */
static const char *
change_word(const char *change)
{
    static const struct {
        const char *change;
        const char *id;
    } words[] = {
        {"added", N_("added")},       {"revised", N_("changed")},  {"voided", N_("withdrawn")},
        {"conflict", N_("conflict")}, {"resolved", N_("settled")},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].change, change) == 0) {
            return ts_say(words[i].id);
        }
    }
    return change;
}

static void
put_cells(ts_buf_t *line, size_t *used, const char *text, size_t cells)
{
    size_t here = ts_term_put(line, text, cells == 0 ? TS_TERM_COLUMNS_MAX : cells);
    for (; here < cells; here++) {
        ts_buf_put_u8(line, ' ');
    }
    *used += here;
}

/* Cell of a column as shown; NULL when there is nothing. The caller frees. */
static char *
shown(const ts_table_t *table, size_t row, const char *name)
{
    size_t column = ts_table_column(table, name);
    const ts_cell_t *cell = column == SIZE_MAX ? NULL : ts_table_cell(table, row, column);
    bool nothing = cell == NULL || cell->kind == TS_CELL_NOTHING ||
                   (cell->kind == TS_CELL_TEXT && cell->text[0] == '\0') ||
                   (cell->kind == TS_CELL_NUMBER && cell->number == 0);
    return nothing ? NULL : ts_out_cell(table->columns[column].format, cell);
}

/* "22/11/2025 07:05  Nhu cầu, thêm   A-3F-EK2Q5  Xã Tản Lĩnh · Đồ ấm · 40 bộ · 8.000.000 đ" */
static void
show_event(const watching_t *self, const ts_table_t *table, size_t row)
{
    static const char *const details[] = {"unit",      "line",     "quantity",
                                          "value_vnd", "children", "text"};
    ts_buf_t line = {.length = 0};
    size_t used = 0;
    char *time = shown(table, row, "time");
    char *kind = shown(table, row, "kind");
    char *change = shown(table, row, "change");
    char *record = shown(table, row, "record");
    char *measure = shown(table, row, "unit_of_measure");
    const char *label = kind == NULL ? NULL : ts_label_kind(kind);
    char *what = ts_say_text("{1}, {2}",
                             label != NULL  ? ts_say(label)
                             : kind == NULL ? "?"
                                            : kind,
                             change == NULL ? "?" : change_word(change), NULL);
    put_cells(&line, &used, time == NULL ? "" : time, 16);
    put_cells(&line, &used, "  ", 0);
    put_cells(&line, &used, what, 26);
    put_cells(&line, &used, "  ", 0);
    put_cells(&line, &used, record == NULL ? "" : record, 14);
    bool first = true;
    for (size_t i = 0; i < sizeof details / sizeof details[0]; i++) {
        char *text = shown(table, row, details[i]);
        if (text != NULL) {
            put_cells(&line, &used, first ? "  " : " · ", 0);
            put_cells(&line, &used, text, 0);
            bool has_measure = strcmp(details[i], "quantity") == 0 && measure != NULL;
            put_cells(&line, &used, has_measure ? " " : "", 0);
            put_cells(&line, &used, has_measure ? measure : "", 0);
            put_cells(&line, &used, strcmp(details[i], "value_vnd") == 0 ? " đ" : "", 0);
            put_cells(&line, &used, strcmp(details[i], "children") == 0 ? _(" children") : "", 0);
            first = false;
        }
        ts_xfree(text);
    }
    while (line.length > 0 && line.data[line.length - 1] == ' ') {
        line.length--;
    }
    ts_buf_put_u8(&line, '\0');
    (void)fprintf(self->cli->out.out, "%s\n", (const char *)line.data);
    ts_buf_free(&line);
    ts_xfree(what);
    ts_xfree(measure);
    ts_xfree(record);
    ts_xfree(change);
    ts_xfree(kind);
    ts_xfree(time);
}

/* The same row as one line of JSON. */
static void
show_json(const watching_t *self, const ts_table_t *table, size_t row)
{
    ts_table_t single;
    ts_buf_t text = {.length = 0};
    ts_table_init(&single, table->name);
    for (size_t c = 0; c < table->column_count; c++) {
        ts_table_add_column(&single, table->columns[c].name, table->columns[c].title,
                            table->columns[c].format);
    }
    for (size_t c = 0; c < table->column_count; c++) {
        const ts_cell_t *cell = ts_table_cell(table, row, c);
        if (cell->kind == TS_CELL_TEXT) {
            ts_table_add_text(&single, cell->text);
        } else if (cell->kind == TS_CELL_NUMBER) {
            ts_table_add_number(&single, cell->number);
        } else {
            ts_table_add_nothing(&single);
        }
    }
    ts_json_put_table(&text, &single, ts_say_msg);
    /* Without the brackets of the list. */
    (void)fwrite(text.data + 1, 1, text.length - 2, self->cli->out.out);
    (void)fputc('\n', self->cli->out.out);
    ts_buf_free(&text);
    ts_table_free(&single);
}

static bool
take_events(void *context, const ts_reply_t *reply)
{
    watching_t *self = context;
    for (size_t t = 0; t < reply->table_count; t++) {
        for (size_t r = 0; r < ts_table_rows(&reply->tables[t]) && self->left > 0; r++) {
            if (self->cli->out.json) {
                show_json(self, &reply->tables[t], r);
            } else {
                show_event(self, &reply->tables[t], r);
            }
            self->left--;
        }
    }
    return fflush(self->cli->out.out) == 0 && self->left > 0;
}

/* The topics travel in one field. */
static void
add_topics(const ts_cli_t *self, ts_command_t *command)
{
    ts_buf_t topics = {.length = 0};
    for (size_t i = 0; i < self->operand_count; i++) {
        ts_buf_put_text(&topics, i == 0 ? "" : " ");
        ts_buf_put_text(&topics, self->operands[i].value);
    }
    ts_buf_put_u8(&topics, '\0');
    ts_command_add(command, "topics", (const char *)topics.data);
    ts_buf_free(&topics);
}

int
ts_cmd_watch(ts_cli_t *self)
{
    ts_command_t command;
    ts_reply_t reply = {.done = false};
    watching_t watching = {.cli = self, .left = UINT64_MAX};
    const ts_ask_options_t ask = {.part = take_events, .ctx = &watching, .endless = true};
    if (!ts_cli_number(self, "limit", UINT32_MAX, &watching.left)) {
        return TS_CLI_USAGE;
    }
    ts_ask_build(self, &command);
    add_topics(self, &command);
    if (!self->out.json) {
        (void)fprintf(self->out.err, "%s\n", _("Following; Ctrl-C ends it."));
    }
    int exit_code = ts_ask(self, &command, &ask, &reply);
    ts_command_free(&command);
    if (exit_code == TS_CLI_GOOD && reply.done) {
        ts_out_reply(&self->out, &reply, NULL);
        exit_code = ts_ask_exit(&reply);
    }
    ts_reply_free(&reply);
    return exit_code;
}
