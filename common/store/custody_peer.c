/* SPDX-License-Identifier: MPL-2.0 */
/* Neighbours, what other stores hold, and the figures that follow from it. */
#include "base/check.h"
#include "base/xalloc.h"
#include "store/custody_priv.h"

#include <stdlib.h>

/* Tips of one log that one store can have noted; more would be a log forked beyond all use. */
#define HELD_TIPS_MAX 64u

ts_err_t
ts_custody_peer_get(ts_custody_t *self, uint32_t office, ts_custody_peer_t *ret_peer)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_PEER_GET);
    ts_bind_int(stmt, 1, office);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_custody_peer_t peer = {
        .office = office,
        .seen = (uint64_t)ts_col_int(stmt, 1),
        .offered = (uint64_t)ts_col_int(stmt, 2),
        .session_ms = ts_col_int(stmt, 3),
    };
    err = ts_col_id16(self->db, stmt, 0, &peer.store);
    ts_db_done(stmt);
    if (err == TS_ERR_OK) {
        *ret_peer = peer;
    }
    return err;
}

ts_err_t
ts_custody_peer_put(ts_custody_t *self, const ts_custody_peer_t *peer)
{
    TS_CHECK(ts_db_in_transaction(self->db));
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_PEER_PUT);
    ts_bind_int(stmt, 1, peer->office);
    ts_bind_id16(stmt, 2, &peer->store);
    ts_bind_int(stmt, 3, (int64_t)peer->seen);
    ts_bind_int(stmt, 4, (int64_t)peer->offered);
    ts_bind_int(stmt, 5, peer->session_ms);
    return ts_db_run(self->db, stmt);
}

/* ---- held ---- */

/* In the place of a store's row: whichever holds it. */
#define ANY_STORE INT64_C(-1)

/* What a store has noted of a log, greatest number first. */
static ts_err_t
held_of_log(ts_custody_t *self,
            int64_t store,
            const ts_log_row_t *log,
            ts_custody_tip_t *out,
            size_t *ret_count)
{
    size_t count = 0;
    bool row = false;
    bool any = store == ANY_STORE;
    ts_stmt_t *stmt = ts_db_stmt(self->db, any ? SQL_HELD_ANYWHERE : SQL_HELD_LIST);
    if (!any) {
        ts_bind_int(stmt, 1, store);
    }
    ts_bind_int(stmt, any ? 1 : 2, log->id);
    /* Of a log without branches the last one held anywhere has all others before it. */
    ts_bind_int(stmt, any ? 2 : 3, any && !log->info.forked ? 1 : HELD_TIPS_MAX);
    ts_err_t err = ts_db_step(self->db, stmt, &row);
    while (err == TS_ERR_OK && row && count < HELD_TIPS_MAX) {
        out[count].tip.log = log->info.log;
        out[count].tip.seq = (uint64_t)ts_col_int(stmt, 0);
        out[count].arrival = (uint64_t)ts_col_int(stmt, 2);
        out[count].chain_bytes = (uint64_t)ts_col_int(stmt, 3);
        err = ts_col_hash(self->db, stmt, 1, &out[count].tip.hash);
        count++;
        if (err == TS_ERR_OK) {
            err = ts_db_step(self->db, stmt, &row);
        }
    }
    ts_db_done(stmt);
    if (err == TS_ERR_OK) {
        *ret_count = count;
    }
    return err;
}

/* Row numbers of a store (NULL: any) and a log; NOTFOUND when one of them is not known. */
static ts_err_t
find_both(ts_custody_t *self,
          const ts_id16_t *store,
          const ts_hash_t *log,
          int64_t *ret_store,
          ts_log_row_t *ret_log)
{
    ts_err_t err = TS_ERR_OK;
    *ret_store = ANY_STORE;
    if (store != NULL) {
        err = ts_custody_store_find(self, store, ret_store);
    }
    return err == TS_ERR_OK ? ts_custody_log_row(self, log, ret_log) : err;
}

static ts_err_t
change_held(ts_custody_t *self, size_t statement, int64_t store, int64_t log, uint64_t arrival)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, statement);
    ts_bind_int(stmt, 1, store);
    ts_bind_int(stmt, 2, log);
    if (arrival != 0) {
        ts_bind_int(stmt, 3, (int64_t)arrival);
    }
    return ts_db_run(self->db, stmt);
}

/* Notes a segment; takes away what it covers, and does nothing when it is covered itself. */
static ts_err_t
note_held(ts_custody_t *self, int64_t store, const ts_log_row_t *log, uint64_t arrival)
{
    ts_custody_tip_t held[HELD_TIPS_MAX];
    size_t count = 0;
    ts_err_t err = held_of_log(self, store, log, held, &count);
    for (size_t i = 0; i < count && err == TS_ERR_OK; i++) {
        bool on = false;
        if (held[i].arrival >= arrival) {
            err = ts_custody_on_chain_arrival(self, arrival, held[i].arrival, &on);
            if (err == TS_ERR_OK && on) {
                return TS_ERR_OK;
            }
        } else {
            err = ts_custody_on_chain_arrival(self, held[i].arrival, arrival, &on);
            if (err == TS_ERR_OK && on) {
                err = change_held(self, SQL_HELD_REMOVE, store, log->id, held[i].arrival);
            }
        }
    }
    return err == TS_ERR_OK ? change_held(self, SQL_HELD_ADD, store, log->id, arrival) : err;
}

ts_err_t
ts_custody_held_add(ts_custody_t *self,
                    const ts_id16_t *store,
                    const ts_tip_t *tip,
                    bool *ret_known)
{
    TS_CHECK(ts_db_in_transaction(self->db));
    int64_t store_row = 0;
    uint64_t arrival = 0;
    uint64_t last_seq = 0;
    ts_log_row_t log;
    ts_err_t err = ts_custody_log_row(self, &tip->log, &log);
    if (err == TS_ERR_OK) {
        err = ts_custody_place(self, log.id, &tip->hash, &arrival, &last_seq);
    }
    bool known = err == TS_ERR_OK;
    if (err == TS_ERR_NOTFOUND) {
        err = TS_ERR_OK;
    }
    if (err == TS_ERR_OK && known) {
        err = ts_custody_store_row(self, store, &store_row);
        if (err == TS_ERR_OK) {
            err = note_held(self, store_row, &log, arrival);
        }
    }
    if (err == TS_ERR_OK && ret_known != NULL) {
        *ret_known = known;
    }
    return err;
}

ts_err_t
ts_custody_held_set(ts_custody_t *self,
                    const ts_id16_t *store,
                    const ts_hash_t *log,
                    const ts_tip_t *tips,
                    size_t count)
{
    TS_CHECK(ts_db_in_transaction(self->db));
    int64_t store_row = 0;
    ts_log_row_t row;
    ts_err_t err = find_both(self, store, log, &store_row, &row);
    if (err == TS_ERR_OK) {
        err = change_held(self, SQL_HELD_REMOVE_LOG, store_row, row.id, 0);
    } else if (err == TS_ERR_NOTFOUND) {
        err = TS_ERR_OK;
    }
    for (size_t i = 0; i < count && err == TS_ERR_OK; i++) {
        TS_CHECK(ts_hash_equal(&tips[i].log, log));
        err = ts_custody_held_add(self, store, &tips[i], NULL);
    }
    return err;
}

ts_err_t
ts_custody_held_clear(ts_custody_t *self, const ts_id16_t *store)
{
    TS_CHECK(ts_db_in_transaction(self->db));
    int64_t row = 0;
    ts_err_t err = ts_custody_store_find(self, store, &row);
    if (err != TS_ERR_OK) {
        return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_HELD_CLEAR);
    ts_bind_int(stmt, 1, row);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_custody_held_tips(ts_custody_t *self,
                     const ts_id16_t *store,
                     const ts_hash_t *log,
                     ts_tip_t *out,
                     size_t max,
                     size_t *ret_count)
{
    ts_custody_tip_t held[HELD_TIPS_MAX];
    int64_t store_row = 0;
    size_t count = 0;
    ts_log_row_t row;
    ts_err_t err = find_both(self, store, log, &store_row, &row);
    if (err == TS_ERR_OK) {
        err = held_of_log(self, store_row, &row, held, &count);
    }
    if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
        return err;
    }
    count = count < max ? count : max;
    for (size_t i = 0; i < count; i++) {
        out[i] = held[i].tip;
    }
    *ret_count = count;
    return TS_ERR_OK;
}

ts_err_t
ts_custody_held_seq(ts_custody_t *self,
                    const ts_id16_t *store,
                    const ts_hash_t *log,
                    uint64_t *ret_seq)
{
    ts_tip_t tip = {.seq = 0};
    size_t count = 0;
    ts_err_t err = ts_custody_held_tips(self, store, log, &tip, 1, &count);
    if (err == TS_ERR_OK) {
        *ret_seq = tip.seq;
    }
    return err;
}

ts_err_t
ts_custody_held_segment(ts_custody_t *self,
                        const ts_id16_t *store,
                        const ts_hash_t *segment,
                        bool *ret_held)
{
    ts_custody_tip_t held[HELD_TIPS_MAX];
    ts_held_segment_t found;
    ts_log_row_t log;
    int64_t store_row = 0;
    size_t count = 0;
    ts_err_t err = ts_custody_find(self, segment, &found, NULL);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = find_both(self, store, &found.log, &store_row, &log);
    if (err == TS_ERR_OK) {
        err = held_of_log(self, store_row, &log, held, &count);
    }
    bool on = false;
    for (size_t i = 0; i < count && err == TS_ERR_OK && !on; i++) {
        if (held[i].arrival >= found.arrival) {
            err = ts_custody_on_chain_arrival(self, found.arrival, held[i].arrival, &on);
        }
    }
    if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
        return err;
    }
    *ret_held = on;
    return TS_ERR_OK;
}

/* ---- figures ---- */

/* One segment of a log while its held part is summed up. */
typedef struct ts_summed {
    uint64_t arrival;
    uint64_t prev;
    uint64_t events;
    uint64_t bytes;
    int64_t received_ms;
    bool held;
} ts_summed_t;

/* All segments of a log in order of arrival. The caller frees *ret_list. */
static ts_err_t
load_series(ts_custody_t *self, const ts_log_row_t *log, ts_summed_t **ret_list, size_t *ret_count)
{
    ts_summed_t *list = NULL;
    size_t capacity = 0;
    size_t count = 0;
    bool row = false;
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_SERIES);
    ts_bind_int(stmt, 1, log->id);
    ts_err_t err = ts_db_step(self->db, stmt, &row);
    while (err == TS_ERR_OK && row) {
        list = ts_xgrow(list, count + 1, &capacity, sizeof *list);
        uint64_t first = (uint64_t)ts_col_int(stmt, 2);
        uint64_t last = (uint64_t)ts_col_int(stmt, 3);
        list[count++] = (ts_summed_t){
            .arrival = (uint64_t)ts_col_int(stmt, 0),
            .prev = (uint64_t)ts_col_int(stmt, 1),
            .events = first != 0 ? last - first + 1 : 0,
            .bytes = (uint64_t)ts_col_int(stmt, 4),
            .received_ms = ts_col_int(stmt, 5),
        };
        err = ts_db_step(self->db, stmt, &row);
    }
    ts_db_done(stmt);
    if (err != TS_ERR_OK) {
        free(list);
        return err;
    }
    *ret_list = list;
    *ret_count = count;
    return TS_ERR_OK;
}

/* Adds a log segment by segment: exact also when it is forked. From the end, so that each segment
 * hands "held" on to its predecessor. */
static ts_err_t
sum_series(ts_custody_t *self,
           const ts_log_row_t *log,
           const ts_custody_tip_t *held,
           size_t held_count,
           ts_custody_status_t *status)
{
    ts_summed_t *list = NULL;
    size_t count = 0;
    ts_err_t err = load_series(self, log, &list, &count);
    if (err != TS_ERR_OK) {
        return err;
    }
    for (size_t i = count; i-- > 0;) {
        for (size_t k = 0; k < held_count; k++) {
            list[i].held = list[i].held || list[i].arrival == held[k].arrival;
        }
        if (!list[i].held) {
            if (status->oldest_open_ms == 0 || list[i].received_ms < status->oldest_open_ms) {
                status->oldest_open_ms = list[i].received_ms;
            }
            continue;
        }
        status->held_events += list[i].events;
        status->held_bytes += list[i].bytes;
        for (size_t k = i; k-- > 0;) {
            if (list[k].arrival == list[i].prev) {
                list[k].held = true;
                break;
            }
        }
    }
    free(list);
    return TS_ERR_OK;
}

/* Adds one own log. Without fork and wholly held, or not at all, its head is enough. */
static ts_err_t
sum_log(ts_custody_t *self, int64_t store, const ts_log_row_t *log, ts_custody_status_t *status)
{
    ts_custody_tip_t held[HELD_TIPS_MAX];
    size_t count = 0;
    ts_err_t err = store != 0 ? held_of_log(self, store, log, held, &count) : TS_ERR_OK;
    if (err != TS_ERR_OK) {
        return err;
    }
    status->sealed_events += log->size.events;
    status->sealed_bytes += log->size.bytes;
    if (!log->info.forked && count == 1) {
        status->held_events += held[0].tip.seq;
        status->held_bytes += held[0].chain_bytes;
        if (held[0].arrival == log->size.last_arrival) {
            return TS_ERR_OK;
        }
        /* When did the first segment that is not held come? */
        ts_held_segment_t open;
        bool base_held = false;
        err = ts_custody_next(self, &held[0].tip, 0, &base_held, &open, NULL);
        if (err == TS_ERR_OK &&
            (status->oldest_open_ms == 0 || open.source.received_ms < status->oldest_open_ms)) {
            status->oldest_open_ms = open.source.received_ms;
        }
        return err;
    }
    return sum_series(self, log, held, count, status);
}

ts_err_t
ts_custody_status(ts_custody_t *self, const ts_id16_t *store, ts_custody_status_t *ret_status)
{
    ts_custody_status_t status = {0};
    ts_log_row_t log = {0};
    int64_t store_row = ANY_STORE;
    int64_t tail = 0;
    ts_err_t err = store == NULL ? TS_ERR_OK : ts_custody_store_find(self, store, &store_row);
    store_row = err == TS_ERR_NOTFOUND ? 0 : store_row;
    if (err == TS_ERR_OK || err == TS_ERR_NOTFOUND) {
        err = ts_db_number(self->db, ts_db_stmt(self->db, SQL_OWN_TAIL), &tail);
    }
    status.tail_events = (uint64_t)tail;
    while (err == TS_ERR_OK) {
        err = ts_custody_log_after(self, log.id, &log);
        if (err == TS_ERR_OK && log.own != TS_OWN_NOT && log.info.purpose != TS_PURPOSE_HOLDINGS &&
            log.info.purpose != TS_PURPOSE_KEPT) {
            err = sum_log(self, store_row, &log, &status);
        }
    }
    if (err != TS_ERR_NOTFOUND) {
        return err;
    }
    *ret_status = status;
    return TS_ERR_OK;
}

ts_err_t
ts_custody_counts(ts_custody_t *self, ts_custody_counts_t *ret_counts)
{
    ts_custody_counts_t counts = {0};
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_COUNT_LOGS);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    counts.logs = (uint64_t)ts_col_int(stmt, 0);
    counts.segments = (uint64_t)ts_col_int(stmt, 1);
    counts.events = (uint64_t)ts_col_int(stmt, 2);
    counts.bytes = (uint64_t)ts_col_int(stmt, 3);
    counts.forked_logs = (uint64_t)ts_col_int(stmt, 4);
    ts_db_done(stmt);
    stmt = ts_db_stmt(self->db, SQL_COUNT_WAITING);
    err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    counts.waiting = (uint64_t)ts_col_int(stmt, 0);
    counts.waiting_bytes = (uint64_t)ts_col_int(stmt, 1);
    ts_db_done(stmt);
    int64_t refused = 0;
    err = ts_db_number(self->db, ts_db_stmt(self->db, SQL_COUNT_REFUSED), &refused);
    if (err == TS_ERR_OK) {
        counts.refused = (uint64_t)refused;
        *ret_counts = counts;
    }
    return err;
}
