/* SPDX-License-Identifier: MPL-2.0 */
#include "core/calendar.h"

#include "base/check.h"
#include "base/i18n.h"
#include "base/xalloc.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <stdlib.h>
#include <string.h>

#define SATURDAY 5
#define LAST_SECOND_MS INT64_C(1000)

_Static_assert((int)TS_TIMELINESS_CLOCK_DOUBTFUL ==
                   (int)TIEPSUC__V1__TIMELINESS_CLASS__TIMELINESS_CLOCK_DOUBTFUL,
               "the numbers are those of the schema");
_Static_assert((int)TS_TIMELINESS_WAIVED == (int)TIEPSUC__V1__TIMELINESS_CLASS__TIMELINESS_WAIVED,
               "the numbers are those of the schema");

const char *
ts_timeliness_str(ts_timeliness_t class)
{
    static const struct {
        ts_timeliness_t class;
        const char *sentence;
    } rows[] = {
#define TS_TIMELINESS_ROW(name, value, text) {TS_TIMELINESS_##name, text},
        TS_TIMELINESS_LIST(TS_TIMELINESS_ROW)
#undef TS_TIMELINESS_ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].class == class) {
            return rows[i].sentence;
        }
    }
    return "?";
}

const char *
ts_timeliness_name(ts_timeliness_t class)
{
    static const struct {
        ts_timeliness_t class;
        const char *name;
    } rows[] = {{TS_TIMELINESS_NONE, "not_due"},
                {TS_TIMELINESS_ON_TIME, "on_time"},
                {TS_TIMELINESS_LATE_LINK, "late_link"},
                {TS_TIMELINESS_LATE, "late"},
                {TS_TIMELINESS_OVERDUE, "overdue"},
                {TS_TIMELINESS_WAIVED, "waived"},
                {TS_TIMELINESS_SELF_DECLARED, "self_declared"},
                {TS_TIMELINESS_CLOCK_DOUBTFUL, "clock_doubtful"},
                {TS_TIMELINESS_RECEIVED, "received"},
                {TS_TIMELINESS_AWAITED, "awaited"},
                {TS_TIMELINESS_NO_BODY, "no_body"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].class == class) {
            return rows[i].name;
        }
    }
    return "?";
}

/* ---- who owes what */

int32_t
ts_calendar_due_on(const ts_duty_t *duty, const ts_period_t *period)
{
    if (duty->due_month == 0 || duty->due_day == 0) {
        return 0;
    }
    if (period->due != 0) {
        return period->due;
    }
    ts_date_t named;
    if (ts_date_from_civil((int)period->year, (int)duty->due_month, (int)duty->due_day, &named) !=
        TS_ERR_OK) {
        return 0;
    }
    return named.days - 1;
}

/* The day on which the sender must exist: the due day, else the last day that is known of the
 * period. */
static int32_t
day_of_owing(const ts_due_t *due)
{
    if (due->dated) {
        return due->due_on;
    }
    if (due->period->due != 0) {
        return due->period->due;
    }
    if (due->period->used_to != 0) {
        return due->period->used_to;
    }
    ts_date_t last = {0};
    ts_err_t err = ts_date_from_civil((int)due->period->year, 12, 31, &last);
    return err == TS_ERR_OK ? last.days : 0;
}

static bool
in_force(const ts_body_t *body, int32_t day)
{
    return body != NULL && (body->from == 0 || body->from <= day) &&
           (body->to == 0 || day < body->to);
}

static ts_due_t
make_due(const ts_catalog_t *catalog,
         const ts_calendar_query_t *query,
         const ts_duty_t *duty,
         const ts_period_t *period)
{
    ts_due_t due = {.duty = duty,
                    .period = period,
                    .from = ts_catalog_body(catalog, duty->from_body),
                    .to = ts_catalog_body(catalog, duty->to_body),
                    .obliged = duty->relation == (int)TIEPSUC__V1__RELATION__RELATION_BAO_CAO};
    due.due_on = ts_calendar_due_on(duty, period);
    due.dated = due.due_on != 0;
    due.valid = in_force(due.from, day_of_owing(&due));
    if (due.dated) {
        int weekday = ts_date_weekday((ts_date_t){due.due_on});
        due.rolls = weekday >= SATURDAY;
        due.rolled_on = due.rolls ? due.due_on + 7 - weekday : due.due_on;
        int32_t last = query->roll_over ? due.rolled_on : due.due_on;
        due.last_moment.ms = ts_vietnam_midnight((ts_date_t){last}).ms + TS_DAY_MS - LAST_SECOND_MS;
    }
    return due;
}

static const char *
body_code(const ts_body_t *body)
{
    return body == NULL ? "" : body->code;
}

static int
compare_due(const void *left, const void *right)
{
    const ts_due_t *a = left;
    const ts_due_t *b = right;
    if (a->dated != b->dated) {
        return a->dated ? -1 : 1;
    }
    if (a->due_on != b->due_on) {
        return a->due_on < b->due_on ? -1 : 1;
    }
    if (a->obliged != b->obliged) {
        return a->obliged ? -1 : 1;
    }
    int order = strcmp(body_code(a->from), body_code(b->from));
    if (order == 0) {
        order = strcmp(body_code(a->to), body_code(b->to));
    }
    if (order == 0) {
        order = strcmp(a->period->code, b->period->code);
    }
    if (order == 0 && a->duty->id != b->duty->id) {
        order = a->duty->id < b->duty->id ? -1 : 1;
    }
    return order;
}

static bool
wanted_period(const ts_calendar_query_t *query, const ts_period_t *period)
{
    return period->plan == query->plan && (query->year == 0 || period->year == query->year) &&
           (query->period == 0 || period->id == query->period);
}

void
ts_calendar_due(const ts_catalog_t *catalog,
                const ts_calendar_query_t *query,
                ts_due_t **ret_rows,
                size_t *ret_count)
{
    ts_due_t *rows = NULL;
    size_t count = 0;
    size_t capacity = 0;
    size_t at_period = 0;
    const ts_period_t *period;
    while ((period = ts_catalog_next(catalog, TIEPSUC__V1__KIND__KIND_PERIOD, &at_period)) !=
           NULL) {
        if (!wanted_period(query, period)) {
            continue;
        }
        size_t at_duty = 0;
        const ts_duty_t *duty;
        while ((duty = ts_catalog_next(catalog, TIEPSUC__V1__KIND__KIND_DUTY, &at_duty)) != NULL) {
            if (duty->plan != query->plan || duty->period_kind != period->kind ||
                (query->body != 0 && duty->from_body != query->body)) {
                continue;
            }
            rows = ts_xgrow(rows, count + 1, &capacity, sizeof *rows);
            rows[count++] = make_due(catalog, query, duty, period);
        }
    }
    if (count > 0) {
        qsort(rows, count, sizeof *rows, compare_due);
    }
    *ret_rows = rows;
    *ret_count = count;
}

/* ---- timeliness */

/* Not sealed. */
static ts_timeliness_t
class_unsent(const ts_due_t *due, ts_utc_t now)
{
    if (!due->dated || !due->obliged) {
        return TS_TIMELINESS_AWAITED;
    }
    int64_t last_ms = due->last_moment.ms;
    if (due->period->grace != 0) {
        int64_t grace_ms =
            ts_vietnam_midnight((ts_date_t){due->period->grace}).ms + TS_DAY_MS - LAST_SECOND_MS;
        last_ms = grace_ms > last_ms ? grace_ms : last_ms;
    }
    return now.ms >= last_ms + LAST_SECOND_MS ? TS_TIMELINESS_OVERDUE : TS_TIMELINESS_NONE;
}

/* 0 when no right clock can have shown it by now. */
static ts_utc_t
possible(ts_utc_t at, ts_utc_t now)
{
    bool is = at.ms >= TS_CLOCK_UNSET_MS && at.ms <= now.ms + TS_CLOCK_TOLERANCE_MS;
    return is ? at : (ts_utc_t){0};
}

/* The writer's clock contradicts what its parents say, or cannot be right. */
static bool
clock_doubtful(const ts_seal_facts_t *facts, int64_t end_ms)
{
    if (facts->claimed.ms < TS_CLOCK_UNSET_MS) {
        return true;
    }
    if (facts->parent.ms != 0 && facts->claimed.ms + TS_CLOCK_TOLERANCE_MS < facts->parent.ms) {
        return true;
    }
    return facts->claimed.ms > end_ms + TS_CLOCK_TOLERANCE_MS;
}

/* Sealed, owed, dated: by the interval in which it was sealed; times that cannot be are 0. */
static ts_timeliness_t
class_sealed(const ts_due_t *due, const ts_seal_facts_t *facts, ts_utc_t now)
{
    /* A moment belongs to the last on-time second until the next one begins. */
    int64_t late_from_ms = due->last_moment.ms + LAST_SECOND_MS;
    /* Who asks has it in hand: not later than now. */
    int64_t end_ms = facts->held.ms != 0 ? facts->held.ms : now.ms;
    if (facts->parent.ms > end_ms + TS_CLOCK_TOLERANCE_MS) {
        return facts->accepted ? TS_TIMELINESS_SELF_DECLARED : TS_TIMELINESS_CLOCK_DOUBTFUL;
    }
    if (end_ms < late_from_ms) {
        return facts->arrived.ms == 0 || facts->arrived.ms < late_from_ms ? TS_TIMELINESS_ON_TIME
                                                                          : TS_TIMELINESS_LATE_LINK;
    }
    if (facts->parent.ms >= late_from_ms) {
        return TS_TIMELINESS_LATE;
    }
    if (facts->accepted) {
        return TS_TIMELINESS_SELF_DECLARED;
    }
    if (clock_doubtful(facts, end_ms)) {
        return TS_TIMELINESS_CLOCK_DOUBTFUL;
    }
    return facts->claimed.ms >= late_from_ms ? TS_TIMELINESS_LATE : TS_TIMELINESS_SELF_DECLARED;
}

ts_timeliness_t
ts_timeliness(const ts_due_t *due, const ts_seal_facts_t *facts, ts_utc_t now)
{
    if (!due->valid) {
        return TS_TIMELINESS_NO_BODY;
    }
    if (facts->waived) {
        return TS_TIMELINESS_WAIVED;
    }
    if (!facts->sealed) {
        return class_unsent(due, now);
    }
    if (!due->dated || !due->obliged) {
        return TS_TIMELINESS_RECEIVED;
    }
    ts_seal_facts_t known = *facts;
    known.parent = possible(facts->parent, now);
    known.held = possible(facts->held, now);
    known.arrived = possible(facts->arrived, now);
    return class_sealed(due, &known, now);
}

/* ---- indicators */

/* Where a class is counted; 0 = nowhere. */
static uint32_t *
counter_of(ts_indicators_t *self, ts_timeliness_t class, bool accepted)
{
    const struct {
        ts_timeliness_t class;
        uint32_t *counter;
    } rows[] = {{TS_TIMELINESS_ON_TIME, &self->on_time},
                {TS_TIMELINESS_LATE_LINK, &self->late_link},
                {TS_TIMELINESS_LATE, &self->late},
                {TS_TIMELINESS_OVERDUE, &self->overdue},
                {TS_TIMELINESS_WAIVED, &self->waived},
                {TS_TIMELINESS_SELF_DECLARED, accepted ? &self->self_declared : &self->undecided},
                {TS_TIMELINESS_CLOCK_DOUBTFUL, &self->undecided},
                {TS_TIMELINESS_NONE, &self->awaited}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].class == class) {
            return rows[i].counter;
        }
    }
    return NULL;
}

void
ts_indicators_add(ts_indicators_t *self,
                  const ts_due_t *due,
                  const ts_seal_facts_t *facts,
                  ts_timeliness_t class)
{
    if (class == TS_TIMELINESS_NO_BODY) {
        self->no_body++;
        return;
    }
    if (!due->obliged || !due->dated) {
        self->invited++;
        self->invited_received += facts->sealed && !facts->waived ? 1 : 0;
        return;
    }
    self->expected++;
    uint32_t *counter = counter_of(self, class, facts->accepted);
    TS_CHECK(counter != NULL);
    (*counter)++;
    if (facts->sealed && !facts->waived) {
        self->received++;
        self->nil += facts->nil_confirmed ? 1 : 0;
        self->complete += facts->complete ? 1 : 0;
        self->amended += facts->editions > 1 ? 1 : 0;
    }
    TS_CHECK(self->expected == self->received + self->waived + self->overdue + self->awaited);
}

int32_t
ts_rate(uint32_t part, uint32_t whole)
{
    if (whole == 0) {
        return -1;
    }
    TS_CHECK(part <= whole);
    return (int32_t)((uint64_t)part * 10000u / whole);
}

int32_t
ts_indicators_reporting(const ts_indicators_t *self)
{
    return ts_rate(self->received, self->expected - self->waived);
}

int32_t
ts_indicators_on_time(const ts_indicators_t *self)
{
    return ts_rate(self->on_time + self->late_link + self->self_declared,
                   self->expected - self->waived);
}

int32_t
ts_indicators_content(const ts_indicators_t *self)
{
    return ts_rate(self->complete, self->received);
}
