/* SPDX-License-Identifier: MPL-2.0 */
#include "node/kit.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "crypto/crypto.h"
#include "crypto/sealed.h"
#include "node/diskfile.h"
#include "node/founding.h"
#include "node/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define FILE_NAME_BYTES 64

/* Files of a province; those that are not there are left out. */
static const char *const files[] = {
    "node.key",        "registrar.key", TS_RECOVERY_PUBLIC_FILE,
    TS_FOUNDING_FILE,  "gate.key",      "gate-2.key",
    "aggregator.conf", "gate.conf",     "reporter.conf",
};
#define FILES (sizeof files / sizeof files[0])

static bool
ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Configuration stands in the folder, all else in keys/. */
static ts_err_t
path_of(const char *dir, const char *file, char out[PATH_BYTES], ts_msg_t *ret_why)
{
    int length =
        snprintf(out, PATH_BYTES, "%s/%s%s", dir, ends_with(file, ".conf") ? "" : "keys/", file);
    if (length < 0 || length >= PATH_BYTES) {
        ts_msg_make(ret_why, N_("The path of the data folder is too long: {1}"), dir, NULL);
        return TS_ERR_TOOBIG;
    }
    return TS_ERR_OK;
}

/* "registrar-2.key" ↔ "registrar_2_key". */
static void
name_of_file(const char *file, char out[FILE_NAME_BYTES])
{
    size_t i = 0;
    for (; file[i] != '\0' && i + 1 < FILE_NAME_BYTES; i++) {
        out[i] = file[i] == '-' || file[i] == '.' ? '_' : file[i];
    }
    out[i] = '\0';
}

static bool
file_of_name(const char *name, char out[FILE_NAME_BYTES])
{
    const char *last = strrchr(name, '_');
    if (last == NULL || last == name || strlen(name) >= FILE_NAME_BYTES) {
        return false;
    }
    for (size_t i = 0; name[i] != '\0'; i++) {
        out[i] = &name[i] == last ? '.' : name[i] == '_' ? '-' : name[i];
    }
    out[strlen(name)] = '\0';
    return ends_with(out, ".key") || ends_with(out, ".pub") || ends_with(out, ".conf");
}

/* ---- reading files */

static ts_err_t
fail(ts_msg_t *ret_why, const char *id, const char *path)
{
    int error = errno;
    ts_msg_make(ret_why, id, path, strerror(error), NULL);
    return error == ENOENT   ? TS_ERR_NOTFOUND
           : error == ENOSPC ? TS_ERR_FULL
           : error == EACCES ? TS_ERR_DENIED
                             : TS_ERR_IO;
}

static void
wipe_buf(ts_buf_t *buf)
{
    if (buf->data != NULL) {
        ts_wipe(buf->data, buf->capacity);
    }
    ts_buf_free(buf);
}

static ts_err_t
read_file(const char *path, size_t bytes_max, ts_buf_t *out, ts_msg_t *ret_why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail(ret_why, N_("{1}: cannot be read: {2}"), path);
    }
    uint8_t *to = ts_buf_extend(out, bytes_max + 1);
    out->length = 0;
    ssize_t got = 1;
    while (got > 0 && out->length <= bytes_max) {
        got = read(fd, to + out->length, bytes_max + 1 - out->length);
        if (got < 0 && errno == EINTR) {
            got = 1;
            continue;
        }
        out->length += got > 0 ? (size_t)got : 0;
    }
    ts_err_t err = got < 0 ? fail(ret_why, N_("{1}: cannot be read: {2}"), path) : TS_ERR_OK;
    (void)close(fd);
    if (err == TS_ERR_OK && out->length > bytes_max) {
        ts_msg_make(ret_why, N_("{1}: is too big"), path, NULL);
        err = TS_ERR_TOOBIG;
    }
    return err;
}

/* ---- writing files */

/* What the disk gives back is what was written. */
static ts_err_t
read_back(const char *temp, const char *path, ts_bytes_t bytes, ts_msg_t *ret_why)
{
    ts_buf_t back = {0};
    ts_err_t err = read_file(temp, bytes.length, &back, ret_why);
    if (err == TS_ERR_OK &&
        (back.length != bytes.length || memcmp(back.data, bytes.data, bytes.length) != 0)) {
        ts_msg_make(ret_why, N_("{1}: the disk gives back something else than was written"), path,
                    NULL);
        err = TS_ERR_CORRUPT;
    }
    wipe_buf(&back);
    return err;
}

static ts_err_t
fill_temp(char *temp, const char *path, ts_bytes_t bytes, ts_msg_t *ret_why)
{
    int fd = mkstemp(temp);
    if (fd < 0) {
        return fail(ret_why, N_("{1}: cannot be created: {2}"), path);
    }
    ts_err_t err = ts_disk_write(fd, path, bytes.data, bytes.length, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_disk_close(&fd, path, ret_why);
    } else {
        (void)close(fd);
    }
    if (err == TS_ERR_OK) {
        err = read_back(temp, path, bytes, ret_why);
    }
    if (err != TS_ERR_OK) {
        (void)unlink(temp);
    }
    return err;
}

/* A new file, whole or not at all. */
static ts_err_t
write_new(const char *path, ts_bytes_t bytes, ts_msg_t *ret_why)
{
    size_t room = strlen(path) + sizeof ".XXXXXX";
    char *temp = ts_xmalloc(room);
    (void)snprintf(temp, room, "%s.XXXXXX", path);
    ts_err_t err = fill_temp(temp, path, bytes, ret_why);
    if (err == TS_ERR_OK && ts_keyfile_place(temp, path) != 0) {
        err = ts_disk_fail(path, ret_why);
        if (err == TS_ERR_EXISTS) {
            ts_msg_make(ret_why, N_("{1}: exists already and is not replaced"), path, NULL);
        }
        (void)unlink(temp);
    } else if (err == TS_ERR_OK) {
        char folder[TS_DISK_PATH_BYTES];
        ts_disk_folder(folder, path);
        err = ts_disk_flush_folder(folder, ret_why);
        if (err != TS_ERR_OK) { /* what was said to have failed must not be found later */
            (void)unlink(path);
        }
    }
    ts_xfree(temp);
    return err;
}

/* ---- making */

static ts_err_t
add_file(ts_keyfile_t *kit, const char *path, const char *file, ts_msg_t *ret_why)
{
    ts_buf_t bytes = {0};
    char name[FILE_NAME_BYTES];
    ts_msg_t why = {0};
    ts_err_t err = read_file(path, TS_KEYFILE_VALUE_BYTES_MAX, &bytes, &why);
    name_of_file(file, name);
    if (err == TS_ERR_OK) {
        ts_keyfile_put(kit, name, bytes.data, bytes.length);
    }
    wipe_buf(&bytes);
    if (err == TS_ERR_NOTFOUND) {
        ts_msg_free(&why);
        return TS_ERR_OK;
    }
    if (err != TS_ERR_OK) {
        ts_msg_move(ret_why, &why);
    }
    return err;
}

static ts_err_t
collect(const ts_kit_options_t *options, ts_keyfile_t *kit, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    ts_err_t err = TS_ERR_OK;
    for (size_t i = 0; err == TS_ERR_OK && i < FILES; i++) {
        err = path_of(options->data_dir, files[i], path, ret_why);
        if (err == TS_ERR_OK) {
            err = add_file(kit, path, files[i], ret_why);
        }
    }
    for (uint32_t serial = 2; err == TS_ERR_OK && serial <= TS_REGISTRAR_SERIAL_MAX; serial++) {
        char file[FILE_NAME_BYTES];
        (void)snprintf(file, sizeof file, TS_REGISTRAR_FILE_FORM, (unsigned)serial);
        err = path_of(options->data_dir, file, path, ret_why);
        if (err == TS_ERR_OK) {
            err = add_file(kit, path, file, ret_why);
        }
    }
    if (err == TS_ERR_OK && options->gate_key != NULL) {
        err = add_file(kit, options->gate_key, "gate.key", ret_why);
    }
    return err;
}

static ts_err_t
to_buffer(void *ctx, ts_bytes_t bytes)
{
    ts_buf_put(ctx, bytes.data, bytes.length);
    return TS_ERR_OK;
}

static ts_err_t
seal(const ts_kit_options_t *options,
     const ts_recovery_t *recovery,
     ts_bytes_t content,
     ts_buf_t *out)
{
    ts_sealed_options_t how = {.what = TS_SEALED_KIT,
                               .deployment = recovery->deployment,
                               .recipients = &recovery->public_key,
                               .recipient_count = 1,
                               .label = "tiepsuc kit",
                               .random = options->random,
                               .sink = to_buffer,
                               .ctx = out};
    ts_sealed_writer_t *writer = NULL;
    ts_err_t err = ts_sealed_writer_new(&writer, &how);
    if (err == TS_ERR_OK) {
        err = ts_sealed_write(writer, content);
    }
    if (err == TS_ERR_OK) {
        err = ts_sealed_finish(writer);
    }
    ts_sealed_writer_destroy(&writer);
    return err;
}

ts_err_t
ts_kit_write(const ts_kit_options_t *options, ts_msg_t *ret_why)
{
    ts_recovery_t recovery;
    ts_bytes_t node;
    ts_buf_t text = {0};
    ts_buf_t sealed = {0};
    ts_err_t err = ts_recovery_of_folder(options->data_dir, &recovery, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_keyfile_t *kit = ts_keyfile_new(TS_KIT_KIND);
    err = collect(options, kit, ret_why);
    if (err == TS_ERR_OK && ts_keyfile_get_bytes(kit, "registrar_key", &node) != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("{1} is not the province: a kit of keys is made there"),
                    options->data_dir, NULL);
        err = TS_ERR_NOTFOUND;
    }
    if (err == TS_ERR_OK) {
        ts_keyfile_text(kit, &text);
        err = seal(options, &recovery, ts_buf_bytes(&text), &sealed);
        if (err != TS_ERR_OK) {
            ts_msg_make(ret_why,
                        N_("{1}/keys/recovery.pub cannot be used: nothing can be closed "
                           "to this key"),
                        options->data_dir, NULL);
        }
    }
    if (err == TS_ERR_OK) {
        err = write_new(options->path, ts_buf_bytes(&sealed), ret_why);
    }
    ts_keyfile_destroy(&kit);
    wipe_buf(&text);
    ts_buf_free(&sealed);
    return err;
}

ts_err_t
ts_kit_keep(const char *data_dir, ts_random_t random, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    ts_recovery_t recovery;
    ts_err_t err = ts_recovery_of_folder(data_dir, &recovery, ret_why);
    if (err == TS_ERR_NOTFOUND) {
        ts_msg_free(ret_why);
        return TS_ERR_OK;
    }
    if (err != TS_ERR_OK) {
        return err;
    }
    err = TS_ERR_EXISTS;
    for (unsigned turn = 1; err == TS_ERR_EXISTS && turn <= TS_REGISTRAR_SERIAL_MAX * 4; turn++) {
        char file[FILE_NAME_BYTES] = TS_KIT_FILE;
        if (turn > 1) {
            (void)snprintf(file, sizeof file, "recovery-%u.kit", turn);
        }
        err = path_of(data_dir, file, path, ret_why);
        if (err == TS_ERR_OK) {
            ts_kit_options_t options = {.data_dir = data_dir, .path = path, .random = random};
            err = ts_kit_write(&options, ret_why);
        }
    }
    if (err == TS_ERR_OK) {
        ts_msg_free(ret_why); /* of a name that was taken */
    }
    return err;
}

/* ---- opening */

static ts_err_t
why_closed(ts_err_t err, const char *path, ts_msg_t *ret_why)
{
    static const struct {
        ts_err_t err;
        const char *say;
    } rows[] = {
        {TS_ERR_INVALID, N_("{1} is no kit of keys")},
        {TS_ERR_UNKNOWN, N_("{1} was made by a later version of the program")},
        {TS_ERR_HASH, N_("{1} is damaged: take another copy of it")},
        {TS_ERR_TRUNCATED, N_("{1} is cut short: take another copy of it")},
        {TS_ERR_TOOBIG, N_("{1} is damaged: take another copy of it")},
        {TS_ERR_FOREIGN, N_("{1} belongs to another deployment")},
        {TS_ERR_KEY, N_("{1} is closed to another recovery key than this one")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].err == err) {
            ts_msg_make(ret_why, rows[i].say, path, NULL);
        }
    }
    return err;
}

static ts_err_t
unseal(ts_bytes_t file, const ts_recovery_t *recovery, ts_buf_t *out)
{
    ts_sealed_reader_options_t how = {.deployment = recovery->deployment,
                                      .secrets = &recovery->secret,
                                      .secret_count = 1,
                                      .sink = to_buffer,
                                      .ctx = out};
    ts_sealed_reader_t *reader = ts_sealed_reader_new(&how);
    ts_err_t err = ts_sealed_feed(reader, file);
    if (err == TS_ERR_OK) {
        err = ts_sealed_end(reader);
    }
    const ts_sealed_head_t *head = ts_sealed_reader_head(reader);
    if (err == TS_ERR_OK && (head == NULL || head->what != TS_SEALED_KIT)) {
        err = TS_ERR_INVALID;
    }
    ts_sealed_reader_destroy(&reader);
    return err;
}

ts_err_t
ts_kit_open(const char *path,
            const ts_recovery_t *recovery,
            ts_keyfile_t **ret_kit,
            ts_msg_t *ret_why)
{
    TS_CHECK(recovery->has_secret);
    ts_buf_t file = {0};
    ts_buf_t text = {0};
    ts_keyfile_t *kit = NULL;
    (void)ts_buf_extend(&text, TS_KIT_BYTES_MAX);
    ts_buf_clear(&text);
    ts_err_t err = read_file(path, TS_KIT_BYTES_MAX, &file, ret_why);
    if (err == TS_ERR_OK) {
        err = why_closed(unseal(ts_buf_bytes(&file), recovery, &text), path, ret_why);
    }
    if (err == TS_ERR_OK) {
        err = why_closed(ts_keyfile_parse(&kit, ts_buf_bytes(&text), TS_KIT_KIND), path, ret_why);
    }
    if (err == TS_ERR_OK) {
        *ret_kit = kit;
    }
    ts_buf_free(&file);
    wipe_buf(&text);
    return err;
}

static ts_err_t
unpack_one(const ts_keyfile_t *kit, const char *name, const char *dir, ts_msg_t *ret_why)
{
    char file[FILE_NAME_BYTES];
    char path[PATH_BYTES];
    ts_bytes_t bytes;
    if (!file_of_name(name, file)) {
        return TS_ERR_OK; /* of a later version */
    }
    ts_err_t err = path_of(dir, file, path, ret_why);
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get_bytes(kit, name, &bytes);
        TS_CHECK(err == TS_ERR_OK);
        err = write_new(path, bytes, ret_why);
    }
    return err;
}

ts_err_t
ts_kit_unpack(const ts_keyfile_t *kit, const char *dir, ts_msg_t *ret_why)
{
    ts_bytes_t node;
    ts_err_t err = TS_ERR_OK;
    if (ts_keyfile_get_bytes(kit, "node_key", &node) != TS_ERR_OK) {
        ts_msg_make(ret_why, N_("The kit of keys is not complete: it has no node key"), NULL);
        return TS_ERR_INVALID;
    }
    const char *name;
    for (size_t i = 0; err == TS_ERR_OK && (name = ts_keyfile_name(kit, i)) != NULL; i++) {
        if (strcmp(name, "node_key") != 0) {
            err = unpack_one(kit, name, dir, ret_why);
        }
    }
    return err == TS_ERR_OK ? unpack_one(kit, "node_key", dir, ret_why) : err;
}
