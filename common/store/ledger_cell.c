/* SPDX-License-Identifier: MPL-2.0 */
/* Cells of the batch in memory, and how they are written: in steps, so that nobody waits for all.
 */
#include "base/check.h"
#include "base/time.h"
#include "base/xalloc.h"
#include "store/ledger_p.h"

#include <stdlib.h>
#include <string.h>

/* Kept between batches at most: series, about 150 bytes each. */
#define SERIES_KEPT_MAX 32768u
/* From so many cells on, sorting by digits is worth its tables. */
#define RADIX_CELLS_MIN 8192u

static void
forget_series(ts_ledger_t *self)
{
    ts_map_destroy(&self->series);
    self->series = ts_map_new(sizeof(ts_cell_key_t), sizeof(uint32_t));
    ts_xfree(self->series_rows);
    self->series_rows = NULL;
    self->series_count = 0;
    self->series_capacity = 0;
}

/* The batch goes on with new cells; those listed so far are being written. */
static void
next_cells(ts_ledger_t *self)
{
    ts_map_clear(self->cells);
    self->cell_count = 0;
    self->cells_resolved = 0;
    self->cell_batch++;
}

static void
end_flush(ts_ledger_t *self)
{
    ts_xfree(self->flush_list);
    self->flush_list = NULL;
    self->flush = NULL;
    self->flush_count = 0;
    self->flush_at = 0;
}

void
ts_cells_init(ts_ledger_t *self)
{
    self->series = ts_map_new(sizeof(ts_cell_key_t), sizeof(uint32_t));
    self->cells = ts_map_new(sizeof(ts_cell_at_t), sizeof(uint32_t));
    self->cell_batch = 1;
}

void
ts_cells_free(ts_ledger_t *self)
{
    ts_map_destroy(&self->series);
    ts_xfree(self->series_rows);
    ts_map_destroy(&self->cells);
    ts_xfree(self->cell_rows);
    end_flush(self);
}

void
ts_cells_forget(ts_ledger_t *self)
{
    next_cells(self);
    end_flush(self);
    /* Series that the batch added are not there any more. */
    forget_series(self);
}

void
ts_cells_trim(ts_ledger_t *self)
{
    TS_CHECK(self->cell_count == 0 && self->flush == NULL);
    forget_series(self);
    ts_xfree(self->cell_rows);
    self->cell_rows = NULL;
    self->cell_capacity = 0;
    /* Maps grow with a batch and never shrink. */
    ts_map_destroy(&self->cells);
    self->cells = ts_map_new(sizeof(ts_cell_at_t), sizeof(uint32_t));
}

/* Sums beyond all sense (a sabotaged entry repeated many times) stop at the edge instead of
 * overflowing. */
int64_t
ts_add_bounded(int64_t a, int64_t b)
{
    const int64_t edge = INT64_C(4000000000000000000);
    if (b > 0 && a > edge - b) {
        return edge;
    }
    if (b < 0 && a < -edge - b) {
        return -edge;
    }
    return a + b;
}

static uint32_t
new_cell(ts_ledger_t *self, const ts_cell_at_t *at)
{
    self->cell_rows = ts_xgrow(self->cell_rows, self->cell_count + 1, &self->cell_capacity,
                               sizeof *self->cell_rows);
    self->cell_rows[self->cell_count] = (ts_cell_delta_t){.at = *at};
    return (uint32_t)self->cell_count++;
}

/* Index of the day's cell of a series in this batch. */
static uint32_t
find_cell(ts_ledger_t *self, ts_series_row_t *series, const ts_cell_at_t *at)
{
    if (series->batch != self->cell_batch) {
        series->batch = self->cell_batch;
        series->first_day = series->last_day = at->day;
        series->first_cell = series->last_cell = new_cell(self, at);
    }
    if (series->first_day == at->day) {
        return series->first_cell;
    }
    if (series->last_day != at->day) {
        size_t before = ts_map_count(self->cells);
        uint32_t *index = ts_map_put(self->cells, at);
        if (ts_map_count(self->cells) > before) {
            *index = new_cell(self, at);
        }
        series->last_day = at->day;
        series->last_cell = *index;
    }
    return series->last_cell;
}

void
ts_ledger_cell_add(ts_ledger_t *self, const ts_cell_key_t *key, int64_t delta)
{
    ts_cell_key_t series = *key;
    series.day = 0;
    uint32_t *index = ts_map_get(self->series, &series);
    if (index == NULL) {
        index = ts_map_put(self->series, &series);
        self->series_rows = ts_xgrow(self->series_rows, self->series_count + 1,
                                     &self->series_capacity, sizeof *self->series_rows);
        self->series_rows[self->series_count] = (ts_series_row_t){.key = series};
        *index = (uint32_t)self->series_count++;
    }
    ts_cell_at_t at = {*index, key->day};
    uint32_t row = find_cell(self, &self->series_rows[*index], &at);
    ts_cell_delta_t *cell = &self->cell_rows[row];
    cell->delta = ts_add_bounded(cell->delta, delta);
    cell->fell |= delta < 0;
}

static void
bind_series(ts_stmt_t *stmt, const ts_cell_key_t *key)
{
    ts_bind_int(stmt, 1, (int64_t)key->plan);
    ts_bind_int(stmt, 2, key->measure);
    ts_bind_int(stmt, 3, (int64_t)key->unit);
    ts_bind_int(stmt, 4, (int64_t)key->line);
    ts_bind_int(stmt, 5, (int64_t)key->aux);
    ts_bind_int(stmt, 6, (int64_t)key->band);
    ts_bind_int(stmt, 7, key->sex);
    ts_bind_int(stmt, 8, key->donor_class);
    ts_bind_int(stmt, 9, key->flags);
}

static ts_err_t
resolve_series(ts_ledger_t *self, ts_series_row_t *row)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_SERIES_FIND);
    bind_series(stmt, &row->key);
    ts_err_t err = ts_db_number(self->db, stmt, &row->id);
    if (err == TS_ERR_NOTFOUND) {
        stmt = ts_ledger_stmt(self, TS_SQL_SERIES_ADD);
        bind_series(stmt, &row->key);
        err = ts_db_run(self->db, stmt);
        row->id = ts_db_last_rowid(self->db);
    }
    return err;
}

/* Month of a day as it stands in a cell's id, and the day in it; years beyond 0..9999 (surely typed
 * wrong) stand at the edge. */
static int64_t
month_of(int32_t day, int *ret_day)
{
    int year = 0;
    int month = 1;
    *ret_day = 0;
    if (day == 0) {
        return 0;
    }
    ts_date_to_civil((ts_date_t){day}, &year, &month, ret_day);
    if (year < 0 || year > 9999) {
        *ret_day = 1;
        return year < 0 ? 1 : 9999 * 12 + 12;
    }
    return (int64_t)year * 12 + month;
}

/* Sorts by id, 16 bits at a time: three times as fast as comparing. Returns where the result is:
 * `cells` or `other`. */
static ts_flushed_cell_t *
sort_cells(ts_flushed_cell_t *cells, ts_flushed_cell_t *other, size_t count)
{
    enum { DIGITS = 1 << 16 };
    size_t *starts = ts_xcalloc(DIGITS, sizeof *starts);
    for (unsigned shift = 0; shift < 64; shift += 16) {
        memset(starts, 0, DIGITS * sizeof *starts);
        for (size_t i = 0; i < count; i++) {
            starts[(uint64_t)cells[i].id >> shift & (DIGITS - 1)]++;
        }
        if (starts[(uint64_t)cells[0].id >> shift & (DIGITS - 1)] == count) {
            continue; /* all alike in these bits */
        }
        size_t at = 0;
        for (size_t digit = 0; digit < DIGITS; digit++) {
            size_t next = at + starts[digit];
            starts[digit] = at;
            at = next;
        }
        for (size_t i = 0; i < count; i++) {
            other[starts[(uint64_t)cells[i].id >> shift & (DIGITS - 1)]++] = cells[i];
        }
        ts_flushed_cell_t *held = cells;
        cells = other;
        other = held;
    }
    ts_xfree(starts);
    return cells;
}

static int
compare_cells(const void *a, const void *b)
{
    int64_t left = ((const ts_flushed_cell_t *)a)->id;
    int64_t right = ((const ts_flushed_cell_t *)b)->id;
    return (left > right) - (left < right);
}

/* A cell without day: only its total. */
static ts_err_t
write_undated(ts_ledger_t *self, const ts_flushed_cell_t *cell)
{
    if (cell->delta == 0) {
        return TS_ERR_OK;
    }
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_CELL_ADD);
    ts_bind_int(stmt, 1, cell->id);
    ts_bind_int(stmt, 2, cell->delta);
    ts_err_t err = ts_db_run(self->db, stmt);
    if (err == TS_ERR_OK && cell->fell != 0) {
        stmt = ts_ledger_stmt(self, TS_SQL_CELL_CLEAN);
        ts_bind_int(stmt, 1, cell->id);
        err = ts_db_run(self->db, stmt);
    }
    return err;
}

#define MONTH_DAYS 32

static const char *
read_number(const char *at, int64_t *ret_number)
{
    bool minus = *at == '-';
    uint64_t number = 0;
    for (at += minus ? 1 : 0; *at >= '0' && *at <= '9'; at++) {
        number = number * 10 + (uint64_t)(*at - '0');
    }
    *ret_number = minus ? -(int64_t)number : (int64_t)number;
    return at;
}

/* {"5":2,"17":1}, as write_month made it. */
static void
read_month(const char *text, int64_t days[MONTH_DAYS])
{
    const char *at = text;
    while (*at != '\0') {
        if (*at++ != '"') {
            continue;
        }
        int64_t day;
        int64_t value;
        at = read_number(at, &day);
        at = read_number(at + strspn(at, "\":"), &value);
        if (day > 0 && day < MONTH_DAYS) {
            days[day] = value;
        }
    }
}

static char *
put_number(char *at, int64_t number)
{
    char digits[20];
    size_t count = 0;
    uint64_t left = number < 0 ? (uint64_t)-number : (uint64_t)number;
    do {
        digits[count++] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) {
        *at++ = '-';
    }
    while (count > 0) {
        *at++ = digits[--count];
    }
    return at;
}

/* Sum of the days; `text` is empty when all are zero. */
static int64_t
write_month(const int64_t days[MONTH_DAYS], char *text)
{
    int64_t total = 0;
    char *at = text;
    for (int day = 1; day < MONTH_DAYS; day++) {
        if (days[day] == 0) {
            continue;
        }
        total = ts_add_bounded(total, days[day]);
        *at = at == text ? '{' : ',';
        at++;
        *at++ = '"';
        at = put_number(at, day);
        *at++ = '"';
        *at++ = ':';
        at = put_number(at, days[day]);
    }
    if (at != text) {
        *at++ = '}';
    }
    *at = '\0';
    return total;
}

/* Cells of one month of one series. */
static ts_err_t
write_days(ts_ledger_t *self, const ts_flushed_cell_t *cells, size_t count)
{
    char text[MONTH_DAYS * 32];
    int64_t days[MONTH_DAYS] = {0};
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_CELL_GET);
    ts_bind_int(stmt, 1, cells->id);
    ts_err_t err = ts_db_first(self->db, stmt);
    bool there = err == TS_ERR_OK;
    if (there && ts_col_text(stmt, 0) != NULL) {
        read_month(ts_col_text(stmt, 0), days);
    }
    if (there) {
        ts_db_done(stmt);
    } else if (err != TS_ERR_NOTFOUND) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        days[cells[i].day] = ts_add_bounded(days[cells[i].day], cells[i].delta);
    }
    int64_t total = write_month(days, text);
    if (text[0] == '\0' && !there) {
        return TS_ERR_OK;
    }
    stmt = ts_ledger_stmt(self, text[0] == '\0' ? TS_SQL_CELL_REMOVE : TS_SQL_CELL_PUT);
    ts_bind_int(stmt, 1, cells->id);
    if (text[0] != '\0') {
        ts_bind_int(stmt, 2, total);
        ts_bind_text(stmt, 3, text);
    }
    return ts_db_run(self->db, stmt);
}

/* Looks up the series of the batch's cells, as many as the budget allows. */
static ts_err_t
resolve_some(ts_ledger_t *self, uint32_t budget, uint32_t *used)
{
    for (; self->cells_resolved < self->cell_count && *used < budget; self->cells_resolved++) {
        ts_series_row_t *series =
            &self->series_rows[self->cell_rows[self->cells_resolved].at.series];
        if (series->id != 0) {
            continue;
        }
        ts_err_t err = resolve_series(self, series);
        if (err != TS_ERR_OK) {
            return err;
        }
        (*used)++;
    }
    return TS_ERR_OK;
}

/* Sorted by id, so that a month is written once and neighbours stand on one page of the table. */
static void
list_cells(ts_ledger_t *self)
{
    size_t count = self->cell_count;
    self->flush_list = ts_xcalloc(count * 2, sizeof *self->flush_list);
    self->flush = self->flush_list;
    self->flush_count = count;
    self->flush_at = 0;
    for (size_t i = 0; i < count; i++) {
        const ts_cell_delta_t *delta = &self->cell_rows[i];
        ts_flushed_cell_t *cell = &self->flush_list[i];
        int day;
        cell->id = self->series_rows[delta->at.series].id << TS_CELL_MONTH_BITS |
                   month_of(delta->at.day, &day);
        cell->day = day;
        cell->delta = delta->delta;
        cell->fell = delta->fell != 0 ? 1 : 0;
    }
    if (count >= RADIX_CELLS_MIN) {
        self->flush = sort_cells(self->flush_list, self->flush_list + count, count);
    } else {
        qsort(self->flush_list, count, sizeof *self->flush_list, compare_cells);
    }
    next_cells(self);
}

static ts_err_t
write_some(ts_ledger_t *self, uint32_t budget, uint32_t *used)
{
    const ts_flushed_cell_t *cells = self->flush;
    for (; self->flush_at < self->flush_count && *used < budget; (*used)++) {
        size_t at = self->flush_at;
        size_t end = at + 1;
        while (end < self->flush_count && cells[end].id == cells[at].id) {
            end++;
        }
        ts_err_t err = cells[at].day == 0 ? write_undated(self, &cells[at])
                                          : write_days(self, &cells[at], end - at);
        if (err != TS_ERR_OK) {
            return err;
        }
        self->flush_at = end;
    }
    if (self->flush_at == self->flush_count) {
        end_flush(self);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_cells_flush_some(ts_ledger_t *self, uint32_t budget, uint32_t *used)
{
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK && *used < budget && ts_cells_any(self)) {
        if (self->flush != NULL) {
            err = write_some(self, budget, used);
            continue;
        }
        err = resolve_some(self, budget, used);
        if (err == TS_ERR_OK && self->cells_resolved == self->cell_count) {
            list_cells(self);
        }
    }
    if (err == TS_ERR_OK && !ts_cells_any(self) && self->series_count > SERIES_KEPT_MAX) {
        forget_series(self);
    }
    return err;
}

bool
ts_cells_any(const ts_ledger_t *self)
{
    return self->cell_count > 0 || self->flush != NULL;
}
