/* SPDX-License-Identifier: MPL-2.0 */
/* S11, S12 and L1–L5: nobody grows without bound, nobody stands still, all comes home. */
#include "sim/check_p.h"

#include <inttypes.h>

enum {
    LOOP_SESSIONS = 10,       /* without progress */
    INTAKE_MAX = 4096,        /* segments on their way into a custody */
    BYTES_PER_SESSION = 2048, /* that a session may cost beside what is new */
    NEW_PER_HUNDRED = 115
};

void
check_s11(check_t *self, size_t machine)
{
    const ts_node_t *node = check_node(self, machine);
    ts_custody_counts_t counts = {0};
    uint64_t credit = 0;
    for (size_t i = 0; i < node->peer_count; i++) {
        credit += node->peers[i]->credit_open;
    }
    if (node->credit_open != credit) {
        check_broken(self, machine,
                     "%" PRIu64 " bytes of credit are open, its sessions have %" PRIu64,
                     node->credit_open, credit);
    }
    if (node->credit_open > TS_CREDIT_BYTES_TOTAL) {
        check_broken(self, machine, "%" PRIu64 " bytes of credit are open", node->credit_open);
    }
    if (node->intake.count > INTAKE_MAX || node->peer_count > TS_SESSIONS_MAX + 1) {
        check_broken(self, machine, "%zu segments and %zu sessions are in memory",
                     node->intake.count, node->peer_count);
    }
    if (ts_custody_counts(node->custody, &counts) == TS_ERR_OK &&
        counts.waiting_bytes > TS_WAITING_BYTES_MAX) {
        check_broken(self, machine, "%" PRIu64 " bytes wait for a predecessor",
                     counts.waiting_bytes);
    }
}

void
check_s12(check_t *self, size_t machine)
{
    const ts_node_t *node = check_node(self, machine);
    ts_fold_state_t fold;
    if (node == NULL) {
        return;
    }
    ts_fold_state(node->fold, &fold);
    if (fold.arrival != fold.arrival_last || fold.redoing || fold.rebuilding) {
        check_broken(self, machine,
                     "its ledger stands at segment %" PRIu64 " of %" PRIu64 " with nothing to do",
                     fold.arrival, fold.arrival_last);
    }
}

/* Is it the upward log of an office that counts? */
static bool
comes_home(const check_t *self, const model_segment_t *segment)
{
    const ts_log_info_t *log = &self->model->logs[segment->log].info;
    return log->audience == TS_AUDIENCE_UP && log->office != self->sim->machines[0].office;
}

void
check_l1(check_t *self, size_t machine)
{
    const ts_node_t *node = check_node(self, machine);
    if (machine == 0 || !check_counts(self, machine)) {
        return;
    }
    const model_machine_t *store = &self->model->machines[machine];
    for (size_t i = 0; i < store->held_count; i++) {
        const model_segment_t *segment = &self->model->segments[store->held[i]];
        if (comes_home(self, segment) && !model_holds(self->model, 0, store->held[i])) {
            check_broken(self, machine,
                         "segment up to %" PRIu64 " of office %u did not reach the province",
                         segment->last_seq, (unsigned)self->model->logs[segment->log].info.office);
            return;
        }
    }
    const ts_id16_t *above[] = {&node->parent_store, &node->root_store};
    for (size_t i = 0; i < 2; i++) {
        ts_custody_status_t status = {0};
        if (ts_custody_status(node->custody, above[i], &status) == TS_ERR_OK &&
            (status.tail_events > 0 || status.held_events != status.sealed_events)) {
            check_broken(self, machine,
                         "%" PRIu64 " entries are not sealed; of %" PRIu64 " sealed %" PRIu64
                         " are known to be %s",
                         status.tail_events, status.sealed_events, status.held_events,
                         i == 0 ? "held" : "anchored");
        }
    }
}

void
check_l2(check_t *self, size_t machine)
{
    const ts_node_t *node = check_node(self, machine);
    if (!check_counts(self, machine)) {
        return;
    }
    ts_log_info_t info = {.office = 0};
    uint64_t active[8] = {0};
    while (ts_custody_log_next(node->custody, &info) == TS_ERR_OK) {
        ts_own_t own = TS_OWN_NOT;
        if (ts_custody_log_own(node->custody, &info.log, &own) != TS_ERR_OK ||
            own != TS_OWN_ACTIVE) {
            continue;
        }
        if (info.forked || info.closed) {
            check_broken(self, machine, "it still writes into a log that is %s",
                         info.forked ? "forked" : "closed");
        }
        active[info.purpose % 8] += info.audience != TS_AUDIENCE_DOWN_UNIT;
    }
    for (size_t i = 0; i < 8; i++) {
        if (active[i] > 1) {
            check_broken(self, machine, "it writes into %" PRIu64 " logs of purpose %zu at once",
                         active[i], i);
        }
    }
}

static bool
has_double(const check_t *self, size_t machine)
{
    for (size_t i = 0; i < self->sim->machine_count; i++) {
        if (i != machine && check_node(self, i) != NULL &&
            self->sim->machines[i].office == self->sim->machines[machine].office) {
            return true;
        }
    }
    return false;
}

void
check_l3(check_t *self, size_t machine)
{
    const check_machine_t *mine = check_machine(self, machine);
    if (self->sim->phase == SIM_LIVENESS && !self->sim->machines[machine].revoked &&
        mine->idle_sessions > LOOP_SESSIONS && !has_double(self, machine)) {
        check_broken(self, machine, "%u sessions one after the other and nothing moved",
                     (unsigned)mine->idle_sessions);
    }
}

void
check_l4(check_t *self, size_t machine)
{
    if (machine == 0 || !check_counts(self, machine)) {
        return;
    }
    const model_machine_t *root = &self->model->machines[0];
    for (size_t i = 0; i < root->held_count; i++) {
        const ts_log_info_t *log =
            &self->model->logs[self->model->segments[root->held[i]].log].info;
        bool for_all = log->purpose == TS_PURPOSE_REGISTRY ||
                       (log->purpose == TS_PURPOSE_DOWN && log->audience == TS_AUDIENCE_DOWN_ALL);
        if (for_all && log->office == self->sim->machines[0].office &&
            !model_holds(self->model, machine, root->held[i])) {
            check_broken(self, machine, "segment up to %" PRIu64 " of the %s did not come down",
                         self->model->segments[root->held[i]].last_seq,
                         log->purpose == TS_PURPOSE_REGISTRY ? "registry" : "plans");
            return;
        }
    }
}

/* Over all links together, once. */
void
check_l5(check_t *self, size_t machine)
{
    uint64_t allowed = self->unique_bytes * NEW_PER_HUNDRED / 100 +
                       (self->sessions + 1) * (uint64_t)BYTES_PER_SESSION;
    if (machine == 0 && self->chunk_bytes > allowed) {
        check_broken(self, machine,
                     "%" PRIu64 " bytes were sent for %" PRIu64 " new ones in %" PRIu64 " sessions",
                     self->chunk_bytes, self->unique_bytes, self->sessions);
    }
}
