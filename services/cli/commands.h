/* SPDX-License-Identifier: MPL-2.0 */
/* The functions and manuals that the table in main.c names; those that only ask and print share
 * ts_ask_run. */
#ifndef TS_CLI_COMMANDS_H
#define TS_CLI_COMMANDS_H

#include "cli/cli.h"
#include "crypto/sign.h"

/* cmd_status.c */
int ts_cmd_status(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_status;

/* cmd_record.c */
int ts_cmd_add(ts_cli_t *self);
int ts_cmd_write(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_add, ts_manual_revise, ts_manual_void, ts_manual_resolve,
    ts_manual_approve;
/* Behind `help add KIND`. */
int ts_help_fields(ts_cli_t *self, const char *kind);

/* cmd_list.c */
int ts_cmd_list(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_list, ts_manual_show, ts_manual_parked, ts_manual_conflicts,
    ts_manual_findings, ts_manual_release;

/* cmd_import.c */
int ts_cmd_import(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_import;

/* cmd_plan.c */
int ts_cmd_plan_check(ts_cli_t *self);
int ts_cmd_plan_load(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_plan_list, ts_manual_plan_check, ts_manual_plan_load,
    ts_manual_plan_show, ts_manual_plan_scope;

/* cmd_report.c */
int ts_cmd_report_file(ts_cli_t *self);
int ts_cmd_report_figures(ts_cli_t *self);
int ts_cmd_report_seal(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_report_duties, ts_manual_report_list, ts_manual_report_show,
    ts_manual_report_figures, ts_manual_report_seal, ts_manual_report_return, ts_manual_report_file,
    ts_manual_report_amend, ts_manual_report_verify, ts_manual_report_status,
    ts_manual_report_waive, ts_manual_report_signed;

/* cmd_office.c */
int ts_cmd_enrol(ts_cli_t *self);
int ts_cmd_sentence(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_enrol, ts_manual_move, ts_manual_revoke,
    ts_manual_account_add, ts_manual_account_list;

/* cmd_setup.c */
int ts_cmd_init(ts_cli_t *self);
int ts_cmd_join(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_init, ts_manual_join;

/* cmd_recovery.c */
int ts_cmd_recovery_make(ts_cli_t *self);
int ts_cmd_recovery_print(ts_cli_t *self);
int ts_cmd_recovery_read(ts_cli_t *self);
int ts_cmd_recovery_kit(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_recovery_make, ts_manual_recovery_print,
    ts_manual_recovery_read, ts_manual_recovery_kit;
/* The root's pair from a key file or a page; the option names a file whose first line opens it. */
TS_MUST_USE ts_err_t ts_cli_root_key(const ts_cli_t *self,
                                     const char *path,
                                     const char *passphrase_option,
                                     ts_hash_t *ret_public,
                                     ts_secret_t *ret_secret,
                                     ts_msg_t *ret_why);

/* cmd_backup.c */
int ts_cmd_backup(ts_cli_t *self);
int ts_cmd_backup_check(ts_cli_t *self);
int ts_cmd_restore(ts_cli_t *self);
int ts_cmd_rebuild(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_backup, ts_manual_backup_check, ts_manual_restore,
    ts_manual_rebuild, ts_manual_rebuild_status, ts_manual_rebuild_finish;

/* cmd_rotate.c */
int ts_cmd_rotate_registrar(ts_cli_t *self);
int ts_cmd_rotate_gate(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_rotate_registrar, ts_manual_rotate_gate;

/* cmd_keeper.c */
int ts_cmd_keeper_restore(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_keeper_add, ts_manual_keeper_remove, ts_manual_keeper_list,
    ts_manual_keeper_restore;

/* cmd_link.c */
extern const ts_cli_manual_t ts_manual_sync, ts_manual_seal;

/* cmd_bundle.c */
int ts_cmd_bundle_export(ts_cli_t *self);
int ts_cmd_bundle_import(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_bundle_export, ts_manual_bundle_import;

/* cmd_watch.c */
int ts_cmd_watch(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_watch;

/* cmd_verify.c */
int ts_cmd_verify(ts_cli_t *self);
int ts_cmd_trace(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_verify, ts_manual_trace;

/* cmd_decode.c */
int ts_cmd_decode(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_decode;

/* cmd_config.c */
int ts_cmd_config_check(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_config_check;

/* cmd_help.c */
int ts_cmd_help(ts_cli_t *self);
int ts_cmd_version(ts_cli_t *self);
int ts_cmd_completion(ts_cli_t *self);
extern const ts_cli_manual_t ts_manual_help, ts_manual_version, ts_manual_completion;
/* Set by main. */
extern const char *ts_cli_version;

#endif
