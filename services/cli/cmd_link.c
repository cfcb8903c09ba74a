/* SPDX-License-Identifier: MPL-2.0 */
/* sync, seal. */
#include "cli/commands.h"

const ts_cli_manual_t ts_manual_sync = {
    .sends = "sync",
    .text = N_("The service connects by itself at its interval; this asks it to do so now. What "
               "was sent is not yet safe: "
               "“tiepsuc status” tells what the parent holds and what the province has anchored."),
    .examples = "sync\nstatus",
};
const ts_cli_manual_t ts_manual_seal = {
    .sends = "seal",
    .text = N_("Entries are sealed into signed segments by themselves; this does it at once, "
               "before a stick is taken along "
               "or the machine is switched off for long."),
    .examples = "seal",
};
