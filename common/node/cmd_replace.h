/* SPDX-License-Identifier: MPL-2.0 */
/* The part of `enrol` that puts a new installation in the place of another; see cmd_replace.c. For
 * cmd_office.c. */
#ifndef TS_NODE_CMD_REPLACE_H
#define TS_NODE_CMD_REPLACE_H

#include "node/records.h"

/* The office that field `replace` names, NULL without that field. Refusals are told. Borrowed from
 * the catalog. */
TS_MUST_USE ts_err_t ts_replace_find(ts_job_t *job, const ts_office_t **ret_office);
/* Its place, name and address in the new office's record, before what was typed. */
TS_MUST_USE ts_err_t ts_replace_fill(const ts_office_t *old, ts_record_t *record);
/* Adds to the batch: its children below the new office, its cut-off. */
TS_MUST_USE ts_err_t ts_replace_rest(ts_job_t *job,
                                     ts_drafts_t *drafts,
                                     const ts_office_t *old,
                                     uint32_t number);

#endif
