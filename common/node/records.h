/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Drafts of events: what `add`, `revise`, `import`, `plan load` and the registrar have in common. A
 * draft is filled by schema name, judged exactly as the fold will judge it (so that nobody records
 * what would be parked) and by core/account, encoded, and written with all others of its batch in
 * one commit.
 */
#ifndef TS_NODE_RECORDS_H
#define TS_NODE_RECORDS_H

#include "core/account.h"
#include "node/command.h"
#include "node/names.h"
#include "wire/record.h"

/* Events of one batch: the largest sheet, a child with each row. */
#define TS_DRAFTS_MAX (2u * TS_SHEET_ROWS_MAX + 1024u)

/* One event to be. */
typedef struct ts_draft {
    const ts_kind_schema_t *kind;
    ts_record_t *record;      /* owned */
    ts_event_header_t header; /* texts borrowed from below; revises points to `revises` */
    uint64_t revises[TS_REVISES_MAX];
    char *reason;          /* owned; NULL = none */
    char *row_key;         /* owned; NULL = none */
    ts_buf_t old_body;     /* of the version that is revised, packed; empty for a new record */
    ts_event_header_t old; /* its header, texts not kept */
    const char *inner;     /* field whose target stands in the same batch; NULL = none */
    uint8_t old_purpose;   /* log of the version that is revised; 0 for a new record */
    ts_record_id_t old_audience;
} ts_draft_t;

/* A new record of that kind by the job's account. Its id is minted when it is added to a batch, or
 * by ts_draft_mint. */
void
ts_draft_new(ts_job_t *job, ts_draft_t *draft, const ts_kind_schema_t *kind, ts_record_id_t plan);
/* The next version of a record: its standing body, to be changed. CONFLICT (refused): several
 * versions stand and `all` is not set; `base` (0 = the one shown first) chooses the body. */
TS_MUST_USE ts_err_t ts_draft_revise(
    ts_job_t *job, ts_draft_t *draft, const ts_standing_t *standing, bool all, uint64_t base);
void ts_draft_free(ts_draft_t *draft);
/* Gives a new record its id now, so that another draft can name it. */
ts_record_id_t ts_draft_mint(ts_job_t *job, ts_draft_t *draft);
void ts_draft_set_reason(ts_draft_t *draft, const char *reason);
void ts_draft_set_row_key(ts_draft_t *draft, const char *row_key);
/* Same body, date, plan and void as the version that it would replace. */
bool ts_draft_unchanged(const ts_draft_t *draft);

/* The kind's label as the next argument of a sentence. */
void ts_records_arg_kind(ts_msg_t *msg, uint32_t kind);
/* Sets one field by what a person calls it: schema name, or that without _id, _far_id, _ids, _on,
 * _vnd; also header fields occurred_on, plan, reason, row_key, on_behalf_of, source_key. The
 * objection names the field. */
TS_MUST_USE ts_err_t ts_draft_set(
    ts_draft_t *draft, ts_names_t *names, const char *name, const char *value, ts_msg_t *ret_why);

typedef struct ts_drafts {
    ts_new_event_t *events; /* bytes point into `bytes` once written */
    size_t *offsets;
    size_t count;
    size_t capacity;
    size_t offset_capacity;
    ts_buf_t bytes;
    ts_log_info_t log; /* asked for last */
    uint8_t log_purpose;
    ts_record_id_t log_unit;
    bool has_log;
} ts_drafts_t;

void ts_drafts_free(ts_drafts_t *drafts);

/* May it be written? OK; DENIED: the fold would park it, INVALID and others: core/account objects
 * (reason_enough tells whether a reason answers it). ret_objection->field may be NULL. An error of
 * the disk has no objection. */
TS_MUST_USE ts_err_t ts_draft_judge(ts_job_t *job,
                                    ts_drafts_t *drafts,
                                    ts_draft_t *draft,
                                    ts_objection_t *ret_objection);
/* Encodes the draft into the batch. INVALID, TOOBIG, LIMIT with *ret_why. */
TS_MUST_USE ts_err_t ts_drafts_add(ts_job_t *job,
                                   ts_drafts_t *drafts,
                                   ts_draft_t *draft,
                                   ts_msg_t *ret_why);
/* Writes all in one commit and lets the job fold, then run `next`. Nothing to write: runs `next` at
 * once. */
TS_MUST_USE ts_err_t ts_drafts_write(ts_job_t *job, ts_drafts_t *drafts, ts_job_fn next);

/* The log into which a kind goes at this office, and for allocations the child office's unit. */
uint8_t ts_records_purpose(const ts_node_t *node, uint32_t kind);

/* Standing event of a record: bytes, header and body, until the next call on the node's decoder or
 * fold. */
TS_MUST_USE ts_err_t ts_records_read(ts_node_t *node,
                                     const ts_place_t *place,
                                     uint64_t event,
                                     ts_event_header_t *ret_header,
                                     const ts_kind_schema_t **ret_kind,
                                     const void **ret_body);
/* Adds the record to the reply as it stands in the ledger, one row and its child rows. */
TS_MUST_USE ts_err_t ts_records_show(ts_job_t *job, uint32_t kind, ts_record_id_t record);
/* Adds columns with names beside those with codes, and cells from `from` (which is emptied). */
void ts_records_name_columns(const ts_node_t *node,
                             const ts_kind_schema_t *kind,
                             ts_table_t *from,
                             ts_table_t *to);

#endif
