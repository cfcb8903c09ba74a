/* SPDX-License-Identifier: MPL-2.0 */
#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "crypto/crypto.h"
#include "crypto/keyfile_p.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCKED_NAME "locked"

static const char header_plain[] =
    "# Tiếp Sức key file. Keep it secret: who has it can act in its name.\n";
static const char header_locked[] =
    "# Tiếp Sức key file, locked with a passphrase. Without the passphrase it cannot be used.\n";

static void
wipe_buf(ts_buf_t *buf)
{
    if (buf->data != NULL) {
        ts_wipe(buf->data, buf->capacity);
    }
    ts_buf_free(buf);
}

static ts_err_t
why_errno(ts_msg_t *ret_why, const char *template, const char *path)
{
    int error = errno;
    ts_msg_make(ret_why, template, path, strerror(error), NULL);
    if (error == ENOENT) {
        return TS_ERR_NOTFOUND;
    }
    return error == ENOSPC || error == EDQUOT ? TS_ERR_FULL : TS_ERR_IO;
}

static ts_bytes_t
bytes_of_text(const char *text)
{
    return (ts_bytes_t){(const uint8_t *)text, strlen(text)};
}

/* ---- writing ----------------------------------------------------------------------------------
 */

static ts_err_t
compose(const ts_keyfile_t *self,
        const ts_keyfile_options_t *options,
        ts_buf_t *out,
        ts_msg_t *ret_why)
{
    bool locked = options->passphrase != NULL;
    ts_buf_put_text(out, locked ? header_locked : header_plain);
    ts_buf_put_text(out, "kind = ");
    ts_buf_put_text(out, self->kind);
    ts_buf_put_u8(out, '\n');
    if (!locked) {
        ts_keyfile_text_write(self, out);
        return TS_ERR_OK;
    }
    ts_buf_t inner = {0};
    ts_buf_t box = {0};
    ts_keyfile_text_write(self, &inner);
    ts_err_t err = ts_box_pass_lock(options->passphrase, options->random, bytes_of_text(self->kind),
                                    ts_buf_bytes(&inner), &box);
    if (err != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("too little memory to work with the passphrase"), NULL);
    } else if (box.length > TS_KEYFILE_VALUE_BYTES_MAX) {
        err = TS_ERR_TOOBIG;
    } else {
        ts_buf_put_text(out, LOCKED_NAME " = ");
        char *digits = (char *)ts_buf_extend(out, 2 * box.length + 1);
        ts_hex_format(box.data, box.length, digits);
        digits[2 * box.length] = '\n';
    }
    wipe_buf(&inner);
    ts_buf_free(&box);
    return err;
}

void
ts_keyfile_text(const ts_keyfile_t *self, ts_buf_t *out)
{
    ts_keyfile_options_t options = {0};
    ts_err_t err = compose(self, &options, out, NULL);
    TS_CHECK(err == TS_ERR_OK);
}

static bool
write_all(int fd, ts_bytes_t bytes)
{
    while (bytes.length > 0) {
        ssize_t written = write(fd, bytes.data, bytes.length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes.data += written;
        bytes.length -= (size_t)written;
    }
    return true;
}

/* A rename lasts only once the folder itself is on the disk. */
static bool
sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL   ? ts_xstrdup(".")
                   : slash == path ? ts_xstrdup("/")
                                   : ts_xstrndup(path, (size_t)(slash - path));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ts_xfree(folder);
    if (fd < 0) {
        return false;
    }
    bool done = fsync(fd) == 0;
    int error = errno;
    (void)close(fd);
    errno = error;
    return done;
}

/* Writes a file beside `path`; ret_temp is its name, owned by the caller. */
static ts_err_t
write_temp(const char *path, ts_bytes_t text, char **ret_temp, ts_msg_t *ret_why)
{
    size_t bytes = strlen(path) + sizeof ".XXXXXX";
    char *temp = ts_xmalloc(bytes);
    (void)snprintf(temp, bytes, "%s.XXXXXX", path);
    int fd = mkstemp(temp);
    if (fd < 0) {
        ts_err_t err = why_errno(ret_why, N_("{1}: cannot be created: {2}"), path);
        ts_xfree(temp);
        return err;
    }
    bool good = fchmod(fd, S_IRUSR | S_IWUSR) == 0 && write_all(fd, text) && fsync(fd) == 0;
    int error = errno;
    good = close(fd) == 0 && good;
    if (!good) {
        errno = error;
        ts_err_t err = why_errno(ret_why, N_("{1}: cannot be written: {2}"), path);
        (void)unlink(temp);
        ts_xfree(temp);
        return err;
    }
    *ret_temp = temp;
    return TS_ERR_OK;
}

/* A second name is given only when nobody has it, in one step and to a file that is whole: an empty
 * one that kept the name meanwhile would outlive a kill. Where there are no second names (FAT)
 * these are two steps. */
int
ts_keyfile_place(const char *temp, const char *path)
{
    if (link(temp, path) == 0) {
        (void)unlink(temp);
        return 0;
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK) {
        return -1;
    }
    if (access(path, F_OK) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(temp, path);
}

static ts_err_t
put_in_place(const char *path, ts_bytes_t text, bool replace, ts_msg_t *ret_why)
{
    char *temp = NULL;
    ts_err_t err = write_temp(path, text, &temp, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    if ((replace ? rename(temp, path) : ts_keyfile_place(temp, path)) != 0) {
        bool taken = !replace && errno == EEXIST;
        err = why_errno(ret_why,
                        taken ? N_("{1}: exists already and is not replaced")
                              : N_("{1}: cannot be written: {2}"),
                        path);
        err = taken ? TS_ERR_EXISTS : err;
        (void)unlink(temp);
    } else if (!sync_folder(path)) {
        err = why_errno(ret_why, N_("{1}: cannot be written: {2}"), path);
        if (!replace) { /* what was said to have failed must not be found later */
            (void)unlink(path);
        }
    }
    ts_xfree(temp);
    return err;
}

ts_err_t
ts_keyfile_save(const ts_keyfile_t *self,
                const char *path,
                const ts_keyfile_options_t *options,
                ts_msg_t *ret_why)
{
    TS_CHECK(options != NULL);
    TS_CHECK(ts_keyfile_find(self, LOCKED_NAME) == NULL);
    ts_buf_t text = {0};
    ts_err_t err = compose(self, options, &text, ret_why);
    if (err == TS_ERR_OK && text.length > TS_KEYFILE_BYTES_MAX) {
        err = TS_ERR_TOOBIG;
    }
    if (err == TS_ERR_TOOBIG) {
        ts_msg_make(ret_why, N_("{1}: is too big for a key file"), path, NULL);
    }
    if (err == TS_ERR_OK) {
        err = put_in_place(path, ts_buf_bytes(&text), options->replace, ret_why);
    }
    wipe_buf(&text);
    return err;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static ts_err_t
admit(int fd, const char *path, bool shared, ts_msg_t *ret_why)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return why_errno(ret_why, N_("{1}: cannot be read: {2}"), path);
    }
    if (!S_ISREG(st.st_mode)) {
        ts_msg_make(ret_why, N_("{1}: is not a file"), path, NULL);
        return TS_ERR_INVALID;
    }
    if (!shared && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        char mode[8];
        (void)snprintf(mode, sizeof mode, "%04o", (unsigned)(st.st_mode & 07777));
        ts_msg_make(
            ret_why,
            N_("{1}: other people on this machine can use this key (mode {2}); run: chmod 600 {1}"),
            path, mode, NULL);
        return TS_ERR_DENIED;
    }
    if (st.st_size > (off_t)TS_KEYFILE_BYTES_MAX) {
        ts_msg_make(ret_why, N_("{1}: is too big for a key file"), path, NULL);
        return TS_ERR_INVALID;
    }
    return TS_ERR_OK;
}

/* Reads up to the bound; false with errno set when that fails. */
static bool
read_all(int fd, ts_buf_t *ret_text)
{
    uint8_t *to = ts_buf_extend(ret_text, TS_KEYFILE_BYTES_MAX);
    ts_buf_clear(ret_text);
    while (ret_text->length < TS_KEYFILE_BYTES_MAX) {
        ssize_t got = read(fd, to + ret_text->length, TS_KEYFILE_BYTES_MAX - ret_text->length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0;
        }
        ret_text->length += (size_t)got;
    }
    return true;
}

static ts_err_t
read_file(const char *path, bool shared, ts_buf_t *ret_text, ts_msg_t *ret_why)
{
    /* Not waiting for the other end, should the path be a pipe. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return why_errno(ret_why, N_("{1}: cannot be read: {2}"), path);
    }
    ts_err_t err = admit(fd, path, shared, ret_why);
    if (err == TS_ERR_OK && !read_all(fd, ret_text)) {
        err = why_errno(ret_why, N_("{1}: cannot be read: {2}"), path);
    }
    (void)close(fd);
    return err;
}

/* Replaces `locked` by what lies in it. */
static ts_err_t
unlock(ts_keyfile_t **self_p, const char *path, const char *passphrase, ts_msg_t *ret_why)
{
    ts_bytes_t box;
    if (ts_keyfile_get_bytes(*self_p, LOCKED_NAME, &box) != TS_ERR_OK) {
        return TS_ERR_OK;
    }
    if (passphrase == NULL || passphrase[0] == '\0') {
        ts_msg_make(ret_why, N_("{1}: is locked, its passphrase is needed"), path, NULL);
        return TS_ERR_KEY;
    }
    ts_buf_t text = {0};
    unsigned line = 0;
    (void)ts_buf_extend(&text, box.length);
    ts_buf_clear(&text);
    ts_keyfile_t *open = ts_keyfile_new((*self_p)->kind);
    ts_err_t err = ts_box_pass_unlock(passphrase, bytes_of_text((*self_p)->kind), box, &text);
    if (err == TS_ERR_KEY) {
        ts_msg_make(ret_why, N_("{1}: the passphrase is wrong, or the file was altered"), path,
                    NULL);
    } else if (err == TS_ERR_FULL) {
        ts_msg_make(ret_why, N_("too little memory to work with the passphrase"), NULL);
    } else if (err != TS_ERR_OK || (*self_p)->count != 1 ||
               ts_keyfile_text_read(open, ts_buf_bytes(&text), &line) != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("{1}: the locked part cannot be read by this version"), path, NULL);
        err = TS_ERR_INVALID;
    } else {
        ts_keyfile_destroy(self_p);
        *self_p = open;
        open = NULL;
    }
    ts_keyfile_destroy(&open);
    wipe_buf(&text);
    return err;
}

static ts_err_t
parse(ts_keyfile_t *self, const char *path, const char *kind, ts_bytes_t text, ts_msg_t *ret_why)
{
    unsigned line = 0;
    if (ts_keyfile_text_read(self, text, &line) != TS_ERR_OK) {
        ts_msg_set(ret_why, N_("{1}, line {2}: is not “name = hex” or “name = \"text\"”"));
        ts_msg_arg(ret_why, path);
        ts_msg_arg_number(ret_why, line);
        return TS_ERR_INVALID;
    }
    if (self->kind[0] == '\0') {
        ts_msg_make(ret_why, N_("{1}: is not a key file: it names no kind"), path, NULL);
        return TS_ERR_INVALID;
    }
    if (kind != NULL && strcmp(kind, self->kind) != 0) {
        ts_msg_make(ret_why, N_("{1}: is a key file of kind “{2}”, needed is “{3}”"), path,
                    self->kind, kind, NULL);
        return TS_ERR_INVALID;
    }
    return TS_ERR_OK;
}

ts_err_t
ts_keyfile_load(ts_keyfile_t **ret_self,
                const char *path,
                const char *kind,
                const ts_keyfile_options_t *options,
                ts_msg_t *ret_why)
{
    static const ts_keyfile_options_t strict;
    if (options == NULL) {
        options = &strict;
    }
    ts_keyfile_t *self = ts_xcalloc(1, sizeof *self);
    ts_buf_t text = {0};
    ts_err_t err = read_file(path, options->shared, &text, ret_why);
    if (err == TS_ERR_OK) {
        err = parse(self, path, kind, ts_buf_bytes(&text), ret_why);
    }
    if (err == TS_ERR_OK) {
        err = unlock(&self, path, options->passphrase, ret_why);
    }
    if (err == TS_ERR_OK) {
        *ret_self = self;
        self = NULL;
    }
    ts_keyfile_destroy(&self);
    wipe_buf(&text);
    return err;
}
