/* SPDX-License-Identifier: MPL-2.0 */
/* Beginning and ending a batch: cursors, the event under trial, closing in steps. */
#include "base/check.h"
#include "node/fold_p.h"

#include <string.h>

/* How often an event may stop the program before it is parked. */
#define CRASHES_MAX 2u
/* What a row of a cell or a child, a commit and a checkpoint take, counted in events. */
#define ROWS_PER_EVENT 3u
#define COMMIT_EVENTS 200u
#define CHECKPOINT_EVENTS 300u

/* What stands in the ledger beside rows: cursors and the event under trial. */
typedef struct named {
    const char *name;
    uint64_t *value;
} named_t;

enum { NAMED_COUNT = 7 };

static void
name_numbers(ts_folding_t *self, uint64_t *rebuild, named_t named[NAMED_COUNT])
{
    const named_t all[NAMED_COUNT] = {
        {"phase", &self->phase},
        {"phase_end", &self->phase_end},
        {"arrival", &self->arrival},
        {"event_index", &self->index},
        {"tail", &self->tail_counter},
        {"rebuild_wanted", rebuild},
        {"trial_event", &self->trial_event},
    };
    memcpy(named, all, sizeof all);
}

ts_err_t
ts_folding_load(ts_folding_t *self)
{
    uint64_t rebuild = 0;
    uint64_t open = 0;
    named_t named[NAMED_COUNT];
    name_numbers(self, &rebuild, named);
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < NAMED_COUNT; i++) {
        err = ts_ledger_number_get(self->ledger, named[i].name, named[i].value);
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_number_get(self->ledger, "trial_open", &open);
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_number_get(self->ledger, "trial_count", &self->trial_count);
    }
    self->rebuild_wanted = rebuild != 0;
    self->careful = open != 0;
    self->careful_left = self->options->batch_events * 2;
    if (self->phase == 0) {
        self->phase_end = ts_custody_arrival(self->options->custody);
        self->phase = self->phase_end == 0 ? TS_PHASE_ALL : TS_PHASE_REGISTRY;
    }
    return err == TS_ERR_OK ? ts_folding_load_catalog(self) : err;
}

static ts_err_t
write_numbers(ts_folding_t *self)
{
    uint64_t rebuild = self->rebuild_wanted ? 1 : 0;
    named_t named[NAMED_COUNT];
    name_numbers(self, &rebuild, named);
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < NAMED_COUNT; i++) {
        err = ts_ledger_number_put(self->ledger, named[i].name, *named[i].value);
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_number_put(self->ledger, "trial_count", self->trial_count);
    }
    return err;
}

ts_err_t
ts_folding_begin(ts_folding_t *self)
{
    if (ts_ledger_in_batch(self->ledger)) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_ledger_begin(self->ledger);
    /* A small commit of its own says that a batch is being tried; one beside is simply made anew.
     */
    if (err == TS_ERR_OK && !self->beside && !self->careful) {
        err = ts_ledger_number_put(self->ledger, "trial_open", 1);
        if (err == TS_ERR_OK) {
            err = ts_ledger_commit(self->ledger);
        }
        if (err == TS_ERR_OK) {
            err = ts_ledger_begin(self->ledger);
        }
    }
    return err;
}

static ts_err_t
commit_with(ts_folding_t *self, uint64_t trial_open)
{
    uint32_t rows = 0;
    ts_err_t err = ts_folding_flush_children(self, UINT32_MAX, &rows);
    if (err == TS_ERR_OK) {
        err = write_numbers(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_number_put(self->ledger, "trial_open", trial_open);
    }
    if (err == TS_ERR_OK && !self->beside && self->options->before_commit != NULL) {
        err = self->options->before_commit(self->options->ctx);
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_commit(self->ledger);
    }
    self->batch = 0;
    self->closing = false;
    return err;
}

ts_err_t
ts_folding_commit(ts_folding_t *self)
{
    if (!ts_ledger_in_batch(self->ledger)) {
        return TS_ERR_OK;
    }
    return commit_with(self, self->careful ? 1 : 0);
}

/* After a crash every event is noted, durably, before it is tried; one that was noted twice and
 * never got through is parked. */
ts_err_t
ts_folding_try(ts_folding_t *self, uint64_t event)
{
    if (self->careful_left == 0) {
        self->careful = false;
        self->trial_event = 0;
        self->trial_count = 0;
        return TS_ERR_OK;
    }
    self->careful_left--;
    self->trial_count = event == self->trial_event ? self->trial_count + 1 : 1;
    self->trial_event = event;
    if (self->trial_count > CRASHES_MAX) {
        return ts_ledger_crashed_put(self->ledger, event);
    }
    ts_err_t err = commit_with(self, 1);
    return err == TS_ERR_OK ? ts_ledger_begin(self->ledger) : err;
}

/* A step towards the commit of a full batch; the last one commits. */
static ts_err_t
close_some(ts_folding_t *self, uint32_t budget, uint32_t *used)
{
    uint32_t rows = 0;
    bool done = false;
    uint32_t most = budget > UINT32_MAX / ROWS_PER_EVENT ? UINT32_MAX : budget * ROWS_PER_EVENT;
    ts_err_t err = ts_folding_flush_children(self, most, &rows);
    if (err == TS_ERR_OK) {
        err = ts_ledger_flush_some(self->ledger, most, &rows, &done);
    }
    *used += rows / ROWS_PER_EVENT + 1;
    if (err != TS_ERR_OK || !done || self->dirty_count > 0) {
        return err;
    }
    /* The commit itself is a step like others. */
    *used += COMMIT_EVENTS;
    return ts_folding_commit(self);
}

ts_err_t
ts_folding_step_store(ts_folding_t *self, uint32_t budget, uint32_t *used, bool *ret_did)
{
    *ret_did = true;
    if (self->closing) {
        return close_some(self, budget, used);
    }
    if (ts_ledger_checkpoint_due(self->ledger)) {
        *used += CHECKPOINT_EVENTS;
        return ts_ledger_checkpoint(self->ledger);
    }
    *ret_did = false;
    return TS_ERR_OK;
}
