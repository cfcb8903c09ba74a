/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Key files: a kind and a list of named values, kept as text that a person can look at and print:
 *
 *     # Tiếp Sức key file. Keep it secret: who has it can act in its name.
 *     kind = node
 *     deployment = 3f0c…            bytes as lower-case hex
 *     endpoints = "tcp://…"         text in quotes, with \" and \\ inside
 *
 * A file locked with a passphrase shows its kind and one value `locked`; the rest lies inside that.
 * Files are written whole or not at all (own name, fsync, rename, fsync of the folder) with mode
 * 0600, and refused on reading when group or others may read them. Used by enrolment, the
 * registrar, the nodes and the gate. What a name means is the user's matter; the names and shapes
 * that more than one program needs stand below.
 */
#ifndef TS_CRYPTO_KEYFILE_H
#define TS_CRYPTO_KEYFILE_H

#include "base/err.h"
#include "base/id.h"
#include "base/msg.h"
#include "crypto/box.h"
#include "crypto/random.h"
#include "crypto/sign.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kinds. A kind or name is 1..31 of a-z, 0-9 and _; it starts with a letter. */
#define TS_KEYFILE_ROOT "root"           /* signing pair, kept offline, best under a passphrase */
#define TS_KEYFILE_REGISTRAR "registrar" /* signing pair and its certificate by the root */
#define TS_KEYFILE_NODE "node"           /* ts_node_key_t */
#define TS_KEYFILE_GATE "gate"           /* CURVE pair only: a gate never signs */
#define TS_KEYFILE_INVITE "invite"       /* one-time pairs, certificates, endpoints */
#define TS_KEYFILE_SUBSCRIBER "subscriber"

#define TS_KEYFILE_NAME_BYTES_MAX 31u
#define TS_KEYFILE_ENTRIES_MAX 64u
#define TS_KEYFILE_VALUE_BYTES_MAX 65536u
#define TS_KEYFILE_BYTES_MAX (256u * 1024u)

typedef struct ts_keyfile ts_keyfile_t;

/* An installation's keys: signs its logs, speaks CURVE. */
typedef struct ts_node_key {
    ts_id16_t deployment;
    uint32_t office; /* 1..TS_RECORD_OFFICE_MAX; 0 when not given yet */
    ts_hash_t sign_public;
    ts_secret_t sign_secret;
    ts_hash_t curve_public;
    ts_box_secret_t curve_secret;
} ts_node_key_t;

/* How a file is written or read; zero-initialised with `random` set is the usual way. */
typedef struct ts_keyfile_options {
    const char *passphrase; /* borrowed; NULL: not locked */
    ts_random_t random;     /* writing a locked file needs it */
    bool replace;           /* writing may take the place of an existing file */
    bool shared; /* reading accepts a file that others can read: one-time invites on a stick
                    whose file system knows no owners; never a lasting key */
} ts_keyfile_options_t;

/* Only memory can fail. kind as above. */
ts_keyfile_t *ts_keyfile_new(const char *kind);
/* Wipes every value. Accepts NULL and a second call. */
void ts_keyfile_destroy(ts_keyfile_t **self_p);
const char *ts_keyfile_kind(const ts_keyfile_t *self);

/* Adds a value, or replaces the one of that name; bytes ≤ TS_KEYFILE_VALUE_BYTES_MAX. */
void ts_keyfile_put(ts_keyfile_t *self, const char *name, const void *data, size_t bytes);
/* Text without control characters; shown in quotes. */
void ts_keyfile_put_text(ts_keyfile_t *self, const char *name, const char *text);
void ts_keyfile_put_number(ts_keyfile_t *self, const char *name, uint64_t number);

/* A value of exactly `bytes` bytes. NOTFOUND: no such name; INVALID: another length. */
TS_MUST_USE ts_err_t ts_keyfile_get(const ts_keyfile_t *self,
                                    const char *name,
                                    void *out,
                                    size_t bytes);
/* A value of any length, borrowed until the next put. NOTFOUND. */
TS_MUST_USE ts_err_t ts_keyfile_get_bytes(const ts_keyfile_t *self,
                                          const char *name,
                                          ts_bytes_t *ret_bytes);
/* A text, borrowed until the next put. NOTFOUND; INVALID when the value is no text. */
TS_MUST_USE ts_err_t ts_keyfile_get_text(const ts_keyfile_t *self,
                                         const char *name,
                                         const char **ret_text);
TS_MUST_USE ts_err_t ts_keyfile_get_number(const ts_keyfile_t *self,
                                           const char *name,
                                           uint64_t *ret_number);

/* A signing pair as `sign_public` and `sign_secret`. Reading refuses (INVALID) a pair that does not
 * belong together, so that a damaged file is not found out by a broken log. */
void ts_keyfile_put_sign(ts_keyfile_t *self, const ts_secret_t *secret);
TS_MUST_USE ts_err_t ts_keyfile_get_sign(const ts_keyfile_t *self,
                                         ts_hash_t *ret_public,
                                         ts_secret_t *ret_secret);
/* A CURVE pair as `curve_public` and `curve_secret`, likewise. */
void ts_keyfile_put_curve(ts_keyfile_t *self, const ts_box_secret_t *secret);
TS_MUST_USE ts_err_t ts_keyfile_get_curve(const ts_keyfile_t *self,
                                          ts_hash_t *ret_public,
                                          ts_box_secret_t *ret_secret);

/* New pairs for an installation. */
void
ts_node_key_make(ts_random_t random, ts_id16_t deployment, uint32_t office, ts_node_key_t *ret_key);
void ts_node_key_wipe(ts_node_key_t *key);
/* Both pairs, `deployment` and `office`. */
void ts_keyfile_put_node(ts_keyfile_t *self, const ts_node_key_t *key);
/* NOTFOUND or INVALID as above; nothing is written to ret_key then. */
TS_MUST_USE ts_err_t ts_keyfile_get_node(const ts_keyfile_t *self, ts_node_key_t *ret_key);

/* Name of the value at `index`, in the order of putting; NULL beyond the last. */
const char *ts_keyfile_name(const ts_keyfile_t *self, size_t index);

/* Appends what an unlocked file would hold, for a reply that carries a one-time invite. */
void ts_keyfile_text(const ts_keyfile_t *self, ts_buf_t *out);
/* The way back, of an unlocked text of that kind. INVALID. The caller destroys the result. */
TS_MUST_USE ts_err_t ts_keyfile_parse(ts_keyfile_t **ret_self, ts_bytes_t text, const char *kind);

/* Gives a file that is written and flushed its final name, which nobody may have. -1 and errno as
 * rename; EEXIST. The folder is not flushed. */
TS_MUST_USE int ts_keyfile_place(const char *temp, const char *path);
/* Writes the file; blocks until it is on the disk. EXISTS: it is there and replace is not set;
 * TOOBIG: more than TS_KEYFILE_BYTES_MAX, or than one value may have when locked; IO, FULL: see
 * ret_why. On an error the path is as it was. */
TS_MUST_USE ts_err_t ts_keyfile_save(const ts_keyfile_t *self,
                                     const char *path,
                                     const ts_keyfile_options_t *options,
                                     ts_msg_t *ret_why);

/* Reads the file; options may be NULL (no passphrase, strict mode). kind: the kind that is
 * expected, NULL for any. NOTFOUND, IO: cannot be read; DENIED: others may read it; KEY: locked,
 * and the passphrase is missing or wrong; INVALID: not such a file (ret_why names the line). The
 * caller destroys the result. */
TS_MUST_USE ts_err_t ts_keyfile_load(ts_keyfile_t **ret_self,
                                     const char *path,
                                     const char *kind,
                                     const ts_keyfile_options_t *options,
                                     ts_msg_t *ret_why);

#endif
