/* SPDX-License-Identifier: MPL-2.0 */
/* The database is not what it was when the witness was last written (restored, cut short, copied):
 * every own log is left at its last known tip and goes on in a new one. */
#include "node/node_p.h"

/* The tip that a successor names: what the witness remembers, else the last one held. */
static ts_err_t
last_known_tip(ts_node_t *self, const ts_hash_t *log, ts_tip_t *ret_tip)
{
    ts_err_t err = ts_witness_tip(self->witness, log, ret_tip);
    if (err != TS_ERR_NOTFOUND) {
        return err;
    }
    ts_custody_tip_t tip;
    size_t count = 0;
    err = ts_custody_log_tips(self->custody, log, &tip, 1, &count);
    if (err == TS_ERR_OK && count == 0) {
        err = TS_ERR_NOTFOUND;
    }
    if (err == TS_ERR_OK) {
        *ret_tip = tip.tip;
    }
    return err;
}

static ts_err_t
mark_leaving(ts_node_t *self, uint64_t value)
{
    ts_err_t err = ts_custody_begin(self->custody, "leave logs");
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_custody_number_put(self->custody, TS_LOGS_LEAVING, value);
    if (err != TS_ERR_OK) {
        ts_custody_rollback(self->custody);
        return err;
    }
    return ts_custody_commit(self->custody);
}

/* Continues every active log that was there before the arrival `before`. */
static ts_err_t
leave_logs(ts_node_t *self, uint64_t before)
{
    ts_err_t err = TS_ERR_OK;
    ts_log_info_t info = {.office = 0};
    while (err == TS_ERR_OK && ts_custody_log_next(self->custody, &info) == TS_ERR_OK) {
        ts_own_t own = TS_OWN_NOT;
        ts_held_segment_t genesis = {.arrival = 0};
        err = ts_custody_log_own(self->custody, &info.log, &own);
        if (err == TS_ERR_OK && own == TS_OWN_ACTIVE) {
            err = ts_custody_find(self->custody, &info.log, &genesis, NULL);
        }
        if (err != TS_ERR_OK || own != TS_OWN_ACTIVE || genesis.arrival >= before) {
            continue;
        }
        ts_tip_t tip;
        err = last_known_tip(self, &info.log, &tip);
        if (err == TS_ERR_OK) {
            err = ts_logs_continue(self, &info, &tip);
        }
    }
    return err;
}

/* The witness keeps to the logs that are extended: the tip of another one that was lost would have
 * all logs left again at every start. */
static ts_err_t
forget_left_logs(ts_node_t *self)
{
    for (size_t i = ts_witness_tip_count(self->witness); i > 0; i--) {
        ts_tip_t tip = ts_witness_tip_at(self->witness, i - 1);
        ts_own_t own = TS_OWN_NOT;
        ts_err_t err = ts_custody_log_own(self->custody, &tip.log, &own);
        if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
            return err;
        }
        if (own != TS_OWN_ACTIVE) {
            ts_witness_forget(self->witness, &tip.log);
        }
    }
    return TS_ERR_OK;
}

ts_err_t
ts_logs_leave_all(ts_node_t *self, uint64_t before)
{
    ts_id16_t store;
    ts_err_t err = TS_ERR_OK;
    if (before == 0) {
        before = ts_custody_arrival(self->custody) + 1;
        err = mark_leaving(self, before);
    }
    ts_random_bytes(self->options.random, store.b, sizeof store.b);
    if (err == TS_ERR_OK) {
        err = ts_custody_set_store_id(self->custody, &store);
    }
    if (err == TS_ERR_OK) {
        err = leave_logs(self, before);
    }
    return err == TS_ERR_OK ? forget_left_logs(self) : err;
}

ts_err_t
ts_logs_all_left(ts_node_t *self)
{
    return mark_leaving(self, 0);
}
