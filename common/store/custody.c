/* SPDX-License-Identifier: MPL-2.0 */
#include "store/custody.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "store/custody_priv.h"
#include "store/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "TScu" in the file's header. */
#define CUSTODY_APPLICATION_ID 0x54536375u
#define NAME_BYTES_MAX 64u
#define VALUE_BYTES_MAX 4096u

#define SQL_ENTRY(name, text) {#name, text},
static const ts_db_sql_t statements[] = {TS_CUSTODY_SQL(SQL_ENTRY)};
static const ts_db_sql_t reader_statements[] = {TS_CUSTODY_READER_SQL(SQL_ENTRY)};

/* ---- facts ---- */

ts_err_t
ts_custody_meta_number(ts_custody_t *self, const char *name, uint64_t *ret_value)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_META_GET);
    ts_bind_text(stmt, 1, name);
    int64_t value = 0;
    ts_err_t err = ts_db_number(self->db, stmt, &value);
    if (err == TS_ERR_NOTFOUND) {
        return ts_db_fail(self->db, TS_ERR_CORRUPT, N_("custody: fact {1} is missing"), name, NULL);
    }
    if (err == TS_ERR_OK && value < 0) {
        return ts_db_fail(self->db, TS_ERR_CORRUPT, N_("custody: fact {1} is below zero"), name,
                          NULL);
    }
    if (err == TS_ERR_OK) {
        *ret_value = (uint64_t)value;
    }
    return err;
}

ts_err_t
ts_custody_meta_put(ts_custody_t *self, const char *name, uint64_t value)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_META_PUT);
    ts_bind_text(stmt, 1, name);
    ts_bind_int(stmt, 2, (int64_t)value);
    return ts_db_run(self->db, stmt);
}

static ts_err_t
get_meta_id(ts_custody_t *self, const char *name, ts_id16_t *ret_id)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_META_GET);
    ts_bind_text(stmt, 1, name);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_NOTFOUND) {
        return ts_db_fail(self->db, TS_ERR_CORRUPT, N_("custody: fact {1} is missing"), name, NULL);
    }
    if (err == TS_ERR_OK) {
        err = ts_col_id16(self->db, stmt, 0, ret_id);
        ts_db_done(stmt);
    }
    return err;
}

static ts_err_t
put_meta_id(ts_custody_t *self, const char *name, const ts_id16_t *id)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_META_PUT);
    ts_bind_text(stmt, 1, name);
    ts_bind_id16(stmt, 2, id);
    return ts_db_run(self->db, stmt);
}

/* ---- opening ---- */

/* Was this file ever given its facts? A cut while joining can leave the tables without them. */
static ts_err_t
has_facts(ts_custody_t *self, bool *ret_has)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_META_GET);
    ts_bind_text(stmt, 1, "store_id");
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        ts_db_done(stmt);
    }
    *ret_has = err == TS_ERR_OK;
    return err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
}

static ts_err_t
write_first_facts(ts_custody_t *self, const ts_custody_options_t *options)
{
    ts_err_t err = ts_db_begin(self->db, "first facts");
    if (err == TS_ERR_OK) {
        err = put_meta_id(self, "store_id", &options->new_store_id);
    }
    if (err == TS_ERR_OK) {
        err = put_meta_id(self, "deployment", &options->deployment);
    }
    static const char *const zero[] = {"boot", "arrival", "tail_counter"};
    for (size_t i = 0; i < sizeof zero / sizeof zero[0] && err == TS_ERR_OK; i++) {
        err = ts_custody_meta_put(self, zero[i], 0);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_meta_put(self, "clean", 1);
    }
    if (err == TS_ERR_OK) {
        return ts_db_commit(self->db);
    }
    ts_db_rollback(self->db);
    return err;
}

static ts_err_t
read_facts(ts_custody_t *self, const ts_custody_options_t *options)
{
    ts_id16_t deployment;
    uint64_t boot = 0;
    uint64_t clean = 0;
    ts_err_t err = get_meta_id(self, "deployment", &deployment);
    if (err == TS_ERR_OK && !ts_id16_equal(&deployment, &options->deployment)) {
        return ts_db_fail(self->db, TS_ERR_FOREIGN,
                          N_("custody in {1} belongs to another deployment"), options->folder,
                          NULL);
    }
    if (err == TS_ERR_OK) {
        err = get_meta_id(self, "store_id", &self->store_id);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_meta_number(self, "boot", &boot);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_meta_number(self, "clean", &clean);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_meta_number(self, "arrival", &self->now.arrival);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_meta_number(self, "tail_counter", &self->now.tail_counter);
    }
    self->deployment = deployment;
    self->boot = (uint32_t)boot;
    self->was_clean = clean == 1;
    self->committed = self->now;
    return err;
}

/* Notes that the store is open: until an orderly end it counts as unclean. */
static ts_err_t
note_opening(ts_custody_t *self)
{
    self->boot++;
    ts_err_t err = ts_db_begin(self->db, "opening");
    if (err == TS_ERR_OK) {
        err = ts_custody_meta_put(self, "boot", self->boot);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_meta_put(self, "clean", 0);
    }
    if (err == TS_ERR_OK) {
        return ts_db_commit(self->db);
    }
    ts_db_rollback(self->db);
    return err;
}

static ts_err_t
open_databases(ts_custody_t *self,
               const ts_custody_options_t *options,
               const char *path,
               ts_msg_t *detail)
{
    static const char *scripts[1];
    scripts[0] = (const char *)ts_schema_custody;
    ts_db_options_t db = {
        .path = path,
        .vfs = options->vfs,
        .application_id = CUSTODY_APPLICATION_ID,
        .scripts = scripts,
        .script_count = 1,
        .statements = statements,
        .statement_count = SQL_COUNT,
        .create = options->create,
        .synchronous_full = true,
        .query_only = options->inspect,
        .cache_kib = 1024,
    };
    ts_err_t err = ts_db_open(&self->db, &db, detail);
    if (err != TS_ERR_OK) {
        return err;
    }
    db.create = false;
    db.query_only = true;
    db.cache_kib = 128;
    db.statements = reader_statements;
    db.statement_count = READ_COUNT;
    return ts_db_open(&self->reader, &db, detail);
}

/* Every stored segment is what its hash says. */
static ts_err_t
check_content(ts_custody_t *self, const char *folder)
{
    bool done = false;
    ts_custody_verify_t verify = {.next_arrival = 1};
    ts_err_t err = ts_custody_verify(self, &verify, SIZE_MAX, &done);
    if (err == TS_ERR_OK && verify.damaged > 0) {
        err = ts_db_fail(self->db, TS_ERR_CORRUPT, N_("segments in {1} are not what was stored"),
                         folder, NULL);
    }
    return err;
}

/* Checks of an ordinary opening; what they find stands in the detail of self->db. */
static ts_err_t
check_store(ts_custody_t *self, const ts_custody_options_t *options)
{
    uint64_t bytes = 0;
    ts_err_t err = ts_custody_check_heads(self);
    if (err == TS_ERR_OK) {
        err = ts_db_bytes(self->db, &bytes);
    }
    bool is_small = bytes <= TS_CUSTODY_CHECKED_BYTES;
    if (err == TS_ERR_OK && (is_small || !self->was_clean)) {
        err = ts_db_quick_check(self->db);
    }
    bool whole = is_small && !options->repair;
    self->was_checked = whole;
    if (err == TS_ERR_OK) {
        err = ts_custody_check_tail(self);
    }
    if (err == TS_ERR_OK && whole) {
        err = check_content(self, options->folder);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_mend_indexes(self, whole);
    }
    if (err == TS_ERR_OK && is_small) {
        err = ts_custody_mend_sources(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_mend_logs(self);
    }
    return err == TS_ERR_OK && !options->repair ? ts_custody_mend_tips(self) : err;
}

static ts_err_t
open_steps(ts_custody_t *self, const ts_custody_options_t *options)
{
    bool has = false;
    ts_err_t err = has_facts(self, &has);
    if (err == TS_ERR_OK && !has) {
        if (!options->create) {
            return ts_db_fail(self->db, TS_ERR_CORRUPT,
                              N_("custody in {1} has lost its facts and is not made anew"),
                              options->folder, NULL);
        }
        err = write_first_facts(self, options);
    }
    if (err == TS_ERR_OK) {
        err = read_facts(self, options);
    }
    if (err != TS_ERR_OK || options->inspect) {
        return err;
    }
    err = check_store(self, options);
    return err == TS_ERR_OK ? note_opening(self) : err;
}

ts_err_t
ts_custody_open(ts_custody_t **ret_self, const ts_custody_options_t *options, ts_msg_t *detail)
{
    TS_CHECK(options->hash != NULL);
    TS_CHECK(!(options->create && options->inspect));
    ts_msg_t text = {0};
    ts_custody_t *self = ts_xcalloc(1, sizeof *self);
    self->hash = options->hash;
    self->inspect = options->inspect;
    self->logs = ts_custody_logs_new();
    size_t bytes = strlen(options->folder) + sizeof "/custody.sqlite";
    char *path = ts_xmalloc(bytes);
    (void)snprintf(path, bytes, "%s/custody.sqlite", options->folder);
    ts_err_t err = open_databases(self, options, path, &text);
    if (err == TS_ERR_OK) {
        err = open_steps(self, options);
        if (err != TS_ERR_OK) {
            ts_db_take_detail(self->db, &text);
        }
        if (err != TS_ERR_OK && text.id == NULL) {
            ts_db_take_detail(self->reader, &text);
        }
    }
    if (err != TS_ERR_OK) {
        ts_db_destroy(&self->reader);
        ts_db_destroy(&self->db);
        ts_custody_logs_free(&self->logs);
        free(self);
        if (err == TS_ERR_CORRUPT && !options->inspect) {
            ts_custody_describe_damage(options, path, &text);
        }
        if (detail != NULL) {
            ts_msg_move(detail, &text);
        }
    } else {
        *ret_self = self;
    }
    ts_msg_free(&text);
    free(path);
    return err;
}

void
ts_custody_trim(ts_custody_t *self)
{
    ts_db_trim(self->db);
    ts_db_trim(self->reader);
}

void
ts_custody_destroy(ts_custody_t **self_p)
{
    ts_custody_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_custody_rollback(self);
    bool is_sound = ts_db_failed(self->db) == TS_ERR_OK && ts_db_failed(self->reader) == TS_ERR_OK;
    if (!self->inspect && is_sound && ts_db_begin(self->db, "closing") == TS_ERR_OK) {
        ts_err_t err = ts_custody_meta_put(self, "clean", 1);
        if (err == TS_ERR_OK) {
            err = ts_db_commit(self->db);
        }
        /* Not noted: the next opening checks every page, no more. */
        ts_db_rollback(self->db);
        (void)err;
    }
    ts_db_destroy(&self->reader);
    ts_db_destroy(&self->db);
    ts_custody_logs_free(&self->logs);
    free(self);
    *self_p = NULL;
}

const ts_msg_t *
ts_custody_detail(const ts_custody_t *self)
{
    return ts_db_detail(self->db);
}

ts_err_t
ts_custody_failed(const ts_custody_t *self)
{
    return ts_db_failed(self->db);
}

ts_id16_t
ts_custody_store_id(const ts_custody_t *self)
{
    return self->store_id;
}

uint32_t
ts_custody_boot(const ts_custody_t *self)
{
    return self->boot;
}

bool
ts_custody_was_checked(const ts_custody_t *self)
{
    return self->was_checked;
}

bool
ts_custody_was_clean(const ts_custody_t *self)
{
    return self->was_clean;
}

uint64_t
ts_custody_arrival(const ts_custody_t *self)
{
    return self->now.arrival;
}

uint64_t
ts_custody_tail_counter(const ts_custody_t *self)
{
    return self->now.tail_counter;
}

uint64_t
ts_custody_inode(const ts_custody_t *self)
{
    return ts_db_inode(self->db);
}

ts_err_t
ts_custody_set_store_id(ts_custody_t *self, const ts_id16_t *store_id)
{
    TS_CHECK(!ts_id16_is_zero(store_id));
    ts_err_t err = ts_custody_begin(self, "new store id");
    if (err != TS_ERR_OK) {
        return err;
    }
    err = put_meta_id(self, "store_id", store_id);
    if (err == TS_ERR_OK) {
        err = ts_custody_commit(self);
    }
    if (err != TS_ERR_OK) {
        ts_custody_rollback(self);
        return err;
    }
    self->store_id = *store_id;
    return TS_ERR_OK;
}

ts_err_t
ts_custody_backup(ts_custody_t *self, const char *path)
{
    return ts_db_backup(self->db, path);
}

ts_err_t
ts_custody_copy_begin(ts_custody_t *self, const char *path, ts_custody_copy_t **ret_copy)
{
    return ts_db_copy_begin(self->db, path, ret_copy);
}

ts_err_t
ts_custody_copy_step(ts_custody_copy_t *copy, unsigned pages, bool *ret_done)
{
    return ts_db_copy_step(copy, pages, ret_done);
}

void
ts_custody_copy_progress(const ts_custody_copy_t *copy, uint64_t *ret_pages, uint64_t *ret_total)
{
    ts_db_copy_progress(copy, ret_pages, ret_total);
}

void
ts_custody_copy_end(ts_custody_copy_t **copy_p)
{
    ts_db_copy_end(copy_p);
}

/* ---- transactions ---- */

ts_err_t
ts_custody_begin(ts_custody_t *self, const char *why)
{
    if (self->inspect) {
        return ts_db_fail(self->db, TS_ERR_CORRUPT,
                          N_("custody is open for looking only, nothing is written"), NULL, NULL);
    }
    return ts_db_begin(self->db, why);
}

ts_err_t
ts_custody_commit(ts_custody_t *self)
{
    ts_err_t err = TS_ERR_OK;
    if (self->now.arrival != self->committed.arrival) {
        err = ts_custody_meta_put(self, "arrival", self->now.arrival);
    }
    if (err == TS_ERR_OK && self->now.tail_counter != self->committed.tail_counter) {
        err = ts_custody_meta_put(self, "tail_counter", self->now.tail_counter);
    }
    if (err == TS_ERR_OK) {
        err = ts_db_commit(self->db);
    }
    if (err != TS_ERR_OK) {
        ts_custody_rollback(self);
        return err;
    }
    self->committed = self->now;
    return TS_ERR_OK;
}

void
ts_custody_rollback(ts_custody_t *self)
{
    ts_db_rollback(self->db);
    self->now = self->committed;
    self->cached_store_row = 0;
    self->tail_blank = false;
    ts_custody_logs_forget(self);
}

/* ---- stores and small values ---- */

ts_err_t
ts_custody_store_find(ts_custody_t *self, const ts_id16_t *store, int64_t *ret_row)
{
    if (self->cached_store_row != 0 && ts_id16_equal(&self->cached_store, store)) {
        *ret_row = self->cached_store_row;
        return TS_ERR_OK;
    }
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_STORE_FIND);
    ts_bind_id16(stmt, 1, store);
    ts_err_t err = ts_db_number(self->db, stmt, ret_row);
    if (err == TS_ERR_OK) {
        self->cached_store = *store;
        self->cached_store_row = *ret_row;
    }
    return err;
}

ts_err_t
ts_custody_store_row(ts_custody_t *self, const ts_id16_t *store, int64_t *ret_row)
{
    ts_err_t err = ts_custody_store_find(self, store, ret_row);
    if (err != TS_ERR_NOTFOUND) {
        return err;
    }
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_STORE_ADD);
    ts_bind_id16(stmt, 1, store);
    return ts_db_number(self->db, stmt, ret_row);
}

ts_err_t
ts_custody_state_get(ts_custody_t *self, const char *name, ts_buf_t *ret_value)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_STATE_GET);
    ts_bind_text(stmt, 1, name);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_bytes_t value = ts_col_bytes(stmt, 0);
    ts_buf_clear(ret_value);
    ts_buf_put(ret_value, value.data, value.length);
    ts_db_done(stmt);
    return TS_ERR_OK;
}

ts_err_t
ts_custody_state_put(ts_custody_t *self, const char *name, ts_bytes_t value)
{
    TS_CHECK(strlen(name) <= NAME_BYTES_MAX);
    TS_CHECK(value.length <= VALUE_BYTES_MAX);
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_STATE_PUT);
    ts_bind_text(stmt, 1, name);
    ts_bind_bytes(stmt, 2, value.data, value.length);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_custody_number_get(ts_custody_t *self, const char *name, uint64_t *ret_value)
{
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_STATE_GET);
    ts_bind_text(stmt, 1, name);
    int64_t value = 0;
    ts_err_t err = ts_db_number(self->db, stmt, &value);
    if (err == TS_ERR_OK || err == TS_ERR_NOTFOUND) {
        *ret_value = (uint64_t)value;
        return TS_ERR_OK;
    }
    return err;
}

ts_err_t
ts_custody_number_put(ts_custody_t *self, const char *name, uint64_t value)
{
    TS_CHECK(strlen(name) <= NAME_BYTES_MAX);
    ts_stmt_t *stmt = ts_db_stmt(self->db, SQL_STATE_PUT);
    ts_bind_text(stmt, 1, name);
    ts_bind_int(stmt, 2, (int64_t)value);
    return ts_db_run(self->db, stmt);
}
