/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Finds which unit, line, body or fund a cell names, among candidates that the caller gives. A name
 * is never an identity (two communes were both "Chiềng Chung") and accents carry the difference, so
 * nothing is taken by guess: a code or an exact name decides, with the district where names repeat;
 * all else is an error that lists what could be meant.
 *
 * Rules, in this order:
 *  1. the code as written; a code of digits also without its leading zeros (Excel drops them), when
 * only one fits;
 *  2. name or alias by ts_text_key, with the district when one is given (its own column, or after a
 * comma or in brackets: "Yên Bài, huyện Ba Vì", "Yên Bài (Ba Vì)"). Administrative words must agree
 * where both sides have one ("xã Hát Lót" is not "thị trấn Hát Lót"), and may be left out
 * otherwise. A candidate without parent agrees with every district.
 *  3. more than one left: CONFLICT, with all candidates and their district;
 *  4. none left: NOTFOUND, with up to three near names (equal without accents, or at most two
 * letters off).
 */
#ifndef TS_SHEET_MATCH_H
#define TS_SHEET_MATCH_H

#include "base/err.h"
#include "base/msg.h"

#include <stddef.h>
#include <stdint.h>

/* Candidates that an error lists or suggests. */
#define TS_MATCH_LISTED_MAX 8u
#define TS_MATCH_SUGGESTED_MAX 3u
/* Searches for near names by one matcher: each looks at all candidates. Later errors come without
 * suggestions. */
#define TS_MATCH_SEARCHES_MAX 500u

/* One candidate; all text is valid UTF-8, copied, and may be NULL but for `name`. */
typedef struct ts_match_item {
    uint64_t id;                /* the caller's; no two alike needed */
    const char *code;           /* "03748" */
    const char *name;           /* "Xã Mường Bang" */
    const char *const *aliases; /* ended by NULL; NULL: none */
    const char *parent;         /* "Huyện Phù Yên" */
} ts_match_item_t;

typedef enum ts_match_how {
    TS_MATCH_CODE,
    TS_MATCH_CODE_WITHOUT_ZEROS,
    TS_MATCH_NAME, /* or alias */
} ts_match_how_t;

typedef struct ts_match_found {
    uint64_t id;
    size_t index; /* in the items given */
    ts_match_how_t how;
} ts_match_found_t;

typedef struct ts_match ts_match_t;

ts_match_t *ts_match_new(const ts_match_item_t *items, size_t count);
void ts_match_destroy(ts_match_t **self_p);

/* Looks up a cell. `parent`: the district's cell, NULL or "" when the sheet has none. NOTFOUND,
 * CONFLICT as above; INVALID when `text` is empty; always with the reason in *ret_why. */
TS_MUST_USE ts_err_t ts_match_find(ts_match_t *self,
                                   const char *text,
                                   const char *parent,
                                   ts_match_found_t *ret_found,
                                   ts_msg_t *ret_why);

#endif
