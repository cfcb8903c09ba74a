/* SPDX-License-Identifier: MPL-2.0 */
/*
 * After a restore or a rebuild: the store asks its neighbours for what it lacks and keeps a list of
 * whom it heard from to the end (digests equal). At the province, until a person ends it:
 * - the gate lets in whoever comes (R7): an office that joined after the backup, or any office when
 *   the registry itself is lost, cannot be known yet. Such a guest may bring segments, which prove
 *   themselves by their certificates; it is given nothing. When the registry has come it is an
 *   office like all.
 * - no office number is given before every office known to connect here was heard, and then with a
 *   gap, since the last ones that were given may be forgotten everywhere.
 * - no key is bound to an office: the binding may come back by itself.
 */
#include "base/i18n.h"
#include "core/kind.h"
#include "node/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Office numbers that may have been given after the copy that was restored. */
#define NUMBERS_FORGOTTEN 100u
#define FLOOR "office_number_floor"
#define NAMED_MAX 5u

static void
heard_name(uint32_t office, char out[32])
{
    (void)snprintf(out, 32, "heard/%u", (unsigned)office);
}

/* What kind of return this is, so that a second one asks everybody anew. */
ts_err_t
ts_regain_recall(ts_node_t *self)
{
    self->regain_look = true;
    return ts_custody_number_get(self->custody, TS_NODE_REGAIN, &self->regain);
}

static ts_err_t
put_number(ts_node_t *self, const char *name, uint64_t number)
{
    ts_err_t err = ts_custody_begin(self->custody, "regain");
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_custody_number_put(self->custody, name, number);
    if (err == TS_ERR_OK) {
        return ts_custody_commit(self->custody);
    }
    ts_custody_rollback(self->custody);
    return err;
}

static bool
was_heard(ts_node_t *self, uint32_t office)
{
    char name[32];
    uint64_t when = 0;
    heard_name(office, name);
    return ts_custody_number_get(self->custody, name, &when) == TS_ERR_OK && when == self->regain;
}

/* Connects to us and has been there before, so it may hold what we lost. */
static bool
is_awaited(const ts_node_t *self, const ts_office_t *office)
{
    return office->parent_number == self->identity.keys.office && !office->cut_off &&
           office->role != TS_OFFICE_SUBSCRIBER && !ts_hash_is_zero(&office->node_key);
}

typedef struct count {
    unsigned awaited;
    unsigned heard;
    char missing[256]; /* numbers of some that are missing */
    unsigned named;
} count_t;

static void
add_missing(count_t *count, uint32_t office)
{
    size_t used = strlen(count->missing);
    if (count->named++ < NAMED_MAX) {
        (void)snprintf(count->missing + used, sizeof count->missing - used, "%s%u",
                       used == 0 ? "" : ", ", (unsigned)office);
    } else if (count->named == NAMED_MAX + 1) {
        (void)snprintf(count->missing + used, sizeof count->missing - used, " …");
    }
}

static count_t
count_offices(ts_node_t *self)
{
    count_t count = {0};
    size_t position = 0;
    const ts_catalog_t *catalog = ts_node_catalog(self);
    uint32_t parent = ts_node_parent(self);
    const ts_office_t *office;
    while ((office = ts_catalog_next(catalog, TS_KIND_OFFICE, &position)) != NULL) {
        if (!is_awaited(self, office) && (parent == 0 || office->number != parent)) {
            continue;
        }
        count.awaited++;
        if (was_heard(self, office->number)) {
            count.heard++;
        } else {
            add_missing(&count, office->number);
        }
    }
    return count;
}

/* The registry is there and everybody that it names was heard to the end. */
static bool
is_complete(ts_node_t *self, const count_t *count)
{
    return ts_catalog_office(ts_node_catalog(self), self->identity.keys.office) != NULL &&
           count->heard == count->awaited;
}

/* Whoever has no gate for guests and gives no numbers has nothing to end by hand. */
static ts_err_t
end_alone(ts_node_t *self)
{
    count_t count = count_offices(self);
    if (self->identity.is_registrar || !is_complete(self, &count)) {
        return TS_ERR_OK;
    }
    ts_err_t err = put_number(self, TS_NODE_REGAIN, 0);
    if (err == TS_ERR_OK) {
        self->regain = 0;
        ts_node_note(self, TS_NOTE_INFO, "regain_finished", "heard=%u of=%u", count.heard,
                     count.awaited);
    }
    return err;
}

ts_err_t
ts_regain_turn(ts_node_t *self)
{
    ts_fold_state_t state;
    if (self->regain == 0) {
        return TS_ERR_OK;
    }
    ts_fold_state(self->fold, &state);
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < self->peer_count; i++) {
        const ts_peer_link_t *peer = self->peers[i];
        ts_session_status_t status = {0};
        if (peer->machine == NULL || peer->closing || peer->office == 0 ||
            (!peer->is_uplink && peer->class != TS_KEY_OFFICE) ||
            state.arrival < state.arrival_last) {
            continue;
        }
        ts_session_status(peer->machine, &status);
        if (status.in_step && !ts_share_of(self, peer).invite && !was_heard(self, peer->office)) {
            char name[32];
            heard_name(peer->office, name);
            err = put_number(self, name, self->regain);
            ts_node_note(self, TS_NOTE_INFO, "heard_again", "office=%u", (unsigned)peer->office);
            self->regain_look = true;
        }
    }
    bool look = self->regain_look && state.arrival >= state.arrival_last;
    self->regain_look = self->regain_look && !look;
    return err == TS_ERR_OK && look ? end_alone(self) : err;
}

bool
ts_regain_welcomes(const ts_node_t *self)
{
    return self->regain != 0 && self->identity.is_registrar;
}

/* ---- office numbers */

uint32_t
ts_regain_number(ts_node_t *self, uint32_t number)
{
    uint64_t least = 0;
    if (ts_custody_number_get(self->custody, FLOOR, &least) == TS_ERR_OK && least > number &&
        least <= TS_RECORD_OFFICE_MAX + (uint64_t)1) {
        return (uint32_t)least;
    }
    return number;
}

/* From here on numbers begin behind those that may be forgotten. */
static ts_err_t
set_floor(ts_node_t *self, uint32_t number)
{
    uint64_t least = 0;
    ts_err_t err = ts_custody_number_get(self->custody, FLOOR, &least);
    return err == TS_ERR_OK && least <= number
               ? put_number(self, FLOOR, (uint64_t)number + NUMBERS_FORGOTTEN)
               : err;
}

ts_err_t
ts_regain_check_enrol(ts_job_t *job, uint32_t number)
{
    ts_node_t *self = job->node;
    bool anyway = false;
    uint64_t done = 0;
    ts_err_t err = ts_job_flag(job, "anyway", &anyway);
    if (err != TS_ERR_OK || self->regain == 0) {
        return err;
    }
    count_t count = count_offices(self);
    if (!anyway && !is_complete(self, &count)) {
        return ts_job_refuse(
            job, TS_ERR_AGAIN,
            count.awaited == 0
                ? N_("This province was rebuilt and has not got its registry back yet: no office "
                     "is enrolled before an office has brought it, or its numbers would be given "
                     "twice. If that will never come, say --anyway")
                : N_("This province was restored and has not heard all offices yet (missing: {1}). "
                     "They may know of offices that it forgot: wait for them, or say --anyway"),
            count.missing, NULL);
    }
    err = ts_custody_number_get(self->custody, "numbered", &done);
    if (err == TS_ERR_OK && done != self->regain) {
        err = set_floor(self, number);
        if (err == TS_ERR_OK) {
            err = put_number(self, "numbered", self->regain);
        }
    }
    return err;
}

/* ---- the command */

static void
put_row(ts_job_t *job, ts_table_t *table, const ts_office_t *office)
{
    ts_node_t *self = job->node;
    bool heard = self->regain == 0 || was_heard(self, office->number);
    bool comes = false;
    ts_msg_t state = {0};
    uint64_t segments = 0;
    uint64_t logs = 0;
    ts_log_info_t info = {.office = 0};
    for (size_t i = 0; i < self->peer_count; i++) {
        comes = comes || self->peers[i]->office == office->number;
    }
    while (ts_custody_log_next(self->custody, &info) == TS_ERR_OK) {
        ts_log_size_t size = {0};
        if (ts_office_below(ts_node_catalog(self), info.office, office->number) &&
            ts_custody_log_size(self->custody, &info.log, &size) == TS_ERR_OK) {
            logs++;
            segments += size.segments;
        }
    }
    ts_table_add_number(table, office->number);
    ts_table_add_text(table, office->name);
    ts_msg_set(&state, heard ? N_("everything came") : comes ? N_("coming") : N_("missing"));
    ts_table_add_say(table, &state);
    ts_table_add_number(table, (int64_t)logs);
    ts_table_add_number(table, (int64_t)segments);
}

static void
put_offices(ts_job_t *job)
{
    ts_node_t *self = job->node;
    uint32_t parent = ts_node_parent(self);
    size_t position = 0;
    const ts_office_t *office;
    ts_table_t *table = ts_reply_add_table(&job->reply, "regain");
    ts_table_add_column(table, "office", N_("Office"), "number");
    ts_table_add_column(table, "name", N_("Name"), "text");
    ts_table_add_column(table, "state", N_("State"), "text");
    ts_table_add_column(table, "logs", N_("Logs from there"), "number");
    ts_table_add_column(table, "segments", N_("Segments"), "number");
    while ((office = ts_catalog_next(ts_node_catalog(self), TS_KIND_OFFICE, &position)) != NULL) {
        if (is_awaited(self, office) || (parent != 0 && office->number == parent)) {
            put_row(job, table, office);
        }
    }
}

/* How much is back: own logs, in all. */
static void
put_total(ts_job_t *job, const count_t *count)
{
    ts_node_t *self = job->node;
    ts_custody_counts_t custody = {0};
    ts_err_t err = ts_custody_counts(self->custody, &custody);
    ts_table_t *table = ts_reply_add_table(&job->reply, "regain_total");
    ts_table_add_column(table, "returning", N_("Getting back what was lost"), "number");
    ts_table_add_column(table, "complete", N_("Complete"), "number");
    ts_table_add_column(table, "awaited", N_("Offices to be heard"), "number");
    ts_table_add_column(table, "heard", N_("Heard to the end"), "number");
    ts_table_add_column(table, "segments", N_("Segments"), "number");
    ts_table_add_number(table, self->regain != 0);
    ts_table_add_number(table, self->regain == 0 || is_complete(self, count));
    ts_table_add_number(table, count->awaited);
    ts_table_add_number(table, count->heard);
    ts_table_add_number(table, err == TS_ERR_OK ? (int64_t)custody.segments : 0);
}

static void
say_state(ts_job_t *job, const count_t *count)
{
    char heard[16];
    char awaited[16];
    (void)snprintf(heard, sizeof heard, "%u", count->heard);
    (void)snprintf(awaited, sizeof awaited, "%u", count->awaited);
    if (job->node->regain == 0) {
        ts_job_say(job, N_("Nothing is being got back: this store is whole"), NULL);
    } else if (is_complete(job->node, count)) {
        ts_job_say(job,
                   N_("Complete: all {1} offices that connect here were heard to the end and hold "
                      "the same. End it with “tiepsuc rebuild finish”"),
                   awaited, NULL);
    } else if (count->awaited == 0) {
        ts_job_say(job, N_("Waiting: no office has brought the registry back yet"), NULL);
    } else {
        ts_job_say(job, N_("{1} of {2} offices were heard to the end; missing: {3}"), heard,
                   awaited, count->missing, NULL);
    }
}

ts_err_t
ts_run_rebuild_status(ts_job_t *job)
{
    count_t count = count_offices(job->node);
    say_state(job, &count);
    put_total(job, &count);
    put_offices(job);
    return TS_ERR_OK;
}

static uint32_t
greatest_number(const ts_node_t *self)
{
    uint32_t greatest = self->identity.keys.office;
    size_t position = 0;
    const ts_office_t *office;
    while ((office = ts_catalog_next(ts_node_catalog(self), TS_KIND_OFFICE, &position)) != NULL) {
        greatest = office->number > greatest ? office->number : greatest;
    }
    return greatest;
}

ts_err_t
ts_run_rebuild_finish(ts_job_t *job)
{
    ts_node_t *self = job->node;
    bool anyway = false;
    ts_err_t err = ts_job_flag(job, "anyway", &anyway);
    count_t count = count_offices(self);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (self->regain == 0) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND,
                             N_("Nothing is being got back: this store is whole"), NULL);
    }
    if (!anyway && !is_complete(self, &count)) {
        return ts_job_refuse(
            job, TS_ERR_AGAIN,
            N_("Not all offices were heard yet (missing: {1}). What only they hold "
               "comes when they connect; to end it before, say --anyway"),
            count.missing, NULL);
    }
    if (self->identity.is_registrar) {
        err = set_floor(self, greatest_number(self) + 1);
    }
    if (err == TS_ERR_OK) {
        err = put_number(self, TS_NODE_REGAIN, 0);
    }
    if (err == TS_ERR_OK) {
        self->regain = 0;
        self->bind_due = self->identity.is_registrar;
        ts_peers_entitlement_changed(self); /* guests are strangers again */
        ts_node_note(self, TS_NOTE_INFO, "regain_finished", "heard=%u of=%u", count.heard,
                     count.awaited);
        ts_job_say(job, N_("Ended. Unknown keys are refused again; make a backup now"), NULL);
    }
    return err;
}
