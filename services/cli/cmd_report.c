/* SPDX-License-Identifier: MPL-2.0 */
/* report …: duties, figures, sealing and filing; the files of a report are kept by the process and
 * written out here. */
#include "base/limits.h"
#include "base/xalloc.h"
#include "cli/commands.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define PERIOD_OPTION                                          \
    {                                                          \
        .name = "period", .value = N_("PERIOD"),               \
        .help = N_("reporting period, by its code: 2019-year") \
    }
#define PLAN_OPTION                                            \
    {                                                          \
        .name = "plan", .value = N_("CODE"),                   \
        .help = N_("plan; not needed where there is only one") \
    }
#define BODY_OPTION                                                       \
    {                                                                     \
        .name = "body", .value = N_("BODY"),                              \
        .help = N_("body that reports (this office's own when left out)") \
    }
#define OUTPUT_OPTION                                                               \
    {                                                                               \
        .name = "output", .letter = 'o', .value = N_("DIR"), .flags = TS_CLI_LOCAL, \
        .help = N_("folder for the files of the report")                            \
    }

#define ROLL_OPTION                                                                             \
    {                                                                                           \
        .name = "roll-over", .help = N_("count a due day on a weekend as the next working day") \
    }

static const ts_cli_option_t duties_options[] = {
    PLAN_OPTION, PERIOD_OPTION,
    BODY_OPTION, {.name = "year", .value = N_("NUMBER"), .help = N_("only periods of this year")},
    ROLL_OPTION, {.name = NULL},
};
const ts_cli_manual_t ts_manual_report_duties = {
    .sends = "report_duties",
    .options = duties_options,
    .text =
        N_("Duties with their due dates, what was sent and when, and how it stands: on time, on "
           "time over a late link, "
           "late, overdue, waived. Invited bodies and duties without a date are never late."),
    .examples = "report duties\nreport duties --plan ha-noi-588 --period 2019-year",
};
static const ts_cli_option_t status_options[] = {
    PLAN_OPTION,
    BODY_OPTION,
    {.name = "within", .value = N_("NUMBER"), .help = N_("due within so many days (30)")},
    ROLL_OPTION,
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_report_status = {
    .sends = "report_status",
    .options = status_options,
    .text =
        N_("What is due soon or overdue and not sealed yet, and how many reports came on time."),
    .examples = "report status --within 60",
};
static const ts_cli_option_t list_options[] = {PLAN_OPTION, {.name = NULL}};
const ts_cli_manual_t ts_manual_report_list = {
    .sends = "report_list",
    .options = list_options,
    .examples = "report list",
};
static const ts_cli_option_t waive_options[] = {
    PLAN_OPTION,
    {.name = "period",
     .value = N_("PERIOD"),
     .flags = TS_CLI_NEEDED,
     .help = N_("reporting period, by its code: 2019-year")},
    {.name = "duty",
     .value = N_("CODE"),
     .flags = TS_CLI_NEEDED,
     .help = N_("the duty, by its code")},
    {.name = "class",
     .value = N_("DECISION"),
     .help = N_("waived, or self_declared to accept the time that the office declares (waived when "
                "left out)")},
    {.name = "note", .value = N_("TEXT"), .flags = TS_CLI_NEEDED, .help = N_("why")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_report_waive = {
    .sends = "report_waive",
    .options = waive_options,
    .examples = "report waive --as 3 --period 2019-year --duty so-ubnd --note \"lũ quét\"",
};
#define FULL_OPTION                                                                     \
    {                                                                                   \
        .name = "full", .flags = TS_CLI_LOCAL,                                          \
        .help = N_("every row and column on the screen, also where no figures are yet") \
    }
static const ts_cli_option_t show_options[] = {OUTPUT_OPTION, FULL_OPTION, {.name = NULL}};
const ts_cli_manual_t ts_manual_report_show = {
    .sends = "report_show",
    .options = show_options,
    .text = N_("Of a filed report the very files that were filed are shown and written."),
    .examples = "report show A-3F-EK2Q5 -o bao-cao",
};
static const ts_cli_option_t figures_options[] = {
    PLAN_OPTION,
    PERIOD_OPTION,
    BODY_OPTION,
    {.name = "unit", .value = N_("UNIT"), .help = N_("of this unit and what lies below it")},
    {.name = "as-of", .value = N_("DATE"), .help = N_("only what happened until this day")},
    {.name = "boundary", .value = N_("DATE"), .help = N_("units as of this day")},
    OUTPUT_OPTION,
    FULL_OPTION,
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_report_figures = {
    .sends = "report_figures",
    .options = figures_options,
    .text = N_("Each cell is a value, a confirmed nil, not applicable, or missing; child-times and "
               "distinct children are "
               "different columns and never added."),
    .examples = "report figures --period 2019-year",
};
static const ts_cli_option_t seal_options[] = {
    PLAN_OPTION,
    PERIOD_OPTION,
    BODY_OPTION,
    {.name = "duty",
     .value = N_("CODE"),
     .help = N_("the duty, where a body has several for a period")},
    {.name = "boundary", .value = N_("DATE"), .help = N_("units as of this day")},
    {.name = "confirm-nil",
     .help = N_("nothing happened in this period: a confirmed nil report"),
     .field = "nil_confirmed"},
    {.name = "note", .value = N_("TEXT"), .help = N_("remark")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_report_seal = {
    .sends = "report_seal",
    .options = seal_options,
    .text = N_("Sealing fixes the figures and what they cover and sends them first on any link. It "
               "is a check code of this "
               "program, not a signature in law: print, sign and stamp the report as usual."),
    .examples = "report seal --period 2019-year --as 3",
};
static const ts_cli_option_t return_options[] = {
    {.name = "note",
     .value = N_("TEXT"),
     .help = N_("what has to be corrected"),
     .flags = TS_CLI_NEEDED},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_report_return = {
    .sends = "report_return",
    .options = return_options,
    .examples = "report return A-3F-EK2Q5 --as 3 --note \"thiếu số liệu dinh dưỡng\"",
};
static const ts_cli_option_t file_options[] = {
    {.name = "document-number", .value = N_("TEXT"), .help = N_("number of the signed copy")},
    {.name = "document-on", .value = N_("DATE"), .help = N_("date of the signed copy")},
    {.name = "signer", .value = N_("TEXT"), .help = N_("function of who signed")},
    {.name = "file",
     .value = N_("FILE"),
     .flags = TS_CLI_LOCAL | TS_CLI_MANY,
     .help = N_("a file of the report to keep: the rendered report, the scan of the signed copy")},
    {.name = "note", .value = N_("TEXT"), .help = N_("remark")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_report_file = {
    .sends = "report_file",
    .options = file_options,
    .text = N_("Filing keeps figures and files for good under their hashes."),
    .examples = "report file A-3F-EK2Q5 --as 3 --file bao-cao.docx --document-number 12/BC-UBND "
                "--document-on 28/11/2019",
};
static const ts_cli_option_t signed_options[] = {
    {.name = "document-number",
     .value = N_("TEXT"),
     .flags = TS_CLI_NEEDED,
     .help = N_("number of the signed copy")},
    {.name = "document-on", .value = N_("DATE"), .help = N_("date of the signed copy")},
    {.name = "signer", .value = N_("TEXT"), .help = N_("function of who signed")},
    {.name = "file",
     .value = N_("FILE"),
     .flags = TS_CLI_LOCAL | TS_CLI_MANY,
     .help = N_("the scan of the signed copy: kept under its hash")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_report_signed = {
    .sends = "report_signed",
    .options = signed_options,
    .text = N_("RECORD is the filed report. What was filed stays as it is."),
    .examples = "report signed A-3F-EK2Q5 --as 3 --document-number 12/BC-UBND --document-on "
                "28/11/2019 --signer \"Chủ tịch\"",
};
const ts_cli_manual_t ts_manual_report_amend = {
    .sends = "report_amend",
    .options = file_options,
    .text = N_("RECORD is the filed report. The corrected edition stands beside it; the first is "
               "never changed."),
    .examples = "report amend A-3F-EK2Q5 --as 3 --note \"bổ sung số liệu xã Ba Vì\"",
};
const ts_cli_manual_t ts_manual_report_verify = {
    .sends = "report_verify",
    .text = N_("Computes the figures again from exactly the entries that the report covers, as if "
               "nothing had come since, and compares them to the check code. Then it names what "
               "the entries of today would change."),
    .examples = "report verify A-3F-EK2Q5",
};

/* ---- files out */

/* A name from a reply stays inside the folder. */
static bool
is_plain_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

static ts_err_t
write_files(const ts_reply_t *reply, const char *dir, ts_msg_t *ret_why)
{
    if (mkdir(dir, S_IRWXU | S_IRGRP | S_IXGRP) != 0 && errno != EEXIST) {
        ts_msg_make(ret_why, N_("{1}: cannot be written: {2}"), dir, strerror(errno), NULL);
        return TS_ERR_IO;
    }
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; i < reply->file_count && err == TS_ERR_OK; i++) {
        const ts_control_file_t *file = &reply->files[i];
        size_t bytes = strlen(dir) + strlen(file->name) + 2;
        char *path = ts_xmalloc(bytes);
        (void)snprintf(path, bytes, "%s/%s", dir, file->name);
        if (is_plain_name(file->name)) {
            err = ts_file_write(path, ts_buf_bytes(&file->data), false, false, ret_why);
        } else {
            ts_msg_make(ret_why, N_("{1}: is no name for a file"), file->name, NULL);
            err = TS_ERR_INVALID;
        }
        ts_xfree(path);
    }
    return err;
}

static void
add_file_table(ts_reply_t *reply)
{
    ts_table_t *table = ts_reply_add_table(reply, "files");
    ts_table_add_column(table, "name", N_("File"), "text");
    ts_table_add_column(table, "bytes", N_("Bytes"), "number");
    for (size_t i = 0; i < reply->file_count; i++) {
        ts_table_add_text(table, reply->files[i].name);
        ts_table_add_number(table, (int64_t)reply->files[i].data.length);
    }
}

/* ---- a report on the screen */

static char *
section_text(const ts_table_t *sections, size_t row, const char *name)
{
    size_t column = ts_table_column(sections, name);
    const ts_cell_t *cell = column == SIZE_MAX ? NULL : ts_table_cell(sections, row, column);
    return cell == NULL || cell->kind == TS_CELL_NOTHING ? ts_xstrdup("")
                                                         : ts_out_cell("text", cell);
}

/* A table under its title, with what is to be known of it below. */
static void
show_section(const ts_out_t *out, const ts_reply_t *reply, size_t row, bool full)
{
    const ts_table_t *sections = ts_reply_table(reply, "sections");
    char *name = section_text(sections, row, "table");
    char *title = section_text(sections, row, "title");
    char *note = section_text(sections, row, "note");
    const ts_table_t *table = ts_reply_table(reply, name);
    if (table != NULL && ts_table_rows(table) > 0) {
        ts_out_heading(out, title);
        (full ? ts_out_table : ts_out_figures)(out, table);
        if (note[0] != '\0') {
            (void)fputc('\n', out->out);
            ts_out_wrap(out, out->out, note, 0, false);
        }
        (void)fputc('\n', out->out);
    }
    ts_xfree(note);
    ts_xfree(title);
    ts_xfree(name);
}

/* Reports come with a list of their sections; then these are shown by it and leave the reply. */
static void
show_sections(const ts_out_t *out, ts_reply_t *reply, bool full)
{
    static const char *const for_files[] = {"sections", "hxl", "chart"};
    const ts_table_t *sections = ts_reply_table(reply, "sections");
    if (sections == NULL) {
        return;
    }
    for (size_t row = 0; row < ts_table_rows(sections); row++) {
        show_section(out, reply, row, full);
    }
    size_t kept = 0;
    for (size_t i = 0; i < reply->table_count; i++) {
        bool shown = false;
        for (size_t k = 0; k < sizeof for_files / sizeof for_files[0]; k++) {
            shown = shown || strcmp(reply->tables[i].name, for_files[k]) == 0;
        }
        shown = shown || ts_table_column(&reply->tables[i], "record") == SIZE_MAX;
        if (shown && strcmp(reply->tables[i].name, "files") != 0) {
            ts_table_free(&reply->tables[i]);
        } else {
            reply->tables[kept++] = reply->tables[i];
        }
    }
    reply->table_count = kept;
}

/* Figures, or a report with its files. */
int
ts_cmd_report_figures(ts_cli_t *self)
{
    const char *dir = ts_cli_get(self, "output");
    ts_reply_t reply = {.done = false};
    ts_msg_t why = {.id = NULL};
    const ts_ask_options_t ask = {.doing = _("Computing the figures")};
    int exit_code = ts_ask_built(self, &ask, &reply);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    ts_err_t err = TS_ERR_OK;
    if (reply.code == TS_ERR_OK && dir != NULL && reply.file_count > 0) {
        err = write_files(&reply, dir, &why);
    }
    if (reply.file_count > 0) {
        add_file_table(&reply);
    }
    exit_code = ts_ask_exit(&reply);
    if (err != TS_ERR_OK && self->out.json) {
        reply.code = err; /* one object tells both: the figures, and that the files are not there */
        ts_msg_move(&reply.say, &why);
    }
    if (!self->out.json && reply.code == TS_ERR_OK) {
        show_sections(&self->out, &reply, ts_cli_has(self, "full"));
    }
    ts_out_reply(&self->out, &reply, NULL);
    if (err != TS_ERR_OK) {
        exit_code = self->out.json ? TS_CLI_PARTLY
                                   : ts_cli_fail(self, TS_CLI_PARTLY, err, &why,
                                                 N_("name another folder with -o"));
    }
    ts_reply_free(&reply);
    return exit_code;
}

/* ---- sealing */

/* The reply carries all figures; on a screen they would push out of sight what was sealed. */
int
ts_cmd_report_seal(ts_cli_t *self)
{
    ts_reply_t reply = {.done = false};
    const ts_ask_options_t ask = {.doing = _("Computing the figures")};
    int exit_code = ts_ask_built(self, &ask, &reply);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    exit_code = ts_ask_exit(&reply);
    bool brief = !self->out.json && reply.code == TS_ERR_OK && reply.table_count > 1;
    while (brief && reply.table_count > 1) {
        ts_table_free(&reply.tables[--reply.table_count]);
    }
    ts_out_reply(&self->out, &reply, NULL);
    if (brief) {
        ts_out_wrap(&self->out, self->out.out,
                    _("→ “tiepsuc report figures” shows the figures, “tiepsuc-reporter --once” "
                      "writes them as XLSX and CSV"),
                    2, true);
    }
    ts_reply_free(&reply);
    return exit_code;
}

/* ---- files in */

int
ts_cmd_report_file(ts_cli_t *self)
{
    ts_command_t command;
    ts_msg_t why = {.id = NULL};
    ts_err_t err = TS_ERR_OK;
    size_t bytes_left = TS_CONTROL_BYTES_MAX - 65536u;
    ts_ask_build(self, &command);
    for (size_t i = 0; i < self->given_count && err == TS_ERR_OK; i++) {
        const ts_cli_given_t *given = &self->given[i];
        ts_buf_t file = {.length = 0};
        if (given->option == NULL || strcmp(given->option->name, "file") != 0) {
            continue;
        }
        if (command.file_count == TS_CONTROL_FILES_MAX) {
            ts_msg_make(&why, N_("too many files"), NULL);
            err = TS_ERR_LIMIT;
        } else {
            err = ts_file_read(given->value, bytes_left, &file, &why);
        }
        if (err == TS_ERR_OK) {
            ts_command_add_file(&command, ts_file_name(given->value), ts_buf_bytes(&file));
            bytes_left -= file.length;
        }
        ts_buf_free(&file);
    }
    if (err != TS_ERR_OK) {
        ts_command_free(&command);
        return ts_cli_fail(self, TS_CLI_FAILED, err, &why, NULL);
    }
    return ts_ask_print(self, &command, NULL);
}
