/* SPDX-License-Identifier: MPL-2.0 */
/* Files and folders of founding, backup, restore and rebuild: written whole, flushed, never over
 * another's. Errors come with a sentence that names the path. */
#ifndef TS_NODE_DISKFILE_H
#define TS_NODE_DISKFILE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"

#include <stdbool.h>
#include <stdint.h>

#define TS_DISK_PATH_BYTES 4096

/* <folder>/<name>; TOOBIG with *ret_why. */
TS_MUST_USE ts_err_t ts_disk_path(char out[TS_DISK_PATH_BYTES],
                                  const char *folder,
                                  const char *name,
                                  ts_msg_t *ret_why);
/* The folder of a path: "." when it has none. */
void ts_disk_folder(char out[TS_DISK_PATH_BYTES], const char *path);
/* "{path}: {what the system says}"; the error that fits errno. */
ts_err_t ts_disk_fail(const char *path, ts_msg_t *ret_why);
/* OK also when it is there already. */
TS_MUST_USE ts_err_t ts_disk_make_folder(const char *path, ts_msg_t *ret_why);
/* Makes the folders of "a/b/c" below `root`, for the owner only. */
TS_MUST_USE ts_err_t ts_disk_make_above(const char *root, const char *name, ts_msg_t *ret_why);
/* A new or emptied file for the owner only; close it with ts_disk_close. */
TS_MUST_USE ts_err_t ts_disk_create(const char *path, int *ret_file, ts_msg_t *ret_why);
TS_MUST_USE ts_err_t
ts_disk_write(int file, const char *path, const void *data, size_t bytes, ts_msg_t *ret_why);
/* Flushes and closes. */
TS_MUST_USE ts_err_t ts_disk_close(int *file_p, const char *path, ts_msg_t *ret_why);
TS_MUST_USE ts_err_t ts_disk_flush_folder(const char *path, ts_msg_t *ret_why);
/* Gives a flushed file its final name, which must not be there: EXISTS. The folder is flushed; when
 * that fails the name is taken back. */
TS_MUST_USE ts_err_t ts_disk_name(const char *from, const char *to, ts_msg_t *ret_why);
/* Hash and length of what an open file holds from its beginning. */
TS_MUST_USE ts_err_t ts_disk_hash(
    int file, const char *path, ts_hash_t *ret_hash, uint64_t *ret_bytes, ts_msg_t *ret_why);
/* Nothing in it, or not there. */
bool ts_disk_is_empty(const char *path);

#endif
