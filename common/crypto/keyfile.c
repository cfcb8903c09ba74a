/* SPDX-License-Identifier: MPL-2.0 */
#include "crypto/keyfile.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "crypto/crypto.h"
#include "crypto/keyfile_p.h"

#include <string.h>

bool
ts_keyfile_name_is_valid(const char *name, size_t length)
{
    if (length < 1 || length > TS_KEYFILE_NAME_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        bool letter = name[i] >= 'a' && name[i] <= 'z';
        bool later = (name[i] >= '0' && name[i] <= '9') || name[i] == '_';
        if (!letter && !(i > 0 && later)) {
            return false;
        }
    }
    return true;
}

ts_keyfile_t *
ts_keyfile_new(const char *kind)
{
    size_t length = strlen(kind);
    TS_CHECK(ts_keyfile_name_is_valid(kind, length));
    ts_keyfile_t *self = ts_xcalloc(1, sizeof *self);
    memcpy(self->kind, kind, length + 1);
    return self;
}

static void
entry_clear(ts_keyfile_entry_t *entry)
{
    if (entry->data != NULL) {
        ts_wipe(entry->data, entry->length);
        ts_xfree(entry->data);
        entry->data = NULL;
    }
    entry->length = 0;
}

void
ts_keyfile_destroy(ts_keyfile_t **self_p)
{
    if (self_p == NULL || *self_p == NULL) {
        return;
    }
    for (size_t i = 0; i < (*self_p)->count; i++) {
        entry_clear(&(*self_p)->entries[i]);
    }
    ts_xfree(*self_p);
    *self_p = NULL;
}

const char *
ts_keyfile_kind(const ts_keyfile_t *self)
{
    return self->kind;
}

const char *
ts_keyfile_name(const ts_keyfile_t *self, size_t index)
{
    return index < self->count ? self->entries[index].name : NULL;
}

ts_err_t
ts_keyfile_parse(ts_keyfile_t **ret_self, ts_bytes_t text, const char *kind)
{
    unsigned line = 0;
    ts_keyfile_t *self = ts_xcalloc(1, sizeof *self);
    if (ts_keyfile_text_read(self, text, &line) != TS_ERR_OK || strcmp(self->kind, kind) != 0) {
        ts_keyfile_destroy(&self);
        return TS_ERR_INVALID;
    }
    *ret_self = self;
    return TS_ERR_OK;
}

const ts_keyfile_entry_t *
ts_keyfile_find(const ts_keyfile_t *self, const char *name)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->entries[i].name, name) == 0) {
            return &self->entries[i];
        }
    }
    return NULL;
}

static ts_keyfile_entry_t *
entry_for(ts_keyfile_t *self, const char *name)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->entries[i].name, name) == 0) {
            return &self->entries[i];
        }
    }
    TS_CHECK(self->count < TS_KEYFILE_ENTRIES_MAX);
    ts_keyfile_entry_t *entry = &self->entries[self->count++];
    memcpy(entry->name, name, strlen(name) + 1);
    return entry;
}

void
ts_keyfile_store(ts_keyfile_t *self, const char *name, ts_bytes_t value, bool is_text)
{
    TS_CHECK(ts_keyfile_name_is_valid(name, strlen(name)));
    TS_CHECK(value.length <= TS_KEYFILE_VALUE_BYTES_MAX);
    /* The copy first: the value may be the entry's own. */
    uint8_t *copy = ts_xmalloc(value.length + 1);
    if (value.length > 0) {
        memcpy(copy, value.data, value.length);
    }
    copy[value.length] = 0;
    ts_keyfile_entry_t *entry = entry_for(self, name);
    entry_clear(entry);
    entry->data = copy;
    entry->length = value.length;
    entry->is_text = is_text;
}

void
ts_keyfile_put(ts_keyfile_t *self, const char *name, const void *data, size_t bytes)
{
    ts_keyfile_store(self, name, (ts_bytes_t){data, bytes}, false);
}

void
ts_keyfile_put_text(ts_keyfile_t *self, const char *name, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        TS_CHECK((unsigned char)*at >= 0x20);
    }
    ts_keyfile_store(self, name, (ts_bytes_t){(const uint8_t *)text, strlen(text)}, true);
}

void
ts_keyfile_put_number(ts_keyfile_t *self, const char *name, uint64_t number)
{
    uint8_t bytes[8];
    ts_store_u64(bytes, number);
    ts_keyfile_put(self, name, bytes, sizeof bytes);
}

ts_err_t
ts_keyfile_get_bytes(const ts_keyfile_t *self, const char *name, ts_bytes_t *ret_bytes)
{
    const ts_keyfile_entry_t *entry = ts_keyfile_find(self, name);
    if (entry == NULL) {
        return TS_ERR_NOTFOUND;
    }
    *ret_bytes = (ts_bytes_t){entry->data, entry->length};
    return TS_ERR_OK;
}

ts_err_t
ts_keyfile_get(const ts_keyfile_t *self, const char *name, void *out, size_t bytes)
{
    ts_bytes_t value;
    ts_err_t err = ts_keyfile_get_bytes(self, name, &value);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (value.length != bytes) {
        return TS_ERR_INVALID;
    }
    memcpy(out, value.data, bytes);
    return TS_ERR_OK;
}

ts_err_t
ts_keyfile_get_text(const ts_keyfile_t *self, const char *name, const char **ret_text)
{
    const ts_keyfile_entry_t *entry = ts_keyfile_find(self, name);
    if (entry == NULL) {
        return TS_ERR_NOTFOUND;
    }
    if (!entry->is_text) {
        return TS_ERR_INVALID;
    }
    *ret_text = (const char *)entry->data;
    return TS_ERR_OK;
}

ts_err_t
ts_keyfile_get_number(const ts_keyfile_t *self, const char *name, uint64_t *ret_number)
{
    uint8_t bytes[8];
    ts_err_t err = ts_keyfile_get(self, name, bytes, sizeof bytes);
    if (err == TS_ERR_OK) {
        *ret_number = ts_load_u64(bytes);
    }
    return err;
}

void
ts_keyfile_put_sign(ts_keyfile_t *self, const ts_secret_t *secret)
{
    ts_hash_t public_key = ts_sign_public(secret);
    ts_keyfile_put(self, "sign_public", public_key.b, sizeof public_key.b);
    ts_keyfile_put(self, "sign_secret", secret->b, sizeof secret->b);
}

ts_err_t
ts_keyfile_get_sign(const ts_keyfile_t *self, ts_hash_t *ret_public, ts_secret_t *ret_secret)
{
    ts_hash_t stored;
    ts_secret_t secret;
    ts_err_t err = ts_keyfile_get(self, "sign_public", stored.b, sizeof stored.b);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_keyfile_get(self, "sign_secret", secret.b, sizeof secret.b);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_hash_t computed = ts_sign_public(&secret);
    /* The secret's second half is the public key that goes into every signature. */
    if (!ts_hash_equal(&stored, &computed) || memcmp(secret.b + 32, computed.b, 32) != 0) {
        err = TS_ERR_INVALID;
    } else {
        *ret_public = stored;
        *ret_secret = secret;
    }
    ts_secret_wipe(&secret);
    return err;
}

void
ts_keyfile_put_curve(ts_keyfile_t *self, const ts_box_secret_t *secret)
{
    ts_hash_t public_key = ts_box_public(secret);
    ts_keyfile_put(self, "curve_public", public_key.b, sizeof public_key.b);
    ts_keyfile_put(self, "curve_secret", secret->b, sizeof secret->b);
}

ts_err_t
ts_keyfile_get_curve(const ts_keyfile_t *self, ts_hash_t *ret_public, ts_box_secret_t *ret_secret)
{
    ts_hash_t stored;
    ts_box_secret_t secret;
    ts_err_t err = ts_keyfile_get(self, "curve_public", stored.b, sizeof stored.b);
    if (err != TS_ERR_OK) {
        return err;
    }
    err = ts_keyfile_get(self, "curve_secret", secret.b, sizeof secret.b);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_hash_t computed = ts_box_public(&secret);
    if (!ts_hash_equal(&stored, &computed)) {
        err = TS_ERR_INVALID;
    } else {
        *ret_public = stored;
        *ret_secret = secret;
    }
    ts_box_secret_wipe(&secret);
    return err;
}

void
ts_node_key_make(ts_random_t random, ts_id16_t deployment, uint32_t office, ts_node_key_t *ret_key)
{
    TS_CHECK(office <= TS_RECORD_OFFICE_MAX);
    ret_key->deployment = deployment;
    ret_key->office = office;
    ts_sign_keypair(random, &ret_key->sign_public, &ret_key->sign_secret);
    ts_box_keypair(random, &ret_key->curve_public, &ret_key->curve_secret);
}

void
ts_node_key_wipe(ts_node_key_t *key)
{
    ts_secret_wipe(&key->sign_secret);
    ts_box_secret_wipe(&key->curve_secret);
}

void
ts_keyfile_put_node(ts_keyfile_t *self, const ts_node_key_t *key)
{
    ts_keyfile_put(self, "deployment", key->deployment.b, sizeof key->deployment.b);
    ts_keyfile_put_number(self, "office", key->office);
    ts_keyfile_put_sign(self, &key->sign_secret);
    ts_keyfile_put_curve(self, &key->curve_secret);
}

ts_err_t
ts_keyfile_get_node(const ts_keyfile_t *self, ts_node_key_t *ret_key)
{
    ts_node_key_t key;
    uint64_t office = 0;
    ts_err_t err = ts_keyfile_get(self, "deployment", key.deployment.b, sizeof key.deployment.b);
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get_number(self, "office", &office);
    }
    if (err == TS_ERR_OK && office > TS_RECORD_OFFICE_MAX) {
        err = TS_ERR_INVALID;
    }
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get_sign(self, &key.sign_public, &key.sign_secret);
    }
    if (err == TS_ERR_OK) {
        err = ts_keyfile_get_curve(self, &key.curve_public, &key.curve_secret);
    }
    if (err == TS_ERR_OK) {
        key.office = (uint32_t)office;
        *ret_key = key;
    }
    ts_node_key_wipe(&key);
    return err;
}
