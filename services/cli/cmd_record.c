/* SPDX-License-Identifier: MPL-2.0 */
/* add, revise, void, resolve, approve: a record with its fields as options. */
#include "cli/commands.h"
#include "core/labels.h"
#include "wire/schema.h"

#include <stdlib.h>
#include <string.h>

/* Beside the fields of the kind: of every record, and of the child that comes with a need. */
static const char *const header_fields[] = {
    "plan",     "occurred_on", "reason",     "row_key", "on_behalf_of", "source_key",
    "district", "birth_month", "birth_year", "sex",     NULL,
};

static const ts_cli_option_t add_options[] = {
    {.name = "occurred-on",
     .value = N_("DATE"),
     .help = N_("when it happened: 29/11/2019, or 11/2019, or 2019")},
    {.name = "plan",
     .value = N_("CODE"),
     .help = N_("the plan it belongs to; not needed where there is only one")},
    {.name = "reason", .value = N_("TEXT"), .help = N_("why, where a rule asks for it")},
    {.name = "on-behalf-of",
     .value = N_("UNIT"),
     .help = N_("record for a unit below that has no office")},
    {.name = "district",
     .value = N_("NAME"),
     .help = N_("district, where several communes have the same name")},
    {.name = "dry-run", .help = N_("only check; write nothing")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_add = {
    .sends = "add",
    .options = add_options,
    .open = true,
    .text = N_("Every other --field value is a field of the record; “tiepsuc help add need” lists "
               "them. Units, "
               "support lines, bodies and bands are given by code or exact name. A list takes one "
               "row for each option: "
               "--items \"item=…;quantity=…\"."),
    .examples =
        "add need --as 2 --line warm --quantity 40 --unit-of-measure bộ --occurred-on 15/10/2019 "
        "--heads \"band=primary;sex=female;count=22\" --heads \"band=primary;sex=male;count=18\"\n"
        "add handover --as 2 --line warm --allocation A-3F-EK2Q5 --occurred-on 20/12/2019 "
        "--items \"item=Áo khoác;quantity=40;unit_of_measure=chiếc;value_vnd=8000000\"\n"
        "help add need",
};

static const ts_cli_option_t revise_options[] = {
    {.name = "reason",
     .value = N_("TEXT"),
     .help = N_("why it is changed"),
     .flags = TS_CLI_NEEDED},
    {.name = "occurred-on",
     .value = N_("DATE"),
     .help = N_("when it happened: 29/11/2019, or 11/2019, or 2019")},
    {.name = "district",
     .value = N_("NAME"),
     .help = N_("district, where several communes have the same name")},
    {.name = "dry-run", .help = N_("only check; write nothing")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_revise = {
    .sends = "revise",
    .options = revise_options,
    .open = true,
    .text = N_("What is not named stays as it is; a list that is named replaces all its rows. The "
               "earlier version is "
               "kept and shown by “tiepsuc show”."),
    .examples = "revise A-3F-EK2Q5 --as 2 --quantity 42 --reason \"đếm lại\"",
};

static const ts_cli_option_t resolve_options[] = {
    {.name = "keep",
     .value = N_("EVENT"),
     .help = N_("version to keep: the 16 digits that “tiepsuc conflicts” shows")},
    {.name = "reason",
     .value = N_("TEXT"),
     .help = N_("why it is settled like this"),
     .flags = TS_CLI_NEEDED},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_resolve = {
    .sends = "resolve",
    .options = resolve_options,
    .open = true,
    .text = N_("When a record was changed in two places, both versions are kept and one is shown "
               "first. Choose one with "
               "--keep, and change fields of it where neither is right; the resolution names all "
               "of them."),
    .examples = "conflicts\nresolve A-3F-EK2Q5 --as 2 --keep 91c0ffee00000001 --reason \"đã kiểm "
                "tra với xã\"",
};

static const ts_cli_option_t void_options[] = {
    {.name = "reason",
     .value = N_("TEXT"),
     .help = N_("why it is withdrawn"),
     .flags = TS_CLI_NEEDED},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_void = {
    .sends = "void",
    .options = void_options,
    .text = N_("The record stays in the books as withdrawn, with the reason; it no longer counts."),
    .examples = "void A-3F-EK2Q5 --as 2 --reason \"nhập hai lần\"",
};

static const ts_cli_option_t approve_options[] = {
    {.name = "decision",
     .value = N_("DECISION"),
     .help = N_("approved or refused (approved when left out)")},
    {.name = "note", .value = N_("TEXT"), .help = N_("remark")},
    {.name = NULL},
};
const ts_cli_manual_t ts_manual_approve = {
    .sends = "approve",
    .options = approve_options,
    .text = N_("An approval is an entry of its own, by another person than the one who recorded."),
    .examples = "approve A-3F-EK2Q5 --as 3\napprove A-3F-EK2Q5 --as 3 --decision refused --note "
                "\"thiếu biên bản\"",
};

/* What was typed is shown back, to be read once more. */
int
ts_cmd_write(ts_cli_t *self)
{
    self->out.brief = true;
    return ts_ask_run(self);
}

int
ts_cmd_add(ts_cli_t *self)
{
    const ts_kind_schema_t *kind = ts_fields_kind(self, ts_cli_operand(self, "KIND"));
    if (kind == NULL) {
        return TS_CLI_USAGE;
    }
    for (size_t i = 0; i < self->operand_count; i++) {
        self->operands[i].value = kind->name;
    }
    int exit_code = ts_fields_settle(self, kind, header_fields);
    return exit_code == TS_CLI_GOOD ? ts_cmd_write(self) : exit_code;
}

int
ts_help_fields(ts_cli_t *self, const char *name)
{
    const ts_kind_schema_t *kind = ts_fields_kind(self, name);
    if (kind == NULL) {
        return TS_CLI_USAGE;
    }
    char *usage = ts_say_text(N_("tiepsuc add {1} --as NUMBER --occurred-on DATE --field value …"),
                              kind->name, NULL);
    ts_out_wrap(&self->out, self->out.out, usage, 0, false);
    (void)fputc('\n', self->out.out);
    free(usage);
    ts_fields_show(self, kind);
    if (strcmp(kind->name, "need") == 0) {
        (void)fputc('\n', self->out.out);
        ts_out_wrap(&self->out, self->out.out,
                    _("For one child: --birth-month 05/2014 --sex nữ records the child with the "
                      "need, without a name; "
                      "--beneficiary names a child that was recorded before. For several: --heads. "
                      "For a school site: "
                      "--site alone."),
                    0, false);
    }
    return TS_CLI_GOOD;
}
