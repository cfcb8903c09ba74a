/* SPDX-License-Identifier: MPL-2.0 */
/*
 * enrol with field `replace`: a machine died, was lost or stolen, or is given up. The new
 * installation gets a number of its own and names the old one as its predecessor: record ids and
 * logs carry the number, so nobody ever writes under it again. In the same commit the old one is
 * cut off at what is held of it here, and the offices below it get the new one as their parent.
 */
#include "node/cmd_replace.h"

#include "base/i18n.h"
#include "core/kind.h"
#include "node/cut_tips.h"
#include "wire/schema.h"

#include <stdio.h>

ts_err_t
ts_replace_find(ts_job_t *job, const ts_office_t **ret_office)
{
    uint64_t number = 0;
    const char *text = ts_command_get(&job->command, "replace");
    *ret_office = NULL;
    if (text == NULL) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_job_number(job, "replace", 0, TS_RECORD_OFFICE_MAX, &number);
    if (err != TS_ERR_OK) {
        return err;
    }
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(job->node), (uint32_t)number);
    if (office == NULL) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND, N_("There is no office {1}"), text, NULL);
    }
    if (office->role == TS_OFFICE_PROVINCE || office->role == TS_OFFICE_SUBSCRIBER) {
        return ts_job_refuse(
            job, TS_ERR_INVALID,
            N_("Office {1} is not replaced by an invite: a province is restored or "
               "rebuilt, a subscriber is revoked and enrolled anew"),
            text, NULL);
    }
    size_t position = 0;
    const ts_office_t *other;
    while ((other = ts_catalog_next(ts_node_catalog(job->node), TS_KIND_OFFICE, &position)) !=
           NULL) {
        if (other->predecessor_number == office->number && !other->cut_off) {
            char by[16];
            (void)snprintf(by, sizeof by, "%u", (unsigned)other->number);
            return ts_job_refuse(job, TS_ERR_EXISTS,
                                 N_("Office {1} was replaced by office {2} already: replace that "
                                    "one"),
                                 text, by, NULL);
        }
    }
    *ret_office = office;
    return TS_ERR_OK;
}

ts_err_t
ts_replace_fill(const ts_office_t *old, ts_record_t *record)
{
    const struct {
        const char *field;
        uint64_t number;
    } numbers[] = {
        {"role", (uint64_t)old->role},
        {"unit_id", old->unit},
        {"body_id", old->body},
        {"parent_number", old->parent_number},
        {"predecessor_number", old->number},
        /* The place had an office from then on. */
        {"valid_from_on", (uint64_t)(int64_t)old->from},
    };
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof numbers / sizeof numbers[0]; i++) {
        err = ts_record_set_number(record, numbers[i].field, (int64_t)numbers[i].number);
    }
    if (err == TS_ERR_OK) {
        err = ts_record_set_string(record, "name", old->name);
    }
    return err == TS_ERR_OK && old->endpoints[0] != '\0'
               ? ts_record_set_string(record, "endpoints", old->endpoints)
               : err;
}

/* Judges the draft and puts it into the batch. */
static ts_err_t
add_draft(ts_job_t *job, ts_drafts_t *drafts, ts_draft_t *draft)
{
    ts_objection_t objection = {0};
    ts_msg_t why = {0};
    ts_err_t err = ts_draft_judge(job, drafts, draft, &objection);
    if (objection.why.id != NULL) {
        err = ts_job_refuse_with(job, err, &objection.why);
        ts_objection_free(&objection);
        return err;
    }
    if (err == TS_ERR_OK) {
        err = ts_drafts_add(job, drafts, draft, &why);
        if (why.id != NULL) {
            return ts_job_refuse_with(job, err, &why);
        }
    }
    return err;
}

static ts_err_t
move_child(ts_job_t *job, ts_drafts_t *drafts, const ts_office_t *child, uint32_t parent)
{
    ts_standing_t standing;
    ts_draft_t draft = {0};
    ts_err_t err = ts_ledger_record(job->node->ledger, TS_KIND_OFFICE, child->id, &standing);
    if (err == TS_ERR_OK) {
        err = ts_draft_revise(job, &draft, &standing, false, 0);
    }
    if (err == TS_ERR_OK) {
        err = ts_record_set_number(draft.record, "parent_number", parent);
    }
    if (err == TS_ERR_OK) {
        ts_draft_set_reason(&draft, "parent replaced");
        err = add_draft(job, drafts, &draft);
    }
    ts_draft_free(&draft);
    return err;
}

static ts_err_t
cut_off(ts_job_t *job, ts_drafts_t *drafts, const ts_office_t *old)
{
    ts_draft_t draft;
    const char *note = ts_command_get(&job->command, "note");
    ts_draft_new(job, &draft, ts_schema_kind(ts_wire_schema(), TS_KIND_CUTOFF), 0);
    ts_err_t err = ts_record_set_number(draft.record, "office_id", (int64_t)old->id);
    if (err == TS_ERR_OK) {
        err = ts_record_set_string(draft.record, "note", note == NULL ? "replaced" : note);
    }
    if (err == TS_ERR_OK) {
        err = ts_cut_tips_put(job, &draft, old->number);
    }
    if (err == TS_ERR_OK) {
        err = add_draft(job, drafts, &draft);
    }
    ts_draft_free(&draft);
    return err;
}

ts_err_t
ts_replace_rest(ts_job_t *job, ts_drafts_t *drafts, const ts_office_t *old, uint32_t number)
{
    size_t position = 0;
    const ts_office_t *office;
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK && (office = ts_catalog_next(ts_node_catalog(job->node), TS_KIND_OFFICE,
                                                         &position)) != NULL) {
        if (office->parent_number == old->number && !office->cut_off) {
            err = move_child(job, drafts, office, number);
        }
    }
    return err == TS_ERR_OK && !old->cut_off ? cut_off(job, drafts, old) : err;
}
