/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Files that are carried by hand, on sticks that may be pulled, full, write-protected or damaged.
 * Writing: under a name that says that it is not done, flushed, read back past the cache, compared,
 * and only then given its final name; nothing half ever stands under that, and nothing that is
 * there already is replaced. Reading: the file is never changed; a zip that a mail or chat program
 * put around it is opened on the way. Every step that changes the disk goes through ts_carry_os_t,
 * so that a test can let each of them fail or be the last.
 */
#ifndef TS_CLI_CARRY_H
#define TS_CLI_CARRY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Behind the final name while it is being written: "đang ghi", being written. */
#define TS_CARRY_SUFFIX ".dang-ghi"

/* Each as its namesake of POSIX: -1 and errno on failure. */
typedef struct ts_carry_os {
    void *ctx;
    int (*make)(void *ctx, const char *path); /* a new file for writing; EEXIST */
    int64_t (*write)(void *ctx, int file, const void *data, size_t bytes);
    int (*flush)(void *ctx, int file);
    int (*name)(void *ctx, const char *from, const char *to);
    int (*remove)(void *ctx, const char *path);
} ts_carry_os_t;

/* The machine's own. */
ts_carry_os_t ts_carry_system(void);

/* ---- writing */

typedef struct ts_carry_out ts_carry_out_t;

/* Begins <folder>/<name>. bytes_expected: what must be free at the least. Errors with *ret_why:
 * NOTFOUND no such folder · EXISTS the name is taken · FULL · DENIED write-protected · IO. */
TS_MUST_USE ts_err_t ts_carry_out_new(ts_carry_out_t **ret_self,
                                      const ts_carry_os_t *os,
                                      const char *folder,
                                      const char *name,
                                      uint64_t bytes_expected,
                                      ts_msg_t *ret_why);
TS_MUST_USE ts_err_t ts_carry_out_write(ts_carry_out_t *self, ts_bytes_t bytes, ts_msg_t *ret_why);
/* Flush, read back, compare, name, flush the folder. HASH: the stick gave back other bytes. */
TS_MUST_USE ts_err_t ts_carry_out_finish(ts_carry_out_t *self, ts_msg_t *ret_why);
const char *ts_carry_out_path(const ts_carry_out_t *self);
uint64_t ts_carry_out_bytes(const ts_carry_out_t *self);
/* The system agreed to forget its copy before it was read back. */
bool ts_carry_out_past_cache(const ts_carry_out_t *self);
/* Takes an unfinished file away. Takes NULL. */
void ts_carry_out_destroy(ts_carry_out_t **self_p);

/* ---- reading */

typedef struct ts_carry_in ts_carry_in_t;

/* Opens a bundle, or the one bundle inside a zip. Errors with *ret_why: NOTFOUND · DENIED · IO ·
 * INVALID: a zip without a bundle in it, or with several. */
TS_MUST_USE ts_err_t ts_carry_in_new(ts_carry_in_t **ret_self, const char *path, ts_msg_t *ret_why);
/* Up to `max` bytes are appended; *ret_last: nothing follows. */
TS_MUST_USE ts_err_t
ts_carry_in_read(ts_carry_in_t *self, size_t max, ts_buf_t *out, bool *ret_last, ts_msg_t *ret_why);
/* Bytes in all; 0 = not known. */
uint64_t ts_carry_in_bytes(const ts_carry_in_t *self);
/* It was inside a zip. */
bool ts_carry_in_was_packed(const ts_carry_in_t *self);
void ts_carry_in_destroy(ts_carry_in_t **self_p);

#endif
