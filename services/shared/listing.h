/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rows that people read as a table on a terminal and programs as JSON (--json), from one filling:
 *
 *     ts_listing_t *list = ts_listing_new();
 *     ts_listing_column(list, "commune", _("Commune"), TS_LISTING_TEXT);
 *     ts_listing_column(list, "needed", _("Needed"), TS_LISTING_NUMBER);
 *     ts_listing_text(list, "Nậm Pồ");
 *     ts_listing_number(list, 1234);
 *     ts_listing_print(list, stdout, 0);
 *
 * On the screen text columns give way with "…" when the table is too wide; a number is never cut,
 * for a cut number is a false one. A missing value is "—" and JSON null; it is not 0.
 */
#ifndef TS_SERVICES_SHARED_LISTING_H
#define TS_SERVICES_SHARED_LISTING_H

#include "base/time.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TS_LISTING_COLUMNS_MAX 256u

typedef struct ts_listing ts_listing_t;

typedef enum ts_listing_kind {
    TS_LISTING_TEXT,   /* to the left, may be cut */
    TS_LISTING_CODE,   /* to the left, never cut: short codes, ids, states */
    TS_LISTING_NUMBER, /* to the right, never cut */
    TS_LISTING_DATE,   /* to the left, never cut; ISO 8601 in JSON */
} ts_listing_kind_t;

ts_listing_t *ts_listing_new(void);
/* Accepts NULL and a second call. */
void ts_listing_destroy(ts_listing_t **self_p);

/* Adds a column before the first cell. key: the JSON name, constant; title: translated, copied. */
void
ts_listing_column(ts_listing_t *self, const char *key, const char *title, ts_listing_kind_t kind);

/* Each sets the next cell, row after row; the kind of the column must fit. NULL text is a missing
 * value. */
void ts_listing_text(ts_listing_t *self, const char *text);
void ts_listing_number(ts_listing_t *self, int64_t number);
/* No date is a missing value. */
void ts_listing_date(ts_listing_t *self, ts_date_t date);
void ts_listing_missing(ts_listing_t *self);
/* A cell of any column as it is to be shown ("12,5 %", "no data"); a string in JSON. */
void ts_listing_shown(ts_listing_t *self, const char *text);

/* Whole rows so far. */
size_t ts_listing_rows(const ts_listing_t *self);

/* Prints the whole rows under their titles; columns: width to keep to, 0 for that of the terminal.
 */
void ts_listing_print(const ts_listing_t *self, FILE *out, size_t columns);
/* The same with nothing cut: long texts go on below, and a table that does not fit even so is
 * printed by rows. */
void ts_listing_print_whole(const ts_listing_t *self, FILE *out, size_t columns);
/* Columns that the table takes when nothing is cut and nothing goes on below. */
size_t ts_listing_width(const ts_listing_t *self);
/* Whether it fits as a table when texts go on below. */
bool ts_listing_fits(const ts_listing_t *self, size_t columns);
/* Each row as lines "title  value", missing values left out, an empty line between rows. */
void ts_listing_print_rows(const ts_listing_t *self, FILE *out, size_t columns);

/* A new array of objects. Numbers beyond ±2^53 become strings, because most readers of JSON would
 * round them. */
json_t *ts_listing_json(const ts_listing_t *self);

/* A number as above, a text with broken bytes replaced by "?"; new references. */
json_t *ts_json_number(int64_t number);
json_t *ts_json_text(const char *text);
/* Prints indented, with a line end; false when writing failed. */
bool ts_json_print(const json_t *json, FILE *out);

#endif
