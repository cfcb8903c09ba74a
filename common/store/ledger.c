/* SPDX-License-Identifier: MPL-2.0 */
#include "store/ledger.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "store/ledger_p.h"
#include "store/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CACHE_KIB_DEFAULT 4096u
/* As many pages in the WAL as SQLite itself would let grow. */
#define CHECKPOINT_PAGES 1000u
#define LEDGER_PAGE_BYTES 4096u

static const struct {
    const char *name;
    const char *text;
} statements[TS_SQL_COUNT] = {
#define TS_LEDGER_STMT_TEXT(name, text) {#name, text},
    TS_LEDGER_SQL(TS_LEDGER_STMT_TEXT)
#undef TS_LEDGER_STMT_TEXT
};

ts_stmt_t *
ts_ledger_stmt(ts_ledger_t *self, ts_ledger_stmt_t which)
{
    return ts_db_later(self->db, statements[which].name, statements[which].text,
                       &self->stmts[which]);
}

static void
put_names(ts_buf_t *out, const char *view, int last, const char *(*name)(int number))
{
    char text[64];
    (void)snprintf(text, sizeof text, "CREATE VIEW %s, name) AS VALUES ", view);
    ts_buf_put_text(out, text);
    for (int i = 1; i <= last; i++) {
        (void)snprintf(text, sizeof text, "%s(%d, '%s')", i == 1 ? "" : ", ", i, name(i));
        ts_buf_put_text(out, text);
    }
    ts_buf_put_text(out, ";\n");
}

static const char *
measure_name(int number)
{
    return ts_measure_name((ts_measure_t)number);
}

static const char *
account_name(int number)
{
    return ts_account_name((ts_account_kind_t)number);
}

#define TS_LAST(name, value, text) +1
#define MEASURES (0 TS_MEASURE_LIST(TS_LAST))
#define ACCOUNTS (0 TS_ACCOUNT_LIST(TS_LAST))

/* The whole schema as one script: fixed tables, then those of the kinds. */
static void
compose(const ts_schema_t *schema, ts_buf_t *out)
{
    ts_buf_put_text(out, (const char *)ts_schema_ledger);
    put_names(out, "v_measure (measure", MEASURES, measure_name);
    put_names(out, "v_account (account", ACCOUNTS, account_name);
    ts_kinds_script(schema, out);
    ts_buf_put_u8(out, 0);
}

/* Tells whether a file was made with the same tables; not against attackers. */
static uint64_t
schema_mark(const ts_buf_t *script)
{
    uint64_t mark = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < script->length; i++) {
        mark = (mark ^ script->data[i]) * UINT64_C(0x100000001b3);
    }
    return mark;
}

static void
remove_files_from(const char *path, size_t first)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    ts_buf_t name = {0};
    for (size_t i = first; i < sizeof ends / sizeof ends[0]; i++) {
        ts_buf_clear(&name);
        ts_buf_put_text(&name, path);
        ts_buf_put_text(&name, ends[i]);
        ts_buf_put_u8(&name, 0);
        (void)unlink((const char *)name.data);
    }
    ts_buf_free(&name);
}

static void
remove_files(const char *path)
{
    remove_files_from(path, 0);
}

static ts_err_t
put_id16(ts_ledger_t *self, const char *name, const ts_id16_t *id)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_META_PUT);
    ts_bind_text(stmt, 1, name);
    ts_bind_id16(stmt, 2, id);
    return ts_db_run(self->db, stmt);
}

static ts_err_t
get_id16(ts_ledger_t *self, const char *name, ts_id16_t *ret_id)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_META_GET);
    ts_bind_text(stmt, 1, name);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err == TS_ERR_OK) {
        err = ts_col_id16(self->db, stmt, 0, ret_id);
        ts_db_done(stmt);
    }
    return err;
}

/* Each statement when it is needed; all at once of a new file, so that a typo shows, and of one
 * that has not our tables word by word, where one may be gone. */
static ts_err_t
prepare(ts_ledger_t *self)
{
    bool all = !ts_db_as_made(self->db);
    for (size_t i = 0; i < TS_SQL_COUNT && all; i++) {
        ts_err_t err =
            ts_db_prepare(self->db, statements[i].name, statements[i].text, &self->stmts[i]);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    return ts_kinds_open(&self->kinds, self->db, self->options.schema, all);
}

static void
close_database(ts_ledger_t *self)
{
    ts_kinds_destroy(&self->kinds);
    memset(self->stmts, 0, sizeof self->stmts);
    self->redo_blank = false;
    ts_db_destroy(&self->db);
}

static ts_err_t
open_database(ts_ledger_t *self, const ts_buf_t *script, ts_msg_t *detail)
{
    const char *const scripts[] = {(const char *)script->data};
    ts_db_options_t options = {
        .path = self->path,
        .vfs = self->vfs,
        .application_id = TS_LEDGER_APPLICATION_ID,
        .scripts = scripts,
        .script_count = 1,
        .create = true,
        .own_checkpoints = true,
        .cache_kib = self->options.cache_kib,
    };
    return ts_db_open(&self->db, &options, detail);
}

/* The facts of a new file. */
static ts_err_t
write_facts(ts_ledger_t *self, uint64_t mark)
{
    ts_err_t err = ts_db_begin(self->db, "new ledger");
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_ledger_number_put(self, "schema", mark);
    if (err == TS_ERR_OK) {
        err = ts_ledger_number_put(self, "rules", TS_RULES_VERSION);
    }
    if (err == TS_ERR_OK) {
        err = put_id16(self, "store_id", &self->options.store_id);
    }
    if (err == TS_ERR_OK) {
        err = put_id16(self, "feed_id", &self->feed_id);
    }
    if (err == TS_ERR_OK) {
        err = ts_db_commit(self->db);
    }
    ts_db_rollback(self->db);
    return err;
}

static ts_err_t
load(ts_ledger_t *self)
{
    ts_err_t err = ts_totals_load(self);
    if (err == TS_ERR_OK) {
        err = ts_waits_load(self);
    }
    return err == TS_ERR_OK ? ts_feed_load(self) : err;
}

/* A new file at self->path; self->feed_id is set. */
static ts_err_t
make(ts_ledger_t *self, ts_msg_t *detail)
{
    ts_buf_t script = {0};
    compose(self->options.schema, &script);
    remove_files(self->path);
    ts_err_t err = open_database(self, &script, detail);
    if (err == TS_ERR_OK) {
        err = prepare(self);
    }
    if (err == TS_ERR_OK) {
        err = write_facts(self, schema_mark(&script));
    }
    if (err == TS_ERR_OK) {
        err = load(self);
    }
    ts_buf_free(&script);
    self->made = true;
    return err;
}

/* Is what lies there ours and of the same make? Statements may only be prepared when it is. */
static ts_err_t
examine(ts_ledger_t *self, uint64_t mark, bool *ret_fits)
{
    static const char *const checks = "SELECT (SELECT value FROM meta WHERE name = 'schema') = ?1 "
                                      "AND (SELECT value FROM meta WHERE name = 'rules') = ?2 "
                                      "AND (SELECT value FROM meta WHERE name = 'store_id') = ?3";
    ts_stmt_t *stmt = NULL;
    ts_err_t err = ts_db_prepare(self->db, "examine", checks, &stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_bind_int(stmt, 1, (int64_t)mark);
    ts_bind_int(stmt, 2, TS_RULES_VERSION);
    ts_bind_id16(stmt, 3, &self->options.store_id);
    int64_t fits = 0;
    err = ts_db_number(self->db, stmt, &fits);
    *ret_fits = fits != 0;
    return err;
}

/* The old file's feed goes over into the new one when both are of the same store. */
static ts_err_t
make_keeping_feed(ts_ledger_t *self, ts_msg_t *detail)
{
    ts_ledger_t *old = ts_xcalloc(1, sizeof *old);
    ts_totals_init(old);
    old->options = self->options;
    old->vfs = self->vfs == NULL ? NULL : ts_xstrdup(self->vfs);
    ts_buf_t name = {0};
    ts_buf_put_text(&name, self->path);
    ts_buf_put_text(&name, ".old");
    ts_buf_put_u8(&name, 0);
    old->path = ts_xstrdup((const char *)name.data);
    ts_buf_free(&name);
    remove_files(old->path);
    ts_err_t err = TS_ERR_OK;
    if (rename(self->path, old->path) != 0) {
        ts_msg_make(detail, N_("file {1} cannot be put aside"), self->path, NULL);
        err = TS_ERR_IO;
    }
    ts_buf_t none = {0};
    ts_buf_put_u8(&none, 0);
    ts_id16_t store = {{0}};
    if (err == TS_ERR_OK) {
        err = open_database(old, &none, detail);
    }
    static const ts_ledger_stmt_t needed[] = {TS_SQL_META_GET, TS_SQL_FEED_READ,
                                              TS_SQL_FEED_SEEN_NEXT};
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof needed / sizeof needed[0]; i++) {
        err = ts_db_prepare(old->db, statements[needed[i]].name, statements[needed[i]].text,
                            &old->stmts[needed[i]]);
    }
    bool same = err == TS_ERR_OK && get_id16(old, "store_id", &store) == TS_ERR_OK &&
                ts_id16_equal(&store, &self->options.store_id) &&
                get_id16(old, "feed_id", &self->feed_id) == TS_ERR_OK;
    err = make(self, detail);
    if (err == TS_ERR_OK && same) {
        err = ts_feed_finish(old, self);
    }
    ts_buf_free(&none);
    ts_ledger_discard(&old);
    return err;
}

/* What stands in a file that fits. */
static ts_err_t
take_up(ts_ledger_t *self)
{
    ts_err_t err = prepare(self);
    if (err == TS_ERR_OK) {
        err = get_id16(self, "feed_id", &self->feed_id);
    }
    return err == TS_ERR_OK ? load(self) : err;
}

/* Whatever is wrong with the old file: it can be made again. Only a disk that fails stays an error.
 */
static ts_err_t
open_or_make(ts_ledger_t *self, ts_msg_t *detail)
{
    ts_buf_t script = {0};
    compose(self->options.schema, &script);
    bool fits = false;
    bool there = access(self->path, F_OK) == 0;
    ts_err_t err = there ? open_database(self, &script, detail) : TS_ERR_NOTFOUND;
    if (err == TS_ERR_OK) {
        err = examine(self, schema_mark(&script), &fits);
    }
    ts_buf_free(&script);
    if (err == TS_ERR_OK && fits) {
        return take_up(self);
    }
    if (err == TS_ERR_FULL || err == TS_ERR_IO || err == TS_ERR_BUSY) {
        return err;
    }
    close_database(self);
    return err == TS_ERR_OK ? make_keeping_feed(self, detail) : make(self, detail);
}

/* Closes and frees; the file stays where it is. */
static void
release(ts_ledger_t **self_p)
{
    ts_ledger_t *self = *self_p;
    close_database(self);
    ts_totals_free(self);
    ts_feed_free(self);
    ts_msg_free(&self->detail);
    ts_xfree(self->path);
    ts_xfree(self->vfs);
    ts_xfree(self);
    *self_p = NULL;
}

static void
put_aside(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-journal"};
    ts_buf_t from = {0};
    ts_buf_t to = {0};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        ts_buf_clear(&from);
        ts_buf_put_text(&from, path);
        ts_buf_put_text(&from, ends[i]);
        ts_buf_put_u8(&from, 0);
        ts_buf_clear(&to);
        ts_buf_put_text(&to, path);
        ts_buf_put_text(&to, ".damaged");
        ts_buf_put_text(&to, ends[i]);
        ts_buf_put_u8(&to, 0);
        (void)unlink((const char *)to.data);
        (void)rename((const char *)from.data, (const char *)to.data);
    }
    ts_buf_free(&from);
    ts_buf_free(&to);
    remove_files(path);
}

void
ts_ledger_destroy(ts_ledger_t **self_p)
{
    ts_ledger_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    bool aside = self->spoiled || (self->db != NULL && ts_db_failed(self->db) == TS_ERR_CORRUPT);
    char *path = ts_xstrdup(self->path);
    release(self_p);
    if (aside) {
        put_aside(path);
    }
    ts_xfree(path);
}

void
ts_ledger_spoiled(ts_ledger_t *self)
{
    self->spoiled = true;
}

static ts_err_t
open_once(ts_ledger_t **ret_self, const ts_ledger_options_t *options, ts_msg_t *detail)
{
    ts_ledger_t *self = ts_xcalloc(1, sizeof *self);
    self->options = *options;
    self->path = ts_xstrdup(options->path);
    self->vfs = options->vfs == NULL ? NULL : ts_xstrdup(options->vfs);
    self->options.path = self->path;
    self->options.vfs = self->vfs;
    self->feed_id = options->new_feed_id;
    if (self->options.cache_kib == 0) {
        self->options.cache_kib = CACHE_KIB_DEFAULT;
    }
    ts_totals_init(self);
    ts_err_t err = open_or_make(self, detail);
    if (err != TS_ERR_OK) {
        self->spoiled = err == TS_ERR_CORRUPT;
        if (detail != NULL && self->db != NULL && detail->id == NULL) {
            ts_db_take_detail(self->db, detail);
        }
        ts_ledger_destroy(&self);
        return err;
    }
    *ret_self = self;
    return TS_ERR_OK;
}

ts_err_t
ts_ledger_open(ts_ledger_t **ret_self, const ts_ledger_options_t *options, ts_msg_t *detail)
{
    ts_err_t err = open_once(ret_self, options, detail);
    if (err == TS_ERR_CORRUPT) { /* it lies aside now */
        err = open_once(ret_self, options, detail);
    }
    if (err == TS_ERR_OK && detail != NULL) {
        ts_msg_free(detail); /* of the file in whose place a new one came */
    }
    return err;
}

void
ts_ledger_discard(ts_ledger_t **self_p)
{
    if (*self_p == NULL) {
        return;
    }
    char *path = ts_xstrdup((*self_p)->path);
    release(self_p);
    remove_files(path);
    ts_xfree(path);
}

const ts_msg_t *
ts_ledger_detail(const ts_ledger_t *self)
{
    return self->db == NULL ? &self->detail : ts_db_detail(self->db);
}

bool
ts_ledger_was_made(const ts_ledger_t *self)
{
    return self->made;
}

const char *
ts_ledger_path(const ts_ledger_t *self)
{
    return self->path;
}

bool
ts_ledger_has_feed(const ts_ledger_t *self)
{
    return self->options.feed;
}

/* ---- batches */

ts_err_t
ts_ledger_begin(ts_ledger_t *self)
{
    if (ts_db_in_transaction(self->db)) {
        return TS_ERR_OK;
    }
    self->written_before = ts_db_written_pages(self->db);
    return ts_db_begin(self->db, "fold");
}

uint64_t
ts_ledger_batch_bytes(const ts_ledger_t *self)
{
    if (!ts_db_in_transaction(self->db)) {
        return 0;
    }
    /* The counter of the library is 32 bits wide and comes round. */
    uint32_t pages = (uint32_t)(ts_db_written_pages(self->db) - self->written_before);
    return (uint64_t)pages * LEDGER_PAGE_BYTES;
}

bool
ts_ledger_in_batch(const ts_ledger_t *self)
{
    return self->db != NULL && ts_db_in_transaction(self->db);
}

ts_err_t
ts_ledger_commit(ts_ledger_t *self)
{
    if (!ts_db_in_transaction(self->db)) {
        return TS_ERR_OK;
    }
    ts_err_t err = ts_totals_flush(self);
    if (err == TS_ERR_OK) {
        err = ts_db_commit(self->db);
    }
    if (err != TS_ERR_OK) {
        ts_ledger_rollback(self);
    }
    return err;
}

ts_err_t
ts_ledger_flush_some(ts_ledger_t *self, uint32_t budget, uint32_t *used, bool *ret_done)
{
    ts_err_t err = ts_cells_flush_some(self, budget, used);
    if (err == TS_ERR_OK) {
        *ret_done = !ts_cells_any(self);
    }
    return err;
}

bool
ts_ledger_checkpoint_due(const ts_ledger_t *self)
{
    return !ts_ledger_in_batch(self) && ts_db_wal_pages(self->db) >= CHECKPOINT_PAGES;
}

ts_err_t
ts_ledger_checkpoint(ts_ledger_t *self)
{
    return self->db == NULL ? TS_ERR_OK : ts_db_checkpoint_some(self->db);
}

void
ts_ledger_rollback(ts_ledger_t *self)
{
    ts_db_rollback(self->db);
    self->redo_blank = false;
    ts_totals_forget(self);
}

/* Opens the file that was put in the place of this one; on an error nothing is open. */
static ts_err_t
open_again(ts_ledger_t *self, ts_msg_t *detail)
{
    ts_buf_t script = {0};
    compose(self->options.schema, &script);
    ts_err_t err = open_database(self, &script, detail);
    if (err == TS_ERR_OK) {
        err = prepare(self);
    }
    ts_totals_forget(self);
    if (err == TS_ERR_OK) {
        err = load(self);
    }
    if (err != TS_ERR_OK) {
        close_database(self);
    }
    ts_buf_free(&script);
    return err;
}

ts_err_t
ts_ledger_reload(ts_ledger_t *self)
{
    if (self->db == NULL) {
        /* Nobody can ask a ledger that is not open: the program stops, its next start opens it. */
        return open_again(self, &self->detail) == TS_ERR_OK ? TS_ERR_OK : TS_ERR_IO;
    }
    ts_ledger_rollback(self);
    return load(self);
}

void
ts_ledger_trim(ts_ledger_t *self)
{
    TS_CHECK(!ts_db_in_transaction(self->db));
    ts_totals_trim(self);
    ts_kinds_trim(self->kinds);
    ts_db_trim(self->db);
}

ts_err_t
ts_ledger_number_get(ts_ledger_t *self, const char *name, uint64_t *ret_value)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_META_GET);
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
ts_ledger_number_put(ts_ledger_t *self, const char *name, uint64_t value)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_META_PUT);
    ts_bind_text(stmt, 1, name);
    ts_bind_int(stmt, 2, (int64_t)value);
    return ts_db_run(self->db, stmt);
}

ts_err_t
ts_ledger_log_number(ts_ledger_t *self, const ts_log_info_t *info, uint32_t *ret_log)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_LOG_FIND);
    ts_bind_hash(stmt, 1, &info->log);
    int64_t id = 0;
    ts_err_t err = ts_db_number(self->db, stmt, &id);
    if (err == TS_ERR_NOTFOUND) {
        stmt = ts_ledger_stmt(self, TS_SQL_LOG_ADD);
        ts_bind_hash(stmt, 1, &info->log);
        ts_bind_int(stmt, 2, info->office);
        ts_bind_int(stmt, 3, info->purpose);
        ts_bind_int(stmt, 4, info->audience);
        ts_bind_int(stmt, 5, (int64_t)info->audience_unit);
        err = ts_db_run(self->db, stmt);
        id = ts_db_last_rowid(self->db);
    }
    if (err == TS_ERR_OK) {
        *ret_log = (uint32_t)id;
    }
    return err;
}

ts_err_t
ts_ledger_log(ts_ledger_t *self, uint32_t log, ts_log_info_t *ret_info)
{
    ts_stmt_t *stmt = ts_ledger_stmt(self, TS_SQL_LOG_GET);
    ts_bind_int(stmt, 1, log);
    ts_err_t err = ts_db_first(self->db, stmt);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_log_info_t info = {0};
    err = ts_col_hash(self->db, stmt, 0, &info.log);
    info.office = (uint32_t)ts_col_int(stmt, 1);
    info.purpose = (uint8_t)ts_col_int(stmt, 2);
    info.audience = (uint8_t)ts_col_int(stmt, 3);
    info.audience_unit = (uint64_t)ts_col_int(stmt, 4);
    ts_db_done(stmt);
    if (err == TS_ERR_OK) {
        *ret_info = info;
    }
    return err;
}

/* ---- beside */

ts_err_t
ts_ledger_beside(ts_ledger_t *self, const char *path, ts_ledger_t **ret_beside, ts_msg_t *detail)
{
    ts_ledger_t *beside = ts_xcalloc(1, sizeof *beside);
    beside->options = self->options;
    beside->path = ts_xstrdup(path);
    beside->vfs = self->vfs == NULL ? NULL : ts_xstrdup(self->vfs);
    beside->options.path = beside->path;
    beside->options.vfs = beside->vfs;
    beside->feed_id = self->feed_id;
    beside->feed_of = self;
    ts_totals_init(beside);
    ts_err_t err = make(beside, detail);
    if (err != TS_ERR_OK) {
        ts_ledger_discard(&beside);
        return err;
    }
    *ret_beside = beside;
    return TS_ERR_OK;
}

/* Everything but the way to the file. */
static void
swap_content(ts_ledger_t *a, ts_ledger_t *b)
{
    ts_ledger_t held = *a;
    *a = *b;
    *b = held;
}

ts_err_t
ts_ledger_replace(ts_ledger_t *self, ts_ledger_t **beside_p)
{
    ts_ledger_t *beside = *beside_p;
    TS_CHECK(!ts_ledger_in_batch(self));
    TS_CHECK(!ts_ledger_in_batch(beside));
    ts_err_t err = ts_feed_finish(self, beside);
    if (err != TS_ERR_OK) {
        return err;
    }
    /* Closing takes each WAL into its file, so that a file alone is the whole. */
    close_database(beside);
    close_database(self);
    /* A write-ahead log that was left behind would be taken for the new file's. */
    remove_files_from(self->path, 1);
    if (rename(beside->path, self->path) != 0) {
        err = TS_ERR_IO;
    }
    char *path = self->path;
    char *from = beside->path;
    swap_content(self, beside);
    beside->path = from;
    self->path = path;
    self->options.path = self->path;
    self->feed_of = NULL;
    if (err == TS_ERR_OK) {
        err = open_again(self, &self->detail);
    }
    release(beside_p);
    return err;
}

ts_err_t
ts_ledger_restart(ts_ledger_t *self)
{
    TS_CHECK(!ts_ledger_in_batch(self));
    ts_buf_t name = {0};
    ts_buf_put_text(&name, self->path);
    ts_buf_put_text(&name, ".new");
    ts_buf_put_u8(&name, 0);
    ts_ledger_t *fresh = NULL;
    ts_msg_t detail = {0};
    ts_err_t err = ts_ledger_beside(self, (const char *)name.data, &fresh, &detail);
    ts_buf_free(&name);
    if (err == TS_ERR_OK) {
        err = ts_ledger_replace(self, &fresh);
    }
    ts_msg_free(&detail);
    self->made = true;
    return err;
}
