/* SPDX-License-Identifier: MPL-2.0 */
#include "reporter/once.h"

#include "base/i18n.h"
#include "base/xalloc.h"
#include "reporter/files.h"
#include "reporter/render.h"
#include "shared/listing.h"
#include "shared/opts.h"
#include "shared/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "tiepsuc-reporter"

/* ---- asking */

static int
complain(ts_msg_t *why)
{
    ts_say_line(stderr, PROGRAM, why);
    ts_msg_free(why);
    return TS_EXIT_FAILED;
}

static void
print_issues(const ts_reply_t *reply)
{
    for (size_t i = 0; i < reply->issue_count; i++) {
        const ts_issue_t *issue = &reply->issues[i];
        char *text = ts_say_msg(&issue->say);
        (void)fprintf(stderr, "  %s%s%s\n", issue->file == NULL ? "" : issue->file,
                      issue->file == NULL ? "" : ": ", text);
        ts_xfree(text);
    }
}

static void
add(ts_command_t *command, const char *name, const char *value)
{
    if (value != NULL) {
        ts_command_add(command, name, value);
    }
}

/* Takes the command. TS_EXIT_GOOD with the reply, or the exit code after saying why not. */
static int
ask(const ts_once_t *options, ts_asker_t *asker, ts_command_t *command, ts_reply_t *ret_reply)
{
    ts_msg_t why = {0};
    if (options->account != NULL) {
        command->account = (uint32_t)strtoul(options->account, NULL, 10);
    }
    ts_err_t err = ts_asker_ask(asker, command, ret_reply, &why);
    ts_command_free(command);
    if (err != TS_ERR_OK) {
        return complain(&why);
    }
    if (ret_reply->code != TS_ERR_OK) {
        ts_say_line(stderr, PROGRAM, &ret_reply->say);
        print_issues(ret_reply);
        ts_reply_free(ret_reply);
        *ret_reply = (ts_reply_t){.done = false};
        return TS_EXIT_FAILED;
    }
    return TS_EXIT_GOOD;
}

static void
add_question(ts_command_t *command, const ts_once_t *options)
{
    add(command, "plan", options->plan);
    add(command, "period", options->period);
    add(command, "body", options->body);
    add(command, "as_of", options->as_of);
    add(command, "boundary", options->boundary);
    if (options->nil) {
        ts_command_add(command, "nil_confirmed", "yes");
    }
}

/* ---- what is due */

static void
print_table(const ts_table_t *table, const char *const *columns, size_t count)
{
    ts_listing_t *list = ts_listing_new();
    for (size_t i = 0; i < count; i++) {
        size_t at = ts_table_column(table, columns[i]);
        bool amount = strcmp(table->columns[at].format, "number") == 0;
        ts_listing_column(list, columns[i], ts_say(table->columns[at].title),
                          amount ? TS_LISTING_NUMBER : TS_LISTING_TEXT);
    }
    for (size_t row = 0; row < ts_table_rows(table); row++) {
        for (size_t i = 0; i < count; i++) {
            size_t at = ts_table_column(table, columns[i]);
            const ts_cell_t *cell = ts_table_cell(table, row, at);
            char *text = ts_render_cell(cell, table->columns[at].format);
            if (text[0] == '\0') {
                ts_listing_missing(list);
            } else {
                ts_listing_shown(list, text);
            }
            ts_xfree(text);
        }
    }
    ts_listing_print(list, stdout, 0);
    ts_listing_destroy(&list);
}

static int
print_due(const ts_once_t *options, ts_asker_t *asker)
{
    static const char *const columns[] = {"period", "body_name", "due", "days_left", "state"};
    ts_command_t command;
    ts_reply_t reply = {.done = false};
    ts_command_init(&command, "report_status");
    add(&command, "plan", options->plan);
    add(&command, "body", options->body);
    ts_command_add(&command, "within", "366");
    int exit_code = ask(options, asker, &command, &reply);
    if (exit_code != TS_EXIT_GOOD) {
        return exit_code;
    }
    const ts_table_t *table = ts_reply_table(&reply, "duties");
    if (table == NULL || ts_table_rows(table) == 0) {
        (void)printf("%s\n", _("No report is due within a year."));
    } else {
        print_table(table, columns, sizeof columns / sizeof columns[0]);
    }
    ts_reply_free(&reply);
    return TS_EXIT_GOOD;
}

/* ---- files */

static bool
wants(const char *formats, const char *format)
{
    size_t length = strlen(format);
    for (const char *at = formats; at != NULL && *at != '\0';) {
        size_t word = strcspn(at, ", ");
        if (word == length && strncmp(at, format, length) == 0) {
            return true;
        }
        at += word + strspn(at + word, ", ");
    }
    return false;
}

static ts_err_t
render(const ts_once_t *options, const ts_reply_t *report, ts_render_files_t *files, ts_msg_t *why)
{
    char *stem = ts_render_stem(report);
    ts_err_t err = ts_files_folder(options->out, why);
    if (err == TS_ERR_OK && wants(options->format, "csv")) {
        ts_render_csv(report, stem, files);
    }
    if (err == TS_ERR_OK && wants(options->format, "xlsx")) {
        err = ts_render_xlsx(report, stem, options->out, files, why);
    }
    ts_xfree(stem);
    return err;
}

static int
write_files(const ts_once_t *options, const ts_render_files_t *files)
{
    ts_msg_t why = {0};
    for (size_t i = 0; i < files->count; i++) {
        if (ts_files_write(options->out, &files->rows[i], &why) != TS_ERR_OK) {
            return complain(&why);
        }
        (void)printf("%s/%s\n", options->out, files->rows[i].name);
    }
    return TS_EXIT_GOOD;
}

/* Files that were kept with a filed report come out as they went in. */
static void
add_kept(const ts_reply_t *reply, ts_render_files_t *files)
{
    for (size_t i = 0; i < reply->file_count; i++) {
        const char *name = reply->files[i].name;
        if (name[0] == '.' || strchr(name, '/') != NULL || strcmp(name, "figures.txt") == 0) {
            continue;
        }
        ts_buf_t data = {0};
        ts_buf_put(&data, reply->files[i].data.data, reply->files[i].data.length);
        ts_render_files_add(files, name, &data);
    }
}

/* ---- one report */

/* Takes the command, which gives a report; renders it and writes the files. */
static int
make_report(const ts_once_t *options,
            ts_asker_t *asker,
            ts_command_t *command,
            ts_render_files_t *files)
{
    ts_reply_t reply = {.done = false};
    ts_msg_t why = {0};
    int exit_code = ask(options, asker, command, &reply);
    if (exit_code != TS_EXIT_GOOD) {
        return exit_code;
    }
    if (reply.say.id != NULL) {
        ts_say_line(stderr, PROGRAM, &reply.say);
    }
    print_issues(&reply);
    add_kept(&reply, files);
    if (files->count == 0 && render(options, &reply, files, &why) != TS_ERR_OK) {
        exit_code = complain(&why);
    }
    ts_reply_free(&reply);
    return exit_code == TS_EXIT_GOOD ? write_files(options, files) : exit_code;
}

static int
file_report(const ts_once_t *options, ts_asker_t *asker, const ts_render_files_t *files)
{
    ts_command_t command;
    ts_reply_t reply = {.done = false};
    ts_command_init(&command, options->amend ? "report_amend" : "report_file");
    ts_command_add(&command, "record", options->record);
    for (size_t i = 0; i < files->count; i++) {
        ts_command_add_file(&command, files->rows[i].name, ts_buf_bytes(&files->rows[i].data));
    }
    int exit_code = ask(options, asker, &command, &reply);
    if (exit_code == TS_EXIT_GOOD) {
        ts_say_line(stderr, PROGRAM, &reply.say);
    }
    ts_reply_free(&reply);
    return exit_code;
}

static int
misuse(const char *id)
{
    (void)fprintf(stderr, "%s: %s\n", PROGRAM, ts_say(id));
    return TS_EXIT_USAGE;
}

int
ts_once_run(const ts_once_t *options, ts_asker_t *asker)
{
    if (!wants(options->format, "csv") && !wants(options->format, "xlsx")) {
        return misuse(N_("--format knows csv and xlsx, with a comma between them"));
    }
    if ((options->file || options->amend) && options->record == NULL) {
        return misuse(N_("--file and --amend need --record, the code of the sealed report"));
    }
    if (options->period == NULL && options->record == NULL) {
        return options->seal ? misuse(N_("--seal needs --period")) : print_due(options, asker);
    }
    ts_command_t command;
    ts_render_files_t files = {0};
    if (options->record != NULL) {
        ts_command_init(&command, "report_show");
        ts_command_add(&command, "record", options->record);
    } else {
        ts_command_init(&command, options->seal ? "report_seal" : "report_figures");
        add_question(&command, options);
    }
    int exit_code = make_report(options, asker, &command, &files);
    if (exit_code == TS_EXIT_GOOD && (options->file || options->amend)) {
        exit_code = file_report(options, asker, &files);
    }
    ts_render_files_free(&files);
    return exit_code;
}
