/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the report commands have in common: reading the question, computing in slices, tips and
 * digests that a seal names. Private to cmd_report*.c.
 */
#ifndef TS_NODE_REPORT_JOB_H
#define TS_NODE_REPORT_JOB_H

#include "node/records.h"
#include "node/report_gather.h"
#include "node/report_past.h"

/* Figures that go into the seal itself; longer ones are kept beside and named by their hash. */
#define TS_REPORT_INSIDE_BYTES_MAX 12288u
/* Tips that one seal or filing names itself, and what each takes of the event's bytes. An office
 * knows about ten logs, a parent several more for each child; a province with hundreds of children
 * keeps the whole list beside, by its hash. */
#define TS_REPORT_TIPS_MAX 150u
#define TS_REPORT_TIP_BYTES 80u
/* Branches of one log. */
#define TS_REPORT_BRANCHES_MAX 8u
/* The other fields of a seal: header, digests, note. */
#define TS_REPORT_OTHER_BYTES 3072u
/* A file that a filing names: hash, length, a name of ordinary length. */
#define TS_REPORT_FILE_BYTES 160u
#define TS_REPORT_TIPS_FILE "covers.txt"

typedef struct ts_reporting {
    ts_report_question_t question;
    ts_gather_t *gather;
    uint64_t changes; /* of the fold, and the tail, when the gathering began */
    uint64_t tail;
    unsigned tries;
    bool exact;     /* nothing may be in custody that the figures do not know: for a seal */
    ts_job_fn then; /* when the report is there */
    ts_drafts_t drafts;
    ts_record_id_t record; /* that was written */
    ts_standing_t target;  /* that the command is about */
    ts_report_t *kept;     /* its figures */
    ts_buf_t text;
    ts_hash_t key; /* digest of text */
    /* verifying */
    ts_past_t *past;
    ts_gather_t *anew;  /* the report's figures from what it covers */
    uint32_t sealed_by; /* office */
    ts_utc_t sealed_at;
    ts_tip_t *tips; /* that it covers */
    size_t tip_count;
    size_t corrections; /* figures that are otherwise today */
    size_t otherwise;   /* figures that are otherwise though made of the same entries */
    bool past_told;     /* they could be made anew */
} ts_reporting_t;

/* The job's state; made on the first call. */
ts_reporting_t *ts_reporting(ts_job_t *job);
/* Plan (may be left out when there is only one), period, body, unit, as_of, boundary,
 * nil_confirmed, roll_over from the command's fields. period_needed: else 0 when it is not given.
 */
TS_MUST_USE ts_err_t ts_reporting_ask(ts_job_t *job, bool period_needed);
/* Computes self->question in slices, then runs `then`; the report is in self->gather. Begins anew
 * when something was folded meanwhile. */
void ts_reporting_compute(ts_job_t *job, ts_job_fn then);
/* Canonical text and digest of the report that was computed. */
void ts_reporting_text(ts_reporting_t *self);
/* Adds tables with check code and the sentence about it. */
void ts_reporting_show(ts_job_t *job, const ts_report_t *report, const ts_hash_t *key);

/* Seals all tails and gives the tips of all logs: own ones for everybody first, then own ones for
 * single units, then those of others. *ret_tips is the caller's (ts_xfree). */
TS_MUST_USE ts_err_t ts_reporting_tips(ts_job_t *job, ts_tip_t **ret_tips, size_t *ret_count);
/* Tips as lines of text "<log> <number> <hash>", and back (INVALID; *ret_tips is the caller's). */
void ts_reporting_put_tips_text(const ts_tip_t *tips, size_t count, ts_buf_t *out);
TS_MUST_USE ts_err_t ts_reporting_read_tips_text(ts_bytes_t text,
                                                 ts_tip_t **ret_tips,
                                                 size_t *ret_count);
/* BLAKE2b of the prefixes of all parked events in ascending order, 8 bytes each, little-endian. */
TS_MUST_USE ts_err_t ts_reporting_parked(ts_node_t *node, ts_hash_t *ret_digest);
/* Judges, encodes and writes one draft, then `next`; self->record is its record. */
TS_MUST_USE ts_err_t ts_reporting_write(ts_job_t *job, ts_draft_t *draft, ts_job_fn next);
/* Rows of the list "covers", at most `max` and TS_REPORT_TIPS_MAX; returns how many. */
size_t ts_reporting_put_tips(ts_record_t *record, const ts_tip_t *tips, size_t count, size_t max);
/* These fields exist and take such values: TS_CHECK. */
void ts_reporting_number(ts_record_t *record, const char *path, int64_t value);
void ts_reporting_hash(ts_record_t *record, const char *path, const ts_hash_t *hash);
TS_MUST_USE ts_err_t ts_reporting_string(ts_job_t *job,
                                         ts_draft_t *draft,
                                         const char *path,
                                         const char *value);
/* The body of this office; 0 = none. */
ts_record_id_t ts_reporting_own_body(const ts_node_t *node);

/* ---- cmd_report.c */
/* The record named by the command: a sealed or a filed report, into self->target. */
TS_MUST_USE ts_err_t ts_reporting_target(ts_job_t *job);
/* What stands; kind and body as ts_records_read gives them. */
TS_MUST_USE ts_err_t ts_reporting_read(ts_job_t *job,
                                       const ts_standing_t *standing,
                                       const ts_kind_schema_t **ret_kind,
                                       const void **ret_body);
/* Of a filing the report that it filed, else the target itself. */
TS_MUST_USE ts_err_t ts_reporting_sealed(ts_job_t *job, ts_standing_t *ret_sealed);
/* Its figures as they were kept, into self->kept and self->text. */
TS_MUST_USE ts_err_t ts_reporting_load_kept(ts_job_t *job);
/* Every file of a filing (of a sealed report none). */
typedef ts_err_t (*ts_reporting_file_fn)(ts_job_t *job, const char *name, const ts_hash_t *hash);
TS_MUST_USE ts_err_t ts_reporting_each_file(ts_job_t *job, ts_reporting_file_fn use);

#endif
