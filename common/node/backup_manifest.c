/* SPDX-License-Identifier: MPL-2.0 */
/* The MANIFEST of a backup: lines "key = value", then one line for each file. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/kind.h"
#include "crypto/hash.h"
#include "node/backup_p.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "tiepsuc backup "
#define LINE_BYTES 5000u

ts_err_t
ts_manifest_add(ts_manifest_t *self, const char *name, const char *path)
{
    if (self->count >= TS_BACKUP_FILES_MAX || !ts_archive_name_is_good(name)) {
        return TS_ERR_LIMIT;
    }
    self->files = ts_xgrow(self->files, self->count + 1, &self->capacity, sizeof *self->files);
    ts_backup_file_t *file = &self->files[self->count++];
    *file = (ts_backup_file_t){.path = path == NULL ? NULL : ts_xstrdup(path)};
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    return TS_ERR_OK;
}

void
ts_manifest_free(ts_manifest_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        ts_xfree(self->files[i].path);
    }
    ts_xfree(self->files);
    *self = (ts_manifest_t){.count = 0};
}

/* ---- writing */

static void
put_line(ts_buf_t *out, const char *key, const char *value)
{
    ts_buf_put_text(out, key);
    ts_buf_put_text(out, " = ");
    for (; *value != '\0'; value++) {
        ts_buf_put_u8(out, (uint8_t)*value < 32 ? ' ' : (uint8_t)*value);
    }
    ts_buf_put_u8(out, '\n');
}

static void
put_number(ts_buf_t *out, const char *key, uint64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, number);
    put_line(out, key, text);
}

static void
put_hex(ts_buf_t *out, const char *key, const uint8_t *data, size_t bytes)
{
    char text[2 * TS_HASH_BYTES + 1];
    ts_hex_format(data, bytes, text);
    put_line(out, key, text);
}

void
ts_manifest_text(const ts_manifest_t *self, const char *software, ts_buf_t *out)
{
    const ts_backup_facts_t *facts = &self->facts;
    char line[TS_ARCHIVE_NAME_BYTES + 2 * TS_HASH_BYTES + 32];
    char hex[2 * TS_HASH_BYTES + 1];
    (void)snprintf(line, sizeof line, FIRST_LINE "%u\n", TS_BACKUP_VERSION);
    ts_buf_put_text(out, line);
    put_hex(out, "deployment", facts->deployment.b, sizeof facts->deployment.b);
    put_number(out, "office", facts->office);
    put_number(out, "role", (uint64_t)facts->role);
    put_line(out, "name", facts->name);
    put_hex(out, "store", facts->store.b, sizeof facts->store.b);
    put_number(out, "arrival", facts->arrival);
    put_number(out, "made_s", (uint64_t)facts->made_s);
    put_line(out, "folder", facts->folder);
    put_line(out, "program", software);
    for (size_t i = 0; i < self->count; i++) {
        const ts_backup_file_t *file = &self->files[i];
        ts_hex_format(file->hash.b, sizeof file->hash.b, hex);
        (void)snprintf(line, sizeof line, "file = %s %" PRIu64 " %s\n", hex, file->bytes,
                       file->name);
        ts_buf_put_text(out, line);
    }
}

/* ---- reading */

static bool
read_number(const char *text, uint64_t max, uint64_t *ret_number)
{
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9' || strlen(text) > 20) {
        return false;
    }
    unsigned long long number = strtoull(text, &end, 10);
    if (*end != '\0' || number > max) {
        return false;
    }
    *ret_number = number;
    return true;
}

/* Where a file of a backup may be laid out. */
static bool
is_expected(const char *name)
{
    static const char *const folders[] = {"files/", "keys/", "conf/"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        size_t length = strlen(folders[i]);
        if (strncmp(name, folders[i], length) == 0) {
            const char *end = strrchr(name, '.');
            return strchr(name + length, '/') == NULL &&
                   (i < 2 || (end != NULL && strcmp(end, ".conf") == 0));
        }
    }
    return strcmp(name, TS_BACKUP_CUSTODY) == 0;
}

static bool
take_file(ts_manifest_t *self, char *value)
{
    char *bytes = strchr(value, ' ');
    char *name = bytes == NULL ? NULL : strchr(bytes + 1, ' ');
    if (name == NULL) {
        return false;
    }
    *bytes++ = '\0';
    *name++ = '\0';
    ts_hash_t hash;
    uint64_t size = 0;
    if (ts_hex_parse(value, hash.b, sizeof hash.b) != TS_ERR_OK ||
        !read_number(bytes, INT64_MAX, &size) || !is_expected(name) ||
        ts_manifest_add(self, name, NULL) != TS_ERR_OK) {
        return false;
    }
    self->files[self->count - 1].hash = hash;
    self->files[self->count - 1].bytes = size;
    self->facts.bytes += size;
    return true;
}

static bool
take_text(char *out, size_t bytes, const char *value)
{
    int length = snprintf(out, bytes, "%s", value);
    return length >= 0 && (size_t)length < bytes;
}

/* One "key = value"; a key that is not known is left to later versions. */
static bool
take_pair(ts_manifest_t *self, const char *key, char *value)
{
    ts_backup_facts_t *facts = &self->facts;
    uint64_t number = 0;
    if (strcmp(key, "file") == 0) {
        return take_file(self, value);
    }
    if (strcmp(key, "deployment") == 0) {
        return ts_hex_parse(value, facts->deployment.b, sizeof facts->deployment.b) == TS_ERR_OK;
    }
    if (strcmp(key, "store") == 0) {
        return ts_hex_parse(value, facts->store.b, sizeof facts->store.b) == TS_ERR_OK;
    }
    if (strcmp(key, "name") == 0) {
        return take_text(facts->name, sizeof facts->name, value);
    }
    if (strcmp(key, "folder") == 0) {
        return take_text(facts->folder, sizeof facts->folder, value);
    }
    if (strcmp(key, "office") == 0) {
        bool good = read_number(value, TS_RECORD_OFFICE_MAX, &number);
        facts->office = (uint32_t)number;
        return good;
    }
    if (strcmp(key, "role") == 0) {
        bool good = read_number(value, 255, &number);
        facts->role = (int)number;
        return good;
    }
    if (strcmp(key, "arrival") == 0) {
        return read_number(value, INT64_MAX, &facts->arrival);
    }
    if (strcmp(key, "made_s") == 0) {
        bool good = read_number(value, INT64_MAX, &number);
        facts->made_s = (int64_t)number;
        return good;
    }
    return true;
}

/* The version in the first line; false: no manifest. */
static bool
read_version(const char *line, uint64_t *ret_version)
{
    size_t length = strlen(FIRST_LINE);
    return strncmp(line, FIRST_LINE, length) == 0 &&
           read_number(line + length, UINT32_MAX, ret_version);
}

static ts_err_t
take_line(ts_manifest_t *self, char *line, size_t number, ts_msg_t *ret_why)
{
    if (number == 1) {
        uint64_t version = 0;
        if (!read_version(line, &version)) {
            ts_msg_make(ret_why, N_("this is not a backup of this program"), NULL);
            return TS_ERR_INVALID;
        }
        if (version != TS_BACKUP_VERSION) {
            ts_msg_make(ret_why,
                        N_("the backup has version {1}; this program reads version {2}: use the "
                           "release that made it, or a newer one"),
                        line + strlen(FIRST_LINE), "1", NULL);
            return TS_ERR_UNKNOWN;
        }
        return TS_ERR_OK;
    }
    char *value = strstr(line, " = ");
    if (value != NULL) {
        *value = '\0';
        value += 3;
    }
    if (value == NULL || !take_pair(self, line, value)) {
        char text[24];
        (void)snprintf(text, sizeof text, "%zu", number);
        ts_msg_make(ret_why, N_("the list of contents of the backup is damaged in line {1}"), text,
                    NULL);
        return TS_ERR_INVALID;
    }
    return TS_ERR_OK;
}

ts_err_t
ts_manifest_parse(ts_manifest_t *self, ts_bytes_t text, ts_msg_t *ret_why)
{
    char line[LINE_BYTES];
    const char *at = (const char *)text.data;
    size_t left = text.length;
    ts_err_t err = TS_ERR_OK;
    for (size_t number = 1; err == TS_ERR_OK && left > 0; number++) {
        const char *end = memchr(at, '\n', left);
        size_t length = end == NULL ? left : (size_t)(end - at);
        if (end == NULL || length >= sizeof line || memchr(at, '\0', length) != NULL) {
            ts_msg_make(ret_why, N_("this is not a backup of this program"), NULL);
            return TS_ERR_INVALID;
        }
        memcpy(line, at, length);
        line[length] = '\0';
        err = take_line(self, line, number, ret_why);
        at += length + 1;
        left -= length + 1;
    }
    if (err == TS_ERR_OK &&
        (self->count < 2 || strcmp(self->files[self->count - 1].name, TS_BACKUP_NODE_KEY) != 0 ||
         strcmp(self->files[0].name, TS_BACKUP_CUSTODY) != 0 || self->facts.office == 0)) {
        ts_msg_make(ret_why, N_("this is not a backup of this program"), NULL);
        err = TS_ERR_INVALID;
    }
    if (err == TS_ERR_OK) {
        self->facts.manifest = ts_hash_of(text.data, text.length);
        self->facts.files = self->count;
    }
    return err;
}
