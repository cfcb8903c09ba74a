/* SPDX-License-Identifier: MPL-2.0 */
/* The command line `tiepsuc`: its table of commands. */
#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>

#define HEADING(text)            \
    {                            \
        "", "", NULL, text, NULL \
    }

static const ts_cli_command_t commands[] = {
    HEADING(N_("Every day:")),
    {"status", "", ts_cmd_status, N_("what is safe, what waits, what is due"), &ts_manual_status},
    {"add", "KIND", ts_cmd_add, N_("record a need, a hand-over, a gift …"), &ts_manual_add},
    {"import", "FILE", ts_cmd_import, N_("record the rows of a sheet"), &ts_manual_import},
    {"list", "KIND", ts_cmd_list, N_("list records"), &ts_manual_list},
    {"show", "RECORD", ts_ask_run, N_("show a record with its history"), &ts_manual_show},
    {"revise", "RECORD", ts_cmd_write, N_("change a record; the old version stays"),
     &ts_manual_revise},
    {"void", "RECORD", ts_cmd_write, N_("withdraw a record, with a reason"), &ts_manual_void},
    {"approve", "RECORD", ts_cmd_write, N_("approve or refuse what another person recorded"),
     &ts_manual_approve},
    HEADING(N_("What needs a person:")),
    {"conflicts", "", ts_ask_run, N_("records that were changed in two places"),
     &ts_manual_conflicts},
    {"resolve", "RECORD", ts_cmd_write, N_("settle a conflict"), &ts_manual_resolve},
    {"parked", "", ts_ask_run, N_("entries that came and could not be taken in"),
     &ts_manual_parked},
    {"release", "EVENT…", ts_ask_run, N_("let parked entries in"), &ts_manual_release},
    {"findings", "", ts_ask_run, N_("what does not add up"), &ts_manual_findings},
    HEADING(N_("Reports:")),
    {"report duties", "", ts_ask_overview, N_("who owes which report, by when"),
     &ts_manual_report_duties},
    {"report status", "", ts_ask_overview, N_("what is due soon or overdue"),
     &ts_manual_report_status},
    {"report list", "", ts_ask_overview, N_("sealed, returned and filed reports"),
     &ts_manual_report_list},
    {"report show", "RECORD", ts_cmd_report_figures, N_("a report with its files"),
     &ts_manual_report_show},
    {"report figures", "", ts_cmd_report_figures, N_("the figures as they stand now"),
     &ts_manual_report_figures},
    {"report seal", "", ts_cmd_report_seal, N_("seal a report with its figures"),
     &ts_manual_report_seal},
    {"report return", "RECORD", ts_ask_run, N_("send a report back to be corrected"),
     &ts_manual_report_return},
    {"report file", "RECORD", ts_cmd_report_file, N_("file a sealed report"),
     &ts_manual_report_file},
    {"report amend", "RECORD", ts_cmd_report_file, N_("file a corrected edition beside the first"),
     &ts_manual_report_amend},
    {"report signed", "RECORD", ts_cmd_report_file,
     N_("record number, date and signer of the signed copy"), &ts_manual_report_signed},
    {"report verify", "RECORD", ts_ask_run, N_("compute the figures again and compare"),
     &ts_manual_report_verify},
    {"report waive", "", ts_ask_run, N_("waive a duty or accept a declared time (province)"),
     &ts_manual_report_waive},
    HEADING(N_("Plans:")),
    {"plan list", "", ts_ask_overview, N_("plans that are loaded"), &ts_manual_plan_list},
    {"plan show", "PLAN", ts_ask_overview, N_("a plan with its parts"), &ts_manual_plan_show},
    {"plan check", "DIR", ts_cmd_plan_check, N_("look for mistakes in the tables of a plan"),
     &ts_manual_plan_check},
    {"plan load", "DIR", ts_cmd_plan_load, N_("load a plan, or its next version (province)"),
     &ts_manual_plan_load},
    {"plan scope", "PLAN FILE", ts_cmd_plan_load,
     N_("load a later list of units of a plan (province)"), &ts_manual_plan_scope},
    HEADING(N_("Offices and people:")),
    {"init", "DIR", ts_cmd_init, N_("found a deployment: the province's keys and folder"),
     &ts_manual_init},
    {"enrol", "", ts_cmd_enrol, N_("make an invite for a new office (province)"), &ts_manual_enrol},
    {"join", "FILE DIR", ts_cmd_join, N_("set up an office from its invite; works offline"),
     &ts_manual_join},
    {"move", "OFFICE", ts_cmd_sentence, N_("give an office another parent (province)"),
     &ts_manual_move},
    {"revoke", "OFFICE", ts_cmd_sentence, N_("cut an office off (province)"), &ts_manual_revoke},
    {"account list", "", ts_ask_run, N_("who may type at this office"), &ts_manual_account_list},
    {"account add", "", ts_ask_run, N_("add an account or change its roles"),
     &ts_manual_account_add},
    HEADING(N_("Keys and recovery:")),
    {"recovery print", "FILE", ts_cmd_recovery_print,
     N_("print a key on a page, to be locked away"), &ts_manual_recovery_print},
    {"recovery read", "[FILE]", ts_cmd_recovery_read, N_("type a printed key in again"),
     &ts_manual_recovery_read},
    {"recovery make", "DIR", ts_cmd_recovery_make,
     N_("make the recovery key of a province that has none"), &ts_manual_recovery_make},
    {"recovery kit", "DIR", ts_cmd_recovery_kit,
     N_("close the province's keys up for a new machine"), &ts_manual_recovery_kit},
    {"rotate registrar", "", ts_cmd_rotate_registrar,
     N_("replace the registrar's key, with the root key"), &ts_manual_rotate_registrar},
    {"rotate gate", "OFFICE", ts_cmd_rotate_gate,
     N_("tell the offices below of a gate with another key"), &ts_manual_rotate_gate},
    HEADING(N_("Keeping it safe:")),
    {"backup", "", ts_cmd_backup, N_("one checked file with all that must not be lost"),
     &ts_manual_backup},
    {"backup check", "FILE", ts_cmd_backup_check, N_("read a backup and check all of it"),
     &ts_manual_backup_check},
    {"restore", "FILE DIR", ts_cmd_restore, N_("lay a backup out on a new machine"),
     &ts_manual_restore},
    {"rebuild", "DIR", ts_cmd_rebuild,
     N_("bring a province back that lost disk and backups, from its kit and its offices"),
     &ts_manual_rebuild},
    {"rebuild status", "", ts_ask_run, N_("who was heard after a restore or a rebuild"),
     &ts_manual_rebuild_status},
    {"rebuild finish", "", ts_ask_run, N_("end a restore or a rebuild"), &ts_manual_rebuild_finish},
    {"keeper add", "OFFICE", ts_cmd_sentence,
     N_("let an office keep the province's own books, closed"), &ts_manual_keeper_add},
    {"keeper remove", "OFFICE", ts_cmd_sentence, N_("give it no new copies any more"),
     &ts_manual_keeper_remove},
    {"keeper list", "", ts_ask_run, N_("who keeps copies, and how much of them"),
     &ts_manual_keeper_list},
    {"keeper restore", "FILE", ts_cmd_keeper_restore,
     N_("take back what the keepers hold, with the recovery key"), &ts_manual_keeper_restore},
    HEADING(N_("Link and proof:")),
    {"sync", "", ts_ask_run, N_("connect now and send what waits"), &ts_manual_sync},
    {"seal", "", ts_ask_run, N_("seal what was entered, to be sent or carried"), &ts_manual_seal},
    {"bundle export", "DIR", ts_cmd_bundle_export,
     N_("write what waits for another office onto a stick"), &ts_manual_bundle_export},
    {"bundle import", "FILE…", ts_cmd_bundle_import, N_("take in what came on a stick"),
     &ts_manual_bundle_import},
    {"watch", "[TOPIC…]", ts_cmd_watch, N_("follow what happens, until Ctrl-C"), &ts_manual_watch},
    {"verify", "", ts_cmd_verify, N_("check every signature and compute everything again"),
     &ts_manual_verify},
    {"trace", "RECORD", ts_cmd_trace, N_("from a record to people, segments and signatures"),
     &ts_manual_trace},
    {"decode", "FILE", ts_cmd_decode,
     N_("show what is in a segment, event, frame, bundle or invite"), &ts_manual_decode},
    {"config check", "FILE", ts_cmd_config_check, N_("check a configuration file"),
     &ts_manual_config_check},
    {"completion", "", ts_cmd_completion, N_("print the completion for bash"),
     &ts_manual_completion},
    {"help", "[COMMAND…]", ts_cmd_help, N_("explain a command, or the fields of a kind"),
     &ts_manual_help},
    {"version", "", ts_cmd_version, N_("versions of program and formats"), &ts_manual_version},
};

/* Mistakes in the call itself are told as JSON too, wherever --json stands in it. */
static bool
wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            return true;
        }
    }
    return false;
}

int
main(int argc, char **argv)
{
    ts_cli_version = TS_VERSION;
    ts_say_init(TS_CONF_LANGUAGE_AUTO, NULL);
    ts_cli_t cli = {.commands = commands,
                    .command_count = sizeof commands / sizeof commands[0],
                    .out = ts_out_terminal()};
    cli.out.json = wants_json(argc, argv);
    int exit_code = ts_cli_parse(&cli, argc, argv);
    if (exit_code == TS_CLI_GOOD) {
        exit_code = !cli.wants_help       ? cli.command->run(&cli)
                    : cli.command == NULL ? ts_help_all(&cli)
                                          : ts_help_command(&cli, cli.command);
    }
    ts_cli_free(&cli);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        return exit_code == TS_CLI_GOOD ? TS_CLI_FAILED : exit_code;
    }
    return exit_code;
}
