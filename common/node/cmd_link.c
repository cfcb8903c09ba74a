/* SPDX-License-Identifier: MPL-2.0 */
/* sync, seal. */
#include "base/i18n.h"
#include "node/cmd.h"

ts_err_t
ts_run_sync(ts_job_t *job)
{
    ts_node_t *node = job->node;
    if (node->identity.parent_office == 0) {
        ts_job_say(job, N_("This office has no parent: the others come to it"), NULL);
        return TS_ERR_OK;
    }
    ts_err_t err = ts_logs_seal_all(node);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_node_link_up(node);
    ts_job_say(job,
               node->uplink.state == TS_UPLINK_UP
                   ? N_("Connected: what is new is on its way")
                   : N_("Connecting now; status shows how far it is"),
               NULL);
    return TS_ERR_OK;
}

ts_err_t
ts_run_seal(ts_job_t *job)
{
    ts_err_t err = ts_logs_seal_all(job->node);
    if (err == TS_ERR_OK) {
        ts_job_say(job, N_("Everything that was entered is sealed"), NULL);
    }
    return err;
}
