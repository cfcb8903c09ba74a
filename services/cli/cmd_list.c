/* SPDX-License-Identifier: MPL-2.0 */
/* list, show, parked, conflicts, findings, release: reading, and letting parked entries in. */
#include "cli/commands.h"
#include "wire/schema.h"

#include <stddef.h>

static const char *const no_fields[] = {NULL};

static const ts_cli_option_t list_options[] = {
    {.name = "plan", .value = N_("CODE"), .help = N_("of this plan only")},
    {.name = "unit", .value = N_("UNIT"), .help = N_("of this unit and what lies below it")},
    {.name = "district",
     .value = N_("NAME"),
     .help = N_("district, where several communes have the same name")},
    {.name = "limit", .value = N_("NUMBER"), .help = N_("so many rows at most (100)")},
    {.name = "after",
     .value = N_("RECORD"),
     .help = N_("what comes after this one, for the next page")},
    {.name = "with-void", .help = N_("also what was withdrawn")},
    {.name = "conflicts", .help = N_("only records with several versions")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_list = {
    .sends = "list",
    .options = list_options,
    .open = true,
    .text = N_("Every other --field value keeps only records with that value: --line warm --state "
               "verified."),
    .examples = "list need --unit 09694 --line warm\nlist handover --json\nhelp add need",
};
const ts_cli_manual_t ts_manual_show = {
    .sends = "show",
    .text = N_("The record, its goods and head counts, its earlier versions, approvals, and how "
               "safe it is: saved here, "
               "held by the parent, anchored at the province."),
    .examples = "show A-3F-EK2Q5",
};
const ts_cli_manual_t ts_manual_parked = {
    .sends = "parked",
    .text = N_("Nothing is thrown away: an entry that cannot be taken in waits here, with the "
               "reason, and nothing waits "
               "behind it. The province lets it in with “tiepsuc release”, or the missing record "
               "comes and it goes in by "
               "itself."),
    .examples = "parked",
};
const ts_cli_manual_t ts_manual_conflicts = {
    .sends = "conflicts",
    .text = N_("Both versions are kept; one is shown first so that all offices see the same. "
               "“tiepsuc resolve” settles it."),
    .examples = "conflicts",
};
const ts_cli_manual_t ts_manual_findings = {
    .sends = "findings",
    .text = N_("Balances below zero, hand-overs that exceed, possible duplicates, forks: nothing "
               "is refused for them, "
               "people look at them."),
    .examples = "findings",
};
static const ts_cli_option_t release_options[] = {
    {.name = "note", .value = N_("TEXT"), .help = N_("why it may go in"), .flags = TS_CLI_NEEDED},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_release = {
    .sends = "release",
    .options = release_options,
    .text = N_("EVENT is the 16 digits that “tiepsuc parked” shows."),
    .examples = "parked\nrelease 91c0ffee00000001 --as 1 --note \"đã kiểm tra với xã\"",
};

int
ts_cmd_list(ts_cli_t *self)
{
    const ts_kind_schema_t *kind = ts_fields_kind(self, ts_cli_operand(self, "KIND"));
    if (kind == NULL) {
        return TS_CLI_USAGE;
    }
    self->operands[0].value = kind->name;
    int exit_code = ts_fields_settle(self, kind, no_fields);
    return exit_code == TS_CLI_GOOD ? ts_ask_overview(self) : exit_code;
}
