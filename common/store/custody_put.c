/* SPDX-License-Identifier: MPL-2.0 */
/* Segments on their way in: chain, waiting room, refusals. */
#include "base/check.h"
#include "base/limits.h"
#include "core/chain.h"
#include "store/custody_priv.h"

#include <string.h>

/* Tips of one log that judging looks at. Of a log with more, an extension can look like a fork;
 * move_tip knows better. */
#define JUDGE_TIPS_MAX 64u

/* A segment on its way in. */
typedef struct ts_incoming {
    const ts_segment_view_t *view;
    const ts_hash_t *hash;
    const ts_put_source_t *source;
    ts_hash_t log_id; /* the genesis names itself */
    bool known;       /* the log has a row */
    ts_log_row_t log;
    uint64_t prev_arrival; /* 0 for a genesis */
    ts_chain_t verdict;
} ts_incoming_t;

/* For core/chain: the store and an error that a lookup met. */
typedef struct ts_lookup {
    ts_custody_t *self;
    int64_t log_id;
    ts_err_t err;
} ts_lookup_t;

void
ts_custody_sum_add(ts_hash_t *sum, const ts_hash_t *value)
{
    unsigned carry = 0;
    for (size_t i = 0; i < sizeof sum->b; i++) {
        carry += (unsigned)sum->b[i] + value->b[i];
        sum->b[i] = (uint8_t)(carry & 0xffu);
        carry >>= 8;
    }
}

static bool
lookup(void *store, const ts_hash_t *log, const ts_hash_t *hash, uint64_t *ret_last_seq)
{
    ts_lookup_t *context = store;
    uint64_t arrival = 0;
    (void)log;
    if (context->err != TS_ERR_OK || context->log_id == 0) {
        return false;
    }
    ts_err_t err = ts_custody_place(context->self, context->log_id, hash, &arrival, ret_last_seq);
    if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
        context->err = err;
    }
    return err == TS_ERR_OK;
}

/* Fills in log, verdict and predecessor. */
static ts_err_t
judge(ts_custody_t *self, ts_incoming_t *in)
{
    const ts_segment_header_t *header = &in->view->header;
    bool genesis = (header->flags & TS_SEGMENT_GENESIS) != 0;
    in->log_id = genesis ? *in->hash : header->log;
    ts_err_t err = ts_custody_log_row(self, &in->log_id, &in->log);
    if (err != TS_ERR_OK && err != TS_ERR_NOTFOUND) {
        return err;
    }
    in->known = err == TS_ERR_OK;
    ts_custody_tip_t held[JUDGE_TIPS_MAX];
    ts_tip_t tips[JUDGE_TIPS_MAX];
    size_t count = 0;
    if (in->known) {
        err = ts_custody_tips_of(self, &in->log, held, JUDGE_TIPS_MAX, &count);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    for (size_t i = 0; i < count; i++) {
        tips[i] = held[i].tip;
    }
    ts_lookup_t context = {self, in->known ? in->log.id : 0, TS_ERR_OK};
    ts_chain_view_t view = {in->known, tips, count, lookup, &context};
    in->verdict = ts_chain_judge(&view, header, in->hash);
    if (context.err == TS_ERR_OK &&
        (in->verdict == TS_CHAIN_EXTENDS || in->verdict == TS_CHAIN_FORK)) {
        uint64_t last_seq = 0;
        err = ts_custody_place(self, in->log.id, &header->prev, &in->prev_arrival, &last_seq);
        return err == TS_ERR_NOTFOUND ? ts_custody_contradicts(self) : err;
    }
    return context.err;
}

void
ts_custody_bind_log(ts_stmt_t *stmt, int first, const ts_hash_t *log, const ts_genesis_t *genesis)
{
    ts_bind_hash(stmt, first, log);
    ts_bind_int(stmt, first + 1, genesis->office);
    ts_bind_int(stmt, first + 2, genesis->purpose);
    ts_bind_int(stmt, first + 3, genesis->audience);
    ts_bind_int(stmt, first + 4, (int64_t)genesis->audience_unit);
    ts_bind_hash(stmt, first + 5, &genesis->node_key);
    ts_bind_hash(stmt, first + 6, &genesis->node_curve_key);
    ts_bind_hash(stmt, first + 7, &genesis->invite_key);
    ts_bind_hash(stmt, first + 8, &genesis->predecessor_log);
    ts_bind_int(stmt, first + 9, (int64_t)genesis->predecessor_seq);
    ts_bind_hash(stmt, first + 10, &genesis->predecessor_hash);
}

/* The row of a new log from its genesis. */
static ts_err_t
add_log(ts_custody_t *self, ts_incoming_t *in, const ts_genesis_t *genesis)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_LOG_ADD);
    ts_custody_bind_log(stmt, 1, in->hash, genesis);
    int64_t id = 0;
    ts_err_t err = ts_db_number(self->db, stmt, &id);
    if (err == TS_ERR_OK) {
        memset(&in->log, 0, sizeof in->log);
        in->log.id = id;
        ts_custody_log_added(self);
    }
    return err;
}

/* The row of the segment, its tip, the head of its log. */
static ts_err_t
add_segment(ts_custody_t *self, const ts_incoming_t *in, uint64_t arrival)
{
    const ts_segment_header_t *header = &in->view->header;
    ts_link_t prev = {0};
    int64_t source = 0;
    ts_err_t err = ts_custody_store_row(self, &in->source->store, &source);
    if (err == TS_ERR_OK && in->prev_arrival != 0) {
        err = ts_custody_link(self, in->prev_arrival, &prev);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_SEGMENT_ADD);
    ts_bind_int(stmt, 1, (int64_t)arrival);
    ts_bind_int(stmt, 2, in->log.id);
    ts_bind_int(stmt, 3, (int64_t)header->first_seq);
    ts_bind_int(stmt, 4, (int64_t)ts_segment_last_seq(header));
    if (in->prev_arrival != 0) {
        ts_bind_int(stmt, 5, (int64_t)in->prev_arrival);
    }
    ts_bind_hash(stmt, 6, in->hash);
    ts_bind_int(stmt, 7, (int64_t)(prev.chain_bytes + in->view->whole.length));
    ts_bind_int(stmt, 8, in->source->received_ms);
    ts_bind_int(stmt, 9, source);
    ts_bind_bytes(stmt, 10, in->view->whole.data, in->view->whole.length);
    return ts_db_run(self->db, stmt);
}

/* The new segment takes the place of its predecessor among the tips, or stands beside it: a fork.
 */
static ts_err_t
move_tip(ts_custody_t *self, ts_incoming_t *in, uint64_t arrival)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_TIP_REMOVE);
    ts_bind_int(stmt, 1, in->log.id);
    ts_bind_int(stmt, 2, (int64_t)in->prev_arrival);
    ts_err_t err = ts_db_run(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (in->prev_arrival != 0) {
        in->verdict = ts_db_changes(self->db) == 1 ? TS_CHAIN_EXTENDS : TS_CHAIN_FORK;
    }
    stmt = ts_db_stmt(self->db, SQL_TIP_ADD);
    ts_bind_int(stmt, 1, in->log.id);
    ts_bind_int(stmt, 2, (int64_t)arrival);
    ts_bind_int(stmt, 3, (int64_t)ts_segment_last_seq(&in->view->header));
    ts_bind_hash(stmt, 4, in->hash);
    return ts_db_run(self->db, stmt);
}

static ts_err_t
update_head(ts_custody_t *self, const ts_incoming_t *in, uint64_t arrival)
{
    const ts_segment_header_t *header = &in->view->header;
    ts_hash_t sum = in->log.hash_sum;
    ts_custody_sum_add(&sum, in->hash);
    uint64_t fork = in->log.fork_arrival;
    if (in->verdict == TS_CHAIN_FORK && (fork == 0 || in->prev_arrival < fork)) {
        fork = in->prev_arrival;
    }
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_LOG_HEAD);
    ts_bind_int(stmt, 1, in->log.id);
    ts_bind_int(stmt, 2, header->count);
    ts_bind_int(stmt, 3, (int64_t)in->view->whole.length);
    ts_bind_hash(stmt, 4, &sum);
    ts_bind_int(stmt, 5, (int64_t)ts_segment_last_seq(header));
    ts_bind_int(stmt, 6, (int64_t)arrival);
    ts_bind_int(stmt, 7, (header->flags & TS_SEGMENT_CLOSES) != 0 ? 1 : 0);
    ts_bind_int(stmt, 8, (int64_t)fork);
    return ts_db_run(self->db, stmt);
}

/* Leaves the waiting room if it was there, and tells whether others wait for it. */
static ts_err_t
leave_waiting(ts_custody_t *self, const ts_hash_t *hash, bool *ret_wakes)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_WAITING_REMOVE);
    ts_bind_hash(stmt, 1, hash);
    ts_err_t err = ts_db_run(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    int64_t one = 0;
    stmt = ts_db_stmt(self->db, SQL_WAITING_FOR);
    ts_bind_hash(stmt, 1, hash);
    err = ts_db_number(self->db, stmt, &one);
    *ret_wakes = err == TS_ERR_OK;
    return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
}

static ts_err_t
keep(ts_custody_t *self, ts_incoming_t *in, ts_put_result_t *result)
{
    uint64_t arrival = self->now.arrival + 1;
    ts_custody_log_changed(self, in->log.id);
    ts_err_t err = add_segment(self, in, arrival);
    if (err == TS_ERR_OK) {
        err = move_tip(self, in, arrival);
    }
    if (err == TS_ERR_OK) {
        err = update_head(self, in, arrival);
    }
    if (err == TS_ERR_OK) {
        err = leave_waiting(self, in->hash, &result->wakes);
    }
    if (err == TS_ERR_OK) {
        self->now.arrival = arrival;
        result->arrival = arrival;
        result->outcome = in->verdict == TS_CHAIN_FORK ? TS_PUT_FORK : TS_PUT_STORED;
    }
    return err;
}

static ts_err_t
keep_genesis(ts_custody_t *self, ts_incoming_t *in, ts_put_result_t *result)
{
    ts_genesis_t genesis;
    if (ts_genesis_parse(in->view->payload, &genesis) != TS_ERR_OK) {
        result->outcome = TS_PUT_REFUSED;
        result->code = TS_ERR_INVALID;
        return TS_ERR_OK;
    }
    ts_err_t err = add_log(self, in, &genesis);
    return err == TS_ERR_OK ? keep(self, in, result) : err;
}

/* Would the waiting room take so many bytes more of this log? */
static ts_err_t
waiting_has_room(ts_custody_t *self, const ts_incoming_t *in, bool *ret_room)
{
    int64_t all = 0;
    int64_t of_log = 0;
    ts_err_t err = ts_db_number(self->db, ts_db_stmt(self->db, SQL_WAITING_BYTES), &all);
    if (err == TS_ERR_OK) {
        ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_WAITING_LOG_BYTES);
        ts_bind_hash(stmt, 1, &in->log_id);
        err = ts_db_number(self->db, stmt, &of_log);
    }
    size_t more = in->view->whole.length;
    *ret_room = (uint64_t)all + more <= TS_WAITING_BYTES_MAX &&
                (uint64_t)of_log + more <= TS_WAITING_LOG_BYTES_MAX;
    return err;
}

static ts_err_t
wait_for(ts_custody_t *self, const ts_incoming_t *in, ts_put_result_t *result)
{
    const ts_segment_header_t *header = &in->view->header;
    bool genesis_missing = in->verdict == TS_CHAIN_NEEDS_GENESIS;
    result->outcome = TS_PUT_WAITING;
    result->missing = genesis_missing ? header->log : header->prev;
    int64_t one = 0;
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_WAITING_HAS);
    ts_bind_hash(stmt, 1, in->hash);
    ts_err_t err = ts_db_number(self->db, stmt, &one);
    if (err != TS_ERR_NOTFOUND) {
        return err;
    }
    bool room = false;
    int64_t source = 0;
    err = waiting_has_room(self, in, &room);
    if (err == TS_ERR_OK && !room) {
        result->outcome = TS_PUT_REFUSED;
        result->code = TS_ERR_LIMIT;
        return TS_ERR_OK;
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_store_row(self, &in->source->store, &source);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    stmt = ts_db_stmt(self->db, SQL_WAITING_ADD);
    ts_bind_hash(stmt, 1, in->hash);
    ts_bind_hash(stmt, 2, &in->log_id);
    ts_bind_hash(stmt, 3, &result->missing);
    ts_bind_int(stmt, 4, genesis_missing ? 1 : 0);
    ts_bind_int(stmt, 5, (int64_t)header->first_seq);
    ts_bind_int(stmt, 6, in->source->received_ms);
    ts_bind_int(stmt, 7, source);
    ts_bind_bytes(stmt, 8, in->view->whole.data, in->view->whole.length);
    return ts_db_run(self->db, stmt);
}

static ts_err_t
tell_duplicate(ts_custody_t *self, const ts_incoming_t *in, ts_put_result_t *result)
{
    uint64_t last_seq = 0;
    result->outcome = TS_PUT_DUPLICATE;
    ts_err_t err = ts_custody_place(self, in->log.id, in->hash, &result->arrival, &last_seq);
    return err == TS_ERR_NOTFOUND ? ts_custody_contradicts(self) : err;
}

ts_err_t
ts_custody_put(ts_custody_t *self,
               const ts_segment_view_t *view,
               const ts_hash_t *hash,
               const ts_put_source_t *source,
               ts_put_result_t *ret_result)
{
    TS_CHECK(ts_db_in_transaction(self->db));
    TS_CHECK(view->whole.length <= TS_SEGMENT_BYTES_MAX);
    ts_incoming_t in = {.view = view, .hash = hash, .source = source};
    ts_err_t err = judge(self, &in);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_put_result_t result = {.log = in.log_id};
    switch (in.verdict) {
    case TS_CHAIN_STARTS:
        err = keep_genesis(self, &in, &result);
        break;
    case TS_CHAIN_EXTENDS:
    case TS_CHAIN_FORK:
        err = keep(self, &in, &result);
        break;
    case TS_CHAIN_DUPLICATE:
        err = tell_duplicate(self, &in, &result);
        break;
    case TS_CHAIN_GAP:
    case TS_CHAIN_NEEDS_GENESIS:
        err = wait_for(self, &in, &result);
        break;
    case TS_CHAIN_BROKEN:
        result.outcome = TS_PUT_REFUSED;
        result.code = TS_ERR_CHAIN;
        break;
    }
    if (err == TS_ERR_OK) {
        *ret_result = result;
    }
    return err;
}
