/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "node/fold_p.h"

#include <string.h>

/* Rows of the feed that one slice takes over. */
#define FEED_ROWS 512u

struct ts_fold_compare {
    ts_fold_t *fold;
    ts_folding_t *beside;
};

/* By other options than those of the fold: of a past. */
static ts_err_t
open_with(const ts_fold_t *fold,
          const ts_fold_options_t *options,
          const char *path,
          ts_folding_t **ret_beside)
{
    ts_ledger_t *ledger = NULL;
    ts_msg_t detail = {0};
    ts_err_t err = ts_ledger_beside(fold->live->ledger, path, &ledger, &detail);
    if (err == TS_ERR_OK) {
        ts_folding_t *beside = ts_folding_new(options, ledger);
        beside->beside = true;
        beside->now_s = fold->live->now_s;
        err = ts_folding_load(beside);
        if (err == TS_ERR_OK) {
            *ret_beside = beside;
        } else {
            ts_folding_destroy(&beside);
            ts_ledger_discard(&ledger);
        }
    }
    ts_msg_free(&detail);
    return err;
}

static ts_err_t
open_beside(ts_fold_t *fold, const char *path, ts_folding_t **ret_beside)
{
    return open_with(fold, &fold->options, path, ret_beside);
}

static void
discard(ts_folding_t **beside)
{
    if (*beside == NULL) {
        return;
    }
    ts_ledger_t *ledger = (*beside)->ledger;
    ts_ledger_rollback(ledger);
    ts_folding_destroy(beside);
    ts_ledger_discard(&ledger);
}

static ts_err_t
begin(ts_fold_t *fold)
{
    ts_buf_t path = {0};
    ts_buf_put_text(&path, ts_ledger_path(fold->live->ledger));
    ts_buf_put_text(&path, ".new");
    ts_buf_put_u8(&path, 0);
    ts_xfree(fold->beside_path);
    fold->beside_path = ts_xstrdup((const char *)path.data);
    ts_buf_free(&path);
    return open_beside(fold, fold->beside_path, &fold->beside);
}

/* Asked when the ledger beside found nothing more to do: it has the whole tail, of which the
 * live one
 * may have seen events that were sealed since. */
static bool
caught_up(const ts_folding_t *beside, const ts_folding_t *live)
{
    return beside->phase == TS_PHASE_ALL && live->phase == TS_PHASE_ALL &&
           beside->arrival == live->arrival && beside->index == live->index &&
           beside->tail_counter <= live->tail_counter;
}

/* The ledger object stays, what is in it is another; the same with everything that was learned
 * beside. */
static ts_err_t
swap_in(ts_fold_t *fold)
{
    ts_ledger_t *ledger = fold->live->ledger;
    ts_ledger_t *fresh = fold->beside->ledger;
    fold->beside->ledger = NULL;
    ts_err_t err = ts_folding_commit(fold->live);
    if (err == TS_ERR_OK) {
        err = ts_ledger_replace(ledger, &fresh);
    }
    if (err != TS_ERR_OK) {
        ts_ledger_discard(&fresh);
        ts_folding_destroy(&fold->beside);
        return err;
    }
    ts_folding_destroy(&fold->live);
    fold->live = fold->beside;
    fold->live->ledger = ledger;
    fold->live->beside = false;
    fold->beside = NULL;
    fold->changes++;
    return TS_ERR_OK;
}

ts_err_t
ts_fold_beside_slice(ts_fold_t *fold, uint32_t budget, bool *ret_more)
{
    *ret_more = true;
    /* What changed while it was being made: once more from the beginning. */
    if (fold->beside != NULL && fold->beside->rebuild_wanted) {
        discard(&fold->beside);
    }
    ts_err_t err = fold->beside == NULL ? begin(fold) : TS_ERR_OK;
    uint32_t used = 0;
    if (err == TS_ERR_OK) {
        err = ts_folding_slice(fold->beside, budget, &used);
    }
    if (err == TS_ERR_OK && used < budget && ts_ledger_has_feed(fold->live->ledger)) {
        bool done = false;
        err = ts_ledger_beside_feed(fold->live->ledger, fold->beside->ledger, FEED_ROWS, &done);
        if (err == TS_ERR_OK) {
            err = ts_folding_commit(fold->beside);
        }
        used = done ? used : budget;
    }
    if (err == TS_ERR_OK && used < budget && !fold->beside->rebuild_wanted &&
        caught_up(fold->beside, fold->live)) {
        err = ts_folding_commit(fold->beside);
        if (err == TS_ERR_OK) {
            err = swap_in(fold);
        }
        *ret_more = fold->live->rebuild_wanted;
    }
    return err;
}

/* ---- comparing */

ts_err_t
ts_fold_compare_begin(ts_fold_t *self, const char *path, ts_fold_compare_t **ret_compare)
{
    ts_fold_compare_t *compare = ts_xcalloc(1, sizeof *compare);
    compare->fold = self;
    ts_err_t err = open_beside(self, path, &compare->beside);
    if (err != TS_ERR_OK) {
        ts_xfree(compare);
        return err;
    }
    *ret_compare = compare;
    return TS_ERR_OK;
}

ts_err_t
ts_fold_compare_slice(ts_fold_compare_t *compare, uint32_t budget, bool *ret_done, bool *ret_same)
{
    *ret_done = false;
    *ret_same = false;
    uint32_t used = 0;
    ts_err_t err = ts_folding_slice(compare->beside, budget, &used);
    if (err != TS_ERR_OK || used >= budget) {
        return err;
    }
    ts_folding_t *live = compare->fold->live;
    if (!caught_up(compare->beside, live) || live->rebuild_wanted) {
        return TS_ERR_OK;
    }
    ts_fingerprint_t mine;
    ts_fingerprint_t other;
    err = ts_folding_commit(live);
    if (err == TS_ERR_OK) {
        err = ts_folding_commit(compare->beside);
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_fingerprint(live->ledger, &mine);
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_fingerprint(compare->beside->ledger, &other);
    }
    if (err == TS_ERR_OK) {
        *ret_done = true;
        *ret_same = memcmp(&mine, &other, sizeof mine) == 0;
    }
    return err;
}

void
ts_fold_compare_end(ts_fold_compare_t **compare_p)
{
    ts_fold_compare_t *compare = *compare_p;
    if (compare == NULL) {
        return;
    }
    discard(&compare->beside);
    ts_xfree(compare);
    *compare_p = NULL;
}

/* ---- a past */

ts_err_t
ts_fold_past_begin(ts_fold_t *self, const ts_fold_past_query_t *query, ts_fold_t **ret_past)
{
    ts_fold_t *past = ts_xcalloc(1, sizeof *past);
    past->options = self->options;
    past->options.seen = NULL;
    ts_err_t err = open_with(self, &past->options, query->path, &past->live);
    if (err != TS_ERR_OK) {
        ts_xfree(past);
        return err;
    }
    past->options.ledger = past->live->ledger;
    past->live->only = query->segments;
    past->live->only_last = query->last;
    past->live->phase_end = query->last;
    *ret_past = past;
    return TS_ERR_OK;
}

ts_err_t
ts_fold_past_slice(ts_fold_t *past, uint32_t budget, bool *ret_done)
{
    uint32_t used = 0;
    ts_err_t err = ts_folding_slice(past->live, budget, &used);
    *ret_done = err == TS_ERR_OK && used < budget;
    return *ret_done ? ts_folding_commit(past->live) : err;
}

ts_ledger_t *
ts_fold_past_ledger(const ts_fold_t *past)
{
    return past->live->ledger;
}

void
ts_fold_past_end(ts_fold_t **past_p)
{
    ts_fold_t *past = *past_p;
    if (past == NULL) {
        return;
    }
    discard(&past->live);
    ts_msg_free(&past->detail);
    ts_xfree(past);
    *past_p = NULL;
}

/* ---- after a full disk */

void
ts_fold_drop_beside(ts_fold_t *self)
{
    if (self->beside != NULL) {
        ts_ledger_t *ledger = self->beside->ledger;
        ts_folding_destroy(&self->beside);
        ts_ledger_discard(&ledger);
    }
}

/* After a full disk: what is folded and what is known is what the ledger says, from where it goes
 * on. */
ts_err_t
ts_fold_recover(ts_fold_t *self)
{
    if (!self->lost) {
        return TS_ERR_OK;
    }
    ts_ledger_t *ledger = self->live->ledger;
    uint64_t now_s = self->live->now_s;
    bool rebuild = self->live->rebuild_wanted || self->beside != NULL;
    self->changes++;
    ts_fold_drop_beside(self);
    ts_folding_destroy(&self->live);
    self->live = ts_folding_new(&self->options, ledger);
    ts_err_t err = ts_ledger_reload(ledger);
    if (err == TS_ERR_OK) {
        err = ts_folding_load(self->live);
    }
    /* It was the disk: no event is on trial for it. */
    self->live->careful = false;
    self->live->careful_left = 0;
    self->live->trial_event = 0;
    self->live->trial_count = 0;
    self->live->now_s = now_s;
    self->live->rebuild_wanted = self->live->rebuild_wanted || rebuild;
    self->lost = err != TS_ERR_OK;
    return err;
}
