/* SPDX-License-Identifier: MPL-2.0 */
/* Accounts of an office: numbers with functions and roles, in custody's small state. One value per
 * account: roles as a digit string, a space, the function. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "node/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAST "account_last"

static void
name_of(uint32_t number, char out[24])
{
    (void)snprintf(out, 24, "account/%u", (unsigned)number);
}

ts_err_t
ts_accounts_last(ts_node_t *node, uint32_t *ret_number)
{
    uint64_t last = 0;
    ts_err_t err = ts_custody_number_get(node->custody, LAST, &last);
    if (err == TS_ERR_OK) {
        *ret_number = last > TS_ACCOUNTS_MAX ? TS_ACCOUNTS_MAX : (uint32_t)last;
    }
    return err;
}

ts_err_t
ts_accounts_get(ts_node_t *node, uint32_t number, ts_account_t *ret_account)
{
    char name[24];
    ts_buf_t value = {0};
    name_of(number, name);
    ts_err_t err = ts_custody_state_get(node->custody, name, &value);
    if (err == TS_ERR_OK) {
        ts_buf_put_u8(&value, 0);
        const char *text = (const char *)value.data;
        char *rest = NULL;
        ret_account->number = number;
        ret_account->roles = (uint32_t)strtoul(text, &rest, 10);
        (void)snprintf(ret_account->function, sizeof ret_account->function, "%s",
                       *rest == ' ' ? rest + 1 : rest);
    }
    ts_buf_free(&value);
    return err;
}

static ts_err_t
put(ts_node_t *node, const ts_account_t *account)
{
    char name[24];
    char text[128];
    uint32_t last = 0;
    name_of(account->number, name);
    int length = snprintf(text, sizeof text, "%u %s", (unsigned)account->roles, account->function);
    ts_err_t err = ts_custody_state_put(node->custody, name,
                                        (ts_bytes_t){(const uint8_t *)text, (size_t)length});
    if (err == TS_ERR_OK) {
        err = ts_accounts_last(node, &last);
    }
    if (err == TS_ERR_OK && account->number > last) {
        err = ts_custody_number_put(node->custody, LAST, account->number);
    }
    return err;
}

ts_err_t
ts_accounts_put(ts_node_t *node, const ts_account_t *account)
{
    ts_err_t err = ts_custody_begin(node->custody, "account");
    if (err != TS_ERR_OK) {
        return err;
    }
    err = put(node, account);
    if (err != TS_ERR_OK) {
        ts_custody_rollback(node->custody);
        return err;
    }
    return ts_custody_commit(node->custody);
}

ts_err_t
ts_accounts_found(ts_node_t *node)
{
    uint32_t last = 0;
    ts_err_t err = ts_accounts_last(node, &last);
    if (err != TS_ERR_OK || last > 0) {
        return err;
    }
    ts_account_t first = {.number = 1, .roles = TS_ROLES_OPERATE | TS_ROLES_RECORD};
    return ts_accounts_put(node, &first);
}
