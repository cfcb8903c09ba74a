/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: any file from a stick is read in bounded memory or refused; what a sealed file gives is
 * what was put in, or the beginning of it and an error; pieces of any size give the same. Method:
 * the first byte chooses. 0: the bytes are a sealed file. 1: the bytes are sealed, the file is
 * changed as the last bytes say, and opened. 2: the bytes are a bundle, read whole and in pieces,
 * and what was read is written again.
 */
#include "base/xalloc.h"
#include "crypto/crypto.h"
#include "crypto/sealed.h"
#include "fuzz/fuzz.h"
#include "wire/bundle.h"

#include <string.h>

static ts_box_secret_t secret;
static ts_hash_t public_key;

static ts_err_t
keep(void *ctx, ts_bytes_t bytes)
{
    ts_buf_put(ctx, bytes.data, bytes.length);
    return TS_ERR_OK;
}

/* ---- sealed files */

/* In pieces of `piece` bytes; content goes behind *out. */
static ts_err_t
open_sealed(ts_bytes_t file, size_t piece, ts_buf_t *out)
{
    ts_sealed_reader_options_t options = {
        .secrets = &secret, .secret_count = 1, .sink = keep, .ctx = out};
    ts_sealed_reader_t *reader = ts_sealed_reader_new(&options);
    ts_err_t err = TS_ERR_OK;
    for (size_t at = 0; at < file.length && err == TS_ERR_OK; at += piece) {
        size_t length = file.length - at < piece ? file.length - at : piece;
        err = ts_sealed_feed(reader, (ts_bytes_t){file.data + at, length});
        TS_CHECK(err == TS_ERR_OK || ts_sealed_feed(reader, (ts_bytes_t){NULL, 0}) == err ||
                 err == TS_ERR_TOOBIG);
    }
    if (err == TS_ERR_OK) {
        err = ts_sealed_end(reader);
    }
    ts_sealed_reader_destroy(&reader);
    return err;
}

static void
as_file(ts_bytes_t file)
{
    ts_sealed_head_t head;
    ts_buf_t whole = {0};
    ts_buf_t pieces = {0};
    ts_err_t err = ts_sealed_head_read(file, &head);
    TS_CHECK(err != TS_ERR_OK || (head.bytes <= file.length && head.recipient_count >= 1 &&
                                  head.recipient_count <= TS_SEALED_RECIPIENTS_MAX &&
                                  strlen(head.label) <= TS_SEALED_LABEL_BYTES_MAX));
    TS_CHECK(err != TS_ERR_AGAIN || file.length < TS_SEALED_HEAD_BYTES_MAX);
    ts_err_t one = open_sealed(file, file.length + 1, &whole);
    ts_err_t two = open_sealed(file, 7, &pieces);
    TS_CHECK(one == two && whole.length == pieces.length);
    ts_buf_free(&whole);
    ts_buf_free(&pieces);
}

static void
seal(ts_bytes_t content, ts_buf_t *out)
{
    ts_random_seeded_t seeded;
    ts_sealed_writer_t *writer = NULL;
    ts_sealed_options_t options = {.what = TS_SEALED_BUNDLE,
                                   .deployment = {{7}},
                                   .recipients = &public_key,
                                   .recipient_count = 1,
                                   .label = "xã An",
                                   .random = ts_random_from_seed(&seeded, 3),
                                   .sink = keep,
                                   .ctx = out};
    TS_CHECK(ts_sealed_writer_new(&writer, &options) == TS_ERR_OK);
    TS_CHECK(ts_sealed_write(writer, content) == TS_ERR_OK);
    TS_CHECK(ts_sealed_finish(writer) == TS_ERR_OK);
    TS_CHECK(ts_sealed_written(writer) == out->length);
    ts_sealed_writer_destroy(&writer);
}

/* The last five bytes: where, with what, and how the file is changed. */
static void
as_content(ts_bytes_t bytes)
{
    ts_buf_t file = {0};
    ts_buf_t out = {0};
    if (bytes.length < 5) {
        return;
    }
    ts_bytes_t content = {bytes.data, bytes.length - 5};
    ts_cursor_t how = ts_cursor(bytes.data + content.length, 5);
    seal(content, &file);
    size_t at = ts_cursor_u16(&how) % file.length;
    uint8_t with = ts_cursor_u8(&how);
    uint8_t what = ts_cursor_u8(&how);
    bool same = false;
    if (what % 4 == 0) {
        file.length = at;
    } else if (what % 4 == 1) {
        ts_buf_put_u8(&file, with);
    } else {
        same = with == 0;
        file.data[at] ^= with;
    }
    ts_err_t err = open_sealed(ts_buf_bytes(&file), 1u + ts_cursor_u8(&how) * 300u, &out);
    TS_CHECK((err == TS_ERR_OK) == same);
    TS_CHECK(out.length <= content.length);
    TS_CHECK(out.length == 0 || memcmp(out.data, content.data, out.length) == 0);
    TS_CHECK(!same || out.length == content.length);
    ts_buf_free(&file);
    ts_buf_free(&out);
}

/* ---- bundles */

/* What a reading saw, written again. */
static ts_err_t
again(void *ctx, const ts_bundle_item_t *item)
{
    ts_buf_t *out = ctx;
    size_t before = out->length;
    if (item->type == TS_BUNDLE_HEADER) {
        ts_bundle_put_header(out, item->header);
    } else if (item->type == TS_BUNDLE_SEGMENT) {
        ts_bundle_put_segment(out, item->segment);
    } else if (item->type == TS_BUNDLE_MANIFEST) {
        ts_bundle_put_manifest(out, item->manifest);
    } else if (item->tips.data == NULL) { /* of a later version, to be passed over */
        TS_CHECK((unsigned)item->type > TS_BUNDLE_MANIFEST);
        ts_buf_put(out, item->whole.data, item->whole.length);
    } else {
        TS_CHECK(item->tip_count >= 1 && item->tip_count <= TS_BUNDLE_TIPS_MAX);
        ts_tip_t *tips = ts_xcalloc(item->tip_count, sizeof *tips);
        for (size_t i = 0; i < item->tip_count; i++) {
            tips[i] = ts_bundle_tip(item, i);
        }
        ts_bundle_put_tips(out, item->type, tips, item->tip_count);
        ts_xfree(tips);
    }
    TS_CHECK(out->length - before == item->whole.length);
    TS_CHECK(memcmp(out->data + before, item->whole.data, item->whole.length) == 0);
    return TS_ERR_OK;
}

static ts_err_t
read_bundle(ts_bytes_t bytes, size_t piece, ts_buf_t *out)
{
    ts_bundle_reader_t *reader = ts_bundle_reader_new(again, out);
    ts_err_t err = TS_ERR_OK;
    for (size_t at = 0; at < bytes.length && err == TS_ERR_OK; at += piece) {
        size_t length = bytes.length - at < piece ? bytes.length - at : piece;
        err = ts_bundle_feed(reader, (ts_bytes_t){bytes.data + at, length});
    }
    if (err == TS_ERR_OK) {
        err = ts_bundle_end(reader);
    }
    ts_bundle_reader_destroy(&reader);
    return err;
}

static void
as_bundle(ts_bytes_t bytes)
{
    ts_buf_t whole = {0};
    ts_buf_t pieces = {0};
    ts_err_t one = read_bundle(bytes, bytes.length + 1, &whole);
    ts_err_t two = read_bundle(bytes, 3, &pieces);
    TS_CHECK(one == two && whole.length == pieces.length);
    TS_CHECK(one != TS_ERR_OK || whole.length == bytes.length);
    ts_buf_free(&whole);
    ts_buf_free(&pieces);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const ways[])(ts_bytes_t bytes) = {as_file, as_content, as_bundle};
    if (ts_hash_is_zero(&public_key)) {
        ts_random_seeded_t seeded;
        TS_CHECK(ts_crypto_init() == TS_ERR_OK);
        ts_box_keypair(ts_random_from_seed(&seeded, 1), &public_key, &secret);
    }
    if (size > 0) {
        ways[data[0] % 3]((ts_bytes_t){data + 1, size - 1});
    }
    return 0;
}
