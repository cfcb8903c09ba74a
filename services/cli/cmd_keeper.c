/* SPDX-License-Identifier: MPL-2.0 */
/* keeper add, remove, list, restore: copies of what the province has for itself alone. */
#include "cli/commands.h"
#include "crypto/crypto.h"
#include "crypto/recovery.h"

#include <string.h>

static const ts_cli_option_t note_options[] = {
    {.name = "note", .value = N_("TEXT"), .help = N_("why")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_keeper_add = {
    .sends = "keeper_add",
    .options = note_options,
    .text = N_("What the province writes for itself alone (donors, pledges, receipts, its reports) "
               "also goes to this office, closed to the recovery key: the office cannot read it. "
               "An entry is anchored once a keeper holds it. OFFICE is the number of an office "
               "directly below the province; name two, in different places."),
    .examples = "keeper add 2 --as 1 --note \"huyện giữ hộ sổ của tỉnh\"\nkeeper list",
};
const ts_cli_manual_t ts_manual_keeper_remove = {
    .sends = "keeper_remove",
    .options = note_options,
    .text = N_("The office gets no new copies any more; what it holds stays there and can still be "
               "taken back."),
    .examples = "keeper remove 2 --as 1 --note \"máy cũ\"",
};
const ts_cli_manual_t ts_manual_keeper_list = {
    .sends = "keeper_list",
    .examples = "keeper list",
};
const ts_cli_manual_t ts_manual_keeper_restore = {
    .sends = NULL,
    .text = N_("After the province was restored from a backup or rebuilt: opens what the keepers "
               "sent back and takes it in. FILE is recovery.key, or a text with the four lines of "
               "the printed page. The keepers must have connected before, or their bundle must "
               "have been taken in; it may be said again when more has come."),
    .examples = "keeper restore /media/stick/recovery.key --as 1",
};

int
ts_cmd_keeper_restore(ts_cli_t *self)
{
    ts_recovery_t key;
    ts_command_t command;
    ts_msg_t why = {.id = NULL};
    ts_err_t err = ts_crypto_init();
    if (err == TS_ERR_OK) {
        err = ts_recovery_load(ts_cli_operand(self, "FILE"), &key, &why);
    }
    if (err != TS_ERR_OK) {
        return ts_cli_fail(self, TS_CLI_FAILED, err, &why,
                           N_("“tiepsuc help keeper restore” explains it"));
    }
    ts_command_init(&command, "keeper_restore");
    command.account = self->account;
    ts_buf_put(&command.blob, key.secret.b, sizeof key.secret.b);
    ts_recovery_wipe(&key);
    return ts_ask_print(self, &command, NULL);
}
