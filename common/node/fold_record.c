/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "core/merge.h"
#include "node/fold_p.h"

#include <stdlib.h>
#include <string.h>

ts_digest_t
ts_event_digest(ts_record_id_t record, uint64_t event, ts_park_t park)
{
    const uint64_t words[] = {record, event, (uint64_t)park};
    ts_digest_t digest = ts_digest_of(words, 3);
    digest.events = 1;
    return digest;
}

/* ---- contributions */

typedef struct work {
    ts_folding_t *folding;
    const ts_event_header_t *header;
    int sign;
    uint32_t line; /* of double entry */
    ts_err_t err;
} work_t;

static void
keep_error(work_t *work, ts_err_t err)
{
    if (work->err == TS_ERR_OK && err != TS_ERR_NOTFOUND) {
        work->err = err;
    }
}

static bool
ask_beneficiary(void *ctx, ts_record_id_t id, ts_born_t *ret_born)
{
    work_t *work = ctx;
    ts_child_t *child = NULL;
    ts_err_t err = ts_folding_child(work->folding, id, &child);
    keep_error(work, err);
    if (err != TS_ERR_OK || !child->exists) {
        return false;
    }
    *ret_born = child->born;
    return true;
}

static bool
ask_donor_class(void *ctx, ts_record_id_t donor, uint8_t *ret_class)
{
    work_t *work = ctx;
    ts_err_t err = ts_ledger_donor_class(work->folding->ledger, donor, ret_class);
    keep_error(work, err);
    return err == TS_ERR_OK;
}

static bool
ask_allocation(void *ctx, ts_record_id_t id, ts_record_id_t *ret_fund)
{
    work_t *work = ctx;
    ts_err_t err = ts_ledger_allocation_fund(work->folding->ledger, id, ret_fund);
    keep_error(work, err);
    return err == TS_ERR_OK;
}

static void
put_cell(void *ctx, const ts_cell_key_t *key, int64_t delta)
{
    work_t *work = ctx;
    ts_ledger_cell_add(work->folding->ledger, key, work->sign * delta);
}

static void
put_fact(void *ctx, const ts_fact_t *fact, int64_t delta)
{
    work_t *work = ctx;
    TS_CHECK(delta == 1);
    ts_child_t *child = NULL;
    keep_error(work, ts_folding_child(work->folding, fact->subject, &child));
    if (work->err == TS_ERR_OK) {
        ts_child_count_fact(work->folding, child, fact, work->sign);
        ts_child_depend(work->folding, child, work->header->kind, work->header->record, work->sign);
    }
}

static void
put_posting(void *ctx, const ts_posting_t *posting)
{
    work_t *work = ctx;
    if (work->err == TS_ERR_OK) {
        work->err = ts_ledger_posting_add(work->folding->ledger, work->header, work->line++,
                                          posting, work->sign);
    }
}

/* Adds (sign 1) or takes away (−1) what a standing record that is not withdrawn says. */
static ts_err_t
contribute(ts_folding_t *self, const ts_event_header_t *header, const void *record, int sign)
{
    work_t work = {self, header, sign, 0, TS_ERR_OK};
    const ts_contribute_refs_t refs = {&work, ask_beneficiary, ask_donor_class, ask_allocation};
    const ts_contribute_out_t out = {&work, put_cell, put_fact, put_posting};
    ts_contribute(self->catalog, header, record, &refs, &out);
    if (work.err == TS_ERR_OK && sign < 0 && work.line > 0) {
        work.err = ts_ledger_postings_remove(self->ledger, header->record);
    }
    return work.err;
}

/* ---- what depends on a record */

typedef struct dependant {
    uint64_t kind;
    ts_record_id_t record;
} dependant_t;

static int
compare_dependants(const void *a, const void *b)
{
    const dependant_t *left = a;
    const dependant_t *right = b;
    if (left->record != right->record) {
        return left->record < right->record ? -1 : 1;
    }
    return (left->kind > right->kind) - (left->kind < right->kind);
}

static ts_err_t
collect_referring(
    ts_folding_t *self, uint32_t kind, const char *field, ts_record_id_t target, ts_buf_t *out)
{
    ts_buf_t records = {0};
    ts_err_t err = ts_ledger_refer(self->ledger, kind, field, target, &records);
    for (size_t at = 0; err == TS_ERR_OK && at < records.length; at += sizeof(uint64_t)) {
        dependant_t dependant = {kind, ts_load_u64(records.data + at)};
        ts_buf_put(out, &dependant, sizeof dependant);
    }
    ts_buf_free(&records);
    return err;
}

/* Records whose contribution asked for this one; each once, in order. */
static ts_err_t
collect_dependants(ts_folding_t *self, uint32_t kind, ts_record_id_t record, ts_buf_t *out)
{
    ts_err_t err = TS_ERR_OK;
    if (kind == self->kinds.beneficiary) {
        ts_child_t *child = NULL;
        err = ts_folding_child(self, record, &child);
        for (size_t i = 0; err == TS_ERR_OK && i < child->dependant_count; i++) {
            dependant_t dependant = {child->kinds[i], child->dependants[i]};
            ts_buf_put(out, &dependant, sizeof dependant);
        }
    } else if (kind == self->kinds.donor) {
        err = collect_referring(self, self->kinds.pledge, "donor_id", record, out);
        if (err == TS_ERR_OK) {
            err = collect_referring(self, self->kinds.receipt, "donor_id", record, out);
        }
    } else if (kind == self->kinds.allocation) {
        err = collect_referring(self, self->kinds.handover, "allocation_far_id", record, out);
        if (err == TS_ERR_OK) {
            err = collect_referring(self, self->kinds.give_back, "allocation_far_id", record, out);
        }
    }
    size_t count = out->length / sizeof(dependant_t);
    if (err != TS_ERR_OK || count == 0) {
        return err;
    }
    qsort(out->data, count, sizeof(dependant_t), compare_dependants);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++) {
        const uint8_t *row = out->data + i * sizeof(dependant_t);
        if (compare_dependants(row, out->data + (kept - 1) * sizeof(dependant_t)) != 0) {
            memmove(out->data + kept++ * sizeof(dependant_t), row, sizeof(dependant_t));
        }
    }
    out->length = kept * sizeof(dependant_t);
    return TS_ERR_OK;
}

static ts_err_t
contribute_dependants(ts_folding_t *self, const ts_buf_t *dependants, int sign)
{
    for (size_t at = 0; at < dependants->length; at += sizeof(dependant_t)) {
        dependant_t dependant;
        memcpy(&dependant, dependants->data + at, sizeof dependant);
        ts_standing_t standing;
        ts_err_t err =
            ts_ledger_record(self->ledger, (uint32_t)dependant.kind, dependant.record, &standing);
        if (err == TS_ERR_OK && !standing.is_void) {
            ts_reread_t event;
            err = ts_folding_reread(self, &standing.place, standing.event, &event);
            if (err == TS_ERR_OK) {
                err = contribute(self, &event.header, event.record, sign);
            }
        }
        if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
            return err;
        }
    }
    return TS_ERR_OK;
}

/* ---- the events of a record */

ts_err_t
ts_folding_members(ts_folding_t *self,
                   uint32_t kind,
                   ts_record_id_t record,
                   ts_standing_t *ret_standing,
                   ts_more_set_t *ret_set)
{
    memset(ret_standing, 0, sizeof *ret_standing);
    ts_err_t err = ts_ledger_record(self->ledger, kind, record, ret_standing);
    if (err == TS_ERR_NOTFOUND) {
        return TS_ERR_OK;
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_more_get(self->ledger, kind, record, ret_set);
    }
    if (err == TS_ERR_OK && ret_set->count == 0) {
        ts_more_t only = {
            .event = ret_standing->event,
            .office = ret_standing->office,
            .author = ret_standing->author,
            .place = ret_standing->place,
            .owner_unit = ret_standing->owner_unit,
            .is_void = ret_standing->is_void,
            .stands = true,
        };
        ts_more_set_add(ret_set, &only);
    }
    return err;
}

static ts_more_t
member_of(const ts_trial_t *trial)
{
    return (ts_more_t){
        .event = trial->at->event,
        .office = trial->at->log->info.office,
        .author = trial->header->author,
        .place = trial->at->place,
        .owner_unit = trial->verdict.owner_unit,
        .is_void = trial->header->voided,
        .stands = true,
    };
}

static ts_err_t
digest_member(ts_folding_t *self, ts_record_id_t record, const ts_more_t *member, bool add)
{
    const ts_fold_log_t *log = NULL;
    ts_err_t err = ts_folding_log_numbered(self, member->place.log, &log);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_digest_t digest = ts_event_digest(record, member->event, TS_PARK_NONE);
    if (!add) {
        digest = (ts_digest_t){-digest.low, -digest.high, -digest.events};
    }
    ts_ledger_digest_add(self->ledger, member->owner_unit, log->info.audience, &digest);
    return TS_ERR_OK;
}

static ts_err_t
put_row(ts_folding_t *self,
        const ts_kind_schema_t *kind,
        const ts_event_header_t *header,
        const void *record,
        const ts_kind_row_t *facts,
        bool *ret_added)
{
    ts_kind_row_t row = *facts;
    row.header = header;
    row.record = record;
    return ts_ledger_row_put(self->ledger, kind, &row, ret_added);
}

/* What a record of this kind stands for beside its row: catalog, child. */
static ts_err_t
announce(ts_folding_t *self, const ts_event_header_t *header, const void *record, bool known)
{
    uint32_t kind = header->kind;
    if (kind == self->kinds.beneficiary) {
        ts_born_t born = header->voided ? (ts_born_t){0} : ts_born_of(record);
        return ts_folding_child_changed(self, header->record, &born);
    }
    if (ts_catalog_holds(kind)) {
        ts_catalog_row_t row = {kind, header->record, header->plan, header->voided ? NULL : record,
                                known};
        return ts_folding_catalog(self, &row);
    }
    return TS_ERR_OK;
}

/* Whatever waits for the record, or names this version of it. */
static ts_err_t
wake(ts_folding_t *self, uint32_t kind, ts_record_id_t record)
{
    ts_err_t err = ts_ledger_wake(self->ledger, kind, record);
    if (err == TS_ERR_OK) {
        err = ts_ledger_wake(self->ledger, 0, record);
    }
    ts_buf_t approvals = {0};
    if (err == TS_ERR_OK) {
        err = ts_ledger_watch_get(self->ledger, record, &approvals);
    }
    for (size_t at = 0; err == TS_ERR_OK && at < approvals.length; at += sizeof(uint64_t)) {
        ts_record_id_t approval = ts_load_u64(approvals.data + at);
        err = ts_ledger_watch_remove(self->ledger, record, approval);
        ts_folding_ask_again(self, self->kinds.approval, approval);
    }
    ts_buf_free(&approvals);
    return err;
}

/* What every event does once when it begins to count. */
static ts_err_t
welcome(ts_folding_t *self, const ts_trial_t *trial)
{
    const ts_event_header_t *header = trial->header;
    ts_ledger_total_add(self->ledger, TS_TOTAL_EVENTS, 1);
    ts_err_t err = TS_ERR_OK;
    if (header->row_key[0] != '\0') {
        err = ts_ledger_import_put(self->ledger, header->kind, trial->at->log->info.office,
                                   header->row_key, trial->at->event, header->record);
    }
    if (err == TS_ERR_OK) {
        err = wake(self, header->kind, header->record);
    }
    if (err == TS_ERR_OK) {
        err = ts_folding_tell(self, trial);
    }
    if (err == TS_ERR_OK && !self->beside && self->options->seen != NULL) {
        self->options->seen(self->options->ctx, &trial->at->log->info, header, trial->record);
    }
    return err;
}

/* The first event of a record that counts; its row is written. */
static ts_err_t
begin_record(ts_folding_t *self, const ts_trial_t *trial)
{
    const ts_event_header_t *header = trial->header;
    ts_more_t member = member_of(trial);
    ts_err_t err = TS_ERR_OK;
    if (header->revises_count > 0) {
        member.revises = ts_xmemdup(header->revises, header->revises_count * sizeof(uint64_t));
        member.revise_count = header->revises_count;
        err = ts_ledger_more_put(self->ledger, header->kind, header->record, &member);
        ts_xfree(member.revises);
    }
    if (err == TS_ERR_OK) {
        err = digest_member(self, header->record, &member, true);
    }
    if (err == TS_ERR_OK) {
        err = announce(self, header, trial->record, false);
    }
    if (err == TS_ERR_OK && !header->voided) {
        ts_ledger_total_add(self->ledger, TS_TOTAL_RECORDS, 1);
        err = contribute(self, header, trial->record, 1);
    }
    return err == TS_ERR_OK ? welcome(self, trial) : err;
}

/* ---- a set of events becomes another one */

typedef struct reshape {
    const ts_kind_schema_t *kind;
    ts_record_id_t record;
    ts_standing_t before;
    ts_more_set_t *after;     /* with depth and stands of before */
    const ts_trial_t *trial;  /* the event that comes in; NULL: one went */
    bool stored;              /* further events of the record are stored already */
    ts_merge_event_t *merged; /* beside after */
    ts_merge_state_t state;
} reshape_t;

static void
merge_set(reshape_t *shape)
{
    shape->merged = ts_xcalloc(shape->after->count, sizeof *shape->merged);
    for (size_t i = 0; i < shape->after->count; i++) {
        const ts_more_t *row = &shape->after->rows[i];
        shape->merged[i] = (ts_merge_event_t){.event = row->event,
                                              .revises = row->revises,
                                              .revise_count = row->revise_count,
                                              .is_void = row->is_void};
    }
    shape->state = ts_merge(shape->merged, shape->after->count);
}

static ts_err_t
update_members(ts_folding_t *self, reshape_t *shape)
{
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < shape->after->count; i++) {
        ts_more_t *row = &shape->after->rows[i];
        const ts_merge_event_t *now = &shape->merged[i];
        bool is_new = shape->trial != NULL && row->event == shape->trial->at->event;
        bool stood = row->stands && !is_new;
        bool changed = row->depth != now->depth || row->stands != now->stands;
        row->depth = now->depth;
        row->stands = now->stands;
        if (changed || is_new || !shape->stored) {
            err = ts_ledger_more_put(self->ledger, shape->kind->kind, shape->record, row);
        }
        if (err == TS_ERR_OK && stood != row->stands) {
            err = digest_member(self, shape->record, row, row->stands);
        }
    }
    return err;
}

static ts_kind_row_t
row_facts(const reshape_t *shape)
{
    const ts_more_t *first = &shape->after->rows[shape->state.first];
    return (ts_kind_row_t){
        .event = first->event,
        .office = first->office,
        .place = first->place,
        .owner_unit = first->owner_unit,
        .events = (uint32_t)shape->after->count,
        .depth = first->depth,
        .conflict = shape->state.standing > 1,
    };
}

static ts_err_t
take_out_shown(ts_folding_t *self, const reshape_t *shape)
{
    ts_err_t err = TS_ERR_OK;
    if (!shape->before.is_void) {
        ts_reread_t old;
        err = ts_folding_reread(self, &shape->before.place, shape->before.event, &old);
        if (err == TS_ERR_OK) {
            err = contribute(self, &old.header, old.record, -1);
        }
        ts_ledger_total_add(self->ledger, TS_TOTAL_RECORDS, -1);
    }
    return err == TS_ERR_OK ? ts_ledger_row_remove(self->ledger, shape->kind->kind, shape->record)
                            : err;
}

static ts_err_t
put_in_shown(ts_folding_t *self, const reshape_t *shape)
{
    const ts_more_t *first = &shape->after->rows[shape->state.first];
    ts_reread_t other;
    const ts_event_header_t *header;
    const void *record;
    if (shape->trial != NULL && shape->trial->at->event == first->event) {
        header = shape->trial->header;
        record = shape->trial->record;
    } else {
        ts_err_t err = ts_folding_reread(self, &first->place, first->event, &other);
        if (err != TS_ERR_OK) {
            return err;
        }
        header = &other.header;
        record = other.record;
    }
    ts_kind_row_t facts = row_facts(shape);
    bool added = false;
    ts_err_t err = put_row(self, shape->kind, header, record, &facts, &added);
    TS_CHECK(err != TS_ERR_OK || added);
    if (err == TS_ERR_OK) {
        err = announce(self, header, record, true);
    }
    if (err == TS_ERR_OK && !header->voided) {
        ts_ledger_total_add(self->ledger, TS_TOTAL_RECORDS, 1);
        err = contribute(self, header, record, 1);
    }
    return err;
}

/* Another event is shown: what the old one said is taken away, what the new one says is added, and
 * so is done with all that asked for this record. */
static ts_err_t
replace_shown(ts_folding_t *self, const reshape_t *shape)
{
    ts_buf_t dependants = {0};
    ts_err_t err = collect_dependants(self, shape->kind->kind, shape->record, &dependants);
    if (err == TS_ERR_OK) {
        err = contribute_dependants(self, &dependants, -1);
    }
    if (err == TS_ERR_OK) {
        err = take_out_shown(self, shape);
    }
    if (err == TS_ERR_OK) {
        err = put_in_shown(self, shape);
    }
    if (err == TS_ERR_OK) {
        err = contribute_dependants(self, &dependants, 1);
    }
    ts_buf_free(&dependants);
    return err;
}

static ts_err_t
reshape_record(ts_folding_t *self, reshape_t *shape)
{
    merge_set(shape);
    ts_err_t err = update_members(self, shape);
    bool conflict = shape->state.standing > 1;
    ts_ledger_total_add(self->ledger, TS_TOTAL_CONFLICTS,
                        (conflict ? 1 : 0) - (shape->before.conflict ? 1 : 0));
    const ts_more_t *first = &shape->after->rows[shape->state.first];
    if (err == TS_ERR_OK && first->event != shape->before.event) {
        err = replace_shown(self, shape);
    } else if (err == TS_ERR_OK) {
        err = ts_ledger_row_state(self->ledger, shape->kind->kind, shape->record,
                                  (uint32_t)shape->after->count, first->depth, conflict);
    }
    if (err == TS_ERR_OK && conflict && !shape->before.conflict && shape->trial != NULL) {
        err = ts_folding_tell_conflict(self, shape->trial);
    }
    ts_xfree(shape->merged);
    shape->merged = NULL;
    return err;
}

/* ---- in */

/* One more event of a record that is there. */
static ts_err_t
join_record(ts_folding_t *self,
            const ts_trial_t *trial,
            const ts_standing_t *standing,
            ts_more_set_t *set,
            bool stored)
{
    ts_more_t member = member_of(trial);
    member.revises =
        ts_xmemdup(trial->header->revises, trial->header->revises_count * sizeof(uint64_t));
    member.revise_count = trial->header->revises_count;
    ts_more_set_add(set, &member);
    ts_xfree(member.revises);
    reshape_t shape = {.kind = trial->kind,
                       .record = trial->header->record,
                       .before = *standing,
                       .after = set,
                       .trial = trial,
                       .stored = stored};
    ts_err_t err = reshape_record(self, &shape);
    return err == TS_ERR_OK ? welcome(self, trial) : err;
}

static ts_err_t
add_to_known(ts_folding_t *self, const ts_trial_t *trial)
{
    ts_standing_t standing;
    ts_more_set_t set = {0};
    ts_err_t err =
        ts_ledger_record(self->ledger, trial->header->kind, trial->header->record, &standing);
    if (err == TS_ERR_OK) {
        err = ts_ledger_more_get(self->ledger, trial->header->kind, trial->header->record, &set);
    }
    bool stored = set.count > 0;
    ts_more_set_free(&set);
    if (err == TS_ERR_OK) {
        err = ts_folding_members(self, trial->header->kind, trial->header->record, &standing, &set);
    }
    const ts_more_t *member = NULL;
    for (size_t i = 0; err == TS_ERR_OK && i < set.count; i++) {
        if (set.rows[i].event == trial->at->event) {
            member = &set.rows[i];
        }
    }
    if (err == TS_ERR_OK && member != NULL) {
        err = ts_folding_accept_known(self, trial, &standing, member, !stored);
    } else if (err == TS_ERR_OK && set.count >= TS_MERGE_EVENTS_MAX) {
        ts_trial_t refused = *trial;
        refused.verdict = (ts_verdict_t){.park = TS_PARK_INVALID};
        err = ts_folding_park(self, &refused);
    } else if (err == TS_ERR_OK) {
        err = join_record(self, trial, &standing, &set, stored);
    }
    ts_more_set_free(&set);
    return err;
}

/* Records may have named this one before it came: what they said without it is said anew. */
static ts_err_t
begin_expected(ts_folding_t *self, const ts_trial_t *trial, const ts_kind_row_t *facts)
{
    ts_buf_t dependants = {0};
    bool added = false;
    ts_err_t err =
        collect_dependants(self, trial->header->kind, trial->header->record, &dependants);
    if (err == TS_ERR_OK) {
        err = contribute_dependants(self, &dependants, -1);
    }
    if (err == TS_ERR_OK) {
        err = put_row(self, trial->kind, trial->header, trial->record, facts, &added);
    }
    if (err == TS_ERR_OK) {
        err = begin_record(self, trial);
    }
    if (err == TS_ERR_OK) {
        err = contribute_dependants(self, &dependants, 1);
    }
    ts_buf_free(&dependants);
    return err;
}

/* A record that is not there yet and that others may have asked for. */
static ts_err_t
is_expected(ts_folding_t *self, const ts_event_header_t *header, bool *ret_expected)
{
    if (header->kind == self->kinds.beneficiary) {
        ts_child_t *child = NULL;
        ts_err_t err = ts_folding_child(self, header->record, &child);
        *ret_expected = err == TS_ERR_OK && !child->exists && child->dependant_count > 0;
        return err;
    }
    if (header->kind == self->kinds.donor || header->kind == self->kinds.allocation) {
        ts_standing_t standing;
        ts_err_t err = ts_ledger_record(self->ledger, header->kind, header->record, &standing);
        *ret_expected = err == TS_ERR_NOTFOUND;
        return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    return TS_ERR_OK;
}

ts_err_t
ts_folding_add(ts_folding_t *self, const ts_trial_t *trial)
{
    ts_kind_row_t facts = {
        .event = trial->at->event,
        .office = trial->at->log->info.office,
        .place = trial->at->place,
        .owner_unit = trial->verdict.owner_unit,
        .events = 1,
    };
    bool expected = false;
    ts_err_t err = is_expected(self, trial->header, &expected);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (expected) {
        return begin_expected(self, trial, &facts);
    }
    bool added = false;
    err = put_row(self, trial->kind, trial->header, trial->record, &facts, &added);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_folding_know(self, trial->header->kind, trial->header->record);
    return added ? begin_record(self, trial) : add_to_known(self, trial);
}

/* ---- out */

/* The record has no event left that counts; `for_good`: whatever names it must be asked again. */
static ts_err_t
end_record(ts_folding_t *self, uint32_t kind, const ts_standing_t *standing, bool for_good)
{
    reshape_t shape = {.kind = ts_schema_kind(self->options->schema, kind),
                       .record = standing->record,
                       .before = *standing};
    ts_buf_t dependants = {0};
    ts_folding_unknow(self, kind, standing->record);
    ts_err_t err = collect_dependants(self, kind, standing->record, &dependants);
    if (err == TS_ERR_OK) {
        err = contribute_dependants(self, &dependants, -1);
    }
    if (err == TS_ERR_OK) {
        err = take_out_shown(self, &shape);
    }
    if (err == TS_ERR_OK && kind == self->kinds.beneficiary) {
        err = ts_folding_child_changed(self, standing->record, NULL);
    }
    if (err == TS_ERR_OK && ts_catalog_holds(kind)) {
        ts_catalog_row_t row = {kind, standing->record, standing->plan, NULL, true};
        err = ts_folding_catalog(self, &row);
    }
    if (err == TS_ERR_OK) {
        err = contribute_dependants(self, &dependants, 1);
    }
    if (err == TS_ERR_OK && for_good) {
        err = ts_ledger_redo_all(self->ledger);
    }
    ts_buf_free(&dependants);
    return err;
}

/* Approvals of this record may name the version that is going. */
static ts_err_t
ask_approvals(ts_folding_t *self, ts_record_id_t record)
{
    ts_buf_t approvals = {0};
    ts_err_t err =
        ts_ledger_refer(self->ledger, self->kinds.approval, "target", record, &approvals);
    for (size_t at = 0; err == TS_ERR_OK && at < approvals.length; at += sizeof(uint64_t)) {
        ts_folding_ask_again(self, self->kinds.approval, ts_load_u64(approvals.data + at));
    }
    ts_buf_free(&approvals);
    return err == TS_ERR_OK ? ts_ledger_wake_kind(self->ledger, self->kinds.approval) : err;
}

ts_err_t
ts_folding_take_back(
    ts_folding_t *self, uint32_t kind, ts_record_id_t record, uint64_t event, bool for_good)
{
    ts_standing_t standing;
    ts_more_set_t set = {0};
    ts_err_t err = ts_folding_members(self, kind, record, &standing, &set);
    size_t at = 0;
    while (at < set.count && set.rows[at].event != event) {
        at++;
    }
    TS_CHECK(err != TS_ERR_OK || at < set.count);
    ts_reread_t gone;
    if (err == TS_ERR_OK) {
        err = ts_folding_reread(self, &set.rows[at].place, event, &gone);
    }
    if (err == TS_ERR_OK && gone.header.row_key[0] != '\0') {
        err = ts_ledger_import_remove(self->ledger, kind, set.rows[at].office, gone.header.row_key,
                                      event);
    }
    if (err == TS_ERR_OK && for_good) {
        err = ts_folding_tell_gone(self, &gone);
    }
    if (err == TS_ERR_OK && set.rows[at].stands) {
        err = digest_member(self, record, &set.rows[at], false);
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_more_remove(self->ledger, kind, record, event);
    }
    if (err == TS_ERR_OK) {
        ts_ledger_total_add(self->ledger, TS_TOTAL_EVENTS, -1);
        ts_xfree(set.rows[at].revises);
        memmove(&set.rows[at], &set.rows[at + 1], (set.count - at - 1) * sizeof *set.rows);
        set.count--;
        reshape_t shape = {.kind = ts_schema_kind(self->options->schema, kind),
                           .record = record,
                           .before = standing,
                           .after = &set,
                           .stored = true};
        err = set.count > 0 ? reshape_record(self, &shape)
                            : end_record(self, kind, &standing, for_good);
    }
    if (err == TS_ERR_OK) {
        err = ask_approvals(self, record);
    }
    ts_more_set_free(&set);
    return err;
}
