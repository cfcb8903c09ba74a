/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From the bytes of a file to valid UTF-8, or a refusal that says what to do. Nothing is guessed:
 * what is not UTF-8 or UTF-16 is refused, and so is text that was damaged before it came here,
 * because a name with lost accents would match the wrong place or none.
 *
 * Recognised: UTF-8 with or without byte order mark; UTF-16, either byte order, with mark or by the
 * pattern of its zero bytes (Excel's "Unicode Text"). Refused with advice: workbooks, PDF, web
 * pages and archives given as text; accents lost to '?' (Excel's plain CSV); U+FFFD; UTF-8 that was
 * read as Latin-1 and saved again ("TrÆ°á»ng"); TCVN3 (.VnTime) and VNI, as bytes or as Unicode;
 * control characters; anything else.
 */
#ifndef TS_SHEET_ENCODING_H
#define TS_SHEET_ENCODING_H

#include "base/buf.h"
#include "base/err.h"
#include "base/msg.h"

typedef enum ts_encoding {
    TS_ENCODING_UTF8,
    TS_ENCODING_UTF16LE,
    TS_ENCODING_UTF16BE,
} ts_encoding_t;

/* Decodes `file` (at most TS_CONTROL_BYTES_MAX). On OK *ret_text (replaced, the caller frees) is
 * valid UTF-8 without byte order mark and without NUL, line ends as in the file, and *ret_encoding
 * says what it was. Else *ret_why says what is wrong and what to do: TOOBIG; TRUNCATED for half a
 * UTF-16 character at the end; INVALID for all the rest. */
TS_MUST_USE ts_err_t ts_encoding_decode(ts_bytes_t file,
                                        ts_buf_t *ret_text,
                                        ts_encoding_t *ret_encoding,
                                        ts_msg_t *ret_why);

#endif
