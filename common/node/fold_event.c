/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "core/envelope.h"
#include "node/fold_p.h"

#include <string.h>

/* A record whose verdict depends on what the event under trial changed. No padding. */
typedef struct ask {
    uint64_t kind;
    ts_record_id_t record;
} ask_t;

void
ts_folding_ask_again(ts_folding_t *self, uint32_t kind, ts_record_id_t record)
{
    ask_t ask = {kind, record};
    ts_buf_put(&self->ask_again, &ask, sizeof ask);
}

/* ---- judging */

typedef struct exists_ctx {
    ts_folding_t *folding;
    ts_err_t err;
} exists_ctx_t;

static size_t
known_slot(ts_record_id_t record)
{
    return (size_t)((record * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % TS_KNOWN_COUNT;
}

static bool
is_known(const ts_folding_t *self, uint32_t kind, ts_record_id_t record)
{
    const ts_known_t *known = self->known == NULL ? NULL : &self->known[known_slot(record)];
    return known != NULL && known->record == record && known->kind == kind;
}

void
ts_folding_know(ts_folding_t *self, uint32_t kind, ts_record_id_t record)
{
    if (self->known == NULL) {
        self->known = ts_xcalloc(TS_KNOWN_COUNT, sizeof *self->known);
    }
    self->known[known_slot(record)] = (ts_known_t){record, kind};
}

void
ts_folding_unknow(ts_folding_t *self, uint32_t kind, ts_record_id_t record)
{
    if (is_known(self, kind, record)) {
        self->known[known_slot(record)] = (ts_known_t){0, 0};
    }
}

static bool
exists(void *ctx, uint32_t kind, ts_record_id_t id)
{
    exists_ctx_t *self = ctx;
    if (self->err != TS_ERR_OK) {
        return false;
    }
    if (kind == self->folding->kinds.beneficiary) {
        ts_child_t *child = NULL;
        self->err = ts_folding_child(self->folding, id, &child);
        return self->err == TS_ERR_OK && child->exists;
    }
    if (is_known(self->folding, kind, id)) {
        return true;
    }
    ts_standing_t standing;
    ts_err_t err = ts_ledger_record(self->folding->ledger, kind, id, &standing);
    if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
        self->err = err;
    }
    if (err == TS_ERR_OK && kind != 0) {
        ts_folding_know(self->folding, kind, id);
    }
    return err == TS_ERR_OK;
}

/* Who wrote the version that an approval names. */
static ts_err_t
find_target(ts_folding_t *self, const ts_trial_t *trial, ts_permit_input_t *input)
{
    ts_approval_target_t target = ts_approval_target(trial->record);
    const ts_kind_schema_t *kind = ts_schema_named(self->options->schema, target.kind);
    if (kind == NULL) {
        return TS_ERR_OK;
    }
    ts_standing_t standing;
    ts_more_set_t set = {0};
    ts_err_t err = ts_folding_members(self, kind->kind, target.record, &standing, &set);
    for (size_t i = 0; err == TS_ERR_OK && i < set.count; i++) {
        if (set.rows[i].event == target.event) {
            input->target_known = true;
            input->target_office = set.rows[i].office;
            input->target_author = set.rows[i].author;
        }
    }
    ts_more_set_free(&set);
    return err;
}

/* Beside the chains that these tips end (a fork of a log whose key was stolen) nothing counts. */
static ts_err_t
find_off(ts_folding_t *self,
         const ts_trial_t *trial,
         const ts_permit_input_t *input,
         const ts_tip_t *tips,
         size_t count,
         bool *ret_off)
{
    bool off = false;
    for (size_t i = 0; i < count; i++) {
        const ts_tip_t *tip = &tips[i];
        if (!ts_hash_equal(&tip->log, &input->log->log) || input->seq > tip->seq) {
            continue;
        }
        bool on = true;
        ts_err_t err =
            ts_custody_on_chain(self->options->custody, &trial->at->segment, &tip->hash, &on);
        /* A tip that is not here says nothing yet about branches: its number alone counts. */
        if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
            return err;
        }
        /* A log that was forked has a tip for each branch: being on one of them is enough. */
        if (err == TS_ERR_NOTFOUND || on) {
            return TS_ERR_OK;
        }
        off = true;
    }
    *ret_off = *ret_off || off;
    return TS_ERR_OK;
}

static ts_err_t
find_chain(ts_folding_t *self, const ts_trial_t *trial, ts_permit_input_t *input)
{
    const ts_office_t *office = ts_catalog_office(self->catalog, input->log->office);
    bool off = false;
    ts_err_t err = TS_ERR_OK;
    if (input->seq == UINT64_MAX) {
        return TS_ERR_OK;
    }
    if (input->log->purpose == TS_PURPOSE_REGISTRY) {
        size_t position = 0;
        const ts_tip_t *tips = NULL;
        size_t count = 0;
        while (err == TS_ERR_OK &&
               ts_catalog_registrar_cut(self->catalog, input->log->registrar_serial, &position,
                                        &tips, &count)) {
            err = find_off(self, trial, input, tips, count, &off);
        }
    } else if (office != NULL && office->cut_off) {
        err = find_off(self, trial, input, office->cut_tips, office->cut_tip_count, &off);
    }
    input->off_cut_chain = off;
    return err;
}

ts_err_t
ts_folding_judge(ts_folding_t *self, ts_trial_t *trial)
{
    ts_permit_input_t input = {
        .header = trial->header,
        .record = trial->record,
        .schema = trial->kind,
        .event = trial->at->event,
        .log = &trial->at->log->info,
        .seq = trial->at->place.arrival == 0 ? UINT64_MAX : trial->at->place.position,
    };
    ts_err_t err = find_chain(self, trial, &input);
    bool approves = trial->record != NULL && trial->header->kind == self->kinds.approval;
    if (err == TS_ERR_OK && approves) {
        err = find_target(self, trial, &input);
        trial->watch = input.target_known ? 0 : ts_approval_target(trial->record).record;
    }
    exists_ctx_t ctx = {self, err};
    trial->verdict = ts_permit(self->catalog, &input, exists, &ctx);
    return ctx.err;
}

/* ---- parking */

static bool
same_place(const ts_place_t *a, const ts_place_t *b)
{
    return a->log == b->log && a->arrival == b->arrival && a->position == b->position;
}

static ts_err_t
digest_parked(ts_folding_t *self, const ts_parked_t *parked, bool add)
{
    const ts_fold_log_t *log = NULL;
    ts_err_t err = ts_folding_log_numbered(self, parked->place.log, &log);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_digest_t digest = ts_event_digest(parked->record, parked->event, parked->reason);
    if (!add) {
        digest = (ts_digest_t){-digest.low, -digest.high, -digest.events};
    }
    ts_ledger_digest_add(self->ledger, parked->owner_unit, log->info.audience, &digest);
    return TS_ERR_OK;
}

static ts_err_t
unpark_row(ts_folding_t *self, const ts_parked_t *parked)
{
    ts_err_t err = ts_ledger_parked_remove(self->ledger, parked);
    return err == TS_ERR_OK ? digest_parked(self, parked, false) : err;
}

/* Rows of the event: the one of this place (or of the tail that was sealed here) goes; `others`
 * says what happens to the rest. */
static ts_err_t
unpark(ts_folding_t *self, const ts_trial_t *trial, bool accepted, bool *ret_was_parked)
{
    ts_buf_t rows = {0};
    ts_err_t err = ts_ledger_parked_of(self->ledger, trial->at->event, &rows);
    *ret_was_parked = rows.length > 0;
    for (size_t at = 0; err == TS_ERR_OK && at < rows.length; at += sizeof(ts_parked_t)) {
        ts_parked_t parked;
        memcpy(&parked, rows.data + at, sizeof parked);
        bool this_one = same_place(&parked.place, &trial->at->place) ||
                        (parked.place.arrival == 0 && trial->at->place.arrival != 0);
        if (this_one || accepted) {
            err = unpark_row(self, &parked);
        }
        if (err == TS_ERR_OK && accepted && !this_one && parked.place.arrival != 0) {
            err = ts_ledger_also_put(self->ledger, parked.event, &parked.place);
        }
    }
    ts_buf_free(&rows);
    return err;
}

static ts_err_t
park_row(ts_folding_t *self, const ts_trial_t *trial)
{
    ts_parked_t parked = {
        .event = trial->at->event,
        .kind = trial->header->kind,
        .record = trial->header->record,
        .office = trial->at->log->info.office,
        .place = trial->at->place,
        .reason = trial->verdict.park,
        .waits_kind = trial->verdict.waits_kind,
        .waits_for = trial->verdict.waits_for,
        .owner_unit = trial->verdict.owner_unit,
        .rules = TS_RULES_VERSION,
    };
    char *why = trial->why == NULL || trial->why->id == NULL
                    ? NULL
                    : ts_msg_fill(trial->why, trial->why->id);
    ts_err_t err = ts_ledger_parked_add(self->ledger, &parked, why);
    ts_xfree(why);
    return err == TS_ERR_OK ? digest_parked(self, &parked, true) : err;
}

/* Another place of the event under trial, and what is said about it there. */
typedef struct other {
    ts_occurrence_t at;
    ts_trial_t trial;
} other_t;

static ts_err_t
judge_other(ts_folding_t *self, const ts_trial_t *trial, const ts_place_t *place, other_t *other)
{
    other->at =
        (ts_occurrence_t){.bytes = trial->at->bytes, .event = trial->at->event, .place = *place};
    other->trial = *trial;
    other->trial.at = &other->at;
    ts_err_t err = ts_folding_log_numbered(self, place->log, &other->at.log);
    if (err == TS_ERR_OK) {
        err = ts_fold_source_open(self, &self->behind, place->arrival);
    }
    if (err == TS_ERR_OK) {
        other->at.segment = self->behind.stored.hash;
        err = ts_folding_judge(self, &other->trial);
    }
    return err;
}

/* Of two places of one event the one that every store prefers: smaller log, then smaller number. */
static bool
preferred(const ts_occurrence_t *a, const ts_occurrence_t *b)
{
    int order = ts_hash_compare(&a->log->info.log, &b->log->info.log);
    return order < 0 || (order == 0 && a->place.position < b->place.position);
}

static ts_err_t
count_elsewhere(ts_folding_t *self, const ts_trial_t *trial, const other_t *other)
{
    ts_err_t err = ts_ledger_also_remove(self->ledger, trial->at->event, &other->at.place);
    if (err == TS_ERR_OK) {
        err = ts_folding_add(self, &other->trial);
    }
    if (err == TS_ERR_OK && trial->at->place.arrival != 0) {
        err = ts_ledger_also_put(self->ledger, trial->at->event, &trial->at->place);
    }
    return err;
}

/* The event counted at this very place: it stops counting, unless another place of it is good. */
static ts_err_t
lose(ts_folding_t *self, const ts_trial_t *trial)
{
    ts_buf_t places = {0};
    ts_err_t err = ts_ledger_also_get(self->ledger, trial->at->event, &places);
    size_t count = places.length / sizeof(ts_place_t);
    other_t *others = ts_xcalloc(count, sizeof *others);
    const other_t *best = NULL;
    for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
        ts_place_t place;
        memcpy(&place, places.data + i * sizeof place, sizeof place);
        err = judge_other(self, trial, &place, &others[i]);
        if (others[i].trial.verdict.park == TS_PARK_NONE &&
            (best == NULL || preferred(&others[i].at, &best->at))) {
            best = &others[i];
        }
    }
    if (err == TS_ERR_OK) {
        err = ts_folding_take_back(self, trial->header->kind, trial->header->record,
                                   trial->at->event, best == NULL);
    }
    if (err == TS_ERR_OK && best != NULL) {
        err = count_elsewhere(self, trial, best);
    } else if (err == TS_ERR_OK) {
        err = park_row(self, trial);
        for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
            err = ts_ledger_also_remove(self->ledger, trial->at->event, &others[i].at.place);
            if (err == TS_ERR_OK) {
                err = park_row(self, &others[i].trial);
            }
        }
    }
    ts_xfree(others);
    ts_buf_free(&places);
    return err;
}

static const ts_more_t *
find_member(const ts_more_set_t *set, uint64_t event)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->rows[i].event == event) {
            return &set->rows[i];
        }
    }
    return NULL;
}

ts_err_t
ts_folding_park(ts_folding_t *self, const ts_trial_t *trial)
{
    ts_standing_t standing;
    ts_more_set_t set = {0};
    ts_err_t err = TS_ERR_OK;
    if (trial->kind != NULL) {
        err = ts_folding_members(self, trial->header->kind, trial->header->record, &standing, &set);
    }
    const ts_more_t *member = find_member(&set, trial->at->event);
    ts_place_t place = member == NULL ? (ts_place_t){0} : member->place;
    bool is_member = member != NULL;
    ts_more_set_free(&set);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (is_member && (same_place(&place, &trial->at->place) || place.arrival == 0)) {
        return lose(self, trial);
    }
    if (is_member) {
        return trial->at->place.arrival == 0
                   ? TS_ERR_OK
                   : ts_ledger_also_put(self->ledger, trial->at->event, &trial->at->place);
    }
    bool was_parked;
    err = unpark(self, trial, false, &was_parked);
    return err == TS_ERR_OK ? park_row(self, trial) : err;
}

/* ---- accepting */

/* The event counts already, and is accepted once more: at the same place nothing happens; where its
 * tail was sealed the place is filled in; of two places in logs the one of the smaller log and
 * number is kept, so that all stores keep the same. */
ts_err_t
ts_folding_accept_known(ts_folding_t *self,
                        const ts_trial_t *trial,
                        const ts_standing_t *standing,
                        const ts_more_t *member,
                        bool single)
{
    const ts_place_t *place = &trial->at->place;
    bool sealed_now = member->place.arrival == 0 && place->arrival != 0;
    bool same = same_place(&member->place, place);
    const ts_fold_log_t *log = NULL;
    ts_err_t err = ts_folding_log_numbered(self, member->place.log, &log);
    if (err != TS_ERR_OK) {
        return err;
    }
    bool again = member->owner_unit != trial->verdict.owner_unit && (same || sealed_now);
    if (!same && !sealed_now) {
        if (place->arrival == 0 || member->place.arrival == 0) {
            return TS_ERR_OK;
        }
        const ts_occurrence_t kept = {.log = log, .place = member->place};
        if (!preferred(trial->at, &kept)) {
            return ts_ledger_also_put(self->ledger, trial->at->event, place);
        }
        err = ts_ledger_also_put(self->ledger, trial->at->event, &member->place);
        if (err == TS_ERR_OK) {
            err = ts_ledger_also_remove(self->ledger, trial->at->event, place);
        }
        again = true;
    }
    if (err == TS_ERR_OK && again) {
        err = ts_folding_take_back(self, trial->header->kind, trial->header->record,
                                   trial->at->event, false);
        return err == TS_ERR_OK ? ts_folding_add(self, trial) : err;
    }
    if (err == TS_ERR_OK && sealed_now && standing->event == member->event) {
        err = ts_ledger_row_place(self->ledger, trial->header->kind, trial->header->record, place);
    }
    if (err == TS_ERR_OK && sealed_now && !single) {
        ts_more_t moved = *member;
        moved.place = *place;
        err = ts_ledger_more_put(self->ledger, trial->header->kind, trial->header->record, &moved);
    }
    return err;
}

static ts_err_t
accept(ts_folding_t *self, ts_trial_t *trial)
{
    bool was_parked = false;
    ts_err_t err = unpark(self, trial, true, &was_parked);
    if (err == TS_ERR_OK && was_parked) {
        err = ts_ledger_feed_again(self->ledger, trial->at->event);
    }
    if (err == TS_ERR_OK) {
        err = ts_folding_add(self, trial);
    }
    /* It may have been parked at places that are good by now, and one of these may be the preferred
     * one. */
    ts_buf_t places = {0};
    if (err == TS_ERR_OK && was_parked) {
        err = ts_ledger_also_get(self->ledger, trial->at->event, &places);
    }
    for (size_t at = 0; err == TS_ERR_OK && at < places.length; at += sizeof(ts_place_t)) {
        ts_place_t place;
        memcpy(&place, places.data + at, sizeof place);
        other_t other;
        err = judge_other(self, trial, &place, &other);
        if (err == TS_ERR_OK && other.trial.verdict.park == TS_PARK_NONE) {
            err = ts_folding_add(self, &other.trial);
        }
    }
    ts_buf_free(&places);
    return err;
}

/* ---- one event */

static ts_err_t
settle(ts_folding_t *self, ts_trial_t *trial)
{
    return trial->verdict.park == TS_PARK_NONE ? accept(self, trial) : ts_folding_park(self, trial);
}

static ts_err_t
fold_one(ts_folding_t *self, const ts_occurrence_t *at)
{
    ts_event_header_t header;
    memset(&header, 0, sizeof header);
    header.reason = "";
    header.row_key = "";
    ts_trial_t trial = {.at = at, .header = &header};
    if (ts_ledger_crashed(self->ledger, at->event)) {
        trial.verdict.park = TS_PARK_CRASHED;
        return settle(self, &trial);
    }
    ts_err_t err = ts_event_decode(self->decoder, at->bytes, &header, &trial.kind, &trial.record);
    if (err == TS_ERR_UNKNOWN && !header.must_understand) {
        return TS_ERR_OK; /* kept in custody, unread */
    }
    if (err == TS_ERR_OK) {
        err = ts_folding_judge(self, &trial);
        if (err == TS_ERR_OK && trial.watch != 0) {
            err = ts_ledger_watch_put(self->ledger, trial.watch, header.record);
        }
        return err == TS_ERR_OK ? settle(self, &trial) : err;
    }
    ts_msg_t why = {0};
    ts_event_decoder_why(self->decoder, &why);
    trial.kind = NULL;
    trial.record = NULL;
    trial.why = &why;
    trial.verdict.park = err == TS_ERR_UNKNOWN ? TS_PARK_UNKNOWN_KIND : TS_PARK_UNREADABLE;
    err = settle(self, &trial);
    ts_msg_free(&why);
    return err;
}

/* Every place at which this record's events stand or are parked is asked again. */
static ts_err_t
ask_record(ts_folding_t *self, const ask_t *ask)
{
    ts_standing_t standing;
    ts_more_set_t set = {0};
    ts_err_t err = ts_folding_members(self, (uint32_t)ask->kind, ask->record, &standing, &set);
    for (size_t i = 0; err == TS_ERR_OK && i < set.count; i++) {
        ts_occurrence_t at;
        err = ts_folding_find(self, &set.rows[i].place, set.rows[i].event, &at);
        if (err == TS_ERR_OK) {
            err = fold_one(self, &at);
        }
    }
    ts_more_set_free(&set);
    return err;
}

ts_err_t
ts_folding_event(ts_folding_t *self, const ts_occurrence_t *at)
{
    ts_err_t err = TS_ERR_OK;
    if (self->careful) {
        err = ts_folding_try(self, at->event);
    }
    if (err == TS_ERR_OK) {
        err = fold_one(self, at);
    }
    for (size_t next = 0; err == TS_ERR_OK && next < self->ask_again.length;
         next += sizeof(ask_t)) {
        ask_t ask;
        memcpy(&ask, self->ask_again.data + next, sizeof ask);
        err = ask_record(self, &ask);
    }
    ts_buf_clear(&self->ask_again);
    if (err == TS_ERR_OK && self->careful) {
        /* It got through. Asked once more (from the tail, then sealed) it is no second trial. */
        self->trial_event = 0;
        self->trial_count = 0;
    }
    self->batch++;
    return err;
}
