/* SPDX-License-Identifier: MPL-2.0 */
/* What the ledger answers when core/account asks about a draft. Private to records.c and its
 * neighbours. */
#ifndef TS_NODE_RECORDS_ASK_H
#define TS_NODE_RECORDS_ASK_H

#include "node/records.h"

/* True: core/account has an objection. */
bool ts_records_object(ts_job_t *job, const ts_draft_t *draft, ts_objection_t *ret_objection);
/* Goods of an allocation that are given no value get their share of that at which they stand in the
 * fund's books. Other kinds stay as they are. */
TS_MUST_USE ts_err_t ts_records_fill_values(ts_job_t *job, ts_draft_t *draft);
/* Unit that an allocation is for: its own, or its need's; 0 = none known. */
ts_record_id_t ts_records_allocation_unit(ts_node_t *node, const void *allocation);
/* Another standing record of the draft's kind and of this office that bears the text in that field
 * (receipts: of the same fund and year); 0 = none. */
ts_record_id_t
ts_records_same_text(ts_job_t *job, const ts_draft_t *draft, const char *field, const char *text);
/* For the draft of an approval: a standing approval of this office with the same author, version
 * and decision; 0 = none. */
ts_record_id_t ts_records_same_decision(ts_job_t *job, const ts_draft_t *draft);
/* A standing record that cannot be without this one (it names it in a local reference), and its
 * kind; 0 = none. Head counts by band are not looked at. */
ts_record_id_t
ts_records_named_by(ts_node_t *node, uint32_t kind, ts_record_id_t record, uint32_t *ret_kind);
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
