/* SPDX-License-Identifier: MPL-2.0 */
#include "sheet/damage.h"

#include "base/check.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

/* Two hits: one odd character may be a foreign name, a pattern twice is a habit of the file. */
#define HITS_MIN 2u

/* What one pass over the code points counts, with the offset of each first hit. */
typedef struct ts_tally {
    size_t viet; /* letters that only Vietnamese in Unicode has */
    size_t twice;
    size_t twice_at;
    size_t tcvn3;
    size_t tcvn3_at;
    size_t vni; /* vowel and mark that no language writes side by side */
    size_t vni_at;
} ts_tally_t;

static bool
is_ascii_letter(int32_t point)
{
    return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z');
}

static bool
is_vietnamese(int32_t point)
{
    static const int32_t letters[] = {0x102, 0x103, 0x110, 0x111, 0x128, 0x129, 0x168,
                                      0x169, 0x1A0, 0x1A1, 0x1AF, 0x1B0, 0x300, 0x301,
                                      0x302, 0x303, 0x306, 0x309, 0x31B, 0x323};
    if (point >= 0x1EA0 && point <= 0x1EF9) {
        return true;
    }
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (letters[i] == point) {
            return true;
        }
    }
    return false;
}

/* A byte 0x80..0xBF shown in Latin-1 or Windows-1252. */
static bool
is_tail_as_latin(int32_t point)
{
    static const int32_t cp1252[] = {0x20AC, 0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                     0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x17D,  0x2018,
                                     0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC,
                                     0x2122, 0x161,  0x203A, 0x153,  0x17E,  0x178};
    if (point >= 0x80 && point <= 0xBF) {
        return true;
    }
    for (size_t i = 0; i < sizeof cp1252 / sizeof cp1252[0]; i++) {
        if (cp1252[i] == point) {
            return true;
        }
    }
    return false;
}

/* Ã, Ä, Æ with a tail are the letters à…ữ; á with º or » and a tail is every letter of
 * U+1E80..U+1EFF. */
static bool
is_twice(int32_t before, int32_t point)
{
    if (before == 0xE1) {
        return point == 0xBA || point == 0xBB;
    }
    return (before == 0xC3 || before == 0xC4 || before == 0xC6) && is_tail_as_latin(point);
}

/* Signs of Latin-1 that stand for letters in TCVN3; «, », °, ², ³, ´, ¶, º are left out, people
 * write those. */
static bool
is_tcvn3_sign(int32_t point)
{
    return (point >= 0xA1 && point <= 0xAE && point != 0xAB) || point == 0xB5 ||
           (point >= 0xB7 && point <= 0xB9) || (point >= 0xBC && point <= 0xBE);
}

static bool
is_one_of(int32_t point, const int32_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == point) {
            return true;
        }
    }
    return false;
}

/* A vowel and the VNI mark behind it, where Vietnamese in Unicode never has the two together. */
static bool
is_vni_pair(int32_t before, int32_t point)
{
    static const int32_t vowels[] = {'a', 'e', 'o', 'u', 'y', 0xF4, 0xF6};
    static const int32_t marks[] = {0xF8, 0xFB, 0xE5, 0xE4, 0xEF, 0xF9, 0xF5};
    static const int32_t marks_of_a[] = {0xE1, 0xE0, 0xE3, 0xE2, 0xEA,
                                         0xE9, 0xE8, 0xFA, 0xEB, 0xFC};
    int32_t vowel = is_ascii_letter(before)            ? before | 0x20
                    : before >= 0xC0 && before <= 0xDE ? before + 0x20
                                                       : before;
    int32_t mark = point >= 0xC0 && point <= 0xDE ? point + 0x20 : point;
    if (!is_one_of(vowel, vowels, sizeof vowels / sizeof vowels[0])) {
        return false;
    }
    if (is_one_of(mark, marks, sizeof marks / sizeof marks[0])) {
        return true;
    }
    size_t count = sizeof marks_of_a / sizeof marks_of_a[0];
    return (vowel == 'a' && is_one_of(mark, marks_of_a, count)) ||
           (vowel == 'e' && is_one_of(mark, marks_of_a, 4));
}

static void
note(size_t *count, size_t *first_at, size_t at)
{
    if (*count == 0) {
        *first_at = at;
    }
    *count += 1;
}

static void
tally_point(ts_tally_t *tally, const int32_t around[3], size_t at)
{
    int32_t before = around[0];
    int32_t point = around[1];
    int32_t after = around[2];
    tally->viet += is_vietnamese(point) ? 1 : 0;
    if (is_twice(before, point)) {
        note(&tally->twice, &tally->twice_at, at);
    }
    if (is_tcvn3_sign(point) && (is_ascii_letter(before) || is_ascii_letter(after))) {
        note(&tally->tcvn3, &tally->tcvn3_at, at);
    }
    if (is_vni_pair(before, point)) {
        note(&tally->vni, &tally->vni_at, at);
    }
}

static bool
is_control(int32_t point)
{
    return (point < 0x20 && !(point >= 9 && point <= 13)) || point == 0x7F;
}

/* One pass; CONTROL or REPLACED as soon as one shows. */
static ts_damage_t
scan_points(ts_bytes_t text, ts_tally_t *tally, size_t *ret_at)
{
    int32_t around[3] = {' ', ' ', ' '};
    size_t at = 0;
    size_t start = 0; /* of around[1] */
    bool first = true;
    while (at < text.length) {
        int32_t point = 0;
        utf8proc_ssize_t used =
            utf8proc_iterate(text.data + at, (utf8proc_ssize_t)(text.length - at), &point);
        TS_CHECK(used > 0);
        if (is_control(point) || point == 0xFFFD) {
            *ret_at = at;
            return point == 0xFFFD ? TS_DAMAGE_REPLACED : TS_DAMAGE_CONTROL;
        }
        around[0] = around[1];
        around[1] = around[2];
        around[2] = point;
        if (!first) {
            tally_point(tally, around, start);
        }
        first = false;
        start = at;
        at += (size_t)used;
    }
    int32_t last[3] = {around[1], around[2], ' '};
    tally_point(tally, last, start);
    return TS_DAMAGE_NONE;
}

/* ---- letters lost to '?' ---- */

typedef struct ts_marks {
    size_t inside;  /* '?' before a letter of the same word: "Tr??ng", "?i?n" */
    size_t ending;  /* '?' where a syllable wants its vowel: "X?", "Thu?"; a question may look so */
    size_t running; /* such an ending with a small letter behind the blank: "S? tr? em" */
    size_t first_at;
} ts_marks_t;

typedef struct ts_lines {
    size_t count;  /* lines with text */
    size_t marked; /* lines with an inside mark */
    ts_marks_t all;
    ts_marks_t head; /* of the first line with text */
} ts_lines_t;

static bool
is_letter_byte(uint8_t byte)
{
    return byte >= 0x80 || is_ascii_letter(byte);
}

static bool
is_word_end(uint8_t byte)
{
    return strchr(" \t\r\n,;\"()", byte) != NULL;
}

/* Addresses have question marks of their own. */
static bool
is_address(const uint8_t *word, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (word[i] == '=' || word[i] == '/' || word[i] == '@') {
            return true;
        }
    }
    return false;
}

static bool
is_vowel_byte(uint8_t byte)
{
    return byte >= 0x80 || (byte != 0 && strchr("aeiouyAEIOUY", byte) != NULL);
}

/* Letters up to a lost vowel: consonants, then vowels; "nhan?" is a question. */
static bool
is_open_syllable(const uint8_t *word, size_t bytes)
{
    size_t at = 0;
    while (at < bytes && is_letter_byte(word[at]) && !is_vowel_byte(word[at])) {
        at++;
    }
    while (at < bytes && is_vowel_byte(word[at])) {
        at++;
    }
    return bytes > 0 && at == bytes;
}

/* The word at `from` … `to`. */
static void
count_word(ts_bytes_t text, size_t from, size_t to, ts_marks_t *marks)
{
    const uint8_t *word = text.data + from;
    size_t bytes = to - from;
    if (is_address(word, bytes)) {
        return;
    }
    for (size_t i = 0; i < bytes; i++) {
        if (word[i] != '?') {
            continue;
        }
        size_t next = i;
        while (next < bytes && word[next] == '?') {
            next++;
        }
        bool inside = next < bytes && is_letter_byte(word[next]);
        bool ending = next == bytes && is_open_syllable(word, i);
        bool running = ending && to + 1 < text.length && text.data[to] == ' ' &&
                       text.data[to + 1] >= 'a' && text.data[to + 1] <= 'z';
        if ((inside || ending) && marks->inside + marks->ending == 0) {
            marks->first_at = from + i;
        }
        marks->inside += inside ? 1 : 0;
        marks->ending += ending ? 1 : 0;
        marks->running += running ? 1 : 0;
        i = next - 1;
    }
}

static void
count_line(ts_bytes_t text, size_t from, size_t to, ts_lines_t *lines)
{
    bool blank = true;
    size_t inside_before = lines->all.inside;
    size_t start = from;
    for (size_t i = from; i <= to; i++) {
        if (i < to && !is_word_end(text.data[i])) {
            blank = false;
            continue;
        }
        count_word(text, start, i, &lines->all);
        start = i + 1;
    }
    if (blank) {
        return;
    }
    lines->count++;
    lines->marked += lines->all.inside > inside_before ? 1 : 0;
    if (lines->count == 1) {
        lines->head = lines->all;
    }
}

/* Lost when the heading itself is broken, or when a quarter of the lines is. What loses letters
 * loses those first that only Vietnamese has: where none is left, less is needed to be sure. */
static bool
is_lost(ts_bytes_t text, bool any_vietnamese, size_t *ret_at)
{
    if (memchr(text.data, '?', text.length) == NULL) {
        return false;
    }
    ts_lines_t lines = {0};
    size_t from = 0;
    for (size_t i = 0; i <= text.length; i++) {
        if (i == text.length || text.data[i] == '\n' || text.data[i] == '\r') {
            count_line(text, from, i, &lines);
            from = i + 1;
        }
    }
    *ret_at = lines.all.first_at;
    if (lines.all.inside + lines.all.ending < HITS_MIN) {
        return false;
    }
    if (!any_vietnamese && (lines.head.ending >= HITS_MIN || lines.head.running > 0)) {
        return true;
    }
    return lines.head.inside > 0 ||
           (lines.all.inside >= HITS_MIN && lines.marked * 4 >= lines.count);
}

ts_damage_t
ts_damage_find(ts_bytes_t text, size_t *ret_at)
{
    *ret_at = 0;
    if (text.length == 0) {
        return TS_DAMAGE_NONE;
    }
    ts_tally_t tally = {0};
    ts_damage_t damage = scan_points(text, &tally, ret_at);
    if (damage != TS_DAMAGE_NONE) {
        return damage;
    }
    if (is_lost(text, tally.viet > 0, ret_at)) {
        return TS_DAMAGE_LOST;
    }
    *ret_at = 0;
    if (tally.twice >= HITS_MIN && tally.twice > tally.viet) {
        *ret_at = tally.twice_at;
        return TS_DAMAGE_TWICE;
    }
    if (tally.tcvn3 >= HITS_MIN && tally.tcvn3 > tally.viet) {
        *ret_at = tally.tcvn3_at;
        return TS_DAMAGE_TCVN3;
    }
    if (tally.vni >= HITS_MIN && tally.vni > tally.viet) {
        *ret_at = tally.vni_at;
        return TS_DAMAGE_VNI;
    }
    return TS_DAMAGE_NONE;
}
