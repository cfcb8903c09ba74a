/* SPDX-License-Identifier: MPL-2.0 */
/* registrar, rotate_registrar, rotate_gate: keys that are replaced while the offices go on. */
#include "base/i18n.h"
#include "crypto/crypto.h"
#include "node/cmd.h"
#include "node/rotation.h"

#include <stdio.h>

/* What whoever has the root key must know to certify the next one. */
ts_err_t
ts_run_registrar(ts_job_t *job)
{
    const ts_identity_t *identity = &job->node->identity;
    char hex[2 * TS_HASH_BYTES + 1];
    ts_table_t *table = ts_reply_add_table(&job->reply, "registrar");
    ts_table_add_column(table, "serial", N_("Number of the registrar's key"), "number");
    ts_table_add_column(table, "newest", N_("Newest one that the registry names"), "number");
    ts_table_add_column(table, "key", N_("Registrar's key"), "text");
    ts_table_add_column(table, "deployment", N_("Deployment"), "text");
    ts_table_add_number(table, identity->chain.registrar_serial);
    ts_table_add_number(table, ts_catalog_registrar(ts_node_catalog(job->node)));
    ts_hex_format(identity->chain.registrar_key.b, TS_HASH_BYTES, hex);
    ts_table_add_text(table, hex);
    ts_hex_format(identity->keys.deployment.b, TS_ID16_BYTES, hex);
    ts_table_add_text(table, hex);
    return TS_ERR_OK;
}

static ts_err_t
tell(ts_job_t *job)
{
    char serial[16];
    (void)snprintf(serial, sizeof serial, "%u",
                   (unsigned)job->node->identity.chain.registrar_serial);
    ts_job_say(job,
               N_("Registrar's key {1} is in force. What an earlier one signs from now on is not "
                  "accepted. Make a new kit: tiepsuc recovery kit"),
               serial, NULL);
    return ts_run_registrar(job);
}

/* The blob is the offer of ts_rotation_offer. */
ts_err_t
ts_run_rotate_registrar(ts_job_t *job)
{
    ts_msg_t why = {0};
    ts_buf_t *blob = &job->command.blob;
    ts_err_t err = ts_rotation_accept(job->node, ts_buf_bytes(blob), &why);
    if (blob->data != NULL) {
        ts_wipe(blob->data, blob->length);
    }
    if (why.id != NULL) {
        return ts_job_refuse_with(job, err, &why);
    }
    if (err == TS_ERR_OK) {
        err = ts_rotation_turn(job->node);
    }
    if (err == TS_ERR_OK) {
        ts_job_fold_then(job, tell);
    }
    return err;
}

/* ---- the gate's key: a second gate with the new one stands beside the first until all have come
 */

static ts_err_t
set_gate(ts_job_t *job, ts_record_t *record)
{
    uint8_t key[TS_HASH_BYTES];
    const char *text = ts_command_get(&job->command, "gate_key");
    if (ts_hex_parse(text, key, sizeof key) != TS_ERR_OK) {
        return ts_job_refuse(job, TS_ERR_INVALID, N_("The gate's key is 64 hex digits"), NULL);
    }
    ts_err_t err = ts_record_set_bytes(record, "gate_curve_key", (ts_bytes_t){key, sizeof key});
    return err == TS_ERR_OK ? ts_record_set_string(record, "endpoints",
                                                   ts_command_get(&job->command, "endpoint"))
                            : err;
}

ts_err_t
ts_run_rotate_gate(ts_job_t *job)
{
    const ts_office_t *office = NULL;
    if (ts_job_need(job, "gate_key") == NULL || ts_job_need(job, "endpoint") == NULL) {
        return TS_ERR_INVALID;
    }
    ts_err_t err = ts_office_named(job, &office);
    if (err != TS_ERR_OK || office == NULL) {
        return err;
    }
    if (office->endpoints[0] == '\0' || office->cut_off) {
        return ts_job_refuse(job, TS_ERR_INVALID,
                             N_("Office {1} has no gate that others could connect to"),
                             ts_command_get(&job->command, "office"), NULL);
    }
    return ts_office_revise(job, office, set_gate, "gate key",
                            N_("The offices below office {1} hear of the new gate at their next "
                               "connection; leave the old one running until all have come"));
}
