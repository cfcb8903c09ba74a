/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ts_sheet_issues_t: what is wrong with a sheet, in words a clerk understands, each with its place.
 * Everything in this layer that reads a sheet adds here and goes on, so that one run shows all
 * mistakes; the caller imports only when `errors` is 0. Bounded: beyond TS_SHEET_ISSUES_MAX kept
 * issues only the totals go on, and warnings may fill half of the list at most, so that they never
 * hide an error. Zero-initialised is empty.
 */
#ifndef TS_SHEET_ISSUES_H
#define TS_SHEET_ISSUES_H

#include "base/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Issues kept with their text: more than one person mends before trying again. */
#define TS_SHEET_ISSUES_MAX 200u
/* Bytes of a value that an issue repeats; longer ones end in "…". */
#define TS_SHEET_VALUE_SHOWN_BYTES_MAX 120u

typedef enum ts_sheet_severity {
    TS_SHEET_ERROR,   /* the sheet must not be imported */
    TS_SHEET_WARNING, /* read, but a person should look */
} ts_sheet_severity_t;

/* Where: borrowed; zero or NULL is "not about one". */
typedef struct ts_sheet_place {
    uint32_t line;      /* physical line of the file, from 1; what a text editor shows */
    uint32_t row;       /* data row under the heading, from 1 */
    const char *column; /* the heading as written */
    const char *value;  /* the cell as written */
} ts_sheet_place_t;

typedef struct ts_sheet_issue {
    ts_sheet_severity_t severity;
    uint32_t line;    /* 0: the whole file or column */
    uint32_t row;     /* 0: not a data row */
    char *column;     /* owned; NULL: no column */
    char *value;      /* owned, shortened; NULL: no cell */
    ts_msg_t message; /* owned; the reason, without its place */
} ts_sheet_issue_t;

typedef struct ts_sheet_issues {
    ts_sheet_issue_t *items; /* owned */
    size_t count;            /* kept */
    size_t capacity;
    size_t errors;   /* all, kept or not */
    size_t warnings; /* all, kept or not */
} ts_sheet_issues_t;

void ts_sheet_issues_free(ts_sheet_issues_t *issues);
/* Adds one; `place` may be NULL; *message is taken and left empty, also when the list is full. */
void ts_sheet_issues_add(ts_sheet_issues_t *issues,
                         ts_sheet_severity_t severity,
                         const ts_sheet_place_t *place,
                         ts_msg_t *message);
/* No further error will be kept: time to stop looking. */
bool ts_sheet_issues_full(const ts_sheet_issues_t *issues);
/* The place as a sentence part of its own, e.g. "line 12 (row 10), column “Xã”, value “Mường
 * Bắng”". */
void ts_sheet_issue_place(const ts_sheet_issue_t *issue, ts_msg_t *ret_place);

#endif
