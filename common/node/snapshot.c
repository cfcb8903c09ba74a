/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The online part of a backup: a consistent copy of custody beside it, made in slices between the
 * other work. backup_begin starts it, backup_look tells how far it is, backup_release takes the
 * name away as soon as whoever asked holds the file open, backup_note remembers that a backup was
 * made. Whatever is stopped in between leaves a file that the next start or backup removes.
 */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "node/cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Pages of one slice: 256 KiB, well below a millisecond into the system's cache. */
#define PAGES_PER_SLICE 64u
/* A finished copy that nobody fetched gives way to the next one after so long. */
#define FETCH_MS 600000
#define NAME "/backup.sqlite"
#define LAST_BACKUP_S "backup_s"
#define LAST_BACKUP_ARRIVAL "backup_arrival"

struct ts_snapshot {
    ts_custody_copy_t *copy; /* NULL: done */
    char *path;
    bool done;
    ts_err_t failed;
    ts_msg_t why;
    uint64_t arrival; /* when it was done */
    ts_mono_t done_at;
};

static char *
path_of(const ts_node_t *self)
{
    size_t bytes = strlen(self->data_dir) + sizeof NAME;
    char *path = ts_xmalloc(bytes);
    (void)snprintf(path, bytes, "%s" NAME, self->data_dir);
    return path;
}

static void
end(ts_node_t *self)
{
    ts_snapshot_t *snapshot = self->snapshot;
    if (snapshot != NULL) {
        ts_custody_copy_end(&snapshot->copy);
        ts_msg_free(&snapshot->why);
        ts_xfree(snapshot->path);
        ts_xfree(snapshot);
        self->snapshot = NULL;
    }
}

/* Our own leftovers: never the only copy of anything. */
static ts_err_t
remove_file(const char *path)
{
    static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char name[4200];
        int length = snprintf(name, sizeof name, "%s%s", path, endings[i]);
        if (length > 0 && (size_t)length < sizeof name && unlink(name) != 0 && errno != ENOENT) {
            err = TS_ERR_IO;
        }
    }
    return err;
}

void
ts_snapshot_open(ts_node_t *self)
{
    char *path = path_of(self);
    (void)remove_file(path); /* the next backup tries again and says what is wrong */
    ts_xfree(path);
}

void
ts_snapshot_close(ts_node_t *self)
{
    if (self->snapshot != NULL) {
        (void)remove_file(self->snapshot->path);
        end(self);
    }
}

bool
ts_snapshot_turn(ts_node_t *self)
{
    ts_snapshot_t *snapshot = self->snapshot;
    if (snapshot == NULL || snapshot->copy == NULL) {
        return false;
    }
    bool done = false;
    ts_err_t err = ts_custody_copy_step(snapshot->copy, PAGES_PER_SLICE, &done);
    if (err == TS_ERR_OK && !done) {
        return true;
    }
    ts_custody_copy_end(&snapshot->copy);
    snapshot->done = err == TS_ERR_OK;
    snapshot->failed = err;
    snapshot->arrival = ts_custody_arrival(self->custody);
    snapshot->done_at = self->now;
    if (err != TS_ERR_OK) {
        const ts_msg_t *why = ts_custody_detail(self->custody);
        ts_msg_make(&snapshot->why, why->id == NULL ? ts_err_str(err) : why->id, why->args[0],
                    why->args[1], NULL);
        (void)remove_file(snapshot->path);
        ts_node_note(self, TS_NOTE_WARN, "backup_failed", "code=%s", ts_err_name(err));
    }
    return false;
}

/* ---- commands */

static void
put_state(ts_job_t *job)
{
    const ts_snapshot_t *snapshot = job->node->snapshot;
    uint64_t pages = 1;
    uint64_t total = 1;
    char hex[2 * TS_ID16_BYTES + 1];
    ts_id16_t store = ts_custody_store_id(job->node->custody);
    if (snapshot->copy != NULL) {
        ts_custody_copy_progress(snapshot->copy, &pages, &total);
    }
    ts_hex_format(store.b, sizeof store.b, hex);
    ts_table_t *table = ts_reply_add_table(&job->reply, "copy");
    ts_table_add_column(table, "done", N_("Done"), "number");
    ts_table_add_column(table, "pages", N_("Pages"), "number");
    ts_table_add_column(table, "pages_all", N_("Pages in all"), "number");
    ts_table_add_column(table, "path", N_("File"), "text");
    ts_table_add_column(table, "store", N_("Store"), "text");
    ts_table_add_column(table, "arrival", N_("Arrival"), "number");
    ts_table_add_number(table, snapshot->done);
    ts_table_add_number(table, (int64_t)pages);
    ts_table_add_number(table, (int64_t)total);
    ts_table_add_text(table, snapshot->path);
    ts_table_add_text(table, hex);
    ts_table_add_number(table, (int64_t)snapshot->arrival);
}

static bool
is_taken(const ts_node_t *self)
{
    const ts_snapshot_t *snapshot = self->snapshot;
    return snapshot != NULL && (snapshot->copy != NULL ||
                                (snapshot->done && self->now.ms - snapshot->done_at.ms < FETCH_MS));
}

ts_err_t
ts_run_backup_begin(ts_job_t *job)
{
    ts_node_t *self = job->node;
    if (is_taken(self)) {
        return ts_job_refuse(job, TS_ERR_BUSY,
                             N_("Another backup is being made: try again in a moment"), NULL);
    }
    ts_snapshot_close(self);
    ts_snapshot_t *snapshot = ts_xcalloc(1, sizeof *snapshot);
    snapshot->path = path_of(self);
    self->snapshot = snapshot;
    ts_err_t err = remove_file(snapshot->path);
    if (err == TS_ERR_OK) {
        err = ts_custody_copy_begin(self->custody, snapshot->path, &snapshot->copy);
    }
    if (err != TS_ERR_OK) {
        err =
            ts_job_refuse(job, err == TS_ERR_IO ? TS_ERR_AGAIN : err,
                          N_("{1} cannot be written: {2}"), snapshot->path, ts_err_str(err), NULL);
        end(self);
        return err;
    }
    put_state(job);
    return TS_ERR_OK;
}

ts_err_t
ts_run_backup_look(ts_job_t *job)
{
    ts_snapshot_t *snapshot = job->node->snapshot;
    if (snapshot == NULL) {
        return ts_job_refuse(job, TS_ERR_NOTFOUND, N_("No backup is being made"), NULL);
    }
    if (snapshot->failed != TS_ERR_OK) {
        ts_err_t err = ts_job_refuse_with(job, snapshot->failed, &snapshot->why);
        end(job->node);
        return err;
    }
    put_state(job);
    return TS_ERR_OK;
}

ts_err_t
ts_run_backup_release(ts_job_t *job)
{
    ts_snapshot_close(job->node);
    return TS_ERR_OK;
}

ts_err_t
ts_run_backup_note(ts_job_t *job)
{
    ts_node_t *self = job->node;
    uint64_t arrival = 0;
    ts_err_t err = ts_job_number(job, "arrival", 0, INT64_MAX, &arrival);
    if (err == TS_ERR_OK) {
        err = ts_custody_begin(self->custody, "backup made");
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_custody_number_put(self->custody, LAST_BACKUP_S, (uint64_t)(self->wall.ms / 1000));
    if (err == TS_ERR_OK) {
        err = ts_custody_number_put(self->custody, LAST_BACKUP_ARRIVAL, arrival);
    }
    if (err == TS_ERR_OK) {
        err = ts_custody_commit(self->custody);
    } else {
        ts_custody_rollback(self->custody);
    }
    ts_node_note(self, TS_NOTE_INFO, "backup_made", "arrival=%" PRIu64 " code=%s", arrival,
                 ts_err_name(err));
    return err;
}

ts_err_t
ts_snapshot_last(ts_node_t *self, uint64_t *ret_made_s, uint64_t *ret_arrival)
{
    ts_err_t err = ts_custody_number_get(self->custody, LAST_BACKUP_S, ret_made_s);
    return err == TS_ERR_OK ? ts_custody_number_get(self->custody, LAST_BACKUP_ARRIVAL, ret_arrival)
                            : err;
}
