/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Vietnamese text as offices write it: validation, one Unicode form, comparison keys and near
 * misses. For: everything that reads a name or a heading from a sheet. Not for: display or storage,
 * which keep what was written (NFC, but no other change), and not for sorting.
 *
 * Accents carry the difference between places (Mường Bang and Mường Bằng lie in one province), so
 * ts_text_key keeps them; ts_text_fold drops them and may only suggest, never decide.
 */
#ifndef TS_SHEET_TEXT_H
#define TS_SHEET_TEXT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Code points of a text that ts_text_distance looks at; longer ones are never near. */
#define TS_TEXT_DISTANCE_POINTS_MAX 128u

/* Flags of ts_text_key. */
#define TS_TEXT_NO_PREFIX 1u /* drop one leading xã, phường, huyện … */

/* The kind of administrative prefix in front of a name. */
typedef enum ts_text_prefix {
    TS_TEXT_PREFIX_NONE,
    TS_TEXT_PREFIX_PROVINCE,     /* tỉnh */
    TS_TEXT_PREFIX_CITY,         /* thành phố, TP. */
    TS_TEXT_PREFIX_DISTRICT,     /* huyện, H. */
    TS_TEXT_PREFIX_URBAN,        /* quận, Q. */
    TS_TEXT_PREFIX_TOWN,         /* thị xã, TX. */
    TS_TEXT_PREFIX_WARD,         /* phường, P. */
    TS_TEXT_PREFIX_COMMUNE,      /* xã, X. */
    TS_TEXT_PREFIX_TOWNSHIP,     /* thị trấn, TT. */
    TS_TEXT_PREFIX_SPECIAL_ZONE, /* đặc khu */
} ts_text_prefix_t;

/* True when `text` is UTF-8 without NUL; else *ret_bad (may be NULL) is the offset of the first bad
 * byte. */
bool ts_text_valid(const char *text, size_t bytes, size_t *ret_bad);

/* A cell as it is stored: NFC, zero-width characters dropped, white space at both ends dropped
 * (no-break space too), nothing else changed. The caller frees; NULL when `text` is not valid
 * (ts_text_valid). */
char *ts_text_clean(const char *text, size_t bytes);

/* Comparison key of a name: NFC, case-folded, white space collapsed, one kind of apostrophe and
 * dash, the look-alike Ð read as Đ, and the tone mark of final oa, oe, uy on the second letter (Hòa
 * = Hoà, Thủy = Thuỷ, Ủy = Uỷ). Accents stay. With TS_TEXT_NO_PREFIX a leading administrative word
 * is dropped unless nothing but a number would be left
 * ("Phường 1" stays). The caller frees; NULL when `text` is not valid UTF-8. */
char *ts_text_key(const char *text, unsigned flags);

/* The administrative word at the start of a key made by ts_text_key(text, 0); *ret_rest points into
 * `key` behind it (at its start for NONE). */
ts_text_prefix_t ts_text_key_prefix(const char *key, const char **ret_rest);

/* The key without any accent, đ as d; for suggestions and nothing else. The caller frees; NULL when
 * not valid. */
char *ts_text_fold(const char *text);

/* Steps (insert, drop, replace, or swap neighbours: one code point each) from a to b, when at most
 * `limit`; else limit + 1. Both valid UTF-8. */
size_t ts_text_distance(const char *a, const char *b, size_t limit);

/* Code points of valid UTF-8. */
size_t ts_text_points(const char *text);

/* Longest prefix of `text` of at most `bytes_max` bytes that cuts no character. */
size_t ts_text_clip(const char *text, size_t bytes_max);

#endif
