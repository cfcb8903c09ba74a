/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What of a record may be told to dashboards: which business event it is, with totals and without
 * anything of a person (feed.proto). Pure; codes and names are looked up by whoever
 * shows it.
 */
#ifndef TS_CORE_BUSINESS_H
#define TS_CORE_BUSINESS_H

#include "core/event.h"

#include <stdbool.h>
#include <stdint.h>

/* Fewer children than this are told as 0, so that nobody is recognised and subtraction reveals
 * nobody. */
#define TS_CHILDREN_TOLD_MIN 5

typedef struct ts_business {
    const char *kind;    /* "need", "report.sealed", "report.filed" … */
    ts_record_id_t unit; /* 0: the store's unit of the author is not told */
    ts_record_id_t line;
    ts_record_id_t period;
    ts_record_id_t body;
    ts_record_id_t donor;        /* only for its class, never told itself */
    int64_t quantity;            /* when all items have one unit of measure, else 0 */
    const char *unit_of_measure; /* borrowed from the record; "" when none or several */
    int64_t value_vnd;
    int64_t children;
} ts_business_t;

/* False when nothing is told of this kind. */
bool
ts_business_of(const ts_event_header_t *header, const void *record, ts_business_t *ret_business);
/* "added", "revised", "resolved" (replaces several), "voided". */
const char *ts_business_change(const ts_event_header_t *header);

#endif
