/* SPDX-License-Identifier: MPL-2.0 */
#include "crypto/sealed.h"

#include "base/check.h"
#include "base/xalloc.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define HEAD_FIXED_BYTES 56u
#define HEAD_CHECK_BYTES 8u
#define KEY_BYTES crypto_secretstream_xchacha20poly1305_KEYBYTES
#define STREAM_HEADER_BYTES crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define TAG_BYTES crypto_secretstream_xchacha20poly1305_ABYTES
#define RECIPIENT_BYTES (8u + KEY_BYTES + TS_BOX_SEAL_BYTES)
#define LENGTH_BYTES 4u
#define CIPHER_BYTES_MAX (TS_SEALED_CHUNK_BYTES + TAG_BYTES)

static_assert(RECIPIENT_BYTES == 88, "layout of a recipient");
static_assert(HEAD_FIXED_BYTES + HEAD_CHECK_BYTES + TS_SEALED_RECIPIENTS_MAX * RECIPIENT_BYTES +
                      TS_SEALED_LABEL_BYTES_MAX ==
                  TS_SEALED_HEAD_BYTES_MAX,
              "longest head");

/* High bit, both kinds of line end, end-of-text: a program that treats it as text breaks these
 * eight first (as in PNG). */
const uint8_t ts_sealed_magic[TS_SEALED_MAGIC_BYTES] = {0x89, 'T',  'S',  's',
                                                        '\r', '\n', 0x1a, '\n'};

uint64_t
ts_sealed_key_id(const ts_hash_t *public_key)
{
    ts_hash_t hash = ts_hash_of(public_key->b, sizeof public_key->b);
    return ts_hash_prefix(&hash);
}

/* ---- head */

static bool
label_is_clean(const uint8_t *label, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (label[i] < 0x20 || label[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

ts_err_t
ts_sealed_head_read(ts_bytes_t bytes, ts_sealed_head_t *ret_head)
{
    size_t seen =
        bytes.length < TS_SEALED_MAGIC_BYTES ? bytes.length : (size_t)TS_SEALED_MAGIC_BYTES;
    if (seen > 0 && memcmp(bytes.data, ts_sealed_magic, seen) != 0) {
        return TS_ERR_INVALID;
    }
    if (bytes.length > TS_SEALED_MAGIC_BYTES &&
        bytes.data[TS_SEALED_MAGIC_BYTES] != TS_SEALED_VERSION) {
        return TS_ERR_UNKNOWN;
    }
    if (bytes.length < HEAD_FIXED_BYTES) {
        return TS_ERR_AGAIN;
    }
    ts_cursor_t cursor = ts_cursor(bytes.data, bytes.length);
    (void)ts_cursor_take(&cursor, TS_SEALED_MAGIC_BYTES + 1);
    ts_sealed_head_t head = {.what = ts_cursor_u8(&cursor)};
    head.recipient_count = ts_cursor_u8(&cursor);
    size_t label = ts_cursor_u8(&cursor);
    head.bytes = ts_cursor_u32(&cursor);
    if (head.recipient_count == 0 || head.recipient_count > TS_SEALED_RECIPIENTS_MAX ||
        label > TS_SEALED_LABEL_BYTES_MAX ||
        head.bytes !=
            HEAD_FIXED_BYTES + head.recipient_count * RECIPIENT_BYTES + label + HEAD_CHECK_BYTES) {
        return TS_ERR_HASH;
    }
    if (bytes.length < head.bytes) {
        return TS_ERR_AGAIN;
    }
    ts_cursor_get(&cursor, head.deployment.b, sizeof head.deployment.b);
    (void)ts_cursor_take(&cursor, STREAM_HEADER_BYTES);
    for (size_t i = 0; i < head.recipient_count; i++) {
        head.key_ids[i] = ts_cursor_u64(&cursor);
        (void)ts_cursor_take(&cursor, RECIPIENT_BYTES - 8);
    }
    ts_cursor_get(&cursor, head.label, label);
    ts_hash_t hash = ts_hash_of(bytes.data, head.bytes - HEAD_CHECK_BYTES);
    if (ts_cursor_u64(&cursor) != ts_hash_prefix(&hash) ||
        !label_is_clean((const uint8_t *)head.label, label)) {
        return TS_ERR_HASH;
    }
    *ret_head = head;
    return TS_ERR_OK;
}

/* As much of a label as fits, at the border of a character. */
static size_t
label_length(const char *label)
{
    size_t length = label == NULL ? 0 : strlen(label);
    if (length > TS_SEALED_LABEL_BYTES_MAX) {
        length = TS_SEALED_LABEL_BYTES_MAX;
        while (length > 0 && ((uint8_t)label[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    return length;
}

uint64_t
ts_sealed_size(uint64_t content_bytes, size_t recipient_count, size_t label_bytes)
{
    uint64_t chunks = content_bytes == 0
                          ? 1
                          : (content_bytes + TS_SEALED_CHUNK_BYTES - 1) / TS_SEALED_CHUNK_BYTES;
    return HEAD_FIXED_BYTES + recipient_count * RECIPIENT_BYTES + label_bytes + HEAD_CHECK_BYTES +
           content_bytes + chunks * (LENGTH_BYTES + TAG_BYTES);
}

/* ---- writing */

struct ts_sealed_writer {
    crypto_secretstream_xchacha20poly1305_state stream;
    ts_hash_t head; /* hash of the whole head: bound to every chunk */
    ts_sealed_sink_fn sink;
    void *ctx;
    uint64_t written;
    size_t filled; /* of the chunk that is being filled */
    bool finished;
    uint8_t chunk[TS_SEALED_CHUNK_BYTES];
    uint8_t out[LENGTH_BYTES + CIPHER_BYTES_MAX];
};

static ts_err_t
emit(ts_sealed_writer_t *self, const void *data, size_t bytes)
{
    ts_err_t err = self->sink(self->ctx, (ts_bytes_t){data, bytes});
    if (err == TS_ERR_OK) {
        self->written += bytes;
    }
    return err;
}

static ts_err_t
put_recipients(ts_buf_t *head, const ts_sealed_options_t *options, const uint8_t key[KEY_BYTES])
{
    for (size_t i = 0; i < options->recipient_count; i++) {
        ts_buf_put_u64(head, ts_sealed_key_id(&options->recipients[i]));
        ts_err_t err = ts_box_seal(&options->recipients[i], options->random,
                                   (ts_bytes_t){key, KEY_BYTES}, head);
        if (err != TS_ERR_OK) {
            return err;
        }
    }
    return TS_ERR_OK;
}

static ts_err_t
put_head(ts_buf_t *head,
         const ts_sealed_options_t *options,
         const uint8_t stream[STREAM_HEADER_BYTES],
         const uint8_t key[KEY_BYTES])
{
    size_t label = label_length(options->label);
    size_t bytes =
        HEAD_FIXED_BYTES + options->recipient_count * RECIPIENT_BYTES + label + HEAD_CHECK_BYTES;
    ts_buf_put(head, ts_sealed_magic, sizeof ts_sealed_magic);
    ts_buf_put_u8(head, TS_SEALED_VERSION);
    ts_buf_put_u8(head, options->what);
    ts_buf_put_u8(head, (uint8_t)options->recipient_count);
    ts_buf_put_u8(head, (uint8_t)label);
    ts_buf_put_u32(head, (uint32_t)bytes);
    ts_buf_put(head, options->deployment.b, sizeof options->deployment.b);
    ts_buf_put(head, stream, STREAM_HEADER_BYTES);
    ts_err_t err = put_recipients(head, options, key);
    if (err != TS_ERR_OK) {
        return err;
    }
    ts_buf_put(head, options->label, label);
    ts_hash_t hash = ts_hash_of(head->data, head->length);
    ts_buf_put_u64(head, ts_hash_prefix(&hash));
    TS_CHECK(head->length == bytes);
    return TS_ERR_OK;
}

ts_err_t
ts_sealed_writer_new(ts_sealed_writer_t **ret_self, const ts_sealed_options_t *options)
{
    TS_CHECK(options->recipient_count > 0 && options->recipient_count <= TS_SEALED_RECIPIENTS_MAX);
    TS_CHECK(options->label == NULL ||
             label_is_clean((const uint8_t *)options->label, label_length(options->label)));
    uint8_t key[KEY_BYTES];
    uint8_t stream[STREAM_HEADER_BYTES];
    ts_buf_t head = {0};
    ts_random_bytes(options->random, key, sizeof key);
    ts_random_bytes(options->random, stream, sizeof stream);
    ts_sealed_writer_t *self = ts_xcalloc(1, sizeof *self);
    self->sink = options->sink;
    self->ctx = options->ctx;
    ts_err_t err = put_head(&head, options, stream, key);
    if (err == TS_ERR_OK) {
        /* The same state as _init_push would give, which draws its header from the system and could
         * not be simulated. */
        int failed = crypto_secretstream_xchacha20poly1305_init_pull(&self->stream, stream, key);
        TS_CHECK(failed == 0);
        self->head = ts_hash_of(head.data, head.length);
        err = emit(self, head.data, head.length);
    }
    ts_wipe(key, sizeof key);
    ts_buf_free(&head);
    if (err != TS_ERR_OK) {
        ts_sealed_writer_destroy(&self);
        return err;
    }
    *ret_self = self;
    return TS_ERR_OK;
}

static ts_err_t
push_chunk(ts_sealed_writer_t *self, bool final)
{
    unsigned char tag = final ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                              : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
    uint32_t bytes = (uint32_t)(self->filled + TAG_BYTES);
    for (unsigned i = 0; i < LENGTH_BYTES; i++) {
        self->out[i] = (uint8_t)(bytes >> (8 * i));
    }
    int failed = crypto_secretstream_xchacha20poly1305_push(&self->stream, self->out + LENGTH_BYTES,
                                                            NULL, self->chunk, self->filled,
                                                            self->head.b, sizeof self->head.b, tag);
    TS_CHECK(failed == 0);
    self->filled = 0;
    return emit(self, self->out, LENGTH_BYTES + bytes);
}

ts_err_t
ts_sealed_write(ts_sealed_writer_t *self, ts_bytes_t content)
{
    TS_CHECK(!self->finished);
    while (content.length > 0) {
        /* A full chunk waits until something follows it: only the last one carries the final tag.
         */
        if (self->filled == TS_SEALED_CHUNK_BYTES) {
            ts_err_t err = push_chunk(self, false);
            if (err != TS_ERR_OK) {
                return err;
            }
        }
        size_t room = TS_SEALED_CHUNK_BYTES - self->filled;
        size_t part = content.length < room ? content.length : room;
        memcpy(self->chunk + self->filled, content.data, part);
        self->filled += part;
        content.data += part;
        content.length -= part;
    }
    return TS_ERR_OK;
}

ts_err_t
ts_sealed_finish(ts_sealed_writer_t *self)
{
    TS_CHECK(!self->finished);
    self->finished = true;
    return push_chunk(self, true);
}

uint64_t
ts_sealed_written(const ts_sealed_writer_t *self)
{
    return self->written;
}

void
ts_sealed_writer_destroy(ts_sealed_writer_t **self_p)
{
    if (*self_p != NULL) {
        ts_wipe(*self_p, sizeof **self_p);
        ts_xfree(*self_p);
        *self_p = NULL;
    }
}

/* ---- reading */

struct ts_sealed_reader {
    crypto_secretstream_xchacha20poly1305_state stream;
    ts_sealed_reader_options_t options;
    ts_box_secret_t secrets[TS_SEALED_RECIPIENTS_MAX];
    ts_sealed_head_t head;
    ts_hash_t head_hash;
    bool has_head;  /* it was read */
    bool is_opened; /* and one of our keys fits */
    bool is_final;  /* the last chunk was read */
    ts_err_t failed;
    ts_buf_t pending; /* bytes of a head or chunk that is not whole yet */
    uint8_t content[TS_SEALED_CHUNK_BYTES];
};

ts_sealed_reader_t *
ts_sealed_reader_new(const ts_sealed_reader_options_t *options)
{
    TS_CHECK(options->secret_count > 0 && options->secret_count <= TS_SEALED_RECIPIENTS_MAX);
    ts_sealed_reader_t *self = ts_xcalloc(1, sizeof *self);
    self->options = *options;
    memcpy(self->secrets, options->secrets, options->secret_count * sizeof self->secrets[0]);
    self->options.secrets = NULL;
    return self;
}

/* A box that says to be ours is tried first by its key id: opening costs a multiplication. */
static bool
find_key(const ts_sealed_reader_t *self, const uint8_t *recipients, ts_buf_t *ret_key)
{
    for (size_t s = 0; s < self->options.secret_count; s++) {
        ts_hash_t public_key = ts_box_public(&self->secrets[s]);
        uint64_t id = ts_sealed_key_id(&public_key);
        for (size_t i = 0; i < self->head.recipient_count; i++) {
            ts_bytes_t box = {recipients + i * RECIPIENT_BYTES + 8, RECIPIENT_BYTES - 8};
            if (self->head.key_ids[i] == id &&
                ts_box_open(&self->secrets[s], box, ret_key) == TS_ERR_OK) {
                return true;
            }
        }
    }
    return false;
}

static ts_err_t
open_head(ts_sealed_reader_t *self)
{
    const uint8_t *data = self->pending.data;
    if (!ts_id16_is_zero(&self->options.deployment) &&
        !ts_id16_equal(&self->options.deployment, &self->head.deployment)) {
        return TS_ERR_FOREIGN;
    }
    ts_buf_t key = {0};
    ts_err_t err = TS_ERR_KEY;
    if (find_key(self, data + HEAD_FIXED_BYTES, &key)) {
        TS_CHECK(key.length == KEY_BYTES);
        int failed = crypto_secretstream_xchacha20poly1305_init_pull(
            &self->stream, data + HEAD_FIXED_BYTES - STREAM_HEADER_BYTES, key.data);
        err = failed == 0 ? TS_ERR_OK : TS_ERR_HASH;
    }
    if (key.data != NULL) {
        ts_wipe(key.data, key.capacity);
    }
    ts_buf_free(&key);
    ts_wipe(self->secrets, sizeof self->secrets);
    self->head_hash = ts_hash_of(data, self->head.bytes);
    self->is_opened = err == TS_ERR_OK;
    return err;
}

static ts_err_t
open_chunk(ts_sealed_reader_t *self, const uint8_t *cipher, size_t bytes)
{
    unsigned long long length = 0;
    unsigned char tag = 0;
    if (crypto_secretstream_xchacha20poly1305_pull(&self->stream, self->content, &length, &tag,
                                                   cipher, bytes, self->head_hash.b,
                                                   sizeof self->head_hash.b) != 0) {
        return TS_ERR_HASH;
    }
    bool final = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    if (!final && (tag != crypto_secretstream_xchacha20poly1305_TAG_MESSAGE ||
                   length != TS_SEALED_CHUNK_BYTES)) {
        return TS_ERR_HASH;
    }
    self->is_final = final;
    return length == 0
               ? TS_ERR_OK
               : self->options.sink(self->options.ctx, (ts_bytes_t){self->content, (size_t)length});
}

/* One head or chunk of what is pending; *ret_used 0: it is not whole yet. */
static ts_err_t
step(ts_sealed_reader_t *self, size_t *ret_used)
{
    *ret_used = 0;
    if (!self->has_head) {
        ts_err_t err = ts_sealed_head_read(ts_buf_bytes(&self->pending), &self->head);
        if (err != TS_ERR_OK) {
            return err == TS_ERR_AGAIN ? TS_ERR_OK : err;
        }
        self->has_head = true;
        *ret_used = self->head.bytes;
        return open_head(self);
    }
    if (self->is_final) {
        return TS_ERR_TOOBIG;
    }
    if (self->pending.length < LENGTH_BYTES) {
        return TS_ERR_OK;
    }
    const uint8_t *at = self->pending.data;
    size_t bytes = (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
    if (bytes < TAG_BYTES || bytes > CIPHER_BYTES_MAX) {
        return TS_ERR_HASH;
    }
    if (self->pending.length < LENGTH_BYTES + bytes) {
        return TS_ERR_OK;
    }
    *ret_used = LENGTH_BYTES + bytes;
    return open_chunk(self, at + LENGTH_BYTES, bytes);
}

/* How many bytes are wanted to make what is pending whole; so much is buffered and no more. */
static size_t
wanted(const ts_sealed_reader_t *self)
{
    if (!self->has_head) {
        return TS_SEALED_HEAD_BYTES_MAX;
    }
    return LENGTH_BYTES + CIPHER_BYTES_MAX;
}

ts_err_t
ts_sealed_feed(ts_sealed_reader_t *self, ts_bytes_t bytes)
{
    while (self->failed == TS_ERR_OK && bytes.length > 0) {
        size_t most = wanted(self);
        size_t room = most > self->pending.length ? most - self->pending.length : 0;
        size_t part = bytes.length < room ? bytes.length : room;
        ts_buf_put(&self->pending, bytes.data, part);
        bytes.data += part;
        bytes.length -= part;
        size_t used = 1;
        while (self->failed == TS_ERR_OK && used > 0 && self->pending.length > 0) {
            self->failed = step(self, &used);
            memmove(self->pending.data, self->pending.data + used, self->pending.length - used);
            self->pending.length -= used;
        }
    }
    return self->failed;
}

ts_err_t
ts_sealed_end(ts_sealed_reader_t *self)
{
    if (self->failed != TS_ERR_OK) {
        return self->failed;
    }
    return self->is_final && self->pending.length == 0 ? TS_ERR_OK : TS_ERR_TRUNCATED;
}

const ts_sealed_head_t *
ts_sealed_reader_head(const ts_sealed_reader_t *self)
{
    return self->has_head ? &self->head : NULL;
}

void
ts_sealed_reader_destroy(ts_sealed_reader_t **self_p)
{
    ts_sealed_reader_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    ts_buf_free(&self->pending);
    ts_wipe(self, sizeof *self);
    ts_xfree(self);
    *self_p = NULL;
}
