/* SPDX-License-Identifier: MPL-2.0 */
/* Every command: name, function, who may, what it needs. */
#include "node/cmd.h"

#include <stddef.h>

#define W TS_COMMAND_WRITES
#define P TS_COMMAND_PROVINCE

const ts_command_row_t ts_command_table[] = {
    {"status", ts_run_status, 0, 0},
    {"add", ts_run_add, TS_ROLES_RECORD, W},
    {"revise", ts_run_revise, TS_ROLES_RECORD, W},
    {"void", ts_run_void, TS_ROLES_RECORD, W},
    {"resolve", ts_run_resolve, TS_ROLES_RECORD | TS_ROLES_APPROVE, W},
    {"approve", ts_run_approve, TS_ROLES_APPROVE, W},
    {"import", ts_run_import, TS_ROLES_RECORD, W},
    {"plan_check", ts_run_plan_check, 0, 0},
    {"plan_load", ts_run_plan_load, TS_ROLES_OPERATE, W | P},
    {"plan_scope", ts_run_plan_scope, TS_ROLES_OPERATE, W | P},
    {"plan_list", ts_run_plan_list, 0, 0},
    {"plan_show", ts_run_plan_show, 0, 0},
    {"list", ts_run_list, 0, 0},
    {"show", ts_run_show, 0, 0},
    {"conflicts", ts_run_conflicts, 0, 0},
    {"parked", ts_run_parked, 0, 0},
    {"findings", ts_run_findings, 0, 0},
    {"account_add", ts_run_account_add, TS_ROLES_OPERATE, W},
    {"account_list", ts_run_account_list, 0, 0},
    {"trace", ts_run_trace, 0, 0},
    {"verify", ts_run_verify, 0, 0},
    {"enrol", ts_run_enrol, TS_ROLES_OPERATE, W | P},
    {"move", ts_run_move, TS_ROLES_OPERATE, W | P},
    {"revoke", ts_run_revoke, TS_ROLES_OPERATE, W | P},
    {"release", ts_run_release, TS_ROLES_OPERATE, W | P},
    {"backup_begin", ts_run_backup_begin, 0, 0},
    {"backup_look", ts_run_backup_look, 0, 0},
    {"backup_release", ts_run_backup_release, 0, 0},
    {"backup_note", ts_run_backup_note, 0, 0},
    {"rebuild_status", ts_run_rebuild_status, 0, 0},
    {"rebuild_finish", ts_run_rebuild_finish, TS_ROLES_OPERATE, W},
    {"sync", ts_run_sync, 0, 0},
    {"seal", ts_run_seal, 0, 0},
    {"watch", ts_run_watch, 0, 0},
    {"report_duties", ts_run_report_duties, 0, 0},
    {"report_status", ts_run_report_status, 0, 0},
    {"report_figures", ts_run_report_figures, 0, 0},
    {"report_list", ts_run_report_list, 0, 0},
    {"report_show", ts_run_report_show, 0, 0},
    {"report_verify", ts_run_report_verify, 0, 0},
    {"report_seal", ts_run_report_seal, TS_ROLES_RECORD, W},
    {"report_return", ts_run_report_return, TS_ROLES_RECORD | TS_ROLES_APPROVE, W},
    {"report_file", ts_run_report_file, TS_ROLES_RECORD, W},
    {"report_amend", ts_run_report_amend, TS_ROLES_RECORD, W},
    {"report_signed", ts_run_report_signed, TS_ROLES_RECORD, W},
    {"report_waive", ts_run_report_waive, TS_ROLES_APPROVE, W | P},
    {"report_late", ts_run_report_late, 0, P},
    {NULL, NULL, 0, 0},
};
