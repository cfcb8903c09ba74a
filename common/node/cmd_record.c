/* SPDX-License-Identifier: MPL-2.0 */
/* add, revise, void, resolve, approve: one record at a time, fields as text. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "core/labels.h"
#include "node/cmd.h"
#include "node/records_ask.h"
#include "wire/record_text.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What is being recorded. */
typedef struct recording {
    ts_drafts_t drafts;
    uint32_t kind;
    ts_record_id_t record;
    ts_record_id_t plan;
    const char *done; /* msgid said at the end; {1} the short code */
} recording_t;

static void
recording_free(void *state)
{
    recording_t *self = state;
    ts_drafts_free(&self->drafts);
    ts_xfree(self);
}

static recording_t *
recording_new(ts_job_t *job)
{
    recording_t *self = ts_xcalloc(1, sizeof *self);
    job->state = self;
    job->free_state = recording_free;
    return self;
}

static ts_err_t
tell(ts_job_t *job)
{
    recording_t *self = job->state;
    char code[TS_CODE_BYTES_MAX];
    ts_record_code_format(self->record, code, sizeof code);
    ts_job_say(job, self->done, code, NULL);
    ts_table_t *table = ts_reply_add_table(&job->reply, "saved");
    ts_table_add_column(table, "record", N_("Record code"), "code");
    ts_table_add_column(table, "state", N_("State"), "text");
    ts_table_add_number(table, (int64_t)self->record);
    ts_msg_t state = {0};
    ts_msg_set(&state, N_("saved"));
    ts_table_add_say(table, &state);
    return ts_records_show(job, self->kind, self->record);
}

/* ---- what all of them share */

static void
put_field_issue(
    ts_job_t *job, ts_severity_t severity, const char *field, const char *value, ts_msg_t *why)
{
    ts_issue_t *issue = ts_reply_add_issue(&job->reply, severity);
    issue->column = field == NULL ? NULL : ts_xstrdup(field);
    issue->value = value == NULL ? NULL : ts_xstrdup(value);
    ts_msg_move(&issue->say, why);
}

/* Asks whether the draft may be written; refuses with field and reason. A reason given by the
 * person answers what may be answered that way: then it is a warning that stays with the record as
 * its reason. */
static ts_err_t
judge(ts_job_t *job, ts_drafts_t *drafts, ts_draft_t *draft)
{
    ts_objection_t objection = {0};
    ts_err_t err = ts_draft_judge(job, drafts, draft, &objection);
    if (objection.why.id == NULL) {
        return err;
    }
    const char *field = objection.field;
    if (objection.reason_enough && draft->reason != NULL) {
        put_field_issue(job, TS_SEVERITY_WARNING, field, NULL, &objection.why);
        ts_objection_free(&objection);
        return TS_ERR_OK;
    }
    bool with_reason = objection.reason_enough;
    put_field_issue(job, TS_SEVERITY_ERROR, field,
                    field == NULL ? NULL : ts_command_get(&job->command, field), &objection.why);
    ts_objection_free(&objection);
    if (with_reason) {
        return ts_job_refuse(
            job, err, N_("Not recorded. If it happened all the same, give a reason (reason=…)"),
            NULL);
    }
    return ts_job_refuse(job, err, N_("Not recorded: it would not be accepted"), NULL);
}

static ts_err_t
encode(ts_job_t *job, ts_drafts_t *drafts, ts_draft_t *draft)
{
    ts_msg_t why = {0};
    ts_err_t err = ts_drafts_add(job, drafts, draft, &why);
    if (why.id != NULL) {
        put_field_issue(job, TS_SEVERITY_ERROR, NULL, NULL, &why);
        return ts_job_refuse(
            job, err, N_("Not recorded: a field holds too much or something that cannot be stored"),
            NULL);
    }
    return err;
}

/* Words of a command that are no fields of the record. */
static bool
is_option(const char *name)
{
    static const char *const options[] = {"kind", "record", "dry_run", "keep", "district"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (strcmp(name, options[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Header fields first: dates decide which units are meant, the plan which lines. */
static bool
goes_first(const char *name)
{
    return strcmp(name, "plan") == 0 || strcmp(name, "occurred_on") == 0;
}

static bool
is_child_field(const char *name)
{
    static const char *const names[] = {"birth_month", "birth_year", "sex"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Sets one round of the command's fields. `child`: those of a need's own child, which go elsewhere,
 * are left out. */
static ts_err_t
set_round(ts_job_t *job, ts_draft_t *draft, ts_names_t *names, bool first, bool child)
{
    for (size_t i = 0; i < job->command.field_count; i++) {
        const ts_command_field_t *field = &job->command.fields[i];
        if (is_option(field->name) || goes_first(field->name) != first ||
            (child && is_child_field(field->name))) {
            continue;
        }
        ts_msg_t why = {0};
        ts_err_t err = ts_draft_set(draft, names, field->name, field->value, &why);
        if (err != TS_ERR_OK) {
            return ts_job_refuse_field(job, err, field->name, field->value, &why);
        }
    }
    return TS_ERR_OK;
}

/* On a revision a list that is given replaces the rows that were there. */
static ts_err_t
clear_given_lists(ts_job_t *job, ts_draft_t *draft)
{
    for (size_t i = 0; i < draft->kind->list_count; i++) {
        if (ts_command_get(&job->command, draft->kind->lists[i].name) != NULL) {
            ts_err_t err = ts_record_clear(draft->record, draft->kind->lists[i].name);
            if (err != TS_ERR_OK) {
                return err;
            }
        }
    }
    return TS_ERR_OK;
}

static ts_err_t
set_fields(ts_job_t *job, ts_draft_t *draft, ts_names_t *names)
{
    bool child = draft->kind->kind == TS_KIND_NEED;
    ts_names_set_day(names, draft->header.occurred_on);
    ts_names_set_district(names, ts_command_get(&job->command, "district"));
    ts_err_t err = clear_given_lists(job, draft);
    if (err == TS_ERR_OK) {
        err = set_round(job, draft, names, true, child);
    }
    return err == TS_ERR_OK ? set_round(job, draft, names, false, child) : err;
}

/* ---- add */

static ts_record_id_t
only_plan(const ts_node_t *node)
{
    size_t position = 0;
    const ts_plan_t *plan = ts_catalog_next(ts_node_catalog(node), TS_KIND_PLAN, &position);
    if (plan == NULL || ts_catalog_next(ts_node_catalog(node), TS_KIND_PLAN, &position) != NULL) {
        return 0;
    }
    return plan->id;
}

/* Kinds that belong to no plan. */
static bool
has_plan(uint32_t kind)
{
    static const uint32_t without[] = {TS_KIND_UNIT,        TS_KIND_BODY,    TS_KIND_OFFICE,
                                       TS_KIND_CUTOFF,      TS_KIND_RELEASE, TS_KIND_PLAN,
                                       TS_KIND_DONOR,       TS_KIND_FUND,    TS_KIND_HOLDING,
                                       TS_KIND_BENEFICIARY, TS_KIND_APPROVAL};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        if (without[i] == kind) {
            return false;
        }
    }
    return true;
}

/* Kinds that have commands of their own, or that only the program writes. */
static bool
may_be_typed(const ts_node_t *node, uint32_t kind)
{
    static const uint32_t not_here[] = {TS_KIND_OFFICE,   TS_KIND_CUTOFF, TS_KIND_RELEASE,
                                        TS_KIND_APPROVAL, TS_KIND_REPORT, TS_KIND_REPORT_RETURN,
                                        TS_KIND_FILING,   TS_KIND_HOLDING};
    for (size_t i = 0; i < sizeof not_here / sizeof not_here[0]; i++) {
        if (not_here[i] == kind) {
            return false;
        }
    }
    bool of_province = kind < TS_KIND_BENEFICIARY || kind == TS_KIND_WAIVER;
    return !of_province || node->identity.role == TS_OFFICE_PROVINCE;
}

/* A commune's office means its own unit when it names none. */
static ts_err_t
default_unit(ts_job_t *job, ts_draft_t *draft)
{
    const ts_node_t *node = job->node;
    const ts_field_t *field = ts_schema_field(draft->kind, "unit_id");
    if (field == NULL || node->identity.role != TS_OFFICE_COMMUNE || node->identity.unit == 0 ||
        draft->kind->kind == TS_KIND_ALLOCATION ||
        ts_field_get_number(field, ts_record_body(draft->record)) != 0) {
        return TS_ERR_OK;
    }
    return ts_record_set_number(draft->record, "unit_id", (int64_t)node->identity.unit);
}

/* "05/2014", "2014-05" or the year alone, into two fields. */
static ts_err_t
set_birth(ts_job_t *job, ts_draft_t *child, const char *text)
{
    ts_msg_t why = {0};
    ts_err_t err = ts_records_set_birth(child->record, text, &why);
    return err == TS_ERR_OK ? err : ts_job_refuse_field(job, err, "birth_month", text, &why);
}

/* The need's own child, when birth and sex are given instead of a code: recorded in the same
 * commit. */
static ts_err_t
add_own_child(ts_job_t *job, recording_t *self, ts_draft_t *need)
{
    const char *birth = ts_command_get(&job->command, "birth_month");
    const char *sex = ts_command_get(&job->command, "sex");
    if (birth == NULL) {
        birth = ts_command_get(&job->command, "birth_year");
    }
    if (need->kind->kind != TS_KIND_NEED || (birth == NULL && sex == NULL)) {
        return TS_ERR_OK;
    }
    if (birth == NULL || ts_command_get(&job->command, "beneficiary") != NULL) {
        return ts_job_refuse(
            job, TS_ERR_INVALID,
            N_("Name the child by its code, or give birth_month and sex of a new one, not both"),
            NULL);
    }
    ts_draft_t child;
    ts_draft_new(job, &child, ts_schema_kind(ts_wire_schema(), TS_KIND_BENEFICIARY), 0);
    child.header.occurred_on = need->header.occurred_on;
    child.header.occurred_precision = need->header.occurred_precision;
    child.header.on_behalf_of_unit = need->header.on_behalf_of_unit;
    child.header.source_key = need->header.source_key;
    const Tiepsuc__V1__Need *body = ts_record_body(need->record);
    ts_err_t err = ts_record_set_number(child.record, "unit_id", (int64_t)body->unit_id);
    if (err == TS_ERR_OK) {
        err = ts_record_set_string(child.record, "site", body->site);
    }
    if (err == TS_ERR_OK) {
        err = set_birth(job, &child, birth);
    }
    if (err == TS_ERR_OK && sex != NULL) {
        int64_t value;
        ts_msg_t why = {0};
        err = ts_records_sex(sex, &value, &why);
        err = err == TS_ERR_OK ? ts_record_set_number(child.record, "sex", value)
                               : ts_job_refuse_field(job, err, "sex", sex, &why);
    }
    if (err == TS_ERR_OK) {
        err = judge(job, &self->drafts, &child);
    }
    if (err == TS_ERR_OK) {
        err = encode(job, &self->drafts, &child);
    }
    if (err == TS_ERR_OK) {
        err = ts_record_set_number(need->record, "beneficiary_id", (int64_t)child.header.record);
        need->inner = "beneficiary_id";
    }
    ts_draft_free(&child);
    return err;
}

static ts_err_t
prepare_new(ts_job_t *job, recording_t *self, ts_draft_t *draft, ts_names_t *names)
{
    ts_err_t err = set_fields(job, draft, names);
    if (err == TS_ERR_OK) {
        err = default_unit(job, draft);
    }
    if (err == TS_ERR_OK && draft->kind->kind == TS_KIND_NEED &&
        ts_command_get(&job->command, "state") == NULL) {
        err = ts_record_set_number(draft->record, "state",
                                   TIEPSUC__V1__NEED_STATE__NEED_STATE_REPORTED);
    }
    if (err == TS_ERR_OK) {
        err = add_own_child(job, self, draft);
    }
    if (err == TS_ERR_OK) {
        err = ts_records_fill_values(job, draft);
    }
    if (err == TS_ERR_OK) {
        err = judge(job, &self->drafts, draft);
    }
    return err;
}

/* A row that was imported or entered under this key before is not made twice. */
static ts_err_t
refuse_known_row(ts_job_t *job, const ts_draft_t *draft)
{
    ts_record_id_t record;
    if (draft->row_key == NULL) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_ledger_row_key(job->node->ledger, draft->kind->kind,
                                     job->node->identity.keys.office, draft->row_key, &record);
    if (err != TS_ERR_OK) {
        return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    char code[TS_CODE_BYTES_MAX];
    ts_record_code_format(record, code, sizeof code);
    return ts_job_refuse(job, TS_ERR_EXISTS,
                         N_("The row “{1}” was recorded before as {2}: revise that one"),
                         draft->row_key, code, NULL);
}

/* One paper may hold several handovers, so that a number that stands there already is only told. */
static void
warn_of_paper(ts_job_t *job, const ts_draft_t *draft)
{
    if (draft->kind->kind != TS_KIND_HANDOVER) {
        return;
    }
    const Tiepsuc__V1__Handover *body = ts_record_body(draft->record);
    ts_record_id_t other = ts_records_same_text(job, draft, "paper_number", body->paper_number);
    if (other != 0) {
        ts_msg_t why = {0};
        char code[TS_CODE_BYTES_MAX];
        ts_record_code_format(other, code, sizeof code);
        ts_msg_make(&why,
                    N_("this paper stands on {1} already: if it is the same handover, withdraw "
                       "one of the two"),
                    code, NULL);
        put_field_issue(job, TS_SEVERITY_WARNING, "paper_number", body->paper_number, &why);
    }
}

ts_err_t
ts_run_add(ts_job_t *job)
{
    const char *name = ts_job_need(job, "kind");
    if (name == NULL) {
        return TS_ERR_INVALID;
    }
    const ts_kind_schema_t *kind = ts_schema_named(ts_wire_schema(), name);
    if (kind == NULL || !may_be_typed(job->node, kind->kind)) {
        return ts_job_refuse(job, TS_ERR_INVALID,
                             N_("Records of the kind “{1}” are not entered this way here"), name,
                             NULL);
    }
    recording_t *self = recording_new(job);
    bool dry_run = false;
    ts_err_t err = ts_job_flag(job, "dry_run", &dry_run);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_record_id_t plan = has_plan(kind->kind) ? only_plan(job->node) : 0;
    ts_draft_t draft;
    ts_draft_new(job, &draft, kind, plan);
    ts_names_t *names = ts_names_new(job->node, only_plan(job->node));
    err = prepare_new(job, self, &draft, names);
    if (err == TS_ERR_OK) {
        err = refuse_known_row(job, &draft);
    }
    if (err == TS_ERR_OK) {
        warn_of_paper(job, &draft);
    }
    if (err == TS_ERR_OK && dry_run) {
        ts_job_say(job, N_("It could be recorded like this; nothing was written"), NULL);
    } else if (err == TS_ERR_OK) {
        err = encode(job, &self->drafts, &draft);
        self->kind = kind->kind;
        self->record = draft.header.record;
        self->done = N_("Saved as {1}");
        if (err == TS_ERR_OK) {
            err = ts_drafts_write(job, &self->drafts, tell);
        }
    }
    ts_names_destroy(&names);
    ts_draft_free(&draft);
    return err;
}

/* ---- revise, void, resolve */

/* What is to be done with a record that stands. */
typedef struct change {
    bool all; /* several versions may stand: name them all */
    bool voids;
    const char *done;
} change_t;

static ts_err_t
need_reason(ts_job_t *job)
{
    const char *reason = ts_command_get(&job->command, "reason");
    if (reason == NULL || reason[0] == '\0') {
        return ts_job_refuse(job, TS_ERR_INVALID, N_("Say why: reason=…"), NULL);
    }
    return TS_ERR_OK;
}

static ts_err_t
version_to_keep(ts_job_t *job, uint64_t *ret_event)
{
    const char *keep = ts_command_get(&job->command, "keep");
    uint8_t bytes[8];
    *ret_event = 0;
    if (keep == NULL) {
        return TS_ERR_OK;
    }
    if (ts_hex_parse(keep, bytes, sizeof bytes) != TS_ERR_OK) {
        return ts_job_refuse(job, TS_ERR_INVALID,
                             N_("keep = “{1}”: give the version as show prints it, 16 hex digits"),
                             keep, NULL);
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        *ret_event = *ret_event << 8 | bytes[i];
    }
    return TS_ERR_OK;
}

/* What others stand on is not pulled away from under them; a need is, because what was given for it
 * happened all the same. */
static ts_err_t
refuse_named(ts_job_t *job, const ts_standing_t *standing)
{
    uint32_t kind = 0;
    ts_record_id_t other =
        standing->kind == TS_KIND_NEED
            ? 0
            : ts_records_named_by(job->node, standing->kind, standing->record, &kind);
    if (other == 0) {
        return TS_ERR_OK;
    }
    char own[TS_CODE_BYTES_MAX];
    char code[TS_CODE_BYTES_MAX];
    ts_msg_t say = {0};
    ts_record_code_format(standing->record, own, sizeof own);
    ts_record_code_format(other, code, sizeof code);
    ts_msg_make(&say,
                N_("Not withdrawn: {1} is named by another entry ({3}: {2}). Change or withdraw "
                   "that one first"),
                own, code, NULL);
    ts_records_arg_kind(&say, kind);
    return ts_job_refuse_with(job, TS_ERR_INVALID, &say);
}

static ts_err_t
apply_change(ts_job_t *job, recording_t *self, ts_draft_t *draft, const change_t *change)
{
    ts_names_t *names = ts_names_new(job->node, draft->header.plan);
    bool dry_run = false;
    ts_err_t err;
    draft->header.voided = change->voids;
    ts_draft_set_reason(draft, ts_command_get(&job->command, "reason"));
    err = change->voids ? TS_ERR_OK : set_fields(job, draft, names);
    if (err == TS_ERR_OK && !change->voids) {
        err = ts_records_fill_values(job, draft);
    }
    ts_names_destroy(&names);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (ts_draft_unchanged(draft)) {
        self->done = change->voids ? N_("{1} was withdrawn before; nothing changed")
                                   : N_("Nothing changed: {1} says that already");
        return ts_drafts_write(job, &self->drafts, tell);
    }
    if (draft->old.voided && !change->voids) {
        self->done = N_("{1} had been withdrawn and stands again, as it is shown here");
    }
    err = judge(job, &self->drafts, draft);
    if (err == TS_ERR_OK) {
        err = ts_job_flag(job, "dry_run", &dry_run);
    }
    if (err == TS_ERR_OK && dry_run) {
        ts_job_say(job, N_("It could be recorded like this; nothing was written"), NULL);
        return TS_ERR_OK;
    }
    if (err == TS_ERR_OK) {
        err = encode(job, &self->drafts, draft);
    }
    return err == TS_ERR_OK ? ts_drafts_write(job, &self->drafts, tell) : err;
}

static ts_err_t
change_record(ts_job_t *job, const change_t *change)
{
    ts_standing_t standing;
    uint64_t keep = 0;
    ts_err_t err = ts_job_record(job, "record", 0, &standing);
    if (err == TS_ERR_OK) {
        err = need_reason(job);
    }
    if (err == TS_ERR_OK && change->all) {
        err = version_to_keep(job, &keep);
    }
    if (err == TS_ERR_OK && !may_be_typed(job->node, standing.kind)) {
        const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), standing.kind);
        err = ts_job_refuse(job, TS_ERR_DENIED,
                            N_("Records of the kind “{1}” are not changed this way"), kind->name,
                            NULL);
    }
    if (err == TS_ERR_OK && change->all && !standing.conflict) {
        err = ts_job_refuse(job, TS_ERR_INVALID, N_("There is no conflict to resolve: use revise"),
                            NULL);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    if (change->voids && !standing.is_void) {
        err = refuse_named(job, &standing);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    recording_t *self = recording_new(job);
    self->kind = standing.kind;
    self->record = standing.record;
    self->done = change->done;
    ts_draft_t draft = {0};
    err = ts_draft_revise(job, &draft, &standing, change->all || change->voids, keep);
    if (err == TS_ERR_OK) {
        err = apply_change(job, self, &draft, change);
    }
    ts_draft_free(&draft);
    return err;
}

ts_err_t
ts_run_revise(ts_job_t *job)
{
    static const change_t change = {.done = N_("{1} was revised")};
    return change_record(job, &change);
}

ts_err_t
ts_run_void(ts_job_t *job)
{
    static const change_t change = {.voids = true, .done = N_("{1} was withdrawn")};
    return change_record(job, &change);
}

ts_err_t
ts_run_resolve(ts_job_t *job)
{
    static const change_t change = {.all = true, .done = N_("The conflict of {1} is resolved")};
    return change_record(job, &change);
}

/* ---- approve */

/* Who wrote the version that is approved must be somebody else. */
static ts_err_t
check_not_own(ts_job_t *job, const ts_standing_t *standing)
{
    if (standing->office == job->node->identity.keys.office &&
        standing->author == job->command.account) {
        char number[16];
        (void)snprintf(number, sizeof number, "%u", (unsigned)job->command.account);
        return ts_job_refuse(
            job, TS_ERR_DENIED,
            N_("Account {1} recorded this version itself; another person approves it"), number,
            NULL);
    }
    return TS_ERR_OK;
}

/* The same person's same decision on the same version is one decision. */
static ts_err_t
check_not_decided(ts_job_t *job, const ts_draft_t *draft)
{
    const Tiepsuc__V1__Approval *ours = ts_record_body(draft->record);
    ts_record_id_t same = ts_records_same_decision(job, draft);
    char number[16];
    char code[TS_CODE_BYTES_MAX];
    if (same == 0) {
        return TS_ERR_OK;
    }
    (void)snprintf(number, sizeof number, "%u", (unsigned)job->command.account);
    ts_record_code_format(same, code, sizeof code);
    return ts_job_refuse(job, TS_ERR_EXISTS,
                         ours->decision == TIEPSUC__V1__DECISION__DECISION_APPROVED
                             ? N_("Account {1} approved this version before: {2}")
                             : N_("Account {1} refused this version before: {2}"),
                         number, code, NULL);
}

static ts_err_t
fill_approval(ts_job_t *job, ts_draft_t *draft, const ts_standing_t *standing)
{
    const ts_kind_schema_t *target = ts_schema_kind(ts_wire_schema(), standing->kind);
    const char *decision = ts_command_get(&job->command, "decision");
    const char *note = ts_command_get(&job->command, "note");
    ts_msg_t why = {0};
    ts_err_t err = ts_record_set_string(draft->record, "target_kind", target->name);
    if (err == TS_ERR_OK) {
        err = ts_record_set_number(draft->record, "target", (int64_t)standing->record);
    }
    if (err == TS_ERR_OK) {
        err = ts_record_set_number(draft->record, "target_event", (int64_t)standing->event);
    }
    if (err == TS_ERR_OK) {
        err = ts_record_set_text(draft->record, "decision",
                                 decision == NULL ? "approved" : decision, NULL, &why);
        if (err != TS_ERR_OK) {
            return ts_job_refuse_field(job, err, "decision", decision, &why);
        }
    }
    if (err == TS_ERR_OK && note != NULL) {
        err = ts_record_set_string(draft->record, "note", note);
    }
    draft->header.plan = standing->plan;
    draft->header.occurred_on = ts_node_today(job->node);
    return err;
}

ts_err_t
ts_run_approve(ts_job_t *job)
{
    ts_standing_t standing;
    ts_err_t err = ts_job_record(job, "record", 0, &standing);
    if (err == TS_ERR_OK && standing.conflict) {
        err = ts_job_refuse(
            job, TS_ERR_CONFLICT,
            N_("Several versions stand: resolve the conflict before it is approved"), NULL);
    }
    if (err == TS_ERR_OK && standing.is_void) {
        err = ts_job_refuse(job, TS_ERR_INVALID,
                            N_("This entry was withdrawn: there is nothing to approve"), NULL);
    }
    if (err == TS_ERR_OK) {
        err = check_not_own(job, &standing);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    recording_t *self = recording_new(job);
    self->kind = TS_KIND_APPROVAL;
    self->done = N_("The decision is recorded as {1}");
    ts_draft_t draft;
    ts_draft_new(job, &draft, ts_schema_kind(ts_wire_schema(), TS_KIND_APPROVAL), 0);
    err = fill_approval(job, &draft, &standing);
    if (err == TS_ERR_OK) {
        err = judge(job, &self->drafts, &draft);
    }
    if (err == TS_ERR_OK) {
        err = check_not_decided(job, &draft);
    }
    if (err == TS_ERR_OK) {
        err = encode(job, &self->drafts, &draft);
        self->record = draft.header.record;
    }
    ts_draft_free(&draft);
    return err == TS_ERR_OK ? ts_drafts_write(job, &self->drafts, tell) : err;
}
