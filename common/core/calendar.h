/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Who owes which report, by when, and how timely a sealed report was. Pure: the present moment
 * comes in. Used by commands, reporter and reports. Not for reminding anybody: that is the
 * reporter's.
 *
 * Rules (Civil Code 2015 art. 147-148):
 *  1 A duty of a plan meets every period of the same plan and the same kind (half-year, year).
 *  2 "Before 30/11" ends with 29/11: the last on-time moment is 29/11 23:59:59 in Viet Nam (UTC+7).
 *    The duty names the plan's own day (30/11); a period's own due date, the last on-time day,
 * holds instead where the plan or a later document sets one. A duty without a day is undated. 3
 * Weekend roll-over is not in the plans: the rolled day stands beside, and is used only when asked.
 *  4 A body that has ended, or does not exist yet, on the due day owes nothing: shown, not counted.
 *  5 Undated duties and invited bodies (phối hợp) are never late and never overdue.
 *  6 A seal's time is an interval: not before the last time of a parent or the root in its chain,
 * not after the first holding that covers it. See ts_timeliness.
 */
#ifndef TS_CORE_CALENDAR_H
#define TS_CORE_CALENDAR_H

#include "base/time.h"
#include "core/catalog.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A writer's clock may differ so much from that of its parent before it is called doubtful. */
#define TS_CLOCK_TOLERANCE_MS (INT64_C(10) * 60 * 1000)
/* 1/1/2015: no office ran before. A clock that says an earlier time was never set. */
#define TS_CLOCK_UNSET_MS (INT64_C(1420070400) * 1000)

/*      name              value  sentence (msgid) — values as TimelinessClass of event.proto */
#define TS_TIMELINESS_LIST(X)                               \
    X(NONE, 0, N_("Not due yet"))                           \
    X(ON_TIME, 1, N_("On time"))                            \
    X(LATE_LINK, 2, N_("On time, late link"))               \
    X(LATE, 3, N_("Late"))                                  \
    X(OVERDUE, 4, N_("Overdue, not sent"))                  \
    X(WAIVED, 5, N_("Waived"))                              \
    X(SELF_DECLARED, 6, N_("Self-declared"))                \
    X(CLOCK_DOUBTFUL, 7, N_("Clock doubtful"))              \
    /* not of the proto: what is never judged */            \
    X(RECEIVED, 100, N_("Received, no date to be late by")) \
    X(AWAITED, 101, N_("Not sent, no date set"))            \
    X(NO_BODY, 102, N_("The body does not exist on that day"))

typedef enum ts_timeliness {
#define TS_TIMELINESS_ENUM(name, value, text) TS_TIMELINESS_##name = (value),
    TS_TIMELINESS_LIST(TS_TIMELINESS_ENUM)
#undef TS_TIMELINESS_ENUM
} ts_timeliness_t;

/* English sentence (msgid) and machine name ("late_link"); "?" for a number that is none. */
const char *ts_timeliness_str(ts_timeliness_t class);
const char *ts_timeliness_name(ts_timeliness_t class);

/* One report that one body owes for one period. Pointers are the catalog's. */
typedef struct ts_due {
    const ts_duty_t *duty;
    const ts_period_t *period;
    const ts_body_t *from; /* NULL: not known */
    const ts_body_t *to;   /* NULL: not known */
    bool obliged;          /* báo cáo; false: invited, phối hợp */
    bool dated;
    bool valid;        /* the sender exists on the due day (undated: on the period's last day) */
    bool rolls;        /* the due day is a Saturday or Sunday */
    int32_t due_on;    /* last on-time day as signed; 0 = undated */
    int32_t rolled_on; /* the next Monday when `rolls`, else due_on */
    ts_utc_t
        last_moment; /* last on-time second, of rolled_on when roll-over is used; 0 = undated */
} ts_due_t;

typedef struct ts_calendar_query {
    ts_record_id_t plan;
    uint32_t year;         /* of the period; 0 = all */
    ts_record_id_t period; /* 0 = all */
    ts_record_id_t body;   /* sender; 0 = all */
    bool roll_over;        /* use the rolled day; the plans do not say so */
} ts_calendar_query_t;

/* Rows in order of due day, obliged first, then the body's code; undated ones last. *ret_rows is
 * the caller's (ts_xfree), NULL when there is none. */
void ts_calendar_due(const ts_catalog_t *catalog,
                     const ts_calendar_query_t *query,
                     ts_due_t **ret_rows,
                     size_t *ret_count);
/* Last on-time day by rule 2; 0 = undated. */
int32_t ts_calendar_due_on(const ts_duty_t *duty, const ts_period_t *period);

/* What is known of a sealed report. Times 0 = not known. */
typedef struct ts_seal_facts {
    bool sealed;
    bool nil_confirmed;
    bool complete;     /* no cell is missing */
    uint32_t editions; /* seals of this body and period; 2 or more: amended */
    ts_utc_t parent;   /* last time of a parent or the root in the chain before the seal */
    ts_utc_t claimed;  /* the writer's clock at the seal */
    ts_utc_t held;     /* first holding that covers it, or a later witness */
    ts_utc_t arrived;  /* first holding of the root that covers it; 0: not there yet */
    bool waived;       /* a named officer waived the duty */
    bool accepted;     /* a named officer accepted the declared time */
} ts_seal_facts_t;

/*
 * The class of a duty at `now`. A time of a holder or a parent that cannot be (the clock was never
 * set, or it lies after now) counts as not known, so that what a wrong clock once wrote heals when
 * the clock is put right. In this order:
 *   the body does not exist then                                           no body
 *   waived                                                                 waived
 *   not sealed: invited or undated → awaited; due passed → overdue         not due yet otherwise
 *   sealed, invited or undated                                             received
 *   the interval ends before it begins (the clock of a holder or parent was wrong)
 *            accepted by an officer                                        self-declared
 *            else                                                          clock doubtful
 *   the interval ends in time: arrived in time (or not judged yet) →       on time
 *                              arrived after due                           on time, late link
 *   the interval begins after due                                          late
 *   between: accepted by an officer                                        self-declared
 *            the writer's clock was never set or lies outside the interval clock doubtful
 *            it says after due                                             late
 *            it says in time                                               self-declared
 * (undecided) Overdue begins after the period's grace day where there is one.
 */
ts_timeliness_t ts_timeliness(const ts_due_t *due, const ts_seal_facts_t *facts, ts_utc_t now);

/* Indicators over what is owed: obliged, dated, by bodies that exist. E = R + W + O + awaited. */
typedef struct ts_indicators {
    uint32_t expected;         /* E */
    uint32_t received;         /* R, without waived ones: these are in W even when they came */
    uint32_t nil;              /* N: received, nil confirmed */
    uint32_t complete;         /* C: received without a missing cell */
    uint32_t on_time;          /* T */
    uint32_t late_link;        /* L */
    uint32_t late;             /* Z */
    uint32_t overdue;          /* O */
    uint32_t waived;           /* W */
    uint32_t amended;          /* A: received in more than one edition */
    uint32_t self_declared;    /* time accepted by an officer */
    uint32_t undecided;        /* self-declared or clock doubtful, nobody has decided */
    uint32_t awaited;          /* neither sent nor due yet */
    uint32_t invited;          /* bodies that were invited or have no date, not in E … */
    uint32_t invited_received; /* … and those of them that sent */
    uint32_t no_body;          /* duties whose body does not exist on the day */
} ts_indicators_t;

void ts_indicators_add(ts_indicators_t *self,
                       const ts_due_t *due,
                       const ts_seal_facts_t *facts,
                       ts_timeliness_t class);

/* Rates in hundredths of a percent, 0..10000; -1: there is nothing to divide by. */
int32_t ts_rate(uint32_t part, uint32_t whole);
int32_t ts_indicators_reporting(const ts_indicators_t *self); /* R / (E - W) */
/* (T + L + accepted self-declared) / (E - W) */
int32_t ts_indicators_on_time(const ts_indicators_t *self);
int32_t ts_indicators_content(const ts_indicators_t *self); /* C / R */

#endif
