/* SPDX-License-Identifier: MPL-2.0 */
/*
 * --once: one report, or the list of what is due, then exit. Works at any office, also one that was
 * cut off for months: everything comes from the process that owns the ledger on this machine.
 *
 *   no --period and no --record   prints what is due and what is overdue
 *   --period                      figures of that period as they stand now
 *   --period … --seal             seals them first (the office's own body)
 *   --record CODE                 a report that was sealed or filed, with its kept files
 *   --record CODE --file          files that sealed report with the files made here (--amend: as a
 * new edition)
 */
#ifndef TS_SERVICES_REPORTER_ONCE_H
#define TS_SERVICES_REPORTER_ONCE_H

#include "reporter/asker.h"

#include <stdbool.h>

typedef struct ts_once {
    const char *plan;
    const char *period;
    const char *body;
    const char *record;
    const char *out;    /* folder */
    const char *format; /* "csv,xlsx" */
    const char *as_of;
    const char *boundary;
    const char *account; /* who answers for sealing and filing */
    bool seal;
    bool file;
    bool amend;
    bool nil; /* confirms that what has no figures did not occur */
} ts_once_t;

/* Exit code of the process; what went wrong is said on stderr. */
int ts_once_run(const ts_once_t *options, ts_asker_t *asker);

#endif
