/* SPDX-License-Identifier: MPL-2.0 */
#include "crypto/recovery.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/i18n.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 4096

uint64_t
ts_recovery_key_id(const ts_hash_t *public_key)
{
    ts_hash_t hash = ts_hash_of(public_key->b, sizeof public_key->b);
    return ts_hash_prefix(&hash);
}

void
ts_recovery_id_text(const ts_hash_t *public_key, char out[TS_RECOVERY_ID_BYTES])
{
    ts_hash_t hash = ts_hash_of(public_key->b, sizeof public_key->b);
    char *at = out;
    for (size_t group = 0; group < 4; group++) {
        ts_hex_format(hash.b + 2 * group, 2, at);
        at += 4;
        *at++ = group < 3 ? ' ' : '\0';
    }
}

static void
set_name(ts_recovery_t *recovery, const char *name)
{
    (void)snprintf(recovery->name, sizeof recovery->name, "%s", name == NULL ? "" : name);
}

void
ts_recovery_make(ts_random_t random,
                 const ts_id16_t *deployment,
                 const char *name,
                 int64_t made_s,
                 ts_recovery_t *ret_recovery)
{
    *ret_recovery = (ts_recovery_t){
        .deployment = *deployment, .has_secret = true, .made_s = made_s < 0 ? 0 : made_s};
    ts_box_keypair(random, &ret_recovery->public_key, &ret_recovery->secret);
    set_name(ret_recovery, name);
}

void
ts_recovery_of_secret(const uint8_t secret[TS_PAPER_SECRET_BYTES], ts_recovery_t *ret_recovery)
{
    *ret_recovery = (ts_recovery_t){.has_secret = true};
    memcpy(ret_recovery->secret.b, secret, sizeof ret_recovery->secret.b);
    ret_recovery->public_key = ts_box_public(&ret_recovery->secret);
}

void
ts_recovery_wipe(ts_recovery_t *recovery)
{
    ts_box_secret_wipe(&recovery->secret);
    recovery->has_secret = false;
}

void
ts_recovery_lines(const ts_recovery_t *recovery, char out[TS_PAPER_LINES][TS_PAPER_LINE_BYTES])
{
    TS_CHECK(recovery->has_secret);
    ts_paper_lines(TS_PAPER_RECOVERY, recovery->secret.b, out);
}

void
ts_root_lines(const ts_secret_t *secret, char out[TS_PAPER_LINES][TS_PAPER_LINE_BYTES])
{
    ts_paper_lines(TS_PAPER_ROOT, secret->b, out);
}

/* ---- files */

/* What both files say beside the keys. */
static ts_keyfile_t *
new_file(const char *kind, const ts_recovery_t *recovery)
{
    ts_keyfile_t *file = ts_keyfile_new(kind);
    ts_keyfile_put(file, "deployment", recovery->deployment.b, TS_ID16_BYTES);
    ts_keyfile_put_text(file, "name", recovery->name);
    ts_keyfile_put_number(file, "made", (uint64_t)recovery->made_s);
    return file;
}

static ts_err_t
save(ts_keyfile_t **file_p, const char *path, ts_msg_t *ret_why)
{
    ts_keyfile_options_t options = {.random = ts_random_system()};
    ts_err_t err = ts_keyfile_save(*file_p, path, &options, ret_why);
    ts_keyfile_destroy(file_p);
    return err;
}

ts_err_t
ts_recovery_save(const ts_recovery_t *recovery, const char *path, ts_msg_t *ret_why)
{
    TS_CHECK(recovery->has_secret);
    ts_keyfile_t *file = new_file(TS_KEYFILE_RECOVERY, recovery);
    ts_keyfile_put_curve(file, &recovery->secret);
    return save(&file, path, ret_why);
}

ts_err_t
ts_recovery_save_public(const ts_recovery_t *recovery, const char *path, ts_msg_t *ret_why)
{
    ts_keyfile_t *file = new_file(TS_KEYFILE_RECOVERY_PUBLIC, recovery);
    ts_keyfile_put(file, "curve_public", recovery->public_key.b, TS_HASH_BYTES);
    return save(&file, path, ret_why);
}

/* deployment, name and made; only the first must be there. */
static ts_err_t
read_facts(const ts_keyfile_t *file, ts_recovery_t *recovery)
{
    const char *name = "";
    uint64_t made = 0;
    ts_err_t err = ts_keyfile_get(file, "deployment", recovery->deployment.b, TS_ID16_BYTES);
    if (ts_keyfile_get_text(file, "name", &name) == TS_ERR_OK) {
        set_name(recovery, name);
    }
    if (ts_keyfile_get_number(file, "made", &made) == TS_ERR_OK && made <= INT64_MAX) {
        recovery->made_s = (int64_t)made;
    }
    return err;
}

static ts_err_t
incomplete(const char *path, ts_err_t err, ts_msg_t *ret_why)
{
    ts_msg_make(ret_why, N_("{1} is not complete: a value is missing or has the wrong size"), path,
                NULL);
    return err;
}

ts_err_t
ts_recovery_load_public(const char *path, ts_recovery_t *ret_recovery, ts_msg_t *ret_why)
{
    ts_keyfile_t *file = NULL;
    ts_recovery_t recovery = {.has_secret = false};
    /* A public half may be read by anybody; of a pair's file only that half is taken. */
    ts_keyfile_options_t options = {.shared = true};
    ts_err_t err = ts_keyfile_load(&file, path, NULL, &options, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    const char *kind = ts_keyfile_kind(file);
    if (strcmp(kind, TS_KEYFILE_RECOVERY) != 0 && strcmp(kind, TS_KEYFILE_RECOVERY_PUBLIC) != 0) {
        ts_msg_make(ret_why, N_("{1} is no recovery key: it is a key file of kind “{2}”"), path,
                    kind, NULL);
        ts_keyfile_destroy(&file);
        return TS_ERR_INVALID;
    }
    err = read_facts(file, &recovery);
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get(file, "curve_public", recovery.public_key.b, TS_HASH_BYTES);
    }
    ts_keyfile_destroy(&file);
    if (err != TS_ERR_OK) {
        return incomplete(path, err, ret_why);
    }
    *ret_recovery = recovery;
    return TS_ERR_OK;
}

ts_err_t
ts_recovery_of_folder(const char *data_dir, ts_recovery_t *ret_recovery, ts_msg_t *ret_why)
{
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/keys/" TS_RECOVERY_PUBLIC_FILE, data_dir);
    if (length < 0 || (size_t)length >= sizeof path) {
        ts_msg_make(ret_why, N_("The path of the data folder is too long: {1}"), data_dir, NULL);
        return TS_ERR_TOOBIG;
    }
    return ts_recovery_load_public(path, ret_recovery, ret_why);
}

/* ---- a key file, or a page */

static ts_err_t
read_text(const char *path, ts_buf_t *out, ts_msg_t *ret_why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        int error = errno;
        ts_msg_make(ret_why, N_("{1}: cannot be read: {2}"), path, strerror(error), NULL);
        return error == ENOENT ? TS_ERR_NOTFOUND : TS_ERR_IO;
    }
    size_t room = TS_PAPER_TEXT_BYTES_MAX + 1;
    uint8_t *to = ts_buf_extend(out, room);
    out->length = 0;
    ssize_t got = 1;
    while (got > 0 && out->length < room) {
        got = read(fd, to + out->length, room - out->length);
        if (got < 0 && errno == EINTR) {
            got = 1;
            continue;
        }
        out->length += got > 0 ? (size_t)got : 0;
    }
    int error = errno;
    (void)close(fd);
    if (got < 0) {
        ts_msg_make(ret_why, N_("{1}: cannot be read: {2}"), path, strerror(error), NULL);
        return TS_ERR_IO;
    }
    return TS_ERR_OK;
}

/* Key files have a line “kind = …”. No page has an equals sign. */
static bool
is_keyfile(ts_bytes_t text)
{
    return text.length > 0 && memchr(text.data, '=', text.length) != NULL;
}

/* The secret of a page of the kind that is wanted. EXISTS: it is a key file. */
static ts_err_t
load_page(const char *path,
          ts_paper_kind_t wanted,
          uint8_t ret_secret[TS_PAPER_SECRET_BYTES],
          ts_msg_t *ret_why)
{
    static const char *const others[] = {
        [TS_PAPER_ROOT] = N_("{1} is the page of a recovery key: the root key is needed"),
        [TS_PAPER_RECOVERY] = N_("{1} is the page of a root key: the recovery key is needed"),
    };
    ts_buf_t text = {0};
    ts_paper_kind_t kind = wanted;
    uint8_t secret[TS_PAPER_SECRET_BYTES];
    bool file = false;
    ts_err_t err = read_text(path, &text, ret_why);
    if (err == TS_ERR_OK) {
        file = is_keyfile(ts_buf_bytes(&text));
    }
    if (err == TS_ERR_OK && !file) {
        err = ts_paper_read(ts_buf_bytes(&text), &kind, secret, ret_why);
    }
    if (err == TS_ERR_OK && kind != wanted) {
        ts_msg_make(ret_why, others[wanted], path, NULL);
        err = TS_ERR_INVALID;
    }
    if (err == TS_ERR_OK && !file) {
        memcpy(ret_secret, secret, sizeof secret);
    }
    ts_wipe(secret, sizeof secret);
    if (text.data != NULL) {
        ts_wipe(text.data, text.capacity);
    }
    ts_buf_free(&text);
    return err == TS_ERR_OK && file ? TS_ERR_EXISTS : err;
}

static ts_err_t
load_pair(const char *path, ts_recovery_t *ret_recovery, ts_msg_t *ret_why)
{
    ts_keyfile_t *file = NULL;
    ts_recovery_t recovery = {.has_secret = true};
    ts_err_t err = ts_keyfile_load(&file, path, TS_KEYFILE_RECOVERY, NULL, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_keyfile_get_curve(file, &recovery.public_key, &recovery.secret);
    if (err == TS_ERR_OK) {
        (void)read_facts(file, &recovery); /* one that came from paper names no deployment */
        *ret_recovery = recovery;
    } else {
        err = incomplete(path, err, ret_why);
    }
    ts_recovery_wipe(&recovery);
    ts_keyfile_destroy(&file);
    return err;
}

ts_err_t
ts_recovery_load(const char *path, ts_recovery_t *ret_recovery, ts_msg_t *ret_why)
{
    uint8_t secret[TS_PAPER_SECRET_BYTES];
    ts_err_t err = load_page(path, TS_PAPER_RECOVERY, secret, ret_why);
    if (err == TS_ERR_EXISTS) {
        return load_pair(path, ret_recovery, ret_why);
    }
    if (err == TS_ERR_OK) {
        ts_recovery_of_secret(secret, ret_recovery);
        ts_wipe(secret, sizeof secret);
    }
    return err;
}

ts_err_t
ts_root_load(const char *path,
             const char *passphrase,
             ts_hash_t *ret_public,
             ts_secret_t *ret_secret,
             ts_msg_t *ret_why)
{
    uint8_t seed[TS_PAPER_SECRET_BYTES];
    ts_err_t err = load_page(path, TS_PAPER_ROOT, seed, ret_why);
    if (err == TS_ERR_OK) {
        ts_sign_keypair_from_seed(seed, ret_public, ret_secret);
        ts_wipe(seed, sizeof seed);
        return TS_ERR_OK;
    }
    if (err != TS_ERR_EXISTS) {
        return err;
    }
    ts_keyfile_t *file = NULL;
    ts_keyfile_options_t options = {.passphrase = passphrase};
    err = ts_keyfile_load(&file, path, TS_KEYFILE_ROOT, &options, ret_why);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_keyfile_get_sign(file, ret_public, ret_secret);
    ts_keyfile_destroy(&file);
    return err == TS_ERR_OK ? err : incomplete(path, err, ret_why);
}
