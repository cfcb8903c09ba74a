/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "store/ledger_p.h"

#include <string.h>

static void
bind_id_if(ts_stmt_t *stmt, int parameter, uint64_t value)
{
    if (value != 0) {
        ts_bind_int(stmt, parameter, (int64_t)value);
    }
}

/* ---- further accepted events */

void
ts_more_set_free(ts_more_set_t *set)
{
    for (size_t i = 0; i < set->count; i++) {
        ts_xfree(set->rows[i].revises);
    }
    ts_xfree(set->rows);
    *set = (ts_more_set_t){0};
}

void
ts_more_set_add(ts_more_set_t *set, const ts_more_t *more)
{
    set->rows = ts_xgrow(set->rows, set->count + 1, &set->capacity, sizeof *set->rows);
    size_t at = set->count;
    while (at > 0 && set->rows[at - 1].event > more->event) {
        at--;
    }
    memmove(&set->rows[at + 1], &set->rows[at], (set->count - at) * sizeof *set->rows);
    set->rows[at] = *more;
    set->rows[at].revises = ts_xmemdup(more->revises, more->revise_count * sizeof *more->revises);
    set->count++;
}

static void
read_more(ts_stmt_t *stmt, ts_more_set_t *out)
{
    uint64_t revises[TS_REVISES_MAX];
    ts_bytes_t bytes = ts_col_bytes(stmt, 10);
    size_t count = bytes.length / sizeof revises[0];
    TS_CHECK(count <= TS_REVISES_MAX);
    for (size_t i = 0; i < count; i++) {
        revises[i] = ts_load_u64(bytes.data + i * sizeof revises[0]);
    }
    ts_more_t more = {
        .event = (uint64_t)ts_col_int(stmt, 0),
        .office = (uint32_t)ts_col_int(stmt, 1),
        .author = (uint32_t)ts_col_int(stmt, 2),
        .place = {(uint32_t)ts_col_int(stmt, 3), (uint64_t)ts_col_int(stmt, 4),
                  (uint64_t)ts_col_int(stmt, 5)},
        .owner_unit = (ts_record_id_t)ts_col_int(stmt, 6),
        .depth = (uint32_t)ts_col_int(stmt, 7),
        .is_void = ts_col_int(stmt, 8) != 0,
        .stands = ts_col_int(stmt, 9) != 0,
        .revises = revises,
        .revise_count = count,
    };
    ts_more_set_add(out, &more);
}

ts_err_t
ts_ledger_more_get(ts_ledger_t *self, uint32_t kind, ts_record_id_t record, ts_more_set_t *out)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_MORE_GET);
    ts_bind_int(stmt, 1, kind);
    ts_bind_int(stmt, 2, (int64_t)record);
    for (;;) {
        bool row = false;
        ts_err_t err = ts_db_step(self->db, stmt, &row);
        if (err != TS_ERR_OK || !row) {
            return err;
        }
        read_more(stmt, out);
    }
}

ts_err_t
ts_ledger_more_put(ts_ledger_t *self, uint32_t kind, ts_record_id_t record, const ts_more_t *more)
{
    uint8_t revises[TS_REVISES_MAX * sizeof(uint64_t)];
    TS_CHECK(more->revise_count <= TS_REVISES_MAX);
    for (size_t i = 0; i < more->revise_count; i++) {
        ts_store_u64(revises + i * sizeof(uint64_t), more->revises[i]);
    }
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_MORE_PUT);
    ts_bind_int(stmt, 1, kind);
    ts_bind_int(stmt, 2, (int64_t)record);
    ts_bind_int(stmt, 3, (int64_t)more->event);
    ts_bind_int(stmt, 4, more->office);
    ts_bind_int(stmt, 5, more->author);
    ts_bind_int(stmt, 6, more->place.log);
    bind_id_if(stmt, 7, more->place.arrival);
    ts_bind_int(stmt, 8, (int64_t)more->place.position);
    bind_id_if(stmt, 9, more->owner_unit);
    ts_bind_int(stmt, 10, more->depth);
    ts_bind_int(stmt, 11, more->is_void ? 1 : 0);
    ts_bind_int(stmt, 12, more->stands ? 1 : 0);
    ts_bind_bytes(stmt, 13, revises, more->revise_count * sizeof(uint64_t));
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_more_remove(ts_ledger_t *self, uint32_t kind, ts_record_id_t record, uint64_t event)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_MORE_REMOVE);
    ts_bind_int(stmt, 1, kind);
    ts_bind_int(stmt, 2, (int64_t)record);
    ts_bind_int(stmt, 3, (int64_t)event);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_also_put(ts_ledger_t *self, uint64_t event, const ts_place_t *place)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_ALSO_PUT);
    ts_bind_int(stmt, 1, (int64_t)event);
    ts_bind_int(stmt, 2, place->log);
    ts_bind_int(stmt, 3, (int64_t)place->position);
    ts_bind_int(stmt, 4, (int64_t)place->arrival);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_also_remove(ts_ledger_t *self, uint64_t event, const ts_place_t *place)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_ALSO_REMOVE);
    ts_bind_int(stmt, 1, (int64_t)event);
    ts_bind_int(stmt, 2, place->log);
    ts_bind_int(stmt, 3, (int64_t)place->position);
    ts_bind_int(stmt, 4, (int64_t)place->arrival);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_also_get(ts_ledger_t *self, uint64_t event, ts_buf_t *out)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_ALSO_GET);
    ts_bind_int(stmt, 1, (int64_t)event);
    for (;;) {
        bool row = false;
        ts_err_t err = ts_db_step(self->db, stmt, &row);
        if (err != TS_ERR_OK || !row) {
            return err;
        }
        ts_place_t place = {(uint32_t)ts_col_int(stmt, 0), (uint64_t)ts_col_int(stmt, 1),
                            (uint64_t)ts_col_int(stmt, 2)};
        ts_buf_put(out, &place, sizeof place);
    }
}

/* ---- parked */

static void
count_wait(ts_ledger_t *self, const ts_parked_t *parked, int64_t delta)
{
    bool pending = parked->reason == TS_PARK_WAITING;
    ts_ledger_total_add(self, pending ? TS_TOTAL_PENDING : TS_TOTAL_PARKED, delta);
    if (parked->waits_for == 0) {
        return;
    }
    ts_wait_key_t key = {parked->waits_kind, parked->waits_for};
    uint64_t *count = ts_map_put(self->waits, &key);
    *count += (uint64_t)delta;
    if (*count == 0) {
        ts_map_remove(self->waits, &key);
    }
}

ts_err_t
ts_ledger_parked_add(ts_ledger_t *self, const ts_parked_t *parked, const char *why)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_PARKED_ADD);
    ts_bind_int(stmt, 1, (int64_t)parked->event);
    ts_bind_int(stmt, 2, parked->kind);
    ts_bind_int(stmt, 3, (int64_t)parked->record);
    ts_bind_int(stmt, 4, parked->office);
    ts_bind_int(stmt, 5, parked->place.log);
    bind_id_if(stmt, 6, parked->place.arrival);
    ts_bind_int(stmt, 7, (int64_t)parked->place.position);
    ts_bind_int(stmt, 8, (int64_t)parked->reason);
    if (parked->waits_for != 0) {
        ts_bind_int(stmt, 9, parked->waits_kind);
        ts_bind_int(stmt, 10, (int64_t)parked->waits_for);
    }
    bind_id_if(stmt, 11, parked->owner_unit);
    ts_bind_int(stmt, 12, parked->rules);
    if (why != NULL) {
        ts_bind_text(stmt, 13, why);
    }
    ts_err_t err = ts_db_run(self->db, stmt);
    if (err == TS_ERR_OK) {
        count_wait(self, parked, 1);
    }
    return err;
}

ts_err_t
ts_ledger_parked_remove(ts_ledger_t *self, const ts_parked_t *parked)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_PARKED_REMOVE);
    ts_bind_int(stmt, 1, (int64_t)parked->id);
    ts_err_t err = ts_db_run(self->db, stmt);
    if (err == TS_ERR_OK && ts_db_changes(self->db) > 0) {
        count_wait(self, parked, -1);
    }
    return err;
}

static ts_parked_t
read_parked(ts_stmt_t *stmt)
{
    return (ts_parked_t){
        .id = (uint64_t)ts_col_int(stmt, 0),
        .event = (uint64_t)ts_col_int(stmt, 1),
        .kind = (uint32_t)ts_col_int(stmt, 2),
        .record = (ts_record_id_t)ts_col_int(stmt, 3),
        .office = (uint32_t)ts_col_int(stmt, 4),
        .place = {(uint32_t)ts_col_int(stmt, 5), (uint64_t)ts_col_int(stmt, 6),
                  (uint64_t)ts_col_int(stmt, 7)},
        .reason = (ts_park_t)ts_col_int(stmt, 8),
        .waits_kind = (uint32_t)ts_col_int(stmt, 9),
        .waits_for = (ts_record_id_t)ts_col_int(stmt, 10),
        .owner_unit = (ts_record_id_t)ts_col_int(stmt, 11),
        .rules = (uint32_t)ts_col_int(stmt, 12),
    };
}

static ts_err_t
read_all_parked(ts_ledger_t *self, ts_stmt_t *stmt, ts_buf_t *out)
{
    for (;;) {
        bool row = false;
        ts_err_t err = ts_db_step(self->db, stmt, &row);
        if (err != TS_ERR_OK || !row) {
            return err;
        }
        ts_parked_t parked = read_parked(stmt);
        ts_buf_put(out, &parked, sizeof parked);
    }
}

ts_err_t
ts_ledger_parked_of(ts_ledger_t *self, uint64_t event, ts_buf_t *out)
{
    if (self->totals[TS_TOTAL_PARKED] + self->totals[TS_TOTAL_PENDING] == 0) {
        return TS_ERR_OK;
    }
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_PARKED_OF);
    ts_bind_int(stmt, 1, (int64_t)event);
    return read_all_parked(self, stmt, out);
}

ts_err_t
ts_ledger_parked_next(ts_ledger_t *self, uint64_t after, ts_parked_t *ret_parked, ts_msg_t *ret_why)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_PARKED_NEXT);
    ts_bind_int(stmt, 1, (int64_t)after);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    *ret_parked = read_parked(stmt);
    const char *why = ts_col_text(stmt, 13);
    if (ret_why != NULL) {
        ts_msg_free(ret_why);
        if (why != NULL) {
            ts_msg_make(ret_why, "{1}", why, NULL);
        }
    }
    ts_db_done(stmt);
    return TS_ERR_OK;
}

ts_err_t
ts_ledger_wake(ts_ledger_t *self, uint32_t kind, ts_record_id_t target)
{
    ts_wait_key_t key = {kind, target};
    if (ts_map_count(self->waits) == 0 || ts_map_get(self->waits, &key) == NULL) {
        return TS_ERR_OK;
    }
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_PARKED_WAKE);
    ts_bind_int(stmt, 1, kind);
    ts_bind_int(stmt, 2, (int64_t)target);
    self->any_due = true;
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_wake_event(ts_ledger_t *self, uint64_t event)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_PARKED_WAKE_EVENT);
    ts_bind_int(stmt, 1, (int64_t)event);
    self->any_due = true;
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_wake_kind(ts_ledger_t *self, uint32_t kind)
{
    if (self->totals[TS_TOTAL_PARKED] + self->totals[TS_TOTAL_PENDING] == 0) {
        return TS_ERR_OK;
    }
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_PARKED_WAKE_KIND);
    ts_bind_int(stmt, 1, kind);
    self->any_due = true;
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_due(ts_ledger_t *self, size_t max, ts_buf_t *out)
{
    if (!self->any_due) {
        return TS_ERR_OK;
    }
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_PARKED_DUE);
    ts_bind_int(stmt, 1, (int64_t)max);
    size_t before = out->length;
    ts_err_t err = read_all_parked(self, stmt, out);
    self->any_due = out->length > before;
    return err;
}

ts_err_t
ts_ledger_not_due(ts_ledger_t *self, uint64_t id)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_PARKED_NOT_DUE);
    ts_bind_int(stmt, 1, (int64_t)id);
    return ts_db_run(self->db, stmt);
}

bool
ts_ledger_any_due(const ts_ledger_t *self)
{
    return self->any_due;
}

static ts_err_t
load_waits(ts_ledger_t *self)
{
    ts_map_clear(self->waits);
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_PARKED_WAITS);
    for (;;) {
        bool row = false;
        ts_err_t err = ts_db_step(self->db, stmt, &row);
        if (err != TS_ERR_OK || !row) {
            return err;
        }
        ts_wait_key_t key = {(uint64_t)ts_col_int(stmt, 0), (uint64_t)ts_col_int(stmt, 1)};
        *(uint64_t *)ts_map_put(self->waits, &key) = (uint64_t)ts_col_int(stmt, 2);
    }
}

static ts_err_t
load_crashed(ts_ledger_t *self)
{
    ts_map_clear(self->crashed);
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_CRASHED_ALL);
    for (;;) {
        bool row = false;
        ts_err_t err = ts_db_step(self->db, stmt, &row);
        if (err != TS_ERR_OK || !row) {
            return err;
        }
        uint64_t event = (uint64_t)ts_col_int(stmt, 0);
        (void)ts_map_put(self->crashed, &event);
    }
}

ts_err_t
ts_waits_load(ts_ledger_t *self)
{
    ts_map_clear(self->waits);
    ts_map_clear(self->crashed);
    ts_err_t err = load_waits(self);
    if (err == TS_ERR_OK) {
        err = load_crashed(self);
    }
    int64_t count = 0;
    if (err == TS_ERR_OK) {
        err = ts_db_number(self->db, ts_ledger_stmt(self, TS_SQL_WATCH_COUNT), &count);
        self->watches = (uint64_t)count;
    }
    if (err == TS_ERR_OK) {
        err = ts_db_number(self->db, ts_ledger_stmt(self, TS_SQL_PARKED_ANY_DUE), &count);
        self->any_due = count > 0;
    }
    return err;
}

/* ---- what must be asked again */

ts_err_t
ts_ledger_redo_all(ts_ledger_t *self)
{
    self->redo_blank = false;
    return ts_db_run(self->db, ts_ledger_stmt(self, TS_SQL_REDO_ALL));
}

ts_err_t
ts_ledger_redo_office(ts_ledger_t *self, uint32_t office)
{
    self->redo_blank = false;
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_REDO_OFFICE);
    ts_bind_int(stmt, 1, office);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_redo_first(ts_ledger_t *self, uint32_t *ret_log, uint64_t *ret_after_arrival)
{
    ts_err_t err = ts_db_failed(self->db);
    if (err != TS_ERR_OK || self->redo_blank) {
        return err == TS_ERR_OK ? TS_ERR_NOTFOUND : err;
    }
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_REDO_FIRST);
    err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        *ret_log = (uint32_t)ts_col_int(stmt, 0);
        *ret_after_arrival = (uint64_t)ts_col_int(stmt, 1);
        ts_db_done(stmt);
    }
    self->redo_blank = err == TS_ERR_NOTFOUND;
    return err;
}

ts_err_t
ts_ledger_redo_move(ts_ledger_t *self, uint32_t log, uint64_t after_arrival)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_REDO_MOVE);
    ts_bind_int(stmt, 1, log);
    ts_bind_int(stmt, 2, (int64_t)after_arrival);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_redo_done(ts_ledger_t *self, uint32_t log)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_REDO_DONE);
    ts_bind_int(stmt, 1, log);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_watch_put(ts_ledger_t *self, ts_record_id_t target, ts_record_id_t approval)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_WATCH_PUT);
    ts_bind_int(stmt, 1, (int64_t)target);
    ts_bind_int(stmt, 2, (int64_t)approval);
    ts_err_t err = ts_db_run(self->db, stmt);
    if (err == TS_ERR_OK) {
        self->watches += ts_db_changes(self->db);
    }
    return err;
}

ts_err_t
ts_ledger_watch_get(ts_ledger_t *self, ts_record_id_t target, ts_buf_t *out)
{
    if (self->watches == 0) {
        return TS_ERR_OK;
    }
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_WATCH_GET);
    ts_bind_int(stmt, 1, (int64_t)target);
    for (;;) {
        bool row = false;
        ts_err_t err = ts_db_step(self->db, stmt, &row);
        if (err != TS_ERR_OK || !row) {
            return err;
        }
        ts_buf_put_u64(out, (uint64_t)ts_col_int(stmt, 0));
    }
}

ts_err_t
ts_ledger_watch_remove(ts_ledger_t *self, ts_record_id_t target, ts_record_id_t approval)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_WATCH_REMOVE);
    ts_bind_int(stmt, 1, (int64_t)target);
    ts_bind_int(stmt, 2, (int64_t)approval);
    ts_err_t err = ts_db_run(self->db, stmt);
    if (err == TS_ERR_OK) {
        self->watches -= ts_db_changes(self->db);
    }
    return err;
}

ts_err_t
ts_ledger_crashed_put(ts_ledger_t *self, uint64_t event)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_CRASHED_PUT);
    ts_bind_int(stmt, 1, (int64_t)event);
    (void)ts_map_put(self->crashed, &event);
    return ts_db_run(self->db, stmt);
}

bool
ts_ledger_crashed(ts_ledger_t *self, uint64_t event)
{
    return ts_map_count(self->crashed) > 0 && ts_map_get(self->crashed, &event) != NULL;
}
