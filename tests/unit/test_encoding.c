/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: UTF-8 and UTF-16 are read whole; text that lost its letters or is typed in an old font is
 * refused with advice, and ordinary text is never refused. Method: one small table of names, given
 * in every encoding and damaged in every way that offices know.
 */
#include "base/limits.h"
#include "sheet/damage.h"
#include "sheet/encoding.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLE "Huyện,Xã\nBa Vì,Ba Trại\nPhù Yên,Mường Bang 🙂\n"

/* The sample as UTF-16; `big` swaps the bytes, `mark` adds U+FEFF. */
static void
to_utf16(const char *text, bool big, bool mark, ts_buf_t *out)
{
    const uint8_t *at = (const uint8_t *)text;
    uint32_t units[2];
    if (mark) {
        ts_buf_put(out, big ? "\xFE\xFF" : "\xFF\xFE", 2);
    }
    while (*at != 0) {
        size_t more = *at < 0x80 ? 0 : *at < 0xE0 ? 1 : *at < 0xF0 ? 2 : 3;
        uint32_t point = more == 0 ? *at : *at & (0x3Fu >> more);
        for (at++; more > 0; more--) {
            point = point << 6 | (*at++ & 0x3Fu);
        }
        size_t count = point >= 0x10000 ? 2 : 1;
        units[0] = count == 2 ? 0xD800 + ((point - 0x10000) >> 10) : point;
        units[1] = 0xDC00 + (point & 0x3FF);
        for (size_t i = 0; i < count; i++) {
            ts_buf_put_u8(out, (uint8_t)(big ? units[i] >> 8 : units[i] & 0xFF));
            ts_buf_put_u8(out, (uint8_t)(big ? units[i] & 0xFF : units[i] >> 8));
        }
    }
}

static void
assert_reads(ts_bytes_t file, ts_encoding_t expected, const char *text)
{
    ts_buf_t out = {0};
    ts_encoding_t encoding = TS_ENCODING_UTF16BE;
    ts_msg_t why = {0};
    assert_int_equal(ts_encoding_decode(file, &out, &encoding, &why), TS_ERR_OK);
    assert_int_equal(encoding, expected);
    assert_int_equal(out.length, strlen(text));
    assert_memory_equal(out.data, text, out.length);
    assert_null(why.id);
    ts_buf_free(&out);
}

/* Refused with this error and a reason that has `part`, which fits no other reason. */
static void
assert_refused(const void *data, size_t bytes, ts_err_t expected, const char *part)
{
    ts_buf_t out = {0};
    ts_encoding_t encoding = TS_ENCODING_UTF8;
    ts_msg_t why = {0};
    ts_err_t err =
        ts_encoding_decode((ts_bytes_t){.data = data, .length = bytes}, &out, &encoding, &why);
    assert_int_equal(err, expected);
    assert_null(out.data);
    char *text = ts_msg_fill(&why, why.id);
    if (strstr(text, part) == NULL) {
        fail_msg("“%.*s” is refused with “%s”, expected “%s”", (int)bytes, (const char *)data, text,
                 part);
    }
    free(text);
    ts_msg_free(&why);
}

static void
test_encoding_utf8_with_and_without_mark_is_read(void **state)
{
    assert_reads((ts_bytes_t){(const uint8_t *)SAMPLE, strlen(SAMPLE)}, TS_ENCODING_UTF8, SAMPLE);
    assert_reads((ts_bytes_t){(const uint8_t *)"\xEF\xBB\xBF" SAMPLE, strlen(SAMPLE) + 3},
                 TS_ENCODING_UTF8, SAMPLE);
}

static void
test_encoding_utf16_both_orders_with_and_without_mark_is_read(void **state)
{
    for (int big = 0; big <= 1; big++) {
        for (int mark = 0; mark <= 1; mark++) {
            ts_buf_t file = {0};
            to_utf16(SAMPLE, big, mark, &file);
            assert_reads(ts_buf_bytes(&file), big ? TS_ENCODING_UTF16BE : TS_ENCODING_UTF16LE,
                         SAMPLE);
            ts_buf_free(&file);
        }
    }
}

static void
test_encoding_utf16_damaged_is_refused(void **state)
{
    ts_buf_t file = {0};
    to_utf16(SAMPLE, false, true, &file);
    assert_refused(file.data, file.length - 1, TS_ERR_TRUNCATED, "middle of a character");
    ts_buf_put(&file, "\x00\xDC", 2); /* a low surrogate alone */
    assert_refused(file.data, file.length, TS_ERR_INVALID, "looks like UTF-16");
    file.data[file.length - 1] = 0xD8; /* a high one at the end */
    assert_refused(file.data, file.length, TS_ERR_INVALID, "looks like UTF-16");
    ts_buf_put(&file, "a\0", 2); /* and followed by a letter */
    assert_refused(file.data, file.length, TS_ERR_INVALID, "looks like UTF-16");
    ts_buf_free(&file);
    assert_refused("a\0b\0c,\0\0d\0", 10, TS_ERR_INVALID, "not a text file");
}

static void
test_encoding_other_files_are_named(void **state)
{
    static const struct {
        const char *data;
        size_t bytes;
        const char *part;
    } cases[] = {
        {"PK\x03\x04xxxx", 8, ".xlsx"},
        {"\xD0\xCF\x11\xE0\xA1\xB1", 6, "old Excel"},
        {"%PDF-1.7", 8, "PDF"},
        {"<html><table>", 13, "web page"},
        {"<!DOCTYPE html>", 15, "web page"},
        {"<!doctype html>", 15, "web page"},
        {"\xEF\xBB\xBF\r\n  <TABLE border=1>", 23, "web page"},
        {"<?xml version", 13, "XML"},
        {"{\\rtf1", 6, "RTF"},
        {"\xFF\xFE\0\0a\0\0\0", 8, "UTF-32"},
        {"\0\0\xFE\xFF\0\0\0a", 8, "UTF-32"},
        {"", 0, "empty"},
        {"\xEF\xBB\xBF", 3, "empty"},
        {"\xFF\xFE", 2, "empty"},
        {"a,b\nc\x01,d\n", 9, "line 2 holds characters"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        assert_refused(cases[i].data, cases[i].bytes, TS_ERR_INVALID, cases[i].part);
    }
    uint8_t *large = calloc(TS_CONTROL_BYTES_MAX + 1, 1);
    memset(large, 'a', TS_CONTROL_BYTES_MAX + 1);
    assert_refused(large, TS_CONTROL_BYTES_MAX + 1, TS_ERR_TOOBIG, "larger than 32 MB");
    free(large);
}

static void
test_encoding_damaged_letters_are_refused_with_advice(void **state)
{
    static const struct {
        const char *text;
        const char *part;
    } cases[] = {
        /* Excel's plain CSV */
        {"Huy?n,X?\nBa V?,Ba Tr?i\n", "stand as “?” (first on line 1)"},
        {"X? Ba V?\n", "stand as “?”"},
        {"T\xEAn x\xE3,S? tr? em\nV\xE2n H\xF2"
         "a,5\nTr?n Ph\xFA,6\n",
         "stand as “?”"},
        {"code,name\n03748,Ph?ng L?ng\n03751,Chi?ng Ly\n", "stand as “?” (first on line 2)"},
        {"Tên,Số\nTr??ng Ti?u h?c,5\n", "stand as “?” (first on line 2)"},
        {"Tên,S? em\nTh? a,5\n", "stand as “?” (first on line 1)"},
        /* replacement characters */
        {"Tên\nTr\xEF\xBF\xBDng\n", "stand as “�” (first on line 2)"},
        /* UTF-8 read as Windows-1252 and saved again: Tên xã, Trường Tiểu học */
        {"T\xC3\x83\xC2\xAAn x\xC3\x83\xC2\xA3\nTr\xC3\x86\xC2\xB0\xC3\xA1\xC2\xBB\xC2\x9Dng\n",
         "wrong encoding"},
        {"Gi\xC3\xA1\xC2\xBA\xC2\xA5y m\xC3\x83\xE2\x82\xAC\n", "wrong encoding"},
        /* TCVN3 as bytes and as Unicode: Tên xã, Mường Bằng */
        {"T\xAAn x\xB7,S\xE8\nM\xAD\xEAng B\xBBng,5\n", "TCVN3"},
        {"Tªn x·,Sè\nM\xC2\xADêng B»ng,5\n", "TCVN3"},
        /* VNI as bytes and as Unicode: Tên xã, Mường Bằng */
        {"Te\xE2n xa\xF5\nM\xF6\xF4\xF8ng Ba\xE8ng\n", "VNI"},
        {"Teân xaõ\nMöôøng Baèng\n", "VNI"},
        {"HOÏ VAØ TEÂN\n", "VNI"},
        /* none of these */
        {"a,b\nc,\xE9t\xE9\n", "not in UTF-8 (first wrong character on line 2)"},
        {"Tên xã\r\nMường\rBằng \xE1\xBA\n", "not in UTF-8 (first wrong character on line 3)"},
    };
    for (size_t i = 0; i < TS_COUNT(cases); i++) {
        assert_refused(cases[i].text, strlen(cases[i].text), TS_ERR_INVALID, cases[i].part);
    }
}

static void
test_encoding_ordinary_text_is_not_refused(void **state)
{
    static const char *const texts[] = {
        "Tên xã,Số\nVân Hòa,5\nTrần Phú,6\n",
        "Tên xã,Đã nhận chưa?\nVân Hòa,Có\nYên Bài,Không rõ?\n",
        "Ten xa,Da nhan?\nVan Hoa,co\n",
        "Trường,Hanoï\nnaïve,Đắk Tờ\n",
        "Ten\n«Hoa»\n«Ban»\n",
        "Commune,Received?,Signed?\nA,yes,no\n",
        "Xã,Có chưa? nếu có,Ai?\nVân Hòa,chưa?,\n",
        "link,note\nhttps://a.vn/x?id=1,a\nhttps://a.vn/y?id=2,b\nwww.x.vn/?p=3,c\n",
        "Diện tích (m²),Tỷ lệ ½\n5m²,«Trường»\n",
        "donor\nNoël Müller\nKöln GmbH\nSeñor Ibáñez\n",
        "Ghi chú\nThuê xe, xoá, hoà, quà, tuần, yêu, hoãn, nghĩa\n",
        "Trường ½ ngày · bán trú\nn·m ©x\n",
        "Hòa Bình, thuê, quá, cà phê\n",
        "a\tb\r\n\"x\ny\"\t1\x0B"
        "2\n",
        "Họ và tên\nNguyễn Văn Ã Ä Æ\n",
        "Mu\xCC\x9Bo\xCC\x9B\xCC\x80ng Tr\xC2\xAD"
        "a i\xC2\xAD"
        "a u\xC2\xAD"
        "a Bằng Đắk\n",
    };
    for (size_t i = 0; i < TS_COUNT(texts); i++) {
        assert_reads((ts_bytes_t){(const uint8_t *)texts[i], strlen(texts[i])}, TS_ENCODING_UTF8,
                     texts[i]);
    }
}

static void
test_encoding_damage_of_nothing_is_none(void **state)
{
    size_t at = 7;
    assert_int_equal(ts_damage_find((ts_bytes_t){0}, &at), TS_DAMAGE_NONE);
    assert_int_equal(at, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encoding_utf8_with_and_without_mark_is_read),
        cmocka_unit_test(test_encoding_utf16_both_orders_with_and_without_mark_is_read),
        cmocka_unit_test(test_encoding_utf16_damaged_is_refused),
        cmocka_unit_test(test_encoding_other_files_are_named),
        cmocka_unit_test(test_encoding_damaged_letters_are_refused_with_advice),
        cmocka_unit_test(test_encoding_ordinary_text_is_not_refused),
        cmocka_unit_test(test_encoding_damage_of_nothing_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
