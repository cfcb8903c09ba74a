/* SPDX-License-Identifier: MPL-2.0 */
/* report_late: tells subscribers which reports are overdue. The reporter asks every hour; each is
 * told once. */
#include "base/xalloc.h"
#include "crypto/hash.h"
#include "node/cmd.h"
#include "node/report_job.h"
#include "store/ledger_write.h"

/* No event stands behind a late report: duty and period are its name, so that it is told once. */
static uint64_t
name_late(const ts_due_t *due)
{
    ts_buf_t bytes = {0};
    ts_buf_put_u64(&bytes, due->duty->id);
    ts_buf_put_u64(&bytes, due->period->id);
    ts_hash_t hash = ts_hash_of(bytes.data, bytes.length);
    ts_buf_free(&bytes);
    return ts_hash_prefix(&hash);
}

/* Tells subscribers, once each, which reports are overdue now. */
static ts_err_t
tell_late(ts_node_t *node, const ts_report_duty_t *row)
{
    const ts_due_t *due = &row->due;
    const ts_body_t *body = due->from;
    const ts_feed_row_t feed = {.kind = "report.late",
                                .change = "added",
                                .record = due->duty->id,
                                .unit = body == NULL ? 0 : body->unit,
                                .plan = due->duty->plan,
                                .period = due->period->id,
                                .body = body == NULL ? 0 : body->id,
                                .day = due->due_on,
                                .unit_of_measure = "",
                                .text = "",
                                .time_s = (uint64_t)(node->wall.ms / 1000),
                                .event = name_late(due)};
    return ts_ledger_feed_add(node->ledger, &feed);
}

ts_err_t
ts_run_report_late(ts_job_t *job)
{
    ts_err_t err = ts_reporting_ask(job, false);
    if (err != TS_ERR_OK) {
        return err;
    }
    const ts_calendar_query_t query = {.plan = ts_reporting(job)->question.plan};
    ts_report_duty_t *rows = NULL;
    size_t count = 0;
    err = ts_report_duties_of(job->node, &query, job->node->wall, &rows, &count);
    if (err == TS_ERR_OK) {
        err = ts_ledger_begin(job->node->ledger);
    }
    for (size_t i = 0; err == TS_ERR_OK && i < count; i++) {
        if (rows[i].class == TS_TIMELINESS_OVERDUE) {
            err = tell_late(job->node, &rows[i]);
        }
    }
    if (err == TS_ERR_OK) {
        err = ts_ledger_commit(job->node->ledger);
    }
    ts_xfree(rows);
    return err;
}
