/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A tar archive (pax, uncompressed) written to and read from a stream of the caller's, so that any
 * tool can look into a backup and it can be closed on its way. Holds plain files only, with names
 * like "keys/node.key"; knows nothing of what they mean. Used by common/node (backup, restore).
 * Bounded memory; the files are as long as they like.
 */
#ifndef TS_STORE_ARCHIVE_H
#define TS_STORE_ARCHIVE_H

#include "base/err.h"
#include "base/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_ARCHIVE_NAME_BYTES 256u

typedef struct ts_archive_entry {
    char name[TS_ARCHIVE_NAME_BYTES]; /* relative; parts of letters, digits, "." "-" "_", no part
                                         begins with a dot */
    uint64_t bytes;
    int64_t changed_s; /* seconds since 1970, a claim */
} ts_archive_entry_t;

/* Where the bytes go to or come from. Errors come back from the calls below as they are. */
typedef struct ts_archive_stream {
    void *context;
    ts_err_t (*put)(void *context, const void *data, size_t bytes);
    /* Up to `max` bytes; *ret_bytes 0: the end. */
    ts_err_t (*get)(void *context, void *data, size_t max, size_t *ret_bytes);
} ts_archive_stream_t;

typedef struct ts_archive ts_archive_t;

/* Writing: new, for each file begin and as many puts as it has bytes, finish, destroy. */
ts_archive_t *ts_archive_write_new(const ts_archive_stream_t *stream);
/* INVALID: not such a name. */
TS_MUST_USE ts_err_t ts_archive_begin(ts_archive_t *self, const ts_archive_entry_t *entry);
TS_MUST_USE ts_err_t ts_archive_put(ts_archive_t *self, const void *data, size_t bytes);
TS_MUST_USE ts_err_t ts_archive_finish(ts_archive_t *self);

/* Reading: new, next until NOTFOUND, with reads in between (what is not read is skipped). */
ts_archive_t *ts_archive_read_new(const ts_archive_stream_t *stream);
/* NOTFOUND: the archive is over, complete. TRUNCATED: it breaks off. INVALID: no archive, or
 * something else than a plain file with a good name is in it. */
TS_MUST_USE ts_err_t ts_archive_next(ts_archive_t *self, ts_archive_entry_t *ret_entry);
/* Of the file that next gave; *ret_bytes 0: its end. */
TS_MUST_USE ts_err_t ts_archive_read(ts_archive_t *self, void *data, size_t max, size_t *ret_bytes);

/* Takes NULL. An unfinished archive stays broken off. */
void ts_archive_destroy(ts_archive_t **self_p);

/* A name that may stand in an archive: it leads nowhere but below the folder it is unpacked to. */
bool ts_archive_name_is_good(const char *name);

#endif
