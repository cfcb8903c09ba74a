/* SPDX-License-Identifier: MPL-2.0 */
/* import: a sheet goes to the process, which reads and checks it; every mistake comes back with its
 * place. */
#include "base/limits.h"
#include "base/xalloc.h"
#include "cli/commands.h"
#include "cli/errorsheet.h"

#include <string.h>

/* The sheet travels in one command beside a few fields. */
#define SHEET_BYTES_MAX (TS_CONTROL_BYTES_MAX - 65536u)

static const ts_cli_option_t options[] = {
    {.name = "sheet",
     .value = N_("SHEET"),
     .flags = TS_CLI_NEEDED,
     .help = N_("what the rows are: need, handover, beneficiary or population")},
    {.name = "plan",
     .value = N_("CODE"),
     .help = N_("the plan it belongs to; not needed where there is only one")},
    {.name = "dry-run", .help = N_("only check; write nothing")},
    {.name = "partial", .help = N_("record the good rows although others are wrong")},
    {.name = "fund",
     .value = N_("CODE"),
     .help = N_("hand-overs: fund of the rows that name none")},
    {.name = "allocation",
     .value = N_("RECORD"),
     .help = N_("hand-overs: allocation of the rows that name none")},
    {.name = "reason",
     .value = N_("TEXT"),
     .help = N_("why rows that were recorded before are changed")},
    {.name = "errors",
     .value = N_("FILE"),
     .flags = TS_CLI_LOCAL,
     .help = N_("write the wrong rows with their mistakes into this CSV file, to be corrected and "
                "imported")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_import = {
    .sends = "import",
    .options = options,
    .text =
        N_("FILE is CSV (comma, semicolon or tab; UTF-8 or UTF-16, as Excel saves “CSV UTF-8” and "
           "“Unicode Text”). The "
           "columns are found by their headings. One wrong row stops the whole sheet unless "
           "--partial is given; the "
           "same sheet may be imported again: rows that were recorded before are not made twice."),
    .examples = "import nhu-cau.csv --sheet need --as 2 --dry-run\n"
                "import nhu-cau.csv --sheet need --as 2 --errors sai.csv",
};

/* Writes the wrong rows for correction; 0 rows write nothing. */
static int
write_errors(ts_cli_t *self, const ts_reply_t *reply, ts_bytes_t sheet, const char *path)
{
    ts_msg_t why = {.id = NULL};
    ts_buf_t csv = {.length = 0};
    size_t rows = ts_error_sheet(reply, sheet, &csv);
    ts_err_t err =
        rows == 0 ? TS_ERR_OK : ts_file_write(path, ts_buf_bytes(&csv), true, true, &why);
    ts_buf_free(&csv);
    if (err != TS_ERR_OK) {
        return ts_cli_fail(self, TS_CLI_FAILED, err, &why, NULL);
    }
    if (rows > 0 && !self->out.json) {
        char count[TS_SAY_BYTES];
        ts_say_number((int64_t)rows, count, sizeof count);
        char *text =
            ts_say_text(N_("{1} wrong rows are in {2}: correct them there and import that file"),
                        count, path, NULL);
        ts_out_wrap(&self->out, self->out.err, text, 0, false);
        ts_xfree(text);
    }
    return TS_CLI_GOOD;
}

int
ts_cmd_import(ts_cli_t *self)
{
    const char *path = ts_cli_operand(self, "FILE");
    const char *errors = ts_cli_get(self, "errors");
    ts_msg_t why = {.id = NULL};
    ts_buf_t sheet = {.length = 0};
    ts_err_t err = ts_file_read(path, SHEET_BYTES_MAX, &sheet, &why);
    if (err != TS_ERR_OK) {
        return ts_cli_fail(self, TS_CLI_FAILED, err, &why,
                           err == TS_ERR_TOOBIG ? NULL : N_("check the name of the file"));
    }
    ts_command_t command;
    ts_reply_t reply = {.done = false};
    const ts_ask_options_t ask = {.doing = _("Reading the sheet")};
    ts_ask_build(self, &command);
    ts_buf_put(&command.blob, sheet.data, sheet.length);
    command.blob_name = ts_xstrdup(ts_file_name(path));
    self->out.file = ts_file_name(path);
    int exit_code = ts_ask(self, &command, &ask, &reply);
    ts_command_free(&command);
    if (exit_code == TS_CLI_GOOD) {
        ts_out_reply(
            &self->out, &reply,
            N_("correct the sheet and import it again; --errors FILE writes the wrong rows "
               "apart, --partial records the good ones"));
        exit_code = ts_ask_exit(&reply);
        if (errors != NULL &&
            write_errors(self, &reply, ts_buf_bytes(&sheet), errors) != TS_CLI_GOOD) {
            exit_code = TS_CLI_FAILED;
        }
        ts_reply_free(&reply);
    }
    ts_buf_free(&sheet);
    return exit_code;
}
