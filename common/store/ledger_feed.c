/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "store/ledger_p.h"

#include <stdio.h>
#include <string.h>

/* Rows of one step of copying; the whole is done in such steps too. */
#define COPY_ROWS 4096u

ts_id16_t
ts_ledger_feed_id(const ts_ledger_t *self)
{
    return self->feed_id;
}

ts_err_t
ts_ledger_feed_newest(ts_ledger_t *self, uint64_t *ret_number)
{
    *ret_number = self->feed_newest;
    return TS_ERR_OK;
}

ts_err_t
ts_feed_load(ts_ledger_t *self)
{
    int64_t newest = 0;
    ts_err_t err = ts_db_number(self->db, ts_ledger_stmt(self, TS_SQL_FEED_NEWEST), &newest);
    if (err == TS_ERR_OK) {
        self->feed_newest = (uint64_t)newest;
    }
    return err;
}

static void
free_row_texts(const ts_feed_row_t *row)
{
    const char *texts[] = {row->kind, row->change, row->unit_of_measure, row->text};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        void *owned;
        memcpy(&owned, &texts[i], sizeof owned);
        ts_xfree(owned);
    }
}

static void
free_candidates(ts_ledger_t *self)
{
    for (size_t at = 0; at < self->candidates.length; at += sizeof(ts_feed_row_t)) {
        ts_feed_row_t row;
        memcpy(&row, self->candidates.data + at, sizeof row);
        free_row_texts(&row);
    }
    ts_buf_clear(&self->candidates);
}

void
ts_feed_free(ts_ledger_t *self)
{
    free_candidates(self);
    ts_buf_free(&self->candidates);
}

static void
bind_if(ts_stmt_t *stmt, int parameter, uint64_t value)
{
    if (value != 0) {
        ts_bind_int(stmt, parameter, (int64_t)value);
    }
}

static void
bind_text_if(ts_stmt_t *stmt, int parameter, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        ts_bind_text(stmt, parameter, text);
    }
}

static ts_err_t
write_row(ts_ledger_t *self, uint64_t number, const ts_feed_row_t *row)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_FEED_ADD);
    ts_bind_int(stmt, 1, (int64_t)number);
    ts_bind_text(stmt, 2, row->kind);
    ts_bind_text(stmt, 3, row->change);
    bind_if(stmt, 4, row->event);
    bind_if(stmt, 5, row->record);
    bind_if(stmt, 6, row->unit);
    bind_if(stmt, 7, row->plan);
    bind_if(stmt, 8, row->line);
    bind_if(stmt, 9, row->period);
    bind_if(stmt, 10, row->body);
    if (row->day != 0) {
        ts_bind_int(stmt, 11, row->day);
    }
    ts_bind_int(stmt, 12, row->quantity);
    bind_text_if(stmt, 13, row->unit_of_measure);
    ts_bind_int(stmt, 14, row->value_vnd);
    ts_bind_int(stmt, 15, row->children);
    ts_bind_int(stmt, 16, row->donor_class);
    bind_text_if(stmt, 17, row->text);
    ts_bind_int(stmt, 18, (int64_t)row->time_s);
    return ts_db_run(self->db, stmt);
}

/* *ret_new: this was not told before; it counts as told now. */
static ts_err_t
mark_told(ts_ledger_t *self, uint64_t event, const char *change, bool *ret_new)
{
    *ret_new = true;
    if (event == 0) {
        return TS_ERR_OK;
    }
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_FEED_SEEN_PUT);
    ts_bind_int(stmt, 1, (int64_t)event);
    ts_bind_text(stmt, 2, change);
    ts_err_t err = ts_db_run(self->db, stmt);
    *ret_new = ts_db_changes(self->db) > 0;
    return err;
}

/* Beside another ledger only what that one has not told is of interest, and only once it takes its
 * place. */
static ts_err_t
keep_candidate(ts_ledger_t *self, const ts_feed_row_t *row)
{
    ts_ledger_t *told = self->feed_of;
    ts_stmt_t *stmt = ts_ledger_stmt(told, TS_SQL_FEED_SEEN_GET);
    ts_bind_int(stmt, 1, (int64_t)row->event);
    ts_bind_text(stmt, 2, row->change);
    int64_t seen = 0;
    ts_err_t err = ts_db_number(told->db, stmt, &seen);
    if (err != TS_ERR_NOTFOUND || row->event == 0) {
        return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    ts_feed_row_t kept = *row;
    kept.kind = ts_xstrdup(row->kind);
    kept.change = ts_xstrdup(row->change);
    kept.unit_of_measure = ts_xstrdup(row->unit_of_measure == NULL ? "" : row->unit_of_measure);
    kept.text = ts_xstrdup(row->text == NULL ? "" : row->text);
    ts_buf_put(&self->candidates, &kept, sizeof kept);
    return TS_ERR_OK;
}

ts_err_t
ts_ledger_feed_add(ts_ledger_t *self, const ts_feed_row_t *row)
{
    if (!self->options.feed) {
        return TS_ERR_OK;
    }
    if (self->feed_of != NULL) {
        return keep_candidate(self, row);
    }
    bool is_new;
    ts_err_t err = mark_told(self, row->event, row->change, &is_new);
    if (err == TS_ERR_OK && is_new) {
        err = write_row(self, self->feed_newest + 1, row);
    }
    if (err == TS_ERR_OK && is_new) {
        self->feed_newest++;
    }
    return err;
}

ts_err_t
ts_ledger_feed_again(ts_ledger_t *self, uint64_t event)
{
    if (!self->options.feed || self->feed_of != NULL) {
        return TS_ERR_OK;
    }
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_FEED_SEEN_FORGET);
    ts_bind_int(stmt, 1, (int64_t)event);
    return ts_db_run(self->db, stmt);
}

static const char *
text_of(ts_stmt_t *stmt, int column)
{
    const char *text = ts_col_text(stmt, column);
    return text == NULL ? "" : text;
}

static ts_feed_row_t
read_row(ts_stmt_t *stmt)
{
    return (ts_feed_row_t){
        .number = (uint64_t)ts_col_int(stmt, 0),
        .kind = text_of(stmt, 1),
        .change = text_of(stmt, 2),
        .event = (uint64_t)ts_col_int(stmt, 3),
        .record = (ts_record_id_t)ts_col_int(stmt, 4),
        .unit = (ts_record_id_t)ts_col_int(stmt, 5),
        .plan = (ts_record_id_t)ts_col_int(stmt, 6),
        .line = (ts_record_id_t)ts_col_int(stmt, 7),
        .period = (ts_record_id_t)ts_col_int(stmt, 8),
        .body = (ts_record_id_t)ts_col_int(stmt, 9),
        .day = (int32_t)ts_col_int(stmt, 10),
        .quantity = ts_col_int(stmt, 11),
        .unit_of_measure = text_of(stmt, 12),
        .value_vnd = ts_col_int(stmt, 13),
        .children = ts_col_int(stmt, 14),
        .donor_class = (uint8_t)ts_col_int(stmt, 15),
        .text = text_of(stmt, 16),
        .time_s = (uint64_t)ts_col_int(stmt, 17),
    };
}

ts_err_t
ts_ledger_feed_read(ts_ledger_t *self, uint64_t after, size_t limit, ts_feed_fn found, void *ctx)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_FEED_READ);
    ts_bind_int(stmt, 1, (int64_t)after);
    ts_bind_int(stmt, 2, (int64_t)limit);
    for (;;) {
        bool row = false;
        ts_err_t err = ts_db_step(self->db, stmt, &row);
        if (err != TS_ERR_OK || !row) {
            return err;
        }
        ts_feed_row_t feed_row = read_row(stmt);
        found(ctx, &feed_row);
    }
}

/* ---- the feed goes over into another ledger */

typedef struct copy {
    ts_ledger_t *to;
    size_t rows;
    ts_err_t err;
} copy_t;

static void
copy_row(void *ctx, const ts_feed_row_t *row)
{
    copy_t *copy = ctx;
    if (copy->err == TS_ERR_OK) {
        copy->err = write_row(copy->to, row->number, row);
        copy->to->feed_copied = row->number;
        copy->rows++;
    }
}

static ts_err_t
copy_told(ts_ledger_t *from, ts_ledger_t *to, size_t max, size_t *ret_rows)
{
    ts_stmt_t *stmt = ts_ledger_stmt(from, TS_SQL_FEED_SEEN_NEXT);
    ts_bind_int(stmt, 1, to->seen_copied ? (int64_t)to->seen_event : INT64_MIN);
    ts_bind_text(stmt, 2, to->seen_change);
    ts_bind_int(stmt, 3, (int64_t)max);
    *ret_rows = 0;
    char change[sizeof to->seen_change] = "";
    for (;;) {
        bool row = false;
        ts_err_t err = ts_db_step(from->db, stmt, &row);
        if (err != TS_ERR_OK || !row) {
            memcpy(to->seen_change, change, sizeof change);
            return err;
        }
        to->seen_event = (uint64_t)ts_col_int(stmt, 0);
        to->seen_copied = true;
        (void)snprintf(change, sizeof change, "%s", text_of(stmt, 1));
        bool is_new;
        err = mark_told(to, to->seen_event, change, &is_new);
        if (err != TS_ERR_OK) {
            ts_db_done(stmt);
            return err;
        }
        (*ret_rows)++;
    }
}

ts_err_t
ts_ledger_beside_feed(ts_ledger_t *self, ts_ledger_t *beside, size_t max, bool *ret_done)
{
    copy_t copy = {beside, 0, TS_ERR_OK};
    ts_err_t err = ts_ledger_begin(beside);
    if (err == TS_ERR_OK) {
        err = ts_ledger_feed_read(self, beside->feed_copied, max, copy_row, &copy);
    }
    err = err == TS_ERR_OK ? copy.err : err;
    *ret_done = copy.rows < max;
    return err;
}

/* What was told may have been told again since the rows were copied: these marks go over all at
 * once, at the end. */
ts_err_t
ts_feed_finish(ts_ledger_t *self, ts_ledger_t *beside)
{
    ts_err_t err = ts_ledger_begin(beside);
    bool done = false;
    while (err == TS_ERR_OK && !done) {
        err = ts_ledger_beside_feed(self, beside, COPY_ROWS, &done);
    }
    size_t rows = COPY_ROWS;
    while (err == TS_ERR_OK && rows == COPY_ROWS) {
        err = copy_told(self, beside, COPY_ROWS, &rows);
    }
    if (err == TS_ERR_OK) {
        err = ts_feed_load(beside);
    }
    beside->feed_of = NULL;
    for (size_t at = 0; err == TS_ERR_OK && at < beside->candidates.length;
         at += sizeof(ts_feed_row_t)) {
        ts_feed_row_t row;
        memcpy(&row, beside->candidates.data + at, sizeof row);
        err = ts_ledger_feed_add(beside, &row);
    }
    free_candidates(beside);
    if (err == TS_ERR_OK) {
        err = ts_ledger_commit(beside);
    }
    return err;
}
