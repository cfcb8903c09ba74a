/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Inside the key file module only: the list of values, and its text form without any file.
 */
#ifndef TS_CRYPTO_KEYFILE_P_H
#define TS_CRYPTO_KEYFILE_P_H

#include "crypto/keyfile.h"

typedef struct ts_keyfile_entry {
    char name[TS_KEYFILE_NAME_BYTES_MAX + 1];
    uint8_t *data; /* owned, with a NUL behind the last byte */
    size_t length;
    bool is_text; /* shown in quotes instead of hex */
} ts_keyfile_entry_t;

struct ts_keyfile {
    char kind[TS_KEYFILE_NAME_BYTES_MAX + 1];
    ts_keyfile_entry_t entries[TS_KEYFILE_ENTRIES_MAX];
    size_t count;
};

/* Whether `length` bytes are a name: a-z first, then a-z 0-9 _. */
bool ts_keyfile_name_is_valid(const char *name, size_t length);
const ts_keyfile_entry_t *ts_keyfile_find(const ts_keyfile_t *self, const char *name);
/* Adds or replaces; the limits of the header have been checked. */
void ts_keyfile_store(ts_keyfile_t *self, const char *name, ts_bytes_t value, bool is_text);

/* Appends the values, one line each. Room for them is made beforehand, so that growing leaves no
 * copies. */
void ts_keyfile_text_write(const ts_keyfile_t *self, ts_buf_t *out);
/* Adds the lines of a text. A `kind` line sets kind (once); `ret_line` is the line of the first
 * error. */
TS_MUST_USE ts_err_t ts_keyfile_text_read(ts_keyfile_t *self, ts_bytes_t text, unsigned *ret_line);

#endif
