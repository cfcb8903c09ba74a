/* SPDX-License-Identifier: MPL-2.0 */
/* The functions of the commands; their rows stand in command_table.c, named ts_run_<command>. */
#ifndef TS_NODE_CMD_H
#define TS_NODE_CMD_H

#include "node/command.h"
#include "wire/record.h"

/* cmd_record.c */
ts_err_t ts_run_add(ts_job_t *job);
ts_err_t ts_run_revise(ts_job_t *job);
ts_err_t ts_run_void(ts_job_t *job);
ts_err_t ts_run_resolve(ts_job_t *job);
ts_err_t ts_run_approve(ts_job_t *job);
/* cmd_import.c */
ts_err_t ts_run_import(ts_job_t *job);
/* cmd_plan.c */
ts_err_t ts_run_plan_check(ts_job_t *job);
ts_err_t ts_run_plan_load(ts_job_t *job);
ts_err_t ts_run_plan_scope(ts_job_t *job);
ts_err_t ts_run_plan_list(ts_job_t *job);
ts_err_t ts_run_plan_show(ts_job_t *job);
/* cmd_list.c */
ts_err_t ts_run_list(ts_job_t *job);
ts_err_t ts_run_show(ts_job_t *job);
ts_err_t ts_run_conflicts(ts_job_t *job);
ts_err_t ts_run_parked(ts_job_t *job);
ts_err_t ts_run_findings(ts_job_t *job);
/* cmd_account.c */
ts_err_t ts_run_account_add(ts_job_t *job);
ts_err_t ts_run_account_list(ts_job_t *job);
/* cmd_status.c */
ts_err_t ts_run_status(ts_job_t *job);
/* cmd_trace.c */
ts_err_t ts_run_trace(ts_job_t *job);
/* cmd_verify.c */
ts_err_t ts_run_verify(ts_job_t *job);
/* cmd_office.c */
ts_err_t ts_run_enrol(ts_job_t *job);
ts_err_t ts_run_move(ts_job_t *job);
ts_err_t ts_run_revoke(ts_job_t *job);
ts_err_t ts_run_release(ts_job_t *job);
/* snapshot.c */
ts_err_t ts_run_backup_begin(ts_job_t *job);
ts_err_t ts_run_backup_look(ts_job_t *job);
ts_err_t ts_run_backup_release(ts_job_t *job);
ts_err_t ts_run_backup_note(ts_job_t *job);
/* regain.c */
ts_err_t ts_run_rebuild_status(ts_job_t *job);
ts_err_t ts_run_rebuild_finish(ts_job_t *job);
/* cmd_keeper.c: an office of the registry is changed. The office that the field `office` names. */
ts_err_t ts_office_named(ts_job_t *job, const ts_office_t **ret_office);
typedef ts_err_t (*ts_office_change_fn)(ts_job_t *job, ts_record_t *record);
/* Writes it with what `change` sets; `reason` where the command has no note. Then says `said`, {1}
 * is its number. */
ts_err_t ts_office_revise(ts_job_t *job,
                          const ts_office_t *office,
                          ts_office_change_fn change,
                          const char *reason,
                          const char *said);

/* cmd_rotate.c */
ts_err_t ts_run_rotate_gate(ts_job_t *job);
ts_err_t ts_run_registrar(ts_job_t *job);
ts_err_t ts_run_rotate_registrar(ts_job_t *job);
/* cmd_keeper.c */
ts_err_t ts_run_keeper_add(ts_job_t *job);
ts_err_t ts_run_keeper_remove(ts_job_t *job);
ts_err_t ts_run_keeper_list(ts_job_t *job);
ts_err_t ts_run_keeper_restore(ts_job_t *job);
/* cmd_link.c */
ts_err_t ts_run_sync(ts_job_t *job);
ts_err_t ts_run_seal(ts_job_t *job);
/* cmd_bundle.c */
ts_err_t ts_run_bundle_export(ts_job_t *job);
ts_err_t ts_run_bundle_part(ts_job_t *job);
ts_err_t ts_run_bundle_written(ts_job_t *job);
ts_err_t ts_run_bundle_import(ts_job_t *job);
/* cmd_watch.c */
ts_err_t ts_run_watch(ts_job_t *job);
/* cmd_report.c */
ts_err_t ts_run_report_duties(ts_job_t *job);
ts_err_t ts_run_report_status(ts_job_t *job);
ts_err_t ts_run_report_figures(ts_job_t *job);
ts_err_t ts_run_report_list(ts_job_t *job);
ts_err_t ts_run_report_show(ts_job_t *job);
ts_err_t ts_run_report_verify(ts_job_t *job);
/* cmd_report_act.c */
ts_err_t ts_run_report_seal(ts_job_t *job);
ts_err_t ts_run_report_return(ts_job_t *job);
ts_err_t ts_run_report_file(ts_job_t *job);
ts_err_t ts_run_report_amend(ts_job_t *job);
ts_err_t ts_run_report_signed(ts_job_t *job);
ts_err_t ts_run_report_waive(ts_job_t *job);
ts_err_t ts_run_report_late(ts_job_t *job);

#endif
