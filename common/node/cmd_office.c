/* SPDX-License-Identifier: MPL-2.0 */
/* enrol, revoke, release: the registrar's desk. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/keyfile.h"
#include "node/cmd.h"
#include "node/cmd_replace.h"
#include "node/cut_tips.h"
#include "node/provision.h"
#include "node/records.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- enrol */

typedef struct enrolling {
    ts_drafts_t drafts;
    uint32_t number;
    ts_record_id_t record;
    uint32_t kind;
    const char *said;
} enrolling_t;

static void
enrolling_free(void *state)
{
    enrolling_t *self = state;
    ts_drafts_free(&self->drafts);
    ts_xfree(self);
}

static enrolling_t *
enrolling_new(ts_job_t *job, uint32_t kind)
{
    enrolling_t *self = ts_xcalloc(1, sizeof *self);
    self->kind = kind;
    job->state = self;
    job->free_state = enrolling_free;
    return self;
}

static ts_err_t
tell(ts_job_t *job)
{
    enrolling_t *self = job->state;
    char number[16];
    (void)snprintf(number, sizeof number, "%u", (unsigned)self->number);
    ts_job_say(job, self->said, number, NULL);
    return ts_records_show(job, self->kind, self->record);
}

static uint32_t
next_number(const ts_node_t *node)
{
    uint32_t greatest = node->identity.keys.office;
    size_t position = 0;
    const ts_office_t *office;
    while ((office = ts_catalog_next(ts_node_catalog(node), TS_KIND_OFFICE, &position)) != NULL) {
        greatest = office->number > greatest ? office->number : greatest;
    }
    return greatest + 1;
}

/* Fields of the office that come as typed: unit, body, role, name, endpoints, topics, note. */
static ts_err_t
set_office_fields(ts_job_t *job, ts_draft_t *draft)
{
    static const struct {
        const char *word; /* of the command */
        const char *field;
    } fields[] = {
        {"name", "name"},     {"role", "role"},          {"unit", "unit"}, {"body", "body"},
        {"topics", "topics"}, {"endpoint", "endpoints"}, {"note", "note"},
    };
    ts_names_t *names = ts_names_new(job->node, 0);
    ts_names_set_district(names, ts_command_get(&job->command, "district"));
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof fields / sizeof fields[0]; i++) {
        const char *value = ts_command_get(&job->command, fields[i].word);
        ts_msg_t why = {0};
        if (value != NULL) {
            err = ts_draft_set(draft, names, fields[i].field, value, &why);
            if (err != TS_ERR_OK) {
                err = ts_job_refuse_field(job, err, fields[i].word, value, &why);
            }
        }
    }
    ts_names_destroy(&names);
    return err;
}

/* The kind of office: typed, or told by --subscriber. */
static ts_err_t
settle_role(ts_job_t *job, ts_draft_t *draft)
{
    bool subscriber = false;
    ts_err_t err = ts_job_flag(job, "subscriber", &subscriber);
    if (err == TS_ERR_OK && subscriber) {
        err = ts_record_set_number(draft->record, "role", TS_OFFICE_SUBSCRIBER);
    }
    const Tiepsuc__V1__Office *office = ts_record_body(draft->record);
    if (err == TS_ERR_OK && ((int)office->role == 0 || (int)office->role == TS_OFFICE_PROVINCE)) {
        err = ts_job_refuse(job, TS_ERR_INVALID,
                            N_("Say role=district, commune, body or subscriber"), NULL);
    }
    if (err == TS_ERR_OK && (int)office->role != TS_OFFICE_SUBSCRIBER && office->unit_id == 0) {
        err = ts_job_refuse(job, TS_ERR_INVALID,
                            N_("Say which unit the office is in: unit=<code or name>"), NULL);
    }
    if (err == TS_ERR_OK && (int)office->role == TS_OFFICE_DISTRICT &&
        office->endpoints[0] == '\0') {
        err = ts_job_refuse(
            job, TS_ERR_INVALID,
            N_("Say where the communes below will connect: endpoint=tcp://host:port"), NULL);
    }
    return err;
}

/* The office above: where it connects and the key of its gate. */
static ts_err_t
find_parent(ts_job_t *job, uint32_t absent, const ts_office_t **ret_parent)
{
    uint64_t number = 0;
    ts_err_t err = ts_job_number(job, "parent", absent, TS_RECORD_OFFICE_MAX, &number);
    if (err != TS_ERR_OK) {
        return err;
    }
    const ts_office_t *parent = ts_catalog_office(ts_node_catalog(job->node), (uint32_t)number);
    char text[16];
    (void)snprintf(text, sizeof text, "%u", (unsigned)number);
    if (parent == NULL) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND, N_("There is no office {1} to be the parent"),
                             text, NULL);
    }
    if (parent->cut_off || parent->endpoints[0] == '\0' ||
        ts_hash_is_zero(&parent->gate_curve_key)) {
        return ts_job_refuse(job, TS_ERR_INVALID,
                             N_("Office {1} has no gate that others could connect to"), text, NULL);
    }
    *ret_parent = parent;
    return TS_ERR_OK;
}

static ts_err_t
set_key(ts_draft_t *draft, const char *field, const ts_hash_t *key)
{
    return ts_record_set_bytes(draft->record, field, (ts_bytes_t){key->b, TS_HASH_BYTES});
}

/* A name when none was typed: that of the unit, or of the body. */
static ts_err_t
settle_name(ts_job_t *job, ts_draft_t *draft)
{
    const Tiepsuc__V1__Office *office = ts_record_body(draft->record);
    if (office->name[0] != '\0') {
        return TS_ERR_OK;
    }
    const char *name = ts_names_label(job->node, TS_KIND_BODY, office->body_id);
    name = name == NULL ? ts_names_label(job->node, TS_KIND_UNIT, office->unit_id) : name;
    return name == NULL ? ts_job_refuse(job, TS_ERR_INVALID, N_("Say {1}=…"), "name", NULL)
                        : ts_record_set_string(draft->record, "name", name);
}

static ts_err_t
fill_invite(ts_job_t *job, ts_draft_t *draft, const ts_office_t *parent, ts_invite_t *invite)
{
    const ts_node_t *node = job->node;
    const Tiepsuc__V1__Office *office = ts_record_body(draft->record);
    const ts_unit_t *unit = ts_catalog_unit(ts_node_catalog(node), office->unit_id);
    const ts_body_t *body = ts_catalog_body(ts_node_catalog(node), office->body_id);
    *invite = (ts_invite_t){.deployment = node->identity.keys.deployment,
                            .office = office->number,
                            .role = (int)office->role,
                            .name = office->name,
                            .unit = office->unit_id,
                            .unit_code = unit == NULL ? "" : unit->code,
                            .unit_name = unit == NULL ? "" : unit->name,
                            .body = office->body_id,
                            .body_code = body == NULL ? "" : body->code,
                            .body_name = body == NULL ? "" : body->name,
                            .parent_office = parent->number,
                            .parent_endpoints = parent->endpoints,
                            .parent_gate_key = parent->gate_curve_key,
                            .endpoints = office->endpoints,
                            .topics = office->topics,
                            .chain = node->identity.chain};
    ts_invite_make(invite, &node->identity.registrar_secret, node->options.random);
    ts_err_t err = set_key(draft, "invite_key", &invite->chain.invite_key);
    if (err == TS_ERR_OK) {
        err = set_key(draft, "invite_curve_key", &invite->chain.invite_curve_key);
    }
    if (err == TS_ERR_OK && invite->role == TS_OFFICE_DISTRICT) {
        ts_hash_t gate = ts_box_public(&invite->gate_secret);
        err = set_key(draft, "gate_curve_key", &gate);
    }
    return err;
}

static ts_err_t
write_office(ts_job_t *job, enrolling_t *self, ts_draft_t *draft)
{
    ts_objection_t objection = {0};
    ts_msg_t why = {0};
    ts_err_t err = ts_draft_judge(job, &self->drafts, draft, &objection);
    if (objection.why.id != NULL) {
        err = ts_job_refuse_with(job, err, &objection.why);
        ts_objection_free(&objection);
        return err;
    }
    if (err == TS_ERR_OK) {
        err = ts_drafts_add(job, &self->drafts, draft, &why);
        if (why.id != NULL) {
            return ts_job_refuse_with(job, err, &why);
        }
    }
    self->record = draft->header.record;
    return err == TS_ERR_OK ? ts_drafts_write(job, &self->drafts, tell) : err;
}

/* Number, place, kind and name of the new office. old: the one that it replaces, or NULL. */
static ts_err_t
fill_office(ts_job_t *job, enrolling_t *self, const ts_office_t *old, ts_draft_t *draft)
{
    ts_err_t err = ts_record_set_number(draft->record, "number", self->number);
    if (err == TS_ERR_OK) {
        /* From today: what its parent wrote in its place before stays as it is. */
        err = ts_record_set_number(draft->record, "valid_from_on", ts_node_today(job->node));
    }
    if (err == TS_ERR_OK && old != NULL) {
        err = ts_replace_fill(old, draft->record);
        self->said = N_("Office {1} takes the place of the one that it replaces, which is cut off. "
                        "Carry the invite to the new machine and keep it secret: it works once");
    }
    if (err == TS_ERR_OK) {
        err = set_office_fields(job, draft);
    }
    if (err == TS_ERR_OK) {
        err = settle_role(job, draft);
    }
    if (err == TS_ERR_OK &&
        (int)((const Tiepsuc__V1__Office *)ts_record_body(draft->record))->role ==
            TS_OFFICE_SUBSCRIBER) {
        self->said =
            N_("The key of subscriber {1} is made: keep it secret, it reads the feed until "
               "it is revoked");
    }
    return err == TS_ERR_OK ? settle_name(job, draft) : err;
}

ts_err_t
ts_run_enrol(ts_job_t *job)
{
    const ts_office_t *parent = NULL;
    const ts_office_t *old = NULL;
    enrolling_t *self = enrolling_new(job, TS_KIND_OFFICE);
    ts_err_t err = ts_regain_check_enrol(job, next_number(job->node));
    if (err == TS_ERR_OK) {
        err = ts_replace_find(job, &old);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    self->number = ts_regain_number(job->node, next_number(job->node));
    self->said =
        N_("Office {1} is enrolled. Carry the invite to it and keep it secret: it works once");
    if (self->number > TS_RECORD_OFFICE_MAX) {
        return ts_job_refuse(job, TS_ERR_LIMIT, N_("There is no free office number left"), NULL);
    }
    ts_draft_t draft;
    ts_invite_t invite = {.role = 0};
    ts_draft_new(job, &draft, ts_schema_kind(ts_wire_schema(), TS_KIND_OFFICE), 0);
    err = fill_office(job, self, old, &draft);
    if (err == TS_ERR_OK) {
        err = find_parent(job, old == NULL ? job->node->identity.keys.office : old->parent_number,
                          &parent);
    }
    if (err == TS_ERR_OK && parent != NULL) {
        err = ts_record_set_number(draft.record, "parent_number", parent->number);
    }
    if (err == TS_ERR_OK && parent != NULL) {
        err = fill_invite(job, &draft, parent, &invite);
    }
    if (err == TS_ERR_OK) {
        ts_invite_text(&invite, &job->reply.blob);
        err = old == NULL ? TS_ERR_OK : ts_replace_rest(job, &self->drafts, old, self->number);
    }
    if (err == TS_ERR_OK) {
        err = write_office(job, self, &draft);
    }
    if (err != TS_ERR_OK) {
        ts_buf_clear(&job->reply.blob);
    }
    ts_invite_wipe(&invite);
    ts_draft_free(&draft);
    return err;
}

/* ---- move */

/* The office and its new parent; a loop of parents would cut both off. */
static ts_err_t
check_move(ts_job_t *job, const ts_office_t **ret_office, const ts_office_t **ret_parent)
{
    const ts_catalog_t *catalog = ts_node_catalog(job->node);
    const char *text = ts_job_need(job, "office");
    uint64_t number = 0;
    if (text == NULL || ts_job_need(job, "parent") == NULL) {
        return TS_ERR_INVALID;
    }
    ts_err_t err = ts_job_number(job, "office", 0, TS_RECORD_OFFICE_MAX, &number);
    if (err == TS_ERR_OK) {
        err = find_parent(job, job->node->identity.keys.office, ret_parent);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    const ts_office_t *office = ts_catalog_office(catalog, (uint32_t)number);
    if (office == NULL) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND, N_("There is no office {1}"), text, NULL);
    }
    if (ts_office_below(catalog, (*ret_parent)->number, office->number)) {
        return ts_job_refuse(job, TS_ERR_INVALID, N_("Office {1} cannot be below itself"), text,
                             NULL);
    }
    if (office->parent_number == (*ret_parent)->number) {
        return ts_job_refuse(job, TS_ERR_EXISTS, N_("Office {1} is below that office already"),
                             text, NULL);
    }
    *ret_office = office;
    return TS_ERR_OK;
}

ts_err_t
ts_run_move(ts_job_t *job)
{
    const ts_office_t *office = NULL;
    const ts_office_t *parent = NULL;
    ts_standing_t standing;
    ts_draft_t draft = {0};
    ts_err_t err = check_move(job, &office, &parent);
    if (err != TS_ERR_OK || office == NULL || parent == NULL) {
        return err;
    }
    err = ts_ledger_record(job->node->ledger, TS_KIND_OFFICE, office->id, &standing);
    if (err != TS_ERR_OK) {
        return err;
    }
    enrolling_t *self = enrolling_new(job, TS_KIND_OFFICE);
    self->number = office->number;
    self->said = N_("Office {1} has another parent now: it hears of it at its next connection");
    err = ts_draft_revise(job, &draft, &standing, false, 0);
    if (err == TS_ERR_OK) {
        err = ts_record_set_number(draft.record, "parent_number", parent->number);
    }
    if (err == TS_ERR_OK) {
        const char *note = ts_command_get(&job->command, "note");
        ts_draft_set_reason(&draft, note == NULL ? "moved" : note);
        err = write_office(job, self, &draft);
    }
    ts_draft_free(&draft);
    return err;
}

/* ---- revoke */

ts_err_t
ts_run_revoke(ts_job_t *job)
{
    uint64_t number = 0;
    const char *note = ts_command_get(&job->command, "note");
    note = note == NULL ? ts_command_get(&job->command, "reason") : note;
    if (ts_job_need(job, "office") == NULL) {
        return TS_ERR_INVALID;
    }
    ts_err_t err = ts_job_number(job, "office", 0, TS_RECORD_OFFICE_MAX, &number);
    if (err != TS_ERR_OK) {
        return err;
    }
    const ts_office_t *office = ts_catalog_office(ts_node_catalog(job->node), (uint32_t)number);
    const char *text = ts_command_get(&job->command, "office");
    if (office == NULL) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND, N_("There is no office {1}"), text, NULL);
    }
    if (number == job->node->identity.keys.office) {
        return ts_job_refuse(job, TS_ERR_DENIED, N_("The province cannot revoke itself"), NULL);
    }
    bool earlier = ts_command_get(&job->command, "at") != NULL;
    if (office->cut_off && !earlier) {
        return ts_job_refuse(job, TS_ERR_EXISTS,
                             N_("Office {1} is revoked already; say at=… to cut it off earlier"),
                             text, NULL);
    }
    enrolling_t *self = enrolling_new(job, TS_KIND_CUTOFF);
    self->number = (uint32_t)number;
    self->said = earlier
                     ? N_("Office {1} is revoked: what it wrote after these positions is parked, "
                          "its key is not let in any more")
                     : N_("Office {1} is revoked: what it writes from now on is parked, its "
                          "key is not let in any more");
    ts_draft_t draft;
    ts_draft_new(job, &draft, ts_schema_kind(ts_wire_schema(), TS_KIND_CUTOFF), 0);
    err = ts_record_set_number(draft.record, "office_id", (int64_t)office->id);
    if (err == TS_ERR_OK && note != NULL) {
        err = ts_record_set_string(draft.record, "note", note);
    }
    if (err == TS_ERR_OK) {
        err = ts_cut_tips_put(job, &draft, (uint32_t)number);
    }
    if (err == TS_ERR_OK) {
        err = write_office(job, self, &draft);
    }
    ts_draft_free(&draft);
    return err;
}

/* ---- release */

static ts_err_t
find_parked(ts_job_t *job, uint64_t event)
{
    ts_parked_t parked = {.id = 0};
    ts_err_t err;
    while ((err = ts_ledger_parked_next(job->node->ledger, parked.id, &parked, NULL)) ==
           TS_ERR_OK) {
        if (parked.event == event) {
            return TS_ERR_OK;
        }
    }
    return err;
}

static ts_err_t
put_event(ts_job_t *job, ts_draft_t *draft, const char *text, size_t row)
{
    uint8_t bytes[8];
    uint64_t event = 0;
    char path[32];
    if (ts_hex_parse(text, bytes, sizeof bytes) != TS_ERR_OK) {
        return ts_job_refuse(
            job, TS_ERR_INVALID,
            N_("event = “{1}”: give the version as parked prints it, 16 hex digits"), text, NULL);
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        event = event << 8 | bytes[i];
    }
    ts_err_t err = find_parked(job, event);
    if (err == TS_ERR_NOTFOUND) {
        return ts_job_refuse(job, err, N_("No entry {1} is parked"), text, NULL);
    }
    (void)snprintf(path, sizeof path, "events[%zu]", row);
    return err == TS_ERR_OK ? ts_record_set_number(draft->record, path, (int64_t)event) : err;
}

ts_err_t
ts_run_release(ts_job_t *job)
{
    const char *note = ts_job_need(job, "note");
    if (note == NULL || ts_job_need(job, "event") == NULL) {
        return TS_ERR_INVALID;
    }
    enrolling_t *self = enrolling_new(job, TS_KIND_RELEASE);
    self->said = N_("Released: the entry is judged again without its cut-off");
    ts_draft_t draft;
    ts_draft_new(job, &draft, ts_schema_kind(ts_wire_schema(), TS_KIND_RELEASE), 0);
    ts_err_t err = ts_record_set_string(draft.record, "note", note);
    const char *event;
    for (size_t i = 0;
         err == TS_ERR_OK && (event = ts_command_get_nth(&job->command, "event", i)) != NULL; i++) {
        err = put_event(job, &draft, event, i);
    }
    if (err == TS_ERR_OK) {
        err = write_office(job, self, &draft);
    }
    ts_draft_free(&draft);
    return err;
}
