/* SPDX-License-Identifier: MPL-2.0 */
/* Tips: listing for a peer, watermark, digest. */
#include "base/check.h"
#include "base/xalloc.h"
#include "store/custody_priv.h"

#include <stdlib.h>
#include <string.h>

/* The row that stands in a statement with TIP_COLUMNS. */
static ts_err_t
read_tip(ts_custody_t *self, ts_stmt_t *stmt, const ts_hash_t *log, ts_custody_tip_t *ret_tip)
{
    ret_tip->tip.log = *log;
    ret_tip->tip.seq = (uint64_t)ts_col_int(stmt, 0);
    ret_tip->arrival = (uint64_t)ts_col_int(stmt, 2);
    ret_tip->chain_bytes = (uint64_t)ts_col_int(stmt, 3);
    return ts_col_hash(self->db, stmt, 1, &ret_tip->tip.hash);
}

ts_err_t
ts_custody_tips_of(ts_custody_t *self,
                   const ts_log_row_t *log,
                   ts_custody_tip_t *out,
                   size_t max,
                   size_t *ret_count)
{
    const ts_custody_tip_t *known = ts_custody_known_tip(self, &log->info.log);
    if (known != NULL && max > 0) {
        out[0] = *known;
        *ret_count = 1;
        return TS_ERR_OK;
    }
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_TIP_LIST);
    ts_bind_int(stmt, 1, log->id);
    ts_bind_int(stmt, 2, (int64_t)max + 1);
    size_t count = 0;
    bool row = false;
    ts_err_t err = ts_db_step(self->db, stmt, &row);
    while (err == TS_ERR_OK && row && count < max) {
        err = read_tip(self, stmt, &log->info.log, &out[count]);
        count++;
        if (err == TS_ERR_OK) {
            err = ts_db_step(self->db, stmt, &row);
        }
    }
    ts_db_done(stmt);
    if (err == TS_ERR_OK) {
        *ret_count = count;
    }
    if (err == TS_ERR_OK && count == 1 && !row) {
        ts_custody_know_tip(self, &out[0]);
    }
    return err;
}

ts_err_t
ts_custody_log_tips(
    ts_custody_t *self, const ts_hash_t *log, ts_custody_tip_t *out, size_t max, size_t *ret_count)
{
    ts_log_row_t row;
    ts_err_t err = ts_custody_log_row(self, log, &row);
    return err == TS_ERR_OK ? ts_custody_tips_of(self, &row, out, max, ret_count) : err;
}

static ts_err_t
count_tips(ts_custody_t *self, const ts_log_row_t *log, size_t *ret_count)
{
    if (ts_custody_known_tip(self, &log->info.log) != NULL) {
        *ret_count = 1;
        return TS_ERR_OK;
    }
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_TIP_COUNT);
    ts_bind_int(stmt, 1, log->id);
    int64_t count = 0;
    ts_err_t err = ts_db_number(self->db, stmt, &count);
    if (err == TS_ERR_OK) {
        *ret_count = (size_t)count;
    }
    return err;
}

ts_err_t
ts_custody_tips(ts_custody_t *self,
                const ts_tip_query_t *query,
                ts_custody_tip_t *out,
                ts_log_info_t *infos,
                size_t max,
                ts_tip_page_t *ret_page)
{
    TS_CHECK(query->count_max > 0);
    TS_CHECK(query->count_max <= max);
    ts_tip_page_t page = {.arrival = query->since};
    for (;;) {
        ts_log_row_t log;
        size_t tips = 0;
        ts_err_t err = ts_custody_log_since(self, page.arrival, &log);
        if (err == TS_ERR_NOTFOUND) {
            page.arrival = self->now.arrival;
            break;
        }
        if (err == TS_ERR_OK &&
            (query->filter == NULL || query->filter(query->context, &log.info))) {
            err = count_tips(self, &log, &tips);
            if (err == TS_ERR_OK && page.count > 0 && page.count + tips > query->count_max) {
                page.more = true;
                break;
            }
            if (err == TS_ERR_OK) {
                err = ts_custody_tips_of(self, &log, out + page.count, max - page.count, &tips);
            }
        }
        if (err != TS_ERR_OK) {
            return err;
        }
        for (size_t i = 0; i < tips && infos != NULL; i++) {
            infos[page.count + i] = log.info;
        }
        page.count += tips;
        page.arrival = log.size.last_arrival;
    }
    *ret_page = page;
    return TS_ERR_OK;
}

/* Tip row of one segment. */
static ts_err_t
tip_of_segment(ts_custody_t *self,
               const ts_hash_t *log,
               uint64_t arrival,
               ts_custody_tip_t *ret_tip)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_TIP_OF_SEGMENT);
    ts_bind_int(stmt, 1, (int64_t)arrival);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        err = read_tip(self, stmt, log, ret_tip);
        ts_db_done(stmt);
    }
    return err;
}

ts_err_t
ts_custody_leaves(ts_custody_t *self,
                  const ts_log_row_t *log,
                  uint64_t arrival,
                  ts_leaves_t *ret_leaves)
{
    uint64_t fork = 0;
    uint64_t *list = NULL;
    size_t capacity = 0;
    size_t count = 0;
    bool row = false;
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_SERIES);
    ts_bind_int(stmt, 1, log->id);
    ts_err_t err = ts_db_step(self->db, stmt, &row);
    while (err == TS_ERR_OK && row && (uint64_t)ts_col_int(stmt, 0) <= arrival) {
        uint64_t prev = (uint64_t)ts_col_int(stmt, 1);
        /* Few branches: the list is short. */
        size_t kept = 0;
        for (size_t i = 0; i < count; i++) {
            if (list[i] != prev) {
                list[kept++] = list[i];
            }
        }
        if (prev != 0 && kept == count && (fork == 0 || prev < fork)) {
            fork = prev;
        }
        count = kept;
        list = ts_xgrow(list, count + 1, &capacity, sizeof *list);
        memmove(list + 1, list, count * sizeof *list);
        list[0] = (uint64_t)ts_col_int(stmt, 0);
        count++;
        err = ts_db_step(self->db, stmt, &row);
    }
    ts_db_done(stmt);
    if (err != TS_ERR_OK) {
        free(list);
        return err;
    }
    *ret_leaves = (ts_leaves_t){.arrivals = list, .count = count, .fork = fork};
    return TS_ERR_OK;
}

ts_err_t
ts_custody_last_of(ts_custody_t *self,
                   const ts_log_row_t *log,
                   uint64_t arrival,
                   uint64_t *ret_arrival)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_LAST);
    ts_bind_int(stmt, 1, log->id);
    ts_bind_int(stmt, 2, (int64_t)arrival);
    int64_t last = 0;
    ts_err_t err = ts_db_number(self->db, stmt, &last);
    if (err == TS_ERR_OK) {
        *ret_arrival = (uint64_t)last;
    }
    return err;
}

ts_err_t
ts_custody_tips_at(ts_custody_t *self,
                   const ts_hash_t *log,
                   uint64_t arrival,
                   ts_custody_tip_t *out,
                   size_t max,
                   size_t *ret_count)
{
    ts_log_row_t row;
    uint64_t last = 0;
    ts_leaves_t leaves = {.count = 0};
    ts_err_t err = ts_custody_log_row(self, log, &row);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (row.fork_arrival != 0) {
        err = ts_custody_leaves(self, &row, arrival, &leaves);
    } else {
        err = ts_custody_last_of(self, &row, arrival, &last);
        leaves.count = last != 0 ? 1 : 0;
    }
    size_t count = leaves.count < max ? leaves.count : max;
    for (size_t i = 0; i < count && err == TS_ERR_OK; i++) {
        err =
            tip_of_segment(self, log, leaves.arrivals != NULL ? leaves.arrivals[i] : last, &out[i]);
    }
    free(leaves.arrivals);
    if (err == TS_ERR_OK) {
        *ret_count = count;
    }
    return err;
}

void
ts_custody_digest_add(ts_hash_fn hash, ts_hash_t *sum, const ts_tip_t *tip)
{
    uint8_t bytes[2 * TS_HASH_BYTES + 8];
    memcpy(bytes, tip->log.b, TS_HASH_BYTES);
    ts_store_u64(bytes + TS_HASH_BYTES, tip->seq);
    memcpy(bytes + TS_HASH_BYTES + 8, tip->hash.b, TS_HASH_BYTES);
    ts_hash_t value = hash(bytes, sizeof bytes);
    ts_custody_sum_add(sum, &value);
}

/* Sums all tips of a log, also when it has more than fit anywhere. */
static ts_err_t
sum_tips(ts_custody_t *self, const ts_log_row_t *log, ts_hash_t *sum)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_TIP_LIST);
    ts_bind_int(stmt, 1, log->id);
    ts_bind_int(stmt, 2, -1);
    bool row = false;
    ts_err_t err = ts_db_step(self->db, stmt, &row);
    while (err == TS_ERR_OK && row) {
        ts_custody_tip_t tip;
        err = read_tip(self, stmt, &log->info.log, &tip);
        if (err == TS_ERR_OK) {
            ts_custody_digest_add(self->hash, sum, &tip.tip);
            err = ts_db_step(self->db, stmt, &row);
        }
    }
    ts_db_done(stmt);
    return err;
}

static ts_err_t
digest_log(ts_custody_t *self, const ts_log_row_t *log, ts_hash_t *sum)
{
    ts_hash_t own = {{0}};
    const ts_hash_t *known = ts_custody_known_sum(self, &log->info.log);
    ts_err_t err = known != NULL ? TS_ERR_OK : sum_tips(self, log, &own);
    if (known == NULL && err == TS_ERR_OK) {
        ts_custody_know_sum(self, &log->info.log, &own);
    }
    if (err == TS_ERR_OK) {
        ts_custody_sum_add(sum, known != NULL ? known : &own);
    }
    return err;
}

ts_err_t
ts_custody_digest(ts_custody_t *self, ts_log_filter_fn filter, void *context, ts_hash_t *ret_digest)
{
    ts_hash_t sum = {{0}};
    ts_log_row_t log = {.id = 0};
    for (;;) {
        ts_err_t err = ts_custody_log_after(self, log.id, &log);
        if (err == TS_ERR_NOTFOUND) {
            break;
        }
        if (err == TS_ERR_OK && (filter == NULL || filter(context, &log.info))) {
            err = digest_log(self, &log, &sum);
        }
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    *ret_digest = sum;
    return TS_ERR_OK;
}
