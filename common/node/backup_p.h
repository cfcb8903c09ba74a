/* SPDX-License-Identifier: MPL-2.0 */
/* Inside of backup*.c and restore.c: the manifest, and the walk through a backup file. */
#ifndef TS_NODE_BACKUP_P_H
#define TS_NODE_BACKUP_P_H

#include "node/backup.h"
#include "node/diskfile.h"
#include "store/archive.h"

#define TS_BACKUP_MANIFEST "MANIFEST"
#define TS_BACKUP_CUSTODY "custody.sqlite"
#define TS_BACKUP_NODE_KEY "keys/node.key"
#define TS_BACKUP_FILES_MAX 100000u
#define TS_BACKUP_MANIFEST_BYTES_MAX (32u << 20)

typedef struct ts_backup_file {
    ts_hash_t hash;
    uint64_t bytes;
    char name[TS_ARCHIVE_NAME_BYTES]; /* in the archive */
    char *path;                       /* on this disk; NULL when read from a manifest. Owned. */
} ts_backup_file_t;

typedef struct ts_manifest {
    ts_backup_facts_t facts;
    ts_backup_file_t *files;
    size_t count;
    size_t capacity;
} ts_manifest_t;

/* LIMIT beyond TS_BACKUP_FILES_MAX. path: NULL or copied. */
TS_MUST_USE ts_err_t ts_manifest_add(ts_manifest_t *self, const char *name, const char *path);
void ts_manifest_text(const ts_manifest_t *self, const char *software, ts_buf_t *out);
/* INVALID, UNKNOWN with *ret_why. */
TS_MUST_USE ts_err_t ts_manifest_parse(ts_manifest_t *self, ts_bytes_t text, ts_msg_t *ret_why);
void ts_manifest_free(ts_manifest_t *self);

/* What happens with the files of a backup as they come by; the manifest is known before the first.
 */
typedef struct ts_backup_visitor {
    void *context;
    /* Before the first file. */
    ts_err_t (*begin)(void *context, const ts_manifest_t *manifest, ts_msg_t *ret_why);
    /* Where the file goes: a path, or "" when it is only compared. */
    ts_err_t (*place)(void *context,
                      const ts_backup_file_t *file,
                      char out[TS_DISK_PATH_BYTES],
                      ts_msg_t *ret_why);
} ts_backup_visitor_t;

/* Reads all of it: every file of the manifest is there with its hash, nothing else is. Errors as of
 * ts_backup_check. */
TS_MUST_USE ts_err_t ts_backup_walk(const ts_backup_source_t *source,
                                    const ts_backup_visitor_t *visitor,
                                    ts_backup_facts_t *ret_facts,
                                    ts_msg_t *ret_why);

/* Opens the custody in this folder as every start does, reads all segments and checks their
 * signatures, compares it with the manifest. */
TS_MUST_USE ts_err_t ts_backup_check_custody(const char *folder,
                                             const char *vfs,
                                             ts_backup_facts_t *facts,
                                             ts_msg_t *ret_why);

/* ---- restore.c, for rebuild.c as well */
/* The folder is new or empty, or an interrupted work from the same source is in it: it gets the
 * mark that says so. EXISTS otherwise. */
TS_MUST_USE ts_err_t ts_restore_take_folder(const char *dir,
                                            const ts_hash_t *source,
                                            ts_msg_t *ret_why);
TS_MUST_USE ts_err_t ts_restore_make_folders(const char *dir, ts_msg_t *ret_why);
/* Takes the mark away: the identity is there. */
void ts_restore_leave_folder(const char *dir);
/* Configurations in the folder name it instead of `from` ("": nothing to do). */
TS_MUST_USE ts_err_t ts_restore_move_confs(const char *dir, const char *from, ts_msg_t *ret_why);
/* The folder that aggregator.conf names as the data folder; "" when it is not there. */
void ts_restore_old_folder(const char *dir, char out[TS_DISK_PATH_BYTES]);

#endif
