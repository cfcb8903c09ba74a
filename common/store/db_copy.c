/* SPDX-License-Identifier: MPL-2.0 */
/* A consistent copy of a database that is in use, page by page (SQLite's backup interface). What
 * the same connection writes meanwhile goes into the copy by itself. */
#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "store/db_priv.h"

#include <sys/stat.h>

struct ts_db_copy {
    ts_db_t *from;
    sqlite3 *to;
    sqlite3_backup *backup; /* NULL: finished */
};

/* A code of SQLite. */
static int
open_target(ts_db_copy_t *self, const char *path)
{
    sqlite3_vfs *vfs = NULL;
    (void)sqlite3_file_control(self->from->handle, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
    int code = sqlite3_open_v2(path, &self->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                               vfs == NULL ? NULL : vfs->zName);
    /* Nothing of the copy counts before the whole of it was read back and flushed by who asked for
     * it: no journal, no flush of its own that would hold up the turn. */
    if (code == SQLITE_OK) {
        code = sqlite3_exec(self->to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL,
                            NULL, NULL);
    }
    return code;
}

/* The copy failed, not the database that is copied: that one goes on. */
static ts_err_t
fail(ts_db_copy_t *self, int code)
{
    ts_err_t err = (code & 0xff) == SQLITE_FULL ? TS_ERR_FULL : TS_ERR_AGAIN;
    return ts_db_fail(self->from, err, N_("the copy of {1} could not be written: {2}"),
                      self->from->path, sqlite3_errstr(code));
}

ts_err_t
ts_db_copy_begin(ts_db_t *self, const char *path, ts_db_copy_t **ret_copy)
{
    struct stat facts;
    if (self->failed != TS_ERR_OK) {
        return self->failed;
    }
    if (stat(path, &facts) == 0) {
        return ts_db_fail(self, TS_ERR_EXISTS, N_("file {1} exists already"), path, NULL);
    }
    ts_db_copy_t *copy = ts_xcalloc(1, sizeof *copy);
    copy->from = self;
    int code = open_target(copy, path);
    if (code == SQLITE_OK) {
        copy->backup = sqlite3_backup_init(copy->to, "main", self->handle, "main");
        code = copy->backup == NULL ? sqlite3_extended_errcode(copy->to) : SQLITE_OK;
    }
    if (code != SQLITE_OK) {
        ts_err_t err = fail(copy, code);
        ts_db_copy_end(&copy);
        return err;
    }
    *ret_copy = copy;
    return TS_ERR_OK;
}

ts_err_t
ts_db_copy_step(ts_db_copy_t *self, unsigned pages, bool *ret_done)
{
    TS_CHECK(self->from->why == NULL);
    TS_CHECK(pages > 0);
    *ret_done = self->backup == NULL;
    if (*ret_done) {
        return TS_ERR_OK;
    }
    int code = sqlite3_backup_step(self->backup, (int)pages);
    if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        return TS_ERR_OK; /* more to come, or somebody else looks at it: next time */
    }
    int end = sqlite3_backup_finish(self->backup);
    self->backup = NULL;
    code = code == SQLITE_DONE ? end : code;
    if (code == SQLITE_OK) {
        code = sqlite3_close(self->to);
        self->to = NULL;
    }
    *ret_done = code == SQLITE_OK;
    return code == SQLITE_OK ? TS_ERR_OK : fail(self, code);
}

void
ts_db_copy_progress(const ts_db_copy_t *self, uint64_t *ret_pages, uint64_t *ret_total)
{
    int total = self->backup == NULL ? 1 : sqlite3_backup_pagecount(self->backup);
    int left = self->backup == NULL ? 0 : sqlite3_backup_remaining(self->backup);
    *ret_total = (uint64_t)total;
    *ret_pages = (uint64_t)(total - left);
}

void
ts_db_copy_end(ts_db_copy_t **self_p)
{
    ts_db_copy_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    if (self->backup != NULL) {
        (void)sqlite3_backup_finish(self->backup);
    }
    (void)sqlite3_close(self->to);
    ts_xfree(self);
    *self_p = NULL;
}
