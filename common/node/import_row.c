/* SPDX-License-Identifier: MPL-2.0 */
/* One row of a sheet: what it says, which record it is, what is wrong with it. */
#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "node/import.h"
#include "sheet/date.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A row under work. */
typedef struct work {
    ts_import_t *import;
    size_t row;
    ts_draft_t draft; /* the row's record */
    ts_draft_t child; /* of a need, when the row brings one along */
    bool has_child;
    bool names_child; /* by code */
    bool revises;     /* the record is known */
    bool child_revises;
    size_t errors; /* found in this row */
    char key[TS_ROW_ID_BYTES_MAX + 64];
    char child_key[TS_ROW_ID_BYTES_MAX + 64];
    int64_t quantity;
    int64_t value_vnd;
    int64_t heads;
} work_t;

static void
complain(work_t *work, const char *field, ts_msg_t *why)
{
    work->errors++;
    ts_import_issue(work->import, TS_SHEET_ERROR, work->row, field, why);
}

static void
complain_text(work_t *work, const char *field, const char *id)
{
    ts_msg_t why = {0};
    ts_msg_set(&why, id);
    complain(work, field, &why);
}

static const char *
cell(const work_t *work, const char *field)
{
    return ts_import_cell(work->import, work->row, field);
}

/* ---- reading cells */

/* False: the cell is empty or wrong (said). */
static bool
read_number(work_t *work, const char *field, const ts_number_spec_t *spec, int64_t *ret_value)
{
    const char *text = cell(work, field);
    ts_msg_t why = {0};
    if (text[0] == '\0') {
        return false;
    }
    size_t at = ts_sheet_form_field(work->import->form, field);
    if (ts_number_parse(text, spec, work->import->marks[at], ret_value, &why) != TS_ERR_OK) {
        complain(work, field, &why);
        return false;
    }
    return true;
}

static bool
read_date(work_t *work, const char *field, ts_date_value_t *ret_value)
{
    const char *text = cell(work, field);
    ts_msg_t why = {0};
    if (text[0] == '\0') {
        return false;
    }
    size_t at = ts_sheet_form_field(work->import->form, field);
    if (ts_date_parse(text, work->import->serials[at], ret_value, &why) != TS_ERR_OK) {
        complain(work, field, &why);
        return false;
    }
    if (ret_value->date.days == 0) {
        complain_text(work, field, N_("this date cannot be told from “no date”"));
        return false;
    }
    return true;
}

static bool
read_name(work_t *work, const char *field, uint32_t kind, ts_record_id_t *ret_id)
{
    const char *text = cell(work, field);
    ts_msg_t why = {0};
    if (text[0] == '\0') {
        return false;
    }
    if (ts_names_find(work->import->names, kind, text, ret_id, &why) != TS_ERR_OK) {
        complain(work, field, &why);
        return false;
    }
    return true;
}

/* Setting what was read cannot fail but for a program error or a text too long for a field. */
static void
set_number(work_t *work, ts_draft_t *draft, const char *path, int64_t value, const char *field)
{
    if (ts_record_set_number(draft->record, path, value) != TS_ERR_OK) {
        complain_text(work, field, N_("this number is out of range"));
    }
}

/* A cell that was emptied empties the field; a column that the sheet does not have leaves it. */
static void
clear_emptied(work_t *work, ts_draft_t *draft, const char *path, const char *field)
{
    size_t at = ts_sheet_form_field(work->import->form, field);
    if (draft->header.revises_count > 0 && at != SIZE_MAX &&
        work->import->columns[at] != TS_HEADER_NONE && cell(work, field)[0] == '\0' &&
        strchr(path, '[') == NULL) {
        ts_err_t err = ts_record_clear(draft->record, path);
        TS_CHECK(err == TS_ERR_OK);
    }
}

static void
set_text(work_t *work, ts_draft_t *draft, const char *path, const char *field)
{
    const char *text = cell(work, field);
    if (text[0] != '\0' && ts_record_set_string(draft->record, path, text) != TS_ERR_OK) {
        complain_text(work, field, N_("this text cannot be stored: it is too long"));
    }
    clear_emptied(work, draft, path, field);
}

static void
check_filled(work_t *work)
{
    const ts_sheet_form_t *form = work->import->form;
    for (size_t i = 0; i < form->count; i++) {
        bool there = work->import->columns[i] != TS_HEADER_NONE;
        if (form->filled[i] && there && cell(work, form->specs[i].field)[0] == '\0') {
            complain_text(work, form->specs[i].field, N_("this cell must be filled"));
        }
    }
}

/* ---- which row is this */

/* What tells one row from another when there is no id. */
static ts_hash_t
identity_hash(const work_t *work)
{
    static const char *const fields[] = {"unit",        "district",    "site", "line",
                                         "beneficiary", "birth_month", "sex",  "occurred_on",
                                         "as_of_on",    "round",       "item", "paper_number"};
    ts_hasher_t hasher;
    ts_hasher_start(&hasher);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const char *text = cell(work, fields[i]);
        ts_hasher_add(&hasher, text, strlen(text) + 1);
    }
    return ts_hasher_finish(&hasher);
}

static bool
has_row_ids(const ts_import_t *import)
{
    size_t at = ts_sheet_form_field(import->form, "row_id");
    return at != SIZE_MAX && import->columns[at] != TS_HEADER_NONE;
}

static void
key_by_content(work_t *work)
{
    ts_hash_t hash = identity_hash(work);
    uint64_t *times = ts_map_put(work->import->seen, &hash);
    char hex[25];
    ts_hex_format(hash.b, 12, hex);
    (void)snprintf(work->key, sizeof work->key, "%s/#%s-%" PRIu64, work->import->form->name, hex,
                   *times);
    (void)snprintf(work->child_key, sizeof work->child_key, "%s.child/#%s-%" PRIu64,
                   work->import->form->name, hex, *times);
    (*times)++;
}

static void
key_by_id(work_t *work)
{
    const char *id = cell(work, "row_id");
    size_t length = strlen(id);
    if (length == 0) {
        return; /* check_filled said so */
    }
    if (length > TS_ROW_ID_BYTES_MAX) {
        complain_text(work, "row_id", N_("this row id is too long"));
        return;
    }
    ts_hash_t hash = ts_hash_of(id, length);
    uint64_t *row = ts_map_put(work->import->seen, &hash);
    if (*row != 0) {
        ts_msg_t why = {0};
        ts_msg_set(&why, N_("this row id stands on line {1} already"));
        ts_msg_arg_number(&why, (int64_t)ts_grid_line(work->import->grid, *row - 1));
        complain(work, "row_id", &why);
        return;
    }
    *row = work->row + 1;
    (void)snprintf(work->key, sizeof work->key, "%s/%s", work->import->form->name, id);
    (void)snprintf(work->child_key, sizeof work->child_key, "%s.child/%s", work->import->form->name,
                   id);
}

/* The record that this key became before, ready to be changed; or a new one. */
static ts_err_t
open_draft(
    work_t *work, const ts_kind_schema_t *kind, const char *key, ts_draft_t *draft, bool *ret_known)
{
    ts_job_t *job = work->import->job;
    ts_record_id_t record = 0;
    ts_standing_t standing;
    ts_err_t err = TS_ERR_NOTFOUND;
    *ret_known = false;
    if (key[0] != '\0') {
        err = ts_ledger_row_key(job->node->ledger, kind->kind, job->node->identity.keys.office, key,
                                &record);
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_record(job->node->ledger, kind->kind, record, &standing);
    }
    if (err == TS_ERR_NOTFOUND) {
        bool of_plan = kind->kind != TS_KIND_BENEFICIARY;
        ts_draft_new(job, draft, kind, of_plan ? work->import->plan : 0);
        ts_draft_set_row_key(draft, key);
        return TS_ERR_OK;
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    *ret_known = true;
    if (standing.conflict) {
        complain_text(
            work, NULL,
            N_("the record of this row has versions that exclude one another: resolve them first"));
    }
    err = ts_draft_revise(job, draft, &standing, true, 0);
    if (err == TS_ERR_OK && standing.is_void) {
        draft->header.voided = true; /* what was withdrawn stays so */
        draft->old.voided = true;
    }
    return err;
}

/* ---- parts of a row */

static void
read_day(work_t *work, const char *field)
{
    ts_date_value_t value;
    if (read_date(work, field, &value)) {
        work->draft.header.occurred_on = value.date.days;
        work->draft.header.occurred_precision = (uint32_t)value.precision;
    }
    ts_names_set_day(work->import->names, work->draft.header.occurred_on);
}

/* A parent writes on behalf of a unit that has no office; a body's office always does. */
static void
set_behalf(work_t *work, ts_record_id_t unit)
{
    const ts_node_t *node = work->import->job->node;
    int role = node->identity.role;
    bool parent = role == TS_OFFICE_PROVINCE || role == TS_OFFICE_DISTRICT;
    bool without = ts_map_get(work->import->offices, &unit) == NULL;
    if (unit != node->identity.unit && ((parent && without) || role == TS_OFFICE_BODY)) {
        work->draft.header.on_behalf_of_unit = unit;
    }
    work->draft.header.source_key = work->import->source;
}

static void
read_unit(work_t *work)
{
    ts_record_id_t unit = 0;
    const char *district = cell(work, "district");
    ts_names_set_district(work->import->names, district[0] == '\0' ? NULL : district);
    if (read_name(work, "unit", TS_KIND_UNIT, &unit)) {
        set_number(work, &work->draft, "unit_id", (int64_t)unit, "unit");
        set_behalf(work, unit);
    }
    ts_names_set_district(work->import->names, NULL);
}

static void
read_line(work_t *work)
{
    ts_record_id_t line = 0;
    if (read_name(work, "line", TS_KIND_LINE, &line)) {
        set_number(work, &work->draft, "line_id", (int64_t)line, "line");
    }
}

/* Adds one head count; `column`: boys_<band> or girls_<band>. */
static void
add_heads(work_t *work, const char *column, const char *band_code, int sex, size_t *rows)
{
    int64_t count = 0;
    if (!read_number(work, column, &ts_number_whole, &count)) {
        return;
    }
    const ts_band_t *band = ts_catalog_band_coded(ts_node_catalog(work->import->job->node),
                                                  work->import->plan, band_code);
    if (band == NULL) {
        complain_text(work, column, N_("the plan has no such age band"));
        return;
    }
    char path[48];
    (void)snprintf(path, sizeof path, "heads[%zu].band_id", *rows);
    set_number(work, &work->draft, path, (int64_t)band->id, column);
    (void)snprintf(path, sizeof path, "heads[%zu].sex", *rows);
    set_number(work, &work->draft, path, sex, column);
    (void)snprintf(path, sizeof path, "heads[%zu].count", *rows);
    set_number(work, &work->draft, path, count, column);
    (*rows)++;
    work->heads += count;
}

/* Columns of head counts, whatever bands the form names. */
static void
read_heads(work_t *work)
{
    static const struct {
        const char *beginning;
        int sex;
    } sexes[] = {{"boys_", 1}, {"girls_", 2}};
    const ts_sheet_form_t *form = work->import->form;
    size_t rows = 0;
    ts_err_t err = ts_record_clear(work->draft.record, "heads");
    TS_CHECK(err == TS_ERR_OK);
    for (size_t i = 0; i < form->count; i++) {
        for (size_t s = 0; s < 2; s++) {
            const char *field = form->specs[i].field;
            size_t length = strlen(sexes[s].beginning);
            if (strncmp(field, sexes[s].beginning, length) == 0) {
                add_heads(work, field, field + length, sexes[s].sex, &rows);
            }
        }
    }
    /* Zeros beside a child or a site say nothing. */
    if (work->heads == 0 && work->import->kind->kind != TS_KIND_POPULATION) {
        err = ts_record_clear(work->draft.record, "heads");
        TS_CHECK(err == TS_ERR_OK);
    }
}

/* A child by its code: a short code, or the row id of a list of children that was imported before.
 */
static bool
find_child(work_t *work, const char *text, ts_record_id_t *ret_child)
{
    ts_job_t *job = work->import->job;
    char key[TS_ROW_ID_BYTES_MAX + 64];
    if (strlen(text) <= TS_ROW_ID_BYTES_MAX) {
        (void)snprintf(key, sizeof key, "beneficiary/%s", text);
        if (ts_ledger_row_key(job->node->ledger, TS_KIND_BENEFICIARY,
                              job->node->identity.keys.office, key, ret_child) == TS_ERR_OK) {
            return true;
        }
    }
    ts_msg_t why = {0};
    ts_err_t err = ts_names_find(work->import->names, TS_KIND_BENEFICIARY, text, ret_child, &why);
    if (err == TS_ERR_OK) {
        return true;
    }
    if (err == TS_ERR_INVALID) { /* a code, but not of a child */
        complain(work, "beneficiary", &why);
        return false;
    }
    ts_msg_free(&why);
    ts_msg_make(&why,
                N_("“{1}” is neither the short code of a child nor the row id of a list of "
                   "children imported before"),
                text, NULL);
    complain(work, "beneficiary", &why);
    return false;
}

static void
fill_child(work_t *work, const char *birth, const char *sex)
{
    const Tiepsuc__V1__Need *need = ts_record_body(work->draft.record);
    ts_msg_t why = {0};
    int64_t value = 0;
    if (birth[0] == '\0') {
        complain_text(work, "birth_month", N_("the month of birth is missing"));
    } else if (ts_records_set_birth(work->child.record, birth, &why) != TS_ERR_OK) {
        complain(work, "birth_month", &why);
    }
    if (sex[0] != '\0' && ts_records_sex(sex, &value, &why) != TS_ERR_OK) {
        complain(work, "sex", &why);
    }
    set_number(work, &work->child, "sex", value, "sex");
    set_number(work, &work->child, "unit_id", (int64_t)need->unit_id, "unit");
    set_text(work, &work->child, "site", "site");
    work->child.header.occurred_on = work->draft.header.occurred_on;
    work->child.header.occurred_precision = work->draft.header.occurred_precision;
    work->child.header.on_behalf_of_unit = work->draft.header.on_behalf_of_unit;
    work->child.header.source_key = work->draft.header.source_key;
}

/* A need's child: named by code, or described by birth and sex and then recorded with the need. */
static ts_err_t
read_needs_child(work_t *work)
{
    const char *code = cell(work, "beneficiary");
    const char *birth = cell(work, "birth_month");
    const char *sex = cell(work, "sex");
    ts_record_id_t child = 0;
    if (code[0] != '\0') {
        if (find_child(work, code, &child)) {
            set_number(work, &work->draft, "beneficiary_id", (int64_t)child, "beneficiary");
            work->names_child = true;
        }
        return TS_ERR_OK;
    }
    if (birth[0] == '\0' && sex[0] == '\0') {
        set_number(work, &work->draft, "beneficiary_id", 0, "beneficiary");
        return TS_ERR_OK;
    }
    const ts_kind_schema_t *kind = ts_schema_kind(ts_wire_schema(), TS_KIND_BENEFICIARY);
    ts_err_t err = open_draft(work, kind, work->child_key, &work->child, &work->child_revises);
    if (err == TS_ERR_OK) {
        work->has_child = true;
        fill_child(work, birth, sex);
    }
    return err;
}

/* ---- the sheets */

static ts_err_t
read_need(work_t *work)
{
    int64_t quantity = 0;
    read_day(work, "occurred_on");
    read_unit(work);
    read_line(work);
    set_text(work, &work->draft, "site", "site");
    set_text(work, &work->draft, "unit_of_measure", "unit_of_measure");
    set_text(work, &work->draft, "round", "round");
    set_text(work, &work->draft, "grade", "grade");
    set_text(work, &work->draft, "note", "note");
    read_heads(work);
    if (read_number(work, "quantity", &ts_number_whole, &quantity)) {
        set_number(work, &work->draft, "quantity", quantity, "quantity");
    }
    clear_emptied(work, &work->draft, "quantity", "quantity");
    work->quantity = quantity;
    if (!work->revises) {
        set_number(work, &work->draft, "state", TIEPSUC__V1__NEED_STATE__NEED_STATE_REPORTED, NULL);
    }
    return read_needs_child(work);
}

static void
read_item(work_t *work)
{
    ts_err_t err = ts_record_clear(work->draft.record, "items");
    TS_CHECK(err == TS_ERR_OK);
    set_text(work, &work->draft, "items[0].item", "item");
    set_text(work, &work->draft, "items[0].unit_of_measure", "unit_of_measure");
    if (read_number(work, "quantity", &ts_number_whole, &work->quantity)) {
        set_number(work, &work->draft, "items[0].quantity", work->quantity, "quantity");
    }
    if (read_number(work, "value_vnd", &ts_number_dong, &work->value_vnd)) {
        set_number(work, &work->draft, "items[0].value_vnd", work->value_vnd, "value_vnd");
    }
}

/* Several codes with ; between them. */
static void
read_children(work_t *work)
{
    const char *at = cell(work, "beneficiary");
    size_t rows = 0;
    ts_err_t err = ts_record_clear(work->draft.record, "beneficiary_ids");
    TS_CHECK(err == TS_ERR_OK);
    while (*at != '\0') {
        size_t length = strcspn(at, ";");
        char *text = ts_xstrndup(at, length);
        char *begin = text + strspn(text, " ");
        size_t end = strlen(begin);
        while (end > 0 && begin[end - 1] == ' ') {
            begin[--end] = '\0';
        }
        ts_record_id_t child = 0;
        if (begin[0] != '\0' && find_child(work, begin, &child)) {
            char path[48];
            (void)snprintf(path, sizeof path, "beneficiary_ids[%zu]", rows++);
            set_number(work, &work->draft, path, (int64_t)child, "beneficiary");
            work->names_child = true;
        }
        ts_xfree(text);
        at += length;
        at += *at == ';';
    }
}

static ts_err_t
read_handover(work_t *work)
{
    ts_record_id_t fund = work->import->fund;
    ts_record_id_t allocation = work->import->allocation;
    read_day(work, "occurred_on");
    read_unit(work);
    read_line(work);
    set_text(work, &work->draft, "site", "site");
    read_item(work);
    read_children(work);
    read_heads(work);
    clear_emptied(work, &work->draft, "fund_id", "fund");
    clear_emptied(work, &work->draft, "allocation_far_id", "allocation");
    if (read_name(work, "fund", TS_KIND_FUND, &fund) || fund != 0) {
        set_number(work, &work->draft, "fund_id", (int64_t)fund, "fund");
    }
    if (read_name(work, "allocation", TS_KIND_ALLOCATION, &allocation) || allocation != 0) {
        set_number(work, &work->draft, "allocation_far_id", (int64_t)allocation, "allocation");
    }
    set_text(work, &work->draft, "paper_number", "paper_number");
    set_text(work, &work->draft, "signatories", "signatories");
    set_text(work, &work->draft, "witness", "witness");
    set_text(work, &work->draft, "note", "note");
    return TS_ERR_OK;
}

static ts_err_t
read_beneficiary(work_t *work)
{
    const char *birth = cell(work, "birth_month");
    const char *sex = cell(work, "sex");
    ts_msg_t why = {0};
    int64_t value = 0;
    read_day(work, "occurred_on");
    read_unit(work);
    set_text(work, &work->draft, "site", "site");
    if (birth[0] != '\0' && ts_records_set_birth(work->draft.record, birth, &why) != TS_ERR_OK) {
        complain(work, "birth_month", &why);
    }
    if (sex[0] != '\0' && ts_records_sex(sex, &value, &why) != TS_ERR_OK) {
        complain(work, "sex", &why);
    }
    set_number(work, &work->draft, "sex", value, "sex");
    work->names_child = true;
    return TS_ERR_OK;
}

static ts_err_t
read_population(work_t *work)
{
    read_day(work, "as_of_on");
    read_unit(work);
    set_number(work, &work->draft, "as_of_on", work->draft.header.occurred_on, "as_of_on");
    set_text(work, &work->draft, "source", "source");
    read_heads(work);
    return TS_ERR_OK;
}

static const struct {
    const char *sheet;
    ts_err_t (*read)(work_t *work);
} sheets[] = {
    {"need", read_need},
    {"handover", read_handover},
    {"beneficiary", read_beneficiary},
    {"population", read_population},
};

/* ---- judging and keeping */

/* Column of the sheet that fills a field of the record; NULL when none does. */
static const char *
column_of(const ts_import_t *import, const char *field)
{
    static const struct {
        const char *field;
        const char *column;
    } others[] = {
        {"unit_id", "unit"},
        {"line_id", "line"},
        {"fund_id", "fund"},
        {"allocation_far_id", "allocation"},
        {"beneficiary_id", "beneficiary"},
        {"beneficiary_ids", "beneficiary"},
        {"items", "item"},
        {"birth_year", "birth_month"},
    };
    if (field == NULL || ts_sheet_form_field(import->form, field) != SIZE_MAX) {
        return field;
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(others[i].field, field) == 0) {
            return others[i].column;
        }
    }
    return NULL;
}

/* What happened all the same is taken in with a reason: that of the whole import, or the row's
 * note. */
static const char *
reason_of(const work_t *work)
{
    const char *note = cell(work, "note");
    if (work->import->reason != NULL) {
        return work->import->reason;
    }
    return note[0] == '\0' ? NULL : note;
}

static ts_err_t
judge(work_t *work, ts_draft_t *draft)
{
    ts_objection_t objection = {0};
    ts_err_t err = ts_draft_judge(work->import->job, &work->import->drafts, draft, &objection);
    if (objection.why.id == NULL) {
        return err;
    }
    const char *column = column_of(work->import, objection.field);
    const char *reason = reason_of(work);
    if (objection.reason_enough && reason != NULL) {
        ts_draft_set_reason(draft, reason);
        ts_import_issue(work->import, TS_SHEET_WARNING, work->row, column, &objection.why);
    } else {
        complain(work, column, &objection.why);
        if (objection.reason_enough) {
            complain_text(work, "note",
                          N_("if it happened all the same, write why into the note, or give "
                             "reason=… for the whole sheet"));
        }
    }
    ts_objection_free(&objection);
    return TS_ERR_OK;
}

static ts_err_t
keep(work_t *work, ts_draft_t *draft)
{
    ts_msg_t why = {0};
    ts_err_t err = ts_drafts_add(work->import->job, &work->import->drafts, draft, &why);
    if (why.id != NULL) {
        complain(work, NULL, &why);
        return TS_ERR_OK;
    }
    return err;
}

/* A changed row names its sheet as the reason. */
static void
give_reason(work_t *work, ts_draft_t *draft, bool revises)
{
    if (revises && draft->reason == NULL) {
        ts_draft_set_reason(draft, work->import->reason != NULL ? work->import->reason
                                                                : work->import->file);
    }
}

static ts_err_t
judge_all(work_t *work)
{
    ts_err_t err = TS_ERR_OK;
    if (work->has_child) {
        err = judge(work, &work->child);
        if (err == TS_ERR_OK && !work->child_revises && work->errors == 0) {
            /* Only a stand-in: the child's id is minted when it is kept. */
            work->draft.inner = "beneficiary_id";
            set_number(work, &work->draft, "beneficiary_id", 1, "beneficiary");
        } else if (err == TS_ERR_OK && work->errors == 0) {
            set_number(work, &work->draft, "beneficiary_id", (int64_t)work->child.header.record,
                       "beneficiary");
        }
    }
    if (err == TS_ERR_OK && work->errors == 0) {
        err = judge(work, &work->draft);
    }
    return err;
}

static ts_err_t
keep_all(work_t *work, ts_row_action_t *ret_action)
{
    bool child_same = !work->has_child || (work->child_revises && ts_draft_unchanged(&work->child));
    ts_err_t err = TS_ERR_OK;
    if (work->has_child && !child_same && !work->import->dry_run) {
        give_reason(work, &work->child, work->child_revises);
        err = keep(work, &work->child);
        set_number(work, &work->draft, "beneficiary_id", (int64_t)work->child.header.record,
                   "beneficiary");
    }
    bool same = work->revises && ts_draft_unchanged(&work->draft);
    if (err == TS_ERR_OK && !same && !work->import->dry_run) {
        give_reason(work, &work->draft, work->revises);
        err = keep(work, &work->draft);
    }
    *ret_action = !work->revises       ? TS_ROW_ADDED
                  : same && child_same ? TS_ROW_UNCHANGED
                                       : TS_ROW_CHANGED;
    return err;
}

static void
add_totals(work_t *work)
{
    ts_import_totals_t *totals = &work->import->totals;
    totals->children += work->has_child || work->names_child;
    totals->heads += work->heads;
    totals->quantity += work->quantity;
    totals->value_vnd += work->value_vnd;
}

static ts_err_t
read_row(work_t *work)
{
    check_filled(work);
    if (has_row_ids(work->import)) {
        key_by_id(work);
    } else {
        key_by_content(work);
    }
    ts_err_t err = open_draft(work, work->import->kind, work->key, &work->draft, &work->revises);
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof sheets / sizeof sheets[0]; i++) {
        if (strcmp(sheets[i].sheet, work->import->form->name) == 0) {
            err = sheets[i].read(work);
        }
    }
    return err;
}

ts_err_t
ts_import_row(ts_import_t *self,
              size_t row,
              ts_row_action_t *ret_action,
              ts_record_id_t *ret_record)
{
    work_t work = {.import = self, .row = row};
    ts_err_t err = read_row(&work);
    if (err == TS_ERR_OK && work.errors == 0 && work.draft.header.voided) {
        *ret_action = TS_ROW_UNCHANGED;
        ts_msg_t why = {0};
        ts_msg_set(&why, N_("the record of this row was withdrawn and stays so"));
        ts_import_issue(self, TS_SHEET_WARNING, row, NULL, &why);
    } else {
        if (err == TS_ERR_OK && work.errors == 0) {
            err = judge_all(&work);
        }
        if (err == TS_ERR_OK && work.errors == 0) {
            err = keep_all(&work, ret_action);
        }
    }
    if (err == TS_ERR_OK && work.errors > 0) {
        *ret_action = TS_ROW_REFUSED;
    } else if (err == TS_ERR_OK) {
        add_totals(&work);
    }
    *ret_record = work.draft.header.record;
    ts_draft_free(&work.draft);
    ts_draft_free(&work.child);
    return err;
}
