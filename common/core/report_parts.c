/* SPDX-License-Identifier: MPL-2.0 */
/* What stands around the figures: head, who reported, corrections, findings, names. */
#include "core/report_p.h"
#include "tiepsuc/v1/event.pb-c.h"

#include <string.h>

static void
put_day(ts_computing_t *self, ts_at_t at, int32_t day)
{
    char text[TS_DATE_BYTES];
    ts_date_format_iso((ts_date_t){day}, text, sizeof text);
    ts_put_text(self, at, day == 0 ? "" : text);
}

static void
put_moment(ts_computing_t *self, ts_at_t at, ts_utc_t moment)
{
    char text[TS_UTC_BYTES];
    ts_utc_format_vietnam(moment, text, sizeof text);
    ts_put_text(self, at, text);
}

/* ---- head */

static const char *
unit_name(const ts_computing_t *self, ts_record_id_t unit)
{
    const ts_unit_t *row = ts_catalog_unit(self->catalog, unit);
    return row == NULL ? "" : row->name;
}

static const char *
body_name(const ts_computing_t *self, ts_record_id_t body)
{
    const ts_body_t *row = ts_catalog_body(self->catalog, body);
    return row == NULL ? "" : row->name;
}

static const char *
scope_name(ts_report_scope_t scope)
{
    static const char *const names[] = {
        [TS_REPORT_LEDGER] = "ledger", [TS_REPORT_UNITS] = "units", [TS_REPORT_FUNDS] = "funds"};
    return names[scope];
}

static void
head_text(ts_computing_t *self, const char *measure, const char *text)
{
    ts_put_text(self, (ts_at_t){.section = "head", .measure = measure}, text);
}

static void
head_number(ts_computing_t *self, const char *measure, int64_t number)
{
    ts_put_number(self, (ts_at_t){.section = "head", .measure = measure}, number);
}

static void
head_day(ts_computing_t *self, const char *measure, int32_t day)
{
    put_day(self, (ts_at_t){.section = "head", .measure = measure}, day);
}

void
ts_report_head_figures(ts_computing_t *self)
{
    const ts_report_input_t *in = self->in;
    const ts_body_t *body = ts_catalog_body(self->catalog, in->body);
    const ts_body_t *lead = ts_catalog_body(self->catalog, self->plan->lead_body);
    const ts_body_t *whose = body != NULL ? body : lead;
    head_number(self, "form", TS_REPORT_FORM);
    head_number(self, "rules", in->rules);
    head_text(self, "plan", self->plan->code);
    head_text(self, "plan_title", self->plan->title);
    head_text(self, "period", self->period->code);
    head_text(self, "kind",
              self->period->kind == (int)TIEPSUC__V1__PERIOD_KIND__PERIOD_KIND_HALF_YEAR
                  ? "half_year"
                  : "year");
    head_number(self, "year", self->period->year);
    head_text(self, "scope", scope_name(in->scope));
    head_text(self, "body", body == NULL ? "" : body->code);
    head_text(self, "body_name", whose == NULL ? "" : whose->name);
    head_text(self, "above_name", whose == NULL ? "" : body_name(self, whose->parent));
    head_text(self, "unit_name", unit_name(self, in->unit != 0 ? in->unit : self->plan->unit));
    head_text(self, "province_name", unit_name(self, self->plan->unit));
    head_day(self, "from", self->period->used_from);
    head_day(self, "to", self->period->used_to);
    head_text(self, "window",
              self->period->used_from == 0 ? "unknown"
              : self->period->proposed     ? "proposed"
                                           : "plan");
    head_day(self, "as_of", in->as_of);
    head_day(self, "boundary", in->boundary);
    bool listed = false;
    (void)ts_catalog_in_scope(self->catalog, in->plan, 0, &listed);
    head_text(self, "units_listed", listed ? "plan" : "none");
    if (listed && in->listed_source != NULL) {
        head_number(self, "units_listed_count", (int64_t)in->listed_count);
        head_text(self, "units_listed_source", in->listed_source);
    }
    head_number(self, "nil_confirmed", in->nil_confirmed ? 1 : 0);
    head_number(self, "made_up", in->made_up ? 1 : 0);
}

/* ---- who reported */

static void
put_duty(ts_computing_t *self, const ts_report_duty_t *row, const char *code, size_t place)
{
    const ts_due_t *due = &row->due;
    char body[TS_REPORT_CODE_BYTES];
    ts_at_t at = {.section = "duties", .of = code};
    at.measure = "place";
    ts_put_number(self, at, (int64_t)place);
    at.measure = "from";
    ts_put_text(self, at, ts_code_body(self, due->from, body));
    at.measure = "to";
    ts_put_text(self, at, ts_code_body(self, due->to, body));
    at.measure = "relation";
    ts_put_text(self, at, due->obliged ? "bao_cao" : "phoi_hop");
    at.measure = "due";
    put_day(self, at, due->due_on);
    at.measure = "rolled";
    put_day(self, at, due->rolls ? due->rolled_on : 0);
    at.measure = "class";
    ts_put_text(self, at, ts_timeliness_name(row->class));
    at.measure = "sealed";
    put_moment(self, at, row->facts.sealed ? row->facts.claimed : (ts_utc_t){0});
    at.measure = "held";
    put_moment(self, at, row->facts.held);
    at.measure = "arrived";
    put_moment(self, at, row->facts.arrived);
    at.measure = "editions";
    ts_put_number(self, at, row->facts.editions);
    at.measure = "nil";
    ts_put_number(self, at, row->facts.sealed && row->facts.nil_confirmed ? 1 : 0);
    at.measure = "complete";
    ts_put_number(self, at, row->facts.sealed && row->facts.complete ? 1 : 0);
}

static void
put_indicators(ts_computing_t *self, const ts_indicators_t *sums)
{
    const struct {
        const char *measure;
        int64_t value;
    } counts[] = {{"expected", sums->expected},
                  {"received", sums->received},
                  {"nil_confirmed", sums->nil},
                  {"content_complete", sums->complete},
                  {"on_time", sums->on_time},
                  {"late_link", sums->late_link},
                  {"late", sums->late},
                  {"overdue", sums->overdue},
                  {"waived", sums->waived},
                  {"amended", sums->amended},
                  {"self_declared", sums->self_declared},
                  {"undecided", sums->undecided},
                  {"awaited", sums->awaited},
                  {"invited", sums->invited},
                  {"invited_received", sums->invited_received},
                  {"no_body", sums->no_body}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        ts_put_number(self, (ts_at_t){.section = "duties", .measure = counts[i].measure},
                      counts[i].value);
    }
    const struct {
        const char *measure;
        int32_t rate;
    } rates[] = {{"rate_reporting", ts_indicators_reporting(sums)},
                 {"rate_on_time", ts_indicators_on_time(sums)},
                 {"rate_content", ts_indicators_content(sums)}};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        ts_at_t at = {.section = "duties", .measure = rates[i].measure};
        if (rates[i].rate < 0) {
            ts_put_state(self, at, TS_FIGURE_NOT_APPLICABLE);
        } else {
            ts_put_number(self, at, rates[i].rate);
        }
    }
}

void
ts_report_duties(ts_computing_t *self)
{
    ts_indicators_t sums = {0};
    for (size_t i = 0; i < self->in->duty_count; i++) {
        const ts_report_duty_t *row = &self->in->duties[i];
        ts_indicators_add(&sums, &row->due, &row->facts, row->class);
        char code[TS_REPORT_CODE_BYTES];
        (void)ts_code_of(self, TIEPSUC__V1__KIND__KIND_DUTY, row->due.duty->id, row->due.duty->code,
                         code);
        put_duty(self, row, code, i + 1);
    }
    put_indicators(self, &sums);
}

/* ---- corrections to earlier periods */

typedef struct correcting {
    ts_computing_t *computing;
    const char *period;
} correcting_t;

static void
put_side(const correcting_t *ctx,
         const char *side,
         const ts_figure_t *any,
         const ts_figure_t *value)
{
    ts_buf_t measure = {0};
    ts_buf_put_text(&measure, any->section);
    ts_buf_put_text(&measure, ".");
    ts_buf_put_text(&measure, any->measure);
    ts_buf_put_u8(&measure, '\0');
    ts_buf_t of = {0};
    ts_buf_put_text(&of, ctx->period);
    ts_buf_put_text(&of, side);
    ts_buf_put_text(&of, any->of);
    ts_buf_put_u8(&of, '\0');
    ts_figure_t figure =
        value == NULL ? (ts_figure_t){.state = TS_FIGURE_MISSING, .text = ""} : *value;
    figure.section = "corrections";
    figure.measure = (const char *)measure.data;
    figure.unit = any->unit;
    figure.line = any->line;
    figure.band = any->band;
    figure.sex = any->sex;
    figure.of = (const char *)of.data;
    ts_report_add(ctx->computing->report, &figure);
    ts_buf_free(&measure);
    ts_buf_free(&of);
}

static void
put_correction(void *ctx, const ts_figure_t *then, const ts_figure_t *now)
{
    const ts_figure_t *any = then != NULL ? then : now;
    put_side(ctx, ":then:", any, then);
    put_side(ctx, ":now:", any, now);
}

void
ts_report_corrections(ts_computing_t *self)
{
    for (size_t i = 0; i < self->in->earlier_count; i++) {
        const ts_report_earlier_t *earlier = &self->in->earlier[i];
        correcting_t ctx = {self, ts_report_head(earlier->filed, "period")};
        size_t count = ts_report_compare(earlier->filed, earlier->now, put_correction, &ctx);
        ts_put_number(self,
                      (ts_at_t){.section = "corrections", .measure = "count", .of = ctx.period},
                      (int64_t)count);
    }
}

/* ---- findings */

void
ts_report_finding_figures(ts_computing_t *self)
{
    const ts_report_findings_t *in = &self->in->findings;
    ts_report_completeness_t cells = ts_report_completeness(self->report);
    const struct {
        const char *measure;
        uint64_t count;
    } rows[] = {{"parked", in->parked},
                {"pending", in->pending},
                {"conflicts", in->conflicts},
                {"negative", in->negative},
                {"repeats", in->repeats},
                {"duplicates", in->duplicates},
                {"cells_value", cells.value},
                {"cells_nil", cells.nil},
                {"cells_not_applicable", cells.not_applicable},
                {"cells_missing", cells.missing}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ts_put_number(self, (ts_at_t){.section = "findings", .measure = rows[i].measure},
                      (int64_t)rows[i].count);
    }
}

/* ---- names */

static void
put_name(ts_computing_t *self, const char *what, const char *code, const char *text)
{
    ts_put_text(self, (ts_at_t){.section = "name", .measure = what, .of = code}, text);
}

static void
name_lines(ts_computing_t *self)
{
    size_t position = 0;
    const ts_line_t *line;
    while ((line = ts_catalog_next(self->catalog, TIEPSUC__V1__KIND__KIND_LINE, &position)) !=
           NULL) {
        if (line->plan != self->in->plan) {
            continue;
        }
        char code[TS_REPORT_CODE_BYTES];
        (void)ts_code_line(self, line->id, code);
        put_name(self, "line", code, line->name);
        put_name(self, "line_unit", code,
                 line->unit_name[0] != '\0' ? line->unit_name : line->unit_of_measure);
        ts_put_number(self, (ts_at_t){.section = "name", .measure = "line_order", .of = code},
                      line->order_no);
    }
}

static void
name_bands(ts_computing_t *self)
{
    size_t position = 0;
    const ts_band_t *band;
    while ((band = ts_catalog_next(self->catalog, TIEPSUC__V1__KIND__KIND_BAND, &position)) !=
           NULL) {
        if (band->plan != self->in->plan || strcmp(band->purpose, "report") != 0) {
            continue;
        }
        char code[TS_REPORT_CODE_BYTES];
        (void)ts_code_band(self, band->id, code);
        put_name(self, "band", code, band->name);
        ts_put_number(self, (ts_at_t){.section = "name", .measure = "band_from", .of = code},
                      band->from_month);
    }
}

static void
name_units(ts_computing_t *self)
{
    size_t position = 0;
    const uint64_t *unit;
    while ((unit = ts_map_next(self->units, &position, NULL)) != NULL) {
        char code[TS_REPORT_CODE_BYTES];
        (void)ts_code_unit(self, *unit, code);
        const ts_unit_t *row = ts_catalog_unit(self->catalog, *unit);
        put_name(self, "unit", code, row == NULL ? code : row->name);
        put_name(self, "unit_above", code, row == NULL ? "" : unit_name(self, row->parent));
    }
}

static void
name_bodies(ts_computing_t *self)
{
    ts_map_t *bodies = ts_map_new(sizeof(uint64_t), 0);
    for (size_t i = 0; i < self->in->duty_count; i++) {
        const ts_due_t *due = &self->in->duties[i].due;
        const ts_body_t *const both[] = {due->from, due->to};
        for (size_t b = 0; b < sizeof both / sizeof both[0]; b++) {
            if (both[b] != NULL && ts_map_get(bodies, &both[b]->id) == NULL) {
                char code[TS_REPORT_CODE_BYTES];
                (void)ts_map_put(bodies, &both[b]->id);
                put_name(self, "body", ts_code_body(self, both[b], code), both[b]->name);
            }
        }
    }
    ts_map_destroy(&bodies);
}

static void
name_funds(ts_computing_t *self)
{
    for (size_t i = 0; i < self->in->fund_count; i++) {
        char code[TS_REPORT_CODE_BYTES];
        put_name(self, "fund", ts_code_fund(self, self->in->funds[i].id, code),
                 self->in->funds[i].name);
    }
}

/* After all other figures: what they name is known then. */
void
ts_report_names(ts_computing_t *self)
{
    name_lines(self);
    name_bands(self);
    name_units(self);
    name_bodies(self);
    name_funds(self);
}
