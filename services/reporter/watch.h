/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The daemon: looks at the calendar of every plan at each start and then every hour, writes a log
 * line for each report that is due soon or overdue, and lets the process that owns the ledger tell
 * subscribers which are late. Remembers only in memory: after a restart a line may come once more.
 *
 *   report_due_soon plan=… period=… body=… due=2020-11-29 days_left=7
 *   report_overdue plan=… period=… body=… due=2020-11-29 days=3
 *   report_calendar_failed say="…"
 */
#ifndef TS_SERVICES_REPORTER_WATCH_H
#define TS_SERVICES_REPORTER_WATCH_H

#include "conf/conf.h"
#include "net/loop.h"
#include "reporter/asker.h"

#define TS_WATCH_MS (INT64_C(3600) * 1000)
/* After a failure, or while no plan is loaded. */
#define TS_WATCH_RETRY_MS (INT64_C(60) * 1000)

typedef struct ts_watch ts_watch_t;

/* Borrows all. */
ts_watch_t *ts_watch_new(ts_loop_t *loop, ts_asker_t *asker, const ts_conf_days_t *reminders_days);
void ts_watch_destroy(ts_watch_t **self_p);
/* One look; false when it failed (said in the log) or no plan is loaded yet. */
bool ts_watch_look(ts_watch_t *self);
/* Looks now and sets the timer. */
void ts_watch_start(ts_watch_t *self);

/* The reminder that is due with so many days left: the smallest of the falling list that is not
 * below it; -1 when there is none yet. */
int ts_watch_reminder(const ts_conf_days_t *reminders_days, int64_t days_left);

#endif
