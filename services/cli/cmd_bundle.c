/* SPDX-License-Identifier: MPL-2.0 */
/* bundle export, bundle import: the way by stick. The service makes and judges the bytes; the file
 * is read and written here, as the person who sits at the machine. */
#include "base/xalloc.h"
#include "cli/carry.h"
#include "cli/commands.h"
#include "shared/clock.h"
#include "shared/term.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PART_BYTES (1u << 20)
/* Files of one folder. */
#define FILES_MAX 1000u
/* Room beside the segments: head, tips, receipts. */
#define ASIDE_BYTES (1u << 20)

static const ts_cli_option_t export_options[] = {
    {.name = "to",
     .value = N_("OFFICE"),
     .help = N_("for whom: number or exact name of an office above or below; the parent when left "
                "out")},
    {.name = "all",
     .help = N_("everything that both may have, also what it is known to hold: for an office that "
                "was restored or set up anew")},
    {.name = "size",
     .value = N_("MIB"),
     .help = N_("at most so big, for a mail or chat program; the rest goes with the next bundle, "
                "after this one was answered")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_bundle_export = {
    .sends = "bundle_export",
    .options = export_options,
    .text = N_(
        "Writes one file onto the stick (DIR): all that the other office is entitled to and is not "
        "known to hold, and receipts for what came from it. Only that office can open it. It is "
        "written under an unfinished name, flushed, read back and compared, and gets its name "
        "last. A lost stick loses nothing: what it carried goes along again until the other office "
        "says that it has it, by a bundle back or over a link."),
    .examples = "bundle export /media/usb\n"
                "bundle export /media/usb --to 12\n"
                "bundle export /media/usb --to 12 --all",
};
const ts_cli_manual_t ts_manual_bundle_import = {
    .sends = "bundle_import",
    .text = N_(
        "Takes in bundles, in any order, as often as one likes; a folder means all bundles in it. "
        "The name of a file means nothing: “ (1)”, “.txt” behind it, or a zip around it do no "
        "harm. The file is never changed. Of a file that is damaged or cut short, what is right is "
        "kept. Then make a bundle back, so that the sender sees what arrived."),
    .examples = "bundle import /media/usb/*.tsb\n"
                "bundle import /media/usb",
};

/* ---- talking to the service */

static int64_t
number_in(const ts_reply_t *reply, const char *table_name, const char *name)
{
    const ts_table_t *table = ts_reply_table(reply, table_name);
    size_t column = table == NULL ? SIZE_MAX : ts_table_column(table, name);
    const ts_cell_t *cell = column == SIZE_MAX ? NULL : ts_table_cell(table, 0, column);
    return cell != NULL && cell->kind == TS_CELL_NUMBER ? cell->number : 0;
}

/* "" when it is not said. Lives as long as the reply. */
static const char *
text_in(const ts_reply_t *reply, const char *table_name, const char *name)
{
    const ts_table_t *table = ts_reply_table(reply, table_name);
    size_t column = table == NULL ? SIZE_MAX : ts_table_column(table, name);
    const ts_cell_t *cell = column == SIZE_MAX ? NULL : ts_table_cell(table, 0, column);
    return cell != NULL && cell->kind == TS_CELL_TEXT ? cell->text : "";
}

static int
show_refusal(const ts_cli_t *self, ts_reply_t *reply, const char *next)
{
    ts_out_reply(&self->out, reply, next);
    ts_reply_free(reply);
    return TS_CLI_FAILED;
}

/* ---- export */

typedef struct exporting {
    ts_cli_t *cli;
    ts_carry_out_t *file;
    ts_reply_t begun; /* answer to bundle_export */
    int64_t segments;
    int64_t receipts;
    ts_progress_t progress;
} exporting_t;

static int
ask_token(exporting_t *self, const char *name, ts_reply_t *ret_reply)
{
    ts_command_t command;
    ts_command_init(&command, name);
    command.account = self->cli->account;
    ts_command_add(&command, "token", text_in(&self->begun, "bundle", "token"));
    int exit_code = ts_ask(self->cli, &command, NULL, ret_reply);
    ts_command_free(&command);
    if (exit_code == TS_CLI_GOOD && ret_reply->code != TS_ERR_OK) {
        exit_code = show_refusal(self->cli, ret_reply,
                                 N_("nothing half stands under the name of a bundle: do it again"));
    }
    return exit_code;
}

static int
fail_file(exporting_t *self, ts_err_t err, ts_msg_t *why)
{
    return ts_cli_fail(self->cli, TS_CLI_FAILED, err, why,
                       N_("nothing half stands under the name of a bundle: do it again"));
}

/* One part from the service onto the stick. */
static int
fetch_part(exporting_t *self, bool *ret_last)
{
    ts_reply_t reply = {.done = false};
    ts_msg_t why = {.id = NULL};
    int exit_code = ask_token(self, "bundle_part", &reply);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    ts_err_t err = ts_carry_out_write(self->file, ts_buf_bytes(&reply.blob), &why);
    *ret_last = number_in(&reply, "part", "last") != 0;
    self->segments = number_in(&reply, "part", "segments");
    self->receipts = number_in(&reply, "part", "receipts");
    ts_reply_free(&reply);
    if (!self->cli->out.quiet && !self->cli->out.json) {
        ts_progress_step(&self->progress, ts_carry_out_bytes(self->file), ts_clock_mono(NULL));
    }
    return err == TS_ERR_OK ? TS_CLI_GOOD : fail_file(self, err, &why);
}

static int
write_file(exporting_t *self, const char *folder)
{
    ts_msg_t why = {.id = NULL};
    ts_reply_t reply = {.done = false};
    const ts_carry_os_t os = ts_carry_system();
    uint64_t expected = (uint64_t)number_in(&self->begun, "bundle", "bytes");
    ts_err_t err =
        ts_carry_out_new(&self->file, &os, folder, text_in(&self->begun, "bundle", "file"),
                         expected + ASIDE_BYTES, &why);
    if (err != TS_ERR_OK) {
        return fail_file(self, err, &why);
    }
    self->progress = ts_progress_start(self->cli->out.err, _("Writing the bundle"), expected,
                                       ts_clock_mono(NULL));
    int exit_code = TS_CLI_GOOD;
    for (bool last = false; exit_code == TS_CLI_GOOD && !last;) {
        exit_code = fetch_part(self, &last);
    }
    ts_progress_end(&self->progress, self->progress.total);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    err = ts_carry_out_finish(self->file, &why);
    if (err != TS_ERR_OK) {
        return fail_file(self, err, &why);
    }
    exit_code = ask_token(self, "bundle_written", &reply);
    ts_reply_free(&reply);
    return exit_code;
}

static void
add_note(ts_reply_t *reply, const char *id)
{
    ts_msg_t say = {.id = NULL};
    ts_msg_set(&say, id);
    ts_msg_move(&ts_reply_add_issue(reply, TS_SEVERITY_NOTE)->say, &say);
}

static void
show_written(const exporting_t *self)
{
    ts_reply_t reply = {.done = true};
    const ts_cli_t *cli = self->cli;
    char segments[TS_SAY_BYTES];
    char receipts[TS_SAY_BYTES];
    ts_say_number(self->segments, segments, sizeof segments);
    ts_say_number(self->receipts, receipts, sizeof receipts);
    ts_table_t *table = ts_reply_add_table(&reply, "bundle");
    static const char *const names[][3] = {
        {"path", N_("File"), "text"},           {"to", N_("For office"), "number"},
        {"to_name", N_("Name"), "text"},        {"number", N_("Number of the bundle"), "number"},
        {"bytes", N_("Bytes"), "number"},       {"segments", N_("Segments"), "number"},
        {"receipts", N_("Receipts"), "number"}, {"more", N_("More waits than fits"), "number"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ts_table_add_column(table, names[i][0], names[i][1], names[i][2]);
    }
    ts_table_add_text(table, ts_carry_out_path(self->file));
    ts_table_add_number(table, number_in(&self->begun, "bundle", "to"));
    ts_table_add_text(table, text_in(&self->begun, "bundle", "to_name"));
    ts_table_add_number(table, number_in(&self->begun, "bundle", "number"));
    ts_table_add_number(table, (int64_t)ts_carry_out_bytes(self->file));
    ts_table_add_number(table, self->segments);
    ts_table_add_number(table, self->receipts);
    ts_table_add_number(table, number_in(&self->begun, "bundle", "more"));
    ts_msg_make(&reply.say,
                self->segments == 0
                    ? N_("The bundle is written and was read back: nothing new for that office, "
                         "only receipts")
                    : N_("The bundle is written and was read back: {1} segments, {2} receipts"),
                segments, receipts, NULL);
    if (number_in(&self->begun, "bundle", "more") != 0) {
        add_note(&reply, N_("More waits than fits into one bundle: after this one was taken in and "
                            "answered, make the next"));
    }
    if (!ts_carry_out_past_cache(self->file)) {
        add_note(&reply, N_("This file system could not be read past the memory of the machine: "
                            "take the stick out properly and look at the file once more"));
    }
    ts_out_reply(&cli->out, &reply, NULL);
    ts_reply_free(&reply);
}

int
ts_cmd_bundle_export(ts_cli_t *self)
{
    exporting_t exporting = {.cli = self};
    const ts_ask_options_t ask = {.doing = _("Gathering what waits")};
    struct stat about;
    const char *folder = ts_cli_operand(self, "DIR");
    if (stat(folder, &about) != 0 || !S_ISDIR(about.st_mode)) {
        ts_msg_t why = {.id = NULL};
        ts_msg_make(&why, N_("{1}: there is no such folder. Is the stick in?"), folder, NULL);
        return ts_cli_fail(self, TS_CLI_FAILED, TS_ERR_NOTFOUND, &why,
                           N_("name the folder where the stick is shown, for example /media/usb"));
    }
    int exit_code = ts_ask_built(self, &ask, &exporting.begun);
    if (exit_code == TS_CLI_GOOD && exporting.begun.code != TS_ERR_OK) {
        return show_refusal(self, &exporting.begun, N_("“tiepsuc help bundle export” explains it"));
    }
    if (exit_code == TS_CLI_GOOD) {
        exit_code = write_file(&exporting, folder);
    }
    if (exit_code == TS_CLI_GOOD) {
        show_written(&exporting);
    }
    ts_carry_out_destroy(&exporting.file);
    ts_reply_free(&exporting.begun);
    return exit_code;
}

/* ---- import */

typedef struct importing {
    ts_cli_t *cli;
    ts_reply_t all; /* what is shown for all files together */
    ts_table_t *table;
    bool is_folder; /* a stick goes round: it holds bundles for others too */
    size_t good;
    size_t bad;
    size_t others; /* for other offices */
} importing_t;

/* Brings one part; *ret_over: the service has said its last word on the file. */
static int
bring_part(importing_t *self,
           ts_buf_t *bytes,
           unsigned part,
           bool last,
           char token[64],
           ts_reply_t *ret_reply)
{
    char number[16];
    ts_command_t command;
    (void)snprintf(number, sizeof number, "%u", part);
    ts_command_init(&command, "bundle_import");
    command.account = self->cli->account;
    ts_command_add(&command, "part", number);
    ts_command_add(&command, "token", token);
    ts_command_add(&command, "last", last ? "yes" : "no");
    command.blob = *bytes;
    *bytes = (ts_buf_t){.length = 0};
    int exit_code = ts_ask(self->cli, &command, NULL, ret_reply);
    ts_command_free(&command);
    if (exit_code == TS_CLI_GOOD) {
        (void)snprintf(token, 64, "%s", text_in(ret_reply, "part", "token"));
    }
    return exit_code;
}

/* The whole file, part by part. What is wrong with it stands in the reply; an exit code when the
 * service did not answer, which was said. */
static int
bring_file(importing_t *self, ts_carry_in_t *file, const char *path, ts_reply_t *ret_reply)
{
    char token[64] = "";
    int exit_code = TS_CLI_GOOD;
    uint64_t done = 0;
    ts_progress_t progress = ts_progress_start(self->cli->out.err, ts_file_name(path),
                                               ts_carry_in_bytes(file), ts_clock_mono(NULL));
    for (unsigned part = 0; exit_code == TS_CLI_GOOD && !ret_reply->done; part++) {
        ts_buf_t bytes = {.length = 0};
        bool last = false;
        ts_err_t err = ts_carry_in_read(file, PART_BYTES, &bytes, &last, &ret_reply->say);
        if (err != TS_ERR_OK) {
            ts_buf_free(&bytes);
            ret_reply->code = err;
            ret_reply->done = true;
            break;
        }
        done += bytes.length;
        ts_reply_t reply = {.done = false};
        exit_code = bring_part(self, &bytes, part, last, token, &reply);
        if (exit_code == TS_CLI_GOOD && (last || reply.code != TS_ERR_OK)) {
            *ret_reply = reply;
        } else {
            ts_reply_free(&reply);
        }
        if (!self->cli->out.quiet && !self->cli->out.json) {
            ts_progress_step(&progress, done, ts_clock_mono(NULL));
        }
    }
    ts_progress_end(&progress, done);
    return exit_code;
}

static void
add_row(importing_t *self, const char *path, const ts_reply_t *reply)
{
    static const char *const numbers[] = {"from",  "number",  "segments", "fresh",
                                          "known", "waiting", "refused",  "receipts"};
    ts_table_add_text(self->table, path);
    ts_table_add_text(self->table, ts_err_name(reply->code));
    ts_table_add_text(self->table, text_in(reply, "bundle", "from_name"));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        ts_table_add_number(self->table, number_in(reply, "bundle", numbers[i]));
    }
}

/* Sentence and issues of one file, for people at once, for programs at the end. */
static void
tell_file(importing_t *self, const char *path, ts_reply_t *reply)
{
    const ts_cli_t *cli = self->cli;
    bool for_others = self->is_folder && reply->code == TS_ERR_KEY;
    bool good = reply->code == TS_ERR_OK || for_others;
    self->others += for_others ? 1 : 0;
    self->good += reply->code == TS_ERR_OK ? 1 : 0;
    self->bad += good ? 0 : 1;
    if (!good && self->all.code == TS_ERR_OK) {
        self->all.code = reply->code;
    }
    add_row(self, path, reply);
    if (!cli->out.json) {
        char *say = ts_say_msg(&reply->say);
        char *text = ts_say_text("{1}: {2}", ts_file_name(path), say, NULL);
        ts_out_wrap(&cli->out, good ? cli->out.out : cli->out.err, text, 0, false);
        ts_xfree(text);
        ts_xfree(say);
        ts_out_issues(&cli->out, reply, 20);
        const ts_table_t *waiting = ts_reply_table(reply, "waiting");
        if (waiting != NULL && ts_table_rows(waiting) > 0) {
            ts_out_table(&cli->out, waiting);
        }
        return;
    }
    ts_issue_t *issue =
        ts_reply_add_issue(&self->all, good ? TS_SEVERITY_NOTE : TS_SEVERITY_WARNING);
    issue->file = ts_xstrdup(path);
    ts_msg_move(&issue->say, &reply->say);
    for (size_t i = 0; i < reply->issue_count; i++) {
        issue = ts_reply_add_issue(&self->all, reply->issues[i].severity);
        issue->file = ts_xstrdup(path);
        ts_msg_move(&issue->say, &reply->issues[i].say);
    }
}

static int
take_file(importing_t *self, const char *path)
{
    ts_carry_in_t *file = NULL;
    ts_reply_t reply = {.done = false};
    reply.code = ts_carry_in_new(&file, path, &reply.say);
    int exit_code = reply.code == TS_ERR_OK ? bring_file(self, file, path, &reply) : TS_CLI_GOOD;
    if (exit_code == TS_CLI_GOOD) {
        tell_file(self, path, &reply);
    }
    ts_carry_in_destroy(&file);
    ts_reply_free(&reply);
    return exit_code;
}

/* ---- a folder */

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
is_unfinished(const char *name)
{
    size_t bytes = strlen(name);
    size_t suffix = sizeof TS_CARRY_SUFFIX - 1;
    return bytes > suffix && strcmp(name + bytes - suffix, TS_CARRY_SUFFIX) == 0;
}

/* Names that hold ".tsb", whatever was put behind it; by name, so that earlier ones come first. */
static size_t
list_folder(const char *path, char *names[FILES_MAX])
{
    size_t count = 0;
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder != NULL && count < FILES_MAX && (entry = readdir(folder)) != NULL) {
        if (strstr(entry->d_name, ".tsb") != NULL && !is_unfinished(entry->d_name)) {
            size_t bytes = strlen(path) + strlen(entry->d_name) + 2;
            names[count] = ts_xmalloc(bytes);
            (void)snprintf(names[count++], bytes, "%s/%s", path, entry->d_name);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    qsort(names, count, sizeof *names, compare_names);
    return count;
}

static int
take_folder(importing_t *self, const char *path)
{
    char **names = ts_xcalloc(FILES_MAX, sizeof *names);
    size_t count = list_folder(path, names);
    self->is_folder = true;
    int exit_code = TS_CLI_GOOD;
    for (size_t i = 0; i < count; i++) {
        exit_code = exit_code == TS_CLI_GOOD ? take_file(self, names[i]) : exit_code;
        ts_xfree(names[i]);
    }
    self->is_folder = false;
    ts_xfree(names);
    if (count == 0) {
        ts_msg_t why = {.id = NULL};
        ts_msg_make(&why, N_("{1}: there is no bundle (*.tsb) in this folder"), path, NULL);
        return ts_cli_fail(self->cli, TS_CLI_FAILED, TS_ERR_NOTFOUND, &why,
                           N_("name the file itself: its name does not matter"));
    }
    return exit_code;
}

static void
begin_table(importing_t *self)
{
    static const char *const columns[][3] = {
        {"file", N_("File"), "text"},
        {"result", N_("Result"), "text"},
        {"from_name", N_("Name"), "text"},
        {"from", N_("Made by office"), "number"},
        {"number", N_("Number of the bundle"), "number"},
        {"segments", N_("Segments in it"), "number"},
        {"fresh", N_("… new here"), "number"},
        {"known", N_("… held before"), "number"},
        {"waiting", N_("… waiting for earlier ones"), "number"},
        {"refused", N_("… refused"), "number"},
        {"receipts", N_("Receipts noted"), "number"}};
    self->table = ts_reply_add_table(&self->all, "bundles");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        ts_table_add_column(self->table, columns[i][0], columns[i][1], columns[i][2]);
    }
}

static void
say_all(importing_t *self)
{
    char good[TS_SAY_BYTES];
    char bad[TS_SAY_BYTES];
    char others[TS_SAY_BYTES];
    ts_say_number((int64_t)self->good, good, sizeof good);
    ts_say_number((int64_t)self->bad, bad, sizeof bad);
    ts_say_number((int64_t)self->others, others, sizeof others);
    ts_msg_make(&self->all.say, N_("Bundles taken in: {1}; for other offices: {2}; not right: {3}"),
                good, others, bad, NULL);
}

int
ts_cmd_bundle_import(ts_cli_t *self)
{
    importing_t importing = {.cli = self};
    int exit_code = TS_CLI_GOOD;
    struct stat about;
    begin_table(&importing);
    for (size_t i = 0; exit_code == TS_CLI_GOOD && i < self->operand_count; i++) {
        const char *path = self->operands[i].value;
        bool is_folder = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
        exit_code = is_folder ? take_folder(&importing, path) : take_file(&importing, path);
    }
    if (exit_code == TS_CLI_GOOD && self->out.json) {
        importing.all.done = true;
        say_all(&importing);
        ts_out_json(&self->out, &importing.all);
    }
    if (exit_code == TS_CLI_GOOD && importing.good > 0 && !self->out.json) {
        char *text = ts_say_text(N_("→ {1}"),
                                 _("make a bundle back, so that the sender sees what arrived: "
                                   "tiepsuc bundle export DIR --to OFFICE"),
                                 NULL);
        ts_out_wrap(&self->out, self->out.out, text, 2, true);
        ts_xfree(text);
    }
    if (exit_code == TS_CLI_GOOD && importing.bad > 0) {
        exit_code = importing.good > 0 ? TS_CLI_PARTLY : TS_CLI_FAILED;
    }
    ts_reply_free(&importing.all);
    return exit_code;
}
