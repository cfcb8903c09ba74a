/* SPDX-License-Identifier: MPL-2.0 */
/* Checks of what is held: heads at opening, every byte on demand, and what a damaged store has
 * lost. */
#include "base/check.h"
#include "base/limits.h"
#include "store/custody_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Places of damage that a message names. */
#define TOLD_MAX 3u
#define TOLD_BYTES 480u

/* ---- heads ---- */

/* A head as it comes out of the segments. */
typedef struct ts_head_sum {
    int64_t log;
    uint64_t segments;
    ts_hash_t sum;
} ts_head_sum_t;

/* All of them. */
typedef struct ts_heads_sum {
    uint64_t in_heads; /* segments that the heads count */
    uint64_t segments;
    uint64_t arrivals; /* their sum modulo 2^64: they are dense from 1 */
} ts_heads_sum_t;

static ts_err_t
heads_differ(ts_db_t *db, const ts_log_row_t *log)
{
    char name[2 * TS_HASH_BYTES + 1];
    ts_hex_format(log->info.log.b, TS_HASH_BYTES, name);
    return ts_db_fail(db, TS_ERR_CORRUPT,
                      N_("custody: log {1} has not the segments that its head counts"), name, NULL);
}

/* Does the sum of a log's segments agree with its row? A log that is not summed has none. */
static ts_err_t
compare_head(ts_custody_t *self, ts_db_t *db, const ts_head_sum_t *sum, ts_heads_sum_t *all)
{
    ts_log_row_t log;
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_LOG_BY_ID);
    ts_bind_int(stmt, 1, sum->log);
    ts_err_t err = ts_custody_first_log(self, stmt, &log);
    if (err == TS_ERR_NOTFOUND) {
        return ts_db_fail(db, TS_ERR_CORRUPT, N_("custody: a log is gone"), NULL, NULL);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    all->in_heads += log.size.segments;
    if (log.size.segments != sum->segments || !ts_hash_equal(&log.hash_sum, &sum->sum)) {
        return heads_differ(db, &log);
    }
    return TS_ERR_OK;
}

/* Walks all hashes by log, without the stored bytes. */
static ts_err_t
sum_heads(ts_custody_t *self, ts_db_t *db, ts_stmt_t *stmt, ts_heads_sum_t *all)
{
    ts_head_sum_t sum = {0};
    bool row = false;
    ts_err_t err = ts_db_step(db, stmt, &row);
    while (err == TS_ERR_OK && row) {
        if (ts_col_int(stmt, 0) != sum.log) {
            err = sum.log != 0 ? compare_head(self, db, &sum, all) : TS_ERR_OK;
            sum = (ts_head_sum_t){.log = ts_col_int(stmt, 0)};
        }
        ts_hash_t hash;
        if (err == TS_ERR_OK) {
            err = ts_col_hash(db, stmt, 1, &hash);
        }
        if (err == TS_ERR_OK) {
            sum.segments++;
            all->segments++;
            all->arrivals += (uint64_t)ts_col_int(stmt, 2);
            ts_custody_sum_add(&sum.sum, &hash);
            err = ts_db_step(db, stmt, &row);
        }
    }
    ts_db_done(stmt);
    return err == TS_ERR_OK && sum.log != 0 ? compare_head(self, db, &sum, all) : err;
}

/* Do these (rows with log, hash and arrival by log) agree with the heads and the counter? */
static ts_err_t
compare_heads(ts_custody_t *self, ts_db_t *db, ts_stmt_t *stmt)
{
    int64_t newest = 0;
    ts_heads_sum_t all = {0};
    ts_custody_counts_t counts;
    ts_err_t err = ts_db_number(self->db, ts_db_stmt(self->db, SQL_SEGMENT_MAX), &newest);
    if (err == TS_ERR_OK) {
        err = sum_heads(self, db, stmt, &all);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_counts(self, &counts);
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    uint64_t arrival = self->now.arrival;
    uint64_t dense = arrival % 2 == 0 ? arrival / 2 * (arrival + 1) : (arrival + 1) / 2 * arrival;
    if ((uint64_t)newest != arrival || all.segments != arrival || counts.segments != arrival ||
        all.in_heads != arrival || all.arrivals != dense) {
        char expected[24];
        char found[24];
        (void)snprintf(expected, sizeof expected, "%" PRIu64, arrival);
        (void)snprintf(found, sizeof found, "%" PRIu64, all.segments);
        return ts_db_fail(db, TS_ERR_CORRUPT,
                          N_("custody: there should be {1} segments, there are {2}"), expected,
                          found);
    }
    return TS_ERR_OK;
}

ts_err_t
ts_custody_check_heads(ts_custody_t *self)
{
    /* The index is small and tells the same as the rows. What the reader finds in it is no verdict
     * yet: when the rows themselves are right, it is the index that is not. */
    ts_err_t err = compare_heads(self, self->reader, ts_db_stmt(self->reader, READ_HEADS));
    if (err != TS_ERR_CORRUPT) {
        return err;
    }
    err = compare_heads(self, self->db, ts_db_stmt(self->db, SQL_SEGMENT_ROWS));
    return err == TS_ERR_OK ? ts_custody_reindex_segments(self) : err;
}

/* ---- every segment ---- */

/* Row of a segment beside its bytes. */
typedef struct ts_checked {
    ts_hash_t log;
    ts_hash_t hash;
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t chain_bytes;
    bool has_prev;
    ts_hash_t prev_hash;
    uint64_t prev_last_seq;
    uint64_t prev_chain_bytes;
} ts_checked_t;

static ts_err_t
read_checked(ts_custody_t *self, ts_stmt_t *stmt, ts_checked_t *row)
{
    row->first_seq = (uint64_t)ts_col_int(stmt, 2);
    row->last_seq = (uint64_t)ts_col_int(stmt, 3);
    row->chain_bytes = (uint64_t)ts_col_int(stmt, 4);
    row->has_prev = !ts_col_is_null(stmt, 6);
    ts_err_t err = ts_col_hash(self->reader, stmt, 1, &row->hash);
    if (err == TS_ERR_OK) {
        err = ts_col_hash(self->reader, stmt, 5, &row->log);
    }
    if (err == TS_ERR_OK && row->has_prev) {
        err = ts_col_hash(self->reader, stmt, 6, &row->prev_hash);
        row->prev_last_seq = (uint64_t)ts_col_int(stmt, 7);
        row->prev_chain_bytes = (uint64_t)ts_col_int(stmt, 8);
    }
    return err;
}

/* Do row, header and predecessor tell the same? */
static bool
row_agrees(const ts_checked_t *row, const ts_segment_view_t *view)
{
    const ts_segment_header_t *header = &view->header;
    bool genesis = (header->flags & TS_SEGMENT_GENESIS) != 0;
    const ts_hash_t *log = genesis ? &row->hash : &header->log;
    if (!ts_hash_equal(&row->log, log) || row->first_seq != header->first_seq ||
        row->last_seq != ts_segment_last_seq(header) || row->has_prev == genesis) {
        return false;
    }
    if (genesis) {
        return row->chain_bytes == view->whole.length;
    }
    return ts_hash_equal(&row->prev_hash, &header->prev) &&
           row->prev_last_seq + 1 == header->first_seq &&
           row->chain_bytes == row->prev_chain_bytes + view->whole.length;
}

static ts_err_t
reader_log(ts_custody_t *self, const ts_hash_t *log, ts_log_info_t *ret_info)
{
    ts_log_row_t row;
    ts_stmt_t *stmt = ts_db_stmt(self->reader, READ_INFO);
    ts_bind_hash(stmt, 1, log);
    ts_err_t err = ts_db_first(self->reader, stmt);
    if (err == TS_ERR_OK) {
        err = ts_custody_read_log(self->reader, stmt, &row);
        ts_db_done(stmt);
    }
    if (err == TS_ERR_OK) {
        *ret_info = row.info;
    }
    return err;
}

/* What is wrong with these bytes; OK when nothing is. */
static ts_err_t
judge_bytes(ts_custody_t *self,
            const ts_custody_verify_t *verify,
            const ts_checked_t *row,
            ts_bytes_t bytes)
{
    ts_segment_view_t view;
    if (bytes.length < TS_SEGMENT_FIXED_BYTES || bytes.data == NULL) {
        return TS_ERR_HASH;
    }
    ts_hash_t hash = self->hash(bytes.data, TS_SEGMENT_FIXED_BYTES);
    if (!ts_hash_equal(&hash, &row->hash) || ts_segment_parse(bytes, &view) != TS_ERR_OK) {
        return TS_ERR_HASH;
    }
    hash = self->hash(view.payload.data, view.payload.length);
    if (!ts_hash_equal(&hash, &view.header.payload_hash)) {
        return TS_ERR_HASH;
    }
    if (!row_agrees(row, &view)) {
        return TS_ERR_CHAIN;
    }
    if (verify->check == NULL) {
        return TS_ERR_OK;
    }
    ts_log_info_t info;
    ts_err_t err = reader_log(self, &row->log, &info);
    return err == TS_ERR_OK ? verify->check(verify->context, &view, &info) : err;
}

/* What can still be told of a segment whose row cannot be read whole. */
static void
tell_place(ts_custody_t *self, ts_damage_t *damage)
{
    ts_hash_t log;
    ts_stmt_t *stmt = ts_db_stmt(self->reader, READ_WHERE_INDEXED);
    ts_bind_int(stmt, 1, (int64_t)damage->arrival);
    if (ts_db_first(self->reader, stmt) == TS_ERR_OK) {
        if (ts_col_hash(self->reader, stmt, 0, &log) == TS_ERR_OK) {
            damage->log = log;
        }
        ts_db_done(stmt);
    }
    stmt = ts_db_stmt(self->reader, READ_NUMBERS);
    ts_bind_int(stmt, 1, (int64_t)damage->arrival);
    if (ts_db_first(self->reader, stmt) == TS_ERR_OK) {
        damage->first_seq = (uint64_t)ts_col_int(stmt, 0);
        damage->last_seq = (uint64_t)ts_col_int(stmt, 1);
        ts_db_done(stmt);
    }
}

static void
verify_one(ts_custody_t *self, ts_custody_verify_t *verify, uint64_t arrival)
{
    ts_damage_t damage = {.arrival = arrival};
    ts_checked_t row = {.first_seq = 0};
    ts_stmt_t *stmt = ts_db_stmt(self->reader, READ_VERIFY);
    ts_bind_int(stmt, 1, (int64_t)arrival);
    ts_err_t err = ts_db_first(self->reader, stmt);
    if (err == TS_ERR_OK) {
        err = read_checked(self, stmt, &row);
        if (err == TS_ERR_OK) {
            err = judge_bytes(self, verify, &row, ts_col_bytes(stmt, 0));
            damage.log = row.log;
            damage.first_seq = row.first_seq;
            damage.last_seq = row.last_seq;
        }
        ts_db_done(stmt);
    }
    verify->checked++;
    if (err == TS_ERR_OK) {
        return;
    }
    verify->damaged++;
    damage.code = err == TS_ERR_NOTFOUND || err == TS_ERR_IO ? TS_ERR_CORRUPT : err;
    if (ts_hash_is_zero(&damage.log)) {
        tell_place(self, &damage);
    }
    if (verify->report != NULL) {
        verify->report(verify->context, &damage);
    }
}

/* No store holds more segments than there is room for: with a damaged counter verifying, and with
 * it the start that is to say what is lost, would never end. */
static uint64_t
last_possible(ts_custody_t *self)
{
    uint64_t bytes = 0;
    ts_err_t err = ts_db_bytes(self->reader, &bytes);
    uint64_t most = bytes / (TS_SEGMENT_FIXED_BYTES + 1);
    return err == TS_ERR_OK && most < self->committed.arrival ? most : self->committed.arrival;
}

ts_err_t
ts_custody_verify(ts_custody_t *self, ts_custody_verify_t *verify, size_t max, bool *ret_done)
{
    TS_CHECK(verify->next_arrival >= 1);
    uint64_t last = last_possible(self);
    for (size_t i = 0; i < max && verify->next_arrival <= self->committed.arrival; i++) {
        verify_one(self, verify, verify->next_arrival);
        verify->next_arrival =
            verify->next_arrival > last ? self->committed.arrival + 1 : verify->next_arrival + 1;
    }
    *ret_done = verify->next_arrival > self->committed.arrival;
    return TS_ERR_OK;
}

/* ---- what a damaged store has lost ---- */

/* Text of the first damaged places. */
typedef struct ts_told {
    size_t count;
    size_t length;
    char text[TOLD_BYTES];
} ts_told_t;

static void
tell_damage(void *context, const ts_damage_t *damage)
{
    ts_told_t *told = context;
    char log[2 * TS_HASH_BYTES + 1] = "?";
    told->count++;
    if (told->count > TOLD_MAX) {
        return;
    }
    if (!ts_hash_is_zero(&damage->log)) {
        ts_hex_format(damage->log.b, TS_HASH_BYTES, log);
        log[16] = '\0';
    }
    int length = snprintf(told->text + told->length, sizeof told->text - told->length,
                          "%s#%" PRIu64 " (log %s, %" PRIu64 "–%" PRIu64 ", %s)",
                          told->length > 0 ? "; " : "", damage->arrival, log, damage->first_seq,
                          damage->last_seq, ts_err_name(damage->code));
    TS_CHECK(length > 0);
    TS_CHECK(told->length + (size_t)length < sizeof told->text);
    told->length += (size_t)length;
}

void
ts_custody_describe_damage(const ts_custody_options_t *options, const char *path, ts_msg_t *detail)
{
    ts_told_t told = {.text = ""};
    ts_custody_options_t looking = *options;
    looking.create = false;
    looking.inspect = true;
    ts_custody_t *custody = NULL;
    ts_msg_t unused = {0};
    char *found = detail->id != NULL ? ts_msg_fill(detail, detail->id) : NULL;
    ts_err_t err = ts_custody_open(&custody, &looking, &unused);
    ts_msg_free(&unused);
    if (err == TS_ERR_OK) {
        bool done = false;
        ts_custody_verify_t verify = {.next_arrival = 1, .report = tell_damage, .context = &told};
        err = ts_custody_verify(custody, &verify, SIZE_MAX, &done);
        TS_CHECK(err == TS_ERR_OK);
        char damaged[24];
        char all[24];
        (void)snprintf(damaged, sizeof damaged, "%" PRIu64, verify.damaged);
        (void)snprintf(all, sizeof all, "%" PRIu64, verify.checked);
        const char *what = found != NULL ? found : "?";
        if (verify.damaged == 0) {
            ts_msg_make(
                detail,
                N_("{1} is damaged ({2}). All {3} segments can be read; lost may be entries "
                   "that were not sealed yet. Nothing was deleted"),
                path, what, all, NULL);
        } else {
            ts_msg_make(detail,
                        N_("{1} is damaged ({2}): {3} of {4} segments cannot be read: {5}. They "
                           "can be fetched again from the offices above and below; nothing was "
                           "deleted"),
                        path, what, damaged, all, told.text, NULL);
        }
        ts_custody_destroy(&custody);
    } else {
        ts_msg_make(
            detail,
            N_("{1} is damaged so far that nothing can be listed ({2}). Keep the file; what was "
               "held by the offices above and below can be fetched again"),
            path, found != NULL ? found : "?", NULL);
    }
    free(found);
}
