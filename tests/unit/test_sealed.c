/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: a sealed file opens for its recipients only, and a cut, an alteration, another key,
 * deployment or version are told apart; what is given out before an error is right. Method: files
 * of lengths around the chunk border, fed in pieces of many sizes; every byte of a file flipped,
 * every length cut, chunks swapped, left out and doubled; the kept file of version 1.
 */
#include "base/xalloc.h"
#include "crypto/crypto.h"
#include "crypto/sealed.h"
#include "support/golden.h"
#include "support/test.h"

#include <string.h>

enum { CHUNK_FILE_BYTES = 4 + 65536 + 17 };

static ts_random_seeded_t seeded;
static ts_random_t source;
static ts_hash_t ann;
static ts_hash_t binh;
static ts_box_secret_t ann_secret;
static ts_box_secret_t binh_secret;
static ts_box_secret_t stranger_secret;
static const ts_id16_t deployment = {{1, 2, 3}};
static const ts_id16_t elsewhere = {{9, 9, 9}};

static int
set_up(void **state)
{
    (void)state;
    ts_hash_t stranger;
    source = ts_random_from_seed(&seeded, 11);
    if (ts_crypto_init() != TS_ERR_OK) {
        return -1;
    }
    ts_box_keypair(source, &ann, &ann_secret);
    ts_box_keypair(source, &binh, &binh_secret);
    ts_box_keypair(source, &stranger, &stranger_secret);
    return 0;
}

/* ---- helpers */

static ts_err_t
collect(void *ctx, ts_bytes_t bytes)
{
    ts_buf_put(ctx, bytes.data, bytes.length);
    return TS_ERR_OK;
}

static void
fill(ts_buf_t *out, size_t bytes)
{
    uint32_t x = 1;
    for (size_t i = 0; i < bytes; i++) {
        x = x * 1664525u + 1013904223u;
        ts_buf_put_u8(out, (uint8_t)(x >> 24));
    }
}

static void
seal(size_t bytes, const char *label, ts_buf_t *ret_content, ts_buf_t *ret_file)
{
    const ts_hash_t recipients[] = {ann, binh};
    ts_sealed_options_t options = {.what = TS_SEALED_BUNDLE,
                                   .deployment = deployment,
                                   .recipients = recipients,
                                   .recipient_count = 2,
                                   .label = label,
                                   .random = source,
                                   .sink = collect,
                                   .ctx = ret_file};
    ts_sealed_writer_t *writer = NULL;
    fill(ret_content, bytes);
    assert_int_equal(ts_sealed_writer_new(&writer, &options), TS_ERR_OK);
    for (size_t at = 0; at < bytes; at += 30011) { /* pieces that fit no border */
        size_t part = bytes - at < 30011 ? bytes - at : 30011;
        assert_int_equal(ts_sealed_write(writer, (ts_bytes_t){ret_content->data + at, part}),
                         TS_ERR_OK);
    }
    assert_int_equal(ts_sealed_finish(writer), TS_ERR_OK);
    assert_int_equal(ts_sealed_written(writer), ret_file->length);
    assert_int_equal(ret_file->length, ts_sealed_size(bytes, 2, label == NULL ? 0 : strlen(label)));
    ts_sealed_writer_destroy(&writer);
}

/* The first error of feeding in pieces of `piece` bytes, else of the end. */
static ts_err_t
open_with(const ts_box_secret_t *secret,
          const ts_id16_t *of,
          ts_bytes_t file,
          size_t piece,
          ts_buf_t *ret_content)
{
    ts_sealed_reader_options_t options = {.deployment = *of,
                                          .secrets = secret,
                                          .secret_count = 1,
                                          .sink = collect,
                                          .ctx = ret_content};
    ts_sealed_reader_t *reader = ts_sealed_reader_new(&options);
    ts_err_t err = TS_ERR_OK;
    for (size_t at = 0; err == TS_ERR_OK && at < file.length; at += piece) {
        size_t part = file.length - at < piece ? file.length - at : piece;
        err = ts_sealed_feed(reader, (ts_bytes_t){file.data + at, part});
    }
    err = err == TS_ERR_OK ? ts_sealed_end(reader) : err;
    ts_sealed_reader_destroy(&reader);
    return err;
}

static void
assert_prefix(const ts_buf_t *part, const ts_buf_t *whole)
{
    assert_true(part->length <= whole->length);
    if (part->length > 0) {
        assert_memory_equal(part->data, whole->data, part->length);
    }
}

/* ---- cases */

static void
test_sealed_any_length_opens_for_each_recipient(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 65535, 65536, 65537, 131072, 200001};
    static const size_t pieces[] = {1u << 20, 65536, 4099};
    for (size_t i = 0; i < TS_COUNT(lengths); i++) {
        ts_buf_t content = {0};
        ts_buf_t file = {0};
        seal(lengths[i], "Gói số 1", &content, &file);
        for (size_t j = 0; j < TS_COUNT(pieces); j++) {
            const ts_box_secret_t *secret = j == 1 ? &binh_secret : &ann_secret;
            ts_buf_t opened = {0};
            assert_int_equal(
                open_with(secret, &deployment, ts_buf_bytes(&file), pieces[j], &opened), TS_ERR_OK);
            assert_int_equal(opened.length, content.length);
            assert_prefix(&opened, &content);
            ts_buf_free(&opened);
        }
        ts_buf_free(&content);
        ts_buf_free(&file);
    }
}

static void
test_sealed_wrong_key_or_deployment_is_told_apart(void **state)
{
    (void)state;
    ts_buf_t content = {0};
    ts_buf_t file = {0};
    ts_buf_t opened = {0};
    seal(1000, NULL, &content, &file);
    ts_bytes_t bytes = ts_buf_bytes(&file);
    assert_int_equal(open_with(&stranger_secret, &deployment, bytes, 77, &opened), TS_ERR_KEY);
    assert_int_equal(open_with(&ann_secret, &elsewhere, bytes, 77, &opened), TS_ERR_FOREIGN);
    const ts_id16_t any = {{0}};
    assert_int_equal(opened.length, 0);
    assert_int_equal(open_with(&ann_secret, &any, bytes, 77, &opened), TS_ERR_OK);
    ts_buf_free(&opened);
    ts_buf_free(&content);
    ts_buf_free(&file);
}

static void
test_sealed_head_is_read_without_a_key(void **state)
{
    (void)state;
    ts_buf_t content = {0};
    ts_buf_t file = {0};
    ts_sealed_head_t head;
    seal(10, "Gói số 3: xã Tân Lĩnh", &content, &file);
    ts_bytes_t part = {file.data, 0};
    while (ts_sealed_head_read(part, &head) == TS_ERR_AGAIN) {
        part.length++;
        assert_true(part.length <= TS_SEALED_HEAD_BYTES_MAX);
    }
    assert_int_equal(ts_sealed_head_read(part, &head), TS_ERR_OK);
    assert_int_equal(head.bytes, part.length);
    assert_int_equal(head.what, TS_SEALED_BUNDLE);
    assert_int_equal(head.recipient_count, 2);
    assert_true(head.key_ids[0] == ts_sealed_key_id(&ann));
    assert_true(head.key_ids[1] == ts_sealed_key_id(&binh));
    assert_string_equal(head.label, "Gói số 3: xã Tân Lĩnh");
    assert_true(ts_id16_equal(&head.deployment, &deployment));
    ts_buf_free(&content);
    ts_buf_free(&file);
}

static void
test_sealed_long_label_is_cut_at_a_character(void **state)
{
    (void)state;
    char label[303];
    for (size_t i = 0; i < 300; i += 3) {
        memcpy(label + i, "ệ", 3);
    }
    label[300] = '\0';
    ts_buf_t file = {0};
    ts_sealed_writer_t *writer = NULL;
    ts_sealed_options_t options = {.what = TS_SEALED_KIT,
                                   .recipients = &ann,
                                   .recipient_count = 1,
                                   .label = label,
                                   .random = source,
                                   .sink = collect,
                                   .ctx = &file};
    ts_sealed_head_t head;
    assert_int_equal(ts_sealed_writer_new(&writer, &options), TS_ERR_OK);
    assert_int_equal(ts_sealed_head_read(ts_buf_bytes(&file), &head), TS_ERR_OK);
    assert_int_equal(strlen(head.label), 198);
    ts_sealed_writer_destroy(&writer);
    ts_buf_free(&file);
}

static void
test_sealed_every_flipped_byte_is_found(void **state)
{
    (void)state;
    ts_buf_t content = {0};
    ts_buf_t file = {0};
    seal(300, "nhãn", &content, &file);
    for (size_t i = 0; i < file.length; i++) {
        ts_buf_t opened = {0};
        file.data[i] ^= 0x10;
        ts_err_t err = open_with(&ann_secret, &deployment, ts_buf_bytes(&file), 1000, &opened);
        assert_int_not_equal(err, TS_ERR_OK);
        if (i < TS_SEALED_MAGIC_BYTES) {
            assert_int_equal(err, TS_ERR_INVALID);
        } else if (i == TS_SEALED_MAGIC_BYTES) {
            assert_int_equal(err, TS_ERR_UNKNOWN);
        } else {
            assert_true(err == TS_ERR_HASH || err == TS_ERR_TRUNCATED);
        }
        assert_int_equal(opened.length, 0);
        ts_buf_free(&opened);
        file.data[i] ^= 0x10;
    }
    ts_buf_free(&content);
    ts_buf_free(&file);
}

static void
test_sealed_every_cut_is_told_as_cut_short(void **state)
{
    (void)state;
    ts_buf_t content = {0};
    ts_buf_t file = {0};
    seal(65536 + 200, NULL, &content, &file);
    for (size_t length = 0; length < file.length; length += length < 400 ? 1 : 97) {
        ts_buf_t opened = {0};
        ts_err_t err = open_with(&binh_secret, &deployment, (ts_bytes_t){file.data, length},
                                 1u << 20, &opened);
        assert_int_equal(err, TS_ERR_TRUNCATED);
        assert_true(opened.length == 0 || opened.length == 65536);
        assert_prefix(&opened, &content);
        ts_buf_free(&opened);
    }
    ts_buf_free(&content);
    ts_buf_free(&file);
}

static void
test_sealed_chunks_moved_doubled_or_left_out_are_found(void **state)
{
    (void)state;
    ts_buf_t content = {0};
    ts_buf_t file = {0};
    seal(3 * 65536, NULL, &content, &file);
    size_t head = file.length - 3 * CHUNK_FILE_BYTES;
    /* order of the chunks in each altered file, -1 = no more */
    static const int orders[][4] = {{1, 0, 2, -1},  {0, 0, 1, 2},    {0, 2, -1, -1},
                                    {1, 2, -1, -1}, {2, -1, -1, -1}, {0, 1, 1, 2}};
    for (size_t i = 0; i < TS_COUNT(orders); i++) {
        ts_buf_t altered = {0};
        ts_buf_t opened = {0};
        ts_buf_put(&altered, file.data, head);
        for (size_t j = 0; j < 4 && orders[i][j] >= 0; j++) {
            ts_buf_put(&altered, file.data + head + (size_t)orders[i][j] * CHUNK_FILE_BYTES,
                       CHUNK_FILE_BYTES);
        }
        assert_int_equal(
            open_with(&ann_secret, &deployment, ts_buf_bytes(&altered), 1u << 20, &opened),
            TS_ERR_HASH);
        assert_prefix(&opened, &content);
        ts_buf_free(&opened);
        ts_buf_free(&altered);
    }
    ts_buf_free(&content);
    ts_buf_free(&file);
}

static void
test_sealed_bytes_behind_the_end_are_told_and_content_is_whole(void **state)
{
    (void)state;
    ts_buf_t content = {0};
    ts_buf_t file = {0};
    ts_buf_t opened = {0};
    seal(70000, NULL, &content, &file);
    ts_buf_put_u8(&file, 0);
    assert_int_equal(open_with(&ann_secret, &deployment, ts_buf_bytes(&file), 5000, &opened),
                     TS_ERR_TOOBIG);
    assert_int_equal(opened.length, content.length);
    assert_prefix(&opened, &content);
    ts_buf_free(&opened);
    ts_buf_free(&content);
    ts_buf_free(&file);
}

static void
test_sealed_other_files_are_no_sealed_files(void **state)
{
    (void)state;
    ts_sealed_head_t head;
    static const uint8_t zip[16] = {'P', 'K', 3, 4};
    /* what a transfer as text makes of it: CR LF became LF */
    static const uint8_t text[16] = {0x89, 'T', 'S', 's', '\n', 0x1a, '\n'};
    assert_int_equal(ts_sealed_head_read((ts_bytes_t){zip, sizeof zip}, &head), TS_ERR_INVALID);
    assert_int_equal(ts_sealed_head_read((ts_bytes_t){text, sizeof text}, &head), TS_ERR_INVALID);
    assert_int_equal(ts_sealed_head_read((ts_bytes_t){zip, 0}, &head), TS_ERR_AGAIN);
}

typedef struct refusing {
    size_t left;
} refusing_t;

static ts_err_t
refuse_later(void *ctx, ts_bytes_t bytes)
{
    refusing_t *self = ctx;
    if (bytes.length > self->left) {
        return TS_ERR_FULL;
    }
    self->left -= bytes.length;
    return TS_ERR_OK;
}

static void
test_sealed_full_disk_ends_the_writing(void **state)
{
    (void)state;
    refusing_t refusing = {.left = 70000};
    ts_buf_t content = {0};
    ts_sealed_writer_t *writer = NULL;
    ts_sealed_options_t options = {.what = TS_SEALED_BACKUP,
                                   .recipients = &ann,
                                   .recipient_count = 1,
                                   .random = source,
                                   .sink = refuse_later,
                                   .ctx = &refusing};
    fill(&content, 200000);
    assert_int_equal(ts_sealed_writer_new(&writer, &options), TS_ERR_OK);
    assert_int_equal(ts_sealed_write(writer, ts_buf_bytes(&content)), TS_ERR_FULL);
    ts_sealed_writer_destroy(&writer);
    ts_buf_free(&content);
}

static void
test_sealed_file_of_version_1_is_read_and_written_again(void **state)
{
    (void)state;
    golden_t golden;
    ts_buf_t file = {0};
    ts_buf_t opened = {0};
    ts_sealed_head_t head;
    ts_random_seeded_t kept;
    ts_random_t random = ts_random_from_seed(&kept, 1);
    ts_hash_t reader;
    ts_box_secret_t secret;
    ts_sealed_writer_t *writer = NULL;
    ts_box_keypair(random, &reader, &secret);
    ts_sealed_options_t options = {.what = TS_SEALED_BUNDLE,
                                   .deployment = deployment,
                                   .recipients = &reader,
                                   .recipient_count = 1,
                                   .label = "Tiếp Sức",
                                   .random = random,
                                   .sink = collect,
                                   .ctx = &file};
    assert_int_equal(ts_sealed_writer_new(&writer, &options), TS_ERR_OK);
    assert_int_equal(ts_sealed_write(writer, (ts_bytes_t){(const uint8_t *)"40 áo ấm", 11}),
                     TS_ERR_OK);
    assert_int_equal(ts_sealed_finish(writer), TS_ERR_OK);
    ts_sealed_writer_destroy(&writer);
    golden_open(&golden, "sealed_file.txt");
    ts_bytes_t bytes = ts_buf_bytes(&golden.bytes);
    assert_int_equal(ts_sealed_head_read(bytes, &head), TS_ERR_OK);
    assert_int_equal(open_with(&secret, &deployment, bytes, 9, &opened), TS_ERR_OK);
    golden_number(&golden, "what", head.what);
    golden_bytes(&golden, "deployment", head.deployment.b, sizeof head.deployment.b);
    golden_number(&golden, "recipients", head.recipient_count);
    golden_number(&golden, "key_id", head.key_ids[0]);
    golden_bytes(&golden, "label", (const uint8_t *)head.label, strlen(head.label));
    golden_bytes(&golden, "secret", secret.b, sizeof secret.b);
    golden_bytes(&golden, "content", opened.data, opened.length);
    golden_check(&golden, &file);
    ts_buf_free(&opened);
    ts_buf_free(&file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sealed_any_length_opens_for_each_recipient),
        cmocka_unit_test(test_sealed_wrong_key_or_deployment_is_told_apart),
        cmocka_unit_test(test_sealed_head_is_read_without_a_key),
        cmocka_unit_test(test_sealed_long_label_is_cut_at_a_character),
        cmocka_unit_test(test_sealed_every_flipped_byte_is_found),
        cmocka_unit_test(test_sealed_every_cut_is_told_as_cut_short),
        cmocka_unit_test(test_sealed_chunks_moved_doubled_or_left_out_are_found),
        cmocka_unit_test(test_sealed_bytes_behind_the_end_are_told_and_content_is_whole),
        cmocka_unit_test(test_sealed_other_files_are_no_sealed_files),
        cmocka_unit_test(test_sealed_full_disk_ends_the_writing),
        cmocka_unit_test(test_sealed_file_of_version_1_is_read_and_written_again),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
