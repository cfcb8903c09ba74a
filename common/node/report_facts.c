/* SPDX-License-Identifier: MPL-2.0 */
/* What the ledger knows of sealed and filed reports: when each was sealed and held, what was kept.
 */
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "node/records.h"
#include "node/report_files.h"
#include "node/report_gather.h"
#include "node/rows.h"
#include "wire/blob.h"
#include "wire/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A seal found in the ledger. */
typedef struct seal {
    ts_record_id_t record;
    ts_record_id_t body;
    ts_record_id_t duty; /* 0: whichever the body has */
    int64_t edition;
    ts_seal_facts_t facts;
} seal_t;

typedef struct decision {
    ts_record_id_t duty;
    bool waived;
} decision_t;

typedef struct facts {
    ts_node_t *node;
    seal_t *seals;
    size_t seal_count;
    size_t seal_capacity;
    decision_t *decisions;
    size_t decision_count;
    size_t decision_capacity;
} facts_t;

uint32_t
ts_report_root_office(const ts_node_t *node)
{
    size_t position = 0;
    const ts_office_t *office;
    while ((office = ts_catalog_next(ts_node_catalog(node), TS_KIND_OFFICE, &position)) != NULL) {
        if (office->role == TS_OFFICE_PROVINCE && office->parent_number == 0) {
            return office->number;
        }
    }
    return 0;
}

static ts_err_t
walk_period(ts_node_t *node, uint32_t kind, ts_record_id_t period, ts_row_fn row, void *ctx)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%" PRIu64, period);
    const ts_list_filter_t filter = {"period_id", number};
    const ts_list_query_t query = {.kind = kind, .filters = &filter, .filter_count = 1};
    return ts_rows_each(node->ledger, &query, row, ctx);
}

static ts_utc_t
moment(uint64_t seconds)
{
    return (ts_utc_t){(int64_t)seconds * 1000};
}

static ts_err_t
add_seal(void *ctx, const ts_table_t *table, size_t row)
{
    facts_t *self = ctx;
    seal_t seal = {.record = (ts_record_id_t)ts_row_number(table, row, "record"),
                   .body = (ts_record_id_t)ts_row_number(table, row, "body_id"),
                   .duty = (ts_record_id_t)ts_row_number(table, row, "duty_id")};
    seal.facts.sealed = true;
    seal.facts.nil_confirmed = ts_row_number(table, row, "nil_confirmed") != 0;
    seal.facts.complete = ts_row_number(table, row, "cells_missing") == 0;
    seal.facts.editions = 1;
    seal.edition = ts_row_number(table, row, "edition");
    seal.facts.parent = moment((uint64_t)ts_row_number(table, row, "parent_time_s"));
    seal.facts.claimed = moment((uint64_t)ts_row_number(table, row, "claimed_s"));
    ts_err_t err = TS_ERR_OK;
    if (ts_row_number(table, row, "arrival") != 0) {
        ts_log_info_t log;
        ts_first_held_t held = {0};
        err = ts_ledger_log(self->node->ledger, (uint32_t)ts_row_number(table, row, "log"), &log);
        if (err == TS_ERR_OK) {
            const ts_tip_t tip = {.log = log.log,
                                  .seq = (uint64_t)ts_row_number(table, row, "position")};
            err = ts_ledger_first_held(self->node->ledger, &tip, log.office,
                                       ts_report_root_office(self->node), &held);
        }
        seal.facts.held = moment(held.held_s);
        seal.facts.arrived = moment(held.root_s);
    }
    self->seals =
        ts_xgrow(self->seals, self->seal_count + 1, &self->seal_capacity, sizeof *self->seals);
    self->seals[self->seal_count++] = seal;
    return err;
}

static ts_err_t
add_decision(void *ctx, const ts_table_t *table, size_t row)
{
    facts_t *self = ctx;
    const char *class = ts_row_text(table, row, "class");
    bool waived = strcmp(class, "waived") == 0;
    if (!waived && strcmp(class, "self_declared") != 0) {
        return TS_ERR_OK;
    }
    self->decisions = ts_xgrow(self->decisions, self->decision_count + 1, &self->decision_capacity,
                               sizeof *self->decisions);
    self->decisions[self->decision_count++] =
        (decision_t){(ts_record_id_t)ts_row_number(table, row, "duty_id"), waived};
    return TS_ERR_OK;
}

/* By number of edition; two of one number (from an image that was put back) by record, so that all
 * nodes agree. */
static bool
is_later(int64_t edition, ts_record_id_t record, int64_t than, ts_record_id_t than_record)
{
    return edition != than ? edition > than : record > than_record;
}

/* Held earlier; one that is not held yet comes after all that are. */
static bool
held_before(const ts_seal_facts_t *a, const ts_seal_facts_t *b)
{
    if (a->held.ms == 0 || b->held.ms == 0) {
        return a->held.ms != 0 && b->held.ms == 0;
    }
    return a->held.ms < b->held.ms;
}

/* Of several seals the one held first tells when; the one sealed last tells what is in it. */
static ts_seal_facts_t
facts_of(const facts_t *self, const ts_due_t *due)
{
    ts_seal_facts_t result = {0};
    const seal_t *newest = NULL;
    for (size_t i = 0; i < self->seal_count; i++) {
        const seal_t *seal = &self->seals[i];
        if (due->from == NULL || seal->body != due->from->id ||
            (seal->duty != 0 && seal->duty != due->duty->id)) {
            continue;
        }
        uint32_t editions = result.editions + 1;
        if (!result.sealed || held_before(&seal->facts, &result)) {
            result = seal->facts;
        }
        result.editions = editions;
        if (newest == NULL ||
            is_later(seal->edition, seal->record, newest->edition, newest->record)) {
            newest = seal;
        }
    }
    if (newest != NULL) {
        result.nil_confirmed = newest->facts.nil_confirmed;
        result.complete = newest->facts.complete;
    }
    for (size_t i = 0; i < self->decision_count; i++) {
        bool same = self->decisions[i].duty == due->duty->id;
        result.waived = result.waived || (same && self->decisions[i].waived);
        result.accepted = result.accepted || (same && !self->decisions[i].waived);
    }
    return result;
}

/* Rows of one period: they stand together in no order that matters here. */
static ts_err_t
load_period(facts_t *self, ts_record_id_t period)
{
    self->seal_count = 0;
    self->decision_count = 0;
    ts_err_t err = walk_period(self->node, TS_KIND_REPORT, period, add_seal, self);
    return err == TS_ERR_OK ? walk_period(self->node, TS_KIND_WAIVER, period, add_decision, self)
                            : err;
}

ts_err_t
ts_report_duties_of(ts_node_t *node,
                    const ts_calendar_query_t *query,
                    ts_utc_t now,
                    ts_report_duty_t **ret_rows,
                    size_t *ret_count)
{
    ts_due_t *dues = NULL;
    size_t count = 0;
    ts_calendar_due(ts_node_catalog(node), query, &dues, &count);
    ts_report_duty_t *rows = ts_xcalloc(count, sizeof *rows);
    bool *done = ts_xcalloc(count, sizeof *done);
    facts_t facts = {.node = node};
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
        if (done[i]) {
            continue;
        }
        err = load_period(&facts, dues[i].period->id);
        for (size_t j = i; err == TS_ERR_OK && j < count; j++) {
            if (dues[j].period != dues[i].period) {
                continue;
            }
            rows[j].due = dues[j];
            rows[j].facts = facts_of(&facts, &dues[j]);
            rows[j].class = ts_timeliness(&dues[j], &rows[j].facts, now);
            done[j] = true;
        }
    }
    ts_xfree(facts.seals);
    ts_xfree(facts.decisions);
    ts_xfree(done);
    ts_xfree(dues);
    if (err != TS_ERR_OK) {
        ts_xfree(rows);
        return err;
    }
    *ret_rows = rows;
    *ret_count = count;
    return TS_ERR_OK;
}

/* ---- newest */

typedef struct newest {
    ts_record_id_t body; /* 0 = any */
    ts_record_id_t record;
    int64_t greatest;
} newest_t;

static ts_err_t
take_newest(void *ctx, const ts_table_t *table, size_t row)
{
    newest_t *self = ctx;
    int64_t value = ts_row_number(table, row, "edition");
    ts_record_id_t record = (ts_record_id_t)ts_row_number(table, row, "record");
    if (self->body != 0 && (ts_record_id_t)ts_row_number(table, row, "body_id") != self->body) {
        return TS_ERR_OK;
    }
    if (self->record == 0 || is_later(value, record, self->greatest, self->record)) {
        self->record = record;
        self->greatest = value;
    }
    return TS_ERR_OK;
}

ts_err_t
ts_report_newest(ts_node_t *node,
                 ts_record_id_t period,
                 ts_record_id_t body,
                 ts_standing_t *ret_standing)
{
    newest_t newest = {.body = body};
    ts_err_t err = walk_period(node, TS_KIND_REPORT, period, take_newest, &newest);
    if (err != TS_ERR_OK) {
        return err;
    }
    return newest.record == 0
               ? TS_ERR_NOTFOUND
               : ts_ledger_record(node->ledger, TS_KIND_REPORT, newest.record, ret_standing);
}

ts_err_t
ts_report_newest_edition(ts_node_t *node,
                         ts_record_id_t period,
                         ts_record_id_t body,
                         uint32_t *ret_edition)
{
    newest_t newest = {.body = body};
    ts_err_t err = walk_period(node, TS_KIND_REPORT, period, take_newest, &newest);
    if (err == TS_ERR_OK) {
        *ret_edition = (uint32_t)newest.greatest;
    }
    return err;
}

/* A filing names the report, and only that names the body. */
typedef struct filings {
    ts_record_id_t body;
    ts_record_id_t *reports; /* of that body */
    size_t count;
    size_t capacity;
    newest_t newest;
} filings_t;

static ts_err_t
take_report(void *ctx, const ts_table_t *table, size_t row)
{
    filings_t *self = ctx;
    if ((ts_record_id_t)ts_row_number(table, row, "body_id") == self->body) {
        self->reports =
            ts_xgrow(self->reports, self->count + 1, &self->capacity, sizeof *self->reports);
        self->reports[self->count++] = (ts_record_id_t)ts_row_number(table, row, "record");
    }
    return TS_ERR_OK;
}

static ts_err_t
take_filing(void *ctx, const ts_table_t *table, size_t row)
{
    filings_t *self = ctx;
    ts_record_id_t report = (ts_record_id_t)ts_row_number(table, row, "report_id");
    for (size_t i = 0; i < self->count; i++) {
        if (self->reports[i] == report) {
            return take_newest(&self->newest, table, row);
        }
    }
    return TS_ERR_OK;
}

ts_err_t
ts_report_filing_of(ts_node_t *node,
                    ts_record_id_t period,
                    ts_record_id_t body,
                    ts_standing_t *ret_standing,
                    uint32_t *ret_edition)
{
    filings_t filings = {.body = body};
    ts_err_t err = walk_period(node, TS_KIND_REPORT, period, take_report, &filings);
    if (err == TS_ERR_OK) {
        err = walk_period(node, TS_KIND_FILING, period, take_filing, &filings);
    }
    ts_xfree(filings.reports);
    if (err == TS_ERR_OK && filings.newest.record == 0) {
        err = TS_ERR_NOTFOUND;
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    *ret_edition = (uint32_t)filings.newest.greatest;
    return ts_ledger_record(node->ledger, TS_KIND_FILING, filings.newest.record, ret_standing);
}

/* ---- kept figures */

static bool
read_hash(const ts_kind_schema_t *kind, const char *name, const void *body, ts_hash_t *ret_hash)
{
    size_t length;
    const uint8_t *data = ts_field_get_bytes(ts_schema_field(kind, name), body, &length);
    if (length != TS_HASH_BYTES) {
        return false;
    }
    memcpy(ret_hash->b, data, TS_HASH_BYTES);
    return true;
}

/* The text inside the seal, or the file of that hash. */
static ts_err_t
read_text(ts_node_t *node,
          const ts_kind_schema_t *kind,
          const void *body,
          const ts_hash_t *key,
          ts_buf_t *out)
{
    const ts_field_t *figures = ts_schema_field(kind, "figures");
    size_t length = 0;
    const uint8_t *packed = figures == NULL ? NULL : ts_field_get_bytes(figures, body, &length);
    if (length == 0) {
        return ts_report_file_read(node->data_dir, key, out);
    }
    ts_err_t err = ts_blob_unpack((ts_bytes_t){packed, length}, TS_REPORT_FILE_BYTES_MAX, out);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_hash_t found = ts_hash_of(out->data, out->length);
    return ts_hash_equal(&found, key) ? TS_ERR_OK : TS_ERR_HASH;
}

ts_err_t
ts_report_kept(ts_node_t *node,
               const ts_standing_t *standing,
               ts_buf_t *ret_text,
               ts_report_t **ret_report)
{
    ts_event_header_t header;
    const ts_kind_schema_t *kind;
    const void *body;
    ts_err_t err = ts_records_read(node, &standing->place, standing->event, &header, &kind, &body);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_hash_t key;
    if (!read_hash(kind, "figures_key", body, &key)) {
        return TS_ERR_INVALID;
    }
    ts_buf_t text = {0};
    err = read_text(node, kind, body, &key, &text);
    ts_report_t *report = NULL;
    if (err == TS_ERR_OK) {
        err = ts_report_read(ts_buf_bytes(&text), &report);
    }
    if (err != TS_ERR_OK) {
        ts_buf_free(&text);
        return err;
    }
    ts_buf_free(ret_text);
    *ret_text = text;
    *ret_report = report;
    return TS_ERR_OK;
}

ts_err_t
ts_report_returned(ts_node_t *node, ts_record_id_t report, bool *ret_returned)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)report);
    const ts_list_filter_t filter = {"report_far_id", number};
    const ts_list_query_t query = {
        .kind = TS_KIND_REPORT_RETURN, .filters = &filter, .filter_count = 1};
    uint64_t count = 0;
    ts_err_t err = ts_ledger_list_count(node->ledger, &query, &count);
    *ret_returned = err == TS_ERR_OK && count > 0;
    return err;
}
