/* SPDX-License-Identifier: MPL-2.0 */
#include "node/backup.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "crypto/recovery.h"
#include "crypto/sealed.h"
#include "node/backup_p.h"
#include "node/identity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES 65536u

/* What is being written. */
typedef struct writing {
    const ts_backup_options_t *options;
    ts_manifest_t manifest;
    char part[TS_DISK_PATH_BYTES]; /* temporary name */
    int file;
    ts_sealed_writer_t *sealed; /* NULL: plain */
    ts_archive_t *archive;
    ts_msg_t *why;
} writing_t;

/* ---- what belongs in */

static int
compare_names(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

static ts_err_t
add(writing_t *self, const char *name, const char *path)
{
    ts_err_t err = ts_manifest_add(&self->manifest, name, path);
    if (err != TS_ERR_OK) {
        ts_msg_make(self->why, N_("{1}: cannot be taken into a backup"), path, NULL);
    }
    return err;
}

/* Of keys/: the identity comes last; root and recovery key are kept on paper and sticks, and who
 * finds a backup must not find them. */
static bool
stays_out(const char *name)
{
    static const char *const names[] = {"node.key", "root.key", TS_RECOVERY_FILE, "unfinished"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return name[0] == '.';
}

/* All plain files of a folder in order of their names. No such folder: none. */
static ts_err_t
add_folder(writing_t *self, const char *path, const char *prefix)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return errno == ENOENT ? TS_ERR_OK : ts_disk_fail(path, self->why);
    }
    char **names = NULL;
    size_t count = 0;
    size_t capacity = 0;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL && count < TS_BACKUP_FILES_MAX) {
        if (!stays_out(entry->d_name)) {
            names = ts_xgrow(names, count + 1, &capacity, sizeof *names);
            names[count++] = ts_xstrdup(entry->d_name);
        }
    }
    (void)closedir(folder);
    if (count > 0) {
        qsort(names, count, sizeof *names, compare_names);
    }
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; i < count; i++) {
        char full[TS_DISK_PATH_BYTES];
        char name[TS_DISK_PATH_BYTES];
        struct stat facts;
        if (err == TS_ERR_OK) {
            err = ts_disk_path(full, path, names[i], self->why);
        }
        if (err == TS_ERR_OK) {
            err = ts_disk_path(name, prefix, names[i], self->why);
        }
        /* Written beside and renamed: what has no good name is half a file of somebody's. */
        if (err == TS_ERR_OK && stat(full, &facts) == 0 && S_ISREG(facts.st_mode) &&
            ts_archive_name_is_good(name)) {
            err = add(self, name, full);
        }
        ts_xfree(names[i]);
    }
    ts_xfree(names);
    return err;
}

static ts_err_t
add_confs(writing_t *self)
{
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < TS_BACKUP_CONFS_MAX; i++) {
        const char *path = self->options->confs[i];
        if (path == NULL) {
            break;
        }
        char name[TS_DISK_PATH_BYTES];
        const char *last = strrchr(path, '/');
        err = ts_disk_path(name, "conf", last == NULL ? path : last + 1, self->why);
        if (err == TS_ERR_OK) {
            err = add(self, name, path);
        }
    }
    return err;
}

static bool
has(const ts_manifest_t *manifest, const char *name)
{
    for (size_t i = 0; i < manifest->count; i++) {
        if (strcmp(manifest->files[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The identity comes last, so that it is the last to be laid out. */
static ts_err_t
collect(writing_t *self)
{
    char path[TS_DISK_PATH_BYTES];
    const ts_backup_options_t *options = self->options;
    ts_err_t err = add(self, TS_BACKUP_CUSTODY, "");
    if (err == TS_ERR_OK) {
        err = ts_disk_path(path, options->data_dir, "files", self->why);
    }
    if (err == TS_ERR_OK) {
        err = add_folder(self, path, "files");
    }
    if (err == TS_ERR_OK) {
        err = add_confs(self);
    }
    if (err == TS_ERR_OK) {
        err = ts_disk_path(path, options->data_dir, "keys", self->why);
    }
    if (err == TS_ERR_OK) {
        err = add_folder(self, path, "keys");
    }
    if (err == TS_ERR_OK && options->gate_key != NULL && !has(&self->manifest, "keys/gate.key")) {
        err = add(self, "keys/gate.key", options->gate_key);
    }
    if (err == TS_ERR_OK) {
        err = ts_disk_path(path, options->data_dir, TS_BACKUP_NODE_KEY, self->why);
    }
    return err == TS_ERR_OK ? add(self, TS_BACKUP_NODE_KEY, path) : err;
}

/* ---- reading what goes in */

static ts_err_t
open_member(const writing_t *self, size_t index, int *ret_file)
{
    const ts_backup_file_t *file = &self->manifest.files[index];
    *ret_file = index == 0 ? dup(self->options->copy) : open(file->path, O_RDONLY | O_CLOEXEC);
    return *ret_file < 0 ? ts_disk_fail(file->path, self->why) : TS_ERR_OK;
}

static ts_err_t
hash_members(writing_t *self)
{
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < self->manifest.count; i++) {
        ts_backup_file_t *member = &self->manifest.files[i];
        int file = -1;
        err = open_member(self, i, &file);
        if (err == TS_ERR_OK) {
            err = ts_disk_hash(file, member->name, &member->hash, &member->bytes, self->why);
            (void)close(file);
        }
        self->manifest.facts.bytes += member->bytes;
    }
    return err;
}

/* ---- writing */

static ts_err_t
put_file(void *context, const void *data, size_t bytes)
{
    writing_t *self = context;
    return ts_disk_write(self->file, self->part, data, bytes, self->why);
}

static ts_err_t
put_sealed(void *context, ts_bytes_t bytes)
{
    return put_file(context, bytes.data, bytes.length);
}

static ts_err_t
put_archive(void *context, const void *data, size_t bytes)
{
    writing_t *self = context;
    if (self->sealed == NULL) {
        return put_file(self, data, bytes);
    }
    return ts_sealed_write(self->sealed, (ts_bytes_t){data, bytes});
}

static ts_err_t
put_text(writing_t *self, const char *name, const ts_buf_t *text)
{
    ts_archive_entry_t entry = {.bytes = text->length, .changed_s = self->options->now_s};
    (void)snprintf(entry.name, sizeof entry.name, "%s", name);
    ts_err_t err = ts_archive_begin(self->archive, &entry);
    return err == TS_ERR_OK ? ts_archive_put(self->archive, text->data, text->length) : err;
}

static ts_err_t
tell_changed(const writing_t *self, const char *name)
{
    ts_msg_make(self->why, N_("{1} changed while it was copied: say this again"), name, NULL);
    return TS_ERR_HASH;
}

static ts_err_t
put_member(writing_t *self, size_t index)
{
    const ts_backup_file_t *member = &self->manifest.files[index];
    ts_archive_entry_t entry = {.bytes = member->bytes, .changed_s = self->options->now_s};
    (void)snprintf(entry.name, sizeof entry.name, "%s", member->name);
    uint8_t data[READ_BYTES];
    uint64_t done = 0;
    int file = -1;
    ts_err_t err = open_member(self, index, &file);
    if (err == TS_ERR_OK) {
        err = ts_archive_begin(self->archive, &entry);
    }
    while (err == TS_ERR_OK && done < member->bytes) {
        uint64_t left = member->bytes - done;
        size_t wanted = left < sizeof data ? (size_t)left : sizeof data;
        ssize_t bytes = pread(file, data, wanted, (off_t)done);
        if (bytes < 0 && errno == EINTR) {
            continue;
        }
        if (bytes <= 0) {
            err = bytes < 0 ? ts_disk_fail(member->name, self->why)
                            : tell_changed(self, member->name);
        } else {
            err = ts_archive_put(self->archive, data, (size_t)bytes);
            done += (uint64_t)bytes;
        }
    }
    if (file >= 0) {
        (void)close(file);
    }
    return err;
}

static ts_err_t
put_all(writing_t *self)
{
    ts_buf_t text = {0};
    ts_manifest_text(&self->manifest, self->options->software, &text);
    ts_err_t err = put_text(self, TS_BACKUP_MANIFEST, &text);
    for (size_t i = 0; err == TS_ERR_OK && i < self->manifest.count; i++) {
        err = put_member(self, i);
    }
    ts_buf_free(&text);
    if (err == TS_ERR_OK) {
        err = ts_archive_finish(self->archive);
    }
    return err == TS_ERR_OK && self->sealed != NULL ? ts_sealed_finish(self->sealed) : err;
}

/* Besides the recipient a pair of this moment can open it, so that it can be read back here; its
 * secret is forgotten afterwards. */
static ts_err_t
begin_sealed(writing_t *self, const ts_hash_t *once)
{
    ts_hash_t recipients[2] = {*self->options->recipient, *once};
    ts_sealed_options_t options = {.what = TS_SEALED_BACKUP,
                                   .deployment = self->manifest.facts.deployment,
                                   .recipients = recipients,
                                   .recipient_count = 2,
                                   .random = self->options->random,
                                   .sink = put_sealed,
                                   .ctx = self};
    ts_err_t err = ts_sealed_writer_new(&self->sealed, &options);
    if (err == TS_ERR_INVALID) {
        ts_msg_make(self->why, N_("the recovery key cannot be used"), NULL);
    }
    return err;
}

static ts_err_t
write_part(writing_t *self, const ts_hash_t *once)
{
    ts_archive_stream_t stream = {.context = self, .put = put_archive};
    ts_err_t err = ts_disk_create(self->part, &self->file, self->why);
    if (err == TS_ERR_OK && self->options->recipient != NULL) {
        err = begin_sealed(self, once);
    }
    if (err == TS_ERR_OK) {
        self->archive = ts_archive_write_new(&stream);
        err = put_all(self);
    }
    ts_archive_destroy(&self->archive);
    ts_sealed_writer_destroy(&self->sealed);
    if (err != TS_ERR_OK && self->file >= 0) {
        (void)close(self->file);
        self->file = -1;
    }
    return err == TS_ERR_OK ? ts_disk_close(&self->file, self->part, self->why) : err;
}

/* ---- the whole */

static ts_err_t
read_identity(writing_t *self)
{
    ts_identity_t identity = {0};
    const ts_backup_options_t *options = self->options;
    ts_backup_facts_t *facts = &self->manifest.facts;
    ts_err_t err = ts_identity_load(options->data_dir, &identity, self->why);
    if (err != TS_ERR_OK) {
        return err;
    }
    facts->deployment = identity.keys.deployment;
    facts->office = identity.keys.office;
    facts->role = identity.role;
    (void)snprintf(facts->name, sizeof facts->name, "%s", identity.name);
    facts->store = options->store;
    facts->arrival = options->arrival;
    facts->made_s = options->now_s < 0 ? 0 : options->now_s;
    int length = snprintf(facts->folder, sizeof facts->folder, "%s", options->data_dir);
    TS_CHECK(length >= 0);
    ts_identity_free(&identity);
    return TS_ERR_OK;
}

ts_err_t
ts_backup_office(const char *data_dir, uint32_t *ret_office, ts_msg_t *ret_why)
{
    ts_identity_t identity = {0};
    ts_err_t err = ts_identity_load(data_dir, &identity, ret_why);
    if (err == TS_ERR_OK) {
        *ret_office = identity.keys.office;
        ts_identity_free(&identity);
    }
    return err;
}

static ts_err_t
check_path(writing_t *self)
{
    struct stat facts;
    const char *path = self->options->path;
    if (lstat(path, &facts) == 0) {
        ts_msg_make(self->why, N_("{1}: exists already and is not replaced"), path, NULL);
        return TS_ERR_EXISTS;
    }
    int length = snprintf(self->part, sizeof self->part, "%s.part", path);
    if (length < 0 || (size_t)length >= sizeof self->part) {
        ts_msg_make(self->why, N_("the path is too long: {1}"), path, NULL);
        return TS_ERR_TOOBIG;
    }
    return TS_ERR_OK;
}

/* crash point 15 (backup): between the first byte of the temporary file and the final name. */
ts_err_t
ts_backup_make(const ts_backup_options_t *options, ts_backup_facts_t *ret_facts, ts_msg_t *ret_why)
{
    writing_t self = {.options = options, .file = -1, .why = ret_why};
    ts_hash_t once_public;
    ts_box_secret_t once;
    ts_box_keypair(options->random, &once_public, &once);
    ts_err_t err = check_path(&self);
    if (err == TS_ERR_OK) {
        err = read_identity(&self);
    }
    if (err == TS_ERR_OK) {
        err = collect(&self);
    }
    if (err == TS_ERR_OK) {
        err = hash_members(&self);
    }
    if (err == TS_ERR_OK) {
        err = write_part(&self, &once_public);
    }
    if (err == TS_ERR_OK) {
        ts_backup_source_t source = {.path = self.part,
                                     .secret = options->recipient == NULL ? NULL : &once};
        err = ts_backup_check(&source, ret_facts, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = ts_disk_name(self.part, options->path, ret_why);
    }
    ts_box_secret_wipe(&once);
    ts_manifest_free(&self.manifest);
    return err;
}
