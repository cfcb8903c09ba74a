/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/xalloc.h"
#include "store/ledger_p.h"

#include <string.h>

/* Kept between batches at most. */
#define COMMODITIES_KEPT_MAX 1024u

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
    ts_cells_init(self);
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
    ts_cells_free(self);
    ts_map_destroy(&self->balances);
    ts_map_destroy(&self->digests);
    ts_map_destroy(&self->commodities);
    ts_map_destroy(&self->waits);
    ts_map_destroy(&self->crashed);
}

void
ts_totals_trim(ts_ledger_t *self)
{
    ts_cells_trim(self);
    free_commodities(self);
    /* Maps grow with a batch and never shrink. */
    ts_map_destroy(&self->balances);
    self->balances = ts_map_new(sizeof(ts_balance_key_t), sizeof(ts_balance_delta_t));
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
    ts_cells_forget(self);
    ts_map_clear(self->balances);
    ts_map_clear(self->digests);
    /* Commodities that the batch added are not there any more. */
    free_commodities(self);
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
    delta->quantity = ts_add_bounded(delta->quantity, sign * posting->quantity);
    delta->value_vnd = ts_add_bounded(delta->value_vnd, sign * posting->value_vnd);
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
    uint32_t used = 0;
    ts_err_t err = ts_cells_flush_some(self, UINT32_MAX, &used);
    if (err == TS_ERR_OK) {
        err = flush_balances(self);
    }
    if (err == TS_ERR_OK) {
        err = flush_digests(self);
    }
    return err == TS_ERR_OK ? flush_totals(self) : err;
}
