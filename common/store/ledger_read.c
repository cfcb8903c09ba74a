/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/time.h"
#include "core/calendar.h"
#include "store/ledger_p.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- history */

static int
compare_history(const ts_history_t *a, const ts_history_t *b)
{
    if (a->depth != b->depth) {
        return a->depth < b->depth ? -1 : 1;
    }
    return (a->event > b->event) - (a->event < b->event);
}

static void
insert_history(ts_history_t *out, size_t count, const ts_history_t *row)
{
    size_t at = count;
    while (at > 0 && compare_history(&out[at - 1], row) > 0) {
        out[at] = out[at - 1];
        at--;
    }
    out[at] = *row;
}

ts_err_t
ts_ledger_history(ts_ledger_t *self,
                  uint32_t kind,
                  ts_record_id_t record,
                  ts_history_t *out,
                  size_t max,
                  size_t *ret_count)
{
    ts_standing_t standing;
    ts_err_t err = ts_ledger_record(self, kind, record, &standing);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_more_set_t set = {0};
    err = ts_ledger_more_get(self, standing.kind, record, &set);
    size_t count = 0;
    for (size_t i = 0; err == TS_ERR_OK && i < set.count && count < max; i++) {
        const ts_more_t *more = &set.rows[i];
        ts_history_t row = {more->event, more->office,  more->author, more->place,
                            more->depth, more->is_void, more->stands};
        insert_history(out, count++, &row);
    }
    if (err == TS_ERR_OK && set.count == 0 && max > 0) {
        out[count++] = (ts_history_t){standing.event,
                                      standing.office,
                                      standing.author,
                                      standing.place,
                                      0,
                                      standing.is_void,
                                      true};
    }
    ts_more_set_free(&set);
    if (err == TS_ERR_OK) {
        *ret_count = count;
    }
    return err;
}

/* ---- figures */

static void
bind_units(ts_buf_t *json, const ts_record_id_t *units, size_t count)
{
    char number[24];
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(number, sizeof number, "%c%" PRIu64, i == 0 ? '[' : ',', units[i]);
        ts_buf_put_text(json, number);
    }
    ts_buf_put_text(json, "]");
    ts_buf_put_u8(json, 0);
}

static ts_cell_key_t
read_key(ts_stmt_t *stmt)
{
    ts_cell_key_t key;
    memset(&key, 0, sizeof key);
    key.plan = (uint64_t)ts_col_int(stmt, 0);
    key.measure = (uint8_t)ts_col_int(stmt, 1);
    key.unit = (uint64_t)ts_col_int(stmt, 2);
    key.line = (uint64_t)ts_col_int(stmt, 3);
    key.aux = (uint64_t)ts_col_int(stmt, 4);
    key.band = (uint64_t)ts_col_int(stmt, 5);
    key.sex = (uint8_t)ts_col_int(stmt, 6);
    key.donor_class = (uint8_t)ts_col_int(stmt, 7);
    key.flags = (uint8_t)ts_col_int(stmt, 8);
    return key;
}

static void
bind_day(ts_stmt_t *stmt, int parameter, int32_t day)
{
    int year = 0;
    int month = 1;
    int day_of_month = 1;
    ts_date_to_civil((ts_date_t){day}, &year, &month, &day_of_month);
    year = year < 0 ? 0 : year > 9999 ? 9999 : year;
    ts_bind_int(stmt, parameter, year * 12 + month);
    ts_bind_int(stmt, parameter + 1, day_of_month);
}

static ts_stmt_t *
bind_query(ts_ledger_t *self, const ts_cell_query_t *query)
{
    bool all_days = query->from_day == 0 && query->to_day == 0;
    ts_stmt_t *stmt = ts_ledger_stmt(self, all_days ? TS_SQL_CELLS : TS_SQL_CELLS_BETWEEN);
    if (query->plan != 0) {
        ts_bind_int(stmt, 1, (int64_t)query->plan);
    }
    if (query->measure != 0) {
        ts_bind_int(stmt, 2, (int64_t)query->measure);
    }
    if (query->line != 0) {
        ts_bind_int(stmt, 4, (int64_t)query->line);
    }
    if (query->aux != 0) {
        ts_bind_int(stmt, 5, (int64_t)query->aux);
    }
    if (!all_days) {
        bind_day(stmt, 6, query->from_day);
        bind_day(stmt, 8, query->to_day);
    }
    return stmt;
}

ts_err_t
ts_ledger_cells(ts_ledger_t *self, const ts_cell_query_t *query, ts_cell_fn cell, void *ctx)
{
    ts_stmt_t *stmt = bind_query(self, query);
    ts_buf_t units = {0};
    if (query->unit_count > 0) {
        bind_units(&units, query->units, query->unit_count);
        ts_bind_text(stmt, 3, (const char *)units.data);
    }
    ts_err_t err;
    for (;;) {
        bool row = false;
        err = ts_db_step(self->db, stmt, &row);
        if (err != TS_ERR_OK || !row) {
            break;
        }
        int64_t value = ts_col_int(stmt, 9);
        if (value != 0) {
            ts_cell_key_t key = read_key(stmt);
            cell(ctx, &key, value);
        }
    }
    ts_buf_free(&units);
    return err;
}

ts_err_t
ts_ledger_balance(ts_ledger_t *self,
                  ts_account_kind_t account,
                  ts_record_id_t owner,
                  const char *commodity,
                  const char *unit_of_measure,
                  ts_amount_t *ret_amount)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_BALANCE_ONE);
    ts_bind_int(stmt, 1, (int64_t)account);
    ts_bind_int(stmt, 2, (int64_t)owner);
    ts_bind_text(stmt, 3, commodity);
    ts_bind_text(stmt, 4, unit_of_measure);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_NOTFOUND) {
        *ret_amount = (ts_amount_t){0};
        return TS_ERR_OK;
    }
    if (err == TS_ERR_OK) {
        *ret_amount = (ts_amount_t){ts_col_int(stmt, 0), ts_col_int(stmt, 1)};
        ts_db_done(stmt);
    }
    return err;
}

ts_err_t
ts_ledger_postings(ts_ledger_t *self,
                   ts_record_id_t record,
                   void (*found)(void *ctx, const ts_posting_t *posting),
                   void *ctx)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_POSTING_GET);
    ts_bind_int(stmt, 1, (int64_t)record);
    for (;;) {
        bool row = false;
        ts_err_t err = ts_db_step(self->db, stmt, &row);
        if (err != TS_ERR_OK || !row) {
            return err;
        }
        ts_posting_t from = {(ts_account_kind_t)ts_col_int(stmt, 0),
                             (ts_record_id_t)ts_col_int(stmt, 1),
                             (ts_record_id_t)ts_col_int(stmt, 2),
                             ts_col_text(stmt, 6),
                             ts_col_text(stmt, 7),
                             -ts_col_int(stmt, 8),
                             -ts_col_int(stmt, 9)};
        ts_posting_t to = {(ts_account_kind_t)ts_col_int(stmt, 3),
                           (ts_record_id_t)ts_col_int(stmt, 4),
                           (ts_record_id_t)ts_col_int(stmt, 5),
                           from.commodity,
                           from.unit_of_measure,
                           -from.quantity,
                           -from.value_vnd};
        found(ctx, &from);
        found(ctx, &to);
    }
}

ts_err_t
ts_ledger_need_open(ts_ledger_t *self, ts_record_id_t need, ts_need_open_t *ret_open)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_NEED_OPEN);
    ts_bind_int(stmt, 1, (int64_t)need);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        *ret_open = (ts_need_open_t){ts_col_int(stmt, 0), ts_col_int(stmt, 1), ts_col_int(stmt, 2)};
        ts_db_done(stmt);
    }
    return err;
}

ts_err_t
ts_ledger_gift_flows(ts_ledger_t *self,
                     const ts_gift_query_t *query,
                     ts_gift_flow_fn found,
                     void *ctx)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_GIFT_FLOWS);
    ts_bind_int(stmt, 1, (int64_t)query->fund);
    ts_bind_text(stmt, 2, query->commodity);
    ts_bind_text(stmt, 3, query->unit_of_measure);
    ts_bind_int(stmt, 4, (int64_t)query->without);
    for (;;) {
        bool row = false;
        ts_err_t err = ts_db_step(self->db, stmt, &row);
        if (err != TS_ERR_OK || !row) {
            return err;
        }
        const ts_gift_flow_t flow = {.in = ts_col_int(stmt, 0) != 0,
                                     .what = {.receipt = (ts_record_id_t)ts_col_int(stmt, 1),
                                              .day = (int32_t)ts_col_int(stmt, 2),
                                              .unit = (ts_record_id_t)ts_col_int(stmt, 3),
                                              .line = (ts_record_id_t)ts_col_int(stmt, 4),
                                              .site = ts_col_text(stmt, 5)},
                                     .only = {.unit = (ts_record_id_t)ts_col_int(stmt, 6),
                                              .line = (ts_record_id_t)ts_col_int(stmt, 7),
                                              .band = (ts_record_id_t)ts_col_int(stmt, 8),
                                              .site = ts_col_text(stmt, 9),
                                              .use_by = (int32_t)ts_col_int(stmt, 10),
                                              .by_hand = ts_col_int(stmt, 11) != 0},
                                     .quantity = ts_col_int(stmt, 12)};
        found(ctx, &flow);
    }
}

ts_err_t
ts_ledger_first_held(ts_ledger_t *self,
                     const ts_tip_t *event,
                     uint32_t author_office,
                     uint32_t root_office,
                     ts_first_held_t *ret_held)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_FIRST_HELD);
    ts_bind_hash(stmt, 1, &event->log);
    ts_bind_int(stmt, 2, (int64_t)event->seq);
    ts_bind_int(stmt, 3, author_office);
    ts_bind_int(stmt, 4, root_office);
    ts_bind_int(stmt, 5, TS_CLOCK_UNSET_MS / 1000);
    ts_bind_int(stmt, 6, TS_CLOCK_TOLERANCE_MS / 1000);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        *ret_held = (ts_first_held_t){(uint64_t)ts_col_int(stmt, 0), (uint64_t)ts_col_int(stmt, 1)};
        ts_db_done(stmt);
    }
    return err;
}

ts_err_t
ts_ledger_counts(ts_ledger_t *self, ts_ledger_counts_t *ret_counts)
{
    int64_t negative = 0;
    int64_t duplicates = 0;
    ts_err_t err = ts_db_number(self->db, ts_ledger_stmt(self, TS_SQL_NEGATIVE_COUNT), &negative);
    if (err == TS_ERR_OK) {
        err = ts_db_number(self->db, ts_ledger_stmt(self, TS_SQL_DUPLICATE_COUNT), &duplicates);
    }
    if (err == TS_ERR_OK) {
        *ret_counts = (ts_ledger_counts_t){
            .records = (uint64_t)self->totals[TS_TOTAL_RECORDS],
            .events = (uint64_t)self->totals[TS_TOTAL_EVENTS],
            .parked = (uint64_t)self->totals[TS_TOTAL_PARKED],
            .pending = (uint64_t)self->totals[TS_TOTAL_PENDING],
            .conflicts = (uint64_t)self->totals[TS_TOTAL_CONFLICTS],
            .repeats = (uint64_t)self->totals[TS_TOTAL_REPEATS],
            .negative = (uint64_t)negative,
            .duplicates = (uint64_t)duplicates,
        };
    }
    return err;
}

/* ---- findings */

typedef void (*read_finding_fn)(ts_stmt_t *stmt, ts_finding_t *finding);

static const char *
text_of(ts_stmt_t *stmt, int column)
{
    const char *text = ts_col_text(stmt, column);
    return text == NULL ? "" : text;
}

static void
read_conflict(ts_stmt_t *stmt, ts_finding_t *finding)
{
    finding->record = (ts_record_id_t)ts_col_int(stmt, 1);
    finding->amount = ts_col_int(stmt, 2);
}

static void
read_duplicate(ts_stmt_t *stmt, ts_finding_t *finding)
{
    finding->record = (ts_record_id_t)ts_col_int(stmt, 0);
    finding->other = (ts_record_id_t)ts_col_int(stmt, 1);
    finding->unit = (ts_record_id_t)ts_col_int(stmt, 2);
    finding->amount = ts_col_int(stmt, 3);
    finding->text = text_of(stmt, 4);
}

static void
read_negative(ts_stmt_t *stmt, ts_finding_t *finding)
{
    finding->record = (ts_record_id_t)ts_col_int(stmt, 0);
    int64_t quantity = ts_col_int(stmt, 2);
    finding->amount = quantity < 0 ? quantity : ts_col_int(stmt, 3);
    finding->text = text_of(stmt, 4);
}

static void
read_repeat(ts_stmt_t *stmt, ts_finding_t *finding)
{
    finding->record = (ts_record_id_t)ts_col_int(stmt, 0);
    finding->amount = ts_col_int(stmt, 1);
}

static void
read_beyond(ts_stmt_t *stmt, ts_finding_t *finding)
{
    finding->record = (ts_record_id_t)ts_col_int(stmt, 0);
    finding->unit = (ts_record_id_t)ts_col_int(stmt, 1);
    finding->amount = ts_col_int(stmt, 2);
    finding->text = text_of(stmt, 3);
}

static void
read_offices(ts_stmt_t *stmt, ts_finding_t *finding)
{
    finding->record = (ts_record_id_t)ts_col_int(stmt, 0);
    finding->other = (ts_record_id_t)ts_col_int(stmt, 1);
    finding->amount = ts_col_int(stmt, 2);
    finding->text = text_of(stmt, 3);
}

static const struct {
    ts_finding_kind_t kind;
    ts_ledger_stmt_t stmt;
    read_finding_fn read;
} finders[] = {
    {TS_FINDING_CONFLICT, TS_SQL_CONFLICTS, read_conflict},
    {TS_FINDING_DUPLICATE, TS_SQL_DUPLICATES, read_duplicate},
    {TS_FINDING_NEGATIVE, TS_SQL_NEGATIVES, read_negative},
    {TS_FINDING_REPEAT, TS_SQL_CHILD_REPEATS, read_repeat},
    {TS_FINDING_BEYOND_NEED, TS_SQL_BEYOND, read_beyond},
    {TS_FINDING_OFFICES, TS_SQL_OFFICES, read_offices},
};

ts_err_t
ts_ledger_findings(
    ts_ledger_t *self, ts_finding_kind_t kind, size_t limit, ts_finding_fn found, void *ctx)
{
    for (size_t i = 0; i < sizeof finders / sizeof finders[0]; i++) {
        if (kind != 0 && kind != finders[i].kind) {
            continue;
        }
        ts_stmt_t *stmt = ts_ledger_stmt(self, finders[i].stmt);
        ts_bind_int(stmt, 1, (int64_t)limit);
        for (;;) {
            bool row = false;
            ts_err_t err = ts_db_step(self->db, stmt, &row);
            if (err != TS_ERR_OK) {
                return err;
            }
            if (!row) {
                break;
            }
            ts_finding_t finding = {.kind = finders[i].kind, .text = ""};
            finders[i].read(stmt, &finding);
            found(ctx, &finding);
        }
    }
    return TS_ERR_OK;
}
