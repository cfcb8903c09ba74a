/* SPDX-License-Identifier: MPL-2.0 */
#include "sheet/match.h"

#include "base/buf.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "sheet/issues.h"
#include "sheet/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A name as it is compared: the key and where its administrative word ends. */
typedef struct ts_name {
    char *key;        /* owned */
    const char *rest; /* in `key`, behind the word */
    ts_text_prefix_t prefix;
} ts_name_t;

/* A candidate as kept. */
typedef struct ts_item {
    uint64_t id;
    char *code; /* as given; NULL: none */
    char *name;
    char **aliases;    /* as given; NULL at the end; NULL: none */
    char *parent_text; /* as given; NULL: none */
    ts_name_t parent;  /* key NULL: none; made with the names */
} ts_item_t;

/* A sorted way to a candidate. */
typedef struct ts_entry {
    ts_name_t name;
    char *fold;       /* of `rest`, for suggestions; NULL for codes */
    const char *sort; /* what the list is sorted by, in `name` */
    size_t item;
} ts_entry_t;

typedef struct ts_entries {
    ts_entry_t *items;
    size_t count;
    size_t capacity;
} ts_entries_t;

struct ts_match {
    ts_item_t *items;
    size_t count;
    bool has_names;     /* made when a name is first asked for: a code needs none of it */
    ts_entries_t names; /* by name without its word */
    ts_entries_t codes; /* by code */
    ts_entries_t bare;  /* codes of digits, by the code without leading zeros */
    size_t searches;    /* for near names, so far */
};

/* ---- building ---- */

static ts_name_t
name_of_key(char *key)
{
    ts_name_t name = {.key = key};
    if (key != NULL) {
        name.prefix = ts_text_key_prefix(key, &name.rest);
    }
    return name;
}

static const char *
without_zeros(const char *code)
{
    size_t digits = strspn(code, "0123456789");
    if (digits == 0 || code[digits] != '\0') {
        return NULL;
    }
    size_t zeros = strspn(code, "0");
    return zeros == digits ? code + digits - 1 : code + zeros;
}

static void
add_entry(ts_entries_t *entries, ts_entry_t entry)
{
    entries->items =
        ts_xgrow(entries->items, entries->count + 1, &entries->capacity, sizeof *entries->items);
    entries->items[entries->count++] = entry;
}

static void
add_name(ts_match_t *self, const char *text, size_t item)
{
    char *key = text == NULL ? NULL : ts_text_key(text, 0);
    if (key == NULL || key[0] == '\0') {
        ts_xfree(key);
        return;
    }
    ts_entry_t entry = {.name = name_of_key(key), .item = item};
    entry.sort = entry.name.rest;
    entry.fold = ts_text_fold(entry.name.rest);
    add_entry(&self->names, entry);
}

static void
add_code(ts_match_t *self, const char *code, size_t item)
{
    char *key = code == NULL ? NULL : ts_text_key(code, 0);
    if (key == NULL || key[0] == '\0') {
        ts_xfree(key);
        return;
    }
    add_entry(&self->codes,
              (ts_entry_t){.name = {.key = key, .rest = key}, .sort = key, .item = item});
    const char *bare = without_zeros(key);
    if (bare != NULL) {
        char *copy = ts_xstrdup(bare);
        add_entry(&self->bare,
                  (ts_entry_t){.name = {.key = copy, .rest = copy}, .sort = copy, .item = item});
    }
}

static int
compare_entries(const void *a, const void *b)
{
    const ts_entry_t *left = a;
    const ts_entry_t *right = b;
    int order = strcmp(left->sort, right->sort);
    return order != 0 ? order : (left->item > right->item) - (left->item < right->item);
}

static void
sort_entries(ts_entries_t *entries)
{
    if (entries->count > 0) {
        qsort(entries->items, entries->count, sizeof *entries->items, compare_entries);
    }
}

/* Comparing names needs their normal forms, which are dear. */
static void
make_names(ts_match_t *self)
{
    if (self->has_names) {
        return;
    }
    self->has_names = true;
    for (size_t i = 0; i < self->count; i++) {
        ts_item_t *item = &self->items[i];
        item->parent =
            name_of_key(item->parent_text == NULL ? NULL : ts_text_key(item->parent_text, 0));
        add_name(self, item->name, i);
        for (size_t j = 0; item->aliases != NULL && item->aliases[j] != NULL; j++) {
            add_name(self, item->aliases[j], i);
        }
    }
    sort_entries(&self->names);
}

static char **
copy_aliases(const char *const *aliases)
{
    size_t count = 0;
    while (aliases != NULL && aliases[count] != NULL) {
        count++;
    }
    if (count == 0) {
        return NULL;
    }
    char **copies = ts_xcalloc(count + 1, sizeof *copies);
    for (size_t i = 0; i < count; i++) {
        copies[i] = ts_xstrdup(aliases[i]);
    }
    return copies;
}

ts_match_t *
ts_match_new(const ts_match_item_t *items, size_t count)
{
    ts_match_t *self = ts_xcalloc(1, sizeof *self);
    self->items = ts_xcalloc(count, sizeof *self->items);
    self->count = count;
    for (size_t i = 0; i < count; i++) {
        const ts_match_item_t *given = &items[i];
        ts_item_t *item = &self->items[i];
        item->id = given->id;
        item->code = given->code == NULL ? NULL : ts_xstrdup(given->code);
        item->name = ts_xstrdup(given->name);
        item->parent_text =
            given->parent == NULL || given->parent[0] == '\0' ? NULL : ts_xstrdup(given->parent);
        item->aliases = copy_aliases(given->aliases);
        add_code(self, given->code, i);
    }
    sort_entries(&self->codes);
    sort_entries(&self->bare);
    return self;
}

static void
free_entries(ts_entries_t *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        ts_xfree(entries->items[i].name.key);
        ts_xfree(entries->items[i].fold);
    }
    ts_xfree(entries->items);
}

void
ts_match_destroy(ts_match_t **self_p)
{
    ts_match_t *self = *self_p;
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->count; i++) {
        ts_xfree(self->items[i].code);
        ts_xfree(self->items[i].name);
        for (size_t j = 0; self->items[i].aliases != NULL && self->items[i].aliases[j] != NULL;
             j++) {
            ts_xfree(self->items[i].aliases[j]);
        }
        ts_xfree(self->items[i].aliases);
        ts_xfree(self->items[i].parent_text);
        ts_xfree(self->items[i].parent.key);
    }
    ts_xfree(self->items);
    free_entries(&self->names);
    free_entries(&self->codes);
    free_entries(&self->bare);
    ts_xfree(self);
    *self_p = NULL;
}

/* ---- looking up ---- */

/* Distinct candidates, in the order found; more than are listed only count. */
typedef struct ts_hits {
    size_t items[TS_MATCH_LISTED_MAX];
    size_t count; /* all */
} ts_hits_t;

static void
add_hit(ts_hits_t *hits, size_t item)
{
    size_t kept = hits->count < TS_MATCH_LISTED_MAX ? hits->count : TS_MATCH_LISTED_MAX;
    for (size_t i = 0; i < kept; i++) {
        if (hits->items[i] == item) {
            return;
        }
    }
    if (hits->count < TS_MATCH_LISTED_MAX) {
        hits->items[hits->count] = item;
    }
    hits->count++;
}

/* First entry that is not before `sort`. */
static size_t
lower_bound(const ts_entries_t *entries, const char *sort)
{
    size_t low = 0;
    size_t high = entries->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(entries->items[middle].sort, sort) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool
words_agree(ts_text_prefix_t a, ts_text_prefix_t b)
{
    return a == TS_TEXT_PREFIX_NONE || b == TS_TEXT_PREFIX_NONE || a == b;
}

/* The district given agrees with the candidate's; what is not known on either side agrees. */
static bool
parent_agrees(const ts_name_t *own, const ts_name_t *given)
{
    if (own->key == NULL || given->key == NULL) {
        return true;
    }
    /* A province named above a district says nothing about the district. */
    if (given->prefix == TS_TEXT_PREFIX_PROVINCE && own->prefix != TS_TEXT_PREFIX_PROVINCE &&
        own->prefix != TS_TEXT_PREFIX_NONE) {
        return true;
    }
    return words_agree(own->prefix, given->prefix) && strcmp(own->rest, given->rest) == 0;
}

/* What a cell says. */
typedef struct ts_query {
    ts_name_t name;
    ts_name_t parents[2]; /* of its own column, and from the cell itself */
} ts_query_t;

/* Candidates of that name; those of another district go to *elsewhere. */
static void
find_names(const ts_match_t *self, const ts_query_t *query, ts_hits_t *hits, ts_hits_t *elsewhere)
{
    for (size_t i = lower_bound(&self->names, query->name.rest); i < self->names.count; i++) {
        const ts_entry_t *entry = &self->names.items[i];
        if (strcmp(entry->sort, query->name.rest) != 0) {
            break;
        }
        if (!words_agree(entry->name.prefix, query->name.prefix)) {
            continue;
        }
        const ts_name_t *parent = &self->items[entry->item].parent;
        bool agrees =
            parent_agrees(parent, &query->parents[0]) && parent_agrees(parent, &query->parents[1]);
        add_hit(agrees ? hits : elsewhere, entry->item);
    }
}

static void
find_codes(const ts_entries_t *entries, const char *code, ts_hits_t *hits)
{
    for (size_t i = lower_bound(entries, code);
         i < entries->count && strcmp(entries->items[i].sort, code) == 0; i++) {
        add_hit(hits, entries->items[i].item);
    }
}

/* Where the next unit begins, behind the first letter; NULL when `key` names one only. */
static char *
next_unit(char *key)
{
    static const char *const marks[] = {",",      " (",       "(",           ")",      " huyện ",
                                        " quận ", " thị xã ", " thành phố ", " tỉnh ", " h.",
                                        " q.",    " tp.",     " tx.",        " tp "};
    char *first = NULL;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        char *at = strstr(key, marks[i]);
        if (at != NULL && at != key && (first == NULL || at < first)) {
            first = at;
        }
    }
    return first;
}

/* "yên bài, huyện ba vì, tỉnh …": cuts `key` behind the name and returns the district's key, owned;
 * NULL when there is none. */
static char *
cut_district(char *key)
{
    char *cut = next_unit(key);
    if (cut == NULL) {
        return NULL;
    }
    char *district = ts_xstrdup(cut + strspn(cut, " ,()"));
    *cut = '\0';
    char *end = next_unit(district);
    if (end != NULL) {
        *end = '\0';
    }
    if (district[0] == '\0') {
        ts_xfree(district);
        return NULL;
    }
    return district;
}

/* ---- what the clerk is told ---- */

static void
put_item(const ts_item_t *item, ts_buf_t *list)
{
    ts_buf_put_text(list, list->length == 0 ? "“" : "; “");
    ts_buf_put_text(list, item->name);
    ts_buf_put_text(list, "”");
    bool code = item->code != NULL && item->code[0] != '\0';
    if (item->parent_text != NULL || code) {
        ts_buf_put_text(list, " (");
        ts_buf_put_text(list, item->parent_text != NULL ? item->parent_text : "");
        ts_buf_put_text(list, item->parent_text != NULL && code ? ", " : "");
        ts_buf_put_text(list, code ? item->code : "");
        ts_buf_put_text(list, ")");
    }
}

/* Template {1} text, {2} parent or nothing, last the list. */
static void
explain(const ts_match_t *self,
        const char *id,
        const char *text,
        const char *parent,
        const ts_hits_t *hits,
        ts_msg_t *ret_why)
{
    ts_buf_t list = {0};
    for (size_t i = 0; i < hits->count && i < TS_MATCH_LISTED_MAX; i++) {
        put_item(&self->items[hits->items[i]], &list);
    }
    if (hits->count > TS_MATCH_LISTED_MAX) {
        ts_buf_put_text(&list, "; …");
    }
    ts_buf_put_u8(&list, 0);
    char *shown = ts_xstrndup(text, ts_text_clip(text, TS_SHEET_VALUE_SHOWN_BYTES_MAX));
    ts_msg_make(ret_why, id, shown, NULL);
    if (parent != NULL) {
        ts_msg_arg(ret_why, parent);
    }
    ts_msg_arg(ret_why, (const char *)list.data);
    ts_xfree(shown);
    ts_buf_free(&list);
}

/* Letters that may differ: in a short name two would fit anything. */
static size_t
letters_off_max(const char *fold)
{
    size_t points = ts_text_points(fold);
    return points < 3 ? 0 : points < 6 ? 1 : 2;
}

typedef struct ts_near {
    size_t item;
    size_t score; /* lower is nearer: letters off without accents first, then with accents */
} ts_near_t;

/* Keeps the nearest, each candidate once. */
static void
keep_near(ts_near_t *near, size_t *count, ts_near_t one)
{
    size_t at = 0;
    while (at < *count && near[at].item != one.item) {
        at++;
    }
    if (at < *count && near[at].score <= one.score) {
        return;
    }
    if (at == *count) {
        if (*count < TS_MATCH_SUGGESTED_MAX) {
            (*count)++;
        } else if (near[--at].score <= one.score) {
            return;
        }
    }
    while (at > 0 && near[at - 1].score > one.score) {
        near[at] = near[at - 1];
        at--;
    }
    near[at] = one;
}

/* What is left of a name without accents behind its administrative word: "xa van hoa" → "van
 * hoa". */
static const char *
behind_folded_word(const char *fold)
{
    static const char *const words[] = {"xa ",   "phuong ",    "thi tran ", "huyen ",  "quan ",
                                        "tinh ", "thanh pho ", "thi xa ",   "dac khu "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(fold, words[i], length) == 0 && fold[length] != '\0') {
            return fold + length;
        }
    }
    return fold;
}

static void
find_near(ts_match_t *self, const ts_name_t *name, ts_hits_t *hits)
{
    if (self->searches >= TS_MATCH_SEARCHES_MAX) {
        return;
    }
    self->searches++;
    char *folded = ts_text_fold(name->rest);
    const char *fold = behind_folded_word(folded);
    size_t limit = letters_off_max(fold);
    ts_near_t near[TS_MATCH_SUGGESTED_MAX];
    size_t count = 0;
    for (size_t i = 0; i < self->names.count; i++) {
        const ts_entry_t *entry = &self->names.items[i];
        size_t off = ts_text_distance(fold, entry->fold, limit);
        if (off <= limit) {
            size_t accents = ts_text_distance(name->rest, entry->name.rest, 6);
            keep_near(near, &count, (ts_near_t){.item = entry->item, .score = off * 8 + accents});
        }
    }
    ts_xfree(folded);
    for (size_t i = 0; i < count; i++) {
        add_hit(hits, near[i].item);
    }
}

static ts_err_t
conclude(const ts_match_t *self,
         const ts_hits_t *hits,
         ts_match_how_t how,
         const char *text,
         ts_match_found_t *ret_found,
         ts_msg_t *ret_why)
{
    if (hits->count > 1) {
        explain(self, N_("“{1}” can be: {2}; add the district, or use the code"), text, NULL, hits,
                ret_why);
        return TS_ERR_CONFLICT;
    }
    *ret_found = (ts_match_found_t){
        .id = self->items[hits->items[0]].id, .index = hits->items[0], .how = how};
    return TS_ERR_OK;
}

static ts_err_t
not_found(ts_match_t *self,
          const ts_query_t *query,
          const char *text,
          const ts_hits_t *elsewhere,
          ts_msg_t *ret_why)
{
    if (elsewhere->count > 0) {
        const ts_name_t *parent =
            query->parents[1].key != NULL ? &query->parents[1] : &query->parents[0];
        explain(self, N_("“{1}” is not in “{2}”, but there is: {3}"), text, parent->key, elsewhere,
                ret_why);
        return TS_ERR_NOTFOUND;
    }
    ts_hits_t near = {0};
    find_near(self, &query->name, &near);
    if (near.count > 0) {
        explain(self, N_("“{1}” is not known; perhaps meant: {2}"), text, NULL, &near, ret_why);
    } else {
        char *shown = ts_xstrndup(text, ts_text_clip(text, TS_SHEET_VALUE_SHOWN_BYTES_MAX));
        ts_msg_make(ret_why, N_("“{1}” is not known"), shown, NULL);
        ts_xfree(shown);
    }
    return TS_ERR_NOTFOUND;
}

static ts_err_t
find_by_name(ts_match_t *self,
             ts_query_t *query,
             const char *text,
             ts_match_found_t *ret_found,
             ts_msg_t *ret_why)
{
    ts_hits_t hits = {0};
    ts_hits_t elsewhere = {0};
    find_names(self, query, &hits, &elsewhere);
    if (hits.count == 0 && elsewhere.count == 0) {
        query->parents[1] = name_of_key(cut_district(query->name.key));
        query->name = name_of_key(query->name.key);
        find_names(self, query, &hits, &elsewhere);
    }
    return hits.count > 0 ? conclude(self, &hits, TS_MATCH_NAME, text, ret_found, ret_why)
                          : not_found(self, query, text, &elsewhere, ret_why);
}

ts_err_t
ts_match_find(ts_match_t *self,
              const char *text,
              const char *parent,
              ts_match_found_t *ret_found,
              ts_msg_t *ret_why)
{
    char *key = ts_text_key(text, 0);
    if (key == NULL || key[0] == '\0') {
        ts_xfree(key);
        ts_msg_make(ret_why, N_("the name or code is missing"), NULL);
        return TS_ERR_INVALID;
    }
    ts_hits_t hits = {0};
    find_codes(&self->codes, key, &hits);
    ts_match_how_t how = TS_MATCH_CODE;
    const char *bare = without_zeros(key);
    if (hits.count == 0 && bare != NULL && bare == key) {
        find_codes(&self->bare, bare, &hits);
        how = TS_MATCH_CODE_WITHOUT_ZEROS;
    }
    ts_err_t err = TS_ERR_OK;
    if (hits.count > 0) {
        err = conclude(self, &hits, how, text, ret_found, ret_why);
        ts_xfree(key);
        return err;
    }
    make_names(self);
    char *parent_key = parent == NULL || parent[0] == '\0' ? NULL : ts_text_key(parent, 0);
    ts_query_t query = {.name = name_of_key(key), .parents = {name_of_key(parent_key), {0}}};
    err = find_by_name(self, &query, text, ret_found, ret_why);
    ts_xfree(query.name.key);
    ts_xfree(query.parents[0].key);
    ts_xfree(query.parents[1].key);
    return err;
}
