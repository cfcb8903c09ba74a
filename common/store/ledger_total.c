/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/time.h"
#include "base/xalloc.h"
#include "store/ledger_p.h"

#include <stdlib.h>
#include <string.h>

/* Kept between batches at most: series (about 130 bytes each) and commodities. */
#define SERIES_KEPT_MAX 32768u
#define COMMODITIES_KEPT_MAX 1024u
/* From so many cells on, sorting by digits is worth its tables. */
#define RADIX_CELLS_MIN 8192u

static void
free_commodities(ts_ledger_t *self)
{
    size_t position = 0;
    void *value;
    while (ts_map_next(self->commodities, &position, &value) != NULL) {
        ts_xfree(((ts_commodity_t *)value)->item);
        ts_xfree(((ts_commodity_t *)value)->unit_of_measure);
    }
    ts_map_clear(self->commodities);
}

void
ts_totals_init(ts_ledger_t *self)
{
    self->series = ts_map_new(sizeof(ts_cell_key_t), sizeof(uint32_t));
    self->cells = ts_map_new(sizeof(ts_cell_at_t), sizeof(uint32_t));
    self->cell_batch = 1;
    self->balances = ts_map_new(sizeof(ts_balance_key_t), sizeof(ts_balance_delta_t));
    self->digests = ts_map_new(sizeof(ts_digest_key_t), sizeof(ts_digest_t));
    self->commodities = ts_map_new(sizeof(uint64_t), sizeof(ts_commodity_t));
    self->waits = ts_map_new(sizeof(ts_wait_key_t), sizeof(uint64_t));
    self->crashed = ts_map_new(sizeof(uint64_t), 1);
}

void
ts_totals_free(ts_ledger_t *self)
{
    if (self->commodities != NULL) {
        free_commodities(self);
    }
    ts_map_destroy(&self->series);
    ts_xfree(self->series_rows);
    ts_map_destroy(&self->cells);
    ts_xfree(self->cell_rows);
    ts_map_destroy(&self->balances);
    ts_map_destroy(&self->digests);
    ts_map_destroy(&self->commodities);
    ts_map_destroy(&self->waits);
    ts_map_destroy(&self->crashed);
}

/* Maps grow with a batch and never shrink: a new one gives the memory back. */
static void
renew(ts_map_t **map, size_t key_bytes, size_t value_bytes)
{
    ts_map_destroy(map);
    *map = ts_map_new(key_bytes, value_bytes);
}

static void
forget_series(ts_ledger_t *self)
{
    renew(&self->series, sizeof(ts_cell_key_t), sizeof(uint32_t));
    ts_xfree(self->series_rows);
    self->series_rows = NULL;
    self->series_count = 0;
    self->series_capacity = 0;
}

static void
forget_cells(ts_ledger_t *self)
{
    ts_map_clear(self->cells);
    self->cell_count = 0;
    self->cell_batch++;
}

void
ts_totals_trim(ts_ledger_t *self)
{
    TS_CHECK(self->cell_count == 0);
    forget_series(self);
    free_commodities(self);
    ts_xfree(self->cell_rows);
    self->cell_rows = NULL;
    self->cell_capacity = 0;
    renew(&self->cells, sizeof(ts_cell_at_t), sizeof(uint32_t));
    renew(&self->balances, sizeof(ts_balance_key_t), sizeof(ts_balance_delta_t));
}

ts_err_t
ts_totals_load(ts_ledger_t *self)
{
    memset(self->totals, 0, sizeof self->totals);
    self->totals_changed = false;
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_TOTAL_ALL);
    for (;;) {
        bool row = false;
        ts_err_t err = ts_db_step(self->db, stmt, &row);
        if (err != TS_ERR_OK || !row) {
            return err;
        }
        int64_t name = ts_col_int(stmt, 0);
        if (name > 0 && name < TS_TOTAL_COUNT) {
            self->totals[name] = ts_col_int(stmt, 1);
        }
    }
}

void
ts_totals_forget(ts_ledger_t *self)
{
    forget_cells(self);
    ts_map_clear(self->balances);
    ts_map_clear(self->digests);
    /* Series and commodities that the batch added are not there any more. */
    forget_series(self);
    free_commodities(self);
}

/* Sums beyond all sense (a sabotaged entry repeated many times) stop at the edge instead of
 * overflowing. */
static int64_t
add_bounded(int64_t a, int64_t b)
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

/* ---- cells */

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
    cell->delta = add_bounded(cell->delta, delta);
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

typedef struct flushed_cell {
    int64_t id;
    int32_t day; /* of the month; 0 = without day */
    int32_t fell;
    int64_t delta;
} flushed_cell_t;

/* Sorts by id, 16 bits at a time: three times as fast as comparing. Returns where the result is:
 * `cells` or `other`. */
static flushed_cell_t *
sort_cells(flushed_cell_t *cells, flushed_cell_t *other, size_t count)
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
        flushed_cell_t *held = cells;
        cells = other;
        other = held;
    }
    ts_xfree(starts);
    return cells;
}

static int
compare_cells(const void *a, const void *b)
{
    int64_t left = ((const flushed_cell_t *)a)->id;
    int64_t right = ((const flushed_cell_t *)b)->id;
    return (left > right) - (left < right);
}

/* A cell without day: only its total. */
static ts_err_t
write_undated(ts_ledger_t *self, const flushed_cell_t *cell)
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
        total = add_bounded(total, days[day]);
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
write_days(ts_ledger_t *self, const flushed_cell_t *cells, size_t count)
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
        days[cells[i].day] = add_bounded(days[cells[i].day], cells[i].delta);
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

static ts_err_t
list_cells(ts_ledger_t *self, flushed_cell_t *cells)
{
    for (size_t i = 0; i < self->cell_count; i++) {
        const ts_cell_delta_t *delta = &self->cell_rows[i];
        ts_series_row_t *series = &self->series_rows[delta->at.series];
        ts_err_t err = series->id == 0 ? resolve_series(self, series) : TS_ERR_OK;
        if (err != TS_ERR_OK) {
            return err;
        }
        flushed_cell_t *cell = &cells[i];
        int day;
        cell->id = series->id << TS_CELL_MONTH_BITS | month_of(delta->at.day, &day);
        cell->day = day;
        cell->delta = delta->delta;
        cell->fell = delta->fell != 0 ? 1 : 0;
    }
    return TS_ERR_OK;
}

/* Sorted by id, so that a month is written once and neighbours stand on one page of the table. */
static ts_err_t
flush_cells(ts_ledger_t *self)
{
    size_t count = self->cell_count;
    if (count == 0) {
        return TS_ERR_OK;
    }
    flushed_cell_t *listed = ts_xcalloc(count * 2, sizeof *listed);
    flushed_cell_t *cells = listed;
    ts_err_t err = list_cells(self, listed);
    if (err == TS_ERR_OK && count >= RADIX_CELLS_MIN) {
        cells = sort_cells(listed, listed + count, count);
    } else if (err == TS_ERR_OK) {
        qsort(listed, count, sizeof *listed, compare_cells);
    }
    for (size_t i = 0; err == TS_ERR_OK && i < count;) {
        size_t end = i + 1;
        while (end < count && cells[end].id == cells[i].id) {
            end++;
        }
        err = cells[i].day == 0 ? write_undated(self, &cells[i])
                                : write_days(self, &cells[i], end - i);
        i = end;
    }
    ts_xfree(listed);
    forget_cells(self);
    if (err == TS_ERR_OK && self->series_count > SERIES_KEPT_MAX) {
        forget_series(self);
    }
    return err;
}

/* ---- double entry */

static uint64_t
hash_text(uint64_t hash, const char *text)
{
    do {
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    } while (*text++ != '\0');
    return hash;
}

static ts_err_t
find_commodity(ts_ledger_t *self, const ts_posting_t *posting, int64_t *ret_id)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_COMMODITY_FIND);
    ts_bind_text(stmt, 1, posting->commodity);
    ts_bind_text(stmt, 2, posting->unit_of_measure);
    ts_err_t err = ts_db_number(self->db, stmt, ret_id);
    if (err == TS_ERR_NOTFOUND) {
        stmt = ts_ledger_stmt(self, TS_SQL_COMMODITY_ADD);
        ts_bind_text(stmt, 1, posting->commodity);
        ts_bind_text(stmt, 2, posting->unit_of_measure);
        err = ts_db_run(self->db, stmt);
        *ret_id = ts_db_last_rowid(self->db);
    }
    return err;
}

static ts_err_t
commodity_id(ts_ledger_t *self, const ts_posting_t *posting, int64_t *ret_id)
{
    uint64_t hash = hash_text(UINT64_C(0xcbf29ce484222325), posting->commodity);
    hash = hash_text(hash, posting->unit_of_measure);
    const ts_commodity_t *known = ts_map_get(self->commodities, &hash);
    if (known != NULL && strcmp(known->item, posting->commodity) == 0 &&
        strcmp(known->unit_of_measure, posting->unit_of_measure) == 0) {
        *ret_id = known->id;
        return TS_ERR_OK;
    }
    ts_err_t err = find_commodity(self, posting, ret_id);
    if (err == TS_ERR_OK && known == NULL) {
        if (ts_map_count(self->commodities) >= COMMODITIES_KEPT_MAX) {
            free_commodities(self);
        }
        ts_commodity_t *kept = ts_map_put(self->commodities, &hash);
        kept->item = ts_xstrdup(posting->commodity);
        kept->unit_of_measure = ts_xstrdup(posting->unit_of_measure);
        kept->id = *ret_id;
    }
    return err;
}

/* The other side of a movement that began with `from`; one row for both. */
static ts_err_t
write_movement(ts_ledger_t *self,
               const ts_event_header_t *header,
               uint32_t line,
               const ts_posting_t *to)
{
    const ts_posting_t *from = &self->from;
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_POSTING_ADD);
    ts_bind_int(stmt, 1, (int64_t)header->record);
    ts_bind_int(stmt, 2, line / 2);
    ts_bind_int(stmt, 3, (int64_t)from->account);
    ts_bind_int(stmt, 4, (int64_t)from->owner);
    ts_bind_int(stmt, 5, (int64_t)from->fund);
    ts_bind_int(stmt, 6, (int64_t)to->account);
    ts_bind_int(stmt, 7, (int64_t)to->owner);
    ts_bind_int(stmt, 8, (int64_t)to->fund);
    ts_bind_int(stmt, 9, (int64_t)header->plan);
    ts_bind_int(stmt, 10, self->from_commodity);
    ts_bind_int(stmt, 11, to->quantity);
    ts_bind_int(stmt, 12, to->value_vnd);
    ts_bind_int(stmt, 13, header->occurred_on);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_posting_add(ts_ledger_t *self,
                      const ts_event_header_t *header,
                      uint32_t line,
                      const ts_posting_t *posting,
                      int sign)
{
    TS_CHECK(sign == 1 || sign == -1);
    bool begins = line % 2 == 0;
    if (begins) {
        self->from = *posting;
        ts_err_t err = commodity_id(self, posting, &self->from_commodity);
        if (err != TS_ERR_OK) {
            return err;
        }
    } else {
        /* What leaves one account enters another: core/contribute knows no other postings. */
        TS_CHECK(self->from.quantity == -posting->quantity);
        TS_CHECK(self->from.value_vnd == -posting->value_vnd);
    }
    ts_balance_key_t key = {(uint64_t)posting->account, posting->owner, self->from_commodity};
    ts_balance_delta_t *delta = ts_map_put(self->balances, &key);
    delta->quantity = add_bounded(delta->quantity, sign * posting->quantity);
    delta->value_vnd = add_bounded(delta->value_vnd, sign * posting->value_vnd);
    return begins || sign < 0 ? TS_ERR_OK : write_movement(self, header, line, posting);
}

ts_err_t
ts_ledger_postings_remove(ts_ledger_t *self, ts_record_id_t record)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_POSTING_REMOVE);
    ts_bind_int(stmt, 1, (int64_t)record);
    return ts_db_run(self->db, stmt);
}

static ts_err_t
flush_balances(ts_ledger_t *self)
{
    size_t position = 0;
    const ts_balance_key_t *key;
    void *value;
    while ((key = ts_map_next(self->balances, &position, &value)) != NULL) {
        const ts_balance_delta_t *delta = value;
        if (delta->quantity == 0 && delta->value_vnd == 0) {
            continue;
        }
        ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_BALANCE_ADD);
        ts_bind_int(stmt, 1, (int64_t)key->account);
        ts_bind_int(stmt, 2, (int64_t)key->owner);
        ts_bind_int(stmt, 3, key->commodity);
        ts_bind_int(stmt, 4, delta->quantity);
        ts_bind_int(stmt, 5, delta->value_vnd);
        ts_err_t err = ts_db_run(self->db, stmt);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    ts_map_clear(self->balances);
    return TS_ERR_OK;
}

/* ---- digests and totals */

static uint64_t
mix(uint64_t word)
{
    word = (word ^ (word >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    word = (word ^ (word >> 27)) * UINT64_C(0x94d049bb133111eb);
    return word ^ (word >> 31);
}

ts_digest_t
ts_digest_of(const uint64_t *words, size_t count)
{
    ts_digest_t digest = {UINT64_C(0x6a09e667f3bcc908), UINT64_C(0xbb67ae8584caa73b), 0};
    for (size_t i = 0; i < count; i++) {
        digest.low = mix(digest.low ^ words[i]);
        digest.high = mix((digest.high + digest.low) ^ (words[i] * UINT64_C(0x9e3779b97f4a7c15)));
    }
    return digest;
}

void
ts_ledger_digest_add(ts_ledger_t *self,
                     ts_record_id_t unit,
                     uint8_t audience,
                     const ts_digest_t *delta)
{
    ts_digest_key_t key = {unit, audience};
    ts_digest_t *digest = ts_map_put(self->digests, &key);
    digest->low += delta->low;
    digest->high += delta->high;
    digest->events += delta->events;
}

static ts_err_t
read_digest(ts_ledger_t *self, ts_record_id_t unit, uint64_t audience, ts_digest_t *ret_digest)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_DIGEST_GET);
    ts_bind_int(stmt, 1, (int64_t)unit);
    ts_bind_int(stmt, 2, (int64_t)audience);
    ts_digest_t digest = {0};
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        digest.low = (uint64_t)ts_col_int(stmt, 0);
        digest.high = (uint64_t)ts_col_int(stmt, 1);
        digest.events = (uint64_t)ts_col_int(stmt, 2);
        ts_db_done(stmt);
    }
    if (err == TS_ERR_OK || err == TS_ERR_NOTFOUND) {
        *ret_digest = digest;
        return TS_ERR_OK;
    }
    return err;
}

/* Sums wrap around, which SQLite's numbers do not: added here, stored as a whole. */
static ts_err_t
flush_digests(ts_ledger_t *self)
{
    size_t position = 0;
    const ts_digest_key_t *key;
    void *value;
    while ((key = ts_map_next(self->digests, &position, &value)) != NULL) {
        const ts_digest_t *delta = value;
        ts_digest_t digest;
        ts_err_t err = read_digest(self, key->unit, key->audience, &digest);
        if (err != TS_ERR_OK) {
            return err;
        }
        ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_DIGEST_PUT);
        ts_bind_int(stmt, 1, (int64_t)key->unit);
        ts_bind_int(stmt, 2, (int64_t)key->audience);
        ts_bind_int(stmt, 3, (int64_t)(digest.low + delta->low));
        ts_bind_int(stmt, 4, (int64_t)(digest.high + delta->high));
        ts_bind_int(stmt, 5, (int64_t)(digest.events + delta->events));
        err = ts_db_run(self->db, stmt);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    ts_map_clear(self->digests);
    return TS_ERR_OK;
}

ts_err_t
ts_ledger_digest(ts_ledger_t *self, ts_record_id_t unit, uint8_t audience, ts_digest_t *ret_digest)
{
    return read_digest(self, unit, audience, ret_digest);
}

ts_err_t
ts_ledger_digest_all(ts_ledger_t *self, ts_digest_t *ret_digest)
{
    ts_digest_t all = {0};
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_DIGEST_ALL);
    for (;;) {
        bool row = false;
        ts_err_t err = ts_db_step(self->db, stmt, &row);
        if (err != TS_ERR_OK) {
            return err;
        }
        if (!row) {
            *ret_digest = all;
            return TS_ERR_OK;
        }
        all.low += (uint64_t)ts_col_int(stmt, 0);
        all.high += (uint64_t)ts_col_int(stmt, 1);
        all.events += (uint64_t)ts_col_int(stmt, 2);
    }
}

void
ts_ledger_total_add(ts_ledger_t *self, ts_total_t total, int64_t delta)
{
    self->totals[total] += delta;
    self->totals_changed = true;
}

int64_t
ts_ledger_total(const ts_ledger_t *self, ts_total_t total)
{
    return self->totals[total];
}

static ts_err_t
flush_totals(ts_ledger_t *self)
{
    ts_err_t err = TS_ERR_OK;
    for (int i = 1; self->totals_changed && err == TS_ERR_OK && i < TS_TOTAL_COUNT; i++) {
        ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_TOTAL_PUT);
        ts_bind_int(stmt, 1, i);
        ts_bind_int(stmt, 2, self->totals[i]);
        err = ts_db_run(self->db, stmt);
    }
    self->totals_changed = false;
    return err;
}

ts_err_t
ts_totals_flush(ts_ledger_t *self)
{
    ts_err_t err = flush_cells(self);
    if (err == TS_ERR_OK) {
        err = flush_balances(self);
    }
    if (err == TS_ERR_OK) {
        err = flush_digests(self);
    }
    return err == TS_ERR_OK ? flush_totals(self) : err;
}
