/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The rows of the log table in memory, with the tip of each log that has one. Every turn walks
 * them, most turns change none. A row is read again after it was written, all of them after a
 * rollback or a repair; a store with more logs than fit is asked row by row.
 */
#include "base/check.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "store/custody_priv.h"

#include <stdlib.h>

#define LOGS_MAX 4096u /* about 2 MB */

typedef struct ts_log_entry {
    ts_log_row_t row;
    bool stale; /* written since it was read */
    bool has_tip;
    bool has_sum;
    ts_custody_tip_t tip; /* the only one */
    ts_hash_t sum;        /* of all tips, see ts_custody_digest */
} ts_log_entry_t;

struct ts_log_cache {
    ts_log_entry_t *entries; /* by row number */
    size_t count;
    size_t capacity;
    ts_map_t *places;  /* log → uint32_t, its place */
    uint32_t *arrived; /* places, by last arrival when `sorted` */
    size_t arrived_capacity;
    size_t arrived_count;
    bool sorted;
    size_t stale_count;
    bool grown; /* rows were added behind the last, or none was read yet */
    bool off;   /* more logs than fit */
};

ts_log_cache_t *
ts_custody_logs_new(void)
{
    ts_log_cache_t *cache = ts_xcalloc(1, sizeof *cache);
    cache->places = ts_map_new(TS_HASH_BYTES, sizeof(uint32_t));
    cache->grown = true;
    return cache;
}

void
ts_custody_logs_free(ts_log_cache_t **cache_p)
{
    ts_log_cache_t *cache = *cache_p;
    if (cache == NULL) {
        return;
    }
    ts_map_destroy(&cache->places);
    free(cache->entries);
    free(cache->arrived);
    free(cache);
    *cache_p = NULL;
}

void
ts_custody_logs_forget(ts_custody_t *self)
{
    ts_log_cache_t *cache = self->logs;
    ts_map_clear(cache->places);
    cache->count = 0;
    cache->arrived_count = 0;
    cache->sorted = false;
    cache->stale_count = 0;
    cache->grown = true;
}

void
ts_custody_log_added(ts_custody_t *self)
{
    self->logs->grown = true;
}

static ts_log_entry_t *
entry_of(const ts_log_cache_t *cache, const ts_hash_t *log)
{
    const uint32_t *place = ts_map_get(cache->places, log->b);
    return place == NULL ? NULL : &cache->entries[*place];
}

/* Place of the first row with a greater number. */
static size_t
place_after(const ts_log_cache_t *cache, int64_t id)
{
    size_t low = 0;
    size_t high = cache->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cache->entries[middle].row.id > id) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

void
ts_custody_log_changed(ts_custody_t *self, int64_t id)
{
    ts_log_cache_t *cache = self->logs;
    size_t place = place_after(cache, id);
    if (place == 0 || cache->entries[place - 1].row.id != id) {
        return; /* not read yet */
    }
    ts_log_entry_t *entry = &cache->entries[place - 1];
    cache->stale_count += entry->stale ? 0 : 1;
    entry->stale = true;
}

/* ---- reading ---- */

static ts_err_t
read_added(ts_custody_t *self)
{
    ts_log_cache_t *cache = self->logs;
    bool row = false;
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_LOG_NEXT);
    ts_bind_int(stmt, 1, cache->count == 0 ? 0 : cache->entries[cache->count - 1].row.id);
    ts_bind_int(stmt, 2, (int64_t)(LOGS_MAX + 1 - cache->count));
    ts_err_t err = ts_db_step(self->db, stmt, &row);
    while (err == TS_ERR_OK && row && cache->count < LOGS_MAX) {
        cache->entries =
            ts_xgrow(cache->entries, cache->count + 1, &cache->capacity, sizeof *cache->entries);
        ts_log_entry_t *entry = &cache->entries[cache->count];
        *entry = (ts_log_entry_t){.stale = false};
        err = ts_custody_read_log(self->db, stmt, &entry->row);
        if (err == TS_ERR_OK) {
            uint32_t *place = ts_map_put(cache->places, entry->row.info.log.b);
            *place = (uint32_t)cache->count++;
            err = ts_db_step(self->db, stmt, &row);
        }
    }
    ts_db_done(stmt);
    cache->off = err == TS_ERR_OK && row;
    cache->grown = false;
    cache->sorted = false;
    return err;
}

static ts_err_t
read_changed(ts_custody_t *self)
{
    ts_log_cache_t *cache = self->logs;
    ts_err_t err = TS_ERR_OK;
    for (size_t i = cache->count; i-- > 0 && err == TS_ERR_OK && cache->stale_count > 0;) {
        ts_log_entry_t *entry = &cache->entries[i];
        if (entry->stale) {
            ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_LOG_BY_ID);
            ts_bind_int(stmt, 1, entry->row.id);
            err = ts_custody_first_log(self, stmt, &entry->row);
            entry->stale = false;
            entry->has_tip = false;
            entry->has_sum = false;
            cache->stale_count--;
        }
    }
    cache->sorted = false;
    return err == TS_ERR_NOTFOUND ? ts_custody_contradicts(self) : err;
}

/* Afterwards the entries are those of the table, or the cache is off. */
static ts_err_t
refresh(ts_custody_t *self)
{
    ts_log_cache_t *cache = self->logs;
    ts_err_t err = ts_db_failed(self->db);
    if (cache->off || err != TS_ERR_OK) {
        return err;
    }
    if (cache->grown) {
        err = read_added(self);
    }
    if (err == TS_ERR_OK && cache->stale_count > 0) {
        err = read_changed(self);
    }
    if (err != TS_ERR_OK || cache->off) {
        ts_custody_logs_forget(self);
    }
    return err;
}

/* ---- asking ---- */

ts_err_t
ts_custody_log_row(ts_custody_t *self, const ts_hash_t *log, ts_log_row_t *ret_row)
{
    ts_err_t err = refresh(self);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (self->logs->off) {
        ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_LOG_FIND);
        ts_bind_hash(stmt, 1, log);
        return ts_custody_first_log(self, stmt, ret_row);
    }
    const ts_log_entry_t *entry = entry_of(self->logs, log);
    if (entry == NULL) {
        return TS_ERR_NOTFOUND;
    }
    *ret_row = entry->row;
    return TS_ERR_OK;
}

ts_err_t
ts_custody_log_after(ts_custody_t *self, int64_t id, ts_log_row_t *ret_row)
{
    ts_err_t err = refresh(self);
    if (err != TS_ERR_OK) {
        return err;
    }
    const ts_log_cache_t *cache = self->logs;
    if (cache->off) {
        ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_LOG_NEXT);
        ts_bind_int(stmt, 1, id);
        ts_bind_int(stmt, 2, 1);
        return ts_custody_first_log(self, stmt, ret_row);
    }
    size_t place = place_after(cache, id);
    if (place == cache->count) {
        return TS_ERR_NOTFOUND;
    }
    *ret_row = cache->entries[place].row;
    return TS_ERR_OK;
}

static uint64_t
arrival_at(const ts_log_cache_t *cache, size_t at)
{
    return cache->entries[cache->arrived[at]].row.size.last_arrival;
}

/* By last arrival. An insertion sort of the order of last time: few logs have moved since. */
static void
sort_arrived(ts_log_cache_t *cache)
{
    cache->arrived =
        ts_xgrow(cache->arrived, cache->count, &cache->arrived_capacity, sizeof *cache->arrived);
    for (; cache->arrived_count < cache->count; cache->arrived_count++) {
        cache->arrived[cache->arrived_count] = (uint32_t)cache->arrived_count;
    }
    for (size_t i = 1; i < cache->count; i++) {
        uint32_t place = cache->arrived[i];
        uint64_t arrival = arrival_at(cache, i);
        size_t at = i;
        while (at > 0 && arrival_at(cache, at - 1) > arrival) {
            cache->arrived[at] = cache->arrived[at - 1];
            at--;
        }
        cache->arrived[at] = place;
    }
    cache->sorted = true;
}

ts_err_t
ts_custody_log_since(ts_custody_t *self, uint64_t since, ts_log_row_t *ret_row)
{
    ts_log_cache_t *cache = self->logs;
    ts_err_t err = refresh(self);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (cache->off) {
        ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_LOG_SINCE);
        ts_bind_int(stmt, 1, (int64_t)since);
        return ts_custody_first_log(self, stmt, ret_row);
    }
    if (!cache->sorted && cache->count > 0) {
        sort_arrived(cache);
    }
    size_t low = 0;
    size_t high = cache->arrived_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (arrival_at(cache, middle) > since) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    if (low == cache->arrived_count) {
        return TS_ERR_NOTFOUND;
    }
    *ret_row = cache->entries[cache->arrived[low]].row;
    return TS_ERR_OK;
}

/* ---- tips ---- */

/* NULL: nothing is known of it that is still right. */
static ts_log_entry_t *
right_entry(const ts_custody_t *self, const ts_hash_t *log)
{
    ts_log_entry_t *entry = self->logs->off ? NULL : entry_of(self->logs, log);
    return entry == NULL || entry->stale || ts_db_failed(self->db) != TS_ERR_OK ? NULL : entry;
}

const ts_custody_tip_t *
ts_custody_known_tip(const ts_custody_t *self, const ts_hash_t *log)
{
    const ts_log_entry_t *entry = right_entry(self, log);
    return entry != NULL && entry->has_tip ? &entry->tip : NULL;
}

void
ts_custody_know_tip(ts_custody_t *self, const ts_custody_tip_t *tip)
{
    ts_log_entry_t *entry = right_entry(self, &tip->tip.log);
    if (entry != NULL) {
        entry->tip = *tip;
        entry->has_tip = true;
    }
}

const ts_hash_t *
ts_custody_known_sum(const ts_custody_t *self, const ts_hash_t *log)
{
    const ts_log_entry_t *entry = right_entry(self, log);
    return entry != NULL && entry->has_sum ? &entry->sum : NULL;
}

void
ts_custody_know_sum(ts_custody_t *self, const ts_hash_t *log, const ts_hash_t *sum)
{
    ts_log_entry_t *entry = right_entry(self, log);
    if (entry != NULL) {
        entry->sum = *sum;
        entry->has_sum = true;
    }
}
