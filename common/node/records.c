/* SPDX-License-Identifier: MPL-2.0 */
#include "node/records.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/envelope.h"
#include "core/kind.h"
#include "core/labels.h"
#include "node/records_ask.h"
#include "wire/record_text.h"
#include "wire/schema.h"

#include <stdio.h>
#include <string.h>

/* Counter of the id that stands in for one that is not minted yet; real counters begin with 1. */
#define UNMINTED 0u

/* ---- which log */

static const struct {
    uint32_t kind;
    uint8_t purpose;
    uint8_t at_province; /* 0 = the same */
} homes[] = {
    {TS_KIND_UNIT, TS_PURPOSE_REGISTRY, 0},
    {TS_KIND_BODY, TS_PURPOSE_REGISTRY, 0},
    {TS_KIND_OFFICE, TS_PURPOSE_REGISTRY, 0},
    {TS_KIND_CUTOFF, TS_PURPOSE_REGISTRY, 0},
    {TS_KIND_RELEASE, TS_PURPOSE_REGISTRY, 0},
    {TS_KIND_PLAN, TS_PURPOSE_DOWN, 0},
    {TS_KIND_SCOPE, TS_PURPOSE_DOWN, 0},
    {TS_KIND_LINE, TS_PURPOSE_DOWN, 0},
    {TS_KIND_BAND, TS_PURPOSE_DOWN, 0},
    {TS_KIND_DUTY, TS_PURPOSE_DOWN, 0},
    {TS_KIND_PERIOD, TS_PURPOSE_DOWN, 0},
    {TS_KIND_BUDGET, TS_PURPOSE_DOWN, 0},
    {TS_KIND_TARGET, TS_PURPOSE_DOWN, 0},
    {TS_KIND_ACTIVITY, TS_PURPOSE_DOWN, 0},
    {TS_KIND_BENEFICIARY, TS_PURPOSE_RECORDS, 0},
    {TS_KIND_POPULATION, TS_PURPOSE_RECORDS, 0},
    {TS_KIND_NEED, TS_PURPOSE_RECORDS, 0},
    {TS_KIND_DONOR, TS_PURPOSE_RECORDS, TS_PURPOSE_PRIVATE},
    {TS_KIND_FUND, TS_PURPOSE_RECORDS, TS_PURPOSE_DOWN},
    {TS_KIND_PLEDGE, TS_PURPOSE_RECORDS, TS_PURPOSE_PRIVATE},
    {TS_KIND_RECEIPT, TS_PURPOSE_RECORDS, TS_PURPOSE_PRIVATE},
    {TS_KIND_PURCHASE, TS_PURPOSE_RECORDS, TS_PURPOSE_PRIVATE},
    {TS_KIND_ALLOCATION, TS_PURPOSE_RECORDS, TS_PURPOSE_DOWN},
    {TS_KIND_HANDOVER, TS_PURPOSE_RECORDS, 0},
    {TS_KIND_RETURN, TS_PURPOSE_RECORDS, 0},
    {TS_KIND_APPROVAL, TS_PURPOSE_ACTS, 0},
    {TS_KIND_REPORT, TS_PURPOSE_ACTS, 0},
    {TS_KIND_REPORT_RETURN, TS_PURPOSE_DOWN, 0},
    {TS_KIND_FILING, TS_PURPOSE_ACTS, 0},
    {TS_KIND_WAIVER, TS_PURPOSE_DOWN, 0},
    {TS_KIND_HOLDING, TS_PURPOSE_HOLDINGS, 0},
};

uint8_t
ts_records_purpose(const ts_node_t *node, uint32_t kind)
{
    for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
        if (homes[i].kind == kind) {
            bool province = node->identity.role == TS_OFFICE_PROVINCE;
            return province && homes[i].at_province != 0 ? homes[i].at_province : homes[i].purpose;
        }
    }
    return TS_PURPOSE_RECORDS;
}

/* An allocation of the province travels only towards the unit that it is for. */
static ts_record_id_t
audience_unit(ts_job_t *job, const ts_draft_t *draft, uint8_t purpose)
{
    if (draft->kind->kind != TS_KIND_ALLOCATION || purpose != TS_PURPOSE_DOWN) {
        return 0;
    }
    ts_record_id_t unit = ts_records_allocation_unit(job->node, ts_record_body(draft->record));
    uint32_t child = unit == 0 ? 0 : ts_child_towards(job->node, unit);
    const ts_office_t *office =
        child == 0 ? NULL : ts_catalog_office(ts_node_catalog(job->node), child);
    return office == NULL ? 0 : office->unit;
}

static ts_err_t
log_of(ts_job_t *job, ts_drafts_t *drafts, const ts_draft_t *draft)
{
    uint8_t purpose = draft->old_purpose != 0 ? draft->old_purpose
                                              : ts_records_purpose(job->node, draft->kind->kind);
    ts_record_id_t unit =
        draft->old_purpose != 0 ? draft->old_audience : audience_unit(job, draft, purpose);
    if (drafts->has_log && drafts->log_purpose == purpose && drafts->log_unit == unit) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_logs_active(job->node, purpose, unit, &drafts->log);
    drafts->has_log = err == TS_ERR_OK;
    drafts->log_purpose = purpose;
    drafts->log_unit = unit;
    return err;
}

/* ---- drafts */

void
ts_draft_new(ts_job_t *job, ts_draft_t *draft, const ts_kind_schema_t *kind, ts_record_id_t plan)
{
    *draft = (ts_draft_t){.kind = kind, .record = ts_record_new(kind)};
    draft->header = (ts_event_header_t){.kind = kind->kind,
                                        .version = kind->version,
                                        .must_understand = true,
                                        .plan = plan,
                                        .claimed_s = (uint64_t)(job->node->wall.ms / 1000),
                                        .author = job->command.account,
                                        .author_role = job->role};
}

ts_record_id_t
ts_draft_mint(ts_job_t *job, ts_draft_t *draft)
{
    if (draft->header.record == 0) {
        draft->header.record = ts_node_mint_record(job->node);
    }
    return draft->header.record;
}

void
ts_draft_free(ts_draft_t *draft)
{
    ts_record_destroy(&draft->record);
    ts_xfree(draft->reason);
    ts_xfree(draft->row_key);
    ts_buf_free(&draft->old_body);
    *draft = (ts_draft_t){0};
}

void
ts_draft_set_reason(ts_draft_t *draft, const char *reason)
{
    ts_xfree(draft->reason);
    draft->reason = reason == NULL || reason[0] == '\0' ? NULL : ts_xstrdup(reason);
}

void
ts_draft_set_row_key(ts_draft_t *draft, const char *row_key)
{
    ts_xfree(draft->row_key);
    draft->row_key = row_key == NULL || row_key[0] == '\0' ? NULL : ts_xstrdup(row_key);
}

ts_err_t
ts_records_read(ts_node_t *node,
                const ts_place_t *place,
                uint64_t event,
                ts_event_header_t *ret_header,
                const ts_kind_schema_t **ret_kind,
                const void **ret_body)
{
    ts_bytes_t bytes;
    ts_err_t err = ts_fold_read(node->fold, place, event, &bytes);
    return err == TS_ERR_OK ? ts_event_decode(node->decoder, bytes, ret_header, ret_kind, ret_body)
                            : err;
}

/* Versions of one record that are looked through for those that stand. */
#define HISTORY_MAX 4096u

/* Prefixes of all standing events; *ret_base becomes the one whose body is taken. */
static ts_err_t
name_standing(ts_job_t *job,
              ts_draft_t *draft,
              const ts_standing_t *standing,
              uint64_t base,
              ts_history_t *ret_base)
{
    ts_history_t *history = ts_xcalloc(HISTORY_MAX, sizeof *history);
    size_t count = 0;
    ts_err_t err = ts_ledger_history(job->node->ledger, standing->kind, standing->record, history,
                                     HISTORY_MAX, &count);
    bool found = base == 0;
    *ret_base = (ts_history_t){.event = standing->event, .place = standing->place};
    for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
        if (history[i].stands && draft->header.revises_count < TS_REVISES_MAX) {
            draft->revises[draft->header.revises_count++] = history[i].event;
        }
        if (history[i].stands && history[i].event == base) {
            *ret_base = history[i];
            found = true;
        }
    }
    ts_xfree(history);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (draft->header.revises_count == 0) {
        draft->revises[draft->header.revises_count++] = standing->event;
    }
    draft->header.revises = draft->revises;
    return found ? TS_ERR_OK
                 : ts_job_refuse(job, TS_ERR_NOTFOUND,
                                 N_("The version to keep is not one of those that stand"), NULL);
}

/* A record never changes its audience: its next version goes into a log of the same purpose and
 * audience, when it is ours. */
static ts_err_t
remember_log(ts_job_t *job, ts_draft_t *draft, const ts_standing_t *standing)
{
    ts_log_info_t info;
    ts_err_t err = ts_ledger_log(job->node->ledger, standing->place.log, &info);
    if (err == TS_ERR_OK && info.office == job->node->identity.keys.office) {
        draft->old_purpose = info.purpose;
        draft->old_audience = info.audience == TS_AUDIENCE_DOWN_UNIT ? info.audience_unit : 0;
    }
    return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
}

ts_err_t
ts_draft_revise(
    ts_job_t *job, ts_draft_t *draft, const ts_standing_t *standing, bool all, uint64_t base)
{
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), standing->kind);
    TS_CHECK(kind != NULL);
    if (standing->conflict && !all) {
        char code[TS_CODE_BYTES_MAX];
        ts_record_code_format(standing->record, code, sizeof code);
        return ts_job_refuse(job, TS_ERR_CONFLICT,
                             N_("{1} has versions that exclude one another: look at them (show) "
                                "and decide (resolve)"),
                             code, NULL);
    }
    ts_draft_new(job, draft, kind, standing->plan);
    draft->header.record = standing->record;
    ts_history_t taken;
    ts_err_t err = name_standing(job, draft, standing, base, &taken);
    if (err == TS_ERR_OK) {
        err = remember_log(job, draft, standing);
    }
    ts_event_header_t old;
    const ts_kind_schema_t *old_kind;
    const void *body;
    if (err == TS_ERR_OK) {
        err = ts_records_read(job->node, &taken.place, taken.event, &old, &old_kind, &body);
    }
    if (err != TS_ERR_OK) {
        ts_draft_free(draft);
        return err;
    }
    ts_record_destroy(&draft->record);
    draft->record = ts_record_copy(kind, body);
    ts_record_pack(draft->record, &draft->old_body);
    draft->old = old;
    draft->header.plan = old.plan;
    draft->header.occurred_on = old.occurred_on;
    draft->header.occurred_precision = old.occurred_precision;
    draft->header.on_behalf_of_unit = old.on_behalf_of_unit;
    draft->header.source_key = old.source_key;
    ts_draft_set_row_key(draft, old.row_key);
    return TS_ERR_OK;
}

bool
ts_draft_unchanged(const ts_draft_t *draft)
{
    if (draft->header.revises_count != 1 || draft->header.voided != draft->old.voided ||
        draft->header.plan != draft->old.plan ||
        draft->header.occurred_on != draft->old.occurred_on ||
        draft->header.occurred_precision != draft->old.occurred_precision ||
        draft->header.on_behalf_of_unit != draft->old.on_behalf_of_unit) {
        return false;
    }
    ts_buf_t body = {0};
    ts_record_pack(draft->record, &body);
    bool same = body.length == draft->old_body.length &&
                (body.length == 0 || memcmp(body.data, draft->old_body.data, body.length) == 0);
    ts_buf_free(&body);
    return same;
}

/* ---- fields as text */

void
ts_records_arg_kind(ts_msg_t *msg, uint32_t kind)
{
    const ts_kind_schema_t *schema = ts_schema_kind(ts_wire_schema(), kind);
    const char *label = schema == NULL ? NULL : ts_label_kind(schema->name);
    ts_msg_arg_word(msg, label != NULL ? label : schema != NULL ? schema->name : "?");
}

static ts_err_t
set_plan(ts_draft_t *draft, ts_names_t *names, const char *value, ts_msg_t *ret_why)
{
    ts_record_id_t plan = 0;
    ts_err_t err = ts_names_find(names, TS_KIND_PLAN, value, &plan, ret_why);
    if (err == TS_ERR_OK) {
        draft->header.plan = plan;
        ts_names_set_plan(names, plan);
    }
    return err;
}

/* A day, a month or a year: what is not known stays unknown. */
static ts_err_t
set_occurred(ts_draft_t *draft, ts_names_t *names, const char *value, ts_msg_t *ret_why)
{
    return ts_records_parse_day(value, &draft->header.occurred_on,
                                &draft->header.occurred_precision, ret_why) == TS_ERR_OK
               ? (ts_names_set_day(names, draft->header.occurred_on), TS_ERR_OK)
               : TS_ERR_INVALID;
}

static ts_err_t
set_reason(ts_draft_t *draft, ts_names_t *names, const char *value, ts_msg_t *ret_why)
{
    (void)names;
    (void)ret_why;
    ts_draft_set_reason(draft, value);
    return TS_ERR_OK;
}

static ts_err_t
set_row_key(ts_draft_t *draft, ts_names_t *names, const char *value, ts_msg_t *ret_why)
{
    (void)names;
    (void)ret_why;
    ts_draft_set_row_key(draft, value);
    return TS_ERR_OK;
}

static ts_err_t
set_on_behalf(ts_draft_t *draft, ts_names_t *names, const char *value, ts_msg_t *ret_why)
{
    return ts_names_find(names, TS_KIND_UNIT, value, &draft->header.on_behalf_of_unit, ret_why);
}

static ts_err_t
set_source_key(ts_draft_t *draft, ts_names_t *names, const char *value, ts_msg_t *ret_why)
{
    (void)names;
    ts_err_t err = ts_hex_parse(value, draft->header.source_key.b, TS_HASH_BYTES);
    if (err != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("“{1}” is not the hash of a sheet: 64 hex digits"), value, NULL);
    }
    return err;
}

static const struct {
    const char *name;
    ts_err_t (*set)(ts_draft_t *draft, ts_names_t *names, const char *value, ts_msg_t *ret_why);
} header_fields[] = {
    {"plan", set_plan},       {"occurred_on", set_occurred},   {"reason", set_reason},
    {"row_key", set_row_key}, {"on_behalf_of", set_on_behalf}, {"source_key", set_source_key},
};

/* The schema's name of what a person calls "unit" or "value"; false when there is none. */
static bool
full_name(const ts_draft_t *draft, const char *name, char *out, size_t bytes)
{
    static const char *const endings[] = {"", "_id", "_far_id", "_ids", "_on", "_vnd"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        ts_record_place_t place;
        int length = snprintf(out, bytes, "%s%s", name, endings[i]);
        if (length > 0 && (size_t)length < bytes &&
            ts_record_find(draft->record, out, &place) == TS_ERR_OK) {
            return true;
        }
    }
    return false;
}

/* What was withdrawn is not named by anything new. Allocations and handovers are let pass: what
 * comes of them happened all the same, and the balance tells. */
static ts_err_t
resolve_standing(
    void *self, uint32_t kind, const char *text, ts_record_id_t *ret_id, ts_msg_t *ret_why)
{
    static const uint32_t kinds[] = {TS_KIND_BENEFICIARY, TS_KIND_NEED,   TS_KIND_DONOR,
                                     TS_KIND_FUND,        TS_KIND_PLEDGE, TS_KIND_RECEIPT};
    ts_record_id_t id = 0;
    ts_standing_t standing;
    ts_err_t err = ts_names_find(self, kind, text, &id, ret_why);
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i] == kind &&
            ts_ledger_record(ts_names_node(self)->ledger, kind, id, &standing) == TS_ERR_OK &&
            standing.is_void) {
            ts_msg_make(ret_why, N_("“{1}” was withdrawn"), text, NULL);
            err = TS_ERR_INVALID;
        }
    }
    if (err == TS_ERR_OK) {
        *ret_id = id;
    }
    return err;
}

ts_err_t
ts_draft_set(
    ts_draft_t *draft, ts_names_t *names, const char *name, const char *value, ts_msg_t *ret_why)
{
    for (size_t i = 0; i < sizeof header_fields / sizeof header_fields[0]; i++) {
        if (strcmp(header_fields[i].name, name) == 0) {
            return header_fields[i].set(draft, names, value, ret_why);
        }
    }
    char path[128];
    if (!full_name(draft, name, path, sizeof path)) {
        ts_msg_set(ret_why, N_("“{1}” has no field “{2}”"));
        ts_records_arg_kind(ret_why, draft->kind->kind);
        ts_msg_arg(ret_why, name);
        return TS_ERR_NOTFOUND;
    }
    ts_resolver_t resolver = {.resolve = resolve_standing, .self = names};
    return ts_record_set_text(draft->record, path, value, &resolver, ret_why);
}

/* ---- judging */

static ts_err_t
say_parked(const ts_verdict_t *verdict, ts_objection_t *objection)
{
    objection->field = NULL;
    objection->reason_enough = false;
    if (verdict->park == TS_PARK_WAITING) {
        char code[TS_CODE_BYTES_MAX];
        ts_record_code_format(verdict->waits_for, code, sizeof code);
        ts_msg_set(&objection->why, N_("it names a record that is not known here: {1} {2}"));
        ts_records_arg_kind(&objection->why, verdict->waits_kind);
        ts_msg_arg(&objection->why, code);
    } else {
        ts_msg_make(&objection->why, ts_park_str(verdict->park), NULL);
    }
    return TS_ERR_DENIED;
}

/* Before its own registration came an office can judge nothing: what is entered waits for it. The
 * registry comes in several segments, so that other offices may be known already. */
static bool
waits_for_registry(const ts_verdict_t *verdict)
{
    return verdict->park == TS_PARK_UNKNOWN_OFFICE;
}

/* Judges the record as if its target in the same batch were there: without the reference to it. */
static ts_err_t
ask_fold(ts_job_t *job, ts_drafts_t *drafts, ts_draft_t *draft, ts_verdict_t *ret_verdict)
{
    ts_event_header_t header = draft->header;
    int64_t inner = 0;
    if (header.record == 0) {
        header.record =
            ts_record_id(job->node->identity.keys.office, job->node->record_salt, UNMINTED);
    }
    header.reason = draft->reason;
    header.row_key = draft->row_key;
    if (draft->inner != NULL) {
        const ts_field_t *field = ts_schema_field(draft->kind, draft->inner);
        inner = ts_field_get_number(field, ts_record_body(draft->record));
        ts_err_t cleared = ts_record_clear(draft->record, draft->inner);
        TS_CHECK(cleared == TS_ERR_OK);
    }
    ts_err_t err = ts_fold_judge(job->node->fold, &drafts->log, &header, draft->kind,
                                 ts_record_body(draft->record), ret_verdict);
    if (draft->inner != NULL) {
        ts_err_t set = ts_record_set_number(draft->record, draft->inner, inner);
        TS_CHECK(set == TS_ERR_OK);
    }
    return err;
}

static ts_record_id_t
number_of(const ts_draft_t *draft, const char *name)
{
    const ts_field_t *field = ts_schema_field(draft->kind, name);
    return field == NULL
               ? 0
               : (ts_record_id_t)ts_field_get_number(field, ts_record_body(draft->record));
}

/* A verdict whose cause core/account tells better: an amount or a date that cannot be right, a unit
 * that was forgotten. */
static bool
has_better_words(const ts_draft_t *draft, const ts_verdict_t *verdict)
{
    bool no_unit =
        ts_schema_field(draft->kind, "unit_id") != NULL && number_of(draft, "unit_id") == 0;
    return !draft->header.voided &&
           (verdict->park == TS_PARK_INVALID || verdict->park == TS_PARK_UNIT_ENDED ||
            (verdict->park == TS_PARK_NOT_PERMITTED && no_unit));
}

/* Not permitted, and why: another territory, another body's fund. */
static void
say_not_permitted(const ts_node_t *node, const ts_draft_t *draft, ts_msg_t *ret_why)
{
    const ts_catalog_t *catalog = ts_node_catalog(node);
    const ts_unit_t *unit = ts_catalog_unit(catalog, number_of(draft, "unit_id"));
    const ts_unit_t *own = ts_catalog_unit(catalog, node->identity.unit);
    const ts_body_t *holder = ts_catalog_body(
        catalog, draft->kind->kind == TS_KIND_FUND
                     ? number_of(draft, "holder_body_id")
                     : ts_catalog_fund_holder(catalog, number_of(draft, "fund_id")));
    if (draft->kind->kind != TS_KIND_ALLOCATION && unit != NULL && own != NULL &&
        !ts_catalog_below(catalog, unit->id, own->id)) {
        ts_msg_make(ret_why, N_("it is about “{1}” ({2}), which does not belong to “{3}” ({4})"),
                    unit->name, unit->code, own->name, own->code, NULL);
    } else if (holder != NULL && holder->id != node->identity.body) {
        ts_msg_make(ret_why, N_("the fund is held by “{1}”: only its office writes this"),
                    holder->name, NULL);
    } else {
        ts_msg_set(ret_why, ts_park_str(TS_PARK_NOT_PERMITTED));
    }
}

ts_err_t
ts_draft_judge(ts_job_t *job, ts_drafts_t *drafts, ts_draft_t *draft, ts_objection_t *ret_objection)
{
    ts_verdict_t verdict = {0};
    ts_err_t err = log_of(job, drafts, draft);
    if (err == TS_ERR_DENIED) {
        ts_msg_set(&ret_objection->why, N_("this office may not write this"));
        return err;
    }
    if (err == TS_ERR_OK) {
        err = ask_fold(job, drafts, draft, &verdict);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    if (verdict.park != TS_PARK_NONE && !waits_for_registry(&verdict)) {
        if (has_better_words(draft, &verdict) && ts_records_object(job, draft, ret_objection) &&
            !ret_objection->reason_enough) {
            return TS_ERR_INVALID;
        }
        ts_objection_free(ret_objection);
        if (verdict.park == TS_PARK_NOT_PERMITTED) {
            say_not_permitted(job->node, draft, &ret_objection->why);
            return TS_ERR_DENIED;
        }
        return say_parked(&verdict, ret_objection);
    }
    if (draft->header.voided) {
        return TS_ERR_OK;
    }
    return ts_records_object(job, draft, ret_objection) ? TS_ERR_INVALID : TS_ERR_OK;
}

/* ---- batches */

void
ts_drafts_free(ts_drafts_t *drafts)
{
    ts_xfree(drafts->events);
    ts_xfree(drafts->offsets);
    ts_buf_free(&drafts->bytes);
    *drafts = (ts_drafts_t){0};
}

ts_err_t
ts_drafts_add(ts_job_t *job, ts_drafts_t *drafts, ts_draft_t *draft, ts_msg_t *ret_why)
{
    if (drafts->count >= TS_DRAFTS_MAX) {
        ts_msg_set(ret_why, N_("too many entries at once"));
        return TS_ERR_LIMIT;
    }
    ts_err_t err = log_of(job, drafts, draft);
    if (err != TS_ERR_OK) {
        return err;
    }
    (void)ts_draft_mint(job, draft);
    ts_event_header_t header = draft->header;
    header.revises = draft->revises;
    header.reason = draft->reason;
    header.row_key = draft->row_key;
    size_t offset = drafts->bytes.length;
    err = ts_event_encode(&header, draft->kind, ts_record_body(draft->record), &drafts->bytes,
                          ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    drafts->events =
        ts_xgrow(drafts->events, drafts->count + 1, &drafts->capacity, sizeof *drafts->events);
    drafts->offsets = ts_xgrow(drafts->offsets, drafts->count + 1, &drafts->offset_capacity,
                               sizeof *drafts->offsets);
    drafts->offsets[drafts->count] = offset;
    drafts->events[drafts->count++] =
        (ts_new_event_t){.purpose = drafts->log_purpose,
                         .audience_unit = drafts->log_unit,
                         .bytes = {.data = NULL, .length = drafts->bytes.length - offset}};
    return TS_ERR_OK;
}

ts_err_t
ts_drafts_write(ts_job_t *job, ts_drafts_t *drafts, ts_job_fn next)
{
    if (drafts->count == 0) {
        job->next = next;
        return TS_ERR_OK;
    }
    for (size_t i = 0; i < drafts->count; i++) {
        drafts->events[i].bytes.data = drafts->bytes.data + drafts->offsets[i];
    }
    ts_err_t err = ts_logs_write(job->node, drafts->events, drafts->count);
    if (err == TS_ERR_OK) {
        ts_job_fold_then(job, next);
    }
    return err;
}
