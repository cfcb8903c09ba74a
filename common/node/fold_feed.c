/* SPDX-License-Identifier: MPL-2.0 */
#include "core/business.h"
#include "node/fold_p.h"

static ts_err_t
tell(ts_folding_t *self,
     const ts_event_header_t *header,
     const void *record,
     uint64_t event,
     const char *change)
{
    ts_business_t business;
    if (!ts_business_of(header, record, &business)) {
        return TS_ERR_OK;
    }
    uint8_t donor_class = 0;
    if (business.donor != 0) {
        ts_err_t err = ts_ledger_donor_class(self->ledger, business.donor, &donor_class);
        if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
            return err;
        }
    }
    ts_feed_row_t row = {
        .kind = business.kind,
        .change = change,
        .record = header->record,
        .unit = business.unit,
        .plan = header->plan,
        .line = business.line,
        .period = business.period,
        .body = business.body,
        .day = header->occurred_on,
        .quantity = business.quantity,
        .unit_of_measure = business.unit_of_measure,
        .value_vnd = business.value_vnd,
        .children = business.children,
        .donor_class = donor_class,
        .time_s = self->now_s,
        .event = event,
    };
    return ts_ledger_feed_add(self->ledger, &row);
}

ts_err_t
ts_folding_tell(ts_folding_t *self, const ts_trial_t *trial)
{
    if (!ts_ledger_has_feed(self->ledger)) {
        return TS_ERR_OK;
    }
    return tell(self, trial->header, trial->record, trial->at->event,
                ts_business_change(trial->header));
}

/* A ledger beside sees events in another order: who made the conflict is not told anew. */
ts_err_t
ts_folding_tell_conflict(ts_folding_t *self, const ts_trial_t *trial)
{
    if (!ts_ledger_has_feed(self->ledger) || self->beside) {
        return TS_ERR_OK;
    }
    return tell(self, trial->header, trial->record, trial->at->event, "conflict");
}

ts_err_t
ts_folding_tell_gone(ts_folding_t *self, const ts_reread_t *event)
{
    if (!ts_ledger_has_feed(self->ledger) || self->beside) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_ledger_feed_again(self->ledger, event->at.event);
    return err == TS_ERR_OK ? tell(self, &event->header, event->record, event->at.event, "voided")
                            : err;
}
