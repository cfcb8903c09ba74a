/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Goal: duties, due moments and timeliness are those of the plans. Method: the
 * real plans of Sơn La and Hà Nội as a catalog; tables of cases, each with the source of its rule.
 */
#include "base/xalloc.h"
#include "core/calendar.h"
#include "support/plan_rows.h"
#include "support/test.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <stdio.h>
#include <string.h>

static int32_t
iso(const char *text)
{
    ts_date_t date;
    assert_int_equal(ts_date_parse_iso(text, &date), TS_ERR_OK);
    return date.days;
}

/* "" = unknown. */
static ts_utc_t
at(const char *text)
{
    ts_utc_t moment = {0};
    if (text[0] != '\0') {
        assert_int_equal(ts_utc_parse(text, &moment), TS_ERR_OK);
    }
    return moment;
}

/* ---- who owes what */

typedef struct expected_year {
    const char *plan;
    uint32_t year;
    size_t dated;         /* with a due day, by bodies that exist */
    size_t dated_obliged; /* báo cáo */
    size_t dated_invited; /* phối hợp */
    size_t undated;
    size_t no_body; /* dated, but the body had ended */
    const char *source;
} expected_year_t;

static const expected_year_t years[] = {
    {"son-la-199", 2020, 32, 24, 8, 4, 0, "IV.4-IV.6, IV.9: 4 unions, 12 districts, two dates"},
    {"son-la-199", 2019, 16, 12, 4, 2, 0, "plan signed 13/9/2019: only the yearly report of 2019"},
    {"son-la-199", 2025, 20, 12, 8, 4, 12, "districts end 1/7/2025: no sender on 29/11/2025"},
    {"ha-noi-588", 2020, 38, 37, 1, 2, 0, "V: before 30/11, yearly only; IV.10 is invited"},
    {"ha-noi-588", 2024, 38, 37, 1, 2, 0, "V: the same each year"},
    {"ha-noi-588", 2025, 8, 7, 1, 2, 30, "n22: 30 districts have no sender on 29/11/2025"},
};

static void
test_calendar_years_of_both_plans_owe_what_they_name(void **state)
{
    for (size_t i = 0; i < TS_COUNT(years); i++) {
        const expected_year_t *want = &years[i];
        ts_catalog_t *catalog = ts_catalog_new();
        const ts_calendar_query_t query = {.plan = plan_rows_load(catalog, want->plan),
                                           .year = want->year};
        ts_due_t *rows = NULL;
        size_t count = 0;
        ts_calendar_due(catalog, &query, &rows, &count);
        expected_year_t got = *want;
        got.dated = got.dated_obliged = got.dated_invited = got.undated = got.no_body = 0;
        for (size_t r = 0; r < count; r++) {
            got.undated += rows[r].dated ? 0 : 1;
            got.no_body += rows[r].dated && !rows[r].valid ? 1 : 0;
            got.dated += rows[r].dated && rows[r].valid ? 1 : 0;
            got.dated_obliged += rows[r].dated && rows[r].valid && rows[r].obliged ? 1 : 0;
            got.dated_invited += rows[r].dated && rows[r].valid && !rows[r].obliged ? 1 : 0;
        }
        print_message("%s %u: %zu rows\n", want->plan, want->year, count);
        assert_int_equal(got.dated, want->dated);
        assert_int_equal(got.dated_obliged, want->dated_obliged);
        assert_int_equal(got.dated_invited, want->dated_invited);
        assert_int_equal(got.undated, want->undated);
        assert_int_equal(got.no_body, want->no_body);
        ts_xfree(rows);
        ts_catalog_destroy(&catalog);
    }
}

static void
test_calendar_son_la_2020_has_two_dates_and_each_body_twice(void **state)
{
    ts_catalog_t *catalog = ts_catalog_new();
    const ts_calendar_query_t query = {.plan = plan_rows_load(catalog, "son-la-199"), .year = 2020};
    ts_due_t *rows = NULL;
    size_t count = 0;
    ts_calendar_due(catalog, &query, &rows, &count);
    assert_int_equal(count, 36);
    for (size_t r = 0; r < 32; r++) {
        assert_true(rows[r].dated);
        assert_int_equal(rows[r].due_on, r < 16 ? iso("2020-05-29") : iso("2020-11-29"));
        assert_string_equal(rows[r].to->code, "sl-soldtbxh");
        size_t same = 0;
        for (size_t o = 0; o < 32; o++) {
            same += rows[o].from == rows[r].from ? 1 : 0;
        }
        assert_int_equal(same, 2);
    }
    for (size_t r = 32; r < count; r++) {
        assert_false(rows[r].dated);
        assert_string_equal(rows[r].from->code, "sl-soldtbxh");
    }
    ts_xfree(rows);
    ts_catalog_destroy(&catalog);
}

static void
test_calendar_query_by_period_and_body_gives_one_row(void **state)
{
    ts_catalog_t *catalog = ts_catalog_new();
    ts_record_id_t plan = plan_rows_load(catalog, "son-la-199");
    const ts_calendar_query_t query = {.plan = plan,
                                       .period =
                                           ts_catalog_period_coded(catalog, plan, "2021-half")->id,
                                       .body = ts_catalog_body_coded(catalog, "sl-phunu")->id};
    ts_due_t *rows = NULL;
    size_t count = 0;
    ts_calendar_due(catalog, &query, &rows, &count);
    assert_int_equal(count, 1);
    assert_false(rows[0].obliged);
    assert_int_equal(rows[0].due_on, iso("2021-05-29"));
    ts_xfree(rows);
    ts_catalog_destroy(&catalog);
}

/* ---- due moments */

static const struct {
    uint32_t month;
    uint32_t day;
    uint32_t year;
    const char *period_due; /* set by the period itself; "" = not */
    bool roll;
    const char *due_on; /* "" = undated */
    const char *rolled_on;
    const char *last_moment;
    const char *source;
} moments[] = {
    {11, 30, 2020, "", false, "2020-11-29", "2020-11-30", "2020-11-29T23:59:59+07:00",
     "X-08: before 30/11 ends with 29/11, a Sunday; roll-over off"},
    {11, 30, 2020, "", true, "2020-11-29", "2020-11-30", "2020-11-30T23:59:59+07:00",
     "Civil Code 148: Sunday to the next working day, when asked"},
    {5, 30, 2027, "", true, "2027-05-29", "2027-05-31", "2027-05-31T23:59:59+07:00",
     "29/5/2027 is a Saturday"},
    {11, 30, 2024, "", true, "2024-11-29", "2024-11-29", "2024-11-29T23:59:59+07:00",
     "29/11/2024 is a Friday: nothing rolls"},
    {3, 1, 2024, "", false, "2024-02-29", "2024-02-29", "2024-02-29T23:59:59+07:00",
     "the day before 1/3 of a leap year"},
    {11, 30, 2020, "2020-11-25", false, "2020-11-25", "2020-11-25", "2020-11-25T23:59:59+07:00",
     "the period's own due date is the last on-time day"},
    {0, 0, 2020, "2020-11-29", false, "", "", "", "X-07, X-10: an undated duty stays undated"},
};

static void
test_calendar_due_day_ends_the_day_before_the_named_one(void **state)
{
    for (size_t i = 0; i < TS_COUNT(moments); i++) {
        ts_catalog_t *catalog = ts_catalog_new();
        Tiepsuc__V1__Body body;
        tiepsuc__v1__body__init(&body);
        Tiepsuc__V1__Duty duty;
        tiepsuc__v1__duty__init(&duty);
        Tiepsuc__V1__Period period;
        tiepsuc__v1__period__init(&period);
        duty.from_body_id = 5;
        duty.period_kind = period.period_kind = TIEPSUC__V1__PERIOD_KIND__PERIOD_KIND_YEAR;
        duty.relation = TIEPSUC__V1__RELATION__RELATION_BAO_CAO;
        duty.due_month = moments[i].month;
        duty.due_day = moments[i].day;
        period.year = moments[i].year;
        period.due_on = moments[i].period_due[0] == '\0' ? 0 : iso(moments[i].period_due);
        ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_BODY, 5, 0, &body);
        ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_DUTY, 6, 1, &duty);
        ts_catalog_put(catalog, TIEPSUC__V1__KIND__KIND_PERIOD, 7, 1, &period);
        const ts_calendar_query_t query = {.plan = 1, .roll_over = moments[i].roll};
        ts_due_t *rows = NULL;
        size_t count = 0;
        ts_calendar_due(catalog, &query, &rows, &count);
        print_message("%s\n", moments[i].source);
        assert_int_equal(count, 1);
        bool dated = moments[i].due_on[0] != '\0';
        assert_int_equal(rows[0].dated, dated);
        assert_int_equal(rows[0].due_on, dated ? iso(moments[i].due_on) : 0);
        assert_int_equal(rows[0].rolled_on, dated ? iso(moments[i].rolled_on) : 0);
        assert_int_equal(rows[0].last_moment.ms, at(moments[i].last_moment).ms);
        ts_xfree(rows);
        ts_catalog_destroy(&catalog);
    }
}

/* ---- timeliness */

#define DUE "2020-11-29"

static ts_due_t
due_of(const ts_period_t *period, bool obliged, bool dated, bool valid)
{
    ts_due_t due = {.period = period, .obliged = obliged, .dated = dated, .valid = valid};
    if (dated) {
        due.due_on = iso(DUE);
        due.rolled_on = due.due_on;
        due.last_moment = at("2020-11-29T23:59:59+07:00");
    }
    return due;
}

typedef struct timely {
    const char *parent; /* last parent time before the seal; "" = none known */
    const char *claimed;
    const char *held;
    const char *arrived;
    bool accepted;
    ts_timeliness_t class;
    const char *source;
} timely_t;

static const timely_t sealed_cases[] = {
    {"2020-11-29T23:59:59+07:00", "2020-11-29T23:59:59+07:00", "2020-11-29T23:59:59+07:00",
     "2020-11-29T23:59:59+07:00", false, TS_TIMELINESS_ON_TIME, "X-08: last on-time second"},
    {"2020-11-30T00:00:00+07:00", "2020-11-30T00:00:00+07:00", "2020-11-30T00:00:00+07:00",
     "2020-11-30T00:00:00+07:00", false, TS_TIMELINESS_LATE, "X-08: 30/11 has begun"},
    {"2020-11-29T16:59:59Z", "2020-11-29T16:59:59Z", "2020-11-29T16:59:59Z", "2020-11-29T16:59:59Z",
     false, TS_TIMELINESS_ON_TIME, "UTC+7: the same second said in UTC"},
    {"2020-11-29T17:00:00Z", "2020-11-29T17:00:00Z", "2020-11-29T17:00:00Z", "2020-11-29T17:00:00Z",
     false, TS_TIMELINESS_LATE, "UTC+7: midnight said in UTC"},
    {"2020-11-20T08:00:00+07:00", "2020-11-27T08:00:00+07:00", "2020-11-28T08:00:00+07:00",
     "2020-12-05T08:00:00+07:00", false, TS_TIMELINESS_LATE_LINK,
     "§10: the district held it in time, the province got it later"},
    {"2020-11-20T08:00:00+07:00", "2020-11-27T08:00:00+07:00", "2020-11-28T08:00:00+07:00", "",
     false, TS_TIMELINESS_ON_TIME, "§10: held in time, not at the province yet: not judged late"},
    {"2020-11-20T08:00:00+07:00", "2020-11-27T08:00:00+07:00", "2020-12-05T08:00:00+07:00",
     "2020-12-05T08:00:00+07:00", false, TS_TIMELINESS_SELF_DECLARED,
     "§10: the interval holds both; it says in time; a named officer decides"},
    {"2020-11-20T08:00:00+07:00", "2020-11-27T08:00:00+07:00", "2020-12-05T08:00:00+07:00",
     "2020-12-05T08:00:00+07:00", true, TS_TIMELINESS_SELF_DECLARED, "§10: decided by an officer"},
    {"2020-11-20T08:00:00+07:00", "2020-12-01T08:00:00+07:00", "2020-12-05T08:00:00+07:00",
     "2020-12-05T08:00:00+07:00", false, TS_TIMELINESS_LATE,
     "the writer itself says after the due day"},
    {"2020-11-20T08:00:00+07:00", "1970-01-01T07:00:00+07:00", "2020-12-05T08:00:00+07:00",
     "2020-12-05T08:00:00+07:00", false, TS_TIMELINESS_CLOCK_DOUBTFUL,
     "features §3: a clock of 1970 is doubtful, not late"},
    {"2020-11-20T08:00:00+07:00", "2020-11-19T08:00:00+07:00", "2020-12-05T08:00:00+07:00",
     "2020-12-05T08:00:00+07:00", false, TS_TIMELINESS_CLOCK_DOUBTFUL,
     "it says before what its chain already knew"},
    {"2020-11-20T08:00:00+07:00", "2021-03-01T08:00:00+07:00", "2020-12-05T08:00:00+07:00",
     "2020-12-05T08:00:00+07:00", false, TS_TIMELINESS_CLOCK_DOUBTFUL, "it says after it was held"},
    {"2020-11-20T08:00:00+07:00", "1970-01-01T07:00:00+07:00", "2020-11-28T08:00:00+07:00",
     "2020-11-28T08:00:00+07:00", false, TS_TIMELINESS_ON_TIME,
     "a wrong clock does not matter when the interval decides"},
    {"2020-12-02T08:00:00+07:00", "2020-11-27T08:00:00+07:00", "2020-12-05T08:00:00+07:00",
     "2020-12-05T08:00:00+07:00", true, TS_TIMELINESS_LATE,
     "the chain knew 2/12 before the seal: no officer can accept 27/11"},
    {"", "2020-11-27T08:00:00+07:00", "", "", false, TS_TIMELINESS_SELF_DECLARED,
     "sealed at an office that never met anybody"},
    {"2020-11-20T08:00:00+07:00", "2020-11-20T07:52:00+07:00", "2020-12-05T08:00:00+07:00", "",
     false, TS_TIMELINESS_SELF_DECLARED, "8 minutes behind its parent: within the tolerance"},
    {"", "1970-01-01T07:00:00+07:00", "", "", false, TS_TIMELINESS_CLOCK_DOUBTFUL,
     "never met anybody, clock never set"},
    {"", "2099-01-01T07:00:00+07:00", "", "", false, TS_TIMELINESS_CLOCK_DOUBTFUL,
     "never met anybody, clock of 2099"},
    {"2020-11-20T08:00:00+07:00", "2020-11-27T08:00:00+07:00", "1970-01-02T08:00:00+07:00",
     "1970-01-02T08:00:00+07:00", false, TS_TIMELINESS_SELF_DECLARED,
     "held by a clock that was never set: that it was held says nothing about when"},
    {"2020-11-20T08:00:00+07:00", "2020-11-27T08:00:00+07:00", "2099-01-02T08:00:00+07:00",
     "2099-01-02T08:00:00+07:00", false, TS_TIMELINESS_SELF_DECLARED,
     "held by a clock of 2099: not late for that"},
    {"2099-01-02T08:00:00+07:00", "2020-11-27T08:00:00+07:00", "2020-11-27T08:05:00+07:00",
     "2020-11-27T08:05:00+07:00", false, TS_TIMELINESS_ON_TIME,
     "a parent's clock of 2099 does not count once time is known to be earlier"},
    {"2020-11-20T08:00:00+07:00", "2020-11-20T09:00:00+07:00", "2019-11-28T08:00:00+07:00",
     "2019-11-28T08:00:00+07:00", false, TS_TIMELINESS_CLOCK_DOUBTFUL,
     "held a year before its chain's last time: one of the clocks above was wrong"},
    {"2020-12-20T08:00:00+07:00", "2020-11-20T09:00:00+07:00", "2020-11-28T08:00:00+07:00",
     "2020-11-28T08:00:00+07:00", false, TS_TIMELINESS_CLOCK_DOUBTFUL,
     "the same the other way round: not late for ever"},
    {"2020-12-20T08:00:00+07:00", "2020-11-20T09:00:00+07:00", "2020-11-28T08:00:00+07:00",
     "2020-11-28T08:00:00+07:00", true, TS_TIMELINESS_SELF_DECLARED, "… an officer decides"},
};

static void
test_calendar_seal_times_give_their_class(void **state)
{
    const ts_period_t period = {0};
    const ts_due_t due = due_of(&period, true, true, true);
    for (size_t i = 0; i < TS_COUNT(sealed_cases); i++) {
        const timely_t *row = &sealed_cases[i];
        const ts_seal_facts_t facts = {.sealed = true,
                                       .parent = at(row->parent),
                                       .claimed = at(row->claimed),
                                       .held = at(row->held),
                                       .arrived = at(row->arrived),
                                       .accepted = row->accepted};
        print_message("%s\n", row->source);
        assert_string_equal(
            ts_timeliness_name(ts_timeliness(&due, &facts, at("2021-01-01T00:00:00+07:00"))),
            ts_timeliness_name(row->class));
    }
}

static const struct {
    bool obliged;
    bool dated;
    bool valid;
    bool sealed;
    bool waived;
    const char *grace;
    const char *now;
    ts_timeliness_t class;
    const char *source;
} other_cases[] = {
    {true, true, true, false, false, "", "2020-11-29T23:59:59+07:00", TS_TIMELINESS_NONE,
     "X-08: the last second is not over"},
    {true, true, true, false, false, "", "2020-11-30T00:00:00+07:00", TS_TIMELINESS_OVERDUE,
     "X-08: overdue from 30/11 on"},
    {true, true, true, false, false, "2020-12-05", "2020-12-05T23:59:59+07:00", TS_TIMELINESS_NONE,
     "§10: five dates: overdue begins after the grace day"},
    {true, true, true, false, false, "2020-12-05", "2020-12-06T00:00:00+07:00",
     TS_TIMELINESS_OVERDUE, "§10: after the grace day"},
    {false, true, true, false, false, "", "2021-12-06T00:00:00+07:00", TS_TIMELINESS_AWAITED,
     "§10: an invited body is never overdue"},
    {true, false, true, false, false, "", "2021-12-06T00:00:00+07:00", TS_TIMELINESS_AWAITED,
     "§10: an undated duty is never overdue"},
    {false, true, true, true, false, "", "2021-12-06T00:00:00+07:00", TS_TIMELINESS_RECEIVED,
     "§10: an invited body is never late"},
    {true, false, true, true, false, "", "2021-12-06T00:00:00+07:00", TS_TIMELINESS_RECEIVED,
     "§10: an undated duty is never late"},
    {true, true, true, false, true, "", "2021-12-06T00:00:00+07:00", TS_TIMELINESS_WAIVED,
     "§10: waived"},
    {true, true, false, false, false, "", "2021-12-06T00:00:00+07:00", TS_TIMELINESS_NO_BODY,
     "n22: the body ended before the due day"},
};

static void
test_calendar_seal_that_nobody_holds_yet_is_as_old_as_now(void **state)
{
    /* At the office itself, cut off: nobody is known to hold it. */
    const ts_period_t period = {0};
    const ts_due_t due = due_of(&period, true, true, true);
    const ts_seal_facts_t facts = {.sealed = true, .claimed = at("2020-11-27T08:00:00+07:00")};
    assert_int_equal(ts_timeliness(&due, &facts, at("2020-11-28T08:00:00+07:00")),
                     TS_TIMELINESS_ON_TIME);
    assert_int_equal(ts_timeliness(&due, &facts, at("2020-12-28T08:00:00+07:00")),
                     TS_TIMELINESS_SELF_DECLARED);
}

static void
test_calendar_unsent_invited_and_undated_are_never_late(void **state)
{
    for (size_t i = 0; i < TS_COUNT(other_cases); i++) {
        const ts_period_t period = {
            .grace = other_cases[i].grace[0] == '\0' ? 0 : iso(other_cases[i].grace)};
        const ts_due_t due =
            due_of(&period, other_cases[i].obliged, other_cases[i].dated, other_cases[i].valid);
        /* Sealed long after any date. */
        const ts_seal_facts_t facts = {.sealed = other_cases[i].sealed,
                                       .waived = other_cases[i].waived,
                                       .parent = at("2021-11-01T00:00:00+07:00"),
                                       .claimed = at("2021-11-01T00:00:00+07:00"),
                                       .held = at("2021-11-02T00:00:00+07:00")};
        print_message("%s\n", other_cases[i].source);
        assert_string_equal(ts_timeliness_name(ts_timeliness(&due, &facts, at(other_cases[i].now))),
                            ts_timeliness_name(other_cases[i].class));
    }
}

/* ---- indicators */

static void
count(ts_indicators_t *sums, bool obliged, const ts_seal_facts_t *facts, const char *now)
{
    const ts_period_t period = {0};
    const ts_due_t due = due_of(&period, obliged, true, true);
    ts_indicators_add(sums, &due, facts, ts_timeliness(&due, facts, at(now)));
}

static void
test_calendar_indicators_add_up_and_rates_stay_below_100(void **state)
{
    const char *now = "2020-12-31T00:00:00+07:00";
    const ts_seal_facts_t in_time = {.sealed = true,
                                     .complete = true,
                                     .editions = 2,
                                     .held = at("2020-11-28T00:00:00+07:00"),
                                     .arrived = at("2020-11-28T00:00:00+07:00")};
    const ts_seal_facts_t late_link = {.sealed = true,
                                       .nil_confirmed = true,
                                       .editions = 1,
                                       .held = at("2020-11-28T00:00:00+07:00"),
                                       .arrived = at("2020-12-02T00:00:00+07:00")};
    const ts_seal_facts_t late = {
        .sealed = true, .editions = 1, .parent = at("2020-12-02T00:00:00+07:00")};
    const ts_seal_facts_t waived_but_came = {.sealed = true, .waived = true, .complete = true};
    const ts_seal_facts_t unsent = {0};
    ts_indicators_t sums = {0};
    count(&sums, true, &in_time, now);
    count(&sums, true, &late_link, now);
    count(&sums, true, &late, now);
    count(&sums, true, &waived_but_came, now);
    count(&sums, true, &unsent, now);
    count(&sums, true, &unsent, "2020-11-01T00:00:00+07:00");
    count(&sums, false, &late, now);
    count(&sums, false, &unsent, now);
    assert_int_equal(sums.expected, 6);
    assert_int_equal(sums.received, 3);
    assert_int_equal(sums.nil, 1);
    assert_int_equal(sums.complete, 1);
    assert_int_equal(sums.on_time, 1);
    assert_int_equal(sums.late_link, 1);
    assert_int_equal(sums.late, 1);
    assert_int_equal(sums.overdue, 1);
    assert_int_equal(sums.waived, 1);
    assert_int_equal(sums.awaited, 1);
    assert_int_equal(sums.amended, 1);
    assert_int_equal(sums.invited, 2);
    assert_int_equal(sums.invited_received, 1);
    assert_int_equal(ts_indicators_reporting(&sums), 6000);
    assert_int_equal(ts_indicators_on_time(&sums), 4000);
    assert_int_equal(ts_indicators_content(&sums), 3333);
}

static void
test_calendar_rates_without_anything_to_divide_by_are_none(void **state)
{
    ts_indicators_t none = {0};
    assert_int_equal(ts_indicators_reporting(&none), -1);
    assert_int_equal(ts_indicators_content(&none), -1);
    /* All waived: nothing is owed any more. */
    const ts_seal_facts_t waived = {.waived = true, .sealed = true};
    ts_indicators_t sums = {0};
    count(&sums, true, &waived, "2020-12-31T00:00:00+07:00");
    assert_int_equal(ts_indicators_reporting(&sums), -1);
    assert_int_equal(ts_indicators_on_time(&sums), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar_years_of_both_plans_owe_what_they_name),
        cmocka_unit_test(test_calendar_son_la_2020_has_two_dates_and_each_body_twice),
        cmocka_unit_test(test_calendar_query_by_period_and_body_gives_one_row),
        cmocka_unit_test(test_calendar_due_day_ends_the_day_before_the_named_one),
        cmocka_unit_test(test_calendar_seal_times_give_their_class),
        cmocka_unit_test(test_calendar_seal_that_nobody_holds_yet_is_as_old_as_now),
        cmocka_unit_test(test_calendar_unsent_invited_and_undated_are_never_late),
        cmocka_unit_test(test_calendar_indicators_add_up_and_rates_stay_below_100),
        cmocka_unit_test(test_calendar_rates_without_anything_to_divide_by_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
