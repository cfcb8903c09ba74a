/* SPDX-License-Identifier: MPL-2.0 */
#include "sheet/text.h"

#include "base/check.h"
#include "base/xalloc.h"

#include <string.h>
#include <utf8proc.h>

/* Plain, grave, acute, tilde, hook, dot below: the vowels that can carry the tone of final oa, oe,
 * uy. */
static const int32_t toned[][6] = {
    {'a', 0xE0, 0xE1, 0xE3, 0x1EA3, 0x1EA1},     {'e', 0xE8, 0xE9, 0x1EBD, 0x1EBB, 0x1EB9},
    {'o', 0xF2, 0xF3, 0xF5, 0x1ECF, 0x1ECD},     {'u', 0xF9, 0xFA, 0x169, 0x1EE7, 0x1EE5},
    {'y', 0x1EF3, 0xFD, 0x1EF9, 0x1EF7, 0x1EF5},
};
#define TONED_COUNT (sizeof toned / sizeof toned[0])

/* As keys have them: lower case, one space; longer words before their beginnings. */
static const struct {
    const char *word;
    ts_text_prefix_t prefix;
} prefixes[] = {
    {"thành phố ", TS_TEXT_PREFIX_CITY},
    {"thị trấn ", TS_TEXT_PREFIX_TOWNSHIP},
    {"đặc khu ", TS_TEXT_PREFIX_SPECIAL_ZONE},
    {"phường ", TS_TEXT_PREFIX_WARD},
    {"huyện ", TS_TEXT_PREFIX_DISTRICT},
    {"thị xã ", TS_TEXT_PREFIX_TOWN},
    {"quận ", TS_TEXT_PREFIX_URBAN},
    {"tỉnh ", TS_TEXT_PREFIX_PROVINCE},
    {"xã ", TS_TEXT_PREFIX_COMMUNE},
    {"tp.", TS_TEXT_PREFIX_CITY},
    {"tp ", TS_TEXT_PREFIX_CITY},
    {"tt.", TS_TEXT_PREFIX_TOWNSHIP},
    {"tt ", TS_TEXT_PREFIX_TOWNSHIP},
    {"tx.", TS_TEXT_PREFIX_TOWN},
    {"tx ", TS_TEXT_PREFIX_TOWN},
    {"p.", TS_TEXT_PREFIX_WARD},
    {"h.", TS_TEXT_PREFIX_DISTRICT},
    {"q.", TS_TEXT_PREFIX_URBAN},
    {"x.", TS_TEXT_PREFIX_COMMUNE},
    {"t.", TS_TEXT_PREFIX_PROVINCE},
};

bool
ts_text_valid(const char *text, size_t bytes, size_t *ret_bad)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t offset = 0;
    while (offset < bytes) {
        int32_t point = 0;
        utf8proc_ssize_t used = 1;
        if (at[offset] >= 0x80) {
            used = utf8proc_iterate(at + offset, (utf8proc_ssize_t)(bytes - offset), &point);
        }
        if (used <= 0 || at[offset] == 0) {
            if (ret_bad != NULL) {
                *ret_bad = offset;
            }
            return false;
        }
        offset += (size_t)used;
    }
    return true;
}

static bool
is_invisible(int32_t point)
{
    return (point >= 0x200B && point <= 0x200D) || point == 0x2060 || point == 0xFEFF ||
           point == 0xAD;
}

static bool
is_space(int32_t point)
{
    return point == ' ' || (point >= 9 && point <= 13) || point == 0x85 || point == 0x2028 ||
           point == 0x2029 || utf8proc_category(point) == UTF8PROC_CATEGORY_ZS;
}

static bool
is_letter(int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME;
}

/* Code points of valid UTF-8 after utf8proc's mapping; owned, *ret_count of them; NULL when not
 * valid. */
static int32_t *
points_of(const char *text, size_t bytes, int options, size_t *ret_count)
{
    if (!ts_text_valid(text, bytes, NULL)) {
        return NULL;
    }
    const uint8_t *at = (const uint8_t *)text;
    utf8proc_option_t how = (utf8proc_option_t)options;
    utf8proc_ssize_t need = utf8proc_decompose(at, (utf8proc_ssize_t)bytes, NULL, 0, how);
    if (need < 0) {
        return NULL;
    }
    int32_t *points = ts_xcalloc((size_t)need, sizeof *points);
    utf8proc_ssize_t count = utf8proc_decompose(at, (utf8proc_ssize_t)bytes, points, need, how);
    TS_CHECK(count == need);
    count = utf8proc_normalize_utf32(points, count, how);
    TS_CHECK(count >= 0);
    *ret_count = (size_t)count;
    return points;
}

static char *
points_to_text(const int32_t *points, size_t count)
{
    char *text = ts_xmalloc(count * 4 + 1);
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        utf8proc_ssize_t used = utf8proc_encode_char(points[i], (uint8_t *)text + length);
        TS_CHECK(used > 0);
        length += (size_t)used;
    }
    text[length] = '\0';
    return ts_xrealloc(text, length + 1);
}

static bool
is_ascii(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if ((uint8_t)text[i] >= 0x80 || text[i] == '\0') {
            return false;
        }
    }
    return true;
}

char *
ts_text_clean(const char *text, size_t bytes)
{
    if (is_ascii(text, bytes)) {
        size_t from = 0;
        while (from < bytes && is_space(text[from])) {
            from++;
        }
        while (bytes > from && is_space(text[bytes - 1])) {
            bytes--;
        }
        return ts_xstrndup(text + from, bytes - from);
    }
    size_t count = 0;
    int32_t *points = points_of(text, bytes, UTF8PROC_STABLE | UTF8PROC_COMPOSE, &count);
    if (points == NULL) {
        return NULL;
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_invisible(points[i]) && !(kept == 0 && is_space(points[i]))) {
            points[kept++] = points[i];
        }
    }
    while (kept > 0 && is_space(points[kept - 1])) {
        kept--;
    }
    char *clean = points_to_text(points, kept);
    ts_xfree(points);
    return clean;
}

/* One kind of space, apostrophe and dash; invisible characters go. */
static int32_t
plain_point(int32_t point)
{
    if (is_space(point)) {
        return ' ';
    }
    switch (point) {
    case 0x2018:
    case 0x2019:
    case 0x2BC:
    case 0xB4:
    case '`':
        return '\'';
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2212:
        return '-';
    case 0xF0: /* ð, typed for đ */
    case 0x256:
        return 0x111;
    default:
        return point;
    }
}

/* In place: plain points, single spaces, none at the ends or beside an apostrophe (Ia H' Drai). */
static size_t
collapse(int32_t *points, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_invisible(points[i])) {
            continue;
        }
        int32_t point = plain_point(points[i]);
        int32_t last = kept > 0 ? points[kept - 1] : ' ';
        if (point == ' ' && (last == ' ' || last == '\'')) {
            continue;
        }
        if (point == '\'' && kept > 0 && last == ' ') {
            kept--;
        }
        points[kept++] = point;
    }
    while (kept > 0 && points[kept - 1] == ' ') {
        kept--;
    }
    return kept;
}

/* Row and column in `toned`; false for every other letter. */
static bool
find_toned(int32_t point, size_t *ret_base, size_t *ret_tone)
{
    for (size_t base = 0; base < TONED_COUNT; base++) {
        for (size_t tone = 0; tone < 6; tone++) {
            if (toned[base][tone] == point) {
                *ret_base = base;
                *ret_tone = tone;
                return true;
            }
        }
    }
    return false;
}

/* Final oa, oe, uy: the mark goes to the second letter. Within a word (hoàn, thuyền) both styles
 * agree already. */
static void
place_tones(int32_t *points, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        if (i + 2 < count && is_letter(points[i + 2])) {
            continue;
        }
        size_t first = 0;
        size_t first_tone = 0;
        size_t second = 0;
        size_t second_tone = 0;
        if (!find_toned(points[i], &first, &first_tone) ||
            !find_toned(points[i + 1], &second, &second_tone)) {
            continue;
        }
        int32_t a = toned[first][0];
        int32_t b = toned[second][0];
        bool pair = (a == 'o' && (b == 'a' || b == 'e')) || (a == 'u' && b == 'y');
        if (pair && first_tone != 0 && second_tone == 0) {
            points[i] = a;
            points[i + 1] = toned[second][first_tone];
        }
    }
}

static bool
is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && text[digits] == '\0';
}

ts_text_prefix_t
ts_text_key_prefix(const char *key, const char **ret_rest)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t length = strlen(prefixes[i].word);
        if (strncmp(key, prefixes[i].word, length) != 0) {
            continue;
        }
        const char *rest = key + length;
        rest += strspn(rest, " ");
        if (*rest != '\0' && !is_number(rest)) {
            *ret_rest = rest;
            return prefixes[i].prefix;
        }
    }
    *ret_rest = key;
    return TS_TEXT_PREFIX_NONE;
}

char *
ts_text_key(const char *text, unsigned flags)
{
    size_t count = 0;
    int options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD;
    int32_t *points = points_of(text, strlen(text), options, &count);
    if (points == NULL) {
        return NULL;
    }
    count = collapse(points, count);
    place_tones(points, count);
    char *key = points_to_text(points, count);
    ts_xfree(points);
    if ((flags & TS_TEXT_NO_PREFIX) != 0) {
        const char *rest = NULL;
        if (ts_text_key_prefix(key, &rest) != TS_TEXT_PREFIX_NONE) {
            memmove(key, rest, strlen(rest) + 1);
        }
    }
    return key;
}

char *
ts_text_fold(const char *text)
{
    size_t count = 0;
    int options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK;
    int32_t *points = points_of(text, strlen(text), options, &count);
    if (points == NULL) {
        return NULL;
    }
    count = collapse(points, count);
    for (size_t i = 0; i < count; i++) {
        if (points[i] == 0x111) {
            points[i] = 'd';
        }
    }
    char *fold = points_to_text(points, count);
    ts_xfree(points);
    return fold;
}

static bool
take_points(const char *text, int32_t *points, size_t *ret_count)
{
    size_t bytes = strlen(text);
    size_t offset = 0;
    size_t count = 0;
    while (offset < bytes) {
        utf8proc_ssize_t used = 0;
        if (count < TS_TEXT_DISTANCE_POINTS_MAX) {
            used = utf8proc_iterate((const uint8_t *)text + offset,
                                    (utf8proc_ssize_t)(bytes - offset), &points[count]);
        }
        if (used <= 0) {
            return false;
        }
        offset += (size_t)used;
        count++;
    }
    *ret_count = count;
    return true;
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t
ts_text_distance(const char *a, const char *b, size_t limit)
{
    int32_t left[TS_TEXT_DISTANCE_POINTS_MAX];
    int32_t right[TS_TEXT_DISTANCE_POINTS_MAX];
    size_t rows[3][TS_TEXT_DISTANCE_POINTS_MAX + 1];
    size_t m = 0;
    size_t n = 0;
    if (!take_points(a, left, &m) || !take_points(b, right, &n) || m > n + limit || n > m + limit) {
        return limit + 1;
    }
    size_t *before = rows[0];
    size_t *above = rows[1];
    size_t *row = rows[2];
    for (size_t j = 0; j <= n; j++) {
        above[j] = j;
        before[j] = j;
    }
    for (size_t i = 1; i <= m; i++) {
        row[0] = i;
        size_t least = i;
        for (size_t j = 1; j <= n; j++) {
            size_t replace = above[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
            row[j] = smaller(replace, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
                row[j] = smaller(row[j], before[j - 2] + 1);
            }
            least = smaller(least, row[j]);
        }
        if (least > limit) {
            return limit + 1;
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[n] <= limit ? above[n] : limit + 1;
}

size_t
ts_text_points(const char *text)
{
    size_t count = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (((uint8_t)*at & 0xC0) != 0x80) {
            count++;
        }
    }
    return count;
}

size_t
ts_text_clip(const char *text, size_t bytes_max)
{
    size_t bytes = strlen(text);
    if (bytes <= bytes_max) {
        return bytes;
    }
    size_t cut = bytes_max;
    while (cut > 0 && ((uint8_t)text[cut] & 0xC0) == 0x80) {
        cut--;
    }
    return cut;
}
