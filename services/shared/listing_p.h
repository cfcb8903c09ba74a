/* SPDX-License-Identifier: MPL-2.0 */
/* Inside of the listing: filled and turned into JSON by listing.c, printed by listing_print.c. */
#ifndef TS_SERVICES_SHARED_LISTING_P_H
#define TS_SERVICES_SHARED_LISTING_P_H

#include "shared/listing.h"

typedef struct column {
    const char *key;
    char *title; /* owned */
    ts_listing_kind_t kind;
} column_t;

typedef struct cell {
    char *shown; /* owned, in the language; NULL: missing */
    int64_t number;
    ts_date_t date;
    bool as_shown; /* JSON has the text that is shown, whatever the column */
} cell_t;

struct ts_listing {
    column_t columns[TS_LISTING_COLUMNS_MAX];
    size_t column_count;
    cell_t *cells; /* owned, row after row */
    size_t cell_count;
    size_t capacity;
};

#endif
