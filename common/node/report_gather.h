/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From the ledger to the input of core/report: which rows a report of one period needs, in slices
 * of a few milliseconds. For the report commands only.
 */
#ifndef TS_NODE_REPORT_GATHER_H
#define TS_NODE_REPORT_GATHER_H

#include "core/report.h"
#include "node/node_p.h"

/* What is asked for. */
typedef struct ts_report_question {
    ts_record_id_t plan;
    ts_record_id_t period;
    ts_record_id_t body; /* 0: the whole plan at the province, else this office's own body */
    ts_record_id_t unit; /* only this unit and what lies below it; 0 = the body's territory */
    int32_t as_of;       /* 0 = today */
    int32_t boundary;    /* 0 = the last day of the data, else as_of */
    bool nil_confirmed;
    bool roll_over;
    bool alone; /* without corrections to earlier periods */
} ts_report_question_t;

typedef struct ts_gather ts_gather_t;

/* The fold must be settled, and nothing may be folded before the last step. */
ts_gather_t *ts_gather_new(ts_node_t *node, const ts_report_question_t *question);
void ts_gather_destroy(ts_gather_t **self_p);
/* One slice. *ret_done: the report is there. Errors are those of the ledger. */
TS_MUST_USE ts_err_t ts_gather_step(ts_gather_t *self, bool *ret_done);
/* Borrowed; NULL before it is done. */
const ts_report_t *ts_gather_report(const ts_gather_t *self);
/* What was asked, with all that was left open filled in. */
const ts_report_question_t *ts_gather_question(const ts_gather_t *self);

/* Takes the fold's settled ledger at once: all steps. For short answers and for tests. */
TS_MUST_USE ts_err_t ts_gather_all(ts_gather_t *self);

/* ---- report_facts.c */
/* Duties of a period with what is known of their reports; the caller frees (ts_xfree). */
TS_MUST_USE ts_err_t ts_report_duties_of(ts_node_t *node,
                                         const ts_calendar_query_t *query,
                                         ts_utc_t now,
                                         ts_report_duty_t **ret_rows,
                                         size_t *ret_count);
/* The sealed report of a body and period with the greatest edition: NOTFOUND. */
TS_MUST_USE ts_err_t ts_report_newest(ts_node_t *node,
                                      ts_record_id_t period,
                                      ts_record_id_t body,
                                      ts_standing_t *ret_standing);
/* Its edition; 0: none is sealed. */
TS_MUST_USE ts_err_t ts_report_newest_edition(ts_node_t *node,
                                              ts_record_id_t period,
                                              ts_record_id_t body,
                                              uint32_t *ret_edition);
/* Has the parent sent this sealed report back? */
TS_MUST_USE ts_err_t ts_report_returned(ts_node_t *node, ts_record_id_t report, bool *ret_returned);
/* The newest filing of a body's report of a period: NOTFOUND. */
TS_MUST_USE ts_err_t ts_report_filing_of(ts_node_t *node,
                                         ts_record_id_t period,
                                         ts_record_id_t body,
                                         ts_standing_t *ret_standing,
                                         uint32_t *ret_edition);
/* Figures that a sealed report or a filing kept. NOTFOUND: only their digest is here; HASH: they
 * are not what was sealed; INVALID. */
TS_MUST_USE ts_err_t ts_report_kept(ts_node_t *node,
                                    const ts_standing_t *standing,
                                    ts_buf_t *ret_text,
                                    ts_report_t **ret_report);
/* Number of the province's office; 0 = not known. */
uint32_t ts_report_root_office(const ts_node_t *node);

#endif
