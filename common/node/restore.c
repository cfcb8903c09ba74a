/* SPDX-License-Identifier: MPL-2.0 */
/* Laying out a backup: see backup.h for the order and why. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "node/backup_p.h"
#include "node/node_p.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Stands in the folder from the first file until the identity is there; says of which backup. */
#define MARK "restoring"
#define NEW_NODE_KEY TS_BACKUP_NODE_KEY ".new"
#define CONF_BYTES_MAX (256u * 1024u)

typedef struct restoring {
    const ts_restore_options_t *options;
    ts_backup_facts_t facts;
} restoring_t;

/* ---- the folder */

static ts_err_t
write_mark(const char *path, const ts_hash_t *manifest, ts_msg_t *ret_why)
{
    char hex[2 * TS_HASH_BYTES + 1];
    int file = -1;
    ts_hex_format(manifest->b, TS_HASH_BYTES, hex);
    ts_err_t err = ts_disk_create(path, &file, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_disk_write(file, path, hex, strlen(hex), ret_why);
    }
    if (file >= 0) {
        ts_err_t closed = ts_disk_close(&file, path, ret_why);
        err = err == TS_ERR_OK ? closed : err;
    }
    return err;
}

/* A restore of the same backup was interrupted here. */
static bool
is_ours(const char *path, const ts_hash_t *manifest)
{
    char hex[2 * TS_HASH_BYTES + 1] = "";
    ts_hash_t found;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    ssize_t bytes = read(file, hex, sizeof hex - 1);
    (void)close(file);
    /* The mark is the first file: cut off in it, nothing else is there. */
    if (bytes >= 0 && (size_t)bytes < sizeof hex - 1) {
        return true;
    }
    return ts_hex_parse(hex, found.b, sizeof found.b) == TS_ERR_OK &&
           ts_hash_equal(&found, manifest);
}

ts_err_t
ts_restore_take_folder(const char *dir, const ts_hash_t *source, ts_msg_t *ret_why)
{
    char mark[TS_DISK_PATH_BYTES];
    char key[TS_DISK_PATH_BYTES];
    ts_err_t err = ts_disk_path(mark, dir, MARK, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_disk_path(key, dir, TS_BACKUP_NODE_KEY, ret_why);
    }
    if (err == TS_ERR_OK && access(key, F_OK) == 0) {
        ts_msg_make(ret_why, N_("{1} belongs to an office already: choose another folder"), dir,
                    NULL);
        return TS_ERR_EXISTS;
    }
    if (err == TS_ERR_OK && !ts_disk_is_empty(dir) && !is_ours(mark, source)) {
        ts_msg_make(ret_why,
                    N_("{1} is not empty: a backup is laid out in a new or empty folder only"), dir,
                    NULL);
        return TS_ERR_EXISTS;
    }
    if (err == TS_ERR_OK) {
        err = ts_disk_make_folder(dir, ret_why);
    }
    return err == TS_ERR_OK ? write_mark(mark, source, ret_why) : err;
}

void
ts_restore_leave_folder(const char *dir)
{
    char mark[TS_DISK_PATH_BYTES];
    ts_msg_t unused = {0};
    if (ts_disk_path(mark, dir, MARK, &unused) == TS_ERR_OK) {
        (void)unlink(mark); /* left behind it does no harm: the identity is there */
    }
    ts_msg_free(&unused);
}

/* What an interrupted try left of the database belongs to none that is laid out now. */
static ts_err_t
clear_database(const char *dir, ts_msg_t *ret_why)
{
    static const char *const names[] = {TS_BACKUP_CUSTODY "-wal", TS_BACKUP_CUSTODY "-shm",
                                        TS_BACKUP_CUSTODY "-journal"};
    char path[TS_DISK_PATH_BYTES];
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof names / sizeof names[0]; i++) {
        err = ts_disk_path(path, dir, names[i], ret_why);
        if (err == TS_ERR_OK && unlink(path) != 0 && errno != ENOENT) {
            err = ts_disk_fail(path, ret_why);
        }
    }
    return err;
}

/* ---- the files */

static ts_err_t
place(void *context, const ts_backup_file_t *file, char out[TS_DISK_PATH_BYTES], ts_msg_t *ret_why)
{
    const restoring_t *self = context;
    const char *name = file->name;
    if (strcmp(name, TS_BACKUP_NODE_KEY) == 0) {
        name = NEW_NODE_KEY;
    } else if (strncmp(name, "conf/", 5) == 0) {
        name += 5; /* where init and join put them */
    }
    ts_err_t err = ts_disk_make_above(self->options->dir, name, ret_why);
    return err == TS_ERR_OK ? ts_disk_path(out, self->options->dir, name, ret_why) : err;
}

static ts_err_t
begin(void *context, const ts_manifest_t *manifest, ts_msg_t *ret_why)
{
    restoring_t *self = context;
    if (!ts_hash_equal(&manifest->facts.manifest, &self->facts.manifest)) {
        ts_msg_make(ret_why, N_("{1} changed while it was read"), self->options->source.path, NULL);
        return TS_ERR_HASH;
    }
    ts_err_t err = ts_restore_take_folder(self->options->dir, &self->facts.manifest, ret_why);
    return err == TS_ERR_OK ? clear_database(self->options->dir, ret_why) : err;
}

/* Folders that services want. */
ts_err_t
ts_restore_make_folders(const char *dir, ts_msg_t *ret_why)
{
    static const char *const names[] = {"keys", "files", "gate", "reporter", "reports"};
    char path[TS_DISK_PATH_BYTES];
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < sizeof names / sizeof names[0]; i++) {
        err = ts_disk_path(path, dir, names[i], ret_why);
        if (err == TS_ERR_OK) {
            err = ts_disk_make_folder(path, ret_why);
        }
    }
    return err;
}

/* ---- configurations name the folder that they were in */

static ts_err_t
read_text(const char *path, ts_buf_t *out, ts_msg_t *ret_why)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return ts_disk_fail(path, ret_why);
    }
    char data[4096];
    ssize_t bytes;
    while ((bytes = read(file, data, sizeof data)) > 0 && out->length < CONF_BYTES_MAX) {
        ts_buf_put(out, data, (size_t)bytes);
    }
    ts_err_t err = bytes < 0 ? ts_disk_fail(path, ret_why) : TS_ERR_OK;
    (void)close(file);
    ts_buf_put_u8(out, '\0');
    return err;
}

/* Every place where the old folder stands as a whole path. False: none. */
static bool
replace_folder(const char *text, const char *from, const char *to, ts_buf_t *out)
{
    size_t length = strlen(from);
    bool found = false;
    while (*text != '\0') {
        char after = strncmp(text, from, length) == 0 ? text[length] : 'x';
        if (after == '/' || after == '"' || after == '\n' || after == '\0' || after == ' ') {
            ts_buf_put_text(out, to);
            text += length;
            found = true;
        } else {
            ts_buf_put_u8(out, (uint8_t)*text++);
        }
    }
    return found;
}

static ts_err_t
move_conf(const char *dir, const char *from, const char *name, ts_msg_t *ret_why)
{
    char path[TS_DISK_PATH_BYTES];
    ts_buf_t text = {0};
    ts_buf_t moved = {0};
    int file = -1;
    ts_err_t err = ts_disk_path(path, dir, name, ret_why);
    if (err != TS_ERR_OK || access(path, F_OK) != 0) {
        return err;
    }
    err = read_text(path, &text, ret_why);
    if (err == TS_ERR_OK && replace_folder((const char *)text.data, from, dir, &moved)) {
        err = ts_disk_create(path, &file, ret_why);
        if (err == TS_ERR_OK) {
            err = ts_disk_write(file, path, moved.data, moved.length, ret_why);
        }
        if (file >= 0) {
            ts_err_t closed = ts_disk_close(&file, path, ret_why);
            err = err == TS_ERR_OK ? closed : err;
        }
    }
    ts_buf_free(&text);
    ts_buf_free(&moved);
    return err;
}

ts_err_t
ts_restore_move_confs(const char *dir, const char *from, ts_msg_t *ret_why)
{
    static const char *const names[] = {"aggregator.conf", "office.conf", "gate.conf",
                                        "reporter.conf"};
    ts_err_t err = TS_ERR_OK;
    bool same = strcmp(from, dir) == 0 || from[0] == '\0';
    for (size_t i = 0; err == TS_ERR_OK && !same && i < sizeof names / sizeof names[0]; i++) {
        err = move_conf(dir, from, names[i], ret_why);
    }
    return err;
}

void
ts_restore_old_folder(const char *dir, char out[TS_DISK_PATH_BYTES])
{
    char path[TS_DISK_PATH_BYTES];
    ts_buf_t text = {0};
    ts_msg_t unused = {0};
    out[0] = '\0';
    if (ts_disk_path(path, dir, "aggregator.conf", &unused) == TS_ERR_OK &&
        read_text(path, &text, &unused) == TS_ERR_OK) {
        const char *at = strstr((const char *)text.data, "data_dir = \"");
        size_t length = 0;
        if (at != NULL) {
            at += strlen("data_dir = \"");
            length = strcspn(at, "\"\n");
        }
        if (length > 0 && length < TS_DISK_PATH_BYTES) {
            memcpy(out, at, length);
            out[length] = '\0';
        }
    }
    ts_buf_free(&text);
    ts_msg_free(&unused);
}

/* ---- a new store */

static ts_err_t
put_orders(ts_custody_t *custody, ts_random_t random)
{
    ts_err_t err = ts_custody_begin(custody, "restored");
    if (err == TS_ERR_OK) {
        err = ts_custody_number_put(custody, TS_LOGS_LEAVING, ts_custody_arrival(custody) + 1);
    }
    if (err == TS_ERR_OK) {
        uint64_t drawn = ts_random_u64(random) >> 2;
        err = ts_custody_number_put(custody, TS_NODE_REGAIN, drawn | 1);
    }
    if (err == TS_ERR_OK) {
        return ts_custody_commit(custody);
    }
    ts_custody_rollback(custody);
    return err;
}

/* crash point 33 (restore): between the copied database and its new store id. */
ts_err_t
ts_restore_renew(const char *dir,
                 const char *vfs,
                 const ts_id16_t *deployment,
                 ts_random_t random,
                 bool create,
                 ts_msg_t *ret_why)
{
    ts_custody_t *custody = NULL;
    ts_id16_t store;
    ts_custody_options_t options = {
        .folder = dir, .vfs = vfs, .deployment = *deployment, .hash = ts_hash_of, .create = create};
    ts_random_bytes(random, store.b, sizeof store.b);
    options.new_store_id = store;
    ts_err_t err = ts_custody_open(&custody, &options, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_custody_set_store_id(custody, &store);
    if (err == TS_ERR_OK) {
        err = put_orders(custody, random);
    }
    if (err != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("{1}: {2}"), dir, ts_err_str(err), NULL);
    }
    ts_custody_destroy(&custody);
    return err;
}

/* The identity: last of all. */
static ts_err_t
place_identity(const char *dir, ts_msg_t *ret_why)
{
    char from[TS_DISK_PATH_BYTES];
    char to[TS_DISK_PATH_BYTES];
    ts_err_t err = ts_disk_path(from, dir, NEW_NODE_KEY, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_disk_path(to, dir, TS_BACKUP_NODE_KEY, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_disk_flush_folder(dir, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_disk_name(from, to, ret_why);
    }
    if (err == TS_ERR_OK) {
        ts_restore_leave_folder(dir);
    }
    return err;
}

ts_err_t
ts_restore(const ts_restore_options_t *options, ts_backup_facts_t *ret_facts, ts_msg_t *ret_why)
{
    restoring_t self = {.options = options};
    ts_backup_facts_t facts = {.office = 0};
    ts_backup_visitor_t visitor = {.context = &self, .begin = begin, .place = place};
    /* The whole file is judged before the first byte of it is laid out. */
    ts_backup_source_t source = options->source;
    char above[TS_DISK_PATH_BYTES];
    ts_disk_folder(above, options->dir);
    source.work_dir = source.work_dir == NULL ? above : source.work_dir;
    ts_err_t err = ts_backup_check(&source, &self.facts, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_backup_walk(&options->source, &visitor, &facts, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_restore_make_folders(options->dir, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_restore_move_confs(options->dir, self.facts.folder, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_restore_renew(options->dir, options->vfs, &self.facts.deployment, options->random,
                               false, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = place_identity(options->dir, ret_why);
    }
    if (err == TS_ERR_OK) {
        *ret_facts = self.facts;
    }
    return err;
}
