/* SPDX-License-Identifier: MPL-2.0 */
/* account_add, account_list: which numbers may type at this office, and in which roles. */
#include "base/i18n.h"
#include "core/labels.h"
#include "node/cmd.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *title;
    uint32_t bit;
} roles[] = {
    {"recorder", N_("Recorder"), TS_ROLES_RECORD},
    {"approver", N_("Approver"), TS_ROLES_APPROVE},
    {"operator", N_("Operator"), TS_ROLES_OPERATE},
};
#define ROLES (sizeof roles / sizeof roles[0])

/* "recorder;approver" → bits. */
static ts_err_t
read_roles(ts_job_t *job, const char *text, uint32_t *ret_bits)
{
    uint32_t bits = 0;
    for (const char *at = text; *at != '\0';) {
        size_t length = strcspn(at, ";, +");
        size_t i = 0;
        while (i < ROLES &&
               (strlen(roles[i].name) != length || strncmp(roles[i].name, at, length) != 0)) {
            i++;
        }
        if (length > 0 && i == ROLES) {
            return ts_job_refuse(
                job, TS_ERR_INVALID,
                N_("role = “{1}”: write recorder, approver, operator, or several with ; between"),
                text, NULL);
        }
        bits |= length > 0 ? roles[i].bit : 0;
        at += length;
        at += *at != '\0';
    }
    *ret_bits = bits;
    return bits != 0 ? TS_ERR_OK
                     : ts_job_refuse(job, TS_ERR_INVALID, N_("Say {1}=…"), "role", NULL);
}

static void
list_columns(ts_table_t *table)
{
    ts_table_add_column(table, "account", N_("Account"), "number");
    ts_table_add_column(table, "function", N_("Function"), "text");
    for (size_t i = 0; i < ROLES; i++) {
        ts_table_add_column(table, roles[i].name, roles[i].title, "number");
    }
}

static void
list_row(ts_table_t *table, const ts_account_t *account)
{
    ts_table_add_number(table, account->number);
    ts_table_add_text(table, account->function[0] == '\0' ? NULL : account->function);
    for (size_t i = 0; i < ROLES; i++) {
        ts_table_add_number(table, (account->roles & roles[i].bit) != 0);
    }
}

/* The last operator must not be taken away: nobody could give rights any more. */
static ts_err_t
check_operator_left(ts_job_t *job, const ts_account_t *changed)
{
    uint32_t last = 0;
    ts_err_t err = ts_accounts_last(job->node, &last);
    bool left = (changed->roles & TS_ROLES_OPERATE) != 0;
    for (uint32_t number = 1; err == TS_ERR_OK && !left && number <= last; number++) {
        ts_account_t account;
        if (number != changed->number &&
            ts_accounts_get(job->node, number, &account) == TS_ERR_OK) {
            left = (account.roles & TS_ROLES_OPERATE) != 0;
        }
    }
    return err == TS_ERR_OK && !left
               ? ts_job_refuse(
                     job, TS_ERR_DENIED,
                     N_("One account must stay operator: make another one operator first"), NULL)
               : err;
}

ts_err_t
ts_run_account_add(ts_job_t *job)
{
    const char *text = ts_job_need(job, "role");
    const char *function = ts_command_get(&job->command, "function");
    uint64_t number = 0;
    uint32_t last = 0;
    ts_account_t account = {0};
    if (text == NULL) {
        return TS_ERR_INVALID;
    }
    ts_err_t err = ts_accounts_last(job->node, &last);
    if (err == TS_ERR_OK) {
        err = ts_job_number(job, "number", last + 1u, TS_ACCOUNTS_MAX, &number);
    }
    if (err == TS_ERR_OK && number == 0) {
        err = ts_job_refuse(job, TS_ERR_INVALID, N_("Account numbers begin with 1"), NULL);
    }
    if (err == TS_ERR_OK) {
        err = read_roles(job, text, &account.roles);
    }
    if (err == TS_ERR_OK && function != NULL && strlen(function) >= sizeof account.function) {
        err = ts_job_refuse(job, TS_ERR_TOOBIG, N_("The function is too long: “{1}”"), function,
                            NULL);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    account.number = (uint32_t)number;
    (void)snprintf(account.function, sizeof account.function, "%s",
                   function == NULL ? "" : function);
    err = check_operator_left(job, &account);
    if (err == TS_ERR_OK) {
        err = ts_accounts_put(job->node, &account);
    }
    if (err == TS_ERR_OK) {
        char shown[16];
        (void)snprintf(shown, sizeof shown, "%u", (unsigned)account.number);
        ts_job_say(
            job, N_("Account {1} is there. Who stands behind it is kept in the office's own books"),
            shown, NULL);
        ts_table_t *table = ts_reply_add_table(&job->reply, "accounts");
        list_columns(table);
        list_row(table, &account);
    }
    return err;
}

ts_err_t
ts_run_account_list(ts_job_t *job)
{
    uint32_t last = 0;
    ts_table_t *table = ts_reply_add_table(&job->reply, "accounts");
    list_columns(table);
    ts_err_t err = ts_accounts_last(job->node, &last);
    for (uint32_t number = 1; err == TS_ERR_OK && number <= last; number++) {
        ts_account_t account;
        err = ts_accounts_get(job->node, number, &account);
        if (err == TS_ERR_OK) {
            list_row(table, &account);
        } else if (err == TS_ERR_NOTFOUND) {
            err = TS_ERR_OK;
        }
    }
    return err;
}
