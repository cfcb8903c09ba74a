/* SPDX-License-Identifier: MPL-2.0 */
/* A bundle as it is, or inside the zip that a mail or chat program put around it. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "cli/carry.h"
#include "crypto/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <minizip/unzip.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files of a zip that are looked at. */
#define ENTRIES_MAX 1000u
/* Bytes asked from a zip at once. */
#define PIECE_BYTES 65536u

struct ts_carry_in {
    char *path;
    int file;    /* plain; -1: none */
    unzFile zip; /* NULL: none */
    uint64_t bytes;
};

static ts_err_t
say_errno(const ts_carry_in_t *self, int error, ts_msg_t *ret_why)
{
    if (error == EIO || error == ENODEV || error == ENXIO) {
        ts_msg_make(ret_why,
                    N_("{1}: cannot be read: the stick does not work, or was pulled out. Put it in "
                       "again; what was taken in is kept"),
                    self->path, NULL);
        return TS_ERR_IO;
    }
    ts_msg_make(ret_why, N_("{1}: cannot be read: {2}"), self->path, strerror(error), NULL);
    return error == ENOENT ? TS_ERR_NOTFOUND : error == EACCES ? TS_ERR_DENIED : TS_ERR_IO;
}

static bool
begins_as_bundle(const uint8_t *data, size_t bytes)
{
    return bytes >= TS_SEALED_MAGIC_BYTES &&
           memcmp(data, ts_sealed_magic, TS_SEALED_MAGIC_BYTES) == 0;
}

/* ---- zip */

/* Is the present file of the zip a bundle? It is left closed. */
static bool
entry_is_bundle(unzFile zip)
{
    uint8_t first[TS_SEALED_MAGIC_BYTES];
    if (unzOpenCurrentFile(zip) != UNZ_OK) {
        return false;
    }
    int count = unzReadCurrentFile(zip, first, sizeof first);
    (void)unzCloseCurrentFile(zip);
    return count > 0 && begins_as_bundle(first, (size_t)count);
}

static ts_err_t
refuse_zip(const ts_carry_in_t *self, unsigned bundles, ts_msg_t *ret_why)
{
    ts_msg_make(ret_why,
                bundles == 0
                    ? N_("{1} is a zip without a bundle in it")
                    : N_("{1} is a zip with several bundles in it: unpack it into a folder "
                         "and take that in"),
                self->path, NULL);
    return TS_ERR_INVALID;
}

static ts_err_t
open_zip(ts_carry_in_t *self, ts_msg_t *ret_why)
{
    unz_file_pos place = {0};
    unz_file_info64 info = {0};
    unsigned bundles = 0;
    unsigned looked = 0;
    self->zip = unzOpen64(self->path);
    int more = self->zip == NULL ? UNZ_BADZIPFILE : unzGoToFirstFile(self->zip);
    for (; more == UNZ_OK && looked < ENTRIES_MAX; looked++) {
        if (entry_is_bundle(self->zip)) {
            bundles++;
            (void)unzGetFilePos(self->zip, &place);
            (void)unzGetCurrentFileInfo64(self->zip, &info, NULL, 0, NULL, 0, NULL, 0);
        }
        more = unzGoToNextFile(self->zip);
    }
    if (self->zip != NULL && bundles != 1) {
        return refuse_zip(self, bundles, ret_why);
    }
    if (self->zip == NULL || unzGoToFilePos(self->zip, &place) != UNZ_OK ||
        unzOpenCurrentFile(self->zip) != UNZ_OK) {
        ts_msg_make(ret_why,
                    N_("{1} is a damaged zip, or one that only its own program opens: unpack it "
                       "and take in what was inside"),
                    self->path, NULL);
        return TS_ERR_INVALID;
    }
    self->bytes = info.uncompressed_size;
    return TS_ERR_OK;
}

/* ---- either */

static ts_err_t
open_plain(ts_carry_in_t *self, bool *ret_is_zip, ts_msg_t *ret_why)
{
    static const uint8_t packed[] = {'P', 'K', 3, 4};
    uint8_t first[4];
    struct stat about;
    self->file = open(self->path, O_RDONLY | O_CLOEXEC);
    if (self->file < 0 || fstat(self->file, &about) != 0) {
        return say_errno(self, errno, ret_why);
    }
    ssize_t count = read(self->file, first, sizeof first);
    if (count < 0 || lseek(self->file, 0, SEEK_SET) != 0) {
        return say_errno(self, errno, ret_why);
    }
    self->bytes = about.st_size > 0 ? (uint64_t)about.st_size : 0;
    *ret_is_zip = count == (ssize_t)sizeof first && memcmp(first, packed, sizeof packed) == 0;
    return TS_ERR_OK;
}

ts_err_t
ts_carry_in_new(ts_carry_in_t **ret_self, const char *path, ts_msg_t *ret_why)
{
    ts_carry_in_t *self = ts_xcalloc(1, sizeof *self);
    bool is_zip = false;
    self->path = ts_xstrdup(path);
    self->file = -1;
    ts_err_t err = open_plain(self, &is_zip, ret_why);
    if (err == TS_ERR_OK && is_zip) {
        (void)close(self->file);
        self->file = -1;
        err = open_zip(self, ret_why);
    }
    if (err != TS_ERR_OK) {
        ts_carry_in_destroy(&self);
        return err;
    }
    *ret_self = self;
    return TS_ERR_OK;
}

void
ts_carry_in_destroy(ts_carry_in_t **self_p)
{
    ts_carry_in_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    if (self->file >= 0) {
        (void)close(self->file);
    }
    if (self->zip != NULL) {
        (void)unzCloseCurrentFile(self->zip);
        (void)unzClose(self->zip);
    }
    ts_xfree(self->path);
    ts_xfree(self);
    *self_p = NULL;
}

/* The next piece; *ret_count 0: the end. A damaged zip ends early: the bundle itself says so. */
static ts_err_t
read_piece(ts_carry_in_t *self, uint8_t *to, size_t bytes, size_t *ret_count, ts_msg_t *ret_why)
{
    if (self->zip != NULL) {
        int count = unzReadCurrentFile(self->zip, to, (unsigned)bytes);
        *ret_count = count > 0 ? (size_t)count : 0;
        return TS_ERR_OK;
    }
    ssize_t count;
    do {
        count = read(self->file, to, bytes);
    } while (count < 0 && errno == EINTR);
    *ret_count = count > 0 ? (size_t)count : 0;
    return count < 0 ? say_errno(self, errno, ret_why) : TS_ERR_OK;
}

ts_err_t
ts_carry_in_read(ts_carry_in_t *self, size_t max, ts_buf_t *out, bool *ret_last, ts_msg_t *ret_why)
{
    size_t done = 0;
    size_t count = 1;
    ts_err_t err = TS_ERR_OK;
    while (err == TS_ERR_OK && done < max && count > 0) {
        size_t wanted = max - done < PIECE_BYTES ? max - done : PIECE_BYTES;
        uint8_t *to = ts_buf_extend(out, wanted);
        count = 0;
        err = read_piece(self, to, wanted, &count, ret_why);
        out->length -= wanted - count;
        done += count;
    }
    *ret_last = count == 0;
    return err;
}

uint64_t
ts_carry_in_bytes(const ts_carry_in_t *self)
{
    return self->bytes;
}

bool
ts_carry_in_was_packed(const ts_carry_in_t *self)
{
    return self->zip != NULL;
}
