/* SPDX-License-Identifier: MPL-2.0 */
/* plan list, show, check, load, scope: the tables of a plan's folder travel as files of one
 * command. */
#include "base/limits.h"
#include "base/xalloc.h"
#include "cli/commands.h"
#include "node/cmd.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* All tables together, beside a few fields. */
#define TABLES_BYTES_MAX (TS_CONTROL_BYTES_MAX - 65536u)

const ts_cli_manual_t ts_manual_plan_list = {
    .sends = "plan_list",
    .text = N_("The plans that have come to this office, with number, years and lead body."),
    .examples = "plan list",
};
const ts_cli_manual_t ts_manual_plan_show = {
    .sends = "plan_show",
    .text = N_("Units in scope, support lines, age bands, periods, duties, budget and targets as "
               "they are signed."),
    .examples = "plan show ha-noi-588",
};
const ts_cli_manual_t ts_manual_plan_check = {
    .sends = "plan_check",
    .text = N_("DIR holds the tables of one plan (plan.csv, units.csv, bodies.csv, scope.csv, "
               "lines.csv …). Every mistake "
               "is told with file, line and column. Nothing needs to run, and nothing is changed."),
    .examples = "plan check deploy/plans/ha-noi-588",
};
const ts_cli_manual_t ts_manual_plan_load = {
    .sends = "plan_load",
    .text = N_("Checks the tables and writes what is new or changed as events of the province; the "
               "offices get them at "
               "their next connection."),
    .examples = "plan load deploy/plans/ha-noi-588 --as 1",
};
const ts_cli_manual_t ts_manual_plan_scope = {
    .sends = "plan_scope",
    .text = N_("A list of units that came later than the plan: FILE has the columns of scope.csv."),
    .examples = "plan scope son-la-199 scope.csv --as 1",
};

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
is_table(const char *name)
{
    size_t bytes = strlen(name);
    return bytes > 4 && name[0] != '.' && strcmp(name + bytes - 4, ".csv") == 0;
}

/* Names of the tables in a folder, sorted; the caller frees all. */
static ts_err_t
list_tables(const char *dir, char ***ret_names, size_t *ret_count, ts_msg_t *ret_why)
{
    DIR *folder = opendir(dir);
    char **names = NULL;
    size_t count = 0;
    size_t capacity = 0;
    if (folder == NULL) {
        ts_msg_make(ret_why, N_("{1}: cannot be read: {2}"), dir, strerror(errno), NULL);
        return TS_ERR_NOTFOUND;
    }
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (is_table(entry->d_name) && count < TS_CONTROL_FILES_MAX) {
            names = ts_xgrow(names, count + 1, &capacity, sizeof *names);
            names[count++] = ts_xstrdup(entry->d_name);
        }
    }
    closedir(folder);
    if (count == 0) {
        ts_xfree(names);
        ts_msg_make(ret_why, N_("{1}: there is no table (*.csv) in this folder"), dir, NULL);
        return TS_ERR_NOTFOUND;
    }
    qsort(names, count, sizeof *names, compare_names);
    *ret_names = names;
    *ret_count = count;
    return TS_ERR_OK;
}

/* Adds every table of the folder to the command. */
static ts_err_t
add_tables(ts_command_t *command, const char *dir, ts_msg_t *ret_why)
{
    char **names = NULL;
    size_t count = 0;
    size_t bytes_left = TABLES_BYTES_MAX;
    ts_err_t err = list_tables(dir, &names, &count, ret_why);
    for (size_t i = 0; i < count; i++) {
        size_t bytes = strlen(dir) + strlen(names[i]) + 2;
        char *path = ts_xmalloc(bytes);
        ts_buf_t table = {.length = 0};
        (void)snprintf(path, bytes, "%s/%s", dir, names[i]);
        if (err == TS_ERR_OK) {
            err = ts_file_read(path, bytes_left, &table, ret_why);
        }
        if (err == TS_ERR_OK) {
            ts_command_add_file(command, names[i], ts_buf_bytes(&table));
            bytes_left -= table.length;
        }
        ts_buf_free(&table);
        ts_xfree(path);
        ts_xfree(names[i]);
    }
    ts_xfree(names);
    return err;
}

static ts_err_t
add_table(ts_command_t *command, const char *path, ts_msg_t *ret_why)
{
    ts_buf_t table = {.length = 0};
    ts_err_t err = ts_file_read(path, TABLES_BYTES_MAX, &table, ret_why);
    if (err == TS_ERR_OK) {
        ts_command_add_file(command, ts_file_name(path), ts_buf_bytes(&table));
    }
    ts_buf_free(&table);
    return err;
}

/* The command with its tables. */
static int
build(ts_cli_t *self, ts_command_t *ret_command)
{
    const char *dir = ts_cli_operand(self, "DIR");
    ts_msg_t why = {.id = NULL};
    ts_ask_build(self, ret_command);
    ts_err_t err = dir != NULL ? add_tables(ret_command, dir, &why)
                               : add_table(ret_command, ts_cli_operand(self, "FILE"), &why);
    if (err != TS_ERR_OK) {
        ts_command_free(ret_command);
        return ts_cli_fail(self, TS_CLI_FAILED, err, &why,
                           N_("check the name of the folder or file"));
    }
    return TS_CLI_GOOD;
}

/* The same check as the process makes, here: it looks at the tables alone and needs no ledger. */
int
ts_cmd_plan_check(ts_cli_t *self)
{
    ts_job_t job = {.node = NULL};
    int exit_code = build(self, &job.command);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    job.reply.code = ts_run_plan_check(&job);
    job.reply.done = true;
    ts_out_reply(&self->out, &job.reply, N_("correct the tables and check them again"));
    exit_code = ts_ask_exit(&job.reply);
    job.free_state(job.state);
    ts_reply_free(&job.reply);
    ts_command_free(&job.command);
    return exit_code;
}

int
ts_cmd_plan_load(ts_cli_t *self)
{
    ts_command_t command;
    const ts_ask_options_t ask = {.doing = _("Loading the plan")};
    int exit_code = build(self, &command);
    return exit_code == TS_CLI_GOOD ? ts_ask_print(self, &command, &ask) : exit_code;
}
