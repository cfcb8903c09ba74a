/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A sealed file: content of any length closed to one to eight recipients, so that only they can
 * open it, and so that a cut, an alteration, a wrong key, another deployment and a later version
 * are told apart. Bundles, backups, the kit of keys and the keepers' copies are such files. It says
 * nothing about who made it: sign the content where that matters (bundles do). Memory is bounded
 * (about 200 KiB) whatever the length; no files here: bytes go out through a callback and come in
 * by pieces of any size.
 *
 * Layout (proto/README.md "Sealed file"): a head in clear (magic, version, what it is, deployment,
 * recipients, a label for people), then chunks of libsodium's secretstream (XChaCha20-Poly1305) of
 * 64 KiB under a file key that lies in a sealed box for each recipient; the last chunk carries the
 * final tag, and every chunk is bound to the whole head.
 */
#ifndef TS_CRYPTO_SEALED_H
#define TS_CRYPTO_SEALED_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "crypto/box.h"
#include "crypto/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_SEALED_VERSION 1u
#define TS_SEALED_RECIPIENTS_MAX 8u
/* Label without its NUL: UTF-8 without control characters. Everybody can read it: no names. */
#define TS_SEALED_LABEL_BYTES_MAX 200u
/* Bytes of content in one chunk; the last one may have fewer. */
#define TS_SEALED_CHUNK_BYTES 65536u
/* A head is no longer than this: whoever has so many bytes of a file can read it. */
#define TS_SEALED_HEAD_BYTES_MAX (64u + TS_SEALED_RECIPIENTS_MAX * 88u + TS_SEALED_LABEL_BYTES_MAX)
/* Beginning of every sealed file. */
#define TS_SEALED_MAGIC_BYTES 8u
extern const uint8_t ts_sealed_magic[TS_SEALED_MAGIC_BYTES];

/* What a sealed file is; a number that is not here is carried, and refused by who cannot use it. */
typedef enum ts_sealed_what {
    TS_SEALED_BUNDLE = 1, /* segments on a stick */
    TS_SEALED_BACKUP = 2, /* of an installation's stores */
    TS_SEALED_KIT = 3,    /* keys of the province */
    TS_SEALED_KEPT = 4    /* private logs at a keeper */
} ts_sealed_what_t;

/* What everybody can read of a sealed file. */
typedef struct ts_sealed_head {
    uint8_t what;
    ts_id16_t deployment;
    uint64_t key_ids[TS_SEALED_RECIPIENTS_MAX]; /* first 8 bytes of hash(public key) */
    size_t recipient_count;
    char label[TS_SEALED_LABEL_BYTES_MAX + 1]; /* for people; not to be trusted */
    size_t bytes;                              /* of the head */
} ts_sealed_head_t;

/* Key id of an X25519 public key as heads (and envelopes) name it. */
uint64_t ts_sealed_key_id(const ts_hash_t *public_key);

/* Reads the head from the first bytes of a file without any key. AGAIN: more bytes are needed (at
 * most TS_SEALED_HEAD_BYTES_MAX); INVALID: no sealed file; UNKNOWN: of a later version; HASH: the
 * head is damaged. */
TS_MUST_USE ts_err_t ts_sealed_head_read(ts_bytes_t bytes, ts_sealed_head_t *ret_head);

/* ---- writing */

/* Takes the next bytes of the file; an error ends the writing and is returned. */
typedef ts_err_t (*ts_sealed_sink_fn)(void *ctx, ts_bytes_t bytes);

typedef struct ts_sealed_options {
    uint8_t what; /* ts_sealed_what_t */
    ts_id16_t deployment;
    const ts_hash_t *recipients; /* X25519 public keys */
    size_t recipient_count;      /* 1..TS_SEALED_RECIPIENTS_MAX */
    const char *label;           /* NULL: none; cut at a whole character when too long */
    ts_random_t random;
    ts_sealed_sink_fn sink;
    void *ctx; /* of the sink */
} ts_sealed_options_t;

typedef struct ts_sealed_writer ts_sealed_writer_t;

/* Draws a file key and gives the head to the sink. INVALID: a recipient's key cannot be used; what
 * the sink says. */
TS_MUST_USE ts_err_t ts_sealed_writer_new(ts_sealed_writer_t **ret_self,
                                          const ts_sealed_options_t *options);
/* Content, in pieces of any size. After an error of the sink the writer is of no more use. */
TS_MUST_USE ts_err_t ts_sealed_write(ts_sealed_writer_t *self, ts_bytes_t content);
/* The last chunk: without it a reader says TRUNCATED. */
TS_MUST_USE ts_err_t ts_sealed_finish(ts_sealed_writer_t *self);
/* Bytes given to the sink so far. */
uint64_t ts_sealed_written(const ts_sealed_writer_t *self);
/* Wipes the key. Takes NULL. */
void ts_sealed_writer_destroy(ts_sealed_writer_t **self_p);
/* Bytes of a file with so much content and such a head. */
uint64_t ts_sealed_size(uint64_t content_bytes, size_t recipient_count, size_t label_bytes);

/* ---- reading */

typedef struct ts_sealed_reader_options {
    ts_id16_t deployment;           /* zero: any */
    const ts_box_secret_t *secrets; /* tried in order; copied until the head was opened */
    size_t secret_count;            /* 1..TS_SEALED_RECIPIENTS_MAX */
    ts_sealed_sink_fn sink; /* gets the content, chunk by chunk, each only after it was verified */
    void *ctx;
} ts_sealed_reader_options_t;

typedef struct ts_sealed_reader ts_sealed_reader_t;

/* Only memory can fail. */
ts_sealed_reader_t *ts_sealed_reader_new(const ts_sealed_reader_options_t *options);
/*
 * The next bytes of the file. INVALID no sealed file · UNKNOWN of a later version · HASH altered or
 * damaged · FOREIGN of another deployment · KEY none of our keys opens it · TOOBIG bytes stand
 * behind its end (its content is whole) · what the sink says. What was given to the sink before is
 * right; the same error comes again for whatever follows.
 */
TS_MUST_USE ts_err_t ts_sealed_feed(ts_sealed_reader_t *self, ts_bytes_t bytes);
/* No more bytes come. OK: the file is whole; TRUNCATED: it is cut short; else the error of before.
 */
TS_MUST_USE ts_err_t ts_sealed_end(ts_sealed_reader_t *self);
/* The head once it was read, also after FOREIGN and KEY; NULL before. */
const ts_sealed_head_t *ts_sealed_reader_head(const ts_sealed_reader_t *self);
/* Wipes the keys. Takes NULL. */
void ts_sealed_reader_destroy(ts_sealed_reader_t **self_p);

#endif
