/* SPDX-License-Identifier: MPL-2.0 */
/* enrol, revoke, account add, account list. */
#include "base/xalloc.h"
#include "cli/commands.h"

#include <string.h>

static const ts_cli_option_t enrol_options[] = {
    {.name = "unit", .value = N_("UNIT"), .help = N_("its unit, by code or exact name")},
    {.name = "body", .value = N_("BODY"), .help = N_("the body that it serves")},
    {.name = "role", .value = N_("ROLE"), .flags = TS_CLI_NEEDED,
     .help = N_("commune, district, body or subscriber")},
    {.name = "parent", .value = N_("NUMBER"), .help = N_("office that it connects to (the province when left out)")},
    {.name = "name", .value = N_("NAME"), .help = N_("name of the office")},
    {.name = "number", .value = N_("NUMBER"), .help = N_("its number (the next free one when left out)")},
    {.name = "endpoint", .value = N_("ADDRESS"), .flags = TS_CLI_MANY,
     .help = N_("where offices below will reach it, tcp://host:port; for a district")},
    {.name = "parent-endpoint", .value = N_("ADDRESS"), .flags = TS_CLI_MANY,
     .help = N_("where it reaches its parent, tcp://host:port; when it is not that of the registry")},
    {.name = "replaces", .value = N_("NUMBER"), .help = N_("office whose machine was lost or is given up")},
    {.name = "topics", .value = N_("TOPICS"), .help = N_("what a subscriber may read")},
    {.name = "output", .letter = 'o', .value = N_("FILE"), .flags = TS_CLI_LOCAL,
     .help = N_("where the invite is written (office-NUMBER.invite)")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_enrol = {
    .sends = "enrol",
    .options = enrol_options,
    .text = N_("The invite is a small text file with one-time keys: carry it to the office by hand or on a stick, and delete "
               "it after “tiepsuc join”. Who has it first is the office; a second one is refused and shown."),
    .examples = "enrol --as 1 --unit 09694 --body ubnd-xa-tan-linh --role commune -o tan-linh.invite",
};
static const ts_cli_option_t revoke_options[] = {
    {.name = "at", .value = N_("TEXT"), .help = N_("tips: everything that is held now stays good (when left out, too)")},
    {.name = "note", .value = N_("TEXT"), .help = N_("why")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_revoke = {
    .sends = "revoke",
    .options = revoke_options,
    .text = N_("What the office wrote until now stays good; what comes later is kept and parked, and a person may release "
               "it. Its connection ends at once."),
    .examples = "revoke 12 --as 1 --note \"máy bị mất\"",
};
static const ts_cli_option_t account_options[] = {
    {.name = "role", .value = N_("ROLES"), .flags = TS_CLI_NEEDED,
     .help = N_("recorder, approver, operator, or several with ; between them")},
    {.name = "function", .value = N_("TEXT"), .help = N_("function of the person, no name: \"kế toán\"")},
    {.name = "number", .value = N_("NUMBER"), .help = N_("account to change (a new one when left out)")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_account_add = {
    .sends = "account_add",
    .options = account_options,
    .text = N_("Every entry carries the number of the account that typed it; who stands behind the number is kept in the "
               "office's own books. The first account is 1: operator and recorder."),
    .examples = "account add --as 1 --role recorder --function \"văn phòng - thống kê\"\n"
                "account add --as 1 --role approver --function \"phó chủ tịch\"",
};
const ts_cli_manual_t ts_manual_account_list = {
    .sends = "account_list",
    .examples = "account list",
};

/* Number of the new office as the reply's first table tells it; 0. */
static int64_t
office_number(const ts_reply_t *reply)
{
    static const char *const names[] = {"office", "number"};
    for (size_t t = 0; t < reply->table_count; t++) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            size_t column = ts_table_column(&reply->tables[t], names[i]);
            if (column != SIZE_MAX && ts_table_rows(&reply->tables[t]) > 0 &&
                ts_table_cell(&reply->tables[t], 0, column)->kind == TS_CELL_NUMBER) {
                return ts_table_cell(&reply->tables[t], 0, column)->number;
            }
        }
    }
    return 0;
}

/* Writes the invite, secret and never over another file. The keys exist only in this reply. */
static int
keep_invite(ts_cli_t *self, ts_reply_t *reply)
{
    char made[64];
    const char *path = ts_cli_get(self, "output");
    ts_msg_t why = {.id = NULL};
    ts_bytes_t invite = reply->file_count > 0 ? ts_buf_bytes(&reply->files[0].data) : ts_buf_bytes(&reply->blob);
    if (path == NULL) {
        (void)snprintf(made, sizeof made, "office-%lld.invite", (long long)office_number(reply));
        path = made;
    }
    ts_err_t err = ts_file_write(path, invite, false, true, &why);
    if (err != TS_ERR_OK) {
        /* Never lose it: the office is enrolled already. */
        (void)fwrite(invite.data, 1, invite.length, self->out.out);
        return ts_cli_fail(self, TS_CLI_PARTLY, err, &why,
                           N_("the office is enrolled; its invite was printed above: put it into a file yourself"));
    }
    ts_table_t *table = ts_reply_add_table(reply, "files");
    ts_table_add_column(table, "name", N_("File"), "text");
    ts_table_add_column(table, "bytes", N_("Bytes"), "number");
    ts_table_add_text(table, path);
    ts_table_add_number(table, (int64_t)invite.length);
    return TS_CLI_GOOD;
}

int
ts_cmd_enrol(ts_cli_t *self)
{
    ts_command_t command;
    ts_reply_t reply = {.done = false};
    ts_ask_build(self, &command);
    int exit_code = ts_ask(self, &command, NULL, &reply);
    ts_command_free(&command);
    if (exit_code != TS_CLI_GOOD) {
        return exit_code;
    }
    exit_code = ts_ask_exit(&reply);
    if (reply.code == TS_ERR_OK && (reply.file_count > 0 || reply.blob.length > 0)) {
        int kept = keep_invite(self, &reply);
        exit_code = kept == TS_CLI_GOOD ? exit_code : kept;
    }
    if (exit_code != TS_CLI_PARTLY) {
        ts_out_reply(&self->out, &reply, NULL);
        if (exit_code == TS_CLI_GOOD && !self->out.json) {
            ts_out_wrap(&self->out, self->out.out,
                        _("→ carry the file to the office and run there: tiepsuc join FILE DIR; then delete it"), 2, true);
        }
    }
    ts_reply_free(&reply);
    return exit_code;
}
