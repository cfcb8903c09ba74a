/* SPDX-License-Identifier: MPL-2.0 */
/* Tables that count no children: cover, who reported, money, budget, targets, corrections,
 * findings. */
#include "base/i18n.h"
#include "base/xalloc.h"
#include "core/report_layout.h"

#include <stdlib.h>
#include <string.h>

/* ---- cover */

static const char *
head(const ts_layout_t *self, const char *measure)
{
    return ts_report_head(self->report, measure);
}

/* Name of the row, what it says, day. */
static void
cover_text(ts_table_t *table, const char *key, const char *title, const char *text)
{
    ts_cell_text(table, key);
    ts_cell_say(table, title);
    ts_cell_text(table, text);
    ts_table_add_nothing(table);
}

static void
cover_say(ts_table_t *table, const char *key, const char *title, const char *id, const char *arg)
{
    ts_msg_t say = {0};
    ts_msg_make(&say, id, arg, NULL);
    ts_cell_text(table, key);
    ts_cell_say(table, title);
    ts_table_add_say(table, &say);
    ts_table_add_nothing(table);
}

static void
cover_day(ts_table_t *table, const char *key, const char *title, const char *iso)
{
    ts_cell_text(table, key);
    ts_cell_say(table, title);
    if (iso[0] == '\0') {
        ts_cell_say(table, N_("not in the plan"));
    } else {
        ts_table_add_nothing(table);
    }
    ts_cell_day(table, iso);
}

static const char *
window_words(const char *window)
{
    if (strcmp(window, "plan") == 0) {
        return N_("dates of the plan");
    }
    return strcmp(window, "proposed") == 0
               ? N_("PROPOSED, not in the plan: the plan sets no first day and no cut-off")
               : N_("not known: neither the plan nor a proposal sets it");
}

static const char *
scope_words(const char *scope)
{
    if (strcmp(scope, "ledger") == 0) {
        return N_("all that this office holds");
    }
    return strcmp(scope, "units") == 0
               ? N_("a part of the province: children counted in two communes count twice")
               : N_("the funds of this body only: no children are told apart by body");
}

static void
cover_number(ts_table_t *table, const char *key, const char *title, int64_t number)
{
    ts_msg_t text = {0};
    ts_msg_arg_number(&text, number);
    cover_text(table, key, title, text.args[0]);
    ts_msg_free(&text);
}

static void
cover_window(const ts_layout_t *self, ts_table_t *table)
{
    ts_msg_t year = {0};
    ts_msg_arg_number(&year,
                      ts_pick_number(self, (ts_pick_t){.section = "head", .measure = "year"}));
    bool half = strcmp(head(self, "kind"), "half_year") == 0;
    cover_say(table, "period", N_("Reporting period"),
              half ? N_("first six months of {1}") : N_("year {1}"), year.args[0]);
    ts_msg_free(&year);
    cover_day(table, "from", N_("Data from"), head(self, "from"));
    cover_day(table, "to", N_("Data to"), head(self, "to"));
    cover_say(table, "window", N_("These dates"), window_words(head(self, "window")), NULL);
}

/* A list that came later names the decision that it comes from. */
static void
cover_listed(const ts_layout_t *self, ts_table_t *table)
{
    static const char title[] = N_("List of eligible communes");
    const char *source = head(self, "units_listed_source");
    if (strcmp(head(self, "units_listed"), "plan") != 0) {
        cover_say(table, "units_listed", title, N_("not in the plan"), NULL);
        return;
    }
    if (source[0] == '\0') {
        cover_say(table, "units_listed", title, N_("as listed in the plan"), NULL);
        return;
    }
    ts_msg_t say = {0};
    ts_msg_set(&say, N_("{1} communes, listed in: {2}"));
    ts_msg_arg_number(&say, ts_pick_number(self, (ts_pick_t){.section = "head",
                                                             .measure = "units_listed_count"}));
    ts_msg_arg(&say, source);
    ts_cell_text(table, "units_listed");
    ts_cell_say(table, title);
    ts_table_add_say(table, &say);
    ts_table_add_nothing(table);
}

void
ts_rows_cover(const ts_layout_t *self, ts_table_t *table)
{
    cover_text(table, "plan", N_("Plan code"), head(self, "plan"));
    cover_text(table, "period_code", N_("Period code"), head(self, "period"));
    cover_text(table, "body", N_("Body code"), head(self, "body"));
    cover_text(table, "plan_title", N_("Plan title"), head(self, "plan_title"));
    cover_text(table, "above_name", N_("Body above"), head(self, "above_name"));
    cover_text(table, "body_name", N_("Reporting body"), head(self, "body_name"));
    cover_text(table, "unit_name", N_("Territory"), head(self, "unit_name"));
    cover_text(table, "province_name", N_("Province"), head(self, "province_name"));
    cover_window(self, table);
    cover_say(table, "scope", N_("The figures cover"), scope_words(head(self, "scope")), NULL);
    cover_listed(self, table);
    cover_day(table, "boundary", N_("Boundaries as of"), head(self, "boundary"));
    cover_day(table, "as_of", N_("Drawn up on"), head(self, "as_of"));
    cover_number(table, "form", N_("Form version"),
                 ts_pick_number(self, (ts_pick_t){.section = "head", .measure = "form"}));
    cover_number(table, "rules", N_("Version of the rules"),
                 ts_pick_number(self, (ts_pick_t){.section = "head", .measure = "rules"}));
    cover_number(
        table, "cells_missing", N_("Cells without figures yet"),
        ts_pick_number(self, (ts_pick_t){.section = "findings", .measure = "cells_missing"}));
    if (ts_pick_number(self, (ts_pick_t){.section = "head", .measure = "made_up"}) != 0) {
        cover_say(table, "made_up", N_("Attention"), N_("MADE-UP DATA: for trying out only"), NULL);
    }
    if (self->check_code != NULL) {
        cover_text(table, "check_code", N_("Check code"), self->check_code);
    }
    cover_say(table, "disclaimer", N_("About the check code"), ts_report_disclaimer(), NULL);
}

/* ---- who reported */

void
ts_rows_completeness(const ts_layout_t *self, ts_table_t *table)
{
    static const struct {
        const char *letter;
        const char *measure;
        const char *title;
        bool share;
    } rows[] = {{"E", "expected", N_("Reports owed by date"), false},
                {"R", "received", N_("Received"), false},
                {"N", "nil_confirmed", N_("Of them: confirmed that nothing occurred"), false},
                {"C", "content_complete", N_("Of them: no cell without figures"), false},
                {"T", "on_time", N_("Sealed and arrived on time"), false},
                {"L", "late_link", N_("Sealed on time, late link"), false},
                {"", "self_declared", N_("Declared time accepted by a named officer"), false},
                {"", "undecided", N_("Time not decided yet"), false},
                {"Z", "late", N_("Late"), false},
                {"O", "overdue", N_("Overdue, not sent"), false},
                {"W", "waived", N_("Waived"), false},
                {"A", "amended", N_("Amended"), false},
                {"", "awaited", N_("Neither due nor sent yet"), false},
                {"", "invited", N_("Invited, or without a date (never late)"), false},
                {"", "invited_received", N_("Of them: received"), false},
                {"", "no_body", N_("The body does not exist on the due day"), false},
                {"", "rate_reporting", N_("Reporting rate R / (E - W)"), true},
                {"", "rate_on_time", N_("On-time rate (T + L) / (E - W)"), true},
                {"", "rate_content", N_("Complete contents C / R"), true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const ts_figure_t *figure =
            ts_pick(self, (ts_pick_t){.section = "duties", .measure = rows[i].measure});
        ts_cell_text(table, rows[i].letter);
        ts_cell_say(table, rows[i].title);
        ts_cell_figure(table, rows[i].share ? NULL : figure);
        ts_cell_figure(table, rows[i].share ? figure : NULL);
    }
}

/* The `of` parts of a section's figures of one measure, in the order of their number. */
static ts_codes_t
listed(const ts_layout_t *self, const char *section, const char *measure, bool by_number)
{
    ts_codes_t list = {0};
    size_t capacity = 0;
    size_t count = ts_report_count(self->report);
    for (size_t i = 0; i < count; i++) {
        const ts_figure_t *figure = ts_report_at(self->report, i);
        if (strcmp(figure->section, section) != 0 || strcmp(figure->measure, measure) != 0) {
            continue;
        }
        list.codes = ts_xgrow(list.codes, list.count + 1, &capacity, sizeof *list.codes);
        size_t at = list.count++;
        while (by_number && at > 0 &&
               ts_pick_number(self, (ts_pick_t){.section = section,
                                                .measure = measure,
                                                .of = list.codes[at - 1]}) > figure->value) {
            list.codes[at] = list.codes[at - 1];
            at--;
        }
        list.codes[at] = figure->of;
    }
    return list;
}

void
ts_rows_duties(const ts_layout_t *self, ts_table_t *table)
{
    ts_codes_t duties = listed(self, "duties", "place", true);
    for (size_t i = 0; i < duties.count; i++) {
        ts_pick_t at = {.section = "duties", .measure = "from", .of = duties.codes[i]};
        ts_table_add_number(table, (int64_t)i + 1);
        const char *from = ts_pick_text(self, at);
        ts_cell_text(table, from);
        ts_cell_text(table, ts_pick_name(self, "body", from));
        at.measure = "to";
        ts_cell_text(table, ts_pick_name(self, "body", ts_pick_text(self, at)));
        at.measure = "relation";
        ts_cell_say(table, ts_word_relation(ts_pick_text(self, at)));
        at.measure = "due";
        const char *due = ts_pick_text(self, at);
        ts_cell_day(table, due);
        at.measure = "rolled";
        ts_cell_day(table, ts_pick_text(self, at));
        at.measure = "class";
        ts_cell_say(table, ts_word_timeliness(ts_pick_text(self, at)));
        at.measure = "sealed";
        ts_cell_moment(table, ts_pick_text(self, at));
        at.measure = "arrived";
        ts_cell_moment(table, ts_pick_text(self, at));
        at.measure = "editions";
        ts_cell_figure(table, ts_pick(self, at));
    }
    ts_codes_free(&duties);
}

/* ---- money */

static void
cells_money(const ts_layout_t *self, ts_table_t *table, const char *section, const char *of)
{
    static const char *const measures[] = {"pledged",     "received", "purchased", "allocated",
                                           "handed",      "returned", "lost",      "redirected",
                                           "beyond_need", "left"};
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++) {
        ts_cell_figure(
            table,
            ts_pick(self, (ts_pick_t){.section = section, .measure = measures[i], .of = of}));
    }
}

void
ts_rows_resources(const ts_layout_t *self, ts_table_t *table)
{
    static const char *const classes[] = {"agency", "organisation",  "enterprise", "individual",
                                          "fund",   "international", "other",      "unknown"};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        ts_pick_t at = {.section = "resources", .measure = "received", .of = classes[i]};
        if (ts_pick(self, at) != NULL) {
            ts_cell_text(table, classes[i]);
            ts_cell_say(table, ts_word_donor_class(classes[i]));
            cells_money(self, table, "resources", classes[i]);
        }
    }
    ts_table_add_nothing(table);
    ts_cell_say(table, N_("Total"));
    cells_money(self, table, "resources", "");
}

void
ts_rows_funds(const ts_layout_t *self, ts_table_t *table)
{
    ts_codes_t funds = listed(self, "funds", "received", false);
    for (size_t i = 0; i < funds.count; i++) {
        ts_cell_text(table, funds.codes[i]);
        if (strcmp(funds.codes[i], "no-fund") == 0) {
            ts_cell_say(table, N_("No fund named"));
        } else {
            ts_cell_text(table, ts_pick_name(self, "fund", funds.codes[i]));
        }
        cells_money(self, table, "funds", funds.codes[i]);
    }
    ts_codes_free(&funds);
}

/* ---- budget */

static const char *
doubt_of(const ts_layout_t *self, const char *code)
{
    static const struct {
        const char *measure;
        const char *say;
    } doubts[] = {
        {"amount_by_price",
         N_("Quantity × price is not the amount: as signed, both readings are shown")},
        {"period_by_years", N_("Amount of the period is not that of a year × budget years")},
        {"sum_of_parts", N_("The parts do not add up to this amount")}};
    for (size_t i = 0; i < sizeof doubts / sizeof doubts[0]; i++) {
        if (ts_pick(self,
                    (ts_pick_t){.section = "budget", .measure = doubts[i].measure, .of = code}) !=
            NULL) {
            return doubts[i].say;
        }
    }
    return NULL;
}

void
ts_rows_budget(const ts_layout_t *self, ts_table_t *table)
{
    static const char *const texts[] = {"order", "content", "unit_name", "quantity_text",
                                        "price_text"};
    static const char *const numbers[] = {
        "year", "period", "amount_by_price", "price_by_amount", "period_by_years", "sum_of_parts"};
    ts_codes_t lines = listed(self, "budget", "place", true);
    for (size_t i = 0; i < lines.count; i++) {
        ts_pick_t at = {.section = "budget", .of = lines.codes[i]};
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) {
            at.measure = texts[t];
            ts_cell_text(table, ts_pick_text(self, at));
        }
        for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++) {
            at.measure = numbers[n];
            ts_cell_figure(table, ts_pick(self, at));
        }
        const char *doubt = doubt_of(self, lines.codes[i]);
        if (doubt == NULL) {
            ts_table_add_nothing(table);
        } else {
            ts_cell_say(table, doubt);
        }
    }
    ts_codes_free(&lines);
}

/* ---- targets */

static void
row_target(const ts_layout_t *self, ts_table_t *table, const char *code, const char *line)
{
    static const char *const measures[] = {"living", "in_need", "supported", "share"};
    ts_pick_t at = {.section = "targets", .line = line, .of = code};
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++) {
        at.measure = measures[i];
        ts_cell_figure(table, ts_pick(self, at));
    }
    at.measure = "cannot";
    const char *reason = ts_pick_text(self, at);
    if (reason[0] == '\0') {
        ts_table_add_nothing(table);
    } else {
        ts_cell_say(table, ts_word_reason(reason));
    }
}

void
ts_rows_targets(const ts_layout_t *self, ts_table_t *table)
{
    ts_codes_t targets = listed(self, "targets", "text", false);
    for (size_t i = 0; i < targets.count; i++) {
        ts_pick_t at = {.section = "targets", .measure = "text", .of = targets.codes[i]};
        const char *text = ts_pick_text(self, at);
        bool first = true;
        for (size_t l = 0; l <= self->lines.count; l++) {
            const char *line = l == 0 ? NULL : self->lines.codes[l - 1];
            at.measure = "living";
            at.line = line;
            if (ts_pick(self, at) == NULL) {
                continue;
            }
            ts_cell_text(table, targets.codes[i]);
            ts_cell_text(table, first ? text : "");
            if (line == NULL) {
                ts_cell_say(table, N_("All contents of the target"));
            } else {
                ts_cell_text(table, ts_pick_name(self, "line", line));
            }
            ts_pick_t percent = {
                .section = "targets", .measure = "percent", .of = targets.codes[i]};
            ts_cell_figure(table, first ? ts_pick(self, percent) : NULL);
            row_target(self, table, targets.codes[i], line);
            first = false;
        }
    }
    ts_codes_free(&targets);
}

/* ---- corrections */

/* "2019-year:then:kbn" → the period's length; *ret_of what stands behind; 0 when it is the other
 * side. */
static size_t
period_of(const char *of, const char **ret_of)
{
    static const char then[] = ":then:";
    const char *mark = strstr(of, then);
    if (mark == NULL) {
        return 0;
    }
    *ret_of = mark + sizeof then - 1;
    return (size_t)(mark - of);
}

static const ts_figure_t *
other_side(const ts_layout_t *self, const ts_figure_t *then, size_t period, const char *of)
{
    ts_buf_t key = {0};
    ts_buf_put(&key, then->of, period);
    ts_buf_put_text(&key, ":now:");
    ts_buf_put_text(&key, of);
    ts_buf_put_u8(&key, '\0');
    ts_figure_t wanted = *then;
    wanted.of = (const char *)key.data;
    const ts_figure_t *found = ts_report_find(self->report, &wanted);
    ts_buf_free(&key);
    return found;
}

static bool
has_number(const ts_figure_t *figure)
{
    return figure != NULL &&
           (figure->state == TS_FIGURE_VALUE || figure->state == TS_FIGURE_AT_MOST);
}

/* Fund, class of donor, target; "" = none. */
static void
cell_of_what(const ts_layout_t *self, ts_table_t *table, const char *measure, const char *of)
{
    if (strncmp(measure, "funds.", 6) != 0) {
        ts_cell_say(table, of[0] == '\0' ? "" : ts_word_donor_class(of));
    } else if (strcmp(of, "no-fund") == 0) {
        ts_cell_say(table, N_("No fund named"));
    } else {
        ts_cell_text(table, ts_pick_name(self, "fund", of));
    }
}

static void
row_correction(const ts_layout_t *self, ts_table_t *table, const ts_figure_t *then)
{
    const char *of = "";
    size_t period = period_of(then->of, &of);
    if (period == 0) {
        return;
    }
    const ts_figure_t *now = other_side(self, then, period, of);
    char *period_code = ts_xstrndup(then->of, period);
    ts_cell_text(table, period_code);
    ts_xfree(period_code);
    char *section = ts_xstrndup(then->measure, strcspn(then->measure, "."));
    ts_cell_say(table, ts_word_section(section));
    ts_xfree(section);
    ts_cell_say(table, ts_word_measure(then->measure));
    ts_cell_text(table, then->unit[0] == '\0' ? "" : ts_pick_name(self, "unit", then->unit));
    ts_cell_text(table, then->line[0] == '\0' ? "" : ts_pick_name(self, "line", then->line));
    ts_cell_text(table, then->band[0] == '\0' ? "" : ts_pick_name(self, "band", then->band));
    ts_cell_say(table, ts_word_sex(then->sex));
    cell_of_what(self, table, then->measure, of);
    ts_cell_figure(table, then);
    ts_cell_figure(table, now);
    if (has_number(then) && has_number(now)) {
        ts_table_add_number(table, now->value - then->value);
    } else {
        ts_table_add_nothing(table);
    }
}

void
ts_rows_corrections(const ts_layout_t *self, ts_table_t *table)
{
    size_t count = ts_report_count(self->report);
    for (size_t i = 0; i < count; i++) {
        const ts_figure_t *figure = ts_report_at(self->report, i);
        if (strcmp(figure->section, "corrections") == 0 && strcmp(figure->measure, "count") != 0) {
            row_correction(self, table, figure);
        }
    }
}

/* ---- findings */

void
ts_rows_findings(const ts_layout_t *self, ts_table_t *table)
{
    static const char *const measures[] = {
        "parked",     "pending",       "conflicts",   "negative",  "repeats",
        "duplicates", "cells_missing", "cells_value", "cells_nil", "cells_not_applicable"};
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++) {
        ts_cell_text(table, measures[i]);
        ts_cell_say(table, ts_word_finding(measures[i]));
        ts_cell_figure(table,
                       ts_pick(self, (ts_pick_t){.section = "findings", .measure = measures[i]}));
    }
}
