/* SPDX-License-Identifier: MPL-2.0 */
/* Reading a backup: from a plain tar or a sealed file, every file against the manifest; and the
 * check of its database. */
#include "base/i18n.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "core/envelope.h"
#include "crypto/hash.h"
#include "crypto/sealed.h"
#include "crypto/sign.h"
#include "node/backup_p.h"
#include "store/custody.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES 65536u
#define SEGMENTS_PER_STEP 256u

/* ---- the stream */

typedef struct reading {
    const ts_backup_source_t *source;
    int file;
    ts_sealed_reader_t *sealed; /* NULL: plain */
    ts_buf_t opened;            /* content that the sealed reader gave and nobody took yet */
    size_t taken;
    bool over; /* the file's end was read */
    ts_archive_t *archive;
    ts_msg_t *why;
} reading_t;

static ts_err_t
read_some(reading_t *self, uint8_t *data, size_t max, size_t *ret_bytes)
{
    ssize_t bytes;
    do {
        bytes = read(self->file, data, max);
    } while (bytes < 0 && errno == EINTR);
    if (bytes < 0) {
        return ts_disk_fail(self->source->path, self->why);
    }
    *ret_bytes = (size_t)bytes;
    return TS_ERR_OK;
}

static ts_err_t
take_opened(void *context, ts_bytes_t bytes)
{
    reading_t *self = context;
    ts_buf_put(&self->opened, bytes.data, bytes.length);
    return TS_ERR_OK;
}

/* Feeds the sealed reader until it gives something. */
static ts_err_t
open_some(reading_t *self)
{
    uint8_t data[READ_BYTES];
    ts_err_t err = TS_ERR_OK;
    ts_buf_clear(&self->opened);
    self->taken = 0;
    while (err == TS_ERR_OK && self->opened.length == 0 && !self->over) {
        size_t bytes = 0;
        err = read_some(self, data, sizeof data, &bytes);
        self->over = err == TS_ERR_OK && bytes == 0;
        if (err == TS_ERR_OK) {
            err = self->over ? ts_sealed_end(self->sealed)
                             : ts_sealed_feed(self->sealed, (ts_bytes_t){data, bytes});
        }
    }
    return err;
}

static ts_err_t
get(void *context, void *data, size_t max, size_t *ret_bytes)
{
    reading_t *self = context;
    if (self->sealed == NULL) {
        return read_some(self, data, max, ret_bytes);
    }
    if (self->taken == self->opened.length) {
        ts_err_t err = open_some(self);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    size_t left = self->opened.length - self->taken;
    size_t bytes = left < max ? left : max;
    if (bytes > 0) {
        memcpy(data, self->opened.data + self->taken, bytes);
        self->taken += bytes;
    }
    *ret_bytes = bytes;
    return TS_ERR_OK;
}

static ts_err_t
begin_sealed(reading_t *self, ts_bytes_t first)
{
    ts_sealed_head_t head;
    ts_err_t err = ts_sealed_head_read(first, &head);
    if (err != TS_ERR_OK) {
        return err == TS_ERR_AGAIN ? TS_ERR_TRUNCATED : err;
    }
    if (head.what != TS_SEALED_BACKUP) {
        ts_msg_make(self->why, N_("{1} is closed like a backup, but it is none"),
                    self->source->path, NULL);
        return TS_ERR_INVALID;
    }
    if (self->source->secret == NULL) {
        ts_msg_make(self->why,
                    N_("{1} is closed to the recovery key: give that key with --recovery-key FILE"),
                    self->source->path, NULL);
        return TS_ERR_KEY;
    }
    ts_sealed_reader_options_t options = {
        .secrets = self->source->secret, .secret_count = 1, .sink = take_opened, .ctx = self};
    self->sealed = ts_sealed_reader_new(&options);
    return TS_ERR_OK;
}

static ts_err_t
open_source(reading_t *self)
{
    uint8_t first[TS_SEALED_HEAD_BYTES_MAX];
    self->file = open(self->source->path, O_RDONLY | O_CLOEXEC);
    if (self->file < 0) {
        return ts_disk_fail(self->source->path, self->why);
    }
    ssize_t bytes = pread(self->file, first, sizeof first, 0);
    if (bytes < 0) {
        return ts_disk_fail(self->source->path, self->why);
    }
    bool sealed = (size_t)bytes >= TS_SEALED_MAGIC_BYTES &&
                  memcmp(first, ts_sealed_magic, TS_SEALED_MAGIC_BYTES) == 0;
    ts_err_t err = sealed ? begin_sealed(self, (ts_bytes_t){first, (size_t)bytes}) : TS_ERR_OK;
    if (err == TS_ERR_OK) {
        ts_archive_stream_t stream = {.context = self, .get = get};
        self->archive = ts_archive_read_new(&stream);
    }
    return err;
}

static void
close_source(reading_t *self)
{
    ts_archive_destroy(&self->archive);
    ts_sealed_reader_destroy(&self->sealed);
    if (self->opened.length > 0) {
        memset(self->opened.data, 0, self->opened.length);
    }
    ts_buf_free(&self->opened);
    if (self->file >= 0) {
        (void)close(self->file);
    }
}

/* When nobody said it better. */
static ts_err_t
tell(const reading_t *self, ts_err_t err)
{
    static const struct {
        ts_err_t err;
        const char *id;
    } sayings[] = {
        {TS_ERR_TRUNCATED, N_("{1} is only the beginning of a backup: its end is missing")},
        {TS_ERR_INVALID, N_("{1} is not a backup of this program")},
        {TS_ERR_KEY, N_("{1} is closed to another recovery key than this one")},
        {TS_ERR_HASH, N_("{1} is damaged: its content is not what was written")},
        {TS_ERR_UNKNOWN, N_("{1} was made by a later version of this program: use that one")},
        {TS_ERR_TOOBIG, N_("{1} is damaged: something stands behind its end")},
    };
    if (err == TS_ERR_OK || self->why->id != NULL) {
        return err;
    }
    for (size_t i = 0; i < sizeof sayings / sizeof sayings[0]; i++) {
        if (sayings[i].err == err) {
            ts_msg_make(self->why, sayings[i].id, self->source->path, NULL);
            return err;
        }
    }
    ts_msg_make(self->why, N_("{1}: {2}"), self->source->path, ts_err_str(err), NULL);
    return err;
}

/* ---- the walk */

static ts_err_t
read_manifest(reading_t *self, ts_manifest_t *manifest)
{
    ts_archive_entry_t entry;
    ts_err_t err = ts_archive_next(self->archive, &entry);
    if (err != TS_ERR_OK || strcmp(entry.name, TS_BACKUP_MANIFEST) != 0 ||
        entry.bytes > TS_BACKUP_MANIFEST_BYTES_MAX) {
        return err == TS_ERR_OK || err == TS_ERR_NOTFOUND ? TS_ERR_INVALID : err;
    }
    ts_buf_t text = {0};
    size_t bytes = 1;
    while (err == TS_ERR_OK && bytes > 0) {
        uint8_t data[4096];
        err = ts_archive_read(self->archive, data, sizeof data, &bytes);
        if (err == TS_ERR_OK) {
            ts_buf_put(&text, data, bytes);
        }
    }
    if (err == TS_ERR_OK) {
        err = ts_manifest_parse(manifest, ts_buf_bytes(&text), self->why);
    }
    ts_buf_free(&text);
    manifest->facts.sealed = self->sealed != NULL;
    return err;
}

/* Compares one file with its line of the manifest, and writes it where it goes. */
static ts_err_t
take_file(reading_t *self, const ts_backup_file_t *file, const char *path)
{
    uint8_t data[READ_BYTES];
    ts_hasher_t hasher;
    size_t bytes = 1;
    uint64_t total = 0;
    int out = -1;
    ts_err_t err = path[0] == '\0' ? TS_ERR_OK : ts_disk_create(path, &out, self->why);
    ts_hasher_start(&hasher);
    while (err == TS_ERR_OK && bytes > 0) {
        err = ts_archive_read(self->archive, data, sizeof data, &bytes);
        if (err == TS_ERR_OK && out >= 0) {
            err = ts_disk_write(out, path, data, bytes, self->why);
        }
        if (err == TS_ERR_OK) {
            ts_hasher_add(&hasher, data, bytes);
            total += bytes;
        }
    }
    ts_hash_t hash = ts_hasher_finish(&hasher);
    if (err == TS_ERR_OK && (total != file->bytes || !ts_hash_equal(&hash, &file->hash))) {
        ts_msg_make(self->why, N_("{1} is damaged: {2} in it is not what was written"),
                    self->source->path, file->name, NULL);
        err = TS_ERR_HASH;
    }
    if (out >= 0 && err != TS_ERR_OK) {
        (void)close(out);
    } else if (out >= 0) {
        err = ts_disk_close(&out, path, self->why);
    }
    return err;
}

static ts_err_t
take_files(reading_t *self, const ts_manifest_t *manifest, const ts_backup_visitor_t *visitor)
{
    char path[TS_DISK_PATH_BYTES];
    ts_archive_entry_t entry;
    ts_err_t err =
        visitor->begin == NULL ? TS_ERR_OK : visitor->begin(visitor->context, manifest, self->why);
    for (size_t i = 0; err == TS_ERR_OK && i < manifest->count; i++) {
        const ts_backup_file_t *file = &manifest->files[i];
        err = ts_archive_next(self->archive, &entry);
        if (err == TS_ERR_NOTFOUND) {
            err = TS_ERR_TRUNCATED;
        } else if (err == TS_ERR_OK && strcmp(entry.name, file->name) != 0) {
            err = TS_ERR_INVALID;
        }
        path[0] = '\0';
        if (err == TS_ERR_OK && visitor->place != NULL) {
            err = visitor->place(visitor->context, file, path, self->why);
        }
        if (err == TS_ERR_OK) {
            err = take_file(self, file, path);
        }
    }
    if (err == TS_ERR_OK) {
        err = ts_archive_next(self->archive, &entry);
        err = err == TS_ERR_OK ? TS_ERR_INVALID : err == TS_ERR_NOTFOUND ? TS_ERR_OK : err;
    }
    return err;
}

/* What stands behind the archive's end belongs to the file too: a sealed one has its last tag
 * there. */
static ts_err_t
read_rest(reading_t *self)
{
    uint8_t data[READ_BYTES];
    size_t bytes = 1;
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK && bytes > 0) {
        err = get(self, data, sizeof data, &bytes);
    }
    return err;
}

ts_err_t
ts_backup_walk(const ts_backup_source_t *source,
               const ts_backup_visitor_t *visitor,
               ts_backup_facts_t *ret_facts,
               ts_msg_t *ret_why)
{
    reading_t self = {.source = source, .file = -1, .why = ret_why};
    ts_manifest_t manifest = {.count = 0};
    ts_err_t err = open_source(&self);
    if (err == TS_ERR_OK) {
        err = read_manifest(&self, &manifest);
    }
    if (err == TS_ERR_OK) {
        err = take_files(&self, &manifest, visitor);
    }
    if (err == TS_ERR_OK) {
        err = read_rest(&self);
    }
    if (err == TS_ERR_OK) {
        *ret_facts = manifest.facts;
    }
    err = tell(&self, err);
    close_source(&self);
    ts_manifest_free(&manifest);
    return err;
}

/* ---- the database */

static ts_err_t
check_signature(void *context, const ts_segment_view_t *view, const ts_log_info_t *info)
{
    (void)context;
    ts_hash_t payload = ts_hash_of(view->payload.data, view->payload.length);
    if (!ts_hash_equal(&payload, &view->header.payload_hash)) {
        return TS_ERR_HASH;
    }
    return ts_sign_verify(&info->node_key, TS_SEGMENT_DOMAIN, &view->signed_bytes, 1,
                          view->signature);
}

static ts_err_t
check_segments(ts_custody_t *custody, ts_backup_facts_t *facts, ts_msg_t *ret_why)
{
    ts_custody_verify_t verify = {.next_arrival = 1, .check = check_signature};
    bool done = false;
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK && !done) {
        err = ts_custody_verify(custody, &verify, SEGMENTS_PER_STEP, &done);
    }
    facts->segments = verify.checked;
    if (err == TS_ERR_OK && verify.damaged > 0) {
        char text[24];
        (void)snprintf(text, sizeof text, "%" PRIu64, verify.damaged);
        ts_msg_make(ret_why, N_("{1} segments in the backup are damaged"), text, NULL);
        err = TS_ERR_CORRUPT;
    }
    return err;
}

ts_err_t
ts_backup_check_custody(const char *folder,
                        const char *vfs,
                        ts_backup_facts_t *facts,
                        ts_msg_t *ret_why)
{
    ts_custody_t *custody = NULL;
    ts_custody_options_t options = {
        .folder = folder, .vfs = vfs, .deployment = facts->deployment, .hash = ts_hash_of};
    ts_err_t err = ts_custody_open(&custody, &options, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_id16_t store = ts_custody_store_id(custody);
    if (!ts_id16_equal(&store, &facts->store) || ts_custody_arrival(custody) < facts->arrival) {
        ts_msg_make(ret_why, N_("the database in the backup is not the one that it names"), NULL);
        err = TS_ERR_CORRUPT;
    }
    if (err == TS_ERR_OK) {
        err = check_segments(custody, facts, ret_why);
    }
    ts_custody_destroy(&custody);
    return err;
}

/* ---- check: the database is laid out beside, for as long as it takes */

typedef struct checking {
    char folder[TS_DISK_PATH_BYTES];
} checking_t;

static ts_err_t
place_custody(void *context,
              const ts_backup_file_t *file,
              char out[TS_DISK_PATH_BYTES],
              ts_msg_t *ret_why)
{
    const checking_t *self = context;
    return strcmp(file->name, TS_BACKUP_CUSTODY) == 0
               ? ts_disk_path(out, self->folder, TS_BACKUP_CUSTODY, ret_why)
               : TS_ERR_OK;
}

static ts_err_t
make_work_folder(const ts_backup_source_t *source, checking_t *self, ts_msg_t *ret_why)
{
    char above[TS_DISK_PATH_BYTES];
    if (source->work_dir != NULL) {
        (void)snprintf(above, sizeof above, "%s", source->work_dir);
    } else {
        ts_disk_folder(above, source->path);
    }
    ts_err_t err = ts_disk_path(self->folder, above, "tiepsuc-check-XXXXXX", ret_why);
    if (err == TS_ERR_OK && mkdtemp(self->folder) == NULL) {
        err = ts_disk_fail(above, ret_why);
    }
    return err;
}

/* Our own, made a moment ago. */
static void
remove_work_folder(const checking_t *self)
{
    static const char *const names[] = {TS_BACKUP_CUSTODY, TS_BACKUP_CUSTODY "-wal",
                                        TS_BACKUP_CUSTODY "-shm", TS_BACKUP_CUSTODY "-journal"};
    char path[TS_DISK_PATH_BYTES];
    ts_msg_t unused = {0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (ts_disk_path(path, self->folder, names[i], &unused) == TS_ERR_OK) {
            (void)unlink(path);
        }
    }
    (void)rmdir(self->folder);
    ts_msg_free(&unused);
}

ts_err_t
ts_backup_check(const ts_backup_source_t *source, ts_backup_facts_t *ret_facts, ts_msg_t *ret_why)
{
    checking_t self = {.folder = ""};
    ts_backup_facts_t facts = {.office = 0};
    ts_backup_visitor_t visitor = {.context = &self, .place = place_custody};
    ts_err_t err = make_work_folder(source, &self, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_backup_walk(source, &visitor, &facts, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_backup_check_custody(self.folder, NULL, &facts, ret_why);
    }
    remove_work_folder(&self);
    if (err == TS_ERR_OK) {
        *ret_facts = facts;
    }
    return err;
}
