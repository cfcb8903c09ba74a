/* SPDX-License-Identifier: MPL-2.0 */
/*
 * At which tips the logs of an office are cut off: as far as they are held now, or where a person
 * says. Field `at` of the commands `revoke`
 * and `enrol` with `replace`, as often as needed: the short code of the last record
 * that still counts, or <log>:<number> with at least 8 leading hex digits of the log and the number
 * of its last entry that counts (0: none does). A log that nobody names counts as far as it is
 * held. Source: ARCHITECTURE.md.
 */
#ifndef TS_NODE_CUT_TIPS_H
#define TS_NODE_CUT_TIPS_H

#include "node/records.h"

/* The caller frees *ret_tips (ts_xfree). Whatever is wrong with `at` is refused. */
TS_MUST_USE ts_err_t ts_cut_tips(ts_job_t *job,
                                 uint32_t office,
                                 ts_tip_t **ret_tips,
                                 size_t *ret_count);
/* The same as rows of a cut-off: what comes after these tips is parked. */
TS_MUST_USE ts_err_t ts_cut_tips_put(ts_job_t *job, ts_draft_t *draft, uint32_t office);

#endif
