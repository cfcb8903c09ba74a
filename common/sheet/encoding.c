/* SPDX-License-Identifier: MPL-2.0 */
#include "sheet/encoding.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "sheet/damage.h"
#include "sheet/text.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

/* Bytes looked at for the zero pattern of UTF-16. */
#define SNIFF_BYTES 4096u

/* What reporting sites hand out as “.xls” is often a web page. */
#define WEB_PAGE \
    N_("this is a web page, not a CSV file: open it in Excel and save it as “CSV UTF-8”")

/* Beginnings of files that are not tables, as people give them; markup in lower case. */
static const struct {
    const char *start;
    size_t bytes;
    const char *advice;
} not_text[] = {
    {"PK\x03\x04", 4,
     N_("this is a workbook or an archive (.xlsx, .ods, .zip), not a CSV file: "
        "open it and save it as “CSV UTF-8 (Comma delimited)”")},
    {"\xD0\xCF\x11\xE0", 4,
     N_("this is an old Excel or Word file (.xls, .doc), not a CSV file: "
        "open it and save it as “CSV UTF-8 (Comma delimited)”")},
    {"%PDF", 4, N_("this is a PDF file, not a CSV file: ask for the table itself")},
    {"<html", 5, WEB_PAGE},
    {"<!doctype", 9, WEB_PAGE},
    {"<table", 6, WEB_PAGE},
    {"<meta", 5, WEB_PAGE},
    {"<?xml", 5,
     N_("this is an XML file, not a CSV file: open it in Excel and save it as “CSV UTF-8”")},
    {"{\\rtf", 5,
     N_("this is a Word (RTF) file, not a CSV file: copy the table to Excel and save it as “CSV "
        "UTF-8”")},
    {"\xFF\xFE\x00\x00", 4, N_("the file is in UTF-32, which is not read: save it as “CSV UTF-8”")},
    {"\x00\x00\xFE\xFF", 4, N_("the file is in UTF-32, which is not read: save it as “CSV UTF-8”")},
};

static ts_err_t
refuse(ts_err_t err, const char *id, ts_msg_t *ret_why)
{
    ts_msg_make(ret_why, id, NULL);
    return err;
}

static ts_err_t
refuse_line(const char *id, size_t line, ts_msg_t *ret_why)
{
    ts_msg_set(ret_why, id);
    ts_msg_arg_number(ret_why, (int64_t)line);
    return TS_ERR_INVALID;
}

static bool
begins(ts_bytes_t file, const char *start, size_t bytes)
{
    return file.length >= bytes && memcmp(file.data, start, bytes) == 0;
}

/* Markup, behind a byte order mark and blanks, in capitals or not. */
static bool
begins_markup(ts_bytes_t file, const char *start, size_t bytes)
{
    size_t at = begins(file, "\xEF\xBB\xBF", 3) ? 3 : 0;
    while (at < file.length && strchr(" \t\r\n", file.data[at]) != NULL && file.data[at] != 0) {
        at++;
    }
    if (start[0] != '<' || file.length - at < bytes) {
        return false;
    }
    for (size_t i = 0; i < bytes; i++) {
        uint8_t c = file.data[at + i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != start[i]) {
            return false;
        }
    }
    return true;
}

/* The line (from 1) of an offset; CR, LF and CRLF end lines. */
static size_t
line_of(const uint8_t *text, size_t offset)
{
    size_t line = 1;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n')) {
            line++;
        }
    }
    return line;
}

/* Without a mark: text in UTF-16 has a zero in one half of every ASCII character, and never in the
 * other half. */
static bool
sniff_utf16(ts_bytes_t file, ts_encoding_t *ret_encoding)
{
    size_t look = file.length < SNIFF_BYTES ? file.length : SNIFF_BYTES;
    size_t zeros[2] = {0, 0};
    for (size_t i = 0; i < look; i++) {
        zeros[i % 2] += file.data[i] == 0 ? 1 : 0;
    }
    /* At least a fifth of the characters are ASCII in any Vietnamese table: blanks, separators,
     * plain letters. */
    size_t enough = look / 2 / 5 + 1;
    if (zeros[1] >= enough && zeros[0] == 0) {
        *ret_encoding = TS_ENCODING_UTF16LE;
        return true;
    }
    if (zeros[0] >= enough && zeros[1] == 0) {
        *ret_encoding = TS_ENCODING_UTF16BE;
        return true;
    }
    return false;
}

static uint32_t
unit16(const uint8_t *at, ts_encoding_t encoding)
{
    return encoding == TS_ENCODING_UTF16LE ? at[0] | (uint32_t)at[1] << 8
                                           : at[1] | (uint32_t)at[0] << 8;
}

/* Appends UTF-8; false with the offset of the first wrong unit. */
static bool
decode_utf16(ts_bytes_t file, ts_encoding_t encoding, ts_buf_t *text)
{
    size_t at = 0;
    while (at + 2 <= file.length) {
        uint32_t point = unit16(file.data + at, encoding);
        at += 2;
        if (point >= 0xD800 && point <= 0xDBFF && at + 2 <= file.length) {
            uint32_t low = unit16(file.data + at, encoding);
            if (low < 0xDC00 || low > 0xDFFF) {
                return false;
            }
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            at += 2;
        }
        if ((point >= 0xD800 && point <= 0xDFFF) || point == 0) {
            return false;
        }
        uint8_t bytes[4];
        utf8proc_ssize_t used = utf8proc_encode_char((utf8proc_int32_t)point, bytes);
        TS_CHECK(used > 0);
        ts_buf_put(text, bytes, (size_t)used);
    }
    return true;
}

/* The damage that shows in text that is otherwise in order. */
static ts_err_t
check_text(ts_bytes_t text, ts_msg_t *ret_why)
{
    size_t at = 0;
    switch (ts_damage_find(text, &at)) {
    case TS_DAMAGE_NONE:
        return TS_ERR_OK;
    case TS_DAMAGE_LOST:
        return refuse_line(N_("accented letters were lost and stand as “?” (first on line {1}); "
                              "the file cannot be mended: "
                              "open the original in Excel and save it as “CSV UTF-8 (Comma "
                              "delimited)” or “Unicode Text”"),
                           line_of(text.data, at), ret_why);
    case TS_DAMAGE_REPLACED:
        return refuse_line(
            N_("letters were lost and stand as “�” (first on line {1}); the file cannot be mended: "
               "open the original in Excel and save it as “CSV UTF-8 (Comma delimited)”"),
            line_of(text.data, at), ret_why);
    case TS_DAMAGE_CONTROL:
        return refuse_line(
            N_("line {1} holds characters that are not text; is this really a CSV file?"),
            line_of(text.data, at), ret_why);
    case TS_DAMAGE_TWICE:
        return refuse_line(
            N_("the file was opened in a wrong encoding and saved again, as “TrÆ°á»ng” for "
               "“Trường” (first on "
               "line {1}): go back to the original and save it as “CSV UTF-8 (Comma delimited)”"),
            line_of(text.data, at), ret_why);
    case TS_DAMAGE_TCVN3:
        return refuse_line(
            N_("the file is probably typed with a TCVN3 font such as .VnTime (first on line {1}): "
               "convert it to "
               "Unicode first, for example with the UniKey toolkit, then save it as “CSV UTF-8”"),
            line_of(text.data, at), ret_why);
    case TS_DAMAGE_VNI:
        return refuse_line(
            N_("the file is probably typed with a VNI font such as VNI-Times (first on line {1}): "
               "convert it to "
               "Unicode first, for example with the UniKey toolkit, then save it as “CSV UTF-8”"),
            line_of(text.data, at), ret_why);
    }
    TS_CHECK(false);
}

/* Bytes that are not UTF-8: say which old encoding it probably is, if one shows. */
static ts_err_t
explain_not_utf8(ts_bytes_t file, size_t bad, ts_msg_t *ret_why)
{
    /* Read as Latin-1, an old font encoding looks the same as it does in text that went through
     * Excel. */
    ts_buf_t latin = {0};
    for (size_t i = 0; i < file.length; i++) {
        uint8_t bytes[4];
        utf8proc_ssize_t used = utf8proc_encode_char(file.data[i], bytes);
        ts_buf_put(&latin, bytes, (size_t)used);
    }
    size_t at = 0;
    ts_damage_t damage = ts_damage_find(ts_buf_bytes(&latin), &at);
    ts_err_t err = TS_ERR_OK;
    if (damage == TS_DAMAGE_LOST || damage == TS_DAMAGE_TCVN3 || damage == TS_DAMAGE_VNI) {
        err = check_text(ts_buf_bytes(&latin), ret_why);
    } else {
        err = refuse_line(N_("the file is not in UTF-8 (first wrong character on line {1}): open "
                             "it in Excel, check the letters, "
                             "and save it as “CSV UTF-8 (Comma delimited)”"),
                          line_of(file.data, bad), ret_why);
    }
    ts_buf_free(&latin);
    return err;
}

static ts_err_t
finish(ts_buf_t *text,
       ts_encoding_t encoding,
       ts_buf_t *ret_text,
       ts_encoding_t *ret_encoding,
       ts_msg_t *ret_why)
{
    ts_err_t err = check_text(ts_buf_bytes(text), ret_why);
    if (err != TS_ERR_OK) {
        ts_buf_free(text);
        return err;
    }
    ts_buf_free(ret_text);
    *ret_text = *text;
    *ret_encoding = encoding;
    return TS_ERR_OK;
}

ts_err_t
ts_encoding_decode(ts_bytes_t file,
                   ts_buf_t *ret_text,
                   ts_encoding_t *ret_encoding,
                   ts_msg_t *ret_why)
{
    if (file.length > TS_CONTROL_BYTES_MAX) {
        ts_msg_set(ret_why, N_("the file is larger than {1} MB: split it"));
        ts_msg_arg_number(ret_why, TS_CONTROL_BYTES_MAX >> 20);
        return TS_ERR_TOOBIG;
    }
    for (size_t i = 0; i < sizeof not_text / sizeof not_text[0]; i++) {
        if (begins(file, not_text[i].start, not_text[i].bytes) ||
            begins_markup(file, not_text[i].start, not_text[i].bytes)) {
            return refuse(TS_ERR_INVALID, not_text[i].advice, ret_why);
        }
    }
    ts_encoding_t encoding = TS_ENCODING_UTF8;
    size_t mark = 0;
    if (begins(file, "\xEF\xBB\xBF", 3)) {
        mark = 3;
    } else if (begins(file, "\xFF\xFE", 2) || begins(file, "\xFE\xFF", 2)) {
        encoding = file.data[0] == 0xFF ? TS_ENCODING_UTF16LE : TS_ENCODING_UTF16BE;
        mark = 2;
    } else {
        (void)sniff_utf16(file, &encoding);
    }
    ts_bytes_t body = {.data = mark == file.length ? NULL : file.data + mark,
                       .length = file.length - mark};
    if (body.length == 0) {
        return refuse(TS_ERR_INVALID, N_("the file is empty"), ret_why);
    }
    ts_buf_t text = {0};
    size_t bad = 0;
    if (encoding != TS_ENCODING_UTF8) {
        if (body.length % 2 != 0) {
            return refuse(TS_ERR_TRUNCATED,
                          N_("the file ends in the middle of a character: copy it again"), ret_why);
        }
        if (!decode_utf16(body, encoding, &text)) {
            ts_buf_free(&text);
            return refuse(
                TS_ERR_INVALID,
                N_("the file looks like UTF-16 but is damaged: save it again as “CSV UTF-8”"),
                ret_why);
        }
        return finish(&text, encoding, ret_text, ret_encoding, ret_why);
    }
    if (memchr(body.data, 0, body.length) != NULL) {
        return refuse(
            TS_ERR_INVALID,
            N_("this is not a text file: save the table as “CSV UTF-8 (Comma delimited)”"),
            ret_why);
    }
    if (!ts_text_valid((const char *)body.data, body.length, &bad)) {
        return explain_not_utf8(body, bad, ret_why);
    }
    ts_buf_put(&text, body.data, body.length);
    return finish(&text, encoding, ret_text, ret_encoding, ret_why);
}
