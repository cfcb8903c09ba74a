/* SPDX-License-Identifier: MPL-2.0 */
/* enrol, revoke, account add, account list. */
#include "base/xalloc.h"
#include "cli/commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 1024u
/* Names that are tried for an invite that was given none. */
#define INVITE_NAMES_MAX 10

static const ts_cli_option_t enrol_options[] = {
    {.name = "role", .value = N_("ROLE"), .help = N_("commune, district, body or subscriber")},
    {.name = "unit", .value = N_("UNIT"), .help = N_("its unit, by code or exact name")},
    {.name = "district",
     .value = N_("NAME"),
     .help = N_("district, where several communes have the same name")},
    {.name = "body", .value = N_("BODY"), .help = N_("the body that it serves")},
    {.name = "parent",
     .value = N_("NUMBER"),
     .help = N_("office that it connects to (the province when left out)")},
    {.name = "name",
     .value = N_("NAME"),
     .help = N_("name of the office (that of body or unit when left out)")},
    {.name = "endpoint",
     .value = N_("ADDRESS"),
     .flags = TS_CLI_MANY | TS_CLI_LOCAL,
     .help = N_("where offices below will reach it, tcp://host:port; for a district")},
    {.name = "replace",
     .value = N_("NUMBER"),
     .help = N_("office whose machine died, was lost or is given up: the new one takes its place "
                "and its offices, the old one is cut off")},
    {.name = "anyway",
     .help = N_("a restored province that has not heard all its offices enrols all the same")},
    {.name = "subscriber", .help = N_("a key that only reads the feed, for a dashboard")},
    {.name = "topics", .value = N_("TOPICS"), .help = N_("what a subscriber may read")},
    {.name = "note", .value = N_("TEXT"), .help = N_("remark")},
    {.name = "output",
     .letter = 'o',
     .value = N_("FILE"),
     .flags = TS_CLI_LOCAL,
     .help = N_("where the invite is written (office-NUMBER.invite)")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_enrol = {
    .sends = "enrol",
    .options = enrol_options,
    .text = N_("The invite is a small text file with one-time keys: carry it to the office by hand "
               "or on a stick, and delete "
               "it after “tiepsuc join”. Who has it first is the office; a second one is refused "
               "and shown."),
    .examples =
        "enrol --as 1 --unit 09694 --body ubnd-xa-tan-linh --role commune -o tan-linh.invite\n"
        "enrol --as 1 --replace 7 --note \"máy hỏng\" -o van-hoa-2.invite",
};
static const ts_cli_option_t move_options[] = {
    {.name = "parent",
     .value = N_("NUMBER"),
     .flags = TS_CLI_NEEDED,
     .help = N_("office that it connects to from now on; 1: the province")},
    {.name = "note", .value = N_("TEXT"), .flags = TS_CLI_NEEDED, .help = N_("why")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_move = {
    .sends = "move",
    .options = move_options,
    .text = N_("The office hears of it at its next connection to the old parent, takes the new "
               "address from the registry and goes on there; what was held is not sent again."),
    .examples = "move 12 --parent 1 --as 1 --note \"bỏ cấp huyện từ 01/07/2025\"",
};
static const ts_cli_option_t revoke_options[] = {
    {.name = "at",
     .value = N_("POSITION"),
     .flags = TS_CLI_MANY,
     .help = N_("where it is cut off: code of its last record that counts, or LOG:NUMBER (what is "
                "held now when left out)")},
    {.name = "note", .value = N_("TEXT"), .help = N_("why")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_revoke = {
    .sends = "revoke",
    .options = revoke_options,
    .text = N_("What the office wrote until now stays good; what comes later is kept and parked, "
               "and a person may release it. Its connection ends at once. When its key may have "
               "been in other hands before, --at names for a log the last entry that counts; "
               "“tiepsuc trace RECORD” shows LOG and NUMBER, and what lay behind is parked too."),
    .examples = "revoke 12 --as 1 --note \"máy bị mất\"\n"
                "revoke 12 --as 1 --at A-3F-EK2Q5 --note \"máy bị mất từ 5/11\"\n"
                "parked\n"
                "release 91c0ffee00000001 --as 1 --note \"đã kiểm tra với xã\"",
};
static const ts_cli_option_t account_options[] = {
    {.name = "role",
     .value = N_("ROLES"),
     .flags = TS_CLI_NEEDED,
     .help = N_("recorder, approver, operator, or several with ; between them")},
    {.name = "function",
     .value = N_("TEXT"),
     .help = N_("function of the person, no name: \"kế toán\"")},
    {.name = "number",
     .value = N_("NUMBER"),
     .help = N_("account to change (a new one when left out)")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_account_add = {
    .sends = "account_add",
    .options = account_options,
    .text = N_("Every entry carries the number of the account that typed it; who stands behind the "
               "number is kept in the "
               "office's own books. The first account is 1: operator and recorder."),
    .examples = "account add --as 1 --role recorder --function \"văn phòng - thống kê\"\n"
                "account add --as 1 --role approver --function \"phó chủ tịch\"",
};
const ts_cli_manual_t ts_manual_account_list = {
    .sends = "account_list",
    .examples = "account list",
};

/* Number of the new office as the reply tells it; 0. */
static int64_t
office_number(const ts_reply_t *reply)
{
    for (size_t t = 0; t < reply->table_count; t++) {
        size_t column = ts_table_column(&reply->tables[t], "number");
        const ts_cell_t *cell = column == SIZE_MAX || ts_table_rows(&reply->tables[t]) == 0
                                    ? NULL
                                    : ts_table_cell(&reply->tables[t], 0, column);
        if (cell != NULL && cell->kind == TS_CELL_NUMBER) {
            return cell->number;
        }
    }
    return 0;
}

/* The invite exists only in the reply, so its place is looked at before anything is enrolled. */
static ts_err_t
check_output(const ts_cli_t *self, ts_msg_t *ret_why)
{
    const char *path = ts_cli_get(self, "output");
    const char *name = path == NULL ? NULL : ts_file_name(path);
    char *folder =
        path == NULL || name == path ? ts_xstrdup(".") : ts_xstrndup(path, (size_t)(name - path));
    ts_err_t err = TS_ERR_OK;
    if (path != NULL && access(path, F_OK) == 0) {
        ts_msg_make(ret_why, N_("{1}: exists already and is not replaced"), path, NULL);
        err = TS_ERR_EXISTS;
    } else if (access(folder, W_OK | X_OK) != 0) {
        ts_msg_make(ret_why, N_("{1}: cannot be written: {2}"), folder, strerror(errno), NULL);
        err = TS_ERR_IO;
    }
    ts_xfree(folder);
    return err;
}

/* Writes the invite, for the owner only and never over another file. */
static ts_err_t
write_invite(
    const ts_cli_t *self, const ts_reply_t *reply, char *path, size_t bytes, ts_msg_t *ret_why)
{
    const char *wanted = ts_cli_get(self, "output");
    ts_err_t err = TS_ERR_EXISTS;
    for (int turn = 0; turn < INVITE_NAMES_MAX && err == TS_ERR_EXISTS; turn++) {
        char again[16] = "";
        if (turn > 0) {
            (void)snprintf(again, sizeof again, "-%d", turn + 1);
        }
        if (wanted != NULL) {
            (void)snprintf(path, bytes, "%s", wanted);
            turn = INVITE_NAMES_MAX;
        } else {
            (void)snprintf(path, bytes, "office-%lld%s.invite", (long long)office_number(reply),
                           again);
        }
        err = ts_file_write(path, ts_buf_bytes(&reply->blob), false, true, ret_why);
    }
    return err;
}

static int
keep_invite(ts_cli_t *self, ts_reply_t *reply)
{
    char path[PATH_BYTES];
    ts_msg_t why = {.id = NULL};
    ts_err_t err = write_invite(self, reply, path, sizeof path, &why);
    if (err != TS_ERR_OK) {
        /* Never lose it: the office is enrolled already. */
        (void)fwrite(reply->blob.data, 1, reply->blob.length, self->out.out);
        return ts_cli_fail(self, TS_CLI_PARTLY, err, &why,
                           N_("the office is enrolled; its invite was printed above: put it into a "
                              "file yourself"));
    }
    ts_table_t *table = ts_reply_add_table(reply, "files");
    ts_table_add_column(table, "name", N_("File"), "text");
    ts_table_add_column(table, "bytes", N_("Bytes"), "number");
    ts_table_add_text(table, path);
    ts_table_add_number(table, (int64_t)reply->blob.length);
    ts_msg_free(&why);
    return TS_CLI_GOOD;
}

/* The office's own record is for `list office`; here its number and the file are what counts. */
static void
show_enrolled(const ts_cli_t *self, const ts_reply_t *reply)
{
    char *say = ts_say_msg(&reply->say);
    ts_out_wrap(&self->out, self->out.out, say, 0, false);
    ts_xfree(say);
    const ts_table_t *files = ts_reply_table(reply, "files");
    if (files != NULL && !ts_cli_has(self, "subscriber")) {
        char *text = ts_say_text(
            N_("→ carry {1} to the office and run there: tiepsuc join {1} DIR; then delete it"),
            ts_table_cell(files, 0, 0)->text, NULL);
        ts_out_wrap(&self->out, self->out.out, text, 2, true);
        ts_xfree(text);
    }
}

int
ts_cmd_enrol(ts_cli_t *self)
{
    ts_command_t command;
    ts_reply_t reply = {.done = false};
    ts_msg_t why = {.id = NULL};
    ts_err_t err = check_output(self, &why);
    if (err != TS_ERR_OK) {
        return ts_cli_fail(self, TS_CLI_FAILED, err, &why, N_("name another file with -o"));
    }
    ts_ask_build(self, &command);
    char *endpoints = ts_cli_join(self, "endpoint");
    if (endpoints[0] != '\0') {
        ts_command_add(&command, "endpoint", endpoints);
    }
    ts_xfree(endpoints);
    int exit_code = ts_ask(self, &command, NULL, &reply);
    ts_command_free(&command);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    exit_code = ts_ask_exit(&reply);
    if (reply.code == TS_ERR_OK && reply.blob.length > 0) {
        int kept = keep_invite(self, &reply);
        exit_code = kept == TS_CLI_GOOD ? exit_code : kept;
    }
    if (self->out.json || reply.code != TS_ERR_OK) {
        if (exit_code != TS_CLI_PARTLY) {
            ts_out_reply(&self->out, &reply, NULL);
        }
    } else if (exit_code == TS_CLI_GOOD) {
        show_enrolled(self, &reply);
    }
    ts_reply_free(&reply);
    return exit_code;
}

/* What was done in one sentence; the record behind it is for --json and `list office`. */
int
ts_cmd_sentence(ts_cli_t *self)
{
    ts_reply_t reply = {.done = false};
    int exit_code = ts_ask_built(self, NULL, &reply);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    exit_code = ts_ask_exit(&reply);
    while (!self->out.json && reply.code == TS_ERR_OK && reply.table_count > 0) {
        ts_table_free(&reply.tables[--reply.table_count]);
    }
    ts_out_reply(&self->out, &reply, NULL);
    ts_reply_free(&reply);
    return exit_code;
}
