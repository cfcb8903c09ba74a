/* SPDX-License-Identifier: MPL-2.0 */
#include "store/archive.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define BLOCK_BYTES 65536u

struct ts_archive {
    ts_archive_stream_t stream;
    struct archive *handle;
    bool writes;
    ts_err_t failed; /* of the stream */
    uint64_t left;   /* of the file being read */
    bool whole;      /* the stream's end was seen */
    uint8_t block[BLOCK_BYTES];
};

bool
ts_archive_name_is_good(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  ".-_/";
    size_t length = strlen(name);
    if (length == 0 || length >= TS_ARCHIVE_NAME_BYTES || name[length - 1] == '/' ||
        strspn(name, letters) != length) {
        return false;
    }
    for (const char *part = name; part != NULL; part = strchr(part, '/')) {
        part += part == name ? 0 : 1;
        if (part[0] == '.' || part[0] == '/' || part[0] == '\0') {
            return false;
        }
    }
    return true;
}

/* ---- writing */

static la_ssize_t
write_out(struct archive *handle, void *context, const void *data, size_t bytes)
{
    ts_archive_t *self = context;
    if (self->failed == TS_ERR_OK) {
        self->failed = self->stream.put(self->stream.context, data, bytes);
    }
    if (self->failed != TS_ERR_OK) {
        archive_set_error(handle, ARCHIVE_FATAL, "stream");
        return -1;
    }
    return (la_ssize_t)bytes;
}

ts_archive_t *
ts_archive_write_new(const ts_archive_stream_t *stream)
{
    ts_archive_t *self = ts_xcalloc(1, sizeof *self);
    self->stream = *stream;
    self->writes = true;
    self->handle = archive_write_new();
    TS_CHECK(self->handle != NULL);
    TS_CHECK(archive_write_set_format_pax_restricted(self->handle) == ARCHIVE_OK);
    TS_CHECK(archive_write_set_bytes_per_block(self->handle, (int)BLOCK_BYTES) == ARCHIVE_OK);
    /* The last block is filled to a whole tar record only. */
    TS_CHECK(archive_write_set_bytes_in_last_block(self->handle, 512) == ARCHIVE_OK);
    int code = archive_write_open(self->handle, self, NULL, write_out, NULL);
    TS_CHECK(code == ARCHIVE_OK);
    return self;
}

static ts_err_t
result(const ts_archive_t *self, bool good)
{
    if (good && self->failed == TS_ERR_OK) {
        return TS_ERR_OK;
    }
    return self->failed != TS_ERR_OK ? self->failed : TS_ERR_IO;
}

ts_err_t
ts_archive_begin(ts_archive_t *self, const ts_archive_entry_t *entry)
{
    TS_CHECK(self->writes);
    if (!ts_archive_name_is_good(entry->name)) {
        return TS_ERR_INVALID;
    }
    struct archive_entry *head = archive_entry_new();
    TS_CHECK(head != NULL);
    archive_entry_set_pathname(head, entry->name);
    archive_entry_set_filetype(head, AE_IFREG);
    archive_entry_set_perm(head, 0600);
    archive_entry_set_size(head, (la_int64_t)entry->bytes);
    archive_entry_set_mtime(head, (time_t)entry->changed_s, 0);
    int code = archive_write_header(self->handle, head);
    archive_entry_free(head);
    return result(self, code == ARCHIVE_OK);
}

ts_err_t
ts_archive_put(ts_archive_t *self, const void *data, size_t bytes)
{
    TS_CHECK(self->writes);
    la_ssize_t written = bytes == 0 ? 0 : archive_write_data(self->handle, data, bytes);
    return result(self, written == (la_ssize_t)bytes);
}

ts_err_t
ts_archive_finish(ts_archive_t *self)
{
    TS_CHECK(self->writes);
    return result(self, archive_write_close(self->handle) == ARCHIVE_OK);
}

/* ---- reading */

static la_ssize_t
read_in(struct archive *handle, void *context, const void **ret_data)
{
    ts_archive_t *self = context;
    size_t bytes = 0;
    if (self->failed == TS_ERR_OK) {
        self->failed = self->stream.get(self->stream.context, self->block, BLOCK_BYTES, &bytes);
    }
    if (self->failed != TS_ERR_OK) {
        archive_set_error(handle, ARCHIVE_FATAL, "stream");
        return -1;
    }
    self->whole = bytes == 0;
    *ret_data = self->block;
    return (la_ssize_t)bytes;
}

ts_archive_t *
ts_archive_read_new(const ts_archive_stream_t *stream)
{
    ts_archive_t *self = ts_xcalloc(1, sizeof *self);
    self->stream = *stream;
    self->handle = archive_read_new();
    TS_CHECK(self->handle != NULL);
    TS_CHECK(archive_read_support_format_tar(self->handle) == ARCHIVE_OK);
    /* What is no archive shows at the first next. */
    if (archive_read_open(self->handle, self, NULL, read_in, NULL) != ARCHIVE_OK &&
        self->failed == TS_ERR_OK) {
        self->failed = TS_ERR_INVALID;
    }
    return self;
}

static ts_err_t
read_error(const ts_archive_t *self)
{
    if (self->failed != TS_ERR_OK) {
        return self->failed;
    }
    return self->whole ? TS_ERR_TRUNCATED : TS_ERR_INVALID;
}

ts_err_t
ts_archive_next(ts_archive_t *self, ts_archive_entry_t *ret_entry)
{
    struct archive_entry *head = NULL;
    TS_CHECK(!self->writes);
    if (self->failed != TS_ERR_OK) {
        return self->failed;
    }
    int code = archive_read_next_header(self->handle, &head);
    if (code == ARCHIVE_EOF) {
        return TS_ERR_NOTFOUND;
    }
    if (code != ARCHIVE_OK) {
        return read_error(self);
    }
    const char *name = archive_entry_pathname(head);
    la_int64_t bytes = archive_entry_size(head);
    if (archive_entry_filetype(head) != AE_IFREG || archive_entry_hardlink(head) != NULL ||
        name == NULL || bytes < 0 || !ts_archive_name_is_good(name)) {
        return TS_ERR_INVALID;
    }
    (void)snprintf(ret_entry->name, sizeof ret_entry->name, "%s", name);
    ret_entry->bytes = (uint64_t)bytes;
    ret_entry->changed_s = (int64_t)archive_entry_mtime(head);
    self->left = (uint64_t)bytes;
    return TS_ERR_OK;
}

ts_err_t
ts_archive_read(ts_archive_t *self, void *data, size_t max, size_t *ret_bytes)
{
    TS_CHECK(!self->writes);
    la_ssize_t bytes = archive_read_data(self->handle, data, max);
    if (bytes < 0 || (bytes == 0 && self->left > 0) || (uint64_t)bytes > self->left) {
        return read_error(self);
    }
    self->left -= (uint64_t)bytes;
    *ret_bytes = (size_t)bytes;
    return TS_ERR_OK;
}

void
ts_archive_destroy(ts_archive_t **self_p)
{
    ts_archive_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    if (self->writes) {
        /* Nothing more is written by the ending of one that failed or was given up. */
        self->failed = self->failed == TS_ERR_OK ? TS_ERR_AGAIN : self->failed;
        (void)archive_write_free(self->handle);
    } else {
        (void)archive_read_free(self->handle);
    }
    ts_xfree(self);
    *self_p = NULL;
}
