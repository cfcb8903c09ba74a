/* SPDX-License-Identifier: MPL-2.0 */
/* What the ledger answers when core/account asks about a draft. Private to records.c and its
 * neighbours. */
#ifndef TS_NODE_RECORDS_ASK_H
#define TS_NODE_RECORDS_ASK_H

#include "node/records.h"

/* True: core/account has an objection. */
bool ts_records_object(ts_job_t *job, const ts_draft_t *draft, ts_objection_t *ret_objection);
/* Unit that an allocation is for: its own, or its need's; 0 = none known. */
ts_record_id_t ts_records_allocation_unit(ts_node_t *node, const void *allocation);
/* Day, month or year as people write them. */
TS_MUST_USE ts_err_t ts_records_parse_day(const char *text,
                                          int32_t *ret_day,
                                          uint32_t *ret_precision,
                                          ts_msg_t *ret_why);
/* Month or year of birth ("05/2014", "2014") into birth_year and birth_month of a beneficiary. */
TS_MUST_USE ts_err_t ts_records_set_birth(ts_record_t *child, const char *text, ts_msg_t *ret_why);
/* "Nam", "nữ", "male" … → Sex. */
TS_MUST_USE ts_err_t ts_records_sex(const char *text, int64_t *ret_sex, ts_msg_t *ret_why);

#endif
