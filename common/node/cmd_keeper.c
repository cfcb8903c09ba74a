/* SPDX-License-Identifier: MPL-2.0 */
/* keeper_add, keeper_remove, keeper_list, keeper_restore: other offices keep what the province has
 * for itself alone. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/crypto.h"
#include "crypto/recovery.h"
#include "node/cmd.h"
#include "node/keepers.h"
#include "node/records.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Copies that are read in one slice. */
#define COPIES_PER_SLICE 8u

/* ---- naming */

typedef struct naming {
    ts_drafts_t drafts;
    uint32_t number;
    const char *said;
} naming_t;

static void
naming_free(void *state)
{
    naming_t *self = state;
    ts_drafts_free(&self->drafts);
    ts_xfree(self);
}

static ts_err_t
tell_named(ts_job_t *job)
{
    naming_t *self = job->state;
    char number[16];
    (void)snprintf(number, sizeof number, "%u", (unsigned)self->number);
    ts_job_say(job, self->said, number, NULL);
    return TS_ERR_OK;
}

ts_err_t
ts_office_named(ts_job_t *job, const ts_office_t **ret_office)
{
    uint64_t number = 0;
    const char *text = ts_job_need(job, "office");
    if (text == NULL) {
        return TS_ERR_INVALID;
    }
    ts_err_t err = ts_job_number(job, "office", 0, TS_RECORD_OFFICE_MAX, &number);
    if (err != TS_ERR_OK) {
        return err;
    }
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(job->node), (uint32_t)number);
    if (office == NULL) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND, N_("There is no office {1}"), text, NULL);
    }
    *ret_office = office;
    return TS_ERR_OK;
}

ts_err_t
ts_office_revise(ts_job_t *job,
                 const ts_office_t *office,
                 ts_office_change_fn change,
                 const char *reason,
                 const char *said)
{
    ts_standing_t standing;
    ts_draft_t draft = {0};
    ts_objection_t objection = {0};
    ts_msg_t why = {0};
    naming_t *self = ts_xcalloc(1, sizeof *self);
    self->number = office->number;
    self->said = said;
    job->state = self;
    job->free_state = naming_free;
    ts_err_t err = ts_ledger_record(job->node->ledger, TS_KIND_OFFICE, office->id, &standing);
    if (err == TS_ERR_OK) {
        err = ts_draft_revise(job, &draft, &standing, false, 0);
    }
    if (err == TS_ERR_OK) {
        err = change(job, draft.record);
    }
    if (err == TS_ERR_OK) {
        const char *note = ts_command_get(&job->command, "note");
        ts_draft_set_reason(&draft, note != NULL ? note : reason);
        err = ts_draft_judge(job, &self->drafts, &draft, &objection);
    }
    if (objection.why.id != NULL) {
        err = ts_job_refuse_with(job, err, &objection.why);
        ts_objection_free(&objection);
    } else if (err == TS_ERR_OK) {
        err = ts_drafts_add(job, &self->drafts, &draft, &why);
        err = why.id != NULL ? ts_job_refuse_with(job, err, &why) : err;
    }
    if (err == TS_ERR_OK) {
        err = ts_drafts_write(job, &self->drafts, tell_named);
    }
    ts_draft_free(&draft);
    return err;
}

static ts_err_t
make_keeper(ts_job_t *job, ts_record_t *record)
{
    (void)job;
    return ts_record_set_number(record, "keeper", 1);
}

static ts_err_t
make_no_keeper(ts_job_t *job, ts_record_t *record)
{
    (void)job;
    return ts_record_set_number(record, "keeper", 0);
}

ts_err_t
ts_run_keeper_add(ts_job_t *job)
{
    const ts_node_t *node = job->node;
    const ts_office_t *office = NULL;
    ts_err_t err = ts_office_named(job, &office);
    if (err != TS_ERR_OK || office == NULL) {
        return err;
    }
    const char *text = ts_command_get(&job->command, "office");
    if (ts_hash_is_zero(&node->identity.recovery_public)) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND,
                             N_("There is no recovery key: make it with tiepsuc recovery make, and "
                                "start the service again"),
                             NULL);
    }
    if (office->parent_number != node->identity.keys.office ||
        office->role == TS_OFFICE_SUBSCRIBER) {
        return ts_job_refuse(job, TS_ERR_INVALID,
                             N_("Office {1} does not stand directly below the province: choose one "
                                "that does"),
                             text, NULL);
    }
    if (office->cut_off) {
        return ts_job_refuse(job, TS_ERR_INVALID, N_("Office {1} is revoked"), text, NULL);
    }
    if (office->keeper) {
        return ts_job_refuse(job, TS_ERR_EXISTS, N_("Office {1} is a keeper already"), text, NULL);
    }
    return ts_office_revise(job, office, make_keeper, "keeper",
                            N_("Office {1} keeps the province's own books from now on; it cannot "
                               "read them"));
}

ts_err_t
ts_run_keeper_remove(ts_job_t *job)
{
    const ts_office_t *office = NULL;
    ts_err_t err = ts_office_named(job, &office);
    if (err != TS_ERR_OK || office == NULL) {
        return err;
    }
    if (!office->keeper) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND, N_("Office {1} is no keeper"),
                             ts_command_get(&job->command, "office"), NULL);
    }
    return ts_office_revise(job, office, make_no_keeper, "no keeper any more",
                            N_("Office {1} gets no new copies any more; what it has stays there"));
}

/* ---- list */

static ts_err_t
put_keeper(ts_job_t *job, ts_table_t *table, const ts_office_t *office)
{
    ts_node_t *node = job->node;
    ts_log_info_t log;
    ts_log_size_t size = {0};
    uint64_t held = 0;
    ts_err_t err = ts_keepers_log(node, office, &log);
    if (err == TS_ERR_OK) {
        err = ts_custody_log_size(node->custody, &log.log, &size);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_held_seq(node->custody, NULL, &log.log, &held);
    }
    ts_table_add_number(table, office->number);
    ts_table_add_text(table, office->name);
    ts_table_add_number(table, (int64_t)size.events);
    ts_table_add_number(table, (int64_t)held);
    ts_table_add_number(table, (int64_t)size.bytes);
    return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
}

ts_err_t
ts_run_keeper_list(ts_job_t *job)
{
    ts_err_t err = TS_ERR_OK;
    size_t position = 0;
    size_t count = 0;
    const ts_office_t *row;
    ts_table_t *table = ts_reply_add_table(&job->reply, "keepers");
    ts_table_add_column(table, "office", N_("Office"), "number");
    ts_table_add_column(table, "name", N_("Name"), "text");
    ts_table_add_column(table, "copies", N_("Copies made"), "number");
    ts_table_add_column(table, "held", N_("… of them held"), "number");
    ts_table_add_column(table, "bytes", N_("Bytes"), "number");
    while (err == TS_ERR_OK &&
           (row = ts_catalog_next(ts_node_catalog(job->node), TS_KIND_OFFICE, &position)) != NULL) {
        if (row->keeper) {
            err = put_keeper(job, table, row);
            count++;
        }
    }
    if (err == TS_ERR_OK && count == 0) {
        ts_job_say(job,
                   N_("No keeper is named: what the province has for itself alone is on one disk "
                      "only"),
                   NULL);
    }
    return err;
}

/* ---- restore */

static void
back_free(void *state)
{
    ts_keepers_back_free(state);
    ts_xfree(state);
}

static ts_err_t
tell_restored(ts_job_t *job, const ts_keepers_back_t *back)
{
    char taken[24];
    char known[24];
    char unopened[24];
    (void)snprintf(taken, sizeof taken, "%" PRIu64, back->taken);
    (void)snprintf(known, sizeof known, "%" PRIu64, back->known);
    (void)snprintf(unopened, sizeof unopened, "%" PRIu64, back->unopened + back->refused);
    ts_table_t *table = ts_reply_add_table(&job->reply, "restored");
    ts_table_add_column(table, "copies", N_("Copies opened"), "number");
    ts_table_add_column(table, "taken", N_("Segments taken back"), "number");
    ts_table_add_column(table, "known", N_("… that were here already"), "number");
    ts_table_add_column(table, "unopened", N_("Could not be opened"), "number");
    ts_table_add_number(table, (int64_t)back->copies);
    ts_table_add_number(table, (int64_t)back->taken);
    ts_table_add_number(table, (int64_t)back->known);
    ts_table_add_number(table, (int64_t)(back->unopened + back->refused));
    if (back->copies == 0 && back->unopened > 0) {
        return ts_job_refuse(job, TS_ERR_KEY,
                             N_("None of the {1} copies opens with this recovery key"), unopened,
                             NULL);
    }
    if (back->copies == 0) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND,
                             N_("No copies are here yet: a keeper must connect first, or its "
                                "bundle must be taken in"),
                             NULL);
    }
    ts_job_say(
        job,
        back->unopened + back->refused > 0
            ? N_("{1} segments were taken back, {2} were here already; {3} could not be used")
            : N_("{1} segments were taken back, {2} were here already"),
        taken, known, unopened, NULL);
    return TS_ERR_OK;
}

static ts_err_t
back_slice(ts_job_t *job)
{
    ts_keepers_back_t *back = job->state;
    ts_err_t err = TS_ERR_OK;
    for (unsigned i = 0; err == TS_ERR_OK && !back->done && i < COPIES_PER_SLICE; i++) {
        err = ts_keepers_back_slice(job->node, back);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    if (!back->done) {
        job->next = back_slice;
        return TS_ERR_OK;
    }
    return tell_restored(job, back);
}

/* The blob is the secret of the recovery key, 32 bytes. */
ts_err_t
ts_run_keeper_restore(ts_job_t *job)
{
    ts_buf_t *blob = &job->command.blob;
    const ts_hash_t *known = &job->node->identity.recovery_public;
    ts_keepers_back_t *back = ts_xcalloc(1, sizeof *back);
    job->state = back;
    job->free_state = back_free;
    if (blob->length != sizeof back->secret.b) {
        return ts_job_refuse(job, TS_ERR_INVALID, N_("The recovery key is missing"), NULL);
    }
    memcpy(back->secret.b, blob->data, sizeof back->secret.b);
    ts_wipe(blob->data, blob->length);
    ts_hash_t public_key = ts_box_public(&back->secret);
    if (!ts_hash_is_zero(known) && !ts_hash_equal(known, &public_key)) {
        return ts_job_refuse(job, TS_ERR_KEY,
                             N_("This is another recovery key than the one of this province"),
                             NULL);
    }
    return back_slice(job);
}
